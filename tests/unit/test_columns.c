/* test_columns.c - the tables of columns keep the rules that docs/formats.md states. */
#include <string.h>

#include "columns.h"
#include "unit.h"

struct column_table {
	const char *name;
	const struct column_spec *specs;
	size_t n;
};

static const struct column_table tables[] = {
	{"runs", run_columns, RUN_COLUMN_COUNT},
	{"loads", load_columns, LOADS_COLUMN_COUNT},
	{"chunks", chunk_columns, CHUNKS_COLUMN_COUNT},
	{"truth", truth_columns, TRUTH_COLUMN_COUNT},
};

static int ends_in(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && strcmp(s + a - b, end) == 0;
}

static void test_names(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNTOF(tables); t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const char *name = tables[t].specs[i].name;

			assert_true(name[0] >= 'a' && name[0] <= 'z');
			assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				strlen(name));
			assert_string_not_equal(name, COLUMN_ROW_CRC);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(name, tables[t].specs[j].name);
		}
	}
}

/* Times are MS columns in ms, and the other way round; what has a direction has a unit or is a
 * score. */
static void test_units(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNTOF(tables); t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct column_spec *s = &tables[t].specs[i];

			assert_int_equal(s->type == COLUMN_MS, ends_in(s->name, "_ms"));
			assert_int_equal(s->type == COLUMN_MS, strcmp(s->unit, "ms") == 0);
			assert_in_range(s->better + 1, 0, 2);
			assert_true(s->better == 0 || s->unit[0] || strcmp(s->name, "score") == 0);
			if (ends_in(s->name, "_us"))
				assert_string_equal(s->unit, "us");
			if (strstr(s->name, "tok_s"))
				assert_string_equal(s->unit, "tok/s");
			assert_true(s->meaning[0]);
		}
	}
}

static void test_enum_fits_table(void **state)
{
	(void)state;
	assert_string_equal(run_columns[RUN_RUN_ID].name, "run_id");
	assert_string_equal(run_columns[RUN_TTFT_MS].name, "ttft_ms");
	assert_int_equal(run_columns[RUN_TTFT_MS].type, COLUMN_MS);
	assert_string_equal(run_columns[RUN_STARTED_AT].name, "started_at");
	assert_int_equal(RUN_STARTED_AT, RUN_COLUMN_COUNT - 1);
	assert_string_equal(load_columns[LOADS_REQUESTED].name, "requested");
	assert_string_equal(chunk_columns[CHUNKS_GAPS_US].name, "gaps_us");
	/* The factor columns stand between these two. */
	assert_int_equal(RUN_MODEL + 1, RUN_PROMPT_ID);
}

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < RUN_COLUMN_COUNT; i++)
		assert_ptr_equal(run_column_find(run_columns[i].name), &run_columns[i]);
	assert_null(run_column_find("num_ctx"));
	assert_null(run_column_find(""));
	assert_null(run_column_find(COLUMN_ROW_CRC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_enum_fits_table),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
