/* test_summary.c - summary.json and the tables: keys, reasons, and never a NaN. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysed.h"
#include "fsx.h"
#include "jsonx.h"
#include "table.h"
#include "unit.h"

/* Every null has its reason beside it; the numbers are numbers. */
static void check_reasons(const json_t *value, const char *key)
{
	const char *name;
	json_t *one;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach (value, i, one)
			check_reasons(one, key);
	}
	if (!json_is_object(value))
		return;
	json_object_foreach ((json_t *)(uintptr_t)value, name, one) {
		char why[100];

		snprintf(why, sizeof(why), "%s_why", name);
		if (json_is_null(one) && strcmp(name, "reference") != 0 &&
			!json_is_string(json_object_get(value, why)))
			fail_msg("%s.%s is null without %s", key, name, why);
		if (json_is_real(one))
			assert_true(isfinite(json_real_value(one)));
		check_reasons(one, name);
	}
}

static void check_keys(const json_t *o, const char *const *keys)
{
	for (; *keys; keys++) {
		if (!json_object_get(o, *keys))
			fail_msg("no key %s", *keys);
	}
}

static const char *const top_keys[] = {
	"schema", "cells", "effects", "best", "findings", "ingest", "simulated", "run", NULL};
static const char *const cell_keys[] = {
	"cell_id", "settings", "effective", "n", "failed", "metrics", NULL};
static const char *const metric_keys[] = {"n", "unit", "better", "estimate", "ci_low", "ci_high",
	"mean", "sd", "p50", "p95", "p99", NULL};
static const char *const effect_keys[] = {"factor", "metric", "df", "df_error", "error_term", "f",
	"p", "p_holm", "p_adjusted", "partial_eta_sq", "margin", "negligible", "verdict", "levels",
	NULL};
static const char *const level_keys[] = {"level", "ratio", "ci_low", "ci_high", NULL};
static const char *const finding_keys[] = {"id", "kind", "text", "rows", NULL};
static const char *const rows_keys[] = {"file", "filter", "n", NULL};
static const char *const ingest_keys[] = {
	"files", "bytes", "by_format", "skipped", "duplicates", NULL};

static void check_json(const json_t *o)
{
	const json_t *cell = json_array_get(json_object_get(o, "cells"), 0);
	const json_t *finding = json_array_get(json_object_get(o, "findings"), 0);
	const json_t *effect;
	size_t i;

	check_keys(o, top_keys);
	assert_int_equal(json_integer_value(json_object_get(o, "schema")), 1);
	check_keys(cell, cell_keys);
	check_keys(json_object_get(json_object_get(cell, "metrics"), "decode_tok_s"), metric_keys);
	check_keys(finding, finding_keys);
	check_keys(json_object_get(finding, "rows"), rows_keys);
	check_keys(json_object_get(o, "ingest"), ingest_keys);
	json_array_foreach (json_object_get(o, "effects"), i, effect) {
		bool exploratory = strcmp(jsonx_get_string(effect, "family"), "exploratory") == 0;
		const json_t *level = json_array_get(json_object_get(effect, "levels"), 0);

		check_keys(effect, effect_keys);
		if (exploratory)
			assert_string_equal(jsonx_get_string(effect, "p_holm_why"),
				"exploratory: see p_adjusted");
		else
			assert_true(json_equal(json_object_get(effect, "p_holm"),
				json_object_get(effect, "p_adjusted")));
		if (level)
			check_keys(level, level_keys);
	}
	check_reasons(o, "");
}

static void test_json(void **state)
{
	static const struct splitplot thin = {.contexts = 2,
		.gpus = 2,
		.temperatures = 2,
		.prompts = 1,
		.passes = 1,
		.per_pass = 1,
		.no_gpu = true};
	struct splitplot c = analysed_plain();
	struct analysed f;
	json_t *o;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	o = summary_json(&f.s);
	check_json(o);
	/* A level that is a number is one. */
	assert_true(json_is_integer(json_object_get(
		json_object_get(json_array_get(json_object_get(o, "cells"), 0), "settings"),
		"num_ctx")));
	json_decref(o);
	analysed_release(&f);
	analysed_make(&f, &thin);
	analysed_run(&f);
	o = summary_json(&f.s);
	check_json(o);
	json_decref(o);
	analysed_release(&f);
}

static void read_file(const char *name, struct str *out)
{
	struct err e = ERR_INIT;

	str_reset(out);
	assert_int_equal(fsx_read(unit_path(name), STR_MAX_FILE, out, &e), 0);
}

static const char *const tables[] = {"tables/cells.csv", "tables/effects.csv", "tables/levels.csv",
	"tables/findings.csv", "tables/loads.csv"};

static void test_tables(void **state)
{
	struct splitplot c = analysed_plain();
	const size_t rows[] = {12, 12, 14, 0, 12};
	struct err e = ERR_INIT;
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	assert_int_equal(summary_write(&f.s, unit_path("."), &e), 0);
	for (size_t i = 0; i < COUNTOF(tables); i++) {
		struct str text = STR_INIT(STR_MAX_FILE);
		struct table t;

		read_file(tables[i], &text);
		assert_null(strstr(text.s, "nan"));
		assert_null(strstr(text.s, "inf,"));
		str_release(&text);
		assert_int_equal(
			table_read(&t, unit_path(tables[i]), false, NULL, 0, NULL, NULL, &e), 0);
		assert_int_equal(t.rejected, 0);
		if (strstr(tables[i], "findings"))
			assert_int_equal(t.nrows, f.s.nfindings);
		else if (strstr(tables[i], "effects"))
			assert_int_equal(t.nrows, f.s.neffects);
		else
			assert_int_equal(t.nrows, rows[i]);
		table_release(&t);
	}
	analysed_release(&f);
}

/* The small run directory, twice: the same bytes, and the same as the numbers in memory. */
static void test_same_bytes(void **state)
{
	struct str first = STR_INIT(STR_MAX_FILE), second = STR_INIT(STR_MAX_FILE);
	struct err e = ERR_INIT;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/runs/small", getenv("TEST_DATA"));
	for (int i = 0; i < 2; i++) {
		struct analysed f = {0};
		json_t *o;

		assert_int_equal(dataset_from_run(&f.d, path, &e), 0);
		analysed_run(&f);
		assert_int_equal(summary_write(&f.s, unit_path("."), &e), 0);
		read_file("summary.json", i ? &second : &first);
		o = jsonx_parse(first.s, first.len);
		assert_non_null(o);
		check_json(o);
		json_decref(o);
		analysed_expect(
			&f, FIND_RUN, "25 of 27 attempts ok in 3 min 13 s; 10 loads, as planned");
		analysed_expect(&f, FIND_AUDIT, "1 row is invalid and does not count");
		analysed_expect(&f, FIND_AUDIT, "2 lines were not read");
		analysed_expect(&f, FIND_LIMIT,
			"prompts of at most 27 tokens filled at most 2.6 % of num_ctx");
		analysed_expect(&f, FIND_INCONCLUSIVE, "it rests on 2 degrees of freedom");
		analysed_release(&f);
	}
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.s, second.s, first.len);
	str_release(&first);
	str_release(&second);
}

static void test_unwritable(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	assert_int_equal(summary_write(&f.s, unit_path("no/such/folder"), &f.e), -1);
	assert_int_equal(f.e.code, ERR_ENV);
	analysed_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
