/* regress_parts.h - what the files of regress.h share: the columns and their QR decomposition. */
#ifndef STATS_REGRESS_PARTS_H
#define STATS_REGRESS_PARTS_H

#include "regress.h"

/* A QR decomposition with column pivoting.  Columns lie one after the other. */
struct regress_qr {
	size_t n, q;         /* rows, columns */
	long double *v;      /* [q * n] the vectors of the reflections, from the diagonal on */
	long double *r;      /* [q * q] the triangle, row by row */
	long double *square; /* [q] half the squared length of the vectors; 0: no reflection */
	size_t *col;         /* [q] which column is at that place */
	bool full;           /* of full rank */
};

struct regress_fitted {
	long double *centre, *reach; /* [nx] of the x */
	long double *mean, *norm;    /* [q] of the columns */
	long double *columns;        /* [q * n] centred and of length 1 */
	long double mean_y;
	long double *b; /* [q] coefficients of the columns */
	struct regress_qr qr;
};

/* Column k at x[nx], centred and scaled. */
long double regress_column(const struct regress *r, size_t k, const double *x);

void regress_qr_make(struct regress_qr *qr, const long double *columns, size_t n, size_t q);
void regress_qr_release(struct regress_qr *qr);
/* rhs[n] turned by Q': what the columns explain of it is in its first q elements. */
void regress_qr_turn(const struct regress_qr *qr, long double *rhs);
/* b[q], in the columns' own order, from a rhs that was turned. */
void regress_qr_solve(const struct regress_qr *qr, const long double *rhs, long double *b);
/* c' (X'X)^-1 c of c[q] in the columns' own order. */
long double regress_qr_variance(const struct regress_qr *qr, const long double *c);

#endif
