/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The harness of the official testsuite; begin reading in spec.c
 */
#ifndef SPEC_H
#define SPEC_H

#include <stdio.h>
#include "libkwasm.h"

#define PATH_SIZE	4096
#define COMPILER_OPTIONS_MAX 8

/* ---- compile.c: .wasm to .ko, remembered by content ---- */

struct compiler {
	const char *program;	/* wasm2ko; NULL: only what is in the cache */
	const char *kernel;	/* its --kernel, or NULL */
	const char *cache;	/* folder */
	const char *options[COMPILER_OPTIONS_MAX];
	size_t nr_options;
};

struct compiled {
	bool refused;		/* wasm2ko exited with status 1 */
	bool broken;		/* anything else but 0 or 1: crash, usage, no such file */
	char app[KWASM_NAME_MAX];
	char ko[PATH_SIZE];
	char message[256];	/* refused, broken: first line of its messages */
};

/* Only decode and validate is wanted of files that must be refused, but there is no difference */
void compile(const struct compiler *compiler, const char *wasm, struct compiled *result);

/* ---- script.c: one .json file ---- */

struct script_options {
	struct compiler compiler;
	enum libkwasm_world world;
	bool compile_only;	/* fill the cache, run nothing */
	const char *spectest;	/* spectest.ko */
	bool reasons;		/* show refusals that are worded otherwise than the suite's */
};

/* Run the file, write "not ok" lines and, at the end, what spec.c reads, to @out */
int script_run(const struct script_options *options, const char *group, const char *path, FILE *out);

/* Is the feature one that must work? */
bool feature_supported(const char *name);
void feature_add(const char *name);

#endif /* SPEC_H */
