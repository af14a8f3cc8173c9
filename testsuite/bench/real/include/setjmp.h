/* SPDX-License-Identifier: GPL-2.0 */
/* Lua includes it, but is built without: WASI's C library has none. */
