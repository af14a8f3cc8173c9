/* SPDX-License-Identifier: GPL-2.0 */
/*
 * socket.h - sockets as descriptors of an instance (socket.c)
 *
 * Shared by preview1's calls (sock.c), WasmEdge's (sock_edge.c) and kernel-wasm's (sock_net.c). The first
 * three functions are exported to other modules that make sockets for an instance.
 */
#ifndef WASI_SOCKET_H
#define WASI_SOCKET_H

#include <linux/net.h>
#include <linux/socket.h>
#include "net_rules.h"
#include "wasi.h"

/* The state of the calling instance, made if this is its first call; ERR_PTR */
struct wasi *wasi_state(void *ctx);

/* The network namespace that the call under way works in; borrowed */
struct net *wasi_net_ns(struct wasi *w);

/**
 * wasi_socket_permit() - May the instance use an address so?
 * @w: state
 * @use: WASI_NET_IN, WASI_NET_OUT
 * @sock: of which socket
 * @addr: the address, as the kernel has it
 * @len: its bytes
 *
 * Return: 0; -WASI_ENOTCAPABLE; -EINVAL (too short), -EAFNOSUPPORT.
 */
int wasi_socket_permit(struct wasi *w, enum wasi_net_use use, struct socket *sock,
		       const struct sockaddr_storage *addr, int len);

/**
 * wasi_socket_create() - Make a socket in the caller's namespace and give it a descriptor
 * @w: state
 * @family: AF_INET, AF_INET6 or AF_UNIX
 * @type: SOCK_STREAM, SOCK_DGRAM, for AF_UNIX also SOCK_SEQPACKET
 * @protocol: 0, or what the type implies
 * @flags: O_NONBLOCK
 * @fd: set
 *
 * Context: Process context, may sleep.
 * Return: 0; -WASI_ENOTCAPABLE (no rule allows any address of its kind); -EAFNOSUPPORT,
 * -EPROTONOSUPPORT; -EMFILE; what the kernel says.
 */
int wasi_socket_create(struct wasi *w, int family, int type, int protocol, u32 flags, u32 *fd);

/**
 * wasi_socket_install() - Give a socket a descriptor
 * @w: state
 * @sock: taken over, also on failure
 * @rights: what the guest may do with it, and with those accepted on it
 * @flags: O_NONBLOCK
 * @fd: set
 *
 * Return: 0; -EMFILE, -ENOMEM, -ENFILE.
 */
int wasi_socket_install(struct wasi *w, struct socket *sock, u64 rights, u32 flags, u32 *fd);

/**
 * wasi_socket_get() - Find the socket behind a descriptor
 * @w: state
 * @fd: the guest's number
 * @rights: all of these are needed
 * @f: set; pair with wasi_file_put()
 * @sock: set, good until then
 *
 * Return: 0; -EBADF; -ENOTSOCK; -WASI_ENOTCAPABLE.
 */
int wasi_socket_get(struct wasi *w, u32 fd, u64 rights, struct wasi_file *f,
		    struct socket **sock);

/* As bind(2), listen(2), connect(2), with the rules asked first. @len is at most that of @addr. */
int wasi_socket_bind(struct wasi *w, struct socket *sock, struct sockaddr_storage *addr, int len);
int wasi_socket_listen(struct wasi *w, struct socket *sock, u32 backlog);
int wasi_socket_connect(struct wasi *w, struct wasi_file *f, struct socket *sock,
			struct sockaddr_storage *addr, int len);

/* As accept4(2); the new descriptor has what rights @f may pass on. @new: the new socket, may be NULL. */
int wasi_socket_accept(struct wasi *w, struct wasi_file *f, struct socket *sock, u32 flags, u32 *fd,
		       struct socket **new);

/*
 * As recvmsg(2) and sendmsg(2) without control messages: bytes, or an error. msg->msg_name and
 * msg->msg_flags are the caller's; where a message is sent to is not checked here.
 */
int wasi_socket_receive(struct wasi *w, struct wasi_file *f, struct socket *sock,
			struct msghdr *msg, const struct kvec *vec, u32 nr, size_t total);
int wasi_socket_send(struct wasi *w, struct wasi_file *f, struct socket *sock,
		     struct msghdr *msg, const struct kvec *vec, u32 nr, size_t total);

/* socket.c: what wasi_create() sets up, and wasi_destroy() frees */
int wasi_net_start(struct wasi *w);
void wasi_net_end(struct wasi *w);

/* ---- epoll.c ---- */

/* One event as x86-64's epoll_wait(2) gives it */
struct wasi_epoll_event {
	u32 events;
	u64 data;
} __packed;

int wasi_epoll_create(struct wasi *w, u32 *fd);
int wasi_epoll_ctl(struct wasi *w, u32 epfd, u32 op, u32 fd, u32 events, u64 data);
int wasi_epoll_wait(struct wasi *w, u32 epfd, struct wasi_epoll_event *out, u32 max,
		    s32 timeout_ms);
/* The descriptor is being closed: nobody watches it any more; it may be an epoll itself */
void wasi_epoll_forget(struct wasi *w, u32 fd);
void wasi_epoll_unwatch(struct wasi *w, u32 fd);	/* nobody watches it any more, it lives on */
int wasi_eventfd_create(struct wasi *w, u32 initial, u32 *fd);

#endif /* WASI_SOCKET_H */
