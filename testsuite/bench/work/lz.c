// SPDX-License-Identifier: GPL-2.0
/* compression in the manner of LZ4: a hash table of positions, literals and matches; and back */
#define BENCH_RUNS 14
#include "../bench.h"

enum { SIZE = 2 << 20, HASH_BITS = 14, MIN_MATCH = 4 };

static u8 *text, *packed, *back;
static u32 *heads;

void bench_setup(void)
{
	static const char * const words[] = {
		"static ", "struct ", "int ", "return ", "if (", ") {\n\t", "}\n", "for (i = 0; i < ",
		"kernel", "memory", "->next", " = NULL;\n", "u32 ", "const ", "i++", "\n",
	};
	size_t at = 0;

	text = malloc(SIZE + 32);
	packed = malloc(SIZE * 2);
	back = malloc(SIZE + 32);
	heads = malloc(sizeof(u32) << HASH_BITS);
	while (at < SIZE) {
		u64 r = bench_random();
		const char *word = words[r >> 60];

		if ((r & 7) == 0) {
			text[at++] = r >> 32;
			continue;
		}
		strcpy((char *)text + at, word);
		at += strlen(word);
	}
}

static inline u32 read32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static u8 *put_length(u8 *out, size_t n)
{
	for (; n >= 255; n -= 255)
		*out++ = 255;
	*out++ = n;
	return out;
}

static NOINLINE size_t compress(const u8 *in, size_t size, u8 *out)
{
	const u8 *end = in + size, *p = in, *anchor = in;
	u8 *start = out;

	memset(heads, 0, sizeof(u32) << HASH_BITS);
	while (p + 12 < end) {
		u32 h = read32(p) * 2654435761u >> (32 - HASH_BITS);
		const u8 *match = in + heads[h];
		size_t length;

		heads[h] = p - in;
		if (match >= p || p - match > 65535 || read32(match) != read32(p)) {
			p++;
			continue;
		}
		length = MIN_MATCH;
		while (p + length < end - 5 && match[length] == p[length])
			length++;
		out = put_length(out, p - anchor);
		memcpy(out, anchor, p - anchor);
		out += p - anchor;
		*out++ = p - match;
		*out++ = (p - match) >> 8;
		out = put_length(out, length);
		p += length;
		anchor = p;
	}
	out = put_length(out, end - anchor);
	memcpy(out, anchor, end - anchor);
	return out + (end - anchor) - start;
}

static const u8 *get_length(const u8 *in, size_t *n)
{
	*n = 0;
	do
		*n += *in;
	while (*in++ == 255);
	return in;
}

static NOINLINE size_t expand(const u8 *in, size_t size, u8 *out)
{
	const u8 *end = in + size;
	u8 *start = out;
	size_t n;

	for (;;) {
		in = get_length(in, &n);
		while (n--)
			*out++ = *in++;
		if (in >= end)
			return out - start;
		const u8 *from = out - (in[0] | in[1] << 8);

		in = get_length(in + 2, &n);
		while (n--)
			*out++ = *from++;
	}
}

u64 bench_run(void)
{
	size_t size, i;
	u64 sum = 0;

	for (i = 0; i < 2; i++) {
		text[bench_random() % SIZE] ^= 1;
		size = compress(text, SIZE, packed);
		if (expand(packed, size, back) != SIZE || memcmp(text, back, SIZE))
			abort();
		sum = bench_mix(sum, size);
	}
	return sum;
}
