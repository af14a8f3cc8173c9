// SPDX-License-Identifier: GPL-2.0
/*
 * lower_table.c - references and tables
 *
 * "Execution, Instructions, Reference" and "Table". A funcref is the address of a struct
 * kwasm_func, null that of kwasm_null_func; any other null is 0. References of the hierarchy
 * of any are 32 bits (lower_gc.c), all others 64. Tables belong to the runtime, which does everything but
 * call_indirect (lower_call.c).
 */
#include <stdlib.h>

#include "diag.h"
#include "lower.h"

LLVMValueRef lower_ref_null(struct lower *l, wasm_valtype_t reftype)
{
	if (lower_ref_kind(l, reftype) == LOWER_REF_FUNC)
		return l->null_func;
	return LLVMConstNull(lower_valtype(l, reftype));
}

LLVMValueRef lower_ref_cell(struct lower *l, LLVMValueRef ref)
{
	return LLVMTypeOf(ref) == l->i64 ? ref : LLVMBuildZExt(l->b, ref, l->i64, "");
}

LLVMValueRef lower_cell_ref(struct lower *l, LLVMValueRef cell, wasm_valtype_t type)
{
	if (lower_is_null_type(type))
		return l->null_func;
	return lower_valtype(l, type) == l->i64 ? cell : LLVMBuildTrunc(l->b, cell, l->i32, "");
}

LLVMValueRef lower_ref_func(struct lower *l, u32 funcidx)
{
	s32 at = l->abi->funcs[funcidx];
	LLVMValueRef ref;

	if (funcidx >= l->m->nr_imported_funcs || abi_import_host_func(l->m, funcidx))
		ref = lower_offset(l, l->ctx, at);
	else
		ref = lower_slot(l, at);
	return LLVMBuildPtrToInt(l->b, ref, l->i64, "");
}

LLVMValueRef lower_table_element(struct lower *l, LLVMValueRef table, LLVMValueRef index,
				 LLVMTypeRef type)
{
	/*
	 * A constant index beyond that traps. If it did not fit an immediate LLVM would shift the size, or
	 * load a part of it, to compare that; the checker has no rules for such.
	 */
	LLVMValueRef range[] = { lower_i64(l, 0), lower_i64(l, 1ll << 31) };
	LLVMValueRef size, elems;

	size = lower_load(l, l->i64, lower_offset(l, table, offsetof(struct kwasm_table_abi, size)),
			  LOWER_ALIAS_RUNTIME);
	LLVMSetMetadata(size, l->kind_range, LLVMMDNodeInContext(l->llvm, range, 2));
	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntUGE, index, size, ""),
		      KWASM_TRAP_undefined_element);
	elems = lower_load(l, l->ptr, lower_offset(l, table, offsetof(struct kwasm_table_abi, elems)),
			   LOWER_ALIAS_RUNTIME);
	return lower_load(l, type, LLVMBuildGEP2(l->b, l->i64, elems, &index, 1, ""),
			  LOWER_ALIAS_RUNTIME);
}

/*
 * The value does not say whether it is a funcref, so it is compared with either
 * null: an externref can never be the address of kwasm_null_func, as it comes
 * from whoever calls and goes back there only.
 */
LLVMValueRef lower_is_zero(struct lower *l, LLVMValueRef ref)
{
	return LLVMBuildICmp(l->b, LLVMIntEQ, ref, LLVMConstNull(LLVMTypeOf(ref)), "");
}

LLVMValueRef lower_is_null_func(struct lower *l, LLVMValueRef ref)
{
	return LLVMBuildICmp(l->b, LLVMIntEQ, ref, l->null_func, "");
}

/* an index or count as the helpers take it */
static LLVMValueRef pop_index(struct lower *l)
{
	LLVMValueRef v = lower_pop(l);

	return LLVMTypeOf(v) == l->i64 ? v : LLVMBuildZExt(l->b, v, l->i64, "");
}

static void push_size(struct lower *l, u32 tableidx, LLVMValueRef size)
{
	lower_push(l, l->m->tables[tableidx].is64 ? size : LLVMBuildTrunc(l->b, size, l->i32, ""));
}

void lower_table(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef args[5] = { lower_i32(l, in->tableidx) };

	switch (in->op) {
	case WASM_OP_REF_NULL:
		lower_push(l, lower_ref_null(l, in->reftype));
		break;
	case WASM_OP_REF_IS_NULL:
		args[0] = lower_pop(l);
		args[1] = lower_is_zero(l, args[0]);
		if (LLVMTypeOf(args[0]) == l->i64)
			args[1] = LLVMBuildOr(l->b, lower_is_null_func(l, args[0]), args[1], "");
		lower_push(l, LLVMBuildZExt(l->b, args[1], l->i32, ""));
		break;
	case WASM_OP_REF_EQ:
		lower_gc(l, in);
		break;
	case WASM_OP_REF_AS_NON_NULL:
		if (LLVMTypeOf(l->stack[l->stack_nr - 1]) == l->i64)
			lower_trap_if(l, lower_is_null_func(l, l->stack[l->stack_nr - 1]),
				      KWASM_TRAP_null_reference);
		lower_trap_if(l, lower_is_zero(l, l->stack[l->stack_nr - 1]),
			      KWASM_TRAP_null_reference);
		break;
	case WASM_OP_REF_FUNC:
		lower_push(l, lower_ref_func(l, in->funcidx));
		break;
	case WASM_OP_TABLE_GET:
		args[1] = pop_index(l);
		lower_push(l, lower_cell_ref(l, lower_helper(l, LOWER_HELPER_kwasm_table_get, args),
					     l->m->tables[in->tableidx].type));
		break;
	case WASM_OP_TABLE_SET:
		args[2] = lower_ref_cell(l, lower_pop(l));
		args[1] = pop_index(l);
		lower_helper(l, LOWER_HELPER_kwasm_table_set, args);
		break;
	case WASM_OP_TABLE_SIZE:
		push_size(l, in->tableidx, lower_helper(l, LOWER_HELPER_kwasm_table_size, args));
		break;
	case WASM_OP_TABLE_GROW:
		args[1] = pop_index(l);
		args[2] = lower_ref_cell(l, lower_pop(l));
		push_size(l, in->tableidx, lower_helper(l, LOWER_HELPER_kwasm_table_grow, args));
		break;
	case WASM_OP_TABLE_FILL:
		args[3] = pop_index(l);
		args[2] = lower_ref_cell(l, lower_pop(l));
		args[1] = pop_index(l);
		lower_helper(l, LOWER_HELPER_kwasm_table_fill, args);
		break;
	case WASM_OP_TABLE_COPY:
		args[1] = lower_i32(l, in->src_tableidx);
		args[4] = pop_index(l);
		args[3] = pop_index(l);
		args[2] = pop_index(l);
		lower_helper(l, LOWER_HELPER_kwasm_table_copy, args);
		break;
	case WASM_OP_TABLE_INIT:
		args[1] = lower_i32(l, in->elemidx);
		args[4] = lower_pop(l);
		args[3] = lower_pop(l);
		args[2] = pop_index(l);
		lower_helper(l, LOWER_HELPER_kwasm_table_init, args);
		break;
	case WASM_OP_ELEM_DROP:
		args[0] = lower_i32(l, in->elemidx);
		lower_helper(l, LOWER_HELPER_kwasm_elem_drop, args);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}

/* ---- tables that stay as they are ---- */

enum { MAX_KNOWN_TABLE = 1 << 16, MAX_CALLS = 1 << 17 };

/* can anything but the module's own segments get at a table? */
static bool is_private(const struct wasm_module *m, u32 tableidx)
{
	u32 i;

	if (m->writes_tables || m->tables[tableidx].import != WASM_NO_INDEX ||
	    m->tables[tableidx].init.size || m->tables[tableidx].limits.min > MAX_KNOWN_TABLE)
		return false;
	for (i = 0; i < m->nr_exports; i++)
		if (m->exports[i].kind == WASM_EXTERN_TABLE && m->exports[i].index == tableidx)
			return false;
	return true;
}

static bool const_i32(const struct wasm_module *m, const struct wasm_range *range, u32 *value)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;
	bool is_const;

	wasm_code_reader_start(&reader, m, range);
	wasm_read_instr(&reader, &in);
	is_const = in.op == WASM_OP_I32_CONST;
	*value = in.i32;
	if (is_const) {
		wasm_read_instr(&reader, &in);
		is_const = in.op == WASM_OP_END;
	}
	wasm_code_reader_destroy(&reader);
	return is_const;
}

/* the segments of a table, in order; one that does not fit ends instantiation, and all calls with it */
static bool fill_known(const struct wasm_module *m, u32 tableidx, struct lower_known_table *known)
{
	const struct wasm_elem *elem;
	u32 i, j, at;

	for (i = 0; i < m->nr_elems; i++) {
		elem = &m->elems[i];
		if (elem->mode != WASM_SEGMENT_ACTIVE || elem->tableidx != tableidx)
			continue;
		if (!elem->funcs || !const_i32(m, &elem->at, &at))
			return false;
		for (j = 0; j < elem->nr_entries && (u64)at + j < known->nr; j++)
			known->funcs[at + j] = elem->funcs[j];
	}
	return true;
}

/* can all its functions of type @canon be called with the context of the caller? */
static bool calls_own(const struct wasm_module *m, const struct lower_known_table *table, u32 canon)
{
	u32 i, func;

	for (i = 0; i < table->nr; i++) {
		func = table->funcs[i];
		if (func < m->nr_imported_funcs && !abi_import_host_func(m, func) &&
		    m->types[m->funcs[func].typeidx].canon == canon)
			return false;
	}
	return true;
}

u32 lower_nr_calls(const struct lower_tables *known)
{
	const struct abi_calls *last = &known->calls[known->nr_calls];

	return known->nr_calls ? last[-1].at + last[-1].nr + 1 : 0;
}

/* the rows of a table: one for each type that is called, unless a function may be of a subtype */
static void add_calls(struct lower_tables *known, const struct wasm_module *m, u32 tableidx)
{
	const struct lower_known_table *table = &known->tables[tableidx];
	u32 i, at;

	for (i = 0; i < m->nr_types; i++) {
		at = lower_nr_calls(known);
		if (!m->types[i].called || !m->types[i].final || at + table->nr + 1 > MAX_CALLS ||
		    !calls_own(m, table, i))
			continue;
		known->calls = xrealloc(known->calls, (known->nr_calls + 1) * sizeof(*known->calls));
		known->calls[known->nr_calls++] = (struct abi_calls){
			.tableidx = tableidx, .typeidx = i, .funcs = table->funcs, .nr = table->nr,
			.at = at,
		};
	}
}

void lower_find_tables(struct lower_tables *known, const struct wasm_module *m)
{
	struct lower_known_table *table;
	u32 i, j;

	known->tables = xcalloc(m->nr_tables + 1, sizeof(*known->tables));
	known->calls = NULL;
	known->nr_calls = 0;
	for (i = 0; i < m->nr_tables; i++) {
		if (!is_private(m, i))
			continue;
		table = &known->tables[i];
		table->nr = m->tables[i].limits.min;
		table->funcs = xmalloc((table->nr + 1) * sizeof(*table->funcs));
		for (j = 0; j < table->nr; j++)
			table->funcs[j] = WASM_NO_INDEX;
		if (fill_known(m, i, table)) {
			add_calls(known, m, i);
			continue;
		}
		free(table->funcs);
		table->funcs = NULL;
	}
}

void lower_forget_tables(struct lower_tables *known, const struct wasm_module *m)
{
	u32 i;

	for (i = 0; i < m->nr_tables; i++)
		free(known->tables[i].funcs);
	free(known->tables);
	free(known->calls);
}
