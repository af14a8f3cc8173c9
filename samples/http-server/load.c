// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - clients of a file server, which check what comes back
 *
 *	load [-c CONNECTIONS] [-n REQUESTS] [-w] ADDRESS PORT PATH FILE
 *
 * Asks for PATH again and again; each answer must be 200, with the bytes of FILE. -n is for all
 * connections together; each asks again when its answer is complete. -w makes a new connection for each
 * request, which asks the server to close it. ADDRESS is IPv4.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../load.h"

enum { HEAD_MAX = 1024, BUFFER = 256 << 10 };

enum state { CONNECTING, HEAD, BODY, LAST, IDLE };	/* LAST: the answer is there, the end is to come */

struct conn {
	int fd;
	uint32_t nr;
	enum state state;
	size_t head_len;	/* of the answer, as far as it has come */
	size_t body_len;
	char head[HEAD_MAX + 1];
};

static uint64_t nr_requests = 1000, nr_begun, nr_done;
static int each_new;
static char request[1024], *file, *buffer;
static size_t request_len, file_len;

__attribute__((noreturn)) static void wrong(const struct conn *c, const char *what)
{
	fprintf(stderr, "load: connection %u, byte %zu of the body: %s\n%s\n", c->nr, c->body_len, what, c->head);
	exit(1);
}

static void open_conn(struct conn *c)
{
	c->fd = open_socket(c);
	c->state = CONNECTING;
}

/* A request is shorter than any socket's buffer */
static void ask(struct conn *c)
{
	ssize_t n = send(c->fd, request, request_len, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
		return;
	if (n != (ssize_t)request_len)
		wrong(c, n < 0 ? strerror(errno) : "the request was sent in part");
	c->head_len = c->body_len = 0;
	c->state = HEAD;
}

/* Some of the answer; bytes that belong to its head */
static size_t take_head(struct conn *c, const char *bytes, size_t len)
{
	char want[64], *end;
	size_t n = len < HEAD_MAX - c->head_len ? len : HEAD_MAX - c->head_len, before = c->head_len;

	memcpy(c->head + before, bytes, n);
	c->head_len += n;
	c->head[c->head_len] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end && c->head_len == HEAD_MAX)
		wrong(c, "a head without end");
	if (!end)
		return n;
	c->head_len = end + 4 - c->head;
	*end = '\0';
	snprintf(want, sizeof(want), "\r\nContent-Length: %zu", file_len);
	if (strncmp(c->head, "HTTP/1.1 200 ", 13) || !strstr(c->head, want))
		wrong(c, "not 200, or not this length");
	c->state = BODY;
	return c->head_len - before;
}

/* The answer is complete: the next */
static void next(struct conn *c)
{
	nr_done++;
	c->state = IDLE;
	if (nr_begun == nr_requests)
		return;
	nr_begun++;
	if (each_new)
		open_conn(c);
	else
		ask(c);
}

static void run(struct conn *c)
{
	size_t used;
	ssize_t n;

	if (c->state == CONNECTING)
		ask(c);
	while (c->state != CONNECTING && c->state != IDLE) {
		n = read(c->fd, buffer, BUFFER);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			wrong(c, strerror(errno));
		if (c->state == LAST && !n) {
			close(c->fd);
			next(c);
			return;
		}
		if (!n)
			wrong(c, "the connection was closed");
		used = c->state == HEAD ? take_head(c, buffer, n) : 0;
		n -= used;
		if (n && (c->body_len + n > file_len || memcmp(buffer + used, file + c->body_len, n)))
			wrong(c, "something else came back");
		c->body_len += n;
		if (c->state != BODY || c->body_len < file_len)
			continue;
		if (each_new) {
			c->state = LAST;
			continue;
		}
		next(c);
		return;		/* an answer makes an edge */
	}
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	file_len = st.st_size;
	file = malloc(file_len + 1);
	buffer = malloc(BUFFER);
	if (!file || !buffer || read(fd, file, file_len) != (ssize_t)file_len)
		die(path);
	close(fd);
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];
	int opt, nr_conns = 1, i, n;
	struct conn *conns;
	double began, took;

	while ((opt = getopt(argc, argv, "c:n:w")) > 0) {
		switch (opt) {
		case 'c': nr_conns = atoi(optarg); break;
		case 'n': nr_requests = atoll(optarg); break;
		case 'w': each_new = 1; break;
		default: return 2;
		}
	}
	if (argc - optind != 4 || nr_conns < 1 || !load_init(argv[optind], argv[optind + 1])) {
		fprintf(stderr, "usage: load [-c CONNECTIONS] [-n REQUESTS] [-w] ADDRESS PORT PATH FILE\n");
		return 2;
	}
	read_file(argv[optind + 3]);
	n = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\n%s\r\n",
		     argv[optind + 2], argv[optind], each_new ? "Connection: close\r\n" : "");
	if (n >= (int)sizeof(request)) {
		errno = ENAMETOOLONG;
		die(argv[optind + 2]);
	}
	request_len = n;
	conns = calloc(nr_conns, sizeof(*conns));
	if (!conns)
		die("memory");
	began = now();
	for (i = 0; i < nr_conns && nr_begun < nr_requests; i++) {
		conns[i].nr = i;
		nr_begun++;
		open_conn(&conns[i]);
	}
	while (nr_done < nr_begun) {
		n = next_events(events, nr_done, nr_begun);
		for (i = 0; i < n; i++)
			run(events[i].data.ptr);
	}
	took = now() - began;
	printf("%llu answers of %zu bytes on %d connections%s, all as they should be\n",
	       (unsigned long long)nr_done, file_len, nr_conns, each_new ? ", each on its own" : "");
	printf("%.0f requests/s, %.2f Mbit/s\n", nr_done / took, nr_done * file_len * 8e-6 / took);
	return 0;
}
