/* quality_effects.c - what factors do to scores: cells compared in pairs, question by question. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "quality.h"
#include "rng.h"

#define SEED       20261125
#define DRAWS      9999
#define MOST_EXACT 14 /* differences whose signs are flipped in all ways */
#define ALPHA      0.05
#define NOTHING    1e-9 /* sums of scores that differ by less differ by rounding */

/* ---- a pair ---- */

/* Shares of the 2^n ways to sign the differences whose sum is as far from 0, or further. */
static double flip_all(const double *x, size_t n, double seen)
{
	size_t ways = (size_t)1 << n, far = 0;

	for (size_t way = 0; way < ways; way++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += way >> i & 1 ? -x[i] : x[i];
		far += fabs(sum) >= seen;
	}
	return (double)far / (double)ways;
}

static double flip_some(const double *x, size_t n, double seen)
{
	size_t far = 1; /* the way it came */
	struct rng r;

	rng_init(&r, SEED, "signs");
	for (int k = 0; k < DRAWS; k++) {
		double sum = 0;
		uint64_t bits = 0;

		for (size_t i = 0; i < n; i++, bits >>= 1) {
			if (i % 64 == 0)
				bits = rng_next(&r);
			sum += bits & 1 ? -x[i] : x[i];
		}
		far += fabs(sum) >= seen;
	}
	return (double)far / (DRAWS + 1);
}

double quality_paired_p(const double *difference, size_t n, double *least)
{
	double *x = xcalloc(n, sizeof(*x)), sum = 0, p;
	size_t m = 0, up = 0;
	bool one_size = true;

	for (size_t i = 0; i < n; i++) {
		if (fabs(difference[i]) < NOTHING)
			continue;
		x[m++] = difference[i];
		sum += difference[i];
		up += difference[i] > 0;
		one_size = one_size && fabs(fabs(x[m - 1]) - fabs(x[0])) < NOTHING;
	}
	*least = ldexp(2, -(int)(n < 1000 ? n : 1000));
	if (m == 0)
		p = 1;
	else if (one_size) /* McNemar (1947), exact */
		p = fmin(1,
			2 *
				gsl_cdf_binomial_P(
					(unsigned)(up < m - up ? up : m - up), 0.5, (unsigned)m));
	else if (m <= MOST_EXACT)
		p = flip_all(x, m, fabs(sum) - NOTHING);
	else
		p = flip_some(x, m, fabs(sum) - NOTHING);
	free(x);
	return p;
}

/* ---- a factor ---- */

/* Questions that were graded at every level, in combinations of the other settings that have every
 * level. */
struct paired {
	double *y; /* [n * k] */
	size_t n;
	uint32_t k;
};

/* A cell beside those that differ from it in one factor alone. */
struct beside {
	const struct dataset *d;
	const struct effective *eff;
	size_t factor;
	uint32_t cell;
};

static int compare_context(const struct beside *x, const struct beside *y)
{
	for (size_t f = 0; f < x->d->nfactors; f++) {
		const uint32_t *of = x->eff->factors[f].of;
		uint32_t a = of[x->d->cells[x->cell].level[f]];
		uint32_t b = of[y->d->cells[y->cell].level[f]];

		/* What varies in step with the factor is part of it. */
		if (f == x->factor || x->eff->in_step[f] == (int)x->factor)
			continue;
		if (a != b)
			return a < b ? -1 : 1;
	}
	return 0;
}

static int compare_beside(const void *a, const void *b)
{
	const struct beside *x = a, *y = b;
	int order = compare_context(x, y);

	return order ? order : (x->cell > y->cell) - (x->cell < y->cell);
}

/* Adds one combination of the other settings to a question's sums, if it was graded at every level
 * of it; v and cells are scratch [k]. */
static bool add_context(const struct quality *q, const struct beside *in, size_t n, size_t prompt,
	uint32_t k, double *y, double *v, double *cells)
{
	const struct effective_factor *f = &in->eff->factors[in->factor];

	memset(v, 0, k * sizeof(*v));
	memset(cells, 0, k * sizeof(*cells));
	for (size_t i = 0; i < n; i++) {
		uint32_t level = f->of[q->d->cells[in[i].cell].level[in->factor]];
		double x = quality_score(q, in[i].cell, prompt);

		if (!isnan(x)) {
			v[level] += x;
			cells[level]++;
		}
	}
	for (uint32_t l = 0; l < k; l++) {
		if (!(cells[l] > 0))
			return false;
	}
	for (uint32_t l = 0; l < k; l++)
		y[l] += v[l] / cells[l];
	return true;
}

static void pair_up(
	struct paired *p, const struct quality *q, const struct effective *eff, size_t factor)
{
	const struct dataset *d = q->d;
	struct beside *cells = xcalloc(d->ncells, sizeof(*cells));
	uint32_t k = eff->factors[factor].nlevels;
	double *scratch = xcalloc(2 * (size_t)k, sizeof(*scratch));

	*p = (struct paired){.y = xcalloc(d->nprompts * k, sizeof(*p->y)), .k = k};
	for (uint32_t c = 0; c < d->ncells; c++)
		cells[c] = (struct beside){d, eff, factor, c};
	qsort(cells, d->ncells, sizeof(*cells), compare_beside);
	for (size_t prompt = 0; prompt < d->nprompts; prompt++) {
		double *y = p->y + p->n * k, contexts = 0;

		for (size_t i = 0, end; i < d->ncells; i = end) {
			for (end = i + 1;
				end < d->ncells && compare_context(&cells[i], &cells[end]) == 0;)
				end++;
			contexts += add_context(
				q, cells + i, end - i, prompt, k, y, scratch, scratch + k);
		}
		for (uint32_t l = 0; contexts > 0 && l < k; l++)
			y[l] /= contexts;
		p->n += contexts > 0;
	}
	free(scratch);
	free(cells);
}

/* The sum of squares between the levels' means, of n questions. */
static double between(const double *sum, size_t n, uint32_t k)
{
	double all = 0, ss = 0;

	for (uint32_t l = 0; l < k; l++)
		all += sum[l] / k;
	for (uint32_t l = 0; l < k; l++)
		ss += (sum[l] - all) * (sum[l] - all) / (double)n;
	return ss;
}

/* More than two levels: the levels of each question are put in another order (Pitman 1938). */
static double permuted_p(const struct paired *p, double seen)
{
	uint32_t *order = xcalloc(p->k, sizeof(*order));
	double *sum = xcalloc(p->k, sizeof(*sum));
	size_t far = 1;
	struct rng r;

	rng_init(&r, SEED, "levels");
	for (int draw = 0; draw < DRAWS; draw++) {
		memset(sum, 0, p->k * sizeof(*sum));
		for (size_t i = 0; i < p->n; i++) {
			rng_permute(&r, order, p->k);
			for (uint32_t l = 0; l < p->k; l++)
				sum[l] += p->y[i * p->k + order[l]];
		}
		far += between(sum, p->n, p->k) >= seen;
	}
	free(order);
	free(sum);
	return (double)far / (DRAWS + 1);
}

/* Sums of squares of the additive model: questions, levels, and what is left. */
static void decompose(const struct paired *p, double *mean, double *ss, double *rest)
{
	double all = 0, sum = 0;

	memset(mean, 0, p->k * sizeof(*mean));
	for (size_t i = 0; i < p->n * p->k; i++) {
		mean[i % p->k] += p->y[i] / (double)p->n;
		all += p->y[i] / (double)(p->n * p->k);
	}
	*ss = 0;
	for (uint32_t l = 0; l < p->k; l++)
		*ss += (double)p->n * (mean[l] - all) * (mean[l] - all);
	for (size_t i = 0; i < p->n; i++) {
		double own = 0;

		for (uint32_t l = 0; l < p->k; l++)
			own += p->y[i * p->k + l] / p->k;
		for (uint32_t l = 0; l < p->k; l++) {
			double x = p->y[i * p->k + l] - own - mean[l] + all;

			sum += x * x;
		}
	}
	*rest = sum;
}

/* ---- one effect ---- */

/* The mean difference of two levels, and its variance. */
static double difference(const struct paired *p, uint32_t from, uint32_t to, double *variance)
{
	double mean = 0, ss = 0, n = (double)p->n;

	for (size_t i = 0; i < p->n; i++)
		mean += (p->y[i * p->k + to] - p->y[i * p->k + from]) / n;
	for (size_t i = 0; i < p->n; i++) {
		double x = p->y[i * p->k + to] - p->y[i * p->k + from] - mean;

		ss += x * x;
	}
	*variance = ss / (n - 1) / n;
	return mean;
}

/* Half the paired interval; never less than what questions that were all answered alike leave
 * open, since n of them do not show that no other would differ. */
static double half_of(const struct paired *p, double level, double variance)
{
	return fmax(dist_t_quantile(level, (double)p->n - 1) * sqrt(variance),
		dist_share_upper(0, p->n, level));
}

static void compare(struct effect *e, struct effect_work *w, const struct paired *p)
{
	size_t k = p->k;

	for (uint32_t i = 0; i < k; i++) {
		for (uint32_t j = i + 1; j < k; j++) {
			double variance, x = difference(p, i, j, &variance);
			double reach = half_of(p, 0.90, variance);

			w->difference[i * k + j] = x;
			w->difference[j * k + i] = -x;
			w->unit[i * k + j] = w->unit[j * k + i] = variance / w->ms;
			if (w->widest >= fabs(x) + reach)
				continue;
			w->widest = fabs(x) + reach;
			e->widest_low = x - reach;
			e->widest_high = x + reach;
		}
	}
}

static void set_levels(struct effect *e, const struct quality *q, const struct effective *eff,
	const struct paired *p, struct arena *arena)
{
	const struct dataset *d = q->d;
	const struct effective_factor *f = &eff->factors[e->factor_a];
	double *v = xcalloc(p->n, sizeof(*v));

	e->nlevels = f->nlevels;
	e->levels = arena_alloc(arena, e->nlevels, sizeof(*e->levels));
	e->reference = f->name[0];
	for (uint32_t l = 0; l < f->nlevels; l++) {
		struct level_summary *level = &e->levels[l];
		double variance, x = difference(p, 0, l, &variance);
		double half = l ? half_of(p, q->confidence, variance) : 0;

		level->level = f->name[l];
		for (size_t i = 0; i < p->n; i++)
			v[i] = p->y[i * p->k + l];
		quality_interval(v, p->n, q->confidence, &level->estimate, &level->estimate_low,
			&level->estimate_high);
		level->ratio = x;
		level->ci_low = x - half;
		level->ci_high = x + half;
	}
	for (size_t at = 0; at < d->ncells * d->nprompts; at++) {
		if (q->answers[at])
			e->levels[f->of[d->cells[at / d->nprompts].level[e->factor_a]]].n +=
				q->answers[at];
	}
	free(v);
}

static void test(struct effect *e, struct effect_work *w, const struct paired *p)
{
	double *mean = xcalloc(p->k, sizeof(*mean)), *x = xcalloc(p->n, sizeof(*x));
	double ss, rest, least;

	decompose(p, mean, &ss, &rest);
	e->df = (double)p->k - 1;
	e->df_error = (double)(p->n - 1) * e->df;
	/* As much as questions that were all answered alike leave open. */
	w->ms = fmax(rest / e->df_error, dist_share_upper(0, p->n, 0.95) / 2);
	w->pattern = (double)p->n * (1 - 1.0 / p->k);
	w->questions = p->n;
	e->f = ss / e->df / w->ms;
	e->partial_eta_sq = ss + rest > 0 ? ss / (ss + rest) : 0;
	for (size_t i = 0; i < p->n; i++)
		x[i] = p->y[i * p->k + 1] - p->y[i * p->k];
	if (p->k == 2) {
		e->p = quality_paired_p(x, p->n, &least);
	} else {
		e->p = ss > NOTHING ? permuted_p(p, ss - NOTHING) : 1;
		least = pow(tgamma(p->k + 1.0), 1 - (double)p->n);
	}
	if (least > ALPHA) {
		e->p = NAN;
		e->why = "too few questions were graded: no outcome of so few could be told from "
			 "chance";
	}
	free(mean);
	free(x);
}

static void analyse(struct effect *e, struct effect_work *w, const struct quality *q,
	const struct effective *eff, struct arena *arena)
{
	struct paired p;

	pair_up(&p, q, eff, (size_t)e->factor_a);
	if (p.n < 2) {
		e->why = "no two questions were graded at all of its levels, all else equal";
		free(p.y);
		return;
	}
	test(e, w, &p);
	w->difference = arena_alloc(arena, (size_t)p.k * p.k, sizeof(*w->difference));
	w->unit = arena_alloc(arena, (size_t)p.k * p.k, sizeof(*w->unit));
	compare(e, w, &p);
	set_levels(e, q, eff, &p, arena);
	free(p.y);
}

void quality_effects(struct effects *all, const struct quality *q, const struct effective *eff,
	struct strata *s, struct arena *arena)
{
	const struct dataset *d = q->d;

	for (int f = 0; q->answers && f < (int)d->nfactors; f++) {
		struct effect *e = &all->v[all->n];
		struct effect_work *w = &all->work[all->n];

		if (d->factors[f].nlevels < 2 || eff->in_step[f] >= 0 ||
			strcmp(d->factors[f].name, "prompt") == 0)
			continue;
		all->n++;
		effects_blank(e, METRIC_SCORE, d);
		*w = (struct effect_work){.s = s, .ms = NAN, .widest = NAN};
		e->factor = d->factors[f].name;
		e->factor_a = f;
		e->factor_b = DESIGN_NONE;
		e->stratum = d->factors[f].stratum;
		e->error_term = "within questions";
		e->df_error = NAN;
		if (eff->factors[f].nlevels < 2) {
			e->verdict = e->verdict_valid_only = VERDICT_ALIAS;
			e->why = arena_fmt(
				arena, "the levels of %s are one setting", d->factors[f].name);
			continue;
		}
		analyse(e, w, q, eff, arena);
	}
}
