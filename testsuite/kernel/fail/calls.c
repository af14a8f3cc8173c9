// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - host calls that make the kernel allocate, for fail.c: a reactor, an export for each
 *
 * Each returns 0, or the first error number; what it has opened by then stays open.
 */
#include <time.h>

#include "../../net/net.h"
#include "../../../include/kwasm_net.h"

#define EXPORT(name) __attribute__((export_name(#name))) uint32_t name(void)
#define TRY(call)							\
	do {								\
		uint32_t __error = (call);				\
									\
		if (__error)						\
			return __error;					\
	} while (0)

enum { MS = 1000000, PORT = 7200 };

static char buf[65536];
static uint32_t n;

static struct wasi_iovec vec(uint32_t len)
{
	return (struct wasi_iovec){ (uintptr_t)buf, len };
}

EXPORT(files)
{
	struct wasi_iovec v = vec(sizeof(buf));
	uint8_t stat[64];
	uint32_t dir = preopened("/"), fd, other;

	TRY(w_path_create_directory(dir, P("d")));
	TRY(open_at(dir, "d/f", 0, WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	TRY(w_fd_write(fd, &v, 1, &n));
	TRY(w_fd_pread(fd, &v, 1, 0, &n));
	TRY(w_fd_allocate(fd, 0, 100000));
	TRY(w_fd_filestat_set_size(fd, 10));
	TRY(w_fd_filestat_get(fd, stat));
	TRY(w_path_symlink(P("f"), dir, P("d/link")));
	TRY(w_path_readlink(dir, P("d/link"), buf, sizeof(buf), &n));
	TRY(open_at(dir, "d/link", 1, 0, RIGHTS_RO, &other));
	TRY(w_fd_renumber(other, fd));
	TRY(w_path_link(dir, 0, P("d/f"), dir, P("d/g")));
	TRY(w_path_rename(dir, P("d/g"), dir, P("d/h")));
	TRY(w_path_filestat_get(dir, 1, P("d/h"), stat));
	TRY(w_fd_close(fd));
	TRY(w_random_get(buf, 1000));
	return 0;
}

EXPORT(directory)
{
	uint32_t dir = preopened("/"), fd;

	TRY(open_at(dir, ".", 0, WASI_OFLAGS_DIRECTORY, RIGHTS_RO, &fd));
	TRY(w_fd_readdir(fd, buf, sizeof(buf), 0, &n));
	TRY(w_fd_readdir(fd, buf, 30, 1, &n));
	return w_fd_close(fd);
}

EXPORT(poll)
{
	struct wasi_subscription s[32];
	struct wasi_event e[32];
	uint32_t i, fd;

	TRY(open_at(preopened("/"), "pipe", 0, 0, RIGHTS_RW, &fd));
	memset(s, 0, sizeof(s));
	for (i = 0; i < 32; i++) {
		s[i].tag = WASI_EVENTTYPE_FD_READ;
		s[i].fd = fd;
	}
	memset(s, 0, sizeof(s[0]));
	s[0].tag = WASI_EVENTTYPE_CLOCK;
	s[0].clock.id = 1;
	s[0].clock.timeout = 2 * MS;
	TRY(w_poll_oneoff(s, e, 32, &n));
	for (i = 0; i < n; i++) {
		if (e[i].error)
			return e[i].error;
	}
	return n == 0;
}

EXPORT(sockets)
{
	static uint8_t ip[4] = { 127, 0, 0, 1 };
	struct edge_address addr = { (uintptr_t)ip, 4 };
	struct wasi_iovec v = vec(5000);
	uint32_t listener, client, server, one = 1;
	uint16_t flags;

	TRY(e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &listener));
	TRY(e_setopt(listener, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, &one, 4));
	TRY(e_bind(listener, &addr, PORT));
	TRY(e_listen(listener, 8));
	TRY(e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &client));
	TRY(e_connect(client, &addr, PORT));
	TRY(e_accept(listener, &server));
	TRY(w_sock_send(client, &v, 1, 0, &n));
	TRY(w_sock_recv(server, &v, 1, 0, &n, &flags));
	TRY(w_fd_close(server));
	TRY(w_fd_close(client));
	return w_fd_close(listener);
}

EXPORT(kernel_wasm_sockets)
{
	struct l_sockaddr_in addr = { .family = L_AF_INET, .ip = { 127, 0, 0, 1 } };
	struct l_epoll_event event = { .events = L_EPOLLIN }, events[8];
	int32_t fd, efd, epoll, ret;

	addr.port = net16(PORT + 1);
	fd = n_socket(L_AF_INET, L_SOCK_DGRAM, 0);
	if (fd < 0)
		return -fd;
	ret = n_bind(fd, &addr, sizeof(addr));
	if (ret < 0)
		return -ret;
	epoll = n_epoll_create();
	if (epoll < 0)
		return -epoll;
	efd = n_eventfd_sem(3);
	if (efd < 0)
		return -efd;
	ret = n_epoll_ctl(epoll, L_EPOLL_CTL_ADD, efd, &event);
	if (!ret)
		ret = n_epoll_ctl(epoll, L_EPOLL_CTL_ADD, fd, &event);
	if (ret < 0)
		return -ret;
	ret = n_sendto(fd, buf, 2000, 0, &addr, sizeof(addr));
	if (ret < 0)
		return -ret;
	ret = n_epoll_wait(epoll, events, 8, 5);
	if (ret < 0)
		return -ret;
	ret = n_fcntl(fd, 4, L_O_NONBLOCK);
	if (ret >= 0)
		ret = n_recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL);
	return ret < 0 ? -ret : 0;
}

static uint8_t arena[1 << 20] __attribute__((aligned(KWASM_NET_ARENA_ALIGN)));
static struct kwasm_net_event events[64];

/* A server and its client in one, as far as they come */
EXPORT(events_of_connections)
{
	struct kwasm_net_address addr = { .family = 4, .port = PORT + 2, .ip = { 127, 0, 0, 1 } };
	struct kwasm_net_op ops[2];
	int32_t listener, client, server = 0, ret, i, turn, got = 0, nr_ops = 0;

	ret = kwasm_net_setup(arena, sizeof(arena), 65536);
	if (ret)
		return -ret;
	listener = kwasm_net_listen(&addr, 8, 0, 1);
	if (listener < 0)
		return -listener;
	client = kwasm_net_connect(&addr, 0, 2);
	if (client < 0)
		return -client;
	for (turn = 0; turn < 20 && got < 10000; turn++) {
		ret = kwasm_net_wait(ops, nr_ops, events, 64, 5 * MS);
		if (ret < 0)
			return -ret;
		nr_ops = 0;
		for (i = 0; i < ret; i++) {
			if (events[i].type == KWASM_NET_ERROR)
				return events[i].value;
			if (events[i].type == KWASM_NET_ACCEPTED)
				server = events[i].handle;
			if (events[i].type == KWASM_NET_CONNECTED)
				ops[nr_ops++] = kwasm_net_op_send(client, (uintptr_t)buf, 10000);
			if (events[i].type == KWASM_NET_RECEIVED)
				got += events[i].len;
		}
		if (nr_ops > 1)
			nr_ops = 1;
	}
	if (server)
		kwasm_net_close(server, 0);
	kwasm_net_close(client, KWASM_NET_ABORT);
	kwasm_net_close(listener, 0);
	return got < 10000 ? WASI_ERRNO_TIMEDOUT : 0;
}
