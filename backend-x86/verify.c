// SPDX-License-Identifier: GPL-2.0
/*
 * verify.c - the sandbox checker: what is proven about a finished .ko
 *
 * The checker reads the bytes that insmod would read, as the module loader would
 * read them, and knows nothing of how they were made. Its only word is whether
 * the object keeps the sandbox contract.
 *
 * The file (verify_elf.c)
 *	Only known sections with known flags; every relocation inside its section;
 *	only symbols of the runtime imported; init and exit are the agreed bytes;
 *	struct module, kwasm_app, parameters and the image hold nothing but what
 *	they should, and all references in them are in range; the sites the kernel
 *	will patch are the thunk jumps in the code, all places for which the runtime
 *	makes rows in __ex_table are instructions.
 *
 * Every instruction (verify_decode.c)
 *	All of .text belongs to functions or is padding. All of a function decodes
 *	from its start without gaps, into instructions of an explicit list; direct
 *	branches go to instructions of the same function or to function entries.
 *
 * Every path (verify_flow.c, verify_value.c, verify_exec.c)
 *	By abstract interpretation, until nothing changes:
 *	- a memory operand lies in the frame at or above rsp, in the context (stores: only in the module's own globals), in
 *	  the value buffer, in read-only data (loads), in a memory's reservation
 *	  (with a row in __ex_table) or below its size, as compared, or is one of the agreed loads from a table, a
 *	  memory's or a function's descriptor;
 *	- a table element is loaded only below the size of the table;
 *	- rsp moves by constants, never above its value at entry, at most
 *	  KWASM_FRAME_MAX below; a call happens only after the stack check, at a
 *	  multiple of 16;
 *	- calls go to functions of the object and to traps with R13 = C, to host
 *	  functions through kwasm_host_call with R13 = C and valid indices, or
 *	  to the code of a function reference with R13 its context, when a comparison,
 *	  the image or an import's slot tells its type and that it is not null; a jump
 *	  to one wants that context found equal to C;
 *	- a return finds the return address, rsp, rbx, rbp and r12 to r15 as they
 *	  were; function references that are passed (in registers or in the value
 *	  buffer), returned, kept in globals or given to helpers are references of the
 *	  types that the image says;
 *	- an instruction that may fault for another reason (division, alignment) is
 *	  shown not to, or has a row.
 *
 * What is trusted
 *	- the runtime, and that it fills the context as the image says;
 *	- that R13 is the context at entry, and that what other apps and the runtime
 *	  pass, return and leave in tables and imported globals is what its type
 *	  says: every app must have passed this check;
 *	- the two offsets in struct module where init and exit are entered, and
 *	  .modinfo's vermagic and __versions: the loader compares those;
 *	- that locked instructions are aligned, as the lowering makes sure: across cache
 *	  lines some processors raise #AC, for which the kernel has no fixup;
 *	- that the processor has the instructions used (the list reaches AVX2 and
 *	  BMI2), decodes them as Zydis does, and what it does speculatively.
 *
 * Not a subject: what is computed, how long it takes (the runtime preempts and
 * kills anything), and whether a guest can learn kernel addresses by having its
 * compiler put them into its memory; ours does not, but that is not proven.
 *
 * An access whose address cannot be bounded is reported as unproven, with the
 * same outcome (refused) but another way out: see enum verify_severity.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "verify_impl.h"

/* more findings than these are counted, not kept */
#define MAX_FINDINGS_FUNC	8
#define MAX_FINDINGS		200

static const char *const rule_names[NR_VERIFY_RULES] = {
	[VERIFY_RULE_OBJECT] = "object",
	[VERIFY_RULE_IMPORT] = "import",
	[VERIFY_RULE_STUB] = "stub",
	[VERIFY_RULE_INSTRUCTION] = "instruction",
	[VERIFY_RULE_BRANCH] = "branch",
	[VERIFY_RULE_MEMORY] = "memory",
	[VERIFY_RULE_FAULT] = "fault",
	[VERIFY_RULE_STACK] = "stack",
	[VERIFY_RULE_RETURN] = "return",
	[VERIFY_RULE_CALL] = "call",
};

const char *verify_rule_name(enum verify_rule rule)
{
	return rule_names[rule];
}

static char *format_text(struct verify_report *report, const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	return arena_strndup(&report->arena, text, strlen(text));
}

static void add_finding(struct verify_object *obj, const struct verify_finding *finding)
{
	struct verify_report *report = obj->report;
	struct verify_func *func = NULL;

	if (finding->severity == VERIFY_VIOLATION)
		report->nr_violations++;
	else
		report->nr_unproven++;
	if (finding->func != VERIFY_NO_FUNC) {
		func = &report->funcs[finding->func];
		if (finding->severity == VERIFY_VIOLATION)
			func->nr_violations++;
		else
			func->nr_unproven++;
	}
	array_reserve(report->findings, report->cap_findings, report->nr_findings + 1);
	report->findings[report->nr_findings++] = *finding;
	if (report->quiet || (finding->severity == VERIFY_UNPROVEN && report->quiet_unproven))
		return;
	if (func)
		diag_file_error(obj->name, "%s()+0x%x: %s: %s [%s rule%s]", func->symbol,
				finding->offset, finding->insn ? finding->insn : "?",
				finding->text, rule_names[finding->rule],
				finding->severity == VERIFY_UNPROVEN ? ", unproven" : "");
	else
		diag_file_error(obj->name, "%s [%s rule]", finding->text,
				rule_names[finding->rule]);
}

int verify_object_error(struct verify_object *obj, enum verify_rule rule, const char *fmt, ...)
{
	struct verify_finding finding = {
		.severity = VERIFY_VIOLATION,
		.rule = rule,
		.func = VERIFY_NO_FUNC,
	};
	va_list args;

	if (obj->report->nr_findings >= MAX_FINDINGS) {
		obj->report->nr_violations++;
		return -EINVAL;
	}
	va_start(args, fmt);
	finding.text = format_text(obj->report, fmt, args);
	va_end(args);
	add_finding(obj, &finding);
	return -EINVAL;
}

void verify_insn_error(struct verify_object *obj, enum verify_severity severity,
		       enum verify_rule rule, u32 func, u32 at, const char *fmt, ...)
{
	struct verify_func *f = &obj->report->funcs[func];
	struct verify_finding finding = {
		.severity = severity,
		.rule = rule,
		.func = func,
		.offset = at - f->text_offset,
	};
	const struct verify_finding *last = obj->report->nr_findings ?
		&obj->report->findings[obj->report->nr_findings - 1] : NULL;
	char text[128];
	va_list args;

	/* an operand that is read and written is looked at twice */
	if (last && last->func == func && last->offset == finding.offset && last->rule == rule &&
	    last->severity == severity)
		return;
	if (obj->report->nr_findings >= MAX_FINDINGS ||
	    f->nr_unproven + f->nr_violations >= MAX_FINDINGS_FUNC) {
		if (severity == VERIFY_VIOLATION) {
			obj->report->nr_violations++;
			f->nr_violations++;
		} else {
			obj->report->nr_unproven++;
			f->nr_unproven++;
		}
		return;
	}
	verify_insn_text(obj, at, text, sizeof(text));
	finding.insn = arena_strndup(&obj->report->arena, text, strlen(text));
	va_start(args, fmt);
	finding.text = format_text(obj->report, fmt, args);
	va_end(args);
	add_finding(obj, &finding);
}

static void verify_text(struct verify_object *obj)
{
	struct verify_report *report = obj->report;
	struct verify_insn *insns;
	const struct verify_func *f;
	u64 end = 0;
	u32 i, nr;
	bool again;

	/* all of it once before any is followed: which functions return is needed at calls */
	for (i = 0; i < report->nr_funcs; i++) {
		f = &report->funcs[i];
		verify_decode_gap(obj, end, f->text_offset);
		end = (u64)f->text_offset + f->size;
		obj->entries[i].bad = verify_decode_func(obj, i, &insns, &nr);
		report->nr_insns += nr;
	}
	verify_decode_gap(obj, end, obj->sections[obj->text].size);
	for (i = 0; i < report->nr_funcs; i++)
		if (!obj->entries[i].bad && !verify_decode_func(obj, i, &insns, &nr))
			verify_flow_func(obj, i, insns, nr, false);
	for (again = true; again; ) {
		again = false;
		for (i = 0; i < report->nr_funcs; i++) {
			struct verify_entry *e = &obj->entries[i];

			if (!e->any_context || e->any_context_done || e->bad)
				continue;
			e->any_context_done = true;
			verify_decode_func(obj, i, &insns, &nr);
			verify_flow_func(obj, i, insns, nr, true);
			again = true;
		}
	}
}

int verify_ko(const char *name, const u8 *bytes, size_t size, struct verify_report *report)
{
	struct verify_object obj = {
		.name = name,
		.bytes = bytes,
		.size = size,
		.report = report,
	};
	u32 i;
	int err;

	err = verify_elf_load(&obj);
	if (!err)
		err = verify_elf_tables(&obj);
	if (!err) {
		verify_decode_init();
		verify_text(&obj);
		verify_elf_sites(&obj);
	}
	for (i = 0; i < report->nr_funcs; i++)
		if (report->funcs[i].nr_unproven && !report->funcs[i].nr_violations)
			report->nr_unproven_funcs++;
	verify_elf_destroy(&obj);
	return err || report->nr_violations || report->nr_unproven ? -EINVAL : 0;
}

void verify_report_destroy(struct verify_report *report)
{
	free(report->findings);
	report->findings = NULL;
	report->nr_findings = 0;
	arena_destroy(&report->arena);
}
