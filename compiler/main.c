// SPDX-License-Identifier: GPL-2.0
/*
 * wasm2ko - WebAssembly module in, Linux kernel module out
 *
 * The map of the program is compile(), near the end: each line is a stage that
 * takes the one before it as const.
 *
 *	decode.c    bytes -> struct wasm_module
 *	validate.c  the same, now trusted
 *	lower.c     -> LLVM IR
 *	target.c    -> machine code and relocations      (backend-x86/ from here on)
 *	object.c    -> struct object, code.c and lines.c decode what is in it
 *	image.c     -> what the runtime must know of the module
 *	ko.c        -> the kernel object
 *	verify.c    checks those bytes, trusting nobody above
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../backend-x86/image.h"
#include "../backend-x86/ko.h"
#include "../backend-x86/modinfo.h"
#include "../backend-x86/target.h"
#include "../backend-x86/verify.h"
#include "diag.h"
#include "lower.h"
#include "module.h"
#include "optimize.h"
#include "options.h"

/**
 * struct build - what the stages hand on
 * @opaque: functions whose indices the optimiser must not see through
 * @started: for -v
 */
struct build {
	const struct options *opt;
	struct profile profile;
	u8 *bytes;
	size_t size;
	struct wasm_module m;
	struct abi_layout *abi;
	struct target target;
	bool *opaque;
	char *name;
	u8 *ko;
	size_t ko_size;
	struct timespec started;
};

static void progress(struct build *b, const char *stage)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (b->opt->verbose)
		diag_info("%7.1f ms  %s", (now.tv_sec - b->started.tv_sec) * 1e3 +
			  (now.tv_nsec - b->started.tv_nsec) / 1e6, stage);
}

static int read_profile(struct build *b)
{
	char *path = profile_find(b->opt->kernel);
	int err;

	if (!path)
		return -ENOENT;
	err = profile_read(&b->profile, path);
	if (!err && b->opt->verbose)
		diag_info("for kernel %s, as %s says", b->profile.release, path);
	free(path);
	return err;
}

static int decode(struct build *b)
{
	int err = wasm_decode(&b->m, b->opt->input, b->bytes, b->size, b->opt->features);

	return err ? err : wasm_validate(&b->m);
}

static int read_module(struct build *b)
{
	int err = file_read(b->opt->input, &b->bytes, &b->size);

	if (err) {
		diag_file_error(b->opt->input, "cannot read it: %s", strerror(-err));
		return err;
	}
	return decode(b);
}

/* what Binaryen made of the module takes its place, unless that was nothing */
static int optimize_module(struct build *b)
{
	u8 *bytes;
	size_t size;
	int err = wasm_optimize(&b->m, b->opt->level ? b->opt->level : 1, &bytes, &size);

	if (err || !bytes)
		return err;
	wasm_module_destroy(&b->m);
	memset(&b->m, 0, sizeof(b->m));
	free(b->bytes);
	b->bytes = bytes;
	b->size = size;
	err = decode(b);
	progress(b, "optimized by Binaryen");
	return err;
}

static LLVMModuleRef lower(struct build *b, LLVMContextRef llvm)
{
	struct lower_options opt = {
		.software_bounds = b->opt->software_bounds,
		.strict_traps = b->opt->strict_traps,
		.opaque_index = b->opaque,
	};
	LLVMModuleRef mod;

	target_lower_options(&b->target, &opt);
	mod = lower_module(&b->m, b->abi, &opt, llvm);
	progress(b, "lowered");
	target_optimize(&b->target, mod);
	progress(b, "optimized");
	return mod;
}

/* the last stages of --emit=ir, asm and obj: text or object as LLVM has it */
static int emit_llvm(struct build *b, LLVMModuleRef mod)
{
	LLVMMemoryBufferRef buffer;
	char *text;
	int err;

	if (b->opt->emit == EMIT_IR) {
		text = LLVMPrintModuleToString(mod);
		err = write_whole_file(b->opt->output, text, strlen(text));
		LLVMDisposeMessage(text);
		return err;
	}
	buffer = target_emit(&b->target, mod,
			     b->opt->emit == EMIT_ASM ? LLVMAssemblyFile : LLVMObjectFile);
	err = write_whole_file(b->opt->output, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	return err;
}

static int read_object(struct build *b, struct object *obj, LLVMMemoryBufferRef buffer)
{
	return object_read(obj, b->opt->input, (const u8 *)LLVMGetBufferStart(buffer),
			   LLVMGetBufferSize(buffer));
}

/* object, as LLVM made it, to kernel object; functions in @masked, if any, take the place of theirs */
static int finish(struct build *b, LLVMMemoryBufferRef buffer, LLVMMemoryBufferRef masked)
{
	struct image_params params = {
		.name = b->name,
		.stack_size = b->opt->stack_size,
		.software_bounds = b->opt->software_bounds,
	};
	struct ko_params ko = { .name = b->name, .profile = &b->profile, .keep_debug = b->opt->debug };
	struct object obj = { 0 }, replacements = { 0 };
	struct code code = { 0 };
	struct lines lines = { 0 };
	struct image image = { 0 };
	struct ko_app app;
	int err;

	err = read_object(b, &obj, buffer);
	if (!err && masked)
		err = read_object(b, &replacements, masked);
	if (!err && masked)
		object_replace_functions(&obj, &replacements);
	if (!err)
		err = object_normalize(&obj, target_symbol_allowed, NULL);
	if (!err)
		err = code_scan(&code, &obj);
	if (!err)
		err = lines_read(&lines, &obj);
	if (err)
		goto out;
	image_create(&image, &b->m, b->abi, &obj, &code, &lines, &params);
	image_name_symbols(&obj, &b->m);
	app = (struct ko_app) {
		.image = image.bytes,
		.image_size = image.size,
		.data = image.data,
		.data_size = image.data_size,
		.nr_types = b->m.nr_types,
	};
	err = ko_add_app(&obj, &code, &app, &ko);
	if (!err)
		err = ko_write(&obj, &ko, &b->ko, &b->ko_size);
out:
	image_destroy(&image);
	lines_destroy(&lines);
	code_destroy(&code);
	object_destroy(&obj);
	object_destroy(&replacements);
	progress(b, "finished");
	return err;
}

/* mark the functions that the checker could not follow */
static void mark_opaque(struct build *b, const struct verify_report *report)
{
	u32 i;

	if (!b->opaque)
		b->opaque = xcalloc(b->m.nr_funcs + 1, sizeof(*b->opaque));
	for (i = 0; i < report->nr_funcs; i++)
		if (report->funcs[i].nr_unproven && report->funcs[i].funcidx < b->m.nr_funcs)
			b->opaque[report->funcs[i].funcidx] = true;
}

/* 0; -EAGAIN if there are functions beyond the checker's proof, which are marked; -EINVAL (diagnosed) */
static int check(struct build *b, bool last)
{
	struct verify_report report = { .quiet_unproven = !last };
	int err = verify_ko(b->opt->output, b->ko, b->ko_size, &report);

	progress(b, err ? "checked: not proven yet" : "checked");
	if (err && !report.nr_violations && !last) {
		if (b->opt->verbose)
			diag_info("%u of %u functions again", report.nr_unproven_funcs, report.nr_funcs);
		mark_opaque(b, &report);
		free(b->ko);
		b->ko = NULL;
		err = -EAGAIN;
	}
	verify_report_destroy(&report);
	if (err && err != -EAGAIN)
		diag_file_error(b->opt->input,
				"internal error: the generated code does not pass the sandbox check");
	return err;
}

/*
 * One way through lowering and LLVM to b->ko, unless something else is emitted.
 * What the optimiser makes of an index may be right and yet beyond the checker's
 * proof; these functions are taken from a second copy of the optimised module,
 * with masked addresses.
 */
static int generate(struct build *b, bool last)
{
	LLVMContextRef llvm = LLVMContextCreate();
	LLVMModuleRef mod = lower(b, llvm), again = NULL;
	LLVMMemoryBufferRef buffer = NULL, masked = NULL;
	int err;

	if (b->opt->emit != EMIT_KO) {
		err = emit_llvm(b, mod);
		goto out;
	}
	again = LLVMCloneModule(mod);	/* generating code uses a module up */
	buffer = target_emit(&b->target, mod, LLVMObjectFile);
	progress(b, "generated");
	err = finish(b, buffer, NULL);
	if (!err)
		err = check(b, false);
	if (err != -EAGAIN)
		goto out;
	lower_mask_functions(again, b->abi, b->opaque, b->m.nr_funcs);
	masked = target_emit(&b->target, again, LLVMObjectFile);
	progress(b, "generated again");
	err = finish(b, buffer, masked);
	if (!err)
		err = check(b, last);
out:
	if (masked)
		LLVMDisposeMemoryBuffer(masked);
	if (buffer)
		LLVMDisposeMemoryBuffer(buffer);
	if (again)
		LLVMDisposeModule(again);
	LLVMDisposeModule(mod);
	LLVMContextDispose(llvm);
	return err;
}

/* if masks do not help, lower again with indices that stay visible, at last all of them */
static int generate_verified(struct build *b)
{
	int attempt, err;
	u32 i;

	for (attempt = 0; attempt < 3; attempt++) {
		err = generate(b, attempt == 2);
		if (err != -EAGAIN)
			return err;
		for (i = 0; attempt == 1 && i < b->m.nr_funcs; i++)
			b->opaque[i] = true;
	}
	return err;
}

static int compile(const struct options *opt)
{
	struct build b = { .opt = opt };
	int err;

	clock_gettime(CLOCK_MONOTONIC, &b.started);
	err = read_module(&b);
	if (err)
		goto out;
	progress(&b, "validated");
	if (opt->binaryen)
		err = optimize_module(&b);
	if (!err)
		err = read_profile(&b);
	if (err)
		goto out;
	b.name = modinfo_name(opt->output);
	err = -EINVAL;
	b.abi = abi_layout_create(&b.m);
	if (!b.abi)
		goto out;
	err = target_init(&b.target, &b.profile, opt->cpu, opt->level, b.m.uses_float);
	if (err)
		goto out;
	err = generate_verified(&b);
	if (!err && opt->emit == EMIT_KO)
		err = write_whole_file(opt->output, b.ko, b.ko_size);
	if (!err)
		progress(&b, "written");
	target_destroy(&b.target);
out:
	abi_layout_destroy(b.abi);
	wasm_module_destroy(&b.m);
	profile_destroy(&b.profile);
	free(b.bytes);
	free(b.opaque);
	free(b.name);
	free(b.ko);
	return err;
}

static int verify(const struct options *opt)
{
	struct verify_report report = { 0 };
	u8 *bytes;
	size_t size;
	int err = file_read(opt->input, &bytes, &size);

	if (err) {
		diag_file_error(opt->input, "cannot read it: %s", strerror(-err));
		return err;
	}
	err = verify_ko(opt->input, bytes, size, &report);
	if (!err)
		printf("%s: %u functions, %llu instructions: within the sandbox\n", opt->input,
		       report.nr_funcs, (unsigned long long)report.nr_insns);
	verify_report_destroy(&report);
	free(bytes);
	return err;
}

int main(int argc, char **argv)
{
	struct options opt;
	int err = options_parse(&opt, argc, argv);

	if (err)
		return err == -EAGAIN ? 0 : 2;	/* -EAGAIN: answered, as --help is */
	switch (opt.action) {
	case ACTION_COMPILE:
		err = compile(&opt);
		break;
	case ACTION_VERIFY:
		err = verify(&opt);
		break;
	case ACTION_PROFILE:
		err = profile_create(opt.input, opt.kdir, opt.output);
		break;
	}
	free(opt.output_buffer);
	if (!err && fflush(stdout))
		err = -EIO;
	return err ? 1 : 0;
}
