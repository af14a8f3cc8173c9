// SPDX-License-Identifier: GPL-2.0
/*
 * fail.c - whatever allocation fails: an errno or a trap, nothing lost, and the next one works
 *
 *	fail [TEST]
 *
 * Runs in the virtual machine, with failnth.ko (module/) loaded and the runtime's modules and the apps in /fail. What each
 * test does is done with its first allocation failing, then with its second, and so on, until it has
 * had no more; before and after that without a failure. After each time no instance and no
 * socket may be there that was not before; after all, memory must be what it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../harness.h"
#include "../memory.h"
#include "libkwasm.h"
#include "module/failnth.h"

#define MOST	20000u		/* allocations of one test; more than any needs */
#define WASI_NOMEM	48		/* __WASI_ERRNO_NOMEM */
#define FOLDER	"/fail/"

static int failnth = -1;
static struct libkwasm *lib;

/* ---- what is there ---- */

static int instances(void)
{
	struct kwasm_ps_entry *entries = NULL;
	struct libkwasm *session;
	int nr;

	if (libkwasm_open(LIBKWASM_DEVICE, &session))
		return 0;	/* kwasm.ko is not loaded */
	nr = libkwasm_ps(session, &entries);
	free(entries);
	libkwasm_close(session);
	return nr;
}

/*
 * Those that somebody has. A closed one is TCP's until the peer has its end; if there was no memory for the packet
 * that tells the end, tcp_send_fin() leaves it to a timer.
 */
static long sockets(void)
{
	char line[256];
	long orphans = 0;
	FILE *f = fopen("/proc/net/sockstat", "r");

	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TCP: inuse %*d orphan %ld", &orphans);
	fclose(f);
	return number_in("/proc/net/sockstat", "sockets: used") - orphans;
}

/* ---- failing ---- */

struct work {
	int (*prepare)(const struct work *work);	/* nothing fails in it; 0, or an error */
	int (*act)(const struct work *work);		/* what fails; 0, trap, -errno, as libkwasm has it */
	void (*clean_up)(const struct work *work);	/* whether or not it failed */
	const char *app;
	const char *call;
	struct kwasm_val args[3];
	u32 nr_args;
};

/* once, with the @nth allocation failing (0: none); *@left: 0 if one has failed */
static int once(const struct work *work, u32 nth, int *left)
{
	int ret;

	if (work->prepare)
		ASSERT_EQ(0, work->prepare(work));
	if (nth)
		ioctl(failnth, FAILNTH_ARM, nth);
	ret = work->act(work);
	if (nth)
		*left = ioctl(failnth, FAILNTH_DISARM);
	if (work->clean_up)
		work->clean_up(work);
	return ret;
}

static void show_place(void)
{
	char text[4096];
	char *line, *next;
	ssize_t n = pread(failnth, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = 0;
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		printf("#   at %s\n", line);
	}
}

/* From one failure to the next: every one, or, with $KWASM_TEST_SAMPLE, 64 and then ever fewer of them */
static u32 step(u32 nth)
{
	return getenv("KWASM_TEST_SAMPLE") && nth > 64 ? 1 + nth / 32 : 1;
}

static void fail_all(const struct work *work)
{
	struct timespec begin, end;
	int at_first = instances(), nr_instances, left = 1, ret;
	u32 nth, nr_no_memory = 0, nr_unnoticed = 0, nr_others = 0;
	long open_sockets = sockets(), nr_sockets, before, after;
	int i;

	/* what is allocated once, for the first user */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, once(work, 0, NULL));
	before = settled_memory();
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (nth = 1; nth < MOST; nth += step(nth)) {
		ret = once(work, nth, &left);
		if (left)
			break;
		if (!ret)
			nr_unnoticed++;
		else if (ret == -ENOMEM || ret == -WASI_NOMEM || ret == KWASM_TRAP_out_of_memory)
			nr_no_memory++;
		else
			nr_others++;
		nr_instances = instances();
		for (i = 0; (nr_sockets = sockets()) > open_sockets && i < 50; i++)
			usleep(10000);
		if (nr_instances != at_first || nr_sockets > open_sockets) {
			printf("# after failure %u, result %d\n", nth, ret);
			show_place();
		}
		ASSERT_EQ(at_first, nr_instances);
		ASSERT_LE(nr_sockets, open_sockets);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	ASSERT_LE(nth, MOST - 1);
	if (ret)
		printf("# without a failure, of %u: result %d\n", nth - left, ret);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, once(work, 0, NULL));
	after = settled_memory();
	printf("# %u allocations, %u of them have failed: %u x no memory, %u x another error, %u x not noticed; %ld s, %ld KiB less\n",
	       nth - left, nr_no_memory + nr_others + nr_unnoticed, nr_no_memory, nr_others, nr_unnoticed,
	       end.tv_sec - begin.tv_sec, before - after);
	ASSERT_LE(before - after, 1024);
	/* a test in which nothing can fail tests nothing */
	ASSERT_TRUE(nth > 1);
}

/* ---- loading ---- */

static int insmod(const char *name, const char *parameters)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), FOLDER "%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static bool is_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static void rmmod(const char *name)
{
	if (is_loaded(name) && syscall(SYS_delete_module, name, O_NONBLOCK))
		HARNESS_FAIL("%s cannot be unloaded: %s", name, strerror(errno));
}

static int load(const struct work *work)
{
	return insmod(work->app, "");
}

static void unload(const struct work *work)
{
	rmmod(work->app);
}

/* The runtime's modules, in the order of their dependence */
static const char *const runtime[] = { "kwasm", "kwasm_wasi", "kwasm_net" };

static void load_runtime(int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (!is_loaded(runtime[i]))
			ASSERT_EQ(0, insmod(runtime[i], ""));
	}
}

static void fail_runtime(int nr)
{
	load_runtime(nr);
	fail_all(&(struct work){ .act = load, .clean_up = unload, .app = runtime[nr] });
}

/*
 * Loading kwasm.ko turns a static branch of the scheduler, and unloading turns it back. QEMU before 8.1 may keep a
 * breakpoint that it met meanwhile; kprobes then return to it for ever.
 */
TEST(the_runtime_is_loaded)
{
	if (!getenv("KWASM_TEST_LOAD_RUNTIME"))
		SKIP("a kernel whose code does not change, or a real processor");
	fail_runtime(0);
}

TEST(kwasm_wasi_is_loaded)
{
	fail_runtime(1);
}

TEST(kwasm_net_is_loaded)
{
	fail_runtime(2);
}

TEST(a_reactor_is_loaded)
{
	load_runtime(3);
	fail_all(&(struct work){ .act = load, .clean_up = unload, .app = "grow" });
}

TEST(a_command_is_run_by_loading_it)
{
	load_runtime(3);
	fail_all(&(struct work){ .act = load, .clean_up = unload, .app = "exit0" });
}

/* ---- instances and calls ---- */

static u32 handle;

static const char *const dirs[] = { "/tmp/fail:/", NULL };
static const char *const net[] = { "all", NULL };
static const char *const words[] = { "app", "first", "second", NULL };
static const struct libkwasm_config config = {
	.lists[KWASM_LIST_DIRS] = dirs, .lists[KWASM_LIST_NET] = net, .lists[KWASM_LIST_ARGS] = words,
	.lists[KWASM_LIST_ENV] = words + 1, .max_memory = 16 << 20,
};

/* Only registered: no instance of its own, and a command is not run */
static void load_app(const char *app)
{
	load_runtime(3);
	if (!is_loaded(app))
		ASSERT_EQ(0, insmod(app, "run=0 instances=0"));
}

static void with_app(const struct work *work)
{
	load_app(work->app);
	fail_all(work);
	rmmod(work->app);
}

static int session(const struct work *work)
{
	int ret;

	ret = libkwasm_open(LIBKWASM_DEVICE, &lib);
	if (!ret)
		ret = libkwasm_instantiate(lib, work->app, &config, &handle);
	return ret;
}

static void close_session(const struct work *work)
{
	if (lib)
		libkwasm_close(lib);
	lib = NULL;
}

static void empty_folder(void)
{
	static const char *const files[] = { "d/f", "d/g", "d/h", "d/link" };
	size_t i;

	for (i = 0; i < 4; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/tmp/fail/%s", files[i]);
		unlink(path);
	}
	rmdir("/tmp/fail/d");
}

/* A session and an instance that are there already */
static int prepare_call(const struct work *work)
{
	empty_folder();
	return session(work);
}

static int call(const struct work *work)
{
	struct kwasm_val result = { 0 };
	u32 nr = 1;
	int ret = libkwasm_call(lib, handle, work->call, strlen(work->call), work->args,
				work->nr_args, &result, &nr);

	/* calls.c and grow.wat: an error number; others: the same as without a failure */
	if (!ret && nr && !work->nr_args && result.lo)
		return -(int)result.lo;
	return ret;
}

TEST(an_instance_is_made)
{
	with_app(&(struct work){ .act = session, .clean_up = close_session, .app = "calls" });
}

TEST(an_instance_of_an_app_with_objects_is_made)
{
	with_app(&(struct work){ .act = session, .clean_up = close_session, .app = "stress" });
}

/* An instance whose data comes when it is touched, and a call that touches some */
static int touch(const struct work *work)
{
	int ret = session(work);

	return ret ? ret : call(work);
}

TEST(data_is_touched)
{
	with_app(&(struct work){ .act = touch, .clean_up = close_session, .app = "owner", .call = "byte",
				 .args = { { .type = 0x7f, .lo = 300045 } }, .nr_args = 1 });
}

static int run(const struct work *work)
{
	s32 code = -1;
	int ret;

	ret = libkwasm_open(LIBKWASM_DEVICE, &lib);
	if (!ret)
		ret = libkwasm_run(lib, work->app, &config, &code);
	return ret ? ret : -code;
}

TEST(a_command_is_run)
{
	with_app(&(struct work){ .act = run, .clean_up = close_session, .app = "exit0" });
}

#define TEST_CALL(test_name, app_name, call_name, ...)					\
	TEST(test_name)									\
	{										\
		with_app(&(struct work){						\
			.prepare = prepare_call, .act = call, .clean_up = close_session, \
			.app = app_name, .call = call_name, __VA_ARGS__			\
		});									\
	}

#define NUMBER(value)	.args = { { .type = 0x7f, .lo = (value) } }, .nr_args = 1

TEST_CALL(memories_grow, "grow", "memory")
TEST_CALL(tables_grow, "grow", "table")
TEST_CALL(objects_are_made, "stress", "churn", NUMBER(20000))
TEST_CALL(arrays_are_made, "stress", "arrays", NUMBER(500))
TEST_CALL(exceptions_are_thrown, "stress", "exceptions", NUMBER(2000))
TEST_CALL(files_are_used, "calls", "files")
TEST_CALL(directories_are_read, "calls", "directory")
TEST_CALL(descriptors_are_polled, "calls", "poll")
TEST_CALL(sockets_are_used, "calls", "sockets")
TEST_CALL(sockets_of_kernel_wasm_are_used, "calls", "kernel_wasm_sockets")
TEST_CALL(connections_have_events, "calls", "events_of_connections")

/* ---- threads ---- */

static int two_instances(const struct work *work)
{
	u32 provider;
	int ret;

	ret = libkwasm_open(LIBKWASM_DEVICE, &lib);
	if (!ret)
		ret = libkwasm_instantiate(lib, "provider", NULL, &provider);
	if (!ret)
		ret = libkwasm_register(lib, provider, "provider", 8);
	if (!ret)
		ret = libkwasm_instantiate(lib, "worker", &config, &handle);
	return ret;
}

static int wait_and_grow(const struct work *work)
{
	static const struct kwasm_val args[] = {
		{ .type = 0x7f, .lo = 64 }, { .type = 0x7f, .lo = 0 }, { .type = 0x7e, .lo = 1000000 },
	};
	struct kwasm_val result;
	u32 nr = 1;
	int ret;

	ret = libkwasm_call(lib, handle, "wait32", 6, args, 3, &result, &nr);
	if (!ret)
		ret = libkwasm_call(lib, handle, "notify", 6, args, 2, &result, &nr);
	if (!ret)
		ret = libkwasm_call(lib, handle, "grow_all", 8, NULL, 0, &result, &nr);
	return ret;
}

static void with_threads(const struct work *work)
{
	load_app("provider");
	load_app("worker");
	fail_all(work);
	rmmod("worker");
	rmmod("provider");
}

TEST(instances_share_a_memory)
{
	with_threads(&(struct work){ .act = two_instances, .clean_up = close_session });
}

TEST(a_shared_memory_is_waited_for_and_grows)
{
	with_threads(&(struct work){ .prepare = two_instances, .act = wait_and_grow,
				     .clean_up = close_session });
}

int main(int argc, char **argv)
{
	failnth = open("/dev/failnth", O_RDWR | O_CLOEXEC);
	if (failnth < 0) {
		perror("/dev/failnth");
		return 2;
	}
	/* what fails is to be the kernel's work for kwasm, not a page of this process */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_MAX, 0);
	free(malloc(4 << 20));
	mkdir("/tmp/fail", 0755);
	mkfifo("/tmp/fail/pipe", 0600);
	/* open at both ends, so that nobody waits for the other */
	if (open("/tmp/fail/pipe", O_RDWR) < 0 || mlockall(MCL_CURRENT | MCL_FUTURE)) {
		perror("fail");
		return 2;
	}
	/* what the apps print is not TAP */
	stdout = fdopen(dup(STDOUT_FILENO), "w");
	if (!stdout || dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO) < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	return harness_main(argc, argv);
}
