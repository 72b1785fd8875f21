/* test_multiple.c - adjusted p values, against R's p.adjust. */
#include <math.h>
#include <string.h>

#include "multiple.h"
#include "unit.h"

static void assert_all(const double *got, const double *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (isnan(want[i]))
			assert_true(isnan(got[i]));
		else
			assert_true(fabs(got[i] - want[i]) < 1e-12);
	}
}

static void test_holm(void **state)
{
	/* p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") */
	double p[] = {0.01, 0.04, 0.03, 0.005};
	static const double want[] = {0.03, 0.06, 0.06, 0.02};
	double capped[] = {0.6, 0.7};
	static const double ones[] = {1, 1};

	(void)state;
	multiple_holm(p, 4);
	assert_all(p, want, 4);
	multiple_holm(capped, 2);
	assert_all(capped, ones, 2);
}

static void test_benjamini_hochberg(void **state)
{
	/* p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.5), "BH") */
	double p[] = {0.01, 0.04, 0.03, 0.005, 0.5};
	static const double want[] = {0.025, 0.05, 0.05, 0.025, 0.5};

	(void)state;
	multiple_benjamini_hochberg(p, 5);
	assert_all(p, want, 5);
}

/* What is no test is not one of the family. */
static void test_missing(void **state)
{
	double p[] = {(double)NAN, 0.01, (double)NAN, 0.04}, q[4], none[] = {(double)NAN};
	static const double holm[] = {(double)NAN, 0.02, (double)NAN, 0.04};

	(void)state;
	memcpy(q, p, sizeof(p));
	assert_int_equal(multiple_tests(p, 4), 2);
	multiple_holm(p, 4);
	assert_all(p, holm, 4);
	multiple_benjamini_hochberg(q, 4);
	assert_all(q, holm, 4);
	multiple_holm(none, 1);
	assert_true(isnan(none[0]));
	assert_int_equal(multiple_tests(none, 1), 0);
	multiple_holm(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_benjamini_hochberg),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
