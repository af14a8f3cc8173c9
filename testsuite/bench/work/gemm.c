// SPDX-License-Identifier: GPL-2.0
/* C = alpha * A * B + beta * C, as PolyBench orders the loops */
#define BENCH_RUNS 28
#include "../bench.h"

enum { NI = 360, NJ = 360, NK = 360 };

static double (*a)[NK], (*b)[NJ], (*c)[NJ];

void bench_setup(void)
{
	int i, j;

	a = malloc(sizeof(double[NI][NK]));
	b = malloc(sizeof(double[NK][NJ]));
	c = malloc(sizeof(double[NI][NJ]));
	for (i = 0; i < NI; i++)
		for (j = 0; j < NK; j++)
			a[i][j] = (double)(i * (j + 1) % NK) / NK;
	for (i = 0; i < NK; i++)
		for (j = 0; j < NJ; j++)
			b[i][j] = (double)(i * (j + 2) % NJ) / NJ;
	for (i = 0; i < NI; i++)
		for (j = 0; j < NJ; j++)
			c[i][j] = (double)((i * j + 1) % NI) / NI;
}

static NOINLINE void gemm(double alpha, double beta, double c[NI][NJ], double a[NI][NK],
			  double b[NK][NJ])
{
	int i, j, k;

	for (i = 0; i < NI; i++) {
		for (j = 0; j < NJ; j++)
			c[i][j] *= beta;
		for (k = 0; k < NK; k++)
			for (j = 0; j < NJ; j++)
				c[i][j] += alpha * a[i][k] * b[k][j];
	}
}

u64 bench_run(void)
{
	gemm(1.5, 0.2, c, a, b);
	return bench_sum_doubles(&c[0][0], NI * NJ);
}
