/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify_flow.h - abstract values and states, shared by the files that follow the code
 *
 * verify_value.c	values, states, what branches and accesses tell, joining
 * verify_exec.c	what an instruction does to a state, and what it may not do
 * verify_flow.c	blocks, until nothing changes; begin there
 */
#ifndef _BACKEND_X86_VERIFY_FLOW_H
#define _BACKEND_X86_VERIFY_FLOW_H

#include <limits.h>
#include "verify_impl.h"

/* the address space behind a base that can ever be mapped */
#define MEMORY_MAX	(1ll << 32)
#define U32_LIMIT	0xffffffffll
/* more than any memory has bytes */
#define MEMORY_SIZE_MAX	(1ll << 45)
/* interval ends of pointers beyond this are useless, and kept from overflowing */
#define OFFSET_MAX	(1ll << 46)
/* how far below the place of the stack check a call may be: stack arguments */
#define CALL_SLACK	(4u << 10)
#define NO_CHECK	INT_MIN
/* of roots: larger ones are not followed */
#define FACTOR_MAX	65536
/* visits of a block before its intervals grow by leaps; before they are given up */
#define VISITS_WIDEN	3
#define VISITS_MAX	60
/* leaps of an interval before it passes stops */
#define CLIMBS_STOP	3
/* attempts to make too wide intervals narrower again */
#define NR_SHRINKS	3

enum kind {
	K_NUM,		/* a number in [lo, hi], read as signed; the lower half in [lo32, hi32] */
	K_STACK,	/* rsp at entry + lo */
	K_ROOM,		/* (rsp at entry + lo) & KWASM_STACK_MASK: 0 if the stack is exhausted there */
	K_ENTRY,	/* what register @id held at entry */
	K_RETURN,	/* the return address */
	K_CTX,		/* C + [lo, hi]; linear memory 0 from 0 on, if it is defined here */
	K_BASE,		/* base of memory @id + [lo, hi] */
	K_HEAP,		/* base of the heap + [lo, hi] */
	K_SECTION,	/* section @id + [lo, hi] */
	K_SYMBOL,	/* undefined symbol @id + lo */
	K_TABLE,	/* struct kwasm_table_abi of table @id, or, behind the last, of the heap's functions; + lo */
	K_ELEMS,	/* its elems, + [lo, hi] */
	K_ELEM,		/* the address of one of its elements */
	K_TABLE_SIZE,	/* its size */
	K_MEMORY,	/* struct kwasm_memory_abi of memory @id, + lo */
	K_MEMORY_SIZE,	/* its size */
	K_FUNC,		/* a reference: struct kwasm_func + lo; @root: which, @id: type + 1 or 0 */
	K_CODE,		/* code of reference @root, @id as above */
	K_FUNC_CTX,	/* context of reference @root */
	K_FUNC_TYPE,	/* type id of reference @root */
	K_TYPE_ID,	/* type id of type @id */
	K_VALUES,	/* value buffer + [lo, hi] */
	K_CELL,		/* cell of the imported global @id, + lo */
	K_INVOKED,	/* what an invoker is to call */
	K_CALLS,	/* the address of an address in row @id of kwasm_app.calls */
	K_OWN_CODE,	/* an address there: of a trap, or of a function of type @id and this instance */
};

/**
 * struct value - an abstract value
 * @table: K_NUM: below the size of this table, + 1; 0: nothing known
 * @bound_of: @root * @factor + @bound is at most the size of this memory, + 1
 * @vn: value number; equal numbers in a state are equal values
 * @vn32: the same about the lower 32 bits of K_NUM
 * @root: functions: the value number of the reference. K_NUM, K_CTX, K_BASE: the
 *	value is (its base plus) the number with that value number * @factor + @delta,
 *	modulo 2^64; 0: nothing is known. Never the value number of a pointer: that is base and offset
 * @nonnull: functions: not the null reference
 * @own: functions: its context is C
 * @low: if @has_low: @root * @factor + @low, as an unsigned number, is not above the value
 * @climbs: how often the interval has grown by leaps, at the loop head whose state this is in
 * @below: K_NUM: not above the number with that value number, both as signed; 0: nothing known
 * @strictly: nor is it that
 */
struct value {
	u8 kind;
	bool has_low;
	bool strictly;
	bool nonnull;
	bool own;
	u8 bound_of;
	u8 climbs;
	u32 table;
	u32 id;
	u32 vn, vn32;
	u32 below;
	u32 lo32, hi32;
	u32 root;
	u32 factor;
	s64 lo, hi;
	s64 delta;
	s64 bound;
	s64 low;
};

/* 4 or 8 bytes that were stored at once */
struct slot {
	s32 offset;
	u32 size;
	struct value v;
};

/**
 * struct flags - what the flags say
 * @has_cmp: they are those of comparing @a with @b, @width bytes wide
 * @has_result: ZF says whether @result, of that width, is zero
 * @has_carry: they are those of adding a constant, which gave @result; CF says whether
 *	the sum wrapped
 * @carry_is_zero: likewise, but it is ZF that says so
 * @carry_from: the other summand is @result's root plus this
 * @stack_check: ZF set says that the stack is exhausted, at this offset of rsp
 */
struct flags {
	bool has_cmp;
	bool has_result;
	bool has_carry;
	bool carry_is_zero;
	u8 width;
	s32 stack_check;
	s64 carry_from;
	struct value a, b, result;
};

/**
 * struct state - what is known at one place
 * @checked: rsp, from its value at entry, where the stack check has passed
 * @cells: the references that cells of the value buffer hold, VERIFY_REF_* or NULL_REF
 * @sized_table: a table, + 1, that has at least @table_size elements; 0: none known
 * @sized_memory: a memory, + 1, that has at least @memory_size bytes; 0: none known
 * @slots: ascending, disjoint, at or above rsp
 */
struct state {
	struct value reg[NR_GPRS];
	struct flags flags;
	s32 checked;
	u32 cells[VERIFY_CELLS];
	u32 sized_table;
	u32 sized_memory;
	s64 table_size;
	s64 memory_size;
	struct slot *slots;
	size_t nr_slots;
	size_t cap_slots;
};

struct block {
	u32 first, last;	/* instructions, inclusive */
	u32 taken, next;	/* blocks, or NO_BLOCK */
	u32 *table;		/* blocks that a jump through a table goes to */
	u32 nr_table;
	u32 order;		/* in reverse postorder; NO_BLOCK: not reachable */
	u32 visits;
	bool loop_head;
	bool has_in;
	bool queued;
	bool has_redo;
	struct state in;
	struct state redo;	/* what @in becomes when it shrinks */
};

#define NO_BLOCK	0xffffffffu
/* beside VERIFY_REF_*: the null reference, which is of every type */
#define NULL_REF	0xffffffffu
/* that many of a join are followed, with numbers from FIRST_PRODUCT on, where those of values end */
#define NR_PRODUCTS	64
#define FIRST_PRODUCT	0x40000000u
/* joined with the lower half of a number, a pointer's differs from any number's */
#define NOT_A_NUMBER	0x80000000u

struct vn_pair {
	u32 epoch;
	u32 old, new;
	u32 to;
};

/* number @new * @factor + @shift of a path, modulo 2^64, where the other has its own * @old_factor */
struct vn_product {
	u32 new;
	u32 factor, old_factor;
	s64 shift;
};

struct flow {
	struct verify_object *obj;
	u32 func;
	const struct verify_entry *entry;
	const struct verify_sig *sig;
	struct verify_insn *insns;
	u32 nr_insns;
	struct block *blocks;
	u32 nr_blocks;
	u32 *order;		/* blocks in reverse postorder */
	u32 nr_order;
	const struct verify_insn *insn;
	enum { GROWING, SHRINKING, LOOKING } phase;
	bool quick;		/* leaps grow, inner loops come first */
	u32 back;		/* the first of @order that was queued since it was last looked at */
	bool report;
	u32 nr_found;
	bool any_context;	/* R13 may be anything at entry, so it is not the context */
	u32 next_vn;
	bool exhausted;		/* there are no more value numbers: it cannot be followed */
	s64 *thresholds;
	size_t nr_thresholds, cap_thresholds;
	s64 *stops;		/* what no leap goes beyond */
	size_t nr_stops, cap_stops;
	/* join's maps from value numbers, by hashing */
	struct vn_pair *pairs;
	size_t nr_pairs_mask;
	u32 pair_epoch;
	struct vn_product products[NR_PRODUCTS];
	u32 nr_products;
	struct state tmp[3];
};

/* nothing is told before all is known; and first it is only counted */
#define VIOLATION(f, rule, ...)								\
	do {										\
		(f)->nr_found++;							\
		if ((f)->report)							\
			verify_insn_error((f)->obj, VERIFY_VIOLATION, VERIFY_RULE_##rule,	\
					  (f)->func, (f)->insn->at, __VA_ARGS__);	\
	} while (0)

#define UNPROVEN(f, rule, ...)								\
	do {										\
		(f)->nr_found++;							\
		if ((f)->report)							\
			verify_insn_error((f)->obj, VERIFY_UNPROVEN, VERIFY_RULE_##rule,	\
					  (f)->func, (f)->insn->at, __VA_ARGS__);	\
	} while (0)

/* ---- verify_value.c ---- */

u32 flow_fresh(struct flow *f);
struct value flow_make_num(struct flow *f, s64 lo, s64 hi);
struct value flow_make_top(struct flow *f);
struct value flow_make_const(struct flow *f, s64 c);
struct value flow_make_sized(struct flow *f, u32 size);
struct value flow_make_pointer(struct flow *f, enum kind kind, u32 id, s64 offset);
struct value flow_make_part(struct flow *f, enum kind kind, const struct value *func);
struct value flow_make_ref(struct flow *f, u32 ref);
bool flow_is_const(const struct value *v);
bool flow_is_u32(const struct value *v);
bool flow_is_context(const struct value *v);
bool flow_is_func_family(const struct value *v);
u32 flow_ref_of(const struct flow *f, const struct value *v);
bool flow_is_reference(const struct flow *f, const struct value *v, u32 want);
u64 flow_table_min(const struct flow *f, const struct state *s, u32 table);
u64 flow_memory_min(const struct flow *f, const struct state *s, u32 memory);
bool flow_below_table_size(const struct flow *f, const struct state *s, const struct value *v,
			   u32 table);
void flow_wrap32(s64 lo, s64 hi, u32 *lo32, u32 *hi32);
struct value flow_truncate32(struct flow *f, const struct value *v);
struct value flow_truncate(struct flow *f, const struct value *v, u32 size);
void flow_own_root(struct flow *f, struct value *v);
void flow_follow_root(struct value *r, const struct value *v, s64 constant);
void flow_follow_product(struct value *r, const struct value *v, u32 constant);
struct value flow_add64(struct flow *f, const struct value *a, const struct value *b);
struct value flow_negate(struct flow *f, const struct value *v);
struct value flow_sub64(struct flow *f, const struct value *a, const struct value *b);
struct value flow_scaled(struct flow *f, const struct value *v, u32 scale);
void flow_state_copy(struct state *to, const struct state *from);
s64 flow_stack_pointer(const struct state *s);
void flow_slots_kill(struct state *s, s64 start, s64 end);
const struct slot *flow_slot_find(const struct state *s, s64 offset);
const struct value *flow_slot_get(const struct state *s, s64 offset);
void flow_slot_set(struct state *s, s64 offset, u32 size, const struct value *v);
struct value *flow_nth_value(struct state *s, size_t i);
size_t flow_nr_values(const struct state *s);
bool flow_learn(struct state *s, const struct value *v, s64 lo, s64 hi);
bool flow_learn_branch(struct flow *f, struct state *s, u8 cc, bool taken);
void flow_join_begin(struct flow *f, size_t nr);
bool flow_join_value(struct flow *f, const struct state *s, struct value *old,
		     const struct value *new, int leap);
bool flow_join_state(struct flow *f, struct state *old, struct state *new, int leap);

/* ---- verify_exec.c ---- */

/* of a function whose type nobody knows: no references */
extern const struct verify_sig flow_no_sig;
/* the registers of arguments, in order */
extern const u8 flow_arg_regs[6];

void flow_forget_cells(struct state *s);
void flow_fill_cells(const struct flow *f, struct state *s, u32 type, bool results, u32 mask);
const struct verify_sig *flow_sig_of(const struct flow *f, u32 type);
bool flow_exec_call(struct flow *f, struct state *s);
void flow_check_return(struct flow *f, const struct state *s, bool results);
void flow_exec_leave_jump(struct flow *f, struct state *s);
bool flow_exec(struct flow *f, struct state *s);

#endif /* _BACKEND_X86_VERIFY_FLOW_H */
