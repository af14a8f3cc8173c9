// SPDX-License-Identifier: GPL-2.0
/*
 * execute.c - what the checker accepts does not leave the sandbox
 *
 *	execute GOOD.ko
 *
 * Programs made at random (programs.py) take the place of a function's body. Those that the checker
 * accepts are executed here, as the machine code they are, with numbers that are likely to wrap. The area
 * for memory is as in the kernel: 4 GiB that can be accessed, which a memory can never exceed, the
 * rest of the reservation, where an access is a trap, and around it nothing. Each access
 * beyond the reservation is a fault of the checker's.
 *
 * Of the context a constant offset may be read, so one address below the base is allowed for each instruction.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include "../../compiler/util.h"
#include "object.h"

#define NR_RUNS		100
#define RUN_USEC	400		/* a run that takes longer is broken off */
#define NR_REGS		8		/* of a program: rax, rcx, rdx, rdi, rsi, r8 to r10 */
#define AROUND		(16ull << 30)	/* of address space, on both sides */
#define MEMORY_SIZE	(4ull << 30)
#define CODE_SIZE	4096

enum end { ENDED, TRAPPED, OUT_OF_TIME, LEFT };

static sigjmp_buf ended;
static siginfo_t last_fault;
static u64 last_ip;
static volatile bool faulted;
static u8 *base, *code;

static void on_signal(int nr, siginfo_t *info, void *context)
{
	if (nr == SIGSEGV || nr == SIGBUS) {
		last_fault = *info;
		last_ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
		faulted = true;
	}
	siglongjmp(ended, nr);
}

/* small, or about to wrap, or anything */
static u64 random_value(void)
{
	u64 r = random_number();

	switch (random_number() % 10) {
	case 0: return r % 16;
	case 1: return r % 100000;
	case 2: return 0x7ffffff0ull + r % 32;
	case 3: return 0xfffffff0ull + r % 32;
	case 4: return -(r % 64);
	case 5: return (u32)r;
	case 6: return (u64)(u32)r * 4;
	case 7: return (1ull << 63) - 8 + r % 16;
	case 8: return 0x80000000ull - 16 + r % 32;
	default: return r;
	}
}

static void call_code(const u64 *regs)
{
	asm volatile(
		"push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15\n\t"
		"mov %0, %%r12; mov %1, %%r13; mov %2, %%r14\n\t"
		"mov (%%r14), %%rax; mov 8(%%r14), %%rcx; mov 16(%%r14), %%rdx; mov 24(%%r14), %%rdi\n\t"
		"mov 32(%%r14), %%rsi; mov 40(%%r14), %%r8; mov 48(%%r14), %%r9; mov 56(%%r14), %%r10\n\t"
		"call *%%r12\n\t"
		"pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx"
		: : "a"(code), "c"(base), "d"(regs)
		: "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* by an instruction's place in the code, the address below the base that it has read, or NULL */
static const u8 *below[CODE_SIZE];

/* whether the last fault was a read of the context, at the same place as ever */
static bool in_context(const u8 *at)
{
	u64 insn = last_ip - (u64)code;

	if (at < base - 128 || at >= base || insn >= CODE_SIZE || (below[insn] && below[insn] != at))
		return false;
	below[insn] = at;
	return true;
}

static enum end run(const u64 *regs)
{
	static const struct itimerval soon = { .it_value.tv_usec = RUN_USEC }, never;
	const u8 *at;
	int nr;

	faulted = false;
	nr = sigsetjmp(ended, 1);
	if (!nr) {
		setitimer(ITIMER_REAL, &soon, NULL);
		call_code(regs);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	if (!nr)
		return ENDED;
	if (!faulted)	/* time may end while a fault is taken care of: that counts */
		return OUT_OF_TIME;
	if (last_fault.si_code == SI_KERNEL)
		return LEFT;	/* it was no address at all */
	at = last_fault.si_addr;
	if (at >= base && at < base + KWASM_MEMORY_RESERVE)
		return TRAPPED;
	return in_context(at) ? TRAPPED : LEFT;
}

static bool is_accepted(const struct snippet *s, struct verify_known *known)
{
	struct verify_report report = { .quiet = true, .known = known };
	const char *why;
	bool yes;

	restore();
	why = put_snippet(s);
	if (why) {
		printf("Bail out! program %s: %s\n", s->name, why);
		exit(1);
	}
	yes = !verify_ko("program", ko, good_size, &report);
	verify_report_destroy(&report);
	return yes;
}

static void load(const struct snippet *s)
{
	madvise(base, MEMORY_SIZE, MADV_DONTNEED);
	memcpy(code, s->start, s->end - s->start);
	memset(below, 0, sizeof(below));
}

/* whether it stays within the sandbox; adds to @counts */
static bool stays(const struct snippet *s, unsigned int *counts)
{
	u64 regs[NR_REGS];
	unsigned int i, k;
	enum end end;

	load(s);
	for (k = 0; k < NR_RUNS; k++) {
		for (i = 0; i < NR_REGS; i++)
			regs[i] = random_value();
		end = run(regs);
		counts[end]++;
		if (end != LEFT)
			continue;
		printf("# program %s accessed base%+lld with", s->name,
		       (long long)((u8 *)last_fault.si_addr - base));
		for (i = 0; i < NR_REGS; i++)
			printf(" 0x%llx", (unsigned long long)regs[i]);
		printf("\n");
		return false;
	}
	return true;
}

/* an access far beyond the reservation is seen, or all of this says nothing */
static bool is_seen(void)
{
	static const u8 wild[] = { 0x43, 0x8b, 0x44, 0x2d, 0x00, 0xc3 };	/* mov eax, [r13 + r13]; ret */
	const struct snippet s = { .name = "wild", .start = wild, .end = wild + sizeof(wild) };
	const u64 regs[NR_REGS] = { 0 };

	load(&s);
	return run(regs) == LEFT;
}

static void set_up(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGALRM };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static u8 space[65536];
	const stack_t stack = { .ss_sp = space, .ss_size = sizeof(space) };
	size_t i;

	base = mmap(NULL, 2 * AROUND + KWASM_MEMORY_RESERVE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED || code == MAP_FAILED ||
	    mprotect(base + AROUND, MEMORY_SIZE, PROT_READ | PROT_WRITE)) {
		printf("Bail out! no address space\n");
		exit(1);
	}
	base += AROUND;
	sigaltstack(&stack, NULL);
	sigfillset(&action.sa_mask);	/* time must not end while a fault is taken care of */
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

int main(int argc, char **argv)
{
	unsigned int counts[LEFT + 1] = { 0 }, nr_accepted = 0, nr_left = 0;
	struct verify_known *known = verify_known_create();
	size_t i;

	if (argc != 2 || file_read(argv[1], &good, &good_size)) {
		fprintf(stderr, "usage: execute GOOD.ko\n");
		return 2;
	}
	ko = malloc(good_size);
	restore();
	set_up();
	printf("%sok - an access outside of the sandbox is seen\n", is_seen() ? "" : "not ");
	for (i = 0; i < nr_snippets; i++) {
		if (!is_accepted(&snippets[i], known))
			continue;
		nr_accepted++;
		nr_left += !stays(&snippets[i], counts);
	}
	verify_known_destroy(known);
	printf("# of %u programs %u accepted, executed %d times each: %u ended, %u trapped, %u took too long\n",
	       (unsigned int)nr_snippets, nr_accepted, NR_RUNS, counts[ENDED], counts[TRAPPED], counts[OUT_OF_TIME]);
	printf("%sok - a tenth of the programs is accepted\n", nr_accepted >= nr_snippets / 10 ? "" : "not ");
	printf("%sok - those stay within the sandbox\n", nr_left ? "not " : "");
	free(good);
	free(ko);
	return 0;
}
