# SPDX-License-Identifier: GPL-2.0
#
# sample.mk - included by each sample's Makefile: $(name).c to a .wasm in
# $(O)/samples/$(name), for which 'wasm2ko $(name).wasm -o $(name).ko' is left.
# With KERNEL=, as wasm2ko's --kernel takes it, that is done too.

O	?= ../../build
CLANG	?= clang-19
dir	:= $(O)/samples/$(name)
cflags	?= -O2

all: $(dir)/$(name).wasm $(if $(KERNEL),$(dir)/$(name).ko)

$(dir)/$(name).wasm: $(name).c $(MAKEFILE_LIST) | $(dir)
	$(CLANG) --target=wasm32-wasi -Wall -Wextra -Werror $(cflags) -s -o $@ $< $(sources)

$(dir)/$(name).ko: $(dir)/$(name).wasm $(O)/bin/wasm2ko
	$(O)/bin/wasm2ko --kernel=$(KERNEL) $< -o $@

$(dir):
	mkdir -p $@

clean:
	rm -rf $(dir)

.PHONY: all clean
