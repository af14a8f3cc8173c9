// SPDX-License-Identifier: GPL-2.0
/* sock_addr.c - see sock_addr.h */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/un.h>
#else
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#endif
#include "sock_addr.h"

#define SIN6_LEN_MIN	24	/* without a scope, as the kernel takes it */
#define UN_PATH		offsetof(struct sockaddr_un, sun_path)

int wasi_net_addr_of(struct wasi_net_addr *to, u8 proto, const struct sockaddr_storage *addr, int len)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_un *un = (const void *)addr;
	int name_len = len - (int)UN_PATH;

	memset(to, 0, sizeof(*to));
	to->proto = proto;
	if (len < (int)sizeof(addr->ss_family))
		return -EINVAL;
	if ((proto == WASI_NET_UNIX) != (addr->ss_family == AF_UNIX))
		return -EAFNOSUPPORT;
	switch (addr->ss_family) {
	case AF_INET:
		if (len < (int)sizeof(*in))
			return -EINVAL;
		to->port = ntohs(in->sin_port);
		memset(to->ip + 10, 0xff, 2);	/* ::ffff:a.b.c.d */
		memcpy(to->ip + 12, &in->sin_addr, sizeof(in->sin_addr));
		return 0;
	case AF_INET6:
		if (len < SIN6_LEN_MIN)
			return -EINVAL;
		to->port = ntohs(in6->sin6_port);
		memcpy(to->ip, &in6->sin6_addr, sizeof(to->ip));
		return 0;
	case AF_UNIX:
		if (name_len < 0 || name_len > (int)sizeof(un->sun_path))
			return -EINVAL;
		to->name_len = name_len;
		if (name_len && un->sun_path[0])
			to->name_len = strnlen(un->sun_path, name_len);
		memcpy(to->name, un->sun_path, to->name_len);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

int wasi_sockaddr_of(struct sockaddr_storage *to, const struct wasi_net_addr *addr, bool ipv6)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_un *un = (void *)to;

	memset(to, 0, sizeof(*to));
	if (addr->proto == WASI_NET_UNIX) {
		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, addr->name, addr->name_len);
		/* the name of a file has its NUL */
		return UN_PATH + addr->name_len + !!addr->name[0];
	}
	if (ipv6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(addr->port);
		memcpy(&in6->sin6_addr, addr->ip, sizeof(addr->ip));
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(addr->port);
	memcpy(&in->sin_addr, addr->ip + 12, sizeof(in->sin_addr));
	return sizeof(*in);
}

static int unix_sockaddr(struct sockaddr_un *un, const u8 *path)
{
	u32 len;

	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, EDGE_UNIX_PATH);
	len = strnlen(un->sun_path, EDGE_UNIX_PATH);
	if (len == EDGE_UNIX_PATH)
		return -ENAMETOOLONG;
	if (len)	/* of a file: with its NUL */
		return UN_PATH + len + 1;
	/* abstract: as long as others make it, who do not fill it up; all zero is no name */
	for (len = EDGE_UNIX_PATH; len && !un->sun_path[len - 1]; len--)
		;
	return UN_PATH + len;
}

int edge_sockaddr_of(struct sockaddr_storage *to, const void *from, u32 len, u32 port)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;
	struct edge_storage storage = {};

	memset(to, 0, sizeof(*to));
	switch (len) {
	case 4:
	case 16:
		storage.family = len == 4 ? EDGE_FAMILY_INET4 : EDGE_FAMILY_INET6;
		memcpy(storage.bytes, from, len);
		break;
	case EDGE_STORAGE_SIZE:
		memcpy(&storage, from, len);
		break;
	default:
		return -EINVAL;
	}
	if (storage.family == EDGE_FAMILY_UNIX)
		return unix_sockaddr((struct sockaddr_un *)to, storage.bytes);
	if (port > 0xffff)
		return -EINVAL;
	switch (storage.family) {
	case EDGE_FAMILY_INET4:
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, storage.bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	case EDGE_FAMILY_INET6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, storage.bytes, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	default:
		return -EINVAL;
	}
}

void edge_see(struct edge_seen *seen, const struct sockaddr_storage *addr, int len)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_un *un = (const void *)addr;
	int path_len = len - (int)UN_PATH;

	memset(seen, 0, sizeof(*seen));
	if (len < (int)sizeof(addr->ss_family))	/* a stream does not say */
		return;
	switch (addr->ss_family) {
	case AF_INET:
		seen->storage.family = EDGE_FAMILY_INET4;
		seen->size = sizeof(in->sin_addr);
		seen->port = ntohs(in->sin_port);
		memcpy(seen->storage.bytes, &in->sin_addr, seen->size);
		break;
	case AF_INET6:
		seen->storage.family = EDGE_FAMILY_INET6;
		seen->size = sizeof(in6->sin6_addr);
		seen->port = ntohs(in6->sin6_port);
		memcpy(seen->storage.bytes, &in6->sin6_addr, seen->size);
		break;
	case AF_UNIX:
		seen->storage.family = EDGE_FAMILY_UNIX;
		seen->size = EDGE_UNIX_PATH;
		if (path_len > 0)
			memcpy(seen->storage.bytes, un->sun_path,
			       path_len < (int)EDGE_UNIX_PATH ? path_len : (int)EDGE_UNIX_PATH);
		break;
	}
}

int edge_put(void *to, u32 len, const struct edge_seen *seen)
{
	if (len == EDGE_STORAGE_SIZE) {
		memcpy(to, &seen->storage, sizeof(seen->storage));
		return 0;
	}
	if (len < seen->size)
		return -EINVAL;
	memcpy(to, seen->storage.bytes, seen->size);
	return 0;
}
