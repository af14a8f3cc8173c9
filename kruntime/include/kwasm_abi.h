/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What generated code, the kernel object writer, the checker and the runtime
 * agree on. Read by both worlds; holds no function and no kernel type.
 *
 * Registers and stack, inside generated code
 *
 *	R13	the context pointer C of the running instance, at every function
 *		entry and at every call; callee-saved, so a function that calls
 *		another instance's function gets its own back
 *	others	the System V C convention (arguments in rdi, rsi, rdx, rcx, r8, r9,
 *		xmm0-7); rbp is one like others, struct kwasm_image_frame leads through the frames. Where registers do not suffice,
 *		parameter i is in cell i of the value buffer: nothing is passed on the
 *		stack, so a tail call is a jump, whatever the types, and returns stay plain
 *	rsp	in a guest stack: a slot of KWASM_STACK_SLOT bytes of address space,
 *		aligned to its size, of which the lowest stack_size bytes are mapped.
 *		Nothing below rsp is ever used (no red zone)
 *
 * The stack check needs no limit register: a function that makes calls tests
 * (rsp & KWASM_STACK_MASK) == 0 after its prologue, that is "rsp lies in the
 * lowest KWASM_STACK_RESERVE bytes", and then traps. So the prologue, an
 * interrupt and a fault always find room; a frame may not be larger than
 * KWASM_FRAME_MAX, which the object writer refuses.
 *
 * The context and linear memory share one pointer
 *
 *	C - ctx_size      C - 32        C                  C + size       C + 8 GiB + 64 KiB
 *	| cells, slots,   | fixed       | linear memory 0  | reserved,    |
 *	| own functions   | struct      | (if defined      | not mapped:  |
 *	|                 | kwasm_ctx   |  here)           | faults, trap |
 *
 * so an access to a memory that the module defines itself is C + u32 + offset
 * with no load at all. A memory that is imported, and every memory but the
 * first, is reached through its slot in the context and has its own area.
 *
 * A memory with 64-bit addresses or with pages of one byte has no guard area to
 * rely on, whatever the flags say: each access is compared with the size first.
 */
#ifndef KWASM_ABI_H
#define KWASM_ABI_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "types.h"
#endif

#define KWASM_ABI_MAGIC		0x6d77736bu	/* "kswm" */
#define KWASM_ABI_VERSION	10

#define KWASM_WASM_PAGE_SIZE	65536u
/* u32 index + u32 offset + 16 bytes of access, rounded up to a wasm page */
#define KWASM_MEMORY_RESERVE	((8ull << 30) + KWASM_WASM_PAGE_SIZE)

#define KWASM_STACK_SLOT	(8u << 20)
#define KWASM_STACK_RESERVE	(64u << 10)
#define KWASM_STACK_MASK	(KWASM_STACK_SLOT - KWASM_STACK_RESERVE)	/* 0x7f0000 */
#define KWASM_STACK_DEFAULT	(1u << 20)	/* bytes mapped, power of two not needed */
#define KWASM_STACK_MIN		(128u << 10)
#define KWASM_FRAME_MAX		(48u << 10)

/* A cell holds a value of any type; unused upper bytes are not read. */
union kwasm_value {
	u32 i32;
	u64 i64;
	u32 f32;	/* bit pattern */
	u64 f64;	/* bit pattern */
	u64 ref;	/* funcref: struct kwasm_func *; null: see kwasm_null_func; others: 0 is null */
	u64 v128[2];
} __attribute__((aligned(16)));

/*
 * struct kwasm_func - what a funcref points to
 * Null is never 0: it is &kwasm_null_func (exported by the runtime), whose
 * @type matches nothing, so call_indirect needs no separate null check.
 */
struct kwasm_func {
	const void *code;	/* entry, C convention with R13 = @ctx */
	void *ctx;		/* context pointer of the owning instance */
	u32 type;		/* canonical type id, never 0 for a real function */
	u32 funcidx;		/* in the owning instance */
	const void *invoke;	/* see kwasm_invoke_t, for callers outside generated code */
	u32 handle;		/* in the store's heap, see below; 0: none yet */
	u32 reserved;
};

/*
 * Table: generated code reads @elems and @size (call_indirect), nothing else; and neither of a
 * table that nothing but the module's own segments can write to, see struct kwasm_image_calls.
 */
struct kwasm_table_abi {
	u64 *elems;		/* references; funcref null is &kwasm_null_func */
	u64 size;		/* elements, less than 2^31 */
};

/* Memory: @base never changes once created, @size grows. */
struct kwasm_memory_abi {
	u8 *base;
	u64 size;		/* bytes */
};

/*
 * struct kwasm_store_abi - the head of the runtime's struct kwasm_store
 * One store is a group of linked instances that run on at most one thread at a
 * time. Used by the runtime's assembly only.
 */
struct kwasm_store_abi {
	u64 host_rsp;		/* task stack pointer that host calls switch to */
	u64 host_rbp;		/* frame pointer there, for the unwinder */
	u64 guest_rsp;		/* guest stack pointer during a host call */
	u32 pending;		/* enum kwasm_trap to raise when the host call returns */
	u32 reserved;
};

/* The fixed part of the context, ending at C: offsets are from C. */
#define KWASM_CTX_FIXED		48
#define KWASM_CTX_INSTANCE	(-8)	/* struct kwasm_instance *, the runtime's */
#define KWASM_CTX_STORE		(-16)	/* struct kwasm_store_abi * */
#define KWASM_CTX_VALUES	(-24)	/* union kwasm_value *, the value buffer */
#define KWASM_CTX_HEAP		(-32)	/* u8 *, the store's heap; with KWASM_IMAGE_GC */
#define KWASM_CTX_HEAP_FUNCS	(-40)	/* struct kwasm_table_abi *, functions by handle; likewise */

/*
 * Objects: structs, arrays and what anyref may hold else
 *
 * A store has one heap: at most 4 GiB, in an area that is longer by the largest constant
 * offset. A reference of the hierarchy of any is 32 bits:
 *
 *	0		null
 *	odd		an i31, in the upper 31 bits
 *	even		the offset of an object in the heap, a multiple of 8
 *
 * so whatever number generated code takes for a reference, heap + u32 + offset stays in the area,
 * where an access either hits the heap or faults. As little is believed of what is in
 * the heap: nothing outside of it depends on that. Objects have no pointers. A funcref
 * in an object is a handle, a u32 index among the functions of KWASM_CTX_HEAP_FUNCS,
 * compared with their number before use; handle 0 is null. An externref is 8 bytes, an
 * exnref its number.
 *
 *	struct		u32 type id, fields in order, each aligned to its size (v128: to 8)
 *	array		u32 type id, u32 length, elements
 *	host value	u32 KWASM_OBJECT_HOST, u32, u64: an externref from outside, as an anyref
 *
 * The other way round, an anyref as an externref is KWASM_EXTERN_INTERNAL plus the 32 bits; numbers
 * from outside are smaller.
 *
 * The heap begins with a struct kwasm_heap_abi. Objects of up to KWASM_HEAP_SMALL bytes are
 * allocated in place: from [next, end) of the window of the smallest size that suffices, where
 * all is zero; if nothing is left there, and for all else, by a helper, which may
 * collect. So a reference that is still needed must, during a host call, be in the value buffer or
 * on the guest stack, as itself, as any address inside of the object, or as its offset. What
 * kwasm_host_call saves there makes that true for registers.
 */
#define KWASM_HEAP_RESERVE	((4ull << 30) + (1u << 20))
#define KWASM_HEAP_SMALL	8192u
/* bytes of the objects of each window: multiples of 8 up to 64, then as many as fit in a block of 16 KiB */
#define KWASM_HEAP_SIZES(S)								\
	S(8) S(16) S(24) S(32) S(40) S(48) S(56) S(64) S(80) S(96) S(112) S(128)	\
	S(160) S(192) S(224) S(256) S(320) S(384) S(448) S(512) S(640) S(768) S(1024)	\
	S(1360) S(1632) S(2048) S(2720) S(4096) S(5456) S(8192)
#define KWASM_HEAP_NR_SIZES	30

#define KWASM_OBJECT_HOST	0xffffffffu	/* instead of a type id */
#define KWASM_OBJECT_LENGTH	4		/* of an array: u32 */
#define KWASM_OBJECT_ELEMENTS	8
#define KWASM_OBJECT_HOST_VALUE	8
#define KWASM_EXTERN_INTERNAL	(1ull << 63)

struct kwasm_heap_abi {
	u32 null[2];		/* what null refers to: not an object */
	/*
	 * Offset of an array of u32[8], by type id: what the type is (enum kwasm_heap_kind), then the
	 * ids of its supertypes from the top down, itself included, as far as there is room.
	 * There is a row for KWASM_OBJECT_HOST as well, just before the first.
	 */
	u32 supertypes;
	u32 reserved;
	struct {
		u32 next;	/* offset of the next object of that size */
		u32 end;
	} windows[KWASM_HEAP_NR_SIZES];
};

#define KWASM_SUPERTYPES_LOG2	5	/* bytes of a row */
#define KWASM_SUPERTYPES_DEPTH	7	/* supertypes at depth 0 to 6 are in it */

enum kwasm_heap_kind {
	KWASM_HEAP_KIND_FUNC, KWASM_HEAP_KIND_STRUCT, KWASM_HEAP_KIND_ARRAY, KWASM_HEAP_KIND_HOST,
};

/*
 * Traps. Generated code calls kwasm_trap_<name> (no return, R13 = C). Texts are
 * those of the specification's test suite.
 */
#define KWASM_TRAPS(T)									\
	T(1,  unreachable,		 "unreachable")					\
	T(2,  integer_divide_by_zero,	 "integer divide by zero")			\
	T(3,  integer_overflow,		 "integer overflow")				\
	T(4,  invalid_conversion,	 "invalid conversion to integer")		\
	T(5,  out_of_bounds_memory,	 "out of bounds memory access")			\
	T(6,  out_of_bounds_table,	 "out of bounds table access")			\
	T(7,  undefined_element,	 "undefined element")				\
	T(8,  uninitialized_element,	 "uninitialized element")			\
	T(9,  indirect_call_type,	 "indirect call type mismatch")			\
	T(10, call_stack_exhausted,	 "call stack exhausted")			\
	T(11, null_reference,		 "null reference")				\
	T(12, null_function,		 "null function reference")			\
	T(13, cast_failure,		 "cast failure")				\
	T(14, out_of_bounds_array,	 "out of bounds array access")			\
	T(15, unaligned_atomic,		 "unaligned atomic")				\
	T(16, uncaught_exception,	 "uncaught exception")				\
	T(17, out_of_memory,		 "out of memory")				\
	T(18, null_structure,		 "null structure reference")			\
	T(19, null_array,		 "null array reference")			\
	T(20, null_i31,			 "null i31 reference")
#define KWASM_TRAP_LAST		20

enum kwasm_trap {
	KWASM_TRAP_NONE = 0,
#define T(nr, name, text) KWASM_TRAP_##name = nr,
	KWASM_TRAPS(T)
#undef T
	/* Not traps of the specification: ways for a call to end early. */
	KWASM_TRAP_exit = 64,		/* proc_exit; carries an exit code */
	KWASM_TRAP_killed = 65,		/* signal, kill, unload, deadline */
	KWASM_TRAP_host_error = 66,	/* a host function failed for good; carries an errno */
	/* One of the specification that only a helper finds */
	KWASM_TRAP_expected_shared_memory = 67,
};

/*
 * Tail calls: callee-saved R13 means that a function can end in a jump only to one
 * of its own instance; a tail call of another instance's function is a call.
 *
 * Entering: kwasm_invoke_t(code, ctx in R13): reads its arguments from the
 * value buffer (cell 0 on), calls code, leaves the results there (cell 0 on).
 * One per function type, generated.
 *
 * Parameters and results of the hierarchy of any are 32 bits, other references 64.
 *
 * Results: none, one (rax/xmm0) or two (a struct of two, C convention) are
 * returned in registers; three or more are left in the value buffer.
 *
 * Host functions (WASI, the runtime's helpers): C functions
 *	ret fn(void *ctx, a1, ..., a5)
 * with u32/u64 parameters, called as kwasm_host_call with R10 = fn and R13 = C.
 * A host function with more than five parameters takes them all from the value
 * buffer: ret fn(void *ctx). To trap, it sets store->pending and returns.
 *
 * Runtime helpers are host functions of the runtime itself. Indices are static
 * indices into the calling module's index spaces. Signature letters: v nothing,
 * i u32, I u64 (addresses, counts, references).
 */
#define KWASM_HELPERS(H)						\
	/* name, result, parameters after ctx */			\
	H(kwasm_memory_grow,	"I", "iI")	/* memidx, delta: old pages of its size, or -1 */ \
	H(kwasm_memory_init,	"v", "iiIii")	/* memidx, dataidx, dst, src, n */ \
	H(kwasm_memory_copy,	"v", "iiIII")	/* dst memidx, src memidx, dst, src, n */ \
	H(kwasm_memory_fill,	"v", "iIiI")	/* memidx, dst, byte, n */	\
	H(kwasm_data_drop,	"v", "i")	/* dataidx */			\
	H(kwasm_table_get,	"I", "iI")	/* tableidx, i */		\
	H(kwasm_table_set,	"v", "iII")	/* tableidx, i, ref */		\
	H(kwasm_table_size,	"I", "i")	/* tableidx */			\
	H(kwasm_table_grow,	"I", "iII")	/* tableidx, delta, init: old size or -1 */ \
	H(kwasm_table_fill,	"v", "iIII")	/* tableidx, i, ref, n */	\
	H(kwasm_table_copy,	"v", "iiIII")	/* dst tableidx, src tableidx, dst, src, n */ \
	H(kwasm_table_init,	"v", "iiIii")	/* tableidx, elemidx, dst, src, n */ \
	H(kwasm_elem_drop,	"v", "i")	/* elemidx */			\
	H(kwasm_elem_set,	"v", "iiI")	/* elemidx, i, ref; only while instantiating */ \
	H(kwasm_exception_new,	"I", "ii")	/* tagidx, nr of values, which are in the value buffer */ \
	/* exception, tagidx or KWASM_TAG_ANY, keep: is it of the tag? Then its values are in the buffer */ \
	H(kwasm_exception_match, "i", "Iii") \
	H(kwasm_memory_notify,	"i", "iIi")	/* memidx, address, count: how many were woken */ \
	/* memidx, address, expected, timeout in ns (< 0: none), 4 or 8 bytes: 0 woken, 1 another value, 2 timeout */ \
	H(kwasm_memory_wait,	"i", "iIIIi")				\
	/* objects; all that is new is zero. at, src, n: elements, but for data bytes as src */ \
	H(kwasm_struct_new,	"i", "i")	/* typeidx */			\
	H(kwasm_array_new,	"i", "iiII")	/* typeidx, length, as kwasm_array_fill */ \
	H(kwasm_array_new_data,	"i", "iiii")	/* typeidx, dataidx, src, n */	\
	H(kwasm_array_new_elem,	"i", "iiii")	/* typeidx, elemidx, src, n */	\
	H(kwasm_array_fill,	"v", "iiiII")	/* array, at, n, an element as it lies there: low and high half */ \
	H(kwasm_array_copy,	"v", "iiiii")	/* dst, at, src, at, n */	\
	H(kwasm_array_init_data, "v", "iiiii")	/* array, at, dataidx, src, n */ \
	H(kwasm_array_init_elem, "v", "iiiii")	/* array, at, elemidx, src, n */ \
	H(kwasm_object_is,	"i", "ii")	/* object, typeidx: is it one of those, or of a subtype? */ \
	H(kwasm_extern_box,	"i", "I")	/* an externref from outside, not null: a host value */ \
	H(kwasm_func_handle,	"i", "I")	/* funcref */			\
	H(kwasm_func_cast,	"I", "Ii")	/* funcref, typeidx: itself if it is of that type or a subtype, else null */

/*
 * Exceptions. One that is on its way is a number, never 0, that lies this far from the start of
 * the value buffer. A function that returns while it is not 0 has no results. Whoever calls a
 * function that may throw looks there, also in modules that use no exceptions themselves,
 * if functions of other instances can get into them; the invoker makes a trap of it.
 */
#define KWASM_VALUES_EXCEPTION	(-16)
#define KWASM_TAG_ANY		0xffffffffu

/* What becomes of an exception that matches */
enum kwasm_exception_keep {
	KWASM_EXCEPTION_FREE,	/* nobody has it any more, unless it was kept before */
	KWASM_EXCEPTION_BORROW,	/* there will be another match, or it is thrown again */
	KWASM_EXCEPTION_KEEP,	/* it has become a value */
};

/*
 * Faults. Every instruction that may touch linear memory has a row in the
 * module's own exception table, sorted by address, of type EX_TYPE_IMM_REG with
 * register rax and as immediate the low 16 bits of the row's number; its fixup
 * is kwasm_fault_fixup + 16 * (row number >> 16), a sled in the runtime. So a
 * trap knows its instruction without a stub per site.
 *
 * A row takes 12 bytes, and in a file 48 more for its two relocations: most of
 * an app. So the file has only the room (a section that is writable and of type
 * NOBITS) and, in the image, the distances between accesses: mostly a byte each.
 * kwasm_app_init() fills in the rows and hands them to the kernel before anything runs.
 * The section is not called __ex_table, which the kernel's loader would sort: of all
 * that loading a large app cost, that was most. It
 * has the flag by which the kernel's loader knows what becomes read-only when
 * init_module() has returned. So do kwasm_type_ids and kwasm_calls, by their section's name.
 */
#define KWASM_EX_TABLE_SECTION	".kwasm_ex_table"
#define KWASM_SHF_RO_AFTER_INIT	0x00200000u	/* SHF_RO_AFTER_INIT of linux/module.h */
#define KWASM_FILLED_SECTION	".data..ro_after_init"	/* of type NOBITS */
#define KWASM_EX_TYPE_IMM_REG	17
#define KWASM_EX_ROW_TYPE(row)	(KWASM_EX_TYPE_IMM_REG | (0u << 8) | (((row) & 0xffffu) << 16))
#define KWASM_FIXUP_STEP	16
#define KWASM_FIXUP_NR		64

/*
 * The image: one read-only, position-independent block in the kernel object
 * that tells the runtime what the module is. All references are byte offsets
 * from the image's start (0: none); arrays are 8-byte aligned; strings are NUL-terminated and
 * carry their length where they may contain NUL.
 */
struct kwasm_image_array {
	u32 offset;
	u32 nr;
};

struct kwasm_image_string {
	u32 offset;
	u32 len;		/* without the final NUL */
};

enum kwasm_image_flag {
	KWASM_IMAGE_FPU		= 1 << 0,	/* uses SSE registers: needs an FPU region */
	KWASM_IMAGE_COMMAND	= 1 << 1,	/* exports _start */
	KWASM_IMAGE_BOUNDS_CHECK = 1 << 2,	/* software bounds: needs no guard area */
	KWASM_IMAGE_MEMORY0	= 1 << 3,	/* memory 0 is defined here and starts at C */
	KWASM_IMAGE_GC		= 1 << 4,	/* uses the store's heap */
};

enum kwasm_extern_kind {	/* the binary format's numbers */
	KWASM_EXTERN_FUNC, KWASM_EXTERN_TABLE, KWASM_EXTERN_MEMORY, KWASM_EXTERN_GLOBAL, KWASM_EXTERN_TAG,
};

struct kwasm_image {
	u32 magic;
	u32 abi_version;
	u32 size;			/* bytes of the whole image */
	u32 flags;			/* enum kwasm_image_flag */
	struct kwasm_image_string name;	/* of the app, as imports name it */
	u32 ctx_size;			/* bytes below C, at least KWASM_CTX_FIXED, multiple of 16 */
	u32 nr_values;			/* cells the value buffer must have */
	u32 stack_size;			/* default, bytes */
	u32 text_size;
	struct kwasm_image_array types;	/* struct kwasm_image_type */
	struct kwasm_image_array imports; /* struct kwasm_image_import, in order */
	struct kwasm_image_array funcs;	/* struct kwasm_image_func: defined ones, ascending text_offset */
	struct kwasm_image_array refs;	/* struct kwasm_image_ref: functions that have a kwasm_func */
	struct kwasm_image_array tables;   /* struct kwasm_image_table: imports first */
	struct kwasm_image_array memories; /* struct kwasm_image_memory: imports first */
	struct kwasm_image_array globals;  /* struct kwasm_image_global: imports first */
	struct kwasm_image_array exports;  /* struct kwasm_image_export */
	struct kwasm_image_array elems;    /* struct kwasm_image_elem */
	struct kwasm_image_array datas;    /* struct kwasm_image_data */
	struct kwasm_image_array lines;    /* bytes, see kwasm_image_func */
	/* Entry (invoke with no arguments) that initialises globals, tables, memories and
	 * calls the start function, in the specification's order; text offset + 1, 0: none */
	u32 init_code;
	u32 init_invoke;		/* text offset of the invoker of type [] -> [] */
	struct kwasm_image_array tags;	/* struct kwasm_image_tag: imports first */
	/* bytes: ULEB128 deltas between the text offsets of accesses, from 0; nr_ex_rows of them */
	struct kwasm_image_array accesses;
	struct kwasm_image_array frames; /* struct kwasm_image_frame, ascending text_offset */
	struct kwasm_image_array calls;	/* struct kwasm_image_calls */
};

/*
 * Value types: the binary format's bytes for numbers, vectors and nullable references to
 * abstract heap types (0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64, 0x7b v128, 0x70 funcref,
 * 0x6f externref ...). Every other reference type is
 *
 *	KWASM_REF, KWASM_REF_NULL if nullable, and
 *	either an abstract heap type's byte
 *	or KWASM_REF_TYPE, one of KWASM_REF_KIND_*, and a type index (in the runtime: an id)
 */
#define KWASM_REF		0x80000000u
#define KWASM_REF_NULL		0x40000000u
#define KWASM_REF_TYPE		0x20000000u
#define KWASM_REF_KIND		0x18000000u
#define KWASM_REF_KIND_FUNC	0x00000000u
#define KWASM_REF_KIND_STRUCT	0x08000000u
#define KWASM_REF_KIND_ARRAY	0x10000000u
#define KWASM_REF_INDEX		0x01ffffffu
/* fields of structs and arrays: may be changed; 0x78 and 0x77 are i8 and i16 there */
#define KWASM_FIELD_MUT		0x02000000u

/* abstract heap types, the binary format's bytes */
enum kwasm_heap {
	KWASM_HEAP_EXN = 0x69, KWASM_HEAP_ARRAY, KWASM_HEAP_STRUCT, KWASM_HEAP_I31, KWASM_HEAP_EQ,
	KWASM_HEAP_ANY, KWASM_HEAP_EXTERN, KWASM_HEAP_FUNC, KWASM_HEAP_NONE, KWASM_HEAP_NOEXTERN,
	KWASM_HEAP_NOFUNC, KWASM_HEAP_NOEXN,
};

enum kwasm_comptype {
	KWASM_COMPTYPE_FUNC, KWASM_COMPTYPE_STRUCT, KWASM_COMPTYPE_ARRAY,
};

struct kwasm_image_type {
	u32 kind;			/* enum kwasm_comptype */
	u32 final;			/* has no subtypes */
	u32 super;			/* index, before this one; ~0: none */
	u32 rec;			/* index of the first type of its recursive group */
	u32 nr_rec;			/* number of types in that */
	u32 nr_params;			/* or fields */
	u32 nr_results;			/* 0 but for functions */
	u32 valtypes;			/* offset of u32[nr_params + nr_results] */
	u32 invoke;			/* text offset + 1 of its kwasm_invoke_t, 0: not needed by anyone */
	u32 reserved;
};

#define KWASM_LIMIT_NONE	(~0ull)

struct kwasm_image_import {
	struct kwasm_image_string module;
	struct kwasm_image_string name;
	u32 kind;			/* enum kwasm_extern_kind */
	u32 index;			/* in its index space: funcs by importidx order, tables[], memories[], globals[] */
	u32 type;			/* functions: index in types */
	/*
	 * Functions: offset from C (negative) of the slot that gets the
	 * const struct kwasm_func *; 0: bound at compile time (host function).
	 * Memories: slot for struct kwasm_memory_abi *; tables: slot for
	 * struct kwasm_table_abi *; globals: slot for the address of the cell.
	 */
	s32 slot;
};

/*
 * struct kwasm_image_frame - where the return address is
 * At instructions that may trap, and during calls, from here to the next row.
 */
struct kwasm_image_frame {
	u32 text_offset;
	u32 depth;	/* bytes from rsp up to the return address */
};

struct kwasm_image_func {
	u32 text_offset;
	u32 text_size;
	u32 funcidx;
	u32 type;
	struct kwasm_image_string name;	/* from the name section or an export; may be empty */
	u32 code_offset;		/* of the body, in the .wasm file */
	/*
	 * Offset in lines: ULEB128 pairs (text delta, wasm delta) from (text_offset, code_offset),
	 * one per instruction that may trap, calls too, ended by the next function's. A return address is
	 * behind the call, how far depends on the kernel, which may make it shorter; one less is in it.
	 * The wasm delta is zig-zag coded.
	 */
	u32 lines;
};

/* A function that is exported, or referenced by ref.func or an element segment */
struct kwasm_image_ref {
	u32 funcidx;
	u32 type;
	u32 code;			/* text offset; for an import bound at load time: ~0 */
	s32 slot;			/* offset from C of its struct kwasm_func; imports: as in their import row */
};

struct kwasm_image_table {
	u32 reftype;
	u32 is64;
	u64 min;
	u64 max;			/* KWASM_LIMIT_NONE: none */
	s32 slot;			/* struct kwasm_table_abi * */
	u32 imported;
};

struct kwasm_image_memory {
	u64 min;			/* wasm pages */
	u64 max;
	u32 is64;
	u32 shared;
	s32 slot;			/* struct kwasm_memory_abi * */
	u32 imported;
	u32 page_size_log2;		/* 16; 0 with custom page sizes */
	u32 reserved;
};

struct kwasm_image_global {
	u32 type;
	u32 mut;
	s32 slot;			/* own: the cell itself (16-byte aligned if v128); imported: its address */
	u32 imported;
};

struct kwasm_image_tag {
	u32 type;			/* index in types */
	u32 imported;
};

struct kwasm_image_export {
	struct kwasm_image_string name;
	u32 kind;
	u32 index;
};

struct kwasm_image_elem {
	u32 reftype;
	u32 nr;
	u32 funcs;			/* offset of u32 funcidx[nr] (~0: null); 0: set by init through kwasm_elem_set */
	u32 passive;			/* 0: active or declared, dropped by init */
};

/*
 * struct kwasm_image_calls - what call_indirect of one type calls, in a table that stays as it is
 *
 * If a table is neither imported nor exported, and no instruction writes to it, then each element
 * is known: a function of the module's own, or null. Instead of the table generated
 * code then reads kwasm_app.calls, where each row has @nr + 1 addresses, one row behind the other: by element
 *
 *	the code of the function, if it is of the type
 *	kwasm_trap_indirect_call_type if it is of another
 *	kwasm_trap_uninitialized_element if there is none
 *
 * and kwasm_trap_undefined_element as the last, for all indices from @nr on. A trap that is called like that is
 * found at the call, as any. The runtime fills them in before anything runs.
 */
struct kwasm_image_calls {
	u32 type;
	u32 nr;			/* elements */
	u32 funcs;		/* offset of u32 funcidx[nr] (~0: null), which have rows in refs, with code */
	u32 reserved;
};

struct kwasm_image_data {
	u64 offset;			/* from struct kwasm_app.data */
	u64 size;
};

/*
 * struct kwasm_app - the one writable object of an app's .ko, symbol kwasm_app
 * init_module() is kwasm_app_init(&kwasm_app), cleanup_module() kwasm_app_exit(&kwasm_app).
 */
struct kwasm_app {
	u32 magic;
	u32 abi_version;
	const struct kwasm_image *image;
	const u8 *text;			/* start of the generated code; image->text_size bytes */
	const u8 *data;			/* data segments */
	u32 *type_ids;			/* filled by the runtime: canonical id of each type */
	void *module;			/* struct module * */
	void *ex_table;			/* first row of the exception table; nr_ex_rows rows */
	u64 nr_ex_rows;
	/* module parameters, set by kwasm_param_ops_* before init_module() runs */
	const char *args;
	const char *env;
	const char *dirs;
	u64 max_memory;			/* bytes of linear memory an instance may have, 0: what it declares */
	u32 instances;			/* kept alive from loading on, for reactors */
	u32 run;			/* commands: run once in the inserting process */
	u32 daemon;			/* commands: run on a kernel thread */
	u32 stack_size;			/* bytes, 0: image's */
	void *runtime;			/* the runtime's, NULL until registered */
	const char *fds;		/* module parameters, too */
	const char *net;
	const char *listen;
	const void **calls;		/* filled by the runtime: see struct kwasm_image_calls */
};

#endif /* KWASM_ABI_H */
