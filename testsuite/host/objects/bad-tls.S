/* SPDX-License-Identifier: GPL-2.0 */
	.section .tdata, "awT", @progbits
	.quad	0
