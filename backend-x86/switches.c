// SPDX-License-Identifier: GPL-2.0
/*
 * switches.c - large switches jump through a table where the kernel allows it
 *
 * A kernel with retpolines may run on a processor that needs none. Which it is, is known when the
 * module is loaded: then the kernel patches the code (its "alternatives"). So each large switch
 * has two forms, one behind the other:
 *
 *	site:	nop ...			becomes		cmp  $nr, %index
 *							jae  tree
 *							and  $mask, %index
 *							jmp  *table(,%index,8)
 *	tree:	comparisons that find the case
 *
 * The mask keeps what is run speculatively inside the table, whose length is a power of two.
 * What runs straight on behind the jump is the tree, which finds the same case. The no-operations
 * are of one byte: of these every kernel makes the longest that the processor likes.
 *
 * The switches are those that are left when the optimiser has done its work. Each becomes one
 * callbr: an assembly that goes to one of the cases. The tree is in it, as otherwise
 * each case would be reached from two blocks, which keeps LLVM from moving
 * calculations to the cases that need them (sqlite: then nothing is gained). The
 * assembly leaves a record in a section that is not loaded, from which alternatives.c
 * makes what the kernel reads:
 *
 *	.quad site
 *	.long length of the code, number of entries of the table
 *	the code, padded to 8
 *	.quad entry, for each entry
 */
#include <llvm-c/Core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "alternatives.h"
#include "target.h"

/* below, a jump that is seldom foreseen costs more than comparisons that often are */
#define CASES_MIN	32
/* entries of the table: what is beyond is no great loss */
#define ENTRIES_MAX	1024
/* entries for each case */
#define SPARSE_MAX	8

/**
 * struct dispatch - a switch on its way to a table
 * @sw: the instruction
 * @context: LLVM's
 * @builder: for anything
 * @nr: below this the index is in the table
 * @entries: of the table, power of two
 * @dests: where the edges go, each once
 * @nr_dests: number of them
 * @other: index in @dests of the default's
 * @table: index in @dests for each entry
 */
struct dispatch {
	LLVMValueRef sw;
	LLVMContextRef context;
	LLVMBuilderRef builder;
	u32 nr;
	u32 entries;
	LLVMBasicBlockRef *dests;
	u32 nr_dests;
	u32 other;
	u32 table[ENTRIES_MAX];
};

static bool has_phi(LLVMBasicBlockRef block)
{
	return LLVMIsAPHINode(LLVMGetFirstInstruction(block));
}

static u32 add_dest(struct dispatch *d, LLVMBasicBlockRef dest)
{
	u32 i;

	for (i = 0; i < d->nr_dests; i++)
		if (d->dests[i] == dest)
			return i;
	d->dests[d->nr_dests] = dest;
	return d->nr_dests++;
}

/* is it worth it? then fill in the table */
static bool plan(struct dispatch *d)
{
	u32 i, nr = LLVMGetNumSuccessors(d->sw) - 1, at;
	LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(d->sw, 0));
	u64 max = 0, value;

	if (nr < CASES_MIN || LLVMGetIntTypeWidth(type) > 32)
		return false;
	for (i = 0; i < nr; i++) {
		value = LLVMConstIntGetZExtValue(LLVMGetOperand(d->sw, 2 + 2 * i));
		if (value > max)
			max = value;
	}
	if (max >= ENTRIES_MAX || max >= (u64)nr * SPARSE_MAX)
		return false;
	d->nr = max + 1;
	for (d->entries = 1; d->entries < d->nr; d->entries *= 2)
		;
	d->nr_dests = 0;
	d->dests = xcalloc(nr + 1, sizeof(*d->dests));
	for (i = 0; i < d->entries; i++)
		d->table[i] = ~0u;
	for (i = 0; i < nr; i++) {
		at = LLVMConstIntGetZExtValue(LLVMGetOperand(d->sw, 2 + 2 * i));
		d->table[at] = add_dest(d, LLVMGetSuccessor(d->sw, i + 1));
	}
	d->other = add_dest(d, LLVMGetSwitchDefaultDest(d->sw));
	for (i = 0; i < d->entries; i++)
		if (d->table[i] == ~0u)
			d->table[i] = d->other;
	return true;
}

/* the phi as it is with all edges from @from joined to one from @to */
static void redirect_phi(struct dispatch *d, LLVMValueRef phi, LLVMBasicBlockRef from,
			 LLVMBasicBlockRef to)
{
	u32 i, nr = LLVMCountIncoming(phi);
	LLVMValueRef new, value;
	LLVMBasicBlockRef block;
	bool seen = false;

	LLVMPositionBuilderBefore(d->builder, phi);
	new = LLVMBuildPhi(d->builder, LLVMTypeOf(phi), "");
	for (i = 0; i < nr; i++) {
		block = LLVMGetIncomingBlock(phi, i);
		value = LLVMGetIncomingValue(phi, i);
		if (block == from && seen)
			continue;
		if (block == from) {
			seen = true;
			block = to;
		}
		LLVMAddIncoming(new, &value, &block, 1);
	}
	LLVMReplaceAllUsesWith(phi, new);
	LLVMInstructionEraseFromParent(phi);
}

/*
 * On an edge of a callbr LLVM has no place for the moves that phis become; so each edge to a block
 * with phis gets a block of its own.
 */
static void split_edges(struct dispatch *d)
{
	LLVMBasicBlockRef from = LLVMGetInstructionParent(d->sw), old, block;
	LLVMValueRef instr, next;
	u32 i, k, nr = LLVMGetNumSuccessors(d->sw);

	for (i = 0; i < d->nr_dests; i++) {
		old = d->dests[i];
		if (!has_phi(old))
			continue;
		block = LLVMInsertBasicBlockInContext(d->context, old, "");
		for (instr = LLVMGetFirstInstruction(old); instr && LLVMIsAPHINode(instr); instr = next) {
			next = LLVMGetNextInstruction(instr);
			redirect_phi(d, instr, from, block);
		}
		LLVMPositionBuilderAtEnd(d->builder, block);
		LLVMBuildBr(d->builder, old);
		for (k = 0; k < nr; k++)
			if (LLVMGetSuccessor(d->sw, k) == old)
				LLVMSetSuccessor(d->sw, k, block);
		d->dests[i] = block;
	}
}

/**
 * struct run - neighbours that go to the same place
 * @first: the first of them; the last is before the next run
 * @dest: index in dests; ~0: falls out at the end
 */
struct run {
	u32 first;
	u32 dest;
};

static void print_jump(FILE *f, const char *jump, u32 dest)
{
	if (dest == ~0u)
		fprintf(f, "\t%s 669f\n", jump);
	else
		fprintf(f, "\t%s ${%u:l}\n", jump, 2 + dest);
}

/* comparisons that find one of @nr runs */
static void print_tree(FILE *f, const struct run *runs, u32 nr, u32 *label)
{
	u32 half = nr / 2, right;

	if (nr == 1) {
		print_jump(f, "jmp", runs->dest);
		return;
	}
	fprintf(f, "\tcmpl $$%u, ${0:k}\n", runs[half].first);
	if (nr == 3 && runs[2].first == runs[1].first + 1) {
		print_jump(f, "je", runs[1].dest);
		print_jump(f, "jb", runs[0].dest);
		print_jump(f, "jmp", runs[2].dest);
		return;
	}
	if (half == 1) {
		print_jump(f, "jb", runs->dest);
	} else {
		right = (*label)++;
		fprintf(f, "\tjae .Lkwasm_tree${:uid}_%u\n", right);
		print_tree(f, runs, half, label);
		fprintf(f, ".Lkwasm_tree${:uid}_%u:\n", right);
	}
	print_tree(f, runs + half, nr - half, label);
}

static void print_runs(FILE *f, const struct dispatch *d)
{
	struct run *runs = xcalloc(d->nr + 1, sizeof(*runs));
	u32 i, nr = 0, label = 0;

	for (i = 0; i < d->nr; i++) {
		u32 dest = d->table[i] == d->other ? ~0u : d->table[i];

		if (!nr || runs[nr - 1].dest != dest)
			runs[nr++] = (struct run){ i, dest };
	}
	if (runs[nr - 1].dest != ~0u)
		runs[nr++] = (struct run){ d->nr, ~0u };
	print_tree(f, runs, nr, &label);
	free(runs);
}

static FILE *open_text(char **text, size_t *size)
{
	FILE *f = open_memstream(text, size);

	if (!f)
		diag_bug("open_memstream: no memory");
	return f;
}

/* LLVM numbers an assembly's operands: the register, the same once more, the labels */
static char *assembly(const struct dispatch *d)
{
	size_t size;
	char *text;
	FILE *f = open_text(&text, &size);
	u32 i;

	fprintf(f, "661:\t.skip 665f-664f, 0x90\n"
		"\t.pushsection " SWITCH_SECTION ",\"\",@progbits\n"
		"\t.balign 8\n"
		"\t.quad 661b\n"
		"\t.long 665f-664f, %u\n"
		"664:\tcmpl $$%u, ${0:k}\n"
		"\tjae 665f\n"
		"\tandl $$%u, ${0:k}\n"
		"\tjmpq *0(,${0:q},8)\n"
		"665:\t.balign 8\n", d->entries, d->nr, d->entries - 1);
	for (i = 0; i < d->entries; i++)
		fprintf(f, "\t.quad ${%u:l}\n", 2 + d->table[i]);
	fputs("\t.popsection\n", f);
	print_runs(f, d);
	fputs("669:", f);
	fclose(f);
	return text;
}

/* the register is changed, and what comes out is used by nobody */
static char *constraints(const struct dispatch *d)
{
	size_t size;
	char *text;
	FILE *f = open_text(&text, &size);
	u32 i;

	fputs("=r,0", f);
	for (i = 0; i < d->nr_dests; i++)
		fputs(",!i", f);
	fputs(",~{dirflag},~{fpsr},~{flags}", f);
	fclose(f);
	return text;
}

static void convert(struct dispatch *d)
{
	LLVMBasicBlockRef from = LLVMGetInstructionParent(d->sw), other;
	LLVMTypeRef i32 = LLVMInt32TypeInContext(d->context);
	LLVMTypeRef type = LLVMFunctionType(i32, &i32, 1, 0);
	LLVMValueRef index = LLVMGetOperand(d->sw, 0), code;
	char *text = assembly(d), *operands = constraints(d);

	split_edges(d);
	/* what a callbr falls through to is none of its other destinations */
	other = LLVMInsertBasicBlockInContext(d->context, d->dests[d->other], "");
	LLVMMoveBasicBlockAfter(other, from);
	LLVMPositionBuilderAtEnd(d->builder, other);
	LLVMBuildBr(d->builder, d->dests[d->other]);
	LLVMInstructionEraseFromParent(d->sw);
	LLVMPositionBuilderAtEnd(d->builder, from);
	if (LLVMTypeOf(index) != i32)
		index = LLVMBuildZExt(d->builder, index, i32, "");
	code = LLVMGetInlineAsm(type, text, strlen(text), operands, strlen(operands), 1, 0,
				LLVMInlineAsmDialectATT, 0);
	LLVMBuildCallBr(d->builder, type, code, other, d->dests, d->nr_dests, &index, 1, NULL, 0, "");
	free(text);
	free(operands);
}

/**
 * target_make_tables() - Give large switches a table beside their tree
 * @mod: optimised; code is generated next
 */
void target_make_tables(LLVMModuleRef mod)
{
	struct dispatch *d = xcalloc(1, sizeof(*d));
	LLVMBasicBlockRef block;
	LLVMValueRef func;

	d->context = LLVMGetModuleContext(mod);
	d->builder = LLVMCreateBuilderInContext(d->context);
	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func)) {
		for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
			d->sw = LLVMGetBasicBlockTerminator(block);
			if (!d->sw || !LLVMIsASwitchInst(d->sw) || !plan(d))
				continue;
			convert(d);
			free(d->dests);
		}
	}
	LLVMDisposeBuilder(d->builder);
	free(d);
}
