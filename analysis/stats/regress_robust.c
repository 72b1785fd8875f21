/* regress_robust.c - Theil's and Sen's slope. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dist.h"
#include "drift.h"
#include "quantile.h"
#include "regress.h"
#include "rng.h"
#include "values.h"

/* All pairs are looked at up to so many points; beyond, so many random pairs. */
#define MAX_POINTS 500
#define MAX_PAIRS  100000
#define SEED       20240817

static double median_of(const double *v, size_t n)
{
	double *sorted = xcalloc(n, sizeof(*sorted)), median;

	for (size_t i = 0; i < n; i++)
		sorted[i] = v[i];
	median = values_median(sorted, n);
	free(sorted);
	return median;
}

/* Slopes of pairs with different x. */
static double *slopes_of(const double *x, const double *y, size_t n, struct theil_sen *ret)
{
	size_t most = ret->sampled ? MAX_PAIRS : n * (n - 1) / 2;
	double *slopes = xcalloc(most, sizeof(*slopes));

	if (ret->sampled) {
		struct rng r;

		rng_init(&r, SEED, "theil-sen");
		for (size_t k = 0; k < most; k++) {
			size_t i = rng_below(&r, n), j = rng_below(&r, n - 1);

			j += j >= i;
			if (x[i] != x[j])
				slopes[ret->pairs++] = (y[i] - y[j]) / (x[i] - x[j]);
		}
	} else {
		for (size_t i = 0; i < n; i++) {
			for (size_t j = 0; j < i; j++) {
				if (x[i] != x[j])
					slopes[ret->pairs++] = (y[i] - y[j]) / (x[i] - x[j]);
			}
		}
	}
	return slopes;
}

/* The slopes between which Kendall's score would not be told from none (Sen 1968, with his variance
 * for ties); half the number of pairs that lie between them is z times the score's sd, over 2. */
static void rank_interval(struct theil_sen *ret, double *slopes, const double *x, const double *y,
	size_t n, double level)
{
	double m = (double)n, z = dist_normal_quantile((1 + level) / 2), pairs = (double)ret->pairs;
	double ties_x[3], ties_y[3], variance;
	double low, high, half;

	drift_tie_sums(x, n, ties_x);
	drift_tie_sums(y, n, ties_y);
	variance = (m * (m - 1) * (2 * m + 5) - ties_x[0] - ties_y[0]) / 18;
	/* A random part of them has the same shares, and an error of its own beside. */
	if (ret->sampled) {
		double all = m * (m - 1) / 2 * pairs / MAX_PAIRS; /* that have a slope */

		half = z * sqrt(variance / (all * all) + 1 / pairs) * pairs;
	} else {
		half = z * sqrt(variance);
	}
	high = nearbyint((pairs + half) / 2);
	low = nearbyint((pairs - half) / 2) - 1;
	if (low < 0 || high > pairs - 1) {
		ret->interval_why = "the points are too few for an interval of that level";
		return;
	}
	values_select(slopes, ret->pairs, (size_t)low);
	ret->low = slopes[(size_t)low];
	values_select(slopes, ret->pairs, (size_t)high);
	ret->high = slopes[(size_t)high];
}

void theil_sen_of(const double *x, const double *y, size_t n, double level, struct theil_sen *ret)
{
	double *slopes;

	*ret = (struct theil_sen){.slope = NAN, .low = NAN, .high = NAN, .intercept = NAN};
	for (size_t i = 0; i < n && !ret->why; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i]))
			ret->why = "a value is not finite";
	}
	if (n < 2)
		ret->why = "there are fewer than two points";
	if (ret->why) {
		ret->interval_why = ret->why;
		return;
	}
	ret->sampled = n > MAX_POINTS;
	slopes = slopes_of(x, y, n, ret);
	if (ret->pairs == 0) {
		ret->why = ret->interval_why = "an x is the same everywhere";
	} else {
		ret->slope = values_median(slopes, ret->pairs);
		ret->intercept = median_of(y, n) - ret->slope * median_of(x, n);
		rank_interval(ret, slopes, x, y, n, level);
	}
	free(slopes);
}
