// SPDX-License-Identifier: GPL-2.0
/*
 * lower_call.c - calls: guest to guest, to the host, and from outside
 *
 * "Execution, Instructions, Control". The conventions are kwasm_abi.h's. No plain
 * call is ever marked for LLVM's own tail call or loop conversion: endless recursion
 * has to end in an exhausted stack, not in an endless loop. And return_call is
 * always a jump within an instance, endlessly if need be.
 */
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "lower.h"

/* an indirect call in a loop, or outside of any, becomes direct ones of so many functions, in so many elements of a table */
enum { MAX_FUNCS_IN_LOOP = 12, MAX_FUNCS = 3, MAX_TARGETS = 16 };

static LLVMTypeRef result_type(struct lower *l, const struct wasm_functype *type)
{
	LLVMTypeRef both[ABI_MAX_REG_RESULTS];

	if (type->nr_results == 0 || type->nr_results > ABI_MAX_REG_RESULTS)
		return l->voidty;
	both[0] = lower_valtype(l, type->results[0]);
	if (type->nr_results == 1)
		return both[0];
	both[1] = lower_valtype(l, type->results[1]);
	return LLVMStructTypeInContext(l->llvm, both, 2, 0);
}

/*
 * Where parameters are. LLVM gives them registers by their order, integers and
 * floats apart, so which those are depends on the parameters alone.
 *
 * A tail call has to be of the caller's own LLVM type. In a module with tail calls
 * therefore every function has parameters for all the registers, of which those
 * that its wasm type has no use for are undefined and cost nothing. The machine code
 * of a call is the same either way: such functions and others can call each other.
 */
enum { MAX_ARGS = 1 + ABI_MAX_INT_PARAMS + ABI_MAX_VEC_PARAMS };

struct param_cursor {
	u32 nr_ints, nr_vecs, nr;
};

#define IN_CELL	(~0u)

/* index among the LLVM function's parameters of the next wasm parameter, or IN_CELL */
static u32 next_param(struct lower *l, struct param_cursor *cursor, wasm_valtype_t type)
{
	bool vec = wasm_valtype_is_float(type) || wasm_valtype_is_vec(type);
	u32 *nr = vec ? &cursor->nr_vecs : &cursor->nr_ints;

	if (*nr == (vec ? ABI_MAX_VEC_PARAMS : ABI_MAX_INT_PARAMS))
		return IN_CELL;
	(*nr)++;
	cursor->nr++;
	if (!l->uniform)
		return cursor->nr;
	return vec ? ABI_MAX_INT_PARAMS + *nr : *nr;
}

static u32 uniform_params(struct lower *l, LLVMTypeRef *params)
{
	u32 i, nr = 1;

	for (i = 0; i < ABI_MAX_INT_PARAMS; i++)
		params[nr++] = l->i64;
	for (i = 0; l->m->uses_float && i < ABI_MAX_VEC_PARAMS; i++)
		params[nr++] = l->v128;
	return nr;
}

LLVMTypeRef lower_functype(struct lower *l, const struct wasm_functype *type)
{
	struct param_cursor cursor = { 0 };
	LLVMTypeRef params[MAX_ARGS];
	u32 i, at, nr = 1;

	params[0] = l->ptr;
	if (l->uniform) {
		nr = uniform_params(l, params);
	} else {
		for (i = 0; i < type->nr_params; i++) {
			at = next_param(l, &cursor, type->params[i]);
			if (at != IN_CELL)
				params[nr++] = lower_valtype(l, type->params[i]);
		}
	}
	return LLVMFunctionType(result_type(l, type), params, nr, 0);
}

/* a value as the parameter @param wants it, and back: the same bits in the same register */
static LLVMValueRef to_param(struct lower *l, LLVMValueRef v, LLVMTypeRef param)
{
	LLVMTypeRef type = LLVMTypeOf(v), vec;

	if (type == param)
		return v;
	if (param == l->i64)
		return LLVMBuildZExt(l->b, v, l->i64, "");
	vec = LLVMVectorType(type, type == l->f32 ? 4 : 2);
	v = LLVMBuildInsertElement(l->b, LLVMGetUndef(vec), v, lower_i32(l, 0), "");
	return LLVMBuildBitCast(l->b, v, l->v128, "");
}

static LLVMValueRef from_param(struct lower *l, LLVMValueRef v, LLVMTypeRef type)
{
	LLVMTypeRef param = LLVMTypeOf(v), vec;

	if (type == param)
		return v;
	if (param == l->i64)
		return LLVMBuildTrunc(l->b, v, type, "");
	vec = LLVMVectorType(type, type == l->f32 ? 4 : 2);
	return LLVMBuildExtractElement(l->b, LLVMBuildBitCast(l->b, v, vec, ""), lower_i32(l, 0), "");
}

/* cell @i of the value buffer */
static LLVMValueRef value_cell(struct lower *l, u32 i)
{
	return lower_offset(l, lower_slot(l, KWASM_CTX_VALUES), (s64)i * sizeof(union kwasm_value));
}

void lower_parameters(struct lower *l, const struct wasm_functype *type, LLVMValueRef *values)
{
	struct param_cursor cursor = { 0 };
	LLVMTypeRef valtype;
	u32 i, at;

	for (i = 0; i < type->nr_params; i++) {
		valtype = lower_valtype(l, type->params[i]);
		at = next_param(l, &cursor, type->params[i]);
		if (at == IN_CELL)
			values[i] = lower_load(l, valtype, value_cell(l, i), LOWER_ALIAS_VALUES);
		else
			values[i] = from_param(l, LLVMGetParam(l->func, at), valtype);
	}
}

void lower_store_values(struct lower *l, LLVMValueRef *values, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		lower_store(l, values[i], value_cell(l, i), LOWER_ALIAS_VALUES);
}

void lower_push_values(struct lower *l, const wasm_valtype_t *types, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		lower_push(l, lower_is_null_type(types[i]) ? l->null_func :
			   lower_load(l, lower_valtype(l, types[i]), value_cell(l, i),
				      LOWER_ALIAS_VALUES));
}

void lower_return_values(struct lower *l)
{
	u32 nr = l->functype->nr_results;
	LLVMValueRef *results = &l->stack[l->stack_nr - nr];

	if (nr == 0) {
		LLVMBuildRetVoid(l->b);
	} else if (nr == 1) {
		LLVMBuildRet(l->b, results[0]);
	} else if (nr <= ABI_MAX_REG_RESULTS) {
		LLVMBuildAggregateRet(l->b, results, nr);
	} else {
		lower_store_values(l, results, nr);
		LLVMBuildRetVoid(l->b);
	}
	l->stack_nr -= nr;
}

static void push_results(struct lower *l, const struct wasm_functype *type, LLVMValueRef call)
{
	u32 i;

	if (type->nr_results == 1) {
		lower_push(l, lower_is_null_type(type->results[0]) ? l->null_func : call);
		return;
	}
	if (type->nr_results > ABI_MAX_REG_RESULTS) {
		lower_push_values(l, type->results, type->nr_results);
		return;
	}
	for (i = 0; i < type->nr_results; i++)
		lower_push(l, lower_is_null_type(type->results[i]) ? l->null_func :
			   LLVMBuildExtractValue(l->b, call, i, ""));
}

/* the arguments on top of the stack, which stay there, as LLVM has them; those in cells are stored */
static u32 make_args(struct lower *l, const struct wasm_functype *type, LLVMValueRef ctx,
		     LLVMValueRef *args)
{
	LLVMValueRef *values = &l->stack[l->stack_nr - type->nr_params];
	struct param_cursor cursor = { 0 };
	LLVMTypeRef params[MAX_ARGS];
	u32 i, at, nr = 1;

	args[0] = ctx;
	if (l->uniform) {
		nr = uniform_params(l, params);
		for (i = 1; i < nr; i++)
			args[i] = LLVMGetUndef(params[i]);
	}
	for (i = 0; i < type->nr_params; i++) {
		at = next_param(l, &cursor, type->params[i]);
		if (at == IN_CELL)
			lower_store(l, values[i], value_cell(l, i), LOWER_ALIAS_VALUES);
		else
			args[at] = l->uniform ? to_param(l, values[i], params[at]) : values[i];
	}
	return l->uniform ? nr : cursor.nr + 1;
}

static LLVMValueRef build_call(struct lower *l, const struct wasm_functype *type, LLVMValueRef code,
			       LLVMValueRef ctx, LLVMTailCallKind kind)
{
	LLVMValueRef args[MAX_ARGS], call;
	u32 nr = make_args(l, type, ctx, args);

	call = LLVMBuildCall2(l->b, lower_functype(l, type), code, args, nr, "");
	LLVMAddCallSiteAttribute(call, 1, l->swiftself);
	/* what is called stays what the checker saw loaded, and its type compared, on one way alone */
	if (!LLVMIsAFunction(code))
		LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, l->nomerge);
	LLVMSetTailCallKind(call, kind);
	if (kind == LLVMTailCallKindNoTail)
		l->has_calls = true;
	return call;
}

static void call_code(struct lower *l, const struct wasm_functype *type, LLVMValueRef code,
		      LLVMValueRef ctx, bool may_throw)
{
	LLVMValueRef call = build_call(l, type, code, ctx, LLVMTailCallKindNoTail);

	l->stack_nr -= type->nr_params;
	if (may_throw)
		lower_check_exception(l);
	push_results(l, type, call);
}

/* the callee's results are the caller's: they are where they belong */
static void return_call(struct lower *l, const struct wasm_functype *type, LLVMValueRef code,
			LLVMValueRef ctx, LLVMTailCallKind kind)
{
	LLVMValueRef call = build_call(l, type, code, ctx, kind);

	if (LLVMTypeOf(call) == l->voidty)
		LLVMBuildRetVoid(l->b);
	else
		LLVMBuildRet(l->b, call);
}

/* a jump where the callee is of this instance; else R13 has to be restored behind a call */
static void return_call_any(struct lower *l, const struct wasm_functype *type, LLVMValueRef code,
			    LLVMValueRef ctx)
{
	LLVMBasicBlockRef own = lower_block(l, "own"), foreign = lower_block(l, "foreign");

	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, ctx, l->ctx, ""), own, foreign);
	LLVMPositionBuilderAtEnd(l->b, own);
	return_call(l, type, code, l->ctx, LLVMTailCallKindMustTail);
	LLVMPositionBuilderAtEnd(l->b, foreign);
	return_call(l, type, code, ctx, LLVMTailCallKindNoTail);
}

/* call what a struct kwasm_func says */
static void call_kwasm_func(struct lower *l, const struct wasm_functype *type, LLVMValueRef func,
			    bool tail)
{
	LLVMValueRef code, ctx;

	code = lower_load_fixed(l, l->ptr, lower_offset(l, func, offsetof(struct kwasm_func, code)));
	ctx = lower_load_fixed(l, l->ptr, lower_offset(l, func, offsetof(struct kwasm_func, ctx)));
	if (tail)
		return_call_any(l, type, code, ctx);
	else
		call_code(l, type, code, ctx, l->opt->throwing->may[l->m->nr_funcs]);
}

static void call_func(struct lower *l, u32 funcidx, bool tail)
{
	const struct wasm_functype *type = wasm_func_type(l->m, funcidx);
	LLVMValueRef func = lower_func(l, funcidx);

	if (!func)
		call_kwasm_func(l, type, lower_slot(l, l->abi->funcs[funcidx]), tail);
	else if (tail)
		return_call(l, type, func, l->ctx, LLVMTailCallKindMustTail);
	else
		call_code(l, type, func, l->ctx, l->opt->throwing->may[funcidx]);
}

void lower_call_func(struct lower *l, u32 funcidx)
{
	call_func(l, funcidx, false);
}

/*
 * The reference, as one of that type. Null's type id matches nothing, so it needs no check of its own on the way
 * through; which trap it is gets found out off that way.
 */
static LLVMValueRef check_func_type(struct lower *l, LLVMValueRef func, u32 typeidx)
{
	LLVMBasicBlockRef bad = lower_block(l, "trap"), good = lower_block(l, ""), here;
	LLVMValueRef found, wanted, is_null, br, ref, cast;

	found = lower_load_fixed(l, l->i32, lower_offset(l, func, offsetof(struct kwasm_func, type)));
	wanted = lower_load_fixed(l, l->i32,
				  lower_offset(l, l->type_ids, (s64)l->m->types[typeidx].canon * 4));
	here = LLVMGetInsertBlock(l->b);
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntNE, found, wanted, ""), bad, good);
	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
	LLVMPositionBuilderAtEnd(l->b, bad);
	ref = LLVMBuildPtrToInt(l->b, func, l->i64, "");
	if (!l->m->types[typeidx].final) {
		/* a subtype will do */
		LLVMBasicBlockRef sub = lower_block(l, "sub"), phi_from;

		bad = lower_block(l, "trap");
		cast = lower_helper(l, LOWER_HELPER_kwasm_func_cast,
				    (LLVMValueRef[]){ ref, lower_i32(l, typeidx) });
		LLVMBuildCondBr(l->b, lower_is_null_func(l, cast), bad, sub);
		LLVMPositionBuilderAtEnd(l->b, sub);
		cast = LLVMBuildIntToPtr(l->b, cast, l->ptr, "");
		phi_from = LLVMGetInsertBlock(l->b);
		LLVMBuildBr(l->b, good);
		LLVMPositionBuilderAtEnd(l->b, good);
		found = LLVMBuildPhi(l->b, l->ptr, "");
		LLVMAddIncoming(found, &func, &here, 1);
		LLVMAddIncoming(found, &cast, &phi_from, 1);
		func = found;
		LLVMPositionBuilderAtEnd(l->b, bad);
	}
	is_null = LLVMBuildICmp(l->b, LLVMIntEQ, ref, l->null_func, "");
	lower_trap_if(l, is_null, KWASM_TRAP_uninitialized_element);
	lower_trap(l, KWASM_TRAP_indirect_call_type);
	LLVMPositionBuilderAtEnd(l->b, good);
	return func;
}

/* of whatever type the element is */
static void call_element(struct lower *l, const struct wasm_instr *in, LLVMValueRef index, bool tail)
{
	LLVMValueRef table = lower_slot(l, l->abi->tables[in->tableidx]);
	LLVMValueRef func;

	if (LLVMTypeOf(index) != l->i64)
		index = LLVMBuildZExt(l->b, index, l->i64, "");
	func = lower_table_element(l, table, index, l->ptr);
	func = check_func_type(l, func, in->typeidx);
	call_kwasm_func(l, &l->m->types[in->typeidx].func, func, tail);
}

/*
 * The index, but at most @max; i64. In assembly, so that LLVM does not leave out what it knows from
 * elsewhere and the checker does not; and without a branch, which may be foreseen wrongly.
 */
static LLVMValueRef at_most(struct lower *l, LLVMValueRef index, u32 max)
{
	static const char constraints[] = "=&r,r,~{dirflag},~{fpsr},~{flags}";
	LLVMTypeRef from = LLVMTypeOf(index), type = LLVMFunctionType(l->i64, &from, 1, 0);
	const char *form = from == l->i64 ? "cmpq $0, $1\n\tcmovbq $1, $0" :
			   "cmpl ${0:k}, $1\n\tcmovbl $1, ${0:k}";
	char *text = xasprintf("movl $$%u, ${0:k}\n\t%s", max, form);
	LLVMValueRef clamp = LLVMGetInlineAsm(type, text, strlen(text), constraints,
					      strlen(constraints), 0, 0, LLVMInlineAsmDialectATT, 0);

	free(text);
	return LLVMBuildCall2(l->b, type, clamp, &index, 1, "");
}

/*
 * Through a table that stays as it is: what is called is looked up by type and index, traps for
 * all that must not be called included. Never in a tail call: a trap is found by its return address.
 */
static bool call_known_table(struct lower *l, const struct wasm_instr *in, LLVMValueRef index)
{
	const struct abi_calls *calls = l->opt->tables->calls, *end = calls + l->opt->tables->nr_calls;
	const struct wasm_functype *type = &l->m->types[in->typeidx].func;
	LLVMValueRef code;

	/* what LLVM made of it was beyond the checker */
	if (l->opt->opaque_index && l->opt->opaque_index[l->funcidx])
		return false;
	while (calls != end && (calls->tableidx != in->tableidx ||
				calls->typeidx != l->m->types[in->typeidx].canon))
		calls++;
	if (calls == end)
		return false;
	index = at_most(l, index, calls->nr);
	code = lower_offset(l, l->calls, (s64)calls->at * sizeof(u64));
	code = LLVMBuildGEP2(l->b, l->ptr, code, &index, 1, "");
	code = lower_load_fixed(l, l->ptr, code);
	call_code(l, type, code, l->ctx, l->opt->throwing->may[l->m->nr_funcs]);
	return true;
}

/* functions that a call may turn out to be of */
struct targets {
	u32 elems[MAX_TARGETS], funcs[MAX_TARGETS];
	u32 nr, nr_funcs;
};

static bool in_loop(const struct lower *l)
{
	size_t i;

	for (i = 0; i < l->frames_nr; i++)
		if (l->frames[i].op == WASM_OP_LOOP)
			return true;
	return false;
}

/*
 * What a call of that type can get to in a table that is known; false if that is too much.
 * Other functions, of a subtype or bound at load time, are called as if nothing was known.
 */
static bool find_targets(struct lower *l, const struct wasm_instr *in, struct targets *targets)
{
	const struct lower_known_table *table = &l->opt->tables->tables[in->tableidx];
	const struct wasm_module *m = l->m;
	u32 i, j, func, max = in_loop(l) ? MAX_FUNCS_IN_LOOP : MAX_FUNCS;

	targets->nr = 0;
	targets->nr_funcs = 0;
	for (i = 0; table->funcs && i < table->nr; i++) {
		func = table->funcs[i];
		if (func == WASM_NO_INDEX || func < m->nr_imported_funcs ||
		    m->types[m->funcs[func].typeidx].canon != m->types[in->typeidx].canon)
			continue;
		for (j = 0; j < targets->nr && targets->funcs[j] != func; j++)
			;
		targets->nr_funcs += j == targets->nr;
		if (targets->nr == MAX_TARGETS || targets->nr_funcs > max)
			return false;
		targets->elems[targets->nr] = i;
		targets->funcs[targets->nr++] = func;
	}
	return targets->nr;
}

/* the results on top of the stack, where the ways meet at @joined */
static void add_results(struct lower *l, LLVMBasicBlockRef joined, LLVMValueRef *phis, u32 nr)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(l->b);
	u32 i;

	for (i = 0; i < nr; i++)
		LLVMAddIncoming(phis[i], &l->stack[l->stack_nr - nr + i], &here, 1);
	LLVMBuildBr(l->b, joined);
}

/*
 * A call of one of few functions: direct calls, chosen by the index. That needs no load, can be
 * inlined, and costs no retpoline. Everything else, traps included, goes the general way.
 */
static void call_one_of(struct lower *l, const struct wasm_instr *in, LLVMValueRef index,
			const struct targets *targets)
{
	const struct wasm_functype *type = &l->m->types[in->typeidx].func;
	u32 i, j, nr_params = type->nr_params, nr_results = type->nr_results;
	LLVMValueRef *params = xcalloc(nr_params + 1, sizeof(*params));
	LLVMValueRef *phis = xcalloc(nr_results + 1, sizeof(*phis)), sw;
	LLVMBasicBlockRef other = lower_block(l, "other"), joined = lower_block(l, ""), way;
	size_t height = l->stack_nr - nr_params;

	for (i = 0; i < nr_params; i++)
		params[i] = l->stack[height + i];
	sw = LLVMBuildSwitch(l->b, index, other, targets->nr);
	LLVMPositionBuilderAtEnd(l->b, joined);
	for (i = 0; i < nr_results; i++)
		phis[i] = LLVMBuildPhi(l->b, lower_valtype(l, type->results[i]), "");
	for (i = 0; i <= targets->nr; i++) {
		for (j = 0; j < i && i < targets->nr && targets->funcs[j] != targets->funcs[i]; j++)
			;
		if (j < i && i < targets->nr)
			continue;	/* a function that is there twice */
		way = i < targets->nr ? lower_block(l, "direct") : other;
		for (j = i; j < targets->nr; j++)
			if (targets->funcs[j] == targets->funcs[i])
				LLVMAddCase(sw, LLVMConstInt(LLVMTypeOf(index), targets->elems[j], 0), way);
		LLVMPositionBuilderAtEnd(l->b, way);
		l->stack_nr = height;
		for (j = 0; j < nr_params; j++)
			lower_push(l, params[j]);
		if (i < targets->nr)
			call_func(l, targets->funcs[i], false);
		else if (!call_known_table(l, in, index))
			call_element(l, in, index, false);
		add_results(l, joined, phis, nr_results);
	}
	LLVMPositionBuilderAtEnd(l->b, joined);
	l->stack_nr = height;
	for (i = 0; i < nr_results; i++)
		lower_push(l, phis[i]);
	free(params);
	free(phis);
}

static void call_indirect(struct lower *l, const struct wasm_instr *in, bool tail)
{
	LLVMValueRef index = lower_pop(l);
	struct targets targets;

	if (!tail && find_targets(l, in, &targets))
		call_one_of(l, in, index, &targets);
	else if (tail || !call_known_table(l, in, index))
		call_element(l, in, index, tail);
}

/*
 * The type is known, but that there is a function is always checked: an instance
 * that ends takes its functions out of others' tables and globals, whatever
 * those say of null.
 */
static void call_ref(struct lower *l, const struct wasm_instr *in, bool tail)
{
	LLVMValueRef ref = lower_pop(l);

	lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntEQ, ref, l->null_func, ""),
		      KWASM_TRAP_null_function);
	call_kwasm_func(l, &l->m->types[in->typeidx].func, LLVMBuildIntToPtr(l->b, ref, l->ptr, ""),
			tail);
}

void lower_call(struct lower *l, const struct wasm_instr *in)
{
	bool tail = true;

	switch (in->op) {
	case WASM_OP_CALL:
		tail = false;
		/* fall through */
	case WASM_OP_RETURN_CALL:
		call_func(l, in->funcidx, tail);
		break;
	case WASM_OP_CALL_INDIRECT:
		tail = false;
		/* fall through */
	case WASM_OP_RETURN_CALL_INDIRECT:
		call_indirect(l, in, tail);
		break;
	case WASM_OP_CALL_REF:
		tail = false;
		/* fall through */
	case WASM_OP_RETURN_CALL_REF:
		call_ref(l, in, tail);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
	l->unreachable = tail;
}

static LLVMTypeRef letter_type(struct lower *l, char letter)
{
	return letter == 'i' ? l->i32 : letter == 'I' ? l->i64 : l->voidty;
}

/* a symbol of the runtime, declared once */
static LLVMValueRef runtime_symbol(struct lower *l, const char *name)
{
	LLVMValueRef symbol = LLVMGetNamedGlobal(l->mod, name);

	if (!symbol) {
		symbol = LLVMAddGlobal(l->mod, l->i8, name);
		/* defined in the kernel's lowest or highest 2 GiB, like the module itself */
		LLVMSetVisibility(symbol, LLVMHiddenVisibility);
		LLVMSetGlobalConstant(symbol, 1);
	}
	return symbol;
}

LLVMValueRef lower_host_call(struct lower *l, const char *symbol, char result,
			     LLVMValueRef *args, u32 nr_args)
{
	LLVMTypeRef types[3 + ABI_MAX_HOST_PARAMS], type;
	LLVMValueRef values[3 + ABI_MAX_HOST_PARAMS], call;
	u32 i, n = 0;

	types[n] = l->ptr;
	values[n++] = runtime_symbol(l, symbol);
	types[n] = l->ptr;
	values[n++] = l->ctx;
	types[n] = l->ptr;
	values[n++] = l->ctx;
	for (i = 0; i < nr_args; i++) {
		if (nr_args > ABI_MAX_HOST_PARAMS) {
			lower_store(l, args[i], value_cell(l, i), LOWER_ALIAS_VALUES);
			continue;
		}
		types[n] = LLVMTypeOf(args[i]);
		values[n++] = args[i];
	}
	type = LLVMFunctionType(letter_type(l, result), types, n, 0);
	call = LLVMBuildCall2(l->b, type, runtime_symbol(l, "kwasm_host_call"), values, n, "");
	LLVMAddCallSiteAttribute(call, 1, l->nest);
	LLVMAddCallSiteAttribute(call, 2, l->swiftself);
	/* indices stay the constants that the checker wants to see */
	LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, l->nomerge);
	LLVMSetTailCallKind(call, LLVMTailCallKindNoTail);
	return result == 'v' ? NULL : call;
}

LLVMValueRef lower_helper(struct lower *l, enum lower_helper helper, LLVMValueRef *args)
{
	static const struct {
		const char *symbol, *result, *params;
	} helpers[] = {
#define H(name, result, params) { #name, result, params },
		KWASM_HELPERS(H)
#undef H
	};

	return lower_host_call(l, helpers[helper].symbol, helpers[helper].result[0], args,
			       strlen(helpers[helper].params));
}

void lower_host_shim(struct lower *l, u32 funcidx, const struct abi_host_func *host)
{
	const struct wasm_functype *type = wasm_func_type(l->m, funcidx);
	LLVMValueRef *args = xcalloc(type->nr_params + 1, sizeof(*args)), result;

	lower_parameters(l, type, args);
	result = lower_host_call(l, host->symbol, host->result[0], args, type->nr_params);
	if (result)
		LLVMBuildRet(l->b, result);
	else
		LLVMBuildRetVoid(l->b);
	free(args);
}

void lower_invoker(struct lower *l, LLVMValueRef func, const struct wasm_functype *type)
{
	u32 i, nr = type->nr_results;

	lower_push_values(l, type->params, type->nr_params);
	call_code(l, type, LLVMGetParam(func, 0), l->ctx, l->opt->throwing->exports);
	/* more results than registers are where they belong already */
	for (i = 0; i < nr && nr <= ABI_MAX_REG_RESULTS; i++)
		lower_store(l, l->stack[l->stack_nr - nr + i], value_cell(l, i), LOWER_ALIAS_VALUES);
	l->stack_nr -= nr;
	LLVMBuildRetVoid(l->b);
}
