// SPDX-License-Identifier: GPL-2.0
/* the Mandelbrot set, a point at a time */
#define BENCH_RUNS 14
#include "../bench.h"

enum { SIZE = 360, LIMIT = 200 };

void bench_setup(void)
{
}

static NOINLINE int escape(double cr, double ci)
{
	double r = 0, i = 0, rr = 0, ii = 0;
	int n = 0;

	while (n < LIMIT && rr + ii <= 4) {
		i = 2 * r * i + ci;
		r = rr - ii + cr;
		rr = r * r;
		ii = i * i;
		n++;
	}
	return n;
}

u64 bench_run(void)
{
	u64 sum = 0;
	int x, y;

	for (y = 0; y < SIZE; y++)
		for (x = 0; x < SIZE; x++)
			sum = bench_mix(sum, escape(2.6 * x / SIZE - 1.9, 2.2 * y / SIZE - 1.1));
	return sum;
}
