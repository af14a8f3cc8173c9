# SPDX-License-Identifier: GPL-2.0
"""Compute: each workload natively, as a .ko in the user-space runner, and in the peers.

A round runs every engine on a workload, one after the other, on one pinned CPU; a ratio is
that of two times of the same round. Shown are medians of the rounds' ratios, and as spread
the distance between the quartiles of the ratios in percent of the median.
"""
import fnmatch
import functools
import os
import shutil
import statistics
import subprocess
import threading
import time

import workloads
from benchlib import (BUILD, HERE, KWASM, Failed, geomean, in_parallel, kernel_release, machine, minutes, plain_profile, relative,
                      save, say, table)

ENGINES = {
    'native': 'clang-19 -O2 -static',
    'kernel C': 'the same as kernels with retpolines compile C: -fno-jump-tables -fno-omit-frame-pointer -mno-red-zone',
    'wasm2ko': 'the .ko in the user-space runner, the bytes that the kernel loads',
    'plain': 'a .ko for the same kernel built without mitigations',
    'simd': 'wasm2ko, from wasm compiled with -msimd128',
    'wasm2c': "Debian's wasm2c, its C compiled by clang-19 -O2",
    'V8': 'node, TurboFan only (--no-liftoff)',
    'V8 simd': 'the same, from wasm compiled with -msimd128',
}
KERNEL_C = ['-fno-jump-tables', '-fno-omit-frame-pointer', '-mno-red-zone']


def engines_for(name, wanted):
    kind = workloads.kind_of(name)
    some = ['native']
    if kind != 'float':
        some += ['kernel C', 'plain']
    if name not in workloads.SIMD_ONLY:
        some += ['wasm2ko', 'wasm2c', 'V8']
    if kind == 'float':
        some += ['simd', 'V8 simd']
    return [e for e in ENGINES if e in some and (not wanted or e in wanted or e == 'native')]


def prepare(name, engine, profile, plain, flags):
    """the command that runs a workload in an engine, built"""
    say('building', name, 'for', engine)
    if engine == 'native':
        return [workloads.native(name)]
    if engine == 'kernel C':
        return [workloads.native(name, '.kernel-c', KERNEL_C)]
    if engine == 'plain':
        return [KWASM, 'run', '--user', workloads.ko(name, plain, 'plain', False, flags)]
    if engine in ('wasm2ko', 'simd'):
        return [KWASM, 'run', '--user', workloads.ko(name, profile, 'kernel', engine == 'simd', flags)]
    if engine == 'wasm2c':
        return [workloads.wasm2c(name)]
    return ['node', '--no-warnings', '--no-liftoff', os.path.join(HERE, 'peers', 'v8.mjs'),
            workloads.wasm(name, engine == 'V8 simd')]


def order(pair):
    """for prepare(): what needs no fetched source, and what is made of the module after that itself"""
    name, engine = pair
    return workloads.kind_of(name) == 'real', engine in ('wasm2ko', 'plain', 'simd', 'wasm2c')


def prepare_all(names, wanted, kernel, flags):
    """commands by workload and engine, in the order in which they are to be run; those that cannot be built"""
    have = {'wasm2c': shutil.which('wasm2c'), 'V8': shutil.which('node'), 'V8 simd': shutil.which('node')}
    pairs = [(name, engine) for name in names for engine in engines_for(name, wanted) if have.get(engine, True)]
    profile, plain = os.path.join(BUILD, kernel_release(kernel), 'profile'), plain_profile(kernel)
    began = time.monotonic()
    fetching = threading.Thread(target=workloads.fetch, args=(names,), daemon=True)
    fetching.start()
    todo = sorted(pairs, key=order)
    built = dict(zip(todo, in_parallel([functools.partial(prepare, name, engine, profile, plain, flags)
                                        for name, engine in todo])))
    fetching.join()
    say('built in', minutes(began))
    failed = [pair for pair in pairs if isinstance(built[pair], Failed)]
    for pair in failed:
        say(built[pair])
    return {pair: built[pair] for pair in pairs if pair not in failed}, failed


def run_once(words, cpu):
    done = subprocess.run(['taskset', '-c', str(cpu)] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)
    fields = done.stdout.split()
    if done.returncode or len(fields) != 2:
        raise Failed('%s: status %d, %s' % (relative(words), done.returncode,
                                            (done.stderr or done.stdout)[-300:].strip()))
    return fields[0], int(fields[1]) / 1e9


def main(opt):
    names = [n for n in workloads.all_names() if not opt.only or any(fnmatch.fnmatch(n, p) for p in opt.only)]
    flags = opt.wasm2ko_flags.split()
    commands, failed = prepare_all(names, opt.engines, opt.kernel, flags)
    times = {key: [] for key in commands}
    sums = {}
    began = time.monotonic()
    for turn in range(opt.rounds):
        say('round %d of %d, %d s' % (turn + 1, opt.rounds, time.monotonic() - began))
        for (name, engine), words in commands.items():
            if (name, engine) in failed:
                continue
            try:
                checksum, seconds = run_once(words, opt.cpu)
            except (Failed, subprocess.TimeoutExpired) as e:
                say(e)
                failed.append((name, engine))
                continue
            if checksum != sums.setdefault(name, checksum):
                say('%s: %s computes %s, not %s' % (name, engine, checksum, sums[name]))
                failed.append((name, engine))
            times[name, engine].append(seconds)
    rows = []
    for name in names:
        row = {'name': name, 'kind': workloads.kind_of(name), 'native': None, 'ratio': {}, 'spread': {},
               'command': {}}
        base = times.get((name, 'native'))
        if base:
            row['native'] = statistics.median(base)
        for engine in ENGINES:
            if (name, engine) not in commands:
                continue
            row['command'][engine] = 'taskset -c %d %s' % (opt.cpu, relative(commands[name, engine]))
            mine = times[name, engine]
            if (name, engine) in failed or not mine or not base or len(mine) != len(base):
                continue
            ratios = [a / b for a, b in zip(mine, base)]
            row['ratio'][engine] = statistics.median(ratios)
            if len(ratios) > 3:
                q = statistics.quantiles(ratios, n=4, method='inclusive')
                row['spread'][engine] = (q[2] - q[0]) / row['ratio'][engine]
        rows.append(row)
    result = {'machine': machine(), 'engines': ENGINES, 'rounds': opt.rounds, 'rows': rows,
              'command': 'testsuite/bench/run compute --rounds=%d' % opt.rounds,
              'failed': ['%s in %s' % f for f in failed]}
    if not opt.only and not opt.engines and not flags:
        save('compute', result)
    print(text(result))
    return result, bool(failed)


def geomeans(rows, engine):
    """by kind, of the workloads that @engine ran"""
    means = {}
    for kind in workloads.KINDS:
        some = [r['ratio'][engine] for r in rows if r['kind'] == kind and engine in r['ratio'] and
                r['name'] not in workloads.SIMD_ONLY]
        if some:
            means[kind] = geomean(some)
    return means


def text(result):
    rows, shown, last = [], [e for e in ENGINES if e != 'native'], None

    def cell(row, engine):
        return '%.2f' % row['ratio'][engine] if engine in row['ratio'] else '-'

    for row in result['rows']:
        if last and row['kind'] != last:
            rows.append(None)
        last = row['kind']
        spread = max(row['spread'].values(), default=None)
        rows.append([row['name'], '%.3f' % row['native'] if row['native'] else '-'] +
                    [cell(row, e) for e in shown] + ['%.1f%%' % (100 * spread) if spread is not None else '-'])
    rows.append(None)
    means = {e: geomeans(result['rows'], e) for e in shown}
    for kind in workloads.KINDS:
        if any(kind in means[e] for e in shown):
            rows.append(['geomean ' + kind, ''] +
                        ['%.2f' % means[e][kind] if kind in means[e] else '-' for e in shown] + [''])
    return table(['workload', 'native s'] + shown + ['spread'], rows)
