/* SPDX-License-Identifier: GPL-2.0 */
/*
 * profile.h - what the writer must know of a kernel, as a small text file
 *
 * A profile is made once per kernel, from the freshly built kwasm.ko and the
 * kernel's build folder; no compiler runs for it, nor when it is used.
 * The file format is described in profile.c.
 */
#ifndef _BACKEND_X86_PROFILE_H
#define _BACKEND_X86_PROFILE_H

#include "../include/types.h"

/**
 * struct profile_crc - an exported symbol and its version
 * @name: owned by the profile
 * @crc: 0 if it is exported without one
 * @module: which kernel module exports it, "" for the kernel itself; modinfo's
 *	depends is made of these
 */
struct profile_crc {
	const char *name;
	u32 crc;
	const char *module;
};

/**
 * struct profile - a kernel
 * @path: file it was read from
 * @release: as uname -r says it
 * @vermagic: with its trailing space
 * @this_module_size: bytes of struct module
 * @this_module_align: its alignment
 * @this_module_name: offset of its name
 * @this_module_init: offset of the pointer to init_module
 * @this_module_exit: offset of the pointer to cleanup_module
 * @module_name_size: bytes of the name, with the NUL; also of a __versions record's
 * @param_size: bytes of struct kernel_param; the next five are offsets in it
 * @alt_size: bytes of struct alt_instr, 12 or 14; 0: not known, so no code is patched
 * @alt_retpoline: number of X86_FEATURE_RETPOLINE
 * @alt_its: of X86_FEATURE_INDIRECT_THUNK_ITS; 0: the kernel has none
 * @alt_ibt: of X86_FEATURE_IBT
 * @retpoline: indirect branches go through __x86_indirect_thunk_*
 * @rethunk: returns go through __x86_return_thunk
 * @sls: int3 after ret and indirect jmp
 * @ibt: functions whose address is taken begin with endbr64
 * @modversions: symbols have CRCs that are compared
 * @crcs: sorted by name
 */
struct profile {
	char *path;
	char *release;
	char *vermagic;
	u32 this_module_size;
	u32 this_module_align;
	u32 this_module_name;
	u32 this_module_init;
	u32 this_module_exit;
	u32 module_name_size;
	u32 param_size;
	u32 param_name;
	u32 param_mod;
	u32 param_ops;
	u32 param_perm;
	u32 param_level;
	u32 param_arg;
	u32 alt_size;
	u32 alt_retpoline;
	u32 alt_its;
	u32 alt_ibt;
	bool retpoline;
	bool rethunk;
	bool sls;
	bool ibt;
	bool modversions;
	struct profile_crc *crcs;
	size_t nr_crcs;
	char *text;		/* of the file; names point into it */
};

/**
 * profile_find() - Where the profile for a kernel is
 * @kernel: argument of --kernel (file, folder, version or the beginning of
 *	one); NULL: the running kernel
 *
 * Return: the path, to be freed; NULL after a message that says what to do.
 */
char *profile_find(const char *kernel);
int profile_read(struct profile *profile, const char *path);
void profile_destroy(struct profile *profile);
/* NULL: not exported by this kernel, kwasm.ko or kwasm_wasi.ko */
const struct profile_crc *profile_find_crc(const struct profile *profile, const char *name);

int profile_create(const char *kwasm_dir, const char *kdir, const char *out);

#endif /* _BACKEND_X86_PROFILE_H */
