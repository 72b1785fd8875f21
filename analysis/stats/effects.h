/* effects.h - what each factor does to each metric: tests, levels, verdicts (docs/statistics.md).
 */
#ifndef STATS_EFFECTS_H
#define STATS_EFFECTS_H

#include "strata.h"

/* What a verdict is made from, beside the effect itself.  On the analysis scale. */
struct effect_work {
	struct strata *s;
	const struct design *design;
	struct lin *lin;
	const struct design_term *term; /* NULL: alias, or not in the design */
	struct lin_fit with, without;   /* type II models, while the effect is made */
	double ms;                      /* error mean square; NaN */
	double widest;  /* furthest reach of a pairwise 90 % interval; NaN unknown */
	double pattern; /* noncentrality of one level (or cell) that is off by 1, times ms; 0 none
			 */
	double *difference, *unit; /* [nlevels * nlevels] level j less level i, its variance / ms */
	const char *too_much;      /* its level that the server does not take; NULL: none */
	bool withheld;             /* its estimates would mislead */
	size_t questions;          /* the unit of a score, in place of loads and requests; else 0 */
};

struct effects {
	struct effect *v;
	struct effect_work *work;
	size_t n;
};

/* All main effects and two-factor interactions for every metric that is there (of the score the
 * main effects), adjusted for their number and judged.  strata[nmetrics] are of the same
 * dataset. */
void effects_make(struct effects *ret, const struct dataset *d, const struct effective *eff,
	struct strata *strata, struct arena *arena);

/* Steps of effects_make. */
void effects_blank(struct effect *e, enum metric metric, const struct dataset *d);
void effects_levels(struct effect *e, struct effect_work *w, const struct dataset *d,
	const struct effective *eff, struct arena *arena);
void effects_interaction(struct effect *e, struct effect_work *w, const struct effective *eff);
void effects_judge(struct effects *all, struct arena *arena);

#endif
