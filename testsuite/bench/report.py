# SPDX-License-Identifier: GPL-2.0
"""testsuite/BENCHMARKS.md and its plot, from what the parts saved.

Only what lies between the markers is written; the text around them is by hand.
"""
import os
import re

import calls
import kernelside
import net
import compiling
import compute
import loading
import workloads
from benchlib import TOP, load, say

DOCUMENT = os.path.join(TOP, 'testsuite', 'BENCHMARKS.md')
PLOT = os.path.join(TOP, 'testsuite', 'BENCHMARKS.svg')


def measured_on(result):
    m = result['machine']
    return '    %s\n\n%s, commit %s, on %s; %s' % (
        result['command'], m['date'], m['commit'], m['cpu'],
        ', '.join('%s %s' % v for v in m['versions'].items()))


def block(text):
    return '```\n%s\n```' % text


def compute_part(result):
    parts = [measured_on(result) + '; load when it began: %s.' % result['machine']['load'], block(compute.text(result))]
    parts.append('Columns: ' + '; '.join('**%s** %s' % e for e in result['engines'].items()) + '.')
    if result['failed']:
        parts.append('Failed: ' + ', '.join(result['failed']) + '.')
    row = result['rows'][0]
    parts.append('One figure again (the second number is nanoseconds; `make bench` builds what they run):')
    parts.append('\n'.join('    ' + c for c in row['command'].values()))
    return '\n\n'.join(parts)


def part_of(name, module):
    def part(result):
        note = getattr(module, 'NOTE', None)
        return measured_on(result) + '.\n\n' + block(module.text(result)) + ('\n\n' + note if note else '')
    return part


def colour(engine):
    return {'wasm2ko': '#1f6fb4', 'simd': '#59a5e0', 'wasm2c': '#c9772b', 'V8': '#7a7a7a', 'V8 simd': '#b5b5b5',
            'kernel C': '#3f9b4f', 'plain': '#8d5fb0'}[engine]


def plot(result):
    """bars of the ratios to native, a group for each workload"""
    engines = [e for e in ('wasm2ko', 'simd', 'wasm2c', 'V8', 'V8 simd')]
    rows = [r for r in result['rows'] if r['ratio']]
    for kind in workloads.KINDS:
        ratio = {}
        for e in engines:
            mean = compute.geomeans(result['rows'], e)
            if kind in mean:
                ratio[e] = mean[kind]
        rows.append({'name': 'geomean ' + kind, 'ratio': ratio})
    bar, gap, left, right, top, limit = 7, 8, 130, 40, 40, 4.0
    width = 900
    scale = (width - left - right) / limit
    svg, y = [], top
    for row in rows:
        some = [e for e in engines if e in row['ratio']]
        svg.append('<text x="%d" y="%d" text-anchor="end">%s</text>' %
                   (left - 6, y + len(some) * bar / 2 + 4, row['name']))
        for e in some:
            v = row['ratio'][e]
            svg.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>' %
                       (left, y, min(v, limit) * scale, bar - 1, colour(e)))
            svg.append('<text x="%.1f" y="%d" class="v">%.2f</text>' %
                       (left + min(v, limit) * scale + 3, y + bar - 1, v))
            y += bar
        y += gap
    lines = []
    for i in range(1, int(limit) + 1):
        x = left + i * scale
        lines.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s"/>' %
                     (x, x, top - 6, y, '#333' if i == 1 else '#ddd'))
        lines.append('<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (x, top - 10, i))
    x = left
    legend = []
    for e in engines:
        legend.append('<rect x="%d" y="6" width="10" height="10" fill="%s"/><text x="%d" y="15">%s</text>' %
                      (x, colour(e), x + 14, e))
        x += 100
    legend.append('<text x="%d" y="15">time / native clang -O2, %s</text>' % (x, result['machine']['date'][:10]))
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">\n'
            '<style>.v { font-size: 7px; fill: #444 }</style>\n<rect width="100%%" height="100%%" fill="white"/>\n'
            '%s\n</svg>\n' % (width, y + 10, '\n'.join(legend + lines + svg)))


def main():
    with open(DOCUMENT) as f:
        document = f.read()
    for name, part in (('compute', compute_part), ('calls', part_of('calls', calls)),
                       ('kernelside', part_of('kernelside', kernelside)),
                       ('compile', part_of('compile', compiling)), ('large', part_of('large', compiling)),
                       ('load', part_of('load', loading)),
                       ('net', part_of('net', net))):
        result = load(name)
        if not result:
            say('report: nothing measured for', name)
            continue
        document = re.sub(r'(<!-- %s -->\n).*?(<!-- end -->)' % name,
                          lambda m: m.group(1) + '\n' + part(result) + '\n\n' + m.group(2), document, flags=re.S)
        if name == 'compute':
            with open(PLOT, 'w') as f:
                f.write(plot(result))
    with open(DOCUMENT, 'w') as f:
        f.write(document)
    say('report: testsuite/BENCHMARKS.md, testsuite/BENCHMARKS.svg')
