/* SPDX-License-Identifier: GPL-2.0 */
/* jobs.h - work that does not depend on each other, on several threads */
#ifndef _COMPILER_JOBS_H
#define _COMPILER_JOBS_H

#include "../include/types.h"

/**
 * jobs_run() - Run a function once for each of some numbers
 * @nr_threads: at most so many at once, at least 1
 * @nr: of jobs; they are begun in order, 0 first
 * @run: called with @arg and 0 to @nr - 1, from any thread
 * @arg: for @run
 *
 * Returns when all are done. Threads that cannot be had are done without.
 */
void jobs_run(unsigned int nr_threads, u32 nr, void (*run)(void *arg, u32 i), void *arg);

/* processors that this process may use, at least 1 */
unsigned int jobs_processors(void);

#endif /* _COMPILER_JOBS_H */
