// SPDX-License-Identifier: GPL-2.0
/* the Mandelbrot set, four points at a time, in vectors of 16 bytes as clang has them */
#define BENCH_RUNS 14
#include "../bench.h"

enum { SIZE = 600, LIMIT = 200 };

typedef float f32x4 __attribute__((vector_size(16)));
typedef s32 i32x4 __attribute__((vector_size(16)));

void bench_setup(void)
{
}

static NOINLINE i32x4 escape(f32x4 cr, f32x4 ci)
{
	f32x4 r = { 0 }, i = { 0 }, rr = { 0 }, ii = { 0 };
	i32x4 count = { 0 }, inside;
	int n;

	for (n = 0; n < LIMIT; n++) {
		inside = rr + ii <= 4.0f;
		if (!(inside[0] | inside[1] | inside[2] | inside[3]))
			break;
		count -= inside;
		i = 2.0f * r * i + ci;
		r = rr - ii + cr;
		rr = r * r;
		ii = i * i;
	}
	return count;
}

u64 bench_run(void)
{
	u64 sum = 0;
	int x, y, k;

	for (y = 0; y < SIZE; y++)
		for (x = 0; x < SIZE; x += 4) {
			f32x4 cr = { x, x + 1, x + 2, x + 3 };
			f32x4 ci = { y, y, y, y };
			i32x4 n = escape(cr * (2.6f / SIZE) - 1.9f, ci * (2.2f / SIZE) - 1.1f);

			for (k = 0; k < 4; k++)
				sum = bench_mix(sum, n[k]);
		}
	return sum;
}
