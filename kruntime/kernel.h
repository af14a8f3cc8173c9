/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the kernel platform share with each other
 *
 *	main.c		init and exit, memory, locks, log		start here
 *	ctl.c		/dev/kwasm
 *	params.c	types of apps' module parameters
 *	daemon.c	commands on kernel threads
 *	region.c	address space and pages
 *	stack.c		guest stacks
 *	exec.c		a thread enters and leaves guest code
 *	fpu.c		FPU registers of guest code
 *	preempt.c	rescheduling and killing guest code; resched.S
 *	fault.c		faults of guest code that are mended
 */
#ifndef KWASM_KERNEL_H
#define KWASM_KERNEL_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/vmalloc.h>
#include "kwasm.h"

/* ---- region.c ---- */

/*
 * @size bytes of address space, page multiple, nothing mapped; @sparse: most of it never will be.
 * NULL: there is none, or too little would be left for others. What has been mapped is to be
 * unmapped before it is given back.
 */
struct vm_struct *kwasm_area_get(unsigned long size, bool sparse);
void kwasm_area_put(struct vm_struct *area);

/*
 * kwasm_map_pages() - put fresh zeroed pages under [start, start + size) of a reserved area
 * Charged to the caller's cgroup, never executable. On failure nothing has changed.
 * Context: Process context, sleeps; not inside an FPU region.
 * Return: 0, -ENOMEM, -EINTR (the call under way is to end).
 */
int kwasm_map_pages(unsigned long start, unsigned long size);

/* Take the pages away again that are there, and free them. Sleeps. */
void kwasm_unmap_pages(unsigned long start, unsigned long size);

/* ---- stack.c ---- */

void kwasm_stack_exit(void);

/* ---- exec.c ---- */

/**
 * struct kwasm_exec - one thread inside guest code, from plat_exec_begin() to _end()
 * @store: what runs; its @plat points here
 * @task: the thread
 * @outer: the store that was current before: its host function called us
 * @outer_fpu: its FPU region was active
 * @notifier: tells of the thread losing and getting a processor
 * @fpu: the guest uses the FPU
 * @fpu_active: the FPU registers are the guest's: between kwasm_fpu_begin() and _end()
 * @resume_ip: where a redirected guest goes on; see preempt.c, fault.c
 * @fault_address: what it was redirected for; 0: for the timer
 * @quiet_jiffies: when it last told RCU tasks that it holds nothing
 * @fpu_state: XSAVE area while another thread has the processor
 */
struct kwasm_exec {
	struct kwasm_store *store;
	struct task_struct *task;
	struct kwasm_store *outer;
	bool outer_fpu;
	struct preempt_notifier notifier;
	bool fpu;
	bool fpu_active;
	unsigned long resume_ip;
	unsigned long fault_address;
	unsigned long quiet_jiffies;
	u8 fpu_state[] __aligned(64);
};

/*
 * The store whose guest code, or host functions, the processor's current thread is in;
 * NULL when it is in neither. One instruction reads it, so assembly and C need no
 * protection from preemption: the answer moves with the thread.
 */
DECLARE_PER_CPU(struct kwasm_store *, kwasm_current_store);

static inline struct kwasm_store *kwasm_current(void)
{
	return this_cpu_read(kwasm_current_store);
}

int kwasm_exec_init(void);
void kwasm_exec_exit(void);

/* ---- fpu.c ---- */

int kwasm_fpu_init(void);
unsigned int kwasm_fpu_state_size(void);
void kwasm_fpu_begin(struct kwasm_exec *exec);
void kwasm_fpu_end(struct kwasm_exec *exec);
struct kwasm_exec *kwasm_fpu_pause(void);
void kwasm_fpu_resume(struct kwasm_exec *exec);
void kwasm_fpu_sched_out(struct kwasm_exec *exec);
void kwasm_fpu_sched_in(struct kwasm_exec *exec);
bool kwasm_fpu_save(struct kwasm_exec *exec);
void kwasm_fpu_restore(struct kwasm_exec *exec);

/* ---- preempt.c ---- */

int kwasm_preempt_init(void);
void kwasm_preempt_exit(void);
void kwasm_preempt_arm(void);		/* preemption off, interrupts on */

struct kwasm_resume {
	unsigned long ip;
	unsigned long trap;		/* enum kwasm_trap: the call ends instead */
};

bool kwasm_in_guest_text(unsigned long ip);			/* interrupts off */
struct kwasm_resume kwasm_resched(struct kwasm_store *store);	/* from resched.S */
void kwasm_resched_trampoline(void);				/* not a function: see there */

/* ---- fault.c ---- */

void kwasm_fault_point(void);	/* resched.S: not executed, but looked up */
void kwasm_fault_init(void);
void kwasm_fault_exit(void);

/* ---- ctl.c ---- */

int kwasm_ctl_init(void);
void kwasm_ctl_exit(void);

#endif /* KWASM_KERNEL_H */
