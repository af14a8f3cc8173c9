/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names to addresses (resolve.c); also compiled on the host
 */
#ifndef WASI_RESOLVE_H
#define WASI_RESOLVE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "types.h"
#endif

#define RESOLVE_NAME_MAX	256u
#define RESOLVE_ADDRESSES_MAX	32u
#define RESOLVE_FILE_MAX	(256u << 10)	/* bytes of a file that are looked at */

/**
 * resolve() - sock_getaddrinfo
 * @ctx: the caller's context
 * @may_read: files may be read for it
 * The others are the guest's.
 *
 * Context: Process context, may sleep.
 * Return: 0; positive: one of EDGE_ERRNO_; -EFAULT; -WASI_ENOTCAPABLE (a file would be needed); -ENOMEM.
 */
int resolve(void *ctx, bool may_read, u32 node, u32 node_len, u32 service, u32 service_len,
	    u32 hints, u32 res, u32 max, u32 nr_res);

/* The platform's: a file's text, with NUL at its end; "" if there is no such file. 0 or an error. */
int resolve_read(const char *path, char **text);
void resolve_free(char *text);

#endif /* WASI_RESOLVE_H */
