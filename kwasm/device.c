// SPDX-License-Identifier: GPL-2.0
/*
 * libkwasm over /dev/kwasm: every function is one ioctl
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"

#define DEVICE	"/dev/kwasm"

static int fd_of(struct libkwasm *lib)
{
	return (intptr_t)lib->priv;
}

static int call_device(struct libkwasm *lib, unsigned long request, void *arg)
{
	int ret = ioctl(fd_of(lib), request, arg);

	return ret < 0 ? -errno : ret;
}

static u64 address(const void *p)
{
	return (uintptr_t)p;
}

static int device_open(struct libkwasm *lib)
{
	struct kwasm_version version = { .size = sizeof(version) };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	lib->priv = (void *)(intptr_t)fd;
	err = call_device(lib, KWASM_IOC_VERSION, &version);
	if (!err && version.uapi != KWASM_UAPI_VERSION)
		err = -EPROTO;
	if (err)
		close(fd);
	return err;
}

static void device_close(struct libkwasm *lib)
{
	close(fd_of(lib));
}

static int device_load(struct libkwasm *lib, const char *path, bool run)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return backend_fail(lib, -errno, "%s", strerror(errno));
	if (syscall(SYS_finit_module, fd, run ? "" : "run=0 instances=0", 0))
		err = backend_fail(lib, -errno, "%s; the kernel log has the reason",
				   strerror(errno));
	close(fd);
	return err;
}

static int device_unload(struct libkwasm *lib, const char *app)
{
	if (!syscall(SYS_delete_module, app, O_NONBLOCK))
		return 0;
	if (errno == EWOULDBLOCK)
		return backend_fail(lib, -EBUSY, "app '%s' is in use", app);
	return backend_fail(lib, -errno, "%s", strerror(errno));
}

static int device_instantiate(struct libkwasm *lib, const char *app,
			      const struct kwasm_surroundings *surroundings, u32 *handle)
{
	struct kwasm_instantiate arg = {
		.size = sizeof(arg),
		.app = address(app),
		.report = address(&lib->report),
		.surroundings = *surroundings,
	};
	int err = call_device(lib, KWASM_IOC_INSTANTIATE, &arg);

	*handle = arg.handle;
	return err;
}

static int device_attach(struct libkwasm *lib, const char *app, u32 *handle)
{
	struct kwasm_instantiate arg = {
		.size = sizeof(arg),
		.flags = KWASM_INSTANTIATE_DEFAULT,
		.app = address(app),
	};
	int err = call_device(lib, KWASM_IOC_INSTANTIATE, &arg);

	*handle = arg.handle;
	return err;
}

static int device_register(struct libkwasm *lib, u32 handle, const char *name, u32 name_len)
{
	struct kwasm_register arg = {
		.size = sizeof(arg),
		.handle = handle,
		.name = address(name),
		.name_len = name_len,
	};

	return call_device(lib, KWASM_IOC_REGISTER, &arg);
}

static int device_drop(struct libkwasm *lib, u32 handle)
{
	struct kwasm_drop arg = { .size = sizeof(arg), .handle = handle };

	return call_device(lib, KWASM_IOC_DROP, &arg);
}

static int device_call(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
		       const struct kwasm_val *args, u32 nr_args,
		       struct kwasm_val *results, u32 *nr_results)
{
	struct kwasm_call arg = {
		.size = sizeof(arg),
		.handle = handle,
		.name = address(name),
		.name_len = name_len,
		.nr_args = nr_args,
		.args = address(args),
		.nr_results = *nr_results,
		.results = address(results),
		.report = address(&lib->report),
	};
	int err = call_device(lib, KWASM_IOC_CALL, &arg);

	*nr_results = arg.nr_results;
	return err;
}

static int device_global_get(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
			     struct kwasm_val *value)
{
	struct kwasm_global_get arg = {
		.size = sizeof(arg),
		.handle = handle,
		.name = address(name),
		.name_len = name_len,
	};
	int err = call_device(lib, KWASM_IOC_GLOBAL_GET, &arg);

	*value = arg.value;
	return err;
}

static int device_run(struct libkwasm *lib, const char *app,
		      const struct kwasm_surroundings *surroundings, s32 *exit_code)
{
	struct kwasm_run arg = {
		.size = sizeof(arg),
		.app = address(app),
		.report = address(&lib->report),
		.surroundings = *surroundings,
	};
	int err = call_device(lib, KWASM_IOC_RUN, &arg);

	*exit_code = arg.exit_code;
	return err;
}

static int device_ps(struct libkwasm *lib, struct kwasm_ps_entry *entries, u32 room)
{
	struct kwasm_ps arg = {
		.size = sizeof(arg),
		.entry_size = sizeof(*entries),
		.entries = address(entries),
		.nr = room,
	};
	int err = call_device(lib, KWASM_IOC_PS, &arg);

	return err ? err : (int)arg.total;
}

static int device_kill(struct libkwasm *lib, u64 id)
{
	struct kwasm_kill arg = { .size = sizeof(arg), .id = id };

	return call_device(lib, KWASM_IOC_KILL, &arg);
}

static int device_info(struct libkwasm *lib, const char *app, struct kwasm_info *info,
		       void *buffer, u32 room)
{
	int err;

	info->app = address(app);
	info->buffer = address(buffer);
	info->buffer_size = room;
	info->flags = 0;
	err = call_device(lib, KWASM_IOC_INFO, info);
	if (err == -ENOENT)
		backend_fail(lib, err, "app '%s' is not loaded", app);
	return err;
}

const struct backend device_backend = {
	.open = device_open,
	.close = device_close,
	.load = device_load,
	.unload = device_unload,
	.instantiate = device_instantiate,
	.attach = device_attach,
	.reg = device_register,
	.drop = device_drop,
	.call = device_call,
	.global_get = device_global_get,
	.run = device_run,
	.ps = device_ps,
	.kill = device_kill,
	.info = device_info,
};
