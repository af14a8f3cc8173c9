// SPDX-License-Identifier: GPL-2.0
/*
 * lower_copy.c - functions that copy or fill memory do so at once if it is little
 *
 * Without memory.copy and memory.fill, memcpy() and memset() are functions of the module: loops
 * of bytes and words that ask for alignment first, each question a branch that is hard to
 * predict, and most calls are for few bytes. Such a function gets a way around all that, in front:
 *
 *	if (n <= LOWER_MOVE_MAX && all is inside of memory && dst and src are apart)
 *		move n bytes as memory.copy does, return dst;
 *
 * Names say nothing: that the function does just that is proven, by following it for each n and
 * each alignment of dst and src. Its values are then sums of dst, src, and a number, or bytes that
 * are known by where they come from; whatever else it computes must decide nothing. The proof
 * holds if for all of them it loads from [src, src + n) and stores to [dst, dst + n) only, stores
 * what belongs there, all of it, and returns dst.
 *
 * Runs before lower_loops(), which adds tests that cannot be followed.
 */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

enum {
	MAX_INSTRS = 2048,
	MAX_BLOCKS = 1024,	/* followed, for one n and alignment */
	MAX_ALIGN = 16,
	TABLE_SIZE = 4 * MAX_INSTRS,
};

/* where a byte comes from */
enum {
	BYTE_ZERO,
	BYTE_UNKNOWN,
	BYTE_FILL,		/* the lowest of the parameter that memory is filled with */
	BYTE_SRC,		/* and those behind: src[0] and so on */
};

/**
 * struct known - what is known of a value
 * @kind: KNOWN_SUM: @dst * dst + @src * src + @n, modulo 2^bits; a number if both are 0
 *	KNOWN_LOW: its lowest bits, as far as alignments tell, are those of @n
 *	KNOWN_BYTES: it has @bytes, zeros above
 *	KNOWN_PLACE: what @n bytes behind dst (if @dst) or src is in 64 bits, or its pointer
 */
struct known {
	enum { KNOWN_NOTHING, KNOWN_SUM, KNOWN_LOW, KNOWN_BYTES, KNOWN_PLACE } kind;
	s32 dst, src;
	u64 n;
	u8 bytes[8];
};

/**
 * struct proof - a function that is followed
 * @fills: it fills, and the second parameter is with what
 * @n: bytes that it is to move
 * @align: dst and src are known modulo this, a power of two
 * @dst, @src: what they are
 * @stored: which bytes have been
 * @keys, @values: of instructions
 */
struct proof {
	struct lower *l;
	LLVMValueRef func;
	bool fills;
	u32 n, align, dst, src;
	bool stored[LOWER_MOVE_MAX];
	LLVMValueRef keys[TABLE_SIZE];
	struct known values[TABLE_SIZE];
};

static struct known nothing(void)
{
	return (struct known){ .kind = KNOWN_NOTHING };
}

static u64 bits_of(u32 width)
{
	return width < 64 ? (1ull << width) - 1 : ~0ull;
}

static struct known number(u32 width, u64 n)
{
	return (struct known){ .kind = KNOWN_SUM, .n = n & bits_of(width) };
}

static bool is_number(const struct known *k)
{
	return k->kind == KNOWN_SUM && !k->dst && !k->src;
}

/* of an integer of at most 64 bits, a float, a pointer; 0: of anything else */
static u32 width_of(struct proof *p, LLVMTypeRef type)
{
	u32 width;

	switch (LLVMGetTypeKind(type)) {
	case LLVMIntegerTypeKind:
		width = LLVMGetIntTypeWidth(type);
		return width <= 64 ? width : 0;
	case LLVMFloatTypeKind:
		return 32;
	case LLVMDoubleTypeKind:
		return 64;
	default:
		return type == p->l->ptr ? 64 : 0;
	}
}

static struct known *slot(struct proof *p, LLVMValueRef v)
{
	size_t i = ((size_t)v >> 4) * 0x9e3779b97f4a7c15ull % TABLE_SIZE;

	while (p->keys[i] && p->keys[i] != v)
		i = (i + 1) % TABLE_SIZE;
	p->keys[i] = v;
	return &p->values[i];
}

static struct known value_of(struct proof *p, LLVMValueRef v)
{
	u32 width = width_of(p, LLVMTypeOf(v));

	if (!width)
		return nothing();
	if (LLVMIsAConstantInt(v))
		return number(width, LLVMConstIntGetZExtValue(v));
	if (v == LLVMGetParam(p->func, 1))
		return (struct known){ .kind = KNOWN_SUM, .dst = 1 };
	if (v == LLVMGetParam(p->func, 2) && !p->fills)
		return (struct known){ .kind = KNOWN_SUM, .src = 1 };
	if (v == LLVMGetParam(p->func, 2))
		return (struct known){ .kind = KNOWN_BYTES, .bytes = {
			BYTE_FILL, BYTE_UNKNOWN, BYTE_UNKNOWN, BYTE_UNKNOWN } };
	if (v == LLVMGetParam(p->func, 3))
		return number(width, p->n);
	return LLVMIsAInstruction(v) ? *slot(p, v) : nothing();
}

/* ---- what instructions compute ---- */

/* the lowest bits, good modulo the alignment; false if they are not known */
static bool low_bits(const struct proof *p, const struct known *k, u64 *low)
{
	*low = k->n;
	if (k->kind == KNOWN_SUM)
		*low += (u64)(s64)k->dst * p->dst + (u64)(s64)k->src * p->src;
	return k->kind == KNOWN_SUM || k->kind == KNOWN_LOW;
}

static struct known low(u64 n)
{
	return (struct known){ .kind = KNOWN_LOW, .n = n };
}

static bool find_bytes(const struct known *k, u8 *bytes)
{
	u32 i;

	if (k->kind == KNOWN_BYTES)
		memcpy(bytes, k->bytes, sizeof(k->bytes));
	else if (is_number(k))
		for (i = 0; i < 8; i++)
			bytes[i] = (k->n >> (8 * i) & 0xff) ? BYTE_UNKNOWN : BYTE_ZERO;
	return k->kind == KNOWN_BYTES || is_number(k);
}

/* a or b, which are also a + b and a ^ b where one of two bytes is zero, and so nothing carries */
static struct known join_bytes(const struct known *a, const struct known *b)
{
	struct known k = { .kind = KNOWN_BYTES };
	u8 x[8], y[8];
	u32 i;

	if (!find_bytes(a, x) || !find_bytes(b, y))
		return nothing();
	for (i = 0; i < 8; i++) {
		if (x[i] != BYTE_ZERO && y[i] != BYTE_ZERO)
			return nothing();
		k.bytes[i] = x[i] != BYTE_ZERO ? x[i] : y[i];
	}
	return k;
}

static struct known mask_bytes(const struct known *a, u64 mask)
{
	struct known k = *a;
	u32 i;

	for (i = 0; i < 8; i++) {
		if (!(mask >> (8 * i) & 0xff))
			k.bytes[i] = BYTE_ZERO;
		else if ((mask >> (8 * i) & 0xff) != 0xff && k.bytes[i] != BYTE_ZERO)
			k.bytes[i] = BYTE_UNKNOWN;
	}
	return k;
}

/* bits shifted out at the top are cut off by the caller */
static struct known shift_bytes(const struct known *a, u64 count, bool left)
{
	struct known k = { .kind = KNOWN_BYTES };
	u32 i, by = count / 8;

	if (count % 8 || by >= 8)
		return nothing();
	for (i = 0; i + by < 8; i++)
		k.bytes[left ? i + by : i] = a->bytes[left ? i : i + by];
	return k;
}

/* bytes times 0x01010101, 0x100000001 or the like: in all these places, if nothing is added up */
static struct known spread_bytes(const struct known *a, u64 factor)
{
	struct known k = { .kind = KNOWN_BYTES };
	u32 i, j;

	for (i = 0; i < 8; i++) {
		if ((factor >> (8 * i) & 0xff) > 1)
			return nothing();
		if (!(factor >> (8 * i) & 0xff))
			continue;
		for (j = 0; i + j < 8; j++) {
			if (k.bytes[i + j] != BYTE_ZERO && a->bytes[j] != BYTE_ZERO)
				return nothing();
			if (a->bytes[j] != BYTE_ZERO)
				k.bytes[i + j] = a->bytes[j];
		}
	}
	return k;
}

static struct known add(const struct known *a, const struct known *b, bool subtract)
{
	struct known k = *a;

	k.dst += subtract ? -b->dst : b->dst;
	k.src += subtract ? -b->src : b->src;
	k.n += subtract ? -b->n : b->n;
	return k.dst > 8 || k.dst < -8 || k.src > 8 || k.src < -8 ? nothing() : k;
}

static struct known mask_sum(const struct proof *p, const struct known *a, u64 mask, u64 bits,
			     u32 width)
{
	if (mask < p->align)
		return number(width, bits & mask);
	/* aligned downwards */
	if (a->kind == KNOWN_SUM && (~mask & bits_of(width)) < p->align) {
		struct known less = number(width, bits & ~mask);

		return add(a, &less, true);
	}
	return low(bits & mask);
}

static struct known binary_numbers(LLVMOpcode op, u64 a, u64 b, u32 width)
{
	s64 top = (s64)(a << (64 - width)) >> (64 - width);

	switch (op) {
	case LLVMMul: return number(width, a * b);
	case LLVMAnd: return number(width, a & b);
	case LLVMOr: return number(width, a | b);
	case LLVMXor: return number(width, a ^ b);
	case LLVMShl: return b < width ? number(width, a << b) : nothing();
	case LLVMLShr: return b < width ? number(width, a >> b) : nothing();
	case LLVMAShr: return b < width ? number(width, top >> b) : nothing();
	case LLVMUDiv: return b ? number(width, a / b) : nothing();
	case LLVMURem: return b ? number(width, a % b) : nothing();
	default: return nothing();
	}
}

/* @a is no number, or @b is none */
static struct known binary_unknown(const struct proof *p, LLVMOpcode op, const struct known *a,
				   const struct known *b, u32 width)
{
	struct known ones = number(width, ~0ull);
	u64 x, y;

	if (op == LLVMAnd && is_number(a))
		return binary_unknown(p, op, b, a, width);
	if (a->kind == KNOWN_BYTES && is_number(b)) {
		switch (op) {
		case LLVMAnd: return mask_bytes(a, b->n);
		case LLVMShl: return shift_bytes(a, b->n, true);
		case LLVMLShr: return shift_bytes(a, b->n, false);
		case LLVMMul: return spread_bytes(a, b->n);
		default: break;
		}
	}
	if (op == LLVMOr || op == LLVMXor || op == LLVMAdd) {
		struct known k = join_bytes(a, b);

		if (k.kind)
			return k;
	}
	if (!low_bits(p, a, &x) || !low_bits(p, b, &y))
		return nothing();
	switch (op) {
	case LLVMAdd: return low(x + y);
	case LLVMSub: return low(x - y);
	case LLVMMul: return low(x * y);
	case LLVMOr: return low(x | y);
	case LLVMXor:
		if (a->kind == KNOWN_SUM && is_number(b) && b->n == ones.n)
			return add(&ones, a, true);
		return low(x ^ y);
	case LLVMAnd: return is_number(b) ? mask_sum(p, a, y, x, width) : low(x & y);
	case LLVMShl: return is_number(b) && y < width ? low(x << y) : nothing();
	default: return nothing();
	}
}

static struct known binary(const struct proof *p, LLVMOpcode op, const struct known *a,
			   const struct known *b, u32 width)
{
	struct known k;

	if ((op == LLVMAdd || op == LLVMSub) && a->kind == KNOWN_SUM && b->kind == KNOWN_SUM)
		k = add(a, b, op == LLVMSub);
	else if (is_number(a) && is_number(b))
		k = binary_numbers(op, a->n, b->n, width);
	else
		k = binary_unknown(p, op, a, b, width);
	if (k.kind == KNOWN_SUM)
		k.n &= bits_of(width);
	if (k.kind == KNOWN_BYTES)
		k = mask_bytes(&k, bits_of(width));
	return k;
}

static bool compare(LLVMIntPredicate op, u64 a, u64 b, u32 width)
{
	s64 x = (s64)(a << (64 - width)) >> (64 - width);
	s64 y = (s64)(b << (64 - width)) >> (64 - width);

	switch (op) {
	case LLVMIntEQ: return a == b;
	case LLVMIntNE: return a != b;
	case LLVMIntUGT: return a > b;
	case LLVMIntUGE: return a >= b;
	case LLVMIntULT: return a < b;
	case LLVMIntULE: return a <= b;
	case LLVMIntSGT: return x > y;
	case LLVMIntSGE: return x >= y;
	case LLVMIntSLT: return x < y;
	default: return x <= y;
	}
}

/* @dst or @src, and what is not behind its end, which is below 2^32: so nothing wraps */
static bool is_place(const struct proof *p, const struct known *k)
{
	return k->kind == KNOWN_SUM && k->n <= p->n &&
	       ((k->dst == 1 && !k->src) || (!k->dst && k->src == 1));
}

static struct known compare_values(const struct proof *p, LLVMIntPredicate op,
				   const struct known *a, const struct known *b, u32 width)
{
	bool equal = op == LLVMIntEQ || op == LLVMIntNE;
	u64 x, y;

	if (is_number(a) && is_number(b))
		return number(1, compare(op, a->n, b->n, width));
	/* the same but for a number */
	if (a->kind == KNOWN_SUM && b->kind == KNOWN_SUM && a->dst == b->dst && a->src == b->src &&
	    (equal || (op < LLVMIntSGT && is_place(p, a) && is_place(p, b))))
		return number(1, compare(op, a->n, b->n, width));
	if (equal && low_bits(p, a, &x) && low_bits(p, b, &y) && (x - y) % p->align)
		return number(1, op == LLVMIntNE);
	return nothing();
}

static struct known cast(const struct proof *p, LLVMOpcode op, const struct known *a, u32 from,
			 u32 to)
{
	if (is_number(a)) {
		u64 extended = (s64)(a->n << (64 - from)) >> (64 - from);

		return number(to, op == LLVMSExt ? extended : a->n);
	}
	if (a->kind == KNOWN_BYTES && op == LLVMZExt)
		return *a;
	if (a->kind == KNOWN_BYTES && op == LLVMTrunc && to % 8 == 0)
		return mask_bytes(a, bits_of(to));
	if (a->kind == KNOWN_BYTES && op == LLVMSExt) {
		struct known k = *a;

		memset(k.bytes + from / 8, BYTE_UNKNOWN, (to - from) / 8);
		return from % 8 || to % 8 ? nothing() : k;
	}
	if (op == LLVMZExt && from == 32 && to == 64 && is_place(p, a))
		return (struct known){ .kind = KNOWN_PLACE, .dst = a->dst, .src = a->src, .n = a->n };
	return nothing();
}

/* the base of memory and a place, or a place and a number */
static struct known element(struct proof *p, LLVMValueRef gep)
{
	struct known a, b;

	if (LLVMGetNumOperands(gep) != 2 || LLVMGetGEPSourceElementType(gep) != p->l->i8)
		return nothing();
	b = value_of(p, LLVMGetOperand(gep, 1));
	if (LLVMGetOperand(gep, 0) == p->l->ctx)
		return b.kind == KNOWN_PLACE ? b : nothing();
	a = value_of(p, LLVMGetOperand(gep, 0));
	if (a.kind != KNOWN_PLACE || !is_number(&b) || b.n > LOWER_MOVE_MAX)
		return nothing();
	a.n += b.n;
	return a;
}

/* ---- what they do ---- */

static bool is_plain(struct proof *p, LLVMValueRef access)
{
	return LLVMGetOrdering(access) == LLVMAtomicOrderingNotAtomic &&
	       LLVMGetMetadata(access, p->l->kind_tbaa) == p->l->alias[LOWER_ALIAS_MEMORY];
}

static bool follow_load(struct proof *p, LLVMValueRef instr)
{
	struct known at = value_of(p, LLVMGetOperand(instr, 0)), k = { .kind = KNOWN_BYTES };
	u32 i, size = width_of(p, LLVMTypeOf(instr)) / 8;

	if (!is_plain(p, instr) || !size || at.kind != KNOWN_PLACE || !at.src || at.n + size > p->n)
		return false;
	for (i = 0; i < size; i++)
		k.bytes[i] = BYTE_SRC + at.n + i;
	*slot(p, instr) = k;
	return true;
}

static bool follow_store(struct proof *p, LLVMValueRef instr)
{
	struct known at = value_of(p, LLVMGetOperand(instr, 1));
	struct known k = value_of(p, LLVMGetOperand(instr, 0));
	u32 i, size = width_of(p, LLVMTypeOf(LLVMGetOperand(instr, 0))) / 8;

	if (!is_plain(p, instr) || !size || at.kind != KNOWN_PLACE || !at.dst ||
	    at.n + size > p->n || k.kind != KNOWN_BYTES)
		return false;
	for (i = 0; i < size; i++) {
		if (k.bytes[i] != (p->fills ? BYTE_FILL : BYTE_SRC + at.n + i))
			return false;
		p->stored[at.n + i] = true;
	}
	return true;
}

/* false if it may do what is not known here */
static bool follow_instr(struct proof *p, LLVMValueRef instr)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(instr);
	u32 i, nr = LLVMGetNumOperands(instr), width = width_of(p, LLVMTypeOf(instr));
	struct known k[3] = { 0 }, result = nothing();

	if (op == LLVMLoad)
		return follow_load(p, instr);
	if (op == LLVMStore)
		return follow_store(p, instr);
	if (!width || nr > 3)
		return false;
	for (i = 0; i < nr; i++)
		k[i] = value_of(p, LLVMGetOperand(instr, i));
	switch (op) {
	case LLVMGetElementPtr:
		result = element(p, instr);
		break;
	case LLVMUDiv: case LLVMURem:
		if (!is_number(&k[0]) || !is_number(&k[1]) || !k[1].n)
			return false;
		/* fall through */
	case LLVMAdd: case LLVMSub: case LLVMMul: case LLVMAnd: case LLVMOr: case LLVMXor:
	case LLVMShl: case LLVMLShr: case LLVMAShr:
		result = binary(p, op, &k[0], &k[1], width);
		break;
	case LLVMZExt: case LLVMSExt: case LLVMTrunc:
		result = cast(p, op, &k[0], width_of(p, LLVMTypeOf(LLVMGetOperand(instr, 0))), width);
		break;
	case LLVMICmp:
		result = compare_values(p, LLVMGetICmpPredicate(instr), &k[0], &k[1],
					width_of(p, LLVMTypeOf(LLVMGetOperand(instr, 0))));
		break;
	case LLVMSelect:
		if (is_number(&k[0]))
			result = k[0].n ? k[1] : k[2];
		break;
	default:
		return false;
	}
	*slot(p, instr) = result;
	return true;
}

/* the phis of @block, all at once, entered from @from; the first instruction behind, or NULL */
static LLVMValueRef follow_phis(struct proof *p, LLVMBasicBlockRef block, LLVMBasicBlockRef from)
{
	struct known values[32];
	LLVMValueRef phi;
	u32 i, j, nr = 0;

	for (phi = LLVMGetFirstInstruction(block); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		if (nr == sizeof(values) / sizeof(values[0]))
			return NULL;
		for (j = 0; LLVMGetIncomingBlock(phi, j) != from; j++)
			;
		values[nr++] = value_of(p, LLVMGetIncomingValue(phi, j));
	}
	phi = LLVMGetFirstInstruction(block);
	for (i = 0; i < nr; i++, phi = LLVMGetNextInstruction(phi))
		*slot(p, phi) = values[i];
	return phi;
}

/* where the end of a block goes; NULL if that is not known */
static LLVMBasicBlockRef next_block(struct proof *p, LLVMValueRef end)
{
	struct known k;
	u32 i;

	if (LLVMIsABranchInst(end) && !LLVMIsConditional(end))
		return LLVMGetSuccessor(end, 0);
	if (!LLVMIsABranchInst(end) && !LLVMIsASwitchInst(end))
		return NULL;
	k = value_of(p, LLVMIsABranchInst(end) ? LLVMGetCondition(end) : LLVMGetOperand(end, 0));
	if (!is_number(&k))
		return NULL;
	if (LLVMIsABranchInst(end))
		return LLVMGetSuccessor(end, !k.n);
	/* operands of a switch: the value, the default, then cases and where they go */
	for (i = 1; i < LLVMGetNumSuccessors(end); i++)
		if (LLVMConstIntGetZExtValue(LLVMGetOperand(end, 2 * i)) == k.n)
			return LLVMGetSuccessor(end, i);
	return LLVMGetSuccessor(end, 0);
}

/* does it move what it should for this n and these alignments, and nothing else? */
static bool follow(struct proof *p)
{
	LLVMBasicBlockRef block = LLVMGetEntryBasicBlock(p->func), from = NULL, next;
	LLVMValueRef instr, end;
	struct known result;
	u32 i, nr = 0;

	memset(p->stored, 0, sizeof(p->stored));
	for (;;) {
		instr = follow_phis(p, block, from);
		end = LLVMGetBasicBlockTerminator(block);
		for (; instr && instr != end; instr = LLVMGetNextInstruction(instr))
			if (!follow_instr(p, instr))
				return false;
		if (!instr || ++nr > MAX_BLOCKS)
			return false;
		if (LLVMIsAReturnInst(end))
			break;
		next = next_block(p, end);
		if (!next)
			return false;
		from = block;
		block = next;
	}
	result = value_of(p, LLVMGetOperand(end, 0));
	if (result.kind != KNOWN_SUM || result.dst != 1 || result.src || result.n)
		return false;
	for (i = 0; i < p->n; i++)
		if (!p->stored[i])
			return false;
	return true;
}

static bool prove(struct proof *p)
{
	u32 most = p->fills ? 1 : p->align;

	for (p->n = 0; p->n <= LOWER_MOVE_MAX; p->n++)
		for (p->dst = 0; p->dst < p->align; p->dst++)
			for (p->src = 0; p->src < most; p->src++)
				if (!follow(p))
					return false;
	return true;
}

/* dst, something, n; no calls, and no more than can be followed */
static bool is_candidate(struct lower *l, LLVMValueRef func)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(func);
	LLVMBasicBlockRef block;
	LLVMValueRef instr;
	u32 i, nr = 0;

	if (LLVMCountParams(func) != 4 || LLVMGetReturnType(type) != l->i32)
		return false;
	for (i = 1; i < 4; i++)
		if (LLVMTypeOf(LLVMGetParam(func, i)) != l->i32)
			return false;
	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block))
		for (instr = LLVMGetFirstInstruction(block); instr; instr = LLVMGetNextInstruction(instr))
			if (++nr > MAX_INSTRS || LLVMIsACallInst(instr) || LLVMIsAAllocaInst(instr))
				return false;
	return true;
}

/* ---- the way around ---- */

static LLVMValueRef end_of(struct lower *l, LLVMValueRef begin, LLVMValueRef n)
{
	return LLVMBuildNUWAdd(l->b, LLVMBuildZExt(l->b, begin, l->i64, ""), n, "");
}

/* i1: the bytes are inside of memory, but for its last, and source and destination are apart */
static LLVMValueRef is_harmless(struct lower *l, LLVMValueRef dst, LLVMValueRef src, LLVMValueRef n)
{
	LLVMValueRef size = lower_memory_bytes(l, 0), wide = LLVMBuildZExt(l->b, n, l->i64, "");
	LLVMValueRef inside, apart, args[2];

	args[0] = end_of(l, dst, wide);
	if (!src)
		return LLVMBuildICmp(l->b, LLVMIntULT, args[0], size, "");
	args[1] = end_of(l, src, wide);
	inside = lower_intrinsic(l, "llvm.umax", &l->i64, 1, args, 2);
	inside = LLVMBuildICmp(l->b, LLVMIntULT, inside, size, "");
	args[0] = LLVMBuildSub(l->b, dst, src, "");
	args[1] = LLVMBuildSub(l->b, src, dst, "");
	apart = lower_intrinsic(l, "llvm.umin", &l->i32, 1, args, 2);
	return LLVMBuildAnd(l->b, inside, LLVMBuildICmp(l->b, LLVMIntUGE, apart, n, ""), "");
}

static void build(struct lower *l, LLVMValueRef func, bool fills)
{
	LLVMBasicBlockRef body = LLVMGetEntryBasicBlock(func), entry, tests, moves, done;
	LLVMValueRef dst = LLVMGetParam(func, 1), n = LLVMGetParam(func, 3), little;
	LLVMValueRef src = fills ? NULL : LLVMGetParam(func, 2);

	entry = LLVMInsertBasicBlockInContext(l->llvm, body, "entry");
	tests = lower_block(l, "tests");
	moves = lower_block(l, "moves");
	done = lower_block(l, "moved");
	LLVMPositionBuilderAtEnd(l->b, entry);
	little = LLVMBuildICmp(l->b, LLVMIntULE, n, lower_i32(l, LOWER_MOVE_MAX), "");
	LLVMBuildCondBr(l->b, little, tests, body);
	LLVMPositionBuilderAtEnd(l->b, tests);
	LLVMBuildCondBr(l->b, is_harmless(l, dst, src, n), moves, body);
	LLVMPositionBuilderAtEnd(l->b, moves);
	lower_small_move(l, dst, src, fills ? LLVMGetParam(func, 2) : NULL, n, done);
	LLVMPositionBuilderAtEnd(l->b, done);
	LLVMBuildRet(l->b, dst);
}

void lower_copy(struct lower *l, LLVMValueRef func)
{
	struct proof *p;
	u32 i;

	/* what another thread may see in between is left as it was written */
	if (l->m->memories[0].shared || l->uniform || !is_candidate(l, func) ||
	    (l->opt->opaque_index && l->opt->opaque_index[l->funcidx]))
		return;
	l->func = func;
	l->ctx = LLVMGetParam(func, 0);
	p = xcalloc(1, sizeof(*p));
	p->l = l;
	p->func = func;
	for (i = 0; i < 2; i++) {
		p->fills = i;
		for (p->align = 4; p->align <= MAX_ALIGN; p->align *= 2) {
			if (prove(p)) {
				build(l, func, p->fills);
				free(p);
				return;
			}
		}
	}
	free(p);
}
