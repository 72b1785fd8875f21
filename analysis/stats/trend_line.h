/* trend_line.h - the straight line through the levels of a numeric factor: how much a doubling, or
 * a unit, does to a metric; whether a line is enough; what a level between the measured ones would
 * have given.
 *
 * The slope and its misfit come from the levels' differences in the factor's own stratum (loads for
 * runner factors, requests for sampling factors), by generalised least squares: everything else in
 * the model is beside it as it is in the factor's test.  Exploratory: no verdict comes from a line,
 * and it is not in the family. */
#ifndef STATS_TREND_LINE_H
#define STATS_TREND_LINE_H

#include <jansson.h>

#include "effects.h"
#include "regress.h"

/* At a number between two measured levels; on the metric's own scale. */
struct trend_at {
	double number;
	double estimate;            /* of the mean there */
	double mean_low, mean_high; /* interval of that mean */
	/* Of the mean of one new load there, with as many requests as the run's loads; shifts that
	 * all loads of a pass have in common (sd_pass) are not in it. */
	double low, high;
};

struct trend_line {
	const struct effect *of; /* factor, metric and test */
	const char *why;         /* there is no line: the reason; else NULL */
	const char *error_why;   /* it has no interval: the reason; else NULL */
	bool log;                /* of the metric: slopes are ratios */
	bool doubling;           /* slope per doubling of the number, else per unit */
	double confidence;
	double *number; /* [nlevels] levels that are numbers, rising */
	size_t nlevels;
	/* Ratio (difference if not log) per doubling or unit. */
	double slope, low, high;
	double p, df_error;
	/* Whether the levels leave the line by more than the error explains: F on nlevels - 2
	 * degrees of freedom. */
	double misfit_f, misfit_df, misfit_p;
	/* Theil and Sen over the loads' means (runner factors) or the loads' means of each level
	 * (sampling factors), less everything else in the model; as ratios like the slope. */
	double robust, robust_low, robust_high;
	size_t points;
	const char *robust_why, *robust_interval_why;
	struct trend_at *between; /* halfway between neighbours on the line's scale */
	size_t nbetween;
	const char *between_why; /* there are none, or none with an interval: the reason */
};

/* One for each primary metric and factor with three levels or more of which one is a number, in the
 * order of `all`, while its strata are there (effect_work.s).  Everything is in the arena. */
void trend_lines_make(struct trend_line **ret, size_t *n, const struct effective *eff,
	const struct effects *all, struct arena *arena);

/* New reference. */
json_t *trend_lines_json(const struct trend_line *v, size_t n);

#endif
