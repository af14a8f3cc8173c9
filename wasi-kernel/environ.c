// SPDX-License-Identifier: GPL-2.0
/* environ.c - the environment: what was given to the instance, nothing of the host's */
#include "wasi.h"

int wasi_do_environ_get(struct wasi *w, u32 env, u32 environ_buf)
{
	return wasi_strings_get(w, &w->instance->lists[KWASM_LIST_ENV], env, environ_buf);
}

int wasi_do_environ_sizes_get(struct wasi *w, u32 environc, u32 environ_buf_size)
{
	return wasi_strings_sizes(w, &w->instance->lists[KWASM_LIST_ENV], environc, environ_buf_size);
}
