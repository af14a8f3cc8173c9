// SPDX-License-Identifier: GPL-2.0
/*
 * Globals and single values
 *
 * A global is a cell in the context of the instance that defines it; importers hold
 * its address. Cells are as long as their type, so a value is read and written by its
 * type and never as a whole union.
 */
#include "kwasm.h"

enum {
	TYPE_I32 = 0x7f,
	TYPE_I64 = 0x7e,
	TYPE_F32 = 0x7d,
	TYPE_F64 = 0x7c,
	TYPE_V128 = 0x7b,
};

/* A defined global before its initialiser has run: zero, or null */
void kwasm_global_init(struct kwasm_instance *instance, u32 globalidx)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_global *type = kwasm_image_at(image, image->globals);
	struct kwasm_global *global = &instance->globals[globalidx];

	type += globalidx;
	global->owner = instance;
	global->type = kwasm_valtype_canon(instance->program->app->type_ids, type->type);
	global->mut = type->mut;
	global->cell = (void *)((u8 *)instance->ctx + type->slot);
	if (kwasm_is_ref(type->type))
		*global->cell = kwasm_null_ref(type->type);
}

/* An anyref: what it is, but not where */
static void any_read(const struct kwasm_store *store, u32 ref, struct kwasm_val *value)
{
	u64 host = 0;

	if (!ref)
		return;
	if (ref & 1) {
		value->type = KWASM_HEAP_I31;
		value->lo = (ref >> 1) + 1ull;
		return;
	}
	value->lo = 1;
	switch (kwasm_heap_kind_of(store, ref, &host)) {
	case KWASM_HEAP_KIND_HOST:
		value->lo = host;
		break;
	case KWASM_HEAP_KIND_ARRAY:
		value->type = KWASM_HEAP_ARRAY;
		break;
	default:
		value->type = KWASM_HEAP_STRUCT;
		break;
	}
}

/* Outside, a reference has the type at the top of its hierarchy; objects say what they are */
static int ref_read(struct kwasm_store *store, u64 ref, u32 type, struct kwasm_val *value)
{
	const struct kwasm_func *func = (const struct kwasm_func *)(unsigned long)ref;

	value->type = kwasm_heap_top(kwasm_valtype_heap(type));
	switch (value->type) {
	case KWASM_HEAP_FUNC:
		value->lo = func == &kwasm_null_func ? 0 : (u64)func->funcidx + 1;
		return 0;
	case KWASM_HEAP_EXTERN:
		value->lo = ref & KWASM_EXTERN_INTERNAL ? KWASM_EXTERN_INTERNAL : ref;
		return 0;
	case KWASM_HEAP_ANY:
		any_read(store, (u32)ref, value);
		return 0;
	default:
		value->lo = ref != 0;
		return 0;
	}
}

/**
 * kwasm_value_read() - Take a value out of a cell, for the world outside
 * @store: the value's, locked
 * @cell: of @type: two words for a v128, one for all else, of which an i32 is the lower half
 * @type: value type
 * @value: set; a function becomes its index plus 1, no kernel address gets out
 *
 * Return: 0, -EINVAL for a type that has no outside form.
 */
int kwasm_value_read(struct kwasm_store *store, const u64 *cell, u32 type, struct kwasm_val *value)
{
	memset(value, 0, sizeof(*value));
	if (kwasm_is_ref(type))
		return ref_read(store, *cell, type, value);
	value->type = type;
	switch (type) {
	case TYPE_I32:
	case TYPE_F32:
		value->lo = (u32)*cell;
		return 0;
	case TYPE_I64:
	case TYPE_F64:
		value->lo = *cell;
		return 0;
	case TYPE_V128:
		value->lo = cell[0];
		value->hi = cell[1];
		return 0;
	}
	return -EINVAL;
}

/* An i31, or a number as a host value: -EINVAL, -ENOMEM, -EINTR */
static int any_write(struct kwasm_store *store, u64 *cell, u32 type, const struct kwasm_val *value)
{
	u32 heap = kwasm_valtype_heap(type), ref;
	int err;

	if (type & KWASM_REF_TYPE)
		return -EINVAL;
	if (value->type == KWASM_HEAP_I31) {
		if ((heap != KWASM_HEAP_ANY && heap != KWASM_HEAP_EQ && heap != KWASM_HEAP_I31) ||
		    value->lo > 1ull << 31)
			return -EINVAL;
		*cell = (u32)(value->lo - 1) << 1 | 1;
		return 0;
	}
	if (value->type != KWASM_HEAP_ANY || heap != KWASM_HEAP_ANY || !store->heap ||
	    value->lo & KWASM_EXTERN_INTERNAL)
		return -EINVAL;
	err = kwasm_heap_box(store, value->lo, &ref);
	if (!err)
		*cell = ref;
	return err;
}

/*
 * Whoever calls may pass numbers as externref and anyref, and else null where that is a value
 * of the type
 */
static int ref_write(struct kwasm_store *store, u64 *cell, u32 type, const struct kwasm_val *value)
{
	u32 top = kwasm_heap_top(kwasm_valtype_heap(type));

	if (kwasm_heap_top(value->type) != top)
		return -EINVAL;
	if (!value->lo) {
		if (!kwasm_is_nullable(type))
			return -EINVAL;
		*cell = kwasm_null_ref(type);
		return 0;
	}
	if (top == KWASM_HEAP_ANY)
		return any_write(store, cell, type, value);
	if (top != KWASM_HEAP_EXTERN || kwasm_valtype_heap(type) != top ||
	    value->lo & KWASM_EXTERN_INTERNAL)
		return -EINVAL;
	*cell = value->lo;
	return 0;
}

/**
 * kwasm_value_write() - The way in
 * @store: locked; nobody is inside
 * @cell: as for kwasm_value_read()
 * @type: value type
 * @value: of that type
 *
 * Return: 0; -EINVAL for a value of another type, and for functions and objects but null; -ENOMEM
 * and -EINTR for a host value as anyref.
 */
int kwasm_value_write(struct kwasm_store *store, u64 *cell, u32 type, const struct kwasm_val *value)
{
	if (kwasm_is_ref(type))
		return kwasm_is_ref(value->type) ? ref_write(store, cell, type, value) : -EINVAL;
	if (value->type != type)
		return -EINVAL;
	switch (type) {
	case TYPE_I32:
	case TYPE_F32:
		*cell = (u32)value->lo;
		return 0;
	case TYPE_I64:
	case TYPE_F64:
		*cell = value->lo;
		return 0;
	case TYPE_V128:
		cell[0] = value->lo;
		cell[1] = value->hi;
		return 0;
	}
	return -EINVAL;
}

/**
 * kwasm_global_get() - Value of an exported global
 * @instance: the caller holds a reference
 * @name: export
 * @name_len: bytes
 * @value: set
 *
 * Return: 0, -ENOENT, -EINTR, -EINVAL as kwasm_value_read().
 */
int kwasm_global_get(struct kwasm_instance *instance, const char *name, u32 name_len,
		     struct kwasm_val *value)
{
	struct kwasm_store *store;
	struct kwasm_extern ext;
	int err;

	err = kwasm_store_lock(instance, &store);
	if (err)
		return err;
	err = kwasm_instance_export(instance, name, name_len, &ext);
	if (!err && ext.kind != KWASM_EXTERN_GLOBAL)
		err = -ENOENT;
	if (!err)
		err = kwasm_value_read(store, ext.global->cell, ext.global->type, value);
	kwasm_store_unlock(store);
	return err;
}
