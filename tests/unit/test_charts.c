/* Charts: what they are drawn from, what they say, what they must survive. */
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chart.h"
#include "chart_data.h"
#include "charts.h"
#include "fsx.h"
#include "gnuplot.h"
#include "hash.h"
#include "jsonx.h"

/* ---- a run folder ---- */

#define HEADER "order,pass,block,phase,status,validity,paid_load,load_id,ttft_ms,decode_tok_s"

static struct str csv;

static void csv_begin(void)
{
	str_add(&csv, HEADER ",row_crc\n");
}

static void csv_row(const char *line)
{
	str_addf(&csv, "%s,%08x\n", line, crc32c(0, line, strlen(line)));
}

static void csv_write(void)
{
	unit_write("runs.csv", csv.s, csv.len);
	str_release(&csv);
}

/* Rows of every kind, not in the order they were sent. */
static void write_rows(void)
{
	csv_begin();
	csv_row("2,1,0,measure,ok,valid,0,l1,270.500000,87.1");
	csv_row("1,1,0,warmup,ok,valid,1,l1,900.000000,80");
	csv_row("3,1,0,measure,ok,suspect,0,l1,271.000000,86.9");
	csv_row("4,1,0,measure,timeout_first,valid,0,l1,,");
	csv_row("5,1,0,sentinel,ok,valid,0,l2,272.000000,86");
	csv_row("6,2,1,measure,ok,invalid,0,l3,272.000000,86");
	csv_row("7,2,1,measure,ok,valid,1,l3,900.000000,86");
	csv_row("8,2,1,measure,skipped,valid,0,l3,,");
	str_add(&csv, "9,2,1,measure,ok,valid,0,l3,272.000000,86,00000000\n");
	csv_write();
}

static struct str slurp(const char *path)
{
	struct str text = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;

	if (fsx_read(path, STR_MAX_FILE, &text, &e))
		fail_msg("%s", e.msg);
	return text;
}

/* The hand-made summary and rows of every kind. */
static void make_run(void)
{
	char path[4096];
	struct str text;

	snprintf(path, sizeof(path), "%s/charts/summary.json", getenv("TEST_DATA"));
	text = slurp(path);
	unit_write("summary.json", text.s, text.len);
	str_release(&text);
	write_rows();
}

static int setup(void **state)
{
	csv = (struct str)STR_INIT(STR_MAX_FILE);
	return unit_setup_tmpdir(state);
}

static int teardown(void **state)
{
	str_release(&csv);
	return unit_teardown_tmpdir(state);
}

static bool has_gnuplot(void)
{
	return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static bool has_file(const char *name)
{
	return fsx_exists(unit_path(name));
}

/* A summary with a cell for every pair of levels of two factors; of one level with one cell. */
static void write_grid(const char *factor, const char *const *levels, size_t n)
{
	json_t *root = json_object(), *cells = json_array();

	for (size_t k = 0; k < (n > 1 ? 2 * n : 1); k++) {
		size_t i = k / 2;

		json_array_append_new(cells,
			json_pack("{s:s, s:{s:s, s:i}, s:i, s:{}, s:{s:{s:f, s:f, s:f}, s:{s:f}}}",
				"cell_id", "c", "settings", factor, levels[i], "top_k",
				(int)(k % 2), "n", 3, "failed", "metrics", "decode_tok_s",
				"estimate", 80.0 + (double)i, "ci_low", 79.0, "ci_high", 90.0,
				"ttft_ms", "estimate", 100.0 + (double)i));
	}
	json_object_set_new(root, "cells", cells);
	json_object_set_new(root, "model", json_string(levels[0]));
	json_dump_file(root, unit_path("summary.json"), 0);
	json_decref(root);
}

/* ---- what is read ---- */

static void test_summary_is_read(void **state)
{
	struct chart_data d;
	struct err e = ERR_INIT;

	(void)state;
	make_run();
	assert_int_equal(chart_data_load(&d, unit_path("."), &e), 0);
	assert_true(d.simulated);
	assert_string_equal(d.model, "gemma3:270m"); /* one level: no factor */
	assert_int_equal(d.nfactors, 2);
	assert_string_equal(d.factors[0].name, "num_gpu");
	assert_string_equal(d.factors[0].level[0].name, "auto"); /* words before numbers */
	assert_string_equal(d.factors[0].level[1].name, "0");
	assert_string_equal(d.factors[0].level[2].name, "99");
	assert_false(d.factors[0].numeric);
	assert_int_equal(d.factors[0].naliases, 3);
	assert_true(d.factors[1].numeric);
	assert_string_equal(d.factors[1].level[0].name, "2048"); /* ascending */
	assert_int_equal(d.factors[1].naliases, 0);
	assert_int_equal(d.ncells, 6);
	assert_string_equal(d.cells[0].label, "num_gpu=99 num_ctx=8192");
	assert_double(d.cells[1].failed, 2);
	assert_double(d.cells[4].value[CHART_THROUGHPUT].estimate, NAN);
	assert_double(d.cells[4].failed, 6);
	assert_double(d.cells[0].value[CHART_TTFT].low, NAN);
	assert_true(d.cells[1].best[CHART_THROUGHPUT] && d.cells[1].best[CHART_TTFT]);
	assert_false(d.cells[0].best[CHART_THROUGHPUT]);
	assert_int_equal(d.neffects, 4); /* not the interaction */
	assert_string_equal(d.effects[1].verdict, "effect");
	assert_double(d.effects[1].p, 0.0042);
	assert_double(d.effects[1].level[0].estimate, 87.2);
	chart_data_release(&d);
}

static void test_rows_are_read(void **state)
{
	static const enum chart_row_kind kinds[] = {CHART_ROW_COUNTS, CHART_ROW_SUSPECT,
		CHART_ROW_FAILED, CHART_ROW_SENTINEL, CHART_ROW_OUT, CHART_ROW_OUT, CHART_ROW_OUT};
	struct chart_data d;
	struct err e = ERR_INIT;

	(void)state;
	make_run();
	assert_int_equal(chart_data_load(&d, unit_path("."), &e), 0);
	assert_int_equal(d.nrows, COUNTOF(kinds)); /* no warm-up, no row whose CRC does not fit */
	assert_int_equal(d.rejected, 1);
	for (size_t i = 0; i < d.nrows; i++) {
		assert_double(d.rows[i].order, (double)i + 2);
		assert_int_equal(d.rows[i].kind, kinds[i]);
	}
	assert_double(d.rows[0].value[CHART_TTFT], 270.5);
	assert_double(d.rows[2].value[CHART_THROUGHPUT], NAN);
	assert_int_equal(d.npasses, 2);
	assert_int_equal(d.nloads, 3);
	assert_double(d.load_order[0], 1); /* the warm-up came first */
	assert_double(d.load_order[1], 5);
	chart_data_release(&d);
}

static void test_unusable_folders(void **state)
{
	struct chart_data d;
	struct err e = ERR_INIT;

	(void)state;
	unlink(unit_path("summary.json"));
	assert_int_equal(chart_data_load(&d, unit_path("."), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "summary.json");
	assert_contains(e.hint, "chimera analyze");
	unit_write_text("summary.json", "{\"cells\": []}");
	assert_int_equal(
		chart_data_load(&d, unit_path("."), &e), 0); /* charts say what they lack */
	assert_int_equal(d.ncells, 0);
	chart_data_release(&d);
	unit_write_text("summary.json", "[1, 2");
	assert_int_equal(chart_data_load(&d, unit_path("."), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
}

/* Values of other types than they should have are missing, not zero, and nothing breaks. */
static void test_wrong_types_are_missing(void **state)
{
	struct chart_data d;
	struct err e = ERR_INIT;

	(void)state;
	unlink(unit_path("runs.csv"));
	unit_write_text("summary.json",
		"{\"cells\": [{\"settings\": {\"a\": [1]}, \"n\": \"six\", \"failed\": [],"
		" \"metrics\": {\"ttft_ms\": 5, \"decode_tok_s\": {\"estimate\": -3}}},"
		" {\"settings\": {\"a\": true, \"b\": 0.10}}, 7],"
		" \"effects\": [{\"factor\": 5}, {\"factor\": \"a\", \"metric\": \"ttft_ms\"}, 0],"
		" \"best\": {\"ttft_ms\": [null]}, \"aliases\": {\"factor\": \"a\"}}");
	assert_int_equal(chart_data_load(&d, unit_path("."), &e), 0);
	assert_int_equal(d.ncells, 3);
	assert_int_equal(d.nfactors, 2);
	assert_string_equal(d.cells[1].label, "a=true b=0.1");
	assert_string_equal(d.cells[0].label, "a=(not set) b=(not set)");
	assert_double(d.cells[0].n, 0);
	assert_double(d.cells[0].value[CHART_THROUGHPUT].estimate, NAN);
	assert_int_equal(d.neffects, 0);
	assert_int_equal(d.nrows, 0);
	chart_data_release(&d);
}

/* ---- words and numbers ---- */

static void test_text_is_quoted(void **state)
{
	static const struct {
		const char *text, *quoted;
	} cases[] = {
		{"plain", "'plain'"},
		{"", "''"},
		{"it's", "'it''s'"},
		{"a\nb\tc", "'a b c'"},
		{"`rm` \"x\" \\n {a_b^c} @m $(x)", "'`rm` \"x\" \\n {a_b^c} @m $(x)'"},
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
			"'caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80'"},
		{"\xff\xc3(\xed\xa0\x80\xc0\xaf\xe2\x82",
			"'?\?("
			"?"
			"?"
			"?"
			"?"
			"?"
			"?"
			"?"
			"'"},
		{"\xc2\x85x\x7f", "' x '"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str out = STR_INIT(1000);

		gnuplot_text(&out, cases[i].text);
		assert_string_equal(out.s, cases[i].quoted);
		str_release(&out);
	}
}

static void test_estimates_have_the_digits_they_deserve(void **state)
{
	static const struct {
		struct chart_value v;
		const char *text;
	} cases[] = {
		{{87.3412, 86.1, 88.5}, "87.3"},   /* half width 1.2: one decimal */
		{{87.3412, 83.0, 92.0}, "87"},     /* 4.5: none */
		{{87.3412, 87.33, 87.35}, "87.3"}, /* never more than steps of half a percent */
		{{103.26, 103.2, 103.3}, "103.3"},
		{{1234.8, 1200, 1270}, "1235"}, /* digits before the point are not rounded away */
		{{87.3412, NAN, NAN}, "87.3"},
		{{0.5, 0.1, 0.9}, "0.5"},
	};
	char text[40];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(chart_estimate(text, &cases[i].v), cases[i].text);
}

static void test_long_names_lose_their_middle(void **state)
{
	static const struct {
		const char *name;
		size_t max;
		const char *text;
	} cases[] = {
		{"gemma3", 6, "gemma3"},
		{"gemma3:270m", 7,
			"gem\xe2\x80\xa6"
			"70m"},
		{"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 3, "\xc3\xa9\xe2\x80\xa6\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str out = STR_INIT(100);

		chart_short(&out, cases[i].name, cases[i].max);
		assert_string_equal(out.s, cases[i].text);
		str_release(&out);
	}
}

/* ---- what is drawn ---- */

static json_t *load_index(void)
{
	struct err e = ERR_INIT;
	json_t *index = jsonx_load(unit_path("charts/index.json"), &e);

	if (!index)
		fail_msg("%s", e.msg);
	return index;
}

/* The entry of a chart in one of the two lists, or NULL; borrowed. */
static json_t *entry_of(json_t *index, const char *list, const char *name)
{
	size_t i;
	json_t *one;

	json_array_foreach (json_object_get(index, list), i, one)
		if (strcmp(jsonx_get_string(one, "name"), name) == 0)
			return one;
	return NULL;
}

static void test_all_charts_of_a_run(void **state)
{
	static const char *const names[] = {"ttft-throughput", "main-effects-throughput",
		"main-effects-ttft", "heatmap-throughput", "heatmap-ttft", "run-order"};
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_run();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	index = load_index();
	assert_int_equal(json_array_size(json_object_get(index, "charts")), COUNTOF(names));
	/* Nothing was in flight together in this run. */
	assert_int_equal(json_array_size(json_object_get(index, "left_out")), 1);
	assert_string_equal(jsonx_get_string(entry_of(index, "left_out", "bursts"), "why"),
		"neither concurrency nor rate is varied");
	for (size_t i = 0; i < COUNTOF(names); i++) {
		static const char *const ext[] = {"gp", "dat", "svg", "png"};
		json_t *one = json_array_get(json_object_get(index, "charts"), i);

		assert_string_equal(jsonx_get_string(one, "name"), names[i]);
		assert_true(strlen(jsonx_get_string(one, "alt")) > 40);
		assert_true(strlen(jsonx_get_string(one, "caption")) > 40);
		assert_contains(jsonx_get_string(one, "caption"), "n = ");
		for (size_t k = 0; k < COUNTOF(ext); k++) {
			char path[100];

			snprintf(path, sizeof(path), "charts/%s.%s", names[i], ext[k]);
			assert_true(has_file(path));
		}
	}
	assert_false(has_file("charts/run-order.new.svg"));
	json_decref(index);
}

static void test_charts_say_what_matters(void **state)
{
	struct err e = ERR_INIT;
	struct str svg;
	json_t *index;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_run();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	svg = slurp(unit_path("charts/main-effects-throughput.svg"));
	assert_contains(svg.s, "SIMULATED");
	assert_contains(svg.s, "one setting under three names");
	assert_contains(svg.s, "effect, p = 0.004");
	assert_contains(svg.s, "gemma3:270m");
	str_release(&svg);
	svg = slurp(unit_path("charts/heatmap-throughput.svg"));
	assert_contains(svg.s, "Hatched: no result.");
	assert_contains(svg.s, ">87.5*<"); /* two of its requests failed */
	str_release(&svg);
	index = load_index();
	assert_contains(jsonx_get_string(entry_of(index, "charts", "main-effects-ttft"), "alt"),
		"num_ctx: no effect within 5 %");
	assert_contains(jsonx_get_string(entry_of(index, "charts", "heatmap-throughput"), "alt"),
		"87.5 tok/s at num_gpu=99 num_ctx=2048");
	assert_contains(jsonx_get_string(entry_of(index, "charts", "run-order"), "alt"),
		"7 requests, 3 model loads, 1 failed");
	json_decref(index);
}

/* A script runs again on its own, in its folder. */
static void test_scripts_are_complete(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_run();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	unlink(unit_path("charts/run-order.svg"));
	assert_int_equal(gnuplot_run(unit_path("charts"), "run-order", &e), 0);
	assert_true(has_file("charts/run-order.svg"));
}

static void test_what_cannot_be_drawn_is_left_out(void **state)
{
	static const char *const levels[] = {"x"};
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	if (!has_gnuplot())
		skip();
	make_run();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	write_grid("num_ctx", levels, 1);
	unlink(unit_path("runs.csv"));
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	index = load_index();
	assert_non_null(entry_of(index, "charts", "ttft-throughput"));
	assert_string_equal(jsonx_get_string(entry_of(index, "left_out", "heatmap-ttft"), "why"),
		"a heat map needs two factors, this run has none");
	assert_string_equal(jsonx_get_string(entry_of(index, "left_out", "run-order"), "why"),
		"runs.csv holds no measured request");
	assert_int_equal(json_array_size(json_object_get(index, "charts")), 1);
	assert_false(has_file("charts/run-order.svg")); /* of the run before */
	assert_false(has_file("charts/run-order.gp"));
	json_decref(index);
}

static void test_hostile_names_are_only_text(void **state)
{
	char command[4096];
	const char *levels[] = {command, "it's {bad} \"q\" \\ @x #h ^_ \xe2\x82\xac",
		"a name much longer than any axis has room for, and then some more of it",
		"<b>&amp;</b>\n\tset output"};
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	if (!has_gnuplot())
		skip();
	snprintf(command, sizeof(command), "`touch %s` $(touch %s)", unit_path("pwned"),
		unit_path("pwned"));
	write_grid("model'); system('true", levels, COUNTOF(levels));
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	assert_false(has_file("pwned"));
	index = load_index();
	assert_non_null(entry_of(index, "charts", "main-effects-throughput"));
	assert_non_null(entry_of(index, "charts", "heatmap-throughput"));
	json_decref(index);
}

static void test_long_runs_are_thinned(void **state)
{
	static const char *const levels[] = {"1", "2"};
	struct str dat;
	struct err e = ERR_INIT;
	size_t lines = 0;
	json_t *index;

	(void)state;
	if (!has_gnuplot())
		skip();
	write_grid("num_ctx", levels, 2);
	csv_begin();
	for (int i = 0; i < 5000; i++) {
		char line[200];

		snprintf(line, sizeof(line), "%d,%d,0,measure,%s,valid,0,l%d,%s,%s", i, i / 500 + 1,
			i % 50 ? "ok" : "http_error", i / 10, i % 50 ? "100.5" : "",
			i % 50 ? "80.5" : "");
		csv_row(line);
	}
	csv_write();
	assert_int_equal(charts_draw(unit_path("."), &e), 0);
	dat = slurp(unit_path("charts/run-order.dat"));
	for (const char *s = dat.s; (s = strchr(s, '\n')); s++)
		lines++;
	/* 4,900 with a value: 1 of 3; 100 failures: all; two lines of head; no loads, there are 500
	 */
	assert_int_equal(lines, 1634 + 100 + 2);
	str_release(&dat);
	index = load_index();
	assert_contains(jsonx_get_string(entry_of(index, "charts", "run-order"), "caption"),
		"1 of every 3");
	assert_contains(
		jsonx_get_string(entry_of(index, "charts", "run-order"), "caption"), "n = 5,000");
	json_decref(index);
}

/* ---- without gnuplot ---- */

/* Runs charts_draw with a PATH that holds one folder with `script` as gnuplot, or nothing. */
static int draw_with(const char *script, struct err *e)
{
	char *path = strdup(getenv("PATH"));
	int result;

	if (script) {
		mkdir(unit_path("bin"), 0700);
		chmod(unit_write_text("bin/gnuplot", script), 0700);
	}
	setenv("PATH", script ? unit_path("bin") : "/nonexistent", 1);
	result = charts_draw(unit_path("."), e);
	setenv("PATH", path, 1);
	free(path);
	return result;
}

static void test_without_gnuplot(void **state)
{
	struct err e = ERR_INIT;
	json_t *index;

	(void)state;
	make_run();
	assert_int_equal(draw_with(NULL, &e), -1);
	assert_int_equal(e.code, ERR_ENV);
	assert_contains(e.msg, "gnuplot: not found in PATH");
	assert_contains(e.hint, "install gnuplot");
	assert_true(has_file("charts/run-order.gp"));
	assert_true(has_file("charts/run-order.dat"));
	assert_false(has_file("charts/run-order.svg"));
	index = load_index();
	assert_int_equal(json_array_size(json_object_get(index, "charts")), 0);
	assert_contains(
		jsonx_get_string(entry_of(index, "left_out", "run-order"), "why"), "not found");
	json_decref(index);
}

static void test_a_gnuplot_that_fails(void **state)
{
	static const struct {
		const char *script, *message;
	} cases[] = {
		{"#!/bin/sh\necho >&2\necho '   ^' >&2\necho '\"x.gp\" line 3: no such thing' >&2\n"
		 "exit 1\n",
			"gnuplot ttft-throughput.gp: \"x.gp\" line 3: no such thing"},
		{"#!/bin/sh\nexit 0\n", "left no ttft-throughput.svg"},
		{"#!/bin/sh\nkill -9 $$\n", "ended by signal 9"},
		{"#!/bin/sh\nexit 2\n", "it said nothing"},
	};

	(void)state;
	make_run();
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(draw_with(cases[i].script, &e), -1);
		assert_int_equal(e.code, ERR_ENV);
		assert_contains(e.msg, cases[i].message);
		assert_true(has_file("charts/index.json"));
		assert_false(has_file("charts/run-order.svg"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary_is_read),
		cmocka_unit_test(test_rows_are_read),
		cmocka_unit_test(test_unusable_folders),
		cmocka_unit_test(test_wrong_types_are_missing),
		cmocka_unit_test(test_text_is_quoted),
		cmocka_unit_test(test_estimates_have_the_digits_they_deserve),
		cmocka_unit_test(test_long_names_lose_their_middle),
		cmocka_unit_test(test_all_charts_of_a_run),
		cmocka_unit_test(test_charts_say_what_matters),
		cmocka_unit_test(test_scripts_are_complete),
		cmocka_unit_test(test_what_cannot_be_drawn_is_left_out),
		cmocka_unit_test(test_hostile_names_are_only_text),
		cmocka_unit_test(test_long_runs_are_thinned),
		cmocka_unit_test(test_without_gnuplot),
		cmocka_unit_test(test_a_gnuplot_that_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
