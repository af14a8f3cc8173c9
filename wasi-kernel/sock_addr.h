/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket addresses from one form to another: Linux's, WasmEdge's, that of the rules
 *
 * Also compiled on the host.
 */
#ifndef WASI_SOCK_ADDR_H
#define WASI_SOCK_ADDR_H

#ifdef __KERNEL__
#include <linux/socket.h>
#else
#include <sys/socket.h>
#endif
#include "net_rules.h"
#include "sock_abi.h"

/* A Linux address as WasmEdge has it */
struct edge_seen {
	struct edge_storage storage;
	u32 size;		/* bytes of an address of its family; 0: it has none */
	u32 port;
};

/* Linux's address of @len bytes, for a socket of @proto: 0, -EINVAL (too short), -EAFNOSUPPORT */
int wasi_net_addr_of(struct wasi_net_addr *to, u8 proto, const struct sockaddr_storage *addr, int len);
/* and back: its length */
int wasi_sockaddr_of(struct sockaddr_storage *to, const struct wasi_net_addr *addr, bool ipv6);

/* WasmEdge's address, of 4, 16 or EDGE_STORAGE_SIZE bytes: length of Linux's; -EINVAL, -ENAMETOOLONG */
int edge_sockaddr_of(struct sockaddr_storage *to, const void *bytes, u32 len, u32 port);
/* Linux's address of @len bytes, which may be 0 */
void edge_see(struct edge_seen *seen, const struct sockaddr_storage *addr, int len);
/* Into @len bytes: 0, -EINVAL (no room) */
int edge_put(void *to, u32 len, const struct edge_seen *seen);

#endif /* WASI_SOCK_ADDR_H */
