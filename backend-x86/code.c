// SPDX-License-Identifier: GPL-2.0
/*
 * code.c - what the finished machine code does, found by decoding it once
 *
 * One pass from the first byte of .text to the last. It does not judge the
 * code, that is the checker's part; but what it cannot follow is an error, as
 * a missing row in a table would harm the kernel.
 */
#include <Zydis/Zydis.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "../kruntime/include/kwasm_abi.h"
#include "code.h"

#define RETURN_THUNK		"__x86_return_thunk"
#define INDIRECT_THUNK		"__x86_indirect_thunk_"
#define TRAP			"kwasm_trap_"

/* No depth has been seen on a jump to this place. */
#define NO_DEPTH		0xffffffffu

/**
 * struct scan - the state of the pass
 * @bytes: .text
 * @size: of it
 * @relocs: of .text, ascending
 * @reloc: the first that does not lie before the current instruction
 * @at: text offset of the current instruction
 * @insn: the current instruction
 * @operands: decoded on demand
 * @has_operands: @operands are @insn's
 * @function: the one being scanned; NULL in the padding between two
 * @depth: bytes between rsp at the function's entry and rsp now
 * @rbp_depth: the same for the frame pointer, once it is set
 * @branch_depth: largest @depth of a jump inside the function so far
 * @targets: per byte of the function, @depth on jumps forward to it
 * @targets_cap: entries @targets has room for
 * @fell_through: the previous instruction goes on to this one
 * @own_r13: the function puts something of its own into r13
 * @below: accesses of the function below r13, by their numbers in @code; ascending
 */
struct scan {
	struct code *code;
	const struct object *obj;
	ZydisDecoder decoder;
	ZydisDecoderContext context;
	const u8 *bytes;
	u32 size;
	const struct object_reloc *relocs;
	size_t nr_relocs;
	size_t reloc;
	u32 at;
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	bool has_operands;
	struct code_function *function;
	s64 depth;
	s64 rbp_depth;
	s64 branch_depth;
	u32 *targets;
	size_t targets_cap;
	bool fell_through;
	bool own_r13;
	size_t *below;
	size_t nr_below, cap_below;
};

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static int scan_error(const struct scan *s, const char *what)
{
	const struct code_function *f = s->function;

	if (f)
		diag_file_error(s->obj->path, "internal error: %s at %s()+0x%x", what,
				s->obj->symbols[f->symbol].name, s->at - f->offset);
	else
		diag_file_error(s->obj->path, "internal error: %s at .text+0x%x", what, s->at);
	return -EINVAL;
}

/* ---- functions ---- */

static int compare_functions(const void *a, const void *b)
{
	const struct code_function *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* A function may have several names; the first stands for it. */
static void drop_aliases(struct code *code)
{
	struct code_function *f = code->functions;
	size_t i, nr = 0;

	for (i = 0; i < code->nr_functions; i++)
		if (!nr || f[nr - 1].offset != f[i].offset || f[nr - 1].size != f[i].size)
			f[nr++] = f[i];
	code->nr_functions = nr;
}

static int find_functions(struct code *code, const struct object *obj)
{
	size_t i;

	for (i = 1; i < obj->nr_symbols; i++) {
		const struct object_symbol *s = &obj->symbols[i];

		if (s->dropped || s->type != STT_FUNC || s->section != code->text || !s->size)
			continue;
		array_reserve(code->functions, code->cap_functions, code->nr_functions + 1);
		code->functions[code->nr_functions++] = (struct code_function){
			.symbol = i,
			.offset = s->value,
			.size = s->size,
		};
	}
	if (code->nr_functions)
		qsort(code->functions, code->nr_functions, sizeof(*code->functions),
		      compare_functions);
	drop_aliases(code);
	for (i = 1; i < code->nr_functions; i++) {
		const struct code_function *f = &code->functions[i - 1];

		if (f->offset + f->size > f[1].offset) {
			diag_file_error(obj->path, "internal error: functions '%s' and '%s' overlap",
					obj->symbols[f->symbol].name,
					obj->symbols[f[1].symbol].name);
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * code_find_function() - The function that an instruction belongs to
 * @code: result of code_scan()
 * @offset: in .text
 *
 * Return: the function; NULL if @offset lies in padding or outside.
 */
const struct code_function *code_find_function(const struct code *code, u32 offset)
{
	size_t lo = 0, hi = code->nr_functions;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct code_function *f = &code->functions[mid];

		if (offset < f->offset)
			hi = mid;
		else if (offset - f->offset >= f->size)
			lo = mid + 1;
		else
			return f;
	}
	return NULL;
}

/* ---- one instruction ---- */

static int decode_operands(struct scan *s)
{
	if (s->has_operands)
		return 0;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&s->decoder, &s->context, &s->insn, s->operands,
						     s->insn.operand_count)))
		return scan_error(s, "operands that cannot be decoded");
	s->has_operands = true;
	return 0;
}

/* The relocation of the field at @offset in the current instruction; NULL: none. */
static const struct object_reloc *field_reloc(const struct scan *s, u8 offset, u8 bits)
{
	size_t i;

	if (!bits)
		return NULL;
	for (i = s->reloc; i < s->nr_relocs && s->relocs[i].offset < s->at + s->insn.length; i++)
		if (s->relocs[i].offset == s->at + offset)
			return &s->relocs[i];
	return NULL;
}

static bool has_memory_modrm(const ZydisDecodedInstruction *insn)
{
	return insn->attributes & ZYDIS_ATTRIB_HAS_MODRM && insn->raw.modrm.mod != 3;
}

/* Memory that no operand field names, other than the stack. */
static bool has_implicit_memory(const ZydisDecodedInstruction *insn)
{
	switch (insn->meta.category) {
	case ZYDIS_CATEGORY_STRINGOP:
	case ZYDIS_CATEGORY_IOSTRINGOP:
		return true;
	default:
		break;
	}
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_XLAT:
	case ZYDIS_MNEMONIC_MASKMOVQ:
	case ZYDIS_MNEMONIC_MASKMOVDQU:
	case ZYDIS_MNEMONIC_VMASKMOVDQU:
		return true;
	case ZYDIS_MNEMONIC_MOV:	/* with a 64-bit address: a0 to a3 */
		return !(insn->attributes & ZYDIS_ATTRIB_HAS_MODRM) && insn->opcode >= 0xa0 &&
		       insn->opcode <= 0xa3;
	default:
		return false;
	}
}

/* Looks like an access, but never is one. */
static bool touches_nothing(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_LEA || insn->mnemonic == ZYDIS_MNEMONIC_NOP ||
	       insn->meta.category == ZYDIS_CATEGORY_PREFETCH;
}

/*
 * Which addresses cannot be in linear memory: the stack, whose frames have no pointer but rsp, and
 * constants (relative to rip, or at a relocated address). Anything else may be, and a row too many
 * does no harm. What is below r13 is decided at the end of the function.
 */
static bool operand_in_linear_memory(const struct scan *s, const ZydisDecodedOperand *op)
{
	const ZydisDecodedOperandMem *mem = &op->mem;

	if (op->type != ZYDIS_OPERAND_TYPE_MEMORY)
		return false;
	switch (mem->base) {
	case ZYDIS_REGISTER_RSP:
	case ZYDIS_REGISTER_RIP:
		return false;
	default:
		break;
	}
	return !field_reloc(s, s->insn.raw.disp.offset, s->insn.raw.disp.size);
}

/* The context, unless r13 holds something else */
static bool operand_below_r13(const ZydisDecodedOperand *op)
{
	return op->mem.base == ZYDIS_REGISTER_R13 && op->mem.index == ZYDIS_REGISTER_NONE &&
	       op->mem.disp.has_displacement && op->mem.disp.value < 0;
}

static void add_access(struct scan *s)
{
	struct code *code = s->code;

	array_reserve(code->accesses, code->cap_accesses, code->nr_accesses + 1);
	code->accesses[code->nr_accesses++] = s->at;
}

static int find_access(struct scan *s)
{
	u8 i;
	int err;

	/*
	 * The lowering compares operands before it divides. The row is there so
	 * that the checker need not prove that: no division can harm the kernel.
	 */
	if (s->insn.mnemonic == ZYDIS_MNEMONIC_DIV || s->insn.mnemonic == ZYDIS_MNEMONIC_IDIV) {
		add_access(s);
		return 0;
	}
	if (!has_memory_modrm(&s->insn) && !has_implicit_memory(&s->insn))
		return 0;
	if (touches_nothing(&s->insn))
		return 0;
	err = decode_operands(s);
	if (err)
		return err;
	for (i = 0; i < s->insn.operand_count; i++) {
		if (!operand_in_linear_memory(s, &s->operands[i]))
			continue;
		if (s->function && operand_below_r13(&s->operands[i])) {
			array_reserve(s->below, s->cap_below, s->nr_below + 1);
			s->below[s->nr_below++] = s->code->nr_accesses;
		}
		add_access(s);
		break;
	}
	return 0;
}

/*
 * A function that needs the context no more may keep a pointer in r13. Restoring the
 * caller's by pop is no such thing.
 */
static int find_own_r13(struct scan *s)
{
	const ZydisDecodedInstructionRaw *raw = &s->insn.raw;
	int err;
	u8 i;

	if (s->own_r13 || s->insn.mnemonic == ZYDIS_MNEMONIC_POP)
		return 0;
	/* cheap: spares decoding most operands */
	if (s->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY && !raw->rex.B && !raw->rex.R)
		return 0;
	err = decode_operands(s);
	if (err)
		return err;
	for (i = 0; i < s->insn.operand_count; i++) {
		const ZydisDecodedOperand *op = &s->operands[i];

		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
		    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op->reg.value) ==
		    ZYDIS_REGISTER_R13)
			s->own_r13 = true;
	}
	return 0;
}

/* The end of a function: accesses of the context need no row after all */
static void drop_context_accesses(struct scan *s)
{
	struct code *code = s->code;
	size_t from, to, i = 0;

	if (!s->own_r13 && s->nr_below) {
		to = s->below[0];
		for (from = to; from < code->nr_accesses; from++) {
			if (i < s->nr_below && s->below[i] == from)
				i++;
			else
				code->accesses[to++] = code->accesses[from];
		}
		code->nr_accesses = to;
	}
	s->nr_below = 0;
}

/* ---- how deep the stack gets ---- */

static void set_depth(struct scan *s, s64 depth)
{
	s->depth = depth;
	if (s->function && depth > (s64)s->function->frame)
		s->function->frame = depth > 0x7fffffff ? 0x7fffffff : depth;
}

static bool is_rsp(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) ==
	       ZYDIS_REGISTER_RSP;
}

static bool is_register(const ZydisDecodedOperand *op, ZydisRegister reg)
{
	return op->type == ZYDIS_OPERAND_TYPE_REGISTER && op->reg.value == reg;
}

/* An explicit operand that is (a part of) rsp and written. */
static bool writes_rsp(const struct scan *s)
{
	u8 i;

	for (i = 0; i < s->insn.operand_count_visible; i++) {
		const ZydisDecodedOperand *op = &s->operands[i];

		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && is_rsp(op->reg.value) &&
		    op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			return true;
	}
	return false;
}

/* Cheap: could an explicit operand be rsp? Spares decoding most operands. */
static bool may_name_rsp(const ZydisDecodedInstruction *insn)
{
	if (insn->attributes & ZYDIS_ATTRIB_HAS_MODRM)
		return insn->raw.modrm.reg == 4 ||
		       (insn->raw.modrm.mod == 3 && insn->raw.modrm.rm == 4);
	return insn->mnemonic == ZYDIS_MNEMONIC_MOV || insn->mnemonic == ZYDIS_MNEMONIC_XCHG ||
	       insn->mnemonic == ZYDIS_MNEMONIC_POP;
}

/* lea rsp, [rbp - n] and [rsp + n] */
static int track_lea(struct scan *s)
{
	const ZydisDecodedOperandMem *mem = &s->operands[1].mem;
	s64 disp = mem->disp.has_displacement ? mem->disp.value : 0;

	if (mem->index != ZYDIS_REGISTER_NONE)
		return scan_error(s, "rsp changed by an unknown amount");
	if (mem->base == ZYDIS_REGISTER_RSP) {
		set_depth(s, s->depth - disp);
	} else if (mem->base == ZYDIS_REGISTER_RBP && s->rbp_depth >= 0) {
		set_depth(s, s->rbp_depth - disp);
	} else {
		return scan_error(s, "rsp changed by an unknown amount");
	}
	return 0;
}

static int track_explicit_rsp(struct scan *s)
{
	const ZydisDecodedOperand *op = s->operands;
	bool immediate = op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

	if (!is_register(&op[0], ZYDIS_REGISTER_RSP))
		return scan_error(s, "a part of rsp is changed");
	switch (s->insn.mnemonic) {
	case ZYDIS_MNEMONIC_SUB:
		if (!immediate)
			break;
		set_depth(s, s->depth + op[1].imm.value.s);
		return 0;
	case ZYDIS_MNEMONIC_ADD:
		if (!immediate)
			break;
		set_depth(s, s->depth - op[1].imm.value.s);
		return 0;
	case ZYDIS_MNEMONIC_AND:
		/* alignment; how much it takes is known only when it runs */
		if (!immediate || op[1].imm.value.s >= 0)
			break;
		set_depth(s, s->depth - op[1].imm.value.s - 1);
		return 0;
	case ZYDIS_MNEMONIC_LEA:
		return track_lea(s);
	case ZYDIS_MNEMONIC_MOV:
		if (!is_register(&op[1], ZYDIS_REGISTER_RBP) || s->rbp_depth < 0)
			break;
		set_depth(s, s->rbp_depth);
		return 0;
	default:
		break;
	}
	return scan_error(s, "rsp changed by an unknown amount");
}

static int track_stack(struct scan *s)
{
	s64 word = s->insn.operand_width == 16 ? 2 : 8;
	int err;

	switch (s->insn.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
	case ZYDIS_MNEMONIC_PUSHFQ:
		set_depth(s, s->depth + word);
		return 0;
	case ZYDIS_MNEMONIC_POPFQ:
		set_depth(s, s->depth - word);
		return 0;
	case ZYDIS_MNEMONIC_CALL:
		set_depth(s, s->depth + 8);
		set_depth(s, s->depth - 8);
		return 0;
	case ZYDIS_MNEMONIC_LEAVE:
		if (s->rbp_depth < 0)
			return scan_error(s, "leave without a frame pointer");
		set_depth(s, s->rbp_depth - 8);
		return 0;
	case ZYDIS_MNEMONIC_ENTER:
		return scan_error(s, "rsp changed by an unknown amount");
	default:
		break;
	}
	if (!may_name_rsp(&s->insn))
		return 0;
	err = decode_operands(s);
	if (err)
		return err;
	if (s->insn.mnemonic == ZYDIS_MNEMONIC_POP) {
		if (writes_rsp(s))
			return scan_error(s, "rsp changed by an unknown amount");
		set_depth(s, s->depth - word);
		return 0;
	}
	if (s->insn.mnemonic == ZYDIS_MNEMONIC_MOV && is_register(&s->operands[0], ZYDIS_REGISTER_RBP) &&
	    is_register(&s->operands[1], ZYDIS_REGISTER_RSP)) {
		s->rbp_depth = s->depth;
		return 0;
	}
	return writes_rsp(s) ? track_explicit_rsp(s) : 0;
}

/*
 * After a jump or return the depth is what the jumps to the next instruction
 * have; if all of those come later, what jumps in this function usually have.
 */
static void arrive(struct scan *s)
{
	u32 seen = s->targets[s->at - s->function->offset];

	if (!s->fell_through)
		s->depth = seen != NO_DEPTH ? seen : s->branch_depth;
	else if (seen != NO_DEPTH && seen > s->depth)
		s->depth = seen;
}

static void jump_to(struct scan *s, s64 target)
{
	const struct code_function *f = s->function;
	u32 *seen;

	if (target < f->offset || target >= (s64)f->offset + f->size)
		return;		/* a tail call: the frame is gone */
	if (s->depth > s->branch_depth)
		s->branch_depth = s->depth;
	seen = &s->targets[target - f->offset];
	if (s->depth >= 0 && (*seen == NO_DEPTH || *seen < s->depth))
		*seen = s->depth;
}

/* ---- jumps and calls ---- */

static void add_call(struct code *code, u32 offset, u32 ret, u32 symbol)
{
	array_reserve(code->calls, code->cap_calls, code->nr_calls + 1);
	code->calls[code->nr_calls++] = (struct code_call){ offset, ret, symbol };
}

static void add_site(u32 **sites, size_t *nr, size_t *cap, u32 offset)
{
	*sites = xarray_reserve(*sites, cap, *nr + 1, sizeof(**sites));
	(*sites)[(*nr)++] = offset;
}

static int find_branch(struct scan *s)
{
	struct code *code = s->code;
	const struct object_reloc *r;
	const char *callee = "";
	u32 symbol = 0;
	bool relative;

	s->fell_through = true;
	switch (s->insn.meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_UNCOND_BR:
		break;
	case ZYDIS_CATEGORY_RET:
		s->fell_through = false;
		return 0;
	default:
		s->fell_through = s->insn.mnemonic != ZYDIS_MNEMONIC_UD2 &&
				  s->insn.mnemonic != ZYDIS_MNEMONIC_INT3 &&
				  s->insn.mnemonic != ZYDIS_MNEMONIC_HLT;
		return 0;
	}

	relative = s->insn.attributes & ZYDIS_ATTRIB_IS_RELATIVE && s->insn.raw.imm[0].is_relative;
	r = field_reloc(s, s->insn.raw.imm[0].offset, s->insn.raw.imm[0].size);
	if (relative && r) {
		symbol = r->symbol;
		callee = s->obj->symbols[symbol].name;
		if (s->obj->symbols[symbol].section)
			callee = "";	/* a guest's function may have any name */
	}
	if (s->insn.meta.category == ZYDIS_CATEGORY_CALL) {
		add_call(code, s->at, s->at + s->insn.length, symbol);
		s->fell_through = !has_prefix(callee, TRAP);
	} else {
		s->fell_through = s->insn.meta.category == ZYDIS_CATEGORY_COND_BR;
		if (relative && !r && s->function)
			jump_to(s, (s64)s->at + s->insn.length + s->insn.raw.imm[0].value.s);
		if (!relative && s->function && s->depth > s->branch_depth)
			s->branch_depth = s->depth;	/* a jump table's */
	}
	if (!strcmp(callee, RETURN_THUNK)) {
		if (s->insn.mnemonic != ZYDIS_MNEMONIC_JMP)
			return scan_error(s, "return thunk reached otherwise than by jmp");
		add_site(&code->returns, &code->nr_returns, &code->cap_returns, s->at);
	} else if (has_prefix(callee, INDIRECT_THUNK)) {
		add_site(&code->retpolines, &code->nr_retpolines, &code->cap_retpolines, s->at);
	}
	return 0;
}

/* ---- the pass ---- */

static void begin_function(struct scan *s, struct code_function *f)
{
	s->function = f;
	s->depth = 0;
	s->rbp_depth = -1;
	s->branch_depth = 0;
	s->fell_through = true;
	s->own_r13 = false;
	array_reserve(s->targets, s->targets_cap, f->size);
	memset(s->targets, 0xff, f->size * sizeof(*s->targets));
}

static void end_function(struct scan *s)
{
	drop_context_accesses(s);
	s->function = NULL;
}

/* What may trap, before it changes rsp: a backtrace starts or goes on there */
static void note_frame(struct scan *s)
{
	struct code *code = s->code;
	u32 depth = s->depth > 0 ? s->depth : 0;

	if (code->nr_frames && code->frames[code->nr_frames - 1].depth == depth)
		return;
	array_reserve(code->frames, code->cap_frames, code->nr_frames + 1);
	code->frames[code->nr_frames++] = (struct code_frame){ s->at, depth };
}

static int scan_instruction(struct scan *s)
{
	size_t nr_accesses = s->code->nr_accesses;
	int err;

	s->has_operands = false;
	err = find_access(s);
	if (err)
		return err;
	if (s->function) {
		arrive(s);
		if (s->code->nr_accesses != nr_accesses ||
		    s->insn.meta.category == ZYDIS_CATEGORY_CALL)
			note_frame(s);
		err = find_own_r13(s);
		if (!err)
			err = track_stack(s);
		if (err)
			return err;
	}
	return find_branch(s);
}

static int scan_text(struct scan *s)
{
	struct code *code = s->code;
	size_t next = 0;	/* the function that begins next */
	u32 end = 0;		/* of the current one */
	int err;

	for (s->at = 0; s->at < s->size; s->at += s->insn.length) {
		if (s->function && s->at >= end) {
			if (s->at > end)
				return scan_error(s, "instruction across the end of a function");
			end_function(s);
		}
		if (next < code->nr_functions && s->at >= code->functions[next].offset) {
			if (s->at > code->functions[next].offset)
				return scan_error(s, "instruction across the start of a function");
			begin_function(s, &code->functions[next++]);
			end = s->at + s->function->size;
		}
		while (s->reloc < s->nr_relocs && s->relocs[s->reloc].offset < s->at)
			s->reloc++;
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&s->decoder, &s->context,
								s->bytes + s->at, s->size - s->at,
								&s->insn))) {
			s->insn.length = 0;
			return scan_error(s, "bytes that are no instruction");
		}
		err = scan_instruction(s);
		if (err)
			return err;
	}
	if (s->function)
		end_function(s);
	return 0;
}

/**
 * code_scan() - Decode .text and list what the tables are made of
 * @code: out; to be destroyed in any case
 * @obj: normalized
 *
 * Return: 0; -E2BIG (diagnosed) if there is too much of it; -EINVAL (diagnosed) for
 * code that cannot be followed.
 */
int code_scan(struct code *code, const struct object *obj)
{
	struct scan s = { .code = code, .obj = obj };
	const struct object_section *text;
	int err;

	memset(code, 0, sizeof(*code));
	code->text = object_find_section(obj, ".text");
	if (!code->text)
		diag_bug("object without .text: not normalized");
	text = &obj->sections[code->text];
	if (text->size > 0x7fffffff) {
		diag_file_error(obj->path, "implementation limit: more than 2 GiB of code");
		return -E2BIG;
	}
	err = find_functions(code, obj);
	if (err)
		return err;

	ZydisDecoderInit(&s.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	s.bytes = text->data;
	s.size = text->size;
	s.relocs = text->relocs;
	s.nr_relocs = text->nr_relocs;
	err = scan_text(&s);
	free(s.targets);
	free(s.below);
	return err;
}

/**
 * code_check_frames() - Does each function do with the largest stack frame that there may be?
 * @code: result of code_scan()
 * @obj: the object that was scanned
 *
 * Return: 0; -E2BIG (diagnosed) if a function needs more than %KWASM_FRAME_MAX.
 */
int code_check_frames(const struct code *code, const struct object *obj)
{
	const struct code_function *f;

	for (f = code->functions; f < code->functions + code->nr_functions; f++) {
		if (f->frame <= KWASM_FRAME_MAX)
			continue;
		diag_file_error(obj->path,
				"implementation limit: stack frame of %u bytes in function '%s', at most %u are supported",
				f->frame, obj->symbols[f->symbol].name, KWASM_FRAME_MAX);
		return -E2BIG;
	}
	return 0;
}

/**
 * code_destroy() - Free the result of code_scan()
 * @code: result, also of a failed scan, or all zero
 */
void code_destroy(struct code *code)
{
	free(code->functions);
	free(code->accesses);
	free(code->calls);
	free(code->frames);
	free(code->returns);
	free(code->retpolines);
	memset(code, 0, sizeof(*code));
}
