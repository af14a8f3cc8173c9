// SPDX-License-Identifier: GPL-2.0
/* shortest paths between all pairs, integers, as in PolyBench */
#define BENCH_RUNS 10
#include "../bench.h"

enum { N = 420 };

static int (*paths)[N];

void bench_setup(void)
{
	paths = malloc(sizeof(int[N][N]));
}

static NOINLINE void floyd_warshall(int path[N][N])
{
	int i, j, k;

	for (k = 0; k < N; k++)
		for (i = 0; i < N; i++)
			for (j = 0; j < N; j++)
				path[i][j] = path[i][j] < path[i][k] + path[k][j] ?
					path[i][j] : path[i][k] + path[k][j];
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i, j;

	for (i = 0; i < N; i++)
		for (j = 0; j < N; j++) {
			paths[i][j] = i * j % 7 + 1;
			if ((i + j) % 13 == 0 || (i + j) % 7 == 0 || (i + j) % 11 == 0)
				paths[i][j] = 999;
		}
	floyd_warshall(paths);
	for (i = 0; i < N; i++)
		sum = bench_mix(sum, paths[i][i * 7 % N]);
	return sum;
}
