/* contrasts.h - what shape the effect of an ordered factor has: orthogonal polynomial contrasts of
 * its levels (linear, quadratic, cubic), whatever their spacing (Fisher 1925; Robson 1959).
 *
 * Only under an effect that was found: without one, a shape is not looked for.  Each is tested in
 * the factor's stratum, and adjusted by Holm within the factor and metric. */
#ifndef STATS_CONTRASTS_H
#define STATS_CONTRASTS_H

#include <jansson.h>

#include "effects.h"

#define CONTRASTS_MOST 3

struct contrast {
	const char *name; /* "linear" */
	double *weight;   /* [levels of the effect] sum 0, sum of squares 1; 0 for words */
	double estimate;  /* of the weighted sum, on the analysis scale */
	double low, high; /* at the dataset's confidence; NaN without an error */
	double t, p, p_adjusted;
	double share; /* of the sum of squares between the levels; they add up to 1 when balanced
			 and all orders are there */
};

/* Of one factor and metric. */
struct contrasts {
	const struct effect *of;
	double df_error;
	bool doubling; /* the polynomials are of log2 of the numbers */
	struct contrast v[CONTRASTS_MOST];
	size_t n;
};

/* Those of all main effects with verdict `effect`, three levels or more that are numbers, and an
 * error.  Everything is in the arena. */
void contrasts_make(struct contrasts **ret, size_t *n, const struct effects *all,
	const struct effective *eff, struct arena *arena);

/* p[degrees * n]: the orthonormal polynomials of degree 1, 2, ... over x[n], rising at the last x;
 * Gram-Schmidt, twice.  degrees < n, the x different. */
void contrasts_polynomials(const double *x, size_t n, size_t degrees, double *p);

/* New reference. */
json_t *contrasts_json(const struct contrasts *v, size_t n);

#endif
