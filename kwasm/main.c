// SPDX-License-Identifier: GPL-2.0
/*
 * kwasm - run and inspect WebAssembly apps, in the kernel or in user space
 *
 * main() picks the command from a table; each command parses what is left, opens a
 * session (libkwasm.h) and turns the outcome into output and an exit status. Values as
 * text are in value.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kwasm.h"
#include "libkwasm.h"
#include "net_rules.h"
#include "user_platform.h"
#include "value.h"

#define KWASM_VERSION	"0.1"

/* Exit statuses besides the app's own; documented in help_text */
enum {
	STATUS_FAILED = 1,	/* ps, kill, info, call: it did not work */
	STATUS_USAGE = 2,
	STATUS_CANNOT_RUN = 126,
	STATUS_TRAP = 134,	/* as a process that aborted */
	STATUS_KILLED = 137,	/* as a process that was killed */
};

static const char help_text[] =
"usage: kwasm run  [OPTION]... APP [--] [ARGUMENT]...	run a command\n"
"       kwasm call [OPTION]... APP EXPORT [VALUE]...	call a function, print its results\n"
"       kwasm ps						list the instances in the kernel\n"
"       kwasm kill ID					end what runs in an instance\n"
"       kwasm info [OPTION]... APP			imports, exports, limits\n"
"\n"
"APP is the name of an app that is loaded into the kernel (insmod app.ko), or, with\n"
"--user, a .ko file, which is loaded into this process instead.\n"
"\n"
"  --user               user-space runner: needs neither root nor a kernel module\n"
"  --load FILE.ko       --user: load this one first, for APP to import from\n"
"  --dir HOST[:GUEST]   let the app use a directory, as GUEST (default: the same path)\n"
"  --fd OWN[:GUEST]     let the app use an open descriptor, as its number GUEST\n"
"  --net RULE[,RULE]... let the app use the network: all, or [in:|out:]tcp:HOST:PORT,\n"
"                       udp:HOST:PORT, unix:NAME; default: none\n"
"  --listen ADDRESS     give the app a listening socket, tcp:HOST:PORT or unix:NAME\n"
"  --fresh              call: in an instance of its own, not the app's\n"
"  --env NAME[=VALUE]   set an environment variable (default value: this process's)\n"
"  --max-memory BYTES   limit of memories and objects; K, M, G are understood\n"
"  --stack-size BYTES   of the app's stack\n"
"  -v, --verbose        say more\n"
"      --help           this text\n"
"      --version        the versions of kwasm and of its interfaces\n"
"\n"
"run exits with the app's status; 134 if it trapped, 137 if it was killed, 126 if it could\n"
"not be run. The other commands exit with 0, 1 if it failed, 2 for wrong usage.\n";

struct options {
	bool user;
	bool verbose;
	bool fresh;
	char **loads;		/* NULL-terminated, or NULL; as the next */
	char **lists[KWASM_NR_LISTS];
	u64 max_memory;
	u32 stack_size;
};

static int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("kwasm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'kwasm --help'.\n", stderr);
	return STATUS_USAGE;
}

static void *need(void *p)
{
	if (!p) {
		fputs("kwasm: not enough memory\n", stderr);
		exit(STATUS_FAILED);
	}
	return p;
}

static size_t count(char *const *list)
{
	size_t nr = 0;

	while (list && list[nr])
		nr++;
	return nr;
}

static void append(char ***list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(char ***list, const char *fmt, ...)
{
	size_t nr = count(*list);
	va_list ap;
	int len;

	*list = need(realloc(*list, (nr + 2) * sizeof(**list)));
	va_start(ap, fmt);
	len = vasprintf(&(*list)[nr], fmt, ap);
	va_end(ap);
	if (len < 0)
		need(NULL);
	(*list)[nr + 1] = NULL;
}

static void free_list(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void free_options(struct options *options)
{
	size_t i;

	free_list(options->loads);
	for (i = 0; i < KWASM_NR_LISTS; i++)
		free_list(options->lists[i]);
}

static bool parse_size(const char *text, u64 *size)
{
	unsigned long long value;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *text == '-')
		return false;
	switch (*end) {
	case 'K':
		shift = 10;
		end++;
		break;
	case 'M':
		shift = 20;
		end++;
		break;
	case 'G':
		shift = 30;
		end++;
		break;
	}
	if (*end || value > ~0ull >> shift)
		return false;
	*size = value << shift;
	return true;
}

static void add_dir(struct options *options, const char *dir)
{
	if (strchr(dir, ':'))
		append(&options->lists[KWASM_LIST_DIRS], "%s", dir);
	else
		append(&options->lists[KWASM_LIST_DIRS], "%s:%s", dir, dir);
}

static bool add_fd(struct options *options, const char *fd)
{
	u32 own, guest;

	if (kwasm_fd_parse(fd, &own, &guest))
		return false;
	append(&options->lists[KWASM_LIST_FDS], "%s", fd);
	return true;
}

/* Rules, separated by commas, which become strings; returns the one that is none, or NULL */
static const char *add_net(struct options *options, char *rules)
{
	struct wasi_net_rule parsed;
	const char *rule;

	for (rule = strtok(rules, ","); rule; rule = strtok(NULL, ",")) {
		if (!strcmp(rule, "none"))
			continue;
		if (wasi_net_rule_parse(rule, &parsed))
			return rule;
		append(&options->lists[KWASM_LIST_NET], "%s", rule);
	}
	return NULL;
}

static bool add_listen(struct options *options, const char *address)
{
	struct wasi_net_addr addr;
	bool ipv6;

	if (wasi_net_addr_parse(address, &addr, &ipv6))
		return false;
	append(&options->lists[KWASM_LIST_LISTEN], "%s", address);
	return true;
}

/* How a program learns that it was given sockets, and how many, as from a service manager */
static void add_listen_fds(struct options *options)
{
	size_t nr = count(options->lists[KWASM_LIST_LISTEN]), i;
	char ***env = &options->lists[KWASM_LIST_ENV];

	for (i = 0; *env && (*env)[i]; i++)
		if (!strncmp((*env)[i], "LISTEN_FDS=", 11))
			return;
	if (nr)
		append(env, "LISTEN_FDS=%zu", nr);
}

static void add_env(struct options *options, const char *name)
{
	char ***env = &options->lists[KWASM_LIST_ENV];
	const char *value = getenv(name);

	if (strchr(name, '='))
		append(env, "%s", name);
	else if (value)		/* not set here: not set there */
		append(env, "%s=%s", name, value);
}

/* Returns 0 with optind at the first operand, or an exit status */
static int parse_options(int argc, char **argv, struct options *options)
{
	enum { USER = 256, LOAD, DIR_, FD, NET, LISTEN, ENV, MAX_MEMORY, STACK_SIZE, FRESH, HELP };
	static const struct option table[] = {
		{ "user", no_argument, NULL, USER },
		{ "load", required_argument, NULL, LOAD },
		{ "dir", required_argument, NULL, DIR_ },
		{ "fd", required_argument, NULL, FD },
		{ "net", required_argument, NULL, NET },
		{ "listen", required_argument, NULL, LISTEN },
		{ "env", required_argument, NULL, ENV },
		{ "max-memory", required_argument, NULL, MAX_MEMORY },
		{ "stack-size", required_argument, NULL, STACK_SIZE },
		{ "fresh", no_argument, NULL, FRESH },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char *bad;
	u64 size;
	int c;

	memset(options, 0, sizeof(*options));
	opterr = 0;
	/* '+': what comes after APP is the app's, options too */
	while ((c = getopt_long(argc, argv, "+:v", table, NULL)) != -1) {
		switch (c) {
		case USER:
			options->user = true;
			break;
		case LOAD:
			append(&options->loads, "%s", optarg);
			break;
		case DIR_:
			add_dir(options, optarg);
			break;
		case FD:
			if (!add_fd(options, optarg))
				return usage_error("--fd: '%s' is not OWN or OWN:GUEST", optarg);
			break;
		case NET:
			bad = add_net(options, optarg);
			if (bad)
				return usage_error("--net: '%s' is not all, none, or"
						   " [in:|out:]tcp|udp:HOST:PORT or unix:NAME", bad);
			break;
		case LISTEN:
			if (!add_listen(options, optarg))
				return usage_error("--listen: '%s' is not tcp:HOST:PORT, udp:HOST:PORT"
						   " or unix:NAME", optarg);
			break;
		case ENV:
			add_env(options, optarg);
			break;
		case MAX_MEMORY:
			if (!parse_size(optarg, &options->max_memory))
				return usage_error("--max-memory: '%s' is not a size", optarg);
			break;
		case STACK_SIZE:
			if (!parse_size(optarg, &size) || size > KWASM_STACK_SLOT)
				return usage_error("--stack-size: '%s' is not a size of up to 8M",
						   optarg);
			options->stack_size = size;
			break;
		case FRESH:
			options->fresh = true;
			break;
		case 'v':
			options->verbose = true;
			user_platform_verbose();
			break;
		case HELP:
			fputs(help_text, stdout);
			exit(0);
		case ':':
			return usage_error("option '%s' needs a value", argv[optind - 1]);
		default:
			return usage_error("unknown option '%s'", argv[optind - 1]);
		}
	}
	add_listen_fds(options);
	if (options->loads && !options->user)
		return usage_error("--load is for --user; the kernel loads with insmod");
	return 0;
}

/* ---- outcomes ---- */

static void print_name(const char *name, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if ((u8)name[i] < ' ' || name[i] == 0x7f)
			printf("\\%02x", (u8)name[i]);
		else
			putchar(name[i]);
	}
}

/* Say what went wrong with @app; returns the exit status for it */
static int report_failure(struct libkwasm *lib, const char *app, int err, int status)
{
	const struct kwasm_trap_info *report = libkwasm_report(lib);
	u32 i;

	if (err < 0) {
		fprintf(stderr, "kwasm: %s: %s\n", app, report->message);
		return status;
	}
	if (err == KWASM_TRAP_killed) {
		fprintf(stderr, "kwasm: %s: killed\n", app);
		/* by itself, with proc_raise: as a shell says it */
		return report->detail > 0 && report->detail < 65 ? 128 + report->detail : STATUS_KILLED;
	}
	fprintf(stderr, "kwasm: %s: trap: %s\n", app, report->message);
	for (i = 0; i < report->nr_frames && i < KWASM_FRAMES_MAX; i++) {
		const struct kwasm_frame *frame = &report->frames[i];

		fprintf(stderr, "  at %s!", frame->app);
		if (frame->func[0])
			fprintf(stderr, "%s", frame->func);
		if (frame->funcidx != ~0u)
			fprintf(stderr, "%s(function %u, offset 0x%llx)", frame->func[0] ? " " : "",
				frame->funcidx, (unsigned long long)frame->offset);
		fputc('\n', stderr);
	}
	return STATUS_TRAP;
}

static bool is_ko_file(const char *app)
{
	size_t len = strlen(app);

	return strchr(app, '/') || (len > 3 && !strcmp(app + len - 3, ".ko"));
}

/* Open the session and find out the app's name; 0 or an exit status */
static int open_app(const struct options *options, const char *app, struct libkwasm **lib,
		    char *name, int status)
{
	char *const *load;
	int err;

	libkwasm_app_name(app, name);
	if (!options->user && is_ko_file(app)) {
		fprintf(stderr, "kwasm: %s: a file; load it first (insmod %s run=0), then name it '%s',"
			" or use --user\n", app, app, name);
		return status;
	}
	err = libkwasm_open(options->user ? LIBKWASM_USER : LIBKWASM_DEVICE, lib);
	if (err) {
		if (err == -ENOENT)
			fprintf(stderr, "kwasm: no /dev/kwasm: load kwasm.ko (modprobe kwasm)\n");
		else if (err == -EPROTO)
			fprintf(stderr, "kwasm: /dev/kwasm has another version than this program\n");
		else
			fprintf(stderr, "kwasm: /dev/kwasm: %s\n", strerror(-err));
		return status;
	}
	if (!options->user)
		return 0;
	for (load = options->loads; load && *load; load++) {
		err = libkwasm_load(*lib, *load, true);
		if (err) {
			fprintf(stderr, "kwasm: %s: %s\n", *load, libkwasm_report(*lib)->message);
			goto err_close;
		}
	}
	err = libkwasm_load(*lib, app, false);
	if (!err)
		return 0;
	fprintf(stderr, "kwasm: %s: %s\n", app, libkwasm_report(*lib)->message);
err_close:
	libkwasm_close(*lib);
	return status;
}

static void fill_config(const struct options *options, struct libkwasm_config *config,
			const char *const *args)
{
	size_t i;

	for (i = 0; i < KWASM_NR_LISTS; i++)
		config->lists[i] = (const char *const *)options->lists[i];
	config->lists[KWASM_LIST_ARGS] = args;
	config->max_memory = options->max_memory;
	config->stack_size = options->stack_size;
}

/* ---- commands ---- */

static int command_run(const struct options *options, int argc, char **argv)
{
	struct libkwasm_config config;
	char name[KWASM_NAME_MAX];
	struct libkwasm *lib;
	char **args = NULL;
	s32 exit_code = 0;
	int err, status, i;

	if (argc < 1)
		return usage_error("run: which app?");
	status = open_app(options, argv[0], &lib, name, STATUS_CANNOT_RUN);
	if (status)
		return status;
	append(&args, "%s", name);
	i = 1;
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	for (; i < argc; i++)
		append(&args, "%s", argv[i]);
	fill_config(options, &config, (const char *const *)args);
	err = libkwasm_run(lib, name, &config, &exit_code);
	status = err ? report_failure(lib, name, err, STATUS_CANNOT_RUN) : exit_code & 0xff;
	libkwasm_close(lib);
	free_list(args);
	return status;
}

/* The export's type; NULL if there is none of that name */
static const struct libkwasm_item *find_export(const struct libkwasm_info *info, const char *name)
{
	u32 i;

	for (i = 0; i < info->nr_items; i++) {
		const struct libkwasm_item *item = &info->items[i];

		if (!item->import && item->kind == KWASM_EXTERN_FUNC &&
		    item->name_len == strlen(name) && !memcmp(item->name, name, item->name_len))
			return item;
	}
	return NULL;
}

/* Values from the command line, by the function's type; 0 or an exit status */
static int parse_values(const struct libkwasm_item *func, const char *name, int argc, char **argv,
			struct kwasm_val *values)
{
	u32 i;

	if ((u32)argc != func->nr_params) {
		fprintf(stderr, "kwasm: %s takes %u value%s: ", name, func->nr_params,
			func->nr_params == 1 ? "" : "s");
		value_print_types(stderr, func->types, func->nr_params);
		fprintf(stderr, "; given: %d\n", argc);
		return STATUS_USAGE;
	}
	for (i = 0; i < func->nr_params; i++) {
		if (!value_parse(argv[i], func->types[i], &values[i])) {
			fprintf(stderr, "kwasm: %s: value %u: '%s' is no %s\n", name, i + 1, argv[i],
				kwasm_valtype_text(func->types[i]));
			return STATUS_USAGE;
		}
	}
	return 0;
}

/* do the options describe surroundings, which only a new instance can have? */
static bool wants_fresh(const struct options *options)
{
	size_t i;

	for (i = 0; i < KWASM_NR_LISTS; i++)
		if (options->lists[i])
			return true;
	return options->fresh || options->max_memory || options->stack_size;
}

/* the instance that a call is for: the reactor's own, if it has one, so that its state stays */
static int get_instance(struct libkwasm *lib, const char *app, const struct options *options,
			u32 *handle)
{
	const char *args[] = { app, NULL };
	struct libkwasm_config config;
	int err = wants_fresh(options) ? -ENODATA : libkwasm_attach(lib, app, handle);

	if (err != -ENODATA)
		return err;
	fill_config(options, &config, args);
	return libkwasm_instantiate(lib, app, &config, handle);
}

static int call_export(struct libkwasm *lib, const char *app, const struct options *options,
		       const struct libkwasm_item *func, const char *name, int argc, char **argv)
{
	struct kwasm_val args[KWASM_ARITY_MAX], results[KWASM_ARITY_MAX];
	u32 handle, nr_results = KWASM_ARITY_MAX, i;
	int err, status;

	status = parse_values(func, name, argc, argv, args);
	if (status)
		return status;
	err = get_instance(lib, app, options, &handle);
	if (!err)
		err = libkwasm_call(lib, handle, name, strlen(name), args, argc, results,
				    &nr_results);
	if (err == KWASM_TRAP_exit)
		return libkwasm_report(lib)->detail & 0xff;
	if (err)
		return report_failure(lib, app, err, STATUS_FAILED);
	for (i = 0; i < nr_results; i++)
		value_print(stdout, &results[i]);
	return 0;
}

static int command_call(const struct options *options, int argc, char **argv)
{
	const struct libkwasm_item *func;
	struct libkwasm_info *info;
	char name[KWASM_NAME_MAX];
	struct libkwasm *lib;
	int status, err;

	if (argc < 2)
		return usage_error("call: which app, which export?");
	status = open_app(options, argv[0], &lib, name, STATUS_FAILED);
	if (status)
		return status;
	err = libkwasm_info(lib, name, &info);
	if (err) {
		status = report_failure(lib, name, err, STATUS_FAILED);
	} else {
		func = find_export(info, argv[1]);
		if (func) {
			status = call_export(lib, name, options, func, argv[1], argc - 2, argv + 2);
		} else {
			fprintf(stderr, "kwasm: %s: no exported function '%s'\n", name, argv[1]);
			status = STATUS_FAILED;
		}
		free(info);
	}
	libkwasm_close(lib);
	return status;
}

static int open_device(struct libkwasm **lib)
{
	struct options none = { 0 };
	char name[KWASM_NAME_MAX];

	return open_app(&none, "", lib, name, STATUS_FAILED);
}

static int command_ps(const struct options *options, int argc, char **argv)
{
	static const char *const states[] = {
		[KWASM_STATE_IDLE] = "idle",
		[KWASM_STATE_RUNNING] = "running",
		[KWASM_STATE_STARTING] = "starting",
	};
	struct kwasm_ps_entry *entries;
	struct libkwasm *lib;
	int nr, i, status;

	(void)argv;
	if (argc || options->user)
		return usage_error("ps takes no operands, and looks at the kernel");
	status = open_device(&lib);
	if (status)
		return status;
	nr = libkwasm_ps(lib, &entries);
	if (nr < 0) {
		status = report_failure(lib, "ps", nr, STATUS_FAILED);
	} else {
		printf("%8s %-24s %-8s %8s %12s %10s %8s\n", "ID", "APP", "STATE", "PID", "MEMORY",
		       "CPU-MS", "CALLS");
		for (i = 0; i < nr; i++) {
			const struct kwasm_ps_entry *e = &entries[i];

			printf("%8" PRIu64 " %-24s %-8s %8d %12" PRIu64 " %10" PRIu64 " %8" PRIu64 "\n",
			       (uint64_t)e->id, e->app,
			       e->state < ARRAY_SIZE(states) ? states[e->state] : "?", e->pid,
			       (uint64_t)e->memory, (uint64_t)e->cpu_ns / 1000000, (uint64_t)e->calls);
		}
		free(entries);
	}
	libkwasm_close(lib);
	return status;
}

static int command_kill(const struct options *options, int argc, char **argv)
{
	struct libkwasm *lib;
	char *end;
	u64 id;
	int status, err;

	if (argc != 1 || options->user)
		return usage_error("kill takes one ID, as kwasm ps shows it");
	errno = 0;
	id = strtoull(argv[0], &end, 10);
	if (errno || end == argv[0] || *end)
		return usage_error("kill: '%s' is not an ID", argv[0]);
	status = open_device(&lib);
	if (status)
		return status;
	err = libkwasm_kill(lib, id);
	if (err == -ESRCH) {
		fprintf(stderr, "kwasm: no instance has the ID %s\n", argv[0]);
		status = STATUS_FAILED;
	} else if (err) {
		status = report_failure(lib, argv[0], err, STATUS_FAILED);
	}
	libkwasm_close(lib);
	return status;
}

static void print_limits(const struct libkwasm_item *item)
{
	printf(" %llu", (unsigned long long)item->min);
	if (item->max != ~0ull)
		printf(" to %llu", (unsigned long long)item->max);
}

static void print_item(const struct libkwasm_item *item)
{
	printf("  ");
	if (item->import) {
		print_name(item->module, item->module_len);
		putchar(' ');
	}
	print_name(item->name, item->name_len);
	printf(": ");
	switch (item->kind) {
	case KWASM_EXTERN_FUNC:
		printf("func (");
		value_print_types(stdout, item->types, item->nr_params);
		printf(") -> (");
		value_print_types(stdout, item->types + item->nr_params, item->nr_results);
		putchar(')');
		break;
	case KWASM_EXTERN_TABLE:
		printf("table%s", item->is64 ? " i64" : "");
		print_limits(item);
		printf(" of %s", kwasm_valtype_text(item->types[0]));
		break;
	case KWASM_EXTERN_MEMORY:
		printf("memory%s", item->is64 ? " i64" : "");
		print_limits(item);
		printf(" wasm pages");
		break;
	case KWASM_EXTERN_GLOBAL:
		printf("%sglobal %s", item->mut ? "mutable " : "", kwasm_valtype_text(item->types[0]));
		break;
	default:
		printf("tag");
	}
	putchar('\n');
}

static void print_items(const struct libkwasm_info *info, bool import)
{
	bool title = false;
	u32 i;

	for (i = 0; i < info->nr_items; i++) {
		if (info->items[i].import != import)
			continue;
		if (!title)
			puts(import ? "imports:" : "exports:");
		title = true;
		print_item(&info->items[i]);
	}
}

static int command_info(const struct options *options, int argc, char **argv)
{
	struct libkwasm_info *info;
	char name[KWASM_NAME_MAX];
	struct options own = *options;
	struct libkwasm *lib;
	int status, err;

	if (argc != 1)
		return usage_error("info: which app?");
	/* nothing runs, so a file can simply be looked at */
	own.user |= is_ko_file(argv[0]);
	status = open_app(&own, argv[0], &lib, name, STATUS_FAILED);
	if (status)
		return status;
	err = libkwasm_info(lib, name, &info);
	if (err) {
		status = report_failure(lib, name, err, STATUS_FAILED);
	} else {
		printf("name: %s\n", name);
		printf("kind: %s\n", info->flags & KWASM_INFO_COMMAND ? "command" : "reactor");
		printf("code: %u bytes, %s, bounds by %s\n", info->text_size,
		       info->flags & KWASM_INFO_FPU ? "floating point" : "no floating point",
		       info->flags & KWASM_INFO_BOUNDS_CHECK ? "comparison" : "guard area");
		printf("stack: %u bytes\n", info->stack_size);
		if (info->max_memory)
			printf("memory limit: %llu bytes\n", (unsigned long long)info->max_memory);
		if (!own.user)
			printf("instances: %u\n", info->nr_instances);
		print_items(info, true);
		print_items(info, false);
		free(info);
	}
	libkwasm_close(lib);
	return status;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *options, int argc, char **argv);
	} commands[] = {
		{ "run", command_run },
		{ "call", command_call },
		{ "ps", command_ps },
		{ "kill", command_kill },
		{ "info", command_info },
	};
	struct options options;
	int status;
	size_t i;

	if (argc < 2)
		return usage_error("no command given");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		fputs(help_text, stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("kwasm %s (device interface %d, app interface %d)\n", KWASM_VERSION,
		       KWASM_UAPI_VERSION, KWASM_ABI_VERSION);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		status = parse_options(argc - 1, argv + 1, &options);
		if (!status)
			status = commands[i].run(&options, argc - 1 - optind, argv + 1 + optind);
		if (fflush(stdout) && !status) {
			perror("kwasm: standard output");
			status = STATUS_FAILED;
		}
		free_options(&options);
		return status;
	}
	return usage_error("unknown command '%s'", argv[1]);
}
