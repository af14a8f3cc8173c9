/* SPDX-License-Identifier: GPL-2.0 */
	.text
	call	memcpy
