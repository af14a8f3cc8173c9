// SPDX-License-Identifier: GPL-2.0
/*
 * util.c - allocation that cannot return NULL, growable arrays, an arena
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "util.h"

#define ARENA_CHUNK_SIZE	(64 * 1024)
#define ARENA_ALIGN		16

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	size_t used;
	_Alignas(ARENA_ALIGN) char bytes[];
};

static void __attribute__((noreturn)) out_of_memory(size_t size)
{
	diag_tool_error("out of memory allocating %zu bytes", size);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size ? size : 1);

	if (!p)
		out_of_memory(nr * size);
	return p;
}

void *xrealloc(void *ptr, size_t size)
{
	void *p = realloc(ptr, size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

char *xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *s;
	int n;

	va_start(args, fmt);
	n = vasprintf(&s, fmt, args);
	va_end(args);
	if (n < 0)
		out_of_memory(0);
	return s;
}

void *xarray_reserve(void *array, size_t *cap, size_t want, size_t elem_size)
{
	size_t bytes, new_cap = *cap;

	if (want <= new_cap)
		return array;
	if (new_cap < 8)
		new_cap = 8;
	while (new_cap < want) {
		if (__builtin_mul_overflow(new_cap, 2, &new_cap))
			out_of_memory(want);
	}
	if (__builtin_mul_overflow(new_cap, elem_size, &bytes))
		out_of_memory(want);
	*cap = new_cap;
	return xrealloc(array, bytes);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *chunk = a->chunks;
	size_t chunk_size;
	void *p;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!chunk || chunk->size - chunk->used < size) {
		chunk_size = size > ARENA_CHUNK_SIZE ? size : ARENA_CHUNK_SIZE;
		/* big ones may be far bigger than what is used: let calloc map them */
		chunk = xcalloc(1, sizeof(*chunk) + chunk_size);
		chunk->size = chunk_size;
		if (a->chunks && chunk_size > ARENA_CHUNK_SIZE) {
			/* full at once: leave the newest chunk open for small ones */
			chunk->next = a->chunks->next;
			a->chunks->next = chunk;
		} else {
			chunk->next = a->chunks;
			a->chunks = chunk;
		}
	}
	p = chunk->bytes + chunk->used;
	chunk->used += size;
	return p;
}

void *arena_calloc(struct arena *a, size_t nr, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(nr, size, &bytes))
		out_of_memory(nr);
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const void *bytes, size_t size)
{
	char *p = arena_alloc(a, size + 1);

	if (size)
		memcpy(p, bytes, size);
	return p;
}

void arena_destroy(struct arena *a)
{
	struct arena_chunk *chunk, *next;

	for (chunk = a->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	a->chunks = NULL;
}

int file_read(const char *path, u8 **bytes, size_t *size)
{
	size_t cap = 0, used = 0;
	struct stat st;
	u8 *buf = NULL;
	ssize_t n;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		goto err_close;
	}
	if (S_ISDIR(st.st_mode)) {
		err = -EISDIR;
		goto err_close;
	}
	if (S_ISREG(st.st_mode) && (u64)st.st_size > FILE_MAX) {
		err = -EFBIG;
		goto err_close;
	}
	/* one byte more than the file, so that one read() and its end fit */
	array_reserve(buf, cap, S_ISREG(st.st_mode) ? (size_t)st.st_size + 2 : 65536);
	for (;;) {
		n = read(fd, buf + used, cap - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			goto err_free;
		}
		if (!n)
			break;
		used += (size_t)n;
		if (used > FILE_MAX) {	/* a device or a pipe may have no end */
			err = -EFBIG;
			goto err_free;
		}
		array_reserve(buf, cap, used + 2);
	}
	close(fd);
	buf[used] = 0;
	*bytes = buf;
	*size = used;
	return 0;

err_free:
	free(buf);
err_close:
	close(fd);
	return err;
}

bool file_is_same(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && S_ISREG(sa.st_mode) &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool utf8_valid(const u8 *s, size_t size)
{
	const u8 *end = s + size;
	u32 c, min, nr;

	while (s < end) {
		c = *s++;
		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c < 0xe0) {
			nr = 1;
			min = 0x80;
			c &= 0x1f;
		} else if (c >= 0xe0 && c < 0xf0) {
			nr = 2;
			min = 0x800;
			c &= 0x0f;
		} else if (c >= 0xf0 && c < 0xf5) {
			nr = 3;
			min = 0x10000;
			c &= 0x07;
		} else {
			return false;
		}
		if ((size_t)(end - s) < nr)
			return false;
		for (; nr; nr--, s++) {
			if ((*s & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*s & 0x3f);
		}
		if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
	}
	return true;
}
