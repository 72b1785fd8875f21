/* test_search_sim.c - whole capacity searches on random simulated machines whose capacity is known
 * from their settings: the interval holds it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fake_plan.h"
#include "rng.h"
#include "search.h"
#include "search_burst.h"
#include "sim.h"
#include "unit.h"
#include "virtual.h"

#define LAYERS  18 /* as fake_plan says */
#define CONTEXT 32768

static const char *const urls[] = {"http://10.0.0.1:1"};

/* A machine, what is searched on it, and the sweep of a level. */
struct trial {
	struct sim_config machine;
	struct search_asked asked;
	struct search search;
	const char *factor, *rest; /* of a level's sweep */
};

struct watch {
	const struct trial *t;
	struct search_burst burst[SEARCH_BURSTS];
};

static void on_row(void *arg, const struct row_keys *k, const struct sample *s)
{
	struct watch *w = arg;

	assert_true(k->pass >= 1 && k->pass <= SEARCH_BURSTS);
	assert_true(k->phase == PHASE_SEARCH || k->phase == PHASE_WARMUP);
	search_burst_add(&w->burst[k->pass - 1], &w->t->asked, k, s);
}

static void run_session(const struct fake_plan *f, struct sim *sim, struct watch *w, ns *clock)
{
	struct virtual_options opt = {.start = *clock, .interrupt_at = NS_NONE};
	struct session session;
	struct err e = ERR_INIT;

	assert_int_equal(session_init(&session, &f->plan, NULL, 1, 0, &e), 0);
	session.measure_as = PHASE_SEARCH;
	session.on_row = on_row;
	session.on_row_arg = w;
	assert_int_equal(virtual_run(&session, &sim, &opt, clock, &e), 0);
	assert_int_equal(session.stopped, STOP_COMPLETE);
	session_release(&session);
}

/* One level: three bursts, judged and told. */
static void try_level(struct trial *t, struct sim *sim, double level, ns *clock)
{
	struct watch w = {.t = t};
	uint32_t kept = 0, not_kept = 0;
	char number[40], text[600], why[160];
	struct fake_plan f;

	snprintf(number, sizeof(number), t->search.step > 0 ? "%.0f" : "%.17g", level);
	snprintf(text, sizeof(text),
		"{\"model\":\"m\",\"factors\":{\"%s\":[%s]},\"passes\":3,\"repeats\":3,"
		"\"warmups\":1,\"sentinel\":false,%s}",
		t->factor, number, t->rest);
	fake_plan_make(&f, text, urls, 1);
	for (size_t i = 0; i < SEARCH_BURSTS; i++)
		search_burst_init(&w.burst[i], (uint32_t)(f.plan.requests / SEARCH_BURSTS));
	run_session(&f, sim, &w, clock);
	for (size_t i = 0; i < SEARCH_BURSTS; i++) {
		enum burst_verdict v = search_burst_judge(&w.burst[i], &t->asked, level, why);

		assert_int_not_equal(v, BURST_UNJUDGED);
		kept += v == BURST_KEPT;
		not_kept += v == BURST_NOT_KEPT;
		search_burst_release(&w.burst[i]);
	}
	search_told(&t->search, level, kept, not_kept);
	fake_plan_release(&f);
}

static void run_search(struct trial *t, struct search_result *r)
{
	struct sim *sim = sim_new(&t->machine, 1);
	ns clock = 0;
	double level;

	while (search_next(&t->search, &level))
		try_level(t, sim, level, &clock);
	sim_free(sim);
	assert_true(t->search.n <= search_bound(&t->search));
	search_result(&t->search, r);
	assert_false(r->disorder);
}

static void begin(struct trial *t, enum search_find find, const char *rest, const double range[3],
	double resolution)
{
	static const char *const names[] = {"concurrency", "rate", "num_ctx", "num_gpu"};
	struct err e = ERR_INIT;

	*t = (struct trial){.factor = names[find], .rest = rest};
	t->asked = (struct search_asked){.find = find,
		.ttft_ms = NAN,
		.tpot_ms = NAN,
		.e2e_ms = NAN,
		.share = 1,
		.all_layers = LAYERS + 1};
	sim_config_default(&t->machine);
	snprintf(t->machine.model, sizeof(t->machine.model), "m");
	assert_int_equal(search_init(&t->search, range[0], range[1], range[2], resolution, &e), 0);
}

static void make_still(struct sim_config *c)
{
	c->noise_request = c->noise_load = c->noise_pass = c->noise_day = 0;
}

/* confirmed <= truth < refused, where the truth is in the range. */
static void check_holds(const struct search *s, const struct search_result *r, double truth)
{
	if (truth < s->from)
		assert_true(isnan(r->confirmed) && r->refused == s->from);
	else
		assert_true(r->confirmed <= truth);
	if (truth >= s->to)
		assert_true(r->confirmed == s->to && isnan(r->refused));
	else
		assert_true(r->refused > truth);
}

/* Weights and context memory must fit into the GPU's memory. */
static void test_num_ctx(void **state)
{
	static const double range[] = {2048, CONTEXT, 256};
	struct rng rng;
	int inside = 0;

	(void)state;
	rng_init(&rng, 1, "num_ctx");
	for (int i = 0; i < 150; i++) {
		struct search_result r;
		struct trial t;
		double truth;

		begin(&t, FIND_NUM_CTX, "\"options\":{\"num_predict\":2}", range,
			0.01 * (double)rng_below(&rng, 6));
		t.machine.model_mib = 50 + floor(1000 * rng_uniform(&rng));
		t.machine.kv_kib_per_token = 4 + floor(50 * rng_uniform(&rng));
		t.machine.vram_mib = ceil(t.machine.model_mib +
			t.machine.kv_kib_per_token * pow(2, 6 * rng_uniform(&rng)));
		truth = (t.machine.vram_mib - t.machine.model_mib) * 1024 /
			t.machine.kv_kib_per_token;
		run_search(&t, &r);
		check_holds(&t.search, &r, truth);
		inside += truth >= range[0] && truth < range[1];
	}
	assert_true(inside > 75); /* the others lie below or above */
}

/* So many layers of equal size as the GPU's memory holds. */
static void test_num_gpu(void **state)
{
	static const double range[] = {1, LAYERS + 1, 1};
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, "num_gpu");
	for (int i = 0; i < 60; i++) {
		struct search_result r;
		struct trial t;

		begin(&t, FIND_NUM_GPU, "\"options\":{\"num_predict\":2,\"num_ctx\":4096}", range,
			0);
		t.machine.model_mib = 200 + floor(1000 * rng_uniform(&rng));
		t.machine.vram_mib = 30 + floor(1200 * rng_uniform(&rng));
		run_search(&t, &r);
		check_holds(&t.search, &r,
			floor(t.machine.vram_mib * (LAYERS + 1) / (t.machine.model_mib + 72)));
	}
}

/* One request more than there are slots waits, for much longer than the limit leaves. */
static void test_concurrency(void **state)
{
	static const double range[] = {1, 32, 1};
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, "concurrency");
	for (int i = 0; i < 40; i++) {
		struct search_result r;
		struct trial t;

		begin(&t, FIND_CONCURRENCY, "\"burst\":64,\"options\":{\"num_predict\":128}", range,
			0);
		make_still(&t.machine);
		t.asked.ttft_ms = 240;
		t.machine.num_parallel = (double)(1 + rng_below(&rng, 24));
		run_search(&t, &r);
		check_holds(&t.search, &r, t.machine.num_parallel);
		assert_true(r.refused == t.machine.num_parallel + 1 && r.nundecided == 0);
	}
}

/* Between the rate that leaves slots free and that at which the end of the burst has waited for
 * longer than the limit. */
static void test_rate(void **state)
{
	static const double range[] = {0.25, 64, 0};
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, "rate");
	for (int i = 0; i < 40; i++) {
		double slots = (double)(1 + rng_below(&rng, 8)), burst = 100, tokens = 32, busy;
		struct search_result r;
		struct trial t;

		begin(&t, FIND_RATE, "\"burst\":100,\"options\":{\"num_predict\":32}", range,
			0.02 + 0.1 * rng_uniform(&rng));
		make_still(&t.machine);
		t.machine.num_parallel = slots;
		t.machine.resident_load_ms = 0;
		t.machine.gpu_tok_s = 50 + 400 * rng_uniform(&rng);
		t.asked.ttft_ms = 1000;
		t.asked.share = 0.95;
		run_search(&t, &r);
		/* With all slots at work; prefill and overhead are small beside the decode. */
		busy = (tokens / t.machine.gpu_tok_s) * (1 + 0.35 * (slots - 1));
		assert_true(!isnan(r.confirmed) && !isnan(r.refused));
		assert_true(r.refused > 0.8 * slots / (busy + 0.03));
		assert_true(1 / r.confirmed > 0.97 * busy / slots - 1 / (0.95 * burst));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_num_ctx),
		cmocka_unit_test(test_num_gpu),
		cmocka_unit_test(test_concurrency),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
