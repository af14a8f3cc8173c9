/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WASI preview1 for the user-space runner, by system calls
 *
 *	user_wasi.c		descriptors, arguments, clocks, polling
 *	user_wasi_path.c	what takes a path
 *	user_sock.c		sockets beyond preview1
 *
 * Numbers, layouts, errors and rights are those of wasi-kernel/, whose files errno.c and
 * rights.c, sock_addr.c and net_rules.c are linked here too. A handler returns 0 or -errno (or -WASI_ENOTCAPABLE).
 */
#ifndef KWASM_USER_WASI_H
#define KWASM_USER_WASI_H

#include <limits.h>

#include "kwasm.h"
#include "errno.h"
#include "rights.h"
#include "wasi_abi.h"

struct wasi_fd {
	int host;		/* -1: free */
	bool stdio;		/* the process's: not ours to close */
	u64 base;		/* rights */
	u64 inheriting;
	char *preopen;		/* name for the guest, or NULL */
	bool preopen_socket;	/* opened for the app before it began */
};

#define WASI_IOVS_MAX	1024u

struct wasi_net_rule;

struct wasi {
	void *ctx;
	struct wasi_fd *fds;
	u32 nr_fds;
	struct wasi_net_rule *net_rules; /* what of the network it may use */
	u32 nr_net_rules;
};

/* Of the calling instance, made at the first call; NULL: the call is to end, which is arranged */
struct wasi *wasi_get(void *ctx);

/* Open with all of @rights: 0, -EBADF, -WASI_ENOTCAPABLE. Good until the next install. */
int wasi_fd_find(struct wasi *w, u32 fd, u64 rights, struct wasi_fd **entry);
/* The lowest free descriptor gets @host, which is closed on failure */
int wasi_fd_install(struct wasi *w, int host, u64 base, u64 inheriting, u32 *fd);
struct wasi_rights_pair wasi_host_rights(int host);

/* Guest memory, NULL if out of bounds; not necessarily aligned */
#define wasi_result(ctx, addr, type) ((type *)kwasm_guest_ptr(ctx, addr, sizeof(type)))
#define wasi_put(p, value) do {							\
	__typeof__(*(p)) wasi_put_value = (value);				\
	memcpy(p, &wasi_put_value, sizeof(wasi_put_value));			\
} while (0)

struct iovec;
/* @iovs: WASI_IOVS_MAX of them; 0, -EINVAL, -EFAULT */
int wasi_get_iovs(void *ctx, u32 addr, u32 nr, struct iovec *iovs);
/* As wasi_fd_find(), but what is no socket at all is that before it lacks rights */
int wasi_sock_find(struct wasi *w, u32 fd, u64 rights, struct wasi_fd **entry);
int wasi_sock_accept_fd(struct wasi *w, void *ctx, u32 fd, u32 flags, u32 result_addr);
/* user_sock.c: rules, and sockets that the app finds open */
int wasi_net_start(struct wasi *w, const struct kwasm_strings *net, const struct kwasm_strings *listen);

struct stat;
struct wasi_filestat wasi_filestat_of(const struct stat *st);
/* For wasi_unstable, if @old */
int wasi_put_filestat(void *ctx, u32 addr, const struct stat *st, bool old);
int wasi_times(u64 atim, u64 mtim, u32 flags, struct timespec times[2]);

/*
 * An exported function: gets the state, turns the handler's result into WASI's number.
 * Parameters in registers; those that have more than five read kwasm_values(ctx).
 */
#define WASI_EXPORT(name, params, call)				\
	u32 wasi_##name params					\
	{							\
		struct wasi *w = wasi_get(ctx);			\
								\
		return w ? wasi_errno(call) : 0;		\
	}

#endif /* KWASM_USER_WASI_H */
