/* trend_points.h - a step of trend_lines_make: the points that a robust slope is drawn through. */
#ifndef STATS_TREND_POINTS_H
#define STATS_TREND_POINTS_H

#include "effects.h"

struct trend_points {
	uint32_t *level; /* [n] effective level of the factor */
	double *y;       /* [n] on the analysis scale */
	size_t n;
};

/* For each load of a runner factor its mean, for a sampling factor its mean at each level: the
 * effect of the level and what the whole model leaves, so that passes, prompts, other factors and
 * interactions are out of it.  Release with free() of both.  Not for grids with holes (gls). */
void trend_points_of(struct trend_points *p, struct strata *s, const struct effective *eff,
	const struct effect *e, const struct effect_work *w);

#endif
