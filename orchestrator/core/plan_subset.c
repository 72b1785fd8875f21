/* plan_subset.c - part of a grid, drawn by seed: at random, as a Latin hypercube, or along a Sobol
 * sequence.
 *
 * A grid that can be gone through is, so that what the conditions take is counted and a random
 * subset is drawn from what is left.  Of a larger one places are drawn, and drawn again where a
 * condition takes them or their settings are there already, up to a bound. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "num.h"
#include "plan_cells.h"
#include "rng.h"
#include "sobol.h"
#include "vec.h"

#define MAX_DRAWS    10000000
#define LATIN_ROUNDS 64

static uint64_t asked(const struct plan_walk *w)
{
	return (uint64_t)w->p->sweep->subset.cells;
}

/* ---- at random ---- */

static void draw_random(struct plan_walk *w, struct rng *r, uint64_t *draws)
{
	for (; w->kept.n < asked(w) && *draws < MAX_DRAWS; ++*draws) {
		plan_walk_seek(w, rng_below(r, w->places));
		plan_walk_keep(w);
	}
}

/* n of the places kept, each subset of n equally likely: Knuth's selection sampling. */
static void choose_random(struct plan_walk *w, struct rng *r)
{
	uint64_t wanted = asked(w), n = 0;

	for (uint64_t i = 0; i < w->kept.n && n < wanted; i++) {
		if (rng_below(r, w->kept.n - i) < wanted - n)
			w->kept.v[n++] = w->kept.v[i];
	}
	w->kept.n = n;
}

/* ---- Latin hypercube ---- */

/* Of n strata over `size` levels: every level as often as any other, but for one.  Where there are
 * fewer strata than levels, a level drawn from the stratum. */
static uint64_t stratum_level(uint64_t stratum, uint64_t n, uint64_t size, struct rng *r)
{
	uint64_t low, high;

	if (n >= size)
		return (2 * stratum + 1) * size / (2 * n);
	low = stratum * size / n;
	high = (stratum + 1) * size / n;
	return low + rng_below(r, high - low);
}

/* Levels by dimension, [dims][n]. */
static uint32_t *latin_levels(const struct plan_walk *w, struct rng *r, uint64_t n)
{
	uint32_t *level = xmalloc(w->p->ndims * n * sizeof(*level) + 1);

	for (size_t d = 0; d < w->p->ndims; d++) {
		uint32_t *of = level + d * n;

		rng_permute(r, of, n);
		for (uint64_t i = 0; i < n; i++)
			of[i] = (uint32_t)stratum_level(of[i], n, w->p->dims[d].size, r);
	}
	return level;
}

static void shuffle(struct rng *r, uint32_t *v, uint64_t n)
{
	for (uint64_t i = n; i > 1; i--) {
		uint64_t k = rng_below(r, i);
		uint32_t x = v[i - 1];

		v[i - 1] = v[k];
		v[k] = x;
	}
}

/* Keeps what can be kept of the first m points and moves the others to the front. */
static uint64_t try_points(struct plan_walk *w, uint32_t *level, uint64_t n, uint64_t m)
{
	uint64_t left = 0;

	for (uint64_t i = 0; i < m; i++) {
		uint64_t grid = 0;

		for (size_t d = 0; d < w->p->ndims; d++)
			grid += level[d * n + i] * w->p->dims[d].stride;
		plan_walk_seek(w, grid);
		if (plan_walk_keep(w))
			continue;
		for (size_t d = 0; d < w->p->ndims; d++)
			level[d * n + left] = level[d * n + i];
		left++;
	}
	return left;
}

/* Points that are not kept exchange their levels among each other, so that every level stays as
 * often as it was.  What finds no place is drawn at random. */
static void draw_latin(struct plan_walk *w, struct rng *r, uint64_t *draws)
{
	uint64_t n = asked(w), left = n;
	uint32_t *level = latin_levels(w, r, n);
	char text[NUM_TEXT];

	for (int round = 0; round < LATIN_ROUNDS && left && *draws < MAX_DRAWS; round++) {
		for (size_t d = 0; d < w->p->ndims && round; d++)
			shuffle(r, level + d * n, left);
		*draws += left;
		left = try_points(w, level, n, left);
	}
	free(level);
	if (left)
		plan_note(w->p,
			"subset: the conditions leave no place for %s points of the Latin "
			"hypercube: drawn at random",
			num_group(text, (int64_t)left));
	draw_random(w, r, draws);
}

/* ---- Sobol ---- */

static void draw_sobol(struct plan_walk *w, struct rng *r, uint64_t *draws)
{
	uint32_t point[SOBOL_MAX_DIMS];
	struct sobol s;

	sobol_init(&s, w->p->ndims, r);
	for (; w->kept.n < asked(w) && *draws < MAX_DRAWS && sobol_next(&s, point); ++*draws) {
		uint64_t grid = 0;

		for (size_t d = 0; d < w->p->ndims; d++) {
			const struct plan_dim *dim = &w->p->dims[d];

			grid += ((uint64_t)point[d] * dim->size >> SOBOL_BITS) * dim->stride;
		}
		plan_walk_seek(w, grid);
		plan_walk_keep(w);
	}
}

/* ---- all of it ---- */

/* Goes through a grid that is small enough; true if that is all that was to be done. */
static bool take_small(struct plan_walk *w, struct rng *r, struct err *e, int *failed)
{
	enum subset_kind kind = w->p->sweep->subset.kind;
	char n[NUM_TEXT], m[NUM_TEXT];

	*failed = 0;
	if (w->places > SWEEP_MAX_CELLS)
		return false;
	*failed = plan_walk_all(w, e);
	w->counted = true;
	if (*failed || w->kept.n == 0)
		return true;
	if (w->kept.n <= asked(w)) {
		if (w->kept.n < asked(w))
			plan_note(w->p, "subset: %s cells are asked for, and there are only %s",
				num_group(n, (int64_t)asked(w)), num_group(m, (int64_t)w->kept.n));
		return true;
	}
	if (kind == SUBSET_RANDOM) {
		choose_random(w, r);
		return true;
	}
	w->kept.n = 0;
	plan_set_release(&w->seen);
	return false;
}

int plan_walk_subset(struct plan_walk *w, struct err *e)
{
	const struct sweep_subset *s = &w->p->sweep->subset;
	char n[NUM_TEXT], m[NUM_TEXT], k[NUM_TEXT];
	uint64_t draws = 0;
	struct rng r;
	int failed;

	rng_init(&r, (uint64_t)s->seed, "subset");
	if (take_small(w, &r, e, &failed))
		return failed;
	if (s->kind == SUBSET_RANDOM)
		draw_random(w, &r, &draws);
	else if (s->kind == SUBSET_LATIN)
		draw_latin(w, &r, &draws);
	else
		draw_sobol(w, &r, &draws);
	if (w->kept.n && w->kept.n < asked(w))
		plan_note(w->p,
			"subset: %s of %s cells were found in %s draws: the others were taken by "
			"the conditions or drawn before",
			num_group(n, (int64_t)w->kept.n), num_group(m, (int64_t)asked(w)),
			num_group(k, (int64_t)draws));
	return 0;
}
