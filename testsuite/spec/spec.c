// SPDX-License-Identifier: GPL-2.0
/*
 * spec - run the official WebAssembly testsuite through wasm2ko and a runner
 *
 *	spec --data DIR --cache DIR --wasm2ko FILE --spectest FILE [OPTION]... [GROUP|GROUP/FILE]...
 *
 * main() makes a list of files and runs each in a process of its own (script.c), so that
 * a crash is one failure. Failures are printed as they come, then a table by group, then
 * the line that testsuite/run reads.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec.h"

#define GROUPS_MAX	64
#define JOBS_MAX	16

struct counts {
	u32 passed, failed, skipped;
};

struct skips {
	char feature[32];
	u32 nr;
};

struct group {
	const char *name;
	struct counts counts;
	struct skips skips[32];
};

struct file {
	struct group *group;
	char *path;
};

struct job {
	pid_t pid;
	const struct file *file;
	FILE *out;		/* unlinked temporary file */
};

static struct group groups[GROUPS_MAX];
static size_t nr_groups;
static struct file *files;
static size_t nr_files;
static struct job running[JOBS_MAX];
static struct script_options options;
static u32 show = 10;			/* failures per file */
static unsigned int time_limit = 120;	/* seconds per file */
static bool verbose;
static u32 refused, named;		/* modules that must be refused; in the suite's words */
static u32 nr_done;			/* files */
static u32 nr_failed;
static int progress_fd = -1;		/* of a terminal */

/* One line that is written over and over; anything else on the screen comes above it */
static void progress(void)
{
	if (progress_fd < 0)
		return;
	dprintf(progress_fd, "\r\033[K%u of %zu files, %u failed: %s ", nr_done, nr_files, nr_failed,
		nr_done < nr_files ? strrchr(files[nr_done].path, '/') + 1 : "");
}

static void clear_progress(void)
{
	if (progress_fd >= 0)
		dprintf(progress_fd, "\r\033[K");
}

static void find_terminal(void)
{
	const char *fd = getenv("TEST_PROGRESS_FD");

	progress_fd = fd ? atoi(fd) : 2;
	if (!isatty(progress_fd))
		progress_fd = -1;
}

static struct group *find_group(const char *name)
{
	size_t i;

	for (i = 0; i < nr_groups; i++) {
		if (!strcmp(groups[i].name, name))
			return &groups[i];
	}
	if (nr_groups == GROUPS_MAX)
		return NULL;
	groups[nr_groups].name = strdup(name);
	return &groups[nr_groups++];
}

static int is_json(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".json");
}

static void add_file(struct group *group, const char *data, const char *name)
{
	struct file *f;

	files = realloc(files, (nr_files + 1) * sizeof(*files));
	f = &files[nr_files++];
	f->group = group;
	if (asprintf(&f->path, "%s/%s/%s", data, group->name, name) < 0)
		abort();
}

/* GROUP, GROUP/FILE or GROUP/FILE.json; returns false if there is no such thing */
static bool add_operand(const char *data, const char *operand)
{
	char name[256], path[PATH_SIZE];
	const char *slash = strchr(operand, '/');
	struct dirent **entries;
	struct group *group;
	int nr, i;

	snprintf(name, sizeof(name), "%.*s", slash ? (int)(slash - operand) : 255, operand);
	group = find_group(name);
	if (!group)
		return false;
	if (slash && slash[1]) {
		snprintf(name, sizeof(name), "%s%s", slash + 1,
			 strstr(slash, ".json") ? "" : ".json");
		snprintf(path, sizeof(path), "%s/%s/%s", data, group->name, name);
		if (access(path, R_OK))
			return false;
		add_file(group, data, name);
		return true;
	}
	snprintf(path, sizeof(path), "%s/%s", data, group->name);
	nr = scandir(path, &entries, is_json, alphasort);
	if (nr <= 0)
		return false;
	for (i = 0; i < nr; i++) {
		add_file(group, data, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return true;
}

static void add_skip(struct group *group, const char *feature, u32 nr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(group->skips) && group->skips[i].nr; i++) {
		if (!strcmp(group->skips[i].feature, feature))
			break;
	}
	if (i == ARRAY_SIZE(group->skips))
		return;
	snprintf(group->skips[i].feature, sizeof(group->skips[i].feature), "%s", feature);
	group->skips[i].nr += nr;
}

static void file_failed(struct group *group, const char *path, const char *why)
{
	const char *base = strrchr(path, '/') + 1;

	printf("not ok - %s/%.*s.wast: %s\n", group->name, (int)(strlen(base) - 5), base, why);
	group->counts.failed++;
}

/* A file's process has ended: show and count what it wrote */
static void collect(struct job *job, int status)
{
	struct group *group = job->file->group;
	char *line = NULL, why[64], feature[32];
	struct counts c;
	size_t size = 0;
	bool done = false;
	u32 shown = 0, nr, nr_named;

	clear_progress();
	rewind(job->out);
	while (getline(&line, &size, job->out) > 0) {
		if (sscanf(line, "count %u %u %u", &c.passed, &c.failed, &c.skipped) == 3) {
			group->counts.passed += c.passed;
			group->counts.failed += c.failed;
			group->counts.skipped += c.skipped;
			nr_failed += c.failed;
			done = true;
			if (verbose)
				printf("# %s: %u passed, %u failed, %u skipped\n", job->file->path,
				       c.passed, c.failed, c.skipped);
		} else if (sscanf(line, "refused %u %u", &nr, &nr_named) == 2) {
			refused += nr;
			named += nr_named;
		} else if (sscanf(line, "skip %u %31s", &nr, feature) == 2) {
			add_skip(group, feature, nr);
		} else if (options.reasons || shown++ < show) {
			fputs(line, stdout);
		}
	}
	if (shown > show)
		printf("# ... and %u more in that file\n", shown - show);
	free(line);
	fclose(job->out);
	job->pid = 0;
	if (done && WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "ended by signal %d (%s)", WTERMSIG(status),
			 WTERMSIG(status) == SIGALRM ? "time over" : strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof(why), "ended with status %d", WEXITSTATUS(status));
	file_failed(group, job->file->path, why);
}

static void wait_for_one(void)
{
	int status;
	pid_t pid = wait(&status);
	size_t i;

	for (i = 0; i < JOBS_MAX; i++) {
		if (running[i].pid == pid)
			collect(&running[i], status);
	}
	nr_done++;
	fflush(stdout);
	progress();
}

static void start(struct job *job, const struct file *file)
{
	int err;

	job->file = file;
	job->out = tmpfile();
	if (!job->out) {
		file_failed(file->group, file->path, strerror(errno));
		return;
	}
	fflush(stdout);
	job->pid = fork();
	if (job->pid < 0) {
		fclose(job->out);
		job->pid = 0;
		file_failed(file->group, file->path, strerror(errno));
		return;
	}
	if (job->pid)
		return;
	alarm(time_limit);
	err = script_run(&options, file->group->name, file->path, job->out);
	exit(fflush(job->out) || err);
}

static void run_files(size_t jobs)
{
	size_t next = 0, busy, i;

	for (;;) {
		busy = 0;
		for (i = 0; i < jobs; i++) {
			if (!running[i].pid && next < nr_files)
				start(&running[i], &files[next++]);
			busy += !!running[i].pid;
		}
		if (!busy && next == nr_files) {
			clear_progress();
			return;
		}
		if (busy)
			wait_for_one();
	}
}

static void print_table(struct counts *total)
{
	size_t i, k;

	printf("# %-22s %8s %8s %8s\n", "group", "passed", "failed", "skipped");
	for (i = 0; i < nr_groups; i++) {
		const struct group *g = &groups[i];

		printf("# %-22s %8u %8u %8u", g->name, g->counts.passed, g->counts.failed,
		       g->counts.skipped);
		for (k = 0; k < ARRAY_SIZE(g->skips) && g->skips[k].nr; k++)
			printf("%s %s (%u)", k ? "," : "  for want of", g->skips[k].feature,
			       g->skips[k].nr);
		putchar('\n');
		total->passed += g->counts.passed;
		total->failed += g->counts.failed;
		total->skipped += g->counts.skipped;
	}
}

static int usage(void)
{
	fputs("usage: spec --data DIR --cache DIR --spectest FILE [OPTION]... GROUP[/FILE]...\n"
	      "  --wasm2ko FILE   compiler; without it only what is in the cache is used\n"
	      "  --kernel NAME    for wasm2ko\n"
	      "  --with OPTION    for wasm2ko, as -O0\n"
	      "  --device         run in the kernel, by /dev/kwasm (default: in user space)\n"
	      "  --compile-only   fill the cache\n"
	      "  --feature NAME   take it as supported\n"
	      "  --reasons        show refusals that are worded otherwise than the suite's\n"
	      "  --show N         failures to show per file\n"
	      "  --time-limit N   seconds per file\n"
	      "  -j N             files at a time\n"
	      "  -v               results per file\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	enum { DATA = 256, CACHE, WASM2KO, KERNEL, SPECTEST, DEVICE, COMPILE_ONLY, FEATURE, SHOW, LIMIT,
	       WITH, REASONS };
	static const struct option table[] = {
		{ "data", required_argument, NULL, DATA },
		{ "cache", required_argument, NULL, CACHE },
		{ "wasm2ko", required_argument, NULL, WASM2KO },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "spectest", required_argument, NULL, SPECTEST },
		{ "device", no_argument, NULL, DEVICE },
		{ "compile-only", no_argument, NULL, COMPILE_ONLY },
		{ "feature", required_argument, NULL, FEATURE },
		{ "show", required_argument, NULL, SHOW },
		{ "time-limit", required_argument, NULL, LIMIT },
		{ "with", required_argument, NULL, WITH },
		{ "reasons", no_argument, NULL, REASONS },
		{ NULL, 0, NULL, 0 },
	};
	struct counts total = { 0 };
	const char *data = NULL;
	size_t jobs = get_nprocs();
	int c;

	options.world = LIBKWASM_USER;
	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	find_terminal();
	while ((c = getopt_long(argc, argv, "j:v", table, NULL)) != -1) {
		switch (c) {
		case DATA:
			data = optarg;
			break;
		case CACHE:
			options.compiler.cache = optarg;
			break;
		case WASM2KO:
			options.compiler.program = optarg;
			break;
		case KERNEL:
			options.compiler.kernel = optarg;
			break;
		case SPECTEST:
			options.spectest = optarg;
			break;
		case DEVICE:
			options.world = LIBKWASM_DEVICE;
			break;
		case COMPILE_ONLY:
			options.compile_only = true;
			break;
		case FEATURE:
			feature_add(optarg);
			break;
		case SHOW:
			show = atoi(optarg);
			break;
		case LIMIT:
			time_limit = atoi(optarg);
			break;
		case WITH:
			if (options.compiler.nr_options == COMPILER_OPTIONS_MAX)
				return usage();
			options.compiler.options[options.compiler.nr_options++] = optarg;
			break;
		case REASONS:
			options.reasons = true;
			break;
		case 'j':
			jobs = atoi(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return usage();
		}
	}
	if (!data || !options.compiler.cache || (!options.spectest && !options.compile_only) ||
	    optind == argc || jobs < 1 || jobs > JOBS_MAX)
		return usage();
	if (options.world == LIBKWASM_DEVICE)
		jobs = 1;	/* files share modules, and the kernel has one of each name */
	for (; optind < argc; optind++) {
		if (!add_operand(data, argv[optind])) {
			fprintf(stderr, "spec: no test data for '%s' in %s\n", argv[optind], data);
			return 2;
		}
	}
	run_files(jobs);
	print_table(&total);
	if (refused)
		printf("# %u modules are refused as they must be, %u of them in the suite's words\n",
		       refused, named);
	printf("%u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
	return total.failed || (!total.passed && !options.compile_only);
}
