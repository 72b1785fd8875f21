/* loop.h - the real world: carries a session's effects out on a libuv loop with libcurl.
 * Signals: the first SIGINT, SIGTERM or SIGHUP interrupts the session, a second one ends the
 * process at once (exit 130; the journal is safe).  The journal is synced on the thread pool once a
 * second. */
#ifndef WORLD_LOOP_H
#define WORLD_LOOP_H

#include "session.h"

struct loop_options {
	/* Called at most ten times a second and at the end; may be NULL. */
	void (*progress)(void *arg, const struct session *s, ns now);
	void *progress_arg;
	bool signals; /* install the handlers */
};

/* Runs to EFFECT_STOP.  0, or -1 when rows could not be written or the loop failed; how the session
 * ended is in it. */
int loop_run(struct session *s, const struct loop_options *opt, struct err *e);

#endif
