/* regress.c - least squares on powers of numbers: columns, fit, prediction. */
#include "regress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "dist.h"
#include "regress_parts.h"

/* ---- columns ---- */

static long double power(long double x, uint32_t n)
{
	long double y = 1;

	for (; n > 0; n--)
		y *= x;
	return y;
}

static bool has_term(const struct regress_model *m, uint32_t x, uint32_t power)
{
	for (size_t k = 0; k < m->nterms; k++) {
		if (m->terms[k].x == x && m->terms[k].power == power)
			return true;
	}
	return false;
}

/* Powers of x less a number span the same as powers of x only with all lower powers there. */
static bool may_centre(const struct regress_model *m, uint32_t x)
{
	for (size_t k = 0; k < m->nterms; k++) {
		for (uint32_t p = 1; m->terms[k].x == x && p < m->terms[k].power; p++) {
			if (!has_term(m, x, p))
				return false;
		}
	}
	return m->intercept;
}

/* Mean and reach of each x. */
static void scale_x(struct regress *r)
{
	struct regress_fitted *f = r->fitted;
	uint32_t nx = r->model.nx;

	for (uint32_t j = 0; j < nx; j++) {
		long double sum = 0, reach = 0;

		for (size_t i = 0; i < r->n; i++)
			sum += r->x[i * nx + j];
		f->centre[j] = may_centre(&r->model, j) ? sum / (long double)r->n : 0;
		for (size_t i = 0; i < r->n; i++)
			reach = fmaxl(reach, fabsl(r->x[i * nx + j] - f->centre[j]));
		f->reach[j] = reach > 0 ? reach : 1;
	}
}

long double regress_column(const struct regress *r, size_t k, const double *x)
{
	const struct regress_fitted *f = r->fitted;
	struct regress_term t = r->model.terms[k];

	return (power((x[t.x] - f->centre[t.x]) / f->reach[t.x], t.power) - f->mean[k]) /
		f->norm[k];
}

/* Returns whether every column varies. */
static bool make_columns(struct regress *r)
{
	struct regress_fitted *f = r->fitted;
	bool varies = true;

	for (size_t k = 0; k < r->model.nterms; k++) {
		long double *column = f->columns + k * r->n, sum = 0, square = 0;

		f->norm[k] = 1;
		for (size_t i = 0; i < r->n; i++) {
			column[i] = regress_column(r, k, r->x + i * r->model.nx);
			sum += column[i];
		}
		f->mean[k] = r->model.intercept ? sum / (long double)r->n : 0;
		for (size_t i = 0; i < r->n; i++) {
			column[i] -= f->mean[k];
			square += column[i] * column[i];
		}
		/* Rounding of the mean leaves this much of a column that is constant. */
		varies = varies && square > 1e-30L * (long double)r->n;
		f->norm[k] = square > 0 ? sqrtl(square) : 1;
		for (size_t i = 0; i < r->n; i++)
			column[i] /= f->norm[k];
	}
	return varies;
}

/* ---- fit ---- */

static void centre_y(const struct regress *r, long double *y)
{
	struct regress_fitted *f = r->fitted;
	long double sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += r->y[i];
	f->mean_y = r->model.intercept ? sum / (long double)r->n : 0;
	for (size_t i = 0; i < r->n; i++)
		y[i] = r->y[i] - f->mean_y;
}

static void subtract_fit(const struct regress *r, long double *y, const long double *b)
{
	for (size_t k = 0; k < r->model.nterms; k++) {
		for (size_t i = 0; i < r->n; i++)
			y[i] -= b[k] * r->fitted->columns[k * r->n + i];
	}
}

/* The coefficients of the columns, then once more for what is left (Golub and Van Loan, 5.3.8). */
static void solve(struct regress *r, long double *y)
{
	struct regress_fitted *f = r->fitted;
	size_t q = r->model.nterms;
	long double *rhs = xcalloc(r->n, sizeof(*rhs)), *more = xcalloc(q, sizeof(*more));

	for (int pass = 0; pass < 2; pass++) {
		memcpy(rhs, y, r->n * sizeof(*rhs));
		regress_qr_turn(&f->qr, rhs);
		regress_qr_solve(&f->qr, rhs, more);
		subtract_fit(r, y, more);
		for (size_t k = 0; k < q; k++)
			f->b[k] += more[k];
	}
	free(rhs);
	free(more);
}

/* row[q] so that coefficient i is row'b, and with an intercept mean_y where i is it. */
static void raw_row(const struct regress *r, size_t i, long double *row)
{
	const struct regress_fitted *f = r->fitted;
	bool is_intercept = r->model.intercept && i == 0;
	struct regress_term of = {0, 0};

	if (!is_intercept)
		of = r->model.terms[i - r->model.intercept];
	for (size_t k = 0; k < r->model.nterms; k++) {
		struct regress_term t = r->model.terms[k];
		long double binomial = 1;

		row[k] = is_intercept ? -f->mean[k] / f->norm[k] : 0;
		if (t.power < of.power || (!is_intercept && t.x != of.x))
			continue;
		for (uint32_t m = 0; m < of.power; m++)
			binomial *= (long double)(t.power - m) / (m + 1);
		row[k] += binomial * power(-f->centre[t.x], t.power - of.power) /
			power(f->reach[t.x], t.power) / f->norm[k];
	}
}

static void take_coefficients(struct regress *r)
{
	const struct regress_fitted *f = r->fitted;
	long double *row = xcalloc(r->model.nterms, sizeof(*row));

	for (size_t i = 0; i < r->p; i++) {
		bool is_intercept = r->model.intercept && i == 0;
		long double b = is_intercept ? f->mean_y : 0, unit;

		raw_row(r, i, row);
		for (size_t k = 0; k < r->model.nterms; k++)
			b += row[k] * f->b[k];
		unit = regress_qr_variance(&f->qr, row);
		unit += is_intercept ? 1 / (long double)r->n : 0;
		r->beta[i] = (double)b;
		r->sd[i] = (double)(r->residual_sd * sqrtl(unit));
	}
	free(row);
}

/* The variance of what is predicted at x, over that of the error. */
static long double leverage_at(const struct regress *r, const double *x)
{
	long double *c = xcalloc(r->model.nterms, sizeof(*c)), unit;

	for (size_t k = 0; k < r->model.nterms; k++)
		c[k] = regress_column(r, k, x);
	unit = regress_qr_variance(&r->fitted->qr, c);
	free(c);
	return unit + (r->model.intercept ? 1 / (long double)r->n : 0);
}

static void take_residuals(struct regress *r, const long double *y)
{
	long double residual = 0, whole = 0;
	double df_model = (double)r->model.nterms;

	for (size_t i = 0; i < r->n; i++) {
		long double about = r->y[i] - r->fitted->mean_y;

		r->residual[i] = (double)y[i];
		r->leverage[i] = (double)leverage_at(r, r->x + i * r->model.nx);
		residual += y[i] * y[i];
		whole += about * about;
	}
	r->df = (double)(r->n - r->p);
	r->ss_residual = (double)residual;
	r->ss_regression = (double)(whole - residual);
	/* A small part of a large whole would be lost in the difference. */
	if (residual > whole / 2) {
		long double sum = 0;

		for (size_t k = 0; k < r->model.nterms; k++) {
			for (size_t i = 0; i < r->n; i++)
				sum += r->fitted->b[k] * r->fitted->columns[k * r->n + i] *
					(r->y[i] - r->fitted->mean_y);
		}
		r->ss_regression = (double)sum;
	}
	r->r2 = r->ss_regression / (double)whole;
	if (r->df <= 0) {
		r->error_why = "there are as many coefficients as points";
		return;
	}
	r->residual_sd = (double)sqrtl(residual / r->df);
	if (!(r->ss_residual > 0)) {
		r->f_why = "the fit goes through every point";
	} else {
		r->f = r->ss_regression / df_model / (r->ss_residual / r->df);
		r->f_p = dist_f_upper(r->f, df_model, r->df);
	}
}

static const char *why_unfit(const struct regress *r)
{
	bool equal = true, zero = true;

	if (r->n < r->p || r->n == 0)
		return "there are fewer points than coefficients";
	for (size_t i = 0; i < r->n; i++) {
		if (!isfinite(r->y[i]))
			return "a value is not finite";
		equal = equal && r->y[i] == r->y[0];
		zero = zero && r->y[i] == 0;
	}
	for (size_t i = 0; i < r->n * r->model.nx; i++) {
		if (!isfinite(r->x[i]))
			return "a value is not finite";
	}
	if (r->model.intercept ? equal : zero)
		return "all values are equal, so there is nothing to explain";
	return NULL;
}

static void make_room(struct regress *r)
{
	size_t q = r->model.nterms, nx = r->model.nx;
	struct regress_fitted *f = xcalloc(1, sizeof(*f));

	r->fitted = f;
	r->beta = xcalloc(r->p, sizeof(*r->beta));
	r->sd = xcalloc(r->p, sizeof(*r->sd));
	r->residual = xcalloc(r->n, sizeof(*r->residual));
	r->leverage = xcalloc(r->n, sizeof(*r->leverage));
	f->centre = xcalloc(nx, sizeof(*f->centre));
	f->reach = xcalloc(nx, sizeof(*f->reach));
	f->mean = xcalloc(q, sizeof(*f->mean));
	f->norm = xcalloc(q, sizeof(*f->norm));
	f->b = xcalloc(q, sizeof(*f->b));
	f->columns = xcalloc(q * r->n, sizeof(*f->columns));
	for (size_t i = 0; i < r->p; i++)
		r->beta[i] = r->sd[i] = NAN;
	for (size_t i = 0; i < r->n; i++)
		r->residual[i] = r->leverage[i] = NAN;
}

void regress_fit(struct regress *r, const struct regress_model *m, const double *x, const double *y,
	size_t n)
{
	long double *left;

	*r = (struct regress){.model = *m,
		.x = x,
		.y = y,
		.n = n,
		.p = m->nterms + m->intercept,
		.df = NAN,
		.ss_regression = NAN,
		.ss_residual = NAN,
		.residual_sd = NAN,
		.r2 = NAN,
		.f = NAN,
		.f_p = NAN};
	for (size_t k = 0; k < m->nterms; k++) {
		if (m->terms[k].x >= m->nx || m->terms[k].power < 1 ||
			m->terms[k].power > REGRESS_MAX_POWER)
			BUG("term %zu is no column", k);
	}
	make_room(r);
	r->why = why_unfit(r);
	if (r->why)
		return;
	scale_x(r);
	if (!make_columns(r)) {
		r->why = "an x is the same everywhere";
		return;
	}
	regress_qr_make(&r->fitted->qr, r->fitted->columns, n, m->nterms);
	if (!r->fitted->qr.full) {
		r->why = "the x vary together, so that their coefficients cannot be told apart";
		return;
	}
	left = xcalloc(n, sizeof(*left));
	centre_y(r, left);
	solve(r, left);
	take_residuals(r, left);
	take_coefficients(r);
	free(left);
}

void regress_line(struct regress *r, const double *x, const double *y, size_t n)
{
	static const struct regress_term slope = {0, 1};
	struct regress_model m = {.nx = 1, .intercept = true, .terms = &slope, .nterms = 1};

	regress_fit(r, &m, x, y, n);
}

void regress_release(struct regress *r)
{
	struct regress_fitted *f = r->fitted;

	if (f) {
		regress_qr_release(&f->qr);
		free(f->centre);
		free(f->reach);
		free(f->mean);
		free(f->norm);
		free(f->b);
		free(f->columns);
	}
	free(f);
	free(r->beta);
	free(r->sd);
	free(r->residual);
	free(r->leverage);
	*r = (struct regress){0};
}

/* ---- prediction ---- */

void regress_predict(
	const struct regress *r, const double *x, double level, struct regress_prediction *ret)
{
	double t, unit, mean, single;
	long double y;

	*ret = (struct regress_prediction){NAN, NAN, NAN, NAN, NAN};
	if (r->why)
		return;
	y = r->fitted->mean_y;
	for (size_t k = 0; k < r->model.nterms; k++)
		y += r->fitted->b[k] * regress_column(r, k, x);
	ret->y = (double)y;
	if (r->error_why)
		return;
	t = dist_t_quantile(level, r->df);
	unit = (double)leverage_at(r, x);
	mean = t * r->residual_sd * sqrt(unit);
	single = t * r->residual_sd * sqrt(1 + unit);
	ret->mean_low = ret->y - mean;
	ret->mean_high = ret->y + mean;
	ret->low = ret->y - single;
	ret->high = ret->y + single;
}
