/* runner_burst.c - open loop: the items of a burst are sent when they are due, whatever is in
 * flight, until the server falls behind for good. */
#include "runner_internal.h"

#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "columns.h"
#include "num.h"
#include "vec.h"

static const struct work *next_work(const struct lane *l)
{
	return l->next_work < l->works.n ? &l->works.v[l->next_work] : NULL;
}

static bool is_of_burst(const struct lane *l, const struct work *w)
{
	return w && w->item.rate > 0 && w->item.burst == l->burst;
}

bool burst_goes_on(const struct lane *l)
{
	return l->open_loop.open && !l->reload_due && is_of_burst(l, next_work(l));
}

/* What comes next is due anew: the clock of a burst stands while the server is not there. */
void burst_break(struct lane *l)
{
	l->open_loop.open = false;
	l->unit_ok = 0;
}

static void begin(struct lane *l, const struct work *w)
{
	l->burst = w->item.burst;
	l->open_loop.open = true;
	l->open_loop.base = l->r->now - w->item.due;
	l->open_loop.answered = l->open_loop.gave_up = false;
	l->open_loop.waiting = 0;
	overload_clear(&l->open_loop.overload);
}

/* ---- too much for the server ---- */

static struct overloaded *overloaded_cell(struct lane *l, uint32_t cell)
{
	for (size_t i = 0; i < l->overloaded.n; i++)
		if (l->overloaded.v[i].cell == cell)
			return &l->overloaded.v[i];
	return NULL;
}

static bool is_too_much(struct lane *l, uint32_t cell)
{
	const struct overloaded *o = overloaded_cell(l, cell);

	return o && o->times >= RUNNER_OVERLOADS;
}

/* What is left of the burst that the next item belongs to. */
static void skip_burst(struct lane *l, uint32_t burst, const char *why)
{
	while (l->next_work < l->works.n) {
		const struct work *w = &l->works.v[l->next_work];

		if (w->item.rate <= 0 || w->item.burst != burst)
			return;
		runner_skip(l->r, l->visit, w, why);
		l->next_work++;
	}
}

static void give_up_burst(struct lane *l, const struct item *it)
{
	struct overloaded *o = overloaded_cell(l, it->cell);
	double after = (double)(l->r->now - l->open_loop.base) / (double)NS_PER_S;
	char seconds[NUM_TEXT], rate[NUM_TEXT];

	if (!o) {
		o = VEC_PUSH(&l->overloaded);
		*o = (struct overloaded){.cell = it->cell};
	}
	o->times++;
	l->open_loop.gave_up = true;
	snprintf(o->why, sizeof(o->why),
		OVERLOAD_ERROR ": %u in flight after %s s at %s requests/s", l->inflight,
		num_sig(seconds, after, 3), num_sig(rate, it->rate, 3));
	skip_burst(l, it->burst, o->why);
}

void burst_skip_known(struct lane *l)
{
	size_t kept = 0;

	for (size_t i = 0; l->overloaded.n && i < l->works.n; i++) {
		const struct work *w = &l->works.v[i];

		if (w->item.rate > 0 && is_too_much(l, w->item.cell))
			runner_skip(l->r, l->visit, w, overloaded_cell(l, w->item.cell)->why);
		else
			l->works.v[kept++] = *w;
	}
	if (l->overloaded.n)
		l->works.n = kept;
}

/* ---- sending ---- */

/* Each lane has a share of its own: the queue of one server is no fault of another's. */
static uint32_t lane_room(const struct lane *l)
{
	uint32_t share = l->r->room / (uint32_t)l->r->nlanes;

	return share ? share : 1;
}

static bool falls_behind(struct lane *l)
{
	return l->inflight >= lane_room(l) ||
		(l->open_loop.answered &&
			overload_sees(&l->open_loop.overload, l->open_loop.waiting));
}

static enum burst_next begin_next(struct lane *l, const struct work *w)
{
	if (l->inflight > 0)
		return BURST_WAIT;
	if (is_too_much(l, w->item.cell)) {
		skip_burst(l, w->item.burst, overloaded_cell(l, w->item.cell)->why);
		return BURST_SKIPPED;
	}
	begin(l, w);
	return BURST_WAIT;
}

enum burst_next burst_next(struct lane *l, ns *due)
{
	const struct work *w = next_work(l);

	if (!l->open_loop.open || !is_of_burst(l, w)) {
		enum burst_next how = begin_next(l, w);

		if (how != BURST_WAIT || l->inflight > 0)
			return how;
	}
	*due = l->open_loop.base + w->item.due;
	if (*due > l->r->now) {
		if (l->armed != *due)
			lane_arm(l, *due);
		return BURST_WAIT;
	}
	if (falls_behind(l)) {
		give_up_burst(l, &w->item);
		return BURST_SKIPPED;
	}
	l->open_loop.waiting++;
	return BURST_SEND;
}

/* What was refused for want of room, or given up waiting for, is behind as well. */
void burst_on_response(struct lane *l, const struct work *w, const struct sample *s)
{
	if (!l->open_loop.open || !is_of_burst(l, w))
		return;
	switch (s->status) {
	case STATUS_QUEUE_FULL:
	case STATUS_TIMEOUT_FIRST:
	case STATUS_TIMEOUT_STALL:
	case STATUS_TIMEOUT_TOTAL:
		break;
	case STATUS_OK:
		l->open_loop.answered = true;
		/* fall through */
	default:
		if (l->open_loop.waiting > 0)
			l->open_loop.waiting--;
	}
}
