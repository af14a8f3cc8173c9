/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - the block that tells the runtime what the module is
 */
#ifndef _BACKEND_X86_IMAGE_H
#define _BACKEND_X86_IMAGE_H

#include "abi.h"
#include "code.h"
#include "lines.h"
#include "object.h"

/**
 * struct image - the bytes of struct kwasm_image, and of the data segments
 */
struct image {
	u8 *bytes;
	size_t size;
	size_t cap;
	u8 *data;
	size_t data_size;
};

/**
 * struct image_params - what is neither in the module nor in the code
 * @name: of the app
 * @stack_size: bytes of guest stack
 * @software_bounds: no guard area is needed
 * @calls, @nr_calls: calls through tables that stay as they are
 */
struct image_params {
	const char *name;
	u32 stack_size;
	bool software_bounds;
	const struct abi_calls *calls;
	u32 nr_calls;
};

/**
 * image_create() - Describe a module and its code
 * @image: filled in
 * @m: validated
 * @abi: its layout
 * @obj: its code, normalized; function symbols as lower_module() names them
 * @code: the same, scanned
 * @lines: the same, file offsets
 * @params: the rest
 */
void image_create(struct image *image, const struct wasm_module *m, const struct abi_layout *abi,
		  const struct object *obj, const struct code *code, const struct lines *lines,
		  const struct image_params *params);
void image_destroy(struct image *image);

/* give function symbols the names that a person wants to see in a backtrace */
void image_name_symbols(struct object *obj, const struct wasm_module *m);

#endif /* _BACKEND_X86_IMAGE_H */
