// SPDX-License-Identifier: GPL-2.0
/*
 * numbers - a library: an app without _start
 *
 * Loading it makes one instance, which lives until it is unloaded; other apps
 * import its exports under its name, as primes does, and while one of them runs it
 * cannot be unloaded. From the shell, kwasm call uses the same instance.
 *
 *	# insmod numbers.ko
 *	# kwasm call numbers gcd 1071 462
 *	21
 *	# kwasm call numbers is_prime 97
 *	1
 *	# rmmod numbers
 */
#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(gcd) unsigned int gcd(unsigned int a, unsigned int b)
{
	unsigned int t;

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

	if (n < 2)
		return 0;
	for (i = 2; i <= n / i; i++)
		if (n % i == 0)
			return 0;
	return 1;
}
