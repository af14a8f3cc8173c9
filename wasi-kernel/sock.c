// SPDX-License-Identifier: GPL-2.0
/*
 * sock.c - sockets that the guest was given: it can accept on them and use them
 */
#include <linux/fcntl.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "compat/file.h"
#include "wasi.h"

/* The file must be a socket before it matters what may be done with it */
static int get_socket(struct wasi *w, u32 fd, u64 rights, struct wasi_file *f,
		      struct socket **sock)
{
	int err = wasi_file_get(w, fd, 0, f);

	if (err)
		return err;
	*sock = f->file ? sock_from_file(f->file) : NULL;
	if (!*sock)
		err = -ENOTSOCK;
	else if (rights & ~wasi_file_rights(f).base)
		err = -WASI_ENOTCAPABLE;
	if (err)
		wasi_file_put(f);
	return err;
}

int wasi_do_sock_accept(struct wasi *w, u32 fd, u32 flags, u32 opened)
{
	u32 *out = wasi_result(w, opened, u32);
	struct wasi_rights_pair rights;
	struct socket *sock, *accepted;
	struct wasi_file f;
	struct file *file;
	u32 new_fd;
	int err;

	if (!out)
		return -EFAULT;
	if (flags & ~WASI_FDFLAGS_NONBLOCK)
		return -EINVAL;
	err = get_socket(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &f, &sock);
	if (err)
		return err;
	rights = wasi_file_rights(&f);
	err = wasi_fd_reserve(w, &new_fd);
	while (!err) {
		err = kernel_accept(sock, &accepted, f.file->f_flags & O_NONBLOCK);
		if (!err)
			break;
		err = wasi_restart(w, f.file, EPOLLIN, err);
	}
	if (err)
		goto out;
	/* releases the socket if it fails */
	file = sock_alloc_file(accepted, flags & WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0, NULL);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out;
	}
	wasi_fd_install(w, new_fd, file, rights.inheriting, rights.inheriting);
	wasi_put(out, new_fd);
out:
	wasi_file_put(&f);
	return err;
}

int wasi_do_sock_recv(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 received,
		      u32 roflags)
{
	u32 *nr_out = wasi_result(w, received, u32);
	u16 *flags_out = wasi_result(w, roflags, u16);
	struct socket *sock;
	struct wasi_file f;
	struct kvec *vec;
	int msg_flags = 0;
	size_t total;
	int n;

	if (!nr_out || !flags_out)
		return -EFAULT;
	if (flags & ~(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL))
		return -EINVAL;
	n = get_socket(w, fd, WASI_RIGHTS_FD_READ, &f, &sock);
	if (n)
		return n;
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (flags & WASI_RIFLAGS_PEEK)
		msg_flags |= MSG_PEEK;
	if (flags & WASI_RIFLAGS_WAITALL)
		msg_flags |= MSG_WAITALL;
	if (f.file->f_flags & O_NONBLOCK)
		msg_flags |= MSG_DONTWAIT;
	while (!n) {
		struct msghdr msg = {};

		iov_iter_kvec(&msg.msg_iter, READ, vec, nr, total);
		n = sock_recvmsg(sock, &msg, msg_flags);
		if (n >= 0) {
			wasi_put(nr_out, (u32)n);
			wasi_put(flags_out, (u16)(msg.msg_flags & MSG_TRUNC ?
						  WASI_ROFLAGS_TRUNCATED : 0));
			break;
		}
		n = wasi_restart(w, f.file, EPOLLIN, n);
	}
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

int wasi_do_sock_send(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 sent)
{
	u32 *out = wasi_result(w, sent, u32);
	struct socket *sock;
	struct wasi_file f;
	struct kvec *vec;
	size_t total;
	ssize_t n;

	if (!out)
		return -EFAULT;
	if (flags)	/* none is defined */
		return -EINVAL;
	n = get_socket(w, fd, WASI_RIGHTS_FD_WRITE, &f, &sock);
	if (n)
		return n;
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (!n)
		n = wasi_transfer(w, f.file, WRITE, vec, nr, total, NULL);
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

	err = get_socket(w, fd, WASI_RIGHTS_SOCK_SHUTDOWN, &f, &sock);
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
