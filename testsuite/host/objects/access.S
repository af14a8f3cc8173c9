/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions labelled row* may touch linear memory, no other does. */
	.text
	.type	f, @function
f:
	push	%rbp
	mov	%rsp, %rbp
	sub	$16, %rsp
	/* stack, constants, context */
	mov	8(%rsp), %eax
	mov	-8(%rsp,%rcx,4), %eax
	mov	(%rsp), %eax
	mov	constant(%rip), %eax
	mov	constant(,%rcx,4), %eax
	mov	constant(%rcx), %eax
	mov	-8(%r13), %rax
	mov	-4096(%r13), %rax
	mov	%rax, -16(%r13)
	/* no access at all */
	lea	(%rax,%rcx), %rdx
	nopw	%cs:512(%rax,%rax)
	prefetcht0 (%rax)
	test	$0x7f0000, %esp
	/* linear memory */
row1:	mov	(%rdi), %eax
row2:	mov	%al, 5(%r13,%rcx)
row3:	mov	(%r13), %eax
row4:	mov	8(%r13), %eax
row5:	mov	-8(%r13,%rcx), %eax
row6:	addl	$1, (%rax)
row7:	movups	16(%r13,%rsi), %xmm0
row8:	movups	%xmm0, (%rbx,%rsi,2)
row9:	vmovdqu	(%r13,%rax), %ymm1
row10:	lock cmpxchg %ecx, (%r13,%rdx)
row11:	rep movsb
row12:	rep stosq
row13:	push	(%rdx)
row14:	call	*8(%rax)
row15:	cmpb	$0, 0x10000(%r13,%rax)
row16:	mov	0x1000, %eax
row17:	movntdq	%xmm0, (%rax)
row18:	maskmovdqu %xmm1, %xmm0
row19:	movsbl	-1(%r12), %eax
row20:	pop	(%rax)
row21:	btsl	%eax, (%r13,%rcx)
row22:	xlatb
row23:	mov	8(%rbp), %eax
	add	$16, %rsp
	pop	%rbp
	ret
	.size	f, . - f

	/* with something else in r13 the same addresses may be in linear memory */
	.type	g, @function
g:
	push	%r13
row24:	mov	-8(%r13), %rax
	lea	(%r13,%rcx), %r13
row25:	movups	%xmm0, -24(%r13)
	pop	%r13
	ret
	.size	g, . - g

	/* unless that was the caller's */
	.type	h, @function
h:
	push	%r13
	mov	-8(%r13), %r12
	mov	%r13, %r14
	pop	%r13
	ret
	.size	h, . - h

	.section .rodata.cst16, "aM", @progbits, 16
	.long	1, 2, 3, 4
constant:
	.long	5, 6, 7, 8
	.section .note.GNU-stack, "", @progbits
