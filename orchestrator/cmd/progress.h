/* progress.h - one line that tells how far a run is: rewritten in place on a terminal, else a plain
 * line now and then.  Nothing with --quiet. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "session.h"

struct progress {
	bool quiet, tty;
	bool wipe; /* at its end the line is taken away: another says what came of it */
	bool begun;
	uint64_t last_tenth; /* plain mode: the last tenth that was told */
	ns last_told;
	bool line_open;
};

void progress_init(struct progress *p, bool quiet);
/* loop_options.progress and virtual_options.progress. */
void progress_show(void *arg, const struct session *s, ns now);
/* A line of its own, for good. */
void progress_say(struct progress *p, const char *line);
/* Ends the line, if one is open. */
void progress_end(struct progress *p);

#endif
