/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where guest code is sent that must give way or die (preempt.c), or whose access is to be tried again (fault.c)
 *
 * Control comes here between two arbitrary instructions of an app: all registers, and
 * the flags, are live, R13 need not be the context just now, and rsp is the app's own. There is no red
 * zone, and the stack's reserve (kwasm_abi.h) has room for what is pushed here. The
 * interrupt frame lies right below rsp, but is done with.
 *
 * The vector registers are not touched: C in the kernel does not use them, and
 * a switch to another thread saves them (fpu.c).
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/percpu.h>
#include <asm/nospec-branch.h>

#define STORE_HOST_RSP	0	/* struct kwasm_store_abi, asserted in preempt.c */
#define STORE_HOST_RBP	8

/* on the stack: fifteen registers, then what iretq takes */
#define SAVED_R13	(2 * 8)
#define FRAME_IP	(15 * 8)
#define FRAME_CS	(16 * 8)
#define FRAME_FLAGS	(17 * 8)
#define FRAME_SP	(18 * 8)
#define FRAME_SS	(19 * 8)
#define FRAME_SIZE	(20 * 8)

	.text

SYM_FUNC_START(kwasm_resched_trampoline)
	/* no instruction that changes flags before pushfq */
	leaq	-2*8(%rsp), %rsp
	pushfq
	leaq	-2*8(%rsp), %rsp
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rdi
	pushq	%rsi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	leaq	FRAME_SIZE(%rsp), %rax
	movq	%rax, FRAME_SP(%rsp)
	movl	%ss, %eax
	movq	%rax, FRAME_SS(%rsp)
	movl	%cs, %eax
	movq	%rax, FRAME_CS(%rsp)

	/* the task stack, as for a host call */
	movq	%rsp, %rbx
	movq	PER_CPU_VAR(kwasm_current_store), %rdi
	movq	STORE_HOST_RBP(%rdi), %rbp
	movq	STORE_HOST_RSP(%rdi), %rsp
	andq	$-16, %rsp
	call	kwasm_resched
	movq	%rbx, %rsp
	testq	%rdx, %rdx
	jnz	1f

	/*
	 * iretq and not ret: it sets address and flags at once, and predicts no
	 * return address that somebody else could have trained.
	 */
	movq	%rax, FRAME_IP(%rsp)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rsi
	popq	%rdi
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	iretq

1:	/* as if the interrupted instruction had trapped: what is before the address is where */
	leaq	1(%rax), %rcx
	movl	%edx, %eax
	movq	SAVED_R13(%rsp), %r13
	movq	FRAME_SP(%rsp), %rsp
	jmp	kwasm_trap_current
SYM_FUNC_END(kwasm_resched_trampoline)
STACK_FRAME_NON_STANDARD kwasm_resched_trampoline

/* An address, of an ENDBR where there are any, whose row in the exception table leads there with all registers as they are */
SYM_FUNC_START(kwasm_fault_point)
	ud2
	_ASM_EXTABLE(kwasm_fault_point, kwasm_resched_trampoline)
SYM_FUNC_END(kwasm_fault_point)
STACK_FRAME_NON_STANDARD kwasm_fault_point
