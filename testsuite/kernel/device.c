// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kwasm and what it promises the kernel: traps, limits, kill, preemption
 *
 * Runs in the virtual machine, with kwasm.ko and the hand-written app/ loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness.h"
#include "kwasm_abi.h"
#include "latency.h"
#include "memory.h"
#include "uapi/kwasm.h"

#define APP "kwasm_regs"

static int open_session(void)
{
	int fd = open("/dev/kwasm", O_RDWR | O_CLOEXEC);

	ASSERT_TRUE(fd >= 0);
	return fd;
}

static int instantiate(int fd, uint32_t *handle)
{
	struct kwasm_instantiate arg = {
		.size = sizeof(arg), .app = (uintptr_t)APP,
	};
	int ret = ioctl(fd, KWASM_IOC_INSTANTIATE, &arg);

	*handle = arg.handle;
	return ret < 0 ? -errno : ret;
}

static struct kwasm_trap_info report;

/* Trap, -errno, or 0 with *result */
static int call(int fd, uint32_t handle, const char *name, uint64_t arg0, uint64_t *result)
{
	struct kwasm_val arg_val = { .type = 0x7e, .lo = arg0 }, result_val = { 0 };
	struct kwasm_call arg = {
		.size = sizeof(arg), .handle = handle,
		.name = (uintptr_t)name, .name_len = strlen(name),
		.nr_args = 1, .args = (uintptr_t)&arg_val,
		.nr_results = 1, .results = (uintptr_t)&result_val,
		.report = (uintptr_t)&report,
	};
	int ret;

	memset(&report, 0, sizeof(report));
	report.size = sizeof(report);
	ret = ioctl(fd, KWASM_IOC_CALL, &arg);
	if (result)
		*result = result_val.lo;
	return ret < 0 ? -errno : ret;
}

/* A session with one instance */
static int start(uint32_t *handle)
{
	int fd = open_session();

	ASSERT_EQ(0, instantiate(fd, handle));
	return fd;
}

/* ---- values and traps ---- */

TEST(version_is_told)
{
	struct kwasm_version arg = { .size = sizeof(arg) };
	int fd = open_session();

	ASSERT_EQ(0, ioctl(fd, KWASM_IOC_VERSION, &arg));
	ASSERT_EQ(KWASM_UAPI_VERSION, arg.uapi);
	ASSERT_EQ(KWASM_ABI_VERSION, arg.abi);
	close(fd);
}

TEST(stored_value_is_loaded)
{
	uint32_t handle;
	uint64_t value;
	int fd = start(&handle);

	ASSERT_EQ(0, call(fd, handle, "store", 65532, NULL));
	ASSERT_EQ(0, call(fd, handle, "load", 65532, &value));
	ASSERT_EQ(0x2a, value);
	ASSERT_EQ(0, call(fd, handle, "load", 65535, &value));
	ASSERT_EQ(0, value);
	close(fd);
}

TEST(access_past_the_end_traps_with_its_place)
{
	uint32_t handle;
	int fd = start(&handle);

	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "load", 65536, NULL));
	ASSERT_STREQ("out of bounds memory access", report.message);
	ASSERT_EQ(1, report.nr_frames);
	ASSERT_STREQ(APP, report.frames[0].app);
	ASSERT_STREQ("load", report.frames[0].func);
	ASSERT_EQ(0, report.frames[0].funcidx);
	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "load", 0xffffffff, NULL));
	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "store", 0x80000000, NULL));
	ASSERT_STREQ("store", report.frames[0].func);
	close(fd);
}

TEST(access_at_the_end_of_the_guard_area_traps)
{
	uint32_t handle;
	int fd = start(&handle);

	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "far", 0, NULL));
	ASSERT_STREQ("far", report.frames[0].func);
	close(fd);
}

TEST(access_across_the_end_traps_and_writes_nothing)
{
	uint32_t handle;
	uint64_t value;
	int fd = start(&handle);

	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "store", 65533, NULL));
	ASSERT_EQ(0, call(fd, handle, "load", 65533, &value));
	ASSERT_EQ(0, value);
	close(fd);
}

TEST(division_trap_is_reported)
{
	uint32_t handle;
	int fd = start(&handle);

	ASSERT_EQ(KWASM_TRAP_integer_divide_by_zero, call(fd, handle, "divide", 0, NULL));
	ASSERT_STREQ("integer divide by zero", report.message);
	ASSERT_STREQ("divide", report.frames[0].func);
	close(fd);
}

TEST(endless_recursion_exhausts_the_stack_every_time)
{
	uint32_t handle;
	uint64_t depth;
	int fd = start(&handle), i;

	for (i = 0; i < 200; i++)
		ASSERT_EQ(KWASM_TRAP_call_stack_exhausted,
			  call(fd, handle, "recurse", 1000000, NULL));
	ASSERT_STREQ("call stack exhausted", report.message);
	ASSERT_EQ(KWASM_FRAMES_MAX, report.nr_frames);
	ASSERT_EQ(0, call(fd, handle, "recurse", 10000, &depth));
	ASSERT_EQ(10000, depth);
	close(fd);
}

TEST(ten_thousand_traps_leave_memory_as_it_was)
{
	uint32_t handle;
	long before, after;
	int fd = start(&handle), i;

	for (i = 0; i < 100; i++)
		call(fd, handle, "load", 65536, NULL);
	before = settled_memory();
	for (i = 0; i < 10000; i++)
		ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory,
			  call(fd, handle, "load", 65536 + i * 4096ull, NULL));
	after = settled_memory();
	printf("# free before %ld KiB, after %ld KiB\n", before, after);
	ASSERT_TRUE(before - after < 1024);
	close(fd);
}

TEST(guest_code_starts_with_the_default_floating_point_control)
{
	uint32_t handle;
	uint64_t mxcsr;
	int fd = start(&handle);
	unsigned int mine = 0x7f80;	/* round to zero */

	asm volatile("ldmxcsr %0" : : "m"(mine));
	ASSERT_EQ(0, call(fd, handle, "control", 0, &mxcsr));
	ASSERT_EQ(0x1f80, mxcsr & 0xffc0);
	mine = 0;
	asm volatile("stmxcsr %0" : "=m"(mine));
	ASSERT_EQ(0x7f80, mine & 0xffc0);
	mine = 0x1f80;
	asm volatile("ldmxcsr %0" : : "m"(mine));
	close(fd);
}

/* ---- memory ---- */

TEST(memory_grows_to_the_limit_and_no_further)
{
	uint32_t handle;
	uint64_t pages, value;
	int fd = start(&handle);

	ASSERT_EQ(0, call(fd, handle, "grow", 15, &pages));
	ASSERT_EQ(1, pages);
	ASSERT_EQ(0, call(fd, handle, "load", (1 << 20) - 1, &value));
	ASSERT_EQ(0, value);
	ASSERT_EQ(KWASM_TRAP_out_of_bounds_memory, call(fd, handle, "load", 1 << 20, NULL));
	ASSERT_EQ(0, call(fd, handle, "grow", 16384, &pages));
	ASSERT_EQ(0xffffffff, pages & 0xffffffff);
	ASSERT_EQ(0, call(fd, handle, "grow", 0, &pages));
	ASSERT_EQ(16, pages);
	close(fd);
}

TEST(closing_the_session_frees_its_memory_to_the_last_page)
{
	uint32_t handle;
	uint64_t pages;
	long before, during, after;
	int fd, i;

	/* page tables stay, so that is not counted */
	for (i = 0; i < 2; i++) {
		fd = start(&handle);
		ASSERT_EQ(0, call(fd, handle, "grow", 2000, &pages));
		close(fd);
	}
	before = settled_memory();
	fd = start(&handle);
	ASSERT_EQ(0, call(fd, handle, "grow", 2000, &pages));
	ASSERT_EQ(1, pages);
	during = free_memory();
	close(fd);
	after = settled_memory();
	printf("# free before %ld KiB, with 125 MiB of guest memory %ld KiB, after %ld KiB\n",
	       before, during, after);
	ASSERT_TRUE(before - during > 120 << 10);
	ASSERT_TRUE(before - after < 1024);
}

TEST(instances_come_and_go_without_a_trace)
{
	uint32_t handle;
	long before, after;
	int fd, i;

	for (i = 0; i < 50; i++)
		close(start(&handle));
	before = settled_memory();
	for (i = 0; i < 500; i++) {
		fd = start(&handle);
		ASSERT_EQ(0, call(fd, handle, "store", 0, NULL));
		close(fd);
	}
	after = settled_memory();
	printf("# free before %ld KiB, after 500 instances %ld KiB\n", before, after);
	ASSERT_TRUE(before - after < 2048);
}

/* $KWASM_TEST_INSTANCES: so many, on a kernel that has no room for 300 */
TEST(hundreds_of_instances_live_at_once)
{
	static uint32_t handles[300];
	const char *room = getenv("KWASM_TEST_INSTANCES");
	int nr = room ? atoi(room) : 300;
	uint64_t value;
	int fd = open_session(), i;

	ASSERT_TRUE(nr > 0 && nr <= 300);
	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, instantiate(fd, &handles[i]));
	for (i = 0; i < nr; i += 2)
		ASSERT_EQ(0, call(fd, handles[i], "store", 100, NULL));
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(0, call(fd, handles[i], "load", 100, &value));
		ASSERT_EQ(i % 2 ? 0 : 0x2a, value);
	}
	close(fd);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Bytes of all areas of the vmalloc space */
static unsigned long long vmalloc_used(void)
{
	unsigned long long used = 0, size;
	char line[512];
	FILE *f = fopen("/proc/vmallocinfo", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %llu", &size) == 1)
			used += size;
	}
	if (f)
		fclose(f);
	return used;
}

static bool has_kasan(void)
{
	bool found = false;
	char line[512];
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " kasan_report\n");
	if (f)
		fclose(f);
	return found;
}

TEST(address_space_is_left_for_others)
{
	unsigned long long total = (unsigned long long)number_in("/proc/meminfo", "VmallocTotal:") << 10, used;
	int fd, err = 0, nr = 0;
	uint32_t handle;

	if (total > 1ull << 46)
		SKIP("a kernel with page tables of four levels (no5lvl)");
	if (has_kasan())
		SKIP("a kernel without KASAN, with which linear memories lie outside of the vmalloc space");
	fd = open_session();
	while (nr < 100000 && !err) {
		err = instantiate(fd, &handle);
		nr++;
	}
	used = vmalloc_used();
	close(fd);
	printf("# %d instances; %llu GiB of %llu are left\n", nr - 1, (total - used) >> 30, total >> 30);
	ASSERT_EQ(-ENOMEM, err);
	ASSERT_TRUE(nr > 3000);
	ASSERT_TRUE(total - used > total / 20);
	fd = start(&handle);	/* it has been given back */
	close(fd);
}

TEST(growing_past_the_cgroup_limit_says_minus_one)
{
	char pid[32];
	int status;
	pid_t child;

	mkdir("/sys/fs/cgroup/kwasm-test", 0755);
	if (write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory") ||
	    write_file("/sys/fs/cgroup/kwasm-test/memory.max", "50331648"))
		SKIP("cgroup v2 with the memory controller at /sys/fs/cgroup");
	child = fork();
	if (!child) {
		uint32_t handle;
		uint64_t pages;
		int fd, i;

		snprintf(pid, sizeof(pid), "%d", getpid());
		if (write_file("/sys/fs/cgroup/kwasm-test/cgroup.procs", pid))
			_exit(10);
		fd = start(&handle);
		for (i = 0; i < 5; i++) {
			if (call(fd, handle, "grow", 1600, &pages))	/* 100 MiB */
				_exit(11);
			if ((uint32_t)pages != 0xffffffff)
				_exit(12);
			/* what was taken has been given back: this fits */
			if (call(fd, handle, "grow", 100, &pages) || pages != 1 + i * 100ull)
				_exit(13);
		}
		if (call(fd, handle, "store", 500 << 16, NULL))
			_exit(14);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, rmdir("/sys/fs/cgroup/kwasm-test"));
}

TEST(growing_past_the_machine_s_memory_kills_nobody)
{
	static uint32_t handles[64];
	uint64_t pages = 0;
	int fd = open_session(), i, failed = 0;
	long total = number_in("/proc/meminfo", "MemTotal:");

	/* each takes 256 MiB and a little; the last ones get less */
	for (i = 0; i < 64 && i < total / (128 << 10); i++) {
		ASSERT_EQ(0, instantiate(fd, &handles[i]));
		ASSERT_EQ(0, call(fd, handles[i], "grow", 4096, &pages));
		if ((uint32_t)pages == 0xffffffff)
			failed++;
	}
	ASSERT_TRUE(failed > 0);
	ASSERT_TRUE(failed < i);
	close(fd);
}

/* ---- kill ---- */

/* A child that runs @func for ever on @cpu (-1: any); in its own session */
static pid_t spinner(const char *func, int cpu)
{
	pid_t child = fork();
	uint32_t handle;
	cpu_set_t set;
	int fd;

	if (child)
		return child;
	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	fd = start(&handle);
	_exit(call(fd, handle, func, 0, NULL) ? 1 : 0);
}

/* Seconds from kill() until it is gone */
static double kill_and_wait(pid_t child, int sig, int *status)
{
	double begin = now();

	kill(child, sig);
	ASSERT_EQ(child, waitpid(child, status, 0));
	return now() - begin;
}

static void killed_within_50_ms(const char *func, int sig)
{
	double seconds[20], user_seconds[10];
	int i, status;
	pid_t child;

	for (i = 0; i < 10; i++) {
		child = fork();
		while (!child)
			asm volatile("");
		usleep(50000);
		user_seconds[i] = kill_and_wait(child, sig, &status);
	}
	for (i = 0; i < 20; i++) {
		child = spinner(func, -1);
		usleep(50000 + i * 1000);
		seconds[i] = kill_and_wait(child, sig, &status);
		ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == sig);
	}
	ASSERT_TRUE(ends_are_soon(seconds, 20, user_seconds, 10));
}

TEST(endless_loop_dies_of_sigkill_within_50_ms)
{
	killed_within_50_ms("spin", SIGKILL);
}

TEST(endless_loop_dies_of_sigint_within_50_ms)
{
	killed_within_50_ms("spin", SIGINT);
}

TEST(endless_host_calls_die_of_sigkill_within_50_ms)
{
	killed_within_50_ms("hostspin", SIGKILL);
}

/* The instance that is running; 0 if there is none */
static uint64_t running_id(int fd)
{
	struct kwasm_ps_entry entries[64];
	struct kwasm_ps arg = {
		.size = sizeof(arg), .entry_size = sizeof(entries[0]),
		.entries = (uintptr_t)entries, .nr = 64,
	};
	uint32_t i;

	ASSERT_EQ(0, ioctl(fd, KWASM_IOC_PS, &arg));
	for (i = 0; i < arg.nr; i++) {
		if (entries[i].state == KWASM_STATE_RUNNING) {
			ASSERT_STREQ(APP, entries[i].app);
			ASSERT_TRUE(entries[i].pid > 0);
			return entries[i].id;
		}
	}
	return 0;
}

struct victim {
	int fd;
	uint32_t handle;
	int ret;
	double end;
};

static void *victim_thread(void *data)
{
	struct victim *v = data;

	v->ret = call(v->fd, v->handle, "spin", 0, NULL);
	v->end = now();
	return NULL;
}

TEST(kill_by_id_ends_the_call_and_not_the_process)
{
	struct kwasm_kill arg = { .size = sizeof(arg) };
	int fd = open_session(), i;
	uint64_t value;
	double begin, seconds[10];

	for (i = 0; i < 10; i++) {
		struct victim v = { 0 };
		pthread_t thread;

		v.fd = start(&v.handle);
		pthread_create(&thread, NULL, victim_thread, &v);
		for (arg.id = 0; !arg.id; usleep(1000))
			arg.id = running_id(fd);
		begin = now();
		ASSERT_EQ(0, ioctl(fd, KWASM_IOC_KILL, &arg));
		pthread_join(thread, NULL);
		ASSERT_EQ(KWASM_TRAP_killed, v.ret);
		seconds[i] = v.end - begin;
		ASSERT_STREQ("spin", report.frames[0].func);
		/* the instance goes on */
		ASSERT_EQ(0, call(v.fd, v.handle, "recurse", 10, &value));
		ASSERT_EQ(10, value);
		close(v.fd);
	}
	ASSERT_TRUE(ends_are_soon(seconds, 10, NULL, 0));
	arg.id = 1ull << 60;
	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_KILL, &arg));
	ASSERT_EQ(ESRCH, errno);
	close(fd);
}

/* ---- preemption ---- */

/* How often a 1 ms sleep ends within @seconds, on processor 0 */
static int naps(double seconds)
{
	double end = now() + seconds;
	cpu_set_t set;
	int n = 0;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (now() < end) {
		usleep(1000);
		n++;
	}
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	return n;
}

TEST(endless_loop_starves_nobody_on_its_processor)
{
	int status, n;
	pid_t child = spinner("spin", 0);

	usleep(100000);
	n = naps(3);
	printf("# %d naps of 1 ms in 3 s beside a spinning guest\n", n);
	kill_and_wait(child, SIGKILL, &status);
	ASSERT_TRUE(n > 100);
}

static int set_processor(int cpu, const char *state)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return write_file(path, state);
}

TEST(processors_come_and_go_under_spinning_guests)
{
	pid_t children[3];
	int i, status;

	if (access("/sys/devices/system/cpu/cpu1/online", W_OK))
		SKIP("a second processor that can be taken offline");
	for (i = 0; i < 3; i++)
		children[i] = spinner("spin", -1);
	usleep(200000);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, set_processor(1, "0"));
		usleep(100000);
		ASSERT_EQ(0, set_processor(1, "1"));
		usleep(100000);
	}
	ASSERT_EQ(0, set_processor(1, "0"));
	alarm(120);	/* for one that lives on */
	for (i = 0; i < 3; i++) {
		kill_and_wait(children[i], SIGKILL, &status);
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	alarm(0);
	ASSERT_EQ(0, set_processor(1, "1"));
}

/* Tracing waits for every thread to have given way: so must a guest */
TEST(kprobes_come_and_go_beside_a_spinning_guest)
{
	pid_t child = spinner("spin", -1);
	int i, status;

	usleep(200000);
	mkdir("/sys/kernel/tracing", 0755);
	if (access("/sys/kernel/tracing/kprobe_events", W_OK)) {
		kill_and_wait(child, SIGKILL, &status);
		SKIP("kprobe events in /sys/kernel/tracing");
	}
	alarm(300);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, write_file("/sys/kernel/tracing/kprobe_events", "p:kwasm_t do_nanosleep"));
		ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/kprobes/kwasm_t/enable", "1"));
		usleep(100000);
		ASSERT_EQ(0, write_file("/sys/kernel/tracing/events/kprobes/kwasm_t/enable", "0"));
		ASSERT_EQ(0, write_file("/sys/kernel/tracing/kprobe_events", "-:kwasm_t"));
	}
	alarm(0);
	kill_and_wait(child, SIGKILL, &status);
}

/* Compute @func(@n) for @seconds, twice at least, and compare; exit status 0: always the same */
static void check_results(const char *func, uint64_t n, uint64_t expected, double seconds)
{
	double end = now() + seconds;
	uint64_t value;
	uint32_t handle;
	int fd = start(&handle), rounds = 0;

	do {
		if (call(fd, handle, func, n, &value))
			_exit(2);
		if (value != expected)
			_exit(1);
		rounds++;
	} while (rounds < 2 || now() < end);
	_exit(0);
}

/* User space with its own ideas of vector registers */
static void check_user_vectors(double seconds)
{
	double end = now() + seconds;
	uint64_t pattern[4], seen[4];
	int i;

	do {
		for (i = 0; i < 4; i++)
			pattern[i] = (uint64_t)now() * 977 + getpid() + i;
		asm volatile("vmovdqu (%0), %%ymm7\n\t"
			     "mov $200000, %%ecx\n"
			     "1: vpaddq %%ymm7, %%ymm7, %%ymm6\n\t"
			     "dec %%ecx\n\t"
			     "jnz 1b\n\t"
			     "vmovdqu %%ymm7, (%1)"
			     : : "r"(pattern), "r"(seen) : "memory", "ecx", "xmm6", "xmm7", "cc");
		if (memcmp(pattern, seen, sizeof(seen)))
			_exit(1);
	} while (now() < end);
	_exit(0);
}

static void survives_preemption(const char *func, uint64_t n)
{
	pid_t children[6];
	uint64_t expected;
	uint32_t handle;
	int i, status, fd = start(&handle);

	ASSERT_EQ(0, call(fd, handle, func, n, &expected));
	for (i = 0; i < 6; i++) {
		children[i] = fork();
		if (!children[i]) {
			if (i < 4)
				check_results(func, n, expected, 6);
			else
				check_user_vectors(6);
		}
	}
	for (i = 0; i < 6; i++) {
		waitpid(children[i], &status, 0);
		ASSERT_EQ(0, status);
	}
	close(fd);
}

TEST(registers_and_carry_survive_preemption)
{
	survives_preemption("registers", 100000);
}

TEST(vector_registers_survive_preemption)
{
	if (!__builtin_cpu_supports("avx2"))
		SKIP("a processor with AVX2");
	survives_preemption("vectors", 100000);
}

/* ---- arguments ---- */

TEST(broken_arguments_are_refused)
{
	struct kwasm_val vals[4] = { { .type = 0x7e }, { .type = 0x7e } };
	struct kwasm_call arg;
	uint32_t handle;
	int fd = start(&handle);
	static const struct {
		const char *what;
		int err;
		uint32_t size, handle, name_len, nr_args, nr_results;
		int bad_name, bad_args, bad_report;
	} rows[] = {
		{ "size 0", EINVAL, .size = ~0u },
		{ "size too large", E2BIG, .size = 4096 },
		{ "no such handle", EBADF, .handle = 7 },
		{ "long name", ENAMETOOLONG, .name_len = 5000 },
		{ "huge name", ENAMETOOLONG, .name_len = ~0u },
		{ "no such export", ENOENT, .name_len = 3 },
		{ "too many arguments", EINVAL, .nr_args = 2 },
		{ "huge number of arguments", EINVAL, .nr_args = ~0u },
		{ "huge number of results", EINVAL, .nr_results = ~0u },
		{ "bad name", EFAULT, .bad_name = 1 },
		{ "bad arguments", EFAULT, .bad_args = 1 },
		{ "bad report", EFAULT, .bad_report = 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[4096] = { 0 };

		arg = (struct kwasm_call) {
			.size = sizeof(arg), .handle = handle, .name = (uintptr_t)"load",
			.name_len = 4, .nr_args = 1, .args = (uintptr_t)vals, .nr_results = 1,
			.results = (uintptr_t)vals,
		};
		if (rows[i].size)
			arg.size = rows[i].size == ~0u ? 0 : rows[i].size;
		if (rows[i].handle)
			arg.handle = rows[i].handle;
		if (rows[i].name_len)
			arg.name_len = rows[i].name_len;
		if (rows[i].nr_args)
			arg.nr_args = rows[i].nr_args;
		if (rows[i].nr_results)
			arg.nr_results = rows[i].nr_results;
		if (rows[i].bad_name)
			arg.name = 8;
		if (rows[i].bad_args)
			arg.args = ~7ull;
		if (rows[i].bad_report)
			arg.report = 16;
		memcpy(room, &arg, sizeof(arg));
		room[4095] = 1;
		errno = 0;
		if (ioctl(fd, KWASM_IOC_CALL, room) != -1 || errno != rows[i].err)
			HARNESS_FAIL("%s: errno %d, expected %d", rows[i].what, errno, rows[i].err);
	}
	ASSERT_EQ(-1, ioctl(fd, _IO('k', 0x7f), 0));
	ASSERT_EQ(ENOTTY, errno);
	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_RUN, NULL));
	ASSERT_EQ(EFAULT, errno);
	close(fd);
}

TEST(strings_that_do_not_end_are_refused)
{
	struct kwasm_instantiate arg = {
		.size = sizeof(arg), .app = (uintptr_t)APP,
	};
	int fd = open_session(), i;

	for (i = 0; i < KWASM_NR_LISTS; i++) {
		struct kwasm_strings_arg *list = &arg.surroundings.lists[i];

		*list = (struct kwasm_strings_arg){ .data = (uintptr_t)"abc", .bytes = 3 };
		ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
		ASSERT_EQ(EINVAL, errno);
		list->bytes = KWASM_STRINGS_MAX + 1;
		ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
		ASSERT_EQ(E2BIG, errno);
		*list = (struct kwasm_strings_arg){ .data = 8, .bytes = 4 };
		ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
		ASSERT_EQ(EFAULT, errno);
		*list = (struct kwasm_strings_arg){ .reserved = 1 };
		ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
		ASSERT_EQ(EINVAL, errno);
		*list = (struct kwasm_strings_arg){ 0 };
	}
	close(fd);
}

TEST(an_apps_own_instance_has_its_surroundings_already)
{
	struct kwasm_instantiate arg = {
		.size = sizeof(arg), .flags = KWASM_INSTANTIATE_DEFAULT,
		.app = (uintptr_t)"none-of-this-name",
	};
	int fd = open_session();

	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
	ASSERT_EQ(ENODATA, errno);
	arg.surroundings.max_memory = 65536;
	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
	ASSERT_EQ(EINVAL, errno);
	arg.surroundings.max_memory = 0;
	arg.surroundings.lists[KWASM_LIST_LISTEN].bytes = 1;
	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
	ASSERT_EQ(EINVAL, errno);
	arg.surroundings.lists[KWASM_LIST_LISTEN].bytes = 0;
	arg.flags = 2 * KWASM_INSTANTIATE_DEFAULT;
	ASSERT_EQ(-1, ioctl(fd, KWASM_IOC_INSTANTIATE, &arg));
	ASSERT_EQ(EINVAL, errno);
	close(fd);
}

TEST(random_arguments_do_no_harm)
{
	static unsigned char room[512];
	unsigned int seed = 1, cmd, i, k;
	int fd = open_session();

	alarm(300);
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < sizeof(room); k++)
			room[k] = rand_r(&seed) % 3 ? 0 : rand_r(&seed);
		room[0] = rand_r(&seed) % 128;
		room[1] = room[2] = room[3] = 0;
		cmd = 0x80 + rand_r(&seed) % 10;
		if (cmd == 0x87)	/* kill: would be a real one */
			continue;
		/* pointers into the middle of things */
		*(uint64_t *)&room[8] = (uintptr_t)&room[rand_r(&seed) % 400];
		ioctl(fd, _IO('k', cmd), room);
	}
	alarm(0);
	close(fd);
}

TEST_MAIN()
