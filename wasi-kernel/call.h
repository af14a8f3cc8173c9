/* SPDX-License-Identifier: GPL-2.0 */
/*
 * call.h - from an exported function to its handler and back
 *
 * An exported function finds the instance's state, leaves the FPU region or stays in it,
 * calls the handler and converts its result. Files with exported calls (calls.c,
 * sock_calls.c) hold one table row for each.
 */
#ifndef WASI_CALL_H
#define WASI_CALL_H

#include <linux/err.h>
#include <linux/export.h>
#include "wasi.h"

/*
 * What a call does to the FPU region that the guest is in, and where it may be made
 *
 *	QUICK	does not sleep: for any context
 *	KEEPS	may sleep, but does little work of its own: stays in the region (kruntime/fpu.c)
 *	SLEEPS	leaves the region
 */
enum { QUICK, KEEPS, SLEEPS };

/* calls.c */
int wasi_call_first(void *ctx);
void wasi_call_failed(void *ctx, int err);

static __always_inline bool wasi_call_allowed(void *ctx, int kind)
{
	return kind == QUICK || likely(kwasm_context(ctx) != KWASM_CONTEXT_ATOMIC);
}

static __always_inline void wasi_call_end(void *ctx, int kind, int err)
{
	if (kind == SLEEPS)
		kwasm_fpu_enter(ctx);
	else if (kind == KEEPS)
		kwasm_fpu_kept(ctx);
	if (unlikely(err < 0))
		wasi_call_failed(ctx, err);
}

/*
 * CALL(name, handler, kind, signature, parameters, arguments): up to five parameters
 * VALUES(...): more than five, which come in the store's value buffer v
 */
#define WITH_CTX(...)	(void *ctx, ##__VA_ARGS__)

/*
 * @convert: from the handler's result to the guest's. @again: arguments with which to call the exported function
 * once more, with its ctx under the name w: what is seldom is out of the way, and saves no
 * registers.
 */
#define WASI_EXPORT(name, handler, kind, signature, params, args, again, convert, prepare) \
	static const char signature_##name[] __maybe_unused = signature;		\
	u32 wasi_##name WITH_CTX params;						\
	static noinline u32 first_##name WITH_CTX params				\
	{										\
		void *w = ctx;								\
		int err = wasi_call_first(ctx);						\
											\
		return err ? convert(err) : wasi_##name again;				\
	}										\
	u32 wasi_##name WITH_CTX params							\
	{										\
		struct wasi *w = kwasm_instance_private(kwasm_ctx_instance(ctx),	\
							KWASM_PRIVATE_WASI);		\
		int err;								\
		prepare									\
											\
		if (unlikely(!w || !wasi_call_allowed(ctx, kind))) {			\
			w = ctx;							\
			return first_##name again;					\
		}									\
		if (kind == SLEEPS)							\
			kwasm_fpu_leave(ctx);						\
		err = wasi_do_##handler args;						\
		wasi_call_end(w->ctx, kind, err);					\
		return convert(err);							\
	}										\
	EXPORT_SYMBOL_GPL(wasi_##name);

#define WASI_CALL_EXPORT(name, handler, kind, signature, params, args, convert)	\
	WASI_EXPORT(name, handler, kind, signature, params, args, args, convert, )
#define WASI_VALUES_EXPORT(name, handler, kind, signature, args, convert)		\
	WASI_EXPORT(name, handler, kind, signature, (), args, (w), convert,		\
		    const union kwasm_value *v = kwasm_values(ctx);)

static inline u32 wasi_call_errno(int err)
{
	return likely(err >= 0) ? WASI_ERRNO_SUCCESS : wasi_errno(err);
}

#define CALL(name, handler, kind, signature, params, args)				\
	WASI_CALL_EXPORT(name, handler, kind, signature, params, args, wasi_call_errno)
#define VALUES(name, handler, kind, signature, args)				\
	WASI_VALUES_EXPORT(name, handler, kind, signature, args, wasi_call_errno)

/*
 * The rows of calls that are made so often that the exported function has the handler in itself: it
 * is made in the handler's file
 */
#define CLOCK_CALLS(CALL)								\
CALL(clock_time_get,	clock_time_get,	QUICK,	"iIi", (u32 a, u64 b, u32 c), (w, a, b, c))

#define FD_CALLS(CALL)									\
CALL(fd_seek,		fd_seek,	KEEPS,	"iIii",					\
     (u32 a, u64 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(fd_tell,		fd_tell,	KEEPS,	"ii", (u32 a, u32 b), (w, a, b))

#define IO_CALLS(CALL)									\
CALL(fd_pread,		fd_pread,	KEEPS,	"iiiIi",				\
     (u32 a, u32 b, u32 c, u64 d, u32 e), (w, a, b, c, d, e))				\
CALL(fd_pwrite,		fd_pwrite,	KEEPS,	"iiiIi",				\
     (u32 a, u32 b, u32 c, u64 d, u32 e), (w, a, b, c, d, e))				\
CALL(fd_read,		fd_read,	KEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))					\
CALL(fd_write,		fd_write,	KEEPS,	"iiii",					\
     (u32 a, u32 b, u32 c, u32 d), (w, a, b, c, d))

#endif /* WASI_CALL_H */
