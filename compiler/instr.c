// SPDX-License-Identifier: GPL-2.0
/*
 * instr.c - one instruction at a time, from bytes to plain data
 *
 * The specification's "Binary Format, Instructions". Validation reads every
 * body through this once, the lowering a second time; neither sees a byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "diag.h"
#include "module.h"

/* rows by opcode: one page for plain opcodes and one for each prefix */
#define PAGE_SIZE_OPCODES	0x120
#define FIRST_PREFIX		0xfb
#define LAST_PREFIX		0xfe
#define OPCODE_INDEX(code)						\
	((code) < 0x100 ? (code) :					\
	 (((code) >> 12) - FIRST_PREFIX + 1) * PAGE_SIZE_OPCODES + ((code) & 0xfff))

static const struct wasm_opcode_info
opcode_infos[(LAST_PREFIX - FIRST_PREFIX + 2) * PAGE_SIZE_OPCODES] = {
#define OP(id, code, name, immediate, sig, natural, feat)			\
	[OPCODE_INDEX(code)] = {						\
		.text = name,							\
		.signature = sig,						\
		.imm = WASM_IMM_##immediate,					\
		.feature = WASM_FEATURE_##feat,					\
		.align = natural,						\
	},
#include "opcode.h"
};

const struct wasm_opcode_info *wasm_opcode_info(u32 op)
{
	const struct wasm_opcode_info *info;

	if (op >= 0x100 && ((op >> 12) < FIRST_PREFIX || (op >> 12) > LAST_PREFIX ||
			    (op & 0xfff) >= PAGE_SIZE_OPCODES))
		return NULL;
	info = &opcode_infos[OPCODE_INDEX(op)];
	return info->text ? info : NULL;
}

void wasm_code_reader_start(struct wasm_code_reader *r, const struct wasm_module *m,
			    const struct wasm_range *range)
{
	r->in.m = m;
	r->in.pos = m->bytes + range->offset;
	r->in.end = r->in.pos + range->size;
}

void wasm_code_reader_destroy(struct wasm_code_reader *r)
{
	free(r->vec);
	free(r->catches);
	memset(r, 0, sizeof(*r));
}

static int illegal_opcode(struct wasm_bytes *b, u32 offset, u32 op)
{
	if (op < 0x100)
		diag_error(b->m, offset, "illegal opcode %02x", op);
	else
		diag_error(b->m, offset, "illegal opcode %02x %02x", op >> 12, op & 0xfff);
	return -EINVAL;
}

static int read_opcode(struct wasm_bytes *b, struct wasm_instr *in)
{
	u32 sub;
	u8 byte;

	in->offset = bytes_offset(b);
	if (read_byte(b, &byte))
		return -EINVAL;
	in->op = byte;
	if (byte >= FIRST_PREFIX && byte <= LAST_PREFIX) {
		if (read_u32(b, &sub))
			return -EINVAL;
		if (sub >= PAGE_SIZE_OPCODES) {
			diag_error(b->m, in->offset, "illegal opcode %02x %02x", byte, sub);
			return -EINVAL;
		}
		in->op = (u32)byte << 12 | sub;
	}
	in->info = &opcode_infos[OPCODE_INDEX(in->op)];
	if (!in->info->text)
		return illegal_opcode(b, in->offset, in->op);
	/* throw is in both forms of exception handling */
	if (in->op == WASM_OP_THROW && (b->m->features & WASM_FEATURE_BIT(LEGACY_EXCEPTIONS)) &&
	    !(b->m->features & WASM_FEATURE_BIT(EXCEPTIONS)))
		return use_feature(b, in->offset, WASM_FEATURE_LEGACY_EXCEPTIONS, "throw");
	/* and this needs two of them */
	if (in->op == WASM_OP_RETURN_CALL_REF &&
	    use_feature(b, in->offset, WASM_FEATURE_TAIL_CALL, in->info->text))
		return -EINVAL;
	return use_feature(b, in->offset, in->info->feature, in->info->text);
}

/* alignment, perhaps a memory index, offset */
static int read_memarg(struct wasm_bytes *b, struct wasm_instr *in)
{
	u32 offset = bytes_offset(b), flags;

	if (read_u32(b, &flags))
		return -EINVAL;
	if (flags >= 0x80) {
		diag_error(b->m, offset, "malformed memop flags 0x%x", flags);
		return -EINVAL;
	}
	in->memidx = 0;
	if (flags & 0x40) {
		if (use_feature(b, offset, WASM_FEATURE_MULTI_MEMORY, "a memory index") ||
		    read_u32(b, &in->memidx))
			return -EINVAL;
	}
	in->memarg.align = flags & 0x3f;
	return read_u64(b, &in->memarg.offset);
}

static int read_labels(struct wasm_code_reader *r, struct wasm_instr *in)
{
	u32 offset = bytes_offset(&r->in), nr, i;

	if (read_count(&r->in, &nr))
		return -EINVAL;
	if (nr > WASM_MAX_BR_TABLE) {
		diag_error(r->in.m, offset, "implementation limit: br_table has %u labels, at most %u",
			   nr, WASM_MAX_BR_TABLE);
		return -EINVAL;
	}
	array_reserve(r->vec, r->vec_cap, nr);
	for (i = 0; i < nr; i++) {
		if (read_u32(&r->in, &r->vec[i]))
			return -EINVAL;
	}
	in->labels = r->vec;
	in->nr_labels = nr;
	return read_u32(&r->in, &in->labelidx);
}

static int read_select(struct wasm_code_reader *r, struct wasm_instr *in)
{
	u32 i, nr;

	if (read_count(&r->in, &nr))
		return -EINVAL;
	array_reserve(r->vec, r->vec_cap, nr);
	for (i = 0; i < nr; i++) {
		if (read_valtype(&r->in, &r->vec[i]))
			return -EINVAL;
	}
	in->types = r->vec;
	in->nr_types = nr;
	return 0;
}

static int read_catches(struct wasm_code_reader *r, struct wasm_instr *in)
{
	u32 offset, i, nr;
	u8 kind;

	if (read_blocktype(&r->in, &in->block) || read_count(&r->in, &nr))
		return -EINVAL;
	array_reserve(r->catches, r->catches_cap, nr);
	for (i = 0; i < nr; i++) {
		struct wasm_catch *c = &r->catches[i];

		offset = bytes_offset(&r->in);
		if (read_byte(&r->in, &kind))
			return -EINVAL;
		if (kind > WASM_CATCH_ALL_REF) {
			diag_error(r->in.m, offset, "malformed catch clause 0x%02x", kind);
			return -EINVAL;
		}
		c->kind = kind;
		c->tagidx = 0;
		if (kind <= WASM_CATCH_REF && read_u32(&r->in, &c->tagidx))
			return -EINVAL;
		if (read_u32(&r->in, &c->labelidx))
			return -EINVAL;
	}
	in->catches = r->catches;
	in->nr_catches = nr;
	return 0;
}

/* label, source and target heap type, their nullability in a byte before */
static int read_br_on_cast(struct wasm_bytes *b, struct wasm_instr *in)
{
	u32 offset = bytes_offset(b);
	wasm_valtype_t from, to;
	u8 flags;

	if (read_byte(b, &flags))
		return -EINVAL;
	if (flags > 3) {
		diag_error(b->m, offset, "malformed %s flags", in->info->text);
		return -EINVAL;
	}
	if (read_u32(b, &in->labelidx) || read_heaptype(b, &from) || read_heaptype(b, &to))
		return -EINVAL;
	in->src_reftype = WASM_REF | (flags & 1 ? WASM_REF_NULL : 0) | from;
	in->reftype = WASM_REF | (flags & 2 ? WASM_REF_NULL : 0) | to;
	return 0;
}

static int read_fence(struct wasm_bytes *b)
{
	u32 offset = bytes_offset(b);
	u8 zero;

	if (read_byte(b, &zero))
		return -EINVAL;
	if (zero) {
		diag_error(b->m, offset, "zero byte expected, found 0x%02x", zero);
		return -EINVAL;
	}
	return 0;
}

/* little-endian bits of a float constant */
static int read_le(struct wasm_bytes *b, u32 size, u64 *value)
{
	u8 bytes[8];

	if (read_bytes(b, bytes, size))
		return -EINVAL;
	*value = 0;
	while (size--)
		*value = *value << 8 | bytes[size];
	return 0;
}

static int read_immediates(struct wasm_code_reader *r, struct wasm_instr *in)
{
	struct wasm_bytes *b = &r->in;
	u64 bits;

	switch (in->info->imm) {
	case WASM_IMM_NONE:
		return 0;
	case WASM_IMM_BLOCK:
		return read_blocktype(b, &in->block);
	case WASM_IMM_TRY_TABLE:
		return read_catches(r, in);
	case WASM_IMM_LABEL:
		return read_u32(b, &in->labelidx);
	case WASM_IMM_LABELS:
		return read_labels(r, in);
	case WASM_IMM_FUNC:
		return read_u32(b, &in->funcidx);
	case WASM_IMM_TYPE:
		return read_u32(b, &in->typeidx);
	case WASM_IMM_TYPE_TABLE:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->tableidx);
	case WASM_IMM_TYPE_FIELD:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->fieldidx);
	case WASM_IMM_TYPE_COUNT:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->count);
	case WASM_IMM_TYPE_DATA:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->dataidx);
	case WASM_IMM_TYPE_ELEM:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->elemidx);
	case WASM_IMM_TYPE_TYPE:
		return read_u32(b, &in->typeidx) ?: read_u32(b, &in->src_typeidx);
	case WASM_IMM_LOCAL:
		return read_u32(b, &in->localidx);
	case WASM_IMM_GLOBAL:
		return read_u32(b, &in->globalidx);
	case WASM_IMM_TABLE:
		return read_u32(b, &in->tableidx);
	case WASM_IMM_TABLE_TABLE:
		return read_u32(b, &in->tableidx) ?: read_u32(b, &in->src_tableidx);
	case WASM_IMM_ELEM:
		return read_u32(b, &in->elemidx);
	case WASM_IMM_ELEM_TABLE:
		return read_u32(b, &in->elemidx) ?: read_u32(b, &in->tableidx);
	case WASM_IMM_MEMORY:
		return read_u32(b, &in->memidx);
	case WASM_IMM_MEMORY_MEMORY:
		return read_u32(b, &in->memidx) ?: read_u32(b, &in->src_memidx);
	case WASM_IMM_DATA:
		return read_u32(b, &in->dataidx);
	case WASM_IMM_DATA_MEMORY:
		return read_u32(b, &in->dataidx) ?: read_u32(b, &in->memidx);
	case WASM_IMM_MEMARG:
		return read_memarg(b, in);
	case WASM_IMM_MEMARG_LANE:
		return read_memarg(b, in) ?: read_byte(b, &in->lane);
	case WASM_IMM_TAG:
		return read_u32(b, &in->tagidx);
	case WASM_IMM_I32:
		return read_s32(b, &in->i32);
	case WASM_IMM_I64:
		return read_s64(b, &in->i64);
	case WASM_IMM_F32:
		if (read_le(b, 4, &bits))
			return -EINVAL;
		in->f32 = (u32)bits;
		return 0;
	case WASM_IMM_F64:
		return read_le(b, 8, &in->f64);
	case WASM_IMM_V128:
	case WASM_IMM_SHUFFLE:
		return read_bytes(b, in->v128, sizeof(in->v128));
	case WASM_IMM_LANE:
		return read_byte(b, &in->lane);
	case WASM_IMM_SELECT:
		return read_select(r, in);
	case WASM_IMM_HEAPTYPE:
		if (read_heaptype(b, &in->reftype))
			return -EINVAL;
		in->reftype |= WASM_REF;
		if (in->op == WASM_OP_REF_NULL || in->op == WASM_OP_REF_TEST_NULL ||
		    in->op == WASM_OP_REF_CAST_NULL)
			in->reftype |= WASM_REF_NULL;
		return 0;
	case WASM_IMM_BR_ON_CAST:
		return read_br_on_cast(b, in);
	case WASM_IMM_FENCE:
		return read_fence(b);
	}
	return -EINVAL;
}

int wasm_read_instr(struct wasm_code_reader *r, struct wasm_instr *in)
{
	if (read_opcode(&r->in, in))
		return -EINVAL;
	return read_immediates(r, in);
}

struct wasm_functype wasm_blocktype_expand(const struct wasm_module *m,
					   const struct wasm_blocktype *block,
					   wasm_valtype_t *result_buf)
{
	struct wasm_functype type = { 0 };

	if (block->typeidx != WASM_NO_INDEX)
		return m->types[block->typeidx].func;
	*result_buf = block->result;
	type.results = result_buf;
	type.nr_results = block->result ? 1 : 0;
	return type;
}
