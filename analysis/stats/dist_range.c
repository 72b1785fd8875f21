/* dist_range.c - the studentized range: Hartley (1942) for known variance, integrated over the
 * distribution of the estimated sd (the plan of Copenhaver and Holland 1988) by Gauss-Legendre. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "bug.h"
#include "dist.h"
#include "dist_parts.h"

#define NODES    64
#define LIMIT    8.0 /* sds beyond which a normal number is not expected */
#define DF_KNOWN 1e8 /* beyond it the sd is as good as known */
/* Of the logarithm of a density below its peak: nothing is left there. */
#define DEPTH 34.0
/* A range of so few sds has a probability of nothing, even of two. */
#define NO_RANGE 1e-12
/* A panel of nodes covers no more of log s. */
#define PANEL 4.0

/* What does not depend on the range asked for: where the largest of the means may be. */
struct range_grid {
	gsl_integration_glfixed_table *table;
	double z[NODES], weight[NODES], below[NODES];
};

static double normal_below(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

static void range_grid_init(struct range_grid *g, size_t k)
{
	/* Below `low` not even one in 1e18 of the largest of k lies. */
	double low = gsl_cdf_ugaussian_Pinv(pow(1e-18, 1 / (double)(k - 1)));

	low = low > -LIMIT ? low : -LIMIT;
	g->table = gsl_integration_glfixed_table_alloc(NODES);
	if (!g->table)
		BUG("no memory for %d nodes", NODES);
	for (size_t i = 0; i < NODES; i++) {
		gsl_integration_glfixed_point(low, LIMIT, i, &g->z[i], &g->weight[i], g->table);
		g->weight[i] *= exp(-g->z[i] * g->z[i] / 2) / sqrt(2 * M_PI);
		g->below[i] = normal_below(g->z[i]);
	}
}

static double power(double x, size_t n)
{
	double y = 1;

	for (; n > 0; n >>= 1, x *= x)
		y *= n & 1 ? x : 1;
	return y;
}

/* P(range of k standard normals <= w): the largest is at z, the others lie within w below it. */
static double range_known(double w, size_t k, const struct range_grid *g)
{
	double sum = 0;

	for (size_t i = 0; i < NODES; i++)
		sum += g->weight[i] * power(g->below[i] - normal_below(g->z[i] - w), k - 1);
	return (double)k * sum;
}

/* Density of t = log s, s = sqrt(chi-squared / df): s^df exp(-df s^2 / 2), but for a constant;
 * below its peak at t = 0 by exp(df sink(t)). */
static double sink(double t)
{
	return t - expm1(2 * t) / 2;
}

/* Where the density has sunk to nothing, in the direction of `step`. */
static double density_end(double df, double step)
{
	double far = step, near = 0;

	while (-df * sink(far) < DEPTH) {
		near = far;
		far *= 2;
	}
	for (int i = 0; i < 8; i++) {
		double middle = (near + far) / 2;

		if (-df * sink(middle) < DEPTH)
			near = middle;
		else
			far = middle;
	}
	return far;
}

/* One panel, from log s = a to b. */
static double range_panel(
	double q, size_t k, double df, const struct range_grid *g, double a, double b)
{
	double sum = 0;

	for (size_t i = 0; i < NODES; i++) {
		double t, weight;

		gsl_integration_glfixed_point(a, b, i, &t, &weight, g->table);
		sum += weight * exp(df * sink(t)) * range_known(q * exp(t), k, g);
	}
	return sum;
}

static double range_estimated(double q, size_t k, double df, const struct range_grid *g)
{
	double spread = 1 / sqrt(2 * df), low = density_end(df, -spread);
	double high = density_end(df, spread), none = log(NO_RANGE / q), sum = 0, width, scale;
	int panels;

	if (low < none)
		low = none;
	if (low >= high)
		return 0;
	panels = (int)ceil((high - low) / PANEL);
	width = (high - low) / panels;
	for (int i = 0; i < panels; i++)
		sum += range_panel(q, k, df, g, low + width * i, low + width * (i + 1));
	/* 2 (df/2)^(df/2) e^(-df/2) / Gamma(df/2) */
	scale = sqrt(df / M_PI) / gsl_sf_gammastar(df / 2);
	return sum * scale;
}

double dist_range(double q, size_t k, double df)
{
	struct range_grid g;
	double p;

	if (!(df > 0) || k < 2 || isnan(q))
		return NAN;
	if (q <= 0)
		return 0;
	if (isinf(q))
		return 1;
	range_grid_init(&g, k);
	p = df > DF_KNOWN ? range_known(q, k, &g) : range_estimated(q, k, df, &g);
	gsl_integration_glfixed_table_free(g.table);
	return p < 1 ? p : 1;
}

static double range_within(double q, const struct monotone *m)
{
	return dist_range(q, m->k, m->a);
}

double dist_range_quantile(double level, size_t k, double df)
{
	struct monotone m = {.fn = range_within, .a = df, .k = k, .tolerance = 1e-8};

	if (!(df > 0) || k < 2 || !(level > 0 && level < 1))
		return NAN;
	if (k == 2 && isfinite(df)) /* the range of two is their difference */
		return dist_t_quantile(level, df) * M_SQRT2;
	return dist_solve(&m, level);
}
