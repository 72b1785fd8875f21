/* summary.c - the analysis from end to end. */
#include "summary.h"

#include <gsl/gsl_errno.h>
#include <math.h>

#include "best.h"
#include "describe.h"
#include "dist.h"
#include "drift.h"
#include "effects.h"
#include "findings.h"
#include "quality.h"

/* Metrics of which the best is looked for. */
static bool has_best(const struct dataset *d, enum metric m)
{
	return d->foreign || (m != METRIC_LOAD && m != METRIC_SCORE);
}

/* Everything that is about answers and not about time. */
static void analyse_quality(struct summary *s, const struct effective *eff)
{
	struct quality all, valid;

	quality_read(&all, s->data, false);
	quality_read(&valid, s->data, true);
	for (uint32_t c = 0; c < s->ncells; c++) {
		struct metric_summary *m = &s->cells[c].metric[METRIC_SCORE], other;

		quality_cell(&all, c, m);
		quality_cell(&valid, c, &other);
		m->estimate_valid_only = other.estimate;
	}
	quality_best(&s->best[METRIC_SCORE], &all, eff, &s->arena);
	quality_groups(s, &all, eff);
	s->repeated = all.repeated;
	s->differed = all.differed;
	quality_release(&all);
	quality_release(&valid);
}

/* Half the widest interval between two levels; NaN where a pair has none. */
static double half_width(const struct effect *e, const struct effect_work *w)
{
	double widest = 0, half;

	if (isnan(w->ms) || !w->unit)
		return NAN;
	for (size_t i = 0; i < e->nlevels * e->nlevels; i++) {
		if (i % (e->nlevels + 1) != 0)
			widest = isnan(w->unit[i]) ? (double)NAN : fmax(widest, w->unit[i]);
	}
	half = dist_t_quantile(w->s->confidence, e->df_error) * sqrt(w->ms * widest);
	return w->s->log ? expm1(half) : half;
}

/* Of an adaptive sweep: how well the ratios are known now, as a look would ask (precision.h). */
static void find_precision(struct summary *s, const struct effects *all)
{
	const struct dataset *d = s->data;

	s->widest = NAN;
	s->widest_why = d->until > 0 ? "there are no two settings of a factor to compare"
				     : "the number of passes was fixed";
	for (size_t i = 0; d->until > 0 && i < all->n; i++) {
		const struct effect *e = &all->v[i];
		double half;

		if (!e->primary || e->factor_b >= 0 || e->verdict == VERDICT_ALIAS)
			continue;
		half = half_width(e, &all->work[i]);
		if (isfinite(e->margin) && isfinite(d->margin[METRIC_DECODE]))
			half *= d->margin[METRIC_DECODE] / e->margin;
		if (!s->widest_factor || isnan(half) || half > s->widest) {
			s->widest = half;
			s->widest_factor = e->factor;
			s->widest_metric = e->metric;
			s->widest_why = isnan(half)
				? (e->why[0] ? e->why : "not all levels compare")
				: NULL;
		}
		if (isnan(half))
			break;
	}
}

static void fit_all(struct strata *strata, const struct dataset *d, const struct effective *eff,
	bool valid_only, struct arena *arena)
{
	for (size_t m = 0; m < d->nmetrics; m++) {
		if (!dataset_is_score(d, m))
			strata_fit(&strata[m], d, eff, (enum metric)m, valid_only, arena);
		else
			strata[m] = (struct strata){.metric = METRIC_SCORE,
				.spec = &d->metrics[METRIC_SCORE],
				.valid_only = valid_only,
				.confidence = dataset_confidence(d),
				.host = -1,
				.why = "its unit is the question, not the request",
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
	if (!d->foreign)
		describe_bursts(s, eff);
	describe_run(s);
	find_precision(s, &effects);
	for (size_t m = 0; m < d->nmetrics; m++) {
		s->best[m] = (struct best_set){
			.metric = (enum metric)m, .why = "settings are not ranked by it"};
		if (has_best(d, (enum metric)m))
			best_find(&s->best[m], &all[m], d, eff, &s->arena);
		drift_find(&s->drift[m], &all[m], d, eff);
		s->sd_request[m] = all[m].sd_request;
		s->sd_load[m] = all[m].sd_load;
		s->sd_pass[m] = all[m].sd_pass;
	}
	if (!d->foreign) {
		analyse_quality(s, eff);
		best_pareto(s, &all[METRIC_DECODE], &all[METRIC_TTFT], eff);
	}
	findings_make(s, eff, &effects, all);
}

int summary_make(struct summary *s, const struct dataset *d, struct err *e)
{
	/* GSL ends the program on an error unless told not to; results are checked instead. */
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	struct strata all[METRIC_MAX], valid[METRIC_MAX];
	struct effective eff;
	bool twice = has_suspect(d);

	*s = (struct summary){.data = d};
	if (d->nrows == 0) {
		gsl_set_error_handler(handler);
		return err_set(e, ERR_DATA, "%s: no row to analyse", d->name ? d->name : "dataset");
	}
	effective_find(&eff, d, &s->arena, &s->aliases, &s->naliases);
	s->in_step = eff.in_step;
	fit_all(all, d, &eff, false, &s->arena);
	if (twice)
		fit_all(valid, d, &eff, true, &s->arena);
	analyse(s, &eff, all, twice ? valid : all);
	for (size_t m = 0; m < d->nmetrics; m++) {
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
