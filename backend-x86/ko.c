// SPDX-License-Identifier: GPL-2.0
/*
 * ko.c - from a normalized object to the bytes of a kernel object
 *
 * What kbuild and modpost do for a C module is done here with libelf. The
 * module loader wants .gnu.linkonce.this_module, .modinfo and __versions; the
 * rest of what is added is struct kwasm_app (kwasm_abi.h) and the two
 * functions that hand it to kwasm.ko.
 *
 * The output depends on nothing but the input: same object, same bytes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "../kruntime/include/kwasm_abi.h"
#include "alternatives.h"
#include "extable.h"
#include "ko.h"
#include "mitigations.h"
#include "modinfo.h"

#define THIS_MODULE_SECTION	".gnu.linkonce.this_module"

/* KSYM_NAME_LEN is 512 since 6.1; kallsyms cuts what is longer. */
#define SYMBOL_NAME_MAX		511

#define PARAM(member, type, ops, description)				\
	{ #member, type, description, "kwasm_param_ops_" ops, offsetof(struct kwasm_app, member) }

static const struct modinfo_param params[] = {
	PARAM(args, "charp", "string", "arguments, separated by blanks; quotes keep blanks"),
	PARAM(env, "charp", "string", "environment, NAME=VALUE separated by blanks"),
	PARAM(dirs, "charp", "string", "directories the app may use, HOST:GUEST,..."),
	PARAM(fds, "charp", "string", "descriptors of the inserting process the app may use, OWN:GUEST,..."),
	PARAM(net, "charp", "string", "network the app may use: none, all or [in:|out:]tcp|udp:HOST:PORT,..."),
	PARAM(listen, "charp", "string", "listening sockets the app is given, tcp:HOST:PORT,..."),
	PARAM(max_memory, "ullong", "u64", "bytes of linear memory an instance may have, 0: what it declares"),
	PARAM(instances, "uint", "u32", "reactors: instances kept from loading on"),
	PARAM(run, "bool", "bool", "commands: run once in the inserting process"),
	PARAM(daemon, "bool", "bool", "commands: run on a kernel thread"),
	PARAM(stack_size, "uint", "u32", "bytes of guest stack, 0: what the app was compiled with"),
};

/* ---- struct kwasm_app, init and exit ---- */

/* The section, made if the object has none of this name. */
static u32 need_section(struct object *obj, const char *name, u32 type, u64 flags)
{
	return object_find_section(obj, name) ?: object_add_section(obj, name, type, flags, 1);
}

static u32 add_object_symbol(struct object *obj, const char *name, u32 section, u64 offset, u64 size)
{
	return object_add_symbol(obj, name, STB_LOCAL, STT_OBJECT, section, offset, size);
}

static void set_pointer(struct object *obj, const struct object_symbol *app, size_t member,
			u32 symbol, s64 addend)
{
	object_add_reloc(obj, app->section, app->value + member, R_X86_64_64, symbol, addend);
}

/*
 * int init_module(void) { return kwasm_app_init(&kwasm_app); } and its like: a
 * jump, so that the caller's return address stays on top for a backtrace.
 */
static u32 add_stub(struct object *obj, const char *section, const char *name, const char *callee,
		    u32 app)
{
	static const u8 code[] = {
		0xf3, 0x0f, 0x1e, 0xfa,			/* endbr64: the kernel calls it by address */
		0x48, 0xc7, 0xc7, 0, 0, 0, 0,		/* mov $kwasm_app, %rdi */
		0xe9, 0, 0, 0, 0,			/* jmp callee */
	};
	u32 text = object_add_section(obj, section, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 1);

	object_append(obj, text, code, sizeof(code), 1);
	object_add_reloc(obj, text, 7, R_X86_64_32S, app, 0);
	object_add_reloc(obj, text, 12, R_X86_64_PLT32, object_undefined_symbol(obj, callee), -4);
	return object_add_symbol(obj, name, STB_GLOBAL, STT_FUNC, text, 0, sizeof(code));
}

/* struct module: the loader fills in all but the name and the two functions. */
static u32 add_this_module(struct object *obj, const char *name, const struct profile *profile,
			   u32 init, u32 exit)
{
	u32 section;

	section = object_add_section(obj, THIS_MODULE_SECTION, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE,
				     profile->this_module_align);
	object_append_zero(obj, section, profile->this_module_size, 1);
	memcpy(obj->sections[section].data + profile->this_module_name, name, strlen(name));
	object_add_reloc(obj, section, profile->this_module_init, R_X86_64_64, init, 0);
	object_add_reloc(obj, section, profile->this_module_exit, R_X86_64_64, exit, 0);
	return object_add_symbol(obj, "__this_module", STB_GLOBAL, STT_OBJECT, section, 0,
				 profile->this_module_size);
}

/*
 * Only functions keep their symbols: kallsyms shows no others. A reference to
 * data becomes one to its section's start.
 */
static void drop_data_symbols(struct object *obj)
{
	size_t i, k;

	for (i = 1; i < obj->nr_sections; i++) {
		for (k = 0; k < obj->sections[i].nr_relocs; k++) {
			struct object_reloc *r = &obj->sections[i].relocs[k];
			const struct object_symbol *s = &obj->symbols[r->symbol];

			if (!s->section || s->section == OBJECT_ABS || s->type == STT_SECTION ||
			    s->type == STT_FUNC)
				continue;
			r->addend += s->value;
			r->symbol = object_section_symbol(obj, s->section);
		}
	}
	for (i = 1; i < obj->nr_symbols; i++) {
		struct object_symbol *s = &obj->symbols[i];

		if (s->section && s->section != OBJECT_ABS && s->type != STT_SECTION &&
		    s->type != STT_FUNC)
			s->dropped = true;
	}
}

static bool plain(char c)
{
	/* kallsyms separates by blanks; bytes from 0x80 on are the rest of UTF-8 */
	return (u8)c > ' ' && c != 0x7f;
}

/* Names of ours: the loader, or who reads the file, may look for them. */
static bool reserved(const char *name)
{
	static const char *const names[] = {
		"init_module", "cleanup_module", "__this_module", "kwasm_app", "kwasm_type_ids",
		"kwasm_calls",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/*
 * Names come from the guest. Local symbols need not be unique, so it is enough
 * that each is one printable word of a bearable length, and none of ours.
 */
static void clean_names(struct object *obj)
{
	size_t i;

	for (i = 1; i < obj->nr_symbols; i++) {
		struct object_symbol *s = &obj->symbols[i];
		size_t len;
		char *c;

		if (!s->section || s->type != STT_FUNC)
			continue;
		for (c = s->name; *c; c++)
			if (!plain(*c))
				*c = '_';
		len = strlen(s->name);
		if (len > SYMBOL_NAME_MAX) {
			len = SYMBOL_NAME_MAX;
			while (((u8)s->name[len] & 0xc0) == 0x80)
				len--;		/* not in the middle of a character */
			s->name[len] = '\0';
		}
		if (reserved(s->name)) {
			c = xasprintf("%s.wasm", s->name);
			free(s->name);
			s->name = c;
		}
	}
}

/* room for what the runtime fills in; the code may refer to it without knowing where it will be */
static u32 add_filled(struct object *obj, u32 section, const char *name, u64 size)
{
	u32 symbol = object_find_undefined(obj, name) ?:
		     object_add_symbol(obj, name, STB_LOCAL, STT_OBJECT, 0, 0, 0);

	obj->symbols[symbol].section = section;
	obj->symbols[symbol].value = object_append_zero(obj, section, size, 8);
	obj->symbols[symbol].type = STT_OBJECT;
	obj->symbols[symbol].bind = STB_LOCAL;
	obj->symbols[symbol].size = size;
	return symbol;
}

/**
 * ko_add_app() - Make the object an app: tables, struct kwasm_app, init and exit
 * @obj: normalized and scanned; to be written next
 * @code: result of code_scan() on @obj
 * @app: what struct kwasm_app refers to
 * @ko: name and kernel
 *
 * Return: 0; -errno (diagnosed) if the name is impossible, there are too many
 * memory accesses, or the code uses thunks the kernel has not.
 */
int ko_add_app(struct object *obj, const struct code *code, const struct ko_app *app,
	       const struct ko_params *ko)
{
	const struct kwasm_app init = {
		.magic = KWASM_ABI_MAGIC,
		.abi_version = KWASM_ABI_VERSION,
		.nr_ex_rows = code->nr_accesses,
		.max_memory = ko->max_memory,
		.instances = 1,
		.run = 1,
	};
	u32 rodata, filled, data, modinfo, ex_table;
	u32 app_symbol, init_symbol, exit_symbol, this_module, type_ids, calls;
	u64 image_at, data_at, app_at;
	struct object_symbol sym;
	int err;

	if (!*ko->name || strlen(ko->name) >= ko->profile->module_name_size) {
		diag_file_error(obj->path, "module name '%s' is %s: 1 to %u characters are possible",
				ko->name, *ko->name ? "too long" : "empty",
				ko->profile->module_name_size - 1);
		return -ENAMETOOLONG;
	}
	drop_data_symbols(obj);
	clean_names(obj);
	err = extable_add(obj, code);
	if (!err)
		err = mitigations_add(obj, code, ko->profile);
	if (!err)
		err = alternatives_add(obj, code, ko->profile);
	if (err)
		return err;

	rodata = need_section(obj, ".rodata", SHT_PROGBITS, SHF_ALLOC);
	image_at = object_append(obj, rodata, app->image, app->image_size, 16);
	data_at = object_append(obj, rodata, app->data, app->data_size, 16);
	/* the runtime fills it in while init runs; the kernel makes it read-only then, by its name */
	filled = object_add_section(obj, KWASM_FILLED_SECTION, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 8);
	type_ids = add_filled(obj, filled, "kwasm_type_ids", app->nr_types * sizeof(u32));
	calls = add_filled(obj, filled, "kwasm_calls", app->nr_calls * sizeof(u64));
	data = need_section(obj, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE);
	app_at = object_append(obj, data, &init, sizeof(init), 16);

	app_symbol = add_object_symbol(obj, "kwasm_app", data, app_at, sizeof(init));
	init_symbol = add_stub(obj, ".init.text", "init_module", "kwasm_app_init", app_symbol);
	exit_symbol = add_stub(obj, ".exit.text", "cleanup_module", "kwasm_app_exit", app_symbol);
	this_module = add_this_module(obj, ko->name, ko->profile, init_symbol, exit_symbol);
	modinfo = object_add_section(obj, ".modinfo", SHT_PROGBITS, SHF_ALLOC, 1);
	modinfo_add_params(obj, modinfo, ko->profile, params, ARRAY_SIZE(params), app_symbol,
			   this_module);

	sym = obj->symbols[app_symbol];
	set_pointer(obj, &sym, offsetof(struct kwasm_app, image), object_section_symbol(obj, rodata),
		    image_at);
	set_pointer(obj, &sym, offsetof(struct kwasm_app, text),
		    object_section_symbol(obj, code->text), 0);
	set_pointer(obj, &sym, offsetof(struct kwasm_app, data), object_section_symbol(obj, rodata),
		    data_at);
	set_pointer(obj, &sym, offsetof(struct kwasm_app, type_ids), type_ids, 0);
	if (app->nr_calls)
		set_pointer(obj, &sym, offsetof(struct kwasm_app, calls), calls, 0);
	set_pointer(obj, &sym, offsetof(struct kwasm_app, module), this_module, 0);
	ex_table = object_find_section(obj, KWASM_EX_TABLE_SECTION);
	if (ex_table)
		set_pointer(obj, &sym, offsetof(struct kwasm_app, ex_table),
			    object_section_symbol(obj, ex_table), 0);
	return 0;
}

/* ---- modinfo and versions ---- */

static void add_modinfo(struct object *obj, const struct ko_params *ko)
{
	u32 modinfo = need_section(obj, ".modinfo", SHT_PROGBITS, SHF_ALLOC);
	char *depends;
	size_t i;

	modinfo_add(obj, modinfo, "license", "GPL");
	if (ko->description)
		modinfo_add(obj, modinfo, "description", ko->description);
	for (i = 0; i < ko->nr_modinfo; i++)
		object_append(obj, modinfo, ko->modinfo[i], strlen(ko->modinfo[i]) + 1, 1);
	depends = modinfo_depends(obj, ko->profile);
	modinfo_add(obj, modinfo, "depends", depends);
	free(depends);
	if (ko->profile->retpoline)
		modinfo_add(obj, modinfo, "retpoline", "Y");
	modinfo_add(obj, modinfo, "name", ko->name);
	modinfo_add(obj, modinfo, "vermagic", ko->profile->vermagic);
}

/* ---- writing ---- */

/**
 * struct writer - an ELF file in the making
 * @index: ELF section index of each of the object's sections; 0: not written
 * @symbol: ELF symbol index of each of the object's symbols
 * @names: section names
 * @strings: symbol names
 * @owned: memory that libelf refers to until it has written the file
 */
struct writer {
	const struct object *obj;
	Elf *elf;
	u32 *index;
	u32 *symbol;
	struct object_section names;
	struct object_section strings;
	Elf64_Sym *syms;
	size_t nr_syms;
	Elf64_Rela **owned;
	size_t nr_owned;
	size_t cap_owned;
};

static u32 add_string(struct object_section *s, const char *string)
{
	size_t len = strlen(string) + 1;
	u32 at = s->size;

	array_reserve(s->data, s->cap, s->size + len);
	memcpy(s->data + at, string, len);
	s->size += len;
	return at;
}

/* A section of the file; everything here is for memory that is there, so it cannot fail. */
static Elf_Scn *add_scn(struct writer *w, const char *name, u32 type, u64 flags, u64 align,
			u64 entsize, void *data, size_t size)
{
	Elf_Scn *scn = elf_newscn(w->elf);
	Elf_Data *d = scn ? elf_newdata(scn) : NULL;
	Elf64_Shdr *sh = scn ? elf64_getshdr(scn) : NULL;

	if (!d || !sh)
		diag_bug("libelf: %s", elf_errmsg(-1));
	sh->sh_name = add_string(&w->names, name);
	sh->sh_type = type;
	sh->sh_flags = flags;
	sh->sh_entsize = entsize;
	d->d_buf = data;
	d->d_size = size;
	d->d_align = align;
	d->d_type = ELF_T_BYTE;
	d->d_version = EV_CURRENT;
	return scn;
}

static void write_sections(struct writer *w)
{
	size_t i;

	for (i = 1; i < w->obj->nr_sections; i++) {
		const struct object_section *s = &w->obj->sections[i];

		if (s->dropped)
			continue;
		w->index[i] = elf_ndxscn(add_scn(w, s->name, s->type, s->flags, s->align, s->entsize,
						 s->type == SHT_NOBITS ? NULL : s->data, s->size));
	}
}

static void add_sym(struct writer *w, u32 i)
{
	const struct object_symbol *s = &w->obj->symbols[i];

	w->symbol[i] = w->nr_syms;
	w->syms[w->nr_syms++] = (Elf64_Sym){
		.st_name = *s->name ? add_string(&w->strings, s->name) : 0,
		.st_info = ELF64_ST_INFO(s->bind, s->type),
		.st_shndx = s->section == OBJECT_ABS ? SHN_ABS : w->index[s->section],
		.st_value = s->value,
		.st_size = s->size,
	};
}

static bool symbol_written(const struct object *obj, const struct object_symbol *s)
{
	if (s->dropped)
		return false;
	return !s->section || s->section == OBJECT_ABS || !obj->sections[s->section].dropped;
}

/* Returns the number of local symbols; ELF wants them first. */
static u32 write_symbols(struct writer *w)
{
	const struct object *obj = w->obj;
	u32 nr_local = 0;
	int global;
	size_t i;

	w->syms = xcalloc(obj->nr_symbols + 1, sizeof(*w->syms));
	w->nr_syms = 1;
	for (global = 0; global <= 1; global++) {
		for (i = 1; i < obj->nr_symbols; i++)
			if (symbol_written(obj, &obj->symbols[i]) &&
			    global == (obj->symbols[i].bind != STB_LOCAL))
				add_sym(w, i);
		if (!global)
			nr_local = w->nr_syms;
	}
	return nr_local;
}

static int compare_relas(const void *a, const void *b)
{
	const Elf64_Rela *x = a, *y = b;

	return x->r_offset < y->r_offset ? -1 : x->r_offset > y->r_offset;
}

static void write_relocs(struct writer *w, u32 i, u32 symtab)
{
	const struct object_section *s = &w->obj->sections[i];
	Elf64_Rela *rela;
	Elf64_Shdr *sh;
	Elf_Scn *scn;
	char *name;
	size_t k;

	rela = xcalloc(s->nr_relocs, sizeof(*rela));
	array_reserve(w->owned, w->cap_owned, w->nr_owned + 1);
	w->owned[w->nr_owned++] = rela;
	for (k = 0; k < s->nr_relocs; k++) {
		const struct object_reloc *r = &s->relocs[k];

		if (!w->symbol[r->symbol])
			diag_bug("%s+0x%llx refers to symbol '%s', which is not written", s->name,
				 r->offset, w->obj->symbols[r->symbol].name);
		rela[k].r_offset = r->offset;
		rela[k].r_info = ELF64_R_INFO((u64)w->symbol[r->symbol], r->type);
		rela[k].r_addend = r->addend;
	}
	qsort(rela, s->nr_relocs, sizeof(*rela), compare_relas);
	name = xasprintf(".rela%s", s->name);
	scn = add_scn(w, name, SHT_RELA, SHF_INFO_LINK, 8, sizeof(*rela), rela,
		      s->nr_relocs * sizeof(*rela));
	free(name);
	sh = elf64_getshdr(scn);
	sh->sh_link = symtab;
	sh->sh_info = w->index[i];
}

static void write_tables(struct writer *w, Elf64_Ehdr *ehdr)
{
	u32 nr_local, symtab, strtab, shstrtab;
	Elf64_Shdr *sh;
	Elf_Scn *scn;
	size_t i;

	nr_local = write_symbols(w);
	scn = add_scn(w, ".symtab", SHT_SYMTAB, 0, 8, sizeof(*w->syms), w->syms,
		      w->nr_syms * sizeof(*w->syms));
	symtab = elf_ndxscn(scn);
	sh = elf64_getshdr(scn);
	sh->sh_info = nr_local;
	scn = add_scn(w, ".strtab", SHT_STRTAB, 0, 1, 0, w->strings.data, w->strings.size);
	strtab = elf_ndxscn(scn);
	elf64_getshdr(elf_getscn(w->elf, symtab))->sh_link = strtab;
	for (i = 1; i < w->obj->nr_sections; i++)
		if (!w->obj->sections[i].dropped && w->obj->sections[i].nr_relocs)
			write_relocs(w, i, symtab);
	/* last, as its own name must be in it */
	scn = add_scn(w, ".shstrtab", SHT_STRTAB, 0, 1, 0, NULL, 0);
	shstrtab = elf_ndxscn(scn);
	elf_getdata(scn, NULL)->d_buf = w->names.data;
	elf_getdata(scn, NULL)->d_size = w->names.size;
	ehdr->e_shstrndx = shstrtab;
	if (shstrtab >= SHN_LORESERVE)
		diag_bug("%u sections", shstrtab);
}

static int write_elf(const struct object *obj, int fd)
{
	struct writer w = { .obj = obj };
	Elf64_Ehdr *ehdr;
	int err = 0;
	size_t i;

	w.elf = elf_begin(fd, ELF_C_WRITE, NULL);
	ehdr = w.elf ? elf64_newehdr(w.elf) : NULL;
	if (!ehdr)
		diag_bug("libelf: %s", elf_errmsg(-1));
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_type = ET_REL;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	w.index = xcalloc(obj->nr_sections, sizeof(*w.index));
	w.symbol = xcalloc(obj->nr_symbols, sizeof(*w.symbol));
	add_string(&w.names, "");
	add_string(&w.strings, "");
	write_sections(&w);
	write_tables(&w, ehdr);
	if (elf_update(w.elf, ELF_C_WRITE) < 0) {
		diag_file_error(obj->path, "cannot make the kernel object: %s", elf_errmsg(-1));
		err = -EIO;
	}
	elf_end(w.elf);
	for (i = 0; i < w.nr_owned; i++)
		free(w.owned[i]);
	free(w.owned);
	free(w.syms);
	free(w.names.data);
	free(w.strings.data);
	free(w.index);
	free(w.symbol);
	return err;
}

static int read_back(const struct object *obj, int fd, u8 **bytes, size_t *size)
{
	struct stat st;
	size_t at = 0;

	if (fstat(fd, &st))
		goto err;
	*size = st.st_size;
	*bytes = xmalloc(*size + 1);
	while (at < *size) {
		ssize_t n = pread(fd, *bytes + at, *size - at, at);

		if (n <= 0) {
			free(*bytes);
			*bytes = NULL;
			goto err;
		}
		at += n;
	}
	return 0;
err:
	diag_file_error(obj->path, "cannot make the kernel object: %s", strerror(errno));
	return -EIO;
}

/**
 * ko_write() - Finish the object as a kernel object
 * @obj: with all its sections; changed, not to be written twice
 * @ko: name, kernel, modinfo
 * @bytes: out: the file, to be freed
 * @size: out: bytes
 *
 * Nothing is written to the file system.
 *
 * Return: 0; -errno (diagnosed): a symbol is referred to that neither the
 * kernel nor our modules export, or the system has no memory for it.
 */
int ko_write(struct object *obj, const struct ko_params *ko, u8 **bytes, size_t *size)
{
	size_t i;
	int err;
	int fd;

	*bytes = NULL;
	*size = 0;
	for (i = 1; i < obj->nr_sections; i++)
		if (!ko->keep_debug && !(obj->sections[i].flags & SHF_ALLOC))
			obj->sections[i].dropped = true;
	add_modinfo(obj, ko);
	err = modinfo_add_versions(obj, ko->profile);
	if (err)
		return err;

	/* libelf writes to files only */
	if (elf_version(EV_CURRENT) == EV_NONE)
		diag_bug("libelf is older than its headers");
	fd = memfd_create("wasm2ko", MFD_CLOEXEC);
	if (fd < 0) {
		diag_file_error(obj->path, "cannot make the kernel object: %s", strerror(errno));
		return -EIO;
	}
	err = write_elf(obj, fd);
	if (!err)
		err = read_back(obj, fd, bytes, size);
	close(fd);
	return err;
}
