/* SPDX-License-Identifier: GPL-2.0 */
/*
 * harness.h - tests that print TAP, in the manner of kselftest_harness.h
 *
 *	TEST(u32_of_six_bytes_is_too_long)
 *	{
 *		ASSERT_EQ(-E2BIG, leb128_u32(&pos, end, &value));
 *	}
 *
 *	TEST_MAIN()
 *
 * The name states the behaviour; the expected value comes first. A failed
 * assertion ends its test. SKIP("why") ends a test that cannot run here; the
 * program then exits with 4, unless another test failed, which is 1.
 * A program argument runs only the tests whose names contain it.
 */
#ifndef _TESTSUITE_HARNESS_H
#define _TESTSUITE_HARNESS_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARNESS_SKIP	4

struct harness_test {
	const char *name;
	void (*run)(void);
	struct harness_test *next;
};

/* weak, so that several files may make one test program */
__attribute__((weak)) struct harness_test *harness_first;
__attribute__((weak)) struct harness_test **harness_last = &harness_first;
__attribute__((weak)) jmp_buf harness_end;
__attribute__((weak)) const char *harness_skip_reason;

static inline void harness_register(struct harness_test *t)
{
	*harness_last = t;
	harness_last = &t->next;
}

#define TEST(test_name)							\
	static void test_name(void);					\
	static struct harness_test test_name##_test = {			\
		.name = #test_name, .run = test_name,			\
	};								\
	static void __attribute__((constructor)) test_name##_register(void) \
	{								\
		harness_register(&test_name##_test);			\
	}								\
	static void test_name(void)

#define HARNESS_FAIL(...)						\
	do {								\
		printf("# %s:%d: ", __FILE__, __LINE__);		\
		printf(__VA_ARGS__);					\
		printf("\n");						\
		longjmp(harness_end, 1);				\
	} while (0)

#define SKIP(reason)							\
	do {								\
		harness_skip_reason = (reason);				\
		longjmp(harness_end, HARNESS_SKIP);			\
	} while (0)

#define HARNESS_COMPARE(expected, seen, op)				\
	do {								\
		__typeof__((expected) + 0) __expected = (expected);	\
		__typeof__((seen) + 0) __seen = (seen);			\
									\
		if (!(__expected op __seen))				\
			HARNESS_FAIL("expected %s (%lld) " #op " %s (%lld)", \
				     #expected, (long long)__expected,	\
				     #seen, (long long)__seen);		\
	} while (0)

#define ASSERT_EQ(expected, seen)	HARNESS_COMPARE(expected, seen, ==)
#define ASSERT_NE(expected, seen)	HARNESS_COMPARE(expected, seen, !=)
#define ASSERT_LE(seen, limit)		HARNESS_COMPARE(seen, limit, <=)
#define ASSERT_TRUE(seen)						\
	do {								\
		if (!(seen))						\
			HARNESS_FAIL("expected %s", #seen);		\
	} while (0)
#define ASSERT_FALSE(seen)	ASSERT_TRUE(!(seen))
#define ASSERT_STREQ(expected, seen)					\
	do {								\
		const char *__expected = (expected);			\
		const char *__seen = (seen);				\
									\
		if (!__seen || strcmp(__expected, __seen))		\
			HARNESS_FAIL("expected \"%s\", %s is \"%s\"",	\
				     __expected, #seen,			\
				     __seen ? __seen : "(null)");	\
	} while (0)

static inline int harness_main(int argc, char **argv)
{
	/* static: longjmp() may forget what a local variable has become */
	static int nr, nr_failed, nr_skipped, number, end;
	static struct harness_test *t;

	for (t = harness_first; t; t = t->next)
		nr += argc < 2 || strstr(t->name, argv[1]);
	printf("TAP version 13\n1..%d\n", nr);
	for (t = harness_first; t; t = t->next) {
		if (argc >= 2 && !strstr(t->name, argv[1]))
			continue;
		number++;
		end = setjmp(harness_end);
		if (!end)
			t->run();
		if (!end) {
			printf("ok %d %s\n", number, t->name);
		} else if (end == HARNESS_SKIP) {
			nr_skipped++;
			printf("ok %d %s # SKIP %s\n", number, t->name, harness_skip_reason);
		} else {
			nr_failed++;
			printf("not ok %d %s\n", number, t->name);
		}
		/* a crash in the next one must not lose this */
		fflush(stdout);
	}
	if (nr_failed)
		return 1;
	return nr_skipped ? HARNESS_SKIP : 0;
}

#define TEST_MAIN()							\
	int main(int argc, char **argv)					\
	{								\
		return harness_main(argc, argv);			\
	}

#endif /* _TESTSUITE_HARNESS_H */
