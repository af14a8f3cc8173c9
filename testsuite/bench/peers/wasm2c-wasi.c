// SPDX-License-Identifier: GPL-2.0
/*
 * wasm2c-wasi.c - as much of WASI as the workloads use, for wasm2c's output
 *
 * They print a line and read a clock; all else that a C library may import is
 * refused. Addresses are not checked: the workloads are ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wasm-rt.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum { EBADF_WASI = 8, ENOSYS_WASI = 52, CHARACTER_DEVICE = 2 };

wasm_rt_memory_t *wasi_memory;

#define WASI(name)	Z_wasi_snapshot_preview1Z_ ## name

static void put32(u32 at, u32 value)
{
	memcpy(wasi_memory->data + at, &value, sizeof(value));
}

static void put64(u32 at, u64 value)
{
	memcpy(wasi_memory->data + at, &value, sizeof(value));
}

u32 WASI(clock_time_get)(void *host, u32 clock, u64 precision, u32 time)
{
	/* WASI numbers these clocks as Linux does */
	struct timespec ts;

	(void)host, (void)precision;
	clock_gettime(clock, &ts);
	put64(time, ts.tv_sec * 1000000000ull + ts.tv_nsec);
	return 0;
}

u32 WASI(fd_write)(void *host, u32 fd, u32 iovs, u32 nr, u32 written)
{
	u32 iov[2], sum = 0;

	(void)host;
	for (; nr; nr--, iovs += sizeof(iov)) {
		memcpy(iov, wasi_memory->data + iovs, sizeof(iov));
		if (write(fd, wasi_memory->data + iov[0], iov[1]) != (ssize_t)iov[1])
			abort();
		sum += iov[1];
	}
	put32(written, sum);
	return 0;
}

u32 WASI(fd_fdstat_get)(void *host, u32 fd, u32 stat)
{
	(void)host;
	if (fd > 2)
		return EBADF_WASI;
	memset(wasi_memory->data + stat, 0, 24);
	wasi_memory->data[stat] = CHARACTER_DEVICE;
	return 0;
}

void WASI(proc_exit)(void *host, u32 code)
{
	(void)host;
	exit(code);
}

/* no arguments, no environment, no folders */
u32 WASI(args_sizes_get)(void *host, u32 nr, u32 size)
{
	(void)host;
	put32(nr, 0);
	put32(size, 0);
	return 0;
}

u32 WASI(environ_sizes_get)(void *host, u32 nr, u32 size)
{
	return WASI(args_sizes_get)(host, nr, size);
}

u32 WASI(args_get)(void)	{ return 0; }
u32 WASI(environ_get)(void)	{ return 0; }
u32 WASI(fd_prestat_get)(void)	{ return EBADF_WASI; }
u32 WASI(fd_prestat_dir_name)(void) { return EBADF_WASI; }

#define REFUSED(name)	u32 WASI(name)(void) { return ENOSYS_WASI; }

REFUSED(clock_res_get)
REFUSED(fd_advise)
REFUSED(fd_allocate)
REFUSED(fd_close)
REFUSED(fd_datasync)
REFUSED(fd_fdstat_set_flags)
REFUSED(fd_filestat_get)
REFUSED(fd_filestat_set_size)
REFUSED(fd_filestat_set_times)
REFUSED(fd_pread)
REFUSED(fd_pwrite)
REFUSED(fd_read)
REFUSED(fd_readdir)
REFUSED(fd_renumber)
REFUSED(fd_seek)
REFUSED(fd_sync)
REFUSED(fd_tell)
REFUSED(path_create_directory)
REFUSED(path_filestat_get)
REFUSED(path_filestat_set_times)
REFUSED(path_link)
REFUSED(path_open)
REFUSED(path_readlink)
REFUSED(path_remove_directory)
REFUSED(path_rename)
REFUSED(path_symlink)
REFUSED(path_unlink_file)
REFUSED(poll_oneoff)
REFUSED(random_get)
REFUSED(sched_yield)
