/* runner_visit.c - one visit: which of its items are open, which may be in flight together, and
 * what each response means for the next request. */
#include "runner_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "vec.h"

/* ---- opening ---- */

/* Whether it is still to be measured; then `w` is filled in.  Asked once per item and session. */
static bool is_open(const struct runner *r, const struct item *it, struct work *w)
{
	const struct runner_past *past = &r->past;

	*w = (struct work){.item = *it};
	if (past->done && past->done(past->arg, it->run_id))
		return false;
	if (past->invalid)
		w->invalid = past->invalid(past->arg, it->run_id);
	if (w->invalid >= RUNNER_MAX_OK_ROWS)
		return false;
	if (past->attempts)
		w->attempts = past->attempts(past->arg, it->run_id);
	return true;
}

size_t visit_works(const struct runner *r, uint32_t visit, struct works *ret)
{
	struct item *items;
	size_t n;

	plan_items(r->plan, &r->plan->visits[visit], &items, &n);
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

/* False if the visit has nothing to send. */
static bool open_visit(struct lane *l, uint32_t visit)
{
	struct runner *r = l->r;

	l->next_visit = r->visit_after[visit];
	if (r->visit_done && r->visit_done[visit])
		return false;
	l->visit = &r->plan->visits[visit];
	l->warm_ordinal = 0;
	visit_works(r, visit, &l->works);
	if (l->works.n == 0) {
		visit_drop(l);
		return false;
	}
	l->warm_cell = cell_position(r->plan, l->visit, l->works.v[0].item.cell);
	return true;
}

bool visit_next(struct lane *l)
{
	struct runner *r = l->r;
	struct oom *oom;

	for (;;) {
		while (!l->visit && l->next_visit != NO_VISIT)
			open_visit(l, l->next_visit);
		if (!l->visit)
			return false;
		oom = runner_oom(r, l->visit);
		if (oom->loads < RUNNER_OOM_LOADS)
			return true;
		if (!oom->from_past)
			r->progress.loads_planned--;
		load_skip_visit(l);
		visit_drop(l);
	}
}

/* ---- closing ---- */

/* On a shared host the next lane must find the memory free. */
static void end_visit(struct lane *l)
{
	visit_drop(l);
	if (l->next != l)
		clear_begin(l, CLEAR_LEAVE);
	else
		lane_turn_over(l);
}

static void end_failed_visit(struct lane *l)
{
	char why[200];

	load_write_row(l);
	if (++l->bad_visits < RUNNER_MAX_FAILED) {
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
		l->bad_visits = 0;
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
	if (refused && ++l->refusals > RUNNER_MAX_REFUSALS) {
		snprintf(why, sizeof(why), "no answer after %d tries: %s", RUNNER_MAX_REFUSALS + 1,
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
	const struct item *it;

	if (l->next_work == l->works.n)
		return false;
	it = &l->works.v[l->next_work].item;
	return l->inflight == 0 || (l->burst == it->burst && l->inflight < it->concurrency);
}

static void send_items(struct lane *l)
{
	enum phase phase = l->visit->kind == VISIT_SENTINEL ? PHASE_SENTINEL : PHASE_MEASURE;

	while (may_start(l))
		lane_send(l, &l->works.v[l->next_work++], phase, false);
}

static bool is_idle_over(const struct lane *l)
{
	return l->state == LANE_MEASURING && l->next_work == l->works.n;
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
	else if (l->state == LANE_WARMING ? load_wants_warmup(l) : l->recover)
		load_send_warmup(l);
	else if (l->state == LANE_WARMING) {
		load_write_row(l);
		l->state = LANE_MEASURING;
		send_items(l);
	} else {
		send_items(l);
	}
}

void visit_pump(struct lane *l)
{
	if (l->state != LANE_WARMING && l->state != LANE_MEASURING)
		return;
	if (l->inflight == 0)
		pump_idle(l);
	else if (l->state == LANE_MEASURING && l->exit == EXIT_NONE && !l->recover &&
		!l->r->interrupted)
		send_items(l);
}

/* ---- responses ---- */

/* Takes the place of one that was sent, so it is the next. */
static void send_again_next(struct lane *l, const struct work *w)
{
	l->works.v[--l->next_work] = *w;
}

static void on_ok(struct lane *l, struct work *w, enum validity validity)
{
	if (validity != INVALID)
		return;
	w->invalid++;
	if (w->invalid < RUNNER_MAX_OK_ROWS)
		*VEC_PUSH(&l->works) = *w; /* at the end of the visit */
	else if (l->visit->kind == VISIT_BLOCK)
		l->r->progress.done++; /* given up: a resume passes it over too */
}

static void on_refused(struct lane *l, struct work *w)
{
	l->wait = WAIT_REFUSED;
	l->recover = l->reload_due = true;
	if (++w->refused <= RUNNER_MAX_REFUSALS)
		send_again_next(l, w);
}

/* The runner may have died of it: the next request would pay for a load, and be lost to it. */
static void on_crashed(struct lane *l)
{
	l->recover = l->reload_due = true;
}

static void on_item(struct lane *l, struct work *w, const struct sample *s, enum validity validity)
{
	w->attempts++;
	switch (s->status) {
	case STATUS_OK:
		on_ok(l, w, validity);
		break;
	case STATUS_CONNECT_ERROR:
		on_refused(l, w);
		break;
	case STATUS_SERVER_ERROR:
	case STATUS_OUT_OF_MEMORY:
		on_crashed(l);
		break;
	case STATUS_HTTP_ERROR:
		if (s->http_status >= 500)
			on_crashed(l);
		break;
	case STATUS_QUEUE_FULL: /* so that it is asked at leisure whether it has room again */
	case STATUS_BAD_LINE:   /* we went away: it may be busy with what was cut */
	case STATUS_TIMEOUT_FIRST:
	case STATUS_TIMEOUT_STALL:
	case STATUS_TIMEOUT_TOTAL:
		l->recover = true;
		break;
	case STATUS_CANCELLED:
		l->recover = true;
		l->r->cut |= l->r->interrupted;
		break;
	case STATUS_MODEL_MISSING:
		l->exit = EXIT_LANE;
		break;
	case STATUS_TRUNCATED: /* if not broken: the server ended it itself and is ready */
		if (s->broken)
			on_crashed(l);
		break;
	case STATUS_PROMPT_TRUNCATED:
	case STATUS_SKIPPED:
	case STATUS_COUNT:
		break;
	}
}

static void note_progress(
	struct runner *r, const struct ticket *t, const struct sample *s, enum validity validity)
{
	struct runner_progress *p = &r->progress;
	double rate = sample_decode_tok_s(s);

	if (t->phase == PHASE_WARMUP)
		return;
	if (s->status != STATUS_OK)
		p->failed++;
	if (t->phase == PHASE_MEASURE &&
		(s->status == STATUS_OK ? validity != INVALID : status_is_final(s->status)))
		p->done++;
	if (s->status == STATUS_OK) {
		p->last_ttft = sample_ttft(s);
		p->last_tok_s = rate;
	}
}

static void note_error(struct lane *l, const struct sample *s)
{
	char text[120];

	err_quote(text, sizeof(text), s->error);
	snprintf(l->last_error, sizeof(l->last_error), "%s%s%s", status_name(s->status),
		text[0] ? ": " : "", text);
}

void visit_on_response(
	struct lane *l, const struct slot *slot, const struct sample *s, enum validity validity)
{
	const struct ticket *t = &slot->t;
	struct work w = slot->w;
	ns ttft = sample_ttft(s);

	note_progress(l->r, t, s, validity);
	if (!t->load_due && ttft != NS_NONE && ttft > l->ttft_max)
		l->ttft_max = ttft;
	if (s->status != STATUS_OK)
		note_error(l, s);
	if (s->status != STATUS_CONNECT_ERROR)
		l->refusals = 0;
	if (t->phase == PHASE_WARMUP)
		load_on_response(l, t, s);
	else
		on_item(l, &w, s, validity);
}
