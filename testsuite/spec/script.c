// SPDX-License-Identifier: GPL-2.0
/*
 * One file of the testsuite: its commands in order
 *
 * The format is described in the data's README. A command that needs a feature we do not
 * have is skipped, and so is all that touches an instance which was skipped; the
 * feature's name is counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

enum state {
	ABSENT,		/* instantiation failed: that was reported */
	ALIVE,
	SKIPPED,
};

struct module {
	char *name;		/* NULL: anonymous */
	char *registered;	/* last name, or NULL */
	enum state state;
	const char *missing;	/* SKIPPED: the feature */
	u32 handle;
	char *app;		/* a definition, or what the instance was made from */
	bool definition;
};

struct skip {
	const char *feature;
	u32 nr;
};

struct script {
	const struct script_options *options;
	const char *group;
	const char *file;	/* without folder and .json */
	const char *folder;	/* of the .json */
	FILE *out;
	struct libkwasm *lib;
	struct module *modules;
	size_t nr_modules;
	char **loaded;		/* apps, to be unloaded */
	size_t nr_loaded;
	struct skip skips[32];
	u32 passed, failed, skipped;
	u32 refused, named;	/* modules that wasm2ko must refuse; with the suite's words */
	int line;		/* of the command under way */
};

static const char *features[64] = {
	"sign-ext", "sat-float-to-int", "multi-value", "reference-types", "bulk-memory",
	"simd", "relaxed-simd", "extended-const", "const-global-get", "multi-memory", "memory64",
	"custom-page-sizes", "function-references", "tail-call",
	"exceptions", "legacy-exceptions", "threads", "wide-arithmetic", "gc",
};

bool feature_supported(const char *name)
{
	size_t i;

	for (i = 0; features[i]; i++) {
		if (!strcmp(features[i], name))
			return true;
	}
	return false;
}

void feature_add(const char *name)
{
	size_t i = 0;

	while (features[i])
		i++;
	if (i + 1 < ARRAY_SIZE(features))
		features[i] = name;
}

/* ---- results ---- */

static void passed(struct script *s)
{
	s->passed++;
}

static void failed(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void failed(struct script *s, const char *fmt, ...)
{
	va_list ap;

	s->failed++;
	fprintf(s->out, "not ok - %s/%s.wast:%d: ", s->group, s->file, s->line);
	va_start(ap, fmt);
	vfprintf(s->out, fmt, ap);
	va_end(ap);
	fputc('\n', s->out);
}

static void skipped(struct script *s, const char *feature)
{
	size_t i;

	s->skipped++;
	for (i = 0; i < ARRAY_SIZE(s->skips) && s->skips[i].feature; i++) {
		if (!strcmp(s->skips[i].feature, feature))
			break;
	}
	if (i == ARRAY_SIZE(s->skips))
		return;
	s->skips[i].feature = feature;
	s->skips[i].nr++;
}

static const char *words(struct script *s)
{
	return libkwasm_report(s->lib)->message;
}

/* ---- JSON ---- */

static const char *get_string(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? value : NULL;
}

/* Four hexadecimal digits, or a number that is none */
static u32 hex4(const char *p)
{
	u32 value = 0, i;

	for (i = 0; i < 4; i++) {
		const char *digit = p[i] ? strchr("0123456789abcdef", p[i] | 32) : NULL;

		if (!digit)
			return ~0u;
		value = value << 4 | (digit - "0123456789abcdef");
	}
	return value;
}

/*
 * Write surrogate pairs as UTF-8, in place: json-c 0.16 takes a pair whose
 * character has the bits of a surrogate (U+1D836) for a third one.
 */
static void replace_surrogates(char *text)
{
	char *to = text;
	u32 high, low, c;

	while (*text) {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		high = text[1] == 'u' ? hex4(text + 2) : ~0u;
		low = high >> 10 == 0xd800 >> 10 && text[6] == '\\' && text[7] == 'u' ?
		      hex4(text + 8) : ~0u;
		if (low >> 10 != 0xdc00 >> 10) {
			*to++ = *text++;	/* the backslash, and what it escapes */
			if (*text)
				*to++ = *text++;
			continue;
		}
		c = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
		*to++ = 0xf0 | c >> 18;
		*to++ = 0x80 | (c >> 12 & 0x3f);
		*to++ = 0x80 | (c >> 6 & 0x3f);
		*to++ = 0x80 | (c & 0x3f);
		text += 12;
	}
	*to = 0;
}

static struct json_object *read_json(const char *path)
{
	FILE *file = fopen(path, "r");
	struct json_object *root = NULL;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, 0, file) > 0) {
		replace_surrogates(text);
		root = json_tokener_parse(text);
	}
	free(text);
	fclose(file);
	return root;
}

/* The first feature the command needs and we do not have; "not X" for one that we have but should not */
static const char *missing_feature(struct json_object *command)
{
	struct json_object *needs = get(command, "needs"), *unless = get(command, "unless");
	size_t i;

	for (i = 0; needs && i < json_object_array_length(needs); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(needs, i));

		if (!feature_supported(name))
			return name;
	}
	for (i = 0; unless && i < json_object_array_length(unless); i++) {
		if (feature_supported(json_object_get_string(json_object_array_get_idx(unless, i))))
			return "superseded";
	}
	return NULL;
}

/* ---- values ---- */

static u8 type_byte(const char *type)
{
	static const struct {
		const char *name;
		u8 byte;
	} types[] = {
		{ "i32", 0x7f }, { "i64", 0x7e }, { "f32", 0x7d }, { "f64", 0x7c }, { "v128", 0x7b },
		{ "funcref", 0x70 }, { "externref", 0x6f }, { "exnref", 0x69 },
		{ "anyref", 0x6e }, { "eqref", 0x6d }, { "i31ref", 0x6c }, { "structref", 0x6b },
		{ "arrayref", 0x6a }, { "nullref", 0x71 }, { "nullexternref", 0x72 },
		{ "nullfuncref", 0x73 }, { "nullexnref", 0x74 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(type, types[i].name))
			return types[i].byte;
	}
	return 0;
}

static bool is_ref(u8 type)
{
	return type >= 0x69 && type <= 0x74;
}

/* The top of the hierarchy of a reference type */
static u8 top_of(u8 type)
{
	switch (type) {
	case 0x70:
	case 0x73:
		return 0x70;
	case 0x6f:
	case 0x72:
		return 0x6f;
	case 0x69:
	case 0x74:
		return 0x69;
	}
	return 0x6e;
}

static u32 lane_bits(const char *lane_type)
{
	return strtoul(lane_type + 1, NULL, 10);
}

static u64 number(struct json_object *value)
{
	return strtoull(json_object_get_string(value), NULL, 10);
}

static void set_lane(struct kwasm_val *value, u32 bits, u32 lane, u64 bit_pattern)
{
	u32 at = lane * bits;

	if (at < 64)
		value->lo |= bit_pattern << at;
	else
		value->hi |= bit_pattern << (at - 64);
}

static u64 get_lane(const struct kwasm_val *value, u32 bits, u32 lane)
{
	u32 at = lane * bits;
	u64 half = at < 64 ? value->lo : value->hi;

	return bits == 64 ? half : (half >> at % 64) & ((1ull << bits) - 1);
}

/* An argument; false if its type is none we know */
static bool read_value(struct json_object *o, struct kwasm_val *value)
{
	const char *type = get_string(o, "type");
	struct json_object *v = get(o, "value");
	u32 i, bits;

	memset(value, 0, sizeof(*value));
	value->type = type_byte(type);
	if (!value->type || !v)
		return false;
	if (value->type == 0x7b) {
		bits = lane_bits(get_string(o, "lane_type"));
		for (i = 0; i < 128 / bits; i++)
			set_lane(value, bits, i, number(json_object_array_get_idx(v, i)));
		return true;
	}
	if (is_ref(value->type)) {
		if (strcmp(json_object_get_string(v), "null"))
			value->lo = number(v) + 1;
		return true;
	}
	value->lo = number(v);
	return true;
}

/* Does a number of @bits bits match what is expected: a bit pattern or a class of NaNs? */
static bool bits_match(u64 seen, const char *expected, u32 bits)
{
	u64 quiet = bits == 32 ? 0x7fc00000ull : 0x7ff8000000000000ull;
	u64 sign = 1ull << (bits - 1);

	if (!strcmp(expected, "nan:canonical"))
		return (seen & ~sign) == quiet;
	if (!strcmp(expected, "nan:arithmetic"))
		return (seen & quiet) == quiet;
	return seen == strtoull(expected, NULL, 10);
}

/* Null of the hierarchy, a certain number from outside, or some reference of that kind */
static bool ref_matches(const struct kwasm_val *seen, u8 type, struct json_object *v)
{
	if (!is_ref(type) || top_of(seen->type) != top_of(type))
		return false;
	if (v && !strcmp(json_object_get_string(v), "null"))
		return !seen->lo;
	if (v)
		return seen->type == type && seen->lo == number(v) + 1;
	if (!seen->lo)
		return false;
	if (type == 0x6d)	/* no host value */
		return seen->type != 0x6e;
	return type == top_of(type) || type == seen->type;
}

static bool value_matches(const struct kwasm_val *seen, struct json_object *expected)
{
	const char *type = get_string(expected, "type");
	struct json_object *v = get(expected, "value");
	u32 i, bits;

	if (!strcmp(type, "either")) {
		struct json_object *values = get(expected, "values");

		for (i = 0; i < json_object_array_length(values); i++) {
			if (value_matches(seen, json_object_array_get_idx(values, i)))
				return true;
		}
		return false;
	}
	if (!strcmp(type, "refnull"))
		return is_ref(seen->type) && !seen->lo;
	if (is_ref(seen->type))
		return ref_matches(seen, type_byte(type), v);
	if (seen->type != type_byte(type))
		return false;
	switch (seen->type) {
	case 0x7f:
	case 0x7d:
		return bits_match(seen->lo, json_object_get_string(v), 32);
	case 0x7e:
	case 0x7c:
		return bits_match(seen->lo, json_object_get_string(v), 64);
	case 0x7b:
		bits = lane_bits(get_string(expected, "lane_type"));
		for (i = 0; i < 128 / bits; i++) {
			if (!bits_match(get_lane(seen, bits, i),
					json_object_get_string(json_object_array_get_idx(v, i)), bits))
				return false;
		}
		return true;
	}
	return false;
}

/* ---- modules ---- */

static struct module *add_module(struct script *s, const char *name)
{
	struct module *m;

	s->modules = realloc(s->modules, (s->nr_modules + 1) * sizeof(*m));
	m = &s->modules[s->nr_modules++];
	memset(m, 0, sizeof(*m));
	m->name = name ? strdup(name) : NULL;
	return m;
}

/* The latest of that name; without one, the latest at all */
static struct module *find_module(struct script *s, const char *name, bool definition)
{
	size_t i;

	for (i = s->nr_modules; i > 0; i--) {
		struct module *m = &s->modules[i - 1];

		if (m->definition == definition &&
		    (!name || (m->name && !strcmp(m->name, name))))
			return m;
	}
	return NULL;
}

/* Compile; false if that reported a failure or nothing more is to be done */
static bool compile_command(struct script *s, struct json_object *command, struct compiled *result)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", s->folder, get_string(command, "filename"));
	compile(&s->options->compiler, path, result);
	return true;
}

/* Load the app unless that is done; false if it failed, with words */
static bool load(struct script *s, const struct compiled *compiled)
{
	size_t i;

	for (i = 0; i < s->nr_loaded; i++) {
		if (!strcmp(s->loaded[i], compiled->app))
			return true;
	}
	if (libkwasm_load(s->lib, compiled->ko, false))
		return false;
	s->loaded = realloc(s->loaded, (s->nr_loaded + 1) * sizeof(*s->loaded));
	s->loaded[s->nr_loaded++] = strdup(compiled->app);
	return true;
}

static void command_module(struct script *s, struct json_object *command, bool definition)
{
	struct module *m = add_module(s, get_string(command, "name"));
	struct compiled compiled;
	int err;

	m->definition = definition;
	compile_command(s, command, &compiled);
	if (compiled.refused || compiled.broken) {
		failed(s, "module is refused: %s", compiled.message);
		return;
	}
	m->app = strdup(compiled.app);
	if (s->options->compile_only)
		return;
	if (!load(s, &compiled)) {
		failed(s, "module cannot be loaded: %s", words(s));
		return;
	}
	if (!definition) {
		err = libkwasm_instantiate(s->lib, m->app, NULL, &m->handle);
		if (err) {
			failed(s, "module cannot be instantiated: %s", words(s));
			return;
		}
	}
	m->state = ALIVE;
	passed(s);
}

static void command_module_instance(struct script *s, struct json_object *command)
{
	struct module *definition = find_module(s, get_string(command, "module"), true);
	struct module from = definition ? *definition : (struct module){ 0 };
	struct module *m = add_module(s, get_string(command, "instance"));

	if (s->options->compile_only)
		return;
	if (from.state == SKIPPED) {
		m->state = SKIPPED;
		m->missing = from.missing;
		skipped(s, from.missing);
		return;
	}
	if (from.state != ALIVE) {
		failed(s, "no such definition");
		return;
	}
	if (libkwasm_instantiate(s->lib, from.app, NULL, &m->handle)) {
		failed(s, "cannot be instantiated: %s", words(s));
		return;
	}
	m->state = ALIVE;
	passed(s);
}

static void command_register(struct script *s, struct json_object *command)
{
	struct module *m = find_module(s, get_string(command, "name"), false);
	struct json_object *as = get(command, "as");

	if (s->options->compile_only)
		return;
	if (!m || m->state == ABSENT) {
		failed(s, "no such instance");
	} else if (m->state == SKIPPED) {
		skipped(s, m->missing);
	} else if (libkwasm_register(s->lib, m->handle, json_object_get_string(as),
				     json_object_get_string_len(as))) {
		failed(s, "cannot be registered: %s", words(s));
	} else {
		passed(s);
	}
}

/* ---- actions ---- */

struct outcome {
	int err;
	struct kwasm_val results[KWASM_ARITY_MAX];
	u32 nr_results;
};

/* Perform the command's action; false if there is nothing to judge (skipped, or failed already) */
static bool perform(struct script *s, struct json_object *command, struct outcome *outcome)
{
	struct json_object *action = get(command, "action");
	struct json_object *field = get(action, "field"), *args = get(action, "args");
	struct module *m = find_module(s, get_string(action, "module"), false);
	struct kwasm_val values[KWASM_ARITY_MAX];
	u32 nr_args, i;

	if (s->options->compile_only)
		return false;
	if (!m || m->state == ABSENT) {
		failed(s, "no such instance");
		return false;
	}
	if (m->state == SKIPPED) {
		skipped(s, m->missing);
		return false;
	}
	if (!strcmp(get_string(action, "type"), "get")) {
		outcome->nr_results = 1;
		outcome->err = libkwasm_global_get(s->lib, m->handle, json_object_get_string(field),
						   json_object_get_string_len(field),
						   &outcome->results[0]);
		return true;
	}
	nr_args = json_object_array_length(args);
	for (i = 0; i < nr_args; i++) {
		if (!read_value(json_object_array_get_idx(args, i), &values[i])) {
			failed(s, "argument %u is of an unknown type", i);
			return false;
		}
	}
	outcome->nr_results = KWASM_ARITY_MAX;
	outcome->err = libkwasm_call(s->lib, m->handle, json_object_get_string(field),
				     json_object_get_string_len(field), values, nr_args,
				     outcome->results, &outcome->nr_results);
	return true;
}

static const char *field_of(struct json_object *command)
{
	return get_string(get(command, "action"), "field");
}

static void command_return(struct script *s, struct json_object *command, bool judge_results)
{
	static struct outcome outcome;
	struct json_object *expected = get(command, "expected");
	u32 i;

	if (!perform(s, command, &outcome))
		return;
	if (outcome.err) {
		failed(s, "%s: %s", field_of(command), words(s));
		return;
	}
	if (judge_results) {
		if (outcome.nr_results != json_object_array_length(expected)) {
			failed(s, "%s: %u results, expected %zu", field_of(command),
			       outcome.nr_results, json_object_array_length(expected));
			return;
		}
		for (i = 0; i < outcome.nr_results; i++) {
			struct json_object *want = json_object_array_get_idx(expected, i);

			if (value_matches(&outcome.results[i], want))
				continue;
			failed(s, "%s: result %u: expected %s, seen 0x%llx%016llx", field_of(command),
			       i, json_object_to_json_string_ext(want, JSON_C_TO_STRING_PLAIN),
			       (unsigned long long)outcome.results[i].hi,
			       (unsigned long long)outcome.results[i].lo);
			return;
		}
	}
	passed(s);
}

/* The suite's texts say at times more and at times less than ours */
static bool text_matches(const char *expected, const char *seen)
{
	size_t n = strlen(expected), m = strlen(seen);

	return m && !strncmp(expected, seen, n < m ? n : m);
}

static void command_trap(struct script *s, struct json_object *command, const char *text)
{
	static struct outcome outcome;

	if (!perform(s, command, &outcome))
		return;
	if (outcome.err <= 0)
		failed(s, "%s: expected trap '%s', seen %s", field_of(command), text,
		       outcome.err ? words(s) : "none");
	else if (!text_matches(text, words(s)))
		failed(s, "%s: expected trap '%s', seen '%s'", field_of(command), text, words(s));
	else
		passed(s);
}

/* ---- modules that must fail ---- */

/* Refused it is; are the words the suite's? It tells them "for information". */
static void judge_reason(struct script *s, const char *text, const char *message)
{
	s->refused++;
	if (strstr(message, text))
		s->named++;
	else if (s->options->reasons)
		fprintf(s->out, "# %s/%s.wast:%d: '%s' is told as '%s'\n", s->group, s->file,
			s->line, text, message);
	passed(s);
}

static void command_refused(struct script *s, struct json_object *command)
{
	const char *text = get_string(command, "text");
	const char *module_type = get_string(command, "module_type");
	struct compiled compiled;

	/* as wast2json has it: a module that only a text parser can refuse */
	if (module_type && !strcmp(module_type, "text")) {
		if (!s->options->compile_only)
			skipped(s, "text-format");
		return;
	}
	compile_command(s, command, &compiled);
	if (s->options->compile_only)
		return;
	if (compiled.broken)
		failed(s, "wasm2ko: %s (expected: %s)", compiled.message, text);
	else if (!compiled.refused)
		failed(s, "module is accepted, expected: %s", text);
	else if (!strstr(compiled.message, "error: "))
		failed(s, "refused without an error message: %s", compiled.message);
	else
		judge_reason(s, text, strstr(compiled.message, "error: ") + strlen("error: "));
}

/* Which import it is, and if there is one of that name, what was wanted and what was found */
static bool names_import(const char *message)
{
	if (!strstr(message, "import '"))
		return false;
	return strncmp(message, "incompatible", strlen("incompatible")) ||
	       (strstr(message, ": wanted ") && strstr(message, ", found "));
}

static void command_not_instantiable(struct script *s, struct json_object *command, bool unlinkable)
{
	const char *text = get_string(command, "text");
	struct compiled compiled;
	u32 handle;
	int err;

	compile_command(s, command, &compiled);
	if (compiled.refused || compiled.broken) {
		failed(s, "module is refused: %s", compiled.message);
		return;
	}
	if (s->options->compile_only)
		return;
	if (!load(s, &compiled)) {
		failed(s, "module cannot be loaded: %s", words(s));
		return;
	}
	err = libkwasm_instantiate(s->lib, compiled.app, NULL, &handle);
	if (!err)
		failed(s, "module is instantiated, expected: %s", text);
	else if (unlinkable ? err != -ENOENT && err != -EPROTOTYPE : err < 0)
		failed(s, "expected '%s', seen '%s'", text, words(s));
	else if (!text_matches(text, words(s)))
		failed(s, "expected '%s', seen '%s'", text, words(s));
	else if (unlinkable && !names_import(words(s)))
		failed(s, "does not tell the import: '%s'", words(s));
	else
		passed(s);
}

/* ---- the file ---- */

static void run_command(struct script *s, struct json_object *command)
{
	const char *type = get_string(command, "type");
	const char *missing = missing_feature(command);
	struct module *m;

	s->line = json_object_get_int(get(command, "line"));
	if (missing) {
		if (!strcmp(type, "module") || !strcmp(type, "module_definition") ||
		    !strcmp(type, "module_instance")) {
			m = add_module(s, get_string(command, "name") ?: get_string(command, "instance"));
			m->definition = !strcmp(type, "module_definition");
			m->state = SKIPPED;
			m->missing = missing;
		}
		skipped(s, missing);
		return;
	}
	if (!strcmp(type, "module"))
		command_module(s, command, false);
	else if (!strcmp(type, "module_definition"))
		command_module(s, command, true);
	else if (!strcmp(type, "module_instance"))
		command_module_instance(s, command);
	else if (!strcmp(type, "register"))
		command_register(s, command);
	else if (!strcmp(type, "action"))
		command_return(s, command, false);
	else if (!strcmp(type, "assert_return"))
		command_return(s, command, true);
	else if (!strcmp(type, "assert_trap") || !strcmp(type, "assert_exhaustion"))
		command_trap(s, command, get_string(command, "text"));
	else if (!strcmp(type, "assert_exception"))
		command_trap(s, command, "uncaught exception");
	else if (!strcmp(type, "assert_invalid") || !strcmp(type, "assert_malformed"))
		command_refused(s, command);
	else if (!strcmp(type, "assert_unlinkable"))
		command_not_instantiable(s, command, true);
	else if (!strcmp(type, "assert_uninstantiable"))
		command_not_instantiable(s, command, false);
	else
		skipped(s, type);	/* a command of a proposal: named like a feature */
}

/* spectest is there before the first command, loaded and registered */
static bool open_session(struct script *s)
{
	struct compiled spectest = { .app = "spectest" };
	u32 handle;
	int err;

	err = libkwasm_open(s->options->world, &s->lib);
	if (err) {
		failed(s, "no session: %s", strerror(-err));
		return false;
	}
	snprintf(spectest.ko, sizeof(spectest.ko), "%s", s->options->spectest);
	if (!load(s, &spectest) ||
	    libkwasm_instantiate(s->lib, "spectest", NULL, &handle) ||
	    libkwasm_register(s->lib, handle, "spectest", 8)) {
		failed(s, "spectest: %s", words(s));
		return false;
	}
	return true;
}

static void close_session(struct script *s)
{
	size_t i;

	if (!s->lib)
		return;
	libkwasm_close(s->lib);
	/* the kernel keeps apps until they are unloaded */
	if (s->options->world == LIBKWASM_USER || libkwasm_open(s->options->world, &s->lib))
		return;
	for (i = s->nr_loaded; i > 0; i--) {
		s->line = 0;
		if (libkwasm_unload(s->lib, s->loaded[i - 1]))
			failed(s, "cannot be unloaded: %s", words(s));
	}
	libkwasm_close(s->lib);
}

static void free_script(struct script *s)
{
	size_t i;

	for (i = 0; i < s->nr_modules; i++) {
		free(s->modules[i].name);
		free(s->modules[i].app);
	}
	free(s->modules);
	for (i = 0; i < s->nr_loaded; i++)
		free(s->loaded[i]);
	free(s->loaded);
}

int script_run(const struct script_options *options, const char *group, const char *path, FILE *out)
{
	struct script s = { .options = options, .group = group, .out = out };
	char folder[PATH_SIZE], file[256], *slash, *dot;
	struct json_object *root, *commands;
	size_t i;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		return -EINVAL;
	*slash = 0;
	snprintf(file, sizeof(file), "%s", slash + 1);
	dot = strrchr(file, '.');
	if (dot)
		*dot = 0;
	s.folder = folder;
	s.file = file;
	root = read_json(path);
	commands = root ? get(root, "commands") : NULL;
	if (!commands) {
		failed(&s, "cannot be read");
	} else if (options->compile_only || open_session(&s)) {
		for (i = 0; i < json_object_array_length(commands); i++)
			run_command(&s, json_object_array_get_idx(commands, i));
	}
	close_session(&s);
	for (i = 0; i < ARRAY_SIZE(s.skips) && s.skips[i].feature; i++)
		fprintf(out, "skip %u %s\n", s.skips[i].nr, s.skips[i].feature);
	fprintf(out, "refused %u %u\n", s.refused, s.named);
	fprintf(out, "count %u %u %u\n", s.passed, s.failed, s.skipped);
	free_script(&s);
	json_object_put(root);
	return 0;
}
