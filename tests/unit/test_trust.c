/* test_trust.c - steps, humps, trends and permutation in a run of a known truth. */
#include <math.h>
#include <string.h>

#include "analysed.h"
#include "trust.h"
#include "unit.h"

static struct splitplot grid(uint32_t passes, uint32_t per_pass)
{
	return (struct splitplot){.contexts = 4,
		.temperatures = 3,
		.prompts = 1,
		.gpus = 1,
		.passes = passes,
		.per_pass = per_pass,
		.sd_request = 0.01,
		.sd_load = 0.005,
		.sd_pass = 0.002};
}

static const struct trust_change *change_of(const struct analysed *f, enum metric m)
{
	const struct trust *t = f->s.trust;

	for (size_t i = 0; i < t->nchanges; i++) {
		if (t->changes[i].metric == m)
			return &t->changes[i];
	}
	return NULL;
}

static void nothing_is_found_where_nothing_is(void **state)
{
	struct splitplot c = grid(6, 4);
	struct analysed f;
	size_t checked = 0;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	assert_int_equal(f.s.trust->nchanges, 2);
	assert_int_equal(f.s.trust->ncells, 24);
	assert_true(change_of(&f, METRIC_DECODE)->change.p > TRUST_STEP_P);
	for (size_t i = 0; i < f.s.trust->ncells; i++) {
		assert_false(f.s.trust->cells[i].humps_adjusted < TRUST_HUMPS_P);
		assert_false(f.s.trust->cells[i].trend_adjusted < TRUST_TREND_P);
		assert_int_equal(f.s.trust->cells[i].trend.n, 6);
		assert_int_equal(f.s.trust->cells[i].modes.plain.n, 24);
	}
	for (size_t i = 0; i < f.s.neffects; i++) {
		const struct effect *e = &f.s.effects[i];
		bool main_effect = e->primary && e->factor_b < 0 && e->verdict != VERDICT_ALIAS;

		assert_int_equal(isnan(f.s.trust->permutation[i].p), !main_effect);
		checked += main_effect;
	}
	assert_int_equal(checked, 4); /* num_ctx and temperature on two metrics */
	analysed_expect(&f, FIND_AUDIT, "permutation within the strata agrees");
	analysed_release(&f);
}

/* Everything after the 13th load is 10 % slower. */
static void a_step_is_found_at_its_place(void **state)
{
	struct splitplot c = grid(6, 2);
	const struct trust_change *t;
	struct analysed f;
	uint32_t from;

	(void)state;
	analysed_make(&f, &c);
	from = f.d.rows[0].load + 12;
	for (size_t i = 0; i < f.d.nrows; i++) {
		if (f.d.rows[i].load >= from)
			f.d.rows[i].metric[METRIC_DECODE] *= 0.9;
	}
	analysed_run(&f);
	t = change_of(&f, METRIC_DECODE);
	assert_true(t->change.p < TRUST_STEP_P);
	assert_int_equal(t->change.index, 12);
	assert_int_equal(t->load, from);
	assert_true(t->ratio > 0.88 && t->ratio < 0.92);
	assert_true(isnan(change_of(&f, METRIC_TTFT)->ratio) ||
		change_of(&f, METRIC_TTFT)->change.p > TRUST_STEP_P);
	analysed_expect(&f, FIND_DRIFT, "throughput fell by 10 % at load 13 of 24");
	analysed_release(&f);
}

/* In one cell every other request takes the slow path. */
static void humps_are_found_in_their_cell(void **state)
{
	struct splitplot c = grid(3, 30);
	struct analysed f;
	size_t n = 0;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		if (f.d.rows[i].cell == 5 && n++ % 2)
			f.d.rows[i].metric[METRIC_DECODE] *= 0.7;
	}
	analysed_run(&f);
	for (size_t i = 0; i < f.s.trust->ncells; i++) {
		const struct trust_cell *t = &f.s.trust->cells[i];
		bool is_it = t->cell == 5 && t->metric == METRIC_DECODE;

		assert_int_equal(t->humps_adjusted < TRUST_HUMPS_P, is_it);
		if (is_it) {
			assert_int_equal(t->modes.where, MODES_WITHIN_LOADS);
			assert_true(fabs(t->modes.plain.share - 0.5) < 0.05);
		}
	}
	analysed_expect(&f, FIND_DRIFT, "throughput has more than one hump in 1 of 12 cells");
	analysed_release(&f);
}

static void a_cell_with_a_trend_is_named(void **state)
{
	struct splitplot c = grid(12, 2);
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	for (size_t i = 0; i < f.d.nrows; i++) {
		if (f.d.rows[i].cell == 2)
			f.d.rows[i].metric[METRIC_TTFT] *= exp(0.05 * f.d.rows[i].pass);
	}
	analysed_run(&f);
	for (size_t i = 0; i < f.s.trust->ncells; i++) {
		const struct trust_cell *t = &f.s.trust->cells[i];

		if (t->cell == 2 && t->metric == METRIC_TTFT) {
			assert_true(t->trend_adjusted < TRUST_TREND_P);
			assert_true(fabs(t->trend.slope - 0.05) < 0.01);
		}
	}
	analysed_expect(&f, FIND_DRIFT, "TTFT has a trend of its own in");
	analysed_release(&f);
}

/* Every null has its reason, and nothing is NaN. */
static void json_says_why(void **state)
{
	struct splitplot c = grid(1, 1);
	struct analysed f;
	json_t *o, *step;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	o = trust_json(f.s.trust, &f.d);
	step = json_object_get(json_object_get(o, "steps"), "decode_tok_s");
	assert_non_null(step);
	assert_true(json_is_null(json_object_get(step, "p")));
	assert_non_null(json_string_value(json_object_get(step, "p_why")));
	assert_int_equal(json_integer_value(json_object_get(o, "looked_at")), 0);
	json_decref(o);
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_where_nothing_is),
		cmocka_unit_test(a_step_is_found_at_its_place),
		cmocka_unit_test(humps_are_found_in_their_cell),
		cmocka_unit_test(a_cell_with_a_trend_is_named),
		cmocka_unit_test(json_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
