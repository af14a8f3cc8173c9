# SPDX-License-Identifier: GPL-2.0
"""The workloads: their kinds and how each is compiled, natively and to wasm, from one source."""
import glob
import os

from benchlib import CLANG, HERE, NATIVE, OUT, WASI, WASM2C_RT, WASM2KO, Failed, lock_of, make, relative, run, source_of

# "float" includes PolyBench's two integer kernels, as figures for PolyBench usually do
KINDS = {
    'integer': ['coremark', 'sha256', 'qsort', 'qsort-inline', 'hashtable', 'strsearch', 'fib',
                'tak', 'interp', 'vtable', 'crc32', 'lz', 'base64', 'bigmul', 'memory'],
    'float': ['gemm', '2mm', 'atax', 'jacobi-2d', 'seidel-2d', 'floyd-warshall', 'lu', 'nussinov',
              'nbody', 'mandelbrot', 'stream'],
    'real': ['sqlite', 'lua', 'zstd', 'bzip2'],
}
# written with vectors: compiled to wasm with -msimd128 only
SIMD_ONLY = ['mandelbrot-simd']

LUA_FLAGS = [
    # no setjmp() in WASI's C library: an error ends the program, natively too
    '-DLUAI_THROW(L,c)=abort()', '-DLUAI_TRY(L,c,a)={a}', '-Dluai_jmpbuf=int', '-Dl_signalT=int',
    # the same order of tables in each run
    '-Dluai_makeseed(L)=42', '-Dl_randomizePivot()=0', '-include', 'stdlib.h',
]
SQLITE_FLAGS = ['-DSQLITE_OS_OTHER=1', '-DSQLITE_THREADSAFE=0', '-DSQLITE_OMIT_LOAD_EXTENSION',
                '-DSQLITE_TEMP_STORE=3', '-DSQLITE_OMIT_LOCALTIME', '-DSQLITE_DEFAULT_MEMSTATUS=0']


# the Debian packages that they are made of
PACKAGES = {'sqlite': 'sqlite3', 'lua': 'lua5.4', 'zstd': 'libzstd', 'bzip2': 'bzip2'}


def kind_of(name):
    for kind, names in KINDS.items():
        if name in names:
            return kind
    return 'float'


def all_names():
    return sum(KINDS.values(), []) + SIMD_ONLY


def amalgamation():
    """sqlite3.c, made by sqlite's own scripts"""
    out = os.path.join(OUT, 'sqlite')
    with lock_of(out):
        if not os.path.exists(os.path.join(out, 'sqlite3.c')):
            os.makedirs(out, exist_ok=True)
            run([os.path.join(source_of(PACKAGES['sqlite']), 'configure')], cwd=out)
            run(['make', 'sqlite3.c'], cwd=out)
    return out


def fetch(names):
    """what sources() will want; whoever wants something that this could not get fails, and says why"""
    for name in names:
        try:
            if name in PACKAGES:
                source_of(PACKAGES[name])
        except Failed:
            pass


def sources(name):
    """flags and sources of a workload, for clang"""
    if name not in KINDS['real']:
        return ['-Wall', '-Wextra', '-Werror', os.path.join(HERE, 'work', name + '.c')]
    flags = ['-w', '-I' + os.path.join(HERE, 'real', 'include'), os.path.join(HERE, 'real', name + '.c')]
    if name == 'sqlite':
        folder = amalgamation()
        return flags + SQLITE_FLAGS + ['-I' + folder, os.path.join(folder, 'sqlite3.c')]
    if name == 'lua':
        folder = os.path.join(source_of(PACKAGES['lua']), 'src')
        without = ('lua', 'luac', 'linit', 'liolib', 'loslib', 'loadlib', 'ldblib', 'lcorolib', 'lutf8lib')
        files = [f for f in sorted(glob.glob(folder + '/*.c'))
                 if os.path.basename(f)[:-2] not in without]
        return flags + LUA_FLAGS + ['-I' + folder] + files
    if name == 'zstd':
        folder = os.path.join(source_of(PACKAGES['zstd']), 'lib')
        files = sum((sorted(glob.glob('%s/%s/*.c' % (folder, part)))
                     for part in ('common', 'compress', 'decompress')), [])
        return flags + ['-DZSTD_DISABLE_ASM', '-DZSTD_LEGACY_SUPPORT=0', '-I' + folder] + files
    folder = source_of(PACKAGES['bzip2'])
    return flags + ['-DBZ_NO_STDIO', '-I' + folder] + [
        os.path.join(folder, f + '.c') for f in
        ('blocksort', 'bzlib', 'compress', 'crctable', 'decompress', 'huffman', 'randtable')]


def product(name, suffix):
    return os.path.join(OUT, name.replace('-', '_') + suffix)


def depends(name):
    own = os.path.join(HERE, 'real' if name in KINDS['real'] else 'work', name + '.c')
    return [own, os.path.join(HERE, 'bench.h'), os.path.join(HERE, 'real', 'text.h')]


def native_command(name, out, flags=()):
    return NATIVE + list(flags) + sources(name) + ['-lm', '-o', out]


def wasm_command(name, out, simd=False):
    return WASI + (['-msimd128'] if simd else []) + sources(name) + ['-lm', '-o', out]


def native(name, suffix='.native', flags=()):
    out = product(name, suffix)
    return make(out, depends(name), native_command(name, out, flags))


def wasm(name, simd=False):
    out = product(name, '.simd.wasm' if simd else '.wasm')
    return make(out, depends(name), wasm_command(name, out, simd))


def wasm2ko_command(module, out, profile, flags=()):
    return [WASM2KO, '--kernel=' + profile] + list(flags) + [module, '-o', out]


def ko(name, profile, suffix, simd=False, flags=()):
    module = wasm(name, simd)
    # the module's name is the file's
    out = os.path.join(OUT, suffix, name.replace('-', '_') + ('_simd' if simd else '') + '.ko')
    return make(out, [module, WASM2KO, profile], wasm2ko_command(module, out, profile, flags))


def wasm2c_commands(module, folder, out):
    peers = [os.path.join(HERE, 'peers', f) for f in ('wasm2c-main.c', 'wasm2c-wasi.c')]
    return (['wasm2c', module, '-n', 'app', '-o', os.path.join(folder, 'app.c')],
            [CLANG, '-O2', '-static', '-w', '-I' + folder, '-I' + WASM2C_RT, os.path.join(folder, 'app.c')] +
            peers + [os.path.join(WASM2C_RT, 'wasm-rt-impl.c'), '-lm', '-o', out])


def wasm2c(name):
    module = wasm(name)
    out = product(name, '.wasm2c')
    folder = out + '.d'
    os.makedirs(folder, exist_ok=True)
    first, second = wasm2c_commands(module, folder, out)
    c = make(os.path.join(folder, 'app.c'), [module], first)
    return make(out, [c], second)


if __name__ == '__main__':
    import sys
    for each in sys.argv[1:]:
        print(relative(native_command(each, product(each, '.native'))))
        print(relative(wasm_command(each, product(each, '.wasm'))))
