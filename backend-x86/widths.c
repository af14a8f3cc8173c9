// SPDX-License-Identifier: GPL-2.0
/*
 * widths.c - loads keep their width
 *
 * Of a load of four bytes of which only the lower two are used, LLVM's instruction selection makes
 * a load of two. That is not the same here: the other two may be out of bounds, and
 * then the access must trap. (The upper bytes alone are no problem: if they are in bounds, so is
 * the rest.)
 *
 * So before the code is selected, every load whose last byte no use asks for is made
 * volatile, which keeps it as it is. The last byte is followed through the operations that move
 * or drop bits; whatever else uses a value uses all of it. When in doubt it is not asked for:
 * a volatile load too many costs next to nothing at this stage.
 */
#include <llvm-c/Core.h>

#include "../compiler/util.h"
#include "target.h"

/* How far the last byte may still be followed: operations, one after the other, and uses in all */
struct reach {
	unsigned int depth, uses;
};

#define REACH_MAX ((struct reach){ .depth = 8, .uses = 1000 })	/* phis lead to each other over and over */

static unsigned int element_bits(LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMVectorTypeKind:
		return element_bits(LLVMGetElementType(type));
	case LLVMIntegerTypeKind:
		return LLVMGetIntTypeWidth(type);
	case LLVMHalfTypeKind:
		return 16;
	case LLVMFloatTypeKind:
		return 32;
	case LLVMDoubleTypeKind:
	case LLVMPointerTypeKind:
		return 64;
	default:
		return 0;
	}
}

static unsigned int type_bits(LLVMTypeRef type)
{
	if (LLVMGetTypeKind(type) == LLVMVectorTypeKind)
		return LLVMGetVectorSize(type) * element_bits(type);
	return element_bits(type);
}

/* a constant that is an integer of at most 64 bits */
static bool constant_of(LLVMValueRef v, u64 *value)
{
	if (!LLVMIsAConstantInt(v) || LLVMGetIntTypeWidth(LLVMTypeOf(v)) > 64)
		return false;
	*value = LLVMConstIntGetZExtValue(v);
	return true;
}

static bool byte_wanted(LLVMValueRef v, s64 at, struct reach *reach);

/* lanes of @user that are the lane of @v where the byte is */
static bool wanted_by_shuffle(LLVMValueRef user, LLVMValueRef v, s64 at, struct reach *reach)
{
	unsigned int bits = element_bits(LLVMTypeOf(v)), nr = LLVMGetVectorSize(LLVMTypeOf(v));
	unsigned int i, k;

	for (i = 0; i < LLVMGetNumMaskElements(user); i++) {
		int from = LLVMGetMaskValue(user, i);

		for (k = 0; k < 2; k++) {
			if (LLVMGetOperand(user, k) == v && from == (int)(k * nr + at / bits) &&
			    byte_wanted(user, i * bits + at % bits, reach))
				return true;
		}
	}
	return false;
}

/* a byte of one of @v's elements becomes one of @user's elements of another width */
static bool wanted_resized(LLVMValueRef user, LLVMValueRef v, s64 at, struct reach *reach)
{
	unsigned int from = element_bits(LLVMTypeOf(v)), to = element_bits(LLVMTypeOf(user));

	return at % from < to && byte_wanted(user, at / from * to + at % from, reach);
}

/*
 * Does @user need the 8 bits of its operand @v from bit @at on? They may lie partly outside of the
 * value already.
 */
static bool wanted_by(LLVMValueRef user, LLVMValueRef v, s64 at, struct reach *reach)
{
	bool scalar = LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMIntegerTypeKind;
	u64 c, mask;

	switch (LLVMGetInstructionOpcode(user)) {
	case LLVMTrunc:
	case LLVMZExt:
	case LLVMSExt:
		return wanted_resized(user, v, at, reach);
	case LLVMBitCast:
	case LLVMFreeze:
	case LLVMPHI:
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMOr:
	case LLVMXor:
		return byte_wanted(user, at, reach);
	case LLVMSelect:
		return LLVMGetOperand(user, 0) == v || byte_wanted(user, at, reach);
	case LLVMAnd:
		if (scalar && constant_of(LLVMGetOperand(user, 1), &c)) {
			mask = at >= 0 ? 0xffull << at : 0xffull >> -at;
			if (!(c & mask))
				return false;
		}
		return byte_wanted(user, at, reach);
	case LLVMShl:
	case LLVMLShr:
	case LLVMAShr:
		if (LLVMGetOperand(user, 0) != v)
			return true;
		if (!scalar || !constant_of(LLVMGetOperand(user, 1), &c) || c >= 64)
			return byte_wanted(user, at, reach);
		at = LLVMGetInstructionOpcode(user) == LLVMShl ? at + (s64)c : at - (s64)c;
		if (at <= -8 || at >= (s64)type_bits(LLVMTypeOf(v)))
			return false;
		return byte_wanted(user, at, reach);
	case LLVMExtractElement:
		if (LLVMGetOperand(user, 0) != v)
			return true;
		if (!constant_of(LLVMGetOperand(user, 1), &c))
			return true;
		return c == (u64)at / element_bits(LLVMTypeOf(v)) &&
		       byte_wanted(user, at % element_bits(LLVMTypeOf(v)), reach);
	case LLVMInsertElement:
		if (LLVMGetOperand(user, 0) == v && constant_of(LLVMGetOperand(user, 2), &c) &&
		    c == (u64)at / element_bits(LLVMTypeOf(v)))
			return false;
		return LLVMGetOperand(user, 0) != v || byte_wanted(user, at, reach);
	case LLVMShuffleVector:
		return wanted_by_shuffle(user, v, at, reach);
	case LLVMCall:
		/* bits change their places in some */
		return !LLVMGetIntrinsicID(LLVMGetCalledValue(user));
	default:
		return true;
	}
}

static bool byte_wanted(LLVMValueRef v, s64 at, struct reach *reach)
{
	bool wanted = false;
	LLVMUseRef use;

	if (!reach->depth)
		return false;
	reach->depth--;
	for (use = LLVMGetFirstUse(v); use && !wanted && reach->uses; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		reach->uses--;
		wanted = LLVMIsAInstruction(user) && wanted_by(user, v, at, reach);
	}
	reach->depth++;
	return wanted;
}

/*
 * Instruction selection folds even a volatile load of a vector into an instruction that widens its lower
 * half, and reads but that; so its value goes through an assembly that does nothing.
 */
static void keep_apart(LLVMValueRef load)
{
	LLVMTypeRef vector = LLVMTypeOf(load), type = LLVMFunctionType(vector, &vector, 1, 0);
	LLVMContextRef context = LLVMGetTypeContext(vector);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
	LLVMValueRef nothing, value;

	nothing = LLVMGetInlineAsm(type, "", 0, "=x,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
	LLVMPositionBuilderBefore(builder, LLVMGetNextInstruction(load));
	value = LLVMBuildCall2(builder, type, nothing, &load, 1, "");
	LLVMReplaceAllUsesWith(load, value);
	LLVMSetOperand(value, 0, load);
	LLVMDisposeBuilder(builder);
}

static void keep_width(LLVMValueRef load, bool before)
{
	unsigned int bits = type_bits(LLVMTypeOf(load));
	bool vector = LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMVectorTypeKind;

	struct reach reach = REACH_MAX;

	if (LLVMGetOrdering(load) != LLVMAtomicOrderingNotAtomic || bits <= 8 || (before && !vector))
		return;
	if (byte_wanted(load, bits - 8, &reach))
		return;
	LLVMSetVolatile(load, 1);
	if (vector && bits == 128 && !before)
		keep_apart(load);
}

/**
 * target_keep_widths() - Make loads that might be narrowed volatile
 * @mod: module
 * @before: the optimiser, which itself takes single elements of vectors, is still to come
 */
void target_keep_widths(LLVMModuleRef mod, bool before)
{
	LLVMBasicBlockRef block;
	LLVMValueRef func, instr;

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func)) {
		for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
			for (instr = LLVMGetFirstInstruction(block); instr;
			     instr = LLVMGetNextInstruction(instr)) {
				if (LLVMGetInstructionOpcode(instr) == LLVMLoad)
					keep_width(instr, before);
			}
		}
	}
}
