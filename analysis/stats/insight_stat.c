/* insight_stat.c - figures of a sample: of all its values, or of a histogram of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "insight_parts.h"
#include "quantile.h"
#include "values_parts.h"

double t95_of(struct t95 *t, uint64_t df)
{
	if (df >= T95_KEPT)
		return dist_t_quantile(0.95, (double)df);
	if (!(t->of[df] > 0))
		t->of[df] = dist_t_quantile(0.95, (double)df);
	return t->of[df];
}

/* ---- two samples as one ---- */

/* Moments of both together (Chan, Golub and LeVeque 1983). */
static void join_moments(struct values *ret, const struct values *a, const struct values *b)
{
	double n = (double)a->n + (double)b->n, apart = b->mean - a->mean;

	ret->n = a->n + b->n;
	ret->min = fmin(a->min, b->min);
	ret->max = fmax(a->max, b->max);
	ret->mean = a->mean + apart * ((double)b->n / n);
	ret->ss = a->ss + b->ss + apart * apart * ((double)a->n * (double)b->n / n);
}

/* Of two ascending lists. */
static void join_sorted(struct values *ret, const struct values *a, const struct values *b)
{
	uint64_t i = 0, k = 0;

	values_init(ret, false);
	join_moments(ret, a, b);
	ret->room = ret->n;
	ret->v = xcalloc(ret->n, sizeof(*ret->v));
	for (uint64_t at = 0; at < ret->n; at++) {
		bool first = k >= b->n || (i < a->n && a->v[i] <= b->v[k]);

		ret->v[at] = first ? a->v[i++] : b->v[k++];
	}
	ret->finished = true;
}

void insight_merge(struct values *ret, const struct values *a, const struct values *b)
{
	if (a->finished && b->finished && !a->histogram && !b->histogram && a->n && b->n) {
		join_sorted(ret, a, b);
		return;
	}
	values_init(ret, a->n ? a->histogram : b->histogram);
	if (a->n)
		values_merge(ret, a);
	if (b->n)
		values_merge(ret, b);
	values_finish(ret);
}

/* ---- figures ---- */

static void fill(struct insight_stat *s, const struct values *v, struct t95 *t)
{
	*s = (struct insight_stat){.n = v->n,
		.mean = v->n ? v->mean : (double)NAN,
		.sd = values_sd(v),
		.low = NAN,
		.high = NAN,
		.min = v->n ? v->min : (double)NAN,
		.max = v->n ? v->max : (double)NAN,
		.p50 = values_quantile(v, 0, 0.5),
		.p95 = NAN,
		.p99 = NAN};
	if (v->n == 0)
		s->interval_why = "there is no value";
	else if (v->n == 1)
		s->interval_why = "one value has no spread";
	else if (!isfinite(s->mean) || !isfinite(s->sd))
		s->interval_why = "the values are too large to be squared";
	if (!s->interval_why) {
		double half = t95_of(t, v->n - 1) * s->sd / sqrt((double)v->n);

		s->low = s->mean - half;
		s->high = s->mean + half;
	}
	if (v->n >= QUANTILE_P95_NEEDS)
		s->p95 = values_quantile(v, 0, 0.95);
	else
		s->p95_why = "p95 needs 20 values";
	if (v->n >= QUANTILE_P99_NEEDS)
		s->p99 = values_quantile(v, 0, 0.99);
	else
		s->p99_why = "p99 needs 100 values";
}

void insight_stat_of(struct insight_stat *s, const struct values *v, struct t95 *t)
{
	struct values copy;

	if (v->finished || v->n == 0) {
		fill(s, v, t);
		return;
	}
	values_init(&copy, v->histogram);
	values_merge(&copy, v);
	values_finish(&copy);
	fill(s, &copy, t);
	values_release(&copy);
}

/* ---- logarithms ---- */

static struct log_moments none(uint64_t n)
{
	return (struct log_moments){.n = n, .mean = NAN, .variance = NAN};
}

/* About the middle of their range, so that nothing large cancels. */
struct log_moments insight_logs(const struct values *v)
{
	struct walk walk = {.v = v};
	double sum = 0, squares = 0, n = (double)v->n, about;

	if (v->n < 2 || !(v->min > 0) || !isfinite(v->max))
		return none(v->n);
	about = log(v->min) / 2 + log(v->max) / 2;
	for (uint64_t i = 0; !v->histogram && i < v->n; i++) {
		double x = log(v->v[i]) - about;

		sum += x;
		squares += x * x;
	}
	while (v->histogram && values_next(&walk)) {
		double x = log(values_clamp(v, walk.middle)) - about;

		sum += x * (double)walk.n;
		squares += x * x * (double)walk.n;
	}
	return (struct log_moments){.n = v->n,
		.mean = about + sum / n,
		.variance = fmax(0, (squares - sum * sum / n) / (n - 1))};
}

bool insight_welch_test(
	const struct log_moments *x, const struct log_moments *y, struct log_ratio *ret)
{
	double vx = x->variance / (double)x->n, vy = y->variance / (double)y->n, v = vx + vy;

	if (!(v > 0))
		return false; /* values that do not vary have no error to judge by */
	*ret = (struct log_ratio){.ratio = exp(x->mean - y->mean),
		.low = NAN,
		.high = NAN,
		.apart = x->mean - y->mean,
		.se = sqrt(v),
		.df = v * v / (vx * vx / ((double)x->n - 1) + vy * vy / ((double)y->n - 1))};
	ret->p = dist_t_two_sided(fabs(ret->apart) / ret->se, ret->df);
	return isfinite(ret->p);
}

bool insight_welch(const struct log_moments *x, const struct log_moments *y, double level,
	struct log_ratio *ret)
{
	double half;

	if (!insight_welch_test(x, y, ret))
		return false;
	half = dist_t_quantile(level, ret->df) * ret->se;
	ret->low = exp(ret->apart - half);
	ret->high = exp(ret->apart + half);
	return true;
}
