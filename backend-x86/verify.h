/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify.h - the sandbox checker: is this .ko safe to load?
 *
 * Works from the bytes of the finished kernel object alone and shares no code
 * with what produced them. The head comment of verify.c says what is proven and
 * what is trusted.
 */
#ifndef _BACKEND_X86_VERIFY_H
#define _BACKEND_X86_VERIFY_H

#include "../compiler/util.h"
#include "../include/types.h"

/* the clauses of the sandbox contract; verify_rule_name() says them in words */
enum verify_rule {
	VERIFY_RULE_OBJECT,		/* ELF file, sections, symbols, tables, image */
	VERIFY_RULE_IMPORT,		/* symbol that an app may not import */
	VERIFY_RULE_STUB,		/* init or exit is not exactly as agreed */
	VERIFY_RULE_INSTRUCTION,	/* does not decode, or is not on the list */
	VERIFY_RULE_BRANCH,		/* leaves the function or lands inside an instruction */
	VERIFY_RULE_MEMORY,		/* access outside of frame, context, constants, linear memory */
	VERIFY_RULE_FAULT,		/* may fault without a row in the exception table */
	VERIFY_RULE_STACK,		/* stack pointer, frame, stack check */
	VERIFY_RULE_RETURN,		/* registers or stack not restored */
	VERIFY_RULE_CALL,		/* who is called, and with which context and arguments */
	NR_VERIFY_RULES,
};

/**
 * enum verify_severity - how bad a finding is
 * @VERIFY_UNPROVEN: an access that may well be right, but whose address the
 *	checker cannot bound. Compiling the function with opaque indices (32-bit
 *	move before each use) makes it provable
 * @VERIFY_VIOLATION: against the contract, however compiled
 */
enum verify_severity {
	VERIFY_UNPROVEN,
	VERIFY_VIOLATION,
};

#define VERIFY_NO_FUNC	0xffffffffu

/**
 * struct verify_finding - one thing that is wrong
 * @func: index in the report's funcs, or %VERIFY_NO_FUNC: about the file
 * @offset: of the instruction, from the start of that function
 * @insn: its text, Intel syntax; NULL if there is none
 * @text: what is wrong
 * @pass, @number: for their order
 */
struct verify_finding {
	enum verify_severity severity;
	enum verify_rule rule;
	u32 func;
	u32 offset;
	const char *insn;
	const char *text;
	u32 pass;
	u32 number;
};

/**
 * struct verify_func - a function symbol of .text
 * @symbol: its name in the symbol table
 * @text_offset: in .text
 * @size: in bytes
 * @funcidx: from the image, %VERIFY_NO_FUNC if the image has no row for it
 * @nr_unproven: findings of that severity, counted even when not all are listed
 * @nr_violations: likewise
 */
struct verify_func {
	const char *symbol;
	u32 text_offset;
	u32 size;
	u32 funcidx;
	u32 nr_unproven;
	u32 nr_violations;
};

struct verify_known;

/**
 * verify_known_create() - Remember functions that are proven
 *
 * For verify_report.known of several verify_ko(), one after the other. A function that is equal to
 * one proven before, in all that its proof looks at, need not be followed again.
 *
 * Return: for verify_known_destroy().
 */
struct verify_known *verify_known_create(void);
void verify_known_destroy(struct verify_known *known);

/**
 * struct verify_report - what verify_ko() found
 * @quiet_unproven: in: print nothing about %VERIFY_UNPROVEN, for a caller that
 *	will compile those functions again
 * @quiet: in: print nothing at all
 * @nr_threads: in: functions followed at the same time; 0 is 1
 * @on_progress: in: called as functions are done, by one thread at a time, with @progress_arg, bytes of
 *	code that are done, and of all; or NULL
 * @known: in: from verify_known_create(), or NULL; what is proven is added
 * @funcs: functions of .text by ascending address
 * @findings: at most a few per function, see verify_func's counters
 * @unproven: text offsets of accesses to memory that are not proven, in no order, perhaps
 *	more than once; of all functions
 * @nr_insns: instructions decoded
 * @nr_unproven_funcs: functions with unproven accesses and no violation
 * @nr_unproven: unproven accesses altogether
 * @nr_violations: violations altogether, those of the file too
 *
 * All zero but for those marked in: before verify_ko(), which fills it in whatever
 * it returns; then verify_report_destroy().
 */
struct verify_report {
	bool quiet_unproven;
	bool quiet;
	unsigned int nr_threads;
	void (*on_progress)(void *arg, u64 done, u64 total);
	void *progress_arg;
	struct verify_known *known;

	struct verify_func *funcs;
	u32 nr_funcs;
	struct verify_finding *findings;
	size_t nr_findings, cap_findings;
	u32 *unproven;
	size_t nr_unproven_places, cap_unproven;
	u64 nr_insns;
	u32 nr_unproven_funcs;
	u64 nr_unproven;
	u64 nr_violations;

	struct arena arena;
};

/**
 * verify_ko() - Check a finished kernel object against the sandbox contract
 * @name: of the file, for messages
 * @bytes: its contents, anything at all
 * @size: of @bytes
 * @report: see struct verify_report
 *
 * Return: 0 if everything is proven; -EINVAL after messages (unless quiet) if
 * there is any finding. @report->nr_violations of 0 then means that recompiling
 * the functions with nr_unproven would do.
 */
int verify_ko(const char *name, const u8 *bytes, size_t size, struct verify_report *report);
void verify_report_destroy(struct verify_report *report);

const char *verify_rule_name(enum verify_rule rule);

#endif /* _BACKEND_X86_VERIFY_H */
