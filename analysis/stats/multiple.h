/* multiple.h - p values of many tests at once. */
#ifndef STATS_MULTIPLE_H
#define STATS_MULTIPLE_H

#include <stddef.h>

/* Adjusted p values, in place.  NaN (no test) stays NaN and is not one of the family. */
void multiple_holm(double *p, size_t n); /* Holm 1979: family-wise */
void multiple_benjamini_hochberg(
	double *p, size_t n); /* Benjamini and Hochberg 1995: share of false ones */
/* How many of them are tests. */
size_t multiple_tests(const double *p, size_t n);

#endif
