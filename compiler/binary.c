// SPDX-License-Identifier: GPL-2.0
/*
 * binary.c - values and types of the binary format
 */
#include <errno.h>
#include <string.h>

#include "binary.h"
#include "diag.h"
#include "leb128.h"

int require_feature(const struct wasm_module *m, u32 offset, enum wasm_feature feature,
		    const char *what)
{
	const char *name = wasm_feature_name(feature);

	if (m->features & (1ull << feature))
		return 0;
	if (WASM_FEATURES_LOWERED & (1ull << feature))
		diag_error(m, offset, "feature '%s' is not enabled: %s needs --features=+%s",
			   name, what, name);
	else
		diag_error(m, offset, "feature '%s' is not supported yet: %s needs it",
			   name, what);
	return -EINVAL;
}

int use_feature(struct wasm_bytes *b, u32 offset, enum wasm_feature feature, const char *what)
{
	if (require_feature(b->m, offset, feature, what))
		return -EINVAL;
	b->used |= 1ull << feature;
	return 0;
}

static int unexpected_end(struct wasm_bytes *b)
{
	diag_error(b->m, (u64)(b->end - b->m->bytes), "unexpected end of section or function");
	return -EINVAL;
}

/* say what leb128.h found wrong with the integer at @offset */
static int integer_error(struct wasm_bytes *b, u32 offset, int err)
{
	switch (err) {
	case 0:
		return 0;
	case -ENODATA:
		return unexpected_end(b);
	case -E2BIG:
		diag_error(b->m, offset, "integer representation too long");
		return -EINVAL;
	default:
		diag_error(b->m, offset, "integer too large");
		return -EINVAL;
	}
}

int read_byte(struct wasm_bytes *b, u8 *value)
{
	if (b->pos == b->end)
		return unexpected_end(b);
	*value = *b->pos++;
	return 0;
}

int read_u32(struct wasm_bytes *b, u32 *value)
{
	u32 offset = bytes_offset(b);

	return integer_error(b, offset, leb128_u32(&b->pos, b->end, value));
}

int read_u64(struct wasm_bytes *b, u64 *value)
{
	u32 offset = bytes_offset(b);

	return integer_error(b, offset, leb128_unsigned(&b->pos, b->end, 64, value));
}

int read_s32(struct wasm_bytes *b, s32 *value)
{
	u32 offset = bytes_offset(b);
	s64 v = 0;
	int err;

	err = leb128_signed(&b->pos, b->end, 32, &v);
	*value = (s32)v;
	return integer_error(b, offset, err);
}

int read_s64(struct wasm_bytes *b, s64 *value)
{
	u32 offset = bytes_offset(b);

	return integer_error(b, offset, leb128_signed(&b->pos, b->end, 64, value));
}

int read_bytes(struct wasm_bytes *b, void *dest, u32 size)
{
	if (bytes_left(b) < size)
		return unexpected_end(b);
	memcpy(dest, b->pos, size);
	b->pos += size;
	return 0;
}

int read_count(struct wasm_bytes *b, u32 *nr)
{
	u32 offset = bytes_offset(b);

	if (read_u32(b, nr))
		return -EINVAL;
	if (*nr > bytes_left(b)) {
		diag_error(b->m, offset, "unexpected end of section or function: %u elements announced, %u bytes left",
			   *nr, bytes_left(b));
		return -EINVAL;
	}
	return 0;
}

int read_size(struct wasm_bytes *b, u32 *size)
{
	u32 offset = bytes_offset(b);

	if (read_u32(b, size))
		return -EINVAL;
	if (*size > bytes_left(b)) {
		diag_error(b->m, offset, "length out of bounds: %u bytes announced, %u left",
			   *size, bytes_left(b));
		return -EINVAL;
	}
	return 0;
}

static bool is_abstract_heaptype(u8 byte)
{
	return byte >= WASM_HEAP_EXN && byte <= WASM_HEAP_NOEXN;
}

/* the feature that brought an abstract heap type */
static enum wasm_feature heaptype_feature(u32 heap)
{
	switch (heap) {
	case WASM_HEAP_FUNC:
	case WASM_HEAP_EXTERN:
		return WASM_FEATURE_REFERENCE_TYPES;
	case WASM_HEAP_EXN:
	case WASM_HEAP_NOEXN:
		return WASM_FEATURE_EXCEPTIONS;
	default:
		return WASM_FEATURE_GC;
	}
}

/* heaptypes are 33-bit signed integers: type indices, or negative, one byte, abstract */
int read_heaptype(struct wasm_bytes *b, wasm_valtype_t *heap)
{
	u32 offset = bytes_offset(b);
	s64 value = 0;

	if (b->pos != b->end && is_abstract_heaptype(*b->pos)) {
		*heap = *b->pos++;
		return use_feature(b, offset, heaptype_feature(*heap),
				   wasm_valtype_name(WASM_REF | WASM_REF_NULL | *heap));
	}
	if (integer_error(b, offset, leb128_signed(&b->pos, b->end, 33, &value)))
		return -EINVAL;
	if (value < 0) {
		diag_error(b->m, offset, "malformed heap type");
		return -EINVAL;
	}
	if (value > WASM_MAX_TYPES) {
		diag_error(b->m, offset, "unknown type: index %llu", (u64)value);
		return -EINVAL;
	}
	*heap = WASM_REF_TYPEIDX | (u32)value;
	return use_feature(b, offset, WASM_FEATURE_FUNCTION_REFERENCES, "a typed reference");
}

int read_reftype(struct wasm_bytes *b, wasm_valtype_t *type)
{
	u32 offset = bytes_offset(b);
	u8 byte;

	if (read_byte(b, &byte))
		return -EINVAL;
	if (is_abstract_heaptype(byte)) {
		*type = WASM_REF | WASM_REF_NULL | byte;
		/* the one of 1.0 */
		if (byte == WASM_HEAP_FUNC)
			return 0;
		return use_feature(b, offset, heaptype_feature(byte), wasm_valtype_name(*type));
	}
	if (byte == 0x63 || byte == 0x64) {
		if (read_heaptype(b, type))
			return -EINVAL;
		*type |= WASM_REF | (byte == 0x63 ? WASM_REF_NULL : 0);
		return use_feature(b, offset, WASM_FEATURE_FUNCTION_REFERENCES,
				   wasm_valtype_name(*type));
	}
	diag_error(b->m, offset, "malformed reference type 0x%02x", byte);
	return -EINVAL;
}

int read_valtype(struct wasm_bytes *b, wasm_valtype_t *type)
{
	u32 offset = bytes_offset(b);

	if (b->pos == b->end)
		return unexpected_end(b);
	switch (*b->pos) {
	case WASM_I32:
	case WASM_I64:
		*type = *b->pos++;
		return 0;
	case WASM_F32:
	case WASM_F64:
		*type = *b->pos++;
		b->uses_float = true;
		return 0;
	case WASM_V128:
		*type = *b->pos++;
		b->uses_float = true;
		b->uses_vector = true;
		return use_feature(b, offset, WASM_FEATURE_SIMD, "v128");
	case 0x63:
	case 0x64:
		return read_reftype(b, type);
	case WASM_HEAP_FUNC:
		/* a table's type in 1.0, a value's since 2.0 */
		*type = WASM_FUNCREF;
		b->pos++;
		return use_feature(b, offset, WASM_FEATURE_REFERENCE_TYPES, "funcref");
	default:
		if (is_abstract_heaptype(*b->pos))
			return read_reftype(b, type);
		diag_error(b->m, offset, "malformed value type 0x%02x", *b->pos);
		return -EINVAL;
	}
}

int read_blocktype(struct wasm_bytes *b, struct wasm_blocktype *block)
{
	u32 offset = bytes_offset(b);
	s64 value = 0;
	u8 byte;

	block->typeidx = WASM_NO_INDEX;
	block->result = 0;
	if (b->pos == b->end)
		return unexpected_end(b);
	byte = *b->pos;
	if (byte == 0x40) {
		b->pos++;
		return 0;
	}
	/* one byte with bit 6 is a negative number, and so no type index */
	if ((byte & 0xc0) == 0x40)
		return read_valtype(b, &block->result);
	if (integer_error(b, offset, leb128_signed(&b->pos, b->end, 33, &value)))
		return -EINVAL;
	if (value < 0) {
		diag_error(b->m, offset, "malformed block type");
		return -EINVAL;
	}
	if (value > WASM_MAX_TYPES) {
		diag_error(b->m, offset, "unknown type: index %llu", (u64)value);
		return -EINVAL;
	}
	block->typeidx = (u32)value;
	return use_feature(b, offset, WASM_FEATURE_MULTI_VALUE, "a block with a type index");
}
