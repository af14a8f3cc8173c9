# SPDX-License-Identifier: GPL-2.0
"""The same .ko in the kernel and in the user-space runner: instructions in the virtual machine."""
import os

import workloads
from benchlib import BUILD, HERE, KWASM, OUT, WASI, WASM2KO, Failed, kernel_release, machine, make, save, table
from vmlib import boot

SCRIPT = '''
insmod /modules/kwasm.ko && insmod /modules/kwasm_wasi.ko && insmod /apps/kernelside.ko run=0 || exit 1
sleep 2
echo runner
kwasm run --user /apps/kernelside.ko || exit 1
echo kernel
kwasm run kernelside || exit 1
'''


def main(opt):
    source = os.path.join(HERE, 'kernelside.c')
    wasm = make(os.path.join(OUT, 'kernelside.wasm'), [source],
                WASI + [source, '-o', os.path.join(OUT, 'kernelside.wasm')])
    profile = os.path.join(BUILD, kernel_release(opt.kernel), 'profile')
    ko = os.path.join(OUT, 'kernelside.ko')
    make(ko, [wasm, WASM2KO, profile], workloads.wasm2ko_command(wasm, ko, profile))
    out = boot(opt.kernel, 'kernelside', SCRIPT, [ko + ':/apps/'], [KWASM])
    seen, now = {'runner': {}, 'kernel': {}}, None
    for line in out.splitlines():
        if line in seen:
            now = seen[line]
        elif ': ' in line and now is not None:
            name, values = line.rsplit(': ', 1)
            now[name] = [int(v) for v in values.split()]
    if not seen['kernel'] or seen['kernel'].keys() != seen['runner'].keys():
        raise Failed('the virtual machine printed\n' + out[-2000:])
    rows = [{'name': n, 'runner': seen['runner'][n], 'kernel': seen['kernel'][n]} for n in seen['kernel']]
    result = {'machine': machine(), 'kernel': kernel_release(opt.kernel), 'rows': rows,
              'command': 'testsuite/bench/run kernelside --kernel=%s' % opt.kernel}
    save('kernelside', result)
    print(text(result))
    return result, False


def text(result):
    return table(['work', 'runner, least', 'kernel, least', 'ratio', 'runner, mean', 'kernel, mean', 'ratio'],
                 [[r['name']] + [cell for i in (0, 1) for cell in
                                 ('%d' % r['runner'][i], '%d' % r['kernel'][i],
                                  '%.3f' % (r['kernel'][i] / r['runner'][i]))] for r in result['rows']])
