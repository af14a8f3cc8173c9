// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - what a shell cannot do to a process that runs an app
 *
 *	host listen PORT COMMAND...	with a listening TCP socket as standard input
 *	host pair COMMAND...		with a socket that nothing comes from as standard input
 *	host pty COMMAND...		with a terminal that nobody types at as standard input
 *	host default COMMAND...		with no signal ignored, as a shell's background jobs have it
 *	host swap			until killed: exchange swap and other, move move/sub out and back
 *	host alarm FILE.ko PARAMETERS	insert it with a signal handler that is due every 20 ms
 *	host kills WHAT COMMAND...	time its end by SIGKILL, while it does WHAT: see kills()
 *	host unloads FILE.ko NAME WHAT PARAMETERS	time its unloading: see unloads()
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../latency.h"

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static int fail(const char *what)
{
	perror(what);
	return 99;
}

static int listening(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16) ? -1 : fd;
}

static int do_listen(char **argv)
{
	int fd = listening(atoi(argv[2]));

	if (fd < 0 || dup2(fd, 0) < 0)
		return fail("listen");
	close(fd);
	execvp(argv[3], argv + 3);
	return fail(argv[3]);
}

static int do_alarm(char **argv)
{
	struct itimerval every = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = open(argv[2], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(argv[2]);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	if (syscall(SYS_finit_module, fd, argv[3], 0))
		return fail("finit_module");
	fprintf(stderr, "alarms: %s\n", alarms ? "some" : "none");
	return 0;
}

static int do_swap(void)
{
	for (;;) {
		if (renameat2(AT_FDCWD, "root/swap", AT_FDCWD, "root/other", RENAME_EXCHANGE))
			return fail("exchange");
		if (rename("root/move/sub", "outside/sub") || rename("outside/sub", "root/move/sub"))
			return fail("move");
	}
}

static int do_default(char **argv)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	execvp(argv[2], argv + 2);
	return fail(argv[2]);
}

/* The other ends stay open, so that they are silent and not closed */
static int do_pair(char **argv)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || dup2(fds[0], 0) < 0)
		return fail("socketpair");
	return do_default(argv);
}

static int do_pty(char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return fail("pty");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || dup2(slave, 0) < 0)
		return fail("terminal");
	return do_default(argv);
}

/* ---- how soon something ends ---- */

enum { TIMES = 20 };

/* @seconds and @ordinary: TIMES of each */
static int check_times(const char *what, double *seconds, double *ordinary)
{
	bool ok = ends_are_soon(seconds, TIMES, ordinary, TIMES);

	printf("%sok - %s, within 50 ms\n", ok ? "" : "not ", what);
	return !ok;
}

static int fail_times(const char *what, const char *why)
{
	printf("not ok - %s, within 50 ms\n# %s\n", what, why);
	return 1;
}

static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "r");
	n = f ? fread(text, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = 0;
}

/*
 * Is the process in a call that the app has made? Wait for that. Its kernel stack tells if it
 * sleeps; if it spins, that it has used more time than it takes to get there.
 */
static int in_host_call(pid_t pid, const char *what)
{
	const char *fields = ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", *name;
	unsigned long user, system, enough = 3 * sysconf(_SC_CLK_TCK) / 10;
	double end = now() + 10;
	char text[8192];

	do {
		usleep(10000);
		if (strcmp(what, "spin")) {
			read_proc(pid, "stack", text, sizeof(text));
			if (strstr(text, "[kwasm_wasi]"))
				return 1;
		} else {
			read_proc(pid, "stat", text, sizeof(text));
			name = strrchr(text, ')');
			if (name && sscanf(name, fields, &user, &system) == 2 && user + system > enough)
				return 1;
		}
	} while (now() < end);
	return 0;
}

/* The same as the app, by an ordinary process */
static void do_ordinary(const char *what)
{
	char byte;

	for (;;) {
		if (!strcmp(what, "spin"))
			sched_yield();
		else if (!strcmp(what, "sleep"))
			pause();
		else if (!strcmp(what, "accept"))
			accept(0, NULL, NULL);
		else if (read(0, &byte, 1) < 0)
			_exit(1);
	}
}

/* Seconds from kill() until it is gone; negative: it had not been there */
static double kill_and_wait(pid_t pid)
{
	double begin = now();
	int status;

	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return -1;
	return now() - begin;
}

/* What waits gets a standard input from which nothing comes */
static int silent_input(const char *what)
{
	static int keep[2];

	if (!strcmp(what, "accept"))
		return listening(5003);
	if (!strcmp(what, "read"))
		return pipe(keep) ? -1 : keep[0];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, keep) ? -1 : keep[0];
}

/*
 * host kills read | recv | poll | accept | sleep | spin COMMAND...: it does that, is killed, and
 * how long that takes is compared with an ordinary process that does the same. read: from a pipe;
 * recv, poll: from a socket
 */
static int kills(char **argv)
{
	double seconds[TIMES], ordinary[TIMES];
	const char *what = argv[2];
	int input = silent_input(what), i, null = open("/dev/null", O_WRONLY);
	char name[64];
	pid_t pid;

	snprintf(name, sizeof(name), "%s: ends by SIGKILL", what);
	if (input < 0 || null < 0 || dup2(input, 0) < 0)
		return fail_times(name, "no input");
	for (i = 0; i < TIMES; i++) {
		pid = fork();
		if (!pid)
			do_ordinary(what);
		usleep(20000);
		ordinary[i] = kill_and_wait(pid);
		pid = fork();
		if (!pid) {
			dup2(null, 2);
			execvp(argv[3], argv + 3);
			_exit(127);
		}
		if (!in_host_call(pid, what)) {
			kill_and_wait(pid);
			return fail_times(name, "it did not come so far");
		}
		usleep(i * 1000);
		seconds[i] = kill_and_wait(pid);
		if (ordinary[i] < 0 || seconds[i] < 0)
			return fail_times(name, "it ended by itself");
	}
	return check_times(name, seconds, ordinary);
}

/* Insert, wait, and remove, with the end of @other: seconds; negative: an error, which is shown */
static double unload(const char *file, const char *name, const char *parameters, pid_t other)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;
	double begin;

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0)) {
		perror(file);
		return -1;
	}
	close(fd);
	usleep(200000);
	begin = now();
	err = syscall(SYS_delete_module, name, O_NONBLOCK);
	if (err)
		perror(name);
	if (other && kill_and_wait(other) < 0)
		err = -1;
	return err ? -1 : now() - begin;
}

/*
 * host unloads FILE.ko NAME sleep | spin PARAMETERS: inserted as a daemon that does that. Compared
 * with the unloading of the same that was never run and the end of an ordinary process that does
 * the same.
 */
static int unloads(char **argv)
{
	double seconds[TIMES], ordinary[TIMES];
	const char *what = argv[4];
	char name[128];
	pid_t other;
	int i;

	snprintf(name, sizeof(name), "a daemon, %s: is unloaded", what);
	for (i = 0; i < TIMES; i++) {
		other = fork();
		if (!other)
			do_ordinary(what);
		ordinary[i] = unload(argv[2], argv[3], "run=0", other);
		seconds[i] = unload(argv[2], argv[3], argv[5], 0);
		if (ordinary[i] < 0 || seconds[i] < 0)
			return fail_times(name, "it cannot be inserted, or removed");
	}
	return check_times(name, seconds, ordinary);
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "kills"))
		return kills(argv);
	if (argc > 5 && !strcmp(argv[1], "unloads"))
		return unloads(argv);
	if (argc > 1 && !strcmp(argv[1], "swap"))
		return do_swap();
	if (argc > 3 && !strcmp(argv[1], "listen"))
		return do_listen(argv);
	if (argc > 2 && !strcmp(argv[1], "pair"))
		return do_pair(argv);
	if (argc > 2 && !strcmp(argv[1], "pty"))
		return do_pty(argv);
	if (argc > 2 && !strcmp(argv[1], "default"))
		return do_default(argv);
	if (argc > 3 && !strcmp(argv[1], "alarm"))
		return do_alarm(argv);
	return 99;
}
