// SPDX-License-Identifier: GPL-2.0
/*
 * types.c - names, equality and subtyping of types
 *
 * The specification's "Validation, Matching". Everything here may be asked
 * about validated types only: wasm_type.canon makes equality of recursive types
 * a comparison of two numbers.
 */
#include <stdio.h>
#include <string.h>

#include "module.h"

/* buffers for the names in one message */
#define NR_NAME_BUFFERS	8
#define NAME_SIZE	160

static char *name_buffer(void)
{
	static char buffers[NR_NAME_BUFFERS][NAME_SIZE];
	static unsigned int next;

	return buffers[next++ % NR_NAME_BUFFERS];
}

static const char *heap_name(u32 heap)
{
	switch (heap) {
	case WASM_HEAP_EXN: return "exn";
	case WASM_HEAP_ARRAY: return "array";
	case WASM_HEAP_STRUCT: return "struct";
	case WASM_HEAP_I31: return "i31";
	case WASM_HEAP_EQ: return "eq";
	case WASM_HEAP_ANY: return "any";
	case WASM_HEAP_EXTERN: return "extern";
	case WASM_HEAP_FUNC: return "func";
	case WASM_HEAP_NONE: return "none";
	case WASM_HEAP_NOEXTERN: return "noextern";
	case WASM_HEAP_NOFUNC: return "nofunc";
	case WASM_HEAP_NOEXN: return "noexn";
	default: return "?";
	}
}

const char *wasm_valtype_name(wasm_valtype_t t)
{
	u32 heap = wasm_valtype_heap(t);
	char *buf;

	switch (t) {
	case WASM_BOT: return "any value";
	case WASM_I32: return "i32";
	case WASM_I64: return "i64";
	case WASM_F32: return "f32";
	case WASM_F64: return "f64";
	case WASM_V128: return "v128";
	case WASM_I8: return "i8";
	case WASM_I16: return "i16";
	case WASM_REF | WASM_REF_NULL | WASM_HEAP_NONE: return "nullref";
	case WASM_REF | WASM_REF_NULL | WASM_HEAP_NOEXTERN: return "nullexternref";
	case WASM_REF | WASM_REF_NULL | WASM_HEAP_NOFUNC: return "nullfuncref";
	case WASM_REF | WASM_REF_NULL | WASM_HEAP_NOEXN: return "nullexnref";
	/* validation only: a reference about which nothing more is known */
	case WASM_REF: return "a reference";
	}
	buf = name_buffer();
	if (wasm_valtype_has_typeidx(t))
		snprintf(buf, NAME_SIZE, "(ref %s%u)", wasm_valtype_is_nullable(t) ? "null " : "",
			 wasm_valtype_typeidx(t));
	else if (wasm_valtype_is_nullable(t))
		snprintf(buf, NAME_SIZE, "%sref", heap_name(heap));
	else
		snprintf(buf, NAME_SIZE, "(ref %s)", heap_name(heap));
	return buf;
}

const char *wasm_resulttype_name(const wasm_valtype_t *types, u32 nr)
{
	char *buf = name_buffer();
	size_t used = 1;
	const char *name;
	u32 i;

	buf[0] = '[';
	for (i = 0; i < nr; i++) {
		name = wasm_valtype_name(types[i]);
		/* room for a blank and " ...]" as well */
		if (used + strlen(name) + 7 > NAME_SIZE) {
			strcpy(buf + used, " ...");
			used += 4;
			break;
		}
		used += (size_t)sprintf(buf + used, "%s%s", i ? " " : "", name);
	}
	strcpy(buf + used, "]");
	return buf;
}

const char *wasm_functype_name(const struct wasm_functype *type)
{
	const char *params = wasm_resulttype_name(type->params, type->nr_params);
	const char *results = wasm_resulttype_name(type->results, type->nr_results);
	char *buf = name_buffer();

	/* both do not fit when both are long */
	snprintf(buf, NAME_SIZE, "%.75s -> %.75s", params, results);
	return buf;
}

const char *wasm_externkind_name(enum wasm_externkind kind)
{
	switch (kind) {
	case WASM_EXTERN_FUNC: return "function";
	case WASM_EXTERN_TABLE: return "table";
	case WASM_EXTERN_MEMORY: return "memory";
	case WASM_EXTERN_GLOBAL: return "global";
	case WASM_EXTERN_TAG: return "tag";
	}
	return "?";
}

bool wasm_valtype_equal(const struct wasm_module *m, wasm_valtype_t a, wasm_valtype_t b)
{
	if (a == b)
		return true;
	if (!wasm_valtype_has_typeidx(a) || !wasm_valtype_has_typeidx(b))
		return false;
	return (a & ~WASM_TYPEIDX_MASK) == (b & ~WASM_TYPEIDX_MASK) &&
	       m->types[wasm_valtype_typeidx(a)].canon == m->types[wasm_valtype_typeidx(b)].canon;
}

bool wasm_functype_equal(const struct wasm_module *m, const struct wasm_functype *a,
			 const struct wasm_functype *b)
{
	u32 i;

	if (a->nr_params != b->nr_params || a->nr_results != b->nr_results)
		return false;
	for (i = 0; i < a->nr_params; i++) {
		if (!wasm_valtype_equal(m, a->params[i], b->params[i]))
			return false;
	}
	for (i = 0; i < a->nr_results; i++) {
		if (!wasm_valtype_equal(m, a->results[i], b->results[i]))
			return false;
	}
	return true;
}

/* the abstract heap type right above a defined type */
static u32 comptype_heap(const struct wasm_type *type)
{
	switch (type->kind) {
	case WASM_COMPTYPE_FUNC: return WASM_HEAP_FUNC;
	case WASM_COMPTYPE_STRUCT: return WASM_HEAP_STRUCT;
	case WASM_COMPTYPE_ARRAY: return WASM_HEAP_ARRAY;
	}
	return 0;
}

/* the top of the hierarchy an abstract heap type is in */
static u32 heap_top(u32 heap)
{
	switch (heap) {
	case WASM_HEAP_FUNC:
	case WASM_HEAP_NOFUNC:
		return WASM_HEAP_FUNC;
	case WASM_HEAP_EXTERN:
	case WASM_HEAP_NOEXTERN:
		return WASM_HEAP_EXTERN;
	case WASM_HEAP_EXN:
	case WASM_HEAP_NOEXN:
		return WASM_HEAP_EXN;
	default:
		return WASM_HEAP_ANY;
	}
}

wasm_valtype_t wasm_reftype_top(const struct wasm_module *m, wasm_valtype_t type)
{
	u32 heap = wasm_valtype_heap(type);

	if (wasm_valtype_has_typeidx(type))
		heap = comptype_heap(&m->types[wasm_valtype_typeidx(type)]);
	return WASM_REF | WASM_REF_NULL | heap_top(heap);
}

static bool heap_is_bottom(u32 heap)
{
	return heap >= WASM_HEAP_NONE && heap <= WASM_HEAP_NOEXN;
}

/* both abstract: "Matching, Heap Types" */
static bool abstract_heap_matches(u32 sub, u32 super)
{
	if (sub == super)
		return true;
	if (heap_is_bottom(sub))
		return heap_top(sub) == heap_top(super);
	switch (super) {
	case WASM_HEAP_ANY:
		return heap_top(sub) == WASM_HEAP_ANY;
	case WASM_HEAP_EQ:
		return sub == WASM_HEAP_I31 || sub == WASM_HEAP_STRUCT || sub == WASM_HEAP_ARRAY;
	default:
		return false;
	}
}

static bool heap_matches(const struct wasm_module *m, u32 sub, u32 super)
{
	const struct wasm_type *type;
	u32 want;

	if (!(sub & WASM_REF_TYPEIDX) && !(super & WASM_REF_TYPEIDX))
		return abstract_heap_matches(sub, super);
	if (!(sub & WASM_REF_TYPEIDX)) {
		type = &m->types[wasm_valtype_typeidx(super)];
		return heap_is_bottom(sub) && heap_top(sub) == heap_top(comptype_heap(type));
	}
	type = &m->types[wasm_valtype_typeidx(sub)];
	if (!(super & WASM_REF_TYPEIDX))
		return abstract_heap_matches(comptype_heap(type), super);

	/* up the declared supertypes, at most WASM_MAX_SUBTYPE_DEPTH of them */
	want = m->types[wasm_valtype_typeidx(super)].canon;
	while (type->canon != want) {
		if (type->super == WASM_NO_INDEX)
			return false;
		type = &m->types[type->super];
	}
	return true;
}

bool wasm_valtype_matches(const struct wasm_module *m, wasm_valtype_t sub, wasm_valtype_t super)
{
	if (sub == super || sub == WASM_BOT)
		return true;
	if (!wasm_valtype_is_ref(sub) || !wasm_valtype_is_ref(super))
		return false;
	if (wasm_valtype_is_nullable(sub) && !wasm_valtype_is_nullable(super))
		return false;
	/* a reference of unknown heap type, from unreachable code */
	if (!wasm_valtype_heap(sub))
		return true;
	return heap_matches(m, wasm_valtype_heap(sub), wasm_valtype_heap(super));
}
