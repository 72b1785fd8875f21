/* univariate.c - mean, sd and lag-1 autocorrelation. */
#include "univariate.h"

#include <math.h>

/* The mean, with a second pass that takes off what the first one's rounding left. */
static long double mean_of(const double *v, size_t n)
{
	long double sum = 0, rest = 0, mean;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	mean = sum / (long double)n;
	for (size_t i = 0; i < n; i++)
		rest += v[i] - mean;
	return mean + rest / (long double)n;
}

void univariate_of(const double *v, size_t n, struct univariate *u)
{
	long double mean, squares = 0, products = 0, last = 0, off;

	*u = (struct univariate){.n = n, .mean = NAN, .sd = NAN, .lag1 = NAN};
	if (n == 0)
		return;
	mean = mean_of(v, n);
	if (!isfinite(mean))
		return;
	u->mean = (double)mean;
	/* Deviations are from the mean as it is given: of data like 10000000.1 and .2, which
	 * doubles hold as well as that mean, they are then exact. */
	off = mean - u->mean;
	for (size_t i = 0; i < n; i++) {
		long double deviation = (long double)v[i] - u->mean;

		squares += deviation * deviation;
		products += deviation * last;
		last = deviation;
	}
	if (n < 2)
		return;
	u->sd = (double)sqrtl(
		fmaxl(0, squares - (long double)n * off * off) / (long double)(n - 1));
	if (u->sd > 0)
		u->lag1 = (double)(products / squares);
}

void moments_add(struct moments *m, double x)
{
	double delta = x - m->mean;

	m->n++;
	m->mean += delta / (double)m->n;
	m->ss += delta * (x - m->mean);
}

void moments_merge(struct moments *m, const struct moments *other)
{
	double n = (double)m->n + (double)other->n, delta = other->mean - m->mean;

	if (other->n == 0)
		return;
	if (m->n == 0) {
		*m = *other;
		return;
	}
	m->mean += delta * ((double)other->n / n);
	m->ss += other->ss + delta * delta * ((double)m->n * ((double)other->n / n));
	m->n += other->n;
}

double moments_sd(const struct moments *m)
{
	return m->n > 1 ? sqrt(m->ss / (double)(m->n - 1)) : (double)NAN;
}
