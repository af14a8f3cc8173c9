// SPDX-License-Identifier: GPL-2.0
/*
 * The world-independent half of libkwasm: packing, unpacking, reports
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

/* Its size stays: a call of another thread may be about to tell the kernel where it is */
static void clear_report(struct libkwasm *lib)
{
	lib->report.size = sizeof(lib->report);
	memset((char *)&lib->report + sizeof(lib->report.size), 0,
	       sizeof(lib->report) - sizeof(lib->report.size));
}

int backend_fail(struct libkwasm *lib, int err, const char *fmt, ...)
{
	va_list ap;

	clear_report(lib);
	va_start(ap, fmt);
	vsnprintf(lib->report.message, sizeof(lib->report.message), fmt, ap);
	va_end(ap);
	return err;
}

/* Every failure has words, if only errno's */
static int finish(struct libkwasm *lib, int err)
{
	if (err < 0 && !lib->report.message[0])
		backend_fail(lib, err, "%s", strerror(-err));
	return err;
}

int libkwasm_open(enum libkwasm_world world, struct libkwasm **result)
{
	struct libkwasm *lib = calloc(1, sizeof(*lib));
	int err;

	if (!lib)
		return -ENOMEM;
	lib->backend = world == LIBKWASM_USER ? &user_backend : &device_backend;
	err = lib->backend->open(lib);
	if (err) {
		free(lib);
		return err;
	}
	*result = lib;
	return 0;
}

void libkwasm_close(struct libkwasm *lib)
{
	lib->backend->close(lib);
	free(lib);
}

const struct kwasm_trap_info *libkwasm_report(const struct libkwasm *lib)
{
	return &lib->report;
}

void libkwasm_app_name(const char *path, char *name)
{
	const char *base = strrchr(path, '/');
	size_t len, i;

	base = base ? base + 1 : path;
	len = strlen(base);
	if (len > 3 && !strcmp(base + len - 3, ".ko"))
		len -= 3;
	if (len >= KWASM_NAME_MAX)
		len = KWASM_NAME_MAX - 1;
	for (i = 0; i < len; i++) {
		char c = base[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			name[i] = c;
		else
			name[i] = '_';
	}
	name[len] = 0;
}

static int pack(struct kwasm_strings_arg *packed, const char *const *strings)
{
	size_t bytes = 0, i;
	char *p;

	for (i = 0; strings && strings[i]; i++)
		bytes += strlen(strings[i]) + 1;
	if (!bytes)
		return 0;
	if (bytes > KWASM_STRINGS_MAX)
		return -E2BIG;
	p = malloc(bytes);
	if (!p)
		return -ENOMEM;
	packed->data = (uintptr_t)p;
	packed->bytes = bytes;
	for (i = 0; strings[i]; i++)
		p = stpcpy(p, strings[i]) + 1;
	return 0;
}

static void unpack_config(struct kwasm_surroundings *packed)
{
	size_t i;

	for (i = 0; i < KWASM_NR_LISTS; i++)
		free((void *)(uintptr_t)packed->lists[i].data);
}

/* unpack_config() if it has worked */
static int pack_config(struct kwasm_surroundings *packed, const struct libkwasm_config *config)
{
	int err = 0;
	size_t i;

	memset(packed, 0, sizeof(*packed));
	if (!config)
		return 0;
	packed->max_memory = config->max_memory;
	packed->stack_size = config->stack_size;
	for (i = 0; i < KWASM_NR_LISTS && !err; i++)
		err = pack(&packed->lists[i], config->lists[i]);
	if (err)
		unpack_config(packed);
	return err;
}

int libkwasm_load(struct libkwasm *lib, const char *path, bool run)
{
	clear_report(lib);
	return finish(lib, lib->backend->load(lib, path, run));
}

int libkwasm_unload(struct libkwasm *lib, const char *app)
{
	clear_report(lib);
	return finish(lib, lib->backend->unload(lib, app));
}

int libkwasm_instantiate(struct libkwasm *lib, const char *app,
			 const struct libkwasm_config *config, u32 *handle)
{
	struct kwasm_surroundings packed;
	int err;

	clear_report(lib);
	err = pack_config(&packed, config);
	if (!err) {
		err = lib->backend->instantiate(lib, app, &packed, handle);
		unpack_config(&packed);
	}
	return finish(lib, err);
}

int libkwasm_attach(struct libkwasm *lib, const char *app, u32 *handle)
{
	clear_report(lib);
	return finish(lib, lib->backend->attach(lib, app, handle));
}

int libkwasm_register(struct libkwasm *lib, u32 handle, const char *name, u32 name_len)
{
	clear_report(lib);
	return finish(lib, lib->backend->reg(lib, handle, name, name_len));
}

int libkwasm_drop(struct libkwasm *lib, u32 handle)
{
	clear_report(lib);
	return finish(lib, lib->backend->drop(lib, handle));
}

int libkwasm_call(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
		  const struct kwasm_val *args, u32 nr_args,
		  struct kwasm_val *results, u32 *nr_results)
{
	clear_report(lib);
	return finish(lib, lib->backend->call(lib, handle, name, name_len, args, nr_args, results,
					      nr_results));
}

int libkwasm_global_get(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
			struct kwasm_val *value)
{
	clear_report(lib);
	return finish(lib, lib->backend->global_get(lib, handle, name, name_len, value));
}

int libkwasm_run(struct libkwasm *lib, const char *app, const struct libkwasm_config *config,
		 s32 *exit_code)
{
	struct kwasm_surroundings packed;
	int err;

	clear_report(lib);
	err = pack_config(&packed, config);
	if (!err) {
		err = lib->backend->run(lib, app, &packed, exit_code);
		unpack_config(&packed);
	}
	return finish(lib, err);
}

int libkwasm_ps(struct libkwasm *lib, struct kwasm_ps_entry **entries)
{
	struct kwasm_ps_entry *list = NULL;
	int room = 64, nr;

	clear_report(lib);
	for (;;) {
		list = calloc(room, sizeof(*list));
		if (!list)
			return finish(lib, -ENOMEM);
		nr = lib->backend->ps(lib, list, room);
		if (nr <= room)
			break;
		free(list);
		room = nr + 16;		/* a few may have come meanwhile */
	}
	if (nr < 0) {
		free(list);
		return finish(lib, nr);
	}
	*entries = list;
	return nr;
}

int libkwasm_kill(struct libkwasm *lib, u64 id)
{
	clear_report(lib);
	return finish(lib, lib->backend->kill(lib, id));
}

/* Turn the records in @buffer into items; names follow the items in the same piece of memory */
static struct libkwasm_info *unpack_info(const struct kwasm_info *raw, const u8 *buffer)
{
	size_t names = raw->buffer_size + 2ul * raw->nr_items, at = 0;
	struct libkwasm_info *info;
	char *p;
	u32 i;

	info = calloc(1, sizeof(*info) + raw->nr_items * sizeof(struct libkwasm_item) + names);
	if (!info)
		return NULL;
	info->flags = raw->flags;
	info->text_size = raw->text_size;
	info->stack_size = raw->stack_size;
	info->nr_instances = raw->nr_instances;
	info->max_memory = raw->max_memory;
	info->nr_items = raw->nr_items;
	info->items = (struct libkwasm_item *)(info + 1);
	p = (char *)(info->items + raw->nr_items);
	for (i = 0; i < raw->nr_items; i++) {
		const struct kwasm_info_item *record = (const void *)(buffer + at);
		struct libkwasm_item *item = &info->items[i];
		const char *from = (const char *)(record + 1);
		u32 nr_types = record->nr_params + record->nr_results;

		item->import = record->import;
		item->mut = record->mut;
		item->is64 = record->is64;
		item->kind = record->kind;
		item->module_len = record->module_len;
		item->name_len = record->name_len;
		item->nr_params = record->nr_params;
		item->nr_results = record->nr_results;
		item->min = record->min;
		item->max = record->max;
		item->types = memcpy(p, from, nr_types);
		p += nr_types;
		item->module = memcpy(p, from + nr_types, record->module_len);
		p += record->module_len + 1;
		item->name = memcpy(p, from + nr_types + record->module_len, record->name_len);
		p += record->name_len + 1;
		at += record->size;
	}
	return info;
}

int libkwasm_info(struct libkwasm *lib, const char *app, struct libkwasm_info **info)
{
	struct kwasm_info raw = { .size = sizeof(raw) };
	void *buffer;
	int err;

	clear_report(lib);
	err = lib->backend->info(lib, app, &raw, NULL, 0);
	if (err)
		return finish(lib, err);
	buffer = malloc(raw.buffer_size + 1);
	if (!buffer)
		return finish(lib, -ENOMEM);
	err = lib->backend->info(lib, app, &raw, buffer, raw.buffer_size);
	if (!err) {
		*info = unpack_info(&raw, buffer);
		if (!*info)
			err = -ENOMEM;
	}
	free(buffer);
	return finish(lib, err);
}
