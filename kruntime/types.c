// SPDX-License-Identifier: GPL-2.0
/*
 * Types, one id per structure
 *
 * call_indirect compares two numbers; that works across apps because equal types
 * get the same number here. What is equal is decided by recursive group ("Validation,
 * Types, Recursive Types"): a group is written down as a key, in which references within the
 * group are relative and all others are ids already, and groups with the same key are one.
 *
 * A group is counted per program that declares it and per heap that may have objects of it, and
 * its ids may be given to other types when the last is gone: neither a function nor an
 * object of that type exists any more then. The groups that it refers to are declared by
 * the same programs, so they live at least as long. Everything here is called with kwasm_registry_lock held.
 */
#include "kwasm.h"

#define GROUP_BUCKETS	4096u
#define NO_SUPER	0xffffffffu

/* in keys: id is relative to the group's first */
#define KEY_RELATIVE	0x04000000u

static struct kwasm_type_group *buckets[GROUP_BUCKETS];
static struct kwasm_type **types;	/* by id; [0] stays empty */
static u32 types_room;
static u32 types_nr = 1;
static u32 types_free;			/* ids below types_nr without a type */
static u32 types_hint = 1;		/* no free id below this one */

static int grow_types(void)
{
	u32 room = types_room ? types_room * 2 : 64;
	struct kwasm_type **grown = plat_zalloc(room * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	if (types)
		memcpy(grown, types, types_nr * sizeof(*grown));
	plat_free(types);
	types = grown;
	types_room = room;
	return 0;
}

/* Give @type the lowest free id */
static int add_type(struct kwasm_type *type)
{
	int err;

	if (!types || (!types_free && types_nr == types_room)) {
		err = types_nr > KWASM_REF_INDEX ? -ENOMEM : grow_types();
		if (err)
			return err;
	}
	if (types_free) {
		for (type->id = types_hint; types[type->id]; type->id++)
			;
		types_hint = type->id + 1;
		types_free--;
	} else {
		type->id = types_nr++;
	}
	types[type->id] = type;
	return 0;
}

static void remove_type(u32 id)
{
	types[id] = NULL;
	types_free++;
	types_hint = min(types_hint, id);
	if (types_free < types_nr - 1)
		return;
	/* the last one: leave nothing behind */
	plat_free(types);
	types = NULL;
	types_room = 0;
	types_nr = 1;
	types_free = 0;
	types_hint = 1;
}

static u32 type_arity(const struct kwasm_image_type *type)
{
	return type->nr_params + type->nr_results;
}

static const u32 *type_valtypes(const struct kwasm_image *image, const struct kwasm_image_type *type)
{
	return (const u32 *)((const u8 *)image + type->valtypes);
}

/* A type index of the image: relative within the group that begins at @rec, else the id */
static u32 key_index(const u32 *ids, u32 rec, u32 typeidx)
{
	return typeidx >= rec ? KEY_RELATIVE | (typeidx - rec) : ids[typeidx];
}

/* The group's key; without a @key only its length */
static u64 group_key(const struct kwasm_image *image, const u32 *ids, u32 rec, u32 *key)
{
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const u32 *valtypes;
	u32 i, k;
	u64 nr = 0;

	type += rec;
	for (i = type->nr_rec; i; i--, type++) {
		if (key) {
			key[nr] = type->kind | type->final << 8;
			key[nr + 1] = type->super == NO_SUPER ? NO_SUPER :
				      key_index(ids, rec, type->super);
			key[nr + 2] = type->nr_params;
			key[nr + 3] = type->nr_results;
		}
		nr += 4;
		valtypes = type_valtypes(image, type);
		for (k = 0; key && k < type_arity(type); k++) {
			u32 v = valtypes[k];

			if (v & KWASM_REF_TYPE)
				v = (v & ~KWASM_REF_INDEX) |
				    key_index(ids, rec, v & KWASM_REF_INDEX);
			key[nr + k] = v;
		}
		nr += type_arity(type);
	}
	return nr;
}

static u32 hash_key(const u32 *key, u64 nr)
{
	u32 hash = 2166136261u;		/* FNV-1a */

	while (nr--)
		hash = (hash ^ *key++) * 16777619u;
	return hash;
}

static void free_group(struct kwasm_type_group *group)
{
	u32 i;

	for (i = 0; i < group->nr; i++) {
		if (!group->types[i])
			continue;
		if (group->types[i]->id)
			remove_type(group->types[i]->id);
		plat_free(group->types[i]);
	}
	plat_free(group->key);
	plat_free(group);
}

/* The types of a new group, with ids */
static int fill_group(struct kwasm_type_group *group, const struct kwasm_image *image,
		      const u32 *ids, u32 rec)
{
	const struct kwasm_image_type *from = kwasm_image_at(image, image->types);
	struct kwasm_type *type;
	u32 i, k, v;
	int err;

	from += rec;
	for (i = 0; i < group->nr; i++) {
		type = plat_zalloc(sizeof(*type) + (u64)type_arity(&from[i]) * sizeof(u32));
		if (!type)
			return -ENOMEM;
		group->types[i] = type;
		type->group = group;
		type->kind = from[i].kind;
		type->nr_params = from[i].nr_params;
		type->nr_results = from[i].nr_results;
		err = add_type(type);
		if (err)
			return err;
	}
	for (i = 0; i < group->nr; i++) {
		const u32 *valtypes = type_valtypes(image, &from[i]);

		type = group->types[i];
		if (from[i].super != NO_SUPER)
			type->super = from[i].super >= rec ?
				      group->types[from[i].super - rec]->id : ids[from[i].super];
		for (k = 0; k < type_arity(&from[i]); k++) {
			v = valtypes[k];
			if (v & KWASM_REF_TYPE) {
				u32 index = v & KWASM_REF_INDEX;

				index = index >= rec ? group->types[index - rec]->id : ids[index];
				v = (v & ~KWASM_REF_INDEX) | index;
			}
			type->valtypes[k] = v;
		}
	}
	return 0;
}

/* The group of @image that begins at type @rec, counted; @ids has those of all types before */
static int get_group(const struct kwasm_image *image, const u32 *ids, u32 rec,
		     struct kwasm_type_group **result)
{
	const struct kwasm_image_type *first = kwasm_image_at(image, image->types);
	u64 nr_key = group_key(image, ids, rec, NULL);
	struct kwasm_type_group *group, **bucket;
	u32 *key = plat_zalloc(nr_key * sizeof(u32));
	u32 hash;
	int err;

	if (!key)
		return -ENOMEM;
	group_key(image, ids, rec, key);
	hash = hash_key(key, nr_key);
	bucket = &buckets[hash % GROUP_BUCKETS];
	for (group = *bucket; group; group = group->next) {
		if (group->hash == hash && group->nr_key == nr_key &&
		    !memcmp(group->key, key, nr_key * sizeof(u32))) {
			plat_free(key);
			group->users++;
			*result = group;
			return 0;
		}
	}
	first += rec;
	group = plat_zalloc(sizeof(*group) + (u64)first->nr_rec * sizeof(group->types[0]));
	if (!group) {
		plat_free(key);
		return -ENOMEM;
	}
	group->key = key;
	group->nr_key = nr_key;
	group->hash = hash;
	group->users = 1;
	group->nr = first->nr_rec;
	err = fill_group(group, image, ids, rec);
	if (err) {
		free_group(group);
		return err;
	}
	group->next = *bucket;
	*bucket = group;
	*result = group;
	return 0;
}

void kwasm_type_group_put(struct kwasm_type_group *group)
{
	struct kwasm_type_group **link = &buckets[group->hash % GROUP_BUCKETS];

	if (--group->users)
		return;
	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	free_group(group);
}

static void put_groups(const struct kwasm_image *image, const u32 *ids, u32 end)
{
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);

	while (end) {
		end = type[end - 1].rec;
		kwasm_type_group_put(types[ids[end]]->group);
	}
}

/**
 * kwasm_types_get() - Canonical ids of all types of an image
 * @image: checked
 * @ids: set, one per type
 *
 * Return: 0, -ENOMEM. A success is to be paired with kwasm_types_put().
 */
int kwasm_types_get(const struct kwasm_image *image, u32 *ids)
{
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	struct kwasm_type_group *group;
	u32 rec, i;
	int err;

	for (rec = 0; rec < image->types.nr; rec += type[rec].nr_rec) {
		err = get_group(image, ids, rec, &group);
		if (err) {
			put_groups(image, ids, rec);
			return err;
		}
		for (i = 0; i < group->nr; i++)
			ids[rec + i] = group->types[i]->id;
	}
	return 0;
}

void kwasm_types_put(const struct kwasm_image *image, const u32 *ids)
{
	put_groups(image, ids, image->types.nr);
}

/* The type stays as long as a program that declares it */
const struct kwasm_type *kwasm_type_find(u32 id)
{
	return id && id < types_nr ? types[id] : NULL;
}

bool kwasm_type_matches(u32 sub, u32 super)
{
	const struct kwasm_type *type;

	while (sub != super) {
		type = kwasm_type_find(sub);
		if (!type || !type->super)
			return false;
		sub = type->super;
	}
	return true;
}

/* ---- value types ---- */

u32 kwasm_valtype_canon(const u32 *ids, u32 valtype)
{
	if (!(valtype & KWASM_REF_TYPE))
		return valtype;
	return (valtype & ~KWASM_REF_INDEX) | ids[valtype & KWASM_REF_INDEX];
}

bool kwasm_is_ref(u32 valtype)
{
	return (valtype & KWASM_REF) || (valtype >= KWASM_HEAP_EXN && valtype <= KWASM_HEAP_NOEXN);
}

bool kwasm_is_nullable(u32 valtype)
{
	return !(valtype & KWASM_REF) || (valtype & KWASM_REF_NULL);
}

u32 kwasm_valtype_heap(u32 valtype)
{
	static const u8 heaps[] = { KWASM_HEAP_FUNC, KWASM_HEAP_STRUCT, KWASM_HEAP_ARRAY, 0 };

	if (valtype & KWASM_REF_TYPE)
		return heaps[(valtype & KWASM_REF_KIND) / KWASM_REF_KIND_STRUCT];
	return valtype & 0xff;
}

bool kwasm_is_func_ref(u32 valtype)
{
	return kwasm_is_ref(valtype) &&
	       kwasm_heap_top(kwasm_valtype_heap(valtype)) == KWASM_HEAP_FUNC;
}

/* The top of the hierarchy of an abstract heap type */
u32 kwasm_heap_top(u32 heap)
{
	switch (heap) {
	case KWASM_HEAP_FUNC:
	case KWASM_HEAP_NOFUNC:
		return KWASM_HEAP_FUNC;
	case KWASM_HEAP_EXTERN:
	case KWASM_HEAP_NOEXTERN:
		return KWASM_HEAP_EXTERN;
	case KWASM_HEAP_EXN:
	case KWASM_HEAP_NOEXN:
		return KWASM_HEAP_EXN;
	}
	return KWASM_HEAP_ANY;
}

enum kwasm_ref_kind kwasm_ref_kind(u32 valtype)
{
	if (!kwasm_is_ref(valtype))
		return KWASM_REFS_NONE;
	switch (kwasm_heap_top(kwasm_valtype_heap(valtype))) {
	case KWASM_HEAP_FUNC:
		return KWASM_REFS_FUNC;
	case KWASM_HEAP_EXTERN:
		return KWASM_REFS_EXTERN;
	case KWASM_HEAP_EXN:
		return KWASM_REFS_EXN;
	}
	return KWASM_REFS_ANY;
}

/* Both abstract: "Validation, Matching, Heap Types" */
static bool heap_matches(u32 sub, u32 super)
{
	if (sub == super)
		return true;
	if (sub >= KWASM_HEAP_NONE && sub <= KWASM_HEAP_NOEXN)
		return kwasm_heap_top(sub) == kwasm_heap_top(super);
	if (super == KWASM_HEAP_ANY)
		return kwasm_heap_top(sub) == KWASM_HEAP_ANY;
	return super == KWASM_HEAP_EQ && (sub == KWASM_HEAP_I31 || sub == KWASM_HEAP_STRUCT ||
					  sub == KWASM_HEAP_ARRAY);
}

/* Of canonical value types: is every value of @sub one of @super? */
bool kwasm_valtype_matches(u32 sub, u32 super)
{
	u32 heap = kwasm_valtype_heap(sub);

	if (sub == super)
		return true;
	if (!kwasm_is_ref(sub) || !kwasm_is_ref(super) ||
	    (kwasm_is_nullable(sub) && !kwasm_is_nullable(super)))
		return false;
	if (!(super & KWASM_REF_TYPE))
		return heap_matches(heap, kwasm_valtype_heap(super));
	if (sub & KWASM_REF_TYPE)
		return kwasm_type_matches(sub & KWASM_REF_INDEX, super & KWASM_REF_INDEX);
	return heap >= KWASM_HEAP_NONE && heap <= KWASM_HEAP_NOEXN &&
	       kwasm_heap_top(heap) == kwasm_heap_top(kwasm_valtype_heap(super));
}
