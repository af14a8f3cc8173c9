/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be done with a descriptor, by the type of its file (rights.c)
 */
#ifndef WASI_RIGHTS_H
#define WASI_RIGHTS_H

#include "wasi_abi.h"

struct wasi_rights_pair {
	u64 base;		/* of the descriptor itself */
	u64 inheriting;		/* at most of those opened through it */
};

struct wasi_rights_pair wasi_rights_of(u8 filetype, bool seekable);
u64 wasi_rights_to_open(u32 oflags);

#define WASI_RIGHTS_READS	(WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_READDIR)
#define WASI_RIGHTS_WRITES	(WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_ALLOCATE |	\
				 WASI_RIGHTS_FD_FILESTAT_SET_SIZE)

#endif /* WASI_RIGHTS_H */
