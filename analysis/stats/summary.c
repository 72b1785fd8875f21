/* summary.c - the analysis from end to end. */
#include "summary.h"

#include <gsl/gsl_errno.h>
#include <math.h>

#include "best.h"
#include "describe.h"
#include "drift.h"
#include "effects.h"
#include "findings.h"

/* Metrics of which the best is looked for. */
static bool has_best(enum metric m)
{
	return m != METRIC_LOAD && m != METRIC_SCORE;
}

static void fit_all(struct strata *strata, const struct dataset *d, const struct effective *eff,
	bool valid_only, struct arena *arena)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		if (m != METRIC_SCORE)
			strata_fit(&strata[m], d, eff, (enum metric)m, valid_only, arena);
		else /* its unit is the prompt, not the request */
			strata[m] = (struct strata){.metric = METRIC_SCORE,
				.why = "scores are not compared between settings",
				.sd_request = NAN,
				.sd_load = NAN,
				.sd_pass = NAN};
	}
}

static void take_effects(struct summary *s, const struct effects *all, const struct effects *valid)
{
	s->effects = all->v;
	s->neffects = all->n;
	for (size_t i = 0; i < all->n; i++) {
		struct effect *e = &all->v[i];

		for (size_t j = 0; j < valid->n; j++) {
			const struct effect *v = &valid->v[j];

			if (v->metric != e->metric || v->factor_a != e->factor_a ||
				v->factor_b != e->factor_b)
				continue;
			e->p_valid_only = v->p_adjusted;
			e->verdict_valid_only = v->verdict;
		}
	}
}

static bool has_suspect(const struct dataset *d)
{
	for (size_t i = 0; i < d->nrows; i++) {
		if (d->rows[i].counts && d->rows[i].validity == ROW_SUSPECT)
			return true;
	}
	return false;
}

static void analyse(
	struct summary *s, const struct effective *eff, struct strata *all, struct strata *valid)
{
	const struct dataset *d = s->data;
	struct effects effects, without;

	effects_make(&effects, d, eff, all, &s->arena);
	without = effects;
	if (valid != all)
		effects_make(&without, d, eff, valid, &s->arena);
	take_effects(s, &effects, &without);
	describe_cells(s, eff, all, valid);
	describe_run(s);
	for (int m = 0; m < METRIC_COUNT; m++) {
		s->best[m] = (struct best_set){
			.metric = (enum metric)m, .why = "settings are not ranked by it"};
		if (has_best((enum metric)m))
			best_find(&s->best[m], &all[m], d, eff, &s->arena);
		drift_find(&s->drift[m], &all[m], d, eff);
		s->sd_request[m] = all[m].sd_request;
		s->sd_load[m] = all[m].sd_load;
		s->sd_pass[m] = all[m].sd_pass;
	}
	best_pareto(s, &all[METRIC_DECODE], &all[METRIC_TTFT], eff);
	findings_make(s, eff, &effects, all);
}

int summary_make(struct summary *s, const struct dataset *d, struct err *e)
{
	/* GSL ends the program on an error unless told not to; results are checked instead. */
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	struct strata all[METRIC_COUNT], valid[METRIC_COUNT];
	struct effective eff;
	bool twice = has_suspect(d);

	*s = (struct summary){.data = d};
	if (d->nrows == 0) {
		gsl_set_error_handler(handler);
		return err_set(e, ERR_DATA, "%s: no row to analyse", d->name ? d->name : "dataset");
	}
	effective_find(&eff, d, &s->arena, &s->aliases, &s->naliases);
	fit_all(all, d, &eff, false, &s->arena);
	if (twice)
		fit_all(valid, d, &eff, true, &s->arena);
	analyse(s, &eff, all, twice ? valid : all);
	for (int m = 0; m < METRIC_COUNT; m++) {
		strata_release(&all[m]);
		if (twice)
			strata_release(&valid[m]);
	}
	gsl_set_error_handler(handler);
	return 0;
}

void summary_release(struct summary *s)
{
	arena_release(&s->arena);
	*s = (struct summary){0};
}
