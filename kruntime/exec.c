// SPDX-License-Identifier: GPL-2.0
/*
 * A thread enters guest code and leaves it
 *
 * While it is inside, a struct kwasm_exec hangs on its store, a preempt notifier follows it
 * from processor to processor, and kwasm_current_store is that store on whatever
 * processor runs the thread:
 *
 *	begin		current = store, FPU region, timer
 *	sched_out	current = NULL, FPU saved			interrupts off
 *	sched_in	current = store, FPU restored, timer		preemption off
 *	end		FPU region over, current = the outer store or NULL
 *
 * The timer interrupt may come between any two steps of these. It does nothing unless current is
 * set and the interrupted instruction is guest code, and guest code runs only when all
 * steps of begin or sched_in are done.
 *
 * A host function may enter another store (calls nest); only the innermost has its notifier
 * registered, and the outer one's FPU region is left for as long.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "kernel.h"

DEFINE_PER_CPU(struct kwasm_store *, kwasm_current_store);

static struct kmem_cache *exec_cache;

static void sched_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct kwasm_exec *exec = container_of(notifier, struct kwasm_exec, notifier);

	this_cpu_write(kwasm_current_store, NULL);
	kwasm_fpu_sched_out(exec);
}

static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct kwasm_exec *exec = container_of(notifier, struct kwasm_exec, notifier);

	kwasm_fpu_sched_in(exec);
	this_cpu_write(kwasm_current_store, exec->store);
	kwasm_preempt_arm();
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/*
 * store->plat may be looked at by plat_kick() from any thread: changes under a lock,
 * one of a few, so that calls on different processors do not meet.
 */
static spinlock_t plat_locks[64];

static spinlock_t *plat_lock(struct kwasm_store *store)
{
	return &plat_locks[hash_ptr(store, ilog2(ARRAY_SIZE(plat_locks)))];
}

static void set_plat(struct kwasm_store *store, struct kwasm_exec *exec)
{
	spin_lock(plat_lock(store));
	store->plat = exec;
	spin_unlock(plat_lock(store));
}

int plat_exec_begin(struct kwasm_store *store)
{
	struct kwasm_exec *exec, *outer;

	exec = kmem_cache_alloc(exec_cache, GFP_KERNEL_ACCOUNT);
	if (!exec)
		return -ENOMEM;
	exec->store = store;
	exec->task = current;
	exec->fpu = store->fpu;
	exec->fpu_active = false;
	exec->resume_ip = 0;
	exec->fault_address = 0;
	exec->quiet_jiffies = jiffies;
	preempt_notifier_init(&exec->notifier, &preempt_ops);
	set_plat(store, exec);

	preempt_disable();
	exec->outer = kwasm_current();
	exec->outer_fpu = false;
	if (exec->outer) {
		outer = exec->outer->plat;
		preempt_notifier_unregister(&outer->notifier);
		exec->outer_fpu = outer->fpu_active;
		if (outer->fpu_active)
			kwasm_fpu_end(outer);
	}
	this_cpu_write(kwasm_current_store, store);
	preempt_notifier_register(&exec->notifier);
	if (exec->fpu)
		kwasm_fpu_begin(exec);
	kwasm_preempt_arm();
	preempt_enable();
	return 0;
}

void plat_exec_end(struct kwasm_store *store)
{
	struct kwasm_exec *exec = store->plat, *outer;

	preempt_disable();
	if (exec->fpu_active)
		kwasm_fpu_end(exec);
	preempt_notifier_unregister(&exec->notifier);
	this_cpu_write(kwasm_current_store, exec->outer);
	if (exec->outer) {
		outer = exec->outer->plat;
		preempt_notifier_register(&outer->notifier);
		if (exec->outer_fpu)
			kwasm_fpu_begin(outer);
		kwasm_preempt_arm();
	}
	preempt_enable();

	set_plat(store, NULL);
	kmem_cache_free(exec_cache, exec);
}

/*
 * Signals that dump core, SIGQUIT above all, do not become SIGKILL when they are sent, as
 * the other deadly ones do. Without locks, for the timer's handler: a task's own tables stay.
 */
static bool coredump_pending(void)
{
	unsigned long pending, nr;

	pending = READ_ONCE(current->pending.signal.sig[0]) |
		  READ_ONCE(current->signal->shared_pending.signal.sig[0]);
	pending &= ~current->blocked.sig[0] & SIG_KERNEL_COREDUMP_MASK;
	for_each_set_bit(nr, &pending, BITS_PER_LONG) {
		if (READ_ONCE(current->sighand->action[nr].sa.sa_handler) == SIG_DFL)
			return true;
	}
	return false;
}

bool plat_should_stop(const struct kwasm_store *store)
{
	if (READ_ONCE(store->kill) || fatal_signal_pending(current))
		return true;
	if (!(current->flags & PF_KTHREAD))
		return signal_pending(current) && coredump_pending();
	/* A kernel thread's only signal is SIGKILL; kill(2) leaves it where that does not look. */
	return signal_pending(current);
}

bool plat_resched(const struct kwasm_store *store)
{
	cond_resched();
	return plat_should_stop(store);
}

/* Sleep until @end at the latest, in @state */
static void sleep_once(const struct kwasm_store *store, const bool *done, ktime_t end,
		       unsigned int state)
{
	set_current_state(state);
	if (!READ_ONCE(*done) && !plat_should_stop(store))
		schedule_hrtimeout(end == KTIME_MAX ? NULL : &end, HRTIMER_MODE_ABS);
	__set_current_state(TASK_RUNNING);
}

static int sleep_until_done(struct kwasm_store *store, const bool *done, u64 ns)
{
	struct kwasm_exec *exec = store->plat;
	bool fpu = exec && exec->fpu_active;
	ktime_t now = ktime_get();
	ktime_t end = ktime_add_safe(now, ns_to_ktime(min(ns, (u64)KTIME_MAX)));

	if (fpu)
		kwasm_fpu_end(exec);
	while (!READ_ONCE(*done) && !plat_should_stop(store) && ktime_before(now, end)) {
		/* a signal that does not kill stays pending: look for others now and then */
		if (signal_pending(current))
			sleep_once(store, done, min(end, ktime_add_ms(now, 20)), TASK_KILLABLE);
		else
			sleep_once(store, done, end, TASK_INTERRUPTIBLE);
		now = ktime_get();
	}
	if (fpu)
		kwasm_fpu_begin(exec);
	return !READ_ONCE(*done) && plat_should_stop(store) ? -EINTR : 0;
}

int plat_sleep(struct kwasm_store *store, u64 ns)
{
	static const bool never;

	return sleep_until_done(store, &never, ns);
}

void plat_park_init(struct plat_parking *parking)
{
	parking->thread = current;
	parking->unparked = false;
}

int plat_park(struct kwasm_store *store, struct plat_parking *parking, u64 ns)
{
	return sleep_until_done(store, &parking->unparked, ns);
}

void plat_unpark(struct plat_parking *parking)
{
	struct task_struct *task = parking->thread;

	/* pairs with the barrier of set_current_state(), as does the one that wake_up_process() has */
	WRITE_ONCE(parking->unparked, true);
	wake_up_process(task);
}

/*
 * Guest code is stopped by the timer. A host function that waits is woken as if by
 * a signal, but without one: TIF_NOTIFY_SIGNAL makes signal_pending() true, wakes interruptible
 * sleep, and is simply taken away on the way to user space. A kernel thread takes
 * a SIGKILL instead (daemon.c lets it through), which wakes killable sleep, too.
 */
void plat_kick(struct kwasm_store *store)
{
	struct task_struct *task;

	spin_lock(plat_lock(store));
	if (store->plat) {
		task = ((struct kwasm_exec *)store->plat)->task;
		if (task->flags & PF_KTHREAD) {
			send_sig(SIGKILL, task, 1);
		} else if (!test_and_set_tsk_thread_flag(task, TIF_NOTIFY_SIGNAL)) {
			/* pairs with the barrier of set_current_state() */
			smp_mb();
			if (READ_ONCE(task->__state) & TASK_INTERRUPTIBLE)
				wake_up_process(task);
		}
	}
	spin_unlock(plat_lock(store));
}

u64 plat_running_cpu_ns(struct kwasm_store *store)
{
	u64 ns = 0;

	spin_lock(plat_lock(store));
	if (store->plat)
		ns = READ_ONCE(((struct kwasm_exec *)store->plat)->task->se.sum_exec_runtime);
	spin_unlock(plat_lock(store));
	return ns;
}

static void exec_construct(void *p)
{
	/* XRSTOR insists on zeros in the header; XSAVE leaves them alone. */
	memset(p, 0, sizeof(struct kwasm_exec) + kwasm_fpu_state_size());
}

int kwasm_exec_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(plat_locks); i++)
		spin_lock_init(&plat_locks[i]);
	exec_cache = kmem_cache_create("kwasm_exec",
				       sizeof(struct kwasm_exec) + kwasm_fpu_state_size(),
				       __alignof__(struct kwasm_exec), 0, exec_construct);
	if (!exec_cache)
		return -ENOMEM;
	preempt_notifier_inc();
	return 0;
}

void kwasm_exec_exit(void)
{
	preempt_notifier_dec();
	kmem_cache_destroy(exec_cache);
}
