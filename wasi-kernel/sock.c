// SPDX-License-Identifier: GPL-2.0
/*
 * sock.c - preview1's calls on sockets: those that were passed, opened or accepted
 */
#include <linux/fcntl.h>
#include "sock_edge.h"

int wasi_do_sock_accept(struct wasi *w, u32 fd, u32 flags, u32 opened)
{
	u32 *out = wasi_result(w, opened, u32);
	struct socket *sock;
	struct wasi_file f;
	u32 new_fd;
	int err;

	if (!out)
		return -EFAULT;
	if (flags & ~WASI_FDFLAGS_NONBLOCK)
		return -EINVAL;
	err = wasi_socket_get(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &f, &sock);
	if (err)
		return err;
	err = wasi_socket_accept(w, &f, sock, flags & WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0, &new_fd,
				 NULL);
	if (!err)
		wasi_put(out, new_fd);
	wasi_file_put(&f);
	return err;
}

/* riflags to Linux's; -EINVAL */
int wasi_riflags(u32 flags)
{
	if (flags & ~(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL))
		return -EINVAL;
	return (flags & WASI_RIFLAGS_PEEK ? MSG_PEEK : 0) |
	       (flags & WASI_RIFLAGS_WAITALL ? MSG_WAITALL : 0);
}

int wasi_do_sock_recv(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 received,
		      u32 roflags)
{
	u32 *nr_out = wasi_result(w, received, u32);
	u16 *flags_out = wasi_result(w, roflags, u16);
	struct msghdr msg = {};
	struct socket *sock;
	struct wasi_file f;
	struct kvec *vec;
	size_t total;
	int n;

	if (!nr_out || !flags_out)
		return -EFAULT;
	n = wasi_riflags(flags);
	if (n < 0)
		return n;
	msg.msg_flags = n;
	n = wasi_socket_get(w, fd, WASI_RIGHTS_FD_READ, &f, &sock);
	if (n)
		return n;
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (!n)
		n = wasi_socket_receive(w, &f, sock, &msg, vec, nr, total);
	if (n >= 0) {
		wasi_put(nr_out, (u32)n);
		wasi_put(flags_out, (u16)(msg.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_TRUNCATED : 0));
	}
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

int wasi_do_sock_send(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 sent)
{
	u32 *out = wasi_result(w, sent, u32);
	struct msghdr msg = {};
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
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (!n)
		n = wasi_socket_send(w, &f, sock, &msg, vec, nr, total);
	if (n >= 0)
		wasi_put(out, (u32)n);
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

int wasi_do_sock_shutdown(struct wasi *w, u32 fd, u32 how)
{
	struct socket *sock;
	struct wasi_file f;
	int err;

	err = wasi_socket_get(w, fd, WASI_RIGHTS_SOCK_SHUTDOWN, &f, &sock);
	if (err)
		return err;
	switch (how) {
	case WASI_SDFLAGS_RD:
		err = kernel_sock_shutdown(sock, SHUT_RD);
		break;
	case WASI_SDFLAGS_WR:
		err = kernel_sock_shutdown(sock, SHUT_WR);
		break;
	case WASI_SDFLAGS_RD | WASI_SDFLAGS_WR:
		err = kernel_sock_shutdown(sock, SHUT_RDWR);
		break;
	default:
		err = -EINVAL;
	}
	wasi_file_put(&f);
	return err;
}
