// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - clients of an echo server, which check what comes back
 *
 *	load [-c CONNECTIONS] [-n MESSAGES] [-s SIZE] [-w] [-i IDLE] [-t SECONDS] ADDRESS PORT
 *	load -r CONNECTIONS -t SECONDS ADDRESS PORT
 *
 * -n is for all connections together; each sends a message, and the next when all of it has come back.
 * -w makes a new connection for each message. -i holds that many more, which send one byte at the
 * beginning and get it back at the end. -t goes on for that long, whatever -n says. ADDRESS is IPv4. With -r
 * they send all the time and read nothing, until the server has cut off each of them; -t is the limit.
 *
 * Each message is a piece of a pseudo-random block, which depends on the connection and on the
 * message's number, so that a byte that is lost, doubled, moved, or another connection's is seen.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../load.h"

struct conn {
	int fd;
	uint32_t nr;		/* of the connection */
	uint32_t message;	/* under way */
	size_t sent;
	size_t received;
	const uint8_t *bytes;
};

static size_t size = 64;
static uint64_t nr_messages = 1000, nr_begun, nr_done;
static int each_new;
static uint8_t *block, *buffer;
static size_t block_size;
static double until;

__attribute__((noreturn)) static void wrong(const struct conn *c, const char *what)
{
	fprintf(stderr, "load: connection %u, message %u, byte %zu: %s\n", c->nr, c->message, c->received, what);
	exit(1);
}

static int more_to_do(void)
{
	return until ? now() < until : nr_begun < nr_messages;
}

static void next_message(struct conn *c)
{
	c->message++;
	c->sent = c->received = 0;
	c->bytes = block + (c->nr * 7919ull + c->message * 104729ull) % (block_size - size);
	nr_begun++;
}

/* 0: the socket is full, or all is sent */
static void send_some(struct conn *c)
{
	ssize_t n;

	while (c->sent < size) {
		n = send(c->fd, c->bytes + c->sent, size - c->sent, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		if (n < 0)
			wrong(c, strerror(errno));
		c->sent += n;
	}
}

static void run(struct conn *c)
{
	ssize_t n;

	if (!c->bytes)
		return;
	send_some(c);
	for (;;) {
		n = read(c->fd, buffer, size + 1 > 65536 ? 65536 : size + 1);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			wrong(c, strerror(errno));
		if (!n)
			wrong(c, "the connection was closed");
		if (c->received + n > c->sent)
			wrong(c, "more came back than was sent");
		if (memcmp(buffer, c->bytes + c->received, n))
			wrong(c, "something else came back");
		c->received += n;
		if (c->received < size)
			continue;
		nr_done++;
		c->bytes = NULL;
		if (each_new)
			close(c->fd);
		if (!more_to_do())
			return;
		next_message(c);
		if (each_new) {
			c->fd = open_socket(c);
			return;
		}
		send_some(c);
		return;		/* an answer makes an edge */
	}
}

/* Idle ones: a byte each, back at the end */
static int *open_idle(int nr)
{
	int *fds = calloc(nr, sizeof(*fds)), i;

	for (i = 0; i < nr; i++) {
		char byte = i;

		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		/* one address has not more ports than some ten thousand */
		if (i >= 20000) {
			struct sockaddr_in from = { .sin_family = AF_INET };

			from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i / 20000);
			if (bind(fds[i], (struct sockaddr *)&from, sizeof(from)))
				die("bind");
		}
		if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&server, sizeof(server)))
			die("idle connection");
		if (write(fds[i], &byte, 1) != 1 || read(fds[i], &byte, 1) != 1 || byte != (char)i)
			die("idle connection: first byte");
	}
	return fds;
}

static void close_idle(int *fds, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		char byte = i + 1;

		if (write(fds[i], &byte, 1) != 1 || read(fds[i], &byte, 1) != 1 || byte != (char)(i + 1))
			die("idle connection: last byte");
		close(fds[i]);
	}
}

/* 0: all were cut off in time */
static int never_read(int nr)
{
	struct pollfd *fds = calloc(nr, sizeof(*fds));
	double began = now();
	uint64_t sent = 0;
	int left = nr, i;

	for (i = 0; i < nr; i++) {
		fds[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		fds[i].events = POLLOUT;
		if (fds[i].fd < 0 || connect(fds[i].fd, (struct sockaddr *)&server, sizeof(server)))
			die("connect");
	}
	while (left && (!until || now() < until)) {
		poll(fds, nr, 500);
		for (i = 0; i < nr; i++) {
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = send(fds[i].fd, block, 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n > 0)
				sent += n;
			if (n >= 0 || errno == EAGAIN)
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			left--;
		}
	}
	printf("%d of %d connections were cut off, the last after %.1f s; they had sent %llu bytes\n", nr - left, nr,
	       now() - began, (unsigned long long)sent);
	return left != 0;
}

static void make_block(void)
{
	uint64_t x = 88172645463325252ull;
	size_t i;

	block_size = size + (1 << 20);
	block = malloc(block_size);
	buffer = malloc(65536);
	if (!block || !buffer)
		die("memory");
	for (i = 0; i < block_size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		block[i] = x >> 24;
	}
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];
	int opt, nr_conns = 1, nr_idle = 0, nr_deaf = 0, i, n, *idle;
	double seconds = 0, began, took;
	struct conn *conns;

	while ((opt = getopt(argc, argv, "c:n:s:wi:t:r:")) > 0) {
		switch (opt) {
		case 'c': nr_conns = atoi(optarg); break;
		case 'n': nr_messages = atoll(optarg); break;
		case 's': size = atoll(optarg); break;
		case 'w': each_new = 1; break;
		case 'i': nr_idle = atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'r': nr_deaf = atoi(optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 2 || nr_conns < 1 || size < 1 || !load_init(argv[optind], argv[optind + 1])) {
		fprintf(stderr, "usage: load [-c CONNECTIONS] [-n MESSAGES] [-s SIZE] [-w] [-i IDLE] [-t SECONDS] [-r CONNECTIONS] ADDRESS PORT\n");
		return 2;
	}
	make_block();
	if (nr_deaf) {
		until = seconds ? now() + seconds : 0;
		return never_read(nr_deaf);
	}
	idle = open_idle(nr_idle);
	conns = calloc(nr_conns, sizeof(*conns));
	began = now();
	until = seconds ? began + seconds : 0;
	for (i = 0; i < nr_conns && more_to_do(); i++) {
		conns[i].nr = i;
		next_message(&conns[i]);
		conns[i].fd = open_socket(&conns[i]);
	}
	while (nr_done < nr_begun) {
		n = next_events(events, nr_done, nr_begun);
		for (i = 0; i < n; i++)
			run(events[i].data.ptr);
	}
	took = now() - began;
	close_idle(idle, nr_idle);
	printf("%llu messages of %zu bytes on %d connections%s, all as they should be\n",
	       (unsigned long long)nr_done, size, nr_conns, each_new ? ", each message on its own" : "");
	printf("%.0f messages/s, %.2f Mbit/s each way\n", nr_done / took, nr_done * size * 8e-6 / took);
	return 0;
}
