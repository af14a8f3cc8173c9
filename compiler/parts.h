/* SPDX-License-Identifier: GPL-2.0 */
/* parts.h - a module cut into parts, which are lowered and optimised apart from each other */
#ifndef _COMPILER_PARTS_H
#define _COMPILER_PARTS_H

#include "lower.h"
#include "module.h"

/**
 * struct parts - all of a module's functions, in order
 * @parts: @nr of them, at least one
 * @sizes: bytes of bodies in each, copies left out
 * @shared, @copied, @calls: see struct lower_part
 */
struct parts {
	struct lower_part *parts;
	u64 *sizes;
	u32 nr;
	bool *shared;
	bool *copied;
	u32 *calls;
};

/**
 * parts_create() - Cut a module into parts
 * @parts: filled in, for parts_destroy()
 * @m: validated
 * @whole: make one part of it all
 * @copies: small functions may be copied into the parts that call them
 *
 * Depends on the module alone, not on the machine: so the output does not either.
 */
void parts_create(struct parts *parts, const struct wasm_module *m, bool whole, bool copies);
void parts_destroy(struct parts *parts);

#endif /* _COMPILER_PARTS_H */
