/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory.h - how much memory the machine has free, exact enough to see what a test has lost
 */
#ifndef _TESTSUITE_KERNEL_MEMORY_H
#define _TESTSUITE_KERNEL_MEMORY_H

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The sum of the numbers that follow @key, with its punctuation, at the beginning of lines of @path; 0 if there are none */
static inline long number_in(const char *path, const char *key)
{
	char line[512];
	long sum = 0, value;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		const char *p = line + strspn(line, " ");

		if (!strncmp(p, key, strlen(key)) && sscanf(p + strlen(key), " %ld", &value) == 1)
			sum += value;
	}
	if (f)
		fclose(f);
	return sum;
}

/* KiB, with caches that give way and with the pages in the processors' own lists, which MemFree leaves out */
static inline long free_memory(void)
{
	return number_in("/proc/meminfo", "MemFree:") + number_in("/proc/meminfo", "Cached:") +
	       number_in("/proc/meminfo", "SReclaimable:") + 4 * number_in("/proc/zoneinfo", "count:");
}

/* Has the slab allocator give back the pages it has no object in, and KASAN the freed objects that it keeps */
static inline void shrink_caches(void)
{
	glob_t found = { 0 };
	size_t i;

	glob("/sys/kernel/slab/*/shrink", 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "w");

		if (f) {
			fputs("1", f);
			fclose(f);
		}
	}
	globfree(&found);
}

/* free_memory() when everything that is freed late has been: the most that is seen within a second */
static inline long settled_memory(void)
{
	long kib, most = 0;
	int i;

	shrink_caches();
	for (i = 0; i < 10; i++) {
		usleep(100000);
		kib = free_memory();
		if (kib > most)
			most = kib;
	}
	return most;
}

#endif
