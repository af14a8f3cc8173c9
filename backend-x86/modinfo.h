/* SPDX-License-Identifier: GPL-2.0 */
/* modinfo.h - .modinfo, __versions and module parameters */
#ifndef _BACKEND_X86_MODINFO_H
#define _BACKEND_X86_MODINFO_H

#include "object.h"
#include "profile.h"

/**
 * struct modinfo_param - a module parameter, mode 0444
 * @name: as it is given to insmod
 * @type: as modinfo prints it ("charp", "uint", "ullong", "bool")
 * @description: for modinfo
 * @ops: symbol of its kernel_param_ops
 * @offset: of its variable in struct kwasm_app
 */
struct modinfo_param {
	const char *name;
	const char *type;
	const char *description;
	const char *ops;
	u32 offset;
};

/**
 * modinfo_name() - The module's name from the path of its file
 * @path: of the .ko; the part after the last / is used, without .ko
 *
 * Return: the name, to be freed: every byte that is not a letter, a digit or
 * '_' became '_'. May be empty, or too long for the kernel: ko_write() says so.
 */
char *modinfo_name(const char *path);

void modinfo_add(struct object *obj, u32 section, const char *key, const char *value);
char *modinfo_depends(const struct object *obj, const struct profile *profile);
int modinfo_add_versions(struct object *obj, const struct profile *profile);
void modinfo_add_params(struct object *obj, u32 modinfo, const struct profile *profile,
			const struct modinfo_param *params, size_t nr, u32 app, u32 this_module);

#endif /* _BACKEND_X86_MODINFO_H */
