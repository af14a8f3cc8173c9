// SPDX-License-Identifier: GPL-2.0
/*
 * sock.c - a server on the listening socket that is its standard input: for each of N
 * connections, looks at what comes, takes it, sends it back and shuts down
 */
#include "guest.h"

static int fail(const char *what, uint32_t err)
{
	fprintf(stderr, "%s: error %u\n", what, err);
	return 1;
}

int main(int argc, char **argv)
{
	int nr = argc > 1 ? atoi(argv[1]) : 1;
	struct wasi_fdstat st;
	static char a[3], b[1000];
	struct wasi_iovec v[2] = { { (uintptr_t)a, sizeof(a) }, { (uintptr_t)b, sizeof(b) } };
	uint32_t fd, n, m, err;
	uint16_t flags;

	if ((err = w_fd_fdstat_get(0, &st)) || st.filetype != WASI_FILETYPE_SOCKET_STREAM)
		return fail("stdin is no stream socket", err);
	/* nothing has come yet */
	if ((err = w_fd_fdstat_set_flags(0, WASI_FDFLAGS_NONBLOCK)))
		return fail("set_flags", err);
	if ((err = w_sock_accept(0, 0, &fd)) != WASI_ERRNO_AGAIN)
		return fail("accept without a connection", err);
	w_fd_fdstat_set_flags(0, 0);
	fprintf(stderr, "listening\n");
	while (nr--) {
		if ((err = w_sock_accept(0, 0, &fd)))
			return fail("accept", err);
		if ((err = w_sock_recv(fd, v, 2, WASI_RIFLAGS_PEEK, &m, &flags)))
			return fail("peek", err);
		if ((err = w_sock_recv(fd, v, 2, 0, &n, &flags)) || flags || n < m)
			return fail("recv", err);
		v[1].len = n > 3 ? n - 3 : 0;
		v[0].len = n > 3 ? 3 : n;
		if ((err = w_sock_send(fd, v, 2, 0, &m)) || m != n)
			return fail("send", err);
		if (w_sock_send(fd, v, 2, 1, &m) != WASI_ERRNO_INVAL)
			return fail("send with a flag", 0);
		if (w_sock_shutdown(fd, 0) != WASI_ERRNO_INVAL || w_sock_shutdown(fd, 4) != WASI_ERRNO_INVAL)
			return fail("shutdown with no or a wrong direction", 0);
		if ((err = w_sock_shutdown(fd, WASI_SDFLAGS_WR)))
			return fail("shutdown", err);
		if ((err = w_sock_send(fd, v, 2, 0, &m)) != WASI_ERRNO_PIPE)
			return fail("send after shutdown", err);
		if ((err = w_fd_close(fd)))
			return fail("close", err);
		v[0].len = sizeof(a);
		v[1].len = sizeof(b);
	}
	return 0;
}
