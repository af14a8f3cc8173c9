// SPDX-License-Identifier: GPL-2.0
/* Write the table to standard output */
#include <stdio.h>

#include "table.h"

int main(void)
{
	uint32_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		putchar(table_at(i));
	return fflush(stdout) ? 1 : 0;
}
