// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - each call of kwasm_net, with good and with bad arguments, as an app in the kernel
 *
 * It talks to itself: both ends of a connection are handles of this program.
 */
#include <errno.h>
#include <time.h>

#include "../wasi/own/guest.h"
#include "../../include/kwasm_net.h"

enum { ROOM = 64, MOST = 4096, ARENA = 1 << 20, PORT = 7100, MS = 1000000 };

#define OUTSIDE	((void *)0xfffffff0u)

static uint8_t arena[ARENA] __attribute__((aligned(KWASM_NET_ARENA_ALIGN)));
static struct kwasm_net_event events[ROOM];
static struct kwasm_net_address local = { .family = 4, .port = PORT, .ip = { 127, 0, 0, 1 } };
static int32_t listener;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int32_t wait_ms(int ms)
{
	return kwasm_net_wait(NULL, 0, events, ROOM, (int64_t)ms * MS);
}

/* The next event of @handle, of @type; others are dropped. NULL: none within a second. */
static struct kwasm_net_event *await(int32_t handle, int type)
{
	uint64_t end = now() + 2000ull * MS;
	int32_t i, n;

	while (now() < end) {
		n = wait_ms(200);
		for (i = 0; i < n; i++)
			if ((!handle || events[i].handle == (uint32_t)handle) && events[i].type == type)
				return &events[i];
		if (n < 0)
			break;
	}
	return NULL;
}

/* How many events of @handle there are in @ms, of @type or (0) of any */
static int count(int32_t handle, int type, int ms)
{
	uint64_t end = now() + (uint64_t)ms * MS;
	int32_t i, n;
	int nr = 0;

	do {
		n = wait_ms(10);
		for (i = 0; i < n; i++)
			nr += events[i].handle == (uint32_t)handle && (!type || events[i].type == type);
	} while (now() < end);
	return nr;
}

/* A connection's two ends; 0, -1 */
static int pair(int32_t *client, int32_t *server)
{
	uint64_t end = now() + 2000ull * MS;
	int connected = 0;
	int32_t i, n;

	*server = 0;
	*client = kwasm_net_connect(&local, 0, 77);
	while (*client > 0 && now() < end && (!connected || !*server)) {
		n = wait_ms(200);
		for (i = 0; i < n; i++) {
			if (events[i].type == KWASM_NET_ACCEPTED)
				*server = events[i].handle;
			else if (events[i].handle == (uint32_t)*client && events[i].type == KWASM_NET_CONNECTED)
				connected = 1;
		}
	}
	return connected && *server ? 0 : -1;
}

static void unpair(int32_t client, int32_t server)
{
	kwasm_net_close(client, KWASM_NET_ABORT);
	kwasm_net_close(server, KWASM_NET_ABORT);
}

TEST(before_setup_there_is_no_listener)
{
	ASSERT_EQ(-EINVAL, kwasm_net_listen(&local, 10, 0, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_connect(&local, 0, 0));
}

TEST(setup_checks_the_arena)
{
	ASSERT_EQ(-EINVAL, kwasm_net_setup(arena + 16, ARENA - 4096, MOST));
	ASSERT_EQ(-EINVAL, kwasm_net_setup(arena, ARENA - 16, MOST));
	ASSERT_EQ(-EINVAL, kwasm_net_setup(arena, ARENA, 1023));
	ASSERT_EQ(-EINVAL, kwasm_net_setup(arena, ARENA, ARENA / 4 + 1));
	ASSERT_EQ(-EINVAL, kwasm_net_setup(arena, 0, 1024));
	ASSERT_EQ(-EFAULT, kwasm_net_setup((void *)0xfffff000u, ARENA, MOST));
	ASSERT_EQ(-EFAULT, kwasm_net_setup(arena, 0xfffff000u, MOST));
	ASSERT_EQ(0, kwasm_net_setup(arena, ARENA, MOST));
	ASSERT_EQ(-EALREADY, kwasm_net_setup(arena, ARENA, MOST));
}

TEST(listen_checks_its_address)
{
	struct kwasm_net_address a = local;

	ASSERT_EQ(-EFAULT, kwasm_net_listen(OUTSIDE, 10, 0, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_listen(&a, 10, 0x80, 0));
	a.family = 1;
	ASSERT_EQ(-EAFNOSUPPORT, kwasm_net_listen(&a, 10, 0, 0));
	a.family = 4;
	a.ip[0] = 192;
	a.ip[2] = 2;
	ASSERT_EQ(-EADDRNOTAVAIL, kwasm_net_listen(&a, 10, 0, 0));
	listener = kwasm_net_listen(&local, 100, 0, 5);
	ASSERT(listener > 0);
	ASSERT_EQ(-EADDRINUSE, kwasm_net_listen(&local, 10, 0, 0));
}

TEST(wait_checks_its_lists)
{
	static struct kwasm_net_op ops[ROOM];

	ASSERT_EQ(-EFAULT, kwasm_net_wait(NULL, 0, OUTSIDE, ROOM, 0));
	ASSERT_EQ(-EFAULT, kwasm_net_wait(OUTSIDE, 2, events, ROOM, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_wait(NULL, 0, events, 15, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_wait(NULL, 0, events, 65537, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_wait(ops, ROOM - KWASM_NET_EVENTS_SPARE + 1, events, ROOM, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_wait(ops, 0xffffffffu, events, ROOM, 0));
	ASSERT_EQ(0, kwasm_net_wait(ops, ROOM - KWASM_NET_EVENTS_SPARE, events, ROOM, 0));
}

TEST(wait_ends_when_time_is_over)
{
	uint64_t began = now();

	ASSERT_EQ(0, wait_ms(50));
	ASSERT(now() - began >= 50ull * MS);
}

TEST(timer_goes_off_once_and_not_early)
{
	int32_t timer = kwasm_net_timer(0x123456789abull);
	struct kwasm_net_event *e;
	uint64_t began = now();

	ASSERT(timer > 0);
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 50 * MS));
	e = await(timer, KWASM_NET_TIMEOUT);
	ASSERT(e);
	ASSERT(now() - began >= 50ull * MS);
	ASSERT_EQ(0x123456789abull, e->data);
	ASSERT_EQ(0, count(timer, 0, 100));
	ASSERT_EQ(0, kwasm_net_close(timer, 0));
}

TEST(timer_set_anew_and_taken_back)
{
	int32_t timer = kwasm_net_timer(1);
	uint64_t began = now();

	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 1));
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 300 * MS));
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_DATA, 2));
	ASSERT(await(timer, KWASM_NET_TIMEOUT));
	ASSERT(now() - began >= 300ull * MS);
	ASSERT_EQ(2, events[0].data);
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 20 * MS));
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 0));
	ASSERT_EQ(0, count(timer, 0, 100));
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, ~0ull));
	ASSERT_EQ(0, kwasm_net_set(timer, KWASM_NET_TIMER, 20 * MS));
	ASSERT_EQ(0, kwasm_net_close(timer, 0));
	ASSERT_EQ(0, count(timer, 0, 100));
}

TEST(options_fit_their_handles)
{
	int32_t timer = kwasm_net_timer(1), client, server;

	ASSERT_EQ(-EINVAL, kwasm_net_set(timer, KWASM_NET_RECEIVE, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_set(timer, KWASM_NET_NO_DELAY, 1));
	ASSERT_EQ(-EINVAL, kwasm_net_set(listener, KWASM_NET_TIMER, 1));
	ASSERT_EQ(-EINVAL, kwasm_net_set(listener, 99, 1));
	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(-EINVAL, kwasm_net_set(client, KWASM_NET_RECEIVE, 3));
	ASSERT_EQ(-EINVAL, kwasm_net_set(client, KWASM_NET_NO_DELAY, 2));
	ASSERT_EQ(-EINVAL, kwasm_net_set(client, 99, 1));
	ASSERT_EQ(0, kwasm_net_set(client, KWASM_NET_NO_DELAY, 0));
	ASSERT_EQ(-EBADF, kwasm_net_send(timer, "x", 1, 0));
	ASSERT_EQ(-EBADF, kwasm_net_send(listener, "x", 1, 0));
	kwasm_net_close(timer, 0);
	unpair(client, server);
}

TEST(handles_that_are_none)
{
	static const int32_t none[] = { 0, -1, 1, 0x7fffffff, 0x000fffff, (int32_t)0x80100000 };
	char buf[8];

	for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ASSERT_EQ(-EBADF, kwasm_net_send(none[i], "x", 1, 0));
		ASSERT_EQ(-EBADF, kwasm_net_recv(none[i], buf, 8));
		ASSERT_EQ(-EBADF, kwasm_net_sendfile(none[i], 3, 0, 1, 0));
		ASSERT_EQ(-EBADF, kwasm_net_set(none[i], KWASM_NET_DATA, 0));
		ASSERT_EQ(-EBADF, kwasm_net_address(none[i], 0, (void *)arena));
		ASSERT_EQ(-EBADF, kwasm_net_close(none[i], 0));
	}
}

TEST(a_closed_handle_is_not_the_next_one)
{
	int32_t first = kwasm_net_timer(1), second;
	struct kwasm_net_op op = { .handle = first, .code = KWASM_NET_OP_CLOSE };

	ASSERT_EQ(0, kwasm_net_close(first, 0));
	second = kwasm_net_timer(2);
	ASSERT(second != first);
	ASSERT_EQ(-EBADF, kwasm_net_set(first, KWASM_NET_TIMER, 1));
	ASSERT_EQ(1, kwasm_net_wait(&op, 1, events, ROOM, 0));
	ASSERT_EQ(KWASM_NET_ERROR, events[0].type);
	ASSERT_EQ(first, events[0].handle);
	ASSERT_EQ(EBADF, events[0].value);
	ASSERT_EQ(0, kwasm_net_close(second, 0));
}

TEST(messages_come_in_order_and_are_bounded)
{
	uint64_t next = 0;
	uint32_t nr;
	int32_t i, n;

	ASSERT_EQ(0, kwasm_net_instances(&nr));
	ASSERT_EQ(1, nr);
	ASSERT_EQ(-EFAULT, kwasm_net_instances(OUTSIDE + 14));
	ASSERT_EQ(-ENOENT, kwasm_net_post(1, 0));
	ASSERT_EQ(-ENOENT, kwasm_net_post(0xffffffffu, 0));
	for (i = 0; i < 1024; i++)
		ASSERT_EQ(0, kwasm_net_post(0, i));
	ASSERT_EQ(-EAGAIN, kwasm_net_post(0, i));
	while ((n = wait_ms(50)) > 0)
		for (i = 0; i < n; i++) {
			ASSERT_EQ(KWASM_NET_MESSAGE, events[i].type);
			ASSERT_EQ(next++, events[i].value);
			ASSERT_EQ(0, events[i].handle);
		}
	ASSERT_EQ(0, n);
	ASSERT_EQ(1024, next);
	ASSERT_EQ(0, kwasm_net_post(0, 7));
	ASSERT(await(0, KWASM_NET_MESSAGE));
}

TEST(connect_to_nobody_is_refused)
{
	struct kwasm_net_address a = local;
	struct kwasm_net_event *e;
	int32_t client;

	ASSERT_EQ(-EFAULT, kwasm_net_connect(OUTSIDE, 0, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_connect(&a, 1, 0));
	a.port = PORT + 1;
	client = kwasm_net_connect(&a, 0, 9);
	ASSERT(client > 0);
	e = await(client, KWASM_NET_ERROR);
	ASSERT(e);
	ASSERT_EQ(ECONNREFUSED, e->value);
	ASSERT_EQ(9, e->data);
	ASSERT_EQ(0, count(client, 0, 50));
	ASSERT_EQ(0, kwasm_net_close(client, 0));
}

TEST(addresses_of_both_ends)
{
	struct kwasm_net_address a, b;
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_address(client, 1, &a));
	ASSERT_EQ(PORT, a.port);
	ASSERT_EQ(4, a.family);
	ASSERT_EQ(0, memcmp(a.ip, local.ip, 4));
	ASSERT_EQ(0, kwasm_net_address(client, 0, &a));
	ASSERT_EQ(0, kwasm_net_address(server, 1, &b));
	ASSERT_EQ(a.port, b.port);
	ASSERT_EQ(-EINVAL, kwasm_net_address(client, 2, &a));
	ASSERT_EQ(-EFAULT, kwasm_net_address(client, 0, OUTSIDE));
	unpair(client, server);
}

TEST(what_is_sent_is_received_and_then_the_end)
{
	struct kwasm_net_event *e;
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(5, kwasm_net_send(client, "hello", 5, 0));
	e = await(server, KWASM_NET_RECEIVED);
	ASSERT(e);
	ASSERT_EQ(5, e->len);
	ASSERT_EQ(5, e->data);		/* the listener's */
	ASSERT_EQ(0, memcmp((void *)(uintptr_t)e->buf, "hello", 5));
	ASSERT(e->buf >= (uintptr_t)arena && e->buf + e->len <= (uintptr_t)arena + ARENA);
	ASSERT_EQ(0, kwasm_net_send(client, "", 0, 0));
	ASSERT_EQ(-EFAULT, kwasm_net_send(client, OUTSIDE, 100, 0));
	ASSERT_EQ(-EFAULT, kwasm_net_send(client, arena, 0xffffffffu, 0));
	ASSERT_EQ(0, kwasm_net_set(client, KWASM_NET_SHUTDOWN, 0));
	e = await(server, KWASM_NET_RECEIVED);
	ASSERT(e);
	ASSERT_EQ(0, e->len);
	ASSERT_EQ(KWASM_NET_END, e->flags);
	ASSERT_EQ(-EPIPE, kwasm_net_send(client, "x", 1, 0));
	/* the other direction is open */
	ASSERT_EQ(1, kwasm_net_send(server, "y", 1, 0));
	ASSERT(await(client, KWASM_NET_RECEIVED));
	unpair(client, server);
}

TEST(operations_of_a_list)
{
	struct kwasm_net_op ops[4] = {};
	struct kwasm_net_event *e;
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_NOT));
	ops[0] = kwasm_net_op_send(client, (uintptr_t)"ab", 2);
	ops[1] = kwasm_net_op_send(client, 0xfffffff0u, 100);
	ops[2] = kwasm_net_op_send(client, (uintptr_t)"cd", 2);
	ops[3] = (struct kwasm_net_op){ .handle = client, .code = 99 };
	ASSERT_EQ(2, kwasm_net_wait(ops, 4, events, ROOM, 0));
	ASSERT_EQ(KWASM_NET_ERROR, events[0].type);
	ASSERT_EQ(EFAULT, events[0].value);
	ASSERT_EQ(EINVAL, events[1].value);
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_DATA));
	e = await(server, KWASM_NET_RECEIVED);
	ASSERT(e);
	ASSERT_EQ(4, e->len);
	ASSERT_EQ(0, memcmp((void *)(uintptr_t)e->buf, "abcd", 4));
	ops[0] = kwasm_net_op_send(client, (uintptr_t)"e", 1);
	ops[0].flags = KWASM_NET_THEN_CLOSE;
	ASSERT(kwasm_net_wait(ops, 1, events, ROOM, 0) >= 0);
	ASSERT_EQ(-EBADF, kwasm_net_send(client, "x", 1, 0));
	kwasm_net_close(server, 0);
}

TEST(readable_comes_once_for_each_arrival)
{
	int32_t client, server;
	char buf[16];

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_READY));
	ASSERT_EQ(-EAGAIN, kwasm_net_recv(server, buf, 16));
	ASSERT_EQ(0, count(server, KWASM_NET_READABLE, 50));
	ASSERT_EQ(6, kwasm_net_send(client, "abcdef", 6, 0));
	ASSERT(await(server, KWASM_NET_READABLE));
	ASSERT_EQ(2, kwasm_net_recv(server, buf, 2));
	ASSERT_EQ(0, count(server, KWASM_NET_READABLE, 50));	/* an edge */
	ASSERT_EQ(-EFAULT, kwasm_net_recv(server, OUTSIDE, 100));
	ASSERT_EQ(4, kwasm_net_recv(server, buf + 2, 14));
	ASSERT_EQ(0, memcmp(buf, "abcdef", 6));
	ASSERT_EQ(-EAGAIN, kwasm_net_recv(server, buf, 16));
	ASSERT_EQ(1, kwasm_net_send(client, "g", 1, 0));
	ASSERT(await(server, KWASM_NET_READABLE));
	ASSERT_EQ(1, kwasm_net_recv(server, buf, 16));
	kwasm_net_close(client, 0);
	ASSERT(await(server, KWASM_NET_READABLE));
	ASSERT_EQ(0, kwasm_net_recv(server, buf, 16));
	kwasm_net_close(server, 0);
}

TEST(what_is_not_to_be_received_stays)
{
	struct kwasm_net_event *e;
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_NOT));
	ASSERT_EQ(3, kwasm_net_send(client, "abc", 3, 0));
	ASSERT_EQ(0, count(server, 0, 50));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_DATA));
	e = await(server, KWASM_NET_RECEIVED);
	ASSERT(e);
	ASSERT_EQ(3, e->len);
	unpair(client, server);
}

TEST(data_that_nobody_takes_come_by_themselves_until_they_are_gone)
{
	static uint8_t bytes[20000];
	uint32_t got = 0, more = 0;
	int32_t client, server, i, n;

	for (i = 0; i < (int32_t)sizeof(bytes); i++)
		bytes[i] = i * 7 + i / 256;
	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(sizeof(bytes), kwasm_net_send(client, bytes, sizeof(bytes), 0));
	while (got < sizeof(bytes) && (n = wait_ms(500)) > 0)
		for (i = 0; i < n; i++) {
			if (events[i].type != KWASM_NET_RECEIVED)
				continue;
			ASSERT(events[i].len <= MOST);
			ASSERT_EQ(0, memcmp((void *)(uintptr_t)events[i].buf, bytes + got, events[i].len));
			got += events[i].len;
			more += !!(events[i].flags & KWASM_NET_MORE_DATA);
		}
	ASSERT_EQ(sizeof(bytes), got);
	ASSERT(more > 0);
	unpair(client, server);
}

/* The other end takes nothing until the socket is full */
TEST(a_short_send_is_told_and_then_room)
{
	static uint8_t bytes[60000];
	struct kwasm_net_event *e;
	int32_t client, server, n = 0, i;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_NOT));
	for (i = 0; i < 1000; i++) {
		struct kwasm_net_op op = kwasm_net_op_send(client, (uintptr_t)bytes, sizeof(bytes));

		n = kwasm_net_wait(&op, 1, events, ROOM, 0);
		if (n > 0)
			break;
	}
	ASSERT_EQ(1, n);
	ASSERT_EQ(KWASM_NET_SHORT, events[0].type);
	ASSERT_EQ(client, events[0].handle);
	ASSERT_EQ((uintptr_t)bytes + sizeof(bytes), events[0].buf + events[0].len);
	ASSERT_EQ(0, count(client, KWASM_NET_WRITABLE, 50));
	ASSERT_EQ(0, kwasm_net_set(server, KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_DATA));
	e = await(client, KWASM_NET_WRITABLE);
	ASSERT(e);
	unpair(client, server);
}

/*
 * Sent from the arena by reference, and not read: the pages are lent to the network, but only so many of
 * them, and another connection has room.
 */
TEST(who_does_not_read_leaves_room_for_others)
{
	int32_t client[8], server[8], one, other, i, round;
	struct kwasm_net_event *e;
	uint32_t sent = 0;

	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, pair(&client[i], &server[i]));
		ASSERT_EQ(0, kwasm_net_set(client[i], KWASM_NET_RECEIVE, KWASM_NET_RECEIVE_NOT));
		for (round = 0; round < 20; round++) {
			int32_t n = kwasm_net_send(server[i], arena, 16384, 0);

			ASSERT(n >= 0);
			sent += n;
		}
	}
	ASSERT(sent > ARENA / 2);
	ASSERT_EQ(0, pair(&one, &other));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(12, kwasm_net_send(one, "not too late", 12, 0));
		e = await(other, KWASM_NET_RECEIVED);
		ASSERT(e);
		ASSERT_EQ(12, e->len);
	}
	unpair(one, other);
	for (i = 0; i < 8; i++)
		unpair(client[i], server[i]);
}

TEST(an_abort_is_an_error_to_the_other_end)
{
	struct kwasm_net_event *e;
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(0, kwasm_net_close(client, KWASM_NET_ABORT));
	e = await(server, KWASM_NET_ERROR);
	ASSERT(e);
	ASSERT_EQ(ECONNRESET, e->value);
	ASSERT_EQ(0, count(server, 0, 50));
	ASSERT_EQ(0, kwasm_net_close(server, 0));
}

TEST(sendfile_wants_a_file)
{
	int32_t client, server;

	ASSERT_EQ(0, pair(&client, &server));
	ASSERT_EQ(-EBADF, kwasm_net_sendfile(client, 99, 0, 10, 0));
	ASSERT_EQ(-EBADF, kwasm_net_sendfile(client, -1, 0, 10, 0));
	ASSERT_EQ(-EINVAL, kwasm_net_sendfile(client, 0, ~0ull, 10, 0));
	ASSERT_EQ(0, kwasm_net_sendfile(client, 0, 0, 0, 0));
	unpair(client, server);
}

TEST(a_listener_that_is_closed_accepts_no_more)
{
	struct kwasm_net_event *e;
	int32_t client;

	ASSERT_EQ(0, kwasm_net_close(listener, 0));
	client = kwasm_net_connect(&local, 0, 0);
	ASSERT(client > 0);
	e = await(client, KWASM_NET_ERROR);
	ASSERT(e);
	ASSERT_EQ(ECONNREFUSED, e->value);
	kwasm_net_close(client, 0);
}

TEST_MAIN()
