/* runner.c - the runner's frame: events in, whose turn it is, interrupt and end.
 *
 * Everything a lane does is begun by an event of its own or by getting the turn of its host.
 * host_go() runs last in a step, so that no handler ever calls into another lane. */
#include "runner_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

/* ---- made and freed ---- */

static void collect_models(struct runner *r)
{
	const struct plan *p = r->plan;

	r->models = xcalloc(p->nblocks + 1, sizeof(*r->models));
	for (uint32_t b = 0; b < p->nblocks; b++) {
		size_t m = r->nmodels;

		/* Blocks of one model mostly stand together: the last found is looked at first. */
		while (m > 0 && strcmp(r->models[m - 1], p->blocks[b].model) != 0)
			m--;
		if (m == 0)
			r->models[r->nmodels++] = p->blocks[b].model;
	}
}

/* Chains each server's visits in their order. */
static void chain_visits(struct runner *r)
{
	const struct plan *p = r->plan;

	r->visit_after = xcalloc(p->nvisits + 1, sizeof(*r->visit_after));
	for (uint32_t v = p->nvisits; v-- > 0;) {
		struct lane *l = &r->lanes[p->visits[v].server];

		r->visit_after[v] = l->next_visit;
		l->next_visit = v;
	}
}

static struct host *host_of(struct runner *r, const char *name, size_t nhosts)
{
	for (size_t h = 0; h < nhosts; h++)
		if (name && r->hosts[h].name && strcmp(r->hosts[h].name, name) == 0)
			return &r->hosts[h];
	return NULL;
}

/* Into the ring before the one that has the turn, so as the last of the round. */
static void join_ring(struct lane *l, struct host *h)
{
	l->host = h;
	if (!h->turn) {
		h->turn = l->next = l->prev = l;
		return;
	}
	l->next = h->turn;
	l->prev = h->turn->prev;
	l->prev->next = l->next->prev = l;
}

static void make_lanes(struct runner *r)
{
	size_t nhosts = 0;

	r->nlanes = r->open_lanes = r->plan->nservers;
	r->lanes = xcalloc(r->nlanes + 1, sizeof(*r->lanes));
	r->hosts = xcalloc(r->nlanes + 1, sizeof(*r->hosts));
	for (size_t i = 0; i < r->nlanes; i++) {
		struct lane *l = &r->lanes[i];
		const char *name = r->plan->servers[i].host;
		struct host *h = host_of(r, name, nhosts);

		l->r = r;
		l->index = (uint32_t)i;
		l->next_visit = NO_VISIT;
		l->load_sent = NS_NONE;
		l->asked = xcalloc(r->nmodels + 1, sizeof(*l->asked));
		if (!h) {
			h = &r->hosts[nhosts++];
			h->name = name;
		}
		join_ring(l, h);
	}
}

struct oom *runner_oom(const struct runner *r, const struct visit *v)
{
	return &r->oom[(size_t)v->server * r->plan->nblocks + v->block];
}

/* Asked once: a journal that goes on counting must not count this session's loads twice. */
static void ask_past_oom(struct runner *r)
{
	const struct plan *p = r->plan;

	r->oom = xcalloc((size_t)p->nblocks * p->nservers + 1, sizeof(*r->oom));
	for (uint32_t s = 0; r->past.oom_loads && s < p->nservers; s++) {
		for (uint32_t b = 0; b < p->nblocks; b++) {
			struct oom *oom = &r->oom[(size_t)s * p->nblocks + b];

			oom->loads = r->past.oom_loads(r->past.arg, b, p->servers[s].name);
			oom->from_past = oom->loads >= RUNNER_OOM_LOADS;
		}
	}
}

/* Counts what the plan holds and what earlier sessions have done of it. */
static void count_visits(struct runner *r)
{
	const struct plan *p = r->plan;

	r->progress.total = p->requests;
	r->progress.loads_planned = p->nvisits;
	if (!r->past.done && !r->past.invalid && !r->past.oom_loads)
		return;
	r->progress.loads_planned = 0;
	r->visit_done = xcalloc(p->nvisits + 1, sizeof(*r->visit_done));
	for (uint32_t v = 0; v < p->nvisits; v++) {
		struct works open = {0};
		size_t n = visit_works(r, v, &open);

		r->visit_done[v] = open.n == 0;
		if (p->visits[v].kind == VISIT_BLOCK)
			r->progress.done += n - open.n;
		if (open.n && !runner_oom(r, &p->visits[v])->from_past)
			r->progress.loads_planned++;
		VEC_RELEASE(&open);
	}
}

struct runner *runner_new(
	const struct plan *p, uint32_t session, uint32_t first_load, const struct runner_past *past)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->plan = p;
	r->session = session;
	r->next_load = first_load;
	if (past)
		r->past = *past;
	r->progress.loading_since = r->progress.last_ttft = NS_NONE;
	collect_models(r);
	make_lanes(r);
	chain_visits(r);
	ask_past_oom(r);
	count_visits(r);
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nlanes; i++) {
		VEC_RELEASE(&r->lanes[i].works);
		free(r->lanes[i].asked);
	}
	for (size_t i = 0; i < r->slots.n; i++)
		free(r->slots.v[i]);
	for (size_t i = 0; i < r->deferred.n; i++)
		VEC_RELEASE(&r->deferred.v[i].works);
	VEC_RELEASE(&r->slots);
	VEC_RELEASE(&r->free_slots);
	VEC_RELEASE(&r->skipped);
	VEC_RELEASE(&r->deferred);
	free(r->lanes);
	free(r->hosts);
	free(r->models);
	free(r->visit_after);
	free(r->visit_done);
	free(r->oom);
	free(r);
}

/* ---- effects ---- */

struct effect *runner_emit(struct runner *r, enum effect_kind kind, const struct lane *l)
{
	struct effect *e = VEC_PUSH(r->out);

	*e = (struct effect){.kind = kind, .lane = l ? (int)l->index : -1, .at = NS_NONE};
	return e;
}

void lane_arm(struct lane *l, ns at)
{
	runner_emit(l->r, EFFECT_TIMER, l)->at = at;
}

/* ---- the end ---- */

static void stop(struct runner *r)
{
	struct effect *e = runner_emit(r, EFFECT_STOP, NULL);

	r->stopped = true;
	e->reason = r->cut ? STOP_INTERRUPTED : r->gone ? STOP_SERVER_GONE : STOP_COMPLETE;
	if (e->reason == STOP_INTERRUPTED)
		snprintf(e->why, sizeof(e->why), "interrupted");
	else if (e->reason == STOP_SERVER_GONE)
		snprintf(e->why, sizeof(e->why), "%s", r->why);
}

static void lane_closed(struct lane *l)
{
	struct runner *r = l->r;

	l->state = LANE_CLOSED;
	if (l->host->turn == l)
		l->host->turn = l->next != l ? l->next : NULL;
	l->next->prev = l->prev;
	l->prev->next = l->next;
	if (--r->open_lanes == 0)
		stop(r);
}

void lane_close(struct lane *l)
{
	visit_drop(l);
	if (!l->loaded) {
		lane_closed(l);
		return;
	}
	/* The one that is on its way already will do. */
	if (l->state != LANE_UNLOADING)
		runner_emit(l->r, EFFECT_UNLOAD, l)->model = l->loaded;
	l->state = LANE_CLOSING;
	lane_arm(l, l->r->now + RUNNER_CLOSE_WAIT);
}

void lane_give_up(struct lane *l, const char *why)
{
	struct runner *r = l->r;
	const char *url = r->plan->servers[l->index].url;

	if (!r->gone)
		snprintf(r->why, sizeof(r->why), "%s: %s", url ? url : "server", why);
	r->gone = true;
	load_write_row(l);
	lane_close(l);
}

/* ---- turns ---- */

void lane_turn_over(struct lane *l)
{
	l->state = LANE_WAITING;
	l->host->turn = l->next;
}

static void take_turn(struct lane *l)
{
	struct runner *r = l->r;

	if (r->interrupted) {
		r->cut |= l->visit || l->next_visit != NO_VISIT;
		lane_close(l);
	} else if (!visit_next(l)) {
		lane_close(l);
	} else if (!l->first_clear_made) {
		l->first_clear_made = true;
		clear_begin(l, CLEAR_FIRST);
	} else {
		clear_begin(l, CLEAR_LOAD);
	}
}

static void host_go(struct host *h)
{
	while (h->turn && h->turn->state == LANE_WAITING)
		take_turn(h->turn);
}

/* ---- events ---- */

static void start(struct runner *r)
{
	if (r->started)
		BUG("the runner was started twice");
	r->started = true;
	if (r->nlanes == 0)
		stop(r);
	for (size_t i = 0; i < r->nlanes; i++)
		host_go(r->lanes[i].host);
}

/* What is in flight is given time; what only waits ends at once. */
static void interrupt_lane(struct lane *l)
{
	struct runner *r = l->r;

	switch (l->state) {
	case LANE_WAITING:
		r->cut |= l->visit || l->next_visit != NO_VISIT;
		lane_closed(l);
		break;
	case LANE_UNLOADING:
	case LANE_LOOKING:
	case LANE_POLLING:
	case LANE_READBACK:
	case LANE_PAUSED:
		r->cut |= l->visit || l->next_visit != NO_VISIT;
		load_write_row(l);
		lane_close(l);
		break;
	case LANE_WARMING:
	case LANE_MEASURING: /* visit_pump ends it when the last response is in */
	case LANE_CLOSING:
	case LANE_CLOSED:
		break;
	}
}

static void interrupt(struct runner *r)
{
	if (r->interrupted)
		return;
	r->interrupted = r->progress.interrupted = true;
	if (r->inflight)
		runner_emit(r, EFFECT_TIMER, NULL)->at = r->now + RUNNER_GRACE;
	for (size_t i = 0; i < r->nlanes && !r->stopped; i++)
		interrupt_lane(&r->lanes[i]);
}

static void on_timer(struct lane *l)
{
	if (l->state == LANE_POLLING)
		clear_on_timer(l);
	else if (l->state == LANE_PAUSED)
		visit_on_pause_over(l);
	else if (l->state == LANE_CLOSING)
		lane_closed(l);
}

static void on_unloaded(struct lane *l)
{
	if (l->state == LANE_UNLOADING)
		clear_on_unloaded(l);
	else if (l->state == LANE_CLOSING)
		lane_closed(l);
}

static void on_ps(struct lane *l, const struct ps_list *ps)
{
	if (l->state == LANE_LOOKING)
		clear_on_ps(l, ps);
	else if (l->state == LANE_READBACK)
		load_on_ps(l, ps);
}

static void on_response(struct runner *r, const struct event *ev)
{
	struct slot *slot = runner_slot(r, ev->ticket);
	struct lane *l = &r->lanes[slot->t.lane];

	l->inflight--;
	r->inflight--;
	if (slot->t.load_due)
		l->load_sent = NS_NONE;
	visit_on_response(l, slot, ev->sample, ev->validity);
	visit_pump(l);
	host_go(l->host);
	/* Last, so that a request sent in this step has another number. */
	runner_slot_release(r, ev->ticket);
}

static struct lane *lane_of(const struct runner *r, const struct event *ev)
{
	if (ev->lane < 0 || (size_t)ev->lane >= r->nlanes)
		BUG("event %d for lane %d of %zu", (int)ev->kind, ev->lane, r->nlanes);
	return &r->lanes[ev->lane];
}

static void lane_event(struct lane *l, const struct event *ev)
{
	if (ev->kind == EVENT_UNLOADED)
		on_unloaded(l);
	else if (ev->kind == EVENT_PS)
		on_ps(l, ev->ps);
	else
		on_timer(l);
	host_go(l->host);
}

void runner_step(struct runner *r, const struct event *ev, ns now, struct effects *out)
{
	r->now = now;
	r->out = out;
	runner_forget_skipped(r);
	if (r->stopped)
		return;
	switch (ev->kind) {
	case EVENT_START:
		start(r);
		break;
	case EVENT_RESPONSE:
		on_response(r, ev);
		break;
	case EVENT_INTERRUPT:
		interrupt(r);
		break;
	case EVENT_TIMER:
		if (ev->lane == -1) {
			runner_cancel_all(r);
			break;
		}
		/* fall through */
	case EVENT_UNLOADED:
	case EVENT_PS:
		lane_event(lane_of(r, ev), ev);
		break;
	}
}

void runner_progress(const struct runner *r, struct runner_progress *ret)
{
	*ret = r->progress;
	ret->loading_since = r->nlanes ? r->lanes[0].load_sent : NS_NONE;
	ret->loading = ret->loading_since != NS_NONE;
}
