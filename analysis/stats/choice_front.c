/* choice_front.c - the front, the balance under weights, and how far a weight may change. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"

double choice_good(const struct choice *c, size_t i, size_t axis, const double *noise)
{
	return c->axis[axis].better *
		(c->settings[i].mean[axis] + (noise ? noise[i * c->naxes + axis] : 0));
}

/* ---- the front ---- */

/* 1: x is at least as good in all and not the same; -1: y is; 0: neither. */
static int beats(const double *x, const double *y, size_t n)
{
	bool more = false, less = false;

	for (size_t a = 0; a < n; a++) {
		more = more || x[a] > y[a];
		less = less || x[a] < y[a];
	}
	return more - less;
}

/* The front of those before i, who is held against it; whoever beats one goes first, since it will
 * beat others.  Returns its size. */
static size_t hold_against(
	uint32_t *front, size_t nfront, const double *all, size_t naxes, uint32_t i, bool *on)
{
	for (size_t f = 0; f < nfront;) {
		uint32_t other = front[f];
		int wins = beats(all + other * naxes, all + i * naxes, naxes);

		if (wins > 0) {
			on[i] = false;
			front[f] = front[0];
			front[0] = other;
			return nfront;
		}
		if (wins < 0) {
			on[other] = false;
			front[f] = front[--nfront];
		} else {
			f++;
		}
	}
	front[nfront] = i;
	return nfront + 1;
}

void choice_front(const struct choice *c, const double *noise, bool *on)
{
	double *all = xcalloc(c->n * c->naxes, sizeof(*all));
	uint32_t *front = xcalloc(c->n, sizeof(*front));
	size_t nfront = 0;

	for (size_t i = 0; i < c->n; i++) {
		for (size_t axis = 0; axis < c->naxes; axis++) {
			double x = choice_good(c, i, axis, noise);

			/* What is not known is no reason to choose it. */
			all[i * c->naxes + axis] = isfinite(x) ? x : (double)-INFINITY;
		}
		on[i] = true;
	}
	for (uint32_t i = 0; i < c->n; i++)
		nfront = hold_against(front, nfront, all, c->naxes, i, on);
	free(all);
	free(front);
}

/* ---- weights ---- */

double choice_value(const struct choice *c, size_t i, const double *noise)
{
	double value = 0;

	for (size_t axis = 0; axis < c->naxes; axis++) {
		if (c->axis[axis].weight > 0)
			value += c->axis[axis].weight * choice_good(c, i, axis, noise);
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
			slope[i] = choice_good(c, i, axis, NULL);
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
