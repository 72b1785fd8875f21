/* noise.h - the noise of a run, part by part, with the limits within which it is known.
 *
 * What a plan for another run, or a rehearsal of one, starts from (docs/statistics.md, power).
 * Throughput and TTFT have noise of their own; only these two are filled in. */
#ifndef STATS_NOISE_H
#define STATS_NOISE_H

#include "dataset.h"

/* One-sided: the true value is below `high` with 80 %, and above `low` with 80 %. */
struct noise_part {
	double value, low, high;
	bool assumed; /* the run could not tell */
};

struct noise_of {
	/* sds of logarithms: requests of a load, loads of a pass, passes. */
	struct noise_part request, load, pass;
	struct noise_part ar1;  /* of successive requests of a load */
	struct noise_part tail; /* share of requests from Student's t with 3 degrees of freedom */
};

enum noise_origin { NOISE_ASSUMED, NOISE_GIVEN, NOISE_RUN };

struct noise {
	struct noise_of of[METRIC_COUNT];
	enum noise_origin origin;
	char from[200]; /* the run; "" otherwise */
};

/* Whether `m` is one of the two. */
bool noise_has(enum metric m);

/* Requests 1 %, loads 0.7 %, passes 0.5 %: a quiet machine, until one has been measured. */
void noise_assumed(struct noise *n);
/* "request=1%,load=0.7%,ttft.load=2%,ar1=0.3": what is not named stays assumed. */
int noise_parse(struct noise *n, const char *text, struct err *e);
/* From a run; a part that it cannot tell is assumed.  ERR_DATA where nothing can be said. */
int noise_fit(struct noise *n, struct dataset *d, struct err *e);

/* All sds times `factor`; shape as it was. */
void noise_scale(struct noise *n, double factor);
/* Each part at its upper limit. */
void noise_upper(struct noise *n);
bool noise_is_assumed(const struct noise *n); /* any sd of it */

#endif
