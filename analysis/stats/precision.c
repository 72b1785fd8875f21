/* precision.c - widths of the intervals between levels, from the pooled mean squares. */
#include "precision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "fold.h"
#include "strata.h"

/* So that 95 % hold after up to four looks (docs/statistics.md). */
#define LEVEL 0.97

struct looker {
	struct precision *p;
	const struct dataset *d;
	struct arena *arena;
	struct effective eff;
	size_t metrics, factors; /* that were there, that could be judged */
};

static void give_up(struct looker *l, int factor, enum metric metric, const char *why)
{
	l->p->widest = NAN;
	l->p->factor = l->d->factors[factor].name;
	l->p->metric = metric;
	l->p->why = why;
}

/* Furthest unit variance of a difference between two of the factor's n levels; NaN if a pair cannot
 * be compared. */
static double widest_unit(
	const struct design *m, const struct design_term *t, const struct lin_fit *fit, uint32_t n)
{
	double *c = xcalloc(m->ncols, sizeof(*c)), widest = 0, unit;

	for (uint32_t i = 0; i < n && !isnan(widest); i++) {
		for (uint32_t j = i + 1; j < n && !isnan(widest); j++) {
			memset(c, 0, m->ncols * sizeof(*c));
			design_add_level(m, t, j, 0, 1, c);
			design_add_level(m, t, i, 0, -1, c);
			lin_contrast(fit, c, &unit);
			widest = isnan(unit) ? (double)NAN : fmax(widest, unit);
		}
	}
	free(c);
	return widest;
}

static double term_unit(
	struct lin *lin, const struct design *m, const struct design_term *t, uint32_t levels)
{
	bool *use = xcalloc(m->ncols, sizeof(*use));
	struct lin_fit fit;
	double unit;

	design_type2(m, t, true, use);
	lin_fit(lin, use, &fit);
	unit = widest_unit(m, t, &fit, levels);
	lin_fit_release(&fit);
	free(use);
	return unit;
}

/* The half-width as a fraction, brought to the scale of throughput's margin. */
static double brought(const struct looker *l, const struct strata *s, double half)
{
	double own = l->d->margin[s->metric], throughput = l->d->margin[METRIC_DECODE];
	double fraction = s->log ? expm1(half) : half;

	return isnan(own) || isnan(throughput) ? fraction : fraction / own * throughput;
}

/* False when the factor's ratios are unknown; the reason is then in l->p. */
static bool look_at(struct looker *l, struct strata *s, int factor)
{
	struct strata_error error = strata_error_of(s, l->d, factor, DESIGN_NONE);
	const struct design *m = error.design;
	const struct design_term *t = design_find(m, factor, DESIGN_NONE);
	const char *why = error.withheld ? NULL : error.why; /* the width alone is looked at */
	double unit, width;

	if (why || !t) {
		give_up(l, factor, s->metric, why ? why : "it has more levels than are analysed");
		return false;
	}
	unit = term_unit(error.lin, m, t, l->eff.factors[factor].nlevels);
	if (isnan(unit)) {
		give_up(l, factor, s->metric, "not all of its levels could be compared");
		return false;
	}
	width = brought(l, s, dist_t_quantile(LEVEL, error.df) * sqrt(error.ms * unit));
	if (l->factors++ == 0 || width > l->p->widest) {
		l->p->widest = width;
		l->p->factor = l->d->factors[factor].name;
		l->p->metric = s->metric;
	}
	return true;
}

static bool look_at_metric(struct looker *l, enum metric metric)
{
	struct strata s;
	bool known = true;

	strata_fit(&s, l->d, &l->eff, metric, false, l->arena);
	l->metrics += !s.why;
	for (size_t f = 0; known && !s.why && f < l->d->nfactors; f++) {
		if (l->eff.factors[f].nlevels > 1 && l->eff.in_step[f] < 0)
			known = look_at(l, &s, (int)f);
	}
	strata_release(&s);
	return known;
}

void precision_find(struct precision *p, struct dataset *d)
{
	struct dataset folded = *d;
	struct looker l = {.p = p, .d = &folded, .arena = &d->arena};
	struct fold own;
	struct alias_finding *aliases;
	size_t naliases;
	bool known = true;

	*p = (struct precision){.widest = NAN};
	effective_find(&l.eff, d, &d->arena, &aliases, &naliases);
	folded.fold = fold_of(d, &own);
	for (int m = 0; known && m < METRIC_COUNT; m++) {
		if (metric_specs[m].primary)
			known = look_at_metric(&l, (enum metric)m);
	}
	fold_release(&own);
	if (known && l.metrics == 0)
		p->why = "no request that counts has throughput or TTFT";
	else if (known && l.factors == 0)
		p->why = "there are no two settings of a factor to compare";
}
