// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of guest code that are mended: data that is copied when it is touched (demand.c)
 *
 * A row of the exception table cannot do that, since it writes its number into rax, which may be live. But
 * the kernel has a tracepoint in front of all it does with a page fault of its own, which is given the
 * registers. What it sees:
 *
 *	guest code accesses a page that is missing	page fault, interrupts off
 *	on_page_fault()					notes address and instruction in struct kwasm_exec, and puts
 *							kwasm_fault_point into the registers as what faulted
 *	the kernel					finds that in its exception table: nothing but the instruction
 *							pointer changes
 *	kwasm_resched_trampoline			saves all registers, calls kwasm_resched(), which fills the page
 *							in process context, goes on at the instruction
 *
 * All other faults pass. While an app with such data is loaded, each fault in the kernel costs a call that
 * looks whether the thread is in a guest; while none is, nothing. A kernel without the tracepoint copies all data when
 * an instance is made.
 */
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <asm/ptrace.h>
#include <asm/trap_pf.h>
#include "kernel.h"

static struct tracepoint *page_fault_kernel;
static DEFINE_MUTEX(users_lock);
static unsigned int nr_users;

/* arch/x86/include/asm/trace/exceptions.h; preemption and interrupts are off */
static void on_page_fault(void *data, unsigned long address, struct pt_regs *regs,
			  unsigned long error_code)
{
	struct kwasm_store *store = kwasm_current();
	struct kwasm_exec *exec;

	if (!store || error_code & X86_PF_PROT || !kwasm_in_guest_text(regs->ip) ||
	    !kwasm_demand_covers(store, address))
		return;
	exec = store->plat;
	exec->resume_ip = regs->ip;
	exec->fault_address = address;
	regs->ip = (unsigned long)kwasm_fault_point;
}

bool plat_demand_get(void)
{
	bool done;

	mutex_lock(&users_lock);
	done = page_fault_kernel && (nr_users ||
				     !tracepoint_probe_register(page_fault_kernel, on_page_fault, NULL));
	nr_users += done;
	mutex_unlock(&users_lock);
	return done;
}

void plat_demand_put(void)
{
	mutex_lock(&users_lock);
	if (!--nr_users)
		tracepoint_probe_unregister(page_fault_kernel, on_page_fault, NULL);
	mutex_unlock(&users_lock);
}

static void find(struct tracepoint *tracepoint, void *data)
{
	if (!strcmp(tracepoint->name, "page_fault_kernel"))
		page_fault_kernel = tracepoint;
}

void kwasm_fault_init(void)
{
	for_each_kernel_tracepoint(find, NULL);
}

/* The last app has put it; the probe's text may go when no processor is in it any more */
void kwasm_fault_exit(void)
{
	tracepoint_synchronize_unregister();
}
