/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An app written by hand: what no compiler would do on purpose
 *
 * It uses all registers, flags and vector registers all the time, R13 for other things than
 * the context, and loops without a call. So it shows whether preemption gives back exactly what
 * it took. Every exported function is of type [i64] -> [i64]. See kwasm_abi.h.
 */
#include <linux/linkage.h>

	.text
	.p2align 4
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

.macro FUNC name:req
	.p2align 4
f_\name:
	endbr64
	pushq	%rbp
	movq	%rsp, %rbp
.endm
.macro ENDFUNC name:req
	popq	%rbp
	ret
	int3
e_\name:
.endm
/* An access at @insn, @after the one before it. The runtime makes the row. */
.macro ACCESS insn:req, after:req
	.pushsection .rodata, 1
	.uleb128 \insn - \after
	.popsection
	.pushsection __ex_table, "aw", @nobits
	.skip	12
	.popsection
.endm
	.pushsection __ex_table, "aw", @nobits
	.balign	4
ex_table:
	.popsection
	.pushsection .rodata, 1		/* behind the rest of the image */
	.p2align 3
accesses:
	.popsection

/* load8(addr), in 4 GiB */
FUNC load
	movl	%edi, %edi
access_load:
	movzbl	(%r13,%rdi), %eax
	ACCESS access_load, text_start
ENDFUNC load

/* the very last byte that index and offset can name: 2 * (2^32 - 1) + 15 */
FUNC far
	movl	$-1, %ecx
	leaq	(%r13,%rcx), %rcx
	movl	$-1, %edx
access_far:
	movdqu	(%rcx,%rdx), %xmm0
	ACCESS access_far, access_load
ENDFUNC far

FUNC store
	movl	%edi, %ecx
access_store:
	movl	$0x2a, (%r13,%rcx)
	ACCESS access_store, access_far
	movl	$0x2a, %eax
ENDFUNC store

FUNC spin
1:	jmp	1b
ENDFUNC spin

/* recurse(n): n frames of 64 bytes deep */
FUNC recurse
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
ENDFUNC recurse

FUNC divide
	call	kwasm_trap_integer_divide_by_zero
ENDFUNC divide

/* grow(pages) */
FUNC grow
	movq	%rdi, %rdx
	xorl	%esi, %esi
	leaq	kwasm_memory_grow(%rip), %r10
	call	kwasm_host_call
ENDFUNC grow

/* nothing but host calls, for ever */
FUNC hostspin
1:	xorl	%esi, %esi
	xorl	%edx, %edx
	leaq	kwasm_memory_grow(%rip), %r10
	call	kwasm_host_call
	jmp	1b
ENDFUNC hostspin

/* registers(n): a number that all fifteen registers and the carry went into, n times */
FUNC registers
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
ENDFUNC registers

/* vectors(n): the same for sixteen 256-bit registers, which also holds a value of its own (salt) */
FUNC vectors
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
ENDFUNC vectors

/* control(): the floating-point environment guest code starts with */
FUNC control
	pushq	$0
	stmxcsr	(%rsp)
	popq	%rax
ENDFUNC control

text_end:

	.pushsection __ex_table, "aw", @nobits
ex_table_end:
	.popsection

#define FUNCTIONS load, far, store, spin, recurse, divide, grow, hostspin, registers, vectors, control
#define NR_FUNCS 11
#define CTX_SIZE (64 + 32 * NR_FUNCS)

	.section .rodata
	.p2align 4
image:
	.long	0x6d77736b, 1, image_end - image, (1 << 0) | (1 << 3)	/* FPU, MEMORY0 */
	.long	name - image, name_end - name - 1
	.long	CTX_SIZE, 16, 1 << 20, text_end - text_start
	.long	types - image, 1
	.long	0, 0				/* imports */
	.long	funcs - image, NR_FUNCS
	.long	refs - image, NR_FUNCS
	.long	0, 0				/* tables */
	.long	memories - image, 1
	.long	0, 0				/* globals */
	.long	exports - image, NR_FUNCS
	.long	0, 0, 0, 0, 0, 0		/* elems, datas, lines */
	.long	0, 0				/* init */
	.long	accesses - image, accesses_end - accesses
	.long	0, 0, 0, 0
	.p2align 3
types:	.long	1, 1, valtypes - image, invoke - text_start + 1
valtypes: .long	0x7e, 0x7e
	.p2align 3
	.set	index, 0
funcs:	.irp	f, FUNCTIONS
	.long	f_\f - text_start, e_\f - f_\f, index, 0, n_\f - image, z_\f - n_\f, 0x100 + index, 0
	.set	index, index + 1
	.endr
	.set	index, 0
refs:	.irp	f, FUNCTIONS
	.long	index, 0, f_\f - text_start, -64 - 32 * (index + 1)
	.set	index, index + 1
	.endr
memories: .quad	1, 16384
	.long	0, 0, 0, 0
	.set	index, 0
exports: .irp	f, FUNCTIONS
	.long	n_\f - image, z_\f - n_\f, 0, index
	.set	index, index + 1
	.endr
name:	.asciz	"kwasm_regs"
name_end:
	.irp	f, FUNCTIONS
n_\f:	.ascii	"\f"
z_\f:	.byte	0
	.endr

	.subsection 2
accesses_end:
image_end:

	.data
	.p2align 4
	.globl	kwasm_app
	.type	kwasm_app, @object
kwasm_app:
	.long	0x6d77736b, 1
	.quad	image, text_start, 0, type_ids, __this_module
	.quad	ex_table, (ex_table_end - ex_table) / 12
	.quad	0, 0, 0, 0			/* args, env, dirs, max_memory */
	.long	1, 1, 0, 0			/* instances, run, daemon, stack_size */
	.quad	0, 0, 0, 0, 0
	.size	kwasm_app, . - kwasm_app
type_ids:
	.long	0

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
