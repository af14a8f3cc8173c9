/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The type of a file, and what may be done with a descriptor of it (rights.c)
 */
#ifndef WASI_RIGHTS_H
#define WASI_RIGHTS_H

#ifdef __KERNEL__
#include <linux/stat.h>
#else
#include <stdbool.h>
#include <sys/stat.h>
#endif
#include "wasi_abi.h"

/* @type: of a directory entry, DT_*, which are also the four highest bits of a mode */
static inline u8 wasi_filetype_of_dirent(unsigned int type)
{
	static const u8 types[16] = {
		[S_IFBLK >> 12] = WASI_FILETYPE_BLOCK_DEVICE,
		[S_IFCHR >> 12] = WASI_FILETYPE_CHARACTER_DEVICE,
		[S_IFDIR >> 12] = WASI_FILETYPE_DIRECTORY,
		[S_IFREG >> 12] = WASI_FILETYPE_REGULAR_FILE,
		[S_IFLNK >> 12] = WASI_FILETYPE_SYMBOLIC_LINK,
		[S_IFSOCK >> 12] = WASI_FILETYPE_SOCKET_STREAM,
	};

	return types[type & 15];	/* WASI has no name for others: WASI_FILETYPE_UNKNOWN, which is 0 */
}

static inline u8 wasi_filetype_of_mode(unsigned int mode)
{
	return wasi_filetype_of_dirent(mode >> 12);
}

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
