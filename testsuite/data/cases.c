// SPDX-License-Identifier: GPL-2.0
/*
 * cases.c - data that is there when it is touched, in whatever way (kruntime/demand.c)
 *
 *	cases FOLDER
 *
 * A command of WASI. Each case has wasm pages of the table that nobody has touched before, by the
 * macro PAGE; so what it does first to each of them is a fault, in the middle of what it is doing.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#include "table.h"

#define WASM_PAGE	65536u
#define STRINGIFY(x)	#x
#define TO_STRING(x)	STRINGIFY(x)

/* .incbin, as no compiler likes a list of four million numbers */
__asm__(".section .data.table,\"\",@\n"
	".globl table\n"
	".p2align 16\n"
	"table:\n"
	".incbin \"table.bin\"\n"
	".size table, 4194304\n");
extern uint8_t table[TABLE_SIZE];

static unsigned int next_page;
static bool failed;

static void check(const char *name, bool good)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	failed |= !good;
}

/* @nr wasm pages that are nobody else's: their first offset in the table. The compiler knows nothing of it. */
static uint32_t pages(unsigned int nr)
{
	uint32_t at = next_page * WASM_PAGE;

	next_page += nr;
	if (at + nr * WASM_PAGE > TABLE_SIZE)
		abort();
	__asm__ volatile("" : "+r"(at));
	return at;
}

static uint32_t expect32(uint32_t at)
{
	return table_at(at) | table_at(at + 1) << 8 | table_at(at + 2) << 16 | (uint32_t)table_at(at + 3) << 24;
}

static bool intact(uint32_t from, uint32_t to)
{
	for (; from < to; from++) {
		if (table[from] != table_at(from))
			return false;
	}
	return true;
}

static void read_in_any_order(void)
{
	uint32_t at = pages(4), i, k, sums[8] = { 0 }, expected[8] = { 0 }, x = 1;

	/* more is live than there are registers */
	for (i = 0; i < 5000; i++) {
		for (k = 0; k < 8; k++) {
			x = x * 1664525 + 1013904223;
			sums[k] += table[at + (x >> 8) % (4 * WASM_PAGE)] * (k + i);
			expected[k] += table_at(at + (x >> 8) % (4 * WASM_PAGE)) * (k + i);
		}
	}
	check("integers are kept at a fault", !memcmp(sums, expected, sizeof(sums)));
}

static void floats(void)
{
	uint32_t at = pages(6), i;
	double a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
	double sum = 0, expected = 0;

	for (i = 0; i < 6 * WASM_PAGE; i += 8192) {
		a = a * 1.25 + b; b = b * 0.75 + c; c = c * 0.5 + d; d = d * 0.25 + e;
		sum += table[at + i] * a;
		e = e * 0.5 + f; f = f * 0.5 + g; g = g * 0.5 + h; h = h * 0.9 + a * 1e-9;
		sum += e + f + g + h;
	}
	a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
	for (i = 0; i < 6 * WASM_PAGE; i += 8192) {
		a = a * 1.25 + b; b = b * 0.75 + c; c = c * 0.5 + d; d = d * 0.25 + e;
		expected += table_at(at + i) * a;
		e = e * 0.5 + f; f = f * 0.5 + g; g = g * 0.5 + h; h = h * 0.9 + a * 1e-9;
		expected += e + f + g + h;
	}
	check("floats are kept at a fault", sum == expected);
}

#ifdef __wasm_simd128__
static void vectors(void)
{
	uint32_t at = pages(4), i, lanes[4], expected[4] = { 0 }, k;
	v128_t sum = wasm_i32x4_splat(0), other = wasm_i32x4_make(1, 2, 3, 4);

	/* each also at the border of two wasm pages */
	for (i = WASM_PAGE - 8; i < 3 * WASM_PAGE; i += WASM_PAGE) {
		other = wasm_i32x4_mul(other, wasm_i32x4_splat(3));
		sum = wasm_i32x4_add(sum, wasm_v128_xor(other, wasm_v128_load(table + at + i)));
	}
	wasm_v128_store(lanes, sum);
	for (k = 0; k < 4; k++) {
		uint32_t factor = k + 1;

		for (i = WASM_PAGE - 8; i < 3 * WASM_PAGE; i += WASM_PAGE) {
			factor *= 3;
			expected[k] += factor ^ expect32(at + i + 4 * k);
		}
	}
	check("vectors are kept at a fault", !memcmp(lanes, expected, sizeof(lanes)));
}
#endif

static void writes(void)
{
	uint32_t at = pages(3), was;

	*(volatile uint32_t *)(table + at + 400) = 0x12345678;
	check("a store leaves the rest of the page as it is", intact(at, at + 400) &&
	      *(uint32_t *)(table + at + 400) == 0x12345678 && intact(at + 404, at + WASM_PAGE));
	at += WASM_PAGE;
	was = expect32(at + 8);
	*(volatile uint32_t *)(table + at + 8) += 77;
	check("what is added is added once", *(uint32_t *)(table + at + 8) == was + 77);
	at += WASM_PAGE;
	*(volatile uint64_t *)(table + at + 12344) ^= 0xff00ff00ff00ff00;
	check("and so with 64 bits", *(uint32_t *)(table + at + 12344) == (expect32(at + 12344) ^ 0xff00ff00));
}

static void across(void)
{
	uint32_t at = pages(6);
	uint64_t value;

	memcpy(&value, table + at + WASM_PAGE - 4, sizeof(value));
	check("a load across two pages", value == ((uint64_t)expect32(at + WASM_PAGE) << 32 |
						   expect32(at + WASM_PAGE - 4)));
	at += 2 * WASM_PAGE;
	*(volatile uint64_t *)(table + at + WASM_PAGE - 4) = 0x0102030405060708;
	check("a store across two pages", intact(at, at + WASM_PAGE - 4) &&
	      *(uint32_t *)(table + at + WASM_PAGE) == 0x01020304 && intact(at + WASM_PAGE + 4, at + 2 * WASM_PAGE));
	at += 2 * WASM_PAGE;
	table[at + WASM_PAGE + 5] = 3;	/* the second is there already */
	memcpy(&value, table + at + WASM_PAGE - 2, sizeof(value));
	check("a load across a page that is missing and one that is there",
	      (uint16_t)value == (uint16_t)(table_at(at + WASM_PAGE - 2) | table_at(at + WASM_PAGE - 1) << 8) &&
	      value >> 56 == 3);
}

static void bulk(void)
{
	uint32_t at = pages(8);

	memcpy(table + at + 1000, table + at + 3 * WASM_PAGE + 17, 2 * WASM_PAGE);
	check("memory.copy between pages that are missing", intact(at, at + 1000) &&
	      intact(at + 1000 + 2 * WASM_PAGE, at + 6 * WASM_PAGE) &&
	      !memcmp(table + at + 1000, table + at + 3 * WASM_PAGE + 17, 2 * WASM_PAGE));
	at += 6 * WASM_PAGE;
	memset(table + at + 5, 9, WASM_PAGE);
	check("memory.fill of parts of pages that are missing", intact(at, at + 5) && table[at + 5] == 9 &&
	      table[at + 4 + WASM_PAGE] == 9 && intact(at + 5 + WASM_PAGE, at + 2 * WASM_PAGE));
}

static void host_calls(const char *folder)
{
	uint32_t at = pages(8), i, same = 0;
	char path[256];
	struct stat *st;
	int fd;

	snprintf(path, sizeof(path), "%s/data", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	check("a host function reads pages that are missing", fd >= 0 &&
	      write(fd, table + at + 100, 2 * WASM_PAGE) == 2 * WASM_PAGE && !lseek(fd, 0, SEEK_SET));
	check("and writes into such", read(fd, table + at + 3 * WASM_PAGE + 7, 2 * WASM_PAGE) == 2 * WASM_PAGE &&
	      intact(at + 3 * WASM_PAGE, at + 3 * WASM_PAGE + 7) &&
	      !memcmp(table + at + 100, table + at + 3 * WASM_PAGE + 7, 2 * WASM_PAGE) &&
	      intact(at + 5 * WASM_PAGE + 7, at + 6 * WASM_PAGE));
	at += 6 * WASM_PAGE;
	getentropy(table + at + 256, 256);
	for (i = 256; i < 512; i++)
		same += table[at + i] == table_at(at + i);
	check("and random numbers", intact(at, at + 256) && same < 32 && intact(at + 512, at + WASM_PAGE));
	at += WASM_PAGE;
	st = (struct stat *)(table + at + 64);
	check("and what a file is", !fstat(fd, st) && st->st_size == 2 * WASM_PAGE && intact(at, at + 64));
	close(fd);
	unlink(path);
}

static void growing(void)
{
	uint32_t at = pages(2), old = __builtin_wasm_memory_grow(0, 3);
	volatile uint8_t *p = (volatile uint8_t *)(old * WASM_PAGE);
	char name[1];

	check("memory.grow beside pages that are missing", old != ~0u && !p[0] && !p[3 * WASM_PAGE - 1]);
	p[WASM_PAGE] = 'x';
	memcpy(name, (const void *)(p + WASM_PAGE), 1);
	check("a host function reads what has grown", write(1, (const void *)(p + WASM_PAGE), 0) == 0 && name[0] == 'x');
	check("and the others are still to come", intact(at, at + 2 * WASM_PAGE));
}

int main(int argc, char **argv)
{
	read_in_any_order();
	floats();
#ifdef __wasm_simd128__
	vectors();
#endif
	writes();
	across();
	bulk();
	host_calls(argc > 1 ? argv[1] : ".");
	growing();
	check("what nobody touched before is there", intact(next_page * WASM_PAGE, TABLE_SIZE));
	return failed;
}
