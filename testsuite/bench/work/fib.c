// SPDX-License-Identifier: GPL-2.0
/* Fibonacci numbers by recursion: calls and nothing else */
#define BENCH_RUNS 16
#include "../bench.h"

static volatile u32 n = 34;

void bench_setup(void)
{
}

static NOINLINE u32 fib(u32 n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

u64 bench_run(void)
{
	return fib(n);
}
