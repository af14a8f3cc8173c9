/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WASI preview1 as bytes: numbers and layouts, for wasm32, little endian
 *
 * Names and values are those of the witx files. Holds no kernel type, so that
 * tests on the host can use it. Structs are copied to and from guest memory
 * whole, since a guest address need not be aligned.
 */
#ifndef WASI_ABI_H
#define WASI_ABI_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include "types.h"
#endif

enum wasi_errno {
	WASI_ERRNO_SUCCESS, WASI_ERRNO_2BIG, WASI_ERRNO_ACCES, WASI_ERRNO_ADDRINUSE,
	WASI_ERRNO_ADDRNOTAVAIL, WASI_ERRNO_AFNOSUPPORT, WASI_ERRNO_AGAIN, WASI_ERRNO_ALREADY,
	WASI_ERRNO_BADF, WASI_ERRNO_BADMSG, WASI_ERRNO_BUSY, WASI_ERRNO_CANCELED,
	WASI_ERRNO_CHILD, WASI_ERRNO_CONNABORTED, WASI_ERRNO_CONNREFUSED, WASI_ERRNO_CONNRESET,
	WASI_ERRNO_DEADLK, WASI_ERRNO_DESTADDRREQ, WASI_ERRNO_DOM, WASI_ERRNO_DQUOT,
	WASI_ERRNO_EXIST, WASI_ERRNO_FAULT, WASI_ERRNO_FBIG, WASI_ERRNO_HOSTUNREACH,
	WASI_ERRNO_IDRM, WASI_ERRNO_ILSEQ, WASI_ERRNO_INPROGRESS, WASI_ERRNO_INTR,
	WASI_ERRNO_INVAL, WASI_ERRNO_IO, WASI_ERRNO_ISCONN, WASI_ERRNO_ISDIR,
	WASI_ERRNO_LOOP, WASI_ERRNO_MFILE, WASI_ERRNO_MLINK, WASI_ERRNO_MSGSIZE,
	WASI_ERRNO_MULTIHOP, WASI_ERRNO_NAMETOOLONG, WASI_ERRNO_NETDOWN, WASI_ERRNO_NETRESET,
	WASI_ERRNO_NETUNREACH, WASI_ERRNO_NFILE, WASI_ERRNO_NOBUFS, WASI_ERRNO_NODEV,
	WASI_ERRNO_NOENT, WASI_ERRNO_NOEXEC, WASI_ERRNO_NOLCK, WASI_ERRNO_NOLINK,
	WASI_ERRNO_NOMEM, WASI_ERRNO_NOMSG, WASI_ERRNO_NOPROTOOPT, WASI_ERRNO_NOSPC,
	WASI_ERRNO_NOSYS, WASI_ERRNO_NOTCONN, WASI_ERRNO_NOTDIR, WASI_ERRNO_NOTEMPTY,
	WASI_ERRNO_NOTRECOVERABLE, WASI_ERRNO_NOTSOCK, WASI_ERRNO_NOTSUP, WASI_ERRNO_NOTTY,
	WASI_ERRNO_NXIO, WASI_ERRNO_OVERFLOW, WASI_ERRNO_OWNERDEAD, WASI_ERRNO_PERM,
	WASI_ERRNO_PIPE, WASI_ERRNO_PROTO, WASI_ERRNO_PROTONOSUPPORT, WASI_ERRNO_PROTOTYPE,
	WASI_ERRNO_RANGE, WASI_ERRNO_ROFS, WASI_ERRNO_SPIPE, WASI_ERRNO_SRCH,
	WASI_ERRNO_STALE, WASI_ERRNO_TIMEDOUT, WASI_ERRNO_TXTBSY, WASI_ERRNO_XDEV,
	WASI_ERRNO_NOTCAPABLE,
	WASI_ERRNO_NR
};

_Static_assert(WASI_ERRNO_NR == 77, "numbers");

enum wasi_filetype {
	WASI_FILETYPE_UNKNOWN,
	WASI_FILETYPE_BLOCK_DEVICE,
	WASI_FILETYPE_CHARACTER_DEVICE,
	WASI_FILETYPE_DIRECTORY,
	WASI_FILETYPE_REGULAR_FILE,
	WASI_FILETYPE_SOCKET_DGRAM,
	WASI_FILETYPE_SOCKET_STREAM,
	WASI_FILETYPE_SYMBOLIC_LINK,
};

enum wasi_clockid {
	WASI_CLOCKID_REALTIME,
	WASI_CLOCKID_MONOTONIC,
	WASI_CLOCKID_PROCESS_CPUTIME_ID,
	WASI_CLOCKID_THREAD_CPUTIME_ID,
};

enum wasi_whence { WASI_WHENCE_SET, WASI_WHENCE_CUR, WASI_WHENCE_END };
enum wasi_whence0 { WASI_WHENCE0_CUR, WASI_WHENCE0_END, WASI_WHENCE0_SET };

enum wasi_advice {
	WASI_ADVICE_NORMAL,
	WASI_ADVICE_SEQUENTIAL,
	WASI_ADVICE_RANDOM,
	WASI_ADVICE_WILLNEED,
	WASI_ADVICE_DONTNEED,
	WASI_ADVICE_NOREUSE,
};

#define WASI_FDFLAGS_APPEND		0x01u
#define WASI_FDFLAGS_DSYNC		0x02u
#define WASI_FDFLAGS_NONBLOCK		0x04u
#define WASI_FDFLAGS_RSYNC		0x08u
#define WASI_FDFLAGS_SYNC		0x10u
#define WASI_FDFLAGS_ALL		0x1fu

#define WASI_OFLAGS_CREAT		0x1u
#define WASI_OFLAGS_DIRECTORY		0x2u
#define WASI_OFLAGS_EXCL		0x4u
#define WASI_OFLAGS_TRUNC		0x8u
#define WASI_OFLAGS_ALL			0xfu

#define WASI_LOOKUPFLAGS_SYMLINK_FOLLOW	0x1u

#define WASI_FSTFLAGS_ATIM		0x1u
#define WASI_FSTFLAGS_ATIM_NOW		0x2u
#define WASI_FSTFLAGS_MTIM		0x4u
#define WASI_FSTFLAGS_MTIM_NOW		0x8u
#define WASI_FSTFLAGS_ALL		0xfu

#define WASI_EVENTTYPE_CLOCK		0u
#define WASI_EVENTTYPE_FD_READ		1u
#define WASI_EVENTTYPE_FD_WRITE		2u
#define WASI_EVENTRWFLAGS_HANGUP	0x1u
#define WASI_SUBCLOCKFLAGS_ABSTIME	0x1u

#define WASI_RIFLAGS_PEEK		0x1u
#define WASI_RIFLAGS_WAITALL		0x2u
#define WASI_ROFLAGS_TRUNCATED		0x1u
#define WASI_SDFLAGS_RD			0x1u
#define WASI_SDFLAGS_WR			0x2u

#define WASI_PREOPENTYPE_DIR		0u
/*
 * Not WASI's, which has no name for it: a listening socket. A libc that looks for directories passes over
 * what it does not know, but stops at the first descriptor that is nothing at all.
 */
#define WASI_PREOPENTYPE_SOCKET		1u

#define WASI_RIGHTS(R)					\
	R(FD_DATASYNC, 0)	R(FD_READ, 1)		\
	R(FD_SEEK, 2)		R(FD_FDSTAT_SET_FLAGS, 3) \
	R(FD_SYNC, 4)		R(FD_TELL, 5)		\
	R(FD_WRITE, 6)		R(FD_ADVISE, 7)		\
	R(FD_ALLOCATE, 8)	R(PATH_CREATE_DIRECTORY, 9) \
	R(PATH_CREATE_FILE, 10)	R(PATH_LINK_SOURCE, 11)	\
	R(PATH_LINK_TARGET, 12)	R(PATH_OPEN, 13)	\
	R(FD_READDIR, 14)	R(PATH_READLINK, 15)	\
	R(PATH_RENAME_SOURCE, 16) R(PATH_RENAME_TARGET, 17) \
	R(PATH_FILESTAT_GET, 18) R(PATH_FILESTAT_SET_SIZE, 19) \
	R(PATH_FILESTAT_SET_TIMES, 20) R(FD_FILESTAT_GET, 21) \
	R(FD_FILESTAT_SET_SIZE, 22) R(FD_FILESTAT_SET_TIMES, 23) \
	R(PATH_SYMLINK, 24)	R(PATH_REMOVE_DIRECTORY, 25) \
	R(PATH_UNLINK_FILE, 26)	R(POLL_FD_READWRITE, 27) \
	R(SOCK_SHUTDOWN, 28)	R(SOCK_ACCEPT, 29)

#define R(name, bit) WASI_RIGHTS_##name = 1u << (bit),
enum wasi_rights {
	WASI_RIGHTS(R)
	WASI_RIGHTS_ALL = (1u << 30) - 1,
};
#undef R

struct wasi_iovec {
	u32 buf;
	u32 len;
};

struct wasi_prestat {
	u8 tag;
	u8 pad[3];
	u32 name_len;
};

struct wasi_dirent {
	u64 next;		/* cookie of the entry that follows */
	u64 ino;
	u32 namlen;
	u8 type;
	u8 pad[3];
};				/* then the name, without NUL or padding */

struct wasi_fdstat {
	u8 filetype;
	u8 pad0;
	u16 flags;
	u8 pad1[4];
	u64 rights_base;
	u64 rights_inheriting;
};

struct wasi_filestat {
	u64 dev;
	u64 ino;
	u8 filetype;
	u8 pad[7];
	u64 nlink;
	u64 size;
	u64 atim;		/* ns since the epoch */
	u64 mtim;
	u64 ctim;
};

/* wasi_unstable's: nlink is narrower */
struct wasi_filestat0 {
	u64 dev;
	u64 ino;
	u8 filetype;
	u8 pad[3];
	u32 nlink;
	u64 size;
	u64 atim;
	u64 mtim;
	u64 ctim;
};

struct wasi_subscription_clock {
	u32 id;
	u32 pad1;
	u64 timeout;
	u64 precision;
	u16 flags;
	u8 pad2[6];
};

struct wasi_subscription {
	u64 userdata;
	u8 tag;			/* WASI_EVENTTYPE_ */
	u8 pad0[7];
	union {
		u32 fd;
		struct wasi_subscription_clock clock;
	};
};

/* wasi_unstable's: a clock has an identifier of its own in front */
struct wasi_subscription0 {
	u64 userdata;
	u8 tag;
	u8 pad0[7];
	union {
		u32 fd;
		struct {
			u64 identifier;
			struct wasi_subscription_clock clock;
		};
	};
};

struct wasi_event {
	u64 userdata;
	u16 error;
	u8 type;
	u8 pad0[5];
	u64 nbytes;
	u16 flags;
	u8 pad1[6];
};

_Static_assert(sizeof(struct wasi_iovec) == 8, "layout");
_Static_assert(sizeof(struct wasi_prestat) == 8, "layout");
_Static_assert(offsetof(struct wasi_prestat, name_len) == 4, "layout");
_Static_assert(sizeof(struct wasi_dirent) == 24, "layout");
_Static_assert(offsetof(struct wasi_dirent, type) == 20, "layout");
_Static_assert(sizeof(struct wasi_fdstat) == 24, "layout");
_Static_assert(offsetof(struct wasi_fdstat, rights_base) == 8, "layout");
_Static_assert(sizeof(struct wasi_filestat) == 64, "layout");
_Static_assert(offsetof(struct wasi_filestat, nlink) == 24, "layout");
_Static_assert(sizeof(struct wasi_filestat0) == 56, "layout");
_Static_assert(offsetof(struct wasi_filestat0, nlink) == 20, "layout");
_Static_assert(sizeof(struct wasi_subscription) == 48, "layout");
_Static_assert(offsetof(struct wasi_subscription, clock.flags) == 40, "layout");
_Static_assert(sizeof(struct wasi_subscription0) == 56, "layout");
_Static_assert(offsetof(struct wasi_subscription0, clock.flags) == 48, "layout");
_Static_assert(sizeof(struct wasi_event) == 32, "layout");
_Static_assert(offsetof(struct wasi_event, flags) == 24, "layout");

#endif /* WASI_ABI_H */
