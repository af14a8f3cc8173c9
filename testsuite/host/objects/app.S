/* SPDX-License-Identifier: GPL-2.0 */
/* As LLVM's output for a small app: several sections, odd names, all thunks. */
	.file	1 "." "t.wasm"
	.text
	.type	"main $x y", @function
	.globl	"main $x y"
"main $x y":
	.loc	1 16
	push	%rbp
	mov	%rsp, %rbp
	mov	(%r13,%rax), %ecx
	movsd	.Lconstant(%rip), %xmm0
	mov	$table, %rdx
	mov	kwasm_type_ids+8(%rip), %ecx
	call	wasi_fd_write
	mov	%ecx, 4(%r13,%rax)
	pop	%rbp
	jmp	__x86_return_thunk
	.size	"main $x y", . - "main $x y"
	/* the kernel's own name, as a guest's */
	.section .text.init_module, "ax", @progbits
	.type	init_module, @function
init_module:
	.loc	1 32
	push	%rbp
	mov	%rsp, %rbp
	mov	(%r13,%rbx), %ecx
	call	__x86_indirect_thunk_r11
	call	kwasm_trap_unreachable
	.size	init_module, . - init_module

	.section .rodata, "a", @progbits
	.byte	1
	.section .rodata.cst8, "aM", @progbits, 8
	.p2align 3
.Lconstant:
	.quad	0x3ff8000000000000
	.section .data.rel.ro, "aw", @progbits
	.p2align 3
table:	.quad	init_module, table
	.section .eh_frame, "a", @unwind
	.long	0
	.section .comment, "MS", @progbits, 1
	.asciz	"none of the kernel's business"
	.section .note.GNU-stack, "", @progbits
