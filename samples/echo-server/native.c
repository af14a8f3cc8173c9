// SPDX-License-Identifier: GPL-2.0
/*
 * native.c - echo-server.c for user space, with epoll: what it is measured against
 *
 * As such servers are written: edge-triggered, registered once, one read and one write for what has come,
 * and whatever does not fit is kept. "PORT=80 ./native" takes another port than 7007.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, MOST = 64 << 10 };

struct conn {
	int fd;
	uint32_t rest_len;	/* what the socket could not take yet; it is not read before that is gone */
	uint32_t rest_sent;
	uint8_t *rest;
};

static uint8_t buffer[MOST];
static int epoll;

static void end(struct conn *c)
{
	close(c->fd);
	free(c->rest);
	free(c);
}

/* -1: the connection is gone */
static int send_all(struct conn *c, const uint8_t *bytes, uint32_t len)
{
	ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);

	if (n == (ssize_t)len)
		return 0;
	if (n < 0) {
		if (errno != EAGAIN)
			return -1;
		n = 0;
	}
	c->rest = malloc(len - n);
	if (!c->rest)
		return -1;
	memcpy(c->rest, bytes + n, len - n);
	c->rest_len = len - n;
	c->rest_sent = 0;
	return 0;
}

/* 0: nothing is left of it, or the socket is full; -1: the connection is gone */
static int send_rest(struct conn *c)
{
	ssize_t n = send(c->fd, c->rest + c->rest_sent, c->rest_len - c->rest_sent, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	c->rest_sent += n;
	if (c->rest_sent == c->rest_len) {
		free(c->rest);
		c->rest = NULL;
	}
	return 0;
}

static void serve(struct conn *c)
{
	ssize_t n;

	if (c->rest && send_rest(c)) {
		end(c);
		return;
	}
	while (!c->rest) {
		n = read(c->fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || send_all(c, buffer, n)) {
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
		c->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		ev = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev))
			end(c);
	}
}

int main(void)
{
	static struct epoll_event events[EVENTS];
	const char *port = getenv("PORT");
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port ? atoi(port) : 7007) };
	struct epoll_event ev = { .events = EPOLLIN };
	int listener, i, n, one = 1, send_ms = 30000;

	epoll = epoll_create1(0);
	listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* who takes nothing for so long is cut off; connections inherit it */
	setsockopt(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, &send_ms, sizeof(send_ms));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 4096) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev)) {
		perror("echo-server");
		return 1;
	}
	for (;;) {
		n = epoll_wait(epoll, events, EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				serve(events[i].data.ptr);
			else
				accept_all(listener);
		}
	}
}
