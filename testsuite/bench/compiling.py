# SPDX-License-Identifier: GPL-2.0
"""Compile time, memory and size: wasm2ko beside wasm2c with clang, and native clang -O2.

Each from the same sources; CPU seconds with those of child processes. Text is machine
code: of wasm2ko the app's .text, of the others that of the objects without the runtime's. That
of wasm has the C library in it, so what is compared is the text of the program's own functions.
"""
import fnmatch
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time

import apptext
import workloads
from benchlib import (BUILD, CLANG, HERE, OUT, WASM2C_RT, Failed, in_parallel, kernel_release, machine, make, measured, minutes,
                      relative, run, save, say, table)

CASES = ['sqlite', 'lua', 'zstd']
# beside them, if WASM2KO_DATA has them: compiled by wasm2ko only, there is no source
DATA = ['sqlite340', 'php82']
# only if asked for by name: 20 MB, see large.py, into a table of its own; and what takes three minutes
LARGE = 'large'
BY_NAME = (LARGE, 'php82')
NOTE = """**text** all machine code: of wasm with what it uses of wasi-libc, of native objects as they are;
**own** that of the functions of the program's sources which a linker keeps, up to the next one, and that
**/ native** (`testsuite/bench/apptext.py`)."""


def text_of(paths):
    """bytes of .text of object files"""
    total = 0
    for line in run(['size', '-A'] + paths).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].startswith('.text'):
            total += int(fields[1])
    return total


def data_folder():
    beside = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))),
                          'shared')
    return os.environ.get('WASM2KO_DATA', beside)


def wasm2ko_rows(name, module, profile, own=None):
    for level in ('-O2', '-O0'):
        out = os.path.join(OUT, 'compile.ko')
        words = workloads.wasm2ko_command(module, out, profile, [level])
        say('wasm2ko', level, name)
        row = measured(words)
        row.update(name=name, tool='wasm2ko ' + level, text=text_of([out]), file=os.path.getsize(out),
                   input=os.path.getsize(module), command=relative(words),
                   own=own and apptext.app_text(out, own, r'wasm\.(\d+)'))
        yield row


def native_row(name, own):
    say('clang', name)
    sources = workloads.sources(name)
    flags = [s for s in sources if not s.endswith('.c')]
    files = [s for s in sources if s.endswith('.c')]
    row = {'cpu': 0, 'clock': 0, 'mb': 0}
    objects = []
    with tempfile.TemporaryDirectory() as folder:
        for i, f in enumerate(files):
            out = os.path.join(folder, '%d.o' % i)
            one = measured([CLANG, '-O2', '-c', f, '-o', out] + flags)
            row['cpu'] += one['cpu']
            row['clock'] += one['clock']
            row['mb'] = max(row['mb'], one['mb'])
            objects.append(out)
        row.update(text=text_of(objects), file=sum(os.path.getsize(o) for o in objects),
                   own=own)
    row.update(name=name, tool='clang -O2, native', input=sum(os.path.getsize(f) for f in files),
               command='%s -O2 -c, each source: testsuite/bench/workloads.py %s' % (CLANG, name))
    return row


def wasm2c_row(name, module, own):
    say('wasm2c', name)
    with tempfile.TemporaryDirectory() as folder:
        first, _ = workloads.wasm2c_commands(module, folder, os.path.join(folder, 'app'))
        out = os.path.join(folder, 'app.o')
        second = [CLANG, '-O2', '-c', '-w', '-I' + WASM2C_RT, os.path.join(folder, 'app.c'), '-o', out]
        a, b = measured(first), measured(second)
        return {'name': name, 'tool': 'wasm2c + clang -O2', 'cpu': a['cpu'] + b['cpu'],
                'clock': a['clock'] + b['clock'], 'mb': max(a['mb'], b['mb']), 'text': text_of([out]),
                'file': os.path.getsize(out), 'input': os.path.getsize(module),
                'own': apptext.app_text(out, own, r'w2c_f(\d+)'),
                'command': 'wasm2c %s -n app -o app.c && %s -O2 -c app.c' % (relative([module]), CLANG)}


def large_module():
    out = os.path.join(OUT, LARGE + '.wasm')
    script, module = os.path.join(HERE, LARGE + '.py'), workloads.wasm('sqlite')
    return make(out, [script, module], [sys.executable, script, module, '20', out])


def wanted(name, only):
    return any(fnmatch.fnmatch(name, pattern) for pattern in only) if only else name not in BY_NAME


def in_folder(function, name):
    """what @function makes of a workload, in a folder of its own"""
    say('preparing', name + ':', function.__name__)
    with tempfile.TemporaryDirectory() as folder:
        return function(name, folder)


def prepare(names):
    """modules, and what their own functions are, in wasm and natively: nothing of it is measured"""
    began = time.monotonic()
    functions = (apptext.own_functions, apptext.native_app_text)
    modules = in_parallel([functools.partial(workloads.wasm, name) for name in names])
    own = in_parallel([functools.partial(in_folder, function, name) for name in names for function in functions])
    if names:
        say('prepared in', minutes(began))
    return {name: (modules[i], *own[2 * i:2 * i + 2]) for i, name in enumerate(names)}


def source_rows(name, profile, prepared):
    for result in prepared[name]:
        if isinstance(result, Failed):
            raise result
    module, own, native_own = prepared[name]
    yield from wasm2ko_rows(name, module, profile, own)
    yield native_row(name, native_own)
    if shutil.which('wasm2c'):
        yield wasm2c_row(name, module, own)


def data_rows(name, profile, _):
    module = os.path.join(data_folder(), 'real', name, 'prog.wasm')
    if os.path.exists(module):
        yield from wasm2ko_rows(name, module, profile)
    else:
        say('no', module, '(skipped)')


def save_rows(part, rows, opt):
    result = {'machine': machine(), 'rows': rows,
              'command': 'testsuite/bench/run compile' + (' --only=' + ','.join(opt.only) if opt.only else '')}
    if part == LARGE or {r['name'] for r in rows} >= set(CASES):
        save(part, result)
    else:
        say('not saved: that takes', ', '.join(CASES))
    print(text(result))
    return result


def main(opt):
    profile = os.path.join(BUILD, kernel_release(opt.kernel), 'profile')
    rows, large, failed = [], [], False
    prepared = prepare([n for n in CASES if wanted(n, opt.only)])
    for names, make_rows in ((CASES, source_rows), (DATA, data_rows)):
        for name in [n for n in names if wanted(n, opt.only)]:
            try:
                rows += make_rows(name, profile, prepared)
            except Failed as e:
                say(e)
                failed = True
    if wanted(LARGE, opt.only):
        try:
            large += wasm2ko_rows(LARGE, large_module(), profile)
        except Failed as e:
            say(e)
            failed = True
    results = [save_rows(part, r, opt) for part, r in (('compile', rows), (LARGE, large)) if r]
    return results[0] if results else {}, failed


def text(result):
    native = {r['name']: r.get('own') for r in result['rows'] if r['tool'].endswith('native')}
    rows, last = [], None
    for r in result['rows']:
        if last and r['name'] != last:
            rows.append(None)
        last = r['name']
        rows.append([r['name'], r['tool'], '%.2f' % (r['input'] / 1e6), '%.1f' % r['cpu'], '%.1f' % r['clock'],
                     '%.0f' % r['mb'], '%.0f' % (r['text'] / 1e3),
                     '%.0f' % (r['own'] / 1e3) if r.get('own') else '-',
                     '%.2f' % (r['own'] / native[r['name']]) if r.get('own') and native.get(r['name']) else '-',
                     '%.0f' % (r['file'] / 1e3)])
    return table(['program', 'tool', 'input MB', 'CPU s', 'clock s', 'peak MB', 'text kB', 'own kB', '/ native', 'file kB'],
                 rows)
