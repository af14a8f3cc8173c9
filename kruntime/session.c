// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: handles of instances and names to import them by
 *
 * One per open /dev/kwasm, and one per user-space runner. The lock covers only the
 * tables; instances are used with a reference of their own.
 */
#include "kwasm.h"

#define HANDLES_MAX	65536u

struct session_name {
	struct list_head node;
	struct kwasm_instance *instance;	/* referenced */
	u32 len;
	char name[];
};

struct kwasm_session {
	struct plat_mutex lock;
	struct kwasm_instance **handles;	/* by handle - 1; NULL: free */
	u32 nr_handles;
	struct list_head names;
	struct list_head zombies;		/* by instance->session_node */
};

struct kwasm_session *kwasm_session_create(void)
{
	struct kwasm_session *session = plat_zalloc(sizeof(*session));

	if (!session)
		return NULL;
	plat_mutex_init(&session->lock);
	INIT_LIST_HEAD(&session->names);
	INIT_LIST_HEAD(&session->zombies);
	return session;
}

static void free_name(struct session_name *entry)
{
	list_del_init(&entry->node);
	kwasm_instance_put(entry->instance);
	plat_free(entry);
}

/* Nobody uses the session any more */
void kwasm_session_destroy(struct kwasm_session *session)
{
	struct session_name *entry, *next;
	struct kwasm_instance *instance;
	u32 i;

	list_for_each_entry_safe(entry, next, &session->names, node)
		free_name(entry);
	for (i = session->nr_handles; i > 0; i--)	/* importers mostly come after exporters */
		kwasm_instance_put(session->handles[i - 1]);
	while (!list_empty(&session->zombies)) {
		instance = list_first_entry(&session->zombies, struct kwasm_instance,
					    session_node);
		list_del_init(&instance->session_node);
		kwasm_instance_put(instance);
	}
	plat_free(session->handles);
	plat_mutex_destroy(&session->lock);
	plat_free(session);
}

/* A free place, made if need be; under the lock. Index, -ENOMEM, -EMFILE. */
static int free_handle(struct kwasm_session *session)
{
	struct kwasm_instance **handles;
	u32 i, nr;

	for (i = 0; i < session->nr_handles; i++) {
		if (!session->handles[i])
			return i;
	}
	if (session->nr_handles >= HANDLES_MAX)
		return -EMFILE;
	nr = session->nr_handles ? session->nr_handles * 2 : 16;
	handles = plat_zalloc(nr * sizeof(*handles));
	if (!handles)
		return -ENOMEM;
	if (session->handles)
		memcpy(handles, session->handles, session->nr_handles * sizeof(*handles));
	plat_free(session->handles);
	session->handles = handles;
	session->nr_handles = nr;
	return i;
}

/* A handle for @instance, whose reference the session takes over. 0, -ENOMEM, -EMFILE. */
static int add_handle(struct kwasm_session *session, struct kwasm_instance *instance, u32 *handle)
{
	int i;

	plat_mutex_lock(&session->lock);
	i = free_handle(session);
	if (i >= 0) {
		session->handles[i] = instance;
		*handle = i + 1;
	}
	plat_mutex_unlock(&session->lock);
	if (i >= 0)
		return 0;
	kwasm_instance_put(instance);
	return i;
}

/**
 * kwasm_session_instantiate() - A new instance of a loaded app
 * @session: gets the handle
 * @app: name
 * @config: surroundings
 * @handle: set, never 0
 * @report: filled on failure, may be NULL
 *
 * Return: as kwasm_instantiate(); -ENOENT also if no such app is loaded; -EMFILE, too many.
 */
int kwasm_session_instantiate(struct kwasm_session *session, const char *app,
			      const struct kwasm_config *config, u32 *handle,
			      struct kwasm_trap_info *report)
{
	struct kwasm_instance *instance;
	struct kwasm_program *program;
	int err;

	program = kwasm_program_get(app);
	if (!program) {
		kwasm_report_message(report, "app '%s' is not loaded", app);
		return -ENOENT;
	}
	err = kwasm_instantiate(program, session, config, report, &instance);
	kwasm_program_put(program);
	return err ? err : add_handle(session, instance, handle);
}

/* A handle of a loaded app's own instance; -ENODATA if it has none, -ENOMEM, -EMFILE */
int kwasm_session_default(struct kwasm_session *session, const char *app, u32 *handle)
{
	struct kwasm_instance *instance = kwasm_program_default(app);

	return instance ? add_handle(session, instance, handle) : -ENODATA;
}

struct kwasm_instance *kwasm_session_instance(struct kwasm_session *session, u32 handle)
{
	struct kwasm_instance *instance = NULL;

	plat_mutex_lock(&session->lock);
	if (handle && handle <= session->nr_handles) {
		instance = session->handles[array_index_nospec(handle - 1, session->nr_handles)];
		if (instance)
			kwasm_instance_get(instance);
	}
	plat_mutex_unlock(&session->lock);
	return instance;
}

static struct session_name *find_name(struct kwasm_session *session, const char *name, u32 len)
{
	struct session_name *entry;

	list_for_each_entry(entry, &session->names, node) {
		if (entry->len == len && !memcmp(entry->name, name, len))
			return entry;
	}
	return NULL;
}

/* 0; -EBADF, no such handle; -ENAMETOOLONG; -ENOMEM */
int kwasm_session_register(struct kwasm_session *session, u32 handle, const char *name, u32 len)
{
	struct session_name *entry, *old;

	if (len >= KWASM_IMPORT_NAME_MAX)
		return -ENAMETOOLONG;
	entry = plat_zalloc(sizeof(*entry) + len);
	if (!entry)
		return -ENOMEM;
	entry->len = len;
	memcpy(entry->name, name, len);
	entry->instance = kwasm_session_instance(session, handle);
	if (!entry->instance) {
		plat_free(entry);
		return -EBADF;
	}
	plat_mutex_lock(&session->lock);
	old = find_name(session, name, len);
	if (old)
		list_del_init(&old->node);
	list_add_tail(&entry->node, &session->names);
	plat_mutex_unlock(&session->lock);
	if (old)
		free_name(old);
	return 0;
}

struct kwasm_instance *kwasm_session_lookup(struct kwasm_session *session,
					    const char *name, u32 len)
{
	struct kwasm_instance *instance = NULL;
	struct session_name *entry;

	plat_mutex_lock(&session->lock);
	entry = find_name(session, name, len);
	if (entry) {
		instance = entry->instance;
		kwasm_instance_get(instance);
	}
	plat_mutex_unlock(&session->lock);
	return instance;
}

/* A failed instance whose functions others may still call; lives as long as the session */
void kwasm_session_add_zombie(struct kwasm_session *session, struct kwasm_instance *instance)
{
	plat_mutex_lock(&session->lock);
	list_add_tail(&instance->session_node, &session->zombies);
	plat_mutex_unlock(&session->lock);
}

/* 0, -EBADF */
int kwasm_session_drop(struct kwasm_session *session, u32 handle)
{
	struct kwasm_instance *instance = NULL;

	plat_mutex_lock(&session->lock);
	if (handle && handle <= session->nr_handles) {
		u32 i = array_index_nospec(handle - 1, session->nr_handles);

		instance = session->handles[i];
		session->handles[i] = NULL;
	}
	plat_mutex_unlock(&session->lock);
	if (!instance)
		return -EBADF;
	kwasm_instance_put(instance);
	return 0;
}

/* As kwasm_program_run(), by name; -ENOENT if no such app is loaded */
int kwasm_session_run(struct kwasm_session *session, const char *app,
		      const struct kwasm_config *config, s32 *exit_code,
		      struct kwasm_trap_info *report)
{
	struct kwasm_program *program = kwasm_program_get(app);
	int err;

	if (!program) {
		kwasm_report_message(report, "app '%s' is not loaded", app);
		return -ENOENT;
	}
	err = kwasm_program_run(program, session, config, exit_code, report);
	kwasm_program_put(program);
	return err;
}
