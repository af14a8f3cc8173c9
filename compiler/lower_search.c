// SPDX-License-Identifier: GPL-2.0
/*
 * lower_search.c - loops that look for something in memory look at eight bytes at once
 *
 * strlen(), memchr(), memcmp() and what programs have of that kind are loops of a few
 * instructions a byte, or a word of 32 bits, and LLVM vectorises no loop that ends where
 * data say so. A loop is a search if all that it does is to load, compare, and count:
 *
 *	load ==, != load	bytes of two places
 *	load ==, != value	bytes, and a value that stays the same
 *	has a zero byte		words, as C libraries ask: (w - 0x01010101) & ~w & 0x80808080, where w
 *				may be a word xor a value that stays the same
 *	a counter		as in other loops
 *
 * In front of it comes another, which goes over the same memory in steps of 8 or 32 bytes as
 * long as the search would go on in all of the step and the step is inside of memory, and so
 * nothing traps. The search itself then begins there: it finds what ends it, or traps. So
 * the loop in front may stop too early, but never too late.
 *
 * Only searches of bytes that count are changed, and used if the count is not small: where they do
 * not count, as in strcmp(), most end within the first bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lower_loop.h"

enum {
	MAX_LOADS = 4,
	WORDS = 4,	/* of 8 bytes, in a step of a search of words */
	MIN_BYTES = 24,	/* of a search of bytes */
	INLINED = 50,	/* instructions; LLVM's threshold of 225 is counted in fives */
};

#define ONES	0x0101010101010101ull

/**
 * struct question - whether the search ends
 * @a, @b: loads; @b may be NULL
 * @value: what @a is xored with, i32; may be NULL
 * @zero: it ends if there is a zero byte; otherwise, if @a and @b differ
 */
struct question {
	const struct access *a, *b;
	LLVMValueRef value;
	bool zero;
};

/**
 * struct search - a loop that looks for something
 * @unit: bytes of memory that each iteration goes on in each place
 * @step: the same, of the loop in front
 */
struct search {
	struct loop loop;
	struct question questions[MAX_BLOCKS];
	u32 nr_questions;
	struct condition conditions[MAX_BLOCKS];
	u32 nr_conditions;
	u32 unit, step;
};

/* ---- is it one? ---- */

static LLVMBasicBlockRef only_predecessor(LLVMBasicBlockRef block)
{
	LLVMUseRef use = LLVMGetFirstUse(LLVMBasicBlockAsValue(block));

	if (!use || LLVMGetNextUse(use) || !LLVMIsABranchInst(LLVMGetUser(use)))
		return NULL;
	return LLVMGetInstructionParent(LLVMGetUser(use));
}

/* the blocks of the loop from @block to @latch, each with one way in */
static bool find_blocks(struct loop *loop, LLVMBasicBlockRef block, LLVMBasicBlockRef latch)
{
	LLVMBasicBlockRef b, back[MAX_BLOCKS];
	u32 nr = 0;

	for (b = latch; b; b = only_predecessor(b)) {
		if (nr == MAX_BLOCKS || !LLVMIsABranchInst(LLVMGetBasicBlockTerminator(b)))
			return false;
		back[nr++] = b;
		if (b == block)
			break;
	}
	if (!b)
		return false;
	loop->block = block;
	for (loop->nr_blocks = 0; nr; loop->nr_blocks++)
		loop->blocks[loop->nr_blocks] = back[--nr];
	return true;
}

static bool find_chain(struct loop *loop, LLVMBasicBlockRef block)
{
	LLVMValueRef phi = LLVMGetFirstInstruction(block);
	LLVMBasicBlockRef from;
	u32 i;

	if (!phi || !LLVMIsAPHINode(phi) || LLVMCountIncoming(phi) != 2)
		return false;
	for (i = 0; i < 2; i++) {
		from = LLVMGetIncomingBlock(phi, i);
		if (find_blocks(loop, block, from)) {
			loop->preheader = loop_find_preheader(block, from);
			return loop->preheader;
		}
	}
	return false;
}

static bool add_load(struct loop *loop, LLVMValueRef instr)
{
	struct lower *l = loop->l;
	struct access *a = &loop->accesses[loop->nr_accesses];

	if (loop->nr_accesses == MAX_LOADS || LLVMGetOrdering(instr) != LLVMAtomicOrderingNotAtomic ||
	    LLVMGetMetadata(instr, l->kind_tbaa) != l->alias[LOWER_ALIAS_MEMORY] ||
	    !loop_find_address(loop, a, LLVMGetOperand(instr, 0)))
		return false;
	a->instr = instr;
	a->size = LLVMTypeOf(instr) == l->i8 ? 1 : LLVMTypeOf(instr) == l->i32 ? 4 : 0;
	loop->nr_accesses++;
	return a->offset < 1u << 31;
}

/* nothing but loads that go on by their size each iteration, and what is free of effects */
static bool find_loads(struct search *search)
{
	struct loop *loop = &search->loop;
	LLVMValueRef instr;
	u32 i, nr = 0;

	for (i = 0; i < loop->nr_blocks; i++) {
		for (instr = LLVMGetFirstInstruction(loop->blocks[i]);
		     instr != LLVMGetBasicBlockTerminator(loop->blocks[i]);
		     instr = LLVMGetNextInstruction(instr)) {
			if (++nr > MAX_INSTRS)
				return false;
			if (LLVMIsAPHINode(instr) ? !loop_find_counter(loop, instr) :
			    LLVMIsALoadInst(instr) ? !add_load(loop, instr) :
			    LLVMIsAStoreInst(instr) || !loop_is_simple(instr))
				return false;
		}
	}
	for (i = 0; i < loop->nr_accesses; i++) {
		search->unit = loop->accesses[0].size;
		if (loop->accesses[i].size != search->unit || !search->unit ||
		    loop_stride(loop, &loop->accesses[i].at) != (s32)search->unit)
			return false;
	}
	return loop->nr_accesses;
}

static bool is_number(LLVMValueRef v, u32 number)
{
	return LLVMIsAConstantInt(v) && (u32)LLVMConstIntGetZExtValue(v) == number;
}

static bool is_op(LLVMValueRef v, LLVMOpcode op)
{
	return LLVMIsAInstruction(v) && LLVMGetInstructionOpcode(v) == op;
}

/* the load of the loop that @v, of 32 bits, is the value of, extended by zeros */
static const struct access *find_load(const struct loop *loop, LLVMValueRef v)
{
	u32 i;

	if (is_op(v, LLVMAnd) && is_number(LLVMGetOperand(v, 1), 0xff) &&
	    is_op(LLVMGetOperand(v, 0), LLVMZExt) &&
	    LLVMTypeOf(LLVMGetOperand(LLVMGetOperand(v, 0), 0)) == loop->l->i8)
		v = LLVMGetOperand(v, 0);
	if (is_op(v, LLVMZExt))
		v = LLVMGetOperand(v, 0);
	for (i = 0; i < loop->nr_accesses; i++)
		if (loop->accesses[i].instr == v)
			return &loop->accesses[i];
	return NULL;
}

/* the operands of a tree of and: ~w, w - ONES, and 0x80808080, in any order */
struct leaves {
	LLVMValueRef inverted, less;
	bool high;
	u32 nr;
};

static bool find_leaves(struct leaves *leaves, LLVMValueRef v)
{
	if (is_op(v, LLVMAnd))
		return find_leaves(leaves, LLVMGetOperand(v, 0)) &&
		       find_leaves(leaves, LLVMGetOperand(v, 1));
	if (is_op(v, LLVMXor) && is_number(LLVMGetOperand(v, 1), ~0u))
		leaves->inverted = LLVMGetOperand(v, 0);
	else if ((is_op(v, LLVMAdd) && is_number(LLVMGetOperand(v, 1), -(u32)ONES)) ||
		 (is_op(v, LLVMSub) && is_number(LLVMGetOperand(v, 1), (u32)ONES)))
		leaves->less = LLVMGetOperand(v, 0);
	else if (is_number(v, (u32)(ONES << 7)))
		leaves->high = true;
	return ++leaves->nr <= 3;
}

/* is @v not zero if, and only if, a word has a zero byte? */
static bool find_zero_byte(const struct loop *loop, LLVMValueRef v, struct question *q)
{
	struct leaves leaves = { 0 };
	LLVMValueRef w;
	u32 i;

	if (!find_leaves(&leaves, v) || leaves.nr != 3 || !leaves.high || !leaves.inverted ||
	    leaves.inverted != leaves.less)
		return false;
	w = leaves.inverted;
	q->zero = true;
	q->a = find_load(loop, w);
	if (q->a || !is_op(w, LLVMXor))
		return q->a;
	for (i = 0; i < 2 && !q->a; i++) {
		q->a = find_load(loop, LLVMGetOperand(w, i));
		q->value = LLVMGetOperand(w, 1 - i);
	}
	return q->a && loop_is_outside(loop, q->value);
}

/* what @br asks of data, if it goes to @stay as long as the search goes on */
static bool find_question(const struct search *search, LLVMValueRef br, LLVMBasicBlockRef stay,
			  struct question *q)
{
	const struct loop *loop = &search->loop;
	bool opposite = LLVMGetSuccessor(br, 0) != stay, equal;
	LLVMValueRef cmp = loop_find_comparison(LLVMGetCondition(br), &opposite), a, b;

	if (!cmp || LLVMTypeOf(LLVMGetOperand(cmp, 0)) != loop->l->i32 ||
	    (LLVMGetICmpPredicate(cmp) != LLVMIntEQ && LLVMGetICmpPredicate(cmp) != LLVMIntNE))
		return false;
	/* goes on if equal? */
	equal = (LLVMGetICmpPredicate(cmp) == LLVMIntEQ) != opposite;
	a = LLVMGetOperand(cmp, 0);
	b = LLVMGetOperand(cmp, 1);
	if (search->unit == 4 && equal && is_number(b, 0) && find_zero_byte(loop, a, q))
		return true;
	*q = (struct question){ .a = find_load(loop, a), .b = find_load(loop, b) };
	if (q->a && q->b)
		return equal;
	if (!q->a) {
		q->a = q->b;
		q->b = NULL;
		b = a;
	}
	q->zero = true;
	q->value = b;
	return q->a && search->unit == 1 && !equal && loop_is_outside(loop, b);
}

static bool find_questions(struct search *search)
{
	struct loop *loop = &search->loop;
	LLVMBasicBlockRef next;
	LLVMValueRef br;
	u32 i;

	for (i = 0; i < loop->nr_blocks; i++) {
		br = LLVMGetBasicBlockTerminator(loop->blocks[i]);
		next = i + 1 < loop->nr_blocks ? loop->blocks[i + 1] : loop->block;
		if (!LLVMIsConditional(br))
			continue;
		if (LLVMGetSuccessor(br, 0) == LLVMGetSuccessor(br, 1))
			return false;
		if (find_question(search, br, next, &search->questions[search->nr_questions]))
			search->nr_questions++;
		else if (loop_find_condition(loop, br, next, &search->conditions[search->nr_conditions]))
			search->nr_conditions++;
		else
			return false;
	}
	for (i = 0; i < search->nr_questions; i++)
		if (search->unit == 4 && !search->questions[i].zero)
			return false;
	return search->nr_questions && (search->unit == 4 || search->nr_conditions);
}

/* ---- the loop in front ---- */

static LLVMValueRef least(struct lower *l, LLVMValueRef a, LLVMValueRef b)
{
	LLVMValueRef args[] = { a, b };

	return a ? lower_intrinsic(l, "llvm.umin", &l->i64, 1, args, 2) : b;
}

static LLVMValueRef shifted(struct lower *l, LLVMValueRef v, u32 divisor)
{
	return LLVMBuildLShr(l->b, v, lower_i64(l, __builtin_ctz(divisor)), "");
}

/* i64: how many steps are before the end of what is counted; false if that cannot be counted */
static bool count_steps(struct search *search, LLVMValueRef *steps, LLVMValueRef *known)
{
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	u32 i;

	*steps = lower_i64(l, ~0u);
	*known = LLVMConstInt(l->i1, 1, 0);
	for (i = 0; i < search->nr_conditions; i++) {
		if (!loop_count_repeats(loop, &search->conditions[i]))
			return false;
		*known = LLVMBuildAnd(l->b, *known, loop->known, "");
		*steps = least(l, *steps, shifted(l, loop->repeats, search->step / search->unit));
	}
	return true;
}

/* i64: how many of @steps are inside of memory */
static LLVMValueRef steps_inside(struct search *search, LLVMValueRef steps)
{
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	LLVMValueRef size = lower_memory_bytes(l, 0), bytes = NULL, args[2];
	u32 i;

	for (i = 0; i < loop->nr_accesses; i++) {
		args[0] = size;
		args[1] = LLVMBuildZExt(l->b, loop_first_value(loop, &loop->accesses[i].at), l->i64, "");
		args[1] = LLVMBuildNUWAdd(l->b, args[1], lower_i64(l, loop->accesses[i].offset), "");
		bytes = least(l, bytes, lower_intrinsic(l, "llvm.usub.sat", &l->i64, 1, args, 2));
	}
	return least(l, steps, shifted(l, bytes, search->step));
}

/* 64 bits of what a load loads, @offset bytes on */
static LLVMValueRef load_word(struct search *search, const struct access *a, const LLVMValueRef *at,
			      u32 offset)
{
	struct lower *l = search->loop.l;
	LLVMValueRef index = at[a - search->loop.accesses], v;

	v = LLVMBuildInBoundsGEP2(l->b, l->i8, l->ctx, &index, 1, "");
	v = lower_load(l, l->i64, lower_offset(l, v, a->offset + offset), LOWER_ALIAS_MEMORY);
	LLVMSetAlignment(v, 1);
	return v;
}

/* @value in all bytes or words */
static LLVMValueRef spread(struct search *search, LLVMValueRef value)
{
	struct lower *l = search->loop.l;

	if (search->unit == 1)
		value = LLVMBuildAnd(l->b, value, lower_i32(l, 0xff), "");
	return LLVMBuildMul(l->b, LLVMBuildZExt(l->b, value, l->i64, ""),
			    lower_i64(l, search->unit == 1 ? ONES : 1ull << 32 | 1), "");
}

/*
 * i1: does the search go on in all of a step? @values: what the questions' loads are xored with.
 * If @quick, all words are asked only whether they have zero bytes, or such above 0x80.
 */
static LLVMValueRef goes_on(struct search *search, const LLVMValueRef *at,
			    const LLVMValueRef *values, bool quick)
{
	LLVMValueRef same = NULL, none = NULL, result = NULL, v, less;
	struct lower *l = search->loop.l;
	const struct question *q;
	u32 i, offset;

	for (offset = 0; offset < search->step; offset += 8) {
		for (i = 0; i < search->nr_questions; i++) {
			q = &search->questions[i];
			v = load_word(search, q->a, at, offset);
			if (!q->zero) {
				v = LLVMBuildXor(l->b, v, load_word(search, q->b, at, offset), "");
				same = same ? LLVMBuildOr(l->b, same, v, "") : v;
				continue;
			}
			if (values[i])
				v = LLVMBuildXor(l->b, v, values[i], "");
			if (quick) {
				v = LLVMBuildSub(l->b, v, lower_i64(l, ONES), "");
				same = same ? LLVMBuildOr(l->b, same, v, "") : v;
				continue;
			}
			/* ~(v - ONES) | v: all bytes' highest bits are set if none is zero */
			less = LLVMBuildSub(l->b, lower_i64(l, ONES - 1), v, "");
			v = LLVMBuildOr(l->b, less, v, "");
			none = none ? LLVMBuildAnd(l->b, none, v, "") : v;
		}
	}
	if (quick)
		same = LLVMBuildAnd(l->b, same, lower_i64(l, ONES << 7), "");
	if (same)
		result = LLVMBuildICmp(l->b, LLVMIntEQ, same, lower_i64(l, 0), "");
	if (none) {
		v = LLVMBuildAnd(l->b, none, lower_i64(l, ONES << 7), "");
		v = LLVMBuildICmp(l->b, LLVMIntEQ, v, lower_i64(l, ONES << 7), "");
		result = result ? LLVMBuildAnd(l->b, result, v, "") : v;
	}
	return result;
}

/* the search may begin at @from as well, after @steps */
static void enter_behind(struct search *search, LLVMBasicBlockRef from, LLVMValueRef steps)
{
	struct lower *l = search->loop.l;
	LLVMValueRef iterations;

	LLVMPositionBuilderAtEnd(l->b, from);
	iterations = LLVMBuildMul(l->b, LLVMBuildTrunc(l->b, steps, l->i32, ""),
				  lower_i32(l, search->step / search->unit), "");
	loop_enter_behind(&search->loop, from, iterations);
}

/* LLVM inlined the function as it was; it still should */
static void keep_inlined(struct lower *l, LLVMValueRef func)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName("inlinehint", strlen("inlinehint"));
	LLVMBasicBlockRef block;
	LLVMValueRef instr;
	u32 nr = 0;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block))
		for (instr = LLVMGetFirstInstruction(block); instr && nr < INLINED;
		     instr = LLVMGetNextInstruction(instr))
			nr++;
	if (nr < INLINED)
		LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex,
					LLVMCreateEnumAttribute(l->llvm, kind, 0));
}

static void build(struct search *search)
{
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	LLVMValueRef br = LLVMGetBasicBlockTerminator(loop->preheader), known, steps, last, count, next;
	LLVMValueRef first[MAX_LOADS], at[MAX_LOADS], values[MAX_BLOCKS] = { 0 }, phi, moved, start;
	LLVMBasicBlockRef inside, tests, block, on, done, ask;
	u32 i;

	LLVMPositionBuilderBefore(l->b, br);
	if (!count_steps(search, &steps, &known))
		return;
	keep_inlined(l, LLVMGetBasicBlockParent(loop->block));
	inside = lower_block(l, "tests");
	tests = lower_block(l, "tests");
	block = lower_block(l, "search");
	on = lower_block(l, "search");
	done = lower_block(l, "found");
	known = LLVMBuildAnd(l->b, known, LLVMBuildICmp(l->b, LLVMIntUGE, steps,
			     lower_i64(l, search->unit == 1 ? MIN_BYTES / 8 : 1), ""), "");
	LLVMInstructionEraseFromParent(br);
	LLVMPositionBuilderAtEnd(l->b, loop->preheader);
	LLVMBuildCondBr(l->b, known, inside, loop->block);

	LLVMPositionBuilderAtEnd(l->b, inside);
	steps = steps_inside(search, steps);
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntNE, steps, lower_i64(l, 0), ""), tests,
			loop->block);
	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		start = loop_find_counter(loop, phi)->start;
		LLVMAddIncoming(phi, &start, &inside, 1);
	}

	LLVMPositionBuilderAtEnd(l->b, tests);
	/* opaque, and bounded, for the checker to see: as in copies of loops */
	for (i = 0; i < loop->nr_accesses; i++)
		first[i] = lower_opaque(l, loop_first_value(loop, &loop->accesses[i].at));
	for (i = 0; i < search->nr_questions; i++)
		if (search->questions[i].value)
			values[i] = spread(search, search->questions[i].value);
	last = LLVMBuildSub(l->b, LLVMBuildTrunc(l->b, steps, l->i32, ""), lower_i32(l, 1), "");
	last = LLVMBuildAnd(l->b, lower_opaque(l, last),
			    lower_i64(l, (1ull << 32) / search->step - 1), "");
	LLVMBuildBr(l->b, block);

	LLVMPositionBuilderAtEnd(l->b, block);
	count = LLVMBuildPhi(l->b, l->i64, "");
	moved = LLVMBuildNUWMul(l->b, count, lower_i64(l, search->step), "");
	for (i = 0; i < loop->nr_accesses; i++)
		at[i] = LLVMBuildNUWAdd(l->b, first[i], moved, "");
	ask = block;
	if (search->unit == 4) {
		ask = lower_block(l, "search");
		LLVMBuildCondBr(l->b, goes_on(search, at, values, true), on, ask);
		LLVMPositionBuilderAtEnd(l->b, ask);
	}
	LLVMBuildCondBr(l->b, goes_on(search, at, values, false), on, done);

	LLVMPositionBuilderAtEnd(l->b, on);
	next = LLVMBuildNUWAdd(l->b, count, lower_i64(l, 1), "");
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, count, last, ""), done, block);
	LLVMAddIncoming(count, (LLVMValueRef[]){ lower_i64(l, 0), next },
			(LLVMBasicBlockRef[]){ tests, on }, 2);

	LLVMPositionBuilderAtEnd(l->b, done);
	phi = LLVMBuildPhi(l->b, l->i64, "");
	LLVMAddIncoming(phi, (LLVMValueRef[]){ count, next }, (LLVMBasicBlockRef[]){ ask, on }, 2);
	enter_behind(search, done, phi);
}

void lower_search(struct lower *l, LLVMBasicBlockRef block)
{
	struct search *search = xcalloc(1, sizeof(*search));

	search->loop.l = l;
	if (find_chain(&search->loop, block)) {
		loop_find_counters(&search->loop);
		if (find_loads(search) && find_questions(search)) {
			search->step = search->unit == 1 ? 8 : 8 * WORDS;
			build(search);
		}
	}
	free(search);
}
