// SPDX-License-Identifier: GPL-2.0
/*
 * object.c - a relocatable object as plain data: read, made uniform, added to
 *
 * Reading trusts nothing: the bytes may come from a file. What is accepted has
 * every offset, size and index inside its bounds, so that the rest of this
 * folder does not look again.
 */
#define _GNU_SOURCE	/* mkostemp() */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "object.h"

/* Offsets into one section are u32 in all tables made of it. */
#define OBJECT_MAX_SIZE		0x7fffffffu

/* As in elf.h of newer C libraries; .eh_frame of LLVM has it. */
#ifndef SHT_X86_64_UNWIND
#define SHT_X86_64_UNWIND	0x70000001
#endif

/**
 * object_reloc_size() - What a relocation changes
 * @type: R_X86_64_*
 *
 * Return: bytes, 0 for R_X86_64_NONE; -1 if the kernel's module loader refuses
 * this type (apply_relocate_add() in arch/x86/kernel/module.c).
 */
int object_reloc_size(u32 type)
{
	switch (type) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return -1;
	}
}

/**
 * object_reloc_name() - The name of a relocation type, for messages
 * @type: R_X86_64_*
 *
 * Return: the name, or words that can stand in its place.
 */
const char *object_reloc_name(u32 type)
{
	static const char *const names[] = {
		[R_X86_64_NONE] = "R_X86_64_NONE",
		[R_X86_64_64] = "R_X86_64_64",
		[R_X86_64_PC32] = "R_X86_64_PC32",
		[R_X86_64_GOT32] = "R_X86_64_GOT32",
		[R_X86_64_PLT32] = "R_X86_64_PLT32",
		[R_X86_64_GOTPCREL] = "R_X86_64_GOTPCREL",
		[R_X86_64_32] = "R_X86_64_32",
		[R_X86_64_32S] = "R_X86_64_32S",
		[R_X86_64_16] = "R_X86_64_16",
		[R_X86_64_PC16] = "R_X86_64_PC16",
		[R_X86_64_8] = "R_X86_64_8",
		[R_X86_64_PC8] = "R_X86_64_PC8",
		[R_X86_64_TLSGD] = "R_X86_64_TLSGD",
		[R_X86_64_TPOFF32] = "R_X86_64_TPOFF32",
		[R_X86_64_PC64] = "R_X86_64_PC64",
		[R_X86_64_GOTPCRELX] = "R_X86_64_GOTPCRELX",
		[R_X86_64_REX_GOTPCRELX] = "R_X86_64_REX_GOTPCRELX",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "of an unknown type";
}

/**
 * object_init() - Make an empty object
 * @obj: out
 * @path: name for messages; copied
 */
void object_init(struct object *obj, const char *path)
{
	memset(obj, 0, sizeof(*obj));
	obj->path = xstrdup(path);
	/* entry 0 of both tables is "none", as in ELF */
	object_add_section(obj, "", SHT_NULL, 0, 1);
	obj->sections[0].dropped = true;
	object_add_symbol(obj, "", STB_LOCAL, STT_NOTYPE, 0, 0, 0);
	obj->symbols[0].dropped = true;
}

/**
 * object_destroy() - Free what an object owns
 * @obj: from object_init() or object_read(), also if that failed, or all zero
 */
void object_destroy(struct object *obj)
{
	size_t i;

	for (i = 0; i < obj->nr_sections; i++) {
		free(obj->sections[i].name);
		free(obj->sections[i].data);
		free(obj->sections[i].relocs);
	}
	for (i = 0; i < obj->nr_symbols; i++)
		free(obj->symbols[i].name);
	free(obj->sections);
	free(obj->symbols);
	free(obj->path);
	memset(obj, 0, sizeof(*obj));
}

/**
 * object_add_section() - Add an empty section
 * @obj: object
 * @name: need not be unique, but object_find_section() finds the first; copied
 * @type: SHT_*
 * @flags: SHF_*
 * @align: power of two, at least 1
 *
 * Return: its index.
 */
u32 object_add_section(struct object *obj, const char *name, u32 type, u64 flags, u64 align)
{
	struct object_section *s;

	array_reserve(obj->sections, obj->cap_sections, obj->nr_sections + 1);
	s = &obj->sections[obj->nr_sections];
	memset(s, 0, sizeof(*s));
	s->name = xstrdup(name);
	s->type = type;
	s->flags = flags;
	s->align = align;
	return obj->nr_sections++;
}

/**
 * object_find_section() - Find a section by name
 * @obj: object
 * @name: exact
 *
 * Return: the index of the first that is not dropped; 0 if there is none.
 */
u32 object_find_section(const struct object *obj, const char *name)
{
	size_t i;

	for (i = 1; i < obj->nr_sections; i++)
		if (!obj->sections[i].dropped && !strcmp(obj->sections[i].name, name))
			return i;
	return 0;
}

static u64 align_up(u64 value, u64 align)
{
	return (value + align - 1) & ~(align - 1);
}

/**
 * object_append() - Append bytes to a section
 * @obj: object
 * @section: index; not of SHT_NOBITS
 * @bytes: @size bytes, copied; NULL for zeroes
 * @size: bytes
 * @align: power of two that the place is aligned to; the section's alignment
 *	grows to it. Code is padded with int3, anything else with zeroes
 *
 * Return: the offset of the first byte.
 */
u64 object_append(struct object *obj, u32 section, const void *bytes, size_t size, u64 align)
{
	struct object_section *s = &obj->sections[section];
	u64 offset = align_up(s->size, align);

	if (align > s->align)
		s->align = align;
	if (s->type != SHT_NOBITS) {
		array_reserve(s->data, s->cap, offset + size + 1);
		memset(s->data + s->size, s->flags & SHF_EXECINSTR ? 0xcc : 0, offset - s->size);
		if (bytes && size)
			memcpy(s->data + offset, bytes, size);
		else
			memset(s->data + offset, 0, size);
	}
	s->size = offset + size;
	return offset;
}

/**
 * object_append_zero() - Append zeroes to a section, which may be SHT_NOBITS
 * @obj: object
 * @section: index
 * @size: bytes
 * @align: see object_append()
 *
 * Return: the offset of the first byte.
 */
u64 object_append_zero(struct object *obj, u32 section, size_t size, u64 align)
{
	return object_append(obj, section, NULL, size, align);
}

/**
 * object_add_symbol() - Add a symbol
 * @obj: object
 * @name: copied
 * @bind: STB_*
 * @type: STT_*
 * @section: index; 0: undefined; or OBJECT_ABS
 * @value: offset in @section
 * @size: bytes
 *
 * Return: its index.
 */
u32 object_add_symbol(struct object *obj, const char *name, u8 bind, u8 type, u32 section,
		      u64 value, u64 size)
{
	array_reserve(obj->symbols, obj->cap_symbols, obj->nr_symbols + 1);
	obj->symbols[obj->nr_symbols] = (struct object_symbol){
		.name = xstrdup(name),
		.bind = bind,
		.type = type,
		.section = section,
		.value = value,
		.size = size,
	};
	return obj->nr_symbols++;
}

/**
 * object_find_symbol() - Find a symbol by name
 * @obj: object
 * @name: exact
 *
 * Return: the index of the first that is not dropped; 0 if there is none.
 */
u32 object_find_symbol(const struct object *obj, const char *name)
{
	size_t i;

	for (i = 1; i < obj->nr_symbols; i++)
		if (!obj->symbols[i].dropped && !strcmp(obj->symbols[i].name, name))
			return i;
	return 0;
}

/**
 * object_find_undefined() - Find an undefined symbol by name
 * @obj: object
 * @name: exact
 *
 * A defined symbol of the same name, as a guest function may have, is another one.
 *
 * Return: its index; 0 if there is none.
 */
u32 object_find_undefined(const struct object *obj, const char *name)
{
	size_t i;

	for (i = 1; i < obj->nr_symbols; i++) {
		const struct object_symbol *s = &obj->symbols[i];

		if (!s->dropped && !s->section && !strcmp(s->name, name))
			return i;
	}
	return 0;
}

/**
 * object_undefined_symbol() - An undefined symbol, added if it is not there
 * @obj: object
 * @name: of what another kernel module or the kernel exports
 *
 * Return: its index.
 */
u32 object_undefined_symbol(struct object *obj, const char *name)
{
	return object_find_undefined(obj, name) ?:
	       object_add_symbol(obj, name, STB_GLOBAL, STT_NOTYPE, 0, 0, 0);
}

/**
 * object_section_symbol() - The symbol that stands for a section's start
 * @obj: object
 * @section: index
 *
 * Return: the index of its STT_SECTION symbol, added if there was none.
 */
u32 object_section_symbol(struct object *obj, u32 section)
{
	if (!obj->sections[section].symbol) {
		u32 symbol = object_add_symbol(obj, "", STB_LOCAL, STT_SECTION, section, 0, 0);

		obj->sections[section].symbol = symbol;
	}
	return obj->sections[section].symbol;
}

/**
 * object_add_reloc() - Add a relocation
 * @obj: object
 * @section: index of the section that is changed by it
 * @offset: in that section; the bytes are there already
 * @type: R_X86_64_*, one that object_reloc_size() knows
 * @symbol: index
 * @addend: added to the symbol's value
 */
void object_add_reloc(struct object *obj, u32 section, u64 offset, u32 type, u32 symbol, s64 addend)
{
	struct object_section *s = &obj->sections[section];

	if (object_reloc_size(type) < 0 || !symbol || symbol >= obj->nr_symbols ||
	    offset + object_reloc_size(type) > s->size)
		diag_bug("relocation of type %u, symbol %u at %s+0x%llx", type, symbol, s->name,
			 offset);
	array_reserve(s->relocs, s->cap_relocs, s->nr_relocs + 1);
	s->relocs[s->nr_relocs++] = (struct object_reloc){
		.offset = offset,
		.symbol = symbol,
		.type = type,
		.addend = addend,
	};
}

static int compare_relocs(const void *a, const void *b)
{
	const struct object_reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool relocs_sorted(const struct object_section *s)
{
	size_t i;

	for (i = 1; i < s->nr_relocs; i++)
		if (s->relocs[i].offset < s->relocs[i - 1].offset)
			return false;
	return true;
}

/* LLVM writes them in order; qsort() allocates, so ask first. */
static void sort_relocs(struct object_section *s)
{
	if (!relocs_sorted(s))
		qsort(s->relocs, s->nr_relocs, sizeof(*s->relocs), compare_relocs);
}

/* ---- reading ---- */

static int read_error(const struct object *obj, const char *what)
{
	diag_file_error(obj->path, "malformed object: %s", what);
	return -EINVAL;
}

static int read_section(struct object *obj, Elf_Scn *scn, const GElf_Shdr *sh, const char *name,
			size_t file_size)
{
	Elf_Data *data;
	u32 i;

	if (sh->sh_addralign & (sh->sh_addralign - 1) || sh->sh_addralign > 1u << 20)
		return read_error(obj, "section alignment");
	if (sh->sh_size > OBJECT_MAX_SIZE)
		return read_error(obj, "section size");
	i = object_add_section(obj, name, sh->sh_type, sh->sh_flags, sh->sh_addralign ?: 1);
	obj->sections[i].entsize = sh->sh_entsize;

	switch (sh->sh_type) {
	case SHT_NULL:
	case SHT_SYMTAB:
	case SHT_STRTAB:
	case SHT_RELA:
		obj->sections[i].dropped = true;
		return 0;
	case SHT_NOBITS:
		obj->sections[i].size = sh->sh_size;
		return 0;
	case SHT_REL:
	case SHT_GROUP:
	case SHT_SYMTAB_SHNDX:
		diag_file_error(obj->path, "section '%s' has type %u, which is not supported",
				name, sh->sh_type);
		return -EINVAL;
	}
	if (sh->sh_offset > file_size || sh->sh_size > file_size - sh->sh_offset)
		return read_error(obj, "section outside of the file");
	data = elf_rawdata(scn, NULL);
	if (!data || data->d_size != sh->sh_size)
		return read_error(obj, "section content");
	object_append(obj, i, data->d_buf, data->d_size, 1);
	return 0;
}

static int read_symbols(struct object *obj, Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t nr, i;

	if (!data || sh->sh_entsize != sizeof(Elf64_Sym) || data->d_size % sizeof(Elf64_Sym) ||
	    sh->sh_link >= obj->nr_sections)
		return read_error(obj, "symbol table");
	nr = data->d_size / sizeof(Elf64_Sym);
	/* symbol 0 exists already */
	for (i = 1; i < nr; i++) {
		const struct object_section *section = NULL;
		struct object_symbol *symbol;
		const char *name;
		GElf_Sym sym;
		u32 shndx, added;

		if (!gelf_getsym(data, i, &sym))
			return read_error(obj, "symbol");
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (!name)
			return read_error(obj, "symbol name");
		shndx = sym.st_shndx;
		if (shndx == SHN_ABS) {
			shndx = OBJECT_ABS;
		} else if (shndx >= obj->nr_sections) {
			/* also SHN_COMMON and SHN_XINDEX */
			return read_error(obj, "section of a symbol");
		} else if (shndx) {
			section = &obj->sections[shndx];
			if (sym.st_value > section->size ||
			    sym.st_size > section->size - sym.st_value)
				return read_error(obj, "symbol outside of its section");
		}
		added = object_add_symbol(obj, name, GELF_ST_BIND(sym.st_info),
					  GELF_ST_TYPE(sym.st_info), shndx, sym.st_value,
					  sym.st_size);
		symbol = &obj->symbols[added];
		if (symbol->type == STT_FILE) {
			symbol->dropped = true;
		} else if (symbol->type == STT_SECTION) {
			if (!section || sym.st_value)
				return read_error(obj, "section symbol");
			*symbol->name = '\0';	/* LLVM gives them names in some versions */
			obj->sections[shndx].symbol = added;
		}
	}
	return 0;
}

static int read_relocs(struct object *obj, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	struct object_section *target;
	size_t nr, i;

	if (!data || sh->sh_entsize != sizeof(Elf64_Rela) || data->d_size % sizeof(Elf64_Rela) ||
	    !sh->sh_info || sh->sh_info >= obj->nr_sections)
		return read_error(obj, "relocation section");
	target = &obj->sections[sh->sh_info];
	if (target->type == SHT_NOBITS || target->dropped)
		return read_error(obj, "relocations of a section without content");
	nr = data->d_size / sizeof(Elf64_Rela);
	array_reserve(target->relocs, target->cap_relocs, target->nr_relocs + nr);
	for (i = 0; i < nr; i++) {
		GElf_Rela rela;
		u32 type, symbol;
		int size;

		if (!gelf_getrela(data, i, &rela))
			return read_error(obj, "relocation");
		type = GELF_R_TYPE(rela.r_info);
		symbol = GELF_R_SYM(rela.r_info);
		size = object_reloc_size(type);
		if (size < 0) {
			diag_file_error(obj->path,
					"relocation %s (%u) at %s+0x%llx: the kernel's module loader does not take it",
					object_reloc_name(type), type, target->name,
					(u64)rela.r_offset);
			return -EINVAL;
		}
		if (!size)
			continue;
		if (rela.r_offset > target->size || target->size - rela.r_offset < (size_t)size)
			return read_error(obj, "relocation outside of its section");
		if (!symbol || symbol >= obj->nr_symbols || obj->symbols[symbol].type == STT_FILE)
			return read_error(obj, "symbol of a relocation");
		target->relocs[target->nr_relocs++] = (struct object_reloc){
			.offset = rela.r_offset,
			.symbol = symbol,
			.type = type,
			.addend = rela.r_addend,
		};
	}
	sort_relocs(target);
	return 0;
}

static int read_elf(struct object *obj, Elf *elf, size_t file_size)
{
	size_t nr_sections, shstrndx;
	Elf_Scn *scn = NULL;
	u32 nr_symtabs = 0;
	GElf_Ehdr ehdr;
	GElf_Shdr sh;
	int err;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr)) {
		diag_file_error(obj->path, "not an ELF file");
		return -EINVAL;
	}
	if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_ident[EI_DATA] != ELFDATA2LSB ||
	    ehdr.e_machine != EM_X86_64 || ehdr.e_type != ET_REL) {
		diag_file_error(obj->path, "not a relocatable object for x86-64");
		return -EINVAL;
	}
	/* libelf takes a table that is cut off as none */
	if (elf_getshdrnum(elf, &nr_sections) || elf_getshdrstrndx(elf, &shstrndx) ||
	    nr_sections < 2 || ehdr.e_shoff > file_size ||
	    nr_sections > (file_size - ehdr.e_shoff) / sizeof(Elf64_Shdr))
		return read_error(obj, "section table");

	/* Section i of the file becomes section i here, symbol i symbol i. */
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &sh))
			return read_error(obj, "section header");
		name = elf_strptr(elf, shstrndx, sh.sh_name);
		if (!name)
			return read_error(obj, "section name");
		if (elf_ndxscn(scn) != obj->nr_sections)
			return read_error(obj, "section numbers");
		err = read_section(obj, scn, &sh, name, file_size);
		if (err)
			return err;
	}
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB)
			continue;
		if (nr_symtabs++)
			return read_error(obj, "more than one symbol table");
		err = read_symbols(obj, elf, scn, &sh);
		if (err)
			return err;
	}
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA)
			continue;
		err = read_relocs(obj, scn, &sh);
		if (err)
			return err;
	}
	return 0;
}

/**
 * object_read() - Read a relocatable object
 * @obj: out; to be destroyed in any case
 * @path: name for messages
 * @bytes: the file; not needed any more afterwards
 * @size: bytes
 *
 * Return: 0; -EINVAL (diagnosed) if it is no x86-64 relocatable object, is
 * malformed, or has relocations that the kernel's module loader refuses.
 */
int object_read(struct object *obj, const char *path, const u8 *bytes, size_t size)
{
	Elf *elf;
	int err;

	object_init(obj, path);
	if (elf_version(EV_CURRENT) == EV_NONE)
		diag_bug("libelf is older than its headers");
	/* libelf asks for char *, but a read-only descriptor is never written through */
	elf = elf_memory((char *)bytes, size);
	if (!elf) {
		diag_file_error(path, "not an ELF file");
		return -EINVAL;
	}
	err = read_elf(obj, elf, size);
	elf_end(elf);
	return err;
}

/* ---- normalizing ---- */

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/**
 * object_section_unwanted() - Does a section say nothing to a kernel?
 * @s: section, as LLVM made it
 *
 * Backtraces have a table of their own (code.c), so the unwinder's go, and so does what is empty.
 */
bool object_section_unwanted(const struct object_section *s)
{
	return s->type == SHT_X86_64_UNWIND || s->type == SHT_NOTE || s->flags & SHF_EXCLUDE ||
	       (s->flags & SHF_ALLOC && !s->size) || !strcmp(s->name, ".comment") ||
	       !strcmp(s->name, ".eh_frame") || has_prefix(s->name, ".note.") ||
	       has_prefix(s->name, ".llvm");
}

/* The one section that takes in all with these flags; NULL: not to be merged. */
static const char *section_home(const struct object_section *s)
{
	if (!(s->flags & SHF_ALLOC))
		return NULL;
	if (s->flags & SHF_EXECINSTR)
		return ".text";
	if (s->type == SHT_NOBITS)
		return ".bss";
	return s->flags & SHF_WRITE ? ".data" : ".rodata";
}

/* Nothing else may have these names, and each what its name says. */
static bool section_is_sound(const struct object_section *s)
{
	static const char *const homes[] = { ".text", ".rodata", ".data", ".bss" };
	const char *home = section_home(s);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(homes); i++)
		if (!strcmp(s->name, homes[i]) && (!home || strcmp(home, homes[i])))
			return false;
	if (!home)
		return true;
	if (s->type != SHT_PROGBITS && (s->type != SHT_NOBITS || strcmp(home, ".bss")))
		return false;
	return !(s->flags & SHF_EXECINSTR && s->flags & SHF_WRITE) && !(s->flags & SHF_TLS);
}

struct section_move {
	u32 home;	/* 0: stays */
	u64 delta;
};

static void merge_section(struct object *obj, u32 from, struct section_move *moves)
{
	struct object_section *s = &obj->sections[from];
	const char *name = section_home(s);
	struct object_section *home;
	u32 to;
	size_t i;

	to = object_find_section(obj, name);
	if (to == from)
		return;
	if (!to) {
		/* the first of its kind gives its place: no copy */
		free(s->name);
		s->name = xstrdup(name);
		s->flags &= SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE;
		s->entsize = 0;
		return;
	}
	home = &obj->sections[to];
	moves[from].home = to;
	moves[from].delta = object_append(obj, to, s->data, s->size, s->align);
	array_reserve(home->relocs, home->cap_relocs, home->nr_relocs + s->nr_relocs);
	for (i = 0; i < s->nr_relocs; i++) {
		home->relocs[home->nr_relocs] = s->relocs[i];
		home->relocs[home->nr_relocs++].offset += moves[from].delta;
	}
	s->nr_relocs = 0;
	s->dropped = true;
}

static void move_symbols(struct object *obj, const struct section_move *moves)
{
	size_t i, k;

	/* relocations against a moved section's start become ones against its home's */
	for (i = 1; i < obj->nr_sections; i++) {
		for (k = 0; k < obj->sections[i].nr_relocs; k++) {
			struct object_reloc *r = &obj->sections[i].relocs[k];
			u32 section = obj->symbols[r->symbol].section;

			if (obj->symbols[r->symbol].type != STT_SECTION || !moves[section].home)
				continue;
			r->symbol = object_section_symbol(obj, moves[section].home);
			r->addend += moves[section].delta;
		}
	}
	for (i = 1; i < obj->nr_symbols; i++) {
		struct object_symbol *s = &obj->symbols[i];

		if (s->dropped || !s->section || s->section == OBJECT_ABS)
			continue;
		if (moves[s->section].home) {
			s->dropped = s->type == STT_SECTION;
			s->value += moves[s->section].delta;
			s->section = moves[s->section].home;
		} else if (obj->sections[s->section].dropped) {
			s->dropped = true;
		}
		s->bind = STB_LOCAL;
	}
}

static int check_references(struct object *obj, object_allowed_t allowed, const void *arg)
{
	bool *used = xcalloc(obj->nr_symbols, sizeof(*used));
	int err = 0;
	size_t i, k;

	for (i = 1; i < obj->nr_sections; i++) {
		const struct object_section *s = &obj->sections[i];

		if (s->dropped)
			continue;
		for (k = 0; k < s->nr_relocs; k++) {
			const struct object_symbol *sym = &obj->symbols[s->relocs[k].symbol];

			if (sym->dropped) {
				diag_file_error(obj->path,
						"internal error: %s+0x%llx refers to '%s' in unwanted section '%s'",
						s->name, s->relocs[k].offset, sym->name,
						obj->sections[sym->section].name);
				err = -EINVAL;
				break;
			}
			used[s->relocs[k].symbol] = true;
		}
	}
	for (i = 1; i < obj->nr_symbols; i++) {
		struct object_symbol *s = &obj->symbols[i];

		if (s->dropped || s->section)
			continue;
		if (!used[i]) {
			s->dropped = true;
		} else if (!*s->name || !allowed(s->name, arg)) {
			diag_file_error(obj->path,
					"internal error: generated code refers to '%s'", s->name);
			err = -EINVAL;
		}
	}
	free(used);
	return err;
}

/* Calls and jumps inside .text need no relocation once it is one section. */
static void resolve_inside(struct object *obj, u32 text)
{
	struct object_section *s = &obj->sections[text];
	size_t i, nr = 0;

	for (i = 0; i < s->nr_relocs; i++) {
		const struct object_reloc *r = &s->relocs[i];
		const struct object_symbol *sym = &obj->symbols[r->symbol];
		s32 distance = sym->value + r->addend - r->offset;

		if (sym->section == text && (r->type == R_X86_64_PC32 || r->type == R_X86_64_PLT32))
			memcpy(s->data + r->offset, &distance, sizeof(distance));
		else
			s->relocs[nr++] = *r;
	}
	s->nr_relocs = nr;
}

/**
 * object_normalize() - Give an object the form that the rest here expects
 * @obj: as read
 * @allowed: tells which undefined symbols may be referred to
 * @arg: for @allowed
 *
 * Afterwards there is exactly one section with code, .text (possibly empty);
 * constants are in one .rodata, variables in .data and .bss; sections that no
 * kernel reads are dropped, and so are undefined symbols that nothing refers
 * to; all defined symbols are local.
 *
 * Return: 0; -EINVAL (diagnosed) if it refers to anything else, or has
 * thread-local data or another kind of section that no generated code needs.
 */
int object_normalize(struct object *obj, object_allowed_t allowed, const void *arg)
{
	struct section_move *moves;
	size_t nr = obj->nr_sections;
	size_t i;

	for (i = 1; i < nr; i++) {
		struct object_section *s = &obj->sections[i];

		if (object_section_unwanted(s)) {
			s->dropped = true;
		} else if (!s->dropped && !section_is_sound(s)) {
			diag_file_error(obj->path,
					"internal error: section '%s' of type %u has flags 0x%llx",
					s->name, s->type, s->flags);
			return -EINVAL;
		}
	}
	moves = xcalloc(nr + 1, sizeof(*moves));
	if (!object_find_section(obj, ".text"))
		object_add_section(obj, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16);
	for (i = 1; i < nr; i++)
		if (!obj->sections[i].dropped && section_home(&obj->sections[i]))
			merge_section(obj, i, moves);
	move_symbols(obj, moves);
	free(moves);
	for (i = 1; i < obj->nr_sections; i++)
		sort_relocs(&obj->sections[i]);
	resolve_inside(obj, object_find_section(obj, ".text"));
	return check_references(obj, allowed, arg);
}

/* ---- writing a file ---- */

static int write_all(int fd, const u8 *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		bytes += n;
		size -= n;
	}
	return 0;
}

/* A terminal, a pipe, /dev/null: nothing to replace, just write. */
static int write_special(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, size);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int write_replacing(const char *path, const void *bytes, size_t size)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	int err = 0;
	int fd;

	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto err_free;
	}
	err = write_all(fd, bytes, size);
	if (!err && fchmod(fd, 0644))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
err_free:
	free(temp);
	return err;
}

/**
 * write_whole_file() - Write a file, or leave what was there
 * @path: file; replaced at once when all bytes are written. A symbolic link to
 *	a file is followed, a device or pipe written to
 * @bytes: content
 * @size: bytes
 *
 * Return: 0; -errno (diagnosed), then no partial file is left.
 */
int write_whole_file(const char *path, const void *bytes, size_t size)
{
	char *real = NULL;
	struct stat st;
	int err;

	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode)) {
			err = -EISDIR;
		} else if (!S_ISREG(st.st_mode)) {
			err = write_special(path, bytes, size);
		} else {
			real = realpath(path, NULL);
			err = write_replacing(real ?: path, bytes, size);
		}
	} else {
		err = write_replacing(path, bytes, size);
	}
	free(real);
	if (err)
		diag_file_error(path, "cannot write: %s", strerror(-err));
	return err;
}
