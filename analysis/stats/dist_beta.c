/* dist_beta.c - the incomplete beta function.  GSL has one, but its continued fraction gives up
 * (NaN) where both parameters are large, and it takes 1 - x from x. */
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_log.h>
#include <math.h>

#include "dist_parts.h"

/* It converges in about the root of the larger parameter. */
#define MOST_TERMS 100000
#define FINEST     1e-16
#define TINY       1e-300

/* a log(x (a + b) / a), less what cancels against the same of b: u is that ratio less 1. */
static double log_part(double a, double x, double n, double u)
{
	return u > -0.9 ? a * gsl_sf_log_1plusx_mx(u) : a * (log(x / a) + log(n) - u);
}

double dist_beta_power(double x, double y, double a, double b)
{
	double n = a + b, t = x * b - y * a, exponent, gammas;

	if (x <= 0 || y <= 0)
		return 0;
	/* Stirling's formula and its correction, which GSL has (Gamma*): no large logarithms that
	 * cancel. */
	exponent = log_part(a, x, n, t / a) + log_part(b, y, n, -t / b);
	gammas = gsl_sf_gammastar(n) / (gsl_sf_gammastar(a) * gsl_sf_gammastar(b));
	return exp(exponent) * gammas * sqrt(a / n * b / (2 * M_PI));
}

/* The continued fraction (NIST Handbook of Mathematical Functions 8.17.22) by the modified method
 * of Lentz (Thompson and Barnett 1986). */
static double fraction(double x, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), value;

	d = 1 / (fabs(d) < TINY ? TINY : d);
	value = d;
	for (int i = 1; i < MOST_TERMS; i++) {
		double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		value *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		step = d * c;
		value *= step;
		if (fabs(step - 1) < FINEST)
			break;
	}
	return value;
}

double dist_beta(double x, double y, double a, double b)
{
	double p;

	if (x <= 0)
		return 0;
	if (y <= 0)
		return 1;
	if (x <= (a + 1) / (a + b + 2))
		p = dist_beta_power(x, y, a, b) / a * fraction(x, a, b);
	else
		p = 1 - dist_beta_power(x, y, a, b) / b * fraction(y, b, a);
	return p < 0 ? 0 : p > 1 ? 1 : p;
}
