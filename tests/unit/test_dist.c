/* test_dist.c - distributions against SciPy 1.17, R 4.2.2 and published tables.
 *
 * Where a comment says SciPy or R, the number is the output of that call. */
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

/* Computed with Mathematica, as collected by J. Burkardt for tests (student_noncentral_cdf_values;
 * Wolfram 1999). */
static void test_noncentral_t(void **state)
{
	static const struct {
		double df, delta, t, p;
	} table[] = {{1, 0, 3, 0.8975836176504333}, {2, 0, 3, 0.9522670169},
		{3, 0, 3, 0.9711655571887813}, {1, 0.5, 3, 0.8231218864}, {2, 0.5, 3, 0.9049021510},
		{3, 0.5, 3, 0.9363471834}, {1, 1, 3, 0.7301025986}, {2, 1, 3, 0.8335594263},
		{3, 1, 3, 0.8774010255}, {1, 2, 3, 0.5248571617}, {2, 2, 3, 0.6293856597},
		{3, 2, 3, 0.6800271741}, {1, 4, 3, 0.20590131975}, {2, 4, 3, 0.2112148916},
		{3, 4, 3, 0.2074730718}, {15, 7, 15, 0.9981130072}, {20, 7, 15, 0.9994873850},
		{25, 7, 15, 0.9998391562}, {1, 1, 0.05, 0.168610566972},
		{2, 1, 0.05, 0.16967950985}, {3, 1, 0.05, 0.1701041003}, {10, 2, 4, 0.9247683363},
		{10, 3, 4, 0.7483139269}, {10, 4, 4, 0.4659802096}, {10, 2, 5, 0.9761872541},
		{10, 3, 5, 0.8979689357}, {10, 4, 5, 0.7181904627}, {10, 2, 6, 0.9923658945},
		{10, 3, 6, 0.9610341649}, {10, 4, 6, 0.8688007350}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++)
		assert_close(dist_noncentral_t(table[i].t, table[i].df, table[i].delta), table[i].p,
			2e-10);
	/* By quadrature in 30 digits: a heavy tail, and a large noncentrality. */
	assert_close(dist_noncentral_t(1e5, 1e-3, 1), 0.17123076717739346, 1e-12);
	assert_close(dist_noncentral_t(310, 200, 316), 0.33789794643076081, 1e-10);
	assert_close(dist_noncentral_t(-1, 5, 0.5), 1 - dist_noncentral_t(1, 5, -0.5), 1e-14);
}

/* Of the same collection (f_noncentral_cdf_values). */
static void test_noncentral_f_table(void **state)
{
	static const struct {
		double df1, df2, lambda, f, p;
	} table[] = {{1, 1, 0, 1, 0.5}, {1, 5, 0, 1, 0.6367825323508774},
		{1, 5, 0.25, 1, 0.5840916116305482}, {1, 5, 1, 0.5, 0.3234431872392788},
		{1, 5, 1, 1, 0.4501187879813550}, {1, 5, 1, 2, 0.6078881441188312},
		{1, 5, 1, 3, 0.7059275551414605}, {1, 5, 1, 4, 0.7721782003263727},
		{1, 5, 1, 5, 0.8191049017635072}, {1, 5, 2, 1, 0.3170348430749965},
		{2, 5, 1, 1, 0.4327218008454471}, {2, 10, 1, 1, 0.4502696915707327},
		{3, 5, 1, 1, 0.4261881186594096}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++)
		assert_close(
			dist_noncentral_f(table[i].f, table[i].df1, table[i].df2, table[i].lambda),
			table[i].p, 1e-12);
}

static void test_noncentrality_limits(void **state)
{
	/* R: uniroot of pf(f, df1, df2, ncp) - p */
	static const struct {
		double f, df1, df2, level, low, high, eta_low, eta_high;
	} table[] = {{11.2213, 4, 50, 0.90, 19.3807587, 71.5509502, 0.260561455, 0.565392437},
		{3, 3, 24, 0.95, 0, 23.5809419, 0, 0.457163848},
		{1.2, 2, 172, 0.90, 0, 8.7506281, 0, 0.0476223032}, {0.01, 4, 30, 0.90, 0, 0, 0, 0},
		{60, 1, 6, 0.90, 13.3252155, 133.3464065, 0.624857249, 0.943401462}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++) {
		double low, high;

		dist_noncentrality_limits(
			table[i].f, table[i].df1, table[i].df2, table[i].level, &low, &high);
		assert_close(low, table[i].low, 1e-6);
		assert_close(high, table[i].high, 1e-6);
		dist_partial_eta_interval(
			table[i].f, table[i].df1, table[i].df2, table[i].level, &low, &high);
		assert_close(low, table[i].eta_low, 1e-6);
		assert_close(high, table[i].eta_high, 1e-6);
	}
}

/* It holds the true noncentrality as often as it says. */
static void test_noncentrality_limits_by_simulation(void **state)
{
	enum { TRIES = 2000, DF1 = 3, DF2 = 12 };
	size_t held = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 2, "noncentrality limits");
	for (size_t i = 0; i < TRIES; i++) {
		double above = 0, below = 0, low, high;

		for (int k = 0; k < DF1; k++)
			above += pow(rng_normal(&r) + (k == 0 ? 3 : 0), 2) / DF1;
		for (int k = 0; k < DF2; k++)
			below += pow(rng_normal(&r), 2) / DF2;
		dist_noncentrality_limits(above / below, DF1, DF2, 0.90, &low, &high);
		held += low <= 9 && 9 <= high;
	}
	/* 0.90, standard error 0.0067 */
	assert_in_range(held, (size_t)(TRIES * 0.875), (size_t)(TRIES * 0.925));
}

/* The usual table of upper points (Harter 1960; Pearson and Hartley, Biometrika Tables I, 29), as
 * printed, k = 2..10; df 0 stands for known variance. */
static void test_range_table(void **state)
{
	static const struct {
		double level, df, q[9];
	} table[] = {{0.95, 1, {17.97, 26.98, 32.82, 37.08, 40.41, 43.12, 45.40, 47.36, 49.07}},
		{0.95, 2, {6.08, 8.33, 9.80, 10.88, 11.73, 12.43, 13.03, 13.54, 13.99}},
		{0.95, 5, {3.64, 4.60, 5.22, 5.67, 6.03, 6.33, 6.58, 6.80, 6.99}},
		{0.95, 10, {3.15, 3.88, 4.33, 4.65, 4.91, 5.12, 5.30, 5.46, 5.60}},
		{0.95, 20, {2.95, 3.58, 3.96, 4.23, 4.45, 4.62, 4.77, 4.90, 5.01}},
		{0.95, 60, {2.83, 3.40, 3.74, 3.98, 4.16, 4.31, 4.44, 4.55, 4.65}},
		{0.95, 0, {2.77, 3.31, 3.63, 3.86, 4.03, 4.17, 4.29, 4.39, 4.47}},
		{0.99, 5, {5.70, 6.98, 7.80, 8.42, 8.91, 9.32, 9.67, 9.97, 10.24}},
		{0.99, 10, {4.48, 5.27, 5.77, 6.14, 6.43, 6.67, 6.87, 7.05, 7.21}},
		{0.99, 20, {4.02, 4.64, 5.02, 5.29, 5.51, 5.69, 5.84, 5.97, 6.09}}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++) {
		for (size_t k = 2; k <= 10; k++) {
			double df = table[i].df > 0 ? table[i].df : 1e9;
			double q = dist_range_quantile(table[i].level, k, df),
			       want = table[i].q[k - 2];

			if (!(fabs(q - want) < 0.0051))
				fail_msg("%g, %zu means, %g df: %g is not %g", table[i].level, k,
					df, q, want);
		}
	}
}

static void test_studentized_range(void **state)
{
	/* Hartley's integral in 30 digits (SciPy's mpmath reference values, studentized_range). */
	static const struct {
		double q;
		size_t k;
		double df, p;
	} exact[] = {{0.1, 3, 3, 0.002750277222935959}, {0.1, 3, 20, 0.002752437649536182},
		{0.1, 3, 100, 0.002752743018624655}, {1, 3, 3, 0.2233162428954204},
		{1, 3, 10, 0.2351091894212806}, {1, 10, 50, 0.000651656693149116},
		{1, 10, 3, 0.003971273224673166}, {1, 3, 120, 0.2402315459337642},
		{1, 10, 100, 0.0005841098057517027}, {1, 10, 120, 0.0005731712496327297},
		{4, 3, 50, 0.9818862781476212}, {4, 3, 120, 0.9849546621386962},
		{4, 10, 50, 0.8450530667988544}, {4, 3, 100, 0.9845292772767739},
		{4, 10, 10, 0.7573606942645745}, {4, 10, 120, 0.8611036193280976},
		{4, 20, 50, 0.6318042819232383}, {4, 20, 20, 0.5970517763141937},
		{4, 20, 100, 0.6466699776044968}, {10, 3, 50, 0.9999999861266821},
		{10, 3, 20, 0.9999978467928313}, {10, 3, 100, 0.9999999993640496},
		{10, 10, 50, 0.9999997977351971}, {10, 10, 20, 0.9999730883609333},
		{10, 10, 120, 0.9999999950566264}, {10, 20, 50, 0.9999991743904675},
		{10, 20, 20, 0.9999054426012515}, {10, 20, 120, 0.9999999792458618}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(exact); i++) {
		if (!(fabs(dist_range(exact[i].q, exact[i].k, exact[i].df) - exact[i].p) < 1e-12))
			fail_msg("%g, %zu means, %g df", exact[i].q, exact[i].k, exact[i].df);
	}
	/* Of two means the range is the difference: q = t sqrt 2. */
	for (double df = 0.001; df < 1e7; df *= 3)
		assert_true(
			fabs(dist_range(3, 2, df) - 1 + dist_t_two_sided(3 / M_SQRT2, df)) < 1e-12);
	/* scipy.stats.studentized_range.ppf(0.95, 3, 10), (0.95, 10, 20), (0.95, 4, 2) */
	assert_close(dist_range_quantile(0.95, 3, 10), 3.876776750013158, 1e-6);
	assert_close(dist_range_quantile(0.95, 10, 20), 5.007882667595452, 1e-6);
	assert_close(dist_range_quantile(0.95, 4, 2), 9.798045034631867, 1e-5);
	assert_close(dist_range_quantile(0.95, 2, 7), dist_t_quantile(0.95, 7) * sqrt(2), 1e-7);
	assert_double(dist_range(0, 3, 10), 0);
}

/* ---- whatever the arguments ---- */

static const double all_df[] = {1e-3, 0.1, 1, 2.5, 6, 60, 1e4, 1e7};

static void assert_rises(double last, double p, double a, double b, double c)
{
	if (!(p >= 0 && p <= 1) || p < last - 1e-11)
		fail_msg("%.17g after %.17g at %g %g %g", p, last, a, b, c);
}

static void test_noncentral_monotone(void **state)
{
	static const double lambda[] = {0, 1e-9, 0.3, 5, 100, 1e4, 1e5};

	(void)state;
	for (size_t i = 0; i < COUNTOF(all_df); i++) {
		for (size_t j = 0; j < COUNTOF(all_df); j++) {
			for (size_t k = 0; k < COUNTOF(lambda); k++) {
				double last = 0;

				for (double f = 1e-8; f < 2e8; f *= 31) {
					double p = dist_noncentral_f(
						f, all_df[i], all_df[j], lambda[k]);

					assert_rises(last, p, all_df[i], all_df[j], lambda[k]);
					last = p;
				}
			}
		}
	}
}

static void test_noncentral_t_monotone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(all_df); i++) {
		for (double delta = -316; delta < 317; delta += 31.6) {
			double last = 0;

			for (double t = -1e6; t < 1.1e6; t += 2e4 + fabs(t) / 3) {
				double p = dist_noncentral_t(t, all_df[i], delta);

				assert_rises(last, p, t, all_df[i], delta);
				last = p;
			}
			for (double t = -400; t < 400; t += 7) {
				double p = dist_noncentral_t(t, all_df[i], delta);

				assert_rises(t > -400 ? last : 0, p, t, all_df[i], delta);
				last = p;
			}
		}
	}
}

static void test_range_monotone(void **state)
{
	static const size_t means[] = {2, 3, 10, 100};

	(void)state;
	for (size_t i = 0; i < COUNTOF(all_df); i++) {
		for (size_t j = 0; j < COUNTOF(means); j++) {
			double last = 0;

			for (double q = 1e-6; q < 1e9; q *= 7) {
				double p = dist_range(q, means[j], all_df[i]);

				assert_rises(last, p, q, (double)means[j], all_df[i]);
				last = p;
			}
		}
	}
}

/* The limits exist, in order, and hold the share that was seen or end at 0. */
static void test_limits_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(all_df); i++) {
		for (size_t j = 2; j < COUNTOF(all_df); j++) {
			double last_low = 0, last_high = 0;

			for (double f = 1e-8; f < 2e8; f *= 100) {
				double low, high;

				dist_partial_eta_interval(
					f, all_df[i], all_df[j], 0.90, &low, &high);
				assert_true(low >= last_low - 1e-6 && low <= high && high <= 1);
				assert_true(high >= last_high - 1e-6);
				last_low = low;
				last_high = high;
			}
		}
	}
}

static void test_quantiles_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(all_df); i++) {
		assert_false(isnan(dist_t_quantile(0.95, all_df[i])));
		for (size_t j = 0; j < COUNTOF(all_df); j++) {
			double f = dist_f_critical(0.05, all_df[i], all_df[j]);

			assert_false(isnan(f));
			if (f > 1e-250 && f < 1e250)
				assert_close(dist_f_upper(f, all_df[i], all_df[j]), 0.05, 1e-6);
		}
	}
}

static void test_share(void **state)
{
	(void)state;
	/* scipy.stats.beta.ppf(0.975, hits + 1, n - hits) */
	assert_close(dist_share_upper(0, 6, 0.95), 0.45925812643990044, 1e-9);
	assert_close(dist_share_upper(3, 40, 0.95), 0.20386474873289895, 1e-9);
	assert_double(dist_share_upper(6, 6, 0.95), 1);
	assert_double(dist_share_upper(0, 0, 0.95), (double)NAN);
	/* R: binom.test(3, 40), (40, 40), and (199, 200) at 0.9 */
	assert_close(dist_share_lower(3, 40, 0.95), 0.0157421798510415, 1e-9);
	assert_close(dist_share_lower(40, 40, 0.95), 0.911902697121198, 1e-9);
	assert_close(dist_share_lower(199, 200, 0.90), 0.976501529565049, 1e-9);
	assert_close(dist_share_upper(199, 200, 0.90), 0.999743566412777, 1e-9);
	assert_double(dist_share_lower(0, 6, 0.95), 0);
}

static void test_nonsense(void **state)
{
	double low, high;

	(void)state;
	assert_double(dist_t_quantile(0.95, 0), (double)NAN);
	assert_double(dist_t_quantile(0.95, (double)NAN), (double)NAN);
	assert_double(dist_t_quantile(1, 5), (double)NAN);
	assert_double(dist_f_upper(1, 0, 5), (double)NAN);
	assert_double(dist_f_upper((double)NAN, 1, 5), (double)NAN);
	assert_double(dist_f_critical(0.05, 1, 0), (double)NAN);
	assert_double(dist_noncentral_f(1, 1, 5, -1), (double)NAN);
	assert_double(dist_noncentral_t(1, 0, 1), (double)NAN);
	assert_double(dist_noncentral_t(1, 5, (double)INFINITY), (double)NAN);
	assert_double(dist_noncentrality(0.05, 0.04, 1, 5), (double)NAN);
	dist_partial_eta_interval((double)NAN, 1, 5, 0.9, &low, &high);
	assert_double(low, (double)NAN);
	assert_double(high, (double)NAN);
	assert_double(dist_range(1, 1, 5), (double)NAN);
	assert_double(dist_range_quantile(0.95, 3, 0), (double)NAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_noncentral_f),
		cmocka_unit_test(test_noncentrality_by_simulation),
		cmocka_unit_test(test_noncentral_t),
		cmocka_unit_test(test_noncentral_f_table),
		cmocka_unit_test(test_noncentrality_limits),
		cmocka_unit_test(test_noncentrality_limits_by_simulation),
		cmocka_unit_test(test_range_table),
		cmocka_unit_test(test_studentized_range),
		cmocka_unit_test(test_noncentral_monotone),
		cmocka_unit_test(test_noncentral_t_monotone),
		cmocka_unit_test(test_range_monotone),
		cmocka_unit_test(test_limits_exist),
		cmocka_unit_test(test_quantiles_exist),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
