// SPDX-License-Identifier: GPL-2.0
/*
 * a mix in the manner of EEMBC's CoreMark: linked lists (find, sort, reverse),
 * a small matrix, a state machine that reads numbers, and a CRC-16 over all of it
 */
#define BENCH_RUNS 11
#include "../bench.h"

enum { ITEMS = 40, MATRIX = 9, TEXT = 400, ROUNDS = 2000 };

static u16 crc16(u16 crc, u16 value)
{
	int i;

	for (i = 0; i < 16; i++) {
		int bit = (crc ^ value) & 1;

		value >>= 1;
		crc >>= 1;
		if (bit)
			crc ^= 0xa001;
	}
	return crc;
}

/* ---- lists ---- */

struct item {
	struct item *next;
	struct item_data {
		short value, index;
	} *data;
};

static struct item items[ITEMS];
static struct item_data datas[ITEMS];

static struct item *list_make(u32 seed)
{
	int i;

	for (i = 0; i < ITEMS; i++) {
		seed = seed * 1103515245 + 12345;
		datas[i].value = seed >> 16 & 0x7ff;
		datas[i].index = i;
		items[i].data = &datas[i];
		items[i].next = i + 1 < ITEMS ? &items[i + 1] : NULL;
	}
	return items;
}

static struct item *list_find(struct item *list, int value, int index)
{
	if (index >= 0) {
		while (list && list->data->index != index)
			list = list->next;
	} else {
		while (list && (list->data->value & 0xff) != value)
			list = list->next;
	}
	return list;
}

static struct item *list_reverse(struct item *list)
{
	struct item *next, *done = NULL;

	while (list) {
		next = list->next;
		list->next = done;
		done = list;
		list = next;
	}
	return done;
}

static int by_value(const struct item_data *a, const struct item_data *b)
{
	return a->value - b->value;
}

static int by_index(const struct item_data *a, const struct item_data *b)
{
	return a->index - b->index;
}

/* merge sort from below */
static NOINLINE struct item *list_sort(struct item *list,
				       int (*compare)(const struct item_data *, const struct item_data *))
{
	int size, merges, np, nq, i;

	for (size = 1;; size *= 2) {
		struct item *p = list, *q, *e, *tail = NULL;

		list = NULL;
		merges = 0;
		while (p) {
			merges++;
			q = p;
			np = 0;
			for (i = 0; i < size && q; i++, np++)
				q = q->next;
			nq = size;
			while (np > 0 || (nq > 0 && q)) {
				if (np == 0 || (nq > 0 && q && compare(p->data, q->data) > 0)) {
					e = q;
					q = q->next;
					nq--;
				} else {
					e = p;
					p = p->next;
					np--;
				}
				if (tail)
					tail->next = e;
				else
					list = e;
				tail = e;
			}
			p = q;
		}
		tail->next = NULL;
		if (merges <= 1)
			return list;
	}
}

static NOINLINE u16 run_list(u32 seed)
{
	struct item *list = list_make(seed), *found;
	u16 crc = 0;
	int i;

	for (i = 0; i < 30; i++) {
		found = list_find(list, (seed + i) & 0xff, i & 1 ? i : -1);
		list = list_reverse(list);
		if (found) {
			crc = crc16(crc, found->data->value);
			if (found->next)
				crc = crc16(crc, found->next->data->index);
		}
	}
	list = list_sort(list, by_value);
	crc = crc16(crc, list->data->value);
	list = list_sort(list, by_index);
	for (; list; list = list->next)
		crc = crc16(crc, list->data->value);
	return crc;
}

/* ---- matrix ---- */

static short ma[MATRIX][MATRIX], mb[MATRIX][MATRIX];
static int mc[MATRIX][MATRIX];

static NOINLINE u16 run_matrix(u32 seed)
{
	int i, j, k, sum = 0;
	u16 crc = 0;

	for (i = 0; i < MATRIX; i++)
		for (j = 0; j < MATRIX; j++) {
			seed = seed * 1103515245 + 12345;
			ma[i][j] = seed >> 20 & 0xff;
			mb[i][j] = seed >> 16 & 0xff;
		}
	for (i = 0; i < MATRIX; i++)
		for (j = 0; j < MATRIX; j++) {
			mc[i][j] = 0;
			for (k = 0; k < MATRIX; k++)
				mc[i][j] += ma[i][k] * mb[k][j];
			sum += mc[i][j];
			if (sum > 100000) {
				crc = crc16(crc, sum);
				sum = 0;
			}
		}
	for (i = 0; i < MATRIX; i++)
		for (j = 0; j < MATRIX; j++) {
			mc[i][j] = 0;
			for (k = 0; k < MATRIX; k++) {
				int v = ma[i][k] * mb[k][j];

				mc[i][j] += (v >> 2 & 0xf) * (v >> 5 & 0x7f);
			}
			crc = crc16(crc, mc[i][j]);
		}
	return crc;
}

/* ---- state machine ---- */

enum state { START, INVALID, SIGN, INTEGER, FRACTION, EXPONENT, POWER, NR_STATES };

static char numbers[TEXT + 1];

static NOINLINE enum state next_number(const char **text, u32 *counts)
{
	enum state state = START;
	const char *s = *text;

	for (; *s && state != INVALID; s++) {
		char c = *s;
		int digit = c >= '0' && c <= '9';

		if (c == ',') {
			s++;
			break;
		}
		switch (state) {
		case START:
			state = digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID;
			break;
		case SIGN:
			state = digit ? INTEGER : c == '.' ? FRACTION : INVALID;
			break;
		case INTEGER:
			if (!digit)
				state = c == '.' ? FRACTION : INVALID;
			break;
		case FRACTION:
			if (!digit)
				state = c == 'e' || c == 'E' ? EXPONENT : INVALID;
			break;
		case EXPONENT:
			state = c == '+' || c == '-' || digit ? POWER : INVALID;
			break;
		case POWER:
			if (!digit)
				state = INVALID;
			break;
		default:
			break;
		}
		counts[state]++;
	}
	*text = s;
	return state;
}

static NOINLINE u16 run_states(u32 seed)
{
	u32 counts[NR_STATES] = { 0 }, ends[NR_STATES] = { 0 };
	const char *text = numbers;
	u16 crc = 0;
	int i;

	numbers[seed % TEXT] ^= 1;
	while (*text)
		ends[next_number(&text, counts)]++;
	numbers[seed % TEXT] ^= 1;
	for (i = 0; i < NR_STATES; i++) {
		crc = crc16(crc, counts[i]);
		crc = crc16(crc, ends[i]);
	}
	return crc;
}

void bench_setup(void)
{
	static const char * const kinds[] = {
		"5012", "1234", "-874", "+122", "35.54400", ".1234500", "-110.700", "+0.64400",
		"5.500e+3", "-.123e-2", "-87e+832", "+0.6e-12", "T0.3e-1F", "-T.T++Tq", "1T3.4e4z", "34.0e-T^",
	};
	size_t at = 0;

	for (;;) {
		const char *kind = kinds[bench_random() >> 60];

		if (at + strlen(kind) + 1 > TEXT)
			break;
		strcpy(numbers + at, kind);
		at += strlen(kind);
		numbers[at++] = ',';
	}
	numbers[at] = 0;
	while (at < TEXT)
		numbers[at++] = 0;
}

u64 bench_run(void)
{
	u16 crc = 0;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		crc = crc16(crc, run_list(i ^ crc));
		crc = crc16(crc, run_matrix(i ^ crc));
		crc = crc16(crc, run_states(i));
		crc = crc16(crc, run_states(i * 7 + 3));
	}
	return crc;
}
