/* runner_turn.c - whose turn it is on a host, looks between passes, the end of lanes and of the
 * run. */
#include "runner_internal.h"

#include <stdio.h>

#include "bug.h"
#include "num.h"
#include "str.h"

/* Into the ring before the one that has the turn, so as the last of the round. */
void host_join(struct host *h, struct lane *l)
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

/* ---- the end ---- */

static bool anything_open(const struct runner *r)
{
	for (size_t i = 0; i < r->nlanes; i++)
		if (legs_any(&r->lanes[i]))
			return true;
	return false;
}

static enum stop_reason stop_reason(const struct runner *r)
{
	bool open = anything_open(r);

	if (r->cut || (r->interrupted && open))
		return STOP_INTERRUPTED;
	if (r->enough)
		return STOP_ENOUGH;
	if (r->gone)
		return STOP_SERVER_GONE;
	if (!open)
		return STOP_COMPLETE;
	return r->out_of_time ? STOP_BUDGET : STOP_SERVER_GONE;
}

/* "4 of 6 passes made, pass 5 is incomplete, 1 dropped" */
static void add_passes(const struct runner *r, struct str *why)
{
	struct runner_progress p = {0};
	const char *before = " is";
	uint32_t named = 0;

	legs_count_passes(r, &p);
	str_addf(why, "%u of %u passes made", p.passes_made,
		p.passes_made + p.passes_incomplete + p.passes_dropped);
	for (uint32_t k = 1; k <= r->npasses && named < 8; k++)
		if (r->passes[k].begun && r->passes[k].left)
			str_addf(why, "%s %u", named++ ? " and" : ", pass", k);
	if (named > 1)
		before = " are";
	if (named)
		str_addf(why, "%s incomplete", before);
	if (p.passes_dropped)
		str_addf(why, ", %u dropped", p.passes_dropped);
}

static void explain(const struct runner *r, struct effect *e)
{
	struct str why = STR_INIT(STR_MAX_LINE);
	char budget[NUM_TEXT];

	switch (e->reason) {
	case STOP_COMPLETE:
		break;
	case STOP_INTERRUPTED:
		str_add(&why, "interrupted");
		break;
	case STOP_SERVER_GONE:
		str_add(&why, r->why);
		if (r->nlanes > 1) {
			str_add(&why, "; ");
			add_passes(r, &why);
		}
		break;
	case STOP_ENOUGH:
		str_addf(&why, "ratios known within the asked width after pass %u of %lld",
			r->plan->looks[r->look], (long long)r->plan->passes);
		break;
	case STOP_BUDGET:
		str_addf(&why, "budget of %s: ", num_duration(budget, r->plan->sweep->budget_s));
		add_passes(r, &why);
		break;
	}
	snprintf(e->why, sizeof(e->why), "%s", why.len ? why.s : "");
	str_release(&why);
}

void runner_stop(struct runner *r)
{
	struct effect *e = runner_emit(r, EFFECT_STOP, NULL);

	r->stopped = true;
	e->reason = stop_reason(r);
	explain(r, e);
}

static void leave_ring(struct lane *l)
{
	if (l->host->turn == l)
		l->host->turn = l->next != l ? l->next : NULL;
	l->next->prev = l->prev;
	l->prev->next = l->next;
}

void lane_closed(struct lane *l)
{
	struct runner *r = l->r;

	l->loaded = NULL;
	l->first_clear_made = false; /* should it go on: who knows what is there then */
	if (l->adopts && !r->interrupted && !r->enough) {
		l->adopts = false;
		lane_turn_over(l);
		return;
	}
	l->state = LANE_CLOSED;
	leave_ring(l);
	if (--r->open_lanes == 0) {
		runner_stop(r);
	} else if (l->aside && !l->hopeless) {
		l->state = LANE_ASIDE;
		lane_arm(l, r->now + RUNNER_ASK_AGAIN);
	}
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

/* ---- turns ---- */

void lane_turn_over(struct lane *l)
{
	left_on_turn_over(l);
	l->state = LANE_WAITING;
	l->host->turn = l->next;
}

/* False if what the lane would do next waits for a look. */
static bool take_turn(struct lane *l)
{
	struct runner *r = l->r;
	bool held = false;

	if (r->interrupted || r->enough) {
		r->cut |= r->interrupted && l->visit;
		lane_close(l);
	} else if (visit_next(l, &held)) {
		l->visit_since = r->now - l->leave_took;
		clear_begin(l, l->first_clear_made ? CLEAR_LOAD : CLEAR_FIRST);
		l->first_clear_made = true;
	} else if (!held && !fleet_steal(l)) {
		lane_close(l);
	}
	return !held;
}

void host_go(struct host *h)
{
	const struct lane *first_held = NULL;

	while (h->turn && h->turn->state == LANE_WAITING && h->turn != first_held) {
		struct lane *l = h->turn;

		if (take_turn(l)) {
			first_held = NULL;
			continue;
		}
		first_held = first_held ? first_held : l;
		h->turn = l->next;
	}
}

/* ---- looks ---- */

/* Whether every visit of the passes before the look was gone through: what a server that was set
 * aside left would be missing. */
static bool are_whole(const struct runner *r, uint32_t pass)
{
	for (uint32_t k = 1; k <= pass && k <= r->npasses; k++) {
		if (r->passes[k].left > 0)
			return false;
	}
	return true;
}

void look_if_due(struct runner *r)
{
	bool waits = false;

	if (r->stopped || r->looking || !r->started || r->look >= r->plan->nlooks)
		return;
	for (size_t i = 0; i < r->nlanes; i++) {
		switch (r->lanes[i].state) {
		case LANE_WAITING:
			waits = true;
			break;
		case LANE_CLOSED:
		case LANE_ASIDE:
		case LANE_ASKING:
			break;
		default:
			return;
		}
	}
	if (!waits)
		return;
	if (!are_whole(r, r->plan->looks[r->look])) { /* it could not stop anything */
		r->look++;
		r->woken = true;
		return;
	}
	r->looking = true;
	runner_emit(r, EFFECT_LOOK, NULL)->pass = r->plan->looks[r->look];
}

void looked(struct runner *r, bool enough)
{
	if (!r->looking)
		BUG("nobody looked");
	r->looking = false;
	if (r->interrupted) /* it came too late */
		return;
	r->enough = enough;
	if (!enough)
		r->look++;
	r->woken = true;
}
