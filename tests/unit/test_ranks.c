/* test_ranks.c - tests by ranks, against all splits counted one by one, published examples and
 * SciPy 1.17. */
#include <math.h>
#include <stdlib.h>

#include "ranks.h"
#include "rng.h"
#include "unit.h"

static void assert_close(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g is not %.17g", got, want);
}

/* ---- Mann and Whitney ---- */

/* Twice U of those values whose bit is set, by comparing pairs. */
static long pairs_won(const double *v, size_t n, unsigned set)
{
	long won = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if ((set >> i & 1) && !(set >> j & 1))
				won += v[i] > v[j] ? 2 : v[i] == v[j];
		}
	}
	return won;
}

/* All splits of n + m values. */
static void by_splits(const double *v, size_t n, size_t m, double *p, double *least)
{
	unsigned first = (1u << n) - 1;
	long seen = labs(pairs_won(v, n + m, first) - (long)(n * m)), most = -1;
	double far = 0, all = 0, top = 0;

	for (unsigned set = 0; set < 1u << (n + m); set++) {
		long off;

		if ((size_t)__builtin_popcount(set) != n)
			continue;
		off = labs(pairs_won(v, n + m, set) - (long)(n * m));
		all++;
		far += off >= seen;
		if (off > most) {
			most = off;
			top = 0;
		}
		top += off == most;
	}
	*p = far / all;
	*least = top / all;
}

/* Sizes 1 to 6 against 1 to 6, without ties, with some, with many. */
static void test_all_splits(void **state)
{
	struct ranks_test t;
	struct rng r;
	size_t tests = 0;

	(void)state;
	rng_init(&r, 1, "splits");
	for (size_t n = 1; n <= 6; n++) {
		for (size_t m = 1; m <= 6; m++) {
			for (unsigned levels = 20000; levels >= 2; levels /= 100) {
				double v[12], p, least;

				for (size_t i = 0; i < n + m; i++)
					v[i] = (double)rng_below(&r, levels);
				v[0] = -1; /* not all are equal */
				by_splits(v, n, m, &p, &least);
				ranks_mann_whitney(v, n, v + n, m, &t);
				assert_null(t.why);
				assert_true(t.exact);
				assert_close(t.p, p, 1e-12);
				assert_close(t.least, least, 1e-12);
				assert_double(2 * t.statistic,
					(double)pairs_won(v, n + m, (1u << n) - 1));
				tests++;
			}
		}
	}
	assert_int_equal(tests, 108);
}

/* Hollander and Wolfe (1999), table 4.1: permeability constants of the human chorioamnion. */
static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};

static void make_columns(double *u, double *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		u[i] = (double)(i * 37 % 61);
		v[i] = (double)(i * 23 % 59) + 9.5;
	}
}

static void test_mann_whitney(void **state)
{
	static const double x[] = {19.1, 22.4, 18.3, 25.6, 30.2, 21.7, 27.8};
	static const double y[] = {33.5, 24.9, 29.3, 35.1, 31.7, 28.4, 36.2, 26.6};
	double u[60], v[60];
	struct ranks_test t;

	(void)state;
	ranks_mann_whitney(term, 10, early, 5, &t);
	assert_double(t.statistic, 35);
	assert_close(t.p, 2 * 0.1272, 1e-4); /* as published, one-sided */
	assert_close(t.p, 0.2544122544122544, 1e-14);
	assert_close(t.least, 2.0 / 3003, 1e-14);
	ranks_mann_whitney(x, 7, y, 8, &t);
	assert_double(t.statistic, 7);
	assert_close(t.p, 0.013986013986013986, 1e-14);
	make_columns(u, v, 20);
	ranks_mann_whitney(u, 20, v, 20, &t);
	assert_true(t.exact);
	assert_double(t.statistic, 152);
	assert_close(t.p, 0.20119448043711713, 1e-13);
	ranks_mann_whitney(v, 20, u, 20, &t);
	assert_double(t.statistic, 400 - 152);
	assert_close(t.p, 0.20119448043711713, 1e-13);
	/* Beyond what is counted: normal, with ties and continuity. */
	for (size_t i = 0; i < 60; i++) {
		u[i] = (double)(i * 37 % 61) / 3;
		v[i] = (double)(i * 23 % 59) / 3 + 2;
	}
	ranks_mann_whitney(u, 60, v, 60, &t);
	assert_false(t.exact);
	assert_double(t.statistic, 1547.5);
	assert_close(t.p, 0.18591662094599593, 1e-13);
	for (size_t i = 0; i < 60; i++) {
		u[i] = rint(u[i]);
		v[i] = rint(v[i]);
	}
	ranks_mann_whitney(u, 60, v, 60, &t);
	assert_double(t.statistic, 1549.5);
	assert_close(t.p, 0.18897097103797633, 1e-13);
}

/* Where counting ends the approximation goes on: 28 + 28 both ways. */
static void test_exact_meets_normal(void **state)
{
	double u[29], v[29];
	struct ranks_test t;
	double exact, normal;

	(void)state;
	make_columns(u, v, 28);
	ranks_mann_whitney(u, 28, v, 28, &t);
	assert_true(t.exact);
	exact = t.p;
	normal = erfc((fabs(t.statistic - 392) - 0.5) / sqrt(784.0 / 12 * 57) * M_SQRT1_2);
	assert_close(exact, normal, 0.005);
	make_columns(u, v, 29);
	ranks_mann_whitney(u, 29, v, 29, &t);
	assert_false(t.exact);
	assert_true(t.least > 0 && t.least < 1e-14);
}

static void test_nothing_to_rank(void **state)
{
	static const double same[] = {2, 2, 2, 2}, wild[] = {1, (double)INFINITY};
	static const uint32_t group[] = {0, 0, 2, 2}, one[] = {1, 1, 1, 1};
	struct ranks_test t;
	struct ranks_shift s;

	(void)state;
	ranks_mann_whitney(same, 2, same, 2, &t);
	assert_true(isnan(t.p) && isnan(t.statistic));
	assert_contains(t.why, "equal");
	ranks_mann_whitney(same, 0, same, 2, &t);
	assert_contains(t.why, "no values");
	ranks_mann_whitney(same, 2, wild, 2, &t); /* an infinity has a rank */
	assert_double(t.p, 1);
	ranks_kruskal_wallis(same, group, 4, 3, &t);
	assert_contains(t.why, "equal");
	ranks_kruskal_wallis(same, one, 4, 3, &t);
	assert_contains(t.why, "fewer than two groups");
	ranks_kruskal_wallis(same, one, 0, 3, &t);
	assert_contains(t.why, "fewer than two groups");
	ranks_spearman(same, wild, 2, &t);
	assert_contains(t.why, "three pairs");
	ranks_spearman(same, same, 4, &t);
	assert_contains(t.why, "equal");
	ranks_hodges_lehmann(same, 2, wild, 2, 0.95, &s);
	assert_contains(s.why, "infinite");
	ranks_hodges_lehmann(same, 2, wild, 0, 0.95, &s);
	assert_contains(s.why, "no values");
	ranks_hodges_lehmann(same, 600, same, 600, 0.95, &s);
	assert_contains(s.why, "250,000");
}

/* ---- Hodges and Lehmann ---- */

static void test_shift(void **state)
{
	double u[60], v[60];
	struct ranks_shift s;

	(void)state;
	/* Published: .305 of early over term, -.15 to .76 at 96 %. */
	ranks_hodges_lehmann(early, 5, term, 10, 0.95, &s);
	assert_close(s.estimate, 0.305, 1e-12);
	assert_close(s.low, -0.15, 1e-12);
	assert_close(s.high, 0.76, 1e-12);
	assert_close(s.coverage, 0.9600399600399601, 1e-13);
	assert_true(s.exact && !s.why);
	make_columns(u, v, 20);
	ranks_hodges_lehmann(u, 20, v, 20, 0.95, &s);
	assert_close(s.estimate, 8, 1e-12);
	assert_close(s.low, -4.5, 1e-12);
	assert_close(s.high, 20.5, 1e-12);
	assert_close(s.coverage, 0.9509096748106276, 1e-13);
	make_columns(u, v, 60);
	ranks_hodges_lehmann(u, 60, v, 60, 0.95, &s);
	assert_true(!s.exact && s.low < s.estimate && s.estimate < s.high);
	assert_double(s.coverage, 0.95);
	ranks_hodges_lehmann(u, 3, v, 3, 0.95, &s); /* 2 of 20 splits are not rare enough */
	assert_true(isnan(s.low) && isfinite(s.estimate));
	assert_contains(s.why, "too few values for an interval");
}

/* The interval holds the shift as often as it says: 2,000 pairs of samples of 8, exponential. */
static void test_shift_coverage(void **state)
{
	size_t held = 0;
	double claimed = 0;
	struct rng r;

	(void)state;
	rng_init(&r, 3, "shift");
	for (int i = 0; i < 2000; i++) {
		struct ranks_shift s;
		double x[8], y[8];

		for (int k = 0; k < 8; k++) {
			x[k] = -log(rng_uniform(&r));
			y[k] = 5 - log(rng_uniform(&r));
		}
		ranks_hodges_lehmann(x, 8, y, 8, 0.95, &s);
		held += s.low <= 5 && 5 <= s.high;
		claimed = s.coverage;
	}
	print_message("shift: held %zu of 2000, claimed %.4f\n", held, claimed);
	/* 95.0 % claimed, standard error 0.5 %. */
	assert_in_range(held, (uintmax_t)(2000 * claimed) - 30, (uintmax_t)(2000 * claimed) + 30);
}

/* ---- Kruskal and Wallis ---- */

/* All ways to give 3 groups of 3 their places, counted by recursion over the values. */
struct counting {
	const double *rank;
	uint32_t label[9];
	size_t size[3];
	double seen, far, all;
};

static double h_of(const struct counting *c)
{
	double sum[3] = {0}, h = 0;

	for (int i = 0; i < 9; i++)
		sum[c->label[i]] += c->rank[i] - 5;
	for (int j = 0; j < 3; j++)
		h += sum[j] * sum[j];
	return h;
}

static void count(struct counting *c, size_t at)
{
	if (at == 9) {
		c->all++;
		c->far += h_of(c) >= c->seen - 1e-9;
		return;
	}
	for (uint32_t j = 0; j < 3; j++) {
		if (c->size[j] == 3)
			continue;
		c->size[j]++;
		c->label[at] = j;
		count(c, at + 1);
		c->size[j]--;
	}
}

static void test_kruskal_wallis_exactly(void **state)
{
	static const uint32_t group[] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
	struct ranks_test t;
	struct rng r;

	(void)state;
	rng_init(&r, 5, "kruskal");
	for (int i = 0; i < 12; i++) {
		struct counting c = {.all = 0};
		double v[9], rank[9];

		for (int k = 0; k < 9; k++)
			v[k] = i % 2 ? rng_normal(&r) : (double)rng_below(&r, 5);
		ranks_mid(v, 9, rank);
		c.rank = rank;
		for (int k = 0; k < 9; k++)
			c.label[k] = group[k];
		c.seen = h_of(&c);
		count(&c, 0);
		ranks_kruskal_wallis(v, group, 9, 3, &t);
		assert_true(t.exact);
		assert_double(c.all, 1680);
		assert_close(t.p, c.far / c.all, 1e-12);
	}
	/* Three groups in perfect order: 3! of 1680; tables give H = 7.2, p = .0036. */
	ranks_kruskal_wallis((const double[]){1, 2, 3, 4, 5, 6, 7, 8, 9}, group, 9, 3, &t);
	assert_close(t.statistic, 7.2, 1e-12);
	assert_close(t.p, 6.0 / 1680, 1e-14);
	assert_close(t.least, 6.0 / 1680, 1e-14);
}

static void test_kruskal_wallis(void **state)
{
	/* Hollander and Wolfe (1999), example 6.1: mucociliary efficiency. */
	static const double v[] = {
		2.9, 3.0, 2.5, 2.6, 3.2, 3.8, 2.7, 4.0, 2.4, 2.8, 3.4, 3.7, 2.2, 2.0};
	static const uint32_t group[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2};
	double many[40];
	uint32_t of[40];
	struct ranks_test t;

	(void)state;
	ranks_kruskal_wallis(v, group, 14, 3, &t);
	assert_close(t.statistic, 0.7714285714285722, 1e-12);
	assert_true(t.exact); /* 252,252 arrangements */
	assert_close(t.p, 0.68, 0.04);
	for (size_t i = 0; i < 40; i++) {
		size_t j = i / 10, k = i % 10;

		many[i] = (double)(k * (7 + 2 * j) % 23 / 2 + j);
		of[i] = (uint32_t)j;
	}
	ranks_kruskal_wallis(many, of, 40, 5, &t); /* the fifth group is empty */
	assert_false(t.exact);
	assert_close(t.statistic, 3.9276648065828295, 1e-12);
	assert_close(t.p, 0.26938170712270904, 1e-12);
}

/* ---- Spearman ---- */

/* Orders of n by Heap's algorithm; counts those as far from no correlation as the one seen. */
static void all_orders(
	double *b, size_t n, const double *a, size_t all, double seen, double *far, double *ways)
{
	if (n == 1) {
		double sum = 0;

		for (size_t i = 0; i < all; i++)
			sum += a[i] * b[i];
		*ways += 1;
		*far += fabs(sum) >= seen - 1e-9;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t with = n % 2 ? 0 : i;
		double kept;

		all_orders(b, n - 1, a, all, seen, far, ways);
		kept = b[with];
		b[with] = b[n - 1];
		b[n - 1] = kept;
	}
}

static void test_spearman_exactly(void **state)
{
	struct ranks_test t;
	struct rng r;

	(void)state;
	rng_init(&r, 6, "spearman");
	for (size_t n = 3; n <= 7; n++) {
		for (int i = 0; i < 6; i++) {
			double x[7], y[7], a[7], b[7], seen = 0, far = 0, ways = 0;

			for (size_t k = 0; k < n; k++) {
				x[k] = i % 2 ? rng_normal(&r) : (double)rng_below(&r, 4);
				y[k] = rng_normal(&r);
			}
			x[0] = -9;
			ranks_mid(x, n, a);
			ranks_mid(y, n, b);
			for (size_t k = 0; k < n; k++) {
				a[k] -= ((double)n + 1) / 2;
				b[k] -= ((double)n + 1) / 2;
				seen += a[k] * b[k];
			}
			all_orders(b, n, a, n, fabs(seen), &far, &ways);
			ranks_spearman(x, y, n, &t);
			assert_true(t.exact);
			assert_close(t.p, far / ways, 1e-12);
			assert_true(t.least > 0 && t.least <= t.p);
		}
	}
}

static void test_spearman(void **state)
{
	/* Ten pairs with rho = -29/165. */
	static const double x[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
	static const double y[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
	static const double tied[] = {1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9, 11};
	static const double also[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
	struct ranks_test t;

	(void)state;
	ranks_spearman(x, y, 10, &t);
	assert_close(t.statistic, -29.0 / 165, 1e-12);
	assert_false(t.exact);
	assert_close(t.p, 0.6271883447764846, 1e-12);
	ranks_spearman(tied, also, 12, &t);
	assert_close(t.statistic, 0.5000125752945782, 1e-12);
	assert_close(t.p, 0.09784482275752125, 1e-12);
	ranks_spearman(x, x, 10, &t);
	assert_double(t.statistic, 1);
	assert_close(t.p, 2.0 / 3628800, 1e-15); /* no p is below the least */
	assert_double(t.p, t.least);
	ranks_spearman(x, x, 5, &t);
	assert_close(t.p, 2.0 / 120, 1e-14);
	assert_close(t.least, 2.0 / 120, 1e-14);
}

static void test_json(void **state)
{
	struct ranks_shift s;
	struct ranks_test t;
	json_t *o;

	(void)state;
	ranks_mann_whitney(term, 10, early, 5, &t);
	o = ranks_test_json(&t);
	assert_double(json_number_value(json_object_get(o, "statistic")), 35);
	assert_true(json_is_true(json_object_get(o, "exact")));
	assert_null(json_object_get(o, "why"));
	json_decref(o);
	ranks_hodges_lehmann(term, 2, early, 2, 0.95, &s);
	o = ranks_shift_json(&s);
	assert_true(json_is_null(json_object_get(o, "low")));
	assert_contains(json_string_value(json_object_get(o, "why")), "too few");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_splits),
		cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_exact_meets_normal),
		cmocka_unit_test(test_nothing_to_rank),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_shift_coverage),
		cmocka_unit_test(test_kruskal_wallis_exactly),
		cmocka_unit_test(test_kruskal_wallis),
		cmocka_unit_test(test_spearman_exactly),
		cmocka_unit_test(test_spearman),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
