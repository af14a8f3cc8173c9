// SPDX-License-Identifier: GPL-2.0
/*
 * The process as the runtime's platform: kwasm --user, and the tests
 *
 * Memory is reserved with mmap and opened with mprotect; a fault in linear memory is a
 * signal whose handler does what the kernel's exception table does. Guest code runs on
 * stacks with the same geometry as in the kernel, signals on a stack of their own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "kwasm.h"
#include "loader.h"
#include "user_platform.h"

#define PAGE		4096ull
#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))
#define SIGKICK		SIGUSR2
#define ALT_STACK_SIZE	65536

/* Whose guest code this thread is in; read by entry.S */
__thread struct kwasm_store *kwasm_current_store __attribute__((tls_model("local-exec")));

/* Repeats a kick that came where a thread cannot be stopped */
static __thread timer_t kick_timer;

static int log_level = 4;	/* warnings and worse */

void user_platform_verbose(void)
{
	log_level = 7;
}

void plat_log(int level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_level)
		return;
	fputs("kwasm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void *plat_zalloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

void plat_free(void *p)
{
	free(p);
}

/* ---- regions ---- */

int plat_region_reserve(struct plat_region *region, u64 below, u64 reserve)
{
	u8 *start;

	below = PAGE_UP(below);
	reserve = PAGE_UP(reserve);
	if (!below && !reserve)
		reserve = PAGE;		/* a base that is nobody else's */
	start = mmap(NULL, below + reserve, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return -ENOMEM;
	if (below && mprotect(start, below, PROT_READ | PROT_WRITE)) {
		munmap(start, below + reserve);
		return -ENOMEM;
	}
	region->base = start + below;
	region->below = below;
	region->reserve = reserve;
	region->committed = 0;
	return 0;
}

int plat_region_fill(struct plat_region *region, u64 start, u64 end)
{
	return mprotect(region->base + start, end - start, PROT_READ | PROT_WRITE) ? -ENOMEM : 0;
}

int plat_region_commit(struct plat_region *region, u64 size)
{
	if (size == region->committed)
		return 0;
	if (plat_region_fill(region, region->committed, size))
		return -ENOMEM;
	region->committed = size;
	return 0;
}

void plat_region_release(struct plat_region *region)
{
	munmap(region->base - region->below, region->below + region->reserve);
}

/* ---- guest stacks, one kept for the next call ---- */

static struct plat_stack *spare;
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;

struct plat_stack *plat_stack_get(u32 size)
{
	struct plat_stack *stack;
	u8 *area, *slot;

	size = PAGE_UP(size);
	pthread_mutex_lock(&spare_lock);
	stack = spare;
	if (stack && stack->size == size)
		spare = NULL;
	else
		stack = NULL;
	pthread_mutex_unlock(&spare_lock);
	if (stack)
		return stack;

	stack = calloc(1, sizeof(*stack));
	if (!stack)
		return NULL;
	/* twice a slot contains an aligned one; the rest keeps the neighbours away */
	area = mmap(NULL, 2 * KWASM_STACK_SLOT, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		goto err_free;
	slot = (u8 *)(((uintptr_t)area + KWASM_STACK_SLOT - 1) & ~(uintptr_t)(KWASM_STACK_SLOT - 1));
	if (mprotect(slot, size, PROT_READ | PROT_WRITE))
		goto err_unmap;
	stack->slot = slot;
	stack->top = slot + size;
	stack->size = size;
	stack->plat = area;
	return stack;

err_unmap:
	munmap(area, 2 * KWASM_STACK_SLOT);
err_free:
	free(stack);
	return NULL;
}

void plat_stack_put(struct plat_stack *stack)
{
	struct plat_stack *old;

	pthread_mutex_lock(&spare_lock);
	old = spare;
	spare = stack;
	pthread_mutex_unlock(&spare_lock);
	if (old) {
		munmap(old->plat, 2 * KWASM_STACK_SLOT);
		free(old);
	}
}

/* ---- locks ---- */

void plat_mutex_init(struct plat_mutex *mutex)
{
	pthread_mutex_init(&mutex->m, NULL);
}

void plat_mutex_destroy(struct plat_mutex *mutex)
{
	pthread_mutex_destroy(&mutex->m);
}

void plat_mutex_lock(struct plat_mutex *mutex)
{
	pthread_mutex_lock(&mutex->m);
}

/* A killed process does not come back from here, so this never fails */
int plat_mutex_lock_killable(struct plat_mutex *mutex, unsigned int subclass)
{
	(void)subclass;
	pthread_mutex_lock(&mutex->m);
	return 0;
}

void plat_mutex_unlock(struct plat_mutex *mutex)
{
	pthread_mutex_unlock(&mutex->m);
}

/* ---- modules: loaded .ko's are counted so that unloading can say "busy" ---- */

bool plat_module_get(void *module)
{
	__atomic_add_fetch(&((struct loaded_ko *)module)->refs, 1, __ATOMIC_RELAXED);
	return true;
}

void plat_module_put(void *module)
{
	__atomic_sub_fetch(&((struct loaded_ko *)module)->refs, 1, __ATOMIC_RELAXED);
}

/* ---- faults and kills ---- */

static void die(int sig)
{
	/* not ours: happen again without a handler, for the core dump and the exit status */
	signal(sig, SIG_DFL);
}

/* Guest code leaves by @trap, as if the instruction at @ip had done it */
static void end_call(ucontext_t *uc, uintptr_t ip, u32 trap)
{
	uc->uc_mcontext.gregs[REG_RCX] = ip + 1;	/* as after a call */
	uc->uc_mcontext.gregs[REG_RAX] = trap;
	uc->uc_mcontext.gregs[REG_RIP] = (uintptr_t)kwasm_trap_current;
}

/* The handler does it all; nothing is to be begun */
bool plat_demand_get(void)
{
	return true;
}

void plat_demand_put(void)
{
}

/*
 * Mend a fault in data that is copied when it is touched. In a handler, but the thread was in
 * guest code, so it has nothing locked.
 */
static void on_demand(ucontext_t *uc, uintptr_t ip, uintptr_t address)
{
	int saved = errno;
	u32 trap = kwasm_demand_fault(kwasm_current_store, address);

	errno = saved;
	if (trap)
		end_call(uc, ip, trap);
}

/* What the kernel does for a row of type EX_TYPE_IMM_REG */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uintptr_t ip = uc->uc_mcontext.gregs[REG_RIP];
	uintptr_t address = (uintptr_t)info->si_addr;
	const struct ex_row *row = loader_find_row(ip);
	static const char text[] = "kwasm: a fault that no exception table covers\n";

	if (kwasm_current_store && loader_in_text(ip) && kwasm_demand_covers(kwasm_current_store, address)) {
		on_demand(uc, ip, address);
		return;
	}
	if (!row || !kwasm_current_store || (row->type & 0xffff) != KWASM_EX_TYPE_IMM_REG) {
		if (write(2, text, sizeof(text) - 1) < 0) {
			/* nowhere to say it */
		}
		die(sig);
		return;
	}
	uc->uc_mcontext.gregs[REG_RAX] = (u32)row->type >> 16;
	uc->uc_mcontext.gregs[REG_RIP] = (uintptr_t)&row->fixup + row->fixup;
}

/* Come again in a moment */
static void kick_later(void)
{
	static const struct itimerspec moment = { .it_value.tv_nsec = 1000000 };

	timer_settime(kick_timer, 0, &moment, NULL);
}

/*
 * The thread is to leave guest code. Elsewhere it is on its way there, or in a host call, which sees
 * store->kill itself, or has just looked.
 */
static void on_kick(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uintptr_t ip = uc->uc_mcontext.gregs[REG_RIP];
	int saved = errno;

	(void)sig;
	(void)info;
	if (!kwasm_current_store || !READ_ONCE(kwasm_current_store->kill))
		return;
	if (!loader_in_text(ip)) {
		kick_later();
		errno = saved;
		return;
	}
	end_call(uc, ip, KWASM_TRAP_killed);
}

static __thread bool thread_started;
static pthread_key_t thread_key;	/* its alternate stack */

static void thread_exit(void *stack)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	timer_delete(kick_timer);
	sigaltstack(&none, NULL);
	munmap(stack, ALT_STACK_SIZE);
}

static void install_handlers(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	sigemptyset(&sa.sa_mask);
	sa.sa_sigaction = on_fault;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sa.sa_sigaction = on_kick;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	sigaction(SIGKICK, &sa, NULL);
	if (pthread_key_create(&thread_key, thread_exit))
		abort();	/* there are a thousand of them */
}

/* What a thread needs before guest code runs in it, and keeps until it ends */
static int thread_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	stack_t alt = { .ss_size = ALT_STACK_SIZE };
	struct sigevent kick = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGKICK,
		._sigev_un._tid = gettid(),
	};

	pthread_once(&once, install_handlers);
	alt.ss_sp = mmap(NULL, ALT_STACK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (alt.ss_sp == MAP_FAILED)
		return -ENOMEM;
	if (timer_create(CLOCK_MONOTONIC, &kick, &kick_timer)) {
		munmap(alt.ss_sp, ALT_STACK_SIZE);
		return -ENOMEM;
	}
	if (sigaltstack(&alt, NULL) || pthread_setspecific(thread_key, alt.ss_sp)) {
		thread_exit(alt.ss_sp);
		return -ENOMEM;
	}
	thread_started = true;
	return 0;
}

/* Where a thread sleeps in a host call: a futex, 1 when it is to look around */
struct running {
	pthread_t thread;
	u32 wake;
};

static __thread struct running this_thread;

static void wake_thread(struct running *running)
{
	__atomic_store_n(&running->wake, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &running->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

int plat_exec_begin(struct kwasm_store *store)
{
	int err = thread_started ? 0 : thread_start();

	if (err)
		return err;
	this_thread.thread = pthread_self();
	kwasm_current_store = store;
	/* who kills does these two the other way round */
	__atomic_store_n(&store->plat, &this_thread, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&store->kill, __ATOMIC_SEQ_CST))
		kick_later();
	return 0;
}

void plat_exec_end(struct kwasm_store *store)
{
	__atomic_store_n(&store->plat, NULL, __ATOMIC_RELEASE);
	kwasm_current_store = NULL;
}

bool plat_should_stop(const struct kwasm_store *store)
{
	return READ_ONCE(store->kill);
}

bool plat_resched(const struct kwasm_store *store)
{
	return plat_should_stop(store);
}

static int sleep_until_done(struct kwasm_store *store, const bool *done, u64 ns)
{
	struct timespec end, now;
	bool forever = ns > 1ull << 62;

	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!forever) {
		end.tv_sec += ns / 1000000000;
		end.tv_nsec += ns % 1000000000;
		if (end.tv_nsec >= 1000000000) {
			end.tv_sec++;
			end.tv_nsec -= 1000000000;
		}
	}
	while (!READ_ONCE(*done) && !plat_should_stop(store)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!forever && (now.tv_sec > end.tv_sec ||
				 (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec)))
			break;
		syscall(SYS_futex, &this_thread.wake, FUTEX_WAIT_BITSET_PRIVATE, 0,
			forever ? NULL : &end, NULL, FUTEX_BITSET_MATCH_ANY);
		/* whoever sets it from here on has said before why */
		__atomic_store_n(&this_thread.wake, 0, __ATOMIC_SEQ_CST);
	}
	return !READ_ONCE(*done) && plat_should_stop(store) ? -EINTR : 0;
}

int plat_sleep(struct kwasm_store *store, u64 ns)
{
	static const bool never;

	return sleep_until_done(store, &never, ns);
}

void plat_park_init(struct plat_parking *parking)
{
	parking->thread = &this_thread;
	parking->unparked = false;
}

int plat_park(struct kwasm_store *store, struct plat_parking *parking, u64 ns)
{
	return sleep_until_done(store, &parking->unparked, ns);
}

void plat_unpark(struct plat_parking *parking)
{
	__atomic_store_n(&parking->unparked, true, __ATOMIC_SEQ_CST);
	wake_thread(parking->thread);
}

void plat_kick(struct kwasm_store *store)
{
	struct running *running;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);	/* see plat_exec_begin() */
	running = __atomic_load_n(&store->plat, __ATOMIC_SEQ_CST);
	if (running) {
		wake_thread(running);
		pthread_kill(running->thread, SIGKICK);
	}
}

static u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* the handler of SIGSEGV looks at struct ko */
void plat_ex_table_set(void *module, void *rows, u64 nr)
{
	(void)module;
	(void)rows;
	(void)nr;
}

u64 plat_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

u64 plat_running_cpu_ns(struct kwasm_store *store)
{
	struct running *running = __atomic_load_n(&store->plat, __ATOMIC_ACQUIRE);
	clockid_t clock;

	return running && !pthread_getcpuclockid(running->thread, &clock) ? clock_ns(clock) : 0;
}

s32 plat_pid(void)
{
	static __thread s32 tid;

	if (!tid)
		tid = syscall(SYS_gettid);
	return tid;
}

void plat_complain(const char *line, size_t len)
{
	if (write(2, line, len) < 0) {
		/* as said: best effort */
	}
}

int plat_daemon_start(struct kwasm_program *program)
{
	plat_log(3, "%s: daemon=1 needs the kernel\n", program->name);
	return -EOPNOTSUPP;
}

void plat_daemon_stop(struct kwasm_program *program)
{
	(void)program;
}

/* Floating-point state is the kernel's business here */
void kwasm_fpu_leave(void *ctx)
{
	(void)ctx;
}

void kwasm_fpu_enter(void *ctx)
{
	(void)ctx;
}
