// SPDX-License-Identifier: GPL-2.0
/*
 * fd.c - calls on an open descriptor; reading and writing are in io.c, reading directories in readdir.c
 */
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include "call.h"
#include "compat/fs.h"
#include "socket.h"

static noinline int seek_any(struct wasi *w, u32 fd, u64 rights, s64 offset, int whence, u32 result)
{
	u64 *out = wasi_result(w, result, u64);
	struct wasi_file f;
	bool locked;
	loff_t pos;
	int err;

	if (!out)
		return -EFAULT;
	err = wasi_file_get(w, fd, 0, &f);
	if (err)
		return err;
	pos = -ESPIPE;
	if (!f.file || !(f.file->f_mode & FMODE_LSEEK))
		goto out;
	pos = -WASI_ENOTCAPABLE;
	if (!wasi_file_may(&f, rights))
		goto out;
	pos = wasi_pos_lock(f.file, &locked);
	if (pos)
		goto out;
	pos = vfs_llseek(f.file, offset, whence);
	wasi_pos_unlock(f.file, locked);
	if (pos >= 0)
		wasi_put(out, (u64)pos);
out:
	wasi_file_put(&f);
	return pos < 0 ? pos : 0;
}

/* whence: Linux's; @fast: enum wasi_fast, for @rights */
static __always_inline int seek(struct wasi *w, u32 fd, u8 fast, u64 rights, s64 offset,
				int whence, u32 result)
{
	struct file *file;
	void *out;
	loff_t pos;

	if (unlikely(!wasi_fast_file(w, fd, fast, &file) ||
		     !wasi_guest_at(w, result, sizeof(u64), &out)))
		return seek_any(w, fd, rights, offset, whence, result);
	if (fast == WASI_FAST_TELL) {
		pos = file->f_pos;
	} else {
		pos = vfs_llseek(file, offset, whence);
		if (unlikely(pos < 0))
			return pos;
	}
	wasi_put((u64 *)out, (u64)pos);
	return 0;
}

static __always_inline int seek_from(struct wasi *w, u32 fd, s64 offset, int whence, u32 newoffset)
{
	/* asking where one is needs no right to go elsewhere */
	bool tells = offset == 0 && whence == SEEK_CUR;

	return seek(w, fd, tells ? WASI_FAST_TELL : WASI_FAST_SEEK,
		    tells ? WASI_RIGHTS_FD_TELL : WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL,
		    offset, whence, newoffset);
}

static __always_inline int wasi_do_fd_seek(struct wasi *w, u32 fd, u64 offset, u32 whence,
					   u32 newoffset)
{
	static_assert(WASI_WHENCE_SET == SEEK_SET && WASI_WHENCE_CUR == SEEK_CUR &&
		      WASI_WHENCE_END == SEEK_END);

	if (unlikely(whence > WASI_WHENCE_END))
		return -EINVAL;
	return seek_from(w, fd, offset, whence, newoffset);
}

int wasi_do_fd_seek0(struct wasi *w, u32 fd, u64 offset, u32 whence, u32 newoffset)
{
	switch (whence) {
	case WASI_WHENCE0_SET:
		return seek_from(w, fd, offset, SEEK_SET, newoffset);
	case WASI_WHENCE0_CUR:
		return seek_from(w, fd, offset, SEEK_CUR, newoffset);
	case WASI_WHENCE0_END:
		return seek_from(w, fd, offset, SEEK_END, newoffset);
	default:
		return -EINVAL;
	}
}

static __always_inline int wasi_do_fd_tell(struct wasi *w, u32 fd, u32 offset)
{
	return seek(w, fd, WASI_FAST_TELL, WASI_RIGHTS_FD_TELL, 0, SEEK_CUR, offset);
}

FD_CALLS(CALL)

int wasi_do_fd_close(struct wasi *w, u32 fd)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, &entry);

	if (err)
		return err;
	wasi_epoll_forget(w, fd);
	return wasi_fd_release(w, entry);
}

/* @to must be open: a guest cannot make up numbers of its own. */
int wasi_do_fd_renumber(struct wasi *w, u32 from, u32 to)
{
	struct wasi_fd *source, *target;
	int err;

	err = wasi_fd_find(w, from, &source);
	if (!err)
		err = wasi_fd_find(w, to, &target);
	if (err || source == target)
		return err;
	wasi_epoll_forget(w, to);
	wasi_epoll_unwatch(w, from);	/* epolls know numbers: it is watched no more */
	wasi_fd_release(w, target);	/* as dup2(): an error of this close is lost */
	*target = *source;
	memset(source, 0, sizeof(*source));
	w->lowest_free = min(w->lowest_free, from);
	return 0;
}

static int sync(struct wasi *w, u32 fd, u64 rights, int datasync)
{
	struct wasi_file f;
	int err = wasi_file_get(w, fd, rights, &f);

	if (err)
		return err;
	err = f.file ? vfs_fsync(f.file, datasync) : -EINVAL;
	wasi_file_put(&f);
	return err;
}

int wasi_do_fd_datasync(struct wasi *w, u32 fd)
{
	return sync(w, fd, WASI_RIGHTS_FD_DATASYNC, 1);
}

int wasi_do_fd_sync(struct wasi *w, u32 fd)
{
	return sync(w, fd, WASI_RIGHTS_FD_SYNC, 0);
}

int wasi_do_fd_advise(struct wasi *w, u32 fd, u64 offset, u64 len, u32 advice)
{
	static const int linux_advice[] = {
		[WASI_ADVICE_NORMAL]	 = POSIX_FADV_NORMAL,
		[WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[WASI_ADVICE_RANDOM]	 = POSIX_FADV_RANDOM,
		[WASI_ADVICE_WILLNEED]	 = POSIX_FADV_WILLNEED,
		[WASI_ADVICE_DONTNEED]	 = POSIX_FADV_DONTNEED,
		[WASI_ADVICE_NOREUSE]	 = POSIX_FADV_NOREUSE,
	};
	struct wasi_file f;
	int err;

	if (advice >= ARRAY_SIZE(linux_advice) || (s64)offset < 0 || (s64)len < 0)
		return -EINVAL;
	err = wasi_file_get(w, fd, 0, &f);
	if (err)
		return err;
	if (!f.file || !(f.file->f_mode & FMODE_LSEEK))
		err = -ESPIPE;
	else if (!(wasi_file_rights(&f).base & WASI_RIGHTS_FD_ADVISE))
		err = -WASI_ENOTCAPABLE;
	else
		err = vfs_fadvise(f.file, offset, len, linux_advice[advice]);
	wasi_file_put(&f);
	return err;
}

int wasi_do_fd_allocate(struct wasi *w, u32 fd, u64 offset, u64 len)
{
	struct wasi_file f;
	int err;

	if ((s64)offset < 0 || (s64)len <= 0)
		return -EINVAL;
	err = wasi_file_get(w, fd, WASI_RIGHTS_FD_ALLOCATE, &f);
	if (err)
		return err;
	do {
		err = f.file ? vfs_fallocate(f.file, 0, offset, len) : -ESPIPE;
		if (!err)
			break;
		err = wasi_restart(w, f.file, EPOLLOUT, err);
	} while (!err);
	wasi_file_put(&f);
	return err;
}

static u16 fdflags(const struct file *file)
{
	u16 flags = 0;

	if (!file)
		return WASI_FDFLAGS_APPEND;
	if (file->f_flags & O_APPEND)
		flags |= WASI_FDFLAGS_APPEND;
	if (file->f_flags & O_NONBLOCK)
		flags |= WASI_FDFLAGS_NONBLOCK;
	/* O_SYNC is two bits, one of them O_DSYNC; Linux's O_RSYNC is O_SYNC */
	if (file->f_flags & __O_SYNC)
		flags |= WASI_FDFLAGS_SYNC;
	else if (file->f_flags & O_DSYNC)
		flags |= WASI_FDFLAGS_DSYNC;
	return flags;
}

int wasi_do_fd_fdstat_get(struct wasi *w, u32 fd, u32 stat)
{
	struct wasi_fdstat *out = wasi_result(w, stat, struct wasi_fdstat), s = {};
	struct wasi_rights_pair rights;
	struct wasi_file f;
	int err;

	if (!out)
		return -EFAULT;
	err = wasi_file_get(w, fd, 0, &f);
	if (err)
		return err;
	rights = wasi_file_rights(&f);
	s.filetype = wasi_filetype(f.file);
	s.flags = fdflags(f.file);
	s.rights_base = rights.base;
	s.rights_inheriting = rights.inheriting;
	wasi_put(out, s);
	wasi_file_put(&f);
	return 0;
}

/*
 * As fcntl(F_SETFL), which sets them for everybody who shares the open file. Unlike
 * there the synchronous flags can be changed as well.
 */
int wasi_do_fd_fdstat_set_flags(struct wasi *w, u32 fd, u32 flags)
{
	unsigned int mask = O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC, linux_flags = 0;
	struct wasi_file f;
	struct inode *inode;
	int err;

	if (flags & ~WASI_FDFLAGS_ALL)
		return -EINVAL;
	err = wasi_file_get(w, fd, WASI_RIGHTS_FD_FDSTAT_SET_FLAGS, &f);
	if (err || !f.file)
		return err;
	inode = file_inode(f.file);
	if (flags & WASI_FDFLAGS_APPEND)
		linux_flags |= O_APPEND;
	if (flags & WASI_FDFLAGS_NONBLOCK)
		linux_flags |= O_NONBLOCK;
	if (flags & WASI_FDFLAGS_DSYNC)
		linux_flags |= O_DSYNC;
	if (flags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC))
		linux_flags |= O_SYNC;
	err = -EPERM;
	if (IS_APPEND(inode) && !(linux_flags & O_APPEND) && (f.file->f_flags & O_APPEND))
		goto out;
	err = 0;
	if (f.file->f_op->check_flags)
		err = f.file->f_op->check_flags(linux_flags);
	if (err)
		goto out;
	spin_lock(&f.file->f_lock);
	f.file->f_flags = (f.file->f_flags & ~mask) | linux_flags;
	f.file->f_iocb_flags = iocb_flags(f.file);
	spin_unlock(&f.file->f_lock);
out:
	wasi_file_put(&f);
	return err;
}

/* Rights can only be given up. */
int wasi_do_fd_fdstat_set_rights(struct wasi *w, u32 fd, u64 base, u64 inheriting)
{
	struct wasi_rights_pair rights;
	struct wasi_file f;
	int err = wasi_file_get(w, fd, 0, &f);

	if (err)
		return err;
	rights = wasi_file_rights(&f);
	if ((base & ~rights.base) || (inheriting & ~rights.inheriting)) {
		err = -WASI_ENOTCAPABLE;
	} else {
		f.fd->rights_base = base;
		f.fd->rights_inheriting = inheriting;
		wasi_fd_set_fast(f.fd);
	}
	wasi_file_put(&f);
	return err;
}

static u64 to_ns(struct timespec64 ts)
{
	return (u64)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/**
 * wasi_stat_get() - Attributes of a file, as the guest sees them
 * @w: state
 * @path: of the file
 * @file: the same, open, or NULL
 * @stat: guest address of struct wasi_filestat
 * @old: it is snapshot 0's
 */
int wasi_stat_get(struct wasi *w, const struct path *path, struct file *file, u32 stat, bool old)
{
	void *out = wasi_guest(w, stat, old ? sizeof(struct wasi_filestat0) :
					      sizeof(struct wasi_filestat));
	struct kstat k;
	u8 filetype;
	int err;

	if (!out)
		return -EFAULT;
	err = vfs_getattr(path, &k, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (err)
		return err;
	filetype = file ? wasi_filetype(file) : wasi_filetype_of_mode(k.mode);
	if (old) {
		struct wasi_filestat0 s = {
			.dev = new_encode_dev(k.dev), .ino = k.ino, .filetype = filetype,
			.nlink = k.nlink, .size = k.size, .atim = to_ns(k.atime),
			.mtim = to_ns(k.mtime), .ctim = to_ns(k.ctime),
		};

		memcpy(out, &s, sizeof(s));
	} else {
		struct wasi_filestat s = {
			.dev = new_encode_dev(k.dev), .ino = k.ino, .filetype = filetype,
			.nlink = k.nlink, .size = k.size, .atim = to_ns(k.atime),
			.mtim = to_ns(k.mtime), .ctim = to_ns(k.ctime),
		};

		memcpy(out, &s, sizeof(s));
	}
	return 0;
}

static int filestat_get(struct wasi *w, u32 fd, u32 stat, bool old)
{
	struct wasi_file f;
	int err = wasi_file_get(w, fd, WASI_RIGHTS_FD_FILESTAT_GET, &f);

	if (err)
		return err;
	if (f.file) {
		err = wasi_stat_get(w, &f.file->f_path, f.file, stat, old);
	} else {
		struct wasi_filestat s = { .filetype = wasi_filetype(NULL), .nlink = 1 };
		struct wasi_filestat0 s0 = { .filetype = s.filetype, .nlink = 1 };
		void *out = wasi_guest(w, stat, old ? sizeof(s0) : sizeof(s));

		if (!out)
			err = -EFAULT;
		else if (old)
			memcpy(out, &s0, sizeof(s0));
		else
			memcpy(out, &s, sizeof(s));
	}
	wasi_file_put(&f);
	return err;
}

int wasi_do_fd_filestat_get(struct wasi *w, u32 fd, u32 stat)
{
	return filestat_get(w, fd, stat, false);
}

int wasi_do_fd_filestat_get0(struct wasi *w, u32 fd, u32 stat)
{
	return filestat_get(w, fd, stat, true);
}

/* As ftruncate(): the right to write was checked when the file was opened. */
static int truncate(struct file *file, loff_t size)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = {
		.ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME | ATTR_FILE,
		.ia_size = size,
		.ia_file = file,
	};
	int err;

	if (!S_ISREG(inode->i_mode) || !(file->f_mode & FMODE_WRITE))
		return -EINVAL;
	if (IS_APPEND(inode))
		return -EPERM;
	file_start_write(file);
	inode_lock(inode);
	err = file_remove_privs(file);
	if (!err)
		err = notify_change(kwasm_idmap(file->f_path.mnt), file->f_path.dentry, &attr, NULL);
	inode_unlock(inode);
	file_end_write(file);
	return err;
}

int wasi_do_fd_filestat_set_size(struct wasi *w, u32 fd, u64 size)
{
	struct wasi_file f;
	int err;

	if ((s64)size < 0)
		return -EINVAL;
	err = wasi_file_get(w, fd, WASI_RIGHTS_FD_FILESTAT_SET_SIZE, &f);
	if (err)
		return err;
	err = f.file ? truncate(f.file, size) : -EINVAL;
	wasi_file_put(&f);
	return err;
}

static struct timespec64 from_ns(u64 ns)
{
	return (struct timespec64){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}

/**
 * wasi_set_times() - Set access and modification time
 * @path: of the file
 * @atim: ns since the epoch, if WASI_FSTFLAGS_ATIM
 * @mtim: likewise
 * @flags: WASI_FSTFLAGS_
 *
 * Permissions are checked as utimensat() does, by notify_change().
 */
int wasi_set_times(const struct path *path, u64 atim, u64 mtim, u32 flags)
{
	const u32 both_now = WASI_FSTFLAGS_ATIM_NOW | WASI_FSTFLAGS_MTIM_NOW;
	struct inode *inode = d_inode(path->dentry), *delegated = NULL;
	struct iattr attr = { .ia_valid = ATTR_CTIME };
	int err;

	if (flags & ~WASI_FSTFLAGS_ALL)
		return -EINVAL;
	if ((flags & WASI_FSTFLAGS_ATIM) && (flags & WASI_FSTFLAGS_ATIM_NOW))
		return -EINVAL;
	if ((flags & WASI_FSTFLAGS_MTIM) && (flags & WASI_FSTFLAGS_MTIM_NOW))
		return -EINVAL;
	if (!flags)
		return 0;
	if (flags & (WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_ATIM_NOW))
		attr.ia_valid |= ATTR_ATIME;
	if (flags & (WASI_FSTFLAGS_MTIM | WASI_FSTFLAGS_MTIM_NOW))
		attr.ia_valid |= ATTR_MTIME;
	if (flags & WASI_FSTFLAGS_ATIM) {
		attr.ia_valid |= ATTR_ATIME_SET;
		attr.ia_atime = from_ns(atim);
	}
	if (flags & WASI_FSTFLAGS_MTIM) {
		attr.ia_valid |= ATTR_MTIME_SET;
		attr.ia_mtime = from_ns(mtim);
	}
	/* who may write may say "now" for both; anything else is the owner's */
	attr.ia_valid |= flags == both_now ? ATTR_TOUCH : ATTR_TIMES_SET;

	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	do {
		inode_lock(inode);
		err = notify_change(kwasm_idmap(path->mnt), path->dentry, &attr, &delegated);
		inode_unlock(inode);
		if (!delegated)
			break;
		err = break_deleg_wait(&delegated);
	} while (!err);
	mnt_drop_write(path->mnt);
	return err;
}

int wasi_do_fd_filestat_set_times(struct wasi *w, u32 fd, u64 atim, u64 mtim, u32 flags)
{
	struct wasi_file f;
	int err = wasi_file_get(w, fd, WASI_RIGHTS_FD_FILESTAT_SET_TIMES, &f);

	if (err)
		return err;
	err = f.file ? wasi_set_times(&f.file->f_path, atim, mtim, flags) : -EINVAL;
	wasi_file_put(&f);
	return err;
}

int wasi_do_fd_prestat_get(struct wasi *w, u32 fd, u32 stat)
{
	struct wasi_prestat *out = wasi_result(w, stat, struct wasi_prestat), s = {};
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, &entry);

	if (err)
		return err;
	if (!entry->preopen && !entry->preopen_socket)
		return -EBADF;	/* how a guest finds the end of the preopened ones */
	if (!out)
		return -EFAULT;
	s.tag = entry->preopen ? WASI_PREOPENTYPE_DIR : WASI_PREOPENTYPE_SOCKET;
	s.name_len = entry->preopen_len;
	wasi_put(out, s);
	return 0;
}

int wasi_do_fd_prestat_dir_name(struct wasi *w, u32 fd, u32 path, u32 len)
{
	char *out = wasi_guest(w, path, len);
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, &entry);

	if (err)
		return err;
	if (!entry->preopen)
		return -EBADF;
	if (!out)
		return -EFAULT;
	if (len < entry->preopen_len)
		return -ENAMETOOLONG;
	memcpy(out, entry->preopen, entry->preopen_len);
	return 0;
}
