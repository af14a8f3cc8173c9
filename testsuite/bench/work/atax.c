// SPDX-License-Identifier: GPL-2.0
/* y = transposed(A) * (A * x), as in PolyBench */
#define BENCH_RUNS 150
#include "../bench.h"

enum { M = 1200, N = 1300 };

static double (*a)[N], *x, *y, *tmp;

void bench_setup(void)
{
	int i, j;

	a = malloc(sizeof(double[M][N]));
	x = malloc(N * sizeof(double));
	y = malloc(N * sizeof(double));
	tmp = malloc(M * sizeof(double));
	for (i = 0; i < N; i++)
		x[i] = 1 + i / (double)N;
	for (i = 0; i < M; i++)
		for (j = 0; j < N; j++)
			a[i][j] = (double)((i + j) % N) / (5 * M);
}

static NOINLINE void atax(double a[M][N], double x[N], double y[N], double tmp[M])
{
	int i, j;

	for (i = 0; i < N; i++)
		y[i] = 0;
	for (i = 0; i < M; i++) {
		tmp[i] = 0;
		for (j = 0; j < N; j++)
			tmp[i] = tmp[i] + a[i][j] * x[j];
		for (j = 0; j < N; j++)
			y[j] = y[j] + a[i][j] * tmp[i];
	}
}

u64 bench_run(void)
{
	atax(a, x, y, tmp);
	return bench_sum_doubles(y, N);
}
