/* linmodel.h - least squares by Householder QR, for type II tests and contrasts.
 *
 * Rows are fed one by one and folded into the triangle R of the QR decomposition of [X y] (Golub
 * and Van Loan, 5.3): the triangle answers for every sub-model, by a QR of some of its columns, so
 * that the data are passed once however many models are compared.  Rows that are codes of classes
 * come to the same triangle by a shorter way (lincode.h).  Rank is found numerically; what a
 * rank-deficient model cannot estimate is NaN, never a number. */
#ifndef STATS_LINMODEL_H
#define STATS_LINMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lin {
	size_t ncols; /* of X */
	double *rows; /* [room * (ncols + 1)], row-major; what was folded is on top, a triangle */
	size_t nrows; /* filled ones */
	size_t room;
	uint64_t fed; /* rows fed in all */
	bool is_triangle;
};

void lin_init(struct lin *l, size_t ncols);
void lin_release(struct lin *l);
/* Adds an observation: x[ncols] and y, both multiplied by the square root of the weight. */
void lin_row(struct lin *l, const double *x, double y, double weight);
/* In place of rows: room for the triangle of `fed` of them, [(ncols + 1)^2] by rows and zeroed, to
 * be filled by the caller before anything else. */
double *lin_triangle(struct lin *l, uint64_t fed);

/* A model of some of the columns, fitted.  use[ncols] says which; the lin must outlive it. */
struct lin_fit {
	struct lin *of;
	size_t rank, n; /* n columns used */
	size_t *col; /* [n] in order: the first `rank` carry the fit, the others follow from them */
	double *r;   /* [n * n] upper triangle, row-major, in that order */
	double *beta; /* [ncols of the whole], 0 where not used or not estimable */
	double rss;
	struct lin_qr *qr; /* for lin_fit_rss_of */
};
void lin_fit(struct lin *l, const bool *use, struct lin_fit *fit);
void lin_fit_release(struct lin_fit *fit);

/* What the model leaves of a pattern X b, b[ncols]: the residual sum of squares if that were y. */
double lin_fit_rss_of(const struct lin_fit *fit, const double *b);

/* The estimate of c'b, and *unit_variance so that its variance is that times the error variance.
 * Both NaN if the data do not determine it. */
double lin_contrast(const struct lin_fit *fit, const double *c, double *unit_variance);
/* The same for many contrasts that are sums of few: v[n] = projection of c, which is linear in c;
 * its first `rank` elements squared are the unit variance, the others must be 0. */
void lin_project(const struct lin_fit *fit, const double *c, double *v);
double lin_unit_variance(const struct lin_fit *fit, const double *v);

/* Two crossed classifications without interaction, y = a + b: for each observation its classes, the
 * weight and y.  One of them may have very many classes; the time is that of the cube of the fewer
 * classes, unless all pairs have one observation of the same weight. */
struct lin_cross {
	uint64_t a; /* any number */
	uint32_t b; /* below nb */
	double weight, y;
};
struct lin_cross_fit {
	double rss;        /* of a + b */
	double rss_a;      /* of a alone */
	size_t na, rank_b; /* classes of a met; degrees of freedom of b beside a */
	/* [nb] with mean 0 over the classes met, or over those of each part where no class of a
	 * joins the parts; NaN for those not met. */
	double *effect_b;
};
void lin_cross(const struct lin_cross *obs, size_t n, uint32_t nb, struct lin_cross_fit *fit);
void lin_cross_release(struct lin_cross_fit *fit);

#endif
