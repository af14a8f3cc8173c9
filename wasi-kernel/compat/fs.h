/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/fs.h - file system calls that changed between 6.1 and 6.12
 *
 * Newest form first; delete the rest when 6.1 goes.
 */
#ifndef WASI_COMPAT_FS_H
#define WASI_COMPAT_FS_H

#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/ima.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/version.h>

/*
 * 6.3: leases and delegations got a header of their own ("filelock: move file locking
 * definitions to separate header file")
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

/*
 * 6.3: "struct mnt_idmap" took the place of the mount's user namespace ("fs:
 * introduce dedicated idmap type for mounts" and what followed).
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define kwasm_idmap(mnt)	mnt_idmap(mnt)
#define kwasm_set_idmap(rd, mnt) do {				\
	(rd)->old_mnt_idmap = mnt_idmap(mnt);			\
	(rd)->new_mnt_idmap = mnt_idmap(mnt);			\
} while (0)
#else
#define kwasm_idmap(mnt)	mnt_user_ns(mnt)
#define kwasm_set_idmap(rd, mnt) do {				\
	(rd)->old_mnt_userns = mnt_user_ns(mnt);		\
	(rd)->new_mnt_userns = mnt_user_ns(mnt);		\
} while (0)
#endif

/* Exported for long, declared for modules by <linux/namei.h> since 6.4 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

/*
 * Tell those who watch the file (inotify) that it was opened. 6.11: opening for the kernel
 * does so, too ("vfs: generate FS_CREATE before FS_OPEN when ->atomic_open used").
 */
static inline void kwasm_notify_open(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	fsnotify_open(file);
#endif
}

/*
 * What open(2) asks of the integrity measurement when a file has been opened. 6.9: it became a
 * hook among others ("security: Introduce file_post_open hook").
 */
static inline int kwasm_file_opened(struct file *file, int mask)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return security_file_post_open(file, mask & (MAY_READ | MAY_WRITE | MAY_EXEC | MAY_APPEND));
#else
	return ima_file_check(file, mask);
#endif
}

/*
 * 6.8: vfs_iocb_iter_write() asks for write access to the superblock itself ("fs: move
 * kiocb_start_write() into vfs_iocb_iter_write()")
 */
static inline ssize_t kwasm_iocb_write(struct file *file, struct kiocb *iocb, struct iov_iter *iter)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return vfs_iocb_iter_write(file, iocb, iter);
#else
	ssize_t ret;

	file_start_write(file);
	ret = vfs_iocb_iter_write(file, iocb, iter);
	file_end_write(file);
	return ret;
#endif
}

#endif /* WASI_COMPAT_FS_H */
