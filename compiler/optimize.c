// SPDX-License-Identifier: GPL-2.0
/*
 * optimize.c - Binaryen, the only file that knows it
 *
 * Loaded when asked for, not linked: starting every compilation would take
 * longer, and it is asked for rarely. What clang -O2 made gains nothing from it
 * (figlet and lua: the same code within 0.1%); modules that no optimiser has
 * seen do.
 */
#include <binaryen-c.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "diag.h"
#include "optimize.h"

/* the functions used, by the types that the header gives them */
#define BINARYEN_FUNCTIONS(F)			\
	F(BinaryenModuleRead)			\
	F(BinaryenModuleDispose)		\
	F(BinaryenModuleSetFeatures)		\
	F(BinaryenModuleOptimize)		\
	F(BinaryenModuleAllocateAndWrite)	\
	F(BinaryenSetOptimizeLevel)		\
	F(BinaryenSetShrinkLevel)		\
	F(BinaryenSetDebugInfo)			\
	F(BinaryenFeatureBulkMemory)		\
	F(BinaryenFeatureMutableGlobals)	\
	F(BinaryenFeatureNontrappingFPToInt)	\
	F(BinaryenFeatureSignExt)		\
	F(BinaryenFeatureMultivalue)

struct binaryen {
#define F(name) __typeof__(&name) name;
	BINARYEN_FUNCTIONS(F)
#undef F
};

/* what this version of Binaryen reads and writes reliably */
#define KNOWN_FEATURES								\
	(WASM_FEATURE_BIT(MVP) | WASM_FEATURE_BIT(MUTABLE_GLOBALS) |		\
	 WASM_FEATURE_BIT(SIGN_EXT) | WASM_FEATURE_BIT(SAT_FLOAT_TO_INT) |	\
	 WASM_FEATURE_BIT(MULTI_VALUE) | WASM_FEATURE_BIT(BULK_MEMORY))

static int load(struct binaryen *b)
{
	void *library = dlopen("libbinaryen.so", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		diag_tool_error("--binaryen: %s; install the package 'binaryen'", dlerror());
		return -ENOENT;
	}
#define F(name) \
	*(void **)&b->name = dlsym(library, #name); \
	if (!b->name) { \
		diag_tool_error("--binaryen: this version of Binaryen has no %s()", #name); \
		return -ENOENT; \
	}
	BINARYEN_FUNCTIONS(F)
#undef F
	return 0;
}

int wasm_optimize(const struct wasm_module *m, unsigned int level, u8 **bytes, size_t *size)
{
	BinaryenModuleAllocateAndWriteResult result;
	BinaryenModuleRef module;
	struct binaryen b;
	int err = load(&b);

	*bytes = NULL;
	*size = 0;
	if (err || (m->used & ~KNOWN_FEATURES))
		return err;
	module = b.BinaryenModuleRead((char *)m->bytes, m->size);
	b.BinaryenModuleSetFeatures(module, b.BinaryenFeatureBulkMemory() |
				    b.BinaryenFeatureMutableGlobals() |
				    b.BinaryenFeatureNontrappingFPToInt() |
				    b.BinaryenFeatureSignExt() | b.BinaryenFeatureMultivalue());
	b.BinaryenSetOptimizeLevel(level);
	b.BinaryenSetShrinkLevel(0);
	b.BinaryenSetDebugInfo(true);	/* keep the name section */
	b.BinaryenModuleOptimize(module);
	result = b.BinaryenModuleAllocateAndWrite(module, NULL);
	b.BinaryenModuleDispose(module);
	free(result.sourceMap);
	*bytes = result.binary;
	*size = result.binaryBytes;
	return 0;
}
