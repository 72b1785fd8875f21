/* rehearse_tally.h - many rehearsals on one stage, counted. */
#ifndef CMD_REHEARSE_TALLY_H
#define CMD_REHEARSE_TALLY_H

#include "rehearse.h"

/* So many of so many. */
struct rehearse_share {
	size_t hits, of;
};

struct rehearse_tally {
	size_t asked, played;
	char why[300];                  /* of the first that was not played; "" */
	struct rehearse_share *plants;  /* [nplants] verdict effect on the right factor, in order */
	struct rehearse_share *effects; /* [truth.n] verdict effect */
	struct rehearse_share alarms;   /* any `effect` where there is none in truth */
	struct rehearse_share covered;  /* ratios of the planted factors, in the planted measure */
	struct rehearse_share held[METRIC_COUNT];
	double mean_size[METRIC_COUNT];                          /* NaN: never a set */
	struct rehearse_share withheld, inconclusive, no_effect; /* of the family's tests */
	struct rehearse_share enough;                            /* stopped by its own looks */
	/* Medians and 95th percentiles. */
	double loads[2], requests[2], passes[2], seconds[2];
};

/* Plays `times` rehearsals with seeds of their own from `seed` on, on `jobs` threads; the result
 * does not depend on how many.  `plants` are those whose detection is counted (also of a stage
 * without them). */
void rehearse_tally_make(struct rehearse_tally *t, const struct rehearse_stage *stage,
	const struct rehearse_truth *truth, uint64_t seed, size_t times, size_t jobs);
void rehearse_tally_release(struct rehearse_tally *t);

/* Its 95 % interval of Clopper and Pearson. */
void rehearse_share_limits(struct rehearse_share s, double *low, double *high);

#endif
