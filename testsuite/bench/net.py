# SPDX-License-Identifier: GPL-2.0
"""Servers: the samples in the kernel beside their native epoll twins, over loopback, in one virtual machine
whose clock counts instructions. Both are measured in turn, in several rounds, by the same clients."""
import os
import statistics

import workloads
from benchlib import (BUILD, KWASM, OUT, TOP, WASM2KO, Failed, kernel_release, machine, make, run, save, table)
from vmlib import boot

# connections, bytes of a message, messages, a connection for each
ECHO = [(1, 64, 1000, False), (16, 64, 2000, False), (256, 64, 4000, False),
        (1, 16384, 300, False), (16, 16384, 400, False), (1, 1 << 20, 12, False), (16, 1 << 20, 32, False),
        (1, 64, 200, True), (16, 64, 400, True), (256, 64, 800, True)]
ROUNDS = 3

# A server's own instructions are the time that its thread had the processor, softirqs of its sends included.
SCRIPT = '''
for i in kwasm kwasm_wasi kwasm_net; do insmod /modules/$i.ko || exit 1; done
echo 4096 >/proc/sys/net/core/somaxconn
echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets	# connections in TIME_WAIT slow down later ones
insmod /apps/echo-server.ko daemon=1 net=all || exit 1
PORT=7008 native &
native=$!
sleep 2
kernel=$(kwasm ps | awk '$2 == "echo_server" { print $4 }')
one() # row round server pid port options
{
	before=$(cut -d ' ' -f 1 /proc/$4/schedstat)
	seen=$(load $6 127.0.0.1 $5) || exit 1
	after=$(cut -d ' ' -f 1 /proc/$4/schedstat)
	echo "= $1 $2 $3 $((after - before)) $(echo $seen | sed 's/.* should be \\([0-9.]*\\) messages.*/\\1/')"
}
'''


def main(opt):
    release = kernel_release(opt.kernel)
    run(['make', '-s', '-C', os.path.join(TOP, 'samples', 'echo-server'), 'O=' + BUILD])
    sample = os.path.join(BUILD, 'samples', 'echo-server')
    wasm, ko = os.path.join(sample, 'echo-server.wasm'), os.path.join(OUT, 'echo-server.ko')
    profile = os.path.join(BUILD, release, 'profile')
    make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))
    script = SCRIPT
    for i in range(ROUNDS):
        for nr, (conns, size, messages, new) in enumerate(ECHO):
            options = '-c %d -s %d -n %d%s' % (conns, size, messages, ' -w' if new else '')
            script += 'one %d %d kernel $kernel 7007 "%s"\n' % (nr, i, options)
            script += 'one %d %d native $native 7008 "%s"\n' % (nr, i, options)
    out = boot(opt.kernel, 'net', script + 'kill $native\nrmmod echo_server\n',
               [ko + ':/apps/', os.path.join(BUILD, release, 'kwasm_net.ko') + ':/modules/'],
               [os.path.join(sample, 'native'), os.path.join(sample, 'load'), KWASM], timeout=900)
    seen = {}
    for line in out.splitlines():
        if line.startswith('= '):
            _, nr, _, server, ns, rate = line.split()
            seen.setdefault((int(nr), server), []).append((float(ns) / ECHO[int(nr)][2], float(rate)))
    rows = []
    for nr, (conns, size, messages, new) in enumerate(ECHO):
        row = {'conns': conns, 'size': size, 'new': new}
        for server in ('native', 'kernel'):
            values = seen.get((nr, server), [])
            if len(values) != ROUNDS:
                raise Failed('the virtual machine printed\n' + out[-2000:])
            row[server] = statistics.median(v[0] for v in values)
            row[server + '_rate'] = statistics.median(v[1] for v in values)
        row['ratio'] = statistics.median(n[0] / k[0] for n, k in zip(seen[nr, 'native'], seen[nr, 'kernel']))
        row['rate_ratio'] = statistics.median(k[1] / n[1] for n, k in zip(seen[nr, 'native'], seen[nr, 'kernel']))
        rows.append(row)
    result = {'machine': machine(), 'kernel': release, 'rows': rows,
              'command': 'testsuite/bench/run net --kernel=%s' % opt.kernel}
    save('net', result)
    print(text(result))
    return result, False


def size_name(size):
    for unit, name in ((1 << 20, 'MiB'), (1 << 10, 'KiB')):
        if size >= unit:
            return '%d %s' % (size // unit, name)
    return '%d bytes' % size


def text(result):
    return table(['echo', 'native server', 'in the kernel', 'ratio', 'messages/s, native', 'in the kernel', 'ratio'],
                 [['%d connection%s, %s%s' % (r['conns'], '' if r['conns'] == 1 else 's', size_name(r['size']),
                                              ', new for each' if r['new'] else ''),
                   '%.0f' % r['native'], '%.0f' % r['kernel'], '%.2f' % r['ratio'],
                   '%.0f' % r['native_rate'], '%.0f' % r['kernel_rate'], '%.2f' % r['rate_ratio']]
                  for r in result['rows']])
