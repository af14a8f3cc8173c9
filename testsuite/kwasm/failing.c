// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation of the runtime's core fails once
 *
 * A scenario is run until none is left to fail: the first time the first allocation fails, then the
 * second, and so on; for objects, of which there may be very many, every so many. Whatever fails,
 * the scenario gets an error for it (or none, where the core does without), ends, and leaves nothing
 * behind. The linker puts us between the core and its platform (--wrap). KWASM_TEST_DIR as in core.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness.h"
#include "libkwasm.h"

#define PATH_SIZE	4096

struct plat_region;
struct plat_stack;
struct kwasm_store;

static long fails_at;		/* the allocation that fails, from 1 on; 0: none does */
static long nr_asked;
static long nr_live;		/* pieces of memory, regions and stacks that are not given back */

static bool fails(void)
{
	return ++nr_asked == fails_at;
}

void *__real_plat_zalloc(size_t size);
void *__wrap_plat_zalloc(size_t size);
void *__wrap_plat_zalloc(size_t size)
{
	void *p = fails() ? NULL : __real_plat_zalloc(size);

	nr_live += p != NULL;
	return p;
}

void __real_plat_free(void *p);
void __wrap_plat_free(void *p);
void __wrap_plat_free(void *p)
{
	nr_live -= p != NULL;
	__real_plat_free(p);
}

int __real_plat_region_reserve(struct plat_region *region, u64 below, u64 reserve);
int __wrap_plat_region_reserve(struct plat_region *region, u64 below, u64 reserve);
int __wrap_plat_region_reserve(struct plat_region *region, u64 below, u64 reserve)
{
	int err = fails() ? -ENOMEM : __real_plat_region_reserve(region, below, reserve);

	nr_live += !err;
	return err;
}

void __real_plat_region_release(struct plat_region *region);
void __wrap_plat_region_release(struct plat_region *region);
void __wrap_plat_region_release(struct plat_region *region)
{
	nr_live--;
	__real_plat_region_release(region);
}

int __real_plat_region_commit(struct plat_region *region, u64 size);
int __wrap_plat_region_commit(struct plat_region *region, u64 size);
int __wrap_plat_region_commit(struct plat_region *region, u64 size)
{
	return fails() ? -ENOMEM : __real_plat_region_commit(region, size);
}

struct plat_stack *__real_plat_stack_get(u32 size);
struct plat_stack *__wrap_plat_stack_get(u32 size);
struct plat_stack *__wrap_plat_stack_get(u32 size)
{
	struct plat_stack *stack = fails() ? NULL : __real_plat_stack_get(size);

	nr_live += stack != NULL;
	return stack;
}

void __real_plat_stack_put(struct plat_stack *stack);
void __wrap_plat_stack_put(struct plat_stack *stack);
void __wrap_plat_stack_put(struct plat_stack *stack)
{
	nr_live -= stack != NULL;
	__real_plat_stack_put(stack);
}

int __real_plat_exec_begin(struct kwasm_store *store);
int __wrap_plat_exec_begin(struct kwasm_store *store);
int __wrap_plat_exec_begin(struct kwasm_store *store)
{
	return fails() ? -ENOMEM : __real_plat_exec_begin(store);
}

/* ---- scenarios; each returns the first error ---- */

static struct libkwasm *lib;

static int load(const char *app)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s.ko", getenv("KWASM_TEST_DIR"), app);
	return libkwasm_load(lib, path, false);
}

static int call(u32 handle, const char *name, u32 nr_args, u32 nr_results)
{
	struct kwasm_val values[4] = { { .type = 0x7f, .lo = 1 }, { .type = 0x7f, .lo = 2 } };

	return libkwasm_call(lib, handle, name, strlen(name), values, nr_args, values, &nr_results);
}

/* Instances that import from each other, calls, growth, an instance that goes */
static int linking(void)
{
	static const char *const args[] = { "user", "argument", NULL };
	static const char *const env[] = { "NAME=value", NULL };
	struct libkwasm_config config = {
		.lists = { [KWASM_LIST_ARGS] = args, [KWASM_LIST_ENV] = env },
	};
	struct kwasm_val value;
	u32 exporter, importer;
	int err = load("lib");

	if (!err)
		err = load("user");
	if (!err)
		err = libkwasm_instantiate(lib, "lib", NULL, &exporter);
	if (!err)
		err = libkwasm_register(lib, exporter, "lib", 3);
	if (!err)
		err = libkwasm_instantiate(lib, "user", &config, &importer);
	if (!err)
		err = call(importer, "count_up", 0, 0);
	if (!err)
		err = call(exporter, "grow", 1, 1);
	if (!err)
		err = call(importer, "third", 2, 1);
	if (!err)
		err = libkwasm_drop(lib, importer);
	return err ? err : libkwasm_global_get(lib, exporter, "count", 5, &value);
}

/* Start functions that trap */
static int stillborn(void)
{
	u32 exporter, importer;
	int err = load("lib");

	if (!err)
		err = load("stillborn");
	if (!err)
		err = libkwasm_instantiate(lib, "lib", NULL, &exporter);
	if (!err)
		err = libkwasm_register(lib, exporter, "lib", 3);
	if (!err)
		err = libkwasm_instantiate(lib, "stillborn", NULL, &importer);
	return err == KWASM_TRAP_unreachable ? 0 : err;
}

/* Two heaps become one, functions in objects, collections */
static int objects(void)
{
	struct kwasm_val value = { .type = 0x7f, .lo = 100000 };
	u32 keeper, giver, nr = 1;
	int err = load("keeper");

	if (!err)
		err = load("giver");
	if (!err)
		err = libkwasm_instantiate(lib, "keeper", NULL, &keeper);
	if (!err)
		err = call(keeper, "churn", 1, 1);
	if (!err)
		err = libkwasm_register(lib, keeper, "lib", 3);
	if (!err)
		err = libkwasm_instantiate(lib, "giver", NULL, &giver);
	if (!err)
		err = call(keeper, "call", 1, 1);
	if (!err)
		err = libkwasm_drop(lib, giver);
	return err ? err : libkwasm_call(lib, keeper, "churn", 5, &value, 1, &value, &nr);
}

/* An object made of an argument, when the heap is full of others */
static int argument(void)
{
	struct kwasm_val value = { .type = 0x6e, .lo = 5 };
	u32 handle, nr = 1;
	int err = load("killed");

	if (!err)
		err = libkwasm_instantiate(lib, "killed", NULL, &handle);
	if (!err)
		err = call(handle, "fill", 0, 0);
	return err ? err : libkwasm_call(lib, handle, "take", 4, &value, 1, &value, &nr);
}

/* Exceptions that are kept as values, and collected */
static int exceptions(void)
{
	struct kwasm_val value = { .type = 0x7f, .lo = 5000 };
	u32 handle, nr = 1;
	int err = load("exceptions");

	if (!err)
		err = libkwasm_instantiate(lib, "exceptions", NULL, &handle);
	return err ? err : libkwasm_call(lib, handle, "keep", 4, &value, 1, &value, &nr);
}

/* A command, with what WASI allocates */
static int command(void)
{
	s32 exit_code;
	int err = load("wasi");

	return err ? err : libkwasm_run(lib, "wasi", NULL, &exit_code);
}

/* @scenario with allocation @at failing; its error. Nothing must stay. */
static int run(int (*scenario)(void), long at)
{
	long live = nr_live;
	int err;

	nr_asked = 0;
	fails_at = at;
	err = libkwasm_open(LIBKWASM_USER, &lib);
	if (!err) {
		err = scenario();
		libkwasm_close(lib);
	}
	fails_at = 0;
	if (nr_live != live)
		HARNESS_FAIL("allocation %ld fails: %ld pieces stay", at, nr_live - live);
	return err;
}

/* The error for want of memory, whoever says it */
static bool is_no_memory(int err)
{
	return err == -ENOMEM || err == KWASM_TRAP_out_of_memory || err == KWASM_TRAP_host_error;
}

/* Those after the first @all: a hundred of them */
static void fail_each(int (*scenario)(void), long all)
{
	long at, nr, failed = 0;

	ASSERT_EQ(0, run(scenario, 0));
	nr = nr_asked;
	for (at = 1; at <= nr; at += at < all || nr < all ? 1 : 1 + (nr - all) / 100) {
		int err = run(scenario, at);

		if (err && !is_no_memory(err))
			HARNESS_FAIL("allocation %ld fails: error %d", at, err);
		failed += err != 0;
	}
	printf("# %ld allocations, of those that failed %ld were missed\n", nr, failed);
	ASSERT_TRUE(failed > 10);
	ASSERT_EQ(0, run(scenario, 0));
}

TEST(failed_allocations_while_linking_are_errors)
{
	fail_each(linking, 1000);
}

TEST(failed_allocations_before_a_trap_at_the_start_are_errors)
{
	fail_each(stillborn, 1000);
}

TEST(failed_allocations_of_objects_are_errors)
{
	fail_each(objects, 1000);
}

TEST(failed_allocation_for_an_argument_is_an_error)
{
	fail_each(argument, 1000);
}

TEST(failed_allocations_of_exceptions_are_errors)
{
	fail_each(exceptions, 300);
}

TEST(failed_allocations_of_a_command_are_errors)
{
	fail_each(command, 1000);
}

TEST_MAIN()
