/* quantile.h - order statistics of one sample.  Percentiles are type 7 of Hyndman and Fan (1996):
 * linear interpolation between the order statistics, as R and NumPy do by default. */
#ifndef STATS_QUANTILE_H
#define STATS_QUANTILE_H

#include <stddef.h>

/* How many values a percentile needs before it is given. */
#define QUANTILE_P95_NEEDS 20
#define QUANTILE_P99_NEEDS 100

/* Ascending, in place; infinities sort to the ends, NaN must not be among them. */
void quantile_sort(double *v, size_t n);
/* Of sorted values, 0 <= p <= 1; NaN for n = 0, infinite where it falls on or beside an infinity.
 */
double quantile(const double *sorted, size_t n, double p);
/* The median of the distances from the median (no factor); overwrites the values. */
double quantile_mad(double *sorted, size_t n);

#endif
