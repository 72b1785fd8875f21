/* trust.h - what the rows themselves say about how far their figures may be trusted: whether the F
 * tests hold without their assumptions, whether something changed during the run, whether a cell
 * has more than one hump or a trend of its own.  Reported, changes no test. */
#ifndef STATS_TRUST_H
#define STATS_TRUST_H

#include "change.h"
#include "effects.h"
#include "modes.h"
#include "permute.h"

/* A cell and a primary metric of it. */
struct trust_cell {
	uint32_t cell;
	enum metric metric;
	struct modes modes;        /* on the analysis scale */
	struct change_trend trend; /* of its loads' means, per pass */
	double humps_adjusted;     /* p of the dip, Benjamini and Hochberg over cells; NaN */
	double trend_adjusted;     /* p of the trend, Holm over cells; NaN */
};

/* A step in the means of the loads, of all settings alike. */
struct trust_change {
	enum metric metric;
	struct change change;
	double ratio;   /* after to before (difference if not log); NaN */
	uint32_t load;  /* the first after it, in dataset.loads; DATA_NONE */
	double started; /* when, hours since 1970; NaN */
};

/* Said aloud below these. */
#define TRUST_STEP_P  0.01
#define TRUST_HUMPS_P 0.01
#define TRUST_TREND_P 0.05

struct trust {
	struct trust_cell *cells;
	size_t ncells;
	struct trust_change *changes; /* of each primary metric that is there */
	size_t nchanges;
	struct permutation *permutation; /* [effects]; main effects of primary metrics have one */
};

/* While the strata are there.  Everything is in the arena. */
void trust_make(struct trust *t, const struct dataset *d, const struct effective *eff,
	const struct effects *effects, struct strata *strata, struct arena *arena);

/* {"looked_at", "humps": [...], "trends": [...], "steps": {metric: ...}}; new reference. */
json_t *trust_json(const struct trust *t, const struct dataset *d);

#endif
