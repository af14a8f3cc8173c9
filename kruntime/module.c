// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of loaded programs
 *
 * kwasm_app_init() is the init function of every app's .ko: it checks the image,
 * registers the name, and makes what the module parameters ask for (a run, a daemon,
 * instances). Until all of that has worked nobody else finds the program: if init fails
 * the kernel frees the .ko whatever references there are.
 */
#include "kwasm.h"

struct plat_mutex kwasm_registry_lock;
static LIST_HEAD(programs);	/* under kwasm_registry_lock */

int kwasm_core_init(void)
{
	plat_mutex_init(&kwasm_registry_lock);
	kwasm_wait_init();
	return 0;
}

void kwasm_core_exit(void)
{
	plat_mutex_destroy(&kwasm_registry_lock);
}

static struct kwasm_program *find_locked(const char *name)
{
	struct kwasm_program *program;

	list_for_each_entry(program, &programs, node) {
		if (!strcmp(program->name, name))
			return program;
	}
	return NULL;
}

struct kwasm_program *kwasm_program_get(const char *name)
{
	struct kwasm_program *program;

	plat_mutex_lock(&kwasm_registry_lock);
	program = find_locked(name);
	if (program && (program->state != KWASM_PROGRAM_LIVE ||
			!plat_module_get(program->app->module)))
		program = NULL;
	plat_mutex_unlock(&kwasm_registry_lock);
	return program;
}

void kwasm_program_put(struct kwasm_program *program)
{
	plat_module_put(program->app->module);
}

/* The first default instance of program @name, with a reference; NULL if there is none */
struct kwasm_instance *kwasm_program_default(const char *name)
{
	struct kwasm_program *program;
	struct kwasm_instance *instance = NULL;

	plat_mutex_lock(&kwasm_registry_lock);
	program = find_locked(name);
	/* a reference on a default instance pins its .ko, see kwasm_instance_put() */
	if (program && program->state == KWASM_PROGRAM_LIVE && !list_empty(&program->defaults) &&
	    plat_module_get(program->app->module)) {
		instance = list_first_entry(&program->defaults, struct kwasm_instance,
					    program_node);
		instance->refs++;
	}
	plat_mutex_unlock(&kwasm_registry_lock);
	return instance;
}

static void program_free(struct kwasm_program *program)
{
	plat_free(program->ref_of_func);
	plat_free(program->type_of_func);
	plat_free(program);
}

static void destroy_defaults(struct kwasm_program *program)
{
	struct kwasm_instance *instance, *next;

	list_for_each_entry_safe(instance, next, &program->defaults, program_node) {
		plat_mutex_lock(&kwasm_registry_lock);
		list_del_init(&instance->program_node);
		plat_mutex_unlock(&kwasm_registry_lock);
		kwasm_instance_put_default(instance);
	}
}

/* A reactor's instances that live as long as the .ko is loaded */
static int create_defaults(struct kwasm_program *program)
{
	struct kwasm_instance *instance;
	struct kwasm_trap_info *report;
	struct kwasm_config config;
	u32 i, nr_results;
	int err;

	if (!program->app->instances)
		return 0;
	if (program->app->instances > KWASM_INSTANCES_MAX) {
		kwasm_err("%s: instances=%u is more than %u\n", program->name,
			  program->app->instances, KWASM_INSTANCES_MAX);
		return -EINVAL;
	}
	report = plat_zalloc(sizeof(*report));
	if (!report)
		return -ENOMEM;
	err = kwasm_config_from_params(program, &config);
	if (err)
		goto out_free_report;
	config.nr_group = program->app->instances;
	config.group = program;
	for (i = 0; i < program->app->instances; i++) {
		config.index = i;
		err = kwasm_instantiate_default(program, &config, report, &instance);
		if (err)
			break;
		plat_mutex_lock(&kwasm_registry_lock);
		list_add_tail(&instance->program_node, &program->defaults);
		plat_mutex_unlock(&kwasm_registry_lock);
		nr_results = 0;
		err = kwasm_call(instance, "_initialize", 11, NULL, 0, NULL, &nr_results,
				 config.context, report);
		if (err == -ENOENT)
			err = 0;	/* not every reactor has one */
		if (err)
			break;
	}
	if (err)
		kwasm_log_report(program->name, report);
	if (err > 0)
		err = -ENOTRECOVERABLE;
	kwasm_lists_free(config.lists);
out_free_report:
	plat_free(report);
	return err;
}

static void complain(const struct kwasm_program *program, const struct kwasm_trap_info *report)
{
	char line[sizeof(report->message) + KWASM_FUNC_NAME_MAX + KWASM_NAME_MAX + 64];
	const struct kwasm_frame *frame = &report->frames[0];
	int len;

	if (report->nr_frames && report->code != KWASM_TRAP_exit)
		len = scnprintf(line, sizeof(line), "%s: %s in function %u %s at offset 0x%llx\n",
				program->name, report->message, frame->funcidx, frame->func,
				(u64)frame->offset);
	else
		len = scnprintf(line, sizeof(line), "%s: %s\n", program->name, report->message);
	plat_complain(line, len);
	kwasm_log_report(program->name, report);
}

/* run=1: the command runs in the process that loads it, which learns how it ended */
static int run_once(struct kwasm_program *program)
{
	struct kwasm_trap_info *report;
	struct kwasm_config config;
	s32 exit_code = 0;
	int err;

	report = plat_zalloc(sizeof(*report));
	if (!report)
		return -ENOMEM;
	err = kwasm_config_from_params(program, &config);
	if (err)
		goto out_free_report;
	err = kwasm_program_run(program, NULL, &config, &exit_code, report);
	if (!err && exit_code) {
		kwasm_report_message(report, "exit code %d", exit_code);
		err = -ECANCELED;
	} else if (err < 0 && !report->message[0]) {
		kwasm_report_message(report, "cannot run: error %d", -err);
	}
	if (err)
		complain(program, report);
	if (err > 0)
		err = err == KWASM_TRAP_killed ? -EINTR : -ENOTRECOVERABLE;
	kwasm_lists_free(config.lists);
out_free_report:
	plat_free(report);
	return err;
}

/* None of its code runs any more */
static void remove_text(struct kwasm_program *program)
{
	if (program->on_demand)
		plat_demand_put();
	plat_text_remove(program->app->text);
}

/**
 * kwasm_app_init() - init_module() of every app's .ko
 * @app: the one in the .ko; parameters have been set
 *
 * A command runs once, in this process, unless run=0 or daemon=1 was given; a
 * reactor gets its instances.
 *
 * Context: Process context, may sleep; runs guest code.
 * Return: 0; -ENOEXEC, the image is broken or for another runtime; -EEXIST, an app of that
 * name is loaded; -ENOTRECOVERABLE, the app trapped; -ECANCELED, it exited with another code than
 * 0; -EINTR, killed; -ENOENT, -EPROTOTYPE, an import; -EINVAL, a parameter; -ENOMEM.
 */
int kwasm_app_init(struct kwasm_app *app)
{
	struct kwasm_program *program;
	int err;

	program = plat_zalloc(sizeof(*program));
	if (!program)
		return -ENOMEM;
	program->app = app;
	program->image = app->image;
	program->state = KWASM_PROGRAM_COMING;
	INIT_LIST_HEAD(&program->defaults);
	err = kwasm_image_check(program);
	if (err)
		goto err_free;
	program->name = kwasm_image_str(program->image, program->image->name);
	err = kwasm_fill_ex_table(app);
	if (err) {
		kwasm_err("%s: bad image: accesses\n", program->name);
		goto err_free;
	}
	err = plat_text_add(app->text, program->image->text_size);
	if (err)
		goto err_free;
	program->on_demand = kwasm_demand_wanted(program->image) && plat_demand_get();

	plat_mutex_lock(&kwasm_registry_lock);
	err = find_locked(program->name) ? -EEXIST : kwasm_types_get(program->image, app->type_ids);
	if (!err) {
		err = kwasm_fill_calls(program);
		if (err)
			kwasm_types_put(program->image, app->type_ids);
	}
	if (!err) {
		list_add_tail(&program->node, &programs);
		app->runtime = program;
	}
	plat_mutex_unlock(&kwasm_registry_lock);
	if (err == -EEXIST)
		kwasm_err("%s: an app of this name is loaded already\n", program->name);
	if (err)
		goto err_remove_text;

	if (!(program->image->flags & KWASM_IMAGE_COMMAND))
		err = create_defaults(program);
	else if (app->daemon)
		err = plat_daemon_start(program);
	else if (app->run)
		err = run_once(program);
	if (err)
		goto err_unregister;

	plat_mutex_lock(&kwasm_registry_lock);
	program->state = KWASM_PROGRAM_LIVE;
	plat_mutex_unlock(&kwasm_registry_lock);
	return 0;

err_unregister:
	kwasm_app_exit(app);
	return err;
err_remove_text:
	remove_text(program);
err_free:
	program_free(program);
	return err;
}
EXPORT_SYMBOL_GPL(kwasm_app_init);

/**
 * kwasm_app_exit() - cleanup_module() of every app's .ko
 * @app: the one given to kwasm_app_init()
 *
 * Instances other than the default ones pin the .ko, so none is left here.
 *
 * Context: Process context, may sleep until calls end that may reach the default
 * instances' functions through tables.
 */
void kwasm_app_exit(struct kwasm_app *app)
{
	struct kwasm_program *program = app->runtime;

	plat_mutex_lock(&kwasm_registry_lock);
	program->state = KWASM_PROGRAM_GOING;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (app->daemon)
		plat_daemon_stop(program);
	destroy_defaults(program);

	plat_mutex_lock(&kwasm_registry_lock);
	list_del_init(&program->node);
	kwasm_types_put(program->image, app->type_ids);
	app->runtime = NULL;
	plat_mutex_unlock(&kwasm_registry_lock);
	remove_text(program);
	program_free(program);
}
EXPORT_SYMBOL_GPL(kwasm_app_exit);

/* One byte tells the world outside enough: what kind of thing a reference refers to */
static u8 info_valtype(u32 valtype)
{
	return kwasm_is_ref(valtype) ? kwasm_valtype_heap(valtype) : valtype;
}

static u32 item_arity(u32 kind)
{
	return kind == KWASM_EXTERN_MEMORY || kind == KWASM_EXTERN_TAG ? 0 : 1;
}

/* Where items go; beyond @room only the size is counted */
struct info_writer {
	u8 *buffer;
	u32 room;
	u64 used;
};

static void write_item(struct info_writer *w, const struct kwasm_program *program, bool import,
		       u32 kind, u32 index, struct kwasm_image_string module,
		       struct kwasm_image_string name)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_type *type = kwasm_image_at(image, image->types);
	const struct kwasm_image_table *table = kwasm_image_at(image, image->tables);
	const struct kwasm_image_memory *memory = kwasm_image_at(image, image->memories);
	const struct kwasm_image_global *global = kwasm_image_at(image, image->globals);
	struct kwasm_info_item item = { .kind = kind, .import = import, .max = ~0ull };
	const u32 *valtypes = NULL;
	u32 valtype = 0, i, nr;
	u64 size;
	u8 *p;

	item.nr_results = item_arity(kind);
	switch (kind) {
	case KWASM_EXTERN_FUNC:
		type += program->type_of_func[index];
		item.nr_params = type->nr_params;
		item.nr_results = type->nr_results;
		valtypes = (const u32 *)((const u8 *)image + type->valtypes);
		break;
	case KWASM_EXTERN_TABLE:
		table += index;
		valtype = table->reftype;
		item.is64 = table->is64;
		item.min = table->min;
		item.max = table->max;
		break;
	case KWASM_EXTERN_MEMORY:
		memory += index;
		item.is64 = memory->is64;
		item.min = memory->min;
		item.max = memory->max;
		break;
	case KWASM_EXTERN_GLOBAL:
		global += index;
		valtype = global->type;
		item.mut = global->mut;
		break;
	}
	nr = item.nr_params + item.nr_results;
	item.module_len = module.len;
	item.name_len = name.len;
	size = (sizeof(item) + nr + (u64)module.len + name.len + 7) & ~7ull;
	item.size = size;	/* names lie in the image, so this fits */
	if (w->used + size <= w->room) {
		p = w->buffer + w->used;
		memset(p, 0, size);
		memcpy(p, &item, sizeof(item));
		p += sizeof(item);
		for (i = 0; i < nr; i++)
			*p++ = info_valtype(valtypes ? valtypes[i] : valtype);
		memcpy(p, kwasm_image_str(image, module), module.len);
		memcpy(p + module.len, kwasm_image_str(image, name), name.len);
	}
	w->used += size;
}

/**
 * kwasm_program_info() - Imports, exports and limits, for kwasm info
 * @program: pinned
 * @info: out members are set
 * @buffer: gets the items; may be NULL if @room is 0
 * @room: bytes
 *
 * Return: 0; -ENOSPC, @info->buffer_size says how much it takes (not if @room is 0).
 */
int kwasm_program_info(struct kwasm_program *program, struct kwasm_info *info,
		       void *buffer, u32 room)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_import *imports = kwasm_image_at(image, image->imports);
	const struct kwasm_image_export *exports = kwasm_image_at(image, image->exports);
	struct info_writer w = { .buffer = buffer, .room = room };
	struct kwasm_image_string none = { 0, 0 };
	u32 i;

	for (i = 0; i < image->imports.nr; i++)
		write_item(&w, program, true, imports[i].kind, imports[i].index,
			   imports[i].module, imports[i].name);
	for (i = 0; i < image->exports.nr; i++)
		write_item(&w, program, false, exports[i].kind, exports[i].index, none,
			   exports[i].name);
	if (w.used > ~0u)
		return -EOVERFLOW;
	info->flags = (image->flags & KWASM_IMAGE_COMMAND ? KWASM_INFO_COMMAND : 0) |
		      (image->flags & KWASM_IMAGE_FPU ? KWASM_INFO_FPU : 0) |
		      (image->flags & KWASM_IMAGE_BOUNDS_CHECK ? KWASM_INFO_BOUNDS_CHECK : 0);
	info->buffer_size = w.used;
	info->nr_items = image->imports.nr + image->exports.nr;
	info->text_size = image->text_size;
	info->stack_size = kwasm_stack_size(program, 0);
	info->max_memory = program->app->max_memory;
	plat_mutex_lock(&kwasm_registry_lock);
	info->nr_instances = program->nr_instances;
	plat_mutex_unlock(&kwasm_registry_lock);
	return room && w.used > room ? -ENOSPC : 0;
}
