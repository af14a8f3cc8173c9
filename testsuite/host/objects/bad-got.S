/* SPDX-License-Identifier: GPL-2.0 */
	.text
	mov	elsewhere@GOTPCREL(%rip), %rax
