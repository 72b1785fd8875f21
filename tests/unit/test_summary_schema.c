/* test_summary_schema.c - summary.json is what docs/summary.schema.json says, of runs and of
 * tables, and gives a reason for what it cannot give.
 *
 * The schema is walked beside the value, and each place is judged by core/grade_schema.h. */
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysed.h"
#include "dataset_table.h"
#include "fsx.h"
#include "grade_schema.h"
#include "jsonx.h"
#include "str.h"
#include "unit.h"

struct walk {
	const json_t *root;
	char path[400];
	char wrong[500]; /* the first place that does not fit */
};

static json_t *schema;

static int read_schema(void **state)
{
	struct err e = ERR_INIT;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/../../docs/summary.schema.json", getenv("TEST_DATA"));
	schema = jsonx_load(path, &e);
	return schema ? 0 : -1;
}

static int drop_schema(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

/* ---- the walk ---- */

static const json_t *resolve(const struct walk *w, const json_t *s)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));

	if (!ref)
		return s;
	assert_true(strncmp(ref, "#/$defs/", 8) == 0);
	s = json_object_get(json_object_get(w->root, "$defs"), ref + 8);
	assert_non_null(s);
	return s;
}

/* The schema of a member, or NULL if there is none for it. */
static const json_t *member_schema(const json_t *s, const char *key)
{
	const json_t *of = json_object_get(json_object_get(s, "properties"), key);
	const json_t *patterns = json_object_get(s, "patternProperties"), *value;
	const char *pattern;

	json_object_foreach ((json_t *)patterns, pattern, value) {
		regex_t regex;
		bool fits;

		assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
		fits = regexec(&regex, key, 0, NULL, 0) == 0;
		regfree(&regex);
		if (!of && fits)
			of = value;
	}
	value = json_object_get(s, "additionalProperties");
	if (!of && json_is_object(value))
		of = value;
	return of;
}

/* What grade_schema.h knows of this place alone: members are judged in their own places. */
static json_t *flat_schema(const json_t *s, const json_t *value)
{
	static const char *const kept[] = {
		"type", "enum", "const", "minimum", "maximum", "required"};
	json_t *flat = json_object(), *members = json_object();
	const char *key;
	json_t *member;

	for (size_t i = 0; i < COUNTOF(kept); i++) {
		if (json_object_get(s, kept[i]))
			jsonx_put(flat, kept[i], json_incref(json_object_get(s, kept[i])));
	}
	json_object_foreach ((json_t *)value, key, member) {
		if (member_schema(s, key))
			jsonx_put(members, key, json_object());
	}
	if (json_is_object(value)) {
		jsonx_put(flat, "properties", members);
		if (json_object_get(s, "additionalProperties"))
			jsonx_put(flat, "additionalProperties", json_false());
	} else {
		json_decref(members);
	}
	return flat;
}

static bool fits_here(const json_t *s, const json_t *value)
{
	struct err e = ERR_INIT;
	json_t *whole = json_pack("{s:s,s:o}", "type", "array", "items", flat_schema(s, value));
	json_t *list = json_pack("[O]", (json_t *)value);
	bool fits;

	if (grade_schema_check(whole, &e))
		fail_msg("%s", e.msg);
	fits = grade_schema_fits(whole, list);
	json_decref(whole);
	json_decref(list);
	return fits;
}

static void walk(struct walk *w, const json_t *s, const json_t *value)
{
	size_t len = strlen(w->path), i;
	const char *key;
	json_t *member;

	s = resolve(w, s);
	if (!w->wrong[0] && !fits_here(s, value))
		snprintf(w->wrong, sizeof(w->wrong), "%s", w->path[0] ? w->path : ".");
	json_object_foreach ((json_t *)value, key, member) {
		const json_t *of = member_schema(s, key);

		snprintf(w->path + len, sizeof(w->path) - len, ".%s", key);
		if (of)
			walk(w, of, member);
		w->path[len] = '\0';
	}
	json_array_foreach (value, i, member) {
		snprintf(w->path + len, sizeof(w->path) - len, "[%zu]", i);
		walk(w, json_object_get(s, "items"), member);
		w->path[len] = '\0';
	}
}

/* The first place that does not fit, or NULL. */
static const char *misfit(const json_t *value)
{
	static struct walk w;

	w = (struct walk){.root = schema};
	walk(&w, schema, value);
	return w.wrong[0] ? w.wrong : NULL;
}

/* ---- reasons ---- */

static bool has_reason(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		size_t len = strlen(key);

		if (len >= 3 && strcmp(key + len - 3, "why") == 0 && json_string_length(value) > 0)
			return true;
	}
	return false;
}

/* No null without a word about it; in `quality` a null factor is all settings together. */
static void expect_reasons(const json_t *value, const char *path)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach ((json_t *)value, key, member) {
		char below[300];

		if (json_is_null(member) && strcmp(path, ".quality") != 0 && !has_reason(value))
			fail_msg("%s.%s is null without a reason", path, key);
		snprintf(below, sizeof(below), "%s.%s", path, key);
		expect_reasons(member, below);
	}
	json_array_foreach (value, i, member)
		expect_reasons(member, path);
}

/* ---- runs ---- */

static void expect_fit(const struct summary *s, const char *kind)
{
	json_t *o = summary_json(s);

	assert_string_equal(jsonx_get_string(o, "kind"), kind);
	if (misfit(o))
		fail_msg("%s does not fit the schema", misfit(o));
	expect_reasons(o, "");
	json_decref(o);
}

static void note_clients(struct dataset *d)
{
	for (size_t i = 0; i < d->nrows; i++)
		d->rows[i].client = (struct data_client){.stamp_bound_us = 40,
			.send_us = 20,
			.cpu_share = 0.1,
			.gaps = 15,
			.streams = 1,
			.dated = DATED_USER};
	if (!d->manifest)
		d->manifest = json_object();
	json_object_set_new(d->manifest, "clock",
		json_pack("{s:i,s:s}", "trusted_streams", 1024, "trusted_measured_at",
			"2026-11-25T10:00:00Z"));
}

static void runs_fit(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;
	struct dataset d;
	struct summary s;
	struct err e = ERR_INIT;
	char path[4096];

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	expect_fit(&f.s, "run");
	analysed_release(&f);
	analysed_make(&f, &c); /* the client noted all there is */
	note_clients(&f.d);
	analysed_run(&f);
	assert_int_equal(f.s.client.by_user, f.d.nrows);
	assert_double(f.s.client.trusted_streams, 1024);
	expect_fit(&f.s, "run");
	analysed_release(&f);
	c.passes = 1;
	analysed_make(&f, &c);
	analysed_run(&f);
	expect_fit(&f.s, "run");
	analysed_release(&f);
	snprintf(path, sizeof(path), "%s/runs/small", getenv("TEST_DATA"));
	assert_int_equal(dataset_from_run(&d, path, &e), 0);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	expect_fit(&s, "run");
	summary_release(&s);
	dataset_release(&d);
}

/* ---- tables ---- */

/* 3 ctx x 2 temp in 4 blocks each, 3 rows of each, one failed, one without a number; `each` rows
 * of a setting. */
static void make_table(struct str *text, int blocks, int each)
{
	str_add(text, "ctx,temp,load,ttft_ms,score,ok,load_s\n");
	for (int b = 0; b < blocks; b++) {
		for (int c = 0; c < 3; c++) {
			for (int i = 0; i < 2 * each; i++)
				str_addf(text, "%d,0.%d,%d-%d,%d.%d,%d,%d,%s\n",
					1024 << (c + b) % 3, i % 2, b, c,
					100 + (7 * i + 13 * b + 5 * c) % 17, i, (i * i + b + c) % 5,
					i == 3 && b == 1 ? 0 : 1, i ? "0.1" : "2.5");
		}
	}
	str_add(text, "1024,0.0,0-0,none,1,1,0.1\n");
}

static void table_fits(const char *text, struct table_roles *r)
{
	struct dataset d;
	struct summary s;
	struct err e = ERR_INIT;

	if (dataset_from_table(&d, unit_write_text("t.csv", text), r, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(summary_make(&s, &d, &e), 0);
	expect_fit(&s, "table");
	summary_release(&s);
	dataset_release(&d);
}

static void tables_fit(void **state)
{
	struct table_roles r = {.factor = {"ctx", "temp"},
		.nfactors = 2,
		.measure = {{.name = "ttft_ms", .better = -1, .margin = 0.05},
			{.name = "score", .better = 1, .margin = NAN}},
		.nmeasures = 2,
		.ok = "ok"};
	struct str many = STR_INIT(1 << 16), one = STR_INIT(1 << 16);

	(void)state;
	make_table(&many, 4, 3);
	make_table(&one, 1, 1);
	table_fits(many.s, &r); /* rows are independent */
	table_fits(one.s, &r);  /* two rows of a setting at most */
	table_fits("ctx,temp,ttft_ms,score,ok\n1,2,3,4,1\n", &r);
	r.load_time = "load_s";
	table_fits(one.s, &r);
	r.load_time = NULL;
	r.block = "load";
	table_fits(many.s, &r);
	table_fits(one.s, &r);
	r.nfactors = 1;
	r.block = NULL;
	r.prompt = "temp";
	table_fits(many.s, &r);
	str_release(&many);
	str_release(&one);
}

/* ---- the check is one ---- */

static void what_does_not_fit_is_found(void **state)
{
	struct splitplot c = analysed_plain();
	struct analysed f;
	json_t *o, *cell, *metric;

	(void)state;
	analysed_make(&f, &c);
	analysed_run(&f);
	o = summary_json(&f.s);
	assert_null(misfit(o));
	jsonx_put(o, "surprise", json_true());
	assert_string_equal(misfit(o), ".");
	json_object_del(o, "surprise");
	cell = json_array_get(json_object_get(o, "cells"), 1);
	metric = json_object_get(json_object_get(cell, "metrics"), "ttft_ms");
	jsonx_put(metric, "p50", json_string("fast"));
	assert_string_equal(misfit(o), ".cells[1].metrics.ttft_ms.p50");
	jsonx_put(metric, "p50", json_null());
	assert_null(misfit(o)); /* but there is no reason */
	json_object_del(metric, "p50");
	assert_string_equal(misfit(o), ".cells[1].metrics.ttft_ms");
	jsonx_put(metric, "p50", json_real(1));
	jsonx_put(
		json_array_get(json_object_get(o, "effects"), 0), "verdict", json_string("maybe"));
	assert_string_equal(misfit(o), ".effects[0].verdict");
	json_decref(o);
	analysed_release(&f);
}

static int setup(void **state)
{
	return read_schema(state) || unit_setup_tmpdir(state) ? -1 : 0;
}

static int teardown(void **state)
{
	drop_schema(state);
	return unit_teardown_tmpdir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_fit),
		cmocka_unit_test(tables_fit),
		cmocka_unit_test(what_does_not_fit_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
