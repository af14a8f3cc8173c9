/* SPDX-License-Identifier: GPL-2.0 */
/* object.h - the good kernel object, a copy of it that is changed, and where things are in that */
#ifndef _TESTSUITE_VERIFY_OBJECT_H
#define _TESTSUITE_VERIFY_OBJECT_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../backend-x86/verify.h"
#include "../../kruntime/include/kwasm_abi.h"
#include "snippets.h"

/* both of @good_size bytes; @ko is the copy */
extern u8 *good, *ko;
extern size_t good_size;

/* undo all changes */
void restore(void);

/* what is looked for by name and missing ends the program */
Elf64_Shdr *sections(void);
unsigned int nr_sections(void);
const char *section_name(unsigned int i);
unsigned int find_section(const char *name);
Elf64_Shdr *symtab(void);
Elf64_Sym *symbol(unsigned int i);
unsigned int nr_symbols(void);
const char *symbol_name(unsigned int i);
unsigned int find_symbol(const char *name);
u8 *text(void);
u64 text_size(void);
Elf64_Rela *text_relocs(size_t *nr);
/* the relocation in [at, at + size), or NULL */
Elf64_Rela *reloc_in(u64 at, u64 size);
const char *reloc_symbol(const Elf64_Rela *r);
struct kwasm_app *app(void);
struct kwasm_image *image(void);

/* the same ones in each run of a program */
u64 random_number(void);

/* put a snippet in the place of the function $victim; NULL, or why that cannot be */
const char *put_snippet(const struct snippet *s);

#endif /* _TESTSUITE_VERIFY_OBJECT_H */
