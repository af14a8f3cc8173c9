// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - a server, and what waits, for tests that need another process
 *
 *	wait serve PORT [N]	accept N connections (1), send back one read of each, end
 *	wait sink PORT		accept connections for ever, and keep them
 *	wait given [N]		the same on descriptor 3, by preview1's calls alone
 *	wait hold PORT N	connect N sockets to 127.0.0.1:PORT, then wait for ever
 *	wait accept PORT | recv PORT | connect | recvfrom PORT	wait in that call for ever
 *	wait try FAMILY TYPE IP PORT [out]	bind, or connect, and say the error
 *	wait dirs NAME		the descriptor of a preopened directory
 *	wait env		LISTEN_FDS
 *
 * IP is four numbers with blanks, or "unix" NAME.
 */
#include "net.h"

static uint8_t any[4], lo[4] = { 127, 0, 0, 1 };
static struct edge_address any4 = { 0, 4 }, lo4 = { 0, 4 };

static int say(const char *what, uint32_t err)
{
	printf("%s %u\n", what, err);
	fflush(stdout);
	return err != 0;
}

static int serve(uint32_t l, int nr)
{
	static char buf[4096];
	struct wasi_iovec v;
	uint32_t fd, n, err;

	for (; nr; nr--) {
		err = w_sock_accept(l, 0, &fd);
		if (err)
			return say("accept", err);
		v = (struct wasi_iovec){ (uintptr_t)buf, sizeof(buf) };
		err = w_fd_read(fd, &v, 1, &n);
		v.len = n;
		if (!err)
			err = w_fd_write(fd, &v, 1, &n);
		if (err)
			return say("echo", err);
		w_fd_close(fd);
	}
	return say("done", 0);
}

static uint32_t listen_at(uint32_t port, uint32_t backlog, uint32_t *fd)
{
	int32_t one = 1;
	uint32_t err = e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, fd);

	if (!err)
		err = e_setopt(*fd, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, &one, sizeof(one));
	if (!err)
		err = e_bind(*fd, &any4, port);
	return err ? err : e_listen(*fd, backlog);
}

static uint32_t connect_to(uint32_t port, uint32_t *fd)
{
	uint32_t err = e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, fd);

	return err ? err : e_connect(*fd, &lo4, port);
}

static int do_wait(const char *what, uint32_t port)
{
	char buf[16];
	struct wasi_iovec v = { (uintptr_t)buf, sizeof(buf) };
	struct edge_storage storage;
	struct edge_address to = { (uintptr_t)&storage, sizeof(storage) };
	uint32_t l, fd, n, err;
	uint16_t flags;
	int i;

	if (!strcmp(what, "recvfrom")) {
		err = e_open(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &fd);
		if (!err)
			err = e_bind(fd, &any4, port);
		say("waiting", err);
		return say("recvfrom", e_recv_from(fd, &v, 1, &to, 0, &port, &n, &flags));
	}
	err = listen_at(port, strcmp(what, "connect") ? 8 : 0, &l);
	if (err)
		return say("listen", err);
	if (!strcmp(what, "accept")) {
		say("waiting", 0);
		return say("accept", e_accept(l, &fd));
	}
	if (!strcmp(what, "recv")) {
		err = connect_to(port, &fd);
		say("waiting", err);
		return say("recv", w_fd_read(fd, &v, 1, &n));
	}
	/* nobody accepts: when the queue is full, connecting waits */
	say("waiting", 0);
	for (i = 0; i < 8; i++) {
		err = connect_to(port, &fd);
		if (err)
			return say("connect", err);
	}
	return say("connected", 99);
}

static int do_try(char **argv, int out)
{
	uint8_t ip[16] = { 0 };
	static struct edge_storage storage;
	struct edge_address addr = { (uintptr_t)ip, 4 };
	uint32_t family = atoi(argv[0]), fd, err;
	int i;

	if (family == EDGE_FAMILY_UNIX) {
		storage.family = family;
		if (argv[2][0] == '@')
			strcpy((char *)storage.bytes + 1, argv[2] + 1);
		else
			strcpy((char *)storage.bytes, argv[2]);
		addr = (struct edge_address){ (uintptr_t)&storage, sizeof(storage) };
	} else if (family == EDGE_FAMILY_INET6) {
		ip[15] = 1;
		addr.len = 16;
	} else {
		for (i = 0; i < 4; i++)
			ip[i] = strtoul(argv[2], &argv[2], 10);
	}
	err = e_open(family, atoi(argv[1]), &fd);
	if (err)
		return say("open", err);
	return out ? say("connect", e_connect(fd, &addr, atoi(argv[3]))) :
		     say("bind", e_bind(fd, &addr, atoi(argv[3])));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	uint32_t port = argc > 2 ? atoi(argv[2]) : 0, fd, err, i;
	struct wasi_subscription sub = { .tag = WASI_EVENTTYPE_CLOCK,
		.clock = { .id = WASI_CLOCKID_MONOTONIC, .timeout = 1000000000000ull } };
	struct wasi_event event;
	struct wasi_prestat stat;

	any4.buf = (uintptr_t)any;
	lo4.buf = (uintptr_t)lo;
	if (!strcmp(what, "serve")) {
		err = listen_at(port, 8, &fd);
		say("listening", err);
		return err ? 1 : serve(fd, argc > 3 ? atoi(argv[3]) : 1);
	}
	if (!strcmp(what, "sink")) {
		err = listen_at(port, 128, &fd);
		say("listening", err);
		while (!err)
			err = w_sock_accept(fd, 0, &i);
		return say("accept", err);
	}
	if (!strcmp(what, "given")) {
		err = w_fd_prestat_get(3, &stat);
		say("listening", err);
		return serve(3, argc > 2 ? atoi(argv[2]) : 1);
	}
	if (!strcmp(what, "hold")) {
		for (i = atoi(argv[3]); i; i--) {
			err = connect_to(port, &fd);
			if (err)
				return say("connect", err);
		}
		say("holding", 0);
		return w_poll_oneoff(&sub, &event, 1, &i);
	}
	if (!strcmp(what, "try") && argc > 5)
		return do_try(argv + 2, argc > 6);
	if (!strcmp(what, "dirs"))
		return say("dir", preopened(argv[2]));
	if (!strcmp(what, "env"))
		return say("LISTEN_FDS", getenv("LISTEN_FDS") ? atoi(getenv("LISTEN_FDS")) : 0);
	return do_wait(what, port);
}
