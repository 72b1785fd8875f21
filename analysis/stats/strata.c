/* strata.c - the two strata of one metric. */
#include "strata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "strata_parts.h"
#include "strata_rows.h"

/* A mean square below this is rounding, not noise: values equal to the last digit. */
#define MS_NOTHING 1e-18

double strata_unscale(const struct strata *s, double x)
{
	return s->log ? exp(x) : x;
}

/* ---- request stratum ---- */

/* Each load's mean as if every cell and prompt had had its share of requests; equal to the plain
 * mean where each had. */
static void adjust_loads(struct strata *s, const double *beta)
{
	const struct design *m = &s->within_design;
	uint32_t *class = xcalloc(m->nterms, sizeof(*class));
	struct design_classes classes;
	double *effect;

	design_classes_init(&classes, m);
	effect = xcalloc(classes.nclasses, sizeof(*effect));
	design_class_effects(&classes, beta, effect);
	for (size_t i = 0; i < s->nloads; i++) {
		struct strata_load *l = &s->loads[i];
		double sum = 0;

		for (size_t k = l->first; k < l->first + l->ngroups; k++) {
			const struct strata_group *g = &s->groups[k];

			design_classes_of(&classes, g->cell, DATA_NONE, g->prompt, class);
			for (size_t t = 0; t < m->nterms; t++)
				sum += class[t] == LIN_NO_CLASS ? 0 : g->weight * effect[class[t]];
		}
		l->adjusted = l->mean - sum / l->weight;
	}
	design_classes_release(&classes);
	free(class);
	free(effect);
}

static void take_prompt_effects(
	struct strata *s, const struct dataset *d, const double *beta, struct arena *arena)
{
	const struct design_term *t = design_find(&s->within_design, DESIGN_PROMPT, DESIGN_NONE);
	double *c = xcalloc(s->within_design.ncols, sizeof(*c));

	s->prompt_effect = arena_alloc(arena, d->nprompts, sizeof(*s->prompt_effect));
	for (uint32_t p = 0; t && p < d->nprompts; p++) {
		memset(c, 0, s->within_design.ncols * sizeof(*c));
		design_add_level(&s->within_design, t, p, 0, 1, c);
		for (size_t j = 0; j < s->within_design.ncols; j++)
			s->prompt_effect[p] += c[j] * beta[j];
	}
	free(c);
}

static void fit_within(
	struct strata *s, const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	struct strata_model m = {
		.s = s, .design = &s->within_design, .ratio = INFINITY, .eff = eff};
	struct lin_fit fit;
	bool *use;

	design_within(&s->within_design, d, eff, arena);
	strata_feed(&s->within, &m);
	use = xcalloc(s->within_design.ncols, sizeof(*use));
	/* Of a grid with holes interactions cannot be told from main effects: a load's mean is
	 * compared with others of its treatment only, whose cells are the same. */
	for (size_t i = 0; i < s->within_design.nterms; i++) {
		const struct design_term *t = &s->within_design.terms[i];

		for (size_t j = 0; j < t->ncols; j++)
			use[t->first + j] = !s->gls || t->b < 0;
	}
	lin_fit(&s->within, use, &fit);
	adjust_loads(s, fit.beta);
	take_prompt_effects(s, d, fit.beta, arena);
	lin_fit_release(&fit);
	free(use);
}

/* One treatment: its n loads crossed with cells x prompts (settings, so that aliases are
 * replicates).  place[nsettings]: settings met in it so far, + 1.  Returns the sum of squares. */
static double within_error_of(struct strata *s, const struct dataset *d,
	const struct effective *eff, const uint32_t *loads, size_t nloads, uint32_t *place,
	struct lin_cross *obs)
{
	struct lin_cross_fit fit;
	uint32_t met = 0;
	size_t n = 0;
	double ss = 0;

	for (size_t i = 0; i < nloads; i++) {
		const struct strata_load *l = &s->loads[loads[i]];

		for (size_t j = l->first; j < l->first + l->ngroups; j++) {
			const struct strata_group *g = &s->groups[j];
			uint64_t prompt = g->prompt == DATA_NONE ? d->nprompts : g->prompt;
			uint32_t *at = &place[eff->setting[g->cell]];

			/* A setting has one treatment, so that places need not be cleared. */
			if (*at == 0)
				*at = ++met;
			obs[n++] = (struct lin_cross){
				.a = (*at - 1) * ((uint64_t)d->nprompts + 1) + prompt,
				.b = (uint32_t)i,
				.weight = g->weight,
				.y = g->mean};
			ss += g->ss;
			s->df_within += g->weight - 1;
		}
	}
	lin_cross(obs, n, (uint32_t)nloads, &fit);
	ss += fit.rss;
	s->df_within += (double)n - (double)fit.na - (double)fit.rank_b;
	lin_cross_release(&fit);
	return ss;
}

/* Loads of the treatment that begins at i in by_treatment end before this one. */
static size_t end_of_treatment(const struct strata *s, size_t i, size_t *ngroups)
{
	uint32_t treatment = s->loads[s->by_treatment[i]].treatment;

	*ngroups = 0;
	for (; i < s->nloads && s->loads[s->by_treatment[i]].treatment == treatment; i++)
		*ngroups += s->loads[s->by_treatment[i]].ngroups;
	return i;
}

static void find_within_error(
	struct strata *s, const struct dataset *d, const struct effective *eff)
{
	uint32_t *place = xcalloc(eff->nsettings, sizeof(*place));
	struct lin_cross *obs = xcalloc(1, sizeof(*obs));
	size_t room = 1, n;
	double ss = 0;

	for (size_t i = 0, end; i < s->nloads; i = end) {
		end = end_of_treatment(s, i, &n);
		if (n > room) {
			room = n;
			obs = xrealloc(obs, room, sizeof(*obs));
		}
		ss += within_error_of(s, d, eff, s->by_treatment + i, end - i, place, obs);
	}
	free(obs);
	free(place);
	s->ms_within = s->df_within > 0 ? ss / s->df_within : (double)NAN;
	if (!(s->df_within > 0))
		s->within_why = s->foreign
			? "each setting has one row, so there is no noise to test against"
			: "no request was repeated, so there is nothing to test against";
	else if (s->ms_within < MS_NOTHING)
		s->within_why = s->foreign
			? "rows of one setting have the same value to the last digit, so there is "
			  "no "
			  "noise to test against"
			: "repeated requests gave the same value to the last digit, so there "
			  "is no noise to test against";
	s->sd_request = sqrt(s->ms_within);
}

/* ---- runner stratum ---- */

static void fit_between(
	struct strata *s, const struct dataset *d, const struct effective *eff, struct arena *arena)
{
	design_between(
		&s->between_design, d, eff, s->host < 0 ? s->npasses : s->nnumbers, s->host, arena);
	strata_feed_loads(&s->between, s);
}

/* `replicated`: names of one setting were loaded beside each other; without a second pass nothing
 * tells what they show from a change of the machine all the same. */
static const char *why_no_load_error(const struct strata *s, bool replicated)
{
	uint32_t passes = s->host < 0 ? s->npasses : s->nnumbers;

	if (passes < 2 && s->foreign)
		return "each setting was set up once: a difference between blocks cannot be told "
		       "from a difference between settings";
	if (passes < 2 && replicated)
		return "there was one pass: a difference between settings cannot be told from one "
		       "between loads, or from a drift";
	if (passes < 2)
		return "each setting was loaded once: a difference between loads cannot be told "
		       "from a difference between settings";
	if (s->df_load <= 0)
		return s->foreign ? "no setting was set up twice beside another, so there is "
				    "nothing to test against"
				  : "no setting was loaded twice beside another, so there is "
				    "nothing to test against";
	return NULL;
}

static void set_load_error(struct strata *s, const struct lin_cross_fit *fit)
{
	double n = (double)s->nloads, na = (double)fit->na, pass = (double)fit->rank_b;
	double ss = fit->rss, ms_pass;

	s->df_load = n - na - pass;
	/* With one setting (on each server that is compared) and one load of it in each pass,
	 * passes are all the replication there is: the loads are compared as they are. */
	if (s->df_load <= 0 && na == s->nhosts && n > na) {
		s->df_load = n - na;
		ss = fit->rss_a;
		pass = 0;
	}
	s->load_why = why_no_load_error(s, n > na);
	if (s->load_why) {
		s->df_load = 0;
		return;
	}
	s->ms_load = ss / s->df_load;
	if (s->ms_load < MS_NOTHING)
		s->load_why = s->foreign
			? "all blocks of a setting have the same value to the last digit, so there "
			  "is no noise to test against"
			: "all loads of a setting gave the same value to the last digit, so there "
			  "is no noise to test against";
	s->sd_load =
		sqrt(fmax(0, s->ms_load - (s->ms_within > 0 ? s->ms_within : 0) / s->per_load));
	if (pass > 0) {
		ms_pass = (fit->rss_a - fit->rss) / pass;
		s->sd_pass = sqrt(fmax(0, (ms_pass - s->ms_load) * s->npasses / n));
	}
}

/* All rows are in one load, which adds nothing: a mean of rows has their error alone. */
static void take_rows_for_loads(struct strata *s)
{
	s->df_load = s->df_within;
	s->ms_load = s->ms_within / s->per_load;
	s->load_why = s->within_why;
	s->sd_load = 0;
}

static void find_load_error(struct strata *s, const struct dataset *d, struct arena *arena)
{
	struct lin_cross *obs = xcalloc(s->nloads, sizeof(*obs));
	struct lin_cross_fit fit;

	for (size_t i = 0; i < s->nloads; i++)
		obs[i] = (struct lin_cross){.a = s->loads[i].treatment,
			.b = s->loads[i].pass,
			.weight = s->loads[i].weight / s->per_load,
			.y = s->loads[i].adjusted};
	lin_cross(obs, s->nloads, s->npasses, &fit);
	set_load_error(s, &fit);
	if (s->independent)
		take_rows_for_loads(s);
	s->pass_effect = arena_alloc(arena, s->npasses, sizeof(*s->pass_effect));
	memcpy(s->pass_effect, fit.effect_b, s->npasses * sizeof(*s->pass_effect));
	if (s->host >= 0)
		strata_center_passes(s, d);
	lin_cross_release(&fit);
	free(obs);
}

/* Why no row has the metric. */
static const char *why_nothing(const struct dataset *d, enum metric metric)
{
	if (d->foreign)
		return "no row that counts has it";
	if (metric != METRIC_SYSTEM && metric != METRIC_GOODPUT)
		return "no request that counts has it";
	if (d->nbursts == 0)
		return "requests were sent one at a time: it is a measure of bursts";
	if (metric == METRIC_GOODPUT && !goodput_is_limited(&d->goodput))
		return "no limits are stated that a request must meet (sweep key goodput)";
	for (size_t i = 0; i < d->nbursts; i++) {
		if (d->bursts[i].why)
			return d->bursts[i].why;
	}
	return "no burst that counts has it";
}

/* What varies in step with the server has its effect. */
static int host_of(const struct dataset *d, const struct effective *eff)
{
	int server = dataset_factor(d, "server");

	if (server < 0 || eff->factors[server].nlevels < 2)
		return -1;
	return eff->in_step[server] < 0 ? server : eff->in_step[server];
}

void strata_fit(struct strata *s, const struct dataset *d, const struct effective *eff,
	enum metric metric, bool valid_only, struct arena *arena)
{
	*s = (struct strata){.metric = metric,
		.spec = &d->metrics[metric],
		.log = d->metrics[metric].log,
		.foreign = d->foreign,
		.independent = d->independent,
		.valid_only = valid_only,
		.confidence = dataset_confidence(d),
		.host = host_of(d, eff),
		.ms_within = NAN,
		.ms_load = NAN,
		.ms_host = NAN,
		.sd_request = NAN,
		.sd_load = NAN,
		.sd_pass = NAN};
	strata_collect(s, d, eff, valid_only, arena);
	if (s->ngroups == 0) {
		s->why = s->overloaded ? "more was sent than the server takes"
				       : why_nothing(d, metric);
		return;
	}
	strata_find_holes(s, d, eff, arena);
	fit_within(s, d, eff, arena);
	find_within_error(s, d, eff);
	fit_between(s, d, eff, arena);
	find_load_error(s, d, arena);
	strata_host_error(s);
	if (s->gls)
		strata_fit_gls(s, d, eff, arena);
}

void strata_release(struct strata *s)
{
	lin_release(&s->within);
	lin_release(&s->between);
	lin_release(&s->whole);
	lin_release(&s->near);
}

/* ---- errors and variances ---- */

struct strata_error strata_error_of(struct strata *s, const struct dataset *d, int a, int b)
{
	bool sampling = d->factors[a].stratum == DATA_SAMPLING ||
		(b >= 0 && d->factors[b].stratum == DATA_SAMPLING);

	if (s->gls)
		return strata_gls_error(s, d, a, b);
	if (sampling)
		return (struct strata_error){s->independent ? "between rows"
				: s->foreign                ? "within blocks"
							    : "within loads",
			s->within_why, s->ms_within, s->df_within, &s->within_design, &s->within,
			false};
	if (a == s->host && b < 0)
		return (struct strata_error){"server x pass", s->host_why, s->ms_host, s->df_host,
			&s->between_design, &s->between, false};
	return (struct strata_error){"block x pass", s->load_why, s->ms_load, s->df_load,
		&s->between_design, &s->between, false};
}

struct variance strata_variance(const struct strata *s, double per_load, double per_request)
{
	double load = per_load > 0 ? per_load * s->ms_load : 0;
	double request = per_request > 0 ? per_request * s->ms_within : 0;
	double below = 0;
	struct variance v = {.value = load + request, .load = load, .request = request};

	if (load > 0)
		below += load * load / s->df_load;
	if (request > 0)
		below += request * request / s->df_within;
	v.df = s->independent ? s->df_within : v.value * v.value / below;
	return v;
}

double strata_half(const struct strata *s, struct variance v)
{
	double t;

	if (!(v.value > 0) || !isfinite(v.df))
		return NAN;
	/* With so few Satterthwaite's degrees of freedom are too hopeful (88 to 93 % of 95 %);
	 * Cochran and Cox's t, the mean of both weighted by their variances, is not
	 * (docs/statistics.md). */
	if (v.load > 0 && v.request > 0 && s->df_load < STRATA_FEW_DF)
		t = (v.load * dist_t_quantile(s->confidence, s->df_load) +
			    v.request * dist_t_quantile(s->confidence, s->df_within)) /
			v.value;
	else
		t = dist_t_quantile(s->confidence, v.df);
	return t * sqrt(v.value);
}

const char *strata_cell_interval(
	const struct strata *s, uint32_t cell, double *low, double *high, double *df)
{
	const struct strata_cell *c;
	struct variance v;
	double within, half;

	*low = *high = *df = NAN;
	if (s->why)
		return s->why;
	c = &s->cells[cell];
	if (s->overloaded && s->overload[cell])
		return "more was sent than the server takes";
	if (!(c->weight > 0))
		return s->foreign ? "no row that counts has it" : "no request that counts has it";
	if (!(s->df_load > 0))
		return s->load_why;
	/* A share of the load's variance beside what MS_load holds of the requests' already. */
	within = 1 / c->weight - c->share / s->per_load;
	if (within > 1e-12 && !(s->df_within > 0))
		return s->within_why;
	v = strata_variance(s, c->share, within > 1e-12 ? within : 0);
	if (!(v.value > MS_NOTHING))
		return "all values are the same to the last digit";
	half = strata_half(s, v);
	*df = v.df;
	*low = c->mean - half;
	*high = c->mean + half;
	return NULL;
}
