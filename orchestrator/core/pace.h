/* pace.h - how long loads, requests and bursts take, from the rows of a run.
 *
 * A request's own time says nothing of a burst's: it holds the wait for a slot, and requests
 * overlap as far as the server has slots.  So single requests give the time of a request, and each
 * burst gives its own, from its first send to its last answer. */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define PACE_MAX_BURSTS 64

/* Bursts of one concurrency or rate. */
struct pace_burst {
	uint32_t concurrency;
	double rate;        /* 0: closed loop */
	double n;           /* how many were seen */
	double per_request; /* closed loop: of the burst's time */
	double after;       /* of a rate: from when the last was due to the end */
};

/* Seconds; NaN where nothing was seen. */
struct pace {
	double per_load, per_request; /* of a request alone on its server */
	struct pace_burst bursts[PACE_MAX_BURSTS];
	size_t nbursts;
};

/* From the tables of runs.csv and loads.csv (may be NULL).  False if they hold too little. */
bool pace_read(struct pace *ret, const struct table *runs, const struct table *loads);
/* What a request (n = 1, concurrency 1, no rate) or a burst of n will take. */
double pace_unit_s(const struct pace *p, uint32_t n, uint32_t concurrency, double rate);

#endif
