// SPDX-License-Identifier: GPL-2.0
/*
 * Host side of the test machine: reads the frames of init.c from standard
 * input and puts what they hold into a folder per job:
 *
 *   collect [--live] JOBS OUTDIR WHERE SECONDS < frames
 *
 *   OUTDIR/<job>/stdout, stderr     as the script wrote them
 *   OUTDIR/<job>/status             exit code, or "signal N", or "timeout"
 *   OUTDIR/<job>/msec               how long it ran
 *   OUTDIR/<job>/dmesg              what the kernel logged meanwhile
 *   OUTDIR/<job>/out/...            the files it left in /out
 *
 * A line of JOBS is "SECONDS FLAGS NAME", as in the guest. Prints a TAP line
 * for each job that ends, or with --live what the jobs print, as it comes. At
 * the end a line in the file WHERE says how far the guest came within SECONDS.
 *
 * Exit status: 0 every job was run and returned 0; 1 a job failed; 3 a job
 * tainted the kernel; 5 the guest fell silent before its last frame, or a
 * frame was damaged; 6 trouble on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

/* Our own modules are out of tree (O, bit 12) and unsigned (E, bit 13); nothing else is fine. */
#define TAINT_ALLOWED	(1ull << 12 | 1ull << 13)

enum { EXIT_FAILED = 1, EXIT_TAINT = 3, EXIT_SILENCE = 5, EXIT_HOST = 6 };

struct job {
	char name[256];
	bool hidden;	/* flag '!': a set-up step, reported only when it fails */
	bool ended;
};

static struct job *jobs;
static unsigned int nr_jobs, nr_reported;
static bool live;
static int result;
static struct job *running;
static time_t running_since, heard;	/* seconds since this began */

__attribute__((noreturn, format(printf, 2, 3)))
static void stop(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vm: error: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(status);
}

/* The worse of two results counts: what the kernel says outranks a failed script. */
static void note(int status)
{
	if (status > result)
		result = status;
}

static time_t now(void)
{
	static time_t began;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (!began)
		began = ts.tv_sec;
	return ts.tv_sec - began;
}

/* How far did the guest come? For whoever wonders why it came no further. */
static void say_where(const char *path, bool done)
{
	FILE *f = fopen(path, "w");

	if (!f)
		stop(EXIT_HOST, "%s: %s", path, strerror(errno));
	if (done)
		fprintf(f, "all jobs had ended at second %lld: it is the machine that did not power off\n",
			(long long)heard);
	else if (running && running->ended)
		fprintf(f, "job '%s' had ended at second %lld, and no other had begun\n",
			running->name, (long long)heard);
	else if (running)
		fprintf(f, "job '%s' was running since second %lld, and last heard of at second %lld\n",
			running->name, (long long)running_since, (long long)heard);
	else
		fprintf(f, "no job had begun\n");
	if (fclose(f))
		stop(EXIT_HOST, "%s: %s", path, strerror(errno));
}

/* A path may come from a guest that runs wild: keep it below the job's folder. */
static bool path_is_safe(const char *path)
{
	const char *p = path;

	if (!*p || *p == '/')
		return false;
	for (;;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

/* Make the folders above @path. */
static void make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			stop(EXIT_HOST, "%s: %s", path, strerror(errno));
		*p = '/';
	}
}

/* The path of one of the job's files; the folders above it are there afterwards. */
static const char *out_path(const char *dir, const struct job *job, const char *file)
{
	static char path[4096];
	int len = snprintf(path, sizeof(path), "%s/%s/%s", dir, job->name, file);

	if (len < 0 || (size_t)len >= sizeof(path))
		stop(EXIT_SILENCE, "%.100s...: path too long", file);
	make_parents(path);
	return path;
}

static void append(const char *dir, const struct job *job, const char *file,
		   const void *data, size_t len)
{
	const char *path = out_path(dir, job, file);
	FILE *f = fopen(path, "ab");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		stop(EXIT_HOST, "%s: %s", path, strerror(errno));
}

static void read_jobs(const char *path)
{
	unsigned int seconds;
	char flags[8], name[256];
	FILE *f = fopen(path, "r");

	if (!f)
		stop(EXIT_HOST, "%s: %s", path, strerror(errno));
	while (fscanf(f, "%u %7s %255s", &seconds, flags, name) == 3) {
		jobs = realloc(jobs, (nr_jobs + 1) * sizeof(*jobs));
		if (!jobs)
			stop(EXIT_HOST, "out of memory");
		memset(&jobs[nr_jobs], 0, sizeof(*jobs));
		strcpy(jobs[nr_jobs].name, name);
		jobs[nr_jobs++].hidden = strchr(flags, '!');
	}
	fclose(f);
}

static void end_job(const char *dir, struct job *job, const struct frame_end *end)
{
	char status[32], msec[32];
	bool good = !end->timed_out && end->wait_status == 0;
	bool tainted = end->taint & ~TAINT_ALLOWED;

	if (end->timed_out)
		strcpy(status, "timeout");
	else if (WIFSIGNALED(end->wait_status))
		snprintf(status, sizeof(status), "signal %d", WTERMSIG(end->wait_status));
	else
		snprintf(status, sizeof(status), "%d", WEXITSTATUS(end->wait_status));
	append(dir, job, "status", status, strlen(status));
	append(dir, job, "status", "\n", 1);
	snprintf(msec, sizeof(msec), "%llu\n", (unsigned long long)end->msec);
	append(dir, job, "msec", msec, strlen(msec));
	/* files that nothing was written to exist all the same */
	append(dir, job, "stdout", "", 0);
	append(dir, job, "stderr", "", 0);
	append(dir, job, "dmesg", "", 0);
	job->ended = true;
	if (!good)
		note(EXIT_FAILED);
	if (tainted) {
		fprintf(stderr, "vm: error: job '%s' left the kernel tainted: %#llx\n",
			job->name, (unsigned long long)end->taint);
		note(EXIT_TAINT);
	}
	if (live || (job->hidden && good))
		return;
	printf("%s %u - %s # %llu ms%s%s\n", good && !tainted ? "ok" : "not ok", ++nr_reported,
	       job->name, (unsigned long long)end->msec,
	       good ? "" : ", status ", good ? "" : status);
	fflush(stdout);
}

static bool read_all(void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = read(0, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			stop(EXIT_HOST, "reading frames: %s", strerror(errno));
		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* Handle one frame whose checksum was right; @data has a NUL behind it. */
static void take_frame(const char *dir, const struct frame *f, const char *data)
{
	static char file[FRAME_MAX + 8];	/* of the last FRAME_FILE */
	struct job *job = &jobs[f->job];
	struct frame_end end;
	const char *path;
	u32 mode;

	switch (f->type) {
	case FRAME_BEGIN:
		running = job;
		running_since = heard;
		break;
	case FRAME_STDOUT:
	case FRAME_STDERR:
		append(dir, job, f->type == FRAME_STDOUT ? "stdout" : "stderr", data, f->len);
		if (live) {
			FILE *to = f->type == FRAME_STDOUT ? stdout : stderr;

			fwrite(data, 1, f->len, to);
			fflush(to);
		}
		break;
	case FRAME_KLOG:
		append(dir, job, "dmesg", data, f->len);
		break;
	case FRAME_DIR:
		if (!path_is_safe(data))
			stop(EXIT_SILENCE, "unsafe path '%s' in /out", data);
		snprintf(file, sizeof(file), "out/%s/", data);
		out_path(dir, job, file);
		break;
	case FRAME_FILE:
		memcpy(&mode, data, sizeof(mode));
		path = data + sizeof(mode);
		if (f->len < sizeof(mode) || !path_is_safe(path))
			stop(EXIT_SILENCE, "unsafe path '%s' in /out", path);
		snprintf(file, sizeof(file), "out/%s", path);
		append(dir, job, file, "", 0);
		break;
	case FRAME_DATA:
		append(dir, job, file, data, f->len);
		break;
	case FRAME_END:
		if (f->len != sizeof(end))
			stop(EXIT_SILENCE, "frame of the wrong size");
		memcpy(&end, data, sizeof(end));
		end_job(dir, job, &end);
		break;
	default:
		stop(EXIT_SILENCE, "unknown frame type %#x", f->type);
	}
}

int main(int argc, char **argv)
{
	static char data[FRAME_MAX + 1];
	const char *dir;
	struct frame f;
	u32 seq = 0;
	bool done = false, late = false;

	if (argc > 1 && !strcmp(argv[1], "--live")) {
		live = true;
		argv++;
		argc--;
	}
	if (argc != 5) {
		fprintf(stderr, "usage: collect [--live] JOBS OUTDIR WHERE SECONDS\n");
		return 2;
	}
	read_jobs(argv[1]);
	dir = argv[2];
	now();

	while (read_all(&f, sizeof(f))) {
		if (f.magic != FRAME_MAGIC || f.seq != seq++ || f.len > FRAME_MAX || f.job >= nr_jobs)
			stop(EXIT_SILENCE, "frame %u from the guest is damaged", seq - 1);
		if (!read_all(data, f.len))
			break;
		data[f.len] = '\0';
		if (frame_crc(data, f.len) != f.crc)
			stop(EXIT_SILENCE, "frame %u from the guest has a wrong checksum", seq - 1);
		if (!late && now() > atoi(argv[4])) {
			late = true;
			say_where(argv[3], false);
		}
		heard = now();
		if (f.type == FRAME_DONE) {
			done = true;
			break;
		}
		take_frame(dir, &f, data);
	}

	if (!late)
		say_where(argv[3], done);
	for (unsigned int i = 0; i < nr_jobs; i++) {
		if (jobs[i].ended)
			continue;
		if (!live && !jobs[i].hidden)
			printf("not ok %u - %s # not finished\n", ++nr_reported, jobs[i].name);
		/* after a failed set-up step the rest is left out on purpose */
		note(done && result ? result : EXIT_SILENCE);
	}
	if (!done) {
		fprintf(stderr, "vm: error: the guest fell silent before it had finished\n");
		note(EXIT_SILENCE);
	}
	return result;
}
