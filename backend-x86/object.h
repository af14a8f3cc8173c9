/* SPDX-License-Identifier: GPL-2.0 */
/*
 * object.h - a relocatable x86-64 object as plain data
 *
 * LLVM's object is read into this, finished (extable.c, mitigations.c, ko.c
 * add sections, symbols and relocations to it) and written as a kernel object.
 * Sections and symbols are named by their index, which never changes and is
 * never 0: index 0 is "none", so a symbol of section 0 is undefined.
 *
 * The order in which lower's side calls this folder:
 *
 *	object_read()		bytes from LLVM -> struct object, one for each part
 *	object_link()		... of the module; these become one
 *	object_normalize()	one .text, one .rodata ...; only allowed imports
 *	code_scan()		decode .text once: sites, calls, frames
 *	lines_read()		.debug_line -> (text offset, line)
 *		... the image is made from these two ...
 *	ko_add_app()		kwasm_app, image, data segments, init and exit
 *	ko_write()		the bytes of the .ko
 *	write_whole_file()
 */
#ifndef _BACKEND_X86_OBJECT_H
#define _BACKEND_X86_OBJECT_H

#include "../include/types.h"

/**
 * struct object_reloc - one relocation, always with explicit addend
 * @offset: in its section
 * @symbol: index in the object's symbols, never 0
 * @type: R_X86_64_*
 * @addend: in units of the relocation
 */
struct object_reloc {
	u64 offset;
	u32 symbol;
	u32 type;
	s64 addend;
};

/**
 * struct object_section - a section that has content; tables of ELF have none
 * @name: owned
 * @type: SHT_*
 * @flags: SHF_*
 * @align: power of two, at least 1
 * @entsize: sh_entsize
 * @data: owned; NULL for SHT_NOBITS
 * @size: bytes
 * @cap: bytes @data has room for
 * @symbol: its STT_SECTION symbol, 0 until object_section_symbol() makes one
 * @dropped: not to be written; nothing that is written may refer to it
 * @relocs: ascending offset after object_read(); any order later
 */
struct object_section {
	char *name;
	u32 type;
	u64 flags;
	u64 align;
	u64 entsize;
	u8 *data;
	size_t size;
	size_t cap;
	u32 symbol;
	bool dropped;
	struct object_reloc *relocs;
	size_t nr_relocs;
	size_t cap_relocs;
};

/* where object_replace_functions() moves what refers to replaced code: beyond any code */
#define OBJECT_DEAD_OFFSET	0xf0000000u

/* struct object_symbol.section for SHN_ABS */
#define OBJECT_ABS	0xffffffffu

/**
 * struct object_symbol - a symbol
 * @name: owned; "" for STT_SECTION
 * @bind: STB_LOCAL, STB_GLOBAL or STB_WEAK
 * @type: STT_*
 * @section: index; 0: undefined; OBJECT_ABS: @value is the address
 * @value: offset in its section
 * @size: bytes
 * @dropped: not to be written
 */
struct object_symbol {
	char *name;
	u8 bind;
	u8 type;
	bool dropped;
	u32 section;
	u64 value;
	u64 size;
};

/**
 * struct object - sections and symbols; entry 0 of both is unused
 * @path: for messages, owned
 */
struct object {
	char *path;
	struct object_section *sections;
	size_t nr_sections;
	size_t cap_sections;
	struct object_symbol *symbols;
	size_t nr_symbols;
	size_t cap_symbols;
};

/* an empty object, to be filled by the functions below; @path for messages */
void object_init(struct object *obj, const char *path);
int object_read(struct object *obj, const char *path, const u8 *bytes, size_t size);
void object_destroy(struct object *obj);

/* may generated code refer to the undefined symbol @name? */
typedef bool (*object_allowed_t)(const char *name, const void *arg);
int object_normalize(struct object *obj, object_allowed_t allowed, const void *arg);

/* Indices stay valid when something is added; pointers to sections and symbols do not. */
u32 object_add_section(struct object *obj, const char *name, u32 type, u64 flags, u64 align);
u32 object_find_section(const struct object *obj, const char *name);
u64 object_append(struct object *obj, u32 section, const void *bytes, size_t size, u64 align);
u64 object_append_zero(struct object *obj, u32 section, size_t size, u64 align);

bool object_section_unwanted(const struct object_section *s);

u32 object_add_symbol(struct object *obj, const char *name, u8 bind, u8 type, u32 section,
		      u64 value, u64 size);
u32 object_find_symbol(const struct object *obj, const char *name);
u32 object_find_undefined(const struct object *obj, const char *name);
u32 object_undefined_symbol(struct object *obj, const char *name);
u32 object_section_symbol(struct object *obj, u32 section);

void object_add_reloc(struct object *obj, u32 section, u64 offset, u32 type, u32 symbol, s64 addend);
int object_reloc_size(u32 type);
const char *object_reloc_name(u32 type);

/* ---- object_link.c ---- */

void object_link(struct object *obj, const struct object *with);
void object_replace_functions(struct object *obj, const struct object *with);

/* ---- object.c ---- */

int write_whole_file(const char *path, const void *bytes, size_t size);

#endif /* _BACKEND_X86_OBJECT_H */
