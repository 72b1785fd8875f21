/* strata_gls.c - grids with holes: both strata at once, by generalised least squares.
 *
 * Where combinations of levels are missing, a factor's effect is partly seen within loads and
 * partly between them, and no load mean can be freed of the sampling factors without the noise of
 * their coefficients entering all loads of a treatment alike.  So observations are weighed by their
 * covariance: y = X b + load + error.  Each load's rows less a part of the load's mean make them
 * independent (Fuller and Battese 1973), and ordinary least squares answers from there
 * (docs/statistics.md, grids with holes). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "strata_parts.h"
#include "strata_rows.h"

#define MISFIT_ALPHA 0.05
/* The step at which the share of the loads' variance is felt for, of MS_load over MS_within. */
#define STEP      1e-4
#define NO_WEIGHT 1e-9

/* ---- what there is of the grid ---- */

struct grid {
	const struct strata *s;
	const struct dataset *d;
	const struct effective *eff;
	uint32_t *cells; /* one of each setting that has the metric */
	size_t n;
};

static bool is_varied(const struct effective *eff, size_t factor)
{
	return eff->in_step[factor] < 0 && eff->factors[factor].nlevels > 1;
}

static uint32_t level_of(const struct grid *g, size_t i, size_t factor)
{
	return g->eff->factors[factor].of[g->d->cells[g->cells[i]].level[factor]];
}

static void find_settings(struct grid *g)
{
	bool *met = xcalloc(g->eff->nsettings, sizeof(*met));

	g->cells = xcalloc(g->eff->nsettings, sizeof(*g->cells));
	for (size_t i = 0; i < g->s->ngroups; i++) {
		uint32_t cell = g->s->groups[i].cell;

		if (met[g->eff->setting[cell]])
			continue;
		met[g->eff->setting[cell]] = true;
		g->cells[g->n++] = cell;
	}
	free(met);
}

/* Different levels of a factor, or pairs of levels of two, among the settings that were met. */
static size_t count_levels(const struct grid *g, size_t a, int b)
{
	size_t deep = b < 0 ? 1 : g->eff->factors[b].nlevels, n = 0;
	bool *met = xcalloc(g->eff->factors[a].nlevels * deep, sizeof(*met));

	for (size_t i = 0; i < g->n; i++) {
		size_t at = level_of(g, i, a) * deep + (b < 0 ? 0 : level_of(g, i, (size_t)b));

		n += !met[at];
		met[at] = true;
	}
	free(met);
	return n;
}

void strata_find_holes(
	struct strata *s, const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	struct grid g = {.s = s, .d = d, .eff = eff};
	size_t nf = d->nfactors;
	double whole = 1;

	find_settings(&g);
	for (size_t f = 0; f < nf; f++) {
		size_t n = is_varied(eff, f) ? count_levels(&g, f, DESIGN_NONE) : 1;

		whole *= (double)n;
		s->gls = s->gls || (is_varied(eff, f) && n < eff->factors[f].nlevels);
	}
	s->holes = whole > (double)g.n;
	s->gls = s->gls || s->holes;
	s->whole_pair = arena_alloc(arena, nf * nf, sizeof(*s->whole_pair));
	for (size_t a = 0; a < nf; a++) {
		for (size_t b = a + 1; is_varied(eff, a) && b < nf; b++)
			s->whole_pair[a * nf + b] = is_varied(eff, b) &&
				count_levels(&g, a, (int)b) ==
					count_levels(&g, a, DESIGN_NONE) *
						count_levels(&g, b, DESIGN_NONE);
	}
	free(g.cells);
}

/* ---- variances ---- */

static bool are_single(const struct strata *s)
{
	for (size_t i = 0; i < s->nloads; i++) {
		if (s->loads[i].weight != 1)
			return false;
	}
	return true;
}

/* The variances' ratio, and the error that estimates are held against. */
static void choose_ratio(struct strata *s)
{
	s->gls_step = 0;
	if (!s->load_why && !s->within_why) {
		s->gls_ms = s->ms_within;
		s->gls_ratio = s->sd_load * s->sd_load / s->ms_within;
		s->gls_step = s->independent ? 0 : STEP * s->ms_load / s->ms_within;
	} else if (!s->load_why && are_single(s)) {
		s->gls_ms = s->ms_load; /* one request in each load: its noise is the load's */
		s->gls_ratio = 0;
		s->gls_single = true;
	} else if (!s->within_why) {
		s->gls_ms = s->ms_within; /* nothing is known between loads */
		s->gls_ratio = INFINITY;
	} else {
		s->gls_ms = NAN;
		s->gls_ratio = 1; /* for estimates without interval */
	}
}

/* Degrees of freedom of an error of which `share` is the loads' (Satterthwaite 1946). */
static double df_of(const struct strata *s, double share)
{
	double rest = 1 - share;

	if (s->gls_single)
		return s->df_load;
	if (!isfinite(s->gls_ratio))
		return s->df_within;
	if (s->df_load < STRATA_FEW_DF && share > 0.001)
		return fmin(s->df_load, s->df_within);
	if (share > 0.999 || share < 0.001)
		return share < 0.5 ? s->df_within : s->df_load;
	return 1 / (share * share / s->df_load + rest * rest / s->df_within);
}

/* Of a variance ms * unit the parts that rest on MS_load and on MS_within, from `slope`, the unit's
 * relative change with the ratio of variances. */
static void split(const struct strata *s, double slope, double *load, double *request)
{
	*load = s->ms_load * slope;
	*request = s->ms_within * (1 - s->gls_ratio * slope) - s->ms_within * slope / s->per_load;
	*load = fmax(0, *load);
	*request = fmax(0, *request);
}

struct variance strata_gls_variance(const struct strata *s, double unit, double near)
{
	struct variance v = {.value = s->gls_ms * unit, .df = NAN};
	double load, request, share;

	if (isnan(s->gls_ms) || !(unit > 0))
		return (struct variance){.value = NAN, .df = NAN};
	if (s->gls_single || s->independent || !isfinite(s->gls_ratio)) {
		v.df = df_of(s, 0);
		v.request = v.value;
		return v;
	}
	split(s, (near - unit) / (unit * s->gls_step), &load, &request);
	share = load + request > 0 ? load / (load + request) : 1;
	v.load = share * v.value;
	v.request = (1 - share) * v.value;
	v.df = df_of(s, share);
	return v;
}

/* The information that the model has on one column of a term beside all the others. */
static void fit_without(
	struct lin *l, const struct strata *s, const struct design_term *t, struct lin_fit *fit)
{
	bool *use = xcalloc(s->joint.ncols, sizeof(*use));

	design_type2(&s->joint, t, false, use);
	lin_fit(l, use, fit);
	free(use);
}

/* The mean over the term's columns of how much of their variance is the loads'. */
static double term_df(struct strata *s, const struct design_term *t)
{
	struct lin_fit at, near;
	double *b, sum = 0, n = 0, load, request;

	if (s->gls_single || !(s->gls_step > 0))
		return df_of(s, 0);
	b = xcalloc(s->joint.ncols, sizeof(*b));
	fit_without(&s->whole, s, t, &at);
	fit_without(&s->near, s, t, &near);
	for (size_t j = 0; j < t->ncols; j++) {
		double info, then;

		b[t->first + j] = 1;
		info = lin_fit_rss_of(&at, b);
		then = lin_fit_rss_of(&near, b);
		b[t->first + j] = 0;
		if (info < NO_WEIGHT)
			continue;
		split(s, (info - then) / (info * s->gls_step), &load, &request);
		sum += load + request > 0 ? load / (load + request) : 1;
		n++;
	}
	lin_fit_release(&at);
	lin_fit_release(&near);
	free(b);
	return df_of(s, n > 0 ? sum / n : 1);
}

/* ---- does the model fit ---- */

/* Main effects, with or without the interactions of which all pairs of levels are there. */
static double rss_of(struct strata *s, bool pairs, size_t *rank)
{
	const struct design *m = &s->joint;
	bool *use = xcalloc(m->ncols, sizeof(*use));
	struct lin_fit fit;
	double rss;

	for (size_t i = 0; i < m->nterms; i++) {
		for (size_t j = 0; j < m->terms[i].ncols; j++)
			use[m->terms[i].first + j] =
				pairs || m->terms[i].b < 0 || m->terms[i].a < 0;
	}
	lin_fit(&s->whole, use, &fit);
	rss = fit.rss;
	*rank = fit.rank;
	lin_fit_release(&fit);
	free(use);
	return rss;
}

/* The settings' own means beside passes and prompts.  False where they are too many. */
static bool fit_saturated(
	const struct strata *s, const struct effective *eff, double *rss, size_t *rank)
{
	uint32_t *place = xcalloc(eff->nsettings, sizeof(*place)), n = 0;
	bool *met = xcalloc(eff->nsettings, sizeof(*met)), *use;
	struct strata_model m = {
		.s = s, .design = &s->joint, .ratio = s->gls_ratio, .place = place, .eff = eff};
	struct lin_fit fit;
	struct lin l;

	for (size_t i = 0; i < s->ngroups; i++) {
		uint32_t setting = eff->setting[s->groups[i].cell];

		if (!met[setting])
			place[setting] = n++;
		met[setting] = true;
	}
	m.nplaces = n;
	if (n <= DESIGN_MAX_COLUMNS) {
		strata_feed(&l, &m);
		use = xcalloc(l.ncols, sizeof(*use));
		memset(use, true, l.ncols * sizeof(*use));
		lin_fit(&l, use, &fit);
		*rss = fit.rss;
		*rank = fit.rank;
		lin_fit_release(&fit);
		lin_release(&l);
		free(use);
	}
	free(place);
	free(met);
	return n <= DESIGN_MAX_COLUMNS;
}

/* The part of the lack of fit's degrees of freedom that lies between treatments, so that its error
 * is the loads'. */
static double share_between(const struct strata *s, const struct dataset *d, double df)
{
	double treatments = 0, mains = 1;

	for (size_t i = 0; i < s->nloads; i++)
		treatments += i == 0 ||
			s->loads[s->by_treatment[i]].treatment !=
				s->loads[s->by_treatment[i - 1]].treatment;
	for (size_t i = 0; i < s->joint.nterms; i++) {
		const struct design_term *t = &s->joint.terms[i];

		if (t->a >= 0 && t->b < 0 && d->factors[t->a].stratum == DATA_RUNNER)
			mains += (double)t->ncols;
	}
	return fmin(1, fmax(0, (treatments - mains) / df));
}

static bool is_misfit(
	const struct strata *s, const struct dataset *d, double rss, double saturated, double df)
{
	double f = fmax(0, rss - saturated) / df / s->gls_ms;

	return dist_f_upper(f, df, df_of(s, share_between(s, d, df))) < MISFIT_ALPHA;
}

static void check_fit(struct strata *s, const struct dataset *d, const struct effective *eff)
{
	double saturated, mains, pairs;
	size_t most, plain, with;

	if (!s->holes || isnan(s->gls_ms))
		return;
	s->unchecked = true;
	if (!fit_saturated(s, eff, &saturated, &most))
		return;
	mains = rss_of(s, false, &plain);
	pairs = rss_of(s, true, &with);
	s->unchecked = most <= plain;
	if (most > plain && is_misfit(s, d, mains, saturated, (double)(most - plain)))
		s->misfit_why = "effects depend on each other and the grid has holes: compare "
				"cells";
	if (most <= with)
		s->pairs_why = "the cells that are there do not suffice to tell interactions";
	else if (is_misfit(s, d, pairs, saturated, (double)(most - with)))
		s->pairs_why = "more than pairs of factors act together and the grid has holes: "
			       "compare cells";
}

void strata_fit_gls(
	struct strata *s, const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	struct strata_model m = {.s = s, .design = &s->joint, .eff = eff};

	design_joint(&s->joint, d, eff, s->host < 0 ? s->npasses : s->nnumbers, s->host,
		s->whole_pair, arena);
	s->joint.additive = s->holes;
	choose_ratio(s);
	m.ratio = s->gls_ratio;
	strata_feed(&s->whole, &m);
	m.ratio = isfinite(s->gls_ratio) ? s->gls_ratio + s->gls_step : 1;
	strata_feed(&s->near, &m);
	check_fit(s, d, eff);
}

/* ---- errors ---- */

static const char *why_not(const struct strata *s, const struct dataset *d, int a, int b)
{
	bool sampling = d->factors[a].stratum == DATA_SAMPLING ||
		(b >= 0 && d->factors[b].stratum == DATA_SAMPLING);

	if (s->within_why && !s->gls_single)
		return s->within_why;
	if (!sampling && s->load_why)
		return s->load_why;
	if (a == s->host && b < 0)
		return "the grid has holes, and servers are compared over whole grids only";
	if (b < 0)
		return s->misfit_why;
	if (!s->whole_pair[(size_t)a * d->nfactors + (size_t)b])
		return "not all pairs of their levels were measured";
	return s->pairs_why;
}

struct strata_error strata_gls_error(struct strata *s, const struct dataset *d, int a, int b)
{
	const struct design_term *t = design_find(&s->joint, a, b);
	bool sampling = d->factors[a].stratum == DATA_SAMPLING ||
		(b >= 0 && d->factors[b].stratum == DATA_SAMPLING);
	struct strata_error e = {.term = s->foreign ? "blocks and rows" : "loads and requests",
		.why = why_not(s, d, a, b),
		.ms = s->gls_ms,
		.df = NAN,
		.design = &s->joint,
		.lin = s->load_why && !sampling ? &s->near : &s->whole};

	e.withheld = e.why && e.why == s->misfit_why;
	if ((!e.why || e.withheld) && t)
		e.df = term_df(s, t);
	return e;
}
