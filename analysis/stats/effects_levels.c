/* effects_levels.c - levels of a factor, their differences, and what could have been seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "effects.h"

/* Interactions of more tetrads, or cells, than this get no pairwise intervals. */
#define MAX_TETRADS 20000

/* Requests and loads of each effective level that have the metric. */
static void count_levels(struct effect *e, const struct effect_work *w, const struct dataset *d,
	const struct effective *eff)
{
	const struct strata *s = w->s;
	const uint32_t *of = eff->factors[e->factor_a].of;
	size_t *last = xcalloc(e->nlevels, sizeof(*last)); /* load counted last, + 1 */

	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];
		uint32_t level = of[d->cells[g->cell].level[e->factor_a]];

		e->levels[level].n += g->rows;
		e->levels[level].nloads += last[level] != g->load + 1;
		last[level] = g->load + 1;
	}
	free(last);
}

/* A level of which every cell was more than the server takes. */
static const char *find_too_much(const struct effect *e, const struct effect_work *w,
	const struct dataset *d, const struct effective *eff)
{
	for (size_t c = 0; w->s->overloaded && c < d->ncells; c++) {
		uint32_t level = eff->factors[e->factor_a].of[d->cells[c].level[e->factor_a]];

		if (w->s->overload[c] && e->levels[level].n == 0)
			return e->levels[level].level;
	}
	return NULL;
}

/* ---- marginal means ---- */

/* Columns of the intercept, passes, prompts and main effects. */
static void use_mains(const struct design *m, bool *use)
{
	for (size_t i = 0; i < m->nterms; i++) {
		for (size_t j = 0; j < m->terms[i].ncols; j++)
			use[m->terms[i].first + j] = m->terms[i].b == DESIGN_NONE;
	}
}

static void fit_mains(const struct design *m, struct lin *lin, struct lin_fit *fit)
{
	bool *use = xcalloc(m->ncols, sizeof(*use));

	use_mains(m, use);
	lin_fit(lin, use, fit);
	free(use);
}

/* The estimate of c'b for one level, in `term` of the design, with or without the intercept. */
static double level_contrast(const struct design *m, const struct lin_fit *fit,
	const struct design_term *term, uint32_t level, double *unit)
{
	const struct design_term *intercept = design_find(m, DESIGN_INTERCEPT, DESIGN_NONE);
	double *c = xcalloc(m->ncols, sizeof(*c)), estimate;

	if (intercept)
		design_add_level(m, intercept, 0, 0, 1, c);
	if (term)
		design_add_level(m, term, level, 0, 1, c);
	estimate = lin_contrast(fit, c, unit);
	free(c);
	return estimate;
}

static void set_estimate(
	struct level_summary *l, const struct strata *s, double mean, struct variance v)
{
	double half = strata_half(s, v);

	l->estimate = strata_unscale(s, mean);
	l->estimate_low = strata_unscale(s, mean - half);
	l->estimate_high = strata_unscale(s, mean + half);
}

/* Means over the other factors' levels, as if each had its share: the additive model's. */
static void estimate_levels(struct effect *e, struct effect_work *w)
{
	struct strata *s = w->s;
	struct lin_fit between, within = {0};
	bool runner = e->stratum == DATA_RUNNER;
	bool known = !s->load_why && (runner || !s->within_why);
	bool host = e->factor_a == s->host;

	fit_mains(&s->between_design, &s->between, &between);
	if (!runner)
		fit_mains(&s->within_design, &s->within, &within);
	for (uint32_t i = 0; i < e->nlevels; i++) {
		struct variance v = {.value = NAN, .df = NAN};
		double load_unit, request_unit = 0, mean;

		mean = level_contrast(
			&s->between_design, &between, runner ? w->term : NULL, i, &load_unit);
		if (!runner)
			mean += level_contrast(w->design, &within, w->term, i, &request_unit);
		if (host)
			v = (struct variance){.value = load_unit * w->ms, .df = e->df_error};
		else if (known)
			v = strata_variance(s, load_unit, request_unit);
		set_estimate(&e->levels[i], s, mean, v);
	}
	lin_fit_release(&between);
	lin_fit_release(&within);
}

/* Adds the mean of the levels that were measured: 0 where all were. */
static void add_mean_level(
	const struct effect_work *w, const struct design_term *t, const bool *met, double *c)
{
	uint32_t n = (uint32_t)t->ncols + 1, measured = 0;

	for (uint32_t i = 0; i < n; i++)
		measured += met[i];
	for (uint32_t i = 0; measured < n && i < n; i++) {
		if (met[i])
			design_add_level(w->design, t, i, 0, 1.0 / measured, c);
	}
}

/* The levels of a factor or prompts that the metric has; of passes all have. */
static void find_met(const struct strata *s, const struct design *m, int what, bool *met)
{
	for (size_t i = 0; i < s->ngroups; i++) {
		const struct strata_group *g = &s->groups[i];

		if (what == DESIGN_PROMPT && g->prompt != DATA_NONE)
			met[g->prompt] = true;
		else if (what >= 0)
			met[m->eff->factors[what].of[m->d->cells[g->cell].level[what]]] = true;
	}
}

/* c[ncols] of a mean over the measured levels of everything. */
static void mean_of_all(const struct effect_work *w, double *c)
{
	for (size_t i = 0; i < w->design->nterms; i++) {
		const struct design_term *t = &w->design->terms[i];
		bool *met = xcalloc(t->ncols + 1, sizeof(*met));

		find_met(w->s, w->design, t->a, met);
		if (t->a == DESIGN_INTERCEPT)
			design_add_level(w->design, t, 0, 0, 1, c);
		else if (t->b < 0 && t != w->term && t->a != DESIGN_PASS)
			add_mean_level(w, t, met, c);
		free(met);
	}
}

/* The same of a grid with holes, both strata at once. */
static void estimate_joint(struct effect *e, struct effect_work *w)
{
	struct strata *s = w->s;
	bool near_only = w->lin == &s->near;
	double *mean = xcalloc(w->design->ncols, sizeof(*mean));
	double *c = xcalloc(w->design->ncols, sizeof(*c));
	struct lin_fit at, near;

	fit_mains(w->design, isfinite(s->gls_ratio) && !near_only ? &s->whole : &s->near, &at);
	fit_mains(w->design, &s->near, &near);
	mean_of_all(w, mean);
	for (uint32_t i = 0; i < e->nlevels; i++) {
		double unit, then, x;
		struct variance v;

		memcpy(c, mean, w->design->ncols * sizeof(*c));
		design_add_level(w->design, w->term, i, 0, 1, c);
		x = lin_contrast(&at, c, &unit);
		lin_contrast(&near, c, &then);
		v = s->load_why ? (struct variance){.value = NAN, .df = NAN}
				: strata_gls_variance(s, unit, then);
		set_estimate(&e->levels[i], s, x, v);
	}
	lin_fit_release(&at);
	lin_fit_release(&near);
	free(mean);
	free(c);
}

static void withhold_levels(struct effect *e)
{
	e->reference = e->levels[0].level;
	for (uint32_t i = 0; i < e->nlevels; i++) {
		struct level_summary *l = &e->levels[i];

		l->estimate = l->estimate_low = l->estimate_high = NAN;
		l->ratio = l->ci_low = l->ci_high = NAN;
	}
}

/* ---- differences ---- */

/* Keeps the pairwise interval that reaches furthest from no difference. */
static void widen(struct effect *e, struct effect_work *w, double difference, double half)
{
	double reach = fabs(difference) + half;

	if (isnan(reach) || w->widest >= reach)
		return;
	w->widest = reach;
	e->widest_low = strata_unscale(w->s, difference - half);
	e->widest_high = strata_unscale(w->s, difference + half);
}

/* A pair that cannot be compared is not shown to be equal, and the others bound nothing. */
static void set_unbounded(struct effect *e, struct effect_work *w)
{
	w->widest = INFINITY;
	e->widest_low = e->widest_high = NAN;
}

/* The effects of a term's classes, in the coordinates in which variances are sums of squares: class
 * i * deep + j of level i of a and j of b. */
struct classes {
	const struct lin_fit *fit;
	double *estimate; /* [classes] */
	double *v;        /* [classes * fit->n] */
	double *sum;      /* [fit->n] scratch */
};

static void classes_init(
	struct classes *c, const struct effect_work *w, uint32_t wide, uint32_t deep)
{
	double *code = xcalloc(w->design->ncols, sizeof(*code));
	size_t n = w->with.n;

	*c = (struct classes){.fit = &w->with,
		.estimate = xcalloc((size_t)wide * deep, sizeof(*c->estimate)),
		.v = xcalloc((size_t)wide * deep * n, sizeof(*c->v)),
		.sum = xcalloc(n, sizeof(*c->sum))};
	for (uint32_t i = 0; i < wide; i++) {
		for (uint32_t j = 0; j < deep; j++) {
			size_t class = (size_t)i * deep + j;

			memset(code, 0, w->design->ncols * sizeof(*code));
			design_add_level(w->design, w->term, i, j, 1, code);
			lin_project(c->fit, code, c->v + class * n);
			for (size_t k = 0; k < w->design->ncols; k++)
				c->estimate[class] += code[k] * c->fit->beta[k];
		}
	}
	free(code);
}

static void classes_release(struct classes *c)
{
	free(c->estimate);
	free(c->v);
	free(c->sum);
}

/* One class less another, or a tetrad where `second` is given: (a - b) - (c - d). */
static double class_contrast(
	struct classes *c, const size_t pair[2], const size_t second[2], double *unit)
{
	const double *a = c->v + pair[0] * c->fit->n, *b = c->v + pair[1] * c->fit->n;
	const double *p = second ? c->v + second[0] * c->fit->n : NULL;
	const double *q = second ? c->v + second[1] * c->fit->n : NULL;
	double estimate = c->estimate[pair[0]] - c->estimate[pair[1]];

	for (size_t k = 0; k < c->fit->n; k++)
		c->sum[k] = a[k] - b[k] - (second ? p[k] - q[k] : 0);
	if (second)
		estimate -= c->estimate[second[0]] - c->estimate[second[1]];
	*unit = lin_unit_variance(c->fit, c->sum);
	return isnan(*unit) ? (double)NAN : estimate;
}

static void compare_levels(struct effect *e, struct effect_work *w, struct arena *arena)
{
	size_t n = e->nlevels;
	double t90 = isnan(w->ms) ? (double)NAN : dist_t_quantile(0.90, e->df_error);
	struct classes classes;
	bool all = true;

	w->difference = arena_alloc(arena, n * n, sizeof(*w->difference));
	w->unit = arena_alloc(arena, n * n, sizeof(*w->unit));
	classes_init(&classes, w, e->nlevels, 1);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			double unit, difference;

			difference = class_contrast(&classes, (size_t[]){j, i}, NULL, &unit);
			w->difference[i * n + j] = difference;
			w->difference[j * n + i] = -difference;
			w->unit[i * n + j] = w->unit[j * n + i] = unit;
			widen(e, w, difference, t90 * sqrt(w->ms * unit));
			all = all && (isfinite(unit) || !e->levels[i].n || !e->levels[j].n);
		}
	}
	if (!all)
		set_unbounded(e, w);
	classes_release(&classes);
}

/* Ratios to the first level that was measured, with t intervals. */
static void refer_levels(struct effect *e, struct effect_work *w)
{
	size_t n = e->nlevels;
	uint32_t reference = 0;
	double t = isnan(w->ms) ? (double)NAN : dist_t_quantile(w->s->confidence, e->df_error);

	while (reference + 1 < n && e->levels[reference].n == 0)
		reference++;
	e->reference = e->levels[reference].level;
	for (uint32_t i = 0; i < n; i++) {
		struct level_summary *l = &e->levels[i];
		double difference = w->difference[reference * n + i];
		double half = i == reference ? 0 : t * sqrt(w->ms * w->unit[reference * n + i]);

		l->ratio = strata_unscale(w->s, difference);
		l->ci_low = strata_unscale(w->s, difference - half);
		l->ci_high = strata_unscale(w->s, difference + half);
	}
}

/* ---- what could have been seen ---- */

/* What the model without the term leaves of a pattern: class (i, j) off by 1 from all others. */
static double pattern_of(const struct effect_work *w, uint32_t i, uint32_t wide, uint32_t j,
	uint32_t deep, double *b)
{
	const struct design_term *t = w->term;
	size_t stride = deep ? deep - 1 : 1;

	memset(b, 0, w->design->ncols * sizeof(*b));
	for (uint32_t p = 0; p + 1 < wide; p++) {
		double x = (p == i) - 1.0 / wide;

		for (uint32_t q = 0; q < stride; q++)
			b[t->first + p * stride + q] = x * (deep ? (q == j) - 1.0 / deep : 1);
	}
	return lin_fit_rss_of(&w->without, b);
}

/* The least over all classes that were measured: the level that is hardest to tell apart. */
static void find_pattern(struct effect *e, struct effect_work *w, uint32_t wide, uint32_t deep)
{
	double *b = xcalloc(w->design->ncols, sizeof(*b)), least = INFINITY;

	for (uint32_t i = 0; i < wide; i++) {
		if (e->levels && e->levels[i].n == 0)
			continue;
		for (uint32_t j = 0; j < (deep ? deep : 1); j++)
			least = fmin(least, pattern_of(w, i, wide, j, deep, b));
	}
	w->pattern = isfinite(least) ? least : 0;
	free(b);
}

void effects_levels(struct effect *e, struct effect_work *w, const struct dataset *d,
	const struct effective *eff, struct arena *arena)
{
	const struct effective_factor *f = &eff->factors[e->factor_a];

	e->nlevels = f->nlevels;
	e->levels = arena_alloc(arena, e->nlevels, sizeof(*e->levels));
	for (uint32_t i = 0; i < e->nlevels; i++)
		e->levels[i].level = f->name[i];
	count_levels(e, w, d, eff);
	w->too_much = find_too_much(e, w, d, eff);
	if (w->withheld) {
		withhold_levels(e);
		return;
	}
	if (w->s->gls)
		estimate_joint(e, w);
	else
		estimate_levels(e, w);
	compare_levels(e, w, arena);
	refer_levels(e, w);
	if (!isnan(w->ms))
		find_pattern(e, w, f->nlevels, 0);
}

/* A tetrad: how the difference of two levels of a changes between two levels of b. */
static void widen_tetrad(struct effect *e, struct effect_work *w, struct classes *c, double t90,
	const size_t pair[2], const size_t second[2])
{
	double unit, difference = class_contrast(c, pair, second, &unit);

	if (isnan(unit))
		set_unbounded(e, w);
	else
		widen(e, w, difference, t90 * sqrt(w->ms * unit));
}

static void compare_tetrads(struct effect *e, struct effect_work *w, uint32_t wide, uint32_t deep)
{
	double t90 = dist_t_quantile(0.90, e->df_error);
	struct classes c;

	classes_init(&c, w, wide, deep);
	for (size_t i = 0; i < wide; i++) {
		for (size_t k = i + 1; k < wide; k++) {
			for (size_t j = 0; j < deep; j++) {
				for (size_t l = j + 1; l < deep; l++)
					widen_tetrad(e, w, &c, t90,
						(size_t[]){i * deep + j, k * deep + j},
						(size_t[]){i * deep + l, k * deep + l});
			}
		}
	}
	classes_release(&c);
}

void effects_interaction(struct effect *e, struct effect_work *w, const struct effective *eff)
{
	uint32_t wide = eff->factors[e->factor_a].nlevels, deep = eff->factors[e->factor_b].nlevels;
	double tetrads = (double)wide * (wide - 1) / 2 * deep * (deep - 1) / 2;

	if (isnan(w->ms) || tetrads > MAX_TETRADS)
		return;
	compare_tetrads(e, w, wide, deep);
	find_pattern(e, w, wide, deep);
}
