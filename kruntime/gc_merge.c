// SPDX-License-Identifier: GPL-2.0
/*
 * Two heaps become one
 *
 * Stores merge when instances are linked. If both have a heap, one moves to the end of
 * the other, and each reference in it, in its instances' globals, tables and segments, and in
 * exceptions, grows by the same number: nobody runs in either then, so all references
 * are where their types say.
 */
#include "gc.h"

#define STEPS	65536u	/* references between two looks at the scheduler */

struct gc_move {
	struct kwasm_store *store;	/* where they come to be */
	u32 bytes;			/* objects move up so much */
	u32 handles;			/* and functions' handles */
};

static void move_any(u32 *ref, const struct gc_move *move)
{
	if (*ref && !(*ref & 1))
		*ref += move->bytes;
}

/* A reference as it lies in an object; with @cell, in a cell of 64 bits */
static void move_ref(void *at, u32 kind, const struct gc_move *move, bool cell)
{
	u64 *extern_ref = at;

	switch (kind) {
	case KWASM_REFS_ANY:
		move_any(at, move);
		break;
	case KWASM_REFS_FUNC:
		if (!cell && *(u32 *)at)
			*(u32 *)at += move->handles;
		break;
	case KWASM_REFS_EXTERN:
		if (*extern_ref & KWASM_EXTERN_INTERNAL)
			move_any(at, move);	/* the lower half */
		break;
	}
}

/* A value of an exception */
void kwasm_heap_move_ref(u64 *cell, u32 kind, const struct gc_move *move)
{
	move_ref(cell, kind, move, true);
}

static void move_cells(u64 *cells, u64 nr, u32 valtype, const struct gc_move *move)
{
	u32 kind = kwasm_ref_kind(valtype);
	u64 i;

	for (i = 0; (kind == KWASM_REFS_ANY || kind == KWASM_REFS_EXTERN) && i < nr; i++) {
		move_ref(&cells[i], kind, move, true);
		if (i % STEPS == STEPS - 1)
			plat_resched(move->store);
	}
}

static void move_object(struct kwasm_objects *heap, const struct gc_object *object,
			const struct gc_move *move)
{
	const struct gc_layout *layout = object->layout;
	u32 i, nr, at = object->offset;

	if (!layout || !layout->nr_refs)
		return;
	if (layout->kind == KWASM_HEAP_KIND_STRUCT) {
		for (i = 0; i < layout->nr_refs; i++)
			move_ref(heap->base + at + layout->refs[i].offset, layout->refs[i].kind, move,
				 false);
		return;
	}
	nr = gc_length(heap, object);
	at += KWASM_OBJECT_ELEMENTS;
	for (i = 0; i < nr; i++) {
		move_ref(heap->base + at + (u64)i * layout->size, layout->refs[0].kind, move, false);
		/* others may run, but it cannot be left half done */
		if (i % STEPS == STEPS - 1)
			plat_resched(move->store);
	}
}

static void move_instance(struct kwasm_instance *instance, const struct gc_move *move)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *elems = kwasm_image_at(image, image->elems);
	u32 i;

	for (i = 0; i < image->globals.nr; i++) {
		if (instance->globals[i].owner == instance)
			move_cells(instance->globals[i].cell, 1, instance->globals[i].type, move);
	}
	for (i = 0; i < image->tables.nr; i++) {
		if (instance->table_own[i].owner)
			move_cells(instance->table_own[i].abi.elems, instance->table_own[i].abi.size,
				   instance->table_own[i].reftype, move);
	}
	for (i = 0; i < image->elems.nr; i++) {
		if (instance->elems[i].refs)
			move_cells(instance->elems[i].refs, elems[i].nr, elems[i].reftype, move);
	}
}

/* Blocks of @from behind those of @to; the bitmaps with them */
static void merge_blocks(struct kwasm_objects *to, struct kwasm_objects *from, u32 first,
			 const struct gc_move *move)
{
	struct gc_object object;
	u32 i, k;

	for (i = 0; i < from->nr_blocks; i++) {
		struct gc_block *b = &to->blocks[first + i];

		memcpy(to->base + ((u64)(first + i) << GC_BLOCK_LOG2),
		       from->base + ((u64)i << GC_BLOCK_LOG2), GC_BLOCK);
		memcpy(gc_bits(to->used, first + i), gc_bits(from->used, i), GC_WORDS * sizeof(u64));
		*b = from->blocks[i];
		b->clean = false;
		b->next = 0;	/* partly used ones wait for the next collection */
		if (b->kind == GC_FIXED)
			b->kind = GC_FREE;
		if (b->kind != GC_FREE)
			to->nr_free--;
		if (i % 64 == 63)
			plat_resched(move->store);
	}
	for (i = first; i < to->nr_blocks; i++) {
		u32 size = to->blocks[i].kind == GC_CELLS ? gc_sizes[to->blocks[i].size] : GC_BLOCK;

		if (to->blocks[i].kind != GC_CELLS && to->blocks[i].kind != GC_LARGE)
			continue;
		for (k = 0; k < GC_BLOCK / size; k++) {
			if (gc_find(to, (i << GC_BLOCK_LOG2) + k * size, &object))
				move_object(to, &object, move);
		}
		if (i % 16 == 15)
			plat_resched(move->store);
	}
}

/**
 * kwasm_heap_merge() - Two stores become one: their heaps, too
 * @to: the store that stays; both are locked
 * @from: the other; its instances and exceptions are still there
 *
 * Return: 0; -ENOMEM, also if both together are larger than 4 GiB; -EINTR. Nothing has
 * changed then.
 */
int kwasm_heap_merge(struct kwasm_store *to, struct kwasm_store *from)
{
	struct kwasm_objects *heap = to->heap, *other = from->heap;
	struct kwasm_instance *instance;
	struct gc_move move;
	u32 first;
	u64 i;
	int err;

	if (!other)
		return 0;
	if (!heap) {
		to->heap = other;
		from->heap = NULL;
		return 0;
	}
	first = heap->nr_blocks;
	if ((u64)first + other->nr_blocks > GC_BLOCKS_MAX)
		return -ENOMEM;
	err = gc_reserve_funcs(heap, heap->funcs.size + other->funcs.size);
	if (!err)
		err = gc_add_blocks(heap, other->nr_blocks);
	if (!err)
		err = gc_reserve_supertypes(heap, gc_nr_ids(other));
	if (!err)
		err = gc_merge_types(heap, other);
	if (err)
		return err;
	gc_write_supertypes(heap);

	move.store = to;
	move.bytes = first << GC_BLOCK_LOG2;
	move.handles = (u32)heap->funcs.size;
	for (i = 0; i < other->funcs.size; i++) {
		struct kwasm_func *func = (void *)(unsigned long)other->funcs.elems[i];

		if (func != &kwasm_null_func)
			func->handle += move.handles;
		heap->funcs.elems[heap->funcs.size++] = other->funcs.elems[i];
	}
	merge_blocks(heap, other, first, &move);
	kwasm_exceptions_move(from, &move);
	list_for_each_entry(instance, &from->instances, store_node) {
		move_instance(instance, &move);
		if (instance->program->image->flags & KWASM_IMAGE_GC)
			gc_set_slots(instance, heap);
	}
	kwasm_heap_destroy(from);
	return 0;
}
