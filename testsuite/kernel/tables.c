// SPDX-License-Identifier: GPL-2.0
/*
 * tables.c - how many jumps through a table are in the code of a loaded module
 *
 *	tables MODULE
 *
 * Reads the kernel's memory as it is, through /proc/kcore: from the module's first function to the end
 * of the page in which the last one begins, at most 32 KB.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char code[32768];

static unsigned long first, last;

static void find_functions(const char *module)
{
	char line[512], type, name[256], of[256];
	unsigned long address;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %c %255s [%255[^]]]", &address, &type, name, of) == 4 &&
		    !strcmp(of, module) && type == 't') {
			if (!first || address < first)
				first = address;
			if (address > last)
				last = address;
		}
	if (f)
		fclose(f);
}

static ssize_t read_kernel(unsigned long address, size_t size)
{
	int fd = open("/proc/kcore", O_RDONLY), i;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		return -1;
	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)) != sizeof(ph))
			return -1;
		if (ph.p_type == PT_LOAD && address >= ph.p_vaddr && address - ph.p_vaddr < ph.p_memsz)
			return pread(fd, code, size < sizeof(code) ? size : sizeof(code),
				     ph.p_offset + (address - ph.p_vaddr));
	}
	return -1;
}

int main(int argc, char **argv)
{
	ssize_t size = -1, i;
	unsigned int nr = 0;

	if (argc == 2)
		find_functions(argv[1]);
	if (first)
		size = read_kernel(first, (last | 4095) + 1 - first);

	if (size <= 0) {
		printf("unknown\n");
		return 1;
	}
	/* jmp *disp32(,%reg,8) */
	for (i = 0; i + 7 <= size; i++)
		nr += code[i] == 0xff && code[i + 1] == 0x24 && (code[i + 2] & 0xc7) == 0xc5;
	printf("%u\n", nr);
	return 0;
}
