/* SPDX-License-Identifier: GPL-2.0 */
/*
 * types.h - the kernel's integer names for user space
 *
 * u64 is unsigned long long in both worlds, so that one format (%llu) fits
 * code and headers that are compiled twice.
 */
#ifndef _TYPES_H
#define _TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#endif /* _TYPES_H */
