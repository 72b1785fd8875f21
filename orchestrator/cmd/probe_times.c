/* probe_times.c - the plan's machinery on a plan of one cell. */
#include "probe_times.h"

#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "jsonx.h"
#include "loop.h"
#include "virtual.h"

#define PROBE_REQUESTS 3

/* Times gathered from the rows. */
struct gathered {
	double load_s, request_s;
	int loads, requests;
};

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct gathered *g = arg;

	if (s->status != STATUS_OK)
		return;
	if (k->paid_load && s->load != NS_NONE) {
		g->load_s += (double)s->load / 1e9;
		g->loads++;
	} else if (k->phase == PHASE_PROBE) {
		g->request_s += (double)(s->done - s->sent) / 1e9;
		g->requests++;
	}
}

/* How much, which cells, and how requests come: of no matter for one cell, one by one. */
static const char *const dropped[] = {"asked", "per_pass", "until", "max_passes", "budget",
	"subset", "exclude", "only", "zip", "cells", "priority", "priority_kept", "shard",
	"distribute", "rate", "arrivals", "burst", "goodput", "servers"};

/* A factor's level in the cell, alone; of servers and rates none. */
static void set_level(json_t *factors, const struct plan *p, uint32_t cell, size_t f)
{
	const struct factor *factor = &p->sweep->factors[f];
	json_t *value = factor->levels[plan_level(p, cell, f)].value;

	if (factor->kind == FACTOR_SERVER || factor->kind == FACTOR_RATE)
		json_object_del(factors, factor->name);
	else if (factor->kind == FACTOR_CONCURRENCY)
		jsonx_put(factors, factor->name, json_pack("[i]", 1));
	else
		jsonx_put(factors, factor->name, json_pack("[O]", value));
}

/* The sweep with the last cell alone (the largest context as people write grids, so that the guess
 * errs on the long side), its first prompt alone, one request at a time. */
static json_t *one_cell(const struct plan *p)
{
	json_t *o = sweep_json(p->sweep), *factors = json_object_get(o, "factors");
	uint32_t cell = p->ncells - 1;
	size_t first;

	for (size_t i = 0; i < COUNTOF(dropped); i++)
		json_object_del(o, dropped[i]);
	if (!factors) {
		factors = json_object();
		jsonx_put(o, "factors", factors);
	}
	for (size_t f = 0; f < p->sweep->nfactors; f++)
		set_level(factors, p, cell, f);
	plan_prompts(p, cell, &first);
	jsonx_put(factors, "prompt", json_pack("[s]", p->sweep->prompts[first].id));
	if (!json_object_get(factors, "concurrency"))
		jsonx_put(o, "concurrency", json_integer(1));
	jsonx_put(o, "passes", json_integer(1));
	jsonx_put(o, "repeats", json_integer(PROBE_REQUESTS));
	jsonx_put(o, "sentinel", json_false());
	return o;
}

static int run_probe(
	const struct setup *s, const struct plan *plan, struct gathered *g, struct err *e)
{
	struct loop_options loop = {.signals = true};
	struct virtual_options virt = {.start = clock_mono(), .interrupt_at = NS_NONE};
	/* Not the run's machine: its time must not have passed when the run begins. */
	struct sim *sims[1] = {s->is_virtual ? sim_new(sim_config_of(s->sim), s->sim_seed) : NULL};
	struct session session;
	ns ended;
	int failed;

	if (session_init(&session, plan, NULL, 1, clock_wall() - clock_mono(), e)) {
		sim_free(sims[0]);
		return -1;
	}
	session.measure_as = PHASE_PROBE;
	session.on_row = on_row;
	session.on_row_arg = g;
	failed = s->is_virtual ? virtual_run(&session, sims, &virt, &ended, e)
			       : loop_run(&session, &loop, e);
	if (!failed && session.stopped == STOP_INTERRUPTED)
		failed = err_set(e, ERR_INTERRUPTED, "--probe: interrupted");
	session_release(&session);
	sim_free(sims[0]);
	return failed;
}

int probe_times(const struct setup *s, struct earlier_times *ret, struct err *e)
{
	struct sweep sweep = SWEEP_INIT;
	struct plan plan = {0};
	struct gathered g = {0};
	json_t *object = one_cell(&s->plan);
	int failed = -1;

	if (sweep_parse(&sweep, object, "probe", NULL, e) == 0 &&
		sweep_resolve(&sweep, s->servers, 1, e) == 0 &&
		plan_build(&plan, &sweep, s->servers, 1, e) == 0)
		failed = run_probe(s, &plan, &g, e);
	if (!failed && (g.loads == 0 || g.requests == 0))
		failed = err_set(
			e, ERR_ENV, "--probe: no request succeeded on %s", s->servers[0].url);
	if (!failed)
		*ret = (struct earlier_times){.known = true,
			.pace = {.per_load = g.load_s / g.loads,
				.per_request = g.request_s / g.requests},
			.from = "the probe"};
	plan_release(&plan);
	sweep_release(&sweep);
	json_decref(object);
	return failed;
}
