// SPDX-License-Identifier: GPL-2.0
/*
 * verify_known.c - functions that were proven before
 *
 * The compiler checks an object, generates the few functions again that could not be
 * proven, and checks again; hundreds of others are as they were, only elsewhere. Following
 * a function is a calculation on what it looks at, so if all of that is equal, so is the
 * outcome. All of it is written down here, byte by byte, and compared; nothing is taken
 * for equal because of a name, a place or a hash.
 *
 *	the surroundings: types, slots of the context, tables, memories and whatever else
 *	flow analysis asks the image for. If one byte differs, all is forgotten
 *
 *	a function's own: its type, its bytes, its relocations and what they mean, which
 *	instructions have a row in the exception table, and of each function that it calls
 *	what a caller is told: its type, whether it is an invoker, whether it returns
 *
 * A direct call's distance is left out, as that changes with the place; that it leads to
 * the start of a function was seen when it was decoded, which is done each time. Code that
 * asks for its own address, and code that tells other functions something
 * (verify_entry.any_context), is never known.
 */
#include <stdlib.h>
#include <string.h>

#include "verify_impl.h"

struct bytes {
	u8 *data;
	size_t nr, cap;
};

/**
 * struct verify_known - what was proven
 * @surroundings: under which
 * @slots: hash table; free ones have no data
 * @nr_slots: power of two, or 0
 */
struct verify_known {
	pthread_mutex_t lock;
	struct bytes surroundings;
	struct verify_view *slots;
	size_t nr_slots, nr_used;
};

static void add(struct bytes *b, const void *data, size_t size)
{
	if (!size)
		return;
	array_reserve(b->data, b->cap, b->nr + size);
	memcpy(b->data + b->nr, data, size);
	b->nr += size;
}

static void add_number(struct bytes *b, u64 n)
{
	add(b, &n, sizeof(n));
}

static u64 hash_of(const struct bytes *b)
{
	u64 hash = 0xcbf29ce484222325ull, word;
	size_t i;

	for (i = 0; i + 8 <= b->nr; i += 8) {
		memcpy(&word, b->data + i, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	for (; i < b->nr; i++)
		hash = (hash ^ b->data[i]) * 0x100000001b3ull;
	return hash;
}

/* ---- surroundings ---- */

static void add_types(struct bytes *b, const struct verify_object *obj)
{
	u32 i;

	for (i = 0; i < obj->image.types.nr; i++) {
		struct kwasm_image_type t = obj->types[i];
		u64 nr = (u64)t.nr_params + t.nr_results;

		add(b, obj->image_bytes + t.valtypes, nr * 4);
		t.valtypes = 0;
		t.invoke = 0;
		add(b, &t, sizeof(t));
	}
	add(b, obj->canon, obj->image.types.nr * sizeof(*obj->canon));
}

static void describe_surroundings(struct bytes *b, const struct verify_object *obj)
{
	const struct kwasm_image *im = &obj->image;
	u32 i;

	add_number(b, im->flags);
	add_number(b, im->ctx_size);
	add_number(b, im->nr_values);
	add_number(b, im->types.nr);
	add_number(b, im->imports.nr);
	add_number(b, im->refs.nr);
	add_number(b, im->tables.nr);
	add_number(b, im->memories.nr);
	add_number(b, im->globals.nr);
	add_number(b, im->elems.nr);
	add_number(b, im->datas.nr);
	add_number(b, im->tags.nr);
	add_types(b, obj);
	add(b, obj->imports, im->imports.nr * sizeof(*obj->imports));
	for (i = 0; i < im->refs.nr; i++) {
		add_number(b, obj->refs[i].type);
		add_number(b, obj->refs[i].slot);
	}
	add(b, obj->tables, im->tables.nr * sizeof(*obj->tables));
	add(b, obj->memories, im->memories.nr * sizeof(*obj->memories));
	add(b, obj->globals, im->globals.nr * sizeof(*obj->globals));
	for (i = 0; i < im->elems.nr; i++)
		add_number(b, obj->elems[i].reftype);
	add(b, obj->tags, im->tags.nr * sizeof(*obj->tags));
	for (i = 0; i < obj->nr_slots; i++) {
		add_number(b, obj->slots[i].offset);
		add_number(b, obj->slots[i].size);
		add_number(b, obj->slots[i].class);
		add_number(b, obj->slots[i].index);
	}
	add_number(b, obj->text);
	add_number(b, obj->type_ids_section);
	add_number(b, obj->type_ids_offset);
	add_number(b, obj->calls_section);
	for (i = 0; i < im->calls.nr; i++) {
		add_number(b, obj->calls[i].type);
		add_number(b, obj->calls[i].first);
		add_number(b, obj->calls[i].nr);
	}
}

/* ---- a function ---- */

/* a direct branch out of the function: the distance becomes zero; false if it has another form */
static bool add_callee(struct bytes *b, const struct verify_object *obj,
		       const struct verify_insn *in, u8 *code)
{
	const struct verify_entry *to = &obj->entries[verify_func_at(obj, in->target)];

	if (in->len < 5 || (code[in->len - 5] != 0xe8 && code[in->len - 5] != 0xe9))
		return false;
	memset(code + in->len - 4, 0, 4);
	add_number(b, to->type);
	add_number(b, to->invoker);
	add_number(b, to->returns);
	return true;
}

/* what may be read there */
static void add_section(struct bytes *b, const struct verify_section *s)
{
	add(b, s->name, strlen(s->name) + 1);
	add_number(b, s->flags);
	add_number(b, s->align);
	add_number(b, s->size);
	add_number(b, !s->data);
}

/* where a direct branch goes has been told by add_callee() */
static void add_reloc(struct bytes *b, const struct verify_object *obj,
		      const struct verify_reloc *r, u32 start, bool branch)
{
	const struct verify_symbol *sym = &obj->symbols[r->symbol];

	add_number(b, r->offset - start);
	add_number(b, r->type);
	branch &= sym->section == obj->text;
	add_number(b, branch);
	if (branch)
		return;
	add_number(b, r->addend);
	add_number(b, r->symbol);
	add_number(b, sym->section);
	if (sym->section && sym->section < obj->nr_sections)
		add_section(b, &obj->sections[sym->section]);
	add_number(b, sym->value);
	add_number(b, sym->import);
	add_number(b, sym->arg);
	add_number(b, (uintptr_t)sym->host);
}

/* what the kernel may make of the place */
static void add_switch(struct bytes *b, const struct verify_switch *sw, u32 start)
{
	u32 i;

	add_number(b, sw->site - start);
	add_number(b, sw->end - sw->site);
	add_number(b, sw->reg);
	add_number(b, sw->nr);
	for (i = 0; i < sw->nr; i++)
		add_number(b, sw->targets[i] - start);
}

static bool describe_func(struct bytes *b, const struct verify_object *obj, u32 func,
			  const struct verify_insn *insns, u32 nr)
{
	const struct verify_func *f = &obj->report->funcs[func];
	const struct verify_entry *e = &obj->entries[func];
	u32 i, start = f->text_offset, end = start + f->size;
	size_t code;

	add_number(b, e->type);
	add_number(b, e->invoker);
	add_number(b, f->size);
	add_number(b, nr);
	code = b->nr;
	add(b, obj->sections[obj->text].data + start, f->size);
	for (i = 0; i < nr; i++) {
		const struct verify_insn *in = &insns[i];
		bool leaves = in->has_target && (in->target < start || in->target >= end);

		if (in->has_mem && in->base == REG_RIP && !in->disp_reloc)
			return false;
		/* and which of the following there are */
		add_number(b, (u64)(in->at - start) << 4 | leaves << 3 | !!in->imm_reloc << 2 |
			      !!in->disp_reloc << 1 | bitmap_test(obj->rows, in->at));
		if (leaves && !add_callee(b, obj, in, b->data + code + (in->at - start)))
			return false;
		if (in->disp_reloc)
			add_reloc(b, obj, in->disp_reloc, start, false);
		if (in->imm_reloc)
			add_reloc(b, obj, in->imm_reloc, start, leaves);
	}
	for (i = 0; i < nr; i++)
		if (insns[i].op == OP_SWITCH)
			add_switch(b, insns[i].table, start);
	return true;
}

static struct verify_view *find(struct verify_known *k, const struct verify_view *view)
{
	size_t i = view->hash & (k->nr_slots - 1);

	while (k->slots[i].data &&
	       (k->slots[i].hash != view->hash || k->slots[i].size != view->size ||
		memcmp(k->slots[i].data, view->data, view->size)))
		i = (i + 1) & (k->nr_slots - 1);
	return &k->slots[i];
}

static void grow(struct verify_known *k)
{
	struct verify_view *old = k->slots;
	size_t i, nr = k->nr_slots;

	if (2 * (k->nr_used + 1) < nr)
		return;
	k->nr_slots = nr ? 2 * nr : 256;
	k->slots = xcalloc(k->nr_slots, sizeof(*k->slots));
	for (i = 0; i < nr; i++)
		if (old[i].data)
			*find(k, &old[i]) = old[i];
	free(old);
}

/* ---- the door ---- */

struct verify_known *verify_known_create(void)
{
	struct verify_known *k = xcalloc(1, sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	return k;
}

static void forget(struct verify_known *k)
{
	size_t i;

	for (i = 0; i < k->nr_slots; i++)
		free(k->slots[i].data);
	free(k->slots);
	free(k->surroundings.data);
	k->slots = NULL;
	k->nr_slots = 0;
	k->nr_used = 0;
	memset(&k->surroundings, 0, sizeof(k->surroundings));
}

void verify_known_destroy(struct verify_known *k)
{
	if (!k)
		return;
	forget(k);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

void verify_known_begin(struct verify_known *k, const struct verify_object *obj)
{
	struct bytes now = { .data = NULL };

	describe_surroundings(&now, obj);
	if (now.nr == k->surroundings.nr && !memcmp(now.data, k->surroundings.data, now.nr)) {
		free(now.data);
		return;
	}
	forget(k);
	k->surroundings = now;
}

bool verify_known_func(struct verify_known *k, const struct verify_object *obj, u32 func,
		       const struct verify_insn *insns, u32 nr, struct verify_view *view)
{
	struct bytes b = { .data = NULL };
	bool found = false;

	memset(view, 0, sizeof(*view));
	if (!describe_func(&b, obj, func, insns, nr)) {
		free(b.data);
		return false;
	}
	*view = (struct verify_view){ b.data, b.nr, hash_of(&b) };
	pthread_mutex_lock(&k->lock);
	if (k->nr_slots)
		found = find(k, view)->data;
	pthread_mutex_unlock(&k->lock);
	return found;
}

void verify_known_add(struct verify_known *k, struct verify_view *view)
{
	struct verify_view *slot;

	if (!view->data)
		return;
	pthread_mutex_lock(&k->lock);
	grow(k);
	slot = find(k, view);
	if (!slot->data) {
		*slot = *view;
		k->nr_used++;
		view->data = NULL;
	}
	pthread_mutex_unlock(&k->lock);
}
