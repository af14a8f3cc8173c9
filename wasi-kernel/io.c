// SPDX-License-Identifier: GPL-2.0
/*
 * io.c - bytes between files and linear memory
 *
 * There is no buffer in between: the guest's vectors become kernel addresses, once,
 * and the file system, pipe or socket copies from or to them.
 *
 * Waiting. Whatever blocks below does so interruptibly, so a pending signal ends it. If
 * the signal kills (kwasm_should_stop()), the call ends and so does the app. If it does
 * not, its handler cannot run before the process leaves the kernel, and WASI has no use
 * for EINTR: the call goes on, waiting killably for the file.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include "call.h"
#include "compat/fs.h"
#include "compat/signal.h"

/* Read a vector, and check what was read. @limit: bytes that may be left to move */
static __always_inline int take(struct wasi *w, const struct wasi_iovec *from, size_t limit,
				struct kvec *to)
{
	struct wasi_iovec iov;

	memcpy(&iov, from, sizeof(iov));
	barrier();	/* checked is what was read, not memory again */
	to->iov_base = wasi_guest(w, iov.buf, iov.len);
	to->iov_len = min_t(size_t, iov.len, limit);
	return likely(to->iov_base) ? 0 : -EFAULT;
}

/**
 * wasi_iovs() - Take the guest's vectors
 * @w: state
 * @iovs: guest address of struct wasi_iovec[@nr]
 * @nr: number
 * @vec: set: kernel addresses and lengths, good until the next call
 * @total: set: bytes, at most MAX_RW_COUNT (the last vectors are shortened)
 *
 * Every vector is read once, and checked after that.
 *
 * Return: 0; -EINVAL (too many); -EFAULT; -ENOMEM.
 */
int wasi_iovs(struct wasi *w, u32 iovs, u32 nr, struct kvec **vec, size_t *total)
{
	const struct wasi_iovec *from;
	size_t sum = 0;
	u32 i;

	if (nr > WASI_IOVS_MAX)
		return -EINVAL;
	from = wasi_guest(w, iovs, (u64)nr * sizeof(*from));
	if (!from)
		return -EFAULT;
	*vec = w->few_iovs;
	if (nr > ARRAY_SIZE(w->few_iovs)) {
		if (!w->iovs)
			w->iovs = kvcalloc(WASI_IOVS_MAX, sizeof(*w->iovs), GFP_KERNEL_ACCOUNT);
		if (!w->iovs)
			return -ENOMEM;
		*vec = w->iovs;
	}
	for (i = 0; i < nr; i++) {
		struct kvec *to = *vec + i;

		if (take(w, from + i, MAX_RW_COUNT - sum, to))
			return -EFAULT;
		sum += to->iov_len;
	}
	*total = sum;
	return 0;
}

/**
 * wasi_restart() - Go on after an operation that a signal has ended?
 * @w: state
 * @file: what was waited for
 * @events: EPOLLIN or EPOLLOUT, what was waited for
 * @err: what the operation returned
 *
 * Return: 0: try again; negative: the result.
 */
int wasi_restart(struct wasi *w, struct file *file, unsigned int events, int err)
{
	switch (err) {
	case -EINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		break;
	default:
		return err;
	}
	if (kwasm_should_stop(w->ctx))
		return -EINTR;
	/* An interruptible wait would end at once again; and do not spin if poll() knows no waiting */
	err = wasi_wait_file(w, file, events);
	if (!err)
		schedule_timeout_killable(1);
	return err;
}

/*
 * Writing to a pipe that nobody reads sends SIGPIPE, which would end the process
 * that the app runs in; WASI has no signals and wants EPIPE. So SIGPIPE is blocked during the
 * write, and taken back if this write has sent it.
 */
struct sigpipe {
	sigset_t blocked;
	bool was_pending;
	bool active;
};

static void sigpipe_block(struct sigpipe *s)
{
	sigset_t set;

	/* kernel threads ignore it, unless it is blocked */
	s->active = !(current->flags & PF_KTHREAD);
	if (!s->active)
		return;
	siginitset(&set, sigmask(SIGPIPE));
	s->was_pending = sigismember(&current->pending.signal, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, &s->blocked);
}

static void sigpipe_restore(struct sigpipe *s)
{
	sigset_t others;

	if (!s->active)
		return;
	/* sent also when the reader went away after a part */
	if (!s->was_pending && sigismember(&current->pending.signal, SIGPIPE)) {
		sigfillset(&others);
		sigdelset(&others, SIGPIPE);
		spin_lock_irq(&current->sighand->siglock);
		kwasm_dequeue_signal(&others);
		spin_unlock_irq(&current->sighand->siglock);
	}
	sigprocmask(SIG_SETMASK, &s->blocked, NULL);
}

static ssize_t send(struct socket *sock, struct file *file, struct iov_iter *iter)
{
	struct msghdr msg = { .msg_iter = *iter, .msg_flags = MSG_NOSIGNAL };

	if (file->f_flags & O_NONBLOCK)
		msg.msg_flags |= MSG_DONTWAIT;
	if (sock->type == SOCK_SEQPACKET)
		msg.msg_flags |= MSG_EOR;
	return sock_sendmsg(sock, &msg);
}

static ssize_t write_fifo(struct file *file, struct kiocb *kiocb, struct iov_iter *iter)
{
	struct sigpipe sigpipe;
	ssize_t ret;

	sigpipe_block(&sigpipe);
	ret = kwasm_iocb_write(file, kiocb, iter);
	sigpipe_restore(&sigpipe);
	return ret;
}

/* Once, at *@pos, which is advanced; NULL: the file has no position */
static ssize_t transfer(struct file *file, int direction, struct iov_iter *iter, loff_t *pos)
{
	struct socket *sock;
	struct kiocb kiocb;
	ssize_t ret;

	if (direction != READ) {
		sock = sock_from_file(file);
		if (unlikely(sock))
			return send(sock, file, iter);
	}
	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = pos ? *pos : 0;
	if (direction == READ)
		ret = vfs_iocb_iter_read(file, &kiocb, iter);
	else if (unlikely(S_ISFIFO(file_inode(file)->i_mode)))
		ret = write_fifo(file, &kiocb, iter);
	else
		ret = kwasm_iocb_write(file, &kiocb, iter);
	if (pos)
		*pos = kiocb.ki_pos;
	return ret;
}

#define BOUNCE_SIZE	65536ul

/*
 * Some files, of /proc and debugfs above all, can read and write at user addresses only. For them a
 * piece of the calling process is borrowed. A kernel thread has none.
 */
static ssize_t by_user_address(struct file *file, int direction, const struct kvec *vec,
			       size_t total, loff_t *pos)
{
	size_t len = min(total, BOUNCE_SIZE), at = 0;
	loff_t start = pos ? *pos : 0;
	unsigned long addr;
	ssize_t ret;

	if (!(file->f_mode & (direction == READ ? FMODE_READ : FMODE_WRITE)))
		return -EBADF;
	if (!(direction == READ ? (void *)file->f_op->read : (void *)file->f_op->write) ||
	    !current->mm || current->flags & PF_KTHREAD)
		return -EINVAL;
	addr = vm_mmap(NULL, 0, BOUNCE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (direction == READ) {
		ret = file->f_op->read(file, (char __user *)addr, len, &start);
		len = ret > 0 ? ret : 0;
	} else {
		ret = 0;
	}
	for (; at < len; vec++) {	/* the vectors hold total bytes, which is not less */
		size_t n = min(vec->iov_len, len - at);
		void __user *user = (void __user *)(addr + at);

		if (direction == READ ? copy_from_user(vec->iov_base, user, n) :
					copy_to_user(user, vec->iov_base, n)) {
			ret = -EFAULT;
			break;
		}
		at += n;
	}
	if (direction == WRITE && !ret)
		ret = file->f_op->write(file, (const char __user *)addr, len, &start);
	vm_munmap(addr, BOUNCE_SIZE);
	if (pos && ret > 0)
		*pos = start;
	return ret;
}

/*
 * transfer_any() - read or write, once
 * @w: state
 * @file: the file
 * @direction: READ or WRITE
 * @vec: from wasi_iovs()
 * @nr: number of vectors
 * @total: their bytes
 * @pos: where in the file, advanced; NULL: at the file's own position
 *
 * Return: bytes moved, which may be fewer; negative error.
 */
static ssize_t transfer_any(struct wasi *w, struct file *file, int direction, const struct kvec *vec,
			    u32 nr, size_t total, loff_t *pos)
{
	bool has_iter = direction == READ ? file->f_op->read_iter : file->f_op->write_iter;
	loff_t *at = pos;
	bool locked = false;
	struct iov_iter iter;
	ssize_t ret;

	if (!pos && !(file->f_mode & FMODE_STREAM))
		at = &file->f_pos;
	do {
		/* The position of an inherited file is shared with other processes */
		ret = pos ? 0 : wasi_pos_lock(file, &locked);
		if (likely(!ret)) {
			iov_iter_kvec(&iter, direction, vec, nr, total);
			if (likely(has_iter || !total))
				ret = transfer(file, direction, &iter, at);
			else
				ret = by_user_address(file, direction, vec, total, at);
			wasi_pos_unlock(file, locked);
			if (likely(ret >= 0))
				return ret;
		}
		ret = wasi_restart(w, file, direction == READ ? EPOLLIN : EPOLLOUT, ret);
	} while (!ret);
	return ret;
}

static noinline int read_write_any(struct wasi *w, u32 fd, u64 rights, int direction, u32 iovs,
				   u32 nr, const u64 *offset, u32 result)
{
	u32 *out = wasi_result(w, result, u32);
	struct wasi_file f;
	loff_t pos = 0;
	struct kvec *vec;
	size_t total;
	ssize_t n;
	int err;

	if (!out)
		return -EFAULT;
	err = wasi_file_get(w, fd, rights, &f);
	if (err)
		return err;
	n = wasi_iovs(w, iovs, nr, &vec, &total);
	if (n)
		goto out;
	n = -ESPIPE;
	if (offset) {
		if (!f.file || !(f.file->f_mode & (direction == READ ? FMODE_PREAD : FMODE_PWRITE)))
			goto out;
		pos = *offset;
		n = -EINVAL;
		if (pos < 0)
			goto out;
	}
	if (f.file)
		n = transfer_any(w, f.file, direction, vec, nr, total, offset ? &pos : NULL);
	else if (direction == READ)
		n = 0;		/* a kernel thread's standard input is empty */
	else
		n = wasi_log_write(w, f.fd->host_fd, vec, nr);
	if (n >= 0)
		wasi_put(out, (u32)n);
out:
	wasi_file_put(&f);
	return n < 0 ? n : 0;
}

static noinline int read_write_at(struct wasi *w, u32 fd, u64 rights, int direction, u32 iovs,
				  u32 nr, u64 offset, u32 result)
{
	return read_write_any(w, fd, rights, direction, iovs, nr, &offset, result);
}

/* Nothing was moved, for @err */
static noinline int try_again(struct wasi *w, struct file *file, int direction, const u64 *offset,
			      int err, u32 *out)
{
	const struct kvec *vec = w->few_iovs;
	loff_t pos = offset ? *offset : 0;
	ssize_t n;

	n = wasi_restart(w, file, direction == READ ? EPOLLIN : EPOLLOUT, err);
	if (n)
		return n;
	n = transfer_any(w, file, direction, vec, 1, vec->iov_len, offset ? &pos : NULL);
	if (n < 0)
		return n;
	wasi_put(out, (u32)n);
	return 0;
}

static noinline int try_again_at(struct wasi *w, struct file *file, int direction, u64 offset,
				 int err, u32 *out)
{
	return try_again(w, file, direction, &offset, err, out);
}

/*
 * What most calls are, one vector and a plain file that the guest has opened itself, in one piece;
 * read_write_any() can do all. @fast: for @rights; @at: at @offset, else at the file's position
 */
static __always_inline int read_write(struct wasi *w, u32 fd, u8 fast, u64 rights, int direction,
				      u32 iovs, u32 nr, bool at, u64 offset, u32 result)
{
	struct kvec *vec = w->few_iovs;
	struct kiocb *kiocb = &w->kiocb;
	struct wasi_iovec iov;
	struct file *file;
	void *from, *out;
	ssize_t n;

	if (unlikely(!wasi_fast_file(w, fd, fast, &file) || nr != 1 ||
		     !wasi_guest_at(w, iovs, sizeof(iov), &from) ||
		     !wasi_guest_at(w, result, sizeof(u32), &out) || (at && (s64)offset < 0)))
		return at ? read_write_at(w, fd, rights, direction, iovs, nr, offset, result) :
			    read_write_any(w, fd, rights, direction, iovs, nr, NULL, result);
	memcpy(&iov, from, sizeof(iov));
	barrier();	/* checked is what was read, not memory again */
	if (unlikely(!wasi_guest_at(w, iov.buf, iov.len, &vec->iov_base)))
		return -EFAULT;
	vec->iov_len = min_t(size_t, iov.len, MAX_RW_COUNT);

	/* all else in it is the caller's to set, and 0: it waits, and has no priority of its own */
	kiocb->ki_filp = file;
	kiocb->ki_pos = at ? offset : file->f_pos;
	kiocb->ki_flags = file->f_iocb_flags;
	kiocb->private = NULL;
	w->iter = w->one[direction];
	w->iter.count = vec->iov_len;
	n = direction == READ ? vfs_iocb_iter_read(file, kiocb, &w->iter) :
				kwasm_iocb_write(file, kiocb, &w->iter);
	if (unlikely(n < 0))
		return at ? try_again_at(w, file, direction, offset, n, out) :
			    try_again(w, file, direction, NULL, n, out);
	if (!at)
		file->f_pos = kiocb->ki_pos;
	wasi_put((u32 *)out, (u32)n);
	return 0;
}

static __always_inline int wasi_do_fd_read(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 nread)
{
	return read_write(w, fd, WASI_FAST_READ, WASI_RIGHTS_FD_READ, READ, iovs, nr,
			  false, 0, nread);
}

static __always_inline int wasi_do_fd_write(struct wasi *w, u32 fd, u32 iovs, u32 nr, u32 nwritten)
{
	return read_write(w, fd, WASI_FAST_WRITE, WASI_RIGHTS_FD_WRITE, WRITE, iovs, nr,
			  false, 0, nwritten);
}

static __always_inline int wasi_do_fd_pread(struct wasi *w, u32 fd, u32 iovs, u32 nr, u64 offset,
					    u32 nread)
{
	return read_write(w, fd, WASI_FAST_PREAD, WASI_RIGHTS_FD_READ | WASI_RIGHTS_FD_SEEK, READ,
			  iovs, nr, true, offset, nread);
}

/* As Linux has it, a file opened to append is appended to whatever the offset says. */
static __always_inline int wasi_do_fd_pwrite(struct wasi *w, u32 fd, u32 iovs, u32 nr, u64 offset,
					     u32 nwritten)
{
	return read_write(w, fd, WASI_FAST_PWRITE, WASI_RIGHTS_FD_WRITE | WASI_RIGHTS_FD_SEEK, WRITE,
			  iovs, nr, true, offset, nwritten);
}

IO_CALLS(CALL)
