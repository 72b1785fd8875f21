/* trend_line.c - lines through the levels of numeric factors. */
#include "trend_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "ordered_levels.h"
#include "trend_points.h"

/* Of one line while it is made. */
struct drawing {
	struct trend_line *line;
	const struct effective *eff;
	const struct effect_work *w;
	struct ordered_levels o;
	double *weight; /* [o.n] of the levels in the slope */
	double slope, unit, mean_x;
	struct arena *arena;
};

/* ---- slope ---- */

static void set_interval(struct drawing *g)
{
	struct trend_line *t = g->line;
	double ms = g->w->ms, half, sd = sqrt(ms * g->unit);

	if (isnan(ms)) {
		t->error_why = t->of->why && t->of->why[0] ? t->of->why
							   : "there is no error to test against";
		return;
	}
	half = dist_t_quantile(t->confidence, t->df_error) * sd;
	t->low = strata_unscale(g->w->s, g->slope - half);
	t->high = strata_unscale(g->w->s, g->slope + half);
	t->p = dist_t_two_sided(g->slope / sd, t->df_error);
}

/* Returns whether there is one. */
static bool draw(struct drawing *g)
{
	struct trend_line *t = g->line;
	double misfit;

	g->weight = arena_alloc(g->arena, g->o.n, sizeof(*g->weight));
	if (!ordered_slope(&g->o, g->weight, &g->unit, &misfit)) {
		t->why = "its levels' differences have no variance to weigh by";
		return false;
	}
	g->slope = g->mean_x = 0;
	for (size_t i = 0; i < g->o.n; i++) {
		g->slope += g->weight[i] * g->o.difference[i];
		g->mean_x += g->o.x[i] / (double)g->o.n;
	}
	t->slope = strata_unscale(g->w->s, g->slope);
	set_interval(g);
	t->misfit_df = (double)(g->o.n - 2);
	if (!t->error_why) {
		t->misfit_f = misfit / t->misfit_df / g->w->ms;
		t->misfit_p = dist_f_upper(t->misfit_f, t->misfit_df, t->df_error);
	}
	return true;
}

/* ---- the robust slope ---- */

static void draw_robust(struct drawing *g)
{
	struct trend_line *t = g->line;
	struct strata *s = g->w->s;
	struct trend_points p;
	struct theil_sen robust;
	double *x;
	size_t n = 0;

	if (s->gls) {
		t->robust_why = t->robust_interval_why = "the grid has holes";
		return;
	}
	trend_points_of(&p, s, g->eff, t->of, g->w);
	x = xcalloc(p.n, sizeof(*x));
	for (size_t i = 0; i < p.n; i++) {
		for (size_t k = 0; k < g->o.n; k++) {
			if (g->o.level[k] != p.level[i])
				continue;
			x[n] = g->o.x[k];
			p.y[n++] = p.y[i];
			break;
		}
	}
	theil_sen_of(x, p.y, n, t->confidence, &robust);
	t->points = n;
	t->robust = strata_unscale(s, robust.slope);
	t->robust_low = strata_unscale(s, robust.low);
	t->robust_high = strata_unscale(s, robust.high);
	t->robust_why = robust.why;
	t->robust_interval_why = robust.interval_why;
	free(x);
	free(p.level);
	free(p.y);
}

/* ---- between the levels ---- */

/* c'b with its variance over the error, in the additive model of one stratum. */
static double estimate(const struct design *m, struct lin *lin, const double *c, double *unit)
{
	bool *use = xcalloc(m->ncols, sizeof(*use));
	struct lin_fit fit;
	double value;

	for (size_t i = 0; i < m->nterms; i++) {
		for (size_t j = 0; j < m->terms[i].ncols; j++)
			use[m->terms[i].first + j] = m->terms[i].b == DESIGN_NONE;
	}
	lin_fit(lin, use, &fit);
	value = lin_contrast(&fit, c, unit);
	lin_fit_release(&fit);
	free(use);
	return value;
}

/* The line at x as a sum over the levels' effects: their mean, and the slope from there. */
static void line_at(const struct drawing *g, double x, double *c)
{
	for (size_t i = 0; i < g->o.n; i++)
		design_add_level(g->w->design, g->w->term, g->o.level[i], 0,
			1 / (double)g->o.n + (x - g->mean_x) * g->weight[i], c);
}

/* Mean requests of a load at one level of a sampling factor. */
static double requests_at_level(const struct drawing *g)
{
	const struct strata *s = g->w->s;

	return g->line->of->stratum == DATA_SAMPLING ? s->per_load / g->line->of->nlevels
						     : s->per_load;
}

static void predict(struct drawing *g, struct trend_at *at, double x)
{
	struct strata *s = g->w->s;
	bool runner = g->line->of->stratum == DATA_RUNNER;
	const struct design *between = &s->between_design;
	const struct design_term *intercept = design_find(between, DESIGN_INTERCEPT, DESIGN_NONE);
	double *c = xcalloc(between->ncols, sizeof(*c)), y, load, request = 0, half;

	design_add_level(between, intercept, 0, 0, 1, c);
	if (runner)
		line_at(g, x, c);
	y = estimate(between, &s->between, c, &load);
	free(c);
	if (!runner) {
		c = xcalloc(g->w->design->ncols, sizeof(*c));
		line_at(g, x, c);
		y += estimate(g->w->design, g->w->lin, c, &request);
		free(c);
	}
	at->number = g->o.doubling ? exp2(x) : x;
	at->estimate = strata_unscale(s, y);
	half = strata_half(s, strata_variance(s, load, request));
	at->mean_low = strata_unscale(s, y - half);
	at->mean_high = strata_unscale(s, y + half);
	/* A load's mean has MS_load; that of its part at one level has the more of the requests. */
	half = strata_half(s,
		strata_variance(s, load + 1, request + 1 / requests_at_level(g) - 1 / s->per_load));
	at->low = strata_unscale(s, y - half);
	at->high = strata_unscale(s, y + half);
}

/* Why nothing is said between the levels. */
static const char *why_not_between(const struct drawing *g)
{
	const struct strata *s = g->w->s;

	if (s->gls)
		return "the grid has holes";
	if (s->independent)
		return "rows are independent: no block is there to be made again";
	if (s->host >= 0)
		return "servers are compared, and a new load would be of one of them";
	if (g->line->error_why)
		return g->line->error_why;
	if (s->load_why)
		return s->load_why;
	if (g->line->of->stratum == DATA_SAMPLING && s->within_why)
		return s->within_why;
	return NULL;
}

static void predict_between(struct drawing *g)
{
	struct trend_line *t = g->line;

	t->between_why = why_not_between(g);
	if (t->between_why)
		return;
	/* A line that the levels leave says nothing between them. */
	if (t->misfit_p < 0.05) {
		t->between_why = "the levels do not lie on a line";
		return;
	}
	t->nbetween = g->o.n - 1;
	t->between = arena_alloc(g->arena, t->nbetween, sizeof(*t->between));
	for (size_t i = 0; i < t->nbetween; i++)
		predict(g, &t->between[i], (g->o.x[i] + g->o.x[i + 1]) / 2);
}

/* ---- the list ---- */

static bool is_numeric(const struct effect *e, const struct effective *eff)
{
	const struct effective_factor *f = &eff->factors[e->factor_a];

	for (uint32_t i = 0; i < f->nlevels; i++) {
		if (isfinite(f->value[i]))
			return f->nlevels >= ORDERED_LEAST;
	}
	return false;
}

static void make_one(struct trend_line *t, const struct effective *eff, const struct effect *e,
	const struct effect_work *w, struct arena *arena)
{
	struct drawing g = {.line = t, .eff = eff, .w = w, .arena = arena};

	*t = (struct trend_line){.of = e,
		.log = w->s->log,
		.confidence = w->s->confidence,
		.slope = NAN,
		.low = NAN,
		.high = NAN,
		.p = NAN,
		.df_error = e->df_error,
		.misfit_f = NAN,
		.misfit_df = NAN,
		.misfit_p = NAN,
		.robust = NAN,
		.robust_low = NAN,
		.robust_high = NAN};
	t->why = ordered_levels_of(&g.o, e, w, eff, arena);
	if (!t->why) {
		t->doubling = g.o.doubling;
		t->number = g.o.number;
		t->nlevels = g.o.n;
	}
	if (t->why || !draw(&g)) {
		t->error_why = t->robust_why = t->robust_interval_why = t->between_why = t->why;
		return;
	}
	draw_robust(&g);
	predict_between(&g);
}

void trend_lines_make(struct trend_line **ret, size_t *n, const struct effective *eff,
	const struct effects *all, struct arena *arena)
{
	*ret = arena_alloc(arena, all->n, sizeof(**ret));
	*n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct effect *e = &all->v[i];

		if (e->factor_b < 0 && e->primary && e->verdict != VERDICT_ALIAS &&
			is_numeric(e, eff))
			make_one(&(*ret)[(*n)++], eff, e, &all->work[i], arena);
	}
}
