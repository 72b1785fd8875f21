/* test_insight_series.c - what files only tell: figures of a row together, each series once, side
 * by side with those that differ in one part of their name. */
#include <math.h>
#include <string.h>

#include "hand_corpus.h"
#include "insight.h"
#include "insight_json.h"
#include "insight_told.h"
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

static uint32_t table(const char *file, enum tree_kind kind)
{
	return hand_table(&c, hand_file(&c, file, kind), "");
}

/* Mean and sd of one row; NaN: it has none. */
static struct corpus_told *row(
	uint32_t t, const char *subject, uint64_t n, double mean, double sd, int digits)
{
	struct corpus_told *first = hand_told(&c, t, subject, "time", STAT_MEAN, mean, digits);
	struct corpus_told *second;

	first->n = n;
	if (isnan(sd))
		return first;
	second = hand_told(&c, t, subject, "time", STAT_SD, sd, digits);
	second->n = n;
	second->row = first->row;
	return first;
}

static void failing(struct corpus_told *t, const char *why)
{
	for (int i = 0; i < 2; i++) {
		t[i].failed = true;
		t[i].failure = why;
		t[i].value = 0;
	}
}

static void figures_of_a_row_are_one(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);
	struct corpus_told *first = row(t, "conv, onnx", 10, 2, 0.2, 3);
	static const enum rule_stat stats[] = {STAT_MIN, STAT_MAX, STAT_P50, STAT_P95, STAT_P99};
	static const double values[] = {1.7, 2.4, 1.98, 2.3, 2.39};

	(void)state;
	for (size_t i = 0; i < COUNTOF(stats); i++)
		hand_told(&c, t, "conv, onnx", "time", stats[i], values[i], 3)->row = first->row;
	/* A size beside it is another quantity, and no mean. */
	hand_told(&c, t, "conv, onnx", "size", STAT_VALUE, 12, 0)->row = first->row;
	make();
	assert_int_equal(in.nseries, 1);
	assert_string_equal(in.series[0].subject, "conv, onnx");
	assert_string_equal(in.series[0].quantity, "time");
	assert_int_equal(in.series[0].n, 10);
	assert_double(in.series[0].mean, 2);
	assert_double(in.series[0].sd, 0.2);
	assert_double(in.series[0].min, 1.7);
	assert_double(in.series[0].max, 2.4);
	assert_double(in.series[0].p50, 1.98);
	assert_double(in.series[0].p95, 2.3);
	assert_double(in.series[0].p99, 2.39);
	/* t of 9 degrees of freedom */
	assert_true(fabs(in.series[0].low - 1.8569286) < 1e-6);
	assert_true(fabs(in.series[0].high - 2.1430714) < 1e-6);
	assert_null(in.series[0].interval_why);
	assert_int_equal(in.ngroups, 1);
	assert_false(in.groups[0].compared);
}

/* A second mean of a row is a series of its own, and not mixed with the first. */
static void two_means_of_a_row_are_two(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);
	struct corpus_told *first = row(t, "conv", 10, 2, 0.2, 3), *second;

	(void)state;
	second = row(t, "conv", 10, 7, 0.5, 3);
	second[0].row = second[1].row = first->row;
	make();
	assert_int_equal(in.nseries, 2);
	assert_double(in.series[0].mean, 2);
	assert_double(in.series[0].sd, 0.2);
	assert_double(in.series[1].mean, 7);
	assert_double(in.series[1].sd, 0.5);
}

/* Two files of one stem: the report has fewer digits, no n and no settings, and is read first. */
static void told_twice_is_once(void **state)
{
	uint32_t report = table("a/bench.csv", TREE_CSV), json = table("a/bench.json", TREE_JSON);

	(void)state;
	row(report, "conv, onnx", 0, 2.0, 0.2, 1);
	failing(row(report, "conv, jit", 0, 0, 0, 1), "");
	row(report, "conv, eager", 0, 3.1, 0.2, 1);
	row(json, "conv, onnx", 10, 2.004, 0.213, 3)->settings = "batch=4";
	failing(row(json, "conv, jit", 10, 0, 0, 3), "not installed");
	row(json, "conv, eager", 10, 3.4, 0.2, 3); /* another figure */
	make();
	assert_int_equal(in.nseries, 4);
	for (size_t i = 0; i < in.nseries; i++) {
		const struct insight_series *s = &in.series[i];

		if (strcmp(s->subject, "conv, onnx") == 0) {
			assert_double(s->mean, 2.004);
			assert_double(s->sd, 0.213);
			assert_int_equal(s->n, 10);
			assert_int_equal(s->nplaces, 2);
			assert_int_equal(s->places[0].file, 1);
			assert_int_equal(s->places[1].file, 0);
		} else if (s->failed) {
			assert_string_equal(s->failure, "not installed");
			assert_int_equal(s->nplaces, 2);
		} else {
			assert_int_equal(s->nplaces, 1);
		}
	}
}

static void failed_is_no_figure(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);

	(void)state;
	failing(row(t, "conv, jit", 10, 0, 0, 3), "no compiler");
	row(t, "conv, onnx", 10, 2, 0.2, 3);
	row(t, "conv, eager", 10, 1, 0.1, 3);
	make();
	assert_int_equal(in.ngroups, 1);
	assert_int_equal(in.groups[0].n, 3);
	assert_int_equal(in.groups[0].nfailed, 1);
	assert_string_equal(in.series[0].part, "eager");
	assert_string_equal(in.series[1].part, "onnx");
	assert_string_equal(in.series[2].part, "jit");
	assert_true(in.series[2].failed);
	assert_string_equal(in.series[2].failure, "no compiler");
	assert_true(
		isnan(in.series[2].mean) && isnan(in.series[2].sd) && isnan(in.series[2].ratio));
}

static const struct insight_group *group(const char *name)
{
	for (size_t i = 0; i < in.ngroups; i++)
		if (strcmp(in.groups[i].name, name) == 0)
			return &in.groups[i];
	fail_msg("no group %s", name);
	return NULL;
}

static void names_differ_in_one_part(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);
	const struct insight_group *g;

	(void)state;
	row(t, "conv, eager, cpu", 10, 4, 0.4, 3);
	row(t, "conv, onnx, cpu", 10, 2, 0.2, 3);
	row(t, "conv, jit, cpu", 10, 3, 0.3, 3);
	row(t, "conv, eager, gpu", 10, 1, 0.1, 3);
	row(t, "conv, onnx, gpu", 10, 1.5, 0.1, 3);
	row(t, "conv, jit, gpu", 10, 1.2, 0.1, 3);
	make();
	assert_int_equal(in.ngroups, 2);
	g = group("conv, cpu");
	assert_true(g->compared && g->one_table);
	assert_int_equal(g->n, 3);
	assert_string_equal(in.series[g->first].part, "onnx");
	assert_true(isnan(in.series[g->first].ratio));
	assert_string_equal(in.series[g->first + 2].part, "eager");
	assert_double(in.series[g->first + 2].ratio, 2);
	/* Welch on logarithms: 2 e^(-+ 2.1009 sqrt(0.1^2 / 10 + 0.1^2 / 10)) */
	assert_true(fabs(in.series[g->first + 2].ratio_low - 1.8206446) < 1e-4);
	assert_true(fabs(in.series[g->first + 2].ratio_high - 2.1970240) < 1e-4);
	assert_true(in.series[g->first + 2].p < 1e-6);
	g = group("conv, gpu");
	assert_string_equal(in.series[g->first].part, "eager");
	assert_string_equal(in.findings[0].kind, "comparison");
	assert_contains(in.findings[0].text,
		"of conv, cpu: onnx is best at 2.00 ms, then comes jit with 1.50 times (1.37 to "
		"1.65) "
		"that, and last eager with 2.00 times (1.82 to 2.20)");
	assert_int_equal(in.findings[0].n, 6);
	assert_string_equal(in.findings[0].file, "a/bench.json");
}

/* Of one table and of one name: the place of a row would be that of one of them alone. */
static void a_group_is_not_named_after_its_first_row(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);

	(void)state;
	c.tables[t].json = true;
	c.tables[t].place = "results[]";
	row(t, "card 7, eager", 10, 4, 0.4, 3);
	row(t, "card 7", 10, 3, 0.3, 3);
	row(t, "card 7, onnx", 10, 2, 0.2, 3);
	make();
	assert_int_equal(in.ngroups, 2);
	assert_int_equal(in.groups[0].n + in.groups[1].n, 3);
	for (size_t i = 0; i < in.ngroups; i++)
		assert_null(strstr(in.groups[i].name, "results["));
	assert_int_equal(group("card 7")->n, 2);
}

static void the_next_may_be_as_good(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);

	(void)state;
	row(t, "conv, eager", 10, 2.0, 0.4, 3);
	row(t, "conv, jit", 10, 2.05, 0.4, 3);
	row(t, "conv, onnx", 10, 8, 0.4, 3);
	make();
	assert_true(in.series[1].p > 0.05 && in.series[1].p <= 1);
	assert_true(in.series[2].p < 1e-6);
	assert_contains(in.findings[0].text, "from which jit cannot be told: 1.0");
	assert_contains(in.findings[0].text, "and last onnx with 4.0");
}

static void rates_are_best_on_top(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);

	(void)state;
	hand_told(&c, t, "slow", "throughput", STAT_MEAN, 10, 1);
	hand_told(&c, t, "fast", "throughput", STAT_MEAN, 40, 1);
	make();
	assert_int_equal(in.nseries, 2);
	assert_string_equal(in.series[0].subject, "fast");
	assert_double(in.series[1].ratio, 0.25);
	assert_true(isnan(in.series[1].ratio_low));
	assert_string_equal(in.series[1].interval_why, "no spread is told");
	assert_string_equal(in.groups[0].name, "bench"); /* nothing else is shared */
	assert_contains(in.findings[0].text, "0.250 times (told without spread)");
}

static void where_rows_are_there_is_none(void **state)
{
	static const double v[] = {1, 2, 3};
	uint32_t rows = table("a/rows.csv", TREE_CSV), t = table("a/bench.json", TREE_JSON);

	(void)state;
	hand_warm(hand_measure(&c, hand_subject(&c, "conv eager", rows, 3), "time", "Time"), v, 3);
	row(t, "conv, eager", 10, 7, 0.2, 3);
	failing(row(t, "conv, eager", 10, 0, 0, 3), "again");
	row(t, "conv, jit", 10, 5, 0.2, 3);
	make();
	assert_int_equal(in.nseries, 1);
	assert_string_equal(in.series[0].subject, "conv, jit");
}

/* A setting that only one row has is no reason to set it apart; several of one thing are. */
static void settings_side_by_side(void **state)
{
	uint32_t one = table("a/bench.json", TREE_JSON), two = table("b/batches.json", TREE_JSON);
	const struct insight_group *g;

	(void)state;
	row(one, "conv, eager", 10, 4, 0.4, 3)->settings = "batch=4";
	row(one, "conv, jit", 10, 3, 0.3, 3)->settings = "mode=best batch=4";
	for (int batch = 1; batch <= 2; batch++) {
		row(two, "mlp, eager", 10, 4 * batch, 0.4, 3)->settings =
			batch == 1 ? "batch=1" : "batch=2";
		row(two, "mlp, jit", 10, 3 * batch, 0.3, 3)->settings =
			batch == 1 ? "batch=1" : "batch=2";
	}
	make();
	assert_int_equal(in.ngroups, 3);
	assert_int_equal(group("conv")->n, 2);
	g = group("mlp, batch=2");
	assert_int_equal(g->n, 2);
	assert_string_equal(in.series[g->first].part, "jit");
	assert_double(in.series[g->first].mean, 6);
}

/* Files of one row each, in one folder, stand side by side, but may be of unlike work. */
static void small_files_of_a_folder(void **state)
{
	uint32_t a = table("r/fast.json", TREE_JSON), b = table("r/slow.json", TREE_JSON);

	(void)state;
	c.files[0].rows = c.files[1].rows = 1;
	row(a, "", 5, 2, 0.2, 2);
	row(b, "", 5, 4, 0.2, 2);
	make();
	assert_int_equal(in.ngroups, 1);
	assert_string_equal(in.groups[0].name, "r");
	assert_true(in.groups[0].compared);
	assert_false(in.groups[0].one_table);
	assert_string_equal(in.series[0].subject, "fast");
	assert_double(in.series[1].ratio, 2);
}

/* The same thing measured again is nothing to compare with. */
static void repeats_are_not_compared(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);

	(void)state;
	row(t, "conv", 10, 2, 0.2, 3);
	row(t, "conv", 10, 3, 0.2, 3);
	make();
	assert_int_equal(in.nseries, 2);
	assert_int_equal(in.ngroups, 1);
	assert_false(in.groups[0].compared);
	assert_true(isnan(in.series[1].ratio));
}

static void groups_of_one_name_are_told_apart(void **state)
{
	uint32_t a = table("a/monday.json", TREE_JSON), b = table("a/friday.json", TREE_JSON);

	(void)state;
	row(a, "conv, eager", 10, 2, 0.2, 3);
	row(a, "conv, jit", 10, 3, 0.2, 3);
	row(b, "conv, eager", 10, 4, 0.2, 3);
	row(b, "conv, jit", 10, 5, 0.2, 3);
	make();
	assert_int_equal(in.ngroups, 2);
	assert_int_equal(group("conv (monday)")->n, 2);
	assert_int_equal(group("conv (friday)")->n, 2);
}

static void parts_of_names(void **state)
{
	struct name_part p[3];

	(void)state;
	assert_int_equal(name_parts("", p, 3), 0);
	assert_int_equal(name_parts("kernel<1, 2>(a, b), gpu", p, 3), 2);
	assert_int_equal(p[0].len, strlen("kernel<1, 2>(a, b)"));
	assert_memory_equal(p[1].s, "gpu", p[1].len);
	assert_int_equal(name_parts("a, b, c, d, e", p, 3), 3);
	assert_int_equal(p[2].len, strlen("c, d, e"));
	assert_int_equal(name_parts("open (a, b", p, 3), 1);
}

static void uses_of_quantities(void **state)
{
	(void)state;
	assert_int_equal(insight_use("throughput"), USE_FIRST);
	assert_int_equal(insight_use("accuracy"), USE_QUALITY);
	assert_int_equal(insight_use("memory"), USE_COST);
	assert_int_equal(insight_use("prefill"), USE_PART);
	assert_int_equal(insight_use("never heard of"), USE_PART);
	assert_true(insight_use_order("throughput", "ttft") < 0);
	assert_true(insight_use_order("e2el", "score") < 0);
	assert_true(insight_use_order("power", "score") > 0);
	assert_int_equal(insight_use_order("prefill", "decode"), 0);
}

static void a_column_without_grades_is_no_score(void **state)
{
	static const double v[] = {0.5};
	uint32_t t = table("a/rows.csv", TREE_CSV), s = hand_subject(&c, "owl3", t, 3);
	struct corpus_measure *m = hand_measure(&c, s, "score", "Score");
	struct insight first;

	(void)state;
	values_finish(&m->warm);
	values_finish(&m->cold);
	insight_make(&first, &c);
	assert_false(first.has_score);
	insight_release(&first);
	values_release(&m->warm);
	values_init(&m->warm, false);
	hand_warm(m, v, 1);
	make();
	assert_true(in.has_score);
}

static void json_has_all_of_it(void **state)
{
	uint32_t t = table("a/bench.json", TREE_JSON);
	json_t *o, *list, *one;

	(void)state;
	row(t, "conv, onnx", 10, 2, 0.2, 3);
	row(t, "conv, eager", 10, 4, NAN, 3);
	failing(row(t, "conv, jit", 10, 0, 0, 3), "no\xff compiler");
	make();
	o = insight_json(&in);
	list = json_object_get(o, "told_series");
	assert_int_equal(json_array_size(list), 3);
	one = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(one, "part")), "onnx");
	assert_string_equal(json_string_value(json_object_get(one, "group")), "conv");
	assert_string_equal(json_string_value(json_object_get(one, "ratio_why")), "it is the best");
	assert_string_equal(json_string_value(json_object_get(one, "p99_why")), "it is not told");
	one = json_array_get(list, 1);
	assert_double(json_number_value(json_object_get(one, "ratio")), 2);
	assert_true(json_is_null(json_object_get(one, "ci_low")));
	assert_string_equal(
		json_string_value(json_object_get(one, "ci_low_why")), "no spread is told");
	assert_string_equal(
		json_string_value(json_object_get(one, "ratio_low_why")), "told without spread");
	one = json_array_get(list, 2);
	assert_true(json_is_true(json_object_get(one, "failed")));
	assert_true(json_is_null(json_object_get(one, "mean")));
	assert_string_equal(json_string_value(json_object_get(one, "failure")), "no? compiler");
	json_decref(o);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(figures_of_a_row_are_one),
		CASE(two_means_of_a_row_are_two),
		CASE(told_twice_is_once),
		CASE(failed_is_no_figure),
		CASE(names_differ_in_one_part),
		CASE(the_next_may_be_as_good),
		CASE(rates_are_best_on_top),
		CASE(where_rows_are_there_is_none),
		CASE(settings_side_by_side),
		CASE(small_files_of_a_folder),
		CASE(repeats_are_not_compared),
		CASE(groups_of_one_name_are_told_apart),
		CASE(parts_of_names),
		CASE(a_group_is_not_named_after_its_first_row),
		CASE(uses_of_quantities),
		CASE(a_column_without_grades_is_no_score),
		CASE(json_has_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
