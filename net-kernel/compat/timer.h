/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat/timer.h - del_timer_sync() became timer_delete_sync() in 6.2 ("timers: Rename
 * del_timer_sync() to timer_delete_sync()")
 */
#ifndef NET_COMPAT_TIMER_H
#define NET_COMPAT_TIMER_H

#include <linux/timer.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define kwasm_timer_delete_sync(timer)	timer_delete_sync(timer)
#else
#define kwasm_timer_delete_sync(timer)	del_timer_sync(timer)
#endif

#endif /* NET_COMPAT_TIMER_H */
