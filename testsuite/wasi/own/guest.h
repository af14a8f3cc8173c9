/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h - tests that run as wasm and call WASI directly, past libc
 *
 * A failed assertion returns from its test. Prints TAP.
 */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../wasi-kernel/wasi_abi.h"

static int guest_failed;
static int guest_failures;

struct guest_test {
	const char *name;
	void (*run)(void);
	struct guest_test *next;
};

static struct guest_test *guest_first, **guest_last = &guest_first;

#define TEST(test_name)							\
	static void test_name(void);					\
	static struct guest_test test_name##_test = { #test_name, test_name, NULL }; \
	__attribute__((constructor)) static void test_name##_register(void) \
	{								\
		*guest_last = &test_name##_test;			\
		guest_last = &test_name##_test.next;			\
	}								\
	static void test_name(void)

#define FAIL(...) do {							\
	guest_failed = 1;						\
	printf("# %s:%d: ", __FILE_NAME__, __LINE__);			\
	printf(__VA_ARGS__);						\
	printf("\n");							\
	return;								\
} while (0)

#define ASSERT_EQ(expected, seen) do {					\
	long long __expected = (long long)(expected), __seen = (long long)(seen); \
	if (__expected != __seen)					\
		FAIL("expected %s (%lld), seen %lld from %s", #expected, __expected, __seen, #seen); \
} while (0)

#define ASSERT(what) do { if (!(what)) FAIL("not so: %s", #what); } while (0)

/* Run those whose names contain the program's argument, or all */
#define TEST_MAIN()							\
	int main(int argc, char **argv)					\
	{								\
		setvbuf(stdout, NULL, _IOLBF, 0);			\
		for (struct guest_test *t = guest_first; t; t = t->next) { \
			if (argc > 1 && !strstr(t->name, argv[1]))	\
				continue;				\
			guest_failed = 0;				\
			t->run();					\
			guest_failures += guest_failed;			\
			printf("%sok - %s\n", guest_failed ? "not " : "", t->name); \
		}							\
		return guest_failures != 0;				\
	}

#ifndef WASI_MODULE
#define WASI_MODULE "wasi_snapshot_preview1"
#endif

#define CALL(name, ...) \
	__attribute__((import_module(WASI_MODULE), import_name(#name))) uint32_t w_##name(__VA_ARGS__)

CALL(args_sizes_get, uint32_t, uint32_t);
CALL(environ_get, uint32_t, uint32_t);
CALL(clock_res_get, uint32_t, void *);
CALL(clock_time_get, uint32_t, uint64_t, void *);
CALL(fd_advise, uint32_t, uint64_t, uint64_t, uint32_t);
CALL(fd_allocate, uint32_t, uint64_t, uint64_t);
CALL(fd_close, uint32_t);
CALL(fd_datasync, uint32_t);
CALL(fd_fdstat_get, uint32_t, void *);
CALL(fd_fdstat_set_flags, uint32_t, uint32_t);
CALL(fd_fdstat_set_rights, uint32_t, uint64_t, uint64_t);
CALL(fd_filestat_get, uint32_t, void *);
CALL(fd_filestat_set_size, uint32_t, uint64_t);
CALL(fd_filestat_set_times, uint32_t, uint64_t, uint64_t, uint32_t);
CALL(fd_pread, uint32_t, const void *, uint32_t, uint64_t, void *);
CALL(fd_prestat_get, uint32_t, void *);
CALL(fd_prestat_dir_name, uint32_t, char *, uint32_t);
CALL(fd_pwrite, uint32_t, const void *, uint32_t, uint64_t, void *);
CALL(fd_read, uint32_t, const void *, uint32_t, void *);
CALL(fd_readdir, uint32_t, void *, uint32_t, uint64_t, void *);
CALL(fd_renumber, uint32_t, uint32_t);
CALL(fd_seek, uint32_t, uint64_t, uint32_t, void *);
CALL(fd_sync, uint32_t);
CALL(fd_tell, uint32_t, void *);
CALL(fd_write, uint32_t, const void *, uint32_t, void *);
CALL(path_create_directory, uint32_t, const char *, uint32_t);
CALL(path_filestat_get, uint32_t, uint32_t, const char *, uint32_t, void *);
CALL(path_filestat_set_times, uint32_t, uint32_t, const char *, uint32_t, uint64_t, uint64_t, uint32_t);
CALL(path_link, uint32_t, uint32_t, const char *, uint32_t, uint32_t, const char *, uint32_t);
CALL(path_open, uint32_t, uint32_t, const char *, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, void *);
CALL(path_readlink, uint32_t, const char *, uint32_t, void *, uint32_t, void *);
CALL(path_remove_directory, uint32_t, const char *, uint32_t);
CALL(path_rename, uint32_t, const char *, uint32_t, uint32_t, const char *, uint32_t);
CALL(path_symlink, const char *, uint32_t, uint32_t, const char *, uint32_t);
CALL(path_unlink_file, uint32_t, const char *, uint32_t);
CALL(poll_oneoff, const void *, void *, uint32_t, void *);
CALL(proc_raise, uint32_t);
CALL(sched_yield, void);
CALL(random_get, void *, uint32_t);
CALL(sock_accept, uint32_t, uint32_t, void *);
CALL(sock_recv, uint32_t, const void *, uint32_t, uint32_t, void *, void *);
CALL(sock_send, uint32_t, const void *, uint32_t, uint32_t, void *);
CALL(sock_shutdown, uint32_t, uint32_t);

#define P(path) path, strlen(path)

#define RIGHTS_RO	(WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK | WASI_RIGHTS_FD_TELL |	\
			 WASI_RIGHTS_FD_FILESTAT_GET | WASI_RIGHTS_FD_READDIR | WASI_RIGHTS_POLL_FD_READWRITE)
#define RIGHTS_RW	(RIGHTS_RO | WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE |		\
			 WASI_RIGHTS_FD_FILESTAT_SET_SIZE | WASI_RIGHTS_FD_FILESTAT_SET_TIMES |	\
			 WASI_RIGHTS_FD_ADVISE | WASI_RIGHTS_FD_SYNC | WASI_RIGHTS_FD_DATASYNC | \
			 WASI_RIGHTS_FD_FDSTAT_SET_FLAGS)

/* The descriptor of a preopened directory, by its guest name; ~0: there is none */
static inline uint32_t preopened(const char *name)
{
	struct wasi_prestat stat;
	char buf[64];

	for (uint32_t fd = 3; w_fd_prestat_get(fd, &stat) == 0; fd++) {
		if (stat.name_len != strlen(name) || stat.name_len > sizeof(buf))
			continue;
		if (w_fd_prestat_dir_name(fd, buf, stat.name_len) == 0 &&
		    !memcmp(buf, name, stat.name_len))
			return fd;
	}
	return ~0u;
}

static inline uint32_t open_at(uint32_t dir, const char *path, uint32_t follow, uint32_t oflags,
			       uint64_t rights, uint32_t *fd)
{
	return w_path_open(dir, follow, P(path), oflags, rights, 0, 0, fd);
}

static inline uint32_t write_all(uint32_t fd, const char *text)
{
	struct wasi_iovec v = { (uintptr_t)text, strlen(text) };
	uint32_t n;

	return w_fd_write(fd, &v, 1, &n);
}

static inline uint32_t make(uint32_t dir, const char *path, const char *text)
{
	uint32_t fd, err;

	err = open_at(dir, path, 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd);
	if (err)
		return err;
	err = write_all(fd, text);
	w_fd_close(fd);
	return err;
}

#endif /* WASI_GUEST_H */
