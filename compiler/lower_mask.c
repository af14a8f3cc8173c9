// SPDX-License-Identifier: GPL-2.0
/*
 * lower_mask.c - functions once more, with addresses that the checker can follow
 *
 * The optimiser may turn an index into a running pointer, or a sum of two, whose
 * bounds the checker cannot prove though they hold. Such functions, a few in a
 * hundred at most, are generated a second time from the same optimised module:
 * before each access the distance from the start of memory is cut to 33 bits,
 * which an index and an offset never exceed, by an instruction that LLVM cannot
 * look through. The rest of the module becomes declarations.
 */
#include <stdio.h>
#include <string.h>

#include "lower.h"

#define DISTANCE_MASK	((1ull << 33) - 1)

/* memory 0 starts at the context, which is the parameter in R13 */
static LLVMValueRef context_param(LLVMValueRef func)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName("swiftself", strlen("swiftself"));
	unsigned int i;

	for (i = 0; i < LLVMCountParams(func); i++)
		if (LLVMGetEnumAttributeAtIndex(func, i + 1, kind))
			return LLVMGetParam(func, i);
	return NULL;
}

/* an access's pointer is its last operand */
static void mask_access(LLVMBuilderRef b, LLVMValueRef access, LLVMValueRef base)
{
	LLVMContextRef llvm = LLVMGetTypeContext(LLVMTypeOf(base));
	LLVMTypeRef i64 = LLVMInt64TypeInContext(llvm), i8 = LLVMInt8TypeInContext(llvm);
	LLVMTypeRef types[] = { i64, i64 }, type = LLVMFunctionType(i64, types, 2, 0);
	LLVMValueRef and = LLVMGetInlineAsm(type, "andq $2, $0", strlen("andq $2, $0"),
					    "=r,0,r,~{flags}", strlen("=r,0,r,~{flags}"), 0, 0,
					    LLVMInlineAsmDialectATT, 0);
	unsigned int last = LLVMGetNumOperands(access) - 1;
	LLVMValueRef distance;

	LLVMPositionBuilderBefore(b, access);
	distance = LLVMBuildSub(b, LLVMBuildPtrToInt(b, LLVMGetOperand(access, last), i64, ""),
				LLVMBuildPtrToInt(b, base, i64, ""), "");
	distance = LLVMBuildCall2(b, type, and, (LLVMValueRef[]){
		distance, LLVMConstInt(i64, DISTANCE_MASK, 0) }, 2, "");
	LLVMSetOperand(access, last, LLVMBuildGEP2(b, i8, base, &distance, 1, ""));
}

static void mask_function(LLVMBuilderRef b, LLVMValueRef func, LLVMValueRef memory_alias)
{
	unsigned int tbaa = LLVMGetMDKindIDInContext(LLVMGetTypeContext(LLVMTypeOf(func)), "tbaa", 4);
	LLVMValueRef base = context_param(func), instr, next;
	LLVMBasicBlockRef block;

	for (block = LLVMGetFirstBasicBlock(func); base && block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr; instr = next) {
			next = LLVMGetNextInstruction(instr);
			if ((LLVMIsALoadInst(instr) || LLVMIsAStoreInst(instr)) &&
			    LLVMGetMetadata(instr, tbaa) == memory_alias)
				mask_access(b, instr, base);
		}
	}
}

/* a definition becomes a declaration */
static void delete_body(LLVMValueRef func)
{
	unsigned int dbg = LLVMGetMDKindIDInContext(LLVMGetTypeContext(LLVMTypeOf(func)), "dbg", 3);
	LLVMBasicBlockRef block, next;
	LLVMValueRef instr;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (instr = LLVMGetFirstInstruction(block); instr; instr = LLVMGetNextInstruction(instr))
			if (LLVMGetTypeKind(LLVMTypeOf(instr)) != LLVMVoidTypeKind)
				LLVMReplaceAllUsesWith(instr, LLVMGetPoison(LLVMTypeOf(instr)));
	}
	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block))
		LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(block));
	for (block = LLVMGetFirstBasicBlock(func); block; block = next) {
		next = LLVMGetNextBasicBlock(block);
		LLVMDeleteBasicBlock(block);
	}
	LLVMGlobalEraseMetadata(func, dbg);
	LLVMSetSection(func, "");
}

void lower_mask_functions(LLVMModuleRef mod, const struct abi_layout *abi, const bool *wanted, u32 nr)
{
	LLVMContextRef llvm = LLVMGetModuleContext(mod);
	LLVMValueRef memory_alias = lower_memory_alias(llvm), func;
	LLVMBuilderRef b = LLVMCreateBuilderInContext(llvm);
	u32 funcidx;
	size_t len;

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func)) {
		if (LLVMIsDeclaration(func))
			continue;
		/* a copy for inlining: it is defined, and masked, with another part */
		if (LLVMGetLinkage(func) == LLVMAvailableExternallyLinkage) {
			delete_body(func);
			LLVMSetLinkage(func, LLVMExternalLinkage);
			continue;
		}
		/* each part refers to the other */
		LLVMSetLinkage(func, LLVMExternalLinkage);
		LLVMSetVisibility(func, LLVMHiddenVisibility);
		if (sscanf(LLVMGetValueName2(func, &len), "wasm.%u", &funcidx) == 1 &&
		    funcidx < nr && wanted[funcidx]) {
			if (abi->memory0_here)
				mask_function(b, func, memory_alias);
		} else {
			delete_body(func);
		}
	}
	LLVMDisposeBuilder(b);
}
