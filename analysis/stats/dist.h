/* dist.h - distributions: GSL's where it has them, our own where it has none.
 *
 * Degrees of freedom may be fractions (Satterthwaite).  Arguments that make no sense give NaN, and
 * others never do: df from 1e-3 to 1e7, noncentrality to 1e5, F to 1e8 [test_dist.c].  Our own
 * distribution functions are right to 1e-11 absolute (noncentral ones) and 1e-9 (the range). */
#ifndef STATS_DIST_H
#define STATS_DIST_H

#include <stddef.h>

/* The upper tail. */
double dist_f_upper(double f, double df1, double df2);
/* |t| is below it with probability `level`: dist_t_quantile(0.95, 10) = 2.228.  Infinite where it
 * is no double (level 0.95 and df below 0.004). */
double dist_t_quantile(double level, double df);
/* F is above it with probability alpha.  Infinite as above. */
double dist_f_critical(double alpha, double df1, double df2);
/* A standard normal z is below it with probability p; |t| above |t| given, both sides. */
double dist_normal_quantile(double p);
double dist_t_two_sided(double t, double df);

/* The noncentral F distribution (Johnson, Kotz, Balakrishnan 1995, eq. 30.10): P(F <= f). */
double dist_noncentral_f(double f, double df1, double df2, double lambda);
/* The noncentral t distribution (the same, ch. 31; Lenth 1989): P(T <= t), where T is a normal
 * number of mean delta and sd 1 over the root of chi-squared / df. */
double dist_noncentral_t(double t, double df, double delta);
/* The noncentrality at which an F test at alpha rejects with probability `power`. */
double dist_noncentrality(double alpha, double power, double df1, double df2);
/* Limits of the noncentrality at `level` from an observed F: where the F seen is the upper, and the
 * lower, (1 - level)/2 point (Steiger 2004).  The lower is 0 where even at 0 no larger F was to be
 * expected; so is the upper where F is smaller than chance would have it. */
void dist_noncentrality_limits(
	double f, double df1, double df2, double level, double *low, double *high);
/* The same for partial eta squared, lambda / (lambda + df1 + df2 + 1) (Smithson 2003).  A level of
 * 0.90 gives the interval that excludes 0 when the test at 0.05 rejects. */
void dist_partial_eta_interval(
	double f, double df1, double df2, double level, double *low, double *high);

/* Tukey's studentized range of k means: P(Q <= q), and its quantile. */
double dist_range(double q, size_t k, double df);
double dist_range_quantile(double level, size_t k, double df);

/* Limits of a share of which `hits` of n were seen, Clopper and Pearson (1934), two-sided at
 * `level`: 0 of 6 at 0.95 is 0 to 0.459. */
double dist_share_lower(size_t hits, size_t n, double level);
double dist_share_upper(size_t hits, size_t n, double level);

#endif
