// SPDX-License-Identifier: GPL-2.0
/*
 * lower_gc.c - structs, arrays, i31, casts
 *
 * "Execution, Instructions, Reference" and "Aggregate". How a reference and an object look is said
 * in kwasm_abi.h ("Objects"): heap + u32 + offset is inside the heap's area, whatever the u32
 * is. So the address of an element is counted in 32 bits, and compared with nothing but
 * the length, for the trap's sake.
 *
 * Small objects are allocated here, from the window of their size; all else is a helper's
 * work. Null is looked for before each access: most of these comparisons go away, and the
 * trap is at its place with its name.
 */
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "lower.h"

enum lower_ref_kind lower_ref_kind(struct lower *l, wasm_valtype_t type)
{
	if (!wasm_valtype_is_ref(type))
		return LOWER_REF_NONE;
	if (wasm_valtype_has_typeidx(type))
		return l->m->types[wasm_valtype_typeidx(type)].kind == WASM_COMPTYPE_FUNC ?
		       LOWER_REF_FUNC : LOWER_REF_ANY;
	switch (wasm_valtype_heap(type)) {
	case WASM_HEAP_FUNC:
	case WASM_HEAP_NOFUNC:
		return LOWER_REF_FUNC;
	case WASM_HEAP_EXTERN:
	case WASM_HEAP_NOEXTERN:
		return LOWER_REF_EXTERN;
	case WASM_HEAP_EXN:
	case WASM_HEAP_NOEXN:
		return LOWER_REF_EXN;
	}
	return LOWER_REF_ANY;
}

/* ---- how objects are laid out ---- */

/* bytes of a field or element */
static u32 field_size(struct lower *l, wasm_valtype_t type)
{
	switch (lower_ref_kind(l, type)) {
	case LOWER_REF_ANY:
	case LOWER_REF_FUNC:
		return 4;
	case LOWER_REF_EXTERN:
	case LOWER_REF_EXN:
		return 8;
	default:
		break;
	}
	switch (type) {
	case WASM_I8:
		return 1;
	case WASM_I16:
		return 2;
	case WASM_I32:
	case WASM_F32:
		return 4;
	case WASM_V128:
		return 16;
	default:
		return 8;
	}
}

/* offsets of a struct's fields, then its size; counted once for each type */
static const u32 *field_offsets(struct lower *l, u32 typeidx)
{
	const struct wasm_type *type = &l->m->types[typeidx];
	u32 i, size, align, at = 4;

	if (!l->field_offsets)
		l->field_offsets = xcalloc(l->m->nr_types, sizeof(*l->field_offsets));
	if (l->field_offsets[typeidx])
		return l->field_offsets[typeidx];
	l->field_offsets[typeidx] = xcalloc(type->nr_fields + 1, sizeof(u32));
	for (i = 0; i < type->nr_fields; i++) {
		size = field_size(l, type->fields[i].type);
		align = size < 8 ? size : 8;
		at = (at + align - 1) & ~(align - 1);
		l->field_offsets[typeidx][i] = at;
		at += size;
	}
	l->field_offsets[typeidx][i] = at;
	return l->field_offsets[typeidx];
}

static LLVMValueRef heap(struct lower *l)
{
	return lower_slot(l, KWASM_CTX_HEAP);
}

/* the address @offset bytes behind what the 32 bits @at say */
static LLVMValueRef heap_address(struct lower *l, LLVMValueRef at, u32 offset)
{
	bool is_opaque = l->opt->opaque_index && l->opt->opaque_index[l->funcidx];
	LLVMValueRef index = is_opaque ? lower_opaque(l, at) : LLVMBuildZExt(l->b, at, l->i64, "");

	return lower_offset(l, LLVMBuildGEP2(l->b, l->i8, heap(l), &index, 1, ""), offset);
}

static LLVMValueRef heap_load(struct lower *l, LLVMTypeRef type, LLVMValueRef ptr)
{
	LLVMValueRef v = lower_load(l, type, ptr, LOWER_ALIAS_OBJECT);

	if (type == l->v128)
		LLVMSetAlignment(v, 8);
	return v;
}

static void heap_store(struct lower *l, LLVMValueRef v, LLVMValueRef ptr)
{
	LLVMTypeRef type = LLVMTypeOf(v);

	lower_store(l, v, ptr, LOWER_ALIAS_OBJECT);
	if (type == l->v128)
		LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(l->b)), 8);
}

static LLVMValueRef type_id(struct lower *l, u32 typeidx)
{
	return lower_load_fixed(l, l->i32, lower_offset(l, l->type_ids,
							(s64)l->m->types[typeidx].canon * 4));
}

static void unlikely(struct lower *l, LLVMValueRef br)
{
	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
}

/* the value that came from @a in block @from_a, or from @b in block @from_b */
static LLVMValueRef either(struct lower *l, LLVMValueRef a, LLVMBasicBlockRef from_a,
			   LLVMValueRef b, LLVMBasicBlockRef from_b)
{
	LLVMValueRef phi = LLVMBuildPhi(l->b, LLVMTypeOf(a), "");

	LLVMAddIncoming(phi, &a, &from_a, 1);
	LLVMAddIncoming(phi, &b, &from_b, 1);
	return phi;
}

/* ---- functions in objects ---- */

LLVMValueRef lower_func_cast(struct lower *l, LLVMValueRef ref, u32 typeidx)
{
	LLVMBasicBlockRef other = lower_block(l, "other"), end = lower_block(l, ""), here;
	LLVMValueRef func = LLVMBuildIntToPtr(l->b, ref, l->ptr, ""), found, br;
	LLVMValueRef args[] = { ref, lower_i32(l, typeidx) }, cast;

	found = lower_load_fixed(l, l->i32, lower_offset(l, func, offsetof(struct kwasm_func, type)));
	here = LLVMGetInsertBlock(l->b);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntNE, found, type_id(l, typeidx), ""),
			     other, end);
	unlikely(l, br);
	LLVMPositionBuilderAtEnd(l->b, other);
	cast = lower_helper(l, LOWER_HELPER_kwasm_func_cast, args);
	other = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	return either(l, ref, here, cast, other);
}

/* a funcref as objects hold it */
static LLVMValueRef to_handle(struct lower *l, LLVMValueRef ref)
{
	LLVMBasicBlockRef none = lower_block(l, "none"), end = lower_block(l, ""), here;
	LLVMValueRef func, handle, made, br;

	if (ref == l->null_func)
		return lower_i32(l, 0);
	func = LLVMBuildIntToPtr(l->b, ref, l->ptr, "");
	/* not fixed: written by the helper */
	handle = lower_load(l, l->i32, lower_offset(l, func, offsetof(struct kwasm_func, handle)),
			    LOWER_ALIAS_RUNTIME);
	here = LLVMGetInsertBlock(l->b);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, handle, lower_i32(l, 0), ""), none, end);
	unlikely(l, br);
	LLVMPositionBuilderAtEnd(l->b, none);
	made = lower_helper(l, LOWER_HELPER_kwasm_func_handle, &ref);
	none = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	return either(l, handle, here, made, none);
}

/* and back: whatever number was there, it becomes a function of that type, or null */
static LLVMValueRef from_handle(struct lower *l, LLVMValueRef handle, wasm_valtype_t type)
{
	LLVMValueRef table = lower_slot(l, KWASM_CTX_HEAP_FUNCS), ref;

	ref = lower_table_element(l, table, LLVMBuildZExt(l->b, handle, l->i64, ""), l->i64);
	return wasm_valtype_has_typeidx(type) ? lower_func_cast(l, ref, wasm_valtype_typeidx(type)) : ref;
}

/* ---- fields and elements ---- */

static LLVMTypeRef storage_type(struct lower *l, wasm_valtype_t type)
{
	if (lower_ref_kind(l, type) == LOWER_REF_FUNC)
		return l->i32;
	return type == WASM_I8 ? l->i8 : type == WASM_I16 ? l->i16 : lower_valtype(l, type);
}

static LLVMValueRef load_field(struct lower *l, wasm_valtype_t type, LLVMValueRef ptr, bool is_signed)
{
	LLVMValueRef v = heap_load(l, storage_type(l, type), ptr);

	if (type == WASM_I8 || type == WASM_I16)
		return LLVMBuildCast(l->b, is_signed ? LLVMSExt : LLVMZExt, v, l->i32, "");
	return lower_ref_kind(l, type) == LOWER_REF_FUNC ? from_handle(l, v, type) : v;
}

/* a value as it lies in an object */
static LLVMValueRef to_storage(struct lower *l, wasm_valtype_t type, LLVMValueRef v)
{
	if (type == WASM_I8 || type == WASM_I16)
		return LLVMBuildTrunc(l->b, v, storage_type(l, type), "");
	return lower_ref_kind(l, type) == LOWER_REF_FUNC ? to_handle(l, v) : v;
}

static void store_field(struct lower *l, wasm_valtype_t type, LLVMValueRef v, LLVMValueRef ptr)
{
	heap_store(l, to_storage(l, type, v), ptr);
}

static void trap_if_null(struct lower *l, LLVMValueRef ref, enum kwasm_trap trap)
{
	lower_trap_if(l, lower_is_zero(l, ref), trap);
}

static LLVMValueRef array_length(struct lower *l, LLVMValueRef ref)
{
	trap_if_null(l, ref, KWASM_TRAP_null_array);
	return heap_load(l, l->i32, heap_address(l, ref, KWASM_OBJECT_LENGTH));
}

/* where element @index is; traps unless there is one */
static LLVMValueRef element_address(struct lower *l, u32 typeidx, LLVMValueRef ref, LLVMValueRef index)
{
	u32 size = field_size(l, l->m->types[typeidx].fields[0].type);
	LLVMValueRef length = array_length(l, ref), at;

	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntUGE, index, length, ""),
		      KWASM_TRAP_out_of_bounds_array);
	at = LLVMBuildMul(l->b, index, lower_i32(l, size), "");
	return heap_address(l, LLVMBuildAdd(l->b, ref, at, ""), KWASM_OBJECT_ELEMENTS);
}

/* ---- allocation ---- */

/* of @size bytes, with its type in place and zero behind; @slow does it if this cannot */
static LLVMValueRef alloc(struct lower *l, u32 typeidx, u64 size, enum lower_helper slow,
			  LLVMValueRef *args)
{
	static const u16 sizes[] = {
#define S(size) size,
		KWASM_HEAP_SIZES(S)
#undef S
	};
	LLVMBasicBlockRef fast, none, end;
	LLVMValueRef next_at, end_at, next, last, made, br;
	u32 n = 0, at;

	if (size > KWASM_HEAP_SMALL)
		return lower_helper(l, slow, args);
	while (sizes[n] < size)
		n++;
	fast = lower_block(l, "alloc");
	none = lower_block(l, "none");
	end = lower_block(l, "");
	at = offsetof(struct kwasm_heap_abi, windows) + n * sizeof(((struct kwasm_heap_abi *)0)->windows[0]);
	next_at = lower_offset(l, heap(l), at);
	end_at = lower_offset(l, heap(l), at + 4);
	next = lower_load(l, l->i32, next_at, LOWER_ALIAS_WINDOW);
	last = lower_load(l, l->i32, end_at, LOWER_ALIAS_WINDOW);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, next, last, ""), none, fast);
	unlikely(l, br);
	LLVMPositionBuilderAtEnd(l->b, fast);
	lower_store(l, LLVMBuildAdd(l->b, next, lower_i32(l, sizes[n]), ""), next_at, LOWER_ALIAS_WINDOW);
	heap_store(l, type_id(l, typeidx), heap_address(l, next, 0));
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, none);
	made = lower_helper(l, slow, args);
	none = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	return either(l, next, fast, made, none);
}

static LLVMValueRef alloc_struct(struct lower *l, u32 typeidx)
{
	LLVMValueRef args[] = { lower_i32(l, typeidx) };

	return alloc(l, typeidx, field_offsets(l, typeidx)[l->m->types[typeidx].nr_fields],
		     LOWER_HELPER_kwasm_struct_new, args);
}

static void struct_new(struct lower *l, u32 typeidx)
{
	const struct wasm_type *type = &l->m->types[typeidx];
	const u32 *offsets = field_offsets(l, typeidx);
	LLVMValueRef *values, ref;
	u32 i;

	l->stack_nr -= type->nr_fields;
	values = xcalloc(type->nr_fields + 1, sizeof(*values));
	/* handles first: nothing may be collected between the object and its fields */
	for (i = 0; i < type->nr_fields; i++)
		values[i] = to_storage(l, type->fields[i].type, l->stack[l->stack_nr + i]);
	ref = alloc_struct(l, typeidx);
	for (i = 0; i < type->nr_fields; i++)
		heap_store(l, values[i], heap_address(l, ref, offsets[i]));
	free(values);
	lower_push(l, ref);
}

static void struct_get(struct lower *l, const struct wasm_instr *in, bool is_signed)
{
	wasm_valtype_t type = l->m->types[in->typeidx].fields[in->fieldidx].type;
	LLVMValueRef ref = lower_pop(l);

	trap_if_null(l, ref, KWASM_TRAP_null_structure);
	lower_push(l, load_field(l, type, heap_address(l, ref,
						       field_offsets(l, in->typeidx)[in->fieldidx]),
				 is_signed));
}

static void struct_set(struct lower *l, const struct wasm_instr *in)
{
	wasm_valtype_t type = l->m->types[in->typeidx].fields[in->fieldidx].type;
	LLVMValueRef v = lower_pop(l), ref = lower_pop(l);

	trap_if_null(l, ref, KWASM_TRAP_null_structure);
	store_field(l, type, v, heap_address(l, ref, field_offsets(l, in->typeidx)[in->fieldidx]));
}

/* ---- arrays ---- */

/* an element as it lies in an array, in two halves */
static void element_bits(struct lower *l, wasm_valtype_t type, LLVMValueRef v, LLVMValueRef *halves)
{
	v = to_storage(l, type, v);
	halves[1] = lower_i64(l, 0);
	if (type == WASM_V128) {
		halves[0] = LLVMBuildExtractElement(l->b, v, lower_i32(l, 0), "");
		halves[1] = LLVMBuildExtractElement(l->b, v, lower_i32(l, 1), "");
		return;
	}
	if (type == WASM_F32)
		v = LLVMBuildBitCast(l->b, v, l->i32, "");
	if (type == WASM_F64)
		v = LLVMBuildBitCast(l->b, v, l->i64, "");
	halves[0] = LLVMTypeOf(v) == l->i64 ? v : LLVMBuildZExt(l->b, v, l->i64, "");
}

/*
 * An array of zeros, whose length is only known when it runs: in place if it is one of the
 * smallest, whose sizes are the multiples of 8
 */
static LLVMValueRef alloc_array(struct lower *l, u32 typeidx, LLVMValueRef *args)
{
	u32 size = field_size(l, l->m->types[typeidx].fields[0].type);
	LLVMBasicBlockRef small = lower_block(l, "small"), fast = lower_block(l, "alloc");
	LLVMBasicBlockRef none = lower_block(l, "none"), end = lower_block(l, "");
	LLVMValueRef n = args[1], bytes, at, next, last, made, br;
	const u32 window = offsetof(struct kwasm_heap_abi, windows);

	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntUGT, n,
					    lower_i32(l, (64 - KWASM_OBJECT_ELEMENTS) / size), ""),
			none, small);
	LLVMPositionBuilderAtEnd(l->b, small);
	bytes = LLVMBuildMul(l->b, n, lower_i32(l, size), "");
	bytes = LLVMBuildAdd(l->b, bytes, lower_i32(l, KWASM_OBJECT_ELEMENTS + 7), "");
	bytes = LLVMBuildAnd(l->b, bytes, lower_i32(l, ~7u), "");
	/* 8 bytes a window, too: the one for objects of 8 is the first */
	at = LLVMBuildAdd(l->b, bytes, lower_i32(l, window - 8), "");
	next = lower_load(l, l->i32, heap_address(l, at, 0), LOWER_ALIAS_WINDOW);
	last = lower_load(l, l->i32, heap_address(l, at, 4), LOWER_ALIAS_WINDOW);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, next, last, ""), none, fast);
	unlikely(l, br);
	LLVMPositionBuilderAtEnd(l->b, fast);
	lower_store(l, LLVMBuildAdd(l->b, next, bytes, ""), heap_address(l, at, 0), LOWER_ALIAS_WINDOW);
	heap_store(l, type_id(l, typeidx), heap_address(l, next, 0));
	heap_store(l, n, heap_address(l, next, KWASM_OBJECT_LENGTH));
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, none);
	made = lower_helper(l, LOWER_HELPER_kwasm_array_new, args);
	none = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	return either(l, next, fast, made, none);
}

static void array_new(struct lower *l, u32 typeidx, bool zero)
{
	LLVMValueRef n = lower_pop(l), v = zero ? NULL : lower_pop(l);
	LLVMValueRef args[] = { lower_i32(l, typeidx), n, lower_i64(l, 0), lower_i64(l, 0) };

	if (!v || LLVMIsNull(v) || v == l->null_func) {
		lower_push(l, alloc_array(l, typeidx, args));
		return;
	}
	element_bits(l, l->m->types[typeidx].fields[0].type, v, &args[2]);
	lower_push(l, lower_helper(l, LOWER_HELPER_kwasm_array_new, args));
}

_Static_assert(sizeof(((struct kwasm_heap_abi *)0)->windows[0]) == 8, "alloc_array()");

static void array_new_fixed(struct lower *l, u32 typeidx, u32 n)
{
	wasm_valtype_t type = l->m->types[typeidx].fields[0].type;
	LLVMValueRef *values = xcalloc(n + 1, sizeof(*values)), ref;
	LLVMValueRef args[] = {
		lower_i32(l, typeidx), lower_i32(l, n), lower_i64(l, 0), lower_i64(l, 0),
	};
	u32 i, size = field_size(l, type);

	l->stack_nr -= n;
	for (i = 0; i < n; i++)
		values[i] = to_storage(l, type, l->stack[l->stack_nr + i]);
	ref = alloc(l, typeidx, KWASM_OBJECT_ELEMENTS + (u64)n * size, LOWER_HELPER_kwasm_array_new, args);
	heap_store(l, lower_i32(l, n), heap_address(l, ref, KWASM_OBJECT_LENGTH));
	for (i = 0; i < n; i++)
		heap_store(l, values[i], heap_address(l, ref, KWASM_OBJECT_ELEMENTS + i * size));
	free(values);
	lower_push(l, ref);
}

static void array_new_segment(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef n = lower_pop(l), src = lower_pop(l);
	bool data = in->op == WASM_OP_ARRAY_NEW_DATA;
	LLVMValueRef args[] = {
		lower_i32(l, in->typeidx), lower_i32(l, data ? in->dataidx : in->elemidx), src, n,
	};

	lower_push(l, lower_helper(l, data ? LOWER_HELPER_kwasm_array_new_data :
				   LOWER_HELPER_kwasm_array_new_elem, args));
}

static void array_init_segment(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef n = lower_pop(l), src = lower_pop(l), at = lower_pop(l), ref = lower_pop(l);
	bool data = in->op == WASM_OP_ARRAY_INIT_DATA;
	LLVMValueRef args[] = {
		ref, at, lower_i32(l, data ? in->dataidx : in->elemidx), src, n,
	};

	trap_if_null(l, ref, KWASM_TRAP_null_array);
	lower_helper(l, data ? LOWER_HELPER_kwasm_array_init_data : LOWER_HELPER_kwasm_array_init_elem,
		     args);
}

static void array_get(struct lower *l, u32 typeidx, bool is_signed)
{
	LLVMValueRef index = lower_pop(l), ref = lower_pop(l);

	lower_push(l, load_field(l, l->m->types[typeidx].fields[0].type,
				 element_address(l, typeidx, ref, index), is_signed));
}

static void array_set(struct lower *l, u32 typeidx)
{
	LLVMValueRef v = lower_pop(l), index = lower_pop(l), ref = lower_pop(l);

	store_field(l, l->m->types[typeidx].fields[0].type, v, element_address(l, typeidx, ref, index));
}

static void array_fill(struct lower *l, u32 typeidx)
{
	LLVMValueRef n = lower_pop(l), v = lower_pop(l), at = lower_pop(l), ref = lower_pop(l);
	LLVMValueRef args[] = { ref, at, n, NULL, NULL };

	trap_if_null(l, ref, KWASM_TRAP_null_array);
	element_bits(l, l->m->types[typeidx].fields[0].type, v, &args[3]);
	lower_helper(l, LOWER_HELPER_kwasm_array_fill, args);
}

static void array_copy(struct lower *l)
{
	LLVMValueRef args[5];
	u32 i;

	for (i = 5; i--; )
		args[i] = lower_pop(l);
	trap_if_null(l, args[0], KWASM_TRAP_null_array);
	trap_if_null(l, args[2], KWASM_TRAP_null_array);
	lower_helper(l, LOWER_HELPER_kwasm_array_copy, args);
}

/* ---- casts ---- */

static LLVMValueRef is_odd(struct lower *l, LLVMValueRef ref)
{
	return LLVMBuildTrunc(l->b, ref, l->i1, "");
}

/* word @n of the row of supertypes of a type */
static LLVMValueRef row_word(struct lower *l, LLVMValueRef id, u32 n)
{
	LLVMValueRef rows = lower_load(l, l->i32, lower_offset(l, heap(l),
				offsetof(struct kwasm_heap_abi, supertypes)), LOWER_ALIAS_RUNTIME);
	LLVMValueRef at = LLVMBuildShl(l->b, id, lower_i32(l, KWASM_SUPERTYPES_LOG2), "");

	return lower_load(l, l->i32, heap_address(l, LLVMBuildAdd(l->b, rows, at, ""), n * 4),
			  LOWER_ALIAS_RUNTIME);
}

static LLVMValueRef is_kind(struct lower *l, LLVMValueRef id, LLVMIntPredicate predicate,
			    enum kwasm_heap_kind kind)
{
	return LLVMBuildICmp(l->b, predicate, row_word(l, id, 0), lower_i32(l, kind), "");
}

/* is the object @ref, whose type is @id, of type @typeidx? */
static LLVMValueRef is_of_type(struct lower *l, LLVMValueRef ref, LLVMValueRef id, u32 typeidx)
{
	const struct wasm_type *type = &l->m->types[typeidx];
	LLVMValueRef same = LLVMBuildICmp(l->b, LLVMIntEQ, id, type_id(l, typeidx), ""), sub;
	LLVMValueRef args[] = { ref, lower_i32(l, typeidx) };
	LLVMBasicBlockRef other, end, here;

	if (type->final)
		return same;
	other = lower_block(l, "other");
	end = lower_block(l, "");
	here = LLVMGetInsertBlock(l->b);
	LLVMBuildCondBr(l->b, same, end, other);
	LLVMPositionBuilderAtEnd(l->b, other);
	if (type->depth < KWASM_SUPERTYPES_DEPTH)
		sub = LLVMBuildICmp(l->b, LLVMIntEQ, row_word(l, id, 1 + type->depth),
				    type_id(l, typeidx), "");
	else
		sub = LLVMBuildICmp(l->b, LLVMIntNE,
				    lower_helper(l, LOWER_HELPER_kwasm_object_is, args),
				    lower_i32(l, 0), "");
	other = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	return either(l, LLVMConstInt(l->i1, 1, 0), here, sub, other);
}

/* an i1: is the object @ref of the heap type of @type? */
static LLVMValueRef object_is(struct lower *l, LLVMValueRef ref, wasm_valtype_t type)
{
	LLVMValueRef id = heap_load(l, l->i32, heap_address(l, ref, 0));

	if (wasm_valtype_has_typeidx(type))
		return is_of_type(l, ref, id, wasm_valtype_typeidx(type));
	switch (wasm_valtype_heap(type)) {
	case WASM_HEAP_EQ:
		return is_kind(l, id, LLVMIntNE, KWASM_HEAP_KIND_HOST);
	case WASM_HEAP_STRUCT:
		return is_kind(l, id, LLVMIntEQ, KWASM_HEAP_KIND_STRUCT);
	default:
		return is_kind(l, id, LLVMIntEQ, KWASM_HEAP_KIND_ARRAY);
	}
}

/* an i1: is a reference of the hierarchy of any of the type @type? */
static LLVMValueRef any_is(struct lower *l, LLVMValueRef ref, wasm_valtype_t type)
{
	LLVMValueRef null_is = LLVMConstInt(l->i1, wasm_valtype_is_nullable(type), 0), odd_is, phi, obj;
	LLVMBasicBlockRef not_null, object, end, blocks[3];
	u32 heap_type = wasm_valtype_heap(type);

	if (!wasm_valtype_has_typeidx(type)) {
		switch (heap_type) {
		case WASM_HEAP_ANY:
			return wasm_valtype_is_nullable(type) ? null_is :
			       LLVMBuildNot(l->b, lower_is_zero(l, ref), "");
		case WASM_HEAP_NONE:
			return LLVMBuildAnd(l->b, lower_is_zero(l, ref), null_is, "");
		case WASM_HEAP_I31:
			return LLVMBuildOr(l->b, LLVMBuildAnd(l->b, lower_is_zero(l, ref), null_is, ""),
					   is_odd(l, ref), "");
		}
	}
	odd_is = LLVMConstInt(l->i1, !wasm_valtype_has_typeidx(type) && heap_type == WASM_HEAP_EQ, 0);
	not_null = lower_block(l, "");
	object = lower_block(l, "object");
	end = lower_block(l, "");
	blocks[0] = LLVMGetInsertBlock(l->b);
	LLVMBuildCondBr(l->b, lower_is_zero(l, ref), end, not_null);
	LLVMPositionBuilderAtEnd(l->b, not_null);
	blocks[1] = not_null;
	LLVMBuildCondBr(l->b, is_odd(l, ref), end, object);
	LLVMPositionBuilderAtEnd(l->b, object);
	obj = object_is(l, ref, type);
	blocks[2] = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	phi = LLVMBuildPhi(l->b, l->i1, "");
	LLVMAddIncoming(phi, (LLVMValueRef[]){ null_is, odd_is, obj }, blocks, 3);
	return phi;
}

/* likewise of functions; *@cast: the reference as that type, if it is */
static LLVMValueRef func_is(struct lower *l, LLVMValueRef ref, wasm_valtype_t type, LLVMValueRef *cast)
{
	LLVMValueRef is;

	if (wasm_valtype_has_typeidx(type)) {
		*cast = lower_func_cast(l, ref, wasm_valtype_typeidx(type));
		is = LLVMBuildNot(l->b, lower_is_null_func(l, *cast), "");
	} else if (wasm_valtype_heap(type) == WASM_HEAP_FUNC) {
		is = LLVMBuildNot(l->b, lower_is_null_func(l, ref), "");
	} else {
		is = LLVMConstInt(l->i1, 0, 0);
		if (wasm_valtype_is_nullable(type))
			*cast = l->null_func;
	}
	return wasm_valtype_is_nullable(type) ? LLVMBuildOr(l->b, lower_is_null_func(l, ref), is, "") : is;
}

/* likewise of any; there are no types below extern and exn but those of null */
static LLVMValueRef ref_is(struct lower *l, LLVMValueRef ref, wasm_valtype_t type, LLVMValueRef *cast)
{
	u32 heap_type = wasm_valtype_heap(type);
	LLVMValueRef null;

	*cast = ref;
	switch (lower_ref_kind(l, type)) {
	case LOWER_REF_ANY:
		return any_is(l, ref, type);
	case LOWER_REF_FUNC:
		return func_is(l, ref, type, cast);
	default:
		null = lower_is_zero(l, ref);
		if (heap_type == WASM_HEAP_NOEXTERN || heap_type == WASM_HEAP_NOEXN)
			return wasm_valtype_is_nullable(type) ? null : LLVMConstInt(l->i1, 0, 0);
		return wasm_valtype_is_nullable(type) ? LLVMConstInt(l->i1, 1, 0) :
		       LLVMBuildNot(l->b, null, "");
	}
}

static void ref_cast(struct lower *l, wasm_valtype_t type)
{
	LLVMValueRef cast, is = ref_is(l, lower_pop(l), type, &cast);

	lower_trap_if(l, LLVMBuildNot(l->b, is, ""), KWASM_TRAP_cast_failure);
	lower_push(l, cast);
}

static void br_on_cast(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef ref = lower_pop(l), cast, is = ref_is(l, ref, in->reftype, &cast);
	bool fail = in->op == WASM_OP_BR_ON_CAST_FAIL;

	lower_push(l, fail ? ref : cast);
	lower_branch_on(l, fail ? LLVMBuildNot(l->b, is, "") : is, in->labelidx);
	lower_pop(l);
	lower_push(l, fail ? cast : ref);
}

/* ---- externref and anyref ---- */

static void any_convert_extern(struct lower *l)
{
	LLVMBasicBlockRef other = lower_block(l, "other"), outside = lower_block(l, "outside");
	LLVMBasicBlockRef end = lower_block(l, ""), blocks[3];
	LLVMValueRef ref = lower_pop(l), internal, box, phi;

	/* null is null */
	internal = LLVMBuildTrunc(l->b, ref, l->i32, "");
	blocks[0] = LLVMGetInsertBlock(l->b);
	LLVMBuildCondBr(l->b, lower_is_zero(l, ref), end, other);
	LLVMPositionBuilderAtEnd(l->b, other);
	blocks[1] = other;
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntSLT, ref, lower_i64(l, 0), ""), end, outside);
	LLVMPositionBuilderAtEnd(l->b, outside);
	box = lower_helper(l, LOWER_HELPER_kwasm_extern_box, &ref);
	blocks[2] = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	phi = LLVMBuildPhi(l->b, l->i32, "");
	LLVMAddIncoming(phi, (LLVMValueRef[]){ internal, internal, box }, blocks, 3);
	lower_push(l, phi);
}

static void extern_convert_any(struct lower *l)
{
	LLVMBasicBlockRef some = lower_block(l, ""), object = lower_block(l, "object");
	LLVMBasicBlockRef host = lower_block(l, "host"), end = lower_block(l, ""), blocks[4];
	LLVMValueRef ref = lower_pop(l), wide = LLVMBuildZExt(l->b, ref, l->i64, "");
	LLVMValueRef internal = LLVMBuildOr(l->b, wide, lower_i64(l, KWASM_EXTERN_INTERNAL), "");
	LLVMValueRef id, outside, phi;

	blocks[0] = LLVMGetInsertBlock(l->b);
	LLVMBuildCondBr(l->b, lower_is_zero(l, ref), end, some);
	LLVMPositionBuilderAtEnd(l->b, some);
	blocks[1] = some;
	LLVMBuildCondBr(l->b, is_odd(l, ref), end, object);
	LLVMPositionBuilderAtEnd(l->b, object);
	blocks[2] = object;
	id = heap_load(l, l->i32, heap_address(l, ref, 0));
	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, id, lower_i32(l, KWASM_OBJECT_HOST), ""),
			host, end);
	LLVMPositionBuilderAtEnd(l->b, host);
	blocks[3] = host;
	outside = heap_load(l, l->i64, heap_address(l, ref, KWASM_OBJECT_HOST_VALUE));
	LLVMBuildBr(l->b, end);
	LLVMPositionBuilderAtEnd(l->b, end);
	phi = LLVMBuildPhi(l->b, l->i64, "");
	LLVMAddIncoming(phi, (LLVMValueRef[]){ wide, internal, internal, outside }, blocks, 4);
	lower_push(l, phi);
}

static void i31_get(struct lower *l, bool is_signed)
{
	LLVMValueRef ref = lower_pop(l);

	trap_if_null(l, ref, KWASM_TRAP_null_i31);
	lower_push(l, is_signed ? LLVMBuildAShr(l->b, ref, lower_i32(l, 1), "") :
		   LLVMBuildLShr(l->b, ref, lower_i32(l, 1), ""));
}

void lower_gc(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef v, cast;

	switch (in->op) {
	case WASM_OP_REF_EQ:
		v = lower_pop(l);
		v = LLVMBuildICmp(l->b, LLVMIntEQ, lower_pop(l), v, "");
		lower_push(l, LLVMBuildZExt(l->b, v, l->i32, ""));
		break;
	case WASM_OP_STRUCT_NEW: struct_new(l, in->typeidx); break;
	case WASM_OP_STRUCT_NEW_DEFAULT: lower_push(l, alloc_struct(l, in->typeidx)); break;
	case WASM_OP_STRUCT_GET:
	case WASM_OP_STRUCT_GET_U: struct_get(l, in, false); break;
	case WASM_OP_STRUCT_GET_S: struct_get(l, in, true); break;
	case WASM_OP_STRUCT_SET: struct_set(l, in); break;
	case WASM_OP_ARRAY_NEW: array_new(l, in->typeidx, false); break;
	case WASM_OP_ARRAY_NEW_DEFAULT: array_new(l, in->typeidx, true); break;
	case WASM_OP_ARRAY_NEW_FIXED: array_new_fixed(l, in->typeidx, in->count); break;
	case WASM_OP_ARRAY_NEW_DATA:
	case WASM_OP_ARRAY_NEW_ELEM: array_new_segment(l, in); break;
	case WASM_OP_ARRAY_GET:
	case WASM_OP_ARRAY_GET_U: array_get(l, in->typeidx, false); break;
	case WASM_OP_ARRAY_GET_S: array_get(l, in->typeidx, true); break;
	case WASM_OP_ARRAY_SET: array_set(l, in->typeidx); break;
	case WASM_OP_ARRAY_LEN: lower_push(l, array_length(l, lower_pop(l))); break;
	case WASM_OP_ARRAY_FILL: array_fill(l, in->typeidx); break;
	case WASM_OP_ARRAY_COPY: array_copy(l); break;
	case WASM_OP_ARRAY_INIT_DATA:
	case WASM_OP_ARRAY_INIT_ELEM: array_init_segment(l, in); break;
	case WASM_OP_REF_TEST:
	case WASM_OP_REF_TEST_NULL:
		v = ref_is(l, lower_pop(l), in->reftype, &cast);
		lower_push(l, LLVMBuildZExt(l->b, v, l->i32, ""));
		break;
	case WASM_OP_REF_CAST:
	case WASM_OP_REF_CAST_NULL: ref_cast(l, in->reftype); break;
	case WASM_OP_BR_ON_CAST:
	case WASM_OP_BR_ON_CAST_FAIL: br_on_cast(l, in); break;
	case WASM_OP_ANY_CONVERT_EXTERN: any_convert_extern(l); break;
	case WASM_OP_EXTERN_CONVERT_ANY: extern_convert_any(l); break;
	case WASM_OP_REF_I31:
		v = LLVMBuildShl(l->b, lower_pop(l), lower_i32(l, 1), "");
		lower_push(l, LLVMBuildOr(l->b, v, lower_i32(l, 1), ""));
		break;
	case WASM_OP_I31_GET_S: i31_get(l, true); break;
	case WASM_OP_I31_GET_U: i31_get(l, false); break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}
