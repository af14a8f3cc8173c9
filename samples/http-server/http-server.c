// SPDX-License-Identifier: GPL-2.0
/*
 * http-server - serve the files of a directory over HTTP/1.1, in the kernel
 *
 * http.c knows HTTP, this file the network; native.c is the same for user space. Keep-alive, pipelining,
 * ranges, conditional requests; clients that are too slow are cut off. The directory is the first that it
 * is given, under the name "/". "instances=2" uses two processors. It needs kwasm_net.
 *
 *	# mkdir /tmp/site
 *	# echo "<h1>in ring 0</h1>" > /tmp/site/index.html
 *	# insmod http-server.ko daemon=1 net=in:tcp:*:8080 dirs=/tmp/site:/
 *	# sleep 1
 *	# wget -q -O - http://127.0.0.1:8080/
 *	<h1>in ring 0</h1>
 *	# wget -q -O - http://127.0.0.1:8080/../etc/passwd
 *	wget: server returned error: HTTP/1.1 400 Bad Request
 *	# printf 'GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=4-12\r\nConnection: close\r\n\r\n' | nc 127.0.0.1 8080 | tail -n 1; echo
 *	in ring 0
 *	# rmmod http-server
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwasm_net.h>
#include "http.h"

enum { EVENTS = 512, MOST = 16 << 10, ARENA = 4 << 20, OUT = 2 << 20 };

static uint8_t arena[ARENA] __attribute__((aligned(KWASM_NET_ARENA_ALIGN)));
static struct kwasm_net_event events[EVENTS];
static struct kwasm_net_op ops[EVENTS];
static uint32_t nr_ops;
/* responses, until the next call of kwasm_net_wait() sends them */
static char out[OUT];
static uint32_t out_used;

static struct http_conn *conn_of(const struct kwasm_net_event *e)
{
	return (struct http_conn *)(uintptr_t)e->data;
}

ssize_t io_send(struct http_conn *c, const void *bytes, uint32_t len, int more)
{
	int32_t n = kwasm_net_send(c->id, bytes, len, more ? KWASM_NET_MORE : 0);

	return n < 0 ? -1 : n;
}

ssize_t io_sendfile(struct http_conn *c, int fd, uint64_t offset, uint32_t len)
{
	int32_t n = kwasm_net_sendfile(c->id, fd, offset, len, 0);

	return n < 0 ? -1 : n;
}

static void end(struct http_conn *c, uint32_t how)
{
	kwasm_net_close(c->id, how);
	http_end(c);
	free(c);
}

/*
 * What http.c has put together goes with the next kwasm_net_wait(); the last response at once, since the
 * connection ends with it. -1 from http.c ends it too.
 */
static void settle(struct http_conn *c, int err, int was_busy)
{
	uint32_t len = http_out_len;
	ssize_t n;

	http_out_len = 0;
	if (!err && len && !http_busy(c)) {
		if (c->last || out_used + len > OUT - HTTP_OUT_MAX) {
			n = io_send(c, http_out, len, 0);
			err = n < 0 ? -1 : (uint32_t)n < len ? http_keep(c, http_out + n, len - n) : 0;
		} else {
			ops[nr_ops++] = kwasm_net_op_send(c->id, (uintptr_t)http_out, len);
			if (http_out == out + out_used)
				out_used += len;
		}
	} else if (!err && len) {
		err = http_keep(c, http_out, len);
	}
	if (err || (c->last && !http_busy(c)))
		end(c, err && !c->last ? KWASM_NET_ABORT : 0);
	else if (http_busy(c) != was_busy)
		kwasm_net_set(c->id, KWASM_NET_RECEIVE,
			      was_busy ? KWASM_NET_RECEIVE_DATA : KWASM_NET_RECEIVE_NOT);
}

static void accepted(const struct kwasm_net_event *e)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	if (!c) {
		kwasm_net_close(e->handle, KWASM_NET_ABORT);
		return;
	}
	c->id = e->handle;
	c->deadline = http_now() + HTTP_HEAD_SECONDS * 1000000000ull;
	kwasm_net_set(c->id, KWASM_NET_DATA, (uintptr_t)c);
	kwasm_net_set(c->id, KWASM_NET_TIMER, HTTP_HEAD_SECONDS * 1000000000ull);
}

static void received(struct http_conn *c, const struct kwasm_net_event *e)
{
	int err;

	http_out = out + out_used;
	if (e->flags & KWASM_NET_END)
		c->ended = 1;
	err = http_received(c, (char *)(uintptr_t)e->buf, e->len);
	settle(c, err, 0);
}

/* Looked at every now and then, not set anew with every request */
static void check_time(struct http_conn *c)
{
	if (http_now() >= c->deadline)
		end(c, KWASM_NET_ABORT);
	else
		kwasm_net_set(c->id, KWASM_NET_TIMER, HTTP_HEAD_SECONDS * 1000000000ull);
}

static void handle(const struct kwasm_net_event *e)
{
	struct http_conn *c = conn_of(e);

	if (e->type == KWASM_NET_ACCEPTED) {
		accepted(e);
		return;
	}
	if (!c)
		return;
	switch (e->type) {
	case KWASM_NET_RECEIVED:
		received(c, e);
		break;
	case KWASM_NET_SHORT:
		settle(c, http_keep(c, (const char *)(uintptr_t)e->buf, e->len), 0);
		break;
	case KWASM_NET_WRITABLE:
		http_out = out + out_used;
		settle(c, http_continue(c), 1);
		break;
	case KWASM_NET_TIMEOUT:
		check_time(c);
		break;
	case KWASM_NET_ERROR:
		end(c, KWASM_NET_ABORT);
		break;
	}
}

int main(void)
{
	const char *port = getenv("PORT");
	struct kwasm_net_address any = { .family = 6, .port = port ? atoi(port) : 8080 };
	uint32_t nr_instances;
	int32_t i, n;

	if (http_start("/")) {
		perror("http-server: /");
		return 1;
	}
	n = kwasm_net_setup(arena, sizeof(arena), MOST);
	if (!n)
		n = kwasm_net_instances(&nr_instances);
	if (n >= 0)
		n = kwasm_net_listen(&any, 4096, nr_instances > 1 ? KWASM_NET_SHARE_PORT : 0, 0);
	while (n >= 0) {
		n = kwasm_net_wait(ops, nr_ops, events, EVENTS, -1);
		nr_ops = 0;
		http_tick();
		/* what is SHORT of it comes first, and is kept before anything new is put there */
		out_used = 0;
		for (i = 0; i < n; i++)
			handle(&events[i]);
	}
	fprintf(stderr, "http-server: %s\n", strerror(-n));
	return 1;
}
