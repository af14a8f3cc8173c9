// SPDX-License-Identifier: GPL-2.0
/* zstd: text compressed at levels 1, 3 and 9, and back */
#define BENCH_RUNS 9
#include <zstd.h>
#include "text.h"

enum { SIZE = 1 << 20 };

static char *text, *back, *packed;
static size_t room;

void bench_setup(void)
{
	text = malloc(SIZE);
	back = malloc(SIZE);
	room = ZSTD_compressBound(SIZE);
	packed = malloc(room);
	make_text(text, SIZE);
}

u64 bench_run(void)
{
	static const int levels[] = { 1, 3, 9 };
	u64 sum = 0;
	size_t i, n;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		n = ZSTD_compress(packed, room, text, SIZE, levels[i]);
		if (ZSTD_isError(n) || ZSTD_decompress(back, SIZE, packed, n) != SIZE ||
		    memcmp(text, back, SIZE))
			abort();
		sum = bench_mix(sum, n);
	}
	return sum;
}
