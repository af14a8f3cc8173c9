/* SPDX-License-Identifier: GPL-2.0 */
/* types.h - the kernel's integer names in a guest, which has no Linux headers */
#ifndef _TYPES_H
#define _TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#endif /* _TYPES_H */
