// SPDX-License-Identifier: GPL-2.0
/*
 * diag.c - messages to the user; nothing else in the compiler prints them
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "module.h"
#include "util.h"

/* longer ones are cut: names of a megabyte are legal */
#define DIAG_MAX_LINE	2048

static FILE *diag_stream;	/* NULL: stderr */
static const char *diag_tool = "wasm2ko";

FILE *diag_redirect(FILE *stream)
{
	FILE *old = diag_stream;

	diag_stream = stream;
	return old ? old : stderr;
}

void diag_set_tool(const char *name)
{
	diag_tool = name;
}

/* number of bytes of the printable character at @s; 0 if it must be escaped */
static size_t printable(const char *s)
{
	const u8 *u = (const u8 *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] < 0x20 || u[0] == 0x7f)
		return 0;
	/* C1 controls, as U+009B, which terminals take for an escape sequence */
	if (u[0] == 0xc2 && u[1] < 0xa0)
		return 0;
	if (strnlen(s, n) < n || !utf8_valid(u, n))
		return 0;
	return n;
}

static void print_escaped(FILE *f, const char *s)
{
	size_t n;

	while (*s) {
		n = printable(s);
		if (n)
			fwrite(s, 1, n, f);
		else
			fprintf(f, "\\x%02x", (u8)*s);
		s += n ? n : 1;
	}
}

/* @where "" or "file:0x12: ", @level "" or "error: " */
static void print_line(const char *where, const char *level, const char *fmt, va_list args)
{
	FILE *f = diag_stream ? diag_stream : stderr;
	char line[DIAG_MAX_LINE];
	int n;

	n = vsnprintf(line, sizeof(line), fmt, args);
	if (n >= (int)sizeof(line))
		memcpy(line + sizeof(line) - 4, "...", 4);
	/* one line stays one line even if several processes write */
	flockfile(f);
	print_escaped(f, where);
	fputs(level, f);
	print_escaped(f, line);
	fputc('\n', f);
	funlockfile(f);
}

static void print_at(const struct wasm_module *m, u64 offset, const char *level,
		     const char *fmt, va_list args)
{
	char *where = xasprintf("%s:0x%llx: ", m->filename, offset);

	print_line(where, level, fmt, args);
	free(where);
}

static void print_file(const char *path, const char *level, const char *fmt, va_list args)
{
	char *where = xasprintf("%s: ", path);

	print_line(where, level, fmt, args);
	free(where);
}

void diag_error(const struct wasm_module *m, u64 offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_at(m, offset, "error: ", fmt, args);
	va_end(args);
}

void diag_warning(const struct wasm_module *m, u64 offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_at(m, offset, "warning: ", fmt, args);
	va_end(args);
}

void diag_note(const struct wasm_module *m, u64 offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_at(m, offset, "note: ", fmt, args);
	va_end(args);
}

void diag_file_error(const char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(path, "error: ", fmt, args);
	va_end(args);
}

void diag_file_warning(const char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(path, "warning: ", fmt, args);
	va_end(args);
}

void diag_file_note(const char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(path, "note: ", fmt, args);
	va_end(args);
}

void diag_tool_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(diag_tool, "error: ", fmt, args);
	va_end(args);
}

void diag_tool_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(diag_tool, "warning: ", fmt, args);
	va_end(args);
}

void diag_tool_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_file(diag_tool, "note: ", fmt, args);
	va_end(args);
}

void diag_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("", "", fmt, args);
	va_end(args);
}

void __diag_bug(const char *file, int line, const char *fmt, ...)
{
	char *where = xasprintf("%s: internal error: %s:%d: ", diag_tool, file, line);
	va_list args;

	va_start(args, fmt);
	print_line(where, "", fmt, args);
	va_end(args);
	abort();
}
