/* test_insight_stat.c - figures of a subject's rows, and subjects against each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hand_corpus.h"
#include "insight.h"
#include "insight_parts.h"
#include "unit.h"

static struct corpus c;
static struct insight in;

static int setup(void **state)
{
	(void)state;
	hand_init(&c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	insight_release(&in);
	hand_release(&c);
	return 0;
}

static void make(void)
{
	insight_make(&in, &c);
}

static uint32_t subject(const char *name, uint64_t rows)
{
	uint32_t table = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");

	return hand_subject(&c, name, table, rows);
}

/* 1 2 3 4 5: mean 3, sd sqrt(2.5); t(0.975, 4) is 2.7764451. */
static void mean_has_a_t_interval(void **state)
{
	static const double v[] = {5, 1, 4, 2, 3};
	const struct insight_measure *m;

	(void)state;
	hand_warm(hand_measure(&c, subject("m", 5), "ttft", "TTFT"), v, 5);
	make();
	m = insight_measure(&in, 0, "ttft");
	assert_non_null(m);
	assert_int_equal(m->all.n, 5);
	assert_double(m->all.mean, 3);
	assert_float_equal(m->all.sd, sqrt(2.5), 1e-12);
	assert_float_equal(m->all.low, 3 - 2.7764451 * sqrt(2.5 / 5), 1e-6);
	assert_float_equal(m->all.high, 3 + 2.7764451 * sqrt(2.5 / 5), 1e-6);
	assert_double(m->all.min, 1);
	assert_double(m->all.max, 5);
	assert_double(m->all.p50, 3);
	assert_null(m->all.interval_why);
	assert_true(isnan(m->all.p95));
	assert_non_null(m->all.p95_why);
	assert_true(isnan(m->all.p99));
	assert_non_null(m->all.p99_why);
	assert_null(insight_measure(&in, 0, "throughput"));
	assert_null(insight_measure(&in, 1, "ttft"));
}

/* All rows are the merge of both, whatever their order; percentiles come at 20 and at 100. */
static void all_rows_are_warm_and_cold_ones(void **state)
{
	double warm[80], cold[20];
	const struct insight_measure *m;
	struct corpus_measure *of;

	(void)state;
	for (int i = 0; i < 80; i++)
		warm[i] = i + (i >= 40 ? 20 : 0); /* 0..39, 60..99 */
	for (int i = 0; i < 20; i++)
		cold[i] = 40 + i;
	of = hand_measure(&c, subject("m", 100), "ttft", "TTFT");
	hand_warm(of, warm, 80);
	hand_cold(of, cold, 20);
	make();
	m = insight_measure(&in, 0, "ttft");
	assert_int_equal(m->all.n, 100);
	assert_int_equal(m->warm.n, 80);
	assert_double(m->all.mean, 49.5);
	/* 0..99: sd sqrt(n (n + 1) / 12) */
	assert_float_equal(m->all.sd, sqrt(100. * 101 / 12), 1e-9);
	assert_double(m->all.p50, 49.5);
	assert_float_equal(m->all.p95, 94.05, 1e-9);
	assert_float_equal(m->all.p99, 98.01, 1e-9);
	assert_null(m->all.p99_why);
	assert_non_null(m->warm.p99_why);
	assert_null(m->warm.p95_why);
}

static void too_few_values_have_a_reason(void **state)
{
	static const double one = 7;
	uint32_t s = subject("m", 1);
	const struct insight_measure *m;

	(void)state;
	hand_warm(hand_measure(&c, s, "ttft", "TTFT"), &one, 1);
	hand_measure(&c, s, "latency", "Latency");
	make();
	m = insight_measure(&in, s, "ttft");
	assert_double(m->all.mean, 7);
	assert_true(isnan(m->all.sd));
	assert_true(isnan(m->all.low));
	assert_non_null(m->all.interval_why);
	m = insight_measure(&in, s, "latency");
	assert_int_equal(m->all.n, 0);
	assert_true(isnan(m->all.mean));
	assert_true(isnan(m->all.min));
	assert_non_null(m->all.interval_why);
}

static void histograms_answer_too(void **state)
{
	struct corpus_measure *of = hand_measure(&c, subject("m", 1000), "ttft", "TTFT");
	const struct insight_measure *m;
	struct log_moments logs;

	(void)state;
	values_init(&of->warm, true);
	values_init(&of->cold, true);
	for (int i = 1; i <= 1000; i++)
		values_add(i % 2 ? &of->warm : &of->cold, i);
	make();
	m = insight_measure(&in, 0, "ttft");
	assert_int_equal(m->all.n, 1000);
	assert_float_equal(m->all.mean, 500.5, 1e-6);
	assert_float_equal(m->all.p50, 500.5, 500 * 0.002);
	assert_float_equal(m->all.p95, 950, 950 * 0.002);
	assert_double(m->all.max, 1000);
	assert_double(m->warm.max, 999);
	values_finish(&of->warm);
	logs = insight_logs(&of->warm);
	assert_int_equal(logs.n, 500);
	/* The mean of ln(1), ln(3), ... ln(999) is (ln(999!!)) / 500. */
	assert_float_equal(logs.mean, 5.908448, 0.001);
}

/* e^0, e^2 against e^4, e^6: means 1 and 5, variances 2: t = 4 / sqrt(2) on 2 degrees. */
static void pairs_are_welchs_on_logarithms(void **state)
{
	const double a[] = {exp(4), exp(6)}, b[] = {1, exp(2)};
	const struct insight_pair *p;

	(void)state;
	hand_warm(hand_measure(&c, subject("slow", 2), "throughput", "Throughput"), b, 2);
	hand_warm(hand_measure(&c, subject("fast", 2), "throughput", "Throughput"), a, 2);
	make();
	assert_int_equal(in.npairs, 1);
	p = &in.pairs[0];
	assert_string_equal(c.subjects[p->better].name, "fast");
	assert_string_equal(c.subjects[p->worse].name, "slow");
	assert_float_equal(p->ratio, exp(4), 1e-9);
	/* t(0.975, 2) is 4.3026527 */
	assert_float_equal(log(p->low), 4 - 4.3026527 * sqrt(2), 1e-6);
	assert_float_equal(log(p->high), 4 + 4.3026527 * sqrt(2), 1e-6);
	/* Of t on 2 degrees the two-sided p is 1 - t / sqrt(2 + t^2). */
	assert_float_equal(p->p, 1 - 2.8284271247 / sqrt(2 + 8), 1e-9);
	assert_double(p->p_adjusted, p->p);
	assert_false(p->same_prompts);
}

static void shorter_times_are_better_and_holm_adjusts(void **state)
{
	static const double a[] = {10, 11, 12}, b[] = {20, 21, 22}, d[] = {40, 45, 50};
	double sum = 0;

	(void)state;
	hand_warm(hand_measure(&c, subject("a", 3), "ttft", "TTFT"), a, 3);
	hand_warm(hand_measure(&c, subject("b", 3), "ttft", "TTFT"), b, 3);
	hand_warm(hand_measure(&c, subject("d", 3), "ttft", "TTFT"), d, 3);
	make();
	assert_int_equal(in.npairs, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(in.pairs[i].ratio < 1);
		assert_true(in.pairs[i].better < in.pairs[i].worse);
		assert_true(i == 0 || in.pairs[i].p >= in.pairs[i - 1].p);
		sum += in.pairs[i].p;
	}
	assert_true(sum > 0);
	assert_float_equal(in.pairs[0].p_adjusted, 3 * in.pairs[0].p, 1e-12);
}

static void unlike_things_are_not_compared(void **state)
{
	static const double a[] = {10, 11, 12}, b[] = {20, 21, 22}, zero[] = {0, 1, 2};
	uint32_t kernel;

	(void)state;
	hand_warm(hand_measure(&c, subject("model", 3), "latency", "Latency"), a, 3);
	kernel = subject("conv, cuda", 3);
	c.subjects[kernel].model = NULL;
	hand_warm(hand_measure(&c, kernel, "latency", "Latency"), b, 3);
	hand_warm(hand_measure(&c, subject("zero", 3), "latency", "Latency"), zero, 3);
	hand_warm(hand_measure(&c, subject("one", 1), "latency", "Latency"), a, 1);
	make();
	assert_int_equal(in.npairs, 0);
}

/* ---- who is best ---- */

/* Throughput of subject i of 16, three rows each: the first five within a row's spread of each
 * other, the others each 5 % below the one before. */
static void field_of_16(void)
{
	static char name[16][8];
	static double v[16][3];

	for (int i = 0; i < 16; i++) {
		double mean = i < 5 ? 100 - 0.01 * i : 100 * pow(0.95, i - 3);

		snprintf(name[i], sizeof(name[i]), "m%02d", i);
		for (int k = 0; k < 3; k++)
			v[i][k] = mean * (1 + 0.001 * (k - 1));
		hand_warm(
			hand_measure(&c, subject(name[i], 3), "throughput", "Throughput"), v[i], 3);
	}
}

static const char *comparison(void)
{
	for (size_t i = 0; i < in.nfindings; i++)
		if (strcmp(in.findings[i].kind, "comparison") == 0)
			return in.findings[i].text;
	fail_msg("nothing is said of who is best");
	return "";
}

/* 120 pairs, of which the surest are between others: whatever is left out, it is none of the
 * best's, and nobody else looks unbeaten. */
static void all_pairs_of_the_best_are_kept(void **state)
{
	bool lost[16] = {false};
	size_t ties = 0, wins = 0;

	(void)state;
	field_of_16();
	make();
	assert_true(in.npairs < 120);
	assert_int_equal(insight_best(&in, "throughput"), 0);
	assert_int_equal(insight_best(&in, "ttft"), CORPUS_NONE);
	for (size_t i = 0; i < in.npairs; i++) {
		const struct insight_pair *p = &in.pairs[i];

		lost[p->worse] = true;
		assert_true(i == 0 || p->p >= in.pairs[i - 1].p);
		ties += p->better == 0 && p->p_adjusted >= 0.05;
		wins += p->better == 0 && p->p_adjusted < 0.05;
	}
	assert_int_equal(ties, 4);
	assert_int_equal(wins, 11);
	for (size_t i = 1; i < 16; i++)
		assert_true(lost[i]);
	assert_contains(comparison(), "Throughput of m00 is 1.1080 times");
	assert_contains(comparison(), "that of the next, m05, and");
	assert_contains(comparison(), "that of the farthest that can be told from it, m15, over");
	assert_contains(comparison(), "m04, m03, m02 and 1 more cannot be told from it");
	assert_null(strstr(comparison(), "among models"));
}

/* Kernels are never held against models: the kind of which most were compared, whatever its rows
 * and its figures are, and it is said which. */
static void the_best_is_of_the_larger_field(void **state)
{
	static const double kernel[] = {900, 901, 902, 903}, slower[] = {800, 801, 802, 803};
	uint32_t k;

	(void)state;
	for (int i = 0; i < 2; i++) {
		k = subject(i ? "conv" : "gemm", 4);
		c.subjects[k].model = NULL;
		hand_warm(hand_measure(&c, k, "throughput", "Throughput"), i ? slower : kernel, 4);
	}
	field_of_16();
	make();
	assert_int_equal(insight_best(&in, "throughput"), 2);
	assert_contains(comparison(), "Throughput of m00 is, among models, 1.1080 times");
}

/* The best has two rows far apart: what is sure is of two others, and that it is not the best's is
 * said. */
static void a_best_that_cannot_be_told_is_named(void **state)
{
	static const double wide[] = {90, 150}, b[] = {100, 101, 102, 103}, d[] = {50, 51, 52, 53};

	(void)state;
	hand_warm(hand_measure(&c, subject("wide", 2), "throughput", "Throughput"), wide, 2);
	hand_warm(hand_measure(&c, subject("b", 4), "throughput", "Throughput"), b, 4);
	hand_warm(hand_measure(&c, subject("d", 4), "throughput", "Throughput"), d, 4);
	make();
	assert_int_equal(insight_best(&in, "throughput"), 0);
	assert_contains(comparison(), "Throughput of b is 1.97");
	assert_contains(comparison(), "; the best, wide, cannot be told from any;");
}

/* Beside no interval a mean has three digits at least, however wide its own is. */
static void lone_figures_have_three_digits(void **state)
{
	static const double warm[] = {90, 95, 100}, cold[] = {4000};
	uint32_t s = subject("m", 4);
	struct corpus_measure *m = hand_measure(&c, s, "ttft", "TTFT");
	const char *text = "";
	char digits[WORDING_TEXT];

	(void)state;
	c.subjects[s].load_known = true;
	c.subjects[s].cold = 1;
	hand_warm(m, warm, 3);
	hand_cold(m, cold, 1);
	make();
	for (size_t i = 0; i < in.nfindings; i++)
		if (strcmp(in.findings[i].kind, "load") == 0)
			text = in.findings[i].text;
	assert_contains(
		text, "1,071 ms over all 4 rows and 95.0 ms over the 3 that paid for no load");
	assert_string_equal(insight_digits(digits, 184.0012, 184.0009, 184.0015), "184.00120");
	assert_string_equal(insight_digits(digits, 0.0512, 0.01, 0.09), "0.0512");
	assert_string_equal(insight_digits(digits, 2.5, NAN, NAN), "2.50");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mean_has_a_t_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(all_rows_are_warm_and_cold_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(too_few_values_have_a_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(histograms_answer_too, setup, teardown),
		cmocka_unit_test_setup_teardown(pairs_are_welchs_on_logarithms, setup, teardown),
		cmocka_unit_test_setup_teardown(
			shorter_times_are_better_and_holm_adjusts, setup, teardown),
		cmocka_unit_test_setup_teardown(unlike_things_are_not_compared, setup, teardown),
		cmocka_unit_test_setup_teardown(all_pairs_of_the_best_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(the_best_is_of_the_larger_field, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_best_that_cannot_be_told_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(lone_figures_have_three_digits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
