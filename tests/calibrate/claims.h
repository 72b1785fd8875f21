/* claims.h - figures of a calibration, each with its Monte Carlo error and the bar it is held
 * against.
 *
 * A figure passes when it is within its bar; it is "near" when it is not, but its interval reaches
 * the bar, so that so many sweeps cannot tell; else it FAILs. */
#ifndef CALIBRATE_CLAIMS_H
#define CALIBRATE_CLAIMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"

enum claim_state { CLAIM_PASS, CLAIM_NEAR, CLAIM_FAIL, CLAIM_OUT_OF_REACH, CLAIM_SHOWN };

struct claim {
	const char *row;       /* of the table: "false alarms" */
	const char *what;      /* "family" */
	const char *condition; /* "drift of 10 request sds" */
	bool share;            /* hits of n; else a mean, or median, over n */
	size_t hits, n;
	double value, error; /* Monte Carlo standard error */
	double low, high;    /* 95 %: Clopper and Pearson (1934) of a share */
	double least, most;  /* the bar; NaN: none on that side */
	const char *why;     /* it is known not to be met: the reason; else NULL */
};

struct claims {
	struct arena arena;
	struct claim *v;
	size_t n, cap;
	FILE *live; /* each is printed when it is known; NULL: not */
};

/* Bars. */
struct bar {
	double least, most;
	const char *why;
};
#define BAR_LEAST(x)   ((struct bar){.least = (x), .most = NAN})
#define BAR_MOST(x)    ((struct bar){.least = NAN, .most = (x)})
#define BAR_FROM(x, y) ((struct bar){.least = (x), .most = (y)})
#define BAR_NONE       ((struct bar){.least = NAN, .most = NAN})

/* `condition` is copied. */
void claims_share(struct claims *c, const char *row, const char *what, const char *condition,
	size_t hits, size_t n, struct bar bar);
/* Mean of values[n], with the normal interval of so many; `share`: of shares. */
void claims_mean(struct claims *c, const char *row, const char *what, const char *condition,
	const double *values, size_t n, bool share, struct bar bar);
/* Median of values[n] (sorted here) over `by`, with the interval of order statistics. */
void claims_median(struct claims *c, const char *row, const char *what, const char *condition,
	double *values, size_t n, double by, struct bar bar);

enum claim_state claim_state(const struct claim *c);
size_t claims_count(const struct claims *c, enum claim_state state);
/* A heading; the last line. */
void claims_head(FILE *out);
void claims_sum(const struct claims *c, FILE *out);
/* One object with an array "claims"; new reference. */
json_t *claims_json(const struct claims *c);
/* With a heading. */
void claims_csv(const struct claims *c, FILE *out);
void claims_release(struct claims *c);

#endif
