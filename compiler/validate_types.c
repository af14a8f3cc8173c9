// SPDX-License-Identifier: GPL-2.0
/*
 * validate_types.c - type definitions: indices, equality, supertypes
 *
 * The specification's "Validation, Types". Types are equal by structure, and
 * may refer to themselves within a recursive group. Both is settled here once:
 * groups are put into a hash table under a form in which references inside the
 * group are relative and references out of it are canonical indices, so that
 * afterwards two types are equal if their wasm_type.canon is.
 */
#include <errno.h>
#include <stdlib.h>

#include "diag.h"
#include "validate.h"

static int check_valtype(const struct wasm_module *m, u32 offset, wasm_valtype_t type, u32 nr_types)
{
	if (!wasm_valtype_is_ref(type) || !wasm_valtype_has_typeidx(type))
		return 0;
	return validate_index(m, offset, "type", wasm_valtype_typeidx(type), nr_types);
}

int validate_valtype(const struct wasm_module *m, u32 offset, wasm_valtype_t type)
{
	return check_valtype(m, offset, type, m->nr_types);
}

/* are all indices in a type below @nr_types? */
static int check_indices(const struct wasm_module *m, const struct wasm_type *type, u32 nr_types)
{
	u32 i;

	for (i = 0; i < type->func.nr_params; i++) {
		if (check_valtype(m, type->offset, type->func.params[i], nr_types))
			return -EINVAL;
	}
	for (i = 0; i < type->func.nr_results; i++) {
		if (check_valtype(m, type->offset, type->func.results[i], nr_types))
			return -EINVAL;
	}
	for (i = 0; i < type->nr_fields; i++) {
		if (check_valtype(m, type->offset, type->fields[i].type, nr_types))
			return -EINVAL;
	}
	return 0;
}

/* the declared supertype must come before and be open */
static int check_super(struct wasm_module *m, u32 typeidx)
{
	struct wasm_type *type = &m->types[typeidx];
	const struct wasm_type *super;

	if (type->super == WASM_NO_INDEX)
		return 0;
	if (type->super >= typeidx) {
		diag_error(m, type->offset, "unknown type %u: the super type of type %u must come before it",
			   type->super, typeidx);
		return -EINVAL;
	}
	super = &m->types[type->super];
	if (super->final) {
		diag_error(m, type->offset, "sub type %u does not match super type %u, which is final",
			   typeidx, type->super);
		return -EINVAL;
	}
	type->depth = super->depth + 1;
	if (type->depth > WASM_MAX_SUBTYPE_DEPTH) {
		diag_error(m, type->offset, "implementation limit: sub type %u has %u types above it, at most %u",
			   typeidx, type->depth, WASM_MAX_SUBTYPE_DEPTH);
		return -EINVAL;
	}
	return 0;
}

/* ---- equality ---- */

/* a type index as seen from the group at @rec: relative inside, else canonical */
static u64 normal_index(const struct wasm_module *m, u32 rec, u32 typeidx)
{
	if (typeidx == WASM_NO_INDEX)
		return typeidx;
	if (typeidx >= rec)
		return 1ull << 32 | (typeidx - rec);
	return m->types[typeidx].canon;
}

static u64 normal_valtype(const struct wasm_module *m, u32 rec, wasm_valtype_t type)
{
	if (!wasm_valtype_is_ref(type) || !wasm_valtype_has_typeidx(type))
		return type;
	return (u64)(type & ~WASM_TYPEIDX_MASK) << 32 ^
	       normal_index(m, rec, wasm_valtype_typeidx(type));
}

static u64 hash_mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static u64 hash_type(const struct wasm_module *m, u64 hash, const struct wasm_type *type)
{
	u32 rec = type->rec, i;

	hash = hash_mix(hash, (u64)type->kind << 1 | type->final);
	hash = hash_mix(hash, normal_index(m, rec, type->super));
	hash = hash_mix(hash, (u64)type->func.nr_params << 32 | type->func.nr_results);
	for (i = 0; i < type->func.nr_params; i++)
		hash = hash_mix(hash, normal_valtype(m, rec, type->func.params[i]));
	for (i = 0; i < type->func.nr_results; i++)
		hash = hash_mix(hash, normal_valtype(m, rec, type->func.results[i]));
	hash = hash_mix(hash, type->nr_fields);
	for (i = 0; i < type->nr_fields; i++)
		hash = hash_mix(hash, normal_valtype(m, rec, type->fields[i].type) << 1 |
				      type->fields[i].mut);
	return hash;
}

static bool same_valtypes(const struct wasm_module *m, u32 rec_a, const wasm_valtype_t *a,
			  u32 rec_b, const wasm_valtype_t *b, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (normal_valtype(m, rec_a, a[i]) != normal_valtype(m, rec_b, b[i]))
			return false;
	}
	return true;
}

static bool same_type(const struct wasm_module *m, const struct wasm_type *a,
		      const struct wasm_type *b)
{
	u32 i;

	if (a->kind != b->kind || a->final != b->final ||
	    normal_index(m, a->rec, a->super) != normal_index(m, b->rec, b->super) ||
	    a->func.nr_params != b->func.nr_params ||
	    a->func.nr_results != b->func.nr_results ||
	    a->nr_fields != b->nr_fields)
		return false;
	if (!same_valtypes(m, a->rec, a->func.params, b->rec, b->func.params,
			   a->func.nr_params) ||
	    !same_valtypes(m, a->rec, a->func.results, b->rec, b->func.results,
			   a->func.nr_results))
		return false;
	for (i = 0; i < a->nr_fields; i++) {
		if (a->fields[i].mut != b->fields[i].mut ||
		    normal_valtype(m, a->rec, a->fields[i].type) !=
		    normal_valtype(m, b->rec, b->fields[i].type))
			return false;
	}
	return true;
}

/**
 * struct rec_table - recursive groups met so far, by their hash
 * @slots: type index of a group's first type, plus 1; open addressing
 * @hashes: beside @slots
 * @mask: number of slots less one
 */
struct rec_table {
	u32 *slots;
	u64 *hashes;
	u32 mask;
};

static bool same_group(const struct wasm_module *m, u32 a, u32 b)
{
	u32 i;

	if (m->types[a].nr_rec != m->types[b].nr_rec)
		return false;
	for (i = 0; i < m->types[a].nr_rec; i++) {
		if (!same_type(m, &m->types[a + i], &m->types[b + i]))
			return false;
	}
	return true;
}

/* set canon of the types of the group at @rec */
static void canonicalize(struct wasm_module *m, struct rec_table *table, u32 rec)
{
	u32 nr = m->types[rec].nr_rec, i, slot, first = rec;
	u64 hash = nr;

	for (i = 0; i < nr; i++)
		hash = hash_type(m, hash, &m->types[rec + i]);
	slot = (u32)(hash >> 32) & table->mask;
	while (table->slots[slot]) {
		if (table->hashes[slot] == hash &&
		    same_group(m, table->slots[slot] - 1, rec)) {
			first = table->slots[slot] - 1;
			break;
		}
		slot = (slot + 1) & table->mask;
	}
	if (first == rec) {
		table->slots[slot] = rec + 1;
		table->hashes[slot] = hash;
	}
	for (i = 0; i < nr; i++)
		m->types[rec + i].canon = first + i;
}

/* ---- "Matching, Composite Types" ---- */

static bool field_matches(const struct wasm_module *m, const struct wasm_fieldtype *sub,
			  const struct wasm_fieldtype *super)
{
	if (sub->mut != super->mut || !wasm_valtype_matches(m, sub->type, super->type))
		return false;
	return !sub->mut || wasm_valtype_matches(m, super->type, sub->type);
}

static bool comptype_matches(const struct wasm_module *m, const struct wasm_type *sub,
			     const struct wasm_type *super)
{
	u32 i;

	if (sub->kind != super->kind ||
	    sub->func.nr_params != super->func.nr_params ||
	    sub->func.nr_results != super->func.nr_results ||
	    sub->nr_fields < super->nr_fields)
		return false;
	for (i = 0; i < sub->func.nr_params; i++) {
		if (!wasm_valtype_matches(m, super->func.params[i], sub->func.params[i]))
			return false;
	}
	for (i = 0; i < sub->func.nr_results; i++) {
		if (!wasm_valtype_matches(m, sub->func.results[i], super->func.results[i]))
			return false;
	}
	for (i = 0; i < super->nr_fields; i++) {
		if (!field_matches(m, &sub->fields[i], &super->fields[i]))
			return false;
	}
	return true;
}

static int validate_rectype(struct wasm_module *m, struct rec_table *table, u32 rec)
{
	u32 end = rec + m->types[rec].nr_rec, i;

	for (i = rec; i < end; i++) {
		if (check_indices(m, &m->types[i], end) || check_super(m, i))
			return -EINVAL;
	}
	canonicalize(m, table, rec);
	for (i = rec; i < end; i++) {
		if (m->types[i].super == WASM_NO_INDEX)
			continue;
		if (!comptype_matches(m, &m->types[i], &m->types[m->types[i].super])) {
			diag_error(m, m->types[i].offset, "sub type %u does not match super type %u",
				   i, m->types[i].super);
			return -EINVAL;
		}
	}
	return 0;
}

int validate_types(struct wasm_module *m)
{
	struct rec_table table;
	u32 rec, nr_slots = 16;
	int err = 0;

	/* at most half full */
	while (nr_slots < m->nr_types * 2)
		nr_slots *= 2;
	table.mask = nr_slots - 1;
	table.slots = xcalloc(nr_slots, sizeof(*table.slots));
	table.hashes = xcalloc(nr_slots, sizeof(*table.hashes));
	for (rec = 0; rec < m->nr_types && !err; rec += m->types[rec].nr_rec)
		err = validate_rectype(m, &table, rec);
	free(table.slots);
	free(table.hashes);
	return err;
}
