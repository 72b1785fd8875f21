/* orderstat.h - intervals of a quantile that assume no distribution: from one order statistic to
 * another (Conover 1999, 3.2; Hahn and Meeker 1991, 5.2).
 *
 * The number of n independent values below the p-quantile is binomial(n, p), whatever they are
 * distributed like.  Only for independent values, or within one load, and labelled so: rows of
 * several loads are not independent (docs/statistics.md).
 *
 * Each side is missed with at most half of 1 - level, so that a limit may also be read alone.  Two
 * sides of 95 % need 6 values for the median, 72 for p95, 368 for p99; with fewer there is one side
 * at the same level, or nothing.  Values that are tied, or rounded, only raise the coverage. */
#ifndef STATS_ORDERSTAT_H
#define STATS_ORDERSTAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Of more values no ranks are worked out: the beta function behind them does not converge. */
#define ORDERSTAT_MOST 10000000

struct orderstat_interval {
	size_t low, high; /* ranks from 1 in ascending order; 0: no limit on that side */
	double coverage;  /* achieved, at least the level; NaN where there is no limit */
	bool one_sided;   /* the other side would need more values */
	const char *why;  /* it is one-sided, or there is none: the reason; else NULL */
};

/* Of the p-quantile, 0 < p < 1, of n values, at a level from 0.5 to below 1.  Where two sides
 * cannot be had: the side towards which fewer values lie (of the median the upper one), else the
 * other. */
void orderstat_interval(size_t n, double p, double level, struct orderstat_interval *ret);
/* One limit, for those who need only that side: its rank, or 0; *coverage as above. */
size_t orderstat_limit(size_t n, double p, double level, bool upper, double *coverage);
/* The fewest values from which on there are two sides; 0: more than ORDERSTAT_MOST. */
size_t orderstat_needs(double p, double level);

/* The value of a rank, 1 to n: from whatever holds the values. */
typedef double (*orderstat_value)(const void *of, size_t rank);
/* The limits as values, -inf or inf where a side is open.  A limit may be infinite itself (a
 * timeout). */
void orderstat_limits(const struct orderstat_interval *r, orderstat_value value, const void *of,
	double *low, double *high);
/* The same from an ascending array; true if other values are equal to a limit (tied). */
bool orderstat_of_sorted(const struct orderstat_interval *r, const double *sorted, size_t n,
	double *low, double *high);

/* {"low", "high", "coverage", "low_rank", "high_rank", "one_sided", "why"}; new reference.  A side
 * that is open, or beyond anything measured, is null. */
json_t *orderstat_json(const struct orderstat_interval *r, double low, double high);

#endif
