// SPDX-License-Identifier: GPL-2.0
/*
 * A module that misbehaves on request, to see that the VM runner notices:
 * insmod splat.ko what=warn|oops|bug|atomic|poweroff|phantom|quiet
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/preempt.h>
#include <linux/reboot.h>
#include <linux/string.h>

static char *what = "quiet";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "which mistake to make");

/* Whoever powers off comes no further. */
static int splat_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
	return NOTIFY_DONE;
}

static struct notifier_block splat_notifier = { .notifier_call = splat_reboot };

static int __init splat_init(void)
{
	if (!strcmp(what, "warn")) {
		WARN(1, "splat: asked to warn\n");
	} else if (!strcmp(what, "oops")) {
		*(volatile int *)0x10 = 1;
	} else if (!strcmp(what, "bug")) {
		BUG();
	} else if (!strcmp(what, "atomic")) {
		preempt_disable();
		msleep(1);	/* "scheduling while atomic", which is no WARN */
		preempt_enable();
	} else if (!strcmp(what, "phantom")) {
		/*
		 * As if by a breakpoint that is not there, for ever: the kernel (6.1) finds none in front of where
		 * the exception came from, and goes back one byte. That is the second of "int $3" and the first
		 * of "add %eax, %eax".
		 */
		local_irq_disable();
		asm volatile("1: .byte 0xcd, 0x03, 0xc0\n\tjmp 1b" : : : "eax", "cc", "memory");
	} else if (!strcmp(what, "poweroff")) {
		return register_reboot_notifier(&splat_notifier);
	} else {
		pr_info("splat: %s\n", what);
	}
	return 0;
}

static void __exit splat_exit(void)
{
}

module_init(splat_init);
module_exit(splat_exit);
MODULE_DESCRIPTION("makes mistakes for the test runner to see");
MODULE_LICENSE("GPL");
