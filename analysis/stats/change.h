/* change.h - whether something changed while a run was made: one step in a sequence, or a trend.
 * Reported, changes no test.
 *
 * The sequence is one of values in time order, such as the means of loads, each of a group, such as
 * its setting.  The step is the split of the time at which "all groups moved by so much" explains
 * most, the largest of all splits (Page's CUSUM, normalised; Hinkley 1970): with one group the two
 * means that are furthest apart against their standard error.  Its p is by permutation: were
 * nothing to change, the values of a group could have come in any order, whatever they are
 * distributed like.  (Residuals of all groups in one pot cannot: 12 settings loaded 3 times give 11
 * % false alarms.)
 *
 * Neighbours that are alike without a step (autocorrelation of loads, shifts from pass to pass, a
 * slow drift) make p small: at a lag-1 correlation of .3 a step is seen in 21 % of sequences of 36
 * without one, at .5 in 43 %.  So a step says that the run was not the same throughout, not why;
 * see the trend too. */
#ifndef STATS_CHANGE_H
#define STATS_CHANGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define CHANGE_LEAST 8 /* values */
/* On either side of a step: fewer are outliers. */
#define CHANGE_SIDE  3
#define CHANGE_DRAWS 999
#define CHANGE_FEWER 199    /* of many values */
#define CHANGE_MANY  2000   /* from which on fewer orders are drawn */
#define CHANGE_MOST  100000 /* beyond which none are */
/* Trends look at all pairs; longer sequences are thinned evenly to so many values. */
#define CHANGE_PAIRED 2000
/* Values of a trend. */
#define CHANGE_TREND_LEAST 5

struct change {
	size_t n;
	size_t index;      /* the first value after the step */
	double difference; /* after less before, beside the groups' means; NaN */
	double p, least;   /* least: the smallest that was possible with so many draws; NaN */
	uint64_t draws;
	const char *why; /* there is no answer: the reason; else NULL */
};

/* All values finite, group[n] below ngroups; group NULL: all are one.  The same seed gives the same
 * p. */
void change_find(const double *y, const uint32_t *group, uint32_t ngroups, size_t n, uint64_t seed,
	struct change *ret);

/* A trend over few values, such as the loads of one cell: Theil-Sen slope and Kendall's p (drift.h)
 * of y over x.  */
struct change_trend {
	size_t n;
	double slope, p; /* y per unit of x; NaN */
	const char *why;
};
void change_trend(const double *x, const double *y, size_t n, struct change_trend *ret);

/* {"n", "at", "difference", "p", "least_p", "why"}, "at" counting from 1; {"n", "slope",
 * "p", "why"}.  New references. */
json_t *change_json(const struct change *c);
json_t *change_trend_json(const struct change_trend *t);

#endif
