/* trend_points.c - level effects with their residuals. */
#include "trend_points.h"

#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* x'b of the columns of term t, or of all others. */
static double part(const struct design *m, const struct design_term *t, const double *x,
	const double *b, bool of_term)
{
	double sum = 0;

	for (size_t j = 0; j < m->ncols; j++) {
		bool inside = j >= t->first && j < t->first + t->ncols;

		if (inside == of_term)
			sum += x[j] * b[j];
	}
	return sum;
}

static void fit_whole(const struct effect_work *w, struct lin_fit *fit)
{
	bool *use = xcalloc(w->design->ncols, sizeof(*use));

	memset(use, true, w->design->ncols * sizeof(*use));
	lin_fit(w->lin, use, fit);
	free(use);
}

static uint32_t level_of(const struct strata *s, const struct effective *eff,
	const struct effect *e, const struct effect_work *w, size_t group)
{
	const struct dataset *d = w->design->d;

	return eff->factors[e->factor_a].of[d->cells[s->groups[group].cell].level[e->factor_a]];
}

/* A load's mean, less all but the factor. */
static void add_load(struct trend_points *p, struct strata *s, const struct effective *eff,
	const struct effect *e, const struct effect_work *w, const struct strata_load *l,
	const double *beta, double *x)
{
	design_row(w->design, s->groups[l->first].cell, s->host < 0 ? l->pass : l->number,
		DATA_NONE, x);
	p->level[p->n] = level_of(s, eff, e, w, l->first);
	p->y[p->n++] = l->adjusted - part(w->design, w->term, x, beta, false);
}

/* A load's mean at each level, less the load and all but the factor. */
static void add_levels(struct trend_points *p, struct strata *s, const struct effective *eff,
	const struct effect *e, const struct effect_work *w, const struct strata_load *l,
	const double *beta, double *x)
{
	size_t ncols = w->design->ncols;
	double *mean = xcalloc(ncols, sizeof(*mean));
	double *sum = xcalloc(e->nlevels, sizeof(*sum)),
	       *weight = xcalloc(e->nlevels, sizeof(*weight));
	double own;

	for (size_t i = l->first; i < l->first + l->ngroups; i++) {
		design_row(w->design, s->groups[i].cell, DATA_NONE, s->groups[i].prompt, x);
		for (size_t j = 0; j < ncols; j++)
			mean[j] += s->groups[i].weight * x[j] / l->weight;
	}
	own = part(w->design, w->term, mean, beta, true);
	for (size_t i = l->first; i < l->first + l->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];
		uint32_t level = level_of(s, eff, e, w, i);

		design_row(w->design, g->cell, DATA_NONE, g->prompt, x);
		for (size_t j = 0; j < ncols; j++)
			x[j] -= mean[j];
		weight[level] += g->weight;
		sum[level] += g->weight *
			(g->mean - l->mean - part(w->design, w->term, x, beta, false) + own);
	}
	for (uint32_t k = 0; k < e->nlevels; k++) {
		if (weight[k] > 0) {
			p->level[p->n] = k;
			p->y[p->n++] = sum[k] / weight[k];
		}
	}
	free(mean);
	free(sum);
	free(weight);
}

void trend_points_of(struct trend_points *p, struct strata *s, const struct effective *eff,
	const struct effect *e, const struct effect_work *w)
{
	size_t most = e->stratum == DATA_RUNNER ? s->nloads : s->nloads * e->nlevels;
	double *x = xcalloc(w->design->ncols, sizeof(*x));
	struct lin_fit fit;

	*p = (struct trend_points){
		.level = xcalloc(most, sizeof(*p->level)), .y = xcalloc(most, sizeof(*p->y))};
	fit_whole(w, &fit);
	for (size_t i = 0; i < s->nloads; i++) {
		if (e->stratum == DATA_RUNNER)
			add_load(p, s, eff, e, w, &s->loads[i], fit.beta, x);
		else
			add_levels(p, s, eff, e, w, &s->loads[i], fit.beta, x);
	}
	lin_fit_release(&fit);
	free(x);
}
