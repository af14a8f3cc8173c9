// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - what calls to the system cost, by a clock that counts instructions
 *
 * One source: as a kernel module its calls are host calls (WASI), as a static native
 * program they are system calls. Both go through their C library, except
 * those named raw. The machine's clock must advance by a nanosecond for each
 * instruction (see calls.py); the best of some rounds is what nothing interrupted.
 */
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

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "(loop)", nothing },
	{ "sched_yield, raw", raw_yield },
	{ "fd_tell, raw", raw_tell },
	{ "random_get of 16 bytes, raw", raw_random },
	{ "clock_gettime", clock_read },
	{ "read of 1 byte, /dev/zero", read_1 },
	{ "read of 4 KiB, /dev/zero", read_4k },
	{ "write of 1 byte, /dev/null", write_1 },
	{ "write of 64 KiB, /dev/null", write_64k },
	{ "lseek", seek },
	{ "pread of 4 KiB, file", pread_4k },
	{ "pwrite of 4 KiB, file", pwrite_4k },
	{ "fstat", fstat_file },
	{ "stat", stat_file },
	{ "open and close", open_close },
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
		best = INT64_MAX;
		for (round = 0; round < ROUNDS; round++) {
			began = now();
			for (k = 0; k < LOOPS; k++)
				calls[i].call();
			took = now() - began;
			if (took < best)
				best = took;
		}
		printf("%s: %.1f\n", calls[i].name, (double)best / LOOPS);
	}
	return 0;
}
