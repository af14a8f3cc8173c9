/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kwasm_unmarked_call(func, a1, ..., a5): see ksyms.h
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>

	.text

/*
 * A tail call: @func finds the arguments in the registers it expects and returns
 * to our caller. The return goes the way of every other return of this kernel (thunk
 * or not), so it is as safe as those.
 */
SYM_FUNC_START(kwasm_unmarked_call)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %rcx
	movq	%r9, %r8
	pushq	%rax
	RET
SYM_FUNC_END(kwasm_unmarked_call)
/* objtool would call it a return with a changed stack, which is the point */
STACK_FRAME_NON_STANDARD kwasm_unmarked_call
