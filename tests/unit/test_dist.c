/* test_dist.c - distributions against SciPy 1.17 and published tables.
 *
 * Where a comment says SciPy, the number is the output of that call. */
#include <math.h>

#include "dist.h"
#include "rng.h"
#include "unit.h"

static void assert_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.15g is not %.15g", got, want);
}

static void test_quantiles(void **state)
{
	(void)state;
	/* scipy.stats.t.ppf(0.975, 10), (0.975, 1), (0.995, 2.5) */
	assert_close(dist_t_quantile(0.95, 10), 2.228138851986274, 1e-10);
	assert_close(dist_t_quantile(0.95, 1), 12.706204736174694, 1e-10);
	assert_close(dist_t_quantile(0.99, 2.5), 7.163728138948783, 1e-10);
	/* scipy.stats.f.isf(0.05, 3, 6), (0.001, 1, 200) */
	assert_close(dist_f_critical(0.05, 3, 6), 4.757062663089412, 1e-9);
	assert_close(dist_f_critical(0.001, 1, 200), 11.154500541012625, 1e-9);
	/* scipy.stats.f.sf(127.787, 3, 30) */
	assert_close(dist_f_upper(127.787, 3, 30), 3.5293648981296605e-17, 1e-9);
	assert_double(dist_f_upper(0, 3, 6), 1);
}

static void test_noncentral_f(void **state)
{
	(void)state;
	/* scipy.stats.ncf.cdf(3, 3, 6, 5), (10, 2, 100, 30) */
	assert_close(dist_noncentral_f(3, 3, 6, 5), 0.5607977175535924, 1e-9);
	assert_close(dist_noncentral_f(10, 2, 100, 30), 0.14342135855531823, 1e-9);
	assert_close(1 - dist_noncentral_f(4.757062663089412, 3, 6, 0), 0.05, 1e-8);
	/* brentq of scipy.stats.ncf.sf(f.isf(a, d1, d2), d1, d2, lambda) - 0.9 */
	assert_close(dist_noncentrality(0.05, 0.9, 3, 6), 28.238277909387083, 1e-7);
	assert_close(dist_noncentrality(0.05 / 6, 0.9, 2, 172), 18.457715171936105, 1e-7);
}

/* The power that is promised is the power that is had. */
static void test_noncentrality_by_simulation(void **state)
{
	enum { TRIES = 20000, DF1 = 2, DF2 = 8 };
	double lambda = dist_noncentrality(0.01, 0.9, DF1, DF2);
	double critical = dist_f_critical(0.01, DF1, DF2);
	size_t found = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "noncentral");
	for (size_t i = 0; i < TRIES; i++) {
		double above = 0, below = 0, x;

		for (int k = 0; k < DF1; k++) {
			x = rng_normal(&r) + (k == 0 ? sqrt(lambda) : 0);
			above += x * x / DF1;
		}
		for (int k = 0; k < DF2; k++) {
			x = rng_normal(&r);
			below += x * x / DF2;
		}
		found += above / below > critical;
	}
	/* 0.9 with a standard error of 0.0021 */
	assert_in_range(found, (size_t)(TRIES * 0.8915), (size_t)(TRIES * 0.9085));
}

static void test_studentized_range(void **state)
{
	/* Table of upper 5 % points (Pearson and Hartley, Biometrika Tables I, 29). */
	static const struct {
		size_t k;
		double df, q;
	} table[] = {{2, 10, 3.15}, {3, 10, 3.88}, {5, 20, 4.23}, {10, 20, 5.01}, {3, 2, 8.33},
		{20, 60, 5.24}, {4, 1e9, 3.63}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++)
		assert_true(fabs(dist_range_quantile(0.95, table[i].k, table[i].df) - table[i].q) <
			0.0051);
	/* scipy.stats.studentized_range.ppf(0.95, 3, 10), (0.95, 10, 20), (0.95, 4, 2) */
	assert_close(dist_range_quantile(0.95, 3, 10), 3.876776750013158, 1e-6);
	assert_close(dist_range_quantile(0.95, 10, 20), 5.007882667595452, 1e-6);
	assert_close(dist_range_quantile(0.95, 4, 2), 9.798045034631867, 1e-5);
	/* Of two means the range is the difference: q = t sqrt 2. */
	assert_close(dist_range_quantile(0.95, 2, 7), dist_t_quantile(0.95, 7) * sqrt(2), 1e-7);
	assert_double(dist_range(0, 3, 10), 0);
}

static void test_share(void **state)
{
	(void)state;
	/* scipy.stats.beta.ppf(0.975, hits + 1, n - hits) */
	assert_close(dist_share_upper(0, 6, 0.95), 0.45925812643990044, 1e-9);
	assert_close(dist_share_upper(3, 40, 0.95), 0.20386474873289895, 1e-9);
	assert_double(dist_share_upper(6, 6, 0.95), 1);
	assert_double(dist_share_upper(0, 0, 0.95), (double)NAN);
}

static void test_nonsense(void **state)
{
	(void)state;
	assert_double(dist_t_quantile(0.95, 0), (double)NAN);
	assert_double(dist_t_quantile(0.95, (double)NAN), (double)NAN);
	assert_double(dist_t_quantile(1, 5), (double)NAN);
	assert_double(dist_f_upper(1, 0, 5), (double)NAN);
	assert_double(dist_f_upper((double)NAN, 1, 5), (double)NAN);
	assert_double(dist_f_critical(0.05, 1, 0), (double)NAN);
	assert_double(dist_noncentral_f(1, 1, 5, -1), (double)NAN);
	assert_double(dist_noncentrality(0.05, 0.04, 1, 5), (double)NAN);
	assert_double(dist_range(1, 1, 5), (double)NAN);
	assert_double(dist_range_quantile(0.95, 3, 0), (double)NAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_noncentral_f),
		cmocka_unit_test(test_noncentrality_by_simulation),
		cmocka_unit_test(test_studentized_range),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
