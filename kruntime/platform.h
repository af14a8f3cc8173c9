/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the runtime's core asks of the world it runs in
 *
 * There are two platforms: the kernel (region.c, stack.c, fpu.c, preempt.c,
 * params.c, main.c) and the user-space runner (kwasm/user_platform.c). All functions
 * are for process context and may sleep unless they say otherwise. Errors are
 * -errno in both.
 *
 * Struct definitions here are the same on both sides; what only one side needs
 * hangs behind a pointer of its own.
 */
#ifndef KWASM_PLATFORM_H
#define KWASM_PLATFORM_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/export.h>
#else
#include "kcompat_user.h"
#endif
#include "kwasm_abi.h"

struct kwasm_store;
struct kwasm_program;

/* Log lines, printk style. Nothing a guest does may print at will: use the ratelimited one there. */
#ifdef __KERNEL__
#define kwasm_err(fmt, ...)		printk(KERN_ERR "kwasm: " fmt, ##__VA_ARGS__)
#define kwasm_info_ratelimited(fmt, ...) printk_ratelimited(KERN_INFO "kwasm: " fmt, ##__VA_ARGS__)
#endif

/*
 * plat_zalloc() - zeroed memory of any size, aligned to 16; NULL if there is none
 * Charged to the caller's cgroup. Never wakes the OOM killer for large sizes.
 */
void *plat_zalloc(size_t size);
void plat_free(void *p);		/* NULL is fine */

#define PLAT_PAGE_SIZE	4096u	/* of the machine */

/*
 * struct plat_region - a piece of address space with the context below @base
 * and linear memory above it
 */
struct plat_region {
	u8 *base;		/* page aligned */
	u64 below;		/* bytes under base, committed from the start, page multiple */
	u64 reserve;		/* bytes from base on that belong to the region; page multiple */
	u64 committed;		/* bytes from base on that may be accessed; page multiple */
	void *plat;		/* the platform's */
};

/**
 * plat_region_reserve() - Reserve address space
 * @region: filled in
 * @below: bytes under the base, at least, committed and zeroed (rounded up to pages)
 * @reserve: bytes above the base, rounded up; nothing of it is accessible yet,
 *	an access faults
 *
 * Return: 0, -ENOMEM.
 */
int plat_region_reserve(struct plat_region *region, u64 below, u64 reserve);

/**
 * plat_region_commit() - Make [committed, size) accessible and zero
 * @region: the region
 * @size: new committed size, page multiple, at most @reserve; never smaller
 *
 * On failure nothing has changed and nothing stays allocated.
 *
 * Return: 0, -ENOMEM (also: cgroup limit), -EINTR (the task is being killed).
 */
int plat_region_commit(struct plat_region *region, u64 size);
void plat_region_release(struct plat_region *region);

/*
 * plat_region_promise() - count [committed, size) as committed, without anything there yet
 * An access faults, until plat_region_fill(). @size: as plat_region_commit()'s.
 */
static inline void plat_region_promise(struct plat_region *region, u64 size)
{
	region->committed = size;
}

/**
 * plat_region_fill() - Make [start, end) accessible and zero, of which nothing is there
 * @region: the region
 * @start: from base, page multiple
 * @end: page multiple, at most what is committed
 *
 * Return: as plat_region_commit().
 */
int plat_region_fill(struct plat_region *region, u64 start, u64 end);

/*
 * plat_demand_get() - from now on guest code's faults where kwasm_demand_covers() says so are given to
 * kwasm_demand_fault(), and what faulted is executed again. Return: false: that cannot be done here.
 * plat_demand_put() - not any more, when all who got it have put it.
 */
bool plat_demand_get(void);
void plat_demand_put(void);

/*
 * struct plat_stack - a guest stack: slot of KWASM_STACK_SLOT bytes aligned to its
 * size, of which the lowest @size are mapped
 */
struct plat_stack {
	void *slot;
	void *top;		/* slot + size, 16-byte aligned: initial rsp */
	u32 size;		/* page multiple, KWASM_STACK_MIN .. KWASM_STACK_SLOT - 64 KiB */
	void *plat;		/* the platform's */
	struct list_head node;	/* the platform's (pool) */
};

/* A stack of at least @size mapped bytes, from a pool; ERR_PTR-free: NULL if there is no memory */
struct plat_stack *plat_stack_get(u32 size);
void plat_stack_put(struct plat_stack *stack);

/* A mutex that a killed task gives up waiting for. @subclass is lockdep's, 0 or 1. */
struct plat_mutex {
#ifdef __KERNEL__
	struct mutex m;
#else
	pthread_mutex_t m;
#endif
};

#ifdef __KERNEL__
#define plat_mutex_init(mutex)	mutex_init(&(mutex)->m)	/* one lockdep class per place in the code */
#else
void plat_mutex_init(struct plat_mutex *mutex);
#endif
void plat_mutex_destroy(struct plat_mutex *mutex);
void plat_mutex_lock(struct plat_mutex *mutex);
int plat_mutex_lock_killable(struct plat_mutex *mutex, unsigned int subclass);	/* 0, -EINTR */
void plat_mutex_unlock(struct plat_mutex *mutex);

/* A lock that is held for moments; nothing sleeps under it */
struct plat_lock {
#ifdef __KERNEL__
	spinlock_t s;
#else
	pthread_mutex_t m;
#endif
};

#ifdef __KERNEL__
#define plat_lock_init(lock)	spin_lock_init(&(lock)->s)
#define plat_lock_get(lock)	spin_lock(&(lock)->s)
#define plat_lock_put(lock)	spin_unlock(&(lock)->s)
#else
#define plat_lock_init(lock)	pthread_mutex_init(&(lock)->m, NULL)
#define plat_lock_get(lock)	pthread_mutex_lock(&(lock)->m)
#define plat_lock_put(lock)	pthread_mutex_unlock(&(lock)->m)
#endif

/* The .ko an app came from (struct kwasm_app.module): false if it is going away */
bool plat_module_get(void *module);
void plat_module_put(void *module);

/* From now on a fault in the kernel module @module may be one of these rows', which are sorted */
void plat_ex_table_set(void *module, void *rows, u64 nr);

/*
 * plat_text_add() - guest code lies here
 * To be said before any of it runs, and taken back with the same address. The kernel tells by
 * it whether an interrupted instruction is guest code. Return: 0, -ENOMEM.
 */
#ifdef __KERNEL__
int plat_text_add(const void *text, u64 size);
void plat_text_remove(const void *text);
#else
static inline int plat_text_add(const void *text, u64 size)
{
	(void)text;
	(void)size;
	return 0;
}

static inline void plat_text_remove(const void *text)
{
	(void)text;
}
#endif

/*
 * plat_exec_begin() - the calling thread is about to enter guest code of @store
 * Makes the store current (for faults and preemption), begins the FPU region if
 * @store->fpu, arms preemption and kill checks. The store's mutex is held from
 * before begin until after end. Return: 0, -errno (nothing begun).
 */
int plat_exec_begin(struct kwasm_store *store);
void plat_exec_end(struct kwasm_store *store);

/*
 * plat_should_stop() - must the call that runs in @store end early?
 * True for a fatal signal and for store->kill. Cheap. Any context.
 */
bool plat_should_stop(const struct kwasm_store *store);

/* Give way to others inside a long host call; true as plat_should_stop() */
bool plat_resched(const struct kwasm_store *store);

/* Sleep inside a host call; ~0: for ever. 0; -EINTR as plat_should_stop() */
int plat_sleep(struct kwasm_store *store, u64 ns);

/*
 * plat_park() - sleep inside a host call until somebody calls plat_unpark()
 * plat_park_init() comes before others can see @parking; an unpark between the two is not
 * lost. @ns from now, ~0: for ever. The caller finds out by itself whether it was unparked. Return: 0;
 * -EINTR as plat_should_stop(), unless it was unparked.
 * plat_unpark() may be called under a plat_lock, while the sleeper cannot go away.
 */
struct plat_parking {
	void *thread;		/* the platform's */
	bool unparked;
};

void plat_park_init(struct plat_parking *parking);
int plat_park(struct kwasm_store *store, struct plat_parking *parking, u64 ns);
void plat_unpark(struct plat_parking *parking);

/*
 * plat_kick() - store->kill has been set: make the thread inside notice
 * Called with the registry lock held, which also keeps store->running_pid valid;
 * must not sleep for long. Wakes host calls that wait. May come before plat_exec_begin().
 */
void plat_kick(struct kwasm_store *store);

/*
 * CPU time of the thread inside, ns; 0 if there is none. Called with the registry lock
 * held, as plat_kick() is.
 */
u64 plat_running_cpu_ns(struct kwasm_store *store);

/* CPU time of the calling thread, ns; its id as user space knows it */
u64 plat_cpu_ns(void);
s32 plat_pid(void);

/*
 * plat_complain() - write a line to the calling process's standard error, best effort
 * For a command that fails inside insmod: the process knows only an errno. @len bytes, with
 * newline. Nothing happens without such a descriptor.
 */
void plat_complain(const char *line, size_t len);

/*
 * plat_daemon_start() - run a command on a thread of its own (daemon=1)
 * The thread calls kwasm_program_run(program, &config, ...) with context KWASM_CONTEXT_KTHREAD
 * and logs the outcome; program->plat is free for the platform. stop() kills it, waits for its
 * end; it is called before the program goes away, also if it has ended by itself or start failed.
 */
int plat_daemon_start(struct kwasm_program *program);
void plat_daemon_stop(struct kwasm_program *program);

#endif /* KWASM_PLATFORM_H */
