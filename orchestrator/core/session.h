/* session.h - one start or resume of a run: the runner, joined to the journal.
 *
 * A world (world/loop.h, world/virtual.h) carries effects out and brings events back through
 * session_event(), which writes the rows first and then steps the runner: what was measured is on
 * disk before anything is decided by it.  Works without a journal (probe, rehearsal): rows then go
 * nowhere, and `on_row` sees them. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "audit.h"
#include "journal.h"
#include "runner.h"

struct session {
	const struct plan *plan;
	struct journal *journal; /* may be NULL; borrowed */
	struct row_schema schema;
	struct runner *runner;
	struct audit *audit; /* per lane */
	uint32_t number;
	uint64_t order;
	enum phase measure_as; /* PHASE_MEASURE, or PHASE_PROBE */
	ns wall_minus_mono;    /* to date loads */
	enum stop_reason stopped;
	bool has_stopped;
	char why[RUNNER_WHY];
	uint64_t count[STATUS_COUNT]; /* rows by status, warm-ups apart */
	uint64_t warmup_rows;
	/* Told of every row after it was written; may be NULL. */
	void (*on_row)(void *arg, const struct row_keys *k, const struct sample *s);
	void *on_row_arg;
	/* Asked after a pass at which the plan looks: are the ratios known as well as asked?  A
	 * world calls it for EFFECT_LOOK and brings EVENT_LOOKED.  NULL: never.  It may be called
	 * on a thread of its own while the session goes on, so it only reads files and tells
	 * nobody; `looked` (may be NULL) is called after it where everything else is. */
	bool (*look)(void *arg, uint32_t pass);
	void (*looked)(void *arg);
	void *look_arg;
	/* Told of what a person should know at once; may be NULL. */
	void (*on_note)(void *arg, const char *line);
	void *on_note_arg;
};

/* With how many requests in flight this machine measures well (`chimera doctor`); not known after
 * init. */
void session_set_trusted(struct session *s, uint32_t streams);
int session_init(struct session *s, const struct plan *p, struct journal *j, uint32_t number,
	ns wall_minus_mono, struct err *e);
void session_release(struct session *s);
/* Returns -1 if a row could not be written (the run must stop; what was written stays). */
int session_event(struct session *s, struct event *ev, ns now, struct effects *out, struct err *e);

#endif
