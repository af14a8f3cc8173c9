// SPDX-License-Identifier: GPL-2.0
/*
 * parts.c - which functions are compiled together
 *
 * Neighbours: linkers leave the functions of a source file beside each other, and
 * most calls go to one's own file. A part is large enough that the work around it
 * does not count, and small enough that memory stays bounded and all processors
 * have something to do until the end.
 *
 * What would be lost is inlining from one part to another (lua: a tenth of its speed), so
 * functions that may well be inlined are lowered again in each part that calls them.
 */
#include <stdlib.h>

#include "parts.h"

#define PART_SIZE	(128u << 10)	/* bytes of function bodies */
#define COPY_SIZE	256u		/* and of a function that is copied */

/* the functions that one calls directly: some are of other parts */
static void find_calls(struct parts *parts, const struct wasm_module *m, u32 caller,
		       const struct lower_part *part)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;

	wasm_code_reader_start(&reader, m, &m->funcs[caller].code);
	while (!wasm_code_reader_done(&reader)) {
		wasm_read_instr(&reader, &in);
		if (in.op != WASM_OP_CALL && in.op != WASM_OP_RETURN_CALL)
			continue;
		parts->calls[in.funcidx]++;
		if (in.funcidx < m->nr_imported_funcs ? !part->rest :
		    in.funcidx < part->first || in.funcidx >= part->end || parts->copied[caller])
			parts->shared[in.funcidx] = true;
	}
	wasm_code_reader_destroy(&reader);
}

static void mark_copied(struct parts *parts, const struct wasm_module *m)
{
	u32 i;

	for (i = 0; i < m->nr_funcs; i++)
		parts->copied[i] = i < m->nr_imported_funcs || m->funcs[i].code.size <= COPY_SIZE;
}

static void cut(struct parts *parts, const struct wasm_module *m, bool whole)
{
	struct lower_part *part = NULL;
	size_t cap = 0, cap_sizes = 0;
	u32 i;

	for (i = m->nr_imported_funcs; i < m->nr_funcs || !part; i++) {
		if (!part || (!whole && parts->sizes[parts->nr - 1] >= PART_SIZE)) {
			array_reserve(parts->parts, cap, parts->nr + 1);
			array_reserve(parts->sizes, cap_sizes, parts->nr + 1);
			parts->sizes[parts->nr] = 0;
			part = &parts->parts[parts->nr++];
			*part = (struct lower_part) {
				.first = i, .end = i, .rest = parts->nr == 1,
				.shared = parts->shared, .copied = parts->copied,
				.calls = parts->calls,
			};
		}
		if (i == m->nr_funcs)
			break;
		part->end = i + 1;
		parts->sizes[parts->nr - 1] += m->funcs[i].code.size;
	}
}

void parts_create(struct parts *parts, const struct wasm_module *m, bool whole, bool copies)
{
	u32 i, k;

	*parts = (struct parts) {
		.shared = xcalloc(m->nr_funcs + 1, sizeof(bool)),
		.copied = xcalloc(m->nr_funcs + 1, sizeof(bool)),
		.calls = xcalloc(m->nr_funcs + 1, sizeof(u32)),
	};
	cut(parts, m, whole);
	if (copies && parts->nr > 1)
		mark_copied(parts, m);
	for (i = 0; i < parts->nr; i++)
		for (k = parts->parts[i].first; k < parts->parts[i].end; k++)
			find_calls(parts, m, k, &parts->parts[i]);
	/* instantiation, in the first part, calls it */
	if (parts->nr > 1 && m->start != WASM_NO_INDEX)
		parts->shared[m->start] = true;
}

void parts_destroy(struct parts *parts)
{
	free(parts->parts);
	free(parts->sizes);
	free(parts->shared);
	free(parts->copied);
	free(parts->calls);
}
