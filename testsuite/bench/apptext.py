# SPDX-License-Identifier: GPL-2.0
"""How much machine code a program's own functions are, without those of its C library.

What is compared must be the same functions on all sides: those of the program's sources that a
linker keeps, by the linkers' maps. Each counts up to the next one, so with what aligns it.

  native   sections of the program's objects (-ffunction-sections, --gc-sections) in a linked program
  wasm     the module is made once more, step by step: wasm-ld's map says which function comes
           from which object, wasm-opt's which index it has at last. The module must come out as
           the one that is measured, byte by byte. Engines' symbols then tell the index.
"""
import os
import re

import workloads
from benchlib import CLANG, NATIVE, WASI, Failed, run


def split(name):
    """flags and sources"""
    words = workloads.sources(name)
    return [w for w in words if not w.endswith('.c')], [w for w in words if w.endswith('.c')]


def compile_each(name, folder, words):
    flags, files = split(name)
    objects = []
    for i, source in enumerate(files):
        objects.append(os.path.join(folder, '%d.o' % i))
        run(words + ['-c', source, '-o', objects[-1]] + flags)
    return objects


def native_app_text(name, folder):
    """bytes"""
    objects = compile_each(name, folder, [CLANG, '-O2', '-ffunction-sections'])
    chart = os.path.join(folder, 'native.map')
    run(NATIVE + ['-Wl,--gc-sections', '-Wl,-Map=' + chart] + objects + ['-lm', '-o', os.path.join(folder, 'native')])
    with open(chart) as f:
        placed = f.read().split('Linker script and memory map')[1]
    total = 0
    # a long name of a section is on a line of its own
    for size, path in re.findall(r'^ \.text\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$', placed, re.M):
        if path in objects:
            total += (int(size, 16) + 15) & ~15
    return total


def own_functions(name, folder):
    """indices, in the module, of functions that are not a library's"""
    objects = compile_each(name, folder, WASI)
    raw, chart = os.path.join(folder, 'raw.wasm'), os.path.join(folder, 'wasm.map')
    symbols, out = os.path.join(folder, 'symbols'), os.path.join(folder, 'app.wasm')
    # clang calls wasm-opt if it is told to optimise
    run([CLANG, '--target=wasm32-wasi', '-Wl,-Map=' + chart] + objects + ['-lm', '-o', raw])
    run(['wasm-opt', raw, '-O2', '--symbolmap=' + symbols, '-o', out])
    with open(out, 'rb') as a, open(workloads.wasm(name), 'rb') as b:
        if a.read() != b.read():
            raise Failed('%s: made step by step, the module is another one' % name)
    with open(chart) as f:
        places = re.findall(r'^ +- +[0-9a-f]+ +[0-9a-f]+ {9}(\S+):\((.*)\)$', f.read(), re.M)
    own = {function for path, function in places if path in objects}
    library = {function for path, function in places} - own
    indices = set()
    with open(symbols) as f:
        for line in f:
            index, function = line.rstrip('\n').split(':', 1)
            # of functions of the same name all but one have a number behind it
            if function in own or function not in library and re.sub(r'_\d+$', '', function) in own:
                indices.add(int(index))
    return indices


def app_text(path, own, pattern):
    """bytes of an object's .text, of functions whose symbol matches @pattern with an index of @own"""
    size = 0
    for line in run(['size', '-A', path]).splitlines():
        fields = line.split()
        if fields and fields[0] == '.text':
            size = int(fields[1])
    symbols = set()
    for line in run(['nm', path]).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in 'tT' and not fields[2].startswith(('init_module', 'cleanup_module')):
            symbols.add((int(fields[0], 16), fields[2]))
    ordered = sorted(symbols)
    ends = [address for address, _ in ordered[1:]] + [size]
    total = 0
    for (address, symbol), end in zip(ordered, ends):
        found = re.fullmatch(pattern, symbol)
        if found and int(found.group(1)) in own:
            total += end - address
    return total
