// SPDX-License-Identifier: GPL-2.0
/*
 * lower_table.c - references and tables
 *
 * "Execution, Instructions, Reference" and "Table". A reference is 64 bits: a
 * funcref the address of a struct kwasm_func, null that of kwasm_null_func; any
 * other null is 0. Tables belong to the runtime, which does everything but
 * call_indirect (lower_call.c).
 */
#include "diag.h"
#include "lower.h"

static bool is_func_ref(struct lower *l, wasm_valtype_t t)
{
	u32 heap = wasm_valtype_heap(t);

	if (wasm_valtype_has_typeidx(t))
		return l->m->types[wasm_valtype_typeidx(t)].kind == WASM_COMPTYPE_FUNC;
	return heap == WASM_HEAP_FUNC || heap == WASM_HEAP_NOFUNC;
}

LLVMValueRef lower_ref_null(struct lower *l, wasm_valtype_t reftype)
{
	return is_func_ref(l, reftype) ? l->null_func : lower_i64(l, 0);
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

/*
 * The value does not say whether it is a funcref, so it is compared with either
 * null: an externref can never be the address of kwasm_null_func, as it comes
 * from whoever calls and goes back there only.
 */
LLVMValueRef lower_is_zero(struct lower *l, LLVMValueRef ref)
{
	return LLVMBuildICmp(l->b, LLVMIntEQ, ref, lower_i64(l, 0), "");
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
		args[0] = LLVMBuildOr(l->b, lower_is_null_func(l, args[0]),
				      lower_is_zero(l, args[0]), "");
		lower_push(l, LLVMBuildZExt(l->b, args[0], l->i32, ""));
		break;
	case WASM_OP_REF_AS_NON_NULL:
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
		lower_push(l, lower_helper(l, LOWER_HELPER_kwasm_table_get, args));
		break;
	case WASM_OP_TABLE_SET:
		args[2] = lower_pop(l);
		args[1] = pop_index(l);
		lower_helper(l, LOWER_HELPER_kwasm_table_set, args);
		break;
	case WASM_OP_TABLE_SIZE:
		push_size(l, in->tableidx, lower_helper(l, LOWER_HELPER_kwasm_table_size, args));
		break;
	case WASM_OP_TABLE_GROW:
		args[1] = pop_index(l);
		args[2] = lower_pop(l);
		push_size(l, in->tableidx, lower_helper(l, LOWER_HELPER_kwasm_table_grow, args));
		break;
	case WASM_OP_TABLE_FILL:
		args[3] = pop_index(l);
		args[2] = lower_pop(l);
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
