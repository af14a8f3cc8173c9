// SPDX-License-Identifier: GPL-2.0
/*
 * features.c - names and sets of features
 */
#include <errno.h>
#include <string.h>

#include "diag.h"
#include "module.h"

static const char *const feature_names[NR_WASM_FEATURES] = {
	[WASM_FEATURE_MVP] = "mvp",
	[WASM_FEATURE_MUTABLE_GLOBALS] = "mutable-globals",
	[WASM_FEATURE_SIGN_EXT] = "sign-ext",
	[WASM_FEATURE_SAT_FLOAT_TO_INT] = "sat-float-to-int",
	[WASM_FEATURE_MULTI_VALUE] = "multi-value",
	[WASM_FEATURE_REFERENCE_TYPES] = "reference-types",
	[WASM_FEATURE_BULK_MEMORY] = "bulk-memory",
	[WASM_FEATURE_SIMD] = "simd",
	[WASM_FEATURE_EXTENDED_CONST] = "extended-const",
	[WASM_FEATURE_CONST_GLOBAL_GET] = "const-global-get",
	[WASM_FEATURE_TAIL_CALL] = "tail-call",
	[WASM_FEATURE_EXCEPTIONS] = "exceptions",
	[WASM_FEATURE_MULTI_MEMORY] = "multi-memory",
	[WASM_FEATURE_MEMORY64] = "memory64",
	[WASM_FEATURE_FUNCTION_REFERENCES] = "function-references",
	[WASM_FEATURE_GC] = "gc",
	[WASM_FEATURE_RELAXED_SIMD] = "relaxed-simd",
	[WASM_FEATURE_THREADS] = "threads",
	[WASM_FEATURE_WIDE_ARITHMETIC] = "wide-arithmetic",
	[WASM_FEATURE_CUSTOM_PAGE_SIZES] = "custom-page-sizes",
	[WASM_FEATURE_LEGACY_EXCEPTIONS] = "legacy-exceptions",
};

const char *wasm_feature_name(enum wasm_feature feature)
{
	return feature_names[feature];
}

/* what a feature is built on */
static const u64 foundations[NR_WASM_FEATURES] = {
	[WASM_FEATURE_RELAXED_SIMD] = WASM_FEATURE_BIT(SIMD),
	[WASM_FEATURE_EXCEPTIONS] = WASM_FEATURE_BIT(REFERENCE_TYPES),
	[WASM_FEATURE_FUNCTION_REFERENCES] = WASM_FEATURE_BIT(REFERENCE_TYPES),
	[WASM_FEATURE_GC] = WASM_FEATURE_BIT(FUNCTION_REFERENCES) |
			    WASM_FEATURE_BIT(REFERENCE_TYPES),
};

u64 wasm_features_with_foundations(u64 features)
{
	int i;

	for (i = 0; i < NR_WASM_FEATURES; i++) {
		if (features & 1ull << i)
			features |= foundations[i];
	}
	return features | WASM_FEATURE_BIT(MVP);
}

/* the set that a name stands for; 0 if it is unknown */
static u64 named_features(const char *name, size_t size, u64 supported)
{
	int i;

	if (size == 3 && !memcmp(name, "all", 3))
		return supported;
	for (i = 0; i < NR_WASM_FEATURES; i++) {
		if (strlen(feature_names[i]) == size && !memcmp(name, feature_names[i], size))
			return 1ull << i;
	}
	return 0;
}

int wasm_features_parse(const char *arg, u64 supported, u64 *features)
{
	u64 result = *features, set;
	const char *name = arg;
	size_t size;
	bool add;

	for (;;) {
		add = *name != '-';
		name += *name == '-' || *name == '+';
		size = strcspn(name, ",");
		if (size == 4 && !memcmp(name, "none", 4)) {
			result = add ? WASM_FEATURE_BIT(MVP) : supported;
		} else {
			set = named_features(name, size, supported);
			if (!set) {
				diag_tool_error("unknown feature '%.*s' in --features=%s",
						(int)size, name, arg);
				return -EINVAL;
			}
			if (add && (set & ~supported)) {
				diag_tool_error("feature '%.*s' is not supported yet",
						(int)size, name);
				return -EINVAL;
			}
			result = add ? result | set : result & ~set;
		}
		if (!name[size])
			break;
		name += size + 1;
	}
	*features = wasm_features_with_foundations(result);
	return 0;
}
