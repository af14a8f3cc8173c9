// SPDX-License-Identifier: GPL-2.0
/* five-point stencil between two grids, as in PolyBench */
#define BENCH_RUNS 10
#include "../bench.h"

enum { N = 400, STEPS = 200 };

static double (*a)[N], (*b)[N];

void bench_setup(void)
{
	int i, j;

	a = malloc(sizeof(double[N][N]));
	b = malloc(sizeof(double[N][N]));
	for (i = 0; i < N; i++)
		for (j = 0; j < N; j++) {
			a[i][j] = ((double)i * (j + 2) + 2) / N;
			b[i][j] = ((double)i * (j + 3) + 3) / N;
		}
}

static NOINLINE void jacobi(double a[N][N], double b[N][N])
{
	int t, i, j;

	for (t = 0; t < STEPS; t++) {
		for (i = 1; i < N - 1; i++)
			for (j = 1; j < N - 1; j++)
				b[i][j] = 0.2 * (a[i][j] + a[i][j - 1] + a[i][1 + j] +
						 a[1 + i][j] + a[i - 1][j]);
		for (i = 1; i < N - 1; i++)
			for (j = 1; j < N - 1; j++)
				a[i][j] = 0.2 * (b[i][j] + b[i][j - 1] + b[i][1 + j] +
						 b[1 + i][j] + b[i - 1][j]);
	}
}

u64 bench_run(void)
{
	jacobi(a, b);
	return bench_sum_doubles(&a[0][0], N * N);
}
