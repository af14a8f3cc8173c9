// SPDX-License-Identifier: GPL-2.0
/* bzip2: text compressed in one block of 900 kB, and back */
#define BENCH_RUNS 3
#include <bzlib.h>
#include "text.h"

enum { SIZE = 900000, ROOM = SIZE + SIZE / 100 + 600 };

static char *text, *back, *packed;

/* which BZ_NO_STDIO asks for */
void bz_internal_error(int code)
{
	(void)code;
	abort();
}

void bench_setup(void)
{
	text = malloc(SIZE);
	back = malloc(SIZE);
	packed = malloc(ROOM);
	make_text(text, SIZE);
}

u64 bench_run(void)
{
	unsigned int n = ROOM, size = SIZE;

	if (BZ2_bzBuffToBuffCompress(packed, &n, text, SIZE, 9, 0, 0) != BZ_OK ||
	    BZ2_bzBuffToBuffDecompress(back, &size, packed, n, 0, 0) != BZ_OK ||
	    size != SIZE || memcmp(text, back, SIZE))
		abort();
	return bench_mix(n, (u8)packed[n / 2]);
}
