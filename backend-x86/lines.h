/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lines.h - which "line" each instruction came from
 *
 * Lowering gives every instruction's offset in the .wasm file as its line
 * number; LLVM carries it through optimisation into .debug_line.
 */
#ifndef _BACKEND_X86_LINES_H
#define _BACKEND_X86_LINES_H

#include "object.h"

/**
 * struct lines_row - from @offset on, up to the next row
 * @offset: in .text
 * @line: 0: unknown
 */
struct lines_row {
	u32 offset;
	u32 line;
};

/* ascending offsets, no two equal */
struct lines {
	struct lines_row *rows;
	size_t nr;
	size_t cap;
};

int lines_read(struct lines *lines, const struct object *obj);
void lines_destroy(struct lines *lines);
/* for a call, ask for its return address - 1; 0: unknown */
u32 lines_find(const struct lines *lines, u32 offset);

#endif /* _BACKEND_X86_LINES_H */
