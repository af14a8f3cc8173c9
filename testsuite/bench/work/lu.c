// SPDX-License-Identifier: GPL-2.0
/* LU decomposition without pivoting, as in PolyBench */
#define BENCH_RUNS 20
#include "../bench.h"

enum { N = 400 };

static double (*start)[N], (*a)[N];

/* a positive definite matrix */
void bench_setup(void)
{
	int r, s, t;

	start = malloc(sizeof(double[N][N]));
	a = malloc(sizeof(double[N][N]));
	for (r = 0; r < N; r++)
		for (s = 0; s < N; s++)
			a[r][s] = s < r ? (double)(-s % N) / N + 1 : s == r;
	for (r = 0; r < N; r++)
		for (s = 0; s < N; s++) {
			start[r][s] = 0;
			for (t = 0; t <= (r < s ? r : s); t++)
				start[r][s] += a[r][t] * a[s][t];
		}
}

static NOINLINE void lu(double a[N][N])
{
	int i, j, k;

	for (i = 0; i < N; i++) {
		for (j = 0; j < i; j++) {
			for (k = 0; k < j; k++)
				a[i][j] -= a[i][k] * a[k][j];
			a[i][j] /= a[j][j];
		}
		for (j = i; j < N; j++)
			for (k = 0; k < i; k++)
				a[i][j] -= a[i][k] * a[k][j];
	}
}

u64 bench_run(void)
{
	memcpy(a, start, sizeof(double[N][N]));
	lu(a);
	return bench_sum_doubles(&a[0][0], N * N);
}
