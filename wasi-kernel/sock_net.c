// SPDX-License-Identifier: GPL-2.0
/*
 * sock_net.c - kernel-wasm's socket interface, module "net"
 *
 * Linux's system calls as its programs know them: sockaddr, flags and error numbers are those of x86-64
 * (a missing right is EACCES), addresses and buffers are the guest's. Descriptors are the
 * WASI ones, which is how programs close them.
 */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <uapi/linux/eventpoll.h>
#include "sock_edge.h"

/* A sockaddr of the guest: its length, or an error */
static int get_sockaddr(struct wasi *w, u32 addr, u32 len, struct sockaddr_storage *ss)
{
	const void *from;

	if (len > sizeof(*ss))
		return -EINVAL;
	from = wasi_guest(w, addr, len);
	if (!from)
		return -EFAULT;
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, from, len);
	return len;
}

/* Room for a sockaddr: checked before anything is done, filled when it is */
struct room {
	void *addr;		/* NULL: not wanted */
	u32 *len_out;
	u32 len;
};

static int get_room(struct wasi *w, u32 addr, u32 len, struct room *room)
{
	memset(room, 0, sizeof(*room));
	if (!addr)
		return 0;
	room->len_out = wasi_result(w, len, u32);
	if (!room->len_out)
		return -EFAULT;
	memcpy(&room->len, room->len_out, sizeof(room->len));
	barrier();	/* checked is what was read */
	if ((s32)room->len < 0)
		return -EINVAL;
	room->addr = wasi_guest(w, addr, room->len);
	return room->addr ? 0 : -EFAULT;
}

/* As the system calls: cut to the room, with the true length told */
static void put_sockaddr(const struct room *room, const struct sockaddr_storage *ss, int len)
{
	if (!room->addr)
		return;
	memcpy(room->addr, ss, min_t(u32, len, room->len));
	wasi_put(room->len_out, (u32)len);
}

int wasi_do_net_socket(struct wasi *w, u32 family, u32 type, u32 protocol)
{
	u32 flags = type & ~0xfu, fd;
	int err;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	err = wasi_socket_create(w, family, type & 0xf, protocol, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0,
				 &fd);
	return err ? err : fd;
}

int wasi_do_net_bind(struct wasi *w, u32 fd, u32 addr, u32 len)
{
	struct sockaddr_storage ss;
	struct socket *sock;
	struct wasi_file f;
	int err;

	err = wasi_socket_get(w, fd, 0, &f, &sock);
	if (err)
		return err;
	err = get_sockaddr(w, addr, len, &ss);
	if (err >= 0)
		err = wasi_socket_bind(w, sock, &ss, len);
	wasi_file_put(&f);
	return err;
}

int wasi_do_net_listen(struct wasi *w, u32 fd, u32 backlog)
{
	return wasi_do_sock_listen(w, fd, backlog);
}

int wasi_do_net_accept4(struct wasi *w, u32 fd, u32 addr, u32 len, u32 flags)
{
	struct sockaddr_storage ss = {};
	struct socket *sock, *new;
	struct wasi_file f;
	struct room room;
	u32 new_fd;
	int err, n;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	err = get_room(w, addr, len, &room);
	if (err)
		return err;
	err = wasi_socket_get(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &f, &sock);
	if (err)
		return err;
	err = wasi_socket_accept(w, &f, sock, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0, &new_fd, &new);
	wasi_file_put(&f);
	if (err)
		return err;
	if (room.addr) {
		/* gone already, if it fails: the guest finds that out */
		n = kernel_getpeername(new, (struct sockaddr *)&ss);
		put_sockaddr(&room, &ss, max(n, 0));
	}
	return new_fd;
}

#define SEND_FLAGS	(MSG_DONTWAIT | MSG_EOR | MSG_MORE | MSG_NOSIGNAL | MSG_OOB | MSG_CONFIRM)
#define RECEIVE_FLAGS	(MSG_DONTWAIT | MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_WAITALL)

int wasi_do_net_sendto(struct wasi *w, u32 fd, u32 buf, u32 len, u32 flags, u32 addr, u32 addrlen)
{
	struct kvec vec = { .iov_len = min_t(u32, len, MAX_RW_COUNT) };
	struct msghdr msg = { .msg_flags = flags };
	struct sockaddr_storage ss;
	struct socket *sock;
	struct wasi_file f;
	int n;

	if (flags & ~SEND_FLAGS)
		return -EINVAL;
	vec.iov_base = wasi_guest(w, buf, len);
	if (!vec.iov_base)
		return -EFAULT;
	n = wasi_socket_get(w, fd, WASI_RIGHTS_FD_WRITE, &f, &sock);
	if (n)
		return n;
	if (addr) {
		n = get_sockaddr(w, addr, addrlen, &ss);
		if (n < 0)
			goto out;
		msg.msg_name = &ss;
		msg.msg_namelen = n;
		n = wasi_socket_permit(w, WASI_NET_OUT, sock, &ss, n);
	}
	if (!n)
		n = wasi_socket_send(w, &f, sock, &msg, &vec, 1, vec.iov_len);
out:
	wasi_file_put(&f);
	return n;
}

int wasi_do_net_recvfrom(struct wasi *w, u32 fd, u32 buf, u32 len, u32 flags, u32 addr, u32 addrlen)
{
	struct kvec vec = { .iov_len = min_t(u32, len, MAX_RW_COUNT) };
	struct sockaddr_storage ss = {};
	struct msghdr msg = { .msg_name = &ss, .msg_flags = flags };
	struct socket *sock;
	struct wasi_file f;
	struct room room;
	int n;

	if (flags & ~RECEIVE_FLAGS)
		return -EINVAL;
	vec.iov_base = wasi_guest(w, buf, len);
	if (!vec.iov_base)
		return -EFAULT;
	n = get_room(w, addr, addrlen, &room);
	if (n)
		return n;
	n = wasi_socket_get(w, fd, WASI_RIGHTS_FD_READ, &f, &sock);
	if (n)
		return n;
	n = wasi_socket_receive(w, &f, sock, &msg, &vec, 1, vec.iov_len);
	if (n >= 0)
		put_sockaddr(&room, &ss, msg.msg_namelen);
	wasi_file_put(&f);
	return n;
}

int wasi_do_net_eventfd_sem(struct wasi *w, u32 initial)
{
	u32 fd;
	int err = wasi_eventfd_create(w, initial, &fd);

	return err ? err : fd;
}

int wasi_do_net_epoll_create(struct wasi *w)
{
	u32 fd;
	int err = wasi_epoll_create(w, &fd);

	return err ? err : fd;
}

int wasi_do_net_epoll_ctl(struct wasi *w, u32 epfd, u32 op, u32 fd, u32 event)
{
	struct wasi_epoll_event e = {};
	const struct wasi_epoll_event *from;

	if (op != EPOLL_CTL_DEL) {
		from = wasi_result(w, event, struct wasi_epoll_event);
		if (!from)
			return -EFAULT;
		memcpy(&e, from, sizeof(e));
	}
	return wasi_epoll_ctl(w, epfd, op, fd, e.events, e.data);
}

int wasi_do_net_epoll_wait(struct wasi *w, u32 epfd, u32 events, u32 max, u32 timeout_ms)
{
	struct wasi_epoll_event *out;

	if (!max || max > INT_MAX / sizeof(*out))
		return -EINVAL;
	out = wasi_guest(w, events, (u64)max * sizeof(*out));
	if (!out)
		return -EFAULT;
	return wasi_epoll_wait(w, epfd, out, max, timeout_ms);
}

int wasi_do_net_fcntl(struct wasi *w, u32 fd, u32 command, u32 arg)
{
	struct wasi_file f;
	int err;

	switch (command) {
	case F_GETFL:
		err = wasi_file_get(w, fd, 0, &f);
		if (err)
			return err;
		err = f.file ? f.file->f_flags & (O_ACCMODE | O_APPEND | O_NONBLOCK) : O_RDWR;
		wasi_file_put(&f);
		return err;
	case F_SETFL:
		/* the other bits cannot be changed, and are ignored as Linux does */
		return wasi_do_fd_fdstat_set_flags(w, fd, (arg & O_APPEND ? WASI_FDFLAGS_APPEND : 0) |
						   (arg & O_NONBLOCK ? WASI_FDFLAGS_NONBLOCK : 0));
	default:
		return -EPERM;
	}
}
