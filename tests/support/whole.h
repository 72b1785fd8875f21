/* whole.h - whole sweeps under the virtual clock, watched row by row: one load per visit, never two
 * cells or two servers of a host at once, each run_id once.  A rule that is broken fails the test
 * on the spot. */
#ifndef TESTS_WHOLE_H
#define TESTS_WHOLE_H

#include "fake_ledger.h"
#include "virtual.h"

#define WHOLE_SERVERS 4
#define WHOLE_VISITS  512

struct whole_seen {
	ns sent, done;
	uint32_t cell, burst, lane;
	bool warmup;
};

struct whole {
	struct fake_plan plan;
	struct fake_ledger ledger;
	struct sim *sims[WHOLE_SERVERS];
	struct row_schema schema;
	const char *what;
	uint64_t events, measured;
	uint32_t digest; /* of all rows */
	struct whole_seen recent[256];
	size_t nseen;
	uint32_t most_together;
	char load_of_visit[WHOLE_VISITS][24];
	uint32_t order[WHOLE_VISITS]; /* visits as they began */
	size_t nbegun;
	bool moved; /* servers fail: a visit may be on another one than planned */
	ns now;
	/* For session.look and the budget; NULL, NS_NONE: none. */
	bool (*look)(void *arg, uint32_t pass);
	void *look_arg;
	ns budget;
	/* How the last session went. */
	enum stop_reason stopped;
	bool has_stopped;
	char why[RUNNER_WHY];
	ns first_sent;
	void (*progress)(struct whole *w, const struct session *s, ns now); /* may be NULL */
};

/* The plan is made already. */
void whole_begin(struct whole *w, uint64_t seed, const char *what, const struct sim_config *c);
void whole_release(struct whole *w);
/* One session over what the ledger holds.  True if it stopped complete. */
bool whole_run(struct whole *w, uint32_t session, ns interrupt_at, uint64_t die,
	struct runner_progress *progress);

#endif
