// SPDX-License-Identifier: GPL-2.0
/*
 * fd_table.c - the descriptors of an instance
 *
 * Descriptors 0, 1 and 2 stand for those of the process that makes the call, whoever
 * that is: an instance that outlives the process that made it writes to the
 * terminal of the process that calls it, and pins nobody's terminal. Others that are
 * passed to it likewise. That also keeps a session from holding itself through a
 * descriptor that its instance was given.
 *
 * What is passed under a number of its own comes first, then the preopened directories, then
 * what is passed without one: libc looks for directories from 3 on up to the first
 * descriptor that is none. Everything else the guest has opened itself.
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
#include "socket.h"

#define STDIO_NR	3
#define FDS_FIRST	16u	/* rows made at first */

static void wasi_destroy(void *private)
{
	struct wasi *w = private;
	u32 i;

	wasi_log_flush(w);
	for (i = 0; i < w->nr_fds; i++)
		wasi_fd_release(w, &w->fds[i]);
	kvfree(w->fds);
	wasi_net_end(w);
	kfree(w->path[0]);
	kfree(w->path[1]);
	kvfree(w->iovs);
	kfree(w->cut);
	kfree(w->log[0]);
	kfree(w->log[1]);
	if (w->log_limit)
		ratelimit_state_exit(w->log_limit);	/* says how many lines there were too many */
	kfree(w->log_limit);
	kfree(w);
}

static const struct kwasm_memory no_memory;

static u32 fds_limit(void)
{
	return min_t(unsigned long, rlimit(RLIMIT_NOFILE), WASI_FDS_MAX);
}

static int fds_grow(struct wasi *w, u32 nr)
{
	struct wasi_fd *fds;

	/* so @nr is one */
	BUILD_BUG_ON_NOT_POWER_OF_2(FDS_FIRST);
	BUILD_BUG_ON_NOT_POWER_OF_2(WASI_FDS_MAX);
	BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(*fds));
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
	size_t len = colon ? colon - dir : strlen(dir);
	u32 fd;
	int err = -ENAMETOOLONG;

	if (!*guest)
		guest = dir;
	if (len >= PATH_MAX)
		goto failed;
	host = kstrndup(dir, len, GFP_KERNEL_ACCOUNT);
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
	kwasm_info_ratelimited("%s: directory %.100s: error %d\n", w->instance->program->name, dir,
			       err);
	return err;
}

static void set_host(struct wasi_fd *entry, u32 host_fd)
{
	entry->kind = WASI_FD_HOST;
	entry->host_fd = host_fd;
	entry->rights_base = WASI_RIGHTS_ALL;
	entry->rights_inheriting = WASI_RIGHTS_ALL;
}

/* Is it open? To say so now is kinder than to fail at its first use. */
static int check_host(struct wasi *w, u32 host_fd)
{
	struct file *file;

	if (kwasm_context(w->ctx) != KWASM_CONTEXT_PROCESS)
		return -EBADF;
	file = fget(host_fd);
	if (!file)
		return -EBADF;
	fput(file);
	return 0;
}

/* A number that the caller has chosen; 0 to 2 take the place of what is there */
static int reserve_number(struct wasi *w, u32 fd)
{
	u32 nr = w->nr_fds;

	if (fd >= fds_limit())
		return -EMFILE;
	while (nr <= fd)
		nr = min(2 * nr, WASI_FDS_MAX);
	if (nr > w->nr_fds) {
		int err = fds_grow(w, nr);

		if (err)
			return err;
	}
	return fd >= STDIO_NR && w->fds[fd].kind != WASI_FD_FREE ? -EEXIST : 0;
}

/* Pass the descriptors that have, or have not, a number of their own */
static int pass(struct wasi *w, bool numbered)
{
	const struct kwasm_strings *fds = &w->instance->lists[KWASM_LIST_FDS];
	const char *text;
	u32 own, fd;
	int err;

	kwasm_for_each_string(text, fds) {
		err = kwasm_fd_parse(text, &own, &fd);
		if (!err && numbered != (fd != KWASM_FD_ANY))
			continue;
		if (!err)
			err = check_host(w, own);
		if (!err)
			err = numbered ? reserve_number(w, fd) : wasi_fd_reserve(w, &fd);
		if (err) {
			kwasm_info_ratelimited("%s: descriptor %.100s: error %d\n",
					       w->instance->program->name, text, err);
			return err;
		}
		set_host(&w->fds[fd], own);
	}
	return 0;
}

static int preopen_all(struct wasi *w)
{
	const struct kwasm_strings *dirs = &w->instance->lists[KWASM_LIST_DIRS];
	const char *dir;
	int err;

	kwasm_for_each_string(dir, dirs) {
		err = preopen(w, dir);
		if (err)
			return err;
	}
	return 0;
}

/**
 * wasi_create() - Make the state of an instance
 * @ctx: context of a call under way, the instance's first
 *
 * Directories are opened as the calling process would open them: with its
 * credentials, root and namespace.
 *
 * Context: Process context, may sleep.
 * Return: the state; ERR_PTR(-ENOMEM); or, if a directory cannot be opened or a descriptor is not
 * open, the error, with the call being ended: a program that silently lacks one would
 * misbehave in stranger ways.
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
	INIT_LIST_HEAD(&w->epolls);
	iov_iter_kvec(&w->one[READ], READ, w->few_iovs, 1, 0);
	iov_iter_kvec(&w->one[WRITE], WRITE, w->few_iovs, 1, 0);
	w->memory = instance->program->image->memories.nr ? instance->memories[0] : &no_memory;
	err = fds_grow(w, FDS_FIRST);
	if (err)
		goto err_destroy;
	for (i = 0; i < STDIO_NR; i++)
		set_host(&w->fds[i], i);
	err = pass(w, true);
	if (!err)
		err = wasi_net_start(w);	/* from 3 on, as LISTEN_FDS says */
	if (!err)
		err = preopen_all(w);
	if (!err)
		err = pass(w, false);
	if (err) {
		kwasm_raise(ctx, KWASM_TRAP_host_error, -err);
		goto err_destroy;
	}
	kwasm_instance_set_private(instance, KWASM_PRIVATE_WASI, w, wasi_destroy);
	return w;

err_destroy:
	wasi_destroy(w);
	return ERR_PTR(err);
}

/* A free row, the lowest as POSIX wants it. Stays free until wasi_fd_install(). */
int wasi_fd_reserve(struct wasi *w, u32 *fd)
{
	u32 limit = fds_limit(), i;

	for (i = w->lowest_free; i < w->nr_fds; i++)
		if (w->fds[i].kind == WASI_FD_FREE)
			break;
	w->lowest_free = i;
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

static struct wasi_rights_pair rights_of_type(struct file *file)
{
	return wasi_rights_of(wasi_filetype(file), file && (file->f_mode & FMODE_LSEEK));
}

static bool may(const struct wasi_fd *entry, u64 rights)
{
	return !(rights & ~entry->rights_base);
}

/* After a change of the row's file or rights */
void wasi_fd_set_fast(struct wasi_fd *entry)
{
	const struct file *file = entry->file;
	umode_t mode;
	bool reads, writes;

	entry->fast = 0;
	if (entry->kind != WASI_FD_FILE)
		return;
	mode = file_inode(file)->i_mode;
	reads = file->f_op->read_iter && may(entry, WASI_RIGHTS_FD_READ);
	writes = file->f_op->write_iter && (S_ISREG(mode) || S_ISCHR(mode)) &&
		 may(entry, WASI_RIGHTS_FD_WRITE);
	if (!(file->f_mode & FMODE_STREAM))
		entry->fast |= (reads ? WASI_FAST_READ : 0) | (writes ? WASI_FAST_WRITE : 0);
	if (may(entry, WASI_RIGHTS_FD_SEEK)) {
		if (reads && file->f_mode & FMODE_PREAD)
			entry->fast |= WASI_FAST_PREAD;
		if (writes && file->f_mode & FMODE_PWRITE)
			entry->fast |= WASI_FAST_PWRITE;
	}
	if (file->f_mode & FMODE_LSEEK && may(entry, WASI_RIGHTS_FD_TELL)) {
		if (S_ISREG(mode))
			entry->fast |= WASI_FAST_TELL;
		if (may(entry, WASI_RIGHTS_FD_SEEK))
			entry->fast |= WASI_FAST_SEEK;
	}
}

/* Takes the reference on @file; rights beyond what its type can have are dropped */
void wasi_fd_install(struct wasi *w, u32 fd, struct file *file, u64 base, u64 inheriting)
{
	struct wasi_rights_pair rights = rights_of_type(file);
	struct wasi_fd *entry = &w->fds[fd];

	entry->kind = WASI_FD_FILE;
	entry->file = file;
	entry->rights_base = base & rights.base;
	entry->rights_inheriting = inheriting & rights.inheriting;
	wasi_fd_set_fast(entry);
}

/* Close; the row is free afterwards even if the file system reports an error */
int wasi_fd_release(struct wasi *w, struct wasi_fd *entry)
{
	struct file *file = entry->file;
	int err = 0;

	w->lowest_free = min_t(u32, w->lowest_free, entry - w->fds);

	if (entry->kind == WASI_FD_FILE) {
		wasi_readdir_forget(w, file);
		/* as filp_close(), which would put the release off: compat/file.h */
		if (file->f_op->flush)
			err = file->f_op->flush(file, NULL);
		wasi_release(file);
	}
	memset(entry, 0, sizeof(*entry));
	return err;
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
	struct wasi_rights_pair rights = { f->fd->rights_base, f->fd->rights_inheriting };

	if (f->fd->kind == WASI_FD_HOST) {	/* else the type was looked at when it was opened */
		struct wasi_rights_pair type = rights_of_type(f->file);

		rights.base &= type.base;
		rights.inheriting &= type.inheriting;
	}
	return rights;
}

/* wasi_file_get() for a descriptor of the calling process */
int wasi_host_file_get(struct wasi *w, u64 rights, struct wasi_file *f)
{
	if (kwasm_context(w->ctx) == KWASM_CONTEXT_PROCESS) {
		f->file = kwasm_fdget(f->fd->host_fd, &f->put);
		if (!f->file)
			return -EBADF;
	}
	if (rights & ~wasi_file_rights(f).base) {
		wasi_file_put(f);
		return -WASI_ENOTCAPABLE;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(wasi_host_file_get);
