// SPDX-License-Identifier: GPL-2.0
/*
 * sock_edge.c - WasmEdge's socket interface, versions 1 and 2
 *
 * Where both versions have the same type one function serves them: the length of an address tells
 * which form it has (sock_abi.h). The others are bound apart by the compiler; those whose names end in
 * _v1 differ only in what they give back.
 *
 * A bug that programs rely on is kept: sock_getlocaladdr and sock_getpeeraddr of version 1 give
 * types 4 and 6. One that they cannot rely on is not: sock_recv_from's port is in the host's order,
 * as all other ports.
 */
#include <linux/fs.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <net/sock.h>
#include "compat/file.h"
#include "resolve.h"
#include "sock_addr.h"
#include "sock_edge.h"

/* ---- addresses ---- */

/* Where the guest's address is, and how many bytes it has: 4, 16 or 128 */
static void *address_bytes(struct wasi *w, u32 addr, u32 *len, int *err)
{
	const struct edge_address *from = wasi_result(w, addr, struct edge_address);
	struct edge_address a;
	void *bytes;

	*err = -EFAULT;
	if (!from)
		return NULL;
	memcpy(&a, from, sizeof(a));
	barrier();	/* checked is what was read */
	bytes = wasi_guest(w, a.buf, a.len);
	if (!bytes)
		return NULL;
	*err = -EINVAL;
	if (a.len != 4 && a.len != 16 && a.len != EDGE_STORAGE_SIZE)
		return NULL;
	*len = a.len;
	*err = 0;
	return bytes;
}

/* The guest's address and port as the kernel has them; its length, or an error */
static int get_address(struct wasi *w, u32 addr, u32 port, struct sockaddr_storage *ss)
{
	u8 copy[EDGE_STORAGE_SIZE];
	const void *from;
	u32 len;
	int err;

	from = address_bytes(w, addr, &len, &err);
	if (err)
		return err;
	memcpy(copy, from, len);
	barrier();	/* checked is what was read */
	return edge_sockaddr_of(ss, copy, len, port);
}

/* ---- opening and connecting ---- */

int wasi_do_sock_open(struct wasi *w, u32 family, u32 type, u32 opened)
{
	static const int families[] = {
		[EDGE_FAMILY_INET4] = AF_INET,
		[EDGE_FAMILY_INET6] = AF_INET6,
		[EDGE_FAMILY_UNIX] = AF_UNIX,
	};
	static const int types[] = {
		[EDGE_TYPE_DGRAM] = SOCK_DGRAM,
		[EDGE_TYPE_STREAM] = SOCK_STREAM,
	};
	u32 *out = wasi_result(w, opened, u32), fd;
	int err;

	if (!out)
		return -EFAULT;
	if (family >= ARRAY_SIZE(families) || !families[family] ||
	    type >= ARRAY_SIZE(types) || !types[type])
		return -EINVAL;
	err = wasi_socket_create(w, families[family], types[type], 0, 0, &fd);
	if (!err)
		wasi_put(out, fd);
	return err;
}

static int bind_or_connect(struct wasi *w, u32 fd, u32 addr, u32 port, bool connect)
{
	struct sockaddr_storage ss;
	struct socket *sock;
	struct wasi_file f;
	int err, len;

	err = wasi_socket_get(w, fd, 0, &f, &sock);
	if (err)
		return err;
	len = get_address(w, addr, port, &ss);
	if (len < 0)
		err = len;
	else if (connect)
		err = wasi_socket_connect(w, &f, sock, &ss, len);
	else
		err = wasi_socket_bind(w, sock, &ss, len);
	wasi_file_put(&f);
	return err;
}

int wasi_do_sock_bind(struct wasi *w, u32 fd, u32 addr, u32 port)
{
	return bind_or_connect(w, fd, addr, port, false);
}

int wasi_do_sock_connect(struct wasi *w, u32 fd, u32 addr, u32 port)
{
	return bind_or_connect(w, fd, addr, port, true);
}

int wasi_do_sock_listen(struct wasi *w, u32 fd, u32 backlog)
{
	struct socket *sock;
	struct wasi_file f;
	int err;

	err = wasi_socket_get(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &f, &sock);
	if (err)
		return err;
	err = wasi_socket_listen(w, sock, backlog);
	wasi_file_put(&f);
	return err;
}

int wasi_do_sock_accept_v1(struct wasi *w, u32 fd, u32 opened)
{
	return wasi_do_sock_accept(w, fd, 0, opened);
}

/* ---- datagrams ---- */

static int receive_from(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 flags, u32 *port_out,
			u32 received, u32 roflags)
{
	u32 *nr_out = wasi_result(w, received, u32), len;
	u16 *flags_out = wasi_result(w, roflags, u16);
	struct sockaddr_storage ss;
	struct msghdr msg = { .msg_name = &ss };
	struct edge_seen seen;
	struct socket *sock;
	struct wasi_file f;
	struct kvec *vec;
	size_t total;
	void *to;
	int n, err;

	if (!nr_out || !flags_out)
		return -EFAULT;
	to = address_bytes(w, addr, &len, &err);
	if (err)
		return err;
	n = wasi_riflags(flags);
	if (n < 0)
		return n;
	msg.msg_flags = n;
	n = wasi_socket_get(w, fd, WASI_RIGHTS_FD_READ, &f, &sock);
	if (n)
		return n;
	memset(&ss, 0, sizeof(ss));
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (!n)
		n = wasi_socket_receive(w, &f, sock, &msg, vec, nr, total);
	if (n >= 0) {
		edge_see(&seen, &ss, msg.msg_namelen);
		/* the message is taken: an address that there is no room for is lost, not the message */
		if (!edge_put(to, len, &seen) && port_out)
			wasi_put(port_out, seen.port);
		wasi_put(nr_out, (u32)n);
		wasi_put(flags_out, (u16)(msg.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_TRUNCATED : 0));
	}
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

int wasi_do_sock_recv_from_v1(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 flags,
			      u32 received, u32 roflags)
{
	return receive_from(w, fd, iovs, nr, addr, flags, NULL, received, roflags);
}

int wasi_do_sock_recv_from(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 flags, u32 port,
			   u32 received, u32 roflags)
{
	u32 *port_out = wasi_result(w, port, u32);

	if (!port_out)
		return -EFAULT;
	return receive_from(w, fd, iovs, nr, addr, flags, port_out, received, roflags);
}

int wasi_do_sock_send_to(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 port, u32 flags,
			 u32 sent)
{
	u32 *out = wasi_result(w, sent, u32);
	struct sockaddr_storage ss;
	struct msghdr msg = { .msg_name = &ss };
	struct socket *sock;
	struct wasi_file f;
	struct kvec *vec;
	size_t total;
	int n;

	if (!out)
		return -EFAULT;
	if (flags)	/* none is defined */
		return -EINVAL;
	n = wasi_socket_get(w, fd, WASI_RIGHTS_FD_WRITE, &f, &sock);
	if (n)
		return n;
	n = get_address(w, addr, port, &ss);
	if (n < 0)
		goto out;
	msg.msg_namelen = n;
	n = wasi_socket_permit(w, WASI_NET_OUT, sock, &ss, n);
	if (!n)
		n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (!n)
		n = wasi_socket_send(w, &f, sock, &msg, vec, nr, total);
	if (n >= 0)
		wasi_put(out, (u32)n);
out:
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

/* ---- names ---- */

static int socket_address(struct wasi *w, u32 fd, bool peer, struct edge_seen *seen)
{
	struct sockaddr_storage ss = {};
	struct socket *sock;
	struct wasi_file f;
	int len;

	len = wasi_socket_get(w, fd, 0, &f, &sock);
	if (len)
		return len;
	if (peer)
		len = kernel_getpeername(sock, (struct sockaddr *)&ss);
	else
		len = kernel_getsockname(sock, (struct sockaddr *)&ss);
	wasi_file_put(&f);
	if (len < 0)
		return len;
	edge_see(seen, &ss, len);
	return 0;
}

static int get_name(struct wasi *w, u32 fd, bool peer, u32 addr, u32 port)
{
	u32 *port_out = wasi_result(w, port, u32), len;
	struct edge_seen seen;
	void *to;
	int err;

	if (!port_out)
		return -EFAULT;
	to = address_bytes(w, addr, &len, &err);
	if (!err)
		err = socket_address(w, fd, peer, &seen);
	if (!err)
		err = edge_put(to, len, &seen);
	if (!err)
		wasi_put(port_out, seen.port);
	return err;
}

static int get_name_v1(struct wasi *w, u32 fd, bool peer, u32 addr, u32 type, u32 port)
{
	u32 *port_out = wasi_result(w, port, u32), *type_out = wasi_result(w, type, u32), len;
	struct edge_seen seen;
	void *to;
	int err;

	if (!port_out || !type_out)
		return -EFAULT;
	to = address_bytes(w, addr, &len, &err);
	if (err)
		return err;
	err = socket_address(w, fd, peer, &seen);
	if (err)
		return err;
	if (seen.storage.family == EDGE_FAMILY_UNIX)	/* came with version 2 */
		return -EAFNOSUPPORT;
	err = edge_put(to, len, &seen);
	if (err)
		return err;
	wasi_put(type_out, seen.storage.family == EDGE_FAMILY_INET4 ? EDGE_TYPE_V1_INET4 :
								      EDGE_TYPE_V1_INET6);
	wasi_put(port_out, seen.port);
	return 0;
}

int wasi_do_sock_getlocaladdr_v1(struct wasi *w, u32 fd, u32 addr, u32 type, u32 port)
{
	return get_name_v1(w, fd, false, addr, type, port);
}

int wasi_do_sock_getlocaladdr(struct wasi *w, u32 fd, u32 addr, u32 port)
{
	return get_name(w, fd, false, addr, port);
}

int wasi_do_sock_getpeeraddr_v1(struct wasi *w, u32 fd, u32 addr, u32 type, u32 port)
{
	return get_name_v1(w, fd, true, addr, type, port);
}

int wasi_do_sock_getpeeraddr(struct wasi *w, u32 fd, u32 addr, u32 port)
{
	return get_name(w, fd, true, addr, port);
}

/* ---- options ---- */

static struct edge_timeval timeout(long jiffies)
{
	u64 us;

	if (jiffies == MAX_SCHEDULE_TIMEOUT)
		return (struct edge_timeval){};
	us = jiffies_to_usecs(min_t(long, jiffies, INT_MAX));
	return (struct edge_timeval){ .seconds = us / USEC_PER_SEC, .microseconds = us % USEC_PER_SEC };
}

/* Name of the device that a socket is bound to, with its NUL; its length, 0: none */
static int device_name(struct sock *sk, char *name)
{
	struct net_device *dev;
	int len = 0;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock_net(sk), READ_ONCE(sk->sk_bound_dev_if));
	if (dev)
		len = strscpy(name, dev->name, IFNAMSIZ) + 1;
	rcu_read_unlock();
	return len;
}

union option {
	s32 number;
	struct edge_linger linger;
	struct edge_timeval time;
	char name[IFNAMSIZ];
};

static s32 edge_socket_type(const struct socket *sock)
{
	return sock->type == SOCK_STREAM ? EDGE_TYPE_STREAM :
	       sock->type == SOCK_DGRAM ? EDGE_TYPE_DGRAM : EDGE_TYPE_ANY;
}

/*
 * The kernel's own getsockopt() is not exported, so this reads what it reads. Bytes of the value,
 * -EINVAL.
 */
static int read_option(struct socket *sock, u32 option, union option *v)
{
	struct sock *sk = sock->sk;

	switch (option) {
	case EDGE_SO_REUSEADDR:
		v->number = sk->sk_reuse;
		break;
	case EDGE_SO_TYPE:
		v->number = edge_socket_type(sock);
		break;
	case EDGE_SO_ERROR:
		v->number = wasi_errno(sock_error(sk));
		break;
	case EDGE_SO_DONTROUTE:
		v->number = sock_flag(sk, SOCK_LOCALROUTE);
		break;
	case EDGE_SO_BROADCAST:
		v->number = sock_flag(sk, SOCK_BROADCAST);
		break;
	case EDGE_SO_SNDBUF:
		v->number = READ_ONCE(sk->sk_sndbuf);
		break;
	case EDGE_SO_RCVBUF:
		v->number = READ_ONCE(sk->sk_rcvbuf);
		break;
	case EDGE_SO_KEEPALIVE:
		v->number = sock_flag(sk, SOCK_KEEPOPEN);
		break;
	case EDGE_SO_OOBINLINE:
		v->number = sock_flag(sk, SOCK_URGINLINE);
		break;
	case EDGE_SO_LINGER:
		v->linger.onoff = sock_flag(sk, SOCK_LINGER);
		v->linger.seconds = READ_ONCE(sk->sk_lingertime) / HZ;
		return sizeof(v->linger);
	case EDGE_SO_RCVLOWAT:
		v->number = READ_ONCE(sk->sk_rcvlowat);
		break;
	case EDGE_SO_RCVTIMEO:
		v->time = timeout(READ_ONCE(sk->sk_rcvtimeo));
		return sizeof(v->time);
	case EDGE_SO_SNDTIMEO:
		v->time = timeout(READ_ONCE(sk->sk_sndtimeo));
		return sizeof(v->time);
	case EDGE_SO_ACCEPTCONN:
		v->number = sk->sk_state == TCP_LISTEN;
		break;
	case EDGE_SO_BINDTODEVICE:
		return device_name(sk, v->name);
	default:
		return -EINVAL;
	}
	return sizeof(v->number);
}

int wasi_do_sock_getsockopt(struct wasi *w, u32 fd, u32 level, u32 option, u32 value, u32 len)
{
	u32 *len_out = wasi_result(w, len, u32), room;
	union option v = {};
	struct socket *sock;
	struct wasi_file f;
	void *out;
	int size;

	if (!len_out)
		return -EFAULT;
	memcpy(&room, len_out, sizeof(room));
	barrier();	/* checked is what was read */
	out = wasi_guest(w, value, room);
	if (!out)
		return -EFAULT;
	if (level != EDGE_SOL_SOCKET)
		return -EINVAL;
	size = wasi_socket_get(w, fd, 0, &f, &sock);
	if (size)
		return size;
	size = read_option(sock, option, &v);
	wasi_file_put(&f);
	if (size < 0)
		return size;
	/* as getsockopt(2): a value that is too long is cut, but half a name is none */
	if (option == EDGE_SO_BINDTODEVICE && room < size)
		return -EINVAL;
	size = min_t(u32, size, room);
	memcpy(out, &v, size);
	wasi_put(len_out, (u32)size);
	return 0;
}

int wasi_do_sock_setsockopt(struct wasi *w, u32 fd, u32 level, u32 option, u32 value, u32 len)
{
	static const int options[] = {	/* the kernel refuses those that cannot be set */
		[EDGE_SO_REUSEADDR] = SO_REUSEADDR,
		[EDGE_SO_TYPE] = SO_TYPE,
		[EDGE_SO_ERROR] = SO_ERROR,
		[EDGE_SO_DONTROUTE] = SO_DONTROUTE,
		[EDGE_SO_BROADCAST] = SO_BROADCAST,
		[EDGE_SO_SNDBUF] = SO_SNDBUF,
		[EDGE_SO_RCVBUF] = SO_RCVBUF,
		[EDGE_SO_KEEPALIVE] = SO_KEEPALIVE,
		[EDGE_SO_OOBINLINE] = SO_OOBINLINE,
		[EDGE_SO_LINGER] = SO_LINGER,
		[EDGE_SO_RCVLOWAT] = SO_RCVLOWAT,
		[EDGE_SO_RCVTIMEO] = SO_RCVTIMEO_NEW,
		[EDGE_SO_SNDTIMEO] = SO_SNDTIMEO_NEW,
		[EDGE_SO_ACCEPTCONN] = SO_ACCEPTCONN,
		[EDGE_SO_BINDTODEVICE] = SO_BINDTODEVICE,
	};
	const void *from = wasi_guest(w, value, len);
	union option v = {};
	struct socket *sock;
	struct wasi_file f;
	int err;

	if (!from)
		return -EFAULT;
	if (level != EDGE_SOL_SOCKET || option >= ARRAY_SIZE(options))
		return -EINVAL;
	err = wasi_socket_get(w, fd, 0, &f, &sock);
	if (err)
		return err;
	len = min_t(u32, len, sizeof(v));
	memcpy(&v, from, len);
	/* the kernel reads no more than a value has */
	err = sock_setsockopt(sock, SOL_SOCKET, options[option], KERNEL_SOCKPTR(&v), len);
	wasi_file_put(&f);
	return err;
}

/* ---- names to addresses ---- */

int resolve_read(const char *path, char **text)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t n = 0;

	*text = kvzalloc(RESOLVE_FILE_MAX + 1, GFP_KERNEL_ACCOUNT);
	if (!*text)
		return -ENOMEM;
	/* O_NONBLOCK: in case it is no file at all, but waits for someone */
	file = filp_open(path, O_RDONLY | O_NONBLOCK | O_LARGEFILE | O_NOCTTY, 0);
	if (!IS_ERR(file)) {
		if (S_ISREG(file_inode(file)->i_mode))
			n = kernel_read(file, *text, RESOLVE_FILE_MAX, &pos);
		wasi_release(file);
	}
	if (n < 0)
		kvfree(*text);
	return min_t(ssize_t, n, 0);
}

void resolve_free(char *text)
{
	kvfree(text);
}

int wasi_do_sock_getaddrinfo(struct wasi *w, u32 node, u32 node_len, u32 service, u32 service_len,
			     u32 hints, u32 res, u32 max, u32 nr_res)
{
	return resolve(w->ctx, w->nr_net_rules, node, node_len, service, service_len, hints, res, max,
		       nr_res);
}
