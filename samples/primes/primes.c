// SPDX-License-Identifier: GPL-2.0
/*
 * primes - a program that calls another app's exports
 *
 * The import's module name is the name of the loaded app. Functions are
 * resolved, and their types compared, when primes is instantiated; calls then
 * go straight from one app to the other.
 *
 *	# insmod ../numbers/numbers.ko
 *	# insmod primes.ko args="20"
 *	2 3 5 7 11 13 17 19
 *	# rmmod primes numbers
 */
#include <stdio.h>
#include <stdlib.h>

#define IMPORT(module, name) __attribute__((import_module(#module), import_name(#name)))

IMPORT(numbers, is_prime) int is_prime(unsigned int n);

int main(int argc, char **argv)
{
	unsigned int n, last = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
	const char *space = "";

	for (n = 2; n <= last; n++) {
		if (!is_prime(n))
			continue;
		printf("%s%u", space, n);
		space = " ";
	}
	printf("\n");
	return 0;
}
