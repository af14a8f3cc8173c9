/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi.h - where a module's state lies in its context
 *
 * kwasm_abi.h says what every context has in common; this is the part that
 * differs from module to module. The lowering addresses by it, the image tells
 * it to the runtime, the checker reads it there.
 */
#ifndef _BACKEND_X86_ABI_H
#define _BACKEND_X86_ABI_H

#include "../compiler/module.h"

/**
 * struct abi_layout - offsets from the context pointer, all negative
 * @ctx_size: bytes below the context pointer, a multiple of 16
 * @nr_values: cells that the value buffer must have
 * @memory0_here: memory 0 is defined by the module, so starts at the context pointer
 * @globals: own: the cell; imported: the slot with the cell's address
 * @memories: slot with the address of the struct kwasm_memory_abi
 * @tables: slot with the address of the struct kwasm_table_abi
 * @funcs: imported and bound at load time: slot with the address of the struct
 *	kwasm_func; own or bound at compile time, and @refs: the struct
 *	kwasm_func itself; else 0
 * @refs: by function index: a reference to it may be taken
 */
struct abi_layout {
	u32 ctx_size;
	u32 nr_values;
	bool memory0_here;
	s32 *globals;
	s32 *memories;
	s32 *tables;
	s32 *funcs;
	bool *refs;
};

/**
 * struct abi_calls - a row of struct kwasm_image_calls
 * @tableidx: the table that stays as it is
 * @typeidx: of the calls; its own @canon
 * @funcs: by element: function index, or WASM_NO_INDEX; none of them bound at load time
 * @nr: elements
 * @at: index of the row's first address in kwasm_app.calls; it has @nr + 1 of them
 */
struct abi_calls {
	u32 tableidx;
	u32 typeidx;
	const u32 *funcs;
	u32 nr;
	u32 at;
};

/* results beyond this many go through the value buffer */
#define ABI_MAX_REG_RESULTS	2
/*
 * Parameters beyond these go through the value buffer as well, never on the
 * stack: so a tail call finds nothing there that it would have to make room for
 */
#define ABI_MAX_INT_PARAMS	6	/* rdi, rsi, rdx, rcx, r8, r9 */
#define ABI_MAX_VEC_PARAMS	8	/* xmm0-7 */
/* a host function with more parameters takes all of them from the value buffer */
#define ABI_MAX_HOST_PARAMS	5

/**
 * struct abi_host_func - a host function that the compiler knows
 * @name: by which modules import it
 * @symbol: what a runtime module exports
 * @result: 'v' none, 'i' i32, 'I' i64
 * @params: the same letters
 * @kernel_module: which module exports it, for modinfo's depends
 * @provided: false: returns ENOSYS
 */
struct abi_host_func {
	const char *name;
	const char *symbol;
	const char *result;
	const char *params;
	const char *kernel_module;
	bool provided;
};

/**
 * abi_host_func_find() - Is an import bound at compile time?
 * @module, @name: the import's
 * @type: as which it is imported; two functions may differ in that alone
 *
 * Return: the function; NULL if there is none.
 */
const struct abi_host_func *abi_host_func_find(const struct wasm_name *module,
					       const struct wasm_name *name,
					       const struct wasm_functype *type);

/**
 * abi_layout_create() - Lay out the context of a validated module
 * @m: validated
 *
 * Return: the layout, for abi_layout_destroy(); NULL (diagnosed) if an import from a host
 * interface is unknown or has another type, or the context would be too large.
 */
struct abi_layout *abi_layout_create(const struct wasm_module *m);
void abi_layout_destroy(struct abi_layout *layout);

/* the host function behind an imported function, NULL if bound at load time */
const struct abi_host_func *abi_import_host_func(const struct wasm_module *m, u32 funcidx);

#endif /* _BACKEND_X86_ABI_H */
