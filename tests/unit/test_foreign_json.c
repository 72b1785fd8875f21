/* test_foreign_json.c - what in a JSON document is a table, and what stands around it. */
#include <stdlib.h>
#include <string.h>

#include "grid_log.h"
#include "unit.h"

static void test_arrays(void **state)
{
	(void)state;
	assert_grids(TREE_JSON,
		"{\"model\": \" m:1 \", \"options\": {\"temperature\": 0.3}, \"n\": null, "
		"\"results\": ["
		"{\"ttft_s\": 0.5, \"ok\": true}, {\"ok\": false, \"error\": \"x\", \"more\": "
		"{\"a\": 1}}]}",
		"json 'results[]' piece 0 last\n with model=m:1\n with options.temperature=#0.3\n"
		" names ttft_s|ok|error|more.a\n 0: #0.5|T|_|_\n 1: _|F|x|#1\n");
	assert_grids(TREE_JSON, "[{\"a\": 1, \"list\": [1, 2]}, {\"a\": 2}]",
		"json '[]' piece 0 last\n names a\n 0: #1\n 1: #2\n");
	assert_grids(TREE_JSON, "{\"r\": [{\"a\": 1}, 7, {\"a\": \"\"}]}",
		"note 0: r[]: member 1 is no object\n"
		"json 'r[]' piece 0 last\n names a\n 0: #1\n 2: _\n");
}

static void test_tables_in_rows(void **state)
{
	(void)state;
	assert_grids(TREE_JSON,
		"{\"at\": 9, \"models\": [{\"model\": \"a\", \"x\": {\"y\": 1, \"runs\": [{\"ms\": "
		"4}, {\"ms\": 5}]}},"
		" {\"model\": \"b\", \"x\": {\"y\": 2, \"runs\": [{\"ms\": 6}]}}]}",
		"json 'models[]' piece 0 last\n with at=#9\n names model|x.y\n 0: a|#1\n 1: b|#2\n"
		"json 'models[].x.runs[]' piece 0 last\n with at=#9\n with model=a\n with x.y=#1\n"
		" names ms\n 0: #4\n 1: #5\n"
		"json 'models[].x.runs[]' piece 0 last\n with at=#9\n with model=b\n with x.y=#2\n"
		" names ms\n 0: #6\n");
}

static void test_objects_of_like_objects(void **state)
{
	(void)state;
	assert_grids(TREE_JSON,
		"{\"device\": \"cpu\", \"settings\": {\"runs\": 3}, \"backends\": {"
		"\"eager\": {\"compile\": null, \"bench\": {\"mean_ms\": 2, \"sd_ms\": 1}},"
		"\"jit\": {\"compile\": {\"s\": 4}, \"bench\": {\"mean_ms\": 3}},"
		"\"bad\": {\"error\": \"no\"}}}",
		"json 'backends.*' piece 0 last\n with device=cpu\n with settings.runs=#3\n"
		" names backends|compile|bench.mean_ms|bench.sd_ms|compile.s|error\n"
		" 0: eager|_|#2|#1|_|_\n 1: jit|_|#3|_|#4|_\n 2: bad|_|_|_|_|no\n");
	assert_grids(TREE_JSON,
		"{\"fp16\": {\"loss\": 1, \"acc\": 2}, \"int8\": {\"loss\": 3, \"acc\": 4}}",
		"json '*' piece 0 last\n names name|loss|acc\n 0: fp16|#1|#2\n 1: int8|#3|#4\n");
	assert_grids(TREE_JSON,
		"{\"attention\": {\"torch\": {\"mean_ms\": 1}}, \"fusion\": {\"a\": {\"mean_ms\": "
		"2}, "
		"\"b\": {\"mean_ms\": 3}}}",
		"json '*.*' piece 0 last\n names group|name|mean_ms\n 0: attention|torch|#1\n"
		" 1: fusion|a|#2\n 2: fusion|b|#3\n");
}

/* Members that only look alike: two parts of one description, or two quantities. */
static void test_objects_that_are_no_table(void **state)
{
	(void)state;
	assert_grids(TREE_JSON,
		"{\"name\": \"x\", \"timing\": {\"p50_ms\": 1, \"samples\": 9}, \"env\": {\"os\": "
		"\"l\", \"v\": \"3\"}}",
		"json '' piece 0 last\n names name|timing.p50_ms|timing.samples|env.os|env.v\n"
		" 0: x|#1|#9|l|3\n");
	assert_grids(TREE_JSON,
		"{\"ttft_ms\": {\"mean\": 1, \"p95\": 2}, \"rate_tok_s\": {\"mean\": 3, \"p95\": "
		"4}}",
		"json '' piece 0 last\n names "
		"ttft_ms.mean|ttft_ms.p95|rate_tok_s.mean|rate_tok_s.p95\n"
		" 0: #1|#2|#3|#4\n");
}

static void test_nothing(void **state)
{
	(void)state;
	assert_grids(
		TREE_JSON, "[[1, 2], [3]]", "note 0: an array of arrays, which have no names\n");
	assert_grids(TREE_JSON, "[1, 2]", "note 0: an array of single values\n");
	assert_grids(TREE_JSON, "17", "note 0: a single value\n");
	assert_grids(TREE_JSON, "{}", "note 0: nothing in it is a table\n");
	assert_grids(TREE_JSON, "[]", "note 0: nothing in it is a table\n");
}

static void test_broken(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	static const char early[] = "{\"a\": 1,\n \"b\": [1, 2";

	(void)state;
	grid_log_read(&log, TREE_JSON, early, strlen(early));
	assert_contains(log.text.s, "note 2: JSON that ends early: ");
	assert_int_equal(log.notes, 1);
	assert_int_equal(log.grids, 0);
	grid_log_read(&log, TREE_JSON, "{\"a\": 1,\n nonsense}", 19);
	assert_contains(log.text.s, "note 2: no JSON: ");
	grid_log_read(&log, TREE_JSON, "{\"a\": 1\0}", 9);
	assert_contains(log.text.s, "note 0: no JSON: a NUL behind a number");
	grid_log_release(&log);
}

/* Members that were given twice, escapes in what names a table, others among the rows. */
static void test_keys(void **state)
{
	(void)state;
	assert_grids(TREE_JSON,
		"{\"m\\u00e9\": \"\\t1\\\\\", \"r\\n\": [{\"a\": 1, \"a\": {\"b\": 2}}, [{\"a\": "
		"1}], null, "
		"{\"a\": {\"b\": 3, \"b\": 4}}, {\"a\": {}, \"c\": [1]}]}",
		"note 0: r\n[]: member 1 is no object\nnote 0: r\n[]: member 2 is no object\n"
		"json 'r\n[]' piece 0 last\n with m\xc3\xa9=1\\\n names a.b\n 0: #2\n 3: #4\n 4: "
		"_\n");
	assert_grids(TREE_JSON, "{\"r\": [{\"a\": 1}], \"r\": [{\"b\": 2}]}",
		"json 'r[]' piece 0 last\n names b\n 0: #2\n");
	assert_grids(TREE_JSON, "[1, [2]]", "note 0: an array of single values\n");
}

/* Whether objects are alike is found by all their keys, wherever those stand. */
static void test_wide_likeness(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(1 << 20);

	(void)state;
	for (int k = 0; k < 3; k++) {
		str_addf(&text, "%s\"p%d\":{", k ? "," : "{", k);
		for (int i = 0; i < 300; i++)
			str_addf(&text, "%s\"c%d\":%d", i ? "," : "", (i + 100 * k) % 300, i);
		str_add(&text, "}");
	}
	str_add(&text, "}");
	grid_log_read(&log, TREE_JSON, text.s, text.len);
	assert_contains(log.text.s, "json '*' piece 0 last\n names name|c0|");
	assert_int_equal(log.rows, 3);
	grid_log_release(&log);
	str_release(&text);
}

/* One document on each line, whatever the name says. */
static void test_lines(void **state)
{
	(void)state;
	assert_grids(TREE_JSON, "{\"a\": 1}\n{\"a\": 2}\n",
		"jsonl '' piece 0 last\n names a\n 1: #1\n 2: #2\n");
}

static void add_times(struct str *to, const char *s, int n)
{
	while (n-- > 0)
		str_add(to, s);
}

static void test_bounds(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(64 << 20);
	struct foreign_facts facts;

	(void)state;
	log.quiet = true;
	/* Deep, deeper than jansson goes, and wide. */
	add_times(&text, "{\"a\":", 1000);
	str_add(&text, "1");
	add_times(&text, "}", 1000);
	grid_log_read(&log, TREE_JSON, text.s, text.len);
	str_reset(&text);
	add_times(&text, "[", 100000);
	grid_log_read(&log, TREE_JSON, text.s, text.len);
	assert_int_equal(log.grids, 0);
	/* A table that would be nothing but holes. */
	str_reset(&text);
	str_add(&text, "[{");
	for (int i = 0; i < 3000; i++)
		str_addf(&text, "%s\"c%d\":1", i ? "," : "", i);
	str_add(&text, "}");
	add_times(&text, ",{\"c0\":2}", 100000);
	str_add(&text, "]");
	facts = grid_log_read(&log, TREE_JSON, text.s, text.len);
	assert_int_equal(facts.tables, 1);
	assert_int_equal(log.rows, 100001);
	grid_log_release(&log);
	str_release(&text);
}

static void test_many_tables(void **state)
{
	struct grid_log log = GRID_LOG_INIT;
	struct str text = STR_INIT(64 << 20);

	(void)state;
	log.quiet = true;
	str_add(&text, "[{\"r\":[{\"a\":1}]}");
	add_times(&text, ",{\"r\":[{\"a\":1}]}", 5000);
	str_add(&text, "]");
	grid_log_read(&log, TREE_JSON, text.s, text.len);
	assert_int_equal(log.tables, 2000);
	assert_int_equal(log.notes, 1);
	grid_log_release(&log);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_tables_in_rows),
		cmocka_unit_test(test_objects_of_like_objects),
		cmocka_unit_test(test_objects_that_are_no_table),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_wide_likeness),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
