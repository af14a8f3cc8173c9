/* SPDX-License-Identifier: GPL-2.0 */
/*
 * load.h - what the load generators of echo-server and http-server share: clock, errors, connections
 *
 * One thread, one epoll, edges; each connection is known to epoll by the generator's own structure.
 */
#ifndef LOAD_H
#define LOAD_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { EVENTS = 512 };

static struct sockaddr_in server = { .sin_family = AF_INET };
static int epoll;

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

__attribute__((noreturn)) static inline void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Before the first connection. 0: @address is not IPv4 */
static inline int load_init(const char *address, const char *port)
{
	struct rlimit files = { 1 << 17, 1 << 17 };

	if (!inet_aton(address, &server.sin_addr))
		return 0;
	server.sin_port = htons(atoi(port));
	setrlimit(RLIMIT_NOFILE, &files);
	epoll = epoll_create1(0);
	return 1;
}

/* A connection to the server, under way; epoll tells @data about it */
static inline int open_socket(void *data)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = data };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl");
	return fd;
}

/* Number of events; a minute without any is an error */
static inline int next_events(struct epoll_event *events, uint64_t nr_done, uint64_t nr_begun)
{
	int n = epoll_wait(epoll, events, EVENTS, 60000);

	if (n)
		return n;
	fprintf(stderr, "load: nothing has come for a minute; %llu of %llu done\n", (unsigned long long)nr_done,
		(unsigned long long)nr_begun);
	exit(1);
}

#endif /* LOAD_H */
