/* lincross.c - two crossed classifications, one of them absorbed (Frisch, Waugh and Lovell). */
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "linmodel.h"

static int compare_a(const void *x, const void *y)
{
	const struct lin_cross *p = *(const struct lin_cross *const *)x,
			       *q = *(const struct lin_cross *const *)y;

	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return p < q ? -1 : p > q; /* the order of the input, whatever qsort does */
}

/* One class of a: y and the indicators of b, less their weighted means in the class. */
static void absorb(struct lin *l, const struct lin_cross *const *obs, size_t n, double *mean_x,
	double *x, double *rss_a)
{
	double weight = 0, mean_y = 0;

	for (size_t j = 0; j < l->ncols; j++)
		mean_x[j] = 0;
	for (size_t i = 0; i < n; i++) {
		weight += obs[i]->weight;
		mean_y += obs[i]->weight * obs[i]->y;
		mean_x[obs[i]->b] += obs[i]->weight;
	}
	mean_y /= weight;
	for (size_t i = 0; i < n; i++) {
		double y = obs[i]->y - mean_y;

		for (size_t j = 0; j < l->ncols; j++)
			x[j] = (j == obs[i]->b) - mean_x[j] / weight;
		lin_row(l, x, y, obs[i]->weight);
		*rss_a += obs[i]->weight * y * y;
	}
}

/* Effects of the classes met, shifted to mean 0. */
static void centre_effects(struct lin_cross_fit *fit, const struct lin_cross *obs, size_t n,
	uint32_t nb, const double *beta)
{
	double mean = 0, met = 0;

	for (uint32_t j = 0; j < nb; j++)
		fit->effect_b[j] = NAN;
	for (size_t i = 0; i < n; i++)
		fit->effect_b[obs[i].b] = beta[obs[i].b];
	for (uint32_t j = 0; j < nb; j++) {
		if (isfinite(fit->effect_b[j])) {
			mean += fit->effect_b[j];
			met++;
		}
	}
	for (uint32_t j = 0; j < nb; j++)
		fit->effect_b[j] -= mean / met;
}

void lin_cross(const struct lin_cross *obs, size_t n, uint32_t nb, struct lin_cross_fit *fit)
{
	const struct lin_cross **sorted = xcalloc(n, sizeof(*sorted));
	double *mean_x = xcalloc(nb, sizeof(*mean_x)), *x = xcalloc(nb, sizeof(*x));
	bool *use = xcalloc(nb, sizeof(*use));
	struct lin_fit solved;
	struct lin l;

	*fit = (struct lin_cross_fit){.effect_b = xcalloc(nb, sizeof(*fit->effect_b))};
	lin_init(&l, nb);
	for (size_t i = 0; i < n; i++) {
		if (obs[i].b >= nb || !(obs[i].weight > 0))
			BUG("observation %zu is in no class", i);
		sorted[i] = &obs[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_a);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && sorted[end]->a == sorted[i]->a; end++)
			;
		absorb(&l, sorted + i, end - i, mean_x, x, &fit->rss_a);
		fit->na++;
	}
	for (uint32_t j = 0; j < nb; j++)
		use[j] = true;
	lin_fit(&l, use, &solved);
	fit->rank_b = solved.rank;
	fit->rss = solved.rss;
	centre_effects(fit, obs, n, nb, solved.beta);
	lin_fit_release(&solved);
	lin_release(&l);
	free(sorted);
	free(mean_x);
	free(x);
	free(use);
}

void lin_cross_release(struct lin_cross_fit *fit)
{
	free(fit->effect_b);
	*fit = (struct lin_cross_fit){0};
}
