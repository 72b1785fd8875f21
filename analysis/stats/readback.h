/* readback.h - which settings were really different, by what the server said after each load.
 *
 * Levels of a runner factor that came to the same thing are one effective level; a setting is one
 * combination of effective levels, a treatment its runner part.  Blocks of one treatment are
 * further replicates of it (docs/statistics.md, aliases). */
#ifndef STATS_READBACK_H
#define STATS_READBACK_H

#include "summary.h"

struct effective_factor {
	uint32_t nlevels;  /* different ones */
	uint32_t *of;      /* [levels of the factor] effective level */
	const char **name; /* [nlevels] "auto = 99" */
	double *value;     /* [nlevels] of the first of them, NaN for words */
};

struct effective {
	struct effective_factor *factors; /* [dataset.nfactors] */
	uint32_t *setting;                /* [dataset.ncells] */
	uint32_t *treatment;              /* [dataset.ncells] */
	/* [nfactors] another factor whose levels it follows one by one (zip), so that their effects
	 * are one: that is analysed as the other's; -1 none. */
	int *in_step;
	uint32_t nsettings;
	uint32_t *first_cell; /* [nsettings] the first cell that is it */
};

/* Everything is in the arena; *aliases gets what was found and what the plan knew. */
void effective_find(struct effective *eff, const struct dataset *d, struct arena *arena,
	struct alias_finding **aliases, size_t *naliases);
/* A step of it: in_step, from the levels in effect. */
void effective_steps(struct effective *eff, const struct dataset *d, struct arena *arena);

#endif
