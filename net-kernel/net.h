/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP by events, inside the kernel: what the files share
 *
 *	calls.c		the exported functions; include/kwasm_net.h says what they do
 *	wait.c		begin reading here: kwasm_net_wait()
 *	socket.c	sockets and their callbacks
 *	io.c, arena.c, sendfile.c	data
 *	app.c		the state of an instance
 *
 * How an event travels. The kernel's TCP calls sk_data_ready, sk_write_space or sk_state_change
 * of a socket, mostly in softirq. They are ours: they put the connection on its instance's list
 * of what is ready, unless it is there (NET_QUEUED), and wake the instance if the list was empty.
 * The instance's thread takes the whole list and looks at each connection's true state. So
 * a callback too many is harmless, and nothing scans connections that are silent.
 *
 * At most one thread is inside an instance (its store's mutex): everything in struct net_app and
 * struct net_conn is that thread's alone, but for what is marked with (*).
 *
 * Connections are not freed before the instance is: a callback that comes late finds one that
 * is unused, or used anew, and only makes the thread look at it once more. A grace period before
 * they are freed does the rest.
 *
 * The socket lock. Nobody but the instance's thread uses its sockets, so it is free but for moments
 * in which softirqs have it, and holding its spinlock with softirqs off is enough: see net_lock().
 */
#ifndef NET_H
#define NET_H

#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rcuwait.h>
#include <linux/timer.h>
#include <net/sock.h>
#include "kwasm.h"
#include "kwasm_net.h"

#define NET_CONNS_MAX		(1u << 20)	/* of an instance; a handle's low bits */
#define NET_GENERATIONS		(1u << 11)	/* a handle is positive */
#define NET_CHUNK		256u		/* connections allocated at a time */
#define NET_MESSAGES		1024u
#define NET_EVENTS_MAX		65536u
/* Softirqs are off for the time of this many sends, or bytes, at most */
#define NET_BATCH		16u
#define NET_BATCH_BYTES		(128u << 10)

enum net_kind {
	NET_FREE,
	NET_LISTENER,
	NET_STREAM,
	NET_TIMER,
	NET_MAILBOX,
};

enum net_flag {
	NET_QUEUED,		/* is on the list, or will be looked at */
	NET_TIMED_OUT,		/* its timer has gone off */
};

struct net_conn {
	struct llist_node ready;	/* (*) in app->ready, then in app->todo */
	unsigned long flags;		/* (*) bits of enum net_flag */
	struct net_app *app;
	struct socket *sock;
	const struct proto *prot;	/* as the socket was made with */
	struct timer_list timer;
	u64 data;			/* the guest's */
	u32 handle;
	u8 kind;
	u8 receive;			/* enum kwasm_net_receive */
	bool timed;			/* the timer was ever set */
	bool connecting;
	bool want_space;		/* WRITABLE is to follow */
	bool ended;			/* the peer's end was told */
	bool failed;			/* its error was told */
	u32 nr_in_flight;		/* pages of the arena that were sent by reference */
	u32 told;			/* app->call when it was accepted, or an operation cut short */
	struct net_conn *next_free;
};

/*
 * The arena is a ring. Positions grow forever; modulo its size they are places in it. What
 * the last call of wait handed out begins at @keep, what this one does at @start.
 */
struct net_arena {
	u8 *base;
	u32 addr;			/* guest address of @base */
	u32 size;			/* multiple of PAGE_SIZE */
	u32 most;			/* bytes per event */
	u64 pos;
	u64 start;
	u64 keep;
	unsigned long *in_flight;	/* by page: was sent from without a copy, and not seen free since */
	u32 *senders;			/* by page that is in flight: who sent it, a handle */
	u32 nr_in_flight;
	u64 looked;			/* @pos when all of them were looked at */
};

/* Callbacks that our sockets were made with */
struct net_callbacks {
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

struct net_app {
	void *ctx;			/* of the call under way */
	u32 call;			/* counts the calls of wait */
	struct kwasm_instance *instance;
	struct list_head node;		/* in net_apps, under net_apps_lock */
	struct llist_head ready;	/* (*) newest first */
	struct rcuwait waiter;		/* (*) its thread, while it sleeps */
	struct llist_node *todo;	/* taken from @ready, oldest first */
	struct net_arena arena;
	struct net_callbacks saved;
	struct page_frag frag;		/* lent to the socket that sends; see net_send_copy() */
	struct net_conn **chunks;	/* NET_CHUNK each */
	u32 nr_conns;			/* made, used or not */
	u32 nr_used;
	struct net_conn *free;
	struct net_conn mailbox;
	spinlock_t messages_lock;
	u64 messages[NET_MESSAGES];	/* (*) under messages_lock, as are the next three */
	u32 senders[NET_MESSAGES];
	u32 message_head;
	u32 nr_messages;
};

/* ---- app.c ---- */

struct net_app *net_app_create(void *ctx);
struct net_conn *net_conn_alloc(struct net_app *app, enum net_kind kind, u64 data);
struct net_conn *net_conn_find(struct net_app *app, u32 handle);
void net_conn_free(struct net_conn *conn);	/* its socket is gone */
int net_timer_set(struct net_conn *conn, u64 ns);
int net_post(struct net_app *app, u32 index, u64 value);

/* Any context */
static inline void net_queue(struct net_conn *conn)
{
	if (test_and_set_bit(NET_QUEUED, &conn->flags))
		return;
	if (llist_add(&conn->ready, &conn->app->ready))
		rcuwait_wake_up(&conn->app->waiter);
}

/* ---- socket.c ---- */

int net_listen(struct net_app *app, const struct kwasm_net_address *address, u32 backlog,
	       u32 flags, u64 data);
int net_connect(struct net_app *app, const struct kwasm_net_address *address, u64 data);
int net_accept(struct net_conn *listener, struct net_conn **conn);
void net_conn_close(struct net_conn *conn, bool abort);
int net_address_get(struct net_conn *conn, bool peer, struct kwasm_net_address *address);

/* ---- wait.c ---- */

int net_wait(struct net_app *app, const struct kwasm_net_op *ops, u32 nr_ops,
	     struct kwasm_net_event *events, u32 room, s64 timeout);

/* ---- io.c ---- */

/*
 * Lock a socket. Softirqs are off already in a batch (@batch), where one cannot sleep: false, if
 * somebody has it; the caller then leaves the batch and tries again. For more than NET_BATCH_BYTES (@len)
 * it is owned, and softirqs stay on.
 */
static inline bool net_lock(struct sock *sk, u32 len, bool batch, bool *slow)
{
	*slow = false;
	if (!batch && len > NET_BATCH_BYTES) {
		lock_sock(sk);
		*slow = true;
		return true;
	}
	if (!batch) {
		*slow = lock_sock_fast(sk);
		return true;
	}
	bh_lock_sock(sk);
	if (likely(!sock_owned_by_user_nocheck(sk)))
		return true;
	bh_unlock_sock(sk);
	return false;
}

static inline void net_unlock(struct sock *sk, bool batch, bool slow)
{
	if (batch)
		bh_unlock_sock(sk);
	else
		unlock_sock_fast(sk, slow);
}

#define NET_AGAIN_SLOWLY	(-ERESTART)	/* of the functions below, if @batch */

int net_send(struct net_conn *conn, const u8 *from, u32 len, u32 flags, bool batch);
int net_receive(struct net_conn *conn, u8 *to, u32 len, bool batch);
int net_receive_arena(struct net_conn *conn, bool batch, u32 *addr, bool *more);
bool net_stream_ended(const struct sock *sk);
int net_send_pages(struct sock *sk, struct page *page, u32 offset, u32 len, int msg_flags);
void net_sent_short(struct net_conn *conn);

/* ---- arena.c ---- */

int net_arena_init(struct net_app *app, u32 addr, u32 size, u32 most);
void net_arena_exit(struct net_arena *arena);
void net_arena_next(struct net_arena *arena);
u8 *net_arena_reserve(struct net_arena *arena, u32 *len);
void net_arena_commit(struct net_arena *arena, const u8 *at, u32 len);
bool net_arena_may_send(struct net_arena *arena, const struct net_conn *conn, u32 len);
void net_arena_sent(struct net_arena *arena, struct net_conn *conn, const u8 *at, u32 len);

static inline bool net_arena_has(const struct net_arena *arena, const u8 *at, u32 len)
{
	return arena->base && at >= arena->base && at + len <= arena->base + arena->size;
}

/* ---- sendfile.c ---- */

int net_sendfile(struct net_conn *conn, u32 fd, u64 offset, u32 len, u32 flags);

/* ---- of kwasm_wasi.ko, host.c there ---- */

struct file *wasi_host_file(void *ctx, u32 fd, u64 rights);
u32 wasi_host_errno(long err);

#endif /* NET_H */
