// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets beyond preview1, by system calls: WasmEdge's interface and kernel-wasm's
 *
 * As wasi-kernel/sock_edge.c and sock_net.c, whose head comments say what is what. Rules,
 * addresses and names are the same files as in kwasm_wasi.ko. Handlers come first,
 * then the exported functions, in the order of kwasm_sock_calls.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "net_rules.h"
#include "resolve.h"
#include "sock_addr.h"
#include "user_wasi.h"

#define RULES_MAX	1024u
#define EVENTS_MAX	65536u
#define LISTEN_BACKLOG	4096

/* ---- rules, and what an instance begins with ---- */

static int rule_error(const char *what, const char *text, int err)
{
	kwasm_err("%s: '%s': %s\n", what, text, strerror(-err));
	return err;
}

static int parse_rules(struct wasi *w, const struct kwasm_strings *net)
{
	const char *text;
	u32 i = 0;

	if (!net->nr || (net->nr == 1 && !strcmp(net->data, "none")))
		return 0;
	if (net->nr > RULES_MAX)
		return -E2BIG;
	w->net_rules = calloc(net->nr, sizeof(*w->net_rules));
	if (!w->net_rules)
		return -ENOMEM;
	kwasm_for_each_string(text, net)
		if (wasi_net_rule_parse(text, &w->net_rules[i++]))
			return rule_error("net", text, -EINVAL);
	w->nr_net_rules = net->nr;
	return 0;
}

static int preopen_socket(struct wasi *w, const char *text)
{
	struct wasi_rights_pair rights;
	struct sockaddr_storage ss;
	struct wasi_net_addr addr;
	bool ipv6;
	int host, len, on = 1, err;
	u32 fd;

	err = wasi_net_addr_parse(text, &addr, &ipv6);
	if (err)
		return err;
	len = wasi_sockaddr_of(&ss, &addr, ipv6);
	host = socket(ss.ss_family, SOCK_CLOEXEC |
		      (addr.proto == WASI_NET_UDP ? SOCK_DGRAM : SOCK_STREAM), 0);
	if (host < 0)
		return -errno;
	if (addr.proto == WASI_NET_TCP)
		setsockopt(host, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(host, (struct sockaddr *)&ss, len) ||
	    (addr.proto != WASI_NET_UDP && listen(host, LISTEN_BACKLOG))) {
		err = -errno;
		close(host);
		return err;
	}
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, rights.base, rights.inheriting, &fd);
	if (!err)
		w->fds[fd].preopen_socket = true;
	return err;
}

int wasi_net_start(struct wasi *w, const struct kwasm_strings *net, const struct kwasm_strings *listen)
{
	int err = parse_rules(w, net);
	const char *text;

	if (err)
		return err;
	kwasm_for_each_string(text, listen) {
		err = preopen_socket(w, text);
		if (err)
			return rule_error("listen", text, err);
	}
	return 0;
}

static int permit(struct wasi *w, int use, int host, const struct sockaddr_storage *ss, int len)
{
	struct wasi_net_addr addr;
	socklen_t size = sizeof(int);
	int family, type, err;
	u8 proto;

	if (getsockopt(host, SOL_SOCKET, SO_DOMAIN, &family, &size) ||
	    getsockopt(host, SOL_SOCKET, SO_TYPE, &type, &size))
		return -errno;
	proto = family == AF_UNIX ? WASI_NET_UNIX : type == SOCK_STREAM ? WASI_NET_TCP : WASI_NET_UDP;
	err = wasi_net_addr_of(&addr, proto, ss, len);
	if (err)
		return err;
	return wasi_net_allows(w->net_rules, w->nr_net_rules, use, &addr) ? 0 : -WASI_ENOTCAPABLE;
}

/* ---- what both interfaces do ---- */

static int open_socket(struct wasi *w, int family, int type, int protocol, u32 *fd)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), host;
	struct wasi_rights_pair rights;
	u8 proto;

	switch (family) {
	case AF_INET:
	case AF_INET6:
		if (kind == SOCK_STREAM && (!protocol || protocol == IPPROTO_TCP))
			proto = WASI_NET_TCP;
		else if (kind == SOCK_DGRAM && (!protocol || protocol == IPPROTO_UDP))
			proto = WASI_NET_UDP;
		else
			return -EPROTONOSUPPORT;
		break;
	case AF_UNIX:
		if (protocol || (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET))
			return -EPROTONOSUPPORT;
		proto = WASI_NET_UNIX;
		break;
	default:
		return -EAFNOSUPPORT;
	}
	if (!wasi_net_allows_any(w->net_rules, w->nr_net_rules, proto))
		return -WASI_ENOTCAPABLE;
	host = socket(family, type | SOCK_CLOEXEC, protocol);
	if (host < 0)
		return -errno;
	rights = wasi_host_rights(host);
	return wasi_fd_install(w, host, rights.base, rights.inheriting, fd);
}

static int bind_socket(struct wasi *w, u32 fd, const struct sockaddr_storage *ss, int len)
{
	struct wasi_fd *entry;
	int err = wasi_sock_find(w, fd, 0, &entry);

	if (!err)
		err = permit(w, WASI_NET_IN, entry->host, ss, len);
	if (err)
		return err;
	return bind(entry->host, (const struct sockaddr *)ss, len) ? -errno : 0;
}

static int listen_socket(struct wasi *w, u32 fd, u32 backlog)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct wasi_fd *entry;
	int err = wasi_sock_find(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &entry);

	if (err)
		return err;
	if (getsockname(entry->host, (struct sockaddr *)&ss, &len))
		return -errno;
	err = permit(w, WASI_NET_IN, entry->host, &ss, len);
	if (err)
		return err;
	return listen(entry->host, backlog > INT_MAX ? INT_MAX : (int)backlog) ? -errno : 0;
}

static int connect_socket(struct wasi *w, u32 fd, const struct sockaddr_storage *ss, int len)
{
	struct wasi_fd *entry;
	int err = wasi_sock_find(w, fd, 0, &entry);

	if (!err && len < (int)sizeof(ss->ss_family))
		err = -EINVAL;
	if (!err && ss->ss_family != AF_UNSPEC)
		err = permit(w, WASI_NET_OUT, entry->host, ss, len);
	if (err)
		return err;
	return connect(entry->host, (const struct sockaddr *)ss, len) ? -errno : 0;
}

/* ---- WasmEdge ---- */

static void *address_bytes(void *ctx, u32 addr, u32 *len, int *err)
{
	struct edge_address *from = wasi_result(ctx, addr, struct edge_address), a;
	void *bytes = NULL;

	*err = -EFAULT;
	if (!from)
		return NULL;
	memcpy(&a, from, sizeof(a));
	bytes = kwasm_guest_ptr(ctx, a.buf, a.len);
	if (!bytes)
		return NULL;
	*err = a.len == 4 || a.len == 16 || a.len == EDGE_STORAGE_SIZE ? 0 : -EINVAL;
	*len = a.len;
	return *err ? NULL : bytes;
}

static int get_address(void *ctx, u32 addr, u32 port, struct sockaddr_storage *ss)
{
	u32 len;
	int err;
	void *bytes = address_bytes(ctx, addr, &len, &err);

	return err ? err : edge_sockaddr_of(ss, bytes, len, port);
}

static int sock_open(struct wasi *w, void *ctx, u32 family, u32 type, u32 opened)
{
	static const int families[] = {
		[EDGE_FAMILY_INET4] = AF_INET, [EDGE_FAMILY_INET6] = AF_INET6,
		[EDGE_FAMILY_UNIX] = AF_UNIX,
	};
	static const int types[] = {
		[EDGE_TYPE_DGRAM] = SOCK_DGRAM, [EDGE_TYPE_STREAM] = SOCK_STREAM,
	};
	u32 *out = wasi_result(ctx, opened, u32), fd;
	int err;

	if (!out)
		return -EFAULT;
	if (family >= ARRAY_SIZE(families) || !families[family] ||
	    type >= ARRAY_SIZE(types) || !types[type])
		return -EINVAL;
	err = open_socket(w, families[family], types[type], 0, &fd);
	if (!err)
		wasi_put(out, fd);
	return err;
}

static int sock_bind(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 port)
{
	struct sockaddr_storage ss;
	int len = get_address(ctx, addr, port, &ss);

	return len < 0 ? len : bind_socket(w, fd, &ss, len);
}

static int sock_connect(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 port)
{
	struct sockaddr_storage ss;
	int len = get_address(ctx, addr, port, &ss);

	return len < 0 ? len : connect_socket(w, fd, &ss, len);
}

/* @port_out: NULL in version 1 */
static int sock_recv_from(struct wasi *w, void *ctx, const union kwasm_value *v, u32 *port_out,
			  u32 received, u32 roflags)
{
	u32 *nr_out = wasi_result(ctx, received, u32), flags = v[4].i32, len;
	u16 *flags_out = wasi_result(ctx, roflags, u16);
	struct sockaddr_storage ss = { 0 };
	struct iovec iovs[WASI_IOVS_MAX];
	struct msghdr msg = {
		.msg_name = &ss, .msg_namelen = sizeof(ss), .msg_iov = iovs, .msg_iovlen = v[2].i32,
	};
	struct edge_seen seen;
	struct wasi_fd *entry;
	ssize_t n;
	void *to;
	int err;

	if (!nr_out || !flags_out)
		return -EFAULT;
	to = address_bytes(ctx, v[3].i32, &len, &err);
	if (!err && flags & ~(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL))
		err = -EINVAL;
	if (!err)
		err = wasi_sock_find(w, v[0].i32, WASI_RIGHTS_FD_READ, &entry);
	if (!err)
		err = wasi_get_iovs(ctx, v[1].i32, v[2].i32, iovs);
	if (err)
		return err;
	n = recvmsg(entry->host, &msg, (flags & WASI_RIFLAGS_PEEK ? MSG_PEEK : 0) |
		    (flags & WASI_RIFLAGS_WAITALL ? MSG_WAITALL : 0));
	if (n < 0)
		return -errno;
	edge_see(&seen, &ss, msg.msg_namelen);
	if (!edge_put(to, len, &seen) && port_out)
		wasi_put(port_out, seen.port);
	wasi_put(nr_out, (u32)n);
	wasi_put(flags_out, (u16)(msg.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_TRUNCATED : 0));
	return 0;
}

static int sock_send_to(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	u32 *out = wasi_result(ctx, v[6].i32, u32);
	struct iovec iovs[WASI_IOVS_MAX];
	struct sockaddr_storage ss;
	struct msghdr msg = { .msg_name = &ss, .msg_iov = iovs, .msg_iovlen = v[2].i32 };
	struct wasi_fd *entry;
	ssize_t n;
	int err, len;

	if (!out)
		return -EFAULT;
	if (v[5].i32)
		return -EINVAL;
	err = wasi_sock_find(w, v[0].i32, WASI_RIGHTS_FD_WRITE, &entry);
	if (err)
		return err;
	len = get_address(ctx, v[3].i32, v[4].i32, &ss);
	if (len < 0)
		return len;
	msg.msg_namelen = len;
	err = permit(w, WASI_NET_OUT, entry->host, &ss, len);
	if (!err)
		err = wasi_get_iovs(ctx, v[1].i32, v[2].i32, iovs);
	if (err)
		return err;
	n = sendmsg(entry->host, &msg, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	wasi_put(out, (u32)n);
	return 0;
}

typedef int name_getter(int, struct sockaddr *, socklen_t *);

/* @type_out: NULL in version 2 */
static int get_name(struct wasi *w, void *ctx, u32 fd, name_getter *getter, u32 addr, u32 *type_out,
		    u32 port)
{
	u32 *port_out = wasi_result(ctx, port, u32), len;
	struct sockaddr_storage ss = { 0 };
	socklen_t size = sizeof(ss);
	struct edge_seen seen;
	struct wasi_fd *entry;
	void *to;
	int err;

	if (!port_out)
		return -EFAULT;
	to = address_bytes(ctx, addr, &len, &err);
	if (!err)
		err = wasi_sock_find(w, fd, 0, &entry);
	if (err)
		return err;
	if (getter(entry->host, (struct sockaddr *)&ss, &size))
		return -errno;
	edge_see(&seen, &ss, size);
	if (type_out && seen.storage.family == EDGE_FAMILY_UNIX)
		return -EAFNOSUPPORT;
	err = edge_put(to, len, &seen);
	if (err)
		return err;
	if (type_out)
		wasi_put(type_out, seen.storage.family == EDGE_FAMILY_INET4 ? EDGE_TYPE_V1_INET4 :
									      EDGE_TYPE_V1_INET6);
	wasi_put(port_out, seen.port);
	return 0;
}

static int get_name_v1(struct wasi *w, void *ctx, u32 fd, name_getter *getter, u32 addr, u32 type,
		       u32 port)
{
	u32 *type_out = wasi_result(ctx, type, u32);

	return type_out ? get_name(w, ctx, fd, getter, addr, type_out, port) : -EFAULT;
}

static const int options[] = {
	[EDGE_SO_REUSEADDR] = SO_REUSEADDR, [EDGE_SO_TYPE] = SO_TYPE, [EDGE_SO_ERROR] = SO_ERROR,
	[EDGE_SO_DONTROUTE] = SO_DONTROUTE, [EDGE_SO_BROADCAST] = SO_BROADCAST,
	[EDGE_SO_SNDBUF] = SO_SNDBUF, [EDGE_SO_RCVBUF] = SO_RCVBUF,
	[EDGE_SO_KEEPALIVE] = SO_KEEPALIVE, [EDGE_SO_OOBINLINE] = SO_OOBINLINE,
	[EDGE_SO_LINGER] = SO_LINGER, [EDGE_SO_RCVLOWAT] = SO_RCVLOWAT,
	[EDGE_SO_RCVTIMEO] = SO_RCVTIMEO, [EDGE_SO_SNDTIMEO] = SO_SNDTIMEO,
	[EDGE_SO_ACCEPTCONN] = SO_ACCEPTCONN, [EDGE_SO_BINDTODEVICE] = SO_BINDTODEVICE,
};

union option {
	s32 number;
	struct edge_linger linger;
	struct edge_timeval time;	/* as x86-64's struct timeval */
	char name[IFNAMSIZ];
};

static int sock_getsockopt(struct wasi *w, void *ctx, u32 fd, u32 level, u32 option, u32 value, u32 len)
{
	u32 *len_out = wasi_result(ctx, len, u32), room;
	union option v = { 0 };
	socklen_t size = sizeof(v);
	struct wasi_fd *entry;
	void *out;
	int err;

	if (!len_out)
		return -EFAULT;
	memcpy(&room, len_out, sizeof(room));
	out = kwasm_guest_ptr(ctx, value, room);
	if (!out)
		return -EFAULT;
	if (level != EDGE_SOL_SOCKET || option >= ARRAY_SIZE(options))
		return -EINVAL;
	err = wasi_sock_find(w, fd, 0, &entry);
	if (err)
		return err;
	if (getsockopt(entry->host, SOL_SOCKET, options[option], &v, &size))
		return -errno;
	if (option == EDGE_SO_ERROR)
		v.number = wasi_errno(-v.number);
	if (option == EDGE_SO_TYPE)
		v.number = v.number == SOCK_STREAM ? EDGE_TYPE_STREAM :
			   v.number == SOCK_DGRAM ? EDGE_TYPE_DGRAM : EDGE_TYPE_ANY;
	if (option == EDGE_SO_BINDTODEVICE && room < size)
		return -EINVAL;
	size = min_t(u32, size, room);
	memcpy(out, &v, size);
	wasi_put(len_out, (u32)size);
	return 0;
}

static int sock_setsockopt(struct wasi *w, void *ctx, u32 fd, u32 level, u32 option, u32 value, u32 len)
{
	const void *from = kwasm_guest_ptr(ctx, value, len);
	struct wasi_fd *entry;
	int err;

	if (!from)
		return -EFAULT;
	if (level != EDGE_SOL_SOCKET || option >= ARRAY_SIZE(options))
		return -EINVAL;
	err = wasi_sock_find(w, fd, 0, &entry);
	if (err)
		return err;
	return setsockopt(entry->host, SOL_SOCKET, options[option], from, len) ? -errno : 0;
}

/* ---- names to addresses ---- */

int resolve_read(const char *path, char **text)
{
	FILE *file = fopen(path, "re");
	size_t n = 0;

	*text = malloc(RESOLVE_FILE_MAX + 1);
	if (*text && file)
		n = fread(*text, 1, RESOLVE_FILE_MAX, file);
	if (file)
		fclose(file);
	if (!*text)
		return -ENOMEM;
	(*text)[n] = 0;
	return 0;
}

void resolve_free(char *text)
{
	free(text);
}

static int sock_getaddrinfo(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	return resolve(ctx, w->nr_net_rules, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32,
		       v[6].i32, v[7].i32);
}

/* ---- kernel-wasm: Linux's own calls ---- */

static int net_socket(struct wasi *w, u32 family, u32 type, u32 protocol)
{
	u32 fd;
	int err = open_socket(w, family, type, protocol, &fd);

	return err ? err : (int)fd;
}

static int get_sockaddr(void *ctx, u32 addr, u32 len, struct sockaddr_storage *ss)
{
	const void *from;

	if (len > sizeof(*ss))
		return -EINVAL;
	from = kwasm_guest_ptr(ctx, addr, len);
	if (!from)
		return -EFAULT;
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, from, len);
	return 0;
}

static int net_bind(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len)
{
	struct sockaddr_storage ss;
	int err = get_sockaddr(ctx, addr, len, &ss);

	return err ? err : bind_socket(w, fd, &ss, len);
}

/* Where a sockaddr goes; @addr NULL: nowhere */
struct room {
	void *addr;
	u32 *len_out;
	socklen_t len;
};

static int get_room(void *ctx, u32 addr, u32 len, struct room *room)
{
	memset(room, 0, sizeof(*room));
	if (!addr)
		return 0;
	room->len_out = wasi_result(ctx, len, u32);
	if (!room->len_out)
		return -EFAULT;
	memcpy(&room->len, room->len_out, sizeof(room->len));
	if ((s32)room->len < 0)
		return -EINVAL;
	room->addr = kwasm_guest_ptr(ctx, addr, room->len);
	return room->addr ? 0 : -EFAULT;
}

static int net_accept4(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len, u32 flags)
{
	struct wasi_rights_pair rights;
	struct wasi_fd *entry;
	struct room room;
	int err, host;
	u32 new;

	err = get_room(ctx, addr, len, &room);
	if (!err)
		err = wasi_sock_find(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &entry);
	if (err)
		return err;
	host = accept4(entry->host, room.addr, room.addr ? &room.len : NULL, flags | SOCK_CLOEXEC);
	if (host < 0)
		return -errno;
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, rights.base & entry->inheriting,
			      rights.inheriting & entry->inheriting, &new);
	if (err)
		return err;
	if (room.addr)
		wasi_put(room.len_out, (u32)room.len);
	return new;
}

static int net_sendto(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	const void *buf = kwasm_guest_ptr(ctx, v[1].i32, v[2].i32);
	struct sockaddr_storage ss;
	struct wasi_fd *entry;
	ssize_t n;
	int err;

	if (v[3].i32 & ~(MSG_DONTWAIT | MSG_EOR | MSG_MORE | MSG_NOSIGNAL | MSG_OOB | MSG_CONFIRM))
		return -EINVAL;
	if (!buf)
		return -EFAULT;
	err = wasi_sock_find(w, v[0].i32, WASI_RIGHTS_FD_WRITE, &entry);
	if (!err && v[4].i32)
		err = get_sockaddr(ctx, v[4].i32, v[5].i32, &ss);
	if (!err && v[4].i32)
		err = permit(w, WASI_NET_OUT, entry->host, &ss, v[5].i32);
	if (err)
		return err;
	n = sendto(entry->host, buf, v[2].i32, v[3].i32 | MSG_NOSIGNAL,
		   v[4].i32 ? (struct sockaddr *)&ss : NULL, v[4].i32 ? v[5].i32 : 0);
	return n < 0 ? -errno : (int)n;
}

static int net_recvfrom(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	void *buf = kwasm_guest_ptr(ctx, v[1].i32, v[2].i32);
	struct wasi_fd *entry;
	struct room room;
	ssize_t n;
	int err;

	if (v[3].i32 & ~(MSG_DONTWAIT | MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_WAITALL))
		return -EINVAL;
	if (!buf)
		return -EFAULT;
	err = get_room(ctx, v[4].i32, v[5].i32, &room);
	if (!err)
		err = wasi_sock_find(w, v[0].i32, WASI_RIGHTS_FD_READ, &entry);
	if (err)
		return err;
	n = recvfrom(entry->host, buf, v[2].i32, v[3].i32, room.addr, room.addr ? &room.len : NULL);
	if (n < 0)
		return -errno;
	if (room.addr)
		wasi_put(room.len_out, (u32)room.len);
	return n;
}

static int install_host(struct wasi *w, int host)
{
	struct wasi_rights_pair rights;
	u32 fd;
	int err;

	if (host < 0)
		return -errno;
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, rights.base, rights.inheriting, &fd);
	return err ? err : (int)fd;
}

static int net_epoll_ctl(struct wasi *w, void *ctx, u32 epfd, u32 op, u32 fd, u32 event)
{
	struct wasi_fd *ep, *entry;
	struct epoll_event e = { 0 };
	void *from;
	int err;

	err = wasi_fd_find(w, fd, op == EPOLL_CTL_DEL ? 0 : WASI_RIGHTS_POLL_FD_READWRITE, &entry);
	if (!err)
		err = wasi_fd_find(w, epfd, 0, &ep);
	if (err)
		return err;
	if (op != EPOLL_CTL_DEL) {
		/* x86-64's layout is the guest's: 12 bytes, packed */
		from = wasi_result(ctx, event, struct epoll_event);
		if (!from)
			return -EFAULT;
		memcpy(&e, from, sizeof(e));
	}
	return epoll_ctl(ep->host, op, entry->host, &e) ? -errno : 0;
}

static int net_epoll_wait(struct wasi *w, void *ctx, u32 epfd, u32 events, u32 max, s32 timeout_ms)
{
	struct epoll_event *out, *found;
	struct wasi_fd *ep;
	int n;

	if (!max || max > INT_MAX / sizeof(*out))
		return -EINVAL;
	out = kwasm_guest_ptr(ctx, events, (u64)max * sizeof(*out));
	if (!out)
		return -EFAULT;
	n = wasi_fd_find(w, epfd, 0, &ep);
	if (n)
		return n;
	max = min_t(u32, max, EVENTS_MAX);
	found = calloc(max, sizeof(*found));
	if (!found)
		return -ENOMEM;
	n = epoll_wait(ep->host, found, max, timeout_ms);
	if (n > 0)
		memcpy(out, found, n * sizeof(*found));
	else if (n < 0)
		n = -errno;
	free(found);
	return n;
}

static int net_fcntl(struct wasi *w, u32 fd, u32 command, u32 arg)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, 0, &entry), flags;

	if (err)
		return err;
	switch (command) {
	case F_GETFL:
		flags = fcntl(entry->host, F_GETFL);
		return flags < 0 ? -errno : flags & (O_ACCMODE | O_APPEND | O_NONBLOCK);
	case F_SETFL:
		err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_FDSTAT_SET_FLAGS, &entry);
		if (err)
			return err;
		return fcntl(entry->host, F_SETFL, arg & (O_APPEND | O_NONBLOCK)) ? -errno : 0;
	default:
		return -EPERM;
	}
}

/* ---- the exported functions ---- */

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* WasmEdge has more errors than WASI */
static u32 addrinfo_result(int err)
{
	return err > 0 ? (u32)err : wasi_errno(err);
}

static u32 net_result(int err)
{
	return err == -WASI_ENOTCAPABLE ? -EACCES : err;
}

#define EXPORT(name, params, call, convert)			\
	u32 wasi_##name params					\
	{							\
		struct wasi *w = wasi_get(ctx);			\
								\
		return w ? convert(call) : 0;			\
	}

#define V kwasm_values(ctx)

WASI_EXPORT(sock_open, (void *ctx, u32 family, u32 type, u32 fd), sock_open(w, ctx, family, type, fd))
WASI_EXPORT(sock_bind, (void *ctx, u32 fd, u32 addr, u32 port), sock_bind(w, ctx, fd, addr, port))
WASI_EXPORT(sock_listen, (void *ctx, u32 fd, u32 backlog), listen_socket(w, fd, backlog))
WASI_EXPORT(sock_accept_v1, (void *ctx, u32 fd, u32 result), wasi_sock_accept_fd(w, ctx, fd, 0, result))
WASI_EXPORT(sock_connect, (void *ctx, u32 fd, u32 addr, u32 port), sock_connect(w, ctx, fd, addr, port))
WASI_EXPORT(sock_recv_from_v1, (void *ctx), sock_recv_from(w, ctx, V, NULL, V[5].i32, V[6].i32))

u32 wasi_sock_recv_from(void *ctx)
{
	struct wasi *w = wasi_get(ctx);
	u32 *port_out = wasi_result(ctx, V[5].i32, u32);

	if (!w)
		return 0;
	return wasi_errno(port_out ? sock_recv_from(w, ctx, V, port_out, V[6].i32, V[7].i32) : -EFAULT);
}

WASI_EXPORT(sock_send_to, (void *ctx), sock_send_to(w, ctx, V))
WASI_EXPORT(sock_getlocaladdr_v1, (void *ctx, u32 fd, u32 addr, u32 type, u32 port),
	    get_name_v1(w, ctx, fd, getsockname, addr, type, port))
WASI_EXPORT(sock_getlocaladdr, (void *ctx, u32 fd, u32 addr, u32 port),
	    get_name(w, ctx, fd, getsockname, addr, NULL, port))
WASI_EXPORT(sock_getpeeraddr_v1, (void *ctx, u32 fd, u32 addr, u32 type, u32 port),
	    get_name_v1(w, ctx, fd, getpeername, addr, type, port))
WASI_EXPORT(sock_getpeeraddr, (void *ctx, u32 fd, u32 addr, u32 port),
	    get_name(w, ctx, fd, getpeername, addr, NULL, port))
WASI_EXPORT(sock_getsockopt, (void *ctx, u32 fd, u32 level, u32 option, u32 value, u32 len),
	    sock_getsockopt(w, ctx, fd, level, option, value, len))
WASI_EXPORT(sock_setsockopt, (void *ctx, u32 fd, u32 level, u32 option, u32 value, u32 len),
	    sock_setsockopt(w, ctx, fd, level, option, value, len))
EXPORT(sock_getaddrinfo, (void *ctx), sock_getaddrinfo(w, ctx, V), addrinfo_result)

EXPORT(net_socket, (void *ctx, u32 family, u32 type, u32 protocol),
       net_socket(w, family, type, protocol), net_result)
EXPORT(net_bind, (void *ctx, u32 fd, u32 addr, u32 len), net_bind(w, ctx, fd, addr, len), net_result)
EXPORT(net_listen, (void *ctx, u32 fd, u32 backlog), listen_socket(w, fd, backlog), net_result)
EXPORT(net_accept4, (void *ctx, u32 fd, u32 addr, u32 len, u32 flags),
       net_accept4(w, ctx, fd, addr, len, flags), net_result)
EXPORT(net_sendto, (void *ctx), net_sendto(w, ctx, V), net_result)
EXPORT(net_recvfrom, (void *ctx), net_recvfrom(w, ctx, V), net_result)
EXPORT(net_eventfd_sem, (void *ctx, u32 initial),
       install_host(w, eventfd(initial, EFD_SEMAPHORE | EFD_CLOEXEC)), net_result)
EXPORT(net_epoll_create, (void *ctx), install_host(w, epoll_create1(EPOLL_CLOEXEC)), net_result)
EXPORT(net_epoll_ctl, (void *ctx, u32 epfd, u32 op, u32 fd, u32 event),
       net_epoll_ctl(w, ctx, epfd, op, fd, event), net_result)
EXPORT(net_epoll_wait, (void *ctx, u32 epfd, u32 events, u32 max, u32 timeout_ms),
       net_epoll_wait(w, ctx, epfd, events, max, timeout_ms), net_result)
EXPORT(net_fcntl, (void *ctx, u32 fd, u32 command, u32 arg), net_fcntl(w, fd, command, arg), net_result)
