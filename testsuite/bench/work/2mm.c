// SPDX-License-Identifier: GPL-2.0
/* D = alpha * A * B * C + beta * D, as PolyBench orders the loops */
#define BENCH_RUNS 12
#include "../bench.h"

enum { NI = 240, NJ = 270, NK = 300, NL = 330 };

static double (*tmp)[NJ], (*a)[NK], (*b)[NJ], (*c)[NL], (*d)[NL];

void bench_setup(void)
{
	int i, j;

	tmp = malloc(sizeof(double[NI][NJ]));
	a = malloc(sizeof(double[NI][NK]));
	b = malloc(sizeof(double[NK][NJ]));
	c = malloc(sizeof(double[NJ][NL]));
	d = malloc(sizeof(double[NI][NL]));
	for (i = 0; i < NI; i++)
		for (j = 0; j < NK; j++)
			a[i][j] = (double)((i * j + 1) % NI) / NI;
	for (i = 0; i < NK; i++)
		for (j = 0; j < NJ; j++)
			b[i][j] = (double)(i * (j + 1) % NJ) / NJ;
	for (i = 0; i < NJ; i++)
		for (j = 0; j < NL; j++)
			c[i][j] = (double)((i * (j + 3) + 1) % NL) / NL;
	for (i = 0; i < NI; i++)
		for (j = 0; j < NL; j++)
			d[i][j] = (double)(i * (j + 2) % NK) / NK;
}

static NOINLINE void two_mm(double alpha, double beta, double tmp[NI][NJ], double a[NI][NK],
			    double b[NK][NJ], double c[NJ][NL], double d[NI][NL])
{
	int i, j, k;

	for (i = 0; i < NI; i++)
		for (j = 0; j < NJ; j++) {
			tmp[i][j] = 0;
			for (k = 0; k < NK; k++)
				tmp[i][j] += alpha * a[i][k] * b[k][j];
		}
	for (i = 0; i < NI; i++)
		for (j = 0; j < NL; j++) {
			d[i][j] *= beta;
			for (k = 0; k < NJ; k++)
				d[i][j] += tmp[i][k] * c[k][j];
		}
}

u64 bench_run(void)
{
	two_mm(0.0015, 0.12, tmp, a, b, c, d);
	return bench_sum_doubles(&d[0][0], NI * NL);
}
