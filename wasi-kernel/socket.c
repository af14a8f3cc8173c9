// SPDX-License-Identifier: GPL-2.0
/*
 * socket.c - sockets as descriptors of an instance
 *
 * A socket that a guest opens is an ordinary one, made as socket(2) makes it for the calling process: in
 * its network namespace, which the socket then keeps alive, under its credentials, with the kernel's own
 * checks (a low port needs CAP_NET_BIND_SERVICE in that namespace). It gets a file and a row in
 * the descriptor table, so reading, writing, polling and closing it is what they are for any file, and when the
 * instance ends nothing is left of it.
 *
 * All of this is part of kwasm_wasi.ko, not a module beside it: WasmEdge's calls are functions of
 * wasi_snapshot_preview1, some share a name with preview1's own, and all of them work on the
 * descriptor table.
 *
 * On top of what the kernel allows come the rules of the instance (net_rules.h), which are asked before
 * an address is bound, connected or sent to. Sockets that were passed, and connections accepted, need
 * none.
 *
 *	socket.c	create, find, accept ...: what the interfaces share
 *	sock.c		preview1's four calls
 *	sock_edge.c	WasmEdge's interface, resolve.c its name look-up
 *	sock_net.c	kernel-wasm's, epoll.c its readiness
 *	sock_calls.c	their exported functions
 */
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "sock_addr.h"
#include "socket.h"

#define RULES_MAX	1024u
#define LISTEN_BACKLOG	4096	/* and net.core.somaxconn */

struct wasi *wasi_state(void *ctx)
{
	struct wasi *w = kwasm_instance_private(kwasm_ctx_instance(ctx), KWASM_PRIVATE_WASI);

	return w ? w : wasi_create(ctx);
}
EXPORT_SYMBOL_GPL(wasi_state);

struct net *wasi_net_ns(struct wasi *w)
{
	/* a thread of the kernel has no namespace of its own: that of who started it */
	if (kwasm_context(w->ctx) == KWASM_CONTEXT_KTHREAD && w->instance->net_ns)
		return w->instance->net_ns;
	return current->nsproxy->net_ns;
}
EXPORT_SYMBOL_GPL(wasi_net_ns);

/* ---- addresses and rules ---- */

static u8 proto_of(const struct socket *sock)
{
	if (sock->sk->sk_family == AF_UNIX)
		return WASI_NET_UNIX;
	return sock->type == SOCK_STREAM ? WASI_NET_TCP : WASI_NET_UDP;
}

int wasi_socket_permit(struct wasi *w, enum wasi_net_use use, struct socket *sock,
		       const struct sockaddr_storage *addr, int len)
{
	struct wasi_net_addr a;
	int err;

	err = wasi_net_addr_of(&a, proto_of(sock), addr, len);
	if (err)
		return err;
	return wasi_net_allows(w->net_rules, w->nr_net_rules, use, &a) ? 0 : -WASI_ENOTCAPABLE;
}
EXPORT_SYMBOL_GPL(wasi_socket_permit);

/* ---- descriptors ---- */

/* What kind of socket it would be, for the rules; 0: none that a guest may have */
static int check_kind(int family, int type, int protocol, u8 *proto)
{
	switch (family) {
	case AF_INET:
	case AF_INET6:
		if (type == SOCK_STREAM && (!protocol || protocol == IPPROTO_TCP))
			*proto = WASI_NET_TCP;
		else if (type == SOCK_DGRAM && (!protocol || protocol == IPPROTO_UDP))
			*proto = WASI_NET_UDP;
		else	/* raw ones above all: no rule says what they may do */
			return -EPROTONOSUPPORT;
		return 0;
	case AF_UNIX:
		if (protocol || (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET))
			return -EPROTONOSUPPORT;
		*proto = WASI_NET_UNIX;
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

int wasi_socket_create(struct wasi *w, int family, int type, int protocol, u32 flags, u32 *fd)
{
	struct socket *sock;
	u8 proto;
	int err;

	err = check_kind(family, type, protocol, &proto);
	if (err)
		return err;
	if (!wasi_net_allows_any(w->net_rules, w->nr_net_rules, proto))
		return -WASI_ENOTCAPABLE;
	/* not a kernel socket: it holds its namespace, and security modules see it */
	err = __sock_create(wasi_net_ns(w), family, type, protocol, &sock, 0);
	if (err)
		return err;
	return wasi_socket_install(w, sock, WASI_RIGHTS_ALL, flags, fd);
}

int wasi_socket_install(struct wasi *w, struct socket *sock, u64 rights, u32 flags, u32 *fd)
{
	struct file *file;
	int err;

	err = wasi_fd_reserve(w, fd);
	if (err) {
		sock_release(sock);
		return err;
	}
	file = sock_alloc_file(sock, flags & O_NONBLOCK, NULL);	/* releases it on failure */
	if (IS_ERR(file))
		return PTR_ERR(file);
	wasi_fd_install(w, *fd, file, rights, rights);
	return 0;
}

int wasi_socket_get(struct wasi *w, u32 fd, u64 rights, struct wasi_file *f, struct socket **sock)
{
	int err = wasi_file_get(w, fd, 0, f);

	if (err)
		return err;
	/* the file must be a socket before it matters what may be done with it */
	*sock = f->file ? sock_from_file(f->file) : NULL;
	if (!*sock)
		err = -ENOTSOCK;
	else if (rights & ~wasi_file_rights(f).base)
		err = -WASI_ENOTCAPABLE;
	if (err)
		wasi_file_put(f);
	return err;
}

/* ---- using them ---- */

int wasi_socket_bind(struct wasi *w, struct socket *sock, struct sockaddr_storage *addr, int len)
{
	int err = wasi_socket_permit(w, WASI_NET_IN, sock, addr, len);

	return err ? err : kernel_bind(sock, (struct sockaddr *)addr, len);
}

int wasi_socket_listen(struct wasi *w, struct socket *sock, u32 backlog)
{
	u32 most = READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn);
	struct sockaddr_storage addr = {};
	int err, len;

	/* also what was never bound listens, on a port that the kernel picks */
	len = kernel_getsockname(sock, (struct sockaddr *)&addr);
	if (len < 0)
		return len;
	err = wasi_socket_permit(w, WASI_NET_IN, sock, &addr, len);
	return err ? err : kernel_listen(sock, min(backlog, most));
}

int wasi_socket_connect(struct wasi *w, struct wasi_file *f, struct socket *sock,
			struct sockaddr_storage *addr, int len)
{
	int err = 0;

	/* AF_UNSPEC ends an association, and goes nowhere */
	if (len < (int)sizeof(addr->ss_family))
		return -EINVAL;
	if (addr->ss_family != AF_UNSPEC)
		err = wasi_socket_permit(w, WASI_NET_OUT, sock, addr, len);
	while (!err) {
		err = kernel_connect(sock, (struct sockaddr *)addr, len, f->file->f_flags & O_NONBLOCK);
		if (!err)
			break;
		/* called again, connect() goes on waiting */
		err = wasi_restart(w, f->file, EPOLLOUT, err);
	}
	return err;
}

int wasi_socket_accept(struct wasi *w, struct wasi_file *f, struct socket *sock, u32 flags, u32 *fd,
		       struct socket **new)
{
	u64 rights = wasi_file_rights(f).inheriting;
	struct socket *accepted;
	u32 reserved;
	int err;

	/* a connection that no descriptor is left for stays in the queue */
	err = wasi_fd_reserve(w, &reserved);
	while (!err) {
		err = kernel_accept(sock, &accepted, f->file->f_flags & O_NONBLOCK);
		if (!err)
			break;
		err = wasi_restart(w, f->file, EPOLLIN, err);
	}
	if (err)
		return err;
	err = wasi_socket_install(w, accepted, rights, flags, fd);
	if (!err && new)
		*new = accepted;
	return err;
}

int wasi_socket_receive(struct wasi *w, struct wasi_file *f, struct socket *sock,
			struct msghdr *msg, const struct kvec *vec, u32 nr, size_t total)
{
	void *name = msg->msg_name;
	int flags = msg->msg_flags;
	int n = 0;

	if (f->file->f_flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	while (!n) {
		*msg = (struct msghdr){ .msg_name = name };
		iov_iter_kvec(&msg->msg_iter, READ, vec, nr, total);
		n = sock_recvmsg(sock, msg, flags);
		if (n >= 0)
			break;
		n = wasi_restart(w, f->file, EPOLLIN, n);
	}
	return n;
}

int wasi_socket_send(struct wasi *w, struct wasi_file *f, struct socket *sock,
		     struct msghdr *msg, const struct kvec *vec, u32 nr, size_t total)
{
	const struct msghdr wanted = *msg;
	int n = 0;

	while (!n) {
		*msg = (struct msghdr){
			.msg_name = wanted.msg_name,
			.msg_namelen = wanted.msg_namelen,
			.msg_flags = wanted.msg_flags | MSG_NOSIGNAL,
		};
		if (f->file->f_flags & O_NONBLOCK)
			msg->msg_flags |= MSG_DONTWAIT;
		if (sock->type == SOCK_SEQPACKET)
			msg->msg_flags |= MSG_EOR;
		iov_iter_kvec(&msg->msg_iter, WRITE, vec, nr, total);
		n = sock_sendmsg(sock, msg);
		if (n >= 0)
			break;
		n = wasi_restart(w, f->file, EPOLLOUT, n);
	}
	return n;
}

/* ---- what an instance begins with ---- */

static int parse_rules(struct wasi *w)
{
	const struct kwasm_strings *net = &w->instance->lists[KWASM_LIST_NET];
	const char *text;
	u32 i = 0;

	if (!net->nr || (net->nr == 1 && !strcmp(net->data, "none")))
		return 0;
	if (net->nr > RULES_MAX) {
		kwasm_info_ratelimited("%s: net: more than %u rules\n", w->instance->program->name,
				       RULES_MAX);
		return -E2BIG;
	}
	w->net_rules = kvcalloc(net->nr, sizeof(*w->net_rules), GFP_KERNEL_ACCOUNT);
	if (!w->net_rules)
		return -ENOMEM;
	kwasm_for_each_string(text, net) {
		if (wasi_net_rule_parse(text, &w->net_rules[i++])) {
			kwasm_info_ratelimited("%s: net: '%.100s' is not a rule\n",
					       w->instance->program->name, text);
			return -EINVAL;
		}
	}
	w->nr_net_rules = net->nr;
	return 0;
}

/* A socket that the app finds open: listening, or, for datagrams, bound */
static int preopen_socket(struct wasi *w, const char *text)
{
	struct wasi_net_addr addr;
	struct sockaddr_storage ss;
	struct socket *sock;
	bool ipv6;
	u32 fd;
	int err, len;

	err = wasi_net_addr_parse(text, &addr, &ipv6);
	if (err)
		return err;
	len = wasi_sockaddr_of(&ss, &addr, ipv6);
	err = __sock_create(wasi_net_ns(w), ss.ss_family,
			    addr.proto == WASI_NET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0, &sock, 0);
	if (err)
		return err;
	/* as every server does: not to wait for the connections of its predecessor */
	if (addr.proto == WASI_NET_TCP)
		sock->sk->sk_reuse = SK_CAN_REUSE;
	err = kernel_bind(sock, (struct sockaddr *)&ss, len);
	if (!err && addr.proto != WASI_NET_UDP)
		err = kernel_listen(sock, min_t(u32, LISTEN_BACKLOG,
						READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn)));
	if (err) {
		sock_release(sock);
		return err;
	}
	err = wasi_socket_install(w, sock, WASI_RIGHTS_ALL, 0, &fd);
	if (!err)
		w->fds[fd].preopen_socket = true;
	return err;
}

/**
 * wasi_net_start() - Read the rules, and open the sockets that the app is given
 * @w: state, with its first descriptors
 *
 * Return: 0; an error, with the log saying which rule or address it was.
 */
int wasi_net_start(struct wasi *w)
{
	const struct kwasm_strings *listen = &w->instance->lists[KWASM_LIST_LISTEN];
	const char *text;
	int err;

	err = parse_rules(w);
	if (err)
		return err;
	kwasm_for_each_string(text, listen) {
		err = preopen_socket(w, text);
		if (err) {
			kwasm_info_ratelimited("%s: listen: %.100s: error %d\n",
					       w->instance->program->name, text, err);
			return err;
		}
	}
	return 0;
}

void wasi_net_end(struct wasi *w)
{
	kvfree(w->net_rules);
}
