/* dist.h - distributions: GSL's where it has them, our own where it has none.
 *
 * Degrees of freedom may be fractions (Satterthwaite).  Arguments that make no sense give NaN. */
#ifndef STATS_DIST_H
#define STATS_DIST_H

#include <stddef.h>

/* The upper tail. */
double dist_f_upper(double f, double df1, double df2);
/* |t| is below it with probability `level`: dist_t_quantile(0.95, 10) = 2.228. */
double dist_t_quantile(double level, double df);
/* F is above it with probability alpha. */
double dist_f_critical(double alpha, double df1, double df2);

/* The noncentral F distribution (Johnson, Kotz, Balakrishnan 1995, eq. 30.10): P(F <= f). */
double dist_noncentral_f(double f, double df1, double df2, double lambda);
/* The noncentrality at which an F test at alpha rejects with probability `power`. */
double dist_noncentrality(double alpha, double power, double df1, double df2);

/* Tukey's studentized range of k means: P(Q <= q), and its quantile. */
double dist_range(double q, size_t k, double df);
double dist_range_quantile(double level, size_t k, double df);

/* Upper limit of a share of which `hits` of n were seen, Clopper and Pearson (1934), two-sided at
 * `level`: 0 of 6 at 0.95 is 0.459. */
double dist_share_upper(size_t hits, size_t n, double level);

#endif
