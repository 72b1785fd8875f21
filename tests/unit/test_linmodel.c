/* test_linmodel.c - least squares: certified values, sub-models, rank, contrasts, crossed classes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "linmodel.h"
#include "rng.h"
#include "unit.h"

static double rss_of(struct lin *l, const bool *use, size_t *rank)
{
	struct lin_fit fit;
	double rss;

	lin_fit(l, use, &fit);
	rss = fit.rss;
	*rank = fit.rank;
	lin_fit_release(&fit);
	return rss;
}

static void assert_close(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * (fabs(want) > 0 ? fabs(want) : 1)))
		fail_msg("%.15g is not %.15g", got, want);
}

/* NIST StRD, linear regression, data set Norris (ozone monitors): y, x. */
static const double norris[][2] = {{0.1, 0.2}, {338.8, 337.4}, {118.1, 118.2}, {888.0, 884.6},
	{9.2, 10.1}, {228.1, 226.5}, {668.5, 666.3}, {998.5, 996.3}, {449.1, 448.6}, {778.9, 777.0},
	{559.2, 558.2}, {0.3, 0.4}, {0.1, 0.6}, {778.1, 775.5}, {668.8, 666.9}, {339.3, 338.0},
	{448.9, 447.5}, {10.8, 11.6}, {557.7, 556.0}, {228.3, 228.1}, {998.0, 995.8},
	{888.8, 887.6}, {119.6, 120.2}, {0.3, 0.3}, {0.6, 0.3}, {557.6, 556.8}, {339.3, 339.1},
	{888.0, 887.2}, {998.5, 999.0}, {778.9, 779.0}, {10.2, 11.1}, {117.6, 118.3},
	{228.9, 229.2}, {668.4, 669.1}, {449.2, 448.9}, {0.2, 0.5}};

static void test_certified(void **state)
{
	static const bool use[] = {true, true};
	static const double slope[] = {0, 1}, intercept[] = {1, 0};
	double unit;
	struct lin_fit fit;
	struct lin l;

	(void)state;
	lin_init(&l, 2);
	for (size_t i = 0; i < COUNTOF(norris); i++)
		lin_row(&l, (double[]){1, norris[i][1]}, norris[i][0], 1);
	lin_fit(&l, use, &fit);
	assert_int_equal(fit.rank, 2);
	assert_close(lin_contrast(&fit, slope, &unit), 1.00211681802045, 1e-12);
	assert_close(sqrt(unit * fit.rss / 34), 0.429796848199937e-3, 1e-10);
	assert_close(lin_contrast(&fit, intercept, &unit), -0.262323073774029, 1e-10);
	assert_close(sqrt(unit * fit.rss / 34), 0.232818234301152, 1e-10);
	assert_close(sqrt(fit.rss / 34), 0.884796396144373, 1e-11);
	lin_fit_release(&fit);
	lin_release(&l);
}

/* A thousand rows are folded many times over and give what one pass gives. */
static void test_folding(void **state)
{
	static const bool both[] = {true, true}, one[] = {true, false};
	double sum_xy = 0, sum_xx = 0, sum_yy = 0;
	size_t rank;
	struct lin l;

	(void)state;
	lin_init(&l, 2);
	for (int i = 0; i < 1000; i++) {
		double x = i % 7 - 3, z = i % 2 ? 1 : -1, y = sin(i);

		lin_row(&l, (double[]){x, z}, y, 1);
		sum_xy += x * y;
		sum_xx += x * x;
		sum_yy += y * y;
	}
	assert_int_equal(l.fed, 1000);
	assert_close(rss_of(&l, one, &rank), sum_yy - sum_xy * sum_xy / sum_xx, 1e-12);
	assert_int_equal(rank, 1);
	assert_true(rss_of(&l, both, &rank) <= rss_of(&l, one, &rank));
	lin_release(&l);
}

static void test_weights(void **state)
{
	/* A weight of 2 is the row given twice. */
	static const bool use[] = {true};
	double weighted, twice;
	size_t rank;
	struct lin l;

	(void)state;
	lin_init(&l, 1);
	lin_row(&l, (double[]){1}, 3, 2);
	lin_row(&l, (double[]){1}, 5, 1);
	weighted = rss_of(&l, use, &rank);
	lin_release(&l);
	lin_init(&l, 1);
	lin_row(&l, (double[]){1}, 3, 1);
	lin_row(&l, (double[]){1}, 3, 1);
	lin_row(&l, (double[]){1}, 5, 1);
	twice = rss_of(&l, use, &rank);
	lin_release(&l);
	assert_close(weighted, twice, 1e-12);
	assert_close(weighted, 8.0 / 3, 1e-12);
}

static void test_rank(void **state)
{
	/* Columns: intercept, x, and x + 1, which adds nothing. */
	static const bool use[] = {true, true, true};
	static const double sum[] = {0, 1, 1}, single[] = {0, 1, 0}, outside[] = {0, 0, 0};
	struct lin_fit fit;
	double unit;
	struct lin l;

	(void)state;
	lin_init(&l, 3);
	for (int i = 0; i < 5; i++)
		lin_row(&l, (double[]){1, i, i + 1.0}, 2.0 + 3.0 * i, 1);
	lin_fit(&l, use, &fit);
	assert_int_equal(fit.rank, 2);
	assert_true(fit.rss < 1e-20);
	/* b1 and b2 cannot be told apart; their sum is the slope, and the fit at x = 1 is known. */
	assert_true(isnan(lin_contrast(&fit, single, &unit)));
	assert_true(isnan(unit));
	assert_close(lin_contrast(&fit, sum, &unit), 3, 1e-10);
	assert_close(unit, 0.1, 1e-10);
	assert_close(lin_contrast(&fit, (double[]){1, 1, 2}, &unit), 5, 1e-10);
	assert_close(unit, 0.3, 1e-10); /* 1/5 + (1 - 2)^2 / 10 */
	assert_close(lin_contrast(&fit, outside, &unit), 0, 1e-12);
	assert_close(unit, 0, 1e-12);
	lin_fit_release(&fit);
	lin_release(&l);
}

static void test_outside_the_model(void **state)
{
	static const bool use[] = {true, false};
	struct lin_fit fit;
	double unit;
	struct lin l;

	(void)state;
	lin_init(&l, 2);
	for (int i = 0; i < 4; i++)
		lin_row(&l, (double[]){1, i}, i, 1);
	lin_fit(&l, use, &fit);
	assert_true(isnan(lin_contrast(&fit, (double[]){0, 1}, &unit)));
	assert_close(lin_contrast(&fit, (double[]){1, 0}, &unit), 1.5, 1e-12);
	assert_close(unit, 0.25, 1e-12);
	lin_fit_release(&fit);
	lin_release(&l);
}

static void test_nothing(void **state)
{
	static const bool use[] = {true, true}, none[] = {false, false};
	struct lin_fit fit;
	double unit;
	size_t rank;
	struct lin l;

	(void)state;
	lin_init(&l, 2);
	assert_close(rss_of(&l, use, &rank), 0, 1e-12); /* no rows */
	assert_int_equal(rank, 0);
	lin_fit(&l, use, &fit);
	assert_true(isnan(lin_contrast(&fit, (double[]){1, 0}, &unit)));
	lin_fit_release(&fit);
	lin_row(&l, (double[]){1, 1}, 3, 1); /* fewer rows than columns */
	assert_close(rss_of(&l, use, &rank), 0, 1e-12);
	assert_int_equal(rank, 1);
	assert_close(rss_of(&l, none, &rank), 9, 1e-12);
	assert_int_equal(rank, 0);
	lin_release(&l);
	lin_init(&l, 0); /* no columns */
	lin_row(&l, NULL, 2, 1);
	lin_row(&l, NULL, 1, 1);
	assert_close(rss_of(&l, NULL, &rank), 5, 1e-12);
	lin_release(&l);
}

/* Two groups of 3 and 5: what the mean leaves of "the second is off by 1" is 1 / (1/3 + 1/5). */
static void test_pattern(void **state)
{
	static const bool mean[] = {true, false};
	struct lin_fit fit;
	struct lin l;

	(void)state;
	lin_init(&l, 2);
	for (int i = 0; i < 8; i++)
		lin_row(&l, (double[]){1, i < 3 ? 0 : 1}, i * i, 1);
	lin_fit(&l, mean, &fit);
	assert_close(lin_fit_rss_of(&fit, (double[]){0, 1}), 1 / (1.0 / 3 + 1.0 / 5), 1e-12);
	assert_close(lin_fit_rss_of(&fit, (double[]){7, 0}), 0, 1e-12);
	lin_fit_release(&fit);
	lin_release(&l);
}

static void test_cross_balanced(void **state)
{
	/* y = a + b + e with e = +-1 in a pattern orthogonal to both. */
	static const double y[2][2] = {{10 + 1, 14 - 1}, {20 - 1, 24 + 1}};
	struct lin_cross obs[4];
	struct lin_cross_fit fit;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		obs[i] = (struct lin_cross){
			.a = 100 + i / 2, .b = i % 2, .weight = 1, .y = y[i / 2][i % 2]};
	lin_cross(obs, 4, 2, &fit);
	assert_close(fit.rss, 4, 1e-12);
	assert_close(fit.rss_a, 4 + 4 * 4, 1e-12); /* b is +-2 */
	assert_int_equal(fit.na, 2);
	assert_int_equal(fit.rank_b, 1);
	assert_close(fit.effect_b[0], -2, 1e-12);
	assert_close(fit.effect_b[1], 2, 1e-12);
	lin_cross_release(&fit);
}

static void test_cross_unbalanced(void **state)
{
	/* Seven of nine cells, exactly additive: nothing is left, and b is found in full. */
	static const double a[] = {1, 5, -2}, b[] = {-1, 0, 1};
	struct lin_cross obs[7];
	struct lin_cross_fit fit;
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t j = 0; j < 3; j++) {
			if ((i == 0 && j == 2) || (i == 2 && j == 0))
				continue;
			obs[n++] = (struct lin_cross){
				.a = i, .b = j, .weight = 1 + i, .y = a[i] + b[j]};
		}
	}
	lin_cross(obs, n, 4, &fit);
	assert_true(fit.rss < 1e-20);
	assert_int_equal(fit.rank_b, 2);
	for (int j = 0; j < 3; j++)
		assert_close(fit.effect_b[j], b[j], 1e-10);
	assert_true(isnan(fit.effect_b[3])); /* never met */
	lin_cross_release(&fit);
}

static void test_cross_nothing_crossed(void **state)
{
	/* Each class of a in a class of b of its own: b explains nothing beside a. */
	struct lin_cross obs[] = {{0, 0, 1, 3}, {1, 1, 1, 4}, {2, 2, 1, 9}};
	struct lin_cross_fit fit;

	(void)state;
	lin_cross(obs, 3, 3, &fit);
	assert_int_equal(fit.na, 3);
	assert_int_equal(fit.rank_b, 0);
	assert_true(fit.rss < 1e-20);
	lin_cross_release(&fit);
	lin_cross(obs, 0, 0, &fit);
	assert_int_equal(fit.na, 0);
	lin_cross_release(&fit);
}

/* The same by dummy columns. */
static void cross_by_columns(const struct lin_cross *obs, size_t n, uint32_t na, uint32_t nb)
{
	double *x = xcalloc(na + nb, sizeof(*x)), *c = xcalloc(na + nb, sizeof(*c)), unit;
	bool *use = xcalloc(na + nb, sizeof(*use));
	struct lin_fit a, both;
	struct lin_cross_fit fit;
	struct lin l;

	lin_init(&l, na + nb);
	for (size_t i = 0; i < n; i++) {
		memset(x, 0, (na + nb) * sizeof(*x));
		x[obs[i].a] = x[na + obs[i].b] = 1;
		lin_row(&l, x, obs[i].y, obs[i].weight);
	}
	memset(use, true, na * sizeof(*use));
	lin_fit(&l, use, &a);
	memset(use, true, (na + nb) * sizeof(*use));
	lin_fit(&l, use, &both);
	lin_cross(obs, n, nb, &fit);
	assert_int_equal(fit.na, a.rank);
	assert_int_equal(fit.rank_b, both.rank - a.rank);
	assert_true(fabs(fit.rss - both.rss) <= 1e-9 * both.rss + 1e-20);
	assert_true(fabs(fit.rss_a - a.rss) <= 1e-9 * a.rss + 1e-20);
	for (uint32_t j = 1; j < nb; j++) {
		double want;

		memset(c, 0, (na + nb) * sizeof(*c));
		c[na + j] = 1;
		c[na] = -1;
		want = lin_contrast(&both, c, &unit);
		if (!isnan(want) && fabs(want) > 1e-6)
			assert_close(fit.effect_b[j] - fit.effect_b[0], want, 1e-9);
	}
	lin_cross_release(&fit);
	lin_fit_release(&a);
	lin_fit_release(&both);
	lin_release(&l);
	free(x);
	free(c);
	free(use);
}

/* Tables of many shapes: full, thin, more rows than columns and the other way, in two parts. */
static void test_crossings(void **state)
{
	static const struct {
		uint32_t na, nb;
		double there;
		bool parts, weights;
	} cases[] = {{12, 7, 1, false, false}, {7, 12, 1, false, false}, {20, 9, 0.4, false, true},
		{9, 20, 0.3, false, true}, {15, 15, 0.2, true, true}, {30, 4, 1, true, true},
		{1, 6, 1, false, false}, {6, 1, 1, false, true}};
	struct lin_cross obs[900];
	struct rng r;

	(void)state;
	rng_init(&r, 3, "crossings");
	for (size_t k = 0; k < 10 * COUNTOF(cases); k++) {
		uint32_t na = cases[k % COUNTOF(cases)].na, nb = cases[k % COUNTOF(cases)].nb;
		size_t n = 0;

		for (uint32_t a = 0; a < na; a++) {
			for (uint32_t b = 0; b < nb; b++) {
				if (rng_uniform(&r) > cases[k % COUNTOF(cases)].there ||
					(cases[k % COUNTOF(cases)].parts &&
						(a < na / 2) != (b < nb / 2)))
					continue;
				obs[n++] = (struct lin_cross){.a = a,
					.b = b,
					.weight = cases[k % COUNTOF(cases)].weights
						? 1 + (double)rng_below(&r, 5)
						: 2,
					.y = 100 + a * 0.5 + b * 0.1 + rng_normal(&r)};
			}
		}
		cross_by_columns(obs, n, na, nb);
	}
}

/* Weights that are far apart: elimination without subtraction is as right as ever. */
static void test_far_weights(void **state)
{
	struct lin_cross obs[9];
	struct lin_cross_fit fit;

	(void)state;
	for (uint32_t i = 0; i < 9; i++)
		obs[i] = (struct lin_cross){.a = i / 3,
			.b = i % 3,
			.weight = i == 4 ? 1e12
				: i == 7 ? 1e-9
					 : 1,
			.y = i / 3 * 10.0 + i % 3};
	lin_cross(obs, 9, 3, &fit);
	assert_int_equal(fit.rank_b, 2);
	assert_close(fit.effect_b[0], -1, 1e-12);
	assert_close(fit.effect_b[2], 1, 1e-12);
	assert_true(fit.rss < 1e-15);
	lin_cross_release(&fit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certified),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_rank),
		cmocka_unit_test(test_outside_the_model),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_cross_balanced),
		cmocka_unit_test(test_cross_unbalanced),
		cmocka_unit_test(test_cross_nothing_crossed),
		cmocka_unit_test(test_crossings),
		cmocka_unit_test(test_far_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
