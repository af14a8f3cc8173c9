// SPDX-License-Identifier: GPL-2.0
/*
 * lower_loop.c - loops whose accesses are compared with the size of memory once, in front
 *
 * In a loop an address is C + zext(a sum of 32 bits that may wrap), so LLVM does not know
 * that the addresses of two iterations are a stride apart, or that two arrays
 * are, and vectorises nothing. An innermost loop of one block whose addresses all advance
 * by constants gets copies that know more, chosen by tests in front of it:
 *
 *	inside	all that the loop will access lies inside of memory: no address wraps, and
 *		nothing traps, so that nothing can be seen of the order of accesses
 *	apart	likewise, and what is stored overlaps nothing else: said by alias scopes
 *
 * In all other cases the loop itself runs, which traps where it has to. Addresses with the
 * same sum but for its constant are a family; in the copies a family is one number of 64
 * bits that grows with the iterations. An access whose address is no such sum is loose: it
 * stays as it is, and traps by itself. Without vectors there is little to be gained from knowing what
 * is apart, so there is one copy then.
 *
 * A loop that the module's compiler has unrolled comes with another for the iterations that are left
 * over, which ends soon and gets no copy: lz has 0.94 of its instructions, sqlite 0.99 of its text.
 *
 * Runs on values (after mem2reg), with loops as loop-simplify and lcssa leave them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lower_loop.h"

/* ---- sums ---- */

static bool add_term(struct sum *sum, LLVMValueRef v, u32 times)
{
	u32 i;

	for (i = 0; i < sum->nr && sum->terms[i].v != v; i++)
		;
	if (i == sum->nr) {
		if (sum->nr == MAX_TERMS)
			return false;
		sum->terms[sum->nr++] = (struct term){ v, 0 };
	}
	sum->terms[i].times += times;
	if (!sum->terms[i].times)
		sum->terms[i] = sum->terms[--sum->nr];
	return true;
}

bool loop_is_outside(const struct loop *loop, LLVMValueRef v)
{
	u32 i;

	for (i = 0; LLVMIsAInstruction(v) && i < loop->nr_blocks; i++)
		if (LLVMGetInstructionParent(v) == loop->blocks[i])
			return false;
	return true;
}

const struct counter *loop_find_counter(const struct loop *loop, LLVMValueRef v)
{
	u32 i;

	for (i = 0; i < loop->nr_counters; i++)
		if (loop->counters[i].phi == v)
			return &loop->counters[i];
	return NULL;
}

/* how many of the lowest bits of all that @v can be are zero */
static u32 zero_bits(const struct loop *loop, LLVMValueRef v)
{
	const struct counter *counter = loop_find_counter(loop, v);
	u32 all;

	if (!counter || !LLVMIsAConstantInt(counter->start))
		return 0;
	all = counter->step | (u32)LLVMConstIntGetZExtValue(counter->start);
	return all ? __builtin_ctz(all) : 32;
}

/* does every value of @sum have zeros where @bits has ones? */
static bool has_no_bits(const struct loop *loop, const struct sum *sum, u32 bits)
{
	u32 i, zeros, most = bits ? 32 - __builtin_clz(bits) : 0;

	if (most && (sum->constant & ((1ull << most) - 1)))
		return false;
	for (i = 0; i < sum->nr; i++) {
		zeros = __builtin_ctz(sum->terms[i].times) + zero_bits(loop, sum->terms[i].v);
		if (zeros < most)
			return false;
	}
	return true;
}

/* *@sum += @v * @times; false if that is not a sum of what does not change and counters */
static bool add_value(const struct loop *loop, struct sum *sum, LLVMValueRef v, u32 times, u32 depth)
{
	LLVMValueRef a, b;
	struct sum part = { 0 };
	u32 c;

	if (LLVMIsAConstantInt(v)) {
		sum->constant += (u32)LLVMConstIntGetZExtValue(v) * times;
		return true;
	}
	if (loop_find_counter(loop, v))
		return add_term(sum, v, times);
	if (LLVMIsAInstruction(v) && depth < MAX_DEPTH) {
		a = LLVMGetNumOperands(v) == 2 ? LLVMGetOperand(v, 0) : NULL;
		b = a ? LLVMGetOperand(v, 1) : NULL;
		c = b && LLVMIsAConstantInt(b) ? LLVMConstIntGetZExtValue(b) : 0;
		switch (LLVMGetInstructionOpcode(v)) {
		case LLVMAdd:
			return add_value(loop, sum, a, times, depth + 1) &&
			       add_value(loop, sum, b, times, depth + 1);
		case LLVMSub:
			return add_value(loop, sum, a, times, depth + 1) &&
			       add_value(loop, sum, b, -times, depth + 1);
		case LLVMShl:
			if (LLVMIsAConstantInt(b) && c < 32)
				return add_value(loop, sum, a, times << c, depth + 1);
			break;
		case LLVMMul:
			if (LLVMIsAConstantInt(b))
				return add_value(loop, sum, a, times * c, depth + 1);
			break;
		case LLVMOr:
			if (LLVMIsAConstantInt(b) && add_value(loop, &part, a, 1, depth + 1) &&
			    has_no_bits(loop, &part, c)) {
				sum->constant += c * times;
				return add_value(loop, sum, a, times, depth + 1);
			}
			break;
		default:
			break;
		}
	}
	return loop_is_outside(loop, v) && !LLVMIsUndef(v) && !LLVMIsPoison(v) &&
	       add_term(sum, v, times);
}

bool loop_sum(const struct loop *loop, LLVMValueRef v, struct sum *sum)
{
	memset(sum, 0, sizeof(*sum));
	return add_value(loop, sum, v, 1, 0);
}

s32 loop_stride(const struct loop *loop, const struct sum *sum)
{
	const struct counter *counter;
	u32 i, stride = 0;

	for (i = 0; i < sum->nr; i++) {
		counter = loop_find_counter(loop, sum->terms[i].v);
		if (counter)
			stride += counter->step * sum->terms[i].times;
	}
	return stride;
}

bool loop_same_terms(const struct sum *a, const struct sum *b)
{
	u32 i, j;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++) {
		for (j = 0; j < b->nr && b->terms[j].v != a->terms[i].v; j++)
			;
		if (j == b->nr || a->terms[i].times != b->terms[j].times)
			return false;
	}
	return true;
}

LLVMValueRef loop_first_value(const struct loop *loop, const struct sum *sum)
{
	struct lower *l = loop->l;
	LLVMValueRef v = lower_i32(l, sum->constant), part;
	const struct counter *counter;
	u32 i, times;

	for (i = 0; i < sum->nr; i++) {
		counter = loop_find_counter(loop, sum->terms[i].v);
		part = counter ? counter->start : sum->terms[i].v;
		times = sum->terms[i].times;
		if (times != 1)
			part = LLVMBuildMul(l->b, part, lower_i32(l, times), "");
		v = LLVMBuildAdd(l->b, v, part, "");
	}
	return v;
}

/* ---- what the loop is ---- */

void loop_find_counters(struct loop *loop)
{
	LLVMValueRef phi, v, grown;
	LLVMBasicBlockRef from;
	struct counter c;
	u32 i;

	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		if (LLVMTypeOf(phi) != loop->l->i32 || loop->nr_counters == MAX_COUNTERS)
			continue;
		c = (struct counter){ .phi = phi };
		grown = NULL;
		for (i = 0; i < LLVMCountIncoming(phi); i++) {
			from = LLVMGetIncomingBlock(phi, i);
			v = LLVMGetIncomingValue(phi, i);
			if (from == loop->blocks[loop->nr_blocks - 1])
				grown = v;
			else
				c.start = v;
		}
		for (; grown != phi && LLVMIsAInstruction(grown) && LLVMGetNumOperands(grown) == 2 &&
		     LLVMIsAConstantInt(LLVMGetOperand(grown, 1)); grown = LLVMGetOperand(grown, 0)) {
			if (LLVMGetInstructionOpcode(grown) == LLVMAdd)
				c.step += LLVMConstIntGetZExtValue(LLVMGetOperand(grown, 1));
			else if (LLVMGetInstructionOpcode(grown) == LLVMSub)
				c.step -= LLVMConstIntGetZExtValue(LLVMGetOperand(grown, 1));
			else
				break;
		}
		if (grown == phi && !LLVMIsUndef(c.start) && !LLVMIsPoison(c.start))
			loop->counters[loop->nr_counters++] = c;
	}
}

static u32 access_size(struct lower *l, LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMIntegerTypeKind:
		return LLVMGetIntTypeWidth(type) / 8;
	case LLVMFloatTypeKind:
		return 4;
	case LLVMDoubleTypeKind:
		return 8;
	case LLVMVectorTypeKind:
		return access_size(l, LLVMGetElementType(type)) * LLVMGetVectorSize(type);
	default:
		return 0;
	}
}

/* C + zext(sum) + offset? */
bool loop_find_address(const struct loop *loop, struct access *a, LLVMValueRef ptr)
{
	LLVMValueRef index;

	while (LLVMIsAGetElementPtrInst(ptr)) {
		if (LLVMGetNumOperands(ptr) != 2 || LLVMGetGEPSourceElementType(ptr) != loop->l->i8)
			return false;
		index = LLVMGetOperand(ptr, 1);
		ptr = LLVMGetOperand(ptr, 0);
		if (LLVMIsAConstantInt(index)) {
			a->offset += LLVMConstIntGetZExtValue(index);
			continue;
		}
		return ptr == loop->l->ctx && LLVMIsAZExtInst(index) &&
		       LLVMTypeOf(LLVMGetOperand(index, 0)) == loop->l->i32 &&
		       loop_sum(loop, LLVMGetOperand(index, 0), &a->at);
	}
	return ptr == loop->l->ctx;
}

static bool add_access(struct loop *loop, LLVMValueRef instr)
{
	struct lower *l = loop->l;
	bool is_store = LLVMIsAStoreInst(instr);
	LLVMTypeRef type = LLVMTypeOf(is_store ? LLVMGetOperand(instr, 0) : instr);
	struct access *a = &loop->accesses[loop->nr_accesses];

	if (loop->nr_accesses == MAX_ACCESSES ||
	    LLVMGetOrdering(instr) != LLVMAtomicOrderingNotAtomic ||
	    LLVMGetMetadata(instr, l->kind_tbaa) != l->alias[LOWER_ALIAS_MEMORY])
		return false;
	memset(a, 0, sizeof(*a));
	a->instr = instr;
	a->is_store = is_store;
	a->size = access_size(l, type);
	if (!a->size)
		return false;
	if (!loop_find_address(loop, a, LLVMGetOperand(instr, is_store)) || a->offset >= 1u << 31) {
		loop->loose = true;
		return true;
	}
	loop->nr_accesses++;
	loop->nr_stores += is_store;
	return true;
}

bool loop_is_simple(LLVMValueRef instr)
{
	switch (LLVMGetInstructionOpcode(instr)) {
	case LLVMCall:
		/* mathematics only: nothing else is called in the names of LLVM */
		return LLVMGetIntrinsicID(LLVMGetCalledValue(instr));
	case LLVMUDiv: case LLVMSDiv: case LLVMURem: case LLVMSRem:
		return LLVMIsAConstantInt(LLVMGetOperand(instr, 1));
	case LLVMAtomicRMW: case LLVMAtomicCmpXchg: case LLVMFence: case LLVMAlloca:
		return false;
	default:
		return true;
	}
}

/* the only instruction in the loop that uses @v, or NULL */
static LLVMValueRef only_user(const struct loop *loop, LLVMValueRef v)
{
	LLVMValueRef user = NULL;
	LLVMUseRef use;

	for (use = LLVMGetFirstUse(v); use; use = LLVMGetNextUse(use)) {
		if (loop_is_outside(loop, LLVMGetUser(use)))
			continue;
		if (user)
			return NULL;
		user = LLVMGetUser(use);
	}
	return user;
}

/* is a phi a sum, or the like, of integers that nothing else in the loop looks at? */
static bool is_reduction(const struct loop *loop, LLVMValueRef phi)
{
	LLVMValueRef v = only_user(loop, phi);
	LLVMOpcode op;

	if (!v || LLVMGetTypeKind(LLVMTypeOf(phi)) != LLVMIntegerTypeKind)
		return false;
	op = LLVMGetInstructionOpcode(v);
	if (op != LLVMAdd && op != LLVMXor && op != LLVMAnd && op != LLVMOr)
		return false;
	while (v && v != phi && LLVMGetInstructionOpcode(v) == op)
		v = only_user(loop, v);
	return v == phi;
}

/* iterations that wait for each other are not faster for being known to be in bounds */
static bool is_parallel(const struct loop *loop)
{
	LLVMValueRef phi;

	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi))
		if (!loop_find_counter(loop, phi) && !is_reduction(loop, phi))
			return false;
	return true;
}

static bool find_accesses(struct loop *loop)
{
	LLVMValueRef instr;
	u32 nr = 0;

	for (instr = LLVMGetFirstInstruction(loop->block);
	     instr != LLVMGetBasicBlockTerminator(loop->block); instr = LLVMGetNextInstruction(instr)) {
		if (++nr > MAX_INSTRS)
			return false;
		if (LLVMIsALoadInst(instr) || LLVMIsAStoreInst(instr)) {
			if (!add_access(loop, instr))
				return false;
		} else if (!loop_is_simple(instr)) {
			return false;
		}
	}
	return loop->nr_accesses;
}

static bool find_families(struct loop *loop)
{
	struct family *family;
	struct access *a;
	u32 i, j;

	for (i = 0; i < loop->nr_accesses; i++) {
		a = &loop->accesses[i];
		for (j = 0; j < loop->nr_families && !loop_same_terms(&loop->families[j].at, &a->at); j++)
			;
		if (j == MAX_FAMILIES)
			return false;
		family = &loop->families[j];
		if (j == loop->nr_families) {
			loop->nr_families++;
			family->at = a->at;
			family->stride = loop_stride(loop, &a->at);
			/* downwards, the checker could not see where it stops */
			if (family->stride > MAX_STRIDE || family->stride < 0)
				return false;
		}
		a->family = j;
		if ((s32)(a->at.constant - family->at.constant) < 0)
			family->at.constant = a->at.constant;
		family->stores |= a->is_store;
	}
	for (i = 0; i < loop->nr_accesses; i++) {
		a = &loop->accesses[i];
		family = &loop->families[a->family];
		a->distance = (u64)(a->at.constant - family->at.constant) + a->offset;
		if (a->distance + a->size > MAX_SPAN && a->distance + a->size - a->offset > MAX_SPAN)
			return false;
		if (a->distance + a->size > family->span)
			family->span = a->distance + a->size;
	}
	return true;
}

/* ---- how often it runs ---- */

LLVMValueRef loop_find_comparison(LLVMValueRef condition, bool *opposite)
{
	LLVMValueRef v;

	for (;;) {
		if (!LLVMIsAICmpInst(condition))
			return NULL;
		v = LLVMGetOperand(condition, 0);
		if (!LLVMIsAZExtInst(v) || !LLVMIsAConstantInt(LLVMGetOperand(condition, 1)) ||
		    LLVMConstIntGetZExtValue(LLVMGetOperand(condition, 1)) ||
		    LLVMGetIntTypeWidth(LLVMTypeOf(LLVMGetOperand(v, 0))) != 1)
			return condition;
		if (LLVMGetICmpPredicate(condition) == LLVMIntEQ)
			*opposite = !*opposite;
		else if (LLVMGetICmpPredicate(condition) != LLVMIntNE)
			return NULL;
		condition = LLVMGetOperand(v, 0);
	}
}

static LLVMIntPredicate inverse(LLVMIntPredicate p)
{
	switch (p) {
	case LLVMIntEQ: return LLVMIntNE;
	case LLVMIntNE: return LLVMIntEQ;
	case LLVMIntUGT: return LLVMIntULE;
	case LLVMIntUGE: return LLVMIntULT;
	case LLVMIntULT: return LLVMIntUGE;
	case LLVMIntULE: return LLVMIntUGT;
	case LLVMIntSGT: return LLVMIntSLE;
	case LLVMIntSGE: return LLVMIntSLT;
	case LLVMIntSLT: return LLVMIntSGE;
	default: return LLVMIntSGT;
	}
}

static LLVMIntPredicate swapped(LLVMIntPredicate p)
{
	switch (p) {
	case LLVMIntUGT: return LLVMIntULT;
	case LLVMIntUGE: return LLVMIntULE;
	case LLVMIntULT: return LLVMIntUGT;
	case LLVMIntULE: return LLVMIntUGE;
	case LLVMIntSGT: return LLVMIntSLT;
	case LLVMIntSGE: return LLVMIntSLE;
	case LLVMIntSLT: return LLVMIntSGT;
	case LLVMIntSLE: return LLVMIntSGE;
	default: return p;
	}
}

/* goes on while @a, which moves by @stride, is not @b */
static void count_until_equal(struct loop *loop, LLVMValueRef a, LLVMValueRef b, s64 stride)
{
	struct lower *l = loop->l;
	LLVMValueRef step = lower_i32(l, stride < 0 ? -stride : stride), distance;

	distance = stride < 0 ? LLVMBuildSub(l->b, a, b, "") : LLVMBuildSub(l->b, b, a, "");
	loop->known = LLVMBuildICmp(l->b, LLVMIntEQ, LLVMBuildURem(l->b, distance, step, ""),
				    lower_i32(l, 0), "");
	loop->repeats = LLVMBuildZExt(l->b, LLVMBuildUDiv(l->b, distance, step, ""), l->i64, "");
}

/* goes on while @a, which moves by @stride, is still on this side of @b */
static bool count_until_passed(struct loop *loop, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b,
			       s64 stride)
{
	bool is_signed = p >= LLVMIntSGT, down = stride < 0;
	bool also_equal = p == LLVMIntULE || p == LLVMIntSLE || p == LLVMIntUGE || p == LLVMIntSGE;
	bool less = p == LLVMIntULT || p == LLVMIntULE || p == LLVMIntSLT || p == LLVMIntSLE;
	s64 step = down ? -stride : stride;
	s64 most = is_signed ? 0x7fffffffll : 0xffffffffll, least = is_signed ? -most - 1 : 0;
	struct lower *l = loop->l;
	LLVMOpcode extend = is_signed ? LLVMSExt : LLVMZExt;
	LLVMValueRef distance, args[2];

	if (less == down)
		return false;
	a = LLVMBuildCast(l->b, extend, a, l->i64, "");
	b = LLVMBuildCast(l->b, extend, b, l->i64, "");
	if (also_equal)
		b = LLVMBuildNSWAdd(l->b, b, lower_i64(l, down ? -1 : 1), "");
	/* the one that ends it is at most a step behind @b, and must not have wrapped */
	loop->known = down ?
		LLVMBuildICmp(l->b, LLVMIntSGE, b, lower_i64(l, least + step - 1), "") :
		LLVMBuildICmp(l->b, LLVMIntSLE, b, lower_i64(l, most + 1 - step), "");
	distance = down ? LLVMBuildNSWSub(l->b, a, b, "") : LLVMBuildNSWSub(l->b, b, a, "");
	args[0] = distance;
	args[1] = lower_i64(l, 0);
	distance = lower_intrinsic(l, "llvm.smax", &l->i64, 1, args, 2);
	distance = LLVMBuildNSWAdd(l->b, distance, lower_i64(l, step - 1), "");
	loop->repeats = LLVMBuildUDiv(l->b, distance, lower_i64(l, step), "");
	return true;
}

bool loop_find_condition(const struct loop *loop, LLVMValueRef br, LLVMBasicBlockRef stay,
			 struct condition *c)
{
	bool opposite = LLVMGetSuccessor(br, 0) != stay;
	LLVMValueRef cmp;
	struct sum swap;

	cmp = loop_find_comparison(LLVMGetCondition(br), &opposite);
	if (!cmp || LLVMTypeOf(LLVMGetOperand(cmp, 0)) != loop->l->i32)
		return false;
	c->p = LLVMGetICmpPredicate(cmp);
	if (opposite)
		c->p = inverse(c->p);
	if (!loop_sum(loop, LLVMGetOperand(cmp, 0), &c->a) ||
	    !loop_sum(loop, LLVMGetOperand(cmp, 1), &c->b))
		return false;
	if (!loop_stride(loop, &c->a)) {
		swap = c->a;
		c->a = c->b;
		c->b = swap;
		c->p = swapped(c->p);
	}
	c->stride = loop_stride(loop, &c->a);
	return c->stride && !loop_stride(loop, &c->b) && c->p != LLVMIntEQ &&
	       c->stride <= MAX_STRIDE && c->stride >= -MAX_STRIDE;
}

bool loop_count_repeats(struct loop *loop, const struct condition *c)
{
	LLVMValueRef a = loop_first_value(loop, &c->a), b = loop_first_value(loop, &c->b);

	if (c->p != LLVMIntNE)
		return count_until_passed(loop, c->p, a, b, c->stride);
	count_until_equal(loop, a, b, c->stride);
	return true;
}

/* no value of @v is larger */
static u32 upper_bound(LLVMValueRef v)
{
	LLVMValueRef b = LLVMIsAInstruction(v) && LLVMGetNumOperands(v) == 2 ? LLVMGetOperand(v, 1) : NULL;
	u32 c = b && LLVMIsAConstantInt(b) ? LLVMConstIntGetZExtValue(b) : 0;

	switch (c ? LLVMGetInstructionOpcode(v) : LLVMAdd) {
	case LLVMAnd:
		return c;
	case LLVMURem:
		return c - 1;
	case LLVMLShr:
		return c < 32 ? ~0u >> c : ~0u;
	default:
		return ~0u;
	}
}

/* *@sum += what @part is in the first iteration, times @times */
static bool add_first(const struct loop *loop, struct sum *sum, const struct sum *part, u32 times)
{
	const struct counter *counter;
	LLVMValueRef v;
	u32 i;

	sum->constant += part->constant * times;
	for (i = 0; i < part->nr; i++) {
		counter = loop_find_counter(loop, part->terms[i].v);
		v = counter ? counter->start : part->terms[i].v;
		if (!add_value(loop, sum, v, part->terms[i].times * times, 0))
			return false;
	}
	return true;
}

/* a guess: does it end after a few iterations, since it counts to a small number, or from one? */
static bool is_short(const struct loop *loop, const struct condition *c)
{
	u32 sign = c->stride > 0 ? 1 : -1, step = sign * (u32)c->stride, i;
	struct sum distance = { 0 };
	u64 most;

	if (c->p != LLVMIntNE || !add_first(loop, &distance, &c->b, sign) ||
	    !add_first(loop, &distance, &c->a, -sign))
		return false;
	/* what is compared has moved once by then */
	most = (u32)(distance.constant + step);
	/* a step over 2^32 is enough, and can't wrap */
	for (i = 0; i < distance.nr && most <= ~0u; i++)
		most += (u64)upper_bound(distance.terms[i].v) * distance.terms[i].times;
	return most / step <= FEW_REPEATS;
}

/* ---- the tests ---- */

static LLVMValueRef both(struct lower *l, LLVMValueRef a, LLVMValueRef b)
{
	return a ? LLVMBuildAnd(l->b, a, b, "") : b;
}

/* i1: everything is inside of memory */
static LLVMValueRef test_inside(struct loop *loop)
{
	struct lower *l = loop->l;
	LLVMValueRef size = lower_memory_bytes(l, 0), result = NULL, moved;
	struct family *f;
	s64 most = 1;
	u32 i;

	for (i = 0; i < loop->nr_families; i++) {
		f = &loop->families[i];
		if (f->stride > most)
			most = f->stride;
		f->begin = LLVMBuildZExt(l->b, loop_first_value(loop, &f->at), l->i64, "");
		f->end = LLVMBuildNUWAdd(l->b, f->begin, lower_i64(l, f->span), "");
		moved = LLVMBuildNUWMul(l->b, loop->repeats, lower_i64(l, f->stride), "");
		f->end = LLVMBuildNUWAdd(l->b, f->end, moved, "");
		result = both(l, result, LLVMBuildICmp(l->b, LLVMIntULE, f->end, size, ""));
	}
	/* so that it moves by 2^32 at most in all, for the checker to see */
	loop->mask = ~0ull >> (32 + (most > 1 ? 64 - __builtin_clzll(most - 1) : 0));
	return both(l, result, LLVMBuildICmp(l->b, LLVMIntULE, loop->repeats,
					     lower_i64(l, loop->mask), ""));
}

static bool is_pair(const struct loop *loop, u32 i, u32 j)
{
	return i != j && (loop->families[i].stores || loop->families[j].stores);
}

static u32 count_pairs(const struct loop *loop)
{
	u32 i, j, nr = 0;

	for (i = 0; i < loop->nr_families; i++)
		for (j = 0; j < i; j++)
			nr += is_pair(loop, i, j);
	return nr;
}

/* i1: what is stored to by one family, no other touches */
static LLVMValueRef test_apart(struct loop *loop)
{
	struct lower *l = loop->l;
	LLVMValueRef result = NULL, before, behind;
	struct family *f, *g;
	u32 i, j;

	for (i = 0; i < loop->nr_families; i++) {
		for (j = 0; j < i; j++) {
			if (!is_pair(loop, i, j))
				continue;
			f = &loop->families[i];
			g = &loop->families[j];
			before = LLVMBuildICmp(l->b, LLVMIntULE, f->end, g->begin, "");
			behind = LLVMBuildICmp(l->b, LLVMIntULE, g->end, f->begin, "");
			result = both(l, result, LLVMBuildOr(l->b, before, behind, ""));
		}
	}
	return result;
}

/* ---- the copies ---- */

static LLVMMetadataRef string_node(struct lower *l, const char *s)
{
	return LLVMMDStringInContext2(l->llvm, s, strlen(s));
}

static void make_scopes(struct loop *loop)
{
	struct lower *l = loop->l;
	LLVMMetadataRef domain, parts[2];
	char name[64];
	u32 i;

	snprintf(name, sizeof(name), "wasm.%u.%u", l->funcidx, l->nr_loops++);
	parts[0] = string_node(l, name);
	domain = LLVMMDNodeInContext2(l->llvm, parts, 1);
	for (i = 0; i < loop->nr_families; i++) {
		snprintf(name, sizeof(name), "family %u", i);
		parts[0] = string_node(l, name);
		parts[1] = domain;
		loop->families[i].scope = LLVMMDNodeInContext2(l->llvm, parts, 2);
	}
}

static void set_scopes(struct loop *loop, const struct access *a, LLVMValueRef copy)
{
	LLVMMetadataRef others[MAX_FAMILIES], own = loop->families[a->family].scope;
	struct lower *l = loop->l;
	u32 i, nr = 0;

	for (i = 0; i < loop->nr_families; i++)
		if (is_pair(loop, i, a->family))
			others[nr++] = loop->families[i].scope;
	LLVMSetMetadata(copy, l->kind_alias_scope, LLVMMetadataAsValue(l->llvm,
			LLVMMDNodeInContext2(l->llvm, &own, 1)));
	LLVMSetMetadata(copy, l->kind_noalias, LLVMMetadataAsValue(l->llvm,
			LLVMMDNodeInContext2(l->llvm, others, nr)));
}

/* metadata of the loop that ends with @br */
static void hint(struct lower *l, LLVMValueRef br, bool vectorize, const char *unroll)
{
	LLVMMetadataRef no[] = { string_node(l, "llvm.loop.vectorize.enable"),
				 LLVMValueAsMetadata(LLVMConstInt(l->i1, 0, 0)) };
	LLVMMetadataRef unrolling = string_node(l, unroll);
	LLVMMetadataRef self = LLVMTemporaryMDNode(l->llvm, NULL, 0), node;
	LLVMMetadataRef parts[] = { self, LLVMMDNodeInContext2(l->llvm, &unrolling, 1),
				    LLVMMDNodeInContext2(l->llvm, no, 2) };

	node = LLVMMDNodeInContext2(l->llvm, parts, vectorize ? 2 : 3);
	LLVMMetadataReplaceAllUsesWith(self, node);
	LLVMSetMetadata(br, l->kind_loop, LLVMMetadataAsValue(l->llvm, node));
}

/* values of the loop and what they are in the copy being made */
struct map {
	LLVMValueRef from[MAX_INSTRS], to[MAX_INSTRS];
	u32 nr;
};

static LLVMValueRef mapped(const struct map *map, LLVMValueRef v)
{
	u32 i;

	for (i = 0; i < map->nr; i++)
		if (map->from[i] == v)
			return map->to[i];
	return v;
}

static const struct access *find_access(const struct loop *loop, LLVMValueRef instr)
{
	u32 i;

	for (i = 0; i < loop->nr_accesses; i++)
		if (loop->accesses[i].instr == instr)
			return &loop->accesses[i];
	return NULL;
}

/*
 * A copy of the loop, entered from @from instead. A family's address is C + first +
 * stride * @count, which are of 64 bits and do not wrap.
 */
static LLVMBasicBlockRef copy_loop(struct loop *loop, LLVMBasicBlockRef from, LLVMValueRef last,
				   bool apart)
{
	struct lower *l = loop->l;
	LLVMBasicBlockRef block = lower_block(l, "inside");
	LLVMValueRef instr, copy, phi, count, next, br, at[MAX_FAMILIES], ptr, offset;
	struct map *map = xcalloc(1, sizeof(*map));
	const struct access *a;
	struct family *f;
	u32 i, j, nr_phis;

	LLVMPositionBuilderAtEnd(l->b, block);
	count = LLVMBuildPhi(l->b, l->i64, "");
	for (instr = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(instr);
	     instr = LLVMGetNextInstruction(instr)) {
		map->from[map->nr] = instr;
		map->to[map->nr++] = LLVMBuildPhi(l->b, LLVMTypeOf(instr), "");
	}
	nr_phis = map->nr;
	for (i = 0; i < loop->nr_families; i++) {
		f = &loop->families[i];
		at[i] = f->first;
		if (!f->stride)
			continue;
		offset = LLVMBuildNUWMul(l->b, count, lower_i64(l, f->stride), "");
		LLVMSetNSW(offset, 1);
		at[i] = LLVMBuildNUWAdd(l->b, f->first, offset, "");
		LLVMSetNSW(at[i], 1);
	}
	for (; instr != LLVMGetBasicBlockTerminator(loop->block); instr = LLVMGetNextInstruction(instr)) {
		copy = LLVMInstructionClone(instr);
		for (j = 0; (int)j < LLVMGetNumOperands(copy); j++)
			LLVMSetOperand(copy, j, mapped(map, LLVMGetOperand(copy, j)));
		a = find_access(loop, instr);
		if (a) {
			offset = lower_i64(l, a->distance);
			ptr = LLVMBuildInBoundsGEP2(l->b, l->i8, l->ctx, &at[a->family], 1, "");
			if (a->distance)
				ptr = LLVMBuildInBoundsGEP2(l->b, l->i8, ptr, &offset, 1, "");
			LLVMSetOperand(copy, a->is_store, ptr);
			/* was so for its trap */
			LLVMSetVolatile(copy, 0);
			if (apart)
				set_scopes(loop, a, copy);
		}
		LLVMInsertIntoBuilder(l->b, copy);
		map->from[map->nr] = instr;
		map->to[map->nr++] = copy;
	}
	next = LLVMBuildNUWAdd(l->b, count, lower_i64(l, 1), "");
	LLVMSetNSW(next, 1);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, count, last, ""), loop->exit, block);
	/* the rest of a loop unrolled so is more than the checker can follow */
	hint(l, br, apart || (!loop->loose && !count_pairs(loop)), "llvm.loop.unroll.runtime.disable");
	LLVMAddIncoming(count, (LLVMValueRef[]){ lower_i64(l, 0), next },
			(LLVMBasicBlockRef[]){ from, block }, 2);
	for (i = 0; i < nr_phis; i++) {
		phi = map->from[i];
		for (j = 0; j < 2; j++) {
			LLVMBasicBlockRef pred = LLVMGetIncomingBlock(phi, j);
			LLVMValueRef v = LLVMGetIncomingValue(phi, j);

			if (pred == loop->block)
				v = mapped(map, v);
			pred = pred == loop->block ? block : from;
			LLVMAddIncoming(map->to[i], &v, &pred, 1);
		}
	}
	for (phi = LLVMGetFirstInstruction(loop->exit); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		for (j = 0; j < LLVMCountIncoming(phi); j++)
			if (LLVMGetIncomingBlock(phi, j) == loop->block)
				break;
		copy = mapped(map, LLVMGetIncomingValue(phi, j));
		LLVMAddIncoming(phi, &copy, &block, 1);
	}
	free(map);
	return block;
}

/* the loop may now be entered from @from as well */
static void add_entry(struct loop *loop, LLVMBasicBlockRef from)
{
	LLVMValueRef phi, v;
	u32 i;

	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		for (i = 0; LLVMGetIncomingBlock(phi, i) != loop->preheader; i++)
			;
		v = LLVMGetIncomingValue(phi, i);
		LLVMAddIncoming(phi, &v, &from, 1);
	}
}

static void version_loop(struct loop *loop, const struct condition *c)
{
	struct lower *l = loop->l;
	LLVMBasicBlockRef tests = lower_block(l, "tests"), inside = lower_block(l, "tests");
	LLVMBasicBlockRef copy, apart;
	LLVMValueRef condition, last;
	/* nothing is gained from knowing that some are apart if others may be anywhere */
	u32 nr_pairs = loop->loose || !l->m->uses_float ? 0 : count_pairs(loop), i;

	LLVMPositionBuilderBefore(l->b, LLVMGetBasicBlockTerminator(loop->preheader));
	if (nr_pairs > MAX_PAIRS || !loop_count_repeats(loop, c)) {
		LLVMDeleteBasicBlock(tests);
		LLVMDeleteBasicBlock(inside);
		return;
	}
	condition = LLVMBuildICmp(l->b, LLVMIntUGE, loop->repeats, lower_i64(l, MIN_REPEATS - 1), "");
	condition = LLVMBuildAnd(l->b, condition, loop->known, "");
	LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(loop->preheader));
	LLVMPositionBuilderAtEnd(l->b, loop->preheader);
	LLVMBuildCondBr(l->b, condition, tests, loop->block);

	LLVMPositionBuilderAtEnd(l->b, tests);
	LLVMBuildCondBr(l->b, test_inside(loop), inside, loop->block);
	add_entry(loop, tests);

	LLVMPositionBuilderAtEnd(l->b, inside);
	for (i = 0; i < loop->nr_families; i++)
		loop->families[i].first = lower_opaque(l, loop_first_value(loop, &loop->families[i].at));
	last = loop->repeats;
	if (!LLVMIsAConstantInt(last)) {
		last = lower_opaque(l, LLVMBuildTrunc(l->b, last, l->i32, ""));
		last = LLVMBuildAnd(l->b, last, lower_i64(l, loop->mask), "");
	}
	if (nr_pairs) {
		make_scopes(loop);
		condition = test_apart(loop);
		apart = copy_loop(loop, inside, last, true);
		copy = copy_loop(loop, inside, last, false);
		LLVMPositionBuilderAtEnd(l->b, inside);
		LLVMBuildCondBr(l->b, condition, apart, copy);
	} else {
		copy = copy_loop(loop, inside, last, false);
		LLVMPositionBuilderAtEnd(l->b, inside);
		LLVMBuildBr(l->b, copy);
	}
	hint(l, LLVMGetBasicBlockTerminator(loop->block), false, "llvm.loop.unroll.disable");
}

LLVMBasicBlockRef loop_find_preheader(LLVMBasicBlockRef block, LLVMBasicBlockRef latch)
{
	LLVMValueRef phi = LLVMGetFirstInstruction(block);
	LLVMBasicBlockRef from, found = NULL;
	u32 i;

	if (!LLVMIsAPHINode(phi) || LLVMCountIncoming(phi) != 2)
		return NULL;
	for (i = 0; i < 2; i++) {
		from = LLVMGetIncomingBlock(phi, i);
		if (from != latch)
			found = from;
	}
	return found && LLVMGetNumSuccessors(LLVMGetBasicBlockTerminator(found)) == 1 ? found : NULL;
}

void loop_enter_behind(struct loop *loop, LLVMBasicBlockRef from, LLVMValueRef iterations)
{
	struct lower *l = loop->l;
	const struct counter *counter;
	LLVMValueRef phi, v;

	for (phi = LLVMGetFirstInstruction(loop->block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		counter = loop_find_counter(loop, phi);
		v = LLVMBuildMul(l->b, iterations, lower_i32(l, counter->step), "");
		v = LLVMBuildAdd(l->b, counter->start, v, "");
		LLVMAddIncoming(phi, &v, &from, 1);
	}
	LLVMBuildBr(l->b, loop->block);
}

bool loop_find_block(struct loop *loop, struct lower *l, LLVMBasicBlockRef block)
{
	LLVMValueRef br = LLVMGetBasicBlockTerminator(block);

	loop->l = l;
	loop->block = block;
	loop->exit = LLVMGetSuccessor(br, LLVMGetSuccessor(br, 0) == block);
	loop->blocks[loop->nr_blocks++] = block;
	loop->preheader = loop_find_preheader(block, block);
	if (!loop->preheader || loop->exit == block)
		return false;
	loop_find_counters(loop);
	return true;
}

/* are there addresses that change from one iteration to the next? */
static bool is_moving(const struct loop *loop)
{
	u32 i;

	for (i = 0; i < loop->nr_families && !loop->families[i].stride; i++)
		;
	return i < loop->nr_families;
}

static void look_at_loop(struct lower *l, LLVMBasicBlockRef block)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	LLVMValueRef br = LLVMGetBasicBlockTerminator(block);
	struct condition c;

	if (loop_find_block(loop, l, block) && is_parallel(loop) &&
	    loop_find_condition(loop, br, block, &c) && !is_short(loop, &c) &&
	    find_accesses(loop) && find_families(loop) && is_moving(loop))
		version_loop(loop, &c);
	free(loop);
}

void lower_loops(struct lower *l, LLVMValueRef func)
{
	LLVMBasicBlockRef block, next;
	LLVMValueRef br;
	unsigned int i;

	l->func = func;
	l->ctx = LLVMGetParam(func, 0);
	for (block = LLVMGetFirstBasicBlock(func); block; block = next) {
		next = LLVMGetNextBasicBlock(block);
		lower_search(l, block);
		br = LLVMGetBasicBlockTerminator(block);
		if (!LLVMIsABranchInst(br) || !LLVMIsConditional(br))
			continue;
		for (i = 0; i < 2; i++)
			if (LLVMGetSuccessor(br, i) == block)
				break;
		if (i < 2 && !lower_down(l, block))
			look_at_loop(l, block);
	}
}
