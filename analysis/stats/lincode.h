/* lincode.h - least squares of rows that are codes of classes, from their cross-products.
 *
 * A row of a design says of each term which class the observation is in (or that it is averaged
 * over).  Cross-products of such rows are counts of pairs of classes: whole numbers, or weights
 * over weights where means are taken out.  They are summed up in long double, in time of the terms
 * squared for each row, and Cholesky's factor of them is the triangle that Householder's
 * reflections of the rows come to.
 *
 * How exact: Cholesky squares the condition k of the rows, at a unit of 2^-64; Householder has k
 * itself at 2^-53.  Up to k of 2^11, squares 4e6 apart, the factor is therefore no worse, and codes
 * that sum to zero are far from that: sums of whole numbers are exact, k^2 is at most the product
 * of the numbers of levels times the ratio of the fullest to the emptiest class.  Beyond it the
 * function says so, and the rows are to be fed one by one. */
#ifndef STATS_LINCODE_H
#define STATS_LINCODE_H

#include "compiler.h"
#include "linmodel.h"

/* Classes wide x deep: class i * deep + j.  `plain`: a column for each; else codes that sum to zero
 * over i, and over j where deep > 1, as design.h has them. */
struct lin_code_term {
	size_t wide, deep;
	bool plain;
};

#define LIN_NO_CLASS UINT32_MAX

struct lin_code {
	size_t nterms, nclasses, ncols;
	struct lin_code_term *term;
	size_t *first;    /* [nterms] class; classes are counted through all terms */
	long double *sum; /* [(nclasses + 1)^2] upper triangle, y the last */
	double centre;    /* taken off y; columns of term 0 sum to 1 where it is not 0 */
	double weight;    /* of all rows */
	uint64_t rows;
};

/* The terms are copied.  `centre`: about the mean of y, where the first term is plain, so that it
 * can be put back; else 0.  Every y below is less the centre. */
void lin_code_init(
	struct lin_code *c, const struct lin_code_term *term, size_t nterms, double centre);
void lin_code_release(struct lin_code *c);
/* A row's x: class[nterms], counted through, or LIN_NO_CLASS: averaged over.  And, apart from it
 * since many rows have the same, its y. */
void lin_code_x(struct lin_code *c, const uint32_t *class, double weight);
void lin_code_y(struct lin_code *c, const uint32_t *class, double y, double weight);
/* Takes `times` the squares of a mean row out: n different classes and their weights in it, and the
 * weight of its rows. */
void lin_code_less(struct lin_code *c, const uint32_t *class, const double *weight, size_t n,
	double total, double times);
/* Adds `by` times a mean row's y: classes and weights as above. */
void lin_code_mean_y(struct lin_code *c, const uint32_t *class, const double *weight, size_t n,
	double total, double y, double by);
/* The triangle, a weight of 1 counting `unit`.  False if it would not be exact enough: then nothing
 * was done to `l`.  The sums are used up either way. */
bool lin_code_fold(struct lin_code *c, double unit, struct lin *l) NODISCARD;

#endif
