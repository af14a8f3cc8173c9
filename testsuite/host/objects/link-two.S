/* SPDX-License-Identifier: GPL-2.0 */
/* calls one(); reads 2.5, which is at the start of its .rodata */
	.section .text.two, "ax", @progbits
	.globl	two
	.hidden	one, two
	.type	two, @function
two:	movsd	half(%rip), %xmm0
	call	one
	call	kwasm_trap_unreachable
	.size	two, . - two
	.section .rodata, "a", @progbits
	.p2align 3
half:	.double	2.5
