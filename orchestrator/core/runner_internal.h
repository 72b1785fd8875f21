/* runner_internal.h - what the files of the runner share; nobody else includes it.
 *
 *	runner.c        events in, the turns of a host, interrupt, the end
 *	runner_ticket.c the requests in flight, and sending one
 *	runner_clear.c  unloading, and waiting until the server says it is gone
 *	runner_load.c   one model load: its first warm-up, the others, read-back, out of memory
 *	runner_visit.c  one visit: which items are open, bursts, what each response means
 *
 * A lane's `state` says what it waits for, and only that: an event it does not wait for is
 * stale, since an interrupt overtook it, and changes nothing. */
#ifndef CORE_RUNNER_INTERNAL_H
#define CORE_RUNNER_INTERNAL_H

#include "runner.h"

#define NO_VISIT UINT32_MAX

#define RUNNER_GRACE        (10 * NS_PER_S) /* for what is in flight, after an interrupt */
#define RUNNER_CLOSE_WAIT   (5 * NS_PER_S)  /* for the last unload */
#define RUNNER_MAX_REFUSALS 5               /* waits of 1, 2, 4, 8, 16 s */
#define RUNNER_MAX_OK_ROWS  3               /* of one run_id: the first and two more if invalid */
#define RUNNER_MAX_FAILED   3               /* warm-ups in a row in a visit; visits in a row */
#define RUNNER_OOM_LOADS    2               /* then the rest of the block is skipped */

enum lane_state {
	LANE_WAITING,   /* for its turn on the host */
	LANE_UNLOADING, /* EVENT_UNLOADED */
	LANE_LOOKING,   /* EVENT_PS: what is in memory */
	LANE_POLLING,   /* EVENT_TIMER, then look again */
	LANE_WARMING,   /* EVENT_RESPONSE of a warm-up, before the first item */
	LANE_READBACK,  /* EVENT_PS: what was loaded */
	LANE_MEASURING, /* EVENT_RESPONSE of items, or of a warm-up between them */
	LANE_PAUSED,    /* EVENT_TIMER, then back to warming or measuring */
	LANE_CLOSING,   /* EVENT_UNLOADED or EVENT_TIMER */
	LANE_CLOSED,
};

/* What follows when nothing of ours is in memory any more. */
enum clear_then { CLEAR_FIRST, CLEAR_LOAD, CLEAR_LEAVE };

/* Why a lane stops sending, once nothing is in flight. */
enum lane_exit { EXIT_NONE, EXIT_VISIT, EXIT_FAILED_VISIT, EXIT_LANE };

/* An open item of the visit. */
struct work {
	struct item item;
	uint32_t attempts; /* rows it has, earlier sessions included */
	uint32_t invalid;  /* of them ok but invalid */
	uint32_t refused;  /* connect errors of this session */
};

struct works {
	struct work *v;
	size_t n, cap;
};

/* Lanes whose servers share a host form a ring; one of them has the turn. */
struct host {
	struct lane *turn; /* NULL when all are closed */
	const char *name;
};

struct lane {
	struct runner *r;
	struct host *host;
	struct lane *next, *prev; /* ring of the host */
	uint32_t index;           /* server */
	enum lane_state state;
	uint32_t next_visit; /* the first not yet opened, or NO_VISIT */
	bool first_clear_made;
	uint32_t bad_visits; /* in a row */

	/* Clearing. */
	enum clear_then then;
	bool *asked; /* [runner.nmodels] unload sent in this clearing */
	bool blind;  /* no /api/ps: a fixed wait stands for the poll */
	ns clear_since, poll_wait;
	const char *loaded; /* model this lane loaded or may have loaded, NULL none */
	const char *stuck;  /* still in memory when the wait ended, NULL none */

	/* The load. */
	struct load load;
	bool is_loaded, load_row_written, load_asked;
	uint32_t warm_ordinal; /* next w of plan_warmup_id */
	uint32_t warm_failed;  /* in a row */
	ns warm_time, warm_time_before;
	uint32_t warm_cell; /* position among the block's cells */
	ns ttft_max;        /* of requests that paid no load */
	ns load_sent;       /* a request that pays is in flight since, NS_NONE none */

	/* The visit. */
	const struct visit *visit; /* NULL none open */
	struct works works;
	size_t next_work;
	uint32_t inflight, burst;
	enum lane_exit exit;
	bool recover;    /* one warm-up before the next item */
	bool reload_due; /* the next request may find the model gone; it will be a warm-up */
	enum { WAIT_NONE, WAIT_REFUSED, WAIT_FAILED } wait;
	enum lane_state resume; /* after the pause */
	uint32_t refusals;      /* in a row */
	char last_error[160];
};

struct slot {
	struct ticket t;
	struct work w;
};

/* A visit that a first load out of memory ended: skipped too if there is a second one. */
struct deferred {
	struct works works;
	uint32_t visit;
};

struct oom {
	uint32_t loads;
	uint32_t deferred; /* index + 1 into runner.deferred, 0 none */
	bool from_past;    /* given up by earlier sessions: no load of it is planned */
};

struct runner {
	const struct plan *plan;
	struct runner_past past;
	uint32_t session, next_load;
	const char **models; /* different ones of the blocks */
	size_t nmodels;
	struct lane *lanes;
	struct host *hosts;
	size_t nlanes, open_lanes;
	uint32_t *visit_after; /* [nvisits] the same server's next one */
	bool *visit_done;      /* [nvisits] by earlier sessions; NULL: none is */
	struct oom *oom;       /* [nservers][nblocks] */
	struct {
		struct deferred *v;
		size_t n, cap;
	} deferred;
	struct {
		struct slot **v;
		size_t n, cap;
	} slots;
	struct {
		uint32_t *v;
		size_t n, cap;
	} free_slots, skipped;
	uint32_t inflight;
	struct runner_progress progress;
	bool started, interrupted, cancelled, stopped;
	bool cut;  /* work was left because of the interrupt */
	bool gone; /* a lane gave up */
	char why[200];
	/* Of the step under way. */
	ns now;
	struct effects *out;
};

/* runner.c */
struct oom *runner_oom(const struct runner *r, const struct visit *v);
struct effect *runner_emit(struct runner *r, enum effect_kind kind, const struct lane *l);
void lane_arm(struct lane *l, ns at);
void lane_turn_over(struct lane *l);
void lane_give_up(struct lane *l, const char *why);
void lane_close(struct lane *l);

/* runner_ticket.c */
void lane_send(struct lane *l, const struct work *w, enum phase phase, bool load_due);
void runner_skip(struct runner *r, uint32_t visit, const struct work *w, const char *why);
struct slot *runner_slot(const struct runner *r, uint32_t ticket);
void runner_slot_release(struct runner *r, uint32_t ticket);
void runner_forget_skipped(struct runner *r);
void runner_cancel_all(struct runner *r);

/* runner_clear.c */
void clear_begin(struct lane *l, enum clear_then then);
void clear_on_unloaded(struct lane *l);
void clear_on_ps(struct lane *l, const struct ps_list *ps);
void clear_on_timer(struct lane *l);

/* runner_load.c */
void load_begin(struct lane *l);
void load_on_response(struct lane *l, const struct ticket *t, const struct sample *s);
void load_on_ps(struct lane *l, const struct ps_list *ps);
bool load_wants_warmup(const struct lane *l);
void load_send_warmup(struct lane *l);
/* Once for every load that was asked for: its warm-ups are over, or it failed. */
void load_write_row(struct lane *l);
/* The open items of a block that was out of memory twice. */
void load_skip_visit(struct lane *l);

/* runner_visit.c */
/* Appends the items of a visit that the past has not done; returns how many it has in all. */
size_t visit_works(const struct runner *r, uint32_t visit, struct works *ret);
/* Opens the lane's next visit that has something to send; false when there is none. */
bool visit_next(struct lane *l);
void visit_on_response(
	struct lane *l, const struct slot *slot, const struct sample *s, enum validity validity);
void visit_on_pause_over(struct lane *l);
/* Sends whatever may be sent now; ends the visit when that is nothing. */
void visit_pump(struct lane *l);
void visit_drop(struct lane *l);

#endif
