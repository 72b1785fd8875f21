/* strata_parts.h - the steps of strata_fit that have a file of their own. */
#ifndef STATS_STRATA_PARTS_H
#define STATS_STRATA_PARTS_H

#include "strata.h"

/* Groups, loads and cells from the rows that count; no groups where no row has the metric. */
void strata_collect(struct strata *s, const struct dataset *d, const struct effective *eff,
	bool valid_only, struct arena *arena);
/* Where the server is a factor: the error of its effect, after the runner stratum was fitted. */
void strata_host_error(struct strata *s);
/* And the pass effects as shifts within each server, since the servers' own levels are the
 * factor's. */
void strata_center_passes(struct strata *s, const struct dataset *d);

/* Whether the grid has holes; after strata_collect. */
void strata_find_holes(struct strata *s, const struct dataset *d, const struct effective *eff,
	struct arena *arena);
/* A grid with holes: the joint model, after the errors of both strata were found. */
void strata_fit_gls(struct strata *s, const struct dataset *d, const struct effective *eff,
	struct arena *arena);
struct strata_error strata_gls_error(struct strata *s, const struct dataset *d, int a, int b);

/* With fewer degrees of freedom between loads Satterthwaite's are too hopeful. */
#define STRATA_FEW_DF 3

#endif
