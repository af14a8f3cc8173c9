// SPDX-License-Identifier: GPL-2.0
/*
 * validate_ref.c - instructions on references, structs and arrays
 *
 * The specification's "Validation, Instructions, Reference Instructions" and
 * "Aggregate Instructions"; begin at validate_ref_instr(). The stacks are in
 * validate_code.c.
 */
#include <errno.h>

#include "diag.h"
#include "validate.h"

static wasm_valtype_t ref_to(u32 typeidx)
{
	return WASM_REF | WASM_REF_TYPEIDX | typeidx;
}

static wasm_valtype_t ref_null_to(u32 typeidx)
{
	return ref_to(typeidx) | WASM_REF_NULL;
}

/* ---- references ---- */

static int validate_ref_func(struct validator *v)
{
	struct wasm_func *func;

	if (validate_index(v->m, v->in.offset, "function", v->in.funcidx, v->m->nr_funcs))
		return -EINVAL;
	func = &v->m->funcs[v->in.funcidx];
	if (!v->func) {
		func->declared = true;
	} else if (!func->declared) {
		diag_error(v->m, v->in.offset, "undeclared function reference to function %u",
			   v->in.funcidx);
		return -EINVAL;
	}
	return push_val(v, ref_to(func->typeidx));
}

static int validate_as_non_null(struct validator *v)
{
	wasm_valtype_t type;

	return pop_ref(v, &type) ?: push_val(v, type & ~WASM_REF_NULL);
}

static int validate_br_on_null(struct validator *v)
{
	const wasm_valtype_t *types;
	wasm_valtype_t type;
	u32 nr;

	if (check_label(v, v->in.labelidx) || pop_ref(v, &type))
		return -EINVAL;
	types = label_types(v, label_frame(v, v->in.labelidx), &nr);
	return pop_vals(v, types, nr) ?: push_vals(v, types, nr) ?:
	       push_val(v, type & ~WASM_REF_NULL);
}

/*
 * A branch that takes a reference along: @type must match the last type of the
 * label; the others are on the stack and stay there.
 */
static int check_branch_with(struct validator *v, wasm_valtype_t type)
{
	const wasm_valtype_t *types;
	u32 nr;

	if (check_label(v, v->in.labelidx))
		return -EINVAL;
	types = label_types(v, label_frame(v, v->in.labelidx), &nr);
	if (!nr || !wasm_valtype_matches(v->m, type, types[nr - 1])) {
		diag_error(v->m, v->in.offset, "type mismatch: %s brings %s to a label of %s",
			   op_name(v), wasm_valtype_name(type), wasm_resulttype_name(types, nr));
		return -EINVAL;
	}
	return pop_vals(v, types, nr - 1) ?: push_vals(v, types, nr - 1);
}

static int validate_br_on_non_null(struct validator *v)
{
	wasm_valtype_t type;

	return pop_ref(v, &type) ?: check_branch_with(v, type & ~WASM_REF_NULL);
}

static int validate_ref_test(struct validator *v)
{
	if (validate_valtype(v->m, v->in.offset, v->in.reftype))
		return -EINVAL;
	return pop_val(v, wasm_reftype_top(v->m, v->in.reftype)) ?: push_val(v, WASM_I32);
}

static int validate_ref_cast(struct validator *v)
{
	if (validate_valtype(v->m, v->in.offset, v->in.reftype))
		return -EINVAL;
	return pop_val(v, wasm_reftype_top(v->m, v->in.reftype)) ?: push_val(v, v->in.reftype);
}

static int validate_br_on_cast(struct validator *v)
{
	wasm_valtype_t from = v->in.src_reftype, to = v->in.reftype, rest;

	if (validate_valtype(v->m, v->in.offset, from) ||
	    validate_valtype(v->m, v->in.offset, to))
		return -EINVAL;
	if (!wasm_valtype_matches(v->m, to, from)) {
		diag_error(v->m, v->in.offset, "type mismatch: %s from %s to %s, which is no subtype",
			   op_name(v), wasm_valtype_name(from), wasm_valtype_name(to));
		return -EINVAL;
	}
	/* what a value is that the cast refuses */
	rest = wasm_valtype_is_nullable(to) ? from & ~WASM_REF_NULL : from;
	if (pop_val(v, from))
		return -EINVAL;
	if (v->in.op == WASM_OP_BR_ON_CAST)
		return check_branch_with(v, to) ?: push_val(v, rest);
	return check_branch_with(v, rest) ?: push_val(v, to);
}

/* between the hierarchies of any and extern; what is not null stays so */
static int validate_convert(struct validator *v, u32 from, u32 to)
{
	wasm_valtype_t type;

	if (pop_val_as(v, WASM_REF | WASM_REF_NULL | from, &type))
		return -EINVAL;
	return push_val(v, WASM_REF | (type & WASM_REF_NULL) | to);
}

/* ---- structs and arrays ---- */

static wasm_valtype_t unpacked(wasm_valtype_t type)
{
	return type == WASM_I8 || type == WASM_I16 ? WASM_I32 : type;
}

static bool is_packed(wasm_valtype_t type)
{
	return type == WASM_I8 || type == WASM_I16;
}

static const struct wasm_type *check_aggregate(struct validator *v, u32 typeidx,
					       enum wasm_comptype kind)
{
	if (validate_index(v->m, v->in.offset, "type", typeidx, v->m->nr_types))
		return NULL;
	if (v->m->types[typeidx].kind != kind) {
		diag_error(v->m, v->in.offset, "type mismatch: %s expects %s type, type %u is none",
			   op_name(v), kind == WASM_COMPTYPE_STRUCT ? "a struct" : "an array",
			   typeidx);
		return NULL;
	}
	return &v->m->types[typeidx];
}

static int check_defaultable(struct validator *v, const struct wasm_type *type)
{
	u32 i;

	for (i = 0; i < type->nr_fields; i++) {
		if (!wasm_valtype_is_defaultable(type->fields[i].type)) {
			diag_error(v->m, v->in.offset, "type mismatch: %s expects types with a default, found %s",
				   op_name(v), wasm_valtype_name(type->fields[i].type));
			return -EINVAL;
		}
	}
	return 0;
}

/* packed fields are read with a sign or without one, others just read */
static int check_packed(struct validator *v, const struct wasm_fieldtype *field, bool extends)
{
	if (is_packed(field->type) == extends)
		return 0;
	diag_error(v->m, v->in.offset, "type mismatch: %s of a field that is %s",
		   op_name(v), extends ? "not packed" : "packed");
	return -EINVAL;
}

static int validate_struct_new(struct validator *v)
{
	const struct wasm_type *type = check_aggregate(v, v->in.typeidx, WASM_COMPTYPE_STRUCT);
	u32 i;

	if (!type)
		return -EINVAL;
	if (v->in.op == WASM_OP_STRUCT_NEW_DEFAULT)
		return check_defaultable(v, type) ?: push_val(v, ref_to(v->in.typeidx));
	for (i = type->nr_fields; i; i--) {
		if (pop_val(v, unpacked(type->fields[i - 1].type)))
			return -EINVAL;
	}
	return push_val(v, ref_to(v->in.typeidx));
}

static int validate_struct_field(struct validator *v)
{
	const struct wasm_type *type = check_aggregate(v, v->in.typeidx, WASM_COMPTYPE_STRUCT);
	const struct wasm_fieldtype *field;

	if (!type || validate_index(v->m, v->in.offset, "field", v->in.fieldidx, type->nr_fields))
		return -EINVAL;
	field = &type->fields[v->in.fieldidx];
	if (v->in.op == WASM_OP_STRUCT_SET) {
		if (!field->mut) {
			diag_error(v->m, v->in.offset, "immutable field %u", v->in.fieldidx);
			return -EINVAL;
		}
		return pop_val(v, unpacked(field->type)) ?:
		       pop_val(v, ref_null_to(v->in.typeidx));
	}
	return check_packed(v, field, v->in.op != WASM_OP_STRUCT_GET) ?:
	       pop_val(v, ref_null_to(v->in.typeidx)) ?: push_val(v, unpacked(field->type));
}

/* arrays can be made of data only if their elements are plain bytes */
static int check_data_array(struct validator *v, const struct wasm_fieldtype *elem)
{
	if (check_data(v, v->in.dataidx))
		return -EINVAL;
	if (wasm_valtype_is_ref(elem->type)) {
		diag_error(v->m, v->in.offset, "array type is not numeric or vector: %s",
			   wasm_valtype_name(elem->type));
		return -EINVAL;
	}
	return 0;
}

static int check_elem_array(struct validator *v, const struct wasm_fieldtype *elem)
{
	wasm_valtype_t type;

	if (check_elem(v, v->in.elemidx))
		return -EINVAL;
	type = v->m->elems[v->in.elemidx].type;
	if (!wasm_valtype_matches(v->m, type, elem->type)) {
		diag_error(v->m, v->in.offset, "type mismatch: %s from %s to an array of %s",
			   op_name(v), wasm_valtype_name(type), wasm_valtype_name(elem->type));
		return -EINVAL;
	}
	return 0;
}

static int validate_array_new(struct validator *v)
{
	const struct wasm_type *type = check_aggregate(v, v->in.typeidx, WASM_COMPTYPE_ARRAY);
	wasm_valtype_t elem, ref;
	u32 i;

	if (!type)
		return -EINVAL;
	elem = unpacked(type->fields->type);
	ref = ref_to(v->in.typeidx);
	switch (v->in.op) {
	case WASM_OP_ARRAY_NEW:
		return pop_val(v, WASM_I32) ?: pop_val(v, elem) ?: push_val(v, ref);
	case WASM_OP_ARRAY_NEW_DEFAULT:
		return check_defaultable(v, type) ?: pop_val(v, WASM_I32) ?: push_val(v, ref);
	case WASM_OP_ARRAY_NEW_DATA:
		return check_data_array(v, type->fields) ?:
		       pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?: push_val(v, ref);
	case WASM_OP_ARRAY_NEW_ELEM:
		return check_elem_array(v, type->fields) ?:
		       pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?: push_val(v, ref);
	default: /* array.new_fixed */
		if (v->in.count > WASM_MAX_ARRAY_FIXED) {
			diag_error(v->m, v->in.offset, "implementation limit: %s of %u elements, at most %u",
				   op_name(v), v->in.count, WASM_MAX_ARRAY_FIXED);
			return -EINVAL;
		}
		for (i = 0; i < v->in.count; i++) {
			if (pop_val(v, elem))
				return -EINVAL;
		}
		return push_val(v, ref);
	}
}

static int check_mutable_array(struct validator *v, const struct wasm_type *type)
{
	if (type->fields->mut)
		return 0;
	diag_error(v->m, v->in.offset, "immutable array of type %u", v->in.typeidx);
	return -EINVAL;
}

static int validate_array_copy(struct validator *v, const struct wasm_type *type)
{
	const struct wasm_type *from = check_aggregate(v, v->in.src_typeidx, WASM_COMPTYPE_ARRAY);

	if (!from)
		return -EINVAL;
	if (!wasm_valtype_matches(v->m, from->fields->type, type->fields->type)) {
		diag_error(v->m, v->in.offset, "array types do not match: %s to %s",
			   wasm_valtype_name(from->fields->type),
			   wasm_valtype_name(type->fields->type));
		return -EINVAL;
	}
	return pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?:
	       pop_val(v, ref_null_to(v->in.src_typeidx)) ?: pop_val(v, WASM_I32) ?:
	       pop_val(v, ref_null_to(v->in.typeidx));
}

/* array.get..., and those that change an array */
static int validate_array_access(struct validator *v)
{
	const struct wasm_type *type = check_aggregate(v, v->in.typeidx, WASM_COMPTYPE_ARRAY);
	wasm_valtype_t ref = ref_null_to(v->in.typeidx), elem;

	if (!type)
		return -EINVAL;
	elem = unpacked(type->fields->type);
	switch (v->in.op) {
	case WASM_OP_ARRAY_GET:
	case WASM_OP_ARRAY_GET_S:
	case WASM_OP_ARRAY_GET_U:
		return check_packed(v, type->fields, v->in.op != WASM_OP_ARRAY_GET) ?:
		       pop_val(v, WASM_I32) ?: pop_val(v, ref) ?: push_val(v, elem);
	}
	if (check_mutable_array(v, type))
		return -EINVAL;
	switch (v->in.op) {
	case WASM_OP_ARRAY_SET:
		return pop_val(v, elem) ?: pop_val(v, WASM_I32) ?: pop_val(v, ref);
	case WASM_OP_ARRAY_FILL:
		return pop_val(v, WASM_I32) ?: pop_val(v, elem) ?: pop_val(v, WASM_I32) ?:
		       pop_val(v, ref);
	case WASM_OP_ARRAY_COPY:
		return validate_array_copy(v, type);
	case WASM_OP_ARRAY_INIT_DATA:
		if (check_data_array(v, type->fields))
			return -EINVAL;
		break;
	default: /* array.init_elem */
		if (check_elem_array(v, type->fields))
			return -EINVAL;
	}
	return pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?:
	       pop_val(v, ref);
}

int validate_ref_instr(struct validator *v)
{
	const wasm_valtype_t eqref = WASM_REF | WASM_REF_NULL | WASM_HEAP_EQ;
	wasm_valtype_t type;

	switch (v->in.op) {
	case WASM_OP_REF_NULL:
		return validate_valtype(v->m, v->in.offset, v->in.reftype) ?:
		       push_val(v, v->in.reftype);
	case WASM_OP_REF_FUNC:
		return validate_ref_func(v);
	case WASM_OP_REF_IS_NULL:
		return pop_ref(v, &type) ?: push_val(v, WASM_I32);
	case WASM_OP_REF_AS_NON_NULL:
		return validate_as_non_null(v);
	case WASM_OP_REF_EQ:
		return pop_val(v, eqref) ?: pop_val(v, eqref) ?: push_val(v, WASM_I32);
	case WASM_OP_BR_ON_NULL:
		return validate_br_on_null(v);
	case WASM_OP_BR_ON_NON_NULL:
		return validate_br_on_non_null(v);
	case WASM_OP_REF_TEST:
	case WASM_OP_REF_TEST_NULL:
		return validate_ref_test(v);
	case WASM_OP_REF_CAST:
	case WASM_OP_REF_CAST_NULL:
		return validate_ref_cast(v);
	case WASM_OP_BR_ON_CAST:
	case WASM_OP_BR_ON_CAST_FAIL:
		return validate_br_on_cast(v);
	case WASM_OP_ANY_CONVERT_EXTERN:
		return validate_convert(v, WASM_HEAP_EXTERN, WASM_HEAP_ANY);
	case WASM_OP_EXTERN_CONVERT_ANY:
		return validate_convert(v, WASM_HEAP_ANY, WASM_HEAP_EXTERN);
	case WASM_OP_REF_I31:
		return pop_val(v, WASM_I32) ?: push_val(v, WASM_REF | WASM_HEAP_I31);
	case WASM_OP_I31_GET_S:
	case WASM_OP_I31_GET_U:
		return pop_val(v, WASM_REF | WASM_REF_NULL | WASM_HEAP_I31) ?:
		       push_val(v, WASM_I32);
	case WASM_OP_STRUCT_NEW:
	case WASM_OP_STRUCT_NEW_DEFAULT:
		return validate_struct_new(v);
	case WASM_OP_STRUCT_GET:
	case WASM_OP_STRUCT_GET_S:
	case WASM_OP_STRUCT_GET_U:
	case WASM_OP_STRUCT_SET:
		return validate_struct_field(v);
	case WASM_OP_ARRAY_NEW:
	case WASM_OP_ARRAY_NEW_DEFAULT:
	case WASM_OP_ARRAY_NEW_FIXED:
	case WASM_OP_ARRAY_NEW_DATA:
	case WASM_OP_ARRAY_NEW_ELEM:
		return validate_array_new(v);
	case WASM_OP_ARRAY_GET:
	case WASM_OP_ARRAY_GET_S:
	case WASM_OP_ARRAY_GET_U:
	case WASM_OP_ARRAY_SET:
	case WASM_OP_ARRAY_FILL:
	case WASM_OP_ARRAY_COPY:
	case WASM_OP_ARRAY_INIT_DATA:
	case WASM_OP_ARRAY_INIT_ELEM:
		return validate_array_access(v);
	case WASM_OP_ARRAY_LEN:
		return pop_val(v, WASM_REF | WASM_REF_NULL | WASM_HEAP_ARRAY) ?:
		       push_val(v, WASM_I32);
	default:
		diag_bug("no validation of %s", op_name(v));
	}
}
