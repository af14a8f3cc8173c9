/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kwasm_net.h - TCP for servers that run in the kernel: one call, many events
 *
 * For programs that wasm2ko compiles; clang --target=wasm32-wasi -Iinclude. The calls are
 * provided by kwasm_net.ko. The same structures are read by it.
 *
 * The program gives a piece of its memory, the arena, to kwasm_net_setup(). From then on
 * kwasm_net_wait() does everything that is to be done in one call: it sends what the
 * program has put into a list of operations, and returns what has happened: connections
 * that were accepted already, data that was received already and lies in the arena,
 * room to send again, timers. A server is a loop around it:
 *
 *	nr_ops = 0;
 *	for (;;) {
 *		nr = kwasm_net_wait(ops, nr_ops, events, MAX_EVENTS, -1);
 *		nr_ops = 0;
 *		for (i = 0; i < nr; i++)
 *			if (events[i].type == KWASM_NET_RECEIVED)
 *				ops[nr_ops++] = kwasm_net_op_send(events[i].handle, events[i].buf,
 *								  events[i].len);
 *	}
 *
 * Only connections on which something has happened are looked at, however many there are.
 *
 * Handles name listeners, connections and timers. They are positive, and one that was closed
 * is not used again soon: using it is EBADF. Each has a number of the program's own, its
 * data, which events bring back; mostly an address.
 *
 * A call of kwasm_net_wait() returns one event of a connection at most, besides SHORT and ERROR of
 * operations: a program that closes it gets no more of it.
 *
 * Received data stay where they are until the second next call of kwasm_net_wait() returns: so
 * they may be sent from there by the next one. Pages of the arena from which data are being sent
 * without a copy are not written to before the peer's side has let go of them; they are a quarter of the arena
 * at most, and an eighth for each connection, so one that nobody reads from leaves room for others.
 *
 * All calls return a negative errno (of wasi-libc) if they fail: -EBADF (no such handle),
 * -EFAULT (address out of bounds), -EINVAL, -ENOMEM, those below, and what the network says. Which
 * addresses may be used is said when the app is loaded or run ("net=", --net): others are
 * -ENOTCAPABLE; the kernel's own refusals are -EACCES and -EPERM.
 */
#ifndef KWASM_NET_H
#define KWASM_NET_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* An address and port; 24 bytes */
struct kwasm_net_address {
	uint16_t family;	/* 4 or 6 */
	uint16_t port;		/* host order */
	uint32_t scope;		/* IPv6: interface of a link-local address */
	uint8_t ip[16];		/* network order; IPv4: the first four */
};

enum kwasm_net_event_type {
	/* a connection: @handle, not yet with data of its own; @value: the listener's handle,
	 * @data: the listener's */
	KWASM_NET_ACCEPTED = 1,
	KWASM_NET_CONNECTED,	/* kwasm_net_connect() has succeeded */
	KWASM_NET_RECEIVED,	/* @len bytes at @buf; flags: END, MORE */
	KWASM_NET_READABLE,	/* to be had by kwasm_net_recv(); see KWASM_NET_RECEIVE_READY */
	KWASM_NET_WRITABLE,	/* room again, after a short send */
	/* an operation of the list has sent only a part: @len bytes at @buf are left (sendfile: from
	 * offset @value), with its @flags. The list goes on; more for the same connection comes
	 * back SHORT as a whole. WRITABLE follows in a later call, RECEIVED too */
	KWASM_NET_SHORT,
	KWASM_NET_TIMEOUT,	/* the timer of @handle has gone off */
	KWASM_NET_MESSAGE,	/* kwasm_net_post(): @value, from instance @len; @handle is 0 */
	/* errno @value: a connection is broken, and is to be closed; an operation has failed (of a
	 * connection that is gone: EBADF); a listener lacks memory for a connection */
	KWASM_NET_ERROR,
};

enum kwasm_net_event_flag {
	KWASM_NET_END = 1,	/* RECEIVED: these were the last, the peer sends no more; @len may be 0 */
	KWASM_NET_MORE_DATA = 2, /* RECEIVED: more is there already, and will come by itself */
};

struct kwasm_net_event {
	uint32_t handle;
	uint16_t type;
	uint16_t flags;
	uint64_t data;
	uint32_t buf;
	uint32_t len;
	uint64_t value;
};

enum kwasm_net_op_code {
	KWASM_NET_OP_NONE,
	KWASM_NET_OP_SEND,	/* @len bytes at @buf */
	KWASM_NET_OP_SENDFILE,	/* @len bytes of the WASI descriptor @buf from @offset */
	KWASM_NET_OP_CLOSE,	/* flags: KWASM_NET_ABORT */
};

enum kwasm_net_send_flag {
	KWASM_NET_MORE = 1,	/* another send follows at once: do not make a packet yet */
	/*
	 * From memory outside the arena: by reference. The bytes must not change until the peer has
	 * them, or it gets the changed ones. In the arena this is done for large sends by itself.
	 */
	KWASM_NET_NO_COPY = 2,
	KWASM_NET_THEN_CLOSE = 4, /* of the list: when all was sent, close. No event follows then. */
};

enum kwasm_net_close_flag {
	KWASM_NET_ABORT = 1,	/* reset: what was not sent yet is dropped */
};

struct kwasm_net_op {
	uint32_t handle;
	uint16_t code;
	uint16_t flags;
	uint32_t buf;
	uint32_t len;
	uint64_t offset;
};

enum kwasm_net_listen_flag {
	/* others, instances of the same app above all, may listen there as well; connections are
	 * spread over them (SO_REUSEPORT) */
	KWASM_NET_SHARE_PORT = 1,
	KWASM_NET_IPV6_ONLY = 2,
};

enum kwasm_net_option {
	KWASM_NET_DATA,		/* the handle's own number */
	/* ns from now until TIMEOUT, replacing what was set before; 0: never. A timer goes off once,
	 * not early, and with the kernel's tick (1 to 10 ms) as precision */
	KWASM_NET_TIMER,
	KWASM_NET_RECEIVE,	/* enum kwasm_net_receive */
	KWASM_NET_NO_DELAY,	/* 1, as it begins: small packets are sent at once; 0: Nagle's algorithm */
	KWASM_NET_SHUTDOWN,	/* any value: no more is sent; the peer sees the end */
};

enum kwasm_net_receive {
	KWASM_NET_RECEIVE_DATA,	/* as it begins: RECEIVED, as long as there are data */
	KWASM_NET_RECEIVE_NOT,	/* leave them in the socket, whose window closes at last; errors still come */
	KWASM_NET_RECEIVE_READY, /* READABLE, once each time that something arrives (edge) */
};

#define KWASM_NET_ARENA_ALIGN	4096u
#define KWASM_NET_EVENTS_SPARE	8u	/* of the room that kwasm_net_wait() is given */

#ifdef __wasm__
#define KWASM_NET_IMPORT(name) \
	__attribute__((import_module("kwasm_net"), import_name(#name))) int32_t kwasm_net_##name

/*
 * arena: KWASM_NET_ARENA_ALIGN aligned, @size bytes, at least four times @most; most: bytes that one
 * event brings, at least 1024. Once, before everything else. 0; -EALREADY.
 */
KWASM_NET_IMPORT(setup)(void *arena, uint32_t size, uint32_t most);

/* A listener; new connections have the same no-delay and nothing else. Handle; -EADDRINUSE ... */
KWASM_NET_IMPORT(listen)(const struct kwasm_net_address *address, uint32_t backlog, uint32_t flags,
			 uint64_t data);

/* A connection under way: CONNECTED or ERROR follows. Handle. @flags: 0 */
KWASM_NET_IMPORT(connect)(const struct kwasm_net_address *address, uint32_t flags, uint64_t data);

/* A timer of its own, to be set by KWASM_NET_TIMER. Handle. */
KWASM_NET_IMPORT(timer)(uint64_t data);

/*
 * Do the operations, in order, then wait until something has happened or @timeout ns are over
 * (negative: no limit; 0: only look). Errors and the rest of operations are events, and the first
 * ones. @room: at least 16, and KWASM_NET_EVENTS_SPARE more than @nr_ops. Returns the number of
 * events, at most @room less KWASM_NET_EVENTS_SPARE (so one operation for each event is never too many
 * for the next call with the same room); 0 when time is over.
 */
KWASM_NET_IMPORT(wait)(const struct kwasm_net_op *ops, uint32_t nr_ops, struct kwasm_net_event *events,
		       uint32_t room, int64_t timeout);

/* At once. Bytes taken, maybe fewer than @len or none: then WRITABLE follows. -EPIPE ... */
KWASM_NET_IMPORT(send)(int32_t handle, const void *buf, uint32_t len, uint32_t flags);

/* With KWASM_NET_RECEIVE_READY or _NOT. Bytes; 0: the end; -EAGAIN: none. */
KWASM_NET_IMPORT(recv)(int32_t handle, void *buf, uint32_t len);

/* From the page cache, without a copy. @fd: a WASI descriptor that may be read. Bytes, as send(); 0 also at
 * the end of the file. */
KWASM_NET_IMPORT(sendfile)(int32_t handle, int32_t fd, uint64_t offset, uint32_t len, uint32_t flags);

KWASM_NET_IMPORT(set)(int32_t handle, uint32_t option, uint64_t value);
KWASM_NET_IMPORT(close)(int32_t handle, uint32_t flags);

/* whose: 0 the own, 1 the peer's. 0. */
KWASM_NET_IMPORT(address)(int32_t handle, uint32_t whose, struct kwasm_net_address *address);

/* To another instance of this app (instances=N), or to itself: MESSAGE. 0; -ENOENT: it does not
 * run, or has not set up; -EAGAIN: 1024 that it has not taken yet. */
KWASM_NET_IMPORT(post)(uint32_t instance, uint64_t value);

/* Own number, from 0; @nr: how many were started together */
KWASM_NET_IMPORT(instances)(uint32_t *nr);

static inline struct kwasm_net_op kwasm_net_op_send(uint32_t handle, uint32_t buf, uint32_t len)
{
	struct kwasm_net_op op = { .handle = handle, .code = KWASM_NET_OP_SEND, .buf = buf, .len = len };

	return op;
}
#endif

#endif /* KWASM_NET_H */
