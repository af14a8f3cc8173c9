// SPDX-License-Identifier: GPL-2.0
/*
 * Instances: made, called, ended
 *
 * kwasm_instantiate() goes: find exporters - allocate - join their store - lock it - bind
 * imports - set up own objects - run the generated initialisation. From the moment
 * the instance is in a store, the way back is kwasm_instance_put().
 *
 * A trap does not end an instance: by the specification it stays usable.
 */
#include "kwasm.h"

static LIST_HEAD(all_instances);	/* both under kwasm_registry_lock */
static u64 last_id;

const struct kwasm_func *kwasm_instance_func(struct kwasm_instance *instance, u32 funcidx)
{
	struct kwasm_program *program = instance->program;
	const struct kwasm_image_ref *ref = kwasm_image_at(program->image, program->image->refs);
	u32 row = program->ref_of_func[funcidx];

	if (!row)
		return NULL;
	ref += row - 1;
	if (ref->code == ~0u)
		return *(const struct kwasm_func **)((u8 *)instance->ctx + ref->slot);
	return (const struct kwasm_func *)((u8 *)instance->ctx + ref->slot);
}

int kwasm_instance_export(struct kwasm_instance *instance, const char *name, u32 name_len,
			  struct kwasm_extern *ext)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_export *export = kwasm_image_at(image, image->exports);
	u32 i;

	for (i = 0; i < image->exports.nr; i++, export++) {
		if (export->name.len == name_len &&
		    !memcmp(kwasm_image_str(image, export->name), name, name_len))
			break;
	}
	if (i == image->exports.nr)
		return -ENOENT;
	ext->kind = export->kind;
	switch (export->kind) {
	case KWASM_EXTERN_FUNC:
		ext->func = kwasm_instance_func(instance, export->index);
		break;
	case KWASM_EXTERN_TABLE:
		ext->table = instance->tables[export->index];
		break;
	case KWASM_EXTERN_MEMORY:
		ext->memory = instance->memories[export->index];
		break;
	case KWASM_EXTERN_GLOBAL:
		ext->global = &instance->globals[export->index];
		break;
	case KWASM_EXTERN_TAG:
		ext->tag = instance->tags[export->index];
		break;
	}
	return 0;
}

/* Bytes of guest stack: asked for, else the parameter, else the image's, within what a slot holds */
u32 kwasm_stack_size(const struct kwasm_program *program, u32 wanted)
{
	u32 size = wanted;

	if (!size)
		size = program->app->stack_size;
	if (!size)
		size = program->image->stack_size;
	if (!size)
		size = KWASM_STACK_DEFAULT;
	size = min(size, KWASM_STACK_SLOT - KWASM_STACK_RESERVE);
	return max(size, KWASM_STACK_MIN);
}

static int copy_config(struct kwasm_instance *instance, const struct kwasm_config *config)
{
	instance->net_ns = config->net_ns;
	instance->max_memory = config->max_memory ? config->max_memory :
			       instance->program->app->max_memory;
	instance->stack_size = kwasm_stack_size(instance->program, config->stack_size);
	instance->index = config->index;
	instance->nr_group = config->nr_group;
	instance->group = config->group;
	return kwasm_lists_copy(instance->lists, config->lists);
}

/* Arrays of objects, empty yet */
static int alloc_objects(struct kwasm_instance *instance)
{
	const struct kwasm_image *image = instance->program->image;

	if (image->memories.nr) {
		instance->memories = plat_zalloc(image->memories.nr * sizeof(*instance->memories));
		instance->memory_own = plat_zalloc(image->memories.nr *
						   sizeof(*instance->memory_own));
		if (!instance->memories || !instance->memory_own)
			return -ENOMEM;
	}
	if (image->tables.nr) {
		instance->tables = plat_zalloc(image->tables.nr * sizeof(*instance->tables));
		instance->table_own = plat_zalloc(image->tables.nr * sizeof(*instance->table_own));
		if (!instance->tables || !instance->table_own)
			return -ENOMEM;
	}
	if (image->globals.nr) {
		instance->globals = plat_zalloc(image->globals.nr * sizeof(*instance->globals));
		if (!instance->globals)
			return -ENOMEM;
	}
	if (image->tags.nr) {
		instance->tags = plat_zalloc(image->tags.nr * sizeof(*instance->tags));
		instance->tag_own = plat_zalloc(image->tags.nr * sizeof(*instance->tag_own));
		if (!instance->tags || !instance->tag_own)
			return -ENOMEM;
	}
	if (image->elems.nr) {
		instance->elems = plat_zalloc(image->elems.nr * sizeof(*instance->elems));
		if (!instance->elems)
			return -ENOMEM;
	}
	if (image->datas.nr) {
		instance->data_dropped = plat_zalloc(image->datas.nr);
		if (!instance->data_dropped)
			return -ENOMEM;
	}
	return 0;
}

/* All that destroy_instance() gives back, in any state of completion; nobody sees it any more */
static void free_instance(struct kwasm_instance *instance)
{
	const struct kwasm_image *image = instance->program->image;
	u32 i;

	for (i = 0; instance->memory_own && i < image->memories.nr; i++) {
		if (instance->memory_own[i].region)
			kwasm_memory_destroy(&instance->memory_own[i]);
	}
	for (i = 0; instance->table_own && i < image->tables.nr; i++)
		kwasm_table_destroy(&instance->table_own[i]);
	for (i = 0; instance->elems && i < image->elems.nr; i++)
		plat_free(instance->elems[i].refs);
	if (instance->ctx)
		plat_region_release(&instance->region);
	plat_mutex_destroy(&instance->grow_lock);
	plat_free(instance->memories);
	plat_free(instance->memory_own);
	plat_free(instance->tables);
	plat_free(instance->table_own);
	plat_free(instance->globals);
	plat_free(instance->elems);
	plat_free(instance->tags);
	plat_free(instance->tag_own);
	plat_free(instance->data_dropped);
	plat_free(instance->imported);
	kwasm_lists_free(instance->lists);
	plat_free(instance);
}

/* An instance alone in a store of its own, with one reference, not initialised */
static struct kwasm_instance *create_instance(struct kwasm_program *program, bool is_default,
					      const struct kwasm_config *config, int *err)
{
	struct kwasm_instance *instance = plat_zalloc(sizeof(*instance));
	struct kwasm_store *store;
	u8 *ctx;

	*err = -ENOMEM;
	if (!instance)
		return NULL;
	plat_mutex_init(&instance->grow_lock);
	instance->program = program;
	instance->is_default = is_default;
	instance->starting = true;
	instance->refs = 1;
	INIT_LIST_HEAD(&instance->store_node);
	INIT_LIST_HEAD(&instance->program_node);
	INIT_LIST_HEAD(&instance->session_node);
	*err = copy_config(instance, config);
	if (!*err)
		*err = alloc_objects(instance);
	if (!*err)
		*err = plat_region_reserve(&instance->region, program->image->ctx_size,
					   kwasm_memory_reserve(program));
	if (*err)
		goto err_free;
	ctx = instance->region.base;
	instance->ctx = ctx;

	store = kwasm_store_create();
	if (!store) {
		*err = -ENOMEM;
		goto err_free;
	}
	store->fpu = !!(program->image->flags & KWASM_IMAGE_FPU);
	instance->store = store;
	list_add_tail(&instance->store_node, &store->instances);
	*(struct kwasm_instance **)(ctx + KWASM_CTX_INSTANCE) = instance;
	*(struct kwasm_store **)(ctx + KWASM_CTX_STORE) = store;
	*err = kwasm_store_reserve_values(store, program->image->nr_values);
	if (*err)
		goto err_put_store;

	/* callers hold it already, so this cannot fail */
	if (!is_default && !plat_module_get(program->app->module)) {
		*err = -ENOENT;
		goto err_put_store;
	}
	plat_mutex_lock(&kwasm_registry_lock);
	instance->id = ++last_id;
	list_add_tail(&instance->all_node, &all_instances);
	program->nr_instances++;
	plat_mutex_unlock(&kwasm_registry_lock);
	return instance;

err_put_store:
	kwasm_store_put(store, 1);
err_free:
	free_instance(instance);
	return NULL;
}

/* Null every reference to functions of @dying; its store is locked */
static void revoke_functions(struct kwasm_store *store, struct kwasm_instance *dying)
{
	u64 end = (u64)(unsigned long)dying->ctx;
	u64 start = end - dying->program->image->ctx_size;
	struct kwasm_instance *instance;
	u32 i;

	kwasm_exceptions_revoke(store, start, end);
	kwasm_heap_revoke(store, start, end);
	list_for_each_entry(instance, &store->instances, store_node) {
		const struct kwasm_image *image = instance->program->image;
		const struct kwasm_image_elem *elems = kwasm_image_at(image, image->elems);

		if (instance == dying)
			continue;
		for (i = 0; i < image->tables.nr; i++) {
			struct kwasm_table *table = &instance->table_own[i];

			if (table->owner && kwasm_is_func_ref(table->reftype))
				kwasm_refs_revoke(store, table->abi.elems, table->abi.size, start, end);
		}
		for (i = 0; i < image->globals.nr; i++) {
			struct kwasm_global *global = &instance->globals[i];

			if (global->owner == instance && kwasm_is_func_ref(global->type))
				kwasm_refs_revoke(store, global->cell, 1, start, end);
		}
		for (i = 0; i < image->elems.nr; i++) {
			if (instance->elems[i].refs && kwasm_is_func_ref(elems[i].reftype))
				kwasm_refs_revoke(store, instance->elems[i].refs, elems[i].nr,
						  start, end);
		}
		plat_resched(store);
	}
}

/* Returns whether it was the last one. A reference on a default instance also pins its .ko. */
static bool drop_reference(struct kwasm_instance *instance)
{
	void *pinned = instance->is_default ? instance->program->app->module : NULL;
	bool is_default = instance->is_default, last;

	plat_mutex_lock(&kwasm_registry_lock);
	last = !--instance->refs;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (is_default)
		plat_module_put(pinned);
	return last;
}

/* The last reference is gone. Exporters that lose theirs with it are put on @dead. */
static void destroy_instance(struct kwasm_instance *instance, struct kwasm_instance **dead)
{
	void *module = instance->is_default ? NULL : instance->program->app->module;
	bool unpin = !instance->is_default;
	struct kwasm_store *store;
	u32 i;

	kwasm_store_lock_uninterruptible(instance, &store);
	revoke_functions(store, instance);
	list_del_init(&instance->store_node);
	plat_mutex_lock(&kwasm_registry_lock);
	list_del_init(&instance->all_node);
	instance->program->nr_instances--;
	plat_mutex_unlock(&kwasm_registry_lock);
	kwasm_store_unlock(store);
	kwasm_store_put(store, 1);

	for (i = 0; i < KWASM_PRIVATE_NR; i++)
		kwasm_instance_set_private(instance, i, NULL, NULL);
	for (i = 0; i < instance->nr_imported; i++) {
		if (drop_reference(instance->imported[i])) {
			instance->imported[i]->next_dead = *dead;
			*dead = instance->imported[i];
		}
	}
	free_instance(instance);
	if (unpin)
		plat_module_put(module);
}

/* A loop, not a recursion: chains of importers may be long */
static void destroy_chain(struct kwasm_instance *dead)
{
	struct kwasm_instance *instance;

	dead->next_dead = NULL;
	while (dead) {
		instance = dead;
		dead = dead->next_dead;
		destroy_instance(instance, &dead);
	}
}

void kwasm_instance_get(struct kwasm_instance *instance)
{
	plat_mutex_lock(&kwasm_registry_lock);
	instance->refs++;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (instance->is_default)
		plat_module_get(instance->program->app->module);
}

/**
 * kwasm_instance_put() - Give back a reference
 * @instance: NULL is fine
 *
 * Context: Process context, may sleep: the last put waits for calls under way in
 * instances linked to this one.
 */
void kwasm_instance_put(struct kwasm_instance *instance)
{
	if (instance && drop_reference(instance))
		destroy_chain(instance);
}

/* The program's own reference on a default instance, which pins nothing: nobody else has one */
void kwasm_instance_put_default(struct kwasm_instance *instance)
{
	destroy_chain(instance);
}

void kwasm_instance_set_private(struct kwasm_instance *instance, enum kwasm_private slot,
				void *private, void (*destroy)(void *private))
{
	void *old = instance->private[slot];
	void (*old_destroy)(void *private) = instance->private_destroy[slot];

	instance->private[slot] = private;
	instance->private_destroy[slot] = destroy;
	if (old && old_destroy)
		old_destroy(old);
}
EXPORT_SYMBOL_GPL(kwasm_instance_set_private);

/* Own functions, tables, memories, globals, segments; the store is locked */
static int create_objects(struct kwasm_instance *instance)
{
	struct kwasm_program *program = instance->program;
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_type *types = kwasm_image_at(image, image->types);
	const struct kwasm_image_ref *refs = kwasm_image_at(image, image->refs);
	const struct kwasm_image_table *tables = kwasm_image_at(image, image->tables);
	const struct kwasm_image_memory *memories = kwasm_image_at(image, image->memories);
	const struct kwasm_image_global *globals = kwasm_image_at(image, image->globals);
	const struct kwasm_image_elem *elems = kwasm_image_at(image, image->elems);
	const struct kwasm_image_tag *tags = kwasm_image_at(image, image->tags);
	u8 *ctx = instance->ctx;
	u32 i, invoke;
	int err;

	for (i = 0; i < image->refs.nr; i++) {
		struct kwasm_func *func = (void *)(ctx + refs[i].slot);

		if (refs[i].code == ~0u)
			continue;
		invoke = types[refs[i].type].invoke;
		func->code = program->app->text + refs[i].code;
		func->ctx = ctx;
		func->type = program->app->type_ids[refs[i].type];
		func->funcidx = refs[i].funcidx;
		func->invoke = invoke ? program->app->text + invoke - 1 : NULL;
	}
	for (i = 0; i < image->memories.nr; i++) {
		if (memories[i].imported)
			continue;
		err = kwasm_memory_create(instance, &instance->memory_own[i], &memories[i],
					  !i && (image->flags & KWASM_IMAGE_MEMORY0));
		if (err)
			return err;
		instance->memories[i] = &instance->memory_own[i];
		if (memories[i].slot)
			*(void **)(ctx + memories[i].slot) = &instance->memory_own[i].abi;
	}
	for (i = 0; i < image->tables.nr; i++) {
		if (tables[i].imported)
			continue;
		err = kwasm_table_create(instance, &instance->table_own[i], &tables[i]);
		if (err)
			return err;
		instance->tables[i] = &instance->table_own[i];
		if (tables[i].slot)
			*(void **)(ctx + tables[i].slot) = &instance->table_own[i].abi;
	}
	for (i = 0; i < image->globals.nr; i++) {
		if (!globals[i].imported)
			kwasm_global_init(instance, i);
	}
	for (i = 0; i < image->tags.nr; i++) {
		if (tags[i].imported)
			continue;
		kwasm_tag_init(instance, &instance->tag_own[i], tags[i].type);
		instance->tags[i] = &instance->tag_own[i];
	}
	for (i = 0; i < image->elems.nr; i++) {
		err = kwasm_elem_create(&instance->elems[i], &elems[i]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Run guest code; the store is locked, arguments are in the value buffer. Time and
 * count go to @instance. Returns 0, a trap, -errno.
 */
static int execute(struct kwasm_store *store, struct kwasm_instance *instance, void *ctx,
		   const void *invoke, const void *code, u32 context,
		   struct kwasm_trap_info *report)
{
	struct plat_stack *stack;
	int ret;

	stack = plat_stack_get(instance->stack_size);
	if (!stack)
		return -ENOMEM;
	store->stack = stack;
	store->context = context;
	store->detail = 0;
	store->trap_ip = 0;
	store->trap_row = ~0ull;
	store->trap_rsp = 0;
	store->values[-1].i64 = 0;
	plat_mutex_lock(&kwasm_registry_lock);
	store->running_since = plat_cpu_ns();
	store->running_pid = plat_pid();
	store->running = instance;
	plat_mutex_unlock(&kwasm_registry_lock);

	ret = plat_exec_begin(store);
	if (!ret) {
		ret = kwasm_enter(store, ctx, invoke, code, stack->top);
		plat_exec_end(store);
	}

	plat_mutex_lock(&kwasm_registry_lock);
	store->running_pid = 0;
	store->running = NULL;
	WRITE_ONCE(store->kill, 0);	/* it was for this call: what is done between calls goes on */
	instance->cpu_ns += plat_cpu_ns() - store->running_since;
	instance->calls++;
	plat_mutex_unlock(&kwasm_registry_lock);
	if (ret > 0)
		kwasm_report_trap(store, ret, report);
	kwasm_exceptions_end_call(store);
	store->stack = NULL;
	plat_stack_put(stack);
	return ret;
}

/* Could the initialisation have given functions of this instance to others? */
static bool may_have_leaked(const struct kwasm_program *program)
{
	const struct kwasm_image *image = program->image;
	const struct kwasm_image_import *imports = kwasm_image_at(image, image->imports);
	const struct kwasm_image_type *types = kwasm_image_at(image, image->types);
	const struct kwasm_image_global *globals = kwasm_image_at(image, image->globals);
	u32 i, k;

	for (i = 0; i < image->imports.nr; i++) {
		const struct kwasm_image_type *type = &types[imports[i].type];
		const u32 *valtypes;

		/* objects that it got from others have fields */
		if (image->flags & KWASM_IMAGE_GC && imports[i].slot)
			return true;
		switch (imports[i].kind) {
		case KWASM_EXTERN_TABLE:
			return true;
		case KWASM_EXTERN_GLOBAL:
			if (globals[imports[i].index].mut &&
			    kwasm_is_ref(globals[imports[i].index].type))
				return true;
			break;
		case KWASM_EXTERN_FUNC:
			valtypes = (const u32 *)((const u8 *)image + type->valtypes);
			for (k = 0; k < type->nr_params; k++) {
				if (kwasm_is_ref(valtypes[k]))
					return true;
			}
			break;
		}
	}
	return false;
}

/* The locked part of instantiation */
static int initialise(struct kwasm_instance *instance, const u32 *which, u32 context,
		      struct kwasm_trap_info *report)
{
	struct kwasm_program *program = instance->program;
	const struct kwasm_image *image = program->image;
	struct kwasm_store *store;
	int err;

	err = kwasm_store_lock(instance, &store);
	if (err)
		return err;
	err = kwasm_link_bind(instance, instance->imported, which, report);
	if (!err)
		err = create_objects(instance);
	if (!err)
		err = kwasm_heap_attach(store, instance);
	if (!err && image->init_code)
		err = execute(store, instance, instance->ctx,
			      program->app->text + image->init_invoke,
			      program->app->text + image->init_code - 1, context, report);
	instance->starting = false;
	if (!err && instance->memory_own && instance->memory_own[0].demand)
		err = kwasm_demand_settle(&instance->memory_own[0]);
	kwasm_store_unlock(store);
	return err;
}

/*
 * Join the stores of those that anything but shared memory is imported from: all else, a call or
 * a table, is for one thread at a time. 0; as kwasm_store_merge()
 */
static int merge_stores(struct kwasm_instance *instance, const u32 *which)
{
	const struct kwasm_image *image = instance->program->image;
	const struct kwasm_image_import *imports = kwasm_image_at(image, image->imports);
	const struct kwasm_image_memory *memories = kwasm_image_at(image, image->memories);
	u32 i, last = ~0u;
	int err = 0;

	for (i = 0; i < image->imports.nr && !err; i++) {
		if (which[i] == last || which[i] == ~0u ||
		    (imports[i].kind == KWASM_EXTERN_MEMORY && memories[imports[i].index].shared))
			continue;
		last = which[i];
		err = kwasm_store_merge(instance, instance->imported[last]);
	}
	return err;
}

static int instantiate(struct kwasm_program *program, struct kwasm_session *session,
		       bool is_default, const struct kwasm_config *config,
		       struct kwasm_trap_info *report, struct kwasm_instance **result)
{
	u32 nr_imports = program->image->imports.nr, nr_exporters = 0;
	struct kwasm_instance **exporters = NULL, *instance;
	u32 *which = NULL;
	int err;

	if (report) {
		memset(report, 0, sizeof(*report));
		report->size = sizeof(*report);
	}
	if (nr_imports) {
		err = -ENOMEM;
		exporters = plat_zalloc(nr_imports * sizeof(*exporters));
		which = plat_zalloc(nr_imports * sizeof(*which));
		if (!exporters || !which)
			goto out;
		memset(which, 0xff, nr_imports * sizeof(*which));
		err = kwasm_link_find(program, session, exporters, &nr_exporters, which, report);
		if (err)
			goto out;
	}
	instance = create_instance(program, is_default, config, &err);
	if (!instance)
		goto out;
	/* the instance holds the exporters from here on */
	instance->imported = exporters;
	instance->nr_imported = nr_exporters;
	exporters = NULL;
	nr_exporters = 0;
	err = merge_stores(instance, which);
	if (!err)
		err = initialise(instance, which, config->context, report);
	if (!err) {
		*result = instance;
	} else {
		instance->starting = false;
		if (err > 0 && session && may_have_leaked(program))
			kwasm_session_add_zombie(session, instance);
		else if (is_default)
			kwasm_instance_put_default(instance);
		else
			kwasm_instance_put(instance);
	}
out:
	if (err == -ENOMEM && report && !report->message[0])
		kwasm_report_message(report, "not enough memory");
	while (nr_exporters)
		kwasm_instance_put(exporters[--nr_exporters]);
	plat_free(exporters);
	plat_free(which);
	return err;
}

int kwasm_instantiate(struct kwasm_program *program, struct kwasm_session *session,
		      const struct kwasm_config *config, struct kwasm_trap_info *report,
		      struct kwasm_instance **instance)
{
	return instantiate(program, session, false, config, report, instance);
}

/* For kwasm_app_init(): does not pin the program, see kwasm_app_exit() */
int kwasm_instantiate_default(struct kwasm_program *program, const struct kwasm_config *config,
			      struct kwasm_trap_info *report, struct kwasm_instance **instance)
{
	return instantiate(program, NULL, true, config, report, instance);
}

static void report_signature(struct kwasm_trap_info *report, const char *name, u32 name_len,
			     const struct kwasm_type *type)
{
	char shown[64], signature[128];

	kwasm_report_message(report, "wrong arguments: '%s' is %s",
			     kwasm_name_text(shown, sizeof(shown), name, name_len),
			     kwasm_functype_text(signature, sizeof(signature), type->valtypes,
						 type->nr_params, type->nr_results));
}

/* The store is locked */
static int call_locked(struct kwasm_store *store, struct kwasm_instance *instance,
		       const char *name, u32 name_len, const struct kwasm_val *args, u32 nr_args,
		       struct kwasm_val *results, u32 *nr_results, u32 context,
		       struct kwasm_trap_info *report)
{
	const struct kwasm_type *type;
	struct kwasm_extern ext;
	char shown[64];
	u32 i;
	int err;

	err = kwasm_instance_export(instance, name, name_len, &ext);
	if (err || ext.kind != KWASM_EXTERN_FUNC) {
		kwasm_report_message(report, "no exported function '%s'",
				     kwasm_name_text(shown, sizeof(shown), name, name_len));
		return -ENOENT;
	}
	plat_mutex_lock(&kwasm_registry_lock);
	type = kwasm_type_find(ext.func->type);
	plat_mutex_unlock(&kwasm_registry_lock);
	if (!type || !ext.func->invoke)
		return -EOPNOTSUPP;
	err = kwasm_store_reserve_values(store, max(type->nr_params, type->nr_results));
	if (err)
		return err;
	if (nr_args != type->nr_params)
		err = -EINVAL;
	for (i = 0; !err && i < nr_args; i++)
		err = kwasm_value_write(store, store->values[i].v128, type->valtypes[i],
					&args[i]);
	if (err) {
		report_signature(report, name, name_len, type);
		return err;
	}
	if (*nr_results < type->nr_results) {
		*nr_results = type->nr_results;
		return -ENOSPC;
	}
	err = execute(store, instance, ext.func->ctx, ext.func->invoke, ext.func->code, context,
		      report);
	if (err)
		return err;
	*nr_results = type->nr_results;
	for (i = 0; !err && i < type->nr_results; i++)
		err = kwasm_value_read(store, store->values[i].v128,
				       type->valtypes[type->nr_params + i], &results[i]);
	return err;
}

int kwasm_call(struct kwasm_instance *instance, const char *name, u32 name_len,
	       const struct kwasm_val *args, u32 nr_args,
	       struct kwasm_val *results, u32 *nr_results, u32 context,
	       struct kwasm_trap_info *report)
{
	struct kwasm_store *store;
	int err;

	if (report) {
		memset(report, 0, sizeof(*report));
		report->size = sizeof(*report);
	}
	err = kwasm_store_lock(instance, &store);
	if (err)
		return err;
	err = call_locked(store, instance, name, name_len, args, nr_args, results, nr_results,
			  context, report);
	kwasm_store_unlock(store);
	return err;
}

int kwasm_program_run(struct kwasm_program *program, struct kwasm_session *session,
		      const struct kwasm_config *config, s32 *exit_code,
		      struct kwasm_trap_info *report)
{
	struct kwasm_trap_info *own = NULL;
	struct kwasm_instance *instance;
	u32 nr_results = 0;
	bool daemon;
	int err;

	if (!(program->image->flags & KWASM_IMAGE_COMMAND)) {
		kwasm_report_message(report, "%s exports no _start", program->name);
		return -ENOEXEC;
	}
	if (!report) {	/* the exit code comes in it */
		own = plat_zalloc(sizeof(*own));
		if (!own)
			return -ENOMEM;
		report = own;
	}
	*exit_code = 0;
	/* a daemon must not keep its own .ko: kwasm_app_exit() ends it */
	daemon = config->context == KWASM_CONTEXT_KTHREAD;
	err = instantiate(program, session, daemon, config, report, &instance);
	if (!err) {
		err = kwasm_call(instance, "_start", 6, NULL, 0, NULL, &nr_results,
				 config->context, report);
		if (daemon)
			kwasm_instance_put_default(instance);
		else
			kwasm_instance_put(instance);
	}
	if (err == KWASM_TRAP_exit) {
		*exit_code = report->detail;
		err = 0;
	}
	plat_free(own);
	return err;
}

/* of the call that is under way in @instance, ns; under the registry lock */
static u64 running_cpu_ns(const struct kwasm_instance *instance)
{
	u64 now;

	if (instance->store->running != instance)
		return 0;
	now = plat_running_cpu_ns(instance->store);
	return now > instance->store->running_since ? now - instance->store->running_since : 0;
}

u32 kwasm_instance_list(struct kwasm_ps_entry *entries, u32 room)
{
	struct kwasm_instance *instance;
	struct kwasm_ps_entry *entry;
	u32 nr = 0;

	plat_mutex_lock(&kwasm_registry_lock);
	list_for_each_entry(instance, &all_instances, all_node) {
		if (nr < room) {
			entry = &entries[nr];
			memset(entry, 0, sizeof(*entry));
			entry->id = instance->id;
			strscpy(entry->app, instance->program->name, sizeof(entry->app));
			if (instance->store->running == instance) {
				entry->pid = instance->store->running_pid;
				entry->state = KWASM_STATE_RUNNING;
			}
			if (instance->starting)
				entry->state = KWASM_STATE_STARTING;
			entry->memory = READ_ONCE(instance->memory_bytes);
			if (instance->program->image->flags & KWASM_IMAGE_GC)
				entry->memory += kwasm_heap_bytes(instance->store);
			entry->cpu_ns = instance->cpu_ns + running_cpu_ns(instance);
			entry->calls = instance->calls;
		}
		nr++;
	}
	plat_mutex_unlock(&kwasm_registry_lock);
	return nr;
}

int kwasm_instance_kill(u64 id)
{
	struct kwasm_instance *instance;
	struct kwasm_store *store;
	int err = -ESRCH;

	plat_mutex_lock(&kwasm_registry_lock);
	list_for_each_entry(instance, &all_instances, all_node) {
		if (instance->id != id)
			continue;
		err = 0;
		store = instance->store;
		if (store->running_pid) {
			WRITE_ONCE(store->kill, 1);
			plat_kick(store);
		}
		break;
	}
	plat_mutex_unlock(&kwasm_registry_lock);
	return err;
}
