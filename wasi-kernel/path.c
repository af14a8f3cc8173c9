// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - calls on a path below a directory
 *
 * How a guest is kept below its directory, without races:
 *  - every walk is vfs_path_lookup(..., LOOKUP_BENEATH): "..", absolute and magic
 *    links that would lead out are refused by the walk itself, also while directories are
 *    being renamed. It takes a leading "/" as relative and "" as the directory, so
 *    these two are refused here first. Only a path that goes down by names alone, with no ".."
 *    and over no link, is looked up name by name;
 *  - an object that exists is opened as the object that was found: a file or directory
 *    by dentry_open() after the checks that open(2) makes, anything else, and
 *    what is to be truncated, by file_open_root() on it with an empty name;
 *  - to create, rename or remove, the parent is found by such a walk, and then one
 *    name, which is not "." or "..", is acted on in it. A symbolic link there is never
 *    followed.
 * Permissions are those of the calling process: every one of these asks for them.
 */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include "compat/file.h"
#include "compat/fs.h"
#include "wasi.h"

#define LINKS_MAX	40	/* MAXSYMLINKS */

/* The last component of a path, and the directory it is in */
struct last {
	struct path parent;
	char *name;
	int len;
	bool slash;		/* "name/": must be, or become, a directory */
};

/*
 * Copy a path from the guest, then check it. @slot: 0 or 1, where to keep it.
 * A call's second path uses the other slot.
 */
static int get_path(struct wasi *w, u32 addr, u32 len, int slot, char **path)
{
	const char *from = wasi_guest(w, addr, len);
	char *to = w->path[slot];

	if (!from)
		return -EFAULT;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!len)
		return -ENOENT;
	if (!to) {
		to = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
		if (!to)
			return -ENOMEM;
		w->path[slot] = to;
	}
	memcpy(to, from, len);
	to[len] = 0;
	if (memchr(to, 0, len))
		return -EILSEQ;
	if (to[0] == '/')
		return -WASI_ENOTCAPABLE;
	*path = to;
	return 0;
}

/*
 * The walk for a path of names alone, where nothing could lead out: without "..", without a link, and without a
 * place where something is mounted. vfs_path_lookup() would allocate, and clear, a page for the path.
 *
 * Return: as lookup(); 1: the path is not of that kind, or something is wrong with it: let the kernel walk.
 */
static int lookup_names(struct file *dir, const char *path, unsigned int flags, struct path *found)
{
	struct dentry *parent = dir->f_path.dentry, *held = NULL, *dentry;
	struct vfsmount *mnt = dir->f_path.mnt;
	const char *end;

	for (;;) {
		end = strchrnul(path, '/');
		/* asks for the permission to search; refuses "", "." and ".." */
		dentry = lookup_one_positive_unlocked(kwasm_idmap(mnt), path, parent, end - path);
		dput(held);
		if (IS_ERR(dentry))
			return dentry == ERR_PTR(-ENOENT) ? -ENOENT : 1;
		held = dentry;
		if (d_managed(dentry) || d_is_symlink(dentry) ||
		    ((*end || flags & LOOKUP_DIRECTORY) && !d_can_lookup(dentry)))
			break;
		if (!*end) {
			found->mnt = mntget(mnt);
			found->dentry = dentry;
			return 0;
		}
		parent = dentry;
		path = end + 1;
	}
	dput(held);
	return 1;
}

/* Walk from @dir. @flags: LOOKUP_FOLLOW, LOOKUP_DIRECTORY */
static int lookup(struct wasi *w, struct file *dir, const char *path, unsigned int flags,
		  struct path *found)
{
	int err;

	if (!d_can_lookup(dir->f_path.dentry))
		return -ENOTDIR;
	err = lookup_names(dir, path, flags, found);
	if (err <= 0)
		return err;
	for (;;) {
		err = vfs_path_lookup(dir->f_path.dentry, dir->f_path.mnt, path,
				      flags | LOOKUP_BENEATH, found);
		if (err != -EAGAIN)
			break;
		/* something was renamed during a walk over "..": whether it led out is not known */
		if (kwasm_should_stop(w->ctx))
			return -EINTR;
		cond_resched();
	}
	return err == -EXDEV ? -WASI_ENOTCAPABLE : err;
}

/* Split off the last component of @path (which is changed) and find its parent */
static int lookup_parent(struct wasi *w, struct file *dir, char *path, struct last *last)
{
	int len = strlen(path);
	char *slash;

	if (!d_can_lookup(dir->f_path.dentry))
		return -ENOTDIR;
	last->slash = path[len - 1] == '/';	/* not empty, and not only slashes: get_path() */
	while (path[len - 1] == '/')
		path[--len] = 0;
	slash = strrchr(path, '/');
	last->name = slash ? slash + 1 : path;
	last->len = strlen(last->name);
	if (last->len > NAME_MAX)
		return -ENAMETOOLONG;
	if (!slash) {
		last->parent = dir->f_path;
		path_get(&last->parent);
		return 0;
	}
	*slash = 0;
	return lookup(w, dir, path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &last->parent);
}

static bool is_dot(const struct last *last)
{
	return last->len == 1 && last->name[0] == '.';
}

static bool is_dotdot(const struct last *last)
{
	return last->len == 2 && last->name[0] == '.' && last->name[1] == '.';
}

/* A directory descriptor, and a path in it */
static int get_at(struct wasi *w, u32 fd, u64 rights, u32 path, u32 len, int slot,
		  struct wasi_file *f, char **name)
{
	int err = wasi_file_get(w, fd, 0, f);

	if (err)
		return err;
	if (!f->file || !S_ISDIR(file_inode(f->file)->i_mode))
		err = -ENOTDIR;
	else if (!wasi_file_may(f, rights))
		err = -WASI_ENOTCAPABLE;
	else
		err = get_path(w, path, len, slot, name);
	if (err)
		wasi_file_put(f);
	return err;
}

/* The same, with what the path leads to. @flags: WASI_LOOKUPFLAGS_ */
static int get_found(struct wasi *w, u32 fd, u64 rights, u32 flags, u32 path, u32 len,
		     struct path *found)
{
	struct wasi_file f;
	char *name;
	int err;

	if (flags & ~WASI_LOOKUPFLAGS_SYMLINK_FOLLOW)
		return -EINVAL;
	err = get_at(w, fd, rights, path, len, 0, &f, &name);
	if (err)
		return err;
	err = lookup(w, f.file, name, flags ? LOOKUP_FOLLOW : 0, found);
	wasi_file_put(&f);
	return err;
}

/* The same, with the last component's parent */
static int get_last(struct wasi *w, u32 fd, u64 rights, u32 path, u32 len, int slot,
		    struct last *last)
{
	struct wasi_file f;
	char *name;
	int err = get_at(w, fd, rights, path, len, slot, &f, &name);

	if (err)
		return err;
	err = lookup_parent(w, f.file, name, last);
	wasi_file_put(&f);
	return err;
}

/*
 * Begin to change the directory @last->parent: its lock is held and the entry looked
 * up, which need not exist. Pair with end_change().
 */
static struct dentry *begin_change(struct last *last)
{
	struct dentry *dentry;
	int err = mnt_want_write(last->parent.mnt);

	if (err)
		return ERR_PTR(err);
	inode_lock_nested(d_inode(last->parent.dentry), I_MUTEX_PARENT);
	dentry = lookup_one(kwasm_idmap(last->parent.mnt), last->name, last->parent.dentry,
			    last->len);
	if (IS_ERR(dentry)) {
		inode_unlock(d_inode(last->parent.dentry));
		mnt_drop_write(last->parent.mnt);
	}
	return dentry;
}

static void end_change(struct last *last, struct dentry *dentry)
{
	inode_unlock(d_inode(last->parent.dentry));
	dput(dentry);
	mnt_drop_write(last->parent.mnt);
}

/* For what makes a new entry; as filename_create() */
static struct dentry *begin_create(struct last *last, bool is_dir)
{
	struct dentry *dentry;

	if (is_dot(last) || is_dotdot(last))
		return ERR_PTR(-EEXIST);
	dentry = begin_change(last);
	if (IS_ERR(dentry))
		return dentry;
	if (d_is_positive(dentry)) {
		/* Linux says EEXIST whatever it is; POSIX, and the testsuite, look at the slash first */
		int err = last->slash && !is_dir && !d_can_lookup(dentry) &&
			  !d_is_symlink(dentry) ? -ENOTDIR : -EEXIST;

		end_change(last, dentry);
		return ERR_PTR(err);
	}
	if (last->slash && !is_dir) {
		end_change(last, dentry);
		return ERR_PTR(-ENOENT);
	}
	return dentry;
}

int wasi_do_path_create_directory(struct wasi *w, u32 fd, u32 path, u32 len)
{
	struct dentry *dentry;
	struct last last;
	int err = get_last(w, fd, WASI_RIGHTS_PATH_CREATE_DIRECTORY, path, len, 0, &last);

	if (err)
		return err;
	dentry = begin_create(&last, true);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = security_path_mkdir(&last.parent, dentry, 0777);
		if (!err)	/* applies the umask */
			err = vfs_mkdir(kwasm_idmap(last.parent.mnt), d_inode(last.parent.dentry),
					dentry, 0777);
		end_change(&last, dentry);
	}
	path_put(&last.parent);
	return err;
}

int wasi_do_path_remove_directory(struct wasi *w, u32 fd, u32 path, u32 len)
{
	struct dentry *dentry;
	struct last last;
	int err = get_last(w, fd, WASI_RIGHTS_PATH_REMOVE_DIRECTORY, path, len, 0, &last);

	if (err)
		return err;
	if (is_dot(&last) || is_dotdot(&last)) {
		err = is_dot(&last) ? -EINVAL : -ENOTEMPTY;
		goto out;
	}
	dentry = begin_change(&last);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		if (d_is_negative(dentry))
			err = -ENOENT;
		else
			err = vfs_rmdir(kwasm_idmap(last.parent.mnt), d_inode(last.parent.dentry),
					dentry);
		end_change(&last, dentry);
	}
out:
	path_put(&last.parent);
	return err;
}

int wasi_do_path_unlink_file(struct wasi *w, u32 fd, u32 path, u32 len)
{
	struct inode *inode, *delegated = NULL;
	struct dentry *dentry;
	struct last last;
	int err = get_last(w, fd, WASI_RIGHTS_PATH_UNLINK_FILE, path, len, 0, &last);

	if (err)
		return err;
	err = -EISDIR;
	if (is_dot(&last) || is_dotdot(&last))
		goto out;
	do {
		dentry = begin_change(&last);
		err = PTR_ERR_OR_ZERO(dentry);
		if (err)
			break;
		inode = NULL;
		if (d_is_negative(dentry)) {
			err = -ENOENT;
		} else if (d_is_dir(dentry)) {
			err = -EISDIR;
		} else if (last.slash) {
			err = -ENOTDIR;
		} else {
			inode = d_inode(dentry);
			ihold(inode);	/* truncated below, without the directory's lock */
			err = security_path_unlink(&last.parent, dentry);
			if (!err)
				err = vfs_unlink(kwasm_idmap(last.parent.mnt),
						 d_inode(last.parent.dentry), dentry, &delegated);
		}
		end_change(&last, dentry);
		iput(inode);
		if (!delegated)
			break;
		err = break_deleg_wait(&delegated);
	} while (!err);
out:
	path_put(&last.parent);
	return err;
}

/*
 * A link with an absolute target would name something outside for everybody else who
 * follows it, and nothing at all for the guest: refused. One that leads up may still
 * end below the directory; following is where that is decided.
 */
int wasi_do_path_symlink(struct wasi *w, u32 old_path, u32 old_len, u32 fd, u32 new_path,
			 u32 new_len)
{
	struct dentry *dentry;
	struct last last;
	char *target;
	int err = get_path(w, old_path, old_len, 1, &target);

	if (err)
		return err;
	err = get_last(w, fd, WASI_RIGHTS_PATH_SYMLINK, new_path, new_len, 0, &last);
	if (err)
		return err;
	dentry = begin_create(&last, false);
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = vfs_symlink(kwasm_idmap(last.parent.mnt), d_inode(last.parent.dentry), dentry,
				  target);
		end_change(&last, dentry);
	}
	path_put(&last.parent);
	return err;
}

/*
 * The rule behind fs.protected_hardlinks, which is static in fs/namei.c: one's own files,
 * or files that one may read and write and that carry no privilege.
 */
static int may_link(const struct path *old)
{
	struct inode *inode = d_inode(old->dentry);
	umode_t mode = inode->i_mode;

	if (inode_owner_or_capable(kwasm_idmap(old->mnt), inode))
		return 0;
	if (S_ISREG(mode) && !(mode & S_ISUID) &&
	    (mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) &&
	    !inode_permission(kwasm_idmap(old->mnt), inode, MAY_READ | MAY_WRITE))
		return 0;
	return -EPERM;
}

int wasi_do_path_link(struct wasi *w, u32 old_fd, u32 old_flags, u32 old_path, u32 old_len,
		      u32 new_fd, u32 new_path, u32 new_len)
{
	struct inode *delegated = NULL;
	struct dentry *dentry;
	struct last last;
	struct path old;
	int err;

	err = get_found(w, old_fd, WASI_RIGHTS_PATH_LINK_SOURCE, old_flags, old_path, old_len,
			&old);
	if (err)
		return err;
	err = get_last(w, new_fd, WASI_RIGHTS_PATH_LINK_TARGET, new_path, new_len, 1, &last);
	if (err)
		goto out_old;
	do {
		dentry = begin_create(&last, false);
		err = PTR_ERR_OR_ZERO(dentry);
		if (err)
			break;
		err = -EXDEV;
		if (old.mnt == last.parent.mnt)
			err = may_link(&old);
		if (!err)
			err = vfs_link(old.dentry, kwasm_idmap(last.parent.mnt),
				       d_inode(last.parent.dentry), dentry, &delegated);
		end_change(&last, dentry);
		if (!delegated)
			break;
		err = break_deleg_wait(&delegated);
	} while (!err);
	path_put(&last.parent);
out_old:
	path_put(&old);
	return err;
}

/* Both names looked up and checked, both directories locked: as do_renameat2() */
static int rename_locked(struct last *old, struct last *new, struct dentry *trap,
			 struct inode **delegated)
{
	struct dentry *source, *target;
	struct renamedata rd = {};
	int err;

	source = lookup_one(kwasm_idmap(old->parent.mnt), old->name, old->parent.dentry, old->len);
	if (IS_ERR(source))
		return PTR_ERR(source);
	err = -ENOENT;
	if (d_is_negative(source))
		goto put_source;
	target = lookup_one(kwasm_idmap(new->parent.mnt), new->name, new->parent.dentry, new->len);
	err = PTR_ERR_OR_ZERO(target);
	if (err)
		goto put_source;
	err = -ENOTDIR;
	if (!d_is_dir(source) && (old->slash || new->slash))
		goto put_target;
	err = -EINVAL;		/* into itself */
	if (source == trap)
		goto put_target;
	err = -ENOTEMPTY;	/* onto a directory that it is in */
	if (target == trap)
		goto put_target;
	err = security_path_rename(&old->parent, source, &new->parent, target, 0);
	if (err)
		goto put_target;
	kwasm_set_idmap(&rd, old->parent.mnt);
	rd.old_dir = d_inode(old->parent.dentry);
	rd.old_dentry = source;
	rd.new_dir = d_inode(new->parent.dentry);
	rd.new_dentry = target;
	rd.delegated_inode = delegated;
	err = vfs_rename(&rd);
put_target:
	dput(target);
put_source:
	dput(source);
	return err;
}

int wasi_do_path_rename(struct wasi *w, u32 fd, u32 old_path, u32 old_len,
			u32 new_fd, u32 new_path, u32 new_len)
{
	struct inode *delegated = NULL;
	struct last old, new;
	struct dentry *trap;
	int err;

	err = get_last(w, fd, WASI_RIGHTS_PATH_RENAME_SOURCE, old_path, old_len, 0, &old);
	if (err)
		return err;
	err = get_last(w, new_fd, WASI_RIGHTS_PATH_RENAME_TARGET, new_path, new_len, 1, &new);
	if (err)
		goto put_old;
	err = -EBUSY;
	if (is_dot(&old) || is_dotdot(&old) || is_dot(&new) || is_dotdot(&new))
		goto put_new;
	err = -EXDEV;
	if (old.parent.mnt != new.parent.mnt)
		goto put_new;
	err = mnt_want_write(old.parent.mnt);
	if (err)
		goto put_new;
	do {
		trap = lock_rename(new.parent.dentry, old.parent.dentry);
		if (IS_ERR(trap)) {	/* from 6.7 on */
			err = PTR_ERR(trap);
			break;
		}
		err = rename_locked(&old, &new, trap, &delegated);
		unlock_rename(new.parent.dentry, old.parent.dentry);
		if (!delegated)
			break;
		err = break_deleg_wait(&delegated);
	} while (!err);
	mnt_drop_write(old.parent.mnt);
put_new:
	path_put(&new.parent);
put_old:
	path_put(&old.parent);
	return err;
}

/*
 * The target of a symbolic link. Links of /proc and the like that lead to an object and
 * not to a name ("magic": those with a readlink() of their own) are not read: what they lead
 * to can only be asked for in the middle of a walk.
 */
static const char *get_link(const struct path *path, struct delayed_call *done)
{
	struct inode *inode = d_inode(path->dentry);

	if (!d_is_symlink(path->dentry))
		return ERR_PTR(-EINVAL);
	if (inode->i_op->readlink)
		return ERR_PTR(-WASI_ENOTCAPABLE);
	touch_atime(path);
	return vfs_get_link(path->dentry, done);
}

int wasi_do_path_readlink(struct wasi *w, u32 fd, u32 path, u32 len, u32 buf, u32 buf_len,
			  u32 used)
{
	u32 *out = wasi_result(w, used, u32);
	void *to = wasi_guest(w, buf, buf_len);
	DEFINE_DELAYED_CALL(done);
	struct path link;
	const char *target;
	u32 n;
	int err;

	if (!out || !to)
		return -EFAULT;
	err = get_found(w, fd, WASI_RIGHTS_PATH_READLINK, 0, path, len, &link);
	if (err)
		return err;
	target = get_link(&link, &done);
	err = PTR_ERR_OR_ZERO(target);
	if (!err) {
		n = min_t(size_t, strlen(target), buf_len);	/* cut off, as readlink(2) does */
		memcpy(to, target, n);
		wasi_put(out, n);
		do_delayed_call(&done);
	}
	path_put(&link);
	return err;
}

static int filestat_get(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len, u32 stat, bool old)
{
	struct path found;
	int err;

	err = get_found(w, fd, WASI_RIGHTS_PATH_FILESTAT_GET, flags, path, len, &found);
	if (err)
		return err;
	err = wasi_stat_get(w, &found, NULL, stat, old);
	path_put(&found);
	return err;
}

int wasi_do_path_filestat_get(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len, u32 stat)
{
	return filestat_get(w, fd, flags, path, len, stat, false);
}

int wasi_do_path_filestat_get0(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len, u32 stat)
{
	return filestat_get(w, fd, flags, path, len, stat, true);
}

int wasi_do_path_filestat_set_times(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len,
				    u64 atim, u64 mtim, u32 fstflags)
{
	struct path found;
	int err;

	err = get_found(w, fd, WASI_RIGHTS_PATH_FILESTAT_SET_TIMES, flags, path, len, &found);
	if (err)
		return err;
	err = wasi_set_times(&found, atim, mtim, fstflags);
	path_put(&found);
	return err;
}

/*
 * As do_open() in fs/namei.c, for a file or directory that is neither made nor truncated:
 * file_open_root() would allocate, and clear, a page for the empty name. What is asked there and
 * here is the inode's permission, the rule for files that are only appended to, and, behind
 * dentry_open(), the security modules, which may have files measured.
 */
static struct file *open_plain(const struct path *found, int flags)
{
	struct inode *inode = d_inode(found->dentry);
	struct file *file;
	int err, acc;

	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		acc = MAY_READ;
		break;
	case O_WRONLY:
		acc = MAY_WRITE;
		break;
	default:
		acc = MAY_READ | MAY_WRITE;
		break;
	}
	if ((acc & MAY_WRITE) && d_is_dir(found->dentry))
		return ERR_PTR(-EISDIR);
	err = inode_permission(kwasm_idmap(found->mnt), inode, MAY_OPEN | acc |
			       (flags & O_APPEND ? MAY_APPEND : 0));
	if (err)
		return ERR_PTR(err);
	if (IS_APPEND(inode) && (acc & MAY_WRITE) && !(flags & O_APPEND))
		return ERR_PTR(-EPERM);
	file = dentry_open(found, flags, current_cred());
	if (IS_ERR(file))
		return file;
	err = kwasm_file_opened(file, acc | MAY_OPEN);
	if (err) {
		wasi_release(file);
		return ERR_PTR(err);
	}
	return file;
}

/* An object that is there: opened as itself, whatever its name means by now */
static struct file *open_found(const struct path *found, int flags)
{
	if (d_is_symlink(found->dentry))
		return ERR_PTR(-ELOOP);
	if (!(flags & (O_CREAT | O_TRUNC)) && (d_is_reg(found->dentry) || d_is_dir(found->dentry)))
		return open_plain(found, flags);
	return file_open_root(found, "", flags & ~O_EXCL, flags & O_CREAT ? 0666 : 0);
}

/*
 * For open with O_CREAT through a dangling link: put what the link says in the place of
 * its name in @path. Where that leads is for the next walk to find out.
 */
static int replace_by_target(struct wasi *w, struct file *dir, char *path)
{
	DEFINE_DELAYED_CALL(done);
	struct path link;
	const char *target;
	char *slash;
	size_t keep, n;
	int err = lookup(w, dir, path, 0, &link);

	if (err)
		return err;
	target = get_link(&link, &done);
	err = PTR_ERR_OR_ZERO(target);
	if (err)
		goto out;	/* EINVAL: is no link any more; the caller starts again */
	slash = strrchr(path, '/');
	keep = slash ? slash + 1 - path : 0;
	n = strlen(target);
	if (!n)
		err = -ENOENT;
	else if (target[0] == '/')
		err = -WASI_ENOTCAPABLE;
	else if (keep + n >= PATH_MAX)
		err = -ENAMETOOLONG;
	else
		memcpy(path + keep, target, n + 1);
	do_delayed_call(&done);
out:
	path_put(&link);
	return err;
}

/* Make a file that is not there: -EEXIST if it is there by now, or is a dangling link */
static struct file *create(struct wasi *w, struct file *dir, const char *path, int flags)
{
	struct file *file;
	struct last last;
	char *copy;
	int err;

	copy = kstrdup(path, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	err = lookup_parent(w, dir, copy, &last);
	if (err) {
		file = ERR_PTR(err);
		goto out;
	}
	if (is_dot(&last) || is_dotdot(&last) || last.slash)
		file = ERR_PTR(-EISDIR);
	else
		file = file_open_root(&last.parent, last.name, flags | O_EXCL | O_NOFOLLOW, 0666);
	path_put(&last.parent);
out:
	kfree(copy);
	return file;
}

/* One name, neither "." nor "..": nothing on the way could lead out but itself, as a link */
static bool is_name(const char *path)
{
	return !strchr(path, '/') && strcmp(path, ".") && strcmp(path, "..");
}

static struct file *open_at(struct wasi *w, struct file *dir, char *path, int flags, bool follow)
{
	struct path found;
	struct file *file;
	int err, links = 0;

	/* the kernel's own way to make or truncate a file, if it is no link */
	if ((flags & (O_CREAT | O_TRUNC)) && !(flags & O_DIRECTORY) && is_name(path) &&
	    d_can_lookup(dir->f_path.dentry)) {
		file = file_open_root(&dir->f_path, path, flags | O_NOFOLLOW,
				      flags & O_CREAT ? 0666 : 0);
		if (file != ERR_PTR(-ELOOP) || !follow)
			return file;
	}
	for (;;) {
		if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
			return create(w, dir, path, flags);
		err = lookup(w, dir, path, (follow ? LOOKUP_FOLLOW : 0) |
			     (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0), &found);
		if (!err) {
			file = open_found(&found, flags);
			path_put(&found);
			return file;
		}
		if (err != -ENOENT || !(flags & O_CREAT))
			return ERR_PTR(err);
		file = create(w, dir, path, flags);
		if (file != ERR_PTR(-EEXIST))
			return file;
		/* a dangling link, or somebody else was faster */
		if (kwasm_should_stop(w->ctx))
			return ERR_PTR(-EINTR);
		if (!follow)
			continue;
		if (++links > LINKS_MAX)
			return ERR_PTR(-ELOOP);
		err = replace_by_target(w, dir, path);
		if (err && err != -EINVAL)
			return ERR_PTR(err);
	}
}

int wasi_do_path_open(struct wasi *w, u32 fd, u32 dirflags, u32 path, u32 len, u32 oflags,
		      u64 base, u64 inheriting, u32 fdflags, u32 opened)
{
	u32 *out = wasi_result(w, opened, u32);
	int flags = O_LARGEFILE | O_NOCTTY;
	struct wasi_rights_pair rights;
	struct wasi_file f;
	struct file *file;
	char *name;
	u32 new_fd;
	int err;

	if (!out)
		return -EFAULT;
	if ((dirflags & ~WASI_LOOKUPFLAGS_SYMLINK_FOLLOW) || (oflags & ~WASI_OFLAGS_ALL) ||
	    (fdflags & ~WASI_FDFLAGS_ALL))
		return -EINVAL;
	if ((oflags & WASI_OFLAGS_CREAT) && (oflags & WASI_OFLAGS_DIRECTORY))
		return -EINVAL;
	err = get_at(w, fd, wasi_rights_to_open(oflags), path, len, 0, &f, &name);
	if (err)
		return err;
	rights = wasi_file_rights(&f);
	err = -WASI_ENOTCAPABLE;
	if ((base | inheriting) & ~rights.inheriting)
		goto out;

	if (base & WASI_RIGHTS_WRITES)	/* a directory says EISDIR to that */
		flags |= base & WASI_RIGHTS_READS ? O_RDWR : O_WRONLY;
	if (oflags & WASI_OFLAGS_CREAT)
		flags |= O_CREAT;
	if (oflags & WASI_OFLAGS_DIRECTORY)
		flags |= O_DIRECTORY;
	if (oflags & WASI_OFLAGS_EXCL)
		flags |= O_EXCL;
	if (oflags & WASI_OFLAGS_TRUNC)
		flags |= O_TRUNC;
	if (fdflags & WASI_FDFLAGS_APPEND)
		flags |= O_APPEND;
	if (fdflags & WASI_FDFLAGS_DSYNC)
		flags |= O_DSYNC;
	if (fdflags & WASI_FDFLAGS_NONBLOCK)
		flags |= O_NONBLOCK;
	if (fdflags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC))
		flags |= O_SYNC;

	err = wasi_fd_reserve(w, &new_fd);
	if (err)
		goto out;
	file = open_at(w, f.file, name, flags, dirflags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out;
	}
	kwasm_notify_open(file);
	/* what the file was not opened for it cannot be used for, whatever rights were asked for */
	wasi_fd_install(w, new_fd, file, base, inheriting);
	wasi_put(out, new_fd);
out:
	wasi_file_put(&f);
	return err;
}
