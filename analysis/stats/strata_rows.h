/* strata_rows.h - from groups and loads to the triangles of the models. */
#ifndef STATS_STRATA_ROWS_H
#define STATS_STRATA_ROWS_H

#include "strata.h"

/* A model of the groups, each load's rows less a part of the load's mean.  `ratio` is the variance
 * of loads over that of requests; infinite: only differences inside a load count, and the load is
 * absorbed as a fixed term. */
struct strata_model {
	const struct strata *s;
	const struct design *design;
	double ratio;
	/* NULL, or: of the design's terms only passes and prompts, beside a column for each
	 * setting: place[nsettings], below nplaces. */
	const uint32_t *place;
	size_t nplaces;
	const struct effective *eff;
};

size_t strata_model_ncols(const struct strata_model *m);
/* Inits l and feeds it. */
void strata_feed(struct lin *l, const struct strata_model *m);
/* The same to a lin that was inited, row by row: long, and exact whatever the data are. */
void strata_feed_rows(struct lin *l, const struct strata_model *m);

/* The same of the runner stratum, a row for each load: its adjusted mean. */
void strata_feed_loads(struct lin *l, const struct strata *s);
void strata_feed_load_rows(struct lin *l, const struct strata *s);

#endif
