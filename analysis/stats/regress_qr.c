/* regress_qr.c - Householder QR with column pivoting, in long doubles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "regress_parts.h"

/* Columns have length 1 and come from doubles: what is left of one beside the others, if shorter,
 * may be their rounding. */
#define RANK_TOLERANCE 1e-12L

static long double dot(const long double *a, const long double *b, size_t n)
{
	long double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* The longest of what is left of the columns from place j on comes to place j. */
static void pivot(struct regress_qr *qr, size_t j)
{
	size_t best = j, col;
	long double longest = -1;

	for (size_t k = j; k < qr->q; k++) {
		const long double *v = qr->v + k * qr->n + j;
		long double length = dot(v, v, qr->n - j);

		if (length > longest) {
			longest = length;
			best = k;
		}
	}
	if (best == j)
		return;
	for (size_t i = 0; i < qr->n; i++) {
		long double x = qr->v[j * qr->n + i];

		qr->v[j * qr->n + i] = qr->v[best * qr->n + i];
		qr->v[best * qr->n + i] = x;
	}
	for (size_t i = 0; i < j; i++) {
		long double x = qr->r[i * qr->q + j];

		qr->r[i * qr->q + j] = qr->r[i * qr->q + best];
		qr->r[i * qr->q + best] = x;
	}
	col = qr->col[j];
	qr->col[j] = qr->col[best];
	qr->col[best] = col;
}

/* Reflects x[n] by vector j. */
static void reflect(const struct regress_qr *qr, size_t j, long double *x)
{
	const long double *v = qr->v + j * qr->n + j;
	long double by;

	if (qr->square[j] == 0)
		return;
	by = dot(v, x + j, qr->n - j) / qr->square[j];
	for (size_t i = j; i < qr->n; i++)
		x[i] -= by * v[i - j];
}

/* Makes vector j, which reflects column j to the diagonal, and turns the columns behind it. */
static void eliminate(struct regress_qr *qr, size_t j)
{
	long double *v = qr->v + j * qr->n + j, length = sqrtl(dot(v, v, qr->n - j));
	long double diagonal = v[0] > 0 ? -length : length;

	v[0] -= diagonal;
	qr->square[j] = dot(v, v, qr->n - j) / 2;
	qr->r[j * qr->q + j] = diagonal;
	for (size_t k = j + 1; k < qr->q; k++) {
		reflect(qr, j, qr->v + k * qr->n);
		qr->r[j * qr->q + k] = qr->v[k * qr->n + j];
	}
}

void regress_qr_make(struct regress_qr *qr, const long double *columns, size_t n, size_t q)
{
	*qr = (struct regress_qr){.n = n, .q = q, .full = n >= q};
	qr->v = xcalloc(n * q, sizeof(*qr->v));
	qr->r = xcalloc(q * q, sizeof(*qr->r));
	qr->square = xcalloc(q, sizeof(*qr->square));
	qr->col = xcalloc(q, sizeof(*qr->col));
	memcpy(qr->v, columns, n * q * sizeof(*qr->v));
	for (size_t j = 0; j < q; j++)
		qr->col[j] = j;
	for (size_t j = 0; j < q && qr->full; j++) {
		pivot(qr, j);
		eliminate(qr, j);
		qr->full = fabsl(qr->r[j * q + j]) > RANK_TOLERANCE;
	}
}

void regress_qr_release(struct regress_qr *qr)
{
	free(qr->v);
	free(qr->r);
	free(qr->square);
	free(qr->col);
	*qr = (struct regress_qr){0};
}

void regress_qr_turn(const struct regress_qr *qr, long double *rhs)
{
	for (size_t j = 0; j < qr->q; j++)
		reflect(qr, j, rhs);
}

void regress_qr_solve(const struct regress_qr *qr, const long double *rhs, long double *b)
{
	for (size_t i = qr->q; i-- > 0;) {
		long double sum = rhs[i];

		for (size_t j = i + 1; j < qr->q; j++)
			sum -= qr->r[i * qr->q + j] * b[qr->col[j]];
		b[qr->col[i]] = sum / qr->r[i * qr->q + i];
	}
}

long double regress_qr_variance(const struct regress_qr *qr, const long double *c)
{
	long double *u = xcalloc(qr->q, sizeof(*u)), sum = 0;

	for (size_t i = 0; i < qr->q; i++) {
		u[i] = c[qr->col[i]];
		for (size_t j = 0; j < i; j++)
			u[i] -= qr->r[j * qr->q + i] * u[j];
		u[i] /= qr->r[i * qr->q + i];
		sum += u[i] * u[i];
	}
	free(u);
	return sum;
}
