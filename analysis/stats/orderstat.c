/* orderstat.c - ranks that hold a quantile between them. */
#include "orderstat.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "bug.h"
#include "jsonx.h"

/* A tail this much above what is allowed is rounding: .05 of one value is exactly allowed. */
#define ROUNDING 1e-12

/* P(B <= k) and P(B >= k) of B, the number of values below the quantile; k up to n. */
static double at_most(size_t k, size_t n, double p)
{
	return gsl_cdf_binomial_P((unsigned)k, p, (unsigned)n);
}

static double at_least(size_t k, size_t n, double p)
{
	return k == 0 ? 1 : gsl_cdf_binomial_Q((unsigned)(k - 1), p, (unsigned)n);
}

/* The value of rank `low` is above the quantile if fewer than `low` values are below it.  The
 * largest rank for which that is rare enough, by bisection; 0 none. */
static size_t lower_rank(size_t n, double p, double tail)
{
	size_t good = 0, bad = n + 1;

	while (bad - good > 1) {
		size_t middle = good + (bad - good) / 2;

		if (at_most(middle - 1, n, p) <= tail * (1 + ROUNDING))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* The value of rank `high` is below it if so many, or more, are; the smallest rare one, 0 none. */
static size_t upper_rank(size_t n, double p, double tail)
{
	size_t bad = 0, good = n + 1;

	while (good - bad > 1) {
		size_t middle = bad + (good - bad) / 2;

		if (at_least(middle, n, p) <= tail * (1 + ROUNDING))
			good = middle;
		else
			bad = middle;
	}
	return good > n ? 0 : good;
}

static void check(double p, double level)
{
	if (!(p > 0 && p < 1 && level >= 0.5 && level < 1))
		BUG("no interval of quantile %g at level %g", p, level);
}

size_t orderstat_limit(size_t n, double p, double level, bool upper, double *coverage)
{
	size_t rank = 0;

	check(p, level);
	*coverage = NAN;
	if (n == 0 || n > ORDERSTAT_MOST)
		return 0;
	rank = upper ? upper_rank(n, p, 1 - level) : lower_rank(n, p, 1 - level);
	if (rank)
		*coverage = 1 - (upper ? at_least(rank, n, p) : at_most(rank - 1, n, p));
	return rank;
}

static void one_side(size_t n, double p, double level, struct orderstat_interval *r)
{
	bool upper = p >= 0.5;

	for (int i = 0; i < 2 && !r->low && !r->high; i++, upper = !upper)
		*(upper ? &r->high : &r->low) = orderstat_limit(n, p, level, upper, &r->coverage);
	r->one_sided = r->low || r->high;
	r->why = r->one_sided ? "too few values for a limit on both sides"
			      : "too few values for a limit on either side";
}

void orderstat_interval(size_t n, double p, double level, struct orderstat_interval *r)
{
	double tail = (1 - level) / 2;

	check(p, level);
	*r = (struct orderstat_interval){.coverage = NAN};
	if (n == 0 || n > ORDERSTAT_MOST) {
		r->why = n ? "more than 10,000,000 values" : "there are no values";
		return;
	}
	r->low = lower_rank(n, p, tail);
	r->high = upper_rank(n, p, tail);
	if (r->low && r->high) {
		r->coverage = 1 - at_most(r->low - 1, n, p) - at_least(r->high, n, p);
		return;
	}
	r->low = r->high = 0;
	one_side(n, p, level, r);
}

size_t orderstat_needs(double p, double level)
{
	/* The longer tail holds no value with probability q^n. */
	double q, n;

	check(p, level);
	q = fmax(p, 1 - p);
	n = ceil(log((1 - level) / 2) / log(q) - ROUNDING);
	return n > ORDERSTAT_MOST ? 0 : (size_t)n;
}

void orderstat_limits(const struct orderstat_interval *r, orderstat_value value, const void *of,
	double *low, double *high)
{
	*low = r->low ? value(of, r->low) : (double)-INFINITY;
	*high = r->high ? value(of, r->high) : (double)INFINITY;
}

static double of_array(const void *sorted, size_t rank)
{
	return ((const double *)sorted)[rank - 1];
}

static bool is_tied(const double *sorted, size_t n, size_t rank)
{
	return rank &&
		((rank > 1 && sorted[rank - 2] == sorted[rank - 1]) ||
			(rank < n && sorted[rank] == sorted[rank - 1]));
}

bool orderstat_of_sorted(const struct orderstat_interval *r, const double *sorted, size_t n,
	double *low, double *high)
{
	orderstat_limits(r, of_array, sorted, low, high);
	return is_tied(sorted, n, r->low) || is_tied(sorted, n, r->high);
}

json_t *orderstat_json(const struct orderstat_interval *r, double low, double high)
{
	json_t *o = json_object();

	jsonx_put(o, "low", jsonx_number(low));
	jsonx_put(o, "high", jsonx_number(high));
	jsonx_put(o, "coverage", jsonx_number(r->coverage));
	jsonx_put(o, "low_rank", r->low ? json_integer((json_int_t)r->low) : json_null());
	jsonx_put(o, "high_rank", r->high ? json_integer((json_int_t)r->high) : json_null());
	jsonx_put(o, "one_sided", json_boolean(r->one_sided));
	if (r->why)
		jsonx_put(o, "why", json_string(r->why));
	return o;
}
