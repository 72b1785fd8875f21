/* measure.h - carries a plan out into a run directory: the part that `run` and `resume` share. */
#ifndef CMD_MEASURE_H
#define CMD_MEASURE_H

#include "journal.h"
#include "session.h"
#include "setup.h"

struct measure_options {
	bool quiet;
	bool retry_failed, no_chunks;
};

/* How it went. */
struct measured {
	bool ran; /* a session was begun */
	const char *
		end; /* "complete", "interrupted", "server gone" or "failed", as in manifest.json */
	enum stop_reason stopped;
	char why[200];
	uint64_t total, done, failed, loads_made, loads_planned, rows;
	double seconds;
};

/* Measures what is open in `dir`.  `resume` continues an existing journal.  0 when the session
 * ended in good order (also interrupted, or the server gone: see m->stopped), -1 with the error
 * otherwise; what was measured is kept in every case. */
int measure(const struct setup *s, const char *dir, bool resume, const struct measure_options *opt,
	struct measured *m, struct err *e);

#endif
