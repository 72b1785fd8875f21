/* test_stamp.c - time stamps in the forms that people and programs write. */
#include <math.h>
#include <string.h>

#include "rng.h"
#include "stamp.h"
#include "unit.h"

/* 2025-09-30T20:11:33Z */
#define AT 1759263093.0

static const struct {
	const char *text;
	enum stamp_form form;
	double seconds;
	bool local;
} cases[] = {
	{"2025-09-30T20:11:33Z", STAMP_ISO, AT, false},
	{"2025-09-30T20:11:33", STAMP_ISO, AT, true},
	{"2025-09-30 20:11:33", STAMP_ISO, AT, true},
	{"2025-09-30T20:11:33.25+00:00", STAMP_ISO, AT + 0.25, false},
	{"2025-09-30T22:11:33+02:00", STAMP_ISO, AT, false},
	{"2025-09-30T12:41:33-0730", STAMP_ISO, AT, false},
	{"2025-09-30 20:11:33 UTC", STAMP_ISO, AT, false},
	{"2025-09-30", STAMP_ISO, AT - 72693, true},
	{" 2025-09-30T20:11 ", STAMP_ISO, AT - 33, true},
	{"2025/09/30 20:11:33", STAMP_SLASHED, AT, true},
	{"20250930-201133", STAMP_COMPACT, AT, true},
	{"20250930_201133", STAMP_COMPACT, AT, true},
	{"20250930T201133Z", STAMP_COMPACT, AT, false},
	{"30.09.2025 20:11:33", STAMP_DOTTED, AT, true},
	{"30.9.2025", STAMP_DOTTED, AT - 72693, true},
	{"9/30/2025 8:11:33 PM", STAMP_AMERICAN, AT, true},
	{"30/09/2025 20:11:33", STAMP_AMERICAN, AT, true},
	{"Tue, 30 Sep 2025 20:11:33 GMT", STAMP_NAMED, AT, false},
	{"Sep 30 2025 20:11:33", STAMP_NAMED, AT, true},
	{"September 30, 2025, 20:11:33", STAMP_NAMED, AT, true},
	{"30-Sep-2025 20:11:33", STAMP_NAMED, AT, true},
	{"1759263093", STAMP_EPOCH, AT, false},
	{"1759263093.5", STAMP_EPOCH, AT + 0.5, false},
	{"1759263093000", STAMP_EPOCH, AT, false},
	{"1759263093000000000", STAMP_EPOCH, AT, false},
	{"2024-02-29", STAMP_ISO, 1709164800, true},
	{"1970-01-01T00:00:00Z", STAMP_ISO, 0, false},
	/* What is none, and what may be two days. */
	{"03/04/2025", STAMP_NONE, NAN, false},
	{"2025-02-29", STAMP_NONE, NAN, false},
	{"2025-13-01", STAMP_NONE, NAN, false},
	{"2025-09-30T25:00:00", STAMP_NONE, NAN, false},
	{"2025-09-30T20:11:33 CEST", STAMP_NONE, NAN, false},
	{"2025-09-30T20:11:33+2:00", STAMP_NONE, NAN, false},
	{"2025-09-30 and more", STAMP_NONE, NAN, false},
	{"9/30/2025 13:11 PM", STAMP_NONE, NAN, false},
	{"12345678", STAMP_NONE, NAN, false},
	{"gemma3:270m", STAMP_NONE, NAN, false},
	{"", STAMP_NONE, NAN, false},
};

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct stamp s = stamp_parse(cases[i].text, strlen(cases[i].text));

		if (s.form != cases[i].form ||
			(s.form != STAMP_NONE &&
				(fabs(s.seconds - cases[i].seconds) > 1e-3 ||
					s.local != cases[i].local)))
			fail_msg("\"%s\": form %d, %.3f, local %d", cases[i].text, s.form,
				s.seconds, s.local);
	}
}

static void the_same_of_numbers(void **state)
{
	(void)state;
	assert_true(stamp_number(AT).seconds == AT);
	assert_true(stamp_number(AT * 1e6).seconds == AT);
	assert_int_equal(stamp_number(1024).form, STAMP_NONE);
	assert_int_equal(stamp_number(NAN).form, STAMP_NONE);
}

/* Whatever is changed of them, nothing but a form or none comes of it, and no byte behind is read.
 */
static void random_changes(void **state)
{
	struct rng r;
	char text[80];

	(void)state;
	rng_init(&r, 7, "test");
	for (int i = 0; i < 20000; i++) {
		const char *of = cases[rng_below(&r, COUNTOF(cases))].text;
		size_t len = strlen(of);
		struct stamp s;

		memcpy(text, of, len);
		for (int k = 0; k < 3 && len > 0; k++)
			text[rng_below(&r, len)] = (char)rng_below(&r, 256);
		s = stamp_parse(text, len);
		assert_in_range(s.form, STAMP_NONE, STAMP_EPOCH);
		assert_true(s.form == STAMP_NONE || isfinite(s.seconds));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(the_same_of_numbers),
		cmocka_unit_test(random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
