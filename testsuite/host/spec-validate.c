// SPDX-License-Identifier: GPL-2.0
/*
 * spec-validate - the official suite's verdicts on modules, decoder and validator only
 *
 *	spec-validate [-v] [--exact] [--features=+NAME,-NAME...] DATA/spec GROUP...
 *
 * For every module of the groups: a "module" or "module_definition" must be
 * accepted if all it "needs" is enabled, an assert_malformed or assert_invalid
 * must be refused. Commands that need more are counted as not run. Whether our
 * message begins with the suite's text is counted, and with -v the others are
 * listed: a few texts tell apart what a decoder with bounded sections cannot.
 *
 * With --exact, modules that must be accepted get the features they "need" and no
 * others: what a feature brings is accepted with it alone.
 *
 * A line of TAP for each file; one that has failures lists them.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../compiler/diag.h"
#include "../../compiler/module.h"

static u64 features = WASM_FEATURES_DEFAULT;
static bool verbose;
static bool exact;

struct counts {
	u32 accepted;
	u32 refused;
	u32 same_text;
	u32 not_run;
	u32 failed;
};

/* the set in the array of strings under @key; false if one is unknown to us */
static bool get_features(struct json_object *cmd, const char *key, u64 *set)
{
	struct json_object *list;
	const char *name;
	size_t i, nr;
	int f;

	*set = 0;
	if (!json_object_object_get_ex(cmd, key, &list))
		return true;
	nr = json_object_array_length(list);
	for (i = 0; i < nr; i++) {
		name = json_object_get_string(json_object_array_get_idx(list, i));
		for (f = 0; f < NR_WASM_FEATURES; f++) {
			if (!strcmp(name, wasm_feature_name(f)))
				break;
		}
		if (f == NR_WASM_FEATURES)
			return false;
		*set |= 1ull << f;
	}
	return true;
}

/* has a command features that are enabled, and none that must not be? */
static bool can_run(struct json_object *cmd, u64 *needs)
{
	u64 unless;

	if (!get_features(cmd, "needs", needs) || (*needs & ~features))
		return false;
	get_features(cmd, "unless", &unless);
	return !(unless & features);
}

static const char *get_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return "";
	return json_object_get_string(value);
}

/* decode and validate; *@text is the first message, to be freed */
static int check_module(const char *path, u64 enabled, char **text)
{
	struct wasm_module m;
	size_t size, text_size;
	FILE *stream;
	u8 *bytes;
	int err;

	if (file_read(path, &bytes, &size)) {
		*text = xasprintf("cannot read %s", path);
		return -EIO;
	}
	stream = open_memstream(text, &text_size);
	diag_redirect(stream);
	err = wasm_decode(&m, "", bytes, size, enabled) ?: wasm_validate(&m);
	diag_redirect(NULL);
	fclose(stream);
	wasm_module_destroy(&m);
	free(bytes);
	return err;
}

/* the message behind ":0x12: error: " */
static const char *message(char *text)
{
	char *start = strstr(text, "error: ");

	text[strcspn(text, "\n")] = 0;
	return start ? start + strlen("error: ") : text;
}

static void run_command(struct json_object *cmd, const char *dir, struct counts *counts)
{
	const char *type = get_string(cmd, "type"), *want = get_string(cmd, "text");
	bool good = !strcmp(type, "module") || !strcmp(type, "module_definition");
	bool bad = !strcmp(type, "assert_malformed") || !strcmp(type, "assert_invalid");
	/* valid, whatever instantiation makes of it */
	bool linked = !strcmp(type, "assert_unlinkable") || !strcmp(type, "assert_uninstantiable");
	const char *file = get_string(cmd, "filename"), *line = get_string(cmd, "line");
	u64 needs, enabled = features;
	char *path, *text = NULL;
	int err;

	if (!good && !bad && !linked)
		return;
	if (!can_run(cmd, &needs) || !*file) {
		counts->not_run++;
		return;
	}
	path = xasprintf("%s/%s", dir, file);
	/* the suite counts mutable globals in imports and exports as 1.0 */
	if (exact && !bad)
		enabled = needs | WASM_FEATURE_BIT(MUTABLE_GLOBALS);
	err = check_module(path, enabled, &text);
	if (err == -EIO) {
		printf("# line %s: %s\n", line, text);
		counts->failed++;
	} else if (bad && !err) {
		printf("# line %s: %s: accepted, but must be refused: %s\n", line, path, want);
		counts->failed++;
	} else if (!bad && err) {
		printf("# line %s: %s: refused: %s\n", line, path, message(text));
		counts->failed++;
	} else if (bad) {
		counts->refused++;
		if (!strncmp(message(text), want, strlen(want)))
			counts->same_text++;
		else if (verbose)
			printf("# line %s: %s: text: wanted '%s', found '%s'\n",
			       line, path, want, message(text));
	} else {
		counts->accepted++;
	}
	free(text);
	free(path);
}

static void run_file(const char *dir, const char *name, struct counts *counts)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct json_object *root, *commands;
	size_t i, nr;

	root = json_object_from_file(path);
	if (!root || !json_object_object_get_ex(root, "commands", &commands)) {
		printf("# cannot read %s\n", path);
		counts->failed++;
	} else {
		nr = json_object_array_length(commands);
		for (i = 0; i < nr; i++)
			run_command(json_object_array_get_idx(commands, i), dir, counts);
	}
	json_object_put(root);
	free(path);
}

static bool file_exists(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool exists = !access(path, F_OK);

	free(path);
	return exists;
}

static void add_counts(struct counts *to, const struct counts *from)
{
	to->accepted += from->accepted;
	to->refused += from->refused;
	to->same_text += from->same_text;
	to->not_run += from->not_run;
	to->failed += from->failed;
}

/* files of a group, in the order of the index */
static int run_group(const char *data, const char *group, struct counts *total)
{
	char *index_path = xasprintf("%s/index.tsv", data), *dir = xasprintf("%s/%s", data, group);
	char line[4096], file_group[64], file[256];
	static u32 number;
	u32 nr_files = 0;
	FILE *index;

	index = fopen(index_path, "r");
	while (index && fgets(line, sizeof(line), index)) {
		struct counts counts = { 0 };

		if (sscanf(line, "%63[^\t]\t%255[^\t]", file_group, file) != 2 ||
		    strcmp(file_group, group))
			continue;
		strcat(file, ".json");
		/* a file with tests for text parsers only is in the index, but not there */
		if (!file_exists(dir, file))
			continue;
		run_file(dir, file, &counts);
		add_counts(total, &counts);
		nr_files++;
		printf("%sok %u %s/%s # %u accepted, %u refused, %u of these with the suite's text, %u not run\n",
		       counts.failed ? "not " : "", ++number, group, file, counts.accepted,
		       counts.refused, counts.same_text, counts.not_run);
	}
	if (index)
		fclose(index);
	free(index_path);
	free(dir);
	if (!nr_files)
		printf("not ok %u %s # no such group\n", ++number, group);
	return nr_files ? 0 : -ENOENT;
}

int main(int argc, char **argv)
{
	struct counts total = { 0 };
	const char *data;
	int i = 1, err = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (!strcmp(argv[i], "--exact"))
			exact = true;
		else if (strncmp(argv[i], "--features=", 11) ||
			 wasm_features_parse(argv[i] + 11, WASM_FEATURES_ALL, &features))
			return 2;
	}
	if (argc - i < 2) {
		fprintf(stderr, "usage: spec-validate [-v] [--exact] [--features=LIST] DATA/spec GROUP...\n");
		return 2;
	}
	data = argv[i++];
	printf("TAP version 13\n");
	for (; i < argc; i++) {
		if (run_group(data, argv[i], &total))
			err = 1;
	}
	printf("# %u accepted, %u refused, %u of these with the suite's text, %u not run, %u wrong\n",
	       total.accepted, total.refused, total.same_text, total.not_run, total.failed);
	return err || total.failed ? 1 : 0;
}
