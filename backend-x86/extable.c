// SPDX-License-Identifier: GPL-2.0
/*
 * extable.c - the exception table: which instruction may fault
 *
 * Which trap a fault is follows from the row's number: the runtime looks the
 * instruction up in the image's line table. See "Faults" in kwasm_abi.h.
 */
#include <elf.h>
#include <errno.h>

#include "../compiler/diag.h"
#include "../kruntime/include/kwasm_abi.h"
#include "extable.h"

/* The fixup sled has one entry per 64 Ki rows. */
#define EXTABLE_MAX_ROWS	((size_t)KWASM_FIXUP_NR << 16)

/**
 * extable_add() - Add __ex_table for all accesses to linear memory
 * @obj: the object that was scanned
 * @code: result of code_scan()
 *
 * Row i is for code->accesses[i], which ascend: so the loader, which sorts the
 * table by address, leaves the numbers as they are. No section is added if
 * there is no such access.
 *
 * Return: 0; -E2BIG (diagnosed) if there are more accesses than the runtime's
 * sled can tell apart.
 */
int extable_add(struct object *obj, const struct code *code)
{
	u32 section, text, fixup;
	size_t i;

	if (!code->nr_accesses)
		return 0;
	if (code->nr_accesses > EXTABLE_MAX_ROWS) {
		diag_file_error(obj->path,
				"implementation limit: %zu memory accesses, at most %zu are supported",
				code->nr_accesses, EXTABLE_MAX_ROWS);
		return -E2BIG;
	}
	section = object_add_section(obj, "__ex_table", SHT_PROGBITS, SHF_ALLOC, 4);
	text = object_section_symbol(obj, code->text);
	fixup = object_undefined_symbol(obj, "kwasm_fault_fixup");
	for (i = 0; i < code->nr_accesses; i++) {
		u32 row[EXTABLE_ROW_SIZE / 4] = { 0, 0, KWASM_EX_ROW_TYPE((u32)i) };
		u64 at = object_append(obj, section, row, sizeof(row), 4);

		object_add_reloc(obj, section, at, R_X86_64_PC32, text, code->accesses[i]);
		object_add_reloc(obj, section, at + 4, R_X86_64_PC32, fixup,
				 KWASM_FIXUP_STEP * (i >> 16));
	}
	return 0;
}
