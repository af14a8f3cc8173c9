/* SPDX-License-Identifier: GPL-2.0 */
/* A table of data, made by table.c, looked into by cases.c: each byte can be computed */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>

#define TABLE_SIZE	(4u << 20)

static inline uint8_t table_at(uint32_t i)
{
	uint32_t x = (i >> 2) * 2654435761u;

	x ^= x >> 15;
	x *= 2246822519u;
	x ^= x >> 13;
	return x >> 8 * (i & 3) | 1;
}

#endif /* TABLE_H */
