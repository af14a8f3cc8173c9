// SPDX-License-Identifier: GPL-2.0
/*
 * Function types, one id per structure
 *
 * call_indirect compares two numbers; that works across apps because equal types
 * get the same number here. An id is counted per program that declares the type, and
 * may be given to another type when the last such program is gone: no function of that type
 * exists any more then. Everything here is called with kwasm_registry_lock held.
 */
#include "kwasm.h"

#define TYPE_BUCKETS	4096u

static struct kwasm_type *buckets[TYPE_BUCKETS];
static struct kwasm_type **types;	/* by id; [0] stays empty */
static u32 types_room;
static u32 types_nr = 1;
static u32 types_free;			/* ids below types_nr without a type */
static u32 types_hint = 1;		/* no free id below this one */

static u32 hash_type(const u32 *valtypes, u32 nr_params, u32 nr_results)
{
	u32 hash = 2166136261u ^ (nr_params << 16) ^ nr_results;	/* FNV-1a */
	u32 i;

	for (i = 0; i < nr_params + nr_results; i++)
		hash = (hash ^ valtypes[i]) * 16777619u;
	return hash;
}

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

/**
 * kwasm_type_get() - Canonical id of a function type
 * @valtypes: parameters, then results
 * @nr_params: number
 * @nr_results: number
 * @id: set
 *
 * Return: 0, -ENOMEM. Each success takes a use, see kwasm_type_put().
 */
int kwasm_type_get(const u32 *valtypes, u32 nr_params, u32 nr_results, u32 *id)
{
	u32 nr = nr_params + nr_results;
	u32 hash = hash_type(valtypes, nr_params, nr_results);
	struct kwasm_type **bucket = &buckets[hash % TYPE_BUCKETS];
	struct kwasm_type *type;
	int err;

	for (type = *bucket; type; type = type->next) {
		if (type->hash == hash && type->nr_params == nr_params &&
		    type->nr_results == nr_results &&
		    !memcmp(type->valtypes, valtypes, nr * sizeof(u32))) {
			type->users++;
			*id = type->id;
			return 0;
		}
	}

	if (!types || (!types_free && types_nr == types_room)) {
		err = grow_types();
		if (err)
			return err;
	}
	type = plat_zalloc(sizeof(*type) + nr * sizeof(u32));
	if (!type)
		return -ENOMEM;
	type->users = 1;
	type->hash = hash;
	type->nr_params = nr_params;
	type->nr_results = nr_results;
	memcpy(type->valtypes, valtypes, nr * sizeof(u32));
	if (types_free) {
		for (type->id = types_hint; types[type->id]; type->id++)
			;
		types_hint = type->id + 1;
		types_free--;
	} else {
		type->id = types_nr++;
	}
	types[type->id] = type;
	type->next = *bucket;
	*bucket = type;
	*id = type->id;
	return 0;
}

void kwasm_type_put(u32 id)
{
	struct kwasm_type *type = types[id];
	struct kwasm_type **link;

	if (--type->users)
		return;
	for (link = &buckets[type->hash % TYPE_BUCKETS]; *link != type; link = &(*link)->next)
		;
	*link = type->next;
	types[id] = NULL;
	types_free++;
	types_hint = min(types_hint, id);
	plat_free(type);
	if (types_free == types_nr - 1) {	/* the last one: leave nothing behind */
		plat_free(types);
		types = NULL;
		types_room = 0;
		types_nr = 1;
		types_free = 0;
		types_hint = 1;
	}
}

/* The type stays as long as a program that declares it */
const struct kwasm_type *kwasm_type_find(u32 id)
{
	return id && id < types_nr ? types[id] : NULL;
}
