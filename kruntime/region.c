// SPDX-License-Identifier: GPL-2.0
/*
 * Address space and pages: regions of linear memory
 *
 *	start				base			 base + 8 GiB + 64 KiB
 *	| context, mapped from the	| linear memory,       | never mapped:	|
 *	| start: plat_region.below	| mapped as it grows   | an access traps	|
 *
 * A region is one area of the vmalloc space. A 4-level kernel has room for about
 * 3,800 of them, a 5-level one for as many as there is memory for. One part in 16 of that space
 * is left to others: without room there no task gets a stack, and no module is loaded.
 *
 * Pages are single ones: mapped by apply_to_page_range(), found again in the page tables when
 * they are to go. What maps, maps all or nothing; pages are linked through
 * page->lru while they belong to nobody. Long ranges are done in chunks with a chance
 * for others in between.
 *
 * Page tables stay with the vmalloc space when an area goes, as for vmalloc(): the
 * addresses are given out again, lowest first. They are not charged to a cgroup: 8 KiB,
 * and 4 KiB for every 2 MiB of memory.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include "compat/ksyms.h"
#include "kernel.h"

#define CHUNK	(2ul << 20)	/* one page table's worth */

/*
 * No OOM killer, neither the machine's nor the cgroup's: an allocation that would need
 * it fails, and memory.grow says -1.
 */
#define PAGE_GFP (GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static atomic_long_t space_used;	/* bytes of the vmalloc space, of all areas */

struct vm_struct *kwasm_area_get(unsigned long size, bool sparse)
{
	unsigned long most = (VMALLOC_END - VMALLOC_START) / 16 * 15;
	struct vm_struct *area = NULL;

	if (sparse && KWASM_SPARSE_APART)
		return kwasm_get_vm_area(size, true);
	if (size > most)
		return NULL;
	if ((unsigned long)atomic_long_add_return(size, &space_used) <= most)
		area = kwasm_get_vm_area(size, sparse);
	if (!area)
		atomic_long_sub(size, &space_used);
	return area;
}

void kwasm_area_put(struct vm_struct *area)
{
	if ((unsigned long)area->addr < VMALLOC_END)
		atomic_long_sub(get_vm_area_size(area), &space_used);
	free_vm_area(area);
}

static bool must_stop(void)
{
	struct kwasm_store *store = kwasm_current();

	return store ? plat_should_stop(store) : fatal_signal_pending(current);
}

static void free_page_list(struct list_head *pages)
{
	struct page *page, *next;
	unsigned int n = 0;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
		if (!(++n % 512))
			cond_resched();
	}
}

static int alloc_page_list(struct list_head *pages, unsigned long nr)
{
	unsigned long i;
	struct page *page;

	for (i = 0; i < nr; i++) {
		page = alloc_page(PAGE_GFP);
		if (!page)
			return -ENOMEM;
		list_add_tail(&page->lru, pages);
		if (!(i % 64)) {
			cond_resched();
			if (must_stop())
				return -EINTR;
		}
	}
	return 0;
}

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	struct list_head *pages = data;
	struct page *page = list_first_entry(pages, struct page, lru);

	list_del(&page->lru);
	set_pte_at(kwasm_init_mm(), addr, pte, mk_pte(page, PAGE_KERNEL));
	return 0;
}

static int unmap_one(pte_t *pte, unsigned long addr, void *pages)
{
	pte_t old = ptep_get_and_clear(kwasm_init_mm(), addr, pte);

	if (pte_present(old))
		list_add(&pte_page(old)->lru, pages);
	return 0;
}

/* @fn for each page of the range that has a page table; with @create, for all of it */
static int for_each_pte(unsigned long start, unsigned long end, pte_fn_t fn, void *data,
			bool create)
{
	unsigned long next;
	int err;

	for (; start < end; start = next) {
		next = min(end, ALIGN(start + 1, CHUNK));
		if (create)
			err = apply_to_page_range(kwasm_init_mm(), start, next - start, fn, data);
		else
			err = apply_to_existing_page_range(kwasm_init_mm(), start, next - start,
							   fn, data);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

int kwasm_map_pages(unsigned long start, unsigned long size)
{
	LIST_HEAD(pages);
	int err;

	err = alloc_page_list(&pages, size >> PAGE_SHIFT);
	if (err)
		goto out;
	/* This can still fail, for want of page tables. */
	err = for_each_pte(start, start + size, map_one, &pages, true);
	if (err)
		kwasm_unmap_pages(start, size);
out:
	free_page_list(&pages);
	return err;
}

void kwasm_unmap_pages(unsigned long start, unsigned long size)
{
	LIST_HEAD(pages);

	if (!size)
		return;
	for_each_pte(start, start + size, unmap_one, &pages, false);
	/* Only now that no processor reaches them may the pages be anything else. */
	kwasm_flush_tlb_kernel_range(start, start + size);
	free_page_list(&pages);
}

int plat_region_reserve(struct plat_region *region, u64 below, u64 reserve)
{
	struct vm_struct *area;
	int err;

	below = PAGE_ALIGN(below);
	reserve = PAGE_ALIGN(reserve);
	area = kwasm_area_get(below + reserve, true);
	if (!area)
		return -ENOMEM;
	err = kwasm_map_pages((unsigned long)area->addr, below);
	if (err) {
		kwasm_area_put(area);
		return err;
	}
	region->base = (u8 *)area->addr + below;
	region->below = below;
	region->reserve = reserve;
	region->committed = 0;
	region->plat = area;
	return 0;
}

int plat_region_fill(struct plat_region *region, u64 start, u64 end)
{
	struct kwasm_exec *paused = kwasm_fpu_pause();
	int err = kwasm_map_pages((unsigned long)region->base + start, end - start);

	kwasm_fpu_resume(paused);
	return err;
}

int plat_region_commit(struct plat_region *region, u64 size)
{
	int err;

	if (WARN_ON_ONCE(size > region->reserve || size < region->committed ||
			 !PAGE_ALIGNED(size)))
		return -EINVAL;
	if (size == region->committed)
		return 0;
	err = plat_region_fill(region, region->committed, size);
	if (!err)
		region->committed = size;
	return err;
}

void plat_region_release(struct plat_region *region)
{
	struct vm_struct *area = region->plat;

	if (!area)
		return;
	kwasm_unmap_pages((unsigned long)area->addr, region->below + region->committed);
	kwasm_area_put(area);
	memset(region, 0, sizeof(*region));
}
