// SPDX-License-Identifier: GPL-2.0
/* objects of five classes in random order, each with four virtual functions */
#define BENCH_RUNS 12
#include "../bench.h"

enum { OBJECTS = 20000 };

struct shape;

struct class {
	s32 (*area)(const struct shape *);
	s32 (*edges)(const struct shape *);
	void (*move)(struct shape *, s32, s32);
	s32 (*weight)(const struct shape *, s32);
};

struct shape {
	const struct class *class;
	s32 x, y, w, h;
};

static s32 rect_area(const struct shape *s)	{ return s->w * s->h; }
static s32 rect_edges(const struct shape *s)	{ return 2 * (s->w + s->h); }
static s32 square_area(const struct shape *s)	{ return s->w * s->w; }
static s32 square_edges(const struct shape *s)	{ return 4 * s->w; }
static s32 circle_area(const struct shape *s)	{ return 355 * s->w * s->w / 113; }
static s32 circle_edges(const struct shape *s)	{ return 710 * s->w / 113; }
static s32 point_area(const struct shape *s)	{ return s->x & 1; }
static s32 point_edges(const struct shape *s)	{ return s->y & 1; }
static s32 triangle_area(const struct shape *s)	{ return s->w * s->h >> 1; }
static s32 triangle_edges(const struct shape *s) { return s->w + s->h + (s->w > s->h ? s->w : s->h); }

static void move_free(struct shape *s, s32 dx, s32 dy)
{
	s->x += dx;
	s->y += dy;
}

static void move_grid(struct shape *s, s32 dx, s32 dy)
{
	s->x = (s->x + dx) & ~3;
	s->y = (s->y + dy) & ~3;
}

static void move_not(struct shape *s, s32 dx, s32 dy)
{
	s->w = (s->w + dx + dy) & 1023;
}

static s32 weight_area(const struct shape *s, s32 by)
{
	return s->class->area(s) / by;
}

static s32 weight_edges(const struct shape *s, s32 by)
{
	return s->class->edges(s) * by;
}

static const struct class classes[] = {
	{ rect_area, rect_edges, move_free, weight_area },
	{ square_area, square_edges, move_grid, weight_edges },
	{ circle_area, circle_edges, move_free, weight_area },
	{ point_area, point_edges, move_not, weight_edges },
	{ triangle_area, triangle_edges, move_grid, weight_area },
};

static struct shape *shapes;

void bench_setup(void)
{
	int i;

	shapes = malloc(OBJECTS * sizeof(*shapes));
	for (i = 0; i < OBJECTS; i++)
		shapes[i] = (struct shape){ &classes[(bench_random() >> 32) % 5], i, -i,
					    bench_random() >> 56, bench_random() >> 56 };
}

u64 bench_run(void)
{
	u64 sum = 0;
	int round, i;

	for (round = 0; round < 80; round++)
		for (i = 0; i < OBJECTS; i++) {
			struct shape *s = &shapes[i];

			s->class->move(s, round, 1);
			sum += s->class->area(s);
			sum += s->class->weight(s, 3);
		}
	return sum;
}
