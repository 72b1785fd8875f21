/* runner_left.c - the time that what is open will take: what was seen goes to core/eta.h, what is
 * open is summed up here, host by host, since hosts work side by side.
 *
 * The sum is made anew when a twentieth more was seen; in between the clock alone runs down.  It
 * goes through all that is open, so of a large plan it is made between visits only, when no request
 * waits for us, and only if somebody asks. */
#include "runner_internal.h"

#include <math.h>
#include <stdlib.h>

#include "bug.h"

#define SMALL_PLAN 20000 /* visits and cells that are summed up in no time */

struct left *left_new(const struct runner *r)
{
	struct left *left = xcalloc(1, sizeof(*left));

	left->eta = eta_new(r->plan);
	left->block_s = xcalloc((size_t)r->plan->nblocks + 1, sizeof(*left->block_s));
	left->at = NS_NONE;
	return left;
}

void left_free(struct left *left)
{
	if (!left)
		return;
	eta_free(left->eta);
	free(left->block_s);
	free(left);
}

/* ---- what was seen ---- */

static bool is_same_burst(const struct lane *l, const struct work *w)
{
	const struct work *next = l->next_work < l->works.n ? &l->works.v[l->next_work] : NULL;

	return next && w->item.cell_burst && next->item.burst == w->item.burst;
}

void left_on_response(struct lane *l, const struct slot *slot, const struct sample *s)
{
	const struct item *it = &slot->t.item;
	uint32_t size = it->cell_burst ? plan_burst_size(l->r->plan, it->cell) : 1;
	ns took = l->r->now - l->unit_since;

	if (slot->t.phase == PHASE_WARMUP)
		return;
	l->unit_ok += s->status == STATUS_OK;
	if (l->inflight > 0 || is_same_burst(l, &slot->w))
		return;
	if (l->unit_ok == size || l->open_loop.gave_up)
		eta_saw_unit(l->r->left->eta, it->cell, it->prompt, size, took);
	l->unit_ok = 0;
}

/* Warm: the first item comes next. */
void left_on_warm(struct lane *l)
{
	eta_saw_load(l->r->left->eta, l->visit, l->r->now - l->visit_since);
}

/* On a shared host the memory was left free after the visit: that time is the next load's. */
void left_on_turn_over(struct lane *l)
{
	if (l->visit || l->visit_since == NS_NONE)
		return;
	l->leave_took = l->r->now - l->visit_ended;
	l->visit_since = NS_NONE;
	if (l->r->left->asked)
		left_refresh(l->r);
}

/* ---- what is open ---- */

static double visit_s(const struct runner *r, const struct visit *v)
{
	double *block = &r->left->block_s[v->block];

	if (v->kind == VISIT_SENTINEL)
		return eta_visit_s(r->left->eta, v);
	if (isnan(*block))
		*block = eta_visit_s(r->left->eta, v);
	return *block;
}

static double leg_s(const struct runner *r, uint32_t leg)
{
	double sum = 0;

	for (uint32_t v = r->legs.v[leg].next; v != NO_VISIT; v = r->visit_after[v])
		sum += visit_s(r, &r->plan->visits[v]);
	return sum;
}

static double work_s(const struct runner *r, const struct work *w)
{
	uint32_t size = w->item.cell_burst ? plan_burst_size(r->plan, w->item.cell) : 1;

	return eta_unit_s(r->left->eta, w->item.cell, w->item.prompt, size) / size;
}

/* What is left of the visit under way. */
static double open_visit_s(const struct lane *l)
{
	const struct runner *r = l->r;
	double sum = 0, load;

	if (!l->visit)
		return 0;
	for (size_t i = l->next_work; i < l->works.n; i++)
		sum += work_s(r, &l->works.v[i]);
	if (l->state != LANE_MEASURING && l->visit_since != NS_NONE) {
		load = eta_load_s(r->left->eta, l->visit) -
			(double)(r->now - l->visit_since) / (double)NS_PER_S;
		sum += load > 0 ? load : 0;
	}
	return sum;
}

static double lane_s(const struct lane *l)
{
	double sum = open_visit_s(l);

	if (l->leg != NO_LEG)
		sum += leg_s(l->r, l->leg);
	for (uint32_t leg = l->legs; leg != NO_LEG; leg = l->r->legs.v[leg].after)
		sum += leg_s(l->r, leg);
	return sum;
}

static double longest_host(const struct runner *r)
{
	double longest = 0;

	for (size_t h = 0; h < r->nlanes && r->lanes[h].host; h++) {
		double sum = 0;

		for (size_t i = 0; i < r->nlanes; i++)
			sum += r->lanes[i].host == &r->hosts[h] ? lane_s(&r->lanes[i]) : 0;
		longest = sum > longest ? sum : longest;
	}
	return longest;
}

void left_refresh(struct runner *r)
{
	struct left *left = r->left;
	uint64_t seen = eta_seen(left->eta);
	double sum;

	if (!eta_knows(left->eta) ||
		(left->at != NS_NONE && seen < left->seen + 1 + left->seen / 20))
		return;
	for (uint32_t b = 0; b < r->plan->nblocks; b++)
		left->block_s[b] = NAN;
	sum = longest_host(r);
	left->left = sum < 1e9 ? (ns)(sum * (double)NS_PER_S) : (ns)1000000000 * NS_PER_S;
	left->at = r->now;
	left->seen = seen;
	left->asked = false;
}

ns left_now(struct runner *r)
{
	struct left *left = r->left;
	ns rest;

	left->asked = true;
	if ((uint64_t)r->plan->nvisits + r->plan->ncells <= SMALL_PLAN)
		left_refresh(r);
	if (left->at == NS_NONE)
		return NS_NONE;
	rest = left->left - (r->now - left->at);
	if (r->deadline != NS_NONE && rest > r->deadline - r->now)
		rest = r->deadline - r->now;
	return rest > 0 ? rest : 0;
}
