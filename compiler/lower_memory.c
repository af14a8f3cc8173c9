// SPDX-License-Identifier: GPL-2.0
/*
 * lower_memory.c - loads, stores, memory.*, data.drop
 *
 * "Execution, Instructions, Memory". An access is base + u32 + offset: the guard
 * area behind every memory turns what is out of bounds into a fault, and the
 * exception table that into a trap, so nothing is compared. With software
 * bounds it is compared with the memory's size instead; so it always is where
 * 64 bits of address or a page of one byte are beyond what a guard area can do.
 *
 * memory.copy and memory.fill are helpers of the runtime. What is small is done here, though: a
 * compiler makes one of every memcpy(), few of which are of more than some bytes.
 */
#include <string.h>

#include "diag.h"
#include "lower.h"

static LLVMValueRef memory_object(struct lower *l, u32 memidx)
{
	return lower_slot(l, l->abi->memories[memidx]);
}

static LLVMValueRef memory_base(struct lower *l, u32 memidx)
{
	if (memidx == 0 && l->abi->memory0_here)
		return l->ctx;
	return lower_load_fixed(l, l->ptr, memory_object(l, memidx));
}

LLVMValueRef lower_memory_bytes(struct lower *l, u32 memidx)
{
	LLVMValueRef size = lower_offset(l, memory_object(l, memidx),
					 offsetof(struct kwasm_memory_abi, size));

	return lower_load(l, l->i64, size, LOWER_ALIAS_RUNTIME);
}

/*
 * A move that LLVM cannot look through, so that the checker can see the 32 bits, or
 * that nothing but the comparison that follows bounds the 64.
 */
LLVMValueRef lower_opaque(struct lower *l, LLVMValueRef index)
{
	LLVMTypeRef from = LLVMTypeOf(index), type = LLVMFunctionType(l->i64, &from, 1, 0);
	const char *text = from == l->i64 ? "movq $1, $0" : "movl $1, ${0:k}";
	LLVMValueRef move = LLVMGetInlineAsm(type, text, strlen(text), "=r,r", 4, 0, 0,
					     LLVMInlineAsmDialectATT, 0);

	return LLVMBuildCall2(l->b, type, move, &index, 1, "");
}

bool lower_has_guard(const struct lower_options *opt, const struct wasm_memory *memory)
{
	return !opt->software_bounds && !memory->is64 &&
	       memory->page_size_log2 == WASM_PAGE_SIZE_LOG2;
}

/* where an access of @size bytes ends; traps if that is beyond what 64 bits can count */
static LLVMValueRef access_end(struct lower *l, const struct wasm_instr *in, LLVMValueRef index,
			       u32 size)
{
	LLVMValueRef args[] = { index, lower_i64(l, in->memarg.offset + size) }, sum;

	/* of 32 bits each, index and offset make at most 2^33 + 16 */
	if (!l->m->memories[in->memidx].is64)
		return LLVMBuildNUWAdd(l->b, args[0], args[1], "");
	if (in->memarg.offset > ~0ull - size) {
		lower_trap_if(l, LLVMConstInt(l->i1, 1, 0), KWASM_TRAP_out_of_bounds_memory);
		return index;
	}
	sum = lower_intrinsic(l, "llvm.uadd.with.overflow", &l->i64, 1, args, 2);
	lower_trap_if(l, LLVMBuildExtractValue(l->b, sum, 1, ""), KWASM_TRAP_out_of_bounds_memory);
	return LLVMBuildExtractValue(l->b, sum, 0, "");
}

LLVMValueRef lower_memory_address(struct lower *l, const struct wasm_instr *in, u32 size)
{
	const struct wasm_memory *memory = &l->m->memories[in->memidx];
	bool is_opaque = l->opt->opaque_index && l->opt->opaque_index[l->funcidx];
	LLVMValueRef index = lower_pop(l), ptr, end;

	if (is_opaque)
		index = lower_opaque(l, index);
	else if (!memory->is64)
		index = LLVMBuildZExt(l->b, index, l->i64, "");
	if (!lower_has_guard(l->opt, memory)) {
		end = access_end(l, in, index, size);
		lower_trap_if(l, LLVMBuildICmp(l->b, LLVMIntUGT, end, lower_memory_bytes(l, in->memidx), ""),
			      KWASM_TRAP_out_of_bounds_memory);
		/* addressed from what was compared, so that wherever it moves it brings the proof */
		if (is_opaque) {
			end = lower_opaque(l, end);
			ptr = LLVMBuildGEP2(l->b, l->i8, memory_base(l, in->memidx), &end, 1, "");
			return lower_offset(l, ptr, -(s64)size);
		}
	}
	ptr = LLVMBuildGEP2(l->b, l->i8, memory_base(l, in->memidx), &index, 1, "");
	return lower_offset(l, ptr, in->memarg.offset);
}

LLVMValueRef lower_memory_load(struct lower *l, const struct wasm_instr *in, LLVMTypeRef type,
			       u32 size)
{
	LLVMValueRef v = lower_load(l, type, lower_memory_address(l, in, size), LOWER_ALIAS_MEMORY);

	LLVMSetAlignment(v, 1);
	/* until lower_keep_loads() */
	LLVMSetVolatile(v, 1);
	return v;
}

static LLVMValueRef load(struct lower *l, const struct wasm_instr *in, LLVMTypeRef type)
{
	u32 size = type == l->i8 ? 1 : type == l->i16 ? 2 : type == l->i32 || type == l->f32 ? 4 : 8;

	return lower_memory_load(l, in, type, size);
}

static void load_plain(struct lower *l, const struct wasm_instr *in, LLVMTypeRef type)
{
	lower_push(l, load(l, in, type));
}

static void load_extend(struct lower *l, const struct wasm_instr *in, LLVMTypeRef from,
			LLVMTypeRef to, bool is_signed)
{
	LLVMValueRef v = load(l, in, from);

	lower_push(l, LLVMBuildCast(l->b, is_signed ? LLVMSExt : LLVMZExt, v, to, ""));
}

void lower_memory_store(struct lower *l, const struct wasm_instr *in, LLVMValueRef v, u32 size)
{
	LLVMValueRef s;

	lower_store(l, v, lower_memory_address(l, in, size), LOWER_ALIAS_MEMORY);
	s = LLVMGetLastInstruction(LLVMGetInsertBlock(l->b));
	LLVMSetAlignment(s, 1);
	if (l->opt->strict_traps)
		LLVMSetVolatile(s, 1);
}

static void store(struct lower *l, const struct wasm_instr *in, LLVMTypeRef type, u32 size)
{
	LLVMValueRef v = lower_pop(l);

	if (type != LLVMTypeOf(v))
		v = LLVMBuildTrunc(l->b, v, type, "");
	lower_memory_store(l, in, v, size);
}

static LLVMValueRef widen(struct lower *l, LLVMValueRef v)
{
	return LLVMTypeOf(v) == l->i64 ? v : LLVMBuildZExt(l->b, v, l->i64, "");
}

static void push_pages(struct lower *l, u32 memidx, LLVMValueRef pages)
{
	lower_push(l, l->m->memories[memidx].is64 ? pages : LLVMBuildTrunc(l->b, pages, l->i32, ""));
}

static void memory_size(struct lower *l, u32 memidx)
{
	LLVMValueRef log2 = lower_i64(l, l->m->memories[memidx].page_size_log2);

	push_pages(l, memidx, LLVMBuildLShr(l->b, lower_memory_bytes(l, memidx), log2, ""));
}

static void memory_grow(struct lower *l, u32 memidx)
{
	LLVMValueRef args[] = { lower_i32(l, memidx), widen(l, lower_pop(l)) };

	push_pages(l, memidx, lower_helper(l, LOWER_HELPER_kwasm_memory_grow, args));
}

void lower_memory_init(struct lower *l, u32 memidx, u32 dataidx, LLVMValueRef dst,
		       LLVMValueRef src, LLVMValueRef n)
{
	LLVMValueRef args[] = { lower_i32(l, memidx), lower_i32(l, dataidx), widen(l, dst), src, n };

	lower_helper(l, LOWER_HELPER_kwasm_memory_init, args);
}

static void memory_init(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef n = lower_pop(l), src = lower_pop(l), dst = lower_pop(l);

	lower_memory_init(l, in->memidx, in->dataidx, dst, src, n);
}

/* ---- memory.copy, memory.fill ---- */

enum {
	SMALL = 32,		/* bytes that are moved here, if how many is seen at run time only */
	SMALL_CONSTANT = 64,	/* and if it is known */
	MAX_PIECES = SMALL_CONSTANT / 8 + 3,
};

_Static_assert((int)LOWER_MOVE_MAX <= (int)SMALL_CONSTANT, "a move has too many pieces");

/**
 * struct move - a memory.copy or memory.fill
 * @dst, @src, @n: as popped; @src is NULL if it fills
 * @byte: what it fills with, i64, in all bytes
 */
struct move {
	LLVMValueRef dst, src, n, byte;
};

/*
 * part of a small move: @size bytes, @offset + @index behind the beginning; @index, i64, may be
 * NULL, and is opaque, lest LLVM add it to what the checker knows the bounds of
 */
struct piece {
	u32 size, offset;
	LLVMValueRef index;
};

static LLVMValueRef piece_address(struct lower *l, LLVMValueRef at, const struct piece *piece)
{
	LLVMValueRef index = LLVMBuildZExt(l->b, at, l->i64, ""), ptr;

	ptr = LLVMBuildGEP2(l->b, l->i8, l->ctx, &index, 1, "");
	index = piece->index;
	if (index)
		ptr = LLVMBuildGEP2(l->b, l->i8, ptr, &index, 1, "");
	return lower_offset(l, ptr, piece->offset);
}

/* all is loaded before anything is stored: source and destination may overlap */
static void move_pieces(struct lower *l, const struct move *move, const struct piece *pieces,
			u32 nr)
{
	LLVMValueRef values[MAX_PIECES];
	u32 i;

	for (i = 0; i < nr; i++) {
		LLVMTypeRef type = LLVMIntTypeInContext(l->llvm, 8 * pieces[i].size);

		if (move->src) {
			values[i] = lower_load(l, type, piece_address(l, move->src, &pieces[i]),
					       LOWER_ALIAS_MEMORY);
			LLVMSetAlignment(values[i], 1);
		} else {
			values[i] = LLVMBuildTrunc(l->b, move->byte, type, "");
		}
	}
	for (i = 0; i < nr; i++) {
		lower_store(l, values[i], piece_address(l, move->dst, &pieces[i]), LOWER_ALIAS_MEMORY);
		LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(l->b)), 1);
	}
}

/* traps before anything is moved, even if that is nothing */
static void check_move(struct lower *l, const struct move *move)
{
	LLVMValueRef size = lower_memory_bytes(l, 0), n = widen(l, move->n), end, beyond;

	end = LLVMBuildNUWAdd(l->b, widen(l, move->dst), n, "");
	beyond = LLVMBuildICmp(l->b, LLVMIntUGT, end, size, "");
	if (move->src) {
		end = LLVMBuildNUWAdd(l->b, widen(l, move->src), n, "");
		beyond = LLVMBuildOr(l->b, beyond, LLVMBuildICmp(l->b, LLVMIntUGT, end, size, ""), "");
	}
	lower_trap_if(l, beyond, KWASM_TRAP_out_of_bounds_memory);
}

static void move_constant(struct lower *l, const struct move *move, u32 n)
{
	struct piece pieces[MAX_PIECES] = { 0 };
	u32 nr = 0, at, size;

	for (at = 0; at < n; at += size) {
		for (size = 8; size > n - at; size /= 2)
			;
		pieces[nr].size = size;
		pieces[nr++].offset = at;
	}
	check_move(l, move);
	move_pieces(l, move, pieces, nr);
}

/* goes on in a new block if @a @p @b; otherwise in the block returned */
static LLVMBasicBlockRef begin_if(struct lower *l, LLVMIntPredicate p, LLVMValueRef a, u32 b)
{
	LLVMBasicBlockRef then = lower_block(l, "small"), otherwise = lower_block(l, "small");

	LLVMBuildCondBr(l->b, LLVMBuildICmp(l->b, p, a, lower_i32(l, b), ""), then, otherwise);
	LLVMPositionBuilderAtEnd(l->b, then);
	return otherwise;
}

/* pieces from both ends, which may overlap in the middle */
static void move_ends(struct lower *l, const struct move *move, u32 size, u32 each,
		      LLVMBasicBlockRef done)
{
	LLVMValueRef back = lower_opaque(l, LLVMBuildSub(l->b, move->n, lower_i32(l, size * each), ""));
	struct piece pieces[MAX_PIECES];
	u32 i;

	for (i = 0; i < each; i++) {
		pieces[i] = (struct piece){ size, i * size, NULL };
		pieces[each + i] = (struct piece){ size, i * size, back };
	}
	move_pieces(l, move, pieces, 2 * each);
	LLVMBuildBr(l->b, done);
}

/* of at most @most bytes, inside of memory; goes to @done */
static void move_small(struct lower *l, const struct move *move, u32 most, LLVMBasicBlockRef done)
{
	LLVMBasicBlockRef below8, below4, otherwise;
	struct piece pieces[3] = { { .size = 1 }, { .size = 1 }, { .size = 1 } };

	below8 = begin_if(l, LLVMIntUGE, move->n, 8);
	if (most > 32) {
		otherwise = begin_if(l, LLVMIntUGT, move->n, 32);
		move_ends(l, move, 8, 4, done);
		LLVMPositionBuilderAtEnd(l->b, otherwise);
	}
	otherwise = begin_if(l, LLVMIntUGT, move->n, 16);
	move_ends(l, move, 8, 2, done);
	LLVMPositionBuilderAtEnd(l->b, otherwise);
	move_ends(l, move, 8, 1, done);

	LLVMPositionBuilderAtEnd(l->b, below8);
	below4 = begin_if(l, LLVMIntUGE, move->n, 4);
	move_ends(l, move, 4, 1, done);
	LLVMPositionBuilderAtEnd(l->b, below4);
	otherwise = begin_if(l, LLVMIntNE, move->n, 0);
	pieces[1].index = lower_opaque(l, LLVMBuildLShr(l->b, move->n, lower_i32(l, 1), ""));
	pieces[2].index = lower_opaque(l, LLVMBuildSub(l->b, move->n, lower_i32(l, 1), ""));
	move_pieces(l, move, pieces, 3);
	LLVMBuildBr(l->b, done);
	LLVMPositionBuilderAtEnd(l->b, otherwise);
	LLVMBuildBr(l->b, done);
}

/*
 * Lowers a small move in @memidx. Returns false if a helper has to do it, at the builder's place;
 * if *@done is not NULL, the helper's way goes there then.
 */
static bool move_here(struct lower *l, u32 memidx, const struct move *move, LLVMBasicBlockRef *done)
{
	LLVMBasicBlockRef large;

	*done = NULL;
	if (!l->opt->copy_loops || memidx || !l->abi->memory0_here ||
	    !lower_has_guard(l->opt, &l->m->memories[0]) ||
	    (l->opt->opaque_index && l->opt->opaque_index[l->funcidx]))
		return false;
	if (LLVMIsAConstantInt(move->n)) {
		if (LLVMConstIntGetZExtValue(move->n) > SMALL_CONSTANT)
			return false;
		move_constant(l, move, LLVMConstIntGetZExtValue(move->n));
		return true;
	}
	*done = lower_block(l, "moved");
	large = begin_if(l, LLVMIntULE, move->n, SMALL);
	check_move(l, move);
	move_small(l, move, SMALL, *done);
	LLVMPositionBuilderAtEnd(l->b, large);
	return false;
}

/* the lowest byte of @byte, i32, in all bytes of an i64 */
static LLVMValueRef all_bytes(struct lower *l, LLVMValueRef byte)
{
	byte = LLVMBuildAnd(l->b, widen(l, byte), lower_i64(l, 0xff), "");
	return LLVMBuildMul(l->b, byte, lower_i64(l, 0x0101010101010101), "");
}

void lower_small_move(struct lower *l, LLVMValueRef dst, LLVMValueRef src, LLVMValueRef byte,
		      LLVMValueRef n, LLVMBasicBlockRef done)
{
	struct move move = { .dst = dst, .src = src, .n = n };

	if (byte)
		move.byte = all_bytes(l, byte);
	move_small(l, &move, LOWER_MOVE_MAX, done);
}

static void end_move(struct lower *l, LLVMBasicBlockRef done)
{
	if (!done)
		return;
	LLVMBuildBr(l->b, done);
	LLVMPositionBuilderAtEnd(l->b, done);
}

static void memory_copy(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef n = lower_pop(l), src = lower_pop(l), dst = lower_pop(l);
	struct move move = { .dst = dst, .src = src, .n = n };
	LLVMBasicBlockRef done;

	if (move_here(l, in->memidx | in->src_memidx, &move, &done))
		return;
	lower_helper(l, LOWER_HELPER_kwasm_memory_copy, (LLVMValueRef[]){
		lower_i32(l, in->memidx), lower_i32(l, in->src_memidx), widen(l, dst), widen(l, src),
		widen(l, n) });
	end_move(l, done);
}

static void memory_fill(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef n = lower_pop(l), byte = lower_pop(l), dst = lower_pop(l);
	struct move move = { .dst = dst, .n = n };
	LLVMBasicBlockRef done;

	move.byte = all_bytes(l, byte);
	if (move_here(l, in->memidx, &move, &done))
		return;
	lower_helper(l, LOWER_HELPER_kwasm_memory_fill, (LLVMValueRef[]){
		lower_i32(l, in->memidx), widen(l, dst), byte, widen(l, n) });
	end_move(l, done);
}

void lower_memory(struct lower *l, const struct wasm_instr *in)
{
	LLVMValueRef index;

	switch (in->op) {
	case WASM_OP_I32_LOAD: load_plain(l, in, l->i32); break;
	case WASM_OP_I64_LOAD: load_plain(l, in, l->i64); break;
	case WASM_OP_F32_LOAD: load_plain(l, in, l->f32); break;
	case WASM_OP_F64_LOAD: load_plain(l, in, l->f64); break;
	case WASM_OP_I32_LOAD8_S: load_extend(l, in, l->i8, l->i32, true); break;
	case WASM_OP_I32_LOAD8_U: load_extend(l, in, l->i8, l->i32, false); break;
	case WASM_OP_I32_LOAD16_S: load_extend(l, in, l->i16, l->i32, true); break;
	case WASM_OP_I32_LOAD16_U: load_extend(l, in, l->i16, l->i32, false); break;
	case WASM_OP_I64_LOAD8_S: load_extend(l, in, l->i8, l->i64, true); break;
	case WASM_OP_I64_LOAD8_U: load_extend(l, in, l->i8, l->i64, false); break;
	case WASM_OP_I64_LOAD16_S: load_extend(l, in, l->i16, l->i64, true); break;
	case WASM_OP_I64_LOAD16_U: load_extend(l, in, l->i16, l->i64, false); break;
	case WASM_OP_I64_LOAD32_S: load_extend(l, in, l->i32, l->i64, true); break;
	case WASM_OP_I64_LOAD32_U: load_extend(l, in, l->i32, l->i64, false); break;
	case WASM_OP_I32_STORE: store(l, in, l->i32, 4); break;
	case WASM_OP_I64_STORE: store(l, in, l->i64, 8); break;
	case WASM_OP_F32_STORE: store(l, in, l->f32, 4); break;
	case WASM_OP_F64_STORE: store(l, in, l->f64, 8); break;
	case WASM_OP_I32_STORE8: case WASM_OP_I64_STORE8: store(l, in, l->i8, 1); break;
	case WASM_OP_I32_STORE16: case WASM_OP_I64_STORE16: store(l, in, l->i16, 2); break;
	case WASM_OP_I64_STORE32: store(l, in, l->i32, 4); break;
	case WASM_OP_MEMORY_SIZE: memory_size(l, in->memidx); break;
	case WASM_OP_MEMORY_GROW: memory_grow(l, in->memidx); break;
	case WASM_OP_MEMORY_INIT: memory_init(l, in); break;
	case WASM_OP_MEMORY_COPY: memory_copy(l, in); break;
	case WASM_OP_MEMORY_FILL: memory_fill(l, in); break;
	case WASM_OP_DATA_DROP:
		index = lower_i32(l, in->dataidx);
		lower_helper(l, LOWER_HELPER_kwasm_data_drop, &index);
		break;
	default:
		diag_bug("no lowering for %s", in->info->text);
	}
}
