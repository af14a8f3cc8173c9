// SPDX-License-Identifier: GPL-2.0
/* quicksort of any objects, compared through a function pointer, as libc's interface has it */
#define BENCH_RUNS 8
#include "../bench.h"

enum { N = 400000 };

static u32 *start, *values;

void bench_setup(void)
{
	int i;

	start = malloc(N * sizeof(u32));
	values = malloc(N * sizeof(u32));
	for (i = 0; i < N; i++)
		start[i] = bench_random() >> 40;
}

static void swap(char *a, char *b, size_t size)
{
	u32 *x = (u32 *)a, *y = (u32 *)b, t;

	for (; size; size -= sizeof(u32)) {
		t = *x;
		*x++ = *y;
		*y++ = t;
	}
}

static NOINLINE void sort(char *base, size_t nr, size_t size,
			  int (*compare)(const void *, const void *))
{
	while (nr > 8) {
		char *lo = base, *hi = base + (nr - 1) * size, *pivot = base + nr / 2 * size;
		size_t left;

		swap(base, pivot, size);
		hi += size;
		for (;;) {
			do
				lo += size;
			while (lo < base + nr * size && compare(lo, base) < 0);
			do
				hi -= size;
			while (compare(hi, base) > 0);
			if (lo >= hi)
				break;
			swap(lo, hi, size);
		}
		swap(base, hi, size);
		left = (hi - base) / size;
		if (left < nr - left) {
			sort(base, left, size, compare);
			base = hi + size;
			nr -= left + 1;
		} else {
			sort(hi + size, nr - left - 1, size, compare);
			nr = left;
		}
	}
	for (size_t i = 1; i < nr; i++)
		for (char *p = base + i * size; p > base && compare(p - size, p) > 0; p -= size)
			swap(p - size, p, size);
}

static NOINLINE int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static NOINLINE int compare_u32_down(const void *a, const void *b)
{
	return compare_u32(b, a);
}

u64 bench_run(void)
{
	static int (*volatile how[])(const void *, const void *) = { compare_u32, compare_u32_down };
	u64 sum = 0;
	int i;

	memcpy(values, start, N * sizeof(u32));
	sort((char *)values, N, sizeof(u32), how[0]);
	sort((char *)values, N / 2, sizeof(u32), how[1]);
	for (i = 0; i < N; i += 100)
		sum = bench_mix(sum, values[i]);
	return sum;
}
