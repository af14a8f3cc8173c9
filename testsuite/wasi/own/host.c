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
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

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

static int do_listen(char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16) || dup2(fd, 0) < 0)
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

int main(int argc, char **argv)
{
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
