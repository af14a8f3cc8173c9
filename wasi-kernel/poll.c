// SPDX-License-Identifier: GPL-2.0
/*
 * poll.c - waiting for clocks and descriptors
 *
 * The machinery is poll(2)'s: poll_initwait() gives a table that puts this task on the
 * wait queues of files, and notes when one of them has woken it. Timers are three: on
 * the monotonic clock, for all relative times too; on the real-time clock, so that
 * an alarm at noon goes off at noon even if the clock is set in between; and for the
 * processor time of the process, which its other threads may use, one that goes off when it could be
 * used up at the earliest. The processor time of a thread that waits stands still.
 *
 * Sleeping is interruptible, so that kill and the runtime's kick get through. A signal that
 * does not kill would end every such sleep at once; while one is pending this looks
 * every SLICE_MS instead.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pipe_fs_i.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "wasi.h"

#define SLICE_MS	20
#define SLACK_MAX_NS	(100 * NSEC_PER_MSEC)

#define READ_EVENTS	(EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLHUP | EPOLLERR)
#define WRITE_EVENTS	(EPOLLOUT | EPOLLWRNORM | EPOLLHUP | EPOLLERR)

static bool fired(const struct hrtimer_sleeper *timers, u32 nr)
{
	while (nr--)
		if (!READ_ONCE(timers[nr].task))
			return true;
	return false;
}

/* Sleep until the table or one of the timers fires, or something is pending */
static void wait(struct wasi *w, struct poll_wqueues *table, struct hrtimer_sleeper *timers,
		 u32 nr_timers)
{
	bool slice = signal_pending(current);

	set_current_state(slice ? TASK_KILLABLE : TASK_INTERRUPTIBLE);
	if (fired(timers, nr_timers) || READ_ONCE(table->triggered) || kwasm_should_stop(w->ctx))
		goto out;
	if (slice)
		schedule_timeout(msecs_to_jiffies(SLICE_MS));
	else
		schedule();
out:
	__set_current_state(TASK_RUNNING);
	/* pairs with the barrier in pollwake(): what triggered it is seen by the next look */
	smp_store_mb(table->triggered, 0);
}

/**
 * wasi_wait_file() - Wait until a file is ready
 * @w: state
 * @file: the file
 * @events: EPOLLIN or EPOLLOUT
 *
 * Return: 0 (also for files that know no waiting); -EINTR: the call must end.
 */
int wasi_wait_file(struct wasi *w, struct file *file, unsigned int events)
{
	struct poll_wqueues table;
	int err = 0;

	events = events == EPOLLIN ? READ_EVENTS : WRITE_EVENTS;
	poll_initwait(&table);
	table.pt._key = events;
	while (!(vfs_poll(file, &table.pt) & events)) {
		table.pt._qproc = NULL;	/* queued once */
		if (kwasm_should_stop(w->ctx)) {
			err = -EINTR;
			break;
		}
		wait(w, &table, NULL, 0);
	}
	poll_freewait(&table);
	return err;
}

/* One subscription, taken from the guest */
struct sub {
	u64 userdata;
	u8 type;
	u16 flags;		/* of the clock */
	u32 id;			/* clock, or descriptor */
	u64 deadline;		/* clock: on its own clock, ns; first as the guest gave it */
	u64 precision;
	int err;		/* known from the start: an event of its own */
	struct wasi_file file;
};

static void take(struct sub *sub, const u8 *from, bool old)
{
	struct wasi_subscription s;

	memcpy(&s, from, sizeof(s));
	if (old && s.tag == WASI_EVENTTYPE_CLOCK)
		memcpy(&s.clock, from + offsetof(struct wasi_subscription0, clock), sizeof(s.clock));
	sub->userdata = s.userdata;
	sub->type = s.tag;
	if (s.tag != WASI_EVENTTYPE_CLOCK) {
		sub->id = s.fd;
		return;
	}
	sub->id = s.clock.id;
	sub->deadline = s.clock.timeout;
	sub->precision = s.clock.precision;
	sub->flags = s.clock.flags;
}

/* Find files and make times absolute; an error is the subscription's own */
static int prepare(struct wasi *w, struct sub *sub)
{
	u64 rights = WASI_RIGHTS_POLL_FD_READWRITE;
	u64 now;

	switch (sub->type) {
	case WASI_EVENTTYPE_CLOCK:
		if (sub->flags & ~WASI_SUBCLOCKFLAGS_ABSTIME)
			return -EINVAL;
		/* a duration is one, however the clock is set meanwhile */
		if (sub->id == WASI_CLOCKID_REALTIME && !(sub->flags & WASI_SUBCLOCKFLAGS_ABSTIME))
			sub->id = WASI_CLOCKID_MONOTONIC;
		if (wasi_clock_now(sub->id, &now))
			return -EINVAL;
		if (!(sub->flags & WASI_SUBCLOCKFLAGS_ABSTIME) &&
		    check_add_overflow(sub->deadline, now, &sub->deadline))
			sub->deadline = KTIME_MAX;
		sub->deadline = min_t(u64, sub->deadline, KTIME_MAX);
		/* as clock_nanosleep(): it would never come */
		if (sub->id == WASI_CLOCKID_THREAD_CPUTIME_ID && now < sub->deadline)
			return -EOPNOTSUPP;
		return 0;
	case WASI_EVENTTYPE_FD_READ:
		rights |= WASI_RIGHTS_FD_READ;
		break;
	case WASI_EVENTTYPE_FD_WRITE:
		rights |= WASI_RIGHTS_FD_WRITE;
		break;
	default:
		return -EINVAL;
	}
	return wasi_file_get(w, sub->id, rights, &sub->file);
}

/* Bytes that can be read now; 1: some, the kind of file does not tell how many */
static u64 readable(struct file *file, __poll_t mask)
{
	struct inode *inode = file_inode(file);
	u64 nr = 0;

	if (S_ISREG(inode->i_mode)) {
		loff_t left = i_size_read(inode) - READ_ONCE(file->f_pos);

		return left > 0 ? left : 0;
	}
	if (S_ISFIFO(inode->i_mode) && inode->i_pipe) {
		struct pipe_inode_info *pipe = inode->i_pipe;
		unsigned int i;

		mutex_lock(&pipe->mutex);
		for (i = pipe->tail; i != pipe->head; i++)
			nr += pipe->bufs[i & (pipe->ring_size - 1)].len;
		mutex_unlock(&pipe->mutex);
		return nr;
	}
	return mask & (EPOLLIN | EPOLLRDNORM) ? 1 : 0;
}

/* Has it happened? Then fill in the event. */
static bool happened(struct sub *sub, poll_table *pt, struct wasi_event *event)
{
	bool reads = sub->type == WASI_EVENTTYPE_FD_READ;
	__poll_t mask;
	u64 now;

	*event = (struct wasi_event){ .userdata = sub->userdata, .type = sub->type };
	if (sub->err) {
		event->error = wasi_errno(sub->err);
		return true;
	}
	if (sub->type == WASI_EVENTTYPE_CLOCK)
		return !wasi_clock_now(sub->id, &now) && now >= sub->deadline;
	if (!sub->file.file)	/* a kernel thread's: its input is at its end, its output never full */
		return true;
	if (pt)
		pt->_key = reads ? READ_EVENTS : WRITE_EVENTS;
	mask = vfs_poll(sub->file.file, pt) & (reads ? READ_EVENTS : WRITE_EVENTS);
	if (!mask)
		return false;
	if (reads)
		event->nbytes = readable(sub->file.file, mask);
	if (mask & (EPOLLHUP | EPOLLRDHUP) || (!reads && mask & EPOLLERR))
		event->flags = WASI_EVENTRWFLAGS_HANGUP;
	return true;
}

/* When, on the monotonic clock, all processors together can have used up what is left */
static u64 cputime_earliest(u64 deadline)
{
	u64 now, left = 0;

	if (!wasi_clock_now(WASI_CLOCKID_PROCESS_CPUTIME_ID, &now) && now < deadline)
		left = deadline - now;
	left = max_t(u64, left / num_online_cpus(), NSEC_PER_MSEC);
	return min_t(u64, ktime_get_ns() + left, KTIME_MAX);
}

#define TIMERS_MAX	3

/* One timer per clock, for the first deadline on it */
static u32 start_timers(struct sub *subs, u32 nr, struct hrtimer_sleeper *timers)
{
	static const clockid_t clocks[TIMERS_MAX] = {
		[WASI_CLOCKID_REALTIME] = CLOCK_REALTIME,
		[WASI_CLOCKID_MONOTONIC] = CLOCK_MONOTONIC,
		[WASI_CLOCKID_PROCESS_CPUTIME_ID] = CLOCK_MONOTONIC,
	};
	u32 id, i, nr_timers = 0;

	for (id = 0; id < ARRAY_SIZE(clocks); id++) {
		struct hrtimer_sleeper *timer = &timers[nr_timers];
		struct sub *first = NULL;
		u64 slack, expires;

		for (i = 0; i < nr; i++) {
			if (subs[i].type != WASI_EVENTTYPE_CLOCK || subs[i].err || subs[i].id != id)
				continue;
			if (!first || subs[i].deadline < first->deadline)
				first = &subs[i];
		}
		if (!first)
			continue;
		slack = max_t(u64, current->timer_slack_ns,
			      min_t(u64, first->precision, SLACK_MAX_NS));
		expires = first->deadline;
		if (id == WASI_CLOCKID_PROCESS_CPUTIME_ID)
			expires = cputime_earliest(expires);
		hrtimer_init_sleeper_on_stack(timer, clocks[id], HRTIMER_MODE_ABS);
		hrtimer_set_expires_range_ns(&timer->timer, expires, slack);
		hrtimer_sleeper_start_expires(timer, HRTIMER_MODE_ABS);
		nr_timers++;
	}
	return nr_timers;
}

static void stop_timers(struct hrtimer_sleeper *timers, u32 nr)
{
	while (nr--) {
		hrtimer_cancel(&timers[nr].timer);
		destroy_hrtimer_on_stack(&timers[nr].timer);
	}
}

/* Wait until something has happened: number of events, in the order of subscriptions, or error */
static noinline int poll(struct wasi *w, struct sub *subs, u32 nr, struct wasi_event *events)
{
	struct hrtimer_sleeper timers[TIMERS_MAX];
	struct wasi_event event;
	struct poll_wqueues table;
	u32 i, nr_events = 0, nr_timers = 0;
	int err = 0;

	poll_initwait(&table);
	for (;;) {
		for (i = 0; i < nr; i++) {
			/* what has happened already needs no queue: this will not sleep */
			if (nr_events)
				table.pt._qproc = NULL;
			if (happened(&subs[i], &table.pt, &event))
				memcpy(events + nr_events++, &event, sizeof(event));
		}
		table.pt._qproc = NULL;
		if (nr_events)
			break;
		err = table.error;
		if (kwasm_should_stop(w->ctx))
			err = -EINTR;
		if (err)
			break;
		/*
		 * Gone off, and nothing has happened: the clock was set back, or the process did not
		 * use all processors. They are for one use.
		 */
		if (fired(timers, nr_timers)) {
			stop_timers(timers, nr_timers);
			nr_timers = 0;
		}
		if (!nr_timers)
			nr_timers = start_timers(subs, nr, timers);
		wait(w, &table, timers, nr_timers);
	}
	stop_timers(timers, nr_timers);
	poll_freewait(&table);
	return err ? err : nr_events;
}

static int poll_oneoff(struct wasi *w, u32 in, u32 out, u32 nr, u32 nevents, bool old)
{
	u32 size = old ? sizeof(struct wasi_subscription0) : sizeof(struct wasi_subscription);
	u32 *nr_out = wasi_result(w, nevents, u32);
	struct sub few[4], *subs = few;
	struct wasi_event *events;
	const u8 *from;
	int n;
	u32 i;

	if (!nr || nr > WASI_SUBSCRIPTIONS_MAX)
		return -EINVAL;
	from = wasi_guest(w, in, (u64)nr * size);
	events = wasi_guest(w, out, (u64)nr * sizeof(*events));
	if (!from || !events || !nr_out)
		return -EFAULT;
	if (nr > ARRAY_SIZE(few)) {
		subs = kvcalloc(nr, sizeof(*subs), GFP_KERNEL_ACCOUNT);
		if (!subs)
			return -ENOMEM;
	} else {
		memset(few, 0, sizeof(few));
	}
	/* all are taken before an event is written: the guest may let them overlap */
	for (i = 0; i < nr; i++)
		take(&subs[i], from + (size_t)i * size, old);
	barrier();
	for (i = 0; i < nr; i++)
		subs[i].err = prepare(w, &subs[i]);
	n = poll(w, subs, nr, events);
	if (n >= 0)
		wasi_put(nr_out, (u32)n);
	for (i = 0; i < nr; i++)
		if (subs[i].type != WASI_EVENTTYPE_CLOCK && !subs[i].err)
			wasi_file_put(&subs[i].file);
	if (subs != few)
		kvfree(subs);
	return n < 0 ? n : 0;
}

int wasi_do_poll_oneoff(struct wasi *w, u32 in, u32 out, u32 nr, u32 nevents)
{
	return poll_oneoff(w, in, out, nr, nevents, false);
}

int wasi_do_poll_oneoff0(struct wasi *w, u32 in, u32 out, u32 nr, u32 nevents)
{
	return poll_oneoff(w, in, out, nr, nevents, true);
}
