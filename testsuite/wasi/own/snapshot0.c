// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot0.c - wasi_unstable, where it differs from preview1: whence, filestat, clock
 * subscriptions; and both in one module. Prints TAP through preview1's libc.
 */
#include "guest.h"

#define CALL0(name, ...) \
	__attribute__((import_module("wasi_unstable"), import_name(#name))) uint32_t w0_##name(__VA_ARGS__)

CALL0(fd_seek, uint32_t, uint64_t, uint32_t, void *);
CALL0(fd_filestat_get, uint32_t, void *);
CALL0(path_filestat_get, uint32_t, uint32_t, const char *, uint32_t, void *);
CALL0(poll_oneoff, const void *, void *, uint32_t, void *);
CALL0(fd_write, uint32_t, const void *, uint32_t, void *);
CALL0(clock_time_get, uint32_t, uint64_t, void *);

TEST(whence_has_other_values)
{
	uint32_t root = preopened("/"), fd;
	uint64_t at;

	ASSERT_EQ(0, make(root, "s0", "0123456789"));
	ASSERT_EQ(0, open_at(root, "s0", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w0_fd_seek(fd, 3, WASI_WHENCE0_SET, &at));
	ASSERT_EQ(3, at);
	ASSERT_EQ(0, w0_fd_seek(fd, 2, WASI_WHENCE0_CUR, &at));
	ASSERT_EQ(5, at);
	ASSERT_EQ(0, w0_fd_seek(fd, (uint64_t)-1, WASI_WHENCE0_END, &at));
	ASSERT_EQ(9, at);
	ASSERT_EQ(0, w_fd_seek(fd, 1, WASI_WHENCE_SET, &at));
	ASSERT_EQ(1, at);
	ASSERT_EQ(WASI_ERRNO_INVAL, w0_fd_seek(fd, 0, 3, &at));
	ASSERT_EQ(0, w_fd_close(fd));
}

TEST(filestat_is_56_bytes)
{
	uint32_t root = preopened("/");
	struct wasi_filestat st;
	struct {
		struct wasi_filestat0 st;
		uint64_t after;
	} old = { .after = 0x5555555555555555ull };

	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("s0"), &st));
	ASSERT_EQ(0, w0_path_filestat_get(root, 0, P("s0"), &old.st));
	ASSERT_EQ(st.ino, old.st.ino);
	ASSERT_EQ(st.dev, old.st.dev);
	ASSERT_EQ(10, old.st.size);
	ASSERT_EQ(1, old.st.nlink);
	ASSERT_EQ(st.mtim, old.st.mtim);
	ASSERT_EQ(st.ctim, old.st.ctim);
	ASSERT_EQ(WASI_FILETYPE_REGULAR_FILE, old.st.filetype);
	ASSERT_EQ(0x5555555555555555ull, old.after);
	ASSERT_EQ(0, w0_fd_filestat_get(root, &old.st));
	ASSERT_EQ(WASI_FILETYPE_DIRECTORY, old.st.filetype);
}

TEST(clock_subscriptions_have_an_identifier)
{
	struct wasi_subscription0 s[2] = {
		{ .userdata = 5, .tag = WASI_EVENTTYPE_CLOCK },
		{ .userdata = 6, .tag = WASI_EVENTTYPE_FD_READ },
	};
	struct wasi_event e[2];
	uint64_t start, end;
	uint32_t n;

	s[0].identifier = 77;
	s[0].clock.id = 1;
	s[0].clock.timeout = 20000000;
	s[1].fd = 1000;
	ASSERT_EQ(0, w0_clock_time_get(1, 0, &start));
	ASSERT_EQ(0, w0_poll_oneoff(s, e, 1, &n));
	ASSERT_EQ(0, w0_clock_time_get(1, 0, &end));
	ASSERT_EQ(1, n);
	ASSERT_EQ(5, e[0].userdata);
	ASSERT(end - start >= 20000000);
	ASSERT_EQ(0, w0_poll_oneoff(s, e, 2, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(6, e[0].userdata);
	ASSERT_EQ(WASI_ERRNO_BADF, e[0].error);
}

TEST_MAIN()
