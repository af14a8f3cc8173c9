/* SPDX-License-Identifier: GPL-2.0 */
/*
 * code.h - what the finished machine code does, found by decoding it once
 *
 * The exception table, the lists of return and retpoline sites and the line
 * table are all made from what the bytes say, not from hints that an optimiser
 * may lose.
 */
#ifndef _BACKEND_X86_CODE_H
#define _BACKEND_X86_CODE_H

#include "object.h"

/**
 * struct code_function - a function symbol
 * @symbol: in the object
 * @offset: in .text
 * @size: bytes
 * @frame: how far rsp may go below its value at entry, in bytes, with the
 *	return address of a call but without what the callee uses
 */
struct code_function {
	u32 symbol;
	u32 offset;
	u32 size;
	u32 frame;
};

/**
 * struct code_call - a call instruction
 * @offset: in .text
 * @ret: its return address, in .text
 * @symbol: what it calls if that is known by a relocation (kwasm_trap_*,
 *	wasi_*, ...), 0 for a resolved call within .text and for an indirect one
 */
struct code_call {
	u32 offset;
	u32 ret;
	u32 symbol;
};

/**
 * struct code_frame - how deep the stack is from some place on
 * @offset: in .text, of an access or a call
 * @depth: bytes from rsp there up to the function's return address
 */
struct code_frame {
	u32 offset;
	u32 depth;
};

/**
 * struct code - the result; every array ascends by offset
 * @text: index of the section .text
 * @functions: defined functions
 * @accesses: instructions that may touch linear memory; number i gets row i of
 *	the exception table
 * @calls: all calls, also those to thunks
 * @frames: for each place that may trap the last one at or before it tells the depth there
 * @returns: jumps to __x86_return_thunk
 * @retpolines: jumps and calls to __x86_indirect_thunk_*
 */
struct code {
	u32 text;
	struct code_function *functions;
	size_t nr_functions;
	size_t cap_functions;
	u32 *accesses;
	size_t nr_accesses;
	size_t cap_accesses;
	struct code_call *calls;
	size_t nr_calls;
	size_t cap_calls;
	struct code_frame *frames;
	size_t nr_frames;
	size_t cap_frames;
	u32 *returns;
	size_t nr_returns;
	size_t cap_returns;
	u32 *retpolines;
	size_t nr_retpolines;
	size_t cap_retpolines;
};

int code_scan(struct code *code, const struct object *obj);
int code_check_frames(const struct code *code, const struct object *obj);
void code_destroy(struct code *code);
/* the function that holds text offset @offset; NULL: none */
const struct code_function *code_find_function(const struct code *code, u32 offset);

#endif /* _BACKEND_X86_CODE_H */
