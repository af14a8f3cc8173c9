/* SPDX-License-Identifier: GPL-2.0 */
/* text.h - text to compress: words of a small vocabulary, some noise, some repetition */
#include "../bench.h"

static void make_text(char *text, size_t size)
{
	static char words[512][12];
	size_t at = 0, i, j, n;

	for (i = 0; i < 512; i++) {
		u64 r = bench_random();

		n = 2 + r % 9;
		for (j = 0; j < n; j++, r >>= 5)
			words[i][j] = 'a' + (r >> 8) % 26;
		words[i][n] = 0;
	}
	while (at + 32 < size) {
		u64 r = bench_random();
		const char *word;

		/* frequent words come first, as in language */
		i = (r & 511) * (r >> 9 & 511) / 511 * (r >> 18 & 511) / 511;
		word = words[i];
		n = strlen(word);
		memcpy(text + at, word, n);
		at += n;
		text[at++] = r >> 60 ? ' ' : '\n';
		if ((r >> 52 & 255) == 0 && at > 400) {
			memcpy(text + at, text + at - 300, 20);
			at += 20;
		}
		if ((r >> 44 & 63) == 0)
			text[at++] = '0' + (r >> 40) % 10;
	}
	memset(text + at, '.', size - at);
}
