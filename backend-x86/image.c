// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - struct kwasm_image, from the module, its layout and its code
 *
 * Rows are appended one array after the other, strings and lists where they are
 * first needed; everything refers by offset from the start, so the block has no
 * relocations. kwasm_abi.h describes each row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../kruntime/include/kwasm_abi.h"
#include "image.h"

static u32 append(struct image *image, const void *bytes, size_t size, size_t align)
{
	size_t at = (image->size + align - 1) / align * align;

	array_reserve(image->bytes, image->cap, at + size + 1);
	memset(image->bytes + image->size, 0, at - image->size);
	if (bytes)
		memcpy(image->bytes + at, bytes, size);
	else
		memset(image->bytes + at, 0, size);
	image->size = at + size;
	return at;
}

static struct kwasm_image *head(struct image *image)
{
	return (struct kwasm_image *)image->bytes;
}

static struct kwasm_image_string add_string(struct image *image, const char *s, u32 len)
{
	struct kwasm_image_string str = { .len = len };

	if (!len)
		return str;
	str.offset = append(image, s, len, 1);
	append(image, NULL, 1, 1);
	return str;
}

static struct kwasm_image_string add_name(struct image *image, const struct wasm_name *name)
{
	return add_string(image, name->bytes, name->size);
}

/* append an array, and write into the head's member where it is */
#define add_rows(image, member, rows, nr)	\
	__add_rows(image, offsetof(struct kwasm_image, member), rows, nr, sizeof(*(rows)))

static void __add_rows(struct image *image, size_t member, const void *rows, u32 nr, size_t row_size)
{
	struct kwasm_image_array array = { .nr = nr };

	if (nr)
		array.offset = append(image, rows, nr * row_size, 8);
	memcpy(image->bytes + member, &array, sizeof(array));
}

/* a value type, or a field's type, as the image has them */
static u32 image_valtype(const struct wasm_module *m, wasm_valtype_t type)
{
	static const u32 kinds[] = {
		[WASM_COMPTYPE_FUNC] = KWASM_REF_KIND_FUNC,
		[WASM_COMPTYPE_STRUCT] = KWASM_REF_KIND_STRUCT,
		[WASM_COMPTYPE_ARRAY] = KWASM_REF_KIND_ARRAY,
	};
	u32 null = wasm_valtype_is_nullable(type) ? KWASM_REF_NULL : 0;

	if (!wasm_valtype_is_ref(type))
		return type;
	if (wasm_valtype_has_typeidx(type))
		return KWASM_REF | null | KWASM_REF_TYPE | wasm_valtype_typeidx(type) |
		       kinds[m->types[wasm_valtype_typeidx(type)].kind];
	return null ? wasm_valtype_heap(type) : KWASM_REF | wasm_valtype_heap(type);
}

static u64 image_limit(const struct wasm_limits *limits)
{
	return limits->has_max ? limits->max : KWASM_LIMIT_NONE;
}

/* the text offset of each function by name; a linear list would make this quadratic */
struct text_index {
	u32 *func;	/* by funcidx, ~0: not there */
	u32 *invoke;	/* by typeidx */
	u32 init, init_invoke;
};

static void index_text(struct text_index *index, const struct wasm_module *m,
		       const struct object *obj, const struct code *code)
{
	size_t i;
	u32 nr;

	index->func = xmalloc((m->nr_funcs + 1) * sizeof(u32));
	index->invoke = xmalloc((m->nr_types + 1) * sizeof(u32));
	memset(index->func, 0xff, (m->nr_funcs + 1) * sizeof(u32));
	memset(index->invoke, 0xff, (m->nr_types + 1) * sizeof(u32));
	for (i = 0; i < code->nr_functions; i++) {
		const struct code_function *f = &code->functions[i];
		const char *name = obj->symbols[f->symbol].name;

		if (!strcmp(name, "wasm.init"))
			index->init = f->offset;
		else if (!strcmp(name, "wasm.invoke.init"))
			index->init_invoke = f->offset;
		else if (sscanf(name, "wasm.invoke.%u", &nr) == 1)
			index->invoke[nr] = f->offset;
		else if (sscanf(name, "wasm.%u", &nr) == 1)
			index->func[nr] = f->offset;
		else
			diag_bug("unknown function '%s' in generated code", name);
	}
}

static void add_valtype(struct image *image, u32 valtype)
{
	append(image, &valtype, sizeof(valtype), 4);
}

static void add_types(struct image *image, const struct wasm_module *m, const struct text_index *index)
{
	struct kwasm_image_type *rows = xcalloc(m->nr_types + 1, sizeof(*rows));
	u32 i, k;

	for (i = 0; i < m->nr_types; i++) {
		const struct wasm_type *type = &m->types[i];

		rows[i] = (struct kwasm_image_type) {
			.kind = type->kind,
			.final = type->final,
			.super = type->super,
			.rec = type->rec,
			.nr_rec = type->nr_rec,
			.nr_params = type->kind == WASM_COMPTYPE_FUNC ? type->func.nr_params :
				     type->nr_fields,
			.nr_results = type->func.nr_results,
			.valtypes = append(image, NULL, 0, 4),
			.invoke = index->invoke[type->canon] + 1,
		};
		for (k = 0; k < type->func.nr_params; k++)
			add_valtype(image, image_valtype(m, type->func.params[k]));
		for (k = 0; k < type->func.nr_results; k++)
			add_valtype(image, image_valtype(m, type->func.results[k]));
		for (k = 0; k < type->nr_fields; k++)
			add_valtype(image, image_valtype(m, type->fields[k].type) |
				    (type->fields[k].mut ? KWASM_FIELD_MUT : 0));
	}
	add_rows(image, types, rows, m->nr_types);
	free(rows);
}

static void add_imports(struct image *image, const struct wasm_module *m, const struct abi_layout *abi)
{
	struct kwasm_image_import *rows = xcalloc(m->nr_imports + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_imports; i++) {
		const struct wasm_import *import = &m->imports[i];

		rows[i].module = add_name(image, &import->module);
		rows[i].name = add_name(image, &import->name);
		rows[i].kind = import->kind;
		rows[i].index = import->index;
		switch (import->kind) {
		case WASM_EXTERN_FUNC:
			rows[i].type = m->funcs[import->index].typeidx;
			rows[i].slot = abi_import_host_func(m, import->index) ? 0 :
				       abi->funcs[import->index];
			break;
		case WASM_EXTERN_TABLE:
			rows[i].slot = abi->tables[import->index];
			break;
		case WASM_EXTERN_MEMORY:
			rows[i].slot = abi->memories[import->index];
			break;
		case WASM_EXTERN_GLOBAL:
			rows[i].slot = abi->globals[import->index];
			break;
		case WASM_EXTERN_TAG:
			rows[i].type = m->tags[import->index].typeidx;
			break;
		}
	}
	add_rows(image, imports, rows, m->nr_imports);
	free(rows);
}

/* ---- functions and where their instructions come from ---- */

static void add_uleb(u8 **bytes, size_t *nr, size_t *cap, u32 v)
{
	array_reserve(*bytes, *cap, *nr + 5);
	while (v >= 0x80) {
		(*bytes)[(*nr)++] = v | 0x80;
		v >>= 7;
	}
	(*bytes)[(*nr)++] = v;
}

static u32 zigzag(s32 v)
{
	return ((u32)v << 1) ^ (u32)(v >> 31);
}

/* The instructions that may trap, accesses and calls, in order */
struct site_cursor {
	size_t access, call;
};

static bool next_site(struct site_cursor *cursor, const struct code *code, u32 end, u32 *site)
{
	u32 access = cursor->access < code->nr_accesses ? code->accesses[cursor->access] : ~0u;
	u32 call = cursor->call < code->nr_calls ? code->calls[cursor->call].offset : ~0u;

	if (access >= end && call >= end)
		return false;
	if (call <= access) {
		*site = call;
		cursor->call++;
	} else {
		*site = access;
		cursor->access++;
	}
	return true;
}

static void add_func_lines(const struct code_function *f, u32 code_offset, const struct code *code,
			   const struct lines *lines, struct site_cursor *cursor,
			   u8 **bytes, size_t *nr, size_t *cap)
{
	u32 text = f->offset, wasm = code_offset, site, line;

	while (next_site(cursor, code, f->offset + f->size, &site)) {
		line = lines_find(lines, site);
		if (!line)
			line = wasm;
		add_uleb(bytes, nr, cap, site - text);
		add_uleb(bytes, nr, cap, zigzag(line - wasm));
		text = site;
		wasm = line;
	}
}

static struct kwasm_image_string func_name(struct image *image, const struct wasm_module *m, u32 funcidx)
{
	const struct wasm_func *func = &m->funcs[funcidx];
	u32 i;

	if (func->name.size)
		return add_name(image, &func->name);
	if (func->import != WASM_NO_INDEX)
		return add_name(image, &m->imports[func->import].name);
	for (i = 0; func->declared && i < m->nr_exports && i < 1000; i++)
		if (m->exports[i].kind == WASM_EXTERN_FUNC && m->exports[i].index == funcidx)
			return add_name(image, &m->exports[i].name);
	return add_string(image, NULL, 0);
}

static void add_funcs(struct image *image, const struct wasm_module *m, const struct object *obj,
		      const struct code *code, const struct lines *lines)
{
	struct kwasm_image_func *rows = xcalloc(code->nr_functions + 1, sizeof(*rows));
	struct site_cursor cursor = { 0 };
	size_t nr_bytes = 0, cap = 0, i;
	u8 *bytes = NULL;
	u32 nr = 0, funcidx;

	for (i = 0; i < code->nr_functions; i++) {
		const struct code_function *f = &code->functions[i];
		struct kwasm_image_func *row = &rows[nr];
		u32 lines_at = nr_bytes;
		bool is_func = sscanf(obj->symbols[f->symbol].name, "wasm.%u", &funcidx) == 1;
		u32 code_offset = is_func ? m->funcs[funcidx].code.offset : 0;

		add_func_lines(f, code_offset, code, lines, &cursor, &bytes, &nr_bytes, &cap);
		/* an import has a shim at most, which is no function of the module's own */
		if (!is_func || funcidx < m->nr_imported_funcs)
			continue;
		row->text_offset = f->offset;
		row->text_size = f->size;
		row->funcidx = funcidx;
		row->type = m->funcs[funcidx].typeidx;
		row->name = func_name(image, m, funcidx);
		row->code_offset = code_offset;
		row->lines = lines_at;
		nr++;
	}
	add_rows(image, funcs, rows, nr);
	add_rows(image, lines, bytes, nr_bytes);
	free(rows);
	free(bytes);
}

/* for the exception table, which the runtime makes */
static void add_accesses(struct image *image, const struct code *code)
{
	size_t nr = 0, cap = 0, i;
	u8 *bytes = NULL;
	u32 last = 0;

	for (i = 0; i < code->nr_accesses; i++) {
		add_uleb(&bytes, &nr, &cap, code->accesses[i] - last);
		last = code->accesses[i];
	}
	add_rows(image, accesses, bytes, nr);
	free(bytes);
}

/* for backtraces */
static void add_frames(struct image *image, const struct code *code)
{
	struct kwasm_image_frame *rows = xcalloc(code->nr_frames + 1, sizeof(*rows));
	size_t i;

	for (i = 0; i < code->nr_frames; i++)
		rows[i] = (struct kwasm_image_frame) {
			.text_offset = code->frames[i].offset,
			.depth = code->frames[i].depth,
		};
	add_rows(image, frames, rows, code->nr_frames);
	free(rows);
}

static void add_refs(struct image *image, const struct wasm_module *m, const struct abi_layout *abi,
		     const struct text_index *index)
{
	struct kwasm_image_ref *rows = xcalloc(m->nr_funcs + 1, sizeof(*rows));
	u32 i, nr = 0;

	for (i = 0; i < m->nr_funcs; i++) {
		if (!abi->refs[i])
			continue;
		rows[nr++] = (struct kwasm_image_ref) {
			.funcidx = i,
			.type = m->funcs[i].typeidx,
			.code = index->func[i],
			.slot = abi->funcs[i],
		};
	}
	add_rows(image, refs, rows, nr);
	free(rows);
}

/* ---- tables, memories, globals, exports ---- */

static void add_tables(struct image *image, const struct wasm_module *m, const struct abi_layout *abi)
{
	struct kwasm_image_table *rows = xcalloc(m->nr_tables + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_tables; i++)
		rows[i] = (struct kwasm_image_table) {
			.reftype = image_valtype(m, m->tables[i].type),
			.is64 = m->tables[i].is64,
			.min = m->tables[i].limits.min,
			.max = image_limit(&m->tables[i].limits),
			.slot = abi->tables[i],
			.imported = m->tables[i].import != WASM_NO_INDEX,
		};
	add_rows(image, tables, rows, m->nr_tables);
	free(rows);
}

static void add_memories(struct image *image, const struct wasm_module *m, const struct abi_layout *abi)
{
	struct kwasm_image_memory *rows = xcalloc(m->nr_memories + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_memories; i++)
		rows[i] = (struct kwasm_image_memory) {
			.min = m->memories[i].limits.min,
			.max = image_limit(&m->memories[i].limits),
			.is64 = m->memories[i].is64,
			.shared = m->memories[i].shared,
			.page_size_log2 = m->memories[i].page_size_log2,
			.slot = abi->memories[i],
			.imported = m->memories[i].import != WASM_NO_INDEX,
		};
	add_rows(image, memories, rows, m->nr_memories);
	free(rows);
}

static void add_globals(struct image *image, const struct wasm_module *m, const struct abi_layout *abi)
{
	struct kwasm_image_global *rows = xcalloc(m->nr_globals + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_globals; i++)
		rows[i] = (struct kwasm_image_global) {
			.type = image_valtype(m, m->globals[i].type),
			.mut = m->globals[i].mut,
			.slot = abi->globals[i],
			.imported = m->globals[i].import != WASM_NO_INDEX,
		};
	add_rows(image, globals, rows, m->nr_globals);
	free(rows);
}

static void add_tags(struct image *image, const struct wasm_module *m)
{
	struct kwasm_image_tag *rows = xcalloc(m->nr_tags + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_tags; i++)
		rows[i] = (struct kwasm_image_tag) {
			.type = m->tags[i].typeidx,
			.imported = m->tags[i].import != WASM_NO_INDEX,
		};
	add_rows(image, tags, rows, m->nr_tags);
	free(rows);
}

static void add_exports(struct image *image, const struct wasm_module *m)
{
	struct kwasm_image_export *rows = xcalloc(m->nr_exports + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_exports; i++)
		rows[i] = (struct kwasm_image_export) {
			.name = add_name(image, &m->exports[i].name),
			.kind = m->exports[i].kind,
			.index = m->exports[i].index,
		};
	add_rows(image, exports, rows, m->nr_exports);
	free(rows);
}

/* ---- segments ---- */

static void add_elems(struct image *image, const struct wasm_module *m)
{
	struct kwasm_image_elem *rows = xcalloc(m->nr_elems + 1, sizeof(*rows));
	u32 i;

	for (i = 0; i < m->nr_elems; i++) {
		const struct wasm_elem *elem = &m->elems[i];

		rows[i].reftype = image_valtype(m, elem->type);
		rows[i].nr = elem->nr_entries;
		rows[i].passive = elem->mode == WASM_SEGMENT_PASSIVE;
		if (elem->funcs && elem->nr_entries)
			rows[i].funcs = append(image, elem->funcs, elem->nr_entries * sizeof(u32), 4);
	}
	add_rows(image, elems, rows, m->nr_elems);
	free(rows);
}

static void add_calls(struct image *image, const struct image_params *params)
{
	struct kwasm_image_calls *rows = xcalloc(params->nr_calls + 1, sizeof(*rows));
	const struct abi_calls *calls;
	u32 i;

	for (i = 0; i < params->nr_calls; i++) {
		calls = &params->calls[i];
		rows[i].type = calls->typeidx;
		rows[i].nr = calls->nr;
		/* all rows of a table have the same list */
		if (i && calls[-1].funcs == calls->funcs)
			rows[i].funcs = rows[i - 1].funcs;
		else
			rows[i].funcs = append(image, calls->funcs, calls->nr * sizeof(u32), 4);
	}
	add_rows(image, calls, rows, params->nr_calls);
	free(rows);
}

static void add_datas(struct image *image, const struct wasm_module *m)
{
	struct kwasm_image_data *rows = xcalloc(m->nr_datas + 1, sizeof(*rows));
	size_t cap = 0;
	u32 i;

	for (i = 0; i < m->nr_datas; i++) {
		const struct wasm_range *bytes = &m->datas[i].bytes;

		rows[i].offset = image->data_size;
		rows[i].size = bytes->size;
		array_reserve(image->data, cap, image->data_size + bytes->size + 1);
		memcpy(image->data + image->data_size, m->bytes + bytes->offset, bytes->size);
		image->data_size += bytes->size;
	}
	add_rows(image, datas, rows, m->nr_datas);
	free(rows);
}

static u32 image_flags(const struct wasm_module *m, const struct abi_layout *abi,
		       const struct image_params *params)
{
	const struct wasm_export *start = wasm_find_export(m, "_start");
	u32 flags = 0;

	if (m->uses_float)
		flags |= KWASM_IMAGE_FPU;
	if (start && start->kind == WASM_EXTERN_FUNC)
		flags |= KWASM_IMAGE_COMMAND;
	if (params->software_bounds)
		flags |= KWASM_IMAGE_BOUNDS_CHECK;
	if (abi->memory0_here)
		flags |= KWASM_IMAGE_MEMORY0;
	if (m->used & WASM_FEATURE_BIT(GC))
		flags |= KWASM_IMAGE_GC;
	return flags;
}

void image_create(struct image *image, const struct wasm_module *m, const struct abi_layout *abi,
		  const struct object *obj, const struct code *code, const struct lines *lines,
		  const struct image_params *params)
{
	struct kwasm_image_string name;
	struct text_index index = { 0 };

	memset(image, 0, sizeof(*image));
	append(image, NULL, sizeof(struct kwasm_image), 8);
	*head(image) = (struct kwasm_image) {
		.magic = KWASM_ABI_MAGIC,
		.abi_version = KWASM_ABI_VERSION,
		.flags = image_flags(m, abi, params),
		.ctx_size = abi->ctx_size,
		.nr_values = abi->nr_values,
		.stack_size = params->stack_size,
		.text_size = obj->sections[code->text].size,
	};
	name = add_string(image, params->name, strlen(params->name));
	head(image)->name = name;

	index_text(&index, m, obj, code);
	head(image)->init_code = index.init + 1;
	head(image)->init_invoke = index.init_invoke;
	add_types(image, m, &index);
	add_imports(image, m, abi);
	add_funcs(image, m, obj, code, lines);
	add_accesses(image, code);
	add_frames(image, code);
	add_refs(image, m, abi, &index);
	add_tables(image, m, abi);
	add_memories(image, m, abi);
	add_globals(image, m, abi);
	add_tags(image, m);
	add_exports(image, m);
	add_elems(image, m);
	add_calls(image, params);
	add_datas(image, m);
	append(image, NULL, 0, 8);
	head(image)->size = image->size;
	free(index.func);
	free(index.invoke);
}

void image_destroy(struct image *image)
{
	free(image->bytes);
	free(image->data);
}

/* ---- symbols ---- */

#define MAX_SYMBOL	200	/* of kallsyms' 511, which C++ and Rust names can exceed */

/* names that the kernel object's own symbols have */
static bool reserved_symbol(const char *name)
{
	return !strncmp(name, "kwasm_", 6) || !strncmp(name, "__", 2) ||
	       !strcmp(name, "init_module") || !strcmp(name, "cleanup_module");
}

void image_name_symbols(struct object *obj, const struct wasm_module *m)
{
	size_t i, k;
	u32 funcidx;

	for (i = 1; i < obj->nr_symbols; i++) {
		const struct wasm_name *name;
		char *s;

		if (sscanf(obj->symbols[i].name, "wasm.%u", &funcidx) != 1)
			continue;
		name = &m->funcs[funcidx].name;
		if (m->funcs[funcidx].import != WASM_NO_INDEX)
			name = &m->imports[m->funcs[funcidx].import].name;
		if (!name->size)
			continue;
		s = xasprintf("%s%.*s", reserved_symbol(name->bytes) ? "wasm." : "", MAX_SYMBOL,
			      name->bytes);
		for (k = 0; s[k]; k++)
			if ((u8)s[k] <= ' ' || (u8)s[k] >= 0x7f)
				s[k] = '_';
		free(obj->symbols[i].name);
		obj->symbols[i].name = s;
	}
}
