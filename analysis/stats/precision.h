/* precision.h - how well a run knows the ratios between levels: what adaptive passes stop by.
 *
 * Only widths count, never p or an estimate, so that looking does not bias (docs/statistics.md).
 * The width is that of the pooled intervals at 97 %, so that 95 % hold after up to four looks. */
#ifndef STATS_PRECISION_H
#define STATS_PRECISION_H

#include "summary.h"

struct precision {
	/* Largest half-width of the ratio between two levels of any factor, as a fraction, over the
	 * primary metrics; each metric's is divided by its margin and multiplied by that of
	 * throughput, so that 2 % asked of throughput asks 5 % of TTFT.  NaN: unknown. */
	double widest;
	const char *factor; /* where it is */
	enum metric metric;
	const char *why; /* unknown: the reason; else NULL.  In the dataset's arena or static */
};

void precision_find(struct precision *p, struct dataset *d);

#endif
