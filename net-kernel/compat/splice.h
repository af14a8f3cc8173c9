/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/splice.h - sending pages by reference
 *
 * 6.5 replaced sendpage by sendmsg with MSG_SPLICE_PAGES ("tcp: Support MSG_SPLICE_PAGES").
 * Delete the rest when 6.1 goes.
 */
#ifndef NET_COMPAT_SPLICE_H
#define NET_COMPAT_SPLICE_H

#include <linux/bvec.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/tcp.h>

/*
 * Send a part of a page, of a locked TCP socket. @last: the last of several, so that the packet
 * is made. Bytes, -EAGAIN, ...
 */
static inline int kwasm_tcp_send_page(struct sock *sk, struct page *page, u32 offset, u32 len,
				      int flags, bool last)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES | (last ? 0 : MSG_MORE) };
	struct bio_vec bvec;

	bvec_set_page(&bvec, page, len, offset);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, len);
	return tcp_sendmsg_locked(sk, &msg, len);
#else
	return tcp_sendpage_locked(sk, page, offset, len,
				   flags | (last ? 0 : MSG_SENDPAGE_NOTLAST | MSG_MORE));
#endif
}

/* The same of several, @len bytes together, with one packet's worth after another */
static inline int kwasm_tcp_send_pages(struct sock *sk, struct bio_vec *pages, u32 nr, u32 len,
				       int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, pages, nr, len);
	return tcp_sendmsg_locked(sk, &msg, len);
#else
	int ret, sent = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		ret = kwasm_tcp_send_page(sk, pages[i].bv_page, pages[i].bv_offset, pages[i].bv_len,
					  flags, i == nr - 1);
		if (ret < 0)
			return sent ? sent : ret;
		sent += ret;
		if (ret < pages[i].bv_len)
			break;
	}
	return sent;
#endif
}

#endif /* NET_COMPAT_SPLICE_H */
