// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that share a memory: one instance of worker.wat for each, and one of provider.wat
 *
 *	stress user|device FOLDER [ROUNDS [TEST]]
 *
 * FOLDER holds provider.ko and worker.ko. In user space they are loaded into this process; on
 * the device each thread is inside the kernel, in calls of its own. Eight threads, whatever
 * the number of processors.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "../harness.h"
#include "libkwasm.h"

#define THREADS 8

static enum libkwasm_world world;
static const char *folder;
static u32 rounds = 1;

static struct libkwasm *lib;
static u32 provider, workers[THREADS];

static void load(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.ko", folder, name);
	ASSERT_EQ(0, libkwasm_load(lib, path, false));
}

static void begin_with(const struct libkwasm_config *config)
{
	int i;

	ASSERT_EQ(0, libkwasm_open(world, &lib));
	/* a test that ran out of time has left them loaded */
	if (world != LIBKWASM_USER && !libkwasm_unload(lib, "worker"))
		libkwasm_unload(lib, "provider");
	load("provider");
	load("worker");
	ASSERT_EQ(0, libkwasm_instantiate(lib, "provider", NULL, &provider));
	ASSERT_EQ(0, libkwasm_register(lib, provider, "provider", 8));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, libkwasm_instantiate(lib, "worker", config, &workers[i]));
}

static void begin(void)
{
	begin_with(NULL);
}

/* Instances first, in any order; then nothing may be left that keeps the apps loaded */
static void end(void)
{
	int i;

	ASSERT_EQ(0, libkwasm_drop(lib, provider));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, libkwasm_drop(lib, workers[i]));
	libkwasm_close(lib);
	if (world == LIBKWASM_USER)
		return;
	ASSERT_EQ(0, libkwasm_open(world, &lib));
	ASSERT_EQ(0, libkwasm_unload(lib, "worker"));
	ASSERT_EQ(0, libkwasm_unload(lib, "provider"));
	libkwasm_close(lib);
}

struct call {
	u32 worker;
	const char *name;
	struct kwasm_val args[3];
	u32 nr_args;
	int status;
	u64 result;
	double seconds;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void *perform(void *arg)
{
	struct call *call = arg;
	struct kwasm_val result;
	u32 nr = 1;
	double start = now();

	call->status = libkwasm_call(lib, call->worker, call->name, strlen(call->name), call->args,
				     call->nr_args, &result, &nr);
	call->seconds = now() - start;
	call->result = nr ? result.lo : 0;
	return NULL;
}

static struct kwasm_val i32(u32 v)
{
	return (struct kwasm_val){ .type = 0x7f, .lo = v };
}

static struct kwasm_val i64(u64 v)
{
	return (struct kwasm_val){ .type = 0x7e, .lo = v };
}

static u32 call_one(const char *name, u32 nr_args, u32 a, u32 b)
{
	struct call call = { workers[0], name, { i32(a), i32(b) }, nr_args };

	perform(&call);
	ASSERT_EQ(0, call.status);
	return call.result;
}

static u32 load_word(u32 addr)
{
	return call_one("load", 1, addr, 0);
}

static void start_all(pthread_t *threads, struct call *calls, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, perform, &calls[i]));
}

static void join_all(pthread_t *threads, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
}

/* All threads call @name; every call must succeed. Returns the sum of results. */
static u64 all_call(const char *name, u32 nr_args, bool numbered, u32 first, u32 second)
{
	struct call calls[THREADS];
	pthread_t threads[THREADS];
	u64 sum = 0;
	u32 i, n;

	for (i = 0; i < THREADS; i++) {
		calls[i] = (struct call){ .worker = workers[i], .name = name, .nr_args = nr_args };
		n = 0;
		if (numbered)
			calls[i].args[n++] = i32(i);
		calls[i].args[n++] = i32(first);
		if (n < 3)
			calls[i].args[n] = i32(second);
	}
	start_all(threads, calls, THREADS);
	join_all(threads, THREADS);
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, calls[i].status);
		sum += calls[i].result;
	}
	return sum;
}

TEST(a_mutex_of_wait_and_notify_excludes)
{
	u32 n = 2000 * rounds;

	begin();
	all_call("count_locked", 1, false, n, 0);
	ASSERT_EQ(THREADS * n, load_word(4));
	/* each wait that said "woken" was counted by one notify */
	ASSERT_EQ(load_word(16), load_word(12));
	end();
}

TEST(a_turn_goes_round_and_no_wake_up_is_lost)
{
	u32 n = 500 * rounds;

	begin();
	all_call("ring", 3, true, THREADS, n);
	ASSERT_EQ(0u, load_word(8));
	ASSERT_EQ(load_word(16), load_word(12));
	end();
}

TEST(atomic_additions_of_all_widths_add_up)
{
	u32 n = 20000 * rounds;

	begin();
	all_call("count_atomically", 1, false, n, 0);
	ASSERT_EQ(THREADS * n, load_word(20));
	ASSERT_EQ(THREADS * n, load_word(24));
	ASSERT_EQ(THREADS * n, load_word(28));
	ASSERT_EQ((THREADS * n & 0xffff) | (THREADS * n & 0xff) << 16, load_word(32));
	end();
}

TEST(plain_aligned_accesses_are_not_torn)
{
	begin();
	ASSERT_EQ(0u, all_call("tear", 2, true, 50000 * rounds, 0));
	end();
}

TEST(memory_grows_from_all_sides_and_each_page_is_handed_out_once)
{
	begin();
	ASSERT_EQ(39u, all_call("grow_all", 0, false, 0, 0));
	ASSERT_EQ(40u, call_one("size", 0, 0, 0));
	end();
}

TEST(notify_wakes_as_many_as_it_says)
{
	struct call calls[THREADS - 1];
	pthread_t threads[THREADS - 1];
	u32 i, woken = 0, results = 0, n;

	begin();
	for (i = 0; i < THREADS - 1; i++)
		calls[i] = (struct call){ workers[i + 1], "wait32", { i32(64), i32(0), i64(-1ull) }, 3 };
	start_all(threads, calls, THREADS - 1);
	while (woken < 3) {
		n = call_one("notify", 2, 64, 3 - woken);
		ASSERT_EQ(true, n <= 3 - woken);
		woken += n;
	}
	/* neither another address of the word nor of another one wakes the others */
	ASSERT_EQ(0u, call_one("notify", 2, 68, -1));
	ASSERT_EQ(0u, call_one("notify", 2, 0, -1));
	ASSERT_EQ(0u, call_one("notify", 2, 64, 0));
	while (woken < THREADS - 1)
		woken += call_one("notify", 2, 64, -1);
	ASSERT_EQ(THREADS - 1, woken);
	join_all(threads, THREADS - 1);
	for (i = 0; i < THREADS - 1; i++) {
		ASSERT_EQ(0, calls[i].status);
		results += calls[i].result;
	}
	ASSERT_EQ(0u, results);
	ASSERT_EQ(0u, call_one("notify", 2, 64, -1));
	end();
}

TEST(wait_compares_and_times_out_and_not_too_early)
{
	struct call call = { 0, "wait32", { i32(64), i32(1), i64(-1ull) }, 3 };
	static const u64 timeouts[] = { 0, 1, 1000, 1000000, 30000000 };
	size_t i;

	begin();
	call.worker = workers[0];
	perform(&call);
	ASSERT_EQ(0, call.status);
	ASSERT_EQ(1, call.result);
	call.name = "wait64";
	call.args[1] = i64(0x100000000ull);
	perform(&call);
	ASSERT_EQ(1, call.result);
	call.args[1] = i64(0);
	for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		call.args[2] = i64(timeouts[i]);
		perform(&call);
		ASSERT_EQ(0, call.status);
		ASSERT_EQ(2, call.result);
		ASSERT_EQ(true, call.seconds >= timeouts[i] / 1e9);
		printf("# timeout of %llu ns: %.6f s\n", (unsigned long long)timeouts[i], call.seconds);
	}
	ASSERT_EQ(0u, load_word(12));
	end();
}

/* Half of them give up at about the moment that somebody notifies: both sides count the same */
TEST(notify_and_timeout_at_once_are_never_both)
{
	struct call call = { 0, "wait32", { i32(64), i32(0), i64(20000) }, 3 };
	struct call calls[THREADS - 1];
	pthread_t threads[THREADS - 1];
	u32 i, k, woken = 0, returned = 0;

	begin();
	for (k = 0; k < 20 * rounds; k++) {
		for (i = 0; i < THREADS - 1; i++) {
			calls[i] = call;
			calls[i].worker = workers[i + 1];
			calls[i].args[2] = i64(20000 + 30000 * i);
		}
		start_all(threads, calls, THREADS - 1);
		for (i = 0; i < THREADS; i++)
			woken += call_one("notify", 2, 64, 1);
		join_all(threads, THREADS - 1);
		for (i = 0; i < THREADS - 1; i++) {
			ASSERT_EQ(0, calls[i].status);
			ASSERT_EQ(true, calls[i].result == 0 || calls[i].result == 2);
			returned += !calls[i].result;
		}
	}
	ASSERT_EQ(woken, returned);
	ASSERT_EQ(woken, load_word(12));
	end();
}

TEST(a_trap_in_one_thread_is_its_own)
{
	struct call calls[THREADS];
	pthread_t threads[THREADS];
	u32 i, n = 2000 * rounds;

	begin();
	for (i = 0; i < THREADS; i++) {
		calls[i] = (struct call){ workers[i], i % 2 ? "trap" : "count_locked",
					  { i32(i % 2 ? 100 * rounds : n) }, 1 };
	}
	start_all(threads, calls, THREADS);
	join_all(threads, THREADS);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(i % 2 ? KWASM_TRAP_out_of_bounds_memory : 0, calls[i].status);
	ASSERT_EQ(THREADS / 2 * n, load_word(4));
	end();
}

/* How many workers are in a call */
static u32 running(void)
{
	struct kwasm_ps_entry *entries;
	int nr = libkwasm_ps(lib, &entries), i;
	u32 nr_running = 0;

	ASSERT_EQ(true, nr > 0);
	for (i = 0; i < nr; i++) {
		if (!strcmp(entries[i].app, "worker") && entries[i].state == KWASM_STATE_RUNNING)
			nr_running++;
	}
	free(entries);
	return nr_running;
}

/* Whoever waits or spins is killed, and nobody else */
TEST(waiting_and_spinning_threads_are_killed)
{
	struct call calls[THREADS - 1];
	pthread_t threads[THREADS - 1];
	struct kwasm_ps_entry *entries;
	u32 i, killed = 0;
	int nr, k;
	double start;

	begin();
	for (i = 0; i < THREADS - 1; i++) {
		calls[i] = (struct call){ workers[i + 1], i % 2 ? "spin" : "wait32",
					  { i32(64), i32(0), i64(-1ull) }, i % 2 ? 0 : 3 };
	}
	start_all(threads, calls, THREADS - 1);
	/* one that begins only when the others have been killed would not end */
	for (i = 0; running() < THREADS - 1; i++) {
		ASSERT_LE(i, 6000u);
		usleep(10000);
	}
	start = now();
	while (killed < THREADS - 1) {
		nr = libkwasm_ps(lib, &entries);
		ASSERT_EQ(true, nr > 0);
		killed = 0;
		for (k = 0; k < nr; k++) {
			if (strcmp(entries[k].app, "worker"))
				continue;
			if (entries[k].state == KWASM_STATE_RUNNING)
				libkwasm_kill(lib, entries[k].id);
			else
				killed++;
		}
		free(entries);
	}
	join_all(threads, THREADS - 1);
	printf("# all killed after %.6f s\n", now() - start);
	for (i = 0; i < THREADS - 1; i++)
		ASSERT_EQ(KWASM_TRAP_killed, calls[i].status);
	/* nobody is on a list any more, and the others work */
	ASSERT_EQ(0u, call_one("notify", 2, 64, -1));
	call_one("count_locked", 1, 10, 0);
	end();
}

/* Checked must be what was read, once: its address and its length may be others by then */
TEST(a_vector_that_changes_during_a_call_is_what_it_was_at_one_moment)
{
	char dir[] = "/tmp/kwasm-threads.XXXXXX", file[sizeof(dir) + 2];
	const char *dirs[] = { dir, NULL };
	struct libkwasm_config config = { .lists[KWASM_LIST_DIRS] = dirs };
	struct call flip;
	pthread_t thread;
	u32 n = 1000 * rounds;

	ASSERT_EQ(true, mkdtemp(dir) != NULL);
	begin_with(&config);
	call_one("store", 2, 44, 1);
	flip = (struct call){ .worker = workers[1], .name = "flip" };
	start_all(&thread, &flip, 1);
	ASSERT_EQ(0u, call_one("write_flipped", 2, n, 1));
	ASSERT_EQ(0u, call_one("write_flipped", 2, n, 2));
	call_one("store", 2, 44, 0);
	join_all(&thread, 1);
	ASSERT_EQ(0, flip.status);
	end();
	snprintf(file, sizeof(file), "%s/f", dir);
	ASSERT_EQ(0, unlink(file));
	ASSERT_EQ(0, rmdir(dir));
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "user") && strcmp(argv[1], "device"))) {
		fputs("usage: stress user|device FOLDER [ROUNDS [TEST]]\n", stderr);
		return 2;
	}
	world = strcmp(argv[1], "user") ? LIBKWASM_DEVICE : LIBKWASM_USER;
	folder = argv[2];
	if (argc > 3)
		rounds = atoi(argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	return harness_main(argc > 4 ? 2 : 1, argv + 3);
}
