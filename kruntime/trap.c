// SPDX-License-Identifier: GPL-2.0
/*
 * Traps as data: what happened, where, and through which calls
 *
 * When guest code trapped, entry.S has left the address (or the row of the exception
 * table), the stack pointer and R13 in the store and dropped the guest stack's contents
 * without touching them. Before the stack goes back to the pool, its frames are walked
 * here, on the task stack: the image tells how large each is. Nothing on a guest stack is
 * trusted: a return address must lie in the stack, and is only looked up.
 */
#include "kwasm.h"

#define T(nr, name, text) static_assert(KWASM_TRAP_##name == nr, "entry.S");
KWASM_TRAPS(T)
#undef T
static_assert(KWASM_TRAP_unreachable == 1 && KWASM_TRAP_null_i31 == KWASM_TRAP_LAST, "entry.S");

static const char *const trap_texts[] = {
#define T(nr, name, text) [nr] = text,
	KWASM_TRAPS(T)
#undef T
};

/* No instance, no function: matches no type and is what null funcrefs point to */
const struct kwasm_func kwasm_null_func;
EXPORT_SYMBOL_GPL(kwasm_null_func);

/* The assembly that generated code refers to */
#define T(nr, name, text) EXPORT_SYMBOL_GPL(kwasm_trap_##name);
KWASM_TRAPS(T)
#undef T
EXPORT_SYMBOL_GPL(kwasm_host_call);
EXPORT_SYMBOL_GPL(kwasm_fault_fixup);

const char *kwasm_trap_text(u32 code)
{
	if (code < ARRAY_SIZE(trap_texts) && trap_texts[code])
		return trap_texts[code];
	switch (code) {
	case KWASM_TRAP_exit:
		return "exit";
	case KWASM_TRAP_killed:
		return "killed";
	case KWASM_TRAP_host_error:
		return "host error";
	case KWASM_TRAP_expected_shared_memory:
		return "expected shared memory";
	}
	return "unknown trap";
}

void kwasm_raise(void *ctx, u32 trap, s32 detail)
{
	struct kwasm_store *store = kwasm_ctx_store(ctx);

	if (store->abi.pending)
		return;
	store->abi.pending = trap;
	store->detail = detail;
}
EXPORT_SYMBOL_GPL(kwasm_raise);

bool kwasm_should_stop(void *ctx)
{
	return plat_should_stop(kwasm_ctx_store(ctx));
}
EXPORT_SYMBOL_GPL(kwasm_should_stop);

static u64 read_uleb(const u8 **p, const u8 *end)
{
	u64 value = 0;
	unsigned int shift;
	u8 byte;

	for (shift = 0; *p < end && shift < 64; shift += 7) {
		byte = *(*p)++;
		value |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* File offset of the instruction that text offset @pos of @func is in: its row, else the last before it */
static u64 line_of(const struct kwasm_image *image, const struct kwasm_image_func *func,
		   const struct kwasm_image_func *next, u64 pos)
{
	const u8 *lines = kwasm_image_at(image, image->lines);
	const u8 *p = lines + min(func->lines, image->lines.nr);
	const u8 *end = lines + min(next ? next->lines : image->lines.nr, image->lines.nr);
	u64 text = func->text_offset, found = func->code_offset, wasm = func->code_offset;
	u64 delta;

	while (p < end) {
		text += read_uleb(&p, end);
		delta = read_uleb(&p, end);
		wasm += (delta >> 1) ^ -(delta & 1);	/* zig-zag */
		if (text > pos)
			break;
		found = wasm;
	}
	return found;
}

/* The program whose code is at @ip; the store is locked */
static struct kwasm_program *program_at(struct kwasm_store *store, u64 ip)
{
	struct kwasm_instance *instance;
	u64 text;

	list_for_each_entry(instance, &store->instances, store_node) {
		text = (u64)(unsigned long)instance->program->app->text;
		if (ip >= text && ip < text + instance->program->image->text_size)
			return instance->program;
	}
	return NULL;
}

/* How many of an image's rows begin at or before @offset; each starts with its text offset */
static u32 rows_until(const struct kwasm_image *image, struct kwasm_image_array array, u32 row_size,
		      u64 offset)
{
	const u8 *rows = kwasm_image_at(image, array);
	u32 low = 0, high = array.nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (*(const u32 *)(rows + (u64)mid * row_size) <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
static_assert(!offsetof(struct kwasm_image_func, text_offset) &&
	      !offsetof(struct kwasm_image_frame, text_offset), "rows_until");

/* Fill in one frame. @probe lies inside the instruction that faulted, or that called. */
static bool fill_frame(struct kwasm_store *store, u64 probe, struct kwasm_frame *frame)
{
	struct kwasm_program *program = program_at(store, probe);
	const struct kwasm_image_func *funcs, *func;
	const struct kwasm_image *image;
	u64 text;
	u32 nr;

	if (!program)
		return false;
	image = program->image;
	text = (u64)(unsigned long)program->app->text;
	strscpy(frame->app, program->name, sizeof(frame->app));
	frame->funcidx = ~0u;

	/* the last function that begins at or before the probe */
	nr = rows_until(image, image->funcs, sizeof(*funcs), probe - text);
	if (!nr)
		return false;
	funcs = kwasm_image_at(image, image->funcs);
	func = &funcs[nr - 1];
	if (probe - text - func->text_offset >= func->text_size)
		return false;	/* an invoker, or other code without a function */
	frame->funcidx = func->funcidx;
	frame->offset = line_of(image, func, nr < image->funcs.nr ? func + 1 : NULL, probe - text);
	strscpy(frame->func, kwasm_image_str(image, func->name), sizeof(frame->func));
	return true;
}

/*
 * Bytes from rsp up to the return address, at @probe: exact where code traps and calls; where a
 * killed call was interrupted rsp may just be moving, and the backtrace ends early.
 */
static bool frame_depth(struct kwasm_store *store, u64 probe, u64 *depth)
{
	struct kwasm_program *program = program_at(store, probe);
	const struct kwasm_image_frame *rows;
	u32 nr;

	if (!program)
		return false;
	rows = kwasm_image_at(program->image, program->image->frames);
	nr = rows_until(program->image, program->image->frames, sizeof(*rows),
			probe - (u64)(unsigned long)program->app->text);
	if (nr)
		*depth = rows[nr - 1].depth;
	return nr;
}

struct ex_row {
	s32 insn;
	s32 fixup;
	s32 type;
};

/**
 * kwasm_fill_ex_table() - Write an app's exception table, and let it be used
 * @app: checked; none of its code has run yet
 *
 * Return: 0; -ENOEXEC, the image's accesses are not as many as the table has rows, or
 * not in ascending order inside the code.
 */
int kwasm_fill_ex_table(struct kwasm_app *app)
{
	const struct kwasm_image *image = app->image;
	const u8 *p = kwasm_image_at(image, image->accesses);
	const u8 *end = p + image->accesses.nr;
	unsigned long insn, fixup;
	struct ex_row *rows = app->ex_table;
	u64 offset = 0, row, delta;

	if (app->nr_ex_rows > (u64)KWASM_FIXUP_NR << 16)
		return -ENOEXEC;
	for (row = 0; row < app->nr_ex_rows; row++) {
		if (p == end)
			return -ENOEXEC;
		delta = read_uleb(&p, end);
		if (delta >= image->text_size - offset || (row && !delta))
			return -ENOEXEC;
		offset += delta;
		insn = (unsigned long)app->text + offset;
		fixup = (unsigned long)kwasm_fault_fixup + KWASM_FIXUP_STEP * (row >> 16);
		/* code, table and runtime all lie in the same 2 GiB */
		rows[row].insn = (s32)(insn - (unsigned long)&rows[row].insn);
		rows[row].fixup = (s32)(fixup - (unsigned long)&rows[row].fixup);
		rows[row].type = (s32)KWASM_EX_ROW_TYPE((u32)row);
	}
	if (p != end)
		return -ENOEXEC;
	if (app->nr_ex_rows)
		plat_ex_table_set(app->module, rows, app->nr_ex_rows);
	return 0;
}

/**
 * kwasm_fill_calls() - Write what an app calls through tables that stay as they are
 * @program: checked, with type ids; none of its code has run yet
 *
 * Return: 0; -ENOEXEC, such a call could get to an import that is bound at load time.
 */
int kwasm_fill_calls(const struct kwasm_program *program)
{
	const struct kwasm_app *app = program->app;
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_calls *calls = kwasm_image_at(image, image->calls);
	const struct kwasm_image_ref *refs = kwasm_image_at(image, image->refs), *ref;
	const void **to = app->calls;
	const u32 *funcs;
	u32 i, k;

	for (i = 0; i < image->calls.nr; i++) {
		funcs = (const u32 *)((const u8 *)image + calls[i].funcs);
		for (k = 0; k < calls[i].nr; k++, to++) {
			if (funcs[k] == ~0u) {
				*to = kwasm_trap_uninitialized_element;
				continue;
			}
			ref = &refs[program->ref_of_func[funcs[k]] - 1];
			*to = kwasm_trap_indirect_call_type;
			if (app->type_ids[ref->type] != app->type_ids[calls[i].type])
				continue;
			if (ref->code == ~0u)
				return -ENOEXEC;
			*to = app->text + ref->code;
		}
		*to++ = kwasm_trap_undefined_element;
	}
	return 0;
}

/* Address of the instruction of an exception table row, 0 if there is no such row */
static u64 row_address(const struct kwasm_app *app, u64 row)
{
	const struct ex_row *rows = app->ex_table;

	if (row >= app->nr_ex_rows)
		return 0;
	return (u64)((unsigned long)&rows[row].insn + rows[row].insn);
}

/*
 * Which program faulted? R13 nearly always still is the context; only where a
 * function keeps it elsewhere, and several programs are linked, this is a guess. It
 * decides about the report alone.
 */
static u64 fault_address(struct kwasm_store *store)
{
	struct kwasm_instance *instance;
	u64 ip = 0, found;

	list_for_each_entry(instance, &store->instances, store_node) {
		found = row_address(instance->program->app, store->trap_row);
		if (!found)
			continue;
		if (instance->ctx == (void *)(unsigned long)store->trap_ctx)
			return found;
		if (!ip)
			ip = found;
	}
	return ip;
}

static void fill_frames(struct kwasm_store *store, struct kwasm_trap_info *report)
{
	u64 slot = (u64)(unsigned long)store->stack->slot;
	u64 top = (u64)(unsigned long)store->stack->top;
	u64 ip = store->trap_ip, rsp = store->trap_rsp, depth, probe;

	if (ip) {
		probe = ip - 1;	/* a return address, maybe already of the next function */
	} else {
		ip = fault_address(store);
		probe = ip;
	}
	while (report->nr_frames < KWASM_FRAMES_MAX) {
		if (fill_frame(store, probe, &report->frames[report->nr_frames]))
			report->nr_frames++;
		else
			memset(&report->frames[report->nr_frames], 0, sizeof(report->frames[0]));
		if (!frame_depth(store, probe, &depth) || rsp < slot || rsp >= top || rsp % 8 ||
		    depth % 8 || depth >= top - rsp)
			break;
		ip = *(const u64 *)(unsigned long)(rsp + depth);
		probe = ip - 1;
		rsp += depth + 8;
	}
}

/**
 * kwasm_report_trap() - Describe the trap that ended a call
 * @store: locked; its stack still there
 * @code: what kwasm_enter() returned
 * @report: filled; NULL: not wanted
 */
void kwasm_report_trap(struct kwasm_store *store, u32 code, struct kwasm_trap_info *report)
{
	if (!report)
		return;
	memset(report, 0, sizeof(*report));
	report->size = sizeof(*report);
	report->code = code;
	if (code == KWASM_TRAP_exit || code == KWASM_TRAP_killed || code == KWASM_TRAP_host_error)
		report->detail = store->detail;
	if (code == KWASM_TRAP_exit)
		scnprintf(report->message, sizeof(report->message), "exit code %d",
			  report->detail);
	else
		strscpy(report->message, kwasm_trap_text(code), sizeof(report->message));
	fill_frames(store, report);
}

/* An error that is not a trap: a line of text */
void kwasm_report_message(struct kwasm_trap_info *report, const char *fmt, ...)
{
	va_list ap;

	if (!report)
		return;
	memset(report, 0, sizeof(*report));
	report->size = sizeof(*report);
	va_start(ap, fmt);
	vscnprintf(report->message, sizeof(report->message), fmt, ap);
	va_end(ap);
}

void kwasm_log_report(const char *app, const struct kwasm_trap_info *report)
{
	const struct kwasm_frame *frame = &report->frames[0];

	if (report->nr_frames && frame->func[0])
		kwasm_info_ratelimited("%s: %s in %s at offset 0x%llx\n", app, report->message,
				       frame->func, (u64)frame->offset);
	else if (report->nr_frames)
		kwasm_info_ratelimited("%s: %s in function %u at offset 0x%llx\n", app,
				       report->message, frame->funcidx, (u64)frame->offset);
	else
		kwasm_info_ratelimited("%s: %s\n", app, report->message);
}
