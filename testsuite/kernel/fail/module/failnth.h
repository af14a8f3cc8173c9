/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/failnth: one allocation of the calling task fails
 */
#ifndef FAILNTH_H
#define FAILNTH_H

#include <linux/ioctl.h>

/* From now on the argument-th allocation of this task fails, and no other; 1 is the next one */
#define FAILNTH_ARM	_IO('f', 0x80)
/* No more: 0 if one has failed, else how many were missing. read() then tells where that was. */
#define FAILNTH_DISARM	_IO('f', 0x81)

#endif /* FAILNTH_H */
