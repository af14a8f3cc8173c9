// SPDX-License-Identifier: GPL-2.0
/*
 * rights.c - which rights make sense for which type of file
 *
 * A right that does not apply to a type is never granted, so that a missing
 * right also tells a guest what the descriptor is: wasi-libc's isatty() takes a
 * character device that can neither seek nor tell for a terminal.
 */
#include "rights.h"

#define FILE_BASE							\
	(WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK |	\
	 WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | WASI_RIGHTS_FD_SYNC |	\
	 WASI_RIGHTS_FD_TELL | WASI_RIGHTS_FD_WRITE |			\
	 WASI_RIGHTS_FD_ADVISE | WASI_RIGHTS_FD_ALLOCATE |		\
	 WASI_RIGHTS_FD_FILESTAT_GET | WASI_RIGHTS_FD_FILESTAT_SET_SIZE |	\
	 WASI_RIGHTS_FD_FILESTAT_SET_TIMES | WASI_RIGHTS_POLL_FD_READWRITE)

#define DIRECTORY_BASE							\
	(WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | WASI_RIGHTS_FD_SYNC |	\
	 WASI_RIGHTS_FD_DATASYNC | WASI_RIGHTS_FD_ADVISE |		\
	 WASI_RIGHTS_PATH_CREATE_DIRECTORY | WASI_RIGHTS_PATH_CREATE_FILE |	\
	 WASI_RIGHTS_PATH_LINK_SOURCE | WASI_RIGHTS_PATH_LINK_TARGET |	\
	 WASI_RIGHTS_PATH_OPEN | WASI_RIGHTS_FD_READDIR |		\
	 WASI_RIGHTS_PATH_READLINK | WASI_RIGHTS_PATH_RENAME_SOURCE |	\
	 WASI_RIGHTS_PATH_RENAME_TARGET | WASI_RIGHTS_PATH_FILESTAT_GET |	\
	 WASI_RIGHTS_PATH_FILESTAT_SET_SIZE | WASI_RIGHTS_PATH_FILESTAT_SET_TIMES |	\
	 WASI_RIGHTS_FD_FILESTAT_GET | WASI_RIGHTS_FD_FILESTAT_SET_TIMES |	\
	 WASI_RIGHTS_PATH_SYMLINK | WASI_RIGHTS_PATH_REMOVE_DIRECTORY |	\
	 WASI_RIGHTS_PATH_UNLINK_FILE | WASI_RIGHTS_POLL_FD_READWRITE)

#define STREAM_BASE							\
	(WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_WRITE |			\
	 WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | WASI_RIGHTS_FD_FILESTAT_GET |	\
	 WASI_RIGHTS_FD_FILESTAT_SET_TIMES | WASI_RIGHTS_POLL_FD_READWRITE)

#define SOCKET_BASE							\
	(STREAM_BASE | WASI_RIGHTS_SOCK_SHUTDOWN | WASI_RIGHTS_SOCK_ACCEPT)

/**
 * wasi_rights_of() - All the rights that a file of this type can have
 * @filetype: enum wasi_filetype
 * @seekable: it has a position (a pipe and a terminal have none)
 */
struct wasi_rights_pair wasi_rights_of(u8 filetype, bool seekable)
{
	struct wasi_rights_pair rights = { .base = FILE_BASE, .inheriting = 0 };

	switch (filetype) {
	case WASI_FILETYPE_DIRECTORY:
		rights.base = DIRECTORY_BASE;
		rights.inheriting = WASI_RIGHTS_ALL;
		break;
	case WASI_FILETYPE_SOCKET_DGRAM:
	case WASI_FILETYPE_SOCKET_STREAM:
		rights.base = SOCKET_BASE;
		rights.inheriting = SOCKET_BASE;	/* of accepted connections */
		break;
	default:
		if (!seekable)
			rights.base = STREAM_BASE;
		break;
	}
	return rights;
}

/**
 * wasi_rights_to_open() - Rights on the directory that path_open's flags ask for
 * @oflags: WASI_OFLAGS_
 */
u64 wasi_rights_to_open(u32 oflags)
{
	u64 rights = WASI_RIGHTS_PATH_OPEN;

	if (oflags & WASI_OFLAGS_CREAT)
		rights |= WASI_RIGHTS_PATH_CREATE_FILE;
	if (oflags & WASI_OFLAGS_TRUNC)
		rights |= WASI_RIGHTS_PATH_FILESTAT_SET_SIZE;
	return rights;
}
