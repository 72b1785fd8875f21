/* dist.c - distributions.  Inverses that GSL might fail to find are found by bisection here, so
 * that its error handler, which would end the program, is never reached. */
#include "dist.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdbool.h>

#include "bug.h"

#define FINEST 1e-12

/* ---- inverses ---- */

struct monotone {
	double (*fn)(double x, const struct monotone *m); /* rising in x */
	double a, b, c;
	size_t k;
	double tolerance; /* of the root, relative; 0: as fine as it goes */
};

/* Where fn reaches `target`, for x >= 0: the Illinois method (Dowell and Jarratt 1971), a secant
 * that keeps the root between its ends. */
static double solve(const struct monotone *m, double target)
{
	double low = 0, high = 1, below = m->fn(0, m) - target, above = m->fn(1, m) - target;
	double tolerance = m->tolerance > 0 ? m->tolerance : FINEST;
	int side = 0;

	while (above < 0 && high < 1e12) {
		low = high;
		below = above;
		high *= 2;
		above = m->fn(high, m) - target;
	}
	for (int i = 0; i < 200 && high - low > tolerance * high && above > below; i++) {
		double x = high - above * (high - low) / (above - below), y;

		/* Rounding can push the secant onto an end, and then it would stay there. */
		if (!(x > low && x < high))
			x = low + (high - low) / 2;
		y = m->fn(x, m) - target;
		if (fabs(y) < tolerance)
			return x;
		if (y < 0) {
			low = x;
			below = y;
			above /= side == -1 ? 2 : 1;
			side = -1;
		} else {
			high = x;
			above = y;
			below /= side == 1 ? 2 : 1;
			side = 1;
		}
	}
	return low + (high - low) / 2;
}

static bool is_df(double df)
{
	return df > 0 && isfinite(df);
}

double dist_f_upper(double f, double df1, double df2)
{
	if (!is_df(df1) || !is_df(df2) || isnan(f))
		return NAN;
	return f <= 0 ? 1 : gsl_cdf_fdist_Q(f, df1, df2);
}

static double t_within(double t, const struct monotone *m)
{
	return 1 - 2 * gsl_cdf_tdist_Q(t, m->a);
}

double dist_t_quantile(double level, double df)
{
	struct monotone m = {.fn = t_within, .a = df};

	if (!is_df(df) || !(level > 0 && level < 1))
		return NAN;
	return solve(&m, level);
}

static double f_within(double f, const struct monotone *m)
{
	return 1 - gsl_cdf_fdist_Q(f, m->a, m->b);
}

double dist_f_critical(double alpha, double df1, double df2)
{
	struct monotone m = {.fn = f_within, .a = df1, .b = df2};

	if (!is_df(df1) || !is_df(df2) || !(alpha > 0 && alpha < 1))
		return NAN;
	return solve(&m, 1 - alpha);
}

/* ---- noncentral F ---- */

/* lgamma() writes a global, and rehearsals run on threads. */
static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* A Poisson mixture of central betas, summed from its mode outwards.  Weights and betas follow from
 * their neighbours (Benton and Krishnamoorthy 2003): I(a + 1) = I(a) - x^a (1 - x)^b / (a B(a, b)).
 */
struct mixture {
	double x, a, b, half;      /* half the noncentrality */
	double weight, beta, step; /* of term j; step: from its beta to that of j + 1 */
	double j;
};

static struct mixture mixture_at(double x, double a, double b, double half, double j)
{
	double log_step = (a + j) * log(x) + b * log1p(-x) - log(a + j) + log_gamma(a + b + j) -
		log_gamma(a + j) - log_gamma(b);

	return (struct mixture){.x = x,
		.a = a,
		.b = b,
		.half = half,
		.weight = exp(-half + j * log(half) - log_gamma(j + 1)),
		.beta = gsl_cdf_beta_P(x, a + j, b),
		.step = exp(log_step),
		.j = j};
}

static double mixture_up(struct mixture m)
{
	double sum = 0;

	for (;;) {
		double term = m.weight * m.beta;

		sum += term;
		if (m.weight < 1e-17 || (term < 1e-17 && m.j > m.half))
			return sum;
		m.beta = fmax(0, m.beta - m.step);
		m.step *= m.x * (m.a + m.b + m.j) / (m.a + m.j + 1);
		m.j++;
		m.weight *= m.half / m.j;
	}
}

/* The terms below the one it begins with. */
static double mixture_down(struct mixture m)
{
	double sum = 0;

	while (m.j > 0 && m.weight > 1e-17) {
		m.weight *= m.j / m.half;
		m.j--;
		m.step *= (m.a + m.j + 1) / (m.x * (m.a + m.b + m.j));
		m.beta = fmin(1, m.beta + m.step);
		sum += m.weight * m.beta;
	}
	return sum;
}

double dist_noncentral_f(double f, double df1, double df2, double lambda)
{
	double x = df1 * f / (df1 * f + df2);
	struct mixture m;

	if (!is_df(df1) || !is_df(df2) || !(lambda >= 0) || isnan(f))
		return NAN;
	if (f <= 0)
		return 0;
	if (lambda < 1e-12 || x >= 1)
		return gsl_cdf_beta_P(x, df1 / 2, df2 / 2);
	m = mixture_at(x, df1 / 2, df2 / 2, lambda / 2, floor(lambda / 2));
	return fmin(1, mixture_up(m) + mixture_down(m));
}

static double power_at(double lambda, const struct monotone *m)
{
	return 1 - dist_noncentral_f(m->c, m->a, m->b, lambda);
}

double dist_noncentrality(double alpha, double power, double df1, double df2)
{
	struct monotone m = {.fn = power_at, .a = df1, .b = df2, .tolerance = 1e-9};

	m.c = dist_f_critical(alpha, df1, df2);
	if (isnan(m.c) || !(power > alpha && power < 1))
		return NAN;
	return solve(&m, power);
}

/* ---- studentized range ---- */

/* Hartley (1942) for known variance, integrated over the distribution of the estimated sd by
 * Gauss-Legendre (the plan of Copenhaver and Holland 1988, with one panel each).
 */

#define RANGE_NODES 64
#define RANGE_LIMIT 8.0 /* sds beyond which a normal number is not expected */
#define DF_KNOWN    1e5 /* beyond it the sd is as good as known */

/* What does not depend on the range asked for: where the largest of the means may be. */
struct range_grid {
	gsl_integration_glfixed_table *table;
	double z[RANGE_NODES], weight[RANGE_NODES], below[RANGE_NODES];
};

static double normal_below(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

static void range_grid_init(struct range_grid *g)
{
	g->table = gsl_integration_glfixed_table_alloc(RANGE_NODES);
	if (!g->table)
		BUG("no memory for %d nodes", RANGE_NODES);
	for (size_t i = 0; i < RANGE_NODES; i++) {
		gsl_integration_glfixed_point(
			-RANGE_LIMIT, RANGE_LIMIT, i, &g->z[i], &g->weight[i], g->table);
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

	for (size_t i = 0; i < RANGE_NODES; i++)
		sum += g->weight[i] * power(g->below[i] - normal_below(g->z[i] - w), k - 1);
	return (double)k * sum;
}

/* Density of s = sqrt(chi-squared / df). */
static double sd_density(double s, double df)
{
	return exp(log(2) + df / 2 * log(df / 2) - log_gamma(df / 2) + (df - 1) * log(s) -
		df * s * s / 2);
}

static double range_estimated(double q, size_t k, double df, const struct range_grid *g)
{
	/* s^2 is a gamma variable: beyond these it has less than 1e-11 of its mass. */
	double spread = 7 / sqrt(2 * df);
	double low = 1 - spread > 0 ? 1 - spread : 0, high = 1 + spread + 5 / df, sum = 0;

	for (size_t i = 0; i < RANGE_NODES; i++) {
		double s, weight;

		gsl_integration_glfixed_point(low, high, i, &s, &weight, g->table);
		sum += weight * sd_density(s, df) * range_known(q * s, k, g);
	}
	return sum;
}

double dist_range(double q, size_t k, double df)
{
	struct range_grid g;
	double p;

	if (!(df > 0) || k < 2 || isnan(q))
		return NAN;
	if (q <= 0)
		return 0;
	range_grid_init(&g);
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
	return solve(&m, level);
}

/* ---- shares ---- */

double dist_share_upper(size_t hits, size_t n, double level)
{
	double low = 0, high = 1, tail = (1 - level) / 2;

	if (n == 0 || hits > n)
		return NAN;
	if (hits == n)
		return 1;
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		/* P(share <= middle) of the beta distribution rises with it. */
		if (gsl_cdf_beta_P(middle, (double)hits + 1, (double)(n - hits)) < 1 - tail)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
