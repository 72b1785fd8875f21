/* test_range.c - levels as people write them. */
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "range.h"
#include "unit.h"

/* What a text becomes, as JSON on one line. */
static void test_levels(void **state)
{
	static const struct {
		const char *text, *levels;
	} cases[] = {
		{"0", "[0]"},
		{"0,20,40", "[0,20,40]"},
		{" 1 , 2 ", "[1,2]"},
		{"-1", "[-1]"},
		{"0-48+8", "[0,8,16,24,32,40,48]"},
		{"0-50+8", "[0,8,16,24,32,40,48]"},
		{"0-3", "[0,1,2,3]"},
		{"5-5+1", "[5]"},
		{"-2-2", "[-2,-1,0,1,2]"},
		{"-4--2", "[-4,-3,-2]"},
		{"1024-8192x2", "[1024,2048,4096,8192]"},
		{"1024-8192*2", "[1024,2048,4096,8192]"},
		{"1024 - 8191 x 2", "[1024,2048,4096]"},
		{"300-1200x1.5", "[300,450,675,1012.5]"},
		{"0-1+0.1", "[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]"},
		{"0.2-1+0.2", "[0.2,0.4,0.6,0.8,1]"},
		{"0.1-10x10", "[0.1,1,10]"},
		{"1e-3-5e-3+1e-3", "[0.001,0.002,0.003,0.004,0.005]"},
		{"2e-1,1.0,0.50", "[0.2,1,0.5]"},
		{"auto,0-48+24,all,75%", "[\"auto\",0,24,48,\"all\",\"75%\"]"},
		{"true,false", "[true,false]"},
		{"8k", "[\"8k\"]"},
		{"gemma3:270m,7b-instruct,3-fold", "[\"gemma3:270m\",\"7b-instruct\",\"3-fold\"]"},
		{"9007199254740993", "[9007199254740993]"},
		{"9223372036854775805-9223372036854775807",
			"[9223372036854775805,9223372036854775806,9223372036854775807]"},
		{"4611686018427387904-9223372036854775807x2", "[4611686018427387904]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct str text = STR_INIT(STR_MAX_LINE);
		struct err e = ERR_INIT;
		json_t *levels = range_parse(cases[i].text, &e);

		assert_non_null(levels);
		jsonx_dump(&text, levels, 0, false);
		assert_string_equal(text.s, cases[i].levels);
		json_decref(levels);
		str_release(&text);
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{"", "expected a value, got nothing"},
		{"  ", "expected a value, got nothing"},
		{"1,,2", "expected a value between the commas, got nothing"},
		{"1,", "expected a value between the commas, got nothing"},
		{"1024-8k", "expected a number after \"-\", got \"8k\""},
		{"1024-", "expected a number after \"-\", got \"\""},
		{"0-8+", "expected a number after \"+\", got \"\""},
		{"0-8+x", "expected a number after \"+\", got \"x\""},
		{"1-8x2x2", "expected a number after \"x\", got \"2x2\""},
		{"8-1", "the range \"8-1\" runs backwards"},
		{"0-8+0", "the range \"0-8+0\" never arrives"},
		{"0-8+-1", "the range \"0-8+-1\" never arrives"},
		{"0-8x2", "the range \"0-8x2\" never arrives"},
		{"1-8x1", "the range \"1-8x1\" never arrives"},
		{"1-8x0.5", "the range \"1-8x0.5\" never arrives"},
		{"0-1.5", "the range \"0-1.5\" has no step"},
		{"0-100000", "more than 100000 levels"},
		{"0-1+1e-300", "more than 100000 levels"},
		{"\xff\xfe", "expected text in UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;

		assert_null(range_parse(cases[i].text, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
	}
}

/* Whatever is typed: levels or an error, no crash, no endless loop. */
static void test_hostile(void **state)
{
	static const char alphabet[] = "0123456789-+x*.,e% a";
	char text[24];
	unsigned seed = 1;
	int ok = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct err e = ERR_INIT;
		size_t len = 1 + (size_t)rand_r(&seed) % (sizeof(text) - 2);
		json_t *levels;

		for (size_t k = 0; k < len; k++)
			text[k] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		text[len] = '\0';
		levels = range_parse(text, &e);
		assert_true((levels != NULL) == (e.code == ERR_NONE));
		assert_true(!levels || json_array_size(levels) > 0);
		ok += levels != NULL;
		json_decref(levels);
	}
	assert_in_range(ok, 1000, 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
