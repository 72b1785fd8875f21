/* choice_front.c - the front, the balance under weights, and how far a weight may change. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"

/* Turned so that more is better. */
static double good(const struct choice *c, size_t i, size_t axis, const double *noise)
{
	return c->axis[axis].better *
		(c->settings[i].mean[axis] + (noise ? noise[i * c->naxes + axis] : 0));
}

/* ---- the front ---- */

struct entry {
	const double *good; /* [naxes] */
	size_t i, naxes;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	for (size_t axis = 0; axis < x->naxes; axis++) {
		if (x->good[axis] != y->good[axis])
			return x->good[axis] > y->good[axis] ? -1 : 1;
	}
	return (x->i > y->i) - (x->i < y->i);
}

/* At least as good in all, and not the same. */
static bool beats(const struct entry *x, const struct entry *y)
{
	bool better = false;

	for (size_t axis = 0; axis < x->naxes; axis++) {
		if (x->good[axis] < y->good[axis])
			return false;
		better = better || x->good[axis] > y->good[axis];
	}
	return better;
}

/* Sorted by the first axis: whoever is beaten is beaten by one that is on the front before it. */
void choice_front(const struct choice *c, const double *noise, bool *on)
{
	double *all = xcalloc(c->n * c->naxes, sizeof(*all));
	struct entry *sorted = xcalloc(c->n, sizeof(*sorted));
	size_t front = 0;

	for (size_t i = 0; i < c->n; i++) {
		for (size_t axis = 0; axis < c->naxes; axis++) {
			double x = good(c, i, axis, noise);

			/* What is not known is no reason to choose it. */
			all[i * c->naxes + axis] = isfinite(x) ? x : (double)-INFINITY;
		}
		sorted[i] = (struct entry){all + i * c->naxes, i, c->naxes};
		on[i] = false;
	}
	qsort(sorted, c->n, sizeof(*sorted), compare_entries);
	for (size_t k = 0; k < c->n; k++) {
		struct entry e = sorted[k];
		bool beaten = false;

		for (size_t f = 0; f < front && !beaten; f++)
			beaten = beats(&sorted[f], &e);
		if (beaten)
			continue;
		on[e.i] = true;
		sorted[front++] = e; /* those before k that were beaten are not needed any more */
	}
	free(all);
	free(sorted);
}

/* ---- weights ---- */

double choice_value(const struct choice *c, size_t i, const double *noise)
{
	double value = 0;

	for (size_t axis = 0; axis < c->naxes; axis++) {
		if (c->axis[axis].weight > 0)
			value += c->axis[axis].weight * good(c, i, axis, noise);
	}
	return isfinite(value) ? value : (double)-INFINITY;
}

/* The setting that is best at `weight`, of those with base + weight x slope; the steeper of equals,
 * since that is what comes next. */
static size_t best_at(const double *base, const double *slope, size_t n, double weight)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++) {
		double x = base[i] + weight * slope[i], y = base[best] + weight * slope[best];

		if (x > y || (x == y && slope[i] > slope[best]))
			best = i;
	}
	return best;
}

/* The upper envelope of the lines base + weight x slope, from weight 0. */
static void envelope(struct choice_sweep *sweep, const double *base, const double *slope, size_t n,
	struct arena *arena)
{
	size_t best = best_at(base, slope, n, 0);
	double weight = 0;

	sweep->breaks = arena_alloc(arena, n, sizeof(*sweep->breaks));
	for (;;) {
		double next = INFINITY;
		size_t then = best;

		sweep->breaks[sweep->n++] = (struct choice_break){weight, (uint32_t)best};
		for (size_t i = 0; i < n; i++) {
			double at;

			if (!(slope[i] > slope[best]) || !isfinite(base[i]))
				continue;
			at = (base[best] - base[i]) / (slope[i] - slope[best]);
			if (at < next || (at == next && slope[i] > slope[then])) {
				next = at;
				then = i;
			}
		}
		if (then == best || sweep->n == n)
			return;
		weight = fmax(weight, next);
		best = then;
	}
}

void choice_sweeps(struct choice *c, struct arena *arena)
{
	double *base = xcalloc(c->n, sizeof(*base)), *slope = xcalloc(c->n, sizeof(*slope));

	c->sweeps = arena_alloc(arena, c->naxes, sizeof(*c->sweeps));
	for (size_t axis = 0; axis < c->naxes && c->n > 0; axis++) {
		struct choice_sweep *sweep = &c->sweeps[c->nsweeps];
		double weight = c->axis[axis].weight;

		if (!(weight > 0))
			continue;
		c->axis[axis].weight = 0;
		for (size_t i = 0; i < c->n; i++) {
			base[i] = choice_value(c, i, NULL);
			slope[i] = good(c, i, axis, NULL);
			if (!isfinite(slope[i])) {
				slope[i] = 0;
				base[i] = -INFINITY;
			}
		}
		c->axis[axis].weight = weight;
		sweep->axis = axis;
		envelope(sweep, base, slope, c->n, arena);
		c->nsweeps++;
	}
	free(base);
	free(slope);
}
