// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on threads of their own: insmod app.ko daemon=1
 *
 * The thread has the credentials, the memory cgroup and the network namespace of the process that loads
 * the app, and no files; what the app writes goes to the kernel log. It ends by itself, by SIGKILL from
 * root, or when the app is unloaded.
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>
#include "kernel.h"

struct daemon {
	struct kwasm_program *program;
	struct task_struct *task;
	const struct cred *cred;
	struct mem_cgroup *memcg;
	struct net *net;
	struct completion ready;	/* may be killed from now on */
};

static void run(struct daemon *daemon)
{
	struct kwasm_program *program = daemon->program;
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
	config.net_ns = daemon->net;
	err = kwasm_program_run(program, NULL, &config, &exit_code, report);
	if (!err)
		pr_info("kwasm: %s: ended with exit code %d\n", program->name, exit_code);
	else if (report->message[0])
		kwasm_log_report(program->name, report);
	else
		pr_err("kwasm: %s: cannot run, error %d\n", program->name, -err);
	kwasm_config_release(&config);
out_free:
	plat_free(report);
	return;
err_memory:
	pr_err("kwasm: %s: out of memory\n", program->name);
}

static int daemon_thread(void *data)
{
	struct daemon *daemon = data;
	struct mem_cgroup *old_memcg;
	const struct cred *old_cred;

	allow_signal(SIGKILL);
	complete(&daemon->ready);
	old_cred = override_creds(daemon->cred);
	old_memcg = set_active_memcg(daemon->memcg);
	run(daemon);
	set_active_memcg(old_memcg);
	revert_creds(old_cred);
	return 0;
}

int plat_daemon_start(struct kwasm_program *program)
{
	struct daemon *daemon;
	int err;

	daemon = kzalloc(sizeof(*daemon), GFP_KERNEL);
	if (!daemon)
		return -ENOMEM;
	daemon->program = program;
	init_completion(&daemon->ready);
	daemon->cred = get_current_cred();
	daemon->memcg = get_mem_cgroup_from_mm(current->mm);
	daemon->net = get_net(current->nsproxy->net_ns);
	daemon->task = kthread_create(daemon_thread, daemon, "kwasm/%s", program->name);
	if (IS_ERR(daemon->task)) {
		err = PTR_ERR(daemon->task);
		goto err_put;
	}
	/* It may end before it is stopped. */
	get_task_struct(daemon->task);
	program->plat = daemon;
	wake_up_process(daemon->task);
	wait_for_completion(&daemon->ready);
	return 0;

err_put:
	put_net(daemon->net);
	mem_cgroup_put(daemon->memcg);
	put_cred(daemon->cred);
	kfree(daemon);
	return err;
}

void plat_daemon_stop(struct kwasm_program *program)
{
	struct daemon *daemon = program->plat;

	if (!daemon)
		return;
	program->plat = NULL;
	/* fatal_signal_pending() is what guest code and host functions are ended by */
	send_sig(SIGKILL, daemon->task, 1);
	kthread_stop(daemon->task);
	put_task_struct(daemon->task);
	put_net(daemon->net);
	mem_cgroup_put(daemon->memcg);
	put_cred(daemon->cred);
	kfree(daemon);
}
