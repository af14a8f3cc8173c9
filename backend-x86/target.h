/* SPDX-License-Identifier: GPL-2.0 */
/*
 * target.h - LLVM IR to an x86-64 object, as the target kernel wants its code
 */
#ifndef _BACKEND_X86_TARGET_H
#define _BACKEND_X86_TARGET_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#include "../compiler/lower.h"
#include "profile.h"

/**
 * struct target - a configured code generator; several threads may use one
 * @x86: LLVM's
 * @cpu: LLVM's name of the processor
 * @features: LLVM's feature string
 * @profile: of the kernel
 * @level: 0 to 3
 * @vectors: the module uses them
 * @many_calls: see struct lower_options
 * @no_tables: large switches are comparisons only
 */
struct target {
	LLVMTargetRef x86;
	char *cpu;
	char *features;
	const struct profile *profile;
	unsigned int level;
	bool vectors;
	u32 many_calls;
	bool no_tables;
};

/**
 * struct target_traits - what decides how a module is compiled
 * @fpu: it uses floats or vectors; otherwise no SSE register is touched
 * @vectors: it uses vectors
 * @size: bytes of code, of wasm
 */
struct target_traits {
	bool fpu;
	bool vectors;
	size_t size;
};

/**
 * target_init() - Configure code generation for a module
 * @target: filled in; needs target_destroy() if 0 is returned
 * @profile: of the kernel, outlives @target
 * @cpu: "x86-64-v2" and the like, "native"
 * @level: optimisation, 0 to 3
 * @traits: of the module
 *
 * Return: 0; -EINVAL (diagnosed) if @cpu is unknown.
 */
int target_init(struct target *target, const struct profile *profile, const char *cpu,
		unsigned int level, const struct target_traits *traits);
void target_destroy(struct target *target);

/* what lowering has to know of the target */
void target_lower_options(const struct target *target, struct lower_options *opt);

/*
 * LLVM's code generator, for one thread, to be disposed of. At level 0, unless @small_frames,
 * each value that lives longer than a block has a place of its own in the stack frame.
 */
LLVMTargetMachineRef target_machine(const struct target *target, bool small_frames);

/* run LLVM's passes over the module */
void target_optimize(const struct target *target, LLVMTargetMachineRef tm, LLVMModuleRef mod);
/* checks.c: once functions are inlined; their checks become constants */
void target_drop_stack_checks(LLVMModuleRef mod);
/* vectors.c: functions without floats are not looked through for operations that go together */
void target_hide_integers(LLVMModuleRef mod, bool hide);
/* extend.c: phis that are extended to 64 bits have those; behind the passes */
void target_extend_phis(LLVMModuleRef mod);
/* switches.c: large ones can also jump through a table */
void target_make_tables(LLVMModuleRef mod);
/* widths.c: what is left of them keep their width when code is selected */
void target_keep_widths(LLVMModuleRef mod, bool before);

/**
 * target_emit() - Generate code
 * @target: what for
 * @tm: from target_machine()
 * @mod: used up
 * @type: LLVMAssemblyFile or LLVMObjectFile
 *
 * Return: the text or the object, for LLVMDisposeMemoryBuffer().
 */
LLVMMemoryBufferRef target_emit(const struct target *target, LLVMTargetMachineRef tm,
				LLVMModuleRef mod, LLVMCodeGenFileType type);

/* may generated code refer to this symbol of the kernel or the runtime? */
bool target_symbol_allowed(const char *name, const void *unused);

/* LLVM's version */
const char *target_llvm_version(void);

#endif /* _BACKEND_X86_TARGET_H */
