/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wasm values as text
 */
#ifndef KWASM_VALUE_H
#define KWASM_VALUE_H

#include <stdio.h>
#include "types.h"
#include "uapi/kwasm.h"

void value_print_types(FILE *out, const u8 *types, u32 nr);

/*
 * Integers: decimal or 0x, signed or unsigned, in range. Floats: as strtod takes them, inf, nan.
 * v128: 0x and up to 32 digits. References: null; externref also a number.
 */
bool value_parse(const char *text, u8 type, struct kwasm_val *value);
/* One line; floats with as many digits as tell them apart */
void value_print(FILE *out, const struct kwasm_val *value);

#endif /* KWASM_VALUE_H */
