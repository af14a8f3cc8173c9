// SPDX-License-Identifier: GPL-2.0
/*
 * Stores: instances linked to each other share one lock and one value buffer
 *
 * instance->store only changes when stores merge, which happens with both stores'
 * mutexes held. So whoever holds the mutex of the store that an instance pointed to, and
 * then still finds it there, may rely on it until the unlock.
 */
#include "kwasm.h"

/* What entry.S assumes */
static_assert(offsetof(struct kwasm_store, abi.host_rsp) == 0, "entry.S");
static_assert(offsetof(struct kwasm_store, abi.host_rbp) == 8, "entry.S");
static_assert(offsetof(struct kwasm_store, abi.guest_rsp) == 16, "entry.S");
static_assert(offsetof(struct kwasm_store, abi.pending) == 24, "entry.S");
static_assert(offsetof(struct kwasm_store, trap_ip) == 32, "entry.S");
static_assert(offsetof(struct kwasm_store, trap_row) == 40, "entry.S");
static_assert(offsetof(struct kwasm_store, trap_rsp) == 48, "entry.S");
static_assert(offsetof(struct kwasm_store, trap_ctx) == 56, "entry.S");
static_assert(KWASM_CTX_STORE == -16, "entry.S");
static_assert(KWASM_VALUES_EXCEPTION == -(int)sizeof(union kwasm_value), "one cell in front");
static_assert(KWASM_FIXUP_STEP == 16 && KWASM_FIXUP_NR == 64, "entry.S");
static_assert(KWASM_TRAP_out_of_bounds_memory == 5, "entry.S");

/* A store with one reference, for its first instance; NULL without memory */
struct kwasm_store *kwasm_store_create(void)
{
	struct kwasm_store *store = plat_zalloc(sizeof(*store));

	if (!store)
		return NULL;
	plat_mutex_init(&store->mutex);
	INIT_LIST_HEAD(&store->instances);
	store->refs = 1;
	return store;
}

static void free_values(struct kwasm_store *store)
{
	if (store->values)
		plat_free(store->values - 1);
}

static struct kwasm_store *store_get(struct kwasm_instance *instance)
{
	struct kwasm_store *store;

	plat_mutex_lock(&kwasm_registry_lock);
	store = instance->store;
	store->refs++;
	plat_mutex_unlock(&kwasm_registry_lock);
	return store;
}

void kwasm_store_put(struct kwasm_store *store, u32 refs)
{
	bool last;

	plat_mutex_lock(&kwasm_registry_lock);
	store->refs -= refs;
	last = !store->refs;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (!last)
		return;
	plat_mutex_destroy(&store->mutex);
	kwasm_exceptions_destroy(store);
	kwasm_heap_destroy(store);
	free_values(store);
	plat_free(store);
}

/* Is @instance still in @store? And is the caller inside a call of it already? */
static int check_locked(struct kwasm_instance *instance, struct kwasm_store *store)
{
	int ret;

	plat_mutex_lock(&kwasm_registry_lock);
	ret = instance->store == store ? 0 : -EAGAIN;
	plat_mutex_unlock(&kwasm_registry_lock);
	return ret;
}

static bool running_here(struct kwasm_store *store)
{
	bool here;

	plat_mutex_lock(&kwasm_registry_lock);
	here = store->running_pid && store->running_pid == plat_pid();
	plat_mutex_unlock(&kwasm_registry_lock);
	return here;
}

/**
 * kwasm_store_lock() - Lock the store an instance is in
 * @instance: the caller holds a reference
 * @locked: set; unlock with kwasm_store_unlock()
 *
 * Context: Process context, sleeps while another thread runs in the store.
 * Return: 0; -EINTR, the task is being killed; -EDEADLK, the caller is a host
 * function called from that store.
 */
int kwasm_store_lock(struct kwasm_instance *instance, struct kwasm_store **locked)
{
	struct kwasm_store *store;
	int err;

	for (;;) {
		store = store_get(instance);
		err = running_here(store) ? -EDEADLK : plat_mutex_lock_killable(&store->mutex, 0);
		if (err) {
			kwasm_store_put(store, 1);
			return err;
		}
		if (!check_locked(instance, store))
			break;
		kwasm_store_unlock(store);
	}
	*locked = store;
	return 0;
}

/* For taking things down, which must not fail */
void kwasm_store_lock_uninterruptible(struct kwasm_instance *instance, struct kwasm_store **locked)
{
	struct kwasm_store *store;

	for (;;) {
		store = store_get(instance);
		plat_mutex_lock(&store->mutex);
		if (!check_locked(instance, store))
			break;
		kwasm_store_unlock(store);
	}
	*locked = store;
}

void kwasm_store_unlock(struct kwasm_store *store)
{
	plat_mutex_unlock(&store->mutex);
	kwasm_store_put(store, 1);
}

/**
 * kwasm_store_reserve_values() - Make the value buffer large enough
 * @store: locked
 * @nr: cells
 *
 * All contexts of a store have the same buffer: three and more results of a
 * function of one instance are read by its caller in another.
 *
 * Return: 0, -ENOMEM.
 */
int kwasm_store_reserve_values(struct kwasm_store *store, u32 nr)
{
	struct kwasm_instance *instance;
	union kwasm_value *values;

	if (store->values && nr <= store->nr_values)
		return 0;
	nr = max(nr, 16u);
	values = plat_zalloc((nr + 1ull) * sizeof(*values));
	if (!values)
		return -ENOMEM;
	values++;
	free_values(store);
	store->values = values;
	store->nr_values = nr;
	list_for_each_entry(instance, &store->instances, store_node)
		*(void **)((u8 *)instance->ctx + KWASM_CTX_VALUES) = values;
	return 0;
}

/* Both locked and different: all of @from moves into @to */
static int merge_locked(struct kwasm_store *to, struct kwasm_store *from)
{
	struct kwasm_instance *instance, *next;
	u32 moved = 0;
	int err;

	err = kwasm_store_reserve_values(to, from->nr_values);
	if (!err)
		err = kwasm_exceptions_reserve(to, from);
	if (!err)
		err = kwasm_heap_merge(to, from);
	if (err)
		return err;
	kwasm_exceptions_merge(to, from);
	to->fpu |= from->fpu;
	plat_mutex_lock(&kwasm_registry_lock);
	list_for_each_entry_safe(instance, next, &from->instances, store_node) {
		list_del_init(&instance->store_node);
		list_add_tail(&instance->store_node, &to->instances);
		instance->store = to;
		*(void **)((u8 *)instance->ctx + KWASM_CTX_STORE) = to;
		*(void **)((u8 *)instance->ctx + KWASM_CTX_VALUES) = to->values;
		moved++;
	}
	to->refs += moved;
	from->refs -= moved;	/* not the last: the caller holds one */
	plat_mutex_unlock(&kwasm_registry_lock);
	return 0;
}

/**
 * kwasm_store_merge() - Put two instances into one store
 * @a: the caller holds a reference
 * @b: likewise
 *
 * Return: 0; -ENOMEM, also if their heaps together are too large; -EINTR, killed while waiting for a call inside one of them;
 * -EDEADLK, the caller is inside one of them.
 */
int kwasm_store_merge(struct kwasm_instance *a, struct kwasm_instance *b)
{
	struct kwasm_store *first, *second, *tmp;
	struct kwasm_instance *swap;
	int err;

	for (;;) {
		first = store_get(a);
		second = store_get(b);
		if (first == second) {
			kwasm_store_put(first, 2);
			return 0;
		}
		if (first > second) {
			tmp = first;
			first = second;
			second = tmp;
			swap = a;
			a = b;
			b = swap;
		}
		err = -EDEADLK;
		if (running_here(first) || running_here(second))
			goto out_put;
		err = plat_mutex_lock_killable(&first->mutex, 0);
		if (err)
			goto out_put;
		err = plat_mutex_lock_killable(&second->mutex, 1);
		if (err)
			goto out_unlock_first;
		if (!check_locked(a, first) && !check_locked(b, second))
			break;
		plat_mutex_unlock(&second->mutex);
		plat_mutex_unlock(&first->mutex);
		kwasm_store_put(second, 1);
		kwasm_store_put(first, 1);
	}
	err = merge_locked(first, second);
	plat_mutex_unlock(&second->mutex);
out_unlock_first:
	plat_mutex_unlock(&first->mutex);
out_put:
	kwasm_store_put(second, 1);
	kwasm_store_put(first, 1);
	return err;
}
