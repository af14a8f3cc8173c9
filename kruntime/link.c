// SPDX-License-Identifier: GPL-2.0
/*
 * Imports that are bound when an instance is made: other apps' exports
 *
 * (Host functions are bound by the module loader: their import rows have no slot.)
 * First the exporters are found by the import's module name, then, when all are in one
 * store and that is locked, each import is looked up and its type compared exactly.
 */
#include "kwasm.h"

#define STEPS	64u	/* imports between two looks at the scheduler */

/* A name as it may be printed: cut, and without bytes that a terminal or a log may not like */
const char *kwasm_name_text(char *buf, size_t size, const char *name, u32 len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		buf[i] = (u8)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
	buf[i] = 0;
	return buf;
}

/* A value type, canonical or of one byte, as the text format has it */
const char *kwasm_valtype_text(u32 type)
{
	static const char *const names[] = {
		"exnref", "arrayref", "structref", "i31ref", "eqref", "anyref", "externref",
		"funcref", "nullref", "nullexternref", "nullfuncref", "nullexnref",
	};
	static const char *const non_null[] = {
		"(ref exn)", "(ref array)", "(ref struct)", "(ref i31)", "(ref eq)", "(ref any)",
		"(ref extern)", "(ref func)", "(ref none)", "(ref noextern)", "(ref nofunc)",
		"(ref noexn)",
	};
	u32 heap = kwasm_valtype_heap(type);

	/* a type has no name: this is what kind it is of */
	if (type & KWASM_REF_TYPE) {
		bool nullable = kwasm_is_nullable(type);

		switch (heap) {
		case KWASM_HEAP_FUNC:
			return nullable ? "(ref null <func type>)" : "(ref <func type>)";
		case KWASM_HEAP_STRUCT:
			return nullable ? "(ref null <struct type>)" : "(ref <struct type>)";
		default:
			return nullable ? "(ref null <array type>)" : "(ref <array type>)";
		}
	}
	if (kwasm_is_ref(type) && heap >= KWASM_HEAP_EXN && heap <= KWASM_HEAP_NOEXN)
		return (kwasm_is_nullable(type) ? names : non_null)[heap - KWASM_HEAP_EXN];
	switch (type) {
	case 0x7f:
		return "i32";
	case 0x7e:
		return "i64";
	case 0x7d:
		return "f32";
	case 0x7c:
		return "f64";
	case 0x7b:
		return "v128";
	}
	return "?";
}

/* "func (i32, i64) -> (f32)" */
const char *kwasm_functype_text(char *buf, size_t size, const u32 *valtypes, u32 nr_params,
				u32 nr_results)
{
	int n = scnprintf(buf, size, "func (");
	u32 i;

	for (i = 0; i < nr_params; i++)
		n += scnprintf(buf + n, size - n, "%s%s", i ? ", " : "", kwasm_valtype_text(valtypes[i]));
	n += scnprintf(buf + n, size - n, ") -> (");
	for (i = 0; i < nr_results; i++)
		n += scnprintf(buf + n, size - n, "%s%s", i ? ", " : "",
			       kwasm_valtype_text(valtypes[nr_params + i]));
	scnprintf(buf + n, size - n, ")");
	return buf;
}

static int limits_text(char *buf, size_t size, u64 min, u64 max)
{
	if (max == KWASM_LIMIT_NONE)
		return scnprintf(buf, size, " %llu", min);
	return scnprintf(buf, size, " %llu to %llu", min, max);
}

static const char *table_text(char *buf, size_t size, u32 reftype, u32 is64, u64 min, u64 max)
{
	int n = scnprintf(buf, size, "table%s", is64 ? " i64" : "");

	n += limits_text(buf + n, size - n, min, max);
	scnprintf(buf + n, size - n, " of %s", kwasm_valtype_text(reftype));
	return buf;
}

static const char *memory_text(char *buf, size_t size, u32 is64, u32 shared, u64 min, u64 max,
			       u32 page_size_log2)
{
	int n = scnprintf(buf, size, "%smemory%s", shared ? "shared " : "", is64 ? " i64" : "");

	n += limits_text(buf + n, size - n, min, max);
	if (page_size_log2 != 16)
		scnprintf(buf + n, size - n, " of %u-byte pages", 1u << page_size_log2);
	return buf;
}

static const char *global_text(char *buf, size_t size, u32 type, u32 mut)
{
	scnprintf(buf, size, "%sglobal %s", mut ? "mutable " : "", kwasm_valtype_text(type));
	return buf;
}

static const char *wanted_text(char *buf, size_t size, const struct kwasm_program *program,
			       const struct kwasm_image_import *import)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const struct kwasm_image_table *table = kwasm_image_at(image, image->tables);
	const struct kwasm_image_memory *memory = kwasm_image_at(image, image->memories);
	const struct kwasm_image_global *global = kwasm_image_at(image, image->globals);

	switch (import->kind) {
	case KWASM_EXTERN_FUNC:
	case KWASM_EXTERN_TAG:
		type += import->type;
		return kwasm_functype_text(buf, size,
					   (const u32 *)((const u8 *)image + type->valtypes),
					   type->nr_params, type->nr_results);
	case KWASM_EXTERN_TABLE:
		table += import->index;
		return table_text(buf, size, table->reftype, table->is64, table->min, table->max);
	case KWASM_EXTERN_MEMORY:
		memory += import->index;
		return memory_text(buf, size, memory->is64, memory->shared, memory->min,
				   memory->max, memory->page_size_log2);
	}
	global += import->index;
	return global_text(buf, size, global->type, global->mut);
}

static const char *found_text(char *buf, size_t size, const struct kwasm_extern *ext)
{
	const struct kwasm_type *type;

	switch (ext->kind) {
	case KWASM_EXTERN_FUNC:
	case KWASM_EXTERN_TAG:
		plat_mutex_lock(&kwasm_registry_lock);
		type = kwasm_type_find(ext->kind == KWASM_EXTERN_TAG ? ext->tag->type :
				       ext->func->type);
		if (type)
			kwasm_functype_text(buf, size, type->valtypes, type->nr_params,
					    type->nr_results);
		plat_mutex_unlock(&kwasm_registry_lock);
		return buf;
	case KWASM_EXTERN_TABLE:
		return table_text(buf, size, ext->table->reftype, ext->table->is64,
				  ext->table->abi.size, ext->table->max);
	case KWASM_EXTERN_MEMORY:
		return memory_text(buf, size, ext->memory->is64, ext->memory->shared,
				   READ_ONCE(ext->memory->abi.size) >> ext->memory->page_size_log2, ext->memory->max,
				   ext->memory->page_size_log2);
	}
	return global_text(buf, size, ext->global->type, ext->global->mut);
}

static void report_import(struct kwasm_trap_info *report, const struct kwasm_program *program,
			  const struct kwasm_image_import *import, const char *what,
			  const struct kwasm_extern *found)
{
	char module[48], name[48], wanted[64] = "", other[64] = "";

	kwasm_name_text(module, sizeof(module), kwasm_image_str(program->image, import->module),
			import->module.len);
	kwasm_name_text(name, sizeof(name), kwasm_image_str(program->image, import->name),
			import->name.len);
	if (found)
		kwasm_report_message(report, "%s: import '%s' '%s': wanted %s, found %s", what,
				     module, name,
				     wanted_text(wanted, sizeof(wanted), program, import),
				     found_text(other, sizeof(other), found));
	else
		kwasm_report_message(report, "unknown import: import '%s' '%s': %s", module, name,
				     what);
}

static struct kwasm_instance *find_exporter(struct kwasm_session *session, const char *name,
					    u32 len)
{
	struct kwasm_instance *instance = NULL;

	if (session)
		instance = kwasm_session_lookup(session, name, len);
	/* an app's name has no NUL, so a name with one matches none */
	if (!instance && strlen(name) == len)
		instance = kwasm_program_default(name);
	return instance;
}

/**
 * kwasm_link_find() - Find the instances a program imports from
 * @program: with its import rows
 * @session: names to look up first; may be NULL
 * @exporters: array of one pointer per distinct module name and as many entries as there are
 *	imports; each found one has a reference for the caller, also on failure
 * @nr_exporters: set, number of entries used
 * @which: array of one index into @exporters per import
 * @report: filled on failure
 *
 * Return: 0, -ENOENT.
 */
int kwasm_link_find(struct kwasm_program *program, struct kwasm_session *session,
		    struct kwasm_instance **exporters, u32 *nr_exporters, u32 *which,
		    struct kwasm_trap_info *report)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_import *imports = kwasm_image_at(image, image->imports);
	u32 i, k;

	*nr_exporters = 0;
	for (i = 0; i < image->imports.nr; i++) {
		const struct kwasm_image_import *import = &imports[i];
		const char *name = kwasm_image_str(image, import->module);

		if (import->kind == KWASM_EXTERN_FUNC && !import->slot)
			continue;
		/* names come in runs: look back a little, then simply take it twice */
		for (k = 1; k <= i && k <= 8; k++) {
			const struct kwasm_image_import *before = &imports[i - k];

			if (which[i - k] != ~0u && before->module.len == import->module.len &&
			    !memcmp(kwasm_image_str(image, before->module), name,
				    import->module.len))
				break;
		}
		if (k <= i && k <= 8) {
			which[i] = which[i - k];
			continue;
		}
		exporters[*nr_exporters] = find_exporter(session, name, import->module.len);
		if (!exporters[*nr_exporters]) {
			report_import(report, program, import,
				      "no instance or loaded app of that name", NULL);
			return -ENOENT;
		}
		which[i] = (*nr_exporters)++;
	}
	return 0;
}

/* Limits matching: at least as much now, and no more later */
static bool limits_match(u64 min, u64 max, u64 size, u64 size_max)
{
	return size >= min && (max == KWASM_LIMIT_NONE ||
			       (size_max != KWASM_LIMIT_NONE && size_max <= max));
}

/* "Validation, Matching, External Types"; under the registry lock, for the types' sake */
static bool import_matches(const struct kwasm_program *program,
			   const struct kwasm_image_import *import, const struct kwasm_extern *ext)
{
	const struct kwasm_image *image = program->image;
	const u32 *ids = program->app->type_ids;
	const struct kwasm_image_table *table = kwasm_image_at(image, image->tables);
	const struct kwasm_image_memory *memory = kwasm_image_at(image, image->memories);
	const struct kwasm_image_global *global = kwasm_image_at(image, image->globals);

	if (ext->kind != import->kind)
		return false;
	switch (import->kind) {
	case KWASM_EXTERN_FUNC:
		return kwasm_type_matches(ext->func->type, ids[import->type]);
	case KWASM_EXTERN_TABLE:
		table += import->index;
		return kwasm_valtype_canon(ids, table->reftype) == ext->table->reftype &&
		       table->is64 == ext->table->is64 &&
		       limits_match(table->min, table->max, ext->table->abi.size, ext->table->max);
	case KWASM_EXTERN_MEMORY:
		memory += import->index;
		return memory->is64 == ext->memory->is64 &&
		       memory->shared == ext->memory->shared &&
		       memory->page_size_log2 == ext->memory->page_size_log2 &&
		       limits_match(memory->min, memory->max,
				    READ_ONCE(ext->memory->abi.size) >> ext->memory->page_size_log2,
				    ext->memory->max);
	case KWASM_EXTERN_TAG:
		return ext->tag->type == ids[import->type];
	case KWASM_EXTERN_GLOBAL:
		global += import->index;
		if (global->mut != ext->global->mut)
			return false;
		return global->mut ? kwasm_valtype_canon(ids, global->type) == ext->global->type :
		       kwasm_valtype_matches(ext->global->type,
					     kwasm_valtype_canon(ids, global->type));
	}
	return false;
}

/**
 * kwasm_link_bind() - Look up all imports and fill their slots
 * @instance: being made; its store is locked and the exporters are in it, but for those that
 *	only a shared memory is taken of: what an instance exports is settled once it is made
 * @exporters: as kwasm_link_find() left them
 * @which: likewise
 * @report: filled on failure
 *
 * Return: 0; -ENOENT, unknown import; -EPROTOTYPE, incompatible import type; -ENOMEM, for what is
 * missing of a memory; -EINTR.
 */
int kwasm_link_bind(struct kwasm_instance *instance, struct kwasm_instance **exporters,
		    const u32 *which, struct kwasm_trap_info *report)
{
	struct kwasm_program *program = instance->program;
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_import *imports = kwasm_image_at(image, image->imports);
	struct kwasm_extern ext;
	const void **slot;
	bool matches;
	u32 i;
	int err;

	for (i = 0; i < image->imports.nr; i++) {
		const struct kwasm_image_import *import = &imports[i];

		if (import->kind == KWASM_EXTERN_FUNC && !import->slot)
			continue;
		/* each look-up goes through the exporter's names */
		if (i % STEPS == STEPS - 1 && plat_resched(instance->store))
			return -EINTR;
		err = kwasm_instance_export(exporters[which[i]],
					    kwasm_image_str(image, import->name),
					    import->name.len, &ext);
		if (err) {
			report_import(report, program, import, "no such export", NULL);
			return err;
		}
		plat_mutex_lock(&kwasm_registry_lock);
		matches = import_matches(program, import, &ext);
		plat_mutex_unlock(&kwasm_registry_lock);
		if (!matches) {
			report_import(report, program, import, "incompatible import type", &ext);
			return -EPROTOTYPE;
		}
		slot = (const void **)((u8 *)instance->ctx + import->slot);
		switch (import->kind) {
		case KWASM_EXTERN_FUNC:
			*slot = ext.func;
			break;
		case KWASM_EXTERN_TABLE:
			instance->tables[import->index] = ext.table;
			*slot = &ext.table->abi;
			break;
		case KWASM_EXTERN_MEMORY:
			if (ext.memory->demand)
				err = kwasm_demand_fill(ext.memory, 0, ext.memory->abi.size);
			if (err)
				return err;
			instance->memories[import->index] = ext.memory;
			*slot = &ext.memory->abi;
			break;
		case KWASM_EXTERN_GLOBAL:
			instance->globals[import->index] = *ext.global;
			*slot = ext.global->cell;
			break;
		case KWASM_EXTERN_TAG:		/* has no slot */
			instance->tags[import->index] = ext.tag;
			break;
		}
	}
	return 0;
}
