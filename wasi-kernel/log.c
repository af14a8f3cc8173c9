// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - standard output of what runs on a kernel thread: lines in the kernel log
 *
 * A daemon may say what it has to say, but not fill the log: lines are limited in
 * length and rate, and control characters do not get through.
 */
#include <linux/ctype.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "wasi.h"

#define BURST		200		/* lines, of both streams together ... */
#define INTERVAL	(5 * HZ)	/* ... in this time */

static struct wasi_log *log_of(struct wasi *w, u32 host_fd)
{
	struct wasi_log **log = &w->log[host_fd == 2];

	if (!w->log_limit) {
		w->log_limit = kzalloc(sizeof(*w->log_limit), GFP_KERNEL_ACCOUNT);
		if (!w->log_limit)
			return NULL;
		ratelimit_state_init(w->log_limit, INTERVAL, BURST);
		ratelimit_set_flags(w->log_limit, RATELIMIT_MSG_ON_RELEASE);
	}
	if (!*log)
		*log = kzalloc(sizeof(**log), GFP_KERNEL_ACCOUNT);
	return *log;
}

static void flush(struct wasi *w, struct wasi_log *log, bool is_err)
{
	const char *name = w->instance->program->name;

	if (!__ratelimit(w->log_limit))
		;	/* counted; the log says how many when they are few again */
	else if (is_err)
		printk(KERN_WARNING "%s: %.*s\n", name, (int)log->nr, log->line);
	else
		printk(KERN_INFO "%s: %.*s\n", name, (int)log->nr, log->line);
	log->nr = 0;
}

/* Takes all bytes; -ENOMEM */
ssize_t wasi_log_write(struct wasi *w, u32 host_fd, const struct kvec *vec, u32 nr)
{
	struct wasi_log *log = log_of(w, host_fd);
	size_t total = 0, i;

	if (!log)
		return -ENOMEM;
	for (; nr; nr--, vec++) {
		const char *p = vec->iov_base;

		for (i = 0; i < vec->iov_len; i++) {
			char c = READ_ONCE(p[i]);

			if (c == '\n') {
				flush(w, log, host_fd == 2);
				if (kwasm_should_stop(w->ctx))
					return -EINTR;
				cond_resched();
				continue;
			}
			if (log->nr == sizeof(log->line))
				flush(w, log, host_fd == 2);
			log->line[log->nr++] = isascii(c) && iscntrl(c) && c != '\t' ? '?' : c;
		}
		total += vec->iov_len;
	}
	return total;
}

/* What has no newline at its end */
void wasi_log_flush(struct wasi *w)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(w->log); i++)
		if (w->log[i] && w->log[i]->nr)
			flush(w, w->log[i], i);
}
