/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.type	f, @function
f:	nop
	.byte	0x06
	.size	f, . - f
