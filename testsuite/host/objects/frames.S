/* SPDX-License-Identifier: GPL-2.0 */
/* How deep each function goes is the number in its name. */
	.macro	function name
	.text
	.p2align 4
	.type	\name, @function
\name:
	.endm
	.macro	end name
	.size	\name, . - \name
	.endm

	function frame_0_leaf
	ret
	end	frame_0_leaf

	/* a call's return address counts, the callee does not */
	function frame_16_call
	push	%rbp
	mov	%rsp, %rbp
	call	frame_0_leaf
	pop	%rbp
	ret
	end	frame_16_call

	function frame_1064_locals_and_arguments
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	sub	$1032, %rsp
	push	%rax
	call	frame_0_leaf
	add	$8, %rsp
	add	$1032, %rsp
	pop	%rbx
	pop	%rbp
	ret
	end	frame_1064_locals_and_arguments

	/* 8 + 8 + 31 for the alignment + 64 + 8 for the call */
	function frame_119_realigned
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	and	$-32, %rsp
	sub	$64, %rsp
	call	frame_0_leaf
	lea	-8(%rbp), %rsp
	pop	%rbx
	pop	%rbp
	ret
	end	frame_119_realigned

	/* two ways out: what comes after the first ret has the frame again */
	function frame_48_two_exits
	push	%rbp
	mov	%rsp, %rbp
	sub	$32, %rsp
	test	%edi, %edi
	je	1f
	add	$32, %rsp
	pop	%rbp
	ret
1:	call	frame_0_leaf
	mov	%rbp, %rsp
	pop	%rbp
	ret
	end	frame_48_two_exits

	/* many exits must not add up, nor code that only a later jump reaches */
	function frame_24_many_exits
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	test	%edi, %edi
	je	1f
	.rept	8
2:	push	%rax
	pop	%rax
	jmp	3f
	.endr
1:	pop	%rbx
	pop	%rbp
	ret
3:	jne	2b
	call	frame_0_leaf
	jmp	1b
	end	frame_24_many_exits

	/* the prologue only where it is needed */
	function frame_16_shrink_wrapped
	test	%edi, %edi
	je	1f
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	pop	%rbx
	pop	%rbp
1:	ret
	end	frame_16_shrink_wrapped

	function frame_16_leave
	push	%rbp
	mov	%rsp, %rbp
	sub	$8, %rsp
	leave
	ret
	end	frame_16_leave

	/* a trap does not return, so its block's depth is not its neighbour's */
	function frame_40_trap_between
	push	%rbp
	mov	%rsp, %rbp
	test	%edi, %edi
	jne	1f
	sub	$16, %rsp
	push	%rax
	call	kwasm_trap_unreachable
1:	sub	$24, %rsp
	call	frame_0_leaf
	add	$24, %rsp
	pop	%rbp
	ret
	end	frame_40_trap_between

	function frame_8_tail_call
	push	%rbp
	mov	%rsp, %rbp
	pop	%rbp
	jmp	frame_0_leaf
	end	frame_8_tail_call
