/* test_expr.c - conditions: values, three-valued logic, words, places in messages. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "num.h"

/* The names in the tests are these values. */
enum { V_CTX, V_GPU, V_TEMP, V_NONE, V_WORD, V_DIGITS, V_COUNT };
static const char *const names[V_COUNT] = {
	"num_ctx", "num_gpu", "temperature", "absent", "model", "digits"};
static const struct expr_value values[V_COUNT] = {
	[V_CTX] = {.kind = EXPR_NUMBER, .number = 4096},
	[V_GPU] = {.kind = EXPR_TEXT, .text = "auto"},
	[V_TEMP] = {.kind = EXPR_NUMBER, .number = 0.2},
	[V_NONE] = {.kind = EXPR_MISSING},
	[V_WORD] = {.kind = EXPR_TEXT, .text = "gemma3:1b"},
	[V_DIGITS] = {.kind = EXPR_TEXT, .text = "12"},
};

static void bind(struct expr *x)
{
	for (size_t w = 0; w < expr_words(x); w++) {
		for (size_t v = 0; v < V_COUNT; v++) {
			if (strcmp(expr_word(x, w), names[v]) == 0)
				expr_bind(x, w, v);
		}
	}
}

static struct expr *parsed(const char *text)
{
	struct err e = ERR_INIT;
	struct expr *x;

	if (expr_parse(text, &x, &e))
		fail_msg("%s: %s", text, e.msg);
	bind(x);
	return x;
}

static void test_conditions(void **state)
{
	static const struct {
		const char *text;
		int is;
	} cases[] = {
		{"num_ctx * 8 >= 32768", 1},
		{"num_ctx * 8 > 32768", 0},
		{"num_ctx == 4096 and temperature = 0.2", 1},
		{"num_gpu == auto", 1},
		{"num_gpu == 'auto'", 1},
		{"num_gpu != auto", 0},
		{"num_gpu == \"AUTO\"", 0},
		{"model == gemma3:1b", 1},
		{"model == \"gemma3:1b\"", 1},
		{"temperature in (0.2, 0.8)", 1},
		{"temperature not in (0.2, 0.8)", 0},
		{"temperature in (0.4)", 0},
		{"num_gpu in (0, auto)", 1},
		{"not num_gpu == auto or num_ctx < 1", 0},
		{"!(num_ctx < 1) && num_ctx < 9999 || absent > 1", 1},
		/* A text is no number: it has no order, but it is not equal to one. */
		{"num_gpu > 5", -1},
		{"num_gpu + 1 == 2", -1},
		{"num_gpu == 5", 0},
		{"num_gpu != 5", 1},
		{"model < \"z\"", -1},
		{"digits == 12", 1},
		{"digits + 1 == 13", 1},
		{"\"4096\" == num_ctx", 1},
		{"4.096e3 == num_ctx", 1},
		/* What is missing. */
		{"absent > 1", -1},
		{"absent == absent", -1},
		{"absent != 1", -1},
		{"not absent > 1", -1},
		{"absent > 1 or num_ctx == 4096", 1},
		{"absent > 1 or num_ctx == 1", -1},
		{"absent > 1 and num_ctx == 4096", -1},
		{"absent > 1 and num_ctx == 1", 0},
		{"absent in (1, 2)", -1},
		{"num_ctx in (absent, 4096)", 1},
		{"num_ctx in (absent, 1)", -1},
		{"num_ctx not in (absent, 1)", -1},
		{"1 / 0 == 1", -1},
		{"1 % 0 == 1", -1},
		{"1e300 * 1e300 > 1", -1},
		/* A number is a condition as in C, a text is none. */
		{"num_ctx", 1},
		{"0", 0},
		{"num_gpu", -1},
		{"not num_gpu", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct expr *x = parsed(cases[i].text);
		int is = expr_test(x, values);

		if (is != cases[i].is)
			fail_msg("%s: %d, not %d", cases[i].text, is, cases[i].is);
		expr_free(x);
	}
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		double is;
	} cases[] = {
		{"1 + 2 * 3", 7},
		{"(1 + 2) * 3", 9},
		{"10 - 4 - 3", 3},
		{"24 / 4 / 2", 3},
		{"7 % 4", 3},
		{"-7 % 4", -3},
		{"-2 * -3", 6},
		{"- - 2", 2},
		{"+2", 2},
		{"min(3, 1, 2)", 1},
		{"max(3, num_ctx, 2) / 2", 2048},
		{"min(4)", 4},
		{"abs(-3) + abs(3)", 6},
		{"num_ctx*2-1", 8191},
		{"(1 < 2) + (2 > 1)", 2},
		{".5 + 1.", 1.5},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct expr *x = parsed(cases[i].text);
		struct expr_value v = expr_eval(x, values);

		assert_int_equal(v.kind, EXPR_NUMBER);
		assert_double(v.number, cases[i].is);
		expr_free(x);
	}
}

static void test_texts(void **state)
{
	static const char *const cases[][2] = {
		{"'it is \\'so\\''", "it is 'so'"},
		{"\"a\\\\b\"", "a\\b"},
		{"\"say \\\"x\\\"\"", "say \"x\""},
		{"'\\n'", "\\n"},
		{"''", ""},
		{"système", "système"},
		{"model", "gemma3:1b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct expr *x = parsed(cases[i][0]);
		struct expr_value v = expr_eval(x, values);

		assert_int_equal(v.kind, EXPR_TEXT);
		assert_string_equal(v.text, cases[i][1]);
		expr_free(x);
	}
}

static void test_words(void **state)
{
	struct expr_value fixed = {.kind = EXPR_TEXT, .text = (char[]){"5"}};
	struct expr *x = parsed("b > 1 and (a == \"c\" or min(b, d) < 2) and not a in (e)");

	(void)state;
	assert_int_equal(expr_words(x), 4);
	assert_string_equal(expr_word(x, 0), "b");
	assert_string_equal(expr_word(x, 1), "a");
	assert_string_equal(expr_word(x, 2), "d");
	assert_string_equal(expr_word(x, 3), "e");
	assert_int_equal(expr_word_place(x, 0), 1);
	assert_int_equal(expr_word_place(x, 1), 12);
	expr_free(x);

	x = parsed("ü == 5 and z == 5");
	assert_int_equal(expr_word_place(x, 1), 12); /* characters, not bytes */
	assert_int_equal(expr_test(x, values), 0);
	expr_fix(x, 0, fixed);
	expr_fix(x, 1, (struct expr_value){.kind = EXPR_NUMBER, .number = 5});
	assert_int_equal(expr_test(x, values), 1);
	expr_fix(x, 1, (struct expr_value){.kind = EXPR_MISSING});
	assert_int_equal(expr_test(x, values), -1);
	expr_bind(x, 1, V_CTX);
	assert_int_equal(expr_test(x, values), 0);
	expr_free(x);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *msg, *hint;
	} cases[] = {
		{"", "character 1: expected a condition, got the end", "[here] "},
		{"  ", "character 3: expected a condition, got the end", "  [here] "},
		{"num_ctx *", "character 10: expected a value, got the end", "num_ctx *[here] "},
		{"num_ctx * > 5", "character 11: expected a value, got \">\"",
			"num_ctx * [here] > 5"},
		{"num_ctx 5", "character 9: expected an operator or the end, got \"5\"",
			"num_ctx [here] 5"},
		{"(1 + 2", "character 7: expected an operator or \")\", got the end",
			"(1 + 2[here] "},
		{"1 + 2)", "character 6: expected an operator or the end, got \")\"",
			"1 + 2[here] )"},
		{"1 < 2 < 3",
			"character 7: expected one comparison (join two with \"and\"), got \"<\"",
			"1 < 2 [here] < 3"},
		{"num_ctx > 8k", "character 11: \"8k\" is no number", "num_ctx > [here] 8k"},
		{"1.2.3 > 0", "character 1: \"1.2.3\" is no number", "[here] 1.2.3 > 0"},
		{"1e999 > 0", "character 1: \"1e999\" is no number", "[here] 1e999 > 0"},
		{"a == 'b", "character 6: the quotation mark has no partner", "a == [here] 'b"},
		{"a in 5", "character 6: expected \"(\" after \"in\", got \"5\"", "a in [here] 5"},
		{"a in ()", "character 7: expected a value, got \")\"", "a in ([here] )"},
		{"a not 5", "character 7: expected \"in\" after \"not\", got \"5\"",
			"a not [here] 5"},
		{"min 5", "character 5: expected \"(\" after the function, got \"5\"",
			"min [here] 5"},
		{"abs(1, 2)", "character 6: expected an operator or \")\", got \",\"",
			"abs(1[here] , 2)"},
		{"and a", "character 1: expected a value, got \"and\"", "[here] and a"},
		{"a and or b", "character 7: expected a value, got \"or\"", "a and [here] or b"},
		{"a $ b", "character 3: expected a value, a name or an operator, got \"$\"",
			"a [here] $ b"},
		{"ä $", "character 3: expected a value, a name or an operator, got \"$\"",
			"ä [here] $"},
		{"a\x01", "character 2: expected a value, a name or an operator, got \"?\"",
			"a[here] ?"},
		{"a == \"x\" \"y\x1b[31m\"",
			"character 10: expected an operator or the end, got \"y?[31m\"",
			"a == \"x\" [here] \"y?[31m\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;
		struct expr *x;

		assert_int_equal(expr_parse(cases[i].text, &x, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].msg);
		assert_string_equal(e.hint, cases[i].hint);
	}
}

/* Of a long text the hint shows what is around the place. */
static void test_long_texts(void **state)
{
	char text[EXPR_MAX_TEXT + 10] = "";
	struct err e = ERR_INIT;
	struct expr *x;
	size_t len = 0;

	(void)state;
	while (len + 4 < EXPR_MAX_TEXT - 4)
		len += (size_t)sprintf(text + len, "1 + ");
	strcpy(text + len, "1");
	assert_int_equal(expr_parse(text, &x, &e), 0);
	assert_double(expr_eval(x, values).number, (double)(len / 4 + 1));
	expr_free(x);
	strcpy(text + len, "*");
	assert_int_equal(expr_parse(text, &x, &e), -1);
	assert_in_range(strlen(e.hint), 60, 140);
	assert_contains(e.hint, "...1 + 1 +");
	assert_contains(e.hint, "+ [here] *");
	memset(text, ' ', EXPR_MAX_TEXT + 1);
	text[EXPR_MAX_TEXT + 1] = '\0';
	assert_int_equal(expr_parse(text, &x, &e), -1);
	assert_string_equal(e.msg, "longer than 2000 bytes");
}

static void repeat(char *to, const char *a, size_t na, const char *mid, const char *b, size_t nb)
{
	*to = '\0';
	while (na--)
		strcat(to, a);
	strcat(to, mid);
	while (nb--)
		strcat(to, b);
}

/* As deep as is allowed, and one deeper: brackets, signs, not, functions, lists. */
static void test_depth(void **state)
{
	static const struct {
		const char *open, *mid, *close;
		size_t deepest;
	} cases[] = {
		{"(", "1", ")", EXPR_MAX_DEPTH - 1},
		{"-", "1", "", EXPR_MAX_DEPTH - 1},
		{"not ", "1", "", EXPR_MAX_DEPTH - 1},
		{"!", "1", "", EXPR_MAX_DEPTH - 1},
		{"abs(", "1", ")", EXPR_MAX_DEPTH - 1},
		{"1 or 1 and 1 < 1 + 1 * (", "1", ")", EXPR_MAX_DEPTH - 1},
		{"1 in (1 + 1 * (", "1", "))", EXPR_MAX_DEPTH - 1},
		{"1 or 1 and 1 in (1 + 1 * (", "1", "))", EXPR_MAX_DEPTH - 1},
	};
	char text[8000];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct err e = ERR_INIT;
		struct expr *x;

		repeat(text, cases[i].open, cases[i].deepest, cases[i].mid, cases[i].close,
			cases[i].deepest);
		if (expr_parse(text, &x, &e))
			fail_msg("%s: %s", cases[i].open, e.msg);
		assert_int_equal(expr_eval(x, values).kind, EXPR_NUMBER);
		expr_free(x);
		repeat(text, cases[i].open, cases[i].deepest + 1, cases[i].mid, cases[i].close,
			cases[i].deepest + 1);
		assert_int_equal(expr_parse(text, &x, &e), -1);
		assert_true(strstr(e.msg, "nested too deep") || strstr(e.msg, "longer than"));
	}
	/* Breadth is no depth. */
	repeat(text, "(1) + ", 300, "1", "", 0);
	{
		struct expr *x = parsed(text);

		assert_double(expr_eval(x, values).number, 301);
		expr_free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
