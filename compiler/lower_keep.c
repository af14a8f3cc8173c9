// SPDX-License-Identifier: GPL-2.0
/*
 * lower_keep.c - loads that LLVM must keep for their traps
 *
 * A load that is out of bounds traps whether its value is used or not; LLVM drops one that nothing comes of, and
 * moves others to where they are used. Volatile it leaves alone, but then the load cannot be
 * merged, moved or vectorised. So all loads from memory are volatile at first, while what does not depend on
 * its operands is folded; here those that are seen to be used become plain:
 *
 *	dead: nothing comes of the value			stays volatile
 *	conditional: used on some ways on only			stays volatile
 *	else							plain
 *
 * What LLVM finds out later, from stores and through calls, may still make a use vanish: --strict-traps keeps all.
 */
#include <stdlib.h>

#include "lower.h"

/* ---- loads that nobody uses ---- */

struct value_set {
	LLVMValueRef *slots;
	size_t nr, size;	/* size is a power of two */
};

/* where @v is, or may be put; the set has at least one free place */
static LLVMValueRef *find_slot(const struct value_set *set, LLVMValueRef v)
{
	size_t i = ((u64)(uintptr_t)v >> 4) * 0x9e3779b97f4a7c15ull >> 20;

	for (i &= set->size - 1; set->slots[i] && set->slots[i] != v; i = (i + 1) & (set->size - 1))
		;
	return &set->slots[i];
}

/* false if it is there already */
static bool set_add(struct value_set *set, LLVMValueRef v)
{
	LLVMValueRef *old = set->slots, *slot;
	size_t n, old_size = set->size;

	if (set->nr * 2 >= set->size) {
		set->size = old_size ? old_size * 2 : 256;
		set->slots = xcalloc(set->size, sizeof(*set->slots));
		for (n = 0; n < old_size; n++)
			if (old[n])
				*find_slot(set, old[n]) = old[n];
		free(old);
	}
	slot = find_slot(set, v);
	if (*slot)
		return false;
	*slot = v;
	set->nr++;
	return true;
}

static bool set_has(const struct value_set *set, LLVMValueRef v)
{
	return set->size && *find_slot(set, v);
}

static bool is_atomic(LLVMValueRef load)
{
	return LLVMGetOrdering(load) != LLVMAtomicOrderingNotAtomic;
}

/* the function that is called, if that might be inlined */
static LLVMValueRef known_callee(LLVMValueRef instr)
{
	LLVMValueRef func = LLVMIsACallInst(instr) ? LLVMGetCalledValue(instr) : NULL;

	return func && LLVMIsAFunction(func) && !LLVMIsDeclaration(func) ? func : NULL;
}

/* something may come of its operands, whether its own value is used or not */
static bool has_effect(LLVMValueRef instr)
{
	if (LLVMIsACallInst(instr))
		return !LLVMGetIntrinsicID(LLVMGetCalledValue(instr)) &&
		       (!known_callee(instr) || LLVMGetTypeKind(LLVMTypeOf(instr)) == LLVMVoidTypeKind);
	return LLVMIsATerminatorInst(instr) || LLVMIsAStoreInst(instr);
}

static bool is_constant(LLVMValueRef v, u64 value)
{
	LLVMValueRef wanted = LLVMConstInt(LLVMTypeOf(v), value, 1);

	return LLVMIsAConstantInt(v) && v == wanted;
}

/* x * 0, x & 0, x - x ...: the same whatever x is, and LLVM knows that */
static bool ignores_operands(LLVMValueRef instr)
{
	LLVMValueRef a, b;

	if (LLVMGetNumOperands(instr) != 2 || LLVMGetTypeKind(LLVMTypeOf(instr)) != LLVMIntegerTypeKind)
		return false;
	a = LLVMGetOperand(instr, 0);
	b = LLVMGetOperand(instr, 1);
	switch (LLVMGetInstructionOpcode(instr)) {
	case LLVMAnd:
	case LLVMMul:
		return is_constant(a, 0) || is_constant(b, 0);
	case LLVMOr:
		return is_constant(a, ~0ull) || is_constant(b, ~0ull);
	case LLVMURem:
	case LLVMSRem:
		return is_constant(b, 1) || a == b;
	case LLVMUDiv:
	case LLVMSDiv:
	case LLVMSub:
	case LLVMXor:
		return a == b;
	case LLVMICmp:
		return a == b || (LLVMGetICmpPredicate(instr) == LLVMIntULT && is_constant(b, 0)) ||
		       (LLVMGetICmpPredicate(instr) == LLVMIntUGE && is_constant(b, 0));
	case LLVMShl:
	case LLVMLShr:
	case LLVMAShr:
		return is_constant(a, 0);
	default:
		return false;
	}
}

static bool ignores_argument(LLVMValueRef instr, unsigned int i)
{
	LLVMValueRef func = known_callee(instr);

	return func && i < LLVMCountParams(func) && !LLVMGetFirstUse(LLVMGetParam(func, i));
}

/*
 * What something comes of in @func; of what it returns only if @returns. To be freed by the caller.
 */
static struct value_set find_live(LLVMValueRef func, bool returns)
{
	struct value_set live = { 0 };
	LLVMValueRef *work = NULL, instr, operand;
	size_t nr = 0, cap = 0;
	LLVMBasicBlockRef block;
	int i;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr; instr = LLVMGetNextInstruction(instr)) {
			if (!has_effect(instr) || !set_add(&live, instr))
				continue;
			array_reserve(work, cap, nr + 1);
			work[nr++] = instr;
		}
	}
	while (nr) {
		instr = work[--nr];
		if (ignores_operands(instr) || (!returns && LLVMIsAReturnInst(instr)))
			continue;
		for (i = 0; i < LLVMGetNumOperands(instr); i++) {
			operand = LLVMGetOperand(instr, i);
			if (!LLVMIsAInstruction(operand) || ignores_argument(instr, i) ||
			    !set_add(&live, operand))
				continue;
			array_reserve(work, cap, nr + 1);
			work[nr++] = operand;
		}
	}
	free(work);
	return live;
}

/*
 * Loads that something comes of become plain. To @dropped come functions of whose results, at
 * one call at least, nothing comes: inlined there, what makes the result would be dead, too.
 */
static void free_live_loads(struct lower *l, LLVMValueRef func, struct value_set *dropped)
{
	struct value_set live = find_live(func, !set_has(dropped, func));
	LLVMBasicBlockRef block;
	LLVMValueRef instr;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr; instr = LLVMGetNextInstruction(instr)) {
			if (known_callee(instr) && !has_effect(instr) && !set_has(&live, instr))
				set_add(dropped, known_callee(instr));
			if (LLVMIsALoadInst(instr) && !is_atomic(instr))
				LLVMSetVolatile(instr, !set_has(&live, instr) ||
						(l->opt->strict_traps && LLVMGetVolatile(instr)));
		}
	}
	free(live.slots);
}

/* all functions, and again those of which it turns out that their results are dropped */
static void keep_dead_loads(struct lower *l)
{
	struct value_set dropped = { 0 }, seen = { 0 };
	size_t nr_dropped;
	LLVMValueRef func;

	do {
		nr_dropped = dropped.nr;
		for (func = LLVMGetFirstFunction(l->mod); func; func = LLVMGetNextFunction(func)) {
			if (LLVMIsDeclaration(func) ||
			    (set_has(&seen, func) && !set_has(&dropped, func)))
				continue;
			set_add(&seen, func);
			free_live_loads(l, func, &dropped);
		}
	} while (dropped.nr != nr_dropped);
	free(dropped.slots);
	free(seen.slots);
}

/* ---- loads that are used on some ways only ---- */

/* is @v used in @block, which is entered from @from, so that it has to be there before? */
static bool used_in(LLVMValueRef v, LLVMBasicBlockRef from, LLVMBasicBlockRef block,
		    const struct value_set *stay)
{
	LLVMUseRef use;
	unsigned int i;

	for (use = LLVMGetFirstUse(v); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (!LLVMIsAInstruction(user) || LLVMGetInstructionParent(user) != block)
			continue;
		if (!LLVMIsAPHINode(user)) {
			if (has_effect(user) || set_has(stay, user))
				return true;
			continue;
		}
		for (i = 0; i < LLVMCountIncoming(user); i++)
			if (LLVMGetIncomingBlock(user, i) == from && LLVMGetIncomingValue(user, i) == v)
				return true;
	}
	return false;
}

/* whichever way @block is left, is @v used? Looks at some blocks ahead. */
static bool used_on_all_ways(LLVMValueRef v, LLVMBasicBlockRef block, const struct value_set *stay,
			     unsigned int depth)
{
	LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
	unsigned int nr = LLVMGetNumSuccessors(end), i;

	for (i = 0; i < nr; i++) {
		LLVMBasicBlockRef next = LLVMGetSuccessor(end, i);

		/* where it traps or throws nothing of the value is seen, but the trap is another one */
		if (!used_in(v, block, next, stay) &&
		    (!depth || !used_on_all_ways(v, next, stay, depth - 1)))
			return false;
	}
	return nr;
}

/*
 * LLVM moves a load to where its value is used, if that is in one of several ways on; on the
 * others it would not trap any more. What is used in its own block, by something that
 * stays there, or on all ways, stays; a load that does not is made volatile. Blocks, and
 * instructions in them, are looked at from the last to the first, users mostly before what they use.
 */
static void keep_conditional_loads(LLVMValueRef func)
{
	struct value_set stay = { 0 };
	LLVMBasicBlockRef block;
	LLVMValueRef instr;

	for (block = LLVMGetLastBasicBlock(func); block; block = LLVMGetPreviousBasicBlock(block)) {
		for (instr = LLVMGetLastInstruction(block); instr;
		     instr = LLVMGetPreviousInstruction(instr)) {
			if (used_in(instr, NULL, block, &stay) ||
			    used_on_all_ways(instr, block, &stay, 2))
				set_add(&stay, instr);
			else if (LLVMIsALoadInst(instr) && !is_atomic(instr))
				LLVMSetVolatile(instr, 1);
		}
	}
	free(stay.slots);
}

void lower_keep_loads(struct lower *l)
{
	LLVMValueRef func;

	keep_dead_loads(l);
	/* with software bounds it is a comparison that traps */
	for (func = LLVMGetFirstFunction(l->mod); func; func = LLVMGetNextFunction(func))
		if (!LLVMIsDeclaration(func) && !l->opt->software_bounds)
			keep_conditional_loads(func);
}
