// SPDX-License-Identifier: GPL-2.0
/*
 * race.c - opens paths while the host swaps what they name (see process.sh): none may
 * ever lead to a file that says "secret"
 */
#include "guest.h"

static const char *const paths[] = {
	"swap/f",		/* a directory, then a link to ../outside */
	"swap/../swap/f",
	"move/sub/../../f",	/* move/sub goes to outside/sub and back */
	"move/sub/../f",
};

int main(int argc, char **argv)
{
	uint32_t root = preopened("/"), fd, n, err;
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	uint32_t opened = 0, refused = 0, other = 0;
	char buf[16];
	struct wasi_iovec v = { (uintptr_t)buf, sizeof(buf) };
	struct wasi_filestat st;

	for (int i = 0; i < rounds; i++) {
		const char *path = paths[i % 4];
		uint32_t oflags = i % 3 ? 0 : WASI_OFLAGS_CREAT;

		err = open_at(root, path, i % 2, oflags, RIGHTS_RW, &fd);
		if (err == WASI_ERRNO_NOTCAPABLE)
			refused++;
		else if (err)
			other++;
		if (err)
			continue;
		opened++;
		if (!w_fd_read(fd, &v, 1, &n) && n >= 6 && !memcmp(buf, "secret", 6)) {
			printf("escaped through %s\n", path);
			return 1;
		}
		w_fd_close(fd);
		if (!w_path_filestat_get(root, 1, P(path), &st) && st.size == 4242) {
			printf("saw a file outside through %s\n", path);
			return 1;
		}
	}
	fprintf(stderr, "%u opened, %u refused, %u other errors\n", opened, refused, other);
	printf("%s\n", opened && refused ? "stayed inside" : "the race did not happen");
	return 0;
}
