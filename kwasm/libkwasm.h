/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libkwasm: load apps, make instances, call them
 *
 * One interface to two worlds: the kernel (through /dev/kwasm, where apps are kernel modules)
 * and the user-space runner (where the very same .ko files are loaded into this process).
 *
 * Functions return 0; a positive enum kwasm_trap if wasm code trapped; -errno. The last
 * failure in words is libkwasm_report(). A session is for one thread at a time, but for
 * libkwasm_call(): whose failure the report then tells is not known.
 */
#ifndef LIBKWASM_H
#define LIBKWASM_H

#include <stddef.h>
#include "types.h"
#include "kwasm_abi.h"
#include "uapi/kwasm.h"

enum libkwasm_world {
	LIBKWASM_DEVICE,
	LIBKWASM_USER,
};

struct libkwasm;

/* Arrays of strings end with NULL; NULL for none */
struct libkwasm_config {
	const char *const *lists[KWASM_NR_LISTS]; /* by enum kwasm_list */
	u64 max_memory;			/* bytes, 0: the app's */
	u32 stack_size;			/* bytes, 0: the app's */
};

/* One import or export, as libkwasm_info() lists them */
struct libkwasm_item {
	bool import;
	bool mut;
	bool is64;
	u32 kind;			/* enum kwasm_extern_kind */
	const char *module;		/* imports; with a NUL after it, may contain others */
	const char *name;
	u32 module_len;
	u32 name_len;
	u32 nr_params;
	u32 nr_results;
	const u8 *types;		/* value types: parameters, results */
	u64 min;
	u64 max;			/* ~0: none */
};

struct libkwasm_info {
	u32 flags;			/* KWASM_INFO_* */
	u32 text_size;
	u32 stack_size;
	u32 nr_instances;
	u64 max_memory;
	u32 nr_items;
	struct libkwasm_item *items;	/* imports, then exports */
};

/* Open a session: 0, -errno (-ENOENT: no /dev/kwasm, that is, kwasm.ko is not loaded) */
int libkwasm_open(enum libkwasm_world world, struct libkwasm **lib);
/* Drops all instances; apps stay loaded in the kernel, and go in user space */
void libkwasm_close(struct libkwasm *lib);

/* What the last failed call said; never NULL. nr_frames > 0 for traps. */
const struct kwasm_trap_info *libkwasm_report(const struct libkwasm *lib);

/**
 * libkwasm_load() - Load an app's .ko
 * @lib: session
 * @path: the .ko file
 * @run: do what loading does by default: run a command, make a reactor's own instance.
 *	false: only register the app (run=0 instances=0)
 *
 * Device: finit_module(2), needs CAP_SYS_MODULE.
 */
int libkwasm_load(struct libkwasm *lib, const char *path, bool run);
/* Unload by name; -EBUSY while it is used, also if by this session */
int libkwasm_unload(struct libkwasm *lib, const char *app);

/* The name of an app in a .ko file: what a file "dir/foo-bar.ko" is called. @name has KWASM_NAME_MAX bytes. */
void libkwasm_app_name(const char *path, char *name);

int libkwasm_instantiate(struct libkwasm *lib, const char *app,
			 const struct libkwasm_config *config, u32 *handle);
/* A handle of the instance that a reactor has had since it was loaded; -ENODATA: there is none */
int libkwasm_attach(struct libkwasm *lib, const char *app, u32 *handle);
int libkwasm_register(struct libkwasm *lib, u32 handle, const char *name, u32 name_len);
int libkwasm_drop(struct libkwasm *lib, u32 handle);
/* @nr_results: in: room in @results, out: number */
int libkwasm_call(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
		  const struct kwasm_val *args, u32 nr_args,
		  struct kwasm_val *results, u32 *nr_results);
int libkwasm_global_get(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
			struct kwasm_val *value);
int libkwasm_run(struct libkwasm *lib, const char *app, const struct libkwasm_config *config,
		 s32 *exit_code);

/* Returns the number of instances, entries in *@entries (to be freed), or -errno */
int libkwasm_ps(struct libkwasm *lib, struct kwasm_ps_entry **entries);
int libkwasm_kill(struct libkwasm *lib, u64 id);
/* *@info is to be freed with free(); it is one piece of memory */
int libkwasm_info(struct libkwasm *lib, const char *app, struct libkwasm_info **info);

#endif /* LIBKWASM_H */
