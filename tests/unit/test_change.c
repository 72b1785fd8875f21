/* test_change.c - one step in a sequence: all orders by other means, planted steps, and how often
 * one is seen where there is none. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "change.h"
#include "rng.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g is not %.17g", got, want);
}

/* The largest |t| of two samples with a common variance, over all splits. */
static double largest_t(const double *y, size_t n, size_t *at)
{
	double most = -1;

	for (size_t k = CHANGE_SIDE; k + CHANGE_SIDE <= n; k++) {
		double a = 0, b = 0, ss = 0, t;

		for (size_t i = 0; i < n; i++)
			*(i < k ? &a : &b) += y[i] / (double)(i < k ? k : n - k);
		for (size_t i = 0; i < n; i++)
			ss += (y[i] - (i < k ? a : b)) * (y[i] - (i < k ? a : b));
		t = fabs(a - b) /
			sqrt(ss / (double)(n - 2) * (1 / (double)k + 1 / (double)(n - k)));
		if (t > most) {
			most = t;
			*at = k;
		}
	}
	return most;
}

/* All 40,320 orders of eight values. */
static void all_orders(double *y, size_t n, double seen, double *far, double *all)
{
	if (n == 1) {
		size_t at;

		*all += 1;
		*far += largest_t(y, 8, &at) >= seen * (1 - 1e-9);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t with = n % 2 ? 0 : i;
		double kept;

		all_orders(y, n - 1, seen, far, all);
		kept = y[with];
		y[with] = y[n - 1];
		y[n - 1] = kept;
	}
}

/* The drawn p is that of all orders, but for what 999 draws leave open (4 standard errors). */
static void test_all_orders(void **state)
{
	static const double ys[][8] = {{1, 2.5, 1.7, 3.2, 2.9, 3.8, 2.2, 4.1},
		{5, 1.3, 4.4, 2.1, 3.3, 2.7, 4.9, 1.8}, {1, 1.1, 1.2, 3, 3.3, 3.5, 3.1, 3.2}};

	(void)state;
	for (size_t i = 0; i < COUNTOF(ys); i++) {
		double y[8], seen, far = 0, all = 0, p;
		struct change c;
		size_t at = 0;

		memcpy(y, ys[i], sizeof(y));
		seen = largest_t(y, 8, &at);
		all_orders(y, 8, seen, &far, &all);
		assert_double(all, 40320);
		p = far / all;
		change_find(ys[i], NULL, 0, 8, 1, &c);
		assert_int_equal(c.index, at);
		print_message("all orders %.4f, drawn %.4f\n", p, c.p);
		assert_close(c.p, p, 0.001 + 4 * sqrt(p * (1 - p) / CHANGE_DRAWS));
	}
}

static void test_step(void **state)
{
	double y[36];
	size_t near = 0, found = 0;
	struct change c, again;
	struct rng r;
	json_t *o;

	(void)state;
	rng_init(&r, 3, "step");
	for (int run = 0; run < 100; run++) {
		for (size_t i = 0; i < 36; i++)
			y[i] = 4 + 0.03 * rng_normal(&r) + (i >= 22 ? log(0.92) : 0);
		change_find(y, NULL, 0, 36, 1, &c);
		change_find(y, NULL, 0, 36, 1, &again);
		assert_double(c.p, again.p);
		found += c.p < 0.01;
		near += c.index >= 20 && c.index <= 24;
	}
	print_message(
		"step of 8 %%, sd 3 %%: found %zu, at the place +-2 %zu of 100\n", found, near);
	assert_true(found >= 98);
	assert_true(near >= 90);
	for (size_t i = 0; i < 36; i++)
		y[i] = i < 22 ? 10 : 9;
	change_find(y, NULL, 0, 36, 1, &c);
	assert_int_equal(c.index, 22);
	assert_close(c.difference, -1, 1e-12);
	assert_close(c.p, 0.001, 1e-12);
	o = change_json(&c);
	assert_int_equal(json_integer_value(json_object_get(o, "at")), 23);
	assert_int_equal(json_integer_value(json_object_get(o, "n")), 36);
	assert_null(json_object_get(o, "p_why"));
	json_decref(o);
}

/* How many of `runs` sequences of n have p < .05; neighbours correlate by `ar`. */
static size_t alarms(size_t n, size_t runs, double ar, bool wild, const char *stream)
{
	size_t small = 0;
	double y[200];
	struct rng r;

	rng_init(&r, 5, stream);
	for (size_t run = 0; run < runs; run++) {
		struct change c;
		double echo = rng_normal(&r);

		for (size_t i = 0; i < n; i++) {
			echo = ar * echo + sqrt(1 - ar * ar) * rng_normal(&r);
			y[i] = wild ? exp(2 * echo) : echo;
		}
		change_find(y, NULL, 0, n, 1, &c);
		small += c.p < 0.05;
	}
	print_message("%s: %zu of %zu below .05\n", stream, small, runs);
	return small;
}

/* 50 +- 3 x 6.9 of 1,000, whatever the values are distributed like. */
static void test_no_step(void **state)
{
	(void)state;
	assert_in_range(alarms(36, 1000, 0, false, "normal, 36"), 29, 71);
	assert_in_range(alarms(9, 1000, 0, false, "normal, 9"), 29, 71);
	assert_in_range(alarms(36, 1000, 0, true, "log-normal, 36"), 29, 71);
}

/* Loads of so many settings in passes; those from `from` on are off by `step`. */
struct loads {
	uint32_t settings, passes, from;
	double step;
};

static void load_change(const struct loads *l, bool grouped, struct rng *r, struct change *c)
{
	size_t n = (size_t)l->settings * l->passes;
	double y[96], mean[32] = {0};
	uint32_t setting[96];

	for (size_t pass = 0; pass < l->passes; pass++)
		rng_permute(r, setting + l->settings * pass, l->settings);
	for (size_t i = 0; i < n; i++) {
		y[i] = 10.0 * setting[i] + rng_normal(r) + (i >= l->from ? l->step : 0);
		mean[setting[i]] += y[i] / l->passes;
	}
	for (size_t i = 0; !grouped && i < n; i++)
		y[i] -= mean[setting[i]];
	change_find(y, grouped ? setting : NULL, l->settings, n, 1, c);
}

static size_t load_alarms(const struct loads *l, bool grouped, const char *stream)
{
	size_t small = 0;
	struct rng r;

	rng_init(&r, 7, stream);
	for (int run = 0; run < 1000; run++) {
		struct change c;

		load_change(l, grouped, &r, &c);
		small += c.p < 0.05;
	}
	print_message("%s: %zu of 1000 below .05\n", stream, small);
	return small;
}

/* Values of settings that differ keep their level; residuals in one pot do not. */
static void test_groups(void **state)
{
	static const struct loads twelve = {12, 3, 0, 0}, four = {4, 3, 0, 0}, two = {2, 7, 0, 0};

	(void)state;
	assert_in_range(load_alarms(&twelve, true, "12 settings, 3 passes"), 29, 71);
	assert_in_range(load_alarms(&four, true, "4 settings, 3 passes"), 29, 71);
	assert_in_range(load_alarms(&two, true, "2 settings, 7 passes"), 29, 71);
	assert_in_range(load_alarms(&twelve, false, "residuals in one pot"), 80, 140);
}

/* A step of 3 sds, beside settings that differ by 10: found, at its place, of its size. */
static void test_step_beside_settings(void **state)
{
	static const struct loads l = {12, 3, 22, -3};
	size_t found = 0, near = 0;
	double mean = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 8, "beside");
	for (int run = 0; run < 100; run++) {
		struct change c;

		load_change(&l, true, &r, &c);
		found += c.p < 0.01;
		near += c.index >= 20 && c.index <= 24;
		mean += c.difference / 100;
	}
	print_message("beside settings: found %zu, at the place +-2 %zu of 100, mean %.3f\n", found,
		near, mean);
	assert_true(found >= 98 && near >= 90);
	assert_close(mean, -3, 0.2);
}

/* Without noise the estimate is the step, and what never came twice says nothing. */
static void test_exact_step(void **state)
{
	static const uint32_t group[] = {0, 1, 2, 2, 0, 1, 1, 0, 2},
			      once[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	static const uint32_t apart[] = {0, 0, 0, 0, 0, 1, 1, 1, 1};
	double y[9];
	struct change c;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		y[i] = 5.0 * group[i] + (i >= 4 ? 0.75 : 0);
	change_find(y, group, 3, 9, 1, &c);
	assert_int_equal(c.index, 4);
	assert_close(c.difference, 0.75, 1e-12);
	change_find(y, once, 9, 9, 1, &c);
	assert_contains(c.why, "before and after");
	change_find(y, apart, 2, 9, 1, &c); /* a step between the groups is the groups' */
	assert_null(c.why);
	assert_true(c.index != 5);
}

/* What the header warns of. */
static void test_alike_neighbours(void **state)
{
	(void)state;
	assert_in_range(alarms(36, 500, 0.3, false, "AR(1) .3"), 75, 135);
	assert_in_range(alarms(36, 500, 0.5, false, "AR(1) .5"), 170, 255);
}

/* Of many values fewer orders are drawn, and of too many none. */
static void test_many(void **state)
{
	static double y[20001];
	struct change c;
	struct rng r;

	(void)state;
	rng_init(&r, 6, "many");
	for (size_t i = 0; i < 20001; i++)
		y[i] = rng_normal(&r) + (i >= 13003 ? 6 : 0);
	change_find(y, NULL, 0, 20001, 1, &c);
	assert_int_equal(c.index, 13003);
	assert_int_equal(c.draws, CHANGE_FEWER);
	assert_close(c.p, 0.005, 1e-12);
	assert_double(c.p, c.least);
	for (size_t i = 0; i < 20001; i++)
		y[i] = rng_normal(&r);
	change_find(y, NULL, 0, 20001, 1, &c);
	assert_true(c.p > 0.01);
	change_find(y, NULL, 0, CHANGE_MOST + 1, 1, &c); /* looks at none of them */
	assert_contains(c.why, "100,000");
}

static void test_no_answer(void **state)
{
	static const double same[] = {3, 3, 3, 3, 3, 3, 3, 3, 3};
	struct change c;
	json_t *o;

	(void)state;
	change_find(same, NULL, 0, 7, 1, &c);
	assert_contains(c.why, "8 values");
	assert_true(isnan(c.p) && isnan(c.difference));
	change_find(same, NULL, 0, 9, 1, &c);
	assert_contains(c.why, "the same");
	o = change_json(&c);
	assert_true(json_is_null(json_object_get(o, "p")));
	assert_true(json_is_null(json_object_get(o, "at")));
	assert_contains(json_string_value(json_object_get(o, "p_why")), "the same");
	json_decref(o);
}

static void test_trend(void **state)
{
	static const double x[] = {0, 1, 2, 3, 4, 5}, y[] = {1, 3, 5, 7, 9, 8};
	static const double same[] = {2, 2, 2, 2, 2, 2};
	static double longer[5000];
	struct change_trend t;
	json_t *o;

	(void)state;
	change_trend(x, y, 6, &t);
	assert_close(t.slope, 2, 1e-12);
	/* S = 13, variance 6*5*17/18. */
	assert_close(t.p, erfc(12 / sqrt(6 * 5 * 17 / 18.0) / sqrt(2)), 1e-12);
	assert_null(t.why);
	change_trend(x, y, 4, &t);
	assert_contains(t.why, "5 values");
	change_trend(x, same, 6, &t);
	assert_contains(t.why, "the same");
	assert_double(t.slope, 0);
	change_trend(same, y, 6, &t);
	assert_contains(t.why, "no time");
	o = change_trend_json(&t);
	assert_true(json_is_null(json_object_get(o, "slope")));
	json_decref(o);
	for (size_t i = 0; i < 5000; i++)
		longer[i] = (double)i / 4;
	change_trend(longer, longer, 5000, &t);
	assert_close(t.slope, 1, 1e-12);
	assert_int_equal(t.n, 5000);
	assert_true(t.p < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_orders),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_no_step),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_step_beside_settings),
		cmocka_unit_test(test_exact_step),
		cmocka_unit_test(test_alike_neighbours),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_trend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
