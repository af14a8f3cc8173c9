// SPDX-License-Identifier: GPL-2.0
/* CRC-32 (IEEE 802.3), a table of 256 entries, a byte at a time */
#define BENCH_RUNS 8
#include "../bench.h"

enum { SIZE = 16 << 20 };

static u8 *data;
static u32 table[256];

void bench_setup(void)
{
	u32 i, k, c;

	data = malloc(SIZE);
	for (i = 0; i < SIZE; i++)
		data[i] = bench_random() >> 56;
	for (i = 0; i < 256; i++) {
		c = i;
		for (k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[i] = c;
	}
}

static NOINLINE u32 crc32(const u8 *p, size_t size)
{
	u32 c = ~0u;

	while (size--)
		c = table[(c ^ *p++) & 255] ^ c >> 8;
	return ~c;
}

u64 bench_run(void)
{
	return crc32(data, SIZE);
}
