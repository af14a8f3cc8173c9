// SPDX-License-Identifier: GPL-2.0
/*
 * checks.c - one stack check in each function
 *
 * Lowering begins each function that makes calls with the question whether rsp is still above the
 * reserve of the guest stack. What was inlined brings its question along, yet
 * all are answered by the same rsp, which the prologue has set for all of the frame. So behind the
 * first, which decides at the end of the entry block, all others are as good as answered. To LLVM
 * they are reads of something that may have changed.
 */
#include <llvm-c/Core.h>

#include "target.h"

static bool reads_rsp(LLVMValueRef v)
{
	static const char name[] = "llvm.read_register";
	LLVMValueRef called = LLVMIsACallInst(v) ? LLVMGetCalledValue(v) : NULL;

	return called && LLVMIsAFunction(called) &&
	       LLVMGetIntrinsicID(called) == LLVMLookupIntrinsicID(name, sizeof(name) - 1);
}

/* what the end of the entry block asks: (rsp & mask) ==, != 0; NULL if it is something else */
static LLVMValueRef first_check(LLVMValueRef func)
{
	LLVMValueRef v = LLVMGetBasicBlockTerminator(LLVMGetEntryBasicBlock(func));

	if (!LLVMIsABranchInst(v) || !LLVMIsConditional(v))
		return NULL;
	v = LLVMGetCondition(v);
	if (!LLVMIsAICmpInst(v) || !LLVMIsNull(LLVMGetOperand(v, 1)) ||
	    (LLVMGetICmpPredicate(v) != LLVMIntEQ && LLVMGetICmpPredicate(v) != LLVMIntNE))
		return NULL;
	v = LLVMGetOperand(v, 0);
	if (!LLVMIsAInstruction(v) || LLVMGetInstructionOpcode(v) != LLVMAnd)
		return NULL;
	v = LLVMGetOperand(v, 0);
	return reads_rsp(v) ? v : NULL;
}

static void drop_others(LLVMValueRef func, LLVMValueRef first)
{
	LLVMBasicBlockRef block;
	LLVMValueRef v, next;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (v = LLVMGetFirstInstruction(block); v; v = next) {
			next = LLVMGetNextInstruction(v);
			if (v == first || !reads_rsp(v))
				continue;
			/* with all bits set it is above any reserve */
			LLVMReplaceAllUsesWith(v, LLVMConstAllOnes(LLVMTypeOf(v)));
			LLVMInstructionEraseFromParent(v);
		}
	}
}

void target_drop_stack_checks(LLVMModuleRef mod)
{
	LLVMValueRef func, first;

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func)) {
		first = LLVMIsDeclaration(func) ? NULL : first_check(func);
		if (first)
			drop_others(func, first);
	}
}
