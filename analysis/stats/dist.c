/* dist.c - t, F and shares.  Inverses that GSL might fail to find are found by a search here, so
 * that its error handler, which would end the program, is never reached. */
#include "dist.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "dist_parts.h"

#define FINEST          1e-12
#define FURTHEST        1e300
#define FURTHEST_SQUARE 1e120

/* ---- inverses ---- */

/* An interval that holds the root, with what the function lacks there. */
struct bracket {
	double low, high, below, above;
	int side; /* which end moved last */
};

/* Doubles upwards from 1, or goes down in steps that grow. */
static struct bracket find_bracket(const struct monotone *m, double target)
{
	struct bracket b = {.low = 1, .high = 1};
	double y = m->fn(1, m) - target;

	b.below = b.above = y;
	while (b.above < 0 && b.high < FURTHEST) {
		b.low = b.high;
		b.below = b.above;
		b.high *= 2;
		b.above = m->fn(b.high, m) - target;
	}
	for (double step = 2; b.below >= 0 && b.low > 0; step *= step) {
		b.high = b.low;
		b.above = b.below;
		b.low = b.low > step / FURTHEST ? b.low / step : 0;
		b.below = m->fn(b.low, m) - target;
	}
	return b;
}

/* The next place to look: the secant, or the middle order where the ends are orders apart. */
static double next_try(const struct bracket *b)
{
	double x = b->high - b->above * (b->high - b->low) / (b->above - b->below);

	if (b->low > 0 && b->high > 4 * b->low)
		x = sqrt(b->low) * sqrt(b->high);
	/* Rounding can push the secant onto an end, and then it would stay there. */
	if (!(x > b->low && x < b->high))
		x = b->low + (b->high - b->low) / 2;
	return x;
}

/* The Illinois method (Dowell and Jarratt 1971): where an end stays twice, its weight is halved. */
static void narrow(struct bracket *b, double x, double y)
{
	if (y < 0) {
		b->low = x;
		b->below = y;
		b->above /= b->side == -1 ? 2 : 1;
		b->side = -1;
	} else {
		b->high = x;
		b->above = y;
		b->below /= b->side == 1 ? 2 : 1;
		b->side = 1;
	}
}

double dist_solve(const struct monotone *m, double target)
{
	double tolerance = m->tolerance > 0 ? m->tolerance : FINEST;
	struct bracket b = find_bracket(m, target);

	if (b.above < 0)
		return INFINITY;
	for (int i = 0; i < 200 && b.high - b.low > tolerance * b.high; i++) {
		double x = next_try(&b), y = m->fn(x, m) - target;

		if (fabs(y) < tolerance * (1 - target))
			return x;
		narrow(&b, x, y);
	}
	return b.low + (b.high - b.low) / 2;
}

bool dist_is_df(double df)
{
	return df > 0 && isfinite(df);
}

/* ---- F and t ---- */

double dist_f_upper(double f, double df1, double df2)
{
	double q;

	if (!dist_is_df(df1) || !dist_is_df(df2) || isnan(f))
		return NAN;
	if (f <= 0)
		return 1;
	q = gsl_cdf_fdist_Q(f, df1, df2);
	/* Where both are millions GSL gives up. */
	if (isnan(q))
		q = dist_beta(df2 / (df2 + df1 * f), df1 * f / (df2 + df1 * f), df2 / 2, df1 / 2);
	return q;
}

double dist_t_two_sided(double t, double df)
{
	if (!dist_is_df(df) || isnan(t))
		return NAN;
	/* Its square is too large for GSL; the tail is its leading term. */
	if (fabs(t) > FURTHEST_SQUARE)
		return exp(df * (log(df) / 2 - log(fabs(t))) - gsl_sf_lnbeta(df / 2, 0.5)) /
			(df / 2);
	return 2 * gsl_cdf_tdist_Q(fabs(t), df);
}

double dist_normal_quantile(double p)
{
	return p > 0 && p < 1 ? gsl_cdf_ugaussian_Pinv(p) : (double)NAN;
}

static double t_within(double t, const struct monotone *m)
{
	return 1 - dist_t_two_sided(t, m->a);
}

double dist_t_quantile(double level, double df)
{
	struct monotone m = {.fn = t_within, .a = df};

	if (!dist_is_df(df) || !(level > 0 && level < 1))
		return NAN;
	return dist_solve(&m, level);
}

static double f_within(double f, const struct monotone *m)
{
	return 1 - dist_f_upper(f, m->a, m->b);
}

double dist_f_critical(double alpha, double df1, double df2)
{
	struct monotone m = {.fn = f_within, .a = df1, .b = df2};

	if (!dist_is_df(df1) || !dist_is_df(df2) || !(alpha > 0 && alpha < 1))
		return NAN;
	return dist_solve(&m, 1 - alpha);
}

/* ---- shares ---- */

double dist_share_upper(size_t hits, size_t n, double level)
{
	double low = 0, high = 1, tail = (1 - level) / 2;

	if (n == 0 || hits > n || !(level > 0 && level < 1))
		return NAN;
	if (hits == n)
		return 1;
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		/* P(share > middle) of the beta distribution falls with it. */
		if (dist_beta(1 - middle, middle, (double)(n - hits), (double)hits + 1) > tail)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

double dist_share_lower(size_t hits, size_t n, double level)
{
	if (n == 0 || hits > n)
		return NAN;
	return 1 - dist_share_upper(n - hits, n, level);
}
