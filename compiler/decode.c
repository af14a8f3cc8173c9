// SPDX-License-Identifier: GPL-2.0
/*
 * decode.c - the binary format: bytes to struct wasm_module
 *
 * The specification's "Binary Format, Modules", a function for each section;
 * begin reading at wasm_decode(). What a section says is stored, what it means
 * is checked by validate.c: an index may be out of range here.
 *
 * The input is anybody's. Three habits keep that harmless: nothing reads behind
 * struct wasm_bytes.end, a vector's length is compared with the bytes left
 * before memory is taken for it (read_count()), and every byte is looked at
 * once, but for constant expressions, which are read here to find their end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "diag.h"
#include "leb128.h"
#include "module.h"

enum section {
	SECTION_CUSTOM,
	SECTION_TYPE,
	SECTION_IMPORT,
	SECTION_FUNCTION,
	SECTION_TABLE,
	SECTION_MEMORY,
	SECTION_GLOBAL,
	SECTION_EXPORT,
	SECTION_START,
	SECTION_ELEMENT,
	SECTION_CODE,
	SECTION_DATA,
	SECTION_DATA_COUNT,
	SECTION_TAG,
	NR_SECTIONS,
};

/*
 * The order of sections, which is not that of their numbers
 */
static const u8 section_order[NR_SECTIONS] = {
	[SECTION_TYPE] = 1,
	[SECTION_IMPORT] = 2,
	[SECTION_FUNCTION] = 3,
	[SECTION_TABLE] = 4,
	[SECTION_MEMORY] = 5,
	[SECTION_TAG] = 6,
	[SECTION_GLOBAL] = 7,
	[SECTION_EXPORT] = 8,
	[SECTION_START] = 9,
	[SECTION_ELEMENT] = 10,
	[SECTION_DATA_COUNT] = 11,
	[SECTION_CODE] = 12,
	[SECTION_DATA] = 13,
};

/**
 * struct decoder - state while decoding
 * @m: what is filled in
 * @in: where in the file
 * @reader: for constant expressions
 * @nr_codes: entries of the code section
 */
struct decoder {
	struct wasm_module *m;
	struct wasm_bytes in;
	struct wasm_code_reader reader;
	size_t types_cap;
	size_t imports_cap;
	size_t funcs_cap;
	size_t tables_cap;
	size_t memories_cap;
	size_t globals_cap;
	size_t tags_cap;
	size_t customs_cap;
	u32 nr_codes;
};

static int over_limit(struct decoder *d, u32 offset, const char *what, u64 nr, u64 max)
{
	diag_error(d->m, offset, "implementation limit: %llu %s, at most %llu", nr, what, max);
	return -EINVAL;
}

/* the number of entries of a section, of which the module already has @have */
static int read_entries(struct decoder *d, const char *what, u32 have, u32 max, u32 *nr)
{
	u32 offset = bytes_offset(&d->in);

	if (read_count(&d->in, nr))
		return -EINVAL;
	if (have > max || *nr > max - have)
		return over_limit(d, offset, what, (u64)have + *nr, max);
	return 0;
}

static int read_name(struct decoder *d, struct wasm_name *name)
{
	u32 offset = bytes_offset(&d->in);
	u32 size;

	if (read_size(&d->in, &size))
		return -EINVAL;
	if (!utf8_valid(d->in.pos, size)) {
		diag_error(d->m, offset, "malformed UTF-8 encoding");
		return -EINVAL;
	}
	name->bytes = arena_strndup(&d->m->arena, d->in.pos, size);
	name->size = size;
	d->in.pos += size;
	return 0;
}

/* find the end of a constant expression */
static int read_expr(struct decoder *d, struct wasm_range *range)
{
	struct wasm_instr in;
	u32 depth = 0;

	range->offset = bytes_offset(&d->in);
	range->size = bytes_left(&d->in);
	wasm_code_reader_start(&d->reader, d->m, range);
	for (;;) {
		if (wasm_read_instr(&d->reader, &in))
			return -EINVAL;
		if (in.info->imm == WASM_IMM_BLOCK || in.info->imm == WASM_IMM_TRY_TABLE)
			depth++;
		else if (in.op == WASM_OP_END && !depth--)
			break;
	}
	d->in.pos = d->reader.in.pos;
	range->size = bytes_offset(&d->in) - range->offset;
	return 0;
}

/* ---- types ---- */

static int read_resulttype(struct decoder *d, const char *what, u32 max,
			   const wasm_valtype_t **types, u32 *nr)
{
	u32 offset = bytes_offset(&d->in), i;
	wasm_valtype_t *t;

	if (read_count(&d->in, nr))
		return -EINVAL;
	if (*nr > max)
		return over_limit(d, offset, what, *nr, max);
	t = arena_calloc(&d->m->arena, *nr, sizeof(*t));
	for (i = 0; i < *nr; i++) {
		if (read_valtype(&d->in, &t[i]))
			return -EINVAL;
	}
	*types = t;
	return 0;
}

static int read_functype(struct decoder *d, struct wasm_type *type)
{
	u32 offset = bytes_offset(&d->in);
	struct wasm_functype *func = &type->func;

	if (read_resulttype(d, "parameters", WASM_MAX_PARAMS, &func->params, &func->nr_params) ||
	    read_resulttype(d, "results", WASM_MAX_RESULTS, &func->results, &func->nr_results))
		return -EINVAL;
	type->kind = WASM_COMPTYPE_FUNC;
	if (func->nr_results > 1)
		return use_feature(&d->in, offset, WASM_FEATURE_MULTI_VALUE,
				   "a function type with several results");
	return 0;
}

static int read_mut(struct decoder *d, bool *mut)
{
	u32 offset = bytes_offset(&d->in);
	u8 byte;

	if (read_byte(&d->in, &byte))
		return -EINVAL;
	if (byte > 1) {
		diag_error(d->m, offset, "malformed mutability 0x%02x", byte);
		return -EINVAL;
	}
	*mut = byte;
	return 0;
}

static int read_fieldtype(struct decoder *d, struct wasm_fieldtype *field)
{
	if (d->in.pos != d->in.end && (*d->in.pos == WASM_I8 || *d->in.pos == WASM_I16))
		field->type = *d->in.pos++;
	else if (read_valtype(&d->in, &field->type))
		return -EINVAL;
	return read_mut(d, &field->mut);
}

static int read_structtype(struct decoder *d, struct wasm_type *type)
{
	u32 offset = bytes_offset(&d->in), i;
	struct wasm_fieldtype *fields;

	if (read_count(&d->in, &type->nr_fields))
		return -EINVAL;
	if (type->nr_fields > WASM_MAX_STRUCT_FIELDS)
		return over_limit(d, offset, "fields", type->nr_fields, WASM_MAX_STRUCT_FIELDS);
	fields = arena_calloc(&d->m->arena, type->nr_fields, sizeof(*fields));
	for (i = 0; i < type->nr_fields; i++) {
		if (read_fieldtype(d, &fields[i]))
			return -EINVAL;
	}
	type->kind = WASM_COMPTYPE_STRUCT;
	type->fields = fields;
	return 0;
}

static int read_arraytype(struct decoder *d, struct wasm_type *type)
{
	struct wasm_fieldtype *field;

	field = arena_alloc(&d->m->arena, sizeof(*field));
	if (read_fieldtype(d, field))
		return -EINVAL;
	type->kind = WASM_COMPTYPE_ARRAY;
	type->fields = field;
	type->nr_fields = 1;
	return 0;
}

/* a subtype with its first byte already read */
static int read_subtype(struct decoder *d, struct wasm_type *type, u8 form)
{
	u32 offset = bytes_offset(&d->in) - 1, nr;

	type->offset = offset;
	type->final = form != 0x50;
	type->super = WASM_NO_INDEX;
	if (form == 0x50 || form == 0x4f) {
		if (use_feature(&d->in, offset, WASM_FEATURE_GC, "a subtype") ||
		    read_count(&d->in, &nr))
			return -EINVAL;
		if (nr > 1) {
			diag_error(d->m, offset, "sub type with %u super types, at most one", nr);
			return -EINVAL;
		}
		if ((nr && read_u32(&d->in, &type->super)) || read_byte(&d->in, &form))
			return -EINVAL;
	}
	switch (form) {
	case 0x60:
		return read_functype(d, type);
	case 0x5f:
		return use_feature(&d->in, offset, WASM_FEATURE_GC, "a struct type") ?:
		       read_structtype(d, type);
	case 0x5e:
		return use_feature(&d->in, offset, WASM_FEATURE_GC, "an array type") ?:
		       read_arraytype(d, type);
	default:
		diag_error(d->m, offset, "malformed definition type 0x%02x", form);
		return -EINVAL;
	}
}

static int read_rectype(struct decoder *d)
{
	u32 offset = bytes_offset(&d->in), i, nr = 1;
	struct wasm_module *m = d->m;
	struct wasm_type *type;
	u8 form;

	if (read_byte(&d->in, &form))
		return -EINVAL;
	if (form == 0x4e) {
		if (use_feature(&d->in, offset, WASM_FEATURE_GC, "a recursive type") ||
		    read_entries(d, "types", m->nr_types, WASM_MAX_TYPES, &nr))
			return -EINVAL;
		/* an empty group is legal, and nothing */
		if (!nr)
			return 0;
		form = 0;
	}
	array_reserve(m->types, d->types_cap, (size_t)m->nr_types + nr);
	type = &m->types[m->nr_types];
	for (i = 0; i < nr; i++, type++) {
		memset(type, 0, sizeof(*type));
		type->rec = m->nr_types;
		type->nr_rec = nr;
		/* one alone has its form read above */
		if (!form || i) {
			if (read_byte(&d->in, &form))
				return -EINVAL;
		}
		if (read_subtype(d, type, form))
			return -EINVAL;
	}
	m->nr_types += nr;
	return 0;
}

static int decode_type_section(struct decoder *d)
{
	u32 i, nr;

	if (read_entries(d, "types", 0, WASM_MAX_TYPES, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (d->m->nr_types == WASM_MAX_TYPES)
			return over_limit(d, bytes_offset(&d->in), "types",
					  WASM_MAX_TYPES + 1ull, WASM_MAX_TYPES);
		if (read_rectype(d))
			return -EINVAL;
	}
	return 0;
}

/* ---- tables, memories, globals, tags: as imported or defined ---- */

#define LIMITS_MAX		0x01
#define LIMITS_SHARED		0x02
#define LIMITS_64		0x04
#define LIMITS_PAGE_SIZE	0x08

static int limits_feature(struct decoder *d, u32 offset, u8 flags, u8 flag,
			  enum wasm_feature feature)
{
	if (!(flags & flag))
		return 0;
	if (!(d->m->features & 1ull << feature)) {
		diag_error(d->m, offset, "malformed limits flags 0x%02x: feature '%s' is not enabled",
			   flags, wasm_feature_name(feature));
		return -EINVAL;
	}
	d->in.used |= 1ull << feature;
	return 0;
}

/* @allowed: the flags that make sense */
static int read_limits(struct decoder *d, struct wasm_limits *limits, u8 allowed, u8 *flags)
{
	u32 offset = bytes_offset(&d->in);

	if (read_byte(&d->in, flags))
		return -EINVAL;
	if (*flags & ~allowed) {
		diag_error(d->m, offset, "malformed limits flags 0x%02x", *flags);
		return -EINVAL;
	}
	/* flags of proposals are malformed without them, in the suite's words as well */
	if (limits_feature(d, offset, *flags, LIMITS_SHARED, WASM_FEATURE_THREADS) ||
	    limits_feature(d, offset, *flags, LIMITS_PAGE_SIZE, WASM_FEATURE_CUSTOM_PAGE_SIZES))
		return -EINVAL;
	if ((*flags & LIMITS_64) &&
	    use_feature(&d->in, offset, WASM_FEATURE_MEMORY64, "a 64-bit address type"))
		return -EINVAL;
	/* 64 bits for all address types since 3.0, validation has the range */
	limits->has_max = *flags & LIMITS_MAX;
	limits->max = ~0ull;
	return read_u64(&d->in, &limits->min) ?:
	       limits->has_max ? read_u64(&d->in, &limits->max) : 0;
}

static int read_tabletype(struct decoder *d, struct wasm_table *table)
{
	u8 flags;

	if (read_reftype(&d->in, &table->type) ||
	    read_limits(d, &table->limits, LIMITS_MAX | LIMITS_64, &flags))
		return -EINVAL;
	table->is64 = flags & LIMITS_64;
	return 0;
}

static int read_memtype(struct decoder *d, struct wasm_memory *mem)
{
	u32 offset, log2;
	u8 flags;

	if (read_limits(d, &mem->limits,
			LIMITS_MAX | LIMITS_SHARED | LIMITS_64 | LIMITS_PAGE_SIZE, &flags))
		return -EINVAL;
	mem->is64 = flags & LIMITS_64;
	mem->shared = flags & LIMITS_SHARED;
	mem->page_size_log2 = WASM_PAGE_SIZE_LOG2;
	if (flags & LIMITS_PAGE_SIZE) {
		offset = bytes_offset(&d->in);
		if (read_u32(&d->in, &log2))
			return -EINVAL;
		if (log2 > 63) {
			diag_error(d->m, offset, "invalid custom page size: 1 << %u", log2);
			return -EINVAL;
		}
		mem->page_size_log2 = (u8)log2;
	}
	return 0;
}

static int read_globaltype(struct decoder *d, struct wasm_global *global)
{
	return read_valtype(&d->in, &global->type) ?: read_mut(d, &global->mut);
}

static int read_tagtype(struct decoder *d, struct wasm_tag *tag)
{
	u32 offset = bytes_offset(&d->in);
	u8 attribute;

	if (!(d->m->features & WASM_FEATURE_BIT(LEGACY_EXCEPTIONS)) &&
	    use_feature(&d->in, offset, WASM_FEATURE_EXCEPTIONS, "a tag"))
		return -EINVAL;
	if (read_byte(&d->in, &attribute))
		return -EINVAL;
	if (attribute) {
		diag_error(d->m, offset, "malformed tag attribute 0x%02x", attribute);
		return -EINVAL;
	}
	return read_u32(&d->in, &tag->typeidx);
}

static struct wasm_func *add_func(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_func *func;

	array_reserve(m->funcs, d->funcs_cap, (size_t)m->nr_funcs + 1);
	func = &m->funcs[m->nr_funcs++];
	memset(func, 0, sizeof(*func));
	func->name.bytes = "";
	func->import = WASM_NO_INDEX;
	func->offset = bytes_offset(&d->in);
	return func;
}

static struct wasm_table *add_table(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_table *table;

	array_reserve(m->tables, d->tables_cap, (size_t)m->nr_tables + 1);
	table = &m->tables[m->nr_tables++];
	memset(table, 0, sizeof(*table));
	table->import = WASM_NO_INDEX;
	table->offset = bytes_offset(&d->in);
	return table;
}

static struct wasm_memory *add_memory(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_memory *mem;

	array_reserve(m->memories, d->memories_cap, (size_t)m->nr_memories + 1);
	mem = &m->memories[m->nr_memories++];
	memset(mem, 0, sizeof(*mem));
	mem->import = WASM_NO_INDEX;
	mem->offset = bytes_offset(&d->in);
	return mem;
}

static struct wasm_global *add_global(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_global *global;

	array_reserve(m->globals, d->globals_cap, (size_t)m->nr_globals + 1);
	global = &m->globals[m->nr_globals++];
	memset(global, 0, sizeof(*global));
	global->import = WASM_NO_INDEX;
	global->offset = bytes_offset(&d->in);
	return global;
}

static struct wasm_tag *add_tag(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_tag *tag;

	array_reserve(m->tags, d->tags_cap, (size_t)m->nr_tags + 1);
	tag = &m->tags[m->nr_tags++];
	memset(tag, 0, sizeof(*tag));
	tag->import = WASM_NO_INDEX;
	tag->offset = bytes_offset(&d->in);
	return tag;
}

/* ---- sections ---- */

static int read_import(struct decoder *d)
{
	struct wasm_module *m = d->m;
	u32 importidx = m->nr_imports, offset;
	struct wasm_global *global;
	struct wasm_memory *mem;
	struct wasm_table *table;
	struct wasm_import *imp;
	struct wasm_func *func;
	struct wasm_tag *tag;
	u8 kind;

	array_reserve(m->imports, d->imports_cap, (size_t)importidx + 1);
	imp = &m->imports[m->nr_imports++];
	memset(imp, 0, sizeof(*imp));
	imp->offset = bytes_offset(&d->in);
	if (read_name(d, &imp->module) || read_name(d, &imp->name))
		return -EINVAL;
	offset = bytes_offset(&d->in);
	if (read_byte(&d->in, &kind))
		return -EINVAL;
	imp->kind = kind;
	switch (kind) {
	case WASM_EXTERN_FUNC:
		imp->index = m->nr_imported_funcs++;
		func = add_func(d);
		func->offset = imp->offset;
		func->import = importidx;
		return read_u32(&d->in, &func->typeidx);
	case WASM_EXTERN_TABLE:
		imp->index = m->nr_imported_tables++;
		table = add_table(d);
		table->offset = imp->offset;
		table->import = importidx;
		return read_tabletype(d, table);
	case WASM_EXTERN_MEMORY:
		imp->index = m->nr_imported_memories++;
		mem = add_memory(d);
		mem->offset = imp->offset;
		mem->import = importidx;
		return read_memtype(d, mem);
	case WASM_EXTERN_GLOBAL:
		imp->index = m->nr_imported_globals++;
		global = add_global(d);
		global->offset = imp->offset;
		global->import = importidx;
		if (read_globaltype(d, global))
			return -EINVAL;
		if (!global->mut)
			return 0;
		return use_feature(&d->in, offset, WASM_FEATURE_MUTABLE_GLOBALS,
				   "importing a mutable global");
	case WASM_EXTERN_TAG:
		imp->index = m->nr_imported_tags++;
		tag = add_tag(d);
		tag->offset = imp->offset;
		tag->import = importidx;
		return read_tagtype(d, tag);
	default:
		diag_error(m, offset, "malformed import kind 0x%02x", kind);
		return -EINVAL;
	}
}

static int decode_import_section(struct decoder *d)
{
	u32 i, nr;

	if (read_entries(d, "imports", 0, WASM_MAX_IMPORTS, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (read_import(d))
			return -EINVAL;
	}
	if (d->m->nr_tables > WASM_MAX_TABLES)
		return over_limit(d, bytes_offset(&d->in), "tables", d->m->nr_tables,
				  WASM_MAX_TABLES);
	if (d->m->nr_memories > WASM_MAX_MEMORIES)
		return over_limit(d, bytes_offset(&d->in), "memories", d->m->nr_memories,
				  WASM_MAX_MEMORIES);
	return 0;
}

static int decode_function_section(struct decoder *d)
{
	u32 i, nr;

	if (read_entries(d, "functions", d->m->nr_funcs, WASM_MAX_FUNCS, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (read_u32(&d->in, &add_func(d)->typeidx))
			return -EINVAL;
	}
	return 0;
}

static int read_table(struct decoder *d)
{
	struct wasm_table *table = add_table(d);
	u32 offset = bytes_offset(&d->in);
	u8 zero;

	if (d->in.pos == d->in.end || *d->in.pos != 0x40)
		return read_tabletype(d, table);

	/* with an initial value */
	d->in.pos++;
	if (use_feature(&d->in, offset, WASM_FEATURE_FUNCTION_REFERENCES,
			"a table with an initial value"))
		return -EINVAL;
	if (read_byte(&d->in, &zero))
		return -EINVAL;
	if (zero) {
		diag_error(d->m, offset + 1, "zero byte expected, found 0x%02x", zero);
		return -EINVAL;
	}
	return read_tabletype(d, table) ?: read_expr(d, &table->init);
}

static int decode_table_section(struct decoder *d)
{
	u32 i, nr;

	if (read_entries(d, "tables", d->m->nr_tables, WASM_MAX_TABLES, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (read_table(d))
			return -EINVAL;
	}
	return 0;
}

static int decode_memory_section(struct decoder *d)
{
	u32 i, nr;

	if (read_count(&d->in, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (d->m->nr_memories == WASM_MAX_MEMORIES)
			return over_limit(d, bytes_offset(&d->in), "memories",
					  (u64)d->m->nr_imported_memories + nr, WASM_MAX_MEMORIES);
		if (read_memtype(d, add_memory(d)))
			return -EINVAL;
	}
	return 0;
}

static int decode_global_section(struct decoder *d)
{
	struct wasm_global *global;
	u32 i, nr;

	if (read_entries(d, "globals", d->m->nr_globals, WASM_MAX_GLOBALS, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		global = add_global(d);
		if (read_globaltype(d, global) || read_expr(d, &global->init))
			return -EINVAL;
	}
	return 0;
}

static int decode_tag_section(struct decoder *d)
{
	u32 i, nr;

	if (read_entries(d, "tags", d->m->nr_tags, WASM_MAX_TAGS, &nr))
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (read_tagtype(d, add_tag(d)))
			return -EINVAL;
	}
	return 0;
}

static int decode_export_section(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_export *export;
	u32 i, nr, offset;
	u8 kind;

	if (read_entries(d, "exports", 0, WASM_MAX_EXPORTS, &nr))
		return -EINVAL;
	m->exports = xcalloc(nr, sizeof(*m->exports));
	for (i = 0; i < nr; i++) {
		export = &m->exports[m->nr_exports++];
		export->offset = bytes_offset(&d->in);
		if (read_name(d, &export->name))
			return -EINVAL;
		offset = bytes_offset(&d->in);
		if (read_byte(&d->in, &kind))
			return -EINVAL;
		if (kind > WASM_EXTERN_TAG) {
			diag_error(m, offset, "malformed export kind 0x%02x", kind);
			return -EINVAL;
		}
		export->kind = kind;
		if (read_u32(&d->in, &export->index))
			return -EINVAL;
	}
	return 0;
}

static int decode_start_section(struct decoder *d)
{
	d->m->start_offset = bytes_offset(&d->in);
	return read_u32(&d->in, &d->m->start);
}

/* flags of an element segment; ELEM_INDEX of a passive one means declarative */
#define ELEM_PASSIVE	0x01
#define ELEM_INDEX	0x02
#define ELEM_EXPRS	0x04

static int read_elem_funcs(struct decoder *d, struct wasm_elem *elem)
{
	u32 *funcs, i;

	funcs = arena_calloc(&d->m->arena, elem->nr_entries, sizeof(*funcs));
	for (i = 0; i < elem->nr_entries; i++) {
		if (read_u32(&d->in, &funcs[i]))
			return -EINVAL;
	}
	elem->funcs = funcs;
	return 0;
}

static int read_elem_exprs(struct decoder *d, struct wasm_elem *elem)
{
	struct wasm_range *exprs;
	u32 i;

	exprs = arena_calloc(&d->m->arena, elem->nr_entries, sizeof(*exprs));
	for (i = 0; i < elem->nr_entries; i++) {
		if (read_expr(d, &exprs[i]))
			return -EINVAL;
	}
	elem->exprs = exprs;
	return 0;
}

static int read_elem(struct decoder *d, struct wasm_elem *elem)
{
	u32 offset = bytes_offset(&d->in), flags;
	u8 kind;

	elem->offset = offset;
	if (read_u32(&d->in, &flags))
		return -EINVAL;
	if (flags > (ELEM_PASSIVE | ELEM_INDEX | ELEM_EXPRS)) {
		diag_error(d->m, offset, "malformed elements segment kind 0x%x", flags);
		return -EINVAL;
	}
	/* two features brought these, each needs some: either will do */
	if (flags && use_feature(&d->in, offset,
				 d->m->features & WASM_FEATURE_BIT(REFERENCE_TYPES) ?
				 WASM_FEATURE_REFERENCE_TYPES : WASM_FEATURE_BULK_MEMORY,
				 "this kind of element segment"))
		return -EINVAL;
	if (flags & ELEM_PASSIVE) {
		elem->mode = flags & ELEM_INDEX ? WASM_SEGMENT_DECLARATIVE : WASM_SEGMENT_PASSIVE;
	} else {
		elem->mode = WASM_SEGMENT_ACTIVE;
		if (((flags & ELEM_INDEX) && read_u32(&d->in, &elem->tableidx)) ||
		    read_expr(d, &elem->at))
			return -EINVAL;
	}

	elem->type = flags & ELEM_EXPRS ? WASM_FUNCREF : WASM_REF | WASM_HEAP_FUNC;
	if (flags & (ELEM_PASSIVE | ELEM_INDEX)) {
		offset = bytes_offset(&d->in);
		if (flags & ELEM_EXPRS) {
			if (read_reftype(&d->in, &elem->type))
				return -EINVAL;
		} else {
			if (read_byte(&d->in, &kind))
				return -EINVAL;
			if (kind) {
				diag_error(d->m, offset, "malformed element kind 0x%02x", kind);
				return -EINVAL;
			}
		}
	}

	offset = bytes_offset(&d->in);
	if (read_count(&d->in, &elem->nr_entries))
		return -EINVAL;
	if (elem->nr_entries > WASM_MAX_ELEM_ENTRIES)
		return over_limit(d, offset, "elements in a segment", elem->nr_entries,
				  WASM_MAX_ELEM_ENTRIES);
	return flags & ELEM_EXPRS ? read_elem_exprs(d, elem) : read_elem_funcs(d, elem);
}

static int decode_element_section(struct decoder *d)
{
	struct wasm_module *m = d->m;
	u32 i, nr;

	if (read_entries(d, "element segments", 0, WASM_MAX_ELEMS, &nr))
		return -EINVAL;
	m->elems = xcalloc(nr, sizeof(*m->elems));
	for (i = 0; i < nr; i++) {
		if (read_elem(d, &m->elems[m->nr_elems++]))
			return -EINVAL;
	}
	return 0;
}

static int decode_data_count_section(struct decoder *d)
{
	d->m->has_data_count = true;
	return use_feature(&d->in, bytes_offset(&d->in), WASM_FEATURE_BULK_MEMORY,
			   "a data count section") ?:
	       read_u32(&d->in, &d->m->data_count);
}

/* the declarations at the start of a body; equal neighbours become one run */
static int read_locals(struct decoder *d, struct wasm_func *func)
{
	struct wasm_locals *locals, *last = NULL;
	u32 nr_runs, count, offset, i;
	wasm_valtype_t type;
	u64 total = 0;

	if (read_count(&d->in, &nr_runs))
		return -EINVAL;
	locals = arena_calloc(&d->m->arena, nr_runs, sizeof(*locals));
	func->locals = locals;
	for (i = 0; i < nr_runs; i++) {
		offset = bytes_offset(&d->in);
		if (read_u32(&d->in, &count) || read_valtype(&d->in, &type))
			return -EINVAL;
		if (total + count > 0xffffffffu) {
			diag_error(d->m, offset, "too many locals");
			return -EINVAL;
		}
		if (count && last && last->type == type) {
			last->count += count;
		} else if (count) {
			last = &locals[func->nr_locals_runs++];
			last->first = (u32)total;
			last->count = count;
			last->type = type;
		}
		total += count;
	}
	if (total > WASM_MAX_LOCALS)
		return over_limit(d, func->offset, "locals", total, WASM_MAX_LOCALS);
	func->nr_locals = (u32)total;
	return 0;
}

static int read_code(struct decoder *d, struct wasm_func *func)
{
	u32 offset = bytes_offset(&d->in), size;
	const u8 *section_end = d->in.end;

	func->offset = offset;
	if (read_size(&d->in, &size))
		return -EINVAL;
	if (size > WASM_MAX_FUNC_SIZE)
		return over_limit(d, offset, "bytes in a function", size, WASM_MAX_FUNC_SIZE);
	d->in.end = d->in.pos + size;
	if (read_locals(d, func))
		return -EINVAL;
	func->code.offset = bytes_offset(&d->in);
	func->code.size = bytes_left(&d->in);
	d->in.pos = d->in.end;
	d->in.end = section_end;
	return 0;
}

static int decode_code_section(struct decoder *d)
{
	struct wasm_module *m = d->m;
	u32 offset = bytes_offset(&d->in), i;

	m->code_section.offset = offset;
	m->code_section.size = bytes_left(&d->in);
	if (read_count(&d->in, &d->nr_codes))
		return -EINVAL;
	if (d->nr_codes != m->nr_funcs - m->nr_imported_funcs) {
		diag_error(m, offset, "function and code section have inconsistent lengths: %u and %u",
			   m->nr_funcs - m->nr_imported_funcs, d->nr_codes);
		return -EINVAL;
	}
	for (i = m->nr_imported_funcs; i < m->nr_funcs; i++) {
		if (read_code(d, &m->funcs[i]))
			return -EINVAL;
	}
	return 0;
}

static int read_data(struct decoder *d, struct wasm_data *data)
{
	u32 offset = bytes_offset(&d->in), kind;

	data->offset = offset;
	if (read_u32(&d->in, &kind))
		return -EINVAL;
	if (kind > 2) {
		diag_error(d->m, offset, "malformed data segment kind 0x%x", kind);
		return -EINVAL;
	}
	if (kind && use_feature(&d->in, offset, WASM_FEATURE_BULK_MEMORY,
				"this kind of data segment"))
		return -EINVAL;
	data->mode = kind == 1 ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
	if ((kind == 2 && read_u32(&d->in, &data->memidx)) ||
	    (kind != 1 && read_expr(d, &data->at)) ||
	    read_size(&d->in, &data->bytes.size))
		return -EINVAL;
	data->bytes.offset = bytes_offset(&d->in);
	d->in.pos += data->bytes.size;
	return 0;
}

static int decode_data_section(struct decoder *d)
{
	struct wasm_module *m = d->m;
	u32 i, nr;

	if (read_entries(d, "data segments", 0, WASM_MAX_DATAS, &nr))
		return -EINVAL;
	m->datas = xcalloc(nr, sizeof(*m->datas));
	for (i = 0; i < nr; i++) {
		if (read_data(d, &m->datas[m->nr_datas++]))
			return -EINVAL;
	}
	return 0;
}

static int decode_custom_section(struct decoder *d)
{
	struct wasm_module *m = d->m;
	struct wasm_custom *custom;

	array_reserve(m->customs, d->customs_cap, (size_t)m->nr_customs + 1);
	custom = &m->customs[m->nr_customs];
	if (read_name(d, &custom->name))
		return -EINVAL;
	custom->payload.offset = bytes_offset(&d->in);
	custom->payload.size = bytes_left(&d->in);
	d->in.pos = d->in.end;
	m->nr_customs++;
	return 0;
}

typedef int (*section_decoder)(struct decoder *d);

static const section_decoder section_decoders[NR_SECTIONS] = {
	[SECTION_CUSTOM] = decode_custom_section,
	[SECTION_TYPE] = decode_type_section,
	[SECTION_IMPORT] = decode_import_section,
	[SECTION_FUNCTION] = decode_function_section,
	[SECTION_TABLE] = decode_table_section,
	[SECTION_MEMORY] = decode_memory_section,
	[SECTION_GLOBAL] = decode_global_section,
	[SECTION_EXPORT] = decode_export_section,
	[SECTION_START] = decode_start_section,
	[SECTION_ELEMENT] = decode_element_section,
	[SECTION_CODE] = decode_code_section,
	[SECTION_DATA] = decode_data_section,
	[SECTION_DATA_COUNT] = decode_data_count_section,
	[SECTION_TAG] = decode_tag_section,
};

static int decode_section(struct decoder *d, u8 *last_order)
{
	u32 offset = bytes_offset(&d->in), start, size;
	struct wasm_module *m = d->m;
	u8 id;

	if (read_byte(&d->in, &id))
		return -EINVAL;
	if (id >= NR_SECTIONS) {
		diag_error(m, offset, "malformed section id %u", id);
		return -EINVAL;
	}
	if (id != SECTION_CUSTOM) {
		if (section_order[id] <= *last_order) {
			diag_error(m, offset, "unexpected content after last section: section %u is out of order",
				   id);
			return -EINVAL;
		}
		*last_order = section_order[id];
	}
	if (read_size(&d->in, &size))
		return -EINVAL;
	start = bytes_offset(&d->in);
	d->in.end = d->in.pos + size;
	if (section_decoders[id](d))
		return -EINVAL;
	if (d->in.pos != d->in.end) {
		diag_error(m, bytes_offset(&d->in),
			   "section size mismatch: section %u has %u bytes, its contents %u",
			   id, size, bytes_offset(&d->in) - start);
		return -EINVAL;
	}
	d->in.end = m->bytes + m->size;
	return 0;
}

/* ---- the name section: never a reason to refuse a module ---- */

/* a vector of indices and names; false if it is malformed */
static bool read_function_names(struct wasm_module *m, const u8 *pos, const u8 *end)
{
	u32 i, nr, funcidx, size;

	if (leb128_u32(&pos, end, &nr))
		return false;
	for (i = 0; i < nr; i++) {
		if (leb128_u32(&pos, end, &funcidx) || leb128_u32(&pos, end, &size) ||
		    size > (size_t)(end - pos) || !utf8_valid(pos, size))
			return false;
		if (funcidx < m->nr_funcs && !m->funcs[funcidx].name.size) {
			m->funcs[funcidx].name.bytes = arena_strndup(&m->arena, pos, size);
			m->funcs[funcidx].name.size = size;
		}
		pos += size;
	}
	return true;
}

static bool read_module_name(struct wasm_module *m, const u8 *pos, const u8 *end)
{
	u32 size;

	if (leb128_u32(&pos, end, &size) || size > (size_t)(end - pos) || !utf8_valid(pos, size))
		return false;
	m->name.bytes = arena_strndup(&m->arena, pos, size);
	m->name.size = size;
	return true;
}

#define NAMES_MODULE	0
#define NAMES_FUNCTION	1

static void decode_names(struct wasm_module *m)
{
	const struct wasm_custom *custom = wasm_find_custom(m, "name");
	const u8 *pos, *end;
	bool good = true;
	u32 size;
	u8 id;

	if (!custom)
		return;
	pos = m->bytes + custom->payload.offset;
	end = pos + custom->payload.size;
	while (good && pos != end) {
		id = *pos++;
		good = !leb128_u32(&pos, end, &size) && size <= (size_t)(end - pos);
		if (!good)
			break;
		if (id == NAMES_MODULE)
			good = read_module_name(m, pos, pos + size);
		else if (id == NAMES_FUNCTION)
			good = read_function_names(m, pos, pos + size);
		pos += size;
	}
	if (!good)
		diag_warning(m, custom->payload.offset, "malformed name section: some names are lost");
}

/* ---- the module ---- */

static const u8 magic[4] = { 0x00, 'a', 's', 'm' };
static const u8 version_1[4] = { 0x01, 0x00, 0x00, 0x00 };
static const u8 component_layer[2] = { 0x01, 0x00 };

/* does the input begin like the text format: "(module" or a comment? */
static bool is_text_format(const u8 *bytes, size_t size)
{
	size_t i = 0;

	while (i < size && (bytes[i] == ' ' || bytes[i] == '\t' ||
			    bytes[i] == '\n' || bytes[i] == '\r'))
		i++;
	if (i == size)
		return false;
	return bytes[i] == '(' || (size - i >= 2 && bytes[i] == ';' && bytes[i + 1] == ';');
}

static int decode_header(struct decoder *d)
{
	struct wasm_module *m = d->m;

	if (m->size && is_text_format(m->bytes, m->size)) {
		diag_error(m, 0, "magic header not detected: this looks like the text format, convert it with wat2wasm");
		return -EINVAL;
	}
	if (m->size >= 4 && memcmp(m->bytes, magic, 4)) {
		diag_error(m, 0, "magic header not detected: not a WebAssembly module");
		return -EINVAL;
	}
	if (m->size < 8) {
		diag_error(m, m->size, "unexpected end: a module begins with 8 bytes, these are %u",
			   m->size);
		return -EINVAL;
	}
	if (!memcmp(m->bytes + 6, component_layer, 2)) {
		diag_error(m, 4, "unknown binary version: this is a component, not a core module; build for wasm32-wasip1, or take the core module out with 'wasm-tools component unbundle'");
		return -EINVAL;
	}
	if (memcmp(m->bytes + 4, version_1, 4)) {
		diag_error(m, 4, "unknown binary version %u",
			   m->bytes[4] | m->bytes[5] << 8 | m->bytes[6] << 16 |
			   (u32)m->bytes[7] << 24);
		return -EINVAL;
	}
	d->in.pos += 8;
	return 0;
}

static int decode_module(struct decoder *d)
{
	struct wasm_module *m = d->m;
	u8 last_order = 0;

	if (decode_header(d))
		return -EINVAL;
	while (d->in.pos != d->in.end) {
		if (decode_section(d, &last_order))
			return -EINVAL;
	}
	/* a missing code section has none */
	if (d->nr_codes != m->nr_funcs - m->nr_imported_funcs) {
		diag_error(m, m->size, "function and code section have inconsistent lengths: %u and %u",
			   m->nr_funcs - m->nr_imported_funcs, d->nr_codes);
		return -EINVAL;
	}
	if (m->has_data_count && m->data_count != m->nr_datas) {
		diag_error(m, m->size, "data count and data section have inconsistent lengths: %u and %u",
			   m->data_count, m->nr_datas);
		return -EINVAL;
	}
	decode_names(m);
	return 0;
}

int wasm_decode(struct wasm_module *m, const char *filename,
		const u8 *bytes, size_t size, u64 features)
{
	struct decoder d = { .m = m };
	int err;

	/* a pointer that may be compared even if there is nothing behind it */
	if (!size)
		bytes = (const u8 *)"";
	memset(m, 0, sizeof(*m));
	m->filename = filename;
	m->bytes = bytes;
	m->features = wasm_features_with_foundations(features);
	m->used = WASM_FEATURE_BIT(MVP);
	m->name.bytes = "";
	m->start = WASM_NO_INDEX;
	if (size > WASM_MAX_MODULE_SIZE)
		return over_limit(&d, 0, "bytes in a module", size, WASM_MAX_MODULE_SIZE);
	m->size = (u32)size;

	d.in.m = m;
	d.in.pos = bytes;
	d.in.end = bytes + size;
	err = decode_module(&d);
	m->used |= d.in.used | d.reader.in.used;
	m->uses_float |= d.in.uses_float | d.reader.in.uses_float;
	m->uses_vector |= d.in.uses_vector | d.reader.in.uses_vector;
	wasm_code_reader_destroy(&d.reader);
	return err;
}

void wasm_module_destroy(struct wasm_module *m)
{
	free(m->types);
	free(m->imports);
	free(m->funcs);
	free(m->tables);
	free(m->memories);
	free(m->globals);
	free(m->tags);
	free(m->exports);
	free(m->elems);
	free(m->datas);
	free(m->customs);
	arena_destroy(&m->arena);
	memset(m, 0, sizeof(*m));
}

bool wasm_name_is(const struct wasm_name *name, const char *s)
{
	return name->size == strlen(s) && !memcmp(name->bytes, s, name->size);
}

wasm_valtype_t wasm_local_type(const struct wasm_module *m, const struct wasm_func *func,
			       u32 localidx)
{
	const struct wasm_functype *type = &m->types[func->typeidx].func;
	u32 low = 0, high = func->nr_locals_runs, mid;

	if (localidx < type->nr_params)
		return type->params[localidx];
	localidx -= type->nr_params;
	/* the last run that does not begin behind it */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (func->locals[mid].first <= localidx)
			low = mid;
		else
			high = mid;
	}
	return func->locals[low].type;
}

const struct wasm_export *wasm_find_export(const struct wasm_module *m, const char *name)
{
	u32 i;

	for (i = 0; i < m->nr_exports; i++) {
		if (wasm_name_is(&m->exports[i].name, name))
			return &m->exports[i];
	}
	return NULL;
}

const struct wasm_custom *wasm_find_custom(const struct wasm_module *m, const char *name)
{
	u32 i;

	for (i = 0; i < m->nr_customs; i++) {
		if (wasm_name_is(&m->customs[i].name, name))
			return &m->customs[i];
	}
	return NULL;
}
