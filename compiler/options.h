/* SPDX-License-Identifier: GPL-2.0 */
/* options.h - wasm2ko's command line, see man/wasm2ko.1 */
#ifndef _COMPILER_OPTIONS_H
#define _COMPILER_OPTIONS_H

#include "../include/types.h"

enum action {
	ACTION_COMPILE,
	ACTION_VERIFY,		/* --verify */
	ACTION_PROFILE,		/* --make-profile */
};

enum emit {
	EMIT_KO,
	EMIT_IR,
	EMIT_ASM,
	EMIT_OBJ,
};

/**
 * struct options - the command line
 * @input: .wasm, .ko to verify, or folder with the built modules
 * @output: .ko, or the profile to make
 * @output_buffer: to be freed; @output may be it
 * @kernel: argument of --kernel, or NULL
 * @kdir: kbuild folder, for ACTION_PROFILE
 * @cpu: LLVM's name
 * @features: bits of enum wasm_feature
 * @level: of optimisation, 0 to 3
 * @stack_size: bytes of guest stack
 * @max_memory: default of the parameter, bytes; 0: what the module declares
 * @sign_key, @sign_cert: files, or NULL
 * @jobs: threads to generate code with, at least 1
 */
struct options {
	enum action action;
	enum emit emit;
	const char *input;
	const char *output;
	char *output_buffer;
	const char *kernel;
	const char *kdir;
	const char *cpu;
	u64 features;
	unsigned int level;
	u32 stack_size;
	u64 max_memory;
	const char *sign_key;
	const char *sign_cert;
	unsigned int jobs;
	bool debug;
	bool verbose;
	bool software_bounds;
	bool strict_traps;
	bool binaryen;
};

/**
 * options_parse() - Read the command line
 *
 * Return: 0; -EAGAIN if there is nothing more to do (--help, --version);
 * -EINVAL (diagnosed) if it makes no sense.
 */
int options_parse(struct options *opt, int argc, char **argv);

#endif /* _COMPILER_OPTIONS_H */
