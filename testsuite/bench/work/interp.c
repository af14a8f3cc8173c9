// SPDX-License-Identifier: GPL-2.0
/*
 * an interpreter: a register machine whose loop is one switch (br_table), and a
 * stack machine whose instructions are functions in a table (call_indirect).
 * Both run a sieve of Eratosthenes.
 */
#define BENCH_RUNS 4
#include "../bench.h"

enum { LIMIT = 60000 };

/* ---- the register machine ---- */

enum op {
	OP_HALT, OP_SET, OP_MOVE, OP_ADD, OP_ADDI, OP_SUB, OP_MUL, OP_AND, OP_XOR, OP_SHL, OP_SHR,
	OP_LOAD, OP_STORE, OP_JUMP, OP_JLT, OP_JGE, OP_JZ, OP_JNZ,
};

struct insn {
	u8 op, a, b, c;
	s32 imm;
};

/* r0 limit, r1 i, r2 j, r3 count, r4 one, r5 scratch, r6 checksum */
static const struct insn sieve[] = {
	{ OP_SET, 1, 0, 0, 2 }, { OP_SET, 3, 0, 0, 0 }, { OP_SET, 4, 0, 0, 1 }, { OP_SET, 6, 0, 0, 0 },
	/* 4: while (i < limit) */
	{ OP_JGE, 0, 1, 0, 17 },
	{ OP_LOAD, 5, 1, 0, 0 },
	{ OP_JNZ, 0, 5, 0, 15 },
	{ OP_ADDI, 3, 3, 0, 1 },
	{ OP_XOR, 6, 6, 1, 0 },
	{ OP_ADD, 6, 6, 3, 0 },
	{ OP_ADD, 2, 1, 1, 0 },
	/* 11: while (j < limit) */
	{ OP_JGE, 0, 2, 0, 15 },
	{ OP_STORE, 4, 2, 0, 0 },
	{ OP_ADD, 2, 2, 1, 0 },
	{ OP_JLT, 0, 2, 0, 12 },
	/* 15 */
	{ OP_ADDI, 1, 1, 0, 1 },
	{ OP_JUMP, 0, 0, 0, 4 },
	/* 17 */
	{ OP_MUL, 6, 6, 3, 0 },
	{ OP_HALT, 6, 0, 0, 0 },
};

static s32 *cells;

static NOINLINE s32 run_registers(const struct insn *code, s32 limit)
{
	s32 r[8] = { limit };
	const struct insn *pc = code;

	for (;;) {
		const struct insn *in = pc++;

		switch (in->op) {
		case OP_HALT: return r[in->a];
		case OP_SET: r[in->a] = in->imm; break;
		case OP_MOVE: r[in->a] = r[in->b]; break;
		case OP_ADD: r[in->a] = (u32)r[in->b] + r[in->c]; break;
		case OP_ADDI: r[in->a] = (u32)r[in->b] + in->imm; break;
		case OP_SUB: r[in->a] = (u32)r[in->b] - r[in->c]; break;
		case OP_MUL: r[in->a] = (u32)r[in->b] * r[in->c]; break;
		case OP_AND: r[in->a] = r[in->b] & r[in->c]; break;
		case OP_XOR: r[in->a] = r[in->b] ^ r[in->c]; break;
		case OP_SHL: r[in->a] = (u32)r[in->b] << (r[in->c] & 31); break;
		case OP_SHR: r[in->a] = (u32)r[in->b] >> (r[in->c] & 31); break;
		case OP_LOAD: r[in->a] = cells[r[in->b]]; break;
		case OP_STORE: cells[r[in->b]] = r[in->a]; break;
		case OP_JUMP: pc = code + in->imm; break;
		case OP_JLT: if (r[in->b] < r[in->a]) pc = code + in->imm; break;
		case OP_JGE: if (r[in->b] >= r[in->a]) pc = code + in->imm; break;
		case OP_JZ: if (!r[in->b]) pc = code + in->imm; break;
		case OP_JNZ: if (r[in->b]) pc = code + in->imm; break;
		default: abort();
		}
	}
}

/* ---- the stack machine ---- */

struct machine {
	const s32 *pc, *code;
	s32 *sp, local[4];
};

#define INSN(name)	static NOINLINE int name(struct machine *m)

INSN(push)	{ *m->sp++ = *m->pc++; return 1; }
INSN(get)	{ *m->sp++ = m->local[*m->pc++]; return 1; }
INSN(set)	{ m->local[*m->pc++] = *--m->sp; return 1; }
INSN(add)	{ m->sp--; m->sp[-1] += m->sp[0]; return 1; }
INSN(xor)	{ m->sp--; m->sp[-1] ^= m->sp[0]; return 1; }
INSN(less)	{ m->sp--; m->sp[-1] = m->sp[-1] < m->sp[0]; return 1; }
INSN(fetch)	{ m->sp[-1] = cells[m->sp[-1]]; return 1; }
INSN(put)	{ m->sp -= 2; cells[m->sp[1]] = m->sp[0]; return 1; }
INSN(jump)	{ m->pc = m->code + *m->pc; return 1; }
INSN(jump_zero)	{ m->pc = *--m->sp ? m->pc + 1 : m->code + *m->pc; return 1; }
INSN(halt)	{ (void)m; return 0; }

static int (*const insns[])(struct machine *) = {
	push, get, set, add, xor, less, fetch, put, jump, jump_zero, halt,
};

enum { PUSH, GET, SET, ADD, XOR, LESS, FETCH, PUT, JUMP, JZ, HALT };

/* locals: 0 limit, 1 i, 2 j, 3 checksum */
static const s32 stack_sieve[] = {
	PUSH, 2, SET, 1,
	/* 4: while (i < limit) */
	GET, 1, GET, 0, LESS, JZ, 60,
	GET, 1, FETCH, PUSH, 1, LESS, JZ, 51,
	GET, 3, GET, 1, XOR, SET, 3,
	GET, 1, SET, 2,
	/* 30: while (j < limit) */
	GET, 2, GET, 0, LESS, JZ, 51,
	PUSH, 1, GET, 2, PUT,
	GET, 2, GET, 1, ADD, SET, 2,
	JUMP, 30,
	/* 51 */
	GET, 1, PUSH, 1, ADD, SET, 1,
	JUMP, 4,
	/* 60 */
	HALT,
};

static NOINLINE s32 run_stack(const s32 *code, s32 limit)
{
	s32 stack[16];
	struct machine m = { .pc = code, .code = code, .sp = stack, .local = { limit } };

	while (insns[*m.pc++](&m))
		;
	return m.local[3];
}

void bench_setup(void)
{
	cells = malloc(LIMIT * sizeof(*cells));
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < 24; i++) {
		memset(cells, 0, LIMIT * sizeof(*cells));
		sum = bench_mix(sum, run_registers(sieve, LIMIT - i));
	}
	for (i = 0; i < 8; i++) {
		memset(cells, 0, LIMIT * sizeof(*cells));
		sum = bench_mix(sum, run_stack(stack_sieve, LIMIT - i));
	}
	return sum;
}
