// SPDX-License-Identifier: GPL-2.0
/*
 * Tables and element segments
 *
 * A table is an array of references which generated code reads directly for
 * call_indirect; all else goes through the helpers here. Function references point into
 * the contexts of instances of the same store; when such an instance goes away,
 * kwasm_table_revoke() makes them null.
 */
#include "kwasm.h"

#define CHUNK	65536u		/* elements between two looks at the scheduler */

u64 kwasm_null_ref(u32 reftype)
{
	return kwasm_is_func_ref(reftype) ? (u64)(unsigned long)&kwasm_null_func : 0;
}

/* The reference to a function of the instance; ~0 is null. Its row was checked by kwasm_image_check(). */
static u64 func_ref(struct kwasm_instance *instance, u32 funcidx)
{
	if (funcidx == ~0u)
		return kwasm_null_ref(KWASM_HEAP_FUNC);
	return (u64)(unsigned long)kwasm_instance_func(instance, funcidx);
}

static int table_reserve(struct kwasm_table *table, u64 size)
{
	u64 capacity = min_t(u64, max(size, table->capacity * 2), KWASM_TABLE_MAX);
	u64 *elems;

	if (size <= table->capacity)
		return 0;
	if (!table->capacity)
		capacity = size;	/* most tables never grow */
	elems = plat_zalloc(capacity * sizeof(*elems));
	if (!elems)
		return -ENOMEM;
	if (table->abi.size)
		memcpy(elems, table->abi.elems, table->abi.size * sizeof(*elems));
	plat_free(table->abi.elems);
	table->abi.elems = elems;
	table->capacity = capacity;
	return 0;
}

/* 0; -ENOMEM, also for a minimum over KWASM_TABLE_MAX */
int kwasm_table_create(struct kwasm_instance *instance, struct kwasm_table *table,
		       const struct kwasm_image_table *type)
{
	u64 i, null = kwasm_null_ref(type->reftype);
	int err;

	table->owner = instance;
	table->reftype = kwasm_valtype_canon(instance->program->app->type_ids, type->reftype);
	table->is64 = type->is64;
	table->max = type->max;
	if (type->min > KWASM_TABLE_MAX)
		return -ENOMEM;
	err = table_reserve(table, type->min);
	if (err)
		return err;
	for (i = 0; i < type->min; i++)
		table->abi.elems[i] = null;
	table->abi.size = type->min;
	return 0;
}

void kwasm_table_destroy(struct kwasm_table *table)
{
	plat_free(table->abi.elems);
}

/* Null all references into [start, end): functions of an instance that goes away */
void kwasm_refs_revoke(struct kwasm_store *store, u64 *refs, u64 nr, u64 start, u64 end)
{
	u64 i;

	for (i = 0; i < nr; i++) {
		if (refs[i] >= start && refs[i] < end)
			refs[i] = kwasm_null_ref(KWASM_HEAP_FUNC);
		/* cannot be left undone, but others may run */
		if (i % CHUNK == CHUNK - 1)
			plat_resched(store);
	}
}

static bool table_contains(const struct kwasm_table *table, u64 i, u64 n)
{
	return i <= table->abi.size && n <= table->abi.size - i;
}

static struct kwasm_table *ctx_table(void *ctx, u32 tableidx)
{
	return kwasm_ctx_instance(ctx)->tables[tableidx];
}

static void fill_chunked(void *ctx, u64 *elems, u64 ref, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++) {
		if (i && !(i % CHUNK) && kwasm_chunk_done(ctx))
			return;
		elems[i] = ref;
	}
}

u64 kwasm_table_get(void *ctx, u32 tableidx, u64 i)
{
	struct kwasm_table *table = ctx_table(ctx, tableidx);

	if (i >= table->abi.size) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
		return 0;
	}
	return table->abi.elems[array_index_nospec((unsigned long)i,
						   (unsigned long)table->abi.size)];
}
EXPORT_SYMBOL_GPL(kwasm_table_get);

void kwasm_table_set(void *ctx, u32 tableidx, u64 i, u64 ref)
{
	struct kwasm_table *table = ctx_table(ctx, tableidx);

	if (i >= table->abi.size) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
		return;
	}
	table->abi.elems[array_index_nospec((unsigned long)i,
					    (unsigned long)table->abi.size)] = ref;
}
EXPORT_SYMBOL_GPL(kwasm_table_set);

u64 kwasm_table_size(void *ctx, u32 tableidx)
{
	return ctx_table(ctx, tableidx)->abi.size;
}
EXPORT_SYMBOL_GPL(kwasm_table_size);

/* Former size, or -1 past the maximum or KWASM_TABLE_MAX or without memory */
u64 kwasm_table_grow(void *ctx, u32 tableidx, u64 delta, u64 init)
{
	struct kwasm_table *table = ctx_table(ctx, tableidx);
	u64 old_size = table->abi.size;
	u64 limit = min_t(u64, table->max, KWASM_TABLE_MAX);

	if (delta > limit || old_size > limit - delta)
		return -1ull;
	if (table_reserve(table, old_size + delta))
		return -1ull;
	fill_chunked(ctx, table->abi.elems + old_size, init, delta);
	/* a call killed in between leaves zeros, which are no valid references: not made visible */
	if (!kwasm_ctx_store(ctx)->abi.pending)
		table->abi.size = old_size + delta;
	return old_size;
}
EXPORT_SYMBOL_GPL(kwasm_table_grow);

void kwasm_table_fill(void *ctx, u32 tableidx, u64 i, u64 ref, u64 n)
{
	struct kwasm_table *table = ctx_table(ctx, tableidx);

	if (!table_contains(table, i, n)) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
		return;
	}
	fill_chunked(ctx, table->abi.elems + i, ref, n);
}
EXPORT_SYMBOL_GPL(kwasm_table_fill);

void kwasm_table_copy(void *ctx, u32 dst_tableidx, u32 src_tableidx, u64 dst, u64 src, u64 n)
{
	struct kwasm_table *to = ctx_table(ctx, dst_tableidx);
	struct kwasm_table *from = ctx_table(ctx, src_tableidx);

	if (!table_contains(to, dst, n) || !table_contains(from, src, n)) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
		return;
	}
	kwasm_move(ctx, to->abi.elems + dst, from->abi.elems + src, n * sizeof(u64));
}
EXPORT_SYMBOL_GPL(kwasm_table_copy);

u64 kwasm_elem_ref(struct kwasm_instance *instance, u32 elemidx, u32 i)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *type = kwasm_image_at(image, image->elems);
	const u32 *funcs = (const u32 *)((const u8 *)image + type[elemidx].funcs);
	const u64 *refs = instance->elems[elemidx].refs;

	return refs ? refs[i] : func_ref(instance, funcs[i]);
}

void kwasm_table_init(void *ctx, u32 tableidx, u32 elemidx, u64 dst, u32 src, u32 n)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *type = kwasm_image_at(image, image->elems);
	const struct kwasm_elem *elem = &instance->elems[elemidx];
	struct kwasm_table *table = ctx_table(ctx, tableidx);
	u32 i, size;

	type += elemidx;
	size = elem->dropped ? 0 : type->nr;
	if (!table_contains(table, dst, n) || src > size || n > size - src) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_table, 0);
		return;
	}
	for (i = 0; i < n; i++) {
		if (i && !(i % CHUNK) && kwasm_chunk_done(ctx))
			return;
		table->abi.elems[dst + i] = kwasm_elem_ref(instance, elemidx, src + i);
	}
}
EXPORT_SYMBOL_GPL(kwasm_table_init);

void kwasm_elem_drop(void *ctx, u32 elemidx)
{
	struct kwasm_elem *elem = &kwasm_ctx_instance(ctx)->elems[elemidx];

	elem->dropped = true;
	plat_free(elem->refs);
	elem->refs = NULL;
}
EXPORT_SYMBOL_GPL(kwasm_elem_drop);

/* 0, -ENOMEM: segments whose references the initialisation computes */
int kwasm_elem_create(struct kwasm_elem *elem, const struct kwasm_image_elem *type)
{
	u64 null = kwasm_null_ref(type->reftype);
	u32 i;

	if (type->funcs || !type->nr)
		return 0;
	elem->refs = plat_zalloc((u64)type->nr * sizeof(u64));
	if (!elem->refs)
		return -ENOMEM;
	for (i = 0; i < type->nr; i++)
		elem->refs[i] = null;
	return 0;
}

void kwasm_elem_set(void *ctx, u32 elemidx, u32 i, u64 ref)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *type = kwasm_image_at(image, image->elems);
	struct kwasm_elem *elem = &instance->elems[elemidx];

	if (elem->refs && i < type[elemidx].nr)
		elem->refs[i] = ref;
}
EXPORT_SYMBOL_GPL(kwasm_elem_set);
