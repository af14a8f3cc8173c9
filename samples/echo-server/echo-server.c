// SPDX-License-Identifier: GPL-2.0
/*
 * echo-server - send back what comes, over TCP
 *
 * A server in the kernel: no process, no descriptors. What is received lies in the arena and is
 * sent from there. native.c is the same for user space; load.c makes connections to either,
 * and checks every byte. "instances=2" starts one on each of two processors, "env=PORT=80" takes
 * another port. A client that has taken nothing for half a minute, though there is something for it, is cut
 * off ("env=SEND_SECONDS=5": earlier). It needs kwasm_net ("modprobe kwasm_net").
 *
 *	# insmod echo-server.ko daemon=1 net=in:tcp:*:7007
 *	# sleep 1
 *	# echo "hello there" | nc 127.0.0.1 7007
 *	hello there
 *	# ./load -c 20 -n 2000 -s 1000 127.0.0.1 7007 | head -n 1
 *	2000 messages of 1000 bytes on 20 connections, all as they should be
 *	# rmmod echo-server
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwasm_net.h>

enum { EVENTS = 512, MOST = 64 << 10, ARENA = 8 << 20 };

/* What a connection could not take yet; it is not read from before that is gone */
struct rest {
	uint32_t len;
	uint32_t sent;
	int last;
	uint8_t bytes[];
};

static uint8_t arena[ARENA] __attribute__((aligned(KWASM_NET_ARENA_ALIGN)));
static struct kwasm_net_event events[EVENTS];
static struct kwasm_net_op ops[EVENTS];
static uint32_t nr_ops;
static uint64_t send_ns = 30 * 1000000000ull;

static void set_rest(uint32_t handle, struct rest *rest)
{
	kwasm_net_set(handle, KWASM_NET_DATA, (uintptr_t)rest);
	kwasm_net_set(handle, KWASM_NET_TIMER, rest ? send_ns : 0);
	kwasm_net_set(handle, KWASM_NET_RECEIVE, rest ? KWASM_NET_RECEIVE_NOT : KWASM_NET_RECEIVE_DATA);
}

static void end(const struct kwasm_net_event *e, uint32_t how)
{
	free((void *)(uintptr_t)e->data);
	kwasm_net_close(e->handle, how);
}

static void received(const struct kwasm_net_event *e)
{
	struct kwasm_net_op *op = &ops[nr_ops++];

	*op = kwasm_net_op_send(e->handle, e->buf, e->len);
	if (e->flags & KWASM_NET_END)
		op->flags = KWASM_NET_THEN_CLOSE;
}

static void keep_rest(const struct kwasm_net_event *e)
{
	struct rest *rest = malloc(sizeof(*rest) + e->len);

	if (!rest) {
		end(e, KWASM_NET_ABORT);
		return;
	}
	rest->len = e->len;
	rest->sent = 0;
	rest->last = e->flags & KWASM_NET_THEN_CLOSE;
	memcpy(rest->bytes, (void *)(uintptr_t)e->buf, e->len);
	set_rest(e->handle, rest);
}

static void send_rest(const struct kwasm_net_event *e)
{
	struct rest *rest = (struct rest *)(uintptr_t)e->data;
	int32_t n;

	n = kwasm_net_send(e->handle, rest->bytes + rest->sent, rest->len - rest->sent, 0);
	if (n < 0) {
		end(e, KWASM_NET_ABORT);
		return;
	}
	rest->sent += n;
	if (n)
		kwasm_net_set(e->handle, KWASM_NET_TIMER, send_ns);
	if (rest->sent < rest->len)
		return;
	if (rest->last) {
		end(e, 0);
		return;
	}
	set_rest(e->handle, NULL);
	free(rest);
}

int main(void)
{
	const char *port = getenv("PORT"), *seconds = getenv("SEND_SECONDS");
	struct kwasm_net_address any = { .family = 6, .port = port ? atoi(port) : 7007 };
	uint32_t nr_instances;
	int32_t i, n;

	if (seconds)
		send_ns = atoi(seconds) * 1000000000ull;
	n = kwasm_net_setup(arena, sizeof(arena), MOST);
	if (!n)
		n = kwasm_net_instances(&nr_instances);
	if (n >= 0)
		n = kwasm_net_listen(&any, 4096, nr_instances > 1 ? KWASM_NET_SHARE_PORT : 0, 0);
	while (n >= 0) {
		n = kwasm_net_wait(ops, nr_ops, events, EVENTS, -1);
		nr_ops = 0;
		for (i = 0; i < n; i++) {
			switch (events[i].type) {
			case KWASM_NET_RECEIVED:
				received(&events[i]);
				break;
			case KWASM_NET_SHORT:
				keep_rest(&events[i]);
				break;
			case KWASM_NET_WRITABLE:
				send_rest(&events[i]);
				break;
			case KWASM_NET_TIMEOUT:
			case KWASM_NET_ERROR:
				end(&events[i], KWASM_NET_ABORT);
				break;
			}
		}
	}
	fprintf(stderr, "echo-server: %s\n", strerror(-n));
	return 1;
}
