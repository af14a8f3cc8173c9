// SPDX-License-Identifier: GPL-2.0
/*
 * verify_flow.c - every path of a function, by abstract interpretation
 *
 * Each register and each 8-byte stack slot that was stored to whole holds an
 * abstract value: what it points into and the interval of its offset, or what
 * number it may be (enum kind). A state is all of these at one place. Blocks are
 * run until no state at a block's start changes; where paths meet, values are
 * joined; at loop heads intervals grow by leaps, so that it ends. Then every
 * reachable block is run once more, and only then anything is reported.
 *
 * Values that are certainly equal carry the same value number, so that what a
 * branch or an access tells about one of them is told about all copies. Numbers
 * have meaning within one state only. A second number says which values are
 * equal in their lower 32 bits, since that is what most comparisons look at.
 *
 * What an access tells: a linear memory of a 32-bit module is mapped below 4 GiB
 * of its base at most. Execution that goes on behind an access was not trapped,
 * so the address was in there. That is what makes running pointers provable:
 * each access bounds the pointer, and the next step is shorter than the guard.
 */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

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
/* visits of a block before its intervals grow by leaps; before they are given up */
#define VISITS_WIDEN	3
#define VISITS_MAX	60
/* attempts to make too wide intervals narrower again */
#define NR_SHRINKS	3

enum kind {
	K_NUM,		/* a number in [lo, hi], read as signed; the lower half in [lo32, hi32] */
	K_STACK,	/* rsp at entry + lo */
	K_ENTRY,	/* what register @id held at entry */
	K_RETURN,	/* the return address */
	K_CTX,		/* C + [lo, hi]; linear memory 0 from 0 on, if it is defined here */
	K_BASE,		/* base of memory @id + [lo, hi] */
	K_SECTION,	/* section @id + [lo, hi] */
	K_SYMBOL,	/* undefined symbol @id + lo */
	K_TABLE,	/* struct kwasm_table_abi of table @id, + lo */
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
};

/**
 * struct value - an abstract value
 * @table: K_NUM: below the size of this table, + 1; 0: nothing known
 * @bound_of: @root + @bound is at most the size of this memory, + 1
 * @vn: value number; equal numbers in a state are equal values
 * @vn32: the same about the lower 32 bits of K_NUM
 * @root: functions: the value number of the reference. K_NUM, K_CTX, K_BASE: the
 *	value is (its base plus) the number with that value number + @delta,
 *	modulo 2^64; 0: nothing is known
 * @nonnull: functions: not the null reference
 * @own: functions: its context is C
 * @low: if @has_low: @root + @low, as an unsigned number, is not above the value
 */
struct value {
	u8 kind;
	bool has_low;
	bool nonnull;
	bool own;
	u8 bound_of;
	u32 table;
	u32 id;
	u32 vn, vn32;
	u32 lo32, hi32;
	u32 root;
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
/* joined with the lower half of a number, a pointer's differs from any number's */
#define NOT_A_NUMBER	0x80000000u

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
	bool report;
	u32 nr_found;
	bool any_context;	/* R13 may be anything at entry, so it is not the context */
	u32 next_vn;
	s64 *thresholds;
	size_t nr_thresholds, cap_thresholds;
	/* join's maps from value numbers, by hashing */
	struct vn_pair *pairs;
	size_t nr_pairs_mask;
	u32 pair_epoch;
	struct state tmp[3];
};

struct vn_pair {
	u32 epoch;
	u32 old, new;
	u32 to;
};

static const struct verify_sig no_sig;

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

/* ---- values ---- */

static u32 fresh(struct flow *f)
{
	return f->next_vn++;
}

/* keep the lower half no wider than the whole says */
static void tighten(struct value *v)
{
	u32 lo, hi;

	if ((u64)v->hi - (u64)v->lo > U32_LIMIT)
		return;
	lo = v->lo;
	hi = v->hi;
	if (lo > hi)
		return;
	if (lo > v->lo32)
		v->lo32 = lo;
	if (hi < v->hi32)
		v->hi32 = hi;
	if (v->lo32 > v->hi32) {	/* no such value: a path that is never taken */
		v->lo32 = lo;
		v->hi32 = hi;
	}
}

static struct value make_num(struct flow *f, s64 lo, s64 hi)
{
	struct value v = {
		.kind = K_NUM, .lo = lo, .hi = hi, .lo32 = 0, .hi32 = ~0u,
	};

	v.vn = fresh(f);
	v.vn32 = fresh(f);
	v.root = v.vn;
	tighten(&v);
	return v;
}

static struct value make_top(struct flow *f)
{
	return make_num(f, LLONG_MIN, LLONG_MAX);
}

static struct value make_const(struct flow *f, s64 c)
{
	return make_num(f, c, c);
}

/* an unsigned number of @size bytes */
static struct value make_sized(struct flow *f, u32 size)
{
	switch (size) {
	case 1: return make_num(f, 0, 0xff);
	case 2: return make_num(f, 0, 0xffff);
	case 4: return make_num(f, 0, U32_LIMIT);
	default: return make_top(f);
	}
}

static struct value make_pointer(struct flow *f, enum kind kind, u32 id, s64 offset)
{
	struct value v = {
		.kind = kind, .id = id, .lo = offset, .hi = offset, .hi32 = ~0u,
	};

	v.vn = fresh(f);
	return v;
}

/* a part of the reference @func, which is K_FUNC */
static struct value make_part(struct flow *f, enum kind kind, const struct value *func)
{
	struct value v = make_pointer(f, kind, func->id, 0);

	v.root = func->root;
	v.nonnull = func->nonnull;
	v.own = func->own;
	return v;
}

/* a reference, perhaps null, of a type: VERIFY_REF_*, not _NONE */
static struct value make_ref(struct flow *f, u32 ref)
{
	struct value v = make_pointer(f, K_FUNC, ref < VERIFY_REF_TYPED ? 0 : ref - VERIFY_REF_TYPED + 1, 0);

	v.root = v.vn;
	return v;
}

static bool is_const(const struct value *v)
{
	return v->kind == K_NUM && v->lo == v->hi;
}

static bool is_u32(const struct value *v)
{
	return v->kind == K_NUM && v->lo >= 0 && v->hi <= U32_LIMIT;
}

static bool is_context(const struct value *v)
{
	return v->kind == K_CTX && v->lo == 0 && v->hi == 0;
}

/* kinds with an interval of offsets that arithmetic may move */
static bool is_pointer(const struct value *v)
{
	switch (v->kind) {
	case K_STACK: case K_CTX: case K_BASE: case K_SECTION: case K_SYMBOL: case K_TABLE:
	case K_ELEMS: case K_MEMORY: case K_FUNC: case K_VALUES: case K_CELL:
		return true;
	default:
		return false;
	}
}

static bool is_func_family(const struct value *v)
{
	return v->kind >= K_FUNC && v->kind <= K_FUNC_TYPE;
}

static bool is_null_func(const struct flow *f, const struct value *v)
{
	return v->kind == K_SYMBOL && v->lo == 0 &&
	       f->obj->symbols[v->id].import == VERIFY_IMPORT_NULL_FUNC;
}

/*
 * What reference a value is: VERIFY_REF_*; null, which is of every type, gives
 * NULL_REF.
 */
#define NULL_REF	0xffffffffu

static u32 ref_of(const struct flow *f, const struct value *v)
{
	const struct verify_slot *slot;

	if (is_null_func(f, v))
		return NULL_REF;
	if (v->kind == K_FUNC && v->lo == 0 && v->hi == 0)
		return v->id ? VERIFY_REF_TYPED + v->id - 1 : VERIFY_REF_FUNC;
	if (v->kind == K_CTX && v->lo == v->hi && v->lo < 0) {
		slot = verify_slot_at(f->obj, v->lo, sizeof(struct kwasm_func));
		if (slot && slot->class == VERIFY_SLOT_FUNC && slot->offset == v->lo)
			return VERIFY_REF_TYPED + f->obj->refs[slot->index].type;
	}
	return VERIFY_REF_NONE;
}

/* what a value is that is the one or the other */
static u32 join_refs(u32 a, u32 b)
{
	if (a == b || b == NULL_REF)
		return a;
	if (a == NULL_REF)
		return b;
	return a == VERIFY_REF_NONE || b == VERIFY_REF_NONE ? VERIFY_REF_NONE : VERIFY_REF_FUNC;
}

/* is it certainly a reference of type @want, or null? */
static bool is_reference(const struct flow *f, const struct value *v, u32 want)
{
	u32 ref = ref_of(f, v);

	return ref == NULL_REF || (ref != VERIFY_REF_NONE && verify_ref_matches(f->obj, ref, want));
}

/* how many elements a table has at least; tables never shrink */
static u64 table_min(const struct flow *f, const struct state *s, u32 table)
{
	u64 min = f->obj->tables[table].min;

	return s->sized_table == table + 1 && (u64)s->table_size > min ? (u64)s->table_size : min;
}

static u64 memory_min(const struct flow *f, const struct state *s, u32 memory)
{
	const struct kwasm_image_memory *m = &f->obj->memories[memory];
	u64 min = m->min <= (u64)MEMORY_SIZE_MAX >> m->page_size_log2 ?
		  m->min << m->page_size_log2 : MEMORY_SIZE_MAX;

	return s->sized_memory == memory + 1 && (u64)s->memory_size > min ?
		(u64)s->memory_size : min;
}

static bool below_table_size(const struct flow *f, const struct state *s, const struct value *v,
			     u32 table)
{
	return v->kind == K_NUM && v->lo >= 0 &&
	       (v->table == table + 1 || (u64)v->hi < table_min(f, s, table));
}

static bool add_overflows(s64 a, s64 b, s64 *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

/* [lo, hi] modulo 2^32, if that is an interval */
static void wrap32(s64 lo, s64 hi, u32 *lo32, u32 *hi32)
{
	*lo32 = 0;
	*hi32 = ~0u;
	if (hi - lo > U32_LIMIT || (u32)lo > (u32)hi)
		return;
	*lo32 = lo;
	*hi32 = hi;
}

/* the lower 32 bits, the rest cleared */
static struct value truncate32(struct flow *f, const struct value *v)
{
	struct value t;

	if (is_u32(v))
		return *v;
	/* a type id is 32 bits already */
	if (v->kind == K_FUNC_TYPE || v->kind == K_TYPE_ID)
		return *v;
	t = make_num(f, 0, U32_LIMIT);
	if (v->kind != K_NUM)
		return t;
	t.lo = v->lo32;
	t.hi = v->hi32;
	t.vn32 = v->vn32;
	tighten(&t);
	return t;
}

static struct value truncate(struct flow *f, const struct value *v, u32 size)
{
	struct value t;

	if (size >= 8)
		return *v;
	if (size == 4)
		return truncate32(f, v);
	t = make_sized(f, size);
	if (v->kind == K_NUM && v->lo >= 0 && v->hi <= t.hi)
		return *v;
	if (v->kind == K_NUM && v->hi32 <= t.hi) {
		t.lo = v->lo32;
		t.hi = v->hi32;
		t.vn32 = v->vn32;
		tighten(&t);
	}
	return t;
}

static void clamp_pointer(struct flow *f, struct value *v)
{
	if (v->lo < -OFFSET_MAX || v->hi > OFFSET_MAX)
		*v = make_top(f);
}

/* @r is @v plus a constant, or a pointer at that offset */
static void follow_root(struct value *r, const struct value *v, s64 constant)
{
	s64 delta;

	if (!v->root || constant < -OFFSET_MAX || constant > OFFSET_MAX)
		return;
	delta = v->delta + constant;
	if (delta < -OFFSET_MAX || delta > OFFSET_MAX)
		return;
	r->root = v->root;
	r->delta = delta;
	r->bound_of = v->bound_of;
	r->bound = v->bound;
}

/* a + b, 64 bits wide */
static struct value add64(struct flow *f, const struct value *a, const struct value *b)
{
	const struct value *swap;
	struct value r;
	s64 lo, hi;

	if (is_pointer(b) && !is_pointer(a)) {
		swap = a;
		a = b;
		b = swap;
	}
	if (b->kind != K_NUM || (a->kind != K_NUM && !is_pointer(a)))
		return make_top(f);
	if (is_const(b) && !b->lo)
		return *a;
	if (is_const(a) && !a->lo)
		return *b;
	if (add_overflows(a->lo, b->lo, &lo) || add_overflows(a->hi, b->hi, &hi)) {
		if (a->kind != K_NUM)
			return make_top(f);
		lo = LLONG_MIN;
		hi = LLONG_MAX;
	}
	if (a->kind == K_NUM) {
		if (is_const(a)) {
			swap = a;
			a = b;
			b = swap;
		}
		r = make_num(f, lo, hi);
		if (lo == LLONG_MIN && hi == LLONG_MAX)
			wrap32((s64)a->lo32 + b->lo32, (s64)a->hi32 + b->hi32, &r.lo32, &r.hi32);
	} else {
		r = *a;
		r.vn = fresh(f);
		r.lo = lo;
		r.hi = hi;
		r.bound_of = 0;
		r.has_low = false;
		if (!is_func_family(&r))
			r.root = 0;
		clamp_pointer(f, &r);
		if (r.kind == K_NUM)
			return r;
	}
	/* remember "some number plus a constant", for comparisons with memory sizes */
	if (is_const(b) && (a->kind == K_NUM || a->kind == K_CTX || a->kind == K_BASE))
		follow_root(&r, a, b->lo);
	else if ((a->kind == K_CTX || a->kind == K_BASE) && a->lo == a->hi)
		follow_root(&r, b, a->lo);
	return r;
}

static struct value negate(struct flow *f, const struct value *v)
{
	if (v->kind != K_NUM || v->lo == LLONG_MIN)
		return make_top(f);
	return make_num(f, -v->hi, -v->lo);
}

static struct value sub64(struct flow *f, const struct value *a, const struct value *b)
{
	struct value n;

	if (a->kind != K_NUM && a->kind == b->kind && a->id == b->id && is_pointer(a) &&
	    (!is_func_family(a) || a->root == b->root))
		return make_num(f, a->lo - b->hi, a->hi - b->lo);
	n = negate(f, b);
	return add64(f, a, &n);
}

static struct value scaled(struct flow *f, const struct value *v, u32 scale)
{
	struct value r;

	if (scale <= 1)
		return *v;
	if (v->kind != K_NUM || v->lo < -OFFSET_MAX || v->hi > OFFSET_MAX)
		return make_top(f);
	r = make_num(f, v->lo * scale, v->hi * scale);
	return r;
}

/* ---- states ---- */

static void state_copy(struct state *to, const struct state *from)
{
	struct slot *slots = to->slots;
	size_t cap = to->cap_slots;

	array_reserve(slots, cap, from->nr_slots + 1);
	*to = *from;
	to->slots = slots;
	to->cap_slots = cap;
	if (from->nr_slots)
		memcpy(slots, from->slots, from->nr_slots * sizeof(*slots));
}

static s64 stack_pointer(const struct state *s)
{
	return s->reg[RSP].lo;
}

/* first slot at or above @offset */
static size_t slot_index(const struct state *s, s64 offset)
{
	size_t lo = 0, hi = s->nr_slots;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->slots[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* forget what [start, end) of the stack holds */
static void slots_kill(struct state *s, s64 start, s64 end)
{
	size_t i = slot_index(s, start - 7), j;

	while (i < s->nr_slots && s->slots[i].offset + (s64)s->slots[i].size <= start)
		i++;
	for (j = i; j < s->nr_slots && s->slots[j].offset < end; j++)
		;
	if (i == j)
		return;
	memmove(&s->slots[i], &s->slots[j], (s->nr_slots - j) * sizeof(*s->slots));
	s->nr_slots -= j - i;
}

static const struct slot *slot_find(const struct state *s, s64 offset)
{
	size_t i = slot_index(s, offset);

	return i < s->nr_slots && s->slots[i].offset == offset ? &s->slots[i] : NULL;
}

/* what 8 bytes at @offset hold, NULL if nothing is known */
static const struct value *slot_get(const struct state *s, s64 offset)
{
	const struct slot *slot = slot_find(s, offset);

	return slot && slot->size == 8 ? &slot->v : NULL;
}

/* stores over whatever was there */
static void slot_set(struct state *s, s64 offset, u32 size, const struct value *v)
{
	size_t i;

	slots_kill(s, offset, offset + size);
	i = slot_index(s, offset);
	array_reserve(s->slots, s->cap_slots, s->nr_slots + 1);
	memmove(&s->slots[i + 1], &s->slots[i], (s->nr_slots - i) * sizeof(*s->slots));
	s->slots[i] = (struct slot){ .offset = offset, .size = size, .v = *v };
	s->nr_slots++;
}

/* every value of a state in turn: registers, then slots */
static struct value *nth_value(struct state *s, size_t i)
{
	return i < NR_GPRS ? &s->reg[i] : &s->slots[i - NR_GPRS].v;
}

static size_t nr_values(const struct state *s)
{
	return NR_GPRS + s->nr_slots;
}

/* ---- what branches and accesses tell ---- */

/* all copies of @v lie in [lo, hi]; false if that cannot be: the path is not taken */
static bool learn(struct state *s, const struct value *v, s64 lo, s64 hi)
{
	struct value key = *v;
	size_t i, nr = nr_values(s);

	if (key.lo >= lo && key.hi <= hi)
		return true;
	if (key.lo > hi || key.hi < lo)
		return false;
	if (!key.vn)
		return true;
	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if (w->vn != key.vn || w->kind != key.kind)
			continue;
		if (w->lo < lo)
			w->lo = lo;
		if (w->hi > hi)
			w->hi = hi;
		if (w->lo > w->hi)
			return false;
		if (w->kind == K_NUM)
			tighten(w);
	}
	return true;
}

/* all values with the lower half of @v have it in [lo, hi] */
static bool learn32(struct state *s, const struct value *v, s64 lo, s64 hi)
{
	size_t i, nr = nr_values(s);

	if (v->kind != K_NUM)
		return true;
	if (v->lo32 >= lo && v->hi32 <= hi)
		return true;
	if (v->lo32 > hi || v->hi32 < lo)
		return false;
	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if (w->kind != K_NUM || w->vn32 != v->vn32)
			continue;
		if (w->lo32 < lo)
			w->lo32 = lo;
		if (w->hi32 > hi)
			w->hi32 = hi;
		if (w->lo32 > w->hi32)
			return false;
		if (!is_u32(w))
			continue;
		if (w->lo < w->lo32)
			w->lo = w->lo32;
		if (w->hi > w->hi32)
			w->hi = w->hi32;
		if (w->lo > w->hi)
			return false;
	}
	return true;
}

static void learn_table_size(struct state *s, u32 table, s64 size)
{
	if (s->sized_table == table + 1 && s->table_size >= size)
		return;
	s->sized_table = table + 1;
	s->table_size = size;
}

static void learn_table(struct state *s, const struct value *v, u32 table)
{
	size_t i, nr = nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if (w->kind != K_NUM || w->vn != v->vn)
			continue;
		w->table = table + 1;
		/* compared as unsigned */
		if (w->lo < 0)
			w->lo = 0;
		tighten(w);
	}
}

/* adding a constant to @root + @from gave @root + @to without a carry */
static void learn_carry(struct state *s, u32 root, s64 from, s64 to)
{
	size_t i, nr = nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if (w->kind != K_NUM || w->root != root || w->delta != to)
			continue;
		w->has_low = true;
		w->low = from;
	}
}

/*
 * @v, as an unsigned number, is at most (or strictly below) the size of a memory. That is less than
 * OFFSET_MAX; so for other values with this root that are known to be in that
 * range too, the difference to @v is the difference of their deltas, not just
 * modulo 2^64.
 */
static void learn_memory(struct state *s, const struct value *v, u32 memory, bool strictly)
{
	const struct value key = *v;
	size_t i, nr = nr_values(s);

	/* nor below what was added to get there */
	learn(s, &key, key.has_low ? key.delta - key.low : 0, MEMORY_SIZE_MAX);
	if (!key.root)
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if ((w->kind != K_NUM && w->kind != K_CTX && w->kind != K_BASE) ||
		    w->root != key.root)
			continue;
		/* a number below @v, however counted */
		if (key.has_low && w->kind == K_NUM && w->delta == key.low) {
			if (w->lo < 0)
				w->lo = 0;
			if (w->hi > MEMORY_SIZE_MAX)
				w->hi = MEMORY_SIZE_MAX;
		}
		if (w->bound_of == memory + 1 && w->bound >= key.delta + strictly)
			continue;
		w->bound_of = memory + 1;
		w->bound = key.delta + strictly;
	}
}

static void learn_memory_size(struct state *s, u32 memory, s64 size)
{
	if (s->sized_memory == memory + 1 && s->memory_size >= size)
		return;
	s->sized_memory = memory + 1;
	s->memory_size = size;
}

static void learn_type(struct state *s, u32 root, u32 type)
{
	size_t i, nr = nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if ((w->kind == K_FUNC || w->kind == K_CODE) && w->root == root) {
			w->id = type + 1;
			w->nonnull = true;	/* null's type is no type's */
		}
		/* what was found equal serves as well for the next comparison */
		if (w->kind == K_FUNC_TYPE && w->root == root) {
			w->kind = K_TYPE_ID;
			w->id = type;
			w->root = 0;
		}
	}
}

/* the reference @v is not the null one */
static void learn_nonnull(const struct flow *f, struct state *s, const struct value *v,
			  const struct value *null)
{
	size_t i, nr = nr_values(s);

	if (v->kind != K_FUNC || v->lo || !is_null_func(f, null))
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if ((w->kind == K_FUNC || w->kind == K_CODE) && w->root == v->root)
			w->nonnull = true;
	}
}

/* the reference whose context @v is has the same context as this function */
static void learn_own(struct state *s, const struct value *v, const struct value *context)
{
	size_t i, nr = nr_values(s);

	if (v->kind != K_FUNC_CTX || !is_context(context))
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = nth_value(s, i);

		if ((w->kind == K_FUNC || w->kind == K_CODE) && w->root == v->root)
			w->own = true;
	}
}

/* the condition that holds for (b, a) if @cc holds for (a, b) */
static u8 swap_condition(u8 cc)
{
	switch (cc) {
	case CC_B: return CC_A;
	case CC_A: return CC_B;
	case CC_AE: return CC_BE;
	case CC_BE: return CC_AE;
	case CC_L: return CC_G;
	case CC_G: return CC_L;
	case CC_GE: return CC_LE;
	case CC_LE: return CC_GE;
	default: return cc;
	}
}

/* a @cc b as 64-bit values: what it says about a */
static bool learn_side64(struct state *s, u8 cc, const struct value *a, const struct value *b)
{
	bool pointers = a->kind != K_NUM;

	if (a->kind != b->kind || a->id != b->id ||
	    (pointers && a->kind != K_CTX && a->kind != K_BASE))
		return true;
	/* offsets of pointers into the same thing compare as signed numbers do */
	switch (cc) {
	case CC_E:
		return learn(s, a, b->lo, b->hi);
	case CC_NE:
		if (b->lo != b->hi)
			return true;
		if (a->lo == b->lo)
			return a->lo < LLONG_MAX && learn(s, a, a->lo + 1, LLONG_MAX);
		if (a->hi == b->lo)
			return learn(s, a, LLONG_MIN, a->hi - 1);
		return true;
	case CC_B:
		if (!pointers)
			return b->lo < 0 || learn(s, a, 0, b->hi - 1);
		/* fall through */
	case CC_L:
		return b->hi == LLONG_MIN || learn(s, a, LLONG_MIN, b->hi - 1);
	case CC_BE:
		if (!pointers)
			return b->lo < 0 || learn(s, a, 0, b->hi);
		/* fall through */
	case CC_LE:
		return learn(s, a, LLONG_MIN, b->hi);
	case CC_A:
		if (!pointers && (a->lo < 0 || b->lo < 0))
			return true;
		/* fall through */
	case CC_G:
		return b->lo == LLONG_MAX || learn(s, a, b->lo + 1, LLONG_MAX);
	case CC_AE:
		if (!pointers && (a->lo < 0 || b->lo < 0))
			return true;
		/* fall through */
	case CC_GE:
		return learn(s, a, b->lo, LLONG_MAX);
	default:
		return true;
	}
}

/* a @cc b in their lower 32 bits; lower halves are read as unsigned */
static bool learn_side32(struct state *s, u8 cc, const struct value *a, const struct value *b)
{
	if (a->kind != K_NUM || b->kind != K_NUM)
		return true;
	switch (cc) {
	case CC_E:
		return learn32(s, a, b->lo32, b->hi32);
	case CC_NE:
		if (b->lo32 != b->hi32)
			return true;
		if (a->lo32 == b->lo32)
			return a->lo32 < ~0u && learn32(s, a, (s64)a->lo32 + 1, U32_LIMIT);
		if (a->hi32 == b->lo32)
			return learn32(s, a, 0, (s64)a->hi32 - 1);
		return true;
	case CC_B:
		return learn32(s, a, 0, (s64)b->hi32 - 1);
	case CC_BE:
		return learn32(s, a, 0, b->hi32);
	case CC_A:
		return learn32(s, a, (s64)b->lo32 + 1, U32_LIMIT);
	case CC_AE:
		return learn32(s, a, b->lo32, U32_LIMIT);
	case CC_G:
	case CC_GE:
		/* above a number that is not negative */
		if (b->hi32 > INT_MAX)
			return true;
		return learn32(s, a, (s64)b->lo32 + (cc == CC_G), INT_MAX);
	case CC_L:
	case CC_LE:
		if (b->hi32 > INT_MAX || a->hi32 > INT_MAX)
			return true;
		return learn32(s, a, 0, (s64)b->hi32 - (cc == CC_L));
	default:
		return true;
	}
}

static bool learn_compare(const struct flow *f, struct state *s, u8 cc, u8 width, const struct value *a,
			  const struct value *b)
{
	u8 back = swap_condition(cc);
	struct value x, y;

	if (width == 8) {
		if (cc == CC_NE) {
			learn_nonnull(f, s, a, b);
			learn_nonnull(f, s, b, a);
		}
		if (cc == CC_E) {
			learn_own(s, a, b);
			learn_own(s, b, a);
		}
		if (a->kind == K_NUM && b->kind == K_TABLE_SIZE && cc == CC_B)
			learn_table(s, a, b->id);
		if (a->kind == K_TABLE_SIZE && b->kind == K_NUM && cc == CC_A)
			learn_table(s, b, a->id);
		if (a->kind == K_TABLE_SIZE && b->kind == K_NUM && b->lo >= 0 &&
		    (cc == CC_A || cc == CC_AE) && b->lo < OFFSET_MAX)
			learn_table_size(s, a->id, b->lo + (cc == CC_A));
		if (b->kind == K_TABLE_SIZE && a->kind == K_NUM && a->lo >= 0 &&
		    (cc == CC_B || cc == CC_BE) && a->lo < OFFSET_MAX)
			learn_table_size(s, b->id, a->lo + (cc == CC_B));
		if (a->kind == K_MEMORY_SIZE && b->kind == K_NUM && b->lo >= 0 &&
		    (cc == CC_A || cc == CC_AE) && b->lo < OFFSET_MAX)
			learn_memory_size(s, a->id, b->lo + (cc == CC_A));
		if (b->kind == K_MEMORY_SIZE && a->kind == K_NUM && a->lo >= 0 &&
		    (cc == CC_B || cc == CC_BE) && a->lo < OFFSET_MAX)
			learn_memory_size(s, b->id, a->lo + (cc == CC_B));
		if (a->kind == K_NUM && b->kind == K_MEMORY_SIZE && (cc == CC_BE || cc == CC_B))
			learn_memory(s, a, b->id, cc == CC_B);
		if (a->kind == K_MEMORY_SIZE && b->kind == K_NUM && (cc == CC_AE || cc == CC_A))
			learn_memory(s, b, a->id, cc == CC_A);
		return learn_side64(s, cc, a, b) && learn_side64(s, back, b, a);
	}
	if (width == 4 && cc == CC_E) {
		if (a->kind == K_FUNC_TYPE && b->kind == K_TYPE_ID)
			learn_type(s, a->root, b->id);
		if (a->kind == K_TYPE_ID && b->kind == K_FUNC_TYPE)
			learn_type(s, b->root, a->id);
	}
	if (width < 4) {
		/* as numbers of that width they are what they are at 32 bits; signed ones differ */
		if (cc >= CC_S && cc != CC_P && cc != CC_NP)
			return true;
		x = *a;
		y = *b;
		if (is_const(&y))
			y.lo32 = y.hi32 = width == 1 ? (u8)y.lo : (u16)y.lo;
		if (is_const(&x))
			x.lo32 = x.hi32 = width == 1 ? (u8)x.lo : (u16)x.lo;
		return learn_side32(s, cc, &x, &y) && learn_side32(s, back, &y, &x);
	}
	return learn_side32(s, cc, a, b) && learn_side32(s, back, b, a);
}

/* the state on the edge of a conditional branch; false if it is never taken */
static bool learn_branch(struct flow *f, struct state *s, u8 cc, bool taken)
{
	const struct flags fl = s->flags;
	struct value zero;

	if (!taken)
		cc ^= 1;
	if (fl.stack_check != NO_CHECK && cc == CC_NE && s->checked == NO_CHECK)
		s->checked = fl.stack_check;
	if (fl.has_carry && (fl.carry_is_zero ? cc == CC_NE : cc == CC_AE || cc == CC_A))
		learn_carry(s, fl.result.root, fl.carry_from, fl.result.delta);
	if (fl.has_cmp && !learn_compare(f, s, cc, fl.width, &fl.a, &fl.b))
		return false;
	if (fl.has_result && (cc == CC_E || cc == CC_NE || cc == CC_S || cc == CC_NS)) {
		zero = make_const(f, 0);
		/* the sign alone, as after a comparison with zero */
		if (cc == CC_S)
			cc = CC_L;
		if (cc == CC_NS)
			cc = CC_GE;
		if (!learn_compare(f, s, cc, fl.width, &fl.result, &zero))
			return false;
	}
	return true;
}

/* ---- joining ---- */

/* the value number in the joined state for @old and @new, the same for the same two */
static u32 join_vn(struct flow *f, u32 old, u32 new, bool *changed)
{
	u64 hash;
	size_t i;

	if (!old || !new) {
		*changed |= old && !new;
		return 0;
	}
	/* a row with to == 0 says which new number the old one stands for */
	for (hash = old * 0x9e3779b1u, i = hash & f->nr_pairs_mask;; i = (i + 1) & f->nr_pairs_mask) {
		struct vn_pair *p = &f->pairs[i];

		if (p->epoch != f->pair_epoch) {
			*p = (struct vn_pair){ f->pair_epoch, old, new, 0 };
			return old;
		}
		if (p->old == old && !p->to) {
			if (p->new == new)
				return old;
			break;
		}
	}
	/* the copies part here: a number of their own for each further pair */
	*changed = true;
	for (hash = (old * 0x9e3779b1u) ^ (new * 0x85ebca6bu), i = hash & f->nr_pairs_mask;;
	     i = (i + 1) & f->nr_pairs_mask) {
		struct vn_pair *p = &f->pairs[i];

		if (p->epoch != f->pair_epoch) {
			*p = (struct vn_pair){ f->pair_epoch, old, new, fresh(f) };
			return p->to;
		}
		if (p->old == old && p->new == new && p->to)
			return p->to;
	}
}

static void join_begin(struct flow *f, size_t nr)
{
	size_t want = 64;

	while (want < nr * 8)
		want *= 2;
	if (!f->pairs || f->nr_pairs_mask + 1 < want) {
		free(f->pairs);
		f->pairs = xcalloc(want, sizeof(*f->pairs));
		f->nr_pairs_mask = want - 1;
		f->pair_epoch = 0;
	}
	f->pair_epoch++;
}

static s64 threshold_below(const struct flow *f, s64 v)
{
	size_t i = f->nr_thresholds;

	while (i && f->thresholds[i - 1] > v)
		i--;
	return i ? f->thresholds[i - 1] : LLONG_MIN;
}

static s64 threshold_above(const struct flow *f, s64 v)
{
	size_t i = 0;

	while (i < f->nr_thresholds && f->thresholds[i] < v)
		i++;
	return i < f->nr_thresholds ? f->thresholds[i] : LLONG_MAX;
}

/* what is known relative to other numbers: only if both paths agree about it */
static bool join_root(struct flow *f, struct value *old, const struct value *was,
		      const struct value *new, int leap)
{
	bool changed = false;
	s64 slack, new_slack = new->bound - new->delta;

	if (old->bound_of) {
		slack = old->bound - old->delta;
		if (new->bound_of != old->bound_of || (new_slack < slack && leap)) {
			old->bound_of = 0;
			changed = true;
		} else if (new_slack < slack) {
			old->bound = old->delta + new_slack;
			changed = true;
		}
	}
	if (old->has_low && (!new->has_low || new->low != old->low || new->delta != old->delta)) {
		old->has_low = false;
		changed = true;
	}
	if (was->kind == K_NUM && was->root == was->vn) {
		old->root = old->vn;
	} else if (old->root && old->delta == new->delta) {
		old->root = join_vn(f, old->root, new->root, &changed);
	} else if (old->root) {
		/* a number is its own root */
		slack = old->bound - old->delta;
		old->root = old->kind == K_NUM ? old->vn : 0;
		old->delta = 0;
		old->bound = slack;
		old->has_low = false;
		changed = true;
	}
	if (!old->root && (old->bound_of || old->has_low)) {
		old->bound_of = 0;
		old->has_low = false;
		changed = true;
	}
	return changed;
}

/* *old becomes what both may be; returns whether it changed. @leap: 0, 1 widen, 2 give up */
static bool join_value(struct flow *f, const struct state *s, struct value *old,
		       const struct value *new, int leap)
{
	bool changed = false, other_func;
	struct value was = *old;

	/* different places, but both with the struct kwasm_func of an own function? */
	other_func = old->kind == K_CTX && new->kind == K_CTX && old->lo != new->lo &&
		     ref_of(f, old) != VERIFY_REF_NONE && ref_of(f, new) != VERIFY_REF_NONE;
	if (old->kind != new->kind || other_func ||
	    (old->id != new->id && old->kind != K_FUNC && old->kind != K_CODE)) {
		u32 a = ref_of(f, old), b = ref_of(f, new);

		if (a != VERIFY_REF_NONE && b != VERIFY_REF_NONE) {
			u32 ref = join_refs(a, b);
			u32 vn = join_vn(f, old->vn, new->vn, &changed);

			*old = make_ref(f, ref == NULL_REF ? VERIFY_REF_FUNC : ref);
			old->vn = vn ? vn : old->vn;
			old->root = old->vn;
			old->nonnull = a != NULL_REF && b != NULL_REF &&
				       (was.kind != K_FUNC || was.nonnull) &&
				       (new->kind != K_FUNC || new->nonnull);
			return was.kind != K_FUNC || changed || was.id != old->id ||
			       was.nonnull != old->nonnull || was.own;
		}
		if (old->kind == K_NUM && old->lo == LLONG_MIN && old->hi == LLONG_MAX &&
		    old->lo32 == 0 && old->hi32 == ~0u && !old->table && !old->bound_of &&
		    old->root == old->vn && !old->delta) {
			/* not a number on the other path: nothing but equality remains */
			old->vn = join_vn(f, old->vn, new->vn, &changed);
			old->vn32 = join_vn(f, old->vn32, new->vn | NOT_A_NUMBER, &changed);
			old->root = old->vn;
			return changed;
		}
		*old = make_top(f);
		return true;
	}
	old->vn = join_vn(f, old->vn, new->vn, &changed);
	if (is_func_family(old)) {
		if (old->kind == K_FUNC && old->root == was.vn && new->root == new->vn)
			old->root = old->vn;
		else
			old->root = join_vn(f, old->root, new->root, &changed);
		if (old->id != new->id && old->id) {
			old->id = 0;
			changed = true;
		}
		if ((old->nonnull && !new->nonnull) || (old->own && !new->own)) {
			old->nonnull &= new->nonnull;
			old->own &= new->own;
			changed = true;
		}
		if (old->lo != new->lo || old->hi != new->hi) {
			*old = make_top(f);
			return true;
		}
		return changed;
	}
	if (new->lo < old->lo) {
		old->lo = leap == 2 ? LLONG_MIN : leap ? threshold_below(f, new->lo) : new->lo;
		changed = true;
	}
	if (new->hi > old->hi) {
		old->hi = leap == 2 ? LLONG_MAX : leap ? threshold_above(f, new->hi) : new->hi;
		changed = true;
	}
	if (old->kind != K_NUM && is_pointer(old) &&
	    (old->lo < -OFFSET_MAX || old->hi > OFFSET_MAX ||
	     (old->lo != old->hi && old->kind == K_STACK))) {
		*old = make_top(f);
		return true;
	}
	if (old->kind == K_NUM || old->kind == K_CTX || old->kind == K_BASE)
		changed |= join_root(f, old, &was, new, leap);
	if (old->kind == K_NUM) {
		u32 lo32 = old->lo32, hi32 = old->hi32;

		old->vn32 = join_vn(f, old->vn32, new->vn32, &changed);
		if (!old->vn32)
			old->vn32 = fresh(f);
		if (new->lo32 < lo32) {
			old->lo32 = leap ? 0 : new->lo32;
			changed = true;
		}
		if (new->hi32 > hi32) {
			old->hi32 = leap ? ~0u : new->hi32;
			changed = true;
		}
		tighten(old);
		if (old->table && !below_table_size(f, s, new, old->table - 1)) {
			old->table = 0;
			changed = true;
		} else if (!old->table && new->table &&
			   below_table_size(f, s, &was, new->table - 1)) {
			old->table = new->table;
		}
	}
	return changed;
}

static bool same_flag_value(const struct value *a, const struct value *b)
{
	return a->kind == b->kind && a->id == b->id && a->lo == b->lo && a->hi == b->hi &&
	       a->lo32 == b->lo32 && a->hi32 == b->hi32 && a->table == b->table && a->delta == b->delta;
}

/* flags survive only if they are the same on both paths, with the same operands */
static bool join_flags(struct flow *f, struct flags *old, const struct flags *new)
{
	bool changed = false;

	if (old->stack_check != new->stack_check && old->stack_check != NO_CHECK) {
		old->stack_check = NO_CHECK;
		changed = true;
	}
	if (old->has_cmp) {
		bool split = false;

		if (!new->has_cmp || new->width != old->width || !same_flag_value(&old->a, &new->a) ||
		    !same_flag_value(&old->b, &new->b)) {
			split = true;
		} else {
			old->a.vn = join_vn(f, old->a.vn, new->a.vn, &split);
			old->b.vn = join_vn(f, old->b.vn, new->b.vn, &split);
			old->a.vn32 = join_vn(f, old->a.vn32, new->a.vn32, &split);
			old->b.vn32 = join_vn(f, old->b.vn32, new->b.vn32, &split);
			old->a.root = join_vn(f, old->a.root, new->a.root, &split);
			old->b.root = join_vn(f, old->b.root, new->b.root, &split);
		}
		if (split) {
			old->has_cmp = false;
			changed = true;
		}
	}
	if (old->has_result || old->has_carry) {
		old->has_result = false;
		old->has_carry = false;
		changed = true;
	}
	return changed;
}

/* old := what holds on both paths; returns whether it changed */
static bool join_state(struct flow *f, struct state *old, const struct state *new, int leap)
{
	size_t i, j, n;
	bool changed = false;

	/* first: it is what table indices are compared with */
	if (old->sized_table && (new->sized_table != old->sized_table ||
				 new->table_size < old->table_size)) {
		if (new->sized_table == old->sized_table)
			old->table_size = new->table_size;
		else
			old->sized_table = 0;
		changed = true;
	}
	if (old->sized_memory && (new->sized_memory != old->sized_memory ||
				  new->memory_size < old->memory_size)) {
		if (new->sized_memory == old->sized_memory)
			old->memory_size = new->memory_size;
		else
			old->sized_memory = 0;
		changed = true;
	}
	join_begin(f, NR_GPRS + old->nr_slots + 8);
	for (i = 0; i < NR_GPRS; i++)
		changed |= join_value(f, old, &old->reg[i], &new->reg[i], leap);
	for (i = 0, j = 0, n = 0; i < old->nr_slots; i++) {
		while (j < new->nr_slots && new->slots[j].offset < old->slots[i].offset)
			j++;
		if (j == new->nr_slots || new->slots[j].offset != old->slots[i].offset ||
		    new->slots[j].size != old->slots[i].size) {
			changed = true;
			continue;
		}
		if (n != i)
			old->slots[n] = old->slots[i];
		changed |= join_value(f, old, &old->slots[n].v, &new->slots[j].v, leap);
		n++;
	}
	old->nr_slots = n;
	changed |= join_flags(f, &old->flags, &new->flags);
	if (old->checked != NO_CHECK && (new->checked == NO_CHECK || new->checked > old->checked)) {
		old->checked = new->checked;
		changed = true;
	}
	for (i = 0; i < VERIFY_CELLS; i++) {
		u32 ref = join_refs(old->cells[i], new->cells[i]);

		changed |= ref != old->cells[i];
		old->cells[i] = ref;
	}
	return changed;
}

/* ---- memory ---- */

static struct value symbol_value(struct flow *f, u32 symbol, s64 addend)
{
	const struct verify_symbol *sym = &f->obj->symbols[symbol];

	if (!sym->section)
		return make_pointer(f, K_SYMBOL, symbol, addend);
	if (sym->section < f->obj->nr_sections)
		return make_pointer(f, K_SECTION, sym->section, (s64)sym->value + addend);
	return make_top(f);
}

static struct value address_of(struct flow *f, const struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value sum, index, disp;

	if (in->base == REG_RIP) {
		if (in->disp_reloc)
			return symbol_value(f, in->disp_reloc->symbol,
					    in->disp_reloc->addend + in->rip_extra);
		return make_pointer(f, K_SECTION, f->obj->text, (s64)in->at + in->len + in->disp);
	}
	if (in->disp_reloc)
		sum = symbol_value(f, in->disp_reloc->symbol, in->disp_reloc->addend);
	else if (in->base == REG_NONE)
		sum = make_const(f, in->disp);
	else
		sum = s->reg[in->base];
	if (in->base != REG_NONE && in->disp_reloc)
		sum = add64(f, &sum, &s->reg[in->base]);
	if (in->index != REG_NONE) {
		index = s->reg[in->index];
		/* an element of a table */
		if (sum.kind == K_ELEMS && !sum.lo && !sum.hi && in->scale == 8 && !in->disp &&
		    below_table_size(f, s, &index, sum.id)) {
			sum.kind = K_ELEM;
			sum.vn = fresh(f);
			return sum;
		}
		index = scaled(f, &index, in->scale);
		sum = add64(f, &sum, &index);
	}
	if (in->base != REG_NONE && !in->disp_reloc && in->disp) {
		disp = make_const(f, in->disp);
		sum = add64(f, &sum, &disp);
	}
	return sum;
}

static void need_alignment(struct flow *f, s64 offset, bool known)
{
	const struct verify_insn *in = f->insn;

	if (!in->mem_aligned || bitmap_test(f->obj->rows, in->at))
		return;
	if (!known || in->mem_aligned != 16 || offset % 16)
		VIOLATION(f, FAULT, "needs an aligned address, which this is not shown to be");
}

/* what is known after an access to [base + offset, + size) of a memory was not trapped */
static void learn_access(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct value *base = in->base < NR_GPRS ? &s->reg[in->base] : NULL;
	const struct value *index = in->index < NR_GPRS ? &s->reg[in->index] : NULL;
	s64 lo = -in->disp, hi = MEMORY_MAX - in->mem_size - in->disp, scale = in->scale;
	struct value b, i;

	if (!base || in->disp_reloc)
		return;
	if (!index) {
		learn(s, base, lo, hi);
		return;
	}
	b = *base;
	i = *index;
	if (i.kind != K_NUM && b.kind == K_NUM && scale == 1) {
		struct value swap = b;

		b = i;
		i = swap;
	}
	if (i.kind != K_NUM || (b.kind != K_CTX && b.kind != K_BASE) ||
	    i.lo < -OFFSET_MAX || i.hi > OFFSET_MAX)
		return;
	learn(s, &b, lo - i.hi * scale, hi - i.lo * scale);
	/* rounded towards the outside */
	lo = lo - b.hi;
	hi = hi - b.lo;
	lo = lo >= 0 ? lo / scale : -((-lo + scale - 1) / scale);
	hi = hi >= 0 ? (hi + scale - 1) / scale : -(-hi / scale);
	learn(s, &i, lo, hi);
}

/* an access at [address, + size) of linear memory @memory, whose base has offset 0 */
static void linear_access(struct flow *f, struct state *s, const struct value *address, u32 memory,
			  u32 size)
{
	const struct kwasm_image_memory *m = &f->obj->memories[memory];
	bool guarded = !(f->obj->image.flags & KWASM_IMAGE_BOUNDS_CHECK) && !m->is64 &&
		       m->page_size_log2 == 16;

	/* compared with the size, or below what that must be */
	if (address->lo >= 0 &&
	    ((address->root && address->bound_of == memory + 1 &&
	      address->delta + size <= address->bound) ||
	     (u64)address->hi + size <= memory_min(f, s, memory)))
		return;
	if (!guarded) {
		UNPROVEN(f, MEMORY, "address in memory %u is not shown to have been compared with its size",
			 memory);
		return;
	}
	if (address->lo < 0 || (u64)address->hi + size > KWASM_MEMORY_RESERVE) {
		UNPROVEN(f, MEMORY, "memory address may be base%+lld to base%+lld", address->lo,
			 address->hi);
		return;
	}
	if (!bitmap_test(f->obj->rows, f->insn->at))
		VIOLATION(f, FAULT, "access to linear memory has no row in __ex_table");
	learn_access(f, s);
}

/* a field of the reference @func at @offset */
static struct value load_func(struct flow *f, const struct value *func, s64 offset, u32 size)
{
	if (offset == offsetof(struct kwasm_func, code) && size == 8)
		return make_part(f, K_CODE, func);
	if (offset == offsetof(struct kwasm_func, ctx) && size == 8)
		return make_part(f, K_FUNC_CTX, func);
	if (offset == offsetof(struct kwasm_func, type) && size == 4)
		return make_part(f, K_FUNC_TYPE, func);
	return make_sized(f, size);
}

static struct value load_context(struct flow *f, s64 offset, u32 size)
{
	const struct verify_slot *slot = verify_slot_at(f->obj, offset, size);
	struct value v;
	u32 ref;

	if (!slot)
		return make_sized(f, size);
	if (slot->class == VERIFY_SLOT_FUNC) {
		v = make_ref(f, VERIFY_REF_TYPED + f->obj->refs[slot->index].type);
		v.root = f->obj->image.imports.nr + 1 + slot->index;
		v.nonnull = true;
		return load_func(f, &v, offset - slot->offset, size);
	}
	if (size != 8)
		return make_sized(f, size);
	switch (slot->class) {
	case VERIFY_SLOT_CELL:
		ref = verify_ref(f->obj->globals[slot->index].type);
		if (ref != VERIFY_REF_NONE)
			return make_ref(f, ref);
		break;
	case VERIFY_SLOT_GLOBAL:
		return make_pointer(f, K_CELL, slot->index, 0);
	case VERIFY_SLOT_MEMORY:
		return make_pointer(f, K_MEMORY, slot->index, 0);
	case VERIFY_SLOT_TABLE:
		return make_pointer(f, K_TABLE, slot->index, 0);
	case VERIFY_SLOT_IMPORT:
		/* never changes: the same number each time it is loaded */
		v = make_ref(f, VERIFY_REF_TYPED + f->obj->imports[slot->index].type);
		v.root = slot->index + 1;
		v.nonnull = true;
		return v;
	case VERIFY_SLOT_FIXED:
		if (offset == KWASM_CTX_VALUES)
			return make_pointer(f, K_VALUES, 0, 0);
		break;
	case VERIFY_SLOT_FUNC:
		break;
	}
	return make_sized(f, size);
}

/* own globals may be written, several at once too, but references only as such */
static void store_context(struct flow *f, s64 offset, u32 size, const struct value *v)
{
	const struct verify_slot *slot;
	s64 at = offset;
	u32 ref;

	while (at < offset + size) {
		slot = verify_slot_at(f->obj, at, 1);
		if (!slot || slot->class != VERIFY_SLOT_CELL) {
			VIOLATION(f, MEMORY, "writes to the context at C%+lld, which is no global", at);
			return;
		}
		ref = verify_ref(f->obj->globals[slot->index].type);
		if (ref != VERIFY_REF_NONE &&
		    (offset != slot->offset || size != 8 || !v || !is_reference(f, v, ref)))
			UNPROVEN(f, MEMORY, "what is written to global %u is not shown to be a reference",
				 slot->index);
		at = slot->offset + slot->size;
	}
}

static u32 cell_bytes(u32 valtype)
{
	return valtype == 0x7b ? 16 : valtype == 0x7f || valtype == 0x7d ? 4 : 8;
}

/* a reference in the value buffer: cell number, or -1 */
static int value_cell(s64 offset, u32 size)
{
	return size == 8 && offset >= 0 && offset % 16 == 0 && offset / 16 < VERIFY_CELLS ? offset / 16 : -1;
}

/* VERIFY_REF_* of parameter or result @i of a type */
static u32 type_ref(const struct flow *f, u32 type, bool results, u32 i)
{
	const struct kwasm_image_type *t;
	u32 v;

	if (type >= f->obj->image.types.nr)
		return VERIFY_REF_NONE;
	t = &f->obj->types[type];
	if (i >= (results ? t->nr_results : t->nr_params))
		return VERIFY_REF_NONE;
	memcpy(&v, f->obj->image_bytes + t->valtypes + ((u64)(results ? t->nr_params : 0) + i) * 4, 4);
	return verify_ref(v);
}

/* does the value buffer hold these references? */
static bool cells_hold(const struct flow *f, const struct state *s, u32 type, bool results, u32 mask)
{
	u32 i, want;

	for (i = 0; i < VERIFY_CELLS; i++) {
		want = mask >> i & 1 ? type_ref(f, type, results, i) : VERIFY_REF_NONE;
		if (want != VERIFY_REF_NONE && s->cells[i] != NULL_REF &&
		    (s->cells[i] == VERIFY_REF_NONE ||
		     !verify_ref_matches(f->obj, s->cells[i], want)))
			return false;
	}
	/* beyond, nothing is known, so nothing may be needed */
	for (; results; i++) {
		want = type_ref(f, type, results, i);
		if (want != VERIFY_REF_NONE)
			return false;
		if (i >= (type < f->obj->image.types.nr ? f->obj->types[type].nr_results : 0))
			break;
	}
	return true;
}

static void forget_cells(struct state *s)
{
	memset(s->cells, 0, sizeof(s->cells));	/* VERIFY_REF_NONE */
}

/* from now on the value buffer holds what somebody else has put there */
static void fill_cells(const struct flow *f, struct state *s, u32 type, bool results, u32 mask)
{
	u32 i;

	for (i = 0; i < VERIFY_CELLS; i++)
		s->cells[i] = mask >> i & 1 ? type_ref(f, type, results, i) : VERIFY_REF_NONE;
}

static void access_values(struct flow *f, struct state *s, const struct value *a, u32 size,
			  bool write, const struct value *stored)
{
	s64 cell;

	/* whether an exception is under way */
	if (a->lo == KWASM_VALUES_EXCEPTION && a->lo == a->hi && size == 8)
		return;
	if (a->lo < 0 || a->hi + size > 16ll * f->obj->image.nr_values) {
		VIOLATION(f, MEMORY, "outside of the value buffer");
		return;
	}
	need_alignment(f, a->lo, a->lo == a->hi);
	if (!write)
		return;
	for (cell = a->lo / 16; cell <= (a->hi + size - 1) / 16 && cell < VERIFY_CELLS; cell++)
		s->cells[cell] = VERIFY_REF_NONE;
	cell = value_cell(a->lo, size);
	if (cell >= 0 && a->lo == a->hi && stored)
		s->cells[cell] = ref_of(f, stored);
}

/* reads of read-only data, and of the array of type ids */
static struct value load_section(struct flow *f, const struct value *a, u32 size)
{
	const struct verify_section *s = &f->obj->sections[a->id];
	s64 offset;

	if (a->id == f->obj->type_ids_section && f->obj->image.types.nr) {
		offset = a->lo - (s64)f->obj->type_ids_offset;
		if (a->lo == a->hi && size == 4 && offset >= 0 && offset % 4 == 0 &&
		    offset / 4 < f->obj->image.types.nr)
			return make_pointer(f, K_TYPE_ID, offset / 4, 0);
		VIOLATION(f, MEMORY, "reads writable data of the object");
		return make_sized(f, size);
	}
	if (s->flags & (SHF_WRITE | SHF_EXECINSTR) || !(s->flags & SHF_ALLOC) || !s->data ||
	    strncmp(s->name, ".rodata", 7)) {
		VIOLATION(f, MEMORY, "reads section '%s'", s->name);
		return make_sized(f, size);
	}
	if (a->lo < 0 || (u64)a->hi + size > s->size)
		UNPROVEN(f, MEMORY, "address may be %s%+lld to %s%+lld of 0x%llx bytes", s->name, a->lo,
			 s->name, a->hi, s->size);
	need_alignment(f, a->lo, a->lo == a->hi && s->align >= 16);
	return make_sized(f, size);
}

/*
 * The memory operand at @a is read, written, or both; @stored: what is written, or
 * NULL. Returns what is read.
 */
static struct value access_at(struct flow *f, struct state *s, struct value a, u32 size, bool read,
			      bool write, const struct value *stored)
{
	const struct slot *slot;
	struct value v;
	u32 i, ref;

	switch (a.kind) {
	case K_STACK:
		if (a.lo < stack_pointer(s)) {
			VIOLATION(f, STACK, "accesses the stack below rsp");
			break;
		}
		if (a.lo + size > 8 || (write && a.lo + size > 0 && a.lo < 8)) {
			VIOLATION(f, STACK, "accesses the stack outside of the frame, at %+lld", a.lo);
			break;
		}
		need_alignment(f, a.lo + 8, true);
		slot = slot_find(s, a.lo);
		v = make_sized(f, size);
		if (slot && slot->size == size)
			v = slot->v;
		else if (slot && size == 4)
			v = truncate32(f, &slot->v);
		if (write && stored && (size == 4 || size == 8))
			slot_set(s, a.lo, size, stored);
		else if (write)
			slots_kill(s, a.lo, a.lo + size);
		return v;
	case K_CTX:
		if (a.lo >= 0 && f->obj->image.flags & KWASM_IMAGE_MEMORY0) {
			linear_access(f, s, &a, 0, size);
			break;
		}
		if (a.hi + size > 0 || a.lo < -(s64)f->obj->image.ctx_size) {
			/* whichever of the two was meant */
			if (f->obj->image.flags & KWASM_IMAGE_MEMORY0)
				UNPROVEN(f, MEMORY, "memory address may be base%+lld to base%+lld", a.lo,
					 a.hi);
			else
				VIOLATION(f, MEMORY, "outside of the context");
			break;
		}
		if (a.lo != a.hi) {
			UNPROVEN(f, MEMORY, "address in the context is not constant");
			break;
		}
		need_alignment(f, a.lo, true);
		if (write)
			store_context(f, a.lo, size, stored);
		return load_context(f, a.lo, size);
	case K_BASE:
		linear_access(f, s, &a, a.id, size);
		break;
	case K_SECTION:
		if (write) {
			VIOLATION(f, MEMORY, "writes to the object");
			break;
		}
		return load_section(f, &a, size);
	case K_TABLE:
		if (!write && size == 8 && a.lo == a.hi && a.lo == 0)
			return make_pointer(f, K_ELEMS, a.id, 0);
		if (!write && size == 8 && a.lo == a.hi && a.lo == 8)
			return make_pointer(f, K_TABLE_SIZE, a.id, 0);
		if (!write && a.lo >= 0 && a.hi + size <= (s64)sizeof(struct kwasm_table_abi))
			break;
		VIOLATION(f, MEMORY, "not a field of a table");
		break;
	case K_ELEMS:
		if (write) {
			VIOLATION(f, MEMORY, "writes to a table");
			break;
		}
		if (size == 8 && a.lo == a.hi && a.lo >= 0 && a.lo % 8 == 0 &&
		    (u64)a.lo / 8 < table_min(f, s, a.id))
			goto elem;
		UNPROVEN(f, MEMORY, "index is not shown to be below the size of table %u", a.id);
		break;
	case K_ELEM:
		if (write || size != 8) {
			VIOLATION(f, MEMORY, "writes to a table");
			break;
		}
elem:
		i = verify_ref(f->obj->tables[a.id].reftype);
		if (i != VERIFY_REF_NONE)
			return make_ref(f, i);
		break;
	case K_MEMORY:
		if (!write && size == 8 && a.lo == a.hi && a.lo == 0) {
			/* where C is, if it is the one behind the context */
			if (a.id == 0 && f->obj->image.flags & KWASM_IMAGE_MEMORY0)
				return make_pointer(f, K_CTX, 0, 0);
			return make_pointer(f, K_BASE, a.id, 0);
		}
		if (!write && size == 8 && a.lo == a.hi && a.lo == 8)
			return make_pointer(f, K_MEMORY_SIZE, a.id, 0);
		if (!write && a.lo >= 0 && a.hi + size <= (s64)sizeof(struct kwasm_memory_abi))
			break;
		VIOLATION(f, MEMORY, "not a field of a memory");
		break;
	case K_FUNC:
		if (!write && a.lo >= 0 && a.hi + size <= (s64)sizeof(struct kwasm_func))
			return a.lo == a.hi ? load_func(f, &a, a.lo, size) : make_sized(f, size);
		VIOLATION(f, MEMORY, "not a field of a function");
		break;
	case K_VALUES:
		if (read && !write && a.lo == a.hi) {
			int cell = value_cell(a.lo, size);

			access_values(f, s, &a, size, write, stored);
			if (cell >= 0 && s->cells[cell] != VERIFY_REF_NONE)
				return make_ref(f, s->cells[cell] == NULL_REF ? VERIFY_REF_FUNC :
						s->cells[cell]);
			return make_sized(f, size);
		}
		access_values(f, s, &a, size, write, stored);
		break;
	case K_CELL:
		i = a.id;
		if (a.lo != a.hi || a.lo < 0 || a.lo + size > cell_bytes(f->obj->globals[i].type)) {
			VIOLATION(f, MEMORY, "outside of imported global %u", i);
			break;
		}
		need_alignment(f, a.lo, cell_bytes(f->obj->globals[i].type) == 16);
		if (write && !f->obj->globals[i].mut)
			VIOLATION(f, MEMORY, "writes to the immutable imported global %u", i);
		ref = verify_ref(f->obj->globals[i].type);
		if (ref == VERIFY_REF_NONE)
			break;
		if (write && (size != 8 || !stored || !is_reference(f, stored, ref)))
			UNPROVEN(f, MEMORY, "what is written to global %u is not shown to be a reference",
				 i);
		if (size == 8)
			return make_ref(f, ref);
		break;
	default:
		UNPROVEN(f, MEMORY, "address is not known to be anything a guest may access");
	}
	return make_sized(f, size);
}

/* ---- calls ---- */

static const u8 arg_regs[] = { RDI, RSI, RDX, RCX, R8, R9 };

/* kinds of the parameters of KWASM_HELPERS, see there */
static const struct {
	const char *name;
	/* m memidx, d dataidx, t tableidx, e elemidx, x tagidx, X that or KWASM_TAG_ANY, r reference, - any */
	const char *kinds;
} helper_params[] = {
	{ "kwasm_memory_grow", "m-" },	{ "kwasm_memory_init", "md---" },
	{ "kwasm_memory_copy", "mm---" }, { "kwasm_memory_fill", "m---" },
	{ "kwasm_data_drop", "d" },	{ "kwasm_table_get", "t-" },
	{ "kwasm_table_set", "t-r" },	{ "kwasm_table_size", "t" },
	{ "kwasm_table_grow", "t-r" },	{ "kwasm_table_fill", "t-r-" },
	{ "kwasm_table_copy", "tt---" }, { "kwasm_table_init", "te---" },
	{ "kwasm_elem_drop", "e" },	{ "kwasm_elem_set", "e-r" },
	{ "kwasm_exception_new", "x-" }, { "kwasm_exception_match", "-X-" },
	{ "kwasm_memory_notify", "m--" }, { "kwasm_memory_wait", "m----" },
};

/* the values of an exception of that tag are in the value buffer: are its references? */
static void check_thrown(struct flow *f, const struct state *s, u32 tag)
{
	u32 type = f->obj->tags[tag].type, i;

	for (i = VERIFY_CELLS; i < f->obj->types[type].nr_params; i++)
		if (type_ref(f, type, false, i) != VERIFY_REF_NONE)
			UNPROVEN(f, CALL, "value %u of an exception is not shown to be a reference", i);
	if (!cells_hold(f, s, type, false, ~0u))
		UNPROVEN(f, CALL, "values of an exception are not shown to be references");
}

/* arguments of a helper; returns what its result is, VERIFY_REF_*; @caught: type of the values it leaves */
static u32 check_helper(struct flow *f, struct state *s, const struct verify_host *host, u32 *caught)
{
	const struct kwasm_image *im = &f->obj->image;
	const char *kinds = "?";
	u32 ref = VERIFY_REF_NONE, i, type;
	bool has_ref = false;
	size_t j;

	for (j = 0; j < ARRAY_SIZE(helper_params); j++)
		if (!strcmp(helper_params[j].name, host->name))
			kinds = helper_params[j].kinds;
	for (i = 0; kinds[i]; i++) {
		struct value v = truncate32(f, &s->reg[arg_regs[i + 1]]);
		u32 nr;

		if (kinds[i] == '-')
			continue;
		if (kinds[i] == 'r') {
			if (ref != VERIFY_REF_NONE && !is_reference(f, &s->reg[arg_regs[i + 1]], ref))
				UNPROVEN(f, CALL, "argument %u of %s is not shown to be a reference",
					 i + 1, host->name);
			continue;
		}
		nr = kinds[i] == 'm' ? im->memories.nr : kinds[i] == 'd' ? im->datas.nr :
		     kinds[i] == 't' ? im->tables.nr : kinds[i] == 'e' ? im->elems.nr :
		     kinds[i] == 'x' || kinds[i] == 'X' ? im->tags.nr : 0;
		if (kinds[i] == 'X' && is_const(&v) && v.lo == KWASM_TAG_ANY)
			continue;
		if (!is_const(&v) || v.lo >= nr) {
			VIOLATION(f, CALL, "argument %u of %s is not a valid index", i + 1, host->name);
			return VERIFY_REF_NONE;
		}
		if (kinds[i] == 'x')
			check_thrown(f, s, v.lo);
		if (kinds[i] == 'X')
			*caught = f->obj->tags[v.lo].type;
		if (kinds[i] != 't' && kinds[i] != 'e')
			continue;
		type = kinds[i] == 't' ? f->obj->tables[v.lo].reftype : f->obj->elems[v.lo].reftype;
		/* copied from the second to the first */
		if (has_ref && !verify_ref_matches(f->obj, verify_ref(type), ref))
			VIOLATION(f, CALL, "arguments of %s have different types", host->name);
		if (!has_ref)
			ref = verify_ref(type);
		has_ref = true;
	}
	return !strcmp(host->name, "kwasm_table_get") ? ref : VERIFY_REF_NONE;
}

static const struct verify_sig *sig_of(const struct flow *f, u32 type)
{
	return type == VERIFY_NO_FUNC ? &no_sig : &f->obj->sigs[type];
}

/* what holds after any call: caller-saved registers are gone, tables may have moved */
static void after_call(struct flow *f, struct state *s)
{
	static const u8 lost[] = { RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11 };
	size_t i, nr = nr_values(s);

	for (i = 0; i < ARRAY_SIZE(lost); i++)
		s->reg[lost[i]] = make_top(f);
	for (i = 0; i < nr; i++) {
		struct value *v = nth_value(s, i);

		if (v->kind == K_ELEMS || v->kind == K_ELEM)
			*v = make_top(f);
	}
	memset(&s->flags, 0, sizeof(s->flags));
	s->flags.stack_check = NO_CHECK;
	forget_cells(s);
}

static void check_alignment(struct flow *f, const struct state *s)
{
	if ((stack_pointer(s) + 8) % 16)
		VIOLATION(f, STACK, "calls with a stack that is not aligned");
}

static void check_call_stack(struct flow *f, const struct state *s)
{
	s64 rsp = stack_pointer(s);

	if (s->checked == NO_CHECK)
		VIOLATION(f, STACK, "calls without a stack check before");
	else if (s->checked - rsp > CALL_SLACK)
		VIOLATION(f, STACK, "calls %lld bytes below the stack check", s->checked - rsp);
	check_alignment(f, s);
}

/* arguments that the callee takes for references */
static void check_refs(struct flow *f, const struct state *s, u32 type)
{
	const struct verify_sig *sig = sig_of(f, type);
	u32 i;

	if (!cells_hold(f, s, type, false, sig->cell_params))
		UNPROVEN(f, CALL, "an argument in the value buffer is not shown to be a reference");

	for (i = 0; i < 6; i++)
		if (sig->params[i] != VERIFY_REF_NONE &&
		    !is_reference(f, &s->reg[arg_regs[i]], sig->params[i]))
			UNPROVEN(f, CALL, "argument in register %u is not shown to be a reference", i);
}

/* a call of guest code of type @type (or VERIFY_NO_FUNC: a function without one) */
static void guest_call(struct flow *f, struct state *s, u32 type)
{
	const struct verify_sig *sig = sig_of(f, type);

	check_call_stack(f, s);
	check_refs(f, s, type);
	after_call(f, s);
	if (sig->results[0] != VERIFY_REF_NONE)
		s->reg[RAX] = make_ref(f, sig->results[0]);
	if (sig->results[1] != VERIFY_REF_NONE)
		s->reg[RDX] = make_ref(f, sig->results[1]);
	if (sig->cell_results)
		fill_cells(f, s, type, true, ~0u);
}

static void host_call(struct flow *f, struct state *s)
{
	const struct value *target = &s->reg[R10];
	const struct verify_symbol *sym;
	u32 result = VERIFY_REF_NONE, caught = VERIFY_NO_FUNC;

	if (target->kind != K_SYMBOL || target->lo ||
	    f->obj->symbols[target->id].import != VERIFY_IMPORT_HOST) {
		VIOLATION(f, CALL, "r10 is not the address of a host function");
		after_call(f, s);
		return;
	}
	sym = &f->obj->symbols[target->id];
	check_alignment(f, s);
	if (!is_context(&s->reg[R13]))
		VIOLATION(f, CALL, "r13 is not the context");
	if (sym->host->helper)
		result = check_helper(f, s, sym->host, &caught);
	after_call(f, s);
	/* whether it matched or not, see kwasm_exception_match() */
	if (caught != VERIFY_NO_FUNC)
		fill_cells(f, s, caught, false, ~0u);
	if (result != VERIFY_REF_NONE)
		s->reg[RAX] = make_ref(f, result);
}

/* a call through a pointer */
static void pointer_call(struct flow *f, struct state *s, const struct value *code)
{
	u32 type = VERIFY_NO_FUNC;

	if (code->kind == K_INVOKED) {
		type = f->entry->type;
		if (!is_context(&s->reg[R13]))
			VIOLATION(f, CALL, "r13 is not the context");
	} else if (code->kind != K_CODE) {
		VIOLATION(f, CALL, "calls what is not shown to be the code of a reference");
	} else {
		if (!code->id)
			VIOLATION(f, CALL, "calls a reference without comparing its type");
		else if (!code->nonnull)
			VIOLATION(f, CALL, "calls a reference without comparing it with null");
		if (code->id)
			type = code->id - 1;
		if (s->reg[R13].kind != K_FUNC_CTX || s->reg[R13].root != code->root)
			VIOLATION(f, CALL, "r13 is not the context of the reference that is called");
	}
	guest_call(f, s, type);
}

/* returns false if it does not come back */
static bool exec_call(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct verify_symbol *sym;
	struct value code;

	if (in->has_target) {
		u32 to = verify_func_at(f->obj, in->target);

		if (f->obj->entries[to].invoker)
			VIOLATION(f, CALL, "calls an invoker");
		/* the optimiser passes anything to a function that does not use it */
		if (!is_context(&s->reg[R13]) && f->phase == LOOKING)
			f->obj->entries[to].any_context = true;
		guest_call(f, s, f->obj->entries[to].type);
		return f->obj->entries[to].returns;
	}
	if (in->imm_reloc) {
		sym = &f->obj->symbols[in->imm_reloc->symbol];
		if (in->imm_reloc->addend != -4)
			VIOLATION(f, CALL, "calls the inside of '%s'", sym->name);
		switch (sym->import) {
		case VERIFY_IMPORT_TRAP:
			if (!is_context(&s->reg[R13]))
				VIOLATION(f, CALL, "r13 is not the context");
			return false;
		case VERIFY_IMPORT_HOST_CALL:
			host_call(f, s);
			return true;
		case VERIFY_IMPORT_INDIRECT_THUNK:
			code = s->reg[sym->arg];
			pointer_call(f, s, &code);
			return true;
		default:
			VIOLATION(f, CALL, "calls '%s'", sym->name);
			after_call(f, s);
			return true;
		}
	}
	if (in->has_mem)
		code = access_at(f, s, address_of(f, s), 8, true, false, NULL);
	else
		code = s->reg[in->operands[0].reg];
	pointer_call(f, s, &code);
	return true;
}

static void check_return(struct flow *f, const struct state *s, bool results)
{
	static const u8 saved[] = { RBX, RBP, R12, R14, R15 };
	static const char *const names[] = { "rbx", "rbp", "r12", "r14", "r15" };
	const struct value *address = slot_get(s, 0);
	u32 i;

	if (stack_pointer(s) || !address || address->kind != K_RETURN)
		VIOLATION(f, RETURN, "the stack pointer is not where it was at entry");
	if (f->any_context ? s->reg[R13].kind != K_ENTRY || s->reg[R13].id != R13 :
	    !is_context(&s->reg[R13]))
		VIOLATION(f, RETURN, "r13 is not restored");
	for (i = 0; i < ARRAY_SIZE(saved); i++)
		if (s->reg[saved[i]].kind != K_ENTRY || s->reg[saved[i]].id != saved[i])
			VIOLATION(f, RETURN, "%s is not restored", names[i]);
	if (!results)
		return;
	if (f->entry->invoker) {
		if (!cells_hold(f, s, f->entry->type, true, ~0u))
			UNPROVEN(f, CALL, "a result in the value buffer is not shown to be a reference");
		return;
	}
	if (f->sig->cell_results && !cells_hold(f, s, f->entry->type, true, ~0u))
		UNPROVEN(f, CALL, "a result in the value buffer is not shown to be a reference");
	for (i = 0; i < 2; i++)
		if (f->sig->results[i] != VERIFY_REF_NONE &&
		    !is_reference(f, &s->reg[i ? RDX : RAX], f->sig->results[i]))
			UNPROVEN(f, CALL, "the result is not shown to be a reference");
}

/* a jump to a function of type @type, whose results become this function's */
static void tail_call(struct flow *f, struct state *s, u32 type)
{
	const struct verify_sig *sig = sig_of(f, type);
	u32 i, mine, theirs;
	bool same = sig->cell_results == f->sig->cell_results && !f->entry->invoker;

	for (i = 0; i < 2; i++)
		same &= f->sig->results[i] == VERIFY_REF_NONE ||
			verify_ref_matches(f->obj, sig->results[i], f->sig->results[i]);
	for (i = 0; i < 0x10000 && same && sig->cell_results; i++) {
		if (f->entry->type >= f->obj->image.types.nr || type >= f->obj->image.types.nr ||
		    i >= f->obj->types[f->entry->type].nr_results)
			break;
		mine = type_ref(f, f->entry->type, true, i);
		theirs = type_ref(f, type, true, i);
		same = mine == VERIFY_REF_NONE || (theirs != VERIFY_REF_NONE &&
						   verify_ref_matches(f->obj, theirs, mine));
	}
	if (!same)
		VIOLATION(f, CALL, "jumps to a function of another type");
	check_refs(f, s, type);
	check_return(f, s, false);
}

/* to the code of a reference, which must not need another R13 */
static void tail_pointer_call(struct flow *f, struct state *s, const struct value *code)
{
	if (code->kind != K_CODE)
		VIOLATION(f, CALL, "jumps to what is not shown to be the code of a reference");
	else if (!code->id)
		VIOLATION(f, CALL, "jumps to a reference without comparing its type");
	else if (!code->nonnull)
		VIOLATION(f, CALL, "jumps to a reference without comparing it with null");
	else if (!code->own)
		VIOLATION(f, CALL, "jumps to a reference whose context may be another");
	else if (!is_context(&s->reg[R13]))
		VIOLATION(f, CALL, "r13 is not the context");
	tail_call(f, s, code->kind == K_CODE && code->id ? code->id - 1 : VERIFY_NO_FUNC);
}

/* jumps out of the function: to a return thunk, or to another function */
static void exec_leave_jump(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct verify_symbol *sym;
	struct value code;
	u32 to;

	if (in->has_target) {
		to = verify_func_at(f->obj, in->target);
		if (f->obj->entries[to].invoker)
			VIOLATION(f, CALL, "jumps to an invoker");
		if (f->any_context && f->phase == LOOKING)
			f->obj->entries[to].any_context = true;
		tail_call(f, s, f->obj->entries[to].type);
		return;
	}
	if (in->imm_reloc) {
		sym = &f->obj->symbols[in->imm_reloc->symbol];
		if (in->imm_reloc->addend != -4) {
			VIOLATION(f, BRANCH, "jumps to the inside of '%s'", sym->name);
		} else if (sym->import == VERIFY_IMPORT_RETURN_THUNK) {
			check_return(f, s, true);
		} else if (sym->import == VERIFY_IMPORT_INDIRECT_THUNK) {
			code = s->reg[sym->arg];
			tail_pointer_call(f, s, &code);
		} else {
			VIOLATION(f, BRANCH, "jumps to '%s'", sym->name);
		}
		return;
	}
	if (in->operands[0].kind != OPERAND_REG || in->operands[0].reg >= NR_GPRS) {
		VIOLATION(f, BRANCH, "indirect jump");
		return;
	}
	code = s->reg[in->operands[0].reg];
	tail_pointer_call(f, s, &code);
}

/* ---- instructions ---- */

static struct value operand_value(struct flow *f, struct state *s, u32 n)
{
	const struct verify_insn *in = f->insn;
	const struct verify_operand *op = &in->operands[n];
	struct value v;

	switch (op->kind) {
	case OPERAND_REG:
		if (op->reg == REG_HIGH8)
			return make_sized(f, 1);
		if (op->reg >= NR_GPRS)
			return make_top(f);
		return truncate(f, &s->reg[op->reg], op->size);
	case OPERAND_MEM:
		return access_at(f, s, address_of(f, s), in->mem_size, true, false, NULL);
	case OPERAND_IMM:
		if (in->imm_reloc) {
			if (in->imm_reloc->type == R_X86_64_32)
				return make_sized(f, 4);
			return symbol_value(f, in->imm_reloc->symbol, in->imm_reloc->addend);
		}
		v = make_const(f, in->operands[0].size == 4 ? (s64)(u32)in->imm : in->imm);
		return v;
	default:
		return make_top(f);
	}
}

/* the part of a register that is written, merged with what stays */
static void write_register(struct flow *f, struct state *s, u8 reg, u8 size, const struct value *v)
{
	struct value old;

	if (size >= 4) {
		s->reg[reg] = size == 4 ? truncate32(f, v) : *v;
		return;
	}
	old = s->reg[reg];
	if (old.kind == K_NUM && old.lo >= 0 && old.hi <= (size == 1 ? 0xff : 0xffff))
		s->reg[reg] = truncate(f, v, size);
	else if (is_u32(&old))
		s->reg[reg] = make_sized(f, 4);
	else
		s->reg[reg] = make_top(f);
}

/* @v goes to the first operand; memory that was read before is only written now */
static void write_operand(struct flow *f, struct state *s, const struct value *v)
{
	const struct verify_insn *in = f->insn;
	const struct verify_operand *op = &in->operands[0];

	struct value t;

	if (op->kind == OPERAND_MEM) {
		t = truncate(f, v, in->mem_size);
		access_at(f, s, address_of(f, s), in->mem_size, false, true, &t);
	} else if (op->kind == OPERAND_REG && op->reg < NR_GPRS)
		write_register(f, s, op->reg, op->size, v);
	else if (op->kind == OPERAND_REG && op->reg == REG_HIGH8)
		for (u32 r = 0; r < 4; r++)
			if (in->writes8 >> r & 1)
				s->reg[r] = is_u32(&s->reg[r]) ? make_sized(f, 4) : make_top(f);
}

static void set_flags_none(struct state *s)
{
	s->flags.has_cmp = false;
	s->flags.has_result = false;
	s->flags.has_carry = false;
	s->flags.stack_check = NO_CHECK;
}

static void set_flags_cmp(struct state *s, u8 width, const struct value *a, const struct value *b)
{
	set_flags_none(s);
	s->flags.has_cmp = true;
	s->flags.width = width;
	s->flags.a = *a;
	s->flags.b = *b;
}

static void set_flags_result(struct state *s, u8 width, const struct value *v)
{
	s->flags.has_result = true;
	s->flags.width = width;
	s->flags.result = *v;
}

/* the smallest 2^n - 1 that is not below @v */
static s64 fill_bits(s64 v)
{
	return v <= 0 ? 0 : (s64)(~0ull >> __builtin_clzll(v));
}

/* bitwise operations, on numbers */
static struct value bitwise(struct flow *f, u8 op, u32 size, const struct value *a, const struct value *b)
{
	struct value r = make_sized(f, size);
	s64 lo = r.lo, hi = r.hi;

	if (a->kind != K_NUM || b->kind != K_NUM)
		return r;
	if (op == OP_AND) {
		if (a->lo >= 0 && a->hi < hi)
			lo = 0, hi = a->hi;
		if (b->lo >= 0 && b->hi < hi)
			lo = 0, hi = b->hi;
		if (is_const(a) && is_const(b))
			lo = hi = a->lo & b->lo;
	} else if (a->lo >= 0 && b->lo >= 0) {
		s64 most = fill_bits(a->hi > b->hi ? a->hi : b->hi);

		if (most < hi)
			hi = most;
		lo = 0;
		if (op == OP_OR)
			lo = a->lo > b->lo ? a->lo : b->lo;
	}
	r = make_num(f, lo, hi);
	if (op == OP_AND) {
		/* also when only lower halves are known */
		u32 most = a->hi32 < b->hi32 ? a->hi32 : b->hi32;

		if (most < r.hi32)
			r.hi32 = most;
		if (r.lo32 > r.hi32)
			r.lo32 = 0;
		if (a->lo >= 0 && a->table)
			r.table = a->table;
		else if (b->lo >= 0 && b->table)
			r.table = b->table;
	}
	return r;
}

static struct value shift(struct flow *f, u8 op, u32 size, const struct value *a, const struct value *count)
{
	struct value r = make_sized(f, size);
	u32 bits = size * 8, n;

	if (size < 4)
		return r;
	if (!is_const(count)) {
		/* to the right it does not grow */
		if (op != OP_SHL && a->kind == K_NUM && a->lo >= 0 && (size == 8 || a->hi <= INT_MAX))
			return make_num(f, 0, a->hi);
		return r;
	}
	n = count->lo & (bits - 1);
	if (!n)
		return *a;
	if (a->kind != K_NUM) {
		if (op == OP_SHR)
			return make_num(f, 0, (s64)((size == 8 ? ~0ull : 0xffffffffull) >> n));
		return r;
	}
	switch (op) {
	case OP_SHR:
		if (a->lo >= 0)
			return make_num(f, a->lo >> n, a->hi >> n);
		return make_num(f, 0, (s64)((size == 8 ? ~0ull : 0xffffffffull) >> n));
	case OP_SAR:
		if (size == 8)
			return make_num(f, a->lo >> n, a->hi >> n);
		if (a->lo >= 0 && a->hi <= INT_MAX)
			return make_num(f, a->lo >> n, a->hi >> n);
		return r;
	default:
		if (a->lo >= -(OFFSET_MAX >> 1) && a->hi <= OFFSET_MAX >> 1 && n < 16) {
			s64 lo = a->lo << n, hi = a->hi << n;

			if (size == 8 || (lo >= 0 && hi <= U32_LIMIT))
				return make_num(f, lo, hi);
		}
		/* shifted out and back in as zero: at least that */
		return size == 8 ? make_top(f) : r;
	}
}

/* add and sub, 32 bits wide */
static struct value add32(struct flow *f, const struct value *a, const struct value *b, bool sub)
{
	s64 lo, hi, blo = b->lo, bhi = b->hi;
	u32 lo32, hi32;

	if (a->kind != K_NUM || b->kind != K_NUM)
		return make_sized(f, 4);
	if (blo == bhi)
		blo = bhi = (s32)blo;	/* a constant may be meant as a negative one */
	lo = sub ? a->lo - bhi : a->lo + blo;
	hi = sub ? a->hi - blo : a->hi + bhi;
	wrap32(lo, hi, &lo32, &hi32);
	return make_num(f, lo32, hi32);
}

/* after adding a positive constant to @a: @r is its sum */
static void set_flags_carry(struct state *s, const struct value *a, const struct value *r, bool is_zero)
{
	if (a->kind != K_NUM || r->kind != K_NUM || !a->root || r->root != a->root ||
	    r->delta <= a->delta)
		return;
	s->flags.has_carry = true;
	s->flags.carry_is_zero = is_zero;
	s->flags.carry_from = a->delta;
}

static void exec_add_sub(struct flow *f, struct state *s, bool sub)
{
	const struct verify_insn *in = f->insn;
	u8 size = in->operands[0].size;
	struct value a = operand_value(f, s, 0), b = operand_value(f, s, 1), r;

	/* sub x, x */
	if (size == 8)
		r = sub ? sub64(f, &a, &b) : add64(f, &a, &b);
	else if (size == 4)
		r = add32(f, &a, &b, sub);
	else
		r = make_sized(f, size);
	write_operand(f, s, &r);
	set_flags_none(s);
	if (sub)
		set_flags_cmp(s, size, &a, &b);
	if (size >= 4)
		set_flags_result(s, size, &r);
	if (size == 8 && !sub)
		set_flags_carry(s, is_const(&a) ? &b : &a, &r, false);
}

static void exec_bitwise(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	u8 size = in->operands[0].size;
	struct value a, b, r;
	bool same = in->operands[0].kind == OPERAND_REG && in->operands[1].kind == OPERAND_REG &&
		    in->operands[0].reg == in->operands[1].reg && in->operands[0].reg < NR_GPRS;

	a = operand_value(f, s, 0);
	b = operand_value(f, s, 1);
	if (same && in->op == OP_XOR)
		r = make_const(f, 0);
	else if (same)
		r = a;
	else
		r = bitwise(f, in->op, size, &a, &b);
	write_operand(f, s, &r);
	set_flags_none(s);
	if (size < 4)
		return;
	/* the flags are those of comparing the result with zero */
	b = make_const(f, 0);
	set_flags_cmp(s, size, &r, &b);
	set_flags_result(s, size, &r);
}

static void exec_test(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct verify_operand *x = &in->operands[0], *y = &in->operands[1];
	struct value a = operand_value(f, s, 0), b;

	set_flags_none(s);
	if (x->kind == OPERAND_REG && x->reg < NR_GPRS && s->reg[x->reg].kind == K_STACK &&
	    x->size >= 4 && y->kind == OPERAND_IMM && !in->imm_reloc && in->imm == KWASM_STACK_MASK) {
		s->flags.stack_check = s->reg[x->reg].lo;
		return;
	}
	if (x->kind == OPERAND_REG && y->kind == OPERAND_REG && x->reg == y->reg && x->reg < NR_GPRS) {
		b = make_const(f, 0);
		set_flags_cmp(s, x->size, &a, &b);
		if (x->size >= 4)
			set_flags_result(s, x->size, &a);
		return;
	}
	operand_value(f, s, 1);
}

static void exec_move_extend(struct flow *f, struct state *s, bool is_signed)
{
	const struct verify_insn *in = f->insn;
	u8 from = in->operands[1].kind == OPERAND_MEM ? in->mem_size : in->operands[1].size;
	u8 to = in->operands[0].size;
	struct value v = operand_value(f, s, 1), r;
	s64 half = 1ll << (from * 8 - 1);

	if (!is_signed) {
		if (v.kind != K_NUM)
			v = make_sized(f, from);
		write_operand(f, s, &v);
		return;
	}
	if (v.kind == K_NUM && v.lo >= 0 && v.hi < half)
		r = v;
	else if (v.kind == K_NUM && v.lo >= half && v.hi < 2 * half)
		r = make_num(f, v.lo - 2 * half, v.hi - 2 * half);
	else
		r = make_num(f, -half, half - 1);
	if (to == 4 && r.lo < 0)
		r = r.hi < 0 ? make_num(f, (u32)r.lo, (u32)r.hi) : make_sized(f, 4);
	else if (from == 4 && v.kind == K_NUM)
		r.vn32 = v.vn32;
	write_operand(f, s, &r);
}

/* everything that an instruction writes becomes unknown, its memory operand is checked */
static void exec_other(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	u32 i;

	if (in->has_mem && in->mem_size)
		access_at(f, s, address_of(f, s), in->mem_size, in->mem_read, in->mem_write, NULL);
	for (i = 0; i < NR_GPRS; i++) {
		if (in->writes64 >> i & 1)
			s->reg[i] = make_top(f);
		else if (in->writes32 >> i & 1)
			s->reg[i] = make_sized(f, 4);
		else if (in->writes8 >> i & 1)
			s->reg[i] = is_u32(&s->reg[i]) ? make_sized(f, 4) : make_top(f);
	}
	if (in->flags_written)
		set_flags_none(s);
}

static void exec_divide(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value divisor = in->has_mem ? make_top(f) : operand_value(f, s, 0), high;

	high = truncate(f, &s->reg[RDX], in->operands[0].size);
	/* unsigned and not by zero, or covered by the table */
	if (!bitmap_test(f->obj->rows, in->at) &&
	    (in->operands[0].size < 4 || divisor.kind != K_NUM ||
	     divisor.lo <= 0 || !is_const(&high) || high.lo))
		VIOLATION(f, FAULT, "division may fault and has no row in __ex_table");
	exec_other(f, s);
}

static void exec_lea(struct flow *f, struct state *s)
{
	struct value v = address_of(f, s);

	if (f->insn->operands[0].size == 4)
		v = truncate32(f, &v);
	write_operand(f, s, &v);
}

static void exec_cmov(struct flow *f, struct state *s)
{
	struct value a = operand_value(f, s, 0), b = operand_value(f, s, 1);

	/* either of the two; a state of its own is not worth it */
	join_begin(f, 8);
	join_value(f, s, &a, &b, 0);
	/* numbers that the join made up belong to nobody else */
	if (a.kind == K_FUNC) {
		a.vn = fresh(f);
		a.root = a.vn;
	} else if (is_func_family(&a)) {
		a = make_top(f);
	} else {
		a.vn = fresh(f);
		a.vn32 = fresh(f);
		a.root = a.kind == K_NUM ? a.vn : 0;
		a.delta = 0;
		a.bound_of = 0;
	}
	if (f->insn->operands[0].size == 4 && !is_u32(&a))
		a = truncate32(f, &a);
	write_operand(f, s, &a);
}

static void exec_xchg(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct verify_operand *x = &in->operands[0], *y = &in->operands[1];
	struct value a, b;

	if (x->kind != OPERAND_REG || y->kind != OPERAND_REG || x->reg >= NR_GPRS ||
	    y->reg >= NR_GPRS || x->size != 8) {
		exec_other(f, s);
		return;
	}
	a = s->reg[x->reg];
	b = s->reg[y->reg];
	s->reg[x->reg] = b;
	s->reg[y->reg] = a;
}

static void push(struct flow *f, struct state *s, const struct value *v)
{
	struct value eight = make_const(f, -8);

	s->reg[RSP] = add64(f, &s->reg[RSP], &eight);
	slot_set(s, stack_pointer(s), 8, v);
}

static struct value pop(struct flow *f, struct state *s)
{
	struct value eight = make_const(f, 8);
	const struct value *held = slot_get(s, stack_pointer(s));
	struct value v = held ? *held : make_top(f);

	if (stack_pointer(s) >= 0)
		VIOLATION(f, STACK, "pops more than was pushed");
	s->reg[RSP] = add64(f, &s->reg[RSP], &eight);
	return v;
}

/* after an instruction that may have moved rsp; false if all is lost */
static bool check_stack_pointer(struct flow *f, struct state *s)
{
	const struct value *rsp = &s->reg[RSP];

	if (rsp->kind != K_STACK || rsp->lo > 0 || rsp->lo < -(s64)KWASM_FRAME_MAX) {
		if (rsp->kind == K_STACK && rsp->lo < 0)
			VIOLATION(f, STACK, "frame of %lld bytes is too large", -rsp->lo);
		else
			VIOLATION(f, STACK, "the stack pointer becomes what is not known to be in the frame");
		return false;
	}
	/* what lies below can be overwritten at any time */
	slots_kill(s, LLONG_MIN + 8, rsp->lo);
	return true;
}

/* returns false if nothing can be said about what comes behind */
static bool exec(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value v, a, b;
	s64 old_rsp = stack_pointer(s);

	switch (in->op) {
	case OP_NOP:
		return true;
	case OP_MOV:
		v = operand_value(f, s, 1);
		if (in->operands[0].size == 4)
			v = truncate32(f, &v);
		write_operand(f, s, &v);
		break;
	case OP_BIT_SCAN:
		operand_value(f, s, 1);
		if (in->operands[0].reg < NR_GPRS)
			s->reg[in->operands[0].reg] = make_top(f);
		set_flags_none(s);
		break;
	case OP_MOVZX:
		exec_move_extend(f, s, false);
		break;
	case OP_MOVSX:
		exec_move_extend(f, s, true);
		break;
	case OP_LEA:
		exec_lea(f, s);
		break;
	case OP_ADD:
		exec_add_sub(f, s, false);
		break;
	case OP_SUB:
		exec_add_sub(f, s, true);
		break;
	case OP_INC:
	case OP_DEC:
		a = operand_value(f, s, 0);
		b = make_const(f, in->op == OP_INC ? 1 : -1);
		v = in->operands[0].size == 8 ? add64(f, &a, &b) :
		    in->operands[0].size == 4 ? add32(f, &a, &b, false) :
		    make_sized(f, in->operands[0].size);
		write_operand(f, s, &v);
		set_flags_none(s);
		if (in->operands[0].size >= 4)
			set_flags_result(s, in->operands[0].size, &v);
		if (in->op == OP_INC && in->operands[0].size == 8)
			set_flags_carry(s, &a, &v, true);
		break;
	case OP_NEG:
		a = operand_value(f, s, 0);
		v = in->operands[0].size == 8 ? negate(f, &a) : make_sized(f, in->operands[0].size);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_AND:
	case OP_OR:
	case OP_XOR:
		exec_bitwise(f, s);
		break;
	case OP_SHL:
	case OP_SHR:
	case OP_SAR:
		a = operand_value(f, s, 0);
		b = operand_value(f, s, 1);
		if (in->nr_operands < 2)
			b = make_const(f, 1);
		v = shift(f, in->op, in->operands[0].size, &a, &b);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_IMUL:
		if (in->nr_operands == 3 && in->operands[2].kind == OPERAND_IMM &&
		    in->operands[0].size == 8 && in->imm > 0) {
			a = operand_value(f, s, 1);
			v = a.kind == K_NUM && a.lo >= 0 && a.hi < (1ll << 40) && in->imm < 1 << 16 ?
				make_num(f, a.lo * in->imm, a.hi * in->imm) : make_top(f);
			write_operand(f, s, &v);
			set_flags_none(s);
			break;
		}
		exec_other(f, s);
		break;
	case OP_CMP:
		a = operand_value(f, s, 0);
		b = operand_value(f, s, 1);
		set_flags_cmp(s, in->operands[0].kind == OPERAND_MEM ? in->mem_size :
			      in->operands[0].size, &a, &b);
		break;
	case OP_TEST:
		exec_test(f, s);
		break;
	case OP_CMOV:
		exec_cmov(f, s);
		break;
	case OP_SETCC:
		v = make_num(f, 0, 1);
		write_operand(f, s, &v);
		break;
	case OP_COUNT_BITS:
		operand_value(f, s, 1);
		v = make_num(f, 0, 64);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_SBB:
		operand_value(f, s, 0);
		operand_value(f, s, 1);
		v = make_sized(f, in->operands[0].size);
		if (in->operands[0].kind == OPERAND_REG && in->operands[1].kind == OPERAND_REG &&
		    in->operands[0].reg == in->operands[1].reg && in->operands[0].size == 8)
			v = make_num(f, -1, 0);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_DIV:
		exec_divide(f, s);
		break;
	case OP_XCHG:
		exec_xchg(f, s);
		break;
	case OP_PUSH:
		v = operand_value(f, s, 0);
		if (in->operands[0].kind == OPERAND_REG && in->operands[0].size != 8)
			v = make_top(f);
		push(f, s, &v);
		break;
	case OP_POP:
		if (in->operands[0].kind != OPERAND_REG || in->operands[0].reg == RSP) {
			VIOLATION(f, STACK, "pops to this place");
			return false;
		}
		v = pop(f, s);
		s->reg[in->operands[0].reg] = v;
		break;
	case OP_LEAVE:
		s->reg[RSP] = s->reg[RBP];
		if (!check_stack_pointer(f, s))
			return false;
		v = pop(f, s);
		s->reg[RBP] = v;
		break;
	default:
		exec_other(f, s);
		break;
	}
	if (s->reg[RSP].kind != K_STACK || stack_pointer(s) != old_rsp)
		return check_stack_pointer(f, s);
	return true;
}

/* ---- blocks ---- */

static u32 insn_at(const struct flow *f, s64 at)
{
	u32 lo = 0, hi = f->nr_insns;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (f->insns[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool inside(const struct flow *f, s64 at)
{
	const struct verify_func *func = &f->obj->report->funcs[f->func];

	return at >= func->text_offset && at < (s64)func->text_offset + func->size;
}

/* a jump or conditional jump within the function */
static bool is_local_branch(const struct flow *f, const struct verify_insn *in)
{
	return (in->op == OP_JMP || in->op == OP_JCC) && in->has_target && inside(f, in->target);
}

/* a call of a trap, or of a function that never returns */
static bool is_last_call(const struct flow *f, const struct verify_insn *in)
{
	if (in->op != OP_CALL)
		return false;
	if (in->has_target)
		return !f->obj->entries[verify_func_at(f->obj, in->target)].returns;
	return in->imm_reloc &&
	       f->obj->symbols[in->imm_reloc->symbol].import == VERIFY_IMPORT_TRAP;
}

static bool ends_block(const struct flow *f, const struct verify_insn *in)
{
	return in->op == OP_JMP || in->op == OP_JCC || in->op == OP_RET || in->op == OP_INT3 ||
	       in->op == OP_UD2 || is_last_call(f, in);
}

static void make_blocks(struct flow *f)
{
	u32 *block_of = xcalloc(f->nr_insns + 1, sizeof(*block_of));
	u32 i, nr = 0;
	struct block *b;

	/* first mark the leaders */
	block_of[0] = 1;
	for (i = 0; i < f->nr_insns; i++) {
		if (is_local_branch(f, &f->insns[i]))
			block_of[insn_at(f, f->insns[i].target)] = 1;
		if (ends_block(f, &f->insns[i]) && i + 1 < f->nr_insns)
			block_of[i + 1] = 1;
	}
	for (i = 0; i < f->nr_insns; i++)
		nr += block_of[i];
	f->blocks = xcalloc(nr, sizeof(*f->blocks));
	for (i = 0; i < f->nr_insns; i++) {
		if (block_of[i])
			f->blocks[f->nr_blocks++].first = i;
		block_of[i] = f->nr_blocks - 1;
		f->blocks[f->nr_blocks - 1].last = i;
	}
	for (i = 0; i < nr; i++) {
		const struct verify_insn *in;

		b = &f->blocks[i];
		in = &f->insns[b->last];
		b->taken = NO_BLOCK;
		b->next = NO_BLOCK;
		b->order = NO_BLOCK;
		if (is_local_branch(f, in))
			b->taken = block_of[insn_at(f, in->target)];
		if ((!ends_block(f, in) || in->op == OP_JCC) && b->last + 1 < f->nr_insns)
			b->next = block_of[b->last + 1];
	}
	free(block_of);
}

/* depth first, without recursion; loop heads are where an edge leads back into the path */
static void order_blocks(struct flow *f)
{
	u32 *stack = xcalloc(f->nr_blocks, sizeof(*stack)), nr = 0, i;
	u8 *state = xcalloc(f->nr_blocks, 1);	/* edges looked at; 3: left */

	f->order = xcalloc(f->nr_blocks, sizeof(*f->order));
	stack[nr++] = 0;
	state[0] = 1;
	while (nr) {
		u32 at = stack[nr - 1], to;

		if (state[at] == 3) {
			f->order[f->nr_order++] = at;
			nr--;
			state[at] = 4;
			continue;
		}
		to = state[at] == 1 ? f->blocks[at].taken : f->blocks[at].next;
		state[at]++;
		if (to == NO_BLOCK)
			continue;
		if (!state[to]) {
			state[to] = 1;
			stack[nr++] = to;
		} else if (state[to] != 4) {
			f->blocks[to].loop_head = true;
		}
	}
	for (i = 0; i < f->nr_order / 2; i++) {
		u32 swap = f->order[i];

		f->order[i] = f->order[f->nr_order - 1 - i];
		f->order[f->nr_order - 1 - i] = swap;
	}
	for (i = 0; i < f->nr_order; i++)
		f->blocks[f->order[i]].order = i;
	free(stack);
	free(state);
}

static int compare_s64(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

static void add_threshold(struct flow *f, s64 v)
{
	array_reserve(f->thresholds, f->cap_thresholds, f->nr_thresholds + 1);
	f->thresholds[f->nr_thresholds++] = v;
}

/* where intervals stop when they grow: round numbers, and what the code compares with */
static void make_thresholds(struct flow *f)
{
	static const s64 round[] = {
		-(1ll << 33), -(1ll << 32) - 65536, -(1ll << 32), -(1ll << 31), -65536, -1, 0, 255, 65535,
		INT_MAX, 1ll << 31, U32_LIMIT, (1ll << 32) + 4096, (1ll << 33), (1ll << 33) + 65536,
		1ll << 40,
	};
	size_t i, n;

	f->nr_thresholds = 0;
	for (i = 0; i < ARRAY_SIZE(round); i++)
		add_threshold(f, round[i]);
	for (i = 0; i < f->nr_insns && f->nr_thresholds < 256; i++) {
		const struct verify_insn *in = &f->insns[i];
		s64 step = 1;

		if (in->op != OP_CMP || in->operands[1].kind != OPERAND_IMM || in->imm_reloc)
			continue;
		/* a loop that counts in steps ends one step before */
		if (i && f->insns[i - 1].op == OP_ADD && f->insns[i - 1].operands[1].kind == OPERAND_IMM)
			step = f->insns[i - 1].imm;
		add_threshold(f, in->imm - step);
		add_threshold(f, in->imm);
		add_threshold(f, in->imm - 1);
	}
	qsort(f->thresholds, f->nr_thresholds, sizeof(s64), compare_s64);
	for (i = 1, n = 1; i < f->nr_thresholds; i++)
		if (f->thresholds[i] != f->thresholds[n - 1])
			f->thresholds[n++] = f->thresholds[i];
	f->nr_thresholds = n;
}

static void entry_state(struct flow *f, struct state *s)
{
	static const u8 saved[] = { RBX, RBP, R12, R14, R15 };
	struct value v;
	u32 i;

	s->nr_slots = 0;
	s->checked = NO_CHECK;
	forget_cells(s);
	s->sized_table = 0;
	s->table_size = 0;
	s->sized_memory = 0;
	s->memory_size = 0;
	memset(&s->flags, 0, sizeof(s->flags));
	s->flags.stack_check = NO_CHECK;
	for (i = 0; i < NR_GPRS; i++)
		s->reg[i] = make_top(f);
	for (i = 0; i < ARRAY_SIZE(saved); i++)
		s->reg[saved[i]] = make_pointer(f, K_ENTRY, saved[i], 0);
	s->reg[R13] = f->any_context ? make_pointer(f, K_ENTRY, R13, 0) :
		      make_pointer(f, K_CTX, 0, 0);
	s->reg[RSP] = make_pointer(f, K_STACK, 0, 0);
	v = make_pointer(f, K_RETURN, 0, 0);
	slot_set(s, 0, 8, &v);
	if (f->entry->invoker) {
		s->reg[RDI] = make_pointer(f, K_INVOKED, 0, 0);
		fill_cells(f, s, f->entry->type, false, ~0u);
		return;
	}
	fill_cells(f, s, f->entry->type, false, f->sig->cell_params);
	for (i = 0; i < ARRAY_SIZE(arg_regs); i++)
		if (f->sig->params[i] != VERIFY_REF_NONE)
			s->reg[arg_regs[i]] = make_ref(f, f->sig->params[i]);
}

static void flow_to(struct flow *f, u32 to, const struct state *s)
{
	struct block *b = &f->blocks[to];
	int leap = 0;

	if (f->phase == SHRINKING) {
		if (b->has_redo)
			join_state(f, &b->redo, s, 0);
		else
			state_copy(&b->redo, s);
		b->has_redo = true;
		return;
	}
	if (!b->has_in) {
		state_copy(&b->in, s);
		b->has_in = true;
		b->queued = true;
		return;
	}
	if (b->loop_head)
		leap = b->visits > VISITS_MAX ? 2 : b->visits >= VISITS_WIDEN;
	else if (b->visits > VISITS_MAX * 4)
		leap = 2;
	if (join_state(f, &b->in, s, leap))
		b->queued = true;
}

/* run a block from its start; to its successors unless only reporting */
static void run_block(struct flow *f, struct block *b)
{
	struct state *s = &f->tmp[0];
	u32 i;

	state_copy(s, &b->in);
	f->insn = &f->insns[b->first];
	if (s->reg[RSP].kind != K_STACK) {
		VIOLATION(f, STACK, "the stack pointer differs where paths meet");
		return;
	}
	for (i = b->first; i <= b->last; i++) {
		f->insn = &f->insns[i];
		switch (f->insn->op) {
		case OP_CALL:
			if (!exec_call(f, s))
				return;
			break;
		case OP_RET:
			check_return(f, s, true);
			return;
		case OP_INT3:
		case OP_UD2:
			VIOLATION(f, INSTRUCTION, "can be reached");
			return;
		case OP_JMP:
			if (b->taken == NO_BLOCK)
				exec_leave_jump(f, s);
			else if (f->phase != LOOKING)
				flow_to(f, b->taken, s);
			return;
		case OP_JCC:
			if (b->next == NO_BLOCK) {
				VIOLATION(f, BRANCH, "runs off the end of the function");
				return;
			}
			if (f->phase == LOOKING)
				return;
			state_copy(&f->tmp[1], s);
			if (learn_branch(f, &f->tmp[1], f->insn->cc, true))
				flow_to(f, b->taken, &f->tmp[1]);
			if (learn_branch(f, s, f->insn->cc, false))
				flow_to(f, b->next, s);
			return;
		default:
			if (!exec(f, s))
				return;
		}
	}
	if (b->next == NO_BLOCK)
		VIOLATION(f, BRANCH, "runs off the end of the function");
	else if (f->phase != LOOKING)
		flow_to(f, b->next, s);
}

static void destroy(struct flow *f)
{
	u32 i;

	for (i = 0; i < f->nr_blocks; i++) {
		free(f->blocks[i].in.slots);
		free(f->blocks[i].redo.slots);
	}
	for (i = 0; i < ARRAY_SIZE(f->tmp); i++)
		free(f->tmp[i].slots);
	free(f->blocks);
	free(f->order);
	free(f->thresholds);
	free(f->pairs);
}

/* run blocks until what holds at their starts holds for all paths */
static void grow(struct flow *f)
{
	bool again = true;
	u32 i;

	f->phase = GROWING;
	entry_state(f, &f->blocks[0].in);
	f->blocks[0].has_in = true;
	f->blocks[0].queued = true;
	while (again) {
		again = false;
		for (i = 0; i < f->nr_order; i++) {
			struct block *b = &f->blocks[f->order[i]];

			if (!b->queued)
				continue;
			b->queued = false;
			b->visits++;
			run_block(f, b);
			again = true;
		}
	}
}

static void take_redo(struct block *b)
{
	struct state swap = b->in;

	b->in = b->redo;
	b->redo = swap;
	b->has_in = b->has_redo;
	b->has_redo = false;
}

/*
 * Growing by leaps often goes too far. What holds for all paths still does after
 * one more step along all of them, and that may be less.
 */
static void shrink(struct flow *f)
{
	u32 i;

	f->phase = SHRINKING;
	entry_state(f, &f->blocks[0].redo);
	f->blocks[0].has_redo = true;
	for (i = 0; i < f->nr_order; i++) {
		struct block *b = &f->blocks[f->order[i]];

		/* all edges to it come from blocks before */
		if (!b->loop_head)
			take_redo(b);
		if (b->has_in)
			run_block(f, b);
	}
	for (i = 0; i < f->nr_order; i++)
		if (f->blocks[f->order[i]].loop_head)
			take_redo(&f->blocks[f->order[i]]);
}

/* look at every reachable instruction; returns how much is wrong */
static u32 look(struct flow *f, bool report)
{
	u32 i;

	f->phase = LOOKING;
	f->report = report;
	f->nr_found = 0;
	for (i = 0; i < f->nr_order; i++)
		if (f->blocks[f->order[i]].has_in)
			run_block(f, &f->blocks[f->order[i]]);
	f->report = false;
	return f->nr_found;
}

void verify_flow_func(struct verify_object *obj, u32 func, struct verify_insn *insns, u32 nr,
		      bool any_context)
{
	struct flow f = {
		.obj = obj,
		.func = func,
		.entry = &obj->entries[func],
		.insns = insns,
		.nr_insns = nr,
		.any_context = any_context,
		/* the lowest numbers are those of import slots and of own functions */
		.next_vn = obj->image.imports.nr + obj->image.refs.nr + 1,
	};
	u32 i;

	f.sig = f.entry->invoker ? &no_sig : sig_of(&f, f.entry->type);
	make_blocks(&f);
	order_blocks(&f);
	make_thresholds(&f);
	grow(&f);
	for (i = 0; look(&f, i == NR_SHRINKS) && i < NR_SHRINKS; i++)
		shrink(&f);
	destroy(&f);
}
