// SPDX-License-Identifier: GPL-2.0
/*
 * object_link.c - objects become one
 *
 * A large module is compiled in parts, each to an object of its own, and some
 * functions are compiled a second time. All refer to each other by name: what one
 * object leaves undefined another defines. Everything happens before
 * object_normalize(), with each function in a section of its own.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/util.h"
#include "alternatives.h"
#include "object.h"

/**
 * struct linker - one object on its way into another
 * @obj: grows
 * @with: goes in
 * @slots: hash table of the symbols of @obj that have names, by index; 0: free
 * @nr_slots: power of two
 * @sections: index in @obj of each section of @with; 0: not taken
 * @deltas: where in that it begins
 * @symbols: index in @obj of each symbol of @with; 0: not taken
 */
struct linker {
	struct object *obj;
	const struct object *with;
	u32 *slots;
	size_t nr_slots;
	u32 *sections;
	u64 *deltas;
	u32 *symbols;
};

static u64 hash_name(const char *name)
{
	u64 hash = 0xcbf29ce484222325ull;	/* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (u8)*name) * 0x100000001b3ull;
	return hash ^ hash >> 32;
}

/* the slot of that name, or the free one where it would be */
static u32 *find_slot(struct linker *l, const char *name)
{
	size_t i = hash_name(name) & (l->nr_slots - 1);

	while (l->slots[i] && strcmp(l->obj->symbols[l->slots[i]].name, name))
		i = (i + 1) & (l->nr_slots - 1);
	return &l->slots[i];
}

/* room for the names of both objects; of two symbols of a name the first is meant */
static void index_symbols(struct linker *l)
{
	size_t i;
	u32 *slot;

	l->nr_slots = 64;
	while (l->nr_slots < 2 * (l->obj->nr_symbols + l->with->nr_symbols))
		l->nr_slots *= 2;
	l->slots = xcalloc(l->nr_slots, sizeof(*l->slots));
	for (i = 1; i < l->obj->nr_symbols; i++) {
		const struct object_symbol *s = &l->obj->symbols[i];

		if (s->dropped || !*s->name)
			continue;
		slot = find_slot(l, s->name);
		if (!*slot)
			*slot = i;
	}
}

/* line table rows of code that goes away are moved out of the way, calls go to the new code */
static void redirect_relocs(struct object *obj, u32 old, u32 symbol)
{
	u32 old_symbol = obj->sections[old].symbol;
	size_t i, k;

	for (i = 1; i < obj->nr_sections; i++) {
		struct object_section *s = &obj->sections[i];

		for (k = 0; k < s->nr_relocs; k++) {
			struct object_reloc *r = &s->relocs[k];

			if (r->symbol != symbol && (!old_symbol || r->symbol != old_symbol))
				continue;
			r->symbol = symbol;
			if (!(s->flags & SHF_ALLOC))
				r->addend += OBJECT_DEAD_OFFSET;
		}
	}
	if (old_symbol)
		obj->symbols[old_symbol].dropped = true;
	obj->sections[old].nr_relocs = 0;
	obj->sections[old].dropped = true;
}

static u32 take_symbol(struct linker *l, const struct object_symbol *sym)
{
	u32 section = sym->section == OBJECT_ABS ? 0 : l->sections[sym->section];
	struct object *obj = l->obj;
	struct object_symbol *to;
	u32 *slot;

	if (sym->section && !section)
		return 0;
	if (sym->type == STT_SECTION)
		return object_section_symbol(obj, section);
	slot = *sym->name ? find_slot(l, sym->name) : NULL;
	if (!sym->section) {
		if (!slot)
			return 0;
		if (!*slot)
			*slot = object_undefined_symbol(obj, sym->name);
		return *slot;
	}
	if (!slot || (*slot && sym->type != STT_FUNC))
		return object_add_symbol(obj, sym->name, STB_LOCAL, sym->type, section,
					 sym->value + l->deltas[sym->section], sym->size);
	if (!*slot)
		return *slot = object_add_symbol(obj, sym->name, sym->bind, sym->type, section,
						 sym->value + l->deltas[sym->section], sym->size);
	if (obj->symbols[*slot].section)
		redirect_relocs(obj, obj->symbols[*slot].section, *slot);
	to = &obj->symbols[*slot];
	to->type = sym->type;
	to->section = section;
	to->value = sym->value + l->deltas[sym->section];
	to->size = sym->size;
	return *slot;
}

static void take_section(struct linker *l, u32 i)
{
	const struct object_section *s = &l->with->sections[i];
	u32 to = s->flags & SHF_ALLOC ? 0 : object_find_section(l->obj, s->name);

	if (!to) {
		to = object_add_section(l->obj, s->name, s->type, s->flags, s->align);
		l->obj->sections[to].entsize = s->entsize;
	}
	l->sections[i] = to;
	l->deltas[i] = s->type == SHT_NOBITS ?
		       object_append_zero(l->obj, to, s->size, s->align) :
		       object_append(l->obj, to, s->data, s->size, s->align);
}

static void take_relocs(struct linker *l, u32 i)
{
	const struct object_section *s = &l->with->sections[i];
	size_t k;

	for (k = 0; k < s->nr_relocs; k++) {
		const struct object_reloc *r = &s->relocs[k];
		const struct object_symbol *sym = &l->with->symbols[r->symbol];
		s64 addend = r->addend;

		/* a line table also names strings, in a section that may not be taken */
		if (!l->symbols[r->symbol])
			continue;
		if (sym->type == STT_SECTION)
			addend += l->deltas[sym->section];
		object_add_reloc(l->obj, l->sections[i], r->offset + l->deltas[i], r->type,
				 l->symbols[r->symbol], addend);
	}
}

typedef bool (*section_wanted_t)(const struct object_section *s);

static void take(struct object *obj, const struct object *with, section_wanted_t wanted)
{
	struct linker l = { .obj = obj, .with = with };
	size_t i;

	l.sections = xcalloc(with->nr_sections, sizeof(*l.sections));
	l.deltas = xcalloc(with->nr_sections, sizeof(*l.deltas));
	l.symbols = xcalloc(with->nr_symbols, sizeof(*l.symbols));
	index_symbols(&l);
	for (i = 1; i < with->nr_sections; i++)
		if (wanted(&with->sections[i]))
			take_section(&l, i);
	for (i = 1; i < with->nr_symbols; i++)
		if (!with->symbols[i].dropped)
			l.symbols[i] = take_symbol(&l, &with->symbols[i]);
	for (i = 1; i < with->nr_sections; i++)
		if (l.sections[i])
			take_relocs(&l, i);
	free(l.slots);
	free(l.sections);
	free(l.deltas);
	free(l.symbols);
}

static bool has_content(const struct object_section *s)
{
	return !s->dropped && s->type != SHT_NULL && s->size && !object_section_unwanted(s);
}

/*
 * Of debugging sections only the line table: the rest describes what is replaced already. Records of
 * switches refer to the code as it is now; those of what is replaced are then recognised by OBJECT_DEAD_OFFSET.
 */
static bool has_code_or_lines(const struct object_section *s)
{
	return has_content(s) && (s->flags & SHF_ALLOC || !strcmp(s->name, ".debug_line") ||
				  !strcmp(s->name, SWITCH_SECTION));
}

/**
 * object_link() - Add another object, as a linker does
 * @obj: as read
 * @with: likewise; a name that one leaves undefined is the other's
 */
void object_link(struct object *obj, const struct object *with)
{
	take(obj, with, has_content);
}

/**
 * object_replace_functions() - Take functions from another object in place of one's own
 * @obj: as read, each function in a section of its own
 * @with: likewise; every function that it defines replaces that of the same
 *	name in @obj, and brings what it refers to along
 */
void object_replace_functions(struct object *obj, const struct object *with)
{
	take(obj, with, has_code_or_lines);
}
