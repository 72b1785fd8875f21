/* test_num.c - numbers to text and back. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "rng.h"
#include "unit.h"

static void test_text(void **state)
{
	static const struct {
		double x;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "-0"},
		{1, "1"},
		{-42, "-42"},
		{4096, "4096"},
		{0.1, "0.1"},
		{0.2, "0.2"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"},
		{2e-7, "2e-07"},
		{1e15, "1000000000000000"},
		{9007199254740991.0, "9007199254740991"},
		{9007199254740992.0, "9007199254740992"},
		{1e22, "1e+22"},
		{1e300, "1e+300"},
		{DBL_MAX, "1.7976931348623157e+308"},
		{DBL_MIN, "2.2250738585072014e-308"},
		{5e-324, "5e-324"},
		{1.5e-310, "1.5e-310"},
		{(double)INFINITY, "inf"},
		{-(double)INFINITY, "-inf"},
		{(double)NAN, ""},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_text(dst, cases[i].x), cases[i].text);
}

static double from_bits(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Random bits, and random numbers of the sizes that are measured. */
static void test_text_reads_back(void **state)
{
	struct rng r;
	char dst[NUM_TEXT];

	(void)state;
	rng_init(&r, 1, "num");
	for (int i = 0; i < 100000; i++) {
		double x = i % 2 ? from_bits(rng_next(&r)) : exp(20 * rng_normal(&r));
		double back = 0;

		if (!isfinite(x))
			continue;
		num_text(dst, x);
		assert_true(strlen(dst) < NUM_TEXT);
		assert_true(num_parse(dst, strlen(dst), &back));
		assert_double(back, x);
	}
}

/* One digit less must not read back. */
static void test_text_is_the_shortest(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2, "num");
	for (int i = 0; i < 5000; i++) {
		double x = exp(5 * rng_normal(&r));
		char dst[NUM_TEXT], shorter[400];
		int digits = 0;

		num_text(dst, x);
		for (const char *p = dst + strspn(dst, "0."); *p && *p != 'e'; p++)
			digits += *p != '.';
		snprintf(shorter, sizeof(shorter), "%.*g", digits > 1 ? digits - 1 : 1, x);
		if (digits > 1)
			assert_true(strtod(shorter, NULL) != x);
	}
}

static void test_ms(void **state)
{
	static const struct {
		ns t;
		const char *text;
	} cases[] = {
		{0, "0.000000"},
		{1, "0.000001"},
		{-1, "-0.000001"},
		{12345678, "12.345678"},
		{-1500000, "-1.500000"},
		{NS_PER_S, "1000.000000"},
		{INT64_MAX, "9223372036854.775807"},
		{INT64_MIN + 1, "-9223372036854.775807"},
		{NS_NONE, ""},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_ms(dst, cases[i].t), cases[i].text);
}

static void test_sig(void **state)
{
	static const struct {
		double x;
		int digits;
		const char *text;
	} cases[] = {
		{87.3412, 3, "87.3"},
		{12345.6, 3, "12346"},
		{9.996, 3, "10.0"},
		{0.09996, 3, "0.100"},
		{99.95, 1, "100"},
		{1, 3, "1.00"},
		{0.000123456, 3, "0.000123"},
		{-87.3412, 3, "-87.3"},
		{1e15, 3, "1000000000000000"},
		{0, 3, "0"},
		{-0.0, 3, "0"},
		{1e-200, 3, "0"},
		{1e200, 3, "1e+200"},
		{0.5, 0, "0.5"},
		{0.1, 99, "0.10000000000000001"},
		{(double)NAN, 3, ""},
		{(double)INFINITY, 3, "inf"},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_sig(dst, cases[i].x, cases[i].digits), cases[i].text);
}

static void test_group(void **state)
{
	static const struct {
		int64_t x;
		const char *text;
	} cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{-1000, "-1,000"},
		{-100, "-100"},
		{10000000, "10,000,000"},
		{123456, "123,456"},
		{INT64_MAX, "9,223,372,036,854,775,807"},
		{INT64_MIN, "-9,223,372,036,854,775,808"},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_group(dst, cases[i].x), cases[i].text);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		double x;
	} cases[] = {
		{"0", 0},
		{"-0", -0.0},
		{"+5", 5},
		{"007", 7},
		{"1.5", 1.5},
		{".5", 0.5},
		{"5.", 5},
		{"1e3", 1000},
		{"1E+3", 1000},
		{"1e-3", 0.001},
		{"0.1", 0.1},
		{"12.345678", 12.345678},
		{"123456789012345678901234567890", 123456789012345678901234567890.0},
		{"9007199254740993", 9007199254740992.0},
		{"0.30000000000000004", 0.1 + 0.2},
		{"1e-400", 0},
		{"5e-324", 5e-324},
		{"0e99999999999999999999", 0},
		{"1.7976931348623157e308", DBL_MAX},
		{"0.00000000000000000000000000000000000000000000000000000000000000000000000001e74",
			1},
		{"1e22", 1e22},
		{"3e23", 3e23},
	};
	double x;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		x = -1;
		assert_true(num_parse(cases[i].text, strlen(cases[i].text), &x));
		assert_double(x, cases[i].x);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const cases[] = {"", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", " 1",
		"1 ", "1,5", "0x10", "inf", "-inf", "nan", "NaN", "infinity", "1e5x", "1.2.3",
		"--1", "1e999", "-1e999", "1_000", "8k", "1e5.5", "\xd9\xa1"};
	double x = 7;
	int64_t n = 7;

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		assert_false(num_parse(cases[i], strlen(cases[i]), &x));
		assert_false(num_parse_int(cases[i], strlen(cases[i]), &n));
	}
	assert_double(x, 7); /* untouched on failure */
	assert_int_equal(n, 7);
	assert_false(num_parse("1\0", 2, &x));
	assert_true(num_parse("123", 2, &x)); /* the length counts, not a NUL */
	assert_double(x, 12);
}

/* Against strtod, for all lengths of mantissa and exponent around where the shortcut ends. */
static void test_parse_like_strtod(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3, "num");
	for (int i = 0; i < 100000; i++) {
		char text[80];
		double x = 0;
		int digits = (int)rng_below(&r, 20);

		snprintf(text, sizeof(text), "%.*e", digits, exp(30 * rng_normal(&r)));
		if (i % 2)
			snprintf(text, sizeof(text), "%.*f", digits, exp(6 * rng_normal(&r)));
		assert_true(num_parse(text, strlen(text), &x));
		assert_double(x, strtod(text, NULL));
	}
}

static void test_parse_int(void **state)
{
	static const struct {
		const char *text;
		int64_t x;
	} good[] = {
		{"0", 0},
		{"-0", 0},
		{"+7", 7},
		{"-17", -17},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
		{"0000000000000000000000000000000001", 1},
	};
	static const char *const bad[] = {"9223372036854775808", "-9223372036854775809",
		"99999999999999999999999", "1.0", "1e3"};
	int64_t x;

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		x = 99;
		assert_true(num_parse_int(good[i].text, strlen(good[i].text), &x));
		assert_true(x == good[i].x);
	}
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		x = 99;
		assert_false(num_parse_int(bad[i], strlen(bad[i]), &x));
		assert_true(x == 99);
	}
}

static void test_share(void **state)
{
	static const struct {
		const char *text;
		double min, max;
		bool ok;
		double share;
	} cases[] = {
		{"2%", 0, 1, true, 0.02},
		{"0.02", 0, 1, true, 0.02},
		{"100%", 0, 1, true, 1},
		{"0%", 0, 1, true, 0},
		{"-3%", -0.5, 1, true, -0.03},
		{"300%", 0, 100, true, 3},
		{"101%", 0, 1, false, 0},
		{"0%", 1e-6, 1, false, 0},
		{"-0.1", 0, 1, false, 0},
		{"", 0, 1, false, 0},
		{"%", 0, 1, false, 0},
		{"2%%", 0, 1, false, 0},
		{"2 %", 0, 1, false, 0},
		{"nan", 0, 1, false, 0},
		{"1e400", 0, 1, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		double x = -7;

		assert_int_equal(num_share(cases[i].text, strlen(cases[i].text), cases[i].min,
					 cases[i].max, &x),
			cases[i].ok);
		assert_double(x, cases[i].ok ? cases[i].share : -7); /* untouched if refused */
	}
}

static void test_duration(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{0, "0 ms"},
		{0.00025, "0.25 ms"},
		{0.0021, "2.1 ms"},
		{0.083, "83 ms"},
		{0.9994, "999 ms"},
		{0.9996, "1.0 s"},
		{1, "1.0 s"},
		{12.4, "12.4 s"},
		{59.94, "59.9 s"},
		{59.96, "1 min 00 s"},
		{832, "13 min 52 s"},
		{3599.4, "59 min 59 s"},
		{3599.6, "1 h 00 min"},
		{7500, "2 h 05 min"},
		{86400, "24 h 00 min"},
		{48 * 3600, "2 d 00 h"},
		{-832, "-13 min 52 s"},
		{1e15, "1000000000000000 s"},
		{(double)NAN, ""},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_duration(dst, cases[i].seconds), cases[i].text);
}

static void test_bytes(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{512, "512 B"},
		{1023, "1023 B"},
		{1024, "1.0 KiB"},
		{467.0 * 1024 * 1024, "467 MiB"},
		{1023.7 * 1024, "1.0 MiB"},
		{1.5 * 1024 * 1024 * 1024, "1.5 GiB"},
		{9.96 * 1024, "10 KiB"},
		{1e18, "888 PiB"},
		{-2048, "-2.0 KiB"},
		{(double)NAN, ""},
	};
	char dst[NUM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_string_equal(num_bytes(dst, cases[i].bytes), cases[i].text);
}

/* A locale with decimal commas: one of the system's, or one made here for the purpose. */
static bool set_comma_locale(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
	char command[1000];

	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (setlocale(LC_ALL, names[i]))
			return true;
	}
	snprintf(command, sizeof(command), "localedef -i de_DE -f UTF-8 %s >/dev/null 2>&1",
		unit_path("de_DE.UTF-8"));
	setenv("LOCPATH", unit_path("."), 1);
	return system(command) == 0 && setlocale(LC_ALL, "de_DE.UTF-8");
}

static void test_locale(void **state)
{
	char dst[NUM_TEXT];
	double x = 0;

	(void)state;
	if (!set_comma_locale())
		skip();
	snprintf(dst, sizeof(dst), "%.1f", 0.5);
	assert_string_equal(dst, "0,5"); /* the trap is armed */
	assert_string_equal(num_text(dst, 0.5), "0.5");
	assert_string_equal(num_text(dst, 0.1 + 0.2), "0.30000000000000004");
	assert_string_equal(num_sig(dst, 0.5, 2), "0.50");
	assert_string_equal(num_duration(dst, 12.4), "12.4 s");
	assert_true(num_parse("0.30000000000000004", 19, &x));
	assert_double(x, 0.1 + 0.2);
	snprintf(dst, sizeof(dst), "%.1f", 0.5);
	assert_string_equal(dst, "0,5"); /* and the user's own locale is back */
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_reads_back),
		cmocka_unit_test(test_text_is_the_shortest),
		cmocka_unit_test(test_ms),
		cmocka_unit_test(test_sig),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_like_strtod),
		cmocka_unit_test(test_parse_int),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_locale),
	};

	return cmocka_run_group_tests(tests, unit_setup_tmpdir, unit_teardown_tmpdir);
}
