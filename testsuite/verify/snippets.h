/* SPDX-License-Identifier: GPL-2.0 */
/* snippets.h - what snippets.S holds */
#ifndef _TESTSUITE_VERIFY_SNIPPETS_H
#define _TESTSUITE_VERIFY_SNIPPETS_H

#include "../../include/types.h"

/**
 * struct snippet - the body of a function (param i32 i64) (result i32)
 * @name: what it shows
 * @expected: "ok", "unproven", or the rule that refuses it
 * @start, @end: its bytes
 * @no_rows: its accesses have no rows in the exception table
 */
struct snippet {
	const char *name;
	const char *expected;
	const u8 *start;
	const u8 *end;
	u64 no_rows;
};

extern const struct snippet snippets[];
extern const u64 nr_snippets;

#endif /* _TESTSUITE_VERIFY_SNIPPETS_H */
