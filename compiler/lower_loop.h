/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lower_loop.h - what is known of a loop; between lower_loop.c, lower_search.c and lower_down.c only
 */
#ifndef LOWER_LOOP_H
#define LOWER_LOOP_H

#include "lower.h"

enum {
	MAX_TERMS = 8,
	MAX_COUNTERS = 16,
	MAX_ACCESSES = 64,
	MAX_FAMILIES = 8,
	MAX_PAIRS = 12,
	MAX_INSTRS = 256,
	MAX_DEPTH = 16,
	MAX_STRIDE = 1 << 20,
	MAX_SPAN = 1 << 24,
	/* fewer iterations are not worth the tests */
	MIN_REPEATS = 4,
	/* a loop that never has more gets no copies */
	FEW_REPEATS = 8,
	MAX_BLOCKS = 4,
};

/**
 * struct sum - constant + the sum of terms, modulo 2^32
 * @terms: counters of the loop, or values from outside of it, times a number
 */
struct sum {
	u32 constant;
	u32 nr;
	struct term {
		LLVMValueRef v;
		u32 times;
	} terms[MAX_TERMS];
};

/* a phi of 32 bits that grows by @step each iteration */
struct counter {
	LLVMValueRef phi, start;
	u32 step;
};

struct access {
	LLVMValueRef instr;
	bool is_store;
	u32 family;
	u32 size;
	u64 offset;	/* of the instruction */
	struct sum at;
	s64 distance;	/* from the lowest of its family to the first byte */
};

/**
 * struct family - accesses that differ by constants
 * @at: the lowest
 * @stride: bytes it moves by each iteration
 * @span: from the lowest's first byte to the highest's end
 * @begin, @end: all that is ever accessed, from where the lowest is in the first iteration; i64
 * @first: @begin in a form that LLVM's loop passes cannot merge with anything around the loop,
 *	nor the checker lose sight of
 */
struct family {
	struct sum at;
	s64 stride, span;
	bool stores;
	LLVMValueRef begin, end, first;
	LLVMMetadataRef scope;
};

/**
 * struct loop - an innermost loop whose blocks follow each other
 * @preheader: its predecessor outside
 * @block: the first, and in most cases the only one
 * @blocks: all, in their order
 * @exit: where it goes, if it has one block
 * @repeats: i64, iterations but the first
 * @known: i1, that @repeats is right
 * @mask: a bound of @repeats in the copies, of ones
 * @loose: has accesses that may be anywhere
 */
struct loop {
	struct lower *l;
	LLVMBasicBlockRef preheader, block, exit, blocks[MAX_BLOCKS];
	u32 nr_blocks;
	struct counter counters[MAX_COUNTERS];
	u32 nr_counters;
	struct access accesses[MAX_ACCESSES];
	u32 nr_accesses;
	struct family families[MAX_FAMILIES];
	u32 nr_families;
	u32 nr_stores;
	LLVMValueRef repeats, known;
	u64 mask;
	bool loose;
};

/* what decides: @p holds between @a and @b as long as it goes on; @a is what moves */
struct condition {
	LLVMIntPredicate p;
	struct sum a, b;
	s64 stride;
};

/* @v as a sum; false if it is not one of what does not change and counters */
bool loop_sum(const struct loop *loop, LLVMValueRef v, struct sum *sum);

/* do they differ by their constants only? */
bool loop_same_terms(const struct sum *a, const struct sum *b);

/* how much a sum grows by each iteration */
s32 loop_stride(const struct loop *loop, const struct sum *sum);

/* its value in the first iteration, i32, computed at the builder's place in front of the loop */
LLVMValueRef loop_first_value(const struct loop *loop, const struct sum *sum);

/* is @v the same in all iterations? */
bool loop_is_outside(const struct loop *loop, LLVMValueRef v);

void loop_find_counters(struct loop *loop);
const struct counter *loop_find_counter(const struct loop *loop, LLVMValueRef v);

/* is @instr harmless, and free of side effects, if it is not an access? */
bool loop_is_simple(LLVMValueRef instr);

/* the address of an access as C + zext(@a->at) + @a->offset; false if it is none such */
bool loop_find_address(const struct loop *loop, struct access *a, LLVMValueRef ptr);

/* the comparison that @condition is, and whether it is the opposite of that; or NULL */
LLVMValueRef loop_find_comparison(LLVMValueRef condition, bool *opposite);

/* what decides whether @br, of the loop, goes to @stay; false if it does not count iterations */
bool loop_find_condition(const struct loop *loop, LLVMValueRef br, LLVMBasicBlockRef stay,
			 struct condition *c);

/*
 * Computes @loop->repeats, how often @c holds before it does not, and @loop->known, at the
 * builder's place in front of the loop; false if that is not of use.
 */
bool loop_count_repeats(struct loop *loop, const struct condition *c);

/* the only predecessor but @latch, if that goes nowhere else, or NULL */
LLVMBasicBlockRef loop_find_preheader(LLVMBasicBlockRef block, LLVMBasicBlockRef latch);

/* lower_search.c: if a loop that begins with @block looks for something, let it look at more */
void lower_search(struct lower *l, LLVMBasicBlockRef block);

/* lower_down.c: if the loop that @block is copies bytes downwards, let it copy more; is it one? */
bool lower_down(struct lower *l, LLVMBasicBlockRef block);

/* A loop of one block, with its counters; false: none that can be changed */
bool loop_find_block(struct loop *loop, struct lower *l, LLVMBasicBlockRef block);

/* End @from, where the builder is, by going into the loop as it is after @iterations (i32) of it */
void loop_enter_behind(struct loop *loop, LLVMBasicBlockRef from, LLVMValueRef iterations);

#endif /* LOWER_LOOP_H */
