/* test_dataset_table.c - tables of somebody else's: what is made of their columns, and what is said
 * of what cannot be used. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_table.h"
#include "rng.h"
#include "str.h"
#include "summary.h"
#include "unit.h"

/* num_gpu and temperature against ttft_ms. */
static struct table_roles plain(void)
{
	return (struct table_roles){.factor = {"gpu", "temp"},
		.nfactors = 2,
		.measure = {{.name = "ttft_ms", .better = -1, .margin = NAN}},
		.nmeasures = 1};
}

static int make(struct dataset *d, const char *text, const struct table_roles *r, struct err *e)
{
	*e = (struct err)ERR_INIT;
	return dataset_from_table(d, unit_write_text("t.csv", text), r, e);
}

static void columns_become_factors_and_measures(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	assert_int_equal(make(&d,
				 "temp,gpu,ttft_ms,note\n0.8,20,100,a\n0.2,3,90,b\n0.8,auto,80,\n"
				 "0.2,20,70,c\n",
				 &r, &e),
		0);
	assert_true(d.foreign);
	assert_true(d.independent);
	assert_int_equal(d.nfactors, 2);
	assert_int_equal(d.factors[0].nlevels, 3);
	assert_string_equal(d.factors[0].level[0], "3"); /* numbers in order, then words */
	assert_string_equal(d.factors[0].level[1], "20");
	assert_string_equal(d.factors[0].level[2], "auto");
	assert_false(d.factors[0].numeric);
	assert_true(d.factors[1].numeric);
	assert_int_equal(d.ncells, 4);
	assert_string_equal(d.cells[0].label, "gpu=3 temp=0.2");
	assert_int_equal(d.nloads, 1);
	assert_int_equal(d.nmetrics, 1);
	assert_string_equal(d.metrics[0].column, "ttft_ms");
	assert_string_equal(d.metrics[0].unit, "ms");
	assert_true(d.metrics[0].log);
	assert_int_equal(d.metrics[0].better, -1);
	assert_int_equal(d.nrows, 4);
	assert_double(d.rows[1].metric[0], 90);
	assert_int_equal(d.rows[3].line, 5);
	dataset_release(&d);
}

static void blocks_tell_what_was_set_up_together(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.block = "load";
	assert_int_equal(make(&d,
				 "gpu;temp;load;ttft_ms\n0;1;a;10\n0;2;a;11\n9;1;b;12\n9;2;b;13\n"
				 "0;1;c;10\n0;2;c;11\n",
				 &r, &e),
		0);
	assert_false(d.independent);
	assert_int_equal(d.factors[0].stratum, DATA_RUNNER);
	assert_int_equal(d.factors[1].stratum, DATA_SAMPLING);
	assert_int_equal(d.nloads, 3);
	assert_int_equal(d.nblocks, 2);
	assert_int_equal(d.loads[0].pass, 1);
	assert_int_equal(d.loads[1].pass, 1);
	assert_int_equal(d.loads[2].pass, 2); /* its settings for the second time */
	dataset_release(&d);
}

static void failures_and_gaps_are_not_numbers(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.ok = "error";
	assert_int_equal(
		make(&d,
			"gpu,temp,ttft_ms,error\n0,1,10,\n0,1,0,boom\n0,1,,\n0,1,fast,none\n"
			",1,12,\n0,1,inf,\n",
			&r, &e),
		0);
	assert_int_equal(d.nrows, 5); /* one has no gpu */
	assert_true(d.rows[0].counts);
	assert_false(d.rows[1].ok);
	assert_false(d.rows[1].counts);
	assert_true(isnan(d.rows[2].metric[0]));
	assert_false(d.rows[2].counts);
	assert_int_equal(d.notes_in_all,
		7); /* no gpu, fast, none, inf; two factors and a measure that do not vary */
	assert_int_equal(d.notes[0].line, 6);
	assert_contains(d.notes[0].why, "it has no gpu, and is left out");
	assert_int_equal(d.notes[1].line, 4);
	assert_contains(d.notes[1].why, "it has no ttft_ms");
	assert_int_equal(d.notes[2].line, 5);
	assert_contains(d.notes[2].why, "fast");
	assert_int_equal(d.notes[3].line, 7);
	assert_contains(d.notes[3].why, "inf");
	dataset_release(&d);
}

static void units_beside_numbers_are_made_one(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.measure[0].name = "wait";
	assert_int_equal(
		make(&d, "gpu,temp,wait\n0,1,12 ms\n0,2,0.5 s\n1,1,7\n1,2,3 MB\n", &r, &e), 0);
	assert_string_equal(d.metrics[0].unit, "ms");
	assert_double(d.rows[0].metric[0], 12);
	assert_double(d.rows[1].metric[0], 500);
	assert_true(isnan(d.rows[2].metric[0])); /* of what? */
	assert_true(isnan(d.rows[3].metric[0]));
	assert_int_equal(d.notes_in_all, 2);
	dataset_release(&d);
	/* Among bare numbers it is the one with a unit that is in doubt. */
	assert_int_equal(make(&d, "gpu,temp,wait\n0,1,12\n0,2,13\n1,1,7\n1,2,3 s\n", &r, &e), 0);
	assert_string_equal(d.metrics[0].unit, "");
	assert_double(d.rows[2].metric[0], 7);
	assert_true(isnan(d.rows[3].metric[0]));
	assert_int_equal(d.notes[0].line, 5);
	dataset_release(&d);
}

static void rows_that_waited_for_a_load_do_not_count(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.load_time = "load";
	assert_int_equal(make(&d,
				 "gpu,temp,ttft_ms,load\n0,1,900,2.5\n0,2,10,0.1\n0,3,11,0.12\n"
				 "1,1,950,2.6\n1,2,12,0.1\n1,3,13,0.11\n",
				 &r, &e),
		0);
	assert_true(d.rows[0].paid_load);
	assert_false(d.rows[0].counts);
	assert_false(d.rows[1].paid_load);
	assert_true(d.rows[3].paid_load);
	dataset_release(&d);
}

static void a_condition_leaves_rows_out(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.where = "gpu > 0 and temp != 2";
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n1,1,11\n1,2,12\n1,3,13\n", &r, &e), 0);
	assert_int_equal(d.nrows, 2);
	assert_int_equal(d.left_out, 2);
	dataset_release(&d);
	r.where = "gpu > 100";
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	r.where = "gpu >";
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	r.where = "other = 1";
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
}

static void what_is_refused_is_named(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	assert_int_equal(make(&d, "gpus,temp,ttft_ms\n0,1,10\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "it has no column gpu");
	assert_contains(e.hint, "gpus");
	assert_int_equal(make(&d, "gpu,temp,temp,ttft_ms\n0,1,1,10\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "two columns are called temp");
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(make(&d, "", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,slow\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.hint, "line 2");
	assert_int_equal(dataset_from_table(&d, "/nowhere.csv", &r, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	r.measure[0].name = "gpu";
	assert_int_equal(make(&d, "gpu,temp\n0,1\n", &r, &e), -1);
	assert_contains(e.msg, "a factor and a measure");
}

static void rows_may_have_another_order_than_the_file(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.order = "at";
	assert_int_equal(
		make(&d, "gpu,temp,ttft_ms,at\n0,1,10,30\n0,2,11,\n1,1,12,4\n1,2,13,200\n", &r, &e),
		0);
	for (size_t i = 0; i < 4; i++) {
		static const double ttft[] = {12, 10, 13, 11}; /* that without a place is last */

		assert_double(d.rows[i].metric[0], ttft[i]);
		assert_int_equal(d.rows[i].order, i + 1);
	}
	dataset_release(&d);
	assert_int_equal(make(&d,
				 "gpu,temp,ttft_ms,at\n0,1,10,2026-03-01T10:00\n"
				 "0,2,11,2026-02-28T09:00\n1,1,12,2026-03-01T09:59\n",
				 &r, &e),
		0);
	assert_double(d.rows[0].metric[0], 11);
	assert_double(d.rows[1].metric[0], 12);
	dataset_release(&d);
}

static void a_load_may_take_no_time(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.load_time = "load";
	assert_int_equal(
		make(&d, "gpu,temp,ttft_ms,load\n0,1,900,2.6\n0,2,10,0\n0,3,11,0\n1,1,950,2\n", &r,
			&e),
		0);
	assert_true(d.rows[0].paid_load && d.rows[3].paid_load);
	assert_false(d.rows[1].paid_load);
	assert_string_equal(d.paid_how, "load above 0.65");
	dataset_release(&d);
	assert_int_equal(make(&d, "gpu,temp,ttft_ms,load\n0,1,9,0\n0,2,10,0\n", &r, &e), 0);
	assert_null(d.paid_how);
	dataset_release(&d);
	assert_int_equal(make(&d, "gpu,temp,ttft_ms,load\n0,1,9,soon\n0,2,10,0\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "load");
}

static void what_is_no_setting_is_not_compared(void **state)
{
	struct table_roles r = plain();
	struct str text = STR_INIT(1 << 20);
	struct dataset d;
	struct err e;

	(void)state;
	str_add(&text, "gpu,temp,ttft_ms\n");
	for (int i = 0; i <= TABLE_MOST_LEVELS; i++)
		str_addf(&text, "%d.5,1,%d\n", i, i);
	assert_int_equal(make(&d, text.s, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "gpu has 1001 levels");
	assert_contains(e.hint, "--measure");
	str_release(&text);
}

static void margins_are_of_ratios_or_of_units(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct err e;

	(void)state;
	r.measure[0].margin = 0.02;
	r.measure[0].margin_share = true;
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n1,1,12\n", &r, &e), 0);
	assert_double(d.margin[0], 0.02);
	dataset_release(&d);
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n1,1,0\n", &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "analysed as it is");
	r.measure[0].margin_share = false;
	assert_int_equal(make(&d, "gpu,temp,ttft_ms\n0,1,10\n1,1,0\n", &r, &e), 0);
	assert_false(d.metrics[0].log);
	dataset_release(&d);
}

/* ---- to the end ---- */

/* 3 gpu x 4 ctx x 3 temp, one row each, in nested order; the first of each load waits for it. */
static void make_nested(struct str *text)
{
	struct rng r;

	rng_init(&r, 1, "nested");
	str_add(text, "gpu,ctx,temp,ttft_s,rate_tok_s,load_s\n");
	for (int g = 0; g < 3; g++) {
		for (int c = 0; c < 4; c++) {
			for (int t = 0; t < 3; t++)
				str_addf(text, "%d,%d,0.%d,%.4f,%.3f,%.2f\n", g * 20, 1024 << c,
					2 * t + 2, (t == 0 ? 2 : 0.2) * exp(0.02 * rng_normal(&r)),
					80 * exp(0.01 * rng_normal(&r)), t == 0 ? 1.9 : 0.15);
		}
	}
}

static const struct finding *find(const struct summary *s, const char *part)
{
	for (size_t i = 0; i < s->nfindings; i++) {
		if (strstr(s->findings[i].text, part))
			return &s->findings[i];
	}
	return NULL;
}

static void one_row_for_each_setting_decides_nothing(void **state)
{
	struct table_roles r = {.factor = {"gpu", "ctx", "temp"},
		.nfactors = 3,
		.measure = {{.name = "ttft_s", .better = -1, .margin = NAN},
			{.name = "rate_tok_s", .better = 1, .margin = NAN}},
		.nmeasures = 2,
		.load_time = "load_s"};
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	make_nested(&text);
	assert_int_equal(make(&d, text.s, &r, &e), 0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	for (size_t i = 0; i < s.neffects; i++) {
		assert_int_equal(s.effects[i].verdict, VERDICT_INCONCLUSIVE);
		assert_true(isnan(s.effects[i].p));
		assert_contains(s.effects[i].why, "each setting has one row");
	}
	assert_contains(s.effects[0].why, "it followed the order of the rows");
	for (size_t m = 0; m < 2; m++)
		assert_int_equal(s.best[m].ncells, 0);
	assert_non_null(find(&s, "12 rows waited for a load"));
	assert_non_null(find(&s, "all of them have temp=0.2"));
	assert_non_null(find(&s, "the load's doing and not temp's"));
	assert_non_null(find(&s, "in the order of nested loops (gpu, ctx then temp"));
	assert_null(find(&s, "request"));
	assert_null(find(&s, "this run"));
	summary_release(&s);
	dataset_release(&d);
	str_release(&text);
}

/* One factor, three rows of each level: t intervals of the one-way layout.  Within sum of squares
 * 2 + 8 + 2 = 12 of 6 degrees of freedom; t(.975, 6) = 2.446912 (tables of Student's t). */
static void independent_rows_have_the_intervals_of_one_way(void **state)
{
	struct table_roles r = {.factor = {"kind"},
		.nfactors = 1,
		.measure = {{.name = "mass", .better = 1, .margin = NAN}},
		.nmeasures = 1};
	double half = 2.446911848791681 * sqrt(2.0 / 3);
	const struct effect *kind;
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	assert_int_equal(
		make(&d, "kind,mass\na,1\nb,8\nc,21\na,2\nb,10\nc,22\na,3\nb,12\nc,23\n", &r, &e),
		0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	kind = &s.effects[0];
	assert_string_equal(kind->error_term, "between rows");
	assert_double(kind->df_error, 6);
	assert_true(fabs(kind->f - 608.0 / 2 / 2) < 1e-9); /* means 2, 10, 22 about 34/3 */
	for (size_t i = 0; i < 3; i++) {
		static const double mean[] = {2, 10, 22};
		const struct metric_summary *m = &s.cells[i].metric[0];

		assert_true(fabs(m->estimate - mean[i]) < 1e-12);
		assert_true(fabs(m->ci_low - (mean[i] - half)) < 1e-6);
		assert_true(fabs(m->ci_high - (mean[i] + half)) < 1e-6);
		assert_double(m->df, 6);
		assert_true(fabs(kind->levels[i].estimate_low - (mean[i] - half)) < 1e-6);
		assert_true(fabs(kind->levels[i].estimate_high - (mean[i] + half)) < 1e-6);
	}
	assert_non_null(find(&s, "kind a has a mass 20.0 lower than c"));
	assert_non_null(find(&s, "rows are taken as independent"));
	summary_release(&s);
	dataset_release(&d);
}

/* 2 x 3 with a cell that nobody measured: the additive model by least squares.  Figures by hand:
 * with effects that add up exactly and noise of +-1 about them each level's difference is its own.
 */
static void an_empty_cell_is_no_obstacle(void **state)
{
	struct table_roles r = plain();
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	r.measure[0].scale = TABLE_SCALE_LINEAR;
	assert_int_equal(make(&d,
				 "gpu,temp,ttft_ms\n0,1,9\n1,1,19\n0,2,14\n1,2,24\n0,3,29\n"
				 "1,1,21\n0,2,16\n1,2,26\n0,1,11\n0,3,31\n",
				 &r, &e),
		0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	assert_string_equal(s.effects[0].factor, "gpu");
	assert_double(s.effects[0].df_error, 5);
	assert_true(fabs(s.effects[0].levels[1].ratio - 10) < 1e-9);
	assert_true(fabs(s.effects[1].levels[1].ratio - 5) < 1e-9);
	assert_true(fabs(s.effects[1].levels[2].ratio - 20) < 1e-9);
	assert_true(isfinite(s.effects[0].levels[0].estimate_low));
	summary_release(&s);
	dataset_release(&d);
}

static void no_margin_no_equality(void **state)
{
	struct table_roles r = plain();
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct err e;

	(void)state;
	str_add(&text, "gpu,temp,ttft_ms\n");
	for (int i = 0; i < 40; i++)
		str_addf(&text, "%d,%d,%d\n", i % 2, i / 2 % 2, 1000 + (i * 7 % 10));
	for (int with = 0; with < 2; with++) {
		r.measure[0].margin = with ? 0.02 : (double)NAN;
		assert_int_equal(make(&d, text.s, &r, &e), 0);
		assert_int_equal(summary_make(&s, &d, &e), 0);
		assert_int_equal(
			s.effects[1].verdict, with ? VERDICT_NO_EFFECT : VERDICT_INCONCLUSIVE);
		if (!with)
			assert_contains(s.effects[1].why, "no margin is set");
		summary_release(&s);
		dataset_release(&d);
	}
	str_release(&text);
}

/* 3 ctx in 6 passes, 4 temp-independent rows each; the last ctx is 10 % slower. */
static void a_planted_effect_is_found(void **state)
{
	struct table_roles r = {.factor = {"ctx", "temp"},
		.nfactors = 2,
		.measure = {{.name = "rate_tok_s", .better = 1, .margin = 0.02}},
		.nmeasures = 1,
		.block = "load",
		.pass = "pass"};
	struct str text = STR_INIT(1 << 16);
	struct dataset d;
	struct summary s;
	struct rng g;
	struct err e;

	(void)state;
	rng_init(&g, 2, "planted");
	str_add(&text, "ctx\ttemp\tload\tpass\trate_tok_s\n");
	for (int p = 0; p < 6; p++) {
		for (int k = 0; k < 3; k++) {
			int c = (k + p) % 3;
			double shift = 0.01 * rng_normal(&g) - (c == 2 ? 0.1 : 0);

			for (int i = 0; i < 4; i++)
				str_addf(&text, "%d\t%d\t%d-%d\t%d\t%.4f\n", 1024 << c, i % 2, p, c,
					p, 80 * exp(shift + 0.01 * rng_normal(&g)));
		}
	}
	assert_int_equal(make(&d, text.s, &r, &e), 0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	assert_string_equal(s.effects[0].factor, "ctx");
	assert_int_equal(s.effects[0].verdict, VERDICT_EFFECT);
	assert_double(s.effects[0].df_error, 10);
	assert_string_equal(s.effects[1].factor, "temp");
	assert_int_not_equal(s.effects[1].verdict, VERDICT_EFFECT);
	assert_non_null(find(&s, "ctx 4096"));
	summary_release(&s);
	dataset_release(&d);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_become_factors_and_measures),
		cmocka_unit_test(blocks_tell_what_was_set_up_together),
		cmocka_unit_test(failures_and_gaps_are_not_numbers),
		cmocka_unit_test(units_beside_numbers_are_made_one),
		cmocka_unit_test(rows_that_waited_for_a_load_do_not_count),
		cmocka_unit_test(a_condition_leaves_rows_out),
		cmocka_unit_test(rows_may_have_another_order_than_the_file),
		cmocka_unit_test(a_load_may_take_no_time),
		cmocka_unit_test(what_is_no_setting_is_not_compared),
		cmocka_unit_test(margins_are_of_ratios_or_of_units),
		cmocka_unit_test(what_is_refused_is_named),
		cmocka_unit_test(independent_rows_have_the_intervals_of_one_way),
		cmocka_unit_test(an_empty_cell_is_no_obstacle),
		cmocka_unit_test(no_margin_no_equality),
		cmocka_unit_test(one_row_for_each_setting_decides_nothing),
		cmocka_unit_test(a_planted_effect_is_found),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
