/* runner_fleet.c - a lane that gives up is set aside; where passes are dealt out to servers, others
 * do its work, and it may come back. */
#include "runner_internal.h"

#include <stdio.h>

#include "bug.h"
#include "str.h"
#include "vec.h"

static const char *name_of(const struct lane *l)
{
	const struct server_facts *s = &l->r->plan->servers[l->index];

	return s->name ? s->name : s->url ? s->url : "server";
}

uint32_t fleet_refusals(const struct lane *l)
{
	const struct runner *r = l->r;

	for (size_t i = 0; r->shared && i < r->nlanes; i++) {
		const struct lane *other = &r->lanes[i];

		if (other != l && !other->aside && other->refusals == 0)
			return RUNNER_FEW_REFUSALS;
	}
	return RUNNER_MAX_REFUSALS;
}

/* ---- what is left of a visit ---- */

static struct rest *new_rest(struct runner *r)
{
	for (size_t i = 0; i < r->rests.n; i++)
		if (r->rests.v[i].visit == NO_VISIT)
			return &r->rests.v[i];
	return VEC_PUSH(&r->rests);
}

void fleet_keep_rest(struct lane *l)
{
	struct rest *rest = new_rest(l->r);

	*rest = (struct rest){
		.visit = l->visit_number, .leg = l->leg, .warm_ordinal = l->warm_ordinal};
	for (size_t i = l->next_work; i < l->works.n; i++)
		*VEC_PUSH(&rest->works) = l->works.v[i];
}

bool fleet_take_rest(struct lane *l, uint32_t visit)
{
	struct runner *r = l->r;

	for (size_t i = 0; i < r->rests.n; i++) {
		struct rest *rest = &r->rests.v[i];

		if (rest->visit != visit)
			continue; /* few are kept, mostly none */
		l->works.v = rest->works.v;
		l->works.n = rest->works.n;
		l->works.cap = rest->works.cap;
		l->warm_ordinal = rest->warm_ordinal;
		*rest = (struct rest){.visit = NO_VISIT};
		return true;
	}
	return false;
}

static struct rest *rest_of(struct runner *r, uint32_t visit)
{
	for (size_t i = 0; i < r->rests.n; i++)
		if (r->rests.v[i].visit == visit)
			return &r->rests.v[i];
	BUG("nothing was kept of visit %u", visit);
}

void fleet_forget_rests(struct lane *l)
{
	while (l->bad_visits > 0) {
		struct rest *rest = rest_of(l->r, l->bad[--l->bad_visits]);

		VEC_RELEASE(&rest->works);
		rest->visit = NO_VISIT;
	}
}

/* ---- setting aside ---- */

/* At the head of its leg again. */
static void put_back(struct lane *l, const struct rest *rest)
{
	struct runner *r = l->r;
	struct leg *leg = &r->legs.v[rest->leg];

	if (leg->left == 0 && rest->leg != l->leg)
		legs_give(l, rest->leg); /* the lane was through with it */
	r->visit_after[rest->visit] = leg->next;
	leg->next = rest->visit;
	leg->left++;
}

/* What the lane did not finish: the visit under way, and those that failed in a row before it,
 * maybe for what the lane is set aside for. */
static void put_back_all(struct lane *l)
{
	struct runner *r = l->r;

	if (l->visit && l->next_work < l->works.n) {
		fleet_keep_rest(l);
		put_back(l, rest_of(r, l->visit_number));
	} else if (l->visit) {
		legs_visit_over(l);
	}
	while (l->bad_visits > 0) {
		const struct rest *rest = rest_of(r, l->bad[--l->bad_visits]);

		put_back(l, rest);
		r->passes[r->legs.v[rest->leg].pass].left++;
	}
}

/* The one with the least left, of those that are not set aside; NULL if there is none. */
static struct lane *least_left(struct runner *r)
{
	struct lane *best = NULL;

	for (size_t i = 0; i < r->nlanes; i++) {
		struct lane *l = &r->lanes[i];

		if (!l->aside && (!best || legs_left(l) < legs_left(best)))
			best = l;
	}
	return best;
}

static void hand_over(struct lane *from, uint32_t leg, struct lane *to)
{
	legs_take(from, leg);
	legs_give(to, leg);
	if (to->state == LANE_CLOSING) {
		to->adopts = true;
	} else if (to->state == LANE_CLOSED) {
		to->state = LANE_WAITING;
		host_join(to->host, to);
		to->r->open_lanes++;
	}
	to->r->woken = true;
}

/* The begun pass to one lane, the others to whoever has the least. */
static void deal_out(struct lane *l, struct str *note)
{
	struct runner *r = l->r;
	struct lane *heir = least_left(r);
	uint32_t whole = 0, next;

	if (l->leg != NO_LEG && r->legs.v[l->leg].left == 0)
		l->leg = NO_LEG;
	if (l->leg != NO_LEG) {
		legs_give(l, l->leg);
		l->leg = NO_LEG;
	}
	for (uint32_t leg = l->legs; leg != NO_LEG; leg = next) {
		const struct leg *g = &r->legs.v[leg];

		next = g->after;
		if (g->pass == 0 || g->left == 0)
			continue;
		if (g->begun)
			str_addf(note, "; the rest of pass %u goes to %s and is incomplete on both",
				g->pass, name_of(heir));
		whole += !g->begun;
		hand_over(l, leg, g->begun ? heir : least_left(r));
	}
	if (whole)
		str_addf(note, "; %u pass%s nobody had begun go%s to others", whole,
			whole == 1 ? "" : "es", whole == 1 ? "es" : "");
}

static void tell(struct lane *l, const char *text)
{
	struct effect *e = runner_emit(l->r, EFFECT_NOTE, l);

	snprintf(e->why, sizeof(e->why), "%s", text);
}

static void set_aside(struct lane *l, const char *why)
{
	struct runner *r = l->r;
	struct str note = STR_INIT(STR_MAX_LINE);

	put_back_all(l);
	/* A server without the model, or one that came back and did no better. */
	l->hopeless = l->exit == EXIT_LANE || (l->returned && !l->proven);
	l->aside = true;
	if (!least_left(r)) {
		r->gone = true;
		return;
	}
	str_addf(&note, "%s is set aside: %s", name_of(l), why);
	if (r->shared)
		deal_out(l, &note);
	else if (legs_any(l))
		str_add(&note, "; its passes wait for it");
	tell(l, note.s);
	str_release(&note);
}

void lane_give_up(struct lane *l, const char *why)
{
	struct runner *r = l->r;

	if (!r->why[0])
		snprintf(r->why, sizeof(r->why), "%s: %s", name_of(l), why);
	load_write_row(l);
	set_aside(l, why);
	lane_close(l);
}

/* ---- coming back ---- */

void fleet_on_timer(struct lane *l)
{
	l->state = LANE_ASKING;
	runner_emit(l->r, EFFECT_PS, l);
}

void fleet_on_ps(struct lane *l, bool answered)
{
	struct runner *r = l->r;
	char text[200];

	if (r->interrupted || !answered) {
		l->state = LANE_ASIDE;
		if (!r->interrupted)
			lane_arm(l, r->now + RUNNER_ASK_AGAIN);
		return;
	}
	snprintf(text, sizeof(text), "%s answers again and takes part", name_of(l));
	tell(l, text);
	l->aside = l->proven = false;
	l->returned = true;
	l->refusals = 0;
	l->state = LANE_WAITING;
	host_join(l->host, l);
	r->open_lanes++;
}

/* The last pass that a lane has not begun and can do without, since it has something else to do. */
static uint32_t last_to_spare(const struct lane *l)
{
	const struct runner *r = l->r;
	uint32_t last = NO_LEG;

	for (uint32_t leg = l->legs; leg != NO_LEG; leg = r->legs.v[leg].after)
		if (!r->legs.v[leg].begun && r->legs.v[leg].pass > 0)
			last = leg;
	if (last != NO_LEG && !l->visit && legs_left(l) == r->legs.v[last].left)
		return NO_LEG;
	return last;
}

bool fleet_steal(struct lane *l)
{
	struct runner *r = l->r;
	struct lane *from = NULL;

	if (!l->returned || !r->shared || r->out_of_time)
		return false;
	for (size_t i = 0; i < r->nlanes; i++) {
		struct lane *other = &r->lanes[i];

		if (other != l && last_to_spare(other) != NO_LEG &&
			(!from || legs_left(other) > legs_left(from)))
			from = other;
	}
	if (!from)
		return false;
	hand_over(from, last_to_spare(from), l);
	return true;
}
