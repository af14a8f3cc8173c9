/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kwasm_guest_ptr() for callers that hardly ever call it
 *
 * wasi_guest_at() is in every call and needs it only for pages that are not there yet. A function
 * with a call in C saves registers and moves values there each time it is executed. So this one keeps all
 * registers, and takes its parameters from the stack, where any register can be pushed.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

/* beyond rbp and the return address; the last is also where the result is put */
#define CTX	(4 * 8)
#define ADDR	(3 * 8)
#define LEN	(2 * 8)

	.text

SYM_FUNC_START(wasi_guest_absent)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	movq	CTX(%rbp), %rdi
	movq	ADDR(%rbp), %rsi
	movq	LEN(%rbp), %rdx
	call	kwasm_guest_ptr
	movq	%rax, LEN(%rbp)
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	popq	%rbp
	RET
SYM_FUNC_END(wasi_guest_absent)
