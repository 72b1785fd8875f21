/* change.c - one step in a sequence, and trends. */
#include "change.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "drift.h"
#include "jsonx.h"
#include "rng.h"

/* Statistics that differ by less, of the sum of squares that is there, are equal. */
#define ROUNDING 1e-12
/* Residuals this small against the values, squared, are rounding. */
#define SAME 1e-28
/* The sum of the first values is that of whole groups, which is 0. */
#define NO_VARIANCE 1e-9

/* ---- sequences ---- */

struct sequence {
	size_t n;
	double *residual; /* [n] in time order, less the group's mean */
	double *variance; /* [n] at k: of the first k residuals' sum, in units of one value's */
	size_t *slot;     /* [n] places in time, group after group */
	size_t *end;      /* [ngroups] of each group's slots */
	uint32_t ngroups;
	double total; /* sum of squares */
};

/* Slots by counting sort; residuals. */
static void sort_slots(struct sequence *s, const double *y, const uint32_t *group)
{
	size_t *next = xcalloc((size_t)s->ngroups + 1, sizeof(*next));
	double *sum = xcalloc(s->ngroups, sizeof(*sum));

	for (size_t i = 0; i < s->n; i++)
		next[(group ? group[i] : 0) + 1]++;
	for (uint32_t g = 0; g < s->ngroups; g++)
		next[g + 1] += next[g];
	for (uint32_t g = 0; g < s->ngroups; g++)
		s->end[g] = next[g + 1];
	for (size_t i = 0; i < s->n; i++) {
		uint32_t g = group ? group[i] : 0;

		s->slot[next[g]++] = i;
		sum[g] += y[i];
	}
	for (size_t i = 0; i < s->n; i++) {
		uint32_t g = group ? group[i] : 0;

		s->residual[i] = y[i] - sum[g] / (double)(s->end[g] - (g ? s->end[g - 1] : 0));
		s->total += s->residual[i] * s->residual[i];
	}
	free(next);
	free(sum);
}

/* Of the first k values a group of m has a: its share of the variance is a (m - a) / m. */
static void find_variances(struct sequence *s, const uint32_t *group)
{
	double *met = xcalloc(s->ngroups, sizeof(*met)), variance = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint32_t g = group ? group[i] : 0;
		double m = (double)(s->end[g] - (g ? s->end[g - 1] : 0));

		s->variance[i] = variance;
		variance -= met[g] * (m - met[g]) / m;
		met[g]++;
		variance += met[g] * (m - met[g]) / m;
	}
	free(met);
}

static void sequence_init(
	struct sequence *s, const double *y, const uint32_t *group, uint32_t ngroups, size_t n)
{
	*s = (struct sequence){.n = n,
		.ngroups = group ? ngroups : 1,
		.residual = xcalloc(n, sizeof(*s->residual)),
		.variance = xcalloc(n, sizeof(*s->variance)),
		.slot = xcalloc(n, sizeof(*s->slot))};
	s->end = xcalloc(s->ngroups, sizeof(*s->end));
	sort_slots(s, y, group);
	find_variances(s, group);
}

static void sequence_release(struct sequence *s)
{
	free(s->residual);
	free(s->variance);
	free(s->slot);
	free(s->end);
}

/* The largest sum of squares that a step explains beside the groups' means, and its place.  Since
 * no order changes the residuals' sum of squares, F of the step rises with it. */
static double largest(const struct sequence *s, size_t *at, double *difference)
{
	double sum = 0, most = -1;

	for (size_t k = 1; k + CHANGE_SIDE <= s->n; k++) {
		double x;

		sum += s->residual[k - 1];
		if (k < CHANGE_SIDE || s->variance[k] < NO_VARIANCE)
			continue;
		x = sum * sum / s->variance[k];
		if (x > most) {
			most = x;
			*at = k;
			*difference = -sum / s->variance[k];
		}
	}
	return most;
}

static void shuffle(struct sequence *s, struct rng *r)
{
	size_t first = 0;

	for (uint32_t g = 0; g < s->ngroups; g++) {
		for (size_t i = s->end[g] - first; i > 1; i--) {
			size_t j = s->slot[first + (size_t)rng_below(r, i)];
			size_t k = s->slot[first + i - 1];
			double kept = s->residual[k];

			s->residual[k] = s->residual[j];
			s->residual[j] = kept;
		}
		first = s->end[g];
	}
}

static void find_step(struct sequence *s, uint64_t seed, struct change *ret)
{
	double seen, far = 1, ignored; /* the order that was seen is one of them */
	size_t at;
	struct rng r;

	seen = largest(s, &ret->index, &ret->difference) - ROUNDING * s->total;
	ret->draws = s->n <= CHANGE_MANY ? CHANGE_DRAWS : CHANGE_FEWER;
	rng_init(&r, seed, "change");
	for (uint64_t i = 0; i < ret->draws; i++) {
		shuffle(s, &r);
		far += largest(s, &at, &ignored) >= seen;
	}
	ret->p = far / ((double)ret->draws + 1);
	ret->least = 1 / ((double)ret->draws + 1);
}

static const char *why_not(const double *y, const uint32_t *group, uint32_t ngroups, size_t n)
{
	if (n < CHANGE_LEAST)
		return "a step needs 8 values";
	if (n > CHANGE_MOST)
		return "more than 100,000 values";
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(y[i]) || (group && group[i] >= ngroups))
			BUG("value %zu of a sequence is %g", i, y[i]);
	}
	return NULL;
}

void change_find(const double *y, const uint32_t *group, uint32_t ngroups, size_t n, uint64_t seed,
	struct change *ret)
{
	struct sequence s;
	double least = 0;

	*ret = (struct change){.n = n, .difference = NAN, .p = NAN, .least = NAN};
	ret->why = why_not(y, group, ngroups, n);
	if (ret->why)
		return;
	sequence_init(&s, y, group, ngroups, n);
	for (size_t k = CHANGE_SIDE; k + CHANGE_SIDE <= n; k++)
		least = fmax(least, s.variance[k]);
	if (least < NO_VARIANCE)
		ret->why = "no setting was measured before and after";
	else if (s.total <= SAME * y[0] * y[0] * (double)n)
		ret->why = "all values are the same";
	else
		find_step(&s, seed, ret);
	sequence_release(&s);
}

/* ---- trend ---- */

void change_trend(const double *x, const double *y, size_t n, struct change_trend *ret)
{
	size_t step = (n + CHANGE_PAIRED - 1) / CHANGE_PAIRED, kept = 0;
	double *a, *b;

	*ret = (struct change_trend){.n = n, .slope = NAN, .p = NAN};
	if (n < CHANGE_TREND_LEAST) {
		ret->why = "a trend needs 5 values";
		return;
	}
	a = xcalloc(n, sizeof(*a));
	b = xcalloc(n, sizeof(*b));
	for (size_t i = 0; i < n; i += step) {
		a[kept] = x[i];
		b[kept++] = y[i];
	}
	ret->slope = drift_slope(a, b, kept);
	ret->p = drift_kendall_p(a, b, kept);
	if (isnan(ret->slope))
		ret->why = "no time passed";
	else if (isnan(ret->p))
		ret->why = "all values are the same";
	free(a);
	free(b);
}

/* ---- JSON ---- */

json_t *change_json(const struct change *c)
{
	json_t *o = json_object();

	jsonx_put(o, "n", json_integer((json_int_t)c->n));
	jsonx_put_or_why(o, "at", c->why ? (double)NAN : (double)c->index + 1, c->why);
	jsonx_put_or_why(o, "difference", c->difference, c->why);
	jsonx_put_or_why(o, "p", c->p, c->why);
	jsonx_put_or_why(o, "least_p", c->least, c->why);
	return o;
}

json_t *change_trend_json(const struct change_trend *t)
{
	json_t *o = json_object();

	jsonx_put(o, "n", json_integer((json_int_t)t->n));
	jsonx_put_or_why(o, "slope", t->slope, t->why);
	jsonx_put_or_why(o, "p", t->p, t->why);
	return o;
}
