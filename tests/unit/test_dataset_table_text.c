/* test_dataset_table_text.c - a table from memory is the table of the file with these bytes. */
#include <math.h>
#include <string.h>

#include "dataset_table.h"
#include "unit.h"

#define TABLE                                                                                      \
	"gpu,temp,ttft_ms,load_s\n40,0.2,100,3\n40,0.8,90,0.1\n999,0.2,80,0.1\n999,0.8,70,0.1\n"

static struct table_roles roles(void)
{
	return (struct table_roles){.factor = {"gpu", "temp"},
		.nfactors = 2,
		.measure = {{.name = "ttft_ms", .better = -1, .margin = NAN}},
		.nmeasures = 1,
		.load_time = "load_s"};
}

static void the_same_as_from_a_file(void **state)
{
	struct table_roles r = roles();
	struct dataset file, text;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dataset_from_table(&file, unit_write_text("t.csv", TABLE), &r, &e), 0);
	assert_int_equal(
		dataset_from_table_text(&text, "x/t.csv", TABLE, strlen(TABLE), &r, &e), 0);
	assert_string_equal(text.name, "t.csv");
	assert_string_equal(text.dir, "x/t.csv");
	assert_int_equal(text.nrows, 4);
	assert_int_equal(text.ncells, file.ncells);
	assert_int_equal(text.files[0].bytes, file.files[0].bytes);
	assert_string_equal(text.paid_how, file.paid_how);
	for (size_t i = 0; i < text.nrows; i++) {
		assert_double(text.rows[i].metric[0], file.rows[i].metric[0]);
		assert_int_equal(text.rows[i].cell, file.rows[i].cell);
		assert_int_equal(text.rows[i].paid_load, i == 0);
		assert_int_equal(text.rows[i].line, file.rows[i].line);
	}
	dataset_release(&text);
	dataset_release(&file);
}

static void lines_that_are_no_rows_are_told(void **state)
{
	static const char broken[] = TABLE "40,0.2\n";
	struct table_roles r = roles();
	struct dataset d;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dataset_from_table_text(&d, "t", broken, strlen(broken), &r, &e), 0);
	assert_int_equal(d.nrows, 4);
	assert_int_equal(d.files[0].rejected, 1);
	assert_int_equal(d.notes_in_all, 1);
	assert_int_equal(d.notes[0].line, 0);
	assert_contains(d.notes[0].why, "lines that are no rows, and are not used: 1");
	dataset_release(&d);
}

static void nothing_is_an_error(void **state)
{
	struct table_roles r = roles();
	struct dataset d;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dataset_from_table_text(&d, "t.csv", "", 0, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_contains(e.msg, "t.csv");
	r.factor[0] = "ngl";
	assert_int_equal(dataset_from_table_text(&d, "t.csv", TABLE, strlen(TABLE), &r, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_as_from_a_file),
		cmocka_unit_test(lines_that_are_no_rows_are_told),
		cmocka_unit_test(nothing_is_an_error),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
