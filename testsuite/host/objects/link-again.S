/* SPDX-License-Identifier: GPL-2.0 */
/* one() anew: it calls two() at once, and reads nothing */
	.section .text.one, "ax", @progbits
	.globl	one
	.hidden	one, two
	.type	one, @function
one:	call	two
	ret
	.size	one, . - one
