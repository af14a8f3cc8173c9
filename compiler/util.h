/* SPDX-License-Identifier: GPL-2.0 */
/*
 * util.h - allocation that cannot return NULL, growable arrays, an arena
 *
 * Running out of memory ends the program with a message: a compiler has
 * nothing better to do, and every caller stays free of a path nobody tests.
 */
#ifndef _COMPILER_UTIL_H
#define _COMPILER_UTIL_H

#include "../include/types.h"

void *xmalloc(size_t size);
void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Make room for @want elements in @array, whose capacity in elements is *@cap;
 * doubles, so that appending one at a time stays linear. Returns the array,
 * which may have moved. Elements are not cleared.
 */
void *xarray_reserve(void *array, size_t *cap, size_t want, size_t elem_size);

/* array_reserve(v->items, v->cap, v->nr + 1): the same, with the types known */
#define array_reserve(array, cap, want)					\
	((array) = xarray_reserve((array), &(cap), (want), sizeof(*(array))))

/**
 * struct arena - many small allocations with one end
 * @chunks: newest first
 *
 * All zero is a valid, empty arena.
 */
struct arena {
	struct arena_chunk *chunks;
};

/* zeroed, aligned for any type; lives until arena_destroy() */
void *arena_alloc(struct arena *a, size_t size);
void *arena_calloc(struct arena *a, size_t nr, size_t size);
/* a copy of @size bytes with a NUL behind */
char *arena_strndup(struct arena *a, const void *bytes, size_t size);
void arena_destroy(struct arena *a);

/* the most that file_read() takes; engines of WebAssembly take no larger module */
#define FILE_MAX	(1ul << 30)

/*
 * Read a whole regular file (or pipe) into xmalloc()ed memory with one more
 * byte, zero, behind it. Returns 0 or -errno (-EFBIG: over FILE_MAX); prints nothing.
 */
int file_read(const char *path, u8 **bytes, size_t *size);
/* do both paths lead to one regular file, which is there? */
bool file_is_same(const char *a, const char *b);

/* true if @size bytes at @s are well-formed UTF-8 (no surrogates, no overlong forms) */
bool utf8_valid(const u8 *s, size_t size);

#endif /* _COMPILER_UTIL_H */
