// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kwasm: the door to user space (uapi/kwasm.h)
 *
 * Copy in, check, call the core, copy out. What comes from user space is checked here
 * and is plain data behind. The device belongs to root alone (mode 0600): whoever may
 * open it may run apps, with the powers WASI gives them over the caller's own files. An
 * administrator who wants others to do that changes mode or group by a udev rule; what
 * ends other users' calls (KILL) then still asks for CAP_SYS_ADMIN.
 *
 * An open file is a session. It pins this module; the calls in it pin the file.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "kernel.h"

/* ---- copying ---- */

/*
 * The argument struct, whose first member is its size as the caller knows it. Ours may
 * be longer (the rest is zero) or shorter (then the rest must be zero).
 */
static int get_arg(void *arg, size_t size, void __user *from)
{
	u32 user_size;
	int err;

	if (get_user(user_size, (u32 __user *)from))
		return -EFAULT;
	if (user_size < sizeof(u32) || user_size > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(arg, size, from, user_size);
	if (!err)
		*(u32 *)arg = user_size;	/* it may have changed meanwhile */
	return err;
}

/* As much of it as the caller knows */
static int put_arg(void __user *to, const void *arg, size_t size)
{
	return copy_to_user(to, arg, min_t(size_t, size, *(u32 *)arg)) ? -EFAULT : 0;
}

/* A string of at most @max bytes with its NUL; the caller frees it */
static char *get_string(u64 from, size_t max)
{
	return strndup_user(u64_to_user_ptr(from), max);
}

/* A name of @len bytes, which may contain NUL, so it gets another one behind */
static char *get_name(u64 from, u32 len)
{
	if (len >= KWASM_IMPORT_NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	return memdup_user_nul(u64_to_user_ptr(from), len);
}

/* Charged to the caller, as it may stay while an app runs. kwasm_lists_free() in any case. */
static int get_strings(struct kwasm_strings *s, const struct kwasm_strings_arg *arg)
{
	char *data;

	if (arg->reserved)
		return -EINVAL;
	if (!arg->bytes)
		return 0;
	if (arg->bytes > KWASM_STRINGS_MAX)
		return -E2BIG;
	data = plat_zalloc(arg->bytes);
	if (!data)
		return -ENOMEM;
	s->data = data;
	if (copy_from_user(data, u64_to_user_ptr(arg->data), arg->bytes))
		return -EFAULT;
	return kwasm_strings_init(s, data, arg->bytes);
}

/* kwasm_lists_free(config->lists) in any case */
static int get_config(struct kwasm_config *config, const struct kwasm_surroundings *arg)
{
	int err;
	u32 i;

	memset(config, 0, sizeof(*config));
	config->max_memory = arg->max_memory;
	config->stack_size = arg->stack_size;
	config->context = KWASM_CONTEXT_PROCESS;
	err = arg->reserved ? -EINVAL : 0;
	for (i = 0; i < KWASM_NR_LISTS && !err; i++)
		err = get_strings(&config->lists[i], &arg->lists[i]);
	return err;
}

/*
 * Reports are some 2 KiB, so they are allocated, and only if the caller wants one.
 * get_report() finds out early that it is no good, before anything has run.
 */
static int get_report(struct kwasm_trap_info **report, u64 to)
{
	u32 user_size;

	*report = NULL;
	if (!to)
		return 0;
	if (get_user(user_size, (u32 __user *)u64_to_user_ptr(to)))
		return -EFAULT;
	if (user_size < offsetofend(struct kwasm_trap_info, nr_frames) || user_size > PAGE_SIZE)
		return -EINVAL;
	*report = kvzalloc(sizeof(**report), GFP_KERNEL_ACCOUNT);
	return *report ? 0 : -ENOMEM;
}

/* Give the report out, if there was something to report, and free it */
static int put_report(struct kwasm_trap_info *report, u64 to, int result)
{
	struct kwasm_trap_info __user *user = u64_to_user_ptr(to);
	u32 user_size, size;

	if (report && result) {
		if (get_user(user_size, &user->size)) {
			result = -EFAULT;
			goto out;
		}
		size = min_t(u32, user_size, sizeof(*report));
		report->size = size;
		if (copy_to_user(user, report, size))
			result = -EFAULT;
	}
out:
	kvfree(report);
	return result;
}

/* ---- the calls: @p is the argument, copied in; who changes it copies it out to @user ---- */

static int ctl_version(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_version *arg = p;

	arg->uapi = KWASM_UAPI_VERSION;
	arg->abi = KWASM_ABI_VERSION;
	arg->reserved = 0;
	return put_arg(user, arg, sizeof(*arg));
}

/* The app's own instance: there is nothing to say about its surroundings */
static int instantiate_default(struct kwasm_session *session, const char *app,
			       struct kwasm_instantiate *arg)
{
	if (memchr_inv(&arg->surroundings, 0, sizeof(arg->surroundings)))
		return -EINVAL;
	return kwasm_session_default(session, app, &arg->handle);
}

static int instantiate(struct kwasm_session *session, const char *app,
		       struct kwasm_instantiate *arg)
{
	struct kwasm_trap_info *report;
	struct kwasm_config config;
	int err;

	err = get_config(&config, &arg->surroundings);
	if (!err)
		err = get_report(&report, arg->report);
	if (!err) {
		err = kwasm_session_instantiate(session, app, &config, &arg->handle, report);
		err = put_report(report, arg->report, err);
	}
	kwasm_lists_free(config.lists);
	return err;
}

static int ctl_instantiate(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_instantiate *arg = p;
	char *app;
	int err;

	if (arg->flags & ~KWASM_INSTANTIATE_DEFAULT || arg->reserved)
		return -EINVAL;
	app = get_string(arg->app, KWASM_NAME_MAX);
	if (IS_ERR(app))
		return PTR_ERR(app);
	err = arg->flags & KWASM_INSTANTIATE_DEFAULT ? instantiate_default(session, app, arg) :
	      instantiate(session, app, arg);
	kfree(app);
	if (err)
		return err;
	err = put_arg(user, arg, sizeof(*arg));
	if (err)	/* nobody would know the handle */
		kwasm_session_drop(session, arg->handle);
	return err;
}

static int ctl_register(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_register *arg = p;
	char *name;
	int err;

	if (arg->reserved)
		return -EINVAL;
	name = get_name(arg->name, arg->name_len);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = kwasm_session_register(session, arg->handle, name, arg->name_len);
	kfree(name);
	return err;
}

static int ctl_call(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_call *arg = p;
	struct kwasm_trap_info *report;
	struct kwasm_instance *instance;
	struct kwasm_val *vals = NULL;
	u32 room, nr;
	char *name;
	int err;

	if (arg->reserved || arg->nr_args > KWASM_ARITY_MAX || arg->nr_results > KWASM_ARITY_MAX)
		return -EINVAL;
	name = get_name(arg->name, arg->name_len);
	if (IS_ERR(name))
		return PTR_ERR(name);
	/* arguments and results share a buffer */
	room = max(arg->nr_args, arg->nr_results);
	if (room) {
		err = -ENOMEM;
		vals = kvcalloc(room, sizeof(*vals), GFP_KERNEL_ACCOUNT);
		if (!vals)
			goto out_free_name;
		err = -EFAULT;
		if (copy_from_user(vals, u64_to_user_ptr(arg->args), arg->nr_args * sizeof(*vals)))
			goto out_free_vals;
	}
	err = get_report(&report, arg->report);
	if (err)
		goto out_free_vals;
	err = -EBADF;
	instance = kwasm_session_instance(session, arg->handle);
	if (!instance)
		goto out_put_report;
	nr = arg->nr_results;
	err = kwasm_call(instance, name, arg->name_len, vals, arg->nr_args, vals, &nr,
			 KWASM_CONTEXT_PROCESS, report);
	kwasm_instance_put(instance);
	if (!err) {
		arg->nr_results = nr;
		if (copy_to_user(u64_to_user_ptr(arg->results), vals, nr * sizeof(*vals)))
			err = -EFAULT;
	}
	if (!err || err == -ENOSPC) {
		arg->nr_results = nr;
		if (put_arg(user, arg, sizeof(*arg)))
			err = -EFAULT;
	}
out_put_report:
	err = put_report(report, arg->report, err);
out_free_vals:
	kvfree(vals);
out_free_name:
	kfree(name);
	return err;
}

static int ctl_global_get(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_global_get *arg = p;
	struct kwasm_instance *instance;
	char *name;
	int err;

	if (arg->reserved)
		return -EINVAL;
	name = get_name(arg->name, arg->name_len);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = -EBADF;
	instance = kwasm_session_instance(session, arg->handle);
	if (instance) {
		err = kwasm_global_get(instance, name, arg->name_len, &arg->value);
		kwasm_instance_put(instance);
	}
	if (!err)
		err = put_arg(user, arg, sizeof(*arg));
	kfree(name);
	return err;
}

static int ctl_run(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_run *arg = p;
	struct kwasm_trap_info *report;
	struct kwasm_config config;
	char *app;
	int err;

	if (arg->flags || arg->reserved)
		return -EINVAL;
	app = get_string(arg->app, KWASM_NAME_MAX);
	if (IS_ERR(app))
		return PTR_ERR(app);
	err = get_config(&config, &arg->surroundings);
	if (!err)
		err = get_report(&report, arg->report);
	if (err)
		goto out_free;
	arg->exit_code = 0;
	err = kwasm_session_run(session, app, &config, &arg->exit_code, report);
	if (!err)
		err = put_arg(user, arg, sizeof(*arg));
	err = put_report(report, arg->report, err);
out_free:
	kwasm_lists_free(config.lists);
	kfree(app);
	return err;
}

/* More instances than this are not listed; @total tells. */
#define PS_MAX	65536u

static int ctl_ps(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_ps *arg = p;
	struct kwasm_ps_entry *entries = NULL;
	u8 __user *to;
	u32 i, step;
	int err;

	if (arg->nr && (arg->entry_size < sizeof(u64) || arg->entry_size > PAGE_SIZE))
		return -EINVAL;
	/* Those that come meanwhile are not shown; @total tells, too. */
	arg->nr = min3(arg->nr, PS_MAX, kwasm_instance_list(NULL, 0));
	if (arg->nr) {
		entries = kvcalloc(arg->nr, sizeof(*entries), GFP_KERNEL_ACCOUNT);
		if (!entries)
			return -ENOMEM;
	}
	arg->total = kwasm_instance_list(entries, arg->nr);
	arg->nr = min(arg->nr, arg->total);
	to = u64_to_user_ptr(arg->entries);
	step = min_t(u32, arg->entry_size, sizeof(*entries));
	err = -EFAULT;
	for (i = 0; i < arg->nr; i++, to += arg->entry_size) {
		if (copy_to_user(to, &entries[i], step) ||
		    clear_user(to + step, arg->entry_size - step))
			goto out;
	}
	err = put_arg(user, arg, sizeof(*arg));
out:
	kvfree(entries);
	return err;
}

static int ctl_kill(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_kill *arg = p;

	if (arg->reserved)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return kwasm_instance_kill(arg->id);
}

/* What imports and exports of an app may take; more is cut off with -ENOSPC */
#define INFO_MAX	(64u << 20)

static int ctl_info(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_info *arg = p;
	struct kwasm_program *program;
	void *buffer = NULL;
	u32 room, size;
	char *app;
	int err;

	if (arg->reserved)
		return -EINVAL;
	app = get_string(arg->app, KWASM_NAME_MAX);
	if (IS_ERR(app))
		return PTR_ERR(app);
	program = kwasm_program_get(app);
	kfree(app);
	if (!program)
		return -ENOENT;
	/* How much it takes, before room for it is made: what the caller says may be anything. */
	room = min(arg->buffer_size, INFO_MAX);
	err = kwasm_program_info(program, arg, NULL, 0);
	size = arg->buffer_size;
	if (!err && room && size > room)
		err = -ENOSPC;
	if (!err && room && size) {
		err = -ENOMEM;
		buffer = plat_zalloc(size);
		if (!buffer)
			goto out;
		err = kwasm_program_info(program, arg, buffer, size);
		if (!err && copy_to_user(u64_to_user_ptr(arg->buffer), buffer, size))
			err = -EFAULT;
	}
	if ((!err || err == -ENOSPC) && put_arg(user, arg, sizeof(*arg)))
		err = -EFAULT;
out:
	plat_free(buffer);
	kwasm_program_put(program);
	return err;
}

static int ctl_drop(struct kwasm_session *session, void *p, void __user *user)
{
	struct kwasm_drop *arg = p;

	return kwasm_session_drop(session, arg->handle);
}

#define ARG_MAX_SIZE	sizeof(struct kwasm_instantiate)	/* the largest of them */

/* By number; all arguments are structs that begin with their size */
static const struct ctl_row {
	size_t size;
	int (*call)(struct kwasm_session *session, void *arg, void __user *user);
} ctl_calls[] = {
#define CALL(NAME, name)								\
	[KWASM_IOC_##NAME - KWASM_IOC_VERSION] = {						\
		sizeof(struct kwasm_##name) +							\
		BUILD_BUG_ON_ZERO(sizeof(struct kwasm_##name) > ARG_MAX_SIZE),			\
		ctl_##name									\
	}
	CALL(VERSION, version),
	CALL(INSTANTIATE, instantiate),
	CALL(REGISTER, register),
	CALL(CALL, call),
	CALL(GLOBAL_GET, global_get),
	CALL(RUN, run),
	CALL(PS, ps),
	CALL(KILL, kill),
	CALL(INFO, info),
	CALL(DROP, drop),
#undef CALL
};

static long ctl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	u64 room[DIV_ROUND_UP(ARG_MAX_SIZE, sizeof(u64))];
	u32 nr = cmd - KWASM_IOC_VERSION;
	const struct ctl_row *row;
	int err;

	if (nr >= ARRAY_SIZE(ctl_calls))
		return -ENOTTY;
	row = &ctl_calls[array_index_nospec(nr, ARRAY_SIZE(ctl_calls))];
	err = get_arg(room, row->size, user);
	return err ? err : row->call(file->private_data, room, user);
}

static int ctl_open(struct inode *inode, struct file *file)
{
	file->private_data = kwasm_session_create();
	return file->private_data ? 0 : -ENOMEM;
}

static int ctl_release(struct inode *inode, struct file *file)
{
	kwasm_session_destroy(file->private_data);
	return 0;
}

static const struct file_operations ctl_fops = {
	.owner = THIS_MODULE,
	.open = ctl_open,
	.release = ctl_release,
	.unlocked_ioctl = ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,	/* the structs are the same for 32-bit programs */
	.llseek = noop_llseek,
};

static struct miscdevice ctl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kwasm",
	.fops = &ctl_fops,
	.mode = 0600,
};

int kwasm_ctl_init(void)
{
	return misc_register(&ctl_device);
}

void kwasm_ctl_exit(void)
{
	misc_deregister(&ctl_device);
}
