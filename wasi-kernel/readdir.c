// SPDX-License-Identifier: GPL-2.0
/*
 * readdir.c - directory entries, straight into linear memory
 *
 * A cookie is the file system's own position, as getdents() has it in d_off, so it
 * means the same however the directory changes, and a guest can go back to any. An
 * entry's cookie is the position of its successor, which is known only when that comes
 * (or from the final position), so it is filled in then.
 */
#include <linux/fs.h>
#include "wasi.h"

struct listing {
	struct dir_context ctx;
	u8 *buf;
	u32 len;
	u32 used;
	u8 *last_next;		/* where the last entry's cookie belongs, NULL: none or cut off */
};

static u8 filetype(unsigned int type)
{
	return wasi_filetype_of_mode(type << 12);	/* S_DT() of the mode */
}

static void put_next(struct listing *l, u64 next)
{
	if (l->last_next)
		memcpy(l->last_next, &next, sizeof(next));
}

static u32 append(struct listing *l, const void *data, u32 len)
{
	u32 n = min(len, l->len - l->used);

	memcpy(l->buf + l->used, data, n);
	l->used += n;
	return n;
}

/* One entry. A last one that does not fit is cut off and so fills the buffer: that is specified. */
static bool list_entry_add(struct dir_context *ctx, const char *name, int namlen, loff_t offset,
			   u64 ino, unsigned int type)
{
	struct listing *l = container_of(ctx, struct listing, ctx);
	struct wasi_dirent d = { .ino = ino, .namlen = namlen, .type = filetype(type) };
	u8 *at = l->buf + l->used;

	put_next(l, offset);
	l->last_next = NULL;
	if (l->used == l->len)
		return false;
	if (append(l, &d, sizeof(d)) >= sizeof(d.next))
		l->last_next = at;
	append(l, name, namlen);
	return true;
}

int wasi_do_fd_readdir(struct wasi *w, u32 fd, u32 buf, u32 len, u64 cookie, u32 used)
{
	u32 *out = wasi_result(w, used, u32);
	struct listing l = {
		.ctx.actor = list_entry_add,
		.buf = wasi_guest(w, buf, len),
		.len = len,
	};
	struct wasi_file f;
	int err;

	if (!out || !l.buf)
		return -EFAULT;
	err = wasi_file_get(w, fd, 0, &f);
	if (err)
		return err;
	err = -ENOTDIR;
	if (!f.file || !S_ISDIR(file_inode(f.file)->i_mode))
		goto out;
	err = -WASI_ENOTCAPABLE;
	if (!(wasi_file_rights(&f).base & WASI_RIGHTS_FD_READDIR))
		goto out;
	err = -EINVAL;
	if ((s64)cookie < 0)
		goto out;
	err = -EINTR;
	if (mutex_lock_killable(&f.file->f_pos_lock))
		goto out;
	/* to the same place costs some file systems a search, so only if it is another */
	err = 0;
	if (f.file->f_pos != cookie) {
		loff_t pos = vfs_llseek(f.file, cookie, SEEK_SET);

		err = pos < 0 ? pos : 0;
	}
	while (!err) {
		u32 before = l.used;

		err = iterate_dir(f.file, &l.ctx);
		/* some file systems stop before the end of the directory or of the buffer */
		if (err || l.used == before || l.used == l.len)
			break;
		if (kwasm_should_stop(w->ctx))
			err = -EINTR;
	}
	put_next(&l, l.ctx.pos);
	mutex_unlock(&f.file->f_pos_lock);
	/* what was listed before an error counts; the error comes again */
	if (l.used)
		err = 0;
	if (!err)
		wasi_put(out, l.used);
out:
	wasi_file_put(&f);
	return err;
}
