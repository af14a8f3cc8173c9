// SPDX-License-Identifier: GPL-2.0
/* proc.c - what a program does to itself; proc_exit is in calls.c */
#include <linux/sched.h>
#include <linux/signal.h>
#include "wasi.h"

/* WASI's numbers are Linux's up to 15, then shifted, since there is no STKFLT. */
static int linux_signal(u32 sig)
{
	static const u8 shifted[] = {
		SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU,
		SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGPOLL, SIGPWR, SIGSYS,
	};

	if (sig < 16)
		return sig;
	if (sig - 16 < ARRAY_SIZE(shifted))
		return shifted[sig - 16];
	return -1;
}

/*
 * There are no handlers in WASI, so a signal does what it does by default: end the
 * program, or nothing. It is the app that is signalled, not the process it runs in.
 */
int wasi_do_proc_raise(struct wasi *w, u32 sig)
{
	int signo = linux_signal(sig);

	switch (signo) {
	case -1:
		return -EINVAL;
	case 0:
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
		return 0;
	case SIGSTOP:	/* nobody could continue it */
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return -EOPNOTSUPP;
	default:
		kwasm_raise(w->ctx, KWASM_TRAP_killed, signo);
		return 0;
	}
}

int wasi_do_sched_yield(struct wasi *w)
{
	yield();
	return 0;
}
