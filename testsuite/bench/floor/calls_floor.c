// SPDX-License-Identifier: GPL-2.0
/*
 * calls_floor.c - the work that a system call and a host call have in common
 *
 * What ../calls.c does, by calling the kernel's own function: no change of mode, no descriptor, no path or buffer
 * of a user's, no C library. What either kind of call costs beyond that is its own overhead. Names and
 * order are those of ../calls.c; the log gets a line "calls_floor: NAME: INSTRUCTIONS" for each.
 *
 * It runs once, on a kernel thread, which may drop files at once; loading fails then, on purpose: nothing stays.
 */
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/version.h>

#define LOOPS	100
#define ROUNDS	12

static char *dir = "/tmp/w";
module_param(dir, charp, 0);
MODULE_PARM_DESC(dir, "folder with the files zero, null, file, one/two/file and many/");

/* declared by <linux/namei.h> from 6.4 on */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

static struct path root;
static struct file *zero, *null, *file;
static char *buffer;
static bool failed;

static void check(bool good, const char *what)
{
	if (!good) {
		pr_err("calls_floor: %s failed\n", what);
		failed = true;
	}
}

/* As read(2) and write(2) from where they have the file, the buffer and the position */
static ssize_t transfer(struct file *f, int direction, size_t len, loff_t *pos)
{
	struct kvec vec = { .iov_base = buffer, .iov_len = len };
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	iov_iter_kvec(&iter, direction, &vec, 1, len);
	init_sync_kiocb(&kiocb, f);
	kiocb.ki_pos = *pos;
	if (direction == READ) {
		ret = vfs_iocb_iter_read(f, &kiocb, &iter);
	} else {
		/* from 6.8 on, vfs_iocb_iter_write() does that */
		if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0))
			file_start_write(f);
		ret = vfs_iocb_iter_write(f, &kiocb, &iter);
		if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0))
			file_end_write(f);
	}
	*pos = kiocb.ki_pos;
	return ret;
}

static void nothing(void)
{
	barrier();
}

static void do_yield(void)
{
	yield();
}

static void tell(void)
{
	check(vfs_llseek(file, 0, SEEK_CUR) >= 0, "fd_tell");
}

static void random(void)
{
	get_random_bytes(buffer, 16);
}

static void clock(void)
{
	*(u64 *)buffer = ktime_get_ns();
}

static void read_1(void)
{
	check(transfer(zero, READ, 1, &zero->f_pos) == 1, "read");
}

static void read_4k(void)
{
	check(transfer(zero, READ, 4096, &zero->f_pos) == 4096, "read");
}

static void write_1(void)
{
	check(transfer(null, WRITE, 1, &null->f_pos) == 1, "write");
}

static void write_64k(void)
{
	check(transfer(null, WRITE, 65536, &null->f_pos) == 65536, "write");
}

static void seek(void)
{
	check(!vfs_llseek(file, 0, SEEK_SET), "lseek");
}

static void rewind_file(int every)
{
	static int turn;

	if (++turn % every == 0)
		vfs_llseek(file, 0, SEEK_SET);
}

static void file_read_1(void)
{
	rewind_file(100);
	check(transfer(file, READ, 1, &file->f_pos) == 1, "read");
}

static void file_write_1(void)
{
	rewind_file(100);
	check(transfer(file, WRITE, 1, &file->f_pos) == 1, "write");
}

static void file_write_64k(void)
{
	rewind_file(10);
	check(transfer(file, WRITE, 65536, &file->f_pos) == 65536, "write");
}

static void pread_4k(void)
{
	loff_t pos = 0;

	check(transfer(file, READ, 4096, &pos) == 4096, "pread");
}

static void pwrite_4k(void)
{
	loff_t pos = 0;

	check(transfer(file, WRITE, 4096, &pos) == 4096, "pwrite");
}

static void stat(const struct path *path)
{
	struct kstat k;

	check(!vfs_getattr(path, &k, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT), "stat");
}

static void fstat(void)
{
	stat(&file->f_path);
}

static int walk(const char *name, struct path *found)
{
	return vfs_path_lookup(root.dentry, root.mnt, name, LOOKUP_FOLLOW, found);
}

static void stat_file(void)
{
	struct path found;

	check(!walk("file", &found), "stat");
	stat(&found);
	path_put(&found);
}

static void open_close_of(const char *name)
{
	struct file *f = file_open_root(&root, name, O_RDONLY | O_LARGEFILE, 0);

	check(!IS_ERR(f), "open");
	if (!IS_ERR(f))
		__fput_sync(f);
}

static void open_close(void)
{
	open_close_of("file");
}

static void open_close_deep(void)
{
	open_close_of("one/two/file");
}

/* Entries are looked at and no more: where they go is up to the call */
struct count {
	struct dir_context ctx;
	int nr;
};

static bool count_entry(struct dir_context *ctx, const char *name, int len, loff_t at, u64 ino,
			unsigned int type)
{
	container_of(ctx, struct count, ctx)->nr++;
	return true;
}

static void list_dir(void)
{
	struct file *f = file_open_root(&root, "many", O_RDONLY | O_DIRECTORY, 0);
	struct count count = { .ctx.actor = count_entry };

	check(!IS_ERR(f), "opendir");
	if (IS_ERR(f))
		return;
	check(!iterate_dir(f, &count.ctx) && count.nr == 10002, "readdir");
	__fput_sync(f);
}

static const struct {
	const char *name;
	void (*call)(void);
	int loops;		/* 0: LOOPS */
} calls[] = {
	{ "(loop)", nothing, 0 },
	{ "sched_yield, raw", do_yield, 0 },
	{ "fd_tell, raw", tell, 0 },
	{ "random_get of 16 bytes, raw", random, 0 },
	{ "clock_gettime", clock, 0 },
	{ "clock_gettime, vDSO", clock, 0 },
	{ "read of 1 byte, /dev/zero", read_1, 0 },
	{ "read of 4 KiB, /dev/zero", read_4k, 0 },
	{ "write of 1 byte, /dev/null", write_1, 0 },
	{ "write of 64 KiB, /dev/null", write_64k, 0 },
	{ "lseek", seek, 0 },
	{ "read of 1 byte, file", file_read_1, 0 },
	{ "write of 1 byte, file", file_write_1, 0 },
	{ "write of 64 KiB, file", file_write_64k, 0 },
	{ "pread of 4 KiB, file", pread_4k, 0 },
	{ "pwrite of 4 KiB, file", pwrite_4k, 0 },
	{ "fstat", fstat, 0 },
	{ "stat", stat_file, 0 },
	{ "open and close", open_close, 0 },
	{ "open and close, two folders down", open_close_deep, 0 },
	{ "fd_readdir of 10,000, raw", list_dir, 1 },
	{ "opendir, readdir of 10,000, closedir", list_dir, 1 },
};

static void measure(void)
{
	u64 began, took, best;
	int i, round, k;

	for (i = 0; i < ARRAY_SIZE(calls) && !failed; i++) {
		int loops = calls[i].loops ?: LOOPS;

		best = U64_MAX;
		for (round = 0; round < ROUNDS; round++) {
			vfs_llseek(file, 0, SEEK_SET);
			began = ktime_get_ns();
			for (k = 0; k < loops; k++)
				calls[i].call();
			took = ktime_get_ns() - began;
			best = min(best, took);
		}
		pr_info("calls_floor: %s: %llu.%llu\n", calls[i].name, best / loops,
			best % loops * 10 / loops);
	}
}

static struct file *open_file(const char *name, int flags)
{
	struct file *f = file_open_root(&root, name, flags | O_LARGEFILE, 0);

	check(!IS_ERR(f), name);
	return IS_ERR(f) ? NULL : f;
}

static int run(void *done)
{
	if (!kern_path(dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &root)) {
		zero = open_file("zero", O_RDONLY);
		null = open_file("null", O_WRONLY);
		file = open_file("file", O_RDWR);
		if (zero && null && file)
			measure();
		if (zero)
			__fput_sync(zero);
		if (null)
			__fput_sync(null);
		if (file)
			__fput_sync(file);
		path_put(&root);
	} else {
		check(false, dir);
	}
	kthread_complete_and_exit(done, 0);	/* not back into what may be unloaded by then */
}

static int __init floor_init(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *thread;

	buffer = kzalloc(65536, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	thread = kthread_run(run, &done, "calls_floor");
	if (!IS_ERR(thread))
		wait_for_completion(&done);
	kfree(buffer);
	return IS_ERR(thread) ? PTR_ERR(thread) : failed ? -EIO : -ECANCELED;
}

module_init(floor_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What system calls and host calls have in common, in instructions");
