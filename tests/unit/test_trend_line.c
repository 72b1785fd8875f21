/* test_trend_line.c - lines through the levels of numeric factors, on runs of a known truth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dist.h"
#include "jsonx.h"
#include "lined.h"
#include "ordered_levels.h"
#include "regress.h"
#include "unit.h"

static void test_scale(void **state)
{
	static const double doubles[] = {1024, 2048, 4096, 8192}, steps[] = {0.2, 0.4, 0.6, 0.8};
	static const double from_zero[] = {0, 1, 2, 4}, powers[] = {1, 4, 16, 64, 512};

	(void)state;
	assert_true(ordered_is_doubling(doubles, 4));
	assert_false(ordered_is_doubling(steps, 4));
	assert_false(ordered_is_doubling(from_zero, 4));
	assert_true(ordered_is_doubling(powers, 5));
	assert_false(ordered_is_doubling(doubles, 2));
}

/* ---- lines ---- */

static const double falls[] = {0, -0.02, -0.04, -0.06};

/* Balanced: the line is the least squares one through the levels' means, and line and misfit share
 * the factor's sum of squares. */
static void test_balanced(void **state)
{
	struct splitplot c = lined_plan();
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = falls;
	c.temperature_effect = falls;
	rng_init(&r, 1, "lines");
	lined_make(&f, &c, &r);
	lined_run(&f);
	assert_int_equal(f.nlines, 4);
	for (size_t i = 0; i < f.nlines; i++) {
		const struct trend_line *t = &f.lines[i];
		const struct effect *e = t->of;
		double x[4], y[4], t_square, slope;
		struct regress line;

		assert_null(t->why);
		assert_int_equal(t->nlevels, 4);
		assert_int_equal(t->doubling, strcmp(e->factor, "num_ctx") == 0);
		for (size_t k = 0; k < 4; k++) {
			x[k] = t->doubling ? log2(t->number[k]) : t->number[k];
			y[k] = log(e->levels[k].estimate);
		}
		regress_line(&line, x, y, 4);
		slope = line.beta[1];
		lined_close(log(t->slope), slope, 1e-9);
		regress_release(&line);
		t_square = pow(slope / ((log(t->high) - log(t->low)) / 2), 2);
		/* from half an interval to the error: its t */
		t_square *= pow(dist_t_quantile(0.95, t->df_error), 2);
		lined_close(t_square + t->misfit_f * t->misfit_df, e->f * e->df, 1e-6);
		assert_true(t->p < 1e-4);
		assert_true(t->low < t->slope && t->slope < t->high);
	}
	lined_release(&f);
}

/* A wild load carries the line away, and not Theil's and Sen's. */
static void test_robust(void **state)
{
	struct splitplot c = lined_plan();
	struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = falls;
	c.temperature_effect = falls;
	rng_init(&r, 2, "lines");
	lined_make(&f, &c, &r);
	/* One wild load of the last level. */
	for (size_t i = 0; i < f.d.nrows; i++) {
		if (f.d.rows[i].pass == 1 && f.d.cells[f.d.rows[i].cell].level[0] == 3)
			f.d.rows[i].metric[METRIC_DECODE] *= 1.5;
	}
	lined_run(&f);
	t = lined_line(&f, "num_ctx");
	assert_int_equal(t->points, 16);
	assert_null(t->robust_interval_why);
	assert_true(fabs(log(t->robust) + 0.02) < 0.008);
	assert_true(t->robust_low < t->robust && t->robust < t->robust_high);
	assert_true(fabs(log(t->slope) + 0.02) > 0.015);
	t = lined_line(&f, "temperature");
	assert_int_equal(t->points, 64);
	assert_true(fabs(log(t->robust) + 0.1) < 0.01);
	lined_release(&f);
}

/* Slopes, means and new loads are held as often as they say; a line's misfit is seen in a twentieth
 * of lines.  Rows are dropped at random, so that nothing is balanced. */
static void test_coverage(void **state)
{
	enum { TRIES = 300 };
	size_t slope[2] = {0}, misfit[2] = {0}, mean = 0, single = 0, said = 0, robust = 0;
	struct splitplot c = lined_plan();
	struct rng r;

	(void)state;
	c.context_effect = falls;
	c.temperature_effect = falls;
	c.sd_pass = 0;
	c.prompts = 1;
	rng_init(&r, 3, "lines");
	for (size_t i = 0; i < TRIES; i++) {
		const struct trend_line *t;
		struct lined f;
		double truth, load;

		lined_make(&f, &c, &r);
		for (size_t k = 0; k < f.d.nrows; k++) {
			if (rng_below(&r, 10) == 0)
				f.d.rows[k].counts = f.d.rows[k].ok = false;
		}
		lined_run(&f);
		t = lined_line(&f, "num_ctx");
		slope[0] += log(t->low) <= -0.02 && -0.02 <= log(t->high);
		misfit[0] += t->misfit_p < 0.05;
		robust += log(t->robust_low) <= -0.02 && -0.02 <= log(t->robust_high);
		if (t->nbetween == 3) {
			/* Between 2048 and 4096, over the temperatures. */
			truth = log(100) - 0.03 - 0.03;
			load = truth + c.sd_load * rng_normal(&r) +
				c.sd_request / sqrt(f.strata[METRIC_DECODE].per_load) *
					rng_normal(&r);
			said++;
			mean += log(t->between[1].mean_low) <= truth &&
				truth <= log(t->between[1].mean_high);
			single += log(t->between[1].low) <= load && load <= log(t->between[1].high);
			lined_close(t->between[1].number, 2896.309, 1e-6);
		}
		t = lined_line(&f, "temperature");
		slope[1] += log(t->low) <= -0.1 && -0.1 <= log(t->high);
		misfit[1] += t->misfit_p < 0.05;
		lined_release(&f);
	}
	/* standard error of 95 % in 300: 1.3 % */
	print_message(
		"slopes %zu %zu, misfit %zu %zu, robust %zu of %d; mean %zu, load %zu of %zu\n",
		slope[0], slope[1], misfit[0], misfit[1], robust, TRIES, mean, single, said);
	for (int k = 0; k < 2; k++) {
		assert_in_range(slope[k], TRIES * 91 / 100, TRIES * 99 / 100);
		assert_in_range(misfit[k], TRIES * 1 / 100, TRIES * 10 / 100);
	}
	assert_in_range(robust, TRIES * 91 / 100, TRIES);
	assert_in_range(said, TRIES * 88 / 100, TRIES);
	assert_in_range(mean, said * 91 / 100, said * 99 / 100);
	assert_in_range(single, said * 91 / 100, said * 99 / 100);
}

/* The same for a part of a load at one temperature. */
static void test_sampling_prediction(void **state)
{
	enum { TRIES = 300 };
	size_t mean = 0, single = 0, said = 0;
	struct splitplot c = lined_plan();
	struct rng r;

	(void)state;
	c.temperature_effect = falls;
	c.sd_pass = 0;
	c.prompts = 1;
	rng_init(&r, 4, "lines");
	for (size_t i = 0; i < TRIES; i++) {
		const struct trend_line *t;
		struct lined f;
		double truth = log(100) - 0.01, load; /* temperature 0.3 */

		lined_make(&f, &c, &r);
		lined_run(&f);
		t = lined_line(&f, "temperature");
		if (t->nbetween == 3) {
			lined_close(t->between[0].number, 0.3, 1e-12);
			load = truth + c.sd_load * rng_normal(&r) +
				c.sd_request / sqrt(c.per_pass) * rng_normal(&r);
			said++;
			mean += log(t->between[0].mean_low) <= truth &&
				truth <= log(t->between[0].mean_high);
			single += log(t->between[0].low) <= load && load <= log(t->between[0].high);
		}
		lined_release(&f);
	}
	print_message("mean %zu, part of a load %zu of %zu\n", mean, single, said);
	assert_in_range(mean, said * 91 / 100, said * 99 / 100);
	assert_in_range(single, said * 91 / 100, said * 99 / 100);
}

/* A level that is a word has an effect of its own and is not on the line. */
static void test_word(void **state)
{
	struct splitplot c = lined_plan();
	const double effect[] = {0.3, -0.02, -0.04, -0.06};
	const struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = effect;
	rng_init(&r, 5, "lines");
	lined_make(&f, &c, &r);
	f.d.factors[0].value[0] = f.d.factors[0].sent[0] = NAN;
	f.d.factors[0].level[0] = "auto";
	f.d.factors[0].numeric = false;
	lined_run(&f);
	f.eff.factors[0].value[0] = NAN;
	trend_lines_make(&f.lines, &f.nlines, &f.eff, &f.effects, &f.arena);
	t = lined_line(&f, "num_ctx");
	assert_null(t->why);
	assert_int_equal(t->nlevels, 3);
	assert_double(t->number[0], 2048);
	assert_int_equal(t->points, 12);
	assert_double(t->misfit_df, 1);
	assert_true(fabs(log(t->slope) + 0.02) < 0.012);
	lined_release(&f);
}

/* ---- what cannot be said ---- */

static void test_one_pass(void **state)
{
	struct splitplot c = lined_plan();
	const struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.passes = 1;
	c.context_effect = falls;
	rng_init(&r, 8, "lines");
	lined_make(&f, &c, &r);
	lined_run(&f);
	t = lined_line(&f, "num_ctx");
	assert_null(t->why);
	assert_true(fabs(log(t->slope) + 0.02) < 0.02);
	assert_double(t->low, (double)NAN);
	assert_double(t->p, (double)NAN);
	assert_double(t->misfit_p, (double)NAN);
	assert_contains(t->error_why, "loaded once");
	assert_contains(t->between_why, "loaded once");
	assert_contains(t->robust_interval_why, "too few");
	lined_release(&f);
}

static void test_two_levels(void **state)
{
	struct splitplot c = lined_plan();
	struct lined f;
	struct rng r;

	(void)state;
	c.contexts = 2;
	rng_init(&r, 9, "lines");
	lined_make(&f, &c, &r);
	lined_run(&f);
	for (size_t i = 0; i < f.nlines; i++)
		assert_string_equal(f.lines[i].of->factor, "temperature");
	lined_release(&f);
}

/* Three levels of which one was never measured. */
static void test_unmeasured(void **state)
{
	struct splitplot c = lined_plan();
	const struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.contexts = 3;
	rng_init(&r, 10, "lines");
	lined_make(&f, &c, &r);
	for (size_t i = 0; i < f.d.nrows; i++) {
		if (f.d.cells[f.d.rows[i].cell].level[0] == 1)
			f.d.rows[i].counts = f.d.rows[i].ok = false;
	}
	lined_run(&f);
	t = lined_line(&f, "num_ctx");
	assert_contains(t->why, "fewer than three");
	assert_double(t->slope, (double)NAN);
	assert_contains(t->between_why, "fewer than three");
	lined_release(&f);
}

/* A grid with holes has its line, but no points and nothing between. */
static void test_holes(void **state)
{
	struct splitplot c = lined_plan();
	const struct trend_line *t;
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = falls;
	c.temperature_effect = falls;
	rng_init(&r, 11, "lines");
	lined_make(&f, &c, &r);
	for (size_t i = 0; i < f.d.nrows; i++) {
		const uint32_t *level = f.d.cells[f.d.rows[i].cell].level;

		if (level[0] == 3 && level[2] == 3)
			f.d.rows[i].counts = f.d.rows[i].ok = false;
	}
	lined_run(&f);
	assert_true(f.strata[METRIC_DECODE].gls);
	t = lined_line(&f, "num_ctx");
	assert_null(t->why);
	assert_true(fabs(log(t->slope) + 0.02) < 0.01);
	assert_true(t->low < t->slope && t->slope < t->high);
	assert_contains(t->between_why, "holes");
	assert_contains(t->robust_why, "holes");
	lined_release(&f);
}

/* ---- JSON ---- */

static bool has_bad_number(const json_t *v)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_real(v))
		return !isfinite(json_real_value(v));
	json_array_foreach (v, i, value) {
		if (has_bad_number(value))
			return true;
	}
	json_object_foreach ((json_t *)v, key, value) {
		if (has_bad_number(value))
			return true;
	}
	return false;
}

static void test_json(void **state)
{
	struct splitplot c = lined_plan();
	json_t *lines, *shapes, *first;
	struct lined f;
	struct rng r;

	(void)state;
	c.context_effect = falls;
	rng_init(&r, 12, "lines");
	lined_make(&f, &c, &r);
	lined_run(&f);
	lines = trend_lines_json(f.lines, f.nlines);
	shapes = contrasts_json(f.shapes, f.nshapes);
	assert_int_equal(json_array_size(lines), 4);
	first = json_array_get(lines, 0);
	assert_string_equal(jsonx_get_string(first, "factor"), "num_ctx");
	assert_string_equal(jsonx_get_string(first, "metric"), "decode_tok_s");
	assert_string_equal(jsonx_get_string(first, "per"), "doubling");
	lined_close(jsonx_get_number(first, "ratio"), lined_line(&f, "num_ctx")->slope, 1e-15);
	assert_int_equal(json_array_size(json_object_get(first, "between")), 3);
	assert_null(json_object_get(first, "ci_why"));
	assert_false(has_bad_number(lines) || has_bad_number(shapes));
	first = json_array_get(shapes, 0);
	assert_string_equal(jsonx_get_string(first, "over"), "log2");
	assert_int_equal(json_array_size(json_object_get(first, "contrasts")), 3);
	json_decref(lines);
	json_decref(shapes);
	lined_release(&f);

	/* Missing is null with the reason beside it. */
	c.passes = 1;
	lined_make(&f, &c, &r);
	lined_run(&f);
	lines = trend_lines_json(f.lines, f.nlines);
	first = json_array_get(lines, 0);
	assert_true(json_is_null(json_object_get(first, "ci_low")));
	assert_contains(jsonx_get_string(first, "ci_why"), "loaded once");
	assert_false(has_bad_number(lines));
	json_decref(lines);
	lined_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_robust),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_sampling_prediction),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_one_pass),
		cmocka_unit_test(test_two_levels),
		cmocka_unit_test(test_unmeasured),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
