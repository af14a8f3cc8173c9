// SPDX-License-Identifier: GPL-2.0
/*
 * wasm2ko - WebAssembly module in, Linux kernel module out
 *
 * The map of the program is compile(), near the end: each line is a stage that
 * takes the one before it as const.
 *
 *	decode.c    bytes -> struct wasm_module
 *	validate.c  the same, now trusted
 *	generate.c  -> objects, one for each part of the module, on several threads:
 *	  lower.c      -> LLVM IR
 *	  target.c     -> machine code and relocations   (backend-x86/ from here on)
 *	object.c    -> struct object, code.c and lines.c decode what is in it
 *	image.c     -> what the runtime must know of the module
 *	ko.c        -> the kernel object
 *	verify.c    checks those bytes, trusting nobody above
 *	sign.c      appends a signature, if one is wanted
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
#include "../backend-x86/sign.h"
#include "../backend-x86/target.h"
#include "../backend-x86/verify.h"
#include "diag.h"
#include "generate.h"
#include "module.h"
#include "optimize.h"
#include "options.h"

/* bytes; a guest stack, of 1 MiB unless told otherwise, holds sixty */
#define LARGE_FRAME	(16u << 10)

/**
 * struct build - what the stages hand on
 * @known: functions that have passed the checker
 * @lines: of @ko: which instruction of the module its code comes from
 * @tenths: of the code that are done, as said last
 * @percent: likewise, as shown last
 * @started: for -v, and for how much is left
 */
struct build {
	const struct options *opt;
	struct profile profile;
	u8 *bytes;
	size_t size;
	struct wasm_module m;
	struct abi_layout *abi;
	struct target target;
	struct generator generator;
	struct verify_known *known;
	struct signer *signer;
	char *name;
	u8 *ko;
	size_t ko_size;
	struct lines lines;
	unsigned int tenths, percent;
	struct timespec started;
};

static double elapsed_ms(const struct build *b)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - b->started.tv_sec) * 1e3 + (now.tv_nsec - b->started.tv_nsec) / 1e6;
}

static void progress(struct build *b, const char *stage)
{
	if (b->opt->verbose)
		diag_info("%7.1f ms  %s", elapsed_ms(b), stage);
}

/* a large module takes minutes: a terminal shows what is done, after a second */
static void show_status(struct build *b, const char *what)
{
	const char *slash = strrchr(b->opt->input, '/');

	if (elapsed_ms(b) > 1000)
		diag_status("wasm2ko: %s: %s", slash ? slash + 1 : b->opt->input, what);
}

static void show_percent(struct build *b, u64 done, u64 total, const char *of, double minutes_left)
{
	unsigned int percent = total ? done * 100 / total : 100;
	char left[48] = "", what[128];

	if (percent == b->percent)
		return;
	b->percent = percent;
	if (minutes_left >= 1)
		snprintf(left, sizeof(left), ", about %.0f min left", minutes_left);
	snprintf(what, sizeof(what), "%u%% of %.1f MB %s%s", percent, total / 1e6, of, left);
	show_status(b, what);
}

/* -v says it in tenths */
static void show_generated(void *arg, u64 done, u64 total)
{
	struct build *b = arg;
	unsigned int percent;

	if (done == total)
		return;
	percent = done * 100 / total;
	if (b->opt->verbose && percent / 10 != b->tenths) {
		b->tenths = percent / 10;
		diag_info("%7.1f ms  %u%% generated", elapsed_ms(b), percent);
	} else {
		show_percent(b, done, total, "generated",
			     elapsed_ms(b) * (total - done) / done / 60e3);
	}
}

static void show_checked(void *arg, u64 done, u64 total)
{
	show_percent(arg, done, total, "of machine code checked", 0);
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

/* the last stages of --emit=ir, asm and obj: text or object as LLVM has it */
static int emit_llvm(struct build *b)
{
	LLVMMemoryBufferRef buffer;
	int err;

	buffer = generate_text(&b->generator, b->opt->emit == EMIT_IR,
			       b->opt->emit == EMIT_ASM ? LLVMAssemblyFile : LLVMObjectFile);
	err = write_whole_file(b->opt->output, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	return err;
}

typedef void (*object_take_t)(struct object *obj, const struct object *with);

static int take_object(struct build *b, struct object *obj, LLVMMemoryBufferRef buffer,
		       object_take_t take)
{
	const u8 *bytes = (const u8 *)LLVMGetBufferStart(buffer);
	size_t size = LLVMGetBufferSize(buffer);
	struct object part = { 0 };
	int err;

	if (!obj->nr_sections)
		return object_read(obj, b->opt->input, bytes, size);
	err = object_read(&part, b->opt->input, bytes, size);
	if (!err)
		take(obj, &part);
	object_destroy(&part);
	return err;
}

/* one object of all parts; masked functions take the place of theirs */
static int link_objects(struct build *b, struct object *obj)
{
	const struct generated *units = b->generator.units;
	u32 i, nr = b->generator.parts.nr;
	int err = 0;

	for (i = 0; !err && i < nr; i++)
		err = take_object(b, obj, units[i].object, object_link);
	for (i = 0; !err && i < nr; i++)
		if (units[i].masked)
			err = take_object(b, obj, units[i].masked, object_replace_functions);
	return err;
}

/*
 * At -O0 frames are larger than they need be. Functions that would take more of the guest stack
 * than LARGE_FRAME are marked, so that they are generated with less: -EAGAIN.
 */
static int find_large_frames(struct build *b, const struct object *obj, const struct code *code)
{
	const struct code_function *f;
	int err = 0;
	u32 funcidx;

	for (f = code->functions; f < code->functions + code->nr_functions; f++) {
		if (f->frame <= LARGE_FRAME ||
		    sscanf(obj->symbols[f->symbol].name, "wasm.%u", &funcidx) != 1)
			continue;
		generate_small_frame(&b->generator, funcidx);
		err = -EAGAIN;
	}
	return err;
}

/*
 * Objects, as LLVM made them, to kernel object. @first: with what LLVM made the first time; -EAGAIN
 * if some functions are to be generated again because of their frames.
 */
static int finish(struct build *b, bool first)
{
	struct image_params params = {
		.name = b->name,
		.stack_size = b->opt->stack_size,
		.software_bounds = b->opt->software_bounds,
		.calls = b->generator.tables.calls,
		.nr_calls = b->generator.tables.nr_calls,
	};
	struct ko_params ko = {
		.name = b->name,
		.profile = &b->profile,
		.keep_debug = b->opt->debug,
		.max_memory = b->opt->max_memory,
	};
	struct object obj = { 0 };
	struct code code = { 0 };
	struct lines *lines = &b->lines;
	struct image image = { 0 };
	struct ko_app app;
	int err;

	show_status(b, "linking");
	lines_destroy(lines);
	err = link_objects(b, &obj);
	if (!err)
		err = object_normalize(&obj, target_symbol_allowed, NULL);
	if (!err)
		err = code_scan(&code, &obj);
	if (!err && first && !b->opt->level)
		err = find_large_frames(b, &obj, &code);
	if (!err)
		err = code_check_frames(&code, &obj);
	if (!err)
		err = lines_read(lines, &obj);
	if (err)
		goto out;
	image_create(&image, &b->m, b->abi, &obj, &code, lines, &params);
	image_name_symbols(&obj, &b->m);
	app = (struct ko_app) {
		.image = image.bytes,
		.image_size = image.size,
		.data = image.data,
		.data_size = image.data_size,
		.nr_types = b->m.nr_types,
		.nr_calls = lower_nr_calls(&b->generator.tables),
	};
	err = ko_add_app(&obj, &code, &app, &ko);
	if (!err)
		err = ko_write(&obj, &ko, &b->ko, &b->ko_size);
out:
	image_destroy(&image);
	code_destroy(&code);
	object_destroy(&obj);
	progress(b, "finished");
	return err;
}

/* mark the functions that the checker could not follow, and which accesses it could not */
static void mark_opaque(struct build *b, const struct verify_report *report, bool all)
{
	size_t i;

	for (i = 0; i < report->nr_funcs; i++)
		if (report->funcs[i].nr_unproven)
			generate_mask_func(&b->generator, report->funcs[i].funcidx, all);
	for (i = 0; i < report->nr_unproven_places; i++)
		generate_mask_line(&b->generator, lines_find(&b->lines, report->unproven[i]));
}

/*
 * 0; -EAGAIN if there are functions beyond the checker's proof, which are marked, @all accesses of
 * them or only those that are; -EINVAL (diagnosed)
 */
static int check(struct build *b, bool last, bool all)
{
	struct verify_report report = {
		.quiet_unproven = !last,
		.nr_threads = b->opt->jobs,
		.known = b->known,
		.on_progress = show_checked,
		.progress_arg = b,
	};
	int err = verify_ko(b->opt->output, b->ko, b->ko_size, &report);

	progress(b, err ? "checked: not proven yet" : "checked");
	if (err && !report.nr_violations && !last) {
		if (b->opt->verbose)
			diag_info("%u of %u functions again", report.nr_unproven_funcs, report.nr_funcs);
		mark_opaque(b, &report, all);
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
 * One way through lowering and LLVM to b->ko. What the optimiser makes of an index may
 * be right and yet beyond the checker's proof; these functions are generated once more
 * from the optimised code, with the addresses masked that were not proven, and if
 * others are not then, with all of them.
 */
static int generate(struct build *b, bool last)
{
	int err, round;

	generate_objects(&b->generator);
	progress(b, "generated");
	err = finish(b, true);
	if (err == -EAGAIN) {
		generate_masked(&b->generator);
		progress(b, "generated again, for smaller stack frames");
		err = finish(b, false);
	}
	if (!err)
		err = check(b, false, false);
	for (round = 0; err == -EAGAIN && round < 2; round++) {
		show_status(b, "some functions are generated again, with masked addresses");
		generate_masked(&b->generator);
		progress(b, "generated again");
		err = finish(b, false);
		if (!err)
			err = check(b, last && round, true);
	}
	return err;
}

/*
 * if masks do not help, lower again with indices that stay visible, at last all of them, and without
 * the tables of switches
 */
static int generate_verified(struct build *b)
{
	int attempt, err;
	u32 i;

	for (attempt = 0; attempt < 3; attempt++) {
		err = generate(b, attempt == 2);
		if (err != -EAGAIN)
			return err;
		b->target.no_tables = true;
		for (i = 0; attempt == 1 && i < b->m.nr_funcs; i++)
			b->generator.opaque[i] = true;
		generate_again(&b->generator);
	}
	return err;
}

static int generate_output(struct build *b)
{
	struct generator *g = &b->generator;
	int err;

	g->lower.software_bounds = b->opt->software_bounds;
	g->lower.strict_traps = b->opt->strict_traps;
	g->nr_threads = b->opt->jobs;
	g->on_progress = show_generated;
	g->progress_arg = b;
	generator_create(g, &b->m, b->abi, &b->target, b->opt->emit != EMIT_KO);
	if (b->opt->emit != EMIT_KO)
		err = emit_llvm(b);
	else
		err = generate_verified(b);
	if (!err && b->signer)
		err = signer_append(b->signer, &b->ko, &b->ko_size);
	if (!err && b->opt->emit == EMIT_KO)
		err = write_whole_file(b->opt->output, b->ko, b->ko_size);
	if (!err)
		progress(b, "written");
	generator_destroy(g);
	return err;
}

static int compile(const struct options *opt)
{
	struct build b = { .opt = opt };
	struct target_traits traits;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &b.started);
	if (file_is_same(opt->input, opt->output)) {
		diag_file_error(opt->output, "the output is the input");
		return -EINVAL;
	}
	err = read_module(&b);
	if (err)
		goto out;
	progress(&b, "validated");
	if (opt->binaryen)
		err = optimize_module(&b);
	if (!err)
		err = read_profile(&b);
	if (!err && opt->sign_key)
		err = signer_create(opt->sign_key, opt->sign_cert, &b.signer);
	if (err)
		goto out;
	b.name = modinfo_name(opt->output);
	b.known = verify_known_create();
	err = -EINVAL;
	b.abi = abi_layout_create(&b.m);
	if (!b.abi)
		goto out;
	traits = (struct target_traits){
		.fpu = b.m.uses_float, .vectors = b.m.uses_vector, .size = b.m.code_section.size,
	};
	err = target_init(&b.target, &b.profile, opt->cpu, opt->level, &traits);
	if (err)
		goto out;
	err = generate_output(&b);
	diag_status_end();
	target_destroy(&b.target);
out:
	verify_known_destroy(b.known);
	lines_destroy(&b.lines);
	signer_destroy(b.signer);
	abi_layout_destroy(b.abi);
	wasm_module_destroy(&b.m);
	profile_destroy(&b.profile);
	free(b.bytes);
	free(b.name);
	free(b.ko);
	return err;
}

static int verify(const struct options *opt)
{
	struct verify_report report = { .nr_threads = opt->jobs };
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
