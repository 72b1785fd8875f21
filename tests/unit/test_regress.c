/* test_regress.c - regression against statsmodels 0.15 and SciPy 1.17 (the numbers in comments are
 * the outputs of those calls), simulation and enumeration.  Certified values: test_strd.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "regress.h"
#include "rng.h"
#include "unit.h"

static void assert_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.15g is not %.15g", got, want);
}

static const double some_x[] = {1, 2, 4, 8, 16, 32, 1, 4, 16, 8, 2, 32};
static const double some_y[] = {3.1, 4.9, 7.2, 8.8, 11.3, 12.7, 2.8, 7.0, 11.0, 9.3, 5.2, 13.4};

/* statsmodels OLS(y, add_constant(x)).fit(), get_prediction([[1, 6]]) */
static void test_line(void **state)
{
	struct regress_prediction at;
	struct regress r;

	(void)state;
	regress_line(&r, some_x, some_y, COUNTOF(some_x));
	assert_null(r.why);
	assert_int_equal(r.p, 2);
	assert_close(r.beta[0], 5.040796019900499, 1e-13);
	assert_close(r.beta[1], 0.2873845060412224, 1e-13);
	assert_close(r.sd[0], 0.6651862992658103, 1e-13);
	assert_close(r.sd[1], 0.04410142220581529, 1e-13);
	assert_double(r.df, 10);
	assert_close(r.r2, 0.8093933238991772, 1e-13);
	assert_close(r.f, 42.46405952071913, 1e-12);
	assert_close(r.f_p, 6.753247774085179e-05, 1e-10);
	assert_close(r.residual_sd, 1.6542442881539103, 1e-13);
	regress_predict(&r, (double[]){6}, 0.95, &at);
	assert_close(at.y, 6.76510305614783, 1e-13);
	assert_close(at.mean_low, 5.61285443892548, 1e-11);
	assert_close(at.mean_high, 7.91735167337019, 1e-11);
	assert_close(at.low, 2.90331172916131, 1e-11);
	assert_close(at.high, 10.6268943831344, 1e-11);
	regress_release(&r);
}

static void test_check(void **state)
{
	struct regress_check c;
	struct regress r;

	(void)state;
	regress_line(&r, some_x, some_y, COUNTOF(some_x));
	regress_check(&r, &c);
	/* get_influence().resid_studentized_external */
	assert_int_equal(c.largest_row, 6);
	assert_close(c.largest, 1.842895828600359, 1e-12);
	assert_double(c.largest_p, 1);
	/* x repeats: lack of fit by sums of squares about the means of equal x */
	assert_true(c.repeated);
	assert_close(c.misfit_f, 76.68640471113805, 1e-10);
	assert_double(c.misfit_df1, 4);
	assert_double(c.misfit_df2, 6);
	assert_close(c.misfit_p, 2.7838492705764182e-05, 1e-9);
	/* het_breuschpagan(resid, exog) */
	assert_close(c.spread, 0.48199889612656754, 1e-11);
	assert_double(c.spread_df, 1);
	assert_close(c.spread_p, 0.48751829123306356, 1e-11);
	/* Correlation with Blom's scores and Royston's formula, in NumPy. */
	assert_close(c.normal_w, 0.9341262622578392, 1e-11);
	assert_close(c.normal_p, 0.35725415118415904, 1e-9);
	regress_release(&r);
}

/* Without equal x: the square as one more column. */
static void test_curve(void **state)
{
	static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double y[] = {1.1, 1.9, 3.2, 4.4, 5.1, 6.9, 8.3, 9.6};
	struct regress_check c;
	struct regress r;

	(void)state;
	regress_line(&r, x, y, COUNTOF(x));
	regress_check(&r, &c);
	assert_false(c.repeated);
	assert_close(c.misfit_f, 7.069514460068946, 1e-10);
	assert_double(c.misfit_df1, 1);
	assert_double(c.misfit_df2, 5);
	assert_close(c.misfit_p, 0.044945623524347486, 1e-9);
	regress_release(&r);
}

/* Two x: coefficients, the squared fitted values as one more column, and the spread. */
static void test_two(void **state)
{
	static const double second[] = {0, 1, 1, 0, 2, 1, 3, 0, 3, 1, 2, 0};
	static const struct regress_term terms[] = {{0, 1}, {1, 1}};
	struct regress_model m = {.nx = 2, .intercept = true, .terms = terms, .nterms = 2};
	double x[24];
	struct regress_check c;
	struct regress r;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		x[2 * i] = some_x[i];
		x[2 * i + 1] = second[i];
	}
	regress_fit(&r, &m, x, some_y, 12);
	assert_close(r.beta[0], 5.068355400269705, 1e-12);
	assert_close(r.beta[1], 0.2871687770363757, 1e-12);
	assert_close(r.beta[2], -0.021680764987127787, 1e-12);
	assert_close(r.sd[0], 0.9244605789095678, 1e-12);
	assert_close(r.sd[1], 0.046720297961662605, 1e-12);
	assert_close(r.sd[2], 0.4740469444157327, 1e-12);
	assert_close(r.f, 19.114313827744276, 1e-12);
	assert_close(r.residual_sd, 1.7435239869133659, 1e-12);
	regress_check(&r, &c);
	assert_false(c.repeated);
	assert_close(c.misfit_f, 39.82315424407084, 1e-10);
	assert_double(c.misfit_df2, 8);
	assert_close(c.misfit_p, 0.00023015508517123536, 1e-9);
	assert_close(c.spread, 1.1749396705916082, 1e-11);
	assert_close(c.spread_p, 0.5557315998900642, 1e-11);
	regress_release(&r);
}

/* A polynomial by its powers, whatever the order in which they are named, predicts itself. */
static void test_polynomial(void **state)
{
	static const struct regress_term terms[] = {{0, 3}, {0, 1}, {0, 2}};
	struct regress_model m = {.nx = 1, .intercept = true, .terms = terms, .nterms = 3};
	struct regress_prediction at;
	double x[12], y[12];
	struct regress r;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		x[i] = 1000 + (double)i;
		y[i] = 2 - 3 * x[i] + 0.5 * x[i] * x[i] - 0.25 * x[i] * x[i] * x[i];
	}
	regress_fit(&r, &m, x, y, 12);
	assert_null(r.why);
	assert_close(r.beta[1], -0.25, 1e-6);
	assert_close(r.beta[3], 0.5, 1e-3);
	regress_predict(&r, (double[]){1005.5}, 0.95, &at);
	assert_close(at.y, 2 - 3 * 1005.5 + 0.5 * 1005.5 * 1005.5 - 0.25 * pow(1005.5, 3), 1e-13);
	assert_true(at.low <= at.mean_low && at.mean_low <= at.y && at.y <= at.mean_high);
	regress_release(&r);
}

/* What cannot be fitted says why, and nothing is a number. */
static void assert_unfit(const double *x, const double *y, size_t n, const char *why)
{
	struct regress_prediction at;
	struct regress_check c;
	struct regress r;

	regress_line(&r, x, y, n);
	assert_contains(r.why, why);
	assert_double(r.beta[0], (double)NAN);
	assert_double(r.sd[1], (double)NAN);
	assert_double(r.r2, (double)NAN);
	regress_predict(&r, (double[]){2}, 0.95, &at);
	assert_double(at.y, (double)NAN);
	regress_check(&r, &c);
	assert_contains(c.misfit_why, why);
	assert_double(c.normal_w, (double)NAN);
	regress_release(&r);
}

static void test_unfit(void **state)
{
	static const double same[] = {3, 3, 3, 3}, rises[] = {1, 2, 3, 4};
	static const double bad[] = {1, 2, (double)NAN, 4};

	(void)state;
	assert_unfit(rises, rises, 1, "fewer points");
	assert_unfit(rises, rises, 0, "fewer points");
	assert_unfit(same, rises, 4, "the same everywhere");
	assert_unfit(rises, same, 4, "all values are equal");
	assert_unfit(rises, bad, 4, "not finite");
	assert_unfit(bad, rises, 4, "not finite");
}

static void test_together(void **state)
{
	static const struct regress_term terms[] = {{0, 1}, {1, 1}};
	static const double x[] = {1, 10, 2, 20, 3, 30, 4, 40}, y[] = {1, 2, 3, 5};
	struct regress_model m = {.nx = 2, .intercept = true, .terms = terms, .nterms = 2};
	struct regress r;

	(void)state;
	regress_fit(&r, &m, x, y, 4);
	assert_contains(r.why, "vary together");
	assert_double(r.beta[1], (double)NAN);
	regress_release(&r);
}

/* Two points: a line, no error; three on a line: an error of nothing. */
static void test_exact(void **state)
{
	static const double x[] = {1, 2, 3}, y[] = {2, 4, 6};
	struct regress_prediction at;
	struct regress_check c;
	struct regress r;

	(void)state;
	regress_line(&r, x, y, 2);
	assert_null(r.why);
	assert_contains(r.error_why, "as many coefficients");
	assert_double(r.beta[1], 2);
	assert_double(r.sd[1], (double)NAN);
	regress_predict(&r, (double[]){5}, 0.95, &at);
	assert_close(at.y, 10, 1e-14);
	assert_double(at.low, (double)NAN);
	regress_release(&r);
	regress_line(&r, x, y, 3);
	assert_null(r.error_why);
	assert_true(r.residual_sd < 1e-15);
	regress_check(&r, &c);
	assert_non_null(c.normal_why);
	assert_non_null(c.largest_why);
	assert_double(c.largest, (double)NAN);
	regress_release(&r);
}

/* Intervals hold what they should as often as they say, and the checks cry wolf as often. */
static void test_coverage(void **state)
{
	enum { TRIES = 2000, N = 10 };
	size_t mean = 0, single = 0, misfit = 0, spread = 0, normal = 0, largest = 0;
	struct rng g;

	(void)state;
	rng_init(&g, 3, "regress");
	for (size_t i = 0; i < TRIES; i++) {
		double x[N], y[N], truth = 3 + 2 * 4.5;
		struct regress_prediction at;
		struct regress_check c;
		struct regress r;

		for (size_t k = 0; k < N; k++) {
			x[k] = (double)(k % 5) * 2;
			y[k] = 3 + 2 * x[k] + rng_normal(&g);
		}
		regress_line(&r, x, y, N);
		regress_predict(&r, (double[]){4.5}, 0.95, &at);
		mean += at.mean_low <= truth && truth <= at.mean_high;
		truth += rng_normal(&g);
		single += at.low <= truth && truth <= at.high;
		regress_check(&r, &c);
		assert_true(c.repeated);
		misfit += c.misfit_p < 0.05;
		spread += c.spread_p < 0.05;
		normal += c.normal_p < 0.05;
		largest += c.largest_p < 0.05;
		regress_release(&r);
	}
	/* standard error of a share of 5 % in 2,000: 0.49 % */
	assert_in_range(mean, (size_t)(TRIES * 0.935), (size_t)(TRIES * 0.965));
	assert_in_range(single, (size_t)(TRIES * 0.935), (size_t)(TRIES * 0.965));
	assert_in_range(misfit, (size_t)(TRIES * 0.035), (size_t)(TRIES * 0.065));
	/* Koenker's is asymptotic, and low with ten points. */
	assert_in_range(spread, (size_t)(TRIES * 0.005), (size_t)(TRIES * 0.065));
	assert_in_range(normal, (size_t)(TRIES * 0.025), (size_t)(TRIES * 0.065));
	assert_in_range(largest, (size_t)(TRIES * 0.03), (size_t)(TRIES * 0.065));
}

static void test_shapiro_francia(void **state)
{
	static const double far[] = {1, 2, 3, 4, 50}, same[] = {1, 1, 1, 1, 1};
	size_t found = 0;
	struct rng g;
	double w, p;

	(void)state;
	assert_true(regress_shapiro_francia(far, 5, &w, &p));
	assert_close(w, 0.5827672076802525, 1e-11);
	assert_close(p, 0.0026633050022627607, 1e-8);
	assert_false(regress_shapiro_francia(far, 4, &w, &p));
	assert_double(p, (double)NAN);
	assert_false(regress_shapiro_francia(same, 5, &w, &p));
	rng_init(&g, 4, "shapiro");
	for (size_t i = 0; i < 4000; i++) {
		double v[30];

		for (size_t k = 0; k < 30; k++)
			v[k] = rng_normal(&g);
		regress_shapiro_francia(v, 30, &w, &p);
		found += p < 0.05;
	}
	assert_in_range(found, 4000 * 38 / 1000, 4000 * 62 / 1000);
}

/* ---- Theil and Sen ---- */

/* scipy.stats.theilslopes(y, x, level) */
static void test_theil_sen(void **state)
{
	static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double y[] = {1.1, 1.9, 3.2, 4.4, 5.1, 6.9, 8.3, 9.6};
	struct theil_sen t;

	(void)state;
	theil_sen_of(some_x, some_y, COUNTOF(some_x), 0.95, &t);
	assert_close(t.slope, 0.42499999999999993, 1e-14);
	assert_close(t.intercept, 5.45, 1e-14);
	assert_close(t.low, 0.25999999999999995, 1e-14);
	assert_close(t.high, 0.8142857142857144, 1e-14);
	assert_int_equal(t.pairs, 60);
	theil_sen_of(some_x, some_y, COUNTOF(some_x), 0.90, &t);
	assert_close(t.low, 0.2749999999999999, 1e-14);
	assert_close(t.high, 0.6833333333333335, 1e-14);
	theil_sen_of(x, y, COUNTOF(x), 0.95, &t);
	assert_close(t.slope, 1.25, 1e-14);
	assert_close(t.intercept, -0.875, 1e-14);
	assert_close(t.low, 1.0666666666666667, 1e-14);
	assert_close(t.high, 1.3000000000000003, 1e-14);
}

static void swap(double *a, double *b)
{
	double x = *a;

	*a = *b;
	*b = x;
}

/* The next order of v[n], false after the last (Narayana). */
static bool next_permutation(double *v, size_t n)
{
	size_t i = n - 1, j = n - 1;

	while (i > 0 && v[i - 1] >= v[i])
		i--;
	if (i == 0)
		return false;
	while (v[j] <= v[i - 1])
		j--;
	swap(&v[i - 1], &v[j]);
	for (size_t a = i, b = n - 1; a < b; a++, b--)
		swap(&v[a], &v[b]);
	return true;
}

/* All 5,040 orders of seven values: the interval leaves out no slope exactly where Kendall's score
 * is 15 or more, which is so in 3.0 % of them (Kendall 1970, table 1: .015 on each side). */
static void test_theil_sen_enumerated(void **state)
{
	enum { N = 7 };
	static const double x[N] = {1, 2, 3, 4, 5, 6, 7};
	double y[N] = {1, 2, 3, 4, 5, 6, 7};
	size_t orders = 0, left_out = 0;

	(void)state;
	do {
		struct theil_sen t;
		int score = 0;

		for (int i = 0; i < N; i++) {
			for (int j = 0; j < i; j++)
				score += y[i] > y[j] ? 1 : -1;
		}
		theil_sen_of(x, y, N, 0.95, &t);
		assert_int_equal(t.low > 0 || t.high < 0, abs(score) >= 15);
		orders++;
		left_out += t.low > 0 || t.high < 0;
	} while (next_permutation(y, N));
	assert_int_equal(orders, 5040);
	/* 1 + 6 + 20 + 49 orders have 0 to 3 inversions, as many lack them. */
	assert_int_equal(left_out, 152);
}

/* A fifth of wild points hardly moves it. */
static void test_theil_sen_robust(void **state)
{
	double x[50], y[50];
	struct theil_sen t;
	struct rng g;

	(void)state;
	rng_init(&g, 5, "theil");
	for (size_t i = 0; i < 50; i++) {
		x[i] = (double)i;
		y[i] = 1 + 3 * x[i] + (i % 5 == 0 ? 1000 : rng_normal(&g));
	}
	theil_sen_of(x, y, 50, 0.95, &t);
	assert_true(fabs(t.slope - 3) < 0.1);
	assert_true(t.low < 3 && t.high > 3);
}

/* Many points: random pairs, the same each time, near to all pairs, and honest about it. */
static void test_theil_sen_sampled(void **state)
{
	enum { N = 3000, TRIES = 60 };
	double *x = calloc(N, sizeof(*x)), *y = calloc(N, sizeof(*y));
	size_t held = 0;
	struct theil_sen t, again;
	struct rng g;

	(void)state;
	rng_init(&g, 6, "theil");
	for (size_t i = 0; i < TRIES / 10; i++) {
		for (size_t k = 0; k < N; k++) {
			x[k] = (double)(k % 1000);
			y[k] = 0.01 * x[k] + rng_normal(&g);
		}
		theil_sen_of(x, y, N, 0.95, &t);
		assert_true(t.sampled);
		assert_true(fabs(t.slope - 0.01) < 5 * 6.3e-5 * 1.03);
		assert_true(t.high - t.low < 4e-4 && t.high - t.low > 2e-4);
		held += t.low < 0.01 && t.high > 0.01;
	}
	assert_in_range(held, TRIES / 10 - 2, TRIES / 10);
	theil_sen_of(x, y, N, 0.95, &again);
	assert_memory_equal(&t.slope, &again.slope, sizeof(t.slope));
	assert_double(t.low, again.low);
	free(x);
	free(y);
}

static void test_theil_sen_unfit(void **state)
{
	static const double x[] = {1, 2, 3, 4}, same[] = {2, 2, 2, 2};
	struct theil_sen t;

	(void)state;
	theil_sen_of(x, x, 1, 0.95, &t);
	assert_contains(t.why, "fewer than two");
	theil_sen_of(same, x, 4, 0.95, &t);
	assert_contains(t.why, "the same everywhere");
	assert_double(t.slope, (double)NAN);
	theil_sen_of(x, x, 4, 0.95, &t);
	assert_null(t.why);
	assert_double(t.slope, 1);
	assert_contains(t.interval_why, "too few");
	assert_double(t.low, (double)NAN);
	theil_sen_of(x, same, 4, 0.95, &t);
	assert_double(t.slope, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_polynomial),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_shapiro_francia),
		cmocka_unit_test(test_theil_sen),
		cmocka_unit_test(test_theil_sen_enumerated),
		cmocka_unit_test(test_theil_sen_robust),
		cmocka_unit_test(test_theil_sen_sampled),
		cmocka_unit_test(test_theil_sen_unfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
