// SPDX-License-Identifier: GPL-2.0
/*
 * vectors.c - SLP vectorization for floats only
 *
 * The SLP vectorizer looks for scalar operations that go together in a vector. Of floats that is worth a
 * twentieth of the time of some programs. Integers gain nothing by it (the same instructions are executed in
 * sqlite and lua), and most of its time, a twenty-fifth of sqlite's compilation, goes into functions that have
 * nothing else. So while it runs these are marked as ones that must not use vectors. The loop vectorizer
 * comes before, and gains with integers, too.
 */
#include <llvm-c/Core.h>
#include <string.h>

#include "target.h"

static bool is_float(LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMFloatTypeKind:
	case LLVMDoubleTypeKind:
	case LLVMVectorTypeKind:
		return true;
	default:
		return false;
	}
}

static bool has_floats(LLVMValueRef func)
{
	LLVMBasicBlockRef block;
	LLVMValueRef instr;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr;
		     instr = LLVMGetNextInstruction(instr)) {
			if (is_float(LLVMTypeOf(instr)) ||
			    (LLVMGetInstructionOpcode(instr) == LLVMStore &&
			     is_float(LLVMTypeOf(LLVMGetOperand(instr, 0)))))
				return true;
		}
	}
	return false;
}

/**
 * target_hide_integers() - Mark functions without floats for the SLP vectorizer
 * @mod: module
 * @hide: otherwise the marks are taken away
 *
 * Context: Any thread; @mod is the caller's.
 */
void target_hide_integers(LLVMModuleRef mod, bool hide)
{
	static const char name[] = "noimplicitfloat";
	unsigned int kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
	LLVMAttributeRef mark = LLVMCreateEnumAttribute(LLVMGetModuleContext(mod), kind, 0);
	LLVMValueRef func;

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func)) {
		if (LLVMIsDeclaration(func))
			continue;
		if (!hide)
			LLVMRemoveEnumAttributeAtIndex(func, LLVMAttributeFunctionIndex, kind);
		else if (!has_floats(func))
			LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex, mark);
	}
}
