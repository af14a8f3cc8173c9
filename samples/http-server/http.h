/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http.h - HTTP/1.1 for files, without sockets: what http-server.c and native.c share
 *
 * They bring in bytes and take out bytes; http.c is the same code for both. A response that the
 * socket cannot take is kept, and no more requests are looked at before it is gone.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdint.h>
#include <sys/types.h>

enum {
	HTTP_HEAD_MAX = 8192,		/* a longer head is 431 */
	HTTP_OUT_MAX = 256 << 10,	/* room that http_received() is given */
	HTTP_HEAD_SECONDS = 10,		/* for a head, from its first byte or from accepting */
	HTTP_IDLE_SECONDS = 60,		/* between requests */
	HTTP_SEND_SECONDS = 30,		/* that a client may take nothing */
};

struct http_file;

struct http_conn {
	int32_t id;			/* the socket's: a handle, or a descriptor */
	uint32_t in_len;
	char *in;			/* of a head that is not complete; HTTP_HEAD_MAX */
	char *rest;			/* of responses that the socket could not take */
	uint32_t rest_len;
	uint32_t rest_sent;
	struct http_file *file;		/* body under way, after @rest */
	uint64_t offset;
	uint64_t left;
	uint64_t deadline;		/* ns of http_now() */
	int last;			/* close when all is sent */
	int ended;			/* of the caller: the client sends no more, but may wait for answers */
};

/*
 * Where responses are put together. The caller sets it before http_received() and http_continue(), and sends what
 * is there when they return. It may be another place then: a file's response, which stays as it is until
 * something is received after the next http_tick().
 */
extern char *http_out;
extern uint32_t http_out_len;

int http_start(const char *root);	/* 0, -1: not a directory (errno) */
uint64_t http_now(void);		/* ns, as of the last http_tick() */
void http_tick(void);			/* once for each batch of events */

/* All return -1 if the connection is to be closed now. */
int http_received(struct http_conn *c, char *bytes, uint32_t len);	/* writes to @bytes */
int http_continue(struct http_conn *c);	/* there is room again */
int http_keep(struct http_conn *c, const char *bytes, uint32_t len); /* the socket has not taken these */
/* Must nothing be received now? */
static inline int http_busy(const struct http_conn *c)
{
	return c->rest || c->file;
}

void http_end(struct http_conn *c);	/* frees what it has, not @c */

/* Of the caller: bytes taken, -1: broken */
ssize_t io_send(struct http_conn *c, const void *bytes, uint32_t len, int more);
ssize_t io_sendfile(struct http_conn *c, int fd, uint64_t offset, uint32_t len);

#endif /* HTTP_H */
