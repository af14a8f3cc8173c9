# SPDX-License-Identifier: GPL-2.0
"""Host calls: instructions in the virtual machine, beside a native program's system calls."""
import os

import workloads
from benchlib import BUILD, HERE, KWASM, NATIVE, OUT, WASI, WASM2KO, Failed, kernel_release, machine, make, save, table
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
'''


def main(opt):
    source = os.path.join(HERE, 'calls.c')
    native = make(os.path.join(OUT, 'calls.native'), [source], NATIVE + [source, '-o', os.path.join(OUT, 'calls.native')])
    wasm = make(os.path.join(OUT, 'calls.wasm'), [source], WASI + [source, '-o', os.path.join(OUT, 'calls.wasm')])
    profile = os.path.join(BUILD, kernel_release(opt.kernel), 'profile')
    ko = os.path.join(OUT, 'calls.ko')
    make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))
    out = boot(opt.kernel, 'calls', SCRIPT, [ko + ':/apps/'], [native, KWASM])
    seen, now = {'native': {}, 'wasm': {}}, None
    for line in out.splitlines():
        if line in seen:
            now = seen[line]
        elif ': ' in line and now is not None:
            name, value = line.rsplit(': ', 1)
            now[name] = float(value)
    if not seen['wasm'] or seen['wasm'].keys() != seen['native'].keys():
        raise Failed('the virtual machine printed\n' + out[-2000:])
    loop = {side: seen[side].pop('(loop)') for side in seen}
    rows = [{'name': n, 'native': seen['native'][n] - loop['native'], 'wasm': seen['wasm'][n] - loop['wasm']}
            for n in seen['native']]
    result = {'machine': machine(), 'kernel': kernel_release(opt.kernel), 'rows': rows,
              'command': 'testsuite/bench/run calls --kernel=%s' % opt.kernel}
    save('calls', result)
    print(text(result))
    return result, False


def text(result):
    return table(['call', 'system call', 'host call', 'ratio'],
                 [[r['name'], '%.0f' % r['native'], '%.0f' % r['wasm'], '%.2f' % (r['wasm'] / r['native'])]
                  for r in result['rows']])
