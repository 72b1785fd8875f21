/* values.h - the values of one measure in one place (a cell, a run): all of them, or a histogram of
 * them, with the same questions to either.
 *
 * The histogram is log-linear: each octave has 512 buckets of equal width (the double's exponent
 * and the first 9 bits of its fraction), so that the middle of a bucket is within 2^-10 (0.098 %)
 * of whatever is in it.  Values are of either sign; those nearer to 0 than the least normal double
 * are 0.  Counts come in pages of 64 buckets, of which only those with values are there: what it
 * takes follows from how far the values spread, not from how many they are.  Minimum, maximum, mean
 * and sum of squares are of the values themselves (sums.h, or two passes where all are kept),
 * and what is asked does not depend on the order in which values were added, but for the last
 * digits of the moments of a histogram. */
#ifndef DATA_VALUES_H
#define DATA_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sums.h"

/* Percentiles of a histogram are within this part of the exact ones. */
#define VALUES_HISTOGRAM_ERROR 0.001

struct values_side {
	uint32_t **page; /* [npages] counts of 64 buckets each; NULL: all 0 */
	uint32_t first, npages;
};

struct values {
	bool histogram;
	uint64_t n;
	double min, max; /* NaN without a value */
	double mean,
		ss; /* of deviations from the mean; where all are kept, from values_finish on */
	/* All of them; ascending once finished. */
	double *v;
	size_t room;
	bool finished;
	/* Or how many in each bucket: of those above 0, below, and 0 itself. */
	struct values_side above, below;
	uint64_t zero;
	struct sums sums;
};

void values_init(struct values *v, bool histogram);
void values_release(struct values *v);

/* A finite number. */
void values_add(struct values *v, double x);
/* Adds all of `from`, of the same kind. */
void values_merge(struct values *v, const struct values *from);
/* No more will come: sorts.  Before any question below; fine to call again, and to add again. */
void values_finish(struct values *v);

/* Percentile of type 7 (Hyndman and Fan 1996), 0 <= p <= 1, of the values and `beyond` more that
 * are larger than any number.  NaN of nothing, infinite where it falls on or beside one of them. */
double values_quantile(const struct values *v, uint64_t beyond, double p);
/* The median of the distances from the median (no factor).  Of a histogram as if values were spread
 * evenly within buckets: of a smooth distribution whose MAD is 0.5 % of the median or more within
 * 2 % of the exact one. */
double values_mad(const struct values *v);
/* Standard deviation (n - 1); NaN below two values. */
double values_sd(const struct values *v);
/* What part of the values is below x. */
double values_share_below(const struct values *v, double x);

/* Sorts ascending, NaN must not be among them; a merge sort, since qsort's calls cost more than the
 * sorting. */
void values_sort(double *v, size_t n);
/* Moves values so that v[k] is what it would be were they sorted, those before it are not larger
 * and those behind it not smaller. */
void values_select(double *v, size_t n, size_t k);
/* The median of plain numbers, of type 7, without sorting them; moves them.  NaN of none. */
double values_median(double *v, size_t n);

#endif
