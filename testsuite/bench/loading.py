# SPDX-License-Identifier: GPL-2.0
"""Loading: insmod, instances, calls from outside; instructions in the virtual machine."""
import os
import re

import workloads
from benchlib import (BUILD, CLANG, HERE, KWASM, NATIVE, OUT, TOP, WASM2KO, Failed, kernel_release, machine,
                      make, save, table)
from vmlib import boot

# app, instances alive at once, export to call
APPS = [('small', 1000, 'call'), ('float', 20, 'call'), ('data', 20, 'call'), ('sqlite', 1000, '')]


def build(name, profile):
    folder = os.path.join(OUT, 'load')
    wasm = os.path.join(folder, name + '.wasm')
    ko = os.path.join(folder, name + '.ko')
    os.makedirs(folder, exist_ok=True)
    if name == 'sqlite':
        wasm = workloads.wasm(name)
    elif name == 'data':
        source = os.path.join(HERE, 'load', 'data.c')
        make(wasm, [source], [CLANG, '--target=wasm32', '-O2', '-nostdlib', '-Wl,--no-entry', source, '-o', wasm])
    else:
        source = os.path.join(HERE, 'load', name + '.wat')
        make(wasm, [source], ['wat2wasm', source, '-o', wasm])
    return make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))


def main(opt):
    profile = os.path.join(BUILD, kernel_release(opt.kernel), 'profile')
    source = os.path.join(HERE, 'load.c')
    native = make(os.path.join(OUT, 'load.native'), [source], NATIVE + [
        '-I' + os.path.join(TOP, 'kruntime', 'include'), source, '-o', os.path.join(OUT, 'load.native')])
    kos = {name: build(name, profile) for name, _, _ in APPS}
    script = 'insmod /modules/kwasm.ko && insmod /modules/kwasm_wasi.ko || exit 1\nsleep 2\n'
    for name, nr, export in APPS:
        script += 'echo == %s\nload.native /apps/%s.ko %d %s || exit 1\n' % (name, name, nr, export)
    out = boot(opt.kernel, 'load', script, [ko + ':/apps/' for ko in kos.values()], [native], mem='3G')
    rows, now = [], None
    for line in out.splitlines():
        if line.startswith('== '):
            now = {'name': line[3:], 'file': os.path.getsize(kos[line[3:]]), 'alive': []}
            rows.append(now)
        elif now is not None:
            m = re.match(r'of the first (\d+), each: (\d+) ns, ([-\d.]+) KiB', line)
            if m:
                now['alive'].append([int(m.group(1)), int(m.group(2)), float(m.group(3))])
                continue
            m = re.match(r'(.*): (\d+)( KiB)?$', line)
            if m:
                now[re.sub(r' of \d+, each', ' each', m.group(1))] = int(m.group(2))
    if len(rows) != len(APPS) or 'unload' not in rows[-1]:
        raise Failed('the virtual machine printed\n' + out[-2000:])
    result = {'machine': machine(), 'kernel': kernel_release(opt.kernel), 'rows': rows,
              'command': 'testsuite/bench/run load --kernel=%s' % opt.kernel}
    save('load', result)
    print(text(result))
    return result, False


def text(result):
    def k(row, key):
        return '%.1f' % (row[key] / 1000) if key in row else '-'

    first = table(['app', 'file kB', 'load', 'instantiate', 'first call', 'second call', 'drop', 'unload'],
                  [[r['name'], '%.0f' % (r['file'] / 1e3)] +
                   [k(r, key) for key in ('load', 'instantiate', 'first call', 'second call', 'drop', 'unload')]
                   for r in result['rows']])
    second = table(['app', 'alive', 'instantiate, each', 'KiB, each', 'not given back KiB'],
                   [[r['name'], str(nr), '%.1f' % (ns / 1000), '%.1f' % kib, r.get('not given back', '-')]
                    for r in result['rows'] for nr, ns, kib in r['alive']])
    return '\n\n'.join(filter(None, (first, second, call_text(result))))


def call_text(result):
    """a call from outside, in its parts"""
    apps = {r['name']: r for r in result['rows']}
    if 'nothing' not in apps.get('small', {}) or 'float' not in apps:
        return ''
    nothing, call, fpu = (apps[a][k] for a, k in (('small', 'nothing'), ('small', 'second call'), ('float', 'second call')))
    return table(['a call from outside', 'instructions'],
                 [['the system call: an ioctl that does nothing', str(nothing)],
                  ['looking up the function, entering guest code, leaving it', str(call - nothing)],
                  ['the FPU region, if the app uses vectors or floats', str(fpu - call)]])
