/* test_orderstat.c - intervals from one order statistic to another. */
#include <math.h>

#include "orderstat.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g is not %.17g", got, want);
}

/* P(B = k) from Pascal's triangle, without any distribution function. */
static long double pmf(unsigned k, unsigned n, long double p)
{
	long double x = 1;

	for (unsigned i = 0; i < k; i++)
		x = x * (n - i) / (i + 1) * p;
	for (unsigned i = k; i < n; i++)
		x *= 1 - p;
	return x;
}

/* The widest ranks of which each side is missed with at most `tail`, all ranks tried. */
static void by_hand(unsigned n, long double p, long double tail, size_t *low, size_t *high)
{
	long double below = 0, above = 0;

	*low = *high = 0;
	for (unsigned rank = 1; rank <= n; rank++) {
		below += pmf(rank - 1, n, p);
		if (below <= tail * (1 + 1e-12L))
			*low = rank;
	}
	for (unsigned rank = n; rank >= 1; rank--) {
		above += pmf(rank, n, p);
		if (above <= tail * (1 + 1e-12L))
			*high = rank;
	}
}

static long double coverage(unsigned n, long double p, size_t low, size_t high)
{
	long double sum = 0;

	for (size_t k = low; k < (high ? high : n + 1); k++)
		sum += pmf((unsigned)k, n, p);
	return sum;
}

/* Every n up to 120, seven quantiles, three levels. */
static void test_all_sums(void **state)
{
	static const double p[] = {0.5, 0.05, 0.25, 0.75, 0.9, 0.95, 0.99};
	static const double level[] = {0.9, 0.95, 0.97};
	size_t two_sided = 0, one_sided = 0, none = 0;

	(void)state;
	for (unsigned n = 1; n <= 120; n++) {
		for (size_t i = 0; i < COUNTOF(p) * COUNTOF(level); i++) {
			double q = p[i % COUNTOF(p)], l = level[i / COUNTOF(p)];
			struct orderstat_interval r;
			size_t low, high;

			orderstat_interval(n, q, l, &r);
			by_hand(n, q, (1 - (long double)l) / 2, &low, &high);
			if (low && high) {
				assert_int_equal(r.low, low);
				assert_int_equal(r.high, high);
				assert_null(r.why);
				assert_false(r.one_sided);
				two_sided++;
			} else if (r.low || r.high) {
				by_hand(n, q, 1 - (long double)l, &low, &high);
				assert_true(!r.low || !r.high);
				assert_int_equal(r.low ? r.low : r.high, r.low ? low : high);
				assert_true(r.one_sided && r.why);
				one_sided++;
			} else {
				by_hand(n, q, 1 - (long double)l, &low, &high);
				assert_true(!low && !high && r.why && isnan(r.coverage));
				none++;
				continue;
			}
			assert_close(r.coverage, (double)coverage(n, q, r.low, r.high), 1e-12);
			assert_true(r.coverage >= l - 1e-12);
		}
	}
	assert_true(two_sided > 1500 && one_sided > 300 && none > 3);
}

/* From so many values on there are two sides, and with one value less there are not. */
static void test_thresholds(void **state)
{
	static const struct {
		double p;
		size_t n;
	} from[] = {{0.5, 6}, {0.95, 72}, {0.99, 368}, {0.05, 72}, {0.9, 36}};
	struct orderstat_interval r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(from); i++) {
		assert_int_equal(orderstat_needs(from[i].p, 0.95), from[i].n);
		orderstat_interval(from[i].n, from[i].p, 0.95, &r);
		assert_true(r.low && r.high);
		orderstat_interval(from[i].n - 1, from[i].p, 0.95, &r);
		assert_true(r.one_sided && (!r.low || !r.high));
		assert_contains(r.why, "too few values for a limit on both sides");
	}
	orderstat_interval(4, 0.5, 0.95, &r);
	assert_true(!r.low && !r.high && !r.one_sided);
	assert_contains(r.why, "either side");
	orderstat_interval(0, 0.5, 0.95, &r);
	assert_contains(r.why, "no values");
	assert_int_equal(orderstat_needs(1 - 1e-9, 0.95), 0);
}

/* Ranks of the median at 95 % as tables of the sign test give them, with their coverage; other
 * quantiles from scipy.stats.binom 1.17. */
static void test_published(void **state)
{
	static const struct {
		size_t n, low, high;
		double p, coverage;
	} table[] = {
		{6, 1, 6, 0.5, 0.96875},
		{10, 2, 9, 0.5, 0.978515625},
		{20, 6, 15, 0.5, 0.9586105346679688},
		{25, 8, 18, 0.5, 0.9567147493362427},
		{50, 18, 33, 0.5, 0.9671608624357315},
		{100, 40, 61, 0.5, 0.9647997997822952},
		{100, 84, 96, 0.9, 0.955690107191223},
		{72, 64, 72, 0.95, 0.9654900479083739},
		{368, 360, 368, 0.99, 0.9624158204108587},
		{200, 184, 197, 0.95, 0.9671521638567256},
		{1000, 983, 997, 0.99, 0.976094763497977},
		{1000, 37, 65, 0.05, 0.9580952682226549},
	};
	struct orderstat_interval r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++) {
		orderstat_interval(table[i].n, table[i].p, 0.95, &r);
		assert_int_equal(r.low, table[i].low);
		assert_int_equal(r.high, table[i].high);
		assert_close(r.coverage, table[i].coverage, 1e-12);
	}
}

/* Ten million values, as one table may have; beyond that nothing is claimed. */
static void test_many(void **state)
{
	struct orderstat_interval r;

	(void)state;
	orderstat_interval(10000000, 0.5, 0.95, &r);
	assert_int_equal(r.low, 4996901);
	assert_int_equal(r.high, 10000001 - 4996901);
	assert_close(r.coverage, 1 - 2 * 0.024980603516305024, 1e-7);
	orderstat_interval(10000000, 0.99, 0.95, &r);
	assert_int_equal(r.low, 9899383);
	orderstat_interval(10000001, 0.99, 0.95, &r);
	assert_true(!r.low && !r.high && isnan(r.coverage));
	assert_contains(r.why, "more than");
}

static void test_one_side(void **state)
{
	struct orderstat_interval r;
	double coverage;

	(void)state;
	/* 1 - .95^59 = .9515: from 59 values on the largest is above p95 with 95 %. */
	orderstat_interval(59, 0.95, 0.95, &r);
	assert_true(r.one_sided && r.low == 0 && r.high == 59);
	assert_close(r.coverage, 1 - pow(0.95, 59), 1e-12);
	orderstat_interval(58, 0.95, 0.95, &r);
	assert_true(r.one_sided && r.high == 0 && r.low > 0);
	/* One value is below p95 with 95 %, exactly. */
	orderstat_interval(1, 0.95, 0.95, &r);
	assert_true(r.one_sided && r.low == 1);
	assert_close(r.coverage, 0.95, 1e-12);
	assert_int_equal(orderstat_limit(5, 0.5, 0.95, false, &coverage), 1);
	assert_close(coverage, 1 - 1.0 / 32, 1e-12);
	assert_int_equal(orderstat_limit(5, 0.5, 0.95, true, &coverage), 5);
	assert_int_equal(orderstat_limit(4, 0.5, 0.95, true, &coverage), 0);
	assert_true(isnan(coverage));
}

static double hundreds(const void *of, size_t rank)
{
	return *(const double *)of * (double)rank;
}

static void test_values(void **state)
{
	static const double plain[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	static const double tied[] = {1, 2, 2, 4, 5, 6, 7, 8, 9, (double)INFINITY};
	const double hundred = 100;
	struct orderstat_interval r;
	double low, high;
	json_t *o;

	(void)state;
	orderstat_interval(10, 0.5, 0.95, &r);
	assert_false(orderstat_of_sorted(&r, plain, 10, &low, &high));
	assert_double(low, 2);
	assert_double(high, 9);
	assert_true(orderstat_of_sorted(&r, tied, 10, &low, &high));
	assert_double(low, 2);
	orderstat_limits(&r, hundreds, &hundred, &low, &high);
	assert_double(low, 200);
	assert_double(high, 900);
	orderstat_interval(10, 0.95, 0.95, &r); /* a lower limit only */
	assert_false(orderstat_of_sorted(&r, plain, 10, &low, &high));
	assert_true(isfinite(low) && high == (double)INFINITY);
	o = orderstat_json(&r, low, high);
	assert_true(json_is_null(json_object_get(o, "high")));
	assert_true(json_is_null(json_object_get(o, "high_rank")));
	assert_true(json_is_number(json_object_get(o, "low")));
	assert_true(json_is_true(json_object_get(o, "one_sided")));
	assert_contains(json_string_value(json_object_get(o, "why")), "both sides");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sums),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_one_side),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
