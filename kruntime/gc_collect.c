// SPDX-License-Identifier: GPL-2.0
/*
 * Collection: marking what can be reached, sweeping the rest
 *
 * Runs inside an allocation, on the task stack, while the guest waits in its host call. Begins
 * from the roots:
 *
 *	by type		globals, tables and element segments of all instances of the store, and
 *			exceptions on their way
 *	by looks	the guest stack, from where the host call left it, with the registers
 *			that kwasm_host_call saved there; the value buffer
 *
 * By looks: every word that could be an address or an offset in the heap, an exnref or an
 * externref that is an object, is taken for one. That keeps a few objects for longer; nothing
 * moves, so no number is ever changed that only looked like a reference.
 *
 * Marking is a loop with a stack of its own, which grows up to STACK_MAX entries. What does not
 * fit is marked but not followed, and found again by a pass over all that is marked. An
 * array is followed a piece at a time. Exceptions that became values are marked as objects
 * are; all others are roots until their call ends.
 *
 * The old bitmap of used cells counts until marking is done: a call that is killed in
 * the middle leaves the heap as it was.
 */
#include "gc.h"

#define STACK_MIN	4096u
#define STACK_MAX	(1u << 20)
#define PIECE		128u	/* elements of an array followed at a time */
#define STEPS		2048u	/* things looked at between two looks at the scheduler */

struct kwasm_gc {
	struct kwasm_store *store;
	struct kwasm_objects *heap;		/* NULL: only exceptions */
	u64 *stack;				/* offset of the object, next element << 32 */
	u32 nr, room;
	bool overflow;
	bool stop;				/* the call is to be killed */
	u32 steps;
	struct kwasm_exception *exceptions;	/* marked, to be followed */
};

static void step(struct kwasm_gc *gc, u32 nr)
{
	gc->steps += nr;
	if (gc->steps < STEPS)
		return;
	gc->steps = 0;
	if (plat_resched(gc->store))
		gc->stop = true;
}

static void push(struct kwasm_gc *gc, u64 entry)
{
	u32 room = gc->room * 2;
	u64 *grown;

	if (gc->nr == gc->room) {
		grown = room <= STACK_MAX ? plat_zalloc(room * sizeof(*grown)) : NULL;
		if (!grown) {
			gc->overflow = true;
			return;
		}
		memcpy(grown, gc->stack, gc->nr * sizeof(*grown));
		plat_free(gc->stack);
		gc->stack = grown;
		gc->room = room;
	}
	gc->stack[gc->nr++] = entry;
}

static void mark_object(struct kwasm_gc *gc, u32 at)
{
	struct gc_object object;
	u64 *word, bit;

	if (!gc_find(gc->heap, at, &object))
		return;
	word = &gc->heap->marks[(u64)object.block * GC_WORDS + object.cell / 64];
	bit = 1ull << (object.cell % 64);
	if (*word & bit)
		return;
	*word |= bit;
	if (object.layout && object.layout->nr_refs)
		push(gc, object.offset);
}

static void mark_any(struct kwasm_gc *gc, u32 ref)
{
	if (gc->heap && ref && !(ref & 1))
		mark_object(gc, ref);
}

static void mark_extern(struct kwasm_gc *gc, u64 ref)
{
	if (ref & KWASM_EXTERN_INTERNAL)
		mark_any(gc, (u32)ref);
}

static void mark_func(struct kwasm_gc *gc, u32 handle)
{
	if (gc->heap && handle < gc->heap->funcs.size)
		gc->heap->func_marks[handle / 64] |= 1ull << (handle % 64);
}

/* A reference of an object, an exception or, but for functions, a cell */
static void mark_ref(struct kwasm_gc *gc, const void *at, u32 kind)
{
	switch (kind) {
	case KWASM_REFS_FUNC:
		mark_func(gc, *(const u32 *)at);
		break;
	case KWASM_REFS_ANY:
		mark_any(gc, *(const u32 *)at);
		break;
	case KWASM_REFS_EXTERN:
		mark_extern(gc, *(const u64 *)at);
		break;
	case KWASM_REFS_EXN:
		kwasm_exception_mark(gc->store, *(const u64 *)at, &gc->exceptions);
		break;
	}
}

/* Anything, 8-byte aligned; not mark_any(): addresses inside of an object may be odd */
static void mark_words(struct kwasm_gc *gc, const u64 *words, u64 nr)
{
	u64 i, base;

	for (i = 0; i < nr && !gc->stop; i++) {
		u64 word = READ_ONCE(words[i]);

		step(gc, 1);
		if (!word)
			continue;
		kwasm_exception_mark(gc->store, word, &gc->exceptions);
		if (!gc->heap)
			continue;
		base = (u64)(unsigned long)gc->heap->base;
		mark_object(gc, (u32)word);
		mark_object(gc, (u32)(word >> 32));
		if (word - base < (u64)gc->heap->nr_blocks << GC_BLOCK_LOG2)
			mark_object(gc, (u32)(word - base));
	}
}

/* What the object refers to, from element @from on */
static void follow_object(struct kwasm_gc *gc, u32 at, u32 from)
{
	const struct gc_layout *layout;
	struct gc_object object;
	u32 i, nr, end;

	if (!gc_find(gc->heap, at, &object) || !object.layout || !object.layout->nr_refs)
		return;
	layout = object.layout;
	if (layout->kind == KWASM_HEAP_KIND_STRUCT) {
		for (i = 0; i < layout->nr_refs; i++)
			mark_ref(gc, gc->heap->base + object.offset + layout->refs[i].offset,
				 layout->refs[i].kind);
		step(gc, 1 + layout->nr_refs / 4);
		return;
	}
	nr = gc_length(gc->heap, &object);
	end = nr - min(nr, from) > PIECE ? from + PIECE : nr;
	if (end < nr)
		push(gc, object.offset | (u64)end << 32);
	for (i = from; i < end; i++)
		mark_ref(gc, gc->heap->base + object.offset + KWASM_OBJECT_ELEMENTS +
			     (u64)i * layout->size, layout->refs[0].kind);
	step(gc, 1 + (end - min(from, end)) / 4);
}

/* All that is marked once more, for what did not fit into the stack */
static void follow_marked(struct kwasm_gc *gc)
{
	u32 block, cell, nr, size;
	u64 *marks, word;

	for (block = 1; block < gc->heap->nr_blocks && !gc->stop; block++) {
		const struct gc_block *b = &gc->heap->blocks[block];

		step(gc, 1);
		if (b->kind != GC_CELLS && b->kind != GC_LARGE)
			continue;
		size = b->kind == GC_CELLS ? gc_sizes[b->size] : GC_BLOCK;
		nr = GC_BLOCK / size;
		marks = &gc->heap->marks[(u64)block * GC_WORDS];
		for (cell = 0; cell < nr; cell++) {
			word = marks[cell / 64];
			if (word >> (cell % 64) & 1)
				push(gc, (block << GC_BLOCK_LOG2) + cell * size);
		}
		/* its own objects first: that much is on the stack at least */
		while (gc->nr && !gc->stop) {
			u64 entry = gc->stack[--gc->nr];

			follow_object(gc, (u32)entry, (u32)(entry >> 32));
		}
	}
}

static void drain(struct kwasm_gc *gc)
{
	const union kwasm_value *values;
	const u8 *kinds;
	u64 entry;
	u32 nr, i;

	while (!gc->stop) {
		if (gc->nr) {
			entry = gc->stack[--gc->nr];
			follow_object(gc, (u32)entry, (u32)(entry >> 32));
		} else if (gc->exceptions) {
			values = kwasm_exception_next(&gc->exceptions, &kinds, &nr);
			for (i = 0; i < nr; i++)
				if (kinds[i] != KWASM_REFS_FUNC)
					mark_ref(gc, &values[i], kinds[i]);
			step(gc, 1 + nr);
		} else if (gc->overflow) {
			gc->overflow = false;
			follow_marked(gc);
		} else {
			return;
		}
	}
}

static void mark_cells(struct kwasm_gc *gc, const u64 *cells, u64 nr, u32 valtype)
{
	u32 kind = kwasm_ref_kind(valtype);
	u64 i;

	if (kind == KWASM_REFS_NONE || kind == KWASM_REFS_FUNC)
		return;
	for (i = 0; i < nr && !gc->stop; i++) {
		mark_ref(gc, &cells[i], kind);
		step(gc, 1);
		if (gc->nr >= STACK_MIN / 2)
			drain(gc);
	}
}

static void mark_instance(struct kwasm_gc *gc, struct kwasm_instance *instance)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_elem *elems = kwasm_image_at(image, image->elems);
	u32 i;

	for (i = 0; i < image->globals.nr; i++) {
		if (instance->globals[i].owner == instance)
			mark_cells(gc, instance->globals[i].cell, 1, instance->globals[i].type);
	}
	for (i = 0; i < image->tables.nr; i++) {
		const struct kwasm_table *table = &instance->table_own[i];

		if (table->owner)
			mark_cells(gc, table->abi.elems, table->abi.size, table->reftype);
	}
	for (i = 0; i < image->elems.nr; i++) {
		if (instance->elems[i].refs)
			mark_cells(gc, instance->elems[i].refs, elems[i].nr, elems[i].reftype);
	}
}

static void mark_roots(struct kwasm_gc *gc)
{
	struct kwasm_store *store = gc->store;
	struct kwasm_instance *instance;
	u64 sp = store->abi.guest_rsp, top;

	kwasm_exceptions_mark_thrown(store, &gc->exceptions);
	list_for_each_entry(instance, &store->instances, store_node)
		mark_instance(gc, instance);
	if (store->values)
		mark_words(gc, (const u64 *)(store->values - 1), (store->nr_values + 1ull) * 2);
	/* no stack: a value is being passed in from outside */
	if (store->stack) {
		top = (u64)(unsigned long)store->stack->top;
		if (sp >= (u64)(unsigned long)store->stack->slot && sp <= top && !(sp % 8))
			mark_words(gc, (const u64 *)(unsigned long)sp, (top - sp) / 8);
	}
}

/* A block's marks become what is used; lists of blocks with free cells */
static void sweep_block(struct kwasm_objects *heap, u32 block)
{
	struct gc_block *b = &heap->blocks[block];
	u64 *marks = &heap->marks[(u64)block * GC_WORDS];
	u64 *used = &heap->used[(u64)block * GC_WORDS];
	u32 i, nr = 0, end;

	if (b->kind == GC_CELLS) {
		for (i = 0; i < GC_WORDS; i++) {
			used[i] = marks[i];
			nr += (u32)hweight64(marks[i]);
			marks[i] = 0;
		}
		b->clean = false;
		b->at = 0;
		if (!nr) {
			b->kind = GC_FREE;
			heap->nr_free++;
		} else if (nr < GC_BLOCK / gc_sizes[b->size]) {
			b->next = heap->partial[b->size];
			heap->partial[b->size] = block;
		}
	} else if (b->kind == GC_LARGE) {
		if (!(marks[0] & 1)) {
			end = block + b->nr;
			heap->nr_free += b->nr;
			for (i = block; i < end; i++)
				heap->blocks[i].kind = GC_FREE;
		}
		marks[0] = 0;
	}
}

static_assert(STACK_MIN >= GC_BLOCK / 8, "follow_marked()");

/* Last block first, so that the lists begin with the first */
static void sweep(struct kwasm_gc *gc)
{
	struct kwasm_objects *heap = gc->heap;
	u32 block;

	gc_retire_windows(heap);
	gc_sweep_funcs(heap);
	memset(heap->partial, 0, sizeof(heap->partial));
	for (block = heap->nr_blocks; --block; ) {
		sweep_block(heap, block);
		/* cannot be left undone, but others may run */
		if (!(block % STEPS))
			plat_resched(gc->store);
	}
	heap->hint = 1;
	heap->collections++;
}

/**
 * kwasm_collect() - Free the objects and exceptions that nobody can reach
 * @store: locked; of the call under way, if there is one
 *
 * Context: May sleep. Nobody else runs in the store.
 * Return: 0; -ENOMEM and -EINTR (the call is to be killed): nothing has changed.
 */
int kwasm_collect(struct kwasm_store *store)
{
	struct kwasm_gc gc = { .store = store, .heap = store->heap, .room = STACK_MIN };
	u32 block;

	/* as many as a block has cells, at least: what does not fit is then found in time */
	gc.stack = plat_zalloc(STACK_MIN * sizeof(*gc.stack));
	if (!gc.stack)
		return -ENOMEM;
	mark_roots(&gc);
	drain(&gc);
	plat_free(gc.stack);
	kwasm_exceptions_sweep(store, gc.stop);
	if (gc.stop) {
		for (block = 0; gc.heap && block < gc.heap->nr_blocks; block++)
			memset(&gc.heap->marks[(u64)block * GC_WORDS], 0, GC_WORDS * sizeof(u64));
		if (gc.heap)
			memset(gc.heap->func_marks, 0, (gc.heap->room_funcs + 63) / 64 * sizeof(u64));
		return -EINTR;
	}
	if (gc.heap)
		sweep(&gc);
	return 0;
}
