/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's return and indirect-branch thunks, for what the loader does not patch away
 */
	.section .note.GNU-stack, "", @progbits
	.text

	.globl	__x86_return_thunk
	.type	__x86_return_thunk, @function
__x86_return_thunk:
	ret
	int3
	.size	__x86_return_thunk, . - __x86_return_thunk

	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	.globl	__x86_indirect_thunk_\reg
	.type	__x86_indirect_thunk_\reg, @function
__x86_indirect_thunk_\reg:
	jmp	*%\reg
	int3
	.size	__x86_indirect_thunk_\reg, . - __x86_indirect_thunk_\reg
	.endr
