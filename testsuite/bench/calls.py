# SPDX-License-Identifier: GPL-2.0
"""Host calls: instructions in the virtual machine, beside a native program's system calls.

Both do some work that is the same: what the kernel's own function takes that they call in the end. It is measured by a
kernel module (floor/), and what is beyond it is the overhead of either.
"""
import os
import shutil

import workloads
from benchlib import (BUILD, HERE, KWASM, NATIVE, OUT, TOP, WASI, WASM2KO, Failed, kernel_release, machine, make, run,
                      save, table)
from vmlib import boot

SCRIPT = '''
mkdir -p /tmp/w && cd /tmp/w || exit 1
dd if=/dev/zero of=file bs=4096 count=16 2>/dev/null
mkdir -p one/two many && cp file one/two/
i=0; while [ $i -lt 10000 ]; do : >many/entry$i; i=$((i+1)); done
mknod zero c 1 5 && mknod null c 1 3 && chmod 666 zero null
insmod /modules/kwasm.ko && insmod /modules/kwasm_wasi.ko && insmod /apps/calls.ko run=0 || exit 1
sleep 2
echo native
calls.native || exit 1
echo wasm
kwasm run --dir /tmp/w:. calls || exit 1
echo floor
insmod /apps/calls_floor.ko 2>/dev/null		# never stays
dmesg | sed -n 's/.*calls_floor: //p'
'''


def floor_module(kernel, release):
    """build floor/ for a kernel"""
    folder = os.path.join(OUT, 'floor-' + release)
    sources = [os.path.join(HERE, 'floor', name) for name in ('Kbuild', 'calls_floor.c')]
    os.makedirs(folder, exist_ok=True)
    for source in sources:
        shutil.copy2(source, folder)
    kdir = run([os.path.join(TOP, 'scripts', 'kernel-info'), kernel, 'kdir']).strip()
    return make(os.path.join(folder, 'calls_floor.ko'), sources, ['make', '-s', '-C', kdir, 'M=' + folder, 'modules'],
                env=dict(os.environ, MAKEFLAGS=''))


def main(opt):
    source = os.path.join(HERE, 'calls.c')
    native = make(os.path.join(OUT, 'calls.native'), [source], NATIVE + [source, '-o', os.path.join(OUT, 'calls.native')])
    wasm = make(os.path.join(OUT, 'calls.wasm'), [source], WASI + [source, '-o', os.path.join(OUT, 'calls.wasm')])
    profile = os.path.join(BUILD, kernel_release(opt.kernel), 'profile')
    ko = os.path.join(OUT, 'calls.ko')
    make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))
    floor = floor_module(opt.kernel, kernel_release(opt.kernel))
    out = boot(opt.kernel, 'calls', SCRIPT, [ko + ':/apps/', floor + ':/apps/'], [native, KWASM])
    seen, now = {'native': {}, 'wasm': {}, 'floor': {}}, None
    for line in out.splitlines():
        if line in seen:
            now = seen[line]
        elif ': ' in line and now is not None:
            name, value = line.rsplit(': ', 1)
            now[name] = float(value)
    if not seen['wasm'] or any(side.keys() != seen['native'].keys() for side in seen.values()):
        raise Failed('the virtual machine printed\n' + out[-2000:])
    loop = {side: seen[side].pop('(loop)') for side in seen}
    rows = [{'name': n, **{side: seen[side][n] - loop[side] for side in seen}} for n in seen['native']]
    result = {'machine': machine(), 'kernel': kernel_release(opt.kernel), 'rows': rows,
              'command': 'testsuite/bench/run calls --kernel=%s' % opt.kernel}
    save('calls', result)
    print(text(result))
    return result, False


def beyond(row):
    """overhead of the host call / of the system call, if the latter has one"""
    native, wasm = row['native'] - row['floor'], row['wasm'] - row['floor']
    return '%.2f' % (wasm / native) if native > 0 else '-'


def text(result):
    return table(['call', 'system call', 'host call', 'ratio', 'work of both', 'system call beyond', 'host call beyond', 'ratio'],
                 [[r['name'], '%.0f' % r['native'], '%.0f' % r['wasm'], '%.2f' % (r['wasm'] / r['native']),
                   '%.0f' % r['floor'], '%.0f' % (r['native'] - r['floor']), '%.0f' % (r['wasm'] - r['floor']), beyond(r)]
                  for r in result['rows']])
