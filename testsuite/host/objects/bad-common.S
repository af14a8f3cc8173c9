/* SPDX-License-Identifier: GPL-2.0 */
	.comm	shared, 8, 8
