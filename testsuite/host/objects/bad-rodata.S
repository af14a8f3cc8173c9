/* SPDX-License-Identifier: GPL-2.0 */
/* Code under the name of constants. */
	.section .rodata, "ax", @progbits
	nop
