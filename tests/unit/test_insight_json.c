/* test_insight_json.c - OUT/summary.json and OUT/tables/ of a corpus: keys, reasons, escapes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fsx.h"
#include "hand_corpus.h"
#include "insight.h"
#include "jsonx.h"
#include "str.h"
#include "unit.h"

static struct corpus c;
static struct insight in;
static json_t *o;

/* A CSV of five rows, one of them cold, a copy of it, a report, and a file that is not read. */
static int setup(void **state)
{
	static const double v[] = {100, 101, 102, 103}, cold[] = {80}, ctx[] = {1024, 4096};
	static struct corpus_failure why = {.why = "timed out", .n = 2};
	static struct corpus_note note = {.file = 0, .line = 7, .why = "it has 3 fields, not 4"};
	struct corpus_measure *m;
	uint32_t rows, report, s;

	unit_setup_tmpdir(state);
	hand_init(&c);
	rows = hand_table(&c, hand_file(&c, "a.csv", TREE_CSV), "");
	hand_file(&c, "b.csv", TREE_CSV);
	report = hand_table(&c, hand_file(&c, "r.md", TREE_MARKDOWN), "");
	c.tree.files[hand_file(&c, ".hidden", TREE_CSV)].why = "hidden";
	c.by_kind[TREE_CSV]--;
	c.files[1].copy_of = 0;
	c.copies = 5;
	s = hand_subject(&c, "=owl3", rows, 5);
	c.subjects[s].cold = 1;
	c.subjects[s].load_known = true;
	c.subjects[s].failed = why.n;
	c.subjects[s].failures = &why;
	c.subjects[s].nfailures = 1;
	m = hand_measure(&c, s, "throughput", "Throughput");
	hand_warm(m, v, 4);
	hand_cold(m, cold, 1);
	hand_setting(&c, "num_ctx", ctx, 2);
	hand_told(&c, report, "owl3", "throughput", STAT_MEAN, 253.9, 1);
	hand_told(&c, report, "hawk", "latency", STAT_P95, 12, 0)->n = 3;
	c.subjects[0].places_beyond = 7;
	c.notes = &note;
	c.nnotes = c.notes_in_all = 1;
	c.bytes = 4711;
	c.headings = 5;
	c.hash_lines = 6;
	c.failed = 2;
	insight_make(&in, &c);
	o = insight_json(&in);
	return 0;
}

static int teardown(void **state)
{
	json_decref(o);
	insight_release(&in);
	hand_release(&c);
	return unit_teardown_tmpdir(state);
}

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "(none)";
}

static int number(const json_t *object, const char *key)
{
	return (int)json_number_value(json_object_get(object, key));
}

static json_t *item(const char *list, size_t i)
{
	return json_array_get(json_object_get(o, list), i);
}

static void readers_of_schema_1_do_not_break(void **state)
{
	(void)state;
	assert_int_equal(number(o, "schema"), 1);
	assert_string_equal(text(o, "kind"), "insight");
	assert_true(json_is_false(json_object_get(o, "simulated")));
	assert_int_equal(json_array_size(json_object_get(o, "cells")), 0);
	assert_true(json_is_array(json_object_get(o, "effects")));
	assert_true(json_is_object(json_object_get(o, "best")));
}

static void what_was_read(void **state)
{
	json_t *ingest = json_object_get(o, "ingest"), *list;

	(void)state;
	assert_int_equal(number(ingest, "files"), 3);
	assert_int_equal(number(ingest, "read"), 3);
	assert_int_equal(number(ingest, "bytes"), 4711);
	assert_int_equal(number(ingest, "headings"), 5);
	assert_int_equal(number(ingest, "hash_lines"), 6);
	assert_int_equal(number(json_object_get(ingest, "by_format"), "CSV"), 2);
	assert_int_equal(number(json_object_get(ingest, "by_format"), "Markdown"), 1);
	assert_int_equal(number(json_object_get(ingest, "by_format"), "JSON"), 0);
	list = json_object_get(ingest, "skipped");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text(json_array_get(list, 0), "file"), ".hidden");
	assert_string_equal(text(json_array_get(list, 0), "why"), "hidden");
	list = json_object_get(ingest, "duplicates");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text(json_array_get(list, 0), "file"), "b.csv");
	assert_string_equal(text(json_array_get(list, 0), "of"), "a.csv");
	list = json_object_get(ingest, "notes");
	assert_int_equal(number(json_array_get(list, 0), "line"), 7);
	assert_int_equal(number(ingest, "copies"), 5);
	assert_int_equal(number(ingest, "failed"), 2);
}

static void series_have_figures_or_reasons(void **state)
{
	json_t *s = item("series", 0), *m, *all;

	(void)state;
	assert_string_equal(text(s, "subject"), "=owl3");
	assert_int_equal(number(s, "n"), 5);
	assert_int_equal(number(s, "cold"), 1);
	assert_string_equal(
		text(json_array_get(json_object_get(s, "failures"), 0), "why"), "timed out");
	assert_int_equal(number(json_array_get(json_object_get(s, "places"), 0), "last"), 6);
	assert_int_equal(number(s, "places_beyond"), 7);
	m = json_array_get(json_object_get(s, "measures"), 0);
	assert_string_equal(text(m, "unit"), "tok/s");
	all = json_object_get(m, "all");
	assert_int_equal(number(all, "n"), 5);
	assert_double(json_number_value(json_object_get(all, "mean")), 97.2);
	assert_true(json_is_null(json_object_get(all, "p99")));
	assert_string_equal(text(all, "p99_why"), "p99 needs 100 values");
	assert_null(json_object_get(all, "mean_why"));
	assert_int_equal(number(json_object_get(m, "warm"), "n"), 4);
}

static void told_figures_have_a_verdict(void **state)
{
	json_t *t = item("told", 0);

	(void)state;
	assert_string_equal(text(t, "verdict"), "contradicts");
	assert_string_equal(text(t, "stat"), "mean");
	assert_string_equal(text(t, "file"), "r.md");
	assert_string_equal(text(t, "where"), "line 2");
	assert_double(json_number_value(json_object_get(t, "rows_say")), 97.2);
	assert_true(json_is_null(json_object_get(t, "n")));
	assert_string_equal(text(t, "n_why"), "the file does not say");
	t = item("told", 1);
	assert_string_equal(text(t, "verdict"), "alone");
	assert_int_equal(number(t, "n"), 3);
	assert_true(json_is_null(json_object_get(t, "rows_say")));
	assert_string_equal(text(item("settings", 0), "name"), "num_ctx");
}

static void findings_name_their_rows(void **state)
{
	bool copies = false;

	(void)state;
	assert_true(in.nfindings > 0);
	assert_int_equal(json_array_size(json_object_get(o, "findings")), in.nfindings);
	assert_string_equal(text(item("findings", 0), "id"), "F1");
	for (size_t i = 0; i < in.nfindings; i++) {
		json_t *f = item("findings", i), *rows = json_object_get(f, "rows");

		assert_true(strlen(text(f, "text")) > 10);
		assert_true(json_is_string(json_object_get(rows, "file")));
		assert_true(json_is_string(json_object_get(rows, "filter")));
		copies = copies || strcmp(text(f, "trap"), "copies") == 0;
	}
	assert_true(copies);
}

/* ---- files ---- */

static char *read_file(const char *path)
{
	struct str s = STR_INIT(1 << 20);
	struct err e = ERR_INIT;

	assert_int_equal(fsx_read(path, 1 << 20, &s, &e), 0);
	return str_take(&s);
}

static void files_are_written(void **state)
{
	static const char *const names[] = {"out/tables/series.csv", "out/tables/told.csv",
		"out/tables/findings.csv", "out/tables/files.csv"};
	struct err e = ERR_INIT;
	char *s;
	json_t *again;

	(void)state;
	assert_int_equal(fsx_mkdirs(unit_path("out"), &e), 0);
	assert_int_equal(insight_write(&in, unit_path("out"), &e), 0);
	s = read_file(unit_path("out/summary.json"));
	again = jsonx_parse(s, strlen(s));
	assert_true(json_equal(again, o));
	json_decref(again);
	assert_null(strstr(s, "nan"));
	free(s);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		s = read_file(unit_path(names[i]));
		assert_true(strlen(s) > 20);
		assert_int_equal(s[strlen(s) - 1], '\n');
		assert_null(strstr(s, "nan"));
		free(s);
	}
}

/* A subject that a spreadsheet would take for a formula. */
static void formulas_are_escaped(void **state)
{
	struct err e = ERR_INIT;
	char *s;

	(void)state;
	assert_int_equal(fsx_mkdirs(unit_path("out"), &e), 0);
	assert_int_equal(insight_write(&in, unit_path("out"), &e), 0);
	s = read_file(unit_path("out/tables/series.csv"));
	assert_contains(s, "\n'=owl3,throughput,Throughput,tok/s,5,2,1,5,97.2,");
	free(s);
	s = read_file(unit_path("out/tables/files.csv"));
	assert_contains(s, "\n.hidden,CSV,,hidden,0,0,0,0\n");
	assert_contains(s, "\nb.csv,CSV,a.csv,,0,0,0,0\n");
	free(s);
}

static void a_folder_that_cannot_be(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	unit_write_text("file", "x");
	assert_int_equal(insight_write(&in, unit_path("file"), &e), -1);
	assert_int_equal(e.code, ERR_ENV);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(readers_of_schema_1_do_not_break),
		CASE(what_was_read),
		CASE(series_have_figures_or_reasons),
		CASE(told_figures_have_a_verdict),
		CASE(findings_name_their_rows),
		CASE(files_are_written),
		CASE(formulas_are_escaped),
		CASE(a_folder_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
