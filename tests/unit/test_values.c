/* test_values.c - values kept and values counted in a histogram: the same answers, to the last
 * digit or within a tenth of a percent. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "rng.h"
#include "unit.h"
#include "values.h"

static struct values make(bool histogram, const double *x, size_t n)
{
	struct values v;

	values_init(&v, histogram);
	for (size_t i = 0; i < n; i++)
		values_add(&v, x[i]);
	values_finish(&v);
	return v;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void test_quantiles(void **state)
{
	/* numpy.percentile(..., method="linear") of the same values. */
	static const double four[] = {4, 1, 8, 2};
	static const struct {
		double p, want;
	} cases[] = {{0, 1}, {0.25, 1.75}, {1.0 / 3, 2}, {0.5, 3}, {0.9, 6.8}, {0.95, 7.4}, {1, 8}};
	struct values v = make(false, four, 4), none = make(false, NULL, 0);

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_true(fabs(values_quantile(&v, 0, cases[i].p) - cases[i].want) < 1e-12);
	assert_double(values_quantile(&none, 0, 0.5), (double)NAN);
	assert_double(values_mad(&none), (double)NAN);
	assert_double(values_sd(&none), (double)NAN);
	assert_double(values_share_below(&none, 1), (double)NAN);
	assert_double(none.min, (double)NAN);
	assert_double(values_share_below(&v, 4), 0.5);
	assert_double(values_share_below(&v, 9), 1);
	values_release(&v);
	values_release(&none);
}

/* Those that ran into a time limit are larger than any value. */
static void test_beyond(void **state)
{
	static const double three[] = {1, 2, 3};

	(void)state;
	for (int histogram = 0; histogram < 2; histogram++) {
		struct values v = make(histogram, three, 3), none = make(histogram, NULL, 0);
		double near_two = histogram ? 0.002 : 1e-12;

		assert_double(values_quantile(&v, 2, 0.5), 3);
		assert_true(fabs(values_quantile(&v, 2, 0.4) - 2.6) < near_two);
		assert_double(values_quantile(&v, 2, 0.6), (double)INFINITY);
		assert_double(values_quantile(&v, 2, 0.9), (double)INFINITY);
		assert_double(values_quantile(&v, 2, 1), (double)INFINITY);
		assert_double(values_quantile(&none, 2, 0.5), (double)INFINITY);
		values_release(&v);
		values_release(&none);
	}
}

static void test_mad(void **state)
{
	static const double odd[] = {9, 1, 2, 2, 4, 6, 1}, even[] = {0, 10}, one[] = {7};
	struct values v = make(false, odd, 7), w = make(false, even, 2), u = make(false, one, 1);

	(void)state;
	/* Median 2, distances 1 1 0 0 2 4 7. */
	assert_double(values_mad(&v), 1);
	assert_double(values_mad(&w), 5);
	assert_double(values_mad(&u), 0);
	values_release(&v);
	values_release(&w);
	values_release(&u);
}

/* A mean that is large beside the spread: NIST's NumAcc2 and NumAcc3, whose mean and sd are exact.
 */
static void test_moments(void **state)
{
	static const struct {
		double first, low, high, mean;
	} sets[] = {{1.2, 1.1, 1.3, 1.2}, {1000000.2, 1000000.1, 1000000.3, 1000000.2}};

	/* valgrind makes doubles of long doubles. */
	volatile long double one = 1, small = 1e-18L;
	bool wide = one + small != one;

	(void)state;
	for (size_t k = 0; k < COUNTOF(sets); k++) {
		for (int histogram = 0; histogram < 2; histogram++) {
			struct values v;

			values_init(&v, histogram);
			values_add(&v, sets[k].first);
			for (int i = 0; i < 500; i++) {
				values_add(&v, sets[k].low);
				values_add(&v, sets[k].high);
			}
			values_finish(&v);
			assert_int_equal(v.n, 1001);
			assert_true(fabs(v.mean / sets[k].mean - 1) < (wide ? 1e-15 : 1e-13));
			assert_true(
				fabs(values_sd(&v) / 0.1 - 1) < (k                     ? 1e-9
										: wide ? 1e-14
										       : 1e-12));
			assert_double(v.min, sets[k].low);
			assert_double(v.max, sets[k].high);
			values_release(&v);
		}
	}
}

#define N 20000

/* Of either sign, from very small to very large, and 0 itself. */
static double draw(struct rng *r, int kind)
{
	double x = exp(0.3 * rng_normal(r));

	if (kind == 1)
		return rng_normal(r);
	if (kind == 2)
		return rng_below(r, 4) ? x * pow(10, 40 * rng_normal(r)) : 0;
	return 250 * x;
}

static void near(double got, double want)
{
	if (!(fabs(got - want) <= VALUES_HISTOGRAM_ERROR * fabs(want)))
		fail_msg("%.17g is not within 0.1 %% of %.17g", got, want);
}

static void test_histogram(void **state)
{
	static double x[N];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct values exact, counted;
		struct rng r;

		rng_init(&r, 5, "values");
		for (size_t i = 0; i < N; i++)
			x[i] = draw(&r, kind);
		exact = make(false, x, N);
		counted = make(true, x, N);
		for (uint64_t i = 0; i < N; i += 7) /* order statistics themselves */
			near(values_quantile(&counted, 0, (double)i / (N - 1)),
				values_quantile(&exact, 0, (double)i / (N - 1)));
		assert_double(values_quantile(&counted, 0, 0), exact.min);
		assert_double(values_quantile(&counted, 0, 1), exact.max);
		if (kind < 2) {
			assert_true(fabs(counted.mean - exact.mean) < 1e-12 * values_sd(&exact));
			assert_true(fabs(values_sd(&counted) / values_sd(&exact) - 1) < 1e-12);
			assert_true(fabs(values_share_below(&counted, 0.5) -
					    values_share_below(&exact, 0.5)) < 0.001);
		}
		if (kind < 2)
			assert_true(fabs(values_mad(&counted) / values_mad(&exact) - 1) < 0.002);
		values_release(&exact);
		values_release(&counted);
	}
}

/* Values within a few buckets of each other. */
static void test_narrow_mad(void **state)
{
	static double x[N];
	struct rng r;

	(void)state;
	rng_init(&r, 12, "values");
	for (int k = 0; k < 20; k++) {
		struct values exact, counted;

		for (size_t i = 0; i < N; i++)
			x[i] = exp(k + 0.0075 * rng_normal(&r));
		exact = make(false, x, N);
		counted = make(true, x, N);
		assert_true(fabs(values_mad(&counted) / values_mad(&exact) - 1) < 0.02);
		values_release(&exact);
		values_release(&counted);
	}
	for (size_t i = 0; i < N; i++)
		x[i] = i % 3 ? 5 : 0;
	for (int histogram = 0; histogram < 2; histogram++) {
		struct values v = make(histogram, x, N);

		assert_true(values_mad(&v) < 0.01);
		values_release(&v);
	}
}

static void test_extremes(void **state)
{
	static const double x[] = {DBL_MAX, -DBL_MAX, DBL_TRUE_MIN, DBL_MIN, 0};
	struct values v = make(true, x, COUNTOF(x));

	(void)state;
	assert_double(values_quantile(&v, 0, 0), -DBL_MAX);
	assert_double(values_quantile(&v, 0, 0.25), 0); /* nearer to 0 than can be told */
	assert_double(values_quantile(&v, 0, 0.5), 0);
	near(values_quantile(&v, 0, 0.75), DBL_MIN);
	assert_double(values_quantile(&v, 0, 1), DBL_MAX);
	values_release(&v);
}

static size_t pages(const struct values_side *s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s->npages; i++)
		n += s->page[i] != NULL;
	return n;
}

/* A histogram takes what its spread takes, however many values there are. */
static void test_small(void **state)
{
	struct values v;
	struct rng r;

	(void)state;
	rng_init(&r, 6, "values");
	values_init(&v, true);
	for (int i = 0; i < 100000; i++)
		values_add(&v, 80 * exp(0.01 * rng_normal(&r)));
	/* 9 % wide in all: at most 47 buckets of 0.2 %. */
	assert_true(pages(&v.above) <= 2);
	assert_int_equal(pages(&v.below), 0);
	values_release(&v);
}

static void test_merge(void **state)
{
	static double x[N];

	(void)state;
	for (int histogram = 0; histogram < 2; histogram++) {
		struct values a = make(histogram, NULL, 0), b, all;
		struct rng r;

		rng_init(&r, 7, "values");
		for (size_t i = 0; i < N; i++)
			x[i] = draw(&r, 1);
		all = make(histogram, x, N);
		for (size_t from = 0; from < N; from += N / 4) {
			b = make(histogram, x + from, N / 4);
			values_merge(&a, &b);
			values_release(&b);
		}
		values_finish(&a);
		assert_int_equal(a.n, N);
		for (int p = 0; p <= 100; p++)
			assert_double(values_quantile(&a, 3, p / 100.0),
				values_quantile(&all, 3, p / 100.0));
		assert_double(values_mad(&a), values_mad(&all));
		assert_true(fabs(a.mean - all.mean) < 1e-14);
		assert_true(fabs(a.ss / all.ss - 1) < 1e-12);
		values_release(&a);
		values_release(&all);
	}
}

static void test_sort_and_select(void **state)
{
	static double x[3000], sorted[3000], selected[3000];
	struct rng r;

	(void)state;
	rng_init(&r, 8, "values");
	for (size_t n = 1; n < COUNTOF(x); n = n * 3 / 2 + 1) {
		for (int kind = 0; kind < 4; kind++) {
			size_t k = rng_below(&r, n);

			for (size_t i = 0; i < n; i++)
				x[i] = kind == 0    ? rng_normal(&r)
					: kind == 1 ? (double)rng_below(&r, 3)
					: kind == 2 ? -(double)i
						    : (double)i;
			x[n - 1] = kind == 0 ? (double)INFINITY : x[n - 1];
			for (size_t i = 0; i < n; i++)
				sorted[i] = selected[i] = x[i];
			qsort(sorted, n, sizeof(*sorted), compare);
			values_sort(x, n);
			assert_memory_equal(x, sorted, n * sizeof(*x));
			if (isfinite(sorted[n / 2]))
				assert_double(values_median(selected, n),
					n % 2 ? sorted[n / 2]
					      : sorted[n / 2 - 1] +
							0.5 * (sorted[n / 2] - sorted[n / 2 - 1]));
			values_select(selected, n, k);
			assert_double(selected[k], sorted[k]);
			for (size_t i = 0; i < n; i++)
				assert_true(i < k ? selected[i] <= selected[k]
						  : selected[i] >= selected[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_mad),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_narrow_mad),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_sort_and_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
