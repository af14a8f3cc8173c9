// SPDX-License-Identifier: GPL-2.0
/* proc.c - what a program does to itself; proc_exit is in calls.c */
#include <linux/sched.h>
#include "wasi.h"

/* It is the app that is signalled, not the process it runs in. */
int wasi_do_proc_raise(struct wasi *w, u32 sig)
{
	int signo = wasi_signal(sig);

	if (signo <= 0)
		return signo;
	kwasm_raise(w->ctx, KWASM_TRAP_killed, signo);
	return 0;
}

int wasi_do_sched_yield(struct wasi *w)
{
	yield();
	return 0;
}
