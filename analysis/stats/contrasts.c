/* contrasts.c - orthogonal polynomial contrasts. */
#include "contrasts.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "dist.h"
#include "multiple.h"
#include "ordered_levels.h"

/* ---- polynomials ---- */

/* Takes from v what lies along the q columns before it, and along the constant. */
static void orthogonalise(long double *v, const long double *before, size_t q, size_t n)
{
	long double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (long double)n;
	for (size_t i = 0; i < n; i++)
		v[i] -= mean;
	for (size_t k = 0; k < q; k++) {
		const long double *u = before + k * n;
		long double product = 0;

		for (size_t i = 0; i < n; i++)
			product += u[i] * v[i];
		for (size_t i = 0; i < n; i++)
			v[i] -= product * u[i];
	}
}

static void normalise(long double *v, size_t n)
{
	long double square = 0, length;

	for (size_t i = 0; i < n; i++)
		square += v[i] * v[i];
	length = v[n - 1] < 0 ? -sqrtl(square) : sqrtl(square);
	for (size_t i = 0; i < n; i++)
		v[i] /= length;
}

void contrasts_polynomials(const double *x, size_t n, size_t degrees, double *p)
{
	long double *columns = xcalloc(degrees * n, sizeof(*columns)), *line = columns;

	if (degrees >= n)
		BUG("%zu points have no polynomial of degree %zu", n, degrees);
	for (size_t d = 0; d < degrees; d++) {
		long double *v = columns + d * n;

		/* The next order is the one before times x, less its mean. */
		for (size_t i = 0; i < n; i++)
			v[i] = d == 0 ? (long double)x[i] : columns[(d - 1) * n + i] * line[i];
		orthogonalise(v, columns, d, n);
		orthogonalise(v, columns, d, n);
		normalise(v, n);
	}
	for (size_t i = 0; i < degrees * n; i++)
		p[i] = (double)columns[i];
	free(columns);
}

/* ---- tests ---- */

/* sum(weight * difference) and its variance over the error mean square. */
static double weighted_sum(const struct ordered_levels *o, const double *weight, double *unit)
{
	double sum = 0;

	*unit = 0;
	for (size_t i = 0; i < o->n; i++) {
		sum += weight[i] * o->difference[i];
		for (size_t j = 0; j < o->n; j++)
			*unit += weight[i] * weight[j] * o->unit[i * o->n + j];
	}
	return sum;
}

static void test(struct contrast *c, const struct ordered_levels *o, const double *weight,
	const struct effect *e, const struct effect_work *w)
{
	double unit, half;

	c->estimate = weighted_sum(o, weight, &unit);
	c->t = c->estimate / sqrt(w->ms * unit);
	c->p = dist_t_two_sided(c->t, e->df_error);
	half = dist_t_quantile(w->s->confidence, e->df_error) * sqrt(w->ms * unit);
	c->low = c->estimate - half;
	c->high = c->estimate + half;
	c->share = fmin(1, c->t * c->t / (e->f * e->df));
}

static void adjust(struct contrasts *c)
{
	double p[CONTRASTS_MOST];

	for (size_t i = 0; i < c->n; i++)
		p[i] = c->v[i].p;
	multiple_holm(p, c->n);
	for (size_t i = 0; i < c->n; i++)
		c->v[i].p_adjusted = p[i];
}

static void make_one(struct contrasts *c, const struct ordered_levels *o, const struct effect *e,
	const struct effect_work *w, struct arena *arena)
{
	static const char *const names[CONTRASTS_MOST] = {"linear", "quadratic", "cubic"};
	size_t degrees = o->n - 1 < CONTRASTS_MOST ? o->n - 1 : CONTRASTS_MOST;
	double *p = xcalloc(degrees * o->n, sizeof(*p));

	contrasts_polynomials(o->x, o->n, degrees, p);
	*c = (struct contrasts){
		.of = e, .df_error = e->df_error, .doubling = o->doubling, .n = degrees};
	for (size_t d = 0; d < degrees; d++) {
		c->v[d].name = names[d];
		c->v[d].weight = arena_alloc(arena, e->nlevels, sizeof(*c->v[d].weight));
		for (size_t i = 0; i < o->n; i++)
			c->v[d].weight[o->level[i]] = p[d * o->n + i];
		test(&c->v[d], o, p + d * o->n, e, w);
	}
	adjust(c);
	free(p);
}

static bool is_found(const struct effect *e, const struct effect_work *w)
{
	return e->factor_b < 0 && e->verdict == VERDICT_EFFECT && e->f > 0 && w->ms > 0 &&
		e->df_error > 0;
}

void contrasts_make(struct contrasts **ret, size_t *n, const struct effects *all,
	const struct effective *eff, struct arena *arena)
{
	*ret = arena_alloc(arena, all->n, sizeof(**ret));
	*n = 0;
	for (size_t i = 0; i < all->n; i++) {
		struct ordered_levels o;

		if (!is_found(&all->v[i], &all->work[i]) ||
			ordered_levels_of(&o, &all->v[i], &all->work[i], eff, arena))
			continue;
		make_one(&(*ret)[(*n)++], &o, &all->v[i], &all->work[i], arena);
	}
}
