/* power.c - power of the F tests in the two strata, and of the tests of equality.
 *
 * Balanced, with B blocks, G groups (cells x prompts), P passes, r requests of each in a pass:
 *
 *	runner factor	n = B P loads, MS = load^2 + request^2 / (G r / B), df = (B - 1)(P - 1)
 *	sampling	n = G r P requests, MS = request^2, df = n - B P - (G - B)
 *
 * One level with a share s of the n values off by x: noncentrality n s (1 - s) x^2 / MS (Scheffe
 * 1959, 2.6); the power is the noncentral F's. */
#include "power.h"

#include <math.h>

#include "bug.h"
#include "dist.h"

/* What a load with its warm-ups costs where times are unknown. */
#define LOAD_IN_REQUESTS 5

#define ALPHA 0.05
#define NODES 400 /* of Simpson's rule */
#define LIMIT 8.0 /* sds beyond which a normal number is not expected */

uint32_t power_tests(const struct power_design *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nfactors; i++)
		n += !d->factors[i].why;
	return (uint32_t)(2 * (n + n * (n - (n > 0)) / 2));
}

/* What a factor is tested with. */
struct stratum {
	double values, ms, df;
};

static struct stratum stratum_of(
	const struct power_design *d, const struct power_factor *f, const struct noise_of *noise)
{
	double loads = d->blocks * d->passes, requests = d->groups * d->per_pass * d->passes;
	double request = noise->request.value * noise->request.value;
	double load = noise->load.value * noise->load.value;

	if (f->runner)
		return (struct stratum){.values = loads,
			.ms = load + request * loads / requests,
			.df = (d->blocks - 1) * (d->passes - 1)};
	return (struct stratum){.values = requests,
		.ms = request,
		.df = requests - loads - (d->groups - d->blocks)};
}

static double alpha(const struct power_design *d)
{
	uint32_t tests = power_tests(d);

	return ALPHA / (tests ? tests : 1);
}

static double rejects(const struct power_design *d, const struct power_factor *f,
	const struct stratum *s, double x)
{
	double df = f->levels - 1, critical = dist_f_critical(alpha(d), df, s->df);
	double lambda = s->values * f->least_share * (1 - f->least_share) * x * x / s->ms;

	if (s->ms == 0) /* without noise every difference is seen, and none that is not there */
		return x != 0;
	return 1 - dist_noncentral_f(critical, df, s->df, lambda);
}

double power_of(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double size)
{
	struct stratum s = stratum_of(d, f, noise);

	if (f->why || f->levels < 2 || !(s.df >= 1) || !(s.ms >= 0))
		return NAN;
	return rejects(d, f, &s, log1p(size));
}

double power_least(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double target)
{
	struct stratum s = stratum_of(d, f, noise);
	double lambda;

	if (f->why || f->levels < 2 || !(s.df >= 1) || !(s.ms >= 0))
		return NAN;
	lambda = dist_noncentrality(alpha(d), target, f->levels - 1, s.df);
	return expm1(sqrt(lambda * s.ms / (s.values * f->least_share * (1 - f->least_share))));
}

/* ---- no effect ---- */

static double below(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

/* P(the range of k normals of sd 1, one of them shifted by h, is at most w): Hartley's integral,
 * over which of them is the largest and where. */
static double range_shifted(double w, uint32_t k, double h)
{
	double from = fmin(0, h) - LIMIT, step = (LIMIT + fabs(h) + LIMIT) / NODES, sum = 0;

	if (w <= 0)
		return 0;
	for (int i = 0; i <= NODES; i++) {
		double z = from + i * step, weight = i == 0 || i == NODES ? 1 : i % 2 ? 4 : 2;
		double plain = below(z) - below(z - w), odd = below(z - h) - below(z - h - w);
		double others = pow(plain, k - 2.0);

		sum += weight * others *
			((k - 1) * exp(-z * z / 2) * odd + plain * exp(-(z - h) * (z - h) / 2));
	}
	return fmin(1, sum * step / 3 / sqrt(2 * M_PI));
}

/* lgamma() writes a global, and rehearsals run on threads. */
static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* Density of the root of chi-square over its degrees of freedom. */
static double sd_density(double s, double df)
{
	return s > 0 ? exp(log(2) + df / 2 * log(df / 2) - log_gamma(df / 2) + (df - 1) * log(s) -
			       df * s * s / 2)
		     : 0;
}

/* All pairwise 90 % intervals inside the margin: the range of the means is below what the margin
 * leaves beside half an interval, averaged over the sd that is seen. */
static double all_inside(
	const struct power_factor *f, const struct stratum *s, double margin, double x)
{
	double unit = sqrt(s->ms / (s->values * f->least_share));
	double t90 = dist_t_quantile(0.90, s->df), spread = 7 / sqrt(2 * s->df);
	double from = fmax(0, 1 - spread), to = 1 + spread + 5 / s->df;
	double step = (to - from) / 64, sum = 0;

	for (int i = 0; i <= 64; i++) {
		double seen = from + i * step, weight = i == 0 || i == 64 ? 1 : i % 2 ? 4 : 2;
		double w = margin / unit - t90 * seen * M_SQRT2;

		sum += weight * sd_density(seen, s->df) * range_shifted(w, f->levels, x / unit);
	}
	return fmin(1, sum * step / 3);
}

double power_equal(const struct power_design *d, const struct power_factor *f,
	const struct noise_of *noise, double margin, double size)
{
	struct stratum s = stratum_of(d, f, noise);

	if (f->why || f->levels < 2 || !(s.df >= 1) || !(s.ms >= 0) || !(margin > 0))
		return NAN;
	if (s.ms == 0)
		return size == 0;
	/* A test that rejects is no verdict of no effect, however small the effect. */
	return fmax(
		0, all_inside(f, &s, log1p(margin), log1p(size)) - rejects(d, f, &s, log1p(size)));
}

/* ---- how many ---- */

static bool fulfils(const struct power_design *d, const struct power_wish *w)
{
	double got = w->equal ? power_equal(d, w->factor, w->noise, w->size, 0)
			      : power_of(d, w->factor, w->noise, w->size);

	return got >= w->target; /* not where there is no test */
}

static bool fulfils_all(
	struct power_design *d, const struct power_wish *w, size_t n, uint32_t p, uint32_t r)
{
	d->passes = p;
	d->per_pass = r;
	for (size_t i = 0; i < n; i++) {
		if (!fulfils(d, &w[i]))
			return false;
	}
	return true;
}

/* The least requests in a pass that do with `p` passes; 0: none.  More never find less. */
static uint32_t least_per_pass(
	struct power_design *d, const struct power_wish *w, size_t n, uint32_t p)
{
	uint32_t low = 1, high = POWER_MOST_PER_PASS;

	if (!fulfils_all(d, w, n, p, high))
		return 0;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (fulfils_all(d, w, n, p, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static double price(const struct power_design *d, struct power_cost cost, uint32_t p, uint32_t r)
{
	double loads = d->blocks * p, requests = d->groups * p * r;

	if (cost.per_load > 0 || cost.per_request > 0)
		return loads * cost.per_load + requests * cost.per_request;
	return loads * LOAD_IN_REQUESTS + requests;
}

bool power_search(const struct power_design *design, const struct power_wish *wishes, size_t n,
	uint32_t least_passes, uint32_t fixed_per_pass, struct power_cost cost, uint32_t *passes,
	uint32_t *per_pass)
{
	struct power_design d = *design;
	double best = INFINITY;

	for (uint32_t p = least_passes; p <= POWER_MOST_PASSES; p++) {
		uint32_t r = fixed_per_pass;
		double cheapest = price(&d, cost, p, r ? r : 1), cost_here;

		if (cheapest >= best)
			break; /* no later one is cheaper */
		if (r && !fulfils_all(&d, wishes, n, p, r))
			continue;
		if (!r)
			r = least_per_pass(&d, wishes, n, p);
		cost_here = r ? price(&d, cost, p, r) : INFINITY;
		if (cost_here < best) {
			best = cost_here;
			*passes = p;
			*per_pass = r;
		}
	}
	return isfinite(best);
}
