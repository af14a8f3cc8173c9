/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.type	f, @function
	.type	g, @function
f:	nop
g:	ret
	.size	f, 2
	.size	g, 1
