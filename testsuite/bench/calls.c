// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - what calls to the system cost, by a clock that counts instructions
 *
 * One source: as a kernel module its calls are host calls (WASI), as a static native
 * program they are system calls. Both go through their C library, except
 * those named raw. The machine's clock must advance by a nanosecond for each
 * instruction (see calls.py); the best of some rounds is what nothing interrupted.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __wasi__
#include <wasi/api.h>
#else
#include <sys/syscall.h>
#endif

enum { LOOPS = 100, ROUNDS = 12 };

static int zero, null, file;
static char buffer[65536];

static int64_t now(void)
{
	struct timespec ts;

#ifdef __wasi__
	clock_gettime(CLOCK_MONOTONIC, &ts);
#else
	/* by the system call, so that both sides read one clock */
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
#endif
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void check(int good, const char *what)
{
	if (!good) {
		perror(what);
		exit(1);
	}
}

static void nothing(void)
{
	__asm__ volatile("");
}

static void clock_read(void)
{
	now();
}

/* a native program asks no kernel for it */
static void clock_vdso(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
}

static void raw_yield(void)
{
#ifdef __wasi__
	check(!__wasi_sched_yield(), "sched_yield");
#else
	check(!syscall(SYS_sched_yield), "sched_yield");
#endif
}

static void raw_tell(void)
{
#ifdef __wasi__
	__wasi_filesize_t at;

	check(!__wasi_fd_tell(file, &at), "fd_tell");
#else
	check(syscall(SYS_lseek, file, 0, SEEK_CUR) >= 0, "lseek");
#endif
}

static void raw_random(void)
{
#ifdef __wasi__
	check(!__wasi_random_get((uint8_t *)buffer, 16), "random_get");
#else
	check(syscall(SYS_getrandom, buffer, 16, 0) == 16, "getrandom");
#endif
}

static void read_1(void)
{
	check(read(zero, buffer, 1) == 1, "read");
}

static void read_4k(void)
{
	check(read(zero, buffer, 4096) == 4096, "read");
}

static void write_1(void)
{
	check(write(null, buffer, 1) == 1, "write");
}

static void write_64k(void)
{
	check(write(null, buffer, 65536) == 65536, "write");
}

static void seek(void)
{
	check(lseek(file, 0, SEEK_SET) == 0, "lseek");
}

/* The file has 64 KiB; from time to time back to its start */
static void rewind_file(int every)
{
	static int turn;

	if (++turn % every == 0)
		lseek(file, 0, SEEK_SET);
}

static void file_read_1(void)
{
	rewind_file(100);
	check(read(file, buffer, 1) == 1, "read");
}

static void file_write_1(void)
{
	rewind_file(100);
	check(write(file, buffer, 1) == 1, "write");
}

static void file_write_64k(void)
{
	rewind_file(10);
	check(write(file, buffer, 65536) == 65536, "write");
}

static void list_dir(void)
{
	DIR *dir = opendir("many");
	int n = 0;

	check(dir != NULL, "opendir");
	while (readdir(dir))
		n++;
	check(n == 10002 && !closedir(dir), "readdir");
}

/* The call alone: entries are counted, not made a struct dirent each */
static void raw_list_dir(void)
{
	int fd = open("many", O_RDONLY | O_DIRECTORY), n = 0;
#ifdef __wasi__
	__wasi_dircookie_t cookie = 0;
	__wasi_dirent_t entry;
	__wasi_size_t got, at;

	do {
		check(!__wasi_fd_readdir(fd, (uint8_t *)buffer, 32768, cookie, &got), "fd_readdir");
		for (at = 0; got - at >= sizeof(entry); at += sizeof(entry) + entry.d_namlen) {
			memcpy(&entry, buffer + at, sizeof(entry));
			if (got - at < sizeof(entry) + entry.d_namlen)
				break;	/* cut off: it comes again */
			cookie = entry.d_next;
			n++;
		}
	} while (got == 32768);
#else
	struct {
		uint64_t ino, next;
		uint16_t len;
	} entry;
	long got, at;

	while ((got = syscall(SYS_getdents64, fd, buffer, 32768)) > 0) {
		for (at = 0; at < got; at += entry.len) {
			memcpy(&entry, buffer + at, sizeof(entry));
			n++;
		}
	}
#endif
	check(n == 10002 && !close(fd), "readdir");
}

static void pread_4k(void)
{
	check(pread(file, buffer, 4096, 0) == 4096, "pread");
}

static void pwrite_4k(void)
{
	check(pwrite(file, buffer, 4096, 0) == 4096, "pwrite");
}

static void fstat_file(void)
{
	struct stat st;

	check(!fstat(file, &st), "fstat");
}

static void stat_file(void)
{
	struct stat st;

	check(!stat("file", &st), "stat");
}

static void open_close(void)
{
	int fd = open("file", O_RDONLY);

	check(fd >= 0 && !close(fd), "open");
}

static void open_close_deep(void)
{
	int fd = open("one/two/file", O_RDONLY);

	check(fd >= 0 && !close(fd), "open");
}

static const struct {
	const char *name;
	void (*call)(void);
	int loops;		/* 0: LOOPS */
} calls[] = {
	{ "(loop)", nothing, 0 },
	{ "sched_yield, raw", raw_yield, 0 },
	{ "fd_tell, raw", raw_tell, 0 },
	{ "random_get of 16 bytes, raw", raw_random, 0 },
	{ "clock_gettime", clock_read, 0 },
	{ "clock_gettime, vDSO", clock_vdso, 0 },
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
	{ "fstat", fstat_file, 0 },
	{ "stat", stat_file, 0 },
	{ "open and close", open_close, 0 },
	{ "open and close, two folders down", open_close_deep, 0 },
	{ "fd_readdir of 10,000, raw", raw_list_dir, 1 },
	{ "opendir, readdir of 10,000, closedir", list_dir, 1 },
};

int main(void)
{
	int64_t began, took, best;
	size_t i;
	int round, k;

	zero = open("zero", O_RDONLY);
	null = open("null", O_WRONLY);
	file = open("file", O_RDWR);
	check(zero >= 0 && null >= 0 && file >= 0, "open");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int loops = calls[i].loops ? calls[i].loops : LOOPS;

		best = INT64_MAX;
		for (round = 0; round < ROUNDS; round++) {
			lseek(file, 0, SEEK_SET);
			began = now();
			for (k = 0; k < loops; k++)
				calls[i].call();
			took = now() - began;
			if (took < best)
				best = took;
		}
		printf("%s: %.1f\n", calls[i].name, (double)best / loops);
	}
	return 0;
}
