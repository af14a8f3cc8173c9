// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - what other host modules use of WASI: files behind descriptors, error numbers
 */
#include <linux/file.h>
#include <linux/module.h>
#include "wasi.h"

struct file *wasi_host_file(void *ctx, u32 fd, u64 rights);
u32 wasi_host_errno(long err);

/**
 * wasi_host_file() - The file behind a descriptor of the calling instance
 * @ctx: its context
 * @fd: the guest's number
 * @rights: all of these are needed
 *
 * Context: Process context.
 * Return: the file, for fput(); ERR_PTR(-EBADF), ERR_PTR(-WASI_ENOTCAPABLE).
 */
struct file *wasi_host_file(void *ctx, u32 fd, u64 rights)
{
	struct wasi *w = kwasm_instance_private(kwasm_ctx_instance(ctx), KWASM_PRIVATE_WASI);
	struct wasi_file f;
	int err;

	if (!w)		/* it has never made a call of WASI */
		return ERR_PTR(-EBADF);
	err = wasi_file_get(w, fd, rights, &f);
	if (!err && !f.file)	/* a daemon's stdio */
		err = -EBADF;
	if (err)
		return ERR_PTR(err);
	get_file(f.file);
	wasi_file_put(&f);
	return f.file;
}
EXPORT_SYMBOL_GPL(wasi_host_file);

/* The guest's number for a negative error */
u32 wasi_host_errno(long err)
{
	return wasi_errno(err);
}
EXPORT_SYMBOL_GPL(wasi_host_errno);
