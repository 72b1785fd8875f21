/* values.c - see values.h. */
#include "values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "values_parts.h"

#define BUCKET_SHIFT 43 /* leaves 11 bits of exponent and 9 of fraction */
#define PAGE_BITS    6
#define PAGE         (1u << PAGE_BITS)

void values_init(struct values *v, bool histogram)
{
	*v = (struct values){
		.histogram = histogram, .min = NAN, .max = NAN, .mean = NAN, .ss = NAN};
}

static void release_side(struct values_side *s)
{
	for (uint32_t i = 0; i < s->npages; i++)
		free(s->page[i]);
	free(s->page);
	*s = (struct values_side){0};
}

void values_release(struct values *v)
{
	free(v->v);
	release_side(&v->above);
	release_side(&v->below);
	*v = (struct values){0};
}

/* ---- the histogram ---- */

static uint32_t bucket_of(double magnitude)
{
	uint64_t bits;

	memcpy(&bits, &magnitude, sizeof(bits));
	return (uint32_t)(bits >> BUCKET_SHIFT);
}

static double edge_of(uint32_t bucket)
{
	uint64_t bits = (uint64_t)bucket << BUCKET_SHIFT;
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* The middle of a bucket; the last one ends at infinity. */
static double middle_of(uint32_t bucket)
{
	double low = edge_of(bucket), high = edge_of(bucket + 1);

	return isinf(high) ? low : low + (high - low) / 2;
}

/* Makes room so that the page is one of the list. */
static void widen(struct values_side *s, uint32_t page)
{
	uint32_t first = s->npages && s->first < page ? s->first : page;
	uint32_t end =
		s->npages && s->first + s->npages > page + 1 ? s->first + s->npages : page + 1;
	uint32_t **list = xcalloc(end - first, sizeof(*list));

	if (s->npages)
		memcpy(list + (s->first - first), s->page, s->npages * sizeof(*list));
	free(s->page);
	*s = (struct values_side){.page = list, .first = first, .npages = end - first};
}

static uint32_t *count_at(struct values_side *s, uint32_t bucket)
{
	uint32_t page = bucket >> PAGE_BITS, **counts;

	if (page - s->first >= s->npages) /* or below the first: it wraps around */
		widen(s, page);
	counts = &s->page[page - s->first];
	if (!*counts)
		*counts = xcalloc(PAGE, sizeof(**counts));
	return *counts + (bucket & (PAGE - 1));
}

static void count_value(struct values *v, double x)
{
	if (x >= DBL_MIN)
		++*count_at(&v->above, bucket_of(x));
	else if (x <= -DBL_MIN)
		++*count_at(&v->below, bucket_of(-x));
	else
		v->zero++;
}

/* The next bucket of one side with a value; false at its end. */
static bool next_on_side(struct walk *w, const struct values_side *s, bool descending)
{
	uint32_t all = s->npages * PAGE;

	while (w->step < all) {
		uint32_t i = descending ? all - 1 - w->step : w->step;
		const uint32_t *counts = s->page[i >> PAGE_BITS];
		uint32_t bucket = s->first * PAGE + i;

		if (!counts) {
			w->step += PAGE;
			continue;
		}
		w->step++;
		w->n = counts[i & (PAGE - 1)];
		if (w->n == 0)
			continue;
		w->low = descending ? -edge_of(bucket + 1) : edge_of(bucket);
		w->high = descending ? -edge_of(bucket) : edge_of(bucket + 1);
		w->middle = descending ? -middle_of(bucket) : middle_of(bucket);
		return true;
	}
	w->step = 0;
	return false;
}

bool values_next(struct walk *w)
{
	if (w->at == WALK_BELOW) {
		if (next_on_side(w, &w->v->below, true))
			return true;
		w->at = WALK_ZERO;
		if (w->v->zero) {
			w->low = w->high = w->middle = 0;
			w->n = w->v->zero;
			return true;
		}
	}
	w->at = WALK_ABOVE;
	return next_on_side(w, &w->v->above, false);
}

double values_clamp(const struct values *v, double x)
{
	return fmin(v->max, fmax(v->min, x));
}

/* The value with k smaller ones; k < n. */
static double nth(const struct values *v, uint64_t k)
{
	struct walk w = {.v = v};
	uint64_t before = 0;

	if (!v->histogram)
		return v->v[k];
	if (k == 0)
		return v->min;
	if (k + 1 == v->n)
		return v->max;
	while (values_next(&w)) {
		before += w.n;
		if (before > k)
			return values_clamp(v, w.middle);
	}
	BUG("a histogram of %llu values has no %llu", (unsigned long long)v->n,
		(unsigned long long)k);
}

/* ---- adding ---- */

void values_add(struct values *v, double x)
{
	if (v->n++ == 0) {
		v->min = v->max = x;
	} else {
		v->min = x < v->min ? x : v->min;
		v->max = x > v->max ? x : v->max;
	}
	v->finished = false;
	if (v->histogram) {
		sums_add(&v->sums, x);
		count_value(v, x);
		return;
	}
	if (v->n > v->room) {
		v->room = v->room ? 2 * v->room : 8;
		v->v = xrealloc(v->v, v->room, sizeof(*v->v));
	}
	v->v[v->n - 1] = x;
}

static void merge_side(struct values_side *s, const struct values_side *from)
{
	for (uint32_t p = 0; p < from->npages; p++) {
		for (uint32_t i = 0; from->page[p] && i < PAGE; i++) {
			uint32_t n = from->page[p][i];

			if (n)
				*count_at(s, (from->first + p) * PAGE + i) += n;
		}
	}
}

void values_merge(struct values *v, const struct values *from)
{
	if (v->histogram != from->histogram)
		BUG("a histogram and a list of values have nothing to add to each other");
	if (from->n == 0)
		return;
	if (!v->histogram) {
		for (uint64_t i = 0; i < from->n; i++)
			values_add(v, from->v[i]);
		return;
	}
	v->finished = false;
	v->min = v->n ? fmin(v->min, from->min) : from->min;
	v->max = v->n ? fmax(v->max, from->max) : from->max;
	v->n += from->n;
	sums_merge(&v->sums, &from->sums);
	merge_side(&v->above, &from->above);
	merge_side(&v->below, &from->below);
	v->zero += from->zero;
}

/* ---- the end ---- */

/* Sums in long double, the second about the mean, less what rounding left in the first. */
static void find_moments(struct values *v)
{
	long double sum = 0, square = 0, rest = 0, n = (long double)v->n;

	for (size_t i = 0; i < v->n; i++)
		sum += v->v[i];
	for (size_t i = 0; i < v->n; i++) {
		long double away = v->v[i] - sum / n;

		square += away * away;
		rest += away;
	}
	v->mean = (double)(sum / n);
	v->ss = (double)(square - rest * rest / n);
}

void values_finish(struct values *v)
{
	if (v->finished)
		return;
	v->finished = true;
	if (v->n == 0)
		return;
	if (v->histogram) {
		v->mean = sums_mean(&v->sums);
		v->ss = sums_squares(&v->sums);
		return;
	}
	values_sort(v->v, v->n);
	find_moments(v);
}

/* ---- questions ---- */

double values_between(double low, double high, double part)
{
	if (part == 0)
		return low;
	return isinf(high) ? high : low + part * (high - low);
}

double values_quantile(const struct values *v, uint64_t beyond, double p)
{
	uint64_t n = v->n + beyond, i;
	double at, low, high;

	if (n == 0)
		return NAN;
	at = p * ((double)n - 1);
	i = (uint64_t)at;
	low = i < v->n ? nth(v, i) : INFINITY;
	if (i + 1 >= n || isinf(low))
		return low;
	high = i + 1 < v->n ? nth(v, i + 1) : INFINITY;
	return values_between(low, high, at - (double)i);
}

double values_sd(const struct values *v)
{
	return v->n > 1 ? sqrt(v->ss / ((double)v->n - 1)) : (double)NAN;
}

double values_share_below(const struct values *v, double x)
{
	struct walk w = {.v = v};
	double below = 0;
	size_t low = 0, high = v->n;

	if (v->n == 0)
		return NAN;
	while (!v->histogram && low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->v[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	while (v->histogram && values_next(&w) && w.low < x)
		below += (double)w.n *
			(w.high > w.low ? fmin(1, (x - w.low) / (w.high - w.low)) : 1);
	return (v->histogram ? below : (double)low) / (double)v->n;
}
