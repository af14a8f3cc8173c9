// SPDX-License-Identifier: GPL-2.0
/*
 * lower_numeric.c - constants, arithmetic, comparison, conversion
 *
 * "Execution, Numerics". Floats are plain LLVM arithmetic: LLVM assumes the
 * default environment, which is the specification's, and never contracts. Where
 * it would fold an operation away (x * 1, x - 0, demote of promote) a signalling
 * NaN would stay one, though the specification wants it quiet: these few are
 * written as constrained intrinsics, which are left alone.
 */
#include "diag.h"
#include "lower.h"

static LLVMValueRef boolean(struct lower *l, LLVMValueRef i1)
{
	return LLVMBuildZExt(l->b, i1, l->i32, "");
}

static void compare_int(struct lower *l, LLVMIntPredicate p)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);

	lower_push(l, boolean(l, LLVMBuildICmp(l->b, p, a, b, "")));
}

static void compare_float(struct lower *l, LLVMRealPredicate p)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);

	lower_push(l, boolean(l, LLVMBuildFCmp(l->b, p, a, b, "")));
}

static void is_zero(struct lower *l)
{
	LLVMValueRef a = lower_pop(l);

	lower_push(l, boolean(l, LLVMBuildICmp(l->b, LLVMIntEQ, a,
					       LLVMConstNull(LLVMTypeOf(a)), "")));
}

static void binary(struct lower *l, LLVMOpcode op)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);

	lower_push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static void shift(struct lower *l, LLVMOpcode op)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);

	b = LLVMBuildAnd(l->b, b, LLVMConstInt(type, LLVMGetIntTypeWidth(type) - 1, 0), "");
	lower_push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static void rotate(struct lower *l, const char *funnel_shift)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);

	lower_push(l, lower_intrinsic(l, funnel_shift, &type, 1, (LLVMValueRef[]){ a, a, b }, 3));
}

static void count_zeros(struct lower *l, const char *intrinsic)
{
	LLVMValueRef a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef zero_is_poison = LLVMConstInt(l->i1, 0, 0);

	lower_push(l, lower_intrinsic(l, intrinsic, &type, 1,
				      (LLVMValueRef[]){ a, zero_is_poison }, 2));
}

static void unary_intrinsic(struct lower *l, const char *intrinsic)
{
	LLVMValueRef a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);

	lower_push(l, lower_intrinsic(l, intrinsic, &type, 1, &a, 1));
}

static void trap_if_zero(struct lower *l, LLVMValueRef divisor)
{
	LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(divisor));

	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, divisor, zero, ""),
		      KWASM_TRAP_integer_divide_by_zero);
}

static LLVMValueRef is_minus_one(struct lower *l, LLVMValueRef v)
{
	return LLVMBuildICmp(l->b, LLVMIntEQ, v, LLVMConstAllOnes(LLVMTypeOf(v)), "");
}

static void divide(struct lower *l, LLVMOpcode op)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef least, overflow;

	trap_if_zero(l, b);
	if (op == LLVMSDiv) {
		least = LLVMConstInt(type, 1ull << (LLVMGetIntTypeWidth(type) - 1), 0);
		overflow = LLVMBuildAnd(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, a, least, ""),
					is_minus_one(l, b), "");
		lower_trap_if(l, overflow, KWASM_TRAP_integer_overflow);
	} else if (op == LLVMSRem) {
		/* the least integer % -1 is 0, but makes the processor trap: as % 1 is */
		b = LLVMBuildSelect(l->b, is_minus_one(l, b), LLVMConstInt(type, 1, 0), b, "");
	}
	lower_push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static bool is_float_const(LLVMValueRef v, double c)
{
	LLVMBool loses;

	return LLVMIsAConstantFP(v) && LLVMConstRealGetDouble(v, &loses) == c;
}

/* would LLVM replace the operation by one of its operands, or its negation? */
static bool folds_to_operand(LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
	switch (op) {
	case LLVMFAdd:
	case LLVMFSub:
		return is_float_const(a, 0) || is_float_const(b, 0);
	case LLVMFMul:
		return is_float_const(a, 1) || is_float_const(b, 1) ||
		       is_float_const(a, -1) || is_float_const(b, -1);
	case LLVMFDiv:
		return is_float_const(b, 1) || is_float_const(b, -1);
	default:
		return false;
	}
}

static LLVMValueRef metadata_string(struct lower *l, const char *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	return LLVMMetadataAsValue(l->llvm, LLVMMDStringInContext2(l->llvm, s, len));
}

static LLVMValueRef unfolded(struct lower *l, const char *intrinsic, LLVMTypeRef *types, u32 nr_types,
			     LLVMValueRef *args, u32 nr_args)
{
	LLVMValueRef all[4];
	u32 i;

	for (i = 0; i < nr_args; i++)
		all[i] = args[i];
	all[nr_args++] = metadata_string(l, "round.tonearest");
	all[nr_args++] = metadata_string(l, "fpexcept.strict");
	return lower_intrinsic(l, intrinsic, types, nr_types, all, nr_args);
}

static void float_binary(struct lower *l, LLVMOpcode op, const char *constrained)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);

	if (folds_to_operand(op, a, b))
		lower_push(l, unfolded(l, constrained, &type, 1, (LLVMValueRef[]){ a, b }, 2));
	else
		lower_push(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

/*
 * a < b ? a : b for numbers; of two zeros the negative one (or the positive
 * one), which the bits' or (and) gives; a + b if one is a NaN, which is quiet.
 */
LLVMValueRef lower_minimum(struct lower *l, LLVMValueRef a, LLVMValueRef b, LLVMTypeRef bits,
			   bool max)
{
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef ai = LLVMBuildBitCast(l->b, a, bits, "");
	LLVMValueRef bi = LLVMBuildBitCast(l->b, b, bits, "");
	LLVMValueRef zeros, value;

	zeros = max ? LLVMBuildAnd(l->b, ai, bi, "") : LLVMBuildOr(l->b, ai, bi, "");
	zeros = LLVMBuildBitCast(l->b, zeros, type, "");
	value = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, max ? LLVMRealOGT : LLVMRealOLT, a, b, ""),
				a, b, "");
	value = LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, LLVMRealOEQ, a, b, ""), zeros, value, "");
	return LLVMBuildSelect(l->b, LLVMBuildFCmp(l->b, LLVMRealUNO, a, b, ""),
			       LLVMBuildFAdd(l->b, a, b, ""), value, "");
}

static void minimum(struct lower *l, bool max)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef bits = LLVMTypeOf(a) == l->f32 ? l->i32 : l->i64;

	lower_push(l, lower_minimum(l, a, b, bits, max));
}

static void copy_sign(struct lower *l)
{
	LLVMValueRef b = lower_pop(l), a = lower_pop(l);
	LLVMTypeRef type = LLVMTypeOf(a);

	lower_push(l, lower_intrinsic(l, "llvm.copysign", &type, 1, (LLVMValueRef[]){ a, b }, 2));
}

static void cast(struct lower *l, LLVMOpcode op, LLVMTypeRef to)
{
	LLVMValueRef a = lower_pop(l);

	lower_push(l, LLVMBuildCast(l->b, op, a, to, ""));
}

static void extend(struct lower *l, LLVMTypeRef from)
{
	LLVMValueRef a = lower_pop(l);
	LLVMTypeRef to = LLVMTypeOf(a);

	a = LLVMBuildTrunc(l->b, a, from, "");
	lower_push(l, LLVMBuildSExt(l->b, a, to, ""));
}

static void demote(struct lower *l)
{
	LLVMValueRef a = lower_pop(l);

	if (LLVMIsAFPExtInst(a))
		a = unfolded(l, "llvm.experimental.constrained.fptrunc",
			     (LLVMTypeRef[]){ l->f32, l->f64 }, 2, &a, 1);
	else
		a = LLVMBuildFPTrunc(l->b, a, l->f32, "");
	lower_push(l, a);
}

static void truncate_saturating(struct lower *l, LLVMTypeRef to, bool is_signed)
{
	LLVMValueRef a = lower_pop(l);
	LLVMTypeRef types[] = { to, LLVMTypeOf(a) };

	lower_push(l, lower_intrinsic(l, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat",
				      types, 2, &a, 1));
}

/*
 * The integers of the target lie strictly between two floats; the lower of them
 * (or the float next to it, where it is the least integer exactly) depends on
 * whether the source has the precision to name "least - 1".
 */
static void truncate(struct lower *l, LLVMTypeRef to, bool is_signed)
{
	LLVMValueRef a = lower_pop(l);
	LLVMTypeRef from = LLVMTypeOf(a);
	bool wide = to == l->i64;
	bool least_exact = is_signed && (wide || from == l->f32);
	double above = is_signed ? (wide ? 0x1p63 : 0x1p31) : (wide ? 0x1p64 : 0x1p32);
	double below = is_signed ? (least_exact ? -above : -above - 1) : -1;
	LLVMBasicBlockRef bad = lower_block(l, "trap"), good = lower_block(l, "");
	LLVMValueRef in_range, br;

	in_range = LLVMBuildAnd(l->b,
		LLVMBuildFCmp(l->b, least_exact ? LLVMRealOGE : LLVMRealOGT, a,
			      LLVMConstReal(from, below), ""),
		LLVMBuildFCmp(l->b, LLVMRealOLT, a, LLVMConstReal(from, above), ""), "");
	br = LLVMBuildCondBr(l->b, LLVMBuildNot(l->b, in_range, ""), bad, good);
	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
	LLVMPositionBuilderAtEnd(l->b, bad);
	lower_trap_if(l, LLVMBuildFCmp(l->b, LLVMRealUNO, a, a, ""), KWASM_TRAP_invalid_conversion);
	lower_trap(l, KWASM_TRAP_integer_overflow);
	LLVMPositionBuilderAtEnd(l->b, good);
	lower_push(l, LLVMBuildCast(l->b, is_signed ? LLVMFPToSI : LLVMFPToUI, a, to, ""));
}

static LLVMValueRef float_bits(struct lower *l, LLVMTypeRef type, u64 bits)
{
	LLVMTypeRef as_int = type == l->f32 ? l->i32 : l->i64;

	return LLVMConstBitCast(LLVMConstInt(as_int, bits, 0), type);
}

#define CONSTRAINED "llvm.experimental.constrained."

/* ---- 128 bits in two halves ---- */

static LLVMTypeRef i128(struct lower *l)
{
	return LLVMIntTypeInContext(l->llvm, 128);
}

/* the low half is below the high one */
static LLVMValueRef pop_wide(struct lower *l)
{
	LLVMValueRef high = LLVMBuildZExt(l->b, lower_pop(l), i128(l), "");
	LLVMValueRef low = LLVMBuildZExt(l->b, lower_pop(l), i128(l), "");

	high = LLVMBuildShl(l->b, high, LLVMConstInt(i128(l), 64, 0), "");
	return LLVMBuildOr(l->b, high, low, "");
}

static void push_wide(struct lower *l, LLVMValueRef v)
{
	LLVMValueRef high = LLVMBuildLShr(l->b, v, LLVMConstInt(i128(l), 64, 0), "");

	lower_push(l, LLVMBuildTrunc(l->b, v, l->i64, ""));
	lower_push(l, LLVMBuildTrunc(l->b, high, l->i64, ""));
}

static void binary_wide(struct lower *l, LLVMOpcode op)
{
	LLVMValueRef b = pop_wide(l), a = pop_wide(l);

	push_wide(l, LLVMBuildBinOp(l->b, op, a, b, ""));
}

static void multiply_wide(struct lower *l, LLVMOpcode extend)
{
	LLVMValueRef b = LLVMBuildCast(l->b, extend, lower_pop(l), i128(l), "");
	LLVMValueRef a = LLVMBuildCast(l->b, extend, lower_pop(l), i128(l), "");

	push_wide(l, LLVMBuildMul(l->b, a, b, ""));
}

void lower_numeric(struct lower *l, const struct wasm_instr *in)
{
	switch (in->op) {
	case WASM_OP_I32_CONST: lower_push(l, lower_i32(l, in->i32)); break;
	case WASM_OP_I64_CONST: lower_push(l, lower_i64(l, in->i64)); break;
	case WASM_OP_F32_CONST: lower_push(l, float_bits(l, l->f32, in->f32)); break;
	case WASM_OP_F64_CONST: lower_push(l, float_bits(l, l->f64, in->f64)); break;

	case WASM_OP_I32_EQZ: case WASM_OP_I64_EQZ: is_zero(l); break;
	case WASM_OP_I32_EQ: case WASM_OP_I64_EQ: compare_int(l, LLVMIntEQ); break;
	case WASM_OP_I32_NE: case WASM_OP_I64_NE: compare_int(l, LLVMIntNE); break;
	case WASM_OP_I32_LT_S: case WASM_OP_I64_LT_S: compare_int(l, LLVMIntSLT); break;
	case WASM_OP_I32_LT_U: case WASM_OP_I64_LT_U: compare_int(l, LLVMIntULT); break;
	case WASM_OP_I32_GT_S: case WASM_OP_I64_GT_S: compare_int(l, LLVMIntSGT); break;
	case WASM_OP_I32_GT_U: case WASM_OP_I64_GT_U: compare_int(l, LLVMIntUGT); break;
	case WASM_OP_I32_LE_S: case WASM_OP_I64_LE_S: compare_int(l, LLVMIntSLE); break;
	case WASM_OP_I32_LE_U: case WASM_OP_I64_LE_U: compare_int(l, LLVMIntULE); break;
	case WASM_OP_I32_GE_S: case WASM_OP_I64_GE_S: compare_int(l, LLVMIntSGE); break;
	case WASM_OP_I32_GE_U: case WASM_OP_I64_GE_U: compare_int(l, LLVMIntUGE); break;

	case WASM_OP_F32_EQ: case WASM_OP_F64_EQ: compare_float(l, LLVMRealOEQ); break;
	case WASM_OP_F32_NE: case WASM_OP_F64_NE: compare_float(l, LLVMRealUNE); break;
	case WASM_OP_F32_LT: case WASM_OP_F64_LT: compare_float(l, LLVMRealOLT); break;
	case WASM_OP_F32_GT: case WASM_OP_F64_GT: compare_float(l, LLVMRealOGT); break;
	case WASM_OP_F32_LE: case WASM_OP_F64_LE: compare_float(l, LLVMRealOLE); break;
	case WASM_OP_F32_GE: case WASM_OP_F64_GE: compare_float(l, LLVMRealOGE); break;

	case WASM_OP_I32_CLZ: case WASM_OP_I64_CLZ: count_zeros(l, "llvm.ctlz"); break;
	case WASM_OP_I32_CTZ: case WASM_OP_I64_CTZ: count_zeros(l, "llvm.cttz"); break;
	case WASM_OP_I32_POPCNT: case WASM_OP_I64_POPCNT: unary_intrinsic(l, "llvm.ctpop"); break;
	case WASM_OP_I32_ADD: case WASM_OP_I64_ADD: binary(l, LLVMAdd); break;
	case WASM_OP_I32_SUB: case WASM_OP_I64_SUB: binary(l, LLVMSub); break;
	case WASM_OP_I32_MUL: case WASM_OP_I64_MUL: binary(l, LLVMMul); break;
	case WASM_OP_I32_DIV_S: case WASM_OP_I64_DIV_S: divide(l, LLVMSDiv); break;
	case WASM_OP_I32_DIV_U: case WASM_OP_I64_DIV_U: divide(l, LLVMUDiv); break;
	case WASM_OP_I32_REM_S: case WASM_OP_I64_REM_S: divide(l, LLVMSRem); break;
	case WASM_OP_I32_REM_U: case WASM_OP_I64_REM_U: divide(l, LLVMURem); break;
	case WASM_OP_I32_AND: case WASM_OP_I64_AND: binary(l, LLVMAnd); break;
	case WASM_OP_I32_OR: case WASM_OP_I64_OR: binary(l, LLVMOr); break;
	case WASM_OP_I32_XOR: case WASM_OP_I64_XOR: binary(l, LLVMXor); break;
	case WASM_OP_I32_SHL: case WASM_OP_I64_SHL: shift(l, LLVMShl); break;
	case WASM_OP_I32_SHR_S: case WASM_OP_I64_SHR_S: shift(l, LLVMAShr); break;
	case WASM_OP_I32_SHR_U: case WASM_OP_I64_SHR_U: shift(l, LLVMLShr); break;
	case WASM_OP_I32_ROTL: case WASM_OP_I64_ROTL: rotate(l, "llvm.fshl"); break;
	case WASM_OP_I32_ROTR: case WASM_OP_I64_ROTR: rotate(l, "llvm.fshr"); break;

	case WASM_OP_I64_ADD128: binary_wide(l, LLVMAdd); break;
	case WASM_OP_I64_SUB128: binary_wide(l, LLVMSub); break;
	case WASM_OP_I64_MUL_WIDE_S: multiply_wide(l, LLVMSExt); break;
	case WASM_OP_I64_MUL_WIDE_U: multiply_wide(l, LLVMZExt); break;

	case WASM_OP_F32_ABS: case WASM_OP_F64_ABS: unary_intrinsic(l, "llvm.fabs"); break;
	case WASM_OP_F32_NEG: case WASM_OP_F64_NEG:
		lower_push(l, LLVMBuildFNeg(l->b, lower_pop(l), ""));
		break;
	case WASM_OP_F32_CEIL: case WASM_OP_F64_CEIL: unary_intrinsic(l, "llvm.ceil"); break;
	case WASM_OP_F32_FLOOR: case WASM_OP_F64_FLOOR: unary_intrinsic(l, "llvm.floor"); break;
	case WASM_OP_F32_TRUNC: case WASM_OP_F64_TRUNC: unary_intrinsic(l, "llvm.trunc"); break;
	case WASM_OP_F32_NEAREST: case WASM_OP_F64_NEAREST: unary_intrinsic(l, "llvm.roundeven"); break;
	case WASM_OP_F32_SQRT: case WASM_OP_F64_SQRT: unary_intrinsic(l, "llvm.sqrt"); break;
	case WASM_OP_F32_ADD: case WASM_OP_F64_ADD: float_binary(l, LLVMFAdd, CONSTRAINED "fadd"); break;
	case WASM_OP_F32_SUB: case WASM_OP_F64_SUB: float_binary(l, LLVMFSub, CONSTRAINED "fsub"); break;
	case WASM_OP_F32_MUL: case WASM_OP_F64_MUL: float_binary(l, LLVMFMul, CONSTRAINED "fmul"); break;
	case WASM_OP_F32_DIV: case WASM_OP_F64_DIV: float_binary(l, LLVMFDiv, CONSTRAINED "fdiv"); break;
	case WASM_OP_F32_MIN: case WASM_OP_F64_MIN: minimum(l, false); break;
	case WASM_OP_F32_MAX: case WASM_OP_F64_MAX: minimum(l, true); break;
	case WASM_OP_F32_COPYSIGN: case WASM_OP_F64_COPYSIGN: copy_sign(l); break;

	case WASM_OP_I32_WRAP_I64: cast(l, LLVMTrunc, l->i32); break;
	case WASM_OP_I64_EXTEND_I32_S: cast(l, LLVMSExt, l->i64); break;
	case WASM_OP_I64_EXTEND_I32_U: cast(l, LLVMZExt, l->i64); break;
	case WASM_OP_I32_TRUNC_F32_S: case WASM_OP_I32_TRUNC_F64_S: truncate(l, l->i32, true); break;
	case WASM_OP_I32_TRUNC_F32_U: case WASM_OP_I32_TRUNC_F64_U: truncate(l, l->i32, false); break;
	case WASM_OP_I64_TRUNC_F32_S: case WASM_OP_I64_TRUNC_F64_S: truncate(l, l->i64, true); break;
	case WASM_OP_I64_TRUNC_F32_U: case WASM_OP_I64_TRUNC_F64_U: truncate(l, l->i64, false); break;
	case WASM_OP_F32_CONVERT_I32_S: case WASM_OP_F32_CONVERT_I64_S: cast(l, LLVMSIToFP, l->f32); break;
	case WASM_OP_F32_CONVERT_I32_U: case WASM_OP_F32_CONVERT_I64_U: cast(l, LLVMUIToFP, l->f32); break;
	case WASM_OP_F64_CONVERT_I32_S: case WASM_OP_F64_CONVERT_I64_S: cast(l, LLVMSIToFP, l->f64); break;
	case WASM_OP_F64_CONVERT_I32_U: case WASM_OP_F64_CONVERT_I64_U: cast(l, LLVMUIToFP, l->f64); break;
	case WASM_OP_F32_DEMOTE_F64: demote(l); break;
	case WASM_OP_F64_PROMOTE_F32: cast(l, LLVMFPExt, l->f64); break;
	case WASM_OP_I32_REINTERPRET_F32: cast(l, LLVMBitCast, l->i32); break;
	case WASM_OP_I64_REINTERPRET_F64: cast(l, LLVMBitCast, l->i64); break;
	case WASM_OP_F32_REINTERPRET_I32: cast(l, LLVMBitCast, l->f32); break;
	case WASM_OP_F64_REINTERPRET_I64: cast(l, LLVMBitCast, l->f64); break;

	case WASM_OP_I32_EXTEND8_S: case WASM_OP_I64_EXTEND8_S: extend(l, l->i8); break;
	case WASM_OP_I32_EXTEND16_S: case WASM_OP_I64_EXTEND16_S: extend(l, l->i16); break;
	case WASM_OP_I64_EXTEND32_S: extend(l, l->i32); break;

	case WASM_OP_I32_TRUNC_SAT_F32_S: case WASM_OP_I32_TRUNC_SAT_F64_S:
		truncate_saturating(l, l->i32, true);
		break;
	case WASM_OP_I32_TRUNC_SAT_F32_U: case WASM_OP_I32_TRUNC_SAT_F64_U:
		truncate_saturating(l, l->i32, false);
		break;
	case WASM_OP_I64_TRUNC_SAT_F32_S: case WASM_OP_I64_TRUNC_SAT_F64_S:
		truncate_saturating(l, l->i64, true);
		break;
	case WASM_OP_I64_TRUNC_SAT_F32_U: case WASM_OP_I64_TRUNC_SAT_F64_U:
		truncate_saturating(l, l->i64, false);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}
