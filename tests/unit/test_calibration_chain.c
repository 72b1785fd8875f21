/* test_calibration_chain.c - the calibration table in short, on the whole chain: schedule,
 * simulated machine, rows, dataset, analysis.  All of it: `make calibrate`. */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "unit.h"

#define THREADS 2

static void open_chain(struct chain *c, const struct chain_spec *spec)
{
	struct err e = ERR_INIT;

	if (chain_open(c, spec, &e))
		fail_msg("%s", e.msg);
}

/* ---- false alarms ---- */

struct aa {
	uint8_t tests, withheld, small, alarm;
};

/* Rows, dataset and tests of one sweep; the rest of a summary (choice, permutation, texts) changes
 * no test and takes ten times as long. */
static int play_aa(const void *arg, size_t number, void *out, struct err *e)
{
	const struct see_arg *a = arg;
	struct rehearse_run run;
	struct aa *to = out;

	if (rehearse_play(&run, &a->chain->stage, a->seed + number, false, e))
		return -1;
	for (size_t i = 0; i < run.effects.n; i++) {
		const struct effect *f = &run.effects.v[i];

		if (!f->primary)
			continue;
		to->tests++;
		to->withheld += isnan(f->p);
		to->small += f->p < 0.05;
		to->alarm |= f->verdict == VERDICT_EFFECT;
	}
	rehearse_release(&run);
	return 0;
}

/* 1,000 sweeps of 4 num_ctx x 3 temperatures without any effect: at most 67 alarms (5 % is 50, with
 * a standard error of 7), single tests near 5 %, none withheld. */
static void test_false_alarms(void **state)
{
	enum { SWEEPS = 1000 };
	struct chain_spec spec = calibration_grid();
	struct err e = ERR_INIT;
	struct chain c;
	struct see_arg arg = {&c, 1};
	size_t alarms = 0, small = 0, tests = 0;
	struct aa *aa;

	(void)state;
	open_chain(&c, &spec);
	aa = many_run(play_aa, &arg, SWEEPS, sizeof(*aa), THREADS, &e);
	if (!aa)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < SWEEPS; i++) {
		alarms += aa[i].alarm;
		small += aa[i].small;
		tests += aa[i].tests - aa[i].withheld;
	}
	print_message("A/A: alarms in %zu of %d sweeps, %zu of %zu tests below 5 %%\n", alarms,
		SWEEPS, small, tests);
	assert_in_range(alarms, 10, 67);
	assert_int_equal(tests, 6 * SWEEPS);
	assert_in_range(small, 240, 360); /* 4 to 6 % */
	free(aa);
	chain_release(&c);
}

/* What the short way tests is what the summary says. */
static void test_same_as_summary(void **state)
{
	struct chain_spec spec = calibration_grid();
	struct err e = ERR_INIT;
	struct chain c;

	(void)state;
	open_chain(&c, &spec);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct rehearse_run run;
		struct chain_run whole;
		size_t compared = 0;

		assert_int_equal(rehearse_play(&run, &c.stage, seed, false, &e), 0);
		assert_int_equal(chain_play(&whole, &c, seed, &e), 0);
		for (size_t i = 0; i < run.effects.n; i++) {
			const struct effect *f = &run.effects.v[i], *g;

			if (!f->primary)
				continue;
			g = chain_effect(&whole, f->factor, f->metric);
			assert_non_null(g);
			assert_double(g->p_adjusted, f->p_adjusted);
			assert_int_equal(g->verdict, f->verdict);
			compared++;
		}
		assert_int_equal(compared, 6);
		chain_run_release(&whole);
		rehearse_release(&run);
	}
	chain_release(&c);
}

/* ---- truth ---- */

/* Without noise every interval is a point, and that point is what was planted. */
static void test_truth(void **state)
{
	struct chain_spec spec = calibration_grid();
	struct err e = ERR_INIT;
	struct chain c;
	struct chain_run run;

	(void)state;
	spec.noise = (struct chain_noise){0};
	spec.plants[0] = "num_ctx=3072: throughput -3%, ttft +4%";
	spec.plants[1] = "temperature=0.6: throughput +2%";
	open_chain(&c, &spec);
	assert_int_equal(chain_play(&run, &c, 7, &e), 0);
	for (uint32_t i = 0; i < run.summary.ncells; i++) {
		const struct cell_summary *cell = &run.summary.cells[i];

		for (int m = METRIC_DECODE; m <= METRIC_TTFT; m++) {
			double truth = chain_cell(&c, &run.data, cell->cell, (enum metric)m);

			assert_true(fabs(log(cell->metric[m].estimate) - truth) < 1e-4);
		}
	}
	assert_true(fabs(chain_planted(&c, "num_ctx", "3072", METRIC_TTFT) - log(1.04)) < 1e-12);
	assert_true(chain_planted(&c, "num_ctx", "4096", METRIC_TTFT) == 0);
	chain_run_release(&run);
	chain_release(&c);
}

/* ---- the table ---- */

static const struct claim *claim_of(const struct claims *all, const char *what)
{
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].what, what) == 0)
			return &all->v[i];
	}
	fail_msg("there is no claim of %s", what);
	return NULL;
}

/* A few sweeps each: interactions by offloading are always found, aliases never are effects. */
static void test_planted(void **state)
{
	struct claims claims = {0};
	struct calibration_of a = {.fewer = 8, .threads = THREADS, .seed = 1, .claims = &claims};
	struct err e = ERR_INIT;

	(void)state;
	if (row_planted(&a, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(claim_of(&claims, "interactions found")->hits, 8);
	assert_int_equal(claim_of(&claims, "an alias called an effect")->hits, 0);
	assert_int_equal(claim_of(&claims, "an alias called an effect")->n, 8);
	assert_int_equal(claim_of(&claims, "all aliases called so")->hits, 8);
	claims_release(&claims);
}

static void test_any_number_of_threads(void **state)
{
	enum { SWEEPS = 6 };
	struct chain_spec spec = calibration_grid();
	struct err e = ERR_INIT;
	struct calibration_of one = {.threads = 1, .seed = 3}, three = {.threads = 3, .seed = 3};
	struct calibration_of other = {.threads = 1, .seed = 4};
	struct seen *a = calibration_see(&one, &spec, "x", SWEEPS, &e);
	struct seen *b = calibration_see(&three, &spec, "x", SWEEPS, &e);
	struct seen *c = calibration_see(&other, &spec, "x", SWEEPS, &e);

	(void)state;
	assert_true(a && b && c);
	for (size_t i = 0; i < SWEEPS; i++) {
		for (int k = 0; k < SEEN_INTERVALS; k++) {
			assert_true(a[i].interval[k].given);
			assert_double(b[i].interval[k].width, a[i].interval[k].width);
			assert_true(c[i].interval[k].width != a[i].interval[k].width);
		}
		assert_int_equal(b[i].small, a[i].small);
	}
	free(a);
	free(b);
	free(c);
}

/* In, out, and where so many cannot tell. */
static void test_bars(void **state)
{
	struct claims c = {0};
	struct bar hopeless = BAR_LEAST(0.9);
	double v[] = {3, 1, 2, 5, 4};

	(void)state;
	hopeless.why = "known";
	claims_share(&c, "r", "w", "c", 50, 1000, BAR_MOST(0.055));
	claims_share(&c, "r", "w", "c", 60, 1000, BAR_MOST(0.055));
	claims_share(&c, "r", "w", "c", 90, 1000, BAR_MOST(0.055));
	claims_share(&c, "r", "w", "c", 90, 1000, hopeless);
	claims_share(&c, "r", "w", "c", 90, 1000, BAR_NONE);
	claims_share(&c, "r", "w", "c", 0, 0, BAR_MOST(0.055));
	claims_median(&c, "r", "w", "c", v, 5, 2, BAR_FROM(1.4, 1.6));
	assert_int_equal(claim_state(&c.v[0]), CLAIM_PASS);
	assert_int_equal(claim_state(&c.v[1]), CLAIM_NEAR);
	assert_int_equal(claim_state(&c.v[2]), CLAIM_FAIL);
	assert_int_equal(claim_state(&c.v[3]), CLAIM_OUT_OF_REACH);
	assert_int_equal(claim_state(&c.v[4]), CLAIM_SHOWN);
	assert_int_equal(claim_state(&c.v[5]), CLAIM_FAIL); /* nothing shows nothing */
	assert_int_equal(claim_state(&c.v[6]), CLAIM_PASS);
	assert_true(fabs(c.v[0].error - 0.006892) < 1e-6);
	/* Clopper-Pearson of 50 in 1,000: SciPy's binomtest.proportion_ci. */
	assert_true(fabs(c.v[0].low - 0.0373354) < 1e-6 && fabs(c.v[0].high - 0.0653905) < 1e-6);
	claims_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_same_as_summary),
		cmocka_unit_test(test_any_number_of_threads),
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_planted),
	};

	/* Asked for before threads are there, who could not share it. */
	gsl_set_error_handler_off();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
