// SPDX-License-Identifier: GPL-2.0
/*
 * Finding symbols that are not exported; see ksyms.h for which and why
 *
 * A kprobe knows the address of any function of the kernel; one on
 * kallsyms_lookup_name(), registered disabled and removed at once, gives the rest (as
 * LTTng-modules does it).
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/version.h>
#include "ksyms.h"
#include "vmalloc.h"

static struct {
	unsigned long get_vm_area_caller;
	unsigned long flush_tlb_kernel_range;
	struct mm_struct *init_mm;
	unsigned long fput_work;	/* 0: not there */
	unsigned long in_kernel_fpu;	/* 0: not there */
} ksyms;

/*
 * Where kallsyms_lookup_name() begins, or where it goes on after its ENDBR (kernels
 * that put probes behind it): both are good for kwasm_unmarked_call(). The probe is disabled from the
 * beginning: it changes no code, and so cannot fail to be taken away, as one can for want of memory.
 */
static int find_kallsyms_lookup_name(unsigned long *addr)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name", .flags = KPROBE_FLAG_DISABLED };
	int err;

	err = register_kprobe(&kp);
	if (err) {
		pr_err("kwasm: cannot find kallsyms_lookup_name: register_kprobe returned %d\n", err);
		return err;
	}
	*addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	return 0;
}

int kwasm_ksyms_init(void)
{
	struct {
		const char *name;
		unsigned long *addr;
	} wanted[] = {
		{ "__get_vm_area_caller", &ksyms.get_vm_area_caller },
		{ "flush_tlb_kernel_range", &ksyms.flush_tlb_kernel_range },
		{ "init_mm", (unsigned long *)&ksyms.init_mm },
	};
	unsigned long lookup;
	size_t i;
	int err;

	err = find_kallsyms_lookup_name(&lookup);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		*wanted[i].addr = kwasm_unmarked_call(lookup, (unsigned long)wanted[i].name, 0, 0, 0, 0);
		if (!*wanted[i].addr) {
			pr_err("kwasm: this kernel has no symbol %s\n", wanted[i].name);
			return -ENOENT;
		}
	}
	ksyms.in_kernel_fpu = kwasm_unmarked_call(lookup, (unsigned long)"in_kernel_fpu",
						  0, 0, 0, 0);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	ksyms.fput_work = kwasm_unmarked_call(lookup, (unsigned long)"____fput", 0, 0, 0, 0);
#endif
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
bool kwasm_fput_now(struct file *file)
{
	if (!ksyms.fput_work)
		return false;
	if (atomic_long_dec_and_test(&file->f_count))
		kwasm_unmarked_call(ksyms.fput_work, (unsigned long)&file->f_rcuhead, 0, 0, 0, 0);
	return true;
}
EXPORT_SYMBOL_GPL(kwasm_fput_now);
#endif

/*
 * Under KASAN, an eighth of what is reserved of the vmalloc space is allocated and cleared, mapped or not: 1 GiB for a
 * linear memory. In the hole between it and the array of pages, 1 TiB at least, it is not: such a kernel checks
 * no access there, but its page tables tell what is mapped, as everywhere. A stack would not do there: C code, which
 * interrupts run on it, notes its frames in KASAN's memory.
 */
#if KWASM_SPARSE_APART
#define SPARSE_START	(VMALLOC_END + 1)
#define SPARSE_END	VMEMMAP_START
#else
#define SPARSE_START	VMALLOC_START
#define SPARSE_END	VMALLOC_END
#endif

struct vm_struct *kwasm_get_vm_area(unsigned long size, bool sparse)
{
	return (struct vm_struct *)kwasm_unmarked_call(ksyms.get_vm_area_caller, size, KWASM_VM_FLAGS,
						       sparse ? SPARSE_START : VMALLOC_START,
						       sparse ? SPARSE_END : VMALLOC_END,
						       (unsigned long)__builtin_return_address(0));
}

bool __percpu *kwasm_find_in_kernel_fpu(void)
{
	return (bool __percpu *)ksyms.in_kernel_fpu;
}

struct mm_struct *kwasm_init_mm(void)
{
	return ksyms.init_mm;
}

void kwasm_flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	kwasm_unmarked_call(ksyms.flush_tlb_kernel_range, start, end, 0, 0, 0);
}
