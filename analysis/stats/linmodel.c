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
#define CHUNK		    64

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

/* QR of the rows so far; only the triangle stays. */
static void fold(struct lin *l)
{
	size_t n = l->ncols + 1;
	gsl_matrix_view m;
	gsl_vector *tau;

	if (l->nrows <= n)
		return;
	m = gsl_matrix_view_array(l->rows, l->nrows, n);
	tau = gsl_vector_alloc(n);
	if (!tau)
		BUG("no memory for %zu columns", n);
	gsl_linalg_QR_decomp(&m.matrix, tau);
	gsl_vector_free(tau);
	for (size_t i = 1; i < l->nrows; i++)
		memset(l->rows + i * n, 0, (i < n ? i : n) * sizeof(*l->rows));
	l->nrows = n;
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

/* ---- fits --------------------------------------------------------------------------------------
 */

/* A pivoted QR of the used columns, with a right-hand side turned along. */
struct solved {
	gsl_matrix *qr;
	gsl_permutation *perm;
	gsl_vector *rhs; /* Q' times the right-hand side */
	size_t *col;	 /* [n] the used columns */
	size_t n, rank;
	double rss;
};

static size_t find_rank(const gsl_matrix *qr)
{
	size_t most = qr->size1 < qr->size2 ? qr->size1 : qr->size2, rank = 0;
	double largest = most ? fabs(gsl_matrix_get(qr, 0, 0)) : 0;

	while (rank < most && fabs(gsl_matrix_get(qr, rank, rank)) > RANK_TOLERANCE * largest)
		rank++;
	return rank;
}

static void decompose(struct solved *s)
{
	size_t shorter = s->qr->size1 < s->n ? s->qr->size1 : s->n;
	gsl_vector *tau = gsl_vector_alloc(shorter), *norm = gsl_vector_alloc(s->n);
	int sign;

	s->perm = gsl_permutation_alloc(s->n);
	if (!tau || !norm || !s->perm)
		BUG("no memory for %zu columns", s->n);
	gsl_linalg_QRPT_decomp(s->qr, tau, s->perm, &sign, norm);
	gsl_linalg_QR_QTvec(s->qr, tau, s->rhs);
	gsl_vector_free(tau);
	gsl_vector_free(norm);
	s->rank = find_rank(s->qr);
}

/* `rhs` is what the columns are fitted to, [rows of the triangle]. */
static void solve(struct lin *l, const bool *use, const double *rhs, struct solved *s)
{
	size_t width = l->ncols + 1, nrows = l->nrows;

	*s = (struct solved){.col = xcalloc(l->ncols, sizeof(*s->col))};
	for (size_t i = 0; i < l->ncols; i++) {
		if (use[i])
			s->col[s->n++] = i;
	}
	s->rhs = gsl_vector_calloc(nrows ? nrows : 1);
	if (!s->rhs)
		BUG("no memory for %zu rows", nrows);
	for (size_t i = 0; i < nrows; i++)
		gsl_vector_set(s->rhs, i, rhs[i]);
	if (s->n && nrows) {
		s->qr = gsl_matrix_alloc(nrows, s->n);
		if (!s->qr)
			BUG("no memory for %zu columns", s->n);
		for (size_t i = 0; i < nrows; i++) {
			for (size_t j = 0; j < s->n; j++)
				gsl_matrix_set(s->qr, i, j, l->rows[i * width + s->col[j]]);
		}
		decompose(s);
	}
	for (size_t i = s->rank; i < nrows; i++)
		s->rss += gsl_vector_get(s->rhs, i) * gsl_vector_get(s->rhs, i);
}

static void solved_release(struct solved *s)
{
	gsl_matrix_free(s->qr);
	gsl_permutation_free(s->perm);
	gsl_vector_free(s->rhs);
	free(s->col);
}

/* The column y of the triangle. */
static double *observed(struct lin *l)
{
	double *y;

	fold(l);
	y = xcalloc(l->nrows, sizeof(*y));
	for (size_t i = 0; i < l->nrows; i++)
		y[i] = l->rows[i * (l->ncols + 1) + l->ncols];
	return y;
}

double lin_rss(struct lin *l, const bool *use, size_t *rank)
{
	struct solved s;
	double *y = observed(l), rss;

	solve(l, use, y, &s);
	*rank = s.rank;
	rss = s.rss;
	solved_release(&s);
	free(y);
	return rss;
}

double lin_rss_of_pattern(struct lin *l, const bool *use, const double *b)
{
	struct solved s;
	double *y = observed(l), rss;

	for (size_t i = 0; i < l->nrows; i++) {
		y[i] = 0;
		for (size_t j = 0; j < l->ncols; j++)
			y[i] += l->rows[i * (l->ncols + 1) + j] * b[j];
	}
	solve(l, use, y, &s);
	rss = s.rss;
	solved_release(&s);
	free(y);
	return rss;
}

/* Solves R11 b = rhs from below. */
static void back_substitute(const struct solved *s, struct lin_fit *fit)
{
	for (size_t i = s->rank; i-- > 0;) {
		double sum = gsl_vector_get(s->rhs, i);

		for (size_t j = i + 1; j < s->rank; j++)
			sum -= fit->r[i * s->n + j] * fit->beta[fit->col[j]];
		fit->beta[fit->col[i]] = sum / fit->r[i * s->n + i];
	}
}

void lin_fit(struct lin *l, const bool *use, struct lin_fit *fit)
{
	struct solved s;
	double *y = observed(l);

	solve(l, use, y, &s);
	*fit = (struct lin_fit){.of = l, .rank = s.rank, .n = s.n, .rss = s.rss};
	fit->col = xcalloc(s.n, sizeof(*fit->col));
	fit->r = xcalloc(s.n * s.n, sizeof(*fit->r));
	fit->beta = xcalloc(l->ncols, sizeof(*fit->beta));
	for (size_t j = 0; j < s.n; j++)
		fit->col[j] = s.perm ? s.col[gsl_permutation_get(s.perm, j)] : s.col[j];
	for (size_t i = 0; i < s.rank; i++) {
		for (size_t j = i; j < s.n; j++)
			fit->r[i * s.n + j] = gsl_matrix_get(s.qr, i, j);
	}
	back_substitute(&s, fit);
	solved_release(&s);
	free(y);
}

void lin_fit_release(struct lin_fit *fit)
{
	free(fit->col);
	free(fit->r);
	free(fit->beta);
	*fit = (struct lin_fit){0};
}

/* u = R11^-T c1, so that the variance of c'b is |u|^2. */
static void forward_substitute(const struct lin_fit *fit, const double *c, double *u)
{
	for (size_t i = 0; i < fit->rank; i++) {
		double sum = c[fit->col[i]];

		for (size_t j = 0; j < i; j++)
			sum -= fit->r[j * fit->n + i] * u[j];
		u[i] = sum / fit->r[i * fit->n + i];
	}
}

/* c is a combination of the rows of X: its dependent part follows from the independent one, and it
 * asks nothing of columns outside the model. */
static bool is_estimable(const struct lin_fit *fit, const double *c, const double *u)
{
	double inside = 0, all = 0;

	for (size_t j = 0; j < fit->of->ncols; j++)
		all += fabs(c[j]);
	for (size_t j = 0; j < fit->n; j++) {
		double follows = 0;

		inside += fabs(c[fit->col[j]]);
		if (j < fit->rank)
			continue;
		for (size_t i = 0; i < fit->rank; i++)
			follows += fit->r[i * fit->n + j] * u[i];
		if (fabs(follows - c[fit->col[j]]) > ESTIMABLE_TOLERANCE * (1 + all))
			return false;
	}
	return all - inside <= ESTIMABLE_TOLERANCE * (1 + all);
}

double lin_contrast(const struct lin_fit *fit, const double *c, double *unit_variance)
{
	double *u = xcalloc(fit->rank, sizeof(*u)), estimate = 0;

	forward_substitute(fit, c, u);
	*unit_variance = 0;
	for (size_t i = 0; i < fit->rank; i++)
		*unit_variance += u[i] * u[i];
	for (size_t j = 0; j < fit->of->ncols; j++)
		estimate += c[j] * fit->beta[j];
	if (!is_estimable(fit, c, u)) {
		*unit_variance = NAN;
		estimate = NAN;
	}
	free(u);
	return estimate;
}
