/* seen.h - what the summary of a sweep said, beside the truth. */
#ifndef CALIBRATE_SEEN_H
#define CALIBRATE_SEEN_H

#include "chain.h"

#define SEEN_TESTS 6 /* num_ctx, temperature and both, in throughput and TTFT */

enum { SEEN_RUNNER, SEEN_REQUEST, SEEN_CELL, SEEN_INTERVALS };

/* One interval of each kind, so that those of different sweeps are independent: metric, level and
 * cell go by the number of the sweep. */
struct seen_interval {
	bool given, holds;
	double width; /* on the logarithm */
};

struct seen {
	/* Bits by test. */
	uint8_t tests, withheld, small, effects; /* small: unadjusted p below .05 */
	/* An `effect` where there is none in truth. */
	bool alarm;
	bool worse;                 /* some setting is called worse than the best */
	bool trend, sentinel, step; /* warnings: a trend, another sentinel, a step in the run */
	bool cell;                  /* of a cell: humps, or a trend of its own */
	struct seen_interval interval[SEEN_INTERVALS];
};

/* Names of the tests. */
extern const char *const seen_tests[SEEN_TESTS];

/* Plays sweep `number`. */
int seen_play(struct seen *s, const struct chain *c, uint64_t seed, size_t number, struct err *e);

#endif
