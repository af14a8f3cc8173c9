// SPDX-License-Identifier: GPL-2.0
/*
 * Linear memories
 *
 * An instance's own memory 0 lies in the same region as its context:
 *
 *	base - below      base = C            base + size       base + 8 GiB + 64 KiB
 *	| context         | wasm pages        | reserved        |
 *
 * for example 0xffffc90000200000 - 0x1000, 0xffffc90000200000 and, with two wasm pages,
 * 0xffffc90000220000, up to 0xffffc90200210000. A 32-bit index plus a 32-bit offset plus
 * the access cannot leave that, so what is not committed faults and the fault is the trap.
 * Other memories have a region of their own with nothing below the base. With software
 * bounds, and with 64-bit addresses, only what the memory may grow to is reserved.
 *
 * The helpers below follow the specification's bulk instructions: the whole range is checked
 * first, and nothing is written if it does not fit.
 */
#include "kwasm.h"

#define CHUNK	(256u << 10)	/* bytes between two looks whether somebody else wants the CPU */

/* The most bytes a memory of that type can ever have here */
static u64 type_bytes(u32 is64, u32 page_size_log2, u64 max_pages)
{
	u64 bytes = is64 ? KWASM_MEMORY64_MAX : 1ull << 32;

	return min(max_pages, bytes >> page_size_log2) << page_size_log2;
}

static u64 page_up(u64 bytes)
{
	return (bytes + PLAT_PAGE_SIZE - 1) & ~(u64)(PLAT_PAGE_SIZE - 1);
}

/* Bytes of address space a memory must have above its base; never none, to have a base at all */
static u64 reserve_bytes(const struct kwasm_program *program, const struct kwasm_image_memory *type)
{
	if (!type->is64 && !(program->image->flags & KWASM_IMAGE_BOUNDS_CHECK))
		return KWASM_MEMORY_RESERVE;
	return max(page_up(type_bytes(type->is64, type->page_size_log2, type->max)),
		   (u64)PLAT_PAGE_SIZE);
}

/* What memory 0 of @program needs above the context; 0 if it defines none */
u64 kwasm_memory_reserve(const struct kwasm_program *program)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_memory *types = kwasm_image_at(image, image->memories);

	if (!(image->flags & KWASM_IMAGE_MEMORY0))
		return 0;
	return reserve_bytes(program, &types[0]);
}

/* Bytes the memory may grow to */
static u64 limit_bytes(const struct kwasm_memory *memory)
{
	const struct kwasm_instance *owner = memory->owner;
	u64 limit = type_bytes(memory->is64, memory->page_size_log2, memory->max);
	u64 others = owner->memory_bytes - memory->abi.size;

	if (owner->max_memory)
		limit = min(limit, owner->max_memory > others ? owner->max_memory - others : 0);
	return min(limit, memory->region->reserve);
}

/* Sizes need not be whole pages of the machine when a wasm page is one byte */
static int commit(struct kwasm_memory *memory, u64 bytes)
{
	return plat_region_commit(memory->region, page_up(bytes));
}

/**
 * kwasm_memory_create() - Set up a memory an instance defines
 * @instance: the owner; its region exists
 * @memory: filled in; pages below its minimum are zero and accessible, or will be when they are touched
 * @type: row of the image
 * @in_region: it is memory 0 and lies above the context
 *
 * Return: 0; -ENOMEM, also if the minimum is over the instance's limit; -EINTR.
 */
int kwasm_memory_create(struct kwasm_instance *instance, struct kwasm_memory *memory,
			const struct kwasm_image_memory *type, bool in_region)
{
	u64 bytes;
	int err;

	memory->owner = instance;
	memory->max = type->max;
	memory->is64 = type->is64;
	memory->shared = type->shared;
	memory->page_size_log2 = type->page_size_log2;
	if (in_region) {
		memory->region = &instance->region;
	} else {
		err = plat_region_reserve(&memory->own_region, 0,
					  reserve_bytes(instance->program, type));
		if (err)
			return err;
		memory->region = &memory->own_region;
	}
	memory->abi.base = memory->region->base;
	if (type->min > limit_bytes(memory) >> type->page_size_log2)
		return -ENOMEM;
	bytes = type->min << type->page_size_log2;
	if (in_region && instance->program->on_demand)
		err = kwasm_demand_begin(memory, bytes);
	else
		err = commit(memory, bytes);
	if (err)
		return err;
	memory->abi.size = bytes;
	memory->direct = memory->demand ? 0 : bytes;
	instance->memory_bytes += bytes;
	return 0;
}

/* The region of an instance's memory 0 goes with its context */
void kwasm_memory_destroy(struct kwasm_memory *memory)
{
	kwasm_demand_end(memory);
	if (memory->region == &memory->own_region)
		plat_region_release(&memory->own_region);
}

bool kwasm_memory_contains(const struct kwasm_memory *memory, u64 addr, u64 len)
{
	u64 size = READ_ONCE(memory->abi.size);	/* others may be growing it */

	return addr <= size && len <= size - addr;
}

/* What a host function is about to access is in bounds. Is it there? If it cannot be had the call ends. */
static bool is_there(void *ctx, struct kwasm_memory *memory, u64 addr, u64 len)
{
	int err;

	if (!memory->demand)
		return true;
	err = kwasm_demand_fill(memory, addr, len);
	if (err)
		kwasm_raise(ctx, err == -EINTR ? KWASM_TRAP_killed : KWASM_TRAP_out_of_memory, 0);
	return !err;
}

void *kwasm_guest_ptr(void *ctx, u32 addr, u64 len)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct kwasm_memory *memory;

	if (!instance->program->image->memories.nr)
		return NULL;
	memory = instance->memories[0];
	if (!kwasm_memory_contains(memory, addr, len) || !is_there(ctx, memory, addr, len))
		return NULL;
	/* an address the guest chose, compared with a size: do not go beyond even speculatively */
	return memory->abi.base + array_index_nospec((unsigned long)addr,
						     (unsigned long)READ_ONCE(memory->abi.size) + 1);
}
EXPORT_SYMBOL_GPL(kwasm_guest_ptr);

bool kwasm_guest_complete(void *ctx)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct kwasm_memory *memory;

	if (!instance->program->image->memories.nr)
		return true;
	memory = instance->memories[0];
	return is_there(ctx, memory, 0, memory->abi.size);
}
EXPORT_SYMBOL_GPL(kwasm_guest_complete);

/* Returns the former size in wasm pages, or -errno; under the owner's grow_lock */
static s64 grow_locked(struct kwasm_memory *memory, u64 delta)
{
	u64 old_size = memory->abi.size, size;
	u64 limit = limit_bytes(memory);
	int err;

	if (delta > limit >> memory->page_size_log2)
		return -ENOSPC;
	size = old_size + (delta << memory->page_size_log2);
	if (size > limit)
		return -ENOSPC;
	if (delta) {
		err = commit(memory, size);
		if (err)
			return err;
		/* what others may see as inside is there already */
		smp_store_release(&memory->abi.size, size);
		if (!memory->demand)
			smp_store_release(&memory->direct, size);
		WRITE_ONCE(memory->owner->memory_bytes,
			   memory->owner->memory_bytes + size - old_size);
	}
	return old_size >> memory->page_size_log2;
}

/**
 * kwasm_memory_grow() - memory.grow
 * @ctx: of the calling instance
 * @memidx: index in it
 * @delta: wasm pages, of the memory's own page size
 *
 * Addresses handed out before stay valid: growing only commits more of what
 * was reserved. Threads that share the memory may grow it at the same time: each growth
 * happens at once, and no size is handed out twice.
 *
 * Context: Host call.
 * Return: former size in wasm pages; -1 past a limit or without memory.
 */
u64 kwasm_memory_grow(void *ctx, u32 memidx, u64 delta)
{
	struct kwasm_memory *memory = kwasm_ctx_instance(ctx)->memories[memidx];
	s64 old = plat_mutex_lock_killable(&memory->owner->grow_lock, 0);

	if (!old) {
		old = grow_locked(memory, delta);
		plat_mutex_unlock(&memory->owner->grow_lock);
	}
	if (old == -EINTR)
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
	return old < 0 ? -1ull : (u64)old;
}
EXPORT_SYMBOL_GPL(kwasm_memory_grow);

bool kwasm_chunk_done(void *ctx)
{
	if (!plat_resched(kwasm_ctx_store(ctx)))
		return false;
	kwasm_raise(ctx, KWASM_TRAP_killed, 0);
	return true;
}

void kwasm_move(void *ctx, void *dst, const void *src, u64 n)
{
	bool forward = dst <= src || dst >= src + n;
	u64 done = 0, now;

	while (done < n) {
		now = min_t(u64, n - done, CHUNK);
		if (forward)
			memmove(dst + done, src + done, now);
		else
			memmove(dst + (n - done - now), src + (n - done - now), now);
		done += now;
		if (done < n && kwasm_chunk_done(ctx))
			return;
	}
}

void kwasm_memory_init(void *ctx, u32 memidx, u32 dataidx, u64 dst, u32 src, u32 n)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_data *data = kwasm_image_at(image, image->datas);
	struct kwasm_memory *memory = instance->memories[memidx];
	const u8 *from;
	u64 size;

	data += dataidx;
	size = instance->data_dropped[dataidx] ? 0 : data->size;
	if (!kwasm_memory_contains(memory, dst, n) || src > size || n > size - src) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return;
	}
	from = instance->program->app->data + data->offset + src;
	if (memory->demand && kwasm_demand_note(memory, dst, from, n))
		return;
	if (is_there(ctx, memory, dst, n))
		kwasm_move(ctx, memory->abi.base + dst, from, n);
}
EXPORT_SYMBOL_GPL(kwasm_memory_init);

void kwasm_memory_copy(void *ctx, u32 dst_memidx, u32 src_memidx, u64 dst, u64 src, u64 n)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct kwasm_memory *to = instance->memories[dst_memidx];
	struct kwasm_memory *from = instance->memories[src_memidx];

	if (!kwasm_memory_contains(to, dst, n) || !kwasm_memory_contains(from, src, n)) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return;
	}
	if (is_there(ctx, to, dst, n) && is_there(ctx, from, src, n))
		kwasm_move(ctx, to->abi.base + dst, from->abi.base + src, n);
}
EXPORT_SYMBOL_GPL(kwasm_memory_copy);

void kwasm_memory_fill(void *ctx, u32 memidx, u64 dst, u32 byte, u64 n)
{
	struct kwasm_memory *memory = kwasm_ctx_instance(ctx)->memories[memidx];
	u64 done = 0, now;

	if (!kwasm_memory_contains(memory, dst, n)) {
		kwasm_raise(ctx, KWASM_TRAP_out_of_bounds_memory, 0);
		return;
	}
	if (!is_there(ctx, memory, dst, n))
		return;
	while (done < n) {
		now = min_t(u64, n - done, CHUNK);
		memset(memory->abi.base + dst + done, (u8)byte, now);
		done += now;
		if (done < n && kwasm_chunk_done(ctx))
			return;
	}
}
EXPORT_SYMBOL_GPL(kwasm_memory_fill);

void kwasm_data_drop(void *ctx, u32 dataidx)
{
	kwasm_ctx_instance(ctx)->data_dropped[dataidx] = true;
}
EXPORT_SYMBOL_GPL(kwasm_data_drop);
