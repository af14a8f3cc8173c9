// SPDX-License-Identifier: GPL-2.0
/*
 * verify_value.c - what registers and stack slots may hold
 *
 * Arithmetic on abstract values, states, what comparisons and accesses tell about
 * values, and what is still known where two paths meet. See verify_flow.c first.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_flow.h"

/* ---- values ---- */

u32 flow_fresh(struct flow *f)
{
	if (f->next_vn == FIRST_PRODUCT)
		f->exhausted = true;
	return f->next_vn < FIRST_PRODUCT ? f->next_vn++ : f->next_vn;
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

/*
 * Nothing is known of @v, which has its value number, relative to others. A number is its own root. A pointer
 * has a number for its offset, so that what is told of one place is told of others at a distance.
 */
void flow_own_root(struct flow *f, struct value *v)
{
	v->root = v->kind == K_NUM ? v->vn : v->kind == K_CTX || v->kind == K_BASE ? flow_fresh(f) : 0;
	v->factor = 1;
	v->delta = 0;
	v->bound_of = 0;
	v->has_low = false;
}

struct value flow_make_num(struct flow *f, s64 lo, s64 hi)
{
	struct value v = {
		.kind = K_NUM, .lo = lo, .hi = hi, .lo32 = 0, .hi32 = ~0u,
	};

	v.vn = flow_fresh(f);
	v.vn32 = flow_fresh(f);
	flow_own_root(f, &v);
	tighten(&v);
	return v;
}

struct value flow_make_top(struct flow *f)
{
	return flow_make_num(f, LLONG_MIN, LLONG_MAX);
}

struct value flow_make_const(struct flow *f, s64 c)
{
	return flow_make_num(f, c, c);
}

/* an unsigned number of @size bytes */
struct value flow_make_sized(struct flow *f, u32 size)
{
	switch (size) {
	case 1: return flow_make_num(f, 0, 0xff);
	case 2: return flow_make_num(f, 0, 0xffff);
	case 4: return flow_make_num(f, 0, U32_LIMIT);
	default: return flow_make_top(f);
	}
}

struct value flow_make_pointer(struct flow *f, enum kind kind, u32 id, s64 offset)
{
	struct value v = {
		.kind = kind, .id = id, .lo = offset, .hi = offset, .hi32 = ~0u,
	};

	v.vn = flow_fresh(f);
	flow_own_root(f, &v);
	return v;
}

/* a part of the reference @func, which is K_FUNC */
struct value flow_make_part(struct flow *f, enum kind kind, const struct value *func)
{
	struct value v = flow_make_pointer(f, kind, func->id, 0);

	v.root = func->root;
	v.nonnull = func->nonnull;
	v.own = func->own;
	return v;
}

/* a reference, perhaps null, of a type: VERIFY_REF_*, not _NONE */
struct value flow_make_ref(struct flow *f, u32 ref)
{
	struct value v = flow_make_pointer(f, K_FUNC, ref < VERIFY_REF_TYPED ? 0 : ref - VERIFY_REF_TYPED + 1, 0);

	v.root = v.vn;
	return v;
}

bool flow_is_const(const struct value *v)
{
	return v->kind == K_NUM && v->lo == v->hi;
}

bool flow_is_u32(const struct value *v)
{
	return v->kind == K_NUM && v->lo >= 0 && v->hi <= U32_LIMIT;
}

bool flow_is_context(const struct value *v)
{
	return v->kind == K_CTX && v->lo == 0 && v->hi == 0;
}

/* kinds with an interval of offsets that arithmetic may move */
static bool is_pointer(const struct value *v)
{
	switch (v->kind) {
	case K_STACK: case K_CTX: case K_BASE: case K_HEAP: case K_SECTION: case K_SYMBOL: case K_TABLE:
	case K_ELEMS: case K_MEMORY: case K_FUNC: case K_VALUES: case K_CELL:
		return true;
	default:
		return false;
	}
}

bool flow_is_func_family(const struct value *v)
{
	return v->kind >= K_FUNC && v->kind <= K_FUNC_TYPE;
}

static bool is_null_func(const struct flow *f, const struct value *v)
{
	return v->kind == K_SYMBOL && v->lo == 0 &&
	       f->obj->symbols[v->id].import == VERIFY_IMPORT_NULL_FUNC;
}

/* what reference a value is: VERIFY_REF_* or NULL_REF */
u32 flow_ref_of(const struct flow *f, const struct value *v)
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
bool flow_is_reference(const struct flow *f, const struct value *v, u32 want)
{
	u32 ref = flow_ref_of(f, v);

	return ref == NULL_REF || (ref != VERIFY_REF_NONE && verify_ref_matches(f->obj, ref, want));
}

/* how many elements a table has at least; tables never shrink */
u64 flow_table_min(const struct flow *f, const struct state *s, u32 table)
{
	u64 min = f->obj->tables[table].min;

	return s->sized_table == table + 1 && (u64)s->table_size > min ? (u64)s->table_size : min;
}

u64 flow_memory_min(const struct flow *f, const struct state *s, u32 memory)
{
	const struct kwasm_image_memory *m = &f->obj->memories[memory];
	u64 min = m->min <= (u64)MEMORY_SIZE_MAX >> m->page_size_log2 ?
		  m->min << m->page_size_log2 : MEMORY_SIZE_MAX;

	return s->sized_memory == memory + 1 && (u64)s->memory_size > min ?
		(u64)s->memory_size : min;
}

bool flow_below_table_size(const struct flow *f, const struct state *s, const struct value *v,
			   u32 table)
{
	return v->kind == K_NUM && v->lo >= 0 &&
	       (v->table == table + 1 || (u64)v->hi < flow_table_min(f, s, table));
}

static bool add_overflows(s64 a, s64 b, s64 *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

/* [lo, hi] modulo 2^32, if that is an interval */
void flow_wrap32(s64 lo, s64 hi, u32 *lo32, u32 *hi32)
{
	*lo32 = 0;
	*hi32 = ~0u;
	if (hi - lo > U32_LIMIT || (u32)lo > (u32)hi)
		return;
	*lo32 = lo;
	*hi32 = hi;
}

/* the lower 32 bits, the rest cleared */
struct value flow_truncate32(struct flow *f, const struct value *v)
{
	struct value t;

	if (flow_is_u32(v))
		return *v;
	/* a type id is 32 bits already */
	if (v->kind == K_FUNC_TYPE || v->kind == K_TYPE_ID)
		return *v;
	t = flow_make_num(f, 0, U32_LIMIT);
	if (v->kind != K_NUM)
		return t;
	t.lo = v->lo32;
	t.hi = v->hi32;
	t.vn32 = v->vn32;
	tighten(&t);
	return t;
}

struct value flow_truncate(struct flow *f, const struct value *v, u32 size)
{
	struct value t;

	if (size >= 8)
		return *v;
	if (size == 4)
		return flow_truncate32(f, v);
	t = flow_make_sized(f, size);
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
		*v = flow_make_top(f);
}

/* @r is @v plus a constant, modulo 2^64, or a pointer at that offset */
void flow_follow_root(struct value *r, const struct value *v, s64 constant)
{
	s64 delta;

	if (!v->root || constant < -OFFSET_MAX || constant > OFFSET_MAX)
		return;
	delta = v->delta + constant;
	if (delta < -OFFSET_MAX || delta > OFFSET_MAX)
		return;
	r->root = v->root;
	r->factor = v->factor;
	r->delta = delta;
	r->bound_of = v->bound_of;
	r->bound = v->bound;
}

/* @r is @v times a constant, modulo 2^64; both are numbers */
void flow_follow_product(struct value *r, const struct value *v, u32 constant)
{
	s64 most = OFFSET_MAX / constant;

	if (!v->root || v->factor > FACTOR_MAX / constant || v->delta < -most || v->delta > most)
		return;
	r->root = v->root;
	r->factor = v->factor * constant;
	r->delta = v->delta * constant;
}

/* a + b, 64 bits wide */
struct value flow_add64(struct flow *f, const struct value *a, const struct value *b)
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
		return flow_make_top(f);
	if (flow_is_const(b) && !b->lo)
		return *a;
	if (flow_is_const(a) && !a->lo)
		return *b;
	if (add_overflows(a->lo, b->lo, &lo) || add_overflows(a->hi, b->hi, &hi)) {
		if (a->kind != K_NUM)
			return flow_make_top(f);
		lo = LLONG_MIN;
		hi = LLONG_MAX;
	}
	if (a->kind == K_NUM) {
		if (flow_is_const(a)) {
			swap = a;
			a = b;
			b = swap;
		}
		r = flow_make_num(f, lo, hi);
		/* strictly below a number: one more is not above it */
		if (a->below && a->strictly && flow_is_const(b) && b->lo == 1)
			r.below = a->below;
		if (lo == LLONG_MIN && hi == LLONG_MAX)
			flow_wrap32((s64)a->lo32 + b->lo32, (s64)a->hi32 + b->hi32, &r.lo32, &r.hi32);
	} else {
		r = *a;
		r.vn = flow_fresh(f);
		r.lo = lo;
		r.hi = hi;
		if (!flow_is_func_family(&r))
			flow_own_root(f, &r);
		clamp_pointer(f, &r);
		if (r.kind == K_NUM)
			return r;
	}
	/* remember "some number plus a constant", for comparisons with memory sizes */
	if (flow_is_const(b) && (a->kind == K_NUM || a->kind == K_CTX || a->kind == K_BASE))
		flow_follow_root(&r, a, b->lo);
	else if ((a->kind == K_CTX || a->kind == K_BASE) && a->lo == a->hi)
		flow_follow_root(&r, b, a->lo);
	return r;
}

struct value flow_negate(struct flow *f, const struct value *v)
{
	if (v->kind != K_NUM || v->lo == LLONG_MIN)
		return flow_make_top(f);
	return flow_make_num(f, -v->hi, -v->lo);
}

struct value flow_sub64(struct flow *f, const struct value *a, const struct value *b)
{
	struct value n;

	if (a->kind != K_NUM && a->kind == b->kind && a->id == b->id && is_pointer(a) &&
	    (!flow_is_func_family(a) || a->root == b->root))
		return flow_make_num(f, a->lo - b->hi, a->hi - b->lo);
	n = flow_negate(f, b);
	return flow_add64(f, a, &n);
}

struct value flow_scaled(struct flow *f, const struct value *v, u32 scale)
{
	struct value r;

	if (scale <= 1)
		return *v;
	if (v->kind != K_NUM || v->lo < -OFFSET_MAX || v->hi > OFFSET_MAX)
		return flow_make_top(f);
	r = flow_make_num(f, v->lo * scale, v->hi * scale);
	flow_follow_product(&r, v, scale);
	return r;
}

/* ---- states ---- */

void flow_state_copy(struct state *to, const struct state *from)
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

s64 flow_stack_pointer(const struct state *s)
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
void flow_slots_kill(struct state *s, s64 start, s64 end)
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

const struct slot *flow_slot_find(const struct state *s, s64 offset)
{
	size_t i = slot_index(s, offset);

	return i < s->nr_slots && s->slots[i].offset == offset ? &s->slots[i] : NULL;
}

/* what 8 bytes at @offset hold, NULL if nothing is known */
const struct value *flow_slot_get(const struct state *s, s64 offset)
{
	const struct slot *slot = flow_slot_find(s, offset);

	return slot && slot->size == 8 ? &slot->v : NULL;
}

/* stores over whatever was there */
void flow_slot_set(struct state *s, s64 offset, u32 size, const struct value *v)
{
	size_t i;

	flow_slots_kill(s, offset, offset + size);
	i = slot_index(s, offset);
	array_reserve(s->slots, s->cap_slots, s->nr_slots + 1);
	memmove(&s->slots[i + 1], &s->slots[i], (s->nr_slots - i) * sizeof(*s->slots));
	s->slots[i] = (struct slot){ .offset = offset, .size = size, .v = *v };
	s->nr_slots++;
}

/* every value of a state in turn: registers, then slots */
struct value *flow_nth_value(struct state *s, size_t i)
{
	return i < NR_GPRS ? &s->reg[i] : &s->slots[i - NR_GPRS].v;
}

size_t flow_nr_values(const struct state *s)
{
	return NR_GPRS + s->nr_slots;
}

/* ---- what branches and accesses tell ---- */

/* has it an interval of numbers, or of offsets, that is its root plus its delta? */
static bool has_root(const struct value *v)
{
	return v->root && (v->kind == K_NUM || v->kind == K_CTX || v->kind == K_BASE);
}

/*
 * The range of @w, if that of @key, which has the same root, is [*lo, *hi]. With root * n + d for @key and
 * root * m * n + e for @w, modulo 2^64, @w is @key * m + e - m * d, modulo 2^64 too. Where no end of that
 * range wraps, nothing in it does. False if it does, or it is no multiple.
 */
static bool range_of(const struct value *w, const struct value *key, s64 *lo, s64 *hi)
{
	s64 times, distance;

	if (w->factor == key->factor) {
		distance = w->delta - key->delta;
		return !add_overflows(*lo, distance, lo) && !add_overflows(*hi, distance, hi);
	}
	if (w->factor % key->factor)
		return false;
	times = w->factor / key->factor;
	/* a factor is at most FACTOR_MAX, 2^16, and a delta OFFSET_MAX, 2^46: no overflow */
	distance = w->delta - times * key->delta;
	return !__builtin_mul_overflow(*lo, times, lo) && !__builtin_mul_overflow(*hi, times, hi) &&
	       !add_overflows(*lo, distance, lo) && !add_overflows(*hi, distance, hi);
}

/*
 * @v lies in [lo, hi]: so do all copies of it, and what has its root does in that range moved by the
 * distance of the two, unless that wraps. False if that cannot be: the path is not taken.
 */
bool flow_learn(struct state *s, const struct value *v, s64 lo, s64 hi)
{
	struct value key = *v;
	size_t i, nr = flow_nr_values(s);

	if (key.lo >= lo && key.hi <= hi)
		return true;
	if (key.lo > hi || key.hi < lo)
		return false;
	if (!key.vn)
		return true;
	if (lo < key.lo)
		lo = key.lo;
	if (hi > key.hi)
		hi = key.hi;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);
		s64 low = lo, high = hi;

		if (w->vn != key.vn || w->kind != key.kind) {
			if (w->root != key.root || !has_root(&key) || !has_root(w) ||
			    !range_of(w, &key, &low, &high))
				continue;
		}
		if (w->lo < low)
			w->lo = low;
		if (w->hi > high)
			w->hi = high;
		if (w->lo > w->hi)
			return false;
		if (w->kind == K_NUM)
			tighten(w);
	}
	return true;
}

/*
 * The lower half is all of it, as an unsigned or as a signed number? Then what is known of
 * that is known of the whole. A number that its lower half is sign-extended to
 * is that half if that is below 2^31, and that half less 2^32 if not.
 */
static bool learn_from_half(struct state *s, const struct value *w)
{
	s64 lo = w->lo32, hi = w->hi32;

	if (w->kind != K_NUM)
		return true;
	if (!flow_is_u32(w)) {
		if (w->lo < INT_MIN || w->hi > INT_MAX || (lo <= INT_MAX && hi > INT_MAX))
			return true;
		lo = (s32)lo;
		hi = (s32)hi;
	}
	return flow_learn(s, w, lo, hi);
}

/* all values with the lower half of @v have it in [lo, hi] */
static bool learn32(struct state *s, const struct value *v, s64 lo, s64 hi)
{
	size_t i, nr = flow_nr_values(s);
	struct value key = *v;

	if (v->kind != K_NUM)
		return true;
	if (v->lo32 >= lo && v->hi32 <= hi)
		return true;
	if (v->lo32 > hi || v->hi32 < lo)
		return false;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

		if (w->kind != K_NUM || w->vn32 != key.vn32)
			continue;
		if (w->lo32 < lo)
			w->lo32 = lo;
		if (w->hi32 > hi)
			w->hi32 = hi;
		if (w->lo32 > w->hi32 || !learn_from_half(s, w))
			return false;
	}
	/* it may be in no register any more, but what it was counted on to; constants may be of a byte */
	if (flow_is_const(&key))
		return true;
	if (key.lo32 < lo)
		key.lo32 = lo;
	if (key.hi32 > hi)
		key.hi32 = hi;
	return learn_from_half(s, &key);
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
	size_t i, nr = flow_nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

		if (w->kind != K_NUM || w->vn != v->vn)
			continue;
		w->table = table + 1;
		/* compared as unsigned */
		if (w->lo < 0)
			w->lo = 0;
		tighten(w);
	}
}

/* adding a constant to what @sum's root times its factor and @from are gave @sum without a carry */
static void learn_carry(struct state *s, const struct value *sum, s64 from)
{
	size_t i, nr = flow_nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

		if (w->kind != K_NUM || w->root != sum->root || w->factor != sum->factor ||
		    w->delta != sum->delta)
			continue;
		w->has_low = true;
		w->low = from;
	}
}

/*
 * @v, as an unsigned number, is at most (or strictly below) the size of a memory. That is less than
 * OFFSET_MAX; so for other values with this root and factor that are known to be in that
 * range too, the difference to @v is the difference of their deltas, not just
 * modulo 2^64.
 */
static void learn_memory(struct state *s, const struct value *v, u32 memory, bool strictly)
{
	const struct value key = *v;
	size_t i, nr = flow_nr_values(s);

	/* nor below what was added to get there */
	flow_learn(s, &key, key.has_low ? key.delta - key.low : 0, MEMORY_SIZE_MAX);
	if (!key.root)
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

		if ((w->kind != K_NUM && w->kind != K_CTX && w->kind != K_BASE) ||
		    w->root != key.root || w->factor != key.factor)
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
	size_t i, nr = flow_nr_values(s);

	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

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
	size_t i, nr = flow_nr_values(s);

	if (v->kind != K_FUNC || v->lo || !is_null_func(f, null))
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

		if ((w->kind == K_FUNC || w->kind == K_CODE) && w->root == v->root)
			w->nonnull = true;
	}
}

/* the reference @v is the null one */
static void learn_null(const struct flow *f, struct state *s, const struct value *v,
		       const struct value *null)
{
	const struct value key = *v, what = *null;
	size_t i, nr = flow_nr_values(s);

	if (key.kind != K_FUNC || key.lo || !is_null_func(f, &what))
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);
		u32 vn = w->vn;

		if (w->kind != K_FUNC || w->root != key.root || w->lo)
			continue;
		*w = what;
		w->vn = vn;
	}
}

/* the reference whose context @v is has the same context as this function */
static void learn_own(struct state *s, const struct value *v, const struct value *context)
{
	size_t i, nr = flow_nr_values(s);

	if (v->kind != K_FUNC_CTX || !flow_is_context(context))
		return;
	for (i = 0; i < nr; i++) {
		struct value *w = flow_nth_value(s, i);

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
		return flow_learn(s, a, b->lo, b->hi);
	case CC_NE:
		if (b->lo != b->hi)
			return true;
		if (a->lo == b->lo)
			return a->lo < LLONG_MAX && flow_learn(s, a, a->lo + 1, LLONG_MAX);
		if (a->hi == b->lo)
			return flow_learn(s, a, LLONG_MIN, a->hi - 1);
		return true;
	case CC_B:
		if (!pointers)
			return b->lo < 0 || flow_learn(s, a, 0, b->hi - 1);
		/* fall through */
	case CC_L:
		return b->hi == LLONG_MIN || flow_learn(s, a, LLONG_MIN, b->hi - 1);
	case CC_BE:
		if (!pointers)
			return b->lo < 0 || flow_learn(s, a, 0, b->hi);
		/* fall through */
	case CC_LE:
		return flow_learn(s, a, LLONG_MIN, b->hi);
	case CC_A:
		if (!pointers && (a->lo < 0 || b->lo < 0))
			return true;
		/* fall through */
	case CC_G:
		return b->lo == LLONG_MAX || flow_learn(s, a, b->lo + 1, LLONG_MAX);
	case CC_AE:
		if (!pointers && (a->lo < 0 || b->lo < 0))
			return true;
		/* fall through */
	case CC_GE:
		return flow_learn(s, a, b->lo, LLONG_MAX);
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

/* @v is below @limit, which does not change as long as it has its value number */
static bool learn_below(struct state *s, const struct value *v, const struct value *limit, bool strictly)
{
	const struct value key = *v;
	size_t i, nr = flow_nr_values(s);

	for (i = 0; i < nr && key.vn; i++) {
		struct value *w = flow_nth_value(s, i);

		if (w->kind != K_NUM || w->vn != key.vn || (w->below == limit->vn && w->strictly))
			continue;
		w->below = limit->vn;
		w->strictly = strictly;
	}
	if (limit->hi == LLONG_MIN)
		return true;
	return flow_learn(s, &key, LLONG_MIN, limit->hi - strictly);
}

/*
 * A counter that starts below a limit, grows by one and is compared for equality with it
 * never gets above.
 */
static bool learn_not_equal(struct state *s, const struct value *a, const struct value *b)
{
	if (a->kind != K_NUM || b->kind != K_NUM || !b->vn || a->vn == b->vn ||
	    flow_is_const(b) || (a->hi > b->lo && a->below != b->vn))
		return true;
	return learn_below(s, a, b, true);
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
			if (!learn_not_equal(s, a, b) || !learn_not_equal(s, b, a))
				return false;
		}
		if (cc == CC_E) {
			learn_null(f, s, a, b);
			learn_null(f, s, b, a);
			learn_own(s, a, b);
			learn_own(s, b, a);
		}
		if (a->kind == K_NUM && b->kind == K_TABLE_SIZE && cc == CC_B)
			learn_table(s, a, b->id);
		if (a->kind == K_TABLE_SIZE && b->kind == K_NUM && cc == CC_A)
			learn_table(s, b, a->id);
		if (a->kind == K_TABLE_SIZE && b->kind == K_NUM && b->lo >= 0 &&
		    (cc == CC_A || cc == CC_AE || cc == CC_E) && b->lo < OFFSET_MAX)
			learn_table_size(s, a->id, b->lo + (cc == CC_A));
		if (b->kind == K_TABLE_SIZE && a->kind == K_NUM && a->lo >= 0 &&
		    (cc == CC_B || cc == CC_BE) && a->lo < OFFSET_MAX)
			learn_table_size(s, b->id, a->lo + (cc == CC_B));
		/* a size that is not 0 */
		if (a->kind == K_TABLE_SIZE && flow_is_const(b) && !b->lo && cc == CC_NE)
			learn_table_size(s, a->id, 1);
		if (a->kind == K_MEMORY_SIZE && flow_is_const(b) && !b->lo && cc == CC_NE)
			learn_memory_size(s, a->id, 1);
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
		if (flow_is_const(&y))
			y.lo32 = y.hi32 = width == 1 ? (u8)y.lo : (u16)y.lo;
		if (flow_is_const(&x))
			x.lo32 = x.hi32 = width == 1 ? (u8)x.lo : (u16)x.lo;
		return learn_side32(s, cc, &x, &y) && learn_side32(s, back, &y, &x);
	}
	return learn_side32(s, cc, a, b) && learn_side32(s, back, b, a);
}

/* the state on the edge of a conditional branch; false if it is never taken */
bool flow_learn_branch(struct flow *f, struct state *s, u8 cc, bool taken)
{
	const struct flags fl = s->flags;
	struct value zero;

	if (!taken)
		cc ^= 1;
	if (fl.stack_check != NO_CHECK && cc == CC_NE && s->checked == NO_CHECK)
		s->checked = fl.stack_check;
	if (fl.has_carry && (fl.carry_is_zero ? cc == CC_NE : cc == CC_AE || cc == CC_A))
		learn_carry(s, &fl.result, fl.carry_from);
	if (fl.has_cmp && !learn_compare(f, s, cc, fl.width, &fl.a, &fl.b))
		return false;
	if (fl.has_result && (cc == CC_E || cc == CC_NE || cc == CC_S || cc == CC_NS)) {
		zero = flow_make_const(f, 0);
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
			*p = (struct vn_pair){ f->pair_epoch, old, new, flow_fresh(f) };
			return p->to;
		}
		if (p->old == old && p->new == new && p->to)
			return p->to;
	}
}

/*
 * The same for the number that is @old * @want->old_factor on the one path and what @want says on the
 * other; 0 if there are too many.
 */
static u32 join_product(struct flow *f, u32 old, const struct vn_product *want, bool *changed)
{
	struct vn_product *p = f->products, *end = p + f->nr_products;

	if (!old || !want->new || (want->factor == 1 && want->old_factor == 1 && !want->shift))
		return join_vn(f, old, want->new, changed);
	while (p < end && (p->new != want->new || p->factor != want->factor ||
			   p->old_factor != want->old_factor || p->shift != want->shift))
		p++;
	if (p == f->products + NR_PRODUCTS) {
		*changed = true;
		return 0;
	}
	if (p == end) {
		*p = *want;
		f->nr_products++;
	}
	return join_vn(f, old, FIRST_PRODUCT + (u32)(p - f->products), changed);
}

/* @nr: twice the values that are joined; each takes at most four rows, which fill half of them */
void flow_join_begin(struct flow *f, size_t nr)
{
	size_t want = 64;

	while (want < nr * 4)
		want *= 2;
	if (!f->pairs || f->nr_pairs_mask + 1 < want) {
		free(f->pairs);
		f->pairs = xcalloc(want, sizeof(*f->pairs));
		f->nr_pairs_mask = want - 1;
		f->pair_epoch = 0;
	}
	f->pair_epoch++;
	f->nr_products = 0;
}

/* the first of ascending numbers that is not below @v */
static size_t find_number(const s64 *numbers, size_t nr, s64 v)
{
	size_t lo = 0, hi = nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (numbers[mid] < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * In the quick attempt an interval leaps over more thresholds each time that it grows: a counter
 * may pass all of them, and small ones are often dense. Later it leaps over more and more stops, too, for
 * some functions have hundreds, but not over where memory begins and ends.
 */
static size_t stride_of(const struct flow *f, struct value *v)
{
	if (!f->quick)
		return 0;
	if (v->climbs < 16)
		v->climbs++;
	return (1u << v->climbs) / 4;
}

/* ascending */
static const s64 last_stops[] = { 0, U32_LIMIT, MEMORY_MAX + 4096, 2 * MEMORY_MAX + 65536 };

/* how many stops are passed by @v's next leap */
static size_t stops_passed(const struct value *v)
{
	return v->climbs > CLIMBS_STOP ? 1u << (v->climbs - CLIMBS_STOP - 1) : 0;
}

/* the stop at or below @v, or LLONG_MIN */
static s64 stop_below(const struct flow *f, s64 v, const struct value *old)
{
	size_t stop = find_number(f->stops, f->nr_stops, v + 1), passed = stops_passed(old);
	size_t last = find_number(last_stops, ARRAY_SIZE(last_stops), v + 1);
	s64 found = stop > passed ? f->stops[stop - 1 - passed] : LLONG_MIN;

	return last && last_stops[last - 1] > found ? last_stops[last - 1] : found;
}

/* the stop at or above @v, or LLONG_MAX */
static s64 stop_above(const struct flow *f, s64 v, const struct value *old)
{
	size_t stop = find_number(f->stops, f->nr_stops, v) + stops_passed(old);
	size_t last = find_number(last_stops, ARRAY_SIZE(last_stops), v);
	s64 found = stop < f->nr_stops ? f->stops[stop] : LLONG_MAX;

	return last < ARRAY_SIZE(last_stops) && last_stops[last] < found ? last_stops[last] : found;
}

/* @old grows down to @v, or further */
static s64 threshold_below(const struct flow *f, s64 v, struct value *old)
{
	/* those not above it */
	size_t i, stride = stride_of(f, old);
	s64 found, stop;

	if (v == LLONG_MAX)
		return LLONG_MIN;
	i = find_number(f->thresholds, f->nr_thresholds, v + 1);
	found = i > stride ? f->thresholds[i - 1 - stride] : LLONG_MIN;
	stop = stride ? stop_below(f, v, old) : LLONG_MIN;
	return stop > found ? stop : found;
}

/* up to @v, or further */
static s64 threshold_above(const struct flow *f, s64 v, struct value *old)
{
	size_t stride = stride_of(f, old), i = find_number(f->thresholds, f->nr_thresholds, v) + stride;
	s64 found = i < f->nr_thresholds ? f->thresholds[i] : LLONG_MAX;
	s64 stop = stride ? stop_above(f, v, old) : LLONG_MAX;

	return stop < found ? stop : found;
}

static s64 common_divisor(s64 a, s64 b)
{
	if (a == 1)
		return 1;
	while (b) {
		s64 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * What is known relative to other numbers: only if both paths agree about it. The root may be
 * another number on each. What is R * k + d on one path and S * l + e on the other is d above
 *
 *	g * (R * k/g on the one, S * l/g + (e - d)/g on the other)
 *
 * whatever g divides k, l and e - d; what is in parentheses is the new root, g the new factor. As g is
 * the largest, a pointer that moves as its counter does, or by four times as much, has the same
 * root as the counter, and four times its factor.
 */
static bool join_root(struct flow *f, struct value *old, const struct value *new, int leap)
{
	bool changed = false;
	s64 slack, shift, divisor, new_slack = new->bound - new->delta;

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
	shift = new->delta - old->delta;
	divisor = common_divisor(common_divisor(old->factor, new->factor), shift < 0 ? -shift : shift);
	old->root = join_product(f, old->root, &(struct vn_product){
		new->root, new->factor / divisor, old->factor / divisor, shift / divisor,
	}, &changed);
	changed |= divisor != old->factor;
	old->factor = divisor;
	if (!old->root && (old->bound_of || old->has_low)) {
		old->bound_of = 0;
		old->has_low = false;
		changed = true;
	}
	return changed;
}

/* is @v below what register or slot @i of its state holds? */
static bool is_below(const struct value *v, const struct value *limit, bool strictly)
{
	if (v->kind != K_NUM || limit->kind != K_NUM)
		return false;
	if (v->below && v->below == limit->vn && v->strictly >= strictly)
		return true;
	return v->hi < limit->lo || (!strictly && v->hi == limit->lo);
}

/* what a register or slot of @s is in @other, or NULL */
static struct value *counterpart(struct state *s, struct state *other, size_t i)
{
	const struct slot *mine;
	struct slot *slot;

	if (i < NR_GPRS)
		return &other->reg[i];
	mine = &s->slots[i - NR_GPRS];
	slot = (struct slot *)flow_slot_find(other, mine->offset);
	return slot && slot->size == mine->size ? &slot->v : NULL;
}

/*
 * Where the values of @s are below others of @s, write that down for those of @other
 * too, if it can be seen from their intervals.
 */
static void compare_limits(struct state *s, struct state *other)
{
	size_t i, j, nr = flow_nr_values(s);

	for (i = 0; i < nr; i++) {
		const struct value *v = flow_nth_value(s, i), *limit;
		struct value *o;

		if (v->kind != K_NUM || !v->below)
			continue;
		o = counterpart(s, other, i);
		if (!o || o->kind != K_NUM || o->below)
			continue;
		for (j = 0; j < nr && flow_nth_value(s, j)->vn != v->below; j++)
			;
		limit = j < nr ? counterpart(s, other, j) : NULL;
		if (limit && limit->vn && is_below(o, limit, v->strictly)) {
			o->below = limit->vn;
			o->strictly = v->strictly;
		}
	}
}

static bool join_below(struct flow *f, struct value *old, const struct value *new)
{
	bool changed = false;

	if (!old->below)
		return false;
	if (new->below && (new->strictly || !old->strictly)) {
		old->below = join_vn(f, old->below, new->below, &changed);
		return changed;
	}
	if (new->below) {
		old->below = join_vn(f, old->below, new->below, &changed);
		old->strictly = false;
		return true;
	}
	old->below = 0;
	return true;
}

/* *old becomes what both may be; returns whether it changed. @leap: 0, 1 widen, 2 give up */
bool flow_join_value(struct flow *f, const struct state *s, struct value *old,
		     const struct value *new, int leap)
{
	bool changed = false, other_func;
	struct value was = *old;

	/* different places, but both with the struct kwasm_func of an own function? */
	other_func = old->kind == K_CTX && new->kind == K_CTX && old->lo != new->lo &&
		     flow_ref_of(f, old) != VERIFY_REF_NONE && flow_ref_of(f, new) != VERIFY_REF_NONE;
	if (old->kind != new->kind || other_func ||
	    (old->id != new->id && old->kind != K_FUNC && old->kind != K_CODE)) {
		u32 a = flow_ref_of(f, old), b = flow_ref_of(f, new);

		if (a != VERIFY_REF_NONE && b != VERIFY_REF_NONE) {
			u32 ref = join_refs(a, b);
			u32 vn = join_vn(f, old->vn, new->vn, &changed);

			*old = flow_make_ref(f, ref == NULL_REF ? VERIFY_REF_FUNC : ref);
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
		    old->root == old->vn && old->factor == 1 && !old->delta) {
			/* not a number on the other path: nothing but equality remains */
			old->vn = join_vn(f, old->vn, new->vn, &changed);
			old->vn32 = join_vn(f, old->vn32, new->vn | NOT_A_NUMBER, &changed);
			old->root = old->vn;
			changed |= old->below;
			old->below = 0;
			return changed;
		}
		*old = flow_make_top(f);
		return true;
	}
	old->vn = join_vn(f, old->vn, new->vn, &changed);
	if (flow_is_func_family(old)) {
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
			*old = flow_make_top(f);
			return true;
		}
		return changed;
	}
	if (new->lo < old->lo) {
		old->lo = leap == 2 ? LLONG_MIN :
			  leap ? threshold_below(f, new->lo, old) : new->lo;
		changed = true;
	}
	if (new->hi > old->hi) {
		old->hi = leap == 2 ? LLONG_MAX :
			  leap ? threshold_above(f, new->hi, old) : new->hi;
		changed = true;
	}
	if (old->kind != K_NUM && is_pointer(old) &&
	    (old->lo < -OFFSET_MAX || old->hi > OFFSET_MAX ||
	     (old->lo != old->hi && old->kind == K_STACK))) {
		*old = flow_make_top(f);
		return true;
	}
	if (old->kind == K_NUM || old->kind == K_CTX || old->kind == K_BASE)
		changed |= join_root(f, old, new, leap);
	if (old->kind == K_NUM) {
		u32 lo32 = old->lo32, hi32 = old->hi32;

		changed |= join_below(f, old, new);
		old->vn32 = join_vn(f, old->vn32, new->vn32, &changed);
		if (!old->vn32)
			old->vn32 = flow_fresh(f);
		if (new->lo32 < lo32) {
			old->lo32 = leap ? 0 : new->lo32;
			changed = true;
		}
		if (new->hi32 > hi32) {
			old->hi32 = leap ? ~0u : new->hi32;
			changed = true;
		}
		tighten(old);
		if (old->table && !flow_below_table_size(f, s, new, old->table - 1)) {
			old->table = 0;
			changed = true;
		} else if (!old->table && new->table &&
			   flow_below_table_size(f, s, &was, new->table - 1)) {
			old->table = new->table;
		}
	}
	return changed;
}

static bool same_flag_value(const struct value *a, const struct value *b)
{
	return a->kind == b->kind && a->id == b->id && a->lo == b->lo && a->hi == b->hi &&
	       a->lo32 == b->lo32 && a->hi32 == b->hi32 && a->table == b->table &&
	       a->factor == b->factor && a->delta == b->delta;
}

/* what is known of an operand beside that: also only if it is on both paths; returns whether it was lost */
static bool join_flag_limits(struct value *old, const struct value *new)
{
	bool below = old->below, low = old->has_low && (!new->has_low || new->low != old->low);

	old->below = 0;
	if (low)
		old->has_low = false;
	return below || low;
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
		changed |= join_flag_limits(&old->a, &new->a);
		changed |= join_flag_limits(&old->b, &new->b);
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
bool flow_join_state(struct flow *f, struct state *old, struct state *new, int leap)
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
	compare_limits(old, new);
	/* makes old narrower, which must not go on forever */
	if (!leap)
		compare_limits(new, old);
	flow_join_begin(f, 2 * (NR_GPRS + old->nr_slots) + 8);
	for (i = 0; i < NR_GPRS; i++)
		changed |= flow_join_value(f, old, &old->reg[i], &new->reg[i], leap);
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
		changed |= flow_join_value(f, old, &old->slots[n].v, &new->slots[j].v, leap);
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
