/* regress.h - least squares on numbers: y on powers of one or several x, with the intervals of what
 * it predicts and a check of what it leaves.
 *
 * Householder QR with column pivoting (Golub and Van Loan, 5.4.2), in long doubles, of columns that
 * are centred and scaled: a power of x enters as the power of (x - mean) / reach, which the same
 * polynomials span, and the coefficients of x itself follow from it.  The higher-difficulty sets of
 * NIST's StRD keep at least R's digits [test_strd.c].
 *
 * What cannot be given is NaN with the reason in a `why`, which is static text. */
#ifndef STATS_REGRESS_H
#define STATS_REGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A column: variable x (from 0) to that power (1 and more). */
struct regress_term {
	uint32_t x, power;
};

struct regress_model {
	uint32_t nx;
	bool intercept;
	const struct regress_term *terms;
	size_t nterms;
};

/* Powers above this are refused. */
#define REGRESS_MAX_POWER 20

struct regress {
	/* The data and the model, borrowed: x[n * nx] row by row. */
	struct regress_model model;
	const double *x, *y;
	size_t n;
	const char *why;       /* nothing could be fitted: the reason; else NULL */
	const char *error_why; /* there are no sds: the reason; else NULL */
	const char *f_why;     /* there is no F beside sds: the reason; else NULL */
	size_t p;          /* coefficients: the intercept first if there is one, then the terms */
	double *beta, *sd; /* [p] */
	double df;         /* of the residual */
	double ss_regression, ss_residual; /* about the mean, or about 0 without an intercept */
	double residual_sd, r2, f, f_p;
	double *residual, *leverage; /* [n] */
	struct regress_fitted *fitted;
};

void regress_fit(struct regress *r, const struct regress_model *m, const double *x, const double *y,
	size_t n);
/* y = a + b x. */
void regress_line(struct regress *r, const double *x, const double *y, size_t n);
void regress_release(struct regress *r);

struct regress_prediction {
	double y;
	double mean_low, mean_high; /* of the mean at that x */
	double low, high;           /* of one new observation there */
};
/* At x[nx].  NaN where nothing was fitted. */
void regress_predict(
	const struct regress *r, const double *x, double level, struct regress_prediction *ret);

/* What the residuals say of the model.  Reported; changes no test. */
struct regress_check {
	/* The largest |residual over its own sd, fitted without it|, which row that is, and its p
	 * among n (Bonferroni; Cook and Weisberg 1982). */
	double largest, largest_p;
	size_t largest_row;
	/* Lack of fit against the error of equal x (Draper and Smith 1998, 2.1), or without such
	 * the square of the fitted values as one more column, which for one x is its square (Tukey
	 * 1949; Ramsey 1969). */
	bool repeated; /* it is the first of the two */
	double misfit_f, misfit_df1, misfit_df2, misfit_p;
	/* Whether the spread varies with the x: Breusch and Pagan (1979), studentized by Koenker
	 * (1981). */
	double spread, spread_df, spread_p;
	/* Whether the residuals are normal: Shapiro and Francia (1972), p by Royston (1993). */
	double normal_w, normal_p;
	const char *largest_why, *misfit_why, *spread_why, *normal_why;
};
void regress_check(const struct regress *r, struct regress_check *c);
/* W' of v[n] and its p; false, and NaN, below 5 or above 5000 values and where all are equal. */
bool regress_shapiro_francia(const double *v, size_t n, double *w, double *p);

/* Theil (1950) and Sen (1968): the median slope of all pairs, which a quarter of bad points does
 * not carry away, with Sen's interval by ranks (Kendall's variance with ties). */
struct theil_sen {
	double slope, low, high;
	double intercept; /* median y less slope times median x (Conover 1980) */
	size_t pairs;     /* looked at */
	bool sampled;     /* a fixed random part of all pairs, and the interval allows for that */
	const char *why, *interval_why;
};
void theil_sen_of(const double *x, const double *y, size_t n, double level, struct theil_sen *ret);

#endif
