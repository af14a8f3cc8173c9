# SPDX-License-Identifier: GPL-2.0
#
# wasm2ko - see README.md; this file only calls down
#
#   make                      build/bin/wasm2ko and build/bin/kwasm
#   make modules KERNEL=6.1   kwasm.ko, kwasm_wasi.ko, kwasm_net.ko and the profile of a kernel, in build/<release>/
#                             KERNEL: 6.1, 6.12, 6.12-rt (Debian's, fetched), host; or KDIR=<kbuild folder>
#   make check                the tests: on the host, and in virtual machines with 6.1 and 6.12
#   make check-host           those that boot nothing
#   make check-vm             those that do; KERNELS="6.1 6.12-rt" picks kernels
#   make check-long           all of it and the slow ones, also on the real-time kernel
#   make check-debug          on a kernel that watches itself (KASAN, lockdep), which is built first
#   make bench                speed beside native code and other engines, into testsuite/BENCHMARKS.md;
#                             its parts: bench-compute, bench-calls, bench-kernelside, bench-compile, bench-load,
#                             bench-net
#   make demo                 a real program becomes a kernel module and runs in a virtual machine
#   make install              PREFIX=/usr/local DESTDIR=
#   make modules_install      kwasm.ko, kwasm_wasi.ko and kwasm_net.ko for KERNEL or KDIR
#   make clean                V=1 shows commands

PREFIX	?= /usr/local
DESTDIR	?=
V	?= 0
export V

# the running kernel if it can be built for
KERNEL	?= $(if $(wildcard /lib/modules/$(shell uname -r)/build/Makefile),host,6.1)
KERNELS	?= 6.1 6.12

top	:= $(CURDIR)
export O := $(or $(O),$(top)/build)

ifneq ($(V),1)
MAKEFLAGS += -s --no-print-directory
endif

all: tools

# in the order of their dependence: wasm2ko links backend-x86.a
tools:
	@$(MAKE) -C backend-x86 O=$(O)
	@$(MAKE) -C compiler O=$(O)
	@$(MAKE) -C kwasm O=$(O)

modules: tools
	scripts/build-modules $(or $(KDIR),$(KERNEL))

deps:
	@scripts/install-deps

# modules and profiles of the kernels that are tested
test-kernels: tools
	@scripts/fetch-kernel $(KERNELS)
	@set -e; for k in $(KERNELS); do scripts/build-modules $$k; done

check: deps
	@$(MAKE) test-kernels
	testsuite/run --sample --within=45 --mode=host --mode=vm $(KERNELS:%=--kernel=%)

# the .ko files that are run in user space are for a kernel, too
check-host: deps
	@$(MAKE) test-kernels KERNELS=$(firstword $(KERNELS))
	testsuite/run --mode=host

check-vm: deps
	@$(MAKE) test-kernels
	testsuite/run --sample --mode=vm $(KERNELS:%=--kernel=%)

check-long: KERNELS = 6.1 6.12 6.12-rt
check-long: deps
	@$(MAKE) test-kernels KERNELS="$(KERNELS)"
	testsuite/run --mode=host --mode=vm --mode=long $(KERNELS:%=--kernel=%)

# the kernel that watches itself: KASAN, lockdep, kmemleak
check-debug: deps
	@scripts/install-deps --debug-kernel
	@$(MAKE) test-kernels KERNELS=6.1-debug
	testsuite/run --sample --mode=vm --kernel=6.1-debug threads data gc wasi net net-events samples kernel

# wasm2ko's figures are for a kernel's modules; the machine should have nothing else to do
bench bench-compute bench-calls bench-kernelside bench-compile bench-load bench-net:
	@scripts/install-deps --bench
	@$(MAKE) test-kernels KERNELS=$(firstword $(KERNELS))
	testsuite/bench/run $(if $(@:bench=),$(@:bench-%=%),all) --kernel=$(firstword $(KERNELS))

demo: deps
	@scripts/demo

install: tools
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(O)/bin/wasm2ko $(O)/bin/kwasm $(DESTDIR)$(PREFIX)/bin
	install -D -m 644 kruntime/include/uapi/kwasm.h $(DESTDIR)$(PREFIX)/include/linux/kwasm.h
	for page in man/*.[1-9]; do \
		install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $$page || exit; \
	done

modules_install: modules
	@DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) scripts/install-modules $(or $(KDIR),$(KERNEL))

clean:
	rm -rf $(O)

.PHONY: all tools modules deps test-kernels check check-host check-vm check-long check-debug \
	bench bench-compute bench-calls bench-kernelside bench-compile bench-load bench-net demo install modules_install clean
