/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.type	large, @function
large:
	push	%rbp
	mov	%rsp, %rbp
	sub	$49152, %rsp
	add	$49152, %rsp
	pop	%rbp
	ret
	.size	large, . - large
