// SPDX-License-Identifier: GPL-2.0
/*
 * modinfo.c - what modpost would add: .modinfo, __versions, module parameters
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/util.h"
#include "modinfo.h"

char *modinfo_name(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name = xstrdup(base ? base + 1 : path);
	size_t len = strlen(name);
	char *c;

	if (len >= 3 && !strcmp(name + len - 3, ".ko"))
		name[len - 3] = '\0';
	for (c = name; *c; c++) {
		/* not isalnum(): that depends on the locale */
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9')))
			*c = '_';
	}
	return name;
}

/**
 * modinfo_add() - Append "key=value" to .modinfo
 * @obj: object
 * @section: .modinfo
 * @key: without the =
 * @value: anything without a NUL
 */
void modinfo_add(struct object *obj, u32 section, const char *key, const char *value)
{
	char *string = xasprintf("%s=%s", key, value);

	object_append(obj, section, string, strlen(string) + 1, 1);
	free(string);
}

static void add_unique(const char ***names, size_t *nr, size_t *cap, const char *name)
{
	size_t i;

	for (i = 0; i < *nr; i++)
		if (!strcmp((*names)[i], name))
			return;
	*names = xarray_reserve(*names, cap, *nr + 1, sizeof(**names));
	(*names)[(*nr)++] = name;
}

/* the runtime first, whatever needs it later, as modprobe loads them */
static int compare_modules(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	if (strlen(x) != strlen(y))
		return strlen(x) < strlen(y) ? -1 : 1;
	return strcmp(x, y);
}

/**
 * modinfo_depends() - Which kernel modules export what the object refers to
 * @obj: object with all its undefined symbols
 * @profile: target kernel, knows all of them
 *
 * Return: names separated by commas, to be freed.
 */
char *modinfo_depends(const struct object *obj, const struct profile *profile)
{
	const char **names = NULL;
	size_t nr = 0, cap = 0;
	char *list = xstrdup("");
	size_t i;

	for (i = 1; i < obj->nr_symbols; i++) {
		const struct object_symbol *s = &obj->symbols[i];
		const struct profile_crc *crc;

		if (s->dropped || s->section)
			continue;
		crc = profile_find_crc(profile, s->name);
		if (crc && *crc->module)
			add_unique(&names, &nr, &cap, crc->module);
	}
	if (nr)
		qsort(names, nr, sizeof(*names), compare_modules);
	for (i = 0; i < nr; i++) {
		char *longer = xasprintf("%s%s%s", list, i ? "," : "", names[i]);

		free(list);
		list = longer;
	}
	free(names);
	return list;
}

/* struct modversion_info { unsigned long crc; char name[MODULE_NAME_LEN]; } */
static void add_version(struct object *obj, u32 section, const struct profile *profile,
			const struct profile_crc *crc)
{
	size_t size = 8 + profile->module_name_size;
	u8 *record = xcalloc(1, size);

	memcpy(record, &crc->crc, sizeof(crc->crc));
	/* profile_read() saw that it fits */
	memcpy(record + 8, crc->name, strlen(crc->name));
	object_append(obj, section, record, size, 8);
	free(record);
}

/**
 * modinfo_add_versions() - Add __versions: the CRC of each symbol referred to
 * @obj: object with all its undefined symbols
 * @profile: target kernel
 *
 * Nothing is added for a kernel without CONFIG_MODVERSIONS, but the symbols
 * are looked up all the same.
 *
 * Return: 0; -ENOENT (diagnosed) if a symbol is not exported there.
 */
int modinfo_add_versions(struct object *obj, const struct profile *profile)
{
	const struct profile_crc *crc;
	u32 section = 0;
	int err = 0;
	size_t i;

	if (profile->modversions) {
		section = object_add_section(obj, "__versions", SHT_PROGBITS, SHF_ALLOC, 32);
		/* the loader looks for this one by name, and taints without it */
		crc = profile_find_crc(profile, "module_layout");
		if (!crc)
			diag_bug("profile without module_layout");
		add_version(obj, section, profile, crc);
	}
	for (i = 1; i < obj->nr_symbols; i++) {
		const struct object_symbol *s = &obj->symbols[i];

		if (s->dropped || s->section)
			continue;
		crc = profile_find_crc(profile, s->name);
		if (!crc) {
			diag_file_error(profile->path,
					"kernel %s with its kwasm.ko exports no '%s': build the modules again with 'make modules'",
					profile->release, s->name);
			err = -ENOENT;
		} else if (section) {
			add_version(obj, section, profile, crc);
		}
	}
	return err;
}

/**
 * modinfo_add_params() - Add real module parameters
 * @obj: object
 * @modinfo: .modinfo
 * @profile: target kernel
 * @params: parameters
 * @nr: number of them
 * @app: symbol of struct kwasm_app, which holds the variables
 * @this_module: symbol of struct module
 */
void modinfo_add_params(struct object *obj, u32 modinfo, const struct profile *profile,
			const struct modinfo_param *params, size_t nr, u32 app, u32 this_module)
{
	const u16 perm = 0444;
	const s8 level = -1;		/* not an initcall's */
	u32 strings, strings_symbol, section;
	size_t i;

	strings = object_find_section(obj, ".rodata");
	if (!strings)
		strings = object_add_section(obj, ".rodata", SHT_PROGBITS, SHF_ALLOC, 1);
	strings_symbol = object_section_symbol(obj, strings);
	section = object_add_section(obj, "__param", SHT_PROGBITS, SHF_ALLOC, 8);

	for (i = 0; i < nr; i++) {
		const struct modinfo_param *p = &params[i];
		u8 *bytes = xcalloc(1, profile->param_size);
		char *string;
		u64 name, at;

		memcpy(bytes + profile->param_perm, &perm, sizeof(perm));
		memcpy(bytes + profile->param_level, &level, sizeof(level));
		at = object_append(obj, section, bytes, profile->param_size, 8);
		free(bytes);

		name = object_append(obj, strings, p->name, strlen(p->name) + 1, 1);
		object_add_reloc(obj, section, at + profile->param_name, R_X86_64_64,
				 strings_symbol, name);
		object_add_reloc(obj, section, at + profile->param_mod, R_X86_64_64, this_module, 0);
		object_add_reloc(obj, section, at + profile->param_ops, R_X86_64_64,
				 object_undefined_symbol(obj, p->ops), 0);
		object_add_reloc(obj, section, at + profile->param_arg, R_X86_64_64, app, p->offset);

		string = xasprintf("%s:%s", p->name, p->description);
		modinfo_add(obj, modinfo, "parm", string);
		free(string);
		string = xasprintf("%s:%s", p->name, p->type);
		modinfo_add(obj, modinfo, "parmtype", string);
		free(string);
	}
}
