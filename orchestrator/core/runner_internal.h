/* runner_internal.h - what the files of the runner share; nobody else includes it.
 *
 *	runner.c        made and freed; events in, interrupt
 *	runner_turn.c   whose turn it is on a host, the end of a lane and of the run
 *	runner_legs.c   which passes are whose: dealt out at the start, moved, counted
 *	runner_fleet.c  a lane that gives up is set aside, and may come back
 *	runner_ticket.c the requests in flight, and sending one
 *	runner_clear.c  unloading, and waiting until the server says it is gone
 *	runner_load.c   one model load: its first warm-up, the others, read-back, out of memory
 *	runner_visit.c  one visit: which items are open, which may be in flight together, its end
 *	runner_items.c  what each response means for the next request
 *	runner_burst.c  open loop: items that are due, a server that falls behind
 *	runner_left.c   the time that what is open will take
 *
 * A lane's `state` says what it waits for, and only that: an event it does not wait for is
 * stale, since an interrupt overtook it, and changes nothing. */
#ifndef CORE_RUNNER_INTERNAL_H
#define CORE_RUNNER_INTERNAL_H

#include "eta.h"
#include "overload.h"
#include "runner.h"

#define NO_VISIT UINT32_MAX
#define NO_LEG   UINT32_MAX

#define RUNNER_GRACE        (10 * NS_PER_S) /* for what is in flight, after an interrupt */
#define RUNNER_CLOSE_WAIT   (5 * NS_PER_S)  /* for the last unload */
#define RUNNER_ASK_AGAIN    (30 * NS_PER_S) /* a server that was set aside */
#define RUNNER_MAX_REFUSALS 5               /* waits of 1, 2, 4, 8, 16 s */
#define RUNNER_FEW_REFUSALS 3               /* where others can take over: waits of 1, 2, 4 s */
#define RUNNER_MAX_OK_ROWS  3               /* of a single request: two more if invalid */
#define RUNNER_MAX_FAILED   3               /* warm-ups in a row in a visit; visits in a row */
#define RUNNER_OOM_LOADS    2               /* then the rest of the block is skipped */
#define RUNNER_OVERLOADS    2               /* then the rest of the cell is skipped */
#define RUNNER_LEAST_PASSES 3               /* before the budget's rest is looked at */

enum lane_state {
	LANE_WAITING,   /* for its turn on the host, or for a look */
	LANE_UNLOADING, /* EVENT_UNLOADED */
	LANE_LOOKING,   /* EVENT_PS: what is in memory */
	LANE_POLLING,   /* EVENT_TIMER, then look again */
	LANE_WARMING,   /* EVENT_RESPONSE of a warm-up, before the first item */
	LANE_READBACK,  /* EVENT_PS: what was loaded */
	LANE_MEASURING, /* EVENT_RESPONSE of items, or of a warm-up between them; EVENT_TIMER: due
			 */
	LANE_PAUSED,    /* EVENT_TIMER, then back to warming or measuring */
	LANE_CLOSING,   /* EVENT_UNLOADED or EVENT_TIMER */
	LANE_CLOSED,
	LANE_ASIDE,  /* EVENT_TIMER, then ask */
	LANE_ASKING, /* EVENT_PS: is it back? */
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
};

/* The visits of one pass on one server: what is dealt out, whole.  A chain through
 * runner.visit_after; visits without anything open are not in it. */
struct leg {
	uint32_t pass;
	uint32_t next;  /* the first visit not yet opened, NO_VISIT none */
	uint32_t left;  /* how many there are */
	uint32_t after; /* the lane's next leg, by pass */
	bool begun;     /* here or in an earlier session */
};

/* A visit that ended before all of its items were tried: what is left of it. */
struct rest {
	uint32_t visit, leg;
	uint32_t warm_ordinal;
	struct works works;
};

/* A cell with a rate that the server could not take. */
struct overloaded {
	uint32_t cell, times;
	char why[120];
};

struct lane {
	struct runner *r;
	struct host *host;
	struct lane *next, *prev; /* ring of the host */
	uint32_t index;           /* server */
	enum lane_state state;
	bool first_clear_made;
	uint32_t bad_visits, bad[RUNNER_MAX_FAILED]; /* that failed, in a row */
	ns armed;                                    /* when its timer is due, NS_NONE none */

	/* Its passes. */
	uint32_t leg;  /* under way, NO_LEG none */
	uint32_t legs; /* the others */
	ns leg_since;  /* NS_NONE: it was begun in an earlier session */

	/* The fleet. */
	bool aside;    /* it gave up */
	bool hopeless; /* and is not asked again */
	bool returned; /* it gave up and came back */
	bool proven;   /* a visit ended well since it came back */
	bool adopts;   /* legs came while it was closing */

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
	const struct visit *visit; /* NULL none open, else &place */
	struct visit place;        /* the plan's, on this server */
	uint32_t visit_number;
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

	/* Its times, for what is left. */
	ns visit_since, visit_ended; /* turn taken, NS_NONE over; last item in */
	ns leave_took;               /* from there to the end of the turn */
	ns unit_since;
	uint32_t unit_ok; /* good responses of the unit */

	/* The open-loop burst, if one is under way. */
	struct {
		bool open;
		ns base; /* items are due so long after it */
		bool answered, gave_up;
		uint32_t waiting;
		struct overload overload;
	} open_loop;
	struct {
		struct overloaded *v;
		size_t n, cap;
	} overloaded;
};

struct slot {
	struct ticket t;
	struct work w;
};

/* A visit that a first load out of memory ended: skipped too if there is a second one. */
struct deferred {
	struct works works;
	struct visit visit;
};

struct oom {
	uint32_t loads;
	uint32_t deferred; /* index + 1 into runner.deferred, 0 none */
	bool from_past;    /* given up by earlier sessions: no load of it is planned */
};

/* A pass, over all servers. */
struct pass {
	uint32_t visits; /* of the plan */
	uint32_t left;   /* not gone through yet */
	bool begun;
};

/* What will be, as far as was seen. */
struct left {
	struct eta *eta;
	double *block_s; /* [nblocks] of the sum being made, NaN not known yet */
	ns left, at;     /* at that instant so much was left; NS_NONE unknown */
	uint64_t seen;
	bool asked; /* since then */
};

struct runner {
	const struct plan *plan;
	struct runner_past past;
	uint32_t session, next_load, room;
	bool shared;         /* passes may go to any server */
	const char **models; /* different ones of the blocks */
	size_t nmodels;
	struct lane *lanes;
	struct host *hosts;
	size_t nlanes, open_lanes;
	uint32_t *visit_after; /* [nvisits] the next one of its leg */
	struct {
		struct leg *v;
		size_t n, cap;
	} legs;
	struct {
		struct rest *v;
		size_t n, cap;
	} rests;
	struct pass *passes; /* [npasses + 1]; 0 holds the sentinels before the first */
	uint32_t npasses;
	struct oom *oom; /* [nservers][nblocks] */
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
	bool cut;   /* work was left because of the interrupt */
	bool gone;  /* a lane gave up, and nobody was there to take its work */
	bool woken; /* lanes may go on that had nothing to do */
	/* Looks. */
	uint32_t look; /* the next, index into plan.looks */
	bool looking, enough;
	/* Budget. */
	ns budget, deadline; /* NS_NONE none */
	ns longest_pass;
	bool out_of_time;
	struct left *left;
	char why[RUNNER_WHY];
	/* Of the step under way. */
	ns now;
	struct effects *out;
};

/* runner.c */
struct oom *runner_oom(const struct runner *r, const struct visit *v);
struct effect *runner_emit(struct runner *r, enum effect_kind kind, const struct lane *l);
void lane_arm(struct lane *l, ns at);

/* runner_turn.c */
void host_join(struct host *h, struct lane *l);
void host_go(struct host *h);
void lane_turn_over(struct lane *l);
void lane_close(struct lane *l);
void lane_closed(struct lane *l);
/* Asks whether it is enough, once every lane has come to that point; passes the look over where one
 * that is set aside has left something before it. */
void look_if_due(struct runner *r);
void looked(struct runner *r, bool enough);
void runner_stop(struct runner *r);

/* runner_legs.c */
void legs_deal(struct runner *r);
/* The next visit to open, NO_VISIT none; *held: there is one, but the pass waits for a look. */
uint32_t legs_next(struct lane *l, bool *held);
/* The visit under way was gone through. */
void legs_visit_over(struct lane *l);
bool legs_any(const struct lane *l);
/* Takes a leg out of the lane's, or puts one in. */
void legs_take(struct lane *l, uint32_t leg);
void legs_give(struct lane *l, uint32_t leg);
uint32_t legs_left(const struct lane *l); /* visits not yet opened */
void legs_count_passes(const struct runner *r, struct runner_progress *p);

/* runner_fleet.c */
void lane_give_up(struct lane *l, const char *why);
/* How often a server may refuse before its lane gives up: others that can do its work need not wait
 * long for it. */
uint32_t fleet_refusals(const struct lane *l);
/* A visit failed: what is left of it, should the lane be set aside for it. */
void fleet_keep_rest(struct lane *l);
/* What is left of a visit that had been begun; false if it had not. */
bool fleet_take_rest(struct lane *l, uint32_t visit);
void fleet_forget_rests(struct lane *l);
/* A pass that nobody has begun, for a lane that came back; false if there is none. */
bool fleet_steal(struct lane *l);
void fleet_on_timer(struct lane *l);
void fleet_on_ps(struct lane *l, bool answered);

/* runner_ticket.c */
void lane_send(struct lane *l, const struct work *w, enum phase phase, bool load_due, ns due);
void runner_skip(struct runner *r, const struct visit *v, const struct work *w, const char *why);
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
/* Rows that a request may have which are ok, the last ones invalid.  One of a burst is not made
 * again: without the others it would meet an idle server, and its row would tell of no burst. */
uint32_t visit_most_rows(const struct item *it);
/* Appends the items of a visit that the past has not done; returns how many it has in all. */
size_t visit_works(const struct runner *r, const struct visit *v, struct works *ret);
/* Opens the lane's next visit that has something to send; false when there is none now. */
bool visit_next(struct lane *l, bool *held);
void visit_on_pause_over(struct lane *l);
/* Sends whatever may be sent now; ends the visit when that is nothing. */
void visit_pump(struct lane *l);
void visit_drop(struct lane *l);

/* runner_items.c */
void item_on_response(
	struct lane *l, const struct slot *slot, const struct sample *s, enum validity validity);

/* runner_left.c */
struct left *left_new(const struct runner *r);
void left_free(struct left *left);
/* Called when a response is in and nothing was sent after it yet. */
void left_on_response(struct lane *l, const struct slot *slot, const struct sample *s);
void left_on_warm(struct lane *l);
void left_on_turn_over(struct lane *l);
void left_refresh(struct runner *r);
/* NS_NONE while too little was seen. */
ns left_now(struct runner *r);

/* runner_burst.c */
enum burst_next { BURST_SEND, BURST_WAIT, BURST_SKIPPED };
/* Whether the next item, which has a rate, may be sent now; *due is then when it should have been.
 * BURST_SKIPPED: it and more were skipped. */
enum burst_next burst_next(struct lane *l, ns *due);
/* Whether an open-loop burst is under way and has items to come. */
bool burst_goes_on(const struct lane *l);
void burst_break(struct lane *l);
void burst_on_response(struct lane *l, const struct work *w, const struct sample *s);
/* Items of a visit just opened whose cells were too much twice. */
void burst_skip_known(struct lane *l);

#endif
