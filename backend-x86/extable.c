// SPDX-License-Identifier: GPL-2.0
/*
 * extable.c - the exception table: room for the rows
 *
 * The rows themselves are made by the runtime when the app is loaded, from
 * image->accesses: see "Faults" in kwasm_abi.h.
 */
#include <elf.h>
#include <errno.h>

#include "../compiler/diag.h"
#include "../kruntime/include/kwasm_abi.h"
#include "extable.h"

/* The fixup sled has one entry per 64 Ki rows. */
#define EXTABLE_MAX_ROWS	((size_t)KWASM_FIXUP_NR << 16)

/**
 * extable_add() - Add the exception table, with room for all accesses to linear memory
 * @obj: the object that was scanned
 * @code: result of code_scan()
 *
 * Row i is for code->accesses[i], which ascend: so the loader, which sorts the
 * table by address, would leave the numbers as they are. No section is added if
 * there is no such access. Once the app is loaded the kernel makes it read-only.
 *
 * Return: 0; -E2BIG (diagnosed) if there are more accesses than the runtime's
 * sled can tell apart.
 */
int extable_add(struct object *obj, const struct code *code)
{
	u32 section;

	if (!code->nr_accesses)
		return 0;
	if (code->nr_accesses > EXTABLE_MAX_ROWS) {
		diag_file_error(obj->path,
				"implementation limit: %zu memory accesses, at most %zu are supported",
				code->nr_accesses, EXTABLE_MAX_ROWS);
		return -E2BIG;
	}
	section = object_add_section(obj, KWASM_EX_TABLE_SECTION, SHT_NOBITS,
				     SHF_ALLOC | SHF_WRITE | KWASM_SHF_RO_AFTER_INIT, 4);
	object_append_zero(obj, section, code->nr_accesses * EXTABLE_ROW_SIZE, 4);
	return 0;
}
