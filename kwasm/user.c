// SPDX-License-Identifier: GPL-2.0
/*
 * libkwasm in user space: the runtime's core in this process
 *
 * What /dev/kwasm's control code does after copying in, this does without copying.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "kwasm.h"
#include "loader.h"

struct user {
	struct kwasm_session *session;
};

static int nr_open;	/* sessions of this process; the core is up while there are any */

static struct kwasm_session *session_of(struct libkwasm *lib)
{
	return ((struct user *)lib->priv)->session;
}

static int user_open(struct libkwasm *lib)
{
	struct user *user = calloc(1, sizeof(*user));
	int err;

	if (!user)
		return -ENOMEM;
	if (!nr_open) {
		err = kwasm_core_init();
		if (err)
			goto err_free;
	}
	user->session = kwasm_session_create();
	if (!user->session) {
		err = -ENOMEM;
		goto err_exit;
	}
	nr_open++;
	lib->priv = user;
	return 0;

err_exit:
	if (!nr_open)
		kwasm_core_exit();
err_free:
	free(user);
	return err;
}

static void unload_ko(struct loaded_ko *ko)
{
	if (ko->app->runtime)
		kwasm_app_exit(ko->app);
	loader_unload(ko);
}

/* The list has the latest first, so importers go before exporters */
static void unload_unused(void)
{
	struct loaded_ko *ko, *next;
	bool progress;

	do {
		progress = false;
		for (ko = loaded_kos; ko; ko = next) {
			next = ko->next;
			if (ko->refs)
				continue;
			unload_ko(ko);
			progress = true;
		}
	} while (progress);
}

static void user_close(struct libkwasm *lib)
{
	struct user *user = lib->priv;

	kwasm_session_destroy(user->session);
	free(user);
	if (--nr_open)
		return;
	unload_unused();
	kwasm_core_exit();
}

static int user_load(struct libkwasm *lib, const char *path, bool run)
{
	struct loaded_ko *ko;
	const char *error = "";
	int err;

	err = loader_load(path, &ko, &error);
	if (err)
		return backend_fail(lib, err, "%s", error);
	if (!run) {
		ko->app->run = 0;
		ko->app->instances = 0;
	}
	err = kwasm_app_init(ko->app);
	if (err)
		loader_unload(ko);
	return err;
}

static int user_unload(struct libkwasm *lib, const char *app)
{
	struct loaded_ko *ko;

	(void)lib;
	for (ko = loaded_kos; ko; ko = ko->next) {
		if (strcmp(kwasm_image_str(ko->app->image, ko->app->image->name), app))
			continue;
		if (ko->refs)
			return -EBUSY;
		unload_ko(ko);
		return 0;
	}
	return -ENOENT;
}

static void to_config(struct kwasm_config *config, const struct kwasm_surroundings *surroundings)
{
	u32 i;

	memset(config, 0, sizeof(*config));
	/* packed by us, so they do end with NUL */
	for (i = 0; i < KWASM_NR_LISTS; i++)
		kwasm_strings_init(&config->lists[i],
				   (const char *)(uintptr_t)surroundings->lists[i].data,
				   surroundings->lists[i].bytes);
	config->max_memory = surroundings->max_memory;
	config->stack_size = surroundings->stack_size;
	config->context = KWASM_CONTEXT_PROCESS;
}

static int user_instantiate(struct libkwasm *lib, const char *app,
			    const struct kwasm_surroundings *surroundings, u32 *handle)
{
	struct kwasm_config config;

	to_config(&config, surroundings);
	return kwasm_session_instantiate(session_of(lib), app, &config, handle, &lib->report);
}

static int user_attach(struct libkwasm *lib, const char *app, u32 *handle)
{
	return kwasm_session_default(session_of(lib), app, handle);
}

static int user_register(struct libkwasm *lib, u32 handle, const char *name, u32 name_len)
{
	return kwasm_session_register(session_of(lib), handle, name, name_len);
}

static int user_drop(struct libkwasm *lib, u32 handle)
{
	return kwasm_session_drop(session_of(lib), handle);
}

static int user_call(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
		     const struct kwasm_val *args, u32 nr_args,
		     struct kwasm_val *results, u32 *nr_results)
{
	struct kwasm_instance *instance = kwasm_session_instance(session_of(lib), handle);
	int err;

	if (!instance)
		return -EBADF;
	err = kwasm_call(instance, name, name_len, args, nr_args, results, nr_results,
			 KWASM_CONTEXT_PROCESS, &lib->report);
	kwasm_instance_put(instance);
	return err;
}

static int user_global_get(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
			   struct kwasm_val *value)
{
	struct kwasm_instance *instance = kwasm_session_instance(session_of(lib), handle);
	int err;

	if (!instance)
		return -EBADF;
	err = kwasm_global_get(instance, name, name_len, value);
	kwasm_instance_put(instance);
	return err;
}

static int user_run(struct libkwasm *lib, const char *app,
		    const struct kwasm_surroundings *surroundings, s32 *exit_code)
{
	struct kwasm_config config;

	to_config(&config, surroundings);
	return kwasm_session_run(session_of(lib), app, &config, exit_code, &lib->report);
}

static int user_ps(struct libkwasm *lib, struct kwasm_ps_entry *entries, u32 room)
{
	(void)lib;
	return kwasm_instance_list(entries, room);
}

static int user_kill(struct libkwasm *lib, u64 id)
{
	(void)lib;
	return kwasm_instance_kill(id);
}

static int user_info(struct libkwasm *lib, const char *app, struct kwasm_info *info, void *buffer,
		     u32 room)
{
	struct kwasm_program *program = kwasm_program_get(app);
	int err;

	if (!program)
		return backend_fail(lib, -ENOENT, "app '%s' is not loaded", app);
	err = kwasm_program_info(program, info, buffer, room);
	kwasm_program_put(program);
	return err;
}

const struct backend user_backend = {
	.open = user_open,
	.close = user_close,
	.load = user_load,
	.unload = user_unload,
	.instantiate = user_instantiate,
	.attach = user_attach,
	.reg = user_register,
	.drop = user_drop,
	.call = user_call,
	.global_get = user_global_get,
	.run = user_run,
	.ps = user_ps,
	.kill = user_kill,
	.info = user_info,
};
