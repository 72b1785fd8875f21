/* The charts of a corpus's subjects. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "chart_data.h"
#include "charts.h"
#include "fsx.h"
#include "jsonx.h"
#include "unit.h"

static json_t *series;

static json_t *figure(int n, double mean, double half, double min, double max)
{
	return json_pack("{s:i, s:f, s:o, s:o, s:f, s:f}", "n", n, "mean", mean, "ci_low",
		isnan(half) ? json_null() : json_real(mean - half), "ci_high",
		isnan(half) ? json_null() : json_real(mean + half), "min", min, "max", max);
}

static void add_measure(json_t *measures, const char *quantity, const char *label, const char *unit,
	int better, json_t *all, json_t *warm)
{
	json_array_append_new(measures,
		json_pack("{s:s, s:s, s:s, s:i, s:o, s:o}", "quantity", quantity, "label", label,
			"unit", unit, "better", better, "all", all, "warm", warm));
}

static json_t *add_subject(const char *name, int n, int failed, int cold)
{
	json_t *measures = json_array();

	json_array_append_new(series,
		json_pack("{s:s, s:i, s:i, s:i, s:o}", "subject", name, "n", n, "failed", failed,
			"cold", cold, "measures", measures));
	return measures;
}

static void add_model(
	const char *name, int n, int failed, int cold, double rate, double ttft, double ttft_all)
{
	json_t *m = add_subject(name, n, failed, cold);

	add_measure(m, "throughput", "Throughput", "tok/s", 1,
		figure(n, rate, 2, rate - 5, rate + 5),
		figure(n - cold, rate, 1, rate - 5, rate + 5));
	add_measure(m, "ttft", "TTFT", "ms", -1,
		figure(n, ttft_all, ttft_all, ttft - 5, 9 * ttft_all),
		figure(n - cold, ttft, 3, ttft - 5, ttft + 9));
}

static int begin(void **state)
{
	(void)state;
	series = json_array();
	return 0;
}

static void load(struct chart_data *d)
{
	json_t *root = json_pack("{s:i, s:o}", "schema", 1, "series", series);
	struct err e = ERR_INIT;

	json_dump_file(root, unit_path("summary.json"), 0);
	json_decref(root);
	if (chart_data_load(d, unit_path("."), &e))
		fail_msg("%s", e.msg);
	assert_true(d->is_corpus);
}

static void release(struct chart_data *d, struct chart *c)
{
	chart_release(c);
	chart_data_release(d);
}

static void three(void)
{
	add_model("slow", 20, 4, 5, 50, 200, 1500);
	add_model("fast", 30, 0, 0, 150, 90, 90);
	add_subject("broken 50%", 0, 7, 0);
	add_model("middle", 10, 0, 0, 100, 95, 95);
}

static void test_best_on_top(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	three();
	load(&d);
	chart_init(&c, "series-throughput");
	chart_series(&d, "throughput", &c);
	assert_int_equal(c.why.len, 0);
	assert_string_equal(c.title.s, "Throughput by subject");
	assert_string_equal(c.alt.s,
		"Mean throughput of 3 subjects. The highest is fast at 150.0 tok/s, the lowest "
		"slow "
		"at "
		"50.0 tok/s. Of 1 subject every row failed.");
	assert_double(c.n, 55); /* warm ones */
	/* place, mean and ends, least and most, the same of all rows, counts */
	assert_contains(c.dat.s,
		"\n3\t150\t149\t151\t145\t155\t150\t148\t152\t145\t155\t30\t0\t0\t'fast'\n"
		"2\t100\t");
	assert_contains(c.dat.s,
		"\n0\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\t0\t7\t0\t"
		"'broken 50%'\n");
	assert_contains(c.gp.s, "'broken 50%%' 0, 'slow' 1, 'middle' 2, 'fast' 3)");
	assert_contains(c.gp.s, "'all 7 failed'");
	assert_contains(c.gp.s, "'n = 20, 5 cold, 4 failed'");
	assert_contains(c.gp.s, "set xlabel 'Throughput (tok/s)'");
	assert_contains(c.gp.s, "pattern 4");
	assert_contains(c.caption.s, "rows that paid for no load");
	assert_contains(c.caption.s, "Hatched: 1 subject of which every row failed.");
	release(&d, &c);
}

static void test_loads(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	three();
	load(&d);
	chart_init(&c, "series-ttft");
	chart_series_loads(&d, &c);
	assert_int_equal(c.why.len, 0);
	assert_contains(c.gp.s, "set logscale x");
	assert_contains(c.gp.s, "Logarithmic axis.");
	assert_contains(c.gp.s, "title 'all rows, loads too'");
	assert_contains(c.alt.s, "The lowest is fast at 90.0 ms, the highest slow at 200 ms.");
	assert_contains(c.alt.s, "With the rows that paid for a load, the mean of slow is ");
	assert_contains(c.caption.s, "intervals of the mean; one that would reach below");
	/* its interval from 0 to 3,000 is drawn from the least value on */
	assert_contains(c.dat.s, "\t1500\t195\t3000\t195\t13500\t20\t4\t5\t'slow'");
	release(&d, &c);
}

static void test_without_loads(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	add_model("a", 20, 0, 0, 50, 90, 90);
	add_model("b", 20, 0, 0, 60, 95, 95);
	load(&d);
	chart_init(&c, "series-ttft");
	chart_series_loads(&d, &c);
	assert_null(strstr(c.gp.s, "\nset logscale"));
	assert_null(strstr(c.alt.s, "paid for a load"));
	assert_null(strstr(c.caption.s, "Two means"));
	assert_string_equal(c.title.s, "TTFT by subject");
	assert_null(strstr(c.gp.s, "loads"));
	release(&d, &c);
}

static void test_tradeoff(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	three();
	load(&d);
	chart_init(&c, "series-tradeoff");
	chart_series_tradeoff(&d, &c);
	assert_int_equal(c.why.len, 0);
	assert_contains(c.alt.s,
		"Throughput against TTFT for 3 subjects. The highest throughput is 150.0 tok/s at "
		"fast; "
		"the lowest TTFT is 90.0 ms at fast.");
	assert_contains(c.dat.s, "\n200\t197\t203\t50\t49\t51\t2\t'slow'\n");
	assert_contains(c.gp.s, "every ::2::2 using 1:4:2:3:5:6 with xyerrorbars");
	assert_contains(c.gp.s, "set ylabel 'Throughput (tok/s)'");
	release(&d, &c);
}

/* Many with names that differ in their middle: those drawn are told apart by number. */
static void test_many(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	for (int i = 0; i < 31; i++) {
		char name[80];

		snprintf(name, sizeof(name), "a-long-name-of-a-model-%02d:instruct-q4_K_M", i);
		add_model(name, 20, 0, 0, 50 + i, 90, 90);
	}
	load(&d);
	chart_init(&c, "series-throughput");
	chart_series(&d, "throughput", &c);
	assert_contains(c.alt.s, "Mean throughput of the 24 best subjects.");
	assert_contains(c.gp.s, "'1. a-long-nam");
	assert_contains(c.gp.s, "'24. a-long-na");
	assert_null(strstr(c.gp.s, "'25. "));
	assert_contains(c.caption.s, "Not drawn: 7 more subjects, which summary.json has.");
	release(&d, &c);
}

/* Emoji, for which a font may have no glyph, a mark that turns the text, and a control. */
static void test_names_can_be_drawn(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	add_model("\xf0\x9f\xa6\x99 llama", 20, 0, 0, 50, 90, 90);
	add_model("\xe2\x80\xaegnp.evil", 20, 0, 0, 40, 90, 90);
	add_model("a\x01z \xee\x80\x80\xef\xb8\x8f", 20, 0, 0, 30, 90, 90);
	add_model("\xe6\x97\xa5\xe6\x9c\xac \xc3\xa9", 20, 0, 0, 20, 90, 90);
	load(&d);
	chart_init(&c, "series-throughput");
	chart_series(&d, "throughput", &c);
	assert_contains(c.gp.s,
		"('\xe6\x97\xa5\xe6\x9c\xac \xc3\xa9' 0, 'a z ?\?' 1, 'gnp.evil' 2, '? llama' 3)");
	release(&d, &c);
}

static void test_one_value_has_no_bar(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	add_measure(add_subject("one", 1, 0, 0), "latency", "Latency", "ms", -1,
		figure(1, 12, NAN, 12, 12), figure(1, 12, NAN, 12, 12));
	load(&d);
	chart_init(&c, "series-latency");
	chart_series(&d, "latency", &c);
	assert_contains(c.dat.s, "\n0\t12\t12\t12\t12\t12\t");
	assert_contains(c.alt.s, "Mean latency of 1 subject. one has 12.0 ms.");
	/* nothing is said of bars, lines and an order that are not there */
	assert_string_equal(c.caption.s,
		"Dots are means of rows. n is the number of rows, failed ones not counted.");
	assert_contains(c.gp.s, "Lower is better. Dot: mean of rows.'");
	release(&d, &c);
}

static void test_nothing_to_draw(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	add_subject("broken", 0, 7, 0);
	load(&d);
	chart_init(&c, "series-throughput");
	chart_series(&d, "throughput", &c);
	assert_string_equal(c.why.s, "no subject has a mean throughput");
	chart_release(&c);
	chart_init(&c, "series-ttft");
	chart_series_loads(&d, &c);
	assert_string_equal(c.why.s, "no subject has a mean TTFT");
	chart_release(&c);
	chart_init(&c, "series-tradeoff");
	chart_series_tradeoff(&d, &c);
	assert_string_equal(c.why.s, "no subject has both a throughput and a TTFT");
	release(&d, &c);
}

static size_t entries(const json_t *index, const char *list, const char *name)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach (json_object_get(index, list), i, one)
		n += !name || strcmp(jsonx_get_string(one, "name"), name) == 0;
	return n;
}

/* ---- what files only tell ---- */

static json_t *told(const char *group, const char *part, bool one_table, double mean, double low)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o}",
		"group", group, "part", part, "subject", part, "quantity", "time", "label", "Time",
		"unit", "ms", "better", -1, "one_table", one_table, "failed", isnan(mean), "n",
		isnan(mean) || isnan(low) ? json_null() : json_integer(10), "mean",
		isnan(mean) ? json_null() : json_real(mean), "ci_low",
		isnan(low) ? json_null() : json_real(low), "ci_high",
		isnan(low) ? json_null() : json_real(2 * mean - low), "ratio",
		isnan(mean) ? json_null() : json_real(1));
}

static void load_told(struct chart_data *d, json_t *list)
{
	json_t *root = json_pack(
		"{s:i, s:o, s:o}", "schema", 1, "series", json_array(), "told_series", list);
	struct err e = ERR_INIT;

	json_dump_file(root, unit_path("summary.json"), 0);
	json_decref(root);
	if (chart_data_load(d, unit_path("."), &e))
		fail_msg("%s", e.msg);
}

/* The largest group of one table is drawn; what failed is hatched, and no 0. */
static void test_told(void **state)
{
	json_t *list = json_array();
	struct chart_data d;
	struct chart c;

	(void)state;
	json_decref(series);
	for (int i = 0; i < 5; i++)
		json_array_append_new(list, told("folder", "x", false, 1 + i, 0.5));
	json_array_append_new(list, told("small", "y", true, 1, 0.5));
	json_array_append_new(list, told("small", "z", true, 2, 0.5));
	json_array_append_new(list, told("conv, cpu", "onnx", true, 0.7, 0.6));
	json_array_append_new(list, told("conv, cpu", "jit", true, 3.8, 3.5));
	json_array_append_new(list, told("conv, cpu", "fused", true, NAN, NAN));
	load_told(&d, list);
	assert_int_equal(d.ntold, 3);
	assert_string_equal(d.told_group, "conv, cpu");
	chart_init(&c, "series-told");
	chart_series_told(&d, &c);
	assert_int_equal(c.why.len, 0);
	assert_string_equal(c.title.s, "Time of conv, cpu, as told");
	assert_contains(c.alt.s, "The lowest is onnx at 0.70 ms");
	assert_contains(c.alt.s, "1 subject failed.");
	assert_contains(c.gp.s, "'failed'");
	assert_contains(c.gp.s, "pattern 4");
	assert_contains(c.caption.s, "95 % intervals");
	release(&d, &c);
}

static void test_told_by_sd(void **state)
{
	json_t *list = json_array(), *one;
	struct chart_data d;
	struct chart c;

	(void)state;
	json_decref(series);
	for (int i = 1; i <= 2; i++) {
		one = told("g", i == 1 ? "a" : "b", true, i, NAN);
		json_object_set_new(one, "sd", json_real(0.25));
		json_array_append_new(list, one);
	}
	load_told(&d, list);
	chart_init(&c, "series-told");
	chart_series_told(&d, &c);
	assert_int_equal(c.why.len, 0);
	assert_contains(c.caption.s, "one standard deviation to either side");
	assert_contains(c.gp.s, "'n is not told'");
	assert_contains(c.dat.s, "1\t1\t0.75\t1.25");
	release(&d, &c);
}

static void test_told_nothing(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	json_decref(series);
	load_told(&d, json_array());
	chart_init(&c, "series-told");
	chart_series_told(&d, &c);
	assert_contains(c.why.s, "no file tells");
	release(&d, &c);
}

/* The index has the five charts of a corpus and none of a run's; names of all kinds pass gnuplot.
 */
static void test_drawn(void **state)
{
	struct chart_data d;
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	three();
	add_model("it's `date` $(x) \xc3\xa9 {/Bold x} 100%", 10, 0, 0, 70, 80, 80);
	load(&d);
	chart_data_release(&d);
	if (charts_draw(unit_path("."), &e)) {
		if (strstr(e.msg, "gnuplot") && strstr(e.hint, "install"))
			skip(); /* not there */
		fail_msg("%s", e.msg);
	}
	index = jsonx_load(unit_path("charts/index.json"), NULL);
	assert_non_null(index);
	assert_int_equal(entries(index, "charts", NULL), 3);
	assert_int_equal(entries(index, "left_out", NULL), 2);
	assert_int_equal(entries(index, "left_out", "series-told"), 1);
	assert_int_equal(entries(index, "left_out", "series-latency"), 1);
	assert_true(fsx_exists(unit_path("charts/series-throughput.svg")));
	assert_true(fsx_exists(unit_path("charts/series-tradeoff.png")));
	assert_false(fsx_exists(unit_path("charts/series-latency.gp")));
	json_decref(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_best_on_top, begin),
		cmocka_unit_test_setup(test_loads, begin),
		cmocka_unit_test_setup(test_without_loads, begin),
		cmocka_unit_test_setup(test_tradeoff, begin),
		cmocka_unit_test_setup(test_told, begin),
		cmocka_unit_test_setup(test_told_by_sd, begin),
		cmocka_unit_test_setup(test_told_nothing, begin),
		cmocka_unit_test_setup(test_many, begin),
		cmocka_unit_test_setup(test_names_can_be_drawn, begin),
		cmocka_unit_test_setup(test_one_value_has_no_bar, begin),
		cmocka_unit_test_setup(test_nothing_to_draw, begin),
		cmocka_unit_test_setup(test_drawn, begin),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
