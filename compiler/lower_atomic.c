// SPDX-License-Identifier: GPL-2.0
/*
 * lower_atomic.c - atomic accesses, wait, notify, fence
 *
 * The threads proposal. All are sequentially consistent, as is the processor's own
 * idea of them. An address that is not a multiple of the size traps before
 * anything else: the processor could do it, but an access across two cache lines
 * stops the whole machine, and kernels forbid it.
 */
#include "diag.h"
#include "lower.h"

/* loads, stores and each read-modify-write come in the same seven forms, in this order */
enum { NR_FORMS = 7 };

struct form {
	bool is_i64;
	u32 size;	/* of the access, bytes */
};

static const struct form forms[NR_FORMS] = {
	{ false, 4 }, { true, 8 }, { false, 1 }, { false, 2 }, { true, 1 }, { true, 2 }, { true, 4 },
};

static LLVMTypeRef access_type(struct lower *l, const struct form *form)
{
	return form->size == 1 ? l->i8 : form->size == 2 ? l->i16 : form->size == 4 ? l->i32 : l->i64;
}

/* looks at the address on top of the stack, and leaves it there */
static void check_alignment(struct lower *l, const struct wasm_instr *in, u32 size)
{
	LLVMValueRef index = l->stack[l->stack_nr - 1];
	LLVMTypeRef type = LLVMTypeOf(index);
	LLVMValueRef low;

	if (size == 1)
		return;
	low = LLVMBuildAdd(l->b, index, LLVMConstInt(type, in->memarg.offset % size, 0), "");
	low = LLVMBuildAnd(l->b, low, LLVMConstInt(type, size - 1, 0), "");
	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntNE, low, LLVMConstInt(type, 0, 0), ""),
		      KWASM_TRAP_unaligned_atomic);
}

static LLVMValueRef address(struct lower *l, const struct wasm_instr *in, u32 size)
{
	check_alignment(l, in, size);
	return lower_memory_address(l, in, size);
}

static void finish(struct lower *l, LLVMValueRef instr)
{
	LLVMSetMetadata(instr, l->kind_tbaa, l->alias[LOWER_ALIAS_MEMORY]);
	/* it may trap, so it stays where it is and happens once */
	LLVMSetVolatile(instr, 1);
}

static void push_extended(struct lower *l, const struct form *form, LLVMValueRef v)
{
	LLVMTypeRef type = form->is_i64 ? l->i64 : l->i32;

	lower_push(l, LLVMTypeOf(v) == type ? v : LLVMBuildZExt(l->b, v, type, ""));
}

static LLVMValueRef pop_wrapped(struct lower *l, const struct form *form)
{
	LLVMTypeRef type = access_type(l, form);
	LLVMValueRef v = lower_pop(l);

	return LLVMTypeOf(v) == type ? v : LLVMBuildTrunc(l->b, v, type, "");
}

static void load(struct lower *l, const struct wasm_instr *in, const struct form *form)
{
	LLVMValueRef v = LLVMBuildLoad2(l->b, access_type(l, form), address(l, in, form->size), "");

	LLVMSetOrdering(v, LLVMAtomicOrderingSequentiallyConsistent);
	LLVMSetAlignment(v, form->size);
	finish(l, v);
	push_extended(l, form, v);
}

static void store(struct lower *l, const struct wasm_instr *in, const struct form *form)
{
	LLVMValueRef v = pop_wrapped(l, form);
	LLVMValueRef s = LLVMBuildStore(l->b, v, address(l, in, form->size));

	LLVMSetOrdering(s, LLVMAtomicOrderingSequentiallyConsistent);
	LLVMSetAlignment(s, form->size);
	finish(l, s);
}

/*
 * Where LLVM sees that a single bit is changed and looked at it makes LOCK BTS of it, with the
 * bit's number in a register: an address that the checker cannot follow.
 */
static LLVMValueRef hide_bit(struct lower *l, LLVMValueRef v)
{
	LLVMTypeRef from = LLVMTypeOf(v), type;
	LLVMValueRef nothing;

	if (LLVMIsConstant(v))	/* then the bit's number is part of the instruction */
		return v;
	type = LLVMFunctionType(from, &from, 1, 0);
	nothing = LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
	return LLVMBuildCall2(l->b, type, nothing, &v, 1, "");
}

static void modify(struct lower *l, const struct wasm_instr *in, const struct form *form,
		   LLVMAtomicRMWBinOp op)
{
	LLVMValueRef operand = pop_wrapped(l, form), old;

	if (op == LLVMAtomicRMWBinOpAnd || op == LLVMAtomicRMWBinOpOr || op == LLVMAtomicRMWBinOpXor)
		operand = hide_bit(l, operand);
	old = LLVMBuildAtomicRMW(l->b, op, address(l, in, form->size), operand,
				 LLVMAtomicOrderingSequentiallyConsistent, 0);
	LLVMSetAlignment(old, form->size);
	finish(l, old);
	push_extended(l, form, old);
}

static void compare_exchange(struct lower *l, const struct wasm_instr *in, const struct form *form)
{
	LLVMValueRef replacement = pop_wrapped(l, form), expected = pop_wrapped(l, form);
	LLVMValueRef result = LLVMBuildAtomicCmpXchg(l->b, address(l, in, form->size), expected,
		replacement, LLVMAtomicOrderingSequentiallyConsistent,
		LLVMAtomicOrderingSequentiallyConsistent, 0);

	LLVMSetAlignment(result, form->size);
	finish(l, result);
	push_extended(l, form, LLVMBuildExtractValue(l->b, result, 0, ""));
}

/* index and offset, not beyond what 64 bits can count; the runtime compares it with the size */
static LLVMValueRef effective_address(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef args[] = { lower_pop(l), lower_i64(l, in->memarg.offset) };

	if (LLVMTypeOf(args[0]) != l->i64)
		args[0] = LLVMBuildZExt(l->b, args[0], l->i64, "");
	return lower_intrinsic(l, "llvm.uadd.sat", &l->i64, 1, args, 2);
}

static void notify(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef args[] = { lower_i32(l, in->memidx), NULL, lower_pop(l) };

	check_alignment(l, in, 4);
	args[1] = effective_address(l, in);
	lower_push(l, lower_helper(l, LOWER_HELPER_kwasm_memory_notify, args));
}

static void wait(struct lower *l, const struct wasm_instr *in, u32 size)
{
	LLVMValueRef timeout = lower_pop(l), expected = lower_pop(l);
	LLVMValueRef args[] = {
		lower_i32(l, in->memidx), NULL, NULL, timeout, lower_i32(l, size),
	};

	check_alignment(l, in, size);
	args[1] = effective_address(l, in);
	args[2] = size == 8 ? expected : LLVMBuildZExt(l->b, expected, l->i64, "");
	lower_push(l, lower_helper(l, LOWER_HELPER_kwasm_memory_wait, args));
}

void lower_atomic(struct lower *l, const struct wasm_instr *in)
{
	static const LLVMAtomicRMWBinOp ops[] = {
		LLVMAtomicRMWBinOpAdd, LLVMAtomicRMWBinOpSub, LLVMAtomicRMWBinOpAnd,
		LLVMAtomicRMWBinOpOr, LLVMAtomicRMWBinOpXor, LLVMAtomicRMWBinOpXchg,
	};
	u32 nr;

	switch (in->op) {
	case WASM_OP_MEMORY_ATOMIC_NOTIFY:
		notify(l, in);
		return;
	case WASM_OP_MEMORY_ATOMIC_WAIT32:
		wait(l, in, 4);
		return;
	case WASM_OP_MEMORY_ATOMIC_WAIT64:
		wait(l, in, 8);
		return;
	case WASM_OP_ATOMIC_FENCE:
		LLVMBuildFence(l->b, LLVMAtomicOrderingSequentiallyConsistent, 0, "");
		return;
	}
	if (in->op < WASM_OP_I32_ATOMIC_STORE) {
		load(l, in, &forms[in->op - WASM_OP_I32_ATOMIC_LOAD]);
	} else if (in->op < WASM_OP_I32_ATOMIC_RMW_ADD) {
		store(l, in, &forms[in->op - WASM_OP_I32_ATOMIC_STORE]);
	} else if (in->op < WASM_OP_I32_ATOMIC_RMW_CMPXCHG) {
		nr = in->op - WASM_OP_I32_ATOMIC_RMW_ADD;
		modify(l, in, &forms[nr % NR_FORMS], ops[nr / NR_FORMS]);
	} else {
		compare_exchange(l, in, &forms[in->op - WASM_OP_I32_ATOMIC_RMW_CMPXCHG]);
	}
}
