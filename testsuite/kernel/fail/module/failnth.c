// SPDX-License-Identifier: GPL-2.0
/*
 * failnth - let the n-th allocation of a task fail, on kernels without CONFIG_FAULT_INJECTION
 *
 * Up to 6.10 the allocators ask should_failslab() and should_fail_alloc_page() before they do anything; where fault
 * injection is not configured both say no. Kprobes on them answer for the task that armed the
 * device. Since 6.11 both are empty without fault injection, so there the allocating functions themselves are probed,
 * and answer NULL; those that take many pages at once are left out, for they fall back to these.
 *
 * As in /proc/<pid>/fail-nth, only what the task itself does is counted, not interrupts. Allocations that may not
 * fail (__GFP_NOFAIL) do not. Two more probes keep the task from printing a stack
 * for what is only a lack of memory, as vmalloc() and kmem_cache_create() do. Warnings still say
 * that they are ones, though without a stack.
 *
 * One task at a time.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <asm/ibt.h>
#include "failnth.h"

static struct task_struct *armed;	/* only compared */
static unsigned long left;		/* allocations up to the one that fails; 0: it has */
static unsigned long stack[32];
static unsigned int stack_depth;

void failnth_return(void);
asm(".text\n"
    ".type failnth_return, @function\n"
    "failnth_return:\n"
    ASM_ENDBR
    ASM_RET
    ".size failnth_return, .-failnth_return\n");

/* The probed function returns @value at once */
static int answer(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
	regs->ip = (unsigned long)failnth_return;
	return 1;
}
NOKPROBE_SYMBOL(answer);

static bool is_armed_task(void)
{
	unsigned long count = preempt_count();

	if (current != READ_ONCE(armed) || in_serving_softirq())
		return false;
	if (count & NMI_MASK)		/* of the breakpoint that brought us here */
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !(count & (NMI_MASK | HARDIRQ_MASK));
}
NOKPROBE_SYMBOL(is_armed_task);

/* Does the kernel warn when this lacks memory, which would end the run? Then it has it. */
static bool is_needed(void)
{
	static char name[KSYM_SYMBOL_LEN];
	unsigned int i;

	for (i = 0; i < stack_depth; i++) {
		sprint_symbol_no_offset(name, stack[i]);
		if (!strcmp(name, "jump_label_module_notify"))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(is_needed);

static bool fails(gfp_t gfp)
{
	if (!is_armed_task() || (gfp & __GFP_NOFAIL) || !left || left-- > 1)
		return false;
	stack_depth = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	if (is_needed()) {
		left = 1;	/* the next one */
		return false;
	}
	return true;
}
NOKPROBE_SYMBOL(fails);

/* A function that allocates, or is asked whether that fails: where its flags are, and what it returns if so */
struct place {
	struct kprobe probe;
	size_t gfp;
	unsigned long failure;
};

static int on_place(struct kprobe *probe, struct pt_regs *regs)
{
	struct place *place = container_of(probe, struct place, probe);

	return fails(*(unsigned long *)((char *)regs + place->gfp)) ? answer(regs, place->failure) : 0;
}
NOKPROBE_SYMBOL(on_place);

/* void warn_alloc(gfp_t flags, nodemask_t *nodes, const char *format, ...), void dump_stack_lvl(const char *level) */
static int on_warning(struct kprobe *probe, struct pt_regs *regs)
{
	return is_armed_task() ? answer(regs, 0) : 0;
}
NOKPROBE_SYMBOL(on_warning);

/* A probe that has one is not made into a jump, which could not change where execution goes on */
static void after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after);

#define PLACE(name, flags_register, value)						\
	{										\
		.probe = { .symbol_name = name, .pre_handler = on_place, .post_handler = after }, \
		.gfp = offsetof(struct pt_regs, flags_register), .failure = (value),	\
	}

#ifdef CONFIG_SLAB_BUCKETS
#define AFTER_SIZE dx		/* the size, the buckets, the flags */
#else
#define AFTER_SIZE si
#endif

static struct place places[] = {
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	PLACE("should_failslab", si, -ENOMEM),
	PLACE("should_fail_alloc_page", di, true),
#else
	PLACE("kmem_cache_alloc_noprof", si, 0),
	PLACE("kmem_cache_alloc_lru_noprof", dx, 0),
	PLACE("kmem_cache_alloc_node_noprof", si, 0),
	PLACE("kmem_cache_alloc_bulk_noprof", si, 0),
	PLACE("__kmalloc_noprof", si, 0),
	PLACE("__kmalloc_node_noprof", AFTER_SIZE, 0),
	PLACE("__kmalloc_node_track_caller_noprof", AFTER_SIZE, 0),
	PLACE("__kmalloc_cache_noprof", si, 0),
	PLACE("__kmalloc_cache_node_noprof", si, 0),
	PLACE("__alloc_pages_noprof", di, 0),
#endif
};

static struct kprobe warnings[] = {
	{ .symbol_name = "warn_alloc", .pre_handler = on_warning, .post_handler = after },
	{ .symbol_name = "dump_stack_lvl", .pre_handler = on_warning, .post_handler = after },
};

static struct kprobe *probes[ARRAY_SIZE(places) + ARRAY_SIZE(warnings)];

static long failnth_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	switch (request) {
	case FAILNTH_ARM:
		left = arg;
		stack_depth = 0;
		barrier();
		WRITE_ONCE(armed, current);
		return 0;
	case FAILNTH_DISARM:
		WRITE_ONCE(armed, NULL);
		return min_t(unsigned long, left, INT_MAX);
	default:
		return -ENOTTY;
	}
}

/* Where it was, a line for each function */
static ssize_t failnth_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t ret;
	size_t len = 0;
	unsigned int i;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < stack_depth; i++)
		len += scnprintf(text + len, PAGE_SIZE - len, "%pS\n", (void *)stack[i]);
	ret = simple_read_from_buffer(buf, size, pos, text, len);
	kfree(text);
	return ret;
}

static const struct file_operations failnth_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = failnth_ioctl,
	.read = failnth_read,
	.llseek = default_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "failnth",
	.fops = &failnth_fops,
	.mode = 0600,
};

static int __init failnth_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		probes[i] = i < ARRAY_SIZE(places) ? &places[i].probe : &warnings[i - ARRAY_SIZE(places)];
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		ret = register_kprobe(probes[i]);
		if (ret) {
			pr_err("failnth: no probe on %s: error %d\n", probes[i]->symbol_name, ret);
			goto unregister;
		}
	}
	ret = misc_register(&device);
	if (!ret)
		return 0;
unregister:
	unregister_kprobes(probes, i);
	return ret;
}

static void __exit failnth_exit(void)
{
	misc_deregister(&device);
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(failnth_init);
module_exit(failnth_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests: the n-th allocation of a task fails");
