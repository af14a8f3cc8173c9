/* SPDX-License-Identifier: GPL-2.0 */
/*
 * call.h - from an exported function to its handler and back
 *
 * An exported function finds the instance's state, leaves the FPU region if the call may
 * sleep, calls the handler and converts its result. Files with exported calls (calls.c,
 * sock_calls.c) hold one table row for each.
 */
#ifndef WASI_CALL_H
#define WASI_CALL_H

#include <linux/err.h>
#include <linux/export.h>
#include "wasi.h"

/* May a call sleep? Those that may not are for any context, and stay inside the FPU region. */
#define QUICK	false
#define SLEEPS	true

/* The state of the calling instance, or NULL with the error to return */
static inline struct wasi *wasi_call_begin(void *ctx, bool sleeps, int *err)
{
	struct wasi *w;

	if (sleeps && kwasm_context(ctx) == KWASM_CONTEXT_ATOMIC) {
		*err = -EOPNOTSUPP;
		return NULL;
	}
	if (sleeps)
		kwasm_fpu_leave(ctx);
	w = kwasm_instance_private(kwasm_ctx_instance(ctx), KWASM_PRIVATE_WASI);
	if (unlikely(!w)) {	/* first call: opens directories, so it does sleep */
		if (!sleeps)
			kwasm_fpu_leave(ctx);
		w = wasi_create(ctx);
		if (!sleeps)
			kwasm_fpu_enter(ctx);
		if (IS_ERR(w)) {
			*err = PTR_ERR(w);
			return NULL;
		}
	}
	w->ctx = ctx;
	return w;
}

static inline void wasi_call_end(void *ctx, bool sleeps, int err)
{
	if (sleeps && kwasm_context(ctx) != KWASM_CONTEXT_ATOMIC)
		kwasm_fpu_enter(ctx);
	/* Not one instruction more for a guest that was killed while it waited */
	if (err == -EINTR && kwasm_should_stop(ctx))
		kwasm_raise(ctx, KWASM_TRAP_killed, 0);
}

/*
 * CALL(name, handler, sleeps, signature, parameters, arguments): up to five parameters
 * VALUES(...): more than five, which come in the store's value buffer v
 */
#define WITH_CTX(...)	(void *ctx, ##__VA_ARGS__)

/* @convert: from the handler's result to the guest's */
#define WASI_CALL_EXPORT(name, handler, sleeps, signature, params, args, convert)	\
	static const char signature_##name[] __maybe_unused = signature;		\
	u32 wasi_##name WITH_CTX params;						\
	u32 wasi_##name WITH_CTX params						\
	{									\
		int err;							\
		struct wasi *w = wasi_call_begin(ctx, sleeps, &err);		\
										\
		if (w)								\
			err = wasi_do_##handler args;				\
		wasi_call_end(ctx, sleeps, err);				\
		return convert(err);						\
	}									\
	EXPORT_SYMBOL_GPL(wasi_##name);

#define WASI_VALUES_EXPORT(name, handler, sleeps, signature, args, convert)		\
	static const char signature_##name[] __maybe_unused = signature;		\
	u32 wasi_##name(void *ctx);						\
	u32 wasi_##name(void *ctx)						\
	{									\
		const union kwasm_value *v = kwasm_values(ctx);			\
		int err;							\
		struct wasi *w = wasi_call_begin(ctx, sleeps, &err);		\
										\
		if (w)								\
			err = wasi_do_##handler args;				\
		wasi_call_end(ctx, sleeps, err);				\
		return convert(err);						\
	}									\
	EXPORT_SYMBOL_GPL(wasi_##name);

#define CALL(name, handler, sleeps, signature, params, args)				\
	WASI_CALL_EXPORT(name, handler, sleeps, signature, params, args, wasi_errno)
#define VALUES(name, handler, sleeps, signature, args)				\
	WASI_VALUES_EXPORT(name, handler, sleeps, signature, args, wasi_errno)

#endif /* WASI_CALL_H */
