/* SPDX-License-Identifier: GPL-2.0 */
/*
 * leb128.h - the specification's variable-length integers
 *
 * Strict as "Binary Format, Values, Integers" asks: at most ceil(N / 7) bytes
 * for an integer of N bits, and the unused bits of the last one must be copies
 * of the sign (signed) or zero (unsigned). All functions advance *@pos and
 * return 0, or one of
 *
 *	-ENODATA	the bytes end first
 *	-E2BIG		too many bytes
 *	-ERANGE		the value does not fit
 */
#ifndef _COMPILER_LEB128_H
#define _COMPILER_LEB128_H

#include <errno.h>
#include "../include/types.h"

static inline int leb128_unsigned(const u8 **pos, const u8 *end, unsigned int bits, u64 *value)
{
	unsigned int shift = 0;
	u64 result = 0;
	u8 byte;

	for (;;) {
		if (*pos == end)
			return -ENODATA;
		byte = *(*pos)++;
		if (shift + 7 >= bits) {
			/* last byte: bits - shift of its bits count */
			if ((byte & 0x7f) >> (bits - shift))
				return -ERANGE;
			if (byte & 0x80)
				return -E2BIG;
			*value = result | (u64)byte << shift;
			return 0;
		}
		result |= (u64)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80)) {
			*value = result;
			return 0;
		}
	}
}

static inline int leb128_signed(const u8 **pos, const u8 *end, unsigned int bits, s64 *value)
{
	unsigned int shift = 0;
	u64 result = 0;
	u8 byte, rest;

	for (;;) {
		if (*pos == end)
			return -ENODATA;
		byte = *(*pos)++;
		if (shift + 7 >= bits) {
			/* the sign bit and everything above it must agree */
			rest = (byte & 0x7f) >> (bits - shift - 1);
			if (rest && rest != 0x7f >> (bits - shift - 1))
				return -ERANGE;
			if (byte & 0x80)
				return -E2BIG;
		}
		result |= (u64)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80)) {
			if (shift < 64 && (byte & 0x40))
				result |= ~0ull << shift;
			*value = (s64)result;
			return 0;
		}
	}
}

static inline int leb128_u32(const u8 **pos, const u8 *end, u32 *value)
{
	u64 v;
	int err;

	/* most are one byte */
	if (*pos != end && **pos < 0x80) {
		*value = *(*pos)++;
		return 0;
	}
	err = leb128_unsigned(pos, end, 32, &v);
	if (!err)
		*value = (u32)v;
	return err;
}

#endif /* _COMPILER_LEB128_H */
