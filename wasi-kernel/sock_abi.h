/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WasmEdge's socket interface as bytes: numbers and layouts, for wasm32, little endian
 *
 * Source: WasmEdge lib/host/wasi, thirdparty wasi/api.hpp. Holds no kernel type; also for the runner in
 * user space.
 */
#ifndef WASI_SOCK_ABI_H
#define WASI_SOCK_ABI_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include "types.h"
#endif

enum edge_family { EDGE_FAMILY_UNSPEC, EDGE_FAMILY_INET4, EDGE_FAMILY_INET6, EDGE_FAMILY_UNIX };
enum edge_type { EDGE_TYPE_ANY, EDGE_TYPE_DGRAM, EDGE_TYPE_STREAM };
enum edge_protocol { EDGE_PROTOCOL_IP, EDGE_PROTOCOL_TCP, EDGE_PROTOCOL_UDP };

/*
 * Where an address is. Its length says what it is: 4 or 16 bytes of IPv4 or IPv6 in network order, or
 * 128 bytes: struct edge_storage. Ports are numbers of their own, in the host's order.
 */
struct edge_address {
	u32 buf;
	u32 len;
};

#define EDGE_STORAGE_SIZE	128u
#define EDGE_UNIX_PATH		108u

struct edge_storage {
	u16 family;		/* enum edge_family */
	u8 bytes[EDGE_STORAGE_SIZE - 2];
};

/* types that sock_getlocaladdr and sock_getpeeraddr of version 1 give: not enum edge_family */
#define EDGE_TYPE_V1_INET4	4u
#define EDGE_TYPE_V1_INET6	6u

#define EDGE_SOL_SOCKET		0u	/* the only level */

enum edge_option {
	EDGE_SO_REUSEADDR, EDGE_SO_TYPE, EDGE_SO_ERROR, EDGE_SO_DONTROUTE, EDGE_SO_BROADCAST,
	EDGE_SO_SNDBUF, EDGE_SO_RCVBUF, EDGE_SO_KEEPALIVE, EDGE_SO_OOBINLINE, EDGE_SO_LINGER,
	EDGE_SO_RCVLOWAT, EDGE_SO_RCVTIMEO, EDGE_SO_SNDTIMEO, EDGE_SO_ACCEPTCONN,
	EDGE_SO_BINDTODEVICE,
};

/* of EDGE_SO_LINGER */
struct edge_linger {
	s32 onoff;
	s32 seconds;
};

/* of EDGE_SO_RCVTIMEO, EDGE_SO_SNDTIMEO: wasi-libc's struct timeval */
struct edge_timeval {
	s64 seconds;
	s64 microseconds;
};

#define EDGE_AI_PASSIVE		0x01u
#define EDGE_AI_CANONNAME	0x02u
#define EDGE_AI_NUMERICHOST	0x04u
#define EDGE_AI_NUMERICSERV	0x08u
#define EDGE_AI_V4MAPPED	0x10u
#define EDGE_AI_ALL		0x20u
#define EDGE_AI_ADDRCONFIG	0x40u
#define EDGE_AI_FLAGS		0x7fu

/* Hints, and results: a list that the guest has made, with room for names and addresses */
struct edge_addrinfo {
	u16 flags;
	u8 family;
	u8 socktype;
	u8 protocol;
	u8 pad[3];
	u32 addrlen;
	u32 addr;		/* struct edge_sockaddr */
	u32 canonname;
	u32 canonname_len;	/* without NUL */
	u32 next;
};

struct edge_sockaddr {
	u8 family;
	u8 pad[3];
	u32 data_len;
	u32 data;		/* what follows the family in Linux's sockaddr: port first, network order */
};

#define EDGE_SA_DATA_INET4	14u
#define EDGE_SA_DATA_INET6	26u

/* Errors of sock_getaddrinfo, beyond WASI's */
#define EDGE_ERRNO_AIADDRFAMILY	77u
#define EDGE_ERRNO_AIBADFLAG	79u
#define EDGE_ERRNO_AIFAMILY	81u
#define EDGE_ERRNO_AIMEMORY	82u
#define EDGE_ERRNO_AINONAME	84u
#define EDGE_ERRNO_AISERVICE	85u
#define EDGE_ERRNO_AISOCKTYPE	86u

_Static_assert(sizeof(struct edge_storage) == EDGE_STORAGE_SIZE, "layout");
_Static_assert(sizeof(struct edge_timeval) == 16, "layout");
_Static_assert(sizeof(struct edge_addrinfo) == 28, "layout");
_Static_assert(offsetof(struct edge_addrinfo, addrlen) == 8, "layout");
_Static_assert(sizeof(struct edge_sockaddr) == 12, "layout");

#endif /* WASI_SOCK_ABI_H */
