// SPDX-License-Identifier: GPL-2.0
/*
 * http.c - HTTP/1.1 for files: requests to responses (RFC 9110, RFC 9112)
 *
 * GET and HEAD; keep-alive, pipelining; one range; conditional requests. Files are kept open in a
 * small cache, with the whole response to a plain GET, and looked at again every second: a small
 * file's response goes out from there. A head is gone through once, eight bytes at a time, for where its
 * lines end, and then line by line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

enum {
	SLOTS = 256, SMALL = 16 << 10, PATH_LEN = 1024, FIELDS_MAX = 100, RESPONSE_HEAD = 512, FILE_HEAD = 320,
	LINES_MAX = FIELDS_MAX + 2,	/* the request's, and the empty one at the end */
};

#define STATUS_200	"HTTP/1.1 200 OK"

struct http_file {
	char path[PATH_LEN];
	int fd;
	int users;		/* the cache, and bodies under way */
	uint64_t size;
	time_t mtime;
	ino_t ino;
	time_t checked;
	char etag[48];
	char modified[32];
	/* what is sent for it: status and server; validators; type; length of all of it; content, if it is SMALL */
	char *response;
	uint32_t response_len;
	char *head, *content;	/* in there: validators, which come first of what is the file's; NULL: not SMALL */
	uint32_t validators_len, type_len, head_len;
	uint64_t lent;		/* tick in which a response was left to be sent from here */
	struct http_file *next;	/* in returned */
};

/* Lines of a request's head: line i is from start[i] up to end[i], without its CRLF */
struct lines {
	char *start[LINES_MAX], *end[LINES_MAX];
	int nr;			/* may be more than LINES_MAX */
	int bad;		/* a NUL is among them */
};

struct request {
	int head_only, close, status;
	char path[PATH_LEN];
	const char *none_match, *modified_since, *range, *if_range;
};

char *http_out;
uint32_t http_out_len;

static struct http_file *cache[SLOTS];
static int root_fd;
static uint64_t now_ns;
static time_t now_s;
static char server[64];		/* fields that all responses have */
static uint32_t server_len;
static char token_chars[256], path_chars[256];
static uint64_t ticks;
/* files that nobody has any more, but whose response may be on its way: as of this tick, and of that before */
static struct http_file *returned, *returned_before;

/* ---- time ---- */

static void format_date(char *to, time_t t)
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(to, 32, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* The form that everybody sends; -1: another */
static time_t parse_date(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {};
	char month[4];
	const char *m;

	if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	m = strstr(months, month);
	if (!m || (m - months) % 3 || tm.tm_year < 1970)
		return -1;
	tm.tm_mon = (m - months) / 3;
	tm.tm_year -= 1900;
	return timegm(&tm);
}

static void free_file(struct http_file *f)
{
	free(f->response);
	free(f);
}

void http_tick(void)
{
	struct http_file *f;
	struct timespec ts;

	ticks++;
	while ((f = returned_before)) {
		returned_before = f->next;
		free_file(f);
	}
	returned_before = returned;
	returned = NULL;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now_ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	if (now_s != ts.tv_sec || !server_len) {
		char date[32];

		now_s = ts.tv_sec;
		format_date(date, time(NULL));
		server_len = snprintf(server, sizeof(server), "\r\nServer: wasm2ko\r\nDate: %s", date);
	}
}

uint64_t http_now(void)
{
	return now_ns;
}

static uint64_t in_seconds(int seconds)
{
	return now_ns + seconds * 1000000000ull;
}

/* ---- files ---- */

static const char *type_of(const char *path)
{
	static const char * const types[][2] = {
		{ "html", "text/html; charset=utf-8" }, { "htm", "text/html; charset=utf-8" },
		{ "txt", "text/plain; charset=utf-8" }, { "css", "text/css" }, { "js", "text/javascript" },
		{ "json", "application/json" }, { "xml", "application/xml" }, { "svg", "image/svg+xml" },
		{ "png", "image/png" }, { "jpg", "image/jpeg" }, { "jpeg", "image/jpeg" }, { "gif", "image/gif" },
		{ "webp", "image/webp" }, { "ico", "image/x-icon" }, { "pdf", "application/pdf" },
		{ "wasm", "application/wasm" }, { "gz", "application/gzip" }, { "mp4", "video/mp4" },
		{ "woff2", "font/woff2" },
	};
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(dot + 1, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

static void put_file(struct http_file *f)
{
	if (--f->users)
		return;
	close(f->fd);
	if (f->lent == ticks) {
		f->next = returned;
		returned = f;
		return;
	}
	free_file(f);
}

static void copy_server(struct http_file *f)
{
	memcpy(f->response + strlen(STATUS_200), server, server_len);
}

static struct http_file *open_file(const char *path)
{
	struct http_file *f = calloc(1, sizeof(*f));
	struct stat st;

	if (!f)
		return NULL;
	f->fd = openat(root_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);	/* nor wait for a FIFO's writer */
	if (f->fd < 0) {
		free(f);
		return NULL;
	}
	f->users = 1;
	if (fstat(f->fd, &st) || !S_ISREG(st.st_mode))
		goto err;
	strcpy(f->path, path);
	f->size = st.st_size;
	f->mtime = st.st_mtime;
	f->ino = st.st_ino;
	snprintf(f->etag, sizeof(f->etag), "\"%llx-%llx\"", (unsigned long long)f->mtime,
		 (unsigned long long)f->size);
	format_date(f->modified, f->mtime);
	f->response = malloc(RESPONSE_HEAD + (f->size <= SMALL ? f->size : 0));
	if (!f->response)
		goto err;
	strcpy(f->response, STATUS_200);
	copy_server(f);
	f->head = f->response + strlen(STATUS_200) + server_len;
	f->validators_len = sprintf(f->head, "\r\nETag: %s\r\nLast-Modified: %s", f->etag, f->modified);
	f->type_len = sprintf(f->head + f->validators_len, "\r\nAccept-Ranges: bytes\r\nContent-Type: %s",
			      type_of(path)) + f->validators_len;
	f->head_len = sprintf(f->head + f->type_len, "\r\nContent-Length: %llu\r\n\r\n",
			      (unsigned long long)f->size) + f->type_len;
	f->response_len = f->head + f->head_len - f->response;
	if (f->size <= SMALL) {
		f->content = f->head + f->head_len;
		if (pread(f->fd, f->content, f->size, 0) != (ssize_t)f->size)
			goto err;
		f->response_len += f->size;
	}
	return f;
err:
	put_file(f);
	return NULL;
}

/* From the cache, if it is still what is there */
static struct http_file *find_file(const char *path)
{
	struct http_file **slot, *f;
	uint32_t hash = 5381;
	struct stat st;
	const char *p;

	for (p = path; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	slot = &cache[hash % SLOTS];
	f = *slot;
	if (f && !strcmp(f->path, path)) {
		if (f->checked == now_s)
			return f;
		f->checked = now_s;
		if (!fstatat(root_fd, path, &st, 0) && st.st_mtime == f->mtime && st.st_ino == f->ino &&
		    (uint64_t)st.st_size == f->size) {
			copy_server(f);
			return f;
		}
	}
	f = open_file(path);
	if (!f)
		return NULL;
	f->checked = now_s;
	if (*slot)
		put_file(*slot);
	*slot = f;
	return f;
}

/* ---- requests ---- */

static int hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "/a/%62?x" to "a/b"; 0, or a status. Ends with a NUL. */
static int parse_target(char *target, char *path)
{
	char *out = path, *segment = path, *limit = path + PATH_LEN - sizeof("index.html");

	if (*target != '/' && !strncasecmp(target, "http://", 7)) {
		target = strchr(target + 7, '/');
		if (!target)
			target = "/";
	}
	if (*target != '/')
		return 400;
	for (target++;; target++) {
		int c = (unsigned char)*target;

		if (out >= limit)
			return 414;
		if (path_chars[c]) {
			*out++ = c;
			continue;
		}
		if (c == '%') {
			int high = hex((unsigned char)target[1]), low = high < 0 ? -1 : hex((unsigned char)target[2]);

			if (low < 0)
				return 400;
			c = high * 16 + low;
			target += 2;
			if (!c)
				return 400;
			if (c != '/') {
				*out++ = c;
				continue;
			}
		} else if (c == '?' || c == '#') {
			c = 0;
		} else if (c == ' ') {
			return 400;
		}
		*out = '\0';
		if (!strcmp(segment, ".."))
			return 400;
		if (!*segment || !strcmp(segment, "."))
			out = segment;	/* "//" and "/./" are "/" */
		else if (c)
			*out++ = '/';
		segment = out;
		if (c)
			continue;
		*out = '\0';
		if (out == path || out[-1] == '/')
			strcpy(out, "index.html");
		return 0;
	}
}

static void init_chars(void)
{
	int c;

	for (c = '!'; c < 127; c++)
		token_chars[c] = !strchr("\"(),/:;<=>?@[\\]{}", c);
	for (c = 1; c < 256; c++)
		path_chars[c] = !strchr(" %/?#", c);
}

/* Where the token that begins at @s ends */
static char *token_end(char *s)
{
	while (token_chars[(unsigned char)*s])
		s++;
	return s;
}

/* Is it this text? @fold 32: which has letters and '-' only, in lower case; 0: as it is. For short constants. */
static inline __attribute__((always_inline)) int is(const char *s, size_t len, const char *text, int fold)
{
	size_t i;

	if (len != strlen(text))
		return 0;
	for (i = 0; i < strlen(text); i++)
		if ((s[i] | fold) != text[i])
			return 0;
	return 1;
}

static inline __attribute__((always_inline)) int is_name(const char *s, size_t len, const char *name)
{
	return is(s, len, name, 32);
}

static int has_token(const char *list, const char *token)
{
	size_t len = strlen(token);

	for (; *list; list++) {
		list += strspn(list, " \t,");
		if (!strncasecmp(list, token, len) && (!list[len] || strchr(" \t,", list[len])))
			return 1;
		list += strcspn(list, ",");
		if (!*list)
			break;
	}
	return 0;
}

/* Status of a line "Name: value", whose NUL is at @end */
static int parse_field(struct request *r, char *line, char *end, int *hosts)
{
	char *colon = token_end(line), *value;
	size_t len = colon - line;

	if (*colon != ':' || !len)	/* nor blanks before the colon, nor folded lines */
		return 400;
	for (value = colon + 1; *value == ' ' || *value == '\t'; value++)
		;
	for (; end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = '\0';
	switch (line[0] | 32) {
	case 'h':
		*hosts += is_name(line, len, "host");
		break;
	case 'c':
		if (is_name(line, len, "connection")) {
			if (has_token(value, "close"))
				r->close = 1;
			else if (r->close == 2 && has_token(value, "keep-alive"))
				r->close = 0;
		} else if (is_name(line, len, "content-length")) {
			if (!*value || value[strspn(value, "0123456789")])
				return 400;
			if (value[strspn(value, "0")])
				r->close = 1;	/* a body, which nobody reads */
		}
		break;
	case 't':
		if (is_name(line, len, "transfer-encoding"))
			r->close = 1;
		break;
	case 'i':
		if (is_name(line, len, "if-none-match"))
			r->none_match = value;
		else if (is_name(line, len, "if-modified-since"))
			r->modified_since = value;
		else if (is_name(line, len, "if-range"))
			r->if_range = value;
		break;
	case 'r':
		if (is_name(line, len, "range"))
			r->range = value;
		break;
	}
	return 0;
}

/* Where the next byte below ' ' is, or @end: of eight bytes at once the first whose subtraction borrows */
static inline char *next_control(char *p, char *end)
{
	const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
	uint64_t w, found;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		found = (w - ones * ' ') & ~w & tops;
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
	while (p < end && (unsigned char)*p >= ' ')
		p++;
	return p;
}

/* The lines of a head that begins at @bytes, up to an empty one. What follows; NULL: it is not all there */
static char *find_lines(struct lines *l, char *bytes, char *end)
{
	char *line = bytes, *p = bytes, *cr;

	l->nr = l->bad = 0;
	while ((p = next_control(p, end)) < end) {
		cr = p;
		if (*p == '\r' && p + 1 < end && p[1] == '\n')
			p++;
		if (*p++ != '\n') {
			l->bad |= !*cr;
			continue;
		}
		if (l->nr < LINES_MAX) {
			l->start[l->nr] = line;
			l->end[l->nr] = cr;
		}
		l->nr++;
		if (cr == line)
			return p;
		line = p;
	}
	return NULL;
}

/* Sets r->status to 0, or to what is wrong. Writes to the lines. */
static void parse_head(struct request *r, const struct lines *l)
{
	char *line = l->start[0], *end = l->end[0], *target = token_end(line), *version;
	int i, hosts = 0;

	memset(r, 0, offsetof(struct request, path));
	r->none_match = r->modified_since = r->range = r->if_range = NULL;
	r->close = 1;
	r->status = 400;
	if (l->bad || target == line || *target != ' ' || end - target < (int)strlen(" / HTTP/1.1"))
		return;
	version = end - strlen("HTTP/1.1");
	if (version[-1] != ' ' || !is(version, 5, "HTTP/", 0) || version[5] < '0' || version[5] > '9' || version[6] != '.' ||
	    version[7] < '0' || version[7] > '9')
		return;
	if (version[5] != '1') {
		r->status = 505;
		return;
	}
	r->close = version[7] == '0' ? 2 : 0;	/* 2: unless it says otherwise */
	r->head_only = is(line, target - line, "HEAD", 0);
	r->status = r->head_only || is(line, target - line, "GET", 0) ? 0 : 405;
	for (i = 1; i < l->nr - 1; i++) {
		int status = 431;

		if (i <= FIELDS_MAX) {
			*l->end[i] = '\0';
			status = parse_field(r, l->start[i], l->end[i], &hosts);
		}
		if (status) {
			r->status = status;
			r->close = 1;
			return;
		}
	}
	if (hosts != 1 && (hosts > 1 || version[7] != '0')) {
		r->status = 400;
		r->close = 1;
		return;
	}
	if (r->status == 405) {
		r->close = 1;
		return;
	}
	version[-1] = '\0';
	r->status = parse_target(target + 1, r->path);
	r->close = r->close || r->status;
}

/* ---- responses ---- */

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 206: return "Partial Content";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 414: return "URI Too Long";
	case 416: return "Range Not Satisfiable";
	case 431: return "Request Header Fields Too Large";
	default: return "HTTP Version Not Supported";
	}
}

static inline void put(const char *bytes, size_t len)
{
	memcpy(http_out + http_out_len, bytes, len);
	http_out_len += len;
}

static inline __attribute__((always_inline)) void puts_out(const char *text)
{
	put(text, strlen(text));	/* constants have theirs already */
}

static void put_number(uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = '0' + n % 10;
	while (n /= 10);
	put(p, digits + sizeof(digits) - p);
}

static void begin_response(int status, int close)
{
	if (status == 200) {
		puts_out(STATUS_200);
	} else {
		puts_out("HTTP/1.1 ");
		put_number(status);
		puts_out(" ");
		puts_out(reason(status));
	}
	put(server, server_len);
	if (close)
		puts_out("\r\nConnection: close");
}

static void error_response(int status, int close, int head_only)
{
	const char *text = reason(status);

	begin_response(status, close);
	if (status == 405)
		puts_out("\r\nAllow: GET, HEAD");
	puts_out("\r\nContent-Type: text/plain\r\nContent-Length: ");
	put_number(strlen(text) + 1);
	puts_out("\r\n\r\n");
	if (!head_only) {
		puts_out(text);
		puts_out("\n");
	}
}

static int not_modified(const struct request *r, const struct http_file *f)
{
	if (r->none_match)
		return !strcmp(r->none_match, "*") || strstr(r->none_match, f->etag);
	if (r->modified_since) {
		time_t since = parse_date(r->modified_since);

		return since >= 0 && f->mtime <= since;
	}
	return 0;
}

/* "bytes=FIRST-LAST": 206 and the range, 416, or 200: to be ignored */
static int parse_range(const struct request *r, const struct http_file *f, uint64_t *first, uint64_t *last)
{
	const char *p = r->range;
	char *end;

	if (!p || strncmp(p, "bytes=", 6) || strchr(p, ','))
		return 200;
	if (r->if_range && strcmp(r->if_range, f->etag) && strcmp(r->if_range, f->modified))
		return 200;
	p += 6;
	if (*p == '-') {
		if (p[1] < '0' || p[1] > '9')
			return 200;
		*last = strtoull(p + 1, &end, 10);
		if (*end)
			return 200;
		if (!*last || !f->size)
			return 416;
		*first = *last < f->size ? f->size - *last : 0;
		*last = f->size - 1;
		return 206;
	}
	if (*p < '0' || *p > '9')
		return 200;
	*first = strtoull(p, &end, 10);
	if (*end != '-')
		return 200;
	p = end + 1;
	*last = UINT64_MAX;
	if (*p) {
		if (*p < '0' || *p > '9')
			return 200;
		*last = strtoull(p, &end, 10);
		if (*end || *last < *first)
			return 200;
	}
	if (*first >= f->size)
		return 416;
	if (*last >= f->size)
		*last = f->size - 1;
	return 206;
}

/* @only: nothing comes after it, so a response that is ready need not be copied */
static void respond(struct http_conn *c, const struct request *r, int only)
{
	uint64_t first = 0, last = 0, len;
	struct http_file *f;
	int status = 200;

	f = r->status ? NULL : find_file(r->path);
	if (!f) {
		error_response(r->status ? r->status : 404, r->close, r->head_only);
		return;
	}
	if (not_modified(r, f))
		status = 304;
	else if (r->range && !r->head_only)
		status = parse_range(r, f, &first, &last);
	if (status != 206)
		first = 0;	/* of a range that is none there may be a beginning */
	len = status == 206 ? last - first + 1 : status == 200 ? f->size : 0;
	if (status == 200 && !r->close && !r->head_only) {
		if (only && !http_out_len) {
			http_out = f->response;
			http_out_len = f->response_len;
			f->lent = ticks;
		} else {
			put(f->response, f->response_len);
		}
		goto large;
	}
	begin_response(status, r->close);
	if (status == 200) {
		put(f->head, f->head_len);
		goto body;
	}
	put(f->head, status == 304 ? f->validators_len : f->type_len);
	if (status != 304) {
		puts_out("\r\nContent-Length: ");
		put_number(len);
	}
	if (status == 206 || status == 416) {
		puts_out("\r\nContent-Range: bytes ");
		if (status == 206) {
			put_number(first);
			puts_out("-");
			put_number(last);
		} else {
			puts_out("*");
		}
		puts_out("/");
		put_number(f->size);
	}
	puts_out("\r\n\r\n");
body:
	if (!len || r->head_only)
		return;
	if (f->content) {
		put(f->content + first, len);
		return;
	}
large:
	if (f->content)
		return;
	f->users++;
	c->file = f;
	c->offset = first;
	c->left = len;
}

/* ---- connections ---- */

int http_start(const char *root)
{
	init_chars();
	root_fd = open(root, O_RDONLY | O_DIRECTORY);
	http_tick();
	return root_fd < 0 ? -1 : 0;
}

void http_end(struct http_conn *c)
{
	if (c->file)
		put_file(c->file);
	free(c->in);
	free(c->rest);
	c->file = NULL;
	c->in = c->rest = NULL;
}

int http_keep(struct http_conn *c, const char *bytes, uint32_t len)
{
	char *rest = malloc(c->rest_len - c->rest_sent + len);

	if (!rest)
		return -1;
	if (c->rest)
		memcpy(rest, c->rest + c->rest_sent, c->rest_len - c->rest_sent);
	memcpy(rest + c->rest_len - c->rest_sent, bytes, len);
	free(c->rest);
	c->rest = rest;
	c->rest_len += len - c->rest_sent;
	c->rest_sent = 0;
	c->deadline = in_seconds(HTTP_SEND_SECONDS);
	return 0;
}

/* Send what is put together; what is left is kept */
static int flush(struct http_conn *c, int more)
{
	ssize_t n = 0;
	int err = 0;

	if (!c->rest && http_out_len)
		n = io_send(c, http_out, http_out_len, more);
	if (n >= 0 && n < (ssize_t)http_out_len)
		err = http_keep(c, http_out + n, http_out_len - n);
	http_out_len = 0;
	return n < 0 ? -1 : err;
}

static int send_file(struct http_conn *c)
{
	ssize_t n;

	while (c->left) {
		n = io_sendfile(c, c->file->fd, c->offset, c->left < 1 << 20 ? c->left : 1 << 20);
		if (n < 0)
			return -1;
		if (!n)
			break;
		c->offset += n;
		c->left -= n;
	}
	c->deadline = in_seconds(HTTP_SEND_SECONDS);
	if (!c->left) {
		put_file(c->file);
		c->file = NULL;
	}
	return 0;
}

/* All requests that are complete; *used: how much of it they were */
static int serve(struct http_conn *c, char *bytes, uint32_t len, uint32_t *used)
{
	char *p = bytes, *end = bytes + len, *next;
	struct request r;
	struct lines l;

	while (p < end && !c->last && !http_busy(c)) {
		if (*p == '\r' || *p == '\n') {		/* before a request: to be ignored */
			p++;
			continue;
		}
		next = find_lines(&l, p, end);
		if (!next && end - p < HTTP_HEAD_MAX)
			break;
		if (!next || next - p > HTTP_HEAD_MAX) {
			error_response(431, 1, 0);
			c->last = 1;
			break;
		}
		parse_head(&r, &l);
		respond(c, &r, next == end);
		c->last = r.close;
		c->deadline = in_seconds(HTTP_IDLE_SECONDS);
		p = next;
		if (c->file && (flush(c, 1) || (!c->rest && send_file(c))))
			return -1;
		if (http_out_len > HTTP_OUT_MAX - SMALL - RESPONSE_HEAD * 2 && flush(c, 0))
			return -1;
	}
	*used = c->last ? len : p - bytes;
	return 0;
}

int http_received(struct http_conn *c, char *bytes, uint32_t len)
{
	static char work[2 * HTTP_HEAD_MAX + (64 << 10)];
	uint32_t have = c->in ? c->in_len : 0, used;

	if (c->last)
		return 0;
	/* a head in two pieces: together; the caller brings 64 KiB at most */
	if (have) {
		if (have + len > sizeof(work))
			return -1;
		memcpy(work, c->in, have);
		memcpy(work + have, bytes, len);
		bytes = work;
	}
	have += len;
	if (serve(c, bytes, have, &used))
		return -1;
	if (c->ended && !http_busy(c))
		c->last = 1;
	if (used == have) {
		free(c->in);
		c->in = NULL;
		c->in_len = 0;
		return 0;
	}
	/* the rest of it waits: for more, or until responses are sent */
	free(c->in);
	c->in = malloc(have - used);
	if (!c->in)
		return -1;
	memcpy(c->in, bytes + used, have - used);
	if (!c->in_len || used)
		c->deadline = in_seconds(http_busy(c) ? HTTP_SEND_SECONDS : HTTP_HEAD_SECONDS);
	c->in_len = have - used;
	return 0;
}

int http_continue(struct http_conn *c)
{
	ssize_t n;

	if (c->rest) {
		n = io_send(c, c->rest + c->rest_sent, c->rest_len - c->rest_sent, c->file != NULL);
		if (n < 0)
			return -1;
		if (n)
			c->deadline = in_seconds(HTTP_SEND_SECONDS);
		c->rest_sent += n;
		if (c->rest_sent < c->rest_len)
			return 0;
		free(c->rest);
		c->rest = NULL;
		c->rest_len = c->rest_sent = 0;
	}
	if (c->file && send_file(c))
		return -1;
	if (http_busy(c))
		return 0;
	if (c->last || (c->ended && !c->in)) {
		c->last = 1;
		return -1;
	}
	c->deadline = in_seconds(HTTP_IDLE_SECONDS);
	return c->in ? http_received(c, NULL, 0) : 0;
}
