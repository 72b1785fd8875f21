/* summary.c - the analysis from end to end. */
#include "summary.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

#include "best.h"
#include "choice.h"
#include "contrasts.h"
#include "bug.h"
#include "describe.h"
#include "dist.h"
#include "drift.h"
#include "effects.h"
#include "findings.h"
#include "fold.h"
#include "parallel.h"
#include "quality.h"
#include "rank_checks.h"
#include "trend_line.h"
#include "trust.h"

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

/* One metric after the other, or several at once. */
struct metrics_work {
	struct summary *s;
	const struct dataset *d;
	const struct effective *eff;
	struct strata *all, *valid; /* [nmetrics]; the same where no row is suspect */
	struct effects effects;
};

static bool is_heavy(const struct dataset *d)
{
	return d->fold->ngroups * d->nmetrics >= PARALLEL_LEAST ||
		d->fold->counted >= PARALLEL_LEAST;
}

static void fit_one(const struct metrics_work *w, size_t metric, bool valid_only,
	struct strata *strata, struct arena *arena)
{
	if (!dataset_is_score(w->d, metric))
		strata_fit(strata, w->d, w->eff, (enum metric)metric, valid_only, arena);
	else
		*strata = (struct strata){.metric = METRIC_SCORE,
			.spec = &w->d->metrics[METRIC_SCORE],
			.valid_only = valid_only,
			.confidence = dataset_confidence(w->d),
			.host = -1,
			.why = "its unit is the question, not the request",
			.sd_request = NAN,
			.sd_load = NAN,
			.sd_pass = NAN};
}

/* i: a metric, or beyond nmetrics the same without suspect rows. */
static void fit_strata(void *of, size_t i, struct arena *arena)
{
	const struct metrics_work *w = of;
	size_t n = w->d->nmetrics;

	if (i < n)
		fit_one(w, i, false, &w->all[i], arena);
	else
		fit_one(w, i - n, true, &w->valid[i - n], arena);
}

static void choose(void *of, size_t m, struct arena *arena)
{
	const struct metrics_work *w = of;
	struct summary *s = w->s;

	s->best[m] =
		(struct best_set){.metric = (enum metric)m, .why = "settings are not ranked by it"};
	if (has_best(w->d, (enum metric)m))
		best_find(&s->best[m], &w->all[m], w->d, w->eff, arena);
	drift_find(&s->drift[m], &w->all[m], w->d, w->eff);
	s->sd_request[m] = w->all[m].sd_request;
	s->sd_load[m] = w->all[m].sd_load;
	s->sd_pass[m] = w->all[m].sd_pass;
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

/* What to choose; beside it shapes of effects, and what the rows say of their own worth.  Both read
 * the groups, but only the second the models. */
static void look_closer(void *of, size_t i, struct arena *arena)
{
	const struct metrics_work *w = of;
	struct summary *s = w->s;

	if (i == 0) {
		struct choice *choice = arena_alloc(arena, 1, sizeof(*choice));

		choice_make(choice, s, w->eff, &w->effects, w->all, arena);
		s->choice = choice;
	} else {
		struct trust *trust = arena_alloc(arena, 1, sizeof(*trust));
		struct trend_line *lines;
		struct contrasts *contrasts;

		trust_make(trust, w->d, w->eff, &w->effects, w->all, arena);
		trend_lines_make(&lines, &s->nlines, w->eff, &w->effects, arena);
		contrasts_make(&contrasts, &s->ncontrasts, &w->effects, w->eff, arena);
		s->trust = trust;
		s->lines = lines;
		s->contrasts = contrasts;
	}
}

static void analyse(struct metrics_work *w)
{
	struct summary *s = w->s;
	const struct effective *eff = w->eff;
	const struct dataset *d = w->d;
	struct effects without;

	effects_make(&w->effects, d, eff, w->all, &s->arena);
	without = w->effects;
	if (w->valid != w->all)
		effects_make(&without, d, eff, w->valid, &s->arena);
	take_effects(s, &w->effects, &without);
	describe_cells(s, eff, w->all, w->valid);
	if (!d->foreign)
		describe_bursts(s, eff);
	describe_run(s);
	rank_checks_make(s);
	find_precision(s, &w->effects);
	parallel_for(d->nmetrics, is_heavy(d), &s->arena, choose, w);
	if (!d->foreign) {
		analyse_quality(s, eff);
		best_pareto(s, &w->all[METRIC_DECODE], &w->all[METRIC_TTFT], eff);
	}
	parallel_for(2, is_heavy(d), &s->arena, look_closer, w);
	findings_make(s, eff, &w->effects, w->all);
}

int summary_make(struct summary *s, const struct dataset *d, struct err *e)
{
	/* GSL ends the program on an error unless told not to; results are checked instead. */
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	struct strata all[METRIC_MAX], valid[METRIC_MAX];
	struct dataset folded = *d; /* every step takes its rows from one fold */
	struct effective eff;
	struct metrics_work w = {.s = s, .d = &folded, .eff = &eff, .all = all};
	bool twice;

	*s = (struct summary){.data = &folded};
	if (d->nrows == 0 && !d->fold) {
		gsl_set_error_handler(handler);
		return err_set(e, ERR_DATA, "%s: no row to analyse", d->name ? d->name : "dataset");
	}
	s->own = xcalloc(1, sizeof(*s->own));
	s->fold = folded.fold = fold_of(d, s->own);
	twice = s->fold->counted_suspect > 0;
	effective_find(&eff, d, &s->arena, &s->aliases, &s->naliases);
	s->in_step = eff.in_step;
	w.valid = twice ? valid : all;
	parallel_for(d->nmetrics * (twice ? 2 : 1), is_heavy(&folded), &s->arena, fit_strata, &w);
	analyse(&w);
	s->data = d;
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
	if (s->own)
		fold_release(s->own);
	free(s->own);
	arena_release(&s->arena);
	*s = (struct summary){0};
}
