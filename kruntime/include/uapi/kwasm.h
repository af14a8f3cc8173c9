/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/kwasm: loaded WebAssembly apps, seen from user space
 *
 * An open file is a session: it holds handles of instances and the names under
 * which later instances of the same session may import them. Closing the file
 * destroys what the session holds. A session's calls may come from several
 * threads; instances that are linked to each other run one call at a time.
 *
 * Conventions of every call
 *  - The argument is a struct whose first member is its size as the caller
 *    knows it. A shorter one is filled up with zeros, a longer one is taken if
 *    the rest is zero (else -E2BIG), so that both sides may grow.
 *  - flags and reserved members must be 0 unless a value is given here.
 *  - Pointers are __u64. Strings are NUL-terminated; lists of strings are
 *    NUL-terminated strings one after the other, with the size of the whole.
 *  - ioctl() returns 0 when done; a positive enum kwasm_trap when wasm code
 *    trapped; -1 and errno otherwise.
 *  - @report, where there is one, is 0 or points to a struct
 *    kwasm_trap_info that is written when the result is not 0.
 */
#ifndef _UAPI_KWASM_H
#define _UAPI_KWASM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KWASM_UAPI_VERSION	2

#define KWASM_NAME_MAX		56	/* bytes with NUL: an app's name, as MODULE_NAME_LEN */
#define KWASM_FUNC_NAME_MAX	80	/* bytes with NUL: longer ones are cut */
#define KWASM_IMPORT_NAME_MAX	4096	/* bytes with NUL: name given by REGISTER, export asked for */
#define KWASM_FRAMES_MAX	16
#define KWASM_STRINGS_MAX	(1u << 20) /* bytes of one list of strings */
#define KWASM_ARITY_MAX		1000	/* parameters, and results, of a function */

/* One value; reference values are opaque: 0 is null */
struct kwasm_val {
	__u32 type;		/* binary format's byte: 0x7f i32 ... 0x6f externref */
	__u32 reserved;
	/*
	 * i32 and f32 in the low 32 bits, floats as bit patterns, v128 as two
	 * halves. A funcref that comes out is the function's index in its own
	 * module plus 1; none but null goes in. An anyref that comes out says in
	 * @type what it is: 0x6c i31, its 31 bits plus 1; 0x6b struct and 0x6a
	 * array, just not 0; else 0x6e, a number from outside. i31s, such
	 * numbers and null go in. Numbers from outside are below 1 << 63, which
	 * as an externref stands for an object.
	 */
	__u64 lo;
	__u64 hi;
};

struct kwasm_frame {
	char app[KWASM_NAME_MAX];
	char func[KWASM_FUNC_NAME_MAX];	/* from the name section, or empty */
	__u32 funcidx;
	__u32 reserved;
	__u64 offset;			/* of the instruction, in the .wasm file; 0: not known */
};

/* What went wrong: a trap with its place, or a failed link, or any other error */
struct kwasm_trap_info {
	__u32 size;			/* in: bytes the caller has; out: bytes filled */
	__u32 code;			/* enum kwasm_trap; 0: no trap, see @message */
	__s32 detail;			/* exit: exit code; killed: signal or 0; host_error: errno */
	__u32 nr_frames;		/* innermost first; those beyond the 16th are not given */
	char message[256];		/* one line, no newline: "integer divide by zero" */
	struct kwasm_frame frames[KWASM_FRAMES_MAX];
};

struct kwasm_version {
	__u32 size;
	__u32 uapi;			/* out: KWASM_UAPI_VERSION of the kernel */
	__u32 abi;			/* out: KWASM_ABI_VERSION, for apps */
	__u32 reserved;
};

struct kwasm_strings_arg {
	__u64 data;
	__u32 bytes;			/* at most KWASM_STRINGS_MAX; the last byte is NUL */
	__u32 reserved;
};

/* The lists of strings among an instance's surroundings; new ones come last */
enum kwasm_list {
	KWASM_LIST_ARGS = 0,		/* the first is the program's name */
	KWASM_LIST_ENV = 1,		/* "NAME=value" */
	KWASM_LIST_DIRS = 2,		/* "host:guest" */
	KWASM_LIST_FDS = 3,		/* "own" or "own:guest": descriptors that the app may use */
	KWASM_LIST_NET = 4,		/* rules: what of the network the app may use */
	KWASM_LIST_LISTEN = 5,		/* addresses of sockets that the app finds open */
	KWASM_NR_LISTS = 6,
};

/* What an instance is given; zeros: nothing, and the app's limits */
struct kwasm_surroundings {
	__u64 max_memory;		/* bytes for all its memories and objects; 0: the app's limit */
	__u32 stack_size;		/* bytes; 0: the app's */
	__u32 reserved;
	struct kwasm_strings_arg lists[KWASM_NR_LISTS];	/* by enum kwasm_list */
};

/*
 * No new instance, but the one that a reactor has had since it was loaded, the first if it has
 * several; -ENODATA if it has none. Its surroundings must be 0.
 */
#define KWASM_INSTANTIATE_DEFAULT	(1u << 0)

/*
 * INSTANTIATE: a new instance of a loaded app; imports are looked up among the
 * session's registered names, then among the loaded apps' own instances.
 */
struct kwasm_instantiate {
	__u32 size;
	__u32 flags;			/* KWASM_INSTANTIATE_DEFAULT */
	__u64 app;			/* name */
	__u64 report;
	__u32 handle;			/* out: never 0 */
	__u32 reserved;
	struct kwasm_surroundings surroundings;	/* last: it may grow */
};

/* REGISTER: later instances may import from @handle under @name; replaces */
struct kwasm_register {
	__u32 size;
	__u32 handle;
	__u64 name;			/* not NUL-terminated: may contain NUL */
	__u32 name_len;
	__u32 reserved;
};

/* CALL: call an exported function */
struct kwasm_call {
	__u32 size;
	__u32 handle;
	__u64 name;			/* of the export */
	__u32 name_len;
	__u32 nr_args;			/* must fit the function's type */
	__u64 args;			/* struct kwasm_val[nr_args] */
	__u32 nr_results;		/* in: room; out: results of the function */
	__u32 reserved;
	__u64 results;			/* struct kwasm_val[nr_results] */
	__u64 report;
};

/* GLOBAL_GET: value of an exported global */
struct kwasm_global_get {
	__u32 size;
	__u32 handle;
	__u64 name;
	__u32 name_len;
	__u32 reserved;
	struct kwasm_val value;		/* out */
};

/*
 * RUN: a fresh instance of a command, run in the calling process with its
 * files, credentials and signals, then destroyed. Returns 0 when it ended by
 * itself or by proc_exit; the code is in @exit_code.
 */
struct kwasm_run {
	__u32 size;
	__u32 flags;
	__u64 app;
	__u64 report;
	__s32 exit_code;		/* out */
	__u32 reserved;
	struct kwasm_surroundings surroundings;
};

enum kwasm_state {
	KWASM_STATE_IDLE = 0,		/* nobody inside */
	KWASM_STATE_RUNNING = 1,
	KWASM_STATE_STARTING = 2,	/* being instantiated */
};

struct kwasm_ps_entry {
	__u64 id;			/* unique since the runtime was loaded; for KILL */
	char app[KWASM_NAME_MAX];
	__u32 state;			/* enum kwasm_state */
	__s32 pid;			/* of the thread inside; 0: none */
	__u64 memory;			/* bytes of linear memory it owns, and of its store's objects */
	__u64 cpu_ns;			/* of calls into it, the one under way too */
	__u64 calls;			/* finished calls into it from outside */
};

/* PS: the live instances, oldest first */
struct kwasm_ps {
	__u32 size;
	__u32 entry_size;		/* sizeof(struct kwasm_ps_entry) as the caller knows it */
	__u64 entries;
	__u32 nr;			/* in: room; out: written */
	__u32 total;			/* out: there are */
};

/* KILL: end the call that runs in instance @id (or in one linked to it) */
struct kwasm_kill {
	__u32 size;
	__u32 reserved;
	__u64 id;
};

/* One import or export; followed by the value types, module name and name */
struct kwasm_info_item {
	__u32 size;			/* bytes to the next one; multiple of 8 */
	__u8 kind;			/* 0 func, 1 table, 2 memory, 3 global, 4 tag */
	__u8 import;			/* 1: import, 0: export */
	__u8 mut;			/* globals */
	__u8 is64;			/* tables, memories: addresses are i64 */
	__u16 nr_params;		/* functions: bytes of value types that follow; */
	__u16 nr_results;		/* others: 0 and 1 (element or value type), memories 0 and 0 */
	__u32 module_len;		/* imports */
	__u32 name_len;
	__u32 reserved;
	__u64 min;			/* tables: elements, memories: wasm pages */
	__u64 max;			/* ~0: none */
};

#define KWASM_INFO_COMMAND	(1u << 0)	/* exports _start */
#define KWASM_INFO_FPU		(1u << 1)	/* uses floating point or vectors */
#define KWASM_INFO_BOUNDS_CHECK	(1u << 2)	/* compares instead of guard area */

/* INFO: what an app is; with @buffer_size 0 only the sizes */
struct kwasm_info {
	__u32 size;
	__u32 flags;			/* out: KWASM_INFO_* */
	__u64 app;			/* in: name */
	__u64 buffer;			/* struct kwasm_info_item, one after the other */
	__u32 buffer_size;		/* in: room, -ENOSPC if too small; out: needed */
	__u32 nr_items;			/* out */
	__u32 text_size;		/* out: bytes of machine code */
	__u32 stack_size;		/* out: bytes an instance's stack has */
	__u64 max_memory;		/* out: bytes; 0: as declared */
	__u32 nr_instances;		/* out: live ones */
	__u32 reserved;
};

/* DROP: forget a handle; the instance ends with its last importer */
struct kwasm_drop {
	__u32 size;
	__u32 handle;
};

/* The struct's own size member versions it, so it is not part of the number */
#define KWASM_IOC_VERSION	_IO('k', 0x80)
#define KWASM_IOC_INSTANTIATE	_IO('k', 0x81)
#define KWASM_IOC_REGISTER	_IO('k', 0x82)
#define KWASM_IOC_CALL		_IO('k', 0x83)
#define KWASM_IOC_GLOBAL_GET	_IO('k', 0x84)
#define KWASM_IOC_RUN		_IO('k', 0x85)
#define KWASM_IOC_PS		_IO('k', 0x86)
#define KWASM_IOC_KILL		_IO('k', 0x87)
#define KWASM_IOC_INFO		_IO('k', 0x88)
#define KWASM_IOC_DROP		_IO('k', 0x89)

#endif /* _UAPI_KWASM_H */
