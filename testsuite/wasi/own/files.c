// SPDX-License-Identifier: GPL-2.0
/* files.c - what the official suite does not ask of files, descriptors and rights */
#include "guest.h"

static uint32_t root;

TEST(root_is_found)
{
	root = preopened("/");
	ASSERT(root != ~0u);
}

/* ---- hostile pointers ---- */

#define OUTSIDE	((void *)0xfffffff0u)

TEST(addresses_out_of_bounds_are_errors_not_traps)
{
	struct wasi_iovec v = { 0xffff0000u, 0x10000 };
	char c;
	struct wasi_iovec good = { (uintptr_t)&c, 1 };
	uint32_t n;

	ASSERT_EQ(WASI_ERRNO_FAULT, w_clock_time_get(1, 0, OUTSIDE));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(1, OUTSIDE, 1, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(1, OUTSIDE, 1000, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(1, &v, 1, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_read(0, &good, 1, OUTSIDE));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_random_get(OUTSIDE, 100));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_random_get(NULL, 0xffffffffu));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_filestat_get(1, OUTSIDE));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_path_open(root, 0, OUTSIDE, 100, 0, 0, 0, 0, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_readdir(root, OUTSIDE, 100, 0, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_poll_oneoff(OUTSIDE, &c, 1, &n));
}

TEST(a_result_address_out_of_bounds_leaves_no_descriptor_behind)
{
	uint32_t before, after;

	ASSERT_EQ(0, make(root, "f", "x"));
	ASSERT_EQ(0, open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &before));
	ASSERT_EQ(0, w_fd_close(before));
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(WASI_ERRNO_FAULT, w_path_open(root, 0, P("f"), 0, WASI_RIGHTS_FD_READ, 0, 0, OUTSIDE));
	ASSERT_EQ(0, open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &after));
	ASSERT_EQ(before, after);
	ASSERT_EQ(0, w_fd_close(after));
}

TEST(too_many_vectors_are_refused)
{
	static struct wasi_iovec v[1025];
	uint32_t fd, n = 77;

	ASSERT_EQ(0, open_at(root, "f", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_write(fd, v, 1025, &n));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_write(fd, v, 0xffffffffu, &n));
	ASSERT_EQ(0, w_fd_write(fd, v, 1024, &n));
	ASSERT_EQ(0, n);
	ASSERT_EQ(0, w_fd_write(fd, v, 0, &n));
	ASSERT_EQ(0, n);
	ASSERT_EQ(0, w_fd_close(fd));
}

TEST(files_may_be_larger_than_any_memory)
{
	static const uint64_t places[] = { 0xfffffffeull, 0x140000000ull, (1ull << 40) + 3 };
	struct wasi_iovec v = { (uintptr_t)"12345", 5 };
	struct wasi_filestat st;
	char buf[5];
	uint32_t fd, n;
	uint64_t at;

	ASSERT_EQ(0, open_at(root, "large", 0, WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, w_fd_pwrite(fd, &v, 1, places[i], &n));
		ASSERT_EQ(5, n);
		ASSERT_EQ(0, w_fd_filestat_get(fd, &st));
		ASSERT_EQ(places[i] + 5, st.size);
		ASSERT_EQ(0, w_fd_seek(fd, places[i] + 1, WASI_WHENCE_SET, &at));
		ASSERT_EQ(places[i] + 1, at);
		ASSERT_EQ(0, w_fd_read(fd, &(struct wasi_iovec){ (uintptr_t)buf, 5 }, 1, &n));
		ASSERT_EQ(4, n);
		ASSERT_EQ(0, memcmp(buf, "2345", 4));
		ASSERT_EQ(0, w_fd_tell(fd, &at));
		ASSERT_EQ(places[i] + 5, at);
	}
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_seek(fd, -1, WASI_WHENCE_SET, &at));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_pwrite(fd, &v, 1, -1, &n));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_filestat_set_size(fd, -1));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("large")));
}

TEST(many_vectors_are_one_write)
{
	static struct wasi_iovec v[300];
	static char in[300], out[300];
	struct wasi_iovec all = { (uintptr_t)in, sizeof(in) };
	uint32_t fd, n;

	for (int i = 0; i < 300; i++) {
		out[i] = i;
		v[i] = (struct wasi_iovec){ (uintptr_t)&out[i], 1 };
	}
	ASSERT_EQ(0, open_at(root, "v", 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_fd_write(fd, v, 300, &n));
	ASSERT_EQ(300, n);
	ASSERT_EQ(0, w_fd_pread(fd, &all, 1, 0, &n));
	ASSERT_EQ(300, n);
	ASSERT(!memcmp(in, out, 300));
	memset(out, 0, sizeof(out));
	ASSERT_EQ(0, w_fd_pread(fd, v, 300, 0, &n));
	ASSERT(!memcmp(in, out, 300));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("v")));
}

TEST(a_sum_of_vectors_beyond_any_buffer_is_cut_short)
{
	static struct wasi_iovec v[1024];
	uint32_t null, n;
	char *big = malloc(4 << 20);

	ASSERT(big != NULL);
	for (uint32_t i = 0; i < 1024; i++)
		v[i] = (struct wasi_iovec){ (uintptr_t)big, 4 << 20 };	/* 4 GiB together */
	ASSERT_EQ(0, open_at(preopened("/dev"), "null", 0, 0, WASI_RIGHTS_FD_WRITE, &null));
	ASSERT_EQ(0, w_fd_write(null, v, 1024, &n));
	ASSERT_EQ(0x7ffff000, n);	/* as write(2) */
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_write(null, v, 1025, &n));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_write(null, v, 0xffffffffu, &n));
	v[1023].buf = 0xfffffff0u;
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(null, v, 1024, &n));
	v[1023] = (struct wasi_iovec){ 0, 0xffffffffu };
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(null, v, 1024, &n));
	ASSERT_EQ(WASI_ERRNO_FAULT, w_fd_write(null, (void *)0xfffffff8u, 2, &n));
	ASSERT_EQ(0, w_fd_close(null));
	free(big);
}

/* ---- descriptors ---- */

TEST(renumber_onto_itself_keeps_it)
{
	uint32_t fd;
	uint64_t at;

	ASSERT_EQ(0, open_at(root, "f", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_fd_renumber(fd, fd));
	ASSERT_EQ(0, w_fd_tell(fd, &at));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(WASI_ERRNO_BADF, w_fd_renumber(fd, fd));
}

TEST(renumber_wants_two_open_descriptors)
{
	uint32_t fd;

	ASSERT_EQ(0, open_at(root, "f", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_BADF, w_fd_renumber(fd, 1000));
	ASSERT_EQ(WASI_ERRNO_BADF, w_fd_renumber(fd, 0xffffffffu));
	ASSERT_EQ(WASI_ERRNO_BADF, w_fd_renumber(1000, fd));
	ASSERT_EQ(0, w_fd_close(fd));
}

TEST(descriptors_run_out_as_emfile)
{
	static uint32_t fds[70000];
	uint32_t n, err = 0;

	for (n = 0; n < 70000; n++) {
		err = open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &fds[n]);
		if (err)
			break;
	}
	ASSERT_EQ(WASI_ERRNO_MFILE, err);
	while (n--)
		ASSERT_EQ(0, w_fd_close(fds[n]));
}

/* Open files of the whole machine */
static void count_open_files(uint64_t *nr)
{
	struct wasi_iovec v;
	uint32_t fd, n;
	char text[64];

	ASSERT_EQ(0, open_at(preopened("/proc"), "sys/fs/file-nr", 0, 0, WASI_RIGHTS_FD_READ, &fd));
	v = (struct wasi_iovec){ (uintptr_t)text, sizeof(text) - 1 };
	ASSERT_EQ(0, w_fd_read(fd, &v, 1, &n));
	ASSERT_EQ(0, w_fd_close(fd));
	text[n] = 0;
	*nr = strtoull(text, NULL, 10);
}

TEST(closing_many_files_does_not_pile_them_up)
{
	uint64_t before = 0, after = ~0ull;
	uint32_t fd;

	count_open_files(&before);
	for (int i = 0; i < 20000; i++) {
		ASSERT_EQ(0, open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &fd));
		ASSERT_EQ(0, w_fd_close(fd));
	}
	count_open_files(&after);
	ASSERT(after < before + 5000);	/* the others' change, too */
}

/* ---- rights ---- */

TEST(rights_cannot_be_won)
{
	uint32_t fd;
	struct wasi_fdstat st;

	ASSERT_EQ(0, open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, write_all(fd, "x"));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_fd_filestat_set_size(fd, 0));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_fd_allocate(fd, 0, 100));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_fd_fdstat_set_rights(fd, RIGHTS_RW, 0));
	ASSERT_EQ(0, w_fd_fdstat_set_rights(fd, 0, 0));
	ASSERT_EQ(0, w_fd_fdstat_get(fd, &st));
	ASSERT_EQ(0, st.rights_base);
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_fd_fdstat_set_rights(fd, WASI_RIGHTS_FD_READ, 0));
	ASSERT_EQ(0, w_fd_close(fd));
}

TEST(a_read_only_directory_opens_nothing_for_writing)
{
	uint32_t dir, fd;
	uint64_t ro = RIGHTS_RO;

	ASSERT_EQ(0, w_path_open(root, 0, P("."), WASI_OFLAGS_DIRECTORY,
				 WASI_RIGHTS_PATH_OPEN | WASI_RIGHTS_FD_READDIR, ro | WASI_RIGHTS_PATH_OPEN, 0, &dir));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, open_at(dir, "f", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, open_at(dir, "f", 0, WASI_OFLAGS_TRUNC, ro, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, open_at(dir, "new", 0, WASI_OFLAGS_CREAT, ro, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_unlink_file(dir, P("f")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_rename(dir, P("f"), root, P("g")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(root, 0, P("f"), dir, P("g")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_create_directory(dir, P("g")));
	ASSERT_EQ(0, open_at(dir, "f", 0, 0, WASI_RIGHTS_FD_READ, &fd));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_fd_close(dir));
}

/* ---- contents ---- */

TEST(sync_datasync_allocate_advise_work)
{
	struct wasi_filestat st;
	uint32_t fd;

	ASSERT_EQ(0, open_at(root, "s", 0, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd));
	ASSERT_EQ(0, write_all(fd, "hello"));
	ASSERT_EQ(0, w_fd_sync(fd));
	ASSERT_EQ(0, w_fd_datasync(fd));
	for (uint32_t advice = 0; advice < 6; advice++)
		ASSERT_EQ(0, w_fd_advise(fd, 0, 5, advice));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_advise(fd, 0, 5, 6));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_allocate(fd, 0, 0));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_allocate(fd, 1ull << 63, 1));
	uint32_t err = w_fd_allocate(fd, 0, 10000);
	if (err != WASI_ERRNO_NOTSUP) {	/* ramfs knows no fallocate */
		ASSERT_EQ(0, err);
		ASSERT_EQ(0, w_fd_filestat_get(fd, &st));
		ASSERT_EQ(10000, st.size);
	}
	ASSERT_EQ(0, w_fd_filestat_set_size(fd, 3));
	ASSERT_EQ(0, w_fd_filestat_get(fd, &st));
	ASSERT_EQ(3, st.size);
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_filestat_set_size(fd, 1ull << 63));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("s")));
}

TEST(times_are_set_to_the_nanosecond)
{
	struct wasi_filestat st;

	ASSERT_EQ(0, w_path_filestat_set_times(root, 0, P("f"), 1000000007ull, 2000000009ull,
					       WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_MTIM));
	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("f"), &st));
	ASSERT_EQ(1000000007ull, st.atim);
	ASSERT_EQ(2000000009ull, st.mtim);
	ASSERT_EQ(0, w_path_filestat_set_times(root, 0, P("f"), 5, 0, WASI_FSTFLAGS_MTIM_NOW));
	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("f"), &st));
	ASSERT_EQ(1000000007ull, st.atim);
	ASSERT(st.mtim > 1000000000000000000ull || st.mtim > 2000000009ull);
	ASSERT_EQ(WASI_ERRNO_INVAL, w_path_filestat_set_times(root, 0, P("f"), 0, 0, 3));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_path_filestat_set_times(root, 0, P("f"), 0, 0, 16));
}

/* ---- directories ---- */

static char big[65536];

/* Entries of "list" seen with a buffer of this size, each name once; -1: something is wrong */
static int list(uint32_t dir, uint32_t size, int seen[100])
{
	uint64_t cookie = 0;
	uint32_t used, at;
	int nr = 0;

	memset(seen, 0, 100 * sizeof(int));
	for (int rounds = 0; rounds < 1000; rounds++) {
		if (w_fd_readdir(dir, big, size, cookie, &used) || used > size)
			return -1;
		for (at = 0; at + 24 <= used;) {
			struct wasi_dirent d;
			char name[256];

			memcpy(&d, big + at, sizeof(d));
			if (d.namlen > 255)
				return -1;
			if (at + 24 + d.namlen > used)
				break;
			memcpy(name, big + at + 24, d.namlen);
			name[d.namlen] = 0;
			if (name[0] == 'e' && d.type != WASI_FILETYPE_REGULAR_FILE)
				return -1;
			if (name[0] == 'e')
				seen[atoi(name + 1)]++;
			nr++;
			cookie = d.next;
			at += 24 + d.namlen;
		}
		if (used < size)
			return nr;
		if (at == 0)
			return -2;	/* not even one fits */
	}
	return -3;
}

TEST(readdir_gives_every_entry_once_whatever_the_buffer)
{
	static const uint32_t sizes[] = { 280, 281, 283, 300, 333, 1000, 4096, 65536 };
	char name[32];
	int seen[100];
	uint32_t dir;

	w_path_create_directory(root, P("list"));
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "list/e%02d%.*s", i, i % 7, "xxxxxxx");
		ASSERT_EQ(0, make(root, name, ""));
	}
	ASSERT_EQ(0, w_path_open(root, 0, P("list"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READDIR, 0, 0, &dir));
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ASSERT_EQ(102, list(dir, sizes[i], seen));	/* with . and .. */
		for (int k = 0; k < 100; k++)
			ASSERT_EQ(1, seen[k]);
	}
	ASSERT_EQ(0, w_fd_close(dir));
}

TEST(readdir_resumes_at_any_cookie)
{
	uint64_t cookies[102];
	char names[102][24];
	uint32_t dir, used, nr = 0;

	ASSERT_EQ(0, w_path_open(root, 0, P("list"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READDIR, 0, 0, &dir));
	ASSERT_EQ(0, w_fd_readdir(dir, big, sizeof(big), 0, &used));
	cookies[0] = 0;
	for (uint32_t at = 0; at < used && nr < 102; nr++) {
		struct wasi_dirent d;

		memcpy(&d, big + at, sizeof(d));
		memset(names[nr], 0, sizeof(names[nr]));
		memcpy(names[nr], big + at + 24, d.namlen < 23 ? d.namlen : 23);
		if (nr < 101)
			cookies[nr + 1] = d.next;
		at += 24 + d.namlen;
	}
	ASSERT_EQ(102, nr);
	for (int k = 101; k >= 0; k -= 7) {	/* backwards */
		struct wasi_dirent d;

		ASSERT_EQ(0, w_fd_readdir(dir, big, 100, cookies[k], &used));
		ASSERT(used >= 24);
		memcpy(&d, big, sizeof(d));
		ASSERT(!memcmp(names[k], big + 24, d.namlen));
	}
	ASSERT_EQ(0, w_fd_close(dir));
}

TEST(readdir_of_two_directories_in_turn)
{
	uint32_t dir[2], used;
	uint64_t cookie[2] = { 0, 0 };
	int nr[2] = { 0, 0 };
	char buf[90];

	for (int k = 0; k < 2; k++)
		ASSERT_EQ(0, w_path_open(root, 0, P("list"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READDIR, 0, 0, &dir[k]));
	for (int i = 0; i < 300; i++) {
		struct wasi_dirent d;
		int k = i % 3 == 0;	/* one is faster */

		ASSERT_EQ(0, w_fd_readdir(dir[k], buf, sizeof(buf), cookie[k], &used));
		if (used < 24)
			continue;
		memcpy(&d, buf, sizeof(d));
		ASSERT(24 + d.namlen <= used);
		cookie[k] = d.next;
		nr[k]++;
	}
	ASSERT_EQ(102, nr[0]);
	ASSERT_EQ(100, nr[1]);
	for (int k = 0; k < 2; k++)
		ASSERT_EQ(0, w_fd_close(dir[k]));
}

TEST(readdir_skips_an_entry_whose_name_is_cut)
{
	uint64_t cookie = 0, all[102];
	uint32_t dir, used, nr = 0;
	char buf[25];

	ASSERT_EQ(0, w_path_open(root, 0, P("list"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READDIR, 0, 0, &dir));
	ASSERT_EQ(0, w_fd_readdir(dir, big, sizeof(big), 0, &used));
	for (uint32_t at = 0; at < used; nr++) {
		struct wasi_dirent d;

		memcpy(&d, big + at, sizeof(d));
		all[nr] = d.next;
		at += 24 + d.namlen;
	}
	ASSERT_EQ(102, nr);
	/* room for the head and a letter: the cookie in it is good */
	for (nr = 0; nr < 102; nr++) {
		struct wasi_dirent d;

		ASSERT_EQ(0, w_fd_readdir(dir, buf, sizeof(buf), cookie, &used));
		ASSERT_EQ(sizeof(buf), used);
		memcpy(&d, buf, sizeof(d));
		ASSERT_EQ(all[nr], d.next);
		/* and the same once more, with more room, gives the same entry whole */
		ASSERT_EQ(0, w_fd_readdir(dir, big, 600, cookie, &used));
		ASSERT(used > 25 || nr == 101);
		ASSERT_EQ(0, memcmp(buf + 8, big + 8, sizeof(buf) - 8));
		cookie = d.next;
	}
	ASSERT_EQ(0, w_fd_readdir(dir, buf, sizeof(buf), cookie, &used));
	ASSERT_EQ(0, used);
	ASSERT_EQ(0, w_fd_close(dir));
}

TEST(readdir_survives_removal_while_it_reads)
{
	char name[32];
	int seen[100];
	uint32_t dir;

	ASSERT_EQ(0, w_path_open(root, 0, P("list"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_FD_READDIR, 0, 0, &dir));
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "list/e%02d%.*s", i, i % 7, "xxxxxxx");
		ASSERT_EQ(0, w_path_unlink_file(root, P(name)));
		if (i % 10 == 0)
			ASSERT(list(dir, 300, seen) >= 2);
	}
	ASSERT_EQ(2, list(dir, 300, seen));
	ASSERT_EQ(0, w_fd_close(dir));
	ASSERT_EQ(0, w_path_remove_directory(root, P("list")));
}

TEST(readdir_cuts_the_last_entry_to_fill_the_buffer)
{
	char buf[64];
	uint32_t used;

	for (uint32_t size = 0; size < 30; size++) {
		memset(buf, 0x55, sizeof(buf));
		ASSERT_EQ(0, w_fd_readdir(root, buf, size, 0, &used));
		ASSERT_EQ(size, used);
		ASSERT_EQ(0x55, buf[size]);	/* and not a byte more */
	}
}

TEST(readdir_of_a_file_is_enotdir)
{
	uint32_t fd, used;
	char buf[64];

	ASSERT_EQ(0, open_at(root, "f", 0, 0, WASI_RIGHTS_FD_READ, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTDIR, w_fd_readdir(fd, buf, sizeof(buf), 0, &used));
	ASSERT_EQ(0, w_fd_close(fd));
}

/* ---- the rest ---- */

TEST(clocks_and_random)
{
	uint64_t t1, t2, res;
	static unsigned char r[300000];
	uint32_t zeros = 0;

	for (uint32_t id = 0; id < 4; id++) {
		ASSERT_EQ(0, w_clock_res_get(id, &res));
		ASSERT(res > 0 && res <= 10000000);
		ASSERT_EQ(0, w_clock_time_get(id, 0, &t1));
		ASSERT_EQ(0, w_clock_time_get(id, 0, &t2));
		ASSERT(t2 >= t1);
	}
	ASSERT_EQ(WASI_ERRNO_INVAL, w_clock_time_get(4, 0, &t1));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_clock_res_get(0xffffffffu, &t1));
	ASSERT_EQ(0, w_random_get(r, sizeof(r)));
	for (uint32_t i = 0; i < sizeof(r); i++)
		zeros += !r[i];
	ASSERT(zeros > 800 && zeros < 1600);
	ASSERT_EQ(0, w_random_get(r, 0));
}

TEST(results_need_not_be_aligned)
{
	char buf[80];
	struct wasi_filestat st, st2;

	ASSERT_EQ(0, w_fd_filestat_get(root, &st));
	ASSERT_EQ(0, w_fd_filestat_get(root, buf + 1));
	memcpy(&st2, buf + 1, sizeof(st2));
	ASSERT_EQ(st.ino, st2.ino);
	ASSERT_EQ(st.dev, st2.dev);
	ASSERT_EQ(WASI_FILETYPE_DIRECTORY, st2.filetype);
}

TEST(sockets_calls_on_other_files)
{
	struct wasi_iovec v = { 0, 0 };
	uint32_t fd, n;
	uint16_t flags;

	ASSERT_EQ(WASI_ERRNO_NOTSOCK, w_sock_accept(root, 0, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTSOCK, w_sock_recv(root, &v, 1, 0, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_NOTSOCK, w_sock_send(root, &v, 1, 0, &n));
	ASSERT_EQ(WASI_ERRNO_BADF, w_sock_shutdown(1000, 1));
}

TEST(signals_that_do_nothing_by_default_do_nothing)
{
	ASSERT_EQ(0, w_proc_raise(0));
	ASSERT_EQ(0, w_proc_raise(16));	/* chld */
	ASSERT_EQ(0, w_proc_raise(22));	/* urg */
	ASSERT_EQ(WASI_ERRNO_INVAL, w_proc_raise(31));
	ASSERT_EQ(WASI_ERRNO_INVAL, w_proc_raise(0xffffffffu));
	ASSERT_EQ(0, w_sched_yield());
}

TEST_MAIN()
