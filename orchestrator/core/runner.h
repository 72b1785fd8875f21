/* runner.h - decides what to send and when.  Pure: same plan, same events, same effects.
 *
 * One lane per server.  A lane walks its visits:
 *
 *   NEXT --unload--> UNLOADING --ps: gone--> WARMING --first warm-up ends--> READBACK --ps-->
 *        WARMING (more warm-ups while times fall, at most 5) --> MEASURING --all items--> NEXT
 *   ... after the last visit: CLOSING (unload) --> CLOSED.  All lanes closed: EFFECT_STOP.
 *
 * The first warm-up pays the load.  Never two runner configurations or two cells in flight on a
 * server; lanes whose servers share a host take turns, visit by visit.  An item already done (by
 * the journal) is passed over; a visit without open items makes no load.
 *
 * Open loop.  Items of a burst with a rate are sent when they are due, whatever is in flight.  When
 * the queue grows without end (core/overload.h), or no more may be in flight, what is not yet sent
 * is `skipped` with that reason; after two such bursts so is the rest of the cell on that server.
 *
 * Looks.  No lane goes past a pass at which the plan looks before all passes up to it are through,
 * but for those of servers that are set aside; then EFFECT_LOOK asks whether it is enough.  With
 * visits of such servers open nobody is asked, and the lanes go on.
 *
 * Budget.  Decided from times only: a lane does not begin a pass when the longest so far does not
 * fit into what is left, but for the first three; when it is over, no further visit begins.
 *
 * Fleet.  A lane that gives up is set aside.  Where passes are dealt out to servers, those it has
 * not begun go whole to other lanes, what is left of a begun one to one of them.  Every 30 s it is
 * asked (EFFECT_PS) whether it is back, and then takes part again with passes that nobody has
 * begun.  The run ends as gone when open work has no lane left.
 *
 * Failures.  Every attempt is a row.  A load that is out of memory ends the visit (its items stay
 * open); the second such load of a block on a server makes the rest of the block there `skipped`. A
 * connect_error is answered by waits of 1, 2, 4, 8, 16 s (of 1, 2, 4 where other lanes can take
 * over), then the lane gives up.  After a request that was cut one warm-up follows; after one that
 * may have cost the server its runner (server_error, connect_error, a broken connection) a new load
 * with its own load_id, warm-ups and row, made but not planned.  So no measured request waits for
 * what is left of another or pays a reload.  Three failed warm-ups in a row end the visit, three
 * such visits the lane.  Invalid rows of single requests are measured again, at most twice; a burst
 * has one request fewer instead.
 *
 * Interrupt.  Nothing new starts; what is in flight has 10 s, then is cancelled; lanes unload;
 * stop. */
#ifndef CORE_RUNNER_H
#define CORE_RUNNER_H

#include "facts.h"
#include "plan.h"
#include "row.h"
#include "sample.h"

enum event_kind {
	EVENT_START,
	EVENT_RESPONSE, /* ticket, sample, validity: a request ended (its row is written) */
	EVENT_UNLOADED, /* lane: the unload request was answered or failed */
	EVENT_PS,       /* lane, ps, answered */
	EVENT_TIMER,    /* lane; lane -1 is the interrupt's timer */
	EVENT_LOOKED,   /* enough: what EFFECT_LOOK asked */
	EVENT_INTERRUPT,
};

struct event {
	enum event_kind kind;
	int lane;
	uint32_t ticket;
	const struct sample *sample; /* borrowed for the call */
	enum validity validity;
	const struct ps_list *ps;
	bool answered; /* the server answered, if only to say that it has no /api/ps */
	bool enough;
};

enum effect_kind {
	EFFECT_REQUEST,  /* lane, ticket: send what runner_ticket() says */
	EFFECT_UNLOAD,   /* lane, model: then EVENT_UNLOADED */
	EFFECT_PS,       /* lane: then EVENT_PS */
	EFFECT_TIMER,    /* lane, at: then EVENT_TIMER; replaces the lane's earlier timer */
	EFFECT_LOAD_ROW, /* lane, load: write a row of loads.csv */
	EFFECT_SKIP,     /* ticket: write a `skipped` row with the reason; no event follows */
	EFFECT_CANCEL,   /* ticket: cut it; its EVENT_RESPONSE follows */
	EFFECT_LOOK,     /* pass: every visit of the passes up to it was gone through, nothing is in
			    flight; is it enough?  then EVENT_LOOKED */
	EFFECT_NOTE,     /* `why` is a line for a person: a server was set aside, or is back */
	EFFECT_STOP,     /* nothing more will come; in `reason` how it ended */
};

#define RUNNER_WHY          300
#define RUNNER_MAX_INFLIGHT 4096

enum stop_reason {
	STOP_COMPLETE,
	STOP_INTERRUPTED,
	STOP_SERVER_GONE,
	STOP_ENOUGH, /* a look found the ratios known as well as asked; `why` says after which pass
		      */
	STOP_BUDGET, /* the next pass would not fit into what is left of the budget */
};

struct effect {
	enum effect_kind kind;
	int lane;
	uint32_t ticket;
	ns at;
	uint32_t pass;
	const char *model;
	struct load load;
	enum stop_reason reason;
	char why[RUNNER_WHY];
};

struct effects {
	struct effect *v;
	size_t n, cap;
};

/* A request in flight, or just ended: all that its row and its sending need. */
struct ticket {
	bool used;
	int lane;
	struct item item; /* run_id of a warm-up is set too */
	enum phase phase;
	struct load load; /* as known when it was sent */
	uint32_t pass, attempt;
	bool load_due; /* by the schedule it pays the load */
	ns due;
	double limit_connect_s, limit_first_s, limit_stall_s, limit_total_s; /* total 0: none */
};

/* What the runner must know of earlier sessions; all may be answered "none". */
struct runner_past {
	void *arg;
	bool (*done)(void *arg, const char *run_id);
	uint32_t (*attempts)(void *arg, const char *run_id);
	uint32_t (*invalid)(void *arg, const char *run_id);
	uint32_t (*oom_loads)(void *arg, uint32_t block, const char *server);
};

struct runner; /* opaque: lanes, tickets, counters */

struct runner *runner_new(const struct plan *p, uint32_t session, uint32_t first_load,
	const struct runner_past *past);
void runner_free(struct runner *r);
/* Before EVENT_START.  How long this session may take from its first request on (NS_NONE: as long
 * as it takes), and how long the longest pass took a server in earlier sessions (0 unknown); how
 * many requests may be in flight at once (RUNNER_MAX_INFLIGHT by default). */
void runner_set_budget(struct runner *r, ns budget, ns pass);
void runner_set_room(struct runner *r, uint32_t inflight);
/* Appends to *out the effects to carry out, in order. */
void runner_step(struct runner *r, const struct event *ev, ns now, struct effects *out);
/* Valid from EFFECT_REQUEST until its EVENT_RESPONSE was stepped. */
const struct ticket *runner_ticket(const struct runner *r, uint32_t ticket);

struct runner_progress {
	uint64_t done, total; /* measured requests, earlier sessions included; no sentinels */
	uint64_t failed;      /* rows of this session that are not ok, warm-ups apart */
	uint64_t loads_made, loads_planned;
	bool loading; /* lane 0 waits for a load since `loading_since` */
	ns loading_since;
	uint32_t cell, block; /* current, of the lane that moved last */
	ns left;              /* time that what is open will take, NS_NONE unknown (core/eta.h) */
	uint32_t sick;        /* servers set aside */
	uint32_t passes_made, passes_incomplete, passes_dropped; /* whole; begun; not begun */
	ns last_ttft;
	double last_tok_s;
	bool interrupted;
};
void runner_progress(struct runner *r, struct runner_progress *ret);

#endif
