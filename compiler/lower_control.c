// SPDX-License-Identifier: GPL-2.0
/*
 * lower_control.c - blocks, branches, traps
 *
 * "Validation, Instructions, Control" has the structure: each block is an entry
 * of the control stack, a branch jumps to the entry's label with the label's
 * types on top of the value stack. Here the values that meet at a label are the
 * operands of its phis.
 *
 * After an instruction that never goes on, the rest of its block is not
 * lowered: only the nesting of blocks is followed to find the end or else.
 */
#include <stdlib.h>

#include "diag.h"
#include "lower.h"

void lower_trap(struct lower *l, enum kwasm_trap trap)
{
	LLVMTypeRef params[] = { l->ptr };
	LLVMTypeRef type = LLVMFunctionType(l->voidty, params, 1, 0);
	LLVMValueRef call = LLVMBuildCall2(l->b, type, l->traps[trap], &l->ctx, 1, "");

	LLVMAddCallSiteAttribute(call, 1, l->swiftself);
	LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, l->noreturn);
	/* one call a site: the return address tells where it trapped */
	LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, l->nomerge);
	LLVMBuildUnreachable(l->b);
}

void lower_trap_if(struct lower *l, LLVMValueRef condition, enum kwasm_trap trap)
{
	LLVMBasicBlockRef trapping = lower_block(l, "trap");
	LLVMBasicBlockRef go_on = lower_block(l, "");
	LLVMValueRef br = LLVMBuildCondBr(l->b, condition, trapping, go_on);

	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
	LLVMPositionBuilderAtEnd(l->b, trapping);
	lower_trap(l, trap);
	LLVMPositionBuilderAtEnd(l->b, go_on);
}

static LLVMValueRef *make_phis(struct lower *l, LLVMBasicBlockRef block,
			       const wasm_valtype_t *types, u32 nr)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
	LLVMValueRef *phis = xcalloc(nr + 1, sizeof(*phis));
	u32 i;

	LLVMPositionBuilderAtEnd(l->b, block);
	for (i = 0; i < nr; i++)
		phis[i] = LLVMBuildPhi(l->b, lower_valtype(l, types[i]), "");
	LLVMPositionBuilderAtEnd(l->b, here);
	return phis;
}

/* the top @nr values arrive at the phis when control goes there from this block */
static void add_incoming(struct lower *l, LLVMValueRef *phis, u32 nr)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
	u32 i;

	for (i = 0; i < nr; i++)
		LLVMAddIncoming(phis[i], &l->stack[l->stack_nr - nr + i], &here, 1);
}

static struct lower_frame *push_frame(struct lower *l, u32 op)
{
	array_reserve(l->frames, l->frames_cap, l->frames_nr + 1);
	l->frames[l->frames_nr] = (struct lower_frame) { .op = op };
	return &l->frames[l->frames_nr++];
}

static struct lower_frame *frame_of_label(struct lower *l, u32 labelidx)
{
	return &l->frames[l->frames_nr - 1 - labelidx];
}

void lower_body_begin(struct lower *l)
{
	struct lower_frame *frame = push_frame(l, 0);

	frame->nr_results = frame->nr_label = l->functype->nr_results;
	frame->label = frame->end = lower_block(l, "return");
	frame->label_phis = make_phis(l, frame->end, l->functype->results, frame->nr_results);
	frame->end_phis = frame->label_phis;
}

bool lower_body_done(const struct lower *l)
{
	return l->frames_nr == 0;
}

struct lower_frame *lower_begin_block(struct lower *l, const struct wasm_instr *in)
{
	wasm_valtype_t result;
	struct wasm_functype type = wasm_blocktype_expand(l->m, &in->block, &result);
	LLVMValueRef condition = in->op == WASM_OP_IF ? lower_pop(l) : NULL;
	struct lower_frame *frame = push_frame(l, in->op);
	LLVMBasicBlockRef then;
	u32 i;

	frame->nr_params = type.nr_params;
	frame->nr_results = type.nr_results;
	frame->height = l->stack_nr - type.nr_params;
	frame->end = lower_block(l, "end");
	frame->end_phis = make_phis(l, frame->end, type.results, type.nr_results);
	frame->label = frame->end;
	frame->label_phis = frame->end_phis;
	frame->nr_label = type.nr_results;

	switch (in->op) {
	case WASM_OP_LOOP:
		frame->label = lower_block(l, "loop");
		frame->label_phis = make_phis(l, frame->label, type.params, type.nr_params);
		frame->nr_label = type.nr_params;
		add_incoming(l, frame->label_phis, type.nr_params);
		LLVMBuildBr(l->b, frame->label);
		LLVMPositionBuilderAtEnd(l->b, frame->label);
		for (i = 0; i < type.nr_params; i++)
			l->stack[frame->height + i] = frame->label_phis[i];
		break;
	case WASM_OP_IF:
		frame->els = lower_block(l, "else");
		frame->params = xcalloc(type.nr_params + 1, sizeof(*frame->params));
		for (i = 0; i < type.nr_params; i++)
			frame->params[i] = l->stack[frame->height + i];
		then = lower_block(l, "then");
		condition = LLVMBuildICmp(l->b, LLVMIntNE, condition, lower_i32(l, 0), "");
		LLVMBuildCondBr(l->b, condition, then, frame->els);
		LLVMPositionBuilderAtEnd(l->b, then);
		break;
	}
	return frame;
}

void lower_fall_to_end(struct lower *l, struct lower_frame *frame)
{
	if (l->unreachable)
		return;
	add_incoming(l, frame->end_phis, frame->nr_results);
	LLVMBuildBr(l->b, frame->end);
}

static void begin_else(struct lower *l, struct lower_frame *frame)
{
	u32 i;

	lower_fall_to_end(l, frame);
	LLVMPositionBuilderAtEnd(l->b, frame->els);
	frame->els = NULL;
	l->unreachable = false;
	l->stack_nr = frame->height;
	for (i = 0; i < frame->nr_params; i++)
		lower_push(l, frame->params[i]);
}

void lower_end_block(struct lower *l)
{
	struct lower_frame *frame = &l->frames[l->frames_nr - 1];
	u32 i;

	if (frame->els)
		begin_else(l, frame);
	if (frame->op == WASM_OP_TRY && (frame->trying || frame->catching))
		lower_end_try(l, frame);
	else
		lower_fall_to_end(l, frame);
	LLVMPositionBuilderAtEnd(l->b, frame->end);
	l->unreachable = false;
	l->stack_nr = frame->height;
	for (i = 0; i < frame->nr_results; i++)
		lower_push(l, frame->end_phis[i]);
	if (!LLVMGetFirstUse(LLVMBasicBlockAsValue(frame->end))) {
		/* nobody comes here: whatever follows is unreachable too */
		l->unreachable = true;
		LLVMBuildUnreachable(l->b);
	}
	if (frame->label_phis != frame->end_phis)
		free(frame->label_phis);
	free(frame->end_phis);
	free(frame->params);
	l->frames_nr--;
	if (!l->frames_nr && !l->unreachable)
		lower_return_values(l);
}

/* a branch leaves the blocks inside of its label's, or with it as well if that is no loop */
static void leave_clauses(struct lower *l, u32 labelidx)
{
	struct lower_frame *frame = &l->frames[l->frames_nr - 1];
	struct lower_frame *label = frame_of_label(l, labelidx);

	for (; frame >= label; frame--)
		lower_drop_exception(l, frame);
}

void lower_branch(struct lower *l, u32 labelidx)
{
	struct lower_frame *frame = frame_of_label(l, labelidx);

	leave_clauses(l, labelidx);
	add_incoming(l, frame->label_phis, frame->nr_label);
	LLVMBuildBr(l->b, frame->label);
	l->unreachable = true;
}

void lower_branch_on(struct lower *l, LLVMValueRef condition, u32 labelidx)
{
	struct lower_frame *frame = frame_of_label(l, labelidx);
	LLVMBasicBlockRef go_on = lower_block(l, "");

	add_incoming(l, frame->label_phis, frame->nr_label);
	LLVMBuildCondBr(l->b, condition, frame->label, go_on);
	LLVMPositionBuilderAtEnd(l->b, go_on);
}

static void branch_if(struct lower *l, u32 labelidx)
{
	LLVMValueRef condition = lower_pop(l);

	lower_branch_on(l, LLVMBuildICmp(l->b, LLVMIntNE, condition, lower_i32(l, 0), ""), labelidx);
}

/*
 * Null of either kind, in two branches. The checker follows what a branch says of a
 * reference, but not a sum of both conditions; so LLVM must not see that it could
 * make one branch of the two.
 */
static LLVMValueRef same_reference(struct lower *l, LLVMValueRef ref)
{
	LLVMTypeRef type = LLVMFunctionType(l->i64, &l->i64, 1, 0);
	LLVMValueRef nothing = LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 1, 0,
						LLVMInlineAsmDialectATT, 0);

	return LLVMBuildCall2(l->b, type, nothing, &ref, 1, "");
}

static void branch_on_null(struct lower *l, u32 labelidx)
{
	LLVMValueRef ref = lower_pop(l);

	if (LLVMTypeOf(ref) == l->i64) {
		lower_branch_on(l, lower_is_null_func(l, ref), labelidx);
		lower_branch_on(l, lower_is_zero(l, same_reference(l, ref)), labelidx);
	} else {
		lower_branch_on(l, lower_is_zero(l, ref), labelidx);
	}
	lower_push(l, ref);
}

/* here the label takes the reference as well */
static void branch_on_non_null(struct lower *l, u32 labelidx)
{
	LLVMValueRef ref = l->stack[l->stack_nr - 1];
	LLVMBasicBlockRef null, other;

	if (LLVMTypeOf(ref) != l->i64) {
		lower_branch_on(l, LLVMBuildNot(l->b, lower_is_zero(l, ref), ""), labelidx);
		lower_pop(l);
		return;
	}
	null = lower_block(l, "null");
	other = lower_block(l, "");
	LLVMBuildCondBr(l->b, lower_is_null_func(l, ref), null, other);
	LLVMPositionBuilderAtEnd(l->b, other);
	lower_branch_on(l, LLVMBuildNot(l->b, lower_is_zero(l, same_reference(l, ref)), ""), labelidx);
	LLVMBuildBr(l->b, null);
	LLVMPositionBuilderAtEnd(l->b, null);
	lower_pop(l);
}

static void branch_table(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef index = lower_pop(l);
	struct lower_frame *frame = frame_of_label(l, in->labelidx);
	LLVMValueRef sw = LLVMBuildSwitch(l->b, index, frame->label, in->nr_labels);
	u32 i;

	/* a phi wants one operand for each edge, also for equal ones */
	add_incoming(l, frame->label_phis, frame->nr_label);
	for (i = 0; i < in->nr_labels; i++) {
		frame = frame_of_label(l, in->labels[i]);
		LLVMAddCase(sw, lower_i32(l, i), frame->label);
		add_incoming(l, frame->label_phis, frame->nr_label);
	}
	l->unreachable = true;
}

static void select_value(struct lower *l)
{
	LLVMValueRef condition = lower_pop(l);
	LLVMValueRef b = lower_pop(l);
	LLVMValueRef a = lower_pop(l);

	condition = LLVMBuildICmp(l->b, LLVMIntNE, condition, lower_i32(l, 0), "");
	lower_push(l, LLVMBuildSelect(l->b, condition, a, b, ""));
}

bool lower_skip_unreachable(struct lower *l, const struct wasm_instr *in)
{
	if (!l->unreachable)
		return false;
	switch (in->op) {
	case WASM_OP_BLOCK:
	case WASM_OP_LOOP:
	case WASM_OP_IF:
	case WASM_OP_TRY:
	case WASM_OP_TRY_TABLE:
		l->dead++;
		return true;
	case WASM_OP_ELSE:
	case WASM_OP_CATCH:
	case WASM_OP_CATCH_ALL:
		return l->dead;
	case WASM_OP_END:
	case WASM_OP_DELEGATE:
		if (!l->dead)
			return false;
		l->dead--;
		return true;
	default:
		return true;
	}
}

void lower_control(struct lower *l, const struct wasm_instr *in)
{
	switch (in->op) {
	case WASM_OP_NOP:
		break;
	case WASM_OP_UNREACHABLE:
		lower_trap(l, KWASM_TRAP_unreachable);
		l->unreachable = true;
		break;
	case WASM_OP_BLOCK:
	case WASM_OP_LOOP:
	case WASM_OP_IF:
		lower_begin_block(l, in);
		break;
	case WASM_OP_ELSE:
		begin_else(l, &l->frames[l->frames_nr - 1]);
		break;
	case WASM_OP_END:
		lower_end_block(l);
		break;
	case WASM_OP_BR:
		lower_branch(l, in->labelidx);
		break;
	case WASM_OP_BR_IF:
		branch_if(l, in->labelidx);
		break;
	case WASM_OP_BR_ON_NULL:
		branch_on_null(l, in->labelidx);
		break;
	case WASM_OP_BR_ON_NON_NULL:
		branch_on_non_null(l, in->labelidx);
		break;
	case WASM_OP_BR_TABLE:
		branch_table(l, in);
		break;
	case WASM_OP_RETURN:
		lower_branch(l, l->frames_nr - 1);
		break;
	case WASM_OP_DROP:
		lower_pop(l);
		break;
	case WASM_OP_SELECT:
	case WASM_OP_SELECT_T:
		select_value(l);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}
