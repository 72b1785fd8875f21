/* runner_clear.c - unloading, and waiting until the server says it is gone.
 *
 * An unload is answered before the runner is really gone (the server only queues it), so /api/ps is
 * asked until none of our models is in memory: only then is the next load a load of its own. Models
 * that are not ours are left alone.  Where there is no /api/ps a fixed wait stands for the poll. */
#include "runner_internal.h"

#include <string.h>

#include "bug.h"

#define POLL_FIRST (50 * NS_PER_MS)
#define POLL_MOST  (500 * NS_PER_MS)
#define POLL_LIMIT (60 * NS_PER_S)
#define BLIND_WAIT NS_PER_S

static void clear_done(struct lane *l)
{
	l->loaded = NULL;
	if (l->then == CLEAR_LOAD)
		load_begin(l);
	else
		lane_turn_over(l);
}

static void unload(struct lane *l, size_t model)
{
	l->asked[model] = true;
	l->state = LANE_UNLOADING;
	runner_emit(l->r, EFFECT_UNLOAD, l)->model = l->r->models[model];
}

static void poll_later(struct lane *l, ns wait)
{
	l->state = LANE_POLLING;
	lane_arm(l, l->r->now + wait);
}

/* Without /api/ps: the first time all of our models may be there, later only what we loaded. */
static void go_blind(struct lane *l)
{
	const struct runner *r = l->r;
	bool any = false;

	l->blind = true;
	for (size_t m = 0; m < r->nmodels; m++) {
		if (!l->asked[m] && l->then == CLEAR_FIRST) {
			unload(l, m);
			return;
		}
		any |= l->asked[m];
	}
	if (any)
		poll_later(l, BLIND_WAIT);
	else
		clear_done(l);
}

static void look(struct lane *l)
{
	if (l->blind || !l->r->plan->servers[l->index].has_ps) {
		go_blind(l);
		return;
	}
	l->state = LANE_LOOKING;
	runner_emit(l->r, EFFECT_PS, l);
}

void clear_begin(struct lane *l, enum clear_then then)
{
	struct runner *r = l->r;

	l->then = then;
	l->blind = false;
	l->stuck = NULL;
	l->clear_since = r->now;
	l->poll_wait = POLL_FIRST;
	memset(l->asked, 0, r->nmodels * sizeof(*l->asked));
	for (size_t m = 0; l->loaded && m < r->nmodels; m++) {
		if (strcmp(r->models[m], l->loaded) == 0) {
			unload(l, m);
			return;
		}
	}
	look(l);
}

void clear_on_unloaded(struct lane *l)
{
	look(l);
}

static bool in_memory(const struct lane *l, size_t model, const struct ps_list *ps)
{
	const struct runner *r = l->r;
	const struct model_facts *m =
		server_facts_model(&r->plan->servers[l->index], r->models[model]);

	return ps_find(ps, r->models[model], m ? m->digest : "") != NULL;
}

void clear_on_ps(struct lane *l, const struct ps_list *ps)
{
	struct runner *r = l->r;
	const char *resident = NULL;

	if (!ps || !ps->known) {
		go_blind(l);
		return;
	}
	for (size_t m = 0; m < r->nmodels; m++) {
		if (!in_memory(l, m, ps))
			continue;
		if (!l->asked[m]) {
			unload(l, m);
			return;
		}
		resident = r->models[m];
	}
	if (!resident) {
		clear_done(l);
	} else if (r->now - l->clear_since >= POLL_LIMIT) {
		l->stuck = resident;
		clear_done(l);
	} else {
		poll_later(l, l->poll_wait);
		l->poll_wait = l->poll_wait * 2 < POLL_MOST ? l->poll_wait * 2 : POLL_MOST;
	}
}

void clear_on_timer(struct lane *l)
{
	if (l->blind)
		clear_done(l);
	else
		look(l);
}
