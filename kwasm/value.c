// SPDX-License-Identifier: GPL-2.0
/*
 * wasm values as text: the command line's arguments and results
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kwasm.h"
#include "value.h"

void value_print_types(FILE *out, const u8 *types, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		fprintf(out, "%s%s", i ? ", " : "", kwasm_valtype_text(types[i]));
}

static bool parse_integer(const char *text, unsigned int bits, u64 *value)
{
	bool negative = *text == '-';
	unsigned long long magnitude;
	char *end;

	if (negative || *text == '+')
		text++;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	magnitude = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
	if (errno || *end)
		return false;
	if (negative) {
		if (magnitude > 1ull << (bits - 1))
			return false;
		*value = -magnitude;
	} else {
		if (bits < 64 && magnitude >> bits)
			return false;
		*value = magnitude;
	}
	if (bits < 64)
		*value &= (1ull << bits) - 1;
	return true;
}

static bool parse_float(const char *text, u8 type, struct kwasm_val *value)
{
	char *end;

	if (!*text || isspace((unsigned char)*text))
		return false;
	if (type == 0x7d) {
		float f = strtof(text, &end);

		memcpy(&value->lo, &f, sizeof(f));
	} else {
		double d = strtod(text, &end);

		memcpy(&value->lo, &d, sizeof(d));
	}
	return !*end;
}

static bool parse_v128(const char *text, struct kwasm_val *value)
{
	size_t i, nr;
	char c[2] = "";

	if (text[0] != '0' || (text[1] | 32) != 'x')
		return false;
	text += 2;
	nr = strlen(text);
	if (!nr || nr > 32)
		return false;
	for (i = 0; i < nr; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		c[0] = text[i];
		value->hi = value->hi << 4 | value->lo >> 60;
		value->lo = value->lo << 4 | strtoul(c, NULL, 16);
	}
	return true;
}

bool value_parse(const char *text, u8 type, struct kwasm_val *value)
{
	memset(value, 0, sizeof(*value));
	value->type = type;
	switch (type) {
	case 0x7f:
		return parse_integer(text, 32, &value->lo);
	case 0x7e:
		return parse_integer(text, 64, &value->lo);
	case 0x7d:
	case 0x7c:
		return parse_float(text, type, value);
	case 0x7b:
		return parse_v128(text, value);
	case 0x70:
		return !strcmp(text, "null");
	case 0x6f:
	case 0x6e:
		if (!strcmp(text, "null"))
			return true;
		/* 0 is null, so numbers start at 1 inside */
		return parse_integer(text, 62, &value->lo) && ++value->lo;
	case 0x6c:
		if (!strcmp(text, "null"))
			return true;
		return parse_integer(text, 31, &value->lo) && ++value->lo;
	case 0x6d:
	case 0x6b:
	case 0x6a:
	case 0x69:
		return !strcmp(text, "null");
	}
	return false;
}

static void print_float(FILE *out, double d, int digits, bool single)
{
	char text[64];
	int precision;

	if (isnan(d)) {
		fprintf(out, "%snan\n", signbit(d) ? "-" : "");
		return;
	}
	for (precision = 1; precision <= digits; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, d);
		if (single ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d)
			break;
	}
	fprintf(out, "%s\n", text);
}

void value_print(FILE *out, const struct kwasm_val *value)
{
	double d;
	float f;

	switch (value->type) {
	case 0x7f:
		fprintf(out, "%d\n", (s32)value->lo);
		return;
	case 0x7e:
		fprintf(out, "%lld\n", (long long)value->lo);
		return;
	case 0x7d:
		memcpy(&f, &value->lo, sizeof(f));
		print_float(out, f, 9, true);
		return;
	case 0x7c:
		memcpy(&d, &value->lo, sizeof(d));
		print_float(out, d, 17, false);
		return;
	case 0x7b:
		fprintf(out, "0x%016llx%016llx\n", (unsigned long long)value->hi,
			(unsigned long long)value->lo);
		return;
	case 0x70:
		if (value->lo)
			fprintf(out, "function %llu\n", (unsigned long long)value->lo - 1);
		else
			fputs("null\n", out);
		return;
	case 0x6f:
	case 0x6e:
		if (value->lo >> 63)
			fputs("object\n", out);
		else if (value->lo)
			fprintf(out, "%llu\n", (unsigned long long)value->lo - 1);
		else
			fputs("null\n", out);
		return;
	case 0x6c:
		fprintf(out, "i31 %llu\n", (unsigned long long)value->lo - 1);
		return;
	case 0x6b:
		fputs("struct\n", out);
		return;
	case 0x6a:
		fputs("array\n", out);
		return;
	case 0x69:
		fputs(value->lo ? "exception\n" : "null\n", out);
		return;
	}
	fputs("?\n", out);
}
