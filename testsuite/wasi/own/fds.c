// SPDX-License-Identifier: GPL-2.0
/*
 * fds.c - says what its descriptors are, and uses those that it is told to
 *
 *	fds list		a line for each: number, type, name of a preopened directory
 *	fds copy FROM TO	until the end
 *	fds open DIR NAME	read NAME in the directory DIR, print it
 *	fds close FD...		then list
 */
#include "guest.h"

static void list(void)
{
	static const char *const types[] = {
		"unknown", "block", "char", "dir", "file", "dgram", "stream", "symlink",
	};
	struct wasi_prestat stat;
	struct wasi_fdstat st;
	char name[64];

	for (uint32_t fd = 0; fd < 100; fd++) {
		if (w_fd_fdstat_get(fd, &st))
			continue;
		printf("%u %s", fd, types[st.filetype]);
		if (!w_fd_prestat_get(fd, &stat) && !w_fd_prestat_dir_name(fd, name, sizeof(name)))
			printf(" %.*s", (int)stat.name_len, name);
		printf("\n");
	}
}

static int copy(uint32_t from, uint32_t to)
{
	static char buf[4096];
	struct wasi_iovec v = { (uintptr_t)buf, sizeof(buf) };
	uint32_t n, err;

	while (!(err = w_fd_read(from, &v, 1, &n)) && n) {
		v.len = n;
		err = w_fd_write(to, &v, 1, &n);
		if (err)
			break;
		v.len = sizeof(buf);
	}
	return err;
}

int main(int argc, char **argv)
{
	uint32_t fd, err = 99;
	int i;

	if (argc > 1 && !strcmp(argv[1], "list")) {
		list();
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "close")) {
		for (i = 2; i < argc; i++)
			printf("close %s: %u\n", argv[i], w_fd_close(atoi(argv[i])));
		list();
		return 0;
	}
	if (argc > 3 && !strcmp(argv[1], "copy"))
		err = copy(atoi(argv[2]), atoi(argv[3]));
	if (argc > 3 && !strcmp(argv[1], "open")) {
		err = open_at(atoi(argv[2]), argv[3], 0, 0, RIGHTS_RO, &fd);
		if (!err)
			err = copy(fd, 1);
	}
	if (err)
		fprintf(stderr, "error %u\n", err);
	return err;
}
