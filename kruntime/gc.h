/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The garbage-collected heap: what its files share
 *
 *	gc.c		the heap of a store: blocks, functions; allocation
 *	gc_types.c	its types: layouts and supertypes
 *	gc_merge.c	two of them become one
 *	gc_collect.c	marking and sweeping
 *	gc_object.c	the helpers that generated code calls
 */
#ifndef KWASM_GC_H
#define KWASM_GC_H

#include "kwasm.h"

#define GC_BLOCK_LOG2	14
#define GC_BLOCK	(1u << GC_BLOCK_LOG2)
#define GC_BLOCKS_MAX	(1u << (32 - GC_BLOCK_LOG2))
#define GC_WORDS	(GC_BLOCK / 8 / 64)	/* of a block's bitmap: a bit for each cell */

/* A reference in an object, or what the elements of an array are */
struct gc_ref {
	u32 offset;
	u32 kind;		/* enum kwasm_ref_kind */
};

/* What the collector has to know of a type; lives as long as the heap */
struct gc_layout {
	u32 kind;		/* enum kwasm_heap_kind */
	u32 id;
	u32 depth;		/* supertypes above */
	u32 size;		/* of a struct; of an array's element */
	u32 nr_refs;
	struct gc_ref *refs;
	u32 supers[];		/* ids from the top down, itself last */
};

enum gc_block_kind {
	GC_FREE,
	GC_FIXED,	/* struct kwasm_heap_abi, or supertypes */
	GC_CELLS,	/* objects of one size */
	GC_LARGE,	/* the first one of a large object */
	GC_REST,	/* the others */
};

struct gc_block {
	u8 kind;
	u8 size;		/* cells: number of the size */
	bool clean;		/* free: nobody has written to it yet */
	u16 at;			/* cells: what lies before is used */
	u32 next;		/* cells: next block with free ones, 0: none */
	u32 nr;			/* large: blocks; rest: how far behind the first */
};

struct kwasm_objects {
	struct plat_region region;
	u8 *base;
	u32 nr_blocks;			/* committed */
	u32 nr_free;
	u32 nr_room;			/* in the arrays */
	u32 hint;			/* no free block before this one */
	u32 threshold;			/* blocks in use before the next collection */
	struct gc_block *blocks;
	u64 *used;			/* [GC_WORDS] each: cells that are not for allocation */
	u64 *marks;			/* likewise: cells that were reached */
	u32 partial[KWASM_HEAP_NR_SIZES];	/* lists of blocks with free cells */
	struct {
		u32 start, end;
	} runs[KWASM_HEAP_NR_SIZES];	/* the windows as they were handed out */
	struct gc_layout **layouts;	/* by type id */
	u32 nr_layouts;
	u32 supertypes;			/* as in struct kwasm_heap_abi */
	u32 nr_rows;			/* there is room for that many */
	struct kwasm_type_group **groups; /* counted */
	u32 nr_groups;
	u32 room_groups;
	struct kwasm_table_abi funcs;	/* by handle */
	u64 room_funcs;
	u64 *func_marks;		/* bits: handles that objects hold */
	u32 *free_funcs;		/* handles of functions that are gone and that nobody holds */
	u32 nr_free_funcs;
	u64 collections;
};

/* An object, as far as it can be believed: all of [offset, offset + bytes) is its own */
struct gc_object {
	u32 offset;
	u32 bytes;
	u32 id;				/* or KWASM_OBJECT_HOST */
	u32 cell;			/* bit in @block's bitmap */
	u32 block;
	const struct gc_layout *layout;	/* NULL for host values */
};

extern const u16 gc_sizes[KWASM_HEAP_NR_SIZES];

static inline u32 *gc_u32(const struct kwasm_objects *heap, u32 offset)
{
	return (u32 *)(heap->base + offset);
}

static inline u64 *gc_u64(const struct kwasm_objects *heap, u32 offset)
{
	return (u64 *)(heap->base + offset);
}

static inline struct kwasm_heap_abi *gc_abi(const struct kwasm_objects *heap)
{
	return (struct kwasm_heap_abi *)heap->base;
}

/* How many elements of an array are there for sure? Its length is in guest memory. */
static inline u32 gc_length(const struct kwasm_objects *heap, const struct gc_object *object)
{
	u32 length = READ_ONCE(*gc_u32(heap, object->offset + KWASM_OBJECT_LENGTH));

	return min(length, (object->bytes - KWASM_OBJECT_ELEMENTS) / object->layout->size);
}

static inline u64 *gc_bits(u64 *bitmap, u32 block)
{
	return &bitmap[(u64)block * GC_WORDS];
}

/* gc.c; -errno */
int gc_grow_array(void **array, u64 size, u64 old, u64 room);
int gc_add_blocks(struct kwasm_objects *heap, u32 nr);
void gc_take_blocks(struct kwasm_objects *heap, u32 first, u32 nr, enum gc_block_kind kind);
int gc_reserve_funcs(struct kwasm_objects *heap, u64 nr);
void gc_set_slots(struct kwasm_instance *instance, struct kwasm_objects *heap);
bool gc_find(const struct kwasm_objects *heap, u32 at, struct gc_object *object);
int gc_alloc(struct kwasm_store *store, u64 size, u32 *ref);
void gc_retire_windows(struct kwasm_objects *heap);
void gc_sweep_funcs(struct kwasm_objects *heap);
u32 gc_limit(struct kwasm_store *store);

/* gc_types.c; -errno */
int gc_add_types(struct kwasm_objects *heap, const struct kwasm_program *program);
int gc_merge_types(struct kwasm_objects *to, struct kwasm_objects *from);
void gc_destroy_types(struct kwasm_objects *heap);
u32 gc_nr_ids(const struct kwasm_objects *heap);
int gc_reserve_supertypes(struct kwasm_objects *heap, u32 nr);
void gc_write_supertypes(struct kwasm_objects *heap);

#endif /* KWASM_GC_H */
