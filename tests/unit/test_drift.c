/* test_drift.c - trend, its p, autocorrelation and the sentinel. */
#include <math.h>
#include <string.h>

#include "drift.h"
#include "splitplot.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.12g is not %.12g", got, want);
}

static void test_slope(void **state)
{
	static const double x[] = {0, 1, 2, 3, 4}, line[] = {1, 3, 5, 7, 9},
			    wild[] = {1, 3, 5, 7, 900};
	static const double same[] = {2, 2, 2};

	(void)state;
	assert_close(drift_slope(x, line, 5), 2, 1e-12);
	assert_close(drift_slope(x, wild, 5), 2, 1e-12); /* one wild value moves nothing */
	assert_true(isnan(drift_slope(x, line, 1)));
	assert_true(isnan(drift_slope(same, line, 3))); /* no time has passed */
}

static void test_kendall(void **state)
{
	/* S = 37 of 45, its variance 125: two-sided normal p at (37 - 1) / sqrt(125). */
	static const double x[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	static const double y[] = {1, 0, 2, 4, 3, 5, 7, 6, 9, 8}, flat[10] = {0};
	/* Five pairs of equals. */
	static const double tied[] = {1, 1, 2, 2, 3, 3, 4, 4, 5, 5};

	(void)state;
	assert_close(drift_kendall_p(x, y, 10), erfc(36 / sqrt(125) / sqrt(2)), 1e-12);
	/* S = 40, variance (10*9*25 - 5*2*9) / 18 = 120. */
	assert_close(drift_kendall_p(x, tied, 10), erfc(39 / sqrt(120) / sqrt(2)), 1e-12);
	assert_true(isnan(drift_kendall_p(x, flat, 10)));
	assert_true(isnan(drift_kendall_p(x, y, 2)));
}

struct fixture {
	struct dataset d;
	struct arena arena;
	struct effective eff;
	struct strata s;
	struct drift_summary drift;
};

static void make(struct fixture *f, const struct splitplot *c, double per_hour, double ar1)
{
	struct alias_finding *aliases;
	size_t naliases;
	double echo = 0;
	struct rng r;

	*f = (struct fixture){0};
	rng_init(&r, 8, "drift");
	splitplot_make(&f->d, c, &r);
	for (size_t i = 0; i < f->d.nrows; i++) {
		struct data_row *row = &f->d.rows[i];

		echo = ar1 * echo + (ar1 > 0 ? 0.02 * rng_normal(&r) : 0);
		row->metric[METRIC_DECODE] *=
			exp(per_hour * (row->started_s - f->d.rows[0].started_s) / 3600 + echo);
	}
	effective_find(&f->eff, &f->d, &f->arena, &aliases, &naliases);
	strata_fit(&f->s, &f->d, &f->eff, METRIC_DECODE, false, &f->arena);
	drift_find(&f->drift, &f->s, &f->d, &f->eff);
}

static void release(struct fixture *f)
{
	strata_release(&f->s);
	arena_release(&f->arena);
	dataset_release(&f->d);
}

static const struct splitplot plain = {.contexts = 4,
	.gpus = 1,
	.temperatures = 3,
	.prompts = 1,
	.passes = 3,
	.per_pass = 2,
	.sd_request = 0.002,
	.sd_load = 0.002};

static void test_trend(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &plain, 0, 0);
	assert_null(f.drift.why);
	assert_true(f.drift.trend_p > 0.05);
	release(&f);
	make(&f, &plain, -0.1, 0); /* 12 minutes at 10 % an hour */
	assert_true(f.drift.trend_p < 0.001);
	assert_close(f.drift.trend_per_hour, -0.1, 0.04);
	release(&f);
}

static void test_autocorrelation(void **state)
{
	struct splitplot c = plain;
	struct fixture f;

	(void)state;
	c.per_pass = 20;
	make(&f, &c, 0, 0);
	assert_close(f.drift.lag1, 0, 0.1);
	release(&f);
	make(&f, &c, 0, 0.8);
	assert_close(f.drift.lag1, 0.75, 0.1); /* 0.8, less what centring takes */
	release(&f);
}

static void test_too_few_loads(void **state)
{
	struct splitplot c = plain;
	struct fixture f;

	(void)state;
	c.contexts = 2;
	make(&f, &c, 0, 0);
	assert_true(isnan(f.drift.trend_per_hour) && isnan(f.drift.trend_p));
	assert_non_null(f.drift.why);
	assert_true(isnan(f.drift.sentinel_ratio));
	assert_int_equal(f.drift.sentinel_loads, 0);
	release(&f);
}

/* The first and the last load become sentinels, the last 5 % faster. */
static void test_sentinel(void **state)
{
	struct fixture f;
	struct alias_finding *aliases;
	size_t naliases;

	(void)state;
	make(&f, &plain, 0, 0);
	strata_release(&f.s);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *row = &f.d.rows[i];

		if (row->load != 0 && row->load != 11)
			continue;
		row->phase = ROW_SENTINEL;
		row->counts = false;
		row->metric[METRIC_DECODE] = row->load ? 105 : 100;
	}
	effective_find(&f.eff, &f.d, &f.arena, &aliases, &naliases);
	strata_fit(&f.s, &f.d, &f.eff, METRIC_DECODE, false, &f.arena);
	drift_find(&f.drift, &f.s, &f.d, &f.eff);
	assert_int_equal(f.drift.sentinel_loads, 2);
	assert_close(f.drift.sentinel_ratio, 1.05, 1e-12);
	assert_true(f.drift.sentinel_low > 1.03 && f.drift.sentinel_low < 1.05);
	assert_true(f.drift.sentinel_high < 1.07 && f.drift.sentinel_high > 1.05);
	assert_close(f.drift.sentinel_sd, log(1.05) / sqrt(2), 1e-12);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slope),
		cmocka_unit_test(test_kendall),
		cmocka_unit_test(test_trend),
		cmocka_unit_test(test_autocorrelation),
		cmocka_unit_test(test_too_few_loads),
		cmocka_unit_test(test_sentinel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
