// SPDX-License-Identifier: GPL-2.0
/*
 * sock_calls.c - WasmEdge's and kernel-wasm's socket calls as generated code sees them
 *
 * One table row each, as in calls.c; the rows must say what kwasm_sock_calls.h says.
 */
#include "call.h"
#include "sock_edge.h"

#define SOCK_CALLS(CALL, VALUES)							\
CALL(sock_open,		sock_open,	SLEEPS,	"iii", (u32 a, u32 b, u32 c), (w, a, b, c)) \
CALL(sock_bind,		sock_bind,	SLEEPS,	"iii", (u32 a, u32 b, u32 c), (w, a, b, c)) \
CALL(sock_listen,	sock_listen,	SLEEPS,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(sock_accept_v1,	sock_accept_v1,	SLEEPS,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(sock_connect,	sock_connect,	SLEEPS,	"iii", (u32 a, u32 b, u32 c), (w, a, b, c)) \
VALUES(sock_recv_from_v1, sock_recv_from_v1, SLEEPS, "iiiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32, v[6].i32))	\
VALUES(sock_recv_from,	sock_recv_from,	SLEEPS,	"iiiiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32, v[6].i32, v[7].i32)) \
VALUES(sock_send_to,	sock_send_to,	SLEEPS,	"iiiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32, v[6].i32))	\
CALL(sock_getlocaladdr_v1, sock_getlocaladdr_v1, SLEEPS, "iiii",				\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(sock_getlocaladdr,	sock_getlocaladdr, SLEEPS, "iii",				\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
CALL(sock_getpeeraddr_v1, sock_getpeeraddr_v1, SLEEPS, "iiii",				\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(sock_getpeeraddr,	sock_getpeeraddr, SLEEPS, "iii",				\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
CALL(sock_getsockopt,	sock_getsockopt, SLEEPS, "iiiii",				\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))				\
CALL(sock_setsockopt,	sock_setsockopt, SLEEPS, "iiiii",				\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))

/* A name that is not found is WasmEdge's error, not one of WASI's */
static u32 addrinfo_result(int err)
{
	return err > 0 ? err : wasi_errno(err);
}

#define ADDRINFO_CALLS(VALUES)								\
VALUES(sock_getaddrinfo, sock_getaddrinfo, SLEEPS, "iiiiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32, v[6].i32, v[7].i32), \
       addrinfo_result)

/* Linux's numbers: that a right is missing is told as what it comes to there */
static u32 net_result(int err)
{
	return err == -WASI_ENOTCAPABLE ? -EACCES : err;
}

#define NET_CALLS(CALL, VALUES)								\
CALL(net_socket,	net_socket,	SLEEPS,	"iii",					\
     (u32 a, u32 b, u32 c), (w, a, b, c), net_result)					\
CALL(net_bind,		net_bind,	SLEEPS,	"iii",					\
     (u32 a, u32 b, u32 c), (w, a, b, c), net_result)					\
CALL(net_listen,	net_listen,	SLEEPS,	"ii", (u32 a, u32 b), (w, a, b), net_result) \
CALL(net_accept4,	net_accept4,	SLEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d), net_result)				\
VALUES(net_sendto,	net_sendto,	SLEEPS,	"iiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32), net_result)	\
VALUES(net_recvfrom,	net_recvfrom,	SLEEPS,	"iiiiii",				\
       (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32), net_result)	\
CALL(net_eventfd_sem,	net_eventfd_sem, SLEEPS, "i", (u32 a), (w, a), net_result)	\
CALL(net_epoll_create,	net_epoll_create, SLEEPS, "", (), (w), net_result)		\
CALL(net_epoll_ctl,	net_epoll_ctl,	SLEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d), net_result)				\
CALL(net_epoll_wait,	net_epoll_wait,	SLEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d), net_result)				\
CALL(net_fcntl,		net_fcntl,	SLEEPS,	"iii",					\
     (u32 a, u32 b, u32 c), (w, a, b, c), net_result)

SOCK_CALLS(CALL, VALUES)
ADDRINFO_CALLS(WASI_VALUES_EXPORT)
NET_CALLS(WASI_CALL_EXPORT, WASI_VALUES_EXPORT)

/* Both tables know the same calls with the same parameters, or this does not compile. */
void __init wasi_check_sock_signatures(void)
{
#define SAME(name, params)	BUILD_BUG_ON(__builtin_strcmp(signature_##name, params) != 0)
#define SOCK_CALL(name, symbol, result, params)	SAME(symbol, params);
#define NET_CALL(name, symbol, result, params)	SAME(symbol, params);
#include "kwasm_sock_calls.h"
}
