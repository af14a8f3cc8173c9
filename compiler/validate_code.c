// SPDX-License-Identifier: GPL-2.0
/*
 * validate_code.c - the specification's validation algorithm
 *
 * "Appendix, Validation Algorithm", with its names: a value stack of types, a
 * control stack of blocks, and unreachable() for the code behind a branch, where
 * the value stack is polymorphic: popping from the bottom of the block gives
 * WASM_BOT, a value of any type.
 *
 * Most instructions are rows with a signature in opcode.h and need nothing
 * here; begin at validate_instr(). References and objects are in validate_ref.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "diag.h"
#include "validate.h"

static struct ctrl_frame *top_ctrl(struct validator *v)
{
	return &v->ctrls[v->nr_ctrls - 1];
}

/* ---- value stack ---- */

int push_val(struct validator *v, wasm_valtype_t type)
{
	if (v->nr_vals == WASM_MAX_OPERANDS) {
		diag_error(v->m, v->in.offset, "implementation limit: more than %u values on the stack",
			   WASM_MAX_OPERANDS);
		return -EINVAL;
	}
	array_reserve(v->vals, v->vals_cap, v->nr_vals + 1ul);
	v->vals[v->nr_vals++] = type;
	return 0;
}

int push_vals(struct validator *v, const wasm_valtype_t *types, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (push_val(v, types[i]))
			return -EINVAL;
	}
	return 0;
}

int pop_any(struct validator *v, const char *expect, wasm_valtype_t *type)
{
	const struct ctrl_frame *frame = top_ctrl(v);

	if (v->nr_vals > frame->height) {
		*type = v->vals[--v->nr_vals];
		return 0;
	}
	if (frame->unreachable) {
		*type = WASM_BOT;
		return 0;
	}
	diag_error(v->m, v->in.offset, "type mismatch: %s expects %s, but the stack is empty",
		   op_name(v), expect);
	return -EINVAL;
}

int mismatch(struct validator *v, const char *expect, wasm_valtype_t found)
{
	diag_error(v->m, v->in.offset, "type mismatch: %s expects %s, found %s",
		   op_name(v), expect, wasm_valtype_name(found));
	return -EINVAL;
}

int pop_val_as(struct validator *v, wasm_valtype_t expect, wasm_valtype_t *actual)
{
	const struct ctrl_frame *frame = top_ctrl(v);

	/* by far the most common */
	if (v->nr_vals > frame->height && v->vals[v->nr_vals - 1] == expect) {
		*actual = expect;
		v->nr_vals--;
		return 0;
	}
	if (v->nr_vals == frame->height && frame->unreachable) {
		*actual = WASM_BOT;
		return 0;
	}
	if (pop_any(v, wasm_valtype_name(expect), actual))
		return -EINVAL;
	if (!wasm_valtype_matches(v->m, *actual, expect))
		return mismatch(v, wasm_valtype_name(expect), *actual);
	return 0;
}

int pop_val(struct validator *v, wasm_valtype_t expect)
{
	wasm_valtype_t actual;

	return pop_val_as(v, expect, &actual);
}

int pop_vals(struct validator *v, const wasm_valtype_t *types, u32 nr)
{
	while (nr) {
		if (pop_val(v, types[--nr]))
			return -EINVAL;
	}
	return 0;
}

/* pop and push back as they are: the stack must end in @types, and stays */
static int peek_vals(struct validator *v, const wasm_valtype_t *types, u32 nr)
{
	u32 nr_vals = v->nr_vals;
	int err;

	err = pop_vals(v, types, nr);
	v->nr_vals = nr_vals;
	return err;
}

int pop_ref(struct validator *v, wasm_valtype_t *type)
{
	if (pop_any(v, "a reference", type))
		return -EINVAL;
	if (*type == WASM_BOT)
		*type = REF_BOT;
	if (!wasm_valtype_is_ref(*type))
		return mismatch(v, "a reference", *type);
	return 0;
}

/* ---- control stack ---- */

/* the function type of a frame, valid until the next push_ctrl() */
static struct wasm_functype frame_type(const struct validator *v, const struct ctrl_frame *frame)
{
	struct wasm_functype type = { 0 };

	if (frame->block.typeidx != WASM_NO_INDEX)
		return v->m->types[frame->block.typeidx].func;
	type.results = &frame->block.result;
	type.nr_results = frame->block.result ? 1 : 0;
	return type;
}

const wasm_valtype_t *label_types(const struct validator *v, const struct ctrl_frame *frame,
				  u32 *nr)
{
	struct wasm_functype type = frame_type(v, frame);

	if (frame->op == WASM_OP_LOOP) {
		*nr = type.nr_params;
		return type.params;
	}
	*nr = type.nr_results;
	return type.results;
}

/* the parameters of the block are pushed, too */
static int push_ctrl(struct validator *v, u32 op, const struct wasm_blocktype *block)
{
	struct wasm_functype type;
	struct ctrl_frame *frame;

	if (v->nr_ctrls >= WASM_MAX_NESTING) {
		diag_error(v->m, v->in.offset, "implementation limit: blocks nested more than %u deep",
			   WASM_MAX_NESTING);
		return -EINVAL;
	}
	array_reserve(v->ctrls, v->ctrls_cap, v->nr_ctrls + 1ul);
	frame = &v->ctrls[v->nr_ctrls++];
	frame->op = op;
	frame->offset = v->in.offset;
	frame->block = *block;
	frame->height = v->nr_vals;
	frame->init_height = v->nr_inits;
	frame->unreachable = false;
	type = frame_type(v, frame);
	return push_vals(v, type.params, type.nr_params);
}

static void reset_locals(struct validator *v, u32 height)
{
	u32 localidx;

	while (v->nr_inits > height) {
		localidx = v->inits[--v->nr_inits];
		v->set_locals[localidx / 8] &= (u8)~(1u << localidx % 8);
	}
}

/* *@frame is a copy of what was popped */
static int pop_ctrl(struct validator *v, struct ctrl_frame *frame)
{
	struct wasm_functype type;

	type = frame_type(v, top_ctrl(v));
	if (pop_vals(v, type.results, type.nr_results))
		return -EINVAL;
	*frame = *top_ctrl(v);
	if (v->nr_vals != frame->height) {
		diag_error(v->m, v->in.offset, "type mismatch: %u more values than the block's results %s remain on the stack",
			   v->nr_vals - frame->height,
			   wasm_resulttype_name(type.results, type.nr_results));
		return -EINVAL;
	}
	reset_locals(v, frame->init_height);
	v->nr_ctrls--;
	return 0;
}

static void unreachable(struct validator *v)
{
	struct ctrl_frame *frame = top_ctrl(v);

	v->nr_vals = frame->height;
	frame->unreachable = true;
}

int check_label(struct validator *v, u32 labelidx)
{
	return validate_index(v->m, v->in.offset, "label", labelidx, v->nr_ctrls);
}

const struct ctrl_frame *label_frame(const struct validator *v, u32 labelidx)
{
	return &v->ctrls[v->nr_ctrls - 1 - labelidx];
}

/* ---- indices ---- */

static int check_functype(struct validator *v, u32 typeidx)
{
	if (validate_index(v->m, v->in.offset, "type", typeidx, v->m->nr_types))
		return -EINVAL;
	if (v->m->types[typeidx].kind != WASM_COMPTYPE_FUNC) {
		diag_error(v->m, v->in.offset, "type mismatch: %s expects a function type, type %u is none",
			   op_name(v), typeidx);
		return -EINVAL;
	}
	return 0;
}

static int check_blocktype(struct validator *v, const struct wasm_blocktype *block)
{
	if (block->typeidx != WASM_NO_INDEX)
		return check_functype(v, block->typeidx);
	return validate_valtype(v->m, v->in.offset, block->result);
}

static int check_table(struct validator *v, u32 tableidx)
{
	return validate_index(v->m, v->in.offset, "table", tableidx, v->m->nr_tables);
}

static int check_memory(struct validator *v, u32 memidx)
{
	return validate_index(v->m, v->in.offset, "memory", memidx, v->m->nr_memories);
}

int check_elem(struct validator *v, u32 elemidx)
{
	return validate_index(v->m, v->in.offset, "elem segment", elemidx, v->m->nr_elems);
}

/* bodies come before the data section: a count must have announced it */
int check_data(struct validator *v, u32 dataidx)
{
	if (!v->m->has_data_count) {
		diag_error(v->m, v->in.offset, "data count section required for %s", op_name(v));
		return -EINVAL;
	}
	return validate_index(v->m, v->in.offset, "data segment", dataidx, v->m->nr_datas);
}

static wasm_valtype_t memory_address(const struct validator *v, u32 memidx)
{
	return v->m->memories[memidx].is64 ? WASM_I64 : WASM_I32;
}

static wasm_valtype_t table_address(const struct validator *v, u32 tableidx)
{
	return v->m->tables[tableidx].is64 ? WASM_I64 : WASM_I32;
}

static int check_memarg(struct validator *v)
{
	const struct wasm_instr *in = &v->in;
	u32 natural = in->info->align;

	if (check_memory(v, in->memidx))
		return -EINVAL;
	if (in->info->feature == WASM_FEATURE_THREADS && in->memarg.align != natural) {
		diag_error(v->m, in->offset, "atomic alignment must be natural: %s needs %u, found 2^%u",
			   op_name(v), 1u << natural, in->memarg.align);
		return -EINVAL;
	}
	if (in->memarg.align > natural) {
		diag_error(v->m, in->offset, "alignment must not be larger than natural: %s has %u, found 2^%u",
			   op_name(v), 1u << natural, in->memarg.align);
		return -EINVAL;
	}
	if (!v->m->memories[in->memidx].is64 && in->memarg.offset > 0xffffffff) {
		diag_error(v->m, in->offset, "offset out of range: 0x%llx in a 32-bit memory",
			   in->memarg.offset);
		return -EINVAL;
	}
	return 0;
}

/* lanes of the shape in the name: i16x8 has 8 */
static u32 nr_lanes(const char *text)
{
	return (u32)atoi(strchr(text, 'x') + 1);
}

static int check_lane(struct validator *v, u32 lane, u32 nr)
{
	if (lane < nr)
		return 0;
	diag_error(v->m, v->in.offset, "invalid lane index %u: %s has %u lanes",
		   lane, op_name(v), nr);
	return -EINVAL;
}

static int check_shuffle(struct validator *v)
{
	u32 i;

	/* sixteen lanes of either operand */
	for (i = 0; i < sizeof(v->in.v128); i++) {
		if (check_lane(v, v->in.v128[i], 32))
			return -EINVAL;
	}
	return 0;
}

/* ---- constant expressions ---- */

static int check_const(struct validator *v)
{
	enum wasm_feature feature;

	switch (v->in.op) {
	case WASM_OP_I32_CONST:
	case WASM_OP_I64_CONST:
	case WASM_OP_F32_CONST:
	case WASM_OP_F64_CONST:
	case WASM_OP_V128_CONST:
	case WASM_OP_REF_NULL:
	case WASM_OP_REF_FUNC:
	case WASM_OP_REF_I31:
	case WASM_OP_STRUCT_NEW:
	case WASM_OP_STRUCT_NEW_DEFAULT:
	case WASM_OP_ARRAY_NEW:
	case WASM_OP_ARRAY_NEW_DEFAULT:
	case WASM_OP_ARRAY_NEW_FIXED:
	case WASM_OP_ANY_CONVERT_EXTERN:
	case WASM_OP_EXTERN_CONVERT_ANY:
	case WASM_OP_END:
		return 0;
	case WASM_OP_GLOBAL_GET:
		if (validate_index(v->m, v->in.offset, "global", v->in.globalidx,
				   v->nr_const_globals))
			return -EINVAL;
		if (v->m->globals[v->in.globalidx].mut) {
			diag_error(v->m, v->in.offset, "constant expression required: global %u is mutable",
				   v->in.globalidx);
			return -EINVAL;
		}
		if (v->in.globalidx < v->m->nr_imported_globals)
			return 0;
		feature = WASM_FEATURE_CONST_GLOBAL_GET;
		break;
	case WASM_OP_I32_ADD:
	case WASM_OP_I32_SUB:
	case WASM_OP_I32_MUL:
	case WASM_OP_I64_ADD:
	case WASM_OP_I64_SUB:
	case WASM_OP_I64_MUL:
		feature = WASM_FEATURE_EXTENDED_CONST;
		break;
	default:
		diag_error(v->m, v->in.offset, "constant expression required, found %s", op_name(v));
		return -EINVAL;
	}
	if (!(v->m->features & (1ull << feature)))
		diag_error(v->m, v->in.offset, "constant expression required: %s is one only with feature '%s'",
			   op_name(v), wasm_feature_name(feature));
	else
		v->m->used |= 1ull << feature;
	return v->m->features & (1ull << feature) ? 0 : -EINVAL;
}

/* ---- instructions with more than a signature ---- */

static int validate_select(struct validator *v)
{
	wasm_valtype_t a, b;

	if (pop_val(v, WASM_I32) || pop_any(v, "a value", &a) || pop_any(v, "a value", &b))
		return -EINVAL;
	if (wasm_valtype_is_ref(a) || wasm_valtype_is_ref(b)) {
		diag_error(v->m, v->in.offset, "type mismatch: select without type expects numbers or vectors, found %s",
			   wasm_valtype_name(wasm_valtype_is_ref(a) ? a : b));
		return -EINVAL;
	}
	if (a != b && a != WASM_BOT && b != WASM_BOT) {
		diag_error(v->m, v->in.offset, "type mismatch: select expects two values of one type, found %s and %s",
			   wasm_valtype_name(b), wasm_valtype_name(a));
		return -EINVAL;
	}
	return push_val(v, a == WASM_BOT ? b : a);
}

static int validate_select_t(struct validator *v)
{
	wasm_valtype_t type;

	if (v->in.nr_types != 1) {
		diag_error(v->m, v->in.offset, "invalid result arity: select has %u types, must be 1",
			   v->in.nr_types);
		return -EINVAL;
	}
	type = v->in.types[0];
	return validate_valtype(v->m, v->in.offset, type) ?:
	       pop_val(v, WASM_I32) ?: pop_val(v, type) ?: pop_val(v, type) ?:
	       push_val(v, type);
}

static bool is_set(const struct validator *v, u32 localidx)
{
	return v->set_locals[localidx / 8] & 1u << localidx % 8;
}

static int validate_local(struct validator *v)
{
	u32 localidx = v->in.localidx;
	wasm_valtype_t type;

	if (v->nr_locals <= localidx)
		return validate_index(v->m, v->in.offset, "local", localidx, v->nr_locals);
	type = wasm_local_type(v->m, v->func, localidx);
	if (v->tracks_locals && !is_set(v, localidx)) {
		if (v->in.op == WASM_OP_LOCAL_GET) {
			diag_error(v->m, v->in.offset, "uninitialized local %u of type %s",
				   localidx, wasm_valtype_name(type));
			return -EINVAL;
		}
		v->set_locals[localidx / 8] |= (u8)(1u << localidx % 8);
		array_reserve(v->inits, v->inits_cap, v->nr_inits + 1ul);
		v->inits[v->nr_inits++] = localidx;
	}
	switch (v->in.op) {
	case WASM_OP_LOCAL_GET:
		return push_val(v, type);
	case WASM_OP_LOCAL_SET:
		return pop_val(v, type);
	default:
		return pop_val(v, type) ?: push_val(v, type);
	}
}

static int validate_global(struct validator *v)
{
	const struct wasm_global *global;

	if (validate_index(v->m, v->in.offset, "global", v->in.globalidx, v->m->nr_globals))
		return -EINVAL;
	global = &v->m->globals[v->in.globalidx];
	if (v->in.op == WASM_OP_GLOBAL_GET)
		return push_val(v, global->type);
	if (!global->mut) {
		diag_error(v->m, v->in.offset, "immutable global %u", v->in.globalidx);
		return -EINVAL;
	}
	return pop_val(v, global->type);
}

static int validate_table_instr(struct validator *v)
{
	wasm_valtype_t address, type;

	if (check_table(v, v->in.tableidx))
		return -EINVAL;
	type = v->m->tables[v->in.tableidx].type;
	address = table_address(v, v->in.tableidx);
	switch (v->in.op) {
	case WASM_OP_TABLE_GET:
		return pop_val(v, address) ?: push_val(v, type);
	case WASM_OP_TABLE_SET:
		return pop_val(v, type) ?: pop_val(v, address);
	case WASM_OP_TABLE_SIZE:
		return push_val(v, address);
	case WASM_OP_TABLE_GROW:
		return pop_val(v, address) ?: pop_val(v, type) ?: push_val(v, address);
	default: /* table.fill */
		return pop_val(v, address) ?: pop_val(v, type) ?: pop_val(v, address);
	}
}

static int check_elem_type(struct validator *v, wasm_valtype_t from, wasm_valtype_t to)
{
	if (wasm_valtype_matches(v->m, from, to))
		return 0;
	diag_error(v->m, v->in.offset, "type mismatch: %s from %s to a table of %s",
		   op_name(v), wasm_valtype_name(from), wasm_valtype_name(to));
	return -EINVAL;
}

static int validate_table_init(struct validator *v)
{
	if (check_table(v, v->in.tableidx) || check_elem(v, v->in.elemidx) ||
	    check_elem_type(v, v->m->elems[v->in.elemidx].type,
			    v->m->tables[v->in.tableidx].type))
		return -EINVAL;
	return pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?:
	       pop_val(v, table_address(v, v->in.tableidx));
}

static int validate_table_copy(struct validator *v)
{
	wasm_valtype_t to, from;

	if (check_table(v, v->in.tableidx) || check_table(v, v->in.src_tableidx) ||
	    check_elem_type(v, v->m->tables[v->in.src_tableidx].type,
			    v->m->tables[v->in.tableidx].type))
		return -EINVAL;
	to = table_address(v, v->in.tableidx);
	from = table_address(v, v->in.src_tableidx);
	/* the length must fit in both */
	return pop_val(v, to == WASM_I64 && from == WASM_I64 ? WASM_I64 : WASM_I32) ?:
	       pop_val(v, from) ?: pop_val(v, to);
}

static int validate_memory_init(struct validator *v)
{
	if (check_memory(v, v->in.memidx) || check_data(v, v->in.dataidx))
		return -EINVAL;
	return pop_val(v, WASM_I32) ?: pop_val(v, WASM_I32) ?:
	       pop_val(v, memory_address(v, v->in.memidx));
}

static int validate_memory_copy(struct validator *v)
{
	wasm_valtype_t to, from;

	if (check_memory(v, v->in.memidx) || check_memory(v, v->in.src_memidx))
		return -EINVAL;
	to = memory_address(v, v->in.memidx);
	from = memory_address(v, v->in.src_memidx);
	return pop_val(v, to == WASM_I64 && from == WASM_I64 ? WASM_I64 : WASM_I32) ?:
	       pop_val(v, from) ?: pop_val(v, to);
}

/* ---- blocks and branches ---- */

static int validate_block(struct validator *v)
{
	struct wasm_blocktype block = v->in.block;
	wasm_valtype_t result;
	struct wasm_functype type;

	if (check_blocktype(v, &block))
		return -EINVAL;
	if (v->in.op == WASM_OP_IF && pop_val(v, WASM_I32))
		return -EINVAL;
	type = wasm_blocktype_expand(v->m, &block, &result);
	return pop_vals(v, type.params, type.nr_params) ?: push_ctrl(v, v->in.op, &block);
}

static int validate_else(struct validator *v)
{
	struct ctrl_frame frame;

	if (top_ctrl(v)->op != WASM_OP_IF) {
		diag_error(v->m, v->in.offset, "END opcode expected: else without if");
		return -EINVAL;
	}
	return pop_ctrl(v, &frame) ?: push_ctrl(v, WASM_OP_ELSE, &frame.block);
}

/* without an else the parameters are the results */
static int check_missing_else(struct validator *v, const struct wasm_functype *type)
{
	u32 i;

	if (type->nr_params == type->nr_results) {
		for (i = 0; i < type->nr_params; i++) {
			if (!wasm_valtype_matches(v->m, type->params[i], type->results[i]))
				break;
		}
		if (i == type->nr_params)
			return 0;
	}
	diag_error(v->m, v->in.offset, "type mismatch: if of type %s needs an else",
		   wasm_functype_name(type));
	return -EINVAL;
}

static int validate_end(struct validator *v)
{
	struct wasm_functype type;
	struct ctrl_frame frame;

	if (pop_ctrl(v, &frame))
		return -EINVAL;
	type = frame_type(v, &frame);
	if (frame.op == WASM_OP_IF && check_missing_else(v, &type))
		return -EINVAL;
	/* behind the outermost block there is no stack any more */
	return v->nr_ctrls ? push_vals(v, type.results, type.nr_results) : 0;
}

static int validate_br(struct validator *v)
{
	const wasm_valtype_t *types;
	u32 nr;

	if (check_label(v, v->in.labelidx))
		return -EINVAL;
	types = label_types(v, label_frame(v, v->in.labelidx), &nr);
	if (v->in.op == WASM_OP_BR_IF)
		return pop_val(v, WASM_I32) ?: pop_vals(v, types, nr) ?: push_vals(v, types, nr);
	if (pop_vals(v, types, nr))
		return -EINVAL;
	unreachable(v);
	return 0;
}

static int validate_br_table(struct validator *v)
{
	const wasm_valtype_t *types;
	u32 last = WASM_NO_INDEX;
	u32 i, nr, arity;

	if (pop_val(v, WASM_I32) || check_label(v, v->in.labelidx))
		return -EINVAL;
	types = label_types(v, label_frame(v, v->in.labelidx), &arity);
	if (peek_vals(v, types, arity))
		return -EINVAL;
	for (i = 0; i < v->in.nr_labels; i++) {
		/* runs of one label are common, and may be made long */
		if (v->in.labels[i] == last)
			continue;
		last = v->in.labels[i];
		if (check_label(v, last))
			return -EINVAL;
		types = label_types(v, label_frame(v, last), &nr);
		if (nr != arity) {
			diag_error(v->m, v->in.offset, "type mismatch: br_table has labels of %u and %u values",
				   arity, nr);
			return -EINVAL;
		}
		if (peek_vals(v, types, nr))
			return -EINVAL;
	}
	unreachable(v);
	return 0;
}

/* ---- exceptions ---- */

static int check_tag(struct validator *v, u32 tagidx)
{
	return validate_index(v->m, v->in.offset, "tag", tagidx, v->m->nr_tags);
}

static int validate_throw(struct validator *v)
{
	const struct wasm_functype *type;

	if (check_tag(v, v->in.tagidx))
		return -EINVAL;
	type = wasm_tag_type(v->m, v->in.tagidx);
	if (pop_vals(v, type->params, type->nr_params))
		return -EINVAL;
	unreachable(v);
	return 0;
}

static int validate_throw_ref(struct validator *v)
{
	if (pop_val(v, WASM_EXNREF))
		return -EINVAL;
	unreachable(v);
	return 0;
}

/* what a clause brings to its label: the exception's values, the exception */
static int check_catch(struct validator *v, const struct wasm_catch *c)
{
	bool has_tag = c->kind == WASM_CATCH || c->kind == WASM_CATCH_REF;
	bool has_ref = c->kind == WASM_CATCH_REF || c->kind == WASM_CATCH_ALL_REF;
	const struct wasm_functype none = { 0 }, *type = &none;
	const wasm_valtype_t *types;
	u32 i, nr;

	if ((has_tag && check_tag(v, c->tagidx)) || check_label(v, c->labelidx))
		return -EINVAL;
	if (has_tag)
		type = wasm_tag_type(v->m, c->tagidx);
	types = label_types(v, label_frame(v, c->labelidx), &nr);
	if (nr != type->nr_params + has_ref)
		goto mismatch;
	for (i = 0; i < type->nr_params; i++) {
		if (!wasm_valtype_matches(v->m, type->params[i], types[i]))
			goto mismatch;
	}
	if (has_ref && !wasm_valtype_matches(v->m, WASM_REF | WASM_HEAP_EXN, types[i]))
		goto mismatch;
	return 0;

mismatch:
	diag_error(v->m, v->in.offset, "type mismatch: catch of %s%s for a label of %s",
		   wasm_resulttype_name(type->params, type->nr_params),
		   has_ref ? " with exnref" : "", wasm_resulttype_name(types, nr));
	return -EINVAL;
}

static int validate_try_table(struct validator *v)
{
	u32 i;

	/* the labels of the clauses are those outside of the block */
	for (i = 0; i < v->in.nr_catches; i++) {
		if (check_catch(v, &v->in.catches[i]))
			return -EINVAL;
	}
	return validate_block(v);
}

/* the legacy form: catch begins a block with the exception's values on the stack */
static int validate_catch(struct validator *v)
{
	const struct wasm_functype *type;
	u32 op = top_ctrl(v)->op;
	struct ctrl_frame frame;

	if (op != WASM_OP_TRY && op != WASM_OP_CATCH) {
		diag_error(v->m, v->in.offset, "END opcode expected: %s without try", op_name(v));
		return -EINVAL;
	}
	if (v->in.op == WASM_OP_CATCH && check_tag(v, v->in.tagidx))
		return -EINVAL;
	/* the parameters of the try are not those of the catch: push none */
	if (pop_ctrl(v, &frame) || push_ctrl(v, v->in.op, &frame.block))
		return -EINVAL;
	v->nr_vals = top_ctrl(v)->height;
	if (v->in.op == WASM_OP_CATCH_ALL)
		return 0;
	type = wasm_tag_type(v->m, v->in.tagidx);
	return push_vals(v, type->params, type->nr_params);
}

static int validate_rethrow(struct validator *v)
{
	u32 op;

	if (check_label(v, v->in.labelidx))
		return -EINVAL;
	op = label_frame(v, v->in.labelidx)->op;
	if (op != WASM_OP_CATCH && op != WASM_OP_CATCH_ALL) {
		diag_error(v->m, v->in.offset, "invalid rethrow label %u: not a catch",
			   v->in.labelidx);
		return -EINVAL;
	}
	unreachable(v);
	return 0;
}

static int validate_delegate(struct validator *v)
{
	struct wasm_functype type;
	struct ctrl_frame frame;

	if (top_ctrl(v)->op != WASM_OP_TRY) {
		diag_error(v->m, v->in.offset, "END opcode expected: delegate without try");
		return -EINVAL;
	}
	/* counted from outside of the try */
	if (pop_ctrl(v, &frame) || check_label(v, v->in.labelidx))
		return -EINVAL;
	type = frame_type(v, &frame);
	return push_vals(v, type.results, type.nr_results);
}

/* ---- calls ---- */

/* the callee's results must be the function's own */
static int validate_tail(struct validator *v, const struct wasm_functype *type)
{
	const struct wasm_functype *own = &v->m->types[v->func->typeidx].func;
	u32 i;

	for (i = 0; i < type->nr_results && type->nr_results == own->nr_results; i++) {
		if (!wasm_valtype_matches(v->m, type->results[i], own->results[i]))
			break;
	}
	if (i != own->nr_results) {
		diag_error(v->m, v->in.offset, "type mismatch: %s returns %s from a function that returns %s",
			   op_name(v), wasm_resulttype_name(type->results, type->nr_results),
			   wasm_resulttype_name(own->results, own->nr_results));
		return -EINVAL;
	}
	unreachable(v);
	return 0;
}

static int apply_functype(struct validator *v, const struct wasm_functype *type)
{
	return pop_vals(v, type->params, type->nr_params) ?:
	       push_vals(v, type->results, type->nr_results);
}

static int validate_call(struct validator *v)
{
	const struct wasm_functype *type;

	if (validate_index(v->m, v->in.offset, "function", v->in.funcidx, v->m->nr_funcs))
		return -EINVAL;
	type = wasm_func_type(v->m, v->in.funcidx);
	if (v->in.op == WASM_OP_CALL)
		return apply_functype(v, type);
	return pop_vals(v, type->params, type->nr_params) ?: validate_tail(v, type);
}

static int validate_call_indirect(struct validator *v)
{
	const struct wasm_functype *type;
	wasm_valtype_t elem;

	if (check_table(v, v->in.tableidx) || check_functype(v, v->in.typeidx))
		return -EINVAL;
	elem = v->m->tables[v->in.tableidx].type;
	if (!wasm_valtype_matches(v->m, elem, WASM_FUNCREF)) {
		diag_error(v->m, v->in.offset, "type mismatch: %s expects a table of functions, table %u holds %s",
			   op_name(v), v->in.tableidx, wasm_valtype_name(elem));
		return -EINVAL;
	}
	if (pop_val(v, table_address(v, v->in.tableidx)))
		return -EINVAL;
	type = &v->m->types[v->in.typeidx].func;
	v->m->types[v->m->types[v->in.typeidx].canon].called = true;
	if (v->in.op == WASM_OP_CALL_INDIRECT)
		return apply_functype(v, type);
	return pop_vals(v, type->params, type->nr_params) ?: validate_tail(v, type);
}

static int validate_call_ref(struct validator *v)
{
	const struct wasm_functype *type;

	if (check_functype(v, v->in.typeidx) ||
	    pop_val(v, WASM_REF | WASM_REF_NULL | WASM_REF_TYPEIDX | v->in.typeidx))
		return -EINVAL;
	type = &v->m->types[v->in.typeidx].func;
	if (v->in.op == WASM_OP_CALL_REF)
		return apply_functype(v, type);
	return pop_vals(v, type->params, type->nr_params) ?: validate_tail(v, type);
}

static int validate_return(struct validator *v)
{
	const wasm_valtype_t *types;
	u32 nr;

	types = label_types(v, &v->ctrls[0], &nr);
	if (pop_vals(v, types, nr))
		return -EINVAL;
	unreachable(v);
	return 0;
}

/* ---- all ---- */

/* immediates that can be checked without knowing the instruction */
static int check_immediates(struct validator *v)
{
	switch (v->in.info->imm) {
	case WASM_IMM_MEMARG:
		return check_memarg(v);
	case WASM_IMM_MEMARG_LANE:
		return check_memarg(v) ?: check_lane(v, v->in.lane, 16 >> v->in.info->align);
	case WASM_IMM_MEMORY:
		return check_memory(v, v->in.memidx);
	case WASM_IMM_DATA:
		return check_data(v, v->in.dataidx);
	case WASM_IMM_ELEM:
		return check_elem(v, v->in.elemidx);
	case WASM_IMM_LANE:
		return check_lane(v, v->in.lane, nr_lanes(v->in.info->text));
	case WASM_IMM_SHUFFLE:
		return check_shuffle(v);
	default:
		return 0;
	}
}

/* a letter of opcode.h's signatures */
static wasm_valtype_t letter_type(struct validator *v, char letter)
{
	switch (letter) {
	case 'i':
		return WASM_I32;
	case 'l':
		return WASM_I64;
	case 'f':
		v->reader.in.uses_float = true;
		return WASM_F32;
	case 'd':
		v->reader.in.uses_float = true;
		return WASM_F64;
	case 'v':
		v->reader.in.uses_float = true;
		v->reader.in.uses_vector = true;
		return WASM_V128;
	case 'a':
		return memory_address(v, v->in.memidx);
	default:
		diag_bug("letter '%c' in the signature of %s", letter, op_name(v));
	}
}

static int apply_signature(struct validator *v)
{
	const char *s, *operands = v->in.info->signature;
	const char *colon = strchr(operands, ':');

	for (s = colon; s != operands; s--) {
		if (pop_val(v, letter_type(v, s[-1])))
			return -EINVAL;
	}
	for (s = colon + 1; *s; s++) {
		if (push_val(v, letter_type(v, *s)))
			return -EINVAL;
	}
	return 0;
}

static int validate_instr(struct validator *v)
{
	wasm_valtype_t type;

	if (check_immediates(v))
		return -EINVAL;
	if (v->in.info->signature)
		return apply_signature(v);

	switch (v->in.op) {
	case WASM_OP_UNREACHABLE:
		unreachable(v);
		return 0;
	case WASM_OP_BLOCK:
	case WASM_OP_LOOP:
	case WASM_OP_IF:
	case WASM_OP_TRY:
		return validate_block(v);
	case WASM_OP_TRY_TABLE:
		return validate_try_table(v);
	case WASM_OP_THROW:
		return validate_throw(v);
	case WASM_OP_THROW_REF:
		return validate_throw_ref(v);
	case WASM_OP_CATCH:
	case WASM_OP_CATCH_ALL:
		return validate_catch(v);
	case WASM_OP_RETHROW:
		return validate_rethrow(v);
	case WASM_OP_DELEGATE:
		return validate_delegate(v);
	case WASM_OP_ELSE:
		return validate_else(v);
	case WASM_OP_END:
		return validate_end(v);
	case WASM_OP_BR:
	case WASM_OP_BR_IF:
		return validate_br(v);
	case WASM_OP_BR_TABLE:
		return validate_br_table(v);
	case WASM_OP_RETURN:
		return validate_return(v);
	case WASM_OP_CALL:
	case WASM_OP_RETURN_CALL:
		return validate_call(v);
	case WASM_OP_CALL_INDIRECT:
	case WASM_OP_RETURN_CALL_INDIRECT:
		return validate_call_indirect(v);
	case WASM_OP_CALL_REF:
	case WASM_OP_RETURN_CALL_REF:
		return validate_call_ref(v);
	case WASM_OP_DROP:
		return pop_any(v, "a value", &type);
	case WASM_OP_SELECT:
		return validate_select(v);
	case WASM_OP_SELECT_T:
		return validate_select_t(v);
	case WASM_OP_LOCAL_GET:
	case WASM_OP_LOCAL_SET:
	case WASM_OP_LOCAL_TEE:
		return validate_local(v);
	case WASM_OP_GLOBAL_GET:
	case WASM_OP_GLOBAL_SET:
		return validate_global(v);
	case WASM_OP_TABLE_SET:
	case WASM_OP_TABLE_GROW:
	case WASM_OP_TABLE_FILL:
		v->m->writes_tables = true;
		/* fall through */
	case WASM_OP_TABLE_GET:
	case WASM_OP_TABLE_SIZE:
		return validate_table_instr(v);
	case WASM_OP_TABLE_INIT:
		v->m->writes_tables = true;
		return validate_table_init(v);
	case WASM_OP_TABLE_COPY:
		v->m->writes_tables = true;
		return validate_table_copy(v);
	case WASM_OP_MEMORY_INIT:
		return validate_memory_init(v);
	case WASM_OP_MEMORY_COPY:
		return validate_memory_copy(v);
	default:
		return validate_ref_instr(v);
	}
}

static int validate_instrs(struct validator *v)
{
	struct wasm_bytes *in = &v->reader.in;

	for (;;) {
		v->in.offset = bytes_offset(in);
		/* the reader has no end of its own: the last end closes the last frame */
		if (!v->nr_ctrls) {
			if (wasm_code_reader_done(&v->reader))
				return 0;
			diag_error(v->m, v->in.offset, "section size mismatch: %u bytes behind the end of the function",
				   bytes_left(in));
			return -EINVAL;
		}
		if (wasm_code_reader_done(&v->reader)) {
			diag_error(v->m, v->in.offset, "END opcode expected: the function ends inside of a block");
			return -EINVAL;
		}
		if (wasm_read_instr(&v->reader, &v->in))
			return -EINVAL;
		if (!v->func && check_const(v))
			return -EINVAL;
		if (validate_instr(v))
			return -EINVAL;
	}
}

int validate_expr(struct validator *v, const struct wasm_range *range, wasm_valtype_t type,
		  u32 nr_globals)
{
	struct wasm_blocktype block = { .typeidx = WASM_NO_INDEX, .result = type };

	v->func = NULL;
	v->nr_const_globals = nr_globals;
	v->nr_vals = 0;
	v->nr_ctrls = 0;
	v->nr_inits = 0;
	v->in.offset = range->offset;
	wasm_code_reader_start(&v->reader, v->m, range);
	return push_ctrl(v, WASM_OP_NOP, &block) ?: validate_instrs(v);
}

/* mark everything as set that has a value from the start */
static void track_locals(struct validator *v)
{
	const struct wasm_func *func = v->func;
	u32 nr_params = v->nr_locals - func->nr_locals, i, j, localidx;

	v->tracks_locals = false;
	for (i = 0; i < func->nr_locals_runs; i++) {
		if (!wasm_valtype_is_defaultable(func->locals[i].type))
			v->tracks_locals = true;
	}
	if (!v->tracks_locals)
		return;
	v->set_locals = xrealloc(v->set_locals, v->nr_locals / 8 + 1);
	memset(v->set_locals, 0xff, v->nr_locals / 8 + 1);
	for (i = 0; i < func->nr_locals_runs; i++) {
		if (wasm_valtype_is_defaultable(func->locals[i].type))
			continue;
		for (j = 0; j < func->locals[i].count; j++) {
			localidx = nr_params + func->locals[i].first + j;
			v->set_locals[localidx / 8] &= (u8)~(1u << localidx % 8);
		}
	}
}

static int validate_body(struct validator *v)
{
	struct wasm_blocktype block = { .typeidx = v->func->typeidx };

	v->nr_vals = 0;
	v->nr_ctrls = 0;
	v->nr_inits = 0;
	v->in.offset = v->func->code.offset;
	wasm_code_reader_start(&v->reader, v->m, &v->func->code);
	if (push_ctrl(v, WASM_OP_NOP, &block))
		return -EINVAL;
	/* the parameters are locals, not operands */
	v->nr_vals = 0;
	return validate_instrs(v);
}

int validate_func(struct validator *v, u32 funcidx)
{
	const struct wasm_func *func = &v->m->funcs[funcidx];

	v->func = func;
	v->funcidx = funcidx;
	v->nr_locals = wasm_func_type(v->m, funcidx)->nr_params + func->nr_locals;
	track_locals(v);
	if (!validate_body(v))
		return 0;
	if (func->name.size)
		diag_note(v->m, v->in.offset, "in function %u '%s', block depth %u", funcidx,
			  func->name.bytes, v->nr_ctrls ? v->nr_ctrls - 1 : 0);
	else
		diag_note(v->m, v->in.offset, "in function %u, block depth %u", funcidx,
			  v->nr_ctrls ? v->nr_ctrls - 1 : 0);
	return -EINVAL;
}

void validator_destroy(struct validator *v)
{
	wasm_code_reader_destroy(&v->reader);
	free(v->vals);
	free(v->ctrls);
	free(v->set_locals);
	free(v->inits);
}
