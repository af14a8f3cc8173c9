// SPDX-License-Identifier: GPL-2.0
/*
 * check-module - decode and validate a file, print what wasm2ko would say of it
 *
 *	check-module [--features=LIST] FILE
 *
 * For the pairs in testsuite/diag. Status 0 if the module is valid, 1 if not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../compiler/diag.h"
#include "../../compiler/module.h"

int main(int argc, char **argv)
{
	u64 features = WASM_FEATURES_DEFAULT;
	struct wasm_module m;
	size_t size;
	u8 *bytes;
	int i, err;

	for (i = 1; i < argc - 1; i++) {
		if (strncmp(argv[i], "--features=", 11) ||
		    wasm_features_parse(argv[i] + 11, WASM_FEATURES_ALL, &features))
			return 2;
	}
	if (i != argc - 1)
		return 2;
	err = file_read(argv[i], &bytes, &size);
	if (err) {
		diag_file_error(argv[i], "%s", strerror(-err));
		return 1;
	}
	err = wasm_decode(&m, argv[i], bytes, size, features) ?: wasm_validate(&m);
	wasm_module_destroy(&m);
	free(bytes);
	return err ? 1 : 0;
}
