/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what the workloads share: a clock, a checksum, main()
 *
 * A workload defines bench_setup(), which makes its data, and bench_run(), which
 * does the work once and returns a checksum of what it made. It is run once to
 * warm up and then BENCH_RUNS times against the clock of this thread, so that
 * neither loading nor an engine's compiling (done in other threads, or before)
 * counts. The line printed is
 *
 *	<checksum> <nanoseconds>
 *
 * Checksums are the same natively and in wasm: floating point is plain IEEE in
 * both, in the order of the source.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __wasi__
#include <wasi/api.h>
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define NOINLINE	__attribute__((noinline))

void bench_setup(void);
u64 bench_run(void);

/* the compiler must believe that all memory was read and written here */
static inline void bench_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

/* pseudo-random numbers, the same everywhere: xorshift64* */
static u64 bench_random_state = 88172645463325252ull;

static inline u64 bench_random(void)
{
	bench_random_state ^= bench_random_state >> 12;
	bench_random_state ^= bench_random_state << 25;
	bench_random_state ^= bench_random_state >> 27;
	return bench_random_state * 2685821657736338717ull;
}

static inline u64 bench_mix(u64 sum, u64 value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15ull;
	return sum ^ (sum >> 29);
}

static inline u64 bench_mix_double(u64 sum, double value)
{
	u64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bench_mix(sum, bits);
}

static inline u64 bench_sum_doubles(const double *values, size_t nr)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		sum = bench_mix_double(sum, values[i]);
	return sum;
}

static inline u64 bench_now(void)
{
#ifdef __wasi__
	__wasi_timestamp_t ns = 0;

	if (__wasi_clock_time_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, 1, &ns))
		abort();
	return ns;
#else
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * 1000000000u + ts.tv_nsec;
#endif
}

/* Not printf(): it is larger than most workloads, and every engine compiles it. */
static void bench_print(u64 sum, u64 ns)
{
	char line[48], *p = line + sizeof(line);
	int i;

	*--p = '\n';
	do
		*--p = '0' + ns % 10;
	while (ns /= 10);
	*--p = ' ';
	for (i = 0; i < 16; i++, sum >>= 4)
		*--p = "0123456789abcdef"[sum & 15];
	if (write(1, p, line + sizeof(line) - p) < 0)
		abort();
}

#ifndef BENCH_NO_MAIN
int main(void)
{
	u64 sum, began, ended;
	int i;

	bench_setup();
	sum = bench_run();
	began = bench_now();
	for (i = 0; i < BENCH_RUNS; i++) {
		bench_barrier();
		sum = bench_mix(sum, bench_run());
	}
	ended = bench_now();
	bench_print(sum, ended - began);
	return 0;
}
#endif

#endif /* BENCH_H */
