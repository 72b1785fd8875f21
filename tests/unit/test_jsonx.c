/* test_jsonx.c - messages word for word, and JSON that loses nothing. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "rng.h"
#include "unit.h"

static json_t *parse(const char *s)
{
	json_t *value = jsonx_parse(s, strlen(s));

	assert_non_null(value);
	return value;
}

/* ---- messages ---- */

static int as_int(const struct jsonx_at *at, struct err *e)
{
	int64_t x = 77;
	int rc = jsonx_int(at, INT64_MIN, INT64_MAX, &x, e);

	assert_true(rc == 0 || x == 77); /* untouched on failure */
	return rc;
}

static int as_small(const struct jsonx_at *at, struct err *e)
{
	int64_t x;

	return jsonx_int(at, 1, 64, &x, e);
}

static int as_positive(const struct jsonx_at *at, struct err *e)
{
	int64_t x;

	return jsonx_int(at, 1, INT64_MAX, &x, e);
}

static int as_negative(const struct jsonx_at *at, struct err *e)
{
	int64_t x;

	return jsonx_int(at, INT64_MIN, -1, &x, e);
}

static int as_real(const struct jsonx_at *at, struct err *e)
{
	double x;

	return jsonx_real(at, -DBL_MAX, DBL_MAX, &x, e);
}

static int as_share(const struct jsonx_at *at, struct err *e)
{
	double x;

	return jsonx_real(at, 0, 0.5, &x, e);
}

static int as_bool(const struct jsonx_at *at, struct err *e)
{
	bool x;

	return jsonx_bool(at, &x, e);
}

static int as_string(const struct jsonx_at *at, struct err *e)
{
	const char *x;

	return jsonx_string(at, &x, e);
}

static void test_messages(void **state)
{
	static const struct {
		const char *json;
		int (*read)(const struct jsonx_at *, struct err *);
		const char *message; /* after "x.json: a.b[1]: ", NULL if it is accepted */
	} cases[] = {
		{"8192", as_int, NULL},
		{"-1", as_int, NULL},
		{"8192.0", as_int, NULL},
		{"1e3", as_int, NULL},
		{"\"8k\"", as_int, "expected an integer, got \"8k\""},
		{"8.5", as_int, "expected an integer, got 8.5"},
		{"1e300", as_int, "expected an integer, got 1e+300"},
		{"true", as_int, "expected an integer, got true"},
		{"false", as_int, "expected an integer, got false"},
		{"null", as_int, "expected an integer, got null"},
		{"{}", as_int, "expected an integer, got an object"},
		{"[1]", as_int, "expected an integer, got an array"},
		{"\"a\\n\\u001bb\"", as_int, "expected an integer, got \"a??b\""},
		{"1", as_small, NULL},
		{"64", as_small, NULL},
		{"0", as_small, "expected an integer from 1 to 64, got 0"},
		{"65", as_small, "expected an integer from 1 to 64, got 65"},
		{"0", as_positive, "expected an integer of at least 1, got 0"},
		{"0", as_negative, "expected an integer of at most -1, got 0"},
		{"\"x\"", as_small, "expected an integer, got \"x\""},
		{"0.1", as_real, NULL},
		{"5", as_real, NULL},
		{"\"0.1\"", as_real, "expected a number, got \"0.1\""},
		{"0.5", as_share, NULL},
		{"0.6", as_share, "expected a number from 0 to 0.5, got 0.6"},
		{"-1", as_share, "expected a number from 0 to 0.5, got -1"},
		{"true", as_bool, NULL},
		{"1", as_bool, "expected true or false, got 1"},
		{"\"x\"", as_string, NULL},
		{"\"\"", as_string, "expected a string that is not empty, got \"\""},
		{"4096", as_string, "expected a string, got 4096"},
		{"{}", jsonx_object, NULL},
		{"[]", jsonx_object, "expected an object, got an array"},
		{"[]", jsonx_array, NULL},
		{"{}", jsonx_array, "expected an array, got an object"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct jsonx_at at = {.source = "x.json", .path = "a.b[1]"};
		struct err e = ERR_INIT;
		int rc;

		at.value = parse(cases[i].json);
		rc = cases[i].read(&at, &e);
		json_decref(at.value);
		assert_int_equal(rc, cases[i].message ? -1 : 0);
		if (!cases[i].message) {
			assert_string_equal(e.msg, "");
			continue;
		}
		assert_memory_equal(e.msg, "x.json: a.b[1]: ", 16);
		assert_string_equal(e.msg + 16, cases[i].message);
		assert_int_equal(e.code, ERR_USAGE);
	}
}

static void test_values(void **state)
{
	json_t *doc = parse("{\"i\": -5, \"w\": 4096.0, \"r\": 0.25, \"b\": true, \"s\": \"x\"}");
	struct jsonx_at root = jsonx_root("x", doc), at;
	const char *s = NULL;
	bool b = false;
	int64_t i = 0;
	double r = 0;

	(void)state;
	at = jsonx_key(&root, "i");
	assert_int_equal(jsonx_int(&at, -5, 5, &i, NULL), 0);
	assert_int_equal(i, -5);
	assert_int_equal(jsonx_real(&at, -5, 5, &r, NULL), 0);
	assert_double(r, -5);
	at = jsonx_key(&root, "w");
	assert_int_equal(jsonx_int(&at, 0, 5000, &i, NULL), 0);
	assert_int_equal(i, 4096);
	at = jsonx_key(&root, "r");
	assert_int_equal(jsonx_real(&at, 0, 1, &r, NULL), 0);
	assert_double(r, 0.25);
	at = jsonx_key(&root, "b");
	assert_int_equal(jsonx_bool(&at, &b, NULL), 0);
	assert_true(b);
	at = jsonx_key(&root, "s");
	assert_int_equal(jsonx_string(&at, &s, NULL), 0);
	assert_string_equal(s, "x");
	json_decref(doc);
}

static void test_places(void **state)
{
	json_t *doc = parse("{\"factors\": {\"num_ctx\": [1024, 2048, \"8k\"]}}");
	struct jsonx_at root = jsonx_root("sweeps/x.json", doc);
	struct jsonx_at factors = jsonx_key(&root, "factors");
	struct jsonx_at num_ctx = jsonx_key(&factors, "num_ctx");
	struct jsonx_at third = jsonx_index(&num_ctx, 2), fourth = jsonx_index(&num_ctx, 3);
	struct jsonx_at absent = jsonx_key(&third, "deeper");
	struct jsonx_at nowhere;
	struct err e = ERR_INIT;

	(void)state;
	as_int(&third, &e);
	assert_string_equal(
		e.msg, "sweeps/x.json: factors.num_ctx[2]: expected an integer, got \"8k\"");
	as_int(&root, &e);
	assert_string_equal(e.msg, "sweeps/x.json: expected an integer, got an object");
	as_int(&fourth, &e);
	assert_string_equal(
		e.msg, "sweeps/x.json: factors.num_ctx[3]: expected an integer, got nothing");
	as_int(&absent, &e);
	assert_contains(e.msg, "factors.num_ctx[2].deeper: expected an integer, got nothing");
	nowhere = jsonx_root(NULL, doc);
	as_int(&nowhere, &e);
	assert_string_equal(e.msg, "expected an integer, got an object");
	assert_int_equal(jsonx_error(&num_ctx, &e, "%d levels are too many", 3), -1);
	assert_string_equal(e.msg, "sweeps/x.json: factors.num_ctx: 3 levels are too many");
	json_decref(doc);
}

/* Paths and values without end are cut, not overrun. */
static void test_long_places(void **state)
{
	char key[500];
	struct jsonx_at at = jsonx_root("x", NULL);
	struct err e = ERR_INIT;
	json_t *long_text;

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	for (int i = 0; i < 5; i++) {
		at = jsonx_key(&at, key);
		at = jsonx_index(&at, 12345);
	}
	assert_true(strlen(at.path) < sizeof(at.path));
	as_int(&at, &e);
	assert_contains(e.msg, "kk...: expected an integer, got nothing");
	long_text = json_string(key);
	at = jsonx_root("x", long_text);
	as_int(&at, &e);
	assert_contains(e.msg, "expected an integer, got \"kkk");
	assert_contains(e.msg, "kkk...\"");
	json_decref(long_text);
}

static void test_only_keys(void **state)
{
	static const char *const known[] = {"model", "factors", "repeats", NULL};
	json_t *doc =
		parse("{\"model\": 1, \"sub\": {\"factros\": 2}, \"list\": [{\"zzzzzz\": 1}]}");
	struct jsonx_at root = jsonx_root("x.json", doc), sub = jsonx_key(&root, "sub");
	struct jsonx_at list = jsonx_key(&root, "list"), item = jsonx_index(&list, 0);
	struct err e = ERR_INIT;
	json_t *good = parse("{\"factors\": 1, \"model\": 2}");
	struct jsonx_at good_at = jsonx_root("x.json", good);

	(void)state;
	assert_int_equal(jsonx_only_keys(&good_at, known, &e), 0);
	assert_int_equal(jsonx_only_keys(&sub, known, &e), -1);
	assert_string_equal(e.msg, "x.json: sub: unknown key \"factros\"");
	assert_string_equal(e.hint, "did you mean \"factors\"?");
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(jsonx_only_keys(&item, known, &e), -1);
	assert_string_equal(e.msg, "x.json: list[0]: unknown key \"zzzzzz\"");
	assert_string_equal(e.hint, "known keys: model, factors, repeats");
	assert_int_equal(jsonx_only_keys(&root, known, &e), -1);
	assert_string_equal(e.msg, "x.json: unknown key \"sub\"");
	assert_int_equal(jsonx_only_keys(&list, known, &e), -1);
	assert_string_equal(e.msg, "x.json: list: expected an object, got an array");
	assert_int_equal(jsonx_only_keys(&sub, known, NULL), -1);
	json_decref(doc);
	json_decref(good);
}

static void test_did_you_mean(void **state)
{
	static const char *const names[] = {
		"num_ctx", "num_gpu", "temperature", "top_k", "seed", "q", NULL};
	static const char *const none[] = {NULL};
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{"num_ctx", "num_ctx"},
		{"num_cxt", "num_ctx"},
		{"numctx", "num_ctx"},
		{"num_gp", "num_gpu"},
		{"tempreature", "temperature"},
		{"temprature_x", "temperature"},
		{"sed", "seed"},
		{"sxxd", "seed"},
		{"xxxx", NULL},
		{"x", NULL},
		{"", NULL},
		{"entirely_different", NULL},
	};
	char big[5000];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const char *got = jsonx_did_you_mean(cases[i].word, names);

		if (cases[i].nearest) {
			assert_non_null(got);
			assert_string_equal(got, cases[i].nearest);
		} else {
			assert_null(got);
		}
	}
	assert_null(jsonx_did_you_mean("seed", none));
	memset(big, 's', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_null(jsonx_did_you_mean(big, names));
}

/* ---- files ---- */

static void test_load(void **state)
{
	struct err e = ERR_INIT;
	const char *path = unit_write_text("good.json", "{\"a\": [1, 2]}\n");
	json_t *doc = jsonx_load(path, &e);

	(void)state;
	assert_non_null(doc);
	assert_int_equal(json_array_size(json_object_get(doc, "a")), 2);
	json_decref(doc);

	path = unit_write_text("syntax.json", "{\n  \"a\": 1,\n  oops\n}\n");
	assert_null(jsonx_load(path, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_memory_equal(e.msg, path, strlen(path));
	assert_memory_equal(e.msg + strlen(path), ":3:", 3);

	path = unit_write_text("twice.json", "{\"a\": 1,\n \"a\": 2}\n");
	assert_null(jsonx_load(path, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "twice.json:2:");
	assert_contains(e.msg, "duplicate");

	assert_null(jsonx_load(unit_write_text("empty.json", ""), &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_null(jsonx_load(unit_write_text("utf8.json", "[\"\xff\"]"), &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_null(jsonx_load(unit_path("absent.json"), &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_contains(e.msg, "absent.json: No such file or directory");
	assert_null(jsonx_load(unit_path("."), &e));
	assert_int_equal(e.code, ERR_ENV);
	assert_null(jsonx_load(unit_path("absent.json"), NULL));
}

static void test_parse_wire(void **state)
{
	json_t *doc = parse("{\"response\": \"a\\u0000b\"}");

	(void)state;
	assert_int_equal(json_string_length(json_object_get(doc, "response")), 3);
	json_decref(doc);
	assert_null(jsonx_parse("{\"a\":1", 6));
	assert_null(jsonx_parse("", 0));
	assert_null(jsonx_parse("{} x", 4));
	doc = jsonx_parse("{} x", 2); /* only `len` bytes are looked at */
	assert_non_null(doc);
	json_decref(doc);
}

/* ---- writing ---- */

static void test_dump(void **state)
{
	static const struct {
		const char *in;
		int indent;
		bool sorted;
		const char *out;
	} cases[] = {
		{"{}", 2, false, "{}"},
		{"[]", 2, false, "[]"},
		{"null", 0, false, "null"},
		{"[true,false,null]", 0, false, "[true,false,null]"},
		{"{\"b\": 1, \"a\": [1, 2]}", 0, false, "{\"b\":1,\"a\":[1,2]}"},
		{"{\"b\": 1, \"a\": [1, 2]}", 0, true, "{\"a\":[1,2],\"b\":1}"},
		{"{\"b\": {\"d\": 1, \"c\": 2}}", 0, true, "{\"b\":{\"c\":2,\"d\":1}}"},
		{"{\"a\": [1, 2.5], \"b\": {\"c\": \"x\"}, \"d\": [\"y\"], \"e\": {}}", 2, false,
			"{\n  \"a\": [1, 2.5],\n  \"b\": {\n    \"c\": \"x\"\n  },\n"
			"  \"d\": [\n    \"y\"\n  ],\n  \"e\": {}\n}"},
		{"[8192.0, 8192, 1e3, -0.0]", 0, true, "[8192,8192,1000,0]"},
		{"[0.1, 1e-7, 9223372036854775807, 0.30000000000000004, 1e300]", 0, false,
			"[0.1,1e-07,9223372036854775807,0.30000000000000004,1e+300]"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u20ac\\u007f\"", 0, false,
			"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\xe2\x82\xac\x7f\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str out = STR_INIT(STR_MAX_LINE);
		json_t *value = parse(cases[i].in), *back;

		jsonx_dump(&out, value, cases[i].indent, cases[i].sorted);
		assert_string_equal(out.s, cases[i].out);
		/* What was written reads back to what writes the same. */
		back = parse(out.s);
		str_reset(&out);
		jsonx_dump(&out, back, cases[i].indent, cases[i].sorted);
		assert_string_equal(out.s, cases[i].out);
		json_decref(value);
		json_decref(back);
		str_release(&out);
	}
}

static void test_dump_not_finite(void **state)
{
	struct str out = STR_INIT(100);
	json_t *array = json_array();

	(void)state;
	json_array_append_new(array, jsonx_number(NAN));
	json_array_append_new(array, jsonx_number((double)INFINITY));
	json_array_append_new(array, jsonx_number(-0.5));
	json_array_append_new(array, jsonx_number(4096));
	json_array_append_new(array, jsonx_number(1e300));
	jsonx_dump(&out, array, 0, false);
	assert_string_equal(out.s, "[null,null,-0.5,4096,1e+300]");
	assert_true(json_is_integer(json_array_get(array, 3)));
	assert_true(json_is_real(json_array_get(array, 4)));
	str_reset(&out);
	jsonx_dump(&out, NULL, 0, false);
	assert_string_equal(out.s, "null");
	str_release(&out);
	json_decref(array);
}

static void test_numbers_round_trip(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1, "json");
	for (int i = 0; i < 20000; i++) {
		struct str out = STR_INIT(100);
		double x = exp(15 * rng_normal(&r));
		json_t *value = jsonx_number(i % 3 ? x : floor(x)), *back;

		jsonx_dump(&out, value, 0, false);
		back = parse(out.s);
		assert_double(json_number_value(back), json_number_value(value));
		json_decref(value);
		json_decref(back);
		str_release(&out);
	}
}

static void test_get(void **state)
{
	json_t *doc = parse("{\"n\": 5, \"r\": 0.5, \"s\": \"x\", \"b\": true, \"z\": null}");

	(void)state;
	assert_double(jsonx_get_number(doc, "n"), 5);
	assert_double(jsonx_get_number(doc, "r"), 0.5);
	assert_double(jsonx_get_number(doc, "s"), NAN);
	assert_double(jsonx_get_number(doc, "z"), NAN);
	assert_double(jsonx_get_number(doc, "absent"), NAN);
	assert_double(jsonx_get_number(NULL, "n"), NAN);
	assert_string_equal(jsonx_get_string(doc, "s"), "x");
	assert_null(jsonx_get_string(doc, "n"));
	assert_null(jsonx_get_string(doc, "absent"));
	assert_null(jsonx_get_string(NULL, "s"));
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_long_places),
		cmocka_unit_test(test_only_keys),
		cmocka_unit_test(test_did_you_mean),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_parse_wire),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_not_finite),
		cmocka_unit_test(test_numbers_round_trip),
		cmocka_unit_test(test_get),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
