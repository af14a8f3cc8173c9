// SPDX-License-Identifier: GPL-2.0
/*
 * mitigations.c - telling the kernel where thunks are used
 *
 * The kernel patches each jump to __x86_return_thunk and each branch through
 * __x86_indirect_thunk_* when it loads the module, to what the CPU at hand
 * needs; a return thunk that is not listed is a WARN on 6.12. Whether thunks are
 * used at all is lowering's decision, by the same profile.
 */
#include <elf.h>
#include <errno.h>

#include "../compiler/diag.h"
#include "mitigations.h"

/* A list of s32 "site - ." */
static void add_sites(struct object *obj, const struct code *code, const char *name,
		      const u32 *sites, size_t nr)
{
	u32 section, text;
	size_t i;

	if (!nr)
		return;
	section = object_add_section(obj, name, SHT_PROGBITS, SHF_ALLOC, 4);
	text = object_section_symbol(obj, code->text);
	object_append_zero(obj, section, nr * 4, 4);
	for (i = 0; i < nr; i++)
		object_add_reloc(obj, section, i * 4, R_X86_64_PC32, text, sites[i]);
}

/**
 * mitigations_add() - Add .return_sites and .retpoline_sites
 * @obj: the object that was scanned
 * @code: result of code_scan()
 * @profile: target kernel
 *
 * Return: 0; -EINVAL (diagnosed) if the code uses a thunk that the kernel
 * has not.
 */
int mitigations_add(struct object *obj, const struct code *code, const struct profile *profile)
{
	if ((code->nr_returns && !profile->rethunk) ||
	    (code->nr_retpolines && !profile->retpoline)) {
		diag_file_error(obj->path,
				"internal error: code uses thunks that kernel %s is configured without",
				profile->release);
		return -EINVAL;
	}
	add_sites(obj, code, ".return_sites", code->returns, code->nr_returns);
	add_sites(obj, code, ".retpoline_sites", code->retpolines, code->nr_retpolines);
	return 0;
}
