// SPDX-License-Identifier: GPL-2.0
/*
 * generate.c - lowering and LLVM, in parts and on threads
 *
 * Each part of the module (parts.c) goes its own way, in an LLVM context of its own:
 * lowered, optimised, to an object; object_link() makes one of them all. At any time
 * there are as many contexts as threads, so memory is bounded whatever the size of the
 * module. Of the optimised code only its bitcode is kept, in case that the checker
 * wants some functions with masked addresses (lower_mask.c).
 */
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "generate.h"
#include "jobs.h"

static void count_progress(struct generator *g, u32 part)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	g->done += g->parts.sizes[part];
	if (g->on_progress)
		g->on_progress(g->progress_arg, g->done, g->total);
	pthread_mutex_unlock(&mutex);
}

/* a module on its way through LLVM, with all that belongs to it */
struct way {
	LLVMContextRef llvm;
	LLVMTargetMachineRef tm;
	LLVMModuleRef mod;
};

static void begin_way(struct way *way, const struct generator *g, bool small_frames)
{
	way->llvm = LLVMContextCreate();
	LLVMContextSetDiscardValueNames(way->llvm, !g->named);
	way->tm = target_machine(g->target, small_frames);
}

static void end_way(struct way *way)
{
	LLVMDisposeModule(way->mod);
	LLVMDisposeTargetMachine(way->tm);
	LLVMContextDispose(way->llvm);
}

/* end_way() when done */
static void lower_part(struct way *way, const struct generator *g, u32 part)
{
	begin_way(way, g, false);
	way->mod = lower_module(g->m, g->abi, &g->lower, &g->parts.parts[part], way->llvm);
	target_optimize(g->target, way->tm, way->mod);
	if (g->target->level >= 2 && g->abi->memory0_here &&
	    lower_has_guard(&g->lower, &g->m->memories[0]))
		lower_mask_signed(way->mod);
}

static void generate_part(void *arg, u32 i)
{
	struct generator *g = arg;
	u32 part = g->order[i];
	struct generated *unit = &g->units[part];
	struct way way;

	if (unit->object)
		return;
	lower_part(&way, g, part);
	unit->bitcode = LLVMWriteBitcodeToMemoryBuffer(way.mod);
	unit->object = target_emit(g->target, way.tm, way.mod, LLVMObjectFile);
	end_way(&way);
	count_progress(g, part);
}

static bool has_opaque(const struct generator *g, u32 part)
{
	u32 i;

	for (i = g->parts.parts[part].first; i < g->parts.parts[part].end; i++)
		if (g->opaque[i])
			return true;
	return false;
}

static bool has_masked(const struct generator *g, u32 part)
{
	u32 i;

	for (i = g->parts.parts[part].first; i < g->parts.parts[part].end; i++)
		if (g->masks.funcs[i] != LOWER_MASK_NONE)
			return true;
	return false;
}

static void mask_part(void *arg, u32 i)
{
	struct generator *g = arg;
	u32 part = g->order[i];
	struct generated *unit = &g->units[part];
	struct way way;

	if (unit->masked || !has_masked(g, part))
		return;
	begin_way(&way, g, true);
	if (LLVMParseBitcodeInContext2(way.llvm, unit->bitcode, &way.mod))
		diag_bug("LLVM does not read its own bitcode");
	lower_mask_functions(way.mod, g->abi, &g->masks);
	unit->masked = target_emit(g->target, way.tm, way.mod, LLVMObjectFile);
	end_way(&way);
}

/* the largest first, so that none is left to a single thread at the end */
static void sort_parts(struct generator *g)
{
	u32 i, k, part;

	g->order = xcalloc(g->parts.nr, sizeof(*g->order));
	for (i = 0; i < g->parts.nr; i++) {
		part = i;
		for (k = i; k && g->parts.sizes[g->order[k - 1]] < g->parts.sizes[part]; k--)
			g->order[k] = g->order[k - 1];
		g->order[k] = part;
	}
}

void generator_create(struct generator *g, const struct wasm_module *m,
		      const struct abi_layout *abi, const struct target *target, bool whole)
{
	u32 i;

	g->m = m;
	g->abi = abi;
	g->target = target;
	lower_find_throwing(&g->throwing, m);
	g->opaque = xcalloc(m->nr_funcs + 1, sizeof(*g->opaque));
	g->masks.funcs = xcalloc(m->nr_funcs + 1, sizeof(*g->masks.funcs));
	g->masks.nr_funcs = m->nr_funcs;
	g->named = whole;
	target_lower_options(target, &g->lower);
	g->lower.throwing = &g->throwing;
	lower_find_tables(&g->tables, m);
	g->lower.tables = &g->tables;
	g->lower.opaque_index = g->opaque;
	parts_create(&g->parts, m, whole, target->level > 1);
	g->units = xcalloc(g->parts.nr, sizeof(*g->units));
	sort_parts(g);
	for (i = 0; i < g->parts.nr; i++)
		g->total += g->parts.sizes[i];
}

static void forget(struct generated *unit)
{
	if (unit->object)
		LLVMDisposeMemoryBuffer(unit->object);
	if (unit->bitcode)
		LLVMDisposeMemoryBuffer(unit->bitcode);
	if (unit->masked)
		LLVMDisposeMemoryBuffer(unit->masked);
	memset(unit, 0, sizeof(*unit));
}

void generator_destroy(struct generator *g)
{
	u32 i;

	for (i = 0; i < g->parts.nr; i++)
		forget(&g->units[i]);
	free(g->units);
	free(g->order);
	free(g->opaque);
	free(g->masks.funcs);
	free(g->masks.lines);
	free(g->throwing.may);
	lower_forget_tables(&g->tables, g->m);
	parts_destroy(&g->parts);
}

void generate_objects(struct generator *g)
{
	jobs_run(g->nr_threads, g->parts.nr, generate_part, g);
}

static void second_time(struct generator *g, u32 funcidx, enum lower_mask mask)
{
	u32 i;

	g->masks.funcs[funcidx] = mask;
	for (i = 0; i < g->parts.nr; i++) {
		if (funcidx < g->parts.parts[i].first || funcidx >= g->parts.parts[i].end ||
		    !g->units[i].masked)
			continue;
		LLVMDisposeMemoryBuffer(g->units[i].masked);
		g->units[i].masked = NULL;
	}
}

void generate_mask_func(struct generator *g, u32 funcidx, bool all)
{
	if (funcidx >= g->masks.nr_funcs)
		return;
	g->opaque[funcidx] = true;
	second_time(g, funcidx, all ? LOWER_MASK_ALL : LOWER_MASK_SOME);
}

void generate_small_frame(struct generator *g, u32 funcidx)
{
	if (funcidx < g->masks.nr_funcs && g->masks.funcs[funcidx] == LOWER_MASK_NONE)
		second_time(g, funcidx, LOWER_MASK_KEEP);
}

void generate_mask_line(struct generator *g, u32 line)
{
	struct lower_masks *m = &g->masks;

	array_reserve(m->lines, m->cap_lines, m->nr_lines + 1);
	m->lines[m->nr_lines++] = line;
}

static int compare_lines(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

void generate_masked(struct generator *g)
{
	if (g->masks.nr_lines)
		qsort(g->masks.lines, g->masks.nr_lines, sizeof(*g->masks.lines), compare_lines);
	jobs_run(g->nr_threads, g->parts.nr, mask_part, g);
}

void generate_again(struct generator *g)
{
	u32 i;

	for (i = 0; i < g->parts.nr; i++) {
		if (!has_opaque(g, i))
			continue;
		forget(&g->units[i]);
		g->done -= g->parts.sizes[i];
	}
}

LLVMMemoryBufferRef generate_text(struct generator *g, bool ir, LLVMCodeGenFileType type)
{
	LLVMMemoryBufferRef buffer;
	struct way way;
	char *text;

	lower_part(&way, g, 0);
	if (ir) {
		text = LLVMPrintModuleToString(way.mod);
		buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "ir");
		LLVMDisposeMessage(text);
	} else {
		buffer = target_emit(g->target, way.tm, way.mod, type);
	}
	end_way(&way);
	return buffer;
}
