// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - what loading an app and its instances cost; runs in the guest
 *
 *	load FILE.ko INSTANCES [EXPORT]
 *
 * Prints "name: value" lines; times are nanoseconds of the clock, which is
 * instructions where the machine counts them (see loading.py).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "uapi/kwasm.h"

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void check(int good, const char *what)
{
	if (!good) {
		perror(what);
		exit(1);
	}
}

/* KiB that are free, those in the processors' own lists, too, which MemFree leaves out */
static long free_kib(void)
{
	char line[256];
	long sum = 0, value;
	FILE *f;

	f = fopen("/proc/meminfo", "r");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &value) == 1)
			sum += value;
	fclose(f);
	f = fopen("/proc/zoneinfo", "r");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &value) == 1)
			sum += value * 4;
	fclose(f);
	return sum;
}

/* a number of the module's that stands for nothing: what a system call costs that comes as far */
#define NOTHING _IO('k', 0xff)

static int session;
static const char *app;

static uint32_t instantiate(void)
{
	struct kwasm_instantiate arg = { .size = sizeof(arg), .app = (uintptr_t)app };

	check(ioctl(session, KWASM_IOC_INSTANTIATE, &arg) == 0, "instantiate");
	return arg.handle;
}

static void drop(uint32_t handle)
{
	struct kwasm_drop arg = { .size = sizeof(arg), .handle = handle };

	check(ioctl(session, KWASM_IOC_DROP, &arg) == 0, "drop");
}

static void call(uint32_t handle, const char *name)
{
	struct kwasm_val result;
	struct kwasm_call arg = {
		.size = sizeof(arg), .handle = handle,
		.name = (uintptr_t)name, .name_len = strlen(name),
		.nr_results = 1, .results = (uintptr_t)&result,
	};

	check(ioctl(session, KWASM_IOC_CALL, &arg) == 0, name);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int main(int argc, char **argv)
{
	int64_t began, took, make = INT64_MAX, first = INT64_MAX, again = INT64_MAX, end = INT64_MAX;
	int64_t nothing = INT64_MAX;
	int i, k, nr = atoi(argv[2]), file = open(argv[1], O_RDONLY);
	const char *export = argc > 3 ? argv[3] : NULL;
	uint32_t *handles = malloc(nr * sizeof(*handles)), one;
	char name[64];
	long before, settled;

	check(file >= 0, argv[1]);
	snprintf(name, sizeof(name), "%s", strrchr(argv[1], '/') + 1);
	*strrchr(name, '.') = 0;
	app = name;

	began = now();
	check(syscall(SYS_finit_module, file, "run=0 instances=0", 0) == 0, "finit_module");
	printf("load: %lld\n", (long long)(now() - began));
	session = open("/dev/kwasm", O_RDWR);
	check(session >= 0, "/dev/kwasm");

	/* the best of some, as what nothing interrupted */
	for (i = 0; i < 8; i++) {
		began = now();
		check(ioctl(session, NOTHING) != 0 && errno == ENOTTY, "an ioctl that is none");
		nothing = least(nothing, now() - began);
	}
	for (i = 0; i < 8; i++) {
		began = now();
		one = instantiate();
		make = least(make, now() - began);
		if (export) {
			began = now();
			call(one, export);
			first = least(first, now() - began);
			for (k = 0; k < 8; k++) {
				began = now();
				call(one, export);
				again = least(again, now() - began);
			}
		}
		began = now();
		drop(one);
		end = least(end, now() - began);
	}
	printf("nothing: %lld\ninstantiate: %lld\n", (long long)nothing, (long long)make);
	if (export)
		printf("first call: %lld\nsecond call: %lld\n", (long long)first, (long long)again);
	printf("drop: %lld\n", (long long)end);

	usleep(200000);
	before = free_kib();
	for (i = 0; i < nr;) {
		began = now();
		for (k = 0; k < nr / 4; k++)
			handles[i++] = instantiate();
		took = now() - began;
		printf("of the first %d, each: %lld ns, %.1f KiB\n", i, (long long)took / (nr / 4),
		       (double)(before - free_kib()) / i);
	}
	began = now();
	for (i = 0; i < nr; i++)
		drop(handles[i]);
	printf("drop of %d, each: %lld\n", nr, (long long)(now() - began) / nr);
	usleep(500000);
	settled = free_kib();
	printf("not given back: %ld KiB\n", before > settled ? before - settled : 0);
	close(session);
	began = now();
	check(syscall(SYS_delete_module, name, 0) == 0, "delete_module");
	printf("unload: %lld\n", (long long)(now() - began));
	return 0;
}
