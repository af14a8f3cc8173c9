// SPDX-License-Identifier: GPL-2.0
/*
 * arena.c - where received data go: a ring in the guest's memory
 *
 * A call of wait hands out at most half of it, and none of what the call before handed out: the
 * guest sends from there. Nor pages from which data are still being sent by reference: the
 * network holds such a page as long as any of its bytes may be read, by the peer's socket
 * on the same machine too, and lets go of it by put_page(). So the number of references tells.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "net.h"

#define SMALL_ALIGN	64u

int net_arena_init(struct net_app *app, u32 addr, u32 size, u32 most)
{
	struct net_arena *a = &app->arena;
	u8 *base;

	if (a->base)
		return -EALREADY;
	BUILD_BUG_ON(KWASM_NET_ARENA_ALIGN != PAGE_SIZE);
	if (addr % PAGE_SIZE || size % PAGE_SIZE || most < 1024 || most > size / 4)
		return -EINVAL;
	base = kwasm_guest_ptr(app->ctx, addr, size);
	if (!base)
		return -EFAULT;
	if (!PAGE_ALIGNED(base))	/* an imported memory might begin anywhere */
		return -EINVAL;
	a->in_flight = bitmap_zalloc(size / PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!a->in_flight)
		return -ENOMEM;
	a->addr = addr;
	a->size = size;
	a->most = most;
	a->base = base;
	return 0;
}

void net_arena_exit(struct net_arena *a)
{
	bitmap_free(a->in_flight);
}

/* A call of wait begins to hand out */
void net_arena_next(struct net_arena *a)
{
	a->keep = a->start;
	a->start = a->pos;
}

static bool page_busy(struct net_arena *a, u32 nr)
{
	if (likely(!test_bit(nr, a->in_flight)))
		return false;
	if (page_count(vmalloc_to_page(a->base + (size_t)nr * PAGE_SIZE)) > 1)
		return true;
	__clear_bit(nr, a->in_flight);
	return false;
}

/* @len bytes, in one piece; NULL: not now */
u8 *net_arena_reserve(struct net_arena *a, u32 len)
{
	/* what is large is sent by page, so it has its own */
	u64 pos = round_up(a->pos, len < PAGE_SIZE ? SMALL_ALIGN : PAGE_SIZE);
	u32 at, nr, last;

again:
	at = pos % a->size;
	if (at + len > a->size) {
		pos += a->size - at;
		goto again;
	}
	if (pos + len - a->keep > a->size || pos + len - a->start > a->size / 2)
		return NULL;
	last = (at + len - 1) / PAGE_SIZE;
	for (nr = at / PAGE_SIZE; nr <= last; nr++) {
		if (page_busy(a, nr)) {
			pos += (nr + 1) * PAGE_SIZE - at;
			goto again;
		}
	}
	a->pos = pos;
	return a->base + at;
}

/* From what was reserved last, @len bytes have been used */
void net_arena_commit(struct net_arena *a, const u8 *at, u32 len)
{
	a->pos += len;
}

/* These bytes are being sent by reference */
void net_arena_sent(struct net_arena *a, const u8 *at, u32 len)
{
	u32 first = (at - a->base) / PAGE_SIZE, last = (at + len - 1 - a->base) / PAGE_SIZE;

	bitmap_set(a->in_flight, first, last - first + 1);
}
