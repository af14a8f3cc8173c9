// SPDX-License-Identifier: GPL-2.0
/*
 * asm - a small assembler of the text format, for what wabt does not know yet: garbage collection
 *
 *	asm input.wat output.wasm
 *
 * Modules are written as in the specification ("Text Format"), but: types are declared
 * (type ...), imports come first, instructions are flat or folded without blocks (block, loop, if,
 * else, end and try_table are flat), numbers are integers. Instructions are those of
 * compiler/opcode.h.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../compiler/module.h"

/* ---- expressions ---- */

struct expr {
	char *atom;		/* NULL: a list; strings begin with a quote */
	size_t size;		/* of a string, without that */
	struct expr **items;
	size_t nr;
	int line;
};

static const char *path;
static const char *text;
static int line = 1;

static void __attribute__((noreturn, format(printf, 2, 3))) fail(int at, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: error: ", path, at);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		exit(2);
	return p;
}

static void skip_space(void)
{
	for (; *text; text++) {
		if (text[0] == ';' && text[1] == ';')
			while (text[1] && text[1] != '\n')
				text++;
		else if (*text == '\n')
			line++;
		else if (!isspace((unsigned char)*text))
			break;
	}
}

static char *read_string(size_t *size)
{
	char *s = need(malloc(strlen(text) + 2)), *p = s, hex[3] = "";

	*p++ = *text++;
	while (*text && *text != '"') {
		if (*text == '\\' && isxdigit((unsigned char)text[1])) {
			memcpy(hex, text + 1, 2);
			*p++ = (char)strtoul(hex, NULL, 16);
			text += 3;
		} else {
			text += *text == '\\';
			*p++ = *text++;
		}
	}
	text++;
	*p = 0;
	*size = p - s - 1;
	return s;
}

static struct expr *read_expr(void)
{
	struct expr *e = need(calloc(1, sizeof(*e)));
	const char *start;

	skip_space();
	e->line = line;
	if (*text == '"') {
		e->atom = read_string(&e->size);
		return e;
	}
	if (*text != '(') {
		for (start = text; *text && !isspace((unsigned char)*text) && !strchr("()\";", *text); text++)
			;
		if (text == start)
			fail(line, "unexpected '%c'", *text);
		e->atom = need(strndup(start, text - start));
		return e;
	}
	for (text++;;) {
		skip_space();
		if (!*text)
			fail(e->line, "( is not closed");
		if (*text == ')')
			break;
		e->items = need(realloc(e->items, (e->nr + 1) * sizeof(*e->items)));
		e->items[e->nr++] = read_expr();
	}
	text++;
	return e;
}

static bool is(const struct expr *e, const char *atom)
{
	return e->atom && !strcmp(e->atom, atom);
}

/* a list that begins with @head */
static bool is_list(const struct expr *e, const char *head)
{
	return !e->atom && e->nr && is(e->items[0], head);
}

static bool is_name(const struct expr *e)
{
	return e->atom && *e->atom == '$';
}

/* ---- bytes ---- */

struct bytes {
	unsigned char *at;
	size_t nr, cap;
};

static void byte(struct bytes *b, unsigned int v)
{
	if (b->nr == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 256;
		b->at = need(realloc(b->at, b->cap));
	}
	b->at[b->nr++] = (unsigned char)v;
}

static void append(struct bytes *b, const void *from, size_t nr)
{
	const unsigned char *p = from;

	while (nr--)
		byte(b, *p++);
}

static void uleb(struct bytes *b, unsigned long long v)
{
	for (; v > 0x7f; v >>= 7)
		byte(b, (v & 0x7f) | 0x80);
	byte(b, v);
}

static void sleb(struct bytes *b, long long v)
{
	for (; v < -64 || v > 63; v >>= 7)
		byte(b, (v & 0x7f) | 0x80);
	byte(b, v & 0x7f);
}

/* ---- names ---- */

enum space { TYPES, FUNCS, TABLES, MEMORIES, GLOBALS, TAGS, ELEMS, DATAS, LOCALS, NR_SPACES };

static struct {
	const char *names[4096];
	unsigned int nr;
} spaces[NR_SPACES];

static const char *labels[256];
static unsigned int nr_labels;
static const struct expr *type_exprs[4096];	/* (type ...) by type index */

static unsigned int add_name(enum space space, const struct expr *e)
{
	if (spaces[space].nr == 4096)
		fail(e ? e->line : 0, "too many names");
	spaces[space].names[spaces[space].nr] = e && is_name(e) ? e->atom : NULL;
	return spaces[space].nr++;
}

static long long number(const struct expr *e)
{
	char digits[64] = "", *end, *p = digits;
	const char *s = e->atom ? e->atom : "";
	bool negative = *s == '-';
	unsigned long long v;

	for (s += negative; *s && p < digits + 63; s++)
		if (*s != '_')
			*p++ = *s;
	v = strtoull(digits, &end, 0);
	if (!isdigit((unsigned char)digits[0]) || *end)
		fail(e->line, "not a number: %s", e->atom ? e->atom : "(");
	return (long long)(negative ? -v : v);
}

static unsigned int find(enum space space, const struct expr *e)
{
	unsigned int i;

	if (!is_name(e))
		return (unsigned int)number(e);
	for (i = spaces[space].nr; i--; )
		if (spaces[space].names[i] && !strcmp(spaces[space].names[i], e->atom))
			return i;
	fail(e->line, "unknown name %s", e->atom);
}

static unsigned int find_label(const struct expr *e)
{
	unsigned int i;

	if (!is_name(e))
		return (unsigned int)number(e);
	for (i = 0; i < nr_labels; i++)
		if (labels[nr_labels - 1 - i] && !strcmp(labels[nr_labels - 1 - i], e->atom))
			return i;
	fail(e->line, "unknown label %s", e->atom);
}

/* ---- types ---- */

static const struct {
	const char *name;
	unsigned char code;
} abstract_types[] = {
	{ "any", 0x6e }, { "eq", 0x6d }, { "i31", 0x6c }, { "struct", 0x6b }, { "array", 0x6a },
	{ "func", 0x70 }, { "extern", 0x6f }, { "exn", 0x69 }, { "none", 0x71 },
	{ "noextern", 0x72 }, { "nofunc", 0x73 }, { "noexn", 0x74 },
}, value_types[] = {
	{ "i32", 0x7f }, { "i64", 0x7e }, { "f32", 0x7d }, { "f64", 0x7c }, { "v128", 0x7b },
	{ "i8", 0x78 }, { "i16", 0x77 }, { "anyref", 0x6e }, { "eqref", 0x6d }, { "i31ref", 0x6c },
	{ "structref", 0x6b }, { "arrayref", 0x6a }, { "funcref", 0x70 }, { "externref", 0x6f },
	{ "exnref", 0x69 }, { "nullref", 0x71 }, { "nullexternref", 0x72 }, { "nullfuncref", 0x73 },
};

static void heap_type(struct bytes *b, const struct expr *e)
{
	size_t i;

	for (i = 0; i < sizeof(abstract_types) / sizeof(*abstract_types); i++)
		if (is(e, abstract_types[i].name)) {
			byte(b, abstract_types[i].code);
			return;
		}
	sleb(b, find(TYPES, e));
}

static void value_type(struct bytes *b, const struct expr *e)
{
	size_t i;

	if (is_list(e, "ref")) {
		byte(b, e->nr == 3 ? 0x63 : 0x64);
		heap_type(b, e->items[e->nr - 1]);
		return;
	}
	for (i = 0; i < sizeof(value_types) / sizeof(*value_types); i++)
		if (is(e, value_types[i].name)) {
			byte(b, value_types[i].code);
			return;
		}
	fail(e->line, "unknown type %s", e->atom ? e->atom : "(");
}

static void field_type(struct bytes *b, const struct expr *e)
{
	bool mut = is_list(e, "mut");

	value_type(b, mut ? e->items[1] : e);
	byte(b, mut);
}

/* what stands before a function's instructions */
static bool is_head(const struct expr *e)
{
	return is_list(e, "param") || is_list(e, "result") || is_list(e, "type");
}

/* types of all (@what $name? type...) among the items from @from on, before any other */
static void result_type(struct bytes *b, const struct expr *e, size_t from, const char *what)
{
	struct bytes types = { 0 };
	unsigned int nr = 0;
	size_t i, k;

	for (i = from; i < e->nr && is_head(e->items[i]); i++) {
		if (!is_list(e->items[i], what))
			continue;
		for (k = 1; k < e->items[i]->nr; k++) {
			if (is_name(e->items[i]->items[k]))
				continue;
			value_type(&types, e->items[i]->items[k]);
			nr++;
		}
	}
	uleb(b, nr);
	append(b, types.at, types.nr);
	free(types.at);
}

static void func_type(struct bytes *b, const struct expr *e, size_t from)
{
	byte(b, 0x60);
	result_type(b, e, from, "param");
	result_type(b, e, from, "result");
}

static void composite_type(struct bytes *b, const struct expr *e)
{
	size_t i, nr = 0;

	if (is_list(e, "func")) {
		func_type(b, e, 1);
	} else if (is_list(e, "array")) {
		byte(b, 0x5e);
		field_type(b, e->items[1]);
	} else if (is_list(e, "struct")) {
		byte(b, 0x5f);
		for (i = 1; i < e->nr; i++)
			nr += e->items[i]->nr - 1 - is_name(e->items[i]->items[1]);
		uleb(b, nr);
		for (i = 1; i < e->nr; i++) {
			const struct expr *f = e->items[i];

			for (nr = 1 + is_name(f->items[1]); nr < f->nr; nr++)
				field_type(b, f->items[nr]);
		}
	} else {
		fail(e->line, "unknown kind of type");
	}
}

static void sub_type(struct bytes *b, const struct expr *type)
{
	const struct expr *e = type->items[type->nr - 1];
	size_t i = 1;

	if (!is_list(e, "sub")) {
		composite_type(b, e);
		return;
	}
	byte(b, is(e->items[1], "final") ? 0x4f : 0x50);
	i += is(e->items[1], "final");
	uleb(b, e->nr - 1 - i);
	for (; i < e->nr - 1; i++)
		uleb(b, find(TYPES, e->items[i]));
	composite_type(b, e->items[i]);
}

static unsigned int field_index(unsigned int typeidx, const struct expr *name)
{
	const struct expr *e = type_exprs[typeidx]->items[type_exprs[typeidx]->nr - 1];
	unsigned int nr = 0;
	size_t i;

	if (!is_name(name))
		return (unsigned int)number(name);
	if (is_list(e, "sub"))
		e = e->items[e->nr - 1];
	for (i = 1; i < e->nr; i++) {
		if (is_name(e->items[i]->items[1]) && is(e->items[i]->items[1], name->atom))
			return nr;
		nr += e->items[i]->nr - 1 - is_name(e->items[i]->items[1]);
	}
	fail(name->line, "unknown field %s", name->atom);
}

/* ---- instructions ---- */

static const struct {
	const char *text;
	u32 code;
	enum wasm_imm imm;
	u32 align;
} opcodes[] = {
#define OP(id, code, text, immediate, signature, align, feature) \
	{ text, code, WASM_IMM_##immediate, align },
#include "../../compiler/opcode.h"
};

struct code {
	struct expr **items;
	size_t at, nr;
	struct bytes *out;
	struct bytes *extra_types;	/* of blocks and functions without (type) */
};

static struct bytes extra_types;
static unsigned int nr_extra_types;

/* index of a function type: (type $t), or made of what is written */
static unsigned int type_use(const struct expr *e, size_t from)
{
	size_t i;

	for (i = from; i < e->nr && is_head(e->items[i]); i++)
		if (is_list(e->items[i], "type"))
			return find(TYPES, e->items[i]->items[1]);
	func_type(&extra_types, e, from);
	return spaces[TYPES].nr + nr_extra_types++;
}

static const struct expr *next(struct code *c, const char *what)
{
	if (c->at == c->nr)
		fail(c->items[c->nr - 1]->line, "%s expected", what);
	return c->items[c->at++];
}

static bool next_is_list(const struct code *c, const char *head)
{
	return c->at < c->nr && is_list(c->items[c->at], head);
}

static bool next_is_atom(const struct code *c)
{
	const char *s = c->at < c->nr ? c->items[c->at]->atom : NULL;

	return s && (*s == '$' || isdigit((unsigned char)*s));
}

static void opcode(struct bytes *b, u32 code)
{
	if (code < 0x100) {
		byte(b, code);
		return;
	}
	byte(b, code >> 12);
	uleb(b, code & 0xfff);
}

static void block_type(struct code *c)
{
	const struct expr *first = c->at < c->nr ? c->items[c->at] : NULL, *result;
	struct expr all = { 0 };

	if (next_is_list(c, "type")) {
		sleb(c->out, find(TYPES, next(c, "type")->items[1]));
		return;
	}
	if (!first || (!is_list(first, "param") && !is_list(first, "result"))) {
		byte(c->out, 0x40);
		return;
	}
	all.items = &c->items[c->at];
	while (next_is_list(c, "param") || next_is_list(c, "result")) {
		all.nr++;
		c->at++;
	}
	result = all.items[0];
	if (all.nr == 1 && is_list(result, "result") && result->nr == 2) {
		value_type(c->out, result->items[1]);
		return;
	}
	func_type(&extra_types, &all, 0);
	sleb(c->out, spaces[TYPES].nr + nr_extra_types++);
}

static void begin_block(struct code *c)
{
	labels[nr_labels++] = c->at < c->nr && is_name(c->items[c->at]) ? next(c, "")->atom : NULL;
	if (nr_labels == 256)
		fail(c->items[0]->line, "too many blocks");
	block_type(c);
}

static void catches(struct code *c)
{
	static const char *const kinds[] = { "catch", "catch_ref", "catch_all", "catch_all_ref" };
	struct bytes out = { 0 };
	unsigned int nr = 0, kind;

	/* labels are counted from outside */
	nr_labels--;
	while (c->at < c->nr && !c->items[c->at]->atom) {
		const struct expr *e = c->items[c->at];

		for (kind = 0; kind < 4 && !is_list(e, kinds[kind]); kind++)
			;
		if (kind == 4)
			break;
		byte(&out, kind);
		if (kind < 2)
			uleb(&out, find(TAGS, e->items[1]));
		uleb(&out, find_label(e->items[e->nr - 1]));
		nr++;
		c->at++;
	}
	nr_labels++;
	uleb(c->out, nr);
	append(c->out, out.at, out.nr);
	free(out.at);
}

static bool is_nullable_list(const struct expr *e)
{
	return is_list(e, "ref") && e->nr == 3;
}

static bool is_nullable(const struct expr *e)
{
	return e->atom || is_nullable_list(e);
}

/* the heap type of a reference type */
static void heap_of(struct bytes *b, const struct expr *e)
{
	struct bytes type = { 0 };

	if (!e->atom) {
		heap_type(b, e->items[e->nr - 1]);
		return;
	}
	value_type(&type, e);
	append(b, type.at, type.nr);
	free(type.at);
}

static void memarg(struct code *c, u32 align)
{
	unsigned long long offset = 0;

	while (c->at < c->nr && c->items[c->at]->atom &&
	       (!strncmp(c->items[c->at]->atom, "offset=", 7) ||
		!strncmp(c->items[c->at]->atom, "align=", 6))) {
		const char *s = next(c, "")->atom;

		if (*s == 'o')
			offset = strtoull(s + 7, NULL, 0);
	}
	uleb(c->out, align);
	uleb(c->out, offset);
}

static void immediates(struct code *c, enum wasm_imm imm, u32 align)
{
	const struct expr *e, *e2;
	struct bytes list = { 0 };
	unsigned int type, nr = 0;

	switch (imm) {
	case WASM_IMM_NONE:
		break;
	case WASM_IMM_BLOCK:
		begin_block(c);
		break;
	case WASM_IMM_TRY_TABLE:
		begin_block(c);
		catches(c);
		break;
	case WASM_IMM_LABEL:
		uleb(c->out, find_label(next(c, "label")));
		break;
	case WASM_IMM_LABELS:
		for (; next_is_atom(c); nr++)
			uleb(&list, find_label(next(c, "")));
		uleb(c->out, nr - 1);
		append(c->out, list.at, list.nr);
		free(list.at);
		break;
	case WASM_IMM_FUNC:
		uleb(c->out, find(FUNCS, next(c, "function")));
		break;
	case WASM_IMM_TYPE:
		uleb(c->out, find(TYPES, next(c, "type")));
		break;
	case WASM_IMM_TYPE_TABLE:
		type = next_is_atom(c) ? find(TABLES, next(c, "")) : 0;
		uleb(c->out, find(TYPES, next(c, "type")->items[1]));
		uleb(c->out, type);
		break;
	case WASM_IMM_TYPE_FIELD:
		type = find(TYPES, next(c, "type"));
		uleb(c->out, type);
		uleb(c->out, field_index(type, next(c, "field")));
		break;
	case WASM_IMM_TYPE_COUNT:
		uleb(c->out, find(TYPES, next(c, "type")));
		uleb(c->out, number(next(c, "number")));
		break;
	case WASM_IMM_TYPE_DATA:
		uleb(c->out, find(TYPES, next(c, "type")));
		uleb(c->out, find(DATAS, next(c, "data")));
		break;
	case WASM_IMM_TYPE_ELEM:
		uleb(c->out, find(TYPES, next(c, "type")));
		uleb(c->out, find(ELEMS, next(c, "elem")));
		break;
	case WASM_IMM_TYPE_TYPE:
		uleb(c->out, find(TYPES, next(c, "type")));
		uleb(c->out, find(TYPES, next(c, "type")));
		break;
	case WASM_IMM_LOCAL:
		uleb(c->out, find(LOCALS, next(c, "local")));
		break;
	case WASM_IMM_GLOBAL:
		uleb(c->out, find(GLOBALS, next(c, "global")));
		break;
	case WASM_IMM_TABLE:
		uleb(c->out, next_is_atom(c) ? find(TABLES, next(c, "")) : 0);
		break;
	case WASM_IMM_MEMORY:
		uleb(c->out, 0);
		break;
	case WASM_IMM_TAG:
		uleb(c->out, find(TAGS, next(c, "tag")));
		break;
	case WASM_IMM_ELEM:
		uleb(c->out, find(ELEMS, next(c, "elem")));
		break;
	case WASM_IMM_DATA:
		uleb(c->out, find(DATAS, next(c, "data")));
		break;
	case WASM_IMM_MEMARG:
		memarg(c, align);
		break;
	case WASM_IMM_I32:
		sleb(c->out, (s32)number(next(c, "number")));
		break;
	case WASM_IMM_I64:
		sleb(c->out, number(next(c, "number")));
		break;
	case WASM_IMM_SELECT:
		e = next(c, "(result)");
		uleb(c->out, 1);
		value_type(c->out, e->items[1]);
		break;
	case WASM_IMM_HEAPTYPE:
		heap_type(c->out, next(c, "type"));
		break;
	case WASM_IMM_BR_ON_CAST:
		type = find_label(next(c, "label"));
		e = next(c, "type");
		e2 = next(c, "type");
		byte(c->out, is_nullable(e) | is_nullable(e2) << 1);
		uleb(c->out, type);
		heap_of(c->out, e);
		heap_of(c->out, e2);
		break;
	default:
		fail(c->items[0]->line, "an immediate that is not provided for");
	}
}

static void instruction(struct code *c);

/* (op immediates... operands...): the operands come first */
static void folded(struct code *outer, const struct expr *e)
{
	struct code c = { .items = e->items, .nr = e->nr, .out = outer->out };
	struct bytes op = { 0 };
	struct code operands;

	c.out = &op;
	instruction(&c);
	operands = c;
	operands.out = outer->out;
	while (operands.at < operands.nr)
		instruction(&operands);
	append(outer->out, op.at, op.nr);
	free(op.at);
}

static void instruction(struct code *c)
{
	const struct expr *e = next(c, "instruction"), *type;
	size_t i;

	if (!e->atom) {
		folded(c, e);
		return;
	}
	/* one name, two opcodes: with null or without */
	if (is(e, "ref.test") || is(e, "ref.cast")) {
		type = next(c, "type");
		opcode(c->out, (is(e, "ref.test") ? 0xfb014 : 0xfb016) + is_nullable(type));
		heap_of(c->out, type);
		return;
	}
	for (i = 0; i < sizeof(opcodes) / sizeof(*opcodes); i++)
		if (is(e, opcodes[i].text))
			break;
	if (i == sizeof(opcodes) / sizeof(*opcodes))
		fail(e->line, "unknown instruction %s", e->atom);
	if (opcodes[i].code == 0x1b && next_is_list(c, "result"))
		i++;
	opcode(c->out, opcodes[i].code);
	immediates(c, opcodes[i].imm, opcodes[i].align);
	if (is(e, "end")) {
		if (!nr_labels)
			fail(e->line, "nothing to end");
		nr_labels--;
	}
}

static void code(struct bytes *out, const struct expr *e, size_t from)
{
	struct code c = { .items = e->items, .at = from, .nr = e->nr, .out = out };

	while (c.at < c.nr)
		instruction(&c);
	byte(out, 0x0b);
}

/* ---- the module ---- */

static struct bytes sections[14];
static unsigned int counts[14];

enum { S_TYPE = 1, S_IMPORT, S_FUNC, S_TABLE, S_MEMORY, S_GLOBAL, S_EXPORT, S_START, S_ELEM, S_CODE,
       S_DATA, S_DATA_COUNT, S_TAG };

static void name(struct bytes *b, const struct expr *e)
{
	if (!e->atom || *e->atom != '"')
		fail(e->line, "string expected");
	uleb(b, e->size);
	append(b, e->atom + 1, e->size);
}

static void limits(struct bytes *b, const struct expr *e, size_t *at)
{
	bool max = *at + 1 < e->nr && e->items[*at + 1]->atom &&
		   isdigit((unsigned char)*e->items[*at + 1]->atom);

	byte(b, max);
	uleb(b, number(e->items[(*at)++]));
	if (max)
		uleb(b, number(e->items[(*at)++]));
}

/* (export "x") right behind the name, any number of them */
static size_t exports(const struct expr *e, size_t at, unsigned int kind, unsigned int index)
{
	for (; at < e->nr && is_list(e->items[at], "export"); at++) {
		name(&sections[S_EXPORT], e->items[at]->items[1]);
		byte(&sections[S_EXPORT], kind);
		uleb(&sections[S_EXPORT], index);
		counts[S_EXPORT]++;
	}
	return at;
}

static void import(const struct expr *e)
{
	const struct expr *what = e->items[3];
	struct bytes *b = &sections[S_IMPORT];
	size_t at = 1 + is_name(what->items[1]);

	name(b, e->items[1]);
	name(b, e->items[2]);
	counts[S_IMPORT]++;
	if (is_list(what, "func")) {
		byte(b, 0);
		uleb(b, type_use(what, at));
	} else if (is_list(what, "table")) {
		byte(b, 1);
		value_type(b, what->items[what->nr - 1]);
		limits(b, what, &at);
	} else if (is_list(what, "global")) {
		byte(b, 3);
		field_type(b, what->items[at]);
	} else {
		fail(e->line, "import of an unknown kind");
	}
}

static void function(const struct expr *e, unsigned int index)
{
	size_t at = 1 + is_name(e->items[e->nr > 1 ? 1 : 0]), i, k;
	struct bytes body = { 0 }, locals = { 0 };
	unsigned int nr = 0, type;
	const struct expr *l;

	at = exports(e, at, 0, index);
	spaces[LOCALS].nr = 0;
	nr_labels = 0;
	type = type_use(e, at);
	uleb(&sections[S_FUNC], type);
	counts[S_FUNC]++;
	for (; at < e->nr; at++) {
		l = e->items[at];
		if (is_list(l, "type") || is_list(l, "result"))
			continue;
		if (!is_list(l, "param") && !is_list(l, "local"))
			break;
		for (i = 1, k = 1 + (l->nr > 1 && is_name(l->items[1])); k < l->nr; k++, i = 0) {
			add_name(LOCALS, i ? l->items[1] : NULL);
			if (is_list(l, "local")) {
				uleb(&locals, 1);
				value_type(&locals, l->items[k]);
				nr++;
			}
		}
	}
	uleb(&body, nr);
	append(&body, locals.at, locals.nr);
	code(&body, e, at);
	uleb(&sections[S_CODE], body.nr);
	append(&sections[S_CODE], body.at, body.nr);
	counts[S_CODE]++;
	free(body.at);
	free(locals.at);
}

/*
 * (elem $e? func $f...), (elem declare func $f...), (elem $e? type (item instr...)...),
 * (elem (table $t) (offset instr...) type (item instr...)...)
 */
static void elem(const struct expr *e)
{
	size_t at = 1 + is_name(e->items[1]), i;
	struct bytes *b = &sections[S_ELEM];

	counts[S_ELEM]++;
	if (is(e->items[at], "func") || is(e->items[at], "declare")) {
		uleb(b, is(e->items[at], "func") ? 1 : 3);
		byte(b, 0);
		at += is(e->items[at], "func") ? 1 : 2;
		uleb(b, e->nr - at);
		for (; at < e->nr; at++)
			uleb(b, find(FUNCS, e->items[at]));
		return;
	}
	if (is_list(e->items[at], "table")) {
		uleb(b, 6);
		uleb(b, find(TABLES, e->items[at]->items[1]));
		code(b, e->items[at + 1], 1);
		at += 2;
	} else {
		uleb(b, 5);
	}
	value_type(b, e->items[at++]);
	uleb(b, e->nr - at);
	for (i = at; i < e->nr; i++)
		code(b, e->items[i], 1);
}

static void names_of(const struct expr *m)
{
	static const struct {
		const char *head;
		enum space space;
	} kinds[] = {
		{ "func", FUNCS }, { "table", TABLES }, { "memory", MEMORIES }, { "global", GLOBALS },
		{ "tag", TAGS }, { "elem", ELEMS }, { "data", DATAS },
	};
	const struct expr *e;
	size_t i, k;

	for (i = 1; i < m->nr; i++) {
		e = m->items[i];
		if (is_list(e, "import"))
			e = e->items[3];
		for (k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			if (is_list(e, kinds[k].head))
				add_name(kinds[k].space, e->nr > 1 ? e->items[1] : NULL);
		if (is_list(e, "type"))
			type_exprs[add_name(TYPES, e->items[1])] = e;
		for (k = 1; is_list(e, "rec") && k < e->nr; k++)
			type_exprs[add_name(TYPES, e->items[k]->items[1])] = e->items[k];
	}
}

static void definition(const struct expr *e, unsigned int *nr)
{
	size_t at = 1 + (e->nr > 1 && is_name(e->items[1])), k;
	struct bytes *b;

	if (is_list(e, "type")) {
		sub_type(&sections[S_TYPE], e);
		counts[S_TYPE]++;
	} else if (is_list(e, "rec")) {
		byte(&sections[S_TYPE], 0x4e);
		uleb(&sections[S_TYPE], e->nr - 1);
		for (k = 1; k < e->nr; k++)
			sub_type(&sections[S_TYPE], e->items[k]);
		counts[S_TYPE]++;
	} else if (is_list(e, "import")) {
		import(e);
		nr[is_list(e->items[3], "func") ? FUNCS : is_list(e->items[3], "table") ? TABLES : GLOBALS]++;
	} else if (is_list(e, "func")) {
		function(e, nr[FUNCS]++);
	} else if (is_list(e, "table")) {
		b = &sections[S_TABLE];
		at = exports(e, at, 1, nr[TABLES]++);
		value_type(b, e->items[e->nr - 1]);
		limits(b, e, &at);
		counts[S_TABLE]++;
	} else if (is_list(e, "memory")) {
		at = exports(e, at, 2, nr[MEMORIES]++);
		limits(&sections[S_MEMORY], e, &at);
		counts[S_MEMORY]++;
	} else if (is_list(e, "global")) {
		b = &sections[S_GLOBAL];
		at = exports(e, at, 3, nr[GLOBALS]++);
		field_type(b, e->items[at]);
		code(b, e, at + 1);
		counts[S_GLOBAL]++;
	} else if (is_list(e, "tag")) {
		at = exports(e, at, 4, nr[TAGS]++);
		byte(&sections[S_TAG], 0);
		uleb(&sections[S_TAG], type_use(e, at));
		counts[S_TAG]++;
	} else if (is_list(e, "elem")) {
		elem(e);
	} else if (is_list(e, "data")) {
		uleb(&sections[S_DATA], 1);
		name(&sections[S_DATA], e->items[at]);
		counts[S_DATA]++;
	} else if (is_list(e, "start")) {
		uleb(&sections[S_START], find(FUNCS, e->items[1]));
	} else {
		fail(e->line, "unknown kind of definition");
	}
}

static void write_module(FILE *file)
{
	static const int order[] = { S_TYPE, S_IMPORT, S_FUNC, S_TABLE, S_MEMORY, S_TAG, S_GLOBAL,
				     S_EXPORT, S_START, S_ELEM, S_DATA_COUNT, S_CODE, S_DATA };
	struct bytes all = { 0 }, s;
	size_t i;

	append(&sections[S_TYPE], extra_types.at, extra_types.nr);
	counts[S_TYPE] += nr_extra_types;
	append(&all, "\0asm\1\0\0\0", 8);
	for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
		int id = order[i];

		if (id == S_DATA_COUNT && counts[S_DATA])
			uleb(&sections[id], counts[S_DATA]);
		if (!sections[id].nr)
			continue;
		s = (struct bytes){ 0 };
		if (id != S_START && id != S_DATA_COUNT)
			uleb(&s, counts[id]);
		append(&s, sections[id].at, sections[id].nr);
		byte(&all, id);
		uleb(&all, s.nr);
		append(&all, s.at, s.nr);
		free(s.at);
	}
	fwrite(all.at, 1, all.nr, file);
}

int main(int argc, char **argv)
{
	unsigned int nr[NR_SPACES] = { 0 };
	static char source[1 << 20];
	struct expr *m;
	FILE *file;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: asm input.wat output.wasm\n");
		return 2;
	}
	path = argv[1];
	file = fopen(path, "r");
	if (!file || fread(source, 1, sizeof(source) - 1, file) == 0)
		fail(0, "cannot be read");
	fclose(file);
	text = source;
	m = read_expr();
	if (!is_list(m, "module"))
		fail(1, "(module expected");
	names_of(m);
	for (i = 1; i < m->nr; i++)
		definition(m->items[i], nr);
	file = fopen(argv[2], "wb");
	if (!file)
		fail(0, "%s cannot be written", argv[2]);
	write_module(file);
	return fclose(file) ? 1 : 0;
}
