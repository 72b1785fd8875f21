/* linmodel.c - least squares by Householder QR. */
#include "linmodel.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* A diagonal element below this share of the largest is rank that is not there. */
#define RANK_TOLERANCE 1e-9
/* A contrast whose dependent part is off by more than this is not estimable. */
#define ESTIMABLE_TOLERANCE 1e-7
#define CHUNK               64

void lin_init(struct lin *l, size_t ncols)
{
	*l = (struct lin){.ncols = ncols, .room = 2 * (ncols + 1) + CHUNK};
	l->rows = xcalloc(l->room * (ncols + 1), sizeof(*l->rows));
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

	if (l->nrows <= n)
		return;
	v = xcalloc(l->nrows, sizeof(*v));
	w = xcalloc(n, sizeof(*w));
	for (size_t j = 0; j < n; j++)
		reflect(l, j, v, w);
	for (size_t i = 1; i < l->nrows; i++)
		memset(l->rows + i * n, 0, (i < n ? i : n) * sizeof(*l->rows));
	l->nrows = n;
	free(v);
	free(w);
}

void lin_row(struct lin *l, const double *x, double y, double weight)
{
	double scale = sqrt(weight), *row;

	if (l->nrows == l->room)
		fold(l);
	row = l->rows + l->nrows++ * (l->ncols + 1);
	for (size_t i = 0; i < l->ncols; i++)
		row[i] = scale * x[i];
	row[l->ncols] = scale * y;
	l->fed++;
}

/* ---- fits ---- */

/* The pivoted QR of the used columns. */
struct lin_qr {
	gsl_matrix *m; /* NULL without columns or rows */
	gsl_vector *tau;
	gsl_permutation *perm;
	size_t nrows, rank;
};

static size_t find_rank(const gsl_matrix *qr)
{
	size_t most = qr->size1 < qr->size2 ? qr->size1 : qr->size2, rank = 0;
	double largest = most ? fabs(gsl_matrix_get(qr, 0, 0)) : 0;

	while (rank < most && fabs(gsl_matrix_get(qr, rank, rank)) > RANK_TOLERANCE * largest)
		rank++;
	return rank;
}

static struct lin_qr *decompose(const struct lin *l, const size_t *col, size_t n)
{
	struct lin_qr *qr = xcalloc(1, sizeof(*qr));
	gsl_vector *norm;
	int sign;

	qr->nrows = l->nrows;
	if (n == 0 || l->nrows == 0)
		return qr;
	qr->m = gsl_matrix_alloc(l->nrows, n);
	qr->tau = gsl_vector_alloc(l->nrows < n ? l->nrows : n);
	qr->perm = gsl_permutation_alloc(n);
	norm = gsl_vector_alloc(n);
	if (!qr->m || !qr->tau || !qr->perm || !norm)
		BUG("no memory for %zu columns", n);
	for (size_t i = 0; i < l->nrows; i++) {
		for (size_t j = 0; j < n; j++)
			gsl_matrix_set(qr->m, i, j, l->rows[i * (l->ncols + 1) + col[j]]);
	}
	gsl_linalg_QRPT_decomp(qr->m, qr->tau, qr->perm, &sign, norm);
	gsl_vector_free(norm);
	qr->rank = find_rank(qr->m);
	return qr;
}

static void qr_free(struct lin_qr *qr)
{
	if (!qr)
		return;
	gsl_matrix_free(qr->m);
	gsl_vector_free(qr->tau);
	gsl_permutation_free(qr->perm);
	free(qr);
}

/* Turns a right-hand side [nrows] by Q'; returns what lies beyond the rank, squared. */
static double turn(const struct lin_qr *qr, double *rhs)
{
	gsl_vector_view view;
	double rss = 0;

	if (qr->m) {
		view = gsl_vector_view_array(rhs, qr->nrows);
		gsl_linalg_QR_QTvec(qr->m, qr->tau, &view.vector);
	}
	for (size_t i = qr->rank; i < qr->nrows; i++)
		rss += rhs[i] * rhs[i];
	return rss;
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
	double *y;

	fold(l);
	for (size_t j = 0; j < l->ncols; j++) {
		if (use[j])
			used[n++] = j;
	}
	*fit = (struct lin_fit){.of = l, .n = n, .qr = decompose(l, used, n)};
	fit->rank = fit->qr->rank;
	fit->col = xcalloc(n, sizeof(*fit->col));
	fit->r = xcalloc(n * n, sizeof(*fit->r));
	fit->beta = xcalloc(l->ncols, sizeof(*fit->beta));
	for (size_t j = 0; j < n; j++)
		fit->col[j] = fit->qr->m ? used[gsl_permutation_get(fit->qr->perm, j)] : used[j];
	for (size_t i = 0; i < fit->rank; i++) {
		for (size_t j = i; j < n; j++)
			fit->r[i * n + j] = gsl_matrix_get(fit->qr->m, i, j);
	}
	y = xcalloc(l->nrows, sizeof(*y));
	for (size_t i = 0; i < l->nrows; i++)
		y[i] = l->rows[i * (l->ncols + 1) + l->ncols];
	fit->rss = turn(fit->qr, y);
	back_substitute(fit, y);
	free(y);
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

	for (size_t i = 0; i < l->nrows; i++) {
		for (size_t j = 0; j < l->ncols; j++)
			y[i] += l->rows[i * (l->ncols + 1) + j] * b[j];
	}
	rss = turn(fit->qr, y);
	free(y);
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
