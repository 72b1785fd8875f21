/* test_quantile.c - order statistics, against values worked out by hand and R's definition. */
#include <math.h>

#include "quantile.h"
#include "unit.h"

static void test_type7(void **state)
{
	/* numpy.percentile(..., method="linear") of the same values. */
	static const double four[] = {1, 2, 4, 8};
	static const struct {
		double p, want;
	} cases[] = {{0, 1}, {0.25, 1.75}, {1.0 / 3, 2}, {0.5, 3}, {0.9, 6.8}, {0.95, 7.4}, {1, 8}};
	static const double one[] = {5};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_true(fabs(quantile(four, 4, cases[i].p) - cases[i].want) < 1e-12);
	assert_double(quantile(one, 1, 0), 5);
	assert_double(quantile(one, 1, 0.99), 5);
	assert_double(quantile(one, 0, 0.5), (double)NAN);
}

static void test_timeouts_are_beyond(void **state)
{
	static const double v[] = {1, 2, 3, (double)INFINITY, (double)INFINITY};

	(void)state;
	assert_double(quantile(v, 5, 0.5), 3);
	assert_double(quantile(v, 5, 0.4), 2.6);
	assert_double(quantile(v, 5, 0.6), (double)INFINITY); /* between 3 and no end */
	assert_double(quantile(v, 5, 0.9), (double)INFINITY);
	assert_double(quantile(v, 5, 1), (double)INFINITY);
}

static void test_sort(void **state)
{
	double v[] = {3, -1, (double)INFINITY, 2, -1};
	static const double sorted[] = {-1, -1, 2, 3, (double)INFINITY};

	(void)state;
	quantile_sort(v, COUNTOF(v));
	for (size_t i = 0; i < COUNTOF(v); i++)
		assert_double(v[i], sorted[i]);
	quantile_sort(v, 0);
}

static void test_mad(void **state)
{
	double odd[] = {1, 1, 2, 2, 4, 6, 9}, even[] = {0, 10}, one[] = {7}, none[1];

	(void)state;
	/* Median 2, distances 1 1 0 0 2 4 7. */
	assert_double(quantile_mad(odd, 7), 1);
	assert_double(quantile_mad(even, 2), 5);
	assert_double(quantile_mad(one, 1), 0);
	assert_double(quantile_mad(none, 0), (double)NAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type7),
		cmocka_unit_test(test_timeouts_are_beyond),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_mad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
