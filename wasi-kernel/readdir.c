// SPDX-License-Identifier: GPL-2.0
/*
 * readdir.c - directory entries, straight into linear memory
 *
 * A cookie is the file system's own position, as getdents() has it in d_off, so it
 * means the same however the directory changes, and a guest can go back to any. An
 * entry's cookie is the position of its successor, which is known only when that comes
 * (or from the final position), so it is filled in then.
 *
 * A guest's buffer mostly ends within an entry, and its next call begins with that one again.
 * For the file system that would be a step back, which some make by searching from the
 * start. So the entry that was cut off is kept, and the next call goes on behind it.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include "wasi.h"

struct wasi_cut {
	const struct file *file;	/* NULL: nothing is kept. One that the guest has open */
	u64 cookie;			/* of the entry */
	loff_t next;			/* where the file is, behind it */
	struct wasi_dirent dirent;
	char name[NAME_MAX];
};

struct listing {
	struct dir_context ctx;
	struct wasi_cut *cut;		/* NULL: nothing can be kept */
	const struct file *file;
	u8 *buf;
	u32 len;
	u32 used;
	void *last_next;	/* where the last entry's cookie belongs; @no_next: none, or cut off */
	u64 no_next;
};

static __always_inline void put_next(struct listing *l, u64 next)
{
	memcpy(l->last_next, &next, sizeof(next));
}

static u32 append(struct listing *l, const void *data, u32 len)
{
	u32 n = min(len, l->len - l->used);

	memcpy(l->buf + l->used, data, n);
	l->used += n;
	return n;
}

static void keep(struct listing *l, const struct wasi_dirent *d, const char *name, u64 cookie)
{
	struct wasi_cut *cut = l->cut;

	if (!cut || d->namlen > sizeof(cut->name))
		return;
	cut->file = l->file;
	cut->cookie = cookie;
	cut->dirent = *d;
	memmove(cut->name, name, d->namlen);	/* it may be the kept one */
}

/* One entry. A last one that does not fit is cut off and so fills the buffer: that is specified. */
static void add(struct listing *l, const struct wasi_dirent *d, const char *name, u64 cookie)
{
	u8 *at = l->buf + l->used;

	if (l->len - l->used < sizeof(*d) + d->namlen)
		keep(l, d, name, cookie);
	l->last_next = append(l, d, sizeof(*d)) >= sizeof(d->next) ? (void *)at : &l->no_next;
	append(l, name, d->namlen);
}

static noinline bool add_last(struct listing *l, const char *name, u32 namlen, loff_t offset,
			      u64 ino, u8 type)
{
	struct wasi_dirent d = { .ino = ino, .namlen = namlen, .type = type };

	l->last_next = &l->no_next;
	if (l->used == l->len)
		return false;
	add(l, &d, name, offset);
	return true;
}

/* memcpy(), for some bytes: it would take longer to begin */
static __always_inline void copy_name(u8 *to, const char *name, u32 len)
{
	u32 i;

	if (likely(len >= 8)) {
		for (i = 0; i < len - 8; i += 8)
			memcpy(to + i, name + i, 8);
		memcpy(to + len - 8, name + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, name, 4);
		memcpy(to + len - 4, name + len - 4, 4);
	} else {
		for (i = 0; i < len; i++)
			to[i] = name[i];
	}
}

/* add(), of a whole one; its cookie comes with the next */
static bool list_entry_add(struct dir_context *ctx, const char *name, int namlen, loff_t offset,
			   u64 ino, unsigned int type)
{
	struct listing *l = container_of(ctx, struct listing, ctx);
	u32 size = sizeof(struct wasi_dirent) + namlen;
	u8 *at = l->buf + l->used;

	/* these two, and what fills the structure up, are written at once */
	static_assert(offsetof(struct wasi_dirent, namlen) == sizeof(struct wasi_dirent) - 8);
	static_assert(offsetof(struct wasi_dirent, type) == sizeof(struct wasi_dirent) - 4);
	put_next(l, offset);
	if (unlikely(l->len - l->used < size))
		return add_last(l, name, namlen, offset, ino, wasi_filetype_of_dirent(type));
	wasi_put((u64 *)(at + offsetof(struct wasi_dirent, ino)), ino);
	wasi_put((u64 *)(at + offsetof(struct wasi_dirent, namlen)),
		 (u32)namlen | (u64)wasi_filetype_of_dirent(type) << 32);
	copy_name(at + sizeof(struct wasi_dirent), name, namlen);
	l->last_next = at;
	l->used += size;
	return true;
}

/* Begin at @cookie, with the entry that is kept if it is that one */
static int begin_at(struct listing *l, struct file *file, u64 cookie)
{
	struct wasi_cut *cut = l->cut;
	struct wasi_dirent d;
	loff_t pos;

	l->ctx.pos = file->f_pos;
	if (cut && cut->file == file && cut->cookie == cookie && cut->next == file->f_pos) {
		cut->file = NULL;
		d = cut->dirent;
		add(l, &d, cut->name, cookie);
		return 0;
	}
	if (cut)
		cut->file = NULL;
	/* to the same place costs some file systems a search, so only if it is another */
	if (file->f_pos == cookie)
		return 0;
	pos = vfs_llseek(file, cookie, SEEK_SET);
	return pos < 0 ? pos : 0;
}

/* Before a file's last reference goes: another may get its address */
void wasi_readdir_forget(struct wasi *w, const struct file *file)
{
	if (w->cut && w->cut->file == file)
		w->cut->file = NULL;
}

int wasi_do_fd_readdir(struct wasi *w, u32 fd, u32 buf, u32 len, u64 cookie, u32 used)
{
	u32 *out = wasi_result(w, used, u32);
	struct listing l = {
		.ctx.actor = list_entry_add,
		.buf = wasi_guest(w, buf, len),
		.len = len,
		.last_next = &l.no_next,
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
	if (!wasi_file_may(&f, WASI_RIGHTS_FD_READDIR))
		goto out;
	err = -EINVAL;
	if ((s64)cookie < 0)
		goto out;
	if (!w->cut)
		w->cut = kzalloc(sizeof(*w->cut), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	/* of a directory that is the process's nobody would say when it is closed */
	if (f.fd->kind == WASI_FD_FILE)
		l.cut = w->cut;
	l.file = f.file;
	err = -EINTR;
	if (mutex_lock_killable(&f.file->f_pos_lock))
		goto out;
	err = begin_at(&l, f.file, cookie);
	while (!err && (l.used < l.len || !l.len)) {
		u32 before = l.used;

		err = iterate_dir(f.file, &l.ctx);
		/* some file systems stop before the end of the directory or of the buffer */
		if (err || l.used == before || l.used == l.len)
			break;
		if (kwasm_should_stop(w->ctx))
			err = -EINTR;
	}
	put_next(&l, l.ctx.pos);
	if (l.cut)
		l.cut->next = f.file->f_pos;
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
