// SPDX-License-Identifier: GPL-2.0
/*
 * What a heap knows of types
 *
 * An object may outlive the program that declared its type. So the heap counts the
 * groups of all types of all programs that came to it, and their ids stay.
 *
 * Of each type it has a layout, for the collector, and a row of supertypes, for casts in
 * generated code. The rows are in the heap, so they are a copy of what is here.
 */
#include "gc.h"

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
	err = gc_grow_array((void **)&heap->layouts, sizeof(*heap->layouts), heap->nr_layouts, room);
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
	err = gc_grow_array((void **)&heap->groups, sizeof(*heap->groups), heap->nr_groups, room);
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

int gc_add_types(struct kwasm_objects *heap, const struct kwasm_program *program)
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
u32 gc_nr_ids(const struct kwasm_objects *heap)
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
void gc_write_supertypes(struct kwasm_objects *heap)
{
	u32 nr = gc_nr_ids(heap), i;

	for (i = 0; i < nr; i++)
		write_row(heap, heap->supertypes + (i << KWASM_SUPERTYPES_LOG2), heap->layouts[i]);
	i = heap->supertypes - (1u << KWASM_SUPERTYPES_LOG2);
	write_row(heap, i, NULL);
	*gc_u32(heap, i) = KWASM_HEAP_KIND_HOST;
	gc_abi(heap)->supertypes = heap->supertypes;
}

/* A place for @nr of them, which need not be written yet */
int gc_reserve_supertypes(struct kwasm_objects *heap, u32 nr)
{
	u64 bytes = (nr + nr / 2 + 1ull) << KWASM_SUPERTYPES_LOG2;
	u32 blocks = (u32)((bytes + GC_BLOCK - 1) >> GC_BLOCK_LOG2), first;
	int err;

	if (nr <= heap->nr_rows)
		return 0;
	if (heap->nr_blocks + (u64)blocks > GC_BLOCKS_MAX)
		return -ENOMEM;
	err = gc_add_blocks(heap, blocks);
	if (err)
		return err;
	/* the old place is kept: it is two thirds at most */
	first = heap->nr_blocks - blocks;
	gc_take_blocks(heap, first, blocks, GC_FIXED);
	heap->nr_rows = ((u64)blocks << GC_BLOCK_LOG2 >> KWASM_SUPERTYPES_LOG2) - 1;
	heap->supertypes = (first << GC_BLOCK_LOG2) + (1u << KWASM_SUPERTYPES_LOG2);
	gc_write_supertypes(heap);
	return 0;
}

/* All types of @from that @to has not yet: cannot fail once there is room */
int gc_merge_types(struct kwasm_objects *to, struct kwasm_objects *from)
{
	u32 i, k, id;
	int err = reserve_layouts(to, gc_nr_ids(from));

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

void gc_destroy_types(struct kwasm_objects *heap)
{
	u32 i;

	plat_mutex_lock(&kwasm_registry_lock);
	for (i = 0; i < heap->nr_groups; i++)
		kwasm_type_group_put(heap->groups[i]);
	plat_mutex_unlock(&kwasm_registry_lock);
	for (i = 0; i < heap->nr_layouts; i++)
		destroy_layout(heap->layouts[i]);
	plat_free(heap->layouts);
	plat_free(heap->groups);
}
