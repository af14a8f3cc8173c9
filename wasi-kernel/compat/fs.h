/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/fs.h - file system calls that changed between 6.1 and 6.12
 *
 * Newest form first; delete the rest when 6.1 goes.
 */
#ifndef WASI_COMPAT_FS_H
#define WASI_COMPAT_FS_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
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
 * 6.8: vfs_iter_write() asks for write access to the superblock itself ("fs: move
 * file_start_write() into vfs_iter_write()")
 */
static inline ssize_t kwasm_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return vfs_iter_write(file, iter, pos, 0);
#else
	ssize_t ret;

	file_start_write(file);
	ret = vfs_iter_write(file, iter, pos, 0);
	file_end_write(file);
	return ret;
#endif
}

#endif /* WASI_COMPAT_FS_H */
