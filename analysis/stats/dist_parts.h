/* dist_parts.h - what the files of dist.h share. */
#ifndef STATS_DIST_PARTS_H
#define STATS_DIST_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* A function that rises in x, with its parameters. */
struct monotone {
	double (*fn)(double x, const struct monotone *m);
	double a, b, c;
	size_t k;
	double tolerance; /* of the root, relative; 0: as fine as it goes */
};
/* Where fn reaches `target`, for x >= 0; infinite where it does not below 1e300.  fn is not asked
 * beyond twice the root. */
double dist_solve(const struct monotone *m, double target);

bool dist_is_df(double df);

/* x^a y^b / B(a, b), y = 1 - x, to full precision for a and b of any size. */
double dist_beta_power(double x, double y, double a, double b);
/* The incomplete beta function I_x(a, b), y = 1 - x: both are given, since either may be too near
 * to 1 for the other to follow from it. */
double dist_beta(double x, double y, double a, double b);

#endif
