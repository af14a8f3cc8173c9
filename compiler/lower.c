// SPDX-License-Identifier: GPL-2.0
/*
 * lower.c - the module, its functions, instantiation
 *
 * Begin at lower_module(), at the end. Each function of the module becomes an
 * LLVM function; so do what the runtime needs to enter (an invoker per type that
 * can be called from outside) and to instantiate ("wasm.init"): constant
 * expressions are code like any other, so the kernel interprets nothing.
 */
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "lower.h"

LLVMTypeRef lower_valtype(struct lower *l, wasm_valtype_t type)
{
	switch (type) {
	case WASM_I32:
		return l->i32;
	case WASM_I64:
		return l->i64;
	case WASM_F32:
		return l->f32;
	case WASM_F64:
		return l->f64;
	case WASM_V128:
		return l->v128;
	default:
		return lower_ref_kind(l, type) == LOWER_REF_ANY ? l->i32 : l->i64;
	}
}

void lower_push(struct lower *l, LLVMValueRef v)
{
	array_reserve(l->stack, l->stack_cap, l->stack_nr + 1);
	l->stack[l->stack_nr++] = v;
}

LLVMValueRef lower_pop(struct lower *l)
{
	return l->stack[--l->stack_nr];
}

LLVMBasicBlockRef lower_block(struct lower *l, const char *name)
{
	return LLVMAppendBasicBlockInContext(l->llvm, l->func, name);
}

LLVMValueRef lower_offset(struct lower *l, LLVMValueRef base, s64 offset)
{
	LLVMValueRef index = lower_i64(l, offset);

	return offset ? LLVMBuildGEP2(l->b, l->i8, base, &index, 1, "") : base;
}

/*
 * Globals and the value buffer: LLVM must not make one access of two in different
 * branches, choosing the address first, since the checker has to see what is meant. It
 * leaves atomic accesses apart; unordered ones are plain moves, and are combined
 * with others of the same address as ever.
 */
static void keep_apart(struct lower *l, LLVMValueRef access, LLVMTypeRef type, enum lower_alias alias)
{
	if ((alias != LOWER_ALIAS_CELL && alias != LOWER_ALIAS_VALUES) || type == l->v128)
		return;
	LLVMSetOrdering(access, LLVMAtomicOrderingUnordered);
	LLVMSetAlignment(access, type == l->i32 || type == l->f32 ? 4 : 8);
}

LLVMValueRef lower_load(struct lower *l, LLVMTypeRef type, LLVMValueRef ptr, enum lower_alias alias)
{
	LLVMValueRef v = LLVMBuildLoad2(l->b, type, ptr, "");

	LLVMSetMetadata(v, l->kind_tbaa, l->alias[alias]);
	keep_apart(l, v, type, alias);
	return v;
}

void lower_store(struct lower *l, LLVMValueRef v, LLVMValueRef ptr, enum lower_alias alias)
{
	LLVMValueRef store = LLVMBuildStore(l->b, v, ptr);

	LLVMSetMetadata(store, l->kind_tbaa, l->alias[alias]);
	keep_apart(l, store, LLVMTypeOf(v), alias);
}

LLVMValueRef lower_load_fixed(struct lower *l, LLVMTypeRef type, LLVMValueRef ptr)
{
	LLVMValueRef v = lower_load(l, type, ptr, LOWER_ALIAS_RUNTIME);

	LLVMSetMetadata(v, l->kind_invariant, l->empty_node);
	return v;
}

LLVMValueRef lower_slot(struct lower *l, s32 slot)
{
	return lower_load_fixed(l, l->ptr, lower_offset(l, l->ctx, slot));
}

LLVMValueRef lower_intrinsic(struct lower *l, const char *name, LLVMTypeRef *types, u32 nr_types,
			     LLVMValueRef *args, u32 nr_args)
{
	unsigned int id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef func = LLVMGetIntrinsicDeclaration(l->mod, id, types, nr_types);

	return LLVMBuildCall2(l->b, LLVMGlobalGetValueType(func), func, args, nr_args, "");
}

static LLVMMetadataRef string_node(struct lower *l, const char *s)
{
	return LLVMMDStringInContext2(l->llvm, s, strlen(s));
}

static LLVMMetadataRef const_node(LLVMValueRef v)
{
	return LLVMValueAsMetadata(v);
}

static LLVMMetadataRef node(struct lower *l, LLVMMetadataRef *ops, size_t nr)
{
	return LLVMMDNodeInContext2(l->llvm, ops, nr);
}

/* ---- setting up ---- */

static void create_types(struct lower *l)
{
	u32 i;

	l->i1 = LLVMInt1TypeInContext(l->llvm);
	l->i8 = LLVMInt8TypeInContext(l->llvm);
	l->i16 = LLVMInt16TypeInContext(l->llvm);
	l->i32 = LLVMInt32TypeInContext(l->llvm);
	l->i64 = LLVMInt64TypeInContext(l->llvm);
	l->f32 = LLVMFloatTypeInContext(l->llvm);
	l->f64 = LLVMDoubleTypeInContext(l->llvm);
	l->v128 = LLVMVectorType(l->i64, 2);
	l->ptr = LLVMPointerTypeInContext(l->llvm, 0);
	l->voidty = LLVMVoidTypeInContext(l->llvm);

	l->uniform = l->m->used & WASM_FEATURE_BIT(TAIL_CALL);
	l->types = xcalloc(l->m->nr_types + 1, sizeof(*l->types));
	for (i = 0; i < l->m->nr_types; i++)
		if (l->m->types[i].kind == WASM_COMPTYPE_FUNC)
			l->types[i] = lower_functype(l, &l->m->types[i].func);
}

/* type-based alias analysis: kinds of memory that share nothing */
static void create_alias_kinds(struct lower *l)
{
	static const char * const names[NR_LOWER_ALIAS] = {
		"memory", "cell", "values", "runtime", "object", "window",
	};
	LLVMMetadataRef zero = const_node(lower_i64(l, 0));
	LLVMMetadataRef name = string_node(l, "wasm2ko");
	LLVMMetadataRef root = node(l, &name, 1), type;
	u32 i;

	for (i = 0; i < NR_LOWER_ALIAS; i++) {
		type = node(l, (LLVMMetadataRef[]){ string_node(l, names[i]), root, zero }, 3);
		l->alias[i] = LLVMMetadataAsValue(l->llvm,
			node(l, (LLVMMetadataRef[]){ type, type, zero }, 3));
	}
}

static LLVMAttributeRef attribute(struct lower *l, const char *name)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	return LLVMCreateEnumAttribute(l->llvm, kind, 0);
}

static void create_metadata(struct lower *l)
{
	LLVMMetadataRef name = string_node(l, "rsp");

	l->kind_tbaa = LLVMGetMDKindIDInContext(l->llvm, "tbaa", 4);
	l->kind_invariant = LLVMGetMDKindIDInContext(l->llvm, "invariant.load", 14);
	l->kind_prof = LLVMGetMDKindIDInContext(l->llvm, "prof", 4);
	l->kind_range = LLVMGetMDKindIDInContext(l->llvm, "range", 5);
	l->kind_alias_scope = LLVMGetMDKindIDInContext(l->llvm, "alias.scope", 11);
	l->kind_noalias = LLVMGetMDKindIDInContext(l->llvm, "noalias", 7);
	l->kind_loop = LLVMGetMDKindIDInContext(l->llvm, "llvm.loop", 9);
	l->empty_node = LLVMMetadataAsValue(l->llvm, node(l, NULL, 0));
	l->rsp_node = LLVMMetadataAsValue(l->llvm, node(l, &name, 1));
	l->weights_unlikely = LLVMMetadataAsValue(l->llvm, node(l, (LLVMMetadataRef[]){
		string_node(l, "branch_weights"), const_node(lower_i32(l, 1)),
		const_node(lower_i32(l, 1 << 20)) }, 3));
	create_alias_kinds(l);

	l->swiftself = attribute(l, "swiftself");
	l->nest = attribute(l, "nest");
	l->noreturn = attribute(l, "noreturn");
	l->nomerge = attribute(l, "nomerge");
	l->cold = attribute(l, "cold");
}

static void create_runtime_symbols(struct lower *l)
{
	static const char * const traps[] = {
#define T(nr, name, text) [nr] = "kwasm_trap_" #name,
		KWASM_TRAPS(T)
#undef T
	};
	LLVMTypeRef type = LLVMFunctionType(l->voidty, &l->ptr, 1, 0);
	LLVMValueRef null_func;
	u32 i;

	for (i = 1; i <= KWASM_TRAP_LAST; i++) {
		l->traps[i] = LLVMAddFunction(l->mod, traps[i], type);
		LLVMSetVisibility(l->traps[i], LLVMHiddenVisibility);
		LLVMAddAttributeAtIndex(l->traps[i], 1, l->swiftself);
		LLVMAddAttributeAtIndex(l->traps[i], LLVMAttributeFunctionIndex, l->cold);
		LLVMAddAttributeAtIndex(l->traps[i], LLVMAttributeFunctionIndex, l->noreturn);
	}
	null_func = LLVMAddGlobal(l->mod, l->i8, "kwasm_null_func");
	LLVMSetVisibility(null_func, LLVMHiddenVisibility);
	l->null_func = LLVMConstPtrToInt(null_func, l->i64);

	/* written by the runtime once, before anything runs */
	l->type_ids = LLVMAddGlobal(l->mod, LLVMArrayType2(l->i32, l->m->nr_types + 1), "kwasm_type_ids");
	LLVMSetVisibility(l->type_ids, LLVMHiddenVisibility);
	l->calls = LLVMAddGlobal(l->mod, LLVMArrayType2(l->ptr, lower_nr_calls(l->opt->tables) + 1),
				 "kwasm_calls");
	LLVMSetVisibility(l->calls, LLVMHiddenVisibility);
}

static void set_attribute(struct lower *l, LLVMValueRef func, const char *key, const char *value)
{
	LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex,
		LLVMCreateStringAttribute(l->llvm, key, strlen(key), value, strlen(value)));
}

static LLVMValueRef add_function(struct lower *l, const char *name, LLVMTypeRef type,
				 unsigned int ctx_param)
{
	LLVMValueRef func = LLVMAddFunction(l->mod, name, type);

	LLVMAddAttributeAtIndex(func, ctx_param, l->swiftself);
	LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex, attribute(l, "nounwind"));
	LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex, attribute(l, "noredzone"));
	if (l->opt->return_thunk)
		LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex,
					attribute(l, "fn_ret_thunk_extern"));
	/* one register more, and 3% less time; a frame's size is known wherever it can trap */
	set_attribute(l, func, "frame-pointer", "none");
	set_attribute(l, func, "no-realign-stack", "");
	/* a loop stays a loop: there is no memset to call */
	LLVMAddAttributeAtIndex(func, LLVMAttributeFunctionIndex, LLVMCreateStringAttribute(
		l->llvm, "no-builtins", strlen("no-builtins"), "", 0));
	set_attribute(l, func, "target-cpu", l->opt->cpu);
	set_attribute(l, func, "target-features", l->opt->features);
	/* for any processor: what LLVM thinks good for the levels of x86-64 is so on a few only */
	if (!strncmp(l->opt->cpu, "x86-64", strlen("x86-64")))
		set_attribute(l, func, "tune-cpu", "generic");
	/* retpolines want none; those that the checker follows: backend-x86/switches.c */
	set_attribute(l, func, "no-jump-tables", "true");
	return func;
}

/* the function will have a body, and be in the object */
static void define(LLVMValueRef func, LLVMLinkage linkage)
{
	size_t len;
	const char *name = LLVMGetValueName2(func, &len);
	char section[64];

	/* one of its own, so that one function can be replaced (object_link.c) */
	snprintf(section, sizeof(section), ".text.%s", name);
	LLVMSetSection(func, section);
	LLVMSetLinkage(func, linkage);
}

static bool is_shim(const struct lower *l, u32 funcidx)
{
	return funcidx < l->m->nr_imported_funcs;
}

LLVMValueRef lower_func(struct lower *l, u32 funcidx)
{
	const struct lower_part *part = l->part;
	LLVMValueRef func = l->funcs[funcidx];
	bool here;
	char name[32];

	if (func || (is_shim(l, funcidx) && !abi_import_host_func(l->m, funcidx)))
		return func;
	here = is_shim(l, funcidx) ? part->rest : funcidx >= part->first && funcidx < part->end;
	snprintf(name, sizeof(name), "wasm.%u", funcidx);
	func = l->funcs[funcidx] = add_function(l, name, l->types[l->m->funcs[funcidx].typeidx], 1);
	if (!l->abi->refs[funcidx] && (!here || part->shared[funcidx]))
		LLVMSetVisibility(func, LLVMHiddenVisibility);
	if (l->opt->many_calls && !is_shim(l, funcidx) && part->calls[funcidx] >= l->opt->many_calls)
		set_attribute(l, func, "function-inline-cost-multiplier", "2");
	if (here) {
		/* the runtime finds those that have references in the image */
		define(func, l->abi->refs[funcidx] || part->shared[funcidx] ? LLVMExternalLinkage :
		       LLVMInternalLinkage);
	} else if (part->copied[funcidx]) {
		LLVMSetLinkage(func, LLVMAvailableExternallyLinkage);
		array_reserve(l->copies, l->cap_copies, l->nr_copies + 1);
		l->copies[l->nr_copies++] = funcidx;
	}
	return func;
}

static void module_flag(struct lower *l, const char *name, u32 value)
{
	LLVMAddModuleFlag(l->mod, LLVMModuleFlagBehaviorWarning, name, strlen(name),
			  const_node(lower_i32(l, value)));
}

static void create_debug_unit(struct lower *l)
{
	const char *file = l->m->filename;

	l->dib = LLVMCreateDIBuilder(l->mod);
	l->di_file = LLVMDIBuilderCreateFile(l->dib, file, strlen(file), ".", 1);
	l->di_unit = LLVMDIBuilderCreateCompileUnit(l->dib, LLVMDWARFSourceLanguageC, l->di_file,
		"wasm2ko", 7, 1, "", 0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly, 0, 0, 0, "", 0, "", 0);
	module_flag(l, "Debug Info Version", 3);
	module_flag(l, "Dwarf Version", 4);
	if (l->opt->landing_pads)
		module_flag(l, "cf-protection-branch", 1);
}

/* ---- functions ---- */

static void begin_function(struct lower *l, LLVMValueRef func, unsigned int ctx_param)
{
	l->func = func;
	l->ctx = LLVMGetParam(func, ctx_param);
	l->stack_nr = 0;
	l->frames_nr = 0;
	l->unreachable = false;
	l->dead = 0;
	l->has_calls = false;
	l->outermost = false;
	LLVMPositionBuilderAtEnd(l->b, lower_block(l, "entry"));
}

static void begin_debug(struct lower *l, const char *name, u32 offset)
{
	LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(l->dib, l->di_file, NULL, 0, 0);

	l->di_scope = LLVMDIBuilderCreateFunction(l->dib, l->di_file, name, strlen(name), "", 0,
		l->di_file, offset, type, 1, 1, offset, 0, 1);
	LLVMSetSubprogram(l->func, l->di_scope);
}

static void set_offset(struct lower *l, u32 offset)
{
	LLVMSetCurrentDebugLocation2(l->b, l->di_scope ?
		LLVMDIBuilderCreateDebugLocation(l->llvm, offset, 0, l->di_scope, NULL) : NULL);
}

static void no_offset(struct lower *l)
{
	LLVMSetCurrentDebugLocation2(l->b, NULL);
}

static void end_debug(struct lower *l)
{
	l->di_scope = NULL;
	no_offset(l);
}

/*
 * Can the instruction trap or call? Only these need to know where they come from;
 * locations on all others cost a sixth of the compile time.
 */
static bool wants_offset(u32 op)
{
	switch (op) {
	case WASM_OP_UNREACHABLE:
	case WASM_OP_I32_DIV_S ... WASM_OP_I32_REM_U:
	case WASM_OP_I64_DIV_S ... WASM_OP_I64_REM_U:
	case WASM_OP_I32_TRUNC_F32_S ... WASM_OP_I32_TRUNC_F64_U:
	case WASM_OP_I64_TRUNC_F32_S ... WASM_OP_I64_TRUNC_F64_U:
		return true;
	default:
		/* control, parametric, variables, constants and numbers cannot */
		return op > WASM_OP_GLOBAL_SET ? op < WASM_OP_I32_CONST || op > WASM_OP_I64_EXTEND32_S :
		       op >= WASM_OP_TRY && op != WASM_OP_END &&
		       !(op >= WASM_OP_BR && op <= WASM_OP_RETURN) && op < WASM_OP_DROP;
	}
}

static LLVMValueRef zero_value(struct lower *l, wasm_valtype_t type)
{
	if (wasm_valtype_is_ref(type))
		return lower_ref_null(l, type);
	return LLVMConstNull(lower_valtype(l, type));
}

static void begin_locals(struct lower *l, const struct wasm_func *func)
{
	const struct wasm_functype *type = l->functype;
	LLVMValueRef *values;
	u32 i, run, n = 0;

	l->nr_locals = type->nr_params + func->nr_locals;
	l->locals = xrealloc(l->locals, (l->nr_locals + 1) * sizeof(*l->locals));
	l->local_types = xrealloc(l->local_types, (l->nr_locals + 1) * sizeof(*l->local_types));
	for (i = 0; i < type->nr_params; i++)
		l->local_types[n++] = type->params[i];
	for (run = 0; run < func->nr_locals_runs; run++)
		for (i = 0; i < func->locals[run].count; i++)
			l->local_types[n++] = func->locals[run].type;
	for (i = 0; i < n; i++)
		l->locals[i] = LLVMBuildAlloca(l->b, lower_valtype(l, l->local_types[i]), "");
	values = xcalloc(type->nr_params + 1, sizeof(*values));
	lower_parameters(l, type, values);
	for (i = 0; i < n; i++)
		LLVMBuildStore(l->b, i < type->nr_params && !lower_is_null_type(type->params[i]) ?
			       values[i] : zero_value(l, l->local_types[i]), l->locals[i]);
	free(values);
}

/*
 * In front of the body, once it is known that it makes calls: is rsp still above
 * the reserve at the bottom of the guest stack's slot?
 */
static void check_stack(struct lower *l, LLVMBasicBlockRef entry, LLVMBasicBlockRef body)
{
	LLVMBasicBlockRef trap = lower_block(l, "exhausted");
	LLVMTypeRef type = l->i64;
	LLVMValueRef rsp, br;

	LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(entry));
	LLVMPositionBuilderAtEnd(l->b, entry);
	rsp = lower_intrinsic(l, "llvm.read_register", &type, 1, &l->rsp_node, 1);
	rsp = LLVMBuildAnd(l->b, rsp, lower_i64(l, KWASM_STACK_MASK), "");
	br = LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, LLVMIntEQ, rsp, lower_i64(l, 0), ""),
			     trap, body);
	LLVMSetMetadata(br, l->kind_prof, l->weights_unlikely);
	LLVMPositionBuilderAtEnd(l->b, trap);
	lower_trap(l, KWASM_TRAP_call_stack_exhausted);
}

/* entry block and body are apart, so that the check can come between them */
static LLVMBasicBlockRef begin_body(struct lower *l, LLVMBasicBlockRef *entry)
{
	LLVMBasicBlockRef body = lower_block(l, "body");

	*entry = LLVMGetInsertBlock(l->b);
	LLVMBuildBr(l->b, body);
	LLVMPositionBuilderAtEnd(l->b, body);
	return body;
}

static LLVMValueRef global_address(struct lower *l, u32 globalidx)
{
	if (l->m->globals[globalidx].import != WASM_NO_INDEX)
		return lower_slot(l, l->abi->globals[globalidx]);
	return lower_offset(l, l->ctx, l->abi->globals[globalidx]);
}

/* the value of an immutable global, if it is written down in the module */
static bool known_global(struct lower *l, u32 globalidx)
{
	const struct wasm_global *global = &l->m->globals[globalidx];
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;
	bool known = false;

	if (global->mut || global->import != WASM_NO_INDEX)
		return false;
	wasm_code_reader_start(&reader, l->m, &global->init);
	wasm_read_instr(&reader, &in);
	switch (in.op) {
	case WASM_OP_I32_CONST:
	case WASM_OP_I64_CONST:
	case WASM_OP_F32_CONST:
	case WASM_OP_F64_CONST:
		lower_numeric(l, &in);
		wasm_read_instr(&reader, &in);
		known = in.op == WASM_OP_END;
		if (!known)
			lower_pop(l);
		break;
	}
	wasm_code_reader_destroy(&reader);
	return known;
}

static void variable(struct lower *l, const struct wasm_instr *in)
{
	LLVMTypeRef type;

	switch (in->op) {
	case WASM_OP_LOCAL_GET:
		type = lower_valtype(l, l->local_types[in->localidx]);
		lower_push(l, LLVMBuildLoad2(l->b, type, l->locals[in->localidx], ""));
		break;
	case WASM_OP_LOCAL_SET:
		LLVMBuildStore(l->b, lower_pop(l), l->locals[in->localidx]);
		break;
	case WASM_OP_LOCAL_TEE:
		LLVMBuildStore(l->b, l->stack[l->stack_nr - 1], l->locals[in->localidx]);
		break;
	case WASM_OP_GLOBAL_GET:
		if (known_global(l, in->globalidx))
			break;
		if (lower_is_null_type(l->m->globals[in->globalidx].type)) {
			lower_push(l, l->null_func);
			break;
		}
		type = lower_valtype(l, l->m->globals[in->globalidx].type);
		lower_push(l, lower_load(l, type, global_address(l, in->globalidx), LOWER_ALIAS_CELL));
		break;
	case WASM_OP_GLOBAL_SET:
		lower_store(l, lower_pop(l), global_address(l, in->globalidx), LOWER_ALIAS_CELL);
		break;
	}
}

static bool is_exception(u32 op)
{
	return (op >= WASM_OP_TRY && op <= WASM_OP_THROW_REF) || op == WASM_OP_DELEGATE ||
	       op == WASM_OP_CATCH_ALL || op == WASM_OP_TRY_TABLE;
}

/* one instruction to the file of its family, by the opcode's range */
void lower_instr(struct lower *l, const struct wasm_instr *in)
{
	u32 op = in->op;

	if (lower_skip_unreachable(l, in))
		return;
	if (op >= WASM_OP_CALL && op <= WASM_OP_RETURN_CALL_REF)
		lower_call(l, in);
	else if (is_exception(op))
		lower_exception(l, in);
	else if (op <= WASM_OP_SELECT_T)
		lower_control(l, in);
	else if (op <= WASM_OP_GLOBAL_SET)
		variable(l, in);
	else if (op <= WASM_OP_TABLE_SET)
		lower_table(l, in);
	else if (op <= WASM_OP_MEMORY_GROW)
		lower_memory(l, in);
	else if (op <= WASM_OP_I64_EXTEND32_S)
		lower_numeric(l, in);
	else if (op <= WASM_OP_REF_AS_NON_NULL)
		lower_table(l, in);
	else if (op <= WASM_OP_BR_ON_NON_NULL)
		lower_control(l, in);
	else if (op >= WASM_OP_STRUCT_NEW && op <= WASM_OP_I31_GET_U)
		lower_gc(l, in);
	else if (op >= WASM_OP_I32_TRUNC_SAT_F32_S && op <= WASM_OP_I64_TRUNC_SAT_F64_U)
		lower_numeric(l, in);
	else if (op >= WASM_OP_I64_ADD128 && op <= WASM_OP_I64_MUL_WIDE_U)
		lower_numeric(l, in);
	else if (op >= WASM_OP_MEMORY_ATOMIC_NOTIFY && op <= WASM_OP_I64_ATOMIC_RMW32_CMPXCHG_U)
		lower_atomic(l, in);
	else if (op >= WASM_OP_MEMORY_INIT && op <= WASM_OP_MEMORY_FILL)
		lower_memory(l, in);
	else if (op >= WASM_OP_TABLE_INIT && op <= WASM_OP_TABLE_FILL)
		lower_table(l, in);
	else if (op >= WASM_OP_V128_LOAD && op <= WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S)
		lower_vector(l, in);
	else
		diag_bug("no lowering for %s", in->info->text);
}

static void lower_function(struct lower *l, u32 funcidx)
{
	const struct wasm_func *func = &l->m->funcs[funcidx];
	struct wasm_code_reader reader = { 0 };
	LLVMBasicBlockRef entry, body;
	struct wasm_instr in;

	l->funcidx = funcidx;
	l->functype = wasm_func_type(l->m, funcidx);
	begin_function(l, lower_func(l, funcidx), 0);
	begin_debug(l, "", func->code.offset);
	set_offset(l, func->code.offset);
	begin_locals(l, func);
	body = begin_body(l, &entry);
	no_offset(l);

	wasm_code_reader_start(&reader, l->m, &func->code);
	lower_body_begin(l);
	while (!lower_body_done(l)) {
		wasm_read_instr(&reader, &in);
		if (wants_offset(in.op)) {
			set_offset(l, in.offset);
			lower_instr(l, &in);
			no_offset(l);
		} else {
			lower_instr(l, &in);
		}
	}
	wasm_code_reader_destroy(&reader);

	set_offset(l, func->code.offset);
	if (l->has_calls)
		check_stack(l, entry, body);
	end_debug(l);
}

static void lower_shim(struct lower *l, u32 funcidx)
{
	begin_function(l, lower_func(l, funcidx), 0);
	lower_host_shim(l, funcidx, abi_import_host_func(l->m, funcidx));
}

static void lower_shims(struct lower *l)
{
	u32 i;

	for (i = 0; i < l->m->nr_imported_funcs; i++)
		if (lower_func(l, i))
			lower_shim(l, i);
}

/* of other parts' functions, for LLVM to inline; they may want more of them */
static void lower_copies(struct lower *l)
{
	size_t i;

	for (i = 0; i < l->nr_copies; i++) {
		if (is_shim(l, l->copies[i]))
			lower_shim(l, l->copies[i]);
		else
			lower_function(l, l->copies[i]);
	}
}

static void lower_type_invoker(struct lower *l, const struct wasm_functype *type, const char *name)
{
	LLVMTypeRef params[] = { l->ptr, l->ptr };
	LLVMTypeRef func_type = LLVMFunctionType(l->voidty, params, 2, 0);
	LLVMValueRef func = add_function(l, name, func_type, 2);
	LLVMBasicBlockRef entry, body;

	define(func, LLVMExternalLinkage);
	begin_function(l, func, 1);
	l->outermost = true;
	body = begin_body(l, &entry);
	lower_invoker(l, func, type);
	check_stack(l, entry, body);
}

/* one for each type of a function that can be called from outside */
static void lower_invokers(struct lower *l)
{
	const struct wasm_functype nothing = { 0 };
	bool *wanted = xcalloc(l->m->nr_types + 1, sizeof(*wanted));
	char name[40];
	u32 i;

	for (i = 0; i < l->m->nr_funcs; i++)
		if (l->abi->refs[i])
			wanted[l->m->types[l->m->funcs[i].typeidx].canon] = true;
	for (i = 0; i < l->m->nr_types; i++) {
		if (!wanted[i])
			continue;
		snprintf(name, sizeof(name), "wasm.invoke.%u", i);
		lower_type_invoker(l, &l->m->types[i].func, name);
	}
	lower_type_invoker(l, &nothing, "wasm.invoke.init");
	free(wanted);
}

/* ---- instantiation ---- */

static LLVMValueRef const_expr(struct lower *l, const struct wasm_range *range)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;

	wasm_code_reader_start(&reader, l->m, range);
	for (;;) {
		wasm_read_instr(&reader, &in);
		if (in.op == WASM_OP_END)
			break;
		lower_instr(l, &in);
	}
	wasm_code_reader_destroy(&reader);
	return lower_pop(l);
}

static void init_table(struct lower *l, u32 tableidx)
{
	const struct wasm_table *table = &l->m->tables[tableidx];
	LLVMValueRef args[] = {
		lower_i32(l, tableidx), lower_i64(l, 0), NULL, lower_i64(l, table->limits.min),
	};

	if (!table->init.size)
		return;	/* null, as created */
	args[2] = lower_ref_cell(l, const_expr(l, &table->init));
	lower_helper(l, LOWER_HELPER_kwasm_table_fill, args);
}

static void init_elem_entries(struct lower *l, u32 elemidx)
{
	const struct wasm_elem *elem = &l->m->elems[elemidx];
	u32 i;

	for (i = 0; elem->exprs && i < elem->nr_entries; i++) {
		LLVMValueRef args[] = {
			lower_i32(l, elemidx), lower_i32(l, i),
			lower_ref_cell(l, const_expr(l, &elem->exprs[i])),
		};

		lower_helper(l, LOWER_HELPER_kwasm_elem_set, args);
	}
}

static void init_elem(struct lower *l, u32 elemidx)
{
	const struct wasm_elem *elem = &l->m->elems[elemidx];
	LLVMValueRef args[] = {
		lower_i32(l, elem->tableidx), lower_i32(l, elemidx), NULL, lower_i32(l, 0),
		lower_i32(l, elem->nr_entries),
	};
	LLVMValueRef index = lower_i32(l, elemidx);

	if (elem->mode == WASM_SEGMENT_PASSIVE)
		return;
	if (elem->mode == WASM_SEGMENT_ACTIVE) {
		args[2] = const_expr(l, &elem->at);
		if (LLVMTypeOf(args[2]) != l->i64)
			args[2] = LLVMBuildZExt(l->b, args[2], l->i64, "");
		lower_helper(l, LOWER_HELPER_kwasm_table_init, args);
	}
	lower_helper(l, LOWER_HELPER_kwasm_elem_drop, &index);
}

static void init_data(struct lower *l, u32 dataidx)
{
	const struct wasm_data *data = &l->m->datas[dataidx];
	LLVMValueRef index = lower_i32(l, dataidx);

	if (data->mode != WASM_SEGMENT_ACTIVE)
		return;
	lower_memory_init(l, data->memidx, dataidx, const_expr(l, &data->at), lower_i32(l, 0),
			  lower_i32(l, data->bytes.size));
	lower_helper(l, LOWER_HELPER_kwasm_data_drop, &index);
}

/* "Execution, Modules, Instantiation", from the point where everything is allocated */
static void lower_init(struct lower *l)
{
	LLVMTypeRef type = LLVMFunctionType(l->voidty, &l->ptr, 1, 0);
	LLVMValueRef func = add_function(l, "wasm.init", type, 1), value;
	LLVMBasicBlockRef entry, body;
	u32 i;

	define(func, LLVMExternalLinkage);
	begin_function(l, func, 0);
	l->outermost = true;
	body = begin_body(l, &entry);

	for (i = l->m->nr_imported_globals; i < l->m->nr_globals; i++) {
		value = const_expr(l, &l->m->globals[i].init);
		lower_store(l, value, lower_offset(l, l->ctx, l->abi->globals[i]), LOWER_ALIAS_CELL);
	}
	for (i = l->m->nr_imported_tables; i < l->m->nr_tables; i++)
		init_table(l, i);
	for (i = 0; i < l->m->nr_elems; i++)
		init_elem_entries(l, i);
	for (i = 0; i < l->m->nr_elems; i++)
		init_elem(l, i);
	for (i = 0; i < l->m->nr_datas; i++)
		init_data(l, i);
	if (l->m->start != WASM_NO_INDEX)
		lower_call_func(l, l->m->start);
	LLVMBuildRetVoid(l->b);
	check_stack(l, entry, body);
}

static void run_passes(struct lower *l, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(l->mod, passes, NULL, options);

	if (error)
		diag_bug("%s: %s", passes, LLVMGetErrorMessage(error));
	LLVMDisposePassBuilderOptions(options);
}

/*
 * Locals become values first, and what does not depend on its operands is folded, so that it is
 * seen which loads have a use. Loads from memory are volatile until then.
 */
static void finish_ssa(struct lower *l)
{
	bool copy_loops = l->opt->copy_loops && !l->opt->strict_traps && l->abi->memory0_here &&
			  lower_has_guard(l->opt, &l->m->memories[0]);
	u32 i;

	run_passes(l, copy_loops ? "function(mem2reg,early-cse,loop-simplify,lcssa)" :
		   "function(mem2reg,early-cse)");
	lower_keep_loads(l);
	/* those of this part, and copies of others */
	for (i = l->m->nr_imported_funcs; copy_loops && i < l->m->nr_funcs; i++) {
		if (!l->funcs[i] || LLVMIsDeclaration(l->funcs[i]))
			continue;
		l->funcidx = i;
		lower_copy(l, l->funcs[i]);
		lower_loops(l, l->funcs[i]);
	}
}

LLVMValueRef lower_memory_alias(LLVMContextRef llvm)
{
	struct lower l = { .llvm = llvm, .i64 = LLVMInt64TypeInContext(llvm) };

	create_alias_kinds(&l);
	return l.alias[LOWER_ALIAS_MEMORY];
}

LLVMModuleRef lower_module(const struct wasm_module *m, const struct abi_layout *abi,
			   const struct lower_options *opt, const struct lower_part *part,
			   LLVMContextRef llvm)
{
	struct lower l = { .m = m, .abi = abi, .opt = opt, .part = part, .llvm = llvm };
	u32 i;

	l.mod = LLVMModuleCreateWithNameInContext("wasm2ko", llvm);
	LLVMSetTarget(l.mod, "x86_64-unknown-linux-gnu");
	l.b = LLVMCreateBuilderInContext(llvm);
	l.funcs = xcalloc(m->nr_funcs + 1, sizeof(*l.funcs));
	create_types(&l);
	create_metadata(&l);
	create_runtime_symbols(&l);
	create_debug_unit(&l);

	for (i = part->first; i < part->end; i++)
		lower_func(&l, i);
	for (i = part->first; i < part->end; i++)
		lower_function(&l, i);
	if (part->rest) {
		lower_shims(&l);
		lower_invokers(&l);
		lower_init(&l);
	}
	lower_copies(&l);

	LLVMDIBuilderFinalize(l.dib);
	LLVMDisposeDIBuilder(l.dib);
	finish_ssa(&l);
	LLVMDisposeBuilder(l.b);
	free(l.funcs);
	free(l.types);
	free(l.copies);
	for (i = 0; l.field_offsets && i < m->nr_types; i++)
		free(l.field_offsets[i]);
	free(l.field_offsets);
	free(l.locals);
	free(l.local_types);
	free(l.stack);
	free(l.frames);
	return l.mod;
}
