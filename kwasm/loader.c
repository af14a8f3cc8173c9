// SPDX-License-Identifier: GPL-2.0
/*
 * Loading an app's .ko into this process, as the kernel's module loader does it
 *
 * The code is compiled for the top 2 GiB of the address space, where an address fits
 * a sign-extended 32-bit field. The lowest 2 GiB have the same property: the program is
 * linked not to be position independent, so its own symbols are there, and the .ko is
 * mapped there too.
 *
 *	| text: r-x | constants: r-- | data, bss: rw- |	  each part page aligned
 *
 * Afterwards the same sites are patched as in a kernel without mitigations: returns and
 * indirect branches become plain ones, and large switches jump through their tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "types.h"
#include "loader.h"

#define PAGE		4096ul
#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))

enum part { TEXT, CONST, DATA, NR_PARTS };

struct section {
	const char *name;
	Elf64_Shdr sh;
	const u8 *bytes;	/* in the file; NULL: bss */
	u8 *address;		/* NULL: not loaded */
};

struct loading {
	const u8 *file;
	size_t size;
	struct section *sections;
	size_t nr_sections;
	const Elf64_Sym *syms;
	size_t nr_syms;
	const char *strings;
	size_t strings_size;
	struct loaded_ko *ko;
	size_t part_start[NR_PARTS];
	size_t part_size[NR_PARTS];
};

struct loaded_ko *loaded_kos;
static char message[256];

static int fail(const char **error, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(const char **error, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	*error = message;
	return err;
}

static bool range_ok(u64 offset, u64 size, u64 whole)
{
	return offset <= whole && size <= whole - offset;
}

/* A string of the file's; "" if it is not one */
static const char *string_at(const char *strings, size_t size, u32 offset)
{
	if (offset >= size || !memchr(strings + offset, 0, size - offset))
		return "";
	return strings + offset;
}

/* Sections and symbols, through libelf; all offsets checked */
static int read_sections(struct loading *l, Elf *elf, const char **error)
{
	size_t i, names, nr;
	Elf64_Ehdr *eh = elf64_getehdr(elf);

	if (!eh || eh->e_type != ET_REL || eh->e_machine != EM_X86_64)
		return fail(error, -ENOEXEC, "not an x86-64 kernel object");
	if (elf_getshdrnum(elf, &nr) || elf_getshdrstrndx(elf, &names))
		return fail(error, -ENOEXEC, "%s", elf_errmsg(-1));
	l->sections = calloc(nr, sizeof(*l->sections));
	if (!l->sections)
		return fail(error, -ENOMEM, "not enough memory");
	l->nr_sections = nr;
	for (i = 1; i < nr; i++) {
		struct section *s = &l->sections[i];
		Elf_Scn *scn = elf_getscn(elf, i);
		Elf64_Shdr *sh = scn ? elf64_getshdr(scn) : NULL;
		char *name = sh ? elf_strptr(elf, names, sh->sh_name) : NULL;

		if (!name)
			return fail(error, -ENOEXEC, "section %zu: %s", i, elf_errmsg(-1));
		s->name = name;
		s->sh = *sh;
		if (sh->sh_type == SHT_NOBITS)
			continue;
		if (!range_ok(sh->sh_offset, sh->sh_size, l->size))
			return fail(error, -ENOEXEC, "section %s lies outside the file", name);
		s->bytes = l->file + sh->sh_offset;
		if (sh->sh_type == SHT_SYMTAB) {
			if (sh->sh_offset % 8 || sh->sh_link >= nr)
				return fail(error, -ENOEXEC, "symbol table is broken");
			l->syms = (const Elf64_Sym *)s->bytes;
			l->nr_syms = sh->sh_size / sizeof(Elf64_Sym);
		}
	}
	for (i = 1; i < nr && l->syms; i++) {
		if (l->sections[i].sh.sh_type == SHT_SYMTAB) {
			const struct section *s = &l->sections[l->sections[i].sh.sh_link];

			l->strings = (const char *)s->bytes;
			l->strings_size = s->bytes ? s->sh.sh_size : 0;
		}
	}
	if (!l->syms || !l->strings)
		return fail(error, -ENOEXEC, "no symbol table");
	return 0;
}

static enum part part_of(const struct section *s)
{
	if (s->sh.sh_flags & SHF_EXECINSTR)
		return TEXT;
	return s->sh.sh_flags & SHF_WRITE ? DATA : CONST;
}

static bool loaded(const struct section *s)
{
	return s->sh.sh_flags & SHF_ALLOC;
}

/* Give every loaded section its place, map the whole and copy the bytes */
static int map_sections(struct loading *l, const char **error)
{
	size_t offset = 0, i;
	enum part part;
	u8 *base;

	for (part = TEXT; part < NR_PARTS; part++) {
		offset = PAGE_UP(offset);
		l->part_start[part] = offset;
		for (i = 1; i < l->nr_sections; i++) {
			struct section *s = &l->sections[i];
			u64 align = s->sh.sh_addralign ? s->sh.sh_addralign : 1;

			if (!loaded(s) || part_of(s) != part)
				continue;
			if (align > PAGE || (align & (align - 1)) || s->sh.sh_size > 1u << 30 ||
			    offset > 1u << 30)
				return fail(error, -ENOEXEC, "section %s cannot be placed", s->name);
			offset = (offset + align - 1) & ~(align - 1);
			s->sh.sh_addr = offset;
			offset += s->sh.sh_size;
		}
		l->part_size[part] = PAGE_UP(offset) - l->part_start[part];
	}
	if (!offset)
		return fail(error, -ENOEXEC, "nothing to load");
	offset = PAGE_UP(offset);
	base = mmap(NULL, offset, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (base == MAP_FAILED)
		return fail(error, -ENOMEM, "no room for %zu bytes below 2 GiB", offset);
	l->ko->base = base;
	l->ko->size = offset;
	l->ko->text = base + l->part_start[TEXT];
	l->ko->text_size = l->part_size[TEXT];
	for (i = 1; i < l->nr_sections; i++) {
		struct section *s = &l->sections[i];

		if (!loaded(s))
			continue;
		s->address = base + s->sh.sh_addr;
		if (s->bytes)
			memcpy(s->address, s->bytes, s->sh.sh_size);
	}
	return 0;
}

static int symbol_value(struct loading *l, u32 index, u64 *value, const char **error)
{
	const Elf64_Sym *sym = &l->syms[index];
	const char *name = string_at(l->strings, l->strings_size, sym->st_name);
	const void *address;

	if (sym->st_shndx == SHN_ABS) {
		*value = sym->st_value;
		return 0;
	}
	if (sym->st_shndx == SHN_UNDEF) {
		address = runtime_symbol(name);
		if (!address && !strncmp(name, "kwasm_net_", strlen("kwasm_net_")))
			return fail(error, -ENOENT, "%s: TCP by events (module 'kwasm_net') is the kernel's own; "
				    "load the app: 'modprobe kwasm_net', 'insmod', or 'kwasm run' without --user", name);
		if (!address)
			return fail(error, -ENOENT, "unknown symbol %s", name);
		*value = (uintptr_t)address;
		return 0;
	}
	if (sym->st_shndx >= l->nr_sections || !l->sections[sym->st_shndx].address)
		return fail(error, -ENOEXEC, "symbol '%s' is in no loaded section", name);
	*value = (uintptr_t)l->sections[sym->st_shndx].address + sym->st_value;
	return 0;
}

static int relocate_one(struct loading *l, struct section *s, const Elf64_Rela *rela,
			const char **error)
{
	u32 type = ELF64_R_TYPE(rela->r_info), index = ELF64_R_SYM(rela->r_info);
	u32 width = type == R_X86_64_64 || type == R_X86_64_PC64 ? 8 : 4;
	bool fits = true;
	u64 value, pc;
	u8 *place;
	int err;

	if (index >= l->nr_syms || !range_ok(rela->r_offset, width, s->sh.sh_size))
		return fail(error, -ENOEXEC, "relocation in %s is out of bounds", s->name);
	err = symbol_value(l, index, &value, error);
	if (err)
		return err;
	place = s->address + rela->r_offset;
	pc = (uintptr_t)place;
	value += rela->r_addend;
	switch (type) {
	case R_X86_64_64:
		break;
	case R_X86_64_32:
		fits = value == (u32)value;
		break;
	case R_X86_64_32S:
		fits = (s64)value == (s32)value;
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= pc;
		fits = (s64)value == (s32)value;
		break;
	case R_X86_64_PC64:
		value -= pc;
		break;
	default:
		return fail(error, -ENOEXEC, "relocation of type %u in %s", type, s->name);
	}
	if (!fits)
		return fail(error, -ENOEXEC, "relocation of type %u in %s does not reach", type,
			    s->name);
	memcpy(place, &value, width);	/* little-endian: the low bytes */
	return 0;
}

static int relocate(struct loading *l, const char **error)
{
	size_t i, k;
	int err;

	for (i = 1; i < l->nr_sections; i++) {
		const struct section *r = &l->sections[i];
		const Elf64_Rela *rela = (const Elf64_Rela *)r->bytes;

		if (r->sh.sh_type != SHT_RELA)
			continue;
		if (r->sh.sh_info >= l->nr_sections || r->sh.sh_offset % 8)
			return fail(error, -ENOEXEC, "section %s is broken", r->name);
		if (!l->sections[r->sh.sh_info].address)
			continue;	/* of debug information */
		for (k = 0; k < r->sh.sh_size / sizeof(*rela); k++) {
			err = relocate_one(l, &l->sections[r->sh.sh_info], &rela[k], error);
			if (err)
				return err;
		}
	}
	return 0;
}

static struct section *find_section(struct loading *l, const char *name)
{
	size_t i;

	for (i = 1; i < l->nr_sections; i++) {
		if (l->sections[i].address && !strcmp(l->sections[i].name, name))
			return &l->sections[i];
	}
	return NULL;
}

static bool in_text(const struct loaded_ko *ko, const u8 *p, size_t size)
{
	return range_ok((uintptr_t)p - (uintptr_t)ko->text, size, ko->text_size);
}

/* jmp __x86_return_thunk becomes ret */
static int patch_returns(struct loading *l, const char **error)
{
	struct section *s = find_section(l, ".return_sites");
	size_t i, nr = s ? s->sh.sh_size / sizeof(s32) : 0;

	for (i = 0; i < nr; i++) {
		s32 *site = (s32 *)s->address + i;
		u8 *p = (u8 *)((uintptr_t)site + *site);

		if (!in_text(l->ko, p, 5) || p[0] != 0xe9)
			return fail(error, -ENOEXEC, "return site %zu is none", i);
		p[0] = 0xc3;
		memset(p + 1, 0xcc, 4);
	}
	return 0;
}

/* call or jmp to __x86_indirect_thunk_<reg> becomes call or jmp *reg, where there is room */
static int patch_retpolines(struct loading *l, const char **error)
{
	static const char *const regs[] = {
		"rax", "rcx", "rdx", "rbx", NULL, "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	struct section *s = find_section(l, ".retpoline_sites");
	size_t i, nr = s ? s->sh.sh_size / sizeof(s32) : 0;
	const void *thunks[ARRAY_SIZE(regs)] = { NULL };
	char name[32];
	u32 reg;

	for (reg = 0; nr && reg < ARRAY_SIZE(regs); reg++) {
		if (!regs[reg])
			continue;
		snprintf(name, sizeof(name), "__x86_indirect_thunk_%s", regs[reg]);
		thunks[reg] = runtime_symbol(name);
	}
	for (i = 0; i < nr; i++) {
		s32 *site = (s32 *)s->address + i, rel;
		u8 *p = (u8 *)((uintptr_t)site + *site), *start = p, *end, call;

		if (!in_text(l->ko, p, 6))
			return fail(error, -ENOEXEC, "indirect branch site %zu is none", i);
		if (*p == 0x2e)		/* a prefix that only makes room */
			p++;
		call = *p;
		if (call != 0xe8 && call != 0xe9)
			continue;	/* conditional: the thunk does it */
		memcpy(&rel, p + 1, sizeof(rel));
		end = p + 5;
		for (reg = 0; reg < ARRAY_SIZE(regs); reg++) {
			if (thunks[reg] && (uintptr_t)thunks[reg] == (uintptr_t)end + rel)
				break;
		}
		if (reg == ARRAY_SIZE(regs))
			return fail(error, -ENOEXEC, "indirect branch site %zu is none", i);
		p = start;
		if (reg >= 8)
			*p++ = 0x41;
		*p++ = 0xff;
		*p++ = (call == 0xe8 ? 0xd0 : 0xe0) | (reg & 7);
		memset(p, call == 0xe8 ? 0x90 : 0xcc, end - p);
	}
	return 0;
}

/*
 * Code that is replaced on processors without some feature: as the kernel does where it needs no
 * retpolines (struct alt_instr, of 12 bytes, since 6.3 of 14). What a feature asks for stays.
 */
static int patch_alternatives(struct loading *l, const char **error)
{
	struct section *s = find_section(l, ".altinstructions");
	size_t i, k, nr = 0, size;

	for (i = 1; s && i < l->nr_sections; i++)
		if (l->sections[i].sh.sh_type == SHT_RELA &&
		    l->sections[i].sh.sh_info == (size_t)(s - l->sections))
			nr = l->sections[i].sh.sh_size / sizeof(Elf64_Rela) / 2;
	if (!s || !s->sh.sh_size)
		return 0;
	size = nr ? s->sh.sh_size / nr : 0;
	if ((size != 12 && size != 14) || size * nr != s->sh.sh_size)
		return fail(error, -ENOEXEC, "section .altinstructions is broken");
	for (i = 0; i < nr; i++) {
		const u8 *row = s->address + i * size;
		s32 site, with;
		u32 flags = 0;
		u8 *p, *q;

		memcpy(&site, row, 4);
		memcpy(&with, row + 4, 4);
		memcpy(&flags, row + 8, size - 10);
		p = (u8 *)((uintptr_t)row + site);
		q = (u8 *)((uintptr_t)row + 4 + with);
		k = row[size - 1];
		if (!in_text(l->ko, p, row[size - 2]) || k > row[size - 2] ||
		    !range_ok((uintptr_t)q - (uintptr_t)l->ko->base, k, l->ko->size))
			return fail(error, -ENOEXEC, "alternative %zu is none", i);
		if (!(flags & (size == 14 ? 1u << 16 : 1u << 15)))
			continue;
		memcpy(p, q, k);
		memset(p + k, 0x90, row[size - 2] - k);
	}
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct ex_row *x = a, *y = b;
	uintptr_t p = (uintptr_t)&x->insn + x->insn, q = (uintptr_t)&y->insn + y->insn;

	return p < q ? -1 : p > q;
}

/* Does [p, p + size) lie in the mapping? Empty ranges may be anywhere. */
static bool mapped(const struct loaded_ko *ko, const void *p, u64 size)
{
	return !size || range_ok((uintptr_t)p - (uintptr_t)ko->base, size, ko->size);
}

/* The same, in what is to be written to */
static bool writable(const struct loading *l, const void *p, u64 size)
{
	return !size || range_ok((uintptr_t)p - (uintptr_t)l->ko->base - l->part_start[DATA], size,
				 l->part_size[DATA]);
}

/* End of the data segments, or more than any file has if the list of them is broken */
static u64 data_size(const struct kwasm_image *image)
{
	const struct kwasm_image_data *datas = (const void *)((const u8 *)image + image->datas.offset);
	u64 size = 0, end;
	u32 i;

	if (image->datas.offset % 8 ||
	    !range_ok(image->datas.offset, (u64)image->datas.nr * sizeof(*datas), image->size))
		return ~0ull;
	for (i = 0; i < image->datas.nr; i++) {
		if (__builtin_add_overflow(datas[i].offset, datas[i].size, &end))
			return ~0ull;
		size = end > size ? end : size;
	}
	return size;
}

/* bytes of kwasm_app.calls, or ~0 */
static u64 calls_size(const struct kwasm_image *image)
{
	const struct kwasm_image_calls *calls = (const void *)((const u8 *)image + image->calls.offset);
	u64 nr = 0;
	u32 i;

	if (image->calls.offset % 8 ||
	    !range_ok(image->calls.offset, (u64)image->calls.nr * sizeof(*calls), image->size))
		return ~0ull;
	for (i = 0; i < image->calls.nr; i++)
		nr += calls[i].nr + 1ull;
	return nr * sizeof(u64);
}

/*
 * The kernel trusts who may load modules; a user who looks at a file does not mean to.
 * What the image says is the runtime's to check, that it is there is ours.
 */
static bool pointers_ok(const struct loading *l)
{
	const struct loaded_ko *ko = l->ko;
	const struct kwasm_app *app = ko->app;
	const struct kwasm_image *image = app->image;

	return image && !((uintptr_t)image % 8) && mapped(ko, image, sizeof(*image)) &&
	       mapped(ko, image, image->size) && image->size >= sizeof(*image) &&
	       mapped(ko, app->text, image->text_size) &&
	       mapped(ko, app->data, data_size(image)) &&
	       writable(l, app->type_ids, image->types.nr * (u64)sizeof(u32)) &&
	       !((uintptr_t)app->type_ids % 4) &&
	       writable(l, app->calls, calls_size(image)) && !((uintptr_t)app->calls % 8) &&
	       writable(l, app, sizeof(*app)) &&
	       writable(l, ko->rows, ko->nr_rows * sizeof(*ko->rows)) && app->ex_table == (void *)ko->rows &&
	       !app->args && !app->env && !app->dirs && !app->runtime;
}

/* struct kwasm_app and the exception table */
static int find_app(struct loading *l, const char **error)
{
	struct loaded_ko *ko = l->ko;
	struct section *table;
	u64 value;
	size_t i;
	int err;

	for (i = 1; i < l->nr_syms; i++) {
		if (l->syms[i].st_shndx != SHN_UNDEF &&
		    !strcmp(string_at(l->strings, l->strings_size, l->syms[i].st_name),
			    "kwasm_app"))
			break;
	}
	if (i == l->nr_syms)
		return fail(error, -ENOEXEC, "not an app of wasm2ko: no symbol kwasm_app");
	err = symbol_value(l, i, &value, error);
	if (err)
		return err;
	ko->app = (struct kwasm_app *)(uintptr_t)value;
	if (!range_ok(value - (uintptr_t)ko->base, sizeof(*ko->app), ko->size) || value % 8 ||
	    ko->app->magic != KWASM_ABI_MAGIC)
		return fail(error, -ENOEXEC, "not an app of wasm2ko");
	if (ko->app->abi_version != KWASM_ABI_VERSION)
		return fail(error, -ENOEXEC,
			    "compiled for version %u of the runtime's interface, this is %u",
			    ko->app->abi_version, KWASM_ABI_VERSION);
	table = find_section(l, KWASM_EX_TABLE_SECTION);
	if (table) {
		ko->rows = (const struct ex_row *)table->address;
		ko->nr_rows = table->sh.sh_size / sizeof(*ko->rows);
		/* the rows know their numbers, so the writer must have sorted them */
		for (i = 1; i < ko->nr_rows; i++) {
			if (compare_rows(&ko->rows[i - 1], &ko->rows[i]) >= 0)
				return fail(error, -ENOEXEC, "exception table is not sorted");
		}
	}
	if (ko->nr_rows != ko->app->nr_ex_rows)
		return fail(error, -ENOEXEC, "exception table has %llu rows, %llu are announced",
			    ko->nr_rows, ko->app->nr_ex_rows);
	if (!pointers_ok(l))
		return fail(error, -ENOEXEC, "its parts are not where they should be");
	ko->app->module = ko;
	return 0;
}

static int protect(struct loading *l, const char **error)
{
	static const int rights[] = {
		[TEXT] = PROT_READ | PROT_EXEC, [CONST] = PROT_READ, [DATA] = PROT_READ | PROT_WRITE,
	};
	enum part part;

	for (part = TEXT; part < NR_PARTS; part++) {
		if (l->part_size[part] &&
		    mprotect(l->ko->base + l->part_start[part], l->part_size[part], rights[part]))
			return fail(error, -errno, "mprotect: %s", strerror(errno));
	}
	return 0;
}

int loader_load_bytes(const void *bytes, size_t size, struct loaded_ko **result, const char **error)
{
	struct loading l = { .file = bytes, .size = size };
	Elf *elf;
	int err;

	elf_version(EV_CURRENT);
	/* libelf never writes to memory opened for reading */
	elf = elf_memory((char *)bytes, size);
	if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64) {
		elf_end(elf);
		return fail(error, -ENOEXEC, "not an ELF file");
	}
	l.ko = calloc(1, sizeof(*l.ko));
	err = l.ko ? read_sections(&l, elf, error) : fail(error, -ENOMEM, "not enough memory");
	if (!err)
		err = map_sections(&l, error);
	if (!err)
		err = relocate(&l, error);
	if (!err)
		err = patch_returns(&l, error);
	if (!err)
		err = patch_retpolines(&l, error);
	if (!err)
		err = patch_alternatives(&l, error);
	if (!err)
		err = find_app(&l, error);
	if (!err)
		err = protect(&l, error);
	free(l.sections);
	elf_end(elf);
	if (err) {
		if (l.ko && l.ko->base)
			munmap(l.ko->base, l.ko->size);
		free(l.ko);
		return err;
	}
	l.ko->next = loaded_kos;
	loaded_kos = l.ko;
	*result = l.ko;
	return 0;
}

int loader_load(const char *path, struct loaded_ko **ko, const char **error)
{
	struct stat st;
	void *bytes;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		err = fail(error, -errno, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return fail(error, -ENOEXEC, "not an ELF file");
	}
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return fail(error, -errno, "%s", strerror(errno));
	err = loader_load_bytes(bytes, st.st_size, ko, error);
	munmap(bytes, st.st_size);
	return err;
}

void loader_unload(struct loaded_ko *ko)
{
	struct loaded_ko **link = &loaded_kos;

	while (*link != ko)
		link = &(*link)->next;
	*link = ko->next;
	munmap(ko->base, ko->size);
	free(ko);
}

bool loader_in_text(uintptr_t ip)
{
	const struct loaded_ko *ko;

	for (ko = loaded_kos; ko; ko = ko->next) {
		if (in_text(ko, (const u8 *)ip, 1))
			return true;
	}
	return false;
}

const struct ex_row *loader_find_row(uintptr_t ip)
{
	const struct loaded_ko *ko;
	u64 low, high, mid;
	uintptr_t at;

	for (ko = loaded_kos; ko; ko = ko->next) {
		if (!in_text(ko, (const u8 *)ip, 1))
			continue;
		low = 0;
		high = ko->nr_rows;
		while (low < high) {
			mid = low + (high - low) / 2;
			at = (uintptr_t)&ko->rows[mid].insn + ko->rows[mid].insn;
			if (at == ip)
				return &ko->rows[mid];
			if (at < ip)
				low = mid + 1;
			else
				high = mid;
		}
	}
	return NULL;
}
