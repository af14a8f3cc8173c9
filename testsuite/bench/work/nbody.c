// SPDX-License-Identifier: GPL-2.0
/* five planets, symplectic integrator, as in the Computer Language Benchmarks Game */
#include <math.h>

#define BENCH_RUNS 5
#include "../bench.h"

enum { BODIES = 5, STEPS = 1200000 };

#define PI		3.141592653589793
#define SOLAR_MASS	(4 * PI * PI)
#define DAYS		365.24

struct body {
	double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[BODIES] = {
	{ 0, 0, 0, 0, 0, 0, SOLAR_MASS },
	{ 4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
	  1.66007664274403694e-03 * DAYS, 7.69901118419740425e-03 * DAYS,
	  -6.90460016972063023e-05 * DAYS, 9.54791938424326609e-04 * SOLAR_MASS },
	{ 8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
	  -2.76742510726411e-03 * DAYS, 4.99852801234917238e-03 * DAYS,
	  2.30417297573763929e-05 * DAYS, 2.85885980666130812e-04 * SOLAR_MASS },
	{ 12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
	  2.96460137564761618e-03 * DAYS, 2.37847173959480950e-03 * DAYS,
	  -2.96589568540237556e-05 * DAYS, 4.36624404335156298e-05 * SOLAR_MASS },
	{ 15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
	  2.68067772490389322e-03 * DAYS, 1.62824170038242295e-03 * DAYS,
	  -9.51592254519715870e-05 * DAYS, 5.15138902046611451e-05 * SOLAR_MASS },
};

void bench_setup(void)
{
}

static NOINLINE void advance(struct body *body, double dt)
{
	int i, j;

	for (i = 0; i < BODIES; i++) {
		struct body *b = &body[i];

		for (j = i + 1; j < BODIES; j++) {
			struct body *b2 = &body[j];
			double dx = b->x - b2->x, dy = b->y - b2->y, dz = b->z - b2->z;
			double square = dx * dx + dy * dy + dz * dz;
			double mag = dt / (square * sqrt(square));

			b->vx -= dx * b2->mass * mag;
			b->vy -= dy * b2->mass * mag;
			b->vz -= dz * b2->mass * mag;
			b2->vx += dx * b->mass * mag;
			b2->vy += dy * b->mass * mag;
			b2->vz += dz * b->mass * mag;
		}
	}
	for (i = 0; i < BODIES; i++) {
		struct body *b = &body[i];

		b->x += dt * b->vx;
		b->y += dt * b->vy;
		b->z += dt * b->vz;
	}
}

u64 bench_run(void)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < STEPS; i++)
		advance(bodies, 0.01);
	for (i = 0; i < BODIES; i++)
		sum = bench_mix_double(sum, bodies[i].x);
	return sum;
}
