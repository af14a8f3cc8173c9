// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz-decode - real modules, cut off and with bytes changed
 *
 *	fuzz-decode [-r ROUNDS] [-s SEED] FILE...
 *
 * Every module is truncated at every byte (a large one at some hundreds), and
 * mutated ROUNDS times. Whatever comes out is right as long as it comes out:
 * this is built with sanitizers, which stop at the first mistake. What is
 * refused must have said why, and what is accepted is read once more in the way
 * of the lowering, which relies on it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../compiler/diag.h"
#include "../../compiler/module.h"

/* up to this size at every byte; of larger ones about so many cuts */
#define EVERY_BYTE	(20 * 1024)
#define NR_CUTS		1500
/* of which each copy costs more than what is done with it */
#define HUGE_SIZE	(1024 * 1024)
#define NR_HUGE_CUTS	200
/* mutating a file of megabytes many times says less than many small ones */
#define MUTATE_SIZE	(256 * 1024)

static u64 rng_state;

/* xorshift64*: the same numbers everywhere for the same seed */
static u32 rng(u32 bound)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return (u32)((rng_state * 0x2545f4914f6cdd1dull) >> 33) % bound;
}

static const char *current_file;
static u32 nr_accepted, nr_refused;

static void fail(const char *what)
{
	printf("not ok 1 %s: %s\n", current_file, what);
	exit(1);
}

static void read_again(const struct wasm_module *m)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;
	u32 i;

	for (i = m->nr_imported_funcs; i < m->nr_funcs; i++) {
		wasm_code_reader_start(&reader, m, &m->funcs[i].code);
		while (!wasm_code_reader_done(&reader)) {
			if (wasm_read_instr(&reader, &in))
				fail("validated code cannot be read");
		}
	}
	wasm_code_reader_destroy(&reader);
}

/* @bytes are copied to memory of just that size, for the sanitizer to guard */
static void try_bytes(const u8 *bytes, size_t size, u64 features)
{
	static char text[8192];
	struct wasm_module m;
	FILE *stream;
	u8 *copy;
	int err;

	copy = xmalloc(size);
	memcpy(copy, bytes, size);
	stream = fmemopen(text, sizeof(text), "w");
	diag_redirect(stream);
	err = wasm_decode(&m, current_file, copy, size, features) ?: wasm_validate(&m);
	diag_redirect(NULL);
	fclose(stream);
	if (!err)
		read_again(&m);
	else if (err != -EINVAL)
		fail("neither 0 nor -EINVAL");
	else if (!strstr(text, "error: "))
		fail("refused without a word");
	err ? nr_refused++ : nr_accepted++;
	wasm_module_destroy(&m);
	free(copy);
}

static void truncate_file(const u8 *bytes, size_t size)
{
	size_t cut, step = 1;

	if (size > HUGE_SIZE)
		step = size / NR_HUGE_CUTS;
	else if (size > EVERY_BYTE)
		step = size / NR_CUTS;
	for (cut = 0; cut < size; cut += step)
		try_bytes(bytes, cut, WASM_FEATURES_ALL);
}

static void mutate(u8 *bytes, size_t size)
{
	static const u8 interesting[] = { 0x00, 0x01, 0x0b, 0x40, 0x7f, 0x80, 0xff, 0xfb, 0xfc,
					  0xfd, 0xfe, 0x63, 0x64, 0x70 };
	u32 nr = 1 + rng(4), i;
	size_t at, from, len;

	for (i = 0; i < nr; i++) {
		at = rng((u32)size);
		switch (rng(4)) {
		case 0:
			bytes[at] ^= (u8)(1 << rng(8));
			break;
		case 1:
			bytes[at] = (u8)rng(256);
			break;
		case 2:
			bytes[at] = interesting[rng(sizeof(interesting))];
			break;
		default:
			from = rng((u32)size);
			len = rng(16);
			if (at + len <= size && from + len <= size)
				memmove(bytes + at, bytes + from, len);
		}
	}
}

static void mutate_file(const u8 *bytes, size_t size, u32 rounds)
{
	u8 *copy;
	u32 i;

	if (!size || size > MUTATE_SIZE)
		return;
	copy = xmalloc(size);
	for (i = 0; i < rounds; i++) {
		memcpy(copy, bytes, size);
		mutate(copy, size);
		try_bytes(copy, size, i & 1 ? WASM_FEATURES_ALL : WASM_FEATURES_DEFAULT);
	}
	free(copy);
}

int main(int argc, char **argv)
{
	u32 rounds = 100, seed = 1;
	size_t size;
	u8 *bytes;
	int opt;

	while ((opt = getopt(argc, argv, "r:s:")) != -1) {
		if (opt == 'r')
			rounds = (u32)atoi(optarg);
		else if (opt == 's')
			seed = (u32)atoi(optarg);
		else
			return 2;
	}
	printf("TAP version 13\n1..1\n");
	/* zero is the one state that xorshift never leaves */
	rng_state = seed * 0x9e3779b97f4a7c15ull | 1;
	for (; optind < argc; optind++) {
		current_file = argv[optind];
		if (file_read(current_file, &bytes, &size))
			fail("cannot be read");
		try_bytes(bytes, size, WASM_FEATURES_ALL);
		truncate_file(bytes, size);
		mutate_file(bytes, size, rounds);
		free(bytes);
	}
	if (!nr_refused)
		fail("nothing was refused: no input?");
	printf("ok 1 fuzz-decode # seed %u: %u inputs accepted, %u refused\n",
	       seed, nr_accepted, nr_refused);
	return 0;
}
