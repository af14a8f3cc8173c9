// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile.c - from a file to a socket, by reference to the page cache
 *
 * Two ways, in turn. The file's own, as nfsd does it: its splice_read fills the thread's internal pipe with
 * pages, after all checks (security modules, fanotify), and what it must read from a disk it reads; from
 * the pipe they are handed to TCP, and what TCP does not take is let go again. And the short one, for
 * pages behind those which are in the page cache and up to date: they are looked up, many at a time, and
 * handed to TCP. A quarter of what a page costs is spared so. It is for file systems known to give a reader of
 * the page cache nothing else than their read would; all others go the first way all the time.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>
#include <linux/swap.h>
#include <net/tcp.h>
#include "../wasi-kernel/rights.h"
#include "compat/splice.h"
#include "net.h"

/* Of the file's own way at a time, where the short one is possible: the first, and others */
#define OWN_FIRST	PAGE_SIZE
#define OWN_NEXT	(16 * PAGE_SIZE)

struct transfer {
	struct net_conn *conn;
	u32 left;		/* of the whole */
	u32 flags;		/* enum kwasm_net_send_flag */
};

static int msg_flags(const struct transfer *t, bool last)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	return last && !(t->flags & KWASM_NET_MORE) ? flags : flags | MSG_MORE;
}

/* ---- the file's own way ---- */

/* The socket is locked */
static int page_to_socket(struct pipe_inode_info *pipe, struct pipe_buffer *buf,
			  struct splice_desc *sd)
{
	struct transfer *t = sd->u.data;
	struct sock *sk = t->conn->sock->sk;
	u32 len = min_t(u32, sd->len, t->left);
	bool last = len == t->left;
	int ret;

	/* full segments go out with each pipe, so that the peer does not wait for the rest, nor get it all at once */
	ret = kwasm_tcp_send_page(sk, buf->page, buf->offset, len, msg_flags(t, last),
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

static ssize_t send_own(struct transfer *t, struct file *file, u64 offset, u32 len)
{
	struct splice_desc sd = { .total_len = len, .pos = offset, .u.data = t };

	return splice_direct_to_actor(file, &sd, pipe_to_socket);
}

/* ---- the short way ---- */

/*
 * Is a page that is up to date all there is to a file's content there? Not with network file systems,
 * which must ask first, nor where the content is another file's or none of the page cache.
 */
static bool cache_is_content(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (file->f_mapping != inode->i_mapping || IS_DAX(inode) || file->f_flags & O_DIRECT)
		return false;
	switch (inode->i_sb->s_magic) {
	case TMPFS_MAGIC:
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
		return true;
	}
	return false;
}

/* Nothing to wait for, nor to start: a page marked for readahead is to be read the file's own way */
static bool can_send(struct folio *folio)
{
	return folio_test_uptodate(folio) && !folio_test_readahead(folio) &&
	       !folio_test_large(folio) && !PageHWPoison(&folio->page);
}

/*
 * Pages from @offset on, as long as they are there. Bytes: fewer than @t->left if one is not, or the socket
 * is full (@full), or the file ends; error.
 */
static int send_cached(struct transfer *t, struct file *file, u64 offset, bool *full)
{
	struct address_space *mapping = file->f_mapping;
	struct sock *sk = t->conn->sock->sk;
	struct bio_vec pages[PAGEVEC_SIZE];
	u32 i, nr, len, in_page, sent = 0;
	struct folio_batch batch;
	pgoff_t index;
	loff_t size;
	int ret = 0;

	while (t->left) {
		index = offset >> PAGE_SHIFT;
		in_page = offset_in_page(offset);
		folio_batch_init(&batch);
		filemap_get_folios_contig(mapping, &index, (offset + t->left - 1) >> PAGE_SHIFT, &batch);
		for (nr = 0; nr < folio_batch_count(&batch) && can_send(batch.folios[nr]); nr++)
			;
		/* read after the pages were seen up to date, which is a barrier: what is behind it is no content */
		size = i_size_read(mapping->host);
		len = 0;
		for (i = 0; i < nr && len < t->left && offset + len < size; i++) {
			u32 n = min3((u64)PAGE_SIZE - in_page, (u64)t->left - len, (u64)size - offset - len);

			pages[i] = (struct bio_vec) {
				.bv_page = &batch.folios[i]->page, .bv_offset = in_page, .bv_len = n,
			};
			folio_mark_accessed(batch.folios[i]);
			len += n;
			in_page = 0;
		}
		ret = 0;
		if (len) {
			lock_sock(sk);
			ret = kwasm_tcp_send_pages(sk, pages, i, len, msg_flags(t, len == t->left));
			if (ret == -EAGAIN)
				ret = 0;
			if (ret >= 0 && ret < len) {
				net_sent_short(t->conn);
				*full = true;
			}
			release_sock(sk);
		}
		folio_batch_release(&batch);
		if (ret <= 0)
			break;
		sent += ret;
		offset += ret;
		t->left -= ret;
		if (ret < len || kwasm_should_stop(t->conn->app->ctx))
			break;
		cond_resched();
	}
	return sent ? sent : ret;
}

/* ---- both ---- */

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

/* In turn. Bytes, or error */
static ssize_t send_pages(struct transfer *t, struct file *file, u64 offset)
{
	bool cached = cache_is_content(file), full = false;
	ssize_t sent = 0, ret;
	u32 len = t->left;

	if (cached)
		len = min_t(u32, len, OWN_FIRST - offset_in_page(offset));
	for (;;) {
		ret = send_own(t, file, offset + sent, len);
		if (ret > 0)
			sent += ret;
		if (ret < (ssize_t)len || !t->left || kwasm_should_stop(t->conn->app->ctx))
			break;
		ret = send_cached(t, file, offset + sent, &full);
		if (ret > 0)
			sent += ret;
		if (ret < 0 || full || !t->left)
			break;
		len = min_t(u32, t->left, OWN_NEXT - offset_in_page(offset + sent));
	}
	return sent ? sent : ret;
}

/* Bytes; 0: the socket is full, or the file ends there; error. Sleeps. */
int net_sendfile(struct net_conn *conn, u32 fd, u64 offset, u32 len, u32 flags)
{
	struct transfer t = { .conn = conn, .left = min_t(u32, len, 1u << 30), .flags = flags };
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
		ret = send_pages(&t, file, offset);
	fput(file);
	return ret;
}
