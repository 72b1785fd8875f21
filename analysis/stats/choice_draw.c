/* choice_draw.c - the settings' means, drawn anew.
 *
 * A setting's mean is off by what its loads are off (shared by all settings in a load) and by what
 * its requests are.  In each stratum the axes have one matrix of mean squares and products, and one
 * factor df / chi-squared for all of them, so that what is off is multivariate t: for every axis,
 * and for every weighted sum of axes, it has the distribution that an analysis of that sum alone
 * would give it.  Scores are means over questions drawn with replacement, the same for all
 * settings, since answers are compared question by question. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "choice_parts.h"

#define SEED 20261125

/* Beyond so many loads, settings of one treatment are taken as having had each load alike. */
#define MOST_LOADS 4000

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

static bool is_one_pattern(const struct best_contest *c)
{
	for (size_t t = 0; t < c->ntreatments; t++) {
		if (c->treatments[t].npatterns > 1)
			return false;
	}
	return true;
}

/* The loads of each setting and what part it has in them; or its treatment alone, where all
 * settings of a treatment have had the same loads alike. */
static void take_parts(
	struct choice_drawn *a, const struct best_contest *contest, bool by_load, size_t n)
{
	const struct strata *s = contest->s;
	size_t room = 0, used = 0;

	for (size_t i = 0; i < contest->n; i++)
		room += by_load ? contest->v[i].n : 1;
	a->parts = xcalloc(room, sizeof(*a->parts));
	a->first = xcalloc(n + 1, sizeof(*a->first));
	for (size_t i = 0; i < n; i++) {
		const struct best_setting *v;

		a->first[i] = used;
		if (a->place[i] == SIZE_MAX || !contest->v)
			continue;
		v = &contest->v[a->place[i]];
		a->request[i] = 1 / sqrt(v->weight);
		if (!by_load)
			a->parts[used++] = (struct choice_part){v->treatment, sqrt(v->own)};
		for (size_t k = v->first; by_load && k < v->first + v->n; k++)
			a->parts[used++] = (struct choice_part){
				s->loads[contest->shares[k].load].load, contest->shares[k].part};
	}
	a->first[n] = used;
}

/* Where the settings stand in the contest, and their means. */
static void find_places(struct choice *c, size_t axis, struct choice_drawn *a,
	const struct best_contest *contest, const struct effective *eff)
{
	size_t *of = xcalloc(eff->nsettings, sizeof(*of));

	a->place = xcalloc(c->n, sizeof(*a->place));
	a->request = xcalloc(c->n, sizeof(*a->request));
	for (size_t i = 0; i < contest->n; i++)
		of[contest->v[i].setting] = i + 1;
	for (size_t i = 0; i < c->n; i++) {
		a->place[i] = of[c->settings[i].setting] - 1; /* SIZE_MAX where there is none */
		c->settings[i].mean[axis] = a->place[i] == SIZE_MAX
			? (double)NAN
			: c->axis[axis].better * contest->v[a->place[i]].mean;
	}
	free(of);
}

/* Treatments of a contest are numbered as they come; the dataset's numbers are the same for all
 * axes. */
static void name_treatments(struct best_contest *contest, const struct effective *eff)
{
	for (size_t i = 0; i < contest->n; i++)
		contest->v[i].treatment = eff->treatment[eff->first_cell[contest->v[i].setting]];
}

static const char *prepare_axis(struct choice_chance *h, size_t axis, struct strata *s,
	const struct effective *eff, struct best_contest *contest)
{
	struct choice_drawn *a = &h->axes[h->naxes++];

	best_contest_init(contest, s, eff);
	*a = (struct choice_drawn){.axis = axis, .s = s};
	find_places(h->choice, axis, a, contest, eff);
	h->by_load = h->by_load || !is_one_pattern(contest);
	list_squares(a->within, s->ms_within, s->df_within);
	list_squares(a->load, contest->needs_load ? s->ms_load : 0, s->df_load);
	return why_not(contest);
}

static void find_correlations(struct choice_chance *h, uint32_t ntreatments)
{
	struct choice *c = h->choice;
	size_t n = h->naxes;

	h->of_loads = xcalloc(n * n, sizeof(*h->of_loads));
	h->of_requests = xcalloc(n * n, sizeof(*h->of_requests));
	for (size_t i = 0; i < n; i++) {
		h->of_loads[i * n + i] = h->of_requests[i * n + i] = 1;
		for (size_t j = 0; j < i; j++) {
			const struct strata *a = h->axes[j].s, *b = h->axes[i].s;

			h->of_loads[i * n + j] = choice_correlate_loads(a, b, ntreatments);
			h->of_requests[i * n + j] = choice_correlate_requests(a, b);
		}
	}
	if (n > 1) {
		c->correlation_load = h->of_loads[n];
		c->correlation_request = h->of_requests[n];
	}
}

/* The scores of all settings, question by question.  NULL, or why nothing can be drawn. */
static const char *take_scores(struct choice_chance *h)
{
	const struct choice *c = h->choice;
	struct quality q;

	quality_read(&q, h->d, false);
	if (q.score) {
		h->scores = xcalloc(h->d->nprompts * c->n, sizeof(*h->scores));
		for (size_t k = 0; k < h->d->nprompts; k++) {
			for (size_t i = 0; i < c->n; i++)
				h->scores[k * c->n + i] = quality_score(&q, c->settings[i].cell, k);
		}
	}
	quality_release(&q);
	return h->d->nprompts < 2 ? "no two questions were graded" : NULL;
}

/* Where shifts of loads are kept, and the room for them. */
static void take_loads(struct choice_chance *h, const struct effective *eff,
	struct best_contest contest[CHOICE_MAX_AXES])
{
	size_t n = h->choice->n;

	h->by_load = h->by_load && h->d->nloads <= MOST_LOADS;
	h->nkeys = h->by_load ? h->d->nloads : eff->nsettings;
	h->used = xcalloc(h->nkeys, sizeof(*h->used));
	h->shift = xcalloc(h->nkeys * h->naxes, sizeof(*h->shift));
	for (size_t i = 0; i < h->naxes; i++) {
		name_treatments(&contest[i], eff);
		take_parts(&h->axes[i], &contest[i], h->by_load, n);
		best_contest_release(&contest[i]);
		for (size_t k = 0; k < h->axes[i].first[n]; k++)
			h->used[h->axes[i].parts[k].key] = true;
	}
}

const char *choice_chance_init(struct choice_chance *h, struct choice *c, const struct summary *s,
	const struct effective *eff, struct strata *strata)
{
	const struct dataset *d = s->data;
	struct best_contest contest[CHOICE_MAX_AXES] = {0};
	const char *why = NULL;

	*h = (struct choice_chance){.choice = c, .d = d, .score = SIZE_MAX};
	rng_init(&h->rng, SEED, "choice");
	h->ntreatments = eff->nsettings;
	h->treatment = xcalloc(c->n, sizeof(*h->treatment));
	for (size_t i = 0; i < c->n; i++)
		h->treatment[i] = eff->treatment[c->settings[i].cell];
	c->correlation_load = c->correlation_request = NAN;
	for (size_t axis = 0; axis < c->naxes; axis++) {
		const char *its = NULL;

		if (dataset_is_score(d, c->axis[axis].metric) && !c->axis[axis].memory) {
			h->score = axis;
			its = take_scores(h);
		} else if (!c->axis[axis].memory) {
			its = prepare_axis(
				h, axis, &strata[c->axis[axis].metric], eff, &contest[h->naxes]);
		}
		why = why ? why : its;
	}
	take_loads(h, eff, contest);
	find_correlations(h, eff->nsettings);
	h->times = xcalloc(d->nprompts, sizeof(*h->times));
	h->sums = xcalloc(2 * c->n, sizeof(*h->sums));
	return why;
}

void choice_chance_release(struct choice_chance *h)
{
	for (size_t i = 0; i < h->naxes; i++) {
		free(h->axes[i].place);
		free(h->axes[i].request);
		free(h->axes[i].parts);
		free(h->axes[i].first);
	}
	free(h->treatment);
	free(h->of_loads);
	free(h->of_requests);
	free(h->used);
	free(h->shift);
	free(h->scores);
	free(h->times);
	free(h->sums);
}

/* ---- a draw ---- */

/* Cholesky's factor in place of the lower triangle; an axis for which nothing is left has none. */
static void factor(double *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = m[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= m[i * n + k] * m[j * n + k];
			if (i == j)
				m[i * n + j] = sum > 0 ? sqrt(sum) : 0;
			else
				m[i * n + j] = m[j * n + j] > 0 ? sum / m[j * n + j] : 0;
		}
	}
}

/* The factors of what a load, and a request, is off.  Mean squares of loads hold what their
 * requests are off. */
static void draw_squares(struct choice_chance *h, double *load, double *request)
{
	size_t n = h->naxes, l = rng_below(&h->rng, CHOICE_SQUARES);
	size_t w = rng_below(&h->rng, CHOICE_SQUARES);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			const struct choice_drawn *a = &h->axes[i], *b = &h->axes[j];
			double both = h->of_requests[i * n + j] * sqrt(a->within[w] * b->within[w]);

			request[i * n + j] = both;
			load[i * n + j] = h->of_loads[i * n + j] * sqrt(a->load[l] * b->load[l]) -
				both / sqrt(a->s->per_load * b->s->per_load);
		}
	}
	factor(load, n);
	factor(request, n);
}

/* x[n]: normal with that factor. */
static void draw_together(struct rng *r, const double *factors, size_t n, double *x)
{
	double z[CHOICE_MAX_AXES];

	for (size_t i = 0; i < n; i++) {
		z[i] = rng_normal(r);
		x[i] = 0;
		for (size_t k = 0; k <= i; k++)
			x[i] += factors[i * n + k] * z[k];
	}
}

static void draw_axes(struct choice_chance *h, double *noise)
{
	double load[CHOICE_MAX_AXES * CHOICE_MAX_AXES], request[CHOICE_MAX_AXES * CHOICE_MAX_AXES];
	double x[CHOICE_MAX_AXES];
	const struct choice *c = h->choice;
	size_t n = h->naxes;

	draw_squares(h, load, request);
	for (size_t key = 0; key < h->nkeys; key++) {
		if (h->used[key])
			draw_together(&h->rng, load, n, h->shift + key * n);
	}
	for (size_t i = 0; i < c->n; i++) {
		draw_together(&h->rng, request, n, x);
		for (size_t k = 0; k < n; k++) {
			const struct choice_drawn *a = &h->axes[k];
			double sum = x[k] * a->request[i];

			for (size_t p = a->first[i]; p < a->first[i + 1]; p++)
				sum += a->parts[p].by * h->shift[a->parts[p].key * n + k];
			noise[i * c->naxes + a->axis] = sum;
		}
	}
}

/* Questions with replacement; their mean square is divided by their number, and not by one less, so
 * what comes out is drawn out by that. */
static void draw_scores(struct choice_chance *h, double *noise)
{
	const struct choice *c = h->choice;
	size_t nq = h->d->nprompts;
	double *sum = h->sums, *n = h->sums + c->n, by = sqrt((double)nq / (double)(nq - 1));

	memset(h->times, 0, nq * sizeof(*h->times));
	memset(h->sums, 0, 2 * c->n * sizeof(*h->sums));
	for (size_t k = 0; k < nq; k++)
		h->times[rng_below(&h->rng, nq)]++;
	for (size_t k = 0; k < nq; k++) {
		double times = h->times[k];
		const double *score = h->scores + k * c->n;

		for (size_t i = 0; times > 0 && i < c->n; i++) {
			bool known = isfinite(score[i]);

			sum[i] += known ? times * score[i] : 0;
			n[i] += known ? times : 0;
		}
	}
	for (size_t i = 0; i < c->n; i++)
		noise[i * c->naxes + h->score] =
			n[i] > 0 ? by * (sum[i] / n[i] - c->settings[i].mean[h->score]) : 0;
}

void choice_draw(struct choice_chance *h, double *noise)
{
	struct choice *c = h->choice;

	memset(noise, 0, c->n * c->naxes * sizeof(*noise));
	if (h->naxes)
		draw_axes(h, noise);
	if (h->scores)
		draw_scores(h, noise);
}

bool choice_same_answers(const struct choice_chance *h, size_t i, size_t j)
{
	size_t n = h->choice->n;

	for (size_t k = 0; k < h->d->nprompts; k++) {
		const double *score = h->scores + k * n;

		if (score[i] != score[j] && !(isnan(score[i]) && isnan(score[j])))
			return false;
	}
	return true;
}
