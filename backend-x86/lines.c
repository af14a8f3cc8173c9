// SPDX-License-Identifier: GPL-2.0
/*
 * lines.c - which "line" each instruction came from
 *
 * A reader of .debug_line (DWARF 4 and 5, "Line Number Information"), as far as
 * addresses and lines go: files, columns and flags are skipped.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "lines.h"

enum {
	DW_LNS_extended		= 0,
	DW_LNS_copy		= 1,
	DW_LNS_advance_pc	= 2,
	DW_LNS_advance_line	= 3,
	DW_LNS_const_add_pc	= 8,
	DW_LNS_fixed_advance_pc	= 9,

	DW_LNE_end_sequence	= 1,
	DW_LNE_set_address	= 2,
};

/* a row before sorting; @order keeps rows of one address in their order */
struct raw_row {
	u32 offset;
	u32 line;
	u32 order;
	bool end;
};

/**
 * struct reader - the state while reading
 * @at: next byte
 * @end: of the current unit
 * @bad: something was read past @end
 */
struct reader {
	const u8 *at;
	const u8 *end;
	bool bad;
	struct raw_row *rows;
	size_t nr_rows;
	size_t cap_rows;
};

static u64 read_fixed(struct reader *r, unsigned int size)
{
	u64 value = 0;

	if ((size_t)(r->end - r->at) < size) {
		r->bad = true;
		return 0;
	}
	memcpy(&value, r->at, size);	/* this backend's host is little-endian, as its target */
	r->at += size;
	return value;
}

/* a LEB128's bits, how many they are, and its last byte */
static u64 read_leb(struct reader *r, unsigned int *shift, u8 *last)
{
	u64 value = 0;
	u8 byte;

	*shift = 0;
	do {
		byte = read_fixed(r, 1);
		if (*shift < 64)
			value |= (u64)(byte & 0x7f) << *shift;
		*shift += 7;
	} while (byte & 0x80 && !r->bad);
	*last = byte;
	return value;
}

static u64 read_uleb(struct reader *r)
{
	unsigned int shift;
	u8 last;

	return read_leb(r, &shift, &last);
}

static s64 read_sleb(struct reader *r)
{
	unsigned int shift;
	u64 value;
	u8 last;

	value = read_leb(r, &shift, &last);
	if (last & 0x40 && shift < 64)
		value |= ~0ull << shift;
	return value;
}

static void skip(struct reader *r, u64 size)
{
	if ((size_t)(r->end - r->at) < size) {
		r->bad = true;
		return;
	}
	r->at += size;
}

static void add_row(struct reader *r, u64 address, u64 line, bool end)
{
	if (address > 0xffffffffu) {
		r->bad = true;
		return;
	}
	array_reserve(r->rows, r->cap_rows, r->nr_rows + 1);
	r->rows[r->nr_rows] = (struct raw_row){
		.offset = address,
		.line = end ? 0 : line,
		.order = r->nr_rows,
		.end = end,
	};
	r->nr_rows++;
}

/* the unit's header, from its version on: what decoding its opcodes needs */
struct header {
	u8 min_insn_length;
	s8 line_base;
	u8 line_range;
	u8 opcode_base;
	u8 lengths[256];
};

static int read_header(struct reader *r, struct header *h)
{
	const u8 *program;
	unsigned int i;
	u64 length;
	u16 version;

	version = read_fixed(r, 2);
	if (version < 2 || version > 5)
		return -EINVAL;
	if (version >= 5) {
		if (read_fixed(r, 1) != 8)	/* address_size */
			return -EINVAL;
		skip(r, 1);			/* segment_selector_size */
	}
	length = read_fixed(r, 4);
	if (r->bad || length > (size_t)(r->end - r->at))
		return -EINVAL;
	program = r->at + length;

	h->min_insn_length = read_fixed(r, 1);
	if (version >= 4)
		skip(r, 1);			/* maximum_operations_per_instruction */
	skip(r, 1);				/* default_is_stmt */
	h->line_base = read_fixed(r, 1);
	h->line_range = read_fixed(r, 1);
	h->opcode_base = read_fixed(r, 1);
	if (!h->line_range || !h->opcode_base)
		return -EINVAL;
	for (i = 1; i < h->opcode_base; i++)
		h->lengths[i] = read_fixed(r, 1);
	if (r->bad || r->at > program)
		return -EINVAL;
	r->at = program;
	return 0;
}

static void run_extended(struct reader *r, u64 *address, u64 *line)
{
	u64 size = read_uleb(r);
	const u8 *next;

	if (!size || r->bad || size > (size_t)(r->end - r->at)) {
		r->bad = true;
		return;
	}
	next = r->at + size;
	switch (read_fixed(r, 1)) {
	case DW_LNE_end_sequence:
		add_row(r, *address, 0, true);
		*address = 0;
		*line = 1;
		break;
	case DW_LNE_set_address:
		if (size != 1 + 8)
			r->bad = true;
		else
			*address = read_fixed(r, 8);
		break;
	}
	r->at = next;
}

static void run_program(struct reader *r, const struct header *h)
{
	u64 address = 0, line = 1;
	unsigned int i;

	while (r->at < r->end && !r->bad) {
		u8 opcode = read_fixed(r, 1);

		if (opcode >= h->opcode_base) {
			u8 adjusted = opcode - h->opcode_base;

			address += (u64)(adjusted / h->line_range) * h->min_insn_length;
			line += h->line_base + adjusted % h->line_range;
			add_row(r, address, line, false);
			continue;
		}
		switch (opcode) {
		case DW_LNS_extended:
			run_extended(r, &address, &line);
			break;
		case DW_LNS_copy:
			add_row(r, address, line, false);
			break;
		case DW_LNS_advance_pc:
			address += read_uleb(r) * h->min_insn_length;
			break;
		case DW_LNS_advance_line:
			line += read_sleb(r);
			break;
		case DW_LNS_const_add_pc:
			address += (u64)((255 - h->opcode_base) / h->line_range) *
				   h->min_insn_length;
			break;
		case DW_LNS_fixed_advance_pc:
			address += read_fixed(r, 2);
			break;
		default:
			for (i = 0; i < h->lengths[opcode]; i++)
				read_uleb(r);
			break;
		}
	}
}

static int read_units(struct reader *r, const u8 *bytes, size_t size)
{
	struct header h;
	u64 length;

	r->at = bytes;
	while (r->at < bytes + size) {
		r->end = bytes + size;
		length = read_fixed(r, 4);
		if (r->bad || length >= 0xfffffff0u || length > (size_t)(r->end - r->at))
			return -EINVAL;
		r->end = r->at + length;
		if (read_header(r, &h))
			return -EINVAL;
		run_program(r, &h);
		if (r->bad)
			return -EINVAL;
		r->at = r->end;
	}
	return 0;
}

/* An end comes before whatever begins at the same address, else as they came. */
static int compare_rows(const void *a, const void *b)
{
	const struct raw_row *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->end != y->end)
		return x->end ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void take_rows(struct lines *lines, struct reader *r)
{
	size_t i;

	if (r->nr_rows)
		qsort(r->rows, r->nr_rows, sizeof(*r->rows), compare_rows);
	for (i = 0; i < r->nr_rows; i++) {
		const struct raw_row *row = &r->rows[i];

		/* the last one for an address holds */
		if (i + 1 < r->nr_rows && row[1].offset == row->offset)
			continue;
		if (lines->nr && lines->rows[lines->nr - 1].line == row->line)
			continue;
		array_reserve(lines->rows, lines->cap, lines->nr + 1);
		lines->rows[lines->nr++] = (struct lines_row){ row->offset, row->line };
	}
}

/* The section's bytes with addresses in .text filled in; NULL (diagnosed). */
static u8 *relocated_bytes(const struct object *obj, const struct object_section *s, u32 text)
{
	u8 *bytes = xmalloc(s->size + 1);
	size_t i;

	if (s->size)
		memcpy(bytes, s->data, s->size);
	for (i = 0; i < s->nr_relocs; i++) {
		const struct object_reloc *r = &s->relocs[i];
		const struct object_symbol *sym = &obj->symbols[r->symbol];
		u64 value = sym->value + r->addend;

		if (sym->section == text && r->type == R_X86_64_64)
			memcpy(bytes + r->offset, &value, 8);
	}
	return bytes;
}

/**
 * lines_read() - Read the line table
 * @lines: out; to be destroyed in any case
 * @obj: normalized
 *
 * Return: 0, also if there is none: then @lines is empty; -EINVAL (diagnosed)
 * if it is malformed.
 */
int lines_read(struct lines *lines, const struct object *obj)
{
	u32 section = object_find_section(obj, ".debug_line");
	const struct object_section *s = &obj->sections[section];
	struct reader r = { .at = NULL };
	u8 *bytes;
	int err;

	memset(lines, 0, sizeof(*lines));
	if (!section)
		return 0;
	if (s->type == SHT_NOBITS || s->flags & SHF_COMPRESSED) {
		diag_file_error(obj->path, "malformed object: .debug_line is compressed or empty");
		return -EINVAL;
	}
	bytes = relocated_bytes(obj, s, object_find_section(obj, ".text"));
	err = read_units(&r, bytes, s->size);
	if (err)
		diag_file_error(obj->path, "malformed object: .debug_line");
	else
		take_rows(lines, &r);
	free(r.rows);
	free(bytes);
	return err;
}

/**
 * lines_destroy() - Free a line table
 * @lines: from lines_read(), also if that failed, or all zero
 */
void lines_destroy(struct lines *lines)
{
	free(lines->rows);
	memset(lines, 0, sizeof(*lines));
}

/**
 * lines_find() - The line of an instruction
 * @lines: table
 * @offset: in .text; for a call its return address - 1, since the return
 *	address belongs to what follows
 *
 * Return: the line; 0 if it is not known.
 */
u32 lines_find(const struct lines *lines, u32 offset)
{
	size_t lo = 0, hi = lines->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (lines->rows[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lines->rows[lo - 1].line : 0;
}
