// SPDX-License-Identifier: GPL-2.0
/*
 * test-object - objects, the code in them, and files written whole
 *
 * The objects are assembled from objects/ when this is built; labels in them
 * say what is expected.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../backend-x86/code.h"
#include "../../backend-x86/lines.h"
#include "../../backend-x86/object.h"
#include "../harness.h"
#include "objects.h"

/* ---- reading ---- */

TEST(object_has_sections_symbols_and_relocations_of_the_file)
{
	u32 text;

	ASSERT_EQ(0, load_object("app"));
	text = object_find_section(&loaded.obj, ".text");
	ASSERT_NE(0, text);
	ASSERT_EQ(SHF_ALLOC | SHF_EXECINSTR, loaded.obj.sections[text].flags);
	ASSERT_NE(0, object_find_section(&loaded.obj, ".text.init_module"));
	ASSERT_NE(0, object_find_symbol(&loaded.obj, "main $x y"));
	ASSERT_EQ(0, object_find_symbol(&loaded.obj, "main"));
	/* the constant, $table, kwasm_type_ids, wasi_fd_write, the return thunk */
	ASSERT_EQ(5, loaded.obj.sections[text].nr_relocs);
}

TEST(object_truncated_at_every_byte_is_refused)
{
	size_t full, size;
	u8 *bytes = read_object_file("app", &full);

	for (size = 0; size < full; size++) {
		struct object obj;
		u8 *part = malloc(size ?: 1);	/* of its size: a sanitizer sees one byte too many */
		int err;

		memcpy(part, bytes, size);
		capture_begin();
		err = object_read(&obj, "t.o", part, size);
		capture_end();
		object_destroy(&obj);
		free(part);
		/* the section headers come last */
		if (err != -EINVAL)
			HARNESS_FAIL("%zu of %zu bytes: %d", size, full, err);
		ASSERT_EQ(0, strncmp(captured, "t.o: error: ", 12));
		ASSERT_EQ(strlen(captured) - 1, (size_t)(strchr(captured, '\n') - captured));
	}
	free(bytes);
}

/* Any byte of headers, symbols and relocations may be anything. */
TEST(object_with_any_byte_changed_is_read_or_refused)
{
	static const u8 values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t size, i, k;
	u8 *bytes = read_object_file("app", &size);

	for (i = 0; i < size; i++) {
		for (k = 0; k < ARRAY_SIZE(values); k++) {
			u8 old = bytes[i];

			bytes[i] = values[k];
			finish_object(bytes, size);
			bytes[i] = old;
		}
	}
	free(bytes);
}

TEST(object_with_random_changes_is_read_or_refused)
{
	static const char *const names[] = { "app", "lines", "frames", "access" };
	u32 state = 1, round;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(names); n++) {
		size_t size;
		u8 *bytes = read_object_file(names[n], &size);
		u8 *copy = malloc(size);

		for (round = 0; round < 1500; round++) {
			u32 changes = round % 7 + 1;

			memcpy(copy, bytes, size);
			while (changes--) {
				state = state * 1664525 + 1013904223;
				copy[(state >> 8) % size] = state >> 3;
			}
			finish_object(copy, size);
		}
		free(copy);
		free(bytes);
	}
}

TEST(object_that_is_no_elf_file_is_refused)
{
	unload_object();
	capture_begin();
	ASSERT_EQ(-EINVAL, object_read(&loaded.obj, "t.o", (const u8 *)"\0asm\1\0\0\0", 8));
	capture_end();
	object_destroy(&loaded.obj);
	ASSERT_STREQ("t.o: error: not an ELF file\n", captured);
}

TEST(object_for_another_machine_is_refused)
{
	size_t size;
	u8 *bytes = read_object_file("app", &size);

	((Elf64_Ehdr *)bytes)->e_machine = EM_AARCH64;
	unload_object();
	capture_begin();
	ASSERT_EQ(-EINVAL, object_read(&loaded.obj, "t.o", bytes, size));
	capture_end();
	object_destroy(&loaded.obj);
	free(bytes);
	ASSERT_STREQ("t.o: error: not a relocatable object for x86-64\n", captured);
}

TEST(relocation_that_the_module_loader_refuses_is_an_error)
{
	ASSERT_EQ(-EINVAL, load_object("bad-got"));
	ASSERT_STREQ("bad-got.o: error: relocation R_X86_64_REX_GOTPCRELX (42) at .text+0x3: the kernel's module loader does not take it\n",
		     captured);
}

TEST(common_symbols_and_groups_are_refused)
{
	ASSERT_EQ(-EINVAL, load_object("bad-common"));
	ASSERT_STREQ("bad-common.o: error: malformed object: section of a symbol\n", captured);
	ASSERT_EQ(-EINVAL, load_object("bad-group"));
	ASSERT_STREQ("bad-group.o: error: section '.group' has type 17, which is not supported\n",
		     captured);
}

/* ---- normalizing ---- */

TEST(normalized_object_has_one_section_of_a_kind)
{
	static const char *const expected[] = { ".text", ".rodata", ".data" };
	const struct object_section *s;
	u32 nr_alloc = 0;
	size_t i;

	ASSERT_EQ(0, normalize_object("app"));
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		ASSERT_NE(0, object_find_section(&loaded.obj, expected[i]));
	for (i = 1; i < loaded.obj.nr_sections; i++) {
		s = &loaded.obj.sections[i];
		nr_alloc += !s->dropped && s->flags & SHF_ALLOC;
	}
	ASSERT_EQ(3, nr_alloc);
	ASSERT_EQ(0, object_find_section(&loaded.obj, ".comment"));
}

/* .rodata is 1 byte, then 8-byte aligned 1.5: the code must find it there still. */
TEST(merging_sections_moves_what_refers_to_them)
{
	const struct object_symbol *main, *init;
	const struct object_section *text;
	size_t i, nr_found = 0;
	u32 index;

	ASSERT_EQ(0, normalize_object("app"));
	index = object_find_section(&loaded.obj, ".text");
	text = &loaded.obj.sections[index];
	main = &loaded.obj.symbols[object_find_symbol(&loaded.obj, "main $x y")];
	init = &loaded.obj.symbols[object_find_symbol(&loaded.obj, "init_module")];
	ASSERT_EQ(index, main->section);
	ASSERT_EQ(index, init->section);
	ASSERT_EQ(0, main->value);
	ASSERT_TRUE(init->value >= main->size);
	ASSERT_EQ(STB_LOCAL, main->bind);
	/* the second function's first instruction */
	ASSERT_EQ(0x55, text->data[init->value]);
	for (i = 0; i < text->nr_relocs; i++) {
		const struct object_reloc *r = &text->relocs[i];
		const struct object_symbol *sym = &loaded.obj.symbols[r->symbol];
		const struct object_section *s = &loaded.obj.sections[sym->section];
		double value;

		if (!sym->section || strcmp(s->name, ".rodata"))
			continue;
		ASSERT_EQ(R_X86_64_PC32, r->type);
		memcpy(&value, s->data + sym->value + r->addend + 4, sizeof(value));
		ASSERT_TRUE(value == 1.5);
		nr_found++;
	}
	ASSERT_EQ(1, nr_found);
}

/* ---- linking ---- */

static void take_object(const char *name, void (*take)(struct object *, const struct object *))
{
	struct object with;
	size_t size;
	u8 *bytes = read_object_file(name, &size);

	ASSERT_EQ(0, object_read(&with, name, bytes, size));
	take(&loaded.obj, &with);
	object_destroy(&with);
	free(bytes);
}

/* where the call that begins @at bytes into function @name goes */
static u32 callee(const char *name, u32 at)
{
	const struct object_symbol *s = &loaded.obj.symbols[object_find_symbol(&loaded.obj, name)];
	s32 distance;

	memcpy(&distance, loaded.obj.sections[s->section].data + s->value + at + 1, 4);
	return s->value + at + 5 + distance;
}

/* the constant that the load at the start of function @name reads */
static double constant(const char *name)
{
	const struct object_symbol *f = &loaded.obj.symbols[object_find_symbol(&loaded.obj, name)], *to;
	const struct object_section *text = &loaded.obj.sections[f->section];
	double value = 0;
	size_t i;

	for (i = 0; i < text->nr_relocs; i++) {
		const struct object_reloc *r = &text->relocs[i];

		if (r->offset != f->value + 4)
			continue;
		to = &loaded.obj.symbols[r->symbol];
		memcpy(&value, loaded.obj.sections[to->section].data + to->value + r->addend + 4, 8);
	}
	return value;
}

static u64 value_of(const char *name)
{
	return loaded.obj.symbols[object_find_symbol(&loaded.obj, name)].value;
}

TEST(linked_objects_refer_to_each_other_and_to_their_own_constants)
{
	ASSERT_EQ(0, load_object("link-one"));
	take_object("link-two", object_link);
	ASSERT_EQ(0, object_normalize(&loaded.obj, allowed_in_tests, NULL));
	ASSERT_EQ(value_of("two"), callee("one", 8));
	ASSERT_EQ(value_of("one"), callee("two", 8));
	ASSERT_TRUE(constant("one") == 1.5);
	ASSERT_TRUE(constant("two") == 2.5);
	/* the two constants and the two traps */
	ASSERT_EQ(4, loaded.obj.sections[object_find_section(&loaded.obj, ".text")].nr_relocs);
}

TEST(a_function_that_nobody_defines_stays_undefined)
{
	ASSERT_EQ(0, load_object("link-one"));
	capture_begin();
	ASSERT_EQ(-EINVAL, object_normalize(&loaded.obj, allowed_in_tests, NULL));
	capture_end();
	ASSERT_TRUE(strstr(captured, "refers to 'two'"));
}

TEST(replaced_function_is_the_one_that_is_called)
{
	ASSERT_EQ(0, load_object("link-one"));
	take_object("link-two", object_link);
	take_object("link-again", object_replace_functions);
	ASSERT_EQ(0, object_normalize(&loaded.obj, allowed_in_tests, NULL));
	ASSERT_EQ(6, loaded.obj.symbols[object_find_symbol(&loaded.obj, "one")].size);
	ASSERT_EQ(value_of("two"), callee("one", 0));
	ASSERT_EQ(value_of("one"), callee("two", 8));
}

TEST(symbol_that_is_not_allowed_is_an_internal_error)
{
	ASSERT_EQ(-EINVAL, normalize_object("bad-import"));
	ASSERT_STREQ("bad-import.o: error: internal error: generated code refers to 'memcpy'\n",
		     captured);
}

TEST(sections_that_generated_code_never_has_are_refused)
{
	ASSERT_EQ(-EINVAL, normalize_object("bad-tls"));
	ASSERT_STREQ("bad-tls.o: error: internal error: section '.tdata' of type 1 has flags 0x403\n",
		     captured);
	/* code under the name of constants: no assembler would do it */
	ASSERT_EQ(0, load_object("app"));
	loaded.obj.sections[object_find_section(&loaded.obj, ".rodata")].flags |= SHF_EXECINSTR;
	capture_begin();
	ASSERT_EQ(-EINVAL, object_normalize(&loaded.obj, allowed_in_tests, NULL));
	capture_end();
	ASSERT_STREQ("app.o: error: internal error: section '.rodata' of type 1 has flags 0x6\n",
		     captured);
}

TEST(reference_to_a_dropped_section_is_refused)
{
	ASSERT_EQ(-EINVAL, normalize_object("bad-section"));
	ASSERT_TRUE(strstr(captured, "refers to '' in unwanted section '.note.mine'"));
}

/* ---- code ---- */

/* Labels beginning with @prefix, in order, against @sites. */
static void assert_sites(const char *prefix, const u32 *sites, size_t nr)
{
	size_t i, nr_labels = 0;

	for (i = 1; i < loaded.obj.nr_symbols; i++) {
		const struct object_symbol *s = &loaded.obj.symbols[i];

		if (s->dropped || strncmp(s->name, prefix, strlen(prefix)))
			continue;
		if (nr_labels >= nr || sites[nr_labels] != s->value)
			HARNESS_FAIL("expected %s at 0x%llx, site %zu is 0x%x", s->name, s->value,
				     nr_labels, nr_labels < nr ? sites[nr_labels] : 0);
		nr_labels++;
	}
	ASSERT_EQ(nr_labels, nr);
}

TEST(accesses_are_all_that_may_touch_linear_memory)
{
	ASSERT_EQ(0, scan_object("access"));
	assert_sites("row", loaded.code.accesses, loaded.code.nr_accesses);
	ASSERT_EQ(25, loaded.code.nr_accesses);
}

TEST(thunk_sites_and_calls_are_found)
{
	const struct code *code = &loaded.code;
	u32 calls[4];
	size_t i;

	ASSERT_EQ(0, scan_object("thunks"));
	assert_sites("return", code->returns, code->nr_returns);
	assert_sites("retpoline", code->retpolines, code->nr_retpolines);
	ASSERT_EQ(2, code->nr_functions);
	ASSERT_EQ(4, code->nr_calls);
	for (i = 0; i < 4; i++)
		calls[i] = code->calls[i].offset;
	assert_sites("call", calls, 4);
	ASSERT_STREQ("kwasm_trap_unreachable", loaded.obj.symbols[code->calls[0].symbol].name);
	ASSERT_EQ(5, code->calls[0].ret - code->calls[0].offset);
	ASSERT_EQ(0, code->calls[1].symbol);
	ASSERT_EQ(0, code->calls[2].symbol);
	ASSERT_EQ(2, code->calls[2].ret - code->calls[2].offset);
	ASSERT_STREQ("__x86_indirect_thunk_r11", loaded.obj.symbols[code->calls[3].symbol].name);
}

TEST(frame_is_how_far_rsp_goes_below_its_value_at_entry)
{
	size_t i;

	ASSERT_EQ(0, scan_object("frames"));
	ASSERT_EQ(10, loaded.code.nr_functions);
	for (i = 0; i < loaded.code.nr_functions; i++) {
		const struct code_function *f = &loaded.code.functions[i];
		const char *name = loaded.obj.symbols[f->symbol].name;
		u32 expected;

		ASSERT_EQ(1, sscanf(name, "frame_%u_", &expected));
		if (expected != f->frame)
			HARNESS_FAIL("%s has a frame of %u", name, f->frame);
	}
}

/* where a backtrace may go on: the last row at or before the call */
static u32 depth_at(u32 offset)
{
	const struct code *code = &loaded.code;
	size_t i = code->nr_frames;

	while (i && code->frames[i - 1].offset > offset)
		i--;
	return i ? code->frames[i - 1].depth : ~0u;
}

TEST(depth_of_the_stack_is_known_at_calls)
{
	static const struct {
		const char *function;
		u32 depth;
	} expected[] = {
		{ "frame_16_call", 8 }, { "frame_1064_locals_and_arguments", 1056 },
		{ "frame_48_two_exits", 40 },
	};
	const struct code_function *f;
	size_t i, k, nr = 0;

	ASSERT_EQ(0, scan_object("frames"));
	for (i = 0; i < loaded.code.nr_calls; i++) {
		f = code_find_function(&loaded.code, loaded.code.calls[i].offset);
		for (k = 0; k < ARRAY_SIZE(expected); k++) {
			if (strcmp(loaded.obj.symbols[f->symbol].name, expected[k].function))
				continue;
			ASSERT_EQ(expected[k].depth, depth_at(loaded.code.calls[i].offset));
			nr++;
		}
	}
	ASSERT_TRUE(nr >= ARRAY_SIZE(expected));
}

TEST(functions_are_found_by_offset)
{
	const struct code_function *f;

	ASSERT_EQ(0, scan_object("frames"));
	f = code_find_function(&loaded.code, 0);
	ASSERT_TRUE(f == &loaded.code.functions[0]);
	ASSERT_TRUE(!code_find_function(&loaded.code, f->size));	/* padding */
	f = &loaded.code.functions[9];
	ASSERT_TRUE(code_find_function(&loaded.code, f->offset) == f);
	ASSERT_TRUE(code_find_function(&loaded.code, f->offset + f->size - 1) == f);
	ASSERT_TRUE(!code_find_function(&loaded.code, f->offset + f->size));
}

TEST(frame_above_the_limit_names_function_and_size)
{
	int err;

	ASSERT_EQ(0, scan_object("frames"));
	ASSERT_EQ(0, code_check_frames(&loaded.code, &loaded.obj));
	ASSERT_EQ(0, scan_object("bad-frame"));
	capture_begin();
	err = code_check_frames(&loaded.code, &loaded.obj);
	capture_end();
	ASSERT_EQ(-E2BIG, err);
	ASSERT_STREQ("bad-frame.o: error: implementation limit: stack frame of 49160 bytes in function 'large', at most 49152 are supported\n",
		     captured);
}

TEST(code_that_cannot_be_followed_is_an_internal_error)
{
	ASSERT_EQ(-EINVAL, scan_object("bad-rsp"));
	ASSERT_STREQ("bad-rsp.o: error: internal error: rsp changed by an unknown amount at f()+0x0\n",
		     captured);
	ASSERT_EQ(-EINVAL, scan_object("bad-overlap"));
	ASSERT_STREQ("bad-overlap.o: error: internal error: functions 'f' and 'g' overlap\n", captured);
	ASSERT_EQ(-EINVAL, scan_object("bad-end"));
	ASSERT_STREQ("bad-end.o: error: internal error: instruction across the end of a function at f()+0x5\n",
		     captured);
	ASSERT_EQ(-EINVAL, scan_object("bad-instruction"));
	ASSERT_STREQ("bad-instruction.o: error: internal error: bytes that are no instruction at f()+0x1\n",
		     captured);
}

/* ---- lines ---- */

TEST(lines_are_those_of_the_nearest_label_before)
{
	size_t i, nr = 0;

	ASSERT_EQ(0, scan_object("lines"));
	for (i = 1; i < loaded.obj.nr_symbols; i++) {
		const struct object_symbol *s = &loaded.obj.symbols[i];
		unsigned int line;

		if (s->dropped || sscanf(s->name, "line%u", &line) != 1)
			continue;
		nr++;
		if (lines_find(&loaded.lines, s->value) != line)
			HARNESS_FAIL("%s has line %u", s->name, lines_find(&loaded.lines, s->value));
	}
	ASSERT_EQ(8, nr);
	/* a call's line is found by its return address - 1 */
	ASSERT_EQ(1, loaded.code.nr_calls);
	ASSERT_EQ(70000, lines_find(&loaded.lines, loaded.code.calls[0].ret - 1));
	ASSERT_EQ(3, lines_find(&loaded.lines, loaded.code.calls[0].ret + 299));
	/* behind the last function */
	ASSERT_EQ(0, lines_find(&loaded.lines, 0xffffffff));
}

TEST(object_without_debug_line_has_no_lines)
{
	ASSERT_EQ(0, scan_object("thunks"));
	ASSERT_EQ(0, loaded.lines.nr);
	ASSERT_EQ(0, lines_find(&loaded.lines, 0));
}

/* ---- files ---- */

/* a folder of its own for each test, removed at the test's end: so it must be empty then */
static char folder[] = "/tmp/test-object.XXXXXX";

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-object.XXXXXX");
	if (!mkdtemp(folder))
		HARNESS_FAIL("mkdtemp failed");
}

static const char *in_folder(const char *name)
{
	static char paths[2][256];
	static u32 i;
	char *path = paths[i++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static int write_quietly(const char *path, const char *text)
{
	int err;

	capture_begin();
	err = write_whole_file(path, text, strlen(text));
	capture_end();
	return err;
}

static void assert_content(const char *path, const char *expected)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	ASSERT_TRUE(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	fclose(f);
	ASSERT_STREQ(expected, buf);
}

TEST(file_is_replaced_with_mode_0644)
{
	const char *path;
	struct stat st;

	make_folder();
	path = in_folder("a.ko");
	ASSERT_EQ(0, write_quietly(path, "long first content"));
	ASSERT_EQ(0, write_quietly(path, "second"));
	assert_content(path, "second");
	ASSERT_EQ(0, stat(path, &st));
	ASSERT_EQ(0100644, st.st_mode);
	unlink(path);
	ASSERT_EQ(0, rmdir(folder));
}

TEST(file_in_a_missing_folder_is_an_error)
{
	const char *path;
	char expected[512];

	make_folder();
	path = in_folder("missing/a.ko");
	snprintf(expected, sizeof(expected), "%s: error: cannot write: No such file or directory\n",
		 path);
	ASSERT_EQ(-ENOENT, write_quietly(path, "x"));
	ASSERT_STREQ(expected, captured);
	ASSERT_EQ(0, rmdir(folder));
}

TEST(folder_is_not_replaced_by_a_file)
{
	ASSERT_EQ(-EISDIR, write_quietly("/tmp", "x"));
	ASSERT_STREQ("/tmp: error: cannot write: Is a directory\n", captured);
}

TEST(full_device_is_an_error)
{
	ASSERT_EQ(-ENOSPC, write_quietly("/dev/full", "x"));
	ASSERT_STREQ("/dev/full: error: cannot write: No space left on device\n", captured);
}

TEST(device_is_written_to_and_stays_one)
{
	struct stat st;

	ASSERT_EQ(0, write_quietly("/dev/null", "x"));
	ASSERT_EQ(0, stat("/dev/null", &st));
	ASSERT_TRUE(S_ISCHR(st.st_mode));
}

TEST(link_is_followed)
{
	const char *path, *link;
	struct stat st;

	make_folder();
	path = in_folder("real");
	link = in_folder("link");
	ASSERT_EQ(0, write_quietly(path, "old"));
	ASSERT_EQ(0, symlink("real", link));
	ASSERT_EQ(0, write_quietly(link, "new"));
	assert_content(path, "new");
	ASSERT_EQ(0, lstat(link, &st));
	ASSERT_TRUE(S_ISLNK(st.st_mode));
	unlink(link);
	unlink(path);
	ASSERT_EQ(0, rmdir(folder));
}

TEST_MAIN()
