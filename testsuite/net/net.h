/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.h - the socket interfaces as guests import them: WasmEdge's, versions 1 and 2, and kernel-wasm's
 *
 * Written from the interfaces' descriptions; a guest that is compiled with it calls past libc.
 */
#ifndef NET_GUEST_H
#define NET_GUEST_H

#include "../wasi/own/guest.h"
#include "../../wasi-kernel/sock_abi.h"

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define P1 "wasi_snapshot_preview1"

/* ---- WasmEdge ---- */

IMPORT(P1, "sock_open") uint32_t e_open(uint32_t family, uint32_t type, void *fd);
IMPORT(P1, "sock_bind") uint32_t e_bind(uint32_t fd, void *addr, uint32_t port);
IMPORT(P1, "sock_listen") uint32_t e_listen(uint32_t fd, uint32_t backlog);
IMPORT(P1, "sock_accept") uint32_t e_accept(uint32_t fd, void *opened);
IMPORT(P1, "sock_connect") uint32_t e_connect(uint32_t fd, void *addr, uint32_t port);
IMPORT(P1, "sock_recv_from") uint32_t e_recv_from1(uint32_t fd, void *iovs, uint32_t nr, void *addr,
						   uint32_t flags, void *received, void *oflags);
IMPORT(P1, "sock_recv_from_v2") uint32_t e_recv_from(uint32_t fd, void *iovs, uint32_t nr, void *addr,
						     uint32_t flags, void *port, void *received,
						     void *oflags);
IMPORT(P1, "sock_send_to") uint32_t e_send_to(uint32_t fd, void *iovs, uint32_t nr, void *addr,
					      uint32_t port, uint32_t flags, void *sent);
IMPORT(P1, "sock_getlocaladdr") uint32_t e_local1(uint32_t fd, void *addr, void *type, void *port);
IMPORT(P1, "sock_getlocaladdr_v2") uint32_t e_local(uint32_t fd, void *addr, void *port);
IMPORT(P1, "sock_getpeeraddr") uint32_t e_peer1(uint32_t fd, void *addr, void *type, void *port);
IMPORT(P1, "sock_getpeeraddr_v2") uint32_t e_peer(uint32_t fd, void *addr, void *port);
IMPORT(P1, "sock_getsockopt") uint32_t e_getopt(uint32_t fd, uint32_t level, uint32_t name, void *value,
						void *len);
IMPORT(P1, "sock_setsockopt") uint32_t e_setopt(uint32_t fd, uint32_t level, uint32_t name,
						const void *value, uint32_t len);
IMPORT(P1, "sock_getaddrinfo") uint32_t e_getaddrinfo(const char *node, uint32_t node_len,
						      const char *service, uint32_t service_len,
						      void *hints, void *res, uint32_t max, void *nr);
IMPORT(P1, "sock_open_v2") uint32_t e_open2(uint32_t family, uint32_t type, void *fd);
IMPORT(P1, "sock_bind_v2") uint32_t e_bind2(uint32_t fd, void *addr, uint32_t port);
IMPORT(P1, "sock_listen_v2") uint32_t e_listen2(uint32_t fd, uint32_t backlog);
IMPORT(P1, "sock_accept_v2") uint32_t e_accept2(uint32_t fd, uint32_t flags, void *opened);
IMPORT(P1, "sock_connect_v2") uint32_t e_connect2(uint32_t fd, void *addr, uint32_t port);
IMPORT(P1, "sock_recv_v2") uint32_t e_recv2(uint32_t fd, void *iovs, uint32_t nr, uint32_t flags,
					    void *received, void *oflags);
IMPORT(P1, "sock_send_v2") uint32_t e_send2(uint32_t fd, void *iovs, uint32_t nr, uint32_t flags,
					    void *sent);
IMPORT(P1, "sock_send_to_v2") uint32_t e_send_to2(uint32_t fd, void *iovs, uint32_t nr, void *addr,
						  uint32_t port, uint32_t flags, void *sent);

/* ---- kernel-wasm: results, or negative Linux error numbers ---- */

IMPORT("net", "_socket") int32_t n_socket(int32_t family, int32_t type, int32_t protocol);
IMPORT("net", "_bind") int32_t n_bind(int32_t fd, const void *addr, uint32_t len);
IMPORT("net", "_listen") int32_t n_listen(int32_t fd, int32_t backlog);
IMPORT("net", "_accept4") int32_t n_accept4(int32_t fd, void *addr, void *len, uint32_t flags);
IMPORT("net", "_sendto") int32_t n_sendto(int32_t fd, const void *buf, uint32_t len, uint32_t flags,
					  const void *addr, uint32_t addrlen);
IMPORT("net", "_recvfrom") int32_t n_recvfrom(int32_t fd, void *buf, uint32_t len, uint32_t flags,
					      void *addr, void *addrlen);
IMPORT("net", "_eventfd_sem") int32_t n_eventfd_sem(uint32_t initial);
IMPORT("net", "_epoll_create") int32_t n_epoll_create(void);
IMPORT("net", "_epoll_ctl") int32_t n_epoll_ctl(int32_t epfd, int32_t op, int32_t fd, const void *event);
IMPORT("net", "_epoll_wait") int32_t n_epoll_wait(int32_t epfd, void *events, int32_t max, int32_t timeout);
IMPORT("net", "_fcntl") int32_t n_fcntl(int32_t fd, int32_t command, int32_t arg);

/* Linux on x86-64 */
#define L_AF_UNIX		1
#define L_AF_INET		2
#define L_AF_INET6		10
#define L_SOCK_STREAM		1
#define L_SOCK_DGRAM		2
#define L_SOCK_RAW		3
#define L_O_NONBLOCK		2048
#define L_EPERM			1
#define L_ENOENT		2
#define L_EBADF			9
#define L_EAGAIN		11
#define L_EACCES		13
#define L_EFAULT		14
#define L_EEXIST		17
#define L_EINVAL		22
#define L_ENOTSOCK		88
#define L_EPROTONOSUPPORT	93
#define L_EAFNOSUPPORT		97
#define L_EINPROGRESS		115
#define L_EPOLLIN		1u
#define L_EPOLLOUT		4u
#define L_EPOLLHUP		16u
#define L_EPOLLRDHUP		0x2000u
#define L_EPOLLONESHOT		(1u << 30)
#define L_EPOLLET		(1u << 31)
#define L_EPOLL_CTL_ADD		1
#define L_EPOLL_CTL_DEL		2
#define L_EPOLL_CTL_MOD		3

struct l_sockaddr_in {
	uint16_t family;
	uint16_t port;		/* network order */
	uint8_t ip[4];
	uint8_t zero[8];
};

struct l_epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

static inline uint16_t net16(uint32_t value)
{
	return (uint16_t)(value >> 8 | value << 8);
}

#endif /* NET_GUEST_H */
