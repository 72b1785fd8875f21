/* test_runner_random.c - the rules of the schedule under random sweeps, answers, interrupts and
 * deaths.
 *
 * fake_world checks the order of things as they happen; here it is checked that in the end
 * everything planned was done, once.  A failure names the seed: CHIMERA_SEED=N runs that one alone.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"
#include "unit.h"

#define SWEEPS       1000
#define MAX_SESSIONS 60

/* Luck of a world. */
struct luck {
	struct rng rng;
	double fail, invalid; /* per request */
};

static void random_answer(struct fake_world *w, const struct ticket *t, struct fake_answer *a)
{
	static const struct {
		enum status status;
		int http_status;
		bool content, broken;
	} failures[] = {
		{STATUS_CONNECT_ERROR, 0, false, false},
		{STATUS_HTTP_ERROR, 400, false, false},
		{STATUS_HTTP_ERROR, 500, false, false},
		{STATUS_QUEUE_FULL, 503, false, false},
		{STATUS_MODEL_MISSING, 404, false, false},
		{STATUS_OUT_OF_MEMORY, 500, false, false},
		{STATUS_SERVER_ERROR, 200, false, false},
		{STATUS_SERVER_ERROR, 200, true, false},
		{STATUS_BAD_LINE, 200, true, false},
		{STATUS_TRUNCATED, 200, true, false},
		{STATUS_TRUNCATED, 200, true, true},
		{STATUS_TRUNCATED, 200, false, true},
		{STATUS_TIMEOUT_FIRST, 0, false, false},
		{STATUS_TIMEOUT_STALL, 200, true, false},
		{STATUS_TIMEOUT_TOTAL, 200, true, false},
		{STATUS_PROMPT_TRUNCATED, 200, true, false},
	};
	struct luck *luck = w->arg;
	size_t i = rng_below(&luck->rng, COUNTOF(failures));

	a->takes = (ns)(1 + rng_below(&luck->rng, 30000)) * NS_PER_MS;
	a->ttft = a->takes / 2;
	a->total = t->load_due ? a->takes : a->takes - a->load;
	if (rng_uniform(&luck->rng) < luck->fail) {
		a->status = failures[i].status;
		a->http_status = failures[i].http_status;
		a->ttft = failures[i].content ? a->ttft : NS_NONE;
		a->broken = failures[i].broken;
		a->error = "bad luck";
	} else if (rng_uniform(&luck->rng) < luck->invalid) {
		a->validity = INVALID;
	}
}

/* Every second sweep is of every kind there is. */
static void random_plan(struct fake_plan *f, struct rng *r, uint64_t seed)
{
	struct fake_wish wish = {.looks = seed % 4 == 1, .shards = seed % 4 == 3};

	if (seed % 2)
		fake_plan_random_wide(f, r, wish);
	else
		fake_plan_random(f, r);
}

static bool random_look(struct fake_world *w, uint32_t pass)
{
	struct luck *luck = w->arg;

	(void)pass;
	return luck->fail > 0 && rng_below(&luck->rng, 3) == 0;
}

/* Some servers do not tell, some do not obey, some were left with the model by an earlier session.
 */
static void random_servers(struct fake_world *w, struct rng *r)
{
	for (size_t i = 0; i < FAKE_LANES; i++) {
		w->servers[i].ps_fails = rng_below(r, 8) == 0;
		w->servers[i].stuck = rng_below(r, 30) == 0;
		w->servers[i].resident = rng_below(r, 2) ? w->plan->blocks[0].model : NULL;
		w->servers[i].other = rng_below(r, 8) == 0 ? "llama3:8b" : NULL;
	}
}

/* On a bad day some servers are not there for a while, and there may be little time. */
static void random_day(struct fake_world *w, struct rng *r)
{
	for (size_t i = 0; i < FAKE_LANES; i++) {
		if (rng_below(r, 3))
			continue;
		w->servers[i].dead_from = w->now + (ns)rng_below(r, 300) * NS_PER_S;
		w->servers[i].dead_until =
			w->servers[i].dead_from + (ns)rng_below(r, 300) * NS_PER_S;
	}
	if (rng_below(r, 3) == 0)
		w->budget = (ns)rng_below(r, 600) * NS_PER_S;
}

/* One run without a failure; its trace goes to `trace`. */
static void run_calm(uint64_t seed, const char *what, struct str *trace)
{
	struct luck luck = {.fail = 0};
	struct fake_plan f;
	struct fake_ledger ledger;
	struct fake_world w;
	struct fake_count c;
	struct rng r;

	rng_init(&r, seed, "calm");
	rng_init(&luck.rng, seed, "luck");
	random_plan(&f, &r, seed);
	fake_ledger_init(&ledger, &f.plan);
	fake_world_init(&w, &f.plan, &ledger);
	random_servers(&w, &r);
	w.what = what;
	w.answer = random_answer;
	w.arg = &luck;
	w.look = random_look;
	fake_world_run(&w, 1, NULL);
	c = fake_ledger_count(&ledger, &f.plan);
	if (w.reason != STOP_COMPLETE || c.done != c.planned || w.load_rows != f.plan.nvisits ||
		w.progress.loads_made != f.plan.nvisits ||
		w.progress.loads_planned != f.plan.nvisits || w.progress.done != w.progress.total ||
		w.measured != w.progress.total || w.progress.failed != 0)
		fail_msg("%s: %llu of %llu done, %llu loads for %u visits\n%s", what,
			(unsigned long long)c.done, (unsigned long long)c.planned,
			(unsigned long long)w.load_rows, f.plan.nvisits, w.trace.s);
	for (size_t i = 0; i < ledger.rows.n; i++)
		assert_int_equal(ledger.rows.v[i].attempts, 1);
	str_add(trace, w.trace.s);
	fake_world_release(&w);
	fake_ledger_release(&ledger);
	fake_plan_release(&f);
}

/* ---- storms ---- */

struct storm {
	struct fake_plan plan;
	struct fake_ledger ledger;
	struct luck luck;
	struct rng rng;
	const char *what;
	ns now;
};

/* Interrupted runs end in time; the server may be gone or all may be done by chance. */
static void check_end(const struct storm *s, const struct fake_world *w)
{
	if (w->interrupted && w->stopped && w->now - w->interrupt_at > 16 * NS_PER_S)
		fail_msg("%s: %lld ms from interrupt to stop\n%s", s->what,
			(long long)((w->now - w->interrupt_at) / NS_PER_MS), w->trace.s);
	if (w->stopped && w->reason == STOP_INTERRUPTED && !w->interrupted)
		fail_msg("%s: interrupted by nobody", s->what);
	if (w->stopped && w->reason != STOP_COMPLETE && !w->why[0])
		fail_msg("%s: stopped without a reason", s->what);
}

/* A session; `past` as it was at the start, or as it goes on. */
static enum stop_reason run_session(struct storm *s, uint32_t session)
{
	struct fake_ledger frozen;
	struct fake_world w;
	struct runner_past past;
	bool live = rng_below(&s->rng, 2);
	enum stop_reason reason;

	fake_ledger_copy(&frozen, &s->ledger);
	past = fake_ledger_past(live ? &s->ledger : &frozen);
	fake_world_init(&w, &s->plan.plan, &s->ledger);
	random_servers(&w, &s->rng);
	w.what = s->what;
	w.answer = random_answer;
	w.arg = &s->luck;
	w.now = s->now;
	w.look = random_look;
	if (s->luck.fail > 0)
		random_day(&w, &s->rng);
	if (rng_below(&s->rng, 3) == 0)
		w.interrupt_at = w.now + (ns)rng_below(&s->rng, 600) * NS_PER_S;
	if (rng_below(&s->rng, 4) == 0)
		w.die_after_rows = 1 + rng_below(&s->rng, 40);
	fake_world_run(&w, session, &past);
	check_end(s, &w);
	s->now = w.now;
	reason = w.stopped ? w.reason : STOP_INTERRUPTED;
	fake_world_release(&w);
	fake_ledger_release(&frozen);
	return reason;
}

/* Every item is done, or was ok three times (of a burst once) and never valid; a further session
 * sends nothing. */
static void check_all_done(struct storm *s)
{
	struct runner_past past = fake_ledger_past(&s->ledger);
	struct fake_count c = fake_ledger_count(&s->ledger, &s->plan.plan);
	struct fake_world w;
	uint64_t hopeless = 0;

	for (size_t i = 0; i < s->ledger.rows.n; i++) {
		const struct fake_row *row = &s->ledger.rows.v[i];

		if (row->warmup)
			continue;
		if (row->good + row->final > 1 || row->invalid > (row->burst ? 1 : 3))
			fail_msg("%s: %s has %u good, %u final, %u invalid rows", s->what,
				row->run_id, row->good, row->final, row->invalid);
		hopeless += row->invalid == (row->burst ? 1 : 3) && !row->good && !row->final;
	}
	if (c.untried || c.done + c.only_failed != c.planned || c.only_failed > hopeless)
		fail_msg("%s: %llu done, %llu failed, %llu untried of %llu", s->what,
			(unsigned long long)c.done, (unsigned long long)c.only_failed,
			(unsigned long long)c.untried, (unsigned long long)c.planned);
	fake_world_init(&w, &s->plan.plan, &s->ledger);
	w.what = s->what;
	fake_world_run(&w, 999, &past);
	if (strcmp(w.trace.s, "stop:complete") != 0)
		fail_msg("%s: all was done, and yet: %s", s->what, w.trace.s);
	assert_int_equal(w.progress.done, w.progress.total);
	assert_int_equal(w.progress.loads_planned, 0);
	fake_world_release(&w);
}

/* Sessions with failures until luck turns; then all must get done. */
static void run_storm(uint64_t seed, const char *what)
{
	struct storm s = {.what = what, .now = NS_PER_S};
	uint32_t session = 0, bad;

	rng_init(&s.rng, seed, "storm");
	rng_init(&s.luck.rng, seed, "luck");
	random_plan(&s.plan, &s.rng, seed);
	fake_ledger_init(&s.ledger, &s.plan.plan);
	s.luck.fail = 0.5 * rng_uniform(&s.rng);
	s.luck.invalid = rng_below(&s.rng, 2) ? 0.3 * rng_uniform(&s.rng) : 0;
	bad = 1 + (uint32_t)rng_below(&s.rng, 6);
	for (enum stop_reason reason = STOP_INTERRUPTED;
		session < bad || reason != STOP_COMPLETE;) {
		if (++session > MAX_SESSIONS)
			fail_msg("%s: not done after %d sessions", what, MAX_SESSIONS);
		if (session > bad)
			s.luck.fail = 0;
		reason = run_session(&s, session);
	}
	/* Failures of the last bad session are open still. */
	s.luck.fail = 0;
	while (run_session(&s, ++session) != STOP_COMPLETE)
		if (session > MAX_SESSIONS)
			fail_msg("%s: not done after %d sessions", what, MAX_SESSIONS);
	check_all_done(&s);
	fake_ledger_release(&s.ledger);
	fake_plan_release(&s.plan);
}

static void each_seed(void (*run)(uint64_t seed, const char *what))
{
	const char *only = getenv("CHIMERA_SEED");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : SWEEPS;
	char what[40];

	for (uint64_t seed = first; seed <= last; seed++) {
		snprintf(what, sizeof(what), "CHIMERA_SEED=%llu", (unsigned long long)seed);
		run(seed, what);
	}
}

static void calm_twice(uint64_t seed, const char *what)
{
	struct str one = STR_INIT(64 << 20), two = STR_INIT(64 << 20);

	run_calm(seed, what, &one);
	if (seed % 8 == 0) {
		run_calm(seed, what, &two);
		assert_string_equal(one.s, two.s);
	}
	str_release(&one);
	str_release(&two);
}

static void test_calm(void **state)
{
	(void)state;
	each_seed(calm_twice);
}

static void test_storm(void **state)
{
	(void)state;
	each_seed(run_storm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
