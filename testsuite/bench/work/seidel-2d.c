// SPDX-License-Identifier: GPL-2.0
/* nine-point stencil in place, as in PolyBench: one long chain of additions */
#define BENCH_RUNS 10
#include "../bench.h"

enum { N = 300, STEPS = 40 };

static double (*a)[N];

void bench_setup(void)
{
	int i, j;

	a = malloc(sizeof(double[N][N]));
	for (i = 0; i < N; i++)
		for (j = 0; j < N; j++)
			a[i][j] = ((double)i * (j + 2) + 2) / N;
}

static NOINLINE void seidel(double a[N][N])
{
	int t, i, j;

	for (t = 0; t <= STEPS - 1; t++)
		for (i = 1; i <= N - 2; i++)
			for (j = 1; j <= N - 2; j++)
				a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] +
					   a[i][j - 1] + a[i][j] + a[i][j + 1] +
					   a[i + 1][j - 1] + a[i + 1][j] + a[i + 1][j + 1]) / 9.0;
}

u64 bench_run(void)
{
	seidel(a);
	return bench_sum_doubles(&a[0][0], N * N);
}
