// SPDX-License-Identifier: GPL-2.0
/*
 * target.c - how LLVM is configured, and run
 *
 * The door of this folder. Code is for the kernel: kernel code model, no
 * relocation at run time, no red zone, no frame pointers, branches and returns
 * protected as the kernel's own are (struct profile). A module without floats
 * and vectors gets no SSE, so that the runtime need not keep FPU state for it.
 *
 * What comes out goes on in object.c; that file's head tells the order.
 */
#include <errno.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/diag.h"
#include "target.h"

#define LARGE_CODE	(512u << 10)	/* bytes of wasm: no module of these is a hot loop or two */
/*
 * Each call that is inlined is a copy. When functions with as many calls or more are inlined only if they
 * are half as large as others, lua has 0.91 of its text and 1.02 of its instructions.
 * In large modules, where less is inlined anyhow, the text is the same and sqlite's instructions 1.01.
 */
#define MANY_CALLS	3

#define TRIPLE	"x86_64-unknown-linux-gnu"

/* no MMX or x87 either way: their state is not what the FPU region keeps */
#define FEATURES_FPU	"-mmx,-x87"
#define FEATURES_NO_FPU	"-mmx,-x87,-sse,+soft-float"
#define FEATURES_RETPOLINE \
	",+retpoline-indirect-calls,+retpoline-indirect-branches,+retpoline-external-thunk"
#define FEATURES_SLS	",+harden-sls-ret,+harden-sls-ijmp"

/* processors that may be asked for; LLVM would only warn about an unknown one */
static const char * const cpus[] = {
	"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "nehalem", "westmere", "sandybridge",
	"ivybridge", "haswell", "broadwell", "skylake", "skylake-avx512", "cascadelake",
	"icelake-client", "icelake-server", "alderlake", "sapphirerapids", "znver1", "znver2",
	"znver3", "znver4",
};

static char *find_cpu(const char *cpu)
{
	char *host, *copy;
	size_t i;

	if (!strcmp(cpu, "native")) {
		host = LLVMGetHostCPUName();
		copy = xstrdup(host);
		LLVMDisposeMessage(host);
		return copy;
	}
	for (i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++)
		if (!strcmp(cpu, cpus[i]))
			return xstrdup(cpu);
	return NULL;
}

static LLVMCodeGenOptLevel codegen_level(unsigned int level, bool small_frames)
{
	if (!level && !small_frames)
		return LLVMCodeGenLevelNone;
	return level < 2 ? LLVMCodeGenLevelLess : LLVMCodeGenLevelDefault;
}

/*
 * Settings that LLVM has as command line options only, for the whole process.
 *
 * sink-common-insts: two accesses in two branches would become one behind them, whose
 * address was chosen before; the checker wants to know which slot of the context is meant.
 *
 * combiner-...: a word that is loaded, changed in one byte and stored would be stored as that byte.
 * To another thread that stores a word there at the same time it must be one or the other.
 *
 * experimental-debug-variable-locations: no variable has a location here, yet following them by
 * instruction, as is LLVM's habit, costs a fiftieth of the time.
 *
 * tail-dup-size: as natively, where what ends in a jump is one instruction shorter, since an address
 * is not extended. strsearch 0.93 of the time, others the same; 0.1% more text in lua.
 *
 * cold-callsite-rel-freq: a call is inlined only if it gets shorter by that, unless it is executed 60
 * times in 100 calls of the caller; in LLVM, twice. lua's code 0.91 of its size, sqlite's 0.95, both as fast.
 *
 * grow-region-complexity-budget: how far the register allocator looks to split a value's range; in LLVM
 * 10,000. In functions as large as interpreters' loops it finds better places by looking less: sqlite
 * 0.983 of its instructions, 0.993 of its text, and a fiftieth less compile time; others the same. With
 * 2,000 bzip2 has 1.04.
 *
 * cgpp-huge-func: when CodeGenPrepare looks through a function again, then only through blocks that have
 * changed, which LLVM does from 10,000 blocks on: a fiftieth of the compile time.
 *
 * memdep-...: how far gvn looks back for what a load may be: 50 instructions of a block and 20 blocks,
 * where LLVM takes 100 and 200. Nearly any store may be to the same place, so it seldom gets that far.
 *
 * disable-auto-upgrade-debug-info: bitcode that was written just before is read without LLVM's verifier.
 *
 * x86-cmov-converter-...: a conditional move from memory, which always reads, would become a
 * branch around the access, and then one that is out of bounds traps on one way only.
 *
 * Small modules: x86-experimental-...: innermost loops begin at a multiple of 32 bytes, not 16: strsearch 0.91,
 * lua, lz and qsort 0.97 of the time, tak 1.07 and sha256 1.03, others the same; 2% more text.
 *
 * Large ones, most of whose functions are seldom executed: inline-threshold: LLVM's is 225, but clang has inlined already;
 * tail-dup-placement-...: blocks of one instruction are copied to where they are jumped from, not of two.
 * With both and loops as LLVM aligns them sqlite's text is 0.966, its instructions 1.003. lua would have 1.07.
 */
static void configure_llvm(bool large)
{
	static const char * const for_large[] = { "-inline-threshold=50", "-tail-dup-placement-threshold=1" };
	static const char * const for_small[] = { "-x86-experimental-pref-innermost-loop-alignment=5" };
	static const char * const for_all[] = {
		"wasm2ko", "-sink-common-insts=false",
		"-combiner-reduce-load-op-store-width=false",
		"-combiner-shrink-load-replace-store-with-store=false",
		"-experimental-debug-variable-locations=false",
		"-tail-dup-size=3",
		"-cold-callsite-rel-freq=60",
		"-grow-region-complexity-budget=3000",
		"-cgpp-huge-func=0",
		"-memdep-block-scan-limit=50",
		"-memdep-block-number-limit=20",
		"-disable-auto-upgrade-debug-info",
		"-x86-cmov-converter-force-mem-operand=false",
	};
	const char *arguments[ARRAY_SIZE(for_all) + ARRAY_SIZE(for_large) + ARRAY_SIZE(for_small)];
	const char * const *more = large ? for_large : for_small;
	size_t nr_more = large ? ARRAY_SIZE(for_large) : ARRAY_SIZE(for_small);
	static bool done;

	memcpy(arguments, for_all, sizeof(for_all));
	memcpy(arguments + ARRAY_SIZE(for_all), more, nr_more * sizeof(*more));
	if (!done)
		LLVMParseCommandLineOptions(ARRAY_SIZE(for_all) + nr_more, arguments, "");
	done = true;
}

int target_init(struct target *target, const struct profile *profile, const char *cpu,
		unsigned int level, const struct target_traits *traits)
{
	bool large = traits->size > LARGE_CODE && level < 3;
	char *message;

	memset(target, 0, sizeof(*target));
	configure_llvm(large);
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86AsmPrinter();
	LLVMInitializeX86AsmParser();	/* for inline assembly */

	target->cpu = find_cpu(cpu);
	if (!target->cpu) {
		diag_tool_error("unknown processor '%s'; try x86-64-v2, x86-64-v3 or native", cpu);
		return -EINVAL;
	}
	target->profile = profile;
	target->level = level;
	target->vectors = traits->vectors;
	if (level == 2 && !large)
		target->many_calls = MANY_CALLS;
	target->features = xasprintf("%s%s%s", traits->fpu ? FEATURES_FPU : FEATURES_NO_FPU,
				     profile->retpoline ? FEATURES_RETPOLINE : "",
				     profile->sls ? FEATURES_SLS : "");
	if (LLVMGetTargetFromTriple(TRIPLE, &target->x86, &message))
		diag_bug("LLVM: %s", message);
	return 0;
}

void target_destroy(struct target *target)
{
	free(target->cpu);
	free(target->features);
}

void target_lower_options(const struct target *target, struct lower_options *opt)
{
	opt->cpu = target->cpu;
	opt->features = target->features;
	opt->return_thunk = target->profile->rethunk;
	opt->retpoline = target->profile->retpoline;
	opt->landing_pads = target->profile->ibt;
	opt->copy_loops = target->level >= 2;
	opt->many_calls = target->many_calls;
}

LLVMTargetMachineRef target_machine(const struct target *target, bool small_frames)
{
	return LLVMCreateTargetMachine(target->x86, TRIPLE, target->cpu, target->features,
				       codegen_level(target->level, small_frames), LLVMRelocStatic,
				       LLVMCodeModelKernel);
}

/*
 * Passes for -O2. A module has mostly been optimised when it became wasm, so what is worth its time
 * is what wasm took away: loops in their form, conditions as flags, vectors, calls
 * inlined across files. LLVM's own list takes a fifth more time and the code is no faster:
 * without its passes over whole programs (constants and attributes through calls, arguments nobody
 * uses), and the repetitions of those that find hardly anything the second time (instcombine behind the
 * unrolling of loops: a fiftieth of the compile time, bzip2 0.5% fewer instructions, others the same; early-cse
 * before inlining, which lowering has run, simplifycfg right behind itself, and loops' own instsimplify and
 * simplifycfg: the code is the same).
 */
#define INSTCOMBINE	"instcombine<max-iterations=1;no-use-loop-info;no-verify-fixpoint>"
#define SIMPLIFYCFG	"simplifycfg<switch-range-to-icmp>"

#define PASSES_FUNCTION									\
	"early-cse<memssa>,jump-threading,correlated-propagation," SIMPLIFYCFG ","	\
	INSTCOMBINE ",tailcallelim,reassociate,"					\
	"loop-mssa(licm<no-allowspeculation>,"						\
		"loop-rotate<header-duplication;no-prepare-for-lto>,"			\
		"licm<allowspeculation>,simple-loop-unswitch<no-nontrivial;trivial>),"	\
	SIMPLIFYCFG ","									\
	"loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),"			\
	"gvn<>,bdce," INSTCOMBINE ",dse,loop-mssa(licm<allowspeculation>),"	\
	"simplifycfg<switch-range-to-icmp;hoist-common-insts>"

#define PASSES_LOOPS									\
	"loop(loop-rotate<header-duplication;no-prepare-for-lto>),"			\
	"loop-vectorize<no-interleave-forced-only;no-vectorize-forced-only;>,"		\
	INSTCOMBINE ",simplifycfg<forward-switch-cond;switch-range-to-icmp;"		\
		"switch-to-lookup;no-keep-loops;hoist-common-insts>"
#define PASSES_SLP	"slp-vectorizer,vector-combine"
#define PASSES_LATE									\
	"loop-unroll<O2>,loop-mssa(licm<allowspeculation>),instsimplify,div-rem-pairs,"	\
	"simplifycfg<switch-range-to-icmp;speculate-unpredictables>"

#define PASSES_O2									\
	"function<eager-inv>(simplifycfg),"						\
	"cgscc(devirt<4>(inline,function-attrs<skip-non-recursive-function-attrs>,"	\
		"function<eager-inv;no-rerun>(" PASSES_FUNCTION ")))"
#define PASSES_O2_LOOPS	"globaldce,function<eager-inv>(" PASSES_LOOPS ")"
#define PASSES_O2_SLP	"function<eager-inv>(" PASSES_SLP ")"
#define PASSES_O2_LATE	"function<eager-inv>(" PASSES_LATE ")"
#define PASSES_CLEAN	"function(simplifycfg)"

static void run_passes(const char *passes, LLVMTargetMachineRef tm, LLVMModuleRef mod,
		       LLVMPassBuilderOptionsRef options)
{
	LLVMErrorRef error = LLVMRunPasses(mod, passes, tm, options);

	if (error)
		diag_bug("LLVM: %s", LLVMGetErrorMessage(error));
}

void target_optimize(const struct target *target, LLVMTargetMachineRef tm, LLVMModuleRef mod)
{
	/* to -O1 in one go; then: what inlines, and what comes behind that */
	static const char * const pipelines[][2] = {
		{ "function(simplifycfg,early-cse)" },
		{ "function(simplifycfg,early-cse," INSTCOMBINE ",simplifycfg)" },
		{ PASSES_O2, PASSES_O2_LOOPS },
		{ "default<O3>", PASSES_CLEAN },
	};
	const char * const *pipeline = pipelines[target->level];
	LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(tm);
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();

	LLVMSetModuleDataLayout(mod, layout);
	LLVMDisposeTargetData(layout);
	LLVMPassBuilderOptionsSetSLPVectorization(options, target->level >= 2);
	LLVMPassBuilderOptionsSetLoopVectorization(options, target->level >= 2);
	if (target->vectors)
		target_keep_widths(mod, true);
	run_passes(pipeline[0], tm, mod, options);
	if (pipeline[1]) {
		target_drop_stack_checks(mod);
		run_passes(pipeline[1], tm, mod, options);
	}
	if (target->level == 2) {
		target_hide_integers(mod, true);
		run_passes(PASSES_O2_SLP, tm, mod, options);
		target_hide_integers(mod, false);
		run_passes(PASSES_O2_LATE, tm, mod, options);
	}
	LLVMDisposePassBuilderOptions(options);
	if (target->level >= 2)
		target_extend_phis(mod);
	target_keep_widths(mod, false);
}

LLVMMemoryBufferRef target_emit(const struct target *target, LLVMTargetMachineRef tm,
				LLVMModuleRef mod, LLVMCodeGenFileType type)
{
	LLVMMemoryBufferRef buffer;
	char *message;

	if (target->level >= 2 && target->profile->alt_size && !target->no_tables)
		target_make_tables(mod);
	if (LLVMTargetMachineEmitToMemoryBuffer(tm, mod, type, &message, &buffer))
		diag_bug("LLVM: %s", message);
	return buffer;
}

bool target_symbol_allowed(const char *name, const void *unused)
{
	static const char * const prefixes[] = {
		"kwasm_trap_", "kwasm_net_", "wasi_", "__x86_indirect_thunk_",
	};
	static const char * const names[] = {
		"kwasm_host_call", "kwasm_null_func", "kwasm_type_ids", "kwasm_calls",
		"__x86_return_thunk",
#define H(name, result, params) #name,
		KWASM_HELPERS(H)
#undef H
	};
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

const char *target_llvm_version(void)
{
	static char version[32];
	unsigned int major, minor, patch;

	LLVMGetVersion(&major, &minor, &patch);
	snprintf(version, sizeof(version), "%u.%u.%u", major, minor, patch);
	return version;
}
