// SPDX-License-Identifier: GPL-2.0
/*
 * The symbols that an app's .ko may import, in the user-space runner: those that
 * kwasm.ko and kwasm_wasi.ko export, and the kernel's two kinds of thunks
 */
#include <stdlib.h>
#include <string.h>

#include "kwasm.h"
#include "loader.h"

/* Only addresses matter here; the functions are defined in user_wasi.c and thunks.S */
#define WASI_CALL(name, result, params) extern char wasi_##name[];
#define WASI_CALL0(name, result, params) extern char wasi_##name[]; extern char wasi_unstable_##name[];
#define WASI_NOSYS(name, result, params) WASI_CALL(name, result, params)
#include "kwasm_wasi_calls.h"
#define SOCK_CALL(name, symbol, result, params) extern char wasi_##symbol[];
#define NET_CALL(name, symbol, result, params) extern char wasi_##symbol[];
#include "kwasm_sock_calls.h"

#define THUNKS(T)								\
	T(rax) T(rbx) T(rcx) T(rdx) T(rsi) T(rdi) T(rbp)			\
	T(r8) T(r9) T(r10) T(r11) T(r12) T(r13) T(r14) T(r15)

extern char __x86_return_thunk[];
#define T(reg) extern char __x86_indirect_thunk_##reg[];
THUNKS(T)
#undef T

/* The loader sets parameters itself, so these are only there to be referred to */
static const char param_ops[1];

static const struct symbol {
	const char *name;
	const void *address;
} symbols[] = {
	{ "kwasm_app_init", kwasm_app_init },
	{ "kwasm_app_exit", kwasm_app_exit },
	{ "kwasm_fault_fixup", kwasm_fault_fixup },
	{ "kwasm_host_call", kwasm_host_call },
	{ "kwasm_null_func", &kwasm_null_func },
	{ "kwasm_param_ops_string", param_ops },
	{ "kwasm_param_ops_u64", param_ops },
	{ "kwasm_param_ops_u32", param_ops },
	{ "kwasm_param_ops_bool", param_ops },
#define H(name, result, params) { #name, name },
	KWASM_HELPERS(H)
#undef H
#define T(nr, name, text) { "kwasm_trap_" #name, kwasm_trap_##name },
	KWASM_TRAPS(T)
#undef T
#define WASI_CALL(name, result, params) { "wasi_" #name, wasi_##name },
#define WASI_CALL0(name, result, params)			\
	{ "wasi_" #name, wasi_##name },				\
	{ "wasi_unstable_" #name, wasi_unstable_##name },
#define WASI_NOSYS(name, result, params) WASI_CALL(name, result, params)
#include "kwasm_wasi_calls.h"
#define SOCK_CALL(name, symbol, result, params) { "wasi_" #symbol, wasi_##symbol },
#define NET_CALL(name, symbol, result, params) { "wasi_" #symbol, wasi_##symbol },
#include "kwasm_sock_calls.h"
	{ "__x86_return_thunk", __x86_return_thunk },
#define T(reg) { "__x86_indirect_thunk_" #reg, __x86_indirect_thunk_##reg },
	THUNKS(T)
#undef T
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct symbol *)a)->name, ((const struct symbol *)b)->name);
}

const void *runtime_symbol(const char *name)
{
	static struct symbol sorted[ARRAY_SIZE(symbols)];
	const struct symbol *found, key = { name, NULL };

	if (!sorted[0].name) {
		memcpy(sorted, symbols, sizeof(symbols));
		qsort(sorted, ARRAY_SIZE(sorted), sizeof(sorted[0]), compare);
	}
	found = bsearch(&key, sorted, ARRAY_SIZE(sorted), sizeof(sorted[0]), compare);
	return found ? found->address : NULL;
}
