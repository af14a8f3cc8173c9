// SPDX-License-Identifier: GPL-2.0
/* Takeuchi's and Ackermann's functions: deep recursion */
#define BENCH_RUNS 8
#include "../bench.h"

static volatile int x = 18, y = 12, z = 6, m = 2, n = 1500;

void bench_setup(void)
{
}

static NOINLINE int tak(int x, int y, int z)
{
	return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

static NOINLINE int ackermann(int m, int n)
{
	if (!m)
		return n + 1;
	return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < 200; i++)
		sum += tak(x, y, z + i % 3);
	for (i = 0; i < 8; i++)
		sum += ackermann(m, n);
	return sum;
}
