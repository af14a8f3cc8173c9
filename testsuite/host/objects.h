/* SPDX-License-Identifier: GPL-2.0 */
/*
 * objects.h - objects assembled from objects/, and what the backend says of them
 *
 * OBJECTS is the folder they were assembled into.
 */
#ifndef _TESTSUITE_OBJECTS_H
#define _TESTSUITE_OBJECTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend-x86/code.h"
#include "../../backend-x86/lines.h"
#include "../../backend-x86/object.h"
#include "../../compiler/diag.h"
#include "../../compiler/util.h"

/* what was printed between capture_begin() and capture_end() */
static char *captured;
static size_t captured_size;
static FILE *capture_stream;

static inline void capture_begin(void)
{
	free(captured);
	captured = NULL;
	capture_stream = open_memstream(&captured, &captured_size);
	diag_redirect(capture_stream);
}

static inline void capture_end(void)
{
	diag_redirect(NULL);
	fclose(capture_stream);
}

static inline u8 *read_object_file(const char *name, size_t *size)
{
	char path[512];
	u8 *bytes;

	snprintf(path, sizeof(path), OBJECTS "/%s.o", name);
	if (file_read(path, &bytes, size)) {
		printf("# cannot read %s\n", path);
		exit(1);
	}
	return bytes;
}

/* the last object that was loaded; replaced by the next */
static struct {
	struct object obj;
	struct code code;
	struct lines lines;
} loaded;

static inline void unload_object(void)
{
	object_destroy(&loaded.obj);
	code_destroy(&loaded.code);
	lines_destroy(&loaded.lines);
}

static inline int load_object(const char *name)
{
	char path[64];
	size_t size;
	u8 *bytes = read_object_file(name, &size);
	int err;

	unload_object();
	snprintf(path, sizeof(path), "%s.o", name);
	capture_begin();
	err = object_read(&loaded.obj, path, bytes, size);
	capture_end();
	free(bytes);
	return err;
}

static inline bool allowed_in_tests(const char *name, const void *arg)
{
	(void)arg;
	return !strncmp(name, "kwasm_", 6) || !strncmp(name, "wasi_", 5) ||
	       !strncmp(name, "__x86_", 6);
}

static inline int normalize_object(const char *name)
{
	int err = load_object(name);

	if (err)
		return err;
	capture_begin();
	err = object_normalize(&loaded.obj, allowed_in_tests, NULL);
	capture_end();
	return err;
}

static inline int scan_object(const char *name)
{
	int err = normalize_object(name);

	if (err)
		return err;
	capture_begin();
	err = code_scan(&loaded.code, &loaded.obj) ?: lines_read(&loaded.lines, &loaded.obj);
	capture_end();
	return err;
}

/* All steps as far as they go, for bytes that may be anything. */
static inline int finish_object(const u8 *bytes, size_t size)
{
	int err;

	unload_object();
	capture_begin();
	err = object_read(&loaded.obj, "t.o", bytes, size) ?:
	      object_normalize(&loaded.obj, allowed_in_tests, NULL) ?:
	      code_scan(&loaded.code, &loaded.obj) ?:
	      lines_read(&loaded.lines, &loaded.obj);
	capture_end();
	return err;
}

#endif /* _TESTSUITE_OBJECTS_H */
