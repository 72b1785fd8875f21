/* drift.h - whether the machine changed while it was measured.  Reported, never corrected for. */
#ifndef STATS_DRIFT_H
#define STATS_DRIFT_H

#include "strata.h"

/* The trend needs so many loads, the sentinel two of its own. */
#define DRIFT_LEAST_LOADS 8

void drift_find(struct drift_summary *drift, const struct strata *s, const struct dataset *d,
	const struct effective *eff);
/* Theil-Sen slope of y over x: the median of the slopes of all pairs (Sen 1968); NaN without one.
 */
double drift_slope(const double *x, const double *y, size_t n);
/* Two-sided p of Kendall's tau, normal approximation with ties and continuity (Kendall 1975). */
double drift_kendall_p(const double *x, const double *y, size_t n);
/* Sums over groups of t equal values of t(t-1)(2t+5), t(t-1)(t-2) and t(t-1): what ties take from
 * the variance of Kendall's score. */
void drift_tie_sums(const double *v, size_t n, double sums[3]);

#endif
