// SPDX-License-Identifier: GPL-2.0
/*
 * diag.c - messages to the user; nothing else in the compiler prints them
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "diag.h"
#include "module.h"
#include "util.h"

/* longer ones are cut: names of a megabyte are legal */
#define DIAG_MAX_LINE	2048

static FILE *diag_stream;	/* NULL: stderr */
static const char *diag_tool = "wasm2ko";
static bool diag_status_shown;	/* the line that the next one takes the place of */

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
	if (diag_status_shown)
		fputs("\r\033[K", f);
	diag_status_shown = false;
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

/* the functions differ in what they say in front only */
#define DEFINE_DIAG(name, params, print, ...)			\
void name params						\
{								\
	va_list args;						\
								\
	va_start(args, fmt);					\
	print(__VA_ARGS__, fmt, args);				\
	va_end(args);						\
}

#define AT_PARAMS	(const struct wasm_module *m, u64 offset, const char *fmt, ...)
#define FILE_PARAMS	(const char *path, const char *fmt, ...)
#define TOOL_PARAMS	(const char *fmt, ...)

DEFINE_DIAG(diag_error, AT_PARAMS, print_at, m, offset, "error: ")
DEFINE_DIAG(diag_warning, AT_PARAMS, print_at, m, offset, "warning: ")
DEFINE_DIAG(diag_note, AT_PARAMS, print_at, m, offset, "note: ")
DEFINE_DIAG(diag_file_error, FILE_PARAMS, print_file, path, "error: ")
DEFINE_DIAG(diag_file_warning, FILE_PARAMS, print_file, path, "warning: ")
DEFINE_DIAG(diag_file_note, FILE_PARAMS, print_file, path, "note: ")
DEFINE_DIAG(diag_tool_error, TOOL_PARAMS, print_file, diag_tool, "error: ")
DEFINE_DIAG(diag_tool_warning, TOOL_PARAMS, print_file, diag_tool, "warning: ")
DEFINE_DIAG(diag_tool_note, TOOL_PARAMS, print_file, diag_tool, "note: ")
DEFINE_DIAG(diag_info, TOOL_PARAMS, print_line, "", "")

void diag_status(const char *fmt, ...)
{
	char line[DIAG_MAX_LINE];
	struct winsize window;
	FILE *f = stderr;
	va_list args;

	if (diag_stream || !isatty(fileno(f)))
		return;
	flockfile(f);
	fputs("\r\033[K", f);
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* of a line that goes on in the next row only the last row would be taken away */
	if (!ioctl(fileno(f), TIOCGWINSZ, &window) && window.ws_col &&
	    window.ws_col <= strlen(line))
		line[window.ws_col - 1] = 0;
	print_escaped(f, line);
	fflush(f);
	diag_status_shown = true;
	funlockfile(f);
}

void diag_status_end(void)
{
	if (diag_status_shown)
		fputs("\r\033[K", stderr);
	diag_status_shown = false;
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
