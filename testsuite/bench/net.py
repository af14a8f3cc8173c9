# SPDX-License-Identifier: GPL-2.0
"""Servers: the samples in the kernel beside their native epoll twins, in one virtual machine whose clock counts
instructions; over loopback, and between two network namespaces. Both are measured in turn, in several rounds, by the
same clients: the samples' own, which check every byte, and wrk."""
import fnmatch
import os
import statistics

import workloads
from benchlib import (BUILD, KWASM, OUT, TOP, WASM2KO, Failed, kernel_release, machine, make, run, save, table)
from vmlib import boot

# connections, bytes, how many, a connection for each
ECHO = [(1, 64, 1000, False), (16, 64, 2000, False), (256, 64, 4000, False),
        (1, 16384, 300, False), (16, 16384, 400, False), (1, 1 << 20, 12, False), (16, 1 << 20, 32, False),
        (1, 64, 200, True), (16, 64, 400, True), (256, 64, 800, True)]
HTTP = [(1, 1000, 1000, False), (16, 1000, 2000, False), (256, 1000, 4000, False),
        (1, 1 << 16, 200, False), (16, 1 << 16, 300, False), (1, 1 << 20, 16, False), (16, 1 << 20, 32, False),
        (1, 1000, 200, True), (16, 1000, 400, True), (256, 1000, 800, True), (16, 1 << 20, 32, True)]
ECHO_VETH = [(1, 64, 500, False), (16, 64, 1000, False), (16, 16384, 300, False), (16, 64, 300, True)]
HTTP_VETH = [(1, 1000, 500, False), (16, 1000, 1000, False), (16, 1 << 20, 24, False), (16, 1000, 300, True)]
# connections, bytes; for a second, which is a milliard instructions: in the first round only
WRK = [(64, 1000, 0, False)]
# protocol, path, rows, rounds
GROUPS = [('echo', 'loopback', ECHO, 3), ('http', 'loopback', HTTP, 3), ('wrk', 'loopback', WRK, 1),
          ('echo', 'veth', ECHO_VETH, 3), ('http', 'veth', HTTP_VETH, 3), ('wrk', 'veth', WRK, 1)]

# A server's own instructions are the time that its thread had the processor, softirqs of its sends included.
SCRIPT = '''
for i in kwasm kwasm_wasi kwasm_net; do insmod /modules/$i.ko || exit 1; done
echo 4096 >/proc/sys/net/core/somaxconn
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets	# connections in TIME_WAIT slow down later ones
mkdir /srv /srv/site
for i in 1000 65536 1048576; do head -c $i /dev/urandom >/srv/site/$i; done
pid_of() # app
{
	kwasm ps | awk '$2 == "'$1'" { print $4 }'
}
servers() # command before each, or none
{
	$1 insmod /apps/echo-server.ko daemon=1 net=all || exit 1
	$1 insmod /apps/http-server.ko daemon=1 net=all dirs=/srv/site:/ || exit 1
	$1 sh -c 'echo $$ >/tmp/echo; PORT=7008 exec echo-native' &
	$1 sh -c 'echo $$ >/tmp/http; PORT=8081 exec http-native /srv/site' &
	sleep 2
	echo_native=$(cat /tmp/echo) http_native=$(cat /tmp/http)
	echo_kernel=$(pid_of echo_server) http_kernel=$(pid_of http_server)
	[ -n "$echo_kernel" ] && [ -n "$http_kernel" ] || exit 1
}
no_servers()
{
	kill $echo_native $http_native
	rmmod echo_server http_server || exit 1
}
ns()
{
	/usr/local/bin/ip netns exec one "$@"
}
clients()
{
	/usr/local/bin/ip netns exec two "$@"
}
one() # group row server pid command
{
	name="$1 $2 $3" pid=$4
	shift 4
	before=$(cut -d ' ' -f 1 /proc/$pid/schedstat)
	$on "$@" >/tmp/seen || { cat /tmp/seen; exit 1; }
	after=$(cut -d ' ' -f 1 /proc/$pid/schedstat)
	echo "= $name $((after - before)) $(awk '/should be/ { n = $1 } /\\/s, / { r = $1 }
		/ requests in / { n = $1 } /^Requests\\/sec/ { r = $2 } END { print n, r }' /tmp/seen)"
}
'''
VETH = '''
ip=/usr/local/bin/ip
$ip netns add one && $ip netns add two || exit 1
$ip link add v1 netns one type veth peer name v2 netns two || exit 1
$ip -n one addr add 10.9.0.1/24 dev v1 && $ip -n one link set v1 up || exit 1
$ip -n two addr add 10.9.0.2/24 dev v2 && $ip -n two link set v2 up || exit 1
for i in one two; do $ip netns exec $i sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets; echo 4096 >/proc/sys/net/core/somaxconn'; done
servers ns
on=clients
'''


def command(protocol, where, server, row):
    """a client's, as the script's one() takes it, with the server's process"""
    conns, size, number, new = row
    address = '127.0.0.1' if where == 'loopback' else '10.9.0.1'
    options = '-c %d -n %d%s %s' % (conns, number, ' -w' if new else '', address)
    if protocol == 'echo':
        return '$echo_%s echo-load -s %d %s %d' % (server, size, options, 7007 if server == 'kernel' else 7008)
    port = 8080 if server == 'kernel' else 8081
    if protocol == 'http':
        return '$http_%s http-load %s %d /%d /srv/site/%d' % (server, options, port, size, size)
    return '$http_%s wrk -t 1 -c %d -d 1s http://%s:%d/%d' % (server, conns, address, port, size)


def row_name(protocol, where, row):
    """what --only matches, for instance echo/loopback/16/64 and http/veth/16/1000/new"""
    conns, size, _, new = row
    return '%s/%s/%d/%d%s' % (protocol, where, conns, size, '/new' if new else '')


def groups_of(patterns):
    """GROUPS with the rows that match, or all"""
    groups = [(protocol, where,
               [r for r in rows if not patterns or
                any(fnmatch.fnmatch(row_name(protocol, where, r), p) for p in patterns)], rounds)
              for protocol, where, rows, rounds in GROUPS]
    if not any(rows for _, _, rows, _ in groups):
        raise Failed('no row is called that: they are called like echo/loopback/16/64 and http/veth/16/1000/new')
    return groups


def script_of(groups):
    """all rounds on loopback, then all between the namespaces"""
    script = SCRIPT
    for where in ('loopback', 'veth'):
        if not any(rows for _, at, rows, _ in groups if at == where):
            continue
        script += 'servers\non=\n' if where == 'loopback' else VETH
        for i in range(max(rounds for _, _, _, rounds in groups)):
            for group, (protocol, at, rows, rounds) in enumerate(groups):
                for nr, row in enumerate(rows if at == where and i < rounds else []):
                    for server in ('kernel', 'native'):
                        script += 'one %d %d %s %s\n' % (group, nr, server, command(protocol, where, server, row))
        script += 'no_servers\n'
    return script


def main(opt):
    groups = groups_of(opt.only)
    release = kernel_release(opt.kernel)
    profile = os.path.join(BUILD, release, 'profile')
    files = [os.path.join(BUILD, release, 'kwasm_net.ko') + ':/modules/']
    programs = [KWASM, 'wrk', '/usr/sbin/ip:/usr/local/bin/ip']
    for name in ('echo', 'http'):
        run(['make', '-s', '-C', os.path.join(TOP, 'samples', name + '-server'), 'O=' + BUILD])
        sample = os.path.join(BUILD, 'samples', name + '-server')
        wasm, ko = os.path.join(sample, name + '-server.wasm'), os.path.join(OUT, name + '-server.ko')
        make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))
        files.append(ko + ':/apps/')
        programs += ['%s/%s:/usr/bin/%s-%s' % (sample, p, name, p) for p in ('native', 'load')]
    out = boot(opt.kernel, 'net', script_of(groups), files, programs, kmods=['veth'], timeout=3600)
    seen = {}
    for line in out.splitlines():
        if line.startswith('= '):
            _, group, nr, server, ns, number, rate = line.split()
            seen.setdefault((int(group), int(nr), server), []).append((float(ns) / float(number), float(rate)))
    rows = []
    for group, (protocol, where, group_rows, rounds) in enumerate(groups):
        for nr, (conns, size, _, new) in enumerate(group_rows):
            row = {'protocol': protocol, 'where': where, 'conns': conns, 'size': size, 'new': new}
            native, kernel = (seen.get((group, nr, server), []) for server in ('native', 'kernel'))
            if len(native) != rounds or len(kernel) != rounds:
                raise Failed('the virtual machine printed\n' + out[-2000:])
            for server, values in (('native', native), ('kernel', kernel)):
                row[server] = statistics.median(v[0] for v in values)
                row[server + '_rate'] = statistics.median(v[1] for v in values)
            row['ratio'] = statistics.median(n[0] / k[0] for n, k in zip(native, kernel))
            row['rate_ratio'] = statistics.median(k[1] / n[1] for n, k in zip(native, kernel))
            rows.append(row)
    result = {'machine': machine(), 'kernel': release, 'rows': rows,
              'command': 'testsuite/bench/run net --kernel=%s' % opt.kernel}
    if not opt.only:
        save('net', result)
    print(text(result))
    return result, False


def size_name(size):
    for unit, name in ((1 << 20, 'MiB'), (1 << 10, 'KiB')):
        if size >= unit:
            return '%d %s' % (size // unit, name)
    return '%d bytes' % size


TITLES = {'echo': 'echo, messages', 'http': 'HTTP, requests', 'wrk': 'HTTP, requests of wrk'}


def text(result):
    tables = []
    for protocol in ('echo', 'http', 'wrk'):
        for where, name in (('loopback', 'loopback'), ('veth', 'two namespaces')):
            if not any(r['protocol'] == protocol and r['where'] == where for r in result['rows']):
                continue
            tables.append(table(
                ['%s, %s' % (TITLES[protocol], name), 'native', 'kernel', 'ratio', '1/s native', 'kernel', 'ratio'],
                [['%d connection%s, %s%s' % (r['conns'], '' if r['conns'] == 1 else 's', size_name(r['size']),
                                             ', new for each' if r['new'] else ''),
                  '%.0f' % r['native'], '%.0f' % r['kernel'], '%.2f' % r['ratio'],
                  '%.0f' % r['native_rate'], '%.0f' % r['kernel_rate'], '%.2f' % r['rate_ratio']]
                 for r in result['rows'] if r['protocol'] == protocol and r['where'] == where]))
    return '\n\n'.join(tables)
