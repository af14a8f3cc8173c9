/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of WasmEdge's and kernel-wasm's socket calls, in the order of kwasm_sock_calls.h
 */
#ifndef WASI_SOCK_EDGE_H
#define WASI_SOCK_EDGE_H

#include "sock_abi.h"
#include "socket.h"

int wasi_riflags(u32 flags);	/* riflags to Linux's; -EINVAL */

/* sock_edge.c, resolve.c */
int wasi_do_sock_open(struct wasi *w, u32 family, u32 type, u32 opened);
int wasi_do_sock_bind(struct wasi *w, u32 fd, u32 addr, u32 port);
int wasi_do_sock_listen(struct wasi *w, u32 fd, u32 backlog);
int wasi_do_sock_accept_v1(struct wasi *w, u32 fd, u32 opened);
int wasi_do_sock_connect(struct wasi *w, u32 fd, u32 addr, u32 port);
int wasi_do_sock_recv_from_v1(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 flags,
			      u32 received, u32 roflags);
int wasi_do_sock_recv_from(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 flags, u32 port,
			   u32 received, u32 roflags);
int wasi_do_sock_send_to(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 addr, u32 port, u32 flags,
			 u32 sent);
int wasi_do_sock_getlocaladdr_v1(struct wasi *w, u32 fd, u32 addr, u32 type, u32 port);
int wasi_do_sock_getlocaladdr(struct wasi *w, u32 fd, u32 addr, u32 port);
int wasi_do_sock_getpeeraddr_v1(struct wasi *w, u32 fd, u32 addr, u32 type, u32 port);
int wasi_do_sock_getpeeraddr(struct wasi *w, u32 fd, u32 addr, u32 port);
int wasi_do_sock_getsockopt(struct wasi *w, u32 fd, u32 level, u32 option, u32 value, u32 len);
int wasi_do_sock_setsockopt(struct wasi *w, u32 fd, u32 level, u32 option, u32 value, u32 len);
/* Return: positive: one of EDGE_ERRNO_ */
int wasi_do_sock_getaddrinfo(struct wasi *w, u32 node, u32 node_len, u32 service, u32 service_len,
			     u32 hints, u32 res, u32 max, u32 nr_res);

/* sock_net.c: results, or negative Linux error numbers */
int wasi_do_net_socket(struct wasi *w, u32 family, u32 type, u32 protocol);
int wasi_do_net_bind(struct wasi *w, u32 fd, u32 addr, u32 len);
int wasi_do_net_listen(struct wasi *w, u32 fd, u32 backlog);
int wasi_do_net_accept4(struct wasi *w, u32 fd, u32 addr, u32 len, u32 flags);
int wasi_do_net_sendto(struct wasi *w, u32 fd, u32 buf, u32 len, u32 flags, u32 addr, u32 addrlen);
int wasi_do_net_recvfrom(struct wasi *w, u32 fd, u32 buf, u32 len, u32 flags, u32 addr, u32 addrlen);
int wasi_do_net_eventfd_sem(struct wasi *w, u32 initial);
int wasi_do_net_epoll_create(struct wasi *w);
int wasi_do_net_epoll_ctl(struct wasi *w, u32 epfd, u32 op, u32 fd, u32 event);
int wasi_do_net_epoll_wait(struct wasi *w, u32 epfd, u32 events, u32 max, u32 timeout_ms);
int wasi_do_net_fcntl(struct wasi *w, u32 fd, u32 command, u32 arg);

#endif /* WASI_SOCK_EDGE_H */
