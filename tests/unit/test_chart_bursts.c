/* test_chart_bursts.c - the chart of load, and fields of a heat map that were not swept. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "chart_data.h"
#include "charts.h"
#include "fsx.h"
#include "jsonx.h"
#include "unit.h"

static json_t *cells;

static json_t *value(double x, double half)
{
	return isnan(x) ? json_pack("{s:n}", "estimate")
			: json_pack("{s:f, s:f, s:f, s:i}", "estimate", x, "ci_low", x - half,
				  "ci_high", x + half, "n", 4);
}

/* A cell of so many requests in flight, or of a rate. */
struct load {
	const char *factor, *other; /* name of the second factor's level */
	double level, system, goodput, p95;
	bool queued, overload;
	int failed;
};

static void add(struct load l)
{
	bool rate = strcmp(l.factor, "rate") == 0;
	json_t *p95 = isnan(l.p95) ? json_null() : json_real(l.p95);
	json_t *metrics = json_pack("{s:o, s:o, s:{s:f, s:O}, s:{s:f}}", "system_tok_s",
		value(l.system, 5), "goodput_rps", value(l.goodput, 0.1), "ttft_ms", "estimate",
		50.0, "p95", rate ? json_false() : p95, "decode_tok_s", "estimate", 50.0);
	json_t *bursts = json_pack("{s:i, s:o, s:i, s:b, s:b, s:O}", "n", 4, "rate",
		rate ? json_real(l.level) : json_null(), "serves", 2, "queued", l.queued,
		"overload", l.overload, "ttft_due_p95", rate ? p95 : json_null());
	json_t *settings = json_pack("{s:f, s:s}", l.factor, l.level, "model", l.other);
	json_t *failed = l.failed ? json_pack("{s:i}", "skipped", l.failed) : json_object();

	json_array_append_new(cells,
		json_pack("{s:s, s:o, s:i, s:o, s:o, s:o}", "cell_id", "c", "settings", settings,
			"n", 40, "failed", failed, "metrics", metrics, "bursts", bursts));
	json_decref(p95);
}

static void load_data(struct chart_data *d, double confidence)
{
	json_t *root = json_pack("{s:o, s:f}", "cells", cells, "confidence", confidence);
	struct err e = ERR_INIT;

	json_dump_file(root, unit_path("summary.json"), 0);
	json_decref(root);
	if (chart_data_load(d, unit_path("."), &e))
		fail_msg("%s", e.msg);
}

static void make(struct chart_data *d, struct chart *c)
{
	load_data(d, 0.95);
	chart_init(c, "bursts");
	chart_bursts(d, c);
}

static void release(struct chart_data *d, struct chart *c)
{
	chart_release(c);
	chart_data_release(d);
}

static int begin(void **state)
{
	(void)state;
	cells = json_array();
	return 0;
}

static void four_levels(const char *other, double by)
{
	for (int i = 0; i < 4; i++)
		add((struct load){.factor = "concurrency",
			.other = other,
			.level = 1 << i,
			.system = by * (i < 1 ? 50 : 100),
			.goodput = NAN,
			.p95 = 100 << i,
			.queued = i > 1});
}

static void test_concurrency(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	four_levels("a", 1);
	four_levels("b", 2);
	make(&d, &c);
	assert_int_equal(c.why.len, 0);
	assert_double(c.n, 320);
	assert_contains(c.title.s, "by concurrency");
	assert_contains(c.alt.s,
		"System throughput and p95 of TTFT against concurrency, a line for "
		"each level of model. The highest system throughput is 200 tok/s");
	assert_contains(c.alt.s, "and model b");
	assert_contains(c.gp.s, "requests kept in flight (concurrency)");
	assert_contains(c.gp.s, "'decodes 2 at a time'");
	assert_contains(c.gp.s, "n = 32 bursts");
	assert_contains(c.gp.s, "Bars: 95 % intervals");
	assert_contains(c.caption.s, "Hollow points");
	assert_null(strstr(c.gp.s, "Goodput"));   /* no limits were stated */
	assert_null(strstr(c.gp.s, "pattern 4")); /* nothing failed */
	/* line, level, three measures with their ends, queued, failed, n, name */
	assert_contains(
		c.dat.s, "\n0\t2\t100\t95\t105\tNaN\tNaN\tNaN\t400\tNaN\tNaN\t1\t0\t40\t'4'");
	release(&d, &c);
}

static void test_rate(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	for (int i = 1; i <= 3; i++)
		add((struct load){.factor = "rate",
			.other = "a",
			.level = i,
			.system = i < 3 ? 40 * i : 95,
			.goodput = i < 3 ? i : (double)NAN,
			.p95 = i < 3 ? 50 : (double)NAN,
			.overload = i == 3,
			.failed = i == 3 ? 12 : 0});
	make(&d, &c);
	assert_contains(c.gp.s, "requests sent per second (rate)");
	assert_contains(c.gp.s, "Goodput: requests that meet every stated limit");
	assert_contains(c.gp.s, "Hatched: requests failed or were not sent.");
	assert_contains(c.gp.s, "rectangle from first 2.5, graph 0 to first 3.5, graph 1");
	assert_contains(c.gp.s, "more than\\nit takes\" at first 3,");
	assert_contains(c.caption.s, "rate 3 is more than this server takes.");
	assert_contains(c.caption.s, "TTFT counts from when a request was due");
	/* p95 is that from due times; what is not given is no point. */
	assert_contains(c.dat.s, "\n0\t1\t80\t75\t85\t2\t1.9\t2.1\t50\tNaN\tNaN\t0\t0\t40\t'2'");
	assert_contains(
		c.dat.s, "\n0\t2\t95\t90\t100\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\t0\t12\t40\t'3'");
	release(&d, &c);
}

/* Cells that differ in further factors are one point, without a bar. */
static void test_averages(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	for (int top_k = 0; top_k < 2; top_k++) {
		for (int i = 1; i <= 2; i++) {
			json_t *cell;

			add((struct load){.factor = "concurrency",
				.other = i == 1 ? "a" : "b",
				.level = i,
				.system = top_k ? 400 : 100,
				.goodput = top_k ? 0 : 4,
				.p95 = 100});
			cell = json_array_get(cells, json_array_size(cells) - 1);
			json_object_set_new(
				json_object_get(cell, "settings"), "top_k", json_integer(top_k));
		}
	}
	make(&d, &c);
	assert_contains(c.gp.s, "Averaged over further factors.");
	/* The geometric mean of rates, the plain one of goodput, which may be 0. */
	assert_contains(c.dat.s, "\n0\t0\t200.0");
	assert_contains(c.dat.s, "\tNaN\tNaN\t2\tNaN\tNaN\t100");
	release(&d, &c);
}

static void test_left_out(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	add((struct load){.factor = "top_k", .other = "a", .level = 1, .p95 = 1});
	add((struct load){.factor = "top_k", .other = "a", .level = 2, .p95 = 1});
	make(&d, &c);
	assert_string_equal(c.why.s, "neither concurrency nor rate is varied");
	release(&d, &c);
	cells = json_array();
	for (int i = 0; i < 17; i++)
		add((struct load){.factor = "concurrency", .other = "a", .level = i + 1, .p95 = 1});
	make(&d, &c);
	assert_contains(c.why.s, "17 levels are too many");
	release(&d, &c);
}

static void test_names_are_only_text(void **state)
{
	static const char evil[] = "`touch x`'; system('y') \"\n@m";
	struct chart_data d;
	struct chart c;
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	four_levels(evil, 1);
	four_levels("b", 2);
	make(&d, &c);
	assert_null(strstr(c.gp.s, "'; system('y')")); /* the quote is doubled */
	release(&d, &c);
	if (system("gnuplot --version >/dev/null 2>&1") != 0)
		skip();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	index = jsonx_load(unit_path("charts/index.json"), &e);
	assert_non_null(index);
	assert_true(fsx_exists(unit_path("charts/bursts.svg")));
	assert_true(fsx_exists(unit_path("charts/bursts.png")));
	json_decref(index);
}

static void test_share_of_intervals(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	four_levels("a", 1);
	load_data(&d, 0.97);
	chart_init(&c, "bursts");
	chart_bursts(&d, &c);
	assert_contains(c.gp.s, "Bars: 97 % intervals");
	assert_contains(c.caption.s, "bars are 97 % intervals");
	release(&d, &c);
}

/* A grid with holes: what was left out is white, what failed is hatched. */
static void test_absent_fields(void **state)
{
	struct chart_data d;
	struct chart c;

	(void)state;
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++) {
			json_t *v = i == 2 && k == 1 ? json_null() : json_real(50 + i + k);

			if (i == 0 && k == 2)
				json_decref(v); /* excluded */
			else
				json_array_append_new(cells,
					json_pack("{s:s, s:{s:i, s:i}, s:i, s:{}, s:{s:{s:o}}}",
						"cell_id", "c", "settings", "num_ctx", i, "num_gpu",
						k, "n", 6, "failed", "metrics", "decode_tok_s",
						"estimate", v));
		}
	}
	load_data(&d, 0.95);
	chart_init(&c, "heatmap-throughput");
	chart_heatmap(&d, CHART_THROUGHPUT, &c);
	assert_contains(c.gp.s, "White: not part of the sweep.");
	assert_contains(c.gp.s, "Hatched: no result.");
	assert_contains(c.caption.s, "White fields were not part of the sweep.");
	/* num_ctx upwards, num_gpu across: panel, column, row, value, shown, ink, best, has, ... */
	assert_contains(c.dat.s, "\n0\t2\t0\tNaN\t-\t0\t0\t-1\t0\t0\n");
	assert_contains(c.dat.s, "\n0\t1\t2\tNaN\t-\t0\t0\t0\t6\t0\n");
	release(&d, &c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_concurrency, begin),
		cmocka_unit_test_setup(test_rate, begin),
		cmocka_unit_test_setup(test_averages, begin),
		cmocka_unit_test_setup(test_left_out, begin),
		cmocka_unit_test_setup(test_names_are_only_text, begin),
		cmocka_unit_test_setup(test_share_of_intervals, begin),
		cmocka_unit_test_setup(test_absent_fields, begin),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
