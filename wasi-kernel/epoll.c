// SPDX-License-Identifier: GPL-2.0
/*
 * epoll.c - epoll and eventfd for descriptors of an instance
 *
 * The kernel's own eventpoll cannot be used by a module, and knows the process's descriptors, not
 * the instance's. This is its principle: for each watched descriptor an item puts a callback on the wait
 * queues of its file, once; when the file becomes ready the callback puts the item on the ready
 * list; waiting looks at that list only. So a wait costs what is ready, not what is watched.
 *
 *	instance --> epoll (a file in its table) --> items, by descriptor
 *	                  ready list <-- callbacks on the files' wait queues
 *
 * A callback runs with the wait queue's lock held, in any context. Order of locks: a wait queue's lock,
 * ep->lock; ep->wait.lock is taken after ep->lock is given up. That is why an epoll cannot be put into
 * an epoll.
 *
 * An item holds its file. It goes when its descriptor is closed (wasi_epoll_forget()), so a file is
 * really closed then. All but the callbacks runs under the instance's lock, or when it is being destroyed.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <uapi/linux/eventpoll.h>
#include "compat/file.h"
#include "socket.h"

#define SLICE_MS	20	/* as poll.c: with a signal pending that does not end the wait */

#define EP_PRIVATE	(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

struct ep {
	struct list_head node;		/* in wasi->epolls */
	struct rb_root items;
	spinlock_t lock;		/* ready list, item->events */
	struct list_head ready;
	wait_queue_head_t wait;		/* who waits for ready not to be empty */
};

/* A callback on one of the wait queues of a file; most files have one queue */
struct waiter {
	wait_queue_entry_t entry;
	wait_queue_head_t *head;	/* NULL: it is gone (POLLFREE) */
	struct item *item;
	struct waiter *next;
};

struct item {
	struct rb_node node;
	struct list_head ready;		/* empty: not on the list */
	struct ep *ep;
	struct file *file;		/* referenced */
	u32 fd;
	u32 events;			/* asked for; a oneshot that has fired has EP_PRIVATE bits only */
	u64 data;
	struct waiter first;
	struct waiter *waiters;
	bool no_memory;			/* for a second waiter */
	poll_table pt;
};

/* ---- items ---- */

static int wake(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct waiter *waiter = container_of(entry, struct waiter, entry);
	struct item *item = waiter->item;
	struct ep *ep = item->ep;
	__poll_t mask = key_to_poll(key);
	unsigned long flags;
	bool queued = false;

	spin_lock_irqsave(&ep->lock, flags);
	/* a queue that does not say what happened may mean anything */
	if ((item->events & ~EP_PRIVATE) && (!mask || (mask & item->events)) &&
	    list_empty(&item->ready)) {
		list_add_tail(&item->ready, &ep->ready);
		queued = true;
	}
	spin_unlock_irqrestore(&ep->lock, flags);
	if (queued)
		wake_up_poll(&ep->wait, EPOLLIN | EPOLLRDNORM);
	if (mask & POLLFREE) {
		/* the queue goes away now: leave it, and do not touch it in item_unhook() */
		list_del_init(&entry->entry);
		smp_store_release(&waiter->head, NULL);
	}
	return 1;
}

static void hook(struct file *file, wait_queue_head_t *head, poll_table *pt)
{
	struct item *item = container_of(pt, struct item, pt);
	struct waiter *waiter = &item->first;

	if (item->waiters) {
		waiter = kzalloc(sizeof(*waiter), GFP_KERNEL_ACCOUNT);
		if (!waiter) {
			item->no_memory = true;
			return;
		}
	}
	waiter->item = item;
	waiter->head = head;
	waiter->next = item->waiters;
	item->waiters = waiter;
	init_waitqueue_func_entry(&waiter->entry, wake);
	add_wait_queue(head, &waiter->entry);
}

static void unhook(struct item *item)
{
	struct waiter *waiter, *next;
	wait_queue_head_t *head;

	for (waiter = item->waiters; waiter; waiter = next) {
		next = waiter->next;
		/* a queue that is freed by POLLFREE is so after a grace period */
		rcu_read_lock();
		head = smp_load_acquire(&waiter->head);
		if (head)
			remove_wait_queue(head, &waiter->entry);
		rcu_read_unlock();
		if (waiter != &item->first)
			kfree(waiter);
	}
}

static void item_destroy(struct item *item)
{
	struct ep *ep = item->ep;

	unhook(item);	/* no callback runs after this */
	rb_erase(&item->node, &ep->items);
	spin_lock_irq(&ep->lock);
	list_del(&item->ready);
	spin_unlock_irq(&ep->lock);
	wasi_release(item->file);
	kfree(item);
}

static struct item *find(struct ep *ep, u32 fd)
{
	struct rb_node *node = ep->items.rb_node;

	while (node) {
		struct item *item = rb_entry(node, struct item, node);

		if (fd == item->fd)
			return item;
		node = fd < item->fd ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void insert(struct ep *ep, struct item *item)
{
	struct rb_node **link = &ep->items.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->fd < rb_entry(parent, struct item, node)->fd ? &parent->rb_left :
									    &parent->rb_right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, &ep->items);
}

/* Is it ready as things are? Then onto the list, as if a callback had said so. */
static void look(struct item *item, __poll_t mask)
{
	struct ep *ep = item->ep;
	bool queued = false;

	spin_lock_irq(&ep->lock);
	if ((mask & item->events) && (item->events & ~EP_PRIVATE) && list_empty(&item->ready)) {
		list_add_tail(&item->ready, &ep->ready);
		queued = true;
	}
	spin_unlock_irq(&ep->lock);
	if (queued)
		wake_up_poll(&ep->wait, EPOLLIN | EPOLLRDNORM);
}

/* ---- the file ---- */

static bool is_empty(struct ep *ep)
{
	return list_empty_careful(&ep->ready);
}

static __poll_t ep_poll(struct file *file, poll_table *pt)
{
	struct ep *ep = file->private_data;

	poll_wait(file, &ep->wait, pt);
	/* what is on the list was ready, and may not be any more: then a wait finds nothing */
	return is_empty(ep) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static int ep_release(struct inode *inode, struct file *file)
{
	struct ep *ep = file->private_data;
	struct rb_node *node;

	while ((node = rb_first(&ep->items)))
		item_destroy(rb_entry(node, struct item, node));
	kfree(ep);
	return 0;
}

static const struct file_operations ep_fops = {
	.owner = THIS_MODULE,
	.poll = ep_poll,
	.release = ep_release,
};

/* The epoll behind a descriptor; the caller puts f */
static int get_ep(struct wasi *w, u32 epfd, struct wasi_file *f, struct ep **ep)
{
	int err = wasi_file_get(w, epfd, 0, f);

	if (err)
		return err;
	if (!f->file || f->file->f_op != &ep_fops || f->fd->kind != WASI_FD_FILE) {
		wasi_file_put(f);
		return -EINVAL;
	}
	*ep = f->file->private_data;
	return 0;
}

int wasi_epoll_create(struct wasi *w, u32 *fd)
{
	struct file *file;
	struct ep *ep;
	int err;

	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep)
		return -ENOMEM;
	ep->items = RB_ROOT;
	spin_lock_init(&ep->lock);
	INIT_LIST_HEAD(&ep->ready);
	init_waitqueue_head(&ep->wait);
	err = wasi_fd_reserve(w, fd);
	if (err)
		goto err_free;
	file = anon_inode_getfile("[wasi_epoll]", &ep_fops, ep, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_free;
	}
	list_add(&ep->node, &w->epolls);
	wasi_fd_install(w, *fd, file, WASI_RIGHTS_ALL, 0);
	return 0;

err_free:
	kfree(ep);
	return err;
}

static int add(struct wasi *w, struct ep *ep, u32 fd, struct file *file, u32 events, u64 data)
{
	struct item *item;
	__poll_t mask;

	if (find(ep, fd))
		return -EEXIST;
	item = kzalloc(sizeof(*item), GFP_KERNEL_ACCOUNT);
	if (!item)
		return -ENOMEM;
	INIT_LIST_HEAD(&item->ready);
	item->ep = ep;
	item->file = get_file(file);
	item->fd = fd;
	item->events = events | EPOLLERR | EPOLLHUP;
	item->data = data;
	init_poll_funcptr(&item->pt, hook);
	item->pt._key = item->events;
	insert(ep, item);
	mask = vfs_poll(file, &item->pt);
	item->pt._qproc = NULL;		/* it is on the queues now */
	if (item->no_memory) {
		item_destroy(item);
		return -ENOMEM;
	}
	look(item, mask);
	return 0;
}

static int modify(struct ep *ep, struct item *item, u32 events, u64 data)
{
	spin_lock_irq(&ep->lock);
	item->events = events | EPOLLERR | EPOLLHUP;
	item->data = data;
	spin_unlock_irq(&ep->lock);
	item->pt._key = item->events;
	/* pairs with the barrier before the waker looks for waiters: either sees the other */
	smp_mb();
	look(item, vfs_poll(item->file, &item->pt));
	return 0;
}

/**
 * wasi_epoll_ctl() - As epoll_ctl(2)
 * @w: state
 * @epfd: descriptor of an epoll
 * @op: EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL
 * @fd: descriptor to watch
 * @events: EPOLL*; EPOLLERR and EPOLLHUP are always watched
 * @data: given back with events
 *
 * Return: 0; -EBADF, -EINVAL (no epoll; an epoll is watched), -EPERM (a file that is always
 * ready), -EEXIST, -ENOENT, -ENOMEM.
 */
int wasi_epoll_ctl(struct wasi *w, u32 epfd, u32 op, u32 fd, u32 events, u64 data)
{
	struct wasi_file f, watched;
	struct item *item;
	struct ep *ep;
	int err;

	err = wasi_file_get(w, fd, op == EPOLL_CTL_DEL ? 0 : WASI_RIGHTS_POLL_FD_READWRITE, &watched);
	if (err)
		return err;
	err = get_ep(w, epfd, &f, &ep);
	if (err)
		goto out_put_watched;
	item = find(ep, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		if (!watched.file || !file_can_poll(watched.file))
			err = -EPERM;
		else if (watched.file->f_op == &ep_fops)
			err = -EINVAL;
		else
			err = add(w, ep, fd, watched.file, events & ~(EPOLLWAKEUP | EPOLLEXCLUSIVE), data);
		break;
	case EPOLL_CTL_MOD:
		err = item ? modify(ep, item, events & ~(EPOLLWAKEUP | EPOLLEXCLUSIVE), data) : -ENOENT;
		break;
	case EPOLL_CTL_DEL:
		if (item)
			item_destroy(item);
		else
			err = -ENOENT;
		break;
	default:
		err = -EINVAL;
	}
	wasi_file_put(&f);
out_put_watched:
	wasi_file_put(&watched);
	return err;
}

/* Take what is ready, at most @max; level-triggered items stay on the list, behind the others */
static u32 collect(struct ep *ep, struct wasi_epoll_event *out, u32 max)
{
	struct wasi_epoll_event event;
	struct item *item;
	LIST_HEAD(again);
	__poll_t mask;
	u32 nr = 0;

	spin_lock_irq(&ep->lock);
	while (nr < max && !list_empty(&ep->ready)) {
		item = list_first_entry(&ep->ready, struct item, ready);
		list_del_init(&item->ready);	/* from now on a callback puts it back */
		event.events = item->events;
		event.data = item->data;
		spin_unlock_irq(&ep->lock);
		mask = event.events & ~EP_PRIVATE ? vfs_poll(item->file, &item->pt) & event.events : 0;
		if (mask) {
			event.events = mask;
			memcpy(out + nr, &event, sizeof(event));
			nr++;
		}
		cond_resched();
		spin_lock_irq(&ep->lock);
		if (!mask)
			continue;
		if (item->events & EPOLLONESHOT) {
			item->events &= EP_PRIVATE;
			list_del_init(&item->ready);
		} else if (!(item->events & EPOLLET)) {
			list_move_tail(&item->ready, &again);	/* also from where a callback has put it */
		}
	}
	list_splice_tail(&again, &ep->ready);
	spin_unlock_irq(&ep->lock);
	return nr;
}

/* Sleep until something is ready, the time is over, or something is pending */
static void wait(struct wasi *w, struct ep *ep, ktime_t *deadline)
{
	bool slice = signal_pending(current);
	ktime_t slice_end;
	DEFINE_WAIT(entry);

	prepare_to_wait(&ep->wait, &entry, slice ? TASK_KILLABLE : TASK_INTERRUPTIBLE);
	if (is_empty(ep) && !kwasm_should_stop(w->ctx)) {
		if (slice) {
			slice_end = ktime_add_ms(ktime_get(), SLICE_MS);
			if (deadline && ktime_before(*deadline, slice_end))
				slice_end = *deadline;
			deadline = &slice_end;
		}
		schedule_hrtimeout_range(deadline, current->timer_slack_ns, HRTIMER_MODE_ABS);
	}
	finish_wait(&ep->wait, &entry);
}

/**
 * wasi_epoll_wait() - As epoll_wait(2)
 * @w: state
 * @epfd: descriptor of an epoll
 * @out: room for @max events; guest memory will do, it is only written
 * @max: at least 1
 * @timeout_ms: negative: none
 *
 * Return: events written; -EBADF, -EINVAL; -EINTR (the call must end).
 */
int wasi_epoll_wait(struct wasi *w, u32 epfd, struct wasi_epoll_event *out, u32 max, s32 timeout_ms)
{
	ktime_t deadline = 0;
	struct wasi_file f;
	struct ep *ep;
	int nr;

	nr = get_ep(w, epfd, &f, &ep);
	if (nr)
		return nr;
	if (timeout_ms > 0)
		deadline = ktime_add_ms(ktime_get(), timeout_ms);
	for (;;) {
		nr = collect(ep, out, max);
		if (nr || !timeout_ms)
			break;
		if (kwasm_should_stop(w->ctx)) {
			nr = -EINTR;
			break;
		}
		if (timeout_ms > 0 && !ktime_before(ktime_get(), deadline))
			break;
		wait(w, ep, timeout_ms > 0 ? &deadline : NULL);
	}
	wasi_file_put(&f);
	return nr;
}

void wasi_epoll_unwatch(struct wasi *w, u32 fd)
{
	struct item *item;
	struct ep *ep;

	list_for_each_entry(ep, &w->epolls, node) {
		item = find(ep, fd);
		if (item)
			item_destroy(item);
	}
}

void wasi_epoll_forget(struct wasi *w, u32 fd)
{
	struct wasi_fd *entry = &w->fds[fd];

	wasi_epoll_unwatch(w, fd);
	if (entry->kind == WASI_FD_FILE && entry->file->f_op == &ep_fops)
		list_del(&((struct ep *)entry->file->private_data)->node);
}

/* ---- eventfd, of the semaphore kind ---- */

struct counter {
	wait_queue_head_t wait;		/* its lock protects count */
	u64 count;
};

#define COUNT_MAX	(ULLONG_MAX - 1)

static ssize_t counter_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct counter *c = iocb->ki_filp->private_data;
	u64 one = 1;
	int err = 0;

	if (iov_iter_count(to) < sizeof(one))
		return -EINVAL;
	spin_lock_irq(&c->wait.lock);
	if (!c->count) {
		if (iocb->ki_filp->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT)
			err = -EAGAIN;
		else
			err = wait_event_interruptible_locked_irq(c->wait, c->count);
	}
	if (!err) {
		c->count--;
		wake_up_locked_poll(&c->wait, EPOLLOUT);
	}
	spin_unlock_irq(&c->wait.lock);
	if (err)
		return err;
	return copy_to_iter(&one, sizeof(one), to) == sizeof(one) ? sizeof(one) : -EFAULT;
}

static ssize_t counter_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct counter *c = iocb->ki_filp->private_data;
	u64 add;
	int err = 0;

	if (iov_iter_count(from) < sizeof(add))
		return -EINVAL;
	if (copy_from_iter(&add, sizeof(add), from) != sizeof(add))
		return -EFAULT;
	if (add > COUNT_MAX)
		return -EINVAL;
	spin_lock_irq(&c->wait.lock);
	if (c->count > COUNT_MAX - add) {
		if (iocb->ki_filp->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT)
			err = -EAGAIN;
		else
			err = wait_event_interruptible_locked_irq(c->wait, c->count <= COUNT_MAX - add);
	}
	if (!err) {
		c->count += add;
		wake_up_locked_poll(&c->wait, EPOLLIN);
	}
	spin_unlock_irq(&c->wait.lock);
	return err ? err : sizeof(add);
}

static __poll_t counter_poll(struct file *file, poll_table *pt)
{
	struct counter *c = file->private_data;
	__poll_t mask = 0;
	u64 count;

	poll_wait(file, &c->wait, pt);
	count = READ_ONCE(c->count);
	if (count)
		mask |= EPOLLIN;
	if (count < COUNT_MAX)
		mask |= EPOLLOUT;
	return mask;
}

static int counter_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations counter_fops = {
	.owner = THIS_MODULE,
	.read_iter = counter_read,
	.write_iter = counter_write,
	.poll = counter_poll,
	.release = counter_release,
};

/**
 * wasi_eventfd_create() - As eventfd(2) with EFD_SEMAPHORE
 * @w: state
 * @initial: count
 * @fd: set
 *
 * Return: 0; -EMFILE, -ENFILE, -ENOMEM.
 */
int wasi_eventfd_create(struct wasi *w, u32 initial, u32 *fd)
{
	struct counter *c;
	struct file *file;
	int err;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	init_waitqueue_head(&c->wait);
	c->count = initial;
	err = wasi_fd_reserve(w, fd);
	if (err)
		goto err_free;
	file = anon_inode_getfile("[wasi_eventfd]", &counter_fops, c, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_free;
	}
	wasi_fd_install(w, *fd, file, WASI_RIGHTS_ALL, 0);
	return 0;

err_free:
	kfree(c);
	return err;
}
