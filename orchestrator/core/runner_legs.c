/* runner_legs.c - which passes are whose.
 *
 * A leg is what one pass has for one server.  At the start every server has its own legs; what is
 * done already is not in them.  Each lane walks the leg of the lowest pass to its end. */
#include "runner_internal.h"

#include <stdlib.h>

#include "bug.h"
#include "vec.h"

/* ---- dealing out ---- */

static void count_pass(struct runner *r, const struct visit *v, bool open, bool begun)
{
	struct pass *pass = &r->passes[v->pass];

	pass->visits++;
	pass->left += open;
	pass->begun |= begun;
}

/* Whether a visit has anything open; counts what earlier sessions have done of it. */
static bool look_back(struct runner *r, const struct visit *v, bool *begun)
{
	struct works open = {0};
	size_t n = visit_works(r, v, &open);
	bool any = open.n > 0;

	*begun = open.n < n;
	if (v->kind == VISIT_BLOCK)
		r->progress.done += n - open.n;
	if (any && !runner_oom(r, v)->from_past)
		r->progress.loads_planned++;
	VEC_RELEASE(&open);
	return any;
}

static void make_passes(struct runner *r)
{
	const struct plan *p = r->plan;

	for (uint32_t v = 0; v < p->nvisits; v++)
		r->npasses = p->visits[v].pass > r->npasses ? p->visits[v].pass : r->npasses;
	r->passes = xcalloc((size_t)r->npasses + 1, sizeof(*r->passes));
	r->visit_after = xcalloc((size_t)p->nvisits + 1, sizeof(*r->visit_after));
}

/* The visits of a server come in the order of its passes: from the last to the first, each goes to
 * the head of the leg that was begun by the one after it. */
static void add_visit(struct runner *r, uint32_t v)
{
	const struct visit *visit = &r->plan->visits[v];
	struct lane *l = &r->lanes[visit->server];

	if (l->legs == NO_LEG || r->legs.v[l->legs].pass != visit->pass) {
		*VEC_PUSH(&r->legs) =
			(struct leg){.pass = visit->pass, .next = NO_VISIT, .after = l->legs};
		l->legs = (uint32_t)r->legs.n - 1;
	}
	r->visit_after[v] = r->legs.v[l->legs].next;
	r->legs.v[l->legs].next = v;
	r->legs.v[l->legs].left++;
}

/* Looks before the furthest pass that was begun have been made: what was found was not enough. */
static void pass_over_looks(struct runner *r)
{
	uint32_t furthest = 0;

	for (uint32_t k = 1; k <= r->npasses; k++)
		furthest = r->passes[k].begun ? k : furthest;
	while (r->look < r->plan->nlooks && r->plan->looks[r->look] < furthest)
		r->look++;
}

void legs_deal(struct runner *r)
{
	const struct plan *p = r->plan;
	bool has_past = r->past.done || r->past.invalid || r->past.oom_loads;

	r->progress.total = p->requests;
	r->progress.loads_planned = has_past ? 0 : p->nvisits;
	make_passes(r);
	for (uint32_t v = p->nvisits; v-- > 0;) {
		bool begun = false;
		bool open = !has_past || look_back(r, &p->visits[v], &begun);

		count_pass(r, &p->visits[v], open, begun);
		if (open)
			add_visit(r, v);
	}
	for (size_t i = 0; i < r->legs.n; i++)
		r->legs.v[i].begun = r->passes[r->legs.v[i].pass].begun;
	pass_over_looks(r);
}

/* ---- moving ---- */

void legs_take(struct lane *l, uint32_t leg)
{
	uint32_t *at = &l->legs;

	if (l->leg == leg) {
		l->leg = NO_LEG;
		return;
	}
	while (*at != leg) {
		if (*at == NO_LEG)
			BUG("leg %u is not of lane %u", leg, l->index);
		at = &l->r->legs.v[*at].after;
	}
	*at = l->r->legs.v[leg].after;
}

void legs_give(struct lane *l, uint32_t leg)
{
	struct runner *r = l->r;
	uint32_t *at = &l->legs;

	while (*at != NO_LEG && r->legs.v[*at].pass <= r->legs.v[leg].pass)
		at = &r->legs.v[*at].after;
	r->legs.v[leg].after = *at;
	*at = leg;
}

uint32_t legs_left(const struct lane *l)
{
	const struct runner *r = l->r;
	uint32_t n = l->leg != NO_LEG ? r->legs.v[l->leg].left : 0;

	for (uint32_t i = l->legs; i != NO_LEG; i = r->legs.v[i].after)
		n += r->legs.v[i].left;
	return n;
}

/* A sentinel before a pass that the server does not make tells nothing: nobody waits for it. */
bool legs_any(const struct lane *l)
{
	const struct runner *r = l->r;

	if (l->leg != NO_LEG && r->legs.v[l->leg].left)
		return true;
	for (uint32_t i = l->legs; i != NO_LEG; i = r->legs.v[i].after)
		if (r->legs.v[i].left && !(l->aside && r->shared && r->legs.v[i].pass == 0))
			return true;
	return false;
}

/* ---- walking ---- */

static bool is_over(const struct lane *l)
{
	return l->leg == NO_LEG || l->r->legs.v[l->leg].next == NO_VISIT;
}

static void end_leg(struct lane *l)
{
	struct runner *r = l->r;

	if (l->leg != NO_LEG && l->leg_since != NS_NONE && r->legs.v[l->leg].pass > 0 &&
		r->now - l->leg_since > r->longest_pass)
		r->longest_pass = r->now - l->leg_since;
	l->leg = NO_LEG;
	l->leg_since = NS_NONE;
}

/* Whether it is one of those without which the run is no experiment. */
static bool is_of_the_first(const struct runner *r, uint32_t pass)
{
	uint32_t before = 0;

	for (uint32_t k = 1; k < pass && before < RUNNER_LEAST_PASSES; k++)
		before += r->passes[k].visits > 0;
	return before < RUNNER_LEAST_PASSES;
}

/* From times only: when all is used up nothing more begins, before that no pass that will not fit.
 */
static bool fits(const struct runner *r, const struct leg *leg)
{
	ns left = r->deadline == NS_NONE ? r->budget : r->deadline - r->now;

	if (r->budget == NS_NONE)
		return true;
	if (left <= 0)
		return false;
	return leg->begun || is_of_the_first(r, leg->pass) || r->longest_pass <= left;
}

static bool waits_for_look(const struct runner *r, const struct leg *leg)
{
	return r->looking || (r->look < r->plan->nlooks && leg->pass > r->plan->looks[r->look]);
}

static uint32_t open_next(struct lane *l)
{
	struct runner *r = l->r;
	struct leg *leg = &r->legs.v[l->leg];
	uint32_t visit = leg->next;

	leg->next = r->visit_after[visit];
	leg->left--;
	leg->begun = true;
	r->passes[leg->pass].begun = true;
	return visit;
}

uint32_t legs_next(struct lane *l, bool *held)
{
	struct runner *r = l->r;
	const struct leg *leg;
	uint32_t next;

	*held = false;
	if (is_over(l))
		end_leg(l);
	next = l->leg != NO_LEG ? l->leg : l->legs;
	if (next == NO_LEG)
		return NO_VISIT;
	leg = &r->legs.v[next];
	*held = waits_for_look(r, leg);
	if (*held)
		return NO_VISIT;
	if (!fits(r, leg)) {
		r->out_of_time = true;
		return NO_VISIT;
	}
	if (l->leg == NO_LEG) {
		l->legs = leg->after;
		l->leg = next;
		l->leg_since = leg->begun ? NS_NONE : r->now;
	}
	return open_next(l);
}

void legs_visit_over(struct lane *l)
{
	l->r->passes[l->place.pass].left--;
}

void legs_count_passes(const struct runner *r, struct runner_progress *p)
{
	for (uint32_t k = 1; k <= r->npasses; k++) {
		const struct pass *pass = &r->passes[k];

		if (pass->visits == 0)
			continue;
		if (pass->left == 0)
			p->passes_made++;
		else if (pass->begun)
			p->passes_incomplete++;
		else
			p->passes_dropped++;
	}
}
