/* test_calibration.c - the analysis against runs of a known truth.
 *
 * Limits are those of docs/statistics.md: they are what its claims allow, widened by what so many
 * simulated runs can show.  Streams are seeded, so a pass is a pass for ever. */
#include <math.h>
#include <string.h>

#include "effects.h"
#include "splitplot.h"
#include "unit.h"

struct run {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct strata strata[METRIC_COUNT];
	struct effects effects;
};

static void run_fit(struct run *x, const struct splitplot *c, struct rng *r)
{
	struct alias_finding *aliases;
	size_t naliases;

	*x = (struct run){0};
	splitplot_make(&x->d, c, r);
	effective_find(&x->eff, &x->d, &x->arena, &aliases, &naliases);
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&x->strata[m], &x->d, &x->eff, (enum metric)m, false, &x->arena);
}

static void run_make(struct run *x, const struct splitplot *c, struct rng *r)
{
	run_fit(x, c, r);
	effects_make(&x->effects, &x->d, &x->eff, x->strata, &x->arena);
}

static void run_release(struct run *x)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&x->strata[m]);
	arena_release(&x->arena);
	dataset_release(&x->d);
}

static const struct effect *effect_of(const struct run *x, const char *factor, enum metric metric)
{
	for (size_t i = 0; i < x->effects.n; i++) {
		if (strcmp(x->effects.v[i].factor, factor) == 0 && x->effects.v[i].metric == metric)
			return &x->effects.v[i];
	}
	fail_msg("no effect of %s", factor);
	return NULL;
}

/* 4 num_ctx x 3 temperatures, 6 requests a cell in 3 passes, loads as noisy as requests. */
static struct splitplot grid(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.01,
		.sd_pass = 0.01};
}

struct tally {
	size_t runs, alarms, tests, small, effects, no_effects, withheld;
};

/* Runs without any true effect.  An alarm is a run with any `effect` in the family. */
static struct tally false_alarms(const struct splitplot *c, size_t runs, const char *stream)
{
	struct tally t = {.runs = runs};
	struct rng r;

	rng_init(&r, 1, stream);
	for (size_t i = 0; i < runs; i++) {
		struct run x;
		bool alarm = false;

		run_make(&x, c, &r);
		for (size_t k = 0; k < x.effects.n; k++) {
			const struct effect *e = &x.effects.v[k];

			if (!e->primary || e->verdict == VERDICT_ALIAS)
				continue;
			alarm = alarm || e->verdict == VERDICT_EFFECT;
			t.withheld += isnan(e->p);
			t.tests += !isnan(e->p);
			t.small += e->p < 0.05;
			t.no_effects += e->verdict == VERDICT_NO_EFFECT;
		}
		t.alarms += alarm;
		run_release(&x);
	}
	return t;
}

/* 1,000 A/A sweeps: at most 67 alarms (5 % is 50, with a standard error of 7), each unadjusted test
 * near 5 %, nothing withheld. */
static void test_false_alarms(void **state)
{
	struct splitplot c = grid();
	struct tally t = false_alarms(&c, 1000, "A/A");

	(void)state;
	print_message("A/A: %zu of %zu runs, %zu of %zu tests below 5 %%\n", t.alarms, t.runs,
		t.small, t.tests);
	assert_in_range(t.alarms, 10, 67);
	assert_int_equal(t.withheld, 0);
	assert_int_equal(t.tests, 6000);
	assert_in_range(t.small, 240, 360); /* 4 to 6 % */
}

/* Requests taken for replicates of num_ctx would cry wolf in most runs; here loads are 3 x as
 * noisy. */
static void test_false_alarms_with_noisy_loads(void **state)
{
	struct splitplot c = grid();
	struct tally t;

	(void)state;
	c.sd_load = 0.03;
	t = false_alarms(&c, 500, "noisy loads");
	print_message("noisy loads: %zu of %zu runs\n", t.alarms, t.runs);
	assert_in_range(t.alarms, 5, 40);
}

/* Three names of one setting: the loads of all of them are the error of num_ctx, and it still
 * holds. Two passes would leave three degrees of freedom without them. */
static void test_false_alarms_with_aliases(void **state)
{
	struct splitplot c = grid();
	struct tally t;

	(void)state;
	c.gpus = 3;
	c.no_gpu = true;
	c.passes = 2;
	t = false_alarms(&c, 500, "aliases");
	print_message("aliases: %zu of %zu runs, %zu of %zu tests below 5 %%\n", t.alarms, t.runs,
		t.small, t.tests);
	assert_in_range(t.alarms, 5, 40);
	assert_int_equal(t.tests, 6 * 500);
	assert_in_range(t.small, 110, 190);
	assert_int_equal(t.withheld, 0);
}

/* 95 % intervals of the ratio between levels, of both strata, and of a cell's expectation over
 * loads (pass shifts apart), where there are true effects. */
static void test_coverage(void **state)
{
	enum { RUNS = 1500 };
	static const double slower[] = {0, -0.01, -0.02, -0.05}, warmer[] = {0, 0.01, 0.02};
	struct splitplot c = grid();
	size_t runner = 0, request = 0, cells = 0;
	struct rng r;

	(void)state;
	c.context_effect = slower;
	c.temperature_effect = warmer;
	c.sd_pass = 0;
	rng_init(&r, 2, "coverage");
	for (size_t i = 0; i < RUNS; i++) {
		struct run x;
		const struct level_summary *l;
		double low, high, df;

		run_make(&x, &c, &r);
		l = &effect_of(&x, "num_ctx", METRIC_DECODE)->levels[3];
		runner += l->ci_low < exp(-0.05) && l->ci_high > exp(-0.05);
		l = &effect_of(&x, "temperature", METRIC_DECODE)->levels[2];
		request += l->ci_low < exp(0.02) && l->ci_high > exp(0.02);
		assert_null(strata_cell_interval(&x.strata[METRIC_DECODE], 11, &low, &high, &df));
		cells += low < log(100) - 0.03 && high > log(100) - 0.03;
		run_release(&x);
	}
	print_message("coverage of %d: num_ctx %zu, temperature %zu, cell %zu\n", RUNS, runner,
		request, cells);
	/* 93 to 97 % */
	assert_in_range(runner, RUNS * 93 / 100, RUNS * 97 / 100);
	assert_in_range(request, RUNS * 93 / 100, RUNS * 97 / 100);
	assert_in_range(cells, RUNS * 93 / 100, RUNS * 97 / 100);
}

/* Where 1 or 2 degrees of freedom are all there is between loads, a cell's interval may be too
 * wide, never too narrow. */
static void test_coverage_of_few_loads(void **state)
{
	enum { RUNS = 1000 };
	static const struct {
		uint32_t contexts, passes;
	} cases[] = {{1, 3}, {2, 2}, {2, 3}};

	(void)state;
	for (size_t k = 0; k < COUNTOF(cases); k++) {
		struct splitplot c = grid();
		size_t held = 0;
		struct rng r;

		c.contexts = cases[k].contexts;
		c.passes = cases[k].passes;
		c.sd_pass = 0;
		rng_init(&r, k, "few loads");
		for (size_t i = 0; i < RUNS; i++) {
			double low, high, df;
			struct run x;

			run_fit(&x, &c, &r);
			assert_null(strata_cell_interval(
				&x.strata[METRIC_DECODE], 0, &low, &high, &df));
			held += low < log(100) && high > log(100);
			run_release(&x);
		}
		print_message("coverage of %d: %u blocks, %u passes: cell %zu\n", RUNS,
			cases[k].contexts, cases[k].passes, held);
		assert_in_range(held, RUNS * 93 / 100, RUNS * 99 / 100);
	}
}

/* All pairs of a factor at once: in 95 % of runs no interval misses. */
static void test_simultaneous_coverage(void **state)
{
	enum { RUNS = 800 };
	static const double spread[] = {0, -0.1, -0.2, -0.3};
	struct splitplot c = grid();
	size_t held = 0;
	struct rng r;

	(void)state;
	c.context_effect = spread;
	rng_init(&r, 3, "all pairs");
	for (size_t i = 0; i < RUNS; i++) {
		const struct effect *e;
		struct run x;
		double truth;

		run_make(&x, &c, &r);
		e = effect_of(&x, "num_ctx", METRIC_DECODE);
		assert_int_equal(e->verdict, VERDICT_EFFECT);
		truth = exp(spread[e->furthest.worse] - spread[e->furthest.better]);
		held += e->furthest.ci_low < truth && e->furthest.ci_high > truth;
		run_release(&x);
	}
	print_message("furthest pair: %zu of %d\n", held, RUNS);
	assert_true(
		held >= RUNS * 95 / 100); /* more than 95 %, since one of six pairs is looked at */
}

/* A planted effect of the size that the run says it would have found is found 9 times in 10. */
static void found(const char *factor, struct splitplot c, double size, const char *stream)
{
	enum { RUNS = 400 };
	double planted[4] = {0, 0, 0, 0};
	size_t hits = 0, right = 0;
	struct rng r;

	/* The size comes from the true noise: from the noise a run saw it would be a guess. */
	planted[1] = size;
	if (strcmp(factor, "num_ctx") == 0)
		c.context_effect = planted;
	else
		c.temperature_effect = planted;
	rng_init(&r, 4, stream);
	for (size_t i = 0; i < RUNS; i++) {
		const struct effect *e;
		struct run x;

		run_make(&x, &c, &r);
		e = effect_of(&x, factor, METRIC_DECODE);
		hits += e->verdict == VERDICT_EFFECT;
		right += e->verdict == VERDICT_EFFECT && e->furthest.better == 1;
		run_release(&x);
	}
	print_message("power: %s %.2f %%: %zu of %d found, %zu the right level\n", factor,
		100 * size, hits, RUNS, right);
	assert_in_range(hits, RUNS * 87 / 100, RUNS);
	assert_true(right >= hits * 95 / 100);
}

/* `detectable` scales with the root of the error that the run saw: brought to the true error, it is
 * the effect to plant. */
static double promised(const char *factor, const struct splitplot *c, double true_ms)
{
	const struct effect *e;
	struct run x;
	struct rng r;
	double ms, size;

	rng_init(&r, 5, factor);
	run_make(&x, c, &r);
	e = effect_of(&x, factor, METRIC_DECODE);
	ms = e->stratum == DATA_RUNNER ? x.strata[METRIC_DECODE].ms_load
				       : x.strata[METRIC_DECODE].ms_within;
	size = log1p(e->detectable) * sqrt(true_ms / ms);
	run_release(&x);
	return size;
}

static void test_power(void **state)
{
	struct splitplot c = grid();
	double request = c.sd_request * c.sd_request;
	double load = c.sd_load * c.sd_load + request / 6;

	(void)state;
	found("num_ctx", c, promised("num_ctx", &c, load), "power of num_ctx");
	found("temperature", c, promised("temperature", &c, request), "power of temperature");
}

/* Quiet enough, the verdict without effects is no_effect and not inconclusive. */
static void test_equivalence(void **state)
{
	struct splitplot c = grid();
	struct tally t;

	(void)state;
	c.sd_request = 0.004;
	c.sd_load = 0.003;
	t = false_alarms(&c, 200, "quiet");
	print_message("equivalence: %zu of %zu tests are no_effect\n", t.no_effects, t.tests);
	assert_true(t.no_effects >= t.tests * 80 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_false_alarms_with_noisy_loads),
		cmocka_unit_test(test_false_alarms_with_aliases),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_coverage_of_few_loads),
		cmocka_unit_test(test_simultaneous_coverage),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_equivalence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
