// SPDX-License-Identifier: GPL-2.0
/*
 * hello - the first program
 *
 * Compiled with clang and wasi-libc as any WASI program, then with wasm2ko. It
 * runs while it is being loaded, in the process that loads it; once loaded it
 * can be run again.
 *
 *	# insmod hello.ko
 *	Hello from the kernel
 *	# kwasm run hello
 *	Hello from the kernel
 *	# rmmod hello
 */
#include <string.h>
#include <unistd.h>

int main(void)
{
	static const char greeting[] = "Hello from the kernel\n";

	return write(STDOUT_FILENO, greeting, strlen(greeting)) < 0;
}
