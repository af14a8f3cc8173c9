// SPDX-License-Identifier: GPL-2.0
/* base64 (RFC 4648) there and back */
#define BENCH_RUNS 35
#include "../bench.h"

enum { SIZE = 3 << 20 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static u8 *data, *back, reverse[256];
static char *text;

void bench_setup(void)
{
	int i;

	data = malloc(SIZE);
	back = malloc(SIZE);
	text = malloc(SIZE / 3 * 4);
	for (i = 0; i < SIZE; i++)
		data[i] = bench_random() >> 56;
	for (i = 0; i < 64; i++)
		reverse[(u8)alphabet[i]] = i;
}

static NOINLINE void encode(const u8 *in, size_t size, char *out)
{
	size_t i;

	for (i = 0; i < size; i += 3) {
		u32 v = in[i] << 16 | in[i + 1] << 8 | in[i + 2];

		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = alphabet[v >> 6 & 63];
		*out++ = alphabet[v & 63];
	}
}

static NOINLINE void decode(const char *in, size_t size, u8 *out)
{
	size_t i;

	for (i = 0; i < size; i += 4) {
		u32 v = reverse[(u8)in[i]] << 18 | reverse[(u8)in[i + 1]] << 12 |
			reverse[(u8)in[i + 2]] << 6 | reverse[(u8)in[i + 3]];

		*out++ = v >> 16;
		*out++ = v >> 8;
		*out++ = v;
	}
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < 3; i++) {
		encode(data, SIZE, text);
		decode(text, SIZE / 3 * 4, back);
		data[bench_random() % SIZE]++;
	}
	for (i = 0; i < SIZE; i += 1001)
		sum = bench_mix(sum, back[i]);
	return sum;
}
