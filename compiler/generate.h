/* SPDX-License-Identifier: GPL-2.0 */
/*
 * generate.h - validated module to objects: lowering and LLVM, in parts and on threads
 */
#ifndef _COMPILER_GENERATE_H
#define _COMPILER_GENERATE_H

#include "../backend-x86/target.h"
#include "lower.h"
#include "module.h"
#include "parts.h"

/**
 * struct generated - what became of a part
 * @object: its code; NULL: still to be made
 * @bitcode: the module that it was made from, optimised
 * @masked: code that takes the place of some in @object, with masked addresses or
 *	smaller stack frames, or NULL
 */
struct generated {
	LLVMMemoryBufferRef object;
	LLVMMemoryBufferRef bitcode;
	LLVMMemoryBufferRef masked;
};

/**
 * struct generator - lowering and LLVM for one module
 * @lower: options; @lower.opaque_index is @opaque
 * @opaque: by function index: the checker could not follow it
 * @masks: what generate_masked() makes once more, and masks of it
 * @parts: of the module
 * @units: one for each part
 * @order: parts in the order in which they are begun, the largest first
 * @named: values have names, for those who read them
 * @nr_threads: at most so many at once
 * @on_progress: called whenever a part is done, if not NULL: from any thread, but never
 *	twice at a time, with @progress_arg and the bytes of function bodies
 */
struct generator {
	const struct wasm_module *m;
	const struct abi_layout *abi;
	const struct target *target;
	struct lower_options lower;
	struct lower_throwing throwing;
	struct lower_tables tables;
	bool *opaque;
	struct lower_masks masks;
	struct parts parts;
	struct generated *units;
	u32 *order;
	bool named;
	unsigned int nr_threads;
	u64 done, total;
	void (*on_progress)(void *arg, u64 done, u64 total);
	void *progress_arg;
};

/**
 * generator_create() - Prepare
 * @g: zero but for @lower's options of the user, @nr_threads, @on_progress and its argument
 * @m: validated
 * @abi: its layout
 * @target: what for
 * @whole: in one part, for generate_text()
 */
void generator_create(struct generator *g, const struct wasm_module *m,
		      const struct abi_layout *abi, const struct target *target, bool whole);
void generator_destroy(struct generator *g);

/* fill in the @object of each part that has none */
void generate_objects(struct generator *g);

/* a function is beyond the checker's proof: @all of it, or what generate_mask_line() says */
void generate_mask_func(struct generator *g, u32 funcidx, bool all);
/* accesses of such functions that come from this offset in the .wasm file; 0: any */
void generate_mask_line(struct generator *g, u32 line);
/* -O0: a function's stack frame is too large; it is to be generated with registers shared out well */
void generate_small_frame(struct generator *g, u32 funcidx);
/* fill in @masked of the parts that have such functions: these once more */
void generate_masked(struct generator *g);

/* forget what was made of functions that are @opaque now, so that generate_objects() makes it again */
void generate_again(struct generator *g);

/**
 * generate_text() - Assembly, object, or, if @ir, LLVM's intermediate language
 * @g: created as a whole
 * @type: unless @ir
 *
 * Return: for LLVMDisposeMemoryBuffer().
 */
LLVMMemoryBufferRef generate_text(struct generator *g, bool ir, LLVMCodeGenFileType type);

#endif /* _COMPILER_GENERATE_H */
