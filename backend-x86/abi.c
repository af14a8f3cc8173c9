// SPDX-License-Identifier: GPL-2.0
/*
 * abi.c - the layout of a module's context, and the host functions it can name
 *
 * Near the context pointer lies what is used most, so that its displacement
 * fits one byte: the module's own globals (the first is the C stack pointer in
 * most modules), then memories and tables, imports, and last the functions to
 * which references are taken.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../kruntime/include/kwasm_abi.h"
#include "abi.h"

#define MAX_CTX_SIZE	(512u << 20)

#define KWASM_WASI	"kwasm_wasi"

static const struct abi_host_func wasi_preview1[] = {
#define WASI_CALL(name, result, params)	{ #name, "wasi_" #name, result, params, KWASM_WASI, true },
#define WASI_NOSYS(name, result, params) { #name, "wasi_" #name, result, params, KWASM_WASI, false },
#include "../kruntime/include/kwasm_wasi_calls.h"
#define SOCK_CALL(name, symbol, result, params)	\
	{ #name, "wasi_" #symbol, result, params, KWASM_WASI, true },
#define SOCK_ALIAS(name, symbol, result, params) \
	{ #name, "wasi_" #symbol, result, params, KWASM_WASI, true },
#include "../kruntime/include/kwasm_sock_calls.h"
};

static const struct abi_host_func wasi_unstable[] = {
#define WASI_CALL(name, result, params)	{ #name, "wasi_" #name, result, params, KWASM_WASI, true },
#define WASI_NOSYS(name, result, params) { #name, "wasi_" #name, result, params, KWASM_WASI, false },
#define WASI_CALL0(name, result, params) \
	{ #name, "wasi_unstable_" #name, result, params, KWASM_WASI, true },
#include "../kruntime/include/kwasm_wasi_calls.h"
};

static const struct abi_host_func kernel_wasm_net[] = {
#define SOCK_CALL(name, symbol, result, params)
#define NET_CALL(name, symbol, result, params) { #name, "wasi_" #symbol, result, params, KWASM_WASI, true },
#include "../kruntime/include/kwasm_sock_calls.h"
};

static const struct abi_host_func kwasm_net[] = {
#define EVENT_CALL(name, result, params) { #name, "kwasm_net_" #name, result, params, "kwasm_net", true },
#include "../kruntime/include/kwasm_net_calls.h"
};

/*
 * What belongs to the host, by the imports' module name. In a module name that is not reserved
 * (any app may be called "net") unknown functions are left to be found at load time.
 */
static const struct host_interface {
	const char *module;
	const struct abi_host_func *funcs;
	size_t nr;
	bool reserved;
} interfaces[] = {
#define INTERFACE(module, funcs, reserved)	{ module, funcs, sizeof(funcs) / sizeof(funcs[0]), reserved }
	INTERFACE("wasi_snapshot_preview1", wasi_preview1, true),
	INTERFACE("wasi_unstable", wasi_unstable, true),
	INTERFACE("net", kernel_wasm_net, false),
	INTERFACE("kwasm_net", kwasm_net, true),
};

static const struct host_interface *find_interface(const struct wasm_name *module)
{
	size_t i;

	for (i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++)
		if (wasm_name_is(module, interfaces[i].module))
			return &interfaces[i];
	return NULL;
}

/* the next function of that name after @after, NULL: from the start */
static const struct abi_host_func *next_of_name(const struct host_interface *interface,
						const struct wasm_name *name,
						const struct abi_host_func *after)
{
	const struct abi_host_func *f = after ? after + 1 : interface->funcs;

	for (; f < interface->funcs + interface->nr; f++) {
		if (!wasm_name_is(name, f->name))
			continue;
		if (interface->funcs == wasi_unstable && !strcmp(f->name, "sock_accept"))
			continue;	/* came with preview1 */
		return f;
	}
	return NULL;
}

static wasm_valtype_t letter_type(char letter)
{
	return letter == 'i' ? WASM_I32 : WASM_I64;
}

static bool abi_host_func_matches(const struct abi_host_func *host, const struct wasm_functype *type)
{
	bool has_result = host->result[0] != 'v';
	u32 i;

	if (type->nr_params != strlen(host->params) || type->nr_results != has_result)
		return false;
	for (i = 0; i < type->nr_params; i++)
		if (type->params[i] != letter_type(host->params[i]))
			return false;
	return !has_result || type->results[0] == letter_type(host->result[0]);
}

const struct abi_host_func *abi_host_func_find(const struct wasm_name *module,
					       const struct wasm_name *name,
					       const struct wasm_functype *type)
{
	const struct host_interface *interface = find_interface(module);
	const struct abi_host_func *f = NULL;

	if (!interface)
		return NULL;
	do {
		f = next_of_name(interface, name, f);
	} while (f && !abi_host_func_matches(f, type));
	return f;
}

static const char *type_name(const struct abi_host_func *host)
{
	static wasm_valtype_t params[16], result;
	struct wasm_functype type = { .params = params, .results = &result };

	for (; host->params[type.nr_params]; type.nr_params++)
		params[type.nr_params] = letter_type(host->params[type.nr_params]);
	type.nr_results = host->result[0] != 'v';
	result = letter_type(host->result[0]);
	return wasm_functype_name(&type);
}

const struct abi_host_func *abi_import_host_func(const struct wasm_module *m, u32 funcidx)
{
	const struct wasm_import *import;

	if (m->funcs[funcidx].import == WASM_NO_INDEX)
		return NULL;
	import = &m->imports[m->funcs[funcidx].import];
	return abi_host_func_find(&import->module, &import->name, wasm_func_type(m, funcidx));
}

/* of the name, but not of the type: a name has two types at most */
static void wrong_type(const struct wasm_module *m, const struct wasm_import *import,
		       const struct abi_host_func *host, const struct abi_host_func *other)
{
	diag_error(m, import->offset, "incompatible import type: '%s' '%s' has type %s%s%s, imported as %s",
		   import->module.bytes, import->name.bytes, type_name(host), other ? " or " : "",
		   other ? type_name(other) : "", wasm_functype_name(wasm_func_type(m, import->index)));
}

static int check_host_imports(const struct wasm_module *m)
{
	const struct host_interface *interface;
	const struct abi_host_func *host, *first;
	const struct wasm_import *import;
	u32 i;

	for (i = 0; i < m->nr_imports; i++) {
		import = &m->imports[i];
		interface = find_interface(&import->module);
		if (!interface)
			continue;
		first = next_of_name(interface, &import->name, NULL);
		if (!first && !interface->reserved)
			continue;
		if (import->kind != WASM_EXTERN_FUNC) {
			diag_error(m, import->offset,
				   "incompatible import type: '%s' '%s' is a function, imported as a %s",
				   import->module.bytes, import->name.bytes,
				   wasm_externkind_name(import->kind));
			return -EINVAL;
		}
		if (!first) {
			diag_error(m, import->offset, "unknown import: '%s' has no function '%s'",
				   import->module.bytes, import->name.bytes);
			return -EINVAL;
		}
		host = abi_import_host_func(m, import->index);
		if (!host) {
			wrong_type(m, import, first, next_of_name(interface, &import->name, first));
			return -EINVAL;
		}
		if (!host->provided)
			diag_warning(m, import->offset,
				     "'%s' '%s' is not provided yet and will return ENOSYS",
				     import->module.bytes, import->name.bytes);
	}
	return 0;
}

/* take @size bytes below what is taken already */
static s32 allocate(u64 *used, u32 size, u32 align)
{
	*used = (*used + size + align - 1) / align * align;
	return *used > MAX_CTX_SIZE ? 0 : -(s32)*used;
}

static u32 max_values(const struct wasm_module *m)
{
	u32 i, most = 16;

	for (i = 0; i < m->nr_types; i++) {
		if (m->types[i].kind != WASM_COMPTYPE_FUNC)
			continue;
		if (m->types[i].func.nr_params > most)
			most = m->types[i].func.nr_params;
		if (m->types[i].func.nr_results > most)
			most = m->types[i].func.nr_results;
	}
	return most;
}

struct abi_layout *abi_layout_create(const struct wasm_module *m)
{
	struct abi_layout *layout;
	u64 used = KWASM_CTX_FIXED;
	u32 i;

	if (check_host_imports(m))
		return NULL;

	layout = xcalloc(1, sizeof(*layout));
	layout->globals = xcalloc(m->nr_globals + 1, sizeof(*layout->globals));
	layout->memories = xcalloc(m->nr_memories + 1, sizeof(*layout->memories));
	layout->tables = xcalloc(m->nr_tables + 1, sizeof(*layout->tables));
	layout->funcs = xcalloc(m->nr_funcs + 1, sizeof(*layout->funcs));
	layout->refs = xcalloc(m->nr_funcs + 1, sizeof(*layout->refs));
	layout->memory0_here = m->nr_memories && m->memories[0].import == WASM_NO_INDEX;
	layout->nr_values = max_values(m);

	for (i = m->nr_imported_globals; i < m->nr_globals; i++) {
		u32 size = wasm_valtype_is_vec(m->globals[i].type) ? 16 : 8;

		layout->globals[i] = allocate(&used, size, size);
	}
	for (i = 0; i < m->nr_memories; i++)
		layout->memories[i] = allocate(&used, 8, 8);
	for (i = 0; i < m->nr_tables; i++)
		layout->tables[i] = allocate(&used, 8, 8);
	for (i = 0; i < m->nr_imported_globals; i++)
		layout->globals[i] = allocate(&used, 8, 8);
	for (i = 0; i < m->nr_funcs; i++) {
		bool host = abi_import_host_func(m, i);

		layout->refs[i] = m->funcs[i].declared;
		if (i < m->nr_imported_funcs && !host)
			layout->funcs[i] = allocate(&used, 8, 8);
		else if (layout->refs[i])
			layout->funcs[i] = allocate(&used, sizeof(struct kwasm_func), 8);
	}
	allocate(&used, 0, 16);
	if (used > MAX_CTX_SIZE) {
		diag_error(m, 0, "implementation limit: globals and functions need a context of %llu bytes, at most %u",
			   (unsigned long long)used, MAX_CTX_SIZE);
		abi_layout_destroy(layout);
		return NULL;
	}
	layout->ctx_size = used;
	return layout;
}

void abi_layout_destroy(struct abi_layout *layout)
{
	if (!layout)
		return;
	free(layout->globals);
	free(layout->memories);
	free(layout->tables);
	free(layout->funcs);
	free(layout->refs);
	free(layout);
}
