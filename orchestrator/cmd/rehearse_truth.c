/* rehearse_truth.c - what is true on a stage, and whether a rehearsal found it. */
#include <math.h>
#include <string.h>

#include "bug.h"
#include "rehearse.h"

/* Differences below it are rounding of times to the microsecond. */
#define NOTHING 1e-4

/* ---- truth ---- */

/* Means of the cells in which factor a has level i and b has level j, on the analysis scale; NaN
 * where there is none. */
static double mean_at(const struct rehearse_run *run, const struct strata *s,
	const struct effect *e, uint32_t i, uint32_t j)
{
	const struct dataset *d = &run->data;
	double sum = 0, n = 0;

	for (size_t c = 0; c < d->ncells; c++) {
		const uint32_t *level = d->cells[c].level;

		if (run->eff.factors[e->factor_a].of[level[e->factor_a]] != i ||
			run->eff.factors[e->factor_b].of[level[e->factor_b]] != j ||
			!isfinite(s->cells[c].mean))
			continue;
		sum += s->cells[c].mean;
		n++;
	}
	return n > 0 ? sum / n : (double)NAN;
}

/* Additive: every tetrad that can be made with the first level of either is nothing. */
static bool no_interaction(const struct rehearse_run *run, const struct effect *e)
{
	const struct strata *s = &run->strata[e->metric];
	uint32_t wide = run->eff.factors[e->factor_a].nlevels;
	uint32_t deep = run->eff.factors[e->factor_b].nlevels;
	double corner = mean_at(run, s, e, 0, 0);

	for (uint32_t i = 1; i < wide; i++) {
		for (uint32_t j = 1; j < deep; j++) {
			double tetrad = mean_at(run, s, e, i, j) - mean_at(run, s, e, i, 0) -
				mean_at(run, s, e, 0, j) + corner;

			if (fabs(tetrad) > NOTHING)
				return false;
		}
	}
	return true;
}

static void take_levels(
	struct rehearse_truth *t, struct rehearse_effect *to, const struct effect *e)
{
	to->null = true;
	to->nlevels = (uint32_t)e->nlevels;
	to->level = arena_alloc(&t->arena, to->nlevels, sizeof(*to->level));
	for (uint32_t i = 0; i < to->nlevels; i++) {
		to->level[i] = log(e->levels[i].ratio);
		to->null = to->null && !(fabs(to->level[i]) > NOTHING);
	}
}

static void take_effects(struct rehearse_truth *t, const struct rehearse_run *run)
{
	t->effects = arena_alloc(&t->arena, run->effects.n, sizeof(*t->effects));
	for (size_t i = 0; i < run->effects.n; i++) {
		const struct effect *e = &run->effects.v[i];
		struct rehearse_effect *to = &t->effects[t->n];

		if (!e->primary)
			continue;
		t->n++;
		to->name = arena_str(&t->arena, e->factor);
		to->a = e->factor_a;
		to->b = e->factor_b;
		to->metric = e->metric;
		to->alias = e->verdict == VERDICT_ALIAS;
		if (to->alias)
			to->null = true;
		else if (e->factor_b < 0)
			take_levels(t, to, e);
		else
			to->null = no_interaction(run, e);
	}
}

static const char *best_cell(struct rehearse_truth *t, const struct rehearse_run *run, int metric)
{
	const struct strata *s = &run->strata[metric];
	size_t best = run->data.ncells;
	double most = -INFINITY;

	for (size_t c = 0; !s->why && c < run->data.ncells; c++) {
		double x = metric_specs[metric].better * s->cells[c].mean;

		if (x > most + NOTHING) {
			most = x;
			best = c;
		}
	}
	return best < run->data.ncells ? arena_str(&t->arena, run->data.cells[best].id) : NULL;
}

static double mean_request(const struct dataset *d)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		if (!d->rows[i].counts || isnan(d->rows[i].done_ms))
			continue;
		sum += d->rows[i].done_ms / 1e3;
		n++;
	}
	return n > 0 ? sum / n : 0;
}

int rehearse_truth_find(struct rehearse_truth *t, const struct rehearse_stage *stage, struct err *e)
{
	struct rehearse_stage quiet = *stage;
	struct rehearse_run run;

	*t = (struct rehearse_truth){0};
	quiet.noise = NULL;
	if (rehearse_play(&run, &quiet, 0, false, e))
		return -1;
	take_effects(t, &run);
	t->settings = run.eff.nsettings;
	t->seconds = run.seconds;
	t->request_s = mean_request(&run.data);
	for (int m = 0; m < METRIC_COUNT; m++)
		t->best[m] = metric_specs[m].primary ? best_cell(t, &run, m) : NULL;
	rehearse_release(&run);
	return 0;
}

void rehearse_truth_release(struct rehearse_truth *t)
{
	arena_release(&t->arena);
}

int rehearse_truth_main(const struct rehearse_truth *t, const char *factor, enum metric metric)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->effects[i].b < 0 && t->effects[i].metric == metric &&
			strcmp(t->effects[i].name, factor) == 0)
			return (int)i;
	}
	return -1;
}

/* ---- judgement ---- */

static enum rehearse_verdict verdict_of(const struct effect *e)
{
	switch (e->verdict) {
	case VERDICT_EFFECT:
		return REHEARSE_EFFECT;
	case VERDICT_NO_EFFECT:
		return REHEARSE_NO_EFFECT;
	case VERDICT_ALIAS:
		return REHEARSE_ALIAS;
	case VERDICT_INCONCLUSIVE:
		break;
	}
	return isnan(e->p) ? REHEARSE_WITHHELD : REHEARSE_INCONCLUSIVE;
}

/* The level said to be the worse one is as bad as any in truth, the better one as good as any. */
static bool in_order(const struct effect *e, const struct rehearse_effect *truth)
{
	double sign = metric_specs[e->metric].better, least = INFINITY, most = -INFINITY;

	if (e->verdict != VERDICT_EFFECT || isnan(e->furthest.ratio))
		return false;
	for (uint32_t i = 0; i < truth->nlevels; i++) {
		least = fmin(least, sign * truth->level[i]);
		most = fmax(most, sign * truth->level[i]);
	}
	return sign * truth->level[e->furthest.worse] < least + NOTHING &&
		sign * truth->level[e->furthest.better] > most - NOTHING;
}

static void judge_effect(
	struct rehearse_judged *to, const struct effect *e, const struct rehearse_effect *truth)
{
	to->verdict = (uint8_t)verdict_of(e);
	if (truth->b >= 0 || e->nlevels != truth->nlevels || truth->alias)
		return;
	to->in_order = !truth->null && in_order(e, truth);
	for (uint32_t i = 0; i < truth->nlevels; i++) {
		const struct level_summary *l = &e->levels[i];

		if (strcmp(l->level, e->reference) == 0 || isnan(l->ci_low))
			continue;
		to->compared++;
		to->covered +=
			log(l->ci_low) <= truth->level[i] && log(l->ci_high) >= truth->level[i];
	}
}

static void judge_best(
	struct rehearse_outcome *o, const struct rehearse_run *run, const struct rehearse_truth *t)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct best_set *b = &run->best[m];

		o->size[m] = t->best[m] ? (uint32_t)b->different : 0;
		o->held[m] = false;
		for (size_t i = 0; o->size[m] && i < b->ncells; i++)
			o->held[m] = o->held[m] ||
				strcmp(run->data.cells[b->cells[i]].id, t->best[m]) == 0;
	}
}

void rehearse_judge(
	struct rehearse_outcome *o, const struct rehearse_run *run, const struct rehearse_truth *t)
{
	o->played = true;
	o->enough = run->enough;
	o->seconds = run->seconds;
	o->loads = run->loads;
	o->requests = run->requests;
	o->passes = run->passes;
	judge_best(o, run, t);
	for (size_t i = 0; i < t->n; i++) {
		const struct rehearse_effect *truth = &t->effects[i];

		o->effects[i] = (struct rehearse_judged){.verdict = REHEARSE_WITHHELD};
		for (size_t k = 0; k < run->effects.n; k++) {
			const struct effect *e = &run->effects.v[k];

			if (e->metric == truth->metric && e->factor_a == truth->a &&
				e->factor_b == truth->b)
				judge_effect(&o->effects[i], e, truth);
		}
	}
}
