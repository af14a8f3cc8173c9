// SPDX-License-Identifier: GPL-2.0
/* RNA folding by dynamic programming, integers, as in PolyBench */
#define BENCH_RUNS 20
#include "../bench.h"

enum { N = 500 };

#define MATCH(b1, b2)	((b1) + (b2) == 3 ? 1 : 0)
#define MAX(a, b)	((a) >= (b) ? (a) : (b))

static signed char *sequence;
static int (*tables)[N];

void bench_setup(void)
{
	int i;

	sequence = malloc(N);
	tables = malloc(sizeof(int[N][N]));
	for (i = 0; i < N; i++)
		sequence[i] = bench_random() >> 62;
}

static NOINLINE void nussinov(signed char seq[N], int table[N][N])
{
	int i, j, k;

	for (i = N - 1; i >= 0; i--)
		for (j = i + 1; j < N; j++) {
			if (j - 1 >= 0)
				table[i][j] = MAX(table[i][j], table[i][j - 1]);
			if (i + 1 < N)
				table[i][j] = MAX(table[i][j], table[i + 1][j]);
			if (j - 1 >= 0 && i + 1 < N) {
				/* neighbours may not pair */
				if (i < j - 1)
					table[i][j] = MAX(table[i][j], table[i + 1][j - 1] +
							  MATCH(seq[i], seq[j]));
				else
					table[i][j] = MAX(table[i][j], table[i + 1][j - 1]);
			}
			for (k = i + 1; k < j; k++)
				table[i][j] = MAX(table[i][j], table[i][k] + table[k + 1][j]);
		}
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	memset(tables, 0, sizeof(int[N][N]));
	nussinov(sequence, tables);
	for (i = 0; i < N; i++)
		sum = bench_mix(sum, tables[i][N - 1]);
	return sum;
}
