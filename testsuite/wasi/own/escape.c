// SPDX-License-Identifier: GPL-2.0
/*
 * escape.c - no way out of a preopened directory
 *
 * The host prepares: root/ as "/", with file, dir/, up -> .., abs -> /etc/passwd, dir/out -> ../../secret,
 * within -> dir/../file, loop -> loop; other/ as "/other"; "secret" beside root; /proc as "/proc".
 */
#include "guest.h"

static uint32_t root, other, proc;

static uint32_t opens(uint32_t dir, const char *path, uint32_t follow)
{
	uint32_t fd, err = open_at(dir, path, follow, 0, WASI_RIGHTS_FD_READ, &fd);

	if (!err)
		w_fd_close(fd);
	return err;
}

TEST(preopens_are_found_by_name)
{
	root = preopened("/");
	other = preopened("/other");
	proc = preopened("/proc");
	ASSERT(root != ~0u && other != ~0u && proc != ~0u);
}

TEST(dotdot_is_refused)
{
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "..", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "../secret", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "dir/../../secret", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "./.././secret", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "dir/../../root/file", 1));
}

TEST(dotdot_that_stays_inside_works)
{
	ASSERT_EQ(0, opens(root, "dir/../file", 0));
	ASSERT_EQ(0, opens(root, "dir//..//./file", 0));
}

TEST(absolute_paths_are_refused)
{
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "/file", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "/etc/passwd", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "//", 1));
}

TEST(empty_paths_and_nul_bytes_are_refused)
{
	uint32_t fd;

	ASSERT_EQ(WASI_ERRNO_NOENT, opens(root, "", 1));
	ASSERT(w_path_open(root, 0, "file\0x", 6, 0, WASI_RIGHTS_FD_READ, 0, 0, &fd) != 0);
	ASSERT(w_path_open(root, 0, "file\0", 5, 0, WASI_RIGHTS_FD_READ, 0, 0, &fd) != 0);
}

TEST(symlinks_do_not_lead_out)
{
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "abs", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "up/secret", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "up/root/file", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "dir/out", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(root, "up/", 0));
	ASSERT_EQ(WASI_ERRNO_LOOP, opens(root, "abs", 0));
	ASSERT_EQ(WASI_ERRNO_LOOP, opens(root, "loop", 1));
	ASSERT_EQ(0, opens(root, "within", 1));
}

TEST(nothing_is_created_outside)
{
	uint32_t fd;

	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, make(root, "../made", "x"));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, make(root, "up/made", "x"));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_create_directory(root, P("../made")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_create_directory(root, P("up/made")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_symlink(P("x"), root, P("up/made")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(root, 0, P("file"), root, P("../made")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_rename(root, P("file"), root, P("up/made")));
	/* through a dangling link that leads out */
	ASSERT_EQ(0, w_path_symlink(P("../made"), root, P("dangling")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE,
		  open_at(root, "dangling", 1, WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE,
		  open_at(root, "dangling", 1, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("dangling")));
}

TEST(creating_through_a_dangling_link_inside_creates_its_target)
{
	uint32_t fd;

	ASSERT_EQ(0, w_path_symlink(P("../target"), root, P("dir/dangling")));
	ASSERT_EQ(WASI_ERRNO_LOOP, open_at(root, "dir/dangling", 0, 0, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_EXIST, open_at(root, "dir/dangling", 1, WASI_OFLAGS_CREAT | WASI_OFLAGS_EXCL,
					    RIGHTS_RW, &fd));
	ASSERT_EQ(0, open_at(root, "dir/dangling", 1, WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("target")));
	ASSERT_EQ(0, w_path_unlink_file(root, P("dir/dangling")));
}

TEST(nothing_outside_is_removed_or_changed)
{
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_unlink_file(root, P("../secret")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_remove_directory(root, P("../other")));
	ASSERT(w_path_remove_directory(root, P("..")) != 0);
	ASSERT(w_path_unlink_file(root, P("..")) != 0);
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_rename(root, P("../secret"), root, P("mine")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(root, 0, P("../secret"), root, P("mine")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(root, 1, P("dir/out"), root, P("mine")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE,
		  w_path_filestat_set_times(root, 1, P("dir/out"), 1, 1, WASI_FSTFLAGS_ATIM | WASI_FSTFLAGS_MTIM));
}

TEST(nothing_outside_is_looked_at)
{
	struct wasi_filestat st;
	char buf[64];
	uint32_t n;

	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_filestat_get(root, 1, P("../secret"), &st));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_filestat_get(root, 1, P("dir/out"), &st));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_readlink(root, P("up/root/abs"), buf, sizeof(buf), &n));
}

TEST(absolute_link_targets_are_refused)
{
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_symlink(P("/etc/passwd"), root, P("mine")));
}

TEST(magic_links_are_neither_followed_nor_read)
{
	char buf[64];
	uint32_t n;

	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(proc, "self/root/etc/passwd", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(proc, "self/cwd/secret", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(proc, "self/fd/0", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(proc, "self/exe", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_readlink(proc, P("self/exe"), buf, sizeof(buf), &n));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_readlink(proc, P("self/cwd"), buf, sizeof(buf), &n));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_readlink(proc, P("self/ns/mnt"), buf, sizeof(buf), &n));
	/* "self" is a plain link, with a relative target */
	ASSERT_EQ(0, w_path_readlink(proc, P("self"), buf, sizeof(buf), &n));
	ASSERT(n > 0 && buf[0] >= '1' && buf[0] <= '9');
	ASSERT_EQ(0, opens(proc, "self/status", 1));
}

TEST(files_of_proc_can_be_read)
{
	static const char *const names[] = { "self/status", "self/maps", "meminfo", "version", "self/cmdline" };
	char buf[512];
	struct wasi_iovec v = { (uintptr_t)buf, sizeof(buf) };
	uint32_t fd, n;

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ASSERT_EQ(0, open_at(proc, names[i], 1, 0, WASI_RIGHTS_FD_READ, &fd));
		ASSERT_EQ(0, w_fd_read(fd, &v, 1, &n));
		ASSERT(n > 0);
		ASSERT_EQ(0, w_fd_close(fd));
	}
}

TEST(preopens_do_not_overlap)
{
	/* links and renames from one to the other are between two directories, each inside its own */
	ASSERT_EQ(0, make(root, "a", "a"));
	ASSERT_EQ(0, w_path_link(root, 0, P("a"), other, P("b")));
	ASSERT_EQ(0, w_path_rename(root, P("a"), other, P("c")));
	ASSERT_EQ(0, w_path_unlink_file(other, P("b")));
	ASSERT_EQ(0, w_path_unlink_file(other, P("c")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_rename(root, P("file"), other, P("../d")));
}

TEST(a_directory_opened_below_is_a_root_of_its_own)
{
	uint32_t dir;

	ASSERT_EQ(0, w_path_open(root, 0, P("dir"), WASI_OFLAGS_DIRECTORY,
				 WASI_RIGHTS_PATH_OPEN, WASI_RIGHTS_FD_READ, 0, &dir));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(dir, "../file", 1));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(dir, "out", 1));
	ASSERT_EQ(0, w_fd_close(dir));
}

TEST(creating_and_truncating_do_not_lead_out)
{
	static const char *const out[] = { "..", "../secret", "abs", "up/secret", "dir/out", "/secret" };
	static const uint32_t oflags[] = {
		WASI_OFLAGS_CREAT, WASI_OFLAGS_TRUNC, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC,
	};
	struct wasi_filestat st;
	uint32_t fd;

	for (uint32_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		for (uint32_t k = 0; k < 3; k++) {
			uint32_t err = open_at(root, out[i], 1, oflags[k], RIGHTS_RW, &fd);

			if (err != WASI_ERRNO_NOTCAPABLE && !(i == 0 && err == WASI_ERRNO_ISDIR))
				FAIL("%s with %u: error %u", out[i], oflags[k], err);
		}
	for (uint32_t k = 0; k < 3; k++) {
		ASSERT_EQ(WASI_ERRNO_LOOP, open_at(root, "within", 0, oflags[k], RIGHTS_RW, &fd));
		ASSERT_EQ(WASI_ERRNO_LOOP, open_at(root, "loop", 1, oflags[k], RIGHTS_RW, &fd));
		ASSERT_EQ(WASI_ERRNO_ISDIR, open_at(root, "dir", 1, oflags[k], RIGHTS_RW, &fd));
		ASSERT_EQ(WASI_ERRNO_ISDIR, open_at(root, ".", 1, oflags[k], RIGHTS_RW, &fd));
	}
	/* a link that stays inside is followed, and what it names is made or truncated */
	ASSERT_EQ(0, make(root, "t", "text"));
	ASSERT_EQ(0, w_path_symlink(P("t"), root, P("to-t")));
	ASSERT_EQ(0, open_at(root, "to-t", 1, WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("t"), &st));
	ASSERT_EQ(0, st.size);
	ASSERT_EQ(0, w_path_unlink_file(root, P("t")));
	ASSERT_EQ(0, open_at(root, "to-t", 1, WASI_OFLAGS_CREAT | WASI_OFLAGS_TRUNC, RIGHTS_RW, &fd));
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_unlink_file(root, P("t")));
	ASSERT_EQ(0, w_path_unlink_file(root, P("to-t")));
}

TEST(hard_links_give_nothing_new)
{
	struct wasi_filestat st;

	/* of a link: the link itself, which leads out no more from its new place */
	ASSERT_EQ(0, w_path_link(root, 0, P("dir/out"), other, P("out")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(other, "out", 1));
	ASSERT_EQ(0, w_path_unlink_file(other, P("out")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(root, 1, P("abs"), other, P("passwd")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_path_link(proc, 1, P("self/exe"), root, P("exe")));
	ASSERT(w_path_link(proc, 0, P("self/exe"), root, P("exe")) != 0);
	ASSERT_EQ(WASI_ERRNO_PERM, w_path_link(root, 0, P("dir"), root, P("dir2")));
	/* onto what is there, also a dangling link */
	ASSERT_EQ(0, w_path_symlink(P("../made"), root, P("dangling")));
	ASSERT_EQ(WASI_ERRNO_EXIST, w_path_link(root, 0, P("file"), root, P("dangling")));
	ASSERT_EQ(WASI_ERRNO_EXIST, w_path_link(root, 0, P("file"), root, P("file")));
	ASSERT_EQ(0, w_path_unlink_file(root, P("dangling")));
	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("file"), &st));
	ASSERT_EQ(1, st.nlink);
}

/* a path of eight bytes with a NUL in it */
#define NUL		"file\0abc", 8

TEST(nul_bytes_are_refused_in_every_path)
{
	struct wasi_filestat st;
	uint32_t fd, n;
	char buf[8];

	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_open(root, 0, NUL, 0, WASI_RIGHTS_FD_READ, 0, 0, &fd));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_create_directory(root, NUL));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_filestat_get(root, 0, NUL, &st));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_filestat_set_times(root, 0, NUL, 0, 0, WASI_FSTFLAGS_ATIM_NOW));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_link(root, 0, NUL, root, P("x")));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_link(root, 0, P("file"), root, NUL));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_readlink(root, NUL, buf, sizeof(buf), &n));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_remove_directory(root, NUL));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_rename(root, NUL, root, P("x")));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_rename(root, P("file"), root, NUL));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_symlink(NUL, root, P("x")));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_symlink(P("file"), root, NUL));
	ASSERT_EQ(WASI_ERRNO_ILSEQ, w_path_unlink_file(root, NUL));
}

TEST(trailing_slashes_mean_a_directory)
{
	struct wasi_filestat st;
	char buf[8];
	uint32_t fd, n;

	ASSERT_EQ(WASI_ERRNO_NOTDIR, opens(root, "file/", 1));
	ASSERT_EQ(WASI_ERRNO_NOTDIR, opens(root, "within/", 1));
	ASSERT_EQ(WASI_ERRNO_NOTDIR, w_path_filestat_get(root, 1, P("file///"), &st));
	ASSERT_EQ(WASI_ERRNO_ISDIR, open_at(root, "new/", 1, WASI_OFLAGS_CREAT, RIGHTS_RW, &fd));
	ASSERT_EQ(WASI_ERRNO_NOTDIR, w_path_unlink_file(root, P("file/")));
	ASSERT(w_path_unlink_file(root, P("abs/")) != 0);
	ASSERT(w_path_remove_directory(root, P("up/")) != 0);
	ASSERT(w_path_readlink(root, P("abs/"), buf, sizeof(buf), &n) != 0);
	ASSERT_EQ(WASI_ERRNO_NOTDIR, w_path_rename(root, P("file"), root, P("new/")));
	ASSERT_EQ(WASI_ERRNO_NOTDIR, w_path_rename(root, P("file/"), root, P("new")));
	ASSERT_EQ(WASI_ERRNO_NOENT, w_path_link(root, 0, P("file"), root, P("new/")));
	ASSERT_EQ(WASI_ERRNO_NOENT, w_path_symlink(P("file"), root, P("new/")));
	ASSERT_EQ(0, w_path_create_directory(root, P("new//")));
	ASSERT_EQ(0, w_path_rename(root, P("new/"), root, P("newer/")));
	ASSERT_EQ(0, w_path_filestat_get(root, 0, P("newer/"), &st));
	ASSERT_EQ(WASI_FILETYPE_DIRECTORY, st.filetype);
	ASSERT_EQ(0, w_path_remove_directory(root, P("newer/")));
}

TEST(a_preopen_can_be_replaced_but_not_had_twice)
{
	struct wasi_prestat stat;
	uint32_t dir, fd;

	ASSERT_EQ(0, w_path_open(root, 0, P("dir"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_PATH_OPEN,
				 WASI_RIGHTS_FD_READ, 0, &dir));
	ASSERT_EQ(0, w_fd_renumber(dir, other));
	ASSERT_EQ(WASI_ERRNO_BADF, w_fd_prestat_get(other, &stat));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(other, "../file", 1));
	ASSERT_EQ(WASI_ERRNO_BADF, opens(dir, "out", 1));
	/* and one that moves keeps its name and its bounds; the row that it had is free */
	ASSERT_EQ(0, w_fd_renumber(root, other));
	ASSERT_EQ(0, w_fd_prestat_get(other, &stat));
	ASSERT_EQ(1, stat.name_len);
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(other, "../secret", 1));
	ASSERT_EQ(WASI_ERRNO_BADF, opens(root, "file", 1));
	ASSERT_EQ(0, open_at(other, "file", 0, 0, WASI_RIGHTS_FD_READ, &fd));
	ASSERT_EQ(root, fd);
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(0, w_path_open(other, 0, P("."), WASI_OFLAGS_DIRECTORY,
				 WASI_RIGHTS_ALL & ~(WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE |
						     WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_FILESTAT_SET_SIZE),
				 WASI_RIGHTS_ALL, 0, &fd));
	ASSERT_EQ(root, fd);
}

TEST(removed_directories_lead_nowhere)
{
	uint32_t dir, fd;

	ASSERT_EQ(0, w_path_create_directory(root, P("gone")));
	ASSERT_EQ(0, w_path_open(root, 0, P("gone"), WASI_OFLAGS_DIRECTORY, WASI_RIGHTS_PATH_OPEN |
				 WASI_RIGHTS_PATH_CREATE_FILE | WASI_RIGHTS_PATH_CREATE_DIRECTORY, RIGHTS_RW, 0, &dir));
	ASSERT_EQ(0, w_path_remove_directory(root, P("gone")));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, opens(dir, "..", 1));
	ASSERT_EQ(WASI_ERRNO_NOENT, open_at(dir, "x", 0, WASI_OFLAGS_CREAT, WASI_RIGHTS_FD_READ, &fd));
	ASSERT_EQ(WASI_ERRNO_NOENT, w_path_create_directory(dir, P("x")));
	ASSERT_EQ(0, w_fd_close(dir));
}

TEST_MAIN()
