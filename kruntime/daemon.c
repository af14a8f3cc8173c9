// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on threads of their own: insmod app.ko daemon=1
 *
 * The threads have the credentials, the memory cgroup and the network namespace of the process
 * that loads the app, and no files; what the app writes goes to the kernel log. They end by
 * themselves, by SIGKILL from root, or when the app is unloaded.
 *
 * instances=N makes N threads with an instance each, bound to one processor after the
 * other as long as that is online.
 *
 * Their policy is SCHED_BATCH: a thread that is woken up waits until the one that runs sleeps, or has used
 * its time. A server that preempted each client which sends it something would find one message whenever
 * it looks, and most of its work would be switching threads.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/nsproxy.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>
#include <net/net_namespace.h>
#include "kernel.h"

struct daemon_thread {
	struct daemon *daemon;
	u32 index;
	struct task_struct *task;
	struct net *net;		/* referenced until the app ends */
	struct completion ready;	/* may be killed from now on */
};

struct daemon {
	struct kwasm_program *program;
	const struct cred *cred;
	struct mem_cgroup *memcg;
	struct net *net;		/* the threads hold it */
	u32 nr_threads;
	struct daemon_thread threads[];
};

static void run(struct daemon_thread *thread)
{
	struct kwasm_program *program = thread->daemon->program;
	struct kwasm_trap_info *report;
	struct kwasm_config config;
	s32 exit_code = 0;
	int err;

	report = plat_zalloc(sizeof(*report));
	if (!report)
		goto err_memory;
	err = kwasm_config_from_params(program, &config);
	if (err) {
		pr_err("kwasm: %s: bad parameters, error %d\n", program->name, -err);
		goto out_free;
	}
	config.context = KWASM_CONTEXT_KTHREAD;
	config.net_ns = thread->net;
	config.index = thread->index;
	config.nr_group = thread->daemon->nr_threads;
	config.group = thread->daemon;
	err = kwasm_program_run(program, NULL, &config, &exit_code, report);
	if (!err)
		pr_info("kwasm: %s: ended with exit code %d\n", program->name, exit_code);
	else if (report->message[0])
		kwasm_log_report(program->name, report);
	else
		pr_err("kwasm: %s: cannot run, error %d\n", program->name, -err);
	kwasm_lists_free(config.lists);
out_free:
	plat_free(report);
	return;
err_memory:
	pr_err("kwasm: %s: out of memory\n", program->name);
}

static int daemon_main(void *data)
{
	struct daemon_thread *thread = data;
	struct daemon *daemon = thread->daemon;
	struct mem_cgroup *old_memcg;
	const struct cred *old_cred;

	allow_signal(SIGKILL);
	complete(&thread->ready);
	old_cred = override_creds(daemon->cred);
	old_memcg = set_active_memcg(daemon->memcg);
	run(thread);
	set_active_memcg(old_memcg);
	revert_creds(old_cred);
	/* the namespace may go when the app has ended, though the .ko stays */
	put_net(thread->net);
	return 0;
}

static int daemon_thread_start(struct daemon *daemon, u32 index)
{
	static const struct sched_attr batch = { .size = sizeof(batch), .sched_policy = SCHED_BATCH };
	struct daemon_thread *thread = &daemon->threads[index];
	u32 i = index % num_online_cpus();
	int cpu;

	thread->daemon = daemon;
	thread->index = index;
	init_completion(&thread->ready);
	thread->task = kthread_create(daemon_main, thread, daemon->nr_threads > 1 ? "kwasm/%s/%u" : "kwasm/%s",
				      daemon->program->name, index);
	if (IS_ERR(thread->task))
		return PTR_ERR(thread->task);
	/* It may end before it is stopped. */
	get_task_struct(thread->task);
	thread->net = get_net(daemon->net);
	if (daemon->nr_threads > 1) {
		for_each_online_cpu(cpu)
			if (!i--)
				break;
		/* not kthread_bind(): the processor may go offline */
		if (cpu < nr_cpu_ids)
			set_cpus_allowed_ptr(thread->task, cpumask_of(cpu));
	}
	/* it serves without it, too */
	if (sched_setattr_nocheck(thread->task, &batch))
		kwasm_err("%s: the thread's policy stays as it is\n", daemon->program->name);
	wake_up_process(thread->task);
	wait_for_completion(&thread->ready);
	return 0;
}

static void daemon_threads_stop(struct daemon *daemon, u32 nr)
{
	u32 i;

	/* fatal_signal_pending() is what guest code and host functions are ended by */
	for (i = 0; i < nr; i++)
		send_sig(SIGKILL, daemon->threads[i].task, 1);
	for (i = 0; i < nr; i++) {
		kthread_stop(daemon->threads[i].task);
		put_task_struct(daemon->threads[i].task);
	}
	mem_cgroup_put(daemon->memcg);
	put_cred(daemon->cred);
	kfree(daemon);
}

int plat_daemon_start(struct kwasm_program *program)
{
	u32 nr = program->app->instances, i;
	struct daemon *daemon;
	int err;

	if (!nr || nr > KWASM_INSTANCES_MAX) {
		kwasm_err("%s: instances=%u is not between 1 and %u\n", program->name, nr,
			  KWASM_INSTANCES_MAX);
		return -EINVAL;
	}
	daemon = kzalloc(struct_size(daemon, threads, nr), GFP_KERNEL);
	if (!daemon)
		return -ENOMEM;
	daemon->program = program;
	daemon->nr_threads = nr;
	daemon->cred = get_current_cred();
	daemon->memcg = get_mem_cgroup_from_mm(current->mm);
	daemon->net = current->nsproxy->net_ns;
	program->plat = daemon;
	for (i = 0; i < nr; i++) {
		err = daemon_thread_start(daemon, i);
		if (err) {
			daemon_threads_stop(daemon, i);
			program->plat = NULL;
			return err;
		}
	}
	return 0;
}

void plat_daemon_stop(struct kwasm_program *program)
{
	struct daemon *daemon = program->plat;

	if (!daemon)
		return;
	daemon_threads_stop(daemon, daemon->nr_threads);
	program->plat = NULL;
}
