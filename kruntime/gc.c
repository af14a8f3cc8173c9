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
 * Types: an object may outlive the program that declared its type. So the heap counts the
 * groups of all types of all programs that came to it, and their ids stay.
 *
 * Functions: a handle is an index in heap->funcs; a function has one as soon as it is stored in
 * an object. Those of an instance that goes away become null; their handles are used again when
 * a collection finds them in no object.
 *
 * Stores merge when instances are linked. If both have a heap, one moves to the end of
 * the other, and each reference in it, in its instances' globals, tables and segments, and in
 * exceptions, grows by the same number: nobody runs in either then, so all references
 * are where their types say.
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

static u64 *bits_of(u64 *bitmap, u32 block)
{
	return &bitmap[(u64)block * GC_WORDS];
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

static int grow_array(void **array, u64 size, u64 old, u64 room)
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
	err = grow_array((void **)&heap->blocks, sizeof(*heap->blocks), heap->nr_room, room);
	if (!err)
		err = grow_array((void **)&heap->used, GC_WORDS * sizeof(u64), heap->nr_room, room);
	if (!err)
		err = grow_array((void **)&heap->marks, GC_WORDS * sizeof(u64), heap->nr_room, room);
	if (!err)
		heap->nr_room = room;
	return err;
}

/* Commit @nr blocks more; they are free. 0, -ENOMEM, -EINTR */
static int add_blocks(struct kwasm_objects *heap, u32 nr)
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

static void take_blocks(struct kwasm_objects *heap, u32 first, u32 nr, enum gc_block_kind kind)
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
	err = add_blocks(heap, more);
	if (err == -ENOMEM && more > nr)
		err = add_blocks(heap, nr);
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
	take_blocks(heap, *first, nr, kind);
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
		used = bits_of(heap->used, block);
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
		memset(bits_of(heap->used, block), 0, GC_WORDS * sizeof(u64));
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

/* ---- types ---- */

static u32 field_size(u32 valtype)
{
	switch (kwasm_ref_kind(valtype)) {
	case KWASM_REFS_ANY:
	case KWASM_REFS_FUNC:
		return 4;
	case KWASM_REFS_EXTERN:
	case KWASM_REFS_EXN:
		return 8;
	default:
		break;
	}
	switch (valtype) {
	case 0x78:
		return 1;
	case 0x77:
		return 2;
	case 0x7f:
	case 0x7d:
		return 4;
	case 0x7b:
		return 16;
	}
	return 8;
}

/* Where references are in an object of @type, and how large it is; NULL without memory */
static struct gc_layout *create_layout(const struct kwasm_type *type)
{
	u32 depth = 0, i, valtype, size, align, at = 4;
	const struct kwasm_type *super;
	struct gc_layout *layout;

	for (super = type; super->super; super = kwasm_type_find(super->super))
		depth++;
	layout = plat_zalloc(sizeof(*layout) + (depth + 1ull) * sizeof(u32));
	if (!layout)
		return NULL;
	layout->id = type->id;
	layout->depth = depth;
	for (super = type, i = depth + 1; i; super = kwasm_type_find(super->super))
		layout->supers[--i] = super->id;
	layout->kind = type->kind == KWASM_COMPTYPE_STRUCT ? KWASM_HEAP_KIND_STRUCT :
		       type->kind == KWASM_COMPTYPE_ARRAY ? KWASM_HEAP_KIND_ARRAY :
		       KWASM_HEAP_KIND_FUNC;
	if (layout->kind == KWASM_HEAP_KIND_FUNC)
		return layout;
	for (i = 0; i < type->nr_params; i++)
		layout->nr_refs += kwasm_ref_kind(type->valtypes[i] & ~KWASM_FIELD_MUT) != KWASM_REFS_NONE;
	if (layout->nr_refs) {
		layout->refs = plat_zalloc((u64)layout->nr_refs * sizeof(*layout->refs));
		if (!layout->refs) {
			plat_free(layout);
			return NULL;
		}
	}
	layout->nr_refs = 0;
	for (i = 0; i < type->nr_params; i++) {
		valtype = type->valtypes[i] & ~KWASM_FIELD_MUT;
		size = field_size(valtype);
		align = min(size, 8u);
		at = (at + align - 1) & ~(align - 1);
		if (kwasm_ref_kind(valtype) != KWASM_REFS_NONE)
			layout->refs[layout->nr_refs++] =
				(struct gc_ref){ at, kwasm_ref_kind(valtype) };
		if (layout->kind == KWASM_HEAP_KIND_ARRAY)
			layout->size = size;
		at += size;
	}
	if (layout->kind == KWASM_HEAP_KIND_STRUCT)
		layout->size = at;
	return layout;
}

static void destroy_layout(struct gc_layout *layout)
{
	if (layout)
		plat_free(layout->refs);
	plat_free(layout);
}

static int reserve_layouts(struct kwasm_objects *heap, u32 nr)
{
	u32 room = max(nr, heap->nr_layouts + heap->nr_layouts / 2);
	int err;

	if (nr <= heap->nr_layouts)
		return 0;
	err = grow_array((void **)&heap->layouts, sizeof(*heap->layouts), heap->nr_layouts, room);
	if (!err)
		heap->nr_layouts = room;
	return err;
}

static int reserve_groups(struct kwasm_objects *heap, u32 nr)
{
	u32 room = max(nr, heap->room_groups * 2);
	int err;

	if (nr <= heap->room_groups)
		return 0;
	err = grow_array((void **)&heap->groups, sizeof(*heap->groups), heap->nr_groups, room);
	if (!err)
		heap->room_groups = room;
	return err;
}

/* Layouts of a group's types, and a count on it; under kwasm_registry_lock */
static int add_group(struct kwasm_objects *heap, struct kwasm_type_group *group)
{
	u32 i, id;
	int err = reserve_groups(heap, heap->nr_groups + 1);

	for (i = 0; !err && i < group->nr; i++) {
		id = group->types[i]->id;
		err = reserve_layouts(heap, id + 1);
		if (err)
			break;
		heap->layouts[id] = create_layout(group->types[i]);
		if (!heap->layouts[id])
			err = -ENOMEM;
	}
	if (err) {
		while (i--) {
			destroy_layout(heap->layouts[group->types[i]->id]);
			heap->layouts[group->types[i]->id] = NULL;
		}
		return err;
	}
	group->users++;
	heap->groups[heap->nr_groups++] = group;
	return 0;
}

static int add_types(struct kwasm_objects *heap, const struct kwasm_program *program)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const u32 *ids = program->app->type_ids;
	u32 rec;
	int err = 0;

	plat_mutex_lock(&kwasm_registry_lock);
	for (rec = 0; !err && rec < image->types.nr; rec += type[rec].nr_rec) {
		if (ids[rec] < heap->nr_layouts && heap->layouts[ids[rec]])
			continue;
		err = add_group(heap, kwasm_type_find(ids[rec])->group);
	}
	plat_mutex_unlock(&kwasm_registry_lock);
	return err;
}

/* The highest id in use plus 1 */
static u32 nr_ids(const struct kwasm_objects *heap)
{
	u32 nr = heap->nr_layouts;

	while (nr && !heap->layouts[nr - 1])
		nr--;
	return nr;
}

static void write_row(struct kwasm_objects *heap, u32 at, const struct gc_layout *layout)
{
	u32 *row = gc_u32(heap, at), i;

	memset(row, 0, 1u << KWASM_SUPERTYPES_LOG2);
	if (!layout)
		return;
	row[0] = layout->kind;
	for (i = 0; i < KWASM_SUPERTYPES_DEPTH && i <= layout->depth; i++)
		row[1 + i] = layout->supers[i];
}

/* Supertypes where generated code looks for them */
static void write_supertypes(struct kwasm_objects *heap)
{
	u32 nr = nr_ids(heap), i;

	for (i = 0; i < nr; i++)
		write_row(heap, heap->supertypes + (i << KWASM_SUPERTYPES_LOG2), heap->layouts[i]);
	i = heap->supertypes - (1u << KWASM_SUPERTYPES_LOG2);
	write_row(heap, i, NULL);
	*gc_u32(heap, i) = KWASM_HEAP_KIND_HOST;
	gc_abi(heap)->supertypes = heap->supertypes;
}

/* A place for @nr of them, which need not be written yet */
static int reserve_supertypes(struct kwasm_objects *heap, u32 nr)
{
	u64 bytes = (nr + nr / 2 + 1ull) << KWASM_SUPERTYPES_LOG2;
	u32 blocks = (u32)((bytes + GC_BLOCK - 1) >> GC_BLOCK_LOG2), first;
	int err;

	if (nr <= heap->nr_rows)
		return 0;
	if (heap->nr_blocks + (u64)blocks > GC_BLOCKS_MAX)
		return -ENOMEM;
	err = add_blocks(heap, blocks);
	if (err)
		return err;
	/* the old place is kept: it is two thirds at most */
	first = heap->nr_blocks - blocks;
	take_blocks(heap, first, blocks, GC_FIXED);
	heap->nr_rows = ((u64)blocks << GC_BLOCK_LOG2 >> KWASM_SUPERTYPES_LOG2) - 1;
	heap->supertypes = (first << GC_BLOCK_LOG2) + (1u << KWASM_SUPERTYPES_LOG2);
	write_supertypes(heap);
	return 0;
}

/* ---- functions ---- */

static int reserve_funcs(struct kwasm_objects *heap, u64 nr)
{
	u64 room = max(nr, heap->room_funcs * 2), old = heap->room_funcs;
	int err;

	if (nr <= old)
		return 0;
	err = grow_array((void **)&heap->func_marks, sizeof(u64), (old + 63) / 64, (room + 63) / 64);
	if (!err)
		err = grow_array((void **)&heap->free_funcs, sizeof(u32), heap->nr_free_funcs, room);
	if (!err)
		err = grow_array((void **)&heap->funcs.elems, sizeof(u64), heap->funcs.size, room);
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
		if (heap->funcs.size >= 0xffffffffu || reserve_funcs(heap, heap->funcs.size + 1))
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
		kwasm_refs_revoke(store->heap->funcs.elems, store->heap->funcs.size, start, end);
}

/* ---- life ---- */

static void destroy(struct kwasm_objects *heap)
{
	u32 i;

	plat_mutex_lock(&kwasm_registry_lock);
	for (i = 0; i < heap->nr_groups; i++)
		kwasm_type_group_put(heap->groups[i]);
	plat_mutex_unlock(&kwasm_registry_lock);
	for (i = 0; i < heap->nr_layouts; i++)
		destroy_layout(heap->layouts[i]);
	if (heap->base)
		plat_region_release(&heap->region);
	plat_free(heap->layouts);
	plat_free(heap->groups);
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
		err = add_blocks(heap, 1);
	}
	if (!err)
		err = reserve_funcs(heap, 16);
	if (err) {
		destroy(heap);
		return err;
	}
	take_blocks(heap, 0, 1, GC_FIXED);
	heap->hint = 1;
	heap->threshold = MIN_GROWTH;
	heap->funcs.elems[0] = (u64)(unsigned long)&kwasm_null_func;
	heap->funcs.size = 1;
	heap->supertypes = GC_BLOCK / 2 + row;
	heap->nr_rows = GC_BLOCK / 2 / row - 1;
	store->heap = heap;
	return 0;
}

static void set_slots(struct kwasm_instance *instance, struct kwasm_objects *heap)
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
		err = add_types(store->heap, instance->program);
	if (!err)
		err = reserve_supertypes(store->heap, nr_ids(store->heap));
	if (err)
		return err;
	write_supertypes(store->heap);
	set_slots(instance, store->heap);
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

/* ---- two heaps become one ---- */

struct gc_move {
	u32 bytes;	/* objects move up so much */
	u32 handles;	/* and functions' handles */
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

	for (i = 0; (kind == KWASM_REFS_ANY || kind == KWASM_REFS_EXTERN) && i < nr; i++)
		move_ref(&cells[i], kind, move, true);
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
	for (i = 0; i < nr; i++)
		move_ref(heap->base + at + (u64)i * layout->size, layout->refs[0].kind, move, false);
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

/* All types of @from that @to has not yet: cannot fail once there is room */
static int merge_types(struct kwasm_objects *to, struct kwasm_objects *from)
{
	u32 i, k, id;
	int err = reserve_layouts(to, nr_ids(from));

	if (!err)
		err = reserve_groups(to, to->nr_groups + from->nr_groups);
	if (err)
		return err;
	for (i = from->nr_groups; i--; ) {
		struct kwasm_type_group *group = from->groups[i];

		if (to->layouts[group->types[0]->id])
			continue;
		for (k = 0; k < group->nr; k++) {
			id = group->types[k]->id;
			to->layouts[id] = from->layouts[id];
			from->layouts[id] = NULL;
		}
		to->groups[to->nr_groups++] = group;
		from->groups[i] = from->groups[--from->nr_groups];
	}
	return 0;
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
		memcpy(bits_of(to->used, first + i), bits_of(from->used, i), GC_WORDS * sizeof(u64));
		*b = from->blocks[i];
		b->clean = false;
		b->next = 0;	/* partly used ones wait for the next collection */
		if (b->kind == GC_FIXED)
			b->kind = GC_FREE;
		if (b->kind != GC_FREE)
			to->nr_free--;
	}
	for (i = first; i < to->nr_blocks; i++) {
		u32 size = to->blocks[i].kind == GC_CELLS ? gc_sizes[to->blocks[i].size] : GC_BLOCK;

		if (to->blocks[i].kind != GC_CELLS && to->blocks[i].kind != GC_LARGE)
			continue;
		for (k = 0; k < GC_BLOCK / size; k++) {
			if (gc_find(to, (i << GC_BLOCK_LOG2) + k * size, &object))
				move_object(to, &object, move);
		}
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
	err = reserve_funcs(heap, heap->funcs.size + other->funcs.size);
	if (!err)
		err = add_blocks(heap, other->nr_blocks);
	if (!err)
		err = reserve_supertypes(heap, nr_ids(other));
	if (!err)
		err = merge_types(heap, other);
	if (err)
		return err;
	write_supertypes(heap);

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
			set_slots(instance, heap);
	}
	kwasm_heap_destroy(from);
	return 0;
}
