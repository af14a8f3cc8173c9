// SPDX-License-Identifier: GPL-2.0
/*
 * FPU registers of guest code, across preemption
 *
 * kernel_fpu_begin() forbids preemption, which guest code that runs for hours cannot
 * live with. So a region is begun, preemption is allowed again, and when the
 * thread loses its processor a preempt notifier saves the registers and ends the
 * region, to begin it again when the thread gets one back:
 *
 *	begin		kernel_fpu_begin(); active = true; preempt_enable()
 *	sched_out	save; preempt_disable(); kernel_fpu_end()
 *	sched_in	kernel_fpu_begin(); preempt_enable(); restore
 *	end		preempt_disable(); active = false; kernel_fpu_end()
 *
 * in_kernel_fpu, which is per processor, stays set while the guest runs, so that
 * interrupts leave the registers alone (irq_fpu_usable() says no), and is clear while
 * other threads run. The user's own registers were saved by kernel_fpu_begin() and
 * come back on the way to user space, as ever.
 *
 * A host function is called with the region active. None of the guest's registers is
 * live then (the C convention has no callee-saved vector registers), so nothing needs
 * saving, and there are two ways:
 *  - one that does much work in the kernel leaves the region and enters it again;
 *  - for one that does little, that would be most of its cost. It stays inside. What it calls and
 *    asks irq_fpu_usable(), as all must that may run in an interrupt, does without the FPU. What
 *    does not ask (code for process context only) begins a region inside ours and ends both;
 *    kwasm_fpu_kept() finds that out and begins ours again.
 * kernel_fpu_begin() sets MXCSR to its default, which is what guest code wants.
 */
#include <linux/module.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include "compat/ksyms.h"
#include "kernel.h"

/*
 * x87, SSE, AVX and AVX-512 state. Not PKRU, which the kernel does not use, nor AMX, which guest
 * code does not use and whose state is 8 KiB.
 */
#define XFEATURES 0xe7u

/*
 * The kernel's in_kernel_fpu: is a region active? irq_fpu_usable() says so, too, but is a call of
 * twenty instructions, which many host calls do not have for themselves. Where the kernel does not
 * tell, it is one that is never set, and kwasm_fpu_check() asks.
 */
static DEFINE_PER_CPU(bool, no_fpu_region);
bool __percpu *kwasm_in_kernel_fpu = &no_fpu_region;
EXPORT_SYMBOL_GPL(kwasm_in_kernel_fpu);

static u32 xfeatures;		/* 0: a processor without XSAVE */
static unsigned int state_size = 512;

static u64 xgetbv0(void)
{
	u32 lo, hi;

	asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return lo | (u64)hi << 32;
}

int kwasm_fpu_init(void)
{
	bool __percpu *in_kernel_fpu = kwasm_find_in_kernel_fpu();
	u32 eax, ebx, ecx, edx;

	if (in_kernel_fpu)
		kwasm_in_kernel_fpu = in_kernel_fpu;
	if (!boot_cpu_has(X86_FEATURE_FXSR) || !boot_cpu_has(X86_FEATURE_XMM2))
		return -ENODEV;
	if (boot_cpu_has(X86_FEATURE_OSXSAVE)) {
		xfeatures = xgetbv0() & XFEATURES;
		/* what XCR0 enables, in the standard format; we save a part of it */
		cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx);
		state_size = ebx;
	}
	return 0;
}

unsigned int kwasm_fpu_state_size(void)
{
	return state_size;
}

static void save(struct kwasm_exec *exec)
{
	if (xfeatures)
		asm volatile("xsave64 (%0)" : : "r"(exec->fpu_state), "a"(xfeatures), "d"(0)
			     : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r"(exec->fpu_state) : "memory");
}

static void restore(struct kwasm_exec *exec)
{
	if (xfeatures)
		asm volatile("xrstor64 (%0)" : : "r"(exec->fpu_state), "a"(xfeatures), "d"(0)
			     : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r"(exec->fpu_state) : "memory");
}

void kwasm_fpu_begin(struct kwasm_exec *exec)
{
	kernel_fpu_begin();
	exec->fpu_active = true;
	preempt_enable();
}

void kwasm_fpu_end(struct kwasm_exec *exec)
{
	preempt_disable();
	exec->fpu_active = false;
	kernel_fpu_end();
}

/* Called with preemption off; by the scheduler with interrupts off, too, holding the run queue's lock */
void kwasm_fpu_sched_out(struct kwasm_exec *exec)
{
	if (!exec->fpu_active)
		return;
	save(exec);
	preempt_disable();
	kernel_fpu_end();
}

/* Called with preemption off */
void kwasm_fpu_sched_in(struct kwasm_exec *exec)
{
	if (!exec->fpu_active)
		return;
	kernel_fpu_begin();
	preempt_enable();
	restore(exec);
}

/*
 * kwasm_fpu_save() - leave the region in the middle of guest code, all of whose registers are live
 * Return: was it active, and is kwasm_fpu_restore() to be called?
 */
bool kwasm_fpu_save(struct kwasm_exec *exec)
{
	if (!exec->fpu_active)
		return false;
	preempt_disable();
	kwasm_fpu_sched_out(exec);
	exec->fpu_active = false;	/* so nobody writes to what was saved */
	preempt_enable();
	return true;
}

void kwasm_fpu_restore(struct kwasm_exec *exec)
{
	preempt_disable();
	exec->fpu_active = true;
	kwasm_fpu_sched_in(exec);
	preempt_enable();
}

/*
 * kwasm_fpu_pause() - leave the region, if the calling thread is in one
 * For what allocates: reclaim may write to file systems, and those may use the FPU. Return: to
 * be given to kwasm_fpu_resume().
 */
struct kwasm_exec *kwasm_fpu_pause(void)
{
	struct kwasm_store *store = kwasm_current();
	struct kwasm_exec *exec = store ? store->plat : NULL;

	if (!exec || !exec->fpu_active)
		return NULL;
	kwasm_fpu_end(exec);
	return exec;
}

void kwasm_fpu_resume(struct kwasm_exec *exec)
{
	if (exec)
		kwasm_fpu_begin(exec);
}

/* The thread inside @ctx's store, which is the calling one */
static struct kwasm_exec *exec_of(void *ctx)
{
	return kwasm_ctx_store(ctx)->plat;
}

void kwasm_fpu_leave(void *ctx)
{
	struct kwasm_exec *exec = exec_of(ctx);

	if (exec && exec->fpu_active)
		kwasm_fpu_end(exec);
}
EXPORT_SYMBOL_GPL(kwasm_fpu_leave);

/**
 * kwasm_fpu_check() - See that the FPU region is active when a host function returns that has
 * stayed
 * @ctx: its first argument
 *
 * Whether the region was ended inside is the processor's state, but that goes with the thread: when it
 * loses the processor and gets another one, sched_in() begins the region there.
 */
void kwasm_fpu_check(void *ctx)
{
	struct kwasm_exec *exec = exec_of(ctx);

	if (exec && exec->fpu_active && irq_fpu_usable())
		kwasm_fpu_begin(exec);
}
EXPORT_SYMBOL_GPL(kwasm_fpu_check);

void kwasm_fpu_enter(void *ctx)
{
	struct kwasm_exec *exec = exec_of(ctx);

	if (exec && exec->fpu && !exec->fpu_active)
		kwasm_fpu_begin(exec);
}
EXPORT_SYMBOL_GPL(kwasm_fpu_enter);
