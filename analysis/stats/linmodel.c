/* linmodel.c - least squares by Householder QR. */
#include "linmodel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* What is left of a column below this share of it is rank that is not there. */
#define RANK_TOLERANCE 1e-9
/* A column below this share of the longest is rounding as a whole. */
#define NOTHING 1e-13
/* A contrast whose dependent part is off by more than this is not estimable. */
#define ESTIMABLE_TOLERANCE 1e-7
#define CHUNK               64

void lin_init(struct lin *l, size_t ncols)
{
	*l = (struct lin){.ncols = ncols};
}

void lin_release(struct lin *l)
{
	free(l->rows);
	*l = (struct lin){0};
}

/* Reflects column j to the diagonal and the columns right of it along; v and w are scratch.  The
 * matrix is gone through row by row, as it lies in memory. */
static void reflect(struct lin *l, size_t j, double *v, double *w)
{
	size_t n = l->ncols + 1;
	double norm = 0, alpha, scale = 0;

	for (size_t i = j; i < l->nrows; i++) {
		v[i] = l->rows[i * n + j];
		norm += v[i] * v[i];
	}
	alpha = v[j] > 0 ? -sqrt(norm) : sqrt(norm);
	v[j] -= alpha;
	for (size_t i = j; i < l->nrows; i++)
		scale += v[i] * v[i];
	if (scale == 0)
		return;
	memset(w, 0, n * sizeof(*w));
	for (size_t i = j; i < l->nrows; i++) {
		for (size_t k = j; k < n; k++)
			w[k] += v[i] * l->rows[i * n + k];
	}
	for (size_t i = j; i < l->nrows; i++) {
		double x = 2 * v[i] / scale;

		for (size_t k = j; k < n; k++)
			l->rows[i * n + k] -= x * w[k];
	}
}

/* QR of the rows so far; only the triangle stays. */
static void fold(struct lin *l)
{
	size_t n = l->ncols + 1;
	double *v, *w;

	if (l->is_triangle || l->nrows == 0)
		return;
	v = xcalloc(l->nrows, sizeof(*v));
	w = xcalloc(n, sizeof(*w));
	for (size_t j = 0; j < n && j + 1 < l->nrows; j++)
		reflect(l, j, v, w);
	for (size_t i = 1; i < l->nrows; i++)
		memset(l->rows + i * n, 0, (i < n ? i : n) * sizeof(*l->rows));
	l->nrows = l->nrows < n ? l->nrows : n;
	l->is_triangle = true;
	free(v);
	free(w);
}

void lin_row(struct lin *l, const double *x, double y, double weight)
{
	double scale = sqrt(weight), *row;

	if (!l->rows) {
		l->room = 2 * (l->ncols + 1) + CHUNK;
		l->rows = xcalloc(l->room * (l->ncols + 1), sizeof(*l->rows));
	}
	if (l->nrows == l->room)
		fold(l);
	row = l->rows + l->nrows++ * (l->ncols + 1);
	for (size_t i = 0; i < l->ncols; i++)
		row[i] = scale * x[i];
	row[l->ncols] = scale * y;
	l->is_triangle = false;
	l->fed++;
}

double *lin_triangle(struct lin *l, uint64_t fed)
{
	if (l->rows)
		BUG("it has rows");
	l->room = l->nrows = l->ncols + 1;
	l->rows = xcalloc(l->room * (l->ncols + 1), sizeof(*l->rows));
	l->is_triangle = true;
	l->fed = fed;
	return l->rows;
}

/* ---- fits ---- */

/* A reflection of the rows from `from` on. */
struct reflection {
	size_t from, n, v; /* v: where it begins in lin_qr.v */
	double scale;
};

/* The reflections that make a triangle of the used columns again.  A column of a triangle ends at
 * its diagonal, so that they are as long as columns before it were left out: none where the first
 * ones are used. */
struct lin_qr {
	struct reflection *reflections;
	size_t n, nv, room;
	double *v;
	size_t nrows, rank;
};

static void qr_free(struct lin_qr *qr)
{
	if (!qr)
		return;
	free(qr->reflections);
	free(qr->v);
	free(qr);
}

static double dot(const double *x, const double *y, size_t n)
{
	double sum[4] = {0, 0, 0, 0};
	size_t i = 0;

	for (; i + 4 <= n; i += 4) {
		for (size_t k = 0; k < 4; k++)
			sum[k] += x[i + k] * y[i + k];
	}
	for (; i < n; i++)
		sum[0] += x[i] * y[i];
	return sum[0] + sum[1] + (sum[2] + sum[3]);
}

static void apply(const struct lin_qr *qr, const struct reflection *r, double *column)
{
	const double *v = qr->v + r->v;
	double by = dot(v, column + r->from, r->n) * r->scale;

	for (size_t i = 0; by != 0 && i < r->n; i++)
		column[r->from + i] -= by * v[i];
}

/* Turns a right-hand side [nrows] by Q'; returns what lies beyond the rank, squared. */
static double turn(const struct lin_qr *qr, double *rhs)
{
	double rss = 0;

	for (size_t i = 0; i < qr->n; i++)
		apply(qr, &qr->reflections[i], rhs);
	for (size_t i = qr->rank; i < qr->nrows; i++)
		rss += rhs[i] * rhs[i];
	return rss;
}

/* The reflection that brings x[n] to its first element. */
static void add_reflection(struct lin_qr *qr, double *x, size_t from, size_t n)
{
	double norm = sqrt(dot(x, x, n)), *v;
	struct reflection *r = &qr->reflections[qr->n++];

	if (qr->nv + n > qr->room) {
		qr->room = 2 * qr->room + n;
		qr->v = xrealloc(qr->v, qr->room, sizeof(*qr->v));
	}
	*r = (struct reflection){.from = from, .n = n, .v = qr->nv};
	qr->nv += n;
	v = qr->v + r->v;
	memcpy(v, x, n * sizeof(*v));
	norm = x[0] > 0 ? -norm : norm;
	v[0] -= norm;
	r->scale = 2 / dot(v, v, n);
	x[0] = norm;
	memset(x + 1, 0, (n - 1) * sizeof(*x));
}

/* The used columns, each in one piece, and y behind them. */
struct columns {
	const struct lin *of;
	const size_t *used;
	size_t n, nrows;
	double *x; /* [(n + 1) * nrows] */
	double longest;
};

static size_t height(const struct columns *c, size_t k)
{
	size_t diagonal = (k < c->n ? c->used[k] : c->of->ncols) + 1;

	return diagonal < c->nrows ? diagonal : c->nrows;
}

static void columns_init(struct columns *c, const struct lin *l, const size_t *used, size_t n)
{
	*c = (struct columns){.of = l, .used = used, .n = n, .nrows = l->nrows};
	c->x = xcalloc((n + 1) * c->nrows, sizeof(*c->x));
	for (size_t k = 0; k <= n; k++) {
		size_t j = k < n ? used[k] : l->ncols;
		double *x = c->x + k * c->nrows;

		for (size_t i = 0; i < height(c, k); i++)
			x[i] = l->rows[i * (l->ncols + 1) + j];
		if (k < n)
			c->longest = fmax(c->longest, dot(x, x, height(c, k)));
	}
}

/* Columns in their order; one that those before it determine goes behind (as in R's dqrdc2).
 * col[n] gets where each one is. */
static struct lin_qr *decompose(struct columns *c, size_t *col)
{
	struct lin_qr *qr = xcalloc(1, sizeof(*qr));
	size_t *behind = xcalloc(c->n, sizeof(*behind)), nbehind = 0;

	qr->nrows = c->nrows;
	qr->reflections = xcalloc(c->n, sizeof(*qr->reflections));
	for (size_t k = 0; k < c->n; k++) {
		double *x = c->x + k * c->nrows;
		size_t n = height(c, k), r = qr->rank;
		double own = dot(x, x, n), left = r < n ? dot(x + r, x + r, n - r) : 0;

		if (!(left > RANK_TOLERANCE * RANK_TOLERANCE * own) ||
			!(own > NOTHING * NOTHING * c->longest)) {
			memset(x + r, 0, (c->nrows - r) * sizeof(*x));
			behind[nbehind++] = k;
			continue;
		}
		if (n > r + 1) {
			add_reflection(qr, x + r, r, n - r);
			for (size_t j = k + 1; j <= c->n; j++)
				apply(qr, &qr->reflections[qr->n - 1], c->x + j * c->nrows);
		}
		col[qr->rank++] = k;
	}
	memcpy(col + qr->rank, behind, nbehind * sizeof(*col));
	free(behind);
	return qr;
}

/* Solves R11 b = rhs from below. */
static void back_substitute(struct lin_fit *fit, const double *rhs)
{
	for (size_t i = fit->rank; i-- > 0;) {
		double sum = rhs[i];

		for (size_t j = i + 1; j < fit->rank; j++)
			sum -= fit->r[i * fit->n + j] * fit->beta[fit->col[j]];
		fit->beta[fit->col[i]] = sum / fit->r[i * fit->n + i];
	}
}

void lin_fit(struct lin *l, const bool *use, struct lin_fit *fit)
{
	size_t *used = xcalloc(l->ncols, sizeof(*used)), n = 0;
	struct columns c;
	const double *y;

	fold(l);
	for (size_t j = 0; j < l->ncols; j++) {
		if (use[j])
			used[n++] = j;
	}
	columns_init(&c, l, used, n);
	*fit = (struct lin_fit){.of = l, .n = n};
	fit->col = xcalloc(n, sizeof(*fit->col));
	fit->r = xcalloc(n * n, sizeof(*fit->r));
	fit->beta = xcalloc(l->ncols, sizeof(*fit->beta));
	fit->qr = decompose(&c, fit->col);
	fit->rank = fit->qr->rank;
	for (size_t j = 0; j < n; j++) {
		const double *x = c.x + fit->col[j] * c.nrows;

		for (size_t i = 0; i <= j && i < fit->rank; i++)
			fit->r[i * n + j] = x[i];
		fit->col[j] = used[fit->col[j]];
	}
	y = c.x + n * c.nrows;
	for (size_t i = fit->rank; i < c.nrows; i++)
		fit->rss += y[i] * y[i];
	back_substitute(fit, y);
	free(c.x);
	free(used);
}

void lin_fit_release(struct lin_fit *fit)
{
	qr_free(fit->qr);
	free(fit->col);
	free(fit->r);
	free(fit->beta);
	*fit = (struct lin_fit){0};
}

double lin_fit_rss_of(const struct lin_fit *fit, const double *b)
{
	const struct lin *l = fit->of;
	double *y = xcalloc(l->nrows, sizeof(*y)), rss;
	size_t *met = xcalloc(l->ncols, sizeof(*met)), n = 0;

	for (size_t j = 0; j < l->ncols; j++) {
		if (b[j] != 0)
			met[n++] = j;
	}
	for (size_t i = 0; i < l->nrows; i++) {
		for (size_t k = 0; k < n; k++)
			y[i] += l->rows[i * (l->ncols + 1) + met[k]] * b[met[k]];
	}
	rss = turn(fit->qr, y);
	free(y);
	free(met);
	return rss;
}

/* ---- contrasts ---- */

/* u = R11^-T c1, whose square is the variance of c'b; behind it what the other coefficients of c
 * are beyond what follows from c1 by the rows of R, which must be nothing. */
void lin_project(const struct lin_fit *fit, const double *c, double *v)
{
	for (size_t i = 0; i < fit->n; i++)
		v[i] = c[fit->col[i]];
	for (size_t i = 0; i < fit->rank; i++) {
		if (v[i] == 0)
			continue;
		v[i] /= fit->r[i * fit->n + i];
		for (size_t j = i + 1; j < fit->n; j++)
			v[j] -= fit->r[i * fit->n + j] * v[i];
	}
}

double lin_unit_variance(const struct lin_fit *fit, const double *v)
{
	double sum = 0;

	for (size_t i = fit->rank; i < fit->n; i++) {
		if (fabs(v[i]) > ESTIMABLE_TOLERANCE)
			return NAN;
	}
	for (size_t i = 0; i < fit->rank; i++)
		sum += v[i] * v[i];
	return sum;
}

/* It asks nothing of columns outside the model. */
static bool is_inside(const struct lin_fit *fit, const double *c)
{
	double all = 0, inside = 0;

	for (size_t j = 0; j < fit->of->ncols; j++)
		all += fabs(c[j]);
	for (size_t j = 0; j < fit->n; j++)
		inside += fabs(c[fit->col[j]]);
	return all - inside <= ESTIMABLE_TOLERANCE;
}

double lin_contrast(const struct lin_fit *fit, const double *c, double *unit_variance)
{
	double *v = xcalloc(fit->n, sizeof(*v)), estimate = 0;

	lin_project(fit, c, v);
	*unit_variance = is_inside(fit, c) ? lin_unit_variance(fit, v) : (double)NAN;
	free(v);
	for (size_t j = 0; j < fit->of->ncols; j++)
		estimate += c[j] * fit->beta[j];
	return isnan(*unit_variance) ? (double)NAN : estimate;
}
