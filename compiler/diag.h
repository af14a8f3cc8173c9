/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diag.h - messages to the user; diag.c is the only code that prints them
 *
 * Form as clang's, with a byte offset where clang has a line:
 *
 *	fir.wasm:0x1a4: error: type mismatch: i32.add expects i32, found f64
 *	fir.wasm:0x1a4: note: in function 3 'parse_row', block depth 2
 *
 * Lower case, no full stop, the spec suite's phrase first where there is one,
 * then wanted and found. Every call prints one line; the newline is added here,
 * and control characters and bytes that are not UTF-8 are escaped, since names
 * come from the input.
 */
#ifndef _COMPILER_DIAG_H
#define _COMPILER_DIAG_H

#include <stdio.h>
#include "../include/types.h"

struct wasm_module;

#define __diag_printf(fmt, args) __attribute__((format(printf, fmt, args)))

/* about a byte of the module; @offset counts from the start of the file */
void diag_error(const struct wasm_module *m, u64 offset, const char *fmt, ...) __diag_printf(3, 4);
void diag_warning(const struct wasm_module *m, u64 offset, const char *fmt, ...) __diag_printf(3, 4);
void diag_note(const struct wasm_module *m, u64 offset, const char *fmt, ...) __diag_printf(3, 4);

/* about a file as a whole: "app.wasm: error: ..." */
void diag_file_error(const char *path, const char *fmt, ...) __diag_printf(2, 3);
void diag_file_warning(const char *path, const char *fmt, ...) __diag_printf(2, 3);
void diag_file_note(const char *path, const char *fmt, ...) __diag_printf(2, 3);

/* about the command: "wasm2ko: error: ..." */
void diag_tool_error(const char *fmt, ...) __diag_printf(1, 2);
void diag_tool_warning(const char *fmt, ...) __diag_printf(1, 2);
void diag_tool_note(const char *fmt, ...) __diag_printf(1, 2);

/* progress for -v: the text and a newline, no prefix */
void diag_info(const char *fmt, ...) __diag_printf(1, 2);

/*
 * How far a long compilation is: a line without end, of which nothing is left when the next one
 * is printed, or at diag_status_end(). Only on a terminal.
 */
void diag_status(const char *fmt, ...) __diag_printf(1, 2);
void diag_status_end(void);

/* "wasm2ko: internal error: file:line: ..." and abort: a mistake of ours, never the input's */
#define diag_bug(fmt, ...) __diag_bug(__FILE__, __LINE__, fmt, ##__VA_ARGS__)
void __diag_bug(const char *file, int line, const char *fmt, ...)
	__diag_printf(3, 4) __attribute__((noreturn));

/* send everything to @stream (open_memstream() for tests); returns where it went before */
FILE *diag_redirect(FILE *stream);
/* the name in front of diag_tool_*(); "wasm2ko" unless set */
void diag_set_tool(const char *name);

#endif /* _COMPILER_DIAG_H */
