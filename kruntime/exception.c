// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions and their tags
 *
 * Generated code knows an exception as a number that is never used again while the runtime is
 * loaded. What it makes of that number is looked up in the store, so a wrong one does no
 * harm. An exception that became a value (an exnref, which may lie in any table, global,
 * object or frame) lives until a collection finds it nowhere (gc_collect.c); all others end with
 * their last handler, or at the latest with the call in which they were thrown.
 *
 * Everything here is called with the store locked.
 */
#include "kwasm.h"

#define BUCKETS_MIN	16u
#define COLLECT_MIN	4096u	/* exceptions before the first collection for their sake */
#define STEPS		1024u	/* buckets between two looks at the scheduler */

struct kwasm_exception {
	struct kwasm_exception *next;
	u64 id;
	u64 tag;		/* struct kwasm_tag.id */
	struct kwasm_exception *next_marked;
	u32 nr;
	bool kept;
	bool marked;
	union kwasm_value values[];
	/* u8[nr]: enum kwasm_ref_kind of each; the tag's type may be gone before the exception */
};

static u8 *kinds_of(struct kwasm_exception *exception)
{
	return (u8 *)&exception->values[exception->nr];
}

static u64 last_exception;	/* both under kwasm_registry_lock */
static u64 last_tag;

static u64 next_id(u64 *last)
{
	u64 id;

	plat_mutex_lock(&kwasm_registry_lock);
	id = ++*last;
	plat_mutex_unlock(&kwasm_registry_lock);
	return id;
}

void kwasm_tag_init(struct kwasm_instance *instance, struct kwasm_tag *tag, u32 type)
{
	tag->id = next_id(&last_tag);
	tag->type = instance->program->app->type_ids[type];
}

static struct kwasm_exception **bucket_of(struct kwasm_exceptions *all, u64 id)
{
	return &all->buckets[id & (all->nr_buckets - 1)];
}

static void insert(struct kwasm_exceptions *all, struct kwasm_exception *exception)
{
	struct kwasm_exception **bucket = bucket_of(all, exception->id);

	exception->next = *bucket;
	*bucket = exception;
}

static int reserve(struct kwasm_exceptions *all, u32 nr)
{
	struct kwasm_exceptions grown = *all;
	struct kwasm_exception *exception, *next;
	u32 i;

	if (nr <= all->nr_buckets)
		return 0;
	grown.nr_buckets = max(all->nr_buckets, BUCKETS_MIN);
	while (grown.nr_buckets < nr)
		grown.nr_buckets *= 2;
	grown.buckets = plat_zalloc((u64)grown.nr_buckets * sizeof(*grown.buckets));
	if (!grown.buckets)
		return -ENOMEM;
	for (i = 0; i < all->nr_buckets; i++) {
		for (exception = all->buckets[i]; exception; exception = next) {
			next = exception->next;
			insert(&grown, exception);
		}
	}
	plat_free(all->buckets);
	*all = grown;
	return 0;
}

/* The place that points to the exception; NULL if there is none */
static struct kwasm_exception **find(struct kwasm_exceptions *all, u64 id)
{
	struct kwasm_exception **link;

	if (!all->nr_buckets)
		return NULL;
	for (link = bucket_of(all, id); *link && (*link)->id != id; link = &(*link)->next)
		;
	return *link ? link : NULL;
}

static void drop(struct kwasm_exceptions *all, struct kwasm_exception **link)
{
	struct kwasm_exception *exception = *link;

	*link = exception->next;
	all->nr--;
	if (exception->kept)
		all->nr_kept--;
	plat_free(exception);
}

/* All of them, or those only that never became a value */
static void free_exceptions(struct kwasm_store *store, bool kept)
{
	struct kwasm_exceptions *all = &store->exceptions;
	struct kwasm_exception **link;
	u32 i;

	for (i = 0; all->nr && i < all->nr_buckets; i++) {
		link = &all->buckets[i];
		while (*link) {
			if (kept || !(*link)->kept)
				drop(all, link);
			else
				link = &(*link)->next;
		}
		if (i % STEPS == STEPS - 1)
			plat_resched(store);
	}
}

void kwasm_exceptions_end_call(struct kwasm_store *store)
{
	free_exceptions(store, false);
}

void kwasm_exceptions_destroy(struct kwasm_store *store)
{
	free_exceptions(store, true);
	plat_free(store->exceptions.buckets);
}

/* Room for those of both: 0, -ENOMEM */
int kwasm_exceptions_reserve(struct kwasm_store *to, const struct kwasm_store *from)
{
	if (!from->exceptions.nr)
		return 0;
	return reserve(&to->exceptions, to->exceptions.nr + from->exceptions.nr);
}

/* All of @from's become @to's, where there is room */
void kwasm_exceptions_merge(struct kwasm_store *to, struct kwasm_store *from)
{
	struct kwasm_exceptions *all = &from->exceptions;
	struct kwasm_exception *exception, *next;
	u32 i;

	if (!all->nr)
		return;
	for (i = 0; i < all->nr_buckets; i++) {
		for (exception = all->buckets[i]; exception; exception = next) {
			next = exception->next;
			insert(&to->exceptions, exception);
		}
		all->buckets[i] = NULL;
	}
	to->exceptions.nr += all->nr;
	to->exceptions.nr_kept += all->nr_kept;
	all->nr = 0;
	all->nr_kept = 0;
}

/*
 * Functions of an instance that goes away. Which values are references is not known any
 * more; a number that happens to look like one of that instance's addresses is no
 * number anybody could expect.
 */
void kwasm_exceptions_revoke(struct kwasm_store *store, u64 start, u64 end)
{
	struct kwasm_exception *exception;
	u32 i, k;

	for (i = 0; i < store->exceptions.nr_buckets; i++) {
		for (exception = store->exceptions.buckets[i]; exception; exception = exception->next) {
			for (k = 0; k < exception->nr; k++)
				kwasm_refs_revoke(store, &exception->values[k].ref, 1, start, end);
		}
		if (i % STEPS == STEPS - 1)
			plat_resched(store);
	}
}

/* ---- collection ---- */

/* Put it on @list, to be followed, unless it was there already; any number will do */
void kwasm_exception_mark(struct kwasm_store *store, u64 id, struct kwasm_exception **list)
{
	struct kwasm_exception **link = store->exceptions.nr ? find(&store->exceptions, id) : NULL;

	if (!link || (*link)->marked)
		return;
	(*link)->marked = true;
	(*link)->next_marked = *list;
	*list = *link;
}

/* Those that are on their way, which end with the call */
void kwasm_exceptions_mark_thrown(struct kwasm_store *store, struct kwasm_exception **list)
{
	struct kwasm_exceptions *all = &store->exceptions;
	struct kwasm_exception *exception;
	u32 i;

	for (i = 0; all->nr > all->nr_kept && i < all->nr_buckets; i++) {
		for (exception = all->buckets[i]; exception; exception = exception->next) {
			if (!exception->kept)
				kwasm_exception_mark(store, exception->id, list);
		}
	}
}

/* Take one off the list: its values, and enum kwasm_ref_kind of each */
const union kwasm_value *kwasm_exception_next(struct kwasm_exception **list, const u8 **kinds,
					      u32 *nr)
{
	struct kwasm_exception *exception = *list;

	*list = exception->next_marked;
	*kinds = kinds_of(exception);
	*nr = exception->nr;
	return exception->values;
}

/* All that are not marked go, unless marking was given up */
void kwasm_exceptions_sweep(struct kwasm_store *store, bool given_up)
{
	struct kwasm_exceptions *all = &store->exceptions;
	struct kwasm_exception **link;
	u32 i;

	for (i = 0; all->nr && i < all->nr_buckets; i++) {
		link = &all->buckets[i];
		while (*link) {
			if (!given_up && (*link)->kept && !(*link)->marked) {
				drop(all, link);
				continue;
			}
			(*link)->marked = false;
			link = &(*link)->next;
		}
	}
	if (!given_up)
		all->threshold = all->nr + max(all->nr, COLLECT_MIN);
}

/* Objects move with their store's heap (gc.c) */
void kwasm_exceptions_move(struct kwasm_store *store, const struct gc_move *move)
{
	struct kwasm_exceptions *all = &store->exceptions;
	struct kwasm_exception *exception;
	u32 i, k;

	for (i = 0; all->nr && i < all->nr_buckets; i++) {
		for (exception = all->buckets[i]; exception; exception = exception->next) {
			for (k = 0; k < exception->nr; k++)
				kwasm_heap_move_ref(&exception->values[k].ref,
						    kinds_of(exception)[k], move);
		}
	}
}

/**
 * kwasm_exception_new() - throw: the exception
 * @ctx: of the calling instance
 * @tagidx: index in it
 * @nr: of values, at the start of the value buffer
 *
 * Context: Host call.
 * Return: its number. Raises out_of_memory.
 */
u64 kwasm_exception_new(void *ctx, u32 tagidx, u32 nr)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct kwasm_store *store = kwasm_ctx_store(ctx);
	struct kwasm_exceptions *all = &store->exceptions;
	struct kwasm_exception *exception = NULL;
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const struct kwasm_image_tag *tag = kwasm_image_at(image, image->tags);
	const u32 *valtypes;
	u32 i;

	type += tag[tagidx].type;
	valtypes = (const u32 *)((const u8 *)image + type->valtypes);
	nr = min(nr, store->nr_values);
	/* its values, in the buffer, are roots */
	if (all->nr >= max(all->threshold, COLLECT_MIN) && kwasm_collect(store) == -EINTR) {
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
		return 0;
	}
	if (all->nr < KWASM_EXCEPTIONS_MAX && !reserve(all, all->nr + 1))
		exception = plat_zalloc(sizeof(*exception) + (u64)nr * (sizeof(union kwasm_value) + 1));
	if (!exception) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_memory, 0);
		return 0;
	}
	exception->id = next_id(&last_exception);
	exception->tag = instance->tags[tagidx]->id;
	exception->nr = nr;
	memcpy(exception->values, store->values, (u64)nr * sizeof(union kwasm_value));
	for (i = 0; i < nr && i < type->nr_params; i++)
		kinds_of(exception)[i] = kwasm_ref_kind(valtypes[i]);
	insert(all, exception);
	all->nr++;
	return exception->id;
}
EXPORT_SYMBOL_GPL(kwasm_exception_new);

static void no_values(struct kwasm_store *store, struct kwasm_instance *instance, u32 tagidx)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const struct kwasm_image_tag *tag = kwasm_image_at(image, image->tags);
	u32 i, nr = min(type[tag[tagidx].type].nr_params, store->nr_values);

	for (i = 0; i < nr; i++)
		store->values[i].ref = (u64)(unsigned long)&kwasm_null_func;
}

/**
 * kwasm_exception_match() - A handler's question
 * @ctx: of the calling instance
 * @id: the exception
 * @tagidx: index in the instance, or KWASM_TAG_ANY
 * @keep: enum kwasm_exception_keep, what becomes of it if it is of that tag
 *
 * Context: Host call.
 * Return: 1 if it is; with a tag, its values are in the value buffer then. If it is not,
 * what is there are null references: the checker need not know which way code went.
 */
u32 kwasm_exception_match(void *ctx, u64 id, u32 tagidx, u32 keep)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct kwasm_store *store = kwasm_ctx_store(ctx);
	struct kwasm_exception **link = find(&store->exceptions, id);

	if (!link && tagidx == KWASM_TAG_ANY)
		return 0;
	if (tagidx != KWASM_TAG_ANY) {
		if (!link || (*link)->tag != instance->tags[tagidx]->id) {
			no_values(store, instance, tagidx);
			return 0;
		}
		memcpy(store->values, (*link)->values,
		       (u64)min((*link)->nr, store->nr_values) * sizeof(union kwasm_value));
	}
	if (keep == KWASM_EXCEPTION_KEEP) {
		store->exceptions.nr_kept += !(*link)->kept;
		(*link)->kept = true;
	} else if (keep == KWASM_EXCEPTION_FREE && !(*link)->kept) {
		drop(&store->exceptions, link);
	}
	return 1;
}
EXPORT_SYMBOL_GPL(kwasm_exception_match);
