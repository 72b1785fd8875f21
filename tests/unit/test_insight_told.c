/* test_insight_told.c - whose rows a told figure speaks of, and what they say to it. */
#include <math.h>
#include <string.h>

#include "hand_corpus.h"
#include "insight.h"
#include "insight_names.h"
#include "unit.h"

static struct corpus c;
static struct insight in;
static uint32_t rows_table, report;

/* Two models with throughput and TTFT, and a report. */
static int setup(void **state)
{
	static const double fast[] = {100, 101, 102.5, 103, 104}, ttft[] = {50, 52, 54, 56, 58},
			    cold[] = {900, 1100}, slow[] = {40, 41, 42};
	struct corpus_measure *m;
	uint32_t s;

	(void)state;
	hand_init(&c);
	rows_table = hand_table(&c, hand_file(&c, "a/rows.csv", TREE_CSV), "");
	report = hand_table(&c, hand_file(&c, "b/report.md", TREE_MARKDOWN), "Results");
	s = hand_subject(&c, "owl3:latest", rows_table, 7);
	hand_warm(hand_measure(&c, s, "throughput", "Throughput"), fast, 5);
	m = hand_measure(&c, s, "ttft", "TTFT");
	hand_warm(m, ttft, 5);
	hand_cold(m, cold, 2);
	s = hand_subject(&c, "owl3:1b-q4_0", rows_table, 3);
	hand_warm(hand_measure(&c, s, "throughput", "Throughput"), slow, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	insight_release(&in);
	hand_release(&c);
	return 0;
}

static const struct insight_told *make(void)
{
	insight_make(&in, &c);
	return in.told;
}

static const struct insight_told *one(
	const char *subject, const char *quantity, enum rule_stat stat, double value, int digits)
{
	hand_told(&c, report, subject, quantity, stat, value, digits);
	return make();
}

/* ---- names ---- */

static uint32_t find(struct whose *n, const char *text)
{
	struct name_words w = {.n = 0};

	whose_words(n, text, &w);
	return whose_find(n, &w);
}

static void names_are_words_in_common(void **state)
{
	struct whose n;

	(void)state;
	hand_subject(&c, "conv cpu eager", rows_table, 1);  /* 2 */
	hand_subject(&c, "conv cuda eager", rows_table, 1); /* 3 */
	whose_init(&n, &c);
	assert_int_equal(find(&n, "owl3:latest"), 0);
	assert_int_equal(find(&n, "Owl3"), 0);
	assert_int_equal(find(&n, "results of OWL3 (latest)"), 0);
	assert_int_equal(find(&n, "results of the OWL3 family"), CORPUS_NONE);
	assert_int_equal(find(&n, "owl3 1b q4 0"), 1);
	assert_int_equal(find(&n, "owl3_1b-q4.0 baseline"), 1);
	assert_int_equal(find(&n, "1b"), 1);                 /* the only one with that word */
	assert_int_equal(find(&n, "owl3:27b"), CORPUS_NONE); /* another of the family */
	assert_int_equal(find(&n, "owl3:q8_0"), CORPUS_NONE);
	assert_int_equal(find(&n, "conv eager"), CORPUS_NONE); /* two of them */
	assert_int_equal(find(&n, "eager, conv, CUDA"), 3);
	assert_int_equal(find(&n, "conv_cpu eager mean"), 2);
	assert_int_equal(find(&n, "nothing known"), CORPUS_NONE);
	assert_int_equal(find(&n, ""), CORPUS_NONE);
	assert_int_equal(find(&n, "-- :: --"), CORPUS_NONE);
	whose_release(&n);
}

static void equal_names_are_nobodys(void **state)
{
	struct whose n;

	(void)state;
	hand_subject(&c, "1b q4 0 owl3", rows_table, 1);
	whose_init(&n, &c);
	assert_int_equal(find(&n, "owl3:1b-q4_0"), CORPUS_NONE);
	assert_int_equal(find(&n, "owl3"), 0);
	whose_release(&n);
}

/* ---- verdicts ---- */

static void a_figure_of_the_rows_agrees(void **state)
{
	const struct insight_told *t = one("owl3", "throughput", STAT_MEAN, 102.1, 1);

	(void)state;
	assert_int_equal(t->verdict, TOLD_AGREES);
	assert_int_equal(t->subject, 0);
	assert_string_equal(t->which, "mean of its rows");
	assert_double(t->rows_say, 102.1);
}

static void cold_and_warm_rows_are_told_apart(void **state)
{
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "owl3", "ttft", STAT_MEAN, 54.0, 1);
	hand_told(&c, report, "owl3", "ttft", STAT_MEAN, 324.3, 1);
	hand_told(&c, report, "owl3", "ttft", STAT_MEAN, 1000, 0);
	hand_told(&c, report, "owl3", "ttft", STAT_MAX, 1100, 0);
	t = make();
	assert_string_equal(t[0].which, "mean of warm rows");
	assert_string_equal(t[1].which, "mean of all rows");
	assert_string_equal(t[2].which, "mean of cold rows");
	assert_string_equal(t[3].which, "maximum of all rows");
}

static void a_single_row_agrees(void **state)
{
	const struct insight_told *t = one("owl3", "throughput", STAT_MEAN, 101.000, 3);

	(void)state;
	assert_int_equal(t->verdict, TOLD_AGREES);
	assert_string_equal(t->which, "a single row");
	assert_double(t->rows_say, 101);
}

/* Another report has the number under its right name, which rows bear out. */
static void under_another_name_elsewhere(void **state)
{
	const struct insight_told *t;
	uint32_t other = hand_table(&c, hand_file(&c, "digest.md", TREE_MARKDOWN), "");

	(void)state;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 101.73, 2); /* between the rows */
	hand_told(&c, other, "owl3", "latency", STAT_MEAN, 101.73, 2);
	hand_told(&c, other, "owl3", "latency", STAT_MEAN, 101.99, 2);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_POSSIBLE);
	assert_int_equal(t[1].verdict, TOLD_SWAPPED);
	assert_contains(t[1].which, "throughput, as ");
	assert_int_equal(t[2].verdict, TOLD_ALONE);
}

static void a_label_speaks_for_itself(void **state)
{
	const struct insight_told *t =
		one("digest of march, owl3", "throughput", STAT_MEAN, 253.9, 1);

	(void)state;
	assert_int_equal(t->subject, 0);
	assert_int_equal(t->verdict, TOLD_CONTRADICTS);
}

static void outside_of_the_rows_contradicts(void **state)
{
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 253.9, 1);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 101.7, 1);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 104.04, 1); /* 104 within 0.05 */
	hand_told(&c, report, "owl3", "throughput", STAT_SD, 11.5, 1);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_CONTRADICTS);
	assert_double(t[0].rows_say, 102.1);
	assert_int_equal(t[1].verdict, TOLD_POSSIBLE);
	assert_int_not_equal(t[2].verdict, TOLD_CONTRADICTS);
	assert_int_equal(t[3].verdict, TOLD_POSSIBLE); /* a spread has no range */
}

static void another_quantity_is_recognised(void **state)
{
	const struct insight_told *t;

	(void)state;
	/* A latency of 102.1 ms that is the mean throughput, and one in seconds. */
	hand_told(&c, report, "owl3", "latency", STAT_MEAN, 102.1, 1);
	hand_told(&c, report, "owl3", "latency", STAT_MEAN, 102100, 0);
	/* 0.054 tok/s is TTFT in seconds. */
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 0.054, 5);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_SWAPPED);
	assert_string_equal(t[0].which, "Throughput of owl3:latest, mean of its rows");
	assert_int_equal(t[1].verdict, TOLD_SWAPPED);
	assert_int_equal(t[2].verdict, TOLD_SWAPPED);
	assert_string_equal(t[2].which, "TTFT of owl3:latest, mean of warm rows");
	assert_double(t[2].rows_say, 54);
}

/* 324.29 ms as 0.324: seconds under the name of a rate.  0.05 may be anything. */
static void coarse_figures_are_recognised_among_three(void **state)
{
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 0.324, 3);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 0.05, 2);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_SWAPPED);
	assert_string_equal(t[0].which, "TTFT of owl3:latest, mean of all rows");
	assert_int_equal(t[1].verdict, TOLD_CONTRADICTS);
}

static void a_setting_is_recognised(void **state)
{
	static const double ctx[] = {1024, 2048, 4096}, temperature[] = {0.2, 3};
	const struct insight_told *t;

	(void)state;
	hand_setting(&c, "num_ctx", ctx, 3);
	hand_setting(&c, "temperature", temperature, 2);
	hand_told(&c, report, "owl3", "latency", STAT_MEAN, 1024, 3);
	hand_told(&c, report, "", "latency", STAT_MEAN, 2048000, 0); /* told in seconds */
	hand_told(&c, report, "owl3", "ttft", STAT_MEAN, 3, 0);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 1025, 0);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_SETTING);
	assert_string_equal(t[0].which, "num_ctx");
	assert_int_equal(t[1].verdict, TOLD_SETTING);
	assert_int_equal(t[2].verdict, TOLD_CONTRADICTS); /* too small to be recognised */
	assert_int_equal(t[3].verdict, TOLD_CONTRADICTS);
}

static void failures_and_strangers(void **state)
{
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 0, 2)->failed = true;
	hand_told(&c, report, "hawk", "throughput", STAT_MEAN, 12, 0);
	hand_told(&c, report, "owl3", "score", STAT_MEAN, 0.5, 1);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_FAILED);
	assert_int_equal(t[1].verdict, TOLD_ALONE);
	assert_int_equal(t[1].subject, CORPUS_NONE);
	assert_int_equal(t[2].verdict, TOLD_ALONE);
	assert_int_equal(t[2].subject, 0);
}

static void titles_and_file_names_help(void **state)
{
	uint32_t titled = hand_table(&c, 1, "owl3 1b q4_0");
	uint32_t named = hand_table(&c, hand_file(&c, "x/owl3_1b_q4_0.md", TREE_MARKDOWN), "");
	const struct insight_told *t;

	(void)state;
	hand_told(&c, titled, "mean", "throughput", STAT_MEAN, 41, 2);
	hand_told(&c, named, "all", "throughput", STAT_MEAN, 41, 2);
	t = make();
	assert_int_equal(t[0].subject, 1);
	assert_int_equal(t[0].verdict, TOLD_AGREES);
	assert_int_equal(t[1].subject, 1);
}

static void later_files_echo_earlier_ones(void **state)
{
	uint32_t second = hand_table(&c, hand_file(&c, "c/digest.md", TREE_MARKDOWN), "");
	const struct insight_told *t;

	(void)state;
	hand_told(&c, second, "hawk eager", "latency", STAT_MEAN, 3.78, 2);
	hand_told(&c, report, "Eager Hawk", "latency", STAT_MEAN, 3.7821, 4);
	hand_told(&c, second, "hawk eager", "latency", STAT_P95, 3.78, 2);
	hand_told(&c, second, "hawk jit", "latency", STAT_MEAN, 3.78, 2);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_AGREES);
	assert_string_equal(t[0].which, "b/report.md says the same");
	assert_true(isnan(t[0].rows_say));
	assert_int_equal(t[1].verdict, TOLD_ALONE); /* it was there first */
	assert_int_equal(t[2].verdict, TOLD_ALONE); /* another figure */
	assert_int_equal(t[3].verdict, TOLD_ALONE); /* of another */
}

/* A report may leave settings out, and say other ones only of another figure. */
static void echoes_across_settings(void **state)
{
	uint32_t second = hand_table(&c, hand_file(&c, "c/digest.md", TREE_MARKDOWN), "");
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "hawk", "latency", STAT_MEAN, 3.78, 2)->settings = "batch=8";
	hand_told(&c, second, "hawk", "latency", STAT_MEAN, 3.78, 2)->settings = "batch=9";
	hand_told(&c, second, "hawk", "latency", STAT_VALUE, 3.78, 2);
	t = make();
	assert_int_equal(t[0].verdict, TOLD_ALONE);
	assert_int_equal(t[1].verdict, TOLD_ALONE);
	assert_int_equal(t[2].verdict, TOLD_AGREES);
}

/* Without knowing how it was rounded half a percent is allowed, and no more. */
static void unknown_precision(void **state)
{
	const struct insight_told *t;

	(void)state;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 102.4, 1)->precision = 0;
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 101.4, 1)->precision = 0;
	t = make();
	assert_int_equal(t[0].verdict, TOLD_AGREES);
	assert_int_equal(t[1].verdict, TOLD_POSSIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_words_in_common, setup, teardown),
		cmocka_unit_test_setup_teardown(equal_names_are_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(a_figure_of_the_rows_agrees, setup, teardown),
		cmocka_unit_test_setup_teardown(cold_and_warm_rows_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(a_single_row_agrees, setup, teardown),
		cmocka_unit_test_setup_teardown(under_another_name_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(a_label_speaks_for_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(outside_of_the_rows_contradicts, setup, teardown),
		cmocka_unit_test_setup_teardown(another_quantity_is_recognised, setup, teardown),
		cmocka_unit_test_setup_teardown(
			coarse_figures_are_recognised_among_three, setup, teardown),
		cmocka_unit_test_setup_teardown(a_setting_is_recognised, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_and_strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(titles_and_file_names_help, setup, teardown),
		cmocka_unit_test_setup_teardown(later_files_echo_earlier_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(echoes_across_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_precision, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
