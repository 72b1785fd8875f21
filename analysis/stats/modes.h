/* modes.h - whether a cell's values have more than one hump: "38 % of requests near 41 tok/s, 62 %
 * near 55".  Reported, changes no test.
 *
 * The dip of a sample is the largest distance between its distribution function and the unimodal
 * one that is nearest (Hartigan and Hartigan 1985).  p is that of a dip as large in a sample of the
 * uniform distribution, the unimodal one with the largest dips, so that it is cautious for others.
 * It comes from a table of 1,000,000 simulated samples of each size [modes_table.c], between
 * whose sizes and quantiles it is interpolated.
 *
 * Independent are the requests of one load at most: loads that differ make humps too.  So the
 * values are looked at twice: as they are, and less the means of their loads.  Humps of the first
 * kind alone lie between loads; what is left without the loads' means lies within them. */
#ifndef STATS_MODES_H
#define STATS_MODES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODES_LEAST 20 /* values; a dip of fewer says nothing */
/* Larger samples are given as so many of their quantiles: their p is then that of a sample of this
 * size, which is larger than theirs. */
#define MODES_MOST  2000
#define MODES_ALPHA 0.01
/* Values in the mean load, to look within loads: the means of fewer follow the humps. */
#define MODES_LOAD_LEAST 8

/* The dip of ascending values, 1 / (2n) at least (with equal values too), 0.25 at most; NaN for n =
 * 0. */
double modes_dip(const double *sorted, size_t n);
/* The probability of a dip as large in a uniform sample of that size, n at least MODES_LEAST; never
 * below MODES_LEAST_P, which means "that or less". */
#define MODES_LEAST_P 1e-4
double modes_dip_p(double dip, size_t n);

/* Two parts of a sample, told apart where that leaves the least sum of squares (Fisher 1958). */
struct humps {
	size_t n;
	double dip, p;    /* NaN */
	bool found;       /* p < MODES_ALPHA: what follows is given */
	double split;     /* midway between the parts; NaN */
	double low, high; /* the parts' medians; NaN */
	double share;     /* of values in the lower part; NaN */
	const char *why;  /* not looked at: the reason; else NULL */
};
/* Ascending values, all finite. */
void modes_of_sorted(const double *sorted, size_t n, struct humps *ret);

/* Where the humps are; EITHER: there are too few values in a load to tell. */
enum modes_where { MODES_NONE, MODES_BETWEEN_LOADS, MODES_WITHIN_LOADS, MODES_EITHER };
struct modes {
	struct humps plain, within; /* `within`: each load's mean moved to that of all values */
	enum modes_where where;
};
/* Values of one cell in any order, all finite, with any number for the load of each. */
void modes_find(const double *y, const uint32_t *load, size_t n, struct modes *ret);
const char *modes_where_name(enum modes_where where); /* "none", "between loads", ... */

/* {"where", "plain": {"n", "dip", "p", "split", "low", "high", "share_low", "why"}, "within":
 * {..}}; new reference. */
json_t *modes_json(const struct modes *m);

#endif
