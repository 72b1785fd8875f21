/* test_strata.c - the two strata and their tests, against an independent computation.
 *
 * The reference values come from statsmodels 0.15 and SciPy 1.17: ordinary least squares with
 * dummies for every load (request stratum), weighted least squares on the load means adjusted by
 * the request stratum's coefficients (runner stratum), F by model comparison, Satterthwaite by
 * hand.  For the balanced table the runner stratum's F was also had from the textbook sums of
 * squares. */
#include <math.h>
#include <string.h>

#include "effects.h"
#include "splitplot.h"
#include "strata.h"
#include "unit.h"

static void assert_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.12g is not %.12g", got, want);
}

/* 3 passes x 3 num_ctx x 2 temperatures x 2 requests, tok/s. */
static const double table[36] = {99.67, 98.75, 101.41, 100.60, 98.62, 95.95, 97.70, 99.34, 94.51,
	93.06, 96.23, 97.28, 94.53, 95.40, 96.52, 98.88, 93.25, 93.09, 94.48, 91.24, 91.38, 91.60,
	91.18, 92.63, 98.49, 95.77, 98.84, 100.21, 94.34, 94.65, 96.50, 94.65, 94.83, 90.79, 96.03,
	94.97};

struct fixture {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct alias_finding *aliases;
	size_t naliases;
	struct strata strata[METRIC_COUNT];
	struct effects effects;
};

static void analyse(struct fixture *f)
{
	effective_find(&f->eff, &f->d, &f->arena, &f->aliases, &f->naliases);
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_fit(&f->strata[m], &f->d, &f->eff, (enum metric)m, false, &f->arena);
	effects_make(&f->effects, &f->d, &f->eff, f->strata, &f->arena);
}

static void release(struct fixture *f)
{
	for (int m = 0; m < METRIC_COUNT; m++)
		strata_release(&f->strata[m]);
	arena_release(&f->arena);
	dataset_release(&f->d);
}

/* The table as a run; rows in dropped[] failed. */
static void load_table(struct fixture *f, const size_t *dropped, size_t ndropped)
{
	static const struct splitplot c = {.contexts = 3,
		.gpus = 1,
		.temperatures = 2,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2};
	uint32_t seen[18] = {0};
	struct rng r;

	*f = (struct fixture){0};
	rng_init(&r, 1, "table");
	splitplot_make(&f->d, &c, &r);
	for (size_t i = 0; i < f->d.nrows; i++) {
		struct data_row *row = &f->d.rows[i];
		uint32_t group = (row->pass - 1u) * 6 + row->cell;
		size_t at = group * 2 + seen[group]++;

		row->metric[METRIC_DECODE] = table[at];
		row->metric[METRIC_TTFT] = NAN;
		for (size_t k = 0; k < ndropped; k++) {
			if (dropped[k] == at)
				row->ok = row->counts = false;
		}
	}
	analyse(f);
}

static const struct effect *effect_of(const struct fixture *f, const char *factor)
{
	for (size_t i = 0; i < f->effects.n; i++) {
		if (strcmp(f->effects.v[i].factor, factor) == 0)
			return &f->effects.v[i];
	}
	fail_msg("no effect of %s", factor);
	return NULL;
}

static void check_test(const struct effect *e, double df, double df_error, double f, double p)
{
	assert_double(e->df, df);
	assert_double(e->df_error, df_error);
	assert_close(e->f, f, 1e-8);
	assert_close(e->p, p, 1e-8);
}

static void check_level(const struct effect *e, size_t level, double ratio, double low, double high)
{
	assert_close(e->levels[level].ratio, ratio, 1e-9);
	assert_close(e->levels[level].ci_low, low, 1e-9);
	assert_close(e->levels[level].ci_high, high, 1e-9);
}

static void check_cell(const struct strata *s, double mean, double low, double high, double df)
{
	double got_low, got_high, got_df;

	assert_null(strata_cell_interval(s, 0, &got_low, &got_high, &got_df));
	assert_close(exp(s->cells[0].mean), mean, 1e-9);
	assert_close(exp(got_low), low, 1e-9);
	assert_close(exp(got_high), high, 1e-9);
	assert_close(got_df, df, 1e-7);
}

static void test_balanced(void **state)
{
	const struct effect *ctx, *temperature, *both;
	struct fixture f;
	const struct strata *s = &f.strata[METRIC_DECODE];

	(void)state;
	load_table(&f, NULL, 0);
	assert_close(s->ms_within, 0.000174220490136, 1e-9);
	assert_double(s->df_within, 24);
	assert_close(s->ms_load, 2.44580504927e-05, 1e-8);
	assert_double(s->df_load, 4); /* (B-1)(P-1) */
	ctx = effect_of(&f, "num_ctx");
	temperature = effect_of(&f, "temperature");
	both = effect_of(&f, "num_ctx:temperature");
	check_test(ctx, 2, 4, 70.79815179, 0.0007547780891);
	check_test(temperature, 1, 24, 15.45835248, 0.0006260396539);
	check_test(both, 2, 24, 1.432144782, 0.2584821639);
	assert_string_equal(ctx->error_term, "block x pass");
	assert_string_equal(temperature->error_term, "within loads");
	check_level(ctx, 2, 0.953685163922, 0.943052864773, 0.964437335233);
	check_level(temperature, 1, 1.01744904704, 1.00825177497, 1.02673021661);
	check_cell(s, 97.0823327669, 96.1235837694, 98.0506444502, 20.2359507);
	assert_close(s->sd_request, 0.01319926097, 1e-8);
	assert_double(s->sd_load, 0); /* MS_load is below what requests alone explain */
	assert_close(s->sd_pass, 0.02112955233, 1e-8);
	/* Holm of three: the second may not be below the first. */
	assert_close(ctx->p_adjusted, 3 * 0.0006260396539, 1e-8);
	assert_close(temperature->p_adjusted, 3 * 0.0006260396539, 1e-8);
	assert_close(both->p_adjusted, 0.2584821639, 1e-8);
	assert_int_equal(ctx->verdict, VERDICT_EFFECT);
	assert_string_equal(ctx->note, "rests on 4 degrees of freedom");
	assert_string_equal(temperature->note, "");
	release(&f);
}

static void test_unbalanced(void **state)
{
	static const size_t dropped[] = {3, 9, 10, 22, 30};
	struct fixture f;
	const struct strata *s = &f.strata[METRIC_DECODE];

	(void)state;
	load_table(&f, dropped, COUNTOF(dropped));
	assert_close(s->ms_within, 0.000172835311648, 1e-9);
	assert_double(s->df_within, 19);
	assert_close(s->ms_load, 1.87790887489e-05, 1e-8);
	assert_double(s->df_load, 4);
	check_test(effect_of(&f, "num_ctx"), 2, 4, 82.13748593, 0.000565042259);
	check_test(effect_of(&f, "temperature"), 1, 19, 12.87136112, 0.001962744168);
	check_test(effect_of(&f, "num_ctx:temperature"), 2, 19, 2.146534131, 0.1443795103);
	check_level(effect_of(&f, "num_ctx"), 2, 0.957294148587, 0.947711157569, 0.96697404014);
	check_level(effect_of(&f, "temperature"), 1, 1.01737172894, 1.00720082571, 1.02764533987);
	check_cell(s, 97.0823327669, 96.2167854096, 97.9556664186, 19.2456842);
	assert_close(s->sd_pass, 0.0217684157, 1e-8);
	release(&f);
}

/* With two levels the omnibus F is the square of the pairwise t, and Tukey's interval the t
 * interval. */
static void test_two_levels(void **state)
{
	const struct effect *e;
	struct fixture f;

	(void)state;
	load_table(&f, NULL, 0);
	e = effect_of(&f, "temperature");
	assert_int_equal(e->verdict, VERDICT_EFFECT);
	assert_int_equal(e->furthest.worse, 0);
	assert_int_equal(e->furthest.better, 1);
	assert_close(e->furthest.ratio, 1 / 1.01744904704, 1e-9);
	assert_close(e->furthest.ci_low, 1 / 1.02673021661, 1e-7);
	assert_close(e->furthest.ci_high, 1 / 1.00825177497, 1e-7);
	release(&f);
}

static struct splitplot plain(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.01};
}

static void make(struct fixture *f, const struct splitplot *c)
{
	struct rng r;

	*f = (struct fixture){0};
	rng_init(&r, 3, "strata");
	splitplot_make(&f->d, c, &r);
	analyse(f);
}

static void test_degrees_of_freedom(void **state)
{
	static const struct {
		uint32_t contexts, gpus, passes, per_pass, prompts;
		bool no_gpu;
		double df_load, df_within;
	} cases[] = {
		{4, 1, 3, 2, 1, false, 6,
			12 * 6 - 12 - (12 - 4)}, /* (B-1)(P-1); N - loads - cells + B */
		{2, 1, 7, 2, 1, false, 6, 6 * 14 - 14 - (6 - 2)},
		{1, 1, 3, 2, 1, false, 2, 3 * 6 - 3 - 2}, /* one block: the loads as they are */
		{4, 1, 1, 2, 1, false, 0, 12 * 2 - 4 - 8}, {4, 1, 1, 1, 1, false, 0, 0},
		{4, 3, 3, 2, 1, true, 36 - 4 - 2,
			36 * 6 - 36 - (12 - 4)},                  /* aliases are replicates */
		{4, 3, 1, 2, 1, true, 0, 36 * 2 - 12 - (12 - 4)}, /* one pass is one pass */
		{1, 3, 3, 2, 1, true, 9 - 1 - 2, 9 * 6 - 9 - 2},
		{4, 1, 3, 2, 5, false, 6, 12 * 30 - 12 - (60 - 4)}, /* cell x prompt is no error */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct splitplot c = plain();
		struct fixture f;
		const struct strata *s = &f.strata[METRIC_DECODE];

		c.contexts = cases[i].contexts;
		c.gpus = cases[i].gpus;
		c.passes = cases[i].passes;
		c.per_pass = cases[i].per_pass;
		c.prompts = cases[i].prompts;
		c.no_gpu = cases[i].no_gpu;
		make(&f, &c);
		assert_double(s->df_load, cases[i].df_load);
		assert_double(s->df_within, cases[i].df_within);
		assert_true((s->load_why != NULL) == (cases[i].df_load == 0));
		assert_true((s->within_why != NULL) == (cases[i].df_within == 0));
		release(&f);
	}
}

/* One pass: estimates, but no interval, no p, and the reason. */
static void test_one_pass(void **state)
{
	struct splitplot c = plain();
	const struct effect *e;
	struct fixture f;

	(void)state;
	c.passes = 1;
	make(&f, &c);
	e = effect_of(&f, "num_ctx");
	assert_int_equal(e->verdict, VERDICT_INCONCLUSIVE);
	assert_true(isnan(e->p) && isnan(e->p_adjusted) && isnan(e->f));
	assert_contains(e->why, "each setting was loaded once");
	assert_true(isfinite(e->levels[3].ratio) && isfinite(e->levels[3].estimate));
	assert_true(isnan(e->levels[3].ci_low) && isnan(e->levels[3].estimate_low));
	e = effect_of(&f, "temperature");
	assert_true(isfinite(e->p));
	assert_true(isfinite(e->levels[1].ci_low));
	release(&f);
}

static void test_values_without_noise(void **state)
{
	static const double slower[] = {0, 0, 0, -0.1};
	struct splitplot c = plain();
	const struct effect *e;
	struct fixture f;

	(void)state;
	c.sd_request = c.sd_load = 0;
	c.context_effect = slower;
	make(&f, &c);
	e = effect_of(&f, "num_ctx");
	assert_int_equal(e->verdict, VERDICT_INCONCLUSIVE);
	assert_true(isnan(e->p));
	assert_contains(e->why, "to the last digit");
	assert_close(e->levels[3].ratio, exp(-0.1), 1e-9);
	release(&f);
}

/* Treatments are numbered from 0 without a gap. */
static uint32_t treatments(const struct fixture *f)
{
	uint32_t n = 0;

	for (size_t c = 0; c < f->d.ncells; c++)
		n = f->eff.treatment[c] >= n ? f->eff.treatment[c] + 1 : n;
	return n;
}

static void test_alias_is_never_tested(void **state)
{
	struct splitplot c = plain();
	const struct effect *e;
	struct fixture f;

	(void)state;
	c.gpus = 3;
	c.no_gpu = true;
	make(&f, &c);
	assert_int_equal(f.naliases, 1);
	assert_string_equal(f.aliases[0].factor, "num_gpu");
	assert_int_equal(f.aliases[0].nlevels, 3);
	assert_true(f.aliases[0].by_read_back);
	assert_contains(f.aliases[0].why, "no GPU");
	assert_int_equal(f.eff.nsettings, 12);
	assert_int_equal(treatments(&f), 4);
	assert_string_equal(f.eff.factors[1].name[0], "0 = 10 = 20");
	for (size_t i = 0; i < f.effects.n; i++) {
		e = &f.effects.v[i];
		if (!strstr(e->factor, "num_gpu"))
			continue;
		assert_int_equal(e->verdict, VERDICT_ALIAS);
		assert_true(isnan(e->p));
	}
	/* Three requests times three names: the level means rest on all of them. */
	assert_int_equal(effect_of(&f, "num_ctx")->levels[0].nloads, 9);
	release(&f);
}

/* What /api/ps says decides: the sizes of the levels, not their names. */
/* Two of the levels are one: the others are still tested, with the loads of both as replicates. */
static void test_partial_alias(void **state)
{
	struct splitplot c = plain();
	struct fixture f = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 3, "strata");
	splitplot_make(&f.d, &c, &r);
	for (size_t i = 0; i < f.d.nloads; i++) {
		if (f.d.loads[i].context_length < 2048)
			f.d.loads[i].context_length = 2048;
	}
	analyse(&f);
	assert_double(effect_of(&f, "num_ctx")->df, 2);
	assert_double(effect_of(&f, "num_ctx")->df_error, 12 - 3 - 2);
	assert_int_equal(effect_of(&f, "num_ctx")->levels[0].nloads, 6);
	assert_string_equal(effect_of(&f, "num_ctx")->levels[0].level, "1024 = 2048");
	release(&f);
}

/* A block that never came up leaves its levels to the others. */
static void test_missing_block(void **state)
{
	struct splitplot c = plain();
	struct fixture f = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 3, "strata");
	splitplot_make(&f.d, &c, &r);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *row = &f.d.rows[i];

		if (f.d.cells[row->cell].block == 3 ||
			(row->pass == 3 && f.d.cells[row->cell].block == 1))
			row->ok = row->counts = false;
	}
	analyse(&f);
	assert_double(effect_of(&f, "num_ctx")->df, 2);
	assert_double(effect_of(&f, "num_ctx")->df_error, 8 - 3 - 2);
	assert_true(isfinite(effect_of(&f, "num_ctx")->p));
	assert_true(isnan(effect_of(&f, "num_ctx")->levels[3].ratio));
	assert_int_equal(effect_of(&f, "num_ctx")->levels[3].n, 0);
	assert_true(isfinite(effect_of(&f, "num_ctx")->levels[2].ci_low));
	release(&f);
}

/* In a burst the requests wait for each other: one value per burst. */
static void test_burst_is_one_observation(void **state)
{
	struct splitplot c = plain();
	struct fixture f = {0};
	struct rng r;

	(void)state;
	c.per_pass = 10;
	rng_init(&r, 3, "strata");
	splitplot_make(&f.d, &c, &r);
	for (size_t i = 0; i < f.d.nrows; i++) {
		f.d.rows[i].concurrency = 4;
		f.d.rows[i].burst = 1;
	}
	analyse(&f);
	assert_double(f.strata[METRIC_DECODE].df_within, 36 - 12 - (12 - 4));
	assert_double(f.strata[METRIC_DECODE].per_load, 3);
	assert_int_equal(effect_of(&f, "num_ctx")->levels[0].n, 90);
	release(&f);
}

/* A grid beyond what is fitted says so, and the rest of it is analysed. */
static void test_too_many_levels(void **state)
{
	struct splitplot c = plain();
	struct fixture f;

	(void)state;
	c.contexts = 2;
	c.temperatures = 450;
	c.passes = 2;
	c.per_pass = 1;
	make(&f, &c);
	assert_contains(effect_of(&f, "temperature")->why,
		"its 449 degrees of freedom are more than are analysed");
	assert_true(isnan(effect_of(&f, "temperature")->p));
	assert_true(isfinite(effect_of(&f, "num_ctx")->p));
	release(&f);
}

/* A factor of a single pass that went up with the run is that order, whatever it is called. */
static void test_order_is_no_effect(void **state)
{
	struct splitplot c = plain();
	struct fixture f = {0};
	struct rng r;

	(void)state;
	c.passes = 1;
	c.contexts = 1;
	rng_init(&r, 3, "strata");
	splitplot_make(&f.d, &c, &r);
	for (size_t i = 0; i < f.d.nrows; i++)
		f.d.rows[i].order = f.d.cells[f.d.rows[i].cell].level[2] * 100 + (uint32_t)i;
	analyse(&f);
	assert_int_equal(effect_of(&f, "temperature")->verdict, VERDICT_INCONCLUSIVE);
	assert_contains(effect_of(&f, "temperature")->why, "order of the run");
	assert_true(isnan(effect_of(&f, "temperature")->p));
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_unbalanced),
		cmocka_unit_test(test_two_levels),
		cmocka_unit_test(test_degrees_of_freedom),
		cmocka_unit_test(test_one_pass),
		cmocka_unit_test(test_values_without_noise),
		cmocka_unit_test(test_alias_is_never_tested),
		cmocka_unit_test(test_partial_alias),
		cmocka_unit_test(test_missing_block),
		cmocka_unit_test(test_burst_is_one_observation),
		cmocka_unit_test(test_too_many_levels),
		cmocka_unit_test(test_order_is_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
