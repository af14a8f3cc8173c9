// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile.c - from a file to a socket, by reference to the page cache
 *
 * As nfsd does it: the file's splice_read fills the thread's internal pipe with pages, and
 * they are handed to TCP from there. What TCP does not take is let go again.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>
#include <net/tcp.h>
#include "../wasi-kernel/rights.h"
#include "compat/splice.h"
#include "net.h"

struct transfer {
	struct net_conn *conn;
	u32 left;		/* of the whole */
	u32 flags;		/* enum kwasm_net_send_flag */
};

/* The socket is locked */
static int page_to_socket(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
			  struct splice_desc *sd)
{
	struct transfer *t = sd->u.data;
	struct sock *sk = t->conn->sock->sk;
	u32 len = min_t(u32, sd->len, t->left);
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL, ret;
	bool last = len == t->left;

	if (!last || t->flags & KWASM_NET_MORE)
		flags |= MSG_MORE;
	/* full segments go out with each pipe, so that the peer does not wait for the rest, nor get it all at once */
	ret = kwasm_tcp_send_page(sk, buf->page, buf->offset, len, flags,
				  last || pipe_occupancy(pipe->head, pipe->tail) <= 1);
	if (ret == -EAGAIN)
		ret = 0;
	if (ret >= 0 && ret < len)
		net_sent_short(t->conn);
	if (ret > 0)
		t->left -= ret;
	return ret;
}

/* A pipe holds 64 KiB; the lock is taken once for them, and softirqs stay on */
static int pipe_to_socket(struct pipe_inode_info *pipe, struct splice_desc *sd)
{
	struct transfer *t = sd->u.data;
	struct sock *sk = t->conn->sock->sk;
	int ret;

	lock_sock(sk);
	ret = __splice_from_pipe(pipe, sd, page_to_socket);
	release_sock(sk);
	return ret;
}

/* Sockets that are not plain TCP: through a page of our own */
static int send_read(struct net_conn *conn, struct file *file, loff_t pos, u32 len, u32 flags)
{
	u8 *page = (u8 *)__get_free_page(GFP_KERNEL_ACCOUNT);
	u32 sent = 0;
	ssize_t n = 0;
	int ret = 0;

	if (!page)
		return -ENOMEM;
	while (sent < len && ret == n) {
		n = kernel_read(file, page, min_t(u32, len - sent, PAGE_SIZE), &pos);
		if (n <= 0) {
			ret = n;
			break;
		}
		ret = net_send(conn, page, n, sent + n < len ? KWASM_NET_MORE : flags, false);
		if (ret > 0)
			sent += ret;
	}
	free_page((unsigned long)page);
	return sent ? sent : ret;
}

/* Bytes; 0: the socket is full, or the file ends there; error. Sleeps. */
int net_sendfile(struct net_conn *conn, u32 fd, u64 offset, u32 len, u32 flags)
{
	struct transfer t = { .conn = conn, .left = min_t(u32, len, 1u << 30), .flags = flags };
	struct splice_desc sd = { .total_len = t.left, .pos = offset, .u.data = &t };
	struct file *file;
	ssize_t ret;

	if (offset > MAX_LFS_FILESIZE)
		return -EINVAL;
	if (!len)
		return 0;
	file = wasi_host_file(conn->app->ctx, fd, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!S_ISREG(file_inode(file)->i_mode))
		ret = -EINVAL;
	else if (!file->f_op->splice_read || READ_ONCE(conn->sock->sk->sk_prot) != conn->prot)
		ret = send_read(conn, file, offset, t.left, flags);
	else
		ret = splice_direct_to_actor(file, &sd, pipe_to_socket);
	fput(file);
	return ret;
}
