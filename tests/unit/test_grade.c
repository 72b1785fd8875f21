/* test_grade.c - checks of answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "grade.h"
#include "jsonx.h"
#include "unit.h"

static double grade(const char *spec, const char *answer)
{
	struct prompt p = {.check_spec = jsonx_parse(spec, strlen(spec))};
	struct err e = ERR_INIT;
	double score;

	if (grade_check(p.check_spec, &p.check, &e))
		fail_msg("%s: %s", spec, e.msg);
	score = grade_answer(&p, answer);
	json_decref(p.check_spec);
	return score;
}

static void test_answers(void **state)
{
	static const struct {
		const char *spec, *answer;
		double score;
	} cases[] = {
		{"{\"exact\":\"Paris\"}", "Paris", 1},
		{"{\"exact\":\"Paris\"}", " paris.\n", 1},
		{"{\"exact\":\"Paris.\"}", "PARIS", 1},
		{"{\"exact\":\"Paris\"}", "Paris, France", 0},
		{"{\"exact\":\"Paris\"}", "Pari", 0},
		{"{\"exact\":\"Paris\"}", "Paris..", 0},
		{"{\"exact\":\"Paris\"}", "", 0},
		{"{\"exact\":\"Paris\"}", "**Paris**", 1},
		{"{\"exact\":\"Paris\"}", "\"Paris.\"", 1},
		{"{\"exact\":\"Paris\"}", "`Paris`.\n", 1},
		{"{\"exact\":\"Paris\"}", "*Paris", 0},
		{"{\"exact\":\"Paris\"}", "Paris\n\nParis is the capital of France.", 0},
		{"{\"exact\":\"**\"}", "", 0},
		{"{\"exact\":\".\"}", ".", 1},
		{"{\"exact\":\"don't\"}", "Don't", 1},
		{"{\"one_of\":[\"cold\",\"cool\"]}", "Cool.", 1},
		{"{\"one_of\":[\"cold\",\"cool\"]}", "warm", 0},
		{"{\"number\":42}", "42", 1},
		{"{\"number\":42}", "The answer is 42.", 1},
		{"{\"number\":42}", "17 + 25 = 42", 1},
		{"{\"number\":42}", "42 is 6 times 7", 0},
		{"{\"number\":42}", "forty-two", 0},
		{"{\"number\":42}", "", 0},
		{"{\"number\":42}", "421", 0},
		{"{\"number\":1234567}", "It is 1,234,567.", 1},
		{"{\"number\":4}", "1,2,3,4", 1},
		{"{\"number\":12}", "12,34", 0},
		{"{\"number\":-7}", "-7", 1},
		{"{\"number\":-7}",
			"5 - 12 = \xe2\x88\x92"
			"7",
			1},
		{"{\"number\":12}", "10-12", 1},
		{"{\"number\":12}", "from 10 to\n12 km", 1},
		{"{\"number\":3}", "3 H2O", 1},
		{"{\"number\":0.5}", ".5", 1},
		{"{\"number\":-0.5}", "x = -.5", 1},
		{"{\"number\":1e6}", "about 1.0e+6", 1},
		{"{\"number\":50}", "50%", 1},
		{"{\"number\":42}", "42\n\nsince 17 + 20 = 37 and 37 + 5 is it", 1},
		{"{\"number\":42}", "\n **42**.\nThat is 6 times 7", 1},
		{"{\"number\":42}", "$42\n1", 1},
		{"{\"number\":-42}", "(-42)\n1", 1},
		{"{\"number\":-7}", "\xe2\x80\x93 -7", 1},
		{"{\"number\":-8}",
			"\xe2\x80\x93"
			"8",
			1},
		{"{\"number\":12}",
			"10\xe2\x80\x93"
			"12",
			1},
		{"{\"number\":12}",
			"10\xe2\x88\x92"
			"12",
			1},
		{"{\"number\":1}", "1\n2\n3", 1},
		{"{\"number\":3}", "1, 2\n3", 1},
		{"{\"number\":42}", "42 km\n7", 0},
		{"{\"number\":0}", "-0", 1},
		{"{\"number\":0}",
			"\xe2\x88\x92"
			"0.0",
			1},
		{"{\"number\":1234.5}", "$1,234.50", 1},
		{"{\"number\":42}", "42 or 1e999", 0},
		{"{\"number\":0.5}", "1/2", 0},
		{"{\"number\":1e5}", "100000.", 1},
		{"{\"number\":7}", "\\boxed{7}", 1},
		{"{\"number\":0.1}", "0.100000000001", 1},
		{"{\"number\":3.14,\"tolerance\":0.005}", "pi is 3.1416", 1},
		{"{\"number\":3.14,\"tolerance\":0.005}", "pi is 3.15", 0},
		{"{\"number\":100,\"tolerance\":0}", "100", 1},
		{"{\"regex\":\"[Pp]aris\"}", "It is Paris, of course", 1},
		{"{\"regex\":\"^(yes|no)$\"}", "yes", 1},
		{"{\"regex\":\"^(yes|no)$\"}", "yes!", 0},
		{"{\"regex\":\"^(yes|no)$\"}", " yes\n", 1},
		{"{\"regex\":\"^(yes|no)$\"}", "well\nyes", 0},
		{"{\"regex\":\"Bras(i|\xc3\xad)lia\"}", "Bras\xc3\xadlia", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		double got = grade(cases[i].spec, cases[i].answer);

		if (got != cases[i].score)
			fail_msg("%s on \"%s\": %g", cases[i].spec, cases[i].answer, got);
	}
}

static void test_no_check(void **state)
{
	struct prompt p = {.check = CHECK_NONE};

	(void)state;
	assert_true(isnan(grade_answer(&p, "x")));
	assert_true(isnan(grade("{\"exact\":\"x\"}", NULL)));
}

static void test_bad_checks(void **state)
{
	static const char *const one =
		"expected one of exact, one_of, number (with tolerance), regex and json";
	const struct {
		const char *spec, *msg;
	} cases[] = {
		{"{}", one},
		{"[]", one},
		{"{\"exactly\":\"x\"}", one},
		{"{\"exact\":\"x\",\"number\":1}", one},
		{"{\"exact\":\"x\",\"tolerance\":1}", one},
		{"{\"number\":1,\"note\":\"x\"}", one},
		{"{\"exact\":\"\"}", "exact: expected a string that is not empty"},
		{"{\"exact\":5}", "exact: expected a string that is not empty"},
		{"{\"one_of\":[]}", "one_of: expected an array of 1 to 1000 strings"},
		{"{\"one_of\":\"a\"}", "one_of: expected an array of 1 to 1000 strings"},
		{"{\"one_of\":[\"a\",3]}", "one_of[1]: expected a string that is not empty"},
		{"{\"number\":\"4\"}", "number: expected a number"},
		{"{\"number\":4,\"tolerance\":-1}", "tolerance: expected a number of at least 0"},
		{"{\"regex\":\"(\"}", "regex: Unmatched ( or \\("},
		{"{\"regex\":\"\"}", "regex: expected a pattern of at most 500 bytes"},
		{"{\"regex\":\"(a)\\\\1\"}",
			"regex: back references such as \\1 are not supported"},
		{"{\"regex\":\"((a{99}){99}){99}\"}", "regex: its {n} multiply to more than 10000"},
		{"{\"regex\":\"a{1,99}b{300}\"}", "regex: its {n} multiply to more than 10000"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		json_t *spec = jsonx_parse(cases[i].spec, strlen(cases[i].spec));
		struct err e = ERR_INIT;
		enum check_kind kind;

		assert_non_null(spec);
		assert_int_equal(grade_check(spec, &kind, &e), -1);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.code, ERR_USAGE);
		json_decref(spec);
	}
}

/* Only the beginning of an answer counts, however long it is: 64 KiB, for regex 16. */
static void test_long_answer(void **state)
{
	size_t len = 4 << 20;
	char *answer = xmalloc(len + 1);

	(void)state;
	memset(answer, 'a', len);
	answer[len] = '\0';
	answer[(16 << 10) - 1] = '7';
	answer[16 << 10] = '8';
	assert_double(grade("{\"regex\":\"a7$\"}", answer), 1);
	assert_double(grade("{\"regex\":\"8\"}", answer), 0);
	assert_double(grade("{\"regex\":\"(a|aa)*b\"}", answer), 0);
	memset(answer, ' ', len);
	answer[(64 << 10) - 1] = '7';
	answer[64 << 10] = '8';
	assert_double(grade("{\"number\":7}", answer), 1);
	assert_double(grade("{\"exact\":\"7\"}", answer), 1);
	memset(answer, '9', len);
	assert_double(grade("{\"number\":9}", answer), 0);
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_check),
		cmocka_unit_test(test_bad_checks),
		cmocka_unit_test(test_long_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
