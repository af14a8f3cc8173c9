// SPDX-License-Identifier: GPL-2.0
/*
 * jobs.c - work that does not depend on each other, on several threads
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "jobs.h"
#include "util.h"

/* LLVM recurses deeply in large functions; what is not used costs nothing */
#define THREAD_STACK	(64u << 20)

struct jobs {
	atomic_uint next;
	u32 nr;
	void (*run)(void *arg, u32 i);
	void *arg;
};

static void *work(void *arg)
{
	struct jobs *jobs = arg;
	u32 i;

	while ((i = atomic_fetch_add(&jobs->next, 1)) < jobs->nr)
		jobs->run(jobs->arg, i);
	return NULL;
}

void jobs_run(unsigned int nr_threads, u32 nr, void (*run)(void *arg, u32 i), void *arg)
{
	struct jobs jobs = { .nr = nr, .run = run, .arg = arg };
	unsigned int i, started = 0;
	pthread_attr_t attr;
	pthread_t *threads;

	if (nr_threads > nr)
		nr_threads = nr;
	threads = xcalloc(nr_threads, sizeof(*threads));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	/* this thread is one of them */
	for (i = 1; i < nr_threads; i++)
		if (!pthread_create(&threads[started], &attr, work, &jobs))
			started++;
	pthread_attr_destroy(&attr);
	work(&jobs);
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

unsigned int jobs_processors(void)
{
	cpu_set_t set;
	int nr = 0;

	if (!sched_getaffinity(0, sizeof(set), &set))
		nr = CPU_COUNT(&set);
	return nr > 0 ? nr : 1;
}
