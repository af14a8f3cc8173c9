# SPDX-License-Identifier: GPL-2.0
"""A virtual machine whose clock counts instructions: one CPU, a nanosecond for each."""
import os
import subprocess

from benchlib import BUILD, OUT, TOP, Failed, kernel_release, say

APPEND = 'nokaslr norandmaps tsc=reliable clocksource=tsc'


def boot(kernel, name, script, files=(), programs=(), mem='1G', timeout=400, kmods=()):
    """run @script in it: its standard output"""
    release = kernel_release(kernel)
    out = os.path.join(OUT, 'vm-' + name)
    path = os.path.join(OUT, name + '.sh')
    with open(path, 'w') as f:
        f.write(script)
    words = [os.path.join(TOP, 'testsuite', 'vm', 'run'), '--kernel', kernel, '--out', out, '--mem', mem,
             '--smp', '1', '--timeout', str(timeout), '--job-timeout', str(timeout), '--append', APPEND]
    for ko in ('kwasm.ko', 'kwasm_wasi.ko'):
        words += ['--file', os.path.join(BUILD, release, ko) + ':/modules/']
    for f in files:
        words += ['--file', f]
    for p in programs:
        words += ['--prog', p]
    for k in kmods:
        words += ['--kmod', k]
    say('booting', kernel, 'for', name)
    # not whatever is fastest, as for tests
    done = subprocess.run(words + [path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ, WASM2KO_ACCEL='counting'))
    if done.returncode:
        raise Failed('the virtual machine: status %d\n%s' % (done.returncode, done.stdout[-2000:]))
    with open(os.path.join(out, 'main', 'stdout')) as f:
        return f.read()
