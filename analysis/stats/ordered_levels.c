/* ordered_levels.c - the levels of a factor that are numbers. */
#include "ordered_levels.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "bug.h"

/* ---- scale ---- */

static double variation_of_steps(const double *v, size_t n, bool logarithms)
{
	double mean = 0, square = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		double step = logarithms ? log(v[i + 1] / v[i]) : v[i + 1] - v[i];

		mean += step / (double)(n - 1);
		square += step * step / (double)(n - 1);
	}
	return square / (mean * mean) - 1;
}

bool ordered_is_doubling(const double *v, size_t n)
{
	if (n < ORDERED_LEAST || !(v[0] > 0))
		return false;
	return variation_of_steps(v, n, true) < variation_of_steps(v, n, false);
}

/* ---- levels ---- */

struct numbered {
	double number;
	uint32_t level;
};

static int compare_numbered(const void *a, const void *b)
{
	const struct numbered *p = a, *q = b;

	if (p->number != q->number)
		return p->number < q->number ? -1 : 1;
	return (p->level > q->level) - (p->level < q->level);
}

/* Measured levels with a number, in order. */
static size_t collect(struct numbered *v, const struct effect *e, const struct effective *eff)
{
	const struct effective_factor *f = &eff->factors[e->factor_a];
	size_t n = 0;

	for (uint32_t i = 0; i < e->nlevels; i++) {
		if (e->levels[i].n > 0 && isfinite(f->value[i]))
			v[n++] = (struct numbered){f->value[i], i};
	}
	qsort(v, n, sizeof(*v), compare_numbered);
	return n;
}

static const char *why_no_order(const struct numbered *v, size_t n)
{
	if (n < ORDERED_LEAST)
		return "fewer than three of its levels are numbers that were measured";
	for (size_t i = 0; i + 1 < n; i++) {
		if (v[i].number == v[i + 1].number)
			return "two of its levels are the same number";
	}
	return NULL;
}

static void take_levels(
	struct ordered_levels *o, const struct numbered *v, size_t n, struct arena *arena)
{
	*o = (struct ordered_levels){.n = n,
		.level = arena_alloc(arena, n, sizeof(*o->level)),
		.number = arena_alloc(arena, n, sizeof(*o->number)),
		.x = arena_alloc(arena, n, sizeof(*o->x))};
	for (size_t i = 0; i < n; i++) {
		o->level[i] = v[i].level;
		o->number[i] = v[i].number;
	}
	o->doubling = ordered_is_doubling(o->number, n);
	for (size_t i = 0; i < n; i++)
		o->x[i] = o->doubling ? log2(o->number[i]) : o->number[i];
}

/* Covariances of differences from the variances of pairs: var(a - b) = var a + var b - 2 cov. */
static const char *take_differences(struct ordered_levels *o, const struct effect *e,
	const struct effect_work *w, struct arena *arena)
{
	size_t n = o->n, all = e->nlevels, first = o->level[0];

	o->difference = arena_alloc(arena, n, sizeof(*o->difference));
	o->unit = arena_alloc(arena, n * n, sizeof(*o->unit));
	for (size_t i = 1; i < n; i++) {
		size_t a = o->level[i];

		o->difference[i] = w->difference[first * all + a];
		for (size_t j = 1; j < n; j++) {
			size_t b = o->level[j];
			double between = a == b ? 0 : w->unit[a * all + b];

			o->unit[i * n + j] =
				(w->unit[first * all + a] + w->unit[first * all + b] - between) / 2;
			if (!isfinite(o->unit[i * n + j]) || !isfinite(o->difference[i]))
				return "not all of its levels were measured beside each other";
		}
	}
	return NULL;
}

const char *ordered_levels_of(struct ordered_levels *o, const struct effect *e,
	const struct effect_work *w, const struct effective *eff, struct arena *arena)
{
	struct numbered *v;
	const char *why;
	size_t n;

	if (e->factor_b >= 0 || !e->levels || !w->difference)
		return e->why && e->why[0] ? e->why : "its levels are not compared";
	v = xcalloc(e->nlevels, sizeof(*v));
	n = collect(v, e, eff);
	why = why_no_order(v, n);
	if (!why) {
		take_levels(o, v, n, arena);
		why = take_differences(o, e, w, arena);
	}
	free(v);
	return why;
}

/* ---- slope ---- */

/* The Cholesky factor of the covariances of the differences; NULL if they have none. */
static gsl_matrix *weigh(const struct ordered_levels *o)
{
	size_t k = o->n - 1;
	gsl_matrix *v = gsl_matrix_alloc(k, k);

	if (!v)
		BUG("no memory for %zu levels", k);
	for (size_t i = 0; i < k; i++) {
		for (size_t j = 0; j < k; j++)
			gsl_matrix_set(v, i, j, o->unit[(i + 1) * o->n + j + 1]);
		if (!(gsl_matrix_get(v, i, i) > 0)) {
			gsl_matrix_free(v);
			return NULL;
		}
	}
	if (gsl_linalg_cholesky_decomp1(v) != 0) {
		gsl_matrix_free(v);
		return NULL;
	}
	return v;
}

bool ordered_slope(const struct ordered_levels *o, double *w, double *unit, double *misfit)
{
	size_t k = o->n - 1;
	gsl_matrix *v = weigh(o);
	gsl_vector *g;
	double precision = 0, product = 0, whole = 0;

	if (!v)
		return false;
	g = gsl_vector_alloc(k);
	for (size_t i = 0; i < k; i++)
		gsl_vector_set(g, i, o->x[i + 1] - o->x[0]);
	gsl_linalg_cholesky_svx(v, g); /* V^-1 x */
	w[0] = 0;
	for (size_t i = 0; i < k; i++) {
		w[i + 1] = gsl_vector_get(g, i);
		precision += w[i + 1] * (o->x[i + 1] - o->x[0]);
		product += w[i + 1] * o->difference[i + 1];
	}
	for (size_t i = 1; i <= k; i++) {
		w[i] /= precision;
		w[0] -= w[i];
	}
	for (size_t i = 0; i < k; i++)
		gsl_vector_set(g, i, o->difference[i + 1]);
	gsl_linalg_cholesky_svx(v, g);
	for (size_t i = 0; i < k; i++)
		whole += gsl_vector_get(g, i) * o->difference[i + 1];
	*unit = 1 / precision;
	*misfit = fmax(0, whole - product * product / precision);
	gsl_vector_free(g);
	gsl_matrix_free(v);
	return true;
}
