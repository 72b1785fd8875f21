/* univariate.h - mean, sd and lag-1 autocorrelation, right to the digits that doubles can hold.
 *
 * Sums are of long doubles and twice over the data: the deviations are from a mean that is known,
 * so that nothing large cancels (Chan, Golub and LeVeque 1983).  Certified by the univariate sets
 * of NIST's StRD [test_strd.c]. */
#ifndef STATS_UNIVARIATE_H
#define STATS_UNIVARIATE_H

#include <stddef.h>
#include <stdint.h>

struct univariate {
	size_t n;
	double mean; /* NaN of no values */
	double sd;   /* divisor n - 1; NaN below two values */
	/* Sum of products of neighbours' deviations over the sum of squares; NaN below two values,
	 * or where all are equal. */
	double lag1;
};

/* Of v[n], in that order; values that are not finite make all three NaN. */
void univariate_of(const double *v, size_t n, struct univariate *u);

/* The same of a stream, without the autocorrelation: values one by one (Welford 1962), and two
 * parts as one (Chan, Golub and LeVeque 1983).  {0} is empty. */
struct moments {
	uint64_t n;
	double mean, ss; /* sum of squared deviations from the mean */
};
void moments_add(struct moments *m, double x);
void moments_merge(struct moments *m, const struct moments *other);
/* Divisor n - 1; NaN below two values. */
double moments_sd(const struct moments *m);

#endif
