// SPDX-License-Identifier: GPL-2.0
/*
 * app.c - the state of an instance: handles, timers, messages
 */
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "compat/timer.h"
#include "net.h"

#define INDEX_BITS	20

static LIST_HEAD(net_apps);
static DEFINE_MUTEX(net_apps_lock);

static void destroy(void *private)
{
	struct net_app *app = private;
	u32 i;

	mutex_lock(&net_apps_lock);
	list_del(&app->node);
	mutex_unlock(&net_apps_lock);
	for (i = 0; i < app->nr_conns; i++) {
		struct net_conn *conn = &app->chunks[i / NET_CHUNK][i % NET_CHUNK];

		if (conn->kind != NET_FREE)
			net_conn_close(conn, false);
		if (i % 64 == 63)
			cond_resched();
	}
	/* callbacks that have read sk_user_data are over after this */
	if (app->nr_conns)
		synchronize_rcu_expedited();
	for (i = 0; i < DIV_ROUND_UP(app->nr_conns, NET_CHUNK); i++)
		kvfree(app->chunks[i]);
	kvfree(app->chunks);
	net_arena_exit(&app->arena);
	if (app->frag.page)
		put_page(app->frag.page);
	kvfree(app);
}

static void timed_out(struct timer_list *timer)
{
	struct net_conn *conn = from_timer(conn, timer, timer);

	set_bit(NET_TIMED_OUT, &conn->flags);
	/* the bit is seen by whoever clears NET_QUEUED after it was set already */
	smp_mb__after_atomic();
	net_queue(conn);
}

static void conn_init(struct net_app *app, struct net_conn *conn, enum net_kind kind)
{
	conn->app = app;
	conn->kind = kind;
	timer_setup(&conn->timer, timed_out, 0);
}

/* The first call of an instance makes it; -ENOMEM */
struct net_app *net_app_create(void *ctx)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct net_app *app;

	/* what is sent is looked up with softirqs off */
	if (!kwasm_guest_complete(ctx))
		return ERR_PTR(-ENOMEM);
	app = kvzalloc(sizeof(*app), GFP_KERNEL_ACCOUNT);
	if (!app)
		return ERR_PTR(-ENOMEM);
	app->chunks = kvcalloc(NET_CONNS_MAX / NET_CHUNK, sizeof(*app->chunks), GFP_KERNEL_ACCOUNT);
	if (!app->chunks) {
		kvfree(app);
		return ERR_PTR(-ENOMEM);
	}
	app->ctx = ctx;
	app->instance = instance;
	init_llist_head(&app->ready);
	rcuwait_init(&app->waiter);
	spin_lock_init(&app->messages_lock);
	conn_init(app, &app->mailbox, NET_MAILBOX);
	mutex_lock(&net_apps_lock);
	list_add_tail(&app->node, &net_apps);
	mutex_unlock(&net_apps_lock);
	kwasm_instance_set_private(instance, KWASM_PRIVATE_NET, app, destroy);
	return app;
}

static int add_chunk(struct net_app *app)
{
	struct net_conn *chunk;
	u32 i;

	if (app->nr_conns >= NET_CONNS_MAX)
		return -EMFILE;
	chunk = kvcalloc(NET_CHUNK, sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	app->chunks[app->nr_conns / NET_CHUNK] = chunk;
	for (i = NET_CHUNK; i-- > 0;) {
		conn_init(app, &chunk[i], NET_FREE);
		chunk[i].handle = 1u << INDEX_BITS | (app->nr_conns + i);
		chunk[i].next_free = app->free;
		app->free = &chunk[i];
	}
	app->nr_conns += NET_CHUNK;
	return 0;
}

struct net_conn *net_conn_alloc(struct net_app *app, enum net_kind kind, u64 data)
{
	struct net_conn *conn;
	int err;

	if (!app->free) {
		err = add_chunk(app);
		if (err)
			return ERR_PTR(err);
	}
	conn = app->free;
	app->free = conn->next_free;
	app->nr_used++;
	conn->kind = kind;
	conn->data = data;
	conn->sock = NULL;
	conn->receive = KWASM_NET_RECEIVE_DATA;
	conn->timed = conn->connecting = conn->want_space = conn->ended = conn->failed = false;
	conn->told = app->call - 1;
	conn->nr_in_flight = 0;
	clear_bit(NET_TIMED_OUT, &conn->flags);
	return conn;
}

struct net_conn *net_conn_find(struct net_app *app, u32 handle)
{
	u32 i = handle & (NET_CONNS_MAX - 1);
	struct net_conn *conn;

	if (i >= app->nr_conns)
		return NULL;
	i = array_index_nospec(i, app->nr_conns);
	conn = &app->chunks[i / NET_CHUNK][i % NET_CHUNK];
	return conn->handle == handle && conn->kind != NET_FREE ? conn : NULL;
}

void net_conn_free(struct net_conn *conn)
{
	struct net_app *app = conn->app;
	u32 generation = conn->handle >> INDEX_BITS;

	if (conn->timed)
		kwasm_timer_delete_sync(&conn->timer);
	generation = generation + 1 < NET_GENERATIONS ? generation + 1 : 1;
	conn->handle = generation << INDEX_BITS | (conn->handle & (NET_CONNS_MAX - 1));
	conn->kind = NET_FREE;
	conn->next_free = app->free;
	app->free = conn;
	app->nr_used--;
}

/* ns from now; 0: never */
int net_timer_set(struct net_conn *conn, u64 ns)
{
	if (!ns) {
		if (conn->timed)
			kwasm_timer_delete_sync(&conn->timer);
		clear_bit(NET_TIMED_OUT, &conn->flags);
		return 0;
	}
	conn->timed = true;
	/* one more, since this one has begun already */
	mod_timer(&conn->timer, jiffies + 1 + nsecs_to_jiffies(min_t(u64, ns, 1ull << 60)));
	return 0;
}

/* 0, -ENOENT, -EAGAIN */
int net_post(struct net_app *from, u32 index, u64 value)
{
	const struct kwasm_instance *me = from->instance;
	struct net_app *app;
	int err = -ENOENT;

	mutex_lock(&net_apps_lock);
	list_for_each_entry(app, &net_apps, node) {
		if (app != from && (!me->group || app->instance->group != me->group))
			continue;
		if (app->instance->index != index)
			continue;
		spin_lock(&app->messages_lock);
		err = -EAGAIN;
		if (app->nr_messages < NET_MESSAGES) {
			u32 i = (app->message_head + app->nr_messages++) % NET_MESSAGES;

			app->messages[i] = value;
			app->senders[i] = me->index;
			err = 0;
		}
		spin_unlock(&app->messages_lock);
		if (!err)
			net_queue(&app->mailbox);
		break;
	}
	mutex_unlock(&net_apps_lock);
	return err;
}
