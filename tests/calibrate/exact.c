/* exact.c - see exact.h.  Length 2 t sqrt(variance * X / df), X chi-square: its median follows from
 * that of X. */
#include "exact.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static double median_width(double variance, double df)
{
	double t = gsl_cdf_tdist_Pinv(0.975, df);

	return 2 * t * sqrt(variance * gsl_cdf_chisq_Pinv(0.5, df) / df);
}

static double square(double x)
{
	return x * x;
}

double exact_runner_width(const struct chain_spec *s)
{
	double load =
		square(s->noise.load) + square(s->noise.request) / (s->temperatures * s->per_pass);

	return median_width(2 * load / s->passes, (s->contexts - 1.0) * (s->passes - 1.0));
}

double exact_request_width(const struct chain_spec *s)
{
	double blocks = s->contexts, temps = s->temperatures;
	double requests = blocks * temps * s->passes * s->per_pass;
	double df = requests - blocks * s->passes - (temps - 1) * blocks;

	return median_width(2 * square(s->noise.request) / (blocks * s->passes * s->per_pass), df);
}

double exact_cell_width(const struct chain_spec *s)
{
	double mean = square(s->noise.load) + square(s->noise.request) / s->per_pass;

	return median_width(mean / s->passes, s->passes - 1.0);
}
