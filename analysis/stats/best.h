/* best.h - the settings among which the best one is, with 95 % (docs/statistics.md, choice). */
#ifndef STATS_BEST_H
#define STATS_BEST_H

#include "strata.h"

/* More settings than this are not compared all at once. */
#define BEST_MAX_SETTINGS 2000

/* Fills `best` for the strata's metric; lists are in the arena.  The same bytes each time. */
void best_find(struct best_set *best, const struct strata *s, const struct dataset *d,
	const struct effective *eff, struct arena *arena);
/* Cells whose setting no other beats in both metrics, by estimate, the highest throughput first. */
void best_pareto(struct summary *s, const struct strata *throughput, const struct strata *ttft,
	const struct effective *eff);

#endif
