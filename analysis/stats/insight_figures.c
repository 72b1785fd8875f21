/* insight_figures.c - the figures of rows that told ones are held against. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "insight_told.h"

/* A single row is the one that is meant if among so many and so near ones it is not by chance. */
#define CHANCE 0.05

/* ---- figures of rows ---- */

static void fill(double of[STAT_COUNT_OF_KINDS], const struct values *v)
{
	for (size_t i = 0; i < STAT_COUNT_OF_KINDS; i++)
		of[i] = NAN;
	if (v->n == 0)
		return;
	of[STAT_MEAN] = v->mean;
	of[STAT_SD] = values_sd(v);
	of[STAT_MIN] = v->min;
	of[STAT_MAX] = v->max;
	of[STAT_P5] = values_quantile(v, 0, 0.05);
	of[STAT_P50] = values_quantile(v, 0, 0.5);
	of[STAT_P90] = values_quantile(v, 0, 0.9);
	of[STAT_P95] = values_quantile(v, 0, 0.95);
	of[STAT_P99] = values_quantile(v, 0, 0.99);
	of[STAT_TOTAL] = v->mean * (double)v->n;
}

/* Of both together; neither is copied where the other is empty. */
static void fill_both(
	double of[STAT_COUNT_OF_KINDS], const struct values *a, const struct values *b)
{
	const struct values *only = b->n == 0 ? a : a->n == 0 ? b : NULL;
	struct values v;

	if (only && (only->finished || only->n == 0)) {
		fill(of, only);
		return;
	}
	insight_merge(&v, a, b);
	fill(of, &v);
	values_release(&v);
}

const struct figures *told_figures(struct told_work *t, uint32_t subject, size_t measure)
{
	const struct corpus_measure *m = &t->w->c->subjects[subject].measures[measure];
	struct figures **slot = &t->cache[t->first[subject] + measure];
	const struct values nothing = {0};
	struct figures *f = *slot;

	if (f)
		return f;
	f = *slot = xcalloc(1, sizeof(*f));
	fill_both(f->of[OF_ALL], &m->warm, &m->cold);
	fill_both(f->of[OF_WARM], &m->warm, &nothing);
	fill_both(f->of[OF_COLD], &nothing, &m->cold);
	return f;
}

static const char *stat_words(enum rule_stat s)
{
	static const char *const words[STAT_COUNT_OF_KINDS] = {[STAT_MEAN] = "mean",
		[STAT_SD] = "standard deviation",
		[STAT_MIN] = "minimum",
		[STAT_P5] = "p5",
		[STAT_P50] = "median",
		[STAT_P90] = "p90",
		[STAT_P95] = "p95",
		[STAT_P99] = "p99",
		[STAT_MAX] = "maximum",
		[STAT_TOTAL] = "total"};

	return words[s] ? words[s] : "figure";
}

/* "mean of all rows". */
const char *told_which(struct told_work *t, enum rule_stat s, enum rows_part p, bool cold)
{
	static const char *const of[PARTS] = {"all rows", "warm rows", "cold rows"};

	return arena_fmt(
		t->w->arena, "%s of %s", stat_words(s), p == OF_ALL && !cold ? "its rows" : of[p]);
}

/* ---- single rows ---- */

/* The nearest value to x of a finished list; NaN of none. */
static double nearest(const struct values *v, double x)
{
	uint64_t low = 0, high = v->n;

	if (v->histogram || !v->finished || v->n == 0)
		return NAN;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (v->v[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == v->n || (low > 0 && x - v->v[low - 1] < v->v[low] - x))
		low--;
	return v->v[low];
}

double told_single_row(
	const struct corpus_measure *m, const struct insight_measure *i, double x, double tol)
{
	double a = nearest(&m->warm, x), b = nearest(&m->cold, x);
	double near = isnan(a) || fabs(b - x) < fabs(a - x) ? b : a;
	double span = i->all.max - i->all.min;

	if (isnan(near) || !(fabs(near - x) <= tol))
		return NAN;
	return i->all.n == 1 || (double)i->all.n * 2 * tol <= CHANCE * span ? near : (double)NAN;
}
