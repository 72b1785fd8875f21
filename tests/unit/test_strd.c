/* test_strd.c - certified values: the Statistical Reference Datasets of NIST, all of the
 * univariate, linear regression and analysis of variance ones (tests/data/strd/README).
 *
 * The figure of merit is the log relative error, LRE = -log10(|got - certified| / |certified|), of
 * a certified 0 the same of the absolute error, at most 15: about the number of correct digits
 * (McCullough 1998).  Lower and average difficulty must reach 9; higher what R 4.2.2 reaches on the
 * same machine (its figures are in tests/data/strd/R.txt), since the doubles that the data are
 * read into hold no more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "linmodel.h"
#include "oneway.h"
#include "regress.h"
#include "unit.h"
#include "univariate.h"

#define MOST       15.0
#define MAX_VALUES 40000
#define MAX_FACTS  32
/* What R reaches is where its rounding happened to fall: within so many digits is the same. */
#define LUCK 0.35

/* ---- the files ---- */

struct fact {
	char name[24];
	double value, sd, df; /* sd of a coefficient; df of a sum of squares */
};

struct set {
	char name[24], kind[24], level[24], sha256[80];
	struct fact facts[MAX_FACTS];
	size_t nfacts;
	double *values; /* [nrows * width] */
	size_t nrows, width;
};

static FILE *open_data(const char *name)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/strd/%s", getenv("TEST_DATA"), name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	return f;
}

static void read_values(struct set *s, FILE *f)
{
	for (size_t i = 0; i < s->nrows * s->width; i++) {
		if (fscanf(f, "%lf", &s->values[i]) != 1)
			fail_msg("%s ends at value %zu", s->name, i);
	}
}

/* The Simon and Lesage sets: nine treatments, whose values differ in the last digit alone: BASE.4
 * in the first row of the first, .1 less and more in turn down the rows and along the treatments.
 */
static void make_values(struct set *s, const char *base, size_t replicates)
{
	char got[HASH_SHA_TEXT];
	struct sha h;

	sha_init(&h);
	s->nrows = 9 * replicates;
	s->width = 2;
	for (size_t k = 0; k < 9; k++) {
		for (size_t i = 0; i < replicates; i++) {
			int along = k == 0   ? 0
				: k % 2 == 1 ? -1
					     : 1,
			    down = i == 0    ? 0
				: i % 2 == 1 ? -1
					     : 1;
			char line[128];
			double *row = s->values + 2 * (k * replicates + i);

			snprintf(line, sizeof(line), "%zu %s.%d\n", k + 1, base, 4 + along + down);
			sha_add(&h, line, strlen(line));
			if (sscanf(line, "%lf %lf", &row[0], &row[1]) != 2)
				fail_msg("%s is no row", line);
		}
	}
	sha_text(&h, got);
	assert_string_equal(got, s->sha256);
}

static void read_set(struct set *s, const char *name)
{
	char file[40], line[200], a[80], b[80];
	FILE *f;

	snprintf(file, sizeof(file), "%s.dat", name);
	f = open_data(file);
	*s = (struct set){.values = calloc(MAX_VALUES, sizeof(*s->values))};
	while (s->nrows == 0 && fgets(line, sizeof(line), f)) {
		char key[24];
		int n = sscanf(line, "%23s %79s %79s", key, a, b);

		assert_true(n >= 2);
		if (strcmp(key, "set") == 0)
			snprintf(s->name, sizeof(s->name), "%.23s", a);
		else if (strcmp(key, "kind") == 0)
			snprintf(s->kind, sizeof(s->kind), "%.23s", a);
		else if (strcmp(key, "level") == 0)
			snprintf(s->level, sizeof(s->level), "%.23s", a);
		else if (strcmp(key, "data") == 0) {
			s->nrows = strtoul(a, NULL, 10);
			s->width = strtoul(b, NULL, 10);
			assert_true(s->nrows * s->width <= MAX_VALUES);
			read_values(s, f);
		} else if (strcmp(key, "rule") == 0)
			s->nrows = strtoul(b, NULL, 10); /* made below, when the sum is known */
		else {
			struct fact *fact = &s->facts[s->nfacts++];

			assert_true(s->nfacts <= MAX_FACTS);
			snprintf(fact->name, sizeof(fact->name), "%s", key);
			fact->value = strtod(a, NULL);
			fact->sd = fact->df = n == 3 ? strtod(b, NULL) : (double)NAN;
		}
	}
	if (s->width == 0) {
		size_t replicates = s->nrows;

		if (fgets(line, sizeof(line), f) && sscanf(line, "sha256 %79s", b) == 1)
			snprintf(s->sha256, sizeof(s->sha256), "%s", b);
		make_values(s, a, replicates);
	}
	assert_string_equal(s->name, name);
	fclose(f);
}

static const struct fact *fact_of(const struct set *s, const char *name)
{
	for (size_t i = 0; i < s->nfacts; i++) {
		if (strcmp(s->facts[i].name, name) == 0)
			return &s->facts[i];
	}
	fail_msg("%s has no %s", s->name, name);
	return NULL;
}

/* ---- the figure of merit ---- */

static double lre(double got, double certified)
{
	double digits;

	if (isnan(got))
		return 0;
	if (got == certified)
		return MOST;
	digits = certified == 0 ? -log10(fabs(got))
				: -log10(fabs(got - certified) / fabs(certified));
	return fmin(MOST, fmax(0, digits));
}

/* What R reaches, NaN where it was not asked. */
static double digits_of_r(const struct set *s, const char *quantity)
{
	char set[40], name[40];
	FILE *f = open_data("R.txt");
	double digits, found = NAN;

	while (fscanf(f, "%39s %39s %lf", set, name, &digits) == 3) {
		if (strcmp(set, s->name) == 0 && strcmp(name, quantity) == 0)
			found = digits;
	}
	fclose(f);
	return found;
}

static int failures;

/* One row of the table.  `how` is whose figure it is: "" the reference way, which must keep the
 * digits; else another way, which is shown beside it and must reach `least`. */
static void judge(
	const struct set *s, const char *quantity, const char *how, double digits, double least)
{
	double r = digits_of_r(s, quantity), needed = least;
	bool higher = strcmp(s->level, "higher") == 0;

	if (isnan(least))
		needed = higher ? r - LUCK : 9;
	if (isnan(needed))
		needed = 9;
	print_message("%-9s %-8s %-14s %-8s %5.1f  R ", s->name, s->level, quantity, how, digits);
	print_message(isnan(r) ? "    -" : "%5.1f", r);
	print_message("  needs %4.1f%s\n", needed, digits >= needed ? "" : "  FAILED");
	failures += !(digits >= needed);
}

static void judge_value(const struct set *s, const char *quantity, double got)
{
	judge(s, quantity, "", lre(got, fact_of(s, quantity)->value), NAN);
}

/* valgrind makes doubles of them, and most of the digits go with that. */
static bool has_long_doubles(void)
{
	volatile long double one = 1, small = 1e-18L;

	return one + small != one;
}

static void end_table(void)
{
	int n = failures;

	failures = 0;
	if (!has_long_doubles()) {
		print_message("long doubles are no longer than doubles here: nothing is judged\n");
		return;
	}
	if (n > 0)
		fail_msg("%d figures have too few digits", n);
}

/* ---- univariate ---- */

static void try_univariate(const char *name)
{
	struct moments half[2] = {{0}, {0}};
	struct univariate u;
	struct set s;

	read_set(&s, name);
	assert_string_equal(s.kind, "univariate");
	univariate_of(s.values, s.nrows, &u);
	assert_int_equal(u.n, s.nrows);
	judge_value(&s, "mean", u.mean);
	judge_value(&s, "sd", u.sd);
	judge_value(&s, "lag1", u.lag1);
	for (size_t i = 0; i < s.nrows; i++)
		moments_add(&half[i >= s.nrows / 3], s.values[i]);
	moments_merge(&half[0], &half[1]);
	assert_int_equal(half[0].n, s.nrows);
	judge(&s, "mean", "stream", lre(half[0].mean, fact_of(&s, "mean")->value), 14);
	judge(&s, "sd", "stream", lre(moments_sd(&half[0]), fact_of(&s, "sd")->value),
		strcmp(s.level, "lower") == 0 ? 12 : 7.5);
	free(s.values);
}

static void test_univariate(void **state)
{
	static const char *const names[] = {"PiDigits", "Lottery", "Lew", "Mavro", "Michelso",
		"NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++)
		try_univariate(names[i]);
	end_table();
}

/* ---- linear regression ---- */

/* Columns as the set's coefficients ask: powers of one x, or several x. */
static void fit_set(
	struct regress *r, const struct set *s, double *x, double *y, struct regress_term *terms)
{
	struct regress_model m = {.nx = (uint32_t)s->width - 1, .terms = terms};

	for (size_t i = 0; i < s->nfacts; i++) {
		const char *name = s->facts[i].name;
		uint32_t k;

		if (name[0] != 'b')
			continue;
		k = (uint32_t)strtoul(name + 1, NULL, 10);
		if (k == 0)
			m.intercept = true;
		else
			terms[m.nterms++] = m.nx == 1 ? (struct regress_term){0, k}
						      : (struct regress_term){k - 1, 1};
	}
	for (size_t i = 0; i < s->nrows; i++) {
		y[i] = s->values[i * s->width];
		memcpy(x + i * m.nx, s->values + i * s->width + 1, m.nx * sizeof(*x));
	}
	regress_fit(r, &m, x, y, s->nrows);
}

static void judge_coefficients(const struct set *s, const struct regress *r)
{
	double b = MOST, sd = MOST;
	size_t at = 0;

	for (size_t i = 0; i < s->nfacts; i++) {
		if (s->facts[i].name[0] != 'b')
			continue;
		b = fmin(b, lre(r->beta[at], s->facts[i].value));
		sd = fmin(sd, lre(r->sd[at++], s->facts[i].sd));
	}
	assert_int_equal(at, r->p);
	judge(s, "b", "", b, NAN);
	judge(s, "b_sd", "", sd, NAN);
}

static void try_linear(const char *name)
{
	double *x = calloc(MAX_VALUES, sizeof(*x)), *y = calloc(MAX_VALUES, sizeof(*y));
	struct regress_term terms[MAX_FACTS];
	struct regress r;
	struct set s;

	read_set(&s, name);
	assert_string_equal(s.kind, "linear");
	fit_set(&r, &s, x, y, terms);
	assert_null(r.why);
	assert_double(r.df, fact_of(&s, "ss_residual")->df);
	judge_coefficients(&s, &r);
	judge_value(&s, "rsd", r.residual_sd);
	judge_value(&s, "r2", r.r2);
	judge_value(&s, "ss_regression", r.ss_regression);
	judge_value(&s, "ss_residual", r.ss_residual);
	/* Where nothing is left the certified F is infinite. */
	if (isfinite(fact_of(&s, "f")->value))
		judge_value(&s, "f", r.f);
	else
		assert_true(isnan(r.f) || r.f > 1e18);
	regress_release(&r);
	free(s.values);
	free(x);
	free(y);
}

static void test_linear(void **state)
{
	static const char *const names[] = {"Norris", "Pontius", "NoInt1", "NoInt2", "Filip",
		"Longley", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++)
		try_linear(names[i]);
	end_table();
}

/* ---- analysis of variance ---- */

/* What the analysis of runs is made with (linmodel.h): once with the treatments absorbed, once as
 * columns. */
static void try_lin_cross(const struct set *s, const double *y, const uint32_t *of, uint32_t groups)
{
	struct lin_cross *obs = calloc(s->nrows, sizeof(*obs));
	const struct fact *between = fact_of(s, "ss_between"), *within = fact_of(s, "ss_within");
	struct lin_cross_fit absorbed, columns;
	double f;

	for (size_t i = 0; i < s->nrows; i++)
		obs[i] = (struct lin_cross){.a = of[i], .b = 0, .weight = 1, .y = y[i]};
	lin_cross(obs, s->nrows, 1, &absorbed);
	for (size_t i = 0; i < s->nrows; i++)
		obs[i] = (struct lin_cross){.a = 0, .b = of[i], .weight = 1, .y = y[i]};
	lin_cross(obs, s->nrows, groups, &columns);
	assert_int_equal(columns.rank_b, groups - 1);
	judge(s, "ss_within", "absorbed", lre(absorbed.rss_a, within->value), NAN);
	judge(s, "ss_within", "lin", lre(columns.rss, within->value), NAN);
	judge(s, "ss_between", "lin", lre(columns.rss_a - columns.rss, between->value), NAN);
	f = (columns.rss_a - columns.rss) / between->df / (columns.rss / within->df);
	judge(s, "f", "lin", lre(f, fact_of(s, "f")->value), NAN);
	lin_cross_release(&absorbed);
	lin_cross_release(&columns);
	free(obs);
}

static void try_anova(const char *name)
{
	uint32_t *of = calloc(MAX_VALUES, sizeof(*of)), groups = 0;
	double *y = calloc(MAX_VALUES, sizeof(*y));
	struct oneway a;
	struct set s;

	read_set(&s, name);
	assert_string_equal(s.kind, "anova");
	for (size_t i = 0; i < s.nrows; i++) {
		of[i] = (uint32_t)s.values[2 * i] - 1;
		y[i] = s.values[2 * i + 1];
		groups = of[i] + 1 > groups ? of[i] + 1 : groups;
	}
	oneway_of(y, of, s.nrows, groups, &a);
	assert_null(a.why);
	assert_double(a.df_between, fact_of(&s, "ss_between")->df);
	assert_double(a.df_within, fact_of(&s, "ss_within")->df);
	judge_value(&s, "ss_between", a.ss_between);
	judge_value(&s, "ss_within", a.ss_within);
	judge_value(&s, "f", a.f);
	judge_value(&s, "r2", a.r2);
	judge_value(&s, "rsd", a.residual_sd);
	try_lin_cross(&s, y, of, groups);
	free(s.values);
	free(of);
	free(y);
}

static void test_anova(void **state)
{
	static const char *const names[] = {"SiRstv", "AtmWtAg", "SmLs01", "SmLs02", "SmLs03",
		"SmLs04", "SmLs05", "SmLs06", "SmLs07", "SmLs08", "SmLs09"};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++)
		try_anova(names[i]);
	end_table();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_univariate),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_anova),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
