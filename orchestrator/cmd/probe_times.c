/* probe_times.c - the plan's machinery on a plan of one cell. */
#include "probe_times.h"

#include <stdio.h>
#include <string.h>

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

/* The sweep with the last level of each factor alone (the largest context as people write grids, so
 * that the guess errs on the long side), its first prompt alone, one request at a time. */
static json_t *one_cell(const struct sweep *s)
{
	json_t *o = sweep_json(s), *factors = json_object_get(o, "factors");
	const char *name;
	void *next;
	json_t *levels, *prompt = json_array();

	json_object_foreach_safe (factors, next, name, levels) {
		json_t *one = json_array();

		json_array_append(one, json_array_get(levels, json_array_size(levels) - 1));
		json_object_set_new(factors, name, one);
	}
	if (json_object_get(factors, "concurrency"))
		json_object_set_new(factors, "concurrency", json_pack("[i]", 1));
	else
		json_object_set_new(o, "concurrency", json_integer(1));
	json_array_append(prompt, json_array_get(json_object_get(o, "prompts"), 0));
	json_object_set_new(o, "prompts", prompt);
	json_object_set_new(o, "passes", json_integer(1));
	json_object_set_new(o, "repeats", json_integer(PROBE_REQUESTS));
	json_object_set_new(o, "sentinel", json_false());
	json_object_del(o, "per_pass");
	json_object_del(o, "burst");
	return o;
}

static int run_probe(
	const struct setup *s, const struct plan *plan, struct gathered *g, struct err *e)
{
	struct loop_options loop = {.signals = true};
	struct virtual_options virt = {.start = clock_mono(), .interrupt_at = NS_NONE};
	struct sim *sims[1] = {s->sim};
	struct session session;
	ns ended;
	int failed;

	if (session_init(&session, plan, NULL, 1, clock_wall() - clock_mono(), e))
		return -1;
	session.measure_as = PHASE_PROBE;
	session.on_row = on_row;
	session.on_row_arg = g;
	failed = s->is_virtual ? virtual_run(&session, sims, &virt, &ended, e)
			       : loop_run(&session, &loop, e);
	if (!failed && session.stopped == STOP_INTERRUPTED)
		failed = err_set(e, ERR_INTERRUPTED, "--probe: interrupted");
	session_release(&session);
	return failed;
}

int probe_times(const struct setup *s, struct earlier_times *ret, struct err *e)
{
	struct sweep sweep = SWEEP_INIT;
	struct plan plan = {0};
	struct gathered g = {0};
	json_t *object = one_cell(&s->sweep);
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
			.per_load = g.load_s / g.loads,
			.per_request = g.request_s / g.requests,
			.from = "the probe"};
	plan_release(&plan);
	sweep_release(&sweep);
	json_decref(object);
	return failed;
}
