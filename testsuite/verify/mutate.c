// SPDX-License-Identifier: GPL-2.0
/*
 * mutate.c - break a good kernel object in every way we can think of
 *
 *	mutate GOOD.ko
 *
 * Three kinds of tests: mutations, each applied wherever it fits, one at a time,
 * after which the object must be refused; snippets (snippets.S), which take the
 * place of a function's body and must be accepted or refused by a certain rule;
 * and damage, cut files and flipped bytes, which the checker must survive.
 */
#include <Zydis/Zydis.h>
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend-x86/verify.h"
#include "../../kruntime/include/kwasm_abi.h"
#include "../harness.h"
#include "object.h"

/* ---- its instructions ---- */

struct insn {
	u32 at;
	u32 func;	/* symbol */
	ZydisDecodedInstruction z;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

static struct insn *insns;
static size_t nr_insns;
static u8 *starts;

static void decode(void)
{
	size_t cap = 0;
	ZydisDecoder d;
	unsigned int i;
	u64 at, end;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	starts = calloc(text_size() + 1, 1);
	for (i = 1; i < nr_symbols(); i++) {
		if (ELF64_ST_TYPE(symbol(i)->st_info) != STT_FUNC ||
		    symbol(i)->st_shndx != find_section(".text"))
			continue;
		end = symbol(i)->st_value + symbol(i)->st_size;
		for (at = symbol(i)->st_value; at < end; at += insns[nr_insns++].z.length) {
			insns = xarray_reserve(insns, &cap, nr_insns + 1, sizeof(*insns));
			insns[nr_insns].at = at;
			insns[nr_insns].func = i;
			if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, text() + at, end - at,
								 &insns[nr_insns].z,
								 insns[nr_insns].op))) {
				printf("Bail out! bad instruction in the good object\n");
				exit(1);
			}
			starts[at] = 1;
		}
	}
}

/* does an instruction's function call other guest code? */
static bool calls_guest(const struct insn *in)
{
	size_t i;

	for (i = 0; i < nr_insns; i++) {
		const struct insn *c = &insns[i];
		Elf64_Rela *r;

		if (c->func != in->func || c->z.mnemonic != ZYDIS_MNEMONIC_CALL)
			continue;
		r = reloc_in(c->at, c->z.length);
		if (!r || !strncmp(reloc_symbol(r), "__x86_indirect", 14))
			return true;
	}
	return false;
}

static bool is_reg(const struct insn *in, unsigned int n, ZydisRegister reg)
{
	return in->op[n].type == ZYDIS_OPERAND_TYPE_REGISTER && in->op[n].reg.value == reg;
}

static bool is_mem(const struct insn *in, unsigned int n, ZydisRegister base)
{
	return in->op[n].type == ZYDIS_OPERAND_TYPE_MEMORY && in->op[n].mem.base == base;
}

/* put a long nop over an instruction, and away with its relocation */
static void erase(const struct insn *in)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	memset(text() + in->at, 0x90, in->z.length);
	if (r)
		r->r_info = ELF64_R_INFO(0, R_X86_64_NONE);
}

/* ---- mutations: each breaks instruction @in, or says that it does not fit ---- */

static const struct {
	const char *name;
	u8 len;
	u8 bytes[6];
} forbidden[] = {
	{ "cli", 1, { 0xfa } },			{ "sti", 1, { 0xfb } },
	{ "hlt", 1, { 0xf4 } },			{ "in", 1, { 0xec } },
	{ "out", 1, { 0xee } },			{ "insb", 1, { 0x6c } },
	{ "movsb", 1, { 0xa4 } },		{ "stosq", 2, { 0x48, 0xab } },
	{ "rep movsb", 2, { 0xf3, 0xa4 } },	{ "popfq", 1, { 0x9d } },
	{ "pushfq", 1, { 0x9c } },		{ "std", 1, { 0xfd } },
	{ "iretq", 2, { 0x48, 0xcf } },		{ "lret", 1, { 0xcb } },
	{ "ret 8", 3, { 0xc2, 8, 0 } },		{ "int 0x80", 2, { 0xcd, 0x80 } },
	{ "int1", 1, { 0xf1 } },		{ "syscall", 2, { 0x0f, 0x05 } },
	{ "sysret", 2, { 0x0f, 0x07 } },	{ "wrmsr", 2, { 0x0f, 0x30 } },
	{ "rdmsr", 2, { 0x0f, 0x32 } },		{ "rdtsc", 2, { 0x0f, 0x31 } },
	{ "wbinvd", 2, { 0x0f, 0x09 } },	{ "swapgs", 3, { 0x0f, 0x01, 0xf8 } },
	{ "stac", 3, { 0x0f, 0x01, 0xcb } },	{ "mov cr3, rax", 3, { 0x0f, 0x22, 0xd8 } },
	{ "mov rax, cr0", 3, { 0x0f, 0x20, 0xc0 } }, { "mov dr7, rax", 3, { 0x0f, 0x23, 0xf8 } },
	{ "mov ds, eax", 2, { 0x8e, 0xd8 } },	{ "lldt ax", 3, { 0x0f, 0x00, 0xd0 } },
	{ "wrfsbase rax", 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd0 } },
	{ "xsave [rax]", 3, { 0x0f, 0xae, 0x20 } }, { "fxrstor [rax]", 3, { 0x0f, 0xae, 0x08 } },
	{ "ldmxcsr [rax]", 3, { 0x0f, 0xae, 0x10 } }, { "fld1", 2, { 0xd9, 0xe8 } },
	{ "emms", 2, { 0x0f, 0x77 } },		{ "vmcall", 3, { 0x0f, 0x01, 0xc1 } },
	{ "cpuid", 2, { 0x0f, 0xa2 } },		{ "rdrand eax", 3, { 0x0f, 0xc7, 0xf0 } },
	{ "xacquire", 4, { 0xf2, 0xf0, 0xff, 0x00 } }, { "mov eax, fs:[rax]", 3, { 0x64, 0x8b, 0x00 } },
	{ "mov eax, gs:[rax]", 3, { 0x65, 0x8b, 0x00 } }, { "mov eax, [eax]", 3, { 0x67, 0x8b, 0x00 } },
	{ "ljmp [rax]", 2, { 0xff, 0x28 } },	{ "lcall [rax]", 2, { 0xff, 0x18 } },
	{ "enter 0, 0", 4, { 0xc8, 0, 0, 0 } },	{ "xlat", 1, { 0xd7 } },
	{ "clflush [rax]", 3, { 0x0f, 0xae, 0x38 } }, { "prefetchw [rax]", 3, { 0x0f, 0x0d, 0x08 } },
	{ "bt [rax], ecx", 3, { 0x0f, 0xa3, 0x08 } }, { "maskmovdqu", 4, { 0x66, 0x0f, 0xf7, 0xc1 } },
	{ "cmpxchg16b [rax]", 4, { 0x48, 0x0f, 0xc7, 0x08 } }, { "mov sp, ax", 3, { 0x66, 0x89, 0xc4 } },
	{ "loop", 2, { 0xe2, 0xfe } },		{ "jrcxz", 2, { 0xe3, 0xfe } },
	{ "undefined", 1, { 0x06 } },		{ "ud2", 2, { 0x0f, 0x0b } },
	{ "evex", 6, { 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0 } },
};

static unsigned int forbidden_nr;

static bool insert_forbidden(const struct insn *in)
{
	u8 len = forbidden[forbidden_nr].len;

	/* a trap ends a block: ud2 in its place, behind a call that does not return, is never reached */
	if (in->z.length < len || in->z.mnemonic == ZYDIS_MNEMONIC_NOP)
		return false;
	erase(in);
	memcpy(text() + in->at, forbidden[forbidden_nr].bytes, len);
	return true;
}

static bool jump_into_an_instruction(const struct insn *in)
{
	s64 target;
	u8 *rel;

	if (in->z.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE || !in->z.raw.imm[0].is_relative ||
	    reloc_in(in->at, in->z.length))
		return false;
	target = in->at + in->z.length + in->z.raw.imm[0].value.s + 1;
	if (starts[target])
		return false;
	rel = text() + in->at + in->z.raw.imm[0].offset;
	if (*rel == 0x7f || *rel == 0xff)
		return false;
	++*rel;
	return true;
}

static bool jump_out_of_the_function(const struct insn *in)
{
	s64 rel = (s64)text_size() + 64 - in->at - in->z.length;
	s32 rel32 = rel;

	if (in->z.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE || in->z.raw.imm[0].size != 32 ||
	    reloc_in(in->at, in->z.length))
		return false;
	memcpy(text() + in->at + in->z.raw.imm[0].offset, &rel32, 4);
	return true;
}

static bool remove_stack_check(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_TEST || !is_reg(in, 0, ZYDIS_REGISTER_ESP) ||
	    !calls_guest(in))
		return false;
	erase(in);
	return true;
}

static bool weaken_stack_check(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_TEST || !is_reg(in, 0, ZYDIS_REGISTER_ESP) ||
	    !calls_guest(in))
		return false;
	text()[in->at + in->z.raw.imm[0].offset + 2] = 0xff;	/* more bits: zero less often */
	return true;
}

static bool ignore_stack_check(const struct insn *in)
{
	const struct insn *check = in - 1;

	if (in == insns || in->z.mnemonic != ZYDIS_MNEMONIC_JZ ||
	    check->z.mnemonic != ZYDIS_MNEMONIC_TEST || !is_reg(check, 0, ZYDIS_REGISTER_ESP) ||
	    !calls_guest(in))
		return false;
	erase(in);
	return true;
}

/* calls of @from_prefix become calls of @to */
static bool redirect(const struct insn *in, const char *from_prefix, const char *to)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	if (!r || strncmp(reloc_symbol(r), from_prefix, strlen(from_prefix)) ||
	    !strcmp(reloc_symbol(r), to))
		return false;
	r->r_info = ELF64_R_INFO(find_symbol(to), ELF64_R_TYPE(r->r_info));
	return true;
}

static bool trap_becomes_return_thunk(const struct insn *in)
{
	return redirect(in, "kwasm_trap_", "__x86_return_thunk");
}

static bool trap_becomes_app_init(const struct insn *in)
{
	return redirect(in, "kwasm_trap_", "kwasm_app_init");
}

static bool host_call_becomes_the_host_function(const struct insn *in)
{
	return redirect(in, "kwasm_host_call", "wasi_fd_write");
}

static bool host_function_becomes_app_exit(const struct insn *in)
{
	return redirect(in, "wasi_", "kwasm_app_exit");
}

static bool helper_becomes_a_host_symbol_plus_one(const struct insn *in)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	if (!r || strncmp(reloc_symbol(r), "kwasm_memory_", 13))
		return false;
	r->r_addend++;
	return true;
}

static bool thunk_of_another_register(const struct insn *in)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	/* the only other thunk that is sure to be there */
	if (!r || strcmp(reloc_symbol(r), "__x86_indirect_thunk_r11"))
		return false;
	r->r_info = ELF64_R_INFO(find_symbol("__x86_return_thunk"), ELF64_R_TYPE(r->r_info));
	return true;
}

static bool call_past_the_entry(const struct insn *in)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	if (in->z.mnemonic != ZYDIS_MNEMONIC_CALL || !in->z.raw.imm[0].is_relative)
		return false;
	/* behind push rbp: an instruction, but no entry */
	if (r)
		r->r_addend++;
	else
		text()[in->at + in->z.raw.imm[0].offset]++;
	return true;
}

/* the branch behind a comparison of a reference's type, or of an index with a table's size */
static bool ignore_type_or_size(const struct insn *in)
{
	const struct insn *cmp = in - 1;
	Elf64_Rela *r;

	if (in == insns || cmp->z.mnemonic != ZYDIS_MNEMONIC_CMP ||
	    (in->z.mnemonic != ZYDIS_MNEMONIC_JNZ && in->z.mnemonic != ZYDIS_MNEMONIC_JBE))
		return false;
	r = reloc_in(cmp->at, cmp->z.length);
	if (!(r && !strcmp(reloc_symbol(r), "kwasm_type_ids")) &&
	    !(in->z.mnemonic == ZYDIS_MNEMONIC_JBE && cmp->op[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
	      cmp->op[0].size == 64 && cmp->op[0].mem.disp.value == 8))
		return false;
	erase(in);
	return true;
}

static bool invert_type_or_size(const struct insn *in)
{
	u8 cc = in->z.opcode ^ 1;

	if (!ignore_type_or_size(in))
		return false;
	/* as it was, but for the condition */
	memcpy(text() + in->at, good + (text() - ko) + in->at, in->z.length);
	text()[in->at + (in->z.length == 6)] = cc;
	return true;
}

static const s64 offsets_of_calls[] = { -8, -4, 4, 8, 72, 100000 };
static s64 calls_offset;

/* is there a load of kwasm_app.calls just behind? */
static bool is_before_calls(const struct insn *in)
{
	const struct insn *load = in + 1;
	Elf64_Rela *r;

	for (; load < insns + nr_insns && load <= in + 3; load++) {
		r = reloc_in(load->at, load->z.length);
		if (r && !strcmp(reloc_symbol(r), "kwasm_calls"))
			return true;
	}
	return false;
}

static bool keep_any_index(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_CMOVB || !is_before_calls(in))
		return false;
	/* the index as it is, instead of the smaller one of the two */
	text()[in->at + in->z.length - 3] = 0x90;
	text()[in->at + in->z.length - 2] = 0x8b;
	return true;
}

static bool invert_limit(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_CMOVB || !is_before_calls(in))
		return false;
	text()[in->at + in->z.length - 2] ^= 1;
	return true;
}

static bool raise_limit(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_MOV || in->op[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
	    !is_before_calls(in))
		return false;
	text()[in->at + in->z.raw.imm[0].offset]++;
	return true;
}

/* the address of the first one, of the last one but a half, of what is behind, ... */
static bool load_calls_elsewhere(const struct insn *in)
{
	Elf64_Rela *r = reloc_in(in->at, in->z.length);

	if (!r || strcmp(reloc_symbol(r), "kwasm_calls"))
		return false;
	r->r_addend += calls_offset;
	return true;
}

static bool keep_r13_at_a_call(const struct insn *in)
{
	const struct insn *call = in;
	Elf64_Rela *r;

	if (in->z.mnemonic != ZYDIS_MNEMONIC_MOV || !is_reg(in, 0, ZYDIS_REGISTER_R13))
		return false;
	/* on the way to a trap it may be one that needs nothing */
	while (call < insns + nr_insns - 1 && call->z.mnemonic != ZYDIS_MNEMONIC_CALL)
		call++;
	r = reloc_in(call->at, call->z.length);
	if (r && !strncmp(reloc_symbol(r), "kwasm_trap_", 11))
		return false;
	erase(in);
	return true;
}

static bool is_saved(const struct insn *in)
{
	static const ZydisRegister saved[] = {
		ZYDIS_REGISTER_RBX, ZYDIS_REGISTER_RBP, ZYDIS_REGISTER_R12, ZYDIS_REGISTER_R13,
		ZYDIS_REGISTER_R14, ZYDIS_REGISTER_R15,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(saved); i++)
		if (is_reg(in, 0, saved[i]))
			return true;
	return false;
}

static bool lose_a_saved_register(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_POP || !is_saved(in))
		return false;
	erase(in);
	text()[in->at + in->z.length - 1] = 0x59;	/* pop rcx */
	return true;
}

static bool pop_once_less(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_POP)
		return false;
	erase(in);
	return true;
}

static bool pop_more(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_ADD || !is_reg(in, 0, ZYDIS_REGISTER_RSP) ||
	    in->z.raw.imm[0].size != 8)
		return false;
	text()[in->at + in->z.raw.imm[0].offset] += 8;
	return true;
}

static bool unknown_frame(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_SUB || !is_reg(in, 0, ZYDIS_REGISTER_RSP))
		return false;
	/* sub rsp, rcx */
	erase(in);
	memcpy(text() + in->at, (u8[]){ 0x48, 0x29, 0xcc }, 3);
	return true;
}

/* bytes from rsp up to the return address, in front of the function's first way out; else -1 */
static s64 frame_depth(const struct insn *in)
{
	const struct insn *i = in;
	s64 depth = 0;

	while (i > insns && i[-1].func == in->func)
		i--;
	for (; i < in; i++) {
		if (i->z.mnemonic == ZYDIS_MNEMONIC_PUSH)
			depth += 8;
		else if (i->z.mnemonic == ZYDIS_MNEMONIC_SUB && is_reg(i, 0, ZYDIS_REGISTER_RSP))
			depth += i->op[1].imm.value.s;
		else if (i->z.mnemonic == ZYDIS_MNEMONIC_POP ||
			 (i->z.mnemonic == ZYDIS_MNEMONIC_ADD && is_reg(i, 0, ZYDIS_REGISTER_RSP)))
			return -1;
	}
	return depth;
}

static s64 frame_offset;
static bool from_rsp;

/* a store to the frame goes to its return address + @frame_offset instead, or to rsp + that */
static bool store_elsewhere(const struct insn *in)
{
	s64 depth, to;

	if (in->z.mnemonic != ZYDIS_MNEMONIC_MOV || !is_mem(in, 0, ZYDIS_REGISTER_RSP) ||
	    in->z.raw.disp.size != 8)
		return false;
	depth = frame_depth(in);
	to = from_rsp ? frame_offset : depth + frame_offset;
	if (depth < 0 || to > 127)
		return false;
	text()[in->at + in->z.raw.disp.offset] = to;
	return true;
}

/* a store to a global goes to the pointer to the store */
static bool store_to_the_context(const struct insn *in)
{
	if (in->z.mnemonic != ZYDIS_MNEMONIC_MOV || in->op[0].type != ZYDIS_OPERAND_TYPE_MEMORY ||
	    in->op[0].mem.index != ZYDIS_REGISTER_NONE || in->z.raw.disp.size != 8 ||
	    in->op[0].mem.disp.value > -40 || in->op[0].mem.base == ZYDIS_REGISTER_RSP)
		return false;
	text()[in->at + in->z.raw.disp.offset] = (u8)KWASM_CTX_STORE;
	return true;
}

/* memory 0 from below its start */
static bool negative_offset(const struct insn *in)
{
	s32 disp;
	u32 i;

	for (i = 0; i < in->z.operand_count_visible; i++)
		if (is_mem(in, i, ZYDIS_REGISTER_R13) && in->op[i].mem.index != ZYDIS_REGISTER_NONE)
			break;
	if (i == in->z.operand_count_visible || !in->z.raw.disp.size ||
	    in->z.mnemonic == ZYDIS_MNEMONIC_LEA)
		return false;
	disp = -0x40;
	memcpy(text() + in->at + in->z.raw.disp.offset, &disp, in->z.raw.disp.size / 8);
	return true;
}

static const struct {
	const char *name;
	bool (*apply)(const struct insn *in);
} mutations[] = {
	{ "jump into an instruction", jump_into_an_instruction },
	{ "jump out of the function", jump_out_of_the_function },
	{ "no stack check", remove_stack_check },
	{ "stack check with another mask", weaken_stack_check },
	{ "stack check without a branch", ignore_stack_check },
	{ "trap replaced by the return thunk", trap_becomes_return_thunk },
	{ "trap replaced by kwasm_app_init", trap_becomes_app_init },
	{ "host function called directly", host_call_becomes_the_host_function },
	{ "host function replaced by kwasm_app_exit", host_function_becomes_app_exit },
	{ "host function's address plus one", helper_becomes_a_host_symbol_plus_one },
	{ "indirect call of the return thunk", thunk_of_another_register },
	{ "call past the entry", call_past_the_entry },
	{ "type or table size compared, result ignored", ignore_type_or_size },
	{ "type or table size compared, branch inverted", invert_type_or_size },
	{ "index into a table's code, not limited", keep_any_index },
	{ "index into a table's code, the other way round", invert_limit },
	{ "index into a table's code, one more", raise_limit },
	{ "r13 not set", keep_r13_at_a_call },
	{ "callee-saved register not restored", lose_a_saved_register },
	{ "one pop less", pop_once_less },
	{ "rsp raised too far", pop_more },
	{ "rsp lowered by an unknown amount", unknown_frame },
	{ "store to the context's fixed part", store_to_the_context },
	{ "negative offset into memory", negative_offset },
};

/* ---- running them ---- */

static bool accepted_knowing(struct verify_known *known)
{
	struct verify_report report = { .quiet = true, .known = known };
	int err = verify_ko("mutant", ko, good_size, &report);

	if (!err && (report.nr_violations || report.nr_unproven))
		abort();	/* says yes and no */
	verify_report_destroy(&report);
	return !err;
}

/* what is remembered of the good one, and of all mutants so far, makes no difference */
static bool accepted(void)
{
	static struct verify_known *known;
	bool yes;

	if (!known)
		known = verify_known_create();
	yes = accepted_knowing(NULL);
	if (accepted_knowing(known) != yes)
		abort();
	return yes;
}

static void check_mutation(const char *name, bool (*apply)(const struct insn *in), size_t step)
{
	size_t i, tried = 0, survived = 0;

	for (i = 0; i < nr_insns; i++) {
		if (!apply(&insns[i]))
			continue;
		if (tried++ % step == 0 && accepted() && survived++ < 5)
			printf("# accepted at %s+0x%llx\n", symbol_name(insns[i].func),
			       insns[i].at - (unsigned long long)symbol(insns[i].func)->st_value);
		restore();
	}
	if (!tried)
		printf("not ok - %s: fits nowhere\n", name);
	else
		printf("%sok - refused: %s (%zu places)\n", survived ? "not " : "", name,
		       (tried + step - 1) / step);
}

/* moves one row of the exception table by a byte: into its instruction */
static void check_moved_rows(void)
{
	u32 i, tried = 0, survived = 0;

	for (i = 0; i < image()->accesses.nr; i++) {
		u8 *delta = (u8 *)image() + image()->accesses.offset + i;

		if (*delta >= 0x7f || (i && delta[-1] & 0x80) || !delta[1])
			continue;
		++delta[0];
		if (i + 1 < image()->accesses.nr)
			--delta[1];
		tried++;
		if (accepted() && survived++ < 5)
			printf("# row %u may be moved\n", i);
		restore();
	}
	printf("%sok - refused: row of the exception table moved (%u rows)\n",
	       survived || !tried ? "not " : "", tried);
}

static const struct insn *insn_at(u32 at)
{
	size_t i;

	for (i = 0; i < nr_insns; i++)
		if (insns[i].at == at)
			return &insns[i];
	return NULL;
}

/* an access that can only be to linear memory: from the context pointer, with an index */
static bool is_linear(const struct insn *in)
{
	u32 i;

	for (i = 0; in && i < in->z.operand_count_visible; i++)
		if (is_mem(in, i, ZYDIS_REGISTER_R13) && in->op[i].mem.index != ZYDIS_REGISTER_NONE)
			return true;
	return false;
}

/* takes one row out of the list, by adding its distance to the next one's */
static void check_dropped_rows(void)
{
	u32 i, at = 0, tried = 0, survived = 0;

	for (i = 0; i + 1 < image()->accesses.nr; i++) {
		u8 *delta = (u8 *)image() + image()->accesses.offset + i;
		u32 nr = image()->accesses.nr;

		if (delta[0] & 0x80) {
			at += (delta[0] & 0x7f) + (delta[1] << 7);	/* two bytes will do for good.wat */
			i++;
			continue;
		}
		at += delta[0];
		if (delta[0] + delta[1] > 0x7f || !is_linear(insn_at(at)))
			continue;
		delta[1] += delta[0];
		memmove(delta, delta + 1, nr - i - 1);
		image()->accesses.nr--;
		app()->nr_ex_rows--;
		sections()[find_section(KWASM_EX_TABLE_SECTION)].sh_size -= 12;
		tried++;
		if (accepted() && survived++ < 5)
			printf("# row of .text+0x%x may be missing\n", at);
		restore();
	}
	printf("%sok - refused: row of the exception table missing (%u rows)\n",
	       survived || !tried ? "not " : "", tried);
}

/* ---- snippets ---- */

static void check_snippet(const struct snippet *s)
{
	struct verify_report report = { .quiet = true };
	const char *seen = "ok", *why;
	size_t i;

	restore();
	if (!strncmp(s->name, "heap:", 5))
		image()->flags |= KWASM_IMAGE_GC;
	why = put_snippet(s);
	if (why) {
		printf("not ok - snippet %s: %s\n", s->name, why);
		return;
	}
	verify_ko("snippet", ko, good_size, &report);
	for (i = 0; i < report.nr_findings; i++) {
		seen = report.findings[i].severity == VERIFY_UNPROVEN ? "unproven" :
			verify_rule_name(report.findings[i].rule);
		if (!strcmp(seen, s->expected))
			break;
	}
	if (strcmp(seen, s->expected)) {
		printf("not ok - snippet %s\n# expected: %s\n# seen: %s\n", s->name, s->expected, seen);
		for (i = 0; i < report.nr_findings && i < 4; i++)
			printf("#   +0x%x %s: %s\n", report.findings[i].offset,
			       report.findings[i].insn ? report.findings[i].insn : "",
			       report.findings[i].text);
	} else {
		printf("ok - snippet %s: %s\n", s->name, seen);
	}
	verify_report_destroy(&report);
	restore();
}

/* ---- damage ---- */

static void check_truncated(void)
{
	size_t size, tried = 0, survived = 0;

	for (size = 0; size < good_size; size += 1 + good_size / 500) {
		struct verify_report report = { .quiet = true };
		u8 *cut = malloc(size ? size : 1);	/* so that reading behind it is noticed */

		memcpy(cut, good, size);
		tried++;
		/* only what nobody loads may be missing; the section headers are last */
		survived += !verify_ko("cut", cut, size, &report);
		verify_report_destroy(&report);
		free(cut);
	}
	printf("%sok - refused: file cut short (%zu places)\n", survived ? "not " : "", tried);
}

/* anything may come of this but a crash */
static void check_damaged(const char *what, size_t start, size_t size, unsigned int rounds)
{
	unsigned int i, k, refused = 0;

	for (i = 0; i < rounds; i++) {
		for (k = random_number() % 4; k < 4; k++)
			ko[start + random_number() % size] = random_number() % 3 ? random_number() : 0xff;
		refused += !accepted();
		restore();
	}
	printf("ok - survives damage to %s (%u of %u refused)\n", what, refused, rounds);
}

static void check_damage(void)
{
	static const char *const names[] = { ".symtab", ".rela.text", ".rela.data", ".data", ".text" };
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)ko;
	size_t i;

	check_damaged("the ELF header", 0, sizeof(*ehdr), 500);
	check_damaged("section headers", ehdr->e_shoff, ehdr->e_shnum * sizeof(Elf64_Shdr), 1500);
	check_damaged("the image", (u8 *)image() - ko, image()->size, 1500);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		Elf64_Shdr *s = &sections()[find_section(names[i])];

		check_damaged(names[i], s->sh_offset, s->sh_size, 700);
	}
	check_damaged("all of it", 0, good_size, 1500);
}

/* one byte of struct module, one of kwasm_app: there is nothing to vary in them */

/* ---- places where the kernel may put a jump through a table ---- */

static Elf64_Rela *relocs_of(const char *rela, size_t *nr)
{
	Elf64_Shdr *s = &sections()[find_section(rela)];

	*nr = s->sh_size / sizeof(Elf64_Rela);
	return (Elf64_Rela *)(ko + s->sh_offset);
}

static u8 *bytes_of(const char *name)
{
	return ko + sections()[find_section(name)].sh_offset;
}

/* a symbol of that section's start */
static u32 section_symbol(const char *name)
{
	unsigned int i;

	for (i = 1; i < nr_symbols(); i++)
		if (ELF64_ST_TYPE(symbol(i)->st_info) == STT_SECTION &&
		    symbol(i)->st_shndx == find_section(name))
			return i;
	printf("Bail out! no symbol of section %s\n", name);
	exit(1);
}

static unsigned int nr_tried, nr_survived;

/* the object as it is now must be refused */
static void refused_now(void)
{
	nr_tried++;
	nr_survived += accepted();
	restore();
}

static void all_refused(const char *what)
{
	printf("%sok - refused: %s (%u)\n", nr_survived || !nr_tried ? "not " : "", what, nr_tried);
	nr_tried = 0;
	nr_survived = 0;
}

static void point_to(Elf64_Rela *r, u32 to, s64 addend)
{
	r->r_info = ELF64_R_INFO((u64)to, ELF64_R_TYPE(r->r_info));
	r->r_addend = addend;
}

static void set_type(Elf64_Rela *r, u32 type)
{
	r->r_info = ELF64_R_INFO(ELF64_R_SYM(r->r_info), (u64)type);
}

static void check_rows(void)
{
	size_t nr, i, k, size;
	Elf64_Rela *r = relocs_of(".rela.altinstructions", &nr);
	u8 *rows = bytes_of(".altinstructions");
	u32 not;

	nr /= 2;
	size = sections()[find_section(".altinstructions")].sh_size / nr;
	not = size == 14 ? 16 : 15;
	for (i = 0; i < nr; i++) {
		u8 *row = rows + i * size;
		bool first = row[size - 1];
		bool ibt = (row[8] | row[9] << 8) == 18 * 32 + 20;

		for (k = 0; k < (size - 10) * 8; k++) {
			/* of others that take back it is trusted which feature they name */
			if (!first && !ibt && k < 10)
				continue;
			row[8 + k / 8] ^= 1 << k % 8;
			if (!first && !ibt && k < not && (row[8] | (row[9] & 0x7f) << 8) < 22 * 32)
				restore();
			else
				refused_now();
		}
	}
	all_refused("another feature, and other flags");
	for (i = 0; i < nr; i++) {
		for (k = 0; k < 4; k++) {
			rows[i * size + size - 2 + k / 2] += k % 2 ? 1 : -1;
			refused_now();
		}
	}
	all_refused("another length of the code that is replaced, or that replaces it");
	for (i = 0; i < nr; i++) {
		r[2 * i].r_addend++;
		refused_now();
		r[2 * i].r_addend--;
		refused_now();
		point_to(&r[2 * i], section_symbol(".rodata"), 0);
		refused_now();
		point_to(&r[2 * i], find_symbol("kwasm_app_init"), 0);
		refused_now();
		set_type(&r[2 * i], R_X86_64_32);
		refused_now();
		r[2 * i].r_offset++;
		refused_now();
		set_type(&r[2 * i], R_X86_64_NONE);
		refused_now();
		set_type(&r[2 * i + 1], R_X86_64_NONE);
		refused_now();
		set_type(&r[2 * i + 1], R_X86_64_32);
		refused_now();
		point_to(&r[2 * i + 1], section_symbol(".rodata"), 0);
		refused_now();
	}
	all_refused("another place");
	for (i = 0; i < nr; i++) {
		if (!rows[i * size + size - 1])
			continue;
		r[2 * i + 1].r_addend++;
		refused_now();
		r[2 * i + 1].r_addend--;
		refused_now();
		r[2 * i + 1].r_addend += 100000;
		refused_now();
	}
	all_refused("another replacement");
	for (i = 0; i + 1 < nr; i++) {
		if (!rows[(i + 1) * size + size - 1])
			continue;
		r[2 * (i + 1)].r_addend = r[2 * i].r_addend;
		refused_now();
		r[2 * (i + 1)].r_addend = r[2 * i].r_addend + 1;
		refused_now();
		r[0].r_addend = r[2 * (i + 1)].r_addend + 64;
		refused_now();
	}
	all_refused("rows that overlap, or do not ascend");
	for (i = 1; i < size; i++) {
		sections()[find_section(".altinstructions")].sh_size -= i;
		refused_now();
	}
	sections()[find_section(".altinstr_replacement")].sh_size -= 1;
	refused_now();
	sections()[find_section(".altinstr_replacement")].sh_type = SHT_NOBITS;
	refused_now();
	sections()[find_section(".altinstructions")].sh_type = SHT_NOBITS;
	refused_now();
	sections()[find_section(".rela.altinstructions")].sh_size -= sizeof(*r);
	refused_now();
	sections()[find_section(".rela.altinstr_replacement")].sh_size -= sizeof(*r);
	refused_now();
	all_refused("tables that are cut");
}

/* "vermagic=6.1.0" becomes that of a kernel whose struct alt_instr is of another size */
static void check_alternatives_version(void)
{
	u64 i, size = sections()[find_section(".modinfo")].sh_size;
	u8 *p = bytes_of(".modinfo");

	for (i = 0; i + 14 < size; i++) {
		if (memcmp(p + i, "vermagic=6.1", 12))
			continue;
		if (p[i + 12] == '.')
			p[i + 11] = '9';	/* 6.9. */
		else
			p[i + 11] = '.';	/* 6..2 is none */
		refused_now();
	}
	all_refused("struct alt_instr of another kernel");
}

static void check_replacement(void)
{
	size_t nr, i, k;
	Elf64_Rela *r = relocs_of(".rela.altinstr_replacement", &nr);
	u8 *code = bytes_of(".altinstr_replacement");
	u64 start = 0;

	for (i = 0; i < nr; start = r[i++].r_offset + 4) {
		ZydisDecodedInstruction z[4];
		ZydisDecoder decoder;
		u64 at = start;
		u8 *mask;

		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
		for (k = 0; k < 4; at += z[k++].length)
			if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code + at, 16,
									&z[k])))
				abort();
		for (k = start * 8; k < r[i].r_offset * 8; k++) {
			u64 byte = k / 8 - start, limit = z[0].raw.imm[0].offset;

			if (byte >= limit && byte < z[0].length)
				continue;	/* compared with anything: the mask holds */
			if (byte >= z[0].length + z[1].length + z[2].raw.imm[0].offset &&
			    byte < z[0].length + z[1].length + z[2].length)
				continue;	/* the mask itself, see below */
			code[k / 8] ^= 1 << k % 8;
			refused_now();
		}
		mask = code + start + z[0].length + z[1].length + z[2].raw.imm[0].offset;
		*mask = *mask * 2 + 1;
		refused_now();
		*mask -= 1;
		refused_now();
		*mask = 0;
		refused_now();
		*mask = 0xff;	/* -1, if it is a single byte */
		refused_now();
	}
	all_refused("a replacement with other instructions, or another mask");
	for (i = 0; i < nr; i++) {
		r[i].r_addend += 4;
		refused_now();
		r[i].r_addend += 100000000;
		refused_now();
		r[i].r_addend = 0;	/* the image, or other constants */
		refused_now();
		point_to(&r[i], find_symbol("kwasm_app"), 0);
		refused_now();
		point_to(&r[i], section_symbol(".text"), 0);
		refused_now();
		set_type(&r[i], R_X86_64_32);
		refused_now();
		set_type(&r[i], R_X86_64_NONE);
		refused_now();
		r[i].r_offset--;
		refused_now();
	}
	all_refused("a replacement with another table");
}

static void check_entries(void)
{
	size_t nr, nr_rows, i, k;
	Elf64_Rela *r = relocs_of(".rela.rodata", &nr);
	Elf64_Rela *rows = relocs_of(".rela.altinstructions", &nr_rows);

	for (i = 0; i < nr; i++) {
		Elf64_Sym *f;

		if (symbol(ELF64_R_SYM(r[i].r_info))->st_shndx != find_section(".text"))
			continue;
		for (k = 1; k < nr_symbols(); k++) {
			f = symbol(k);
			if (f->st_shndx != find_section(".text") || ELF64_ST_TYPE(f->st_info) != STT_FUNC ||
			    ((u64)r[i].r_addend >= f->st_value &&
			     (u64)r[i].r_addend < f->st_value + f->st_size))
				continue;
			r[i].r_addend = f->st_value;
			refused_now();
			break;
		}
		for (k = 0; k < nr_rows; k += 2) {
			r[i].r_addend = rows[k].r_addend + 1;	/* the second no-operation */
			refused_now();
		}
		while (starts[++r[i].r_addend])
			;
		refused_now();
		point_to(&r[i], section_symbol(".rodata"), 0);
		refused_now();
		point_to(&r[i], find_symbol("kwasm_app_init"), 0);
		refused_now();
		set_type(&r[i], R_X86_64_PC64);
		refused_now();
		set_type(&r[i], R_X86_64_NONE);
		refused_now();
	}
	all_refused("an entry of a table that is no instruction of the function");
}

static void check_places(void)
{
	size_t nr, i, k;
	Elf64_Rela *rows = relocs_of(".rela.altinstructions", &nr);
	size_t size = sections()[find_section(".altinstructions")].sh_size / (nr / 2);
	u8 *lengths = bytes_of(".altinstructions") + size - 2;

	for (i = 0; i < nr; i += 2) {
		static const u8 long_nop[] = { 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 };
		u64 site = rows[i].r_addend, end = site + lengths[i / 2 * size];
		const struct insn *in = insn_at(site);
		u8 *p = text() + site;

		if (!in || in->z.mnemonic != ZYDIS_MNEMONIC_NOP)
			abort();
		memcpy(p, long_nop, sizeof(long_nop));
		if (!accepted())
			printf("not ok - accepted: other no-operations\n");
		restore();
		for (k = site; k < end; k++) {
			memset(p, 0x90, end - site);
			text()[k] = k + 1 < end ? 0x39 : 0xcc;	/* cmp eax, eax */
			if (k + 1 < end)
				text()[k + 1] = 0xc0;
			refused_now();
		}
		for (k = 0; k < nr_insns; k++) {
			s32 distance = site + 11 - (insns[k].at + insns[k].z.length);

			if (insns[k].func != in->func || insns[k].z.meta.category != ZYDIS_CATEGORY_COND_BR ||
			    insns[k].z.raw.imm[0].size != 32)
				continue;
			memcpy(text() + insns[k].at + insns[k].z.raw.imm[0].offset, &distance, 4);
			refused_now();
		}
	}
	all_refused("a place of something else than no-operations, or jumped into");
}

static void check_headers(void)
{
	Elf64_Shdr *module = &sections()[find_section(".gnu.linkonce.this_module")];
	u64 i, survived = 0, size = module->sh_size, offset = module->sh_offset;

	for (i = 24 + 56; i < size; i++) {
		ko[offset + i] ^= 1;
		survived += accepted();
		restore();
	}
	printf("%sok - refused: any value in struct module\n", survived ? "not " : "");
	ko[sections()[find_section(".init.text")].sh_offset + 4] ^= 1;
	printf("%sok - refused: another init stub\n", accepted() ? "not " : "");
	restore();
	symbol(find_symbol("kwasm_app_init"))->st_name++;
	printf("%sok - refused: import of another symbol\n", accepted() ? "not " : "");
	restore();
	sections()[find_section(".text")].sh_flags |= SHF_WRITE;
	printf("%sok - refused: writable code\n", accepted() ? "not " : "");
	restore();
	image()->ctx_size += 16;
	printf("%sok - accepted: a larger context\n", accepted() ? "" : "not ");
	restore();
	image()->ctx_size -= 16;
	printf("%sok - refused: a context too small for its slots\n", accepted() ? "not " : "");
	restore();
	image()->nr_values = 0;
	printf("%sok - refused: a value buffer without cells\n", accepted() ? "not " : "");
	restore();
	image()->flags &= ~KWASM_IMAGE_FPU;
	printf("%sok - refused: vector registers without saying so\n", accepted() ? "not " : "");
	restore();
	image()->flags &= ~KWASM_IMAGE_MEMORY0;
	printf("%sok - refused: memory 0 that is not there\n", accepted() ? "not " : "");
	restore();
	image()->flags |= KWASM_IMAGE_BOUNDS_CHECK;
	printf("%sok - refused: software bounds that are not there\n", accepted() ? "not " : "");
	restore();
}

/* the rows of the image, and the room for the addresses */
static void check_calls(void)
{
	struct kwasm_image_calls *rows = (void *)((u8 *)image() + image()->calls.offset);
	size_t nr, i;
	Elf64_Rela *r = relocs_of(".rela.data", &nr);

	if (!image()->calls.nr)
		printf("not ok - good.wat has calls through a table that stays as it is\n");
	rows->type = image()->types.nr;
	refused_now();
	rows->nr++;		/* the code would read the last one of these, which is not there */
	refused_now();
	rows->nr = 0;
	refused_now();
	rows->nr = ~0u;
	refused_now();
	rows->funcs += 2;
	refused_now();
	rows->funcs = image()->size - 4;
	refused_now();
	((u32 *)((u8 *)image() + rows->funcs))[1] = 1000;
	refused_now();
	image()->calls.nr = 0;
	refused_now();
	image()->calls.offset = image()->size;
	refused_now();
	for (i = 0; i < nr; i++)
		if (r[i].r_offset == offsetof(struct kwasm_app, calls) + ((u8 *)app() - bytes_of(".data")))
			break;
	if (i == nr) {
		printf("not ok - kwasm_app.calls has a relocation\n");
		return;
	}
	r[i].r_addend += 8;
	refused_now();
	r[i].r_addend -= 8;
	refused_now();
	point_to(&r[i], find_symbol("kwasm_app"), 0);
	refused_now();
	point_to(&r[i], find_symbol("kwasm_type_ids"), 0);
	refused_now();
	point_to(&r[i], section_symbol(".rodata"), 0);
	refused_now();
	point_to(&r[i], find_symbol("kwasm_app_init"), 0);
	refused_now();
	set_type(&r[i], R_X86_64_NONE);
	refused_now();
	all_refused("what is called through tables, somewhere else or of another type");
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 2 || file_read(argv[1], &good, &good_size)) {
		fprintf(stderr, "usage: mutate GOOD.ko\n");
		return 2;
	}
	ko = malloc(good_size);
	restore();
	printf("%sok - accepted: the object itself\n", accepted() ? "" : "not ");
	decode();
	for (forbidden_nr = 0; forbidden_nr < ARRAY_SIZE(forbidden); forbidden_nr++)
		check_mutation(forbidden[forbidden_nr].name, insert_forbidden,
			       strcmp(forbidden[forbidden_nr].name, "ud2") ? 7 : 1000000);
	for (i = 0; i < ARRAY_SIZE(mutations); i++)
		check_mutation(mutations[i].name, mutations[i].apply, 1);
	frame_offset = -8;
	check_mutation("store over a saved register", store_elsewhere, 1);
	frame_offset = 0;
	check_mutation("store over the return address", store_elsewhere, 1);
	frame_offset = 8;
	check_mutation("store to the caller's frame", store_elsewhere, 1);
	from_rsp = true;
	frame_offset = -128;
	check_mutation("store below rsp", store_elsewhere, 1);
	for (i = 0; i < ARRAY_SIZE(offsets_of_calls); i++) {
		calls_offset = offsets_of_calls[i];
		check_mutation("a table's code taken from elsewhere", load_calls_elsewhere, 1);
	}
	check_moved_rows();
	check_dropped_rows();
	check_headers();
	check_calls();
	check_rows();
	check_alternatives_version();
	check_replacement();
	check_entries();
	check_places();
	for (i = 0; i < nr_snippets; i++)
		check_snippet(&snippets[i]);
	check_truncated();
	check_damage();
	free(insns);
	free(starts);
	free(good);
	free(ko);
	return 0;
}
