/* choice_draw.c - the settings' means, drawn anew.
 *
 * A setting's mean is off by what its loads are off (shared by all settings of a load) and by what
 * its requests are.  Mean squares are drawn too: each is one of 200 quantiles of what would have
 * given it.  What throughput and TTFT of a load, and of a request, have in common is kept: their
 * residuals' correlations are those of the run.  Scores are means over questions drawn with
 * replacement, the same for all settings, since answers are compared question by question. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "bug.h"
#include "choice_parts.h"

#define SEED 20261125

/* ---- what two metrics have in common ---- */

struct sums {
	double xx, yy, xy;
};

static double correlation(const struct sums *s)
{
	return s->xx > 0 && s->yy > 0 ? s->xy / sqrt(s->xx * s->yy) : 0;
}

/* Residuals of the loads' means beside treatment and pass. */
static double load_residual(const struct strata *s, const double *mean, size_t l)
{
	return s->loads[l].adjusted - s->pass_effect[s->loads[l].pass] -
		mean[s->loads[l].treatment];
}

static double *treatment_means(const struct strata *s, uint32_t n)
{
	double *mean = xcalloc(n, sizeof(*mean)), *loads = xcalloc(n, sizeof(*loads));

	for (size_t l = 0; l < s->nloads; l++) {
		mean[s->loads[l].treatment] +=
			s->loads[l].adjusted - s->pass_effect[s->loads[l].pass];
		loads[s->loads[l].treatment]++;
	}
	for (uint32_t t = 0; t < n; t++)
		mean[t] /= loads[t] > 0 ? loads[t] : 1;
	free(loads);
	return mean;
}

/* Loads stand in the same order in both, by their number in the dataset. */
static double correlate_loads(const struct strata *a, const struct strata *b, uint32_t ntreatments)
{
	double *x = treatment_means(a, ntreatments), *y = treatment_means(b, ntreatments);
	struct sums sums = {0};

	for (size_t i = 0, j = 0; i < a->nloads && j < b->nloads;) {
		if (a->loads[i].load == b->loads[j].load) {
			double u = load_residual(a, x, i++), v = load_residual(b, y, j++);

			sums.xx += u * u;
			sums.yy += v * v;
			sums.xy += u * v;
		} else if (a->loads[i].load < b->loads[j].load) {
			i++;
		} else {
			j++;
		}
	}
	free(x);
	free(y);
	return correlation(&sums);
}

static int compare_groups(const struct strata *a, const struct strata_group *g,
	const struct strata *b, const struct strata_group *h)
{
	uint32_t x = a->loads[g->load].load, y = b->loads[h->load].load;

	if (x != y)
		return x < y ? -1 : 1;
	if (g->cell != h->cell)
		return g->cell < h->cell ? -1 : 1;
	return (g->prompt > h->prompt) - (g->prompt < h->prompt);
}

static double beside_cell(const struct strata *s, const struct strata_group *g)
{
	double prompt =
		g->prompt != DATA_NONE && s->prompt_effect ? s->prompt_effect[g->prompt] : 0;

	return g->mean - s->cells[g->cell].mean - prompt;
}

/* What each load is off, all of its cells together. */
static double *load_shifts(const struct strata *s)
{
	double *shift = xcalloc(s->nloads, sizeof(*shift));

	for (size_t g = 0; g < s->ngroups; g++)
		shift[s->groups[g].load] += s->groups[g].weight /
			s->loads[s->groups[g].load].weight * beside_cell(s, &s->groups[g]);
	return shift;
}

/* Residuals of groups beside cell, prompt and load. */
static double correlate_requests(const struct strata *a, const struct strata *b)
{
	double *x = load_shifts(a), *y = load_shifts(b);
	struct sums sums = {0};

	for (size_t i = 0, j = 0; i < a->ngroups && j < b->ngroups;) {
		int order = compare_groups(a, &a->groups[i], b, &b->groups[j]);

		if (order == 0) {
			double u = beside_cell(a, &a->groups[i]) - x[a->groups[i].load];
			double v = beside_cell(b, &b->groups[j]) - y[b->groups[j].load];

			sums.xx += u * u;
			sums.yy += v * v;
			sums.xy += u * v;
		}
		i += order <= 0;
		j += order >= 0;
	}
	free(x);
	free(y);
	return correlation(&sums);
}

/* ---- what can be drawn ---- */

static const char *why_not(const struct best_contest *c)
{
	if (c->needs_load && c->s->load_why)
		return c->s->load_why;
	if (c->needs_request && c->s->within_why)
		return c->s->within_why;
	return c->needs_host ? "servers are compared: their days are not drawn" : NULL;
}

/* Mean squares that would have given this one: as many quantiles of them. */
static void list_squares(double *to, double ms, double df)
{
	for (size_t k = 0; k < CHOICE_SQUARES; k++)
		to[k] = ms > 0 && df > 0
			? ms * df / gsl_cdf_chisq_Qinv((k + 0.5) / CHOICE_SQUARES, df)
			: 0;
}

static const char *prepare_axis(
	struct choice_chance *h, size_t axis, struct strata *s, const struct effective *eff)
{
	struct choice *c = h->choice;
	struct best_contest *contest = &h->contest[axis];
	size_t *of = xcalloc(eff->nsettings, sizeof(*of));

	best_contest_init(contest, s, eff);
	h->drawn[axis] = true;
	h->place[axis] = xcalloc(c->n, sizeof(*h->place[axis]));
	for (size_t i = 0; i < contest->n; i++)
		of[contest->v[i].setting] = i + 1;
	for (size_t i = 0; i < c->n; i++) {
		h->place[axis][i] =
			of[c->settings[i].setting] - 1; /* SIZE_MAX where there is none */
		c->settings[i].mean[axis] = h->place[axis][i] == SIZE_MAX
			? (double)NAN
			: s->spec->better * contest->v[h->place[axis][i]].mean;
	}
	free(of);
	list_squares(h->within[axis], s->ms_within, s->df_within);
	list_squares(h->load[axis], s->ms_load, s->df_load);
	return why_not(contest);
}

const char *choice_chance_init(struct choice_chance *h, struct choice *c, const struct summary *s,
	const struct effective *eff, struct strata *strata)
{
	const char *why = NULL;
	size_t first = SIZE_MAX;

	*h = (struct choice_chance){.choice = c, .d = s->data, .eff = eff, .score = SIZE_MAX};
	rng_init(&h->rng, SEED, "choice");
	h->z_load = xcalloc(c->n, sizeof(*h->z_load));
	h->z_request = xcalloc(c->n, sizeof(*h->z_request));
	c->correlation_load = c->correlation_request = NAN;
	for (size_t axis = 0; axis < c->naxes; axis++) {
		const char *its = NULL;

		if (c->axis[axis].memory)
			continue;
		if (dataset_is_score(s->data, c->axis[axis].metric)) {
			h->score = axis;
			quality_read(&h->quality, s->data, false);
			continue;
		}
		its = prepare_axis(h, axis, &strata[c->axis[axis].metric], eff);
		why = why ? why : its;
		if (first == SIZE_MAX) {
			first = axis;
		} else if (isnan(c->correlation_load) && !its) {
			const struct strata *a = &strata[c->axis[first].metric],
					    *b = &strata[c->axis[axis].metric];

			c->correlation_load = correlate_loads(a, b, eff->nsettings);
			c->correlation_request = correlate_requests(a, b);
		}
	}
	return why;
}

void choice_chance_release(struct choice_chance *h)
{
	for (size_t axis = 0; axis < CHOICE_MAX_AXES; axis++) {
		if (h->drawn[axis])
			best_contest_release(&h->contest[axis]);
		free(h->place[axis]);
	}
	quality_release(&h->quality);
	free(h->z_load);
	free(h->z_request);
}

/* ---- a draw ---- */

static double draw_square(struct choice_chance *h, const double *squares)
{
	return squares[rng_below(&h->rng, CHOICE_SQUARES)];
}

static double correlated(struct rng *r, double z, double rho)
{
	return rho * z + sqrt(fmax(0, 1 - rho * rho)) * rng_normal(r);
}

/* What the loads of each treatment are off together, and each setting's requests; `second`: with
 * what the axis has in common with the first. */
static void draw_chance(struct choice_chance *h, size_t ntreatments, bool second)
{
	const struct choice *c = h->choice;

	for (size_t t = 0; t < ntreatments; t++)
		h->z_load[t] = second ? correlated(&h->rng, h->z_load[t], c->correlation_load)
				      : rng_normal(&h->rng);
	for (size_t i = 0; i < c->n; i++)
		h->z_request[i] = second
			? correlated(&h->rng, h->z_request[i], c->correlation_request)
			: rng_normal(&h->rng);
}

static void draw_axis(struct choice_chance *h, size_t axis, bool second, double *noise)
{
	struct choice *c = h->choice;
	const struct best_contest *contest = &h->contest[axis];
	const struct strata *s = contest->s;
	double within = draw_square(h, h->within[axis]);
	double load = draw_square(h, h->load[axis]) - within / s->per_load;
	double sd_load = contest->ntreatments > 1 ? sqrt(fmax(0, load)) : 0;

	draw_chance(h, contest->ntreatments, second);
	for (size_t i = 0; i < c->n; i++) {
		size_t at = h->place[axis][i];
		const struct best_setting *v;

		if (at == SIZE_MAX)
			continue;
		v = &contest->v[at];
		noise[i * c->naxes + axis] = sd_load * sqrt(v->own) * h->z_load[v->treatment] +
			sqrt(within / v->weight) * h->z_request[i];
	}
}

/* Questions with replacement. */
static void draw_scores(struct choice_chance *h, double *noise)
{
	struct choice *c = h->choice;
	size_t nq = h->d->nprompts;
	uint32_t *times = xcalloc(nq, sizeof(*times));

	for (size_t k = 0; k < nq; k++)
		times[rng_below(&h->rng, nq)]++;
	for (size_t i = 0; i < c->n; i++) {
		double sum = 0, n = 0;

		for (size_t q = 0; q < nq; q++) {
			double x = quality_score(&h->quality, c->settings[i].cell, q);

			if (isfinite(x) && times[q]) {
				sum += times[q] * x;
				n += times[q];
			}
		}
		noise[i * c->naxes + h->score] =
			n > 0 ? sum / n - c->settings[i].mean[h->score] : 0;
	}
	free(times);
}

void choice_draw(struct choice_chance *h, double *noise)
{
	struct choice *c = h->choice;
	size_t met = 0;

	for (size_t i = 0; i < c->n * c->naxes; i++)
		noise[i] = 0;
	for (size_t axis = 0; axis < c->naxes; axis++) {
		if (axis == h->score && h->quality.score)
			draw_scores(h, noise);
		else if (h->drawn[axis])
			draw_axis(h, axis, met++ == 1, noise);
	}
}
