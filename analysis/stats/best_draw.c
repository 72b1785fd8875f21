/* best_draw.c - how far the truly best setting may look behind by chance.
 *
 * The distribution of a setting's largest t against all others, all being equal, is simulated from
 * the two-stratum covariance of the means, with the mean squares drawn anew too (Hsu 1984; Edwards
 * and Hsu 1983 for unequal variances of the differences).  A draw costs time of the settings, not
 * of their pairs: nobody is further ahead of a setting than the highest means of the draw, over the
 * least variance of a difference, so that few pairs are looked at.  A setting is drawn for until it
 * is decided. */
#include <math.h>
#include <stdlib.h>

#include "best_parts.h"
#include "bug.h"
#include "rng.h"

#define SEED        20261124
#define MOST_DRAWS  2000
#define LEAST_DRAWS 1000
#define MOST_WORK   2e8 /* pairs times draws */
#define HIGHEST     8   /* means of a draw that are put in order */
/* After so many draws a share that is so many standard errors from alpha is decided: all draws
 * would come out otherwise in 1 of 10,000 cases. */
#define FIRST_LOOK 100
#define LOOK_EVERY 20
#define SURE       4

/* ---- chance ---- */

/* Normal numbers by the polar method (Marsaglia and Bray 1964), both of each pair. */
struct normals {
	struct rng r;
	double spare;
	bool has_spare;
};

static double normal(struct normals *n)
{
	double u, v, square, scale;

	n->has_spare = !n->has_spare;
	if (!n->has_spare)
		return n->spare;
	do {
		u = 2 * rng_uniform(&n->r) - 1;
		v = 2 * rng_uniform(&n->r) - 1;
		square = u * u + v * v;
	} while (square >= 1 || square == 0);
	scale = sqrt(-2 * log(square) / square);
	n->spare = scale * v;
	return scale * u;
}

/* A chi-squared number over its degrees of freedom (Marsaglia and Tsang 2000). */
static double mean_square(struct normals *n, double df)
{
	double shape = df / 2, boost = 1, d, c;

	if (shape < 1) {
		boost = pow(rng_uniform(&n->r), 1 / shape);
		shape++;
	}
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;) {
		double x = normal(n), v = 1 + c * x;

		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(rng_uniform(&n->r)) < x * x / 2 + d - d * v + d * log(v))
			return boost * d * v * 2 / df;
	}
}

/* ---- one set of means ---- */

/* Members with the highest means, in order. */
struct highest {
	uint32_t at[HIGHEST];
	size_t n;
	uint64_t of; /* the draw that they are of */
};

struct field {
	const struct best_contest *c;
	double *mean;               /* [n] */
	struct best_variance scale; /* mean squares, and a server's shift */
	uint64_t draw;
	struct highest all, lowest, *within; /* within[ntreatments]: made where needed */
	double *top, *bottom;                /* [ntreatments] */
	double *shift, *day;                 /* scratch: [most patterns], [ndays] */
	double *random;                      /* [most factors, passes] */
};

static void field_init(struct field *f, const struct best_contest *c)
{
	size_t patterns = c->ndays, factors = c->s->npasses;

	for (size_t t = 0; t < c->ntreatments; t++) {
		const struct best_treatment *of = &c->treatments[t];

		patterns = of->npatterns > patterns ? of->npatterns : patterns;
		factors = of->nfactors > factors ? of->nfactors : factors;
	}
	*f = (struct field){.c = c,
		.mean = xcalloc(c->n, sizeof(*f->mean)),
		.within = xcalloc(c->ntreatments, sizeof(*f->within)),
		.top = xcalloc(c->ntreatments, sizeof(*f->top)),
		.bottom = xcalloc(c->ntreatments, sizeof(*f->bottom)),
		.shift = xcalloc(patterns, sizeof(*f->shift)),
		.day = xcalloc(patterns, sizeof(*f->day)),
		.random = xcalloc(factors, sizeof(*f->random))};
}

static void field_release(struct field *f)
{
	free(f->mean);
	free(f->within);
	free(f->top);
	free(f->bottom);
	free(f->shift);
	free(f->day);
	free(f->random);
}

/* `sign` -1: the lowest ones. */
static void find_highest(
	struct highest *h, const struct field *f, const uint32_t *members, size_t n, double sign)
{
	double value[HIGHEST];

	h->n = 0;
	h->of = f->draw;
	for (size_t i = 0; i < n; i++) {
		double x = sign * f->mean[members[i]];
		size_t k = h->n;

		if (h->n == HIGHEST && x <= value[HIGHEST - 1])
			continue;
		if (h->n < HIGHEST)
			h->n++;
		else
			k--;
		for (; k > 0 && value[k - 1] < x; k--) {
			value[k] = value[k - 1];
			h->at[k] = h->at[k - 1];
		}
		value[k] = x;
		h->at[k] = members[i];
	}
}

/* After the means are set. */
static void order_means(struct field *f)
{
	const struct best_contest *c = f->c;

	f->draw++;
	find_highest(&f->all, f, c->members, c->n, 1);
	for (size_t t = 0; t < c->ntreatments; t++) {
		const struct best_treatment *of = &c->treatments[t];

		f->top[t] = f->bottom[t] = f->mean[of->members[0]];
		for (size_t i = 1; i < of->n; i++) {
			double mean = f->mean[of->members[i]];

			f->top[t] = mean > f->top[t] ? mean : f->top[t];
			f->bottom[t] = mean < f->bottom[t] ? mean : f->bottom[t];
		}
	}
}

/* Variance of a server's shift from pass to pass, from what its loads of a pass have in common. */
static double host_variance(const struct strata *s, double ms_host, double ms_load)
{
	return fmax(0, ms_host - ms_load) * s->npasses / (double)s->nloads;
}

static void draw_scale(struct field *f, struct normals *n)
{
	const struct best_contest *c = f->c;
	const struct strata *s = c->s;
	double host;

	f->scale.load = c->needs_load ? s->ms_load * mean_square(n, s->df_load) : 0;
	f->scale.request = c->needs_request ? s->ms_within * mean_square(n, s->df_within) : 0;
	host = c->needs_host ? s->ms_host * mean_square(n, s->df_host) : 0;
	f->scale.host = host_variance(s, host, f->scale.load);
}

/* sum[rows] of matrix[rows * n] times sd times n new numbers. */
static void draw_shifts(struct field *f, struct normals *from, const double *matrix, size_t rows,
	size_t n, double sd, double *sum)
{
	for (size_t k = 0; k < n; k++)
		f->random[k] = sd * normal(from);
	for (size_t i = 0; i < rows; i++) {
		sum[i] = 0;
		for (size_t k = 0; k < n; k++)
			sum[i] += matrix[i * n + k] * f->random[k];
	}
}

/* Means as they might have been if all settings were equal. */
static void draw_means(struct field *f, struct normals *n)
{
	const struct best_contest *c = f->c;
	const struct strata *s = c->s;
	double host = c->needs_host ? sqrt(host_variance(s, s->ms_host, s->ms_load)) : 0;
	double request = c->needs_request || s->ms_within > 0 ? s->ms_within : 0;
	double sd = c->needs_load ? sqrt(fmax(0, s->ms_load - request / s->per_load)) : 0;

	if (c->needs_host)
		draw_shifts(f, n, c->in_pass, c->ndays, s->npasses, host, f->day);
	for (size_t t = 0; t < c->ntreatments; t++) {
		const struct best_treatment *of = &c->treatments[t];

		if (c->needs_load)
			draw_shifts(f, n, of->factor, of->npatterns, of->nfactors, sd, f->shift);
		for (size_t i = 0; i < of->n; i++) {
			const struct best_setting *v = &c->v[of->members[i]];
			double *mean = &f->mean[of->members[i]];

			*mean = request > 0 ? sqrt(request / v->weight) * normal(n) : 0;
			*mean += c->needs_load ? f->shift[v->pattern] : 0;
			*mean += c->needs_host ? f->day[v->days] : 0;
		}
	}
	order_means(f);
}

/* ---- the largest t ---- */

static double square_of(const struct field *f, size_t i, size_t j)
{
	struct best_variance v = best_variance(f->c, i, j);
	double ahead = f->mean[j] - f->mean[i];
	double variance =
		v.load * f->scale.load + v.request * f->scale.request + v.host * f->scale.host;

	return variance > 0 ? ahead * ahead / variance : INFINITY;
}

/* The larger of `most` and the largest t^2 by which a member of treatment t is ahead of i; no
 * difference between them has a variance below `least`. */
static double against_treatment(struct field *f, size_t i, size_t t, double least, double most)
{
	const struct best_treatment *of = &f->c->treatments[t];
	struct highest *h = &f->within[t];
	double ahead = f->top[t] - f->mean[i];

	if (ahead <= 0 || ahead * ahead <= most * least)
		return most;
	if (h->of != f->draw)
		find_highest(h, f, of->members, of->n, 1);
	for (size_t k = 0; k < h->n; k++) {
		ahead = f->mean[h->at[k]] - f->mean[i];
		if (ahead <= 0 || ahead * ahead <= most * least)
			return most;
		most = fmax(most, square_of(f, i, h->at[k]));
	}
	for (size_t k = 0; h->n < of->n && k < of->n; k++) {
		ahead = f->mean[of->members[k]] - f->mean[i];
		if (ahead > 0 && ahead * ahead > most * least)
			most = fmax(most, square_of(f, i, of->members[k]));
	}
	return most;
}

static double least_within(const struct field *f, size_t t)
{
	const struct best_treatment *of = &f->c->treatments[t];

	return of->n > 1 ? of->least_load * f->scale.load + of->least_request * f->scale.request
			 : 0;
}

/* Of i against settings of other treatments. */
static double least_between(const struct field *f, double own, double excess)
{
	return (own + f->c->least_own) * f->scale.load +
		fmax(0, excess + f->c->least_excess) * f->scale.request;
}

static double against_others(struct field *f, size_t i, double most)
{
	const struct best_contest *c = f->c;
	const struct best_setting *v = &c->v[i];
	double least = least_between(f, v->own, v->excess);
	const struct highest *h = &f->all;

	if (c->ntreatments < 2)
		return most;
	for (size_t k = 0; k < h->n; k++) {
		double ahead = f->mean[h->at[k]] - f->mean[i];

		if (ahead <= 0 || ahead * ahead <= most * least)
			return most;
		if (c->v[h->at[k]].treatment != v->treatment)
			most = fmax(most, square_of(f, i, h->at[k]));
	}
	for (size_t t = 0; h->n < c->n && t < c->ntreatments; t++) {
		if (t != v->treatment)
			most = against_treatment(f, i, t, least, most);
	}
	return most;
}

/* How far i falls behind another at most, squared. */
static double largest(struct field *f, size_t i)
{
	size_t t = f->c->v[i].treatment;
	double most = against_others(f, i, 0);

	return against_treatment(f, i, t, least_within(f, t), most);
}

/* How far any falls behind another, squared. */
static double largest_of_all(struct field *f)
{
	const struct best_contest *c = f->c;
	double top = f->mean[f->all.at[0]], most = 0;
	double least = least_between(f, c->least_own, c->least_excess);

	find_highest(&f->lowest, f, c->members, c->n, -1);
	for (size_t k = 0; k < f->lowest.n; k++) {
		double behind = top - f->mean[f->lowest.at[k]];

		if (behind * behind > most * least)
			most = against_others(f, f->lowest.at[k], most);
	}
	for (size_t i = 0; f->lowest.n < c->n && i < c->n; i++) {
		double behind = top - f->mean[i];

		if (behind * behind > most * least)
			most = against_others(f, i, most);
	}
	for (size_t t = 0; t < c->ntreatments; t++) {
		double range = f->top[t] - f->bottom[t], own = least_within(f, t);

		for (size_t i = 0; range * range > most * own && i < c->treatments[t].n; i++)
			most = against_treatment(f, c->treatments[t].members[i], t, own, most);
	}
	return most;
}

/* ---- decisions ---- */

/* A share of draws against alpha. */
struct share {
	double behind; /* squared: what a draw must reach */
	size_t reached;
	enum { OPEN, ABOVE, BELOW } is;
};

static void look(struct share *s, double alpha, size_t done, size_t draws)
{
	double off = (double)s->reached - alpha * (double)done;
	double sure = SURE * sqrt(alpha * (1 - alpha) * (double)done);

	if ((double)s->reached > alpha * (double)draws || (done >= FIRST_LOOK && off > sure))
		s->is = ABOVE;
	else if (done == draws || (done >= FIRST_LOOK && off < -sure))
		s->is = BELOW;
}

/* Of each setting: to fall as far behind some other as it did; and of any two settings to be as
 * far apart as it is from the best one. */
struct trial {
	struct share *own, *pairs;
	size_t open_own, open_pairs;
};

static void look_at_all(struct trial *t, size_t n, double alpha, size_t done, size_t draws)
{
	t->open_own = t->open_pairs = 0;
	for (size_t i = 0; i < n; i++) {
		if (t->own[i].is == OPEN)
			look(&t->own[i], alpha, done, draws);
		if (t->pairs[i].is == OPEN)
			look(&t->pairs[i], alpha, done, draws);
		t->open_own += t->own[i].is == OPEN;
		t->open_pairs += t->pairs[i].is == OPEN;
	}
}

/* How far the settings were seen to be apart. */
static void observe(struct field *f, struct trial *t)
{
	const struct best_contest *c = f->c;
	const struct strata *s = c->s;
	size_t top;

	f->scale = (struct best_variance){.load = c->needs_load ? s->ms_load : 0,
		.request = c->needs_request ? s->ms_within : 0,
		.host = c->needs_host ? host_variance(s, s->ms_host, s->ms_load) : 0};
	for (size_t i = 0; i < c->n; i++)
		f->mean[i] = c->v[i].mean;
	order_means(f);
	top = f->all.at[0];
	for (size_t i = 0; i < c->n; i++) {
		t->own[i] = (struct share){.behind = largest(f, i)};
		if (f->mean[top] > f->mean[i])
			t->pairs[i].behind = square_of(f, i, top);
	}
	t->open_own = t->open_pairs = c->n;
}

static void draw(struct field *f, struct trial *t, struct normals *n)
{
	const struct best_contest *c = f->c;

	draw_scale(f, n);
	draw_means(f, n);
	for (size_t i = 0; t->open_own > 0 && i < c->n; i++)
		t->own[i].reached += t->own[i].is == OPEN && largest(f, i) >= t->own[i].behind;
	if (t->open_pairs > 0) {
		double most = largest_of_all(f);

		for (size_t i = 0; i < c->n; i++)
			t->pairs[i].reached += most >= t->pairs[i].behind;
	}
}

size_t best_judge(const struct best_contest *c, bool *stays)
{
	double pairs = (double)c->n * (double)c->n, alpha = 1 - c->s->confidence;
	size_t draws = (size_t)fmax(LEAST_DRAWS, fmin(MOST_DRAWS, MOST_WORK / pairs)), worse = 0;
	struct trial t = {
		.own = xcalloc(c->n, sizeof(*t.own)), .pairs = xcalloc(c->n, sizeof(*t.pairs))};
	struct normals n = {.has_spare = false};
	struct field f;

	field_init(&f, c);
	observe(&f, &t);
	rng_init(&n.r, SEED, c->s->spec->column);
	for (size_t k = 1; k <= draws && t.open_own + t.open_pairs > 0; k++) {
		draw(&f, &t, &n);
		if (k % LOOK_EVERY == 0 || k == draws)
			look_at_all(&t, c->n, alpha, k, draws);
	}
	for (size_t i = 0; i < c->n; i++) {
		stays[i] = t.own[i].is == ABOVE;
		worse += t.pairs[i].is == BELOW;
	}
	field_release(&f);
	free(t.own);
	free(t.pairs);
	return worse;
}
