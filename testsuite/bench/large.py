#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A large module: the functions of another, many times over.

  large.py IN.wasm MEGABYTES OUT.wasm

Copies call what the originals call. Each is exported, so that a compiler must keep it.
"""
import sys

FUNCTION, EXPORT, CODE = 3, 7, 10


def leb(n):
    out = b''
    while True:
        byte = n & 0x7f
        n >>= 7
        if not n:
            return out + bytes([byte])
        out += bytes([byte | 0x80])


def read_leb(b, at):
    result = shift = 0
    while True:
        result |= (b[at] & 0x7f) << shift
        shift += 7
        at += 1
        if b[at - 1] < 0x80:
            return result, at


def sections(b):
    at = 8
    while at < len(b):
        size, start = read_leb(b, at + 1)
        yield b[at], b[start:start + size]
        at = start + size


def imported_functions(content):
    """how many: they come first in the index space"""
    nr, at = read_leb(content, 0)
    functions = 0
    for _ in range(nr):
        for _ in range(2):
            size, at = read_leb(content, at)
            at += size
        kind = content[at]
        at += 1
        if kind == 0:
            _, at = read_leb(content, at)
            functions += 1
        elif kind == 3:
            at += 2
        else:
            at += kind == 1
            flags = content[at]
            at += 1
            for _ in range(1 + (flags & 1)):
                _, at = read_leb(content, at)
    return functions


def main():
    module, size, out = open(sys.argv[1], 'rb').read(), float(sys.argv[2]) * 1e6, sys.argv[3]
    parts = dict(sections(module))
    functions, at = read_leb(parts[FUNCTION], 0)
    types = parts[FUNCTION][at:]
    _, at = read_leb(parts[CODE], 0)
    bodies = parts[CODE][at:]
    exports, at = read_leb(parts[EXPORT], 0)
    old_exports = parts[EXPORT][at:]
    copies = max(1, round(size / len(bodies)))
    first = imported_functions(parts.get(2, b'\0'))
    extra = b''.join(leb(len(name)) + name + b'\0' + leb(first + i)
                     for i in range(functions, functions * copies) for name in [b'copy%d' % i])
    nr_exports = exports + functions * (copies - 1)
    new = {FUNCTION: leb(functions * copies) + types * copies,
           CODE: leb(functions * copies) + bodies * copies,
           EXPORT: leb(nr_exports) + old_exports + extra}
    with open(out, 'wb') as f:
        f.write(module[:8])
        for kind, content in sections(module):
            if kind:
                content = new.get(kind, content)
                f.write(bytes([kind]) + leb(len(content)) + content)


main()
