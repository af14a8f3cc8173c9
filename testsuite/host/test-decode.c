// SPDX-License-Identifier: GPL-2.0
/*
 * The decoder: what a module becomes, and what is refused with which words
 */
#include <errno.h>
#include <time.h>

#include "../harness.h"
#include "bytes.h"

/* the first line printed */
static const char *first_line(void)
{
	outcome.text[strcspn(outcome.text, "\n")] = 0;
	return outcome.text;
}

TEST(eight_bytes_are_the_empty_module)
{
	ASSERT_EQ(0, CHECK());
	ASSERT_EQ(0u, outcome.m.nr_funcs);
	ASSERT_EQ(WASM_NO_INDEX, outcome.m.start);
	ASSERT_TRUE(outcome.m.validated);
	ASSERT_FALSE(outcome.m.uses_float);
	ASSERT_EQ(WASM_FEATURE_BIT(MVP), outcome.m.used);
}

TEST(nothing_is_an_unexpected_end)
{
	ASSERT_EQ(-EINVAL, check_features(NULL, 0, WASM_FEATURES_DEFAULT));
	ASSERT_STREQ("t.wasm:0x0: error: unexpected end: a module begins with 8 bytes, these are 0",
		     first_line());
}

TEST(text_format_names_the_tool_that_converts_it)
{
	ASSERT_EQ(-EINVAL, CHECK_WITH(WASM_FEATURES_DEFAULT, '\n', ' ', '(', 'm', 'o', 'd'));
	ASSERT_TRUE(strstr(outcome.text, "wat2wasm"));
}

TEST(component_is_called_a_component)
{
	ASSERT_EQ(-EINVAL, CHECK_WITH(WASM_FEATURES_DEFAULT,
				      0x00, 'a', 's', 'm', 0x0d, 0x00, 0x01, 0x00));
	ASSERT_TRUE(strstr(outcome.text, "this is a component, not a core module"));
}

TEST(imports_come_first_in_their_index_spaces)
{
	ASSERT_EQ(0, CHECK(TYPE_VOID,
			   /* "a" "f" (func 0), "a" "g" (global i64) */
			   0x02, 0x0e, 0x02, 0x01, 'a', 0x01, 'f', 0x00, 0x00,
			   0x01, 'a', 0x01, 'g', 0x03, 0x7e, 0x00,
			   ONE_FUNC,
			   0x06, 0x06, 0x01, 0x7f, 0x01, 0x41, 0x2a, 0x0b,
			   0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b));
	ASSERT_EQ(2u, outcome.m.nr_imports);
	ASSERT_EQ(2u, outcome.m.nr_funcs);
	ASSERT_EQ(1u, outcome.m.nr_imported_funcs);
	ASSERT_EQ(0u, outcome.m.funcs[0].import);
	ASSERT_EQ(WASM_NO_INDEX, outcome.m.funcs[1].import);
	ASSERT_EQ(2u, outcome.m.nr_globals);
	ASSERT_EQ(1u, outcome.m.globals[0].import);
	ASSERT_EQ(WASM_I64, outcome.m.globals[0].type);
	ASSERT_TRUE(outcome.m.globals[1].mut);
	ASSERT_TRUE(wasm_name_is(&outcome.m.imports[1].name, "g"));
	ASSERT_EQ(WASM_EXTERN_GLOBAL, outcome.m.imports[1].kind);
}

TEST(locals_are_runs_and_equal_neighbours_one)
{
	const struct wasm_func *func;

	/* [i64] -> []; 2 i32, 3 i32, 0 f64, 1000 i64 */
	ASSERT_EQ(0, CHECK(0x01, 0x05, 0x01, 0x60, 0x01, 0x7e, 0x00, ONE_FUNC,
			   0x0a, 0x0d, 0x01, 0x0b, 0x04, 0x02, 0x7f, 0x03, 0x7f, 0x00, 0x7c,
			   0xe8, 0x07, 0x7e, 0x0b));
	func = &outcome.m.funcs[0];
	ASSERT_EQ(2u, func->nr_locals_runs);
	ASSERT_EQ(1005u, func->nr_locals);
	ASSERT_EQ(5u, func->locals[0].count);
	ASSERT_EQ(5u, func->locals[1].first);
	ASSERT_EQ(WASM_I64, wasm_local_type(&outcome.m, func, 0));
	ASSERT_EQ(WASM_I32, wasm_local_type(&outcome.m, func, 1));
	ASSERT_EQ(WASM_I32, wasm_local_type(&outcome.m, func, 5));
	ASSERT_EQ(WASM_I64, wasm_local_type(&outcome.m, func, 6));
	ASSERT_EQ(WASM_I64, wasm_local_type(&outcome.m, func, 1005));
}

TEST(more_than_u32_locals_are_too_many)
{
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x0c, 0x01, 0x0a, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f,
				 0x01, 0x7e, 0x0b));
	ASSERT_TRUE(strstr(outcome.text, "error: too many locals"));
}

TEST(locals_of_50001_are_over_the_implementation_limit)
{
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x08, 0x01, 0x06, 0x01, 0xd1, 0x86, 0x03, 0x7f, 0x0b));
	ASSERT_TRUE(strstr(outcome.text, "implementation limit: 50001 locals, at most 50000"));
}

TEST(locals_of_float_are_float)
{
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC, 0x0a, 0x06, 0x01, 0x04, 0x01, 0x01, 0x7c, 0x0b));
	ASSERT_TRUE(outcome.m.uses_float);
	ASSERT_FALSE(outcome.m.uses_vector);
}

TEST(float_instructions_without_float_types_are_float)
{
	/* f32.const 0, drop */
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC,
			   0x0a, 0x0a, 0x01, 0x08, 0x00, 0x43, 0x00, 0x00, 0x00, 0x00, 0x1a, 0x0b));
	ASSERT_TRUE(outcome.m.uses_float);
}

TEST(names_come_from_the_name_section)
{
	/* module "mod", function 0 "f"; function 9 does not exist and is ignored */
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b,
			   0x00, 0x14, 0x04, 'n', 'a', 'm', 'e', 0x00, 0x04, 0x03, 'm', 'o', 'd',
			   0x01, 0x07, 0x02, 0x00, 0x01, 'f', 0x09, 0x01, 'g'));
	ASSERT_STREQ("mod", outcome.m.name.bytes);
	ASSERT_STREQ("f", outcome.m.funcs[0].name.bytes);
	ASSERT_EQ(1u, outcome.m.nr_customs);
	ASSERT_STREQ("", outcome.text);
}

TEST(malformed_name_section_is_only_a_warning)
{
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b,
			   0x00, 0x0a, 0x04, 'n', 'a', 'm', 'e', 0x01, 0x06, 0x01, 0x00, 0x20));
	ASSERT_STREQ("t.wasm:0x1f: warning: malformed name section: some names are lost",
		     first_line());
	ASSERT_STREQ("", outcome.m.funcs[0].name.bytes);
}

TEST(custom_sections_are_listed_where_they_stand)
{
	const struct wasm_custom *custom;

	ASSERT_EQ(0, CHECK(0x00, 0x04, 0x01, 'a', 1, 2, TYPE_VOID, 0x00, 0x02, 0x01, 'b'));
	ASSERT_EQ(2u, outcome.m.nr_customs);
	custom = wasm_find_custom(&outcome.m, "a");
	ASSERT_EQ(12u, custom->payload.offset);
	ASSERT_EQ(2u, custom->payload.size);
	ASSERT_EQ(0u, wasm_find_custom(&outcome.m, "b")->payload.size);
	ASSERT_TRUE(!wasm_find_custom(&outcome.m, "c"));
}

TEST(four_billion_elements_in_ten_bytes_are_refused_at_once)
{
	static const u8 sections[] = { 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13 };
	u8 bytes[] = { HEADER, 0, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f };
	size_t i;

	for (i = 0; i < sizeof(sections); i++) {
		bytes[8] = sections[i];
		ASSERT_EQ(-EINVAL, check_features(bytes, sizeof(bytes), WASM_FEATURES_ALL));
		ASSERT_TRUE(strstr(outcome.text, "4294967295 elements announced"));
	}
}

TEST(feature_that_is_not_enabled_is_named)
{
	/* (func (param externref)) */
	ASSERT_EQ(-EINVAL, CHECK_WITH(WASM_FEATURE_BIT(MVP), HEADER,
				      0x01, 0x05, 0x01, 0x60, 0x01, 0x6f, 0x00));
	ASSERT_STREQ("t.wasm:0xd: error: feature 'reference-types' is not enabled: externref needs --features=+reference-types",
		     first_line());
}

TEST(features_in_use_are_recorded)
{
	/* i32.const 0, i32.extend8_s, drop */
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC,
			   0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xc0, 0x1a, 0x0b));
	ASSERT_EQ(WASM_FEATURE_BIT(MVP) | WASM_FEATURE_BIT(SIGN_EXT), outcome.m.used);
}

TEST(exported_functions_may_be_referenced)
{
	/* two functions, the second is exported */
	ASSERT_EQ(0, CHECK(TYPE_VOID, 0x03, 0x03, 0x02, 0x00, 0x00,
			   0x07, 0x05, 0x01, 0x01, 'x', 0x00, 0x01,
			   0x0a, 0x07, 0x02, 0x02, 0x00, 0x0b, 0x02, 0x00, 0x0b));
	ASSERT_FALSE(outcome.m.funcs[0].declared);
	ASSERT_TRUE(outcome.m.funcs[1].declared);
	ASSERT_EQ(1u, wasm_find_export(&outcome.m, "x")->index);
	ASSERT_TRUE(!wasm_find_export(&outcome.m, "y"));
}

TEST(equal_types_share_the_lowest_index)
{
	/* [] -> [], [i32] -> [], [] -> [], [i32] -> [] */
	ASSERT_EQ(0, CHECK(0x01, 0x0f, 0x04, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7f, 0x00,
			   0x60, 0x00, 0x00, 0x60, 0x01, 0x7f, 0x00));
	ASSERT_EQ(0u, outcome.m.types[0].canon);
	ASSERT_EQ(1u, outcome.m.types[1].canon);
	ASSERT_EQ(0u, outcome.m.types[2].canon);
	ASSERT_EQ(1u, outcome.m.types[3].canon);
}

TEST(recursive_types_are_equal_by_structure)
{
	/* structs with a field: itself; itself; the first one */
	ASSERT_EQ(0, CHECK_WITH(WASM_FEATURES_ALL, HEADER, 0x01, 0x10, 0x03,
				0x5f, 0x01, 0x63, 0x00, 0x00,
				0x5f, 0x01, 0x63, 0x01, 0x00,
				0x5f, 0x01, 0x63, 0x00, 0x00));
	ASSERT_EQ(0u, outcome.m.types[1].canon);
	ASSERT_EQ(2u, outcome.m.types[2].canon);
}

TEST(empty_recursive_group_is_nothing)
{
	ASSERT_EQ(0, CHECK_WITH(WASM_FEATURES_ALL, HEADER, 0x01, 0x03, 0x01, 0x4e, 0x00));
	ASSERT_EQ(0u, outcome.m.nr_types);
}

TEST(reader_hands_out_immediates)
{
	struct wasm_code_reader reader = { 0 };
	struct wasm_instr in;

	/* (func (param i32) block (br_table 0 1 0 (local.get 0)) end) */
	ASSERT_EQ(0, CHECK(0x01, 0x05, 0x01, 0x60, 0x01, 0x7f, 0x00, ONE_FUNC,
			   0x0a, 0x0e, 0x01, 0x0c, 0x00, 0x02, 0x40, 0x20, 0x00,
			   0x0e, 0x02, 0x00, 0x01, 0x00, 0x0b, 0x0b));
	wasm_code_reader_start(&reader, &outcome.m, &outcome.m.funcs[0].code);
	ASSERT_EQ(0, wasm_read_instr(&reader, &in));
	ASSERT_EQ(WASM_OP_BLOCK, in.op);
	ASSERT_EQ(WASM_NO_INDEX, in.block.typeidx);
	ASSERT_EQ(0u, in.block.result);
	ASSERT_EQ(0, wasm_read_instr(&reader, &in));
	ASSERT_EQ(WASM_OP_LOCAL_GET, in.op);
	ASSERT_EQ(0u, in.localidx);
	ASSERT_EQ(0, wasm_read_instr(&reader, &in));
	ASSERT_EQ(WASM_OP_BR_TABLE, in.op);
	ASSERT_STREQ("br_table", in.info->text);
	ASSERT_EQ(2u, in.nr_labels);
	ASSERT_EQ(1u, in.labels[1]);
	ASSERT_EQ(0u, in.labelidx);
	ASSERT_EQ(0, wasm_read_instr(&reader, &in));
	ASSERT_FALSE(wasm_code_reader_done(&reader));
	ASSERT_EQ(0, wasm_read_instr(&reader, &in));
	ASSERT_EQ(WASM_OP_END, in.op);
	ASSERT_TRUE(wasm_code_reader_done(&reader));
	wasm_code_reader_destroy(&reader);
}

TEST(opcodes_have_rows_and_holes)
{
	ASSERT_STREQ("i32.add", wasm_opcode_info(0x6a)->text);
	ASSERT_STREQ("i64.trunc_sat_f64_u", wasm_opcode_info(0xfc007)->text);
	ASSERT_STREQ("i8x16.relaxed_swizzle", wasm_opcode_info(WASM_OP_I8X16_RELAXED_SWIZZLE)->text);
	ASSERT_EQ(0xfd100, (int)WASM_OP_I8X16_RELAXED_SWIZZLE);
	ASSERT_TRUE(!wasm_opcode_info(0x16));
	ASSERT_TRUE(!wasm_opcode_info(0xfcfff));
	ASSERT_TRUE(!wasm_opcode_info(0xff000));
	ASSERT_TRUE(!wasm_opcode_info(0x100));
}

TEST(feature_list_is_applied_from_left_to_right)
{
	u64 features = WASM_FEATURES_2_0;

	ASSERT_EQ(0, wasm_features_parse("none,+sign-ext,simd,-simd", WASM_FEATURES_ALL, &features));
	ASSERT_EQ(WASM_FEATURE_BIT(MVP) | WASM_FEATURE_BIT(SIGN_EXT), features);
	ASSERT_EQ(0, wasm_features_parse("all", WASM_FEATURES_2_0, &features));
	ASSERT_EQ(WASM_FEATURES_2_0, features);
}

TEST(feature_list_with_a_mistake_changes_nothing)
{
	u64 features = WASM_FEATURES_2_0;
	FILE *null = fopen("/dev/null", "w");

	diag_redirect(null);
	ASSERT_EQ(-EINVAL, wasm_features_parse("-sign-ext,+smid", WASM_FEATURES_ALL, &features));
	ASSERT_EQ(-EINVAL, wasm_features_parse("+gc", WASM_FEATURES_2_0, &features));
	ASSERT_EQ(-EINVAL, wasm_features_parse("", WASM_FEATURES_2_0, &features));
	ASSERT_EQ(WASM_FEATURES_2_0, features);
	diag_redirect(NULL);
	fclose(null);
}

TEST(messages_escape_what_a_terminal_would_obey)
{
	/* the same export name twice: ESC [ 2 J, then U+00E4, then U+009B */
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x07, 0x17, 0x02,
				 0x08, 0x1b, '[', '2', 'J', 0xc3, 0xa4, 0xc2, 0x9b, 0x00, 0x00,
				 0x08, 0x1b, '[', '2', 'J', 0xc3, 0xa4, 0xc2, 0x9b, 0x00, 0x00,
				 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b));
	ASSERT_STREQ("t.wasm:0x20: error: duplicate export name '\\x1b[2Jä\\xc2\\x9b'",
		     first_line());
}

TEST(utf8_is_strict)
{
	ASSERT_TRUE(utf8_valid((const u8 *)"aä€𝄞", 10));
	ASSERT_FALSE(utf8_valid((const u8 *)"\xc0\x80", 2));
	ASSERT_FALSE(utf8_valid((const u8 *)"\xed\xa0\x80", 3));
	ASSERT_FALSE(utf8_valid((const u8 *)"\xf4\x90\x80\x80", 4));
	ASSERT_FALSE(utf8_valid((const u8 *)"\xe2\x82", 2));
	ASSERT_FALSE(utf8_valid((const u8 *)"\x80", 1));
}

/* ---- time and memory ---- */

static u8 *put_leb(u8 *p, u32 value)
{
	while (value >= 0x80) {
		*p++ = (u8)(value | 0x80);
		value >>= 7;
	}
	*p++ = (u8)value;
	return p;
}

static u8 *put_section(u8 *p, u8 id, u32 size)
{
	*p++ = id;
	return put_leb(p, size);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* a module with one function of @size bytes of body, filled by the caller */
static u8 *big_function(u32 size, u8 **body)
{
	static const u8 start[] = { HEADER, TYPE_VOID, ONE_FUNC };
	u8 *bytes = xcalloc(1, size + 64), *p = bytes, leb[5];

	memcpy(p, start, sizeof(start));
	p += sizeof(start);
	/* the section: a count, the body's size, the body's empty locals, the rest */
	p = put_section(p, 10, 1 + (u32)(put_leb(leb, size + 1) - leb) + 1 + size);
	*p++ = 1;
	p = put_leb(p, size + 1);
	*p++ = 0;
	*body = p;
	return bytes;
}

TEST(deep_nesting_is_refused_without_recursion)
{
	u32 size = 1000000, i;
	u8 *bytes, *body;

	bytes = big_function(size, &body);
	for (i = 0; i < size; i += 2) {
		body[i] = 0x02;
		body[i + 1] = 0x40;
	}
	check_features(bytes, (size_t)(body - bytes) + size, WASM_FEATURES_DEFAULT);
	free(bytes);
	ASSERT_EQ(-EINVAL, outcome.err);
	ASSERT_TRUE(strstr(outcome.text, "implementation limit: blocks nested"));
}

TEST(a_large_body_takes_linear_time)
{
	u32 size = 4000001, i;
	u8 *bytes, *body;
	double begin;

	/* block end block end ... end */
	bytes = big_function(size, &body);
	for (i = 0; i + 3 <= size; i += 3) {
		body[i] = 0x02;
		body[i + 1] = 0x40;
		body[i + 2] = 0x0b;
	}
	for (; i < size; i++)
		body[i] = 0x01;
	body[size - 1] = 0x0b;
	begin = seconds();
	check_features(bytes, (size_t)(body - bytes) + size, WASM_FEATURES_DEFAULT);
	free(bytes);
	ASSERT_EQ(0, outcome.err);
	/* 0.1 s; with sanitizers on a busy machine several times that */
	ASSERT_TRUE(seconds() - begin < 10);
}

TEST_MAIN()
