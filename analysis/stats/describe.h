/* describe.h - the figures of each cell, and of the run as a whole. */
#ifndef STATS_DESCRIBE_H
#define STATS_DESCRIBE_H

#include "strata.h"

/* s->cells but for the estimate of scores, from the strata of all rows that count and of those that
 * are not suspect. */
void describe_cells(struct summary *s, const struct effective *eff, const struct strata *strata,
	const struct strata *valid_only);
/* What bursts say of each cell: how many were served at once, where it is a queue, where more was
 * sent than the server takes. */
void describe_bursts(struct summary *s, const struct effective *eff);
/* The counts, times and client figures of the summary. */
void describe_run(struct summary *s);

#endif
