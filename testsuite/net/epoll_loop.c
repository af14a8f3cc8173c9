// SPDX-License-Identifier: GPL-2.0
/*
 * epoll_loop.c - two servers over kernel-wasm's interface, as its own samples are: one loop, callbacks armed
 * with EPOLLET | EPOLLONESHOT and removed when they are done
 *
 *	epoll_loop echo	0.0.0.0:2001: sends back what comes
 *	epoll_loop http	0.0.0.0:2011: "Hello, world!" to whatever ends with an empty line
 */
#include "net.h"

#define BUFFER	16384

struct conn {
	int fd;
	uint32_t len, sent;
	int writing;
	char buf[BUFFER];
};

static int ep, listener, is_http;

static void die(const char *what, int err)
{
	fprintf(stderr, "%s: %d\n", what, err);
	exit(1);
}

static void arm(int fd, uint32_t events, void *data)
{
	struct l_epoll_event e = { events | L_EPOLLET | L_EPOLLONESHOT, (uintptr_t)data };
	int err = n_epoll_ctl(ep, L_EPOLL_CTL_ADD, fd, &e);

	if (err)
		die("add", err);
}

static void disarm(int fd)
{
	int err = n_epoll_ctl(ep, L_EPOLL_CTL_DEL, fd, NULL);

	if (err)
		die("del", err);
}

static void answer(struct conn *c)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
				   "Content-Length: 14\r\n\r\nHello, world!\n";

	memcpy(c->buf, text, sizeof(text) - 1);
	c->len = sizeof(text) - 1;
}

/* Goes on until something has to be waited for; 0: the connection is over */
static int step(struct conn *c)
{
	int n;

	for (;;) {
		if (c->writing) {
			n = n_sendto(c->fd, c->buf + c->sent, c->len - c->sent, 0, NULL, 0);
			if (n == -L_EAGAIN) {
				arm(c->fd, L_EPOLLOUT, c);
				return 1;
			}
			if (n < 0)
				return 0;
			c->sent += n;
			if (c->sent < c->len)
				continue;
			if (is_http)
				return 0;
			c->writing = c->len = c->sent = 0;
		}
		n = n_recvfrom(c->fd, c->buf + c->len, BUFFER - c->len, 0, NULL, NULL);
		if (n == -L_EAGAIN) {
			arm(c->fd, L_EPOLLIN, c);
			return 1;
		}
		if (n <= 0)
			return 0;
		c->len += n;
		if (!is_http || (c->len >= 4 && !memcmp(c->buf + c->len - 4, "\r\n\r\n", 4))) {
			c->writing = 1;
			if (is_http)
				answer(c);
		} else if (c->len >= 4096) {
			return 0;
		}
	}
}

static void run(struct conn *c)
{
	if (step(c))
		return;
	w_fd_close(c->fd);
	free(c);
}

static void accept_all(void)
{
	struct conn *c;
	int fd;

	while ((fd = n_accept4(listener, NULL, NULL, L_O_NONBLOCK)) >= 0) {
		c = calloc(1, sizeof(*c));
		if (!c)
			die("no memory", 0);
		c->fd = fd;
		run(c);
	}
	if (fd != -L_EAGAIN)
		die("accept", fd);
	arm(listener, L_EPOLLIN, NULL);
}

int main(int argc, char **argv)
{
	struct l_sockaddr_in addr = { .family = L_AF_INET };
	struct l_epoll_event events[32];
	struct conn *c;
	int n, i;

	is_http = argc > 1 && !strcmp(argv[1], "http");
	addr.port = net16(is_http ? 2011 : 2001);
	listener = n_socket(L_AF_INET, L_SOCK_STREAM, 0);
	if (listener < 0)
		die("socket", listener);
	n = n_bind(listener, &addr, sizeof(addr));
	if (!n)
		n = n_listen(listener, 128);
	if (n)
		die("bind", n);
	n_fcntl(listener, 4, L_O_NONBLOCK);
	ep = n_epoll_create();
	if (ep < 0)
		die("epoll", ep);
	printf("start epoll\n");
	fflush(stdout);
	accept_all();
	for (;;) {
		n = n_epoll_wait(ep, events, 32, -1);
		if (n < 0)
			die("wait", n);
		for (i = 0; i < n; i++) {
			c = (struct conn *)(uintptr_t)events[i].data;
			disarm(c ? c->fd : listener);
			if (c)
				run(c);
			else
				accept_all();
		}
	}
}
