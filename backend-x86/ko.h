/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ko.h - from a normalized object to the bytes of a kernel object
 */
#ifndef _BACKEND_X86_KO_H
#define _BACKEND_X86_KO_H

#include "code.h"
#include "profile.h"

/**
 * struct ko_app - what becomes struct kwasm_app, see kwasm_abi.h
 * @image: bytes of struct kwasm_image and all it refers to
 * @image_size: bytes
 * @data: bytes of all data segments, as image->datas has them
 * @data_size: bytes, may be 0
 * @nr_types: entries of kwasm_app.type_ids
 * @nr_calls: entries of kwasm_app.calls
 *
 * The bytes are copied.
 */
struct ko_app {
	const void *image;
	size_t image_size;
	const void *data;
	size_t data_size;
	u32 nr_types;
	u32 nr_calls;
};

/**
 * struct ko_params - the rest
 * @name: of the module, see modinfo_name()
 * @profile: kernel to write for
 * @description: for modinfo; NULL: none
 * @modinfo: further "key=value" strings; may be NULL if @nr_modinfo is 0
 * @nr_modinfo: number of them
 * @keep_debug: keep .debug_*
 * @max_memory: default of the parameter
 */
struct ko_params {
	const char *name;
	const struct profile *profile;
	const char *description;
	const char *const *modinfo;
	size_t nr_modinfo;
	bool keep_debug;
	u64 max_memory;
};

int ko_add_app(struct object *obj, const struct code *code, const struct ko_app *app,
	       const struct ko_params *params);
int ko_write(struct object *obj, const struct ko_params *params, u8 **bytes, size_t *size);

#endif /* _BACKEND_X86_KO_H */
