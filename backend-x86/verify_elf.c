// SPDX-License-Identifier: GPL-2.0
/*
 * verify_elf.c - the kernel object as the module loader will see it
 *
 * Parsed here by hand, from the same fields that the kernel's loader reads: a
 * library with its own idea of what a section is (extended numbering,
 * compression, conversion) would be a second opinion that the kernel does not
 * share. What the loader takes on trust, such as the offset of a relocation, is
 * checked here; what this project never writes is refused.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_impl.h"

#define MAX_SECTIONS	4096
#define MODULE_NAME_OFFSET	24	/* of struct module's name, since 2.6 */
#define MODULE_NAME_SIZE	56

static int object_error(struct verify_object *obj, const char *text)
{
	return verify_object_error(obj, VERIFY_RULE_OBJECT, "%s", text);
}

/* ---- sections ---- */

enum section_kind {
	SECTION_TEXT, SECTION_STUB, SECTION_DATA, SECTION_RODATA,
	/* written by the runtime */
	SECTION_ROWS,
	/* read by the loader, which may write to some of them */
	SECTION_TABLE,
	SECTION_MODULE,
};

/* sections that are loaded; anything else the loader may act upon is refused by absence */
static const struct {
	const char *name;
	bool prefix;		/* or followed by a dot and more */
	enum section_kind kind;
} known_sections[] = {
	{ ".text",			false, SECTION_TEXT },
	{ ".init.text",			false, SECTION_STUB },
	{ ".exit.text",			false, SECTION_STUB },
	{ ".rodata",			true,  SECTION_RODATA },
	{ ".data",			false, SECTION_DATA },
	{ ".data..ro_after_init",	false, SECTION_DATA },
	{ ".bss",			false, SECTION_DATA },
	{ KWASM_EX_TABLE_SECTION,	false, SECTION_ROWS },
	{ ".return_sites",		false, SECTION_TABLE },
	{ ".retpoline_sites",		false, SECTION_TABLE },
	{ ".altinstructions",		false, SECTION_TABLE },
	{ ".altinstr_replacement",	false, SECTION_TABLE },
	{ "__versions",			false, SECTION_TABLE },
	{ ".modinfo",			false, SECTION_TABLE },
	{ "__param",			false, SECTION_TABLE },
	{ ".note.gnu.build-id",		false, SECTION_TABLE },
	{ ".note.gnu.property",		false, SECTION_TABLE },
	{ ".note.Linux",		false, SECTION_TABLE },
	{ ".gnu.linkonce.this_module",	false, SECTION_MODULE },
};

static int section_kind(const char *name)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(known_sections); i++) {
		n = strlen(known_sections[i].name);
		if (strncmp(name, known_sections[i].name, n))
			continue;
		if (!name[n] || (known_sections[i].prefix && name[n] == '.'))
			return known_sections[i].kind;
	}
	return -1;
}

/* a string of a string table that ends in NUL; NULL if there is none at @offset */
static const char *string_at(const struct verify_section *strings, u64 offset)
{
	if (!strings->data || offset >= strings->size)
		return NULL;
	return (const char *)strings->data + offset;
}

u32 verify_find_section(const struct verify_object *obj, const char *name)
{
	u32 i;

	for (i = 1; i < obj->nr_sections; i++)
		if (obj->sections[i].flags & SHF_ALLOC && !strcmp(obj->sections[i].name, name))
			return i;
	return 0;
}

static int check_section_flags(struct verify_object *obj, const struct verify_section *s)
{
	const u64 known = SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_MERGE | SHF_STRINGS |
			  SHF_INFO_LINK | SHF_LINK_ORDER;
	bool exec = s->flags & SHF_EXECINSTR, write = s->flags & SHF_WRITE;
	int kind;

	if (!(s->flags & SHF_ALLOC)) {
		/* the loader drops them; but it looks for these two wherever they are */
		if (!strcmp(s->name, ".gnu.linkonce.this_module") || !strcmp(s->name, ".modinfo"))
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "section '%s' is not loaded", s->name);
		return 0;
	}
	kind = section_kind(s->name);
	if (kind < 0 || s->flags & ~(known | (kind == SECTION_ROWS ? KWASM_SHF_RO_AFTER_INIT : 0)) ||
	    (s->type != SHT_PROGBITS && s->type != SHT_NOBITS && s->type != SHT_NOTE))
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "section '%s' of type %u, flags 0x%llx is not known",
					   s->name, s->type, s->flags);
	if (exec != (kind == SECTION_TEXT || kind == SECTION_STUB) || (exec && write) ||
	    (write && kind == SECTION_RODATA) ||
	    (!write && (kind == SECTION_DATA || kind == SECTION_ROWS)) ||
	    (s->type == SHT_NOBITS && kind != SECTION_DATA && kind != SECTION_ROWS) ||
	    (s->type != SHT_NOBITS && kind == SECTION_ROWS))
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "section '%s' has flags 0x%llx, type %u",
					   s->name, s->flags, s->type);
	if (s->align & (s->align - 1) || s->align > 4096)
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "section '%s' has alignment %llu", s->name, s->align);
	return 0;
}

static int load_sections(struct verify_object *obj, u32 *symtab, u32 *strtab)
{
	struct verify_section *s;
	const char *name;
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;
	u32 i, j;

	if (obj->size < sizeof(ehdr))
		return object_error(obj, "not an ELF object: too short");
	memcpy(&ehdr, obj->bytes, sizeof(ehdr));
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB || ehdr.e_type != ET_REL ||
	    ehdr.e_machine != EM_X86_64)
		return object_error(obj, "not a relocatable ELF object for x86-64");
	if (ehdr.e_shentsize != sizeof(shdr) || !ehdr.e_shnum || ehdr.e_shnum > MAX_SECTIONS ||
	    ehdr.e_shoff > obj->size ||
	    (u64)ehdr.e_shnum * sizeof(shdr) > obj->size - ehdr.e_shoff ||
	    !ehdr.e_shstrndx || ehdr.e_shstrndx >= ehdr.e_shnum)
		return object_error(obj, "section headers lie outside of the file");

	obj->nr_sections = ehdr.e_shnum;
	obj->sections = arena_calloc(&obj->arena, obj->nr_sections, sizeof(*obj->sections));
	for (i = 0; i < obj->nr_sections; i++) {
		s = &obj->sections[i];
		memcpy(&shdr, obj->bytes + ehdr.e_shoff + i * sizeof(shdr), sizeof(shdr));
		s->type = shdr.sh_type;
		s->flags = shdr.sh_flags;
		s->align = shdr.sh_addralign;
		s->size = shdr.sh_size;
		if (!i) {
			if (shdr.sh_type != SHT_NULL || shdr.sh_size || shdr.sh_addr)
				return object_error(obj, "section 0 is not empty");
			continue;
		}
		if (shdr.sh_addr)
			return object_error(obj, "section with an address");
		if (shdr.sh_size > 0x7fffffff)
			return object_error(obj, "section of 2 GiB and more");
		if (s->type != SHT_NOBITS) {
			if (shdr.sh_offset > obj->size || shdr.sh_size > obj->size - shdr.sh_offset)
				return object_error(obj, "section lies outside of the file");
			if (shdr.sh_size)
				s->data = obj->bytes + shdr.sh_offset;
			/* the loader writes to these headers before it copies sections */
			if (s->data && s->flags & SHF_ALLOC &&
			    (shdr.sh_offset < sizeof(ehdr) ||
			     (shdr.sh_offset < ehdr.e_shoff + (u64)ehdr.e_shnum * sizeof(shdr) &&
			      shdr.sh_offset + shdr.sh_size > ehdr.e_shoff)))
				return object_error(obj, "section overlaps the headers");
		}
		if (s->type == SHT_SYMTAB) {
			if (*symtab)
				return object_error(obj, "two symbol tables");
			*symtab = i;
			*strtab = shdr.sh_link;
			if (*strtab >= obj->nr_sections || shdr.sh_entsize != sizeof(Elf64_Sym))
				return object_error(obj, "bad symbol table");
		}
	}
	if (!*symtab)
		return object_error(obj, "no symbol table");
	s = &obj->sections[ehdr.e_shstrndx];
	if (s->type != SHT_STRTAB || !s->size || s->data[s->size - 1])
		return object_error(obj, "bad section name table");
	for (i = 0; i < obj->nr_sections; i++) {
		memcpy(&shdr, obj->bytes + ehdr.e_shoff + i * sizeof(shdr), sizeof(shdr));
		name = string_at(s, shdr.sh_name);
		if (!name)
			return object_error(obj, "section name lies outside of its table");
		obj->sections[i].name = name;
	}
	for (i = 1; i < obj->nr_sections; i++) {
		if (check_section_flags(obj, &obj->sections[i]))
			return -EINVAL;
		/* the loader takes the first of a name */
		for (j = 1; j < i && obj->sections[i].flags & SHF_ALLOC; j++)
			if (!strcmp(obj->sections[i].name, obj->sections[j].name))
				return verify_object_error(obj, VERIFY_RULE_OBJECT,
							   "two sections '%s'",
							   obj->sections[i].name);
	}
	return 0;
}

/* ---- symbols ---- */

static const struct verify_host hosts[] = {
#define H(name, result, params)		{ #name, result, params, true },
	KWASM_HELPERS(H)
#undef H
#define WASI_CALL(name, result, params)	{ "wasi_" #name, result, params, false },
#define WASI_NOSYS(name, result, params) { "wasi_" #name, result, params, false },
#include "../kruntime/include/kwasm_wasi_calls.h"
#define WASI_CALL(name, result, params)
#define WASI_NOSYS(name, result, params)
#define WASI_CALL0(name, result, params) { "wasi_unstable_" #name, result, params, false },
#include "../kruntime/include/kwasm_wasi_calls.h"
#define SOCK_CALL(name, symbol, result, params)	{ "wasi_" #symbol, result, params, false },
#define NET_CALL(name, symbol, result, params)	{ "wasi_" #symbol, result, params, false },
#include "../kruntime/include/kwasm_sock_calls.h"
#define EVENT_CALL(name, result, params) { "kwasm_net_" #name, result, params, false },
#include "../kruntime/include/kwasm_net_calls.h"
};

static const char *const traps[] = {
#define T(nr, name, text) "kwasm_trap_" #name,
	KWASM_TRAPS(T)
#undef T
};

static const struct {
	const char *name;
	enum verify_import import;
} known_imports[] = {
	{ "kwasm_app_init",		VERIFY_IMPORT_OTHER },
	{ "kwasm_app_exit",		VERIFY_IMPORT_OTHER },
	{ "kwasm_param_ops_string",	VERIFY_IMPORT_OTHER },
	{ "kwasm_param_ops_u64",	VERIFY_IMPORT_OTHER },
	{ "kwasm_param_ops_u32",	VERIFY_IMPORT_OTHER },
	{ "kwasm_param_ops_bool",	VERIFY_IMPORT_OTHER },
	{ "kwasm_host_call",		VERIFY_IMPORT_HOST_CALL },
	{ "kwasm_null_func",		VERIFY_IMPORT_NULL_FUNC },
	{ "__x86_return_thunk",		VERIFY_IMPORT_RETURN_THUNK },
};

static const char *const gpr_names[NR_GPRS] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};

static bool classify_import(struct verify_symbol *sym)
{
	static const char thunk[] = "__x86_indirect_thunk_";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known_imports); i++) {
		if (strcmp(sym->name, known_imports[i].name))
			continue;
		sym->import = known_imports[i].import;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(traps); i++) {
		if (strcmp(sym->name, traps[i]))
			continue;
		sym->import = VERIFY_IMPORT_TRAP;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (strcmp(sym->name, hosts[i].name))
			continue;
		sym->import = VERIFY_IMPORT_HOST;
		sym->host = &hosts[i];
		return true;
	}
	if (strncmp(sym->name, thunk, sizeof(thunk) - 1))
		return false;
	for (i = 0; i < NR_GPRS; i++) {
		if (i == RSP || strcmp(sym->name + sizeof(thunk) - 1, gpr_names[i]))
			continue;
		sym->import = VERIFY_IMPORT_INDIRECT_THUNK;
		sym->arg = i;
		return true;
	}
	return false;
}

static int load_symbols(struct verify_object *obj, u32 symtab, u32 strtab)
{
	const struct verify_section *table = &obj->sections[symtab], *strings = &obj->sections[strtab];
	struct verify_symbol *sym;
	Elf64_Sym raw;
	u32 i;

	if (strings->type != SHT_STRTAB || !strings->size || strings->data[strings->size - 1])
		return object_error(obj, "bad symbol name table");
	obj->nr_symbols = table->size / sizeof(raw);
	obj->symbols = arena_calloc(&obj->arena, obj->nr_symbols + 1, sizeof(*obj->symbols));
	for (i = 1; i < obj->nr_symbols; i++) {
		sym = &obj->symbols[i];
		memcpy(&raw, table->data + (size_t)i * sizeof(raw), sizeof(raw));
		sym->name = string_at(strings, raw.st_name);
		sym->type = ELF64_ST_TYPE(raw.st_info);
		sym->bind = ELF64_ST_BIND(raw.st_info);
		sym->section = raw.st_shndx;
		sym->value = raw.st_value;
		sym->size = raw.st_size;
		if (!sym->name)
			return object_error(obj, "symbol name lies outside of its table");
		if (sym->section == SHN_UNDEF) {
			/* the loader lets a weak one be 0 */
			if (sym->bind != STB_GLOBAL || !classify_import(sym))
				return verify_object_error(obj, VERIFY_RULE_IMPORT,
							   "imports the symbol '%s'", sym->name);
			continue;
		}
		if (sym->section == SHN_ABS)
			continue;
		if (sym->section >= obj->nr_sections ||
		    sym->value > obj->sections[sym->section].size ||
		    sym->size > obj->sections[sym->section].size - sym->value)
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "symbol '%s' lies outside of its section", sym->name);
	}
	return 0;
}

/* ---- relocations ---- */

static u32 reloc_size(u32 type)
{
	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return 0;
	}
}

static int compare_relocs(const void *a, const void *b)
{
	const struct verify_reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int load_relocs(struct verify_object *obj)
{
	Elf64_Shdr shdr;
	Elf64_Ehdr ehdr;
	u32 i;

	memcpy(&ehdr, obj->bytes, sizeof(ehdr));
	for (i = 1; i < obj->nr_sections; i++) {
		const struct verify_section *table = &obj->sections[i];
		struct verify_section *s;
		size_t j, nr = table->size / sizeof(Elf64_Rela);

		if (table->type == SHT_REL)
			return object_error(obj, "relocations without addend");
		if (table->type != SHT_RELA)
			continue;
		memcpy(&shdr, obj->bytes + ehdr.e_shoff + i * sizeof(shdr), sizeof(shdr));
		if (table->flags & SHF_ALLOC || shdr.sh_entsize != sizeof(Elf64_Rela) ||
		    shdr.sh_info >= obj->nr_sections || table->size % sizeof(Elf64_Rela) ||
		    shdr.sh_link >= obj->nr_sections ||
		    obj->sections[shdr.sh_link].type != SHT_SYMTAB)
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "bad relocation section '%s'", table->name);
		s = &obj->sections[shdr.sh_info];
		if (!(s->flags & SHF_ALLOC))
			continue;	/* as the loader does */
		array_reserve(s->relocs, s->cap_relocs, s->nr_relocs + nr);
		for (j = 0; j < nr; j++) {
			struct verify_reloc *r = &s->relocs[s->nr_relocs];
			Elf64_Rela raw;

			memcpy(&raw, table->data + j * sizeof(raw), sizeof(raw));
			r->offset = raw.r_offset;
			r->symbol = ELF64_R_SYM(raw.r_info);
			r->type = ELF64_R_TYPE(raw.r_info);
			r->addend = raw.r_addend;
			if (r->type == R_X86_64_NONE)
				continue;
			if (!reloc_size(r->type) || !r->symbol || r->symbol >= obj->nr_symbols ||
			    !s->data || r->offset > s->size ||
			    reloc_size(r->type) > s->size - r->offset)
				return verify_object_error(obj, VERIFY_RULE_OBJECT,
					"bad relocation of '%s' at 0x%llx", s->name, r->offset);
			if (r->addend != (s32)r->addend)
				return verify_object_error(obj, VERIFY_RULE_OBJECT,
					"relocation of '%s' at 0x%llx has a large addend",
					s->name, r->offset);
			s->nr_relocs++;
		}
	}
	for (i = 1; i < obj->nr_sections; i++) {
		struct verify_section *s = &obj->sections[i];
		size_t j;

		if (s->nr_relocs)
			qsort(s->relocs, s->nr_relocs, sizeof(*s->relocs), compare_relocs);
		for (j = 1; j < s->nr_relocs; j++)
			if (s->relocs[j - 1].offset + reloc_size(s->relocs[j - 1].type) >
			    s->relocs[j].offset)
				return verify_object_error(obj, VERIFY_RULE_OBJECT,
					"relocations of '%s' overlap at 0x%llx", s->name,
					s->relocs[j].offset);
	}
	return 0;
}

const struct verify_reloc *verify_reloc_at(const struct verify_section *s, u64 offset)
{
	size_t lo = 0, hi = s->nr_relocs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->relocs[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nr_relocs && s->relocs[lo].offset == offset ? &s->relocs[lo] : NULL;
}

/* true if some relocation touches [start, end) */
static bool has_reloc_in(const struct verify_section *s, u64 start, u64 end)
{
	size_t i;

	for (i = 0; i < s->nr_relocs; i++)
		if (s->relocs[i].offset < end &&
		    s->relocs[i].offset + reloc_size(s->relocs[i].type) > start)
			return true;
	return false;
}

/* where a relocation to a symbol of this object points; false if it leaves the section */
bool verify_reloc_target(const struct verify_object *obj, const struct verify_reloc *r,
			 u32 *section, u64 *offset)
{
	const struct verify_symbol *sym = &obj->symbols[r->symbol];
	s64 at = (s64)sym->value + r->addend;

	if (!sym->section || sym->section >= obj->nr_sections || at < 0 ||
	    (u64)at > obj->sections[sym->section].size)
		return false;
	*section = sym->section;
	*offset = at;
	return true;
}

bool verify_is_rodata(const struct verify_object *obj, u32 section)
{
	return section_kind(obj->sections[section].name) == SECTION_RODATA;
}

/* ---- functions of .text ---- */

static int compare_funcs(const void *a, const void *b)
{
	const struct verify_func *x = a, *y = b;

	if (x->text_offset != y->text_offset)
		return x->text_offset < y->text_offset ? -1 : 1;
	/* of aliases, keep the longest; by name to be deterministic */
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->symbol, y->symbol);
}

static int load_funcs(struct verify_object *obj)
{
	struct verify_report *report = obj->report;
	struct verify_func *funcs;
	u32 i, nr = 0;

	for (i = 1; i < obj->nr_symbols; i++)
		nr += obj->symbols[i].section == obj->text && obj->symbols[i].type == STT_FUNC;
	funcs = arena_calloc(&report->arena, nr + 1, sizeof(*funcs));
	for (i = 1, nr = 0; i < obj->nr_symbols; i++) {
		const struct verify_symbol *sym = &obj->symbols[i];

		if (sym->section != obj->text || sym->type != STT_FUNC)
			continue;
		funcs[nr++] = (struct verify_func){
			/* the report outlives the object's bytes */
			.symbol = arena_strndup(&report->arena, sym->name, strlen(sym->name)),
			.text_offset = sym->value,
			.size = sym->size,
			.funcidx = VERIFY_NO_FUNC,
		};
	}
	qsort(funcs, nr, sizeof(*funcs), compare_funcs);
	report->funcs = funcs;
	for (i = 0; i < nr; i++) {
		const struct verify_func *last;

		if (!report->nr_funcs) {
			funcs[report->nr_funcs++] = funcs[i];
			continue;
		}
		last = &funcs[report->nr_funcs - 1];
		if (last->text_offset == funcs[i].text_offset)
			continue;
		if ((u64)last->text_offset + last->size > funcs[i].text_offset)
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "functions '%s' and '%s' overlap", last->symbol,
						   funcs[i].symbol);
		funcs[report->nr_funcs++] = funcs[i];
	}
	obj->nr_entries = report->nr_funcs;
	obj->entries = arena_calloc(&obj->arena, obj->nr_entries + 1, sizeof(*obj->entries));
	for (i = 0; i < obj->nr_entries; i++)
		obj->entries[i].type = VERIFY_NO_FUNC;
	return 0;
}

u32 verify_func_at(const struct verify_object *obj, u64 offset)
{
	const struct verify_func *funcs = obj->report->funcs;
	u32 lo = 0, hi = obj->nr_entries;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (funcs[mid].text_offset > offset)
			hi = mid;
		else if (offset - funcs[mid].text_offset >= funcs[mid].size)
			lo = mid + 1;
		else
			return mid;
	}
	return VERIFY_NO_FUNC;
}

/* the function whose first byte is at @offset */
static u32 func_entry(const struct verify_object *obj, u64 offset)
{
	u32 func = verify_func_at(obj, offset);

	if (func == VERIFY_NO_FUNC || obj->report->funcs[func].text_offset != offset)
		return VERIFY_NO_FUNC;
	return func;
}

int verify_elf_load(struct verify_object *obj)
{
	u32 symtab = 0, strtab = 0;
	size_t words;

	if (load_sections(obj, &symtab, &strtab) || load_symbols(obj, symtab, strtab) ||
	    load_relocs(obj))
		return -EINVAL;
	obj->text = verify_find_section(obj, ".text");
	if (!obj->text)
		return object_error(obj, "no section .text");
	words = obj->sections[obj->text].size / 64 + 1;
	obj->rows = arena_calloc(&obj->arena, words, 8);
	obj->starts = arena_calloc(&obj->arena, words, 8);
	obj->return_sites = arena_calloc(&obj->arena, words, 8);
	obj->retpoline_sites = arena_calloc(&obj->arena, words, 8);
	return load_funcs(obj);
}

/* ---- init, exit and struct module ---- */

/* endbr64; mov $kwasm_app, %rdi; jmp <to> */
static int check_stub(struct verify_object *obj, const char *section, u64 offset, const char *to)
{
	static const u8 bytes[] = {
		0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0xc7, 0xc7, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0,
	};
	u32 idx = verify_find_section(obj, section), target;
	const struct verify_section *s = &obj->sections[idx];
	const struct verify_reloc *r;
	u64 at;
	u32 i;

	if (!idx || !s->data || s->size < offset + sizeof(bytes))
		goto bad;
	for (i = 0; i < sizeof(bytes); i++)
		if (s->data[offset + i] != bytes[i] && !(i >= 7 && i < 11) && i < 12)
			goto bad;
	/* padding can be reached by nothing, but need not be anything else */
	for (at = 0; at < s->size; at++)
		if ((at < offset || at >= offset + sizeof(bytes)) &&
		    s->data[at] != 0xcc && s->data[at] != 0x90)
			goto bad;
	r = verify_reloc_at(s, offset + 7);
	if (s->nr_relocs != 2 || !r || r->type != R_X86_64_32S ||
	    !verify_reloc_target(obj, r, &target, &at) || target != obj->app_section ||
	    at != obj->app_offset)
		goto bad;
	r = verify_reloc_at(s, offset + 12);
	if (!r || (r->type != R_X86_64_PC32 && r->type != R_X86_64_PLT32) || r->addend != -4 ||
	    strcmp(obj->symbols[r->symbol].name, to) || obj->symbols[r->symbol].section)
		goto bad;
	return 0;
bad:
	return verify_object_error(obj, VERIFY_RULE_STUB,
				   "section '%s' is not the agreed call of %s", section, to);
}

/* What the loader takes as the initial contents of struct module: a name, two pointers. */
static int check_this_module(struct verify_object *obj)
{
	u32 idx = verify_find_section(obj, ".gnu.linkonce.this_module");
	const struct verify_section *s = &obj->sections[idx];
	const struct verify_reloc *r;
	u32 section;
	u64 i, at;

	if (!idx || !s->data || s->size < MODULE_NAME_OFFSET + MODULE_NAME_SIZE)
		return verify_object_error(obj, VERIFY_RULE_STUB, "no struct module");
	for (i = 0; i < s->size; i++) {
		if (i >= MODULE_NAME_OFFSET && i < MODULE_NAME_OFFSET + MODULE_NAME_SIZE - 1)
			continue;
		if (s->data[i])
			return verify_object_error(obj, VERIFY_RULE_STUB,
				"struct module has a value at 0x%llx", i);
	}
	if (s->nr_relocs != 2)
		return verify_object_error(obj, VERIFY_RULE_STUB,
					   "struct module has %zu pointers, wanted 2", s->nr_relocs);
	for (i = 0; i < 2; i++) {
		const char *name = i ? ".exit.text" : ".init.text";

		r = &s->relocs[i];
		if (r->type != R_X86_64_64 || r->offset % 8 ||
		    r->offset < MODULE_NAME_OFFSET + MODULE_NAME_SIZE ||
		    !verify_reloc_target(obj, r, &section, &at) || section != verify_find_section(obj, name))
			return verify_object_error(obj, VERIFY_RULE_STUB,
				"struct module's pointer at 0x%llx is not that to %s", r->offset, name);
		if (check_stub(obj, name, at, i ? "kwasm_app_exit" : "kwasm_app_init"))
			return -EINVAL;
	}
	return 0;
}

/* ---- kwasm_app ---- */

/* the pointer at @field of kwasm_app; 0 with *section 0 if it is NULL */
static int app_pointer(struct verify_object *obj, size_t field, u32 *section, u64 *offset)
{
	const struct verify_section *s = &obj->sections[obj->app_section];
	const struct verify_reloc *r = verify_reloc_at(s, obj->app_offset + field);

	*section = 0;
	*offset = 0;
	if (!r)
		return 0;
	if (r->type == R_X86_64_64 && verify_reloc_target(obj, r, section, offset))
		return 0;
	return verify_object_error(obj, VERIFY_RULE_OBJECT,
				   "kwasm_app has a bad pointer at 0x%zx", field);
}

static int check_app(struct verify_object *obj)
{
	static const size_t pointers[] = {
		offsetof(struct kwasm_app, image), offsetof(struct kwasm_app, text),
		offsetof(struct kwasm_app, data), offsetof(struct kwasm_app, type_ids),
		offsetof(struct kwasm_app, module), offsetof(struct kwasm_app, ex_table),
		offsetof(struct kwasm_app, args), offsetof(struct kwasm_app, env),
		offsetof(struct kwasm_app, dirs), offsetof(struct kwasm_app, fds),
		offsetof(struct kwasm_app, net), offsetof(struct kwasm_app, listen),
		offsetof(struct kwasm_app, calls),
	};
	const struct verify_section *s;
	struct kwasm_app app;
	u32 i, found = 0, section, ex_table;
	u64 offset;
	size_t j, nr = 0;

	for (i = 1; i < obj->nr_symbols; i++) {
		if (strcmp(obj->symbols[i].name, "kwasm_app"))
			continue;
		if (found || !obj->symbols[i].section || obj->symbols[i].section >= obj->nr_sections)
			return object_error(obj, "symbol kwasm_app is defined more than once");
		found = i;
	}
	if (!found)
		return object_error(obj, "no symbol kwasm_app");
	obj->app_section = obj->symbols[found].section;
	obj->app_offset = obj->symbols[found].value;
	s = &obj->sections[obj->app_section];
	if (strcmp(s->name, ".data") || !s->data || obj->app_offset % 8 || s->align < 8 ||
	    s->size < obj->app_offset + sizeof(app))
		return object_error(obj, "kwasm_app is not in .data");
	memcpy(&app, s->data + obj->app_offset, sizeof(app));
	if (app.magic != KWASM_ABI_MAGIC || app.abi_version != KWASM_ABI_VERSION)
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "kwasm_app is of another version: %u, wanted %u",
					   app.abi_version, KWASM_ABI_VERSION);
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		u64 value;

		memcpy(&value, (u8 *)&app + pointers[i], sizeof(value));
		if (value && !verify_reloc_at(s, obj->app_offset + pointers[i]))
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "kwasm_app holds an address at 0x%zx", pointers[i]);
		nr += verify_reloc_at(s, obj->app_offset + pointers[i]) != NULL;
	}
	for (j = 0; j < s->nr_relocs; j++)
		nr -= s->relocs[j].offset + 8 > obj->app_offset &&
		      s->relocs[j].offset < obj->app_offset + sizeof(app);
	if (nr || app.runtime)
		return object_error(obj, "kwasm_app has a pointer where none belongs");

	if (app_pointer(obj, offsetof(struct kwasm_app, text), &section, &offset))
		return -EINVAL;
	if (section != obj->text || offset)
		return object_error(obj, "kwasm_app.text is not the start of .text");
	if (app_pointer(obj, offsetof(struct kwasm_app, ex_table), &section, &offset))
		return -EINVAL;
	ex_table = verify_find_section(obj, KWASM_EX_TABLE_SECTION);
	if (section != ex_table || offset || (ex_table && obj->sections[ex_table].align < 4) ||
	    /* twelve bytes each: struct exception_table_entry */
	    app.nr_ex_rows * 12 != (ex_table ? obj->sections[ex_table].size : 0) ||
	    app.nr_ex_rows > (u64)KWASM_FIXUP_NR << 16)
		return object_error(obj, "kwasm_app.ex_table is not " KWASM_EX_TABLE_SECTION "");
	if (app_pointer(obj, offsetof(struct kwasm_app, module), &section, &offset))
		return -EINVAL;
	if (section != verify_find_section(obj, ".gnu.linkonce.this_module") || offset)
		return object_error(obj, "kwasm_app.module is not the object's struct module");
	/* what the parameters point to before anybody sets them: constants */
	for (i = 0; i < 6; i++) {
		static const size_t strings[] = {
			offsetof(struct kwasm_app, args), offsetof(struct kwasm_app, env),
			offsetof(struct kwasm_app, dirs), offsetof(struct kwasm_app, fds),
			offsetof(struct kwasm_app, net), offsetof(struct kwasm_app, listen),
		};

		if (app_pointer(obj, strings[i], &section, &offset))
			return -EINVAL;
		if (!section)
			continue;
		if (section_kind(obj->sections[section].name) != SECTION_RODATA ||
		    !obj->sections[section].data ||
		    !memchr(obj->sections[section].data + offset, 0,
			    obj->sections[section].size - offset))
			return object_error(obj, "kwasm_app has a parameter that is no string");
	}
	return 0;
}

/* ---- the image ---- */

static bool in_image(const struct verify_object *obj, u64 offset, u64 size)
{
	return offset <= obj->image.size && size <= obj->image.size - offset;
}

static bool image_string(const struct verify_object *obj, const struct kwasm_image_string *s)
{
	if (!s->offset)
		return !s->len;
	return in_image(obj, s->offset, (u64)s->len + 1) && !obj->image_bytes[s->offset + s->len];
}

/* a copy of an array, aligned; NULL if it lies outside */
static void *image_array(struct verify_object *obj, const struct kwasm_image_array *a, size_t size)
{
	void *copy;

	if (a->nr && (!a->offset || a->offset % 8 || !in_image(obj, a->offset, (u64)a->nr * size)))
		return NULL;
	copy = arena_calloc(&obj->arena, (size_t)a->nr + 1, size);
	if (a->nr)
		memcpy(copy, obj->image_bytes + a->offset, (u64)a->nr * size);
	return copy;
}

static int image_error(struct verify_object *obj, const char *what, u32 i)
{
	return verify_object_error(obj, VERIFY_RULE_OBJECT, "image: bad %s %u", what, i);
}

u32 verify_ref(u32 valtype)
{
	u32 heap;

	if (valtype & KWASM_REF && valtype & KWASM_REF_TYPE)
		return (valtype & KWASM_REF_KIND) == KWASM_REF_KIND_FUNC ?
			VERIFY_REF_TYPED + (valtype & KWASM_REF_INDEX) : VERIFY_REF_NONE;
	heap = valtype & ~(KWASM_REF | KWASM_REF_NULL);
	return heap == KWASM_HEAP_FUNC || heap == KWASM_HEAP_NOFUNC ? VERIFY_REF_FUNC :
		VERIFY_REF_NONE;
}

static bool is_reftype(const struct verify_object *obj, u32 t)
{
	u32 heap = t & ~(KWASM_REF | KWASM_REF_NULL), index = t & KWASM_REF_INDEX;

	if (t & KWASM_REF && t & KWASM_REF_TYPE)
		return !(t & KWASM_FIELD_MUT) && index < obj->image.types.nr &&
		       (t & KWASM_REF_KIND) == obj->types[index].kind * KWASM_REF_KIND_STRUCT;
	return heap >= KWASM_HEAP_EXN && heap <= KWASM_HEAP_NOEXN;
}

static bool is_vector_or_float(u32 t)
{
	return t == 0x7b || t == 0x7c || t == 0x7d;
}

static bool known_valtype(const struct verify_object *obj, u32 t)
{
	return (t >= 0x7b && t <= 0x7f) || is_reftype(obj, t);
}

static u32 type_value(const struct verify_object *obj, u32 type, u64 i)
{
	u32 v;

	memcpy(&v, obj->image_bytes + obj->types[type].valtypes + i * 4, 4);
	return v;
}

static int check_type(struct verify_object *obj, u32 type)
{
	const struct kwasm_image_type *t = &obj->types[type];
	u64 i, nr = (u64)t->nr_params + t->nr_results;
	u32 v;

	if (t->kind > KWASM_COMPTYPE_ARRAY || t->nr_params > 0xffff || t->nr_results > 0xffff ||
	    t->valtypes % 4 || !in_image(obj, t->valtypes, nr * 4) ||
	    (t->super != ~0u && t->super >= type) || t->rec > type || !t->nr_rec ||
	    t->nr_rec > obj->image.types.nr - t->rec || type - t->rec >= t->nr_rec ||
	    obj->types[t->rec].rec != t->rec || obj->types[t->rec].nr_rec != t->nr_rec)
		return image_error(obj, "type", type);
	for (i = 0; i < nr; i++) {
		v = type_value(obj, type, i);
		if (t->kind != KWASM_COMPTYPE_FUNC) {
			/* fields; generated code has no way to them but by the runtime */
			v &= ~KWASM_FIELD_MUT;
			if (v == 0x77 || v == 0x78)
				continue;
		}
		if (!known_valtype(obj, v))
			return image_error(obj, "type", type);
	}
	return t->kind == KWASM_COMPTYPE_FUNC || !t->invoke ? 0 : image_error(obj, "type", type);
}

/* how the values of a function type are passed, see kwasm_abi.h */
static void make_sig(struct verify_object *obj, u32 type)
{
	const struct kwasm_image_type *t = &obj->types[type];
	struct verify_sig *sig = &obj->sigs[type];
	u32 i, v, ints = 0, vectors = 0;

	for (i = 0; i < t->nr_params; i++) {
		v = type_value(obj, type, i);
		if (is_vector_or_float(v) ? vectors++ < 8 : ints < 6) {
			if (!is_vector_or_float(v))
				sig->params[ints++] = verify_ref(v);
		} else if (i < VERIFY_CELLS) {
			sig->cell_params |= 1u << i;
		}
	}
	sig->cell_results = t->nr_results > 2;
	ints = 0;
	for (i = 0; i < t->nr_results && !sig->cell_results; i++) {
		v = type_value(obj, type, (u64)t->nr_params + i);
		if (!is_vector_or_float(v))
			sig->results[ints++] = verify_ref(v);
	}
}

/* a word of a type, type indices made independent of where its group lies */
static u32 canonical_value(const struct verify_object *obj, u32 type, u64 i)
{
	u32 v = type_value(obj, type, i), index = v & KWASM_REF_INDEX;
	u32 rec = obj->types[type].rec;

	if (!(v & KWASM_REF) || !(v & KWASM_REF_TYPE))
		return v;
	v &= ~KWASM_REF_INDEX;
	if (index >= rec && index - rec < obj->types[type].nr_rec)
		return v | 0x04000000 | (index - rec);
	return v | obj->canon[index];
}

static u32 canonical_super(const struct verify_object *obj, u32 type)
{
	u32 super = obj->types[type].super, rec = obj->types[type].rec;

	if (super == ~0u)
		return super;
	return super >= rec ? 0x04000000 | (super - rec) : obj->canon[super];
}

static bool same_type(const struct verify_object *obj, u32 a, u32 b)
{
	const struct kwasm_image_type *x = &obj->types[a], *y = &obj->types[b];
	u64 i, nr = (u64)x->nr_params + x->nr_results;

	if (x->kind != y->kind || x->final != y->final || x->nr_params != y->nr_params ||
	    x->nr_results != y->nr_results || canonical_super(obj, a) != canonical_super(obj, b))
		return false;
	for (i = 0; i < nr; i++)
		if (canonical_value(obj, a, i) != canonical_value(obj, b, i))
			return false;
	return true;
}

static u32 hash_group(const struct verify_object *obj, u32 rec)
{
	u32 hash = obj->types[rec].nr_rec, i;
	u64 k;

	for (i = rec; i < rec + obj->types[rec].nr_rec; i++) {
		const struct kwasm_image_type *t = &obj->types[i];

		hash = hash * 31 + t->kind + t->nr_params * 7 + t->nr_results * 13;
		for (k = 0; k < (u64)t->nr_params + t->nr_results; k++)
			hash = hash * 31 + canonical_value(obj, i, k);
	}
	return hash;
}

/* equal types get the same number; groups in order, as they refer to earlier ones */
static void make_canon(struct verify_object *obj)
{
	u32 nr = obj->image.types.nr, size = 64, rec, i, k, at;
	u32 *table;

	while (size < nr * 2)
		size *= 2;
	table = arena_calloc(&obj->arena, size, sizeof(*table));	/* rec + 1 */
	obj->canon = arena_calloc(&obj->arena, (size_t)nr + 1, sizeof(*obj->canon));
	for (rec = 0; rec < nr; rec += obj->types[rec].nr_rec) {
		for (at = hash_group(obj, rec); ; at++) {
			u32 other = table[at % size];

			if (!other) {
				table[at % size] = rec + 1;
				for (i = 0; i < obj->types[rec].nr_rec; i++)
					obj->canon[rec + i] = rec + i;
				break;
			}
			other--;
			if (obj->types[other].nr_rec != obj->types[rec].nr_rec)
				continue;
			for (k = 0; k < obj->types[rec].nr_rec; k++)
				if (!same_type(obj, rec + k, other + k))
					break;
			if (k < obj->types[rec].nr_rec)
				continue;
			for (i = 0; i < obj->types[rec].nr_rec; i++)
				obj->canon[rec + i] = other + i;
			break;
		}
	}
	obj->canon[nr] = nr;
}

bool verify_is_subtype(const struct verify_object *obj, u32 sub, u32 super)
{
	while (obj->canon[sub] != obj->canon[super]) {
		if (sub >= obj->image.types.nr || obj->types[sub].super == ~0u)
			return false;
		sub = obj->types[sub].super;
	}
	return true;
}

static bool is_functype(const struct verify_object *obj, u32 type)
{
	return type < obj->image.types.nr && obj->types[type].kind == KWASM_COMPTYPE_FUNC;
}

bool verify_ref_matches(const struct verify_object *obj, u32 sub, u32 super)
{
	if (super < VERIFY_REF_TYPED)
		return super == VERIFY_REF_NONE ? sub == super : sub != VERIFY_REF_NONE;
	return sub >= VERIFY_REF_TYPED &&
	       verify_is_subtype(obj, sub - VERIFY_REF_TYPED, super - VERIFY_REF_TYPED);
}

/* the function at @offset is entered by pointer, as @type, or as an invoker of it */
static int mark_entry(struct verify_object *obj, u64 offset, u32 type, bool invoker)
{
	u32 func = func_entry(obj, offset);
	struct verify_entry *e = &obj->entries[func == VERIFY_NO_FUNC ? 0 : func];

	if (func == VERIFY_NO_FUNC)
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "image: no function starts at text offset 0x%llx", offset);
	if (e->type == VERIFY_NO_FUNC) {
		e->type = type;
		e->invoker = invoker;
	} else if (e->invoker != invoker || obj->canon[e->type] != obj->canon[type]) {
		return verify_object_error(obj, VERIFY_RULE_OBJECT,
					   "image: function '%s' is entered as two types",
					   obj->report->funcs[func].symbol);
	}
	return 0;
}

static void add_slot(struct verify_object *obj, s64 offset, u32 size, enum verify_slot_class class,
		     u32 index)
{
	obj->slots[obj->nr_slots++] = (struct verify_slot){ offset, size, class, index };
}

static int compare_slots(const void *a, const void *b)
{
	const struct verify_slot *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static u32 cell_size(u32 valtype)
{
	switch (valtype) {
	case 0x7f:
	case 0x7d:
		return 4;
	case 0x7b:
		return 16;
	default:
		return 8;
	}
}

/* the rows of what is imported must say the same as the import's row */
static bool import_slot_agrees(const struct verify_object *obj, const struct kwasm_image_import *im)
{
	switch (im->kind) {
	case KWASM_EXTERN_FUNC:
		return is_functype(obj, im->type);
	case KWASM_EXTERN_TABLE:
		return im->index < obj->image.tables.nr && obj->tables[im->index].imported &&
		       obj->tables[im->index].slot == im->slot;
	case KWASM_EXTERN_MEMORY:
		return im->index < obj->image.memories.nr && obj->memories[im->index].imported &&
		       obj->memories[im->index].slot == im->slot;
	case KWASM_EXTERN_GLOBAL:
		return im->index < obj->image.globals.nr && obj->globals[im->index].imported &&
		       obj->globals[im->index].slot == im->slot;
	case KWASM_EXTERN_TAG:
		return im->index < obj->image.tags.nr && obj->tags[im->index].imported &&
		       obj->tags[im->index].type == im->type && !im->slot;
	default:
		return false;
	}
}

static int load_slots(struct verify_object *obj)
{
	const struct kwasm_image *im = &obj->image;
	u64 limit = (u64)im->imports.nr + im->tables.nr + im->memories.nr + im->globals.nr +
		    im->refs.nr + 1;
	u32 i, j;

	obj->slots = arena_calloc(&obj->arena, limit, sizeof(*obj->slots));
	add_slot(obj, -KWASM_CTX_FIXED, KWASM_CTX_FIXED, VERIFY_SLOT_FIXED, 0);
	for (i = 0; i < im->imports.nr; i++) {
		if (!image_string(obj, &obj->imports[i].module) ||
		    !image_string(obj, &obj->imports[i].name) ||
		    !import_slot_agrees(obj, &obj->imports[i]))
			return image_error(obj, "import", i);
		if (obj->imports[i].kind == KWASM_EXTERN_FUNC && obj->imports[i].slot)
			add_slot(obj, obj->imports[i].slot, 8, VERIFY_SLOT_IMPORT, i);
	}
	for (i = 0; i < im->tables.nr; i++) {
		if (!is_reftype(obj, obj->tables[i].reftype))
			return image_error(obj, "table", i);
		if (obj->tables[i].slot)
			add_slot(obj, obj->tables[i].slot, 8, VERIFY_SLOT_TABLE, i);
	}
	for (i = 0; i < im->memories.nr; i++) {
		if (obj->memories[i].page_size_log2 != 16 && obj->memories[i].page_size_log2)
			return image_error(obj, "memory", i);
		if (obj->memories[i].slot)
			add_slot(obj, obj->memories[i].slot, 8, VERIFY_SLOT_MEMORY, i);
	}
	for (i = 0; i < im->globals.nr; i++) {
		if (!known_valtype(obj, obj->globals[i].type))
			return image_error(obj, "global", i);
		if (!obj->globals[i].slot)
			continue;
		if (obj->globals[i].imported)
			add_slot(obj, obj->globals[i].slot, 8, VERIFY_SLOT_GLOBAL, i);
		else
			add_slot(obj, obj->globals[i].slot, cell_size(obj->globals[i].type),
				 VERIFY_SLOT_CELL, i);
	}
	for (i = 0; i < im->refs.nr; i++) {
		if (!is_functype(obj, obj->refs[i].type))
			return image_error(obj, "reference", i);
		if (obj->refs[i].code == ~0u) {
			/* an import's: its row has the slot */
			for (j = 0; j < im->imports.nr; j++)
				if (obj->imports[j].kind == KWASM_EXTERN_FUNC && obj->imports[j].slot &&
				    obj->imports[j].slot == obj->refs[i].slot &&
				    obj->imports[j].index == obj->refs[i].funcidx &&
				    obj->canon[obj->imports[j].type] == obj->canon[obj->refs[i].type])
					break;
			if (j == im->imports.nr)
				return image_error(obj, "reference", i);
			continue;
		}
		if (mark_entry(obj, obj->refs[i].code, obj->refs[i].type, false))
			return -EINVAL;
		add_slot(obj, obj->refs[i].slot, sizeof(struct kwasm_func), VERIFY_SLOT_FUNC, i);
	}
	qsort(obj->slots, obj->nr_slots, sizeof(*obj->slots), compare_slots);
	for (i = 0; i < obj->nr_slots; i++) {
		const struct verify_slot *s = &obj->slots[i];
		u32 align = s->size >= 16 && s->class == VERIFY_SLOT_CELL ? 16 : s->size == 4 ? 4 : 8;

		if (s->offset < -(s64)im->ctx_size || s->offset + s->size > 0 || s->offset % align ||
		    (i && s[-1].offset + s[-1].size > s->offset))
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
				"image: slot at %lld of the context is misplaced", s->offset);
	}
	return 0;
}

const struct verify_slot *verify_slot_at(const struct verify_object *obj, s64 offset, u32 size)
{
	u32 lo = 0, hi = obj->nr_slots;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		const struct verify_slot *s = &obj->slots[mid];

		if (s->offset > offset)
			hi = mid;
		else if (s->offset + s->size <= offset)
			lo = mid + 1;
		else
			return offset + size <= s->offset + s->size ? s : NULL;
	}
	return NULL;
}

static int compare_refs(const void *a, const void *b)
{
	const struct kwasm_image_ref *x = a, *y = b;

	return x->funcidx < y->funcidx ? -1 : x->funcidx > y->funcidx;
}

/* a copy of refs, ascending by function index */
static struct kwasm_image_ref *sorted_refs(struct verify_object *obj)
{
	struct kwasm_image_ref *refs = image_array(obj, &obj->image.refs, sizeof(*refs));

	qsort(refs, obj->image.refs.nr, sizeof(*refs), compare_refs);
	return refs;
}

static const struct kwasm_image_ref *find_ref(const struct verify_object *obj,
					      const struct kwasm_image_ref *refs, u32 funcidx)
{
	struct kwasm_image_ref key = { .funcidx = funcidx };

	return bsearch(&key, refs, obj->image.refs.nr, sizeof(*refs), compare_refs);
}

static int check_exports(struct verify_object *obj, const struct kwasm_image_ref *refs)
{
	const struct kwasm_image *im = &obj->image;
	struct kwasm_image_export *exports = image_array(obj, &im->exports, sizeof(*exports));
	u32 i, nr;

	if (!exports)
		return image_error(obj, "array of exports", 0);
	for (i = 0; i < im->exports.nr; i++) {
		switch (exports[i].kind) {
		case KWASM_EXTERN_FUNC:
			if (find_ref(obj, refs, exports[i].index))
				break;
			return image_error(obj, "export", i);
		case KWASM_EXTERN_TABLE:
		case KWASM_EXTERN_MEMORY:
		case KWASM_EXTERN_GLOBAL:
		case KWASM_EXTERN_TAG:
			nr = exports[i].kind == KWASM_EXTERN_TABLE ? im->tables.nr :
			     exports[i].kind == KWASM_EXTERN_MEMORY ? im->memories.nr :
			     exports[i].kind == KWASM_EXTERN_GLOBAL ? im->globals.nr : im->tags.nr;
			if (exports[i].index < nr)
				break;
			/* fall through */
		default:
			return image_error(obj, "export", i);
		}
		if (!image_string(obj, &exports[i].name))
			return image_error(obj, "export", i);
	}
	return 0;
}

static int check_segments(struct verify_object *obj, const struct kwasm_image_ref *refs)
{
	const struct kwasm_image *im = &obj->image;
	struct kwasm_image_data *datas = image_array(obj, &im->datas, sizeof(*datas));
	const struct kwasm_image_ref *ref;
	u64 offset, data_size;
	u32 i, j, section;

	obj->elems = image_array(obj, &im->elems, sizeof(*obj->elems));
	if (!obj->elems || !datas)
		return image_error(obj, "array of segments", 0);
	for (i = 0; i < im->elems.nr; i++) {
		const struct kwasm_image_elem *e = &obj->elems[i];

		if (!is_reftype(obj, e->reftype))
			return image_error(obj, "element segment", i);
		if (!e->funcs)
			continue;
		if (e->funcs % 4 || verify_ref(e->reftype) == VERIFY_REF_NONE || !in_image(obj, e->funcs, e->nr * 4ull))
			return image_error(obj, "element segment", i);
		for (j = 0; j < e->nr; j++) {
			u32 funcidx;

			memcpy(&funcidx, obj->image_bytes + e->funcs + j * 4ull, 4);
			if (funcidx == ~0u)
				continue;
			ref = find_ref(obj, refs, funcidx);
			if (!ref || !verify_ref_matches(obj, VERIFY_REF_TYPED + ref->type,
							verify_ref(e->reftype)))
				return image_error(obj, "element segment", i);
		}
	}
	if (app_pointer(obj, offsetof(struct kwasm_app, data), &section, &offset))
		return -EINVAL;
	data_size = section ? obj->sections[section].size - offset : 0;
	if (section && (section_kind(obj->sections[section].name) != SECTION_RODATA ||
			has_reloc_in(&obj->sections[section], offset, ~0ull)))
		return object_error(obj, "kwasm_app.data is not constant");
	for (i = 0; i < im->datas.nr; i++)
		if (datas[i].offset > data_size || datas[i].size > data_size - datas[i].offset)
			return image_error(obj, "data segment", i);
	return 0;
}

static int check_code(struct verify_object *obj)
{
	const struct kwasm_image *im = &obj->image;
	struct verify_report *report = obj->report;
	u32 i, func, nr_imported = 0, last = 0;

	for (i = 0; i < im->imports.nr; i++)
		nr_imported += obj->imports[i].kind == KWASM_EXTERN_FUNC;
	if (im->lines.nr && !in_image(obj, im->lines.offset, im->lines.nr))
		return image_error(obj, "array of lines", 0);
	if (im->frames.nr && !in_image(obj, im->frames.offset,
				       (u64)im->frames.nr * sizeof(struct kwasm_image_frame)))
		return image_error(obj, "array of frames", 0);
	for (i = 0; i < im->funcs.nr; i++) {
		const struct kwasm_image_func *f = &obj->funcs[i];

		if (!is_functype(obj, f->type) || f->funcidx < nr_imported || f->lines > im->lines.nr ||
		    (i && f->text_offset <= last) || !image_string(obj, &f->name) ||
		    mark_entry(obj, f->text_offset, f->type, false))
			return image_error(obj, "function", i);
		last = f->text_offset;
		func = func_entry(obj, f->text_offset);
		if (f->text_size > report->funcs[func].size)
			return image_error(obj, "function", i);
		report->funcs[func].funcidx = f->funcidx;
	}
	for (i = 0; i < im->types.nr; i++)
		if (obj->types[i].invoke && mark_entry(obj, obj->types[i].invoke - 1ull, i, true))
			return -EINVAL;
	return 0;
}

/* the initialiser is a function of no parameters and no results */
static int check_init(struct verify_object *obj)
{
	const struct kwasm_image *im = &obj->image;
	u32 i, func;

	if (!im->init_code)
		return 0;
	func = func_entry(obj, im->init_code - 1ull);
	if (func == VERIFY_NO_FUNC || obj->entries[func].invoker)
		return object_error(obj, "image: init_code is not a function");
	if (obj->entries[func].type != VERIFY_NO_FUNC &&
	    (obj->types[obj->entries[func].type].nr_params ||
	     obj->types[obj->entries[func].type].nr_results))
		return object_error(obj, "image: init_code has parameters");
	func = func_entry(obj, im->init_invoke);
	if (func == VERIFY_NO_FUNC)
		return object_error(obj, "image: init_invoke is not a function");
	/* either a type's own invoker, or one that is only used for this */
	if (obj->entries[func].type != VERIFY_NO_FUNC) {
		if (obj->entries[func].invoker && !obj->types[obj->entries[func].type].nr_params &&
		    !obj->types[obj->entries[func].type].nr_results)
			return 0;
		return object_error(obj, "image: init_invoke is not an invoker of [] -> []");
	}
	for (i = 0; i < im->types.nr; i++)
		if (is_functype(obj, i) && !obj->types[i].nr_params && !obj->types[i].nr_results)
			break;
	/* one row behind the image's own types: [] -> [] */
	obj->entries[func].type = i;
	obj->entries[func].invoker = true;
	return 0;
}

/*
 * The runtime fills in the exception table before any code of the app runs, from a list
 * in the image. Read here as it reads it (kwasm_fill_ex_table()).
 */
static int load_rows(struct verify_object *obj, u64 nr_rows)
{
	const u8 *p, *end;
	u64 row, delta, offset = 0;
	u32 shift;

	if (!in_image(obj, obj->image.accesses.offset, obj->image.accesses.nr))
		return image_error(obj, "array of accesses", 0);
	p = obj->image_bytes + obj->image.accesses.offset;
	end = p + obj->image.accesses.nr;
	for (row = 0; row < nr_rows; row++) {
		delta = 0;
		shift = 0;
		do {
			if (p == end || shift > 28)
				return image_error(obj, "access", row);
			delta |= (u64)(*p & 0x7f) << shift;
			shift += 7;
		} while (*p++ & 0x80);
		if (delta >= obj->image.text_size - offset || (row && !delta))
			return image_error(obj, "access", row);
		offset += delta;
		bitmap_set(obj->rows, offset);
	}
	return p == end ? 0 : image_error(obj, "array of accesses", 0);
}

/* does [@offset, + @size) of a section have bytes of kwasm_app? */
static bool overlaps_app(const struct verify_object *obj, u32 section, u64 offset, u64 size)
{
	return section == obj->app_section && offset < obj->app_offset + sizeof(struct kwasm_app) &&
	       offset + size > obj->app_offset;
}

/*
 * What is called through tables that stay as they are: the runtime writes the addresses, and
 * compares types as it does so (kwasm_fill_calls()). Here it matters that there is room for them
 * where nothing else is, and that the functions named have rows in refs, which load_slots() has checked.
 */
static int load_calls(struct verify_object *obj, const struct kwasm_image_ref *refs)
{
	const struct kwasm_image *im = &obj->image;
	const struct kwasm_image_calls *rows = image_array(obj, &im->calls, sizeof(*rows));
	const struct verify_section *s;
	u64 offset, at, size;
	u32 i, j, funcidx;

	if (app_pointer(obj, offsetof(struct kwasm_app, calls), &obj->calls_section, &offset))
		return -EINVAL;
	if (!rows)
		return image_error(obj, "array of calls", 0);
	obj->calls = arena_calloc(&obj->arena, (size_t)im->calls.nr + 1, sizeof(*obj->calls));
	at = offset;
	for (i = 0; i < im->calls.nr; i++) {
		if (!is_functype(obj, rows[i].type) || rows[i].funcs % 4 ||
		    !in_image(obj, rows[i].funcs, rows[i].nr * 4ull))
			return image_error(obj, "calls", i);
		for (j = 0; j < rows[i].nr; j++) {
			memcpy(&funcidx, obj->image_bytes + rows[i].funcs + j * 4ull, 4);
			if (funcidx != ~0u && !find_ref(obj, refs, funcidx))
				return image_error(obj, "calls", i);
		}
		obj->calls[i].type = rows[i].type;
		obj->calls[i].first = at;
		obj->calls[i].nr = rows[i].nr + 1ull;
		at += obj->calls[i].nr * 8;
	}
	if (!im->calls.nr)
		return 0;
	s = &obj->sections[obj->calls_section];
	size = at - offset;
	if (!obj->calls_section || section_kind(s->name) != SECTION_DATA || offset % 8 || s->align < 8 ||
	    offset > s->size || s->size - offset < size || has_reloc_in(s, offset, at) ||
	    overlaps_app(obj, obj->calls_section, offset, size) ||
	    (obj->calls_section == obj->type_ids_section &&
	     offset < obj->type_ids_offset + im->types.nr * 4ull && at > obj->type_ids_offset))
		return object_error(obj, "kwasm_app.calls is not an array in writable data of its own");
	return 0;
}

static int load_image(struct verify_object *obj)
{
	const struct verify_section *s;
	struct kwasm_image *im = &obj->image;
	const struct kwasm_image_ref *refs;
	u32 i, section;
	u64 offset, nr_rows;

	if (app_pointer(obj, offsetof(struct kwasm_app, image), &section, &offset))
		return -EINVAL;
	s = &obj->sections[section];
	if (!section || section_kind(s->name) != SECTION_RODATA || !s->data || offset % 8 ||
	    s->align < 8 || s->size - offset < sizeof(*im))
		return object_error(obj, "kwasm_app.image is not in read-only data");
	obj->image_bytes = s->data + offset;
	memcpy(im, obj->image_bytes, sizeof(*im));
	if (im->magic != KWASM_ABI_MAGIC || im->abi_version != KWASM_ABI_VERSION)
		return object_error(obj, "image: bad magic number or version");
	if (im->size < sizeof(*im) || im->size > s->size - offset ||
	    has_reloc_in(s, offset, offset + im->size))
		return object_error(obj, "image: bad size");
	if (im->ctx_size < KWASM_CTX_FIXED || im->ctx_size % 16 || im->ctx_size > 0x40000000 ||
	    im->nr_values > 0x10000 || im->text_size > obj->sections[obj->text].size ||
	    im->flags & ~(KWASM_IMAGE_FPU | KWASM_IMAGE_COMMAND | KWASM_IMAGE_BOUNDS_CHECK |
			  KWASM_IMAGE_MEMORY0 | KWASM_IMAGE_GC) ||
	    !image_string(obj, &im->name))
		return object_error(obj, "image: bad header");

	obj->types = image_array(obj, &im->types, sizeof(*obj->types));
	obj->imports = image_array(obj, &im->imports, sizeof(*obj->imports));
	obj->funcs = image_array(obj, &im->funcs, sizeof(*obj->funcs));
	obj->refs = image_array(obj, &im->refs, sizeof(*obj->refs));
	obj->tables = image_array(obj, &im->tables, sizeof(*obj->tables));
	obj->memories = image_array(obj, &im->memories, sizeof(*obj->memories));
	obj->globals = image_array(obj, &im->globals, sizeof(*obj->globals));
	obj->tags = image_array(obj, &im->tags, sizeof(*obj->tags));
	if (!obj->types || !obj->imports || !obj->funcs || !obj->refs || !obj->tables ||
	    !obj->memories || !obj->globals || !obj->tags)
		return object_error(obj, "image: array lies outside");
	/* behind the last one: the functions of the heap, by handle */
	obj->tables[im->tables.nr].reftype = KWASM_HEAP_FUNC;
	obj->sigs = arena_calloc(&obj->arena, (size_t)im->types.nr + 1, sizeof(*obj->sigs));
	for (i = 0; i < im->types.nr; i += obj->types[i].nr_rec)
		if (obj->types[i].rec != i || !obj->types[i].nr_rec ||
		    obj->types[i].nr_rec > im->types.nr - i)
			return image_error(obj, "type", i);
	for (i = 0; i < im->types.nr; i++)
		if (check_type(obj, i))
			return -EINVAL;
	make_canon(obj);
	for (i = 0; i < im->types.nr; i++)
		if (obj->types[i].kind == KWASM_COMPTYPE_FUNC)
			make_sig(obj, i);
	for (i = 0; i < im->tags.nr; i++)
		if (!is_functype(obj, obj->tags[i].type))
			return image_error(obj, "tag", i);
	if (im->flags & KWASM_IMAGE_MEMORY0 && (!im->memories.nr || obj->memories[0].imported))
		return object_error(obj, "image: memory 0 is not defined here");

	if (app_pointer(obj, offsetof(struct kwasm_app, type_ids), &obj->type_ids_section,
			&obj->type_ids_offset))
		return -EINVAL;
	s = &obj->sections[obj->type_ids_section];
	if (im->types.nr &&
	    (!obj->type_ids_section || section_kind(s->name) != SECTION_DATA ||
	     obj->type_ids_offset % 4 || s->size - obj->type_ids_offset < im->types.nr * 4ull ||
	     has_reloc_in(s, obj->type_ids_offset, obj->type_ids_offset + im->types.nr * 4ull)))
		return object_error(obj, "kwasm_app.type_ids is not an array in writable data");
	if (overlaps_app(obj, obj->type_ids_section, obj->type_ids_offset, im->types.nr * 4ull))
		return object_error(obj, "kwasm_app.type_ids overlaps kwasm_app");

	memcpy(&nr_rows, obj->sections[obj->app_section].data + obj->app_offset +
	       offsetof(struct kwasm_app, nr_ex_rows), sizeof(nr_rows));
	refs = sorted_refs(obj);
	if (load_rows(obj, nr_rows) || check_code(obj) || check_init(obj) || load_slots(obj) ||
	    check_exports(obj, refs) || check_segments(obj, refs) || load_calls(obj, refs))
		return -EINVAL;
	return 0;
}

/* ---- parameters and modinfo ---- */

struct raw_param {		/* struct kernel_param */
	u64 name;
	u64 mod;
	u64 ops;
	u16 perm;
	s8 level;
	u8 flags;
	u32 pad;
	u64 arg;
};

static const struct {
	size_t field;
	const char *ops;
} params[] = {
	{ offsetof(struct kwasm_app, args),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, env),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, dirs),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, fds),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, net),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, listen),	"kwasm_param_ops_string" },
	{ offsetof(struct kwasm_app, max_memory), "kwasm_param_ops_u64" },
	{ offsetof(struct kwasm_app, instances), "kwasm_param_ops_u32" },
	{ offsetof(struct kwasm_app, run),	"kwasm_param_ops_bool" },
	{ offsetof(struct kwasm_app, daemon),	"kwasm_param_ops_bool" },
	{ offsetof(struct kwasm_app, stack_size), "kwasm_param_ops_u32" },
};

static int check_params(struct verify_object *obj)
{
	u32 idx = verify_find_section(obj, "__param"), section, j;
	const struct verify_section *s = &obj->sections[idx];
	const struct verify_reloc *r;
	struct raw_param raw;
	u64 i, at;

	if (!idx)
		return 0;
	if (s->size % sizeof(raw))
		return object_error(obj, "bad size of __param");
	for (i = 0; i < s->size; i += sizeof(raw)) {
		memcpy(&raw, s->data + i, sizeof(raw));
		if (raw.name || raw.mod || raw.ops || raw.arg || raw.flags || raw.perm & 0222)
			goto bad;
		r = verify_reloc_at(s, i + offsetof(struct raw_param, name));
		if (!r || r->type != R_X86_64_64 || !verify_reloc_target(obj, r, &section, &at) ||
		    section_kind(obj->sections[section].name) != SECTION_RODATA ||
		    !memchr(obj->sections[section].data + at, 0, obj->sections[section].size - at))
			goto bad;
		r = verify_reloc_at(s, i + offsetof(struct raw_param, mod));
		if (!r || r->type != R_X86_64_64 || !verify_reloc_target(obj, r, &section, &at) ||
		    section != verify_find_section(obj, ".gnu.linkonce.this_module") || at)
			goto bad;
		r = verify_reloc_at(s, i + offsetof(struct raw_param, arg));
		if (!r || r->type != R_X86_64_64 || !verify_reloc_target(obj, r, &section, &at) ||
		    section != obj->app_section || at < obj->app_offset)
			goto bad;
		for (j = 0; j < ARRAY_SIZE(params); j++)
			if (params[j].field == at - obj->app_offset)
				break;
		if (j == ARRAY_SIZE(params))
			goto bad;
		r = verify_reloc_at(s, i + offsetof(struct raw_param, ops));
		if (!r || r->type != R_X86_64_64 || r->addend ||
		    obj->symbols[r->symbol].section || strcmp(obj->symbols[r->symbol].name, params[j].ops))
			goto bad;
	}
	/* four pointers a row, and all of them looked at */
	if (s->nr_relocs != s->size / sizeof(raw) * 4)
		return object_error(obj, "bad relocations of __param");
	return 0;
bad:
	return verify_object_error(obj, VERIFY_RULE_OBJECT, "bad parameter %llu",
				   i / sizeof(raw));
}

static int check_modinfo(struct verify_object *obj)
{
	/* what asks the loader for nothing beyond ordinary loading */
	static const char *const keys[] = {
		"license", "name", "depends", "retpoline", "vermagic", "description", "author",
		"version", "srcversion", "parm", "parmtype", "import_ns", "alias",
	};
	u32 idx = verify_find_section(obj, ".modinfo"), i;
	const struct verify_section *s = &obj->sections[idx];
	const char *p, *end, *eq;

	if (!idx || !s->size || s->data[s->size - 1] || s->nr_relocs)
		return object_error(obj, "bad .modinfo");
	end = (const char *)s->data + s->size;
	for (p = (const char *)s->data; p < end; p += strlen(p) + 1) {
		if (!*p)
			continue;
		eq = strchr(p, '=');
		for (i = 0; eq && i < ARRAY_SIZE(keys); i++)
			if (strlen(keys[i]) == (size_t)(eq - p) && !memcmp(keys[i], p, eq - p))
				break;
		if (eq && i == ARRAY_SIZE(keys) && !strncmp(p, "kwasm", 5))
			continue;	/* our own, the kernel does not know them */
		if (!eq || i == ARRAY_SIZE(keys))
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "unknown string in .modinfo: '%.60s'", p);
	}
	return 0;
}

/* ---- tables that point into the code ---- */

/* every row is one of @sites */
static int check_sites(struct verify_object *obj, const char *name, const u64 *sites)
{
	u32 idx = verify_find_section(obj, name), section;
	const struct verify_section *s = &obj->sections[idx];
	u64 i, at;

	if (!idx)
		return 0;
	if (s->size % 4 || s->nr_relocs != s->size / 4)
		return verify_object_error(obj, VERIFY_RULE_OBJECT, "bad section '%s'", name);
	for (i = 0; i < s->nr_relocs; i++) {
		const struct verify_reloc *r = &s->relocs[i];

		if (r->type != R_X86_64_PC32 || r->offset != i * 4 ||
		    !verify_reloc_target(obj, r, &section, &at) || section != obj->text ||
		    at >= obj->sections[obj->text].size || !bitmap_test(sites, at))
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
				"row %llu of '%s' is not the place of a thunk", i, name);
	}
	return 0;
}

int verify_elf_tables(struct verify_object *obj)
{
	static const char *const plain[] = { "__versions", ".note.gnu.build-id",
					     ".note.gnu.property", ".note.Linux" };
	u32 i, idx;

	if (check_app(obj) || check_this_module(obj) || load_image(obj) || check_params(obj) ||
	    check_modinfo(obj))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		idx = verify_find_section(obj, plain[i]);
		if (idx && obj->sections[idx].nr_relocs)
			return verify_object_error(obj, VERIFY_RULE_OBJECT,
						   "section '%s' has relocations", plain[i]);
	}
	return 0;
}

int verify_elf_sites(struct verify_object *obj)
{
	u64 i, size = obj->sections[obj->text].size;

	for (i = 0; i < size; i++)
		if (bitmap_test(obj->rows, i) && !bitmap_test(obj->starts, i))
			return verify_object_error(obj, VERIFY_RULE_FAULT,
				"a row of the exception table points into an instruction, at .text+0x%llx", i);
	if (check_sites(obj, ".return_sites", obj->return_sites) ||
	    check_sites(obj, ".retpoline_sites", obj->retpoline_sites) ||
	    verify_switches_sites(obj))
		return -EINVAL;
	return 0;
}

void verify_elf_destroy(struct verify_object *obj)
{
	u32 i;

	for (i = 0; i < obj->nr_sections; i++)
		if (obj->sections)
			free(obj->sections[i].relocs);
	arena_destroy(&obj->arena);
}
