/* rehearse_judge.c - whether a rehearsal found what is true. */
#include <math.h>
#include <string.h>

#include "rehearse_cells.h"

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

/* The two levels furthest apart are so in truth, and the better one is the better one. */
static bool in_order(const struct effect *e, const struct rehearse_effect *truth)
{
	double sign = metric_specs[e->metric].better, most = -INFINITY, said;

	if (e->verdict != VERDICT_EFFECT || isnan(e->furthest.ratio))
		return false;
	for (size_t i = 0; i < (size_t)truth->nlevels * truth->nlevels; i++)
		most = fmax(most, truth->diff[i]);
	said = sign * truth->diff[e->furthest.better * truth->nlevels + e->furthest.worse];
	return said > most - REHEARSE_NOTHING;
}

static void judge_effect(
	struct rehearse_judged *to, const struct effect *e, const struct rehearse_effect *truth)
{
	uint32_t n = truth->nlevels, reference = 0;

	to->verdict = (uint8_t)verdict_of(e);
	if (truth->b >= 0 || e->nlevels != n || truth->alias)
		return;
	to->in_order = !truth->null && in_order(e, truth);
	while (reference < n && strcmp(e->levels[reference].level, e->reference) != 0)
		reference++;
	for (uint32_t i = 0; reference < n && i < n; i++) {
		const struct level_summary *l = &e->levels[i];
		double is = truth->diff[i * n + reference];

		if (i == reference || isnan(l->ci_low) || isnan(is))
			continue;
		to->compared++;
		to->covered += log(l->ci_low) <= is && log(l->ci_high) >= is;
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
