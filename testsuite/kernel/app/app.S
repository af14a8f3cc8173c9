/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An app written by hand: what no compiler would do on purpose
 *
 * It uses all registers, flags and vector registers all the time, R13 for other things than
 * the context, and loops without a call. So it shows whether preemption gives back exactly what
 * it took. Every exported function is of type [i64] -> [i64]. See kwasm_abi.h; the image is in
 * image.c, which knows where functions and accesses are because each has a place of fixed size.
 */
#include <linux/linkage.h>
#include "layout.h"

	.text
	.p2align 4
	.globl	text_start
text_start:

/* kwasm_invoke_t: rdi is the code, R13 the context */
invoke:
	endbr64
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdi, %rax
	movq	-24(%r13), %rcx		/* value buffer */
	movq	(%rcx), %rdi
	call	*%rax
	movq	-24(%r13), %rcx
	movq	%rax, (%rcx)
	popq	%rbp
	ret
	int3

#define FUNC(name)						\
	.org	text_start + FUNC_OFFSET(NR_##name), 0xcc;	\
f_##name:							\
	endbr64;						\
	pushq	%rbp;						\
	movq	%rsp, %rbp

.macro END
	popq	%rbp
	ret
	int3
.endm

/* load(addr): a byte, in 4 GiB */
FUNC(load)
	movl	%edi, %edi
	.org	f_load + ACCESS_OFFSET, 0x90
	movzbl	(%r13,%rdi), %eax
	END

/* the very last byte that index and offset can name: 2 * (2^32 - 1) + 15 */
FUNC(far)
	movl	$-1, %ecx
	leaq	(%r13,%rcx), %rcx
	movl	$-1, %edx
	.org	f_far + ACCESS_OFFSET, 0x90
	movdqu	(%rcx,%rdx), %xmm0
	END

FUNC(store)
	movl	%edi, %ecx
	.org	f_store + ACCESS_OFFSET, 0x90
	movl	$0x2a, (%r13,%rcx)
	movl	$0x2a, %eax
	END

FUNC(spin)
1:	jmp	1b
	END

/* recurse(n): n frames of 64 bytes deep */
FUNC(recurse)
	subq	$48, %rsp
	testl	$0x7f0000, %esp
	jz	2f
	xorl	%eax, %eax
	testq	%rdi, %rdi
	jz	1f
	decq	%rdi
	call	f_recurse
	incq	%rax
1:	addq	$48, %rsp
	popq	%rbp
	ret
	int3
2:	call	kwasm_trap_call_stack_exhausted
	END

FUNC(divide)
	call	kwasm_trap_integer_divide_by_zero
	END

/* grow(pages) */
FUNC(grow)
	movq	%rdi, %rdx
	xorl	%esi, %esi
	leaq	kwasm_memory_grow(%rip), %r10
	call	kwasm_host_call
	END

/* nothing but host calls, for ever */
FUNC(hostspin)
1:	xorl	%esi, %esi
	xorl	%edx, %edx
	leaq	kwasm_memory_grow(%rip), %r10
	call	kwasm_host_call
	jmp	1b
	END

/* registers(n): a number that all fifteen registers and the carry went into, n times */
FUNC(registers)
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rbp
	movq	%rdi, %rbp
	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	movabsq	$0x9e3779b97f4a7c15, %\reg
	rorq	$7, %\reg
	.endr
1:	stc
	.rept	16
	adcq	%rax, %rbx
	adcq	%rbx, %rcx
	adcq	%rcx, %rdx
	adcq	%rdx, %rsi
	adcq	%rsi, %rdi
	adcq	%rdi, %r8
	adcq	%r8, %r9
	adcq	%r9, %r10
	adcq	%r10, %r11
	adcq	%r11, %r12
	adcq	%r12, %r13
	adcq	%r13, %r14
	adcq	%r14, %r15
	adcq	%r15, %rax
	.endr
	decq	%rbp
	jnz	1b
	xorq	%r13, %rax
	popq	%rbp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	END

/* vectors(n): the same for sixteen 256-bit registers, which also holds a value of its own (salt) */
FUNC(vectors)
	movq	%rdi, %rcx
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movl	$(\nr * 77 + 1), %eax
	vmovd	%eax, %xmm\nr
	vpbroadcastd %xmm\nr, %ymm\nr
	.endr
1:	.rept	4
	.irp	nr, 1, 3, 5, 7, 9, 11, 13
	vpaddq	%ymm\nr, %ymm0, %ymm0
	vpsllq	$1, %ymm0, %ymm14
	vpxor	%ymm14, %ymm\nr, %ymm\nr
	.endr
	.irp	nr, 2, 4, 6, 8, 10, 12
	vpaddq	%ymm0, %ymm\nr, %ymm\nr
	vpxor	%ymm\nr, %ymm15, %ymm15
	.endr
	.endr
	decq	%rcx
	jnz	1b
	.irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpaddq	%ymm\nr, %ymm0, %ymm0
	.endr
	vextracti128 $1, %ymm0, %xmm1
	vpxor	%xmm1, %xmm0, %xmm0
	vpextrq	$1, %xmm0, %rcx
	vmovq	%xmm0, %rax
	xorq	%rcx, %rax
	END

/* control(): the floating-point environment guest code starts with */
FUNC(control)
	pushq	$0
	stmxcsr	(%rsp)
	popq	%rax
	END

	.org	text_start + TEXT_SIZE, 0xcc

	/* room for rows, which the runtime writes */
	.section .kwasm_ex_table, "aw", @nobits
	.balign	4
	.globl	ex_table
ex_table:
	.skip	12 * NR_ACCESSES

	.section .init.text, "ax"
	.globl	init_module
	.type	init_module, @function
init_module:
	endbr64
	leaq	kwasm_app(%rip), %rdi
	jmp	kwasm_app_init

	.section .exit.text, "ax"
	.globl	cleanup_module
	.type	cleanup_module, @function
cleanup_module:
	endbr64
	leaq	kwasm_app(%rip), %rdi
	jmp	kwasm_app_exit
