/* ranks.h - tests and estimates that look at the order of values alone.
 *
 * For tables without blocks, whose rows are independent: a run with passes and loads is no such
 * table, and these tests cry wolf there in a third of the cases (docs/statistics.md).  Equal values
 * share the mean of their ranks.  Values may be infinite, but not NaN. */
#ifndef STATS_RANKS_H
#define STATS_RANKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranks_test {
	double statistic; /* U, H or rho; NaN without a test */
	double p;         /* two-sided; NaN */
	double least;     /* the smallest p that so many values can give; where `exact`, with their
			     ties; NaN */
	bool exact;      /* over all arrangements; else an approximation, but never below `least` */
	const char *why; /* there is no test: the reason; else NULL */
};

/* Ranks from 1, of values in any order. */
void ranks_mid(const double *v, size_t n, double *rank);

/* Mann and Whitney (1947): whether x and y come from one distribution.  The statistic is U of x:
 * the pairs in which x is larger, and half of those in which both are equal.  Exact, ties included,
 * as long as the count of all arrangements stays cheap (28 + 28 values, 3 + 100); else normal, with
 * ties and continuity.  p is the probability of a U as far from its mean, or further. */
void ranks_mann_whitney(
	const double *x, size_t n, const double *y, size_t m, struct ranks_test *ret);

/* By how much y lies above x: the median of all differences (Hodges and Lehmann 1963), and between
 * which two of them the shift lies (Moses; Hollander and Wolfe 1999, 4.3).  Values must be finite.
 */
struct ranks_shift {
	double estimate, low, high; /* NaN */
	double coverage;            /* achieved, at least the level; ties only raise it */
	bool exact;                 /* the coverage is; else it is the normal approximation's */
	const char *why;            /* estimate or interval cannot be given; else NULL */
};
void ranks_hodges_lehmann(const double *x, size_t n, const double *y, size_t m, double level,
	struct ranks_shift *ret);

/* Kruskal and Wallis (1952): whether groups (below ngroups, group[n]) come from one distribution.
 * Exact up to a million arrangements (3 groups of 5), else chi-square; both with ties. */
void ranks_kruskal_wallis(
	const double *v, const uint32_t *group, size_t n, uint32_t ngroups, struct ranks_test *ret);

/* Spearman (1904): whether x and y rise together.  Exact up to 9 pairs, else t with n - 2. */
void ranks_spearman(const double *x, const double *y, size_t n, struct ranks_test *ret);

/* {"statistic", "p", "least_p", "exact", "why"}; {"estimate", "low", "high", "coverage", "exact",
 * "why"}.  New references. */
json_t *ranks_test_json(const struct ranks_test *t);
json_t *ranks_shift_json(const struct ranks_shift *s);

#endif
