/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.type	f, @function
f:	mov	$1, %eax
	ret
	.size	f, 3
