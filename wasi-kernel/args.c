// SPDX-License-Identifier: GPL-2.0
/* args.c - the program's arguments; also the form that the environment shares */
#include "wasi.h"

int wasi_strings_sizes(struct wasi *w, const struct kwasm_strings *s, u32 nr, u32 bytes)
{
	u32 *nr_out = wasi_result(w, nr, u32), *bytes_out = wasi_result(w, bytes, u32);

	if (!nr_out || !bytes_out)
		return -EFAULT;
	wasi_put(nr_out, s->nr);
	wasi_put(bytes_out, s->bytes);
	return 0;
}

/* The strings as they are, and a guest pointer to the start of each */
int wasi_strings_get(struct wasi *w, const struct kwasm_strings *s, u32 pointers, u32 buf)
{
	u32 *pointer = wasi_guest(w, pointers, (u64)s->nr * sizeof(u32));
	char *data = wasi_guest(w, buf, s->bytes);
	u32 i, at = 0;

	if (!pointer || !data)
		return -EFAULT;
	for (i = 0; i < s->nr; i++) {
		wasi_put(pointer + i, buf + at);
		at += strlen(s->data + at) + 1;
	}
	if (s->bytes)
		memcpy(data, s->data, s->bytes);
	return 0;
}

int wasi_do_args_get(struct wasi *w, u32 argv, u32 argv_buf)
{
	return wasi_strings_get(w, &w->instance->lists[KWASM_LIST_ARGS], argv, argv_buf);
}

int wasi_do_args_sizes_get(struct wasi *w, u32 argc, u32 argv_buf_size)
{
	return wasi_strings_sizes(w, &w->instance->lists[KWASM_LIST_ARGS], argc, argv_buf_size);
}
