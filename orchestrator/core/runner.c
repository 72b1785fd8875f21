/* runner.c - the runner's frame: made and freed, events in, interrupt.
 *
 * Everything a lane does is begun by an event of its own or by getting the turn of its host.
 * host_go() runs last in a step, so that no handler ever calls into another lane. */
#include "runner_internal.h"

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

static void make_lanes(struct runner *r)
{
	size_t nhosts = 0;

	r->nlanes = r->open_lanes = r->plan->nservers;
	r->lanes = xcalloc(r->nlanes + 1, sizeof(*r->lanes));
	r->hosts = xcalloc(r->nlanes + 1, sizeof(*r->hosts));
	for (size_t i = 0; i < r->nlanes; i++) {
		struct lane *l = &r->lanes[i];
		uint32_t first = plan_host(r->plan, (uint32_t)i);

		l->r = r;
		l->index = (uint32_t)i;
		l->leg = l->legs = NO_LEG;
		l->load_sent = l->armed = l->leg_since = l->visit_since = NS_NONE;
		l->asked = xcalloc(r->nmodels + 1, sizeof(*l->asked));
		host_join(first < i ? r->lanes[first].host : &r->hosts[nhosts++], l);
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

struct runner *runner_new(
	const struct plan *p, uint32_t session, uint32_t first_load, const struct runner_past *past)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->plan = p;
	r->session = session;
	r->next_load = first_load;
	r->room = RUNNER_MAX_INFLIGHT;
	r->shared = p->of_kind[FACTOR_SERVER] < 0 && p->sweep->distribute == DISTRIBUTE_SHARE;
	r->budget = r->deadline = NS_NONE;
	if (past)
		r->past = *past;
	r->progress.loading_since = r->progress.last_ttft = r->progress.left = NS_NONE;
	collect_models(r);
	make_lanes(r);
	ask_past_oom(r);
	legs_deal(r);
	r->left = left_new(r);
	return r;
}

void runner_set_budget(struct runner *r, ns budget, ns pass)
{
	r->budget = budget;
	r->longest_pass = pass;
}

void runner_set_room(struct runner *r, uint32_t inflight)
{
	r->room = inflight ? inflight : 1;
}

static void release_lane(struct lane *l)
{
	VEC_RELEASE(&l->works);
	VEC_RELEASE(&l->overloaded);
	overload_release(&l->open_loop.overload);
	free(l->asked);
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nlanes; i++)
		release_lane(&r->lanes[i]);
	for (size_t i = 0; i < r->slots.n; i++)
		free(r->slots.v[i]);
	for (size_t i = 0; i < r->deferred.n; i++)
		VEC_RELEASE(&r->deferred.v[i].works);
	for (size_t i = 0; i < r->rests.n; i++)
		VEC_RELEASE(&r->rests.v[i].works);
	VEC_RELEASE(&r->slots);
	VEC_RELEASE(&r->free_slots);
	VEC_RELEASE(&r->skipped);
	VEC_RELEASE(&r->deferred);
	VEC_RELEASE(&r->rests);
	VEC_RELEASE(&r->legs);
	free(r->lanes);
	free(r->hosts);
	free(r->models);
	free(r->visit_after);
	free(r->passes);
	free(r->oom);
	left_free(r->left);
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
	l->armed = at;
	runner_emit(l->r, EFFECT_TIMER, l)->at = at;
}

/* ---- events ---- */

static void start(struct runner *r)
{
	if (r->started)
		BUG("the runner was started twice");
	r->started = true;
	if (r->nlanes == 0)
		runner_stop(r);
	for (size_t i = 0; i < r->nlanes && !r->stopped; i++)
		host_go(r->lanes[i].host);
}

/* What is in flight is given time; what only waits ends at once. */
static void interrupt_lane(struct lane *l)
{
	switch (l->state) {
	case LANE_WAITING:
	case LANE_UNLOADING:
	case LANE_LOOKING:
	case LANE_POLLING:
	case LANE_READBACK:
	case LANE_PAUSED:
		l->r->cut |= l->visit != NULL;
		load_write_row(l);
		lane_close(l);
		break;
	case LANE_WARMING:
	case LANE_MEASURING:
		if (l->inflight == 0) /* else when the last response is in */
			visit_pump(l);
		break;
	case LANE_CLOSING:
	case LANE_CLOSED:
	case LANE_ASIDE:
	case LANE_ASKING:
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
	l->armed = NS_NONE;
	if (l->state == LANE_POLLING)
		clear_on_timer(l);
	else if (l->state == LANE_MEASURING)
		visit_pump(l);
	else if (l->state == LANE_PAUSED)
		visit_on_pause_over(l);
	else if (l->state == LANE_CLOSING)
		lane_closed(l);
	else if (l->state == LANE_ASIDE)
		fleet_on_timer(l);
}

static void on_unloaded(struct lane *l)
{
	if (l->state == LANE_UNLOADING)
		clear_on_unloaded(l);
	else if (l->state == LANE_CLOSING)
		lane_closed(l);
}

static void on_ps(struct lane *l, const struct event *ev)
{
	if (l->state == LANE_LOOKING)
		clear_on_ps(l, ev->ps);
	else if (l->state == LANE_READBACK)
		load_on_ps(l, ev->ps);
	else if (l->state == LANE_ASKING)
		fleet_on_ps(l, ev->answered);
}

static void on_response(struct runner *r, const struct event *ev)
{
	struct slot *slot = runner_slot(r, ev->ticket);
	struct lane *l = &r->lanes[slot->t.lane];

	l->inflight--;
	r->inflight--;
	if (slot->t.load_due)
		l->load_sent = NS_NONE;
	item_on_response(l, slot, ev->sample, ev->validity);
	left_on_response(l, slot, ev->sample);
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
		on_ps(l, ev);
	else
		on_timer(l);
	host_go(l->host);
}

static void take(struct runner *r, const struct event *ev)
{
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
	case EVENT_LOOKED:
		looked(r, ev->enough);
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

void runner_step(struct runner *r, const struct event *ev, ns now, struct effects *out)
{
	r->now = now;
	r->out = out;
	runner_forget_skipped(r);
	if (r->stopped)
		return;
	take(r, ev);
	do {
		while (r->woken && !r->stopped) {
			r->woken = false;
			for (size_t i = 0; i < r->nlanes && !r->stopped; i++)
				host_go(r->lanes[i].host);
		}
		look_if_due(r);
	} while (r->woken && !r->stopped);
}

void runner_progress(struct runner *r, struct runner_progress *ret)
{
	*ret = r->progress;
	ret->loading_since = r->nlanes ? r->lanes[0].load_sent : NS_NONE;
	ret->loading = ret->loading_since != NS_NONE;
	for (size_t i = 0; i < r->nlanes; i++)
		ret->sick += r->lanes[i].aside;
	ret->left = left_now(r);
	legs_count_passes(r, ret);
}
