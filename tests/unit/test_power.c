/* test_power.c - what an experiment would find: closed forms against simulation. */
#include <math.h>
#include <string.h>

#include "effects.h"
#include "power.h"
#include "splitplot.h"
#include "unit.h"

/* 4 num_ctx x 3 temperatures. */
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
		.sd_pass = 0.005};
}

struct planned {
	struct power_factor factors[2];
	struct power_design d;
	struct noise noise;
};

/* The same as a plan would be described. */
static void describe(struct planned *t, const struct splitplot *c)
{
	t->factors[0] =
		(struct power_factor){"num_ctx", true, c->contexts, 1.0 / c->contexts, NULL};
	t->factors[1] = (struct power_factor){
		"temperature", false, c->temperatures, 1.0 / c->temperatures, NULL};
	t->d = (struct power_design){.factors = t->factors + (c->contexts < 2),
		.nfactors = (c->contexts > 1) + (size_t)(c->temperatures > 1),
		.blocks = c->contexts,
		.groups = c->contexts * c->temperatures * c->prompts,
		.passes = c->passes,
		.per_pass = c->per_pass};
	noise_assumed(&t->noise);
	for (int m = 0; m < 2; m++) {
		t->noise.of[m].request.value = c->sd_request;
		t->noise.of[m].load.value = c->sd_load;
		t->noise.of[m].pass.value = c->sd_pass;
	}
}

static const struct noise_of *decode(const struct planned *t)
{
	return &t->noise.of[METRIC_DECODE];
}

static void assert_between(double x, double low, double high)
{
	if (!(x >= low && x <= high))
		fail_msg("%g is not from %g to %g", x, low, high);
}

/* 4 blocks, load sd 1 %, an effect of 2 %: requests buy next to nothing, passes do. */
static void test_loads_count(void **state)
{
	struct splitplot c = grid();
	struct planned t;
	double few, many, passes;

	(void)state;
	c.temperatures = 1;
	c.passes = 2;
	c.per_pass = 3;
	describe(&t, &c);
	assert_int_equal(power_tests(&t.d), 2);
	few = power_of(&t.d, &t.factors[0], decode(&t), 0.02);
	t.d.per_pass = 50;
	many = power_of(&t.d, &t.factors[0], decode(&t), 0.02);
	t.d.per_pass = 3;
	t.d.passes = 7;
	passes = power_of(&t.d, &t.factors[0], decode(&t), 0.02);
	print_message("2 %%: %.3f, 50 requests %.3f, 7 passes %.3f\n", few, many, passes);
	assert_true(many < few * 1.35);
	assert_true(passes > 3 * many);
}

/* Inverse of each other; more noise, or more tests, less power. */
static void test_consistent(void **state)
{
	struct splitplot c = grid();
	struct planned t;

	(void)state;
	describe(&t, &c);
	assert_int_equal(power_tests(&t.d), 6);
	for (int f = 0; f < 2; f++) {
		double least = power_least(&t.d, &t.factors[f], decode(&t), 0.9);

		assert_between(
			power_of(&t.d, &t.factors[f], decode(&t), least), 0.9 - 1e-6, 0.9 + 1e-6);
		assert_true(power_least(&t.d, &t.factors[f], decode(&t), 0.8) < least);
		noise_scale(&t.noise, 2);
		assert_between(power_least(&t.d, &t.factors[f], decode(&t), 0.9), least * 1.9,
			least * 2.2);
		noise_scale(&t.noise, 0.5);
	}
	/* No test: one pass, one level. */
	t.d.passes = 1;
	assert_true(isnan(power_of(&t.d, &t.factors[0], decode(&t), 0.02)));
	t.d.passes = 3;
	t.factors[0].levels = 1;
	assert_true(isnan(power_least(&t.d, &t.factors[0], decode(&t), 0.9)));
}

/* ---- against simulation ---- */

struct seen {
	size_t effect, right, no_effect;
};

/* One level of a factor off by `size` in throughput and TTFT. */
static struct seen simulate(
	struct splitplot c, const char *factor, double size, size_t runs, const char *stream)
{
	double planted[4] = {0};
	struct seen seen = {0};
	struct rng r;

	planted[1] = log1p(size);
	if (strcmp(factor, "num_ctx") == 0)
		c.context_effect = planted;
	else
		c.temperature_effect = planted;
	rng_init(&r, 6, stream);
	for (size_t i = 0; i < runs; i++) {
		struct strata strata[METRIC_COUNT] = {0};
		struct alias_finding *aliases;
		struct effects effects;
		struct effective eff;
		struct dataset d;
		size_t naliases;

		splitplot_make(&d, &c, &r);
		effective_find(&eff, &d, &d.arena, &aliases, &naliases);
		for (int m = 0; m < METRIC_COUNT; m++)
			strata_fit(&strata[m], &d, &eff, (enum metric)m, false, &d.arena);
		effects_make(&effects, &d, &eff, strata, &d.arena);
		for (size_t k = 0; k < effects.n; k++) {
			const struct effect *e = &effects.v[k];

			if (e->metric != METRIC_DECODE || strcmp(e->factor, factor) != 0)
				continue;
			seen.effect += e->verdict == VERDICT_EFFECT;
			seen.right += e->verdict == VERDICT_EFFECT && e->furthest.better == 1;
			seen.no_effect += e->verdict == VERDICT_NO_EFFECT;
		}
		for (int m = 0; m < METRIC_COUNT; m++)
			strata_release(&strata[m]);
		dataset_release(&d);
	}
	return seen;
}

/* Four standard errors of a share of `runs`. */
static double slack(double share, size_t runs)
{
	return 4 * sqrt(share * (1 - share) / (double)runs);
}

static void test_power_is_true(void **state)
{
	enum { RUNS = 400 };
	static const struct {
		const char *factor;
		double size;
		uint32_t passes, per_pass;
	} cases[] = {{"num_ctx", 0.03, 3, 2}, {"num_ctx", 0.02, 7, 2}, {"num_ctx", 0.02, 2, 12},
		{"temperature", 0.01, 3, 2}, {"temperature", 0.02, 2, 1}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct splitplot c = grid();
		struct seen seen;
		struct planned t;
		double promised;

		c.passes = cases[i].passes;
		c.per_pass = cases[i].per_pass;
		describe(&t, &c);
		promised = power_of(&t.d, &t.factors[strcmp(cases[i].factor, "num_ctx") != 0],
			decode(&t), cases[i].size);
		seen = simulate(c, cases[i].factor, cases[i].size, RUNS, "power");
		print_message("%s %.0f %%, %u passes: promised %.3f, found %.3f\n", cases[i].factor,
			100 * cases[i].size, cases[i].passes, promised, (double)seen.effect / RUNS);
		/* Holm's later steps may find more (TTFT is planted too), never fewer. */
		assert_between((double)seen.effect / RUNS, promised - slack(promised, RUNS),
			promised + slack(promised, RUNS) + 0.10);
	}
}

/* The advice at the true noise, carried out: 2 % is found 9 times in 10, in the right order; and a
 * pass less would not do. */
static void advised(const char *factor, struct splitplot c, size_t at)
{
	enum { RUNS = 400 };
	struct planned t;
	struct power_wish wish;
	uint32_t passes, per_pass;
	struct seen seen;

	describe(&t, &c);
	wish = (struct power_wish){&t.factors[at], decode(&t), 0.02, 0.90, false};
	assert_true(power_search(&t.d, &wish, 1, 2, at ? 0 : c.per_pass, (struct power_cost){0},
		&passes, &per_pass));
	t.d.passes = c.passes = passes;
	t.d.per_pass = c.per_pass = per_pass;
	assert_true(power_of(&t.d, &t.factors[at], decode(&t), 0.02) >= 0.90);
	if (at)
		t.d.per_pass--;
	else
		t.d.passes--;
	assert_false(power_of(&t.d, &t.factors[at], decode(&t), 0.02) >= 0.90);
	seen = simulate(c, factor, 0.02, RUNS, "advised");
	print_message("%s: %u passes of %u: found %zu of %d, %zu in order\n", factor, passes,
		per_pass, seen.effect, RUNS, seen.right);
	/* At least 90 %, less what 400 runs may miss: 2.6 standard errors. */
	assert_true((double)seen.right / RUNS >= 0.90 - 0.039);
}

static void test_advice(void **state)
{
	struct splitplot c = grid();

	(void)state;
	advised("num_ctx", c, 0);
	c.sd_request = 0.03;
	advised("temperature", c, 1);
}

/* The advice from what a pilot of 3 passes saw, at its upper limit: over 200 pilots 2 % is found 9
 * times in 10 in the mean, by the closed form with the true noise. */
static void piloted(size_t at, struct splitplot c)
{
	enum { PILOTS = 200 };
	double mean = 0, passes_mean = 0;
	struct planned truth;
	struct rng r;

	describe(&truth, &c);
	rng_init(&r, 7, "pilots");
	for (int i = 0; i < PILOTS; i++) {
		struct err e = ERR_INIT;
		struct power_wish wish;
		uint32_t passes, per_pass;
		struct dataset d;
		struct noise n;

		splitplot_make(&d, &c, &r);
		assert_int_equal(noise_fit(&n, &d, &e), 0);
		noise_upper(&n);
		wish = (struct power_wish){
			&truth.factors[at], &n.of[METRIC_DECODE], 0.02, 0.90, false};
		assert_true(power_search(&truth.d, &wish, 1, POWER_LEAST_PASSES,
			at ? 0 : c.per_pass, (struct power_cost){0}, &passes, &per_pass));
		truth.d.passes = passes;
		truth.d.per_pass = per_pass;
		mean += power_of(&truth.d, &truth.factors[at], decode(&truth), 0.02) / PILOTS;
		passes_mean += (double)passes / PILOTS;
		dataset_release(&d);
	}
	print_message("%s from pilots: %.3f in the mean, with %.1f passes\n",
		truth.factors[at].name, mean, passes_mean);
	assert_true(mean >= 0.90);
}

static void test_pilots(void **state)
{
	struct splitplot c = grid();

	(void)state;
	piloted(0, c);
	c.sd_request = 0.03;
	piloted(1, c);
}

/* The verdict no_effect is as frequent as promised, with no effect and with half the margin. */
static void test_equality(void **state)
{
	enum { RUNS = 400 };
	struct splitplot c = grid();
	struct power_wish wish;
	uint32_t passes, per_pass;
	struct planned t;

	(void)state;
	c.sd_load = 0.006;
	describe(&t, &c);
	wish = (struct power_wish){&t.factors[0], decode(&t), 0.02, 0.80, true};
	assert_true(power_search(&t.d, &wish, 1, 2, 2, (struct power_cost){0}, &passes, &per_pass));
	t.d.passes = c.passes = passes;
	for (int half = 0; half < 2; half++) {
		double size = half ? 0.01 : 0;
		double promised = power_equal(&t.d, &t.factors[0], decode(&t), 0.02, size);
		struct seen seen = simulate(c, "num_ctx", size, RUNS, "equal");

		print_message("%u passes, true %.0f %%: promised %.3f, no_effect %.3f\n", passes,
			100 * size, promised, (double)seen.no_effect / RUNS);
		assert_between((double)seen.no_effect / RUNS, promised - slack(promised, RUNS),
			promised + slack(promised, RUNS) + 0.10);
	}
	assert_true(power_equal(&t.d, &t.factors[0], decode(&t), 0.02, 0) >= 0.80);
}

/* Loads that cost much buy requests instead, and the other way round; what cannot be had is said.
 */
static void test_cost(void **state)
{
	struct splitplot c = grid();
	uint32_t p[2], r[2];
	struct planned t;
	struct power_wish wish;

	(void)state;
	c.sd_request = 0.03;
	c.sd_load = 0.002;
	describe(&t, &c);
	wish = (struct power_wish){&t.factors[0], decode(&t), 0.02, 0.90, false};
	assert_true(power_search(&t.d, &wish, 1, 3, 0, (struct power_cost){60, 0.1}, &p[0], &r[0]));
	assert_true(power_search(&t.d, &wish, 1, 3, 0, (struct power_cost){0.1, 5}, &p[1], &r[1]));
	assert_true(p[0] < p[1] && r[0] > r[1]);
	assert_true(p[0] >= 3);
	wish.size = 1e-5;
	assert_false(power_search(&t.d, &wish, 1, 3, 0, (struct power_cost){0}, &p[0], &r[0]));
}

/* Without noise any difference is found, and none where there is none. */
static void test_no_noise(void **state)
{
	struct splitplot c = grid();
	struct planned t;
	struct power_wish wish;
	uint32_t passes, per_pass;

	(void)state;
	c.sd_request = c.sd_load = c.sd_pass = 0;
	describe(&t, &c);
	for (size_t f = 0; f < 2; f++) {
		assert_double(power_of(&t.d, &t.factors[f], decode(&t), 1e-6), 1);
		assert_double(power_of(&t.d, &t.factors[f], decode(&t), 0), 0);
		assert_double(power_least(&t.d, &t.factors[f], decode(&t), 0.9), 0);
		assert_double(power_equal(&t.d, &t.factors[f], decode(&t), 0.02, 0), 1);
		assert_double(power_equal(&t.d, &t.factors[f], decode(&t), 0.02, 0.01), 0);
	}
	wish = (struct power_wish){
		.factor = &t.factors[0], .noise = decode(&t), .size = 0.03, .target = 0.9};
	assert_true(power_search(&t.d, &wish, 1, POWER_LEAST_PASSES, 0, (struct power_cost){0, 0},
		&passes, &per_pass));
	assert_int_equal(passes, POWER_LEAST_PASSES);
	assert_int_equal(per_pass, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_noise),
		cmocka_unit_test(test_loads_count),
		cmocka_unit_test(test_consistent),
		cmocka_unit_test(test_power_is_true),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_pilots),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
