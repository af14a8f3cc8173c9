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
 *	makes rows in the exception table are instructions.
 *
 * What the kernel may write over it (verify_switch.c)
 *	.altinstructions only turns no-operations into one kind of jump through a table in
 *	read-only data, all of whose entries are instructions of the same function. Both
 *	forms of the code are followed.
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
 *	  (with a row in the exception table) or below its size, as compared, in the heap's area (with a row), or
 *	  is one of the agreed loads from a table, a memory's or a function's descriptor;
 *	- a table element is loaded only below the size of the table; so is a function by its
 *	  handle, which may have come from anywhere in the heap. Of what else is there nothing is
 *	  believed, so a reference to an object is any number;
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
 *	  .modinfo's vermagic and __versions: the loader compares those; and the numbers of
 *	  processor features in .altinstructions, beyond those that say retpolines and IBT;
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
#define _GNU_SOURCE	/* qsort_r() */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "../compiler/jobs.h"
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

/* keep it; it is printed when all are there, in the order of the code and not of the threads */
static void add_finding(struct verify_object *obj, struct verify_finding *finding)
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
	finding->pass = obj->pass;
	finding->number = report->nr_findings;
	array_reserve(report->findings, report->cap_findings, report->nr_findings + 1);
	report->findings[report->nr_findings++] = *finding;
}

/* those about the file are of passes of their own, in which nothing runs beside them */
static int compare_findings(const void *a, const void *b)
{
	const struct verify_finding *x = a, *y = b;

	if (x->pass != y->pass)
		return x->pass < y->pass ? -1 : 1;
	if (x->func != y->func && x->func != VERIFY_NO_FUNC && y->func != VERIFY_NO_FUNC)
		return x->func < y->func ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void print_finding(const struct verify_report *report, const char *name,
			  const struct verify_finding *finding)
{
	if (finding->severity == VERIFY_UNPROVEN && report->quiet_unproven)
		return;
	if (finding->func != VERIFY_NO_FUNC)
		diag_file_error(name, "%s()+0x%x: %s: %s [%s rule%s]",
				report->funcs[finding->func].symbol, finding->offset,
				finding->insn ? finding->insn : "?", finding->text,
				rule_names[finding->rule],
				finding->severity == VERIFY_UNPROVEN ? ", unproven" : "");
	else
		diag_file_error(name, "%s [%s rule]", finding->text, rule_names[finding->rule]);
}

static void print_findings(struct verify_report *report, const char *name)
{
	size_t i;

	if (report->nr_findings)
		qsort(report->findings, report->nr_findings, sizeof(*report->findings),
		      compare_findings);
	for (i = 0; i < report->nr_findings && !report->quiet; i++)
		print_finding(report, name, &report->findings[i]);
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

static void insn_error(struct verify_object *obj, enum verify_severity severity,
		       enum verify_rule rule, u32 func, u32 at, const char *fmt, va_list args)
{
	struct verify_func *f = &obj->report->funcs[func];
	struct verify_finding finding = {
		.severity = severity,
		.rule = rule,
		.func = func,
		.offset = at - f->text_offset,
	};
	u32 *last_index = &obj->entries[func].last_finding;
	const struct verify_finding *last = *last_index ?
		&obj->report->findings[*last_index - 1] : NULL;
	char text[128];

	if (severity == VERIFY_UNPROVEN && rule == VERIFY_RULE_MEMORY) {
		struct verify_report *report = obj->report;

		array_reserve(report->unproven, report->cap_unproven,
			      report->nr_unproven_places + 1);
		report->unproven[report->nr_unproven_places++] = at;
	}
	/* an operand that is read and written is looked at twice */
	if (last && last->offset == finding.offset && last->rule == rule && last->severity == severity)
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
	finding.text = format_text(obj->report, fmt, args);
	add_finding(obj, &finding);
	*last_index = obj->report->nr_findings;
}

void verify_insn_error(struct verify_object *obj, enum verify_severity severity,
		       enum verify_rule rule, u32 func, u32 at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	pthread_mutex_lock(&obj->lock);
	insn_error(obj, severity, rule, func, at, fmt, args);
	pthread_mutex_unlock(&obj->lock);
	va_end(args);
}

static void count_progress(struct verify_object *obj, u32 size)
{
	struct verify_report *report = obj->report;

	if (!report->on_progress)
		return;
	pthread_mutex_lock(&obj->lock);
	obj->done += size;
	report->on_progress(report->progress_arg, obj->done, obj->total);
	pthread_mutex_unlock(&obj->lock);
}

/* follow one function; those that are followed at the same time do not look at each other */
static void verify_one(void *arg, u32 i)
{
	struct verify_object *obj = arg;
	struct verify_known *known = obj->report->known;
	u32 func = obj->by_size[i], nr;
	const struct verify_func *f = &obj->report->funcs[func];
	struct verify_view view = { .data = NULL };
	struct verify_insn *insns;

	if (obj->entries[func].bad || verify_decode_func(obj, func, &insns, &nr))
		goto out;
	if (!known || !verify_known_func(known, obj, func, insns, nr, &view)) {
		verify_flow_func(obj, func, insns, nr, false);
		if (known && !f->nr_unproven && !f->nr_violations && !obj->entries[func].told)
			verify_known_add(known, &view);
	}
	free(view.data);
out:
	verify_decode_done();
	count_progress(obj, f->size);
}

static int compare_sizes(const void *a, const void *b, void *arg)
{
	const struct verify_func *funcs = arg;
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	if (funcs[x].size != funcs[y].size)
		return funcs[x].size > funcs[y].size ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* the largest functions first, so that none is left to one thread at the end */
static void verify_funcs(struct verify_object *obj)
{
	u32 i, nr = obj->report->nr_funcs;

	obj->by_size = arena_calloc(&obj->arena, nr + 1, sizeof(*obj->by_size));
	for (i = 0; i < nr; i++) {
		obj->by_size[i] = i;
		obj->total += obj->report->funcs[i].size;
	}
	if (nr)
		qsort_r(obj->by_size, nr, sizeof(*obj->by_size), compare_sizes, obj->report->funcs);
	jobs_run(obj->report->nr_threads ? obj->report->nr_threads : 1, nr, verify_one, obj);
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
	obj->pass++;
	if (report->known)
		verify_known_begin(report->known, obj);
	verify_funcs(obj);
	obj->pass++;
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
	verify_decode_done();
}

int verify_ko(const char *name, const u8 *bytes, size_t size, struct verify_report *report)
{
	struct verify_object obj = {
		.name = name,
		.bytes = bytes,
		.size = size,
		.report = report,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	u32 i;
	int err;

	err = verify_elf_load(&obj);
	if (!err)
		err = verify_elf_tables(&obj);
	if (!err)
		err = verify_switches_load(&obj);
	if (!err) {
		verify_decode_init();
		obj.pass++;
		verify_text(&obj);
		obj.pass++;
		verify_elf_sites(&obj);
	}
	print_findings(report, name);
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
	free(report->unproven);
	report->unproven = NULL;
	report->nr_unproven_places = 0;
	arena_destroy(&report->arena);
}
