/* choice_parts.h - the steps of choice_make that have a file of their own. */
#ifndef STATS_CHOICE_PARTS_H
#define STATS_CHOICE_PARTS_H

#include "best_parts.h"
#include "choice.h"
#include "quality.h"
#include "rng.h"

#define CHOICE_SQUARES 200 /* mean squares to draw from */

/* What is needed to draw the settings' means anew. */
struct choice_chance {
	struct choice *choice;
	const struct dataset *d;
	const struct effective *eff;
	struct best_contest contest[CHOICE_MAX_AXES]; /* of the axes that come from strata */
	size_t *place[CHOICE_MAX_AXES]; /* [n settings] in that contest; SIZE_MAX none */
	bool drawn[CHOICE_MAX_AXES];
	double within[CHOICE_MAX_AXES][CHOICE_SQUARES], load[CHOICE_MAX_AXES][CHOICE_SQUARES];
	struct quality quality;
	size_t score; /* the axis; SIZE_MAX none */
	struct rng rng;
	double *z_load, *z_request; /* [n] of the first axis drawn, for the second */
};

/* Settings' chances; choice.settings and axes are there.  NULL, or why nothing can be drawn. */
const char *choice_chance_init(struct choice_chance *h, struct choice *c, const struct summary *s,
	const struct effective *eff, struct strata *strata);
/* By how much the means of a draw are off: noise[n * naxes]. */
void choice_draw(struct choice_chance *h, double *noise);
void choice_chance_release(struct choice_chance *h);

/* on[i]: no other setting beats it in all axes.  mean(i, axis) = settings.mean + noise (or NULL).
 */
void choice_front(const struct choice *c, const double *noise, bool *on);
/* The value of each setting under the weights. */
double choice_value(const struct choice *c, size_t i, const double *noise);
/* Where the best changes as one weight does, for each axis with a weight. */
void choice_sweeps(struct choice *c, struct arena *arena);
void choice_knees(struct choice *c, const struct dataset *d, const struct effects *effects,
	const struct effective *eff, struct arena *arena);

#endif
