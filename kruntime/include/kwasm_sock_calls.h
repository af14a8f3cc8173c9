/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets beyond preview1's four calls, shared like kwasm_wasi_calls.h: one row per
 * function that kwasm_wasi.ko provides as wasi_<symbol>. Signature letters as there.
 *
 * SOCK_CALL(name, symbol, result, params)	import @name of wasi_snapshot_preview1: WasmEdge's
 * SOCK_ALIAS(name, symbol, result, params)	the same, of a function that another row provides
 * NET_CALL(name, symbol, result, params)	import @name of net: kernel-wasm's
 *
 * WasmEdge has two versions of its interface under the same names, told apart by the type
 * that the module imports (and a second set of names, with _v2, for the newer one). Where
 * both have the same type the function takes what either allows. So a name may have several
 * rows, and sock_accept has one more in kwasm_wasi_calls.h: preview1's, which is also version 2's.
 *
 * Sources: WasmEdge lib/host/wasi, the Rust crate wasmedge_wasi_socket; kernel-wasm networking/.
 */
#ifndef SOCK_ALIAS
#define SOCK_ALIAS(name, symbol, result, params)
#endif
#ifndef NET_CALL
#define NET_CALL(name, symbol, result, params)
#endif

SOCK_CALL(sock_open, sock_open, "i", "iii")
SOCK_CALL(sock_bind, sock_bind, "i", "iii")
SOCK_CALL(sock_listen, sock_listen, "i", "ii")
SOCK_CALL(sock_accept, sock_accept_v1, "i", "ii")
SOCK_CALL(sock_connect, sock_connect, "i", "iii")
SOCK_CALL(sock_recv_from, sock_recv_from_v1, "i", "iiiiiii")
SOCK_CALL(sock_recv_from, sock_recv_from, "i", "iiiiiiii")
SOCK_CALL(sock_send_to, sock_send_to, "i", "iiiiiii")
SOCK_CALL(sock_getlocaladdr, sock_getlocaladdr_v1, "i", "iiii")
SOCK_CALL(sock_getlocaladdr, sock_getlocaladdr, "i", "iii")
SOCK_CALL(sock_getpeeraddr, sock_getpeeraddr_v1, "i", "iiii")
SOCK_CALL(sock_getpeeraddr, sock_getpeeraddr, "i", "iii")
SOCK_CALL(sock_getsockopt, sock_getsockopt, "i", "iiiii")
SOCK_CALL(sock_setsockopt, sock_setsockopt, "i", "iiiii")
SOCK_CALL(sock_getaddrinfo, sock_getaddrinfo, "i", "iiiiiiii")

SOCK_ALIAS(sock_open_v2, sock_open, "i", "iii")
SOCK_ALIAS(sock_bind_v2, sock_bind, "i", "iii")
SOCK_ALIAS(sock_listen_v2, sock_listen, "i", "ii")
SOCK_ALIAS(sock_accept_v2, sock_accept, "i", "iii")
SOCK_ALIAS(sock_connect_v2, sock_connect, "i", "iii")
SOCK_ALIAS(sock_recv_v2, sock_recv, "i", "iiiiii")
SOCK_ALIAS(sock_recv_from_v2, sock_recv_from, "i", "iiiiiiii")
SOCK_ALIAS(sock_send_v2, sock_send, "i", "iiiii")
SOCK_ALIAS(sock_send_to_v2, sock_send_to, "i", "iiiiiii")
SOCK_ALIAS(sock_getlocaladdr_v2, sock_getlocaladdr, "i", "iii")
SOCK_ALIAS(sock_getpeeraddr_v2, sock_getpeeraddr, "i", "iii")

NET_CALL(_socket, net_socket, "i", "iii")
NET_CALL(_bind, net_bind, "i", "iii")
NET_CALL(_listen, net_listen, "i", "ii")
NET_CALL(_accept4, net_accept4, "i", "iiii")
NET_CALL(_sendto, net_sendto, "i", "iiiiii")
NET_CALL(_recvfrom, net_recvfrom, "i", "iiiiii")
NET_CALL(_eventfd_sem, net_eventfd_sem, "i", "i")
NET_CALL(_epoll_create, net_epoll_create, "i", "")
NET_CALL(_epoll_ctl, net_epoll_ctl, "i", "iiii")
NET_CALL(_epoll_wait, net_epoll_wait, "i", "iiii")
NET_CALL(_fcntl, net_fcntl, "i", "iii")

#undef SOCK_CALL
#undef SOCK_ALIAS
#undef NET_CALL
