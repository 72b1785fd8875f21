/* measure.h - carries a plan out into a run directory: the part that `run` and `resume` share. */
#ifndef CMD_MEASURE_H
#define CMD_MEASURE_H

#include "journal.h"
#include "session.h"
#include "setup.h"

/* A session that tries one level of a capacity search: its rows are of phase search, and the run
 * directory tells of the whole search. */
struct measure_search {
	const struct plan *whole; /* for sweep.json and manifest.json */
	void (*on_row)(void *arg, const struct row_keys *k, const struct sample *s);
	void *arg;
	ns *clock; /* of the virtual world: where it goes on, NS_NONE at first; where it ended */
};

struct measure_options {
	bool quiet;
	bool retry_failed, no_chunks;
	bool no_look;                        /* the passes are made, whatever is known by then */
	const struct measure_search *search; /* NULL: an ordinary run */
};

/* How it went. */
struct measured {
	bool ran; /* a session was begun */
	uint32_t session;
	const char *end; /* "complete", "interrupted", "server gone", "enough", "budget" or
			    "failed", as in manifest.json */
	enum stop_reason stopped;
	char why[RUNNER_WHY];
	char looked[300]; /* what the last look found, "" none was taken */
	uint32_t passes_made, passes_incomplete, passes_dropped;
	uint64_t total, done, failed, loads_made, loads_planned, rows;
	double seconds;
};

/* Measures what is open in `dir`.  `resume` continues an existing journal.  0 when the session
 * ended in good order (also interrupted, or the server gone: see m->stopped), -1 with the error
 * otherwise; what was measured is kept in every case. */
int measure(const struct setup *s, const char *dir, bool resume, const struct measure_options *opt,
	struct measured *m, struct err *e);

#endif
