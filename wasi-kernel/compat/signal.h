/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/signal.h - dequeue_signal() lost its task argument in 6.12
 * ("signal: Remove task argument from dequeue_signal()")
 */
#ifndef WASI_COMPAT_SIGNAL_H
#define WASI_COMPAT_SIGNAL_H

#include <linux/sched/signal.h>
#include <linux/version.h>

/* Take one pending signal that is not in @mask; 0: none. Under current->sighand->siglock. */
static inline int kwasm_dequeue_signal(sigset_t *mask)
{
	kernel_siginfo_t info;
	enum pid_type type;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return dequeue_signal(mask, &info, &type);
#else
	return dequeue_signal(current, mask, &info, &type);
#endif
}

#endif /* WASI_COMPAT_SIGNAL_H */
