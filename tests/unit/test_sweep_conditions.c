/* test_sweep_conditions.c - exclude and only: what their words are bound to. */
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "expr.h"
#include "sweep_text.h"
#include "unit.h"

#define VALUES (SWEEP_MAX_FACTORS + 100)

static struct expr_value value_of(const json_t *v, const char *text)
{
	if (json_is_number(v))
		return (struct expr_value){.kind = EXPR_NUMBER, .number = json_number_value(v)};
	return (struct expr_value){.kind = EXPR_TEXT, .text = text};
}

/* The condition in the cell of the given levels, as a plan would test it. */
static int test_cell(const struct sweep *s, const struct sweep_condition *c, const size_t *level)
{
	struct expr_value values[VALUES] = {0};
	const char *key;
	json_t *v;
	size_t n = SWEEP_MAX_FACTORS;

	for (size_t f = 0; f < s->nfactors; f++) {
		const struct level *l = &s->factors[f].levels[level[f]];

		values[f] = value_of(l->value, l->text);
	}
	json_object_foreach (s->options, key, v)
		values[n++] = value_of(v, json_is_string(v) ? json_string_value(v) : "");
	return expr_test(c->expr, values);
}

#define GRID                                                                                       \
	"{\"model\":\"m:1b\",\"factors\":{\"num_ctx\":{\"small\":2048,\"large\":8192},"            \
	"\"num_gpu\":[\"auto\",\"all\",0]},\"options\":{\"temperature\":0.5,\"top_k\":7}"

static void test_binding(void **state)
{
	static const struct {
		const char *condition;
		size_t level[2];
		int is;
	} cases[] = {
		{"num_ctx > 4096", {0, 0}, 0}, {"num_ctx > 4096", {1, 0}, 1},
		{"num_ctx == small", {0, 0}, 1}, {"num_ctx == small", {1, 0}, 0},
		{"num_ctx > small", {1, 0}, 1}, {"num_gpu == auto", {0, 0}, 1},
		{"num_gpu == auto", {0, 1}, 0},
		{"num_gpu > 5", {0, 0}, -1}, /* what auto chooses is not known */
		{"num_gpu > 5", {0, 1}, 1}, {"num_gpu == all", {0, 1}, 1}, /* 19 by then */
		{"num_gpu == all", {0, 2}, 0}, {"temperature == 0.5 and top_k == 7", {0, 0}, 1},
		{"num_batch == 512 and num_predict == 64 and seed == 42", {0, 0}, 1},
		{"num_ctx * concurrency > 8191", {1, 0}, 1}, {"concurrency > 1", {0, 0}, 0},
		{"model == m:1b", {0, 0}, 1}, {"model == \"m:2b\"", {0, 0}, 0},
		{"cache == unique", {0, 0}, 1}, {"keep_alive >= 1800", {0, 0}, 1},
		{"rate > 1", {0, 0}, -1},
		{"num_ctx == \"small\"", {0, 0}, 0}, /* in quotes it is a text, and 2048 is not */
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		json_t *object = text_json(GRID "}");
		struct err e = ERR_INIT;

		json_object_set_new(object, "exclude", json_string(cases[i].condition));
		if (sweep_parse(&s, object, "x.json", NULL, &e) || text_resolve(&s, 18, 32768, &e))
			fail_msg("%s: %s", cases[i].condition, e.msg);
		if (test_cell(&s, &s.exclude[0], cases[i].level) != cases[i].is)
			fail_msg("%s: not %d in cell %zu %zu", cases[i].condition, cases[i].is,
				cases[i].level[0], cases[i].level[1]);
		json_decref(object);
		sweep_release(&s);
	}
}

/* A resolved sweep says "all" too, which by now is a number. */
static void test_after_resume(void **state)
{
	struct sweep s = SWEEP_INIT, again = SWEEP_INIT;
	struct err e = ERR_INIT;
	const size_t all[2] = {0, 1}, none[2] = {0, 2};
	json_t *object;

	(void)state;
	text_sweep(&s,
		GRID ",\"exclude\":[\"num_ctx == large\",\"num_gpu == all\"],"
		     "\"only\":\"top_k == 7\"}",
		18, 32768);
	object = sweep_json(&s);
	assert_int_equal(sweep_parse(&again, object, "RUN/sweep.json", NULL, &e), 0);
	assert_int_equal(text_resolve(&again, 18, 32768, &e), 0);
	assert_int_equal(again.nexclude, 2);
	assert_int_equal(again.nonly, 1);
	assert_string_equal(again.exclude[1].text, "num_gpu == all");
	assert_int_equal(test_cell(&again, &again.exclude[1], all), 1);
	assert_int_equal(test_cell(&again, &again.exclude[1], none), 0);
	json_decref(object);
	sweep_release(&s);
	sweep_release(&again);
}

/* The quick grid is made after the conditions are read. */
static void test_quick_grid(void **state)
{
	struct sweep s = SWEEP_INIT;
	const size_t largest[2] = {1, 2}, smallest[2] = {1, 0};

	(void)state;
	text_sweep(&s, "{\"model\":\"m\",\"exclude\":\"num_gpu == all and num_ctx > 10000\"}", 18,
		32768);
	assert_string_equal(text_grid(&s), "num_gpu=auto,19,14,9,0 num_ctx=4096,8192,16384");
	assert_int_equal(test_cell(&s, &s.exclude[0], largest), 1);
	assert_int_equal(test_cell(&s, &s.exclude[0], smallest), 0);
	sweep_release(&s);
}

/* Words that were levels may be none for these servers. */
static void test_words_of_servers(void **state)
{
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(text_parse(&s,
				 "{\"model\":\"m\",\"factors\":{\"server\":[\"box\"]},"
				 "\"exclude\":\"server == box\"}",
				 &e),
		0);
	assert_int_equal(s.nexclude, 1);
	sweep_release(&s);
	assert_int_equal(text_parse(&s,
				 "{\"model\":\"m\",\"factors\":{\"server\":[\"box\"]},"
				 "\"priority\":[\"server == bix\"]}",
				 &e),
		-1);
	assert_string_equal(e.msg,
		"x.json: priority[0]: character 11: there is no setting and no level \"bix\"");
	assert_string_equal(e.hint, "did you mean \"box\"?");
	sweep_release(&s);
}

/* "*" is no name: what a word says is known when the servers are. */
static void test_open_servers(void **state)
{
#define OPEN "{\"model\":\"m\",\"factors\":{\"server\":\"*\",\"top_k\":[1,2]}"
	struct sweep s = SWEEP_INIT;
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	assert_int_equal(text_parse(&s, OPEN ",\"exclude\":\"server == box\"}", &e), 0);
	assert_int_equal(text_resolve(&s, 18, 32768, &e), -1);
	assert_string_equal(
		e.msg, "x.json: exclude: character 11: there is no setting and no level \"box\"");
	text = xstrdup(s.factors[0].levels[0].text); /* the server's own name, by now */
	sweep_release(&s);
	e = (struct err)ERR_INIT;
	assert_string_equal(text, "http://127.0.0.1:11434");
	assert_int_equal(
		text_parse(&s, OPEN ",\"exclude\":\"server == 'http://127.0.0.1:11434'\"}", &e), 0);
	assert_int_equal(text_resolve(&s, 18, 32768, &e), 0);
	assert_int_equal(test_cell(&s, &s.exclude[0], (size_t[]){0, 0}), 1);
	free(text);
	sweep_release(&s);
}

/* A level called as a setting would silently be the setting. */
static void test_levels_called_as_settings(void **state)
{
	static const char *const cases[][2] = {
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"temperature\":2048,\"b\":4096}}}",
			"x.json: factors.num_ctx.temperature: names a level after a setting"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"rate\":2048,\"b\":4096}}}",
			"x.json: factors.num_ctx.rate: names a level after a setting"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"own\":2048,\"b\":4096}},"
		 "\"options\":{\"own\":3},\"only\":[\"top_k == 40\",\"num_ctx == own\"]}",
			"x.json: only[0]: character 1: top_k is neither varied nor fixed, so it "
			"cannot be compared"},
		{"{\"model\":\"m\",\"factors\":{\"num_ctx\":{\"own\":2048,\"b\":4096}},"
		 "\"options\":{\"own\":3},\"only\":\"num_ctx == own\"}",
			"x.json: only: character 12: \"own\" is a setting, and a level is called "
			"so too"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(text_parse(&s, cases[i][0], &e), -1);
		assert_string_equal(e.msg, cases[i][1]);
		assert_string_not_equal(e.hint, "");
		sweep_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_servers),
		cmocka_unit_test(test_levels_called_as_settings),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_after_resume),
		cmocka_unit_test(test_quick_grid),
		cmocka_unit_test(test_words_of_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
