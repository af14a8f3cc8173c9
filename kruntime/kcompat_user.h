/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel names the runtime's core uses, for the user-space runner
 */
#ifndef KWASM_KCOMPAT_USER_H
#define KWASM_KCOMPAT_USER_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "types.h"

#define EXPORT_SYMBOL_GPL(sym)	/* the loader has its own table, kwasm/symbols.c */

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define hweight64(x)		((unsigned int)__builtin_popcountll(x))
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define check_add_overflow(a, b, d)	__builtin_add_overflow(a, b, d)
#define check_mul_overflow(a, b, d)	__builtin_mul_overflow(a, b, d)
#define array_index_nospec(i, n) (i)
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#ifndef static_assert
#define static_assert		_Static_assert
#endif
#define scnprintf		kwasm_scnprintf
#define vscnprintf		kwasm_vscnprintf
#define strscpy			kwasm_strscpy
#define fallthrough		__attribute__((__fallthrough__))

#define kwasm_err(fmt, ...)	plat_log(3, fmt, ##__VA_ARGS__)
#define kwasm_info_ratelimited(fmt, ...) plat_log(6, fmt, ##__VA_ARGS__)

void plat_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline int kwasm_vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	if (n < 0 || !size)
		return 0;
	return (size_t)n < size ? n : (int)size - 1;
}

static inline __attribute__((format(printf, 3, 4)))
int kwasm_scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kwasm_vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

static inline ssize_t kwasm_strscpy(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(src, size);

	if (n == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = 0;
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return n;
}

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),		\
	     n = list_entry(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))

#endif /* KWASM_KCOMPAT_USER_H */
