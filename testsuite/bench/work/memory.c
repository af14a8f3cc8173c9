// SPDX-License-Identifier: GPL-2.0
/* moving bytes: memcpy, memmove, memset and strlen of all sizes, and loops over bytes */
#define BENCH_RUNS 16
#include "../bench.h"

enum { SIZE = 1 << 20 };

static u8 *from, *to;
static volatile u32 sizes[] = { 3, 8, 13, 16, 31, 64, 100, 200, 400, 1000, 4000, 20000 };

void bench_setup(void)
{
	int i;

	from = malloc(SIZE);
	to = malloc(SIZE);
	for (i = 0; i < SIZE; i++) {
		from[i] = 1 + (bench_random() >> 57);
		to[i] = 0;
	}
	from[SIZE - 1] = 0;
}

static NOINLINE u32 sum_bytes(const u8 *p, size_t size)
{
	u32 sum = 0;

	while (size--)
		sum += *p++;
	return sum;
}

static NOINLINE void xor_bytes(u8 *to, const u8 *from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		to[i] ^= from[i];
}

static NOINLINE void reverse(u8 *to, const u8 *from, size_t size)
{
	while (size--)
		*to++ = from[size];
}

u64 bench_run(void)
{
	u64 sum = 0;
	u32 i, at, size;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size = sizes[i];
		for (at = 0; at + size < SIZE; at += size) {
			memcpy(to + at, from + (at ^ 4096) % (SIZE - size), size);
			if (at & 1)
				memset(to + at, i, size / 2);
		}
		memmove(to + 1, to, SIZE / 2);
		xor_bytes(to, from, SIZE);
		sum = bench_mix(sum, sum_bytes(to, SIZE));
		reverse(to, from, SIZE);
		for (at = 0; at < SIZE; at += 5000)
			sum += strlen((char *)from + at) & 3;
	}
	return bench_mix(sum, sum_bytes(to, SIZE));
}
