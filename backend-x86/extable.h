/* SPDX-License-Identifier: GPL-2.0 */
/* extable.h - rows of the exception table, see "Faults" in kwasm_abi.h */
#ifndef _BACKEND_X86_EXTABLE_H
#define _BACKEND_X86_EXTABLE_H

#include "code.h"

/* x86's struct exception_table_entry: { s32 insn - ., s32 fixup - ., s32 type } */
#define EXTABLE_ROW_SIZE	12

int extable_add(struct object *obj, const struct code *code);

#endif /* _BACKEND_X86_EXTABLE_H */
