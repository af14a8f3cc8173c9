// SPDX-License-Identifier: GPL-2.0
/*
 * The heap of a store: structs, arrays, host values as anyref
 *
 *	base						base + 4 GiB + 1 MiB
 *	| block 0: heap_abi, types | blocks of 16 KiB ... | not committed |
 *
 * What generated code may assume is in kwasm_abi.h ("Objects"). It can read and write all of the
 * heap, whatever the checker thinks of types: so nothing in here is believed. What is where is
 * known from struct gc_block and two bitmaps outside of it; an object's header and
 * length are only hints, which are compared with those.
 *
 * A block has cells of one size, or is part of a large object. Allocation takes a run of
 * free cells of a block, clears it and makes it the window from which generated code
 * allocates. A collection (gc_collect.c) marks what can be reached, which then is what is
 * used; objects never move.
 *
 * When to collect: when as many blocks are in use as there were after the last time, twice,
 * and 4 MiB at least; and before anything fails. The limit is that of the instances in
 * the store that use the heap: the sum of their max_memory, less their linear memories, or 4
 * GiB if one has none. The heap's pages are charged as linear memory is. What the runtime needs
 * besides (blocks, bitmaps: 3 %; the stack of the collector: up to 8 MiB) is charged, too, but
 * not counted against the limit.
 *
 * Functions: a handle is an index in heap->funcs; a function has one as soon as it is stored in
 * an object. Those of an instance that goes away become null; their handles are used again when
 * a collection finds them in no object.
 *
 * All is called with the store locked.
 */
#include "gc.h"

#define MIN_GROWTH	((4u << 20) / GC_BLOCK)		/* blocks between two collections */
#define COMMIT_MAX	((4u << 20) / GC_BLOCK)		/* blocks that are committed at once */
#define CHUNK		(256u << 10)			/* bytes between two looks at the scheduler */
#define HEADROOM	(256u << 10)			/* bytes that growing leaves to the process */

const u16 gc_sizes[KWASM_HEAP_NR_SIZES] = {
#define S(size) size,
	KWASM_HEAP_SIZES(S)
#undef S
};

static_assert(sizeof(struct kwasm_heap_abi) <= GC_BLOCK / 2, "supertypes follow in block 0");
static_assert(KWASM_HEAP_SMALL == 8192 && KWASM_HEAP_NR_SIZES == 30, "gc_sizes");

static u32 size_number(u64 size)
{
	u32 i;

	/* the first ones are multiples of 8, then of 16 */
	if (size <= 64)
		return (u32)(size + 7) / 8 - 1;
	if (size <= 128)
		return (u32)(size + 15) / 16 + 3;
	i = 12;
	while (gc_sizes[i] < size)
		i++;
	return i;
}

/* Number of the cell at @offset in a block of cells of @size: exact for less than 2^18 */
static u32 cell_number(u32 offset, u32 size)
{
	return (u64)offset * (0xffffffffu / size + 1) >> 32;
}

/**
 * gc_find() - The object that some number refers to
 * @heap: the heap
 * @at: any number: an offset of an object, one inside of it, or neither
 * @object: filled in
 *
 * Return: whether there is an object; its id has a layout, or it is a host value.
 */
bool gc_find(const struct kwasm_objects *heap, u32 at, struct gc_object *object)
{
	u32 block = at >> GC_BLOCK_LOG2, size;
	const struct gc_block *b;

	if (block >= heap->nr_blocks)
		return false;
	b = &heap->blocks[block];
	if (b->kind == GC_REST) {
		block -= b->nr;
		b = &heap->blocks[block];
	}
	if (b->kind == GC_CELLS) {
		size = gc_sizes[b->size];
		object->cell = cell_number(at & (GC_BLOCK - 1), size);
		if (object->cell >= GC_BLOCK / size)
			return false;
		object->offset = (block << GC_BLOCK_LOG2) + object->cell * size;
		object->bytes = size;
	} else if (b->kind == GC_LARGE) {
		object->cell = 0;
		object->offset = block << GC_BLOCK_LOG2;
		/* the last byte of a heap of 4 GiB is not for objects */
		object->bytes = (u32)min_t(u64, (u64)b->nr << GC_BLOCK_LOG2, 0xffffffffu);
	} else {
		return false;
	}
	object->block = block;
	object->id = READ_ONCE(*gc_u32(heap, object->offset));
	object->layout = NULL;
	if (object->id == KWASM_OBJECT_HOST)
		return object->bytes >= KWASM_OBJECT_HOST_VALUE + sizeof(u64);
	if (!object->id || object->id >= heap->nr_layouts)
		return false;
	object->layout = heap->layouts[object->id];
	if (!object->layout)
		return false;
	switch (object->layout->kind) {
	case KWASM_HEAP_KIND_STRUCT:
		return object->layout->size <= object->bytes;
	case KWASM_HEAP_KIND_ARRAY:
		return object->bytes >= KWASM_OBJECT_ELEMENTS;
	}
	return false;
}

/* ---- blocks ---- */

/* Blocks that the instances of @store may have */
u32 gc_limit(struct kwasm_store *store)
{
	struct kwasm_instance *instance;
	u64 bytes = 0;

	list_for_each_entry(instance, &store->instances, store_node) {
		if (!(instance->program->image->flags & KWASM_IMAGE_GC))
			continue;
		if (!instance->max_memory)
			return GC_BLOCKS_MAX;
		if (instance->max_memory > instance->memory_bytes)
			bytes += instance->max_memory - instance->memory_bytes;
	}
	return (u32)min_t(u64, bytes >> GC_BLOCK_LOG2, GC_BLOCKS_MAX);
}

int gc_grow_array(void **array, u64 size, u64 old, u64 room)
{
	void *grown = plat_zalloc(room * size);

	if (!grown)
		return -ENOMEM;
	if (*array)
		memcpy(grown, *array, old * size);
	plat_free(*array);
	*array = grown;
	return 0;
}

/* Room in the arrays; what has grown already stays */
static int reserve_blocks(struct kwasm_objects *heap, u32 nr)
{
	u32 room = heap->nr_room;
	int err;

	if (nr <= room)
		return 0;
	room = max(nr, room + room / 2);
	err = gc_grow_array((void **)&heap->blocks, sizeof(*heap->blocks), heap->nr_room, room);
	if (!err)
		err = gc_grow_array((void **)&heap->used, GC_WORDS * sizeof(u64), heap->nr_room, room);
	if (!err)
		err = gc_grow_array((void **)&heap->marks, GC_WORDS * sizeof(u64), heap->nr_room, room);
	if (!err)
		heap->nr_room = room;
	return err;
}

/* Commit @nr blocks more; they are free. 0, -ENOMEM, -EINTR */
int gc_add_blocks(struct kwasm_objects *heap, u32 nr)
{
	int err = reserve_blocks(heap, heap->nr_blocks + nr);
	u32 i;

	if (!err)
		err = plat_region_commit(&heap->region,
					 ((u64)heap->nr_blocks + nr) << GC_BLOCK_LOG2);
	if (err)
		return err;
	for (i = heap->nr_blocks; i < heap->nr_blocks + nr; i++)
		heap->blocks[i] = (struct gc_block){ .kind = GC_FREE, .clean = true };
	heap->nr_blocks += nr;
	heap->nr_free += nr;
	return 0;
}

/* The first of @nr free blocks in a row, 0: there are none */
static u32 find_blocks(struct kwasm_objects *heap, u32 nr)
{
	u32 i, run = 0;
	bool first = true;

	if (heap->nr_free < nr)
		return 0;
	for (i = heap->hint; i < heap->nr_blocks; i++) {
		if (heap->blocks[i].kind != GC_FREE) {
			run = 0;
			continue;
		}
		if (first)
			heap->hint = i;
		first = false;
		if (++run == nr)
			return i - nr + 1;
	}
	return 0;
}

void gc_take_blocks(struct kwasm_objects *heap, u32 first, u32 nr, enum gc_block_kind kind)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		heap->blocks[first + i].kind = !i || kind == GC_FIXED ? kind : GC_REST;
		heap->blocks[first + i].nr = i ? i : nr;
	}
	heap->nr_free -= nr;
}

/*
 * More blocks for the heap, if it may have them: at least @nr, rather some more. A cgroup is
 * never filled to the last page: the call ends with a trap, but the process goes on, and must
 * not be killed for want of a page when it says so.
 */
static int grow(struct kwasm_store *store, u32 nr)
{
	struct kwasm_objects *heap = store->heap;
	u32 limit = gc_limit(store), more;
	void *headroom;
	int err;

	if (nr > limit || heap->nr_blocks > limit - nr)
		return -ENOMEM;
	headroom = plat_zalloc(HEADROOM);
	if (!headroom)
		return -ENOMEM;
	more = min(max(heap->nr_blocks / 4, 4u), COMMIT_MAX);
	more = max(nr, min(more, limit - heap->nr_blocks));
	err = gc_add_blocks(heap, more);
	if (err == -ENOMEM && more > nr)
		err = gc_add_blocks(heap, nr);
	plat_free(headroom);
	return err;
}

/*
 * @nr free blocks in a row, for @kind. A collection may be what it takes; then, or if the
 * caller should look again for what that has freed otherwise, the result is -EAGAIN.
 */
static int get_blocks(struct kwasm_store *store, u32 nr, enum gc_block_kind kind, bool *collected,
		      u32 *first)
{
	struct kwasm_objects *heap = store->heap;
	int err;

	if (!*collected && heap->nr_blocks - heap->nr_free + (u64)nr > heap->threshold)
		goto collect;
	*first = find_blocks(heap, nr);
	if (!*first) {
		err = grow(store, nr);
		if (err == -ENOMEM && !*collected)
			goto collect;
		if (err)
			return err;
		*first = find_blocks(heap, nr);
		if (!*first)
			return -ENOMEM;
	}
	gc_take_blocks(heap, *first, nr, kind);
	return 0;

collect:
	*collected = true;
	err = kwasm_collect(store);
	if (err)
		return err;
	nr = heap->nr_blocks - heap->nr_free;
	heap->threshold = nr + max(nr, MIN_GROWTH);
	return -EAGAIN;
}

/* ---- cells ---- */

/* After this the rest of what was handed out is not for allocation until the next collection */
void gc_retire_windows(struct kwasm_objects *heap)
{
	memset(gc_abi(heap)->windows, 0, sizeof(gc_abi(heap)->windows));
	memset(heap->runs, 0, sizeof(heap->runs));
}

static u32 find_bit(const u64 *bits, u32 at, u32 nr, bool value)
{
	u64 word;

	while (at < nr) {
		word = value ? bits[at / 64] : ~bits[at / 64];
		word &= ~0ull << (at % 64);
		if (word)
			return min(nr, (at & ~63u) + (u32)__builtin_ctzll(word));
		at = (at & ~63u) + 64;
	}
	return nr;
}

/* The next run of free cells: used from now on, and clear */
static bool next_run(struct kwasm_objects *heap, u32 number, u32 *start, u32 *end)
{
	u32 size = gc_sizes[number], nr = GC_BLOCK / size, first, last, i, block;
	struct gc_block *b;
	u64 *used;

	for (; (block = heap->partial[number]); heap->partial[number] = b->next) {
		b = &heap->blocks[block];
		used = gc_bits(heap->used, block);
		first = find_bit(used, b->at, nr, false);
		if (first == nr)
			continue;
		last = find_bit(used, first, nr, true);
		for (i = first; i < last; i++)
			used[i / 64] |= 1ull << (i % 64);
		b->at = last;
		*start = (block << GC_BLOCK_LOG2) + first * size;
		*end = (block << GC_BLOCK_LOG2) + last * size;
		if (!b->clean)
			memset(heap->base + *start, 0, *end - *start);
		return true;
	}
	return false;
}

/* What is left of the window, if that is as generated code should have left it */
static bool next_cell(struct kwasm_objects *heap, u32 number, u32 *ref)
{
	struct kwasm_heap_abi *abi = gc_abi(heap);
	u32 next = READ_ONCE(abi->windows[number].next);
	u32 start = heap->runs[number].start, end = heap->runs[number].end;

	if (next < start || next >= end || end - next < gc_sizes[number])
		return false;
	abi->windows[number].next = next + gc_sizes[number];
	*ref = next;
	return true;
}

static int alloc_cell(struct kwasm_store *store, u32 number, u32 *ref)
{
	struct kwasm_objects *heap = store->heap;
	struct kwasm_heap_abi *abi = gc_abi(heap);
	u32 start, end, block;
	bool collected = false;
	int err;

	if (next_cell(heap, number, ref))
		return 0;
	while (!next_run(heap, number, &start, &end)) {
		err = get_blocks(store, 1, GC_CELLS, &collected, &block);
		if (err == -EAGAIN)
			continue;
		if (err)
			return err;
		heap->blocks[block].size = number;
		heap->blocks[block].at = 0;
		heap->blocks[block].next = heap->partial[number];
		memset(gc_bits(heap->used, block), 0, GC_WORDS * sizeof(u64));
		heap->partial[number] = block;
	}
	heap->runs[number].start = start;
	heap->runs[number].end = end;
	abi->windows[number].next = start + gc_sizes[number];
	abi->windows[number].end = end;
	*ref = start;
	return 0;
}

/* memset() in pieces; -EINTR */
static int clear(struct kwasm_store *store, u8 *at, u64 size)
{
	u64 now;

	for (; size; size -= now, at += now) {
		now = min_t(u64, size, CHUNK);
		memset(at, 0, now);
		if (now < size && plat_resched(store))
			return -EINTR;
	}
	return 0;
}

static int alloc_large(struct kwasm_store *store, u64 size, u32 *ref)
{
	u32 nr = (u32)((size + GC_BLOCK - 1) >> GC_BLOCK_LOG2), first, i;
	struct kwasm_objects *heap = store->heap;
	bool collected = false;
	int err;

	do {
		err = get_blocks(store, nr, GC_LARGE, &collected, &first);
	} while (err == -EAGAIN);
	for (i = 0; !err && i < nr; i++) {
		if (!heap->blocks[first + i].clean)
			err = clear(store, heap->base + ((u64)(first + i) << GC_BLOCK_LOG2), GC_BLOCK);
		heap->blocks[first + i].clean = false;
		if (!err && i % 16 == 15 && plat_resched(store))
			err = -EINTR;
	}
	/* not cleared to the end: has no type, so the next collection takes it */
	if (err)
		return err;
	*ref = first << GC_BLOCK_LOG2;
	return 0;
}

/**
 * gc_alloc() - An object, all zero
 * @store: locked, with a heap; of the call under way, if there is one
 * @size: bytes
 * @ref: set; the caller writes a type id there before anything else is allocated
 *
 * Context: May sleep, may collect.
 * Return: 0; -ENOMEM, the limit is reached or there are no pages; -EINTR, to be killed.
 */
int gc_alloc(struct kwasm_store *store, u64 size, u32 *ref)
{
	if (size <= KWASM_HEAP_SMALL)
		return alloc_cell(store, size_number(size), ref);
	if (size > (u64)(GC_BLOCKS_MAX - 1) << GC_BLOCK_LOG2)
		return -ENOMEM;
	return alloc_large(store, size, ref);
}

/* ---- functions ---- */

int gc_reserve_funcs(struct kwasm_objects *heap, u64 nr)
{
	u64 room = max(nr, heap->room_funcs * 2), old = heap->room_funcs;
	int err;

	if (nr <= old)
		return 0;
	err = gc_grow_array((void **)&heap->func_marks, sizeof(u64), (old + 63) / 64, (room + 63) / 64);
	if (!err)
		err = gc_grow_array((void **)&heap->free_funcs, sizeof(u32), heap->nr_free_funcs, room);
	if (!err)
		err = gc_grow_array((void **)&heap->funcs.elems, sizeof(u64), heap->funcs.size, room);
	if (!err)
		heap->room_funcs = room;
	return err;
}

/* The handle of a function, which has none yet; 0: no memory */
u32 kwasm_heap_add_func(struct kwasm_objects *heap, struct kwasm_func *func)
{
	u32 handle;

	if (heap->nr_free_funcs) {
		handle = heap->free_funcs[--heap->nr_free_funcs];
	} else {
		if (heap->funcs.size >= 0x7fffffffu || gc_reserve_funcs(heap, heap->funcs.size + 1))
			return 0;
		handle = (u32)heap->funcs.size++;
	}
	heap->funcs.elems[handle] = (u64)(unsigned long)func;
	func->handle = handle;
	return handle;
}

/* After marking: which handles of functions that are gone are free? Takes the marks away. */
void gc_sweep_funcs(struct kwasm_objects *heap)
{
	u64 i;

	heap->nr_free_funcs = 0;
	for (i = 1; i < heap->funcs.size; i++) {
		if (heap->funcs.elems[i] == (u64)(unsigned long)&kwasm_null_func &&
		    !(heap->func_marks[i / 64] >> (i % 64) & 1))
			heap->free_funcs[heap->nr_free_funcs++] = (u32)i;
	}
	memset(heap->func_marks, 0, (heap->room_funcs + 63) / 64 * sizeof(u64));
}

void kwasm_heap_revoke(struct kwasm_store *store, u64 start, u64 end)
{
	if (store->heap)
		kwasm_refs_revoke(store, store->heap->funcs.elems, store->heap->funcs.size, start,
				  end);
}

/* ---- life ---- */

static void destroy(struct kwasm_objects *heap)
{
	gc_destroy_types(heap);
	if (heap->base)
		plat_region_release(&heap->region);
	plat_free(heap->funcs.elems);
	plat_free(heap->func_marks);
	plat_free(heap->free_funcs);
	plat_free(heap->blocks);
	plat_free(heap->used);
	plat_free(heap->marks);
	plat_free(heap);
}

void kwasm_heap_destroy(struct kwasm_store *store)
{
	struct kwasm_objects *heap;

	/* kwasm_heap_bytes() may be looking */
	plat_mutex_lock(&kwasm_registry_lock);
	heap = store->heap;
	store->heap = NULL;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (heap)
		destroy(heap);
}

static int create(struct kwasm_store *store)
{
	struct kwasm_objects *heap = plat_zalloc(sizeof(*heap));
	const u32 row = 1u << KWASM_SUPERTYPES_LOG2;
	int err;

	if (!heap)
		return -ENOMEM;
	err = plat_region_reserve(&heap->region, 0, KWASM_HEAP_RESERVE);
	if (!err) {
		heap->base = heap->region.base;
		err = gc_add_blocks(heap, 1);
	}
	if (!err)
		err = gc_reserve_funcs(heap, 16);
	if (err) {
		destroy(heap);
		return err;
	}
	gc_take_blocks(heap, 0, 1, GC_FIXED);
	heap->hint = 1;
	heap->threshold = MIN_GROWTH;
	heap->funcs.elems[0] = (u64)(unsigned long)&kwasm_null_func;
	heap->funcs.size = 1;
	heap->supertypes = GC_BLOCK / 2 + row;
	heap->nr_rows = GC_BLOCK / 2 / row - 1;
	store->heap = heap;
	return 0;
}

void gc_set_slots(struct kwasm_instance *instance, struct kwasm_objects *heap)
{
	u8 *ctx = instance->ctx;

	*(void **)(ctx + KWASM_CTX_HEAP) = heap->base;
	*(void **)(ctx + KWASM_CTX_HEAP_FUNCS) = &heap->funcs;
}

/**
 * kwasm_heap_attach() - Give an instance its store's heap
 * @store: locked
 * @instance: in it; none of its code has run
 *
 * Does nothing for a program that does not use it.
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int kwasm_heap_attach(struct kwasm_store *store, struct kwasm_instance *instance)
{
	int err = 0;

	if (!(instance->program->image->flags & KWASM_IMAGE_GC))
		return 0;
	if (!store->heap)
		err = create(store);
	if (!err)
		err = gc_add_types(store->heap, instance->program);
	if (!err)
		err = gc_reserve_supertypes(store->heap, gc_nr_ids(store->heap));
	if (err)
		return err;
	gc_write_supertypes(store->heap);
	gc_set_slots(instance, store->heap);
	return 0;
}

/* Bytes of the heap that have pages; under kwasm_registry_lock or with the store locked */
u64 kwasm_heap_bytes(const struct kwasm_store *store)
{
	const struct kwasm_objects *heap = store->heap;

	return heap ? (u64)READ_ONCE(heap->nr_blocks) << GC_BLOCK_LOG2 : 0;
}

/**
 * kwasm_heap_box() - A host value as an anyref
 * @store: locked, with a heap
 * @value: the externref, a number from outside
 * @ref: set
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int kwasm_heap_box(struct kwasm_store *store, u64 value, u32 *ref)
{
	int err = gc_alloc(store, KWASM_OBJECT_HOST_VALUE + sizeof(u64), ref);

	if (err)
		return err;
	*gc_u32(store->heap, *ref) = KWASM_OBJECT_HOST;
	*gc_u64(store->heap, *ref + KWASM_OBJECT_HOST_VALUE) = value;
	return 0;
}

/* What an anyref is that is neither null nor an i31; @value: of a host value */
enum kwasm_heap_kind kwasm_heap_kind_of(const struct kwasm_store *store, u32 ref, u64 *value)
{
	struct gc_object object;

	if (!store->heap || !gc_find(store->heap, ref, &object))
		return KWASM_HEAP_KIND_STRUCT;
	if (object.layout)
		return object.layout->kind;
	*value = *gc_u64(store->heap, object.offset + KWASM_OBJECT_HOST_VALUE);
	return KWASM_HEAP_KIND_HOST;
}
