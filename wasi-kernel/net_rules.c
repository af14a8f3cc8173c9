// SPDX-License-Identifier: GPL-2.0
/*
 * net_rules.c - what of the network an app may use
 *
 * A WASI program has no network of its own: as with directories, who runs it says what it may
 * reach. Without a rule that is nothing; each rule adds something:
 *
 *	all				everything
 *	tcp:127.0.0.1:8080		bind to this address, and connect to it
 *	in:tcp:*:8080			bind to port 8080 of any address (of IPv4 and IPv6)
 *	out:tcp:10.0.0.0/8:*		connect to any port in that network
 *	udp:[2001:db8::]/32:5000-5999	IPv6 addresses are in brackets
 *	unix:/run/app*			socket files whose names begin so
 *	unix:@bus			a name in the abstract namespace
 *
 * Rules come after the kernel's own: they can forbid what the process may do, and never
 * allow what it may not. What has a socket already - one that was passed, or a connection that was
 * accepted - needs no rule to use it.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/inet.h>
#include <linux/string.h>
#else
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#endif
#include "net_rules.h"

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };	/* ::ffff:0:0/96 */

bool wasi_net_parse_ip(const char *text, size_t len, bool ipv6, u8 *ip)
{
#ifdef __KERNEL__
	const char *end = NULL;

	if (!(ipv6 ? in6_pton(text, len, ip, -1, &end) : in4_pton(text, len, ip, -1, &end)))
		return false;
	return end == text + len;
#else
	char copy[64];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	return inet_pton(ipv6 ? AF_INET6 : AF_INET, copy, ip) == 1;
#endif
}

/* A decimal number up to @max; what comes behind it, NULL: none */
static const char *parse_number(const char *text, u32 max, u32 *value)
{
	const char *p = text;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		*value = *value * 10 + *p - '0';
		if (*value > max)
			return NULL;
	}
	return p == text ? NULL : p;
}

/* HOST[/PREFIX], which ends before the last colon; @prefix of an address without one is all of it */
static int parse_host(const char *text, size_t len, struct wasi_net_addr *addr, u8 *prefix,
		      bool *ipv6)
{
	const char *slash = memchr(text, '/', len), *rest;
	size_t digits = slash ? (size_t)(slash - text) : len;
	u32 bits;

	*ipv6 = false;
	*prefix = 0;
	if (len == 1 && *text == '*')
		return 0;
	*ipv6 = *text == '[';
	if (*ipv6) {
		if (digits < 2 || text[digits - 1] != ']')
			return -EINVAL;
		if (!wasi_net_parse_ip(text + 1, digits - 2, true, addr->ip))
			return -EINVAL;
	} else {
		memcpy(addr->ip, mapped, sizeof(mapped));
		if (!wasi_net_parse_ip(text, digits, false, addr->ip + sizeof(mapped)))
			return -EINVAL;
	}
	*prefix = 128;
	if (!slash)
		return 0;
	rest = parse_number(slash + 1, *ipv6 ? 128 : 32, &bits);
	if (rest != text + len)
		return -EINVAL;
	*prefix = *ipv6 ? bits : 96 + bits;
	return 0;
}

/* PORT, PORT-PORT or "*" */
static int parse_ports(const char *text, u16 *first, u16 *last)
{
	u32 value;

	*first = 0;
	*last = 0xffff;
	if (!strcmp(text, "*"))
		return 0;
	text = parse_number(text, 0xffff, &value);
	if (!text)
		return -EINVAL;
	*first = value;
	*last = value;
	if (*text == '-') {
		text = parse_number(text + 1, 0xffff, &value);
		if (!text)
			return -EINVAL;
		*last = value;
	}
	return *text || *last < *first ? -EINVAL : 0;
}

static int parse_name(const char *text, struct wasi_net_addr *addr)
{
	size_t len = strlen(text);

	if (!len || len >= sizeof(addr->name))
		return -EINVAL;
	memcpy(addr->name, text, len);
	addr->name_len = len;
	if (*text == '@')
		addr->name[0] = 0;
	return 0;
}

static bool skip(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len))
		return false;
	*text += len;
	return true;
}

/* Everything but the uses */
static int parse(const char *text, struct wasi_net_rule *rule, bool *ipv6)
{
	const char *colon;
	int err;

	*ipv6 = false;
	if (skip(&text, "unix:")) {
		rule->addr.proto = WASI_NET_UNIX;
		return parse_name(text, &rule->addr);
	}
	if (skip(&text, "tcp:"))
		rule->addr.proto = WASI_NET_TCP;
	else if (skip(&text, "udp:"))
		rule->addr.proto = WASI_NET_UDP;
	else
		return -EINVAL;
	colon = strrchr(text, ':');
	if (!colon)
		return -EINVAL;
	err = parse_host(text, colon - text, &rule->addr, &rule->prefix, ipv6);
	return err ? err : parse_ports(colon + 1, &rule->addr.port, &rule->last_port);
}

int wasi_net_rule_parse(const char *text, struct wasi_net_rule *rule)
{
	bool ipv6;
	int err;

	memset(rule, 0, sizeof(*rule));
	rule->uses = WASI_NET_IN | WASI_NET_OUT;
	if (!strcmp(text, "all")) {
		rule->protos = WASI_NET_TCP | WASI_NET_UDP | WASI_NET_UNIX;
		rule->last_port = 0xffff;
		rule->name_prefix = true;
		return 0;
	}
	if (skip(&text, "in:"))
		rule->uses = WASI_NET_IN;
	else if (skip(&text, "out:"))
		rule->uses = WASI_NET_OUT;
	err = parse(text, rule, &ipv6);
	if (err)
		return err;
	rule->protos = rule->addr.proto;
	if (rule->addr.name_len && rule->addr.name[rule->addr.name_len - 1] == '*') {
		rule->addr.name_len--;
		rule->name_prefix = true;
	}
	return 0;
}

int wasi_net_addr_parse(const char *text, struct wasi_net_addr *addr, bool *ipv6)
{
	struct wasi_net_rule rule = {};
	int err = parse(text, &rule, ipv6);

	if (err)
		return err;
	*addr = rule.addr;
	if (addr->proto == WASI_NET_UNIX)
		return 0;
	/* one port, and one address; "*" is that which stands for all */
	if (rule.last_port != addr->port)
		return -EINVAL;
	if (!rule.prefix)
		memcpy(addr->ip, mapped, sizeof(mapped));
	else if (rule.prefix != 128)
		return -EINVAL;
	return 0;
}

static bool same_network(const u8 *a, const u8 *b, u32 bits)
{
	u32 bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes))
		return false;
	return !rest || !((a[bytes] ^ b[bytes]) >> (8 - rest));
}

/* A name must not leave the directory that a rule names by going up in it */
static bool goes_up(const struct wasi_net_addr *addr)
{
	u32 i, start = 0;

	for (i = 0; i <= addr->name_len; i++) {
		if (i < addr->name_len && addr->name[i] != '/')
			continue;
		if (i - start == 2 && addr->name[start] == '.' && addr->name[start + 1] == '.')
			return true;
		start = i + 1;
	}
	return false;
}

static bool matches(const struct wasi_net_rule *rule, const struct wasi_net_addr *addr)
{
	if (addr->proto != WASI_NET_UNIX)
		return addr->port >= rule->addr.port && addr->port <= rule->last_port &&
		       same_network(rule->addr.ip, addr->ip, rule->prefix);
	if (addr->name_len < rule->addr.name_len ||
	    memcmp(addr->name, rule->addr.name, rule->addr.name_len))
		return false;
	if (!rule->name_prefix)
		return addr->name_len == rule->addr.name_len;
	return !rule->addr.name_len || !goes_up(addr);
}

bool wasi_net_allows(const struct wasi_net_rule *rules, u32 nr, enum wasi_net_use use,
		     const struct wasi_net_addr *addr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if ((rules[i].uses & use) && (rules[i].protos & addr->proto) &&
		    matches(&rules[i], addr))
			return true;
	return false;
}

bool wasi_net_allows_any(const struct wasi_net_rule *rules, u32 nr, u8 proto)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (rules[i].protos & proto)
			return true;
	return false;
}
