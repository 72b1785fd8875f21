/* values_mad.c - the median of the distances from the median. */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "values_parts.h"

/* The k-th and (k+1)-th smallest distance from `middle` of sorted values: both sides are gone
 * through outwards, the nearer value first. */
static void distances(const struct values *v, double middle, uint64_t k, double found[2])
{
	size_t right = 0, left;
	uint64_t passed = 0;

	while (right < v->n && v->v[right] < middle)
		right++;
	left = right;
	for (found[0] = found[1] = 0; passed < k + 2 && passed < v->n; passed++) {
		double below = left > 0 ? middle - v->v[left - 1] : INFINITY;
		double above = right < v->n ? v->v[right] - middle : INFINITY;

		if (below < above)
			left--;
		else
			right++;
		found[0] = passed < k + 1 ? fmin(below, above) : found[0];
		found[1] = fmin(below, above);
	}
}

static double exact_mad(const struct values *v)
{
	double at = 0.5 * ((double)v->n - 1), found[2];

	distances(v, values_quantile(v, 0, 0.5), (uint64_t)at, found);
	return values_between(found[0], found[1], at - floor(at));
}

/* The histogram as a distribution, even within each bucket. */
struct piece {
	double low, high, before, here; /* values below it, and in it */
};

struct spread {
	struct piece *v;
	size_t n;
};

static struct spread spread_of(const struct values *v)
{
	struct walk w = {.v = v};
	struct spread s = {0};
	double before = 0;
	size_t n = 0;

	while (values_next(&w))
		n++;
	s.v = xcalloc(n, sizeof(*s.v));
	w = (struct walk){.v = v};
	while (values_next(&w)) {
		s.v[s.n++] = (struct piece){
			values_clamp(v, w.low), values_clamp(v, w.high), before, (double)w.n};
		before += (double)w.n;
	}
	return s;
}

/* The piece where x is: a place, or (by_count) a number of values that are smaller. */
static const struct piece *piece_at(const struct spread *s, double x, bool by_count)
{
	size_t low = 0, high = s->n - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct piece *p = &s->v[middle];

		if ((by_count ? p->before + p->here : p->high) < x)
			low = middle + 1;
		else
			high = middle;
	}
	return &s->v[low];
}

static double below(const struct spread *s, double x)
{
	const struct piece *p = piece_at(s, x, false);
	double part = p->high > p->low ? (x - p->low) / (p->high - p->low) : x >= p->low;

	return p->before + p->here * fmin(1, fmax(0, part));
}

/* Half of the values are nearer to the middle than that; found by halving. */
static double spread_mad(const struct values *v)
{
	struct spread s = spread_of(v);
	const struct piece *p = piece_at(&s, (double)v->n / 2, true);
	double half = (double)v->n / 2, low = 0, high;
	double middle = p->low + (p->high - p->low) * (half - p->before) / p->here;

	high = fmax(v->max - middle, middle - v->min);
	for (int i = 0; i < 50; i++) {
		double at = low + (high - low) / 2;

		if (below(&s, middle + at) - below(&s, middle - at) < half)
			low = at;
		else
			high = at;
	}
	free(s.v);
	return high;
}

double values_mad(const struct values *v)
{
	if (v->n == 0)
		return NAN;
	return v->histogram ? spread_mad(v) : exact_mad(v);
}
