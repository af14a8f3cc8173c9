/* SPDX-License-Identifier: GPL-2.0 */
/* optimize.h - bytes to bytes, by Binaryen */
#ifndef _COMPILER_OPTIMIZE_H
#define _COMPILER_OPTIMIZE_H

#include "module.h"

/**
 * wasm_optimize() - Let Binaryen optimise a module
 * @m: validated
 * @level: 1 to 3
 * @bytes: out: the new module, to be freed; NULL if this module is none of
 *	Binaryen's: then the old one is as good
 * @size: out: of @bytes
 *
 * Binaryen decides nothing: what comes out is decoded and validated again.
 *
 * Return: 0; -ENOENT (diagnosed) if Binaryen is not installed.
 */
int wasm_optimize(const struct wasm_module *m, unsigned int level, u8 **bytes, size_t *size);

#endif /* _COMPILER_OPTIMIZE_H */
