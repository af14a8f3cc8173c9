/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module.h - struct wasm_module and the specification's types
 *
 * The vocabulary of the whole compiler. wasm_decode() fills a wasm_module from
 * bytes, wasm_validate() makes it trusted; from then on it is read only, and
 * nobody rechecks an index. Function bodies and constant expressions stay byte
 * ranges: whoever wants their instructions reads them with a wasm_code_reader,
 * which hands out plain data, never bytes.
 *
 * Sections below: values (types.c), features.c, decode.c, instr.c, validate.c.
 * Names are the specification's; chapters are cited by title.
 */
#ifndef _COMPILER_MODULE_H
#define _COMPILER_MODULE_H

#include "../include/types.h"
#include "util.h"

#define WASM_PAGE_SIZE_LOG2	16
#define WASM_PAGE_SIZE		(1u << WASM_PAGE_SIZE_LOG2)

/* "no index": in a field that holds an index only sometimes */
#define WASM_NO_INDEX		0xffffffffu

/*
 * Implementation limits: those of the JS-API ("Implementation-defined Limits"),
 * which every engine on the web shares, so that producers stay within them.
 */
#define WASM_MAX_MODULE_SIZE	(1u << 30)
#define WASM_MAX_TYPES		1000000
#define WASM_MAX_FUNCS		1000000
#define WASM_MAX_IMPORTS	1000000
#define WASM_MAX_EXPORTS	1000000
#define WASM_MAX_GLOBALS	1000000
#define WASM_MAX_TAGS		1000000
#define WASM_MAX_DATAS		100000
#define WASM_MAX_ELEMS		10000000
#define WASM_MAX_ELEM_ENTRIES	10000000
#define WASM_MAX_TABLES		100000
#define WASM_MAX_MEMORIES	100
#define WASM_MAX_FUNC_SIZE	7654321
#define WASM_MAX_LOCALS		50000	/* parameters included */
#define WASM_MAX_PARAMS		1000
#define WASM_MAX_RESULTS	1000
#define WASM_MAX_BR_TABLE	65520
#define WASM_MAX_STRUCT_FIELDS	10000
#define WASM_MAX_ARRAY_FIXED	10000
#define WASM_MAX_SUBTYPE_DEPTH	63
/* these two are ours: a small body must not ask for much memory */
#define WASM_MAX_NESTING	100000	/* blocks in blocks */
#define WASM_MAX_OPERANDS	1000000	/* height of the value stack */

/* ---- values: types.c ---- */

/*
 * A value type (or, in fields, a storage type) in one word; 0 is none of them.
 *
 *	numbers, vectors	the byte of the binary format: 0x7f is i32
 *	references		WASM_REF, perhaps WASM_REF_NULL, and a heap type:
 *				the abstract one's byte (0x70 is func), or
 *				WASM_REF_TYPEIDX and the type index
 *
 * So two types are the same if the words are, except for type indices, which
 * want wasm_valtype_equal(). A heap type alone is the low bits without WASM_REF
 * and WASM_REF_NULL.
 */
typedef u32 wasm_valtype_t;

#define WASM_BOT	0x00u	/* validation only: the type of any value in unreachable code */
#define WASM_I32	0x7fu
#define WASM_I64	0x7eu
#define WASM_F32	0x7du
#define WASM_F64	0x7cu
#define WASM_V128	0x7bu
#define WASM_I8		0x78u	/* fields only */
#define WASM_I16	0x77u	/* fields only */

#define WASM_REF		0x80000000u
#define WASM_REF_NULL		0x40000000u
#define WASM_REF_TYPEIDX	0x20000000u
#define WASM_HEAP_MASK		0x3fffffffu	/* the heap type in a reference type */
#define WASM_TYPEIDX_MASK	0x1fffffffu

/* abstract heap types */
#define WASM_HEAP_EXN		0x69u
#define WASM_HEAP_ARRAY		0x6au
#define WASM_HEAP_STRUCT	0x6bu
#define WASM_HEAP_I31		0x6cu
#define WASM_HEAP_EQ		0x6du
#define WASM_HEAP_ANY		0x6eu
#define WASM_HEAP_EXTERN	0x6fu
#define WASM_HEAP_FUNC		0x70u
#define WASM_HEAP_NONE		0x71u
#define WASM_HEAP_NOEXTERN	0x72u
#define WASM_HEAP_NOFUNC	0x73u
#define WASM_HEAP_NOEXN		0x74u

#define WASM_FUNCREF	(WASM_REF | WASM_REF_NULL | WASM_HEAP_FUNC)
#define WASM_EXTERNREF	(WASM_REF | WASM_REF_NULL | WASM_HEAP_EXTERN)
#define WASM_EXNREF	(WASM_REF | WASM_REF_NULL | WASM_HEAP_EXN)

static inline bool wasm_valtype_is_ref(wasm_valtype_t t)
{
	return t & WASM_REF;
}

static inline bool wasm_valtype_is_nullable(wasm_valtype_t t)
{
	return t & WASM_REF_NULL;
}

static inline bool wasm_valtype_has_typeidx(wasm_valtype_t t)
{
	return t & WASM_REF_TYPEIDX;
}

static inline u32 wasm_valtype_typeidx(wasm_valtype_t t)
{
	return t & WASM_TYPEIDX_MASK;
}

static inline u32 wasm_valtype_heap(wasm_valtype_t t)
{
	return t & WASM_HEAP_MASK;
}

static inline bool wasm_valtype_is_num(wasm_valtype_t t)
{
	return t >= WASM_F64 && t <= WASM_I32;
}

static inline bool wasm_valtype_is_float(wasm_valtype_t t)
{
	return t == WASM_F32 || t == WASM_F64;
}

static inline bool wasm_valtype_is_vec(wasm_valtype_t t)
{
	return t == WASM_V128;
}

/* has a value to begin with: zero or null */
static inline bool wasm_valtype_is_defaultable(wasm_valtype_t t)
{
	return !wasm_valtype_is_ref(t) || wasm_valtype_is_nullable(t);
}

struct wasm_module;
struct wasm_functype;

/* are @a and @b the same type (type indices by structure)? */
bool wasm_valtype_equal(const struct wasm_module *m, wasm_valtype_t a, wasm_valtype_t b);
/* is @sub a subtype of @super? In 2.0: equal */
bool wasm_valtype_matches(const struct wasm_module *m, wasm_valtype_t sub, wasm_valtype_t super);

/* the top of the hierarchy of a reference type: (ref null any), func, extern or exn */
wasm_valtype_t wasm_reftype_top(const struct wasm_module *m, wasm_valtype_t type);

/*
 * The text format's name of a type ("i32", "funcref", "(ref null 3)"). Points
 * to a constant or to one of a few static buffers used in turn: good for the
 * arguments of one message.
 */
const char *wasm_valtype_name(wasm_valtype_t t);
/* "[i32 i64]", shortened if long; the same kind of buffers */
const char *wasm_resulttype_name(const wasm_valtype_t *types, u32 nr);
/* "[i32] -> [i64]" */
const char *wasm_functype_name(const struct wasm_functype *type);

/* ---- features.c ---- */

/* Names are those of the test data; WASM_FEATURE_MVP is Wasm 1.0 */
enum wasm_feature {
	WASM_FEATURE_MVP,
	/* 2.0 */
	WASM_FEATURE_MUTABLE_GLOBALS,
	WASM_FEATURE_SIGN_EXT,
	WASM_FEATURE_SAT_FLOAT_TO_INT,
	WASM_FEATURE_MULTI_VALUE,
	WASM_FEATURE_REFERENCE_TYPES,
	WASM_FEATURE_BULK_MEMORY,
	WASM_FEATURE_SIMD,
	/* 3.0 */
	WASM_FEATURE_EXTENDED_CONST,
	WASM_FEATURE_CONST_GLOBAL_GET,
	WASM_FEATURE_TAIL_CALL,
	WASM_FEATURE_EXCEPTIONS,
	WASM_FEATURE_MULTI_MEMORY,
	WASM_FEATURE_MEMORY64,
	WASM_FEATURE_FUNCTION_REFERENCES,
	WASM_FEATURE_GC,
	WASM_FEATURE_RELAXED_SIMD,
	/* proposals */
	WASM_FEATURE_THREADS,
	WASM_FEATURE_WIDE_ARITHMETIC,
	WASM_FEATURE_CUSTOM_PAGE_SIZES,
	WASM_FEATURE_LEGACY_EXCEPTIONS,
	NR_WASM_FEATURES,
};

#define WASM_FEATURE_BIT(name)	(1ull << WASM_FEATURE_##name)

#define WASM_FEATURES_ALL	((1ull << NR_WASM_FEATURES) - 1)

#define WASM_FEATURES_2_0					\
	(WASM_FEATURE_BIT(MVP) |				\
	 WASM_FEATURE_BIT(MUTABLE_GLOBALS) |			\
	 WASM_FEATURE_BIT(SIGN_EXT) |				\
	 WASM_FEATURE_BIT(SAT_FLOAT_TO_INT) |			\
	 WASM_FEATURE_BIT(MULTI_VALUE) |			\
	 WASM_FEATURE_BIT(REFERENCE_TYPES) |			\
	 WASM_FEATURE_BIT(BULK_MEMORY))

/*
 * What the lowering can translate: the mask of features that may be enabled.
 * The decoder and validator know more; a feature is added here by the commit
 * that lowers it.
 */
#define WASM_FEATURES_LOWERED					\
	(WASM_FEATURES_2_0 |					\
	 WASM_FEATURE_BIT(SIMD) |				\
	 WASM_FEATURE_BIT(RELAXED_SIMD) |			\
	 WASM_FEATURE_BIT(EXTENDED_CONST) |			\
	 WASM_FEATURE_BIT(CONST_GLOBAL_GET) |			\
	 WASM_FEATURE_BIT(MULTI_MEMORY) |			\
	 WASM_FEATURE_BIT(MEMORY64) |				\
	 WASM_FEATURE_BIT(TAIL_CALL) |				\
	 WASM_FEATURE_BIT(EXCEPTIONS) |				\
	 WASM_FEATURE_BIT(LEGACY_EXCEPTIONS) |			\
	 WASM_FEATURE_BIT(FUNCTION_REFERENCES) |		\
	 WASM_FEATURE_BIT(GC) |					\
	 WASM_FEATURE_BIT(THREADS) |				\
	 WASM_FEATURE_BIT(WIDE_ARITHMETIC) |			\
	 WASM_FEATURE_BIT(CUSTOM_PAGE_SIZES))

/* what is enabled unless --features says otherwise */
#define WASM_FEATURES_DEFAULT	WASM_FEATURES_LOWERED

const char *wasm_feature_name(enum wasm_feature feature);

/* the set with what its features are built on: gc takes function-references, for example */
u64 wasm_features_with_foundations(u64 features);

/**
 * wasm_features_parse() - The argument of --features
 * @arg: "+name,-name,..."; "name" means "+name", "all" and "none" are names too
 * @supported: features that may be turned on
 * @features: in: the set to start from; out: the result
 *
 * Return: 0; -EINVAL (diagnosed) if a name is unknown or not in @supported.
 */
int wasm_features_parse(const char *arg, u64 supported, u64 *features);

/* ---- decode.c ---- */

/**
 * struct wasm_range - bytes of the file
 * @offset: from the start of the file, so m->bytes + offset
 * @size: in bytes
 */
struct wasm_range {
	u32 offset;
	u32 size;
};

/**
 * struct wasm_name - a name, well-formed UTF-8
 * @bytes: @size bytes and a NUL behind them; never NULL in a decoded module.
 *	NULs may also be inside
 * @size: in bytes
 */
struct wasm_name {
	const char *bytes;
	u32 size;
};

/**
 * struct wasm_functype - parameters to results
 */
struct wasm_functype {
	const wasm_valtype_t *params;
	const wasm_valtype_t *results;
	u32 nr_params;
	u32 nr_results;
};

/**
 * struct wasm_fieldtype - field of a struct, element of an array
 * @type: a value type, or WASM_I8 or WASM_I16
 * @mut: may be changed
 */
struct wasm_fieldtype {
	wasm_valtype_t type;
	bool mut;
};

enum wasm_comptype {
	WASM_COMPTYPE_FUNC,
	WASM_COMPTYPE_STRUCT,
	WASM_COMPTYPE_ARRAY,
};

/**
 * struct wasm_type - an entry of the type section, after unrolling its groups
 * @kind: which of the members at the end is meant
 * @final: has no subtypes
 * @offset: in the file
 * @super: type index of the declared supertype, or WASM_NO_INDEX
 * @depth: number of supertypes above; set by wasm_validate()
 * @rec: type index of the first type of its recursive group
 * @nr_rec: number of types in that group
 * @canon: the lowest type index of an equal type; set by wasm_validate(). Two
 *	types are the same if their @canon are. Dense ids for call_indirect can
 *	be made from these
 * @func: for WASM_COMPTYPE_FUNC
 * @fields: for WASM_COMPTYPE_STRUCT and _ARRAY, where there is one field
 * @nr_fields: number of @fields
 * @called: some call_indirect is of this type, or an equal one; of @canon; set by wasm_validate()
 */
struct wasm_type {
	enum wasm_comptype kind;
	bool final;
	u32 offset;
	u32 super;
	u32 depth;
	u32 rec;
	u32 nr_rec;
	u32 canon;
	struct wasm_functype func;
	const struct wasm_fieldtype *fields;
	u32 nr_fields;
	bool called;
};

enum wasm_externkind {
	WASM_EXTERN_FUNC,
	WASM_EXTERN_TABLE,
	WASM_EXTERN_MEMORY,
	WASM_EXTERN_GLOBAL,
	WASM_EXTERN_TAG,
};

/**
 * struct wasm_import - an entry of the import section
 * @module: name of the module
 * @name: name of the item in it
 * @kind: what it is
 * @index: in the index space of @kind, where its type is
 * @offset: in the file
 */
struct wasm_import {
	struct wasm_name module;
	struct wasm_name name;
	enum wasm_externkind kind;
	u32 index;
	u32 offset;
};

/**
 * struct wasm_export - an entry of the export section
 */
struct wasm_export {
	struct wasm_name name;
	enum wasm_externkind kind;
	u32 index;
	u32 offset;
};

/**
 * struct wasm_limits - bounds on a size, in wasm pages or table entries
 * @min: initial size
 * @max: U64_MAX if not declared
 * @has_max: @max was declared
 */
struct wasm_limits {
	u64 min;
	u64 max;
	bool has_max;
};

/**
 * struct wasm_locals - a run of equal locals
 * @first: number of locals before it, parameters not counted
 * @count: at least 1
 */
struct wasm_locals {
	u32 first;
	u32 count;
	wasm_valtype_t type;
};

/**
 * struct wasm_func - a function
 * @typeidx: its type; a function type once validated
 * @import: index into imports, or WASM_NO_INDEX; then the members from @code on
 *	hold something
 * @declared: a reference to it may be taken (it occurs outside of bodies in
 *	ref.func, an element segment, or an export), so it may be called indirectly
 * @name: from the name section, else empty; not unique
 * @offset: of its import or its code entry, for messages
 * @code: its instructions, behind the locals, with the final end
 * @locals: runs of locals, without the parameters
 * @nr_locals_runs: number of @locals
 * @nr_locals: number of locals without the parameters
 */
struct wasm_func {
	u32 typeidx;
	u32 import;
	bool declared;
	struct wasm_name name;
	u32 offset;
	struct wasm_range code;
	const struct wasm_locals *locals;
	u32 nr_locals_runs;
	u32 nr_locals;
};

/**
 * struct wasm_table - a table
 * @type: a reference type
 * @limits: in entries
 * @is64: indices are i64
 * @import: index into imports, or WASM_NO_INDEX
 * @init: constant expression of the initial entries; size 0: null
 */
struct wasm_table {
	wasm_valtype_t type;
	struct wasm_limits limits;
	bool is64;
	u32 import;
	struct wasm_range init;
	u32 offset;
};

/**
 * struct wasm_memory - a linear memory
 * @limits: in pages of 1 << @page_size_log2 bytes
 * @is64: addresses are i64
 * @shared: between threads
 * @page_size_log2: WASM_PAGE_SIZE_LOG2, or 0 with custom page sizes
 * @import: index into imports, or WASM_NO_INDEX
 */
struct wasm_memory {
	struct wasm_limits limits;
	bool is64;
	bool shared;
	u8 page_size_log2;
	u32 import;
	u32 offset;
};

/**
 * struct wasm_global - a global
 * @type: of its value
 * @mut: may be changed
 * @import: index into imports, or WASM_NO_INDEX
 * @init: constant expression, unless imported
 */
struct wasm_global {
	wasm_valtype_t type;
	bool mut;
	u32 import;
	struct wasm_range init;
	u32 offset;
};

/**
 * struct wasm_tag - an exception tag
 */
struct wasm_tag {
	u32 typeidx;
	u32 import;
	u32 offset;
};

enum wasm_segment_mode {
	WASM_SEGMENT_ACTIVE,
	WASM_SEGMENT_PASSIVE,
	WASM_SEGMENT_DECLARATIVE,	/* elements only */
};

/**
 * struct wasm_elem - an element segment
 * @mode: active ones are copied at instantiation and then dropped
 * @tableidx: active: the table
 * @at: active: constant expression of the place in the table
 * @type: a reference type; (ref func), which is not null, for function indices
 * @nr_entries: number of entries
 * @funcs: function indices; NULL if the entries are expressions
 * @exprs: constant expressions; NULL if the entries are function indices
 * @offset: in the file
 */
struct wasm_elem {
	enum wasm_segment_mode mode;
	u32 tableidx;
	struct wasm_range at;
	wasm_valtype_t type;
	u32 nr_entries;
	const u32 *funcs;
	const struct wasm_range *exprs;
	u32 offset;
};

/**
 * struct wasm_data - a data segment
 * @mode: active or passive
 * @memidx: active: the memory
 * @at: active: constant expression of the place in the memory
 * @bytes: what is copied
 * @offset: in the file
 */
struct wasm_data {
	enum wasm_segment_mode mode;
	u32 memidx;
	struct wasm_range at;
	struct wasm_range bytes;
	u32 offset;
};

/**
 * struct wasm_custom - a custom section
 * @name: of the section
 * @payload: what follows the name
 */
struct wasm_custom {
	struct wasm_name name;
	struct wasm_range payload;
};

/**
 * struct wasm_module - a module
 * @filename: for messages; the caller's
 * @bytes: the whole file; the caller's, must outlive the module
 * @size: of @bytes
 * @features: features that were enabled when decoding
 * @used: features that the module takes; complete after wasm_validate().
 *	(WASM_FEATURE_CONST_GLOBAL_GET and the like only where really used)
 * @name: of the module, from the name section, else empty
 * @nr_imports: number of @imports, in order; every index space has its imports
 *	first, and then what the module defines
 * @start: function index, or WASM_NO_INDEX; it stands at @start_offset
 * @has_data_count: there is a data count section, of @data_count
 * @uses_float: some type or instruction is about f32, f64 or v128; complete
 *	after wasm_validate()
 * @uses_vector: some type or instruction is about v128
 * @writes_tables: some instruction may change what a table holds
 * @validated: wasm_validate() returned 0
 * @code_section: offset of the code section's contents, to which source maps
 *	and DWARF refer
 */
struct wasm_module {
	const char *filename;
	const u8 *bytes;
	u32 size;
	u64 features;
	u64 used;

	struct wasm_name name;

	struct wasm_type *types;
	struct wasm_import *imports;
	struct wasm_func *funcs;
	struct wasm_table *tables;
	struct wasm_memory *memories;
	struct wasm_global *globals;
	struct wasm_tag *tags;
	struct wasm_export *exports;
	struct wasm_elem *elems;
	struct wasm_data *datas;
	struct wasm_custom *customs;

	u32 nr_types;
	u32 nr_imports;
	u32 nr_funcs, nr_imported_funcs;
	u32 nr_tables, nr_imported_tables;
	u32 nr_memories, nr_imported_memories;
	u32 nr_globals, nr_imported_globals;
	u32 nr_tags, nr_imported_tags;
	u32 nr_exports;
	u32 nr_elems;
	u32 nr_datas;
	u32 nr_customs;

	u32 start;
	u32 start_offset;
	u32 data_count;
	bool has_data_count;

	bool uses_float;
	bool uses_vector;
	bool writes_tables;
	bool validated;

	struct wasm_range code_section;

	struct arena arena;
};

/**
 * wasm_decode() - Binary format to struct wasm_module
 * @m: filled in; needs wasm_module_destroy() whatever the result
 * @filename: for messages; not copied
 * @bytes: the file; not copied
 * @size: of @bytes
 * @features: WASM_FEATURE_BIT()s that may be used
 *
 * Total on any input, in time and memory linear in @size. Function bodies are
 * only delimited here, wasm_validate() reads them.
 *
 * Return: 0; -EINVAL if it is malformed, needs a feature outside of @features
 * or exceeds an implementation limit, after one message.
 */
int wasm_decode(struct wasm_module *m, const char *filename,
		const u8 *bytes, size_t size, u64 features);
void wasm_module_destroy(struct wasm_module *m);

static inline const struct wasm_functype *
wasm_func_type(const struct wasm_module *m, u32 funcidx)
{
	return &m->types[m->funcs[funcidx].typeidx].func;
}

static inline const struct wasm_functype *
wasm_tag_type(const struct wasm_module *m, u32 tagidx)
{
	return &m->types[m->tags[tagidx].typeidx].func;
}

/* the type of a local, parameters first; for a defined function and a valid index */
wasm_valtype_t wasm_local_type(const struct wasm_module *m, const struct wasm_func *func,
			       u32 localidx);

/* the export called @name, or NULL */
const struct wasm_export *wasm_find_export(const struct wasm_module *m, const char *name);
/* the first custom section called @name, or NULL */
const struct wasm_custom *wasm_find_custom(const struct wasm_module *m, const char *name);

bool wasm_name_is(const struct wasm_name *name, const char *s);

/* "function", "table", "memory", "global", "tag" */
const char *wasm_externkind_name(enum wasm_externkind kind);

/* ---- instr.c ---- */

/* immediates of an instruction; how each is encoded is in wasm_read_instr() */
enum wasm_imm {
	WASM_IMM_NONE,
	WASM_IMM_BLOCK,		/* block */
	WASM_IMM_TRY_TABLE,	/* block, catches, nr_catches */
	WASM_IMM_LABEL,		/* labelidx */
	WASM_IMM_LABELS,	/* labels, nr_labels, labelidx: the default */
	WASM_IMM_FUNC,		/* funcidx */
	WASM_IMM_TYPE,		/* typeidx */
	WASM_IMM_TYPE_TABLE,	/* typeidx, tableidx */
	WASM_IMM_TYPE_FIELD,	/* typeidx, fieldidx */
	WASM_IMM_TYPE_COUNT,	/* typeidx, count */
	WASM_IMM_TYPE_DATA,	/* typeidx, dataidx */
	WASM_IMM_TYPE_ELEM,	/* typeidx, elemidx */
	WASM_IMM_TYPE_TYPE,	/* typeidx: destination, src_typeidx */
	WASM_IMM_LOCAL,		/* localidx */
	WASM_IMM_GLOBAL,	/* globalidx */
	WASM_IMM_TABLE,		/* tableidx */
	WASM_IMM_TABLE_TABLE,	/* tableidx: destination, src_tableidx */
	WASM_IMM_ELEM,		/* elemidx */
	WASM_IMM_ELEM_TABLE,	/* elemidx, tableidx */
	WASM_IMM_MEMORY,	/* memidx */
	WASM_IMM_MEMORY_MEMORY,	/* memidx: destination, src_memidx */
	WASM_IMM_DATA,		/* dataidx */
	WASM_IMM_DATA_MEMORY,	/* dataidx, memidx */
	WASM_IMM_MEMARG,	/* memarg, memidx */
	WASM_IMM_MEMARG_LANE,	/* memarg, memidx, lane */
	WASM_IMM_TAG,		/* tagidx */
	WASM_IMM_I32,		/* i32 */
	WASM_IMM_I64,		/* i64 */
	WASM_IMM_F32,		/* f32: the bits */
	WASM_IMM_F64,		/* f64: the bits */
	WASM_IMM_V128,		/* v128 */
	WASM_IMM_SHUFFLE,	/* v128: sixteen lane numbers */
	WASM_IMM_LANE,		/* lane */
	WASM_IMM_SELECT,	/* types, nr_types */
	WASM_IMM_HEAPTYPE,	/* reftype */
	WASM_IMM_BR_ON_CAST,	/* labelidx, src_reftype, reftype */
	WASM_IMM_FENCE,		/* nothing to know */
};

enum wasm_opcode {
#define OP(id, code, text, immediate, signature, align, feature) WASM_OP_##id = code,
#include "opcode.h"
};

/**
 * struct wasm_opcode_info - a row of opcode.h
 */
struct wasm_opcode_info {
	const char *text;
	const char *signature;
	enum wasm_imm imm;
	enum wasm_feature feature;
	u8 align;
};

/* the row of an opcode; NULL if there is none */
const struct wasm_opcode_info *wasm_opcode_info(u32 op);

/**
 * struct wasm_blocktype - the type of a block
 * @typeidx: of a function type, or WASM_NO_INDEX
 * @result: without type index: the only result, or 0 if there is none
 */
struct wasm_blocktype {
	u32 typeidx;
	wasm_valtype_t result;
};

enum wasm_catch_kind {
	WASM_CATCH,
	WASM_CATCH_REF,
	WASM_CATCH_ALL,
	WASM_CATCH_ALL_REF,
};

/**
 * struct wasm_catch - a clause of try_table
 * @tagidx: not for WASM_CATCH_ALL and WASM_CATCH_ALL_REF
 * @labelidx: counted from outside of the try_table
 */
struct wasm_catch {
	enum wasm_catch_kind kind;
	u32 tagidx;
	u32 labelidx;
};

/**
 * struct wasm_memarg - a place in memory relative to a dynamic address
 * @align: log2 of the alignment, a hint
 * @offset: bytes; fits in 32 bits unless the memory is 64-bit
 */
struct wasm_memarg {
	u32 align;
	u64 offset;
};

/**
 * struct wasm_instr - one instruction, its immediates as plain data
 * @offset: of the opcode in the file
 * @op: an enum wasm_opcode
 * @info: its row in the opcode table
 *
 * Which of the other members are set is said by @info->imm, see enum wasm_imm;
 * the rest is stale. Vectors belong to the reader and last until its next
 * instruction.
 */
struct wasm_instr {
	u32 offset;
	u32 op;
	const struct wasm_opcode_info *info;

	u32 labelidx;
	u32 funcidx;
	u32 typeidx, src_typeidx;
	u32 localidx;
	u32 globalidx;
	u32 tableidx, src_tableidx;
	u32 elemidx;
	u32 memidx, src_memidx;
	u32 dataidx;
	u32 tagidx;
	u32 fieldidx;
	u32 count;
	wasm_valtype_t reftype, src_reftype;
	u8 lane;

	struct wasm_blocktype block;
	struct wasm_memarg memarg;

	s32 i32;
	s64 i64;
	u32 f32;
	u64 f64;
	u8 v128[16];

	const u32 *labels;
	u32 nr_labels;
	const wasm_valtype_t *types;
	u32 nr_types;
	const struct wasm_catch *catches;
	u32 nr_catches;
};

/**
 * struct wasm_bytes - a place in the file that is being read
 * @m: the module
 * @pos: next byte
 * @end: behind the last byte
 * @used, @uses_float, @uses_vector: what was met on the way, to be added to @m
 *	by who may change it
 */
struct wasm_bytes {
	const struct wasm_module *m;
	const u8 *pos;
	const u8 *end;
	u64 used;
	bool uses_float;
	bool uses_vector;
};

/**
 * struct wasm_code_reader - reads the instructions of a byte range
 * @in: the range
 * @vec, @catches: growable buffers behind the vectors of struct wasm_instr
 */
struct wasm_code_reader {
	struct wasm_bytes in;
	u32 *vec;
	size_t vec_cap;
	struct wasm_catch *catches;
	size_t catches_cap;
};

/* all zero, then start: one reader can serve many ranges; destroy frees its buffers */
void wasm_code_reader_start(struct wasm_code_reader *r, const struct wasm_module *m,
			    const struct wasm_range *range);
void wasm_code_reader_destroy(struct wasm_code_reader *r);

static inline bool wasm_code_reader_done(const struct wasm_code_reader *r)
{
	return r->in.pos == r->in.end;
}

/**
 * wasm_read_instr() - Decode the next instruction
 * @r: the reader
 * @in: filled in
 *
 * Checks the form only, indices are validation's business. The feature of the
 * instruction is checked, those of its immediates too.
 *
 * Return: 0, always so in a validated module while !wasm_code_reader_done();
 * -EINVAL (diagnosed) if the bytes are not an instruction.
 */
int wasm_read_instr(struct wasm_code_reader *r, struct wasm_instr *in);

/*
 * The function type of a block. An inline result is stored behind *@result_buf
 * and pointed to, so that must live as long as the result is used.
 */
struct wasm_functype wasm_blocktype_expand(const struct wasm_module *m,
					   const struct wasm_blocktype *block,
					   wasm_valtype_t *result_buf);

/* ---- validate.c ---- */

/**
 * wasm_validate() - The specification's validation
 * @m: decoded; gets @used, @uses_float, @uses_vector completed and is trusted
 *	from here on
 *
 * Return: 0; -EINVAL after one message.
 */
int wasm_validate(struct wasm_module *m);

#endif /* _COMPILER_MODULE_H */
