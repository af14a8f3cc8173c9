/* SPDX-License-Identifier: GPL-2.0 */
/* The line of an instruction is the number in the label at or before it. */
	.file	1 "." "t.wasm"
	.text
	.type	f, @function
f:
line1:	.loc	1 1
	push	%rbp
line4660: .loc	1 4660
	mov	%rsp, %rbp
line4661: .loc	1 4661
	nop
	nop
line70000: .loc	1 70000
	call	g
line3:	.loc	1 3
	.rept	300
	nop
	.endr
line0:	.loc	1 0
	nop
line4000000000: .loc	1 4000000000
	pop	%rbp
	ret
	.size	f, . - f
	.section .text.g, "ax", @progbits
	.type	g, @function
g:
line99:	.loc	1 99
	ret
	.size	g, . - g
