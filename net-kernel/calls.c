// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - the calls of kwasm_net as generated code sees them
 *
 * Each checks what the guest gives it, once, and calls what does it. Negative results are
 * wasi-libc's error numbers. What they do is said in include/kwasm_net.h; that
 * their parameters are those of kwasm_net_calls.h, from which the compiler works, is checked
 * when this is compiled.
 */
#include <linux/module.h>
#include <net/tcp.h>
#include "net.h"

/* The calling instance's state; the FPU region is left */
static struct net_app *begin(void *ctx)
{
	struct net_app *app;

	if (kwasm_context(ctx) == KWASM_CONTEXT_ATOMIC)
		return ERR_PTR(-EOPNOTSUPP);
	kwasm_fpu_leave(ctx);
	app = kwasm_instance_private(kwasm_ctx_instance(ctx), KWASM_PRIVATE_NET);
	if (unlikely(!app))
		app = net_app_create(ctx);
	if (!IS_ERR(app))
		app->ctx = ctx;
	return app;
}

static u32 end(void *ctx, int ret)
{
	if (kwasm_context(ctx) != KWASM_CONTEXT_ATOMIC)
		kwasm_fpu_enter(ctx);
	if (ret >= 0)
		return ret;
	if (ret == -EINTR && kwasm_should_stop(ctx))
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
	return -wasi_host_errno(ret);
}

#define i u32
#define I u64

/* CALL(name, signature, parameters, arguments of do_<name>) */
#define CALL(name, signature, params, args)						\
	static const char signature_##name[] __maybe_unused = signature;			\
	u32 kwasm_net_##name params;							\
	u32 kwasm_net_##name params							\
	{										\
		struct net_app *app = begin(ctx);					\
											\
		return end(ctx, IS_ERR(app) ? PTR_ERR(app) : do_##name args);		\
	}										\
	EXPORT_SYMBOL_GPL(kwasm_net_##name)

static int do_setup(struct net_app *app, u32 arena, u32 size, u32 most)
{
	return net_arena_init(app, arena, size, most);
}

static int get_address(struct net_app *app, u32 addr, struct kwasm_net_address *address)
{
	const void *from = kwasm_guest_ptr(app->ctx, addr, sizeof(*address));

	if (!from)
		return -EFAULT;
	memcpy(address, from, sizeof(*address));
	barrier();
	return 0;
}

static int do_listen(struct net_app *app, u32 addr, u32 backlog, u32 flags, u64 data)
{
	struct kwasm_net_address address;
	int err = get_address(app, addr, &address);

	if (err)
		return err;
	if (flags & ~(KWASM_NET_SHARE_PORT | KWASM_NET_IPV6_ONLY) || !app->arena.base)
		return -EINVAL;
	return net_listen(app, &address, backlog, flags, data);
}

static int do_connect(struct net_app *app, u32 addr, u32 flags, u64 data)
{
	struct kwasm_net_address address;
	int err = get_address(app, addr, &address);

	if (err)
		return err;
	if (flags || !app->arena.base)
		return -EINVAL;
	return net_connect(app, &address, data);
}

static int do_timer(struct net_app *app, u64 data)
{
	struct net_conn *conn = net_conn_alloc(app, NET_TIMER, data);

	return IS_ERR(conn) ? PTR_ERR(conn) : conn->handle;
}

static int do_wait(struct net_app *app, u32 ops, u32 nr_ops, u32 events, u32 room, u64 timeout)
{
	const struct kwasm_net_op *from;
	struct kwasm_net_event *to;

	if (room > NET_EVENTS_MAX || room < 2 * KWASM_NET_EVENTS_SPARE ||
	    nr_ops > room - KWASM_NET_EVENTS_SPARE)
		return -EINVAL;
	from = kwasm_guest_ptr(app->ctx, ops, (u64)nr_ops * sizeof(*from));
	to = kwasm_guest_ptr(app->ctx, events, (u64)room * sizeof(*to));
	if (!from || !to)
		return -EFAULT;
	return net_wait(app, from, nr_ops, to, room, timeout);
}

static struct net_conn *get_stream(struct net_app *app, u32 handle)
{
	struct net_conn *conn = net_conn_find(app, handle);

	return conn && conn->kind == NET_STREAM ? conn : NULL;
}

static int do_send(struct net_app *app, u32 handle, u32 buf, u32 len, u32 flags)
{
	struct net_conn *conn = get_stream(app, handle);
	const u8 *from = kwasm_guest_ptr(app->ctx, buf, len);

	if (!conn)
		return -EBADF;
	if (!from)
		return -EFAULT;
	return net_send(conn, from, len, flags, false);
}

static int do_recv(struct net_app *app, u32 handle, u32 buf, u32 len)
{
	struct net_conn *conn = get_stream(app, handle);
	u8 *to = kwasm_guest_ptr(app->ctx, buf, len);
	int ret;

	if (!conn)
		return -EBADF;
	if (!to)
		return -EFAULT;
	len = min_t(u32, len, 1u << 30);
	ret = net_receive(conn, to, len, false);
	if (!ret && len && !net_stream_ended(conn->sock->sk))
		ret = -EAGAIN;
	return ret;
}

static int do_sendfile(struct net_app *app, u32 handle, u32 fd, u64 offset, u32 len, u32 flags)
{
	struct net_conn *conn = get_stream(app, handle);

	return conn ? net_sendfile(conn, fd, offset, len, flags) : -EBADF;
}

static int do_set(struct net_app *app, u32 handle, u32 option, u64 value)
{
	struct net_conn *conn = net_conn_find(app, handle);
	int on;

	if (!conn)
		return -EBADF;
	switch (option) {
	case KWASM_NET_DATA:
		conn->data = value;
		return 0;
	case KWASM_NET_TIMER:
		return conn->kind == NET_LISTENER ? -EINVAL : net_timer_set(conn, value);
	}
	if (conn->kind != NET_STREAM)
		return -EINVAL;
	switch (option) {
	case KWASM_NET_RECEIVE:
		if (value > KWASM_NET_RECEIVE_READY)
			return -EINVAL;
		conn->receive = value;
		net_queue(conn);	/* what has come meanwhile */
		return 0;
	case KWASM_NET_NO_DELAY:
		if (value > 1)
			return -EINVAL;
		on = value;
		return conn->sock->ops->setsockopt(conn->sock, SOL_TCP, TCP_NODELAY,
						   KERNEL_SOCKPTR(&on), sizeof(on));
	case KWASM_NET_SHUTDOWN:
		return kernel_sock_shutdown(conn->sock, SHUT_WR);
	}
	return -EINVAL;
}

static int do_close(struct net_app *app, u32 handle, u32 flags)
{
	struct net_conn *conn = net_conn_find(app, handle);

	if (!conn)
		return -EBADF;
	net_conn_close(conn, flags & KWASM_NET_ABORT);
	return 0;
}

static int do_address(struct net_app *app, u32 handle, u32 whose, u32 addr)
{
	struct net_conn *conn = net_conn_find(app, handle);
	void *to = kwasm_guest_ptr(app->ctx, addr, sizeof(struct kwasm_net_address));
	struct kwasm_net_address address;
	int err;

	if (!conn)
		return -EBADF;
	if (!to)
		return -EFAULT;
	if (whose > 1)
		return -EINVAL;
	err = net_address_get(conn, whose, &address);
	if (!err)
		memcpy(to, &address, sizeof(address));
	return err;
}

static int do_post(struct net_app *app, u32 index, u64 value)
{
	return net_post(app, index, value);
}

static int do_instances(struct net_app *app, u32 nr)
{
	u32 *to = kwasm_guest_ptr(app->ctx, nr, sizeof(*to));
	u32 value = max(app->instance->nr_group, 1u);

	if (!to)
		return -EFAULT;
	memcpy(to, &value, sizeof(value));
	return app->instance->index;
}

CALL(setup, "iii", (void *ctx, i a, i b, i c), (app, a, b, c));
CALL(listen, "iiiI", (void *ctx, i a, i b, i c, I d), (app, a, b, c, d));
CALL(connect, "iiI", (void *ctx, i a, i b, I c), (app, a, b, c));
CALL(timer, "I", (void *ctx, I a), (app, a));
CALL(wait, "iiiiI", (void *ctx, i a, i b, i c, i d, I e), (app, a, b, c, d, e));
CALL(send, "iiii", (void *ctx, i a, i b, i c, i d), (app, a, b, c, d));
CALL(recv, "iii", (void *ctx, i a, i b, i c), (app, a, b, c));
CALL(sendfile, "iiIii", (void *ctx, i a, i b, I c, i d, i e), (app, a, b, c, d, e));
CALL(set, "iiI", (void *ctx, i a, i b, I c), (app, a, b, c));
CALL(close, "ii", (void *ctx, i a, i b), (app, a, b));
CALL(address, "iii", (void *ctx, i a, i b, i c), (app, a, b, c));
CALL(post, "iI", (void *ctx, i a, I b), (app, a, b));
CALL(instances, "i", (void *ctx, i a), (app, a));

/* Both tables know the same calls with the same parameters, or this does not compile. */
static __always_inline void check_signatures(void)
{
#define EVENT_CALL(name, result, params) BUILD_BUG_ON(__builtin_strcmp(signature_##name, params) != 0);
#include "kwasm_net_calls.h"
}

static int __init net_init(void)
{
	check_signatures();
	return 0;
}

static void __exit net_exit(void)
{
	/* connections that were never accepted may still be on their way out of our callbacks */
	synchronize_rcu();
}

module_init(net_init);
module_exit(net_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("TCP by events for WebAssembly apps in the kernel");
MODULE_AUTHOR("wasm2ko authors");
