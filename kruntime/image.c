// SPDX-License-Identifier: GPL-2.0
/*
 * The door for images: everything the runtime will ever index with is checked here, once
 *
 * An image comes with a .ko that root has loaded, so this is no security
 * boundary: it finds broken and mismatched files before they do harm, and lets the rest
 * of the runtime use indices and offsets without looking.
 */
#include "kwasm.h"

/* Bounds what is allocated per function index; no wasm engine takes modules with more */
#define FUNCS_MAX	(16u << 20)
#define FIELDS_MAX	10000u

/* What is looked at, and the name for messages, which must be good before it is printed */
struct check {
	const struct kwasm_app *app;
	const struct kwasm_image *image;
	const char *name;
	u32 nr_funcs;
	u32 nr_func_imports;
};

static int refuse(const struct check *c, const char *what, u64 index)
{
	kwasm_err("%s: bad image: %s (index %llu)\n", c->name, what, index);
	return -ENOEXEC;
}

static bool array_ok(const struct kwasm_image *image, struct kwasm_image_array array, size_t size)
{
	return !array.nr || (!(array.offset % 8) && array.offset <= image->size &&
			     array.nr <= (image->size - array.offset) / size);
}

static bool string_ok(const struct kwasm_image *image, struct kwasm_image_string string)
{
	if (!string.len)
		return true;
	return string.offset < image->size && string.len < image->size - string.offset &&
	       !kwasm_image_str(image, string)[string.len];
}

/* Does the context have room for an object of @size at C + @slot, below the fixed part? */
static bool slot_ok(const struct kwasm_image *image, s32 slot, u32 size)
{
	return slot < 0 && !(slot % 8) && (s64)slot >= -(s64)image->ctx_size &&
	       (s64)slot + size <= -KWASM_CTX_FIXED;
}

/* A value type; references to types below @nr_types only, and of the kind those have */
static bool valtype_ok(const struct check *c, u32 v, u32 nr_types, bool field)
{
	const struct kwasm_image_type *types = kwasm_image_at(c->image, c->image->types);
	u32 index = v & KWASM_REF_INDEX;

	if (field) {
		v &= ~KWASM_FIELD_MUT;
		if (v == 0x77 || v == 0x78)
			return true;
	}
	if (!(v & KWASM_REF))
		return (v >= 0x7b && v <= 0x7f) || kwasm_is_ref(v);
	if (!(v & KWASM_REF_TYPE))
		return (v & ~KWASM_REF) >= KWASM_HEAP_EXN && (v & ~KWASM_REF) <= KWASM_HEAP_NOEXN;
	return !(v & KWASM_FIELD_MUT) && index < nr_types &&
	       types[index].kind == (v & KWASM_REF_KIND) / KWASM_REF_KIND_STRUCT;
}

/* Recursive groups follow each other; supertypes come before and are of the same kind */
static bool group_ok(const struct kwasm_image_type *types, u32 nr, u32 i)
{
	const struct kwasm_image_type *type = &types[i];

	if (type->kind > KWASM_COMPTYPE_ARRAY || type->final > 1 || type->rec > i ||
	    !type->nr_rec || type->nr_rec > nr - type->rec || i - type->rec >= type->nr_rec)
		return false;
	if (type->rec == i ? i && types[i - 1].rec + types[i - 1].nr_rec != i :
	    types[i - 1].rec != type->rec || types[i - 1].nr_rec != type->nr_rec)
		return false;
	if (i == nr - 1 && type->rec + type->nr_rec != nr)
		return false;
	return type->super == ~0u ||
	       (type->super < i && types[type->super].kind == type->kind);
}

static int check_types(const struct check *c)
{
	const struct kwasm_image_type *types = kwasm_image_at(c->image, c->image->types);
	const u32 *valtypes_at;
	u32 i, k;

	for (i = 0; i < c->image->types.nr; i++) {
		if (!group_ok(types, c->image->types.nr, i))
			return refuse(c, "recursive group", i);
	}
	for (i = 0; i < c->image->types.nr; i++) {
		struct kwasm_image_array valtypes = { types[i].valtypes, 0 };

		if (types[i].nr_results > (types[i].kind ? 0 : KWASM_ARITY_MAX) ||
		    types[i].nr_params > (types[i].kind ? FIELDS_MAX : KWASM_ARITY_MAX))
			return refuse(c, "type with too many values", i);
		valtypes.nr = types[i].nr_params + types[i].nr_results;
		if (valtypes.offset % 4 || valtypes.offset > c->image->size ||
		    valtypes.nr > (c->image->size - valtypes.offset) / sizeof(u32))
			return refuse(c, "type", i);
		valtypes_at = (const u32 *)((const u8 *)c->image + types[i].valtypes);
		for (k = 0; k < valtypes.nr; k++) {
			if (!valtype_ok(c, valtypes_at[k], types[i].rec + types[i].nr_rec,
					types[i].kind))
				return refuse(c, "value type in type", i);
		}
		if (types[i].invoke > c->image->text_size)
			return refuse(c, "invoker", i);
	}
	return 0;
}

/* Is that the type of a function? */
static bool type_ok(const struct check *c, u32 type)
{
	const struct kwasm_image_type *types = kwasm_image_at(c->image, c->image->types);

	return type < c->image->types.nr && types[type].kind == KWASM_COMPTYPE_FUNC;
}

static int check_imports(struct check *c)
{
	const struct kwasm_image_import *imports = kwasm_image_at(c->image, c->image->imports);
	const struct kwasm_image_table *tables = kwasm_image_at(c->image, c->image->tables);
	const struct kwasm_image_memory *memories = kwasm_image_at(c->image, c->image->memories);
	const struct kwasm_image_global *globals = kwasm_image_at(c->image, c->image->globals);
	const struct kwasm_image_tag *tags = kwasm_image_at(c->image, c->image->tags);
	u32 nr[5] = { 0 };
	u32 i, index;
	bool ok;

	for (i = 0; i < c->image->imports.nr; i++) {
		const struct kwasm_image_import *import = &imports[i];

		if (!string_ok(c->image, import->module) || !string_ok(c->image, import->name))
			return refuse(c, "import name", i);
		if (import->kind >= ARRAY_SIZE(nr))
			return refuse(c, "import kind", i);
		index = nr[import->kind]++;
		if (import->index != index)
			return refuse(c, "import index", i);
		switch (import->kind) {
		case KWASM_EXTERN_FUNC:
			ok = type_ok(c, import->type) &&
			     (!import->slot || slot_ok(c->image, import->slot, 8));
			break;
		case KWASM_EXTERN_TABLE:
			ok = index < c->image->tables.nr && tables[index].imported &&
			     slot_ok(c->image, import->slot, 8);
			break;
		case KWASM_EXTERN_MEMORY:
			ok = index < c->image->memories.nr && memories[index].imported &&
			     slot_ok(c->image, import->slot, 8);
			break;
		case KWASM_EXTERN_GLOBAL:
			ok = index < c->image->globals.nr && globals[index].imported &&
			     slot_ok(c->image, import->slot, 8);
			break;
		default:	/* a tag */
			ok = index < c->image->tags.nr && tags[index].imported &&
			     import->type == tags[index].type && !import->slot;
			break;
		}
		if (!ok)
			return refuse(c, "import", i);
	}
	c->nr_func_imports = nr[KWASM_EXTERN_FUNC];

	/* and nothing else claims to be imported */
	for (i = nr[KWASM_EXTERN_TABLE]; i < c->image->tables.nr; i++) {
		if (tables[i].imported)
			return refuse(c, "table", i);
	}
	for (i = nr[KWASM_EXTERN_MEMORY]; i < c->image->memories.nr; i++) {
		if (memories[i].imported)
			return refuse(c, "memory", i);
	}
	for (i = nr[KWASM_EXTERN_GLOBAL]; i < c->image->globals.nr; i++) {
		if (globals[i].imported)
			return refuse(c, "global", i);
	}
	for (i = 0; i < c->image->tags.nr; i++) {
		if (!type_ok(c, tags[i].type) ||
		    (i >= nr[KWASM_EXTERN_TAG] && tags[i].imported))
			return refuse(c, "tag", i);
	}
	return 0;
}

static int check_funcs(struct check *c)
{
	const struct kwasm_image_func *funcs = kwasm_image_at(c->image, c->image->funcs);
	const struct kwasm_image_ref *refs = kwasm_image_at(c->image, c->image->refs);
	u32 i, end = 0;

	/* A function that nobody uses has no row: the highest index says how many there are */
	c->nr_funcs = c->nr_func_imports;
	for (i = 0; i < c->image->funcs.nr; i++) {
		if (funcs[i].funcidx >= FUNCS_MAX)
			return refuse(c, "function index", funcs[i].funcidx);
		if (funcs[i].funcidx >= c->nr_funcs)
			c->nr_funcs = funcs[i].funcidx + 1;
	}
	for (i = 0; i < c->image->funcs.nr; i++) {
		if (funcs[i].text_offset < end || funcs[i].text_offset > c->image->text_size ||
		    funcs[i].text_size > c->image->text_size - funcs[i].text_offset)
			return refuse(c, "function's code", i);
		end = funcs[i].text_offset + funcs[i].text_size;
		if (funcs[i].funcidx < c->nr_func_imports || funcs[i].funcidx >= c->nr_funcs ||
		    !type_ok(c, funcs[i].type) ||
		    (funcs[i].name.len && !string_ok(c->image, funcs[i].name)) ||
		    funcs[i].lines > c->image->lines.nr)
			return refuse(c, "function", i);
	}
	for (i = 0; i < c->image->refs.nr; i++) {
		bool bound = refs[i].code == ~0u;	/* at load time: slot of a pointer */

		if (refs[i].funcidx >= c->nr_funcs || !type_ok(c, refs[i].type) ||
		    (bound && refs[i].funcidx >= c->nr_func_imports) ||
		    (!bound && refs[i].code >= c->image->text_size) ||
		    !slot_ok(c->image, refs[i].slot, bound ? 8 : sizeof(struct kwasm_func)))
			return refuse(c, "function reference", i);
	}
	return 0;
}

static int check_objects(const struct check *c)
{
	const struct kwasm_image_table *tables = kwasm_image_at(c->image, c->image->tables);
	const struct kwasm_image_memory *memories = kwasm_image_at(c->image, c->image->memories);
	const struct kwasm_image_global *globals = kwasm_image_at(c->image, c->image->globals);
	const struct kwasm_image_data *datas = kwasm_image_at(c->image, c->image->datas);
	u32 i;

	for (i = 0; i < c->image->tables.nr; i++) {
		/* 0: generated code never looks at it, the helpers go by index */
		if ((tables[i].slot && !slot_ok(c->image, tables[i].slot, 8)) ||
		    !kwasm_is_ref(tables[i].reftype) ||
		    !valtype_ok(c, tables[i].reftype, c->image->types.nr, false))
			return refuse(c, "table", i);
	}
	for (i = 0; i < c->image->memories.nr; i++) {
		if ((memories[i].slot && !slot_ok(c->image, memories[i].slot, 8)) ||
		    (memories[i].page_size_log2 != 16 && memories[i].page_size_log2))
			return refuse(c, "memory", i);
	}
	if ((c->image->flags & KWASM_IMAGE_MEMORY0) &&
	    (!c->image->memories.nr || memories[0].imported))
		return refuse(c, "memory", 0);
	for (i = 0; i < c->image->globals.nr; i++) {
		u32 size = !globals[i].imported && globals[i].type == 0x7b ? 16 : 8;

		if (!valtype_ok(c, globals[i].type, c->image->types.nr, false) ||
		    !slot_ok(c->image, globals[i].slot, size) || globals[i].slot % (s32)size)
			return refuse(c, "global", i);
	}
	for (i = 0; i < c->image->datas.nr; i++) {
		if (datas[i].size > ~0u || datas[i].offset > ~0u)
			return refuse(c, "data segment", i);
	}
	return 0;
}

/* Needs program->ref_of_func: the rows that name functions must have one */
static int check_uses(const struct check *c, const struct kwasm_program *program)
{
	const struct kwasm_image_export *exports = kwasm_image_at(c->image, c->image->exports);
	const struct kwasm_image_elem *elems = kwasm_image_at(c->image, c->image->elems);
	const u32 *funcs;
	u32 i, k;

	for (i = 0; i < c->image->exports.nr; i++) {
		const struct kwasm_image_export *export = &exports[i];
		bool ok = string_ok(c->image, export->name);

		switch (export->kind) {
		case KWASM_EXTERN_FUNC:
			ok = ok && export->index < c->nr_funcs &&
			     program->ref_of_func[export->index];
			break;
		case KWASM_EXTERN_TABLE:
			ok = ok && export->index < c->image->tables.nr;
			break;
		case KWASM_EXTERN_MEMORY:
			ok = ok && export->index < c->image->memories.nr;
			break;
		case KWASM_EXTERN_GLOBAL:
			ok = ok && export->index < c->image->globals.nr;
			break;
		case KWASM_EXTERN_TAG:
			ok = ok && export->index < c->image->tags.nr;
			break;
		default:
			ok = false;
		}
		if (!ok)
			return refuse(c, "export", i);
	}
	for (i = 0; i < c->image->elems.nr; i++) {
		if (!kwasm_is_ref(elems[i].reftype) ||
		    !valtype_ok(c, elems[i].reftype, c->image->types.nr, false))
			return refuse(c, "element segment", i);
		if (!elems[i].funcs)
			continue;
		if (elems[i].funcs % 4 || elems[i].funcs > c->image->size ||
		    elems[i].nr > (c->image->size - elems[i].funcs) / sizeof(u32))
			return refuse(c, "element segment", i);
		funcs = (const u32 *)((const u8 *)c->image + elems[i].funcs);
		for (k = 0; k < elems[i].nr; k++) {
			if (funcs[k] != ~0u && (funcs[k] >= c->nr_funcs ||
						!program->ref_of_func[funcs[k]]))
				return refuse(c, "element segment", i);
		}
	}
	return 0;
}

/* Needs program->ref_of_func, too */
static int check_calls(const struct check *c, const struct kwasm_program *program)
{
	const struct kwasm_image_calls *calls = kwasm_image_at(c->image, c->image->calls);
	const u32 *funcs;
	u32 i, k;

	for (i = 0; i < c->image->calls.nr; i++) {
		if (!type_ok(c, calls[i].type) || calls[i].funcs % 4 || calls[i].funcs > c->image->size ||
		    calls[i].nr > (c->image->size - calls[i].funcs) / sizeof(u32))
			return refuse(c, "calls", i);
		funcs = (const u32 *)((const u8 *)c->image + calls[i].funcs);
		for (k = 0; k < calls[i].nr; k++) {
			if (funcs[k] != ~0u && (funcs[k] >= c->nr_funcs ||
						!program->ref_of_func[funcs[k]]))
				return refuse(c, "calls", i);
		}
	}
	return 0;
}

/* Per function: its reference row and its type */
static int index_functions(const struct check *c, struct kwasm_program *program)
{
	const struct kwasm_image_import *imports = kwasm_image_at(c->image, c->image->imports);
	const struct kwasm_image_func *funcs = kwasm_image_at(c->image, c->image->funcs);
	const struct kwasm_image_ref *refs = kwasm_image_at(c->image, c->image->refs);
	u32 i;

	program->nr_funcs = c->nr_funcs;
	program->nr_func_imports = c->nr_func_imports;
	if (!c->nr_funcs)
		return 0;
	program->ref_of_func = plat_zalloc((u64)c->nr_funcs * sizeof(u32));
	program->type_of_func = plat_zalloc((u64)c->nr_funcs * sizeof(u32));
	if (!program->ref_of_func || !program->type_of_func)
		return -ENOMEM;
	for (i = 0; i < c->image->imports.nr; i++) {
		if (imports[i].kind == KWASM_EXTERN_FUNC)
			program->type_of_func[imports[i].index] = imports[i].type;
	}
	for (i = 0; i < c->image->funcs.nr; i++)
		program->type_of_func[funcs[i].funcidx] = funcs[i].type;
	for (i = 0; i < c->image->refs.nr; i++)
		program->ref_of_func[refs[i].funcidx] = i + 1;
	return 0;
}

/**
 * kwasm_image_check() - Check an app's image and set up the program's indices
 * @program: app and image are set; functions' indices get filled in
 *
 * Return: 0; -ENOEXEC, with a line in the log; -ENOMEM.
 */
int kwasm_image_check(struct kwasm_program *program)
{
	const struct kwasm_app *app = program->app;
	const struct kwasm_image *image = app->image;
	struct check c = { .app = app, .image = image, .name = "app" };
	int err;

	if (!image || app->magic != KWASM_ABI_MAGIC || image->magic != KWASM_ABI_MAGIC)
		return refuse(&c, "not an app of wasm2ko", 0);
	if (app->abi_version != KWASM_ABI_VERSION || image->abi_version != KWASM_ABI_VERSION) {
		kwasm_err("app was compiled for version %u of the runtime's interface, this is %u\n",
			  image->abi_version, KWASM_ABI_VERSION);
		return -ENOEXEC;
	}
	if (image->size < sizeof(*image) || !string_ok(image, image->name) || !image->name.len ||
	    image->name.len >= KWASM_NAME_MAX)
		return refuse(&c, "name", 0);
	c.name = kwasm_image_str(image, image->name);
	if (image->ctx_size < KWASM_CTX_FIXED || image->ctx_size % 16 ||
	    image->ctx_size > 1u << 30 || image->nr_values > 1u << 20)
		return refuse(&c, "context", image->ctx_size);
	if (!array_ok(image, image->types, sizeof(struct kwasm_image_type)) ||
	    !array_ok(image, image->imports, sizeof(struct kwasm_image_import)) ||
	    !array_ok(image, image->funcs, sizeof(struct kwasm_image_func)) ||
	    !array_ok(image, image->refs, sizeof(struct kwasm_image_ref)) ||
	    !array_ok(image, image->tables, sizeof(struct kwasm_image_table)) ||
	    !array_ok(image, image->memories, sizeof(struct kwasm_image_memory)) ||
	    !array_ok(image, image->globals, sizeof(struct kwasm_image_global)) ||
	    !array_ok(image, image->exports, sizeof(struct kwasm_image_export)) ||
	    !array_ok(image, image->elems, sizeof(struct kwasm_image_elem)) ||
	    !array_ok(image, image->datas, sizeof(struct kwasm_image_data)) ||
	    !array_ok(image, image->tags, sizeof(struct kwasm_image_tag)) ||
	    !array_ok(image, image->calls, sizeof(struct kwasm_image_calls)) ||
	    !array_ok(image, image->lines, 1) ||
	    !array_ok(image, image->accesses, 1) ||
	    !array_ok(image, image->frames, sizeof(struct kwasm_image_frame)))
		return refuse(&c, "array", 0);
	if (image->init_code > image->text_size ||
	    (image->init_code && image->init_invoke >= image->text_size))
		return refuse(&c, "initialisation", image->init_code);
	if ((image->types.nr && !app->type_ids) || (image->text_size && !app->text) ||
	    (image->datas.nr && !app->data) || (app->nr_ex_rows && !app->ex_table) ||
	    (image->calls.nr && !app->calls))
		return refuse(&c, "app", 0);

	err = check_types(&c);
	if (!err)
		err = check_imports(&c);
	if (!err)
		err = check_funcs(&c);
	if (!err)
		err = check_objects(&c);
	if (!err)
		err = index_functions(&c, program);
	if (!err)
		err = check_uses(&c, program);
	if (!err)
		err = check_calls(&c, program);
	return err;
}
