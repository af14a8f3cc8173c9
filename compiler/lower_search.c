// SPDX-License-Identifier: GPL-2.0
/*
 * lower_search.c - loops that look for something in memory look at 8 or 32 bytes at once
 *
 * strlen(), memchr(), memcmp() and what programs have of that kind are loops of a few
 * instructions a byte, or a word of 32 or 64 bits, and LLVM vectorises no loop that ends where
 * data say so. A loop is a search if all that it does is to load, compare, and count:
 *
 *	load ==, != load	bytes of two places
 *	load ==, != value	bytes, and a value that stays the same
 *	has a zero byte		words that follow each other, as libraries ask:
 *				(w - 0x01010101) & ~w & 0x80808080 is not zero, or
 *				((0x01010100 - w) | w) & 0x80808080 is not 0x80808080, where w
 *				may be a word xor a value that stays the same
 *	a counter		as in other loops
 *
 * Another loop goes over the same memory in steps of 8 or 64 bytes as long as the search would
 * go on in all of the step and the step is inside of memory, and so nothing traps. The search
 * itself then goes on there: it finds what ends it, or traps. So the other loop may stop too
 * early, but never too late.
 *
 * Only searches of bytes that count are changed: where they do not count, as in strcmp(), most end
 * within the first bytes. Their other loop is in front, and used if the count is not small. To
 * that of words the search goes when it has gone on for a while, for most strings are short.
 */
#include <stdlib.h>
#include <string.h>

#include "lower_loop.h"

enum {
	MAX_LOADS = 4,
	WIDE = 32,	/* bytes that are asked about at once, of words */
	UNROLLED = 2,	/* so many of them are a step, before it is asked whether there are more */
	WAIT = 64,	/* bytes that a search of words goes on before */
	MAX_QUESTIONS = 8,
	MIN_BYTES = 24,	/* of a search of bytes */
	INLINED = 50,	/* instructions; LLVM's threshold of 225 is counted in fives */
};

#define ONES	0x0101010101010101ull

/**
 * struct question - whether the search ends
 * @a, @b: loads; @b may be NULL
 * @value: what @a is xored with, of its type or i32; may be NULL
 * @zero: it ends if there is a zero byte; otherwise, if @a and @b differ
 */
struct question {
	const struct access *a, *b;
	LLVMValueRef value;
	bool zero;
};

/**
 * struct search - a loop that looks for something
 * @words: it loads words, all at the same place
 * @unit: bytes of memory that each iteration goes on in each place
 * @step: the same, of the other loop
 */
struct search {
	struct loop loop;
	struct question questions[MAX_QUESTIONS];
	u32 nr_questions;
	struct condition conditions[MAX_BLOCKS];
	u32 nr_conditions;
	bool words;
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
	a->size = LLVMTypeOf(instr) == l->i8 ? 1 : LLVMTypeOf(instr) == l->i32 ? 4 :
		  LLVMTypeOf(instr) == l->i64 ? 8 : 0;
	loop->nr_accesses++;
	return a->offset < 1u << 31;
}

/* does @a load from the @unit bytes that begin where @first does? */
static bool is_near(const struct access *first, const struct access *a, u32 unit)
{
	s64 distance = (s32)(a->at.constant - first->at.constant);

	return loop_same_terms(&a->at, &first->at) && distance >= 0 && a->offset >= first->offset &&
	       distance + (a->offset - first->offset) + a->size <= unit;
}

/* all words of an iteration are beside each other; the first is made the first access */
static bool are_near(struct loop *loop, u32 unit)
{
	struct access swap;
	u32 first, i;

	for (first = 0; first < loop->nr_accesses; first++) {
		for (i = 0; i < loop->nr_accesses; i++)
			if (!is_near(&loop->accesses[first], &loop->accesses[i], unit))
				break;
		if (i == loop->nr_accesses) {
			swap = loop->accesses[0];
			loop->accesses[0] = loop->accesses[first];
			loop->accesses[first] = swap;
			return true;
		}
	}
	return false;
}

/* nothing but loads that go on each iteration, and what is free of effects */
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
	if (!loop->nr_accesses)
		return false;
	search->words = loop->accesses[0].size > 1;
	search->unit = loop_stride(loop, &loop->accesses[0].at);
	for (i = 0; i < loop->nr_accesses; i++)
		if (!loop->accesses[i].size || (loop->accesses[i].size > 1) != search->words ||
		    loop_stride(loop, &loop->accesses[i].at) != (s32)search->unit)
			return false;
	if (!search->words)
		return search->unit == 1;
	return search->unit >= 4 && search->unit <= WIDE / 2 &&
	       !(search->unit & (search->unit - 1)) && are_near(loop, search->unit);
}

/* is @v a constant, the lowest bits of @number? */
static bool is_number(LLVMValueRef v, u64 number)
{
	u64 bits;

	if (!LLVMIsAConstantInt(v) || LLVMGetIntTypeWidth(LLVMTypeOf(v)) > 64)
		return false;
	bits = ~0ull >> (64 - LLVMGetIntTypeWidth(LLVMTypeOf(v)));
	return !((LLVMConstIntGetZExtValue(v) ^ number) & bits);
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

/* is @w a word, or one xor what stays the same? */
static bool find_word(const struct loop *loop, LLVMValueRef w, struct question *q)
{
	u32 i;

	*q = (struct question){ .a = find_load(loop, w), .zero = true };
	for (i = 0; i < 2 && !q->a && is_op(w, LLVMXor); i++) {
		q->a = find_load(loop, LLVMGetOperand(w, i));
		q->value = LLVMGetOperand(w, 1 - i);
	}
	return q->a && q->a->size > 1 && (!q->value || loop_is_outside(loop, q->value));
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
	if (is_op(v, LLVMXor) && is_number(LLVMGetOperand(v, 1), ~0ull))
		leaves->inverted = LLVMGetOperand(v, 0);
	else if ((is_op(v, LLVMAdd) && is_number(LLVMGetOperand(v, 1), -ONES)) ||
		 (is_op(v, LLVMSub) && is_number(LLVMGetOperand(v, 1), ONES)))
		leaves->less = LLVMGetOperand(v, 0);
	else if (is_number(v, ONES << 7))
		leaves->high = true;
	return ++leaves->nr <= 3;
}

/* is @v not zero if, and only if, a word has a zero byte? */
static bool find_zero_byte(const struct loop *loop, LLVMValueRef v, struct question *q)
{
	struct leaves leaves = { 0 };

	return find_leaves(&leaves, v) && leaves.nr == 3 && leaves.high && leaves.inverted &&
	       leaves.inverted == leaves.less && find_word(loop, leaves.inverted, q);
}

/* does @y have the highest bits of the bytes of the word of @q? */
static bool has_high_bits(const struct loop *loop, LLVMValueRef y, const struct question *q)
{
	struct question other;

	if (!find_word(loop, y, &other) || other.a != q->a)
		return false;
	return other.value == q->value ||
	       (!other.value && LLVMIsAConstantInt(q->value) &&
		!(LLVMConstIntGetZExtValue(q->value) & ONES << 7));
}

/* (ONES - 1 - w) | w: the highest bits of all bytes are set if, and only if, none is zero */
static bool find_high_bits(const struct loop *loop, LLVMValueRef v, struct question *q)
{
	LLVMValueRef less;
	u32 i;

	for (i = 0; i < 2 && is_op(v, LLVMOr); i++) {
		less = LLVMGetOperand(v, i);
		if (is_op(less, LLVMSub) && is_number(LLVMGetOperand(less, 0), ONES - 1) &&
		    find_word(loop, LLVMGetOperand(less, 1), q) &&
		    has_high_bits(loop, LLVMGetOperand(v, 1 - i), q))
			return true;
	}
	return false;
}

/* a tree of and of such, and 0x80808080; @high: whether that is there */
static bool find_all_high_bits(struct search *search, LLVMValueRef v, bool *high)
{
	if (is_op(v, LLVMAnd))
		return find_all_high_bits(search, LLVMGetOperand(v, 0), high) &&
		       find_all_high_bits(search, LLVMGetOperand(v, 1), high);
	if (is_number(v, ONES << 7)) {
		*high = true;
		return true;
	}
	return search->nr_questions < MAX_QUESTIONS &&
	       find_high_bits(&search->loop, v, &search->questions[search->nr_questions++]);
}

/* the comparison that @br goes by, if it goes to @stay when that says so, of data for equality */
static LLVMValueRef find_equality(LLVMValueRef br, LLVMBasicBlockRef stay, bool *equal)
{
	bool opposite = LLVMGetSuccessor(br, 0) != stay;
	LLVMValueRef cmp = loop_find_comparison(LLVMGetCondition(br), &opposite);

	if (!cmp || (LLVMGetICmpPredicate(cmp) != LLVMIntEQ &&
		     LLVMGetICmpPredicate(cmp) != LLVMIntNE))
		return NULL;
	*equal = (LLVMGetICmpPredicate(cmp) == LLVMIntEQ) != opposite;
	return cmp;
}

/* what @br asks of words, if it goes to @stay as long as the search goes on */
static bool find_word_questions(struct search *search, LLVMValueRef br, LLVMBasicBlockRef stay)
{
	u32 nr = search->nr_questions;
	bool equal, high = false;
	LLVMValueRef cmp = find_equality(br, stay, &equal), a, b;

	if (!cmp || !equal || nr == MAX_QUESTIONS)
		return false;
	a = LLVMGetOperand(cmp, LLVMIsAConstantInt(LLVMGetOperand(cmp, 0)) != NULL);
	b = LLVMGetOperand(cmp, a == LLVMGetOperand(cmp, 0));
	if (is_number(b, 0) && find_zero_byte(&search->loop, a, &search->questions[nr])) {
		search->nr_questions++;
		return true;
	}
	if (is_number(b, ONES << 7) && find_all_high_bits(search, a, &high) && high &&
	    search->nr_questions > nr)
		return true;
	search->nr_questions = nr;
	return false;
}

/* what @br asks of bytes, if it goes to @stay as long as the search goes on */
static bool find_byte_question(struct search *search, LLVMValueRef br, LLVMBasicBlockRef stay)
{
	const struct loop *loop = &search->loop;
	struct question *q = &search->questions[search->nr_questions];
	bool equal;
	LLVMValueRef cmp = find_equality(br, stay, &equal), a, b;

	if (!cmp || LLVMTypeOf(LLVMGetOperand(cmp, 0)) != loop->l->i32)
		return false;
	a = LLVMGetOperand(cmp, 0);
	b = LLVMGetOperand(cmp, 1);
	*q = (struct question){ .a = find_load(loop, a), .b = find_load(loop, b) };
	search->nr_questions++;
	if (q->a && q->b)
		return equal;
	if (!q->a) {
		q->a = q->b;
		q->b = NULL;
		b = a;
	}
	q->zero = true;
	q->value = b;
	return q->a && !equal && loop_is_outside(loop, b);
}

static bool find_questions(struct search *search)
{
	struct loop *loop = &search->loop;
	LLVMBasicBlockRef next;
	LLVMValueRef br;
	u32 i, nr;

	for (i = 0; i < loop->nr_blocks; i++) {
		br = LLVMGetBasicBlockTerminator(loop->blocks[i]);
		next = i + 1 < loop->nr_blocks ? loop->blocks[i + 1] : loop->block;
		if (!LLVMIsConditional(br))
			continue;
		if (LLVMGetSuccessor(br, 0) == LLVMGetSuccessor(br, 1))
			return false;
		nr = search->nr_questions;
		if (search->words ? find_word_questions(search, br, next) :
		    find_byte_question(search, br, next))
			continue;
		search->nr_questions = nr;
		if (!loop_find_condition(loop, br, next,
					 &search->conditions[search->nr_conditions++]))
			return false;
	}
	return search->nr_questions && (search->words || search->nr_conditions);
}

/* ---- the other loop ---- */

static LLVMValueRef least(struct lower *l, LLVMValueRef a, LLVMValueRef b)
{
	LLVMTypeRef type = LLVMTypeOf(b);
	LLVMValueRef args[] = { a, b };

	return a ? lower_intrinsic(l, "llvm.umin", &type, 1, args, 2) : b;
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

/* i64: how many steps are inside of memory from what @a loads first, if that is at @at (i32) */
static LLVMValueRef count_inside(struct search *search, const struct access *a, LLVMValueRef at)
{
	struct lower *l = search->loop.l;
	LLVMValueRef args[] = { lower_memory_bytes(l, 0), LLVMBuildZExt(l->b, at, l->i64, "") };

	args[1] = LLVMBuildNUWAdd(l->b, args[1], lower_i64(l, a->offset), "");
	return shifted(l, lower_intrinsic(l, "llvm.usub.sat", &l->i64, 1, args, 2), search->step);
}

/* a value of memory, @offset bytes behind @index */
static LLVMValueRef load(struct lower *l, LLVMTypeRef type, LLVMValueRef index, u64 offset)
{
	LLVMValueRef v = LLVMBuildInBoundsGEP2(l->b, l->i8, l->ctx, &index, 1, "");

	v = lower_load(l, type, lower_offset(l, v, offset), LOWER_ALIAS_MEMORY);
	LLVMSetAlignment(v, 1);
	return v;
}

static LLVMValueRef either(struct lower *l, LLVMValueRef a, LLVMValueRef b)
{
	return a ? LLVMBuildOr(l->b, a, b, "") : b;
}

/* i1: has none of the bytes of 64 bits that were asked a zero? @all: as no_zero_byte() makes it */
static LLVMValueRef are_none(struct lower *l, LLVMValueRef all)
{
	LLVMValueRef high = lower_i64(l, ONES << 7);

	return LLVMBuildICmp(l->b, LLVMIntEQ, LLVMBuildAnd(l->b, all, high, ""), high, "");
}

/* ~(v - ONES) | v, and @all: all bytes' highest bits are set if none is zero */
static LLVMValueRef no_zero_byte(struct lower *l, LLVMValueRef all, LLVMValueRef v)
{
	v = LLVMBuildOr(l->b, LLVMBuildSub(l->b, lower_i64(l, ONES - 1), v, ""), v, "");
	return all ? LLVMBuildAnd(l->b, all, v, "") : v;
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

/* ---- of bytes ---- */

/* i1: does the search go on in all of a step? @values: what the questions' loads are xored with */
static LLVMValueRef bytes_go_on(struct search *search, const LLVMValueRef *at,
				const LLVMValueRef *values)
{
	LLVMValueRef same = NULL, none = NULL, result = NULL, v;
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	const struct question *q;
	u32 i;

	for (i = 0; i < search->nr_questions; i++) {
		q = &search->questions[i];
		v = load(l, l->i64, at[q->a - loop->accesses], q->a->offset);
		if (q->zero)
			none = no_zero_byte(l, none, LLVMBuildXor(l->b, v, values[i], ""));
		else
			same = either(l, same, LLVMBuildXor(l->b, v, load(l, l->i64,
				      at[q->b - loop->accesses], q->b->offset), ""));
	}
	if (same)
		result = LLVMBuildICmp(l->b, LLVMIntEQ, same, lower_i64(l, 0), "");
	if (none) {
		v = are_none(l, none);
		result = result ? LLVMBuildAnd(l->b, result, v, "") : v;
	}
	return result;
}

/* a value in all bytes */
static LLVMValueRef spread_byte(struct lower *l, LLVMValueRef value)
{
	value = LLVMBuildAnd(l->b, value, lower_i32(l, 0xff), "");
	return LLVMBuildMul(l->b, LLVMBuildZExt(l->b, value, l->i64, ""), lower_i64(l, ONES), "");
}

/* a loop in front, of one block, which counts its steps */
static void build_bytes(struct search *search)
{
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	LLVMValueRef br = LLVMGetBasicBlockTerminator(loop->preheader), known, steps, last, count;
	LLVMValueRef first[MAX_LOADS], at[MAX_LOADS], values[MAX_QUESTIONS] = { 0 };
	LLVMValueRef next, phi, moved, start;
	LLVMBasicBlockRef inside, tests, block, on, done;
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
			     lower_i64(l, MIN_BYTES / search->step), ""), "");
	LLVMInstructionEraseFromParent(br);
	LLVMPositionBuilderAtEnd(l->b, loop->preheader);
	LLVMBuildCondBr(l->b, known, inside, loop->block);

	LLVMPositionBuilderAtEnd(l->b, inside);
	for (i = 0; i < loop->nr_accesses; i++) {
		start = loop_first_value(loop, &loop->accesses[i].at);
		steps = least(l, steps, count_inside(search, &loop->accesses[i], start));
	}
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
			values[i] = spread_byte(l, search->questions[i].value);
	last = LLVMBuildSub(l->b, LLVMBuildTrunc(l->b, steps, l->i32, ""), lower_i32(l, 1), "");
	last = LLVMBuildAnd(l->b, lower_opaque(l, last),
			    lower_i64(l, (1ull << 32) / search->step - 1), "");
	LLVMBuildBr(l->b, block);

	LLVMPositionBuilderAtEnd(l->b, block);
	count = LLVMBuildPhi(l->b, l->i64, "");
	moved = LLVMBuildNUWMul(l->b, count, lower_i64(l, search->step), "");
	for (i = 0; i < loop->nr_accesses; i++)
		at[i] = LLVMBuildNUWAdd(l->b, first[i], moved, "");
	LLVMBuildCondBr(l->b, bytes_go_on(search, at, values), on, done);

	LLVMPositionBuilderAtEnd(l->b, on);
	next = LLVMBuildNUWAdd(l->b, count, lower_i64(l, 1), "");
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, count, last, ""), done, block);
	LLVMAddIncoming(count, (LLVMValueRef[]){ lower_i64(l, 0), next },
			(LLVMBasicBlockRef[]){ tests, on }, 2);

	LLVMPositionBuilderAtEnd(l->b, done);
	phi = LLVMBuildPhi(l->b, l->i64, "");
	LLVMAddIncoming(phi, (LLVMValueRef[]){ count, next }, (LLVMBasicBlockRef[]){ block, on }, 2);
	loop_enter_behind(loop, done, LLVMBuildMul(l->b, LLVMBuildTrunc(l->b, phi, l->i32, ""),
						   lower_i32(l, search->step), ""));
}

/* ---- of words ---- */

/*
 * struct words - how the other loop looks at words
 * @vectors: 16 bytes at once; not in modules without floats, for which the kernel would then have to keep vectors
 * @values: what words are xored with before it is asked whether they have zero bytes; NULL: with nothing
 * @ones, @high: constants, which LLVM would make anew in each iteration if it knew what they are
 */
struct words {
	bool vectors;
	LLVMValueRef values[MAX_QUESTIONS];
	u32 nr_values;
	LLVMValueRef ones, high;
};

/* @v, of 32 or 64 bits, over and over */
static LLVMValueRef spread_word(struct lower *l, LLVMValueRef v, bool vectors)
{
	LLVMTypeRef pair = LLVMVectorType(l->i64, 2);

	if (LLVMTypeOf(v) == l->i32)
		v = LLVMBuildMul(l->b, LLVMBuildZExt(l->b, v, l->i64, ""),
				 lower_i64(l, 1ull << 32 | 1), "");
	if (!vectors)
		return v;
	v = LLVMBuildInsertElement(l->b, LLVMGetPoison(pair), v, lower_i32(l, 0), "");
	v = LLVMBuildShuffleVector(l->b, v, v, LLVMConstNull(LLVMVectorType(l->i32, 2)), "");
	return LLVMBuildBitCast(l->b, v, LLVMVectorType(l->i8, 16), "");
}

static void find_words(struct search *search, struct words *words)
{
	struct lower *l = search->loop.l;
	LLVMValueRef known[MAX_QUESTIONS], v;
	u32 i, k;

	*words = (struct words){ .vectors = l->m->uses_float };
	if (!words->vectors) {
		words->ones = lower_opaque(l, lower_i64(l, ONES));
		words->high = lower_opaque(l, lower_i64(l, ONES << 7));
	}
	for (i = 0; i < search->nr_questions; i++) {
		v = search->questions[i].value;
		for (k = 0; k < words->nr_values && known[k] != v; k++)
			;
		if (k < words->nr_values)
			continue;
		known[k] = v;
		words->values[words->nr_values++] = v ? spread_word(l, v, words->vectors) : NULL;
	}
}

static LLVMValueRef with_value(struct lower *l, LLVMValueRef v, LLVMValueRef value)
{
	return value ? LLVMBuildXor(l->b, v, value, "") : v;
}

/* i1: does the search go on in the WIDE bytes from @index and @offset on? */
static LLVMValueRef vectors_go_on(struct lower *l, LLVMValueRef index, u64 offset,
				  const struct words *words)
{
	LLVMTypeRef type = LLVMVectorType(l->i8, 16);
	LLVMValueRef all = NULL, v;
	u32 i, k;

	for (i = 0; i < WIDE; i += 16) {
		v = load(l, type, index, offset + i);
		for (k = 0; k < words->nr_values; k++)
			all = least(l, all, with_value(l, v, words->values[k]));
	}
	/* the least of so many bytes each: is one of those zero? */
	all = LLVMBuildICmp(l->b, LLVMIntEQ, all, LLVMConstNull(type), "");
	all = LLVMBuildBitCast(l->b, all, l->i16, "");
	return LLVMBuildICmp(l->b, LLVMIntEQ, all, LLVMConstNull(l->i16), "");
}

/*
 * The same. If @quick, also not if there are bytes above 0x80 (xor a value), which takes two
 * operations for each word, not three.
 */
static LLVMValueRef words_go_on(struct lower *l, LLVMValueRef index, u64 offset,
				const struct words *words, bool quick)
{
	LLVMValueRef all = NULL, word, v;
	u32 i, k;

	for (i = 0; i < WIDE; i += 8) {
		word = load(l, l->i64, index, offset + i);
		for (k = 0; k < words->nr_values; k++) {
			v = with_value(l, word, words->values[k]);
			if (quick)
				all = either(l, all, LLVMBuildSub(l->b, v, words->ones, ""));
			else
				all = no_zero_byte(l, all, v);
		}
	}
	if (!quick)
		return are_none(l, all);
	return LLVMBuildICmp(l->b, LLVMIntEQ, LLVMBuildAnd(l->b, all, words->high, ""),
			     lower_i64(l, 0), "");
}

/*
 * The other loop goes over at least one and at most @steps steps from @first on, and then to @done,
 * where the builder is afterwards. Returned is how far it went. What bounds its index, for the
 * checker to see, is each access: where an index goes on there was no trap.
 */
static LLVMValueRef build_wide(struct search *search, const struct words *words,
			       LLVMValueRef first, LLVMValueRef steps, LLVMBasicBlockRef done)
{
	LLVMBasicBlockRef from = LLVMGetInsertBlock(search->loop.l->b), ask = NULL, more;
	LLVMBasicBlockRef parts[UNROLLED + 1];
	u64 offset = search->loop.accesses[0].offset;
	LLVMValueRef last, index, asked = NULL, next, end, on;
	struct lower *l = search->loop.l;
	u32 i;

	last = LLVMBuildSub(l->b, steps, lower_i64(l, 1), "");
	last = LLVMBuildMul(l->b, last, lower_i64(l, search->step), "");
	last = LLVMBuildAdd(l->b, first, last, "");
	for (i = 0; i <= UNROLLED; i++)
		parts[i] = lower_block(l, "search");
	LLVMBuildBr(l->b, parts[0]);
	LLVMPositionBuilderAtEnd(l->b, done);
	end = LLVMBuildPhi(l->b, l->i64, "");
	if (!words->vectors) {
		ask = lower_block(l, "ask");
		LLVMPositionBuilderAtEnd(l->b, ask);
		asked = LLVMBuildPhi(l->b, l->i64, "");
	}
	LLVMPositionBuilderAtEnd(l->b, parts[0]);
	index = LLVMBuildPhi(l->b, l->i64, "");
	LLVMAddIncoming(index, &first, &from, 1);

	for (i = 0; i < UNROLLED; i++) {
		LLVMBasicBlockRef away = lower_block(l, "away");

		LLVMPositionBuilderAtEnd(l->b, parts[i]);
		on = words->vectors ? vectors_go_on(l, index, offset + i * WIDE, words) :
				      words_go_on(l, index, offset + i * WIDE, words, true);
		LLVMBuildCondBr(l->b, on, parts[i + 1], away);
		LLVMPositionBuilderAtEnd(l->b, away);
		next = LLVMBuildAdd(l->b, index, lower_i64(l, i * WIDE), "");
		LLVMAddIncoming(words->vectors ? end : asked, &next, &away, 1);
		LLVMBuildBr(l->b, words->vectors ? done : ask);
	}
	LLVMPositionBuilderAtEnd(l->b, parts[UNROLLED]);
	next = LLVMBuildAdd(l->b, index, lower_i64(l, search->step), "");
	LLVMAddIncoming(index, &next, &parts[UNROLLED], 1);
	LLVMAddIncoming(end, &next, &parts[UNROLLED], 1);
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntUGT, next, last, ""), done, parts[0]);

	if (ask) {
		LLVMPositionBuilderAtEnd(l->b, ask);
		more = lower_block(l, "ask");
		LLVMAddIncoming(end, &asked, &ask, 1);
		/* opaque, or what was loaded is kept in registers for here */
		on = words_go_on(l, lower_opaque(l, asked), offset, words, false);
		LLVMBuildCondBr(l->b, on, more, done);
		LLVMPositionBuilderAtEnd(l->b, more);
		next = LLVMBuildAdd(l->b, asked, lower_i64(l, WIDE), "");
		LLVMAddIncoming(index, &next, &more, 1);
		LLVMAddIncoming(end, &next, &more, 1);
		LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntUGT, next, last, ""), done, parts[0]);
	}

	LLVMPositionBuilderAtEnd(l->b, done);
	return LLVMBuildSub(l->b, end, first, "");
}

/* what a counter is in the next iteration; of one whose phi is still as it was */
static LLVMValueRef next_value(const struct loop *loop, const struct counter *counter)
{
	return LLVMGetIncomingValue(counter->phi, LLVMGetIncomingBlock(counter->phi, 0) !=
				    loop->blocks[loop->nr_blocks - 1]);
}

/* a way into the next iteration, or, if not NULL, that after @iterations (i32) more */
struct edge {
	LLVMBasicBlockRef from;
	LLVMValueRef iterations;
};

/* the loop is entered as before, and then by @edges only */
static void replace_phi(struct loop *loop, const struct counter *counter, struct edge *edges,
			u32 nr_edges)
{
	LLVMValueRef start = counter->start, next = next_value(loop, counter), step, v, new;
	struct lower *l = loop->l;
	u32 i;

	LLVMPositionBuilderBefore(l->b, counter->phi);
	new = LLVMBuildPhi(l->b, l->i32, "");
	LLVMAddIncoming(new, &start, &loop->preheader, 1);
	for (i = 0; i < nr_edges; i++) {
		v = next;
		if (edges[i].iterations) {
			LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(edges[i].from));
			step = lower_i32(l, counter->step);
			v = LLVMBuildMul(l->b, edges[i].iterations, step, "");
			v = LLVMBuildAdd(l->b, next, v, "");
		}
		LLVMAddIncoming(new, &v, &edges[i].from, 1);
	}
	LLVMReplaceAllUsesWith(counter->phi, new);
	LLVMInstructionEraseFromParent(counter->phi);
}

/* the counter that tells how far the search is: of the address, as others count what is left */
static const struct counter *find_clock(const struct search *search)
{
	const struct sum *at = &search->loop.accesses[0].at;
	const struct counter *counter;
	u32 i;

	for (i = 0; i < at->nr; i++) {
		counter = loop_find_counter(&search->loop, at->terms[i].v);
		if (counter && counter->step * (WAIT / search->unit) != 0)
			return counter;
	}
	return NULL;
}

/*
 * In @tests, whether there is a step to go over, and then over as many as there are, to @done. All
 * is computed from where the search is then (the counters' starts), and so not before it. Returns
 * the iterations (i32) that were gone over, or NULL if what is left cannot be counted.
 */
static LLVMValueRef build_way(struct search *search, LLVMBasicBlockRef tests,
			      LLVMBasicBlockRef done)
{
	LLVMBasicBlockRef wide = lower_block(search->loop.l, "wide");
	LLVMValueRef steps, known, at, moved;
	struct loop *loop = &search->loop;
	struct lower *l = loop->l;
	struct words words;

	LLVMPositionBuilderAtEnd(l->b, tests);
	if (!count_steps(search, &steps, &known)) {
		LLVMDeleteBasicBlock(wide);
		return NULL;
	}
	at = loop_first_value(loop, &loop->accesses[0].at);
	steps = least(l, steps, count_inside(search, &loop->accesses[0], at));
	moved = LLVMBuildICmp(l->b, LLVMIntNE, steps, lower_i64(l, 0), "");
	known = LLVMBuildAnd(l->b, known, moved, "");
	LLVMBuildCondBr(l->b, known, wide, loop->block);

	LLVMPositionBuilderAtEnd(l->b, wide);
	find_words(search, &words);
	moved = build_wide(search, &words, lower_opaque(l, at), steps, done);
	moved = LLVMBuildTrunc(l->b, shifted(l, moved, search->unit), l->i32, "");
	LLVMBuildBr(l->b, loop->block);
	return moved;
}

/* from the search, when it has gone on for a while, to the other loop and back */
static void build_words(struct search *search)
{
	LLVMBasicBlockRef gate, tests, done;
	const struct counter *clock = find_clock(search);
	LLVMValueRef starts[MAX_COUNTERS], end, now, iterations;
	struct loop *loop = &search->loop;
	LLVMValueRef br = LLVMGetBasicBlockTerminator(loop->blocks[loop->nr_blocks - 1]);
	struct lower *l = loop->l;
	struct edge edges[3];
	u32 i;

	if (!clock)
		return;
	gate = lower_block(l, "gate");
	tests = lower_block(l, "tests");
	done = lower_block(l, "found");
	for (i = 0; i < loop->nr_counters; i++) {
		starts[i] = loop->counters[i].start;
		loop->counters[i].start = next_value(loop, &loop->counters[i]);
	}
	now = clock->start;
	iterations = build_way(search, tests, done);
	for (i = 0; i < loop->nr_counters; i++)
		loop->counters[i].start = starts[i];
	if (!iterations) {
		LLVMDeleteBasicBlock(tests);
		LLVMDeleteBasicBlock(gate);
		LLVMDeleteBasicBlock(done);
		return;
	}
	keep_inlined(l, LLVMGetBasicBlockParent(loop->block));

	LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(loop->preheader));
	end = lower_i32(l, clock->step * (WAIT / search->unit));
	end = LLVMBuildAdd(l->b, clock->start, end, "");
	LLVMPositionBuilderAtEnd(l->b, gate);
	now = LLVMBuildICmp(l->b, LLVMIntEQ, now, end, "");
	LLVMSetMetadata(LLVMBuildCondBr(l->b, now, tests, loop->block), l->kind_prof,
			l->weights_unlikely);
	for (i = 0; i < LLVMGetNumSuccessors(br); i++)
		if (LLVMGetSuccessor(br, i) == loop->block)
			LLVMSetSuccessor(br, i, gate);

	edges[0] = (struct edge){ gate, NULL };
	edges[1] = (struct edge){ tests, NULL };
	edges[2] = (struct edge){ done, iterations };
	for (i = 0; i < loop->nr_counters; i++)
		replace_phi(loop, &loop->counters[i], edges, ARRAY_SIZE(edges));
}

void lower_search(struct lower *l, LLVMBasicBlockRef block)
{
	struct search *search = xcalloc(1, sizeof(*search));

	search->loop.l = l;
	if (find_chain(&search->loop, block)) {
		loop_find_counters(&search->loop);
		if (find_loads(search) && find_questions(search)) {
			search->step = search->words ? UNROLLED * WIDE : 8;
			(search->words ? build_words : build_bytes)(search);
		}
	}
	free(search);
}
