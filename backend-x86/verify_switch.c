// SPDX-License-Identifier: GPL-2.0
/*
 * verify_switch.c - code that the kernel replaces while it loads the module
 *
 * The kernel goes through the rows of .altinstructions (struct alt_instr: 12 bytes, since 6.3 it
 * is 14), and where the processor has a feature, or has it not, it writes other bytes over
 * those at a place. What may be written here is one thing only: over no-operations
 * of the same length, where there is no retpoline,
 *
 *	cmp  $n, %r32
 *	jae  behind
 *	and  $mask, %r32
 *	jmp  *table(,%r64,8)
 *
 * with a table of mask + 1 addresses in read-only data, all of instructions of the same
 * function. More rows for the place may put no-operations back, and one has to where indirect
 * branches must land on endbr64 (IBT). So the code is sound with and
 * without it if, from the place on, each path is: on to what is behind, with other
 * flags; and to each of the table's entries, with other flags and any number up to mask in the
 * register. Nothing may jump into the place, and no table of the kernel name it.
 *
 * Which of the two structures the kernel has is said by .modinfo's vermagic, as the loader
 * compares it. The numbers of features are trusted to be that kernel's.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_impl.h"

#define FEATURE_RETPOLINE	(11 * 32 + 12)
#define FEATURE_IBT		(18 * 32 + 20)
/* numbers the kernel can look up; a larger one is a BUG() */
#define NR_FEATURES		(22 * 32)
#define ENTRIES_MAX		4096
#define SITE_MAX		64

struct row {
	u64 site, code;
	u32 feature;
	bool not;
	u8 length, new_length;
};

/* does a relocation begin in [start, end)? */
static bool has_reloc(const struct verify_section *s, u64 start, u64 end)
{
	size_t lo = 0, hi = s->nr_relocs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->relocs[mid].offset < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nr_relocs && s->relocs[lo].offset < end;
}

static int row_error(struct verify_object *obj, u64 i, const char *text)
{
	return verify_object_error(obj, VERIFY_RULE_OBJECT, "row %llu of .altinstructions: %s", i, text);
}

/* bytes of struct alt_instr; 0: there is no version */
static u32 row_size(const struct verify_object *obj)
{
	static const char key[] = "vermagic=";
	const struct verify_section *s = &obj->sections[verify_find_section(obj, ".modinfo")];
	unsigned int major, minor;
	u64 i;

	for (i = 0; s->data && i < s->size; i += strlen((const char *)s->data + i) + 1) {
		const char *p = (const char *)s->data + i;

		if (strncmp(p, key, strlen(key)))
			continue;
		if (sscanf(p + strlen(key), "%u.%u", &major, &minor) != 2)
			return 0;
		return major > 6 || (major == 6 && minor >= 3) ? 14 : 12;
	}
	return 0;
}

/* a row's two places are relocations of it */
static bool take_row(const struct verify_object *obj, const struct verify_section *s, u32 size,
		     u32 replacement, u64 i, struct row *row)
{
	const u8 *p = s->data + i * size;
	u32 site_section, code_section, flags = 0;
	const struct verify_reloc *r = &s->relocs[i * 2];

	if (r[0].offset != i * size || r[1].offset != i * size + 4 ||
	    r[0].type != R_X86_64_PC32 || r[1].type != R_X86_64_PC32 ||
	    !verify_reloc_target(obj, &r[0], &site_section, &row->site) ||
	    !verify_reloc_target(obj, &r[1], &code_section, &row->code) ||
	    site_section != obj->text || code_section != replacement)
		return false;
	memcpy(&flags, p + 8, size - 10);
	row->feature = size == 14 ? flags & 0xffff : flags & 0x7fff;
	row->not = size == 14 ? flags >> 16 == 1 : flags >> 15;
	row->length = p[size - 2];
	row->new_length = p[size - 1];
	return !(size == 14 && flags >> 17) && row->feature < NR_FEATURES && row->length &&
	       row->length <= SITE_MAX &&
	       row->length <= obj->sections[obj->text].size - row->site &&
	       row->new_length <= obj->sections[replacement].size - row->code;
}

static bool is_reg(const ZydisDecodedOperand *op, ZydisRegisterClass class, u8 *reg)
{
	if (op->type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    ZydisRegisterGetClass(op->reg.value) != class)
		return false;
	*reg = ZydisRegisterGetId(op->reg.value);
	return true;
}

/* no other prefix than REX changes what an instruction is */
static bool is_plain(const ZydisDecodedInstruction *in, ZydisMnemonic mnemonic)
{
	u8 i;

	for (i = 0; i < in->raw.prefix_count; i++)
		if ((in->raw.prefixes[i].value & 0xf0) != 0x40)
			return false;
	return in->mnemonic == mnemonic && in->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY;
}

/* the four instructions, of which the last has the only relocation, at its end */
static bool take_code(const struct verify_section *s, const struct row *row, struct verify_switch *sw)
{
	ZydisDecodedInstruction in[4];
	ZydisDecodedOperand op[4][ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecoder decoder;
	u64 at = row->code, end = at + row->new_length, mask;
	u8 reg;
	u32 i;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (i = 0; i < 4; i++) {
		if (at >= end || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, s->data + at, end - at,
								      &in[i], op[i])))
			return false;
		at += in[i].length;
		if (i == 1 && (!is_plain(&in[1], ZYDIS_MNEMONIC_JNB) ||
			       op[1][0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
			       !op[1][0].imm.is_relative ||
			       at + op[1][0].imm.value.s != end))
			return false;
	}
	if (at != end || !is_plain(&in[0], ZYDIS_MNEMONIC_CMP) ||
	    !is_plain(&in[2], ZYDIS_MNEMONIC_AND) || !is_plain(&in[3], ZYDIS_MNEMONIC_JMP) ||
	    !is_reg(&op[0][0], ZYDIS_REGCLASS_GPR32, &sw->reg) || sw->reg == RSP ||
	    op[0][1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
	    !is_reg(&op[2][0], ZYDIS_REGCLASS_GPR32, &reg) || reg != sw->reg ||
	    op[2][1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return false;
	mask = op[2][1].imm.value.u & 0xffffffff;
	if (!mask || mask >= ENTRIES_MAX || mask & (mask + 1))
		return false;
	sw->nr = mask + 1;
	return op[3][0].type == ZYDIS_OPERAND_TYPE_MEMORY && op[3][0].size == 64 &&
	       op[3][0].mem.segment == ZYDIS_REGISTER_DS &&
	       op[3][0].mem.base == ZYDIS_REGISTER_NONE &&
	       ZydisRegisterGetClass(op[3][0].mem.index) == ZYDIS_REGCLASS_GPR64 &&
	       ZydisRegisterGetId(op[3][0].mem.index) == sw->reg &&
	       op[3][0].mem.scale == 8 && in[3].raw.disp.size == 32 &&
	       in[3].raw.disp.offset + 4 == in[3].length;
}

static bool take_table(struct verify_object *obj, const struct verify_section *s,
		       const struct row *row, struct verify_switch *sw)
{
	const struct verify_reloc *r = verify_reloc_at(s, row->code + row->new_length - 4);
	const struct verify_section *table;
	u32 section;
	u64 i, at;

	/* no other, also not of 8 bytes that begin before; no two overlap */
	if (!r || r->type != R_X86_64_32S || has_reloc(s, row->code, r->offset) ||
	    (r > s->relocs && r[-1].offset + 4 > row->code) ||
	    (r > s->relocs && r[-1].type != R_X86_64_32S) ||
	    !verify_reloc_target(obj, r, &section, &at) || !verify_is_rodata(obj, section))
		return false;
	table = &obj->sections[section];
	if (!table->data || table->flags & SHF_WRITE || at % 8 || table->align < 8 ||
	    sw->nr * 8ull > table->size - at)
		return false;
	sw->targets = arena_calloc(&obj->arena, sw->nr, sizeof(*sw->targets));
	for (i = 0; i < sw->nr; i++) {
		u64 target;

		r = verify_reloc_at(table, at + i * 8);
		if (!r || r->type != R_X86_64_64 || !verify_reloc_target(obj, r, &section, &target) ||
		    section != obj->text)
			return false;
		sw->targets[i] = target;
	}
	return true;
}

int verify_switches_load(struct verify_object *obj)
{
	u32 rows = verify_find_section(obj, ".altinstructions");
	u32 replacement = verify_find_section(obj, ".altinstr_replacement");
	const struct verify_section *s = &obj->sections[rows];
	struct verify_switch *sw = NULL;
	struct row row;
	u64 i, nr, size;

	nr = s->nr_relocs / 2;
	obj->switches = arena_calloc(&obj->arena, nr + 1, sizeof(*obj->switches));
	if (!rows)
		return 0;
	size = row_size(obj);
	if (!size || !replacement || !s->data || !obj->sections[replacement].data ||
	    s->nr_relocs != 2 * nr || s->size != nr * size)
		return verify_object_error(obj, VERIFY_RULE_OBJECT, "bad section '.altinstructions'");
	for (i = 0; i < nr; i++) {
		if (!take_row(obj, s, size, replacement, i, &row))
			return row_error(obj, i, "is no place in the code and its replacement");
		if (sw && row.site == sw->site) {
			/* it takes back what the one before has done */
			if (row.not || row.new_length || row.length != sw->end - sw->site)
				return row_error(obj, i, "a second replacement");
			sw->has_ibt |= row.feature == FEATURE_IBT;
			continue;
		}
		if (sw && row.site < sw->end)
			return row_error(obj, i, "overlaps or is before another");
		if (sw && !sw->has_ibt)
			return row_error(obj, i, "the one before is not taken back for IBT");
		sw = &obj->switches[obj->nr_switches++];
		sw->site = row.site;
		sw->end = row.site + row.length;
		if (!row.not || row.feature != FEATURE_RETPOLINE)
			return row_error(obj, i, "replaces on other processors than those without retpolines");
		if (row.new_length != row.length || !take_code(&obj->sections[replacement], &row, sw))
			return row_error(obj, i, "the replacement is no jump through a table");
		if (!take_table(obj, &obj->sections[replacement], &row, sw))
			return row_error(obj, i, "the table is not one of places in the code");
	}
	if (sw && !sw->has_ibt)
		return row_error(obj, i, "the one before is not taken back for IBT");
	return 0;
}

const struct verify_switch *verify_switch_behind(const struct verify_object *obj, u64 at)
{
	u32 lo = 0, hi = obj->nr_switches;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (obj->switches[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &obj->switches[lo];
}

bool verify_in_switch(const struct verify_object *obj, u64 at)
{
	const struct verify_switch *sw = verify_switch_behind(obj, at);

	return sw < obj->switches + obj->nr_switches && at > sw->site && at < sw->end;
}

/* a place is no-operations of one function, and its table leads to instructions of it */
static const char *check_switch(const struct verify_object *obj, const struct verify_switch *sw,
				const struct verify_func *f, const struct verify_insn *insns, u32 nr)
{
	u64 end = (u64)f->text_offset + f->size;
	const struct verify_section *text = &obj->sections[obj->text];
	u64 at;
	u32 i;

	if (sw->end >= end || !bitmap_test(obj->starts, sw->site) || !bitmap_test(obj->starts, sw->end))
		return "the place to be replaced is not made of whole instructions";
	for (i = 0; i < nr; i++)
		if (insns[i].at >= sw->site && insns[i].at < sw->end && insns[i].op != OP_NOP)
			return "the place to be replaced is not all no-operations";
	for (at = sw->site; at < sw->end; at++)
		if (bitmap_test(obj->rows, at))
			return "the place to be replaced has a row in the exception table";
	/* of one before it, the instruction that it is of has been decoded */
	if (has_reloc(text, sw->site, sw->end))
		return "the place to be replaced has a relocation";
	for (i = 0; i < sw->nr; i++) {
		if (sw->targets[i] < f->text_offset || sw->targets[i] >= end ||
		    !bitmap_test(obj->starts, sw->targets[i]))
			return "an entry of the table is no instruction of the function";
		if (verify_in_switch(obj, sw->targets[i]))
			return "an entry of the table leads into a place to be replaced";
	}
	return NULL;
}

int verify_switches_func(struct verify_object *obj, u32 func, struct verify_insn *insns, u32 nr)
{
	const struct verify_func *f = &obj->report->funcs[func];
	const struct verify_switch *sw = verify_switch_behind(obj, f->text_offset);
	const struct verify_switch *last = obj->switches + obj->nr_switches;
	const char *why;
	int err = 0;
	u32 i;

	for (; sw < last && sw->site < (u64)f->text_offset + f->size; sw++) {
		why = sw->site < f->text_offset ? "the place to be replaced begins before the function" :
		      check_switch(obj, sw, f, insns, nr);
		if (why) {
			verify_insn_error(obj, VERIFY_VIOLATION, VERIFY_RULE_BRANCH, func,
					  sw->site < f->text_offset ? f->text_offset : sw->site,
					  "%s", why);
			err = -EINVAL;
			continue;
		}
		for (i = 0; i < nr; i++) {
			if (insns[i].at != sw->site)
				continue;
			insns[i].op = OP_SWITCH;
			insns[i].table = sw;
		}
	}
	for (i = 0; obj->nr_switches && i < nr; i++) {
		if (!insns[i].has_target || insns[i].target < 0 ||
		    !verify_in_switch(obj, insns[i].target))
			continue;
		verify_insn_error(obj, VERIFY_VIOLATION, VERIFY_RULE_BRANCH, func, insns[i].at,
				  "goes into a place to be replaced");
		err = -EINVAL;
	}
	return err;
}

int verify_switches_sites(struct verify_object *obj)
{
	u32 i, func;

	for (i = 0; i < obj->nr_switches; i++) {
		func = verify_func_at(obj, obj->switches[i].site);
		if (func == VERIFY_NO_FUNC)
			return row_error(obj, i, "its place is in no function");
	}
	return 0;
}
