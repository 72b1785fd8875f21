/* runner_visit.c - one visit: which of its items are open, which may be in flight together, how
 * it ends. */
#include "runner_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

/* ---- opening ---- */

uint32_t visit_most_rows(const struct item *it)
{
	return it->cell_burst ? 1 : RUNNER_MAX_OK_ROWS;
}

/* Whether it is still to be measured; then `w` is filled in.  Asked once per item and session. */
static bool is_open(const struct runner *r, const struct item *it, struct work *w)
{
	const struct runner_past *past = &r->past;

	*w = (struct work){.item = *it};
	if (past->done && past->done(past->arg, it->run_id))
		return false;
	if (past->invalid)
		w->invalid = past->invalid(past->arg, it->run_id);
	if (w->invalid >= visit_most_rows(it))
		return false;
	if (past->attempts)
		w->attempts = past->attempts(past->arg, it->run_id);
	return true;
}

size_t visit_works(const struct runner *r, const struct visit *v, struct works *ret)
{
	struct item *items;
	size_t n;

	plan_items(r->plan, v, &items, &n);
	for (size_t i = 0; i < n; i++) {
		struct work w;

		if (is_open(r, &items[i], &w))
			*VEC_PUSH(ret) = w;
	}
	free(items);
	return n;
}

static uint32_t cell_position(const struct plan *p, const struct visit *v, uint32_t cell)
{
	const struct block *b = &p->blocks[v->block];

	for (uint32_t i = 0; i < b->ncells; i++)
		if (p->cell_of_block[b->first_cell + i] == cell)
			return i;
	return 0;
}

void visit_drop(struct lane *l)
{
	VEC_RELEASE(&l->works);
	l->next_work = 0;
	l->visit = NULL;
}

static void visit_over(struct lane *l)
{
	l->visit_ended = l->r->now;
	legs_visit_over(l);
	visit_drop(l);
}

/* On this lane's server, whatever the plan said.  False if it has nothing to send. */
static bool open_visit(struct lane *l, uint32_t visit)
{
	struct runner *r = l->r;

	l->place = r->plan->visits[visit];
	l->place.server = l->index;
	l->visit = &l->place;
	l->visit_number = visit;
	l->warm_ordinal = 0;
	if (!fleet_take_rest(l, visit))
		visit_works(r, l->visit, &l->works);
	burst_skip_known(l);
	if (l->works.n == 0) {
		r->progress.loads_planned -= !runner_oom(r, l->visit)->from_past;
		visit_over(l);
		return false;
	}
	l->warm_cell = cell_position(r->plan, l->visit, l->works.v[0].item.cell);
	return true;
}

bool visit_next(struct lane *l, bool *held)
{
	struct runner *r = l->r;
	struct oom *oom;
	uint32_t next;

	*held = false;
	for (;;) {
		while (!l->visit) {
			next = legs_next(l, held);
			if (next == NO_VISIT)
				return false;
			open_visit(l, next);
		}
		oom = runner_oom(r, l->visit);
		if (oom->loads < RUNNER_OOM_LOADS)
			return true;
		if (!oom->from_past)
			r->progress.loads_planned--;
		load_skip_visit(l);
		visit_over(l);
	}
}

/* ---- closing ---- */

/* On a shared host the next lane must find the memory free. */
static void end_visit(struct lane *l)
{
	visit_over(l);
	if (l->next != l)
		clear_begin(l, CLEAR_LEAVE);
	else
		lane_turn_over(l);
}

static void end_failed_visit(struct lane *l)
{
	char why[200];

	load_write_row(l);
	if (l->bad_visits + 1 < RUNNER_MAX_FAILED) {
		l->bad[l->bad_visits++] = l->visit_number;
		fleet_keep_rest(l);
		end_visit(l);
		return;
	}
	snprintf(why, sizeof(why), "%d model loads in a row failed: %s", RUNNER_MAX_FAILED,
		l->last_error);
	lane_give_up(l, why);
}

static void leave(struct lane *l)
{
	switch (l->exit) {
	case EXIT_VISIT:
		fleet_forget_rests(l);
		l->proven = true;
		end_visit(l);
		break;
	case EXIT_FAILED_VISIT:
		end_failed_visit(l);
		break;
	case EXIT_LANE:
		lane_give_up(l, l->last_error);
		break;
	case EXIT_NONE:
		BUG("a visit ends for no reason");
	}
}

static void stop_for_interrupt(struct lane *l)
{
	l->r->cut = true;
	load_write_row(l);
	lane_close(l);
}

/* ---- pauses ---- */

static void pause_lane(struct lane *l)
{
	bool refused = l->wait == WAIT_REFUSED;
	ns wait = (ns)l->warm_failed * NS_PER_S;
	char why[200];

	l->wait = WAIT_NONE;
	if (refused && ++l->refusals > fleet_refusals(l)) {
		snprintf(why, sizeof(why), "no answer after %u tries: %s", l->refusals,
			l->last_error);
		lane_give_up(l, why);
		return;
	}
	if (refused)
		wait = NS_PER_S << (l->refusals - 1);
	l->resume = l->state;
	l->state = LANE_PAUSED;
	lane_arm(l, l->r->now + wait);
}

void visit_on_pause_over(struct lane *l)
{
	l->state = l->resume;
	visit_pump(l);
}

/* ---- items ---- */

static bool may_start(const struct lane *l)
{
	const struct item *it = &l->works.v[l->next_work].item;

	return l->inflight == 0 || (l->burst == it->burst && l->inflight < it->concurrency);
}

static void send_items(struct lane *l)
{
	enum phase phase = l->visit->kind == VISIT_SENTINEL ? PHASE_SENTINEL : PHASE_MEASURE;
	enum burst_next how;
	ns due = l->r->now;

	while (l->next_work < l->works.n) {
		if (l->works.v[l->next_work].item.rate > 0)
			how = burst_next(l, &due);
		else
			how = may_start(l) ? BURST_SEND : BURST_WAIT;
		if (how == BURST_WAIT)
			break;
		if (how == BURST_SEND)
			lane_send(l, &l->works.v[l->next_work++], phase, false, due);
	}
}

static bool is_idle_over(const struct lane *l)
{
	return l->state == LANE_MEASURING && l->next_work == l->works.n;
}

static void measure(struct lane *l)
{
	if (l->state == LANE_WARMING)
		left_on_warm(l);
	l->state = LANE_MEASURING;
	send_items(l);
	if (l->inflight == 0 && is_idle_over(l)) { /* what was open was skipped */
		l->exit = EXIT_VISIT;
		leave(l);
	}
}

/* Nothing is in flight: what now? */
static void pump_idle(struct lane *l)
{
	if (l->exit == EXIT_NONE && is_idle_over(l))
		l->exit = EXIT_VISIT;
	if (l->exit == EXIT_VISIT || l->exit == EXIT_LANE)
		leave(l);
	else if (l->r->interrupted)
		stop_for_interrupt(l);
	else if (l->exit != EXIT_NONE)
		leave(l);
	else if (l->wait != WAIT_NONE)
		pause_lane(l);
	else if (l->state == LANE_WARMING ? load_wants_warmup(l) : l->recover && !burst_goes_on(l))
		load_send_warmup(l);
	else {
		load_write_row(l); /* once: the first item ends the warming */
		measure(l);
	}
}

void visit_pump(struct lane *l)
{
	if (l->state != LANE_WARMING && l->state != LANE_MEASURING)
		return;
	if (l->inflight == 0)
		pump_idle(l);
	else if (l->state == LANE_MEASURING && l->exit == EXIT_NONE && !l->r->interrupted &&
		(!l->recover || burst_goes_on(l)))
		send_items(l);
}
