// SPDX-License-Identifier: GPL-2.0
/*
 * knet.c - kernel-wasm's module "net": its calls, and epoll, in one process
 */
#include "net.h"

#define BAD	((void *)0xfffffff0u)
#define NR_MANY	100

static struct l_sockaddr_in local(uint16_t port)
{
	return (struct l_sockaddr_in){ .family = L_AF_INET, .port = port, .ip = { 127, 0, 0, 1 } };
}

/* a listening socket, and where: network order */
static int listening(uint16_t *port, int type)
{
	struct l_sockaddr_in addr = local(0), seen;
	int fd = n_socket(L_AF_INET, type, 0), err;
	uint32_t other;

	if (fd < 0)
		return fd;
	err = n_bind(fd, &addr, sizeof(addr));
	if (!err)
		err = n_listen(fd, 16);
	if (err)
		return err;
	/* there is no _getsockname: both interfaces share the descriptors */
	struct edge_storage storage;
	struct edge_address to = { (uintptr_t)&storage, sizeof(storage) };

	if (e_local(fd, &to, &other))
		return -1;
	(void)seen;
	*port = net16(other);
	return fd;
}

static uint32_t connect_to(uint16_t port, int *fd)
{
	uint8_t ip[4] = { 127, 0, 0, 1 };
	struct edge_address addr = { (uintptr_t)ip, 4 };

	*fd = n_socket(L_AF_INET, L_SOCK_STREAM, 0);
	return *fd < 0 ? 1 : e_connect(*fd, &addr, net16(port));
}

static void close_all(const int *fds, size_t nr)
{
	while (nr--)
		w_fd_close(fds[nr]);
}

#define CLOSE(...) close_all((int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

TEST(a_connection_from_both_sides)
{
	struct l_sockaddr_in peer;
	uint32_t len = sizeof(peer);
	char buf[32] = "";
	uint16_t port;
	int l, c, s;

	l = listening(&port, L_SOCK_STREAM);
	ASSERT(l > 2);
	ASSERT_EQ(0, connect_to(port, &c));
	memset(&peer, 0xff, sizeof(peer));
	s = n_accept4(l, &peer, &len, 0);
	ASSERT(s > 2);
	ASSERT_EQ(16, len);
	ASSERT_EQ(L_AF_INET, peer.family);
	ASSERT_EQ(127, peer.ip[0]);
	ASSERT_EQ(5, n_sendto(c, "hello", 5, 0, NULL, 0));
	ASSERT_EQ(5, n_recvfrom(s, buf, sizeof(buf), 0, NULL, NULL));
	ASSERT(!strcmp(buf, "hello"));
	ASSERT_EQ(-L_EAGAIN, n_recvfrom(s, buf, sizeof(buf), 0x40 /* MSG_DONTWAIT */, NULL, NULL));
	ASSERT_EQ(0, w_fd_close(c));
	ASSERT_EQ(0, n_recvfrom(s, buf, sizeof(buf), 0, NULL, NULL));
	CLOSE(l, s);
}

TEST(accept_cuts_an_address_that_has_no_room)
{
	uint8_t peer[8];
	uint32_t len = 4;
	uint16_t port;
	int l, c, s;

	l = listening(&port, L_SOCK_STREAM | L_O_NONBLOCK);
	ASSERT(l > 2);
	ASSERT_EQ(-L_EAGAIN, n_accept4(l, NULL, NULL, 0));
	ASSERT_EQ(0, connect_to(port, &c));
	memset(peer, 0xee, sizeof(peer));
	s = n_accept4(l, peer, &len, L_O_NONBLOCK);
	ASSERT(s > 2);
	ASSERT_EQ(16, len);
	ASSERT_EQ(L_AF_INET, peer[0]);
	ASSERT_EQ(0xee, peer[4]);
	ASSERT_EQ(-L_EAGAIN, n_recvfrom(s, peer, 1, 0, NULL, NULL));
	CLOSE(l, c, s);
}

TEST(flags_by_fcntl)
{
	int fd = n_socket(L_AF_INET, L_SOCK_STREAM, 0);

	ASSERT(fd > 2);
	ASSERT_EQ(2, n_fcntl(fd, 3, 0));	/* O_RDWR */
	ASSERT_EQ(0, n_fcntl(fd, 4, L_O_NONBLOCK | 2));
	ASSERT_EQ(2 | L_O_NONBLOCK, n_fcntl(fd, 3, 0));
	ASSERT_EQ(0, n_fcntl(fd, 4, 2));
	ASSERT_EQ(2, n_fcntl(fd, 3, 0));
	ASSERT_EQ(-L_EPERM, n_fcntl(fd, 1, 0));
	ASSERT_EQ(-L_EPERM, n_fcntl(fd, 0, 0));
	ASSERT_EQ(-L_EBADF, n_fcntl(99, 3, 0));
	CLOSE(fd);
}

TEST(datagrams_with_addresses)
{
	struct l_sockaddr_in addr = local(0), from;
	uint32_t len = sizeof(from), port;
	struct edge_storage storage;
	struct edge_address to = { (uintptr_t)&storage, sizeof(storage) };
	char buf[16] = "";
	int a, b;

	a = n_socket(L_AF_INET, L_SOCK_DGRAM, 0);
	b = n_socket(L_AF_INET, L_SOCK_DGRAM, 17);
	ASSERT(a > 2 && b > 2);
	ASSERT_EQ(0, n_bind(a, &addr, sizeof(addr)));
	ASSERT_EQ(0, e_local(a, &to, &port));
	addr.port = net16(port);
	ASSERT_EQ(4, n_sendto(b, "ping", 4, 0, &addr, sizeof(addr)));
	ASSERT_EQ(4, n_recvfrom(a, buf, sizeof(buf), 0, &from, &len));
	ASSERT_EQ(16, len);
	ASSERT_EQ(L_AF_INET, from.family);
	ASSERT_EQ(4, n_sendto(a, "pong", 4, 0, &from, sizeof(from)));
	ASSERT_EQ(4, n_recvfrom(b, buf, sizeof(buf), 0, NULL, NULL));
	ASSERT(!strcmp(buf, "pong"));
	CLOSE(a, b);
}

TEST(other_families_and_protocols_are_not_to_be_had)
{
	ASSERT_EQ(-L_EPROTONOSUPPORT, n_socket(L_AF_INET, L_SOCK_RAW, 1));
	ASSERT_EQ(-L_EPROTONOSUPPORT, n_socket(L_AF_INET, L_SOCK_STREAM, 132));
	ASSERT_EQ(-L_EPROTONOSUPPORT, n_socket(L_AF_INET6, L_SOCK_DGRAM, 58));
	ASSERT_EQ(-L_EAFNOSUPPORT, n_socket(16, L_SOCK_RAW, 0));	/* netlink */
	ASSERT_EQ(-L_EAFNOSUPPORT, n_socket(17, L_SOCK_RAW, 0));	/* packets */
	ASSERT_EQ(-L_EAFNOSUPPORT, n_socket(-1, L_SOCK_STREAM, 0));
}

TEST(hostile_arguments)
{
	struct l_sockaddr_in addr = local(0);
	uint32_t len = 0x80000000u, some = 64;
	char buf[4];
	uint16_t port;
	int l = listening(&port, L_SOCK_STREAM | L_O_NONBLOCK), fd;

	fd = n_socket(L_AF_INET, L_SOCK_DGRAM | L_O_NONBLOCK, 0);
	ASSERT(l > 2 && fd > 2);
	ASSERT_EQ(-L_EFAULT, n_bind(fd, BAD, sizeof(addr)));
	ASSERT_EQ(-L_EINVAL, n_bind(fd, &addr, 1000));
	ASSERT_EQ(-L_EINVAL, n_bind(fd, &addr, 0xffffffffu));
	ASSERT_EQ(-L_EINVAL, n_bind(fd, &addr, 1));
	ASSERT_EQ(-L_EFAULT, n_accept4(l, BAD, &some, 0));
	ASSERT_EQ(-L_EINVAL, n_accept4(l, &addr, &len, 0));
	ASSERT_EQ(-L_EFAULT, n_accept4(l, &addr, BAD, 0));
	ASSERT_EQ(-L_EFAULT, n_sendto(fd, BAD, 64, 0, NULL, 0));
	ASSERT_EQ(-L_EFAULT, n_sendto(fd, buf, 0xfffffff0u, 0, NULL, 0));
	ASSERT_EQ(-L_EINVAL, n_sendto(fd, buf, 1, 0x20000000 /* MSG_FASTOPEN */, &addr, sizeof(addr)));
	ASSERT_EQ(-L_EINVAL, n_sendto(fd, buf, 1, 0, &addr, 4));
	ASSERT_EQ(-L_EFAULT, n_recvfrom(fd, BAD, 64, 0, NULL, NULL));
	ASSERT_EQ(-L_EINVAL, n_recvfrom(fd, buf, 1, 0x2000 /* MSG_ERRQUEUE */, NULL, NULL));
	ASSERT_EQ(-L_EBADF, n_recvfrom(99, buf, 1, 0, NULL, NULL));
	ASSERT_EQ(-L_ENOTSOCK, n_recvfrom(1, buf, 1, 0, NULL, NULL));
	ASSERT_EQ(-L_ENOTSOCK, n_listen(1, 1));
	CLOSE(l, fd);
}

/* ---- epoll ---- */

static struct l_epoll_event event_of(uint32_t events, uint64_t data)
{
	return (struct l_epoll_event){ events, data };
}

static int ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct l_epoll_event e = event_of(events, data);

	return n_epoll_ctl(ep, op, fd, &e);
}

struct pair {
	int ep, l, c, s;
};

static int open_pair(struct pair *p)
{
	uint16_t port;

	p->ep = n_epoll_create();
	p->l = listening(&port, L_SOCK_STREAM);
	if (p->ep < 0 || p->l < 0 || connect_to(port, &p->c))
		return -1;
	p->s = n_accept4(p->l, NULL, NULL, L_O_NONBLOCK);
	return p->s < 0 ? -1 : 0;
}

#define CLOSE_PAIR(p) CLOSE((p).ep, (p).l, (p).c, (p).s)

TEST(level_triggered_stays_ready_until_it_is_read)
{
	struct l_epoll_event got[4];
	struct pair p;
	char buf[8];

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN, 0x123456789abcdef0ull));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 0));
	ASSERT_EQ(3, n_sendto(p.c, "abc", 3, 0, NULL, 0));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(L_EPOLLIN, got[0].events);
	ASSERT_EQ(0x123456789abcdef0ull, got[0].data);
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(3, n_recvfrom(p.s, buf, 8, 0, NULL, NULL));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 0));
	CLOSE_PAIR(p);
}

TEST(edge_triggered_says_it_once_for_each_arrival)
{
	struct l_epoll_event got[4];
	struct pair p;

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN | L_EPOLLET, 1));
	ASSERT_EQ(1, n_sendto(p.c, "a", 1, 0, NULL, 0));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 20));
	ASSERT_EQ(1, n_sendto(p.c, "b", 1, 0, NULL, 0));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 0));
	CLOSE_PAIR(p);
}

TEST(oneshot_is_silent_until_it_is_armed_again)
{
	struct l_epoll_event got[4];
	struct pair p;

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN | L_EPOLLONESHOT, 1));
	ASSERT_EQ(1, n_sendto(p.c, "a", 1, 0, NULL, 0));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(1, n_sendto(p.c, "b", 1, 0, NULL, 0));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 20));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_MOD, p.s, L_EPOLLIN | L_EPOLLONESHOT, 2));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT_EQ(2, got[0].data);
	CLOSE_PAIR(p);
}

TEST(what_is_ready_already_is_told)
{
	struct l_epoll_event got[4];
	struct pair p;

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(1, n_sendto(p.c, "a", 1, 0, NULL, 0));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN | L_EPOLLOUT | L_EPOLLET | L_EPOLLONESHOT, 5));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, 0));
	ASSERT_EQ(L_EPOLLIN | L_EPOLLOUT, got[0].events);
	CLOSE_PAIR(p);
}

TEST(a_peer_that_goes_away_is_told)
{
	struct l_epoll_event got[4];
	struct pair p;

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN | L_EPOLLRDHUP, 5));
	ASSERT_EQ(0, w_fd_close(p.c));
	ASSERT_EQ(1, n_epoll_wait(p.ep, got, 4, -1));
	ASSERT(got[0].events & L_EPOLLRDHUP);
	CLOSE(p.ep, p.l, p.s);
}

TEST(a_listening_socket_is_watched)
{
	struct l_epoll_event got[4];
	uint16_t port;
	int ep = n_epoll_create(), l = listening(&port, L_SOCK_STREAM | L_O_NONBLOCK), c, s;

	ASSERT(ep > 2 && l > 2);
	ASSERT_EQ(0, ctl(ep, L_EPOLL_CTL_ADD, l, L_EPOLLIN | L_EPOLLET | L_EPOLLONESHOT, 1));
	ASSERT_EQ(0, connect_to(port, &c));
	ASSERT_EQ(1, n_epoll_wait(ep, got, 4, -1));
	s = n_accept4(l, NULL, NULL, 0);
	ASSERT(s > 2);
	ASSERT_EQ(0, n_epoll_ctl(ep, L_EPOLL_CTL_DEL, l, NULL));
	CLOSE(ep, l, c, s);
}

TEST(wrong_uses_of_epoll)
{
	struct l_epoll_event got[4], e = event_of(L_EPOLLIN, 0);
	struct pair p;
	int other = n_epoll_create();

	ASSERT(other > 2);
	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(-L_ENOENT, ctl(p.ep, L_EPOLL_CTL_MOD, p.s, L_EPOLLIN, 1));
	ASSERT_EQ(-L_ENOENT, n_epoll_ctl(p.ep, L_EPOLL_CTL_DEL, p.s, NULL));
	ASSERT_EQ(0, n_epoll_ctl(p.ep, L_EPOLL_CTL_ADD, p.s, &e));
	ASSERT_EQ(-L_EEXIST, n_epoll_ctl(p.ep, L_EPOLL_CTL_ADD, p.s, &e));
	ASSERT_EQ(-L_EFAULT, n_epoll_ctl(p.ep, L_EPOLL_CTL_MOD, p.s, BAD));
	ASSERT_EQ(-L_EINVAL, n_epoll_ctl(p.ep, 4, p.s, &e));
	ASSERT_EQ(-L_EINVAL, n_epoll_ctl(p.s, L_EPOLL_CTL_ADD, p.c, &e));
	ASSERT_EQ(-L_EINVAL, n_epoll_ctl(p.ep, L_EPOLL_CTL_ADD, p.ep, &e));
	ASSERT_EQ(-L_EBADF, n_epoll_ctl(p.ep, L_EPOLL_CTL_ADD, 99, &e));
	ASSERT_EQ(-L_EBADF, n_epoll_ctl(99, L_EPOLL_CTL_ADD, p.s, &e));
	ASSERT_EQ(-L_EINVAL, n_epoll_wait(p.s, got, 4, 0));
	ASSERT_EQ(-L_EINVAL, n_epoll_wait(p.ep, got, 0, 0));
	ASSERT_EQ(-L_EINVAL, n_epoll_wait(p.ep, got, -1, 0));
	ASSERT_EQ(-L_EFAULT, n_epoll_wait(p.ep, got, 100000000, 0));
	ASSERT_EQ(-L_EFAULT, n_epoll_wait(p.ep, BAD, 4, 0));
	CLOSE_PAIR(p);
	CLOSE(other);
}

TEST(a_closed_descriptor_is_watched_no_more)
{
	struct l_epoll_event got[4];
	struct pair p;
	uint32_t n;
	struct wasi_iovec in;
	char buf[4];

	ASSERT_EQ(0, open_pair(&p));
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN, 1));
	ASSERT_EQ(1, n_sendto(p.c, "a", 1, 0, NULL, 0));
	ASSERT_EQ(0, w_fd_close(p.s));
	ASSERT_EQ(0, n_epoll_wait(p.ep, got, 4, 0));
	/* and it is really closed: the peer sees it */
	in = (struct wasi_iovec){ (uintptr_t)buf, 4 };
	ASSERT(w_fd_read(p.c, &in, 1, &n) == WASI_ERRNO_CONNRESET || n == 0);
	CLOSE(p.ep, p.l, p.c);
}

TEST(a_timeout_is_kept)
{
	struct l_epoll_event got[1];
	uint64_t before, after;
	int ep = n_epoll_create();

	ASSERT(ep > 2);
	w_clock_time_get(WASI_CLOCKID_MONOTONIC, 0, &before);
	ASSERT_EQ(0, n_epoll_wait(ep, got, 1, 50));
	w_clock_time_get(WASI_CLOCKID_MONOTONIC, 0, &after);
	ASSERT(after - before >= 50000000);
	CLOSE(ep);
}

TEST(many_are_told_in_turn)
{
	struct l_epoll_event got[7];
	struct l_sockaddr_in addr = local(0);
	int ep = n_epoll_create(), fds[NR_MANY], i, n, told = 0;
	uint8_t seen[NR_MANY] = { 0 };

	ASSERT(ep > 2);
	for (i = 0; i < NR_MANY; i++) {
		fds[i] = n_socket(L_AF_INET, L_SOCK_DGRAM, 0);
		ASSERT(fds[i] > 2);
		ASSERT_EQ(0, n_bind(fds[i], &addr, sizeof(addr)));
		ASSERT_EQ(0, ctl(ep, L_EPOLL_CTL_ADD, fds[i], L_EPOLLOUT, i));
	}
	/* level-triggered, all ready, seven at a time: nobody is left out */
	for (i = 0; i < NR_MANY / 7 + 1; i++) {
		n = n_epoll_wait(ep, got, 7, 0);
		ASSERT_EQ(7, n);
		while (n--) {
			ASSERT(got[n].data < NR_MANY);
			told += !seen[got[n].data];
			seen[got[n].data] = 1;
		}
	}
	ASSERT_EQ(NR_MANY, told);
	/* closed with all its items */
	ASSERT_EQ(0, w_fd_close(ep));
	close_all(fds, NR_MANY);
}

TEST(a_semaphore)
{
	struct l_epoll_event got[1];
	uint64_t value = 0, two = 2;
	struct wasi_iovec v = { (uintptr_t)&value, 8 }, w = { (uintptr_t)&two, 8 };
	uint32_t n;
	int fd = n_eventfd_sem(2), ep = n_epoll_create();

	ASSERT(fd > 2 && ep > 2);
	ASSERT_EQ(0, n_fcntl(fd, 4, L_O_NONBLOCK));
	ASSERT_EQ(0, ctl(ep, L_EPOLL_CTL_ADD, fd, L_EPOLLIN, 9));
	ASSERT_EQ(1, n_epoll_wait(ep, got, 1, -1));
	ASSERT_EQ(0, w_fd_read(fd, &v, 1, &n));
	ASSERT_EQ(8, n);
	ASSERT_EQ(1, value);
	ASSERT_EQ(0, w_fd_read(fd, &v, 1, &n));
	ASSERT_EQ(WASI_ERRNO_AGAIN, w_fd_read(fd, &v, 1, &n));
	ASSERT_EQ(0, n_epoll_wait(ep, got, 1, 0));
	ASSERT_EQ(0, w_fd_write(fd, &w, 1, &n));
	ASSERT_EQ(8, n);
	ASSERT_EQ(1, n_epoll_wait(ep, got, 1, 0));
	v.len = 4;
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_read(fd, &v, 1, &n));
	two = ~0ull;
	ASSERT_EQ(WASI_ERRNO_INVAL, w_fd_write(fd, &w, 1, &n));
	CLOSE(fd, ep);
}

TEST(poll_oneoff_waits_for_an_epoll)
{
	struct wasi_subscription subs[2] = {
		{ .tag = WASI_EVENTTYPE_FD_READ, .userdata = 1 },
		{ .tag = WASI_EVENTTYPE_CLOCK, .userdata = 2,
		  .clock = { .id = WASI_CLOCKID_MONOTONIC, .timeout = 20000000 } },
	};
	struct wasi_event events[2];
	struct pair p;
	uint32_t n;

	ASSERT_EQ(0, open_pair(&p));
	subs[0].fd = p.ep;
	ASSERT_EQ(0, ctl(p.ep, L_EPOLL_CTL_ADD, p.s, L_EPOLLIN, 1));
	ASSERT_EQ(0, w_poll_oneoff(subs, events, 2, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(2, events[0].userdata);
	ASSERT_EQ(1, n_sendto(p.c, "a", 1, 0, NULL, 0));
	ASSERT_EQ(0, w_poll_oneoff(subs, events, 1, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(1, events[0].userdata);
	CLOSE_PAIR(p);
}

TEST_MAIN()
