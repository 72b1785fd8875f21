/* fake_world.h - a world for the runner alone: no session, no model, a clock that jumps.
 *
 * It answers as the test wishes, writes down in short what the runner does, keeps the rows as a
 * journal would, and fails the test on the spot where a rule of the schedule is broken: one cell
 * and one burst in flight, items of a rate when they are due, each load after an unload or a crash,
 * no item that pays one, servers of one host visit by visit, looks when nothing is in flight,
 * nothing new after an interrupt, EFFECT_STOP once and last, and an end to it all.
 *
 * The trace has one word per thing done: "unload", "ps", "W" (a warm-up that pays a load), "w" (one
 * that does not), "m" an item, "s" one of the sentinel, "load:STATUS:WARMUPS", "skip", "wait:MS",
 * "grace", "cancel", "look:PASS", "note", "stop:REASON"; with several lanes the lane stands before
 * it ("1:m"). */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H

#include "fake_ledger.h"
#include "str.h"

#define FAKE_LANES 4

/* How a request ends. */
struct fake_answer {
	enum status status;
	int http_status;
	bool broken;    /* the connection */
	ns takes, ttft; /* ttft NS_NONE: no content */
	ns load, total; /* the server's, NS_NONE unknown */
	enum validity validity;
	const char *error;
};

struct fake_server {
	const char *resident; /* model in memory, NULL none */
	ns gone_at;           /* when it leaves, NS_NONE it stays */
	bool stuck;           /* unloads are answered and not done */
	bool deaf;            /* unloads are never answered */
	bool ps_fails;
	const char *other;        /* somebody else's model in memory */
	ns dead_from, dead_until; /* no answer to anything; NS_NONE: never */
	/* For the rules. */
	uint32_t inflight, burst, cell, block;
	char load_id[24];
};

struct fake_pending {
	ns at;
	uint64_t number;
	enum event_kind kind;
	int lane;
	uint32_t ticket;
	struct fake_answer answer;
	ns sent, due;
	bool enough;
};

struct fake_world;
typedef bool fake_look_fn(struct fake_world *w, uint32_t pass);
typedef void fake_answer_fn(struct fake_world *w, const struct ticket *t, struct fake_answer *a);

struct fake_world {
	const struct plan *plan;
	struct fake_ledger *ledger;
	const char *what;       /* printed when a rule is broken: the seed */
	fake_answer_fn *answer; /* changes what is all well by default; may be NULL */
	fake_look_fn *look;     /* NULL: never enough */
	ns look_takes;
	ns interrupt_look; /* so long after a look began; 0: never */
	void *arg;
	ns budget;               /* NS_NONE: none */
	uint32_t room;           /* requests in flight; 0: as many as the runner likes */
	ns now, interrupt_at;    /* NS_NONE: never */
	uint64_t die_after_rows; /* 0: never; then it ends like by kill -9 */
	struct fake_server servers[FAKE_LANES];
	/* What came of it. */
	struct runner *runner;
	struct str trace;
	uint64_t requests, rows, measured, load_rows, skips, events;
	struct load last_load; /* of the latest EFFECT_LOAD_ROW */
	struct runner_progress progress;
	bool interrupted, stopped;
	enum stop_reason reason;
	char why[RUNNER_WHY], last_note[RUNNER_WHY], last_skip[RUNNER_WHY];
	uint32_t looks, notes;
	ns last_late; /* how long after it was due the latest request was sent */
	/* Its own. */
	struct {
		struct fake_pending *v;
		size_t n, cap;
	} pending;
	struct effects effects;
	bool looking;
	uint64_t last_number, timer_number[FAKE_LANES + 1];
	int last_sender[FAKE_LANES]; /* by the first lane of a host */
};

void fake_world_init(struct fake_world *w, const struct plan *p, struct fake_ledger *ledger);
/* One session, to its end. */
void fake_world_run(struct fake_world *w, uint32_t session, const struct runner_past *past);
void fake_world_release(struct fake_world *w);

#endif
