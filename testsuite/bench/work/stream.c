// SPDX-License-Identifier: GPL-2.0
/* memory streaming in the manner of STREAM: copy, scale, add, triad over 48 MB */
#define BENCH_RUNS 8
#include "../bench.h"

enum { N = 2000000 };

static double *a, *b, *c;

void bench_setup(void)
{
	int i;

	a = malloc(N * sizeof(double));
	b = malloc(N * sizeof(double));
	c = malloc(N * sizeof(double));
	for (i = 0; i < N; i++) {
		a[i] = 1 + i % 17;
		b[i] = 2;
		c[i] = 0;
	}
}

static NOINLINE void copy(double *to, const double *from)
{
	int i;

	for (i = 0; i < N; i++)
		to[i] = from[i];
}

static NOINLINE void scale(double *to, const double *from, double by)
{
	int i;

	for (i = 0; i < N; i++)
		to[i] = by * from[i];
}

static NOINLINE void add(double *to, const double *x, const double *y)
{
	int i;

	for (i = 0; i < N; i++)
		to[i] = x[i] + y[i];
}

static NOINLINE void triad(double *to, const double *x, const double *y, double by)
{
	int i;

	for (i = 0; i < N; i++)
		to[i] = x[i] + by * y[i];
}

u64 bench_run(void)
{
	int n;

	for (n = 0; n < 4; n++) {
		copy(c, a);
		scale(b, c, 0.3);
		add(c, a, b);
		triad(a, b, c, 0.5);
	}
	return bench_sum_doubles(a, 1000);
}
