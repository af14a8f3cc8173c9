/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The runtime's own objects and functions
 *
 *	struct kwasm_program	a registered app: code and constants, shared   (module.c)
 *	struct kwasm_type	a function type, one for all apps	       (types.c)
 *	struct kwasm_store	instances linked to each other; one lock       (store.c)
 *	struct kwasm_instance	memory, tables, globals of one instantiation   (instance.c, link.c)
 *	struct kwasm_session	handles and names, of an open file or a runner (session.c)
 *
 * Locks, in this order; a thread takes at most two store mutexes (to merge them, lower
 * address first):
 *	session->lock		handles and names. Not held during calls
 *	store->mutex		everything of the instances in it: tables, memories, globals, the
 *				guest code itself. Held from before entering until the result is out
 *	instance->grow_lock	sizes of the memories it defines: those that are shared may be used by
 *				threads in several stores
 *	kwasm_registry_lock	lists of programs and of all instances, instance->store, types,
 *				reference counts of stores, store->running. Never held while waiting
 *
 * Lifetimes
 *  - A program lives from kwasm_app_init() to kwasm_app_exit(). An instance pins the .ko of its
 *    program, so that exit cannot come while instances exist; the exception are the program's
 *    own default instances (struct kwasm_app.instances), which exit destroys. Whoever uses
 *    a default instance (an importer, a handle) pins the .ko as well.
 *  - An instance is counted: one reference per handle, per importer, per call under way. The last
 *    put destroys it, under its store's mutex. Functions of it that were written into
 *    other instances' tables and globals become null there.
 *  - A store lives as long as an instance is in it. Linking merges stores; they never split. A
 *    shared memory alone merges none: that is how several threads run at once.
 *  - Objects that instances share (tables, memories, global cells) belong to the instance that
 *    defines them, which importers keep alive.
 */
#ifndef KWASM_KWASM_H
#define KWASM_KWASM_H

#include "kwasm_abi.h"
#include "uapi/kwasm.h"
#include "platform.h"

struct kwasm_session;
struct kwasm_store;
struct kwasm_instance;

/* Bounds of this implementation; the spec allows an embedder to have them */
#define KWASM_TABLE_MAX		10000000ull	/* elements */
#define KWASM_MEMORY64_MAX	(64ull << 30)	/* bytes of address space for a 64-bit memory */
#define KWASM_EXCEPTIONS_MAX	(1u << 20)	/* that a store holds */
#define KWASM_INSTANCES_MAX	1024u		/* default instances of a program */

/* ---- types.c: types by structure ---- */

struct kwasm_type {
	u32 id;			/* never 0; free for reuse when the group is gone */
	u32 kind;		/* enum kwasm_comptype */
	u32 super;		/* id, 0: none */
	u32 nr_params;		/* or fields */
	u32 nr_results;
	struct kwasm_type_group *group;
	u32 valtypes[];		/* with ids in references */
};

/* A recursive group */
struct kwasm_type_group {
	struct kwasm_type_group *next;
	u32 users;		/* programs (once per occurrence), heaps */
	u32 hash;		/* of the key */
	u64 nr_key;
	u32 *key;
	u32 nr;
	struct kwasm_type *types[];
};

/* All under kwasm_registry_lock */
int kwasm_types_get(const struct kwasm_image *image, u32 *ids);
void kwasm_types_put(const struct kwasm_image *image, const u32 *ids);
void kwasm_type_group_put(struct kwasm_type_group *group);
const struct kwasm_type *kwasm_type_find(u32 id);
bool kwasm_type_matches(u32 sub, u32 super);	/* ids: equal, or declared a subtype */
bool kwasm_valtype_matches(u32 sub, u32 super);	/* both canonical: with ids, not indices */

/* These need no lock */
u32 kwasm_valtype_canon(const u32 *ids, u32 valtype);	/* type indices of an image to ids */
bool kwasm_is_ref(u32 valtype);
bool kwasm_is_nullable(u32 valtype);
bool kwasm_is_func_ref(u32 valtype);
/* Of a reference: the abstract heap type, or the one just above its type; and the top above that */
u32 kwasm_valtype_heap(u32 valtype);
u32 kwasm_heap_top(u32 heap);

/* What a value of some type is in a cell; fields of objects without KWASM_FIELD_MUT */
enum kwasm_ref_kind {
	KWASM_REFS_NONE,	/* no reference */
	KWASM_REFS_ANY,		/* 32 bits: see "Objects" in kwasm_abi.h */
	KWASM_REFS_FUNC,
	KWASM_REFS_EXTERN,
	KWASM_REFS_EXN,
};

enum kwasm_ref_kind kwasm_ref_kind(u32 valtype);

/* ---- config.c: strings, surroundings ---- */

/* NUL-terminated strings, one after the other */
struct kwasm_strings {
	const char *data;
	u32 bytes;		/* with all NULs */
	u32 nr;
};

#define kwasm_for_each_string(string, s)						\
	for (string = (s)->data; string != (s)->data + (s)->bytes; string += strlen(string) + 1)

/* Fill in nr; -EINVAL unless the last byte is NUL (or there are no bytes) */
int kwasm_strings_init(struct kwasm_strings *s, const char *data, u32 bytes);

/* Surroundings have KWASM_NR_LISTS of them, by enum kwasm_list; each data is plat_free()'s */
int kwasm_lists_copy(struct kwasm_strings *copy, const struct kwasm_strings *lists);
void kwasm_lists_free(struct kwasm_strings *lists);

#define KWASM_FD_ANY	0xffffffffu
int kwasm_fd_parse(const char *text, u32 *own, u32 *guest);

/* ---- module.c: registered programs ---- */

enum kwasm_program_state {
	KWASM_PROGRAM_COMING,	/* in kwasm_app_init(): nobody else finds it */
	KWASM_PROGRAM_LIVE,
	KWASM_PROGRAM_GOING,
};

struct kwasm_program {
	struct list_head node;		/* in kwasm_programs */
	struct kwasm_app *app;		/* in the .ko */
	const struct kwasm_image *image; /* checked by kwasm_image_check() */
	const char *name;		/* in the image */
	enum kwasm_program_state state;
	u32 nr_func_imports;
	u32 nr_funcs;			/* imported and defined */
	u32 *ref_of_func;		/* per funcidx: row in image->refs + 1, 0: has none */
	u32 *type_of_func;		/* per funcidx: index in image->types */
	struct list_head defaults;	/* default instances, by instance->program_node */
	u32 nr_instances;		/* live ones, defaults too */
	bool on_demand;			/* its instances' data is copied when touched; has plat_demand_get() */
	void *plat;			/* the platform's (daemon thread) */
};

/* How an instance is to be made; strings are copied, all may be empty */
struct kwasm_config {
	struct kwasm_strings lists[KWASM_NR_LISTS];
	void *net_ns;		/* struct net *, borrowed, of who started a kernel thread; NULL: current's */
	u64 max_memory;		/* bytes, 0: the program's */
	u32 stack_size;		/* bytes, 0: the program's */
	u32 context;		/* enum kwasm_context, of the calls that instantiate and run */
	u32 index;		/* among the @nr_group that are started together */
	u32 nr_group;		/* 0: it is alone */
	const void *group;	/* tells groups apart; NULL: alone */
};

/* Where a call comes from, that is: whose files and credentials a host call may use */
enum kwasm_context {
	KWASM_CONTEXT_PROCESS,	/* current is the caller: its files, root, credentials, signals */
	KWASM_CONTEXT_KTHREAD,	/* no files of its own; output goes to the kernel log */
	KWASM_CONTEXT_ATOMIC,	/* must not sleep (hooks; not used yet) */
};

/* Exported, called by the .ko's init and exit stubs */
int kwasm_app_init(struct kwasm_app *app);
void kwasm_app_exit(struct kwasm_app *app);

int kwasm_image_check(struct kwasm_program *program);	/* image.c: 0, -ENOEXEC with a log line, -ENOMEM */

static inline const void *kwasm_image_at(const struct kwasm_image *image,
					 struct kwasm_image_array array)
{
	return (const u8 *)image + array.offset;
}

static inline const char *kwasm_image_str(const struct kwasm_image *image,
					  struct kwasm_image_string string)
{
	return string.len ? (const char *)image + string.offset : "";
}

/* Find a live program and pin its .ko; NULL if there is none. Pair with kwasm_program_put(). */
struct kwasm_program *kwasm_program_get(const char *name);
void kwasm_program_put(struct kwasm_program *program);
struct kwasm_instance *kwasm_program_default(const char *name);

/* The configuration the module parameters describe; kwasm_lists_free(config->lists) when done */
int kwasm_config_from_params(struct kwasm_program *program, struct kwasm_config *config);

/**
 * kwasm_program_run() - Run a command once, in the calling thread
 * @program: pinned by the caller
 * @session: for names to import from, or NULL
 * @config: surroundings
 * @exit_code: set when it ends by itself (0) or by proc_exit
 * @report: may be NULL
 *
 * Return: 0 ended; positive enum kwasm_trap; -errno (-ENOEXEC: exports no _start).
 */
int kwasm_program_run(struct kwasm_program *program, struct kwasm_session *session,
		      const struct kwasm_config *config, s32 *exit_code,
		      struct kwasm_trap_info *report);

/* ---- store.c ---- */

/* exception.c: a hash table by number */
struct kwasm_exceptions {
	struct kwasm_exception **buckets;
	u32 nr_buckets;		/* 0 or a power of two */
	u32 nr;
	u32 nr_kept;		/* of them have become values */
	u32 threshold;		/* collect at so many; 0: not yet known */
};

struct kwasm_store {
	struct kwasm_store_abi abi;	/* first: the assembly and contexts point here */
	/* written by the assembly when a trap ends the call */
	u64 trap_ip;			/* return address of the trap call; 0: see trap_row */
	u64 trap_row;			/* row in the exception table of a fault */
	u64 trap_rsp;			/* guest stack pointer there */
	u64 trap_ctx;			/* R13 there */
	s32 detail;			/* of abi.pending */
	u32 kill;			/* the call inside must end; set by others while there is one */
	u32 fpu;			/* some instance in it uses SSE registers */
	u32 context;			/* enum kwasm_context of the call under way */
	/* the call under way; under kwasm_registry_lock */
	s32 running_pid;		/* 0: nobody inside */
	u64 running_since;		/* its CPU time when it went in, ns */
	struct kwasm_instance *running;
	void *plat;			/* the platform's, for the call under way: set and used by exec_begin/end, kick */
	struct plat_stack *stack;	/* of the call under way */
	/* the rest under mutex */
	struct plat_mutex mutex;
	u32 refs;			/* under kwasm_registry_lock */
	u32 nr_values;
	/* one value buffer for all contexts of the store; the cell before it: KWASM_VALUES_EXCEPTION */
	union kwasm_value *values;
	struct kwasm_exceptions exceptions;
	struct kwasm_objects *heap;	/* gc.h; NULL: no instance uses one */
	struct list_head instances;	/* by instance->store_node */
};

struct kwasm_store *kwasm_store_create(void);
int kwasm_store_lock(struct kwasm_instance *instance, struct kwasm_store **store);	/* killable */
void kwasm_store_lock_uninterruptible(struct kwasm_instance *instance, struct kwasm_store **store);
void kwasm_store_unlock(struct kwasm_store *store);
void kwasm_store_put(struct kwasm_store *store, u32 refs);
int kwasm_store_reserve_values(struct kwasm_store *store, u32 nr);
int kwasm_store_merge(struct kwasm_instance *a, struct kwasm_instance *b);

/* ---- instance.c, link.c ---- */

struct kwasm_table {
	struct kwasm_table_abi abi;	/* first: generated code points here */
	struct kwasm_instance *owner;
	u32 reftype;
	u32 is64;
	u64 max;			/* declared, KWASM_LIMIT_NONE: none */
	u64 capacity;			/* of abi.elems */
};

struct kwasm_memory {
	struct kwasm_memory_abi abi;	/* first */
	u64 direct;			/* of abi.size, what host functions may access without kwasm_guest_ptr() */
	struct kwasm_demand *demand;	/* demand.c; NULL: all pages are there */
	struct kwasm_instance *owner;
	struct plat_region *region;	/* memory 0 of its owner: the instance's, else its own */
	struct plat_region own_region;
	u64 max;			/* declared, wasm pages */
	u32 is64;
	u32 shared;
	u32 page_size_log2;		/* of a wasm page: 16 or 0 */
};

struct kwasm_global {
	u64 *cell;			/* in the owner's context; two words for a v128, else one */
	struct kwasm_instance *owner;
	u32 type;
	u32 mut;
};

struct kwasm_tag {
	u64 id;				/* what exceptions refer to; never used again */
	u32 type;			/* canonical id */
};

struct kwasm_elem {
	u64 *refs;			/* set by kwasm_elem_set(); NULL for lists of functions */
	bool dropped;
};

/* Host modules keep their own state in an instance, one slot each */
enum kwasm_private {
	KWASM_PRIVATE_WASI,
	KWASM_PRIVATE_NET,
	KWASM_PRIVATE_NR,
};

struct kwasm_instance {
	void *ctx;			/* C; its fixed part points back here */
	struct kwasm_program *program;
	struct kwasm_store *store;	/* changes by merging: under kwasm_registry_lock */
	struct list_head store_node;
	struct list_head program_node;	/* default instances only */
	struct list_head all_node;	/* under kwasm_registry_lock */
	struct list_head session_node;	/* zombies: failed, but others may call its functions */
	u64 id;
	u32 refs;			/* under kwasm_registry_lock */
	bool is_default;
	bool starting;
	struct plat_region region;	/* context and memory 0 */
	struct kwasm_memory *memory_own; /* [defined]; own objects */
	struct kwasm_table *table_own;
	struct kwasm_memory **memories;	/* by memidx, imports first */
	struct kwasm_table **tables;	/* by tableidx */
	struct kwasm_global *globals;	/* by globalidx */
	struct kwasm_elem *elems;	/* by elemidx */
	struct kwasm_tag *tag_own;
	struct kwasm_tag **tags;	/* by tagidx */
	bool *data_dropped;		/* by dataidx */
	struct kwasm_instance *next_dead; /* while being destroyed */
	struct kwasm_instance **imported; /* referenced: exporters, each once */
	u32 nr_imported;
	u64 max_memory;			/* bytes, 0: no limit but the declared ones */
	struct plat_mutex grow_lock;	/* the own memories' sizes; memory_bytes */
	u64 memory_bytes;		/* owned now */
	u32 stack_size;
	u32 index;			/* as in struct kwasm_config */
	u32 nr_group;
	const void *group;
	struct kwasm_strings lists[KWASM_NR_LISTS]; /* own copies, constant for its life */
	void *net_ns;			/* see struct kwasm_config */
	void *private[KWASM_PRIVATE_NR];
	void (*private_destroy[KWASM_PRIVATE_NR])(void *private);
	u64 cpu_ns;
	u64 calls;
};

struct kwasm_extern {
	u32 kind;			/* enum kwasm_extern_kind */
	union {
		const struct kwasm_func *func;
		struct kwasm_table *table;
		struct kwasm_memory *memory;
		struct kwasm_global *global;
		struct kwasm_tag *tag;
	};
};

/**
 * kwasm_instantiate() - Make an instance: link, allocate, initialise
 * @program: pinned by the caller (the instance pins it again)
 * @session: names to import from and keeper of zombies; NULL: other programs' default instances only
 * @config: copied
 * @report: filled on failure, may be NULL
 * @instance: set on success; one reference for the caller
 *
 * Context: Process context, may sleep; takes store mutexes; runs guest code.
 * Return: 0; positive enum kwasm_trap (the initialisation trapped); -ENOENT (unknown import),
 * -EPROTOTYPE (incompatible import type), -ENOMEM, -EINTR.
 */
int kwasm_instantiate(struct kwasm_program *program, struct kwasm_session *session,
		      const struct kwasm_config *config, struct kwasm_trap_info *report,
		      struct kwasm_instance **instance);
int kwasm_instantiate_default(struct kwasm_program *program, const struct kwasm_config *config,
			      struct kwasm_trap_info *report, struct kwasm_instance **instance);
void kwasm_instance_get(struct kwasm_instance *instance);
void kwasm_instance_put(struct kwasm_instance *instance);	/* may sleep, takes the store's mutex */

void kwasm_instance_put_default(struct kwasm_instance *instance);
u32 kwasm_stack_size(const struct kwasm_program *program, u32 wanted);

/* Export by name: 0, -ENOENT. The store is locked. */
int kwasm_instance_export(struct kwasm_instance *instance, const char *name, u32 name_len,
			  struct kwasm_extern *ext);

/**
 * kwasm_call() - Call an exported function
 * @instance: caller holds a reference
 * @name: export, @name_len bytes
 * @args: must match the function's parameters in number and type
 * @nr_args: number
 * @results: room for the results, may be @args
 * @nr_results: in: room; out: the function's results
 * @context: enum kwasm_context
 * @report: filled when the result is not 0, may be NULL
 *
 * Context: Process context, may sleep. Not inside an FPU region.
 * Return: 0; positive enum kwasm_trap; -ENOENT (no such function), -EINVAL (number or
 * type of arguments), -ENOSPC (room for results), -ENOMEM, -EINTR (killed while waiting),
 * -EDEADLK (called from inside itself).
 */
int kwasm_call(struct kwasm_instance *instance, const char *name, u32 name_len,
	       const struct kwasm_val *args, u32 nr_args,
	       struct kwasm_val *results, u32 *nr_results, u32 context,
	       struct kwasm_trap_info *report);

int kwasm_global_get(struct kwasm_instance *instance, const char *name, u32 name_len,
		     struct kwasm_val *value);

/* ---- memory.c, table.c, global.c: parts of an instance; all -errno ---- */

u64 kwasm_memory_reserve(const struct kwasm_program *program);
int kwasm_memory_create(struct kwasm_instance *instance, struct kwasm_memory *memory,
			const struct kwasm_image_memory *type, bool in_region);
void kwasm_memory_destroy(struct kwasm_memory *memory);
bool kwasm_memory_contains(const struct kwasm_memory *memory, u64 addr, u64 len);

/* demand.c: data segments that are copied when they are touched */
bool kwasm_demand_wanted(const struct kwasm_image *image);
int kwasm_demand_begin(struct kwasm_memory *memory, u64 bytes);
void kwasm_demand_end(struct kwasm_memory *memory);
bool kwasm_demand_note(struct kwasm_memory *memory, u64 dst, const u8 *src, u64 n);
int kwasm_demand_settle(struct kwasm_memory *memory);
int kwasm_demand_fill(struct kwasm_memory *memory, u64 addr, u64 len);
bool kwasm_demand_covers(struct kwasm_store *store, unsigned long address);
u32 kwasm_demand_fault(struct kwasm_store *store, unsigned long address);

/* Between two chunks of a long host call: true, and killed is raised, if the call is to end */
bool kwasm_chunk_done(void *ctx);
/* memmove() in chunks; ends early if the call is to end. Ranges have been checked. */
void kwasm_move(void *ctx, void *dst, const void *src, u64 n);

u64 kwasm_null_ref(u32 reftype);	/* any value type of a reference, canonical or not */
int kwasm_table_create(struct kwasm_instance *instance, struct kwasm_table *table,
		       const struct kwasm_image_table *type);
void kwasm_table_destroy(struct kwasm_table *table);
void kwasm_refs_revoke(struct kwasm_store *store, u64 *refs, u64 nr, u64 start, u64 end);
int kwasm_elem_create(struct kwasm_elem *elem, const struct kwasm_image_elem *type);
/* The reference at @i of a segment, which is not dropped and has it */
u64 kwasm_elem_ref(struct kwasm_instance *instance, u32 elemidx, u32 i);

void kwasm_global_init(struct kwasm_instance *instance, u32 globalidx);
int kwasm_value_read(struct kwasm_store *store, const u64 *cell, u32 type, struct kwasm_val *value);
int kwasm_value_write(struct kwasm_store *store, u64 *cell, u32 type, const struct kwasm_val *value);

/* exception.c */
void kwasm_tag_init(struct kwasm_instance *instance, struct kwasm_tag *tag, u32 type);
int kwasm_exceptions_reserve(struct kwasm_store *to, const struct kwasm_store *from);
void kwasm_exceptions_merge(struct kwasm_store *to, struct kwasm_store *from);
void kwasm_exceptions_revoke(struct kwasm_store *store, u64 start, u64 end);
void kwasm_exceptions_end_call(struct kwasm_store *store);
void kwasm_exceptions_destroy(struct kwasm_store *store);
struct gc_move;
void kwasm_exceptions_move(struct kwasm_store *store, const struct gc_move *move);
/* for the collector */
struct kwasm_exception;
void kwasm_exception_mark(struct kwasm_store *store, u64 id, struct kwasm_exception **list);
void kwasm_exceptions_mark_thrown(struct kwasm_store *store, struct kwasm_exception **list);
const union kwasm_value *kwasm_exception_next(struct kwasm_exception **list, const u8 **kinds,
					      u32 *nr);
void kwasm_exceptions_sweep(struct kwasm_store *store, bool given_up);

/* gc.c, gc_collect.c: objects; -errno */
struct kwasm_objects;
int kwasm_heap_attach(struct kwasm_store *store, struct kwasm_instance *instance);
int kwasm_heap_merge(struct kwasm_store *to, struct kwasm_store *from);
void kwasm_heap_move_ref(u64 *cell, u32 kind, const struct gc_move *move);
void kwasm_heap_revoke(struct kwasm_store *store, u64 start, u64 end);
void kwasm_heap_destroy(struct kwasm_store *store);
u64 kwasm_heap_bytes(const struct kwasm_store *store);
int kwasm_heap_box(struct kwasm_store *store, u64 value, u32 *ref);
enum kwasm_heap_kind kwasm_heap_kind_of(const struct kwasm_store *store, u32 ref, u64 *value);
u32 kwasm_heap_add_func(struct kwasm_objects *heap, struct kwasm_func *func);
int kwasm_collect(struct kwasm_store *store);

/* The object of a function that has one (exported or referenced); NULL otherwise */
const struct kwasm_func *kwasm_instance_func(struct kwasm_instance *instance, u32 funcidx);

/* link.c: fill the slots of all imports. The store is locked and holds the exporters. */
int kwasm_link_find(struct kwasm_program *program, struct kwasm_session *session,
		    struct kwasm_instance **exporters, u32 *nr_exporters, u32 *which,
		    struct kwasm_trap_info *report);
int kwasm_link_bind(struct kwasm_instance *instance, struct kwasm_instance **exporters,
		    const u32 *which, struct kwasm_trap_info *report);
const char *kwasm_name_text(char *buf, size_t size, const char *name, u32 len);
const char *kwasm_valtype_text(u32 type);
const char *kwasm_functype_text(char *buf, size_t size, const u32 *valtypes, u32 nr_params,
				u32 nr_results);

/* kwasm ps, kwasm kill, kwasm info. list: returns how many there are, writes at most @room. */
u32 kwasm_instance_list(struct kwasm_ps_entry *entries, u32 room);
int kwasm_instance_kill(u64 id);		/* 0, -ESRCH; nobody inside is 0 */
/* Fill @info's out members and up to @room bytes of items; 0, -ENOSPC (buffer_size says what is needed) */
int kwasm_program_info(struct kwasm_program *program, struct kwasm_info *info, void *buffer, u32 room);

void kwasm_wait_init(void);	/* wait.c */

extern struct plat_mutex kwasm_registry_lock;
int kwasm_core_init(void);	/* first and last of the runtime's init and exit */
void kwasm_core_exit(void);	/* programs are gone, their .ko's depend on this one */

/* ---- session.c: what ctl.c and the user-space runner share ---- */

struct kwasm_session *kwasm_session_create(void);	/* NULL: no memory */
void kwasm_session_destroy(struct kwasm_session *session);
int kwasm_session_instantiate(struct kwasm_session *session, const char *app,
			      const struct kwasm_config *config, u32 *handle,
			      struct kwasm_trap_info *report);
int kwasm_session_default(struct kwasm_session *session, const char *app, u32 *handle);
int kwasm_session_register(struct kwasm_session *session, u32 handle,
			   const char *name, u32 name_len);
/* The instance behind a handle, with a reference; NULL: no such handle */
struct kwasm_instance *kwasm_session_instance(struct kwasm_session *session, u32 handle);
int kwasm_session_drop(struct kwasm_session *session, u32 handle);
int kwasm_session_run(struct kwasm_session *session, const char *app,
		      const struct kwasm_config *config, s32 *exit_code,
		      struct kwasm_trap_info *report);
/* For link.c: the instance registered as @name, with a reference; NULL */
struct kwasm_instance *kwasm_session_lookup(struct kwasm_session *session,
					    const char *name, u32 name_len);
void kwasm_session_add_zombie(struct kwasm_session *session, struct kwasm_instance *instance);

/* ---- trap.c ---- */

const char *kwasm_trap_text(u32 code);
int kwasm_fill_ex_table(struct kwasm_app *app);
int kwasm_fill_calls(const struct kwasm_program *program);
void kwasm_report_trap(struct kwasm_store *store, u32 code, struct kwasm_trap_info *report);
void kwasm_report_message(struct kwasm_trap_info *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* One log line (and the backtrace at debug level) for an instance nobody waits for */
void kwasm_log_report(const char *app, const struct kwasm_trap_info *report);

/* ---- what host functions use: exported ---- */

static inline struct kwasm_instance *kwasm_ctx_instance(void *ctx)
{
	return *(struct kwasm_instance **)((u8 *)ctx + KWASM_CTX_INSTANCE);
}

static inline struct kwasm_store *kwasm_ctx_store(void *ctx)
{
	return *(struct kwasm_store **)((u8 *)ctx + KWASM_CTX_STORE);
}

/* Cells with the parameters of a host function that has more than five */
static inline union kwasm_value *kwasm_values(void *ctx)
{
	return *(union kwasm_value **)((u8 *)ctx + KWASM_CTX_VALUES);
}

/**
 * kwasm_guest_ptr() - Kernel address of a piece of the caller's memory 0
 * @ctx: first argument of the host function
 * @addr: guest address
 * @len: bytes, may be 0
 *
 * The address stays good until the host function returns: memory never moves
 * and never shrinks. Its contents may change if memory is shared.
 *
 * Context: May sleep, unless kwasm_guest_complete() was called before.
 * Return: NULL if any byte of it is out of bounds, or there is no memory; or if pages that the guest
 * has not touched yet (demand.c) cannot be had: that ends the call.
 */
void *kwasm_guest_ptr(void *ctx, u32 addr, u64 len);

/**
 * kwasm_guest_complete() - Have all of the caller's memory 0
 * @ctx: first argument of the host function
 *
 * For a host module that asks for pieces of it where it cannot sleep.
 *
 * Return: false: it cannot be had; the call ends.
 */
bool kwasm_guest_complete(void *ctx);

/**
 * kwasm_raise() - End the call when this host function returns
 * @ctx: first argument of the host function
 * @trap: enum kwasm_trap: exit, host_error, out_of_bounds_memory ...
 * @detail: exit code, errno or signal
 *
 * What the host function returns is ignored then. The first one wins.
 */
void kwasm_raise(void *ctx, u32 trap, s32 detail);

/* Must a host function that waits give up? It then raises KWASM_TRAP_killed (or just returns). */
bool kwasm_should_stop(void *ctx);

/* Whose files and credentials the call under way may use: enum kwasm_context */
static inline u32 kwasm_context(void *ctx)
{
	return kwasm_ctx_store(ctx)->context;
}

/*
 * State of a host module: set once (a second set destroys the first); @destroy runs when
 * the instance is destroyed, in process context, possibly in another task than the calls.
 */
void kwasm_instance_set_private(struct kwasm_instance *instance, enum kwasm_private slot,
				void *private, void (*destroy)(void *private));

static inline void *kwasm_instance_private(const struct kwasm_instance *instance,
					   enum kwasm_private slot)
{
	return instance->private[slot];
}

/*
 * Around what may block or use the FPU in a host function: leave gives up the FPU region
 * (guest state is saved), enter takes it again. No-ops for programs without SSE. Not nested.
 */
void kwasm_fpu_leave(void *ctx);
void kwasm_fpu_enter(void *ctx);

/* Or, for one that does little and has not left the region, kwasm_fpu_kept() at its end */
void kwasm_fpu_check(void *ctx);
#ifdef __KERNEL__
extern bool __percpu *kwasm_in_kernel_fpu;

/* If a region is active it is ours: nothing inside of the call leaves another one active */
static inline void kwasm_fpu_kept(void *ctx)
{
	if (kwasm_ctx_store(ctx)->fpu && unlikely(!this_cpu_read(*kwasm_in_kernel_fpu)))
		kwasm_fpu_check(ctx);
}
#endif

/* ---- entry.S ---- */

extern const struct kwasm_func kwasm_null_func;

/*
 * Enter guest code: returns 0 or the enum kwasm_trap that ended it. @code is called through @invoke
 * with R13 = @ctx on the stack whose top is @stack_top. Between plat_exec_begin() and _end().
 */
u32 kwasm_enter(struct kwasm_store *store, void *ctx, const void *invoke, const void *code,
		void *stack_top);
void kwasm_host_call(void);
void kwasm_fault_fixup(void);
/*
 * Not a function: jumped to, from any guest code (preempt.c, to kill), with eax = enum kwasm_trap,
 * rcx = interrupted address, rsp as in the guest. Ends the call of the current store.
 */
void kwasm_trap_current(void);

#define T(nr, name, text) void kwasm_trap_##name(void);
KWASM_TRAPS(T)
#undef T

/* Helpers of KWASM_HELPERS, called by generated code through kwasm_host_call */
u64 kwasm_memory_grow(void *ctx, u32 memidx, u64 delta);
void kwasm_memory_init(void *ctx, u32 memidx, u32 dataidx, u64 dst, u32 src, u32 n);
void kwasm_memory_copy(void *ctx, u32 dst_memidx, u32 src_memidx, u64 dst, u64 src, u64 n);
void kwasm_memory_fill(void *ctx, u32 memidx, u64 dst, u32 byte, u64 n);
void kwasm_data_drop(void *ctx, u32 dataidx);
u64 kwasm_table_get(void *ctx, u32 tableidx, u64 i);
void kwasm_table_set(void *ctx, u32 tableidx, u64 i, u64 ref);
u64 kwasm_table_size(void *ctx, u32 tableidx);
u64 kwasm_table_grow(void *ctx, u32 tableidx, u64 delta, u64 init);
void kwasm_table_fill(void *ctx, u32 tableidx, u64 i, u64 ref, u64 n);
void kwasm_table_copy(void *ctx, u32 dst_tableidx, u32 src_tableidx, u64 dst, u64 src, u64 n);
void kwasm_table_init(void *ctx, u32 tableidx, u32 elemidx, u64 dst, u32 src, u32 n);
void kwasm_elem_drop(void *ctx, u32 elemidx);
void kwasm_elem_set(void *ctx, u32 elemidx, u32 i, u64 ref);
u64 kwasm_exception_new(void *ctx, u32 tagidx, u32 nr);
u32 kwasm_memory_notify(void *ctx, u32 memidx, u64 addr, u32 count);
u32 kwasm_memory_wait(void *ctx, u32 memidx, u64 addr, u64 expected, u64 timeout_ns, u32 size);
u32 kwasm_exception_match(void *ctx, u64 id, u32 tagidx, u32 keep);
u32 kwasm_struct_new(void *ctx, u32 typeidx);
u32 kwasm_array_new(void *ctx, u32 typeidx, u32 n, u64 lo, u64 hi);
u32 kwasm_array_new_data(void *ctx, u32 typeidx, u32 dataidx, u32 src, u32 n);
u32 kwasm_array_new_elem(void *ctx, u32 typeidx, u32 elemidx, u32 src, u32 n);
void kwasm_array_fill(void *ctx, u32 array, u32 at, u32 n, u64 lo, u64 hi);
void kwasm_array_copy(void *ctx, u32 dst_array, u32 dst, u32 src_array, u32 src, u32 n);
void kwasm_array_init_data(void *ctx, u32 array, u32 at, u32 dataidx, u32 src, u32 n);
void kwasm_array_init_elem(void *ctx, u32 array, u32 at, u32 elemidx, u32 src, u32 n);
u32 kwasm_object_is(void *ctx, u32 object, u32 typeidx);
u32 kwasm_extern_box(void *ctx, u64 value);
u32 kwasm_func_handle(void *ctx, u64 func);
u64 kwasm_func_cast(void *ctx, u64 func, u32 typeidx);

#endif /* KWASM_KWASM_H */
