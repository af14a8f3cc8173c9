// SPDX-License-Identifier: GPL-2.0
/* object.c - the good kernel object, and a copy of it that is changed */
#include <Zydis/Zydis.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

u8 *good, *ko;
size_t good_size;

/* ---- finding things in it ---- */

Elf64_Shdr *sections(void)
{
	return (Elf64_Shdr *)(ko + ((Elf64_Ehdr *)ko)->e_shoff);
}

unsigned int nr_sections(void)
{
	return ((Elf64_Ehdr *)ko)->e_shnum;
}

const char *section_name(unsigned int i)
{
	return (char *)ko + sections()[((Elf64_Ehdr *)ko)->e_shstrndx].sh_offset + sections()[i].sh_name;
}

unsigned int find_section(const char *name)
{
	unsigned int i;

	for (i = 1; i < nr_sections(); i++)
		if (!strcmp(section_name(i), name))
			return i;
	printf("Bail out! no section %s\n", name);
	exit(1);
}

Elf64_Shdr *symtab(void)
{
	return &sections()[find_section(".symtab")];
}

Elf64_Sym *symbol(unsigned int i)
{
	return (Elf64_Sym *)(ko + symtab()->sh_offset) + i;
}

unsigned int nr_symbols(void)
{
	return symtab()->sh_size / sizeof(Elf64_Sym);
}

const char *symbol_name(unsigned int i)
{
	return (char *)ko + sections()[symtab()->sh_link].sh_offset + symbol(i)->st_name;
}

unsigned int find_symbol(const char *name)
{
	unsigned int i;

	for (i = 1; i < nr_symbols(); i++)
		if (!strcmp(symbol_name(i), name))
			return i;
	printf("Bail out! no symbol %s\n", name);
	exit(1);
}

u8 *text(void)
{
	return ko + sections()[find_section(".text")].sh_offset;
}

u64 text_size(void)
{
	return sections()[find_section(".text")].sh_size;
}

Elf64_Rela *text_relocs(size_t *nr)
{
	Elf64_Shdr *s = &sections()[find_section(".rela.text")];

	*nr = s->sh_size / sizeof(Elf64_Rela);
	return (Elf64_Rela *)(ko + s->sh_offset);
}

/* the relocation in [at, at + size), or NULL */
Elf64_Rela *reloc_in(u64 at, u64 size)
{
	size_t nr, i;
	Elf64_Rela *r = text_relocs(&nr);

	for (i = 0; i < nr; i++)
		if (r[i].r_offset >= at && r[i].r_offset < at + size)
			return &r[i];
	return NULL;
}

const char *reloc_symbol(const Elf64_Rela *r)
{
	return symbol_name(ELF64_R_SYM(r->r_info));
}

struct kwasm_app *app(void)
{
	Elf64_Sym *s = symbol(find_symbol("kwasm_app"));

	return (struct kwasm_app *)(ko + sections()[s->st_shndx].sh_offset + s->st_value);
}

/* the image is where kwasm_app's first pointer leads */
struct kwasm_image *image(void)
{
	Elf64_Sym *s = symbol(find_symbol("kwasm_app"));
	Elf64_Shdr *rela = &sections()[find_section(".rela.data")];
	Elf64_Rela *r = (Elf64_Rela *)(ko + rela->sh_offset);
	size_t i, nr = rela->sh_size / sizeof(*r);

	for (i = 0; i < nr; i++) {
		Elf64_Sym *to = symbol(ELF64_R_SYM(r[i].r_info));

		if (r[i].r_offset == s->st_value + offsetof(struct kwasm_app, image))
			return (struct kwasm_image *)(ko + sections()[to->st_shndx].sh_offset +
						      to->st_value + r[i].r_addend);
	}
	printf("Bail out! no image\n");
	exit(1);
}

void restore(void)
{
	memcpy(ko, good, good_size);
}

u64 random_number(void)
{
	static u64 x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* ---- snippets ---- */

/* rows for the accesses of a snippet, instead of those of the function it replaces */
static bool set_rows(u64 start, u64 end, const struct snippet *s)
{
	u8 *list = (u8 *)image() + image()->accesses.offset, *out, *bytes;
	u32 nr = image()->accesses.nr, i, rows = 0, *at, nr_at = 0, n = 0;
	ZydisDecodedInstruction z;
	ZydisDecoder d;
	u64 offset = 0;
	u32 last = 0;

	at = calloc(nr + 64, sizeof(*at));
	for (i = 0; i < nr; ) {
		u64 delta = 0;
		u32 shift = 0;

		do {
			delta |= (u64)(list[i] & 0x7f) << shift;
			shift += 7;
		} while (list[i++] & 0x80);
		offset += delta;
		if (offset < start || offset >= end)
			at[nr_at++] = offset;
	}
	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (offset = start; offset < start + (s->end - s->start) && !s->no_rows;
	     offset += z.length) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&d, NULL, text() + offset, 15, &z)))
			break;
		if ((!(z.attributes & ZYDIS_ATTRIB_HAS_MODRM) || z.raw.modrm.mod == 3 ||
		     z.mnemonic == ZYDIS_MNEMONIC_LEA || z.mnemonic == ZYDIS_MNEMONIC_NOP) &&
		    z.mnemonic != ZYDIS_MNEMONIC_DIV)
			continue;
		for (i = nr_at; i && at[i - 1] > offset; i--)
			at[i] = at[i - 1];
		at[i] = offset;
		nr_at++;
	}
	bytes = calloc(nr + 64, 10);
	out = bytes;
	for (i = 0; i < nr_at; i++, rows++) {
		u32 delta = at[i] - last;

		last = at[i];
		for (; delta >= 0x80; delta >>= 7)
			*out++ = delta | 0x80;
		*out++ = delta;
	}
	n = out - bytes;
	if (n <= nr) {
		memcpy(list, bytes, n);
		image()->accesses.nr = n;
		app()->nr_ex_rows = rows;
		sections()[find_section(KWASM_EX_TABLE_SECTION)].sh_size = rows * 12;
	}
	free(bytes);
	free(at);
	return n <= nr;
}

/*
 * 5ca115nn in a snippet is kwasm_calls + nn there; by a relocation that the function has. Returns
 * whether there is one, if there has to be.
 */
static bool set_calls(u64 start, u64 end, size_t size)
{
	size_t nr, i;
	Elf64_Rela *r = text_relocs(&nr);
	u64 at;
	u32 field;

	for (at = start; at + 4 <= start + size; at++) {
		memcpy(&field, text() + at, 4);
		if (field >> 8 == 0x5ca115)
			break;
	}
	if (at + 4 > start + size)
		return true;
	for (i = 0; i < nr; i++) {
		if (r[i].r_offset < start || r[i].r_offset >= end)
			continue;
		r[i] = (Elf64_Rela){ at, ELF64_R_INFO((u64)find_symbol("kwasm_calls"), R_X86_64_32S),
				     field & 0xff };
		return true;
	}
	return false;
}

const char *put_snippet(const struct snippet *s)
{
	Elf64_Sym *victim = symbol(find_symbol("wasm.2"));
	u64 start = victim->st_value, end = start + victim->st_size;
	size_t nr, i, size = s->end - s->start;
	Elf64_Rela *r;

	if (size > victim->st_size)
		return "too long";
	r = text_relocs(&nr);
	for (i = 0; i < nr; i++)
		if (r[i].r_offset >= start && r[i].r_offset < end)
			r[i].r_info = ELF64_R_INFO(0, R_X86_64_NONE);
	/* thunks of the function are gone, and so are their rows */
	for (i = 1; i < nr_sections(); i++) {
		if (strcmp(section_name(i), ".rela.return_sites") && strcmp(section_name(i), ".return_sites"))
			continue;
		sections()[i].sh_size = 0;
	}
	memset(text() + start, 0x90, end - start);
	memcpy(text() + start, s->start, size);
	if (!set_calls(start, end, size))
		return "the function has no relocation";
	if (!set_rows(start, end, s))
		return "too many rows";
	return NULL;
}
