/* status_read.h - what is known of a run from its directory alone. */
#ifndef CMD_STATUS_READ_H
#define CMD_STATUS_READ_H

#include <jansson.h>

#include "journal_tally.h"
#include "sweep.h"

struct run_status {
	const char *dir; /* borrowed */
	json_t *manifest;
	json_t *search; /* search.json of a capacity search, whose levels are chosen as it goes, so
			   that nothing is planned; else NULL */
	struct sweep sweep;
	struct journal_tally tally;
	uint64_t requests, loads, passes; /* planned; 0 unknown */
	uint32_t passes_complete;
	uint64_t failed; /* rows that are not ok, warm-ups apart */
	uint64_t set_aside;
	double per_second;   /* measured requests; NaN unknown */
	double seconds_left; /* NaN unknown, or nothing is measuring */
	const char *state;   /* "running", "complete", "interrupted", ..., "killed", "unknown" */
};

/* ERR_JOURNAL for what is not a run directory.  On failure nothing is left. */
int status_read(struct run_status *s, const char *dir, struct err *e);
/* How many levels of a search are told, and how many were begun. */
void status_levels(const struct run_status *s, size_t *told, size_t *begun);
void status_release(struct run_status *s);
/* The object that `chimera status --json` prints; new reference. */
json_t *status_json(const struct run_status *s);

#endif
