// SPDX-License-Identifier: GPL-2.0
/*
 * io.c - bytes between TCP sockets and linear memory
 *
 * Copied once, straight between the socket's buffers and the guest's memory; or not at all:
 * large sends from the arena, and whatever the guest says, refer to the guest's pages.
 *
 * A socket whose operations somebody else has replaced (BPF's sockmap, kernel TLS) is used the
 * slow way, by them.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <net/tcp.h>
#include "compat/splice.h"
#include "net.h"

#define SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)
/* By reference from here on: below, taking a page and giving it back costs more than copying */
#define NO_COPY_MIN	8192u

static bool is_plain(const struct net_conn *conn)
{
	return likely(READ_ONCE(conn->sock->sk->sk_prot) == conn->prot);
}

/*
 * A socket keeps the rest of the pages that it copies into, 32 KiB of them. Ten thousand that
 * have sent once would hold 320 MB. So it is lent the app's, for as long as it is locked.
 */
static int send_copy(struct net_conn *conn, const u8 *from, u32 len, int flags)
{
	struct kvec vec = { .iov_base = (void *)from, .iov_len = len };
	struct msghdr msg = { .msg_flags = flags };
	struct sock *sk = conn->sock->sk;
	int ret;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	swap(sk->sk_frag, conn->app->frag);
	ret = tcp_sendmsg_locked(sk, &msg, len);
	swap(sk->sk_frag, conn->app->frag);
	return ret;
}

static int send_pages(struct net_conn *conn, const u8 *from, u32 len, int flags)
{
	struct sock *sk = conn->sock->sk;
	u32 sent = 0, part;
	int ret;

	while (sent < len) {
		part = min_t(u32, len - sent, PAGE_SIZE - offset_in_page(from + sent));
		ret = kwasm_tcp_send_page(sk, vmalloc_to_page(from + sent),
					  offset_in_page(from + sent), part, flags,
					  sent + part == len);
		if (ret <= 0)
			return sent ? sent : ret;
		sent += ret;
	}
	return sent;
}

/* The socket's buffer is full: the kernel shall tell when there is room. The socket is locked. */
void net_sent_short(struct net_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	conn->want_space = true;
	set_bit(SOCK_NOSPACE, &conn->sock->flags);
	/* it was memory that lacked, and nothing is under way whose end would tell */
	if (tcp_rtx_and_write_queues_empty(sk))
		net_queue(conn);
}

/**
 * net_send() - Send from linear memory
 * @conn: a stream
 * @from: checked
 * @len: bytes
 * @flags: enum kwasm_net_send_flag
 * @batch: softirqs are off
 *
 * Return: bytes taken, fewer than @len if the socket is full; -EPIPE, -ECONNRESET ...;
 * NET_AGAIN_SLOWLY.
 */
int net_send(struct net_conn *conn, const u8 *from, u32 len, u32 flags, bool batch)
{
	int msg_flags = SEND_FLAGS | (flags & KWASM_NET_MORE ? MSG_MORE : 0), ret;
	struct net_arena *arena = &conn->app->arena;
	struct sock *sk = conn->sock->sk;
	bool slow;

	if (!len)
		return 0;
	len = min_t(u32, len, 1u << 30);
	if (!is_plain(conn)) {
		struct kvec vec = { .iov_base = (void *)from, .iov_len = len };
		struct msghdr msg = { .msg_flags = msg_flags };

		if (batch)
			return NET_AGAIN_SLOWLY;
		ret = kernel_sendmsg(conn->sock, &msg, &vec, 1, len);
		if (ret == -EAGAIN)
			ret = 0;
		if (ret >= 0 && ret < len) {
			lock_sock(sk);
			net_sent_short(conn);
			release_sock(sk);
		}
		return ret;
	}
	if (!net_lock(sk, len, batch, &slow))
		return NET_AGAIN_SLOWLY;
	if (len < NO_COPY_MIN) {
		ret = send_copy(conn, from, len, msg_flags);
	} else if (net_arena_has(arena, from, len)) {
		if (net_arena_may_send(arena, conn, len)) {
			ret = send_pages(conn, from, len, msg_flags);
			if (ret > 0)
				net_arena_sent(arena, conn, from, ret);
		} else {
			ret = send_copy(conn, from, len, msg_flags);
		}
	} else if (flags & KWASM_NET_NO_COPY) {
		ret = send_pages(conn, from, len, msg_flags);
	} else {
		ret = send_copy(conn, from, len, msg_flags);
	}
	if (ret == -EAGAIN)
		ret = 0;
	if (unlikely(ret >= 0 && ret < len))
		net_sent_short(conn);
	net_unlock(sk, batch, slow);
	return ret;
}

static int copy_out(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset, size_t len)
{
	len = min(len, desc->count);
	if (skb_copy_bits(skb, offset, desc->arg.data, len))
		return -EFAULT;
	desc->arg.data += len;
	desc->count -= len;
	return len;
}

/* Locked; @len > 0 */
static int receive_locked(struct sock *sk, u8 *to, u32 len)
{
	read_descriptor_t desc = { .arg.data = to, .count = len };

	return tcp_read_sock(sk, &desc, copy_out);
}

static int receive_slowly(struct net_conn *conn, u8 *to, u32 len)
{
	struct kvec vec = { .iov_base = to, .iov_len = len };
	struct msghdr msg = {};
	int ret = kernel_recvmsg(conn->sock, &msg, &vec, 1, len, MSG_DONTWAIT);

	return ret == -EAGAIN ? 0 : ret;
}

/* The peer sends no more, and all of it was taken */
bool net_stream_ended(const struct sock *sk)
{
	if (!(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) && READ_ONCE(sk->sk_state) != TCP_CLOSE)
		return false;
	smp_rmb();	/* the end comes after the last byte */
	return tcp_inq((struct sock *)sk) <= 0;
}

/* Bytes; 0: none (see net_stream_ended()); error */
int net_receive(struct net_conn *conn, u8 *to, u32 len, bool batch)
{
	struct sock *sk = conn->sock->sk;
	bool slow;
	int ret;

	if (!len)
		return 0;
	if (!is_plain(conn))
		return batch ? NET_AGAIN_SLOWLY : receive_slowly(conn, to, len);
	if (!net_lock(sk, len, batch, &slow))
		return NET_AGAIN_SLOWLY;
	ret = receive_locked(sk, to, len);
	net_unlock(sk, batch, slow);
	return ret;
}

/**
 * net_receive_arena() - Receive what there is, into the arena
 * @conn: a stream
 * @batch: softirqs are off
 * @addr: set: guest address
 * @more: set: something was left
 *
 * Return: bytes; 0: nothing there; -ENOBUFS: no room in the arena; NET_AGAIN_SLOWLY; error.
 */
int net_receive_arena(struct net_conn *conn, bool batch, u32 *addr, bool *more)
{
	struct net_arena *arena = &conn->app->arena;
	struct sock *sk = conn->sock->sk;
	bool slow = false;
	u32 there, len;
	u8 *to;
	int ret;

	*more = false;
	if (!is_plain(conn)) {
		if (batch)
			return NET_AGAIN_SLOWLY;
		len = arena->most;
		to = net_arena_reserve(arena, &len);
		if (!to)
			return -ENOBUFS;
		ret = receive_slowly(conn, to, len);
		*more = ret == len;
		goto out;
	}
	if (!net_lock(sk, 0, batch, &slow))
		return NET_AGAIN_SLOWLY;
	ret = -ENOBUFS;
	there = tcp_inq(sk);
	if (!there) {
		ret = 0;
	} else {
		len = min3(there, arena->most, NET_BATCH_BYTES);
		to = net_arena_reserve(arena, &len);
		*more = there > len;
		if (to)
			ret = receive_locked(sk, to, len);
	}
	net_unlock(sk, batch, slow);
out:
	if (ret > 0) {
		net_arena_commit(arena, to, ret);
		*addr = arena->addr + (to - arena->base);
	}
	return ret;
}
