// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - the calls as generated code sees them, one table row each
 *
 * A row makes the exported function wasi_<name> (call.h, which has the rows of the most frequent
 * calls); WasmEdge's and kernel-wasm's calls on sockets are in sock_calls.c. Apps bind to these
 * symbols when they are loaded, so modprobe knows
 * that they need this module.
 *
 * The rows must say what kwasm_wasi_calls.h, from which the compiler works, says;
 * a difference in a signature is an error of the build (see check_signatures()).
 */
#include <linux/module.h>

#include "call.h"
#include "compat/file.h"

/*
 * What is seldom: the instance's first call, which makes its state (it opens directories, so it
 * does sleep), and one where it may not be made. 0: call again, there is a state now.
 */
int wasi_call_first(void *ctx)
{
	struct wasi *w;

	if (kwasm_context(ctx) == KWASM_CONTEXT_ATOMIC)
		return -EOPNOTSUPP;
	kwasm_fpu_leave(ctx);
	w = wasi_create(ctx);
	kwasm_fpu_enter(ctx);
	return PTR_ERR_OR_ZERO(w);
}
EXPORT_SYMBOL_GPL(wasi_call_first);

void wasi_call_failed(void *ctx, int err)
{
	/* Not one instruction more for a guest that was killed while it waited */
	if (err == -EINTR && kwasm_should_stop(ctx))
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
}
EXPORT_SYMBOL_GPL(wasi_call_failed);

/* See call.h */
#define CALLS(CALL, VALUES)							\
CALL(args_get,		args_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(args_sizes_get,	args_sizes_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(environ_get,	environ_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(environ_sizes_get,	environ_sizes_get, QUICK, "ii", (u32 a, u32 b), (w, a, b))	\
CALL(clock_res_get,	clock_res_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(fd_advise,		fd_advise,	SLEEPS,	"iIIi",					\
     (u32 a, u64 b, u64 c, u32 d), (w, a, b, c, d))					\
CALL(fd_allocate,	fd_allocate,	SLEEPS,	"iII", (u32 a, u64 b, u64 c), (w, a, b, c)) \
CALL(fd_close,		fd_close,	KEEPS,	"i", (u32 a), (w, a))			\
CALL(fd_datasync,	fd_datasync,	SLEEPS,	"i", (u32 a), (w, a))			\
CALL(fd_fdstat_get,	fd_fdstat_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(fd_fdstat_set_flags, fd_fdstat_set_flags, SLEEPS, "ii", (u32 a, u32 b), (w, a, b))	\
CALL(fd_fdstat_set_rights, fd_fdstat_set_rights, QUICK, "iII",				\
     (u32 a, u64 b, u64 c), (w, a, b, c))						\
CALL(fd_filestat_get,	fd_filestat_get, KEEPS, "ii", (u32 a, u32 b), (w, a, b))	\
CALL(unstable_fd_filestat_get, fd_filestat_get0, KEEPS, "ii", (u32 a, u32 b), (w, a, b)) \
CALL(fd_filestat_set_size, fd_filestat_set_size, SLEEPS, "iI", (u32 a, u64 b), (w, a, b)) \
CALL(fd_filestat_set_times, fd_filestat_set_times, SLEEPS, "iIIi",			\
     (u32 a, u64 b, u64 c, u32 d), (w, a, b, c, d))					\
CALL(fd_prestat_get,	fd_prestat_get,	QUICK,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(fd_prestat_dir_name, fd_prestat_dir_name, QUICK, "iii",				\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
CALL(fd_readdir,	fd_readdir,	KEEPS,	"iiiIi",				\
     (u32 a, u32 b, u32 c, u64 d, u32 e), (w, a, b, c, d, e))				\
CALL(fd_renumber,	fd_renumber,	SLEEPS,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(unstable_fd_seek,	fd_seek0,	KEEPS,	"iIii",					\
     (u32 a, u64 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(fd_sync,		fd_sync,	SLEEPS,	"i", (u32 a), (w, a))			\
CALL(path_create_directory, path_create_directory, SLEEPS, "iii",			\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
CALL(path_filestat_get,	path_filestat_get, KEEPS, "iiiii",				\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))				\
CALL(unstable_path_filestat_get, path_filestat_get0, KEEPS, "iiiii",			\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))				\
VALUES(path_filestat_set_times, path_filestat_set_times, SLEEPS, "iiiiIIi",		\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i64, v[5].i64, v[6].i32))		\
VALUES(path_link,	path_link,	SLEEPS,	"iiiiiii",				\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32, v[6].i32))		\
VALUES(path_open,	path_open,	KEEPS,	"iiiiiIIii",				\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i64, v[6].i64,		\
      v[7].i32, v[8].i32))								\
VALUES(path_readlink,	path_readlink,	KEEPS,	"iiiiii",				\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32))			\
CALL(path_remove_directory, path_remove_directory, SLEEPS, "iii",			\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
VALUES(path_rename,	path_rename,	SLEEPS,	"iiiiii",				\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32))			\
CALL(path_symlink,	path_symlink,	SLEEPS,	"iiiii",				\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))				\
CALL(path_unlink_file,	path_unlink_file, SLEEPS, "iii",				\
     (u32 a, u32 b, u32 c), (w, a, b, c))						\
CALL(poll_oneoff,	poll_oneoff,	SLEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(unstable_poll_oneoff, poll_oneoff0, SLEEPS, "iiii",				\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(proc_raise,	proc_raise,	QUICK,	"i", (u32 a), (w, a))			\
CALL(sched_yield,	sched_yield,	KEEPS,	"", (), (w))			\
CALL(random_get,	random_get,	KEEPS,	"ii", (u32 a, u32 b), (w, a, b))	\
CALL(sock_accept,	sock_accept,	SLEEPS,	"iii", (u32 a, u32 b, u32 c), (w, a, b, c)) \
VALUES(sock_recv,	sock_recv,	KEEPS,	"iiiiii",				\
     (w, v[0].i32, v[1].i32, v[2].i32, v[3].i32, v[4].i32, v[5].i32))			\
CALL(sock_send,		sock_send,	KEEPS,	"iiiii",				\
     (u32 a, u32 b, u32 c, u32 d, u32 e), (w, a, b, c, d, e))				\
CALL(sock_shutdown,	sock_shutdown,	SLEEPS,	"ii", (u32 a, u32 b), (w, a, b))

CALLS(CALL, VALUES)

/* Made elsewhere */
#define SIGNATURE(name, handler, kind, signature, params, args)				\
	static const char signature_##name[] __maybe_unused = signature;

CLOCK_CALLS(SIGNATURE)
FD_CALLS(SIGNATURE)
IO_CALLS(SIGNATURE)

static const char signature_proc_exit[] __maybe_unused = "i";
void wasi_proc_exit(void *ctx, u32 code);

/**
 * wasi_proc_exit() - End the program; never returns to the guest
 * @ctx: the caller's context
 * @code: exit code, all 32 bits; a shell sees the low eight
 */
void wasi_proc_exit(void *ctx, u32 code)
{
	kwasm_raise(ctx, KWASM_TRAP_exit, code);
}
EXPORT_SYMBOL_GPL(wasi_proc_exit);

/* Both tables know the same calls with the same parameters, or this does not compile. */
static __always_inline void check_signatures(void)
{
#define SAME(name, params)	BUILD_BUG_ON(__builtin_strcmp(signature_##name, params) != 0)
#define WASI_CALL(name, result, params)	SAME(name, params);
#define WASI_CALL0(name, result, params) SAME(name, params); SAME(unstable_##name, params);
#define WASI_NOSYS(name, result, params)
#include "kwasm_wasi_calls.h"
}

static int __init wasi_init(void)
{
	check_signatures();
	wasi_check_sock_signatures();
	return wasi_release_init();
}

static void __exit wasi_exit(void)
{
	wasi_release_exit();
}

module_init(wasi_init);
module_exit(wasi_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("WASI preview1 for WebAssembly apps in the kernel");
MODULE_AUTHOR("wasm2ko authors");
