/* test_suites.c - the prompt suites that come with the program: every one can be read, every check
 * takes its right answer and refuses its wrong one, and every rule is worked out again. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade.h"
#include "jsonx.h"
#include "suite_rules.h"
#include "sweep.h"

static char path[1200];

static const char *suite_path(const char *name)
{
	const char *data = getenv("TEST_DATA");

	snprintf(path, sizeof(path), "%s/../../sweeps/prompts/%s.json", data ? data : "tests/data",
		name);
	return path;
}

/* A sweep of one of the suites. */
static void read_suite(struct sweep *s, const char *name, const char *more)
{
	struct err e = ERR_INIT;
	char text[1400];
	json_t *object;

	snprintf(text, sizeof(text), "{\"model\":\"m\",\"prompts\":\"%s\"%s}", suite_path(name),
		more);
	object = json_loads(text, 0, NULL);
	assert_non_null(object);
	if (sweep_parse(s, object, "x.json", NULL, &e))
		fail_msg("%s", e.msg);
	json_decref(object);
}

/* The file as it is, with what the parser does not keep. */
static json_t *load(const char *name)
{
	struct err e = ERR_INIT;
	json_t *suite = jsonx_load(suite_path(name), &e);

	if (!suite)
		fail_msg("%s", e.msg);
	return suite;
}

static void test_every_question_has_all_it_needs(void **state)
{
	json_t *suite = load("graded"), *one;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(suite, "prompts")) >= 200);
	json_array_foreach (json_object_get(suite, "prompts"), i, one) {
		const char *rule = jsonx_get_string(one, "rule");
		const char *source = jsonx_get_string(one, "source");

		if (!jsonx_get_string(one, "id") || !jsonx_get_string(one, "answer") ||
			!jsonx_get_string(one, "wrong") || !json_object_get(one, "check"))
			fail_msg("question %zu lacks something", i);
		if (!rule && !source)
			fail_msg("%s: from where?", jsonx_get_string(one, "id"));
		if (source && strncmp(source, "common knowledge: ", 18) != 0 &&
			strncmp(source, "follows from the text", 21) != 0)
			fail_msg("%s: source \"%s\"", jsonx_get_string(one, "id"), source);
	}
	json_decref(suite);
}

static double score(const struct sweep *s, size_t i, const char *answer)
{
	return grade_answer(&s->prompts[i], answer);
}

static void test_right_and_wrong_answers(void **state)
{
	json_t *suite = load("graded"), *prompts = json_object_get(suite, "prompts");
	struct sweep s = SWEEP_INIT;

	(void)state;
	read_suite(&s, "graded", "");
	assert_int_equal(s.nprompts, json_array_size(prompts));
	for (size_t i = 0; i < s.nprompts; i++) {
		const json_t *one = json_array_get(prompts, i);
		const char *answer = jsonx_get_string(one, "answer");
		const char *wrong = jsonx_get_string(one, "wrong");

		assert_int_not_equal(s.prompts[i].check, CHECK_NONE);
		if (score(&s, i, answer) != 1)
			fail_msg("%s: \"%s\" is not right", s.prompts[i].id, answer);
		if (score(&s, i, wrong) != 0)
			fail_msg("%s: \"%s\" is right", s.prompts[i].id, wrong);
		if (score(&s, i, "") != 0)
			fail_msg("%s: an empty answer is right", s.prompts[i].id);
		if (score(&s, i, s.prompts[i].text) != 0)
			fail_msg("%s: the question is its answer", s.prompts[i].id);
	}
	json_decref(suite);
	sweep_release(&s);
}

static void test_rules(void **state)
{
	json_t *suite = load("graded"), *prompts = json_object_get(suite, "prompts");
	struct sweep s = SWEEP_INIT;
	size_t worked_out = 0;

	(void)state;
	read_suite(&s, "graded", "");
	for (size_t i = 0; i < s.nprompts; i++) {
		const char *rule = jsonx_get_string(json_array_get(prompts, i), "rule");
		struct str answer = STR_INIT(1000);

		if (!rule)
			continue;
		if (!suite_rule(rule, &answer))
			fail_msg("%s: unknown rule \"%s\"", s.prompts[i].id, rule);
		if (score(&s, i, answer.s) != 1)
			fail_msg("%s: by \"%s\" it is \"%s\"", s.prompts[i].id, rule, answer.s);
		worked_out++;
		str_release(&answer);
	}
	assert_true(worked_out >= 150);
	json_decref(suite);
	sweep_release(&s);
}

/* As many of each kind, and easy ones in each. */
static void test_kinds_and_difficulties(void **state)
{
	struct sweep s = SWEEP_INIT;

	(void)state;
	read_suite(&s, "graded", "");
	for (size_t i = 0; i < s.nprompts; i++) {
		size_t of_kind = 0, of_difficulty[4] = {0};

		assert_non_null(s.prompts[i].kind);
		for (size_t k = 0; k < s.nprompts; k++) {
			const struct prompt *p = &s.prompts[k];

			if (strcmp(p->kind, s.prompts[i].kind) != 0)
				continue;
			of_kind++;
			assert_non_null(p->difficulty);
			assert_int_equal(strlen(p->difficulty), 1);
			assert_in_range(*p->difficulty, '1', '3');
			of_difficulty[*p->difficulty - '0']++;
		}
		assert_int_equal(of_kind, 20);
		for (int d = 1; d <= 3; d++)
			assert_true(of_difficulty[d] >= 5);
	}
	sweep_release(&s);
}

static void test_no_text_twice(void **state)
{
	static const char *const names[] = {"graded", "short", "long-prefill", "long-decode"};

	(void)state;
	for (size_t n = 0; n < COUNTOF(names); n++) {
		struct sweep s = SWEEP_INIT;

		read_suite(&s, names[n], "");
		for (size_t i = 0; i < s.nprompts; i++) {
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(s.prompts[i].text, s.prompts[k].text);
		}
		sweep_release(&s);
	}
}

/* What a suite asks for gives way to what the sweep says. */
static void test_long_suites(void **state)
{
	static const struct {
		const char *suite, *more;
		int64_t tokens, predict;
	} cases[] = {
		{"long-prefill", "", 2000, 0},
		{"long-prefill", ",\"prompt_tokens\":500", 500, 0},
		{"long-prefill", ",\"prompt_tokens\":\"80%\"", 0, 0},
		{"long-prefill", ",\"factors\":{\"prompt_tokens\":[500,900]}", 0, 0},
		{"long-decode", "", 0, 512},
		{"long-decode", ",\"options\":{\"num_predict\":300}", 0, 300},
		{"long-decode", ",\"factors\":{\"num_predict\":[300,400]}", 0, 0},
		{"short", "", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;

		read_suite(&s, cases[i].suite, cases[i].more);
		assert_int_equal(s.prompt_tokens, cases[i].tokens);
		assert_int_equal(json_integer_value(json_object_get(s.options, "num_predict")),
			cases[i].predict);
		/* Claims over prompts need at least 8 of them. */
		assert_true(strcmp(cases[i].suite, "short") == 0 || s.nprompts >= 8);
		sweep_release(&s);
	}
}

/* The checker itself can say no. */
static void test_rules_that_are_none(void **state)
{
	struct str out = STR_INIT(100);

	(void)state;
	assert_false(suite_rule("arithmetic", &out));
	assert_false(suite_rule("letter 1", &out));
	assert_true(suite_rule("letter -1 abc", &out));
	assert_string_equal(out.s, "c");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_question_has_all_it_needs),
		cmocka_unit_test(test_right_and_wrong_answers),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_kinds_and_difficulties),
		cmocka_unit_test(test_no_text_twice),
		cmocka_unit_test(test_long_suites),
		cmocka_unit_test(test_rules_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
