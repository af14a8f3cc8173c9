/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entering and leaving guest code, for the kernel and for the user-space runner
 *
 * Two stacks: the task stack, where C code runs, and the guest stack. kwasm_enter()
 * leaves its callee-saved registers on the task stack and remembers where in
 * store->host_rsp. A host call starts right below them; a trap pops them, so that
 * everything the guest had on its own stack is simply forgotten.
 *
 * store->host_rbp is kwasm_enter()'s frame, so that during a host call the chain of
 * frame pointers leads from the host function to whoever called kwasm_enter().
 *
 * The worlds differ in returns, indirect calls and how the current store is found;
 * all else is the same code. The object is not standard to objtool: it
 * switches stacks.
 */

#ifdef __KERNEL__
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>

#define KWASM_FUNC(name)	SYM_FUNC_START(name)
/* objtool is not to follow these, but still notes their returns for the kernel to patch */
#define KWASM_FUNC_END(name)	SYM_FUNC_END(name); STACK_FRAME_NON_STANDARD name
#define KWASM_RET		RET
.macro KWASM_CALL reg:req
	CALL_NOSPEC \reg
.endm
.macro KWASM_CURRENT reg:req
	movq	PER_CPU_VAR(kwasm_current_store), %\reg
.endm
#else
	.section .note.GNU-stack, "", @progbits
#define KWASM_FUNC(name)	.globl name; .type name, @function; .p2align 4; name: endbr64
#define KWASM_FUNC_END(name)	.size name, . - name
#define KWASM_RET		ret; int3
.macro KWASM_CALL reg:req
	call	*%\reg
.endm
.macro KWASM_CURRENT reg:req
	movq	%fs:kwasm_current_store@tpoff, %\reg
.endm
#endif

/* struct kwasm_store; asserted in store.c */
#define STORE_HOST_RSP		0
#define STORE_HOST_RBP		8
#define STORE_GUEST_RSP		16
#define STORE_PENDING		24
#define STORE_TRAP_IP		32
#define STORE_TRAP_ROW		40
#define STORE_TRAP_RSP		48
#define STORE_TRAP_CTX		56

/* the context; kwasm_abi.h, asserted in store.c */
#define CTX_STORE		-16

#define FIXUP_NR		64	/* KWASM_FIXUP_NR */

	.text

/*
 * u32 kwasm_enter(store, ctx, invoke, code, stack_top)
 *		   rdi    rsi  rdx     rcx   r8
 */
KWASM_FUNC(kwasm_enter)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp		/* host functions start 16-byte aligned */
	movq	%rsp, STORE_HOST_RSP(%rdi)
	movq	%rbp, STORE_HOST_RBP(%rdi)
	movl	$0, STORE_PENDING(%rdi)
	movq	%rsi, %r13
	movq	%rdx, %rax
	movq	%rcx, %rdi
	movq	%r8, %rsp
	KWASM_CALL rax
	/* R13 is callee-saved in guest code too, and the store cannot have changed */
	movq	CTX_STORE(%r13), %rdx
	xorl	%eax, %eax
.Lleave:				/* eax: result, rdx: store */
	movq	STORE_HOST_RSP(%rdx), %rsp
	cld
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	KWASM_RET
KWASM_FUNC_END(kwasm_enter)

/*
 * Called by guest code with R10 = host function, R13 = C, arguments in rsi, rdx, rcx,
 * r8, r9 (rdi is set here). rax, rdx and xmm0 come back from the host function.
 */
KWASM_FUNC(kwasm_host_call)
	pushq	%rbp
	movq	CTX_STORE(%r13), %r11
	/* for the collector alone, which looks at the guest stack: the callee restores them */
	pushq	%rbx
	pushq	%r12
	pushq	%r14
	pushq	%r15
	movq	%rsp, STORE_GUEST_RSP(%r11)
	movq	STORE_HOST_RSP(%r11), %rsp
	movq	STORE_HOST_RBP(%r11), %rbp
	movq	%r13, %rdi
	KWASM_CALL r10
	movq	CTX_STORE(%r13), %r11
	movq	STORE_GUEST_RSP(%r11), %rsp
	addq	$32, %rsp
	popq	%rbp
	cmpl	$0, STORE_PENDING(%r11)
	jne	.Lpending
	KWASM_RET
.Lpending:
	popq	%rcx			/* the call's return address tells where it was */
	movl	STORE_PENDING(%r11), %eax
	movq	%r11, %rdx
	jmp	.Ltrap
KWASM_FUNC_END(kwasm_host_call)

/* Ways out of guest code. eax: enum kwasm_trap, rcx: address, rdx: store, rsp: as it was there */
KWASM_FUNC(kwasm_trap_current)
	KWASM_CURRENT rdx
.Ltrap:
	movq	%rcx, STORE_TRAP_IP(%rdx)
	movq	%rsp, STORE_TRAP_RSP(%rdx)
	movq	%r13, STORE_TRAP_CTX(%rdx)
	jmp	.Lleave
KWASM_FUNC_END(kwasm_trap_current)

/* Called by guest code with R13 = C; the return address is the place */
.macro KWASM_TRAP nr:req, name:req
KWASM_FUNC(kwasm_trap_\name)
	movl	$\nr, %eax
	popq	%rcx
	movq	CTX_STORE(%r13), %rdx
	jmp	.Ltrap
KWASM_FUNC_END(kwasm_trap_\name)
.endm

	/* KWASM_TRAPS of kwasm_abi.h, asserted in trap.c */
	KWASM_TRAP 1, unreachable
	KWASM_TRAP 2, integer_divide_by_zero
	KWASM_TRAP 3, integer_overflow
	KWASM_TRAP 4, invalid_conversion
	KWASM_TRAP 5, out_of_bounds_memory
	KWASM_TRAP 6, out_of_bounds_table
	KWASM_TRAP 7, undefined_element
	KWASM_TRAP 8, uninitialized_element
	KWASM_TRAP 9, indirect_call_type
	KWASM_TRAP 10, call_stack_exhausted
	KWASM_TRAP 11, null_reference
	KWASM_TRAP 12, null_function
	KWASM_TRAP 13, cast_failure
	KWASM_TRAP 14, out_of_bounds_array
	KWASM_TRAP 15, unaligned_atomic
	KWASM_TRAP 16, uncaught_exception
	KWASM_TRAP 17, out_of_memory
	KWASM_TRAP 18, null_structure
	KWASM_TRAP 19, null_array
	KWASM_TRAP 20, null_i31

/*
 * Where a fault in linear memory continues: entry n of the sled for rows n << 16 and
 * on; rax has the row's low 16 bits. R13 need not be C in the middle of a function, so the
 * store comes from the platform.
 */
KWASM_FUNC(kwasm_fault_fixup)		/* aligned to 16 */
	movzwl	%ax, %eax		/* entry 0: the landing pad leaves no room for a no-op */
	jmp	.Lfault
	.Lentry = 1
	.rept FIXUP_NR - 1
	.p2align 4, 0xcc
	movzwl	%ax, %eax
	orl	$(.Lentry << 16), %eax
	jmp	.Lfault
	.Lentry = .Lentry + 1
	.endr
	.org	kwasm_fault_fixup + 16 * FIXUP_NR, 0xcc	/* fails if an entry is too long */
.Lfault:
	KWASM_CURRENT rdx
	movq	%rax, STORE_TRAP_ROW(%rdx)
	xorl	%ecx, %ecx		/* no address: see the row */
	movl	$5, %eax		/* out_of_bounds_memory */
	jmp	.Ltrap
KWASM_FUNC_END(kwasm_fault_fixup)
