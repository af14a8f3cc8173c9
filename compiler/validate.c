// SPDX-License-Identifier: GPL-2.0
/*
 * validate.c - the specification's "Validation, Modules"
 *
 * Begin at wasm_validate(). Types are in validate_types.c; instructions, and
 * with them the validation algorithm, in validate_code.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "diag.h"
#include "validate.h"

int validate_index(const struct wasm_module *m, u32 offset, const char *what, u32 index, u32 nr)
{
	if (index < nr)
		return 0;
	if (nr)
		diag_error(m, offset, "unknown %s %u: %u known here", what, index, nr);
	else
		diag_error(m, offset, "unknown %s %u: none known here", what, index);
	return -EINVAL;
}

/* a feature found in use by validation */
static int use_here(struct wasm_module *m, u32 offset, enum wasm_feature feature, const char *what)
{
	if (require_feature(m, offset, feature, what))
		return -EINVAL;
	m->used |= 1ull << feature;
	return 0;
}

/* a function or tag must have a function type */
static int validate_functype(const struct wasm_module *m, u32 offset, u32 typeidx)
{
	if (validate_index(m, offset, "type", typeidx, m->nr_types))
		return -EINVAL;
	if (m->types[typeidx].kind != WASM_COMPTYPE_FUNC) {
		diag_error(m, offset, "type mismatch: type %u is not a function type", typeidx);
		return -EINVAL;
	}
	return 0;
}

static int validate_func_types(struct wasm_module *m)
{
	const struct wasm_func *func;
	u32 i, j;

	for (i = 0; i < m->nr_funcs; i++) {
		func = &m->funcs[i];
		if (validate_functype(m, func->offset, func->typeidx))
			return -EINVAL;
		for (j = 0; j < func->nr_locals_runs; j++) {
			if (validate_valtype(m, func->offset, func->locals[j].type))
				return -EINVAL;
		}
		if (func->nr_locals + wasm_func_type(m, i)->nr_params > WASM_MAX_LOCALS) {
			diag_error(m, func->offset, "implementation limit: %u locals and parameters, at most %u",
				   func->nr_locals + wasm_func_type(m, i)->nr_params,
				   WASM_MAX_LOCALS);
			return -EINVAL;
		}
	}
	return 0;
}

static int validate_tags(struct wasm_module *m)
{
	u32 i;

	for (i = 0; i < m->nr_tags; i++) {
		if (validate_functype(m, m->tags[i].offset, m->tags[i].typeidx))
			return -EINVAL;
		if (wasm_tag_type(m, i)->nr_results) {
			diag_error(m, m->tags[i].offset, "non-empty tag result type: %s",
				   wasm_functype_name(wasm_tag_type(m, i)));
			return -EINVAL;
		}
	}
	return 0;
}

static int validate_min_max(const struct wasm_module *m, u32 offset,
			    const struct wasm_limits *limits)
{
	if (limits->has_max && limits->min > limits->max) {
		diag_error(m, offset, "size minimum must not be greater than maximum: %llu and %llu",
			   limits->min, limits->max);
		return -EINVAL;
	}
	return 0;
}

static int validate_table(struct validator *v, const struct wasm_table *table)
{
	struct wasm_module *m = v->m;
	u64 max = table->is64 ? ~0ull : 0xffffffffull;

	if (validate_valtype(m, table->offset, table->type))
		return -EINVAL;
	if (table->limits.min > max || (table->limits.has_max && table->limits.max > max)) {
		diag_error(m, table->offset, "table size must be at most 2^32-1");
		return -EINVAL;
	}
	if (validate_min_max(m, table->offset, &table->limits))
		return -EINVAL;
	if (table->init.size)
		return validate_expr(v, &table->init, table->type, m->nr_imported_globals);
	if (table->import == WASM_NO_INDEX && !wasm_valtype_is_defaultable(table->type)) {
		diag_error(m, table->offset, "type mismatch: a table of %s needs an initial value",
			   wasm_valtype_name(table->type));
		return -EINVAL;
	}
	return 0;
}

static int validate_tables(struct validator *v)
{
	struct wasm_module *m = v->m;
	u32 i;

	if (m->nr_tables > 1 && use_here(m, m->tables[1].offset, WASM_FEATURE_REFERENCE_TYPES,
					 "a second table"))
		return -EINVAL;
	for (i = 0; i < m->nr_tables; i++) {
		if (validate_table(v, &m->tables[i]))
			return -EINVAL;
	}
	return 0;
}

static int validate_memory(const struct wasm_module *m, const struct wasm_memory *mem)
{
	/* the whole address space: 2^32 or 2^64 bytes */
	u32 log2 = (mem->is64 ? 64 : 32) - mem->page_size_log2;
	u64 max = log2 >= 64 ? ~0ull : 1ull << log2;

	/* only these two are in the proposal */
	if (mem->page_size_log2 != WASM_PAGE_SIZE_LOG2 && mem->page_size_log2) {
		diag_error(m, mem->offset, "invalid custom page size: 1 << %u", mem->page_size_log2);
		return -EINVAL;
	}
	/* a 32-bit memory of single bytes may have 2^32 - 1 of them */
	if (!mem->page_size_log2 && !mem->is64)
		max = 0xffffffff;
	if (mem->limits.min > max || (mem->limits.has_max && mem->limits.max > max)) {
		if (!mem->is64 && mem->page_size_log2)
			diag_error(m, mem->offset, "memory size must be at most 65536 pages (4GiB)");
		else
			diag_error(m, mem->offset, "memory size must be at most %llu pages", max);
		return -EINVAL;
	}
	if (validate_min_max(m, mem->offset, &mem->limits))
		return -EINVAL;
	if (mem->shared && !mem->limits.has_max) {
		diag_error(m, mem->offset, "shared memory must have maximum");
		return -EINVAL;
	}
	return 0;
}

static int validate_memories(struct wasm_module *m)
{
	u32 i;

	if (m->nr_memories > 1 && use_here(m, m->memories[1].offset, WASM_FEATURE_MULTI_MEMORY,
					   "a second memory"))
		return -EINVAL;
	for (i = 0; i < m->nr_memories; i++) {
		if (validate_memory(m, &m->memories[i]))
			return -EINVAL;
	}
	return 0;
}

static int validate_globals(struct validator *v)
{
	const struct wasm_global *global;
	struct wasm_module *m = v->m;
	u32 i;

	for (i = 0; i < m->nr_globals; i++) {
		global = &m->globals[i];
		if (validate_valtype(m, global->offset, global->type))
			return -EINVAL;
		/* it may use those before it */
		if (i >= m->nr_imported_globals &&
		    validate_expr(v, &global->init, global->type, i))
			return -EINVAL;
	}
	return 0;
}

static int compare_exports(const void *a, const void *b)
{
	const struct wasm_export *x = *(const struct wasm_export *const *)a;
	const struct wasm_export *y = *(const struct wasm_export *const *)b;
	u32 size = x->name.size < y->name.size ? x->name.size : y->name.size;
	int order = memcmp(x->name.bytes, y->name.bytes, size);

	if (order)
		return order;
	if (x->name.size != y->name.size)
		return x->name.size < y->name.size ? -1 : 1;
	return x->offset < y->offset ? -1 : 1;
}

static int validate_unique_exports(const struct wasm_module *m)
{
	const struct wasm_export **sorted;
	int err = 0;
	u32 i;

	sorted = xcalloc(m->nr_exports, sizeof(*sorted));
	for (i = 0; i < m->nr_exports; i++)
		sorted[i] = &m->exports[i];
	qsort(sorted, m->nr_exports, sizeof(*sorted), compare_exports);
	for (i = 1; i < m->nr_exports && !err; i++) {
		if (sorted[i]->name.size == sorted[i - 1]->name.size &&
		    !memcmp(sorted[i]->name.bytes, sorted[i - 1]->name.bytes,
			    sorted[i]->name.size)) {
			diag_error(m, sorted[i]->offset, "duplicate export name '%s'",
				   sorted[i]->name.bytes);
			err = -EINVAL;
		}
	}
	free(sorted);
	return err;
}

static u32 nr_externs(const struct wasm_module *m, enum wasm_externkind kind)
{
	switch (kind) {
	case WASM_EXTERN_FUNC: return m->nr_funcs;
	case WASM_EXTERN_TABLE: return m->nr_tables;
	case WASM_EXTERN_MEMORY: return m->nr_memories;
	case WASM_EXTERN_GLOBAL: return m->nr_globals;
	case WASM_EXTERN_TAG: return m->nr_tags;
	}
	return 0;
}

static int validate_exports(struct wasm_module *m)
{
	const struct wasm_export *export;
	u32 i;

	for (i = 0; i < m->nr_exports; i++) {
		export = &m->exports[i];
		if (validate_index(m, export->offset, wasm_externkind_name(export->kind),
				   export->index, nr_externs(m, export->kind)))
			return -EINVAL;
		if (export->kind == WASM_EXTERN_FUNC)
			m->funcs[export->index].declared = true;
		if (export->kind == WASM_EXTERN_GLOBAL && m->globals[export->index].mut &&
		    use_here(m, export->offset, WASM_FEATURE_MUTABLE_GLOBALS,
			     "exporting a mutable global"))
			return -EINVAL;
	}
	return validate_unique_exports(m);
}

static int validate_elem(struct validator *v, const struct wasm_elem *elem)
{
	struct wasm_module *m = v->m;
	const struct wasm_table *table;
	u32 i;

	if (validate_valtype(m, elem->offset, elem->type))
		return -EINVAL;
	for (i = 0; i < elem->nr_entries; i++) {
		if (elem->funcs) {
			if (validate_index(m, elem->offset, "function", elem->funcs[i],
					   m->nr_funcs))
				return -EINVAL;
			m->funcs[elem->funcs[i]].declared = true;
		} else if (validate_expr(v, &elem->exprs[i], elem->type, m->nr_globals)) {
			return -EINVAL;
		}
	}
	if (elem->mode != WASM_SEGMENT_ACTIVE)
		return 0;
	if (validate_index(m, elem->offset, "table", elem->tableidx, m->nr_tables))
		return -EINVAL;
	table = &m->tables[elem->tableidx];
	if (!wasm_valtype_matches(m, elem->type, table->type)) {
		diag_error(m, elem->offset, "type mismatch: table %u holds %s, found elements of type %s",
			   elem->tableidx, wasm_valtype_name(table->type),
			   wasm_valtype_name(elem->type));
		return -EINVAL;
	}
	return validate_expr(v, &elem->at, table->is64 ? WASM_I64 : WASM_I32, m->nr_globals);
}

static int validate_elems(struct validator *v)
{
	u32 i;

	for (i = 0; i < v->m->nr_elems; i++) {
		if (validate_elem(v, &v->m->elems[i]))
			return -EINVAL;
	}
	return 0;
}

static int validate_datas(struct validator *v)
{
	const struct wasm_module *m = v->m;
	const struct wasm_data *data;
	wasm_valtype_t address;
	u32 i;

	for (i = 0; i < m->nr_datas; i++) {
		data = &m->datas[i];
		if (data->mode != WASM_SEGMENT_ACTIVE)
			continue;
		if (validate_index(m, data->offset, "memory", data->memidx, m->nr_memories))
			return -EINVAL;
		address = m->memories[data->memidx].is64 ? WASM_I64 : WASM_I32;
		if (validate_expr(v, &data->at, address, m->nr_globals))
			return -EINVAL;
	}
	return 0;
}

static int validate_start(const struct wasm_module *m)
{
	const struct wasm_functype *type;

	if (m->start == WASM_NO_INDEX)
		return 0;
	if (validate_index(m, m->start_offset, "function", m->start, m->nr_funcs))
		return -EINVAL;
	type = wasm_func_type(m, m->start);
	if (type->nr_params || type->nr_results) {
		diag_error(m, m->start_offset, "start function must have type [] -> [], found %s",
			   wasm_functype_name(type));
		return -EINVAL;
	}
	return 0;
}

/* in an order in which each step can rely on those before */
static int validate_module(struct validator *v)
{
	struct wasm_module *m = v->m;
	u32 i;
	int err;

	err = validate_types(m) ?:
	      validate_func_types(m) ?:
	      validate_tags(m) ?:
	      validate_memories(m) ?:
	      validate_tables(v) ?:
	      validate_globals(v) ?:
	      validate_exports(m) ?:
	      validate_start(m) ?:
	      validate_elems(v) ?:
	      validate_datas(v);
	if (err)
		return err;
	/* last: references to functions are declared by everything above */
	for (i = m->nr_imported_funcs; i < m->nr_funcs; i++) {
		if (validate_func(v, i))
			return -EINVAL;
	}
	return 0;
}

int wasm_validate(struct wasm_module *m)
{
	struct validator v = { .m = m };
	int err;

	err = validate_module(&v);
	m->used |= v.reader.in.used;
	m->uses_float |= v.reader.in.uses_float;
	m->uses_vector |= v.reader.in.uses_vector;
	m->validated = !err;
	validator_destroy(&v);
	return err;
}
