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
struct wasi *wasi_call_first(void *ctx, int kind, int *err);
void wasi_call_failed(void *ctx, int err);

/* The state of the calling instance, or NULL with the error to return */
static __always_inline struct wasi *wasi_call_begin(void *ctx, int kind, int *err)
{
	struct wasi *w;

	if (kind != QUICK && unlikely(kwasm_context(ctx) == KWASM_CONTEXT_ATOMIC)) {
		*err = -EOPNOTSUPP;
		return NULL;
	}
	if (kind == SLEEPS)
		kwasm_fpu_leave(ctx);
	w = kwasm_instance_private(kwasm_ctx_instance(ctx), KWASM_PRIVATE_WASI);
	if (unlikely(!w))
		return wasi_call_first(ctx, kind, err);
	w->ctx = ctx;
	return w;
}

static __always_inline void wasi_call_end(void *ctx, int kind, int err)
{
	if (kind == SLEEPS && likely(kwasm_context(ctx) != KWASM_CONTEXT_ATOMIC))
		kwasm_fpu_enter(ctx);
	else if (kind == KEEPS && kwasm_ctx_store(ctx)->fpu)
		kwasm_fpu_kept(ctx);
	if (unlikely(err < 0))
		wasi_call_failed(ctx, err);
}

/*
 * CALL(name, handler, kind, signature, parameters, arguments): up to five parameters
 * VALUES(...): more than five, which come in the store's value buffer v
 */
#define WITH_CTX(...)	(void *ctx, ##__VA_ARGS__)

/* @convert: from the handler's result to the guest's */
#define WASI_CALL_EXPORT(name, handler, kind, signature, params, args, convert)	\
	static const char signature_##name[] __maybe_unused = signature;		\
	u32 wasi_##name WITH_CTX params;						\
	u32 wasi_##name WITH_CTX params						\
	{									\
		int err;							\
		struct wasi *w = wasi_call_begin(ctx, kind, &err);		\
										\
		if (w)								\
			err = wasi_do_##handler args;				\
		wasi_call_end(ctx, kind, err);				\
		return convert(err);						\
	}									\
	EXPORT_SYMBOL_GPL(wasi_##name);

#define WASI_VALUES_EXPORT(name, handler, kind, signature, args, convert)		\
	static const char signature_##name[] __maybe_unused = signature;		\
	u32 wasi_##name(void *ctx);						\
	u32 wasi_##name(void *ctx)						\
	{									\
		const union kwasm_value *v = kwasm_values(ctx);			\
		int err;							\
		struct wasi *w = wasi_call_begin(ctx, kind, &err);		\
										\
		if (w)								\
			err = wasi_do_##handler args;				\
		wasi_call_end(ctx, kind, err);				\
		return convert(err);						\
	}									\
	EXPORT_SYMBOL_GPL(wasi_##name);

static inline u32 wasi_call_errno(int err)
{
	return likely(err >= 0) ? WASI_ERRNO_SUCCESS : wasi_errno(err);
}

#define CALL(name, handler, kind, signature, params, args)				\
	WASI_CALL_EXPORT(name, handler, kind, signature, params, args, wasi_call_errno)
#define VALUES(name, handler, kind, signature, args)				\
	WASI_VALUES_EXPORT(name, handler, kind, signature, args, wasi_call_errno)

#endif /* WASI_CALL_H */
