// SPDX-License-Identifier: GPL-2.0
/*
 * verify_exec.c - what an instruction does to a state, and what it may not do
 *
 * Memory operands, calls and returns are where the contract is checked; all else
 * computes values. See verify_flow.c first.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_flow.h"

const struct verify_sig flow_no_sig;

/* ---- memory ---- */

static struct value symbol_value(struct flow *f, u32 symbol, s64 addend)
{
	const struct verify_symbol *sym = &f->obj->symbols[symbol];

	if (!sym->section)
		return flow_make_pointer(f, K_SYMBOL, symbol, addend);
	if (sym->section < f->obj->nr_sections)
		return flow_make_pointer(f, K_SECTION, sym->section, (s64)sym->value + addend);
	return flow_make_top(f);
}

/*
 * @address, which is in a section, plus @index (or NULL) times 8, if that surely is the address of
 * an address in a row of kwasm_app.calls: K_CALLS. Otherwise @address as it is.
 */
static struct value address_of_call(struct flow *f, const struct value *address,
				    const struct value *index)
{
	const struct verify_calls *row = f->obj->calls;
	const struct verify_calls *end = row + f->obj->image.calls.nr;
	s64 first = address->lo, last = address->hi;

	if (address->kind != K_SECTION || address->id != f->obj->calls_section || first != last)
		return *address;
	if (index) {
		if (index->kind != K_NUM || index->lo < 0 || index->hi >= OFFSET_MAX >> 3)
			return *address;
		first += index->lo * 8;
		last += index->hi * 8;
	}
	while (row != end && (first < row->first || last >= row->first + (s64)row->nr * 8))
		row++;
	if (row == end || (first - row->first) % 8)
		return *address;
	return flow_make_pointer(f, K_CALLS, row - f->obj->calls, 0);
}

static struct value address_of(struct flow *f, const struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value sum, index, disp, row;

	if (in->base == REG_RIP) {
		if (in->disp_reloc)
			return symbol_value(f, in->disp_reloc->symbol,
					    in->disp_reloc->addend + in->rip_extra);
		return flow_make_pointer(f, K_SECTION, f->obj->text, (s64)in->at + in->len + in->disp);
	}
	if (in->disp_reloc)
		sum = symbol_value(f, in->disp_reloc->symbol, in->disp_reloc->addend);
	else if (in->base == REG_NONE)
		sum = flow_make_const(f, in->disp);
	else
		sum = s->reg[in->base];
	if (in->base != REG_NONE && in->disp_reloc)
		sum = flow_add64(f, &sum, &s->reg[in->base]);
	if (in->index != REG_NONE) {
		index = s->reg[in->index];
		/* an element of a table */
		if (sum.kind == K_ELEMS && !sum.lo && !sum.hi && in->scale == 8 && !in->disp &&
		    flow_below_table_size(f, s, &index, sum.id)) {
			sum.kind = K_ELEM;
			sum.vn = flow_fresh(f);
			return sum;
		}
		if (sum.kind == K_SECTION && in->scale == 8) {
			if (in->base != REG_NONE && !in->disp_reloc && in->disp) {
				disp = flow_make_const(f, in->disp);
				row = flow_add64(f, &sum, &disp);
				row = address_of_call(f, &row, &index);
			} else {
				row = address_of_call(f, &sum, &index);
			}
			if (row.kind == K_CALLS)
				return row;
		}
		index = flow_scaled(f, &index, in->scale);
		sum = flow_add64(f, &sum, &index);
	}
	if (in->base != REG_NONE && !in->disp_reloc && in->disp) {
		disp = flow_make_const(f, in->disp);
		sum = flow_add64(f, &sum, &disp);
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

/* @v as an interval end, kept in 64 bits */
static s64 saturate(__int128 v)
{
	return v > LLONG_MAX ? LLONG_MAX : v < LLONG_MIN ? LLONG_MIN : v;
}

/*
 * What is known after an access to [base + offset, + size) of a memory was not trapped.
 * That holds as far as all accesses are found to be good in the end, so it is used
 * before they are: what grew too far by leaps comes back to what it can be.
 */
static void learn_access(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct value *base = in->base < NR_GPRS ? &s->reg[in->base] : NULL;
	const struct value *index = in->index < NR_GPRS ? &s->reg[in->index] : NULL;
	s64 least = -(s64)f->obj->image.ctx_size, scale = in->scale;
	__int128 lo = least - in->disp, hi = (__int128)MEMORY_MAX - in->mem_size - in->disp;
	struct value b, i;

	if (!base || in->disp_reloc)
		return;
	if (!index) {
		if (base->kind == K_CTX || base->kind == K_BASE)
			flow_learn(s, base, saturate(lo), saturate(hi));
		return;
	}
	b = *base;
	i = *index;
	if (i.kind != K_NUM && b.kind == K_NUM && scale == 1) {
		struct value swap = b;

		b = i;
		i = swap;
	}
	if (i.kind != K_NUM || (b.kind != K_CTX && b.kind != K_BASE))
		return;
	flow_learn(s, &b, saturate(lo - (__int128)i.hi * scale),
		   saturate(hi - (__int128)i.lo * scale));
	/* rounded towards the outside */
	lo = lo - b.hi;
	hi = hi - b.lo;
	lo = lo >= 0 ? lo / scale : -((-lo + scale - 1) / scale);
	hi = hi >= 0 ? (hi + scale - 1) / scale : -(-hi / scale);
	flow_learn(s, &i, saturate(lo), saturate(hi));
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
	     (u64)address->hi + size <= flow_memory_min(f, s, memory)))
		return;
	if (!guarded) {
		UNPROVEN(f, MEMORY, "address in memory %u is not shown to have been compared with its size",
			 memory);
		return;
	}
	if (address->lo < 0 || (u64)address->hi + size > KWASM_MEMORY_RESERVE) {
		UNPROVEN(f, MEMORY, "memory address may be base%+lld to base%+lld", address->lo,
			 address->hi);
		learn_access(f, s);
		return;
	}
	if (!bitmap_test(f->obj->rows, f->insn->at))
		VIOLATION(f, FAULT, "access to linear memory has no row in the exception table");
	learn_access(f, s);
}

/* an access at [address, + size) of the heap's area, wherever it is */
static void heap_access(struct flow *f, const struct value *address, u32 size)
{
	if (address->lo < 0 || (u64)address->hi + size > KWASM_HEAP_RESERVE)
		UNPROVEN(f, MEMORY, "heap address may be base%+lld to base%+lld", address->lo,
			 address->hi);
	else if (!bitmap_test(f->obj->rows, f->insn->at))
		VIOLATION(f, FAULT, "access to the heap has no row in the exception table");
	need_alignment(f, 0, false);
}

/* a field of the reference @func at @offset */
static struct value load_func(struct flow *f, const struct value *func, s64 offset, u32 size)
{
	if (offset == offsetof(struct kwasm_func, code) && size == 8)
		return flow_make_part(f, K_CODE, func);
	if (offset == offsetof(struct kwasm_func, ctx) && size == 8)
		return flow_make_part(f, K_FUNC_CTX, func);
	if (offset == offsetof(struct kwasm_func, type) && size == 4)
		return flow_make_part(f, K_FUNC_TYPE, func);
	return flow_make_sized(f, size);
}

static struct value load_context(struct flow *f, s64 offset, u32 size)
{
	const struct verify_slot *slot = verify_slot_at(f->obj, offset, size);
	struct value v;
	u32 ref;

	if (!slot)
		return flow_make_sized(f, size);
	if (slot->class == VERIFY_SLOT_FUNC) {
		v = flow_make_ref(f, VERIFY_REF_TYPED + f->obj->refs[slot->index].type);
		v.root = f->obj->image.imports.nr + 1 + slot->index;
		v.nonnull = true;
		return load_func(f, &v, offset - slot->offset, size);
	}
	if (size != 8)
		return flow_make_sized(f, size);
	switch (slot->class) {
	case VERIFY_SLOT_CELL:
		ref = verify_ref(f->obj->globals[slot->index].type);
		if (ref != VERIFY_REF_NONE)
			return flow_make_ref(f, ref);
		break;
	case VERIFY_SLOT_GLOBAL:
		return flow_make_pointer(f, K_CELL, slot->index, 0);
	case VERIFY_SLOT_MEMORY:
		return flow_make_pointer(f, K_MEMORY, slot->index, 0);
	case VERIFY_SLOT_TABLE:
		return flow_make_pointer(f, K_TABLE, slot->index, 0);
	case VERIFY_SLOT_IMPORT:
		/* never changes: the same number each time it is loaded */
		v = flow_make_ref(f, VERIFY_REF_TYPED + f->obj->imports[slot->index].type);
		v.root = slot->index + 1;
		v.nonnull = true;
		return v;
	case VERIFY_SLOT_FIXED:
		if (offset == KWASM_CTX_VALUES)
			return flow_make_pointer(f, K_VALUES, 0, 0);
		if (offset == KWASM_CTX_HEAP && f->obj->image.flags & KWASM_IMAGE_GC)
			return flow_make_pointer(f, K_HEAP, 0, 0);
		if (offset == KWASM_CTX_HEAP_FUNCS && f->obj->image.flags & KWASM_IMAGE_GC)
			return flow_make_pointer(f, K_TABLE, f->obj->image.tables.nr, 0);
		break;
	case VERIFY_SLOT_FUNC:
		break;
	}
	return flow_make_sized(f, size);
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
		    (offset != slot->offset || size != 8 || !v || !flow_is_reference(f, v, ref)))
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

void flow_forget_cells(struct state *s)
{
	memset(s->cells, 0, sizeof(s->cells));	/* VERIFY_REF_NONE */
}

/* from now on the value buffer holds what somebody else has put there */
void flow_fill_cells(const struct flow *f, struct state *s, u32 type, bool results, u32 mask)
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
		s->cells[cell] = flow_ref_of(f, stored);
}

/* a read of row @row of kwasm_app.calls; VERIFY_NO_FUNC: of one, or two, of them */
static struct value load_calls(struct flow *f, u32 row, u32 size)
{
	if (row == VERIFY_NO_FUNC || size != 8) {
		UNPROVEN(f, MEMORY, "address is not shown to be that of something to be called");
		row = VERIFY_NO_FUNC;
	}
	return flow_make_pointer(f, K_OWN_CODE, row == VERIFY_NO_FUNC ? row : f->obj->calls[row].type, 0);
}

/* reads of read-only data, of the array of type ids, and of what is called through tables */
static struct value load_section(struct flow *f, const struct value *a, u32 size)
{
	const struct verify_section *s = &f->obj->sections[a->id];
	u32 nr_calls = f->obj->image.calls.nr;
	struct value call;
	s64 offset;

	if (nr_calls && a->id == f->obj->calls_section && a->lo >= f->obj->calls[0].first &&
	    a->lo < f->obj->calls[nr_calls - 1].first + (s64)f->obj->calls[nr_calls - 1].nr * 8) {
		call = address_of_call(f, a, NULL);
		return load_calls(f, call.kind == K_CALLS ? call.id : VERIFY_NO_FUNC, size);
	}
	if (a->id == f->obj->type_ids_section && f->obj->image.types.nr) {
		offset = a->lo - (s64)f->obj->type_ids_offset;
		if (a->lo == a->hi && size == 4 && offset >= 0 && offset % 4 == 0 &&
		    offset / 4 < f->obj->image.types.nr)
			return flow_make_pointer(f, K_TYPE_ID, offset / 4, 0);
		VIOLATION(f, MEMORY, "reads writable data of the object");
		return flow_make_sized(f, size);
	}
	if (s->flags & (SHF_WRITE | SHF_EXECINSTR) || !(s->flags & SHF_ALLOC) || !s->data ||
	    strncmp(s->name, ".rodata", 7)) {
		VIOLATION(f, MEMORY, "reads section '%s'", s->name);
		return flow_make_sized(f, size);
	}
	if (a->lo < 0 || (u64)a->hi + size > s->size)
		UNPROVEN(f, MEMORY, "address may be %s%+lld to %s%+lld of 0x%llx bytes", s->name, a->lo,
			 s->name, a->hi, s->size);
	need_alignment(f, a->lo, a->lo == a->hi && s->align >= 16);
	return flow_make_sized(f, size);
}

/*
 * Are all bytes from C + @lo to C + @hi cells of the module's own numbers? Then it does
 * not matter which one is meant: LLVM makes one access of two, in two branches, with the
 * address chosen before. The answer for more than 512 cells is no.
 */
static bool own_numbers(const struct flow *f, s64 lo, s64 hi, bool write)
{
	const struct kwasm_image *im = &f->obj->image;
	s64 first = lo >> 3, nr = ((hi + 7) >> 3) - first, at, n;
	u64 seen[8] = { 0 };
	u32 i;

	if (nr > 512)
		return false;
	for (i = 0; i < im->globals.nr; i++) {
		const struct kwasm_image_global *global = &f->obj->globals[i];

		if (global->imported || verify_ref(global->type) != VERIFY_REF_NONE ||
		    global->type < 0x7b || global->type > 0x7f || (write && !global->mut))
			continue;
		n = global->type == 0x7b ? 2 : 1;	/* v128: two words */
		for (at = (global->slot >> 3) - first; n--; at++)
			if (at >= 0 && at < nr)
				seen[at / 64] |= 1ull << (at % 64);
	}
	for (at = 0; at < nr; at++)
		if (!(seen[at / 64] & 1ull << (at % 64)))
			return false;
	return true;
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
		if (a.lo < flow_stack_pointer(s)) {
			VIOLATION(f, STACK, "accesses the stack below rsp");
			break;
		}
		if (a.lo + size > 8 || (write && a.lo + size > 0 && a.lo < 8)) {
			VIOLATION(f, STACK, "accesses the stack outside of the frame, at %+lld", a.lo);
			break;
		}
		need_alignment(f, a.lo + 8, true);
		slot = flow_slot_find(s, a.lo);
		v = flow_make_sized(f, size);
		if (slot && slot->size == size)
			v = slot->v;
		else if (slot && size == 4)
			v = flow_truncate32(f, &slot->v);
		if (write && stored && (size == 4 || size == 8))
			flow_slot_set(s, a.lo, size, stored);
		else if (write)
			flow_slots_kill(s, a.lo, a.lo + size);
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
			learn_access(f, s);
			break;
		}
		if (a.lo != a.hi) {
			if (!own_numbers(f, a.lo, a.hi + size, write))
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
	case K_HEAP:
		heap_access(f, &a, size);
		break;
	case K_SYMBOL:
		/* the fields of null are those of a function */
		if (!write && f->obj->symbols[a.id].import == VERIFY_IMPORT_NULL_FUNC && a.lo >= 0 &&
		    a.hi + size <= (s64)sizeof(struct kwasm_func))
			break;
		VIOLATION(f, MEMORY, "accesses '%s'", f->obj->symbols[a.id].name);
		break;
	case K_SECTION:
		if (write) {
			VIOLATION(f, MEMORY, "writes to the object");
			break;
		}
		return load_section(f, &a, size);
	case K_CALLS:
		if (!write)
			return load_calls(f, a.id, size);
		VIOLATION(f, MEMORY, "writes to the object");
		break;
	case K_TABLE:
		if (!write && size == 8 && a.lo == a.hi && a.lo == 0)
			return flow_make_pointer(f, K_ELEMS, a.id, 0);
		if (!write && size == 8 && a.lo == a.hi && a.lo == 8)
			return flow_make_pointer(f, K_TABLE_SIZE, a.id, 0);
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
		    (u64)a.lo / 8 < flow_table_min(f, s, a.id))
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
			return flow_make_ref(f, i);
		break;
	case K_MEMORY:
		if (!write && size == 8 && a.lo == a.hi && a.lo == 0) {
			/* where C is, if it is the one behind the context */
			if (a.id == 0 && f->obj->image.flags & KWASM_IMAGE_MEMORY0)
				return flow_make_pointer(f, K_CTX, 0, 0);
			return flow_make_pointer(f, K_BASE, a.id, 0);
		}
		if (!write && size == 8 && a.lo == a.hi && a.lo == 8)
			return flow_make_pointer(f, K_MEMORY_SIZE, a.id, 0);
		if (!write && a.lo >= 0 && a.hi + size <= (s64)sizeof(struct kwasm_memory_abi))
			break;
		VIOLATION(f, MEMORY, "not a field of a memory");
		break;
	case K_FUNC:
		if (!write && a.lo >= 0 && a.hi + size <= (s64)sizeof(struct kwasm_func))
			return a.lo == a.hi ? load_func(f, &a, a.lo, size) : flow_make_sized(f, size);
		VIOLATION(f, MEMORY, "not a field of a function");
		break;
	case K_VALUES:
		if (read && !write && a.lo == a.hi) {
			int cell = value_cell(a.lo, size);

			access_values(f, s, &a, size, write, stored);
			if (cell >= 0 && s->cells[cell] != VERIFY_REF_NONE)
				return flow_make_ref(f, s->cells[cell] == NULL_REF ? VERIFY_REF_FUNC :
						     s->cells[cell]);
			return flow_make_sized(f, size);
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
		if (write && (size != 8 || !stored || !flow_is_reference(f, stored, ref)))
			UNPROVEN(f, MEMORY, "what is written to global %u is not shown to be a reference",
				 i);
		if (size == 8)
			return flow_make_ref(f, ref);
		break;
	default:
		UNPROVEN(f, MEMORY, "address is not known to be anything a guest may access");
		learn_access(f, s);
	}
	return flow_make_sized(f, size);
}

/* ---- calls ---- */

const u8 flow_arg_regs[6] = { RDI, RSI, RDX, RCX, R8, R9 };

/* kinds of the parameters of KWASM_HELPERS, see there */
static const struct {
	const char *name;
	/*
	 * m memidx, d dataidx, t tableidx, e elemidx, x tagidx, X that or KWASM_TAG_ANY, type
	 * indices: s of a struct, a of an array, o of either, f of a function; r reference, R to
	 * a function, - any. The first may be *: only with a heap
	 */
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
	{ "kwasm_struct_new", "*s" }, { "kwasm_array_new", "*a---" },
	{ "kwasm_array_new_data", "*ad--" }, { "kwasm_array_new_elem", "*ae--" },
	{ "kwasm_array_fill", "*-----" }, { "kwasm_array_copy", "*-----" },
	{ "kwasm_array_init_data", "*--d--" }, { "kwasm_array_init_elem", "*--e--" },
	{ "kwasm_object_is", "*-o" }, { "kwasm_extern_box", "*-" },
	{ "kwasm_func_handle", "*R" }, { "kwasm_func_cast", "*Rf" },
};

/* is type index @type of the kind that the letter @kind says? */
static bool is_type_kind(const struct flow *f, char kind, u32 type)
{
	u32 found = f->obj->types[type].kind;

	switch (kind) {
	case 's':
		return found == KWASM_COMPTYPE_STRUCT;
	case 'a':
		return found == KWASM_COMPTYPE_ARRAY;
	case 'o':
		return found != KWASM_COMPTYPE_FUNC;
	default:
		return found == KWASM_COMPTYPE_FUNC;
	}
}

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
	u32 ref = VERIFY_REF_NONE, cast = VERIFY_REF_NONE, i, type;
	bool has_ref = false;
	size_t j;

	for (j = 0; j < ARRAY_SIZE(helper_params); j++) {
		if (strcmp(helper_params[j].name, host->name))
			continue;
		kinds = helper_params[j].kinds;
		if (*kinds == '*' && kinds++ && !(im->flags & KWASM_IMAGE_GC))
			VIOLATION(f, CALL, "calls %s, but the image says that there is no heap", host->name);
	}
	for (i = 0; kinds[i]; i++) {
		struct value v = flow_truncate32(f, &s->reg[flow_arg_regs[i + 1]]);
		u32 nr;

		if (kinds[i] == '-')
			continue;
		if (kinds[i] == 'r') {
			if (ref != VERIFY_REF_NONE && !flow_is_reference(f, &s->reg[flow_arg_regs[i + 1]], ref))
				UNPROVEN(f, CALL, "argument %u of %s is not shown to be a reference",
					 i + 1, host->name);
			continue;
		}
		if (kinds[i] == 'R') {
			if (!flow_is_reference(f, &s->reg[flow_arg_regs[i + 1]], VERIFY_REF_FUNC))
				UNPROVEN(f, CALL, "argument %u of %s is not shown to be a reference",
					 i + 1, host->name);
			continue;
		}
		if (strchr("saof", kinds[i])) {
			if (!flow_is_const(&v) || v.lo >= im->types.nr || !is_type_kind(f, kinds[i], v.lo)) {
				VIOLATION(f, CALL, "argument %u of %s is not a valid type", i + 1,
					  host->name);
				return VERIFY_REF_NONE;
			}
			if (kinds[i] == 'f')
				cast = VERIFY_REF_TYPED + v.lo;
			continue;
		}
		nr = kinds[i] == 'm' ? im->memories.nr : kinds[i] == 'd' ? im->datas.nr :
		     kinds[i] == 't' ? im->tables.nr : kinds[i] == 'e' ? im->elems.nr :
		     kinds[i] == 'x' || kinds[i] == 'X' ? im->tags.nr : 0;
		if (kinds[i] == 'X' && flow_is_const(&v) && v.lo == KWASM_TAG_ANY)
			continue;
		if (!flow_is_const(&v) || v.lo >= nr) {
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
	return !strcmp(host->name, "kwasm_table_get") ? ref : cast;
}

const struct verify_sig *flow_sig_of(const struct flow *f, u32 type)
{
	return type == VERIFY_NO_FUNC ? &flow_no_sig : &f->obj->sigs[type];
}

/* what holds after any call: caller-saved registers are gone, tables may have moved */
static void after_call(struct flow *f, struct state *s)
{
	static const u8 lost[] = { RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11 };
	size_t i, nr = flow_nr_values(s);

	for (i = 0; i < ARRAY_SIZE(lost); i++)
		s->reg[lost[i]] = flow_make_top(f);
	for (i = 0; i < nr; i++) {
		struct value *v = flow_nth_value(s, i);

		if (v->kind == K_ELEMS || v->kind == K_ELEM)
			*v = flow_make_top(f);
	}
	memset(&s->flags, 0, sizeof(s->flags));
	s->flags.stack_check = NO_CHECK;
	flow_forget_cells(s);
}

static void check_alignment(struct flow *f, const struct state *s)
{
	if ((flow_stack_pointer(s) + 8) % 16)
		VIOLATION(f, STACK, "calls with a stack that is not aligned");
}

static void check_call_stack(struct flow *f, const struct state *s)
{
	s64 rsp = flow_stack_pointer(s);

	if (s->checked == NO_CHECK)
		VIOLATION(f, STACK, "calls without a stack check before");
	else if (s->checked - rsp > CALL_SLACK)
		VIOLATION(f, STACK, "calls %lld bytes below the stack check", s->checked - rsp);
	check_alignment(f, s);
}

/* arguments that the callee takes for references */
static void check_refs(struct flow *f, const struct state *s, u32 type)
{
	const struct verify_sig *sig = flow_sig_of(f, type);
	u32 i;

	if (!cells_hold(f, s, type, false, sig->cell_params))
		UNPROVEN(f, CALL, "an argument in the value buffer is not shown to be a reference");

	for (i = 0; i < 6; i++)
		if (sig->params[i] != VERIFY_REF_NONE &&
		    !flow_is_reference(f, &s->reg[flow_arg_regs[i]], sig->params[i]))
			UNPROVEN(f, CALL, "argument in register %u is not shown to be a reference", i);
}

/* a call of guest code of type @type (or VERIFY_NO_FUNC: a function without one) */
static void guest_call(struct flow *f, struct state *s, u32 type)
{
	const struct verify_sig *sig = flow_sig_of(f, type);

	check_call_stack(f, s);
	check_refs(f, s, type);
	after_call(f, s);
	if (sig->results[0] != VERIFY_REF_NONE)
		s->reg[RAX] = flow_make_ref(f, sig->results[0]);
	if (sig->results[1] != VERIFY_REF_NONE)
		s->reg[RDX] = flow_make_ref(f, sig->results[1]);
	if (sig->cell_results)
		flow_fill_cells(f, s, type, true, ~0u);
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
	if (!flow_is_context(&s->reg[R13]))
		VIOLATION(f, CALL, "r13 is not the context");
	if (sym->host->helper)
		result = check_helper(f, s, sym->host, &caught);
	after_call(f, s);
	/* whether it matched or not, see kwasm_exception_match() */
	if (caught != VERIFY_NO_FUNC)
		flow_fill_cells(f, s, caught, false, ~0u);
	if (result != VERIFY_REF_NONE)
		s->reg[RAX] = flow_make_ref(f, result);
}

/* a call through a pointer */
static void pointer_call(struct flow *f, struct state *s, const struct value *code)
{
	u32 type = VERIFY_NO_FUNC;

	if (code->kind == K_INVOKED) {
		type = f->entry->type;
		if (!flow_is_context(&s->reg[R13]))
			VIOLATION(f, CALL, "r13 is not the context");
	} else if (code->kind == K_OWN_CODE) {
		type = code->id;
		if (type == VERIFY_NO_FUNC)
			UNPROVEN(f, CALL, "calls a function whose type is not known");
		if (!flow_is_context(&s->reg[R13]))
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

/* function @to is entered with an R13 that need not be the context */
static void tell_any_context(struct flow *f, u32 to)
{
	/* not because of a leap too far */
	if (f->quick) {
		f->nr_found++;
		return;
	}
	f->obj->entries[to].any_context = true;
	f->obj->entries[f->func].told = true;
}

/* returns false if it does not come back */
bool flow_exec_call(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	const struct verify_symbol *sym;
	struct value code;

	if (in->has_target) {
		u32 to = verify_func_at(f->obj, in->target);

		if (f->obj->entries[to].invoker)
			VIOLATION(f, CALL, "calls an invoker");
		/* the optimiser passes anything to a function that does not use it */
		if (!flow_is_context(&s->reg[R13]) && f->phase == LOOKING)
			tell_any_context(f, to);
		guest_call(f, s, f->obj->entries[to].type);
		return f->obj->entries[to].returns;
	}
	if (in->imm_reloc) {
		sym = &f->obj->symbols[in->imm_reloc->symbol];
		if (in->imm_reloc->addend != -4)
			VIOLATION(f, CALL, "calls the inside of '%s'", sym->name);
		switch (sym->import) {
		case VERIFY_IMPORT_TRAP:
			if (!flow_is_context(&s->reg[R13]))
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

void flow_check_return(struct flow *f, const struct state *s, bool results)
{
	static const u8 saved[] = { RBX, RBP, R12, R14, R15 };
	static const char *const names[] = { "rbx", "rbp", "r12", "r14", "r15" };
	const struct value *address = flow_slot_get(s, 0);
	u32 i;

	if (flow_stack_pointer(s) || !address || address->kind != K_RETURN)
		VIOLATION(f, RETURN, "the stack pointer is not where it was at entry");
	if (f->any_context ? s->reg[R13].kind != K_ENTRY || s->reg[R13].id != R13 :
	    !flow_is_context(&s->reg[R13]))
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
		    !flow_is_reference(f, &s->reg[i ? RDX : RAX], f->sig->results[i]))
			UNPROVEN(f, CALL, "the result is not shown to be a reference");
}

/* a jump to a function of type @type, whose results become this function's */
static void tail_call(struct flow *f, struct state *s, u32 type)
{
	const struct verify_sig *sig = flow_sig_of(f, type);
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
	flow_check_return(f, s, false);
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
	else if (!flow_is_context(&s->reg[R13]))
		VIOLATION(f, CALL, "r13 is not the context");
	tail_call(f, s, code->kind == K_CODE && code->id ? code->id - 1 : VERIFY_NO_FUNC);
}

/* jumps out of the function: to a return thunk, or to another function */
void flow_exec_leave_jump(struct flow *f, struct state *s)
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
			tell_any_context(f, to);
		tail_call(f, s, f->obj->entries[to].type);
		return;
	}
	if (in->imm_reloc) {
		sym = &f->obj->symbols[in->imm_reloc->symbol];
		if (in->imm_reloc->addend != -4) {
			VIOLATION(f, BRANCH, "jumps to the inside of '%s'", sym->name);
		} else if (sym->import == VERIFY_IMPORT_RETURN_THUNK) {
			flow_check_return(f, s, true);
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
			return flow_make_sized(f, 1);
		if (op->reg >= NR_GPRS)
			return flow_make_top(f);
		return flow_truncate(f, &s->reg[op->reg], op->size);
	case OPERAND_MEM:
		return access_at(f, s, address_of(f, s), in->mem_size, true, false, NULL);
	case OPERAND_IMM:
		if (in->imm_reloc) {
			if (in->imm_reloc->type == R_X86_64_32)
				return flow_make_sized(f, 4);
			return symbol_value(f, in->imm_reloc->symbol, in->imm_reloc->addend);
		}
		v = flow_make_const(f, in->operands[0].size == 4 ? (s64)(u32)in->imm : in->imm);
		return v;
	default:
		return flow_make_top(f);
	}
}

/* the part of a register that is written, merged with what stays */
static void write_register(struct flow *f, struct state *s, u8 reg, u8 size, const struct value *v)
{
	struct value old;

	if (size >= 4) {
		s->reg[reg] = size == 4 ? flow_truncate32(f, v) : *v;
		return;
	}
	old = s->reg[reg];
	if (old.kind == K_NUM && old.lo >= 0 && old.hi <= (size == 1 ? 0xff : 0xffff))
		s->reg[reg] = flow_truncate(f, v, size);
	else if (flow_is_u32(&old))
		s->reg[reg] = flow_make_sized(f, 4);
	else
		s->reg[reg] = flow_make_top(f);
}

/* @v goes to the first operand; memory that was read before is only written now */
static void write_operand(struct flow *f, struct state *s, const struct value *v)
{
	const struct verify_insn *in = f->insn;
	const struct verify_operand *op = &in->operands[0];

	struct value t;

	if (op->kind == OPERAND_MEM) {
		t = flow_truncate(f, v, in->mem_size);
		access_at(f, s, address_of(f, s), in->mem_size, false, true, &t);
	} else if (op->kind == OPERAND_REG && op->reg < NR_GPRS)
		write_register(f, s, op->reg, op->size, v);
	else if (op->kind == OPERAND_REG && op->reg == REG_HIGH8)
		for (u32 r = 0; r < 4; r++)
			if (in->writes8 >> r & 1)
				s->reg[r] = flow_is_u32(&s->reg[r]) ? flow_make_sized(f, 4) : flow_make_top(f);
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
	struct value r = flow_make_sized(f, size);
	s64 lo = r.lo, hi = r.hi;

	if (a->kind != K_NUM || b->kind != K_NUM)
		return r;
	if (op == OP_AND) {
		if (a->lo >= 0 && a->hi < hi)
			lo = 0, hi = a->hi;
		if (b->lo >= 0 && b->hi < hi)
			lo = 0, hi = b->hi;
		if (flow_is_const(a) && flow_is_const(b))
			lo = hi = a->lo & b->lo;
	} else if (a->lo >= 0 && b->lo >= 0) {
		s64 most = fill_bits(a->hi > b->hi ? a->hi : b->hi);

		if (most < hi)
			hi = most;
		lo = 0;
		if (op == OP_OR)
			lo = a->lo > b->lo ? a->lo : b->lo;
	}
	r = flow_make_num(f, lo, hi);
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
	struct value r = flow_make_sized(f, size);
	u32 bits = size * 8, n;

	if (size < 4)
		return r;
	if (!flow_is_const(count)) {
		/* to the right it does not grow */
		if (op != OP_SHL && a->kind == K_NUM && a->lo >= 0 && (size == 8 || a->hi <= INT_MAX))
			return flow_make_num(f, 0, a->hi);
		return r;
	}
	n = count->lo & (bits - 1);
	if (!n)
		return *a;
	if (a->kind != K_NUM) {
		if (op == OP_SHR)
			return flow_make_num(f, 0, (s64)((size == 8 ? ~0ull : 0xffffffffull) >> n));
		return r;
	}
	switch (op) {
	case OP_SHR:
		if (a->lo >= 0)
			return flow_make_num(f, a->lo >> n, a->hi >> n);
		return flow_make_num(f, 0, (s64)((size == 8 ? ~0ull : 0xffffffffull) >> n));
	case OP_SAR:
		if (size == 8)
			return flow_make_num(f, a->lo >> n, a->hi >> n);
		if (a->lo >= 0 && a->hi <= INT_MAX)
			return flow_make_num(f, a->lo >> n, a->hi >> n);
		return r;
	default:
		if (a->lo >= -(OFFSET_MAX >> 1) && a->hi <= OFFSET_MAX >> 1 && n < 16) {
			s64 lo = a->lo * (1ll << n), hi = a->hi * (1ll << n);

			if (size == 8 || (lo >= 0 && hi <= U32_LIMIT)) {
				r = flow_make_num(f, lo, hi);
				flow_follow_product(&r, a, 1u << n);
				return r;
			}
		}
		/* shifted out and back in as zero: at least that */
		return size == 8 ? flow_make_top(f) : r;
	}
}

/* add and sub, 32 bits wide */
static struct value add32(struct flow *f, const struct value *a, const struct value *b, bool sub)
{
	s64 lo, hi, blo = b->lo, bhi = b->hi;
	struct value r;
	u32 lo32, hi32;

	if (a->kind != K_NUM || b->kind != K_NUM)
		return flow_make_sized(f, 4);
	if (blo == bhi)
		blo = bhi = (s32)blo;	/* a constant may be meant as a negative one */
	lo = sub ? a->lo - bhi : a->lo + blo;
	hi = sub ? a->hi - blo : a->hi + bhi;
	flow_wrap32(lo, hi, &lo32, &hi32);
	r = flow_make_num(f, lo32, hi32);
	/* no carry: it is the sum, however wide */
	if (blo == bhi && lo >= 0 && hi <= U32_LIMIT)
		flow_follow_root(&r, a, sub ? -blo : blo);
	return r;
}

/* after adding a positive constant to @a: @r is its sum */
static void set_flags_carry(struct state *s, const struct value *a, const struct value *r, bool is_zero)
{
	if (a->kind != K_NUM || r->kind != K_NUM || !a->root || r->root != a->root ||
	    r->factor != a->factor || r->delta <= a->delta)
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
		r = sub ? flow_sub64(f, &a, &b) : flow_add64(f, &a, &b);
	else if (size == 4)
		r = add32(f, &a, &b, sub);
	else
		r = flow_make_sized(f, size);
	write_operand(f, s, &r);
	set_flags_none(s);
	if (sub)
		set_flags_cmp(s, size, &a, &b);
	if (size >= 4)
		set_flags_result(s, size, &r);
	if (size == 8 && !sub)
		set_flags_carry(s, flow_is_const(&a) ? &b : &a, &r, false);
}

/* a + b + the carry, which is 0 or 1 */
static void exec_add_carry(struct flow *f, struct state *s)
{
	u8 size = f->insn->operands[0].size;
	struct value a = operand_value(f, s, 0), b = operand_value(f, s, 1);
	struct value carry = flow_make_num(f, 0, 1), r = flow_make_sized(f, size);

	if (size == 8) {
		r = flow_add64(f, &a, &b);
		r = flow_add64(f, &r, &carry);
	} else if (size == 4) {
		r = add32(f, &a, &b, false);
		r = add32(f, &r, &carry, false);
	}
	write_operand(f, s, &r);
	set_flags_none(s);
}

/* the stack check's bits of what is rsp at entry + @v's offset? */
static bool is_stack_masked(const struct flow *f, const struct value *v)
{
	const struct verify_operand *x = &f->insn->operands[0], *y = &f->insn->operands[1];

	return x->kind == OPERAND_REG && x->size == 8 && v->kind == K_STACK && v->lo == v->hi &&
	       y->kind == OPERAND_IMM && !f->insn->imm_reloc && f->insn->imm == KWASM_STACK_MASK;
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
	if (is_stack_masked(f, &a) && in->op == OP_AND && in->operands[0].reg != RSP) {
		r = flow_make_pointer(f, K_ROOM, 0, a.lo);
		write_operand(f, s, &r);
		set_flags_none(s);
		s->flags.stack_check = a.lo;
		return;
	}
	if (same && in->op == OP_XOR)
		r = flow_make_const(f, 0);
	else if (same)
		r = a;
	else
		r = bitwise(f, in->op, size, &a, &b);
	write_operand(f, s, &r);
	set_flags_none(s);
	if (size < 4)
		return;
	/* the flags are those of comparing the result with zero */
	b = flow_make_const(f, 0);
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
		b = flow_make_const(f, 0);
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
			v = flow_make_sized(f, from);
		write_operand(f, s, &v);
		return;
	}
	if (v.kind == K_NUM && v.lo >= 0 && v.hi < half)
		r = v;
	else if (v.kind == K_NUM && v.lo >= half && v.hi < 2 * half)
		r = flow_make_num(f, v.lo - 2 * half, v.hi - 2 * half);
	else
		r = flow_make_num(f, -half, half - 1);
	if (to == 4 && r.lo < 0)
		r = r.hi < 0 ? flow_make_num(f, (u32)r.lo, (u32)r.hi) : flow_make_sized(f, 4);
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
			s->reg[i] = flow_make_top(f);
		else if (in->writes32 >> i & 1)
			s->reg[i] = flow_make_sized(f, 4);
		else if (in->writes8 >> i & 1)
			s->reg[i] = flow_is_u32(&s->reg[i]) ? flow_make_sized(f, 4) : flow_make_top(f);
	}
	if (in->flags_written)
		set_flags_none(s);
}

/*
 * The lower half of a product of signed numbers is that of unsigned ones. If neither is negative and
 * the largest product fits, it is the product.
 */
static void exec_multiply(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	u8 size = in->operands[0].size;
	struct value a, b, r;

	/* of rax, with two results */
	if (in->nr_operands < 2 || size < 4) {
		exec_other(f, s);
		return;
	}
	a = operand_value(f, s, in->nr_operands - 2);
	b = operand_value(f, s, in->nr_operands - 1);
	r = flow_make_sized(f, size);
	if (a.kind == K_NUM && b.kind == K_NUM && a.lo >= 0 && b.lo >= 0 &&
	    (__int128)a.hi * b.hi <= (size == 8 ? LLONG_MAX : U32_LIMIT))
		r = flow_make_num(f, a.lo * b.lo, a.hi * b.hi);
	write_operand(f, s, &r);
	set_flags_none(s);
}

static void exec_divide(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value divisor = in->has_mem ? flow_make_top(f) : operand_value(f, s, 0), high;

	high = flow_truncate(f, &s->reg[RDX], in->operands[0].size);
	/* unsigned and not by zero, or covered by the table */
	if (!bitmap_test(f->obj->rows, in->at) &&
	    (in->operands[0].size < 4 || divisor.kind != K_NUM ||
	     divisor.lo <= 0 || !flow_is_const(&high) || high.lo))
		VIOLATION(f, FAULT, "division may fault and has no row in the exception table");
	exec_other(f, s);
}

static void exec_lea(struct flow *f, struct state *s)
{
	struct value v = address_of(f, s);

	if (f->insn->operands[0].size == 4)
		v = flow_truncate32(f, &v);
	write_operand(f, s, &v);
}

/* what comparing it with another number tells of @v where condition @cc holds, if that makes it smaller */
static void narrow(struct value *v, const struct flags *flags, u8 cc)
{
	const struct value *other;
	bool is_a, is_b;
	s64 hi;

	if (!flags->has_cmp || v->kind != K_NUM || flags->a.kind != K_NUM || flags->b.kind != K_NUM ||
	    (flags->width != 4 && flags->width != 8) || (flags->width == 4 && !flow_is_u32(v)))
		return;
	is_a = flags->width == 4 ? v->vn32 == flags->a.vn32 : v->vn == flags->a.vn;
	is_b = flags->width == 4 ? v->vn32 == flags->b.vn32 : v->vn == flags->b.vn;
	if (is_a == is_b || !v->vn || !v->vn32)
		return;
	other = is_a ? &flags->b : &flags->a;
	hi = flags->width == 4 ? other->hi32 : other->hi;
	/* as an unsigned number it would be large */
	if (flags->width == 8 && other->lo < 0)
		return;
	if (cc == (is_a ? CC_B : CC_A) && hi)
		hi--;
	else if (cc != (is_a ? CC_BE : CC_AE))
		return;
	if (v->lo > hi || v->hi <= hi)
		return;
	v->lo = v->lo < 0 ? 0 : v->lo;
	v->hi = hi;
	if (v->hi32 > hi)
		v->hi32 = hi;
	if (v->lo32 > v->hi32)
		v->lo32 = 0;
}

static void exec_cmov(struct flow *f, struct state *s)
{
	struct value a = operand_value(f, s, 0), b = operand_value(f, s, 1);

	narrow(&a, &s->flags, f->insn->cc ^ 1);
	narrow(&b, &s->flags, f->insn->cc);
	/* either of the two; a state of its own is not worth it */
	flow_join_begin(f, 8);
	flow_join_value(f, s, &a, &b, 0);
	/* numbers that the join made up belong to nobody else */
	if (a.kind == K_FUNC) {
		a.vn = flow_fresh(f);
		a.root = a.vn;
	} else if (flow_is_func_family(&a)) {
		a = flow_make_top(f);
	} else {
		a.vn = flow_fresh(f);
		a.vn32 = flow_fresh(f);
		a.below = 0;
		flow_own_root(f, &a);
	}
	if (f->insn->operands[0].size == 4 && !flow_is_u32(&a))
		a = flow_truncate32(f, &a);
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
	struct value eight = flow_make_const(f, -8);

	s->reg[RSP] = flow_add64(f, &s->reg[RSP], &eight);
	flow_slot_set(s, flow_stack_pointer(s), 8, v);
}

static struct value pop(struct flow *f, struct state *s)
{
	struct value eight = flow_make_const(f, 8);
	const struct value *held = flow_slot_get(s, flow_stack_pointer(s));
	struct value v = held ? *held : flow_make_top(f);

	if (flow_stack_pointer(s) >= 0)
		VIOLATION(f, STACK, "pops more than was pushed");
	s->reg[RSP] = flow_add64(f, &s->reg[RSP], &eight);
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
	flow_slots_kill(s, LLONG_MIN + 8, rsp->lo);
	return true;
}

/* returns false if nothing can be said about what comes behind */
bool flow_exec(struct flow *f, struct state *s)
{
	const struct verify_insn *in = f->insn;
	struct value v, a, b;
	s64 old_rsp = flow_stack_pointer(s);

	switch (in->op) {
	case OP_NOP:
		return true;
	case OP_MOV:
		v = operand_value(f, s, 1);
		if (in->operands[0].size == 4)
			v = flow_truncate32(f, &v);
		write_operand(f, s, &v);
		break;
	case OP_BIT_SCAN:
		operand_value(f, s, 1);
		if (in->operands[0].reg < NR_GPRS)
			s->reg[in->operands[0].reg] = flow_make_top(f);
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
		b = flow_make_const(f, in->op == OP_INC ? 1 : -1);
		v = in->operands[0].size == 8 ? flow_add64(f, &a, &b) :
		    in->operands[0].size == 4 ? add32(f, &a, &b, false) :
		    flow_make_sized(f, in->operands[0].size);
		write_operand(f, s, &v);
		set_flags_none(s);
		if (in->operands[0].size >= 4)
			set_flags_result(s, in->operands[0].size, &v);
		if (in->op == OP_INC && in->operands[0].size == 8)
			set_flags_carry(s, &a, &v, true);
		break;
	case OP_NEG:
		a = operand_value(f, s, 0);
		v = in->operands[0].size == 8 ? flow_negate(f, &a) : flow_make_sized(f, in->operands[0].size);
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
			b = flow_make_const(f, 1);
		v = shift(f, in->op, in->operands[0].size, &a, &b);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_IMUL:
		exec_multiply(f, s);
		break;
	case OP_CMP:
		a = operand_value(f, s, 0);
		b = operand_value(f, s, 1);
		set_flags_cmp(s, in->operands[0].kind == OPERAND_MEM ? in->mem_size :
			      in->operands[0].size, &a, &b);
		if (a.kind == K_ROOM && a.lo == a.hi && flow_is_const(&b) && !b.lo)
			s->flags.stack_check = a.lo;
		break;
	case OP_TEST:
		exec_test(f, s);
		break;
	case OP_CMOV:
		exec_cmov(f, s);
		break;
	case OP_SETCC:
		v = flow_make_num(f, 0, 1);
		write_operand(f, s, &v);
		break;
	case OP_COUNT_BITS:
		operand_value(f, s, 1);
		v = flow_make_num(f, 0, 64);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_SBB:
		operand_value(f, s, 0);
		operand_value(f, s, 1);
		v = flow_make_sized(f, in->operands[0].size);
		if (in->operands[0].kind == OPERAND_REG && in->operands[1].kind == OPERAND_REG &&
		    in->operands[0].reg == in->operands[1].reg && in->operands[0].size == 8)
			v = flow_make_num(f, -1, 0);
		write_operand(f, s, &v);
		set_flags_none(s);
		break;
	case OP_ADC:
		exec_add_carry(f, s);
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
			v = flow_make_top(f);
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
	if (s->reg[RSP].kind != K_STACK || flow_stack_pointer(s) != old_rsp)
		return check_stack_pointer(f, s);
	return true;
}
