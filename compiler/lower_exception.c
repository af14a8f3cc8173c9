// SPDX-License-Identifier: GPL-2.0
/*
 * lower_exception.c - exceptions: throw, try_table, and the legacy try
 *
 * "Execution, Instructions, Control". There is no unwinder: an exception on its
 * way is a number in front of the value buffer (KWASM_VALUES_EXCEPTION), which
 * instances of a store share. Whoever makes a call that may throw looks there
 * when it comes back, and goes to the innermost handler, or returns to its own
 * caller, who looks as well. A call that cannot throw is not followed by a look;
 * so modules without exceptions pay nothing, unless functions of other modules
 * can get into them, through which exceptions have to pass.
 *
 * Exceptions themselves belong to the runtime. Their values go in and out
 * through the value buffer; none of this is meant to be fast, but for the look.
 */
#include <stdlib.h>

#include "diag.h"
#include "lower.h"

static LLVMValueRef pending(struct lower *l)
{
	return lower_offset(l, lower_slot(l, KWASM_CTX_VALUES), KWASM_VALUES_EXCEPTION);
}

static void set_pending(struct lower *l, LLVMValueRef exn)
{
	lower_store(l, exn, pending(l), LOWER_ALIAS_VALUES);
}

/*
 * Nobody here catches it: return to whoever may. The results are not looked at, but a
 * reference is null rather than anything, so that the checker finds what it expects.
 */
static void leave(struct lower *l)
{
	wasm_valtype_t type;
	u32 i;

	if (l->outermost) {
		set_pending(l, lower_i64(l, 0));
		lower_trap(l, KWASM_TRAP_uncaught_exception);
		return;
	}
	for (i = 0; i < l->functype->nr_results; i++) {
		type = l->functype->results[i];
		lower_push(l, wasm_valtype_is_ref(type) ? lower_ref_null(l, type) :
			   LLVMGetUndef(lower_valtype(l, type)));
	}
	lower_return_values(l);
}

/* to the innermost handler among the outermost @nr frames; @noted: it is pending already */
static void raise_in(struct lower *l, LLVMValueRef exn, size_t nr, bool noted)
{
	LLVMBasicBlockRef here;

	while (nr && !l->frames[nr - 1].trying)
		nr--;
	if (!nr) {
		if (!noted)
			set_pending(l, exn);
		leave(l);
		return;
	}
	if (noted)
		set_pending(l, lower_i64(l, 0));
	here = LLVMGetInsertBlock(l->b);
	LLVMAddIncoming(l->frames[nr - 1].caught, &exn, &here, 1);
	LLVMBuildBr(l->b, l->frames[nr - 1].handler);
}

void lower_check_exception(struct lower *l)
{
	LLVMValueRef exn = lower_load(l, l->i64, pending(l), LOWER_ALIAS_VALUES), br;
	LLVMBasicBlockRef thrown = lower_block(l, "thrown"), go_on = lower_block(l, "");

	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntNE, exn, lower_i64(l, 0), ""),
			     thrown, go_on);
	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
	LLVMPositionBuilderAtEnd(l->b, thrown);
	raise_in(l, exn, l->frames_nr, true);
	LLVMPositionBuilderAtEnd(l->b, go_on);
}

static void throw(struct lower *l, u32 tagidx)
{
	const struct wasm_functype *type = wasm_tag_type(l->m, tagidx);
	LLVMValueRef args[] = { lower_i32(l, tagidx), lower_i32(l, type->nr_params) };

	l->stack_nr -= type->nr_params;
	lower_store_values(l, &l->stack[l->stack_nr], type->nr_params);
	raise_in(l, lower_helper(l, LOWER_HELPER_kwasm_exception_new, args), l->frames_nr, false);
	l->unreachable = true;
}

static void throw_ref(struct lower *l)
{
	LLVMValueRef exn = lower_pop(l);

	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, exn, lower_i64(l, 0), ""),
		      KWASM_TRAP_null_reference);
	raise_in(l, exn, l->frames_nr, false);
	l->unreachable = true;
}

/* an i1: is it of that tag? Then its values are in the buffer. @keep: it goes on to exist */
static LLVMValueRef match(struct lower *l, LLVMValueRef exn, u32 tagidx, enum kwasm_exception_keep keep)
{
	LLVMValueRef args[] = { exn, lower_i32(l, tagidx), lower_i32(l, keep) };
	LLVMValueRef matches = lower_helper(l, LOWER_HELPER_kwasm_exception_match, args);

	return LLVMBuildICmp(l->b, LLVMIntNE, matches, lower_i32(l, 0), "");
}

static void begin_handler(struct lower *l, struct lower_frame *frame)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);

	frame->handler = lower_block(l, "catch");
	frame->trying = true;
	LLVMPositionBuilderAtEnd(l->b, frame->handler);
	frame->caught = LLVMBuildPhi(l->b, l->i64, "");
	LLVMPositionBuilderAtEnd(l->b, here);
}

/* what a clause of try_table does with an exception: a branch, if it is its */
static void lower_clause(struct lower *l, const struct wasm_catch *clause, LLVMValueRef exn)
{
	bool has_ref = clause->kind == WASM_CATCH_REF || clause->kind == WASM_CATCH_ALL_REF;
	bool any = clause->kind == WASM_CATCH_ALL || clause->kind == WASM_CATCH_ALL_REF;
	LLVMBasicBlockRef caught = lower_block(l, "caught"), next = lower_block(l, "next");
	size_t height = l->stack_nr;

	LLVMBuildCondBr(l->b, match(l, exn, any ? KWASM_TAG_ANY : clause->tagidx,
				    has_ref ? KWASM_EXCEPTION_KEEP : KWASM_EXCEPTION_FREE),
			caught, next);
	LLVMPositionBuilderAtEnd(l->b, caught);
	if (!any)
		lower_push_values(l, wasm_tag_type(l->m, clause->tagidx)->params,
				  wasm_tag_type(l->m, clause->tagidx)->nr_params);
	if (has_ref)
		lower_push(l, exn);
	lower_branch(l, clause->labelidx);
	l->unreachable = false;
	l->stack_nr = height;
	LLVMPositionBuilderAtEnd(l->b, next);
}

/* the clauses' labels are counted from outside, so they are lowered before the block begins */
static void begin_try_table(struct lower *l, const struct wasm_instr *in)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
	struct lower_frame handler = { 0 }, *frame;
	u32 i;

	begin_handler(l, &handler);
	LLVMPositionBuilderAtEnd(l->b, handler.handler);
	for (i = 0; i < in->nr_catches; i++)
		lower_clause(l, &in->catches[i], handler.caught);
	raise_in(l, handler.caught, l->frames_nr, false);
	LLVMPositionBuilderAtEnd(l->b, here);
	frame = lower_begin_block(l, in);
	frame->trying = true;
	frame->handler = handler.handler;
	frame->caught = handler.caught;
}

/* ---- the legacy form ---- */

/* go on where the exceptions are that no clause so far was for; false: there are none */
static bool begin_unmatched(struct lower *l, struct lower_frame *frame)
{
	LLVMPositionBuilderAtEnd(l->b, frame->handler);
	l->stack_nr = frame->height;
	l->unreachable = !LLVMCountIncoming(frame->caught);
	if (l->unreachable && !LLVMGetBasicBlockTerminator(frame->handler))
		LLVMBuildUnreachable(l->b);
	return !l->unreachable;
}

void lower_drop_exception(struct lower *l, const struct lower_frame *frame)
{
	if (frame->catching)
		match(l, frame->caught, KWASM_TAG_ANY, KWASM_EXCEPTION_FREE);
}

static void end_arm(struct lower *l, struct lower_frame *frame)
{
	if (!l->unreachable)
		lower_drop_exception(l, frame);
	lower_fall_to_end(l, frame);
	frame->trying = false;
	frame->catching = false;
}

static void catch(struct lower *l, const struct wasm_instr *in)
{
	struct lower_frame *frame = &l->frames[l->frames_nr - 1];
	const struct wasm_functype *type;
	LLVMBasicBlockRef caught, next;

	end_arm(l, frame);
	if (!begin_unmatched(l, frame))
		return;
	frame->catching = true;
	if (in->op == WASM_OP_CATCH_ALL) {
		frame->handler = NULL;
		return;
	}
	type = wasm_tag_type(l->m, in->tagidx);
	caught = lower_block(l, "caught");
	next = lower_block(l, "next");
	LLVMBuildCondBr(l->b, match(l, frame->caught, in->tagidx, KWASM_EXCEPTION_BORROW), caught, next);
	frame->handler = next;
	LLVMPositionBuilderAtEnd(l->b, caught);
	lower_push_values(l, type->params, type->nr_params);
}

/* what no clause was for goes to the handlers outside of the outermost @nr frames */
static void pass_on(struct lower *l, struct lower_frame *frame, size_t nr)
{
	if (frame->handler && begin_unmatched(l, frame))
		raise_in(l, frame->caught, nr, false);
	l->unreachable = true;
}

void lower_end_try(struct lower *l, struct lower_frame *frame)
{
	end_arm(l, frame);
	pass_on(l, frame, l->frames_nr - 1);
}

static void delegate(struct lower *l, u32 labelidx)
{
	struct lower_frame *frame = &l->frames[l->frames_nr - 1];

	end_arm(l, frame);
	/* the label itself may be a try; counted from outside of this one */
	pass_on(l, frame, l->frames_nr - 1 - labelidx);
	lower_end_block(l);
}

static void rethrow(struct lower *l, u32 labelidx)
{
	struct lower_frame *frame = &l->frames[l->frames_nr - 1 - labelidx];

	raise_in(l, frame->caught, l->frames_nr, false);
	l->unreachable = true;
}

void lower_exception(struct lower *l, const struct wasm_instr *in)
{
	switch (in->op) {
	case WASM_OP_THROW:
		throw(l, in->tagidx);
		break;
	case WASM_OP_THROW_REF:
		throw_ref(l);
		break;
	case WASM_OP_TRY_TABLE:
		begin_try_table(l, in);
		break;
	case WASM_OP_TRY:
		begin_handler(l, lower_begin_block(l, in));
		break;
	case WASM_OP_CATCH:
	case WASM_OP_CATCH_ALL:
		catch(l, in);
		break;
	case WASM_OP_DELEGATE:
		delegate(l, in->labelidx);
		break;
	case WASM_OP_RETHROW:
		rethrow(l, in->labelidx);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}

/* ---- which calls may throw ---- */

static bool has_ref_param(const struct wasm_functype *type)
{
	u32 i;

	for (i = 0; i < type->nr_params; i++)
		if (wasm_valtype_is_ref(type->params[i]))
			return true;
	return false;
}

/* can functions of other instances get into this one, to be called here? */
static bool calls_others(const struct wasm_module *m)
{
	u32 i;

	for (i = 0; i < m->nr_imports; i++) {
		const struct wasm_import *import = &m->imports[i];

		switch (import->kind) {
		case WASM_EXTERN_FUNC:
			if (!abi_import_host_func(m, import->index))
				return true;
			break;
		case WASM_EXTERN_TABLE:
			return true;
		case WASM_EXTERN_GLOBAL:
			if (wasm_valtype_is_ref(m->globals[import->index].type))
				return true;
			break;
		default:
			break;
		}
	}
	for (i = 0; i < m->nr_exports; i++) {
		const struct wasm_export *export = &m->exports[i];

		switch (export->kind) {
		case WASM_EXTERN_TABLE:
			return true;
		case WASM_EXTERN_GLOBAL:
			if (m->globals[export->index].mut &&
			    wasm_valtype_is_ref(m->globals[export->index].type))
				return true;
			break;
		case WASM_EXTERN_FUNC:
			if (has_ref_param(wasm_func_type(m, export->index)))
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

/* a call: @callee may be l->m->nr_funcs, which stands for any function that has a reference */
struct call_edge {
	u32 caller, callee;
};

struct call_graph {
	struct call_edge *edges;
	size_t nr, cap;
};

static void add_edge(struct call_graph *graph, u32 caller, u32 callee)
{
	array_reserve(graph->edges, graph->cap, graph->nr + 1);
	graph->edges[graph->nr++] = (struct call_edge){ caller, callee };
}

static void scan_body(struct lower_throwing *t, const struct wasm_module *m,
		      struct call_graph *graph, u32 funcidx)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;

	wasm_code_reader_start(&reader, m, &m->funcs[funcidx].code);
	while (!wasm_code_reader_done(&reader)) {
		wasm_read_instr(&reader, &in);
		switch (in.op) {
		case WASM_OP_THROW:
		case WASM_OP_THROW_REF:
		case WASM_OP_RETHROW:
			t->may[funcidx] = true;
			break;
		case WASM_OP_CALL:
		case WASM_OP_RETURN_CALL:
			add_edge(graph, funcidx, in.funcidx);
			break;
		case WASM_OP_CALL_INDIRECT:
		case WASM_OP_CALL_REF:
		case WASM_OP_RETURN_CALL_INDIRECT:
		case WASM_OP_RETURN_CALL_REF:
			add_edge(graph, funcidx, m->nr_funcs);
			break;
		}
	}
	wasm_code_reader_destroy(&reader);
}

static int compare_edges(const void *a, const void *b)
{
	const struct call_edge *x = a, *y = b;

	return x->callee < y->callee ? -1 : x->callee > y->callee;
}

/* from those that throw to their callers, and theirs */
static void spread(struct lower_throwing *t, u32 nr_funcs, struct call_graph *graph)
{
	u32 nr = nr_funcs + 1, i, callee, *work = xmalloc((nr + 1) * sizeof(*work));
	size_t *first = xcalloc(nr + 1, sizeof(*first)), at;
	u32 nr_work = 0;

	qsort(graph->edges, graph->nr, sizeof(*graph->edges), compare_edges);
	for (at = 0; at < graph->nr; at++)
		first[graph->edges[at].callee + 1]++;
	for (i = 0; i < nr; i++) {
		first[i + 1] += first[i];
		if (t->may[i])
			work[nr_work++] = i;
	}
	while (nr_work) {
		callee = work[--nr_work];
		for (at = first[callee]; at < first[callee + 1]; at++) {
			u32 caller = graph->edges[at].caller;

			if (t->may[caller])
				continue;
			t->may[caller] = true;
			work[nr_work++] = caller;
		}
	}
	free(work);
	free(first);
}

void lower_find_throwing(struct lower_throwing *t, const struct wasm_module *m)
{
	const u64 exceptions = WASM_FEATURE_BIT(EXCEPTIONS) | WASM_FEATURE_BIT(LEGACY_EXCEPTIONS);
	bool others = calls_others(m);
	struct call_graph graph = { 0 };
	u32 i;

	t->may = xcalloc(m->nr_funcs + 1, sizeof(*t->may));
	t->exports = false;
	if (!others && !(m->used & exceptions))
		return;
	t->may[m->nr_funcs] = others;
	for (i = 0; i < m->nr_funcs; i++) {
		if (i < m->nr_imported_funcs)
			t->may[i] = !abi_import_host_func(m, i);
		else
			scan_body(t, m, &graph, i);
		/* a reference that may be called is a caller of what it refers to */
		if (m->funcs[i].declared)
			add_edge(&graph, m->nr_funcs, i);
	}
	if (graph.nr)
		spread(t, m->nr_funcs, &graph);
	free(graph.edges);
	for (i = m->nr_imported_funcs; i < m->nr_funcs; i++)
		t->exports |= m->funcs[i].declared && t->may[i];
}
