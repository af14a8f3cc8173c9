// SPDX-License-Identifier: GPL-2.0
/*
 * alternatives.c - code that the kernel patches by the processor at hand
 *
 * From the records of switches.c come .altinstructions, .altinstr_replacement and the tables,
 * which are constants: absolute addresses of code. The jump through a table replaces the no-ops
 * where the processor needs no retpolines. It is taken back where indirect branches need a
 * thunk for another reason (ITS), and where they must land on endbr64 (IBT): no case begins with
 * one, which all processors would have to run. The kernel goes through the rows in their
 * order (apply_alternatives()), so what takes back comes last. To replace by nothing
 * is to replace by no-operations.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "alternatives.h"

/* the two forms of struct alt_instr; before 6.3 and since */
#define ALT_SIZE_OLD	12
#define ALT_SIZE	14
#define ALT_NOT_OLD	(1u << 15)
#define ALT_NOT		(1u << 16)

struct record {
	u64 site;
	u32 length;
	u32 entries;
};

static s64 target_of(const struct object *obj, const struct object_reloc *r, u32 text)
{
	const struct object_symbol *s = &obj->symbols[r->symbol];

	/* of code that has been replaced */
	if (s->section != text || r->addend >= OBJECT_DEAD_OFFSET)
		return -1;
	return s->value + r->addend;
}

static const struct object_reloc *reloc_at(const struct object_section *s, u64 offset)
{
	size_t lo = 0, hi = s->nr_relocs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->relocs[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nr_relocs && s->relocs[lo].offset == offset ? &s->relocs[lo] : NULL;
}

static void add_row(struct object *obj, const struct profile *profile, u32 section, u32 text,
		    s64 site, u32 replacement, u64 at, u32 feature, bool not, u8 length, u8 new_length)
{
	u8 row[ALT_SIZE] = { 0 };
	u64 offset;
	u32 flags = feature;

	if (not)
		flags |= profile->alt_size == ALT_SIZE ? ALT_NOT : ALT_NOT_OLD;
	memcpy(row + 8, &flags, profile->alt_size - 10);
	row[profile->alt_size - 2] = length;
	row[profile->alt_size - 1] = new_length;
	offset = object_append(obj, section, row, profile->alt_size, 1);
	object_add_reloc(obj, section, offset, R_X86_64_PC32, object_section_symbol(obj, text), site);
	object_add_reloc(obj, section, offset + 4, R_X86_64_PC32,
			 object_section_symbol(obj, replacement), at);
}

/* the jump, the table, the rows of one switch */
static int add_switch(struct object *obj, const struct profile *profile, u32 text, u32 records,
		      u64 at, const struct record *r, s64 site)
{
	u32 rows = object_find_section(obj, ".altinstructions");
	u32 code = object_find_section(obj, ".altinstr_replacement");
	u32 rodata = object_find_section(obj, ".rodata");
	u64 start, table, i, from = at + sizeof(*r) + ((r->length + 7) & ~7u);

	if (!rows)
		rows = object_add_section(obj, ".altinstructions", SHT_PROGBITS, SHF_ALLOC, 4);
	if (!code)
		code = object_add_section(obj, ".altinstr_replacement", SHT_PROGBITS, SHF_ALLOC, 1);
	if (!rodata)
		rodata = object_add_section(obj, ".rodata", SHT_PROGBITS, SHF_ALLOC, 16);
	table = object_append_zero(obj, rodata, r->entries * 8ull, 64);
	for (i = 0; i < r->entries; i++) {
		const struct object_reloc *to = reloc_at(&obj->sections[records], from + i * 8);
		s64 target = to ? target_of(obj, to, text) : -1;

		if (target < 0)
			return -EINVAL;
		object_add_reloc(obj, rodata, table + i * 8, R_X86_64_64,
				 object_section_symbol(obj, text), target);
	}
	start = object_append(obj, code, obj->sections[records].data + at + sizeof(*r), r->length, 1);
	object_add_reloc(obj, code, start + r->length - 4, R_X86_64_32S,
			 object_section_symbol(obj, rodata), table);
	add_row(obj, profile, rows, text, site, code, start, profile->alt_retpoline, true,
		r->length, r->length);
	if (profile->alt_its)
		add_row(obj, profile, rows, text, site, code, start, profile->alt_its, false,
			r->length, 0);
	/* also for a kernel without IBT: there the feature is never set */
	add_row(obj, profile, rows, text, site, code, start, profile->alt_ibt, false, r->length, 0);
	return 0;
}

/**
 * alternatives_add() - Add .altinstructions and what belongs to it
 * @obj: the object that was scanned
 * @code: result of code_scan()
 * @profile: target kernel
 *
 * Return: 0; -EINVAL (diagnosed) if the records are not as switches.c writes them.
 */
int alternatives_add(struct object *obj, const struct code *code, const struct profile *profile)
{
	u32 section = object_find_section(obj, SWITCH_SECTION);
	u64 at = 0, size = obj->sections[section].size;
	struct record r;

	if (!section)
		return 0;
	while (at < size) {
		const struct object_reloc *reloc = reloc_at(&obj->sections[section], at);
		s64 site;

		if (size - at < sizeof(r) || !reloc)
			goto bad;
		memcpy(&r, obj->sections[section].data + at, sizeof(r));
		if (r.length < 8 || r.length > 64 ||
		    (size - at - sizeof(r)) / 8 < (r.length + 7) / 8 + (u64)r.entries)
			goto bad;
		site = target_of(obj, reloc, code->text);
		if (site >= 0 && add_switch(obj, profile, code->text, section, at, &r, site))
			goto bad;
		at += sizeof(r) + ((r.length + 7) & ~7u) + r.entries * 8ull;
	}
	obj->sections[section].dropped = true;
	return 0;
bad:
	diag_file_error(obj->path, "internal error: the record of a switch at 0x%llx is broken", at);
	return -EINVAL;
}
