// SPDX-License-Identifier: GPL-2.0
/* hash table of strings with chains: insert, look up, delete. Its nodes come from an array: not malloc() is measured. */
#define BENCH_RUNS 12
#include "../bench.h"

enum { BUCKETS = 1 << 14, KEYS = 30000, LOOKUPS = 400000 };

struct node {
	struct node *next;
	u32 hash, value;
	char key[16];
};

static struct node *buckets[BUCKETS], *nodes, *free_nodes;
static char (*keys)[16];

void bench_setup(void)
{
	int i, j;

	nodes = malloc(KEYS * sizeof(*nodes));
	keys = malloc(KEYS * sizeof(*keys));
	for (i = 0; i < KEYS; i++) {
		int length = 5 + (bench_random() >> 61);
		u64 r = bench_random();

		for (j = 0; j < length; j++, r >>= 5)
			keys[i][j] = 'a' + r % 26;
		keys[i][j] = 0;
	}
}

static u32 hash(const char *s)
{
	u32 h = 2166136261u;

	while (*s)
		h = (h ^ (u8)*s++) * 16777619u;
	return h;
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static NOINLINE struct node **find(const char *key, u32 h)
{
	struct node **p = &buckets[h % BUCKETS];

	while (*p && ((*p)->hash != h || !equal((*p)->key, key)))
		p = &(*p)->next;
	return p;
}

static NOINLINE void add(const char *key, u32 value)
{
	u32 h = hash(key);
	struct node **p = find(key, h), *node = *p;

	if (!node) {
		node = free_nodes;
		free_nodes = node->next;
		node->next = NULL;
		node->hash = h;
		node->value = 0;
		strcpy(node->key, key);
		*p = node;
	}
	node->value += value;
}

static NOINLINE void drop(const char *key)
{
	struct node **p = find(key, hash(key)), *node = *p;

	if (node) {
		*p = node->next;
		node->next = free_nodes;
		free_nodes = node;
	}
}

u64 bench_run(void)
{
	struct node *node;
	u64 sum = 0;
	u32 r = 1;
	int i;

	memset(buckets, 0, sizeof(buckets));
	free_nodes = NULL;
	for (i = KEYS - 1; i >= 0; i--) {
		nodes[i].next = free_nodes;
		free_nodes = &nodes[i];
	}
	for (i = 0; i < KEYS; i++)
		add(keys[i], i);
	for (i = 0; i < LOOKUPS; i++) {
		r = r * 1664525 + 1013904223;
		node = *find(keys[(r >> 8) % KEYS], hash(keys[(r >> 8) % KEYS]));
		if (node)
			sum = bench_mix(sum, node->value);
		if (i % 8 == 0)
			drop(keys[(r >> 9) % KEYS]);
		if (i % 8 == 4)
			add(keys[(r >> 9) % KEYS], 1);
	}
	return sum;
}
