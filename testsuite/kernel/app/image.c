// SPDX-License-Identifier: GPL-2.0
/*
 * What kbuild wants of a module, an app's parameters, and the image. No code: that is in app.S.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include "kwasm_abi.h"
#include "layout.h"

#define FUNCS(F)	\
	F(load) F(far) F(store) F(spin) F(recurse) F(divide) F(grow) F(hostspin) F(registers)	\
	F(vectors) F(control)

/* ULEB128 of two bytes */
#define LEB2(n)		((n) & 0x7f) | 0x80, (n) >> 7

struct names {
	char app[16];
#define F(f) char f[16];
	FUNCS(F)
#undef F
};

static const struct {
	struct kwasm_image image;
	struct kwasm_image_type types[1];
	u32 valtypes[2];
	struct kwasm_image_func funcs[NR_FUNCS];
	struct kwasm_image_ref refs[NR_FUNCS];
	struct kwasm_image_memory memories[1];
	struct kwasm_image_export exports[NR_FUNCS];
	u8 accesses[2 * NR_ACCESSES] __aligned(8);
	struct kwasm_image_frame frames[3];
	struct names names;
} image;

extern const u8 text_start[];
extern u8 ex_table[];
extern const struct kernel_param_ops kwasm_param_ops_string, kwasm_param_ops_u64,
				     kwasm_param_ops_u32, kwasm_param_ops_bool;

#define AT(member)	offsetof(typeof(image), member)
#define ARRAY(member)	{ AT(member), ARRAY_SIZE(image.member) }
#define NAME(member)	{ AT(names.member), sizeof(#member) - 1 }

static const typeof(image) image = {
	.image = {
		.magic = KWASM_ABI_MAGIC,
		.abi_version = KWASM_ABI_VERSION,
		.size = sizeof(image),
		.flags = KWASM_IMAGE_FPU | KWASM_IMAGE_MEMORY0,
		.name = { AT(names.app), sizeof("kwasm_regs") - 1 },
		/* a multiple of 16 */
		.ctx_size = (KWASM_CTX_FIXED + NR_FUNCS * sizeof(struct kwasm_func) + 15) & ~15u,
		.nr_values = 16,
		.stack_size = KWASM_STACK_DEFAULT,
		.text_size = TEXT_SIZE,
		.types = ARRAY(types),
		.funcs = ARRAY(funcs),
		.refs = ARRAY(refs),
		.memories = ARRAY(memories),
		.exports = ARRAY(exports),
		.accesses = ARRAY(accesses),
		.frames = ARRAY(frames),
	},
	.types = { {
		.kind = KWASM_COMPTYPE_FUNC,
		.final = 1,
		.super = ~0u,
		.nr_rec = 1,
		.nr_params = 1,
		.nr_results = 1,
		.valtypes = AT(valtypes),
		.invoke = 1,
	} },
	.valtypes = { 0x7e, 0x7e },
	.funcs = {
#define F(f) [NR_##f] = {						\
		.text_offset = FUNC_OFFSET(NR_##f),			\
		.text_size = FUNC_SIZE,					\
		.funcidx = NR_##f,					\
		.name = NAME(f),					\
		.code_offset = 0x100 + NR_##f,				\
	},
		FUNCS(F)
#undef F
	},
	.refs = {
#define F(f) [NR_##f] = {						\
		.funcidx = NR_##f,					\
		.code = FUNC_OFFSET(NR_##f),				\
		.slot = -KWASM_CTX_FIXED - (int)sizeof(struct kwasm_func) * (NR_##f + 1), \
	},
		FUNCS(F)
#undef F
	},
	.memories = { { .min = 1, .max = 16384, .page_size_log2 = 16 } },
	.exports = {
#define F(f) [NR_##f] = { .name = NAME(f), .kind = KWASM_EXTERN_FUNC, .index = NR_##f },
		FUNCS(F)
#undef F
	},
	.accesses = {
		LEB2(FUNC_OFFSET(0) + ACCESS_OFFSET), LEB2(FUNC_SIZE), LEB2(FUNC_SIZE),
	},
	/* all keep rbp, and one has 48 bytes more */
	.frames = {
		{ 0, 8 }, { FUNC_OFFSET(NR_recurse), 8 + 48 }, { FUNC_OFFSET(NR_recurse + 1), 8 },
	},
	.names = {
		.app = "kwasm_regs",
#define F(f) .f = #f,
		FUNCS(F)
#undef F
	},
};

static u32 type_ids[1];

struct kwasm_app kwasm_app = {
	.magic = KWASM_ABI_MAGIC,
	.abi_version = KWASM_ABI_VERSION,
	.image = &image.image,
	.text = text_start,
	.type_ids = type_ids,
	.module = THIS_MODULE,
	.ex_table = ex_table,
	.nr_ex_rows = NR_ACCESSES,
	.instances = 1,
	.run = 1,
};

module_param_cb(args, &kwasm_param_ops_string, &kwasm_app.args, 0444);
module_param_cb(env, &kwasm_param_ops_string, &kwasm_app.env, 0444);
module_param_cb(dirs, &kwasm_param_ops_string, &kwasm_app.dirs, 0444);
module_param_cb(fds, &kwasm_param_ops_string, &kwasm_app.fds, 0444);
module_param_cb(max_memory, &kwasm_param_ops_u64, &kwasm_app.max_memory, 0444);
module_param_cb(instances, &kwasm_param_ops_u32, &kwasm_app.instances, 0444);
module_param_cb(stack_size, &kwasm_param_ops_u32, &kwasm_app.stack_size, 0444);
module_param_cb(run, &kwasm_param_ops_bool, &kwasm_app.run, 0444);

MODULE_DESCRIPTION("Hand-written app that looks after every register");
MODULE_LICENSE("GPL");
