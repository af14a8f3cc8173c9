// SPDX-License-Identifier: GPL-2.0
/*
 * kernelside.c - the same code in the kernel and in user space, by a clock that counts instructions
 *
 * Compiled to wasm, and that to one .ko, which runs in both (see kernelside.py). What an instruction
 * costs is then the same; what differs is what interrupts it. Prints for each kind of work the
 * least and the mean of some rounds: "name: least mean".
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { ROUNDS = 20, SIZE = 96 };

static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
static uint8_t bytes[1 << 18];
static volatile uint32_t sink, depth = 24;

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

__attribute__((noinline)) static uint32_t fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static void calls(void)
{
	sink = fib(depth);
}

static void integers(void)
{
	uint32_t crc = ~0u;
	int i, k;

	for (i = 0; i < (int)sizeof(bytes); i++) {
		crc ^= bytes[i];
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		bytes[i] += crc;
	}
	sink = crc;
}

static void floats(void)
{
	int i, j, k;

	for (i = 0; i < SIZE; i++)
		for (j = 0; j < SIZE; j++) {
			double sum = 0;

			for (k = 0; k < SIZE; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum + i;
		}
	a[1][1] = c[2][2];
}

static void measure(const char *name, void (*work)(void))
{
	int64_t took, least = INT64_MAX, sum = 0;
	int i;

	work();
	for (i = 0; i < ROUNDS; i++) {
		took = now();
		work();
		took = now() - took;
		least = took < least ? took : least;
		sum += took;
	}
	printf("%s: %lld %lld\n", name, (long long)least, (long long)(sum / ROUNDS));
}

int main(void)
{
	measure("calls (fib)", calls);
	measure("integers and bytes (CRC)", integers);
	measure("floats (matrices)", floats);
	return 0;
}
