/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bytes.h - modules written down byte by byte, and what the decoder says of them
 */
#ifndef _TESTSUITE_BYTES_H
#define _TESTSUITE_BYTES_H

#include <stdio.h>
#include <stdlib.h>

#include "../../compiler/diag.h"
#include "../../compiler/module.h"

#define HEADER	0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00

/* type section with one type, [] -> [] */
#define TYPE_VOID	0x01, 0x04, 0x01, 0x60, 0x00, 0x00
/* function section with one function of type 0 */
#define ONE_FUNC	0x03, 0x02, 0x01, 0x00

/**
 * struct outcome - what came out of a module
 * @m: destroyed by the next check()
 * @err: of wasm_decode(), or of wasm_validate()
 * @text: everything printed
 */
struct outcome {
	struct wasm_module m;
	int err;
	char *text;
};

static struct outcome outcome;

/* decode and validate; the result stays until the next call */
static inline int check_features(const u8 *bytes, size_t size, u64 features)
{
	size_t text_size;
	FILE *stream;

	wasm_module_destroy(&outcome.m);
	free(outcome.text);
	stream = open_memstream(&outcome.text, &text_size);
	diag_redirect(stream);
	outcome.err = wasm_decode(&outcome.m, "t.wasm", bytes, size, features) ?:
		      wasm_validate(&outcome.m);
	diag_redirect(NULL);
	fclose(stream);
	return outcome.err;
}

#define CHECK_WITH(features, ...)					\
	({								\
		static const u8 __bytes[] = { __VA_ARGS__ };		\
									\
		check_features(__bytes, sizeof(__bytes), features);	\
	})
#define CHECK(...)	CHECK_WITH(WASM_FEATURES_DEFAULT, HEADER, ##__VA_ARGS__)

#endif /* _TESTSUITE_BYTES_H */
