// SPDX-License-Identifier: GPL-2.0
/*
 * WASI calls on a path below a directory
 *
 * Every walk is openat2() with RESOLVE_BENEATH: the kernel refuses ".." and links
 * that lead out, whatever is renamed meanwhile. What acts on a name (create, remove,
 * rename, link) first opens the parent that way, then acts on the last component there,
 * without following it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user_wasi.h"

struct path {
	char text[PATH_MAX];
};

/* The directory a name is in: @fd is ours to close unless it is the start itself */
struct parent {
	int fd;
	bool own;
	char *name;
	bool slash;	/* the path ended with one: a directory is meant */
};

static int get_path(void *ctx, u32 addr, u32 len, struct path *path)
{
	const char *from = kwasm_guest_ptr(ctx, addr, len);

	if (!from)
		return -EFAULT;
	if (len >= sizeof(path->text))
		return -ENAMETOOLONG;
	if (!len)
		return -ENOENT;
	memcpy(path->text, from, len);
	path->text[len] = 0;
	if (memchr(path->text, 0, len))
		return -EILSEQ;
	return path->text[0] == '/' ? -WASI_ENOTCAPABLE : 0;
}

static int open_beneath(int dir, const char *path, u64 flags, u64 mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_BENEATH,	/* follows no magic link either, and says EXDEV */
	};
	long fd;

	do {	/* EAGAIN: something was renamed during the walk */
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	if (fd >= 0)
		return fd;
	return errno == EXDEV ? -WASI_ENOTCAPABLE : -errno;
}

static int find_parent(int dir, struct path *path, struct parent *parent)
{
	size_t len = strlen(path->text);
	char *slash;

	memset(parent, 0, sizeof(*parent));
	parent->slash = path->text[len - 1] == '/';
	while (len > 1 && path->text[len - 1] == '/')
		path->text[--len] = 0;
	slash = strrchr(path->text, '/');
	parent->name = slash ? slash + 1 : path->text;
	if (!slash) {
		parent->fd = dir;
		return 0;
	}
	*slash = 0;
	parent->fd = open_beneath(dir, path->text, O_PATH | O_DIRECTORY, 0);
	parent->own = true;
	return parent->fd < 0 ? parent->fd : 0;
}

static void put_parent(struct parent *parent)
{
	if (parent->own && parent->fd >= 0)
		close(parent->fd);
}

/* "." and "..": as the last component they are directories that exist, not names */
static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* The parts that all calls with one path begin with */
static int start(struct wasi *w, void *ctx, u32 fd, u64 right, u32 addr, u32 len,
		 struct path *path, int *dir)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, right, &entry);

	if (!err)
		err = get_path(ctx, addr, len, path);
	if (!err)
		*dir = entry->host;
	return err;
}

static int start_parent(struct wasi *w, void *ctx, u32 fd, u64 right, u32 addr, u32 len,
			struct path *path, struct parent *parent)
{
	int dir, err = start(w, ctx, fd, right, addr, len, path, &dir);

	memset(parent, 0, sizeof(*parent));
	if (!err)
		err = find_parent(dir, path, parent);
	return err;
}

static int create_directory(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len)
{
	struct parent parent;
	struct path path;
	int err = start_parent(w, ctx, fd, WASI_RIGHTS_PATH_CREATE_DIRECTORY, addr, len, &path,
			       &parent);

	if (!err)
		err = is_dots(parent.name) ? -EEXIST :
		      mkdirat(parent.fd, parent.name, 0777) ? -errno : 0;
	put_parent(&parent);
	return err;
}

static int remove_directory(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len)
{
	struct parent parent;
	struct path path;
	int err = start_parent(w, ctx, fd, WASI_RIGHTS_PATH_REMOVE_DIRECTORY, addr, len, &path,
			       &parent);

	if (!err)
		err = is_dots(parent.name) ? -EINVAL :
		      unlinkat(parent.fd, parent.name, AT_REMOVEDIR) ? -errno : 0;
	put_parent(&parent);
	return err;
}

static int unlink_file(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len)
{
	struct parent parent;
	struct path path;
	struct stat st;
	int err = start_parent(w, ctx, fd, WASI_RIGHTS_PATH_UNLINK_FILE, addr, len, &path, &parent);

	if (!err && is_dots(parent.name))
		err = -EISDIR;
	if (!err && parent.slash)
		err = fstatat(parent.fd, parent.name, &st, AT_SYMLINK_NOFOLLOW) ? -errno :
		      S_ISDIR(st.st_mode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = unlinkat(parent.fd, parent.name, 0) ? -errno : 0;
	put_parent(&parent);
	return err;
}

/* An O_PATH descriptor of what the path names, itself or what it points to */
static int find_object(int dir, const char *path, u32 lookupflags)
{
	return open_beneath(dir, path, O_PATH |
			    (lookupflags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW ? 0 : O_NOFOLLOW), 0);
}

static int filestat_get(struct wasi *w, void *ctx, u32 fd, u32 flags, u32 addr, u32 len, u32 result,
			bool old)
{
	struct path path;
	struct stat st;
	int dir, object, err;

	err = start(w, ctx, fd, WASI_RIGHTS_PATH_FILESTAT_GET, addr, len, &path, &dir);
	if (err)
		return err;
	object = find_object(dir, path.text, flags);
	if (object < 0)
		return object;
	err = fstat(object, &st) ? -errno : wasi_put_filestat(ctx, result, &st, old);
	close(object);
	return err;
}

static int filestat_set_times(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	struct timespec times[2];
	struct path path;
	int dir, object, err;

	err = start(w, ctx, v[0].i32, WASI_RIGHTS_PATH_FILESTAT_SET_TIMES, v[2].i32, v[3].i32, &path,
		    &dir);
	if (!err)
		err = wasi_times(v[4].i64, v[5].i64, v[6].i32, times);
	if (err)
		return err;
	object = find_object(dir, path.text, v[1].i32);
	if (object < 0)
		return object;
	err = utimensat(object, "", times, AT_EMPTY_PATH) ? -errno : 0;
	close(object);
	return err;
}

/* A name for a new object that is no directory; as the kernel's WASI says it */
static int check_new(const struct parent *parent)
{
	struct stat st;

	if (is_dots(parent->name))
		return -EEXIST;
	if (!parent->slash)
		return 0;
	if (fstatat(parent->fd, parent->name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) ? -EEXIST : -ENOTDIR;
}

static int link_path(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	struct parent to = { 0 };
	struct path path;
	char proc[32];
	int dir, object, err;

	if (v[1].i32 & ~WASI_LOOKUPFLAGS_SYMLINK_FOLLOW)
		return -EINVAL;
	err = start(w, ctx, v[0].i32, WASI_RIGHTS_PATH_LINK_SOURCE, v[2].i32, v[3].i32, &path,
		    &dir);
	if (err)
		return err;
	object = find_object(dir, path.text, v[1].i32);
	if (object < 0)
		return object;
	err = start_parent(w, ctx, v[4].i32, WASI_RIGHTS_PATH_LINK_TARGET, v[5].i32, v[6].i32,
			   &path, &to);
	if (!err)
		err = check_new(&to);
	if (!err) {	/* what was found, whatever its name means by now */
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", object);
		err = linkat(AT_FDCWD, proc, to.fd, to.name, AT_SYMLINK_FOLLOW) ? -errno : 0;
	}
	close(object);
	put_parent(&to);
	return err;
}

static int rename_path(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	struct parent from = { 0 }, to = { 0 };
	struct path from_path, to_path;
	struct stat st;
	int err;

	err = start_parent(w, ctx, v[0].i32, WASI_RIGHTS_PATH_RENAME_SOURCE, v[1].i32, v[2].i32,
			   &from_path, &from);
	if (!err)
		err = start_parent(w, ctx, v[3].i32, WASI_RIGHTS_PATH_RENAME_TARGET, v[4].i32,
				   v[5].i32, &to_path, &to);
	if (!err && (is_dots(from.name) || is_dots(to.name)))
		err = -EBUSY;
	if (!err && (from.slash || to.slash))
		err = fstatat(from.fd, from.name, &st, AT_SYMLINK_NOFOLLOW) ? -errno :
		      S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (!err)
		err = renameat(from.fd, from.name, to.fd, to.name) ? -errno : 0;
	put_parent(&from);
	put_parent(&to);
	return err;
}

static int symlink_path(struct wasi *w, void *ctx, u32 target_addr, u32 target_len, u32 fd, u32 addr,
			u32 len)
{
	struct path target, path;
	struct parent parent = { 0 };
	int err;

	err = start_parent(w, ctx, fd, WASI_RIGHTS_PATH_SYMLINK, addr, len, &path, &parent);
	if (!err)	/* an absolute target is refused: it could not be followed */
		err = get_path(ctx, target_addr, target_len, &target);
	if (!err)
		err = check_new(&parent);
	if (!err)
		err = symlinkat(target.text, parent.fd, parent.name) ? -errno : 0;
	put_parent(&parent);
	return err;
}

/* A link of /proc that leads to an object, not to a name: they alone refuse this walk so */
static bool is_magic(int dir, const char *path, int object)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
	struct statfs fs;
	long fd;

	if (fstatfs(object, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ELOOP;
}

static int readlink_path(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	char *buf = kwasm_guest_ptr(ctx, v[3].i32, v[4].i32);
	u32 *result = wasi_result(ctx, v[5].i32, u32);
	int dir, object, err;
	struct path path;
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	err = start(w, ctx, v[0].i32, WASI_RIGHTS_PATH_READLINK, v[1].i32, v[2].i32, &path, &dir);
	if (err)
		return err;
	if (!buf || !result)
		return -EFAULT;
	object = find_object(dir, path.text, 0);
	if (object < 0)
		return object;
	n = -EINVAL;
	if (!fstat(object, &st) && S_ISLNK(st.st_mode)) {
		n = readlinkat(object, "", target, sizeof(target));
		if (n < 0)
			n = -errno;
		else if (is_magic(dir, path.text, object))
			n = -WASI_ENOTCAPABLE;
	}
	close(object);
	if (n < 0)
		return n;
	n = n < v[4].i32 ? n : v[4].i32;
	memcpy(buf, target, n);
	wasi_put(result, (u32)n);
	return 0;
}

static u64 open_flags(u32 lookupflags, u32 oflags, u64 rights, u32 fdflags)
{
	bool reads = rights & WASI_RIGHTS_READS, writes = rights & WASI_RIGHTS_WRITES;
	/* a directory says EISDIR to writing */
	u64 flags = writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY;

	if (!(lookupflags & WASI_LOOKUPFLAGS_SYMLINK_FOLLOW))
		flags |= O_NOFOLLOW;
	if (oflags & WASI_OFLAGS_CREAT)
		flags |= O_CREAT;
	if (oflags & WASI_OFLAGS_EXCL)
		flags |= O_EXCL;
	if (oflags & WASI_OFLAGS_TRUNC)
		flags |= O_TRUNC;
	if (oflags & WASI_OFLAGS_DIRECTORY)
		flags |= O_DIRECTORY;
	if (fdflags & WASI_FDFLAGS_APPEND)
		flags |= O_APPEND;
	if (fdflags & WASI_FDFLAGS_NONBLOCK)
		flags |= O_NONBLOCK;
	if (fdflags & (WASI_FDFLAGS_SYNC | WASI_FDFLAGS_RSYNC))
		flags |= O_SYNC;
	else if (fdflags & WASI_FDFLAGS_DSYNC)
		flags |= O_DSYNC;
	return flags | O_NOCTTY;
}

static int open_path(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	u32 lookupflags = v[1].i32, oflags = v[4].i32, fdflags = v[7].i32, fd;
	u64 base = v[5].i64, inheriting = v[6].i64, flags;
	u32 *result = wasi_result(ctx, v[8].i32, u32);
	struct wasi_rights_pair rights;
	struct wasi_fd *entry;
	struct path path;
	int dir, host, err;

	err = start(w, ctx, v[0].i32, wasi_rights_to_open(oflags), v[2].i32, v[3].i32, &path, &dir);
	if (err)
		return err;
	wasi_fd_find(w, v[0].i32, 0, &entry);	/* found before */
	if (oflags & ~WASI_OFLAGS_ALL || fdflags & ~WASI_FDFLAGS_ALL ||
	    (oflags & WASI_OFLAGS_DIRECTORY && oflags & WASI_OFLAGS_CREAT))
		return -EINVAL;
	if ((base | inheriting) & ~entry->inheriting)
		return -WASI_ENOTCAPABLE;
	if (!result)
		return -EFAULT;
	flags = open_flags(lookupflags, oflags, base, fdflags);
	host = open_beneath(dir, path.text, flags, flags & O_CREAT ? 0666 : 0);
	if (host < 0)
		return host;
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, base & rights.base, inheriting & rights.inheriting, &fd);
	if (!err)
		wasi_put(result, fd);
	return err;
}

/* ---- the exported functions ---- */

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

WASI_EXPORT(path_create_directory, (void *ctx, u32 fd, u32 path, u32 len),
	    create_directory(w, ctx, fd, path, len))
WASI_EXPORT(path_filestat_get, (void *ctx, u32 fd, u32 flags, u32 path, u32 len, u32 result),
	    filestat_get(w, ctx, fd, flags, path, len, result, false))
WASI_EXPORT(unstable_path_filestat_get, (void *ctx, u32 fd, u32 flags, u32 path, u32 len, u32 result),
	    filestat_get(w, ctx, fd, flags, path, len, result, true))
WASI_EXPORT(path_filestat_set_times, (void *ctx), filestat_set_times(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(path_link, (void *ctx), link_path(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(path_open, (void *ctx), open_path(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(path_readlink, (void *ctx), readlink_path(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(path_remove_directory, (void *ctx, u32 fd, u32 path, u32 len),
	    remove_directory(w, ctx, fd, path, len))
WASI_EXPORT(path_rename, (void *ctx), rename_path(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(path_symlink, (void *ctx, u32 target, u32 target_len, u32 fd, u32 path, u32 len),
	    symlink_path(w, ctx, target, target_len, fd, path, len))
WASI_EXPORT(path_unlink_file, (void *ctx, u32 fd, u32 path, u32 len),
	    unlink_file(w, ctx, fd, path, len))
