/* test_filler.c - words before a prompt, how many, and what calibrations of a plan say. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_plan.h"
#include "filler.h"
#include "jsonx.h"

static const char *const urls[] = {"http://10.0.0.1:11434"};

static char *filler(const char *id, int64_t words)
{
	struct str text = STR_INIT(STR_MAX_FILE);

	filler_add(&text, id, words);
	return str_take(&text);
}

static void test_words(void **state)
{
	char *text = filler("p1", 1000), *again = filler("p1", 1000);
	size_t len = strlen(text);

	(void)state;
	assert_string_equal(text, again);
	assert_int_equal(len, 1000 * FILLER_WORD_BYTES - 1 + 2);
	assert_string_equal(text + len - 2, "\n\n");
	for (size_t i = 0; i < len - 2; i++)
		assert_true(i % FILLER_WORD_BYTES == FILLER_WORD_BYTES - 1
				? text[i] == ' '
				: text[i] >= 'a' && text[i] <= 'z');
	free(text);
	free(again);
	text = filler("p1", 0);
	assert_string_equal(text, "");
	free(text);
	text = filler("p1", -5);
	assert_string_equal(text, "");
	free(text);
}

/* So that no prefix of one is the cached beginning of another. */
static void test_other_prompts_begin_differently(void **state)
{
	char *texts[] = {
		filler("p1", 300), filler("p1", 301), filler("p2", 300), filler("p1", 600)};

	(void)state;
	for (size_t i = 0; i < COUNTOF(texts); i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(memcmp(texts[i], texts[k], 30), 0);
	}
	for (size_t i = 0; i < COUNTOF(texts); i++)
		free(texts[i]);
}

/* How often the word at `word` stands in a text. */
static int occurrences(const char *text, const char *word)
{
	int n = 0;

	for (; strlen(text) >= FILLER_WORD_BYTES; text += FILLER_WORD_BYTES)
		n += strncmp(text, word, FILLER_WORD_BYTES - 1) == 0;
	return n;
}

/* Rounds of all words: each of 64 stands 3 times in 192, whatever the order. */
static void test_every_word_equally_often(void **state)
{
	char *text = filler("x", 192);

	(void)state;
	for (int i = 0; i < 192; i++)
		assert_int_equal(occurrences(text, text + i * FILLER_WORD_BYTES), 3);
	free(text);
}

static void test_how_many_words(void **state)
{
	double more[] = {0, 7};
	struct calibration c = {
		.fixed = 20, .per_word = 1.25, .first_word = 13, .text = more, .ntexts = 2};
	static const struct {
		size_t prompt;
		bool unique;
		int64_t tokens, words;
	} cases[] = {
		{0, false, 145, 100},
		{0, true, 158, 100},
		{1, false, 152, 100},
		{0, false, 146, 101}, /* 146.25 is nearer than 145 */
		{0, false, 20, 0},
		{0, false, 19, 0},
		{0, false, 1, 0},
		{0, true, 33, 0},
		{0, false, 21, 1},
		{1, true, 100, 48},
		{0, false, INT64_MAX, FILLER_MAX_WORDS},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(
			filler_words(&c, cases[i].prompt, cases[i].unique, cases[i].tokens),
			cases[i].words);
	assert_double(filler_tokens(&c, 1, true, 100), 165);
}

/* ---- plans ---- */

static struct fake_plan fake;

static void begin(const char *sweep)
{
	fake_plan_make(&fake, sweep, urls, 1);
}

static void test_is_needed(void **state)
{
	static const struct {
		const char *keys;
		bool needed;
	} cases[] = {
		{"\"prompt\":\"a\"", false},
		{"\"prompt_tokens\":100", true},
		{"\"prompt_tokens\":\"80%\"", true},
		{"\"factors\":{\"prompt_tokens\":[100,200]}", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char sweep[200];

		snprintf(sweep, sizeof(sweep), "{\"model\":\"m:1b\",%s}", cases[i].keys);
		begin(sweep);
		assert_int_equal(filler_is_needed(&fake.sweep), cases[i].needed);
		assert_int_equal(filler_is_calibrated(&fake.plan), !cases[i].needed);
		assert_int_equal(filler_words_of(&fake.plan, 0, 0), 0);
		fake_plan_release(&fake);
	}
}

#define TWO_MODELS                                                                                 \
	"\"factors\":{\"model\":[\"m:1b\",\"m:4b\"],\"prompt_tokens\":[100,\"50%\"]},\"options\":" \
	"{"                                                                                        \
	"\"num_ctx\":2048},\"cache\":\"repeat\",\"prompts\":[{\"id\":\"a\",\"text\":\"A\"},{"      \
	"\"id\":"                                                                                  \
	"\"b\",\"text\":\"B\"}]"

static void test_each_cell_has_the_calibration_of_its_model(void **state)
{
	static const int64_t wanted[] = {90, 1014, 160, 2008}; /* (100, 1024) - 10, - 20; halved */

	(void)state;
	begin("{" TWO_MODELS ",\"calibrations\":[{\"model\":\"m:1b\",\"fixed\":10,\"per_word\":1,"
	      "\"first_word\":13,"
	      "\"text\":{\"a\":0,\"b\":5},\"measured\":2},{\"model\":\"m:4b\",\"fixed\":20,"
	      "\"per_word\":0.5,\"first_word\":13,\"text\":{\"a\":0,\"b\":5},\"measured\":2}]}");
	assert_true(filler_is_calibrated(&fake.plan));
	assert_int_equal(fake.plan.ncells, 4);
	for (uint32_t cell = 0; cell < 4; cell++)
		assert_int_equal(filler_words_of(&fake.plan, cell, 0), wanted[cell]);
	assert_int_equal(filler_words_of(&fake.plan, 0, 1), 85);
	fake_plan_release(&fake);
}

/* One model of two, or other prompts: the rest has to be measured. */
static void test_a_calibration_that_is_not_of_this(void **state)
{
	(void)state;
	begin("{" TWO_MODELS ",\"calibrations\":[{\"model\":\"m:1b\",\"fixed\":10,\"per_word\":1,"
	      "\"first_word\":13,"
	      "\"text\":{\"a\":0,\"b\":5},\"measured\":2}]}");
	assert_false(filler_is_calibrated(&fake.plan));
	assert_non_null(filler_calibration(&fake.plan, 0));
	assert_null(filler_calibration(&fake.plan, 3));
	fake_plan_release(&fake);
	begin("{\"model\":\"m:1b\",\"prompt\":\"A\",\"prompt_tokens\":100,\"calibrations\":[{"
	      "\"model\":"
	      "\"m:1b\",\"fixed\":10,\"per_word\":1,\"first_word\":13,\"text\":{\"other\":0},"
	      "\"measured\":1}]}");
	assert_int_equal(fake.sweep.ncalibrations, 0);
	fake_plan_release(&fake);
}

/* System prompts add tokens of their own: their levels are calibrated apart. */
static void test_levels_of_a_system_prompt(void **state)
{
	json_t *object;
	struct sweep copy = SWEEP_INIT;
	struct err e = ERR_INIT;
	struct calibration *c;

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"A\",\"prompt_tokens\":100,\"factors\":{\"system\":["
	      "\"Be short.\",\"Be long.\"]}}");
	for (uint32_t cell = 0; cell < 2; cell++) {
		assert_null(filler_calibration(&fake.plan, cell));
		c = sweep_add_calibration(
			&fake.sweep, "m:1b", fake.sweep.factors[0].levels[cell].text, NULL);
		c->per_word = 1;
		c->fixed = 10 * (cell + 1);
	}
	assert_int_equal(filler_words_of(&fake.plan, 0, 0), 90);
	assert_int_equal(filler_words_of(&fake.plan, 1, 0), 80);
	/* sweep.json and back. */
	object = sweep_json(&fake.sweep);
	if (sweep_parse(&copy, object, "sweep.json", NULL, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(copy.ncalibrations, 2);
	assert_string_equal(copy.calibrations[1].system, "Be long.");
	assert_null(copy.calibrations[1].template);
	assert_double(copy.calibrations[1].fixed, 20);
	assert_int_equal(copy.calibrations[1].ntexts, 1);
	json_decref(object);
	sweep_release(&copy);
	fake_plan_release(&fake);
}

static void test_a_length_that_is_too_short(void **state)
{
	static const char sweep[] =
		"{\"model\":\"m:1b\",\"prompt_tokens\":%d,\"prompts\":[{\"id\":\"a\",\"text\":"
		"\"A\"},"
		"{\"id\":\"long "
		"one\",\"text\":\"B\"}],\"calibrations\":[{\"model\":\"m:1b\",\"fixed\":"
		"10,\"per_word\":1,\"first_word\":13,\"text\":{\"a\":0,\"long "
		"one\":30},\"measured\":"
		"2}]}";
	char text[sizeof(sweep) + 20];
	struct err e = ERR_INIT;

	(void)state;
	snprintf(text, sizeof(text), sweep, 54);
	begin(text);
	assert_int_equal(filler_check(&fake.plan, &e), 0);
	fake_plan_release(&fake);
	snprintf(text, sizeof(text), sweep, 53);
	begin(text);
	assert_int_equal(filler_check(&fake.plan, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_string_equal(e.msg,
		"prompt_tokens 53: prompt \"long one\" has 53 tokens by itself, with what stands "
		"around it");
	assert_string_equal(e.hint, "ask for 54 and more, or take a shorter prompt");
	fake_plan_release(&fake);
}

/* 80 % of 1024 and an answer of 300 are 1119. */
static void test_lengths_that_do_not_fit(void **state)
{
	uint32_t first = 99;

	(void)state;
	begin("{\"model\":\"m:1b\",\"prompt\":\"A\",\"factors\":{\"num_ctx\":[1024,2048],"
	      "\"prompt_tokens\":[724,725,\"80%\",2000]},\"options\":{\"num_predict\":300}}");
	assert_int_equal(fake.plan.ncells, 8);
	assert_int_equal(filler_misfits(&fake.plan, &first), 4); /* 725, 80 %, 2000; 2000 */
	assert_int_equal(first, 1);
	assert_int_equal(filler_option(&fake.plan, 7, "num_ctx"), 2048);
	assert_int_equal(filler_option(&fake.plan, 7, "num_predict"), 300);
	assert_int_equal(filler_option(&fake.plan, 7, "top_k"), -1);
	fake_plan_release(&fake);
	begin("{\"model\":\"m:1b\",\"prompt\":\"A\"}");
	assert_int_equal(filler_misfits(&fake.plan, &first), 0);
	fake_plan_release(&fake);
}

static void test_calibrations_that_are_none(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{"5", "calibrations: expected an array, got 5"},
		{"[5]", "calibrations[0]: expected an object, got 5"},
		{"[{\"model\":\"m\",\"x\":1}]", "calibrations[0]: unknown key \"x\""},
		{"[{\"model\":\"m\",\"fixed\":1,\"per_word\":0,\"first_word\":0,\"text\":{},"
		 "\"measured\":0}]",
			"calibrations[0].per_word: expected a number from 0.01 to 100, got 0"},
		{"[{\"model\":\"m\",\"fixed\":1,\"per_word\":1,\"first_word\":0,\"text\":[],"
		 "\"measured\":0}]",
			"calibrations[0].text: expected an object, got an array"},
		{"[{\"model\":\"m\",\"fixed\":1,\"per_word\":1,\"first_word\":0,\"text\":{\"p1\":"
		 "\"x\"},"
		 "\"measured\":0}]",
			"calibrations[0].text.p1: expected a number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct sweep s = SWEEP_INIT;
		struct err e = ERR_INIT;
		char text[400];
		json_t *object;

		snprintf(text, sizeof(text),
			"{\"model\":\"m\",\"prompt\":\"A\",\"calibrations\":%s}", cases[i].text);
		object = json_loads(text, 0, NULL);
		assert_non_null(object);
		assert_int_equal(sweep_parse(&s, object, "x.json", NULL, &e), -1);
		assert_contains(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
		json_decref(object);
		sweep_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_other_prompts_begin_differently),
		cmocka_unit_test(test_every_word_equally_often),
		cmocka_unit_test(test_how_many_words),
		cmocka_unit_test(test_is_needed),
		cmocka_unit_test(test_each_cell_has_the_calibration_of_its_model),
		cmocka_unit_test(test_a_calibration_that_is_not_of_this),
		cmocka_unit_test(test_levels_of_a_system_prompt),
		cmocka_unit_test(test_a_length_that_is_too_short),
		cmocka_unit_test(test_lengths_that_do_not_fit),
		cmocka_unit_test(test_calibrations_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
