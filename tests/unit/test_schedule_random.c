/* test_schedule_random.c - the rules of the schedule over random sweeps of every kind, under the
 * virtual clock: rates, several servers, shared hosts, shards, passes on every server, looks,
 * budgets, faults, kills and resumes.
 *
 * tests/support/whole.c checks on the way that each request is made once, each load has a visit of
 * its own, and that never two cells, two bursts or two servers of a host are in flight at once;
 * here it is checked what came of it.  A failure names the seed: CHIMERA_SEED=N runs that one
 * alone. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "whole.h"

#define SWEEPS 800

static struct {
	uint64_t sweeps, requests, loads, servers, shards, replicated, compared, open_loop, turns;
	uint64_t enough, not_enough, out_of_time, kills, set_aside;
} counted;

static void quick_machine(struct rng *r, struct sim_config *c)
{
	sim_config_default(c);
	c->num_parallel = 1 + (double)rng_below(r, 4);
	c->load_ms = 100 + (double)rng_below(r, 2000);
	c->stop_probability = rng_below(r, 2) ? 0.05 : 0;
	c->has_ps = rng_below(r, 8) != 0;
}

static void begin(struct whole *w, struct rng *r, uint64_t seed, const char *what,
	struct fake_wish wish, const struct sim_config *c)
{
	memset(w, 0, sizeof(*w));
	fake_plan_random_wide(&w->plan, r, wish);
	whole_begin(w, seed, what, c);
}

static void count_plan(const struct plan *p)
{
	counted.sweeps++;
	counted.servers += p->nservers > 1;
	counted.shards += p->sweep->shards > 0;
	counted.replicated += p->sweep->distribute == DISTRIBUTE_REPLICATE;
	counted.compared += p->of_kind[FACTOR_SERVER] >= 0;
	for (uint32_t c = 0; c < p->ncells; c++)
		if (plan_rate(p, c) > 0) {
			counted.open_loop++;
			break;
		}
}

static const char *host_of(const struct plan *p, uint32_t visit)
{
	return p->servers[p->visits[visit].server].host;
}

/* Whether the server begins another visit after the i-th. */
static bool comes_later(const struct whole *w, size_t i, uint32_t server)
{
	for (i++; i < w->nbegun; i++)
		if (w->plan.plan.visits[w->order[i]].server == server)
			return true;
	return false;
}

/* A server that begins two visits running has left no other of its host waiting. */
static void check_turns(const struct whole *w)
{
	const struct plan *p = &w->plan.plan;

	for (size_t i = 1; i < w->nbegun; i++) {
		size_t before = i - 1;

		while (before > 0 &&
			strcmp(host_of(p, w->order[before]), host_of(p, w->order[i])) != 0)
			before--;
		if (strcmp(host_of(p, w->order[before]), host_of(p, w->order[i])) != 0 ||
			p->visits[w->order[before]].server != p->visits[w->order[i]].server)
			continue;
		for (uint32_t s = 0; s < p->nservers; s++)
			if (s != p->visits[w->order[i]].server &&
				strcmp(p->servers[s].host, host_of(p, w->order[i])) == 0 &&
				comes_later(w, i, s))
				fail_msg("%s: server %u waits while another has two turns", w->what,
					s);
	}
	counted.turns += w->nbegun;
}

/* Every (block, pass, server) and sentinel has a load, and no two have the same. */
static void check_loads(const struct whole *w)
{
	const struct plan *p = &w->plan.plan;

	assert_int_equal(w->nbegun, p->nvisits);
	for (uint32_t v = 0; v < p->nvisits; v++) {
		assert_true(w->load_of_visit[v][0] != '\0');
		for (uint32_t u = 0; u < v; u++)
			assert_string_not_equal(w->load_of_visit[u], w->load_of_visit[v]);
	}
}

static void check_all_done(struct whole *w, const struct runner_progress *p)
{
	struct fake_count c = fake_ledger_count(&w->ledger, &w->plan.plan);

	if (c.done != c.planned || p->done != p->total)
		fail_msg("%s: %llu of %llu done", w->what, (unsigned long long)c.done,
			(unsigned long long)c.planned);
	assert_int_equal(p->passes_incomplete, 0);
	assert_int_equal(p->passes_dropped, 0);
}

/* ---- plain ---- */

static uint32_t plain(uint64_t seed, const char *what)
{
	struct fake_wish wish = {.shards = true};
	struct runner_progress p;
	struct sim_config c;
	struct whole w;
	struct rng r;
	uint32_t digest;

	rng_init(&r, seed, "plain");
	quick_machine(&r, &c);
	begin(&w, &r, seed, what, wish, &c);
	if (!whole_run(&w, 1, NS_NONE, 0, &p))
		fail_msg("%s: %s", what, w.why);
	check_all_done(&w, &p);
	assert_int_equal(w.measured, p.total);
	assert_int_equal(p.loads_made, w.plan.plan.block_loads + w.plan.plan.sentinel_loads);
	assert_int_equal(p.loads_planned, p.loads_made);
	check_loads(&w);
	check_turns(&w);
	for (size_t i = 0; i < w.ledger.rows.n; i++)
		assert_int_equal(w.ledger.rows.v[i].attempts, 1);
	count_plan(&w.plan.plan);
	counted.requests += p.total;
	counted.loads += p.loads_made;
	digest = w.digest;
	whole_release(&w);
	return digest;
}

static void plain_repeats(uint64_t seed, const char *what)
{
	uint32_t digest = plain(seed, what);

	if (seed % 8 == 0)
		assert_int_equal(plain(seed, what), digest);
}

/* ---- killed, interrupted, out of time; then resumed ---- */

static void cut(uint64_t seed, const char *what)
{
	struct fake_wish wish = {.shards = true};
	struct runner_progress p;
	struct sim_config c;
	struct whole w;
	struct rng r;
	uint32_t session = 0;
	bool complete = false;

	rng_init(&r, seed, "cut");
	quick_machine(&r, &c);
	begin(&w, &r, seed, what, wish, &c);
	while (!complete) {
		bool last = ++session > 3, die = !last && rng_below(&r, 2);

		w.budget = last || rng_below(&r, 2) ? NS_NONE : (ns)rng_below(&r, 60) * NS_PER_S;
		complete = whole_run(&w, session,
			last || die ? NS_NONE : w.now + (ns)rng_below(&r, 90) * NS_PER_S,
			die ? 1 + rng_below(&r, 60) : 0, &p);
		counted.kills += !complete;
		if (session > 4)
			fail_msg("%s: not done: %s", what, w.why);
	}
	check_all_done(&w, &p);
	whole_release(&w);
}

/* ---- looks ---- */

struct looks {
	struct whole *w;
	uint32_t asked[PLAN_MAX_LOOKS + 1], n, enough_at; /* 0: never */
};

/* All passes so far are done, none of a later one is begun. */
static void check_passes(struct whole *w, uint32_t pass)
{
	const struct plan *p = &w->plan.plan;

	for (uint32_t v = 0; v < p->nvisits; v++) {
		struct item *items;
		size_t n, done = 0;

		plan_items(p, &p->visits[v], &items, &n);
		for (size_t i = 0; i < n; i++)
			done += fake_ledger_find(&w->ledger, items[i].run_id) != NULL;
		free(items);
		if (done != (p->visits[v].pass <= pass ? n : 0))
			fail_msg("%s: after pass %u, pass %u has %zu of %zu", w->what, pass,
				p->visits[v].pass, done, n);
	}
}

static bool on_look(void *arg, uint32_t pass)
{
	struct looks *l = arg;

	assert_true(l->n < PLAN_MAX_LOOKS);
	l->asked[l->n++] = pass;
	check_passes(l->w, pass);
	return pass == l->enough_at;
}

static void looking(uint64_t seed, const char *what)
{
	struct fake_wish wish = {.looks = true};
	struct runner_progress p;
	struct looks looks = {.n = 0};
	struct sim_config c;
	struct whole w;
	struct rng r;
	const struct plan *plan = &w.plan.plan;
	uint32_t k, last;

	rng_init(&r, seed, "looks");
	quick_machine(&r, &c);
	begin(&w, &r, seed, what, wish, &c);
	assert_true(plan->nlooks > 0);
	/* After the last of them nothing is left to decide. */
	last = plan->nlooks - 1;
	k = (uint32_t)rng_below(&r, plan->nlooks);
	looks.w = &w;
	looks.enough_at = k == last ? 0 : plan->looks[k];
	w.look = on_look;
	w.look_arg = &looks;
	whole_run(&w, 1, NS_NONE, 0, &p);
	for (uint32_t i = 0; i < looks.n; i++)
		assert_int_equal(looks.asked[i], plan->looks[i]);
	if (k == last) {
		assert_int_equal(w.stopped, STOP_COMPLETE);
		assert_int_equal(looks.n, last);
		check_all_done(&w, &p);
		counted.not_enough++;
	} else {
		assert_int_equal(w.stopped, STOP_ENOUGH);
		assert_int_equal(looks.n, k + 1);
		check_passes(&w, looks.enough_at);
		/* A resume looks once, and measures nothing. */
		looks.n = 0;
		w.measured = 0;
		whole_run(&w, 2, NS_NONE, 0, &p);
		assert_int_equal(w.stopped, STOP_ENOUGH);
		assert_int_equal(w.measured, 0);
		assert_int_equal(p.loads_made, 0);
		counted.enough++;
	}
	whole_release(&w);
}

/* ---- budgets ---- */

static void budget(uint64_t seed, const char *what)
{
	struct fake_wish wish = {.shards = true};
	struct runner_progress p, whole;
	struct sim_config c;
	struct whole w;
	struct rng r;
	ns took;

	rng_init(&r, seed, "budget");
	quick_machine(&r, &c);
	begin(&w, &r, seed, what, wish, &c);
	whole_run(&w, 1, NS_NONE, 0, &whole);
	took = w.now - w.first_sent;
	whole_release(&w);

	rng_init(&r, seed, "budget");
	quick_machine(&r, &c);
	begin(&w, &r, seed, what, wish, &c);
	w.budget = took / 20 + (ns)rng_below(&r, (uint64_t)took);
	whole_run(&w, 1, NS_NONE, 0, &p);
	assert_true(w.stopped == STOP_BUDGET || w.stopped == STOP_COMPLETE);
	assert_int_equal(p.passes_made + p.passes_incomplete + p.passes_dropped, whole.passes_made);
	if (w.stopped == STOP_BUDGET) {
		assert_true(p.passes_incomplete + p.passes_dropped > 0 || p.done == p.total);
		/* What was begun before the end of the budget was finished, nothing begun later. */
		assert_true(p.passes_incomplete <= w.plan.plan.nservers);
		if (w.now < w.first_sent + w.budget && p.passes_made < 3)
			fail_msg("%s: %s, before it was over", what, w.why);
		counted.out_of_time++;
	} else {
		assert_int_equal(p.done, p.total);
	}
	whole_release(&w);
}

/* ---- servers that fail ---- */

static void faulty(uint64_t seed, const char *what)
{
	struct fake_wish wish = {.shards = true};
	struct runner_progress p;
	struct sim_config c, bad;
	struct whole w;
	struct rng r;
	uint32_t session = 1;

	rng_init(&r, seed, "faulty");
	quick_machine(&r, &c);
	bad = c;
	bad.fail_connect = 1;
	begin(&w, &r, seed, what, wish, &c);
	w.moved = w.plan.sweep.distribute == DISTRIBUTE_SHARE &&
		w.plan.plan.of_kind[FACTOR_SERVER] < 0;
	for (size_t i = 0; i < w.plan.nservers; i++) {
		if (rng_below(&r, 2) == 0 || (i == 0 && w.plan.nservers > 1))
			continue;
		sim_free(w.sims[i]);
		w.sims[i] = sim_new(&bad, seed);
	}
	whole_run(&w, 1, NS_NONE, 0, &p);
	counted.set_aside += p.sick;
	if (w.moved && w.plan.nservers > 1) { /* the first did it all */
		assert_int_equal(w.stopped, STOP_COMPLETE);
		assert_int_equal(p.done, p.total);
		assert_int_equal(p.passes_made, p.passes_made + p.passes_incomplete);
	} else if (p.sick) {
		assert_int_equal(w.stopped, STOP_SERVER_GONE);
		assert_true(w.why[0] != '\0');
	}
	for (size_t i = 0; i < w.plan.nservers; i++) {
		sim_free(w.sims[i]);
		w.sims[i] = sim_new(&c, seed + i);
	}
	while (!whole_run(&w, ++session, NS_NONE, 0, &p))
		assert_true(session < 4);
	check_all_done(&w, &p);
	whole_release(&w);
}

/* ---- */

static void each_seed(uint64_t n, void (*run)(uint64_t seed, const char *what))
{
	const char *only = getenv("CHIMERA_SEED");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : n;
	char what[40];

	for (uint64_t seed = first; seed <= last; seed++) {
		snprintf(what, sizeof(what), "CHIMERA_SEED=%llu", (unsigned long long)seed);
		run(seed, what);
	}
}

static void test_plain(void **state)
{
	(void)state;
	each_seed(SWEEPS, plain_repeats);
	print_message("%llu sweeps: %llu on several servers, %llu shards, %llu replicated, %llu "
		      "comparing servers, %llu with rates; %llu requests, %llu loads, as planned; "
		      "%llu turns\n",
		(unsigned long long)counted.sweeps, (unsigned long long)counted.servers,
		(unsigned long long)counted.shards, (unsigned long long)counted.replicated,
		(unsigned long long)counted.compared, (unsigned long long)counted.open_loop,
		(unsigned long long)counted.requests, (unsigned long long)counted.loads,
		(unsigned long long)counted.turns);
}

static void test_cut(void **state)
{
	(void)state;
	each_seed(SWEEPS, cut);
	print_message("%d sweeps, cut %llu times, resumed to the planned set\n", SWEEPS,
		(unsigned long long)counted.kills);
}

static void test_looks(void **state)
{
	(void)state;
	each_seed(SWEEPS / 2, looking);
	print_message("%d adaptive sweeps: %llu ended by a look, %llu with their last pass\n",
		SWEEPS / 2, (unsigned long long)counted.enough,
		(unsigned long long)counted.not_enough);
}

static void test_budget(void **state)
{
	(void)state;
	each_seed(SWEEPS / 2, budget);
	print_message("%d sweeps with a budget: %llu ended by it\n", SWEEPS / 2,
		(unsigned long long)counted.out_of_time);
}

static void test_faulty(void **state)
{
	(void)state;
	each_seed(SWEEPS / 2, faulty);
	print_message("%d sweeps with servers that refuse: %llu were set aside\n", SWEEPS / 2,
		(unsigned long long)counted.set_aside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_faulty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
