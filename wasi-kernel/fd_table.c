// SPDX-License-Identifier: GPL-2.0
/*
 * fd_table.c - the descriptors of an instance
 *
 * Descriptors 0, 1 and 2 stand for those of the process that makes the call, whoever
 * that is: an instance that outlives the process that made it writes to the
 * terminal of the process that calls it, and pins nobody's terminal. The
 * preopened directories follow; everything else the guest has opened itself.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/nospec.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <net/sock.h>
#include "compat/file.h"
#include "wasi.h"

#define STDIO_NR	3
#define FDS_FIRST	16u	/* rows made at first */

static void wasi_destroy(void *private)
{
	struct wasi *w = private;
	u32 i;

	wasi_log_flush(w);
	for (i = 0; i < w->nr_fds; i++)
		wasi_fd_release(&w->fds[i]);
	kvfree(w->fds);
	kfree(w->path[0]);
	kfree(w->path[1]);
	kvfree(w->iovs);
	kfree(w->log[0]);
	kfree(w->log[1]);
	if (w->log_limit)
		ratelimit_state_exit(w->log_limit);	/* says how many lines there were too many */
	kfree(w->log_limit);
	kfree(w);
}

static int fds_grow(struct wasi *w, u32 nr)
{
	struct wasi_fd *fds;

	fds = kvcalloc(nr, sizeof(*fds), GFP_KERNEL_ACCOUNT);
	if (!fds)
		return -ENOMEM;
	if (w->nr_fds)
		memcpy(fds, w->fds, array_size(w->nr_fds, sizeof(*fds)));
	kvfree(w->fds);
	w->fds = fds;
	w->nr_fds = nr;
	return 0;
}

/* "host:guest", or "dir" for both; the last colon counts, since host names may hold some */
static int preopen(struct wasi *w, const char *dir)
{
	const char *colon = strrchr(dir, ':'), *guest = colon ? colon + 1 : dir;
	struct file *file;
	char *host;
	u32 fd;
	int err;

	if (!*guest)
		guest = dir;
	host = kstrndup(dir, colon ? colon - dir : strlen(dir), GFP_KERNEL_ACCOUNT);
	if (!host)
		return -ENOMEM;
	file = filp_open(host, O_RDONLY | O_DIRECTORY | O_LARGEFILE | O_NOCTTY, 0);
	if (file == ERR_PTR(-EACCES))	/* may be passed through, not listed */
		file = filp_open(host, O_PATH | O_DIRECTORY, 0);
	kfree(host);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto failed;
	}
	err = wasi_fd_reserve(w, &fd);
	if (err) {
		wasi_release(file);
		goto failed;
	}
	wasi_fd_install(w, fd, file, WASI_RIGHTS_ALL, WASI_RIGHTS_ALL);
	w->fds[fd].preopen = guest;
	/* "." and "a/b/" are as good as "" and "a/b" for libc, so the name is given as it was written */
	w->fds[fd].preopen_len = colon && guest == dir ? colon - dir : strlen(guest);
	return 0;

failed:
	kwasm_info_ratelimited("%s: directory %s: error %d\n", w->instance->program->name, dir, err);
	return err;
}

/**
 * wasi_create() - Make the state of an instance
 * @ctx: context of a call under way, the instance's first
 *
 * Directories are opened as the calling process would open them: with its
 * credentials, root and namespace.
 *
 * Context: Process context, may sleep.
 * Return: the state; ERR_PTR(-ENOMEM); or, if a directory cannot be opened, the error, with the
 * call being ended: a program that silently lacks a directory would misbehave in stranger ways.
 */
struct wasi *wasi_create(void *ctx)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct wasi *w;
	u32 i;
	int err;

	w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->ctx = ctx;
	w->instance = instance;
	err = fds_grow(w, FDS_FIRST);
	if (err)
		goto err_destroy;
	for (i = 0; i < STDIO_NR; i++) {
		w->fds[i].kind = WASI_FD_STDIO;
		w->fds[i].host_fd = i;
		w->fds[i].rights_base = WASI_RIGHTS_ALL;
		w->fds[i].rights_inheriting = WASI_RIGHTS_ALL;
	}
	for (i = 0; i < instance->dirs.nr; i++) {
		err = preopen(w, kwasm_strings_at(&instance->dirs, i));
		if (err) {
			kwasm_raise(ctx, KWASM_TRAP_host_error, -err);
			goto err_destroy;
		}
	}
	kwasm_instance_set_private(instance, KWASM_PRIVATE_WASI, w, wasi_destroy);
	return w;

err_destroy:
	wasi_destroy(w);
	return ERR_PTR(err);
}

int wasi_fd_find(struct wasi *w, u32 fd, struct wasi_fd **entry)
{
	if (fd >= w->nr_fds)
		return -EBADF;
	*entry = &w->fds[array_index_nospec(fd, w->nr_fds)];
	return (*entry)->kind == WASI_FD_FREE ? -EBADF : 0;
}

/* A free row, the lowest as POSIX wants it. Stays free until wasi_fd_install(). */
int wasi_fd_reserve(struct wasi *w, u32 *fd)
{
	u32 limit = min_t(unsigned long, rlimit(RLIMIT_NOFILE), WASI_FDS_MAX), i;

	for (i = 0; i < w->nr_fds; i++)
		if (w->fds[i].kind == WASI_FD_FREE)
			break;
	if (i >= limit)
		return -EMFILE;
	if (i == w->nr_fds) {
		int err = fds_grow(w, min(2 * w->nr_fds, WASI_FDS_MAX));

		if (err)
			return err;
	}
	*fd = i;
	return 0;
}

/* Takes the reference on @file; rights beyond what its type can have are dropped */
void wasi_fd_install(struct wasi *w, u32 fd, struct file *file, u64 base, u64 inheriting)
{
	struct wasi_fd *entry = &w->fds[fd];
	struct wasi_rights_pair rights;

	entry->kind = WASI_FD_FILE;
	entry->file = file;
	entry->rights_base = base;
	entry->rights_inheriting = inheriting;
	rights = wasi_file_rights(&(struct wasi_file){ .file = file, .fd = entry });
	entry->rights_base = rights.base;
	entry->rights_inheriting = rights.inheriting;
}

/* Close; the row is free afterwards even if the file system reports an error */
int wasi_fd_release(struct wasi_fd *entry)
{
	struct file *file = entry->file;
	int err = 0;

	if (entry->kind == WASI_FD_FILE) {
		/* as filp_close(), which would put the release off: compat/file.h */
		if (file->f_op->flush)
			err = file->f_op->flush(file, NULL);
		wasi_release(file);
	}
	memset(entry, 0, sizeof(*entry));
	return err;
}

u8 wasi_filetype_of_mode(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFBLK:
		return WASI_FILETYPE_BLOCK_DEVICE;
	case S_IFCHR:
		return WASI_FILETYPE_CHARACTER_DEVICE;
	case S_IFDIR:
		return WASI_FILETYPE_DIRECTORY;
	case S_IFREG:
		return WASI_FILETYPE_REGULAR_FILE;
	case S_IFLNK:
		return WASI_FILETYPE_SYMBOLIC_LINK;
	case S_IFSOCK:
		return WASI_FILETYPE_SOCKET_STREAM;
	default:	/* WASI has no name for a FIFO */
		return WASI_FILETYPE_UNKNOWN;
	}
}

u8 wasi_filetype(struct file *file)
{
	struct socket *sock;

	if (!file)	/* a daemon's: like a terminal, so that libc writes line by line */
		return WASI_FILETYPE_CHARACTER_DEVICE;
	sock = sock_from_file(file);
	if (sock && sock->type == SOCK_DGRAM)
		return WASI_FILETYPE_SOCKET_DGRAM;
	return wasi_filetype_of_mode(file_inode(file)->i_mode);
}

/* What the descriptor allows: its own bounds, and what the type of its file can have */
struct wasi_rights_pair wasi_file_rights(const struct wasi_file *f)
{
	struct wasi_rights_pair rights;

	rights = wasi_rights_of(wasi_filetype(f->file),
				f->file && (f->file->f_mode & FMODE_LSEEK));
	rights.base &= f->fd->rights_base;
	rights.inheriting &= f->fd->rights_inheriting;
	return rights;
}

/**
 * wasi_file_get() - Find the file behind a descriptor
 * @w: state
 * @fd: the guest's number
 * @rights: all of these are needed
 * @f: set; pair with wasi_file_put()
 *
 * Return: 0, -EBADF, -WASI_ENOTCAPABLE. @f->file is NULL for stdio of a kernel thread.
 */
int wasi_file_get(struct wasi *w, u32 fd, u64 rights, struct wasi_file *f)
{
	int err = wasi_fd_find(w, fd, &f->fd);

	if (err)
		return err;
	f->put = false;
	f->file = f->fd->file;
	if (f->fd->kind == WASI_FD_FILE) {
		if (rights & ~f->fd->rights_base)
			return -WASI_ENOTCAPABLE;
		return 0;
	}
	if (kwasm_context(w->ctx) == KWASM_CONTEXT_PROCESS) {
		f->file = fget(f->fd->host_fd);
		if (!f->file)
			return -EBADF;
		f->put = true;
	}
	if (rights & ~wasi_file_rights(f).base) {
		wasi_file_put(f);
		return -WASI_ENOTCAPABLE;
	}
	return 0;
}

void wasi_file_put(struct wasi_file *f)
{
	if (f->put)
		fput(f->file);
}
