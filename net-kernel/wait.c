// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - one call: operations done, events collected, time slept
 *
 * Sends and receives of a call are done in batches with softirqs off. On the loopback device,
 * and wherever a packet is handed on at once, its way up to the peer's socket is a softirq: so it
 * is run once for a batch, and not once for each packet. Batches are short: NET_BATCH.
 */
#include <linux/hrtimer.h>
#include <linux/sched/signal.h>
#include <net/tcp.h>
#include "net.h"

#define SLICE_MS	20	/* while a signal that does not kill is pending */
#define STOP_CHECK	64	/* operations, or connections, between two looks at whether to end */
#define ARENA_WAIT_MS	1	/* no room in it: until the network lets go of pages */

/* State of one call */
struct wait {
	struct net_app *app;
	struct kwasm_net_event *events;	/* guest memory: only written */
	u32 nr;
	u32 room;
	u32 batched;			/* since softirqs were turned off; 0: they are on */
	u32 batched_bytes;
	bool no_room;			/* in the arena */
};

/* Softirqs are off after this, but not for long at a time */
static void batch_begin(struct wait *w, u32 bytes)
{
	w->batched_bytes += bytes;
	if (w->batched && (w->batched == NET_BATCH || w->batched_bytes > NET_BATCH_BYTES)) {
		local_bh_enable();
		w->batched = 0;
		cond_resched();
	}
	if (!w->batched) {
		w->batched_bytes = bytes;
		local_bh_disable();
	}
	w->batched++;
}

static void batch_end(struct wait *w)
{
	if (w->batched)
		local_bh_enable();
	w->batched = 0;
}

static void emit(struct wait *w, const struct net_conn *conn, u16 type, u16 flags, u32 buf, u32 len,
		 u64 value)
{
	struct kwasm_net_event event = {
		.handle = conn ? conn->handle : 0, .type = type, .flags = flags,
		.data = conn ? conn->data : 0, .buf = buf, .len = len, .value = value,
	};

	memcpy(&w->events[w->nr++], &event, sizeof(event));
}

static void emit_error(struct wait *w, struct net_conn *conn, int err)
{
	emit(w, conn, KWASM_NET_ERROR, 0, 0, 0, wasi_host_errno(err));
}

/* ---- operations ---- */

static int do_send(struct wait *w, struct net_conn *conn, const struct kwasm_net_op *op)
{
	const u8 *from = kwasm_guest_ptr(w->app->ctx, op->buf, op->len);
	int ret;

	if (!from)
		return -EFAULT;
	/* never before the rest of what was to be sent earlier */
	if (unlikely(conn->want_space))
		return 0;
	if (op->len > NET_BATCH_BYTES) {
		batch_end(w);
		return net_send(conn, from, op->len, op->flags, false);
	}
	batch_begin(w, op->len);
	ret = net_send(conn, from, op->len, op->flags, true);
	if (ret == NET_AGAIN_SLOWLY) {
		batch_end(w);
		ret = net_send(conn, from, op->len, op->flags, false);
	}
	return ret;
}

/* One event at most */
static void do_op(struct wait *w, const struct kwasm_net_op *op)
{
	struct net_conn *conn;
	int ret;

	if (op->code == KWASM_NET_OP_NONE)
		return;
	conn = net_conn_find(w->app, op->handle);
	if (!conn || (conn->kind != NET_STREAM && op->code != KWASM_NET_OP_CLOSE)) {
		struct kwasm_net_event event = {
			.handle = op->handle, .type = KWASM_NET_ERROR,
			.value = wasi_host_errno(-EBADF),
		};

		memcpy(&w->events[w->nr++], &event, sizeof(event));
		return;
	}
	switch (op->code) {
	case KWASM_NET_OP_SEND:
		ret = do_send(w, conn, op);
		break;
	case KWASM_NET_OP_SENDFILE:
		batch_end(w);
		ret = conn->want_space ? 0 : net_sendfile(conn, op->buf, op->offset, op->len, op->flags);
		break;
	case KWASM_NET_OP_CLOSE:
		batch_end(w);
		net_conn_close(conn, op->flags & KWASM_NET_ABORT);
		return;
	default:
		ret = -EINVAL;
	}
	if (unlikely(ret < 0)) {
		conn->told = w->app->call;
		emit_error(w, conn, ret);
	} else if (unlikely(ret < op->len)) {
		conn->told = w->app->call;
		if (op->code == KWASM_NET_OP_SEND)
			emit(w, conn, KWASM_NET_SHORT, op->flags, op->buf + ret, op->len - ret, 0);
		else
			emit(w, conn, KWASM_NET_SHORT, op->flags, op->buf, op->len - ret,
			     op->offset + ret);
	} else if (op->flags & KWASM_NET_THEN_CLOSE) {
		batch_end(w);
		net_conn_close(conn, false);
	}
}

static int do_ops(struct wait *w, const struct kwasm_net_op *ops, u32 nr)
{
	struct kwasm_net_op op;
	u32 i;

	for (i = 0; i < nr; i++) {
		memcpy(&op, &ops[i], sizeof(op));
		barrier();	/* checked is what was read */
		do_op(w, &op);
		if (i % STOP_CHECK == STOP_CHECK - 1) {
			batch_end(w);
			if (kwasm_should_stop(w->app->ctx))
				return -EINTR;
		}
		if (!w->batched)
			cond_resched();
	}
	batch_end(w);
	return 0;
}

/* ---- events ---- */

static struct net_conn *next_ready(struct net_app *app)
{
	struct net_conn *conn;

	if (!app->todo)
		return NULL;
	conn = llist_entry(app->todo, struct net_conn, ready);
	app->todo = app->todo->next;
	clear_bit(NET_QUEUED, &conn->flags);
	/* what is found out about it now is newer than what queued it */
	smp_mb__after_atomic();
	return conn;
}

static void accept_all(struct wait *w, struct net_conn *listener)
{
	struct net_conn *conn;
	int err;

	batch_end(w);
	while (w->nr < w->room && !kwasm_should_stop(w->app->ctx)) {
		cond_resched();
		err = net_accept(listener, &conn);
		if (err == -EAGAIN)
			return;
		if (err == -ECONNABORTED)
			continue;
		if (err) {
			/* those that wait in the queue tell no more: try again by and by */
			emit_error(w, listener, err);
			listener->timed = true;
			mod_timer(&listener->timer, jiffies + HZ / 50 + 1);
			return;
		}
		emit(w, conn, KWASM_NET_ACCEPTED, 0, 0, 0, listener->handle);
		/*
		 * What has come with it, when the guest has said whose it is: not now, though the one that
		 * had its place before may still be on the list.
		 */
		conn->told = w->app->call;
		net_queue(conn);
	}
	net_queue(listener);
}

static void receive(struct wait *w, struct net_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	bool more;
	u32 addr = 0;
	u16 flags = 0;
	int n;

	if (!w->app->arena.base)
		return;
	batch_begin(w, 0);
	n = net_receive_arena(conn, true, &addr, &more);
	if (n == NET_AGAIN_SLOWLY) {
		batch_end(w);
		n = net_receive_arena(conn, false, &addr, &more);
	}
	w->batched_bytes += max(n, 0);
	if (n == -ENOBUFS) {
		w->no_room = true;
		net_queue(conn);
		return;
	}
	if (n < 0) {
		if (!conn->failed)
			emit_error(w, conn, n);
		conn->failed = true;
		return;
	}
	if (more) {
		flags = KWASM_NET_MORE_DATA;
		net_queue(conn);
	} else if (!READ_ONCE(sk->sk_err) && net_stream_ended(sk)) {
		flags = KWASM_NET_END;
		conn->ended = true;
	}
	if (n || flags)
		emit(w, conn, KWASM_NET_RECEIVED, flags, addr, n, 0);
}

/*
 * One event at most, so that a guest which ends the connection has seen the last of it: what else
 * there is to tell comes with the next call.
 */
static void look_at_stream(struct wait *w, struct net_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	int err;

	if (conn->connecting) {
		int state = READ_ONCE(sk->sk_state);

		if (!READ_ONCE(sk->sk_err) && state != TCP_CLOSE) {
			if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
				return;
			conn->connecting = false;
			emit(w, conn, KWASM_NET_CONNECTED, 0, 0, 0, 0);
			net_queue(conn);
			return;
		}
	}
	if (conn->want_space && sk_stream_is_writeable(sk)) {
		conn->want_space = false;
		emit(w, conn, KWASM_NET_WRITABLE, 0, 0, 0, 0);
		net_queue(conn);
		return;
	}
	if (!conn->ended && !conn->failed && !conn->connecting) {
		u32 nr = w->nr;

		if (conn->receive == KWASM_NET_RECEIVE_DATA)
			receive(w, conn);
		else if (conn->receive == KWASM_NET_RECEIVE_READY &&
			 (tcp_inq(sk) > 0 || net_stream_ended(sk)))
			emit(w, conn, KWASM_NET_READABLE, 0, 0, 0, 0);
		if (likely(w->nr != nr)) {
			if (unlikely(READ_ONCE(sk->sk_err)))
				net_queue(conn);
			return;
		}
	}
	if (unlikely(READ_ONCE(sk->sk_err)) && !conn->failed) {
		err = sock_error(sk);
		conn->failed = true;
		if (err)
			emit_error(w, conn, err);
	} else if (unlikely(conn->connecting) && !conn->failed) {
		conn->failed = true;
		emit_error(w, conn, -ECONNABORTED);
	}
}

static void look_at_mailbox(struct wait *w)
{
	struct net_app *app = w->app;
	u64 value;
	u32 from;

	spin_lock(&app->messages_lock);
	while (app->nr_messages && w->nr < w->room) {
		value = app->messages[app->message_head];
		from = app->senders[app->message_head];
		app->message_head = (app->message_head + 1) % NET_MESSAGES;
		app->nr_messages--;
		emit(w, NULL, KWASM_NET_MESSAGE, 0, 0, from, value);
	}
	if (app->nr_messages)
		net_queue(&app->mailbox);
	spin_unlock(&app->messages_lock);
}

static void look_at(struct wait *w, struct net_conn *conn)
{
	/* Just accepted, or an operation was cut short: first the guest is to know, and to say what it wants. */
	if (unlikely(conn->told == w->app->call) && conn->kind == NET_STREAM) {
		net_queue(conn);
		return;
	}
	/* a timer that was set anew meanwhile has not gone off */
	if (test_bit(NET_TIMED_OUT, &conn->flags) && test_and_clear_bit(NET_TIMED_OUT, &conn->flags) &&
	    !timer_pending(&conn->timer) && (conn->kind == NET_STREAM || conn->kind == NET_TIMER)) {
		emit(w, conn, KWASM_NET_TIMEOUT, 0, 0, 0, 0);
		if (conn->kind == NET_STREAM)
			net_queue(conn);
		return;
	}
	switch (conn->kind) {
	case NET_LISTENER:
		accept_all(w, conn);
		break;
	case NET_STREAM:
		look_at_stream(w, conn);
		break;
	case NET_MAILBOX:
		look_at_mailbox(w);
		break;
	}
}

/*
 * Each connection is looked at once: one that has more to tell is queued again, behind the
 * others. So a guest that, say, stops receiving has its say before it gets more.
 */
static void collect(struct wait *w)
{
	struct net_app *app = w->app;
	struct net_conn *conn;
	u32 nr = 0;

	w->no_room = false;
	if (!app->todo && !llist_empty(&app->ready))
		app->todo = llist_reverse_order(llist_del_all(&app->ready));
	while (w->nr < w->room && !w->no_room) {
		conn = next_ready(w->app);
		if (!conn)
			break;
		look_at(w, conn);
		if (++nr % STOP_CHECK == 0 && kwasm_should_stop(app->ctx))
			break;
	}
	batch_end(w);
}

/*
 * Until something is ready, or @end. -EINTR: the call must end. Interruptible, so that kill gets
 * through; a signal that does not kill, and stays pending, would end every sleep at once.
 */
static int sleep(struct wait *w, ktime_t end, bool forever)
{
	struct net_app *app = w->app;
	ktime_t slice;
	int err = 0;

	rcu_assign_pointer(app->waiter.task, current);
	for (;;) {
		bool sliced = signal_pending(current) || w->no_room;

		set_current_state(signal_pending(current) ? TASK_KILLABLE : TASK_INTERRUPTIBLE);
		if (kwasm_should_stop(app->ctx)) {
			err = -EINTR;
			break;
		}
		if (!w->no_room && (app->todo || !llist_empty(&app->ready)))
			break;
		if (!forever && ktime_compare(ktime_get(), end) >= 0)
			break;
		slice = end;
		if (sliced) {
			slice = ktime_add_ms(ktime_get(), w->no_room ? ARENA_WAIT_MS : SLICE_MS);
			if (!forever && ktime_before(end, slice))
				slice = end;
		}
		if (forever && !sliced)
			schedule();
		else
			schedule_hrtimeout(&slice, HRTIMER_MODE_ABS);
		if (w->no_room)
			break;
	}
	__set_current_state(TASK_RUNNING);
	rcu_assign_pointer(app->waiter.task, NULL);
	return err;
}

/**
 * net_wait() - Do operations, wait for events
 * @app: state
 * @ops: guest memory, checked
 * @nr_ops: number
 * @events: guest memory, checked
 * @room: number, at least @nr_ops + KWASM_NET_EVENTS_SPARE
 * @timeout: ns; negative: none
 *
 * Context: Process context, sleeps.
 * Return: number of events; 0: time is over; -EINTR: the call must end.
 */
int net_wait(struct net_app *app, const struct kwasm_net_op *ops, u32 nr_ops,
	     struct kwasm_net_event *events, u32 room, s64 timeout)
{
	struct wait w = { .app = app, .events = events, .room = room - KWASM_NET_EVENTS_SPARE };
	bool forever = timeout < 0;
	ktime_t end = 0;
	int err;

	if (timeout > 0)
		end = ktime_add_safe(ktime_get(), ns_to_ktime(timeout));
	app->call++;
	err = do_ops(&w, ops, nr_ops);
	if (err)
		return err;
	net_arena_next(&app->arena);
	for (;;) {
		collect(&w);
		if (kwasm_should_stop(app->ctx))
			return -EINTR;
		if (w.nr || !timeout)
			return w.nr;
		if (!forever && ktime_compare(ktime_get(), end) >= 0)
			return 0;
		err = sleep(&w, end, forever);
		if (err)
			return err;
	}
}
