/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The single conversion between Linux and WASI numbers of errors, and of signals (errno.c)
 *
 * Handlers return 0 or a negative Linux number, or -WASI_ENOTCAPABLE for the one
 * error that Linux does not have.
 */
#ifndef WASI_ERRNO_H
#define WASI_ERRNO_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "types.h"
#endif

#define WASI_ENOTCAPABLE	4000	/* below MAX_ERRNO, above any Linux number */

u32 wasi_errno(long err);
int wasi_signal(u32 sig);

#endif /* WASI_ERRNO_H */
