/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/file.h - dropping the last reference to a file at once
 *
 * A task's fput() is put off until the task returns to user space, which an app
 * may not do for days: the peer of a pipe would see no end, and files would pile
 * up. 6.6 ("fs: use __fput_sync in close(2)") lets any task
 * call __fput_sync(); before it is for kernel threads only, so kwasm_fput_now() does it, or, if
 * that cannot, a work item, a moment later. Delete the latter two when 6.1 goes.
 *
 * And borrowing one of the calling process's descriptors: struct fd became one word, behind
 * fd_file(), in 6.12 ("introduce fd_file(), convert all accessors to it").
 */
#ifndef WASI_COMPAT_FILE_H
#define WASI_COMPAT_FILE_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/version.h>

/* As fget(), but without counting where nobody else can close it; @put: fput() it in the end */
static inline struct file *kwasm_fdget(unsigned int nr, bool *put)
{
	struct fd fd = fdget(nr);

#ifdef fd_file
	*put = fd.word & FDPUT_FPUT;
	return fd_file(fd);
#else
	*put = fd.flags & FDPUT_FPUT;
	return fd.file;
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)

static inline int wasi_release_init(void)
{
	return 0;
}

static inline void wasi_release_exit(void)
{
}

static inline void wasi_release(struct file *file)
{
	__fput_sync(file);
}

#else

int wasi_release_init(void);
void wasi_release_exit(void);	/* waits until all is released */
void wasi_release(struct file *file);

#endif

#endif /* WASI_COMPAT_FILE_H */
