/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of the network an app may use: rules as users write them (net_rules.c)
 *
 * Also compiled on the host, for the runner in user space and its tests.
 */
#ifndef WASI_NET_RULES_H
#define WASI_NET_RULES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "types.h"
#endif

#define WASI_NET_RULE_MAX	256	/* bytes of one rule, with NUL */
#define WASI_NET_NAME_MAX	108	/* of sockaddr_un */

enum wasi_net_use {
	WASI_NET_IN	= 1 << 0,	/* bind, and so to be reached there */
	WASI_NET_OUT	= 1 << 1,	/* connect, or send a datagram there */
};

enum wasi_net_proto {
	WASI_NET_TCP	= 1 << 0,
	WASI_NET_UDP	= 1 << 1,
	WASI_NET_UNIX	= 1 << 2,
};

/* An address: IPv4 as the IPv6 address it is mapped to, so that both are compared alike */
struct wasi_net_addr {
	u8 proto;		/* one of enum wasi_net_proto */
	u8 ip[16];
	u16 port;
	u8 name_len;		/* Unix: without a final NUL; an abstract name begins with NUL */
	char name[WASI_NET_NAME_MAX];
};

struct wasi_net_rule {
	u8 uses;		/* enum wasi_net_use */
	u8 protos;		/* enum wasi_net_proto */
	struct wasi_net_addr addr;
	u8 prefix;		/* bits of ip that count */
	u16 last_port;		/* ports are addr.port to this one */
	bool name_prefix;	/* addr.name is only the beginning */
};

/**
 * wasi_net_rule_parse() - Read a rule
 * @text: "all", or [in:|out:]tcp|udp:HOST:PORT, or [in:|out:]unix:NAME
 * @rule: set
 *
 * Return: 0; -EINVAL.
 */
int wasi_net_rule_parse(const char *text, struct wasi_net_rule *rule);

/**
 * wasi_net_addr_parse() - Read an address: tcp|udp:HOST:PORT, or unix:NAME; no patterns
 * @text: "tcp:127.0.0.1:80", "tcp:[::1]:80", "unix:/run/x", "unix:@x"; the host may be "*"
 * @addr: set
 * @ipv6: set: the host was written as an IPv6 address
 *
 * Return: 0; -EINVAL.
 */
int wasi_net_addr_parse(const char *text, struct wasi_net_addr *addr, bool *ipv6);

/* May an address be used so? An allow-list: no rule, no use. */
bool wasi_net_allows(const struct wasi_net_rule *rules, u32 nr, enum wasi_net_use use,
		     const struct wasi_net_addr *addr);
/* Is there any address of this kind that may be used? */
bool wasi_net_allows_any(const struct wasi_net_rule *rules, u32 nr, u8 proto);

/* An address in digits, of @len characters, into 4 or 16 bytes */
bool wasi_net_parse_ip(const char *text, size_t len, bool ipv6, u8 *ip);

#endif /* WASI_NET_RULES_H */
