// SPDX-License-Identifier: GPL-2.0
/*
 * Rescheduling and killing guest code, which never asks
 *
 * Generated code polls nothing. A kernel with preempt=none or voluntary would never take the
 * processor from it, and no kernel would ever end it. So each processor that runs guest code has
 * a timer. When its interrupt finds that the thread must give way or die, and that the
 * interrupted instruction belongs to an app, it changes the address the interrupt
 * returns to: to kwasm_resched_trampoline (resched.S), which saves all registers on the guest
 * stack, calls kwasm_resched() on the task stack, and goes on where the guest was, or
 * ends the call. An interrupt in anything else changes nothing:
 *
 *  - in a host function, on the task stack: it may hold locks. It is woken by
 *    plat_kick() or its signal, and its return is where the call ends: store->pending.
 *  - in the runtime's assembly, a thunk of the kernel, a page fault: over in no time;
 *    the timer comes again shortly.
 *  - in the trampoline: so a second redirection cannot overwrite resume_ip of the first.
 *
 * Faults that are mended (fault.c) come the same way.
 *
 * What cannot be had this way: a thread in guest code does not stop for SIGSTOP, a debugger or
 * a freezer, only for good.
 *
 * The timer is pinned to its processor and expires in hard interrupt context on every kernel,
 * RT too. It starts with the first guest code on a processor and stops by itself when
 * it finds none, so calls that end sooner than its period do not touch the hardware each.
 */
#include <linux/cpuhotplug.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <asm/irq_regs.h>
#include "kernel.h"

/*
 * A kernel that preempts by itself needs the timer for killing only. What it costs: one
 * or two microseconds of each period.
 */
#define PERIOD_NS		(1 * NSEC_PER_MSEC)
#define PERIOD_PREEMPT_NS	(4 * NSEC_PER_MSEC)
#define RETRY_NS		(50 * NSEC_PER_USEC)

/*
 * RCU tasks waits until every thread has once given way of its own accord: tracing and
 * kprobes would hang beside a guest that computes for minutes.
 */
#define QUIET_MAX		HZ

struct kwasm_timer {
	struct hrtimer timer;
	int cpu;
	bool armed;		/* started, and not yet found without work */
};

static DEFINE_PER_CPU(struct kwasm_timer, kwasm_timer);
static enum cpuhp_state hotplug_state;

/* ---- where guest code lies ---- */

struct text_range {
	unsigned long start;
	unsigned long end;	/* exclusive; start: the app is gone */
};

struct text_map {
	struct rcu_head rcu;
	u32 nr;
	struct text_range ranges[];	/* sorted, disjoint */
};

static struct text_map __rcu *text_map;
static DEFINE_MUTEX(text_map_lock);

/* Any context with interrupts off */
bool kwasm_in_guest_text(unsigned long ip)
{
	const struct text_map *map;
	bool found = false;
	u32 lo = 0, hi, mid;

	rcu_read_lock();
	map = rcu_dereference(text_map);
	hi = map ? map->nr : 0;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (ip < map->ranges[mid].start) {
			hi = mid;
		} else if (ip >= READ_ONCE(map->ranges[mid].end)) {
			lo = mid + 1;
		} else {
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

int plat_text_add(const void *text, u64 size)
{
	struct text_range range = { (unsigned long)text, (unsigned long)text + size };
	struct text_map *old, *new;
	u32 i, nr = 0;

	if (!size)
		return 0;
	mutex_lock(&text_map_lock);
	old = rcu_dereference_protected(text_map, lockdep_is_held(&text_map_lock));
	new = kvmalloc(struct_size(new, ranges, (old ? old->nr : 0) + 1), GFP_KERNEL);
	if (!new) {
		mutex_unlock(&text_map_lock);
		return -ENOMEM;
	}
	for (i = 0; old && i < old->nr && old->ranges[i].start < range.start; i++)
		if (old->ranges[i].start != old->ranges[i].end)
			new->ranges[nr++] = old->ranges[i];
	new->ranges[nr++] = range;
	for (; old && i < old->nr; i++)
		if (old->ranges[i].start != old->ranges[i].end)
			new->ranges[nr++] = old->ranges[i];
	new->nr = nr;
	rcu_assign_pointer(text_map, new);
	mutex_unlock(&text_map_lock);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* Cannot fail, so the row is made empty in place; the next addition drops it. */
void plat_text_remove(const void *text)
{
	struct text_map *map;
	u32 i;

	mutex_lock(&text_map_lock);
	map = rcu_dereference_protected(text_map, lockdep_is_held(&text_map_lock));
	for (i = 0; map && i < map->nr; i++)
		if (map->ranges[i].start == (unsigned long)text)
			WRITE_ONCE(map->ranges[i].end, map->ranges[i].start);
	mutex_unlock(&text_map_lock);
}

/* ---- the timer ---- */

static bool on_guest_stack(const struct kwasm_store *store, unsigned long sp)
{
	const struct plat_stack *stack = store->stack;

	return stack && sp - (unsigned long)stack->slot < KWASM_STACK_SLOT;
}

static u64 period_ns(void)
{
	return preempt_model_preemptible() ? PERIOD_PREEMPT_NS : PERIOD_NS;
}

static enum hrtimer_restart tick(struct hrtimer *hrtimer)
{
	struct kwasm_timer *timer = container_of(hrtimer, struct kwasm_timer, timer);
	struct kwasm_store *store = kwasm_current();
	struct pt_regs *regs = get_irq_regs();
	struct kwasm_exec *exec;
	u64 next_ns = period_ns();
	bool stop;

	/* The second: moved here when its processor went offline, see online(). */
	if (!store || timer->cpu != smp_processor_id()) {
		WRITE_ONCE(timer->armed, false);
		return HRTIMER_NORESTART;
	}
	exec = store->plat;
	stop = plat_should_stop(store);
	/* For a host function's return; the first reason to end wins. */
	if (stop)
		cmpxchg(&store->abi.pending, KWASM_TRAP_NONE, KWASM_TRAP_killed);
	if (regs && !user_mode(regs) &&
	    (stop || need_resched() || time_after(jiffies, exec->quiet_jiffies + QUIET_MAX))) {
		if (kwasm_in_guest_text(regs->ip)) {
			exec->resume_ip = regs->ip;
			regs->ip = (unsigned long)kwasm_resched_trampoline;
		} else if (on_guest_stack(store, regs->sp)) {
			next_ns = RETRY_NS;
		}
	}
	hrtimer_forward_now(hrtimer, ns_to_ktime(next_ns));
	return HRTIMER_RESTART;
}

void kwasm_preempt_arm(void)
{
	struct kwasm_timer *timer = this_cpu_ptr(&kwasm_timer);
	unsigned long flags;
	bool start;

	/* Against our own handler, which runs on this processor only */
	local_irq_save(flags);
	start = !timer->armed;
	WRITE_ONCE(timer->armed, true);
	local_irq_restore(flags);
	if (start)
		hrtimer_start(&timer->timer, ns_to_ktime(period_ns()),
			      HRTIMER_MODE_REL_PINNED_HARD);
}

/*
 * On the task stack of the redirected thread, with preemption and interrupts on, holding no
 * lock but the store's mutex: all as in a host function.
 */
struct kwasm_resume kwasm_resched(struct kwasm_store *store)
{
	struct kwasm_exec *exec = store->plat;
	struct kwasm_resume resume = { .ip = exec->resume_ip };
	unsigned long fault_address = exec->fault_address;
	bool saved;

	exec->fault_address = 0;
	cond_resched_tasks_rcu_qs();
	exec->quiet_jiffies = jiffies;
	if (fault_address) {
		saved = kwasm_fpu_save(exec);
		resume.trap = kwasm_demand_fault(store, fault_address);
		if (saved)
			kwasm_fpu_restore(exec);
	}
	if (!resume.trap && plat_should_stop(store))
		resume.trap = KWASM_TRAP_killed;
	return resume;
}

/*
 * On a processor that comes online, before anything but kernel threads of its own runs there. Its
 * timer may still be on the way to end on the processor that it was moved to: it must not take
 * for ended what guest code then starts here.
 */
static int online(unsigned int cpu)
{
	struct kwasm_timer *timer = per_cpu_ptr(&kwasm_timer, cpu);

	hrtimer_cancel(&timer->timer);
	WRITE_ONCE(timer->armed, false);
	return 0;
}

int kwasm_preempt_init(void)
{
	struct kwasm_timer *timer;
	int cpu, err;

	for_each_possible_cpu(cpu) {
		timer = per_cpu_ptr(&kwasm_timer, cpu);
		timer->cpu = cpu;
		hrtimer_init(&timer->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		timer->timer.function = tick;
	}
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "kwasm:online", online, NULL);
	if (err < 0)
		return err;
	hotplug_state = err;
	return 0;
}

void kwasm_preempt_exit(void)
{
	int cpu;

	cpuhp_remove_state_nocalls(hotplug_state);
	for_each_possible_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&kwasm_timer, cpu)->timer);
	/* Nobody looks any more: the timers are gone. */
	kvfree(rcu_dereference_protected(text_map, true));
}
