// SPDX-License-Identifier: GPL-2.0
/* searching text: byte by byte, Boyer-Moore-Horspool, and a pattern with * and ? */
#define BENCH_RUNS 20
#include "../bench.h"

enum { SIZE = 1 << 20 };

static char *text;

void bench_setup(void)
{
	static const char * const words[] = {
		"kernel", "module", "memory", "table", "trap", "guest", "host", "stack", "the", "of",
		"and", "in", "is", "a", "to", "page",
	};
	size_t at = 0;

	text = malloc(SIZE + 32);
	while (at < SIZE) {
		const char *word = words[bench_random() >> 60];

		strcpy(text + at, word);
		at += strlen(word);
		text[at++] = bench_random() >> 60 ? ' ' : '\n';
	}
	text[SIZE] = 0;
}

static NOINLINE u32 search_plain(const char *s, const char *word)
{
	u32 found = 0;

	for (; *s; s++) {
		const char *a = s, *b = word;

		while (*b && *a == *b) {
			a++;
			b++;
		}
		if (!*b)
			found += s - text;
	}
	return found;
}

static NOINLINE u32 search_horspool(const char *s, size_t size, const char *word)
{
	size_t length = strlen(word), skip[256], at, i;
	u32 found = 0;

	for (i = 0; i < 256; i++)
		skip[i] = length;
	for (i = 0; i < length - 1; i++)
		skip[(u8)word[i]] = length - 1 - i;
	for (at = 0; at + length <= size; at += skip[(u8)s[at + length - 1]]) {
		for (i = length; i && s[at + i - 1] == word[i - 1];)
			i--;
		if (!i)
			found += at;
	}
	return found;
}

/* does the line at @s match? */
static NOINLINE int match(const char *s, const char *pattern)
{
	const char *star = NULL, *back = NULL;

	while (*s && *s != '\n') {
		if (*pattern == '*') {
			star = pattern++;
			back = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++back;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

u64 bench_run(void)
{
	u64 sum = 0;
	const char *s;
	int i;

	for (i = 0; i < 4; i++) {
		sum = bench_mix(sum, search_plain(text, "the trap is"));
		sum = bench_mix(sum, search_plain(text, "memory page of"));
		sum = bench_mix(sum, search_horspool(text, SIZE, "kernel module to the"));
		sum = bench_mix(sum, search_horspool(text, SIZE, "guest stack"));
		for (s = text; *s; s++)
			if (s == text || s[-1] == '\n')
				sum += match(s, "*k?rnel*m?dule*the*pa?e*");
	}
	return sum;
}
