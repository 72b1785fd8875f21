/* describe.h - the figures of each cell, and of the run as a whole. */
#ifndef STATS_DESCRIBE_H
#define STATS_DESCRIBE_H

#include "strata.h"

/* s->cells, from the strata of all rows that count and of those that are not suspect. */
void describe_cells(struct summary *s, const struct effective *eff, const struct strata *strata,
	const struct strata *valid_only);
/* The counts, times and client figures of the summary. */
void describe_run(struct summary *s);

#endif
