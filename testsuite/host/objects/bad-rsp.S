/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.type	f, @function
f:
	sub	%rax, %rsp
	ret
	.size	f, . - f
