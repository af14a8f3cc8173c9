// SPDX-License-Identifier: GPL-2.0
/* signals.c - waits in the way that the argument says, to be signalled meanwhile */
#include "guest.h"

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	static char buf[65536];
	struct wasi_iovec v = { (uintptr_t)buf, sizeof(buf) };
	uint32_t n, err;

	if (!strcmp(how, "read")) {
		err = w_fd_read(0, &v, 1, &n);
		fprintf(stderr, "read: error %u, %u bytes\n", err, n);
		return err;
	}
	if (!strcmp(how, "recv")) {
		uint16_t flags;

		err = w_sock_recv(0, &v, 1, 0, &n, &flags);
		fprintf(stderr, "recv: error %u, %u bytes\n", err, n);
		return err;
	}
	if (!strcmp(how, "poll")) {
		struct wasi_subscription s = { .tag = WASI_EVENTTYPE_FD_READ };
		struct wasi_event e;

		err = w_poll_oneoff(&s, &e, 1, &n);
		fprintf(stderr, "poll: error %u, nbytes %llu, flags %u\n", err,
			(unsigned long long)e.nbytes, e.flags);
		return err;
	}
	if (!strcmp(how, "sleep")) {
		struct wasi_subscription s = { .tag = WASI_EVENTTYPE_CLOCK };
		struct wasi_event e;

		s.clock.id = 1;
		s.clock.timeout = strtoull(argv[2], NULL, 10) * 1000000;
		err = w_poll_oneoff(&s, &e, 1, &n);
		fprintf(stderr, "sleep: error %u\n", err);
		return err;
	}
	if (!strcmp(how, "write")) {	/* until it fails */
		memset(buf, 'x', sizeof(buf));
		while (!(err = w_fd_write(1, &v, 1, &n)))
			;
		fprintf(stderr, "write: error %u\n", err);
		return err;
	}
	if (!strcmp(how, "accept")) {
		err = w_sock_accept(0, 0, &n);
		fprintf(stderr, "accept: error %u\n", err);
		return err;
	}
	if (!strcmp(how, "cat")) {	/* the start of a file, by its path */
		uint32_t fd;

		err = open_at(preopened("/"), argv[2], 0, 0, RIGHTS_RO, &fd);
		if (!err)
			err = w_fd_read(fd, &v, 1, &n);
		if (err)
			printf("error %u\n", err);
		else
			fwrite(buf, 1, n, stdout);
		return err;
	}
	if (!strcmp(how, "raise")) {
		w_proc_raise(atoi(argv[2]));
		fprintf(stderr, "raise: came back\n");
		return 0;
	}
	if (!strcmp(how, "spin")) {
		for (;;)
			w_sched_yield();
	}
	if (!strcmp(how, "lines")) {
		for (int i = 0; i < atoi(argv[2]); i++)
			printf("line %d\t\033[31m\n", i);
		fprintf(stderr, "to stderr");
		return 0;
	}
	return 99;
}
