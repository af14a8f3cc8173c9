// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors, arguments, clocks and the rest of WASI that needs no path
 *
 * Descriptors 0 to 2 are the process's own; preopened directories follow. The table is made
 * at an instance's first call, and freed with the instance. Handlers come first, the
 * exported functions at the end, in the order of kwasm_wasi_calls.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "user_wasi.h"

#define SUBSCRIPTIONS_MAX	8192u

/* ---- the table ---- */

/* The type of an open file; sockets say themselves whether they are streams */
static u8 host_filetype(int host)
{
	struct stat st;
	socklen_t len = sizeof(int);
	int type;

	if (fstat(host, &st))
		return WASI_FILETYPE_UNKNOWN;
	if (S_ISSOCK(st.st_mode) && !getsockopt(host, SOL_SOCKET, SO_TYPE, &type, &len) &&
	    type == SOCK_DGRAM)
		return WASI_FILETYPE_SOCKET_DGRAM;
	return wasi_filetype_of_mode(st.st_mode);
}

struct wasi_rights_pair wasi_host_rights(int host)
{
	return wasi_rights_of(host_filetype(host), lseek(host, 0, SEEK_CUR) >= 0);
}

static void close_entry(struct wasi_fd *entry)
{
	if (entry->host >= 0 && !entry->stdio)
		close(entry->host);
	free(entry->preopen);
	entry->host = -1;
	entry->preopen = NULL;
}

static void wasi_destroy(void *private)
{
	struct wasi *w = private;
	u32 i;

	for (i = 0; i < w->nr_fds; i++)
		close_entry(&w->fds[i]);
	free(w->fds);
	free(w->net_rules);
	free(w);
}

int wasi_fd_find(struct wasi *w, u32 fd, u64 rights, struct wasi_fd **entry)
{
	if (fd >= w->nr_fds || w->fds[fd].host < 0)
		return -EBADF;
	*entry = &w->fds[fd];
	return ((*entry)->base & rights) == rights ? 0 : -WASI_ENOTCAPABLE;
}

int wasi_fd_install(struct wasi *w, int host, u64 base, u64 inheriting, u32 *fd)
{
	struct wasi_fd *fds;
	u32 i;

	for (i = 0; i < w->nr_fds && w->fds[i].host >= 0; i++)
		;
	if (i == w->nr_fds) {
		fds = realloc(w->fds, (i + 1) * sizeof(*fds));
		if (!fds) {
			close(host);
			return -ENOMEM;
		}
		w->fds = fds;
		w->nr_fds++;
	}
	w->fds[i] = (struct wasi_fd){ .host = host, .base = base, .inheriting = inheriting };
	*fd = i;
	return 0;
}

static int add_stdio(struct wasi *w)
{
	struct wasi_rights_pair rights;
	int i, err;
	u32 fd;

	for (i = 0; i < 3; i++) {
		rights = wasi_host_rights(i);
		err = wasi_fd_install(w, i, rights.base, rights.inheriting, &fd);
		if (err)
			return err;
		w->fds[fd].stdio = true;
		if (fcntl(i, F_GETFD) < 0)
			w->fds[fd].host = -1;	/* not open in this process */
	}
	return 0;
}

#define FDS_MAX		65536u

/* A number that the caller has chosen; 0 to 2 take the place of what is there */
static int reserve_number(struct wasi *w, u32 fd)
{
	struct wasi_fd *fds;

	if (fd >= FDS_MAX)
		return -EMFILE;
	if (fd < w->nr_fds)
		return fd >= 3 && w->fds[fd].host >= 0 ? -EEXIST : 0;
	fds = realloc(w->fds, (fd + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	w->fds = fds;
	for (; w->nr_fds <= fd; w->nr_fds++)
		fds[w->nr_fds] = (struct wasi_fd){ .host = -1 };
	return 0;
}

/* "host:guest"; a name alone is both */
static int add_preopen(struct wasi *w, const char *dir)
{
	const char *colon = strrchr(dir, ':');	/* host names may hold some */
	struct wasi_rights_pair rights;
	char *host_name = colon ? strndup(dir, colon - dir) : strdup(dir);
	int host, err;
	u32 fd;

	host = open(host_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = host < 0 ? -errno : 0;
	free(host_name);
	if (err)
		return err;
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, rights.base, rights.inheriting, &fd);
	if (!err)
		w->fds[fd].preopen = strdup(colon ? colon + 1 : dir);
	return err;
}

/* Descriptors that are passed, those that have, or have not, a number of their own */
static int pass(struct wasi *w, const struct kwasm_strings *passed, bool numbered)
{
	struct wasi_rights_pair rights;
	const char *text;
	u32 own, fd;
	int err;

	kwasm_for_each_string(text, passed) {
		err = kwasm_fd_parse(text, &own, &fd);
		if (!err && numbered != (fd != KWASM_FD_ANY))
			continue;
		if (!err && fcntl(own, F_GETFD) < 0)
			err = -errno;
		if (!err && numbered)
			err = reserve_number(w, fd);
		if (err) {
			kwasm_err("descriptor %s: %s\n", text, strerror(-err));
			return err;
		}
		rights = wasi_host_rights(own);
		if (numbered) {
			w->fds[fd] = (struct wasi_fd){ .host = own, .base = rights.base,
						       .inheriting = rights.inheriting };
		} else {
			err = wasi_fd_install(w, own, rights.base, rights.inheriting, &fd);
			if (err)
				return err;
		}
		w->fds[fd].stdio = true;
	}
	return 0;
}

static int add_preopens(struct wasi *w, const struct kwasm_strings *dirs)
{
	const char *dir;
	int err;

	kwasm_for_each_string(dir, dirs) {
		err = add_preopen(w, dir);
		if (err) {
			kwasm_err("cannot open directory '%s': %s\n", dir, strerror(-err));
			return err;
		}
	}
	return 0;
}

struct wasi *wasi_get(void *ctx)
{
	struct kwasm_instance *instance = kwasm_ctx_instance(ctx);
	struct wasi *w = kwasm_instance_private(instance, KWASM_PRIVATE_WASI);
	const struct kwasm_strings *lists = instance->lists;
	int err;

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w) {
		kwasm_raise(ctx, KWASM_TRAP_host_error, ENOMEM);
		return NULL;
	}
	w->ctx = ctx;
	err = add_stdio(w);
	if (!err)
		err = pass(w, &lists[KWASM_LIST_FDS], true);
	if (!err)
		err = wasi_net_start(w, &lists[KWASM_LIST_NET], &lists[KWASM_LIST_LISTEN]);
	if (!err)
		err = add_preopens(w, &lists[KWASM_LIST_DIRS]);
	if (!err)
		err = pass(w, &lists[KWASM_LIST_FDS], false);
	if (err) {
		wasi_destroy(w);
		kwasm_raise(ctx, KWASM_TRAP_host_error, -err);
		return NULL;
	}
	kwasm_instance_set_private(instance, KWASM_PRIVATE_WASI, w, wasi_destroy);
	return w;
}

/* ---- arguments and environment ---- */

static int strings_sizes(void *ctx, const struct kwasm_strings *s, u32 nr_addr, u32 bytes_addr)
{
	u32 *nr = wasi_result(ctx, nr_addr, u32), *bytes = wasi_result(ctx, bytes_addr, u32);

	if (!nr || !bytes)
		return -EFAULT;
	wasi_put(nr, s->nr);
	wasi_put(bytes, s->bytes);
	return 0;
}

static int strings_get(void *ctx, const struct kwasm_strings *s, u32 pointers_addr, u32 buf_addr)
{
	u8 *pointers = kwasm_guest_ptr(ctx, pointers_addr, 4ull * s->nr);
	char *buf = kwasm_guest_ptr(ctx, buf_addr, s->bytes);
	u32 i, address = buf_addr;
	const char *string = s->data;

	if (!pointers || !buf)
		return -EFAULT;
	if (!s->nr)
		return 0;
	memcpy(buf, s->data, s->bytes);
	for (i = 0; i < s->nr; i++) {
		memcpy(pointers + 4 * i, &address, 4);
		address += strlen(string) + 1;
		string += strlen(string) + 1;
	}
	return 0;
}

/* ---- clocks, random, process ---- */

static int host_clock(u32 id, clockid_t *clock)
{
	static const clockid_t clocks[] = {
		[WASI_CLOCKID_REALTIME] = CLOCK_REALTIME,
		[WASI_CLOCKID_MONOTONIC] = CLOCK_MONOTONIC,
		[WASI_CLOCKID_PROCESS_CPUTIME_ID] = CLOCK_PROCESS_CPUTIME_ID,
		[WASI_CLOCKID_THREAD_CPUTIME_ID] = CLOCK_THREAD_CPUTIME_ID,
	};

	if (id >= ARRAY_SIZE(clocks))
		return -EINVAL;
	*clock = clocks[id];
	return 0;
}

static u64 to_ns(const struct timespec *ts)
{
	return (u64)ts->tv_sec * 1000000000ull + ts->tv_nsec;
}

static int clock_value(void *ctx, u32 id, u32 addr, int (*get)(clockid_t, struct timespec *))
{
	u64 *result = wasi_result(ctx, addr, u64);
	struct timespec ts;
	clockid_t clock;
	int err = host_clock(id, &clock);

	if (err)
		return err;
	if (!result)
		return -EFAULT;
	if (get(clock, &ts))
		return -errno;
	wasi_put(result, to_ns(&ts));
	return 0;
}

static int fill_random(void *ctx, u32 addr, u32 len)
{
	u8 *buf = kwasm_guest_ptr(ctx, addr, len);
	ssize_t n;

	if (!buf)
		return -EFAULT;
	while (len) {
		n = getrandom(buf, len, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
	return 0;
}

/* It is the app that is signalled, not this process */
static int proc_raise(void *ctx, u32 sig)
{
	int signo = wasi_signal(sig);

	if (signo <= 0)
		return signo;
	kwasm_raise(ctx, KWASM_TRAP_killed, signo);
	return 0;
}

/* ---- reading and writing ---- */

enum direction { READ, WRITE };

int wasi_get_iovs(void *ctx, u32 addr, u32 nr, struct iovec *iovs)
{
	const u8 *guest = kwasm_guest_ptr(ctx, addr, (u64)nr * sizeof(struct wasi_iovec));
	struct wasi_iovec iov;
	u32 i;

	if (nr > WASI_IOVS_MAX)
		return -EINVAL;
	if (!guest)
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		memcpy(&iov, guest + i * sizeof(iov), sizeof(iov));
		/* checked is what was read, not memory again: another thread may change it */
		__asm__ volatile("" ::: "memory");
		iovs[i].iov_base = kwasm_guest_ptr(ctx, iov.buf, iov.len);
		iovs[i].iov_len = iov.len;
		if (!iovs[i].iov_base)
			return -EFAULT;
	}
	return 0;
}

/* @offset < 0: at the descriptor's own position */
static int transfer(struct wasi *w, void *ctx, u32 fd, u32 iovs_addr, u32 nr, s64 offset,
		    enum direction direction, u32 result_addr)
{
	u64 rights = direction == READ ? WASI_RIGHTS_FD_READ : WASI_RIGHTS_FD_WRITE;
	u32 *result = wasi_result(ctx, result_addr, u32);
	struct iovec iovs[WASI_IOVS_MAX];
	struct wasi_fd *entry;
	ssize_t n;
	int err;

	if (offset >= 0)
		rights |= WASI_RIGHTS_FD_SEEK;
	err = wasi_fd_find(w, fd, 0, &entry);
	/* what was not opened for it is "bad", as for read() and write() */
	if (!err && (entry->base & rights) != rights)
		err = -WASI_ENOTCAPABLE;
	if (!err)
		err = wasi_get_iovs(ctx, iovs_addr, nr, iovs);
	if (!err && !result)
		err = -EFAULT;
	if (err)
		return err;
	if (offset >= 0)
		n = direction == READ ? preadv(entry->host, iovs, nr, offset) :
		    pwritev(entry->host, iovs, nr, offset);
	else
		n = direction == READ ? readv(entry->host, iovs, nr) : writev(entry->host, iovs, nr);
	if (n < 0)
		return -errno;
	wasi_put(result, (u32)n);
	return 0;
}

static int transfer_at(struct wasi *w, void *ctx, u32 fd, u32 iovs_addr, u32 nr, u64 offset,
		       enum direction direction, u32 result_addr)
{
	if ((s64)offset < 0)
		return -EINVAL;
	return transfer(w, ctx, fd, iovs_addr, nr, offset, direction, result_addr);
}

static int seek(struct wasi *w, void *ctx, u32 fd, s64 offset, int whence, u32 result_addr)
{
	u64 rights = whence == SEEK_CUR && !offset ? WASI_RIGHTS_FD_TELL : WASI_RIGHTS_FD_SEEK;
	u64 *result = wasi_result(ctx, result_addr, u64);
	struct wasi_fd *entry;
	off_t position;
	int err;

	err = wasi_fd_find(w, fd, 0, &entry);
	if (err)
		return err;
	if ((entry->base & rights) != rights)
		return lseek(entry->host, 0, SEEK_CUR) < 0 ? -errno : -WASI_ENOTCAPABLE;
	if (whence < 0)
		return -EINVAL;
	if (!result)
		return -EFAULT;
	position = lseek(entry->host, offset, whence);
	if (position < 0)
		return -errno;
	wasi_put(result, (u64)position);
	return 0;
}

/* ---- descriptors ---- */

static int fd_close(struct wasi *w, u32 fd)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, 0, &entry);

	if (!err)
		close_entry(entry);
	return err;
}

static int fd_renumber(struct wasi *w, u32 from, u32 to)
{
	struct wasi_fd *source, *target;
	int err = wasi_fd_find(w, from, 0, &source);

	if (!err)
		err = wasi_fd_find(w, to, 0, &target);
	if (err || source == target)
		return err;
	close_entry(target);
	*target = *source;
	source->host = -1;
	source->preopen = NULL;
	return 0;
}

static u16 fdflags_of(int host)
{
	int flags = fcntl(host, F_GETFL);
	u16 result = 0;

	if (flags < 0)
		return 0;
	if (flags & O_APPEND)
		result |= WASI_FDFLAGS_APPEND;
	if (flags & O_NONBLOCK)
		result |= WASI_FDFLAGS_NONBLOCK;
	if ((flags & O_SYNC) == O_SYNC)
		result |= WASI_FDFLAGS_SYNC;
	else if (flags & O_DSYNC)
		result |= WASI_FDFLAGS_DSYNC;
	return result;
}

static int fd_fdstat_get(struct wasi *w, void *ctx, u32 fd, u32 addr)
{
	struct wasi_fdstat *result = wasi_result(ctx, addr, struct wasi_fdstat);
	struct wasi_fdstat stat = { 0 };
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, 0, &entry);

	if (err)
		return err;
	if (!result)
		return -EFAULT;
	stat.filetype = host_filetype(entry->host);
	stat.flags = fdflags_of(entry->host);
	stat.rights_base = entry->base;
	stat.rights_inheriting = entry->inheriting;
	wasi_put(result, stat);
	return 0;
}

static int fd_fdstat_set_flags(struct wasi *w, u32 fd, u32 flags)
{
	struct wasi_fd *entry;
	int err, host_flags;

	err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_FDSTAT_SET_FLAGS, &entry);
	if (err)
		return err;
	if (flags & ~WASI_FDFLAGS_ALL)
		return -EINVAL;
	/* Linux cannot turn these on for an open file */
	if (flags & (WASI_FDFLAGS_DSYNC | WASI_FDFLAGS_RSYNC | WASI_FDFLAGS_SYNC) &
	    ~fdflags_of(entry->host))
		return -ENOTSUP;
	host_flags = fcntl(entry->host, F_GETFL) & ~(O_APPEND | O_NONBLOCK);
	if (flags & WASI_FDFLAGS_APPEND)
		host_flags |= O_APPEND;
	if (flags & WASI_FDFLAGS_NONBLOCK)
		host_flags |= O_NONBLOCK;
	return fcntl(entry->host, F_SETFL, host_flags) ? -errno : 0;
}

static int fd_fdstat_set_rights(struct wasi *w, u32 fd, u64 base, u64 inheriting)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, base, &entry);

	if (err)
		return err;
	if (inheriting & ~entry->inheriting)
		return -WASI_ENOTCAPABLE;
	entry->base = base;
	entry->inheriting = inheriting;
	return 0;
}

struct wasi_filestat wasi_filestat_of(const struct stat *st)
{
	return (struct wasi_filestat){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.filetype = wasi_filetype_of_mode(st->st_mode),
		.nlink = st->st_nlink,
		.size = st->st_size,
		.atim = to_ns(&st->st_atim),
		.mtim = to_ns(&st->st_mtim),
		.ctim = to_ns(&st->st_ctim),
	};
}

int wasi_put_filestat(void *ctx, u32 addr, const struct stat *st, bool old)
{
	struct wasi_filestat stat = wasi_filestat_of(st);
	struct wasi_filestat0 stat0 = {
		.dev = stat.dev, .ino = stat.ino, .filetype = stat.filetype, .nlink = stat.nlink,
		.size = stat.size, .atim = stat.atim, .mtim = stat.mtim, .ctim = stat.ctim,
	};
	void *result = kwasm_guest_ptr(ctx, addr, old ? sizeof(stat0) : sizeof(stat));

	if (!result)
		return -EFAULT;
	memcpy(result, old ? (void *)&stat0 : (void *)&stat, old ? sizeof(stat0) : sizeof(stat));
	return 0;
}

static int fd_filestat_get(struct wasi *w, void *ctx, u32 fd, u32 addr, bool old)
{
	struct wasi_fd *entry;
	struct stat st;
	int err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_FILESTAT_GET, &entry);

	if (err)
		return err;
	return fstat(entry->host, &st) ? -errno : wasi_put_filestat(ctx, addr, &st, old);
}

static int one_time(u64 ns, bool set, bool now, struct timespec *ts)
{
	if (set && now)
		return -EINVAL;
	ts->tv_sec = ns / 1000000000ull;
	ts->tv_nsec = set ? (long)(ns % 1000000000ull) : now ? UTIME_NOW : UTIME_OMIT;
	return 0;
}

int wasi_times(u64 atim, u64 mtim, u32 flags, struct timespec times[2])
{
	int err;

	if (flags & ~WASI_FSTFLAGS_ALL)
		return -EINVAL;
	err = one_time(atim, flags & WASI_FSTFLAGS_ATIM, flags & WASI_FSTFLAGS_ATIM_NOW, &times[0]);
	if (!err)
		err = one_time(mtim, flags & WASI_FSTFLAGS_MTIM, flags & WASI_FSTFLAGS_MTIM_NOW,
			       &times[1]);
	return err;
}

static int fd_filestat_set_times(struct wasi *w, u32 fd, u64 atim, u64 mtim, u32 flags)
{
	struct timespec times[2];
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_FILESTAT_SET_TIMES, &entry);

	if (!err)
		err = wasi_times(atim, mtim, flags, times);
	if (err)
		return err;
	return futimens(entry->host, times) ? -errno : 0;
}

static int fd_filestat_set_size(struct wasi *w, u32 fd, u64 size)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_FILESTAT_SET_SIZE, &entry);

	if (err)
		return err;
	return (s64)size < 0 ? -EINVAL : ftruncate(entry->host, size) ? -errno : 0;
}

static int fd_advise(struct wasi *w, u32 fd, u64 offset, u64 len, u32 advice)
{
	static const int advices[] = {
		[WASI_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
		[WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[WASI_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
		[WASI_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
		[WASI_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED,
		[WASI_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE,
	};
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_ADVISE, &entry);

	if (err)
		return err;
	if (advice >= ARRAY_SIZE(advices) || (s64)offset < 0 || (s64)len < 0)
		return -EINVAL;
	if (host_filetype(entry->host) == WASI_FILETYPE_DIRECTORY)
		return -EBADF;
	return -posix_fadvise(entry->host, offset, len, advices[advice]);
}

static int fd_allocate(struct wasi *w, u32 fd, u64 offset, u64 len)
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, WASI_RIGHTS_FD_ALLOCATE, &entry);

	if (err)
		return err;
	if ((s64)offset < 0 || (s64)len <= 0)
		return -EINVAL;
	return fallocate(entry->host, 0, offset, len) ? -errno : 0;
}

static int fd_sync(struct wasi *w, u32 fd, u64 right, int (*sync)(int))
{
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, right, &entry);

	if (err)
		return err;
	return sync(entry->host) ? -errno : 0;
}

static int fd_prestat_get(struct wasi *w, void *ctx, u32 fd, u32 addr)
{
	struct wasi_prestat *result = wasi_result(ctx, addr, struct wasi_prestat);
	struct wasi_prestat stat = { .tag = WASI_PREOPENTYPE_DIR };
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, 0, &entry);

	if (err || (!entry->preopen && !entry->preopen_socket))
		return -EBADF;
	if (!result)
		return -EFAULT;
	if (entry->preopen)
		stat.name_len = strlen(entry->preopen);
	else
		stat.tag = WASI_PREOPENTYPE_SOCKET;
	wasi_put(result, stat);
	return 0;
}

static int fd_prestat_dir_name(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len)
{
	void *result = kwasm_guest_ptr(ctx, addr, len);
	struct wasi_fd *entry;
	int err = wasi_fd_find(w, fd, 0, &entry);

	if (err || !entry->preopen)
		return -EBADF;
	if (!result)
		return -EFAULT;
	if (len < strlen(entry->preopen))
		return -ENAMETOOLONG;
	memcpy(result, entry->preopen, strlen(entry->preopen));
	return 0;
}

/* struct linux_dirent64, which libc keeps to itself */
struct host_dirent {
	u64 ino;
	s64 next;
	u16 size;
	u8 type;
	char name[];
};

static int fd_readdir(struct wasi *w, void *ctx, u32 fd, u32 addr, u32 len, u64 cookie,
		      u32 result_addr)
{
	u32 *result = wasi_result(ctx, result_addr, u32), used = 0;
	u8 *out = kwasm_guest_ptr(ctx, addr, len);
	char buf[16384] __attribute__((aligned(8)));
	struct wasi_dirent header;
	struct host_dirent *entry;
	struct wasi_fd *dir;
	long n, at;
	u32 part;
	int err;

	err = wasi_fd_find(w, fd, 0, &dir);
	if (err)
		return err;
	if (host_filetype(dir->host) != WASI_FILETYPE_DIRECTORY)
		return -ENOTDIR;
	if (!(dir->base & WASI_RIGHTS_FD_READDIR))
		return -WASI_ENOTCAPABLE;
	if (!out || !result)
		return -EFAULT;
	if ((s64)cookie < 0 || lseek(dir->host, cookie, SEEK_SET) < 0)
		return -EINVAL;
	while (used < len) {
		n = syscall(SYS_getdents64, dir->host, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		if (!n)
			break;
		for (at = 0; at < n && used < len; at += entry->size) {
			entry = (struct host_dirent *)(buf + at);
			memset(&header, 0, sizeof(header));
			header.next = entry->next;
			header.ino = entry->ino;
			header.namlen = strlen(entry->name);
			header.type = wasi_filetype_of_dirent(entry->type);
			/* cut where the buffer ends: that tells the guest that there is more */
			part = min_t(u32, sizeof(header), len - used);
			memcpy(out + used, &header, part);
			used += part;
			part = min_t(u32, header.namlen, len - used);
			memcpy(out + used, entry->name, part);
			used += part;
		}
	}
	wasi_put(result, used);
	return 0;
}

/* ---- polling ---- */

struct subscription {
	u64 userdata;
	u8 tag;
	u32 fd;
	u32 clock;
	u64 timeout;
	u16 flags;
};

static void get_subscription(const u8 *guest, bool old, struct subscription *s)
{
	struct wasi_subscription sub;

	memcpy(&sub, guest, sizeof(sub));
	if (old && sub.tag == WASI_EVENTTYPE_CLOCK)
		memcpy(&sub.clock, guest + offsetof(struct wasi_subscription0, clock), sizeof(sub.clock));
	*s = (struct subscription){
		sub.userdata, sub.tag, sub.fd, sub.clock.id, sub.clock.timeout,
		sub.clock.flags,
	};
}

/* Nanoseconds until the clock subscription is due */
static int clock_wait(const struct subscription *s, u64 *wait)
{
	struct timespec now;
	clockid_t clock;
	int err = host_clock(s->clock, &clock);

	if (err || s->flags & ~WASI_SUBCLOCKFLAGS_ABSTIME)
		return -EINVAL;
	*wait = s->timeout;
	if (s->flags & WASI_SUBCLOCKFLAGS_ABSTIME) {
		if (clock_gettime(clock, &now))
			return -errno;
		*wait = s->timeout > to_ns(&now) ? s->timeout - to_ns(&now) : 0;
	}
	/* processor time stands still while this process waits */
	if (*wait && clock == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (*wait && clock == CLOCK_PROCESS_CPUTIME_ID)
		*wait = ~0ull;
	return 0;
}

struct polled {
	struct subscription sub;
	u64 wait;		/* clocks */
	int host;		/* files: -1 if @error */
	int error;
};

/* What is due of one subscription; returns false if nothing */
static bool make_event(const struct polled *p, const struct pollfd *pollfd, u64 shortest,
		       bool any_ready, struct wasi_event *event)
{
	int available = 0;

	memset(event, 0, sizeof(*event));
	event->userdata = p->sub.userdata;
	event->type = p->sub.tag;
	if (p->error) {
		event->error = wasi_errno(p->error);
		return true;
	}
	if (p->sub.tag == WASI_EVENTTYPE_CLOCK)
		return !any_ready && p->wait <= shortest;
	if (!pollfd->revents)
		return false;
	if (pollfd->revents & (POLLHUP | POLLRDHUP))
		event->flags = WASI_EVENTRWFLAGS_HANGUP;
	if (p->sub.tag == WASI_EVENTTYPE_FD_READ) {
		struct stat st;
		off_t at = lseek(p->host, 0, SEEK_CUR);

		if (at >= 0 && !fstat(p->host, &st) && S_ISREG(st.st_mode))
			event->nbytes = st.st_size > at ? st.st_size - at : 0;
		else if (!ioctl(p->host, FIONREAD, &available) && available > 0)
			event->nbytes = available;
	}
	return true;
}

static int poll_all(struct polled *polled, struct pollfd *pollfds, u32 nr, u8 *out, u32 *nr_events)
{
	u64 shortest = ~0ull;
	struct wasi_event event;
	struct timespec ts;
	bool have_error = false, any_ready;
	u32 i;
	int n;

	for (i = 0; i < nr; i++) {
		have_error |= polled[i].error;
		if (!polled[i].error && polled[i].sub.tag == WASI_EVENTTYPE_CLOCK)
			shortest = min(shortest, polled[i].wait);
	}
	ts.tv_sec = shortest / 1000000000ull;
	ts.tv_nsec = shortest % 1000000000ull;
	if (have_error)
		ts = (struct timespec){ 0 };
	n = ppoll(pollfds, nr, shortest == ~0ull && !have_error ? NULL : &ts, NULL);
	if (n < 0)
		return -errno;
	any_ready = n || have_error;
	*nr_events = 0;
	for (i = 0; i < nr; i++) {
		if (!make_event(&polled[i], &pollfds[i], shortest, any_ready, &event))
			continue;
		memcpy(out + *nr_events * sizeof(event), &event, sizeof(event));
		++*nr_events;
	}
	return 0;
}

static int poll_oneoff(struct wasi *w, void *ctx, u32 in_addr, u32 out_addr, u32 nr, u32 result_addr,
		       bool old)
{
	size_t size = old ? sizeof(struct wasi_subscription0) : sizeof(struct wasi_subscription);
	const u8 *in = kwasm_guest_ptr(ctx, in_addr, (u64)nr * size);
	u8 *out = kwasm_guest_ptr(ctx, out_addr, (u64)nr * sizeof(struct wasi_event));
	u32 *result = wasi_result(ctx, result_addr, u32), nr_events = 0, i;
	struct polled *polled;
	struct pollfd *pollfds;
	struct wasi_fd *entry;
	int err = 0;

	if (!nr || nr > SUBSCRIPTIONS_MAX)
		return -EINVAL;
	if (!in || !out || !result)
		return -EFAULT;
	polled = calloc(nr, sizeof(*polled));
	pollfds = calloc(nr, sizeof(*pollfds));
	if (!polled || !pollfds)
		err = -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		struct polled *p = &polled[i];

		get_subscription(in + i * size, old, &p->sub);
		pollfds[i].fd = -1;
		switch (p->sub.tag) {
		case WASI_EVENTTYPE_CLOCK:
			p->error = clock_wait(&p->sub, &p->wait);
			break;
		case WASI_EVENTTYPE_FD_READ:
		case WASI_EVENTTYPE_FD_WRITE:
			p->error = wasi_fd_find(w, p->sub.fd, WASI_RIGHTS_POLL_FD_READWRITE, &entry);
			if (p->error)
				break;
			p->host = entry->host;
			pollfds[i].fd = entry->host;
			pollfds[i].events = p->sub.tag == WASI_EVENTTYPE_FD_READ ? POLLIN | POLLRDHUP :
					    POLLOUT;
			break;
		default:
			p->error = -EINVAL;
		}
	}
	if (!err)
		err = poll_all(polled, pollfds, nr, out, &nr_events);
	if (!err)
		wasi_put(result, nr_events);
	free(polled);
	free(pollfds);
	return err;
}

/* ---- sockets: those that were inherited ---- */

/* As wasi_fd_find(), but what is no socket at all is that before it lacks rights */
int wasi_sock_find(struct wasi *w, u32 fd, u64 rights, struct wasi_fd **entry)
{
	int err = wasi_fd_find(w, fd, 0, entry);
	u8 type;

	if (err)
		return err;
	type = host_filetype((*entry)->host);
	if (type != WASI_FILETYPE_SOCKET_STREAM && type != WASI_FILETYPE_SOCKET_DGRAM)
		return -ENOTSOCK;
	return wasi_fd_find(w, fd, rights, entry);
}

int wasi_sock_accept_fd(struct wasi *w, void *ctx, u32 fd, u32 flags, u32 result_addr)
{
	u32 *result = wasi_result(ctx, result_addr, u32), new;
	struct wasi_rights_pair rights;
	struct wasi_fd *entry;
	int host, err;

	err = wasi_sock_find(w, fd, WASI_RIGHTS_SOCK_ACCEPT, &entry);
	if (err)
		return err;
	if (flags & ~WASI_FDFLAGS_NONBLOCK)
		return -EINVAL;
	if (!result)
		return -EFAULT;
	host = accept4(entry->host, NULL, NULL,
		       SOCK_CLOEXEC | (flags & WASI_FDFLAGS_NONBLOCK ? SOCK_NONBLOCK : 0));
	if (host < 0)
		return -errno;
	rights = wasi_host_rights(host);
	err = wasi_fd_install(w, host, rights.base & entry->inheriting,
			      rights.inheriting & entry->inheriting, &new);
	if (!err)
		wasi_put(result, new);
	return err;
}

static int sock_recv(struct wasi *w, void *ctx, const union kwasm_value *v)
{
	u32 *result = wasi_result(ctx, v[4].i32, u32);
	u16 *roflags = wasi_result(ctx, v[5].i32, u16);
	u32 flags = v[3].i32;
	struct iovec iovs[WASI_IOVS_MAX];
	struct msghdr msg = { .msg_iov = iovs, .msg_iovlen = v[2].i32 };
	struct wasi_fd *entry;
	ssize_t n;
	int err;

	err = wasi_sock_find(w, v[0].i32, WASI_RIGHTS_FD_READ, &entry);
	if (!err)
		err = wasi_get_iovs(ctx, v[1].i32, v[2].i32, iovs);
	if (err)
		return err;
	if (flags & ~(WASI_RIFLAGS_PEEK | WASI_RIFLAGS_WAITALL))
		return -EINVAL;
	if (!result || !roflags)
		return -EFAULT;
	n = recvmsg(entry->host, &msg, (flags & WASI_RIFLAGS_PEEK ? MSG_PEEK : 0) |
		    (flags & WASI_RIFLAGS_WAITALL ? MSG_WAITALL : 0));
	if (n < 0)
		return -errno;
	wasi_put(result, (u32)n);
	wasi_put(roflags, (u16)(msg.msg_flags & MSG_TRUNC ? WASI_ROFLAGS_TRUNCATED : 0));
	return 0;
}

static int sock_send(struct wasi *w, void *ctx, u32 fd, u32 iovs_addr, u32 nr, u32 flags,
		     u32 result_addr)
{
	u32 *result = wasi_result(ctx, result_addr, u32);
	struct iovec iovs[WASI_IOVS_MAX];
	struct msghdr msg = { .msg_iov = iovs, .msg_iovlen = nr };
	struct wasi_fd *entry;
	ssize_t n;
	int err;

	err = wasi_sock_find(w, fd, WASI_RIGHTS_FD_WRITE, &entry);
	if (!err)
		err = wasi_get_iovs(ctx, iovs_addr, nr, iovs);
	if (err)
		return err;
	if (flags)
		return -EINVAL;
	if (!result)
		return -EFAULT;
	n = sendmsg(entry->host, &msg, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	wasi_put(result, (u32)n);
	return 0;
}

static int sock_shutdown(struct wasi *w, u32 fd, u32 how)
{
	struct wasi_fd *entry;
	int err = wasi_sock_find(w, fd, WASI_RIGHTS_SOCK_SHUTDOWN, &entry);

	if (err)
		return err;
	if (!how || how & ~(WASI_SDFLAGS_RD | WASI_SDFLAGS_WR))
		return -EINVAL;
	return shutdown(entry->host, how == WASI_SDFLAGS_RD ? SHUT_RD :
			how == WASI_SDFLAGS_WR ? SHUT_WR : SHUT_RDWR) ? -errno : 0;
}

static int whence_of(u32 whence, bool old)
{
	static const int now[] = { SEEK_SET, SEEK_CUR, SEEK_END };
	static const int then[] = { SEEK_CUR, SEEK_END, SEEK_SET };

	return whence > 2 ? -1 : old ? then[whence] : now[whence];
}

/* ---- the exported functions ---- */

/* Their callers are generated code, so nobody else declares them */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define LIST(list) (&kwasm_ctx_instance(ctx)->lists[list])

WASI_EXPORT(args_get, (void *ctx, u32 argv, u32 buf), strings_get(ctx, LIST(KWASM_LIST_ARGS), argv, buf))
WASI_EXPORT(args_sizes_get, (void *ctx, u32 nr, u32 bytes),
	    strings_sizes(ctx, LIST(KWASM_LIST_ARGS), nr, bytes))
WASI_EXPORT(environ_get, (void *ctx, u32 env, u32 buf), strings_get(ctx, LIST(KWASM_LIST_ENV), env, buf))
WASI_EXPORT(environ_sizes_get, (void *ctx, u32 nr, u32 bytes),
	    strings_sizes(ctx, LIST(KWASM_LIST_ENV), nr, bytes))
WASI_EXPORT(clock_res_get, (void *ctx, u32 id, u32 result),
	    clock_value(ctx, id, result, clock_getres))
WASI_EXPORT(clock_time_get, (void *ctx, u32 id, u64 precision, u32 result),
	    ((void)precision, clock_value(ctx, id, result, clock_gettime)))
WASI_EXPORT(fd_advise, (void *ctx, u32 fd, u64 offset, u64 len, u32 advice),
	    fd_advise(w, fd, offset, len, advice))
WASI_EXPORT(fd_allocate, (void *ctx, u32 fd, u64 offset, u64 len), fd_allocate(w, fd, offset, len))
WASI_EXPORT(fd_close, (void *ctx, u32 fd), fd_close(w, fd))
WASI_EXPORT(fd_datasync, (void *ctx, u32 fd),
	    fd_sync(w, fd, WASI_RIGHTS_FD_DATASYNC, fdatasync))
WASI_EXPORT(fd_fdstat_get, (void *ctx, u32 fd, u32 result), fd_fdstat_get(w, ctx, fd, result))
WASI_EXPORT(fd_fdstat_set_flags, (void *ctx, u32 fd, u32 flags), fd_fdstat_set_flags(w, fd, flags))
WASI_EXPORT(fd_fdstat_set_rights, (void *ctx, u32 fd, u64 base, u64 inheriting),
	    fd_fdstat_set_rights(w, fd, base, inheriting))
WASI_EXPORT(fd_filestat_get, (void *ctx, u32 fd, u32 result),
	    fd_filestat_get(w, ctx, fd, result, false))
WASI_EXPORT(unstable_fd_filestat_get, (void *ctx, u32 fd, u32 result),
	    fd_filestat_get(w, ctx, fd, result, true))
WASI_EXPORT(fd_filestat_set_size, (void *ctx, u32 fd, u64 size), fd_filestat_set_size(w, fd, size))
WASI_EXPORT(fd_filestat_set_times, (void *ctx, u32 fd, u64 atim, u64 mtim, u32 flags),
	    fd_filestat_set_times(w, fd, atim, mtim, flags))
WASI_EXPORT(fd_pread, (void *ctx, u32 fd, u32 iovs, u32 nr, u64 offset, u32 result),
	    transfer_at(w, ctx, fd, iovs, nr, offset, READ, result))
WASI_EXPORT(fd_prestat_get, (void *ctx, u32 fd, u32 result), fd_prestat_get(w, ctx, fd, result))
WASI_EXPORT(fd_prestat_dir_name, (void *ctx, u32 fd, u32 path, u32 len),
	    fd_prestat_dir_name(w, ctx, fd, path, len))
WASI_EXPORT(fd_pwrite, (void *ctx, u32 fd, u32 iovs, u32 nr, u64 offset, u32 result),
	    transfer_at(w, ctx, fd, iovs, nr, offset, WRITE, result))
WASI_EXPORT(fd_read, (void *ctx, u32 fd, u32 iovs, u32 nr, u32 result),
	    transfer(w, ctx, fd, iovs, nr, -1, READ, result))
WASI_EXPORT(fd_readdir, (void *ctx, u32 fd, u32 buf, u32 len, u64 cookie, u32 result),
	    fd_readdir(w, ctx, fd, buf, len, cookie, result))
WASI_EXPORT(fd_renumber, (void *ctx, u32 from, u32 to), fd_renumber(w, from, to))
WASI_EXPORT(fd_seek, (void *ctx, u32 fd, u64 offset, u32 whence, u32 result),
	    seek(w, ctx, fd, offset, whence_of(whence, false), result))
WASI_EXPORT(unstable_fd_seek, (void *ctx, u32 fd, u64 offset, u32 whence, u32 result),
	    seek(w, ctx, fd, offset, whence_of(whence, true), result))
WASI_EXPORT(fd_sync, (void *ctx, u32 fd), fd_sync(w, fd, WASI_RIGHTS_FD_SYNC, fsync))
WASI_EXPORT(fd_tell, (void *ctx, u32 fd, u32 result), seek(w, ctx, fd, 0, SEEK_CUR, result))
WASI_EXPORT(fd_write, (void *ctx, u32 fd, u32 iovs, u32 nr, u32 result),
	    transfer(w, ctx, fd, iovs, nr, -1, WRITE, result))
WASI_EXPORT(poll_oneoff, (void *ctx, u32 in, u32 out, u32 nr, u32 result),
	    poll_oneoff(w, ctx, in, out, nr, result, false))
WASI_EXPORT(unstable_poll_oneoff, (void *ctx, u32 in, u32 out, u32 nr, u32 result),
	    poll_oneoff(w, ctx, in, out, nr, result, true))

void wasi_proc_exit(void *ctx, u32 code)
{
	kwasm_raise(ctx, KWASM_TRAP_exit, code);
}

WASI_EXPORT(proc_raise, (void *ctx, u32 sig), proc_raise(ctx, sig))
WASI_EXPORT(sched_yield, (void *ctx), sched_yield() ? -errno : 0)
WASI_EXPORT(random_get, (void *ctx, u32 buf, u32 len), fill_random(ctx, buf, len))
WASI_EXPORT(sock_accept, (void *ctx, u32 fd, u32 flags, u32 result),
	    wasi_sock_accept_fd(w, ctx, fd, flags, result))
WASI_EXPORT(sock_recv, (void *ctx), sock_recv(w, ctx, kwasm_values(ctx)))
WASI_EXPORT(sock_send, (void *ctx, u32 fd, u32 iovs, u32 nr, u32 flags, u32 result),
	    sock_send(w, ctx, fd, iovs, nr, flags, result))
WASI_EXPORT(sock_shutdown, (void *ctx, u32 fd, u32 how), sock_shutdown(w, fd, how))
