/* test_dataset_table.c - tables of somebody else's: what is made of their columns, and what is said
 * of what cannot be used. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_table.h"
#include "str.h"
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
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
