/* SPDX-License-Identifier: GPL-2.0 */
	.section .text.f, "axG", @progbits, f, comdat
	ret
