// SPDX-License-Identifier: GPL-2.0
/*
 * memory.atomic.wait and notify: threads that sleep at an address of a shared memory
 *
 * Who waits is on a list, one of a few, by hash of memory and address. Under the list's
 * lock a waiter compares the memory's contents and joins the list, and a notifier takes waiters off,
 * the oldest first. So what a notifier wrote before is either seen by that comparison, or
 * its notify finds the waiter: no wake-up is lost. And whether a waiter was woken or gave up is
 * decided by who holds the lock first: notify counts exactly those that return "ok".
 *
 * A waiter is on its own task stack, and on the list until it is woken or takes itself off; the
 * memory cannot go away meanwhile, as the call that waits holds its instance.
 */
#include "kwasm.h"

#define BUCKETS_LOG2	8

struct waiter {
	struct list_head node;
	const struct kwasm_memory *memory;
	u64 addr;
	struct plat_parking parking;
};

static struct bucket {
	struct plat_lock lock;
	struct list_head waiters;	/* of several addresses, the oldest first */
} buckets[1 << BUCKETS_LOG2];

void kwasm_wait_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++) {
		plat_lock_init(&buckets[i].lock);
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
}

static struct bucket *bucket_of(const struct kwasm_memory *memory, u64 addr)
{
	u64 key = (u64)(unsigned long)memory ^ addr * 0xff51afd7ed558ccdull;

	return &buckets[key * 0x9e3779b97f4a7c15ull >> (64 - BUCKETS_LOG2)];
}

/**
 * kwasm_memory_notify() - memory.atomic.notify
 * @ctx: of the calling instance
 * @memidx: index in it
 * @addr: a multiple of 4
 * @count: at most that many
 *
 * Context: Host call.
 * Return: how many were woken; nobody waits at a memory that is not shared.
 */
u32 kwasm_memory_notify(void *ctx, u32 memidx, u64 addr, u32 count)
{
	struct kwasm_memory *memory = kwasm_ctx_instance(ctx)->memories[memidx];
	struct bucket *bucket = bucket_of(memory, addr);
	struct waiter *waiter, *next;
	u32 woken = 0;

	if (!kwasm_memory_contains(memory, addr, sizeof(u32))) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return 0;
	}
	if (!memory->shared)
		return 0;
	plat_lock_get(&bucket->lock);
	list_for_each_entry_safe(waiter, next, &bucket->waiters, node) {
		if (woken == count)
			break;
		if (waiter->memory != memory || waiter->addr != addr)
			continue;
		list_del_init(&waiter->node);
		plat_unpark(&waiter->parking);
		woken++;
	}
	plat_lock_put(&bucket->lock);
	return woken;
}
EXPORT_SYMBOL_GPL(kwasm_memory_notify);

/* What is there now, read once */
static u64 read_value(const struct kwasm_memory *memory, u64 addr, u32 size)
{
	u64 at = array_index_nospec((unsigned long)addr,
				    (unsigned long)READ_ONCE(memory->abi.size));

	if (size == sizeof(u64))
		return READ_ONCE(*(const u64 *)(memory->abi.base + at));
	return READ_ONCE(*(const u32 *)(memory->abi.base + at));
}

/**
 * kwasm_memory_wait() - memory.atomic.wait32 and 64
 * @ctx: of the calling instance
 * @memidx: index in it
 * @addr: a multiple of @size
 * @expected: wait only if this is there
 * @timeout_ns: from now; negative: none
 * @size: 4 or 8
 *
 * Context: Host call, sleeps; ends early when the call is to end.
 * Return: 0, woken by a notify; 1, another value was there; 2, the timeout is over.
 */
u32 kwasm_memory_wait(void *ctx, u32 memidx, u64 addr, u64 expected, u64 timeout_ns, u32 size)
{
	struct kwasm_memory *memory = kwasm_ctx_instance(ctx)->memories[memidx];
	struct bucket *bucket = bucket_of(memory, addr);
	struct waiter waiter = { .memory = memory, .addr = addr };
	bool woken;
	int err;

	if (!kwasm_memory_contains(memory, addr, size)) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return 0;
	}
	if (!memory->shared) {
		kwasm_raise(ctx, KWASM_TRAP_expected_shared_memory, 0);
		return 0;
	}
	plat_park_init(&waiter.parking);
	plat_lock_get(&bucket->lock);
	if (read_value(memory, addr, size) != expected) {
		plat_lock_put(&bucket->lock);
		return 1;
	}
	list_add_tail(&waiter.node, &bucket->waiters);
	plat_lock_put(&bucket->lock);

	err = plat_park(kwasm_ctx_store(ctx), &waiter.parking,
			(s64)timeout_ns < 0 ? ~0ull : timeout_ns);

	/* also waits until who woke us is done with what lies on our stack */
	plat_lock_get(&bucket->lock);
	woken = list_empty(&waiter.node);
	if (!woken)
		list_del_init(&waiter.node);
	plat_lock_put(&bucket->lock);
	if (woken)
		return 0;
	if (err)
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
	return 2;
}
EXPORT_SYMBOL_GPL(kwasm_memory_wait);
