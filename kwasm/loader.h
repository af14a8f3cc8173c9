/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user-space runner's module loader and what it shares with its platform
 */
#ifndef KWASM_LOADER_H
#define KWASM_LOADER_H

#include <stdint.h>
#include "kwasm_abi.h"

/*
 * struct loaded_ko - an app's .ko in this process
 * Lives from loader_load() to loader_unload(). The signal handler walks the list, so an
 * entry is complete before it is linked.
 */
struct loaded_ko {
	struct loaded_ko *next;
	u8 *base;		/* one mapping below 2 GiB */
	size_t size;
	const u8 *text;		/* executable part */
	size_t text_size;
	struct kwasm_app *app;	/* in the mapping */
	const struct ex_row *rows; /* sorted by address */
	u64 nr_rows;
	u32 refs;		/* plat_module_get(); under kwasm_registry_lock or single-threaded */
};

/* A row of the exception table, as the kernel has it */
struct ex_row {
	s32 insn;		/* relative to this member */
	s32 fixup;		/* relative to this member */
	s32 type;
};

extern struct loaded_ko *loaded_kos;

/* What an app's .ko may refer to; NULL if the runtime has no such symbol */
const void *runtime_symbol(const char *name);

/**
 * loader_load() - Map and relocate a .ko, without running anything of it
 * @path: file
 * @ko: set
 * @error: set on failure to a message in static storage, without the path
 *
 * Return: 0, -errno.
 */
int loader_load(const char *path, struct loaded_ko **ko, const char **error);
int loader_load_bytes(const void *bytes, size_t size, struct loaded_ko **ko, const char **error);
void loader_unload(struct loaded_ko *ko);

/* The row that covers the instruction at @ip, in any loaded .ko; NULL */
const struct ex_row *loader_find_row(uintptr_t ip);
/* Is @ip in generated code? */
bool loader_in_text(uintptr_t ip);

#endif /* KWASM_LOADER_H */
