/* lincode.c - cross-products of classes, and Cholesky's factor of them. */
#include "lincode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* What is left of a column's square is nothing below this share of the weight of all rows (its
 * rounding is 1e-19 of it, or 1e-16 where long double is double), and too little to be exact below
 * this one. */
#define NOTHING 1e-13L
#define LITTLE  1e-9L

static size_t columns_of(const struct lin_code_term *t)
{
	if (t->plain)
		return t->wide * t->deep;
	return (t->wide - 1) * (t->deep > 1 ? t->deep - 1 : 1);
}

void lin_code_init(
	struct lin_code *c, const struct lin_code_term *term, size_t nterms, double centre)
{
	*c = (struct lin_code){.nterms = nterms, .centre = centre};
	c->term = xcalloc(nterms, sizeof(*c->term));
	c->first = xcalloc(nterms, sizeof(*c->first));
	for (size_t i = 0; i < nterms; i++) {
		c->term[i] = term[i];
		c->first[i] = c->nclasses;
		c->nclasses += term[i].wide * term[i].deep;
		c->ncols += columns_of(&term[i]);
	}
	c->sum = xcalloc((c->nclasses + 1) * (c->nclasses + 1), sizeof(*c->sum));
}

void lin_code_release(struct lin_code *c)
{
	free(c->term);
	free(c->first);
	free(c->sum);
	*c = (struct lin_code){0};
}

/* ---- sums ---- */

void lin_code_x(struct lin_code *c, const uint32_t *class, double weight)
{
	size_t n = c->nclasses + 1;

	for (size_t i = 0; i < c->nterms; i++) {
		long double *row;

		if (class[i] == LIN_NO_CLASS)
			continue;
		row = c->sum + class[i] * n;
		for (size_t j = i; j < c->nterms; j++) {
			if (class[j] != LIN_NO_CLASS)
				row[class[j]] += weight;
		}
	}
	c->weight += weight;
}

void lin_code_y(struct lin_code *c, const uint32_t *class, double y, double weight)
{
	size_t n = c->nclasses + 1;
	long double x = (long double)weight * y;

	for (size_t i = 0; i < c->nterms; i++) {
		if (class[i] != LIN_NO_CLASS)
			c->sum[class[i] * n + n - 1] += x;
	}
	c->sum[n * n - 1] += x * y;
	c->rows++;
}

void lin_code_less(struct lin_code *c, const uint32_t *class, const double *weight, size_t n,
	double total, double times)
{
	for (size_t i = 0; i < n; i++) {
		long double x = (long double)weight[i] * times / total;

		for (size_t j = 0; j <= i; j++) {
			uint32_t low = class[i] < class[j] ? class[i] : class[j];
			uint32_t high = class[i] < class[j] ? class[j] : class[i];

			c->sum[low * (c->nclasses + 1) + high] -= x * weight[j];
		}
	}
}

void lin_code_mean_y(struct lin_code *c, const uint32_t *class, const double *weight, size_t n,
	double total, double y, double by)
{
	size_t stride = c->nclasses + 1;
	long double x = (long double)by * y;

	for (size_t i = 0; i < n; i++)
		c->sum[class[i] * stride + stride - 1] += x * weight[i];
	c->sum[stride * stride - 1] += x * total * y;
}

/* ---- from classes to columns ---- */

/* Of element `i` of a vector over the classes, each `step` apart: its codes, in place.  A column
 * never stands behind the classes that it is made of. */
static void code_term(
	const struct lin_code_term *t, long double *from, long double *to, size_t step)
{
	size_t deep = t->deep, last = (t->wide - 1) * deep;

	if (t->plain) {
		for (size_t i = 0; i < t->wide * deep; i++)
			to[i * step] = from[i * step];
		return;
	}
	for (size_t p = 0; p + 1 < t->wide; p++) {
		for (size_t q = 0; q + (deep > 1) < deep; q++) {
			long double x = from[(p * deep + q) * step] - from[(last + q) * step];

			if (deep > 1)
				x -= from[(p * deep + deep - 1) * step] -
					from[(last + deep - 1) * step];
			*to = x;
			to += step;
		}
	}
}

static void code_vector(const struct lin_code *c, long double *v, size_t step)
{
	size_t column = 0;

	for (size_t t = 0; t < c->nterms; t++) {
		code_term(&c->term[t], v + c->first[t] * step, v + column * step, step);
		column += columns_of(&c->term[t]);
	}
	v[column * step] = v[c->nclasses * step];
}

/* The upper triangle of classes becomes that of columns, with y behind them. */
static void code_sums(struct lin_code *c)
{
	size_t n = c->nclasses + 1;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			c->sum[i * n + j] = c->sum[j * n + i];
	}
	for (size_t i = 0; i < n; i++)
		code_vector(c, c->sum + i * n, 1);
	for (size_t j = 0; j <= c->ncols; j++)
		code_vector(c, c->sum + j, n);
}

/* ---- Cholesky ---- */

/* Row i is done: out of the rows below it goes what it explains. */
static void eliminate(struct lin_code *c, size_t i)
{
	size_t n = c->nclasses + 1;
	const long double *row = c->sum + i * n;

	for (size_t j = i + 1; j <= c->ncols; j++) {
		long double x = row[j], *to = c->sum + j * n;

		for (size_t k = j; x != 0 && k <= c->ncols; k++)
			to[k] -= x * row[k];
	}
}

/* False where a column is nearly, but not quite, given by those before it. */
static bool factor(struct lin_code *c)
{
	size_t n = c->nclasses + 1;

	for (size_t i = 0; i <= c->ncols; i++) {
		long double *row = c->sum + i * n, left = row[i];

		if (i == c->ncols) {
			row[i] = left > 0 ? sqrtl(left) : 0;
			break;
		}
		if (!(left > NOTHING * c->weight)) {
			for (size_t k = i; k <= c->ncols; k++)
				row[k] = 0;
			continue;
		}
		if (left < LITTLE * c->weight)
			return false;
		row[i] = sqrtl(left);
		for (size_t k = i + 1; k <= c->ncols; k++)
			row[k] /= row[i];
		eliminate(c, i);
	}
	return true;
}

bool lin_code_fold(struct lin_code *c, double unit, struct lin *l)
{
	size_t n = c->nclasses + 1, ncols = c->ncols;
	long double root = sqrtl(unit);
	double *to;

	code_sums(c);
	if (!factor(c))
		return false;
	to = lin_triangle(l, c->rows);
	for (size_t i = 0; i <= ncols; i++) {
		const long double *row = c->sum + i * n;
		long double centre = 0;

		for (size_t j = i; j <= ncols; j++)
			to[i * (ncols + 1) + j] = (double)(root * row[j]);
		/* The centre is the same sum of columns in every row. */
		for (size_t j = i; c->centre != 0 && j < columns_of(&c->term[0]); j++)
			centre += row[j];
		if (i < ncols)
			to[i * (ncols + 1) + ncols] =
				(double)(root * (row[ncols] + centre * c->centre));
	}
	return true;
}
