/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify_impl.h - what the files of the checker share with each other
 *
 * Sections: verify.c, verify_elf.c, verify_switch.c, verify_decode.c, verify_flow.c, verify_known.c.
 */
#ifndef _BACKEND_X86_VERIFY_IMPL_H
#define _BACKEND_X86_VERIFY_IMPL_H

#include <Zydis/Zydis.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../kruntime/include/kwasm_abi.h"
#include "verify.h"

/* ---- verify.c ---- */

struct verify_object;

/* findings about the file as a whole; returns -EINVAL for convenience */
int verify_object_error(struct verify_object *obj, enum verify_rule rule, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* about the instruction at text offset @at of function @func */
void verify_insn_error(struct verify_object *obj, enum verify_severity severity,
		       enum verify_rule rule, u32 func, u32 at, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* ---- verify_elf.c ---- */

struct verify_reloc {
	u64 offset;
	u32 symbol;
	u32 type;
	s64 addend;
};

/**
 * struct verify_section - a section header and what belongs to it
 * @data: NULL for SHT_NOBITS and for empty sections
 * @relocs: ascending offsets, no two overlap; all inside of the section
 */
struct verify_section {
	const char *name;
	u32 type;
	u64 flags;
	u64 align;
	const u8 *data;
	u64 size;
	struct verify_reloc *relocs;
	size_t nr_relocs;
	size_t cap_relocs;
};

/* what an undefined symbol is to the checker */
enum verify_import {
	VERIFY_IMPORT_NONE,		/* defined here */
	VERIFY_IMPORT_OTHER,		/* allowed, but code has no business with it */
	VERIFY_IMPORT_TRAP,		/* kwasm_trap_* */
	VERIFY_IMPORT_HOST_CALL,	/* kwasm_host_call */
	VERIFY_IMPORT_NULL_FUNC,	/* kwasm_null_func */
	VERIFY_IMPORT_HOST,		/* host function: kwasm_call_host() only */
	VERIFY_IMPORT_RETURN_THUNK,
	VERIFY_IMPORT_INDIRECT_THUNK,	/* @arg: register number */
};

/**
 * struct verify_host - signature of a host function
 * @helper: one of the runtime's helpers, whose arguments are checked one by one
 */
struct verify_host {
	const char *name;
	const char *result;
	const char *params;
	bool helper;
};

struct verify_symbol {
	const char *name;
	u8 type;
	u8 bind;
	u32 section;		/* SHN_UNDEF, SHN_ABS, or below nr_sections */
	u64 value;
	u64 size;
	enum verify_import import;
	u32 arg;
	const struct verify_host *host;
};

/* what a range of the context holds */
enum verify_slot_class {
	VERIFY_SLOT_CELL,	/* own global; @index */
	VERIFY_SLOT_GLOBAL,	/* address of an imported global's cell */
	VERIFY_SLOT_MEMORY,	/* struct kwasm_memory_abi * */
	VERIFY_SLOT_TABLE,	/* struct kwasm_table_abi * */
	VERIFY_SLOT_IMPORT,	/* const struct kwasm_func *; @index: of the import row */
	VERIFY_SLOT_FUNC,	/* own struct kwasm_func; @index: of the ref row */
	VERIFY_SLOT_FIXED,	/* struct kwasm_ctx */
};

struct verify_slot {
	s64 offset;
	u32 size;
	enum verify_slot_class class;
	u32 index;
};

/*
 * What a value is as far as the checker cares: no function reference (numbers,
 * but also references that generated code only passes on), a reference to any
 * function, or VERIFY_REF_TYPED plus a type index: to a function of that type or
 * a subtype of it. Each may be null, whatever its type says.
 */
#define VERIFY_REF_NONE		0u
#define VERIFY_REF_FUNC		1u
#define VERIFY_REF_TYPED	2u

/**
 * struct verify_sig - how values of a function type travel
 * @params: VERIFY_REF_*, of the arguments in rdi, rsi, rdx, rcx, r8, r9
 * @results: VERIFY_REF_*, of rax and rdx
 * @cell_params: bit i: parameter i is not in a register but in cell i of the value
 *	buffer; of the first VERIFY_CELLS
 * @cell_results: result i is in cell i
 */
struct verify_sig {
	u32 params[6];
	u32 results[2];
	u32 cell_params;
	bool cell_results;
};

/* cells of the value buffer whose references are followed */
#define VERIFY_CELLS	32

/**
 * struct verify_calls - a row of struct kwasm_image_calls
 * @type: type index of what it has the code of, besides traps
 * @first, @nr: its addresses, in bytes and as many, from the section's start
 */
struct verify_calls {
	u32 type;
	s64 first;
	u64 nr;
};

/**
 * struct verify_entry - a function of .text, beside its row in the report
 * @type: index in the image's types, or VERIFY_NO_FUNC if none is known
 * @invoker: it is a kwasm_invoke_t for type @type: entered with a code pointer
 * @returns: it holds a return or leaves by a jump; other functions only trap
 * @bad: not all of it could be decoded, or is allowed
 * @any_context: called with an R13 that need not be the context, so it must keep
 *	the contract whatever that is
 * @told: it has set @any_context of another
 * @last_finding: index in the report's findings + 1; 0: none
 */
struct verify_entry {
	u32 type;
	bool invoker;
	bool returns;
	bool bad;
	atomic_bool any_context;
	bool any_context_done;
	bool told;
	u32 last_finding;
};

/**
 * struct verify_switch - a place where the kernel may put a jump through a table
 * @site, @end: text offsets; no-operations until it does
 * @reg: the index's; up to @nr - 1 where it is jumped
 * @nr: entries
 * @targets: text offsets
 * @has_ibt: the jump is taken back where it would have to land on endbr64
 */
struct verify_switch {
	u64 site, end;
	u8 reg;
	u32 nr;
	u64 *targets;
	bool has_ibt;
};

/**
 * struct verify_object - the kernel object, as the module loader will see it
 * @rows: bitmap of .text offsets that have a row in the exception table
 * @starts: bitmap of .text offsets where an instruction starts
 * @thunk_sites: thunk jumps seen in the code, to compare with .return_sites and
 *	.retpoline_sites
 * @lock: for what threads share: the report. All else is read only while they run
 * @pass: of those that findings are ordered by
 * @by_size: functions, the largest first
 * @done, @total: bytes of functions that have been followed, and of all
 */
struct verify_object {
	const char *name;
	const u8 *bytes;
	size_t size;
	struct verify_report *report;
	struct arena arena;

	struct verify_section *sections;
	u32 nr_sections;
	struct verify_symbol *symbols;
	u32 nr_symbols;

	u32 text;
	u32 nr_entries;
	struct verify_entry *entries;	/* parallel to report->funcs */

	u32 app_section;
	u64 app_offset;
	u32 type_ids_section;
	u64 type_ids_offset;
	u32 calls_section;		/* 0: none */
	struct verify_calls *calls;	/* as many as image.calls */

	const u8 *image_bytes;
	struct kwasm_image image;
	struct kwasm_image_type *types;
	struct verify_sig *sigs;	/* parallel to types */
	u32 *canon;			/* likewise: the lowest index of an equal type */
	struct kwasm_image_import *imports;
	struct kwasm_image_func *funcs;
	struct kwasm_image_ref *refs;
	struct kwasm_image_table *tables;
	struct kwasm_image_memory *memories;
	struct kwasm_image_global *globals;
	struct kwasm_image_elem *elems;
	struct kwasm_image_tag *tags;

	struct verify_slot *slots;	/* ascending, disjoint */
	u32 nr_slots;

	u64 *rows;
	u64 *starts;
	u64 *return_sites;
	u64 *retpoline_sites;

	struct verify_switch *switches;	/* ascending, disjoint */
	u32 nr_switches;

	pthread_mutex_t lock;
	u32 pass;
	u32 *by_size;
	u64 done, total;
};

int verify_elf_load(struct verify_object *obj);
/* sections of data, kwasm_app, image, init and exit; needs verify_elf_load() */
int verify_elf_tables(struct verify_object *obj);
/* those tables that point to instructions; needs all of .text decoded */
int verify_elf_sites(struct verify_object *obj);
void verify_elf_destroy(struct verify_object *obj);

/* where a relocation leads; false: to no section of the object */
bool verify_reloc_target(const struct verify_object *obj, const struct verify_reloc *r,
			 u32 *section, u64 *offset);
/* the section of that name which is loaded; 0: none */
u32 verify_find_section(const struct verify_object *obj, const char *name);
bool verify_is_rodata(const struct verify_object *obj, u32 section);

/* VERIFY_REF_* of a value type of the image */
u32 verify_ref(u32 valtype);
/* is everything of type @sub also of type @super? type indices */
bool verify_ref_matches(const struct verify_object *obj, u32 sub, u32 super);	/* VERIFY_REF_* */
bool verify_is_subtype(const struct verify_object *obj, u32 sub, u32 super);

/* the relocation at @offset of a section, NULL if there is none */
const struct verify_reloc *verify_reloc_at(const struct verify_section *s, u64 offset);
/* the slot of the context that holds all of [offset, offset + size), or NULL */
const struct verify_slot *verify_slot_at(const struct verify_object *obj, s64 offset, u32 size);
/* index in report->funcs of the function that starts at or holds text offset @offset */
u32 verify_func_at(const struct verify_object *obj, u64 offset);

static inline bool bitmap_test(const u64 *map, u64 bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(u64 *map, u64 bit)
{
	/* a second time from any thread: then nothing is written */
	if (!bitmap_test(map, bit))
		map[bit / 64] |= 1ull << (bit % 64);
}

/* ---- verify_switch.c ---- */

struct verify_insn;

/* read what the kernel may replace; needs verify_elf_load() */
int verify_switches_load(struct verify_object *obj);
/* the first that ends behind text offset @at; perhaps the end of the array */
const struct verify_switch *verify_switch_behind(const struct verify_object *obj, u64 at);
/* is text offset @at in one, not at its start? */
bool verify_in_switch(const struct verify_object *obj, u64 at);
/* those of a function that was decoded: check them, make them OP_SWITCH; 0 or -EINVAL */
int verify_switches_func(struct verify_object *obj, u32 func, struct verify_insn *insns, u32 nr);
/* all are in functions */
int verify_switches_sites(struct verify_object *obj);

/* ---- verify_decode.c ---- */

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
       NR_GPRS, REG_RIP = NR_GPRS, REG_VECTOR, REG_HIGH8, REG_NONE = 0xff };

/* instructions that the flow analysis knows; all others only write unknown values */
enum verify_op {
	OP_OTHER, OP_NOP, OP_MOV, OP_MOVZX, OP_MOVSX, OP_LEA, OP_ADD, OP_SUB, OP_AND, OP_OR, OP_XOR,
	OP_SHL, OP_SHR, OP_SAR, OP_IMUL, OP_INC, OP_DEC, OP_NEG, OP_CMP, OP_TEST, OP_CMOV, OP_SETCC,
	OP_SBB, OP_ADC, OP_PUSH, OP_POP, OP_LEAVE, OP_CALL, OP_JMP, OP_JCC, OP_RET, OP_INT3, OP_UD2, OP_XCHG,
	OP_COUNT_BITS,	/* popcnt, lzcnt, tzcnt: result at most 64 */
	OP_BIT_SCAN,	/* of zero, it leaves what was there, perhaps all 64 bits of it */
	OP_DIV,
	OP_SWITCH,	/* a no-operation that may have become a jump through @table */
};

enum verify_operand_kind { OPERAND_NONE, OPERAND_REG, OPERAND_MEM, OPERAND_IMM };

/* condition codes, numbered as the processor does */
enum { CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G };

struct verify_operand {
	u8 kind;	/* enum verify_operand_kind */
	u8 reg;		/* OPERAND_REG: number, REG_VECTOR, or REG_HIGH8 (with high8) */
	u8 size;	/* bytes */
};

/**
 * struct verify_insn - a decoded instruction, what matters of it
 * @at: offset in .text
 * @size: operand size of the first operand, bytes
 * @mem_size: bytes accessed; 0: no access (lea, nop) or no memory operand
 * @mem_aligned: faults unless the address is a multiple of 16 (32: VEX)
 * @disp_reloc, @imm_reloc: relocation of that field or NULL
 * @rip_extra: for RIP-relative operands: from the relocated field to the end
 * @writes64, @writes32, @writes8: general registers written: in full, as 32 bits
 *	(clearing the rest), in part; visible destination included
 * @flags_written: some of CF, ZF, SF, OF change
 * @target: text offset of a direct branch without relocation
 * @table: of OP_SWITCH
 * @high8: some operand is ah, ch, dh or bh
 */
struct verify_insn {
	u32 at;
	u8 len;
	u8 op;
	u8 cc;
	u8 nr_operands;
	struct verify_operand operands[4];
	s64 imm;

	u8 base, index, scale;
	u8 mem_size;
	bool mem_read, mem_write;
	u8 mem_aligned;
	bool has_mem;
	s64 disp;
	u8 rip_extra;

	bool has_target;
	s64 target;

	u16 writes64, writes32, writes8;
	bool flags_written;
	const struct verify_reloc *disp_reloc;
	const struct verify_reloc *imm_reloc;
	const struct verify_switch *table;
};

void verify_decode_init(void);
/*
 * Decode all of a function and, the first time, report what is not allowed.
 * *@insns is an array that is used again by the thread's next call, *@nr its size. Returns
 * 0; -EINVAL if some instruction could not be decoded or is not allowed.
 */
int verify_decode_func(struct verify_object *obj, u32 func, struct verify_insn **insns, u32 *nr);
/* the thread needs that array no more */
void verify_decode_done(void);
/* bytes between functions: must be padding */
void verify_decode_gap(struct verify_object *obj, u64 start, u64 end);
/* Intel syntax, into a buffer */
void verify_insn_text(const struct verify_object *obj, u32 at, char *text, size_t size);

/* ---- verify_flow.c ---- */

/* @any_context: R13 is not the context at entry, see struct verify_entry */
void verify_flow_func(struct verify_object *obj, u32 func, struct verify_insn *insns, u32 nr,
		      bool any_context);

/* ---- verify_known.c ---- */

/* all that following a function looks at */
struct verify_view {
	u8 *data;
	size_t size;
	u64 hash;
};

/* before any function of @obj; all of its instructions have been decoded */
void verify_known_begin(struct verify_known *known, const struct verify_object *obj);
/* has an equal one been proven? free @view->data, unless verify_known_add() has taken it */
bool verify_known_func(struct verify_known *known, const struct verify_object *obj, u32 func,
		       const struct verify_insn *insns, u32 nr, struct verify_view *view);
/* it has now */
void verify_known_add(struct verify_known *known, struct verify_view *view);

#endif /* _BACKEND_X86_VERIFY_IMPL_H */
