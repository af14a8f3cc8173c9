// SPDX-License-Identifier: GPL-2.0
/*
 * lower_vector.c - v128
 *
 * "Execution, Instructions, Vector". On the value stack a v128 is <2 x i64>; an
 * instruction casts it to the shape of its name. What x86 has an instruction of
 * its own for, and LLVM no generic form, is an x86 intrinsic of SSE4.1 at most.
 *
 * Relaxed instructions take the choice that is the same on every processor:
 * the result of their strict twin, multiplication and addition rounded apart,
 * signed dot products.
 */
#include "diag.h"
#include "lower.h"

enum shape { I8X16, I16X8, I32X4, I64X2, F32X4, F64X2 };

static u32 lanes(enum shape shape)
{
	static const u8 nr[] = { 16, 8, 4, 2, 4, 2 };

	return nr[shape];
}

static LLVMTypeRef lane_type(struct lower *l, enum shape shape)
{
	LLVMTypeRef types[] = { l->i8, l->i16, l->i32, l->i64, l->f32, l->f64 };

	return types[shape];
}

static u32 lane_bits(enum shape shape)
{
	return 128 / lanes(shape);
}

static LLVMTypeRef vector_type(struct lower *l, enum shape shape)
{
	return LLVMVectorType(lane_type(l, shape), lanes(shape));
}

static LLVMValueRef pop(struct lower *l, enum shape shape)
{
	return LLVMBuildBitCast(l->b, lower_pop(l), vector_type(l, shape), "");
}

static void push(struct lower *l, LLVMValueRef v)
{
	lower_push(l, LLVMBuildBitCast(l->b, v, l->v128, ""));
}

static LLVMValueRef splat(struct lower *l, LLVMValueRef scalar, u32 nr)
{
	LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(scalar), nr);
	LLVMValueRef v = LLVMBuildInsertElement(l->b, LLVMGetPoison(type), scalar,
						lower_i32(l, 0), "");
	LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(l->i32, nr));

	return LLVMBuildShuffleVector(l->b, v, LLVMGetPoison(type), zeros, "");
}

/* lanes first, first + step, ...: @nr of them */
static LLVMValueRef pick(struct lower *l, LLVMValueRef a, LLVMValueRef b, u32 first, u32 step, u32 nr)
{
	LLVMValueRef mask[16];
	u32 i;

	for (i = 0; i < nr; i++)
		mask[i] = lower_i32(l, first + i * step);
	return LLVMBuildShuffleVector(l->b, a, b, LLVMConstVector(mask, nr), "");
}

static LLVMValueRef half(struct lower *l, LLVMValueRef v, u32 nr_lanes, bool high)
{
	return pick(l, v, LLVMGetPoison(LLVMTypeOf(v)), high ? nr_lanes / 2 : 0, 1, nr_lanes / 2);
}

static LLVMValueRef extend(struct lower *l, LLVMValueRef v, LLVMTypeRef to, bool is_signed)
{
	return LLVMBuildCast(l->b, is_signed ? LLVMSExt : LLVMZExt, v, to, "");
}

static LLVMValueRef intrinsic2(struct lower *l, const char *name, bool overloaded,
			       LLVMValueRef a, LLVMValueRef b)
{
	LLVMTypeRef type = LLVMTypeOf(a);

	return lower_intrinsic(l, name, &type, overloaded, (LLVMValueRef[]){ a, b }, 2);
}

/* ---- memory ---- */

static void load_extend(struct lower *l, const struct wasm_instr *in, enum shape to, bool is_signed)
{
	LLVMTypeRef narrow = LLVMVectorType(LLVMIntTypeInContext(l->llvm, lane_bits(to) / 2), lanes(to));
	LLVMValueRef v = lower_memory_load(l, in, l->i64, 8);

	v = LLVMBuildBitCast(l->b, v, narrow, "");
	push(l, extend(l, v, vector_type(l, to), is_signed));
}

static void load_splat(struct lower *l, const struct wasm_instr *in, enum shape shape)
{
	LLVMValueRef v = lower_memory_load(l, in, lane_type(l, shape), lane_bits(shape) / 8);

	push(l, splat(l, v, lanes(shape)));
}

static void load_zero(struct lower *l, const struct wasm_instr *in, enum shape shape)
{
	LLVMValueRef v = lower_memory_load(l, in, lane_type(l, shape), lane_bits(shape) / 8);

	push(l, LLVMBuildInsertElement(l->b, LLVMConstNull(vector_type(l, shape)), v,
				       lower_i32(l, 0), ""));
}

static void load_lane(struct lower *l, const struct wasm_instr *in, enum shape shape)
{
	LLVMValueRef vector = pop(l, shape);
	LLVMValueRef v = lower_memory_load(l, in, lane_type(l, shape), lane_bits(shape) / 8);

	push(l, LLVMBuildInsertElement(l->b, vector, v, lower_i32(l, in->lane), ""));
}

static void store_lane(struct lower *l, const struct wasm_instr *in, enum shape shape)
{
	LLVMValueRef v = LLVMBuildExtractElement(l->b, pop(l, shape), lower_i32(l, in->lane), "");

	lower_memory_store(l, in, v, lane_bits(shape) / 8);
}

/* ---- lanes ---- */

static void constant(struct lower *l, const u8 *bytes)
{
	LLVMValueRef v[16];
	u32 i;

	for (i = 0; i < 16; i++)
		v[i] = LLVMConstInt(l->i8, bytes[i], 0);
	push(l, LLVMConstVector(v, 16));
}

static void shuffle(struct lower *l, const u8 *lane_numbers)
{
	LLVMValueRef b = pop(l, I8X16), a = pop(l, I8X16), mask[16];
	u32 i;

	for (i = 0; i < 16; i++)
		mask[i] = lower_i32(l, lane_numbers[i]);
	push(l, LLVMBuildShuffleVector(l->b, a, b, LLVMConstVector(mask, 16), ""));
}

/* pshufb makes a lane zero if bit 7 is set: an index of 16 or more gets it by saturation */
static void swizzle(struct lower *l)
{
	LLVMValueRef index = pop(l, I8X16), v = pop(l, I8X16);

	index = intrinsic2(l, "llvm.uadd.sat", true, index,
			   splat(l, LLVMConstInt(l->i8, 0x70, 0), 16));
	push(l, intrinsic2(l, "llvm.x86.ssse3.pshuf.b.128", false, v, index));
}

static void splat_scalar(struct lower *l, enum shape shape)
{
	LLVMValueRef v = lower_pop(l);

	if (shape < I32X4)
		v = LLVMBuildTrunc(l->b, v, lane_type(l, shape), "");
	push(l, splat(l, v, lanes(shape)));
}

static void extract_lane(struct lower *l, enum shape shape, u32 lane, bool is_signed)
{
	LLVMValueRef v = LLVMBuildExtractElement(l->b, pop(l, shape), lower_i32(l, lane), "");

	lower_push(l, shape < I32X4 ? extend(l, v, l->i32, is_signed) : v);
}

static void replace_lane(struct lower *l, enum shape shape, u32 lane)
{
	LLVMValueRef v = lower_pop(l), vector = pop(l, shape);

	if (shape < I32X4)
		v = LLVMBuildTrunc(l->b, v, lane_type(l, shape), "");
	push(l, LLVMBuildInsertElement(l->b, vector, v, lower_i32(l, lane), ""));
}

/* ---- bits ---- */

static void bitselect(struct lower *l)
{
	LLVMValueRef c = lower_pop(l), b = lower_pop(l), a = lower_pop(l);

	lower_push(l, LLVMBuildOr(l->b, LLVMBuildAnd(l->b, a, c, ""),
				  LLVMBuildAnd(l->b, b, LLVMBuildNot(l->b, c, ""), ""), ""));
}

/* one bit for each lane, as an integer with as many bits */
static LLVMValueRef lane_mask(struct lower *l, LLVMValueRef condition, enum shape shape)
{
	return LLVMBuildBitCast(l->b, condition, LLVMIntTypeInContext(l->llvm, lanes(shape)), "");
}

static void any_true(struct lower *l)
{
	LLVMTypeRef i128 = LLVMInt128TypeInContext(l->llvm);
	LLVMValueRef v = LLVMBuildBitCast(l->b, lower_pop(l), i128, "");

	v = LLVMBuildICmp(l->b, LLVMIntNE, v, LLVMConstNull(i128), "");
	lower_push(l, LLVMBuildZExt(l->b, v, l->i32, ""));
}

static void all_true(struct lower *l, enum shape shape)
{
	LLVMValueRef zero = LLVMConstNull(vector_type(l, shape)), v;

	v = lane_mask(l, LLVMBuildICmp(l->b, LLVMIntEQ, pop(l, shape), zero, ""), shape);
	v = LLVMBuildICmp(l->b, LLVMIntEQ, v, LLVMConstNull(LLVMTypeOf(v)), "");
	lower_push(l, LLVMBuildZExt(l->b, v, l->i32, ""));
}

static void bitmask(struct lower *l, enum shape shape)
{
	LLVMValueRef zero = LLVMConstNull(vector_type(l, shape)), v;

	v = lane_mask(l, LLVMBuildICmp(l->b, LLVMIntSLT, pop(l, shape), zero, ""), shape);
	lower_push(l, LLVMBuildZExt(l->b, v, l->i32, ""));
}

/* ---- integers ---- */

static void compare_int(struct lower *l, enum shape shape, LLVMIntPredicate p)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);

	push(l, LLVMBuildSExt(l->b, LLVMBuildICmp(l->b, p, a, b, ""), LLVMTypeOf(a), ""));
}

static void binary(struct lower *l, enum shape shape, LLVMOpcode op)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);

	push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static void binary_intrinsic(struct lower *l, enum shape shape, const char *name)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);

	push(l, intrinsic2(l, name, true, a, b));
}

static void unary_intrinsic(struct lower *l, enum shape shape, const char *name)
{
	LLVMValueRef a = pop(l, shape);
	LLVMTypeRef type = LLVMTypeOf(a);

	push(l, lower_intrinsic(l, name, &type, 1, &a, 1));
}

static void absolute(struct lower *l, enum shape shape)
{
	LLVMValueRef min_is_poison = LLVMConstInt(l->i1, 0, 0);
	LLVMValueRef a = pop(l, shape);
	LLVMTypeRef type = LLVMTypeOf(a);

	push(l, lower_intrinsic(l, "llvm.abs", &type, 1, (LLVMValueRef[]){ a, min_is_poison }, 2));
}

static void shift(struct lower *l, enum shape shape, LLVMOpcode op)
{
	LLVMValueRef amount = lower_pop(l), a = pop(l, shape);

	amount = LLVMBuildAnd(l->b, amount, lower_i32(l, lane_bits(shape) - 1), "");
	amount = LLVMBuildIntCast2(l->b, amount, lane_type(l, shape), 0, "");
	push(l, LLVMBuildBinOp(l->b, op, a, splat(l, amount, lanes(shape)), ""));
}

static void narrow(struct lower *l, enum shape from, const char *pack)
{
	LLVMValueRef b = pop(l, from), a = pop(l, from);

	push(l, intrinsic2(l, pack, false, a, b));
}

/* (a + b + 1) / 2, with a bit to spare */
static void average(struct lower *l, enum shape shape)
{
	LLVMTypeRef lane = LLVMIntTypeInContext(l->llvm, lane_bits(shape) * 2);
	LLVMTypeRef wide = LLVMVectorType(lane, lanes(shape));
	LLVMValueRef one = splat(l, LLVMConstInt(lane, 1, 0), lanes(shape));
	LLVMValueRef b = extend(l, pop(l, shape), wide, false);
	LLVMValueRef a = extend(l, pop(l, shape), wide, false);
	LLVMValueRef sum = LLVMBuildAdd(l->b, LLVMBuildAdd(l->b, a, b, ""), one, "");

	push(l, LLVMBuildTrunc(l->b, LLVMBuildLShr(l->b, sum, one, ""), vector_type(l, shape), ""));
}

static void extend_half(struct lower *l, enum shape to, bool high, bool is_signed)
{
	LLVMValueRef v = half(l, pop(l, to - 1), lanes(to - 1), high);

	push(l, extend(l, v, vector_type(l, to), is_signed));
}

static void multiply_extended(struct lower *l, enum shape to, bool high, bool is_signed)
{
	LLVMValueRef b = half(l, pop(l, to - 1), lanes(to - 1), high);
	LLVMValueRef a = half(l, pop(l, to - 1), lanes(to - 1), high);

	a = extend(l, a, vector_type(l, to), is_signed);
	b = extend(l, b, vector_type(l, to), is_signed);
	push(l, LLVMBuildMul(l->b, a, b, ""));
}

/* the sum of lanes 0 and 1, of 2 and 3, ... */
static LLVMValueRef add_pairs(struct lower *l, LLVMValueRef v, enum shape to, bool is_signed)
{
	LLVMValueRef none = LLVMGetPoison(LLVMTypeOf(v));
	LLVMValueRef even = pick(l, v, none, 0, 2, lanes(to));
	LLVMValueRef odd = pick(l, v, none, 1, 2, lanes(to));

	return LLVMBuildAdd(l->b, extend(l, even, vector_type(l, to), is_signed),
			    extend(l, odd, vector_type(l, to), is_signed), "");
}

static void multiply_q15(struct lower *l)
{
	LLVMTypeRef wide = LLVMVectorType(l->i32, 8);
	LLVMValueRef b = extend(l, pop(l, I16X8), wide, true);
	LLVMValueRef a = extend(l, pop(l, I16X8), wide, true);
	LLVMValueRef v = LLVMBuildMul(l->b, a, b, "");

	v = LLVMBuildAdd(l->b, v, splat(l, lower_i32(l, 0x4000), 8), "");
	v = LLVMBuildAShr(l->b, v, splat(l, lower_i32(l, 15), 8), "");
	/* only -1 * -1 leaves the range */
	v = intrinsic2(l, "llvm.smin", true, v, splat(l, lower_i32(l, 0x7fff), 8));
	push(l, LLVMBuildTrunc(l->b, v, vector_type(l, I16X8), ""));
}

/* products of signed bytes, added in pairs; with the 7-bit operand they cannot overflow */
static LLVMValueRef dot_bytes(struct lower *l, LLVMValueRef a, LLVMValueRef b)
{
	LLVMTypeRef wide = LLVMVectorType(l->i16, 16);
	LLVMValueRef v = LLVMBuildMul(l->b, extend(l, a, wide, true), extend(l, b, wide, true), "");
	LLVMValueRef none = LLVMGetPoison(wide);

	return intrinsic2(l, "llvm.sadd.sat", true, pick(l, v, none, 0, 2, 8),
			  pick(l, v, none, 1, 2, 8));
}

static void dot_bytes_add(struct lower *l)
{
	LLVMValueRef c = pop(l, I32X4), b = pop(l, I8X16), a = pop(l, I8X16);
	LLVMValueRef sum = add_pairs(l, dot_bytes(l, a, b), I32X4, true);

	push(l, LLVMBuildAdd(l->b, sum, c, ""));
}

/* ---- floats ---- */

static enum shape bits_of(enum shape shape)
{
	return shape == F32X4 ? I32X4 : I64X2;
}

static void compare_float(struct lower *l, enum shape shape, LLVMRealPredicate p)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);
	LLVMTypeRef bits = vector_type(l, bits_of(shape));

	push(l, LLVMBuildSExt(l->b, LLVMBuildFCmp(l->b, p, a, b, ""), bits, ""));
}

static void minimum(struct lower *l, enum shape shape, bool max)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);

	push(l, lower_minimum(l, a, b, vector_type(l, bits_of(shape)), max));
}

/* b < a ? b : a, and a < b ? b : a: what minps and maxps do */
static void pseudo_minimum(struct lower *l, enum shape shape, LLVMRealPredicate b_to_a)
{
	LLVMValueRef b = pop(l, shape), a = pop(l, shape);

	push(l, LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, b_to_a, b, a, ""), b, a, ""));
}

static void multiply_add(struct lower *l, enum shape shape, bool negate)
{
	LLVMValueRef c = pop(l, shape), b = pop(l, shape), a = pop(l, shape);

	if (negate)
		a = LLVMBuildFNeg(l->b, a, "");
	push(l, LLVMBuildFAdd(l->b, LLVMBuildFMul(l->b, a, b, ""), c, ""));
}

static void truncate_saturating(struct lower *l, enum shape from, bool is_signed)
{
	LLVMValueRef a = pop(l, from);
	LLVMTypeRef types[] = { LLVMVectorType(l->i32, lanes(from)), LLVMTypeOf(a) };
	LLVMValueRef v = lower_intrinsic(l, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat",
					 types, 2, &a, 1);

	if (from == F64X2)
		v = pick(l, v, LLVMConstNull(types[0]), 0, 1, 4);
	push(l, v);
}

static void convert(struct lower *l, LLVMOpcode op, enum shape to)
{
	LLVMValueRef v = pop(l, I32X4);

	if (to == F64X2)
		v = half(l, v, 4, false);
	push(l, LLVMBuildCast(l->b, op, v, vector_type(l, to), ""));
}

static void demote(struct lower *l)
{
	LLVMTypeRef two = LLVMVectorType(l->f32, 2);
	LLVMValueRef v = LLVMBuildFPTrunc(l->b, pop(l, F64X2), two, "");

	push(l, pick(l, v, LLVMConstNull(two), 0, 1, 4));
}

static void promote(struct lower *l)
{
	LLVMValueRef v = half(l, pop(l, F32X4), 4, false);

	push(l, LLVMBuildFPExt(l->b, v, vector_type(l, F64X2), ""));
}

static void negate_int(struct lower *l, enum shape shape)
{
	push(l, LLVMBuildNeg(l->b, pop(l, shape), ""));
}

static void negate_float(struct lower *l, enum shape shape)
{
	push(l, LLVMBuildFNeg(l->b, pop(l, shape), ""));
}

/* ---- which instruction is what ---- */

#define INT_COMMON(S, shape)								\
	case WASM_OP_##S##_EQ: compare_int(l, shape, LLVMIntEQ); break;			\
	case WASM_OP_##S##_NE: compare_int(l, shape, LLVMIntNE); break;			\
	case WASM_OP_##S##_LT_S: compare_int(l, shape, LLVMIntSLT); break;		\
	case WASM_OP_##S##_GT_S: compare_int(l, shape, LLVMIntSGT); break;		\
	case WASM_OP_##S##_LE_S: compare_int(l, shape, LLVMIntSLE); break;		\
	case WASM_OP_##S##_GE_S: compare_int(l, shape, LLVMIntSGE); break;		\
	case WASM_OP_##S##_ABS: absolute(l, shape); break;				\
	case WASM_OP_##S##_NEG: negate_int(l, shape); break;				\
	case WASM_OP_##S##_ALL_TRUE: all_true(l, shape); break;				\
	case WASM_OP_##S##_BITMASK: bitmask(l, shape); break;				\
	case WASM_OP_##S##_SHL: shift(l, shape, LLVMShl); break;			\
	case WASM_OP_##S##_SHR_S: shift(l, shape, LLVMAShr); break;			\
	case WASM_OP_##S##_SHR_U: shift(l, shape, LLVMLShr); break;			\
	case WASM_OP_##S##_ADD: binary(l, shape, LLVMAdd); break;			\
	case WASM_OP_##S##_SUB: binary(l, shape, LLVMSub); break;			\
	case WASM_OP_##S##_SPLAT: splat_scalar(l, shape); break;			\
	case WASM_OP_##S##_REPLACE_LANE: replace_lane(l, shape, in->lane); break;	\
	case WASM_OP_##S##_RELAXED_LANESELECT: bitselect(l); break

/* shapes with lanes of at most 32 bits */
#define INT_UNSIGNED(S, shape)								\
	case WASM_OP_##S##_LT_U: compare_int(l, shape, LLVMIntULT); break;		\
	case WASM_OP_##S##_GT_U: compare_int(l, shape, LLVMIntUGT); break;		\
	case WASM_OP_##S##_LE_U: compare_int(l, shape, LLVMIntULE); break;		\
	case WASM_OP_##S##_GE_U: compare_int(l, shape, LLVMIntUGE); break;		\
	case WASM_OP_##S##_MIN_S: binary_intrinsic(l, shape, "llvm.smin"); break;	\
	case WASM_OP_##S##_MIN_U: binary_intrinsic(l, shape, "llvm.umin"); break;	\
	case WASM_OP_##S##_MAX_S: binary_intrinsic(l, shape, "llvm.smax"); break;	\
	case WASM_OP_##S##_MAX_U: binary_intrinsic(l, shape, "llvm.umax"); break

/* shapes with lanes of 8 and 16 bits */
#define INT_SMALL(S, shape)									\
	case WASM_OP_##S##_EXTRACT_LANE_S: extract_lane(l, shape, in->lane, true); break;	\
	case WASM_OP_##S##_EXTRACT_LANE_U: extract_lane(l, shape, in->lane, false); break;	\
	case WASM_OP_##S##_ADD_SAT_S: binary_intrinsic(l, shape, "llvm.sadd.sat"); break;	\
	case WASM_OP_##S##_ADD_SAT_U: binary_intrinsic(l, shape, "llvm.uadd.sat"); break;	\
	case WASM_OP_##S##_SUB_SAT_S: binary_intrinsic(l, shape, "llvm.ssub.sat"); break;	\
	case WASM_OP_##S##_SUB_SAT_U: binary_intrinsic(l, shape, "llvm.usub.sat"); break;	\
	case WASM_OP_##S##_AVGR_U: average(l, shape); break

/* from the lanes of @S to twice as wide ones */
#define INT_EXTEND(T, S, to)								\
	case WASM_OP_##T##_EXTEND_LOW_##S##_S: extend_half(l, to, false, true); break;	\
	case WASM_OP_##T##_EXTEND_HIGH_##S##_S: extend_half(l, to, true, true); break;	\
	case WASM_OP_##T##_EXTEND_LOW_##S##_U: extend_half(l, to, false, false); break;	\
	case WASM_OP_##T##_EXTEND_HIGH_##S##_U: extend_half(l, to, true, false); break;	\
	case WASM_OP_##T##_EXTMUL_LOW_##S##_S: multiply_extended(l, to, false, true); break;	\
	case WASM_OP_##T##_EXTMUL_HIGH_##S##_S: multiply_extended(l, to, true, true); break;	\
	case WASM_OP_##T##_EXTMUL_LOW_##S##_U: multiply_extended(l, to, false, false); break;	\
	case WASM_OP_##T##_EXTMUL_HIGH_##S##_U: multiply_extended(l, to, true, false); break

#define INT_EXTADD(T, S, to)								\
	case WASM_OP_##T##_EXTADD_PAIRWISE_##S##_S:					\
		push(l, add_pairs(l, pop(l, to - 1), to, true)); break;			\
	case WASM_OP_##T##_EXTADD_PAIRWISE_##S##_U:					\
		push(l, add_pairs(l, pop(l, to - 1), to, false)); break

#define FLOAT(S, shape)									\
	case WASM_OP_##S##_EQ: compare_float(l, shape, LLVMRealOEQ); break;		\
	case WASM_OP_##S##_NE: compare_float(l, shape, LLVMRealUNE); break;		\
	case WASM_OP_##S##_LT: compare_float(l, shape, LLVMRealOLT); break;		\
	case WASM_OP_##S##_GT: compare_float(l, shape, LLVMRealOGT); break;		\
	case WASM_OP_##S##_LE: compare_float(l, shape, LLVMRealOLE); break;		\
	case WASM_OP_##S##_GE: compare_float(l, shape, LLVMRealOGE); break;		\
	case WASM_OP_##S##_ABS: unary_intrinsic(l, shape, "llvm.fabs"); break;		\
	case WASM_OP_##S##_NEG: negate_float(l, shape); break;				\
	case WASM_OP_##S##_SQRT: unary_intrinsic(l, shape, "llvm.sqrt"); break;		\
	case WASM_OP_##S##_CEIL: unary_intrinsic(l, shape, "llvm.ceil"); break;		\
	case WASM_OP_##S##_FLOOR: unary_intrinsic(l, shape, "llvm.floor"); break;	\
	case WASM_OP_##S##_TRUNC: unary_intrinsic(l, shape, "llvm.trunc"); break;	\
	case WASM_OP_##S##_NEAREST: unary_intrinsic(l, shape, "llvm.roundeven"); break;	\
	case WASM_OP_##S##_ADD: binary(l, shape, LLVMFAdd); break;			\
	case WASM_OP_##S##_SUB: binary(l, shape, LLVMFSub); break;			\
	case WASM_OP_##S##_MUL: binary(l, shape, LLVMFMul); break;			\
	case WASM_OP_##S##_DIV: binary(l, shape, LLVMFDiv); break;			\
	case WASM_OP_##S##_MIN: case WASM_OP_##S##_RELAXED_MIN:				\
		minimum(l, shape, false); break;					\
	case WASM_OP_##S##_MAX: case WASM_OP_##S##_RELAXED_MAX:				\
		minimum(l, shape, true); break;						\
	case WASM_OP_##S##_PMIN: pseudo_minimum(l, shape, LLVMRealOLT); break;		\
	case WASM_OP_##S##_PMAX: pseudo_minimum(l, shape, LLVMRealOGT); break;		\
	case WASM_OP_##S##_RELAXED_MADD: multiply_add(l, shape, false); break;		\
	case WASM_OP_##S##_RELAXED_NMADD: multiply_add(l, shape, true); break;		\
	case WASM_OP_##S##_SPLAT: splat_scalar(l, shape); break;			\
	case WASM_OP_##S##_EXTRACT_LANE: extract_lane(l, shape, in->lane, false); break; \
	case WASM_OP_##S##_REPLACE_LANE: replace_lane(l, shape, in->lane); break

#define LANE_ACCESS(bits, shape)							\
	case WASM_OP_V128_LOAD##bits##_LANE: load_lane(l, in, shape); break;		\
	case WASM_OP_V128_STORE##bits##_LANE: store_lane(l, in, shape); break;		\
	case WASM_OP_V128_LOAD##bits##_SPLAT: load_splat(l, in, shape); break

void lower_vector(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef a, b;

	switch (in->op) {
	INT_COMMON(I8X16, I8X16);
	INT_COMMON(I16X8, I16X8);
	INT_COMMON(I32X4, I32X4);
	INT_COMMON(I64X2, I64X2);
	INT_UNSIGNED(I8X16, I8X16);
	INT_UNSIGNED(I16X8, I16X8);
	INT_UNSIGNED(I32X4, I32X4);
	INT_SMALL(I8X16, I8X16);
	INT_SMALL(I16X8, I16X8);
	INT_EXTEND(I16X8, I8X16, I16X8);
	INT_EXTEND(I32X4, I16X8, I32X4);
	INT_EXTEND(I64X2, I32X4, I64X2);
	INT_EXTADD(I16X8, I8X16, I16X8);
	INT_EXTADD(I32X4, I16X8, I32X4);
	FLOAT(F32X4, F32X4);
	FLOAT(F64X2, F64X2);
	LANE_ACCESS(8, I8X16);
	LANE_ACCESS(16, I16X8);
	LANE_ACCESS(32, I32X4);
	LANE_ACCESS(64, I64X2);

	case WASM_OP_V128_LOAD: lower_push(l, lower_memory_load(l, in, l->v128, 16)); break;
	case WASM_OP_V128_STORE: a = lower_pop(l); lower_memory_store(l, in, a, 16); break;
	case WASM_OP_V128_LOAD8X8_S: load_extend(l, in, I16X8, true); break;
	case WASM_OP_V128_LOAD8X8_U: load_extend(l, in, I16X8, false); break;
	case WASM_OP_V128_LOAD16X4_S: load_extend(l, in, I32X4, true); break;
	case WASM_OP_V128_LOAD16X4_U: load_extend(l, in, I32X4, false); break;
	case WASM_OP_V128_LOAD32X2_S: load_extend(l, in, I64X2, true); break;
	case WASM_OP_V128_LOAD32X2_U: load_extend(l, in, I64X2, false); break;
	case WASM_OP_V128_LOAD32_ZERO: load_zero(l, in, I32X4); break;
	case WASM_OP_V128_LOAD64_ZERO: load_zero(l, in, I64X2); break;

	case WASM_OP_V128_CONST: constant(l, in->v128); break;
	case WASM_OP_I8X16_SHUFFLE: shuffle(l, in->v128); break;
	case WASM_OP_I8X16_SWIZZLE: case WASM_OP_I8X16_RELAXED_SWIZZLE: swizzle(l); break;
	case WASM_OP_I32X4_EXTRACT_LANE: extract_lane(l, I32X4, in->lane, false); break;
	case WASM_OP_I64X2_EXTRACT_LANE: extract_lane(l, I64X2, in->lane, false); break;

	case WASM_OP_V128_NOT: lower_push(l, LLVMBuildNot(l->b, lower_pop(l), "")); break;
	case WASM_OP_V128_AND: binary(l, I64X2, LLVMAnd); break;
	case WASM_OP_V128_OR: binary(l, I64X2, LLVMOr); break;
	case WASM_OP_V128_XOR: binary(l, I64X2, LLVMXor); break;
	case WASM_OP_V128_ANDNOT:
		b = lower_pop(l);
		a = lower_pop(l);
		lower_push(l, LLVMBuildAnd(l->b, a, LLVMBuildNot(l->b, b, ""), ""));
		break;
	case WASM_OP_V128_BITSELECT: bitselect(l); break;
	case WASM_OP_V128_ANY_TRUE: any_true(l); break;

	case WASM_OP_I8X16_POPCNT: unary_intrinsic(l, I8X16, "llvm.ctpop"); break;
	case WASM_OP_I16X8_MUL: binary(l, I16X8, LLVMMul); break;
	case WASM_OP_I32X4_MUL: binary(l, I32X4, LLVMMul); break;
	case WASM_OP_I64X2_MUL: binary(l, I64X2, LLVMMul); break;
	case WASM_OP_I8X16_NARROW_I16X8_S: narrow(l, I16X8, "llvm.x86.sse2.packsswb.128"); break;
	case WASM_OP_I8X16_NARROW_I16X8_U: narrow(l, I16X8, "llvm.x86.sse2.packuswb.128"); break;
	case WASM_OP_I16X8_NARROW_I32X4_S: narrow(l, I32X4, "llvm.x86.sse2.packssdw.128"); break;
	case WASM_OP_I16X8_NARROW_I32X4_U: narrow(l, I32X4, "llvm.x86.sse41.packusdw"); break;
	case WASM_OP_I32X4_DOT_I16X8_S: narrow(l, I16X8, "llvm.x86.sse2.pmadd.wd"); break;
	case WASM_OP_I16X8_Q15MULR_SAT_S: case WASM_OP_I16X8_RELAXED_Q15MULR_S:
		multiply_q15(l);
		break;
	case WASM_OP_I16X8_RELAXED_DOT_I8X16_I7X16_S:
		b = pop(l, I8X16);
		a = pop(l, I8X16);
		push(l, dot_bytes(l, a, b));
		break;
	case WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S: dot_bytes_add(l); break;

	case WASM_OP_I32X4_TRUNC_SAT_F32X4_S: case WASM_OP_I32X4_RELAXED_TRUNC_F32X4_S:
		truncate_saturating(l, F32X4, true);
		break;
	case WASM_OP_I32X4_TRUNC_SAT_F32X4_U: case WASM_OP_I32X4_RELAXED_TRUNC_F32X4_U:
		truncate_saturating(l, F32X4, false);
		break;
	case WASM_OP_I32X4_TRUNC_SAT_F64X2_S_ZERO: case WASM_OP_I32X4_RELAXED_TRUNC_F64X2_S_ZERO:
		truncate_saturating(l, F64X2, true);
		break;
	case WASM_OP_I32X4_TRUNC_SAT_F64X2_U_ZERO: case WASM_OP_I32X4_RELAXED_TRUNC_F64X2_U_ZERO:
		truncate_saturating(l, F64X2, false);
		break;
	case WASM_OP_F32X4_CONVERT_I32X4_S: convert(l, LLVMSIToFP, F32X4); break;
	case WASM_OP_F32X4_CONVERT_I32X4_U: convert(l, LLVMUIToFP, F32X4); break;
	case WASM_OP_F64X2_CONVERT_LOW_I32X4_S: convert(l, LLVMSIToFP, F64X2); break;
	case WASM_OP_F64X2_CONVERT_LOW_I32X4_U: convert(l, LLVMUIToFP, F64X2); break;
	case WASM_OP_F32X4_DEMOTE_F64X2_ZERO: demote(l); break;
	case WASM_OP_F64X2_PROMOTE_LOW_F32X4: promote(l); break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}
