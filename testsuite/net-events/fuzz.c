// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz.c - a hostile HTTP client
 *
 *	fuzz SECONDS SEED PORT FILE CONNECTIONS
 *
 * On many connections at once: garbage, changed and cut requests, pipelines, resets in the middle, a
 * byte now and then, responses that nobody reads. Between them, on a connection of its own, FILE is
 * asked for as "/file", and what comes back is compared: others are served all the time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in server = { .sin_family = AF_INET };
static uint64_t state;
static char good[1 << 20];
static size_t good_len;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % below;
}

static int connect_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server))) {
		perror("fuzz: connect");
		exit(1);
	}
	return fd;
}

static void good_request(void)
{
	static char answer[sizeof(good) + 4096];
	time_t began = time(NULL);
	int fd = connect_one();
	size_t len = 0;
	ssize_t n;
	char *body;

	dprintf(fd, "GET /file HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n\r\n");
	while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += n;
	answer[len] = '\0';
	close(fd);
	body = strstr(answer, "\r\n\r\n");
	if (n || strncmp(answer, "HTTP/1.1 200 ", 13) || !body ||
	    answer + len - (body + 4) != (ssize_t)good_len || memcmp(body + 4, good, good_len)) {
		fprintf(stderr, "fuzz: a good request was answered after %ld s by %zu bytes (%s):\n%.300s\n",
			(long)(time(NULL) - began), len, n ? strerror(errno) : "end", answer);
		exit(1);
	}
}

static void hostile(int *fd)
{
	static const char * const seeds[] = {
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=5-99\r\n\r\n",
		"HEAD /file HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"POST /%2e%2e/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"GET http://a/a/../b?%zz HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\nIf-Modified-Since: Sat, 99 Foo 2026 12:00:00 GMT\r\n\r\n",
		"GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=99999999-x\r\n\r\n",
		"GET /file HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nRange: bytes=-0\r\nIf-Range: \"\"\r\n\r\n",
	};
	static char text[1 << 16], trash[1 << 16];
	struct linger reset = { 1, 0 };
	size_t len = 0;
	uint32_t i, n;

	if (*fd < 0) {
		*fd = connect_one();
		fcntl(*fd, F_SETFL, O_NONBLOCK);
	}
	switch (rnd(10)) {
	case 0:		/* garbage */
		len = rnd(rnd(4) ? 300 : sizeof(text));
		for (i = 0; i < len; i++)
			text[i] = rnd(256);
		break;
	case 1:		/* a head without end */
		len = rnd(sizeof(text));
		memset(text, 'x', len);
		memcpy(text, "GET / HTTP/1.1\r\nX: ", len < 19 ? len : 19);
		break;
	case 2:		/* slowly */
		text[len++] = "GET / HTTP/1.1\r\n"[rnd(16)];
		break;
	case 3:
		setsockopt(*fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		/* fall through */
	case 4:
		close(*fd);
		*fd = -1;
		return;
	case 5:
		shutdown(*fd, SHUT_WR);
		return;
	default:	/* requests, mostly changed a little, or cut */
		for (n = 1 + rnd(8); n--;) {
			const char *seed = seeds[rnd(sizeof(seeds) / sizeof(seeds[0]))];

			memcpy(text + len, seed, strlen(seed));
			len += strlen(seed);
		}
		for (n = rnd(5); n--;)
			text[rnd(len)] = rnd(256);
		if (!rnd(3))
			len = rnd(len + 1);
	}
	i = send(*fd, text, len, MSG_NOSIGNAL);
	if ((int)i < 0 && errno != EAGAIN) {
		close(*fd);
		*fd = -1;
		return;
	}
	if (rnd(2) && read(*fd, trash, rnd(sizeof(trash))) == 0) {
		close(*fd);
		*fd = -1;
	}
}

int main(int argc, char **argv)
{
	int nr, i, fd, *fds;
	unsigned long rounds = 0, served = 0;
	time_t end;

	if (argc != 6)
		return 2;
	state = strtoull(argv[2], NULL, 0) * 2654435761u + 88172645463325252ull;
	server.sin_port = htons(atoi(argv[3]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = open(argv[4], O_RDONLY);
	good_len = read(fd, good, sizeof(good));
	nr = atoi(argv[5]);
	fds = malloc(nr * sizeof(*fds));
	memset(fds, 0xff, nr * sizeof(*fds));
	end = time(NULL) + atoi(argv[1]);
	while (time(NULL) < end) {
		for (i = 0; i < nr; i++)
			hostile(&fds[rnd(nr)]);
		good_request();
		rounds += nr;
		served++;
	}
	printf("%lu hostile steps, %lu good requests served between them, seed %s\n", rounds, served, argv[2]);
	return 0;
}
