/* SPDX-License-Identifier: GPL-2.0 */
/*
 * binary.h - what sections and instructions of the binary format have in common
 *
 * The specification's "Binary Format, Values" and "Types". For decode.c and
 * instr.c only. Every function reads at b->pos and returns 0, or -EINVAL after
 * a message; nothing is read behind b->end.
 */
#ifndef _COMPILER_BINARY_H
#define _COMPILER_BINARY_H

#include "module.h"

static inline u32 bytes_offset(const struct wasm_bytes *b)
{
	return (u32)(b->pos - b->m->bytes);
}

static inline u32 bytes_left(const struct wasm_bytes *b)
{
	return (u32)(b->end - b->pos);
}

int read_byte(struct wasm_bytes *b, u8 *value);
int read_u32(struct wasm_bytes *b, u32 *value);
int read_u64(struct wasm_bytes *b, u64 *value);
int read_s32(struct wasm_bytes *b, s32 *value);
int read_s64(struct wasm_bytes *b, s64 *value);
/* @size bytes as they are */
int read_bytes(struct wasm_bytes *b, void *dest, u32 size);

/*
 * The length of a vector, whose elements take a byte at least, and a size in
 * bytes: what cannot fit in the rest is refused before anybody allocates.
 */
int read_count(struct wasm_bytes *b, u32 *nr);
int read_size(struct wasm_bytes *b, u32 *size);

/* a valtype, a reftype; a heaptype as the low bits of a reference type */
int read_valtype(struct wasm_bytes *b, wasm_valtype_t *type);
int read_reftype(struct wasm_bytes *b, wasm_valtype_t *type);
int read_heaptype(struct wasm_bytes *b, wasm_valtype_t *heap);
int read_blocktype(struct wasm_bytes *b, struct wasm_blocktype *block);

/*
 * Note that a feature is used; refuse it if it is not enabled. @what names the
 * construct for the message.
 */
int use_feature(struct wasm_bytes *b, u32 offset, enum wasm_feature feature, const char *what);
/* the same refusal where there is no wasm_bytes */
int require_feature(const struct wasm_module *m, u32 offset, enum wasm_feature feature,
		    const char *what);

#endif /* _COMPILER_BINARY_H */
