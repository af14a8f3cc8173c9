# SPDX-License-Identifier: GPL-2.0
"""What the benchmarks share: folders, running commands, building, statistics.

Products are in build/bench/: <name>.native, .wasm, .ko and so on, made again when a
source or a compiler is newer. Results are in build/bench/<part>.json.
"""
import collections
import concurrent.futures
import datetime
import json
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('O', os.path.join(TOP, 'build'))
OUT = os.path.join(BUILD, 'bench')
WASM2KO = os.path.join(BUILD, 'bin', 'wasm2ko')
KWASM = os.path.join(BUILD, 'bin', 'kwasm')
CLANG = 'clang-19'
WASI = [CLANG, '--target=wasm32-wasi', '-O2']
NATIVE = [CLANG, '-O2', '-static']
WASM2C_RT = '/usr/share/wabt/wasm2c'


class Failed(Exception):
    """a command failed; says which and how"""


def relative(words):
    """a command as a user would type it at the top of the checkout"""
    home = os.path.expanduser('~')
    short = []
    for word in words:
        word = word.replace(TOP + '/', '').replace(home, '~')
        short.append("'%s'" % word if re.search(r'[ ()|*]', word) else word)
    return ' '.join(short)


def run(words, **kw):
    """standard output of a command; Failed with what it said otherwise"""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
    if done.returncode:
        raise Failed('%s: status %d\n%s' % (relative(words), done.returncode,
                                            (done.stderr or done.stdout)[-2000:]))
    return done.stdout


def measured(words, **kw):
    """run a command: seconds of CPU, seconds by the clock, peak memory in MB, of it and its children"""
    began = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **kw)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        raise Failed('%s: status %d\n%s' % (relative(words), status, said.decode()[-2000:]))
    return {'cpu': usage.ru_utime + usage.ru_stime, 'clock': time.monotonic() - began,
            'mb': usage.ru_maxrss / 1024}


def say(*what):
    print(*what, file=sys.stderr, flush=True)


def newer(target, sources):
    """is @target there and newer than all of @sources?"""
    if not os.path.exists(target):
        return False
    made = os.path.getmtime(target)
    return all(os.path.getmtime(s) <= made for s in sources if os.path.exists(s))


_locks = collections.defaultdict(threading.Lock)
_locks_lock = threading.Lock()


def lock_of(target):
    """held by whoever makes @target: several need the same module"""
    with _locks_lock:
        return _locks[target]


def make(target, sources, words, **kw):
    """run @words, which make @target, unless that is newer than @sources"""
    with lock_of(target):
        if not newer(target, sources):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                run(words, **kw)
            except Failed:
                if os.path.exists(target):
                    os.unlink(target)
                raise
    return target


def in_parallel(calls):
    """call all of @calls, begun in this order, on all processors: what each returns, or the Failed that it raises.
    For what is built before anything is measured."""
    def one(call):
        try:
            return call()
        except Failed as e:
            return e

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        try:
            return list(pool.map(one, calls))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def minutes(began):
    return '%.1f min' % ((time.monotonic() - began) / 60)


def geomean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def version(words, pattern=r'\d+(\.\d+)+'):
    try:
        found = re.search(pattern, subprocess.run(words, stdout=subprocess.PIPE, text=True,
                                                  stderr=subprocess.STDOUT).stdout)
        return found.group(0) if found else '?'
    except OSError:
        return None


def machine():
    """what a figure depends on besides the code"""
    cpu = 'unknown processor'
    with open('/proc/cpuinfo') as f:
        for line in f:
            if line.startswith('model name'):
                cpu = re.sub(r'\s+', ' ', line.split(':', 1)[1].strip())
            if line.startswith('model\t'):
                model = line.split(':', 1)[1].strip()
            if line.startswith('cpu family'):
                family = line.split(':', 1)[1].strip()
    commit = subprocess.run(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD'],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    return {
        'date': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC'),
        'cpu': '%s (family %s, model %s), %d cores' % (cpu, family, model, os.cpu_count()),
        'load': '%.1f' % os.getloadavg()[0],
        'system': os.uname().release,
        'commit': commit,
        'versions': {name: v for name, v in {
            'clang': version([CLANG, '--version']),
            'LLVM': version(['llvm-config-19', '--version']),
            'wasm2c': version(['wasm2c', '--version']),
            'node': version(['node', '--version']),
            'V8': version(['node', '-p', 'process.versions.v8'], r'[\d.]+'),
            'QEMU': version(['qemu-system-x86_64', '--version']),
        }.items() if v},
    }


def save(part, result):
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, part + '.json'), 'w') as f:
        json.dump(result, f, indent=1)


def load(part):
    try:
        with open(os.path.join(OUT, part + '.json')) as f:
            return json.load(f)
    except FileNotFoundError:
        return None


def source_of(package):
    """the folder of a Debian source package, fetched if need be"""
    return run([os.path.join(TOP, 'scripts', 'fetch-source'), package]).strip().splitlines()[-1]


def table(heads, rows):
    """aligned text: the first column to the left, others to the right; a row of None is a line"""
    rows = [[str(c) for c in r] if r else None for r in rows]
    widths = [max(len(r[i]) for r in [heads] + [r for r in rows if r]) for i in range(len(heads))]

    def line(cells):
        return '  '.join(c.ljust(w) if i == 0 else c.rjust(w)
                         for i, (c, w) in enumerate(zip(cells, widths))).rstrip()

    rule = '  '.join('-' * w for w in widths)
    return '\n'.join([line(heads), rule] + [line(r) if r else rule for r in rows])


def kernel_release(kernel):
    """its release, with modules and profile built"""
    release = run([os.path.join(TOP, 'scripts', 'kernel-info'), kernel, 'release']).strip()
    if not os.path.exists(os.path.join(BUILD, release, 'profile')):
        raise Failed('no modules for %s: make modules KERNEL=%s' % (release, kernel))
    return release


def plain_profile(kernel):
    """the profile of a kernel as it would be if built without mitigations"""
    path = os.path.join(BUILD, kernel_release(kernel), 'profile')
    plain = os.path.join(OUT, 'plain.profile')
    os.makedirs(OUT, exist_ok=True)
    with open(path) as f:
        text = f.read()
    text = re.sub(r'\b(RETPOLINE|RETHUNK|SLS|X86_KERNEL_IBT)=y', r'\1=n', text)
    if not os.path.exists(plain) or open(plain).read() != text:
        with open(plain, 'w') as f:
            f.write(text)
    return plain
