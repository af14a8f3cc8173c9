// SPDX-License-Identifier: GPL-2.0
/* compat/file.c - see compat/file.h; empty from 6.6 on */
#include "file.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)

#include <linux/llist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "../../kruntime/compat/ksyms.h"

struct release {
	struct llist_node node;
	struct file *file;
};

#define BACKLOG_MAX	256	/* then whoever closes waits, as it would have on newer kernels */

static LLIST_HEAD(releases);
static atomic_t backlog = ATOMIC_INIT(0);
static struct workqueue_struct *release_queue;

static void release_all(struct work_struct *work)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&releases));
	struct release *r, *next;

	llist_for_each_entry_safe(r, next, list, node) {
		__fput_sync(r->file);
		atomic_dec(&backlog);
		kfree(r);
		cond_resched();
	}
}

static DECLARE_WORK(release_work, release_all);

void wasi_release(struct file *file)
{
	struct release *r;

	if (kwasm_fput_now(file))
		return;
	if (current->flags & PF_KTHREAD) {
		__fput_sync(file);
		return;
	}
	r = kmalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		fput(file);	/* late, but not lost */
		return;
	}
	r->file = file;
	if (llist_add(&r->node, &releases))
		queue_work(release_queue, &release_work);
	if (atomic_inc_return(&backlog) > BACKLOG_MAX)
		flush_work(&release_work);
}

int wasi_release_init(void)
{
	/* its own: a release may wait for a file system for long */
	release_queue = alloc_workqueue("kwasm_release", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	return release_queue ? 0 : -ENOMEM;
}

void wasi_release_exit(void)
{
	destroy_workqueue(release_queue);
}

#endif
