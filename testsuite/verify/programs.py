#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""programs.py SEED NUMBER: small programs made at random, as snippets (snippets.h), for execute.c

They are of the kinds that the checker has most to say about, so that it accepts some: pointers that run along
with counters, and accesses behind comparisons; with steps, limits, widths and conditions that may be wrong.
r13 is the base of memory; eight other registers hold anything. The same seed makes the same programs.
"""
import random
import sys

# by their names: 64 bits, 32 bits
REGS = {'rax': 'eax', 'rcx': 'ecx', 'rdx': 'edx', 'rdi': 'edi', 'rsi': 'esi', 'r8': 'r8d', 'r9': 'r9d', 'r10': 'r10d'}
CONDITIONS = ('b', 'ae', 'be', 'a', 'l', 'ge', 'le', 'g', 'e', 'e', 'ne', 'ne')
NUMBERS = (0, 1, 2, 3, 4, 7, 8, 12, 16, 24, 31, 64, 100, 255, 256, 4095, 1 << 16, 1 << 20, 1 << 28,
           0x7ffffff0, 0x7fffffff, -1, -2, -4, -8, -16, -100, -1 << 31)
STEPS = (1, 1, 1, 2, 3, 4, 4, 5, 8, 8, 12, 16, -1, -1, -2, -4, -8, -16)
DISPLACEMENTS = (0, 0, 0, 4, 8, 0x100, 0x7ffffff0, -1, -4, -8, -16)
NEGATIVE_STEPS = (-4, -8)
FACTORS = (3, 5, 12, 24, 100)


class Program:
    def __init__(self, rng):
        self.rng = rng
        self.lines = []
        self.nr_labels = 0

    def emit(self, line):
        self.lines.append(line)

    def label(self):
        self.nr_labels += 1
        return 20 + self.nr_labels

    def chance(self, probability):
        return self.rng.random() < probability

    def any(self, *choices):
        return self.rng.choice(choices)

    def condition(self):
        return self.rng.choice(CONDITIONS)

    def step(self):
        return self.rng.choice(STEPS)

    def statement(self, regs):
        """one of the operations that the checker knows, on any of @regs"""
        a, b = self.rng.choice(regs), self.rng.choice(regs)
        a32, b32 = REGS[a], REGS[b]
        some = self.any(a, a32)
        number = self.rng.choice(NUMBERS)
        self.emit(self.any(
            f'mov {a32}, {b32}', f'mov {a}, {b}', f'movsxd {a}, {b32}', f'mov {a32}, {number}',
            f'and {a32}, {self.any(1, 3, 7, 15, 255, 0xffff, 0x7fffffff, *NEGATIVE_STEPS)}',
            f'shl {some}, {self.any(1, 2, 3, 4, 8, 14)}', f'shr {some}, {self.any(1, 2, 3, 8, 31)}',
            f'lea {some}, [{b} + {self.step()}]', f'lea {some}, [{b} * {self.any(1, 2, 4, 8)} + {self.step()}]',
            f'lea {a}, [r13 + {b}]', f'add {some}, {self.step()}', f'sub {some}, {self.step()}',
            *(f'{op} {x}, {y}' for op in ('add', 'sub', 'adc', 'imul') for x, y in ((a, b), (a32, b32))),
            f'imul {a}, {b}, {self.any(65537, *FACTORS)}', f'imul {a32}, {b32}, {self.any(*FACTORS)}',
            f'adc {some}, 0', f'neg {some}', f'inc {some}', f'dec {some}',
            *(f'cmp {x}, {z}\n\tcmov{self.condition()} {x}, {y}' for x, y, z in
              ((a, b, b), (a32, b32, b32), (a, b, number), (a32, b32, number))),
            f'test {a32}, {a32}\n\tcmov{self.any("s", "ns", "e", "ne")} {a}, {b}'))

    def access(self, regs, pointer=None):
        """four bytes of memory, through @pointer, or through anything"""
        place = pointer or self.any('r13', 'r13', *regs)
        if self.chance(0.4):
            place += f' + {self.rng.choice(regs)} * {self.any(1, 1, 1, 2, 4, 8)}'
        place = f'dword ptr [{place} + {self.rng.choice(DISPLACEMENTS)}]'
        self.emit(self.any(f'mov {place}, 1', f'mov r11d, {place}'))

    def compare(self, reg, regs):
        limit = self.rng.choice(regs)
        number = self.rng.choice(NUMBERS)
        self.emit(self.any(f'test {reg}, {reg}', f'test {REGS[reg]}, {REGS[reg]}',
                           f'cmp {reg}, {limit}', f'cmp {REGS[reg]}, {REGS[limit]}', f'cmp {REGS[reg]}, {REGS[limit]}',
                           f'cmp {reg}, {number}', f'cmp {REGS[reg]}, {number}', f'cmp {REGS[reg]}, {number}'))

    def end(self):
        self.emit('xor eax, eax')
        self.emit('ret')

    def loop(self):
        """a pointer that runs as its counter does, or nearly"""
        counter, pointer, limit, other, _ = regs = self.rng.sample(list(REGS), 5)
        counter32 = REGS[counter]
        self.emit(self.any(f'mov {counter32}, {REGS[other]}', f'movsxd {counter}, {REGS[other]}',
                           f'mov {counter32}, {REGS[other]}\n\tand {counter32}, {self.any(1, 7, 255)}',
                           f'xor {counter32}, {counter32}', f'mov {counter32}, {self.rng.choice(NUMBERS)}'))
        factor, at = self.any(1, 1, 2, 4, 8), self.any(0, 0, 4, 0x100, -4)
        self.emit(f'lea {pointer}, [{self.any("r13 + ", "r13 + ", "")}{counter} * {factor} + {at}]')
        if self.chance(0.3):
            self.statement(regs)
        top, end, skip = self.label(), self.label(), self.label()
        self.emit(f'{top}:')
        at_top = self.chance(0.6)
        if at_top:
            self.compare(counter, [limit])
            self.emit(f'j{self.condition()} {end}f')
        if self.chance(0.6):
            self.emit(f'test {REGS[self.rng.choice(regs)]}, {self.any(1, 4, 8)}')
            self.emit(f'j{self.any("e", "ne")} {skip}f')
        if self.chance(0.8):
            self.access([counter], pointer)
        else:
            self.access(regs)
        if self.chance(0.1):
            self.statement(regs)
        self.emit(f'{skip}:')
        step = self.step()
        steps = [f'add {pointer}, {self.any(step * factor, step * factor, step * factor, step, self.step())}',
                 self.any(f'add {counter32}, {step}', f'add {counter32}, {step}', f'add {counter}, {step}',
                          f'lea {counter32}, [{counter} + {step}]')]
        self.rng.shuffle(steps)
        for line in steps:
            self.emit(line)
            if self.chance(0.05):
                self.statement(regs)
        if self.chance(0.15):
            self.emit(f'lea {other}, [{pointer} + {self.step()}]')
        if at_top and self.chance(0.8):
            self.emit(f'jmp {top}b')
        else:
            self.compare(counter, [limit])
            self.emit(f'j{self.condition()} {top}b')
        self.emit(f'{end}:')
        if self.chance(0.4):
            self.access(regs, self.any(pointer, other, None))
        self.end()

    def branches(self):
        """paths that part and meet"""
        regs = self.rng.sample(list(REGS), 4)
        end = self.label()
        for _ in range(self.rng.randrange(1, 4)):
            self.statement(regs)
        for _ in range(self.rng.randrange(1, 4)):
            kind = self.rng.randrange(4)
            if kind == 0:
                self.compare(self.rng.choice(regs), regs)
                self.emit(f'j{self.condition()} {end}f')
            elif kind == 1:
                other, meet = self.label(), self.label()
                self.compare(self.rng.choice(regs), regs)
                self.emit(f'j{self.condition()} {other}f')
                for _ in range(self.rng.randrange(1, 3)):
                    self.statement(regs)
                self.emit(f'jmp {meet}f')
                self.emit(f'{other}:')
                for _ in range(self.rng.randrange(0, 3)):
                    self.statement(regs)
                self.emit(f'{meet}:')
            else:
                self.statement(regs)
            if self.chance(0.3):
                self.access(regs)
        self.compare(self.rng.choice(regs), regs)
        self.emit(f'j{self.condition()} {end}f')
        self.access(regs)
        self.emit(f'{end}:')
        self.end()


def main():
    seed, number = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    print('\t.intel_syntax noprefix\n\t.section .note.GNU-stack, "", @progbits\n\t.section .rodata.code, "a"')
    for i in range(number):
        program = Program(rng)
        if program.chance(0.7):
            program.loop()
        else:
            program.branches()
        print(f'.Lstart{i}:')
        for line in program.lines:
            print(line if line.endswith(':') else '\t' + line)
        print(f'.Lend{i}:')
    print('\t.section .rodata.strings, "a"')
    for i in range(number):
        print(f'.Lname{i}: .asciz "{seed}/{i}"')
    print('.Lok: .asciz "ok"')
    print('\t.section .data.rel.ro, "aw"\n\t.balign 8\n\t.globl snippets\nsnippets:')
    for i in range(number):
        print(f'\t.quad .Lname{i}, .Lok, .Lstart{i}, .Lend{i}, 0')
    print(f'\t.globl nr_snippets\nnr_snippets: .quad {number}')


main()
