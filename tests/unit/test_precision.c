/* test_precision.c - how well a run knows the ratios between levels. */
#include <math.h>
#include <string.h>

#include "dist.h"
#include "precision.h"
#include "splitplot.h"
#include "strata.h"
#include "unit.h"

#define CLOSE(got, want) assert_true(fabs((got) - (want)) < 1e-9 * (1 + fabs(want)))

static struct splitplot plain(void)
{
	return (struct splitplot){.contexts = 4,
		.gpus = 1,
		.temperatures = 3,
		.prompts = 1,
		.passes = 3,
		.per_pass = 2,
		.sd_request = 0.01,
		.sd_load = 0.02,
		.sd_pass = 0.005};
}

static void make(struct dataset *d, const struct splitplot *c, uint64_t seed)
{
	struct rng r;

	rng_init(&r, seed, "precision");
	splitplot_make(d, c, &r);
}

/* The mean squares that the analysis itself finds. */
static void mean_squares(struct dataset *d, enum metric metric, double *load, double *request,
	double *df_load, double *df_request)
{
	struct alias_finding *aliases;
	struct effective eff;
	struct strata s;
	size_t n;

	effective_find(&eff, d, &d->arena, &aliases, &n);
	strata_fit(&s, d, &eff, metric, false, &d->arena);
	*load = s.ms_load;
	*request = s.ms_within;
	*df_load = s.df_load;
	*df_request = s.df_within;
	strata_release(&s);
}

/* Balanced: half-width at 97 % = t sqrt(2 MS / n) of n loads, or requests, of a level. */
static void test_widest(void **state)
{
	struct splitplot c = plain();
	double load[2], request[2], df_load, df_request, half[2];
	struct precision p;
	struct dataset d;

	(void)state;
	make(&d, &c, 1);
	precision_find(&p, &d);
	for (int m = 0; m < 2; m++) {
		mean_squares(&d, (enum metric)m, &load[m], &request[m], &df_load, &df_request);
		half[m] = expm1(dist_t_quantile(0.97, df_load) * sqrt(2 * load[m] / 3));
		assert_true(half[m] >
			expm1(dist_t_quantile(0.97, df_request) * sqrt(2 * request[m] / 24)));
	}
	half[METRIC_TTFT] *= 0.02 / 0.05;
	assert_null(p.why);
	assert_string_equal(p.factor, "num_ctx");
	assert_int_equal(
		p.metric, half[METRIC_DECODE] > half[METRIC_TTFT] ? METRIC_DECODE : METRIC_TTFT);
	CLOSE(p.widest, fmax(half[0], half[1]));
	dataset_release(&d);
}

/* The sampling factor may be the widest one. */
static void test_widest_within_loads(void **state)
{
	struct splitplot c = plain();
	double load, request, df_load, df_request;
	struct precision p;
	struct dataset d;

	(void)state;
	c.contexts = 1;
	c.passes = 6;
	make(&d, &c, 2);
	d.margin[METRIC_TTFT] = 0.5; /* hardly asked of */
	precision_find(&p, &d);
	mean_squares(&d, METRIC_DECODE, &load, &request, &df_load, &df_request);
	assert_string_equal(p.factor, "temperature");
	assert_int_equal(p.metric, METRIC_DECODE);
	CLOSE(p.widest, expm1(dist_t_quantile(0.97, df_request) * sqrt(2 * request / 12)));
	dataset_release(&d);
}

/* Only widths count: what the levels do changes nothing. */
static void test_blind_to_effects(void **state)
{
	static const double slower[] = {0, -0.1, -0.3, -0.7}, warmer[] = {0, 0.2, 0.1};
	struct splitplot c = plain();
	struct precision without, with;
	struct dataset d;

	(void)state;
	make(&d, &c, 3);
	precision_find(&without, &d);
	dataset_release(&d);
	c.context_effect = slower;
	c.temperature_effect = warmer;
	make(&d, &c, 3);
	precision_find(&with, &d);
	CLOSE(with.widest, without.widest);
	dataset_release(&d);
}

/* Several names of one setting are one: their loads are replicates, and it is no factor. */
static void test_aliases(void **state)
{
	struct splitplot c = plain();
	struct precision p;
	struct dataset d;

	(void)state;
	c.gpus = 3;
	c.no_gpu = true;
	make(&d, &c, 4);
	precision_find(&p, &d);
	assert_null(p.why);
	assert_true(p.widest < expm1(dist_t_quantile(0.97, 30) * sqrt(2 * 2 * 0.02 * 0.02 / 9)));
	dataset_release(&d);
}

static void test_unknown(void **state)
{
	struct splitplot c = plain();
	struct precision p;
	struct dataset d;

	(void)state;
	c.passes = 1;
	make(&d, &c, 5);
	precision_find(&p, &d);
	assert_true(isnan(p.widest));
	assert_string_equal(p.factor, "num_ctx");
	assert_contains(p.why, "loaded once");
	dataset_release(&d);

	c = plain();
	c.contexts = c.temperatures = 1;
	make(&d, &c, 5);
	precision_find(&p, &d);
	assert_true(isnan(p.widest));
	assert_contains(p.why, "no two settings");
	dataset_release(&d);

	c = plain();
	c.per_pass = c.passes = 1;
	c.contexts = 1;
	make(&d, &c, 5);
	precision_find(&p, &d);
	assert_contains(p.why, "no request was repeated");
	dataset_release(&d);
}

/* A metric that no request has is not asked for. */
static void test_missing_metric(void **state)
{
	struct splitplot c = plain();
	struct precision p;
	struct dataset d;

	(void)state;
	make(&d, &c, 6);
	for (size_t i = 0; i < d.nrows; i++)
		d.rows[i].metric[METRIC_DECODE] = NAN;
	precision_find(&p, &d);
	assert_null(p.why);
	assert_int_equal(p.metric, METRIC_TTFT);
	for (size_t i = 0; i < d.nrows; i++)
		d.rows[i].metric[METRIC_TTFT] = NAN;
	precision_find(&p, &d);
	assert_true(isnan(p.widest));
	assert_contains(p.why, "no request that counts");
	dataset_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widest),
		cmocka_unit_test(test_widest_within_loads),
		cmocka_unit_test(test_blind_to_effects),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_missing_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
