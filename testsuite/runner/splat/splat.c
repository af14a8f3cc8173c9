// SPDX-License-Identifier: GPL-2.0
/*
 * A module that misbehaves on request, to see that the VM runner notices:
 * insmod splat.ko what=warn|oops|bug|atomic|quiet
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/string.h>

static char *what = "quiet";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "which mistake to make");

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
