/* SPDX-License-Identifier: GPL-2.0 */
/* calls two(), which is in link-two, and is called by it; reads 1.5 */
	.section .text.one, "ax", @progbits
	.globl	one
	.hidden	one, two
	.type	one, @function
one:	movsd	half(%rip), %xmm0
	call	two
	call	kwasm_trap_unreachable
	.size	one, . - one
	.section .rodata, "a", @progbits
	.byte	1
	.p2align 3
half:	.double	1.5
