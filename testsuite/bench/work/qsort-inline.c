// SPDX-License-Identifier: GPL-2.0
/* quicksort of integers with the comparison in place */
#define BENCH_RUNS 6
#include "../bench.h"

enum { N = 700000 };

static u32 *start, *values;

void bench_setup(void)
{
	int i;

	start = malloc(N * sizeof(u32));
	values = malloc(N * sizeof(u32));
	for (i = 0; i < N; i++)
		start[i] = bench_random() >> 40;
}

static NOINLINE void sort(u32 *v, int lo, int hi)
{
	while (hi - lo > 8) {
		u32 pivot = v[lo + (hi - lo) / 2], t;
		int i = lo - 1, j = hi + 1;

		for (;;) {
			do
				i++;
			while (v[i] < pivot);
			do
				j--;
			while (v[j] > pivot);
			if (i >= j)
				break;
			t = v[i];
			v[i] = v[j];
			v[j] = t;
		}
		if (j - lo < hi - j) {
			sort(v, lo, j);
			lo = j + 1;
		} else {
			sort(v, j + 1, hi);
			hi = j;
		}
	}
	for (int i = lo + 1; i <= hi; i++) {
		u32 t = v[i];
		int j = i;

		for (; j > lo && v[j - 1] > t; j--)
			v[j] = v[j - 1];
		v[j] = t;
	}
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	memcpy(values, start, N * sizeof(u32));
	sort(values, 0, N - 1);
	for (i = 0; i < N; i += 100)
		sum = bench_mix(sum, values[i]);
	return sum;
}
