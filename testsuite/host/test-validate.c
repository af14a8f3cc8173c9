// SPDX-License-Identifier: GPL-2.0
/*
 * The validator where the official suite does not look: messages, notes, limits
 */
#include <errno.h>

#include "../harness.h"
#include "bytes.h"

TEST(mismatch_says_wanted_and_found_and_where)
{
	/* i32.const 0, f64.const 0, i32.add, drop; the function is called "f" */
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x11, 0x01, 0x0f, 0x00, 0x41, 0x00,
				 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x6a, 0x1a, 0x0b,
				 0x00, 0x0b, 0x04, 'n', 'a', 'm', 'e', 0x01, 0x04, 0x01, 0x00,
				 0x01, 'f'));
	ASSERT_STREQ("t.wasm:0x22: error: type mismatch: i32.add expects i32, found f64\n"
		     "t.wasm:0x22: note: in function 0 'f', block depth 0\n", outcome.text);
}

TEST(empty_stack_is_called_empty)
{
	/* block drop end */
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x08, 0x01, 0x06, 0x00, 0x02, 0x40, 0x1a, 0x0b, 0x0b));
	ASSERT_STREQ("t.wasm:0x19: error: type mismatch: drop expects a value, but the stack is empty\n"
		     "t.wasm:0x19: note: in function 0, block depth 1\n", outcome.text);
}

TEST(code_behind_a_branch_is_polymorphic)
{
	/* unreachable, i32.add, drop */
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC,
			   0x0a, 0x07, 0x01, 0x05, 0x00, 0x00, 0x6a, 0x1a, 0x0b));
	/* but what is pushed there has its type: unreachable, i64.const 0, i32.eqz, drop */
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x09, 0x01, 0x07, 0x00, 0x00, 0x42, 0x00, 0x45, 0x1a, 0x0b));
}

TEST(bytes_behind_the_end_are_refused)
{
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC, 0x0a, 0x05, 0x01, 0x03, 0x00, 0x0b, 0x01));
	ASSERT_TRUE(strstr(outcome.text, "error: section size mismatch: 1 bytes behind"));
}

TEST(value_stack_has_a_limit)
{
	u32 nr_results = 1000, nr_calls = 1001, i;
	u8 *bytes = xcalloc(1, 20000), *p = bytes;
	static const u8 start[] = { HEADER, 0x01, 0xed, 0x07, 0x01, 0x60, 0x00, 0xe8, 0x07 };
	u32 code_size = 1 + nr_calls * 2 + 1 + 1;

	/* a function of 1000 results that calls itself 1001 times */
	memcpy(p, start, sizeof(start));
	p += sizeof(start);
	memset(p, 0x7f, nr_results);
	p += nr_results;
	*p++ = 0x03;
	*p++ = 0x02;
	*p++ = 0x01;
	*p++ = 0x00;
	*p++ = 0x0a;
	*p++ = (u8)((code_size + 3) | 0x80);
	*p++ = (u8)((code_size + 3) >> 7);
	*p++ = 1;
	*p++ = (u8)(code_size | 0x80);
	*p++ = (u8)(code_size >> 7);
	*p++ = 0;
	for (i = 0; i < nr_calls; i++) {
		*p++ = 0x10;
		*p++ = 0x00;
	}
	*p++ = 0x00;
	*p++ = 0x0b;
	check_features(bytes, (size_t)(p - bytes), WASM_FEATURES_DEFAULT);
	free(bytes);
	ASSERT_EQ(-EINVAL, outcome.err);
	ASSERT_TRUE(strstr(outcome.text, "implementation limit: more than 1000000 values"));
}

TEST(constant_may_use_a_global_before_it)
{
	/* (global i32 (i32.const 1)) (global i32 (i32.add (global.get 0) (i32.const 2))) */
	ASSERT_EQ(0, CHECK(0x06, 0x0e, 0x02, 0x7f, 0x00, 0x41, 0x01, 0x0b,
			   0x7f, 0x00, 0x23, 0x00, 0x41, 0x02, 0x6a, 0x0b));
	ASSERT_EQ(WASM_FEATURE_BIT(MVP) | WASM_FEATURE_BIT(EXTENDED_CONST) |
		  WASM_FEATURE_BIT(CONST_GLOBAL_GET), outcome.m.used);
}

TEST(constant_may_not_use_itself)
{
	ASSERT_EQ(-EINVAL, CHECK(0x06, 0x06, 0x01, 0x7f, 0x00, 0x23, 0x00, 0x0b));
	ASSERT_TRUE(strstr(outcome.text, "error: unknown global 0"));
}

TEST(reference_must_be_declared)
{
	/* ref.func 0, drop */
	ASSERT_EQ(-EINVAL, CHECK(TYPE_VOID, ONE_FUNC,
				 0x0a, 0x07, 0x01, 0x05, 0x00, 0xd2, 0x00, 0x1a, 0x0b));
	ASSERT_TRUE(strstr(outcome.text, "error: undeclared function reference"));
	/* declared by (elem declare func 0) */
	ASSERT_EQ(0, CHECK(TYPE_VOID, ONE_FUNC, 0x09, 0x05, 0x01, 0x03, 0x00, 0x01, 0x00,
			   0x0a, 0x07, 0x01, 0x05, 0x00, 0xd2, 0x00, 0x1a, 0x0b));
	ASSERT_TRUE(outcome.m.funcs[0].declared);
}

TEST(instruction_of_a_feature_that_is_not_enabled_is_named)
{
	/* i32.const 0, i8x16.splat, drop */
	ASSERT_EQ(-EINVAL, CHECK_WITH(WASM_FEATURES_2_0, HEADER, TYPE_VOID, ONE_FUNC,
				      0x0a, 0x09, 0x01, 0x07, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x1a,
				      0x0b));
	ASSERT_TRUE(strstr(outcome.text, "feature 'simd' is not "));
	ASSERT_TRUE(strstr(outcome.text, "i8x16.splat"));
}

TEST(types_have_the_names_of_the_text_format)
{
	static const wasm_valtype_t types[] = { WASM_I32, WASM_F64, WASM_FUNCREF };
	const struct wasm_functype type = { .params = types, .nr_params = 3 };

	ASSERT_STREQ("externref", wasm_valtype_name(WASM_EXTERNREF));
	ASSERT_STREQ("(ref null 7)",
		     wasm_valtype_name(WASM_REF | WASM_REF_NULL | WASM_REF_TYPEIDX | 7));
	ASSERT_STREQ("(ref func)", wasm_valtype_name(WASM_REF | WASM_HEAP_FUNC));
	ASSERT_STREQ("[i32 f64 funcref] -> []", wasm_functype_name(&type));
}

TEST(long_lists_of_types_are_cut)
{
	wasm_valtype_t types[1000];
	const char *name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		types[i] = WASM_I32;
	name = wasm_resulttype_name(types, ARRAY_SIZE(types));
	ASSERT_TRUE(strlen(name) < 200);
	ASSERT_STREQ(" ...]", name + strlen(name) - 5);
}

TEST_MAIN()
