/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WASI preview1 inside the kernel: what its files share
 *
 *	calls.c		the exported functions, made from one table row each; begin reading here
 *	args.c ...	the handlers, a file per family: wasi_do_<name>()
 *	fd_table.c	descriptors of an instance
 *	io.c		bytes between files and linear memory, reading and writing; waiting, killing, SIGPIPE
 *	socket.c	sockets, and what an app may do with the network; the other interfaces to them
 *	errno.c, rights.c, wasi_abi.h	numbers and layouts; also compiled on the host
 *	compat/		where kernels from 6.1 to 6.12 differ
 *
 * A handler gets checked nothing: its arguments are the guest's. It returns 0 or
 * a negative error (errno.h). Rules that keep it safe:
 *  - a guest address becomes a kernel address through wasi_guest(), once, for the
 *    whole range, and what is read from it is copied before it is checked;
 *  - addresses for results are checked before anything is done;
 *  - paths never leave the directory of the descriptor: every walk is made with
 *    LOOKUP_BENEATH, or is a single name in a directory that was found so;
 *  - whatever waits can be killed.
 *
 * At most one thread is inside an instance (its store's mutex), so its
 * descriptors need no lock. They are freed when the instance is.
 */
#ifndef WASI_H
#define WASI_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/ratelimit.h>
#include <linux/uio.h>
#include "kwasm.h"
#include "errno.h"
#include "rights.h"
#include "wasi_abi.h"

#define WASI_IOVS_MAX		1024u	/* UIO_MAXIOV */
#define WASI_FDS_MAX		65536u	/* and the caller's RLIMIT_NOFILE */
#define WASI_SUBSCRIPTIONS_MAX	8192u

enum wasi_fd_kind {
	WASI_FD_FREE,
	WASI_FD_FILE,	/* @file, opened for this descriptor */
	WASI_FD_HOST,	/* whatever the calling process has as its descriptor @host_fd */
};

/*
 * What wasi_fast_file() finds a file for. The file is the guest's own, and neither a pipe nor a
 * socket if it is to be written, the type of file and how it was opened allow it (FMODE_), and so
 * do the descriptor's rights: looked at once, by wasi_fd_set_fast().
 */
enum wasi_fast {
	WASI_FAST_READ	 = 1 << 0,
	WASI_FAST_WRITE	 = 1 << 1,
	WASI_FAST_PREAD	 = 1 << 2,
	WASI_FAST_PWRITE = 1 << 3,
	WASI_FAST_SEEK	 = 1 << 4,
	WASI_FAST_TELL	 = 1 << 5,	/* a regular file: its position is f_pos, whatever its llseek() does */
};

struct wasi_fd {
	u8 kind;
	u8 fast;		/* of enum wasi_fast */
	u32 host_fd;
	struct file *file;
	/* upper bounds; what the type of the file allows is taken at use for WASI_FD_HOST */
	u64 rights_base;
	u64 rights_inheriting;
	/* name for the guest of a preopened directory, else NULL; not NUL-terminated */
	const char *preopen;
	u32 preopen_len;
	bool preopen_socket;	/* opened for the app before it began: listen= */
} __aligned(64);		/* a shift finds a row */

struct wasi_net_rule;

/* A line that a daemon has not finished yet */
struct wasi_log {
	u32 nr;
	char line[256];
};

/* State of one instance */
struct wasi {
	void *ctx;			/* the instance's */
	const struct kwasm_memory *memory; /* the instance's first; one of no bytes if it has none */
	struct wasi_fd *fds;
	u32 nr_fds;			/* rows in @fds: a power of two */
	u32 lowest_free;		/* no row before this one is free */
	struct kwasm_instance *instance;
	char *path[2];			/* PATH_MAX each, made when first needed */
	struct kvec *iovs;		/* WASI_IOVS_MAX, made when first needed */
	struct kvec few_iovs[8];
	struct kiocb kiocb;		/* of a transfer under way */
	struct iov_iter iter;		/* likewise */
	struct iov_iter one[2];		/* what it begins as: of few_iovs[0], for READ and for WRITE */
	struct wasi_cut *cut;		/* made when first needed, see readdir.c */
	struct wasi_log *log[2];	/* stdout, stderr */
	struct ratelimit_state *log_limit;
	struct wasi_net_rule *net_rules; /* what of the network it may use */
	u32 nr_net_rules;
	struct list_head epolls;
};

/* A file in use for the time of one call */
struct wasi_file {
	struct file *file;		/* NULL: a daemon's stdio, see log.c */
	struct wasi_fd *fd;
	bool put;
};

/* ---- guest memory ---- */

/* kwasm_guest_ptr(), with all registers kept: guest.S */
static __always_inline void *wasi_guest_absent(const struct wasi *w, u32 addr, u64 len)
{
	void *p;

	asm volatile("pushq %[ctx]\n\tpushq %q[addr]\n\tpushq %[len]\n\t"
		     "call wasi_guest_absent\n\t"
		     "popq %[p]\n\tleaq 16(%%rsp), %%rsp"
		     : [p] "=r" (p), ASM_CALL_CONSTRAINT
		     : [ctx] "r" (w->ctx), [addr] "r" (addr), [len] "r" (len) : "memory", "cc");
	return p;
}

/**
 * wasi_guest_at() - kwasm_guest_ptr(), of which a call needs several
 * @w: state
 * @addr: guest address
 * @len: bytes, below 2^63
 * @p: set: kernel address
 *
 * A single comparison decides, and what is executed speculatively in spite of it gets the address
 * of the first byte: array_index_nospec(), but without comparing again. The size is read once:
 * another thread may make it larger.
 *
 * Context: May sleep.
 * Return: is all of it in bounds, and there?
 */
static __always_inline bool wasi_guest_at(const struct wasi *w, u32 addr, u64 len, void **p)
{
	const struct kwasm_memory *memory = w->memory;
	u64 end = addr + len, outside;
	bool out;

	asm volatile("cmpq %[end], %[size]\n\tsbbq %[outside], %[outside]"
		     : [outside] "=r" (outside), "=@ccc" (out)
		     : [end] "r" (end), [size] "m" (memory->direct));
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		might_sleep();
	if (unlikely(out)) {
		*p = wasi_guest_absent(w, addr, len);
		return *p;
	}
	*p = memory->abi.base + (addr & ~outside);
	return true;
}

/* The same; NULL if out of bounds, or there is no memory */
static __always_inline void *wasi_guest(const struct wasi *w, u32 addr, u64 len)
{
	void *p;

	return wasi_guest_at(w, addr, len, &p) ? p : NULL;
}

/* A place for a result, NULL if out of bounds. It need not be aligned: write with wasi_put(). */
#define wasi_result(w, addr, type) ((type *)wasi_guest(w, addr, sizeof(type)))

#define wasi_put(p, value) do {						\
	typeof(*(p)) __value = (value);					\
	memcpy(p, &__value, sizeof(__value));				\
} while (0)

/* ---- fd_table.c ---- */

struct wasi *wasi_create(void *ctx);
int wasi_host_file_get(struct wasi *w, u64 rights, struct wasi_file *f);
int wasi_fd_reserve(struct wasi *w, u32 *fd);
void wasi_fd_set_fast(struct wasi_fd *entry);
void wasi_fd_install(struct wasi *w, u32 fd, struct file *file, u64 base, u64 inheriting);
int wasi_fd_release(struct wasi *w, struct wasi_fd *entry);
struct wasi_rights_pair wasi_file_rights(const struct wasi_file *f);
u8 wasi_filetype(struct file *file);

/* @fd is below nr_fds; if that is speculation, it is another row */
static __always_inline struct wasi_fd *wasi_fd_row(const struct wasi *w, u32 fd)
{
	u32 i = fd;

	OPTIMIZER_HIDE_VAR(i);	/* else the compiler might leave the mask out */
	return &w->fds[i & (w->nr_fds - 1)];
}

static inline int wasi_fd_find(struct wasi *w, u32 fd, struct wasi_fd **entry)
{
	if (unlikely(fd >= w->nr_fds))
		return -EBADF;
	*entry = wasi_fd_row(w, fd);
	return unlikely((*entry)->kind == WASI_FD_FREE) ? -EBADF : 0;
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
static inline int wasi_file_get(struct wasi *w, u32 fd, u64 rights, struct wasi_file *f)
{
	int err = wasi_fd_find(w, fd, &f->fd);

	if (unlikely(err))
		return err;
	f->put = false;
	f->file = f->fd->file;
	if (unlikely(f->fd->kind != WASI_FD_FILE))
		return wasi_host_file_get(w, rights, f);
	return unlikely(rights & ~f->fd->rights_base) ? -WASI_ENOTCAPABLE : 0;
}

static inline void wasi_file_put(struct wasi_file *f)
{
	if (unlikely(f->put))
		fput(f->file);
}

/*
 * For what most calls are about, and no more than that: the file behind a descriptor that can do
 * @what, of enum wasi_fast. Nobody else can close it meanwhile, nor use its position. False: take
 * wasi_file_get(), which knows why.
 */
static __always_inline bool wasi_fast_file(const struct wasi *w, u32 fd, u8 what,
					   struct file **file)
{
	const struct wasi_fd *entry;

	if (unlikely(fd >= w->nr_fds))
		return false;
	entry = wasi_fd_row(w, fd);
	if (unlikely(!(entry->fast & what)))
		return false;
	*file = entry->file;
	return likely(file_count(*file) == 1);
}

/* Has it all of @rights? For those that find out about the file first. */
static inline bool wasi_file_may(const struct wasi_file *f, u64 rights)
{
	if (likely(f->fd->kind == WASI_FD_FILE))
		return !(rights & ~f->fd->rights_base);
	return !(rights & ~wasi_file_rights(f).base);
}

/* Could somebody else use the file's position? Nobody else uses this instance's descriptors while it makes a call. */
static inline bool wasi_pos_shared(const struct file *file)
{
	return (file->f_mode & FMODE_ATOMIC_POS) && file_count(file) > 1;
}

/* Take the lock of the file's position, if it is shared: as fdget_pos() */
static inline int wasi_pos_lock(struct file *file, bool *locked)
{
	*locked = wasi_pos_shared(file);
	return *locked ? mutex_lock_killable(&file->f_pos_lock) : 0;
}

static inline void wasi_pos_unlock(struct file *file, bool locked)
{
	if (locked)
		mutex_unlock(&file->f_pos_lock);
}

/* ---- io.c ---- */

int wasi_iovs(struct wasi *w, u32 iovs, u32 nr, struct kvec **vec, size_t *total);
int wasi_restart(struct wasi *w, struct file *file, unsigned int events, int err);

/* ---- sock_calls.c ---- */

void wasi_check_sock_signatures(void);

/* ---- readdir.c ---- */

void wasi_readdir_forget(struct wasi *w, const struct file *file);

/* ---- log.c: stdout and stderr of what runs on a kernel thread ---- */

ssize_t wasi_log_write(struct wasi *w, u32 host_fd, const struct kvec *vec, u32 nr);
void wasi_log_flush(struct wasi *w);

/* ---- poll.c ---- */

int wasi_wait_file(struct wasi *w, struct file *file, unsigned int events);

/* ---- handlers, in the order of kwasm_wasi_calls.h; those of call.h's rows are static ---- */

int wasi_do_args_get(struct wasi *w, u32 argv, u32 argv_buf);
int wasi_do_args_sizes_get(struct wasi *w, u32 argc, u32 argv_buf_size);
int wasi_do_environ_get(struct wasi *w, u32 env, u32 environ_buf);
int wasi_do_environ_sizes_get(struct wasi *w, u32 environc, u32 environ_buf_size);
int wasi_strings_get(struct wasi *w, const struct kwasm_strings *s, u32 pointers, u32 buf);
int wasi_strings_sizes(struct wasi *w, const struct kwasm_strings *s, u32 nr, u32 bytes);

int wasi_do_clock_res_get(struct wasi *w, u32 id, u32 resolution);
int wasi_clock_now(u32 id, u64 *ns);

int wasi_do_fd_advise(struct wasi *w, u32 fd, u64 offset, u64 len, u32 advice);
int wasi_do_fd_allocate(struct wasi *w, u32 fd, u64 offset, u64 len);
int wasi_do_fd_close(struct wasi *w, u32 fd);
int wasi_do_fd_datasync(struct wasi *w, u32 fd);
int wasi_do_fd_fdstat_get(struct wasi *w, u32 fd, u32 stat);
int wasi_do_fd_fdstat_set_flags(struct wasi *w, u32 fd, u32 flags);
int wasi_do_fd_fdstat_set_rights(struct wasi *w, u32 fd, u64 base, u64 inheriting);
int wasi_do_fd_filestat_get(struct wasi *w, u32 fd, u32 stat);
int wasi_do_fd_filestat_get0(struct wasi *w, u32 fd, u32 stat);
int wasi_do_fd_filestat_set_size(struct wasi *w, u32 fd, u64 size);
int wasi_do_fd_filestat_set_times(struct wasi *w, u32 fd, u64 atim, u64 mtim, u32 flags);
int wasi_do_fd_prestat_get(struct wasi *w, u32 fd, u32 stat);
int wasi_do_fd_prestat_dir_name(struct wasi *w, u32 fd, u32 path, u32 len);
int wasi_do_fd_readdir(struct wasi *w, u32 fd, u32 buf, u32 len, u64 cookie, u32 used);
int wasi_do_fd_renumber(struct wasi *w, u32 from, u32 to);
int wasi_do_fd_seek0(struct wasi *w, u32 fd, u64 offset, u32 whence, u32 newoffset);
int wasi_do_fd_sync(struct wasi *w, u32 fd);
int wasi_set_times(const struct path *path, u64 atim, u64 mtim, u32 flags);
int wasi_stat_get(struct wasi *w, const struct path *path, struct file *file, u32 stat, bool old);

int wasi_do_path_create_directory(struct wasi *w, u32 fd, u32 path, u32 len);
int wasi_do_path_filestat_get(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len, u32 stat);
int wasi_do_path_filestat_get0(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len, u32 stat);
int wasi_do_path_filestat_set_times(struct wasi *w, u32 fd, u32 flags, u32 path, u32 len,
				    u64 atim, u64 mtim, u32 fstflags);
int wasi_do_path_link(struct wasi *w, u32 old_fd, u32 old_flags, u32 old_path, u32 old_len,
		      u32 new_fd, u32 new_path, u32 new_len);
int wasi_do_path_open(struct wasi *w, u32 fd, u32 dirflags, u32 path, u32 len, u32 oflags,
		      u64 base, u64 inheriting, u32 fdflags, u32 opened);
int wasi_do_path_readlink(struct wasi *w, u32 fd, u32 path, u32 len, u32 buf, u32 buf_len,
			  u32 used);
int wasi_do_path_remove_directory(struct wasi *w, u32 fd, u32 path, u32 len);
int wasi_do_path_rename(struct wasi *w, u32 fd, u32 old_path, u32 old_len,
			u32 new_fd, u32 new_path, u32 new_len);
int wasi_do_path_symlink(struct wasi *w, u32 old_path, u32 old_len, u32 fd, u32 new_path,
			 u32 new_len);
int wasi_do_path_unlink_file(struct wasi *w, u32 fd, u32 path, u32 len);

int wasi_do_poll_oneoff(struct wasi *w, u32 in, u32 out, u32 nr, u32 nevents);
int wasi_do_poll_oneoff0(struct wasi *w, u32 in, u32 out, u32 nr, u32 nevents);
int wasi_do_proc_raise(struct wasi *w, u32 sig);
int wasi_do_sched_yield(struct wasi *w);
int wasi_do_random_get(struct wasi *w, u32 buf, u32 len);
int wasi_do_sock_accept(struct wasi *w, u32 fd, u32 flags, u32 opened);
int wasi_do_sock_recv(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 received,
		      u32 roflags);
int wasi_do_sock_send(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 flags, u32 sent);
int wasi_do_sock_shutdown(struct wasi *w, u32 fd, u32 how);

#endif /* WASI_H */
