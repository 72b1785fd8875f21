/* test_modes.c - the dip by its definition and by R's code, its p, and which humps are seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modes.h"
#include "quantile.h"
#include "rng.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g is not %.17g", got, want);
}

/* ---- the dip ---- */

/* 2n times the dip, from the definition: the nearest convex-concave function with an atom at its
 * mode, by linear programming over all modes (SciPy's HiGHS), ties and all. */
static void test_definition(void **state)
{
	static const struct {
		size_t n;
		double v[11], dip;
	} of[] = {
		{6, {1, 2, 3, 10, 11, 12}, 7.0 / 3},
		{4, {0, 1, 5, 6}, 1.6},
		{7, {0, 2, 3, 4, 6, 6, 7}, 1.5},
		{4, {4, 5, 5, 6}, 1},
		{5, {0, 0, 0, 1, 7}, 1},
		{10, {1, 2, 3, 4, 4, 4, 5, 5, 6, 7}, 2},
		{7, {1, 4, 9, 16, 25, 36, 49}, 1},
		{9, {0, 1, 2, 4, 6, 7, 7, 7, 7}, 5.0 / 3},
		{9, {3, 5, 6, 21, 22, 24, 25, 40, 41}, 2.5},
		{11, {2, 3, 5, 8, 13, 21, 34, 55, 56, 57, 58}, 3.547169811},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(of); i++) {
		double turned[11];

		assert_close(modes_dip(of[i].v, of[i].n) * 2 * (double)of[i].n, of[i].dip, 1e-8);
		/* Seen from the other end, and on another scale. */
		for (size_t k = 0; k < of[i].n; k++)
			turned[k] = 1000 - 3 * of[i].v[of[i].n - 1 - k];
		assert_close(modes_dip(turned, of[i].n) * 2 * (double)of[i].n, of[i].dip, 1e-8);
	}
}

/* Figures of the port of R's diptest to Python (0.12). */
static void test_diptest(void **state)
{
	static const struct {
		size_t n;
		double hump, dip, p;
	} of[] = {
		{25, 0, 0.05683168316831683, 0.7782461534242348},
		{60, 0, 0.03729050279329608, 0.8130549027132041},
		{60, 120, 0.03505873715124816, 0.8859055998090744},
		{150, 0, 0.022146118721461185, 0.9161598084102401},
		{150, 60, 0.017725694444444454, 0.9919710444608046},
		{150, 140, 0.052100122100122104, 0.004225540480348067},
		{800, 0, 0.0136922268907563, 0.4171187376144966},
		{800, 90, 0.01124923687423686, 0.767180393440642},
		{800, 100, 0.012881131549609784, 0.5292970847821549},
	};
	double v[800];

	(void)state;
	for (size_t i = 0; i < COUNTOF(of); i++) {
		for (size_t k = 0; k < of[i].n; k++)
			v[k] = (double)((k * k * 7 + k * 13) % 997) / 10 +
				(k % 3 == 0 ? of[i].hump : 0);
		quantile_sort(v, of[i].n);
		assert_close(modes_dip(v, of[i].n), of[i].dip, 1e-14);
		assert_close(modes_dip_p(of[i].dip, of[i].n), of[i].p, 0.02);
	}
}

static void test_edges(void **state)
{
	static const double same[] = {3, 3, 3, 3}, two[] = {1, 2}, apart[] = {0, 0, 1, 1};
	double even[100];

	(void)state;
	assert_true(isnan(modes_dip(NULL, 0)));
	assert_double(modes_dip(same, 4), 0.125);
	assert_double(modes_dip(same, 1), 0.5);
	assert_double(modes_dip(two, 2), 0.25);
	assert_double(modes_dip(apart, 4), 0.25);
	for (size_t i = 0; i < 100; i++)
		even[i] = (double)i;
	assert_close(modes_dip(even, 100), 0.005, 1e-15);
}

/* Random samples: at least 1 / (2n), at most 1/4, and the same from the other end. */
static void test_random(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1, "dips");
	for (int run = 0; run < 3000; run++) {
		size_t n = 2 + (size_t)rng_below(&r, 80);
		double v[82], turned[82], dip;

		for (size_t i = 0; i < n; i++)
			v[i] = run % 3 ? rng_normal(&r) + (run % 3 == 1 ? 4 * (i % 2) : 0)
				       : (double)rng_below(&r, 9);
		quantile_sort(v, n);
		for (size_t i = 0; i < n; i++)
			turned[i] = -v[n - 1 - i];
		dip = modes_dip(v, n);
		assert_true(dip >= 0.5 / (double)n && dip <= 0.25);
		assert_close(modes_dip(turned, n), dip, 1e-13);
	}
}

/* ---- p ---- */

/* Quantiles of R's diptest, simulated by others: p there is what it should be, but for what both
 * were simulated with and five decimals. */
static void test_published_table(void **state)
{
	static const double p[] = {0.5, 0.1, 0.05, 0.01, 0.001};
	static const double slack[] = {0.02, 0.03, 0.03, 0.08, 0.15}; /* relative */
	static const struct {
		size_t n;
		double dip[5];
	} of[] = {
		{20, {0.07334, 0.09723, 0.10513, 0.12062, 0.13857}},
		{30, {0.06145, 0.08148, 0.08817, 0.10148, 0.11716}},
		{50, {0.04885, 0.06491, 0.07027, 0.08120, 0.09409}},
		{100, {0.03546, 0.04715, 0.05113, 0.05902, 0.06845}},
		{200, {0.02558, 0.03400, 0.03684, 0.04269, 0.04972}},
		{500, {0.01645, 0.02188, 0.02373, 0.02745, 0.03202}},
		{1000, {0.01174, 0.01561, 0.01693, 0.01961, 0.02287}},
		{2000, {0.00836, 0.01110, 0.01204, 0.01397, 0.01627}},
	};
	double worst[5] = {0};

	(void)state;
	for (size_t i = 0; i < COUNTOF(of); i++) {
		for (size_t k = 0; k < COUNTOF(p); k++) {
			double off = fabs(modes_dip_p(of[i].dip[k], of[i].n) / p[k] - 1);

			worst[k] = fmax(worst[k], off);
			assert_true(off < slack[k]);
		}
	}
	print_message("against R's table p is off by at most %.1f %.1f %.1f %.1f %.1f %%\n",
		100 * worst[0], 100 * worst[1], 100 * worst[2], 100 * worst[3], 100 * worst[4]);
	assert_double(modes_dip_p(0.25, 100), MODES_LEAST_P);
	assert_double(modes_dip_p(0.005, 100), 1);
}

/* Uniform samples of a size between two of the table: p is uniform. */
static void test_p_between_sizes(void **state)
{
	size_t below[3] = {0}, runs = 20000;
	double v[70];
	struct rng r;

	(void)state;
	rng_init(&r, 2, "between");
	for (size_t run = 0; run < runs; run++) {
		double p;

		for (size_t i = 0; i < 70; i++)
			v[i] = rng_uniform(&r);
		quantile_sort(v, 70);
		p = modes_dip_p(modes_dip(v, 70), 70);
		below[0] += p < 0.5;
		below[1] += p < 0.05;
		below[2] += p < 0.01;
	}
	print_message("70 values: %zu, %zu, %zu of 20000 below .5, .05, .01\n", below[0], below[1],
		below[2]);
	assert_in_range(below[0], 9750, 10250); /* 3.5 standard errors */
	assert_in_range(below[1], 890, 1110);
	assert_in_range(below[2], 150, 250);
}

/* ---- humps ---- */

static void make_loads(double *y, uint32_t *load, size_t loads, size_t each, double between,
	double within, struct rng *r)
{
	for (size_t l = 0; l < loads; l++) {
		for (size_t i = 0; i < each; i++) {
			load[l * each + i] = 7 * (uint32_t)l;
			y[l * each + i] = 41 + rng_normal(r) + (l % 2 ? between : 0) +
				(rng_uniform(r) < 0.62 ? within : 0);
		}
	}
}

static void test_within_loads(void **state)
{
	double y[300];
	uint32_t load[300];
	struct modes m;
	struct rng r;
	json_t *o, *h;

	(void)state;
	rng_init(&r, 3, "within");
	make_loads(y, load, 10, 30, 0, 14, &r);
	modes_find(y, load, 300, &m);
	assert_int_equal(m.where, MODES_WITHIN_LOADS);
	assert_true(m.plain.found && m.within.found);
	assert_close(m.plain.low, 41, 0.5);
	assert_close(m.plain.high, 55, 0.5);
	assert_close(m.plain.share, 0.38, 0.08);
	assert_true(m.plain.split > 44 && m.plain.split < 52);
	assert_double(m.plain.p, MODES_LEAST_P);
	o = modes_json(&m);
	assert_string_equal(json_string_value(json_object_get(o, "where")), "within loads");
	h = json_object_get(o, "plain");
	assert_double(json_number_value(json_object_get(h, "split")), m.plain.split);
	assert_double(json_number_value(json_object_get(h, "share_low")), m.plain.share);
	json_decref(o);
}

static void test_between_loads(void **state)
{
	double y[120];
	uint32_t load[120];
	struct modes m;
	struct rng r;

	(void)state;
	rng_init(&r, 4, "between");
	make_loads(y, load, 6, 20, 8, 0, &r);
	modes_find(y, load, 120, &m);
	assert_int_equal(m.where, MODES_BETWEEN_LOADS);
	assert_close(m.plain.share, 0.5, 1e-12);
	assert_true(!m.within.found && isnan(m.within.split) && m.within.p > 0.1);
	/* Five in a load do not tell. */
	make_loads(y, load, 24, 5, 8, 0, &r);
	modes_find(y, load, 120, &m);
	assert_int_equal(m.where, MODES_EITHER);
	assert_contains(m.within.why, "fewer than 8");
	/* In one load all there is lies within. */
	make_loads(y, load, 1, 120, 0, 14, &r);
	modes_find(y, load, 120, &m);
	assert_int_equal(m.where, MODES_WITHIN_LOADS);
	assert_close(m.within.split, m.plain.split, 1e-9);
}

/* How many of 1,000 cells without humps are said to have some: normal values, loads that differ as
 * much as requests. */
static void test_no_humps(void **state)
{
	size_t seen[4] = {0};
	double y[80];
	uint32_t load[80];
	struct rng r;

	(void)state;
	rng_init(&r, 5, "none");
	for (int run = 0; run < 1000; run++) {
		struct modes m;
		double shift = 0;

		for (uint32_t i = 0; i < 80; i++) {
			if (i % 8 == 0)
				shift = rng_normal(&r);
			load[i] = i / 8;
			y[i] = 41 + shift + rng_normal(&r);
		}
		modes_find(y, load, 80, &m);
		seen[m.where]++;
	}
	print_message("without humps: none %zu, between loads %zu, within loads %zu\n",
		seen[MODES_NONE], seen[MODES_BETWEEN_LOADS], seen[MODES_WITHIN_LOADS]);
	assert_true(seen[MODES_WITHIN_LOADS] <= 10); /* 1 % at most */
	assert_true(seen[MODES_BETWEEN_LOADS] <= 10);
	assert_int_equal(seen[MODES_EITHER], 0);
}

/* Many values are looked at by 2,000 of their quantiles. */
static void test_many(void **state)
{
	static double v[20001];
	struct humps h;
	struct rng r;

	(void)state;
	rng_init(&r, 6, "many");
	for (size_t i = 0; i < COUNTOF(v); i++)
		v[i] = rng_normal(&r) + (i % 5 ? 0 : 6);
	quantile_sort(v, COUNTOF(v));
	modes_of_sorted(v, COUNTOF(v), &h);
	assert_true(h.found);
	assert_int_equal(h.n, COUNTOF(v));
	assert_close(h.share, 0.8, 0.01);
	assert_close(h.split, 3, 0.5);
	assert_close(h.high - h.low, 6, 0.1);
	for (size_t i = 0; i < COUNTOF(v); i++)
		v[i] = rng_normal(&r);
	quantile_sort(v, COUNTOF(v));
	modes_of_sorted(v, COUNTOF(v), &h);
	assert_false(h.found);
	assert_true(h.p > 0.05);
}

static void test_no_answer(void **state)
{
	double same[30], two[30];
	struct humps h;

	(void)state;
	for (size_t i = 0; i < 30; i++) {
		same[i] = 5;
		two[i] = i < 12 ? 41 : 55;
	}
	modes_of_sorted(same, 19, &h);
	assert_contains(h.why, "20 values");
	assert_true(isnan(h.p) && isnan(h.split));
	modes_of_sorted(same, 30, &h);
	assert_contains(h.why, "the same");
	modes_of_sorted(two, 30, &h);
	assert_true(h.found);
	assert_double(h.split, 48);
	assert_double(h.low, 41);
	assert_double(h.high, 55);
	assert_close(h.share, 0.4, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition),
		cmocka_unit_test(test_diptest),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_published_table),
		cmocka_unit_test(test_p_between_sizes),
		cmocka_unit_test(test_within_loads),
		cmocka_unit_test(test_between_loads),
		cmocka_unit_test(test_no_humps),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
