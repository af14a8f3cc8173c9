// SPDX-License-Identifier: GPL-2.0
/*
 * verify_flow.c - every path of a function, by abstract interpretation
 *
 * Each register and each 8-byte stack slot that was stored to whole holds an
 * abstract value: what it points into and the interval of its offset, or what
 * number it may be (enum kind). A state is all of these at one place. Blocks are
 * run until no state at a block's start changes; where paths meet, values are
 * joined; at loop heads intervals grow by leaps, so that it ends. Then every
 * reachable block is run once more, and only then anything is reported. The first attempt
 * leaps far, which nearly always is good enough; if it leaves anything open, there is a second.
 *
 * Values that are certainly equal carry the same value number, so that what a
 * branch or an access tells about one of them is told about all copies. Numbers
 * have meaning within one state only. A second number says which values are
 * equal in their lower 32 bits, since that is what most comparisons look at.
 *
 * What an access tells: a linear memory of a 32-bit module is mapped below 4 GiB
 * of its base at most. Execution that goes on behind an access was not trapped,
 * so the address was in there. That is what makes running pointers provable:
 * each access bounds the pointer, and the next step is shorter than the guard.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_flow.h"

/* ---- blocks ---- */

static u32 insn_at(const struct flow *f, s64 at)
{
	u32 lo = 0, hi = f->nr_insns;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (f->insns[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool inside(const struct flow *f, s64 at)
{
	const struct verify_func *func = &f->obj->report->funcs[f->func];

	return at >= func->text_offset && at < (s64)func->text_offset + func->size;
}

/* a jump or conditional jump within the function */
static bool is_local_branch(const struct flow *f, const struct verify_insn *in)
{
	return (in->op == OP_JMP || in->op == OP_JCC) && in->has_target && inside(f, in->target);
}

/* a call of a trap, or of a function that never returns */
static bool is_last_call(const struct flow *f, const struct verify_insn *in)
{
	if (in->op != OP_CALL)
		return false;
	if (in->has_target)
		return !f->obj->entries[verify_func_at(f->obj, in->target)].returns;
	return in->imm_reloc &&
	       f->obj->symbols[in->imm_reloc->symbol].import == VERIFY_IMPORT_TRAP;
}

static bool ends_block(const struct flow *f, const struct verify_insn *in)
{
	return in->op == OP_JMP || in->op == OP_JCC || in->op == OP_RET || in->op == OP_INT3 ||
	       in->op == OP_UD2 || in->op == OP_SWITCH || is_last_call(f, in);
}

static void make_blocks(struct flow *f)
{
	u32 *block_of = xcalloc(f->nr_insns + 1, sizeof(*block_of));
	u32 i, k, nr = 0;
	struct block *b;

	/* first mark the leaders */
	block_of[0] = 1;
	for (i = 0; i < f->nr_insns; i++) {
		if (is_local_branch(f, &f->insns[i]))
			block_of[insn_at(f, f->insns[i].target)] = 1;
		for (k = 0; f->insns[i].op == OP_SWITCH && k < f->insns[i].table->nr; k++)
			block_of[insn_at(f, f->insns[i].table->targets[k])] = 1;
		if (ends_block(f, &f->insns[i]) && i + 1 < f->nr_insns)
			block_of[i + 1] = 1;
	}
	for (i = 0; i < f->nr_insns; i++)
		nr += block_of[i];
	f->blocks = xcalloc(nr, sizeof(*f->blocks));
	for (i = 0; i < f->nr_insns; i++) {
		if (block_of[i])
			f->blocks[f->nr_blocks++].first = i;
		block_of[i] = f->nr_blocks - 1;
		f->blocks[f->nr_blocks - 1].last = i;
	}
	for (i = 0; i < nr; i++) {
		const struct verify_insn *in;

		b = &f->blocks[i];
		in = &f->insns[b->last];
		b->taken = NO_BLOCK;
		b->next = NO_BLOCK;
		b->order = NO_BLOCK;
		if (is_local_branch(f, in))
			b->taken = block_of[insn_at(f, in->target)];
		if ((!ends_block(f, in) || in->op == OP_JCC || in->op == OP_SWITCH) &&
		    b->last + 1 < f->nr_insns)
			b->next = block_of[b->last + 1];
		if (in->op != OP_SWITCH)
			continue;
		b->table = xcalloc(in->table->nr, sizeof(*b->table));
		for (k = 0; k < in->table->nr; k++) {
			u32 to = block_of[insn_at(f, in->table->targets[k])];

			/* neighbours are often equal */
			if (!b->nr_table || b->table[b->nr_table - 1] != to)
				b->table[b->nr_table++] = to;
		}
	}
	free(block_of);
}

/* the block at the end of edge @i of block @at, or NO_BLOCK; false: there is no such edge */
static bool edge(const struct flow *f, u32 at, u32 i, u32 *to)
{
	const struct block *b = &f->blocks[at];

	if (i >= 2 + b->nr_table)
		return false;
	*to = i == 0 ? b->taken : i == 1 ? b->next : b->table[i - 2];
	return true;
}

/* depth first, without recursion; loop heads are where an edge leads back into the path */
static void order_blocks(struct flow *f)
{
	u32 *stack = xcalloc(f->nr_blocks, sizeof(*stack)), nr = 0, i;
	u32 *edges = xcalloc(f->nr_blocks, sizeof(*edges));	/* looked at */
	enum { NEW, ON_PATH, LEFT } *state = xcalloc(f->nr_blocks, sizeof(*state));

	f->order = xcalloc(f->nr_blocks, sizeof(*f->order));
	stack[nr++] = 0;
	state[0] = ON_PATH;
	while (nr) {
		u32 at = stack[nr - 1], to;

		if (!edge(f, at, edges[at]++, &to)) {
			f->order[f->nr_order++] = at;
			nr--;
			state[at] = LEFT;
			continue;
		}
		if (to == NO_BLOCK)
			continue;
		if (state[to] == NEW) {
			state[to] = ON_PATH;
			stack[nr++] = to;
		} else if (state[to] == ON_PATH) {
			f->blocks[to].loop_head = true;
		}
	}
	for (i = 0; i < f->nr_order / 2; i++) {
		u32 swap = f->order[i];

		f->order[i] = f->order[f->nr_order - 1 - i];
		f->order[f->nr_order - 1 - i] = swap;
	}
	for (i = 0; i < f->nr_order; i++)
		f->blocks[f->order[i]].order = i;
	free(stack);
	free(edges);
	free(state);
}

static int compare_s64(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

static void add_threshold(struct flow *f, s64 v)
{
	array_reserve(f->thresholds, f->cap_thresholds, f->nr_thresholds + 1);
	f->thresholds[f->nr_thresholds++] = v;
}

static void add_stop(struct flow *f, s64 v)
{
	array_reserve(f->stops, f->cap_stops, f->nr_stops + 1);
	f->stops[f->nr_stops++] = v;
}

/* where pointers may begin and end */
static void add_move(struct flow *f, s64 v)
{
	add_threshold(f, v);
	if (v > 65536 || v < -65536)
		add_stop(f, v);
}

/* ascending, each once; returns how many are left */
static size_t sort_numbers(s64 *numbers, size_t nr)
{
	size_t i, n;

	qsort(numbers, nr, sizeof(*numbers), compare_s64);
	for (i = 1, n = 1; i < nr; i++)
		if (numbers[i] != numbers[n - 1])
			numbers[n++] = numbers[i];
	return n;
}

/* is what instruction @i compares counted just before? */
static bool is_counter(const struct flow *f, u32 i)
{
	const struct verify_operand *counter = &f->insns[i].operands[0];
	u32 k;

	for (k = 1; k <= 4 && k <= i; k++) {
		const struct verify_insn *in = &f->insns[i - k];

		if (in->operands[0].kind == counter->kind && in->operands[0].reg == counter->reg)
			return in->op == OP_ADD || in->op == OP_INC || in->op == OP_LEA;
	}
	return false;
}

/* where intervals stop when they grow: round numbers, and what the code compares with or adds */
static void make_thresholds(struct flow *f)
{
	static const s64 round[] = {
		-(1ll << 33), -(1ll << 32) - 65536, -(1ll << 32), -(1ll << 31), -65536, -1, 0, 255, 65535,
		(1ll << 29) + 4096, (1ll << 30) + 4096, INT_MAX, 1ll << 31, U32_LIMIT, (1ll << 32) + 4096, (1ll << 33), (1ll << 33) + 65536,
		1ll << 40,
	};
	size_t i;

	f->nr_thresholds = 0;
	for (i = 0; i < ARRAY_SIZE(round); i++) {
		add_threshold(f, round[i]);
		add_stop(f, round[i]);
	}
	for (i = 0; i < f->nr_insns; i++) {
		const struct verify_insn *in = &f->insns[i];
		s64 step = 1;

		/* what pointers are moved by, and from where they are used */
		if (in->has_mem && in->disp && !in->disp_reloc && in->base != RSP)
			add_move(f, in->op == OP_LEA ? in->disp : -in->disp);
		if (in->op != OP_CMP || in->operands[1].kind != OPERAND_IMM || in->imm_reloc)
			continue;
		/* a loop that counts in steps ends one step before */
		if (i && f->insns[i - 1].op == OP_ADD && f->insns[i - 1].operands[1].kind == OPERAND_IMM)
			step = f->insns[i - 1].imm;
		add_threshold(f, in->imm - step);
		add_threshold(f, in->imm);
		add_threshold(f, in->imm - 1);
		if (is_counter(f, i)) {
			add_stop(f, in->imm - step);
			add_stop(f, in->imm);
			add_stop(f, in->imm - 1);
		}
	}
	f->nr_thresholds = sort_numbers(f->thresholds, f->nr_thresholds);
	f->nr_stops = sort_numbers(f->stops, f->nr_stops);
}

static void entry_state(struct flow *f, struct state *s)
{
	static const u8 saved[] = { RBX, RBP, R12, R14, R15 };
	struct value v;
	u32 i;

	s->nr_slots = 0;
	s->checked = NO_CHECK;
	flow_forget_cells(s);
	s->sized_table = 0;
	s->table_size = 0;
	s->sized_memory = 0;
	s->memory_size = 0;
	memset(&s->flags, 0, sizeof(s->flags));
	s->flags.stack_check = NO_CHECK;
	for (i = 0; i < NR_GPRS; i++)
		s->reg[i] = flow_make_top(f);
	for (i = 0; i < ARRAY_SIZE(saved); i++)
		s->reg[saved[i]] = flow_make_pointer(f, K_ENTRY, saved[i], 0);
	s->reg[R13] = f->any_context ? flow_make_pointer(f, K_ENTRY, R13, 0) :
		      flow_make_pointer(f, K_CTX, 0, 0);
	s->reg[RSP] = flow_make_pointer(f, K_STACK, 0, 0);
	v = flow_make_pointer(f, K_RETURN, 0, 0);
	flow_slot_set(s, 0, 8, &v);
	if (f->entry->invoker) {
		s->reg[RDI] = flow_make_pointer(f, K_INVOKED, 0, 0);
		flow_fill_cells(f, s, f->entry->type, false, ~0u);
		return;
	}
	flow_fill_cells(f, s, f->entry->type, false, f->sig->cell_params);
	for (i = 0; i < ARRAY_SIZE(flow_arg_regs); i++)
		if (f->sig->params[i] != VERIFY_REF_NONE)
			s->reg[flow_arg_regs[i]] = flow_make_ref(f, f->sig->params[i]);
}

static void enqueue(struct flow *f, struct block *b)
{
	b->queued = true;
	if (b->order < f->back)
		f->back = b->order;
}

static void flow_to(struct flow *f, u32 to, struct state *s)
{
	struct block *b = &f->blocks[to];
	int leap = 0;
	size_t i;

	if (f->phase == SHRINKING) {
		if (b->has_redo)
			flow_join_state(f, &b->redo, s, 0);
		else
			flow_state_copy(&b->redo, s);
		b->has_redo = true;
		return;
	}
	if (!b->has_in) {
		flow_state_copy(&b->in, s);
		for (i = 0; i < flow_nr_values(&b->in); i++)
			flow_nth_value(&b->in, i)->climbs = 0;
		b->has_in = true;
		enqueue(f, b);
		return;
	}
	if (b->loop_head)
		leap = b->visits > VISITS_MAX ? 2 : b->visits >= VISITS_WIDEN;
	else if (b->visits > VISITS_MAX * 4)
		leap = 2;
	if (flow_join_state(f, &b->in, s, leap))
		enqueue(f, b);
}

/* a jump through a table, or on, as the kernel has decided */
static void run_switch(struct flow *f, struct block *b, struct state *s)
{
	const struct verify_switch *sw = f->insn->table;
	u32 i;

	if (b->next == NO_BLOCK) {
		VIOLATION(f, BRANCH, "runs off the end of the function");
		return;
	}
	if (f->phase == LOOKING)
		return;
	memset(&s->flags, 0, sizeof(s->flags));
	s->flags.stack_check = NO_CHECK;
	for (i = 0; i < b->nr_table; i++) {
		/* joining changes what is joined */
		flow_state_copy(&f->tmp[1], s);
		f->tmp[1].reg[sw->reg] = flow_make_num(f, 0, sw->nr - 1);
		flow_to(f, b->table[i], &f->tmp[1]);
	}
	flow_to(f, b->next, s);
}

/* run a block from its start; to its successors unless only reporting */
static void run_block(struct flow *f, struct block *b)
{
	struct state *s = &f->tmp[0];
	u32 i;

	flow_state_copy(s, &b->in);
	f->insn = &f->insns[b->first];
	if (s->reg[RSP].kind != K_STACK) {
		VIOLATION(f, STACK, "the stack pointer differs where paths meet");
		return;
	}
	for (i = b->first; i <= b->last; i++) {
		f->insn = &f->insns[i];
		switch (f->insn->op) {
		case OP_CALL:
			if (!flow_exec_call(f, s))
				return;
			break;
		case OP_SWITCH:
			run_switch(f, b, s);
			return;
		case OP_RET:
			flow_check_return(f, s, true);
			return;
		case OP_INT3:
		case OP_UD2:
			VIOLATION(f, INSTRUCTION, "can be reached");
			return;
		case OP_JMP:
			if (b->taken == NO_BLOCK)
				flow_exec_leave_jump(f, s);
			else if (f->phase != LOOKING)
				flow_to(f, b->taken, s);
			return;
		case OP_JCC:
			if (b->next == NO_BLOCK) {
				VIOLATION(f, BRANCH, "runs off the end of the function");
				return;
			}
			if (f->phase == LOOKING)
				return;
			flow_state_copy(&f->tmp[1], s);
			if (flow_learn_branch(f, &f->tmp[1], f->insn->cc, true))
				flow_to(f, b->taken, &f->tmp[1]);
			if (flow_learn_branch(f, s, f->insn->cc, false))
				flow_to(f, b->next, s);
			return;
		default:
			if (!flow_exec(f, s))
				return;
		}
	}
	if (b->next == NO_BLOCK)
		VIOLATION(f, BRANCH, "runs off the end of the function");
	else if (f->phase != LOOKING)
		flow_to(f, b->next, s);
}

static void destroy(struct flow *f)
{
	u32 i;

	for (i = 0; i < f->nr_blocks; i++) {
		free(f->blocks[i].table);
		free(f->blocks[i].in.slots);
		free(f->blocks[i].redo.slots);
	}
	for (i = 0; i < ARRAY_SIZE(f->tmp); i++)
		free(f->tmp[i].slots);
	free(f->blocks);
	free(f->order);
	free(f->thresholds);
	free(f->stops);
	free(f->pairs);
}

/*
 * Run blocks until what holds at their starts holds for all paths: in the quick attempt always
 * the first that is queued, so that inner loops come to rest before what is behind them; else
 * all that are, from the first to the last, again and again.
 */
static void grow(struct flow *f)
{
	struct block *b;
	u32 i;

	f->phase = GROWING;
	for (i = 0; i < f->nr_blocks; i++) {
		f->blocks[i].has_in = false;
		f->blocks[i].visits = 0;
	}
	entry_state(f, &f->blocks[0].in);
	f->blocks[0].has_in = true;
	f->blocks[0].queued = true;
	f->back = NO_BLOCK;
	for (i = 0; i < f->nr_order && !f->exhausted; ) {
		b = &f->blocks[f->order[i++]];
		if (b->queued) {
			b->queued = false;
			b->visits++;
			run_block(f, b);
		}
		if (f->back < i && (f->quick || i == f->nr_order)) {
			i = f->back;
			f->back = NO_BLOCK;
		}
	}
}

static void take_redo(struct block *b)
{
	struct state swap = b->in;

	b->in = b->redo;
	b->redo = swap;
	b->has_in = b->has_redo;
	b->has_redo = false;
}

/*
 * Growing by leaps often goes too far. What holds for all paths still does after
 * one more step along all of them, and that may be less.
 */
static void shrink(struct flow *f)
{
	u32 i;

	f->phase = SHRINKING;
	entry_state(f, &f->blocks[0].redo);
	f->blocks[0].has_redo = true;
	for (i = 0; i < f->nr_order; i++) {
		struct block *b = &f->blocks[f->order[i]];

		/* all edges to it come from blocks before */
		if (!b->loop_head)
			take_redo(b);
		if (b->has_in)
			run_block(f, b);
	}
	for (i = 0; i < f->nr_order; i++)
		if (f->blocks[f->order[i]].loop_head)
			take_redo(&f->blocks[f->order[i]]);
}

/* look at every reachable instruction; returns how much is wrong */
static u32 look(struct flow *f, bool report)
{
	u32 i;

	f->phase = LOOKING;
	f->report = report;
	f->nr_found = 0;
	f->insn = &f->insns[0];
	if (f->exhausted)
		VIOLATION(f, INSTRUCTION, "begins a function that is too large to be followed");
	for (i = 0; i < f->nr_order; i++)
		if (f->blocks[f->order[i]].has_in)
			run_block(f, &f->blocks[f->order[i]]);
	f->report = false;
	return f->nr_found;
}

/* false if anything is wrong; it is told unless this was the quick attempt */
static bool prove(struct flow *f)
{
	u32 i;

	grow(f);
	for (i = 0; look(f, !f->quick && i == NR_SHRINKS); i++) {
		if (i == NR_SHRINKS)
			return false;
		shrink(f);
	}
	return true;
}

void verify_flow_func(struct verify_object *obj, u32 func, struct verify_insn *insns, u32 nr,
		      bool any_context)
{
	struct flow f = {
		.obj = obj,
		.func = func,
		.entry = &obj->entries[func],
		.insns = insns,
		.nr_insns = nr,
		.any_context = any_context,
		/* the lowest numbers are those of import slots and of own functions */
		.next_vn = obj->image.imports.nr + obj->image.refs.nr + 1,
	};

	f.sig = f.entry->invoker ? &flow_no_sig : flow_sig_of(&f, f.entry->type);
	make_blocks(&f);
	order_blocks(&f);
	make_thresholds(&f);
	/* if it finds everything good, it is; if not, its leaps may have been too long */
	f.quick = true;
	if (!prove(&f)) {
		f.quick = false;
		prove(&f);
	}
	destroy(&f);
}
