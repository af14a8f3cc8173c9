// SPDX-License-Identifier: GPL-2.0
/*
 * arena.c - where received data go: a ring in the guest's memory
 *
 * A call of wait hands out at most half of it, and none of what the call before handed out: the
 * guest sends from there. Nor pages from which data are still being sent by reference: the
 * network holds such a page as long as any of its bytes may be read, by the peer's socket
 * on the same machine too, and lets go of it by put_page(). So the number of references tells.
 *
 * A peer that does not read may hold such pages forever. So a connection may have only so many
 * under way, and all together only a quarter of the arena: whatever half of it a call looks at has
 * room then. What is sent beyond that is copied. When a page has come back is seen only when somebody looks.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "net.h"

#define SMALL_ALIGN	64u
/* Parts of the arena that may be under way by reference */
#define ALL_PART	4u
#define CONN_PART	8u
#define LOOK_PART	16u	/* handed out between two looks at all of it */

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
	a->senders = kvcalloc(size / PAGE_SIZE, sizeof(*a->senders), GFP_KERNEL_ACCOUNT);
	if (!a->in_flight || !a->senders) {
		net_arena_exit(a);
		a->in_flight = NULL;
		a->senders = NULL;
		return -ENOMEM;
	}
	a->addr = addr;
	a->size = size;
	a->most = most;
	a->base = base;
	return 0;
}

void net_arena_exit(struct net_arena *a)
{
	bitmap_free(a->in_flight);
	kvfree(a->senders);
}

/* A call of wait begins to hand out */
void net_arena_next(struct net_arena *a)
{
	a->keep = a->start;
	a->start = a->pos;
}

static bool page_busy(struct net_arena *a, u32 nr)
{
	struct net_conn *sender;

	if (likely(!test_bit(nr, a->in_flight)))
		return false;
	if (page_count(vmalloc_to_page(a->base + (size_t)nr * PAGE_SIZE)) > 1)
		return true;
	__clear_bit(nr, a->in_flight);
	a->nr_in_flight--;
	sender = net_conn_find(container_of(a, struct net_app, arena), a->senders[nr]);
	if (sender)
		sender->nr_in_flight--;
	return false;
}

/* @len bytes in one piece, from @pos on; NULL: not now */
static u8 *find_room(struct net_arena *a, u64 pos, u32 len)
{
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

/* *@len bytes, or fewer, in one piece; NULL: not now */
u8 *net_arena_reserve(struct net_arena *a, u32 *len)
{
	/* what is large is sent by page, so it has its own */
	u8 *at = find_room(a, round_up(a->pos, *len < PAGE_SIZE ? SMALL_ALIGN : PAGE_SIZE), *len);

	if (at || *len <= PAGE_SIZE)
		return at;
	/* between pages under way there may be no such piece */
	*len = PAGE_SIZE;
	return find_room(a, round_up(a->pos, PAGE_SIZE), PAGE_SIZE);
}

/* From what was reserved last, @len bytes have been used */
void net_arena_commit(struct net_arena *a, const u8 *at, u32 len)
{
	a->pos += len;
}

static bool too_many(const struct net_arena *a, const struct net_conn *conn, u32 nr)
{
	u32 all = a->size / PAGE_SIZE;

	return a->nr_in_flight + nr > all / ALL_PART || conn->nr_in_flight + nr > all / CONN_PART;
}

/* May @conn send @len bytes of it by reference? */
bool net_arena_may_send(struct net_arena *a, const struct net_conn *conn, u32 len)
{
	u32 nr = len / PAGE_SIZE + 2, i;

	if (likely(!too_many(a, conn, nr)))
		return true;
	if (a->pos - a->looked < a->size / LOOK_PART)
		return false;
	a->looked = a->pos;
	for_each_set_bit(i, a->in_flight, a->size / PAGE_SIZE)
		page_busy(a, i);
	return !too_many(a, conn, nr);
}

/* @conn is sending these bytes by reference */
void net_arena_sent(struct net_arena *a, struct net_conn *conn, const u8 *at, u32 len)
{
	u32 nr = (at - a->base) / PAGE_SIZE, last = (at + len - 1 - a->base) / PAGE_SIZE;

	for (; nr <= last; nr++) {
		if (__test_and_set_bit(nr, a->in_flight))
			continue;
		a->senders[nr] = conn->handle;
		a->nr_in_flight++;
		conn->nr_in_flight++;
	}
}
