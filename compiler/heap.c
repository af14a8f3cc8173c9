// SPDX-License-Identifier: GPL-2.0
/*
 * heap.c - C++'s new and delete, for LLVM
 *
 * LLVM makes and drops millions of small objects, and a tenth of a compilation went into malloc()
 * for them. Here the small ones are of few sizes, multiples of 16; each thread has a list of
 * free objects of each size, so that new and delete are a few instructions without a lock. What is
 * freed by another thread than the one that made it goes to the list of the former.
 *
 *	area:	| block | block | block | ...	64 KiB each, of objects of one size
 *
 * The area is only reserved; pages come when they are used. A block stays with its size for good. When a
 * thread ends its lists wait for the next thread. Whatever is large, or does not fit, is malloc()'s.
 *
 * Only the functions below need replacing: those of the library for arrays, and those that do not throw,
 * call them; those for objects aligned to more than 16 bytes are on their own.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "util.h"

#define UNIT		16u
#define SMALL_MAX	512u
#define NR_SIZES	(SMALL_MAX / UNIT + 1)
#define BLOCK		(64u << 10)
#define NR_BLOCKS	(256u << 10)	/* 16 GiB */

struct item {
	struct item *next;
};

struct heap {
	struct heap *next;		/* while it waits */
	struct item *free[NR_SIZES];
	char *fresh[NR_SIZES];		/* what was never given out yet of the last block */
	char *end[NR_SIZES];
};

static uintptr_t area;			/* 0: there is none */
static atomic_uint nr_used;		/* blocks */
static u8 units_of[NR_BLOCKS];		/* size of a block's objects */
static struct heap *waiting;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread struct heap *mine;

/* a thread ends */
static void leave(void *arg)
{
	struct heap *heap = arg;

	mine = NULL;
	pthread_mutex_lock(&mutex);
	heap->next = waiting;
	waiting = heap;
	pthread_mutex_unlock(&mutex);
}

static void reserve(void)
{
	void *p = mmap(NULL, (size_t)NR_BLOCKS * BLOCK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pthread_key_create(&key, leave) || p == MAP_FAILED)
		return;
	area = (uintptr_t)p;
}

static struct heap *enter(void)
{
	struct heap *heap;

	pthread_once(&once, reserve);
	pthread_mutex_lock(&mutex);
	heap = waiting;
	if (heap)
		waiting = heap->next;
	pthread_mutex_unlock(&mutex);
	if (!heap)
		heap = xcalloc(1, sizeof(*heap));
	mine = heap;
	if (area)
		pthread_setspecific(key, heap);
	return heap;
}

static void *take_fresh(struct heap *heap, u32 units)
{
	char *p;
	u32 i;

	if ((size_t)(heap->end[units] - heap->fresh[units]) < units * UNIT) {
		if (!area || atomic_load(&nr_used) >= NR_BLOCKS)
			return xmalloc(units * UNIT);
		i = atomic_fetch_add(&nr_used, 1);
		if (i >= NR_BLOCKS)
			return xmalloc(units * UNIT);
		units_of[i] = units;
		heap->fresh[units] = (char *)area + (size_t)i * BLOCK;
		heap->end[units] = heap->fresh[units] + BLOCK;
	}
	p = heap->fresh[units];
	heap->fresh[units] += units * UNIT;
	return p;
}

/* operator new(size_t) */
void *_Znwm(size_t size);
void *_Znwm(size_t size)
{
	struct heap *heap = mine;
	struct item *item;
	u32 units;

	if (size > SMALL_MAX)
		return xmalloc(size);
	if (!heap)
		heap = enter();
	units = size ? (size + UNIT - 1) / UNIT : 1;
	item = heap->free[units];
	if (!item)
		return take_fresh(heap, units);
	heap->free[units] = item->next;
	return item;
}

/* operator delete(void *) */
void _ZdlPv(void *p);
void _ZdlPv(void *p)
{
	uintptr_t offset = (uintptr_t)p - area;
	struct heap *heap = mine;
	struct item *item = p;
	u32 units;

	if (!area || offset >= (uintptr_t)NR_BLOCKS * BLOCK) {
		free(p);
		return;
	}
	if (!heap)
		heap = enter();
	units = units_of[offset / BLOCK];
	item->next = heap->free[units];
	heap->free[units] = item;
}

/* operator delete(void *, size_t) */
void _ZdlPvm(void *p, size_t size);
void _ZdlPvm(void *p, size_t size)
{
	(void)size;
	_ZdlPv(p);
}
