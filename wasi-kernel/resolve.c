// SPDX-License-Identifier: GPL-2.0
/*
 * resolve.c - WasmEdge's sock_getaddrinfo: addresses in digits, /etc/hosts, /etc/services
 *
 * As a libc does it for a native program, the runtime reads the two files below the caller's root, with its
 * credentials; the directories that the app may use do not matter. An app that may use no network gets only
 * what needs no file. Name servers are not asked.
 *
 * Results go into a list that the guest has made; IPv4 comes first, since it works everywhere.
 *
 * Also compiled on the host.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#include <strings.h>
#define barrier() __asm__ volatile("" ::: "memory")
#endif
#include "kwasm.h"
#include "errno.h"
#include "net_rules.h"
#include "resolve.h"
#include "sock_abi.h"

struct lookup {
	void *ctx;
	bool may_read;
	char node[RESOLVE_NAME_MAX];
	char service[RESOLVE_NAME_MAX];
	struct edge_addrinfo hints;
	char canonical[RESOLVE_NAME_MAX];
	u16 port[2];			/* for EDGE_PROTOCOL_TCP, _UDP */
	bool has_port[2];
	u32 nr;
	struct {
		u8 family;		/* enum edge_family */
		u8 ip[16];
	} addresses[RESOLVE_ADDRESSES_MAX];
};

static void add(struct lookup *l, u8 family, const void *ip)
{
	u32 size = family == EDGE_FAMILY_INET4 ? 4 : 16, i;

	for (i = 0; i < l->nr; i++)
		if (l->addresses[i].family == family && !memcmp(l->addresses[i].ip, ip, size))
			return;
	if (l->nr == RESOLVE_ADDRESSES_MAX)
		return;
	l->addresses[l->nr].family = family;
	memcpy(l->addresses[l->nr].ip, ip, size);
	l->nr++;
}

static bool add_literal(struct lookup *l, const char *text)
{
	u8 ip[16];

	if (wasi_net_parse_ip(text, strlen(text), false, ip))
		add(l, EDGE_FAMILY_INET4, ip);
	else if (wasi_net_parse_ip(text, strlen(text), true, ip))
		add(l, EDGE_FAMILY_INET6, ip);
	else
		return false;
	return true;
}

/* ---- the files ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line, NUL-terminated in place; NULL: no more */
static char *next_word(char **line)
{
	char *word = *line, *end;

	while (is_blank(*word))
		word++;
	if (!*word)
		return NULL;
	for (end = word; *end && !is_blank(*end); end++)
		;
	*line = *end ? end + 1 : end;
	*end = 0;
	return word;
}

/* A port number and nothing else */
static bool parse_port(const char *text, u16 *port)
{
	u32 value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + *text - '0';
		if (value > 0xffff)
			return false;
	}
	*port = value;
	return true;
}

/* Call @see for each line, without its comment; a file that is not there has none */
static int each_line(struct lookup *l, const char *path,
		     void (*see)(struct lookup *l, char *line))
{
	char *text, *line, *rest;
	int err = resolve_read(path, &text);

	if (err)
		return err;
	rest = text;
	while (rest && (line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#")] = 0;
		see(l, line);
	}
	resolve_free(text);
	return 0;
}

/* "127.0.0.1 localhost other": the first name is the canonical one */
static void see_host(struct lookup *l, char *line)
{
	char *ip = next_word(&line), *canonical = next_word(&line), *name;

	for (name = canonical; name; name = next_word(&line)) {
		if (strcasecmp(name, l->node))
			continue;
		if (add_literal(l, ip) && !l->canonical[0] && strlen(canonical) < sizeof(l->canonical))
			strcpy(l->canonical, canonical);
		return;
	}
}

/* "http 80/tcp www" */
static void see_service(struct lookup *l, char *line)
{
	char *name = next_word(&line), *number = next_word(&line), *slash;
	u16 port;
	int i;

	if (!number)
		return;
	slash = strchr(number, '/');
	if (!slash)
		return;
	*slash = 0;
	if (!parse_port(number, &port))
		return;
	if (!strcmp(slash + 1, "tcp"))
		i = 0;
	else if (!strcmp(slash + 1, "udp"))
		i = 1;
	else
		return;
	for (; name && !l->has_port[i]; name = next_word(&line)) {
		if (strcmp(name, l->service))
			continue;
		l->port[i] = port;
		l->has_port[i] = true;
	}
}

/* ---- the question ---- */

static int find_port(struct lookup *l)
{
	u16 port = 0;
	int err;

	if (!l->service[0] || parse_port(l->service, &port)) {
		l->port[0] = port;
		l->port[1] = port;
		l->has_port[0] = true;
		l->has_port[1] = true;
		return 0;
	}
	if ((l->service[0] >= '0' && l->service[0] <= '9') || l->hints.flags & EDGE_AI_NUMERICSERV)
		return EDGE_ERRNO_AINONAME;
	if (!l->may_read)
		return -WASI_ENOTCAPABLE;
	err = each_line(l, "/etc/services", see_service);
	if (err)
		return err;
	return l->has_port[0] || l->has_port[1] ? 0 : EDGE_ERRNO_AISERVICE;
}

static int find_addresses(struct lookup *l)
{
	static const u8 localhost4[4] = { 127, 0, 0, 1 }, localhost6[16] = { [15] = 1 }, any[16];
	bool passive = l->hints.flags & EDGE_AI_PASSIVE;
	int err;

	if (!l->node[0]) {
		add(l, EDGE_FAMILY_INET4, passive ? any : localhost4);
		add(l, EDGE_FAMILY_INET6, passive ? any : localhost6);
		return 0;
	}
	strcpy(l->canonical, l->node);
	if (add_literal(l, l->node))
		return 0;
	if (l->hints.flags & EDGE_AI_NUMERICHOST)
		return EDGE_ERRNO_AINONAME;
	if (!l->may_read)
		return -WASI_ENOTCAPABLE;
	l->canonical[0] = 0;
	err = each_line(l, "/etc/hosts", see_host);
	if (err)
		return err;
	return l->nr ? 0 : EDGE_ERRNO_AINONAME;
}

/* IPv6 was asked for, and IPv4 will do: ::ffff:a.b.c.d */
static void map_ipv4(struct lookup *l)
{
	bool has_ipv6 = false;
	u32 i;

	if (l->hints.family != EDGE_FAMILY_INET6 || !(l->hints.flags & EDGE_AI_V4MAPPED))
		return;
	for (i = 0; i < l->nr; i++)
		has_ipv6 |= l->addresses[i].family == EDGE_FAMILY_INET6;
	if (has_ipv6 && !(l->hints.flags & EDGE_AI_ALL))
		return;
	for (i = 0; i < l->nr; i++) {
		u8 *ip = l->addresses[i].ip;

		if (l->addresses[i].family == EDGE_FAMILY_INET6)
			continue;
		memcpy(ip + 12, ip, 4);
		memset(ip, 0, 10);
		memset(ip + 10, 0xff, 2);
		l->addresses[i].family = EDGE_FAMILY_INET6;
	}
}

static int check_hints(const struct edge_addrinfo *hints)
{
	if (hints->flags & ~EDGE_AI_FLAGS)
		return EDGE_ERRNO_AIBADFLAG;
	if (hints->family > EDGE_FAMILY_INET6)
		return EDGE_ERRNO_AIFAMILY;
	if (hints->socktype > EDGE_TYPE_STREAM || hints->protocol > EDGE_PROTOCOL_UDP)
		return EDGE_ERRNO_AISOCKTYPE;
	if (hints->socktype && hints->protocol &&
	    (hints->socktype == EDGE_TYPE_STREAM) != (hints->protocol == EDGE_PROTOCOL_TCP))
		return EDGE_ERRNO_AISOCKTYPE;
	return 0;
}

/* ---- the answer ---- */

/* The guest's list, as far as it has been filled */
struct list {
	u32 at;			/* of the next item, 0: no more */
	u32 room;		/* items left */
	u32 nr;
};

static int put_one(struct list *list, const struct lookup *l, u32 address, u8 protocol)
{
	bool ipv4 = l->addresses[address].family == EDGE_FAMILY_INET4;
	u32 data_len = ipv4 ? EDGE_SA_DATA_INET4 : EDGE_SA_DATA_INET6, name_len;
	u8 bytes[EDGE_SA_DATA_INET6] = { 0 }, *data;
	struct edge_addrinfo info, *item;
	struct edge_sockaddr sa, *sockaddr;
	char *name;

	item = kwasm_guest_ptr(l->ctx, list->at, sizeof(*item));
	if (!item)
		return -EFAULT;
	/* checked is this copy, whatever the guest's memory does meanwhile */
	memcpy(&info, item, sizeof(info));
	barrier();
	sockaddr = kwasm_guest_ptr(l->ctx, info.addr, sizeof(*sockaddr));
	if (!sockaddr)
		return -EFAULT;
	memcpy(&sa, sockaddr, sizeof(sa));
	barrier();
	data = kwasm_guest_ptr(l->ctx, sa.data, data_len);
	if (!data)
		return -EFAULT;

	bytes[0] = l->port[protocol == EDGE_PROTOCOL_UDP] >> 8;
	bytes[1] = l->port[protocol == EDGE_PROTOCOL_UDP] & 0xff;
	memcpy(bytes + (ipv4 ? 2 : 6), l->addresses[address].ip, ipv4 ? 4 : 16);
	memcpy(data, bytes, data_len);
	sa.family = l->addresses[address].family;
	sa.data_len = data_len;
	memcpy(sockaddr, &sa, sizeof(sa));

	info.flags = l->hints.flags;
	info.family = sa.family;
	info.socktype = protocol == EDGE_PROTOCOL_TCP ? EDGE_TYPE_STREAM : EDGE_TYPE_DGRAM;
	info.protocol = protocol;
	info.addrlen = sizeof(u16) + data_len;
	info.canonname_len = 0;
	if (!list->nr && l->hints.flags & EDGE_AI_CANONNAME) {
		name_len = strlen(l->canonical);
		name = kwasm_guest_ptr(l->ctx, info.canonname, name_len + 1);
		if (!name)
			return -EFAULT;
		memcpy(name, l->canonical, name_len + 1);
		info.canonname_len = name_len;
	}
	memcpy(item, &info, sizeof(info));
	list->at = info.next;
	list->room--;
	list->nr++;
	return 0;
}

static int put_all(struct list *list, const struct lookup *l, u8 family)
{
	u8 protocol;
	int err;
	u32 i;

	for (i = 0; i < l->nr; i++) {
		if (l->addresses[i].family != family)
			continue;
		for (protocol = EDGE_PROTOCOL_TCP; protocol <= EDGE_PROTOCOL_UDP; protocol++) {
			if (l->hints.protocol && l->hints.protocol != protocol)
				continue;
			if (l->hints.socktype && (l->hints.socktype == EDGE_TYPE_STREAM) !=
						 (protocol == EDGE_PROTOCOL_TCP))
				continue;
			if (!l->has_port[protocol == EDGE_PROTOCOL_UDP])
				continue;
			if (!list->room || !list->at)
				return 0;
			err = put_one(list, l, i, protocol);
			if (err)
				return err;
		}
	}
	return 0;
}

/* A string of the guest, which may or may not count its NUL */
static int get_name(struct lookup *l, u32 addr, u32 len, char *name)
{
	const char *from = kwasm_guest_ptr(l->ctx, addr, len);
	u32 i;

	if (!from)
		return -EFAULT;
	if (len > RESOLVE_NAME_MAX)
		return EDGE_ERRNO_AINONAME;
	memset(name, 0, RESOLVE_NAME_MAX);
	memcpy(name, from, len);
	if (len == RESOLVE_NAME_MAX && name[len - 1])
		return EDGE_ERRNO_AINONAME;
	/* NULs at the end only */
	for (i = strlen(name); i < len; i++)
		if (name[i])
			return EDGE_ERRNO_AINONAME;
	return 0;
}

static int lookup(struct lookup *l, struct list *list)
{
	bool ipv6 = l->hints.family != EDGE_FAMILY_INET4, ipv4 = l->hints.family != EDGE_FAMILY_INET6;
	int err;

	if (!l->node[0] && !l->service[0])
		return EDGE_ERRNO_AINONAME;
	err = check_hints(&l->hints);
	if (!err && l->hints.flags & EDGE_AI_CANONNAME && !l->node[0])
		err = EDGE_ERRNO_AIBADFLAG;
	if (!err)
		err = find_port(l);
	if (!err)
		err = find_addresses(l);
	if (err)
		return err;
	map_ipv4(l);
	if (ipv4)
		err = put_all(list, l, EDGE_FAMILY_INET4);
	if (!err && ipv6)
		err = put_all(list, l, EDGE_FAMILY_INET6);
	if (err)
		return err;
	/* there are some, but not of the family or for the protocol that was asked for */
	return list->nr ? 0 : EDGE_ERRNO_AIADDRFAMILY;
}

int resolve(void *ctx, bool may_read, u32 node, u32 node_len, u32 service, u32 service_len,
	    u32 hints, u32 res, u32 max, u32 nr_res)
{
	void *first = kwasm_guest_ptr(ctx, res, 4), *nr_out = kwasm_guest_ptr(ctx, nr_res, 4);
	const void *from = kwasm_guest_ptr(ctx, hints, sizeof(struct edge_addrinfo));
	struct list list = { .room = max };
	struct lookup *l;
	int err;

	if (!first || !nr_out || !from)
		return -EFAULT;
	if (!max)
		return EDGE_ERRNO_AIMEMORY;
	l = plat_zalloc(sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->ctx = ctx;
	l->may_read = may_read;
	memcpy(&l->hints, from, sizeof(l->hints));
	memcpy(&list.at, first, sizeof(list.at));
	err = get_name(l, node, node_len, l->node);
	if (!err)
		err = get_name(l, service, service_len, l->service);
	if (!err)
		err = lookup(l, &list);
	if (!err)
		memcpy(nr_out, &list.nr, sizeof(list.nr));
	plat_free(l);
	return err;
}
