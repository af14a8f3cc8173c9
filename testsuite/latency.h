/* SPDX-License-Identifier: GPL-2.0 */
/*
 * latency.h - does something end within 50 ms?
 *
 * The end of a process takes its time on an emulated machine of a busy host, and the clock jumps: by more than a
 * second now and then. So it is compared with ordinary ends, measured beside: the median must be less than 50 ms above
 * the median of these (200 on a kernel that checks every lock and every access), and none may take 5 seconds more than
 * the slowest of them.
 */
#ifndef _TESTSUITE_LATENCY_H
#define _TESTSUITE_LATENCY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Sorts both; @nr_ordinary: 0 if an ordinary end takes no time */
static inline bool ends_are_soon(double *seconds, int nr, double *ordinary, int nr_ordinary)
{
	double usual = 0, slowest = 0, most = access("/proc/lockdep", F_OK) ? 0.05 : 0.2;

	qsort(seconds, nr, sizeof(*seconds), compare_doubles);
	if (nr_ordinary) {
		qsort(ordinary, nr_ordinary, sizeof(*ordinary), compare_doubles);
		usual = ordinary[nr_ordinary / 2];
		slowest = ordinary[nr_ordinary - 1];
	}
	printf("# %d times: median %.1f ms, worst %.1f ms; ordinary: median %.1f ms, worst %.1f ms\n",
	       nr, seconds[nr / 2] * 1e3, seconds[nr - 1] * 1e3, usual * 1e3, slowest * 1e3);
	return seconds[nr / 2] < usual + most && seconds[nr - 1] < slowest + 5;
}

#endif
