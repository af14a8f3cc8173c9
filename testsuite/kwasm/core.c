// SPDX-License-Identifier: GPL-2.0
/*
 * The runtime's core in user space: linking, lifetimes, limits, threads
 *
 * Works through libkwasm, on the modules beside this file. KWASM_TEST_DIR is where their
 * .ko files are. Every test opens its own sessions and leaves nothing behind.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../harness.h"
#include "libkwasm.h"

#define PATH_SIZE	4096

static struct libkwasm *lib;

static void path_of(const char *app, char *path)
{
	snprintf(path, PATH_SIZE, "%s/%s.ko", getenv("KWASM_TEST_DIR"), app);
}

static void load(const char *app)
{
	char path[PATH_SIZE];

	path_of(app, path);
	ASSERT_EQ(0, libkwasm_load(lib, path, false));
}

static void open_with(const char *app)
{
	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &lib));
	load(app);
}

static u32 instantiate(const char *app)
{
	u32 handle = 0;

	ASSERT_EQ(0, libkwasm_instantiate(lib, app, NULL, &handle));
	return handle;
}

/* Closing frees all: nothing may be left alive */
static void close_all(void)
{
	struct kwasm_ps_entry *entries;
	int nr;

	libkwasm_close(lib);
	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &lib));
	nr = libkwasm_ps(lib, &entries);
	ASSERT_EQ(0, nr);
	free(entries);
	libkwasm_close(lib);
}

static int call0(u32 handle, const char *name)
{
	u32 nr = 0;

	return libkwasm_call(lib, handle, name, strlen(name), NULL, 0, NULL, &nr);
}

static int call1(u32 handle, const char *name, u32 arg, u32 *result)
{
	struct kwasm_val value = { .type = 0x7f, .lo = arg };
	u32 nr = 1;
	int err = libkwasm_call(lib, handle, name, strlen(name), &value, 1, &value, &nr);

	*result = value.lo;
	return err;
}

static u32 count(u32 handle)
{
	struct kwasm_val value;

	ASSERT_EQ(0, libkwasm_global_get(lib, handle, "count", 5, &value));
	return value.lo;
}

static void register_lib(u32 handle)
{
	ASSERT_EQ(0, libkwasm_register(lib, handle, "lib", 3));
}

TEST(function_in_table_is_called_while_its_instance_lives)
{
	u32 a, result;

	open_with("lib");
	load("user");
	a = instantiate("lib");
	register_lib(a);
	instantiate("user");
	ASSERT_EQ(0, call1(a, "call", 1, &result));
	ASSERT_EQ(7u, result);
	close_all();
}

TEST(dropped_instance_takes_its_functions_out_of_others_tables)
{
	u32 a, b, result;

	open_with("lib");
	load("user");
	a = instantiate("lib");
	register_lib(a);
	b = instantiate("user");
	ASSERT_EQ(0, libkwasm_drop(lib, b));
	ASSERT_EQ(KWASM_TRAP_uninitialized_element, call1(a, "call", 1, &result));
	close_all();
}

TEST(objects_outlive_the_instance_that_made_them_but_its_functions_do_not)
{
	u32 a, b, result;

	open_with("keeper");
	load("giver");
	a = instantiate("keeper");
	ASSERT_EQ(KWASM_TRAP_null_structure, call1(a, "value", 1, &result));
	register_lib(a);
	b = instantiate("giver");
	ASSERT_EQ(0, call1(a, "call", 0, &result));
	ASSERT_EQ(42u, result);
	ASSERT_EQ(0, libkwasm_drop(lib, b));
	ASSERT_EQ(0, call1(a, "churn", 1000000, &result));
	ASSERT_EQ(1u, result);
	ASSERT_EQ(0, call1(a, "value", 1, &result));
	ASSERT_EQ(8u, result);
	ASSERT_EQ(KWASM_TRAP_null_function, call1(a, "call", 0, &result));
	/* another one takes its place, with a function of its own */
	instantiate("giver");
	ASSERT_EQ(0, call1(a, "call", 0, &result));
	ASSERT_EQ(42u, result);
	close_all();
}

TEST(exporter_lives_on_for_its_importer)
{
	u32 a, b;

	open_with("lib");
	load("user");
	a = instantiate("lib");
	register_lib(a);
	b = instantiate("user");
	ASSERT_EQ(0, libkwasm_drop(lib, a));
	ASSERT_EQ(-EBADF, call0(a, "count_up"));
	ASSERT_EQ(0, call0(b, "count_up"));
	close_all();
}

TEST(function_of_failed_instance_stays_callable)
{
	u32 a, b, result;

	open_with("lib");
	load("stillborn");
	a = instantiate("lib");
	register_lib(a);
	ASSERT_EQ(KWASM_TRAP_unreachable, libkwasm_instantiate(lib, "stillborn", NULL, &b));
	ASSERT_EQ(0, call1(a, "call", 2, &result));
	ASSERT_EQ(8u, result);
	close_all();
}

TEST(three_results_reach_a_caller_in_another_instance)
{
	struct kwasm_val v[2] = { { .type = 0x7f, .lo = 11 }, { .type = 0x7f, .lo = 22 } };
	u32 nr = 2, b;

	open_with("lib");
	load("user");
	register_lib(instantiate("lib"));
	b = instantiate("user");
	ASSERT_EQ(0, libkwasm_call(lib, b, "third", 5, v, 2, v, &nr));
	ASSERT_EQ(1u, nr);
	ASSERT_EQ(11u, (u32)v[0].lo);
	close_all();
}

TEST(unknown_import_says_which)
{
	u32 handle;

	open_with("user");
	ASSERT_EQ(-ENOENT, libkwasm_instantiate(lib, "user", NULL, &handle));
	ASSERT_STREQ("unknown import: import 'lib' 'table': no instance or loaded app of that name",
		     libkwasm_report(lib)->message);
	close_all();
}

TEST(import_of_another_type_says_what_was_wanted_and_found)
{
	u32 handle;

	open_with("lib");
	load("wrong");
	register_lib(instantiate("lib"));
	ASSERT_EQ(-EPROTOTYPE, libkwasm_instantiate(lib, "wrong", NULL, &handle));
	ASSERT_STREQ("incompatible import type: import 'lib' 'spin': "
		     "wanted func (i32) -> (), found func () -> ()",
		     libkwasm_report(lib)->message);
	close_all();
}

TEST(name_of_a_loaded_app_is_an_import_name)
{
	char path[PATH_SIZE];
	u32 b;

	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &lib));
	path_of("lib", path);
	ASSERT_EQ(0, libkwasm_load(lib, path, true));
	load("user");
	b = instantiate("user");
	ASSERT_EQ(0, call0(b, "count_up"));
	ASSERT_EQ(-EBUSY, libkwasm_unload(lib, "lib"));
	ASSERT_EQ(0, libkwasm_drop(lib, b));
	ASSERT_EQ(0, libkwasm_unload(lib, "lib"));
	close_all();
}

TEST(app_name_is_taken_once)
{
	char path[PATH_SIZE];

	open_with("lib");
	path_of("lib", path);
	ASSERT_EQ(-EEXIST, libkwasm_load(lib, path, false));
	close_all();
}

TEST(instances_of_one_app_share_nothing)
{
	u32 a, b;

	open_with("lib");
	a = instantiate("lib");
	b = instantiate("lib");
	ASSERT_EQ(0, call0(a, "count_up"));
	ASSERT_EQ(1u, count(a));
	ASSERT_EQ(0u, count(b));
	close_all();
}

TEST(instance_stays_usable_after_a_trap)
{
	u32 a, result;

	open_with("lib");
	a = instantiate("lib");
	ASSERT_EQ(KWASM_TRAP_undefined_element, call1(a, "call", 99, &result));
	ASSERT_EQ(0, call0(a, "count_up"));
	ASSERT_EQ(1u, count(a));
	close_all();
}

TEST(memory_grows_to_the_instances_limit_only)
{
	struct libkwasm_config config = { .max_memory = 3 * 65536 };
	u32 a, result;

	open_with("lib");
	ASSERT_EQ(0, libkwasm_instantiate(lib, "lib", &config, &a));
	ASSERT_EQ(0, call1(a, "grow", 2, &result));
	ASSERT_EQ(1u, result);
	ASSERT_EQ(0, call1(a, "grow", 1, &result));
	ASSERT_EQ(~0u, result);
	ASSERT_EQ(0, call1(a, "grow", 0, &result));
	ASSERT_EQ(3u, result);
	close_all();
}

TEST(limit_below_the_minimum_is_no_memory)
{
	struct libkwasm_config config = { .max_memory = 1 };
	u32 a;

	open_with("lib");
	ASSERT_EQ(-ENOMEM, libkwasm_instantiate(lib, "lib", &config, &a));
	close_all();
}

TEST(wrong_arguments_are_refused_with_the_type)
{
	struct kwasm_val value = { .type = 0x7e, .lo = 1 };
	u32 a, nr = 1;

	open_with("lib");
	a = instantiate("lib");
	ASSERT_EQ(-EINVAL, libkwasm_call(lib, a, "grow", 4, &value, 1, &value, &nr));
	ASSERT_STREQ("wrong arguments: 'grow' is func (i32) -> (i32)",
		     libkwasm_report(lib)->message);
	ASSERT_EQ(-EINVAL, call0(a, "grow"));
	ASSERT_EQ(-ENOENT, call0(a, "memory"));
	nr = 0;
	value.type = 0x7f;
	ASSERT_EQ(-ENOSPC, libkwasm_call(lib, a, "grow", 4, &value, 1, NULL, &nr));
	close_all();
}

/* ---- threads ---- */

static void *count_in_thread(void *arg)
{
	u32 handle = *(u32 *)arg, i;

	for (i = 0; i < 20000; i++) {
		u32 nr = 0;

		if (libkwasm_call(lib, handle, "count_up", 8, NULL, 0, NULL, &nr))
			return (void *)1;
	}
	return NULL;
}

TEST(linked_instances_run_one_call_at_a_time)
{
	u32 a, handles[2];
	pthread_t threads[2];
	void *failed;
	int i;

	open_with("lib");
	load("user");
	a = instantiate("lib");
	register_lib(a);
	handles[0] = a;
	handles[1] = instantiate("user");
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, count_in_thread, &handles[i]));
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &failed);
		ASSERT_EQ(0, (long)failed);
	}
	ASSERT_EQ(40000u, count(a));
	close_all();
}

struct spinner {
	struct libkwasm *lib;
	u32 handle;
	int result;
};

static void *spin_in_thread(void *arg)
{
	struct spinner *s = arg;
	u32 nr = 0;

	s->result = libkwasm_call(s->lib, s->handle, "spin", 4, NULL, 0, NULL, &nr);
	return NULL;
}

/* Kill what is running, as soon as it does */
static void kill_running(struct libkwasm *by)
{
	struct kwasm_ps_entry *entries;
	int nr, i, tries;
	bool killed = false;

	for (tries = 0; tries < 2000000 && !killed; tries++) {
		nr = libkwasm_ps(by, &entries);
		for (i = 0; i < nr; i++) {
			if (entries[i].state != KWASM_STATE_RUNNING)
				continue;
			libkwasm_kill(by, entries[i].id);
			killed = true;
		}
		free(entries);
		sched_yield();
	}
	ASSERT_EQ(true, killed);
}

TEST(spinning_call_is_killed_from_another_thread)
{
	struct libkwasm *by;
	struct spinner s;
	pthread_t thread;
	u32 result;
	int i;

	open_with("lib");
	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &by));
	s.lib = lib;
	s.handle = instantiate("lib");
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, spin_in_thread, &s));
		kill_running(by);
		pthread_join(thread, NULL);
		ASSERT_EQ(KWASM_TRAP_killed, s.result);
		ASSERT_EQ(0, call1(s.handle, "grow", 0, &result));
	}
	libkwasm_close(by);
	close_all();
}

/* A value from outside becomes an object before the call begins, and that collects */
TEST(call_after_a_killed_one_is_not_killed)
{
	struct kwasm_val value = { .type = 0x6e, .lo = 5 }, result;
	struct libkwasm *by;
	struct spinner s;
	pthread_t thread;
	u32 nr = 1;

	open_with("killed");
	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &by));
	s.lib = lib;
	s.handle = instantiate("killed");
	ASSERT_EQ(0, call0(s.handle, "fill"));
	ASSERT_EQ(0, pthread_create(&thread, NULL, spin_in_thread, &s));
	kill_running(by);
	pthread_join(thread, NULL);
	ASSERT_EQ(KWASM_TRAP_killed, s.result);
	ASSERT_EQ(0, libkwasm_call(lib, s.handle, "take", 4, &value, 1, &result, &nr));
	ASSERT_EQ(7u, result.lo);
	libkwasm_close(by);
	close_all();
}

static void *instantiate_in_thread(void *arg)
{
	struct spinner *s = arg;

	s->result = libkwasm_instantiate(s->lib, "user", NULL, &s->handle);
	return NULL;
}

/* Linking to an instance that runs waits until the call has ended */
TEST(link_waits_for_the_call_inside)
{
	struct libkwasm *by;
	struct spinner spinner, linker = { .result = 12345 };
	pthread_t threads[2];
	u32 result;

	open_with("lib");
	load("user");
	ASSERT_EQ(0, libkwasm_open(LIBKWASM_USER, &by));
	spinner.lib = linker.lib = lib;
	spinner.handle = instantiate("lib");
	register_lib(spinner.handle);
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, spin_in_thread, &spinner));
	usleep(20000);
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, instantiate_in_thread, &linker));
	usleep(20000);
	ASSERT_EQ(12345, *(volatile int *)&linker.result);
	kill_running(by);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ASSERT_EQ(KWASM_TRAP_killed, spinner.result);
	ASSERT_EQ(0, linker.result);
	ASSERT_EQ(0, call1(spinner.handle, "call", 1, &result));
	ASSERT_EQ(7u, result);
	libkwasm_close(by);
	close_all();
}

/* ---- what lasts ---- */

/* The kernel's count may be off by some 64 pages, so what is compared must be far more */
#define RESIDENT_SLACK	128

static long resident_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident = -1;

	if (file && fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = -1;
	if (file)
		fclose(file);
	return resident;
}

TEST(ten_thousand_traps_cost_no_memory)
{
	struct kwasm_val value = { .type = 0x7f, .lo = 65536 };
	u32 a, nr, i;
	long before = 0;

	open_with("traps");
	a = instantiate("traps");
	for (i = 0; i < 11000; i++) {
		if (i == 1000)
			before = resident_pages();
		nr = 1;
		ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory,
			  libkwasm_call(lib, a, "load", 4, &value, 1, &value, &nr));
		value.type = 0x7f;
		value.lo = 65536;
	}
	ASSERT_LE(resident_pages(), before + RESIDENT_SLACK);
	close_all();
}

TEST(a_thousand_instances_leave_no_memory_behind)
{
	u32 a, i;
	long before = 0;

	open_with("lib");
	load("user");
	for (i = 0; i < 1100; i++) {
		if (i == 100)
			before = resident_pages();
		a = instantiate("lib");
		register_lib(a);
		ASSERT_EQ(0, libkwasm_drop(lib, instantiate("user")));
		ASSERT_EQ(0, libkwasm_drop(lib, a));
	}
	/* sanitizers keep freed memory for a while */
	if (!getenv("KWASM_TEST_SANITIZED"))
		ASSERT_LE(resident_pages(), before + RESIDENT_SLACK);
	close_all();
}

TEST(backtrace_names_the_functions)
{
	const struct kwasm_trap_info *report;
	u32 a;

	open_with("traps");
	a = instantiate("traps");
	ASSERT_EQ(KWASM_TRAP_unreachable, call0(a, "caller"));
	report = libkwasm_report(lib);
	ASSERT_STREQ("unreachable", report->message);
	ASSERT_EQ(1, report->nr_frames >= 1);
	ASSERT_STREQ("traps", report->frames[0].app);
	ASSERT_NE(0u, (u32)report->frames[0].offset);
	close_all();
}

TEST(stack_is_exhausted_again_and_again)
{
	const struct kwasm_trap_info *report;
	u32 a, i;

	open_with("traps");
	a = instantiate("traps");
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(KWASM_TRAP_call_stack_exhausted, call0(a, "deep"));
		report = libkwasm_report(lib);
		ASSERT_EQ(KWASM_FRAMES_MAX, (int)report->nr_frames);
		ASSERT_STREQ("deep", report->frames[15].func);
	}
	close_all();
}

TEST_MAIN()
