// SPDX-License-Identifier: GPL-2.0
/*
 * lower_down.c - loops that copy bytes downwards copy eight at a time
 *
 * memmove() goes down where the destination begins inside of the source. Such a loop is one
 * block that loads a byte, stores it, perhaps the same with some below, and counts. In front of it
 * comes another that moves eight bytes at a time, after which the loop does the rest, or all if
 *
 *	something lies outside of memory, and so will trap
 *	the source is 1 to 7 bytes above the destination: bytes would be read that were stored
 *		in the same step
 *
 * A source that is farther above is read as the loop would read it, since all above the
 * eight has been stored; one below is read before it is overwritten.
 *
 * The steps' number goes through a mask in each of them: the checker cannot see where a
 * pointer stops that moves downwards. lower_loop.c has loops that run upwards.
 */
#include <stdlib.h>

#include "lower_loop.h"

enum {
	STEP = 8,
	MIN_STEPS = 2,
	MAX_OFFSET = 1 << 12,
};

/**
 * struct down - a loop that copies bytes downwards
 * @loads, @stores: the highest first
 * @nr_loads, @nr_stores: bytes in each iteration
 */
struct down {
	struct loop loop;
	struct access loads[STEP], stores[STEP];
	u32 nr_loads, nr_stores;
	struct condition condition;
};

/* @v without extensions and truncations, of the lowest byte of which nothing is lost */
static LLVMValueRef lowest_byte(LLVMValueRef v)
{
	while (LLVMIsATruncInst(v) || LLVMIsAZExtInst(v) || LLVMIsASExtInst(v))
		v = LLVMGetOperand(v, 0);
	return v;
}

/* the next of @list, right below the one before */
static bool add_access(struct loop *loop, struct access *list, u32 *nr, LLVMValueRef instr)
{
	bool is_store = LLVMIsAStoreInst(instr);
	struct access *a = &list[*nr];
	struct lower *l = loop->l;

	if (*nr == STEP || LLVMTypeOf(is_store ? LLVMGetOperand(instr, 0) : instr) != l->i8 ||
	    LLVMGetOrdering(instr) != LLVMAtomicOrderingNotAtomic ||
	    LLVMGetMetadata(instr, l->kind_tbaa) != l->alias[LOWER_ALIAS_MEMORY] ||
	    !loop_find_address(loop, a, LLVMGetOperand(instr, is_store)))
		return false;
	a->instr = instr;
	return a->offset == list->offset && a->offset < MAX_OFFSET &&
	       loop_same_terms(&a->at, &list->at) &&
	       list->at.constant - a->at.constant == (*nr)++;
}

/* loads and a store behind each of what was loaded, counters, and what is free of effects */
static bool find_copy(struct down *down)
{
	struct loop *loop = &down->loop;
	LLVMValueRef end = LLVMGetBasicBlockTerminator(loop->block), instr;

	for (instr = LLVMGetFirstInstruction(loop->block); instr != end;
	     instr = LLVMGetNextInstruction(instr)) {
		if (LLVMIsALoadInst(instr)) {
			if (down->nr_loads != down->nr_stores ||
			    !add_access(loop, down->loads, &down->nr_loads, instr))
				return false;
		} else if (LLVMIsAStoreInst(instr)) {
			if (down->nr_loads != down->nr_stores + 1 ||
			    lowest_byte(LLVMGetOperand(instr, 0)) != down->loads[down->nr_stores].instr ||
			    !add_access(loop, down->stores, &down->nr_stores, instr))
				return false;
		} else if (LLVMIsAPHINode(instr) ? !loop_find_counter(loop, instr) :
			   !loop_is_simple(instr)) {
			return false;
		}
	}
	return down->nr_loads && down->nr_loads == down->nr_stores && STEP % down->nr_loads == 0 &&
	       loop_stride(loop, &down->loads->at) == -(s32)down->nr_loads &&
	       loop_stride(loop, &down->stores->at) == -(s32)down->nr_loads;
}

/* i64: where the first iteration's access is, in memory */
static LLVMValueRef first_place(struct down *down, const struct access *a)
{
	struct lower *l = down->loop.l;
	LLVMValueRef at = loop_first_value(&down->loop, &a->at);

	return LLVMBuildNUWAdd(l->b, LLVMBuildZExt(l->b, at, l->i64, ""), lower_i64(l, a->offset), "");
}

/* i1: @bytes down from an access are inside of memory, and its address does not wrap on the way */
static LLVMValueRef is_inside(struct down *down, const struct access *a, LLVMValueRef place,
			      LLVMValueRef bytes)
{
	struct lower *l = down->loop.l;
	LLVMValueRef at = LLVMBuildSub(l->b, place, lower_i64(l, a->offset), ""), below, enough;

	below = LLVMBuildICmp(l->b, LLVMIntULT, place, lower_memory_bytes(l, 0), "");
	enough = LLVMBuildICmp(l->b, LLVMIntUGE, at, bytes, "");
	return LLVMBuildAnd(l->b, below, enough, "");
}

/* the pointer to a step's eight bytes; @low: of the last step, @index: steps above it */
static LLVMValueRef step_pointer(struct lower *l, const struct access *a, LLVMValueRef low,
				 LLVMValueRef index)
{
	LLVMValueRef ptr = LLVMBuildInBoundsGEP2(l->b, l->i8, l->ctx, &low, 1, "");

	index = LLVMBuildNUWMul(l->b, index, lower_i64(l, STEP), "");
	ptr = LLVMBuildInBoundsGEP2(l->b, l->i8, ptr, &index, 1, "");
	return lower_offset(l, ptr, a->offset);
}

/* i64: the address of the last step's bytes, without its offset; opaque for the checker to see it */
static LLVMValueRef lowest(struct down *down, const struct access *a, LLVMValueRef bytes)
{
	struct lower *l = down->loop.l;
	LLVMValueRef at = loop_first_value(&down->loop, &a->at);

	at = LLVMBuildSub(l->b, at, LLVMBuildTrunc(l->b, bytes, l->i32, ""), "");
	return lower_opaque(l, LLVMBuildAdd(l->b, at, lower_i32(l, 1), ""));
}

/* the loop may begin at @from as well, when @bytes have been moved */
static void enter_behind(struct down *down, LLVMBasicBlockRef from, LLVMValueRef bytes)
{
	struct lower *l = down->loop.l;
	LLVMValueRef iterations;

	iterations = LLVMBuildUDiv(l->b, bytes, lower_i64(l, down->nr_loads), "");
	loop_enter_behind(&down->loop, from, LLVMBuildTrunc(l->b, iterations, l->i32, ""));
}

static void add_entry(struct loop *loop, LLVMBasicBlockRef from)
{
	LLVMValueRef phi, start;

	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		start = loop_find_counter(loop, phi)->start;
		LLVMAddIncoming(phi, &start, &from, 1);
	}
}

/* the loop in front, entered from @from */
static void build_steps(struct down *down, LLVMBasicBlockRef from, LLVMValueRef steps,
			LLVMValueRef bytes)
{
	LLVMBasicBlockRef block = lower_block(down->loop.l, "down");
	LLVMBasicBlockRef done = lower_block(down->loop.l, "down");
	LLVMValueRef low_load, low_store, last, phi, index, v, next;
	struct lower *l = down->loop.l;

	low_load = lowest(down, down->loads, bytes);
	low_store = lowest(down, down->stores, bytes);
	last = LLVMBuildSub(l->b, LLVMBuildTrunc(l->b, steps, l->i32, ""), lower_i32(l, 1), "");
	LLVMBuildBr(l->b, block);

	LLVMPositionBuilderAtEnd(l->b, block);
	phi = LLVMBuildPhi(l->b, l->i32, "");
	index = LLVMBuildAnd(l->b, lower_opaque(l, phi), lower_i64(l, (1ull << 32) / STEP - 1), "");
	v = lower_load(l, l->i64, step_pointer(l, down->loads, low_load, index), LOWER_ALIAS_MEMORY);
	LLVMSetAlignment(v, 1);
	lower_store(l, v, step_pointer(l, down->stores, low_store, index), LOWER_ALIAS_MEMORY);
	LLVMSetAlignment(LLVMGetLastInstruction(block), 1);
	next = LLVMBuildSub(l->b, phi, lower_i32(l, 1), "");
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, phi, lower_i32(l, 0), ""), done, block);
	LLVMAddIncoming(phi, (LLVMValueRef[]){ last, next }, (LLVMBasicBlockRef[]){ from, block }, 2);

	LLVMPositionBuilderAtEnd(l->b, done);
	enter_behind(down, done, bytes);
}

static void build(struct down *down)
{
	struct loop *loop = &down->loop;
	struct lower *l = loop->l;
	LLVMValueRef br = LLVMGetBasicBlockTerminator(loop->preheader);
	LLVMValueRef steps, bytes, enough, from, to, above, good;
	LLVMBasicBlockRef tests, moves;

	LLVMPositionBuilderBefore(l->b, br);
	if (!loop_count_repeats(loop, &down->condition))
		return;
	/* repeats are one less than iterations: at least one is left to the loop */
	steps = LLVMBuildLShr(l->b, loop->repeats, lower_i64(l, __builtin_ctz(STEP / down->nr_loads)), "");
	enough = LLVMBuildICmp(l->b, LLVMIntUGE, steps, lower_i64(l, MIN_STEPS), "");
	enough = LLVMBuildAnd(l->b, enough, loop->known, "");
	tests = lower_block(l, "tests");
	moves = lower_block(l, "down");
	LLVMInstructionEraseFromParent(br);
	LLVMPositionBuilderAtEnd(l->b, loop->preheader);
	LLVMBuildCondBr(l->b, enough, tests, loop->block);

	LLVMPositionBuilderAtEnd(l->b, tests);
	bytes = LLVMBuildNUWMul(l->b, steps, lower_i64(l, STEP), "");
	from = first_place(down, down->loads);
	to = first_place(down, down->stores);
	good = LLVMBuildAnd(l->b, is_inside(down, down->loads, from, bytes),
			    is_inside(down, down->stores, to, bytes), "");
	above = LLVMBuildSub(l->b, LLVMBuildSub(l->b, from, to, ""), lower_i64(l, 1), "");
	good = LLVMBuildAnd(l->b, good, LLVMBuildICmp(l->b, LLVMIntUGE, above,
						      lower_i64(l, STEP - 1), ""), "");
	LLVMBuildCondBr(l->b, good, moves, loop->block);
	add_entry(loop, tests);

	LLVMPositionBuilderAtEnd(l->b, moves);
	build_steps(down, moves, steps, bytes);
}

bool lower_down(struct lower *l, LLVMBasicBlockRef block)
{
	LLVMValueRef br = LLVMGetBasicBlockTerminator(block);
	struct down *down = xcalloc(1, sizeof(*down));
	struct loop *loop = &down->loop;
	bool is_copy;

	is_copy = loop_find_block(loop, l, block) &&
		  loop_find_condition(loop, br, block, &down->condition) && find_copy(down);
	if (is_copy)
		build(down);
	free(down);
	return is_copy;
}
