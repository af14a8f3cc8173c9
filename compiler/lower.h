/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lower.h - validated module to LLVM IR
 *
 * One pass over the instructions of each function: the value stack is mirrored
 * by a stack of LLVM values, blocks by LLVM basic blocks with phis; locals are
 * stack slots that LLVM's mem2reg turns into values. Nothing is checked here
 * that validation has checked.
 *
 * Sections by file: lower.c (the module, functions, constant expressions), and one
 * lower_*.c for each of the specification's instruction families.
 */
#ifndef _COMPILER_LOWER_H
#define _COMPILER_LOWER_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "../backend-x86/abi.h"
#include "../kruntime/include/kwasm_abi.h"
#include "module.h"

/**
 * struct lower_throwing - which calls may come back with an exception
 * @may: by function index, and behind them for any function that is called by reference
 * @exports: one of the module's own functions that are called from outside may
 */
struct lower_throwing {
	bool *may;
	bool exports;
};

/**
 * struct lower_tables - what tables are known to hold
 * @tables: by table index
 * @funcs: by element: function indices, or WASM_NO_INDEX where there is none; NULL if
 *	something may change the table once it is filled, or fills it with what is not known
 * @nr: of @funcs
 * @calls, @nr_calls: what calls through these tables find in kwasm_app.calls
 */
struct lower_tables {
	struct lower_known_table {
		u32 *funcs;
		u32 nr;
	} *tables;
	struct abi_calls *calls;
	u32 nr_calls;
};

/**
 * struct lower_part - some functions of a module, lowered to an LLVM module of their own
 * @first, @end: the functions that it defines, by index; none of them imported
 * @rest: it has what belongs to no function too: invokers, instantiation, shims of imports
 * @shared: by function index: other parts refer to it, so it keeps its name and its form
 * @copied: by function index: so small that each part that calls it has a copy to inline
 * @calls: by function index: how many direct calls of it the module has
 */
struct lower_part {
	u32 first, end;
	bool rest;
	const bool *shared;
	const bool *copied;
	const u32 *calls;
};

/**
 * struct lower_options - what lowering has to know of the target and the user
 * @features: LLVM's target features, "+sse4.2,-avx"
 * @cpu: LLVM's name of the processor
 * @return_thunk: return through __x86_return_thunk
 * @landing_pads: endbr64 where an indirect branch may arrive
 * @retpoline: indirect calls go through thunks, so no jump tables
 * @software_bounds: compare addresses instead of relying on the guard area
 * @copy_loops: copies of loops for when their accesses are known to be in bounds
 * @many_calls: a function of which there are so many is inlined only if it is half as large as
 *	another; 0: however many there are
 * @strict_traps: keep every memory access in its place, whatever it costs
 * @opaque_index: by function index, or NULL: functions whose indices the optimiser
 *	must not see through, since the checker could not follow it
 * @throwing: of the module
 * @tables: of the module
 */
struct lower_options {
	const char *features;
	const char *cpu;
	bool return_thunk;
	bool landing_pads;
	bool retpoline;
	bool software_bounds;
	bool copy_loops;
	u32 many_calls;
	bool strict_traps;
	const bool *opaque_index;
	const struct lower_throwing *throwing;
	const struct lower_tables *tables;
};

/* memory that cannot overlap, told to LLVM by TBAA */
enum lower_alias {
	LOWER_ALIAS_MEMORY,	/* linear memories */
	LOWER_ALIAS_CELL,	/* globals */
	LOWER_ALIAS_VALUES,	/* the value buffer */
	LOWER_ALIAS_RUNTIME,	/* the runtime's objects, slots */
	LOWER_ALIAS_OBJECT,	/* objects of the heap */
	LOWER_ALIAS_WINDOW,	/* the heap's windows, which new ones are taken from */
	NR_LOWER_ALIAS,
};

enum lower_helper {
#define H(name, result, params) LOWER_HELPER_##name,
	KWASM_HELPERS(H)
#undef H
	NR_LOWER_HELPERS,
};

struct lower_frame;

/**
 * struct lower - the state of one lowering
 * @part: what of the module is lowered
 * @funcs: LLVM functions in guest convention, those met so far: see lower_func()
 * @copies: functions of other parts that have been met, of which copies are wanted
 * @types: LLVM types of the module's function types
 * @field_offsets: by type index, NULL until needed: where fields of structs are, and their size
 * @uniform: all functions have the same parameters, so that each may end in a call
 *	of any other
 * @func: what follows is of the function being lowered
 * @ctx: its context parameter
 * @locals: its stack slots, parameters first
 * @stack: the value stack
 * @frames: the control stack
 * @dead: depth of blocks opened in unreachable code; only their ends are read
 * @nr_loops: that have got copies, in all
 * @has_calls: it needs a stack check
 * @outermost: called by the runtime, which does not look for exceptions
 */
struct lower {
	const struct wasm_module *m;
	const struct abi_layout *abi;
	const struct lower_options *opt;
	const struct lower_part *part;

	LLVMContextRef llvm;
	LLVMModuleRef mod;
	LLVMBuilderRef b;
	LLVMDIBuilderRef dib;
	LLVMMetadataRef di_file, di_unit;
	LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, v128, ptr, voidty;
	LLVMValueRef *funcs;
	u32 *copies;
	size_t nr_copies, cap_copies;
	LLVMTypeRef *types;
	u32 **field_offsets;
	bool uniform;
	LLVMValueRef type_ids, calls, null_func;
	LLVMValueRef traps[KWASM_TRAP_LAST + 1];
	LLVMValueRef alias[NR_LOWER_ALIAS];
	LLVMValueRef empty_node, weights_unlikely, rsp_node;
	LLVMAttributeRef swiftself, nest, noreturn, nomerge, cold;
	unsigned int kind_tbaa, kind_invariant, kind_prof, kind_alias_scope, kind_noalias, kind_loop,
		     kind_range;
	u32 nr_loops;

	LLVMValueRef func;
	u32 funcidx;
	LLVMValueRef ctx;
	LLVMMetadataRef di_scope;
	const struct wasm_functype *functype;
	LLVMValueRef *locals;
	wasm_valtype_t *local_types;
	u32 nr_locals;
	LLVMValueRef *stack;
	size_t stack_nr, stack_cap;
	struct lower_frame *frames;
	size_t frames_nr, frames_cap;
	bool unreachable;
	u32 dead;
	bool has_calls;
	bool outermost;
	u32 funcidx_opaque;
};

/**
 * struct lower_frame - an entry of the control stack
 * @op: WASM_OP_BLOCK, _LOOP, _IF, or 0 for the function's body
 * @height: of the value stack below the parameters
 * @label: where a branch to it goes
 * @end: where it ends; equal to @label but for loops
 * @els: of an if that had no else yet: where that begins
 * @label_phis: one per type of the label
 * @end_phis: one per result; equal to @label_phis but for loops
 * @params: values at the start, which the else branch starts with as well
 * @handler: of try and try_table: where exceptions go, those that no clause was for yet
 * @caught: a phi there: the exception
 * @trying: exceptions from inside go to @handler
 * @catching: in a clause of the legacy try, which ends the life of @caught
 */
struct lower_frame {
	u32 op;
	size_t height;
	LLVMBasicBlockRef label, end, els;
	LLVMValueRef *label_phis, *end_phis, *params;
	u32 nr_label, nr_params, nr_results;
	LLVMBasicBlockRef handler;
	LLVMValueRef caught;
	bool trying, catching;
};

/**
 * lower_module() - A part of a validated module to LLVM IR
 * @m: validated
 * @abi: its layout
 * @opt: see there
 * @part: which functions
 * @llvm: receives the module
 *
 * Functions are called "wasm.<funcidx>", the initialiser "wasm.init", invokers
 * "wasm.invoke.<typeidx>". The file offset of each instruction is its debug
 * location's line.
 *
 * Return: the LLVM module, the caller's to dispose of.
 */
LLVMModuleRef lower_module(const struct wasm_module *m, const struct abi_layout *abi,
			   const struct lower_options *opt, const struct lower_part *part,
			   LLVMContextRef llvm);

/* ---- lower.c ---- */

/* what marks accesses to linear memory, in any module of this context */
LLVMValueRef lower_memory_alias(LLVMContextRef llvm);

LLVMTypeRef lower_valtype(struct lower *l, wasm_valtype_t type);
void lower_instr(struct lower *l, const struct wasm_instr *in);
/* the LLVM function of a function, declared now if need be; NULL: an import bound at load time */
LLVMValueRef lower_func(struct lower *l, u32 funcidx);

static inline LLVMValueRef lower_i32(struct lower *l, u32 v)
{
	return LLVMConstInt(l->i32, v, 0);
}

static inline LLVMValueRef lower_i64(struct lower *l, u64 v)
{
	return LLVMConstInt(l->i64, v, 0);
}

void lower_push(struct lower *l, LLVMValueRef v);
LLVMValueRef lower_pop(struct lower *l);
/* @base plus @offset bytes */
LLVMValueRef lower_offset(struct lower *l, LLVMValueRef base, s64 offset);
LLVMValueRef lower_load(struct lower *l, LLVMTypeRef type, LLVMValueRef ptr, enum lower_alias alias);
void lower_store(struct lower *l, LLVMValueRef v, LLVMValueRef ptr, enum lower_alias alias);
/* a load of what never changes while the instance runs */
LLVMValueRef lower_load_fixed(struct lower *l, LLVMTypeRef type, LLVMValueRef ptr);
/* the pointer in a slot of the context */
LLVMValueRef lower_slot(struct lower *l, s32 slot);
LLVMBasicBlockRef lower_block(struct lower *l, const char *name);
LLVMValueRef lower_intrinsic(struct lower *l, const char *name, LLVMTypeRef *types, u32 nr_types,
			     LLVMValueRef *args, u32 nr_args);

/* ---- lower_control.c ---- */

/* call the trap, and end the block */
void lower_trap(struct lower *l, enum kwasm_trap trap);
/* trap if @condition; the builder goes on where it does not */
void lower_trap_if(struct lower *l, LLVMValueRef condition, enum kwasm_trap trap);
/* true if @in is to be ignored: in code that is never reached only the nesting matters */
bool lower_skip_unreachable(struct lower *l, const struct wasm_instr *in);
void lower_control(struct lower *l, const struct wasm_instr *in);
void lower_body_begin(struct lower *l);
/* a block, loop, if or try; the frame is good until the next one is begun */
struct lower_frame *lower_begin_block(struct lower *l, const struct wasm_instr *in);
/* control reaches the end of the current arm, if it does */
void lower_fall_to_end(struct lower *l, struct lower_frame *frame);
void lower_end_block(struct lower *l);
void lower_branch(struct lower *l, u32 labelidx);
/* likewise, if @condition; what the label takes stays on the stack for the other way */
void lower_branch_on(struct lower *l, LLVMValueRef condition, u32 labelidx);
/* all labels of a body are closed: nothing more to read */
bool lower_body_done(const struct lower *l);

/* ---- lower_numeric.c ---- */

void lower_numeric(struct lower *l, const struct wasm_instr *in);
/* the specification's fmin or fmax, of floats or of vectors of them, whose bits @bits can hold */
LLVMValueRef lower_minimum(struct lower *l, LLVMValueRef a, LLVMValueRef b, LLVMTypeRef bits,
			   bool max);

/* ---- lower_memory.c ---- */

void lower_memory(struct lower *l, const struct wasm_instr *in);
/* is there a guard area behind it that bounds are left to? */
bool lower_has_guard(const struct lower_options *opt, const struct wasm_memory *memory);
/* the number in 64 bits, i64, by a move that LLVM cannot look through and the checker can */
LLVMValueRef lower_opaque(struct lower *l, LLVMValueRef index);
/* the size of a memory now, i64 */
LLVMValueRef lower_memory_bytes(struct lower *l, u32 memidx);
/* pops the dynamic address of an access of @size bytes; where that is, checked if need be */
LLVMValueRef lower_memory_address(struct lower *l, const struct wasm_instr *in, u32 size);
/* an access of @size bytes; the address is popped, the value is not */
LLVMValueRef lower_memory_load(struct lower *l, const struct wasm_instr *in, LLVMTypeRef type,
			       u32 size);
void lower_memory_store(struct lower *l, const struct wasm_instr *in, LLVMValueRef v, u32 size);
/* a move that LLVM cannot look through, from 32 or 64 bits to 64 */
LLVMValueRef lower_opaque(struct lower *l, LLVMValueRef index);
/*
 * Copies @n bytes, at most LOWER_MOVE_MAX, from @src to @dst, or fills them with the lowest byte of
 * @byte if @src is NULL; all i32. Everything is inside of memory 0. Ends in @done.
 */
enum { LOWER_MOVE_MAX = 64 };
void lower_small_move(struct lower *l, LLVMValueRef dst, LLVMValueRef src, LLVMValueRef byte,
		      LLVMValueRef n, LLVMBasicBlockRef done);
/* memory 0 to nr-1 copied, as memory.init does, by instantiation */
void lower_memory_init(struct lower *l, u32 memidx, u32 dataidx, LLVMValueRef dst,
		       LLVMValueRef src, LLVMValueRef n);

/* ---- lower_atomic.c ---- */

void lower_atomic(struct lower *l, const struct wasm_instr *in);

/* ---- lower_vector.c ---- */

void lower_vector(struct lower *l, const struct wasm_instr *in);

/* ---- lower_gc.c ---- */

/* the hierarchies of references: those of any are i32, all others i64 */
enum lower_ref_kind {
	LOWER_REF_NONE,		/* no reference */
	LOWER_REF_ANY, LOWER_REF_FUNC, LOWER_REF_EXTERN, LOWER_REF_EXN,
};

enum lower_ref_kind lower_ref_kind(struct lower *l, wasm_valtype_t type);
/*
 * Is every value of @type the null function? It also is one of every function type, which the
 * checker can only see of the constant.
 */
static inline bool lower_is_null_type(wasm_valtype_t type)
{
	return wasm_valtype_is_ref(type) && wasm_valtype_heap(type) == WASM_HEAP_NOFUNC;
}

void lower_gc(struct lower *l, const struct wasm_instr *in);
/* a funcref as one to a function of type @typeidx: the same, or null if it is of another */
LLVMValueRef lower_func_cast(struct lower *l, LLVMValueRef ref, u32 typeidx);

/* ---- lower_keep.c ---- */

/* of loads from memory, all volatile so far, those become plain that are used; once, when all is lowered */
void lower_keep_loads(struct lower *l);

/* ---- lower_table.c ---- */

void lower_table(struct lower *l, const struct wasm_instr *in);

/* element @index, an i64, of the struct kwasm_table_abi at @table, as @type; traps behind the last */
LLVMValueRef lower_table_element(struct lower *l, LLVMValueRef table, LLVMValueRef index,
				 LLVMTypeRef type);

LLVMValueRef lower_ref_func(struct lower *l, u32 funcidx);
/* entries of kwasm_app.calls */
u32 lower_nr_calls(const struct lower_tables *known);
/* fill in what is known of the tables of a validated module; and free that */
void lower_find_tables(struct lower_tables *known, const struct wasm_module *m);
void lower_forget_tables(struct lower_tables *known, const struct wasm_module *m);
LLVMValueRef lower_ref_null(struct lower *l, wasm_valtype_t reftype);
/* a reference as a helper takes it, 64 bits, and back as one of @type */
LLVMValueRef lower_ref_cell(struct lower *l, LLVMValueRef ref);
LLVMValueRef lower_cell_ref(struct lower *l, LLVMValueRef cell, wasm_valtype_t type);
/*
 * Is a reference null as functions are, or as all else is? i1; who does not know, and has 64
 * bits, asks both
 */
LLVMValueRef lower_is_null_func(struct lower *l, LLVMValueRef ref);
LLVMValueRef lower_is_zero(struct lower *l, LLVMValueRef ref);

/* ---- lower_exception.c ---- */

void lower_exception(struct lower *l, const struct wasm_instr *in);
/* a call that may throw has come back */
void lower_check_exception(struct lower *l);
void lower_find_throwing(struct lower_throwing *throwing, const struct wasm_module *m);
/* the last arm of a legacy try ends */
void lower_end_try(struct lower *l, struct lower_frame *frame);
/* a clause of a legacy try is left, if @frame is one */
void lower_drop_exception(struct lower *l, const struct lower_frame *frame);

/* ---- lower_call.c ---- */

LLVMTypeRef lower_functype(struct lower *l, const struct wasm_functype *type);
/* the parameters of the current function, of type @type, into @values */
void lower_parameters(struct lower *l, const struct wasm_functype *type, LLVMValueRef *values);
/* cells of the value buffer from the first on */
void lower_store_values(struct lower *l, LLVMValueRef *values, u32 nr);
void lower_push_values(struct lower *l, const wasm_valtype_t *types, u32 nr);
void lower_call(struct lower *l, const struct wasm_instr *in);
void lower_call_func(struct lower *l, u32 funcidx);
/* host call; @args without the context; the result or NULL */
LLVMValueRef lower_host_call(struct lower *l, const char *symbol, char result,
			     LLVMValueRef *args, u32 nr_args);
LLVMValueRef lower_helper(struct lower *l, enum lower_helper helper, LLVMValueRef *args);
/* the results on top of the stack become the function's, and it ends */
void lower_return_values(struct lower *l);
/* the guest function behind an import bound at compile time */
void lower_host_shim(struct lower *l, u32 funcidx, const struct abi_host_func *host);
/* the kwasm_invoke_t of a type */
void lower_invoker(struct lower *l, LLVMValueRef func, const struct wasm_functype *type);

/* ---- lower_loop.c ---- */

/* copies of loops of a function whose accesses can be compared in front; in the form of lcssa */
void lower_loops(struct lower *l, LLVMValueRef func);

/* ---- lower_copy.c ---- */

/* if a function copies or fills memory, as memcpy() and memset() do, let it move little at once */
void lower_copy(struct lower *l, LLVMValueRef func);

/* ---- lower_mask.c ---- */

/* which functions are generated a second time, and which of their accesses are masked */
enum lower_mask {
	LOWER_MASK_NONE,	/* the function is not kept */
	LOWER_MASK_KEEP,	/* none */
	LOWER_MASK_SOME,	/* those at struct lower_masks' lines */
	LOWER_MASK_SIGNED,	/* what lower_mask_signed() is for */
	LOWER_MASK_ALL,
};

/**
 * struct lower_masks - accesses whose addresses are to be masked
 * @funcs: enum lower_mask, by function index
 * @nr_funcs: of @funcs
 * @lines: ascending: where they come from, as offsets in the .wasm file
 * @nr_lines: of @lines
 */
struct lower_masks {
	u8 *funcs;
	u32 nr_funcs;
	u32 *lines;
	size_t nr_lines, cap_lines;
};

/**
 * lower_mask_signed() - Mask the addresses of an optimised module whose index LLVM extends as a signed number
 * @mod: after optimisation; changed in place. Its memory 0 is at the context, and has a guard area: without
 *	one an access is proven by the comparison in front of it, which a mask hides
 *
 * The checker would find them; this spares the functions to be generated twice.
 */
void lower_mask_signed(LLVMModuleRef mod);

/**
 * lower_mask_functions() - Keep some functions of an optimised module, with masked addresses
 * @mod: after optimisation; changed in place
 * @abi: its layout
 * @masks: which functions
 */
void lower_mask_functions(LLVMModuleRef mod, const struct abi_layout *abi,
			  const struct lower_masks *masks);

#endif /* _COMPILER_LOWER_H */
