/* test_describe.c - figures of cells and of the run, and what is said where there is none. */
#include <math.h>
#include <string.h>

#include "splitplot.h"
#include "summary.h"
#include "unit.h"

static void assert_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.12g is not %.12g", got, want);
}

struct fixture {
	struct dataset d;
	struct summary s;
	struct err e;
};

static void make(struct fixture *f, uint32_t passes, uint32_t per_pass)
{
	struct splitplot c = {.contexts = 1,
		.gpus = 1,
		.temperatures = 2,
		.prompts = 1,
		.passes = passes,
		.per_pass = per_pass,
		.sd_request = 0.01,
		.sd_load = 0.01};
	struct rng r;

	*f = (struct fixture){0};
	rng_init(&r, 2, "describe");
	splitplot_make(&f->d, &c, &r);
}

static const struct cell_summary *analyse(struct fixture *f)
{
	assert_int_equal(summary_make(&f->s, &f->d, &f->e), 0);
	return &f->s.cells[0];
}

static void release(struct fixture *f)
{
	summary_release(&f->s);
	dataset_release(&f->d);
}

/* Rows of cell 0, in file order, get these values. */
static size_t fill(struct fixture *f, enum metric m, const double *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < f->d.nrows; i++) {
		if (f->d.rows[i].cell == 0)
			f->d.rows[i].metric[m] = v[k++ % n];
	}
	return k;
}

static void test_moments(void **state)
{
	static const double v[] = {10, 20, 40, 80};
	const struct metric_summary *m;
	struct fixture f;

	(void)state;
	make(&f, 2, 2);
	assert_int_equal(fill(&f, METRIC_DECODE, v, 4), 4);
	m = &analyse(&f)->metric[METRIC_DECODE];
	assert_int_equal(m->n, 4);
	assert_int_equal(m->nloads, 2);
	assert_close(m->mean, 37.5, 1e-12);
	assert_close(m->estimate, sqrt(sqrt(10.0 * 20 * 40 * 80)), 1e-12);
	assert_close(m->sd, 30.95695936834452, 1e-12); /* numpy.std(ddof=1) */
	assert_close(m->cv, 30.95695936834452 / 37.5, 1e-12);
	assert_close(m->median, 30, 1e-12);
	assert_close(m->mad, 15, 1e-12);
	assert_double(m->min, 10);
	assert_double(m->max, 80);
	assert_double(m->estimate_valid_only, m->estimate);
	release(&f);
}

static void test_percentiles_need_samples(void **state)
{
	static const struct {
		uint32_t passes, per_pass;
		bool p95, p99;
	} cases[] = {{2, 9, false, false}, {2, 10, true, false}, {3, 33, true, false},
		{2, 50, true, true}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct metric_summary *m;
		struct fixture f;

		make(&f, cases[i].passes, cases[i].per_pass);
		m = &analyse(&f)->metric[METRIC_DECODE];
		assert_true(isfinite(m->p50) && !m->median_why);
		assert_int_equal(isfinite(m->p95), cases[i].p95);
		assert_int_equal(m->p95_why == NULL, cases[i].p95);
		assert_int_equal(isfinite(m->p99), cases[i].p99);
		assert_int_equal(m->p99_why == NULL, cases[i].p99);
		if (i == 0)
			assert_string_equal(m->p95_why, "p95 needs 20 samples, there are 18");
		release(&f);
	}
}

/* Two of 24 timed out: the median stands, p95 lies beyond the limit. */
static void test_timeouts_count_in_percentiles(void **state)
{
	const struct cell_summary *c;
	struct fixture f;
	size_t failed = 0;

	(void)state;
	make(&f, 2, 12);
	for (size_t i = 0; i < f.d.nrows && failed < 2; i++) {
		struct data_row *r = &f.d.rows[i];

		if (r->cell != 0)
			continue;
		r->ok = r->counts = false;
		r->status = 1; /* timeout_first */
		r->metric[METRIC_DECODE] = r->metric[METRIC_TTFT] = NAN;
		failed++;
	}
	c = analyse(&f);
	assert_int_equal(c->n, 22);
	assert_int_equal(c->n_failed, 2);
	assert_int_equal(c->nfailed, 1);
	assert_string_equal(c->failed[0].status, "timeout_first");
	assert_int_equal(c->failed[0].n, 2);
	assert_close(c->failure_upper, 0.26997, 1e-4); /* scipy.stats.beta.ppf(0.975, 3, 22) */
	assert_true(isfinite(c->metric[METRIC_TTFT].median));
	assert_true(isnan(c->metric[METRIC_TTFT].p95));
	assert_string_equal(c->metric[METRIC_TTFT].p95_why,
		"p95 lies beyond the time limit: 2 of 24 timed out");
	/* They say nothing of a rate that was not had. */
	assert_true(isfinite(c->metric[METRIC_DECODE].p95));
	release(&f);
}

static void test_rows_that_do_not_count(void **state)
{
	const struct cell_summary *c;
	struct fixture f;
	struct data_row *r;

	(void)state;
	make(&f, 3, 4);
	for (size_t i = 0, k = 0; i < f.d.nrows; i++) {
		r = &f.d.rows[i];
		if (r->cell != 0)
			continue;
		if (k == 0)
			r->validity = ROW_SUSPECT;
		if (k == 1) {
			r->validity = ROW_INVALID;
			r->counts = false;
		}
		if (k == 2) {
			r->paid_load = true;
			r->counts = false;
		}
		if (k++ < 3)
			r->metric[METRIC_DECODE] = 1000;
	}
	c = analyse(&f);
	assert_int_equal(c->n, 10);
	assert_int_equal(c->n_suspect, 1);
	assert_int_equal(c->n_invalid, 1);
	assert_int_equal(c->n_paid_load, 1);
	assert_int_equal(c->n_failed, 0);
	assert_double(c->metric[METRIC_DECODE].max, 1000); /* the suspect one */
	assert_true(c->metric[METRIC_DECODE].estimate > 110);
	assert_true(c->metric[METRIC_DECODE].estimate_valid_only < 105);
	assert_int_equal(f.s.suspect, 1);
	assert_int_equal(f.s.invalid, 1);
	release(&f);
}

static void test_all_failed(void **state)
{
	const struct cell_summary *c;
	struct fixture f;

	(void)state;
	make(&f, 3, 2);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		r->ok = r->counts = false;
		r->status = 1;
		for (int m = 0; m < METRIC_COUNT; m++)
			r->metric[m] = NAN;
	}
	c = analyse(&f);
	assert_int_equal(c->n, 0);
	assert_int_equal(c->n_failed, 6);
	assert_double(c->failure_upper, 1);
	assert_true(isnan(c->metric[METRIC_DECODE].estimate));
	assert_true(isnan(c->metric[METRIC_DECODE].mean));
	assert_string_equal(c->metric[METRIC_DECODE].ci_why, "no request that counts has it");
	assert_int_equal(f.s.neffects, 0);
	assert_int_equal(f.s.failed, 12);
	release(&f);
}

static void test_scores(void **state)
{
	struct splitplot layout = {.contexts = 1,
		.gpus = 1,
		.temperatures = 1,
		.prompts = 4,
		.passes = 2,
		.per_pass = 3,
		.sd_request = 0.01};
	static const double of_prompt[] = {0, 1, 1, 0.5};
	const struct metric_summary *m;
	struct fixture f = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 2, "scores");
	splitplot_make(&f.d, &layout, &r);
	for (size_t i = 0; i < f.d.nrows; i++)
		f.d.rows[i].metric[METRIC_SCORE] = of_prompt[f.d.rows[i].prompt];
	m = &analyse(&f)->metric[METRIC_SCORE];
	/* Six copies of each answer are one answer: t over four prompts. */
	assert_int_equal(m->n, 24);
	assert_double(m->estimate, 0.625);
	assert_double(m->df, 3);
	assert_double(m->ci_low, 0);
	assert_double(m->ci_high, 1); /* 0.625 +- 3.182 * 0.4787 / 2, cut to what a score can be */
	release(&f);
}

static void test_effective(void **state)
{
	const struct cell_summary *c;
	struct fixture f;

	(void)state;
	make(&f, 2, 2);
	f.d.loads[0].context_length = f.d.loads[1].context_length = 2048;
	f.d.loads[0].size_vram = f.d.loads[1].size_vram = f.d.loads[0].size / 2;
	c = analyse(&f);
	assert_double(c->eff_num_ctx, 2048);
	assert_double(c->offload_fraction, 0.5);
	assert_true(c->effective_differs);
	assert_string_equal(c->effective_why, "num_ctx 1024 was asked for, 2048 was loaded");
	release(&f);
	make(&f, 2, 2);
	f.d.loads[1].context_length = 4096; /* not the same after each load */
	c = analyse(&f);
	assert_true(isnan(c->eff_num_ctx));
	assert_false(c->effective_differs);
	release(&f);
}

static void test_run(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 3, 2);
	for (size_t i = 0; i < f.d.nrows; i++) {
		struct data_row *r = &f.d.rows[i];

		r->metric[METRIC_LOAD] = 100;
		r->prompt_eval_ms = r->metric[METRIC_TTFT] - 100 - (i == 0 ? 60 : 12);
		r->session = i < 6 ? 1 : 2;
		r->started_s = (i < 6 ? 1e9 : 2e9) + 10 * (double)(i % 6);
		r->done_ms = 5000;
		r->prompt_tokens = 128;
	}
	analyse(&f);
	assert_int_equal(f.s.measured, 12);
	assert_int_equal(f.s.ok, 12);
	assert_int_equal(f.s.loads_made, 3);
	assert_double(f.s.seconds, 2 * 55); /* the pause between the sessions is left out */
	assert_int_equal(f.s.ttft_minus_server_n, 12);
	assert_int_equal(f.s.ttft_minus_server_outside, 1);
	assert_close(f.s.ttft_minus_server_ms_p50, 12, 1e-9);
	assert_true(isnan(f.s.ttft_minus_server_ms_p95));
	assert_double(f.s.context_filled_max, 0.125);
	assert_true(isnan(f.s.client_lag_p99_us));
	assert_true(f.s.interleaved);
	release(&f);
}

static void test_no_rows(void **state)
{
	struct fixture f = {0};

	(void)state;
	assert_int_equal(summary_make(&f.s, &f.d, &f.e), -1);
	assert_int_equal(f.e.code, ERR_DATA);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_percentiles_need_samples),
		cmocka_unit_test(test_timeouts_count_in_percentiles),
		cmocka_unit_test(test_rows_that_do_not_count),
		cmocka_unit_test(test_all_failed),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_effective),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
