// SPDX-License-Identifier: GPL-2.0
/*
 * rules.c - network rules: what is one, and what they allow. Runs on the host.
 */
#include <stdio.h>
#include <string.h>

#include "net_rules.h"

static int failures;

static void check(const char *name, bool good)
{
	failures += !good;
	printf("%sok - %s\n", good ? "" : "not ", name);
}

/* Is @text a rule? */
static void is_rule(const char *text, bool expected)
{
	struct wasi_net_rule rule;
	char name[400];

	snprintf(name, sizeof(name), "'%s' is %s rule", text, expected ? "a" : "no");
	check(name, (wasi_net_rule_parse(text, &rule) == 0) == expected);
}

static void is_addr(const char *text, bool expected)
{
	struct wasi_net_addr addr;
	char name[400];
	bool ipv6;

	snprintf(name, sizeof(name), "'%s' is %s address", text, expected ? "an" : "no");
	check(name, (wasi_net_addr_parse(text, &addr, &ipv6) == 0) == expected);
}

/* Does @rule allow @use of @text? */
static void allows(const char *rule, enum wasi_net_use use, const char *text, bool expected)
{
	struct wasi_net_rule r;
	struct wasi_net_addr addr;
	char name[400];
	bool ipv6, good;

	snprintf(name, sizeof(name), "'%s' %s %s %s", rule, expected ? "allows" : "does not allow",
		 use == WASI_NET_IN ? "in" : "out", text);
	good = !wasi_net_rule_parse(rule, &r) && !wasi_net_addr_parse(text, &addr, &ipv6) &&
	       wasi_net_allows(&r, 1, use, &addr) == expected;
	check(name, good);
}

int main(void)
{
	static const char long_name[] =
		"unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567";
	struct wasi_net_rule rules[2];
	struct wasi_net_addr addr;
	bool ipv6;

	is_rule("all", true);
	is_rule("tcp:*:*", true);
	is_rule("in:tcp:127.0.0.1:80", true);
	is_rule("out:udp:10.0.0.0/8:1000-2000", true);
	is_rule("tcp:[::1]:443", true);
	is_rule("tcp:[2001:db8::]/32:*", true);
	is_rule("udp:[::ffff:10.0.0.1]:1", true);
	is_rule("unix:/run/x", true);
	is_rule("out:unix:@bus*", true);
	is_rule("unix:name:with:colons", true);
	is_rule("", false);
	is_rule("none", false);
	is_rule("al", false);
	is_rule("alles", false);
	is_rule("in:", false);
	is_rule("in:all", false);
	is_rule("in:out:tcp:*:1", false);
	is_rule("tcp", false);
	is_rule("tcp:", false);
	is_rule("tcp::", false);
	is_rule("tcp:*", false);
	is_rule("tcp:*:", false);
	is_rule("tcp::80", false);
	is_rule("sctp:*:80", false);
	is_rule("tcp:*:65536", false);
	is_rule("tcp:*:99999999999999999999", false);
	is_rule("tcp:*:-1", false);
	is_rule("tcp:*:2000-1000", false);
	is_rule("tcp:*:1-2-3", false);
	is_rule("tcp:*:80x", false);
	is_rule("tcp:**:80", false);
	is_rule("tcp:1.2.3:80", false);
	is_rule("tcp:1.2.3.4.5:80", false);
	is_rule("tcp:256.0.0.1:80", false);
	is_rule("tcp:10.0.0.0/33:80", false);
	is_rule("tcp:10.0.0.0/:80", false);
	is_rule("tcp:10.0.0.0/8/8:80", false);
	is_rule("tcp:::1:80", false);
	is_rule("tcp:[::1:80", false);
	is_rule("tcp:[]:80", false);
	is_rule("tcp:[::1]/129:80", false);
	is_rule("tcp:[1.2.3.4]:80", false);
	is_rule("tcp:localhost:80", false);
	is_rule("unix:", false);
	is_rule(long_name, false);

	is_addr("tcp:127.0.0.1:80", true);
	is_addr("tcp:*:0", true);
	is_addr("udp:[::]:53", true);
	is_addr("unix:@x", true);
	is_addr("tcp:*:*", false);
	is_addr("tcp:10.0.0.0/8:80", false);
	is_addr("tcp:*:1-2", false);
	is_addr("in:tcp:*:80", false);
	is_addr("all", false);

	allows("all", WASI_NET_IN, "tcp:*:80", true);
	allows("all", WASI_NET_OUT, "udp:[2001:db8::1]:80", true);
	allows("all", WASI_NET_IN, "unix:/any/../thing", true);
	allows("tcp:*:80", WASI_NET_IN, "tcp:10.1.2.3:80", true);
	allows("tcp:*:80", WASI_NET_OUT, "tcp:[::1]:80", true);
	allows("tcp:*:80", WASI_NET_OUT, "tcp:10.1.2.3:81", false);
	allows("tcp:*:80", WASI_NET_OUT, "udp:10.1.2.3:80", false);
	allows("in:tcp:*:80", WASI_NET_OUT, "tcp:10.1.2.3:80", false);
	allows("out:tcp:*:80", WASI_NET_IN, "tcp:10.1.2.3:80", false);
	allows("tcp:127.0.0.1:80", WASI_NET_IN, "tcp:127.0.0.1:80", true);
	allows("tcp:127.0.0.1:80", WASI_NET_IN, "tcp:*:80", false);
	allows("tcp:127.0.0.1:80", WASI_NET_OUT, "tcp:[::ffff:127.0.0.1]:80", true);
	allows("tcp:127.0.0.1:80", WASI_NET_OUT, "tcp:[::127.0.0.1]:80", false);
	allows("tcp:10.0.0.0/8:1-100", WASI_NET_OUT, "tcp:10.255.255.255:100", true);
	allows("tcp:10.0.0.0/8:1-100", WASI_NET_OUT, "tcp:11.0.0.0:1", false);
	allows("tcp:10.0.0.0/8:1-100", WASI_NET_OUT, "tcp:10.0.0.0:101", false);
	allows("tcp:10.0.0.0/8:1-100", WASI_NET_OUT, "tcp:[::a00:1]:1", false);
	allows("tcp:192.168.4.0/22:1", WASI_NET_OUT, "tcp:192.168.7.255:1", true);
	allows("tcp:192.168.4.0/22:1", WASI_NET_OUT, "tcp:192.168.8.0:1", false);
	allows("tcp:0.0.0.0/0:1", WASI_NET_OUT, "tcp:8.8.8.8:1", true);
	allows("tcp:0.0.0.0/0:1", WASI_NET_OUT, "tcp:[2001:db8::1]:1", false);
	allows("tcp:[2001:db8::]/33:1", WASI_NET_OUT, "tcp:[2001:db8:7fff::1]:1", true);
	allows("tcp:[2001:db8::]/33:1", WASI_NET_OUT, "tcp:[2001:db8:8000::1]:1", false);
	allows("tcp:[::]/0:1", WASI_NET_OUT, "tcp:1.2.3.4:1", true);
	allows("unix:/run/app", WASI_NET_IN, "unix:/run/app", true);
	allows("unix:/run/app", WASI_NET_IN, "unix:/run/app2", false);
	allows("unix:/run/app*", WASI_NET_IN, "unix:/run/app2", true);
	allows("unix:/run/app/*", WASI_NET_OUT, "unix:/run/app/a/b", true);
	allows("unix:/run/app/*", WASI_NET_OUT, "unix:/run/app/../x", false);
	allows("unix:/run/app/*", WASI_NET_OUT, "unix:/run/app/a/..", false);
	allows("unix:/run/app/*", WASI_NET_OUT, "unix:/run/app/..x", true);
	allows("unix:@bus", WASI_NET_IN, "unix:@bus", true);
	allows("unix:@bus", WASI_NET_IN, "unix:bus", false);
	allows("unix:bus", WASI_NET_IN, "unix:@bus", false);
	allows("unix:*", WASI_NET_IN, "unix:@bus", true);
	allows("tcp:*:*", WASI_NET_IN, "unix:/x", false);

	wasi_net_rule_parse("in:tcp:*:80", &rules[0]);
	wasi_net_rule_parse("out:udp:*:53", &rules[1]);
	wasi_net_addr_parse("udp:1.1.1.1:53", &addr, &ipv6);
	check("several rules add up", wasi_net_allows(rules, 2, WASI_NET_OUT, &addr));
	check("what one gives is not what another gives", !wasi_net_allows(rules, 2, WASI_NET_IN, &addr));
	check("no rule allows nothing", !wasi_net_allows(NULL, 0, WASI_NET_OUT, &addr));
	check("kinds are known", wasi_net_allows_any(rules, 2, WASI_NET_UDP) &&
	      !wasi_net_allows_any(rules, 2, WASI_NET_UNIX));
	return failures != 0;
}
