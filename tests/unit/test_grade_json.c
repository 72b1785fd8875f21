/* test_grade_json.c - answers that are JSON, their schemas, and answers of random pieces. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "grade.h"
#include "jsonx.h"
#include "rng.h"

/* As JSON with ' for ". */
static json_t *quoted(const char *text)
{
	char *copy = xstrdup(text);
	json_t *value;

	for (char *c = copy; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	value = jsonx_parse(copy, strlen(copy));
	if (!value)
		fail_msg("no JSON: %s", copy);
	free(copy);
	return value;
}

static double grade(const char *spec, const char *answer)
{
	struct prompt p = {.check_spec = quoted(spec)};
	struct err e = ERR_INIT;
	double score;

	if (grade_check(p.check_spec, &p.check, &e))
		fail_msg("%s: %s", spec, e.msg);
	score = grade_answer(&p, answer);
	json_decref(p.check_spec);
	return score;
}

#define PERSON                                                                                     \
	"{'json':{'type':'object','required':['name','age'],'additionalProperties':false,"         \
	"'properties':{'name':{'type':'string','minLength':2,'maxLength':4,'pattern':'^[A-Z]'},"   \
	"'age':{'type':'integer','minimum':0,'maximum':150},"                                      \
	"'pets':{'type':'array','maxItems':2,'items':{'enum':['cat','dog',1,null]}}}}}"
#define NUMBERS "{'json':{'type':'array','minItems':2,'items':{'type':['number','null']}}}"
#define OPEN    "{'json':{'type':'object','properties':{'a':{'const':3}}}}"

static void test_answers(void **state)
{
	static const struct {
		const char *spec, *answer;
		double score;
	} cases[] = {
		{PERSON, "{\"name\":\"Ann\",\"age\":30}", 1},
		{PERSON, "```json\n{\n \"name\": \"Ann\",\n \"age\": 30.0\n}\n```\nDone.", 1},
		{PERSON, "As in [1]: {\"name\":\"Ann\",\"age\":0} {\"x\":1}", 1},
		{PERSON, "{see below} {\"name\":\"Ann\",\"age\":150}", 1},
		{PERSON, "{ {\"name\":\"Ann\",\"age\":30}", 1}, /* the first closes nowhere */
		{PERSON, "[{\"name\":\"Ann\",\"age\":30}]", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":30,}", 0},
		{PERSON, "{\"a\":{\"name\":\"Ann\",\"age\":30},}", 0}, /* nor does a part count */
		{PERSON, "{\"name\":\"Ann\",\"age\":30", 0},
		{PERSON, "{'name':'Ann','age':30}", 0},
		{PERSON, "{\"name\":\"Ann\"}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":30,\"x\":1}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":30,\"age\":31}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":30.5}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":\"30\"}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":151}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":-1}", 0},
		{PERSON, "{\"name\":\"A\",\"age\":30}", 0},
		{PERSON, "{\"name\":\"\xc3\x84nne\",\"age\":30}", 0}, /* no [A-Z] */
		{PERSON, "{\"name\":\"Ann\xc3\xa9\",\"age\":30}", 1}, /* four characters */
		{PERSON, "{\"name\":\"Annie\",\"age\":30}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":3,\"pets\":[\"cat\",null]}", 1},
		{PERSON, "{\"name\":\"Ann\",\"age\":3,\"pets\":[1.0]}", 1},
		{PERSON, "{\"name\":\"Ann\",\"age\":3,\"pets\":[\"cow\"]}", 0},
		{PERSON, "{\"name\":\"Ann\",\"age\":3,\"pets\":[1,1,1]}", 0},
		{PERSON, "{\"name\":\"}\",\"age\":3}", 0},
		{PERSON, "", 0},
		{PERSON, "{", 0},
		{NUMBERS, "[1, 2.5, null]", 1},
		{NUMBERS, "The list is [1,2]; not [3].", 1},
		{NUMBERS, "[1]", 0},
		{NUMBERS, "[1,true]", 0},
		{NUMBERS, "{\"a\":[1,2]}", 0},
		{OPEN, "{\"a\":3.0,\"b\":1}", 1},
		{OPEN, "{}", 1},
		{OPEN, "{\"a\":\"3\"}", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		double got = grade(cases[i].spec, cases[i].answer);

		if (got != cases[i].score)
			fail_msg("%s on \"%s\": %g", cases[i].spec, cases[i].answer, got);
	}
}

static void test_bad_schemas(void **state)
{
	static const struct {
		const char *schema, *msg;
	} cases[] = {
		{"5", "json: expected an object, got 5"},
		{"{}", "json: its type must be object or array"},
		{"{'type':'string'}", "json: its type must be object or array"},
		{"{'type':['object']}", "json: its type must be object or array"},
		{"{'type':'object','anyOf':[]}",
			"json.anyOf: this keyword of JSON Schema is not known here"},
		{"{'type':'object','properties':{'a':{'format':'date'}}}",
			"json.properties.a.format: this keyword of JSON Schema is not known here"},
		{"{'type':'array','items':{'type':'int'}}",
			"json.items.type: expected object, array, string, number, integer, boolean "
			"or null, or several, got \"int\""},
		{"{'type':'array','items':[]}", "json.items: expected an object, got an array"},
		{"{'type':'array','minItems':-1}",
			"json.minItems: expected an integer from 0 to 2147483647, got -1"},
		{"{'type':'object','required':'a'}",
			"json.required: expected an array of names, got \"a\""},
		{"{'type':'object','additionalProperties':{}}",
			"json.additionalProperties: expected true or false, got an object"},
		{"{'type':'array','items':{'pattern':'('}}",
			"json.items.pattern: Unmatched ( or \\("},
		{"{'type':'array','items':{'enum':[]}}",
			"json.items.enum: expected an array of 1 to 1000 values, got an array"},
		{"{'type':'array','items':{'minimum':'1'}}",
			"json.items.minimum: expected a number, got \"1\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		json_t *spec = json_pack("{s:o}", "json", quoted(cases[i].schema));
		struct err e = ERR_INIT;
		enum check_kind kind;

		assert_int_equal(grade_check(spec, &kind, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
		json_decref(spec);
	}
}

/* A schema nested `depth` levels deep. */
static json_t *nested_schema(int depth)
{
	json_t *schema = json_pack("{s:s}", "type", "array");

	while (--depth > 0)
		schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
	return json_pack("{s:o}", "json", schema);
}

static void test_bounds_of_schemas(void **state)
{
	json_t *good = nested_schema(16), *deep = nested_schema(17), *wide;
	json_t *properties = json_object();
	struct err e = ERR_INIT;
	enum check_kind kind;
	char name[16];

	(void)state;
	assert_int_equal(grade_check(good, &kind, &e), 0);
	assert_int_equal(kind, CHECK_JSON);
	assert_int_equal(grade_check(deep, &kind, &e), -1);
	assert_contains(e.msg, "more than 16 levels or 1000 schemas");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		json_object_set_new(properties, name, json_object());
	}
	wide = json_pack("{s:{s:s,s:o}}", "json", "type", "object", "properties", properties);
	assert_int_equal(grade_check(wide, &kind, &e), -1);
	assert_contains(e.msg, "more than 16 levels or 1000 schemas");
	json_decref(good);
	json_decref(deep);
	json_decref(wide);
}

/* Brackets without end: bounded work, and no recursion by the answer's depth. */
static void test_hostile_brackets(void **state)
{
	static const char any[] = "{'json':{'type':'array'}}";
	size_t len = 1 << 20;
	char *answer = xmalloc(len + 1);

	(void)state;
	memset(answer, '[', len);
	answer[len] = '\0';
	assert_double(grade(any, answer), 0);
	memset(answer + 20000, ']', 20000);
	answer[40000] = '\0';
	assert_double(grade(any, answer), 0); /* deeper than JSON is read */
	strcpy(answer, "[[[1]]]");
	assert_double(grade(any, answer), 1);
	free(answer);
}

/* Whatever is answered to whatever check: a score of 0 or 1, the same each time. */
static void test_answers_of_random_pieces(void **state)
{
	static const char *const pieces[] = {"{", "}", "[", "]", "\"", "\\", ":", ",", "-", ".",
		"1", "23", "e", "E+", "0", " ", "\n", "a", "Paris", "```", "\xe2\x88\x92", "\xe2",
		"\xff", "*", "null", "true", "%", "$", "(", "1,234", "{\"a\":1}", "[1,2]"};
	static const char *const specs[] = {"{'exact':'Paris'}", "{'one_of':['a','1']}",
		"{'number':1}", "{'regex':'^(a|1|[.*-])+$'}",
		"{'json':{'type':'object','required':['a']}}",
		"{'json':{'type':'array','items':{'type':'integer'}}}"};
	size_t right[COUNTOF(specs)] = {0};
	struct rng r;

	(void)state;
	rng_init(&r, 7, "answers");
	for (int round = 0; round < 20000; round++) {
		size_t n = rng_below(&r, 12), spec = rng_below(&r, COUNTOF(specs));
		struct str answer = STR_INIT(1000);
		double score;

		for (size_t i = 0; i < n; i++)
			str_add(&answer, pieces[rng_below(&r, COUNTOF(pieces))]);
		score = grade(specs[spec], answer.s);
		assert_true(score == 0 || score == 1);
		assert_double(grade(specs[spec], answer.s), score);
		right[spec] += score == 1;
		str_release(&answer);
	}
	for (size_t i = 0; i < COUNTOF(specs); i++)
		assert_true(right[i] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_schemas),
		cmocka_unit_test(test_bounds_of_schemas),
		cmocka_unit_test(test_hostile_brackets),
		cmocka_unit_test(test_answers_of_random_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
