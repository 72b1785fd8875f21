/* dist_noncentral.c - noncentral F and t, and limits of the noncentrality. */
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_log.h>
#include <math.h>

#include "dist.h"
#include "dist_parts.h"

/* Terms of less weight are left out. */
#define NOTHING 1e-18
/* sds of the Poisson weights beyond which there are only such. */
#define REACH 9.5
/* With a larger half noncentrality the sum would take too long. */
#define HALF_MAX 1e8

/* exp(-half) half^k / Gamma(k + 1): a Poisson probability, for any real k. */
static double poisson(double k, double half)
{
	double off;

	if (k == 0)
		return exp(-half);
	if (k < 1)
		return exp(-half + k * log(half)) / gsl_sf_gamma(k + 1);
	/* Without large logarithms that cancel: half / k = 1 + off. */
	off = (half - k) / k;
	if (off > -0.9)
		off = gsl_sf_log_1plusx_mx(off);
	else
		off = log(half / k) - off;
	return exp(k * off) / (sqrt(2 * M_PI * k) * gsl_sf_gammastar(k));
}

/* Sum over j of the Poisson weight of j + shift times the incomplete beta function I_x(a + j, b).
 * Both follow from their neighbours (Benton and Krishnamoorthy 2003): I(a + 1) = I(a) - x^a y^b /
 * (a B(a, b)).  It goes upwards from the least j that counts, since a step that is no number any
 * more on one side of the weights may be one on the other. */
static double mixture(double x, double y, double a, double b, double half, double shift)
{
	double j = floor(half - REACH * sqrt(half) - 20);
	double weight, beta, sum = 0;
	long double step;

	j = j > 0 ? j : 0;
	weight = poisson(j + shift, half);
	beta = dist_beta(x, y, a + j, b);
	step = (long double)dist_beta_power(x, y, a + j, b) / (a + j);
	if (step == 0 && x > 0 && y > 0)
		step = expl((a + j) * logl(x) + b * logl(y) +
			(long double)gsl_sf_lngamma(a + b + j) - gsl_sf_lngamma(a + j + 1) -
			gsl_sf_lngamma(b));
	for (;;) {
		double term = weight * beta;

		sum += term;
		if (j > half && (weight < NOTHING || term < NOTHING))
			return sum;
		beta = fmax(0, beta - (double)step);
		step *= x * ((a + b + j) / (a + j + 1));
		j++;
		weight *= half / (j + shift);
	}
}

/* ---- F ---- */

/* Patnaik (1949): the numerator as a multiple of a central one with the same mean and variance. */
static double noncentral_f_large(double f, double df1, double df2, double lambda)
{
	double mean = df1 + lambda, df = mean * (mean / (df1 + 2 * lambda));
	double scaled = df1 * f / mean; /* f over the numerator's mean */

	return 1 - dist_f_upper(scaled, df, df2);
}

double dist_noncentral_f(double f, double df1, double df2, double lambda)
{
	double x = df1 * f / (df1 * f + df2), y = df2 / (df1 * f + df2);

	if (!dist_is_df(df1) || !dist_is_df(df2) || !(lambda >= 0) || isnan(f))
		return NAN;
	if (f <= 0)
		return 0;
	if (isinf(lambda))
		return 0;
	if (lambda < 1e-15 || y <= 0)
		return dist_beta(x, y, df1 / 2, df2 / 2);
	if (lambda / 2 > HALF_MAX)
		return noncentral_f_large(f, df1, df2, lambda);
	return fmin(1, mixture(x, y, df1 / 2, df2 / 2, lambda / 2, 0));
}

/* ---- t ---- */

double dist_noncentral_t(double t, double df, double delta)
{
	double square = t * t, x, y, half = delta * delta / 2, even, odd, below;

	if (!dist_is_df(df) || !isfinite(delta) || isnan(t))
		return NAN;
	if (t < 0)
		return 1 - dist_noncentral_t(-t, df, -delta);
	below = erfc(delta * M_SQRT1_2) / 2; /* T <= 0 */
	x = isfinite(square) ? square / (df + square) : 1;
	y = isfinite(square) ? df / (df + square) : 0;
	if (half == 0)
		return below + dist_beta(x, y, 0.5, df / 2) / 2;
	/* The whole mixture would be of millions of terms: the normal numerator is as good as its
	 * mean beside the denominator (Johnson, Kotz, Balakrishnan 1995, 31.26). */
	if (half > HALF_MAX) {
		double spread = sqrt(1 + square / (2 * df));

		return erfc((delta - t * (1 - 1 / (4 * df))) / spread * M_SQRT1_2) / 2;
	}
	even = mixture(x, y, 0.5, df / 2, half, 0);
	odd = mixture(x, y, 1, df / 2, half, 0.5);
	below += (even + (delta > 0 ? odd : -odd)) / 2;
	return fmin(1, fmax(0, below));
}

/* ---- noncentrality ---- */

static double above_at(double lambda, const struct monotone *m)
{
	return 1 - dist_noncentral_f(m->c, m->a, m->b, lambda);
}

double dist_noncentrality(double alpha, double power, double df1, double df2)
{
	struct monotone m = {.fn = above_at, .a = df1, .b = df2, .tolerance = 1e-9};

	m.c = dist_f_critical(alpha, df1, df2);
	if (isnan(m.c) || !(power > alpha && power < 1))
		return NAN;
	return dist_solve(&m, power);
}

void dist_noncentrality_limits(
	double f, double df1, double df2, double level, double *low, double *high)
{
	struct monotone m = {.fn = above_at, .a = df1, .b = df2, .c = f, .tolerance = 1e-10};
	double tail = (1 - level) / 2, chance;

	*low = *high = NAN;
	if (!dist_is_df(df1) || !dist_is_df(df2) || !(f >= 0) || isinf(f) ||
		!(level > 0 && level < 1))
		return;
	chance = above_at(0, &m);
	*low = chance < tail ? dist_solve(&m, tail) : 0;
	*high = chance < 1 - tail ? dist_solve(&m, 1 - tail) : 0;
}

void dist_partial_eta_interval(
	double f, double df1, double df2, double level, double *low, double *high)
{
	dist_noncentrality_limits(f, df1, df2, level, low, high);
	*low /= *low + df1 + df2 + 1;
	*high = isinf(*high) ? 1 : *high / (*high + df1 + df2 + 1);
}
