// SPDX-License-Identifier: GPL-2.0
/*
 * failnth - let the n-th allocation of a task fail, on kernels without CONFIG_FAULT_INJECTION
 *
 * The allocators ask should_failslab() and should_fail_alloc_page() before they do anything; where fault
 * injection is not configured both say no. Kprobes on them answer for the task that armed the
 * device; as in /proc/<pid>/fail-nth, only what the task itself does is counted, not interrupts.
 * Allocations that may not fail (__GFP_NOFAIL) do not. Two more probes keep the task from printing a stack
 * for what is only a lack of memory, as vmalloc() and kmem_cache_create() do. Warnings still say
 * that they are ones, though without a stack.
 *
 * One task at a time.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>
#include "failnth.h"

static struct task_struct *armed;	/* only compared */
static unsigned long left;		/* allocations up to the one that fails; 0: it has */
static unsigned long stack[32];
static unsigned int stack_depth;

void failnth_return(void);
asm(".text\n"
    ".type failnth_return, @function\n"
    "failnth_return:\n"
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

	if (current != READ_ONCE(armed))
		return false;
	if (count & NMI_MASK)		/* of the breakpoint that brought us here */
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !(count & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET));
}
NOKPROBE_SYMBOL(is_armed_task);

static bool fails(gfp_t gfp)
{
	if (!is_armed_task() || (gfp & __GFP_NOFAIL) || !left || --left)
		return false;
	stack_depth = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	return true;
}
NOKPROBE_SYMBOL(fails);

/* int should_failslab(struct kmem_cache *cache, gfp_t flags) */
static int on_slab(struct kprobe *probe, struct pt_regs *regs)
{
	return fails(regs->si) ? answer(regs, -ENOMEM) : 0;
}
NOKPROBE_SYMBOL(on_slab);

/* bool should_fail_alloc_page(gfp_t flags, unsigned int order) */
static int on_page(struct kprobe *probe, struct pt_regs *regs)
{
	return fails(regs->di) ? answer(regs, true) : 0;
}
NOKPROBE_SYMBOL(on_page);

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

static struct kprobe probes[] = {
	{ .symbol_name = "should_failslab", .pre_handler = on_slab, .post_handler = after },
	{ .symbol_name = "should_fail_alloc_page", .pre_handler = on_page, .post_handler = after },
	{ .symbol_name = "warn_alloc", .pre_handler = on_warning, .post_handler = after },
	{ .symbol_name = "dump_stack_lvl", .pre_handler = on_warning, .post_handler = after },
};

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

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		ret = register_kprobe(&probes[i]);
		if (ret) {
			pr_err("failnth: no probe on %s: error %d\n", probes[i].symbol_name, ret);
			goto unregister;
		}
	}
	ret = misc_register(&device);
	if (!ret)
		return 0;
unregister:
	while (i--)
		unregister_kprobe(&probes[i]);
	return ret;
}

static void __exit failnth_exit(void)
{
	unsigned int i;

	misc_deregister(&device);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		unregister_kprobe(&probes[i]);
}

module_init(failnth_init);
module_exit(failnth_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests: the n-th allocation of a task fails");
