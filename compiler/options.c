// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line
 *
 * In the habit of clang. An option is born with its line in help[] and in
 * man/wasm2ko.1.
 */
#include <Zydis/Zydis.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <elfutils/version.h>

#include "../backend-x86/target.h"
#include "../kruntime/include/kwasm_abi.h"
#include "diag.h"
#include "jobs.h"
#include "module.h"
#include "options.h"

#define WASM2KO_VERSION "0.1"

static const char help[] =
"Usage: wasm2ko [options] APP.wasm -o APP.ko\n"
"       wasm2ko --verify APP.ko\n"
"Compile a WebAssembly module to a Linux kernel module for x86-64.\n"
"\n"
"  -o FILE               output (default: the input with .ko)\n"
"  --kernel=VERSION|DIR  kernel to compile for (default: the running one)\n"
"  -O0 .. -O3            optimise (default -O2)\n"
"  -g                    keep DWARF line tables in the .ko\n"
"  --emit=KIND           ir, asm, obj or ko (default)\n"
"  --bounds=KIND         guard (default): faults on the guard area become traps\n"
"                        check: compare every address\n"
"  --strict-traps        keep every memory access where it is, used or not\n"
"  --cpu=NAME            x86-64-v2 (default), x86-64-v3, native, ...\n"
"  --binaryen            let Binaryen optimise the module first\n"
"  --features=+X,-Y      WebAssembly features to accept or to refuse\n"
"  -j N                  threads (default: one for each processor)\n"
"  --stack-size=BYTES    guest stack (default 1M, 128K to 8M)\n"
"  --max-memory=BYTES    default of the .ko's parameter max_memory\n"
"  --sign KEY CERT       append a signature, as the kernel's sign-file does\n"
"  --verify APP.ko       check a finished .ko against the sandbox's rules\n"
"  --make-profile=FILE --kdir=DIR BUILD  describe a kernel; 'make modules' does\n"
"  -v, --help, --version\n"
"Exit status: 0 done, 1 input refused, 2 usage.\n";

enum {
	OPT_KERNEL = 256, OPT_EMIT, OPT_BOUNDS, OPT_STRICT, OPT_CPU, OPT_FEATURES, OPT_STACK, OPT_MAX_MEMORY, OPT_SIGN,
	OPT_VERIFY, OPT_PROFILE, OPT_KDIR, OPT_BINARYEN, OPT_HELP, OPT_VERSION,
};

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "emit", required_argument, NULL, OPT_EMIT },
	{ "bounds", required_argument, NULL, OPT_BOUNDS },
	{ "strict-traps", no_argument, NULL, OPT_STRICT },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "features", required_argument, NULL, OPT_FEATURES },
	{ "stack-size", required_argument, NULL, OPT_STACK },
	{ "max-memory", required_argument, NULL, OPT_MAX_MEMORY },
	{ "sign", required_argument, NULL, OPT_SIGN },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "make-profile", required_argument, NULL, OPT_PROFILE },
	{ "kdir", required_argument, NULL, OPT_KDIR },
	{ "binaryen", no_argument, NULL, OPT_BINARYEN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL },
};

static void print_version(void)
{
	ZyanU64 zydis = ZydisGetVersion();

	printf("wasm2ko %s (runtime interface %d)\n"
	       "LLVM %s, libelf %d.%d, Zydis %llu.%llu.%llu\n",
	       WASM2KO_VERSION, KWASM_ABI_VERSION, target_llvm_version(),
	       _ELFUTILS_VERSION / 1000, _ELFUTILS_VERSION % 1000,
	       (unsigned long long)ZYDIS_VERSION_MAJOR(zydis),
	       (unsigned long long)ZYDIS_VERSION_MINOR(zydis),
	       (unsigned long long)ZYDIS_VERSION_PATCH(zydis));
}

/* index of @arg in a NULL-ended list, -EINVAL with a message if it is not there */
static int one_of(const char *option, const char *arg, const char *const *list)
{
	int i;

	for (i = 0; list[i]; i++)
		if (!strcmp(arg, list[i]))
			return i;
	diag_tool_error("--%s=%s: unknown kind", option, arg);
	return -EINVAL;
}

static int parse_level(const char *arg, unsigned int *level)
{
	if (!arg[0] || arg[1] || arg[0] < '0' || arg[0] > '3') {
		diag_tool_error("-O%s: levels are 0 to 3", arg);
		return -EINVAL;
	}
	*level = arg[0] - '0';
	return 0;
}

/* "65536", "64K", "1M", "2G" */
static bool parse_size(const char *arg, u64 *size)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	u64 v;
	int shift = 0;

	errno = 0;
	v = strtoull(arg, &end, 0);
	if (errno || end == arg || arg[0] == '-')
		return false;
	unit = *end ? strchr(units, toupper((u8)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	*size = v << shift;
	return !*end && *size >> shift == v;
}

static int parse_stack_size(const char *arg, u32 *size)
{
	u64 v;

	if (!parse_size(arg, &v) || v < KWASM_STACK_MIN || v > KWASM_STACK_SLOT || v % 4096) {
		diag_tool_error("--stack-size=%s: wanted a multiple of 4096 from 128K to 8M", arg);
		return -EINVAL;
	}
	*size = v;
	return 0;
}

static int parse_max_memory(const char *arg, u64 *size)
{
	if (parse_size(arg, size))
		return 0;
	diag_tool_error("--max-memory=%s: wanted a number of bytes, or with K, M or G behind it", arg);
	return -EINVAL;
}

/* --sign KEY CERT: the second is no option's argument for getopt */
static int parse_sign(struct options *opt, int argc, char **argv)
{
	opt->sign_key = optarg;
	if (optind == argc || argv[optind][0] == '-') {
		diag_tool_error("--sign wants two files: a private key and its certificate");
		return -EINVAL;
	}
	opt->sign_cert = argv[optind++];
	return 0;
}

#define JOBS_MAX 256

static int parse_jobs(const char *arg, unsigned int *jobs)
{
	char *end;
	unsigned long v = strtoul(arg, &end, 10);

	if (end == arg || *end || arg[0] == '-' || v < 1 || v > JOBS_MAX) {
		diag_tool_error("-j%s: wanted a number of threads from 1 to %d", arg, JOBS_MAX);
		return -EINVAL;
	}
	*jobs = v;
	return 0;
}

static char *default_output(const char *input, const char *suffix)
{
	const char *slash = strrchr(input, '/');
	const char *base = slash ? slash + 1 : input;
	size_t len = strlen(base);

	if (len > 5 && !strcmp(base + len - 5, ".wasm"))
		len -= 5;
	return xasprintf("%.*s%s", (int)len, base, suffix);
}

static int parse_one(struct options *opt, int c, int argc, char **argv)
{
	static const char * const emits[] = { "ko", "ir", "asm", "obj", NULL };
	static const char * const bounds[] = { "guard", "check", NULL };
	int i;

	switch (c) {
	case 'o':
		opt->output = optarg;
		return 0;
	case 'O':
		return parse_level(optarg, &opt->level);
	case 'j':
		return parse_jobs(optarg, &opt->jobs);
	case 'g':
		opt->debug = true;
		return 0;
	case 'v':
		opt->verbose = true;
		return 0;
	case OPT_KERNEL:
		opt->kernel = optarg;
		return 0;
	case OPT_EMIT:
		i = one_of("emit", optarg, emits);
		opt->emit = i;
		return i < 0 ? i : 0;
	case OPT_BOUNDS:
		i = one_of("bounds", optarg, bounds);
		opt->software_bounds = i;
		return i < 0 ? i : 0;
	case OPT_STRICT:
		opt->strict_traps = true;
		return 0;
	case OPT_BINARYEN:
		opt->binaryen = true;
		return 0;
	case OPT_CPU:
		opt->cpu = optarg;
		return 0;
	case OPT_FEATURES:
		return wasm_features_parse(optarg, WASM_FEATURES_LOWERED, &opt->features);
	case OPT_STACK:
		return parse_stack_size(optarg, &opt->stack_size);
	case OPT_MAX_MEMORY:
		return parse_max_memory(optarg, &opt->max_memory);
	case OPT_SIGN:
		return parse_sign(opt, argc, argv);
	case OPT_VERIFY:
		opt->action = ACTION_VERIFY;
		return 0;
	case OPT_PROFILE:
		opt->action = ACTION_PROFILE;
		opt->output = optarg;
		return 0;
	case OPT_KDIR:
		opt->kdir = optarg;
		return 0;
	case OPT_HELP:
		fputs(help, stdout);
		return -EAGAIN;
	case OPT_VERSION:
		print_version();
		return -EAGAIN;
	default:
		fputs("wasm2ko: note: 'wasm2ko --help' lists the options\n", stderr);
		return -EINVAL;
	}
}

int options_parse(struct options *opt, int argc, char **argv)
{
	static const char * const suffixes[] = {
		[EMIT_KO] = ".ko", [EMIT_IR] = ".ll", [EMIT_ASM] = ".s", [EMIT_OBJ] = ".o",
	};
	int c, err;

	*opt = (struct options) {
		.cpu = "x86-64-v2",
		.features = WASM_FEATURES_DEFAULT,
		.level = 2,
		.jobs = jobs_processors(),
		.stack_size = KWASM_STACK_DEFAULT,
	};
	argv[0] = (char *)"wasm2ko";	/* getopt's messages begin with it */
	while ((c = getopt_long(argc, argv, "o:O:gj:v", long_options, NULL)) != -1) {
		err = parse_one(opt, c, argc, argv);
		if (err)
			return err;
	}
	if (optind + 1 != argc) {
		if (optind == argc)
			diag_tool_error("no input file; 'wasm2ko --help' shows the usage");
		else
			diag_tool_error("one input file at a time: '%s' or '%s'?", argv[optind],
					argv[optind + 1]);
		return -EINVAL;
	}
	opt->input = argv[optind];
	if (opt->action == ACTION_PROFILE && !opt->kdir) {
		diag_tool_error("--make-profile wants --kdir=DIR too");
		return -EINVAL;
	}
	if (opt->sign_key && (opt->action != ACTION_COMPILE || opt->emit != EMIT_KO)) {
		diag_tool_error("--sign is for kernel objects that are compiled");
		return -EINVAL;
	}
	if (!opt->output)
		opt->output = opt->output_buffer = default_output(opt->input, suffixes[opt->emit]);
	return 0;
}
