/* SPDX-License-Identifier: GPL-2.0 */
	.section .note.mine, "a", @note
mine:	.long	0
	.text
	mov	$mine, %rax
