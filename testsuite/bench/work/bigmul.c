// SPDX-License-Identifier: GPL-2.0
/* factorial of 3000 and powers, with numbers of 32-bit limbs: schoolbook multiplication */
#define BENCH_RUNS 9
#include "../bench.h"

enum { LIMBS = 1600 };

static u32 a[LIMBS], b[LIMBS], product[2 * LIMBS];

void bench_setup(void)
{
	int i;

	for (i = 0; i < LIMBS; i++) {
		a[i] = bench_random() >> 32;
		b[i] = bench_random() >> 32;
	}
}

static NOINLINE int multiply(u32 *restrict r, const u32 *x, int nx, const u32 *y, int ny)
{
	int i, j;

	memset(r, 0, (nx + ny) * sizeof(*r));
	for (i = 0; i < nx; i++) {
		u64 carry = 0;

		for (j = 0; j < ny; j++) {
			carry += (u64)x[i] * y[j] + r[i + j];
			r[i + j] = carry;
			carry >>= 32;
		}
		r[i + ny] = carry;
	}
	return nx + ny;
}

static NOINLINE int multiply_small(u32 *x, int n, u32 by)
{
	u64 carry = 0;
	int i;

	for (i = 0; i < n; i++) {
		carry += (u64)x[i] * by;
		x[i] = carry;
		carry >>= 32;
	}
	if (carry)
		x[n++] = carry;
	return n;
}

u64 bench_run(void)
{
	static u32 factorial[LIMBS];
	u64 sum = 0;
	int i, n = 1;

	factorial[0] = 1;
	for (i = 2; i <= 3000; i++)
		n = multiply_small(factorial, n, i);
	sum = bench_mix(sum, factorial[n - 1]);
	for (i = 0; i < 20; i++) {
		multiply(product, a, LIMBS, i & 1 ? b : factorial, i & 1 ? LIMBS : n);
		memcpy(b, product + LIMBS / 2, sizeof(b));
		sum = bench_mix(sum, product[LIMBS]);
	}
	return sum;
}
