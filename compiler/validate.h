/* SPDX-License-Identifier: GPL-2.0 */
/*
 * validate.h - what the parts of the validator call in each other
 */
#ifndef _COMPILER_VALIDATE_H
#define _COMPILER_VALIDATE_H

#include "module.h"

/**
 * struct ctrl_frame - an entry of the control stack
 * @op: what opened it: block, loop, if, else, try..., or, for the outermost one,
 *	nop
 * @offset: of that instruction, for messages
 * @block: its type; for the outermost one the type of the function, or the one
 *	result of a constant expression
 * @height: of the value stack, without the parameters
 * @init_height: of the stack of initialised locals
 * @unreachable: the rest of the block is not reached: the value stack is
 *	polymorphic below @height
 */
struct ctrl_frame {
	u32 op;
	u32 offset;
	struct wasm_blocktype block;
	u32 height;
	u32 init_height;
	bool unreachable;
};

/**
 * struct validator - the state of the specification's validation algorithm
 * @m: the module
 * @reader: of the body or expression
 * @in: the current instruction
 * @func: the function, NULL in a constant expression
 * @funcidx: its index
 * @nr_locals: its locals with parameters
 * @nr_const_globals: in a constant expression: globals that may be used
 * @vals: the value stack
 * @ctrls: the control stack
 * @set_locals: bit for each local that has no default value but was set; only
 *	for functions that have such locals
 * @inits: stack of the locals in @set_locals, in the order in which they were set
 * @tracks_locals: @set_locals and @inits are in use
 */
struct validator {
	struct wasm_module *m;
	struct wasm_code_reader reader;
	struct wasm_instr in;

	const struct wasm_func *func;
	u32 funcidx;
	u32 nr_locals;
	u32 nr_const_globals;

	wasm_valtype_t *vals;
	size_t vals_cap;
	u32 nr_vals;

	struct ctrl_frame *ctrls;
	size_t ctrls_cap;
	u32 nr_ctrls;

	bool tracks_locals;
	u8 *set_locals;
	u32 *inits;
	size_t inits_cap;
	u32 nr_inits;
};

/* validate_types.c: the type section; sets wasm_type.canon and .depth */
int validate_types(struct wasm_module *m);
/* indices in a value type, heap type or storage type that stands at @offset */
int validate_valtype(const struct wasm_module *m, u32 offset, wasm_valtype_t type);

/* validate_code.c */
int validate_func(struct validator *v, u32 funcidx);
/* a constant expression of type @type that may use the first @nr_globals globals */
int validate_expr(struct validator *v, const struct wasm_range *range, wasm_valtype_t type,
		  u32 nr_globals);
void validator_destroy(struct validator *v);

/* ---- the algorithm's stacks, in validate_code.c, for instructions elsewhere ---- */

/* a reference about which nothing is known: (ref bot) of the specification */
#define REF_BOT		WASM_REF

static inline const char *op_name(const struct validator *v)
{
	return v->in.info->text;
}

int push_val(struct validator *v, wasm_valtype_t type);
int push_vals(struct validator *v, const wasm_valtype_t *types, u32 nr);
int pop_val(struct validator *v, wasm_valtype_t expect);
int pop_vals(struct validator *v, const wasm_valtype_t *types, u32 nr);
/* *@actual: what was on the stack, a subtype of @expect or WASM_BOT */
int pop_val_as(struct validator *v, wasm_valtype_t expect, wasm_valtype_t *actual);
/* pop anything; @expect is for the message only */
int pop_any(struct validator *v, const char *expect, wasm_valtype_t *type);
/* any reference, REF_BOT if nothing is known */
int pop_ref(struct validator *v, wasm_valtype_t *type);
/* "type mismatch: ... expects ..., found ..." */
int mismatch(struct validator *v, const char *expect, wasm_valtype_t found);

int check_label(struct validator *v, u32 labelidx);
/* counted from the innermost */
const struct ctrl_frame *label_frame(const struct validator *v, u32 labelidx);
/* what a branch to a frame takes along: a loop is entered again, others are left */
const wasm_valtype_t *label_types(const struct validator *v, const struct ctrl_frame *frame,
				  u32 *nr);
int check_elem(struct validator *v, u32 elemidx);
int check_data(struct validator *v, u32 dataidx);

/* validate_ref.c: references, structs, arrays */
int validate_ref_instr(struct validator *v);

/* "unknown function 7: the module has 5" unless @index < @nr */
int validate_index(const struct wasm_module *m, u32 offset, const char *what, u32 index, u32 nr);

#endif /* _COMPILER_VALIDATE_H */
