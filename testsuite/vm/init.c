// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the test machine: runs the jobs listed in /vm/jobs one after the
 * other and sends what they print, what they leave in /out, what the kernel
 * logged meanwhile and how they ended to the host, as frames (frame.h).
 *
 * Frames go out through QEMU's debug port, by plain port writes: a serial port's
 * driver would mangle, and on a real-time kernel with emulated processors its
 * interrupt thread comes too late often enough for "irq 3: nobody cared".
 *
 * A line of /vm/jobs is "SECONDS FLAGS NAME"; the job itself is the shell
 * script /vm/job/<line number>, counted from 0. The flag '!' says that the
 * jobs behind it make no sense if this one fails. Read main() first.
 *
 * Between two jobs every process is killed and /out is emptied; loaded modules
 * and other files stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

#define PORT		0xe9	/* isa-debugcon: each byte written is one for the host */
#define OUT		"/out"
#define REAP_SECONDS	5	/* a killed process that lives longer is stuck in the kernel */
#define DRAIN_MSEC	200	/* for output of what outlives the script, before it is killed */

static int kmsg = -1;
static u32 current_job;

static u64 now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* There is nobody to return an error to: say it on the console and stop the machine. */
__attribute__((noreturn, format(printf, 1, 2)))
static void fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vm init: error: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(ap);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* Not glibc's outsb(): it does not tell the compiler that it reads memory. */
static void port_write(const void *data, size_t len)
{
	asm volatile("rep outsb" : "+S" (data), "+c" (len) : "d" (PORT) : "memory");
}

static void send_frame(enum frame_type type, const void *data, size_t len)
{
	static u32 seq;
	struct frame f = {
		.magic = FRAME_MAGIC, .seq = seq++, .type = type,
		.job = current_job, .len = len, .crc = frame_crc(data, len),
	};

	port_write(&f, sizeof(f));
	port_write(data, len);
}

/* One record of the kernel's log. Not dprintf(): it asks where in the file it is, which /dev/kmsg does not answer. */
__attribute__((format(printf, 1, 2)))
static void klog(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	if (write(kmsg, text, len) != len)
		fatal("write /dev/kmsg");
}

static void must_mount(const char *type, const char *dir, const char *opts)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, opts) && errno != EBUSY)	/* the kernel may have mounted /dev */
		fatal("mount %s", dir);
}

static void set_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	must_mount("devtmpfs", "/dev", "mode=0755");
	must_mount("proc", "/proc", NULL);
	must_mount("sysfs", "/sys", NULL);
	must_mount("tmpfs", "/tmp", "mode=1777");
	must_mount("tmpfs", OUT, "mode=0777");
	must_mount("devpts", "/dev/pts", NULL);
	must_mount("tmpfs", "/dev/shm", "mode=1777");
	must_mount("cgroup2", "/sys/fs/cgroup", NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);	/* not in every kernel */

	if (ioperm(PORT, 1, 1))
		fatal("ioperm");

	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		fatal("open /dev/kmsg");

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &lo);
		close(fd);
	}
	sethostname("wasm2ko", 7);
	setenv("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("OUT", OUT, 1);
	umask(022);
}

/* Send what the kernel logged since the last call. A record is "prio,seq,usec,flags;text\n key=value..." */
static void send_klog(void)
{
	static char text[FRAME_MAX];
	size_t used = 0;
	char rec[8192];
	ssize_t n;

	for (;;) {
		unsigned long long usec;
		char *msg, *end;

		n = read(kmsg, rec, sizeof(rec) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;	/* EPIPE: the ring buffer overtook us, reading goes on behind the gap */
		if (n <= 0)
			break;
		rec[n] = '\0';
		msg = strchr(rec, ';');
		if (!msg || sscanf(rec, "%*u,%*u,%llu", &usec) != 1)
			continue;
		end = strchr(++msg, '\n');
		if (end)
			*end = '\0';
		if (used + sizeof(rec) + 32 > sizeof(text)) {
			send_frame(FRAME_KLOG, text, used);
			used = 0;
		}
		used += sprintf(text + used, "[%5llu.%06llu] %s\n",
				usec / 1000000, usec % 1000000, msg);
	}
	if (used)
		send_frame(FRAME_KLOG, text, used);
}

/* Where KASLR put the kernel: without that, addresses that QEMU tells of a machine that hangs say nothing. */
static void log_base(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], addr[32], name[128];

	/* among the first: before it are only symbols of a processor's own data */
	for (int i = 0; f && i < 5000 && fgets(line, sizeof(line), f); i++) {
		if (sscanf(line, "%31s %*c %127s", addr, name) == 2 && !strcmp(name, "_text")) {
			klog("<6>vm: the kernel's _text is at %s\n", addr);
			break;
		}
	}
	if (f)
		fclose(f);
}

static int send_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	const char *rel = path + strlen(OUT);
	char buf[FRAME_MAX];
	u32 mode = st->st_mode & 0777;
	ssize_t n;
	int fd;

	(void)ftw;
	if (!*rel)
		return 0;
	rel++;
	if (kind == FTW_D) {
		send_frame(FRAME_DIR, rel, strlen(rel));
		return 0;
	}
	if (kind != FTW_F || !S_ISREG(st->st_mode))
		return 0;	/* links and devices stay in the guest */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	memcpy(buf, &mode, sizeof(mode));
	memcpy(buf + sizeof(mode), rel, strlen(rel));
	send_frame(FRAME_FILE, buf, sizeof(mode) + strlen(rel));
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		send_frame(FRAME_DATA, buf, n);
	close(fd);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	if (ftw->level)
		remove(path);
	return 0;
}

static u64 read_taint(void)
{
	FILE *f = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long long taint;

	if (!f || fscanf(f, "%llu", &taint) != 1)
		fatal("read /proc/sys/kernel/tainted");
	fclose(f);
	return taint;
}

/* Forward what is there on one pipe; false at its end. */
static bool forward(int fd, enum frame_type type)
{
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	send_frame(type, buf, n);
	return true;
}

static pid_t start(unsigned int job, int pipes[2])
{
	int out[2], err[2];
	char script[32];
	pid_t pid;

	snprintf(script, sizeof(script), "/vm/job/%u", job);
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		fatal("pipe");
	pid = fork();
	if (pid < 0)
		fatal("fork");
	if (!pid) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		setsid();
		if (dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0 || chdir("/tmp"))
			_exit(127);
		execl("/bin/sh", "sh", script, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	pipes[0] = out[0];
	pipes[1] = err[0];
	return pid;
}

/* Kill whatever the job left running and wait for it, but not for ever. */
static void kill_rest(void)
{
	u64 until = now_msec() + REAP_SECONDS * 1000;

	kill(-1, SIGKILL);
	while (now_msec() < until) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return;		/* no child is left */
		if (!pid)
			usleep(2000);
	}
	klog("<3>vm: a killed process of the job is still there after %d s\n", REAP_SECONDS);
	klog("<3>BUG: vm: unkillable process\n");
}

static bool run(unsigned int job, unsigned int seconds, const char *name)
{
	struct frame_end end = { 0 };
	u64 begin = now_msec(), until = begin + seconds * 1000ull;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	bool running = true, killed = false;
	int pipes[2];
	pid_t pid;

	current_job = job;
	klog("<6>vm: job %s\n", name);
	send_frame(FRAME_BEGIN, NULL, 0);
	pid = start(job, pipes);
	fds[0].fd = pipes[0];
	fds[1].fd = pipes[1];
	while (running || fds[0].fd >= 0 || fds[1].fd >= 0) {
		u64 now = now_msec();

		if (now >= until && !killed) {
			if (running) {
				end.timed_out = 1;
				klog("<4>vm: job %s timed out after %u s\n", name, seconds);
			}
			kill(-1, SIGKILL);
			killed = true;
			until = now + REAP_SECONDS * 1000;
		} else if (now >= until) {
			break;	/* somebody does not die: kill_rest() says so */
		}
		if (poll(fds, 2, 10) > 0) {
			if (fds[0].revents && !forward(pipes[0], FRAME_STDOUT))
				fds[0].fd = -1;
			if (fds[1].revents && !forward(pipes[1], FRAME_STDERR))
				fds[1].fd = -1;
			if (killed)	/* what is left in the pipes is wanted, however slow the port */
				until = now_msec() + REAP_SECONDS * 1000;
		}
		if (running && waitpid(pid, &end.wait_status, WNOHANG) == pid) {
			running = false;
			end.msec = now_msec() - begin;
			if (!killed)
				until = now_msec() + DRAIN_MSEC;
		}
	}
	close(pipes[0]);
	close(pipes[1]);
	kill_rest();
	nftw(OUT, send_entry, 16, FTW_PHYS);
	nftw(OUT, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
	send_klog();
	if (running)
		end.wait_status = SIGKILL;
	if (!end.msec)
		end.msec = now_msec() - begin;
	end.taint = read_taint();
	send_frame(FRAME_END, &end, sizeof(end));
	return !end.timed_out && end.wait_status == 0;
}

int main(void)
{
	unsigned int seconds, job = 0;
	char flags[8], name[256];
	FILE *jobs;

	set_up();
	log_base();
	jobs = fopen("/vm/jobs", "re");
	if (!jobs)
		fatal("open /vm/jobs");
	while (fscanf(jobs, "%u %7s %255s", &seconds, flags, name) == 3) {
		bool good = run(job++, seconds, name);

		if (!good && strchr(flags, '!'))
			break;
	}
	send_frame(FRAME_DONE, NULL, 0);
	sync();
	reboot(RB_POWER_OFF);
	fatal("power off");
}
