/* oneway.h - one-way analysis of variance, for data without strata.  Long doubles and two passes,
 * so that constant leading digits do no harm [test_strd.c]. */
#ifndef STATS_ONEWAY_H
#define STATS_ONEWAY_H

#include <stddef.h>
#include <stdint.h>

struct oneway {
	size_t n, groups; /* groups with values */
	double df_between, df_within;
	double ss_between, ss_within; /* NaN with the reason */
	double f, p;                  /* NaN with the reason */
	double r2, residual_sd;
	const char *why; /* there is no test: the reason; else NULL.  Static text. */
};

/* y[n] of the groups of[n], each below ngroups. */
void oneway_of(const double *y, const uint32_t *of, size_t n, uint32_t ngroups, struct oneway *ret);

#endif
