// SPDX-License-Identifier: GPL-2.0
/*
 * What generated code has done for it: new objects, whole ranges of arrays, rare casts
 *
 * "Execution, Instructions, Aggregate". References come from guest code, so they are looked up:
 * what is no array of the right kind does nothing worse than a trap. Type and segment
 * indices have been checked by the checker, null by generated code.
 */
#include "gc.h"

#define STEPS	(16u << 10)	/* elements between two looks at the scheduler */

static struct kwasm_objects *ctx_heap(void *ctx)
{
	return kwasm_ctx_store(ctx)->heap;
}

static const struct gc_layout *ctx_layout(void *ctx, u32 typeidx, u32 kind)
{
	u32 id = kwasm_ctx_instance(ctx)->program->app->type_ids[typeidx];
	const struct gc_layout *layout = ctx_heap(ctx)->layouts[id];

	return layout->kind == kind ? layout : NULL;
}

static void raise_error(void *ctx, int err)
{
	kwasm_raise(ctx, err == -EINTR ? KWASM_TRAP_killed : KWASM_TRAP_out_of_memory, 0);
}

static u32 new_object(void *ctx, const struct gc_layout *layout, u64 size)
{
	u32 ref;
	int err = gc_alloc(kwasm_ctx_store(ctx), size, &ref);

	if (err) {
		raise_error(ctx, err);
		return 0;
	}
	*gc_u32(ctx_heap(ctx), ref) = layout->id;
	return ref;
}

static u32 new_array(void *ctx, const struct gc_layout *layout, u32 n)
{
	u32 ref = new_object(ctx, layout, KWASM_OBJECT_ELEMENTS + (u64)n * layout->size);

	if (ref)
		*gc_u32(ctx_heap(ctx), ref + KWASM_OBJECT_LENGTH) = n;
	return ref;
}

/* Wrong types: only if code is not what the validator has seen */
static u32 wrong_type(void *ctx)
{
	kwasm_raise(ctx, KWASM_TRAP_cast_failure, 0);
	return 0;
}

/**
 * kwasm_struct_new() - A struct, all of it zero or null
 * @ctx: of the calling instance
 * @typeidx: its type
 *
 * Context: Host call, may sleep.
 * Return: the reference. Raises out_of_memory, killed.
 */
u32 kwasm_struct_new(void *ctx, u32 typeidx)
{
	const struct gc_layout *layout = ctx_layout(ctx, typeidx, KWASM_HEAP_KIND_STRUCT);

	return layout ? new_object(ctx, layout, layout->size) : wrong_type(ctx);
}
EXPORT_SYMBOL_GPL(kwasm_struct_new);

static bool find_array(void *ctx, u32 ref, struct gc_object *array)
{
	if (gc_find(ctx_heap(ctx), ref, array) && array->layout &&
	    array->layout->kind == KWASM_HEAP_KIND_ARRAY && array->offset == ref)
		return true;
	wrong_type(ctx);
	return false;
}

/* Are there elements [at, at + n)? Else it traps */
static bool in_array(void *ctx, const struct gc_object *array, u32 at, u32 n)
{
	u32 length = gc_length(ctx_heap(ctx), array);

	if (at <= length && n <= length - at)
		return true;
	kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_array, 0);
	return false;
}

static u8 *element(void *ctx, const struct gc_object *array, u32 at)
{
	return ctx_heap(ctx)->base + array->offset + KWASM_OBJECT_ELEMENTS +
	       (u64)at * array->layout->size;
}

static void set_element(u8 *at, u32 size, u64 lo, u64 hi)
{
	switch (size) {
	case 1:
		*at = (u8)lo;
		break;
	case 2:
		*(u16 *)at = (u16)lo;
		break;
	case 4:
		*(u32 *)at = (u32)lo;
		break;
	default:
		*(u64 *)at = lo;
		if (size == 16)
			((u64 *)at)[1] = hi;
		break;
	}
}

static void fill(void *ctx, const struct gc_object *array, u32 at, u32 n, u64 lo, u64 hi)
{
	u32 i, size = array->layout->size;
	u8 *p = element(ctx, array, at);

	for (i = 0; i < n; i++, p += size) {
		set_element(p, size, lo, hi);
		if (i % STEPS == STEPS - 1 && kwasm_chunk_done(ctx))
			return;
	}
}

/**
 * kwasm_array_new() - An array
 * @ctx: of the calling instance
 * @typeidx: its type
 * @n: elements
 * @lo: what each is, as it lies in the array
 * @hi: upper half of that, for vectors
 *
 * Context: Host call, may sleep.
 * Return: the reference. Raises out_of_memory, killed.
 */
u32 kwasm_array_new(void *ctx, u32 typeidx, u32 n, u64 lo, u64 hi)
{
	const struct gc_layout *layout = ctx_layout(ctx, typeidx, KWASM_HEAP_KIND_ARRAY);
	struct gc_object array = { .layout = layout };

	if (!layout)
		return wrong_type(ctx);
	array.offset = new_array(ctx, layout, n);
	if (array.offset && (lo || hi))
		fill(ctx, &array, 0, n, lo, hi);
	return array.offset;
}
EXPORT_SYMBOL_GPL(kwasm_array_new);

void kwasm_array_fill(void *ctx, u32 array_ref, u32 at, u32 n, u64 lo, u64 hi)
{
	struct gc_object array;

	if (find_array(ctx, array_ref, &array) && in_array(ctx, &array, at, n))
		fill(ctx, &array, at, n, lo, hi);
}
EXPORT_SYMBOL_GPL(kwasm_array_fill);

void kwasm_array_copy(void *ctx, u32 dst_array, u32 dst, u32 src_array, u32 src, u32 n)
{
	struct gc_object to, from;

	if (!find_array(ctx, dst_array, &to) || !find_array(ctx, src_array, &from) ||
	    !in_array(ctx, &to, dst, n) || !in_array(ctx, &from, src, n))
		return;
	if (to.layout->size != from.layout->size) {
		wrong_type(ctx);
		return;
	}
	kwasm_move(ctx, element(ctx, &to, dst), element(ctx, &from, src), (u64)n * to.layout->size);
}
EXPORT_SYMBOL_GPL(kwasm_array_copy);

/* [src, src + bytes) of a data segment; NULL: it traps */
static const u8 *data_bytes(void *ctx, u32 dataidx, u32 src, u64 bytes)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_data *data = kwasm_image_at(image, image->datas);
	u64 size;

	data += dataidx;
	size = instance->data_dropped[dataidx] ? 0 : data->size;
	if (src > size || bytes > size - src) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return NULL;
	}
	return instance->program->app->data + data->offset + src;
}

void kwasm_array_init_data(void *ctx, u32 array_ref, u32 at, u32 dataidx, u32 src, u32 n)
{
	struct gc_object array;
	const u8 *bytes;

	if (!find_array(ctx, array_ref, &array) || !in_array(ctx, &array, at, n))
		return;
	bytes = data_bytes(ctx, dataidx, src, (u64)n * array.layout->size);
	if (bytes)
		kwasm_move(ctx, element(ctx, &array, at), bytes, (u64)n * array.layout->size);
}
EXPORT_SYMBOL_GPL(kwasm_array_init_data);

u32 kwasm_array_new_data(void *ctx, u32 typeidx, u32 dataidx, u32 src, u32 n)
{
	const struct gc_layout *layout = ctx_layout(ctx, typeidx, KWASM_HEAP_KIND_ARRAY);
	const u8 *bytes;
	u32 ref;

	if (!layout)
		return wrong_type(ctx);
	bytes = data_bytes(ctx, dataidx, src, (u64)n * layout->size);
	if (!bytes)
		return 0;
	ref = new_array(ctx, layout, n);
	if (ref)
		kwasm_move(ctx, ctx_heap(ctx)->base + ref + KWASM_OBJECT_ELEMENTS, bytes,
			   (u64)n * layout->size);
	return ref;
}
EXPORT_SYMBOL_GPL(kwasm_array_new_data);

/* Are there entries [src, src + n) in the segment? Else it traps */
static bool in_elem(void *ctx, u32 elemidx, u32 src, u32 n)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *type = kwasm_image_at(image, image->elems);
	u32 size = instance->elems[elemidx].dropped ? 0 : type[elemidx].nr;

	if (src <= size && n <= size - src)
		return true;
	kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
	return false;
}

/* Handle of a function; false: no memory */
static bool func_handle(struct kwasm_objects *heap, u64 ref, u32 *handle)
{
	struct kwasm_func *func = (struct kwasm_func *)(unsigned long)ref;

	*handle = 0;
	if (func == &kwasm_null_func)
		return true;
	*handle = func->handle ? func->handle : kwasm_heap_add_func(heap, func);
	return *handle;
}

/* References of a segment as elements of an array */
static void set_from_elem(void *ctx, const struct gc_object *array, u32 at, u32 elemidx, u32 src,
			  u32 n)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	u32 i, handle, kind = array->layout->nr_refs ? array->layout->refs[0].kind : 0;
	u8 *p = element(ctx, array, at);
	u64 ref;

	if (!kind) {
		wrong_type(ctx);
		return;
	}
	for (i = 0; i < n; i++, p += array->layout->size) {
		ref = kwasm_elem_ref(instance, elemidx, src + i);
		if (kind == KWASM_REFS_FUNC) {
			if (!func_handle(ctx_heap(ctx), ref, &handle)) {
				raise_error(ctx, -ENOMEM);
				return;
			}
			ref = handle;
		}
		set_element(p, array->layout->size, ref, 0);
		if (i % STEPS == STEPS - 1 && kwasm_chunk_done(ctx))
			return;
	}
}

/* Does a segment have what is of @layout's elements? The kind is what matters for the runtime */
static bool same_kind(void *ctx, const struct gc_layout *layout, u32 elemidx)
{
	const struct kwasm_image *image = kwasm_ctx_instance(ctx)->program->image;
	const struct kwasm_image_elem *type = kwasm_image_at(image, image->elems);

	if (layout->nr_refs && layout->refs[0].kind == kwasm_ref_kind(type[elemidx].reftype))
		return true;
	wrong_type(ctx);
	return false;
}

void kwasm_array_init_elem(void *ctx, u32 array_ref, u32 at, u32 elemidx, u32 src, u32 n)
{
	struct gc_object array;

	if (find_array(ctx, array_ref, &array) && in_array(ctx, &array, at, n) &&
	    in_elem(ctx, elemidx, src, n) && same_kind(ctx, array.layout, elemidx))
		set_from_elem(ctx, &array, at, elemidx, src, n);
}
EXPORT_SYMBOL_GPL(kwasm_array_init_elem);

u32 kwasm_array_new_elem(void *ctx, u32 typeidx, u32 elemidx, u32 src, u32 n)
{
	const struct gc_layout *layout = ctx_layout(ctx, typeidx, KWASM_HEAP_KIND_ARRAY);
	struct gc_object array;
	u32 ref;

	if (!layout)
		return wrong_type(ctx);
	if (!in_elem(ctx, elemidx, src, n) || !same_kind(ctx, layout, elemidx))
		return 0;
	ref = new_array(ctx, layout, n);
	if (ref && gc_find(ctx_heap(ctx), ref, &array))
		set_from_elem(ctx, &array, 0, elemidx, src, n);
	return ref;
}
EXPORT_SYMBOL_GPL(kwasm_array_new_elem);

static bool is_subtype(const struct gc_layout *sub, const struct gc_layout *super)
{
	return sub && super && sub->depth >= super->depth &&
	       sub->supers[super->depth] == super->id;
}

static const struct gc_layout *layout_of(const struct kwasm_objects *heap, u32 id)
{
	return id < heap->nr_layouts ? heap->layouts[id] : NULL;
}

/**
 * kwasm_object_is() - ref.test, for types too deep for the rows in the heap
 * @ctx: of the calling instance
 * @object: a reference, neither null nor an i31
 * @typeidx: the type
 *
 * Context: Host call.
 * Return: 1 if the object is of that type or a subtype of it.
 */
u32 kwasm_object_is(void *ctx, u32 object, u32 typeidx)
{
	const u32 *ids = kwasm_ctx_instance(ctx)->program->app->type_ids;
	struct kwasm_objects *heap = ctx_heap(ctx);
	struct gc_object found;

	return gc_find(heap, object, &found) && is_subtype(found.layout, layout_of(heap, ids[typeidx]));
}
EXPORT_SYMBOL_GPL(kwasm_object_is);

/**
 * kwasm_func_cast() - ref.cast to a function type, also what call_indirect compares
 * @ctx: of the calling instance
 * @func: any function reference
 * @typeidx: the type
 *
 * Context: Host call.
 * Return: @func if it is of that type or a subtype of it; else null.
 */
u64 kwasm_func_cast(void *ctx, u64 func, u32 typeidx)
{
	const struct kwasm_func *f = (const struct kwasm_func *)(unsigned long)func;
	const u32 *ids = kwasm_ctx_instance(ctx)->program->app->type_ids;
	struct kwasm_objects *heap = ctx_heap(ctx);

	if (f->type == ids[typeidx] ||
	    is_subtype(layout_of(heap, f->type), layout_of(heap, ids[typeidx])))
		return func;
	return kwasm_null_ref(KWASM_HEAP_FUNC);
}
EXPORT_SYMBOL_GPL(kwasm_func_cast);

/* What stands for a function in objects; its own memory remembers it. Raises out_of_memory. */
u32 kwasm_func_handle(void *ctx, u64 func)
{
	u32 handle;

	if (!func_handle(ctx_heap(ctx), func, &handle))
		raise_error(ctx, -ENOMEM);
	return handle;
}
EXPORT_SYMBOL_GPL(kwasm_func_handle);

/* any.convert_extern of a number from outside */
u32 kwasm_extern_box(void *ctx, u64 value)
{
	u32 ref;
	int err = kwasm_heap_box(kwasm_ctx_store(ctx), value, &ref);

	if (!err)
		return ref;
	raise_error(ctx, err);
	return 0;
}
EXPORT_SYMBOL_GPL(kwasm_extern_box);
