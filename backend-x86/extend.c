// SPDX-License-Identifier: GPL-2.0
/*
 * extend.c - addresses are extended before they come into a phi
 *
 * A wasm address is 32 bits, an access wants 64. Nearly every instruction that makes 32 bits clears
 * the upper half of its register, so extending costs nothing - if instruction selection
 * sees both at once, which it does inside of a block. Of a phi it must assume the worst and
 * moves the register to another one: in each round of a loop over a list, say.
 *
 * So behind the optimiser phis that are extended, and phis that come into those, become phis of 64
 * bits, of which the lower half serves all other uses; what else comes in is extended where it is
 * made.
 */
#include <llvm-c/Core.h>
#include <stdlib.h>

#include "../compiler/util.h"
#include "target.h"

/* a phi of 32 bits; @wide: the one that takes its place, of those that are @wanted */
struct phi {
	LLVMValueRef phi, wide;
	bool wanted;
};

/**
 * struct extend - the state for one module
 * @b: for new instructions
 * @phis: of one function, in its order
 * @sorted: the same by address, to be found
 * @todo: those that are wanted and not yet asked what comes in
 */
struct extend {
	LLVMTypeRef i32, i64;
	LLVMBuilderRef b;
	struct phi *phis, **sorted, **todo;
	size_t nr, nr_todo, cap, cap_sorted, cap_todo;
};

static bool is_extension(const struct extend *e, LLVMValueRef v)
{
	return LLVMIsAZExtInst(v) && LLVMTypeOf(v) == e->i64 &&
	       LLVMTypeOf(LLVMGetOperand(v, 0)) == e->i32;
}

/* does its instruction clear the upper half of the register? */
static bool clears_upper_half(LLVMValueRef v)
{
	if (!LLVMIsAInstruction(v))
		return false;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMLoad:
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMAnd:
	case LLVMOr:
	case LLVMXor:
	case LLVMShl:
	case LLVMLShr:
	case LLVMAShr:
	case LLVMSelect:
		return true;
	default:
		return false;
	}
}

/* the extension right behind @v, a new one if there is none */
static LLVMValueRef extension_behind(struct extend *e, LLVMValueRef v)
{
	LLVMValueRef next = LLVMGetNextInstruction(v);

	if (is_extension(e, next) && LLVMGetOperand(next, 0) == v) {
		/* "not negative" may be so for its own uses only */
		LLVMSetNNeg(next, 0);
		return next;
	}
	LLVMPositionBuilderBefore(e->b, next);
	return LLVMBuildZExt(e->b, v, e->i64, "");
}

static bool is_extended(const struct extend *e, LLVMValueRef v)
{
	LLVMUseRef use;

	for (use = LLVMGetFirstUse(v); use; use = LLVMGetNextUse(use))
		if (is_extension(e, LLVMGetUser(use)))
			return true;
	return false;
}

static int compare_phis(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)(*(struct phi *const *)a)->phi;
	uintptr_t y = (uintptr_t)(*(struct phi *const *)b)->phi;

	return x < y ? -1 : x > y;
}

static struct phi *find_phi(const struct extend *e, LLVMValueRef v)
{
	struct phi key = { .phi = v }, *at = &key, **found;

	found = e->nr ? bsearch(&at, e->sorted, e->nr, sizeof(*e->sorted), compare_phis) : NULL;
	return found ? *found : NULL;
}

static void want(struct extend *e, struct phi *phi)
{
	if (!phi || phi->wanted)
		return;
	phi->wanted = true;
	e->todo[e->nr_todo++] = phi;
}

static void list_phis(struct extend *e, LLVMValueRef func)
{
	LLVMBasicBlockRef block;
	LLVMValueRef instr;
	size_t i;

	e->nr = 0;
	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr && LLVMIsAPHINode(instr);
		     instr = LLVMGetNextInstruction(instr)) {
			if (LLVMTypeOf(instr) != e->i32)
				continue;
			array_reserve(e->phis, e->cap, e->nr + 1);
			e->phis[e->nr++] = (struct phi){ .phi = instr };
		}
	}
	array_reserve(e->sorted, e->cap_sorted, e->nr + 1);
	array_reserve(e->todo, e->cap_todo, e->nr + 1);
	for (i = 0; i < e->nr; i++)
		e->sorted[i] = &e->phis[i];
	if (e->nr)
		qsort(e->sorted, e->nr, sizeof(*e->sorted), compare_phis);
}

/* phis that are extended, and those that come into such */
static void find_wanted(struct extend *e)
{
	struct phi *phi;
	unsigned int k;
	size_t i;

	e->nr_todo = 0;
	for (i = 0; i < e->nr; i++)
		if (is_extended(e, e->phis[i].phi))
			want(e, &e->phis[i]);
	while (e->nr_todo) {
		phi = e->todo[--e->nr_todo];
		for (k = 0; k < LLVMCountIncoming(phi->phi); k++)
			want(e, find_phi(e, LLVMGetIncomingValue(phi->phi, k)));
	}
}

/* what comes into the wide phi from @block; one value however many edges there are */
static LLVMValueRef wide_incoming(struct extend *e, LLVMValueRef phi, unsigned int i,
				  LLVMValueRef *values)
{
	LLVMBasicBlockRef block = LLVMGetIncomingBlock(phi, i);
	LLVMValueRef v = LLVMGetIncomingValue(phi, i);
	unsigned int k;

	for (k = 0; k < i; k++)
		if (LLVMGetIncomingBlock(phi, k) == block)
			return values[k];
	if (clears_upper_half(v))
		return extension_behind(e, v);
	LLVMPositionBuilderBefore(e->b, LLVMGetBasicBlockTerminator(block));
	return LLVMBuildZExt(e->b, v, e->i64, "");
}

/* a phi of 64 bits beside @phi; of others it takes extensions, as everybody does so far */
static LLVMValueRef make_wide(struct extend *e, LLVMValueRef phi)
{
	unsigned int i, nr = LLVMCountIncoming(phi);
	LLVMValueRef *values = xcalloc(nr + 1, sizeof(*values)), wide;
	LLVMBasicBlockRef *blocks = xcalloc(nr + 1, sizeof(*blocks));

	for (i = 0; i < nr; i++) {
		values[i] = wide_incoming(e, phi, i, values);
		blocks[i] = LLVMGetIncomingBlock(phi, i);
	}
	LLVMPositionBuilderBefore(e->b, phi);
	wide = LLVMBuildPhi(e->b, e->i64, "");
	LLVMAddIncoming(wide, values, blocks, nr);
	free(values);
	free(blocks);
	return wide;
}

static void replace_phi(struct extend *e, LLVMValueRef phi, LLVMValueRef wide)
{
	LLVMValueRef user, at;
	LLVMUseRef use, next;

	for (use = LLVMGetFirstUse(phi); use; use = next) {
		next = LLVMGetNextUse(use);
		user = LLVMGetUser(use);
		if (!is_extension(e, user))
			continue;
		LLVMReplaceAllUsesWith(user, wide);
		LLVMInstructionEraseFromParent(user);
	}
	if (LLVMGetFirstUse(phi)) {
		for (at = phi; LLVMIsAPHINode(at); at = LLVMGetNextInstruction(at))
			;
		LLVMPositionBuilderBefore(e->b, at);
		LLVMReplaceAllUsesWith(phi, LLVMBuildTrunc(e->b, wide, e->i32, ""));
	}
	LLVMInstructionEraseFromParent(phi);
}

static void widen_phis(struct extend *e, LLVMValueRef func)
{
	size_t i;

	list_phis(e, func);
	find_wanted(e);
	for (i = 0; i < e->nr; i++)
		if (e->phis[i].wanted)
			e->phis[i].wide = make_wide(e, e->phis[i].phi);
	for (i = 0; i < e->nr; i++)
		if (e->phis[i].wanted)
			replace_phi(e, e->phis[i].phi, e->phis[i].wide);
}

/**
 * target_extend_phis() - Extend 32 to 64 bits where it costs nothing
 * @mod: module, optimised
 */
void target_extend_phis(LLVMModuleRef mod)
{
	LLVMContextRef llvm = LLVMGetModuleContext(mod);
	struct extend e = {
		.i32 = LLVMInt32TypeInContext(llvm),
		.i64 = LLVMInt64TypeInContext(llvm),
		.b = LLVMCreateBuilderInContext(llvm),
	};
	LLVMValueRef func;

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func))
		widen_phis(&e, func);
	LLVMDisposeBuilder(e.b);
	free(e.phis);
	free(e.sorted);
	free(e.todo);
}
