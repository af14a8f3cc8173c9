// SPDX-License-Identifier: GPL-2.0
/*
 * Large data segments, copied when they are touched
 *
 * An instance of an app with megabytes of data need not wait for all of them, nor have all of them in memory.
 * Such a memory begins with nothing in it. What happens to it then:
 *
 *	the initialisation's memory.init	is noted: what belongs where, in order
 *	the initialisation is over		wasm pages without data are mapped, so that who has no memory hears it
 *						then, as of any instance
 *	guest code touches a page of data	the platform sees the fault, calls kwasm_demand_fault(), and executes the
 *						instruction again
 *	a host function asks for a piece	kwasm_guest_ptr() has all of it filled
 *	another instance imports the memory	all is filled: not all code can be interrupted at an access (--bounds=check)
 *
 * What a segment holds stays in the .ko, which instances pin. When no page is missing any more the memory is
 * as any other.
 *
 * Only the thread that holds the store's mutex gets here: a memory that threads share has no such pages.
 * Whoever lets guest code run where it must not sleep (KWASM_CONTEXT_ATOMIC) has to have all of it filled before.
 */
#include "kwasm.h"

#define PAGE_LOG2	16		/* of wasm */
#define WASM_PAGE	(1ull << PAGE_LOG2)

#define LEAST_BYTES	(256u << 10)	/* of data; fewer are copied in no time */
#define MOST_SEGMENTS	1024u		/* each fault looks at all of them */

/* What belongs where */
struct copy {
	u64 dst;
	const u8 *src;
	u64 n;
};

/* A wasm page that is not there */
enum {
	MISSING = 1,
	WITH_DATA = 2,		/* and is not all zero */
};

struct kwasm_demand {
	u64 nr_pages;		/* wasm pages of the memory when it began */
	u64 nr_missing;
	u8 *pages;		/* by wasm page: of the flags above; 0: it is there */
	u32 nr_copies;
	struct copy *copies;	/* in order: later ones win */
};

/**
 * kwasm_demand_wanted() - Is it worth while for the instances of a program?
 * @image: checked
 */
bool kwasm_demand_wanted(const struct kwasm_image *image)
{
	const struct kwasm_image_data *datas = kwasm_image_at(image, image->datas);
	const struct kwasm_image_memory *types = kwasm_image_at(image, image->memories);
	u64 bytes = 0;
	u32 i;

	if (!(image->flags & KWASM_IMAGE_MEMORY0) || image->flags & KWASM_IMAGE_BOUNDS_CHECK ||
	    types[0].is64 || types[0].shared || types[0].page_size_log2 != PAGE_LOG2 ||
	    image->datas.nr > MOST_SEGMENTS)
		return false;
	for (i = 0; i < image->datas.nr; i++)
		bytes += datas[i].size;
	return bytes >= LEAST_BYTES;
}

/**
 * kwasm_demand_begin() - Let a memory begin with nothing in it
 * @memory: without pages yet; memory 0 of its owner, whose program wants it
 * @bytes: its size to be, wasm pages
 *
 * Return: 0, -ENOMEM.
 */
int kwasm_demand_begin(struct kwasm_memory *memory, u64 bytes)
{
	u32 nr_datas = memory->owner->program->image->datas.nr;
	struct kwasm_demand *demand;

	demand = plat_zalloc(sizeof(*demand));
	if (!demand)
		return -ENOMEM;
	memory->demand = demand;
	demand->nr_pages = demand->nr_missing = bytes >> PAGE_LOG2;
	demand->copies = plat_zalloc(nr_datas * sizeof(*demand->copies));
	demand->pages = plat_zalloc(demand->nr_pages);
	if (!demand->copies || !demand->pages) {
		kwasm_demand_end(memory);
		return -ENOMEM;
	}
	memset(demand->pages, MISSING, demand->nr_pages);
	plat_region_promise(memory->region, bytes);
	return 0;
}

void kwasm_demand_end(struct kwasm_memory *memory)
{
	struct kwasm_demand *demand = memory->demand;

	if (!demand)
		return;
	memory->demand = NULL;
	plat_free(demand->copies);
	plat_free(demand->pages);
	plat_free(demand);
}

/* The part of [start, end) that @copy fills, if any */
static void copy_part(struct kwasm_memory *memory, const struct copy *copy, u64 start, u64 end)
{
	u64 from = max(start, copy->dst), to = min(end, copy->dst + copy->n);

	if (from < to)
		memcpy(memory->abi.base + from, copy->src + (from - copy->dst), to - from);
}

/* Have wasm pages [@page, @end), which are all missing, with their data; 0, -ENOMEM, -EINTR */
static int fill(struct kwasm_memory *memory, u64 page, u64 end)
{
	struct kwasm_demand *demand = memory->demand;
	u32 i;
	int err;

	err = plat_region_fill(memory->region, page << PAGE_LOG2, end << PAGE_LOG2);
	if (err)
		return err;
	demand->nr_missing -= end - page;
	for (; page < end; page++) {
		if (demand->pages[page] & WITH_DATA) {
			for (i = 0; i < demand->nr_copies; i++)
				copy_part(memory, &demand->copies[i], page << PAGE_LOG2,
					  (page + 1) << PAGE_LOG2);
		}
		demand->pages[page] = 0;
	}
	return 0;
}

/* When nothing is missing, nothing is left to be done, here or by whoever uses the memory */
static void end_if_filled(struct kwasm_memory *memory)
{
	if (memory->demand->nr_missing)
		return;
	kwasm_demand_end(memory);
	memory->direct = memory->abi.size;
}

/**
 * kwasm_demand_fill() - See that a piece of a memory is there
 * @memory: with @demand
 * @addr: offset
 * @len: bytes, in bounds
 *
 * Context: Process context, may sleep; holding the store's mutex, as in a host function.
 * Return: 0, -ENOMEM, -EINTR (the call under way is to end).
 */
int kwasm_demand_fill(struct kwasm_memory *memory, u64 addr, u64 len)
{
	struct kwasm_demand *demand = memory->demand;
	u64 page = addr >> PAGE_LOG2, end = (addr + len + WASM_PAGE - 1) >> PAGE_LOG2;
	int err;

	for (end = min(end, demand->nr_pages); page < end; page++) {
		if (!demand->pages[page])
			continue;
		err = fill(memory, page, page + 1);
		if (err)
			return err;
		if (plat_resched(memory->owner->store))
			return -EINTR;
	}
	end_if_filled(memory);
	return 0;
}

/**
 * kwasm_demand_note() - memory.init of a segment into pages of which some are missing
 * @memory: with @demand
 * @dst: offset
 * @src: constant, in the .ko of the memory's owner
 * @n: bytes, in bounds
 *
 * Return: false: it is to be copied now, into what has been filled.
 */
bool kwasm_demand_note(struct kwasm_memory *memory, u64 dst, const u8 *src, u64 n)
{
	struct kwasm_demand *demand = memory->demand;
	struct copy *copy;
	u64 page, end = (dst + n + WASM_PAGE - 1) >> PAGE_LOG2;

	if (!memory->owner->starting || demand->nr_copies == memory->owner->program->image->datas.nr)
		return false;
	copy = &demand->copies[demand->nr_copies++];
	*copy = (struct copy){ .dst = dst, .src = src, .n = n };
	for (page = dst >> PAGE_LOG2; page < end; page++) {
		if (page < demand->nr_pages && demand->pages[page])
			demand->pages[page] |= WITH_DATA;
		else
			copy_part(memory, copy, page << PAGE_LOG2, (page + 1) << PAGE_LOG2);
	}
	return true;
}

/**
 * kwasm_demand_settle() - The initialisation is over: fill what has no data
 * @memory: with @demand
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int kwasm_demand_settle(struct kwasm_memory *memory)
{
	struct kwasm_demand *demand = memory->demand;
	u64 page, end;
	int err;

	for (page = 0; page < demand->nr_pages; page = end) {
		end = page + 1;
		if (demand->pages[page] != MISSING)
			continue;
		while (end < demand->nr_pages && demand->pages[end] == MISSING)
			end++;
		err = fill(memory, page, end);
		if (err)
			return err;
	}
	end_if_filled(memory);
	return 0;
}

static struct kwasm_memory *memory_at(struct kwasm_store *store, unsigned long address)
{
	struct kwasm_instance *instance;

	list_for_each_entry(instance, &store->instances, store_node) {
		struct kwasm_memory *memory = instance->memory_own;
		u64 page;

		if (!memory || !memory->demand)
			continue;
		page = (address - (unsigned long)memory->abi.base) >> PAGE_LOG2;
		if (page < memory->demand->nr_pages && memory->demand->pages[page])
			return memory;
	}
	return NULL;
}

/**
 * kwasm_demand_covers() - Is a fault of guest code to be mended by kwasm_demand_fault()?
 * @store: the calling thread is in its guest code
 * @address: that was accessed
 *
 * Context: Any; interrupts may be off.
 */
bool kwasm_demand_covers(struct kwasm_store *store, unsigned long address)
{
	return memory_at(store, address);
}

/**
 * kwasm_demand_fault() - Fill the wasm page that guest code touched
 * @store: the calling thread is in its guest code
 * @address: that was accessed
 *
 * Context: Process context, may sleep; outside of the FPU region.
 * Return: 0, the access can be tried again; enum kwasm_trap, the call is to end.
 */
u32 kwasm_demand_fault(struct kwasm_store *store, unsigned long address)
{
	struct kwasm_memory *memory = memory_at(store, address);
	u64 page;
	int err;

	if (!memory)
		return 0;
	page = (address - (unsigned long)memory->abi.base) >> PAGE_LOG2;
	err = fill(memory, page, page + 1);
	if (err)
		return err == -EINTR ? KWASM_TRAP_killed : KWASM_TRAP_out_of_memory;
	end_if_filled(memory);
	return 0;
}
