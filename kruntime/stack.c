// SPDX-License-Identifier: GPL-2.0
/*
 * Guest stacks
 *
 *	area                      slot (multiple of 8 MiB)   slot + size	   slot + 8 MiB
 *	| not mapped, >= 64 KiB   | reserve | stack, mapped | not mapped	   |
 *	                          | 64 KiB  |		  ^ rsp at first
 *
 * Generated code tests rsp against the reserve by its low bits (kwasm_abi.h), so a
 * stack that runs low traps before it runs out. Should that check ever be missing,
 * the unmapped rest is what it runs into: a double fault, but not silent corruption.
 *
 * A kernel stack cannot be mapped on demand, so all of it has pages from the
 * start. A few stacks are kept for the next call: one is mapped in about the time
 * that a thousand calls take. Their pages stay charged to the cgroup that first
 * used them, which is why there are only a few.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "compat/ksyms.h"
#include "kernel.h"

#define GUARD		(64ul << 10)
#define SIZE_LIMIT	(KWASM_STACK_SLOT - GUARD)

static DEFINE_SPINLOCK(pool_lock);
static LIST_HEAD(pool);		/* most recently used first */
static unsigned int nr_pooled;

static unsigned int pool_max(void)
{
	return min(2 * num_online_cpus(), 16u);
}

static struct plat_stack *stack_create(u32 size)
{
	struct plat_stack *stack;
	struct vm_struct *area;
	unsigned long slot;

	stack = kzalloc(sizeof(*stack), GFP_KERNEL_ACCOUNT);
	if (!stack)
		return NULL;
	/* Wherever it lies, an aligned slot with the guard before it fits in. */
	area = kwasm_area_get(GUARD + 2ul * KWASM_STACK_SLOT, false);
	if (!area)
		goto err_free;
	slot = ALIGN((unsigned long)area->addr + GUARD, KWASM_STACK_SLOT);
	if (kwasm_map_pages(slot, size))
		goto err_free_area;
	stack->slot = (void *)slot;
	stack->top = (void *)(slot + size);
	stack->size = size;
	stack->plat = area;
	return stack;

err_free_area:
	kwasm_area_put(area);
err_free:
	kfree(stack);
	return NULL;
}

static void stack_destroy(struct plat_stack *stack)
{
	kwasm_unmap_pages((unsigned long)stack->slot, stack->size);
	kwasm_area_put(stack->plat);
	kfree(stack);
}

struct plat_stack *plat_stack_get(u32 size)
{
	struct plat_stack *stack;

	size = PAGE_ALIGN(clamp_t(u32, size, KWASM_STACK_MIN, SIZE_LIMIT));
	spin_lock(&pool_lock);
	list_for_each_entry(stack, &pool, node) {
		if (stack->size == size) {
			list_del(&stack->node);
			nr_pooled--;
			spin_unlock(&pool_lock);
			return stack;
		}
	}
	spin_unlock(&pool_lock);
	return stack_create(size);
}

void plat_stack_put(struct plat_stack *stack)
{
	struct plat_stack *victim = NULL;

	if (!stack)
		return;
	spin_lock(&pool_lock);
	list_add(&stack->node, &pool);
	if (++nr_pooled > pool_max()) {
		victim = list_last_entry(&pool, struct plat_stack, node);
		list_del(&victim->node);
		nr_pooled--;
	}
	spin_unlock(&pool_lock);
	if (victim)
		stack_destroy(victim);
}

void kwasm_stack_exit(void)
{
	struct plat_stack *stack, *next;

	list_for_each_entry_safe(stack, next, &pool, node)
		stack_destroy(stack);
	INIT_LIST_HEAD(&pool);
	nr_pooled = 0;
}
