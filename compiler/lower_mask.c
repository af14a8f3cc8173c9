// SPDX-License-Identifier: GPL-2.0
/*
 * lower_mask.c - functions once more, with addresses that the checker can follow
 *
 * The optimiser may turn an index into a running pointer, or a sum of two, whose
 * bounds the checker cannot prove though they hold. Such functions, a few in a
 * hundred at most, are generated a second time from the same optimised module:
 * before an access the distance from the start of memory is cut to 33 bits,
 * which an index and an offset never exceed, by an instruction that LLVM cannot
 * look through. The rest of the module becomes declarations.
 *
 * At first only the accesses are masked that the checker has named, and those whose
 * addresses are the same but for a constant: what it had learnt from the former it
 * needs for the latter. Line numbers, which are offsets in the .wasm file, tell which those
 * are. If that is not enough all accesses of the function are. At -O0 functions come here too
 * whose stack frames were too large (generate.h); of those none is masked.
 *
 * One form the checker could hardly ever follow is masked before the first time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lower.h"

#define DISTANCE_MASK	((1ull << 33) - 1)
#define MAX_ROOTS	256	/* else there is little to win */

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

/* what an access's address is counted from, constants left out */
static LLVMValueRef root_of(LLVMValueRef access)
{
	LLVMValueRef at = LLVMGetOperand(access, LLVMGetNumOperands(access) - 1);

	while (LLVMIsAGetElementPtrInst(at) && LLVMGetNumOperands(at) == 2 &&
	       LLVMIsAConstantInt(LLVMGetOperand(at, 1)))
		at = LLVMGetOperand(at, 0);
	return at;
}

/*
 * Is the index of an address that is counted from @base extended as a signed number? LLVM splits a
 * sum that way, though it cannot be negative: base + (index + constant) becomes (base + index) + constant.
 */
static bool is_signed(LLVMValueRef access, LLVMValueRef base)
{
	LLVMValueRef at = LLVMGetOperand(access, LLVMGetNumOperands(access) - 1), index;
	bool found = false;

	while (LLVMIsAGetElementPtrInst(at) && LLVMGetNumOperands(at) == 2) {
		index = LLVMGetOperand(at, 1);
		found |= LLVMIsASExtInst(index) != NULL;
		at = LLVMGetOperand(at, 0);
	}
	return found && at == base;
}

static bool is_named(const struct lower_masks *masks, LLVMValueRef access)
{
	u32 line = LLVMGetDebugLocLine(access);
	size_t lo = 0, hi = masks->nr_lines;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (masks->lines[mid] < line)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* where some come from is not known any more */
	return !line || (lo < masks->nr_lines && masks->lines[lo] == line);
}

/* accesses to memory of a function, and which of them are to be masked */
struct accesses {
	LLVMValueRef *all;
	LLVMValueRef *roots;	/* of those that are named */
	size_t nr, cap, nr_roots, cap_roots;
};

static void find_accesses(struct accesses *a, LLVMValueRef func, LLVMValueRef memory_alias,
			  const struct lower_masks *masks)
{
	LLVMContextRef llvm = LLVMGetTypeContext(LLVMTypeOf(func));
	unsigned int tbaa = LLVMGetMDKindIDInContext(llvm, "tbaa", 4);
	LLVMBasicBlockRef block;
	LLVMValueRef in;

	for (block = LLVMGetFirstBasicBlock(func); block; block = LLVMGetNextBasicBlock(block)) {
		for (in = LLVMGetFirstInstruction(block); in; in = LLVMGetNextInstruction(in)) {
			if ((!LLVMIsALoadInst(in) && !LLVMIsAStoreInst(in)) ||
			    LLVMGetMetadata(in, tbaa) != memory_alias)
				continue;
			array_reserve(a->all, a->cap, a->nr + 1);
			a->all[a->nr++] = in;
			if (!is_named(masks, in))
				continue;
			array_reserve(a->roots, a->cap_roots, a->nr_roots + 1);
			a->roots[a->nr_roots++] = root_of(in);
		}
	}
}

static bool has_root(const struct accesses *a, LLVMValueRef root)
{
	size_t i;

	for (i = 0; i < a->nr_roots; i++)
		if (a->roots[i] == root)
			return true;
	return false;
}

static bool is_chosen(const struct accesses *a, LLVMValueRef access, LLVMValueRef base,
		      enum lower_mask which)
{
	if (which == LOWER_MASK_SIGNED)
		return is_signed(access, base);
	/* the roots of masked ones stay as they are */
	return which == LOWER_MASK_ALL || a->nr_roots > MAX_ROOTS || has_root(a, root_of(access));
}

static void mask_function(LLVMBuilderRef b, LLVMValueRef func, LLVMValueRef memory_alias,
			  const struct lower_masks *masks, enum lower_mask which)
{
	LLVMValueRef base = context_param(func);
	struct accesses a = { .nr = 0 };
	size_t i;

	if (!base)
		return;
	find_accesses(&a, func, memory_alias, masks);
	for (i = 0; i < a.nr; i++)
		if (is_chosen(&a, a.all[i], base, which))
			mask_access(b, a.all[i], base);
	free(a.all);
	free(a.roots);
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

void lower_mask_functions(LLVMModuleRef mod, const struct abi_layout *abi,
			  const struct lower_masks *masks)
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
		    funcidx < masks->nr_funcs && masks->funcs[funcidx]) {
			if (abi->memory0_here && masks->funcs[funcidx] != LOWER_MASK_KEEP)
				mask_function(b, func, memory_alias, masks, masks->funcs[funcidx]);
		} else {
			delete_body(func);
		}
	}
	LLVMDisposeBuilder(b);
}

void lower_mask_signed(LLVMModuleRef mod)
{
	LLVMContextRef llvm = LLVMGetModuleContext(mod);
	LLVMValueRef memory_alias = lower_memory_alias(llvm), func;
	LLVMBuilderRef b = LLVMCreateBuilderInContext(llvm);
	struct lower_masks none = { .nr_lines = 0 };

	for (func = LLVMGetFirstFunction(mod); func; func = LLVMGetNextFunction(func))
		if (!LLVMIsDeclaration(func) &&
		    LLVMGetLinkage(func) != LLVMAvailableExternallyLinkage)
			mask_function(b, func, memory_alias, &none, LOWER_MASK_SIGNED);
	LLVMDisposeBuilder(b);
}
