// SPDX-License-Identifier: GPL-2.0
/*
 * Types of apps' module parameters
 *
 * An app's .ko has rows in its __param section that point here and at members of
 * its struct kwasm_app. They are set before its init runs, and only then: the files
 * in /sys/module/<app>/parameters are for reading. The kernel prints the error line
 * for a value that is refused: "`x' invalid for parameter `run'".
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kwasm_abi.h"

#define STRING_MAX	(64 << 10)

static int set_string(const char *val, const struct kernel_param *kp)
{
	char **p = kp->arg, *copy;

	if (!val)
		return -EINVAL;
	if (strlen(val) > STRING_MAX) {
		pr_err("kwasm: parameter %s is longer than %u bytes\n", kp->name, STRING_MAX);
		return -ENOSPC;
	}
	copy = kvmalloc(strlen(val) + 1, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	strcpy(copy, val);
	kvfree(*p);	/* given twice: the last one counts */
	*p = copy;
	return 0;
}

static int get_string(char *buf, const struct kernel_param *kp)
{
	char **p = kp->arg;

	return scnprintf(buf, PAGE_SIZE, "%s\n", *p ? *p : "");
}

static void free_string(void *arg)
{
	char **p = arg;

	kvfree(*p);
	*p = NULL;
}

/* A number, which may have one of the suffixes K, M, G, T; sysfs adds a newline */
static int parse(const char *val, u64 max, u64 *value)
{
	char *end;

	if (!val || !isdigit(*val))
		return -EINVAL;
	*value = memparse(val, &end);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	return *value > max ? -ERANGE : 0;
}

static int set_u64(const char *val, const struct kernel_param *kp)
{
	return parse(val, U64_MAX, kp->arg);
}

static int get_u64(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%llu\n", *(u64 *)kp->arg);
}

static int set_u32(const char *val, const struct kernel_param *kp)
{
	u64 value;
	int err;

	err = parse(val, U32_MAX, &value);
	if (!err)
		*(u32 *)kp->arg = value;
	return err;
}

static int get_u32(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%u\n", *(u32 *)kp->arg);
}

/* The member is a u32; no value means true, as for every flag of the kernel */
static int set_bool(const char *val, const struct kernel_param *kp)
{
	bool value = true;
	int err = 0;

	if (val)
		err = kstrtobool(val, &value);
	if (!err)
		*(u32 *)kp->arg = value;
	return err;
}

static int get_bool(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%c\n", *(u32 *)kp->arg ? 'Y' : 'N');
}

const struct kernel_param_ops kwasm_param_ops_string = {
	.set = set_string,
	.get = get_string,
	.free = free_string,
};
EXPORT_SYMBOL_GPL(kwasm_param_ops_string);

const struct kernel_param_ops kwasm_param_ops_u64 = {
	.set = set_u64,
	.get = get_u64,
};
EXPORT_SYMBOL_GPL(kwasm_param_ops_u64);

const struct kernel_param_ops kwasm_param_ops_u32 = {
	.set = set_u32,
	.get = get_u32,
};
EXPORT_SYMBOL_GPL(kwasm_param_ops_u32);

const struct kernel_param_ops kwasm_param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_bool,
	.get = get_bool,
};
EXPORT_SYMBOL_GPL(kwasm_param_ops_bool);
