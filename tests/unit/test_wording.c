/* test_wording.c - figures in sentences. */
#include <math.h>

#include "unit.h"
#include "wording.h"

static void test_decimals(void **state)
{
	static const struct {
		double half;
		int decimals;
	} cases[] = {{1.2, 1}, {0.5, 1}, {0.36, 1}, {0.35, 2}, {0.15, 2}, {3.4, 1}, {3.6, 0},
		{9.9, 0}, {12, 0}, {40, -1}, {350, -1}, {0, 1}, {(double)NAN, 1},
		{(double)INFINITY, 1}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(wording_decimals(cases[i].half), cases[i].decimals);
}

static void test_fixed(void **state)
{
	static const struct {
		double x;
		int decimals;
		const char *text;
	} cases[] = {{3.14159, 1, "3.1"}, {9.96, 1, "10.0"}, {0.04, 1, "0.0"}, {-0.04, 1, "0.0"},
		{-3.14159, 2, "-3.14"}, {87.4, 0, "87"}, {87.5, 0, "88"}, {1234.5, 1, "1,234.5"},
		{1234, -1, "1,230"}, {96, -2, "100"}, {0.05, 1, "0.1"}, {2, 3, "2.000"},
		{1.0000004, 9, "1.000000"}, {(double)INFINITY, 1, "inf"}};
	char text[WORDING_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(
			wording_fixed(text, cases[i].x, cases[i].decimals), cases[i].text);
}

static void test_plain(void **state)
{
	char text[WORDING_TEXT];

	(void)state;
	assert_string_equal(wording_plain(text, 100 * 0.07), "7");
	assert_string_equal(wording_plain(text, 2.5), "2.5");
}

static void test_words(void **state)
{
	static const char *const items[] = {"a", "b", "c"};
	struct arena a = {0};

	(void)state;
	assert_string_equal(wording_list(&a, items, 0, "and"), "");
	assert_string_equal(wording_list(&a, items, 1, "and"), "a");
	assert_string_equal(wording_list(&a, items, 2, "or"), "a or b");
	assert_string_equal(wording_list(&a, items, 3, "and"), "a, b and c");
	assert_string_equal(wording_count(&a, 1, "row is", "rows are"), "1 row is");
	assert_string_equal(wording_count(&a, 0, "row is", "rows are"), "0 rows are");
	assert_string_equal(wording_count(&a, 12345, "row", "rows"), "12,345 rows");
	assert_string_equal(wording_verb(1, "it", "them"), "it");
	assert_string_equal(wording_verb(2, "it", "them"), "them");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
