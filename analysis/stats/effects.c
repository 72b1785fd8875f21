/* effects.c - the list of effects and their tests. */
#include "effects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "fold.h"
#include "parallel.h"
#include "quality.h"

/* Beyond this rank correlation with the run order a factor of a single pass is its order. */
#define CONFOUNDED 0.9

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_EFFECT] = "effect",
		[VERDICT_NO_EFFECT] = "no_effect",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_ALIAS] = "alias",
	};

	return names[v];
}

/* ---- tests ---- */

static void set_error(struct effect *e, struct effect_work *w, const struct dataset *d)
{
	struct strata_error error = strata_error_of(w->s, d, e->factor_a, e->factor_b);

	e->error_term = error.term;
	e->df_error = error.df;
	w->ms = error.ms;
	w->design = error.design;
	w->lin = error.lin;
	w->withheld = error.withheld;
	if (error.why) {
		e->why = error.why;
		w->ms = NAN;
	}
}

/* Type II: a model of all terms that do not contain this one, with it and without. */
static void fit_models(struct effect_work *w)
{
	bool *use = xcalloc(w->design->ncols, sizeof(*use));

	design_type2(w->design, w->term, false, use);
	lin_fit(w->lin, use, &w->without);
	design_type2(w->design, w->term, true, use);
	lin_fit(w->lin, use, &w->with);
	free(use);
}

/* Why there is nothing to compare. */
static const char *why_nothing(const struct effect *e, const struct effect_work *w)
{
	if (w->s->overloaded)
		return "at its other levels more was sent than the server takes";
	if (w->s->gls && e->why[0])
		return e->why;
	return "fewer than two of its levels were measured beside each other";
}

/* The fall of the residual sum of squares when the term enters, against the stratum's error. */
static void test(struct effect *e, struct effect_work *w)
{
	double ss;

	e->df = (double)(w->with.rank - w->without.rank);
	if (e->df == 0) {
		e->why = why_nothing(e, w);
		w->ms = NAN;
	}
	if (isnan(w->ms))
		return;
	ss = fmax(0, w->without.rss - w->with.rss);
	e->f = ss / e->df / w->ms;
	e->p = dist_f_upper(e->f, e->df, e->df_error);
	e->partial_eta_sq = ss / (ss + w->ms * e->df_error);
	dist_partial_eta_interval(e->f, e->df, e->df_error, 0.90, &e->eta_low, &e->eta_high);
}

/* With a single pass nothing separates a factor from the order it was run in: the correlation
 * over requests of the level's rank (ties have their mean rank) with the place in the run.  Places
 * are numbers 1, 2, 3, ... but for what does not count, so that they stand for their own ranks. */
static bool is_order(const struct dataset *d, const struct fold *f,
	const struct effective_factor *factor, int at)
{
	double *rows = xcalloc(factor->nlevels, sizeof(*rows));
	double *order = xcalloc(factor->nlevels, sizeof(*order));
	double n = 0, mean = 0, before = 0, levels = 0, both = 0, places;

	for (size_t i = 0; i < f->ngroups; i++) {
		const struct fold_group *g = fold_group(f, i);
		uint32_t level = factor->of[d->cells[g->cell].level[at]];

		rows[level] += g->rows;
		order[level] += g->order;
		n += g->rows;
		mean += g->order;
	}
	mean /= n;
	for (uint32_t l = 0; l < factor->nlevels; l++) {
		double rank = before + (rows[l] - n) / 2; /* less the mean rank */

		levels += rows[l] * rank * rank;
		both += rank * (order[l] - rows[l] * mean);
		before += rows[l];
	}
	places = f->order_squares - n * mean * mean;
	free(rows);
	free(order);
	return n > 2 && levels > 0 && places > 0 &&
		fabs(both) > CONFOUNDED * sqrt(levels) * sqrt(places);
}

/* ---- the list ---- */

struct maker {
	const struct dataset *d;
	const struct effective *eff;
	struct arena *arena;
	struct effects *all;
	struct strata *strata; /* [nmetrics] */
	size_t each;           /* effects of a metric */
	bool *is_order;        /* [nfactors] */
};

static bool is_alias(const struct maker *m, int factor)
{
	return factor >= 0 && m->eff->factors[factor].nlevels < 2;
}

/* A factor that was given one level is no factor; one whose levels came to the same is an alias;
 * one that varied in step with another is told of with it. */
static bool is_factor(const struct maker *m, int factor)
{
	return m->d->factors[factor].nlevels > 1 && m->eff->in_step[factor] < 0;
}

static void name_effect(struct maker *m, struct effect *e, int a, int b)
{
	const struct data_factor *f = m->d->factors;

	e->factor_a = a;
	e->factor_b = b;
	e->factor = b < 0 ? f[a].name : arena_fmt(m->arena, "%s:%s", f[a].name, f[b].name);
	e->stratum = f[a].stratum == DATA_SAMPLING || (b >= 0 && f[b].stratum == DATA_SAMPLING)
		? DATA_SAMPLING
		: DATA_RUNNER;
}

/* Why this pair or factor has no columns. */
static const char *no_term(struct maker *m, int a, int b)
{
	double ka = m->eff->factors[a].nlevels, kb = b < 0 ? 2 : m->eff->factors[b].nlevels;

	return arena_fmt(m->arena, "its %.0f degrees of freedom are more than are analysed",
		(ka - 1) * (kb - 1));
}

static void analyse(struct maker *m, struct effect *e, struct effect_work *w)
{
	w->term = design_find(w->design, e->factor_a, e->factor_b);
	if (!w->term) {
		if (!w->s->gls || !e->why[0])
			e->why = no_term(m, e->factor_a, e->factor_b);
		return;
	}
	if (m->d->foreign && m->is_order[e->factor_a]) {
		e->why = arena_fmt(m->arena, "it followed the order of the rows%s%s",
			e->why[0] ? "; " : "", e->why);
		w->ms = NAN;
	} else if (!e->why[0] && w->s->nnumbers == 1 && m->is_order[e->factor_a]) {
		e->why = "it followed the order of the run, and there was one pass";
		w->ms = NAN;
	}
	fit_models(w);
	test(e, w);
	if (e->factor_b < 0)
		effects_levels(e, w, m->d, m->eff, m->arena);
	else
		effects_interaction(e, w, m->eff);
	lin_fit_release(&w->with);
	lin_fit_release(&w->without);
}

void effects_blank(struct effect *e, enum metric metric, const struct dataset *d)
{
	*e = (struct effect){.metric = metric,
		.spec = &d->metrics[metric],
		.primary = d->metrics[metric].primary,
		.margin = d->margin[metric],
		.df = NAN,
		.f = NAN,
		.p = NAN,
		.p_adjusted = NAN,
		.partial_eta_sq = NAN,
		.eta_low = NAN,
		.eta_high = NAN,
		.widest_low = NAN,
		.widest_high = NAN,
		.detectable = NAN,
		.p_valid_only = NAN,
		.furthest = {.ratio = NAN, .ci_low = NAN, .ci_high = NAN},
		.verdict = VERDICT_INCONCLUSIVE,
		.verdict_valid_only = VERDICT_INCONCLUSIVE,
		.why = "",
		.note = ""};
}

static void add_effect(struct maker *m, size_t at, struct strata *s, int a, int b)
{
	struct effect *e = &m->all->v[at];
	struct effect_work *w = &m->all->work[at];

	effects_blank(e, s->metric, m->d);
	*w = (struct effect_work){.s = s, .widest = NAN};
	name_effect(m, e, a, b);
	set_error(e, w, m->d);
	if (is_alias(m, a) || is_alias(m, b)) {
		e->verdict = e->verdict_valid_only = VERDICT_ALIAS;
		e->why = arena_fmt(m->arena, "the levels of %s are one setting",
			m->d->factors[is_alias(m, a) ? a : b].name);
		e->df_error = NAN;
		return;
	}
	analyse(m, e, w);
}

/* How many effects each metric has. */
static size_t count_effects(const struct maker *m)
{
	size_t n = 0;

	for (size_t f = 0; f < m->d->nfactors; f++)
		n += is_factor(m, (int)f);
	return n + n * (n > 0 ? n - 1 : 0) / 2;
}

static bool has_effects(const struct maker *m, size_t metric)
{
	return !dataset_is_score(m->d, metric) && !m->strata[metric].why;
}

/* Main effects, then interactions, from place `at` on. */
static void add_metric(struct maker *m, size_t at, struct strata *s)
{
	int n = (int)m->d->nfactors;

	for (int a = 0; a < n; a++) {
		if (is_factor(m, a))
			add_effect(m, at++, s, a, DESIGN_NONE);
	}
	for (int a = 0; a < n; a++) {
		for (int b = a + 1; b < n; b++) {
			if (is_factor(m, a) && is_factor(m, b))
				add_effect(m, at++, s, a, b);
		}
	}
}

static void make_metric(void *of, size_t metric, struct arena *arena)
{
	struct maker m = *(const struct maker *)of;
	size_t at = 0;

	m.arena = arena;
	for (size_t i = 0; i < metric; i++)
		at += has_effects(&m, i) ? m.each : 0;
	if (has_effects(&m, metric))
		add_metric(&m, at, &m.strata[metric]);
}

static void make_all(struct maker *m)
{
	size_t groups = 0;

	m->each = count_effects(m);
	for (size_t i = 0; i < m->d->nmetrics; i++) {
		m->all->n += has_effects(m, i) ? m->each : 0;
		groups += m->strata[i].ngroups;
	}
	parallel_for(m->d->nmetrics, groups >= PARALLEL_LEAST, m->arena, make_metric, m);
}

void effects_make(struct effects *ret, const struct dataset *d, const struct effective *eff,
	struct strata *strata, struct arena *arena)
{
	size_t most = d->nmetrics * (d->nfactors + d->nfactors * d->nfactors / 2);
	struct maker m = {.d = d, .eff = eff, .arena = arena, .all = ret, .strata = strata};
	struct quality q;
	struct fold own;
	const struct fold *f = fold_of(d, &own);

	*ret = (struct effects){.v = arena_alloc(arena, most, sizeof(*ret->v)),
		.work = arena_alloc(arena, most, sizeof(*ret->work))};
	m.is_order = xcalloc(d->nfactors, sizeof(*m.is_order));
	for (size_t i = 0; i < d->nfactors; i++)
		m.is_order[i] = is_order(d, f, &eff->factors[i], (int)i);
	fold_release(&own);
	make_all(&m);
	free(m.is_order);
	if (!d->foreign) {
		quality_read(&q, d, strata[METRIC_SCORE].valid_only);
		quality_effects(ret, &q, eff, &strata[METRIC_SCORE], arena);
		quality_release(&q);
	}
	effects_judge(ret, arena);
}
