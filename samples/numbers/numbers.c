// SPDX-License-Identifier: GPL-2.0
/*
 * numbers - a library: an app without _start
 *
 * Loading it makes one instance, which lives until it is unloaded. Its exports
 * can be called from the shell, and other apps can import them under its name,
 * as primes does. While one of those is loaded, it cannot be unloaded.
 *
 *	# insmod numbers.ko
 *	# kwasm call numbers gcd 1071 462
 *	21
 *	# kwasm call numbers is_prime 97
 *	1
 *	# kwasm call numbers calls
 *	2
 *	# rmmod numbers
 */
#define EXPORT(name) __attribute__((export_name(#name)))

static int nr_calls;

EXPORT(gcd) unsigned int gcd(unsigned int a, unsigned int b)
{
	unsigned int t;

	nr_calls++;
	while (b) {
		t = a % b;
		a = b;
		b = t;
	}
	return a;
}

EXPORT(is_prime) int is_prime(unsigned int n)
{
	unsigned int i;

	nr_calls++;
	if (n < 2)
		return 0;
	for (i = 2; i <= n / i; i++)
		if (n % i == 0)
			return 0;
	return 1;
}

EXPORT(calls) int calls(void)
{
	return nr_calls;
}
