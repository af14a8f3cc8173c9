// SPDX-License-Identifier: GPL-2.0
/*
 * native.c - http-server.c for user space, with epoll: what it is measured against
 *
 * "PORT=80 ./native DIRECTORY" takes another port than 8080.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

enum { EVENTS = 512, MOST = 16 << 10 };

/* All are looked at every HTTP_HEAD_SECONDS, so their order in the list is that of time */
struct conn {
	struct http_conn http;
	struct conn *next, *prev;
	uint64_t check;
};

static struct conn list = { .next = &list, .prev = &list };
static int epoll;

ssize_t io_send(struct http_conn *c, const void *bytes, uint32_t len, int more)
{
	ssize_t n = send(c->id, bytes, len, MSG_NOSIGNAL | (more ? MSG_MORE : 0));

	return n < 0 && errno == EAGAIN ? 0 : n;
}

ssize_t io_sendfile(struct http_conn *c, int fd, uint64_t offset, uint32_t len)
{
	off_t at = offset;
	ssize_t n = sendfile(c->id, fd, &at, len);

	return n < 0 && errno == EAGAIN ? 0 : n;
}

static void link_last(struct conn *c)
{
	c->check = http_now() + HTTP_HEAD_SECONDS * 1000000000ull;
	c->prev = list.prev;
	c->next = &list;
	list.prev->next = c;
	list.prev = c;
}

static void unlink_conn(struct conn *c)
{
	c->prev->next = c->next;
	c->next->prev = c->prev;
}

static void end(struct conn *c)
{
	unlink_conn(c);
	close(c->http.id);
	http_end(&c->http);
	free(c);
}

static int send_out(struct http_conn *c)
{
	uint32_t len = http_out_len;
	ssize_t n = 0;

	http_out_len = 0;
	if (!len)
		return 0;
	if (!http_busy(c))
		n = io_send(c, http_out, len, 0);
	return n < 0 ? -1 : (uint32_t)n < len ? http_keep(c, http_out + n, len - n) : 0;
}

static void serve(struct conn *c)
{
	static char buffer[MOST], out[HTTP_OUT_MAX];
	struct http_conn *h = &c->http;
	ssize_t n;

	http_out = out;
	if (http_busy(h) && (http_continue(h) || send_out(h))) {
		end(c);
		return;
	}
	while (!http_busy(h)) {
		n = read(h->id, buffer, sizeof(buffer));
		if (n < 0 && errno == EAGAIN)
			return;
		http_out = out;
		if (n <= 0 || http_received(h, buffer, n) || send_out(h) || (h->last && !http_busy(h))) {
			end(c);
			return;
		}
		/* it was all there was: what comes later makes an edge */
		if (n < (ssize_t)sizeof(buffer))
			return;
	}
}

static void accept_all(int listener)
{
	struct epoll_event ev;
	struct conn *c;
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		c = calloc(1, sizeof(*c));
		if (!c) {
			close(fd);
			continue;
		}
		c->http.id = fd;
		c->http.deadline = http_now() + HTTP_HEAD_SECONDS * 1000000000ull;
		link_last(c);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		ev = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev))
			end(c);
	}
}

static void check_time(void)
{
	struct conn *c;

	while ((c = list.next) != &list && http_now() >= c->check) {
		if (http_now() >= c->http.deadline) {
			end(c);
			continue;
		}
		unlink_conn(c);
		link_last(c);
	}
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];
	const char *port = getenv("PORT");
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port ? atoi(port) : 8080) };
	struct epoll_event ev = { .events = EPOLLIN };
	int listener, i, n, one = 1, timeout;

	if (http_start(argc > 1 ? argv[1] : ".")) {
		perror("http-server");
		return 1;
	}
	epoll = epoll_create1(0);
	listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 4096) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev)) {
		perror("http-server");
		return 1;
	}
	for (;;) {
		timeout = list.next == &list ? -1 : HTTP_HEAD_SECONDS * 1000;
		n = epoll_wait(epoll, events, EVENTS, timeout);
		http_tick();
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				serve(events[i].data.ptr);
			else
				accept_all(listener);
		}
		check_time();
	}
}
