/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two backends of libkwasm: device.c and user.c
 */
#ifndef KWASM_BACKEND_H
#define KWASM_BACKEND_H

#include "libkwasm.h"

struct libkwasm {
	const struct backend *backend;
	void *priv;			/* the backend's */
	struct kwasm_trap_info report;
};

/*
 * Same meaning as the libkwasm_ function of that name; lib->report is cleared before. Surroundings
 * are what /dev/kwasm takes: lists of strings packed one after the other.
 */
struct backend {
	int (*open)(struct libkwasm *lib);
	void (*close)(struct libkwasm *lib);
	int (*load)(struct libkwasm *lib, const char *path, bool run);
	int (*unload)(struct libkwasm *lib, const char *app);
	int (*instantiate)(struct libkwasm *lib, const char *app,
			   const struct kwasm_surroundings *surroundings, u32 *handle);
	int (*attach)(struct libkwasm *lib, const char *app, u32 *handle);
	int (*reg)(struct libkwasm *lib, u32 handle, const char *name, u32 name_len);
	int (*drop)(struct libkwasm *lib, u32 handle);
	int (*call)(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
		    const struct kwasm_val *args, u32 nr_args,
		    struct kwasm_val *results, u32 *nr_results);
	int (*global_get)(struct libkwasm *lib, u32 handle, const char *name, u32 name_len,
			  struct kwasm_val *value);
	int (*run)(struct libkwasm *lib, const char *app,
		   const struct kwasm_surroundings *surroundings, s32 *exit_code);
	int (*ps)(struct libkwasm *lib, struct kwasm_ps_entry *entries, u32 room); /* returns the total */
	int (*kill)(struct libkwasm *lib, u64 id);
	/* as KWASM_IOC_INFO */
	int (*info)(struct libkwasm *lib, const char *app, struct kwasm_info *info, void *buffer,
		    u32 room);
};

extern const struct backend device_backend;
extern const struct backend user_backend;

/* Put a message into lib->report and return @err */
int backend_fail(struct libkwasm *lib, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* KWASM_BACKEND_H */
