/* ordered_levels.h - the levels of a factor that are numbers, in order, with what an effect knows
 * of their differences: the ground of contrasts.h and trend_line.h. */
#ifndef STATS_ORDERED_LEVELS_H
#define STATS_ORDERED_LEVELS_H

#include "effects.h"

/* Fewer are no order: a line through two levels is their difference. */
#define ORDERED_LEAST 3

struct ordered_levels {
	size_t n;
	uint32_t *level; /* [n] of the effect, by rising number */
	double *number;  /* [n] as set */
	/* [n] on the scale on which their steps are most alike: log2 if `doubling`. */
	double *x;
	bool doubling;
	/* Of each level less the first: estimate [n], and its covariances over the error mean
	 * square [n * n]; 0 for the first. */
	double *difference, *unit;
};

/* Everything is in the arena.  Returns NULL, or why there is no order (static text). */
const char *ordered_levels_of(struct ordered_levels *o, const struct effect *e,
	const struct effect_work *w, const struct effective *eff, struct arena *arena);

/* Whether equal ratios describe the ascending numbers v[n] better than equal steps: the steps of
 * their logarithms vary less, relative to their mean.  False if one is not above 0. */
bool ordered_is_doubling(const double *v, size_t n);

/* The best weights w[n] for sum(w x) = 1, sum(w) = 0: the slope of the generalised least squares
 * line through the levels is sum(w difference), its variance over the error mean square *unit, and
 * *misfit the sum of squares that the levels have beyond it, on n - 2 degrees of freedom.  False
 * where the differences have no variance to weigh by. */
bool ordered_slope(const struct ordered_levels *o, double *w, double *unit, double *misfit);

#endif
