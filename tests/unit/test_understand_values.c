/* test_understand_values.c - numbers as people write them. */
#include <math.h>
#include <string.h>

#include "rng.h"
#include "understand.h"
#include "unit.h"

static struct grid_cell text(const char *s)
{
	return (struct grid_cell){s, 0, (uint32_t)strlen(s), GRID_TEXT};
}

struct number {
	const char *text;
	double number; /* NaN: none */
	const char *unit;
};

static void check(const struct number *cases, size_t n, bool comma)
{
	for (size_t i = 0; i < n; i++) {
		struct grid_cell c = text(cases[i].text);
		struct unit unit;
		double x;
		bool is = understand_number(&c, comma, &x, &unit);

		if (is == isnan(cases[i].number) ||
			(is &&
				(fabs(x - cases[i].number) > 1e-12 * fabs(x) ||
					strcmp(unit.name, cases[i].unit) != 0)))
			fail_msg("\"%s\": %s %g %s", cases[i].text, is ? "is" : "is not", x,
				unit.name);
	}
}

static void test_plain(void **state)
{
	static const struct number cases[] = {
		{"12", 12, ""},
		{"-0.5", -0.5, ""},
		{"+2.18", 2.18, ""},
		{"\xe2\x88\x92"
		 "3",
			-3, ""}, /* a real minus sign */
		{"1.2e3", 1200, ""},
		{"1.2e-3 s", 0.0012, "s"},
		{".5", 0.5, ""},
		{"53.51 W", 53.51, "W"},
		{"102.85 tok/s", 102.85, "tok/s"},
		{"102.85 tokens/s", 102.85, "tok/s"},
		{"0.165 s (warm)", 0.165, "s"},
		{"1.62s (first: 7.84s, then: 0.07s)", 1.62, "s"},
		{"5.3 GB", 5.3, "GB"},
		{"100%", 100, "%"},
		{"3.87x", 3.87, ""},
		{"~6", 6, ""},
		{"\xe2\x89\x88 6.5 ms", 6.5, "ms"},
		{"**78.42**", 78.42, ""},
		{"`12`", 12, ""},
		{"99.16 \xc2\xb1 0.25 tok/s", 99.16, "tok/s"},
		{"1437 \xc2\xb1 75", 1437, ""},
		{"12 +/- 3 ms", 12, "ms"},
		{"\xc2\xb1"
		 "0.9%",
			0.9, "%"},
		{"3.3 GB \xe2\x9c\x85 (-30%)", 3.3, "GB"},
		{"12 \xc2\xb5s", 12, "us"},
		{"48 \xc2\xb0"
		 "C",
			48,
			"\xc2\xb0"
			"C"},
		{"1,024", 1024, ""},
		{"12,345.5", 12345.5, ""},
		{"1,234,567 tokens/s", 1234567, "tok/s"},
		{"22,80,000", 2280000, ""},
		{"~6-7 GB", NAN, ""},
		{"6\xe2\x80\x93"
		 "7 GB",
			NAN, ""},
		{"3,5", NAN, ""},
		{"1,0244", NAN, ""},
		{"12 parrots", NAN, ""},
		{"5 em", NAN, ""},
		{"1.2.3", NAN, ""},
		{"q4_0", NAN, ""},
		{"4-bit", NAN, ""},
		{"2025-10-04", NAN, ""},
		{"12:30", NAN, ""},
		{"4/7 (57%)", NAN, ""},
		{"-30% smaller", NAN, ""},
		{"timed out", NAN, ""},
		{"N/A", NAN, ""},
		{"nan", NAN, ""},
		{"inf", NAN, ""},
		{"0x10", NAN, ""},
		{"", NAN, ""},
		{"-", NAN, ""},
		{"**", NAN, ""},
		{",", NAN, ""},
		{".", NAN, ""},
	};

	(void)state;
	check(cases, COUNTOF(cases), false);
}

static void test_comma(void **state)
{
	static const struct number cases[] = {
		{"3,5", 3.5, ""},
		{"0,123 s", 0.123, "s"},
		{"1024,000", 1024, ""},
		{"-2,50", -2.5, ""},
		{"12", 12, ""},
		{"1,2e3", 1200, ""},
		{"1,2,3", NAN, ""},
		{"1,2.3", NAN, ""},
	};

	(void)state;
	check(cases, COUNTOF(cases), true);
}

static void test_other_cells(void **state)
{
	struct grid_cell c = {NULL, 2.5, 0, GRID_NUMBER};
	struct unit unit;
	double x = 0;

	(void)state;
	assert_true(understand_number(&c, false, &x, &unit));
	assert_double(x, 2.5);
	assert_string_equal(unit.name, "");
	c.number = INFINITY;
	assert_false(understand_number(&c, false, &x, &unit));
	c.kind = GRID_MISSING;
	assert_false(understand_number(&c, false, &x, &unit));
	c.kind = GRID_TRUE;
	assert_false(understand_number(&c, false, &x, &unit));
}

static void test_random(void **state)
{
	static const char some[] = "0123456789..,,--++eE%xs ms(GB)~*\xc2\xb1\xe2\x88\x92\0";
	struct rng rng;

	(void)state;
	rng_init(&rng, 11, "cells");
	for (int i = 0; i < 200000; i++) {
		char s[80];
		struct grid_cell c = {s, 0, (uint32_t)rng_below(&rng, sizeof(s)), GRID_TEXT};
		struct unit unit;
		double x;

		for (uint32_t k = 0; k < c.len; k++)
			s[k] = i % 4 ? some[rng_below(&rng, sizeof(some))]
				     : (char)rng_below(&rng, 256);
		if (understand_number(&c, i % 3 == 0, &x, &unit))
			assert_true(isfinite(x));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_comma),
		cmocka_unit_test(test_other_cells),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
