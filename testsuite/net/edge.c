// SPDX-License-Identifier: GPL-2.0
/*
 * edge.c - WasmEdge's socket interface: each call, in both versions, in one process
 *
 * A connection to a listening socket of one's own needs nobody who accepts, so nothing here waits for
 * another process.
 */
#include "net.h"

#define BAD	0xfffffff0u		/* a guest address that is not in memory */

static uint8_t lo4[4] = { 127, 0, 0, 1 };
static uint8_t lo6[16] = { [15] = 1 };
static struct edge_address addr4, addr6, addr128;
static struct edge_storage storage;

static struct edge_address at(void *buf, uint32_t len)
{
	return (struct edge_address){ (uintptr_t)buf, len };
}

static struct wasi_iovec vec(const void *buf, uint32_t len)
{
	return (struct wasi_iovec){ (uintptr_t)buf, len };
}

__attribute__((constructor)) static void set_up(void)
{
	addr4 = at(lo4, 4);
	addr6 = at(lo6, 16);
	addr128 = at(&storage, sizeof(storage));
}

static void close_all(const uint32_t *fds, size_t nr)
{
	while (nr--)
		w_fd_close(fds[nr]);
}

#define CLOSE(...) close_all((uint32_t[]){ __VA_ARGS__ }, \
			     sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* A socket bound to a port that the system picks */
static uint32_t bound(uint32_t family, uint32_t type, uint32_t *fd, uint32_t *port)
{
	struct edge_address *addr = family == EDGE_FAMILY_INET6 ? &addr6 : &addr4;
	uint8_t seen[16];
	struct edge_address to = at(seen, 16);
	uint32_t err, kind;

	err = e_open(family, type, fd);
	if (!err)
		err = e_bind(*fd, addr, 0);
	return err ? err : e_local1(*fd, &to, &kind, port);
}

/* two ends of a TCP connection, and the listening socket */
static uint32_t connected(uint32_t family, uint32_t *listener, uint32_t *client, uint32_t *server)
{
	struct edge_address *addr = family == EDGE_FAMILY_INET6 ? &addr6 : &addr4;
	uint32_t port, err = bound(family, EDGE_TYPE_STREAM, listener, &port);

	if (!err)
		err = e_listen(*listener, 8);
	if (!err)
		err = e_open(family, EDGE_TYPE_STREAM, client);
	if (!err)
		err = e_connect(*client, addr, port);
	return err ? err : e_accept(*listener, server);
}

static void speak(uint32_t from, uint32_t to, const char *text)
{
	struct wasi_iovec out[2] = { vec(text, 2), vec(text + 2, strlen(text) - 2) }, in;
	char buf[64] = "";
	uint32_t n;
	uint16_t flags = 99;

	ASSERT_EQ(0, w_sock_send(from, out, 2, 0, &n));
	ASSERT_EQ(strlen(text), n);
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(0, w_sock_recv(to, &in, 1, WASI_RIFLAGS_PEEK, &n, &flags));
	ASSERT_EQ(strlen(text), n);
	ASSERT_EQ(0, flags);
	memset(buf, 0, sizeof(buf));
	ASSERT_EQ(0, w_fd_read(to, &in, 1, &n));
	ASSERT_EQ(strlen(text), n);
	ASSERT(!strcmp(buf, text));
}

TEST(tcp_over_ipv4)
{
	uint32_t l, c, s;

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET4, &l, &c, &s));
	speak(c, s, "from the client");
	speak(s, c, "from the server");
	CLOSE(l, c, s);
}

TEST(tcp_over_ipv6)
{
	uint32_t l, c, s;

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET6, &l, &c, &s));
	speak(c, s, "from the client");
	speak(s, c, "from the server");
	CLOSE(l, c, s);
}

TEST(a_socket_is_a_descriptor_of_its_type)
{
	struct wasi_fdstat st;
	uint32_t fd, dgram;

	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &dgram));
	ASSERT_EQ(0, w_fd_fdstat_get(fd, &st));
	ASSERT_EQ(WASI_FILETYPE_SOCKET_STREAM, st.filetype);
	ASSERT_EQ(0, w_fd_fdstat_get(dgram, &st));
	ASSERT_EQ(WASI_FILETYPE_SOCKET_DGRAM, st.filetype);
	ASSERT(st.rights_base & WASI_RIGHTS_POLL_FD_READWRITE);
	ASSERT_EQ(0, w_fd_close(fd));
	ASSERT_EQ(WASI_ERRNO_BADF, e_listen(fd, 1));
	CLOSE(dgram);
}

TEST(end_of_stream_reads_nothing)
{
	uint32_t l, c, s, n = 99;
	struct wasi_iovec in;
	char buf[4];

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET4, &l, &c, &s));
	ASSERT_EQ(0, w_sock_shutdown(c, WASI_SDFLAGS_WR));
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(0, w_fd_read(s, &in, 1, &n));
	ASSERT_EQ(0, n);
	CLOSE(l, c, s);
}

TEST(names_in_version_1)
{
	uint32_t l, c, s, type = 0, port = 0, other = 0;
	uint8_t seen[16];
	struct edge_address to = at(seen, 16);

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET4, &l, &c, &s));
	ASSERT_EQ(0, e_local1(c, &to, &type, &port));
	ASSERT_EQ(EDGE_TYPE_V1_INET4, type);
	ASSERT(!memcmp(seen, lo4, 4));
	ASSERT_EQ(0, e_peer1(s, &to, &type, &other));
	ASSERT_EQ(port, other);
	CLOSE(l, c, s);
	ASSERT_EQ(0, connected(EDGE_FAMILY_INET6, &l, &c, &s));
	ASSERT_EQ(0, e_peer1(c, &to, &type, &port));
	ASSERT_EQ(EDGE_TYPE_V1_INET6, type);
	ASSERT(!memcmp(seen, lo6, 16));
	ASSERT_EQ(0, e_local1(l, &to, &type, &other));
	ASSERT_EQ(port, other);
	CLOSE(l, c, s);
}

TEST(names_in_version_2)
{
	uint32_t l, c, s, port = 0, other = 0;

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET4, &l, &c, &s));
	ASSERT_EQ(0, e_local(c, &addr128, &port));
	ASSERT_EQ(EDGE_FAMILY_INET4, storage.family);
	ASSERT(!memcmp(storage.bytes, lo4, 4));
	ASSERT_EQ(0, e_peer(s, &addr128, &other));
	ASSERT_EQ(port, other);
	ASSERT_EQ(WASI_ERRNO_NOTCONN, e_peer(l, &addr128, &other));
	CLOSE(l, c, s);
}

TEST(version_2_calls_with_an_address_that_has_its_family)
{
	uint32_t l, c, s, port, n;
	struct wasi_iovec out = vec("twelve bytes", 12), in;
	char buf[16] = "";
	uint16_t flags;

	memset(&storage, 0, sizeof(storage));
	storage.family = EDGE_FAMILY_INET4;
	memcpy(storage.bytes, lo4, 4);
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &l));
	ASSERT_EQ(0, e_bind2(l, &addr128, 0));
	ASSERT_EQ(0, e_listen2(l, 3));
	ASSERT_EQ(0, e_local(l, &addr128, &port));
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(0, e_connect2(c, &addr128, port));
	ASSERT_EQ(0, e_accept2(l, WASI_FDFLAGS_NONBLOCK, &s));
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(WASI_ERRNO_AGAIN, e_recv2(s, &in, 1, 0, &n, &flags));
	ASSERT_EQ(0, e_send2(c, &out, 1, 0, &n));
	ASSERT_EQ(0, e_recv2(s, &in, 1, 0, &n, &flags));
	ASSERT_EQ(12, n);
	ASSERT(!strcmp(buf, "twelve bytes"));
	CLOSE(l, c, s);
}

TEST(a_socket_that_does_not_block_connects_later)
{
	uint32_t l, c, s, port, n, err;
	struct wasi_subscription sub = { .tag = WASI_EVENTTYPE_FD_WRITE };
	struct wasi_event event;
	int32_t value = 99;
	uint32_t len = sizeof(value);

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &l, &port));
	ASSERT_EQ(0, e_listen(l, 1));
	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(0, w_fd_fdstat_set_flags(c, WASI_FDFLAGS_NONBLOCK));
	err = e_connect(c, &addr4, port);
	ASSERT(err == WASI_ERRNO_INPROGRESS || !err);
	sub.fd = c;
	ASSERT_EQ(0, w_poll_oneoff(&sub, &event, 1, &n));
	ASSERT_EQ(1, n);
	ASSERT_EQ(0, event.error);
	ASSERT_EQ(0, e_getopt(c, EDGE_SOL_SOCKET, EDGE_SO_ERROR, &value, &len));
	ASSERT_EQ(0, value);
	ASSERT_EQ(0, e_accept(l, &s));
	speak(s, c, "done");
	ASSERT_EQ(0, w_fd_fdstat_set_flags(l, WASI_FDFLAGS_NONBLOCK));
	ASSERT_EQ(WASI_ERRNO_AGAIN, e_accept(l, &n));
	CLOSE(l, c, s);
}

TEST(a_port_that_nobody_listens_on_refuses)
{
	uint32_t fd, c, port, n;
	struct wasi_subscription sub = { .tag = WASI_EVENTTYPE_FD_WRITE };
	struct wasi_event event;
	int32_t value = 0;
	uint32_t len = sizeof(value);

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &fd, &port));
	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(WASI_ERRNO_CONNREFUSED, e_connect(c, &addr4, port));
	CLOSE(c);
	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(0, w_fd_fdstat_set_flags(c, WASI_FDFLAGS_NONBLOCK));
	if (e_connect(c, &addr4, port) == WASI_ERRNO_INPROGRESS) {
		sub.fd = c;
		ASSERT_EQ(0, w_poll_oneoff(&sub, &event, 1, &n));
		ASSERT_EQ(0, e_getopt(c, EDGE_SOL_SOCKET, EDGE_SO_ERROR, &value, &len));
		ASSERT_EQ(WASI_ERRNO_CONNREFUSED, value);
	}
	CLOSE(fd, c);
}

TEST(datagrams_in_version_1)
{
	uint32_t a, b, port_a, port_b, n;
	uint8_t seen[4] = { 0 };
	struct edge_address to = at(seen, 4);
	struct wasi_iovec out = vec("datagram", 8), in;
	char buf[6];
	uint16_t flags = 0;

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &a, &port_a));
	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &b, &port_b));
	ASSERT_EQ(0, e_send_to(a, &out, 1, &addr4, port_b, 0, &n));
	ASSERT_EQ(8, n);
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(0, e_recv_from1(b, &in, 1, &to, 0, &n, &flags));
	ASSERT_EQ(6, n);
	ASSERT_EQ(WASI_ROFLAGS_TRUNCATED, flags);
	ASSERT(!memcmp(seen, lo4, 4));
	ASSERT(!memcmp(buf, "datagr", 6));
	CLOSE(a, b);
}

TEST(datagrams_in_version_2)
{
	uint32_t a, b, port_a, port_b, n, port = 0;
	struct wasi_iovec out = vec("datagram", 8), in;
	char buf[16];
	uint16_t flags = 9;

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET6, EDGE_TYPE_DGRAM, &a, &port_a));
	ASSERT_EQ(0, bound(EDGE_FAMILY_INET6, EDGE_TYPE_DGRAM, &b, &port_b));
	ASSERT_EQ(0, e_send_to2(a, &out, 1, &addr6, port_b, 0, &n));
	in = vec(buf, sizeof(buf));
	memset(&storage, 0xff, sizeof(storage));
	ASSERT_EQ(0, e_recv_from(b, &in, 1, &addr128, WASI_RIFLAGS_PEEK, &port, &n, &flags));
	ASSERT_EQ(8, n);
	ASSERT_EQ(0, flags);
	ASSERT_EQ(EDGE_FAMILY_INET6, storage.family);
	ASSERT(!memcmp(storage.bytes, lo6, 16));
	ASSERT_EQ(port_a, port);
	/* and back to where it came from */
	ASSERT_EQ(0, e_send_to2(b, &out, 1, &addr128, port, 0, &n));
	ASSERT_EQ(0, e_recv_from(a, &in, 1, &addr128, 0, &port, &n, &flags));
	ASSERT_EQ(port_b, port);
	/* connected, it needs no address */
	ASSERT_EQ(0, e_connect(a, &addr6, port_b));
	ASSERT_EQ(0, w_fd_write(a, &out, 1, &n));
	ASSERT_EQ(0, e_recv_from(b, &in, 1, &addr128, 0, &port, &n, &flags));
	ASSERT_EQ(0, e_recv_from(b, &in, 1, &addr128, 0, &port, &n, &flags));
	CLOSE(a, b);
}

TEST(unix_sockets)
{
	uint32_t l, c, s, port = 7, type;

	memset(&storage, 0, sizeof(storage));
	storage.family = EDGE_FAMILY_UNIX;
	strcpy((char *)storage.bytes, "edge.sock");
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_STREAM, &l));
	ASSERT_EQ(0, e_bind2(l, &addr128, 0));
	ASSERT_EQ(0, e_listen2(l, 1));
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(0, e_connect2(c, &addr128, 0));
	ASSERT_EQ(0, e_accept2(l, 0, &s));
	speak(c, s, "over a file's name");
	memset(&storage, 0xff, sizeof(storage));
	ASSERT_EQ(0, e_peer(c, &addr128, &port));
	ASSERT_EQ(EDGE_FAMILY_UNIX, storage.family);
	ASSERT(!strcmp((char *)storage.bytes, "edge.sock"));
	ASSERT_EQ(0, port);
	ASSERT_EQ(WASI_ERRNO_AFNOSUPPORT, e_peer1(c, &addr128, &type, &port));
	CLOSE(c, s);
	/* a name that exists is not bound again */
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_STREAM, &c));
	ASSERT_EQ(WASI_ERRNO_ADDRINUSE, e_bind2(c, &addr128, 0));
	CLOSE(l, c);
	memset(storage.bytes, 'x', EDGE_UNIX_PATH);
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_DGRAM, &c));
	ASSERT_EQ(WASI_ERRNO_NAMETOOLONG, e_bind2(c, &addr128, 0));
	CLOSE(c);
}

TEST(abstract_unix_names)
{
	uint32_t a, b, n;
	struct wasi_iovec out = vec("abstract", 8), in;
	char buf[16];

	memset(&storage, 0, sizeof(storage));
	storage.family = EDGE_FAMILY_UNIX;
	strcpy((char *)storage.bytes + 1, "edge-test");
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_DGRAM, &a));
	ASSERT_EQ(0, e_bind2(a, &addr128, 0));
	ASSERT_EQ(0, e_open2(EDGE_FAMILY_UNIX, EDGE_TYPE_DGRAM, &b));
	ASSERT_EQ(0, e_send_to2(b, &out, 1, &addr128, 0, 0, &n));
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(0, w_fd_read(a, &in, 1, &n));
	ASSERT_EQ(8, n);
	CLOSE(a, b);
}

static uint32_t get_number(uint32_t fd, uint32_t option, int32_t *value)
{
	uint32_t len = sizeof(*value);

	*value = -1;
	return e_getopt(fd, EDGE_SOL_SOCKET, option, value, &len);
}

TEST(options_of_one_number)
{
	static const uint32_t flags[] = { EDGE_SO_REUSEADDR, EDGE_SO_DONTROUTE, EDGE_SO_BROADCAST,
					  EDGE_SO_KEEPALIVE, EDGE_SO_OOBINLINE };
	int32_t value, one = 1;
	uint32_t fd;
	size_t i;

	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &fd));
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		ASSERT_EQ(0, get_number(fd, flags[i], &value));
		ASSERT_EQ(0, value);
		ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, flags[i], &one, sizeof(one)));
		ASSERT_EQ(0, get_number(fd, flags[i], &value));
		ASSERT_EQ(1, value);
	}
	value = 70000;
	ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_RCVBUF, &value, sizeof(value)));
	ASSERT_EQ(0, get_number(fd, EDGE_SO_RCVBUF, &value));
	ASSERT_EQ(140000, value);	/* the kernel takes as much for itself */
	ASSERT_EQ(0, get_number(fd, EDGE_SO_SNDBUF, &value));
	ASSERT(value > 0);
	value = 5;
	ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_RCVLOWAT, &value, sizeof(value)));
	ASSERT_EQ(0, get_number(fd, EDGE_SO_RCVLOWAT, &value));
	ASSERT_EQ(5, value);
	CLOSE(fd);
}

TEST(options_that_can_only_be_read)
{
	uint32_t l, dgram, port;
	int32_t value, one = 1;

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &l, &port));
	ASSERT_EQ(0, get_number(l, EDGE_SO_TYPE, &value));
	ASSERT_EQ(EDGE_TYPE_STREAM, value);
	ASSERT_EQ(0, get_number(l, EDGE_SO_ACCEPTCONN, &value));
	ASSERT_EQ(0, value);
	ASSERT_EQ(0, e_listen(l, 1));
	ASSERT_EQ(0, get_number(l, EDGE_SO_ACCEPTCONN, &value));
	ASSERT_EQ(1, value);
	ASSERT_EQ(0, get_number(l, EDGE_SO_ERROR, &value));
	ASSERT_EQ(0, value);
	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET6, EDGE_TYPE_DGRAM, &dgram));
	ASSERT_EQ(0, get_number(dgram, EDGE_SO_TYPE, &value));
	ASSERT_EQ(EDGE_TYPE_DGRAM, value);
	ASSERT_EQ(WASI_ERRNO_NOPROTOOPT, e_setopt(l, EDGE_SOL_SOCKET, EDGE_SO_TYPE, &one, sizeof(one)));
	CLOSE(l, dgram);
}

TEST(options_that_are_structs)
{
	struct edge_linger linger = { 1, 7 };
	struct edge_timeval time = { 0, 40000 };
	uint32_t fd, n, len, port;
	struct wasi_iovec in;
	char buf[16];

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &fd, &port));
	ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_LINGER, &linger, sizeof(linger)));
	memset(&linger, 0, sizeof(linger));
	len = sizeof(linger);
	ASSERT_EQ(0, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_LINGER, &linger, &len));
	ASSERT_EQ(1, linger.onoff);
	ASSERT_EQ(7, linger.seconds);
	ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_RCVTIMEO, &time, sizeof(time)));
	ASSERT_EQ(0, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_SNDTIMEO, &time, sizeof(time)));
	memset(&time, 0, sizeof(time));
	len = sizeof(time);
	ASSERT_EQ(0, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_SNDTIMEO, &time, &len));
	ASSERT_EQ(sizeof(time), len);
	ASSERT_EQ(0, time.seconds);
	ASSERT_EQ(40000, time.microseconds);
	/* the time is over */
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(WASI_ERRNO_AGAIN, w_fd_read(fd, &in, 1, &n));
	len = sizeof(buf);
	ASSERT_EQ(0, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_BINDTODEVICE, buf, &len));
	ASSERT_EQ(0, len);
	CLOSE(fd);
}

TEST(wrong_options)
{
	uint32_t fd, len = 4;
	int32_t value = 1;

	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_getopt(fd, 1, EDGE_SO_REUSEADDR, &value, &len));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_setopt(fd, 6, 1, &value, sizeof(value)));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_getopt(fd, EDGE_SOL_SOCKET, 15, &value, &len));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_setopt(fd, EDGE_SOL_SOCKET, 0x7fffffff, &value, sizeof(value)));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, &value, 3));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_LINGER, &value, 4));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, (void *)BAD, 64));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_setopt(fd, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, &value, BAD));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_TYPE, &value, (void *)BAD));
	len = BAD;
	ASSERT_EQ(WASI_ERRNO_FAULT, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_TYPE, &value, &len));
	ASSERT_EQ(WASI_ERRNO_NOTSOCK, e_setopt(1, EDGE_SOL_SOCKET, EDGE_SO_REUSEADDR, &value, 4));
	/* a short buffer gets the beginning */
	len = 1;
	ASSERT_EQ(0, e_getopt(fd, EDGE_SOL_SOCKET, EDGE_SO_TYPE, &value, &len));
	ASSERT_EQ(1, len);
	CLOSE(fd);
}

TEST(families_and_types_that_do_not_exist)
{
	uint32_t fd;

	ASSERT_EQ(WASI_ERRNO_INVAL, e_open(EDGE_FAMILY_UNSPEC, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_open(4, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_open(0xffffffffu, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_ANY, &fd));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_open(EDGE_FAMILY_INET4, 3, &fd));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, (void *)BAD));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, (void *)0xfffffffeu));
}

TEST(addresses_that_are_none)
{
	struct edge_address a;
	uint32_t fd, l, c, s, port, type;

	ASSERT_EQ(0, e_open(EDGE_FAMILY_INET4, EDGE_TYPE_STREAM, &fd));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_bind(fd, (void *)BAD, 0));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_connect(fd, (void *)0xfffffffcu, 0));
	a = at(lo4, 5);
	ASSERT_EQ(WASI_ERRNO_INVAL, e_bind(fd, &a, 0));
	a = at(lo4, 0);
	ASSERT_EQ(WASI_ERRNO_INVAL, e_bind(fd, &a, 0));
	a = at((void *)BAD, 128);
	ASSERT_EQ(WASI_ERRNO_FAULT, e_bind(fd, &a, 0));
	a = at(lo4, 0xffffffffu);
	ASSERT_EQ(WASI_ERRNO_FAULT, e_connect(fd, &a, 80));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_bind(fd, &addr4, 65536));
	memset(&storage, 0xff, sizeof(storage));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_bind(fd, &addr128, 0));
	storage.family = EDGE_FAMILY_UNIX;
	memset(storage.bytes, 0, sizeof(storage.bytes));
	ASSERT_EQ(WASI_ERRNO_AFNOSUPPORT, e_bind(fd, &addr128, 0));
	CLOSE(fd);
	ASSERT_EQ(0, connected(EDGE_FAMILY_INET6, &l, &c, &s));
	a = at(lo4, 4);
	ASSERT_EQ(WASI_ERRNO_INVAL, e_local1(c, &a, &type, &port));	/* no room */
	ASSERT_EQ(WASI_ERRNO_FAULT, e_local1(c, &addr128, (void *)BAD, &port));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_local(c, &addr128, (void *)0xffffffffu));
	CLOSE(l, c, s);
}

TEST(vectors_that_are_none)
{
	uint32_t a, port, n, sent;
	uint16_t flags;
	struct wasi_iovec bad = { BAD, 64 }, good = vec("x", 1), in;
	char buf[8];

	ASSERT_EQ(0, bound(EDGE_FAMILY_INET4, EDGE_TYPE_DGRAM, &a, &port));
	ASSERT_EQ(0, w_fd_fdstat_set_flags(a, WASI_FDFLAGS_NONBLOCK));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_send_to(a, &bad, 1, &addr4, port, 0, &sent));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_send_to(a, (void *)BAD, 9, &addr4, port, 0, &sent));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_send_to(a, &good, 1025, &addr4, port, 0, &sent));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_send_to(a, &good, 1, &addr4, port, 1, &sent));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_send_to(a, &good, 1, &addr4, port, 0, (void *)BAD));
	in = vec(buf, sizeof(buf));
	ASSERT_EQ(WASI_ERRNO_AGAIN, e_recv_from(a, &in, 1, &addr128, 0, &port, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_INVAL, e_recv_from(a, &in, 1, &addr128, 4, &port, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_recv_from(a, &in, 1, &addr128, 0, (void *)BAD, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_recv_from(a, &in, 1, (void *)BAD, 0, &port, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_recv_from(a, &in, 1, &addr128, 0, &port, &n, (void *)0xffffffffu));
	ASSERT_EQ(WASI_ERRNO_NOTSOCK, e_recv_from(1, &in, 1, &addr128, 0, &port, &n, &flags));
	ASSERT_EQ(WASI_ERRNO_BADF, e_recv_from(77, &in, 1, &addr128, 0, &port, &n, &flags));
	CLOSE(a);
}

TEST(a_right_that_was_given_up_is_gone)
{
	uint32_t l, c, s, n;
	struct wasi_iovec out = vec("x", 1);

	ASSERT_EQ(0, connected(EDGE_FAMILY_INET4, &l, &c, &s));
	ASSERT_EQ(0, w_fd_fdstat_set_rights(c, WASI_RIGHTS_FD_READ, 0));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, w_sock_send(c, &out, 1, 0, &n));
	ASSERT_EQ(0, w_fd_fdstat_set_rights(l, 0, 0));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, e_accept(l, &n));
	ASSERT_EQ(WASI_ERRNO_NOTCAPABLE, e_listen(l, 1));
	CLOSE(l, c, s);
}

/* ---- names to addresses ---- */

#define MAX_RESULTS 4

static struct results {
	struct edge_addrinfo info[MAX_RESULTS];
	struct edge_sockaddr sa[MAX_RESULTS];
	uint8_t data[MAX_RESULTS][32];
	char name[MAX_RESULTS][64];
	uint32_t first, nr;
} res;

static uint32_t look_up(const char *node, const char *service, uint16_t flags, uint8_t family, uint8_t type)
{
	struct edge_addrinfo hints = { .flags = flags, .family = family, .socktype = type };
	uint32_t i;

	memset(&res, 0, sizeof(res));
	for (i = 0; i < MAX_RESULTS; i++) {
		res.info[i].addr = (uintptr_t)&res.sa[i];
		res.info[i].canonname = (uintptr_t)res.name[i];
		res.info[i].next = i + 1 < MAX_RESULTS ? (uintptr_t)&res.info[i + 1] : 0;
		res.sa[i].data = (uintptr_t)res.data[i];
	}
	res.first = (uintptr_t)&res.info[0];
	return e_getaddrinfo(node, strlen(node), service, strlen(service), &hints, &res.first, MAX_RESULTS,
			     &res.nr);
}

TEST(addresses_in_digits)
{
	ASSERT_EQ(0, look_up("10.1.2.3", "8080", 0, EDGE_FAMILY_UNSPEC, EDGE_TYPE_STREAM));
	ASSERT_EQ(1, res.nr);
	ASSERT_EQ(EDGE_FAMILY_INET4, res.info[0].family);
	ASSERT_EQ(EDGE_TYPE_STREAM, res.info[0].socktype);
	ASSERT_EQ(EDGE_PROTOCOL_TCP, res.info[0].protocol);
	ASSERT_EQ(16, res.info[0].addrlen);
	ASSERT_EQ(EDGE_FAMILY_INET4, res.sa[0].family);
	ASSERT_EQ(14, res.sa[0].data_len);
	ASSERT(!memcmp(res.data[0], "\x1f\x90\x0a\x01\x02\x03", 6));
	ASSERT_EQ(0, look_up("2001:db8::1", "53", EDGE_AI_CANONNAME, EDGE_FAMILY_INET6, EDGE_TYPE_DGRAM));
	ASSERT_EQ(1, res.nr);
	ASSERT_EQ(28, res.info[0].addrlen);
	ASSERT_EQ(26, res.sa[0].data_len);
	ASSERT(!memcmp(res.data[0], "\0\x35\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 22));
	ASSERT(!strcmp(res.name[0], "2001:db8::1"));
	ASSERT_EQ(11, res.info[0].canonname_len);
	/* every type that there is */
	ASSERT_EQ(0, look_up("10.1.2.3", "1", 0, EDGE_FAMILY_UNSPEC, EDGE_TYPE_ANY));
	ASSERT_EQ(2, res.nr);
	ASSERT_EQ(0, look_up("10.1.2.3", "1", EDGE_AI_V4MAPPED, EDGE_FAMILY_INET6, EDGE_TYPE_STREAM));
	ASSERT_EQ(1, res.nr);
	ASSERT(!memcmp(res.data[0] + 6, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16));
	ASSERT_EQ(EDGE_ERRNO_AIADDRFAMILY, look_up("10.1.2.3", "1", 0, EDGE_FAMILY_INET6, EDGE_TYPE_STREAM));
}

TEST(no_name_is_this_machine)
{
	ASSERT_EQ(0, look_up("", "80", EDGE_AI_PASSIVE, EDGE_FAMILY_INET4, EDGE_TYPE_STREAM));
	ASSERT(!memcmp(res.data[0], "\0\x50\0\0\0\0", 6));
	ASSERT_EQ(0, look_up("", "80", 0, EDGE_FAMILY_INET4, EDGE_TYPE_STREAM));
	ASSERT(!memcmp(res.data[0], "\0\x50\x7f\0\0\x01", 6));
	ASSERT_EQ(EDGE_ERRNO_AINONAME, look_up("", "", 0, EDGE_FAMILY_INET4, EDGE_TYPE_STREAM));
}

TEST(names_in_the_hosts_file)
{
	ASSERT_EQ(0, look_up("LocalHost", "80", EDGE_AI_CANONNAME, EDGE_FAMILY_INET4, EDGE_TYPE_STREAM));
	ASSERT_EQ(1, res.nr);
	ASSERT(!memcmp(res.data[0] + 2, lo4, 4));
	ASSERT(res.info[0].canonname_len >= 9);
	ASSERT_EQ(EDGE_ERRNO_AINONAME,
		  look_up("no.such.host.invalid", "80", 0, EDGE_FAMILY_UNSPEC, EDGE_TYPE_STREAM));
	ASSERT_EQ(EDGE_ERRNO_AINONAME,
		  look_up("localhost", "80", EDGE_AI_NUMERICHOST, EDGE_FAMILY_UNSPEC, EDGE_TYPE_STREAM));
}

TEST(wrong_questions)
{
	struct edge_addrinfo hints = { 0 };

	ASSERT_EQ(EDGE_ERRNO_AIBADFLAG, look_up("1.2.3.4", "1", 0x80, 0, 0));
	ASSERT_EQ(EDGE_ERRNO_AIFAMILY, look_up("1.2.3.4", "1", 0, 3, 0));
	ASSERT_EQ(EDGE_ERRNO_AISOCKTYPE, look_up("1.2.3.4", "1", 0, 0, 3));
	ASSERT_EQ(EDGE_ERRNO_AIMEMORY, e_getaddrinfo("1.2.3.4", 7, "1", 1, &hints, &res.first, 0, &res.nr));
	ASSERT_EQ(WASI_ERRNO_FAULT, e_getaddrinfo("1.2.3.4", 7, "1", 1, &hints, (void *)BAD, 1, &res.nr));
	ASSERT_EQ(WASI_ERRNO_FAULT,
		  e_getaddrinfo((void *)BAD, 99, "1", 1, &hints, &res.first, 1, &res.nr));
	ASSERT_EQ(EDGE_ERRNO_AINONAME,
		  e_getaddrinfo((void *)0, 60000, "1", 1, &hints, &res.first, 1, &res.nr));
	res.first = BAD;
	ASSERT_EQ(WASI_ERRNO_FAULT, e_getaddrinfo("1.2.3.4", 7, "1", 1, &hints, &res.first, 1, &res.nr));
	look_up("1.2.3.4", "1", 0, 0, EDGE_TYPE_STREAM);
	res.info[0].addr = BAD;
	ASSERT_EQ(WASI_ERRNO_FAULT, e_getaddrinfo("1.2.3.4", 7, "1", 1, &hints, &res.first, 1, &res.nr));
}

TEST_MAIN()
