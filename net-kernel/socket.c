// SPDX-License-Identifier: GPL-2.0
/*
 * socket.c - sockets: made, accepted, closed; and what the kernel tells about them
 *
 * They are made in the network namespace and with the credentials of the process that started
 * the app, as socket(2) would make them; they keep the namespace alive, as a process's do. What
 * addresses the app may use is asked of WASI's rules ("net=").
 *
 * A connection inherits the callbacks of its listener, and finds no connection of ours behind
 * them (SK_USER_DATA_NOCOPY) until it is accepted; then it is looked at in any case.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/tcp.h>
#include "../wasi-kernel/socket.h"
#include "net.h"

/* ---- callbacks: any context, mostly softirq, sometimes with the socket's lock ---- */

static void notify(struct sock *sk)
{
	struct net_conn *conn;

	rcu_read_lock();
	conn = rcu_dereference_sk_user_data(sk);
	if (conn)
		net_queue(conn);
	rcu_read_unlock();
}

static void write_space(struct sock *sk)
{
	/* as sk_stream_write_space(): not for every bit of room */
	if (!sk->sk_socket || !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	notify(sk);
}

static void attach(struct net_conn *conn, struct socket *sock)
{
	struct sock *sk = sock->sk;

	conn->sock = sock;
	write_lock_bh(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, conn, SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = notify;
	sk->sk_write_space = write_space;
	sk->sk_state_change = notify;
	sk->sk_error_report = notify;
	write_unlock_bh(&sk->sk_callback_lock);
	/* it sends with softirqs off, and from the app's page fragment: net_send_copy() */
	sk->sk_allocation = GFP_ATOMIC | __GFP_NOWARN;
	sk->sk_use_task_frag = false;
}

static void detach(struct net_conn *conn)
{
	const struct net_callbacks *saved = &conn->app->saved;
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	sk->sk_data_ready = saved->data_ready;
	sk->sk_write_space = saved->write_space;
	sk->sk_state_change = saved->state_change;
	sk->sk_error_report = saved->error_report;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* ---- addresses ---- */

static int to_sockaddr(const struct kwasm_net_address *from, struct sockaddr_storage *to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	switch (from->family) {
	case 4:
		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->ip, 4);
		return sizeof(*in);
	case 6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(from->port);
		in6->sin6_scope_id = from->scope;
		memcpy(&in6->sin6_addr, from->ip, 16);
		return sizeof(*in6);
	}
	return -EAFNOSUPPORT;
}

int net_address_get(struct net_conn *conn, bool peer, struct kwasm_net_address *address)
{
	struct sockaddr_storage from;
	struct sockaddr_in *in = (struct sockaddr_in *)&from;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&from;
	int len;

	if (!conn->sock)
		return -EBADF;
	len = peer ? kernel_getpeername(conn->sock, (struct sockaddr *)&from) :
		     kernel_getsockname(conn->sock, (struct sockaddr *)&from);
	if (len < 0)
		return len;
	memset(address, 0, sizeof(*address));
	if (from.ss_family == AF_INET) {
		address->family = 4;
		address->port = ntohs(in->sin_port);
		memcpy(address->ip, &in->sin_addr, 4);
	} else {
		address->family = 6;
		address->port = ntohs(in6->sin6_port);
		address->scope = in6->sin6_scope_id;
		memcpy(address->ip, &in6->sin6_addr, 16);
	}
	return 0;
}

/* ---- making and closing ---- */

/* For a use of an address, if the instance's rules allow it */
static struct socket *make(struct net_app *app, enum wasi_net_use use,
			   const struct sockaddr_storage *address, int len)
{
	struct wasi *wasi = wasi_state(app->ctx);
	struct socket *sock;
	struct sock *sk;
	int err;

	if (IS_ERR(wasi))
		return ERR_CAST(wasi);
	err = __sock_create(wasi_net_ns(wasi), address->ss_family, SOCK_STREAM, IPPROTO_TCP, &sock, 0);
	if (err)
		return ERR_PTR(err);
	err = wasi_socket_permit(wasi, use, sock, address, len);
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	sk = sock->sk;
	app->saved.data_ready = sk->sk_data_ready;
	app->saved.write_space = sk->sk_write_space;
	app->saved.state_change = sk->sk_state_change;
	app->saved.error_report = sk->sk_error_report;
	tcp_sock_set_nodelay(sk);
	return sock;
}

/* Handle, or error */
int net_listen(struct net_app *app, const struct kwasm_net_address *address, u32 backlog,
	       u32 flags, u64 data)
{
	struct sockaddr_storage to;
	struct net_conn *conn;
	struct socket *sock;
	int len, err, one = 1;

	len = to_sockaddr(address, &to);
	if (len < 0)
		return len;
	sock = make(app, WASI_NET_IN, &to, len);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	sock_set_reuseaddr(sock->sk);
	if (flags & KWASM_NET_SHARE_PORT)
		sock_set_reuseport(sock->sk);
	err = 0;
	if (to.ss_family == AF_INET6 && flags & KWASM_NET_IPV6_ONLY)
		err = sock->ops->setsockopt(sock, SOL_IPV6, IPV6_V6ONLY, KERNEL_SOCKPTR(&one),
					    sizeof(one));
	if (!err)
		err = kernel_bind(sock, (struct sockaddr *)&to, len);
	if (err)
		goto err_release;
	conn = net_conn_alloc(app, NET_LISTENER, data);
	if (IS_ERR(conn)) {
		err = PTR_ERR(conn);
		goto err_release;
	}
	conn->prot = sock->sk->sk_prot;
	attach(conn, sock);
	err = kernel_listen(sock, min_t(u32, backlog,
					READ_ONCE(sock_net(sock->sk)->core.sysctl_somaxconn)));
	if (err) {
		net_conn_close(conn, false);
		return err;
	}
	net_queue(conn);
	return conn->handle;

err_release:
	sock_release(sock);
	return err;
}

/* Handle, or error */
int net_connect(struct net_app *app, const struct kwasm_net_address *address, u64 data)
{
	struct sockaddr_storage to;
	struct net_conn *conn;
	struct socket *sock;
	int len, err;

	len = to_sockaddr(address, &to);
	if (len < 0)
		return len;
	sock = make(app, WASI_NET_OUT, &to, len);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	conn = net_conn_alloc(app, NET_STREAM, data);
	if (IS_ERR(conn)) {
		sock_release(sock);
		return PTR_ERR(conn);
	}
	conn->prot = sock->sk->sk_prot;
	conn->connecting = true;
	attach(conn, sock);
	err = kernel_connect(sock, (struct sockaddr *)&to, len, O_NONBLOCK);
	if (err && err != -EINPROGRESS) {
		net_conn_close(conn, false);
		return err;
	}
	net_queue(conn);
	return conn->handle;
}

/* The next connection that waits; what came before has told nobody, so look at it. 0; -EAGAIN: none; -ENOMEM and the like */
int net_accept(struct net_conn *listener, struct net_conn **conn)
{
	struct socket *sock;
	int err;

	*conn = net_conn_alloc(listener->app, NET_STREAM, listener->data);
	if (IS_ERR(*conn))
		return PTR_ERR(*conn);
	err = kernel_accept(listener->sock, &sock, O_NONBLOCK);
	if (err) {
		net_conn_free(*conn);
		return err;
	}
	(*conn)->prot = listener->prot;
	attach(*conn, sock);
	return 0;
}

void net_conn_close(struct net_conn *conn, bool abort)
{
	if (conn->sock) {
		detach(conn);
		if (abort)
			sock_no_linger(conn->sock->sk);
		sock_release(conn->sock);
		conn->sock = NULL;
	}
	net_conn_free(conn);
}
