// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c - the four clocks
 *
 * CPU time is that of the calling process and thread. A module sees it with the
 * resolution of the scheduler's accounting, which clock_res_get says.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include "call.h"

static u64 process_cputime(void)
{
	struct task_struct *task;
	u64 ns;

	rcu_read_lock();
	ns = READ_ONCE(current->signal->sum_sched_runtime);	/* of threads that have ended */
	for_each_thread(current, task)
		ns += READ_ONCE(task->se.sum_exec_runtime);
	rcu_read_unlock();
	return ns;
}

/**
 * wasi_clock_now() - Time of a clock
 * @id: enum wasi_clockid
 * @ns: set
 *
 * Context: any.
 * Return: 0, -EINVAL (no such clock).
 */
int wasi_clock_now(u32 id, u64 *ns)
{
	switch (id) {
	case WASI_CLOCKID_REALTIME:
		*ns = ktime_get_real_ns();
		return 0;
	case WASI_CLOCKID_MONOTONIC:
		*ns = ktime_get_ns();
		return 0;
	case WASI_CLOCKID_PROCESS_CPUTIME_ID:
		*ns = process_cputime();
		return 0;
	case WASI_CLOCKID_THREAD_CPUTIME_ID:
		*ns = READ_ONCE(current->se.sum_exec_runtime);
		return 0;
	default:
		return -EINVAL;
	}
}

int wasi_do_clock_res_get(struct wasi *w, u32 id, u32 resolution)
{
	u64 *out = wasi_result(w, resolution, u64);

	if (!out)
		return -EFAULT;
	switch (id) {
	case WASI_CLOCKID_REALTIME:
	case WASI_CLOCKID_MONOTONIC:
		wasi_put(out, (u64)hrtimer_resolution);
		return 0;
	case WASI_CLOCKID_PROCESS_CPUTIME_ID:
	case WASI_CLOCKID_THREAD_CPUTIME_ID:
		wasi_put(out, (u64)TICK_NSEC);
		return 0;
	default:
		return -EINVAL;
	}
}

static noinline int time_of(u32 id, u64 *out)
{
	u64 ns;
	int err = wasi_clock_now(id, &ns);

	if (!err)
		wasi_put(out, ns);
	return err;
}

static __always_inline int wasi_do_clock_time_get(struct wasi *w, u32 id, u64 precision, u32 time)
{
	void *out;

	if (unlikely(!wasi_guest_at(w, time, sizeof(u64), &out)))
		return -EFAULT;
	if (unlikely(id != WASI_CLOCKID_MONOTONIC))
		return time_of(id, out);
	wasi_put((u64 *)out, (u64)ktime_get_ns());
	return 0;
}

CLOCK_CALLS(CALL)
