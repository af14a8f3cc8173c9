/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions and objects that modules need and the kernel does not export
 *
 * This is the one place that looks symbols up by name. Each is listed here with
 * the reason for it and what would be lost without it. kwasm_ksyms_init() finds
 * all of them or refuses; afterwards they do not change.
 */
#ifndef KWASM_COMPAT_KSYMS_H
#define KWASM_COMPAT_KSYMS_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/vmalloc.h>

int kwasm_ksyms_init(void);	/* 0; -ENOENT or register_kprobe()'s error, with a log line naming what is missing */

/*
 * Reserve kernel address space without memory behind it: the guard areas of
 * linear memories. vmalloc() and vmap() reserve no more than they map. Without
 * it only --bounds=check would remain. @sparse: GiB of it, hardly any of them mapped; no stack.
 */
struct vm_struct *kwasm_get_vm_area(unsigned long size, bool sparse);
/* Sparse areas lie outside the vmalloc space, where nobody else has any. */
#define KWASM_SPARSE_APART IS_ENABLED(CONFIG_KASAN_VMALLOC)

/*
 * The page tables of the vmalloc space, for apply_to_page_range(), which is
 * exported. Without it nothing could be mapped into a reserved area.
 */
struct mm_struct *kwasm_init_mm(void);

/*
 * Make all processors forget mappings before their pages are freed. vm_unmap_aliases(),
 * which is exported, flushes only what vunmap() left behind; without this one, a failed
 * memory.grow could not give its pages back before the whole area goes.
 */
void kwasm_flush_tlb_kernel_range(unsigned long start, unsigned long end);

/*
 * Release a file now, whose last reference the caller may hold, from a task (which must hold
 * no lock). From 6.6 on that is __fput_sync(). Before it, only kernel threads may call that,
 * and ____fput(), what a task's fput() is put off to, is taken instead. Without it, a
 * work item does it (wasi-kernel/compat/file.c); so a kernel that lacks it is not refused.
 * Return: false: it cannot be done here, and the reference is still the caller's.
 */
bool kwasm_fput_now(struct file *file);

/*
 * What tells whether the processor's FPU registers are used by the kernel just now. Without it,
 * irq_fpu_usable(), which is exported, is asked after each short host call (fpu.c).
 * Return: NULL: it is not there.
 */
bool __percpu *kwasm_find_in_kernel_fpu(void);

/*
 * Call @func with up to five arguments, by "push; ret": a function that the kernel
 * did not mean to be called through a pointer may have lost its ENDBR (CONFIG_X86_KERNEL_IBT),
 * and an indirect call to it would be a control protection fault.
 */
unsigned long kwasm_unmarked_call(unsigned long func, unsigned long a1, unsigned long a2,
				  unsigned long a3, unsigned long a4, unsigned long a5);

#endif /* KWASM_COMPAT_KSYMS_H */
