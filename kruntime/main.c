// SPDX-License-Identifier: GPL-2.0
/*
 * kwasm.ko: the runtime that apps made by wasm2ko run on
 *
 * An app's .ko calls kwasm_app_init() when it is loaded (module.c); user space opens
 * /dev/kwasm (ctl.c). Both lead to the core (kwasm.h), which knows no kernel; what it
 * needs of one (platform.h) is in the files that kernel.h lists, and, where it is a line or
 * two, here.
 */
#include <asm/alternative.h>
#include <asm/cpufeatures.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "compat/ksyms.h"
#include "kernel.h"

void *plat_zalloc(size_t size)
{
	struct kwasm_exec *paused;
	void *p;

	/*
	 * kmalloc() aligns only powers of two to more than 8 bytes. From a page on sizes are
	 * aligned anyhow.
	 */
	if (size < PAGE_SIZE)
		size = roundup_pow_of_two(max_t(size_t, size, 16));
	paused = kwasm_fpu_pause();
	p = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	kwasm_fpu_resume(paused);
	return p;
}

void plat_free(void *p)
{
	kvfree(p);
}
/* kwasm_wasi.ko and other host modules allocate the same way */
EXPORT_SYMBOL_GPL(plat_zalloc);
EXPORT_SYMBOL_GPL(plat_free);

void plat_mutex_destroy(struct plat_mutex *mutex)
{
	mutex_destroy(&mutex->m);
}

void plat_mutex_lock(struct plat_mutex *mutex)
{
	mutex_lock(&mutex->m);
}

int plat_mutex_lock_killable(struct plat_mutex *mutex, unsigned int subclass)
{
	return mutex_lock_killable_nested(&mutex->m, subclass);
}

void plat_mutex_unlock(struct plat_mutex *mutex)
{
	mutex_unlock(&mutex->m);
}

bool plat_module_get(void *module)
{
	return try_module_get(module);
}

void plat_module_put(void *module)
{
	module_put(module);
}

/*
 * What the module loader does with a section __ex_table, but for the sorting: it reads
 * these two members only when a fault is looked up, and not again before init_module() has
 * returned, to leave out what was in .init.text.
 */
void plat_ex_table_set(void *module, void *rows, u64 nr)
{
	struct module *mod = module;

	mod->extable = rows;
	smp_store_release(&mod->num_exentries, nr);	/* the rows come first */
}

u64 plat_cpu_ns(void)
{
	/* as of the last tick or switch; exact enough for kwasm ps */
	return READ_ONCE(current->se.sum_exec_runtime);
}

s32 plat_pid(void)
{
	return task_pid_nr(current);
}

void plat_complain(const char *line, size_t len)
{
	struct file *file;
	loff_t pos;

	if (current->flags & PF_KTHREAD)
		return;
	file = fget(2);
	if (!file)
		return;
	/* kernel_write() would warn about others */
	if (file->f_mode & FMODE_WRITE && file->f_op->write_iter && !file->f_op->write) {
		pos = file->f_pos;
		if (kernel_write(file, line, len, &pos) > 0 && file->f_mode & FMODE_ATOMIC_POS)
			file->f_pos = pos;
	}
	fput(file);
}

static int __init kwasm_init(void)
{
	int err;

	err = kwasm_ksyms_init();
	if (err)
		return err;
	err = kwasm_fpu_init();
	if (err)
		return err;
	err = kwasm_exec_init();
	if (err)
		return err;
	err = kwasm_preempt_init();
	if (err)
		goto err_exec;
	err = kwasm_core_init();
	if (err)
		goto err_preempt;
	kwasm_fault_init();
	err = kwasm_ctl_init();
	if (err)
		goto err_core;
	return 0;

err_core:
	kwasm_core_exit();
err_preempt:
	kwasm_preempt_exit();
err_exec:
	kwasm_exec_exit();
	return err;
}

/*
 * No app is loaded and no session is open, since each holds a reference; so nobody is inside
 * guest code, or will be.
 */
static void __exit kwasm_exit(void)
{
	kwasm_ctl_exit();
	kwasm_fault_exit();
	kwasm_core_exit();
	kwasm_preempt_exit();
	kwasm_stack_exit();
	kwasm_exec_exit();
}

/*
 * What apps' code is patched by, for the profile that they are compiled with: the size of
 * struct alt_instr, which tells its form, and the numbers of features.
 */
#ifdef ALT_FLAG_NOT
#define ALTERNATIVES_FORM "size=14"
static_assert(sizeof(struct alt_instr) == 14 && offsetof(struct alt_instr, ft_flags) == 8 &&
	      offsetof(struct alt_instr, instrlen) == 12 &&
	      ALT_NOT(1) == (1 << 16 | 1));
#else
#define ALTERNATIVES_FORM "size=12"
static_assert(sizeof(struct alt_instr) == 12 && offsetof(struct alt_instr, cpuid) == 8 &&
	      offsetof(struct alt_instr, instrlen) == 10 &&
	      ALT_NOT(1) == (1 << 15 | 1));
#endif

#ifdef X86_FEATURE_INDIRECT_THUNK_ITS
#define ALTERNATIVES_ITS " its=" __stringify(X86_FEATURE_INDIRECT_THUNK_ITS)
#else
#define ALTERNATIVES_ITS ""
#endif

MODULE_INFO(kwasm_alternatives, ALTERNATIVES_FORM ALTERNATIVES_ITS
	    " retpoline=" __stringify(X86_FEATURE_RETPOLINE) " ibt=" __stringify(X86_FEATURE_IBT));

module_init(kwasm_init);
module_exit(kwasm_exit);
MODULE_DESCRIPTION("Runtime for WebAssembly compiled to kernel modules");
MODULE_LICENSE("GPL");
